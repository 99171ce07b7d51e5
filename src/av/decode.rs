//! The decoder child: reads one clip with GStreamer and writes house-format pictures and sound, each numbered, to two
//! pipes. It is killed at will; it holds nothing that anyone would miss.

mod quicktime;

use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::deck::{STILL, header};
use super::picture::{Raster, SAMPLE_BYTES};
use crate::domain::channel::{HOUSE_SOUND_CHANNELS, HouseFormat};
use crate::domain::time::Tick;

/// How long opening and seeking may take before the child gives up by itself; the player gives up earlier.
const OPEN_TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(10);
/// A picture that begins this late begins the clip: containers without edit lists put the encoder's delay of the sound
/// (2,112 samples at most) before it. One that begins later was meant to.
const LATEST_ORIGIN: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Why a clip could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// GStreamer can't start, or an element is missing.
    #[error("GStreamer: {0}")]
    Setup(String),
    /// The clip can't be opened or decoded.
    #[error("{0}")]
    Clip(String),
}

impl From<gst::glib::BoolError> for DecodeError {
    fn from(error: gst::glib::BoolError) -> Self {
        DecodeError::Setup(error.to_string())
    }
}

/// Makes GStreamer's list of plugins, so that confined children find it ready.
///
/// # Errors
/// [`DecodeError::Setup`].
pub fn prepare_registry() -> Result<(), DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))
}

/// Decodes `path` from a frame on, pictures to standard output and sound to standard input, until its end or until
/// nobody reads any more.
///
/// # Errors
/// [`DecodeError`]; what was decoded until then has been written.
pub fn run(path: &Path, from_frame: u64, house: HouseFormat) -> Result<(), DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))?;
    let pictures =
        File::from(io::stdout().as_fd().try_clone_to_owned().map_err(|e| DecodeError::Setup(e.to_string()))?);
    let sound = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(|e| DecodeError::Setup(e.to_string()))?);
    let path = path.canonicalize().map_err(|e| DecodeError::Clip(format!("{}: {e}", path.display())))?;
    let uri = gst::glib::filename_to_uri(&path, None).map_err(|e| DecodeError::Clip(e.to_string()))?;

    // The process ends when the clip does. Taking the pipeline down could wait for ever for a pipe that nobody reads.
    let pipeline = ManuallyDrop::new(gst::Pipeline::new());
    // decodebin3 was seen to hang in 22 of 1,100 opens; the older one never did.
    let source = gst::ElementFactory::make("uridecodebin").property("uri", uri.as_str()).build()?;
    pipeline.add(&source)?;
    let (ended, endings) = channel();
    let clip = Clip { house, origin_ns: Arc::default(), stills: Arc::default(), ended };
    let branches = Mutex::new(Branches { picture: Some(pictures), sound: Some(sound), clip: clip.clone() });
    let branches = Arc::new(branches);
    let (weak, adding) = (pipeline.downgrade(), branches.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Ok(mut branches) = adding.lock()
            && let Err(error) = branches.link(&pipeline, pad)
        {
            eprintln!("decode: {error}");
        }
    });
    source.connect("source-setup", false, |values| {
        let source = values.get(1).and_then(|value| value.get::<gst::Element>().ok());
        source.and_then(|source| source.static_pad("src")).as_ref().map(quicktime::lengthen);
        None
    });
    source.connect_no_more_pads(move |_| {
        if let Ok(mut branches) = branches.lock() {
            branches.finish_missing();
        }
    });
    pipeline.set_state(gst::State::Paused).map_err(|_| DecodeError::Clip("can't be opened".into()))?;
    wait_for_preroll(&pipeline)?;
    let frame = i64::try_from(from_frame).unwrap_or(i64::MAX);
    let at = house.rate.start_of(Tick(frame)).timestamp_nanos_opt().and_then(|ns| u64::try_from(ns).ok());
    let at = gst::ClockTime::from_nseconds(at.unwrap_or(0));
    let at = at + gst::ClockTime::from_nseconds(clip.origin_ns.load(Ordering::Relaxed));
    if at > gst::ClockTime::ZERO {
        match pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE, at) {
            Ok(()) => wait_for_preroll(&pipeline)?,
            // What can't be sought is played as it comes, if its beginning is wanted.
            Err(_) if from_frame == 0 => clip.origin_ns.store(0, Ordering::Relaxed),
            Err(error) => return Err(error.into()),
        }
    }
    pipeline.set_state(gst::State::Playing).map_err(|_| DecodeError::Clip("can't be played".into()))?;
    let bus = pipeline.bus().ok_or_else(|| DecodeError::Setup("a pipeline has a bus".into()))?;
    loop {
        match endings.recv_timeout(Duration::from_millis(50)) {
            Ok(()) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(DecodeError::Clip(error.error().to_string()));
        }
    }
}

fn wait_for_preroll(pipeline: &gst::Pipeline) -> Result<(), DecodeError> {
    match pipeline.state(OPEN_TIMEOUT) {
        (Ok(gst::StateChangeSuccess::Success | gst::StateChangeSuccess::NoPreroll), ..) => Ok(()),
        (Ok(gst::StateChangeSuccess::Async), ..) => Err(DecodeError::Clip("no first frame in time".into())),
        (Err(_), ..) => {
            let error = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
            let said = error.and_then(|message| match message.view() {
                gst::MessageView::Error(error) => Some(error.error().to_string()),
                _ => None,
            });
            Err(DecodeError::Clip(said.unwrap_or_else(|| "can't be opened".into())))
        }
    }
}

/// What the streams of a clip share.
#[derive(Clone)]
struct Clip {
    house: HouseFormat,
    /// The stream time at which the clip begins, nanoseconds.
    origin_ns: Arc<AtomicU64>,
    /// The picture's pipe of a clip that has sound alone.
    stills: Arc<Mutex<Option<Stills>>>,
    ended: Sender<()>,
}

impl Clip {
    fn since_origin(&self, stream_time_ns: u64) -> u128 {
        u128::from(stream_time_ns.saturating_sub(self.origin_ns.load(Ordering::Relaxed)))
    }
}

/// The first picture and the first sound stream; further ones are left alone.
struct Branches {
    picture: Option<File>,
    sound: Option<File>,
    clip: Clip,
}

impl Branches {
    fn link(&mut self, pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), DecodeError> {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(kind) = caps.structure(0).map(|s| s.name().to_string()) else { return Ok(()) };
        let house = self.clip.house;
        if kind.starts_with("video/x-raw")
            && let Some(pipe) = self.picture.take()
        {
            note_origin(pad, Arc::clone(&self.clip.origin_ns));
            let caps = gst::Caps::builder("video/x-raw")
                .field("format", "I420")
                .field("width", i32::try_from(house.width).unwrap_or(i32::MAX))
                .field("height", i32::try_from(house.height).unwrap_or(i32::MAX))
                .field("framerate", gst::Fraction::new(house.rate.num().cast_signed(), house.rate.den().cast_signed()))
                .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
                .field("colorimetry", "bt709")
                .build();
            let scale = gst::ElementFactory::make("videoconvertscale").property("add-borders", true).build()?;
            let rate = gst::ElementFactory::make("videorate").build()?;
            let writer = PictureWriter { pipe, clip: self.clip.clone() };
            return attach(pipeline, pad, &[rate, scale], &caps, writer, 2);
        }
        if kind.starts_with("audio/x-raw")
            && let Some(pipe) = self.sound.take()
        {
            let caps = gst::Caps::builder("audio/x-raw")
                .field("format", "S16LE")
                .field("layout", "interleaved")
                .field("rate", i32::try_from(house.sample_rate_hz).unwrap_or(i32::MAX))
                .field("channels", HOUSE_SOUND_CHANNELS as i32)
                .build();
            let convert = gst::ElementFactory::make("audioconvert").build()?;
            let resample = gst::ElementFactory::make("audioresample").build()?;
            let writer = SoundWriter { pipe, clip: self.clip.clone() };
            return attach(pipeline, pad, &[convert, resample], &caps, writer, 32);
        }
        Ok(())
    }

    /// A stream that the clip does not have ends at once; sound alone has the slate for a picture.
    fn finish_missing(&mut self) {
        let silent = self.sound.take();
        if let Some(pipe) = self.picture.take() {
            let mut stills = Stills { pipe, house: self.clip.house, next: None };
            match (&silent, self.clip.stills.lock()) {
                (None, Ok(mut slot)) => *slot = Some(stills),
                _ => {
                    stills.end();
                    let _ = self.clip.ended.send(());
                }
            }
        }
        if let Some(mut pipe) = silent {
            let _ = pipe.write_all(&header(0, 0));
        }
    }
}

/// Remembers when the first picture is to be seen.
fn note_origin(pad: &gst::Pad, origin_ns: Arc<AtomicU64>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let segment = pad.sticky_event::<gst::event::Segment>(0).map(|event| event.segment().clone());
        let segment = segment.as_ref().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        if let (Some(segment), Some(buffer)) = (segment, info.buffer())
            && let Some(first) = segment.to_stream_time(buffer.pts()).filter(|first| *first <= LATEST_ORIGIN)
        {
            origin_ns.store(first.nseconds(), Ordering::Relaxed);
        }
        gst::PadProbeReturn::Remove
    });
}

/// Numbers in place of pictures, for as long as there is sound.
struct Stills {
    pipe: File,
    house: HouseFormat,
    next: Option<i64>,
}

impl Stills {
    /// There is sound from `first` up to `end`, in samples.
    fn cover(&mut self, first: i64, end: i64) -> io::Result<()> {
        let (rate, sample_rate_hz) = (self.house.rate, self.house.sample_rate_hz);
        let begin = || (0..).find(|n| rate.first_sample(Tick(n + 1), sample_rate_hz) > first);
        let mut next = self.next.or_else(begin).unwrap_or(0);
        while rate.first_sample(Tick(next), sample_rate_hz) < end {
            self.pipe.write_all(&header(next, STILL))?;
            next += 1;
        }
        self.next = Some(next);
        Ok(())
    }
    fn end(&mut self) {
        let _ = self.pipe.write_all(&header(0, 0));
    }
}

/// Where decoded buffers go. An error means that nobody reads any more.
trait Writer: Send + 'static {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()>;
    fn end(&mut self);
}

struct PictureWriter {
    pipe: File,
    clip: Clip,
}

impl Writer for PictureWriter {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()> {
        let HouseFormat { rate, width, height, .. } = self.clip.house;
        // A frame's time may be a nanosecond off its grid: the nearest frame is meant.
        let half = u128::from(rate.den()) * 1_000_000_000 / 2;
        let frame = (self.clip.since_origin(stream_time_ns) * u128::from(rate.num()) + half) / (2 * half);
        let raster = Raster { width, height };
        if bytes.len() != raster.picture_bytes() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let header = header(i64::try_from(frame).unwrap_or(i64::MAX), bytes.len() as u32);
        let written = self.pipe.write_all(&header).and_then(|()| self.pipe.write_all(bytes));
        if written.is_err() {
            // Nobody reads any more: the player closed this decoder, or died.
            let _ = self.clip.ended.send(());
        }
        written
    }
    fn end(&mut self) {
        let _ = self.pipe.write_all(&header(0, 0));
        let _ = self.clip.ended.send(());
    }
}

struct SoundWriter {
    pipe: File,
    clip: Clip,
}

impl Writer for SoundWriter {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()> {
        let sample_rate_hz = self.clip.house.sample_rate_hz;
        let samples = self.clip.since_origin(stream_time_ns) * u128::from(sample_rate_hz);
        let first = i64::try_from((samples + 500_000_000) / 1_000_000_000).unwrap_or(i64::MAX);
        let mut next = first;
        // A block of the player's size limit; a decoder's own blocks are far smaller.
        for block in bytes.chunks(sample_rate_hz as usize * SAMPLE_BYTES / 2) {
            self.pipe.write_all(&header(next, block.len() as u32))?;
            self.pipe.write_all(block)?;
            next += (block.len() / SAMPLE_BYTES) as i64;
        }
        match self.clip.stills.lock().as_deref_mut() {
            Ok(Some(stills)) => stills.cover(first, next),
            _ => Ok(()),
        }
    }
    fn end(&mut self) {
        let _ = self.pipe.write_all(&header(0, 0));
        if let Ok(Some(stills)) = self.clip.stills.lock().as_deref_mut() {
            stills.end();
            let _ = self.clip.ended.send(());
        }
    }
}

fn attach<W: Writer>(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    elements: &[gst::Element],
    caps: &gst::Caps,
    writer: W,
    buffers: u32,
) -> Result<(), DecodeError> {
    let sink = AppSink::builder().caps(caps).sync(false).max_buffers(buffers).build();
    let chain: Vec<gst::Element> = elements.iter().cloned().chain([sink.clone().upcast()]).collect();
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    let writer = Arc::new(Mutex::new(writer));
    let at_end = writer.clone();
    let callbacks = AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let (Some(buffer), Some(segment)) = (sample.buffer(), sample.segment()) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            let time = segment.downcast_ref::<gst::ClockTime>().and_then(|s| s.to_stream_time(buffer.pts()));
            let (Some(time), Ok(bytes)) = (time, buffer.map_readable()) else { return Ok(gst::FlowSuccess::Ok) };
            let mut writer = writer.lock().map_err(|_| gst::FlowError::Error)?;
            writer.write(time.nseconds(), &bytes).map(|()| gst::FlowSuccess::Ok).map_err(|_| gst::FlowError::Eos)
        })
        .eos(move |_| {
            if let Ok(mut writer) = at_end.lock() {
                writer.end();
            }
        })
        .build();
    sink.set_callbacks(callbacks);
    chain.iter().try_for_each(gst::Element::sync_state_with_parent)?;
    let entry = chain[0].static_pad("sink").ok_or_else(|| DecodeError::Setup("a filter has a sink pad".into()))?;
    pad.link(&entry).map(|_| ()).map_err(|e| DecodeError::Setup(e.to_string()))
}
