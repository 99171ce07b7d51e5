//! What a channel's pictures and sound are called in GStreamer.

use gstreamer as gst;

use super::picture::Raster;
use crate::domain::channel::{HOUSE_SOUND_CHANNELS, HouseFormat};

/// Pictures of this raster, at any rate.
pub(super) fn pictures(raster: Raster) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", raster.width.cast_signed())
        .field("height", raster.height.cast_signed())
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "bt709")
        .build()
}

/// The house's sound.
pub(super) fn sound(house: HouseFormat) -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", house.sample_rate_hz.cast_signed())
        .field("channels", HOUSE_SOUND_CHANNELS as i32)
        .build()
}
