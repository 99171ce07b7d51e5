//! The one full decode: ffmpeg writes the luma of every picture, the time of every picture, and the sound into three
//! pipes; our detectors read them.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ebur128::{EbuR128, Mode};

use super::super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, literally, reading_arguments};
use super::super::sandbox::{Limits, Sandbox};
use super::InspectLimits;
use super::probe::{ClaimedAudio, ClaimedVideo, Claims};
use crate::domain::asset::{Measured, MsSpan};
use crate::engine::quality::{BlackDetector, FreezeDetector, Luma, SilenceDetector, Stretch, Thresholds};

/// What came out.
pub(super) struct Decoded {
    pub(super) picture: Option<Picture>,
    /// Samples per channel at [`measured_rate`].
    pub(super) samples: Option<u64>,
    pub(super) measured: Measured,
    pub(super) ended: Ended,
    pub(super) cancelled: bool,
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
/// Shortest stretches worth telling, milliseconds: the shortest that the house's policy warns of.
const BLACK_MS: u64 = 500;
const FREEZE_MS: u64 = 2000;
const SILENCE_MS: u64 = 2000;
/// Ticks per second in which picture times are asked for (the clock of MPEG systems).
const TIME_BASE: i64 = 90_000;

/// The rate at which sound is measured: its own, unless that is absurd.
pub(super) fn measured_rate(claimed_hz: u32) -> u32 {
    if (4_000..=192_000).contains(&claimed_hz) { claimed_hz } else { 48_000 }
}

/// Channels in which sound is measured: as it is up to two; more are mixed down, as they will be on the air.
fn measured_channels(claimed: u32) -> u32 {
    claimed.clamp(1, 2)
}

/// Decodes everything, up to the limits.
pub(super) fn decode(
    path: &Path,
    limits: InspectLimits,
    patience: Duration,
    ffmpeg: &Ffmpeg,
    claims: &Claims,
    thresholds: Thresholds,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Decoded, FfmpegError> {
    let raster = claims.video.as_ref().map(detected_raster);
    let (mut looked, mut times) = (Looked::new(thresholds), Times::default());
    let mut heard = claims.audio.as_ref().map(|audio| Heard::new(audio, thresholds));
    let cancelled = AtomicBool::new(false);
    let reached = AtomicU64::new(0);
    let expected_ms = claims.duration_ms.unwrap_or(limits.media_ms).clamp(1, limits.media_ms);
    let mut sandbox = Sandbox::reading(path);
    sandbox.limits = Limits { cpu_seconds: 2 * patience.as_secs() + 10, ..Limits::DECODER };
    let ended = ffmpeg.run(Job {
        program: "ffmpeg",
        sandbox,
        arguments: arguments(path, limits, claims, raster),
        patience,
        output: raster.map(|raster| -> super::super::ffmpeg::Reader<'_> {
            let (looked, cancelled, reached) = (&mut looked, &cancelled, &reached);
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
            let (times, reached) = (&mut times, &reached);
            Box::new(move |from| times.read(from, reached))
        }),
    })?;
    let mut measured = Measured::default();
    let picture = claims.video.as_ref().map(|video| looked.finish(&times, video, &mut measured));
    let samples = heard.map(|heard| heard.finish(&mut measured));
    Ok(Decoded { picture, samples, measured, ended, cancelled: cancelled.load(Ordering::Relaxed) })
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
    arguments.extend(["-threads", "2", "-noautorotate", "-t", &seconds, "-i"].map(Into::into));
    arguments.push(literally(path));
    if let (Some(video), Some((width, height))) = (&claims.video, raster) {
        // The luma plane as it is coded, without a conversion where there need be none; its times on the side.
        let graph = format!(
            "[0:{}]scale={width}:{height}:flags=area,format=yuv420p|yuv422p|yuv444p|yuv440p|yuv411p|yuv410p,\
             extractplanes=y,split[luma][copy];[copy]crop=2:2:0:0[time]",
            video.index
        );
        arguments.extend(["-filter_complex", &graph].map(Into::into));
        let luma = ["-map", "[luma]", "-c:v", "rawvideo", "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"];
        arguments.extend(luma.map(Into::into));
        let base = format!("1:{TIME_BASE}");
        let times = ["-map", "[time]", "-c:v", "rawvideo", "-fps_mode", "passthrough", "-enc_time_base", &base];
        arguments.extend(times.map(Into::into));
        arguments.extend(["-f", "framecrc", "-flush_packets", "1", "pipe:3"].map(Into::into));
    }
    if let Some(audio) = &claims.audio {
        let (stream, channels) = (format!("0:{}", audio.index), measured_channels(audio.channels).to_string());
        let rate = measured_rate(audio.sample_rate_hz).to_string();
        arguments.extend(["-map", &stream, "-c:a", "pcm_f32le", "-ac", &channels, "-ar", &rate].map(Into::into));
        arguments.extend(["-f", "f32le", "pipe:0"].map(Into::into));
    }
    arguments
}

/// What the detectors saw, in numbers of pictures.
struct Looked {
    frames: u64,
    black: BlackDetector,
    freeze: FreezeDetector,
    black_stretches: Vec<Stretch>,
    freeze_stretches: Vec<Stretch>,
}

impl Looked {
    fn new(thresholds: Thresholds) -> Looked {
        Looked {
            frames: 0,
            black: BlackDetector::new(thresholds),
            freeze: FreezeDetector::new(thresholds),
            black_stretches: Vec::new(),
            freeze_stretches: Vec::new(),
        }
    }

    fn read(
        &mut self,
        from: &mut dyn Read,
        (width, height): (u32, u32),
        mut go_on: impl FnMut() -> bool,
    ) -> io::Result<bool> {
        const ASK_EVERY: u64 = 16;
        let mut pixels = vec![0; width as usize * height as usize];
        while read_full(from, &mut pixels)? {
            let picture = Luma { pixels: &pixels };
            keep(&mut self.black_stretches, self.black.push(self.frames, picture));
            keep(&mut self.freeze_stretches, self.freeze.push(self.frames, picture));
            self.frames += 1;
            if self.frames > MOST_FRAMES || (self.frames.is_multiple_of(ASK_EVERY) && !go_on()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(mut self, times: &Times, video: &ClaimedVideo, measured: &mut Measured) -> Picture {
        keep(&mut self.black_stretches, self.black.since().map(|since| (since, self.frames)));
        keep(&mut self.freeze_stretches, self.freeze.since().map(|since| (since, self.frames)));
        let nominal_ms = video.rate.map_or(40.0, |rate| 1000.0 * f64::from(rate.den()) / f64::from(rate.num()));
        let clock = times.clock(self.frames, nominal_ms);
        let spans = |stretches: &[Stretch], shortest_ms: u64| -> Vec<MsSpan> {
            let span = |(start, end): &Stretch| MsSpan { start_ms: clock.at_ms(*start), end_ms: clock.at_ms(*end) };
            let whole = |(start, end): &Stretch| *start == 0 && *end == self.frames;
            let worth = |stretch: &&Stretch| span(stretch).length_ms() >= shortest_ms || whole(stretch);
            stretches.iter().filter(worth).map(span).collect()
        };
        measured.black = spans(&self.black_stretches, BLACK_MS);
        measured.freeze = spans(&self.freeze_stretches, FREEZE_MS);
        Picture { frames: self.frames, duration_ms: clock.at_ms(self.frames), steady: clock.steady }
    }
}

fn keep(stretches: &mut Vec<Stretch>, ended: Option<Stretch>) {
    if let Some(stretch) = ended.filter(|_| stretches.len() < MOST_STRETCHES) {
        stretches.push(stretch);
    }
}

fn read_full(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// When each picture is shown, as ffmpeg's `framecrc` lists it.
#[derive(Default)]
struct Times {
    starts: Vec<i64>,
    last_length: i64,
}

/// Times of pictures by their number.
struct FrameClock {
    starts_ms: Vec<f64>,
    end_ms: f64,
    steady: bool,
}

impl FrameClock {
    /// When picture `number` begins; one past the last is when the last one ends.
    fn at_ms(&self, number: u64) -> u64 {
        let at = usize::try_from(number).ok().and_then(|n| self.starts_ms.get(n)).unwrap_or(&self.end_ms);
        at.round() as u64
    }
}

impl Times {
    fn read(&mut self, from: &mut dyn Read, reached_ms: &AtomicU64) -> io::Result<bool> {
        for line in BufReader::new(from).lines() {
            let line = line?;
            let mut fields = line.split(',').map(str::trim);
            let (Some("0"), Some(_), Some(start), Some(length)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue; // a heading
            };
            let (Ok(start), Ok(length)) = (start.parse(), length.parse()) else { continue };
            self.starts.push(start);
            self.last_length = length;
            let since_first = start - self.starts.first().copied().unwrap_or(start);
            reached_ms.store(u64::try_from(since_first * 1000 / TIME_BASE).unwrap_or(0), Ordering::Relaxed);
            if self.starts.len() as u64 > MOST_FRAMES {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Times that only go forward, from zero, for so many pictures.
    fn clock(&self, frames: u64, nominal_ms: f64) -> FrameClock {
        let to_ms = |ticks: i64| ticks as f64 * 1000.0 / TIME_BASE as f64;
        let first = self.starts.first().copied().unwrap_or(0);
        let mut starts_ms = Vec::with_capacity(self.starts.len());
        let mut latest = 0.0_f64;
        for number in 0..frames as usize {
            latest = match self.starts.get(number) {
                Some(start) => latest.max(to_ms(start - first)),
                None => latest + nominal_ms,
            };
            starts_ms.push(latest);
        }
        let steps: Vec<f64> = starts_ms.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let shortest = steps.iter().copied().fold(f64::INFINITY, f64::min);
        let longest = steps.iter().copied().fold(0.0, f64::max);
        /// Containers round times to a millisecond.
        const ROUNDING_MS: f64 = 2.0;
        let steady = steps.is_empty() || longest - shortest <= ROUNDING_MS;
        let claimed_length = to_ms(self.last_length);
        // The last picture lasts as long as it says, if that is no longer than any other; else as an ordinary one.
        let usual = if steps.is_empty() { nominal_ms } else { latest / steps.len() as f64 };
        let length = if claimed_length > 0.0 && claimed_length <= longest.max(usual) { claimed_length } else { usual };
        let end_ms = if starts_ms.is_empty() { 0.0 } else { latest + length };
        FrameClock { starts_ms, end_ms, steady }
    }
}

/// What the sound was like.
struct Heard {
    rate: u32,
    channels: usize,
    meter: Option<EbuR128>,
    silence: SilenceDetector,
    stretches: Vec<Stretch>,
}

impl Heard {
    fn new(audio: &ClaimedAudio, thresholds: Thresholds) -> Heard {
        let (rate, channels) = (measured_rate(audio.sample_rate_hz), measured_channels(audio.channels));
        Heard {
            rate,
            channels: channels as usize,
            meter: EbuR128::new(channels, rate, Mode::I | Mode::LRA | Mode::TRUE_PEAK).ok(),
            silence: SilenceDetector::new(thresholds, channels as usize),
            stretches: Vec::new(),
        }
    }

    fn read(&mut self, from: &mut dyn Read) -> io::Result<bool> {
        let frame = 4 * self.channels;
        let (mut bytes, mut held) = (vec![0; frame * 8192], 0);
        let mut samples = Vec::with_capacity(self.channels * 8192);
        loop {
            let read = from.read(&mut bytes[held..])?;
            if read == 0 {
                return Ok(true);
            }
            held += read;
            let whole = held - held % frame;
            samples.clear();
            samples.extend(bytes[..whole].chunks_exact(4).map(|b| sane(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))));
            self.take(&samples);
            bytes.copy_within(whole..held, 0);
            held -= whole;
        }
    }

    fn take(&mut self, samples: &[f32]) {
        let shortest = u64::from(self.rate) * SILENCE_MS / 1000;
        let stretches = &mut self.stretches;
        self.silence.push(samples, |(start, end)| {
            keep(stretches, (start == 0 || end - start >= shortest).then_some((start, end)));
        });
        if let Some(meter) = &mut self.meter
            && meter.add_frames_f32(samples).is_err()
        {
            self.meter = None;
        }
    }

    /// Fills in what was measured; returns samples per channel.
    fn finish(mut self, measured: &mut Measured) -> u64 {
        let samples = self.silence.samples();
        keep(&mut self.stretches, self.silence.since().map(|since| (since, samples)));
        let to_ms = |sample: u64| sample * 1000 / u64::from(self.rate);
        let whole = |start: u64, end: u64| start == 0 && end == samples && samples > 0;
        let spans = self.stretches.iter().map(|(start, end)| (*start, *end));
        measured.silence = spans
            .filter(|(start, end)| whole(*start, *end) || to_ms(end - start) >= SILENCE_MS)
            .map(|(start, end)| MsSpan { start_ms: to_ms(start), end_ms: to_ms(end) })
            .collect();
        let Some(meter) = self.meter else { return samples };
        let finite = |value: Result<f64, ebur128::Error>| value.ok().filter(|value| value.is_finite());
        measured.integrated_lufs = finite(meter.loudness_global());
        measured.loudness_range_lu = measured.integrated_lufs.and_then(|_| finite(meter.loudness_range()));
        let peaks = (0..self.channels as u32).filter_map(|channel| finite(meter.true_peak(channel)));
        let highest = peaks.fold(0.0, f64::max);
        measured.true_peak_dbtp = (highest > 0.0).then(|| 20.0 * highest.log10());
        samples
    }
}

/// Damaged sound decodes to anything; what is not a number is silence, and nothing is louder than +40 dB.
fn sane(sample: f32) -> f32 {
    const LOUDEST: f32 = 100.0;
    if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(starts: &[i64], last_length: i64) -> Times {
        Times { starts: starts.to_vec(), last_length }
    }

    #[test]
    fn a_clip_lasts_as_long_as_its_pictures_whatever_the_first_time_is() {
        let clock = times(&[900_000, 903_600, 907_200], 3600).clock(3, 40.0);
        assert_eq!((clock.at_ms(0), clock.at_ms(2), clock.at_ms(3), clock.steady), (0, 80, 120, true));
    }

    #[test]
    fn times_that_jump_back_or_are_missing_still_go_forward() {
        let clock = times(&[0, 9000, 1800], i64::MAX / 2).clock(5, 40.0);
        let shown: Vec<u64> = (0..=5).map(|n| clock.at_ms(n)).collect();
        assert!(shown.windows(2).all(|pair| pair[0] <= pair[1]), "{shown:?}");
        assert!(!clock.steady && shown[5] < 1000, "{shown:?}");
    }

    fn tone(seconds: f64, dbfs: f64, frequency: f64, phase: f64) -> Vec<f32> {
        let amplitude = 10_f64.powf(dbfs / 20.0);
        let samples = (seconds * 48_000.0) as usize;
        let at = |n: usize| std::f64::consts::TAU * frequency * n as f64 / 48_000.0 + phase;
        (0..samples).flat_map(|n| [(amplitude * at(n).sin()) as f32; 2]).collect()
    }

    fn measure(parts: &[(f64, f64)]) -> Measured {
        let mut heard = Heard::new(
            &ClaimedAudio { index: 0, codec: "pcm".into(), sample_rate_hz: 48_000, channels: 2 },
            Thresholds::default(),
        );
        for (seconds, dbfs) in parts {
            heard.take(&tone(*seconds, *dbfs, 1000.0, 0.0));
        }
        let mut measured = Measured::default();
        heard.finish(&mut measured);
        measured
    }

    #[test]
    fn the_loudness_signals_of_ebu_tech_3341_measure_what_the_ebu_says() {
        let cases: [(&[(f64, f64)], f64); 5] = [
            (&[(20.0, -23.0)], -23.0),
            (&[(20.0, -33.0)], -33.0),
            (&[(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)], -23.0),
            (&[(10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)], -23.0),
            (&[(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)], -23.0),
        ];
        for (parts, expected) in cases {
            let found = measure(parts).integrated_lufs.expect("sound");
            assert!((found - expected).abs() <= 0.1, "{parts:?}: {found}");
        }
    }

    #[test]
    fn the_range_signals_of_ebu_tech_3342_and_a_peak_between_samples_are_found() {
        for (parts, expected) in [([-20.0, -30.0], 10.0), ([-20.0, -15.0], 5.0), ([-40.0, -20.0], 20.0)] {
            let range = measure(&parts.map(|dbfs| (20.0, dbfs))).loudness_range_lu.expect("sound");
            assert!((range - expected).abs() <= 1.0, "{parts:?}: {range}");
        }
        let audio = ClaimedAudio { index: 0, codec: "pcm".into(), sample_rate_hz: 48_000, channels: 2 };
        let (mut heard, mut measured) = (Heard::new(&audio, Thresholds::default()), Measured::default());
        heard.take(&tone(1.0, 20.0 * 0.5_f64.log10(), 12_000.0, std::f64::consts::FRAC_PI_4));
        heard.finish(&mut measured);
        let peak = measured.true_peak_dbtp.expect("sound");
        assert!((-6.4..=-5.8).contains(&peak), "{peak}");
    }
}
