//! The decoder child: reads one clip with GStreamer and writes house-format pictures and sound, each numbered, to two
//! pipes. It is killed at will; it holds nothing that anyone would miss.

use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::deck::header;
use super::picture::{Raster, SAMPLE_BYTES};
use crate::domain::channel::{HOUSE_SOUND_CHANNELS, HouseFormat};
use crate::domain::time::Tick;

/// How long opening and seeking may take before the child gives up by itself; the player gives up earlier.
const OPEN_TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(10);

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
    let branches = Mutex::new(Branches { picture: Some(pictures), sound: Some(sound), house, ended: ended.clone() });
    let branches = std::sync::Arc::new(branches);
    let (weak, adding) = (pipeline.downgrade(), branches.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Ok(mut branches) = adding.lock()
            && let Err(error) = branches.link(&pipeline, pad)
        {
            eprintln!("decode: {error}");
        }
    });
    source.connect_no_more_pads(move |_| {
        if let Ok(mut branches) = branches.lock() {
            branches.finish_missing();
        }
    });
    pipeline.set_state(gst::State::Paused).map_err(|_| DecodeError::Clip("can't be opened".into()))?;
    wait_for_preroll(&pipeline)?;
    if from_frame > 0 {
        let frame = i64::try_from(from_frame).unwrap_or(i64::MAX);
        let at = house.rate.start_of(Tick(frame)).timestamp_nanos_opt().and_then(|ns| u64::try_from(ns).ok());
        let at = gst::ClockTime::from_nseconds(at.unwrap_or(0));
        pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE, at)?;
        wait_for_preroll(&pipeline)?;
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

/// The first picture and the first sound stream; further ones are left alone.
struct Branches {
    picture: Option<File>,
    sound: Option<File>,
    house: HouseFormat,
    ended: Sender<()>,
}

impl Branches {
    fn link(&mut self, pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), DecodeError> {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(kind) = caps.structure(0).map(|s| s.name().to_string()) else { return Ok(()) };
        let house = self.house;
        if kind.starts_with("video/x-raw")
            && let Some(pipe) = self.picture.take()
        {
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
            let writer = PictureWriter { pipe, house, ended: self.ended.clone() };
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
            let writer = SoundWriter { pipe, sample_rate_hz: house.sample_rate_hz };
            return attach(pipeline, pad, &[convert, resample], &caps, writer, 32);
        }
        Ok(())
    }

    /// A stream that the clip does not have ends at once.
    fn finish_missing(&mut self) {
        if let Some(mut pipe) = self.sound.take() {
            let _ = pipe.write_all(&header(0, 0));
        }
        if let Some(mut pipe) = self.picture.take() {
            let _ = pipe.write_all(&header(0, 0));
            let _ = self.ended.send(());
        }
    }
}

/// Where decoded buffers go. An error means that nobody reads any more.
trait Writer: Send + 'static {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()>;
    fn end(&mut self);
}

struct PictureWriter {
    pipe: File,
    house: HouseFormat,
    ended: Sender<()>,
}

impl Writer for PictureWriter {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()> {
        let rate = self.house.rate;
        // A frame's time may be a nanosecond off its grid: the nearest frame is meant.
        let half = u128::from(rate.den()) * 1_000_000_000 / 2;
        let frame = (u128::from(stream_time_ns) * u128::from(rate.num()) + half) / (2 * half);
        let raster = Raster { width: self.house.width, height: self.house.height };
        if bytes.len() != raster.picture_bytes() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let header = header(i64::try_from(frame).unwrap_or(i64::MAX), bytes.len() as u32);
        let written = self.pipe.write_all(&header).and_then(|()| self.pipe.write_all(bytes));
        if written.is_err() {
            // Nobody reads any more: the player closed this decoder, or died.
            let _ = self.ended.send(());
        }
        written
    }
    fn end(&mut self) {
        let _ = self.pipe.write_all(&header(0, 0));
        let _ = self.ended.send(());
    }
}

struct SoundWriter {
    pipe: File,
    sample_rate_hz: u32,
}

impl Writer for SoundWriter {
    fn write(&mut self, stream_time_ns: u64, bytes: &[u8]) -> io::Result<()> {
        let first = (u128::from(stream_time_ns) * u128::from(self.sample_rate_hz) + 500_000_000) / 1_000_000_000;
        let mut first = i64::try_from(first).unwrap_or(i64::MAX);
        // A block of the player's size limit; a decoder's own blocks are far smaller.
        for block in bytes.chunks(self.sample_rate_hz as usize * SAMPLE_BYTES / 2) {
            self.pipe.write_all(&header(first, block.len() as u32))?;
            self.pipe.write_all(block)?;
            first += (block.len() / SAMPLE_BYTES) as i64;
        }
        Ok(())
    }
    fn end(&mut self) {
        let _ = self.pipe.write_all(&header(0, 0));
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
    let writer = std::sync::Arc::new(Mutex::new(writer));
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
