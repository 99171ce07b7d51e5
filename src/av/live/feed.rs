//! One feed: a pipeline from a source to pictures and samples in the house's form, which it offers to the line.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::Line;
use super::gate::Gate;
use super::source::{self, Received};
use crate::av::caps;
use crate::av::decode::DecodeError;
use crate::av::picture::Raster;

/// Packets that wait for a decoder: 1 s; a decoder that is slower than its source loses packets, not time.
const QUEUE_NS: u64 = 1_000_000_000;

/// A source that is being received.
pub(super) struct Feed {
    /// Taking it down could wait for a source that does not answer: see [`Feed::end`].
    pipeline: ManuallyDrop<gst::Pipeline>,
    entry: Arc<Entry>,
}

/// What the threads of a feed share.
struct Entry {
    /// Names the feed to the line.
    feed: u64,
    received_bytes: AtomicU64,
    gave: AtomicBool,
    line: Arc<Line>,
}

impl Feed {
    /// Begins to receive.
    ///
    /// # Errors
    /// [`DecodeError`]: the source can't be opened.
    pub fn open(received: Received, line: &Arc<Line>) -> Result<Feed, DecodeError> {
        let pipeline = ManuallyDrop::new(gst::Pipeline::new());
        let entry = Entry {
            feed: line.next_feed(),
            received_bytes: AtomicU64::new(0),
            gave: AtomicBool::new(false),
            line: Arc::clone(line),
        };
        let entry = Arc::new(entry);
        let feed = Feed { pipeline, entry };
        let begun = build(&feed.pipeline, received, &feed.entry)
            .and_then(|()| feed.pipeline.set_state(gst::State::Playing).map_err(|_| failure(&feed.pipeline)));
        match begun {
            Ok(_) => Ok(feed),
            Err(error) => {
                feed.end();
                Err(error)
            }
        }
    }

    /// Bytes that came so far; 0 for a source that does not count them.
    pub fn received_bytes(&self) -> u64 {
        self.entry.received_bytes.load(Ordering::Relaxed)
    }

    /// Whether it has given pictures since this was asked last.
    pub fn gives_pictures(&self) -> bool {
        self.entry.gave.swap(false, Ordering::Relaxed)
    }

    /// Waits at most `wait` for the source to end; then says why it did.
    pub fn ended(&self, wait: gst::ClockTime) -> Option<DecodeError> {
        let bus = self.pipeline.bus()?;
        let kinds = [gst::MessageType::Error, gst::MessageType::Eos];
        let message = bus.timed_pop_filtered(wait, &kinds)?;
        Some(match message.view() {
            gst::MessageView::Error(error) => DecodeError::Clip(error.error().to_string()),
            _ => DecodeError::Clip("the sender ended".into()),
        })
    }

    /// Takes the pipeline down; may take as long as the source wants.
    pub fn end(mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        // SAFETY: `self` goes away with this function, and nobody looks at the pipeline again.
        unsafe { ManuallyDrop::drop(&mut self.pipeline) };
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

fn build(pipeline: &gst::Pipeline, received: Received, entry: &Arc<Entry>) -> Result<(), DecodeError> {
    match received {
        Received::Raw(picture, sound) => {
            pipeline.add(&picture)?;
            attach_pictures(pipeline, &picture, entry)?;
            let Some(sound) = sound else { return Ok(()) };
            pipeline.add(&sound)?;
            attach_sound(pipeline, &sound, entry)
        }
        Received::Muxed(elements) => {
            let (Some(source), Some(demuxer)) = (elements.first(), elements.last()) else { return Ok(()) };
            source.static_pad("src").iter().for_each(|pad| count_bytes(pad, entry));
            pipeline.add_many(&elements)?;
            gst::Element::link_many(&elements)?;
            follow_pads(pipeline, demuxer, entry, false);
            Ok(())
        }
        Received::Apart(source) => {
            pipeline.add(&source)?;
            follow_pads(pipeline, &source, entry, true);
            Ok(())
        }
    }
}

fn count_bytes(pad: &gst::Pad, entry: &Arc<Entry>) {
    let entry = Arc::clone(entry);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let bytes = info.buffer().map_or(0, |buffer| buffer.size() as u64);
        entry.received_bytes.fetch_add(bytes, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
}

/// Decodes the first picture and the first sound stream that come.
fn follow_pads(pipeline: &gst::Pipeline, source: &gst::Element, entry: &Arc<Entry>, counting: bool) {
    let (weak, entry, taken) = (pipeline.downgrade(), Arc::clone(entry), Mutex::new([false; 2]));
    source.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Ok(mut taken)) = (weak.upgrade(), taken.lock()) else { return };
        if counting {
            count_bytes(pad, &entry);
        }
        if let Err(error) = decode(&pipeline, pad, &entry, &mut taken) {
            eprintln!("live: {error}");
        }
    });
}

fn decode(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    entry: &Arc<Entry>,
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
        attach_pictures(pipeline, decoder, entry)?;
    } else {
        attach_sound(pipeline, decoder, entry)?;
    }
    elements.iter().try_for_each(gst::Element::sync_state_with_parent)?;
    let first = elements[0].static_pad("sink").ok_or_else(|| DecodeError::Setup("a queue has a sink pad".into()))?;
    pad.link(&first).map(|_| ()).map_err(|e| DecodeError::Setup(e.to_string()))
}

fn attach_pictures(pipeline: &gst::Pipeline, from: &gst::Element, entry: &Arc<Entry>) -> Result<(), DecodeError> {
    let house = entry.line.house;
    let caps = caps::pictures(Raster { width: house.width, height: house.height });
    let progressive = gst::ElementFactory::make("deinterlace").property_from_str("fields", "top").build()?;
    let scale = gst::ElementFactory::make("videoconvertscale").property("add-borders", true).build()?;
    let size = Raster { width: house.width, height: house.height }.picture_bytes();
    let entry = Arc::clone(entry);
    attach(pipeline, from, &[progressive, scale], &caps, move |time_ns, buffer| {
        if let Ok(mapped) = buffer.into_mapped_buffer_readable()
            && mapped.len() == size
        {
            entry.gave.store(true, Ordering::Relaxed);
            entry.line.picture(entry.feed, time_ns, Arc::new(mapped));
        }
    })
}

fn attach_sound(pipeline: &gst::Pipeline, from: &gst::Element, entry: &Arc<Entry>) -> Result<(), DecodeError> {
    let caps = caps::sound(entry.line.house);
    let convert = gst::ElementFactory::make("audioconvert").build()?;
    let resample = gst::ElementFactory::make("audioresample").build()?;
    let entry = Arc::clone(entry);
    attach(pipeline, from, &[convert, resample], &caps, move |time_ns, buffer| {
        if let Ok(mapped) = buffer.map_readable() {
            let pairs = mapped.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            entry.line.sound(entry.feed, time_ns, &pairs.collect::<Vec<_>>());
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
