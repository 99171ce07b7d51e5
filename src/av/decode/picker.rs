//! Which frame of a clip each tick shows: the one nearest in time, whatever the clip's own rate.
//!
//! A frame is chosen when the next one is known, and carries the ticks that it serves in its offsets, so that one that
//! no tick wants is never scaled, and one that many want is scaled once. Frames that are missing stay missing: the
//! player covers them, which it could not if the last one were repeated for ever.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::Clip;
use crate::domain::time::FrameRate;

/// A picture is repeated for at most so many ticks beyond its own time: what is missing for longer is the player's to
/// cover.
const MOST_REPEATED: u64 = 12;

/// What a container may have rounded a time by: a tick that begins so shortly before the end of the last frame is none.
const ROUNDED_NS: u64 = 1_000_000;

/// What a buffer without offsets says (`GST_BUFFER_OFFSET_NONE`).
const NO_OFFSET: u64 = u64::MAX;

/// Consecutive ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    pub first: u64,
    /// At least 1.
    pub count: u64,
}

/// Times are nanoseconds since the clip began.
#[derive(Debug)]
struct Picker {
    rate: FrameRate,
    /// The first tick that no frame serves yet.
    next: u64,
    /// The newest frame: its time, and how long it says that it lasts.
    newest: Option<(u64, Option<u64>)>,
}

impl Picker {
    fn starting(rate: FrameRate, next: u64) -> Picker {
        Picker { rate, next, newest: None }
    }

    /// Takes note of a frame; the ticks of the one before it.
    fn follow(&mut self, time: u64, length: Option<u64>) -> Option<Ticks> {
        let slack = self.length_of(MOST_REPEATED);
        let Some((before, lasts)) = self.newest.replace((time, length.filter(|length| *length > 0))) else {
            self.skip_to(time.saturating_sub(slack));
            return None;
        };
        let own_end = before.saturating_add(lasts.unwrap_or(u64::MAX));
        if time > own_end.saturating_add(slack) {
            let served = self.serve(own_end);
            self.skip_to(time);
            return served;
        }
        // Halfway between the two, and never more than half a tick early.
        let early = (time.saturating_sub(before) / 2).min(self.length_of(1) / 2);
        self.serve(time.saturating_sub(early))
    }

    /// The ticks of the last frame.
    fn end(&mut self) -> Option<Ticks> {
        let (time, length) = self.newest.take()?;
        self.serve(time.saturating_add(length.unwrap_or(self.length_of(1))).saturating_sub(ROUNDED_NS))
    }

    fn serve(&mut self, end: u64) -> Option<Ticks> {
        let first = self.next;
        self.skip_to(end);
        (self.next > first).then(|| Ticks { first, count: self.next - first })
    }

    fn skip_to(&mut self, time: u64) {
        let tick = u128::from(time) * u128::from(self.rate.num());
        let ticks = tick.div_ceil(u128::from(self.rate.den()) * 1_000_000_000);
        self.next = self.next.max(u64::try_from(ticks).unwrap_or(u64::MAX));
    }

    /// How long so many ticks last.
    fn length_of(&self, ticks: u64) -> u64 {
        ticks * u64::from(self.rate.den()) * 1_000_000_000 / u64::from(self.rate.num())
    }
}

/// Lets through this pad what ticks show: from the first on, and from the wanted one once the clip has been sought.
pub(super) fn attach(pad: &gst::Pad, clip: Clip) {
    let state = Mutex::new((Picker::starting(clip.house.rate, 0), None::<gst::Buffer>));
    let begun = AtomicBool::new(false);
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::EVENT_FLUSH;
    pad.add_probe(kinds, move |pad, info| {
        let Ok(mut state) = state.lock() else { return gst::PadProbeReturn::Ok };
        let (picker, newest) = &mut *state;
        match &mut info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let Some(time) = stream_time_ns(pad, buffer) else { return gst::PadProbeReturn::Drop };
                if !begun.swap(true, Ordering::Relaxed) {
                    clip.begins_at(time);
                }
                let length = buffer.duration().map(gst::ClockTime::nseconds);
                let ticks = picker.follow(clip.since_origin(time).unwrap_or(0), length);
                let before = newest.replace(buffer.clone());
                match before.zip(ticks) {
                    Some((before, ticks)) => *buffer = marked(before, ticks),
                    None => return gst::PadProbeReturn::Drop,
                }
            }
            Some(gst::PadProbeData::Event(event)) => match event.type_() {
                gst::EventType::FlushStop => {
                    (*picker, *newest) = (Picker::starting(clip.house.rate, clip.from_frame), None)
                }
                gst::EventType::Eos => {
                    if let (Some((last, ticks)), Some(peer)) = (newest.take().zip(picker.end()), pad.peer()) {
                        let _ = peer.chain(marked(last, ticks));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

/// When a buffer is to be seen, on the clock of its stream, nanoseconds.
pub(super) fn stream_time_ns(pad: &gst::Pad, buffer: &gst::Buffer) -> Option<u64> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?.segment().clone();
    let segment = segment.downcast_ref::<gst::ClockTime>()?;
    segment.to_stream_time(buffer.pts()).map(gst::ClockTime::nseconds)
}

fn marked(mut buffer: gst::Buffer, ticks: Ticks) -> gst::Buffer {
    let marks = buffer.make_mut();
    marks.set_offset(ticks.first);
    marks.set_offset_end(ticks.first + ticks.count);
    buffer
}

/// The ticks that a picture out of [`attach`] serves.
pub(super) fn ticks_of(buffer: &gst::BufferRef) -> Option<Ticks> {
    let (first, end) = (buffer.offset(), buffer.offset_end());
    let count = end.checked_sub(first).filter(|count| *count > 0 && end != NO_OFFSET)?;
    Some(Ticks { first, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// What each of the first ticks shows, from frames with their times and lengths in milliseconds.
    fn shown(frames: &[(u64, u64)]) -> Vec<(u64, usize)> {
        let mut picker = Picker::starting(FrameRate::PAL, 0);
        let mut shown = Vec::new();
        let mut show = |ticks: Option<Ticks>, frame: usize| {
            let ticks = ticks.into_iter().flat_map(|ticks| ticks.first..ticks.first + ticks.count);
            shown.extend(ticks.map(|tick| (tick, frame)));
        };
        for (n, (time, length)) in frames.iter().enumerate() {
            show(picker.follow(time * MS, (*length > 0).then_some(length * MS)), n.saturating_sub(1));
        }
        show(picker.end(), frames.len() - 1);
        shown
    }

    #[test]
    fn every_tick_shows_the_frame_that_is_nearest_to_it() {
        let at = |rate: u64, count: u64| (0..count).map(|n| (n * 1000 / rate, 1000 / rate)).collect::<Vec<_>>();
        let frames = |shown: Vec<(u64, usize)>| shown.into_iter().map(|(_, frame)| frame).collect::<Vec<_>>();
        assert_eq!(frames(shown(&at(25, 5))), [0, 1, 2, 3, 4]);
        assert_eq!(frames(shown(&at(50, 8))), [0, 2, 4, 6]);
        assert_eq!(frames(shown(&at(5, 2))), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        assert_eq!(frames(shown(&at(30, 6))), [0, 1, 2, 4, 5]);
    }

    #[test]
    fn times_that_a_container_rounded_cost_no_frame() {
        assert_eq!(shown(&[(0, 40), (41, 40), (79, 40), (121, 40)]), [(0, 0), (1, 1), (2, 2), (3, 3)]);
    }

    #[test]
    fn a_hole_stays_a_hole_and_a_long_frame_is_no_hole() {
        assert_eq!(shown(&[(0, 40), (800, 40)]), [(0, 0), (20, 1)]);
        assert_eq!(shown(&[(0, 800), (800, 40)]).len(), 21);
        assert_eq!(shown(&[(0, 0), (800, 40)]).len(), 21, "nobody knows how long the first one lasts");
        assert_eq!(shown(&[(1000, 40)]), (13..=25).map(|tick| (tick, 0)).collect::<Vec<_>>());
    }

    #[test]
    fn frames_out_of_order_serve_nothing_twice() {
        assert_eq!(shown(&[(0, 40), (80, 40), (40, 40), (120, 40)]), [(0, 0), (1, 0), (2, 2), (3, 3)]);
    }
}
