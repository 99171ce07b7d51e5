//! Whether there is anybody at the other end, where the last element of a pipeline takes everything and does not say so:
//! `srtsink` as a listener without callers, and `waylandsink` after its compositor died.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::OutputAddress;

/// How often it is asked.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// What is asked.
#[derive(Debug)]
pub(super) struct Presence {
    of: Of,
    ask_at: Instant,
}

#[derive(Debug)]
enum Of {
    /// Whoever connected says so itself.
    Certain,
    Callers(gst::Element),
    Compositor {
        socket: PathBuf,
        inode: u64,
    },
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Somebody takes what is sent.
    Somebody,
    /// Nobody yet, or nobody any more; somebody may come.
    Nobody,
    /// Nobody, and nobody can come any more.
    Gone(String),
}

impl Presence {
    pub fn of(address: &OutputAddress, sink: &gst::Element) -> Presence {
        let of = match address {
            OutputAddress::Srt(srt) if srt.listener => Of::Callers(sink.clone()),
            OutputAddress::Wayland(name) => compositor(name.as_deref()).unwrap_or(Of::Certain),
            _ => Of::Certain,
        };
        Presence { of, ask_at: Instant::now() }
    }

    /// `None` when it is not yet time to ask again.
    pub fn ask(&mut self) -> Option<Found> {
        if matches!(self.of, Of::Certain) || Instant::now() < self.ask_at {
            return None;
        }
        self.ask_at = Instant::now() + ASK_EVERY;
        Some(match &self.of {
            Of::Certain => Found::Somebody,
            Of::Callers(sink) => {
                let stats = sink.property::<gst::Structure>("stats");
                let callers = stats.get::<gst::glib::ValueArray>("callers").map_or(0, |callers| callers.len());
                if callers == 0 { Found::Nobody } else { Found::Somebody }
            }
            Of::Compositor { socket, inode } => {
                let same = std::fs::metadata(socket).is_ok_and(|facts| facts.ino() == *inode);
                match same && UnixStream::connect(socket).is_ok() {
                    true => Found::Somebody,
                    false => Found::Gone(format!("the compositor at {} has ended", socket.display())),
                }
            }
        })
    }
}

/// The socket to which `waylandsink` connects, if it is where it should be.
fn compositor(name: Option<&str>) -> Option<Of> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let name = name.map(Into::into).or_else(|| variable("WAYLAND_DISPLAY")).unwrap_or_else(|| "wayland-0".into());
    let socket = PathBuf::from(variable("XDG_RUNTIME_DIR").unwrap_or_default()).join(name);
    let inode = std::fs::metadata(&socket).ok()?.ino();
    Some(Of::Compositor { socket, inode })
}
