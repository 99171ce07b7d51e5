//! What the sound is like: levels, loudness, silence, and what is wrong with it.

use std::io::{self, Read};

use ebur128::{Channel, EbuR128, Mode};

use super::super::probe::ClaimedAudio;
use super::{Told, keep, measured_channels, measured_rate};
use crate::domain::asset::{Measured, MsSpan};
use crate::engine::quality::{SilenceDetector, Stretch, Thresholds};
use crate::engine::sound::{SoundFaults, loudness_range};

/// Values of loudness per second: the overlap of 3 s windows that EBU Tech 3342 asks for, and more.
const VALUES_PER_SECOND: u32 = 10;
/// Shortest stretch in which channels cancel each other that is worth telling, milliseconds.
const CANCELLING_MS: u64 = 2000;
/// The quietest that the curve shows, LUFS; also silence.
const CURVE_FLOOR: f64 = -60.0;
/// Milliseconds between two values of loudness.
const VALUE_MS: u32 = 1000 / VALUES_PER_SECOND;

/// What the sound was like.
pub(super) struct Heard {
    rate: u32,
    channels: usize,
    /// How much later than the picture the sound begins, milliseconds; negative: earlier.
    offset_ms: i64,
    told: Told,
    meter: Option<EbuR128>,
    /// Samples until the next value of loudness.
    until_value: usize,
    /// Samples taken by the meter.
    metered: u64,
    short_term: Vec<f64>,
    momentary: Vec<i16>,
    silence: SilenceDetector,
    faults: SoundFaults,
    silent: Vec<Stretch>,
    cancelling: Vec<Stretch>,
}

impl Heard {
    pub(super) fn new(audio: &ClaimedAudio, offset_ms: i64, thresholds: Thresholds, told: Told) -> Heard {
        let (rate, channels) = (measured_rate(audio.sample_rate_hz), measured_channels(audio.channels));
        let mode = Mode::I | Mode::S | Mode::M | Mode::TRUE_PEAK;
        Heard {
            rate,
            channels: channels as usize,
            offset_ms,
            told,
            meter: EbuR128::new(channels, rate, mode).ok().map(with_speakers),
            until_value: (rate / VALUES_PER_SECOND) as usize,
            metered: 0,
            short_term: Vec::new(),
            momentary: Vec::new(),
            silence: SilenceDetector::new(thresholds, channels as usize),
            faults: SoundFaults::new(thresholds.sound, rate, channels as usize),
            silent: Vec::new(),
            cancelling: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, from: &mut dyn Read) -> io::Result<bool> {
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
        let (rate, told) = (u64::from(self.rate), self.told);
        let long = |(start, end): &Stretch, ms: u64| (end - start) * 1000 >= ms * rate;
        let (silent, cancelling) = (&mut self.silent, &mut self.cancelling);
        self.silence.push(samples, |stretch| {
            keep(silent, Some(stretch).filter(|s| s.0 == 0 || long(s, told.silence_ms)));
        });
        self.faults.push(samples, |stretch| keep(cancelling, Some(stretch).filter(|s| long(s, CANCELLING_MS))));
        let mut rest = samples;
        while !rest.is_empty() && self.meter.is_some() {
            let now = rest.len().min(self.until_value * self.channels);
            let (part, later) = rest.split_at(now);
            self.meter_part(part);
            rest = later;
        }
    }

    /// Takes no more samples than are missing to the next value of loudness.
    fn meter_part(&mut self, part: &[f32]) {
        let Some(meter) = &mut self.meter else { return };
        if meter.add_frames_f32(part).is_err() {
            self.meter = None;
            return;
        }
        let samples = part.len() / self.channels;
        self.metered += samples as u64;
        self.until_value -= samples;
        if self.until_value > 0 {
            return;
        }
        self.until_value = (self.rate / VALUES_PER_SECOND) as usize;
        let momentary = meter.loudness_momentary().ok().filter(|lufs| lufs.is_finite()).unwrap_or(CURVE_FLOOR);
        self.momentary.push((momentary.clamp(CURVE_FLOOR, 0.0) * 10.0).round() as i16);
        /// A window that is not yet full is no short-term loudness (EBU Tech 3341).
        const WINDOW_S: u64 = 3;
        if self.metered >= WINDOW_S * u64::from(self.rate)
            && let Ok(lufs) = meter.loudness_shortterm()
        {
            self.short_term.push(lufs);
        }
    }

    /// Fills in what was measured; returns samples per channel, at [`measured_rate`].
    pub(super) fn finish(mut self, measured: &mut Measured) -> u64 {
        let samples = self.silence.samples();
        let faults = self.faults.finish();
        keep(&mut self.silent, self.silence.since().map(|since| (since, samples)));
        keep(&mut self.cancelling, faults.cancelling_since.map(|since| (since, samples)));
        let to_ms = |sample: u64| {
            let ms = i64::try_from(sample * 1000 / u64::from(self.rate)).unwrap_or(i64::MAX);
            u64::try_from(ms.saturating_add(self.offset_ms)).unwrap_or(0)
        };
        let spans = |stretches: &[Stretch], shortest_ms: u64| -> Vec<MsSpan> {
            let whole = |stretch: &Stretch| *stretch == (0, samples) && samples > 0;
            let long = |(start, end): &Stretch| (end - start) * 1000 >= shortest_ms * u64::from(self.rate);
            let worth = stretches.iter().filter(|stretch| whole(stretch) || long(stretch));
            worth.map(|(start, end)| MsSpan { start_ms: to_ms(*start), end_ms: to_ms(*end) }).collect()
        };
        measured.silence = spans(&self.silent, self.told.silence_ms);
        measured.cancelling = spans(&self.cancelling, CANCELLING_MS);
        measured.dead_channel = faults.dead_channel;
        (measured.clipped_runs, measured.first_clipped_ms) = (faults.clipped_runs, faults.first_clipped.map(to_ms));
        if let Some(meter) = &self.meter {
            loudness(meter, self.channels, &self.short_term, measured);
            (measured.curve.step_ms, measured.curve.tenths) = thinned(&self.momentary);
            measured.curve.start_ms = to_ms(0);
        }
        samples
    }
}

fn loudness(meter: &EbuR128, channels: usize, short_term: &[f64], measured: &mut Measured) {
    let finite = |value: Result<f64, ebur128::Error>| value.ok().filter(|value| value.is_finite());
    measured.integrated_lufs = finite(meter.loudness_global());
    measured.loudness_range_lu = measured.integrated_lufs.map(|_| loudness_range(short_term).unwrap_or(0.0));
    let loudest = short_term.iter().copied().filter(|lufs| lufs.is_finite()).reduce(f64::max);
    measured.short_term_max_lufs = loudest;
    let peaks = (0..channels as u32).filter_map(|channel| finite(meter.true_peak(channel)));
    let highest = peaks.fold(0.0, f64::max);
    measured.true_peak_dbtp = (highest > 0.0).then(|| 20.0 * highest.log10());
}

/// Where the channels stand beyond the six that the meter knows: 7.1 has four surrounds (ITU-R BS.2051).
fn with_speakers(mut meter: EbuR128) -> EbuR128 {
    for channel in 6..meter.channels() {
        if meter.set_channel(channel, Channel::LeftSurround).is_err() {
            break; // it does not count then
        }
    }
    meter
}

/// The curve with so many values as a page has room for: the loudest of each stretch.
fn thinned(momentary: &[i16]) -> (u32, Vec<i16>) {
    const MOST_VALUES: usize = 300;
    let each = momentary.len().div_ceil(MOST_VALUES).max(1);
    let loudest = |values: &[i16]| values.iter().copied().max().unwrap_or(0);
    (VALUE_MS * each as u32, momentary.chunks(each).map(loudest).collect())
}

/// Damaged sound decodes to anything; what is not a number is silence, and nothing is louder than +40 dB.
fn sane(sample: f32) -> f32 {
    const LOUDEST: f32 = 100.0;
    if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(seconds: f64, dbfs: f64, frequency: f64, phase: f64) -> Vec<f32> {
        let amplitude = 10_f64.powf(dbfs / 20.0);
        let samples = (seconds * 48_000.0) as usize;
        let at = |n: usize| std::f64::consts::TAU * frequency * n as f64 / 48_000.0 + phase;
        (0..samples).flat_map(|n| [(amplitude * at(n).sin()) as f32; 2]).collect()
    }

    fn measure(parts: &[(f64, f64)]) -> Measured {
        let mut heard = Heard::new(
            &ClaimedAudio { index: 0, codec: "pcm".into(), sample_rate_hz: 48_000, channels: 2, start_ms: None },
            0,
            Thresholds::default(),
            Told::default(),
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
        let audio = ClaimedAudio { index: 0, codec: "pcm".into(), sample_rate_hz: 48_000, channels: 2, start_ms: None };
        let mut heard = Heard::new(&audio, 0, Thresholds::default(), Told::default());
        let mut measured = Measured::default();
        heard.take(&tone(1.0, 20.0 * 0.5_f64.log10(), 12_000.0, std::f64::consts::FRAC_PI_4));
        heard.finish(&mut measured);
        let peak = measured.true_peak_dbtp.expect("sound");
        assert!((-6.4..=-5.8).contains(&peak), "{peak}");
    }
}
