//! The few tests that need real decoders: ffmpeg, GStreamer, and the rings around them.
#![cfg(feature = "av")]

mod barcode;
mod branding;
#[allow(dead_code, reason = "the benchmarks use more of it")]
mod heard;
mod heic;
mod live;
mod media;
mod orders;
mod outputs;
mod playout;
mod senders;
mod stage;
mod streams;
mod watch;
