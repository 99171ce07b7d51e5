//! A decoder gone bad: this program itself, shut in like a decoder, tries what no decoder has any business to do. Each
//! act is stopped by the ring that is there for it with the other rings open, and really happens with none.
//!
//! The product has no command for this: `escape act …` is another run of this test.

use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::time::Duration;

use siaran::av::sandbox::{Limits, Rings, Sandbox};
use siaran::domain::confinement::Ring;

const SIARAN: &str = env!("CARGO_BIN_EXE_siaran");

/// An act, and the ring that is there to stop it.
struct Act {
    name: &'static str,
    /// A path, where it is about one.
    on: Option<&'static str>,
    ring: Ring,
    /// Some machines forbid it to everybody: then it can't be shown to happen without rings.
    happens_everywhere: bool,
}

const fn act(name: &'static str, on: Option<&'static str>, ring: Ring) -> Act {
    Act { name, on, ring, happens_everywhere: true }
}

const ACTS: &[Act] = &[
    act("read", Some("another-office.mp4"), Ring::Landlock),
    act("list", Some("."), Ring::Landlock),
    act("write", Some("outside"), Ring::Landlock),
    act("write", Some("upload.mp4"), Ring::Landlock),
    act("remove", Some("victim"), Ring::Landlock),
    act("socket", None, Ring::Seccomp),
    act("fork", None, Ring::Seccomp),
    act("exec", None, Ring::Seccomp),
    act("signal", None, Ring::Seccomp),
    Act { name: "ptrace", on: None, ring: Ring::Seccomp, happens_everywhere: false },
    act("raise-limits", None, Ring::Seccomp),
    Act { name: "mount", on: Some("."), ring: Ring::NoNewPrivs, happens_everywhere: false },
    act("eat-memory", None, Ring::Rlimits),
    act("eat-disk", Some("result.mp4"), Ring::Rlimits),
    act("eat-descriptors", None, Ring::Rlimits),
    act("burn", None, Ring::Rlimits),
];

/// Small enough that an act shows what it takes in a moment.
const LIMITS: Limits = Limits { memory_bytes: 512 << 20, cpu_seconds: 1, file_bytes: 1 << 20, open_files: 64 };
/// How much more an act takes than it may.
const MORE: u64 = 64 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, name, on, rings] = arguments.as_slice()
        && verb == "act"
    {
        return be_the_decoder(name, Path::new(on), rings);
    }
    let stories: [(&str, fn()); 5] = [
        ("each_act_of_a_decoder_gone_bad_is_stopped_by_the_ring_that_is_there_for_it", matrix),
        ("where_the_kernel_lacks_landlock_the_other_rings_hold", without_landlock),
        ("an_inspection_without_landlock_says_so_and_can_be_forbidden", inspection_without_landlock),
        ("nothing_is_inspected_without_seccomp_unless_the_home_says_so", inspection_without_seccomp),
        ("a_foreign_program_in_the_cage_reaches_nothing", foreign_program),
    ];
    let wanted = |name: &str| arguments.iter().filter(|a| !a.starts_with('-')).all(|filter| name.contains(filter));
    for (name, story) in stories.into_iter().filter(|(name, _)| wanted(name)) {
        if arguments.iter().any(|a| a == "--list") {
            println!("{name}: test");
            continue;
        }
        story();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

// ---- the decoder

/// What a run as a decoder ends with.
const DONE: u8 = 0;
const STOPPED: u8 = 10;
const NOT_SHUT_IN: u8 = 20;

fn be_the_decoder(name: &str, on: &Path, rings: &str) -> ExitCode {
    let rings: Vec<Ring> = rings.split(',').filter_map(Ring::read).collect();
    let folder = if on.is_dir() { on } else { on.parent().expect("a file lies in a folder") };
    let (upload, result) = (folder.join("upload.mp4"), folder.join("result.mp4"));
    let writes = if name == "eat-disk" { vec![result] } else { Vec::new() };
    let sandbox = Sandbox { limits: LIMITS, writes, ..Sandbox::reading(&upload) };
    match sandbox.enter_with(&rings) {
        Ok(held) => println!("{held}"),
        Err(error) => {
            println!("{error}");
            return NOT_SHUT_IN.into();
        }
    }
    match perform(name, on) {
        Ok(()) => DONE.into(),
        Err(error) => {
            println!("stopped: {error}");
            STOPPED.into()
        }
    }
}

fn perform(name: &str, on: &Path) -> io::Result<()> {
    match name {
        "read" => fs::read(on).map(drop),
        "list" => fs::read_dir(on).map(drop),
        "write" => fs::OpenOptions::new().create(true).append(true).open(on)?.write_all(b"x"),
        "remove" => fs::remove_file(on),
        "socket" => TcpListener::bind("127.0.0.1:0").map(drop).or(UdpSocket::bind("127.0.0.1:0").map(drop)),
        "thread" => std::thread::Builder::new().spawn(|| ())?.join().map_err(|_| io::Error::other("it died")),
        "mount" => {
            use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
            mount("tmpfs", on, "tmpfs", MountFlags::RDONLY, None)?;
            Ok(unmount(on, UnmountFlags::DETACH)?)
        }
        "eat-memory" => {
            let mut held: Vec<u8> = Vec::new();
            let wanted = usize::try_from(LIMITS.memory_bytes + MORE).expect("64 bits");
            held.try_reserve_exact(wanted).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
            held.resize(wanted, 1);
            std::hint::black_box(&held);
            Ok(())
        }
        "eat-disk" => {
            let mut file = fs::OpenOptions::new().append(true).open(on)?;
            (0..3).try_for_each(|_| file.write_all(&vec![b'x'; 1 << 20]))
        }
        "eat-descriptors" => {
            let held: rustix::io::Result<Vec<_>> =
                (0..LIMITS.open_files).map(|_| rustix::io::dup(io::stdin())).collect();
            Ok(held.map(drop)?)
        }
        "burn" => {
            let spent = || rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
            while spent().tv_sec <= i64::try_from(LIMITS.cpu_seconds).expect("small") + 1 {
                std::hint::spin_loop();
            }
            Ok(())
        }
        _ => raw(name),
    }
}

/// Acts that the standard library has no name for.
fn raw(name: &str) -> io::Result<()> {
    // SAFETY: every pointer is null or a literal that outlives the call; the forked child ends at once.
    let result = unsafe {
        match name {
            "fork" => match libc::fork() {
                0 => libc::_exit(0),
                child => libc::c_long::from(child),
            },
            "exec" => {
                let argv = [c"true".as_ptr(), std::ptr::null()];
                libc::c_long::from(libc::execv(c"/usr/bin/true".as_ptr(), argv.as_ptr()))
            }
            "ptrace" => libc::ptrace(libc::PTRACE_SEIZE, libc::getppid(), 0, 0),
            "signal" => libc::c_long::from(libc::kill(libc::getppid(), 0)),
            "raise-limits" => {
                let more = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
                libc::c_long::from(libc::setrlimit(libc::RLIMIT_AS, &more))
            }
            other => panic!("{other} is no act"),
        }
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

// ---- the stories

/// A folder with an upload, and what lies beside it.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in
        [("upload.mp4", "bytes"), ("another-office.mp4", "secret"), ("victim", "x"), ("result.mp4", "")]
    {
        fs::write(dir.path().join(name), bytes).expect("written");
    }
    dir
}

#[derive(Debug, PartialEq, Eq)]
enum Became {
    Done,
    Stopped,
}

/// Tries an act in a new decoder with these rings closed.
fn attempt(name: &str, on: Option<&str>, rings: &[Ring], kernel: Kernel) -> (Became, Rings, String) {
    let dir = folder();
    let on = dir.path().join(on.unwrap_or("upload.mp4"));
    let words: Vec<&str> = rings.iter().map(|ring| ring.as_str()).collect();
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.arg("act").arg(name).arg(&on).arg(words.join(","));
    let output = kernel.run(command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_ne!(output.status.code(), Some(i32::from(NOT_SHUT_IN)), "{name} with {rings:?}: {said}");
    let held: Rings = said.lines().next().and_then(|line| line.parse().ok()).unwrap_or(Rings::NONE);
    let became = if output.status.success() { Became::Done } else { Became::Stopped };
    (became, held, said)
}

fn matrix() {
    for Act { name, on, ring, happens_everywhere } in ACTS {
        let (open, _, said) = attempt(name, *on, &[], Kernel::AsItIs);
        assert!(open == Became::Done || !happens_everywhere, "{name} does not even happen without a ring: {said}");
        let (alone, held, said) = attempt(name, *on, &[*ring], Kernel::AsItIs);
        if *ring == Ring::Landlock && !held.holds(Ring::Landlock) {
            println!("{name:>16}: not tried, this kernel has no Landlock");
            continue;
        }
        assert_eq!(alone, Became::Stopped, "{name} with {} alone: {said}", ring.as_str());
        let (all, _, said) = attempt(name, *on, &Ring::ALL, Kernel::AsItIs);
        assert_eq!(all, Became::Stopped, "{name} with every ring: {said}");
        println!("{name:>16}: {open:?} without rings, stopped by {} alone", ring.as_str());
    }
    // What it is there for goes on.
    for (name, on) in [("read", "upload.mp4"), ("thread", "upload.mp4")] {
        assert_eq!(attempt(name, Some(on), &Ring::ALL, Kernel::AsItIs).0, Became::Done, "{name} {on}");
    }
}

fn without_landlock() {
    for Act { name, on, ring, .. } in ACTS.iter().filter(|act| act.ring != Ring::Landlock) {
        let (became, held, said) = attempt(name, *on, &Ring::ALL, Kernel::WithoutLandlock);
        assert_eq!(held.missing().collect::<Vec<_>>(), [Ring::Landlock], "{name}: {said}");
        assert_eq!(became, Became::Stopped, "{name} without Landlock, where {} should hold: {said}", ring.as_str());
    }
    for (name, on) in [("write", "outside"), ("write", "upload.mp4"), ("remove", "victim")] {
        let (became, _, said) = attempt(name, Some(on), &Ring::ALL, Kernel::WithoutLandlock);
        assert_eq!(became, Became::Stopped, "{name} {on} without Landlock is seccomp's: {said}");
    }
    // This is what is lost, and why it is said.
    assert_eq!(attempt("read", Some("another-office.mp4"), &Ring::ALL, Kernel::WithoutLandlock).0, Became::Done);
}

/// A clip, made by ffmpeg.
fn clip(dir: &Path) -> std::path::PathBuf {
    let file = dir.join("clip.mp4");
    let made = Command::new("ffmpeg")
        .args("-nostdin -v error -y -f lavfi -i testsrc=s=64x36:r=10:d=2 -pix_fmt yuv420p".split(' '))
        .arg(&file)
        .status();
    assert!(made.expect("ffmpeg is installed").success());
    file
}

fn inspect(kernel: Kernel, sandbox: &str) -> (i32, String, String) {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("siaran.toml"), format!("[sandbox]\n{sandbox}\n")).expect("written");
    let mut command = Command::new(SIARAN);
    command.arg("--home").arg(home.path()).arg("inspect").arg(clip(home.path())).arg("--json");
    let output = kernel.run(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

fn inspection_without_landlock() {
    let (code, document, said) = inspect(Kernel::WithoutLandlock, "");
    assert_eq!(code, 0, "{said}");
    assert!(document.contains("rlimits=held no_new_privs=held landlock=missing seccomp=held"), "{document}");
    assert!(said.contains("lacks a ring") && said.contains("missing=\"landlock\""), "{said}");

    let (code, document, said) = inspect(Kernel::WithoutLandlock, "require = true");
    assert_eq!((code, document.as_str()), (3, ""), "{said}");
    assert!(said.contains("enforces no Landlock rules and sandbox.require is set"), "{said}");
}

fn inspection_without_seccomp() {
    let (code, document, said) = inspect(Kernel::WithoutSeccomp, "");
    assert_eq!((code, document.as_str()), (3, ""), "{said}");
    assert!(said.contains("seccomp filter can't be set") && said.contains("docs/sandbox.md"), "{said}");

    let (code, document, said) = inspect(Kernel::WithoutSeccomp, "may_lack = [\"seccomp\"]");
    assert_eq!(code, 0, "{said}");
    assert!(document.contains("seccomp=missing") && said.contains("missing=\"seccomp\""), "{document} {said}");

    let (code, _, said) = inspect(Kernel::AsItIs, "may_lack = [\"walls\"]");
    assert_eq!(code, 3);
    assert!(said.contains("\"walls\" is no ring; there are: rlimits, no_new_privs, landlock, seccomp"), "{said}");
}

/// Another program than ffmpeg, started as ffmpeg is: whatever a hostile file makes of a decoder, this is where it is.
fn foreign_program() {
    const ACTS: &str = "import os,socket,sys\n\
        here,other=sys.argv[1:]\n\
        acts={'own':lambda:open(here).read(),'read':lambda:open(other).read(),\
        'write':lambda:open(here+'x','w'),'socket':lambda:socket.socket(),\
        'unix':lambda:socket.socket(socket.AF_UNIX),'fork':os.fork,\
        'exec':lambda:os.execv('/usr/bin/true',['true']),\
        'again':lambda:os.execv('/proc/self/exe',['python3','-c','0']),\
        'signal':lambda:os.kill(os.getppid(),0),'memory':lambda:bytearray(4<<30),\
        'proc':lambda:open('/proc/%d/environ'%os.getppid()).read()}\n\
        for name,do in acts.items():\n try:\n  do();print(name,'done',flush=True)\n \
        except (OSError,MemoryError) as e:\n  print(name,'stopped',flush=True)\n";
    let dir = folder();
    let [own, other] = ["upload.mp4", "another-office.mp4"].map(|name| dir.path().join(name));
    let mut command = Sandbox::reading(&own).command(Path::new(SIARAN), "python3");
    let output = command.args(["-I", "-S", "-c", ACTS]).arg(&own).arg(&other).output().expect("started");
    let (said, heard) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let rings: Rings = heard.lines().next().and_then(|line| line.parse().ok()).expect("a line about the rings");
    let done: Vec<&str> = said.lines().filter(|line| line.ends_with("done")).collect();
    let allowed: &[&str] = if rings.holds(Ring::Landlock) { &["own done"] } else { &["own done", "read done"] };
    assert_eq!(done, allowed, "{said} {heard}");
    assert_eq!(said.lines().count(), 11, "{said} {heard}");
}

// ---- kernels

/// The kernel at hand, or one that lacks something: a filter that every child inherits answers as such a kernel would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    AsItIs,
    WithoutLandlock,
    WithoutSeccomp,
}

impl Kernel {
    fn lacks(self) -> &'static [libc::c_long] {
        match self {
            Kernel::AsItIs => &[],
            Kernel::WithoutLandlock => {
                &[libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self]
            }
            Kernel::WithoutSeccomp => &[libc::SYS_seccomp],
        }
    }

    /// Runs a command on such a kernel. A decoder that hangs would be the parent's business, and is a failure here.
    fn run(self, mut command: Command) -> Output {
        use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
        if self != Kernel::AsItIs {
            let lacking = self.lacks().iter().map(|call| (*call, Vec::new())).collect();
            let arch = std::env::consts::ARCH.try_into().expect("an architecture with seccomp");
            let filter =
                SeccompFilter::new(lacking, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32), arch);
            let program: BpfProgram = filter.and_then(TryInto::try_into).expect("a short filter");
            let lose = move || seccompiler::apply_filter(&program).map_err(|_| io::ErrorKind::PermissionDenied.into());
            // SAFETY: the filter is built; applying it makes two system calls and allocates nothing.
            unsafe { command.pre_exec(lose) };
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || sender.send(command.output().expect("it starts")));
            receiver.recv_timeout(Duration::from_secs(60)).expect("it ends by itself")
        })
    }
}
