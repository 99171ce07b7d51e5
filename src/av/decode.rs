//! The decoder child: reads one clip with GStreamer and gives house-format pictures and sound, each numbered. It is
//! killed at will; it holds nothing that anyone would miss.
//!
//! Pictures go into memory that it shares with the player (`deck::slots`), and are announced on standard output, which
//! is a socket; sound goes to a pipe on standard input.

mod direct;
mod filler;
mod nursery;
mod picker;
mod writers;

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

use super::caps;
use super::deck::header;
use super::picture::Raster;
use super::quicktime;
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;
use filler::Filler;
pub use nursery::{Order, next_order};
use writers::{PictureWriter, SoundWriter, Stills, attach};

/// How long opening and seeking may take before the child gives up by itself; the player gives up earlier.
const OPEN_TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(10);
/// A picture that begins this late begins the clip: containers without edit lists put the encoder's delay of the sound
/// (2,112 samples at most) before it. One that begins later was meant to.
const LATEST_ORIGIN_NS: u64 = 100_000_000;

/// Up to this many pixels of the house's raster, one thread decodes fast enough, and for less: a picture that another
/// core has decoded is copied from that core's cache. What is larger than its wall gets no second core to itself.
const LARGEST_OF_ONE_THREAD: u32 = 1920 * 1088;

/// Why a clip could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// GStreamer can't start, or an element is missing.
    #[error("GStreamer: {0}")]
    Setup(String),
    /// The clip can't be opened or decoded.
    #[error("{0}")]
    Clip(String),
    /// No player reads.
    #[error("no player is at the other end: {0}")]
    Alone(#[from] io::Error),
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

/// What connects this process to its player.
#[derive(Debug)]
pub struct Player {
    filler: Filler,
    sound: File,
    house: HouseFormat,
}

impl Player {
    /// Takes what the player that started this process has for it. Before the process is confined.
    ///
    /// # Errors
    /// [`DecodeError::Alone`].
    pub fn at_hand(house: HouseFormat) -> Result<Player, DecodeError> {
        let raster = Raster { width: house.width, height: house.height };
        let filler = Filler::take(io::stdout().as_fd().try_clone_to_owned()?, raster)?;
        let sound = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Player { filler, sound, house })
    }
}

/// Decodes `path` from a frame on until its end, or until nobody reads any more.
///
/// # Errors
/// [`DecodeError`]; what was decoded until then has been given.
pub fn run(path: &Path, from_frame: u64, player: Player) -> Result<(), DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))?;
    let path = path.canonicalize().map_err(|e| DecodeError::Clip(format!("{}: {e}", path.display())))?;
    let uri = gst::glib::filename_to_uri(&path, None).map_err(|e| DecodeError::Clip(e.to_string()))?;

    // The process ends when the clip does. Taking the pipeline down could wait for ever for a pipe that nobody reads.
    let pipeline = ManuallyDrop::new(gst::Pipeline::new());
    // decodebin3 was seen to hang in 22 of 1,100 opens; the older one never did.
    let source = gst::ElementFactory::make("uridecodebin").property("uri", uri.as_str()).build()?;
    pipeline.add(&source)?;
    let (ended, endings) = channel();
    let Player { filler, sound, house } = player;
    let clip = Clip { house, from_frame, origin_ns: Arc::default(), stills: Arc::default(), ended };
    let branches = Mutex::new(Branches { picture: Some(filler), sound: Some(sound), clip: clip.clone() });
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
    if house.width * house.height <= LARGEST_OF_ONE_THREAD {
        pipeline.connect_deep_element_added(|_, _, element| {
            if element.has_property_with_type("max-threads", i32::static_type()) {
                element.set_property("max-threads", 1);
            }
        });
    }
    source.connect_no_more_pads(move |_| {
        if let Ok(mut branches) = branches.lock() {
            branches.finish_missing();
        }
    });
    pipeline.set_state(gst::State::Paused).map_err(|_| DecodeError::Clip("can't be opened".into()))?;
    wait_for_preroll(&pipeline)?;
    if from_frame > 0 {
        let at = clip.start_of(from_frame) + clip.origin_ns.load(Ordering::Relaxed);
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        pipeline.seek_simple(flags, gst::ClockTime::from_nseconds(at))?;
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

/// What the streams of a clip share.
#[derive(Clone)]
struct Clip {
    house: HouseFormat,
    from_frame: u64,
    /// The stream time at which the clip begins, nanoseconds.
    origin_ns: Arc<AtomicU64>,
    /// What stands for the picture of a clip that has sound alone.
    stills: Arc<Mutex<Option<Stills>>>,
    ended: Sender<()>,
}

impl Clip {
    /// The first picture: a little after the beginning it is the beginning.
    fn begins_at(&self, stream_time_ns: u64) {
        if stream_time_ns <= LATEST_ORIGIN_NS {
            self.origin_ns.store(stream_time_ns, Ordering::Relaxed);
        }
    }
    /// How long after the clip's beginning, or before it, nanoseconds.
    fn since_origin(&self, stream_time_ns: u64) -> Result<u64, u64> {
        let origin = self.origin_ns.load(Ordering::Relaxed);
        stream_time_ns.checked_sub(origin).ok_or(origin.saturating_sub(stream_time_ns))
    }
    /// When a frame of the house's rate begins, nanoseconds after the clip's beginning.
    fn start_of(&self, frame: u64) -> u64 {
        let at = self.house.rate.start_of(Tick(i64::try_from(frame).unwrap_or(i64::MAX))).timestamp_nanos_opt();
        at.and_then(|ns| u64::try_from(ns).ok()).unwrap_or(u64::MAX / 2)
    }
}

/// The first picture and the first sound stream; further ones are left alone.
struct Branches {
    picture: Option<Filler>,
    sound: Option<File>,
    clip: Clip,
}

impl Branches {
    fn link(&mut self, pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), DecodeError> {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(kind) = caps.structure(0).map(|s| s.name().to_string()) else { return Ok(()) };
        let house = self.clip.house;
        if kind.starts_with("video/x-raw")
            && let Some(filler) = self.picture.take()
        {
            let caps = caps::pictures(Raster { width: house.width, height: house.height });
            let scale = gst::ElementFactory::make("videoconvertscale").property("add-borders", true).build()?;
            picker::attach(pad, self.clip.clone());
            if let Some(entry) = scale.static_pad("src") {
                direct::offer(&entry, filler.direct());
            }
            return attach(pipeline, pad, &[scale], &caps, PictureWriter::new(filler, self.clip.clone()), 2);
        }
        if kind.starts_with("audio/x-raw")
            && let Some(pipe) = self.sound.take()
        {
            let caps = caps::sound(house);
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
        if let Some(filler) = self.picture.take() {
            let mut stills = Stills::new(filler, self.clip.house);
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
