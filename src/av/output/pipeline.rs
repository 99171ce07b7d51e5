//! One output's GStreamer pipeline: raw frames in at one end, a stream or a display at the other.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSrc, AppStreamType};

use rustix::fs::{FlockOperation, flock};

use super::OutputAddress;
use super::child::Counts;
use super::ring::Copied;
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
    inside: Arc<Mutex<Inside>>,
    /// Held, with its lock, until the pipeline is down.
    _file: Option<File>,
}

#[derive(Debug)]
struct Parts {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    picture: AppSrc,
    sound: AppSrc,
}

/// Frames that went in and did not yet come out at the sink.
#[derive(Debug, Default)]
struct Inside {
    /// Their presentation times.
    pts: VecDeque<u64>,
    /// How much later the clock of what goes in is: a muxer begins at zero.
    offset: Option<i128>,
}

impl Inside {
    /// Something of this time reached the sink: how many frames that ends.
    fn reached(&mut self, time: u64) -> u64 {
        let Some(first) = self.pts.front() else { return 0 };
        let offset = *self.offset.get_or_insert(i128::from(*first) - i128::from(time));
        let before = self.pts.len();
        while self.pts.front().is_some_and(|pts| i128::from(*pts) <= i128::from(time) + offset) {
            self.pts.pop_front();
        }
        (before - self.pts.len()) as u64
    }
}

impl Encoder {
    /// Opens the pipeline; what its sink takes is counted.
    pub fn open(address: &OutputAddress, house: HouseFormat, counts: &Arc<Counts>) -> Result<Encoder, String> {
        gst::init().map_err(|e| e.to_string())?;
        let stream = Stream { house };
        let (text, file) = match address {
            OutputAddress::Null => return Err("nothing is to be done".into()),
            OutputAddress::Auto => (stream.display(), None),
            OutputAddress::File(path) => {
                let file = open_to_append(path)?;
                let sink = format!("fdsink name=sink fd={} sync=false", file.as_raw_fd());
                (stream.transport(&sink, 1), Some(file))
            }
            OutputAddress::Udp { .. } => (stream.transport("udpsink name=sink sync=false", 7), None),
        };
        let pipeline = gst::parse::launch(&text).map_err(|e| e.to_string())?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline".to_owned())?;
        let sink = pipeline.by_name("sink").ok_or("the pipeline has no sink")?;
        if let OutputAddress::Udp { host, port } = address {
            sink.set_property("host", host);
            sink.set_property("port", i32::from(*port));
        }
        let inside = Arc::new(Mutex::new(Inside::default()));
        count_at(&sink, Arc::clone(&inside), Arc::clone(counts))?;
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
        let encoder = Encoder { parts: Some(parts), inside, _file: file };
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

    pub fn push(&mut self, frame: Copied) -> Result<(), String> {
        let Some(parts) = &self.parts else { return Ok(()) };
        let Copied { pts_ns, duration_ns, picture, sound, .. } = frame;
        if let Ok(mut inside) = self.inside.lock() {
            inside.pts.push_back(pts_ns);
        }
        push(&parts.picture, picture, pts_ns, duration_ns)?;
        push(&parts.sound, sound, pts_ns, duration_ns)?;
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

    /// Lets the pipeline write its end; whether it did.
    pub fn finish(&mut self, timeout: Duration) -> bool {
        let Some(parts) = &self.parts else { return true };
        let until = Instant::now() + timeout;
        let _ = parts.picture.end_of_stream();
        let _ = parts.sound.end_of_stream();
        let wait = gst::ClockTime::try_from(timeout).ok();
        let ended = parts.bus.timed_pop_filtered(wait, &[gst::MessageType::Eos, gst::MessageType::Error]);
        let wrote = ended.is_some_and(|message| message.type_() == gst::MessageType::Eos);
        let down = self.release();
        wrote && down.is_some_and(|down| down.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok())
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
            counts.taken.fetch_add(inside.reached(reached.nseconds()), Ordering::Relaxed);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// How long the process that wrote the file before may take to finish it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);
/// Bytes of a packet of the transport stream (ISO/IEC 13818-1, clause 2.4.3.2).
const PACKET_BYTES: u64 = 188;

/// Opens a recording to write on, alone. What a killed process left of a packet is cut off, so that the next one begins
/// where packets begin.
fn open_to_append(path: &Path) -> Result<File, String> {
    let named = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(named)?;
    let facts = file.metadata().map_err(named)?;
    if !facts.is_file() {
        return Ok(file);
    }
    let until = Instant::now() + LOCK_TIMEOUT;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > until {
            return Err(format!("{}: another player writes it", path.display()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let bytes = file.metadata().map_err(named)?.len();
    file.set_len(bytes - bytes % PACKET_BYTES).map_err(named)?;
    Ok(file)
}

fn push(source: &AppSrc, bytes: Vec<u8>, pts: u64, duration: u64) -> Result<(), String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_counts_when_the_sink_has_something_of_its_time_whatever_the_muxer_calls_it() {
        let mut inside = Inside { pts: [5000, 5040, 5080].into(), offset: None };
        assert_eq!((inside.reached(0), inside.reached(30), inside.reached(40)), (1, 0, 1));
        inside.pts.extend([5120, 5160]);
        assert_eq!(inside.reached(160), 3);
    }

    #[test]
    fn what_a_killed_process_left_of_a_packet_is_cut_off_and_two_never_write_one_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("air.ts");
        std::fs::write(&path, vec![0x47; 2 * 188 + 77]).expect("written");
        let file = open_to_append(&path).expect("opened");
        assert_eq!(file.metadata().expect("facts").len(), 2 * 188);
        let other = File::open(&path).expect("opened");
        assert!(flock(&other, FlockOperation::NonBlockingLockExclusive).is_err());
    }
}
