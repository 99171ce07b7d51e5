//! The one full decode: ffmpeg writes every picture, the time of every picture, and the sound into three pipes; our
//! detectors read them.

mod heard;
mod looked;
mod stills;
mod times;

use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, KEEP_TIME, literally, reading_arguments};
use super::super::sandbox::{Limits, Sandbox};
use super::InspectLimits;
use super::probe::{ClaimedVideo, Claims};
use crate::domain::asset::Measured;
use crate::engine::acceptance::Policy;
use crate::engine::quality::Stretch;
use heard::Heard;
use looked::Looked;
use times::{TIME_BASE, Times};

/// What came out.
pub(super) struct Decoded {
    pub(super) picture: Option<Picture>,
    /// Samples per channel at [`measured_rate`].
    pub(super) samples: Option<u64>,
    pub(super) measured: Measured,
    pub(super) ended: Ended,
    pub(super) cancelled: bool,
    /// The picture changes its size on the way.
    pub(super) size_changes: bool,
    /// When the first picture is shown, ticks of 1/90000 s.
    pub(super) first_picture: i64,
}

/// Every decoded picture, counted and timed.
pub(super) struct Picture {
    pub(super) frames: u64,
    pub(super) duration_ms: u64,
    /// Whether pictures follow each other at one rate.
    pub(super) steady: bool,
}

/// Pictures larger than this are scaled down for the detectors: what they look for is not smaller than a pixel of it.
const DETECTED_RASTER: (u32, u32) = (1920, 1088);
/// Most pictures of a file: five minutes at 240 a second.
const MOST_FRAMES: u64 = 302 * 240;
/// Most stretches of one kind that are kept; beyond that a file flickers and a person has to look anyway.
const MOST_STRETCHES: usize = 1000;
/// The shortest stretches that are told of, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Of black.
    pub black_ms: u64,
    /// Of a standing picture.
    pub freeze_ms: u64,
    /// Of silence.
    pub silence_ms: u64,
}

impl Told {
    /// What a policy judges, and nothing shorter.
    pub fn by(policy: &Policy) -> Told {
        let black_ms = policy.black_inside_ms.min(policy.black_ends_ms).min(policy.black_refused_ms);
        let freeze_ms = policy.freeze_ms.min(policy.freeze_confirm_ms);
        Told { black_ms, freeze_ms, silence_ms: policy.silence_ms }
    }
}

impl Default for Told {
    fn default() -> Self {
        Told::by(&Policy::WALL)
    }
}

/// The rate at which sound is measured: its own, unless that is absurd.
pub(super) fn measured_rate(claimed_hz: u32) -> u32 {
    if (4_000..=192_000).contains(&claimed_hz) { claimed_hz } else { 48_000 }
}

/// Channels in which sound is measured: all of them, and two where there are more than any speakers are known for.
fn measured_channels(claimed: u32) -> u32 {
    const MOST_SPEAKERS: u32 = 8;
    if claimed > MOST_SPEAKERS { 2 } else { claimed.max(1) }
}

/// Decodes everything, up to the limits.
pub(super) fn decode(
    path: &Path,
    limits: InspectLimits,
    patience: Duration,
    ffmpeg: &Ffmpeg,
    claims: &Claims,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Decoded, FfmpegError> {
    let raster = claims.video.as_ref().map(detected_raster);
    let (times, offset_ms) = (Times::default(), claims.sound_offset_ms());
    let mut looked = claims.video.as_ref().map(|video| Looked::new(video, &times, limits));
    let mut heard = claims.audio.as_ref().map(|audio| Heard::new(audio, offset_ms, limits.thresholds, limits.told));
    let cancelled = AtomicBool::new(false);
    let reached = AtomicU64::new(0);
    let expected_ms = claims.duration_ms.unwrap_or(limits.media_ms).clamp(1, limits.media_ms);
    let mut sandbox = Sandbox::reading(path);
    sandbox.limits = Limits { cpu_seconds: 2 * patience.as_secs() + 10, ..Limits::DECODER };
    let arguments = arguments(path, limits, claims, raster);
    let ended = ffmpeg.run(Job {
        output: looked.as_mut().zip(raster).map(|(looked, raster)| -> super::super::ffmpeg::Reader<'_> {
            let (cancelled, reached) = (&cancelled, &reached);
            Box::new(move |from| {
                looked.read(from, raster, || {
                    let percent = (reached.load(Ordering::Relaxed) * 100 / expected_ms).min(100) as u8;
                    let go_on = progress(percent);
                    cancelled.store(!go_on, Ordering::Relaxed);
                    go_on
                })
            })
        }),
        second: heard
            .as_mut()
            .map(|heard| -> super::super::ffmpeg::Reader<'_> { Box::new(move |from| heard.read(from)) }),
        third: raster.map(|_| -> super::super::ffmpeg::Reader<'_> {
            let (times, reached) = (&times, &reached);
            Box::new(move |from| times.read(from, reached))
        }),
        ..Job::new("ffmpeg", sandbox, arguments, patience)
    })?;
    let mut measured = Measured { streams: claims.streams, ..Measured::default() };
    let picture = looked.map(|looked| looked.finish(&mut measured));
    let samples = heard.map(|heard| heard.finish(&mut measured));
    let (cancelled, size_changes) = (cancelled.load(Ordering::Relaxed), times.size_changes());
    let first_picture = times.first().unwrap_or(0);
    Ok(Decoded { picture, samples, measured, ended, cancelled, size_changes, first_picture })
}

/// When pictures are shown whose times were listed so, and when the last one ends, for `crate::fuzz`.
#[cfg(any(test, fuzzing))]
pub(super) fn times_of_any(listed: &[u8]) -> Vec<u64> {
    let times = Times::default();
    drop(times.read(&mut &*listed, &AtomicU64::new(0)));
    let mut clock = times::FrameClock::new(&times, 40.0);
    let frames = listed.iter().filter(|byte| **byte == b'\n').count() as u64 + 2;
    let begin: Vec<u64> = (0..frames).map(|_| clock.next()).collect();
    let lasting = clock.finish();
    begin.into_iter().chain([clock.at_ms(frames, &lasting)]).collect()
}

/// A second thread costs a tenth more processor time; small pictures are decoded many times faster than they play without.
fn decoder_threads(claims: &Claims) -> u32 {
    const SMALL: u64 = 1280 * 720;
    let pixels = claims.video.as_ref().map_or(0, |video| u64::from(video.width) * u64::from(video.height));
    if pixels <= SMALL { 1 } else { 2 }
}

fn detected_raster(video: &ClaimedVideo) -> (u32, u32) {
    let (width, height) = (video.width.max(2), video.height.max(2));
    let (most_wide, most_high) = if width >= height { DETECTED_RASTER } else { (DETECTED_RASTER.1, DETECTED_RASTER.0) };
    if width <= most_wide && height <= most_high {
        return (width, height);
    }
    let scale = f64::min(f64::from(most_wide) / f64::from(width), f64::from(most_high) / f64::from(height));
    let scaled = |length: u32| ((f64::from(length) * scale) as u32).max(2);
    (scaled(width), scaled(height))
}

fn arguments(path: &Path, limits: InspectLimits, claims: &Claims, raster: Option<(u32, u32)>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-nostdin".into()];
    arguments.extend(reading_arguments());
    let seconds = format!("{}", limits.media_ms / 1000);
    let threads = decoder_threads(claims).to_string();
    // Without a word ffmpeg gives each filter as many threads as there are processors, to wait for one another.
    arguments.extend(["-filter_complex_threads", "1", "-threads", &threads, "-noautorotate"].map(Into::into));
    arguments.extend(["-t", &seconds, "-i"].map(Into::into));
    arguments.push(literally(path));
    if let (Some(video), Some((width, height))) = (&claims.video, raster) {
        arguments.extend(["-filter_complex".into(), graph(video, (width, height)).into()]);
        // Times come first, so that no picture waits for its own.
        let base = format!("1:{TIME_BASE}");
        let times = ["-map", "[time]", "-c:v", "rawvideo", "-fps_mode", "passthrough", "-enc_time_base", &base];
        arguments.extend(times.map(Into::into));
        arguments.extend(["-f", "framecrc", "-flush_packets", "1", "pipe:3"].map(Into::into));
        let picture = ["-map", "[picture]", "-c:v", "rawvideo", "-fps_mode", "passthrough", "-f", "rawvideo"];
        arguments.extend(picture.map(Into::into));
        // Whole pictures go into the pipe, not 32 kB at a time.
        arguments.extend(["-avioflags", "direct", "pipe:1"].map(Into::into));
    }
    if let Some(audio) = &claims.audio {
        let (stream, channels) = (format!("0:{}", audio.index), measured_channels(audio.channels).to_string());
        let rate = measured_rate(audio.sample_rate_hz).to_string();
        // A hole is silence, as it will be in the house file, and what comes after it keeps its place.
        let filter = format!("aresample={rate}:{KEEP_TIME}");
        arguments.extend(["-map", &stream, "-af", &filter, "-c:a", "pcm_f32le"].map(Into::into));
        arguments.extend(["-ac", &channels, "-ar", &rate, "-f", "f32le", "pipe:0"].map(Into::into));
    }
    arguments
}

/// Pictures as they are coded, without a conversion where there need be none; a strip of each on the side, of which only
/// time and size are of use.
fn graph(video: &ClaimedVideo, (width, height): (u32, u32)) -> String {
    let (range, format) = if video.colour.full_range { ("full", "yuvj420p") } else { ("limited", "yuv420p") };
    let matrix = if video.rgb { ":out_color_matrix=bt709" } else { "" };
    format!(
        "[0:{}]split[whole][copy];[whole]scale={width}:{height}:flags=area:out_range={range}{matrix},format={format}\
         [picture];[copy]crop=iw:'min(ih,max(2,ih/64))':0:0[time]",
        video.index
    )
}

fn keep(stretches: &mut Vec<Stretch>, ended: Option<Stretch>) {
    if let Some(stretch) = ended.filter(|_| stretches.len() < MOST_STRETCHES) {
        stretches.push(stretch);
    }
}
