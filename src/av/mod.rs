//! Floor 2: pictures and sound. The only place that knows GStreamer, ffmpeg and image files.

pub mod sandbox;
