//! The player's side of the process that decoders are forked from. That process has loaded GStreamer and the codecs of
//! the house format, has one thread and sees no clip; to load them anew for each clip was most of what a short one cost.
//!
//! Its forks are the player's own children (`CLONE_PARENT`): the player kills them, waits for them, and they die with
//! it. A nursery that is gone is started again with the next clip; what it bore plays on.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv,
    sendmsg, socketpair,
};
use rustix::process::Pid;

/// How long a fork may take to be told of. On a busy machine the first one waits for half a second of loading.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bears the decoders of a player.
#[derive(Debug, Clone)]
pub(super) struct Nursery {
    asks: Sender<Ask>,
}

#[derive(Debug)]
struct Ask {
    clip: Vec<u8>,
    pictures: OwnedFd,
    sound: OwnedFd,
    born: SyncSender<io::Result<Pid>>,
}

impl Nursery {
    /// Starts the process that `command` names; returns at once.
    pub fn open(command: impl FnMut() -> Command + Send + 'static) -> Nursery {
        let (asks, asked) = channel();
        // Decoders die with the thread that started their nursery: this one lasts. Without it every decoder fails and
        // says so.
        let _ = std::thread::Builder::new().name("nursery".into()).spawn(move || keep(&asked, command));
        Nursery { asks }
    }

    /// A decoder of `clip` from a frame on, with its ends of the two channels.
    ///
    /// # Errors
    /// The system's: the nursery can't be started, or does not answer.
    pub fn decoder(&self, clip: &Path, from_frame: u64, pictures: OwnedFd, sound: OwnedFd) -> io::Result<Pid> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        let clip = [&from_frame.to_le_bytes()[..], clip.as_os_str().as_bytes()].concat();
        let (born, told) = sync_channel(1);
        self.asks.send(Ask { clip, pictures, sound, born }).map_err(|_| io::ErrorKind::BrokenPipe)?;
        told.recv().map_err(gone)?
    }
}

fn keep(asked: &Receiver<Ask>, mut command: impl FnMut() -> Command) {
    let mut running = Running::start(command()).ok();
    for ask in asked {
        let mut born = running.as_ref().map_or(Err(io::ErrorKind::NotConnected.into()), |running| running.bear(&ask));
        if born.is_err() {
            running = None;
            born = Running::start(command()).and_then(|new| running.insert(new).bear(&ask));
        }
        let Ask { born: tell, .. } = ask;
        let _ = tell.send(born);
    }
}

struct Running {
    child: Child,
    line: OwnedFd,
}

impl Running {
    fn start(mut command: Command) -> io::Result<Running> {
        let (line, end) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&line, Timeout::Recv, Some(PATIENCE))?;
        let child = command.stdin(Stdio::from(end)).stdout(Stdio::null()).spawn()?;
        Ok(Running { child, line })
    }

    fn bear(&self, ask: &Ask) -> io::Result<Pid> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut rights = SendAncillaryBuffer::new(&mut space);
        let handles = [ask.pictures.as_fd(), ask.sound.as_fd()];
        if !rights.push(SendAncillaryMessage::ScmRights(&handles)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        sendmsg(&self.line, &[IoSlice::new(&ask.clip)], &mut rights, SendFlags::NOSIGNAL)?;
        let mut pid = [0; 4];
        match recv(&self.line, &mut pid, RecvFlags::empty())?.0 {
            4 => Pid::from_raw(i32::from_le_bytes(pid)).ok_or_else(|| io::ErrorKind::InvalidData.into()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
