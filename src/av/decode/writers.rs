//! Where decoded pictures and sound go.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

use super::filler::Filler;
use super::picker::{self, Ticks};
use super::{Clip, DecodeError};
use crate::av::deck::{AGAIN, IN_SLOT, PLANES, STILL, header};
use crate::av::picture::{Raster, SAMPLE_BYTES};
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;

/// An error means that nobody reads any more.
pub(super) trait Writer: Send + 'static {
    fn write(&mut self, sample: &gst::Sample) -> io::Result<()>;
    fn end(&mut self);
}

/// Puts pictures into the memory that the player reads.
pub(super) struct PictureWriter {
    filler: Filler,
    clip: Clip,
    /// Where Cb and Cr begin, as the player was last told.
    told: Option<[u32; 2]>,
}

impl PictureWriter {
    pub fn new(filler: Filler, clip: Clip) -> PictureWriter {
        PictureWriter { filler, clip, told: None }
    }

    fn give(&mut self, buffer: &gst::BufferRef, info: &VideoInfo, ticks: Ticks) -> io::Result<()> {
        let HouseFormat { width, height, .. } = self.clip.house;
        let raster = Raster { width, height };
        let picture = VideoFrameRef::from_buffer_ref_readable(buffer, info).map_err(io::Error::other)?;
        let slot = match self.place_of(&picture, raster) {
            Some((slot, offsets)) => {
                if self.told.replace(offsets) != Some(offsets) {
                    let number = i64::from(offsets[0]) << 32 | i64::from(offsets[1]);
                    self.filler.socket().write_all(&header(number, PLANES))?;
                }
                drop(picture);
                self.filler.lend(slot, buffer.to_owned())?;
                slot
            }
            None => {
                let (slot, memory) = self.filler.empty()?;
                pack(&picture, raster, memory);
                slot
            }
        };
        let mut socket = self.filler.socket();
        let number = |n: u64| i64::try_from(ticks.first + n).unwrap_or(i64::MAX);
        socket.write_all(&header(number(0), IN_SLOT + u32::from(slot)))?;
        (1..ticks.count).try_for_each(|n| socket.write_all(&header(number(n), AGAIN)))
    }

    /// Where a picture lies that the player can read as it is.
    fn place_of(&self, picture: &VideoFrameRef<&gst::BufferRef>, raster: Raster) -> Option<(u8, [u32; 2])> {
        let strides = [raster.row_stride(), raster.chroma_stride(), raster.chroma_stride()];
        let as_read = picture.plane_stride().iter().zip(strides).all(|(has, reads)| usize::try_from(*has) == Ok(reads));
        let plane = |n| picture.plane_data(n).ok().map(<[u8]>::as_ptr);
        let planes = as_read.then(|| Some([plane(0)?, plane(1)?, plane(2)?])).flatten()?;
        self.filler.place_of(planes)
    }
}

impl Writer for PictureWriter {
    fn write(&mut self, sample: &gst::Sample) -> io::Result<()> {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(()) };
        let Some(ticks) = picker::ticks_of(buffer) else { return Ok(()) };
        let info = VideoInfo::from_caps(caps).map_err(io::Error::other)?;
        let given = self.give(buffer, &info, ticks);
        if given.is_err() {
            // The player closed this decoder, or died.
            let _ = self.clip.ended.send(());
        }
        given
    }
    fn end(&mut self) {
        let _ = self.filler.socket().write_all(&header(0, 0));
        let _ = self.clip.ended.send(());
    }
}

/// Copies the three planes as the player lays them out, without the decoder's margins.
fn pack(picture: &VideoFrameRef<&gst::BufferRef>, raster: Raster, memory: &mut [u8]) {
    let (rows, chroma_rows) = (raster.height as usize, raster.height as usize / 2);
    let planes =
        [(raster.row_stride(), rows), (raster.chroma_stride(), chroma_rows), (raster.chroma_stride(), chroma_rows)];
    let mut rest = memory;
    for (plane, (stride, rows)) in (0..).zip(planes) {
        let (to, after) = rest.split_at_mut(stride * rows);
        rest = after;
        let from_stride = usize::try_from(picture.plane_stride()[plane as usize]).unwrap_or(stride).max(1);
        let Ok(from) = picture.plane_data(plane) else { return };
        if from_stride == stride {
            let length = from.len().min(to.len());
            to[..length].copy_from_slice(&from[..length]);
            continue;
        }
        for (to, from) in to.chunks_exact_mut(stride).zip(from.chunks(from_stride)) {
            let length = from.len().min(stride);
            to[..length].copy_from_slice(&from[..length]);
        }
    }
}

/// Numbers in place of pictures, for as long as there is sound.
pub(super) struct Stills {
    filler: Filler,
    house: HouseFormat,
    next: Option<i64>,
}

impl Stills {
    pub fn new(filler: Filler, house: HouseFormat) -> Stills {
        Stills { filler, house, next: None }
    }

    /// There is sound from `first` up to `end`, in samples.
    fn cover(&mut self, first: i64, end: i64) -> io::Result<()> {
        let (rate, sample_rate_hz) = (self.house.rate, self.house.sample_rate_hz);
        let begin = || (0..).find(|n| rate.first_sample(Tick(n + 1), sample_rate_hz) > first);
        let mut next = self.next.or_else(begin).unwrap_or(0);
        while rate.first_sample(Tick(next), sample_rate_hz) < end {
            self.filler.socket().write_all(&header(next, STILL))?;
            next += 1;
        }
        self.next = Some(next);
        Ok(())
    }
    pub fn end(&mut self) {
        let _ = self.filler.socket().write_all(&header(0, 0));
    }
}

/// Writes sound to a pipe.
pub(super) struct SoundWriter {
    pub pipe: File,
    pub clip: Clip,
}

impl Writer for SoundWriter {
    fn write(&mut self, sample: &gst::Sample) -> io::Result<()> {
        let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        let time = segment.zip(sample.buffer()).and_then(|(segment, buffer)| segment.to_stream_time(buffer.pts()));
        let Some((time, buffer)) = time.zip(sample.buffer()) else { return Ok(()) };
        let bytes = buffer.map_readable().map_err(io::Error::other)?;
        let sample_rate_hz = self.clip.house.sample_rate_hz;
        let samples = |ns: u64| {
            let samples = (u128::from(ns) * u128::from(sample_rate_hz) + 500_000_000) / 1_000_000_000;
            i64::try_from(samples).unwrap_or(i64::MAX)
        };
        // What comes before the clip's beginning is an encoder's delay.
        let (first, early) = match self.clip.since_origin(time.nseconds()) {
            Ok(since) => (samples(since), 0),
            Err(before) => (0, usize::try_from(samples(before)).unwrap_or(usize::MAX)),
        };
        let bytes = bytes.get(early.saturating_mul(SAMPLE_BYTES)..).unwrap_or_default();
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

/// Joins a decoded stream over some elements to a writer.
pub(super) fn attach<W: Writer>(
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
            let mut writer = writer.lock().map_err(|_| gst::FlowError::Error)?;
            writer.write(&sample).map(|()| gst::FlowSuccess::Ok).map_err(|_| gst::FlowError::Eos)
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
