//! The process that decoders are forked from; see `deck::nursery`. It has one thread and never opens a clip.

use std::ffi::OsStr;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use gstreamer as gst;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use rustix::stdio::{dup2_stdin, dup2_stdout, stdin};

use super::DecodeError;

/// What a clip in house format is read with. Others are loaded by the decoder that needs them.
const OF_THE_HOUSE: [&str; 16] = [
    "uridecodebin",
    "decodebin",
    "filesrc",
    "typefind",
    "qtdemux",
    "multiqueue",
    "h264parse",
    "avdec_h264",
    "aacparse",
    "avdec_aac",
    "capsfilter",
    "videoconvertscale",
    "audioconvert",
    "audioresample",
    "identity",
    "appsink",
];

/// The clip that a decoder was born for.
#[derive(Debug)]
pub struct Order {
    /// The file.
    pub file: PathBuf,
    /// The first frame that is wanted.
    pub from_frame: u64,
}

/// Loads what a clip in house format needs, then forks for each clip that the player at standard input names. Returns
/// in the new process, whose standard input and output are its channels to the player; or, with nothing, in this one,
/// when the player is gone.
///
/// # Errors
/// [`DecodeError::Setup`] without GStreamer, or if it started a thread; [`DecodeError::Alone`] when no player is there.
pub fn next_order() -> Result<Option<Order>, DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))?;
    for name in OF_THE_HOUSE {
        let Some(factory) = gst::ElementFactory::find(name) else { continue };
        let _ = factory.create().build();
    }
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    if threads != 1 {
        return Err(DecodeError::Setup(format!("a decoder can't be forked from {threads} threads")));
    }
    yield_to_encoders();
    loop {
        let Some((order, [pictures, sound])) = receive()? else { return Ok(None) };
        // SAFETY: there is one thread, so that no lock is held and nothing is half done; all other arguments are zero:
        // no new stack, nothing is written. Glibc has no call for a fork with these flags.
        let pid = unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_PARENT | libc::SIGCHLD, 0, 0, 0, 0) };
        match pid {
            ..0 => return Err(io::Error::last_os_error().into()),
            0 => {
                dup2_stdin(&sound).map_err(io::Error::from)?;
                dup2_stdout(&pictures).map_err(io::Error::from)?;
                let _ = rustix::thread::set_name(c"siaran-decoder");
                return Ok(Some(order));
            }
            pid => {
                let pid = i32::try_from(pid).unwrap_or(0);
                send(stdin(), &pid.to_le_bytes(), SendFlags::NOSIGNAL).map_err(io::Error::from)?;
            }
        }
    }
}

/// A clip that costs all there is must not take the encoders' turn. Where the player could not go before other programs,
/// decoders stay level with those.
fn yield_to_encoders() {
    let level = rustix::process::getpriority_process(None).unwrap_or(0);
    if level < 0 {
        // To be less urgent is always allowed.
        let _ = rustix::process::setpriority_process(None, level / 2);
    }
}

/// An order, with the decoder's ends of its channels; nothing when the player is gone.
fn receive() -> io::Result<Option<(Order, [OwnedFd; 2])>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 8 + libc::PATH_MAX as usize];
    let read = recvmsg(stdin(), &mut [IoSliceMut::new(&mut bytes)], &mut rights, RecvFlags::CMSG_CLOEXEC)?.bytes;
    let mut handles = rights.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(handles) => Some(handles),
        _ => None,
    });
    let Some((from_frame, file)) = bytes[..read].split_first_chunk() else { return Ok(None) };
    let mut handles = handles.next().into_iter().flatten();
    let (Some(pictures), Some(sound)) = (handles.next(), handles.next()) else { return Ok(None) };
    let order = Order { file: PathBuf::from(OsStr::from_bytes(file)), from_frame: u64::from_le_bytes(*from_frame) };
    Ok(Some((order, [pictures, sound])))
}
