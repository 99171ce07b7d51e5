//! Floor 2: pictures and sound. The only place that knows GStreamer, ffmpeg and image files.

#[cfg(feature = "av")]
pub mod air;
pub mod branding;
#[cfg(feature = "av")]
mod caps;
pub mod card;
pub mod conform;
pub mod deck;
#[cfg(feature = "av")]
pub mod decode;
pub mod ffmpeg;
pub(crate) mod heic;
pub mod inspect;
#[cfg(feature = "av")]
pub mod live;
#[cfg(feature = "av")]
pub mod output;
pub mod picture;
pub mod probe;
#[cfg(any(feature = "av", test, fuzzing))]
pub(crate) mod quicktime;
pub mod recording;
pub mod sandbox;
pub mod seam;
pub mod slate;
#[cfg(feature = "av")]
pub mod testcard;
