//! One output's GStreamer pipeline: raw frames in at one end, a stream, a file or a display at the other.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc, AppStreamType};

use super::OutputAddress;
use super::child::Counts;
use super::files::Disk;
use super::loudspeaker::Loudspeaker;
use super::panel::Panel;
use super::presence::{Found, Presence};
use super::ring::Copied;
use super::stream::Stream;
use super::wire::Order;
use crate::av::caps;
use crate::av::picture::Raster;
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;

/// Frames inside the pipeline before it must take the next: what the encoder needs to keep its threads busy.
const FRAMES_INSIDE: u64 = 4;

/// What the AAC encoder puts in front of the sound, and its time stamps leave out: one frame of 1,024 samples. Uncorrected
/// the sound comes 21 ms after its picture.
const AAC_DELAY_SAMPLES: i64 = 1024;

/// An open pipeline.
#[derive(Debug)]
pub(super) struct Encoder {
    parts: Option<Parts>,
    inside: Arc<Mutex<Inside>>,
    disk: Option<Arc<Mutex<ToDisk>>>,
    loudspeaker: Option<Loudspeaker>,
    panel: Option<Panel>,
    presence: Presence,
    counts: Arc<Counts>,
    /// What the destination wants as its first instant; taken off every time stamp.
    from_zero: bool,
    base_ns: Option<u64>,
    last: Tick,
}

#[derive(Debug)]
struct Parts {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    picture: Option<AppSrc>,
    sound: Option<AppSrc>,
}

/// Frames that went in and did not yet come out at the sink.
#[derive(Debug, Default)]
struct Inside {
    /// Their presentation times and ticks.
    frames: VecDeque<(u64, Tick)>,
    /// How much later the clock of what goes in is: a muxer begins at zero.
    offset: Option<i128>,
}

impl Inside {
    /// Something of this time reached the sink: how many frames that ends, and the last of them.
    fn reached(&mut self, time: u64) -> (u64, Option<Tick>) {
        let Some((first, _)) = self.frames.front() else { return (0, None) };
        let offset = *self.offset.get_or_insert(i128::from(*first) - i128::from(time));
        let (mut count, mut last) = (0, None);
        while let Some((pts, tick)) = self.frames.front()
            && i128::from(*pts) <= i128::from(time) + offset
        {
            (count, last) = (count + 1, Some(*tick));
            self.frames.pop_front();
        }
        (count, last)
    }
}

/// What writes to disk, and why it could not.
#[derive(Debug)]
struct ToDisk {
    disk: Disk,
    tick: Tick,
    failed: Option<String>,
}

impl Encoder {
    /// Opens the pipeline; what its sink takes is counted.
    pub fn open(order: &Order, counts: &Arc<Counts>) -> Result<Encoder, String> {
        gst::init().map_err(|e| e.to_string())?;
        let address = &order.address;
        let disk = match address {
            OutputAddress::File(pattern) => Some(Disk::recording(pattern.clone(), order.zone, order.house.rate)),
            OutputAddress::Hls(folder) => Some(Disk::hls(folder, order.zone, order.house.rate)?),
            _ => None,
        };
        let text = Stream { house: order.house }.pipeline(address)?;
        let pipeline = gst::parse::launch(&text).map_err(|e| e.to_string())?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline".to_owned())?;
        let sink = pipeline.by_name("sink").ok_or("the pipeline has no sink")?;
        super::stream::aim(&sink, address);
        let from_zero = matches!(address, OutputAddress::Rtmp(_) | OutputAddress::Icecast(_));
        if let Some(encoder) = pipeline.by_name("aac").and_then(|aac| aac.static_pad("src")).filter(|_| !from_zero) {
            encoder.set_offset(-AAC_DELAY_SAMPLES * 1_000_000_000 / i64::from(order.house.sample_rate_hz));
        }
        let inside = Arc::new(Mutex::new(Inside::default()));
        let presence = Presence::of(address, &sink);
        let disk = match disk {
            Some(disk) => {
                let to_disk = Arc::new(Mutex::new(ToDisk { disk, tick: Tick(0), failed: None }));
                write_at(sink, Arc::clone(&to_disk), Arc::clone(&inside), Arc::clone(counts))?;
                Some(to_disk)
            }
            None => {
                count_at(&sink, Arc::clone(&inside), Arc::clone(counts))?;
                None
            }
        };
        let source = |name: &str, caps: gst::Caps| {
            let source = pipeline.by_name(name).and_then(|e| e.downcast::<AppSrc>().ok())?;
            ready(&source, &caps);
            Some(source)
        };
        let raster = Raster { width: order.house.width, height: order.house.height };
        let panel = address.is_display().then(|| Panel::new(raster, order.mapping));
        let shown = panel.as_ref().map_or(raster, Panel::screen);
        let picture = source("picture", picture_caps(order.house, shown));
        let sound = source("sound", caps::sound(order.house));
        let bus = pipeline.bus().ok_or("a pipeline has a bus")?;
        let parts = Parts { pipeline, bus, picture, sound };
        let playing = parts.pipeline.set_state(gst::State::Playing);
        let loudspeaker = address.is_display().then(|| Loudspeaker::new(order.house));
        let (parts, base_ns, last, counts) = (Some(parts), None, Tick(0), Arc::clone(counts));
        let mut encoder =
            Encoder { parts, inside, disk, loudspeaker, panel, presence, counts, from_zero, base_ns, last };
        encoder.check()?;
        playing.map_err(|e| e.to_string())?;
        Ok(encoder)
    }

    /// Whether the pipeline would take another frame at once.
    pub fn has_room(&self) -> bool {
        self.parts.as_ref().is_none_or(|parts| {
            let full = |source: &Option<AppSrc>, each: u64| {
                source.as_ref().is_some_and(|source| source.current_level_buffers() >= each)
            };
            !full(&parts.picture, FRAMES_INSIDE) && !full(&parts.sound, 4 * FRAMES_INSIDE)
        })
    }

    pub fn push(&mut self, frame: Copied) -> Result<(), String> {
        let Some(parts) = &self.parts else { return Ok(()) };
        let Copied { tick, pts_ns, duration_ns, mut picture, sound, levels } = frame;
        let base = if self.from_zero { *self.base_ns.get_or_insert(pts_ns) } else { 0 };
        let pts_ns = pts_ns.saturating_sub(base);
        if let Ok(mut inside) = self.inside.lock() {
            inside.frames.push_back((pts_ns, tick));
        }
        self.last = tick;
        if let Some(loudspeaker) = &mut self.loudspeaker {
            loudspeaker.push(&sound, levels.sound_milli, pts_ns, duration_ns);
        }
        if let Some(panel) = &mut self.panel {
            picture = panel.show(picture, levels.light_milli);
        }
        if let Some(source) = &parts.picture {
            push(source, picture, pts_ns, duration_ns)?;
        }
        if let Some(source) = &parts.sound {
            push(source, sound, pts_ns, duration_ns)?;
        }
        self.check()
    }

    /// Whether the pipeline has reported a failure.
    pub fn check(&mut self) -> Result<(), String> {
        match self.presence.ask() {
            Some(Found::Gone(why)) => return Err(why),
            Some(found) => self.counts.nobody.store(found == Found::Nobody, Ordering::Relaxed),
            None => {}
        }
        let failed = self.disk.as_ref().and_then(|disk| disk.lock().ok()?.failed.clone());
        if let Some(why) = failed {
            return Err(why);
        }
        let Some(parts) = &self.parts else { return Ok(()) };
        failure(&parts.bus).map_or(Ok(()), Err)
    }

    /// Lets the pipeline write its end; whether it did.
    pub fn finish(&mut self, timeout: Duration) -> bool {
        let Some(parts) = &self.parts else { return true };
        let until = Instant::now() + timeout;
        for source in [&parts.picture, &parts.sound].into_iter().flatten() {
            let _ = source.end_of_stream();
        }
        let wait = gst::ClockTime::try_from(timeout).ok();
        let ended = parts.bus.timed_pop_filtered(wait, &[gst::MessageType::Eos, gst::MessageType::Error]);
        let wrote = ended.is_some_and(|message| message.type_() == gst::MessageType::Eos);
        let end = Tick(self.last.0 + 1);
        let disk = self.disk.as_ref().and_then(|disk| disk.lock().ok()?.disk.finish(end).err());
        let down = self.release();
        let left = until.saturating_duration_since(Instant::now());
        wrote && disk.is_none() && down.is_some_and(|down| down.recv_timeout(left).is_ok())
    }

    /// Takes the pipeline down. A hung sink may never let go, so a thread of its own does it and says when it is done.
    fn release(&mut self) -> Option<Receiver<()>> {
        let parts = self.parts.take()?;
        let (done, ended) = channel();
        let thread = std::thread::Builder::new().name("output end".into());
        let started = thread.spawn(move || {
            let _ = parts.pipeline.set_state(gst::State::Null);
            let _ = done.send(());
        });
        started.is_ok().then_some(ended)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _ = self.release();
    }
}

/// What a pipeline says that it died of.
pub(super) fn failure(bus: &gst::Bus) -> Option<String> {
    let message = bus.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    }
}

/// Prepares an entrance for raw frames.
pub(super) fn ready(source: &AppSrc, caps: &gst::Caps) {
    source.set_caps(Some(caps));
    source.set_format(gst::Format::Time);
    source.set_stream_type(AppStreamType::Stream);
    source.set_is_live(true);
}

pub(super) fn push(source: &AppSrc, bytes: Vec<u8>, pts: u64, duration: u64) -> Result<(), String> {
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::from_nseconds(pts));
        buffer.set_duration(gst::ClockTime::from_nseconds(duration));
    }
    source.push_buffer(buffer).map(|_| ()).map_err(|e| format!("the pipeline takes no more frames: {e}"))
}

/// Counts a frame as taken when the sink gets bytes of its time or a later one.
fn count_at(sink: &gst::Element, inside: Arc<Mutex<Inside>>, counts: Arc<Counts>) -> Result<(), String> {
    let pad = sink.static_pad("sink").ok_or("a sink has a pad")?;
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        let reached = match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => buffer.dts_or_pts(),
            Some(gst::PadProbeData::BufferList(list)) => list.iter().filter_map(gst::BufferRef::dts_or_pts).max(),
            _ => None,
        };
        if let (Some(reached), Ok(mut inside)) = (reached, inside.lock()) {
            counts.took(inside.reached(reached.nseconds()).0);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Writes what arrives to disk, and counts a frame as taken when it is written.
fn write_at(
    sink: gst::Element,
    to_disk: Arc<Mutex<ToDisk>>,
    inside: Arc<Mutex<Inside>>,
    counts: Arc<Counts>,
) -> Result<(), String> {
    let sink = sink.downcast::<AppSink>().map_err(|_| "files are written here")?;
    let callbacks = AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut run = Vec::new();
        let mut time = None;
        let mut add = |buffer: &gst::BufferRef| {
            time = time.max(buffer.dts_or_pts());
            if let Ok(bytes) = buffer.map_readable() {
                run.extend_from_slice(&bytes);
            }
        };
        match (sample.buffer_list(), sample.buffer()) {
            (Some(list), _) => list.iter().for_each(&mut add),
            (None, Some(buffer)) => add(buffer),
            (None, None) => {}
        }
        let mut to_disk = to_disk.lock().map_err(|_| gst::FlowError::Error)?;
        let reached = time.and_then(|time| Some(inside.lock().ok()?.reached(time.nseconds())));
        let (count, last) = reached.unwrap_or_default();
        to_disk.tick = last.unwrap_or(to_disk.tick);
        let tick = to_disk.tick;
        match to_disk.disk.write(&run, tick) {
            Ok(()) => {
                counts.took(count);
                Ok(gst::FlowSuccess::Ok)
            }
            Err(why) => {
                to_disk.failed = Some(why);
                Err(gst::FlowError::Error)
            }
        }
    });
    sink.set_callbacks(callbacks.build());
    Ok(())
}

fn picture_caps(house: HouseFormat, raster: Raster) -> gst::Caps {
    let mut caps = caps::pictures(raster);
    let exact = caps.make_mut();
    exact.set("framerate", gst::Fraction::new(house.rate.num().cast_signed(), house.rate.den().cast_signed()));
    exact.set("interlace-mode", "progressive");
    caps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_counts_when_the_sink_has_something_of_its_time_whatever_the_muxer_calls_it() {
        let frame = |pts: u64| (pts, Tick((pts / 40) as i64));
        let mut inside = Inside { frames: [5000, 5040, 5080].map(frame).into(), offset: None };
        let reached = (inside.reached(0), inside.reached(30), inside.reached(40));
        assert_eq!(reached, ((1, Some(Tick(125))), (0, None), (1, Some(Tick(126)))));
        inside.frames.extend([5120, 5160].map(frame));
        assert_eq!(inside.reached(160), (3, Some(Tick(129))));
    }
}
