//! The cage in which bytes from an office are decoded. A freshly started child of our own binary shuts itself in
//! before it touches them, in four rings:
//!
//! | ring | stops | when the kernel lacks it |
//! |---|---|---|
//! | resource limits | eating memory, CPU, disk, descriptors | refused |
//! | no new privileges, no capabilities | set-user-id programs, what root may do | refused |
//! | Landlock | every path but the system's libraries and the named files | goes on and says so, unless `require` |
//! | seccomp | sockets, fork, exec, ptrace, mount, and every call not on the list | refused |
//!
//! "Refused" unless the configuration names the ring under `may_lack`: it is then said with every inspection.
//!
//! There are two ways in. [`Sandbox::enter`] is for a decoder that lives in this process. [`Sandbox::exec`] is for
//! the `ffmpeg` and `ffprobe` programs: the program is opened beforehand on descriptor 200, the limit on descriptors
//! is then set below that, and seccomp lets one thing execute: that very descriptor. The exec closes it, and no
//! descriptor can get that number again, so the program that runs can execute nothing more.
//!
//! The wall clock is the parent's business: it kills the child. The child dies with its parent.
//!
//! Not chosen: namespaces (`bwrap`), because containers and hardened units often forbid them, and a set of rings that
//! needs no privilege holds everywhere; a list of forbidden calls, because tomorrow's kernel has calls that it
//! does not know.

mod outlet;
mod syscalls;

use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};

use crate::domain::confinement::{Demands, Ring};
pub use outlet::Outlet;

/// What a confined process may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space, bytes. The libraries of ffmpeg alone map about 400 MB.
    pub memory_bytes: u64,
    /// Processor time over all threads, seconds.
    pub cpu_seconds: u64,
    /// Largest file that it may write, bytes. Pipes don't count.
    pub file_bytes: u64,
    /// Open descriptors.
    pub open_files: u64,
}

impl Limits {
    /// Enough for one decoder at 3840×2160, and for nothing that an upload should cost.
    pub const DECODER: Limits =
        Limits { memory_bytes: 3 << 30, cpu_seconds: 900, file_bytes: 0, open_files: DESCRIPTORS };

    /// The same for a live source: processor time for a week at half a core, after which it is opened anew, and
    /// descriptors for an SRT listener's callers, some fifteen each.
    pub const RECEIVER: Limits = Limits { cpu_seconds: 302_400, open_files: 160, ..Limits::DECODER };
}

/// Descriptors of a confined program: libraries are opened one after the other, so few are open at once.
const DESCRIPTORS: u64 = 64;

/// What one confined process may touch. Built by whoever starts it, carried out by the child itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// Resource limits.
    pub limits: Limits,
    /// Files and folders that it may read, besides the system's libraries. Each must exist.
    pub reads: Vec<PathBuf>,
    /// Files that it may write and read back. Each must exist. None means that no file can be opened for writing.
    pub writes: Vec<PathBuf>,
    /// Devices, or folders of them, that it may read, write and steer. Each must exist.
    pub devices: Vec<PathBuf>,
    /// What it may reach beyond this machine.
    pub network: Network,
    /// Without which rings it does not go on.
    pub demands: Demands,
}

/// What a confined process may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    None,
    /// Datagrams, and the names of hosts.
    Datagrams,
    /// Also connections to this TCP port, if the kernel's Landlock knows of ports.
    Connections(u16),
}

/// Which rings closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rings {
    /// Resource limits.
    pub rlimits: bool,
    /// No new privileges, and no capabilities left.
    pub no_new_privs: bool,
    /// Paths.
    pub landlock: Landlock,
    /// System calls.
    pub seccomp: bool,
}

impl Rings {
    /// Every ring.
    pub const ALL: Rings = Rings { rlimits: true, no_new_privs: true, landlock: Landlock::Full, seccomp: true };
    /// No ring.
    pub const NONE: Rings = Rings { rlimits: false, no_new_privs: false, landlock: Landlock::Missing, seccomp: false };

    /// Whether a ring closed, be it in part.
    pub fn holds(self, ring: Ring) -> bool {
        match ring {
            Ring::Rlimits => self.rlimits,
            Ring::NoNewPrivs => self.no_new_privs,
            Ring::Landlock => self.landlock != Landlock::Missing,
            Ring::Seccomp => self.seccomp,
        }
    }
    /// Those that did not close.
    pub fn missing(self) -> impl Iterator<Item = Ring> {
        Ring::ALL.into_iter().filter(move |ring| !self.holds(*ring))
    }
}

/// How much of the Landlock rules the kernel enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landlock {
    /// All that this program asks for.
    Full,
    /// An older kernel: paths, but not all kinds of access.
    Partial,
    /// None.
    Missing,
}

impl fmt::Display for Rings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |held: bool| if held { "held" } else { "missing" };
        let landlock = match self.landlock {
            Landlock::Full => "held",
            Landlock::Partial => "partial",
            Landlock::Missing => "missing",
        };
        let (rlimits, privileges, seccomp) = (word(self.rlimits), word(self.no_new_privs), word(self.seccomp));
        write!(f, "rlimits={rlimits} no_new_privs={privileges} landlock={landlock} seccomp={seccomp}")
    }
}

impl FromStr for Rings {
    type Err = ();
    fn from_str(text: &str) -> Result<Rings, ()> {
        let word = |key: &str| {
            let found = text.split_whitespace().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
            found.ok_or(())
        };
        let landlock = match word("landlock")? {
            "held" => Landlock::Full,
            "partial" => Landlock::Partial,
            _ => Landlock::Missing,
        };
        Ok(Rings {
            rlimits: word("rlimits")? == "held",
            no_new_privs: word("no_new_privs")? == "held",
            landlock,
            seccomp: word("seccomp")? == "held",
        })
    }
}

/// Why the cage could not be closed. The process must end without touching the bytes.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Confinement holds for the calling thread and those that it starts, so there may be no other.
    #[error("the sandbox must be entered before a second thread starts; there are {0}")]
    Threads(usize),
    /// A named file is not there.
    #[error("{path} can't be opened for the sandbox: {source}")]
    Path {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A ring did not close.
    #[error("the sandbox's {ring} can't be set: {why}")]
    Ring {
        /// Which.
        ring: &'static str,
        /// Why.
        why: String,
    },
    /// The kernel has no Landlock, and the configuration requires it.
    #[error("this kernel enforces no Landlock rules and sandbox.require is set")]
    NoLandlock,
    /// The program did not start.
    #[error("{program} can't be executed: {source}")]
    Exec {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// This program's own file, also after an upgrade has replaced it: for [`Sandbox::command`].
pub const THIS_PROGRAM: &str = "/proc/self/exe";

/// What begins the line in which a confined program's standard error says which rings closed.
pub const RINGS_LINE: &str = "siaran-sandbox: ";

/// Where the one executable program lies open. Above [`DESCRIPTORS`], so that it can't be had twice.
const PROGRAM_FD: RawFd = 200;

/// What every decoder reads: programs, libraries and their cache, the zone of local time, the number of processors.
/// A decoder that sees nothing but its file can't load a plugin.
const SYSTEM_READS: [&str; 9] = [
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/alternatives",
    "/etc/localtime",
    "/sys/devices/system/cpu",
    "/dev/urandom",
];

/// What finds the address of a host.
const NAME_READS: [&str; 6] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services"];

/// What finds a device by its name: what the kernel says of it, and how names of sound devices are explained.
const DEVICE_READS: [&str; 4] = ["/sys/class", "/sys/devices", "/proc/asound", "/etc/asound.conf"];

impl Sandbox {
    /// A cage with the decoder's limits that may read `file` and write nothing.
    pub fn reading(file: &Path) -> Sandbox {
        let (limits, network) = (Limits::DECODER, Network::None);
        let (reads, writes, devices) = (vec![file.to_owned()], Vec::new(), Vec::new());
        Sandbox { limits, reads, writes, devices, network, demands: Demands::default() }
    }

    /// A cage for a live source, which reads no file and may decode for days.
    /// Of devices it opens those alone that are named.
    pub fn receiving(network: Network, devices: Vec<PathBuf>) -> Sandbox {
        let mut reads: Vec<PathBuf> = Vec::new();
        if network != Network::None {
            reads.extend(NAME_READS.iter().map(PathBuf::from).filter(|path| path.exists()));
        }
        if !devices.is_empty() {
            reads.extend(DEVICE_READS.iter().map(PathBuf::from).filter(|path| path.exists()));
        }
        Sandbox { limits: Limits::RECEIVER, reads, writes: Vec::new(), devices, network, demands: Demands::default() }
    }

    /// The command line that makes `binary`, this program, start a child which confines itself so and then turns into
    /// `program`. Its environment is empty and its standard input closed unless the caller says otherwise.
    pub fn command(&self, binary: &Path, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new(binary);
        command.arg("sandboxed").env_clear().stdin(std::process::Stdio::null());
        let Limits { memory_bytes, cpu_seconds, file_bytes, open_files } = self.limits;
        command.args(["--memory-bytes", &memory_bytes.to_string(), "--cpu-seconds", &cpu_seconds.to_string()]);
        command.args(["--file-bytes", &file_bytes.to_string(), "--open-files", &open_files.to_string()]);
        for path in &self.reads {
            command.arg("--read").arg(path);
        }
        for path in &self.writes {
            command.arg("--write").arg(path);
        }
        if self.demands.require_landlock {
            command.arg("--require-landlock");
        }
        for ring in &self.demands.may_lack {
            command.args(["--may-lack", ring.as_str()]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Confines this process for good. Threads may be started afterwards, descriptors that are open stay open,
    /// nothing can be executed.
    ///
    /// # Errors
    /// [`SandboxError`]: the caller must end. Some rings may have closed by then.
    pub fn enter(&self) -> Result<Rings, SandboxError> {
        self.close(&Ring::ALL, Executing::Nothing)
    }

    /// Confines this process and turns it into `program`, found in `PATH` if it is a bare name. Before that one line
    /// on standard error, [`RINGS_LINE`] and the rings, says how. Returns only when that failed.
    pub fn exec(&self, program: &Path, arguments: &[OsString]) -> SandboxError {
        match self.try_exec(program, arguments) {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    fn try_exec(&self, program: &Path, arguments: &[OsString]) -> Result<std::convert::Infallible, SandboxError> {
        let failed = |source| SandboxError::Exec { program: program.to_owned(), source };
        let found = find_program(program).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let argv = c_strings(std::iter::once(program.as_os_str()).chain(arguments.iter().map(OsString::as_os_str)))
            .map_err(failed)?;
        let environment =
            c_strings(["LC_ALL=C.UTF-8", "HOME=/nonexistent", "MALLOC_ARENA_MAX=2"].map(OsStr::new)).map_err(failed)?;
        let opened = open_as_program(&found).map_err(failed)?;
        close_others_on_exec().map_err(failed)?;
        let rings = self.close(&Ring::ALL, Executing::ProgramFd)?;
        eprintln!("{RINGS_LINE}{rings}");
        Err(failed(exec_descriptor(&opened, &argv, &environment)))
    }

    /// Like [`Sandbox::enter`], with some rings alone: how it is shown what each of them stops by itself.
    ///
    /// # Errors
    /// The same.
    pub fn enter_with(&self, rings: &[Ring]) -> Result<Rings, SandboxError> {
        self.close(rings, Executing::Nothing)
    }

    /// Closes the wanted rings, from the outermost inwards.
    fn close(&self, wanted: &[Ring], executing: Executing) -> Result<Rings, SandboxError> {
        let threads = std::fs::read_dir("/proc/self/task").map(Iterator::count).unwrap_or(1);
        if threads > 1 {
            return Err(SandboxError::Threads(threads));
        }
        die_with_parent()?;
        let mut held = Rings::NONE;
        for ring in Ring::ALL.into_iter().filter(|ring| wanted.contains(ring)) {
            let closed = match ring {
                Ring::Rlimits => self.limits.apply().map(|()| held.rlimits = true),
                Ring::NoNewPrivs => drop_privileges().map(|()| held.no_new_privs = true),
                Ring::Landlock => self.restrict_paths().map(|how| held.landlock = how),
                Ring::Seccomp => self.restrict_calls(executing).map(|()| held.seccomp = true),
            };
            match closed {
                // A named file that is not there is no lack of the machine's.
                Err(error @ SandboxError::Path { .. }) => return Err(error),
                Err(error) if !self.demands.may_lack(ring) => return Err(error),
                Ok(()) | Err(_) => {}
            }
            if ring == Ring::Landlock && held.landlock == Landlock::Missing && !self.demands.may_lack(ring) {
                return Err(SandboxError::NoLandlock);
            }
        }
        Ok(held)
    }

    fn restrict_calls(&self, executing: Executing) -> Result<(), SandboxError> {
        let steers: &[_] = if self.devices.is_empty() { &[] } else { &[libc::SYS_ioctl] };
        let writes = !self.writes.is_empty() || !self.devices.is_empty();
        syscalls::restrict(executing, writes, self.network, steers).map_err(ring("seccomp filter"))
    }

    fn restrict_paths(&self) -> Result<Landlock, SandboxError> {
        let newest = ABI::V7;
        let (read, write) =
            (AccessFs::from_read(newest), AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate);
        let steer = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile | AccessFs::IoctlDev;
        for path in self.reads.iter().chain(&self.writes).chain(&self.devices) {
            std::fs::metadata(path).map_err(|source| SandboxError::Path { path: path.clone(), source })?;
        }
        let build = || {
            let mut ruleset = Ruleset::default()
                .set_compatibility(CompatLevel::BestEffort)
                .handle_access(AccessFs::from_all(newest))?
                .handle_access(AccessNet::from_all(newest))?
                .scope(Scope::from_all(newest))?
                .create()?
                .add_rules(path_beneath_rules(SYSTEM_READS, read))?
                .add_rules(path_beneath_rules(&self.reads, read & !AccessFs::Execute))?
                .add_rules(path_beneath_rules(&self.writes, write))?
                .add_rules(path_beneath_rules(&self.devices, steer))?;
            if let Network::Connections(port) = self.network {
                ruleset = ruleset.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
            }
            ruleset.restrict_self()
        };
        let status = build().map_err(ring("Landlock rules"))?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Landlock::Full,
            RulesetStatus::PartiallyEnforced => Landlock::Partial,
            RulesetStatus::NotEnforced => Landlock::Missing,
        })
    }
}

/// What may be executed after the rings closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Executing {
    /// Nothing.
    Nothing,
    /// Descriptor [`PROGRAM_FD`], which the exec itself closes.
    ProgramFd,
}

fn ring<E: fmt::Display>(ring: &'static str) -> impl Fn(E) -> SandboxError {
    move |why| SandboxError::Ring { ring, why: why.to_string() }
}

impl Limits {
    fn apply(self) -> Result<(), SandboxError> {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let set = |resource, soft: u64, hard: u64| {
            let limit = Rlimit { current: Some(soft), maximum: Some(hard) };
            setrlimit(resource, limit).map_err(ring("resource limits"))
        };
        set(Resource::As, self.memory_bytes, self.memory_bytes)?;
        set(Resource::Cpu, self.cpu_seconds, self.cpu_seconds + 1)?; // a signal at the first, the end at the second
        set(Resource::Fsize, self.file_bytes, self.file_bytes)?;
        set(Resource::Nofile, self.open_files, self.open_files)?;
        set(Resource::Core, 0, 0)
    }
}

/// A decoder without its parent decodes for nobody.
fn die_with_parent() -> Result<(), SandboxError> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(ring("parent's death signal"))
}

/// Highest capability number tried; the kernel refuses those that it does not have.
const MOST_CAPABILITIES: libc::c_ulong = 63;

fn drop_privileges() -> Result<(), SandboxError> {
    use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
    for capability in 0..=MOST_CAPABILITIES {
        // SAFETY: the call takes numbers only. Without CAP_SETPCAP there is nothing to drop, and it says so.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        .map_err(ring("capabilities"))?;
    set_no_new_privs(true).map_err(ring("no_new_privs"))
}

/// Whether there is a program that a bare name means to [`Sandbox::exec`].
pub(super) fn is_installed(program: &str) -> bool {
    find_program(Path::new(program)).is_some()
}

fn find_program(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    ["/usr/bin", "/usr/local/bin", "/bin"].iter().map(|dir| Path::new(dir).join(program)).find(|path| path.is_file())
}

fn c_strings<'a>(texts: impl IntoIterator<Item = &'a OsStr>) -> io::Result<Vec<CString>> {
    texts.into_iter().map(|text| CString::new(text.as_bytes()).map_err(io::Error::from)).collect()
}

/// Opens the program on [`PROGRAM_FD`] and nowhere else.
fn open_as_program(path: &Path) -> io::Result<OwnedFd> {
    let opened = std::fs::File::open(path)?;
    let moved = rustix::io::fcntl_dupfd_cloexec(&opened, PROGRAM_FD)?;
    if moved.as_raw_fd() == PROGRAM_FD { Ok(moved) } else { Err(io::ErrorKind::AddrInUse.into()) }
}

/// Whatever else the parent left open, the program gets standard input, output and error, and descriptor 3, which a
/// parent may use for a third result.
fn close_others_on_exec() -> io::Result<()> {
    const FIRST: libc::c_uint = 4;
    // SAFETY: marks descriptors; closes none, touches no memory.
    let done = unsafe { libc::close_range(FIRST, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as libc::c_int) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn exec_descriptor(program: &OwnedFd, argv: &[CString], environment: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| {
        let mut pointers: Vec<*const libc::c_char> = strings.iter().map(|s| s.as_ptr()).collect();
        pointers.push(std::ptr::null());
        pointers
    };
    let (argv, environment) = (pointers(argv), pointers(environment));
    // SAFETY: both arrays end in null and, like the strings in them, live until the call returns, which it does only
    // on failure.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            argv.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_reads_back_which_rings_its_child_got() {
        let got = Rings { landlock: Landlock::Partial, ..Rings::ALL };
        assert_eq!(got.to_string().parse(), Ok(got));
        assert!("rlimits=held".parse::<Rings>().is_err());
    }

    #[test]
    fn a_process_with_a_second_thread_can_not_be_half_confined() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || stopped.recv().is_err());
        let error = Sandbox::reading(Path::new("/dev/null")).enter().expect_err("two threads");
        drop(stop);
        assert!(other.join().expect("it only waits"));
        assert!(error.to_string().contains("before a second thread"), "{error}");
    }
}
