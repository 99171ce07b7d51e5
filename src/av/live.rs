//! The child that receives a live source: shut in like a decoder of files but for the network, and only if the source
//! is there. It decodes what comes, lets through what is whole (`gate`), makes it even (`steady`) and writes one
//! numbered picture with its samples per tick of its own time, as `av::decode` does for a file.
//!
//! Waiting for a sender it lives on and says so each 0.2 s; when the source itself ends or fails, so does the child, and
//! the player opens another.
//!
//! Delay from a packet's arrival to the player: what the decoder needs (one picture), 40 ms of margin, and the tick; the
//! player adds its cushion of three pictures.

mod gate;
mod source;
mod steady;

use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::deck::{BEAT, header};
use super::decode::DecodeError;
use super::picture::{Raster, SAMPLE_BYTES};
use super::sandbox::Network;
use crate::domain::channel::{HOUSE_SOUND_CHANNELS, HouseFormat};
use crate::domain::time::Tick;
use gate::Gate;
use source::Received;
use steady::{Given, Steady};

/// Packets that wait for a decoder: 1 s; a decoder that is slower than its source loses packets, not time.
const QUEUE_NS: u64 = 1_000_000_000;
/// Bytes come, but for so long no picture: the stream is of another kind now, and is opened anew. Senders with a key
/// frame each ten seconds exist.
const FRUITLESS: Duration = Duration::from_secs(12);
/// A connection over which nothing comes for so long is given up, though its peer may be thought alive for longer: SRT
/// does for 5 s, in which a listener would take no other caller.
const DEAD_PEER: Duration = Duration::from_millis(800);
/// How often a child without a picture says that it lives, in ticks: 0.2 s at 25 a second.
const BEAT_TICKS: i64 = 5;

type Picture = Arc<gst::MappedBuffer<gst::buffer::Readable>>;

/// What the threads of the child share.
struct Line {
    started: Instant,
    steady: Mutex<Steady<Picture>>,
    received_bytes: AtomicU64,
    house: HouseFormat,
}

impl Line {
    fn now_ns(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }
}

/// What a source at this address needs of the network.
pub fn network_of(address: &str) -> Network {
    let port = |usual: u16| {
        let host = address.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
        Network::Connections(host.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(usual))
    };
    match address.split_once(':').map(|(scheme, _)| scheme) {
        Some("srt" | "udp") => Network::Datagrams,
        Some("rtmp") => port(1935),
        Some("rtsp") => port(554),
        _ => Network::None,
    }
}

/// Receives `address`, pictures to standard output and sound to standard input, until it ends or nobody reads any more.
///
/// # Errors
/// [`DecodeError`]: the source can't be opened. When it ends or fails later, the process ends.
pub fn run(address: &str, house: HouseFormat) -> Result<(), DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))?;
    gate::listen_to_decoders();
    let pipes = |e: io::Error| DecodeError::Setup(e.to_string());
    let pictures = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(pipes)?);
    let sound = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(pipes)?);
    let line = Arc::new(Line {
        started: Instant::now(),
        steady: Mutex::new(Steady::new(house.sample_rate_hz)),
        received_bytes: AtomicU64::new(0),
        house,
    });
    // The process ends with the source. Taking the pipeline down could wait for a source that does not answer.
    let pipeline = ManuallyDrop::new(gst::Pipeline::new());
    build(&pipeline, address, &line)?;
    let emitting = Arc::clone(&line);
    let emitter = std::thread::Builder::new().name("emitter".into());
    emitter.spawn(move || emit(&emitting, pictures, sound)).map_err(pipes)?;
    pipeline.set_state(gst::State::Playing).map_err(|_| failure(&pipeline))?;
    let ended = watch(&pipeline, &line, !address.starts_with("udp:") && !address.starts_with("test:"));
    if let Err(error) = &ended {
        eprintln!("live: {error}");
    }
    leave()
}

/// Ends the process at once. Its threads still run, and a library that is taken down under them corrupts its heap, or
/// waits for a peer that is gone while it keeps the port.
fn leave() -> ! {
    // SAFETY: ends the process without running anything.
    unsafe { libc::_exit(0) }
}

/// Returns when the source ends, with why.
fn watch(pipeline: &gst::Pipeline, line: &Line, connects: bool) -> Result<(), DecodeError> {
    let bus = pipeline.bus().ok_or_else(|| DecodeError::Setup("a pipeline has a bus".into()))?;
    let (mut fruitful, mut fed, mut bytes) = (Instant::now(), Instant::now(), 0);
    loop {
        let kinds = [gst::MessageType::Error, gst::MessageType::Eos];
        match bus.timed_pop_filtered(gst::ClockTime::from_mseconds(200), &kinds).as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Error(error)) => return Err(DecodeError::Clip(error.error().to_string())),
            Some(_) => return Err(DecodeError::Clip("the sender ended".into())),
            None => {}
        }
        let received = line.received_bytes.load(Ordering::Relaxed);
        let gives = line.steady.lock().is_ok_and(|steady| steady.heard_ns().is_some());
        if gives || received == bytes {
            fruitful = Instant::now();
        }
        if received != bytes {
            fed = Instant::now();
        }
        bytes = received;
        if connects && bytes > 0 && fed.elapsed() > DEAD_PEER {
            return Err(DecodeError::Clip("the sender fell silent".into()));
        }
        if fruitful.elapsed() > FRUITLESS {
            return Err(DecodeError::Clip("what comes holds no picture that can be decoded".into()));
        }
    }
}

fn failure(pipeline: &gst::Pipeline) -> DecodeError {
    let message = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    let said = message.and_then(|message| match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    });
    DecodeError::Clip(said.unwrap_or_else(|| "can't be opened".into()))
}

fn build(pipeline: &gst::Pipeline, address: &str, line: &Arc<Line>) -> Result<(), DecodeError> {
    match source::receive(address)? {
        Received::Raw(picture, sound) => {
            let rate = gst::Fraction::new(line.house.rate.num().cast_signed(), line.house.rate.den().cast_signed());
            let exact = gst::ElementFactory::make("capsfilter");
            let exact = exact.property("caps", gst::Caps::builder("video/x-raw").field("framerate", rate).build());
            let exact = exact.build()?;
            pipeline.add_many([&picture, &sound, &exact])?;
            picture.link(&exact)?;
            attach_pictures(pipeline, &exact, line)?;
            attach_sound(pipeline, &sound, line)
        }
        Received::Muxed(source, demuxer) => {
            count_bytes(&source, line);
            pipeline.add_many([&source, &demuxer])?;
            source.link(&demuxer)?;
            follow_pads(pipeline, &demuxer, line);
            Ok(())
        }
        Received::Apart(source) => {
            pipeline.add(&source)?;
            follow_pads(pipeline, &source, line);
            Ok(())
        }
    }
}

fn count_bytes(source: &gst::Element, line: &Arc<Line>) {
    let line = Arc::clone(line);
    if let Some(pad) = source.static_pad("src") {
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let bytes = info.buffer().map_or(0, |buffer| buffer.size() as u64);
            line.received_bytes.fetch_add(bytes, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }
}

/// Decodes the first picture and the first sound stream that come.
fn follow_pads(pipeline: &gst::Pipeline, source: &gst::Element, line: &Arc<Line>) {
    let (weak, line, taken) = (pipeline.downgrade(), Arc::clone(line), Mutex::new([false; 2]));
    source.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Ok(mut taken)) = (weak.upgrade(), taken.lock()) else { return };
        match decode(&pipeline, pad, &line, &mut taken) {
            Ok(()) => {}
            Err(error) => eprintln!("live: {error}"),
        }
    });
}

fn decode(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    line: &Arc<Line>,
    taken: &mut [bool; 2],
) -> Result<(), DecodeError> {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let Some(chain) = caps.structure(0).map(source::chain).transpose()?.flatten() else { return Ok(()) };
    if std::mem::replace(&mut taken[usize::from(chain.pictures)], true) {
        return Ok(());
    }
    let queue = gst::ElementFactory::make("queue")
        .property("max-size-time", QUEUE_NS)
        .property("max-size-buffers", 0u32)
        .property("max-size-bytes", 0u32)
        .property_from_str("leaky", "downstream")
        .build()?;
    let elements: Vec<gst::Element> = [queue].into_iter().chain(chain.elements).collect();
    pipeline.add_many(&elements)?;
    gst::Element::link_many(&elements)?;
    let decoder = elements.last().ok_or_else(|| DecodeError::Setup("a chain has a decoder".into()))?;
    if chain.pictures {
        let of = |name| decoder.static_pad(name).ok_or_else(|| DecodeError::Setup("a decoder has two pads".into()));
        Gate::around(&of("sink")?, &of("src")?);
        attach_pictures(pipeline, decoder, line)?;
    } else {
        attach_sound(pipeline, decoder, line)?;
    }
    elements.iter().try_for_each(gst::Element::sync_state_with_parent)?;
    let entry = elements[0].static_pad("sink").ok_or_else(|| DecodeError::Setup("a queue has a sink pad".into()))?;
    pad.link(&entry).map(|_| ()).map_err(|e| DecodeError::Setup(e.to_string()))
}

fn attach_pictures(pipeline: &gst::Pipeline, from: &gst::Element, line: &Arc<Line>) -> Result<(), DecodeError> {
    let house = line.house;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::try_from(house.width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(house.height).unwrap_or(i32::MAX))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "bt709")
        .build();
    let progressive = gst::ElementFactory::make("deinterlace").property_from_str("fields", "top").build()?;
    let scale = gst::ElementFactory::make("videoconvertscale").property("add-borders", true).build()?;
    let size = Raster { width: house.width, height: house.height }.picture_bytes();
    let line = Arc::clone(line);
    attach(pipeline, from, &[progressive, scale], &caps, move |time_ns, buffer| {
        let arrival = line.now_ns();
        if let Ok(mapped) = buffer.into_mapped_buffer_readable()
            && mapped.len() == size
            && let Ok(mut steady) = line.steady.lock()
        {
            steady.picture(arrival, time_ns, Arc::new(mapped));
        }
    })
}

fn attach_sound(pipeline: &gst::Pipeline, from: &gst::Element, line: &Arc<Line>) -> Result<(), DecodeError> {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", i32::try_from(line.house.sample_rate_hz).unwrap_or(i32::MAX))
        .field("channels", HOUSE_SOUND_CHANNELS as i32)
        .build();
    let convert = gst::ElementFactory::make("audioconvert").build()?;
    let resample = gst::ElementFactory::make("audioresample").build()?;
    let line = Arc::clone(line);
    attach(pipeline, from, &[convert, resample], &caps, move |time_ns, buffer| {
        let arrival = line.now_ns();
        if let Ok(mapped) = buffer.map_readable()
            && let Ok(mut steady) = line.steady.lock()
        {
            let pairs = mapped.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            steady.sound(arrival, time_ns, &pairs.collect::<Vec<_>>());
        }
    })
}

fn attach(
    pipeline: &gst::Pipeline,
    from: &gst::Element,
    elements: &[gst::Element],
    caps: &gst::Caps,
    take: impl Fn(i64, gst::Buffer) + Send + 'static,
) -> Result<(), DecodeError> {
    let sink = AppSink::builder().caps(caps).sync(false).max_buffers(8).drop(true).build();
    let chain: Vec<gst::Element> = elements.iter().cloned().chain([sink.clone().upcast()]).collect();
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    let callbacks = AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let time = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()).zip(sample.buffer());
        let time = time.and_then(|(segment, buffer)| segment.to_running_time(buffer.pts()));
        if let (Some(time), Some(buffer)) = (time, sample.buffer_owned())
            && let Ok(time_ns) = i64::try_from(time.nseconds())
        {
            take(time_ns, buffer);
        }
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
    from.link(&chain[0])?;
    chain.iter().try_for_each(gst::Element::sync_state_with_parent).map_err(Into::into)
}

/// Writes a picture and its samples at each tick, or now and then that there is none.
fn emit(line: &Line, mut pictures: File, mut sound: File) -> ! {
    let (rate, hz) = (line.house.rate, line.house.sample_rate_hz);
    let start_ns = |tick: i64| i128::from(tick) * i128::from(rate.den()) * 1_000_000_000 / i128::from(rate.num());
    let at = |tick: i64| i64::try_from(start_ns(tick)).unwrap_or(i64::MAX);
    let mut tick = 0;
    loop {
        let wait = at(tick) - line.now_ns();
        std::thread::sleep(Duration::from_nanos(u64::try_from(wait).unwrap_or(0)));
        // Whoever was away for long does not make up for it: live is now.
        while at(tick + 2) < line.now_ns() {
            tick += 1;
        }
        let samples = rate.samples_in(Tick(tick), hz);
        let given = line.steady.lock().map(|mut steady| steady.tick(at(tick), at(tick + 1) - at(tick), samples));
        let written = match given {
            Ok(Given::Frame(picture, samples)) => {
                let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                let first = rate.first_sample(Tick(tick), hz);
                debug_assert!(bytes.len().is_multiple_of(SAMPLE_BYTES));
                sound
                    .write_all(&header(first, bytes.len() as u32))
                    .and_then(|()| sound.write_all(&bytes))
                    .and_then(|()| pictures.write_all(&header(tick, picture.len() as u32)))
                    .and_then(|()| pictures.write_all(&picture))
            }
            Ok(Given::Nothing) if tick % BEAT_TICKS == 0 => pictures.write_all(&header(tick, BEAT)),
            Ok(Given::Nothing) => Ok(()),
            Err(_) => Err(io::ErrorKind::Other.into()),
        };
        if written.is_err() {
            // Nobody reads any more.
            leave();
        }
        tick += 1;
    }
}
