//! Acts of a decoder gone bad, tried on purpose: what each ring stops can be shown on the machine at hand, with
//! `siaran sandboxed --attempt`. Nothing of an office is near when this runs.

use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::str::FromStr;

use super::{Executing, Rings, Sandbox, SandboxError};

/// Something that a decoder has no business to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Reads a file.
    Read(PathBuf),
    /// Writes a file.
    Write(PathBuf),
    /// Opens a TCP and a UDP socket.
    Socket,
    /// Starts another process.
    Fork,
    /// Becomes another program.
    Exec,
    /// Looks into its parent.
    Ptrace,
    /// Kills its parent, or tries to: signal 0.
    Signal,
    /// Raises its own limit on memory.
    RaiseLimits,
    /// Mounts a file system on a folder, and takes it off again.
    Mount(PathBuf),
    /// Takes a gigabyte more than its limit.
    EatMemory,
    /// Starts a thread, which is allowed.
    Thread,
}

impl FromStr for Act {
    type Err = String;
    fn from_str(text: &str) -> Result<Act, String> {
        if let Some(path) = text.strip_prefix("read:") {
            return Ok(Act::Read(path.into()));
        }
        if let Some(path) = text.strip_prefix("write:") {
            return Ok(Act::Write(path.into()));
        }
        if let Some(path) = text.strip_prefix("mount:") {
            return Ok(Act::Mount(path.into()));
        }
        Ok(match text {
            "socket" => Act::Socket,
            "fork" => Act::Fork,
            "exec" => Act::Exec,
            "ptrace" => Act::Ptrace,
            "signal" => Act::Signal,
            "raise-limits" => Act::RaiseLimits,
            "eat-memory" => Act::EatMemory,
            "thread" => Act::Thread,
            other => {
                return Err(format!(
                    "{other:?} is no act; there are read:PATH, write:PATH, mount:DIR, socket, fork, exec, …"
                ));
            }
        })
    }
}

/// Closes the wanted rings on this process for good, then tries the act. `Ok` holds what became of it.
///
/// # Errors
/// [`SandboxError`] when a ring did not close; nothing was tried then.
pub fn attempt(sandbox: &Sandbox, wanted: Rings, act: &Act) -> Result<io::Result<()>, SandboxError> {
    sandbox.close(wanted, Executing::Nothing)?;
    Ok(act.perform(sandbox))
}

impl Act {
    fn perform(&self, sandbox: &Sandbox) -> io::Result<()> {
        match self {
            Act::Read(path) => fs::read(path).map(drop),
            Act::Write(path) => fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(b"x"),
            Act::Socket => TcpListener::bind("127.0.0.1:0").map(drop).or(UdpSocket::bind("127.0.0.1:0").map(drop)),
            Act::Thread => {
                let thread = std::thread::Builder::new().spawn(|| ())?;
                thread.join().map_err(|_| io::Error::other("the thread died"))
            }
            Act::Mount(folder) => {
                use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
                mount("tmpfs", folder, "tmpfs", MountFlags::RDONLY, None)?;
                Ok(unmount(folder, UnmountFlags::DETACH)?)
            }
            Act::EatMemory => take_more_than(sandbox.limits.memory_bytes),
            Act::Fork | Act::Exec | Act::Ptrace | Act::Signal | Act::RaiseLimits => self.raw(),
        }
    }

    /// Acts that the standard library has no name for.
    fn raw(&self) -> io::Result<()> {
        let nothing = std::ptr::null::<libc::c_char>();
        // SAFETY: every pointer is null or a literal that outlives the call; the forked child ends at once without
        // running anything of ours.
        let result = unsafe {
            match self {
                Act::Fork => match libc::fork() {
                    0 => libc::_exit(0),
                    child => libc::c_long::from(child),
                },
                Act::Exec => {
                    let argv = [c"true".as_ptr(), nothing];
                    libc::c_long::from(libc::execv(c"/usr/bin/true".as_ptr(), argv.as_ptr()))
                }
                Act::Ptrace => libc::ptrace(libc::PTRACE_SEIZE, libc::getppid(), 0, 0),
                Act::Signal => libc::c_long::from(libc::kill(libc::getppid(), 0)),
                Act::RaiseLimits => {
                    let all = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
                    libc::c_long::from(libc::setrlimit(libc::RLIMIT_AS, &all))
                }
                _ => 0,
            }
        };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

fn take_more_than(bytes: u64) -> io::Result<()> {
    const MORE: u64 = 1 << 30;
    let mut held: Vec<u8> = Vec::new();
    let wanted = usize::try_from(bytes.saturating_add(MORE)).unwrap_or(usize::MAX);
    held.try_reserve_exact(wanted).map_err(|_| io::ErrorKind::OutOfMemory.into())
}
