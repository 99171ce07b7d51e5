//! Clips made here, with GStreamer: what offices send, for the demonstration and for trying a wall.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

/// How long making one clip may take.
const TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(120);

/// What one clip is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Across the picture, in large letters.
    pub title: &'static str,
    /// A pattern of `videotestsrc`.
    pub pattern: &'static str,
    /// Raster, pixels.
    pub size: (u32, u32),
    /// Frames a second, as a fraction.
    pub rate: (u32, u32),
    /// How many frames.
    pub frames: u32,
    /// A tone of that many hertz; no sound track at all if `None`.
    pub tone_hz: Option<u32>,
}

/// A card could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the clip {path} can't be made: {why}")]
pub struct CardError {
    path: String,
    why: String,
}

impl Card {
    /// Makes an MP4 file of it.
    ///
    /// # Errors
    /// [`CardError`] with what GStreamer said.
    pub fn make(&self, path: &Path) -> Result<(), CardError> {
        let Card { title, pattern, size: (width, height), rate: (num, den), frames, tone_hz } = *self;
        let letters = (height / 9).clamp(8, 64);
        let mut text = format!(
            "videotestsrc pattern={pattern} num-buffers={frames} \
             ! video/x-raw,format=I420,width={width},height={height},framerate={num}/{den} \
             ! textoverlay text=\"{title}\" valignment=center font-desc=\"Sans Bold {letters}px\" shaded-background=true \
             ! timeoverlay valignment=bottom font-desc=\"Sans {letters}px\" \
             ! x264enc speed-preset=ultrafast bitrate=3000 ! video/x-h264,profile=main ! h264parse ! queue ! mux. \
             mp4mux name=mux ! filesink name=file"
        );
        if let Some(hertz) = tone_hz {
            let samples = u64::from(frames) * 48_000 * u64::from(den) / u64::from(num);
            let blocks = samples.div_ceil(1024);
            text += &format!(
                " audiotestsrc freq={hertz} volume=0.3 num-buffers={blocks} samplesperbuffer=1024 \
                 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! queue ! mux."
            );
        }
        self.run(&text, path)
    }

    /// Makes a PNG picture of it, for an office that sends a poster.
    ///
    /// # Errors
    /// [`CardError`] with what GStreamer said.
    pub fn make_still(&self, path: &Path) -> Result<(), CardError> {
        let Card { title, pattern, size: (width, height), .. } = *self;
        let letters = (height / 9).clamp(8, 64);
        let text = format!(
            "videotestsrc pattern={pattern} num-buffers=1 ! video/x-raw,format=I420,width={width},height={height} \
             ! textoverlay text=\"{title}\" valignment=center font-desc=\"Sans Bold {letters}px\" shaded-background=true \
             ! videoconvert ! pngenc snapshot=true ! filesink name=file"
        );
        self.run(&text, path)
    }

    fn run(&self, text: &str, path: &Path) -> Result<(), CardError> {
        let failed = |why: String| CardError { path: path.display().to_string(), why };
        gst::init().map_err(|e| failed(e.to_string()))?;
        let pipeline = gst::parse::launch(text).map_err(|e| failed(e.to_string()))?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| failed("not a pipeline".into()))?;
        let file = pipeline.by_name("file").ok_or_else(|| failed("no file sink".into()))?;
        file.set_property("location", path.to_string_lossy().as_ref());
        let bus = pipeline.bus().ok_or_else(|| failed("no bus".into()))?;
        let started = pipeline.set_state(gst::State::Playing);
        let message = bus.timed_pop_filtered(TIMEOUT, &[gst::MessageType::Eos, gst::MessageType::Error]);
        let _ = pipeline.set_state(gst::State::Null);
        match message.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => started.map(|_| ()).map_err(|e| failed(e.to_string())),
            Some(gst::MessageView::Error(error)) => Err(failed(error.error().to_string())),
            _ => Err(failed(format!("not finished within {} s", TIMEOUT.seconds()))),
        }
    }
}
