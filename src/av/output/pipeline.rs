//! One output's GStreamer pipeline: raw frames in at one end, a stream or a display at the other.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSrc, AppStreamType};

use super::OutputAddress;
use crate::av::picture::TickFrame;
use crate::domain::channel::{HOUSE_SOUND_CHANNELS, HouseFormat};

/// Frames inside the pipeline before it must take the next: what the encoder needs to keep its threads busy.
const FRAMES_INSIDE: u64 = 4;
/// Bits per pixel and frame of the transport stream's picture: 720p25 gets 4.6 Mbit/s, twice what a wall's content
/// needs, since the encoder runs at its fastest settings.
const BITS_PER_PIXEL: u64 = 5;
/// Sound of the transport stream, bits a second.
const SOUND_BITRATE: i32 = 160_000;

/// An open pipeline.
#[derive(Debug)]
pub(super) struct Encoder {
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Parts {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    picture: AppSrc,
    sound: AppSrc,
}

impl Encoder {
    pub fn open(address: &OutputAddress, house: HouseFormat) -> Result<Encoder, String> {
        gst::init().map_err(|e| e.to_string())?;
        let stream = Stream { house };
        let text = match address {
            OutputAddress::Null => return Ok(Encoder { parts: None }),
            OutputAddress::Auto => stream.display(),
            OutputAddress::File(_) => {
                stream.transport("filesink name=sink append=true buffer-mode=unbuffered sync=false", 1)
            }
            OutputAddress::Udp { .. } => stream.transport("udpsink name=sink sync=false", 7),
        };
        let pipeline = gst::parse::launch(&text).map_err(|e| e.to_string())?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline".to_owned())?;
        match (address, pipeline.by_name("sink")) {
            (OutputAddress::File(path), Some(sink)) => sink.set_property("location", path.to_string_lossy().as_ref()),
            (OutputAddress::Udp { host, port }, Some(sink)) => {
                sink.set_property("host", host);
                sink.set_property("port", i32::from(*port));
            }
            _ => {}
        }
        let source = |name: &str, caps: gst::Caps| -> Result<AppSrc, String> {
            let source = pipeline.by_name(name).and_then(|e| e.downcast::<AppSrc>().ok());
            let source = source.ok_or_else(|| format!("the pipeline has no {name}"))?;
            source.set_caps(Some(&caps));
            source.set_format(gst::Format::Time);
            source.set_stream_type(AppStreamType::Stream);
            source.set_is_live(true);
            Ok(source)
        };
        let picture = source("picture", picture_caps(house))?;
        let sound = source("sound", sound_caps(house))?;
        let bus = pipeline.bus().ok_or("a pipeline has a bus")?;
        let parts = Parts { pipeline, bus, picture, sound };
        let playing = parts.pipeline.set_state(gst::State::Playing);
        let encoder = Encoder { parts: Some(parts) };
        encoder.check()?;
        playing.map_err(|e| e.to_string())?;
        Ok(encoder)
    }

    /// Whether the pipeline would take another frame at once.
    pub fn has_room(&self) -> bool {
        self.parts.as_ref().is_none_or(|parts| {
            let full = |source: &AppSrc, each: u64| source.current_level_buffers() >= each;
            !full(&parts.picture, FRAMES_INSIDE) && !full(&parts.sound, 4 * FRAMES_INSIDE)
        })
    }

    pub fn push(&mut self, frame: &TickFrame) -> Result<(), String> {
        let Some(parts) = &self.parts else { return Ok(()) };
        let (pts, duration) = (frame.pts_ns, frame.duration_ns);
        push(&parts.picture, frame.picture.clone(), pts, duration)?;
        push(&parts.sound, frame.sound.clone(), pts, duration)?;
        self.check()
    }

    /// Whether the pipeline has reported a failure.
    pub fn check(&self) -> Result<(), String> {
        let Some(parts) = &self.parts else { return Ok(()) };
        let Some(message) = parts.bus.pop_filtered(&[gst::MessageType::Error]) else { return Ok(()) };
        match message.view() {
            gst::MessageView::Error(error) => Err(error.error().to_string()),
            _ => Ok(()),
        }
    }

    /// Lets the pipeline write its end.
    pub fn finish(&mut self, timeout: Duration) {
        let Some(parts) = &self.parts else { return };
        let _ = parts.picture.end_of_stream();
        let _ = parts.sound.end_of_stream();
        let wait = gst::ClockTime::try_from(timeout).ok();
        let _ = parts.bus.timed_pop_filtered(wait, &[gst::MessageType::Eos, gst::MessageType::Error]);
        if let Some(ended) = self.release() {
            let _ = ended.recv_timeout(timeout);
        }
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

fn push(source: &AppSrc, bytes: crate::av::picture::Shared, pts: u64, duration: u64) -> Result<(), String> {
    let mut buffer = gst::Buffer::from_slice(bytes);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::from_nseconds(pts));
        buffer.set_duration(gst::ClockTime::from_nseconds(duration));
    }
    source.push_buffer(buffer).map(|_| ()).map_err(|e| format!("the pipeline takes no more frames: {e}"))
}

struct Stream {
    house: HouseFormat,
}

impl Stream {
    fn transport(&self, sink: &str, alignment: u32) -> String {
        let house = self.house;
        let pixels = u64::from(house.width) * u64::from(house.height);
        let frames = u64::from(house.rate.num()).div_ceil(u64::from(house.rate.den()));
        let kbits = (pixels * frames * BITS_PER_PIXEL / 25_000).max(500);
        format!(
            "appsrc name=picture ! x264enc speed-preset=veryfast tune=zerolatency bitrate={kbits} key-int-max={frames} \
             ! video/x-h264,profile=high ! h264parse ! queue max-size-buffers=100 max-size-bytes=0 max-size-time=0 ! mux. \
             appsrc name=sound ! audioconvert ! avenc_aac bitrate={SOUND_BITRATE} ! aacparse \
             ! queue max-size-buffers=400 max-size-bytes=0 max-size-time=0 ! mux. \
             mpegtsmux name=mux alignment={alignment} ! {sink}"
        )
    }

    fn display(&self) -> String {
        "appsrc name=picture ! videoconvert ! autovideosink sync=false \
         appsrc name=sound ! audioconvert ! audioresample ! autoaudiosink sync=false"
            .to_owned()
    }
}

fn picture_caps(house: HouseFormat) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", house.width.cast_signed())
        .field("height", house.height.cast_signed())
        .field("framerate", gst::Fraction::new(house.rate.num().cast_signed(), house.rate.den().cast_signed()))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "bt709")
        .field("interlace-mode", "progressive")
        .build()
}

fn sound_caps(house: HouseFormat) -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", house.sample_rate_hz.cast_signed())
        .field("channels", HOUSE_SOUND_CHANNELS as i32)
        .build()
}
