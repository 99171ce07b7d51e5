//! The gate before and after the picture's decoder: nothing passes but what was decoded whole, from a key frame on.
//!
//! Damage is known in three ways. The demuxer and the queues mark the first buffer after lost or unreadable packets as
//! discontinuous. The parser marks buffers as corrupt. And the decoder complains: libav says at level "error" what it
//! could not decode and painted over, in the thread that decodes, before the picture comes out. Each closes the gate
//! until the next key frame; pictures that come out after it but belong before it are dropped, too.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;

thread_local! {
    /// Set in the thread that decodes the picture.
    static DECODES_PICTURES: Cell<bool> = const { Cell::new(false) };
    /// The decoder of this thread complained since the last key frame. Packets go in and pictures come out in it: the
    /// decoder has no threads of its own.
    static COMPLAINED: Cell<bool> = const { Cell::new(false) };
}

/// Has the decoders' complaints reach the gate, and nothing else: a broken stream would fill the log.
pub(super) fn listen_to_decoders() {
    gst::log::remove_default_log_function();
    // At this level gst-libav 1.22 itself complains of a missing reference at each picture; it skips it, and so do we.
    gst::glib::log_set_default_handler(|_, _, _| {});
    gst::log::set_active(true);
    gst::log::set_threshold_from_string("libav:DEBUG", true);
    gst::log::add_log_function(|category, level, _file, _function, _line, _object, message| {
        if category.name() != "libav" || !DECODES_PICTURES.get() {
            return;
        }
        // What it paints over, and that a picture is missing before this one, it mentions at lower levels.
        let mentions = || message.get().is_some_and(|m| m.contains("concealing") || m.contains("rame num gap"));
        if level == gst::DebugLevel::Error || mentions() {
            COMPLAINED.set(true);
        }
    });
}

/// Whether pictures may pass.
#[derive(Debug)]
pub(super) struct Gate {
    shut: AtomicBool,
    /// Pictures before this presentation time are of what was damaged.
    clean_from_ns: AtomicU64,
    /// Pictures dropped.
    dropped: AtomicU64,
}

impl Gate {
    /// A shut gate around a decoder: `before` is where its packets come out of the parser, `after` where pictures come
    /// out of the decoder.
    pub fn around(before: &gst::Pad, after: &gst::Pad) -> Arc<Gate> {
        let gate = Arc::new(Gate {
            shut: AtomicBool::new(true),
            clean_from_ns: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        let (packets, pictures) = (Arc::clone(&gate), Arc::clone(&gate));
        before.add_probe(gst::PadProbeType::BUFFER, move |_, info| match info.buffer() {
            Some(packet) if !packets.lets_in(packet.flags(), packet.pts()) => gst::PadProbeReturn::Drop,
            _ => gst::PadProbeReturn::Ok,
        });
        after.add_probe(gst::PadProbeType::BUFFER, move |_, info| match info.buffer() {
            Some(picture) if !pictures.lets_out(picture.flags(), picture.pts()) => gst::PadProbeReturn::Drop,
            _ => gst::PadProbeReturn::Ok,
        });
        gate
    }

    /// Waits for the next key frame.
    pub fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
    }

    fn lets_in(&self, flags: gst::BufferFlags, pts: Option<gst::ClockTime>) -> bool {
        DECODES_PICTURES.set(true);
        let damaged = flags.intersects(gst::BufferFlags::DISCONT | gst::BufferFlags::CORRUPTED);
        let shut = damaged || COMPLAINED.get() || self.shut.load(Ordering::SeqCst);
        if !shut {
            return true;
        }
        let is_key = !flags.intersects(gst::BufferFlags::DELTA_UNIT | gst::BufferFlags::CORRUPTED);
        if is_key && let Some(pts) = pts {
            self.clean_from_ns.store(pts.nseconds(), Ordering::SeqCst);
            COMPLAINED.set(false);
        }
        self.shut.store(!is_key, Ordering::SeqCst);
        is_key
    }

    fn lets_out(&self, flags: gst::BufferFlags, pts: Option<gst::ClockTime>) -> bool {
        let before = pts.is_none_or(|pts| pts.nseconds() < self.clean_from_ns.load(Ordering::SeqCst));
        let damaged = flags.contains(gst::BufferFlags::CORRUPTED) || COMPLAINED.get();
        if damaged {
            self.shut();
        }
        let passes = !before && !damaged && !self.shut.load(Ordering::SeqCst);
        self.dropped.fetch_add(u64::from(!passes), Ordering::Relaxed);
        passes
    }
}
