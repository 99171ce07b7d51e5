//! The sound beside a display: a pipeline of its own, so that a sound card that is missing or pulled out costs no picture.

use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use super::pipeline::{failure, push, ready};
use crate::av::caps;
use crate::domain::channel::HouseFormat;

/// How long a sound card that failed is left alone.
const REST: Duration = Duration::from_secs(10);
/// Ticks of sound that wait for the card before what comes is dropped: half a second.
const MOST_WAITING: u64 = 12;

/// Whatever this machine plays sound on.
#[derive(Debug)]
pub(super) struct Loudspeaker {
    house: HouseFormat,
    open: Option<Open>,
    try_at: Instant,
    silent: bool,
}

#[derive(Debug)]
struct Open {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    sound: AppSrc,
}

impl Loudspeaker {
    pub fn new(house: HouseFormat) -> Loudspeaker {
        Loudspeaker { house, open: None, try_at: Instant::now(), silent: false }
    }

    /// Plays a tick's sound at that many thousandths of its amplitude, or tries to.
    pub fn push(&mut self, sound: &[u8], amplitude_milli: u32, pts_ns: u64, duration_ns: u64) {
        if self.open.is_none() && Instant::now() >= self.try_at {
            self.open = self.opened();
        }
        let Some(open) = &self.open else { return };
        let failed = match failure(&open.bus) {
            Some(why) => Some(why),
            None if open.sound.current_level_buffers() >= MOST_WAITING => None,
            None => push(&open.sound, at(sound, amplitude_milli), pts_ns, duration_ns).err(),
        };
        if let Some(why) = failed {
            self.rest(&why);
        }
    }

    fn opened(&mut self) -> Option<Open> {
        let open = || {
            let text = "appsrc name=sound ! audioconvert ! audioresample ! autoaudiosink sync=false";
            let pipeline = gst::parse::launch(text).map_err(|e| e.to_string())?;
            let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline".to_owned())?;
            let sound = pipeline.by_name("sound").and_then(|e| e.downcast::<AppSrc>().ok()).ok_or("no entrance")?;
            ready(&sound, &caps::sound(self.house));
            let bus = pipeline.bus().ok_or("a pipeline has a bus")?;
            pipeline.set_state(gst::State::Playing).map_err(|e| e.to_string())?;
            Ok::<Open, String>(Open { pipeline, bus, sound })
        };
        match open() {
            Ok(open) => Some(open),
            Err(why) => {
                self.rest(&why);
                None
            }
        }
    }

    fn rest(&mut self, why: &str) {
        if !self.silent {
            tracing::warn!("no sound: {why}; the picture goes on, and the sound card is tried again by itself");
        }
        self.silent = true;
        self.open = None;
        self.try_at = Instant::now() + REST;
    }
}

/// Samples at a share of their amplitude.
fn at(sound: &[u8], amplitude_milli: u32) -> Vec<u8> {
    if amplitude_milli >= 1000 {
        return sound.to_vec();
    }
    let share = |pair: &[u8]| {
        let sample = i64::from(i16::from_le_bytes([pair[0], pair[1]])) * i64::from(amplitude_milli) / 1000;
        (sample as i16).to_le_bytes()
    };
    sound.chunks_exact(2).flat_map(share).collect()
}

impl Drop for Open {
    fn drop(&mut self) {
        let pipeline = self.pipeline.clone();
        // A card that hangs may never let go.
        let _ = std::thread::Builder::new().name("sound end".into()).spawn(move || {
            let _ = pipeline.set_state(gst::State::Null);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_muted_wall_is_silent_and_a_quiet_one_keeps_its_sign() {
        let sound: Vec<u8> = [1000i16, -1000].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let heard = |milli| at(&sound, milli).chunks(2).map(|p| i16::from_le_bytes([p[0], p[1]])).collect::<Vec<_>>();
        assert_eq!((heard(1000), heard(250), heard(0)), (vec![1000, -1000], vec![250, -250], vec![0, 0]));
    }
}
