//! What is wrong with sound beside silence: channels that cancel each other, a channel that is dead, samples that were
//! cut off. And the loudness range, from short-term values.
//!
//! Like the detectors of pictures these are fed piece by piece and keep next to nothing.

use crate::engine::quality::Stretch;

/// Thresholds of what is wrong with sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundThresholds {
    /// Channels cancel each other while their correlation is below this, −1 to 1 (DPP: 180° ± 90°, which is below 0; the
    /// house waits for −0.5).
    pub correlation: f64,
    /// A channel is dead that never exceeds this share of full scale …
    pub dead: f32,
    /// … while another exceeds this.
    pub alive: f32,
    /// So many samples of full scale in a row were cut off.
    pub clipped_samples: u32,
}

impl SoundThresholds {
    /// The house's.
    pub const HOUSE: SoundThresholds =
        SoundThresholds { correlation: -0.5, dead: 0.001, alive: 0.01, clipped_samples: 5 };
}

/// A sample at or above this was cut off: full scale of 16 bits, less its rounding.
const FULL_SCALE: f32 = 0.9999;
/// Mean power below which a block has no phase: −50 dB.
const AUDIBLE: f64 = 1e-5;
/// Blocks per second within which the correlation of two channels is taken.
const BLOCKS_PER_SECOND: u32 = 10;

/// Follows two channels or more.
#[derive(Debug, Clone)]
pub struct SoundFaults {
    thresholds: SoundThresholds,
    channels: usize,
    block: u64,
    seen: u64,
    /// Sums over the block: left by right, left squared, right squared.
    sums: [f64; 3],
    cancelling_since: Option<u64>,
    peaks: Vec<f32>,
    runs: Vec<u32>,
    clipped: u64,
    first_clipped: Option<u64>,
}

/// What became of a whole stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// A channel that is dead while another is not, from 0.
    pub dead_channel: Option<usize>,
    /// Runs of samples that were cut off.
    pub clipped_runs: u64,
    /// With which sample the first of them began.
    pub first_clipped: Option<u64>,
    /// Since when the channels have been cancelling each other, if they do.
    pub cancelling_since: Option<u64>,
}

impl SoundFaults {
    /// For sound of this rate and with this many channels.
    pub fn new(thresholds: SoundThresholds, rate: u32, channels: usize) -> SoundFaults {
        let channels = channels.max(1);
        SoundFaults {
            thresholds,
            channels,
            block: u64::from((rate / BLOCKS_PER_SECOND).max(1)),
            seen: 0,
            sums: [0.0; 3],
            cancelling_since: None,
            peaks: vec![0.0; channels],
            runs: vec![0; channels],
            clipped: 0,
            first_clipped: None,
        }
    }

    /// Takes interleaved samples, full scale ±1; `ended` gets each stretch, in samples per channel, in which the first two
    /// channels cancelled each other.
    pub fn push(&mut self, samples: &[f32], mut ended: impl FnMut(Stretch)) {
        for frame in samples.chunks_exact(self.channels) {
            for (channel, sample) in frame.iter().enumerate() {
                let level = sample.abs();
                self.peaks[channel] = self.peaks[channel].max(level);
                let run = if level >= FULL_SCALE { self.runs[channel] + 1 } else { 0 };
                self.runs[channel] = run;
                if run == self.thresholds.clipped_samples {
                    self.clipped += 1;
                    self.first_clipped.get_or_insert(self.seen + 1 - u64::from(run));
                }
            }
            if let [left, right, ..] = frame {
                let (left, right) = (f64::from(*left), f64::from(*right));
                self.sums[0] += left * right;
                self.sums[1] += left * left;
                self.sums[2] += right * right;
            }
            self.seen += 1;
            if self.channels == 2 && self.seen.is_multiple_of(self.block) {
                self.end_block(&mut ended);
            }
        }
    }

    fn end_block(&mut self, ended: &mut impl FnMut(Stretch)) {
        let [both, left, right] = std::mem::take(&mut self.sums);
        let audible = left.min(right) / self.block as f64 > AUDIBLE;
        let cancels = audible && both < self.thresholds.correlation * (left * right).sqrt();
        let start = self.seen - self.block;
        match (self.cancelling_since, cancels) {
            (None, true) => self.cancelling_since = Some(start),
            (Some(since), false) => {
                self.cancelling_since = None;
                ended((since, start));
            }
            _ => {}
        }
    }

    /// What became of the stream.
    pub fn finish(&self) -> Faults {
        let loudest = self.peaks.iter().copied().fold(0.0, f32::max);
        let dead = self.peaks.iter().position(|peak| *peak < self.thresholds.dead);
        let two = self.channels == 2;
        Faults {
            dead_channel: dead.filter(|_| two && loudest > self.thresholds.alive),
            clipped_runs: self.clipped,
            first_clipped: self.first_clipped,
            cancelling_since: self.cancelling_since,
        }
    }
}

/// Loudness range by EBU Tech 3342: of short-term loudness, LUFS, ten values a second. `None` where nothing passes the
/// gates.
pub fn loudness_range(short_term: &[f64]) -> Option<f64> {
    const ABSOLUTE_GATE: f64 = -70.0;
    const RELATIVE_GATE: f64 = -20.0;
    const LOW: f64 = 0.10;
    const HIGH: f64 = 0.95;
    let loud: Vec<f64> = short_term.iter().copied().filter(|lufs| *lufs >= ABSOLUTE_GATE).collect();
    let power: f64 = loud.iter().map(|lufs| 10_f64.powf(lufs / 10.0)).sum();
    let gate = 10.0 * (power / loud.len().max(1) as f64).log10() + RELATIVE_GATE;
    let mut gated: Vec<f64> = loud.into_iter().filter(|lufs| *lufs >= gate).collect();
    gated.sort_by(f64::total_cmp);
    let last = gated.len().checked_sub(1)?;
    let percentile = |share: f64| gated[(last as f64 * share).round() as usize];
    Some(percentile(HIGH) - percentile(LOW))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: u32 = 8000;

    fn faults(channels: usize, samples: impl Iterator<Item = Vec<f32>>) -> (Faults, Vec<Stretch>) {
        let (mut faults, mut stretches) = (SoundFaults::new(SoundThresholds::HOUSE, RATE, channels), Vec::new());
        let samples: Vec<f32> = samples.flatten().collect();
        samples.chunks(channels * 333).for_each(|part| faults.push(part, |stretch| stretches.push(stretch)));
        (faults.finish(), stretches)
    }

    fn tone(seconds: u32) -> impl Iterator<Item = (u32, f32)> {
        (0..RATE * seconds).map(|n| (n, 0.3 * (n as f32 * 0.5).sin()))
    }

    #[test]
    fn channels_that_cancel_each_other_are_found_and_a_wide_stereo_picture_is_not() {
        let turned = tone(4).map(|(n, s)| vec![s, if (RATE..3 * RATE).contains(&n) { -s } else { s }]);
        assert_eq!(faults(2, turned).1, [(u64::from(RATE), 3 * u64::from(RATE))]);
        let wide = tone(4).map(|(n, s)| vec![s, 0.3 * (n as f32 * 0.37).sin()]);
        assert_eq!(faults(2, wide).1, []);
    }

    #[test]
    fn a_dead_channel_is_named_and_silence_on_both_is_not_one() {
        assert_eq!(faults(2, tone(1).map(|(_, s)| vec![s, 0.0])).0.dead_channel, Some(1));
        assert_eq!(faults(2, tone(1).map(|_| vec![0.0, 0.0])).0.dead_channel, None);
        assert_eq!(faults(1, tone(1).map(|(_, s)| vec![s])).0.dead_channel, None);
    }

    #[test]
    fn samples_that_were_cut_off_are_counted_in_runs() {
        let cut = tone(1).map(|(_, s)| vec![(s * 50.0).clamp(-1.0, 1.0)]);
        let (found, _) = faults(1, cut);
        assert!(found.clipped_runs > 100 && found.first_clipped.is_some_and(|at| at < 20), "{found:?}");
        assert_eq!(faults(1, tone(1).map(|(_, s)| vec![s * 3.3])).0.clipped_runs, 0);
    }

    #[test]
    fn ten_units_between_two_halves_are_a_range_of_ten() {
        let halves = [vec![-20.0; 200], vec![-30.0; 200]].concat();
        assert!((loudness_range(&halves).expect("sound") - 10.0).abs() < 0.01);
        assert_eq!(loudness_range(&[f64::NEG_INFINITY; 40]), None);
        assert_eq!(loudness_range(&[]), None);
    }

    proptest! {
        #[test]
        fn a_louder_copy_has_the_same_range(levels in prop::collection::vec(-60.0..-30.0_f64, 30..200), gain in 0.0..20.0_f64) {
            let louder: Vec<f64> = levels.iter().map(|lufs| lufs + gain).collect();
            let (one, other) = (loudness_range(&levels).unwrap(), loudness_range(&louder).unwrap());
            prop_assert!((one - other).abs() < 1e-6 && one >= 0.0);
        }

        #[test]
        fn however_the_sound_is_cut_into_pieces_the_faults_are_the_same(
            kinds in prop::collection::vec(0_u8..4, 1..30), piece in 1_usize..900,
        ) {
            let samples: Vec<f32> = kinds.iter().flat_map(|kind| (0..RATE / 5).flat_map(move |n| {
                let s = 0.5 * (n as f32 * 0.4).sin();
                match kind { 0 => [s, s], 1 => [s, -s], 2 => [0.0, 0.0], _ => [1.0, s] }
            })).collect();
            let run = |piece: usize| {
                let (mut faults, mut ended) = (SoundFaults::new(SoundThresholds::HOUSE, RATE, 2), Vec::new());
                samples.chunks(2 * piece).for_each(|part| faults.push(part, |stretch| ended.push(stretch)));
                (faults.finish(), ended)
            };
            prop_assert_eq!(run(piece), run(samples.len()));
        }
    }
}
