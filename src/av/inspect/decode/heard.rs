//! What the sound is like: levels, loudness, silence.

use std::io::{self, Read};

use ebur128::{EbuR128, Mode};

use super::super::probe::ClaimedAudio;
use super::{keep, measured_channels, measured_rate};
use crate::domain::asset::{Measured, MsSpan};
use crate::engine::quality::{SilenceDetector, Stretch, Thresholds};

/// Shortest silence worth telling, milliseconds: the shortest that the house's policy warns of.
const SILENCE_MS: u64 = 2000;

/// What the sound was like.
pub(super) struct Heard {
    rate: u32,
    channels: usize,
    meter: Option<EbuR128>,
    silence: SilenceDetector,
    stretches: Vec<Stretch>,
}

impl Heard {
    pub(super) fn new(audio: &ClaimedAudio, thresholds: Thresholds) -> Heard {
        let (rate, channels) = (measured_rate(audio.sample_rate_hz), measured_channels(audio.channels));
        Heard {
            rate,
            channels: channels as usize,
            meter: EbuR128::new(channels, rate, Mode::I | Mode::LRA | Mode::TRUE_PEAK).ok(),
            silence: SilenceDetector::new(thresholds, channels as usize),
            stretches: Vec::new(),
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
    pub(super) fn finish(mut self, measured: &mut Measured) -> u64 {
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
