//! Where sounds meet: what is done at a cut, a loss or a hole so that nothing clicks.

use crate::domain::channel::HOUSE_SOUND_CHANNELS;
use crate::engine::playout::DeckId;

/// The sound of one tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Interleaved.
    pub samples: Vec<i16>,
    /// The first sample follows the last one that the same decoder gave, or both are silence.
    pub follows: bool,
}

impl Taken {
    /// No sound.
    pub fn silence(samples: usize) -> Taken {
        Taken { samples: vec![0; samples * HOUSE_SOUND_CHANNELS], follows: true }
    }
}

/// Joins the sound of one tick to that of the next. At a cut the new sound rises from nothing while the old one falls;
/// where the cut was not known ahead, the old one is gone by then, and its last moment falls away backwards: that has
/// the level and the pitch of what was heard, begins without a step, needs no delay and nobody's help.
#[derive(Debug, Default)]
pub struct Seam {
    /// Whose sound the last tick was.
    from: Option<DeckId>,
    /// The last samples sent, if they did not fall to nothing already.
    tail: Vec<i16>,
    /// The last tick ended in a fade.
    faded: bool,
}

impl Seam {
    /// `ramp` is the length of a fade in samples; `ends` says that a cut follows.
    pub fn join(&mut self, taken: Taken, from: Option<DeckId>, ends: bool, ramp: usize) -> Vec<i16> {
        let mut sound = taken.samples;
        let length = ramp.min(sound.len() / HOUSE_SOUND_CHANNELS);
        if self.faded || self.from != from || !taken.follows {
            fade_in(&mut sound, length);
            let backwards = self.tail.rchunks_exact(HOUSE_SOUND_CHANNELS).take(length).enumerate();
            for ((n, old), new) in backwards.zip(sound.chunks_exact_mut(HOUSE_SOUND_CHANNELS)) {
                for (old, new) in old.iter().zip(new) {
                    *new = new.saturating_add(share(*old, length - n, length));
                }
            }
        }
        if ends {
            fade_out(&mut sound, length);
        }
        self.tail.clear();
        if !ends {
            self.tail.extend_from_slice(&sound[sound.len() - length * HOUSE_SOUND_CHANNELS..]);
        }
        (self.from, self.faded) = (from, ends);
        sound
    }
}

/// Raises the first `length` samples of each channel from nothing.
pub fn fade_in(sound: &mut [i16], length: usize) {
    sound.iter_mut().take(length * HOUSE_SOUND_CHANNELS).enumerate().for_each(|(n, sample)| {
        *sample = share(*sample, n / HOUSE_SOUND_CHANNELS, length);
    });
}

/// Lowers the last `length` samples of each channel to nothing.
pub fn fade_out(sound: &mut [i16], length: usize) {
    sound.iter_mut().rev().take(length * HOUSE_SOUND_CHANNELS).enumerate().for_each(|(n, sample)| {
        *sample = share(*sample, n / HOUSE_SOUND_CHANNELS, length);
    });
}

/// So many parts of a sample.
pub fn share(sample: i16, part: usize, of: usize) -> i16 {
    (i32::from(sample) * part as i32 / of.max(1) as i32) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: usize = 1920;
    const RAMP: usize = 240;

    /// A tone from its `first` sample on, at a fifth of full scale.
    fn tone(hertz: f64, first: usize, follows: bool) -> Taken {
        let wave = |n: usize| (6553.0 * (hertz * std::f64::consts::TAU * n as f64 / 48_000.0).sin()) as i16;
        Taken { samples: (first..first + TICK).flat_map(|n| [wave(n); 2]).collect(), follows }
    }

    /// The largest step between two samples of a channel, in decibels of full scale.
    fn largest_step_db(sound: &[i16]) -> f64 {
        let steps = sound.windows(4).map(|w| (f64::from(w[2]) - f64::from(w[0])).abs());
        20.0 * (steps.fold(0.0, f64::max) / 32_768.0).log10()
    }

    #[test]
    fn a_cut_fades_over_five_milliseconds_and_leaves_the_rest_alone() {
        let mut seam = Seam::default();
        let even = Taken { samples: vec![1000; 2 * TICK], follows: false };
        let sound = seam.join(even, Some(DeckId(1)), true, RAMP);
        assert_eq!((sound[0], sound[1], sound[2 * 120], sound[2 * 240]), (0, 0, 500, 1000));
        assert_eq!((sound[2 * 1919], sound[2 * 1919 + 1], sound[2 * 1000]), (0, 0, 1000));
    }

    #[test]
    fn no_cut_clicks_whether_it_was_planned_ordered_or_a_loss() {
        // 180 Hz at a fifth of full scale moves by -46.6 dB from sample to sample; a bare cut at a crest by -14 dB.
        let (one, two) = (Some(DeckId(1)), Some(DeckId(2)));
        for cut in (0..270).step_by(15) {
            let mut seam = Seam::default();
            let mut air = seam.join(tone(180.0, cut, false), one, false, RAMP);
            let silence = || Taken::silence(TICK);
            // An order's clip comes in, and goes on.
            air.extend(seam.join(tone(180.0, 3 * cut, false), two, false, RAMP));
            air.extend(seam.join(tone(180.0, 3 * cut + TICK, true), two, false, RAMP));
            // Its sound is gone, then back elsewhere; then the slate; then a clip that ends as planned, and the next.
            air.extend(seam.join(Taken { follows: false, ..silence() }, two, false, RAMP));
            air.extend(seam.join(tone(180.0, 7 * cut, false), two, false, RAMP));
            air.extend(seam.join(silence(), None, false, RAMP));
            air.extend(seam.join(tone(180.0, 5 * cut, false), one, true, RAMP));
            air.extend(seam.join(tone(180.0, cut, false), two, false, RAMP));
            let step = largest_step_db(&air);
            assert!(step < -40.0, "{step} dB at {cut}");
        }
        let mut bare = tone(180.0, 0, false).samples;
        bare.extend(tone(180.0, 67, false).samples);
        assert!(largest_step_db(&bare) > -40.0, "the measure sees a click");
    }

    #[test]
    fn sound_that_goes_on_is_passed_as_it_is() {
        let mut seam = Seam::default();
        seam.join(tone(440.0, 0, false), Some(DeckId(1)), false, RAMP);
        let next = tone(440.0, TICK, true);
        assert_eq!(seam.join(next.clone(), Some(DeckId(1)), false, RAMP), next.samples);
    }
}
