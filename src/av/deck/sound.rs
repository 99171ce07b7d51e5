//! Sound on its way from a decoder to the tick: a queue that knows the number of its first sample, and what is done at
//! its edges so that nothing clicks.

use std::collections::VecDeque;

use crate::av::seam::{Taken, fade_in, fade_out};
use crate::domain::channel::HOUSE_SOUND_CHANNELS;

/// Sound at hand: 4 s at 48 kHz. Containers interleave in steps of up to a second.
pub(super) const SAMPLES_AT_HAND: usize = 192_000;
/// Length of a fade at an edge: 5 ms at 48 kHz.
const EDGE_SAMPLES: usize = 240;

/// Blocks this close to where the last one ended follow it: 2 ms at 48 kHz. Containers round times, Matroska to a
/// millisecond, and a hole of some samples would click.
const JITTER_SAMPLES: i64 = 96;

/// What a child sends on its sound channel.
#[derive(Debug)]
pub(super) struct Block {
    pub first_sample: i64,
    pub samples: Vec<i16>,
}

/// Samples at hand, interleaved, with the number of the first.
#[derive(Debug, Default)]
pub(super) struct Sound {
    first: i64,
    samples: VecDeque<i16>,
    /// Enough is here to begin, or nothing will ever come.
    pub ready: bool,
    /// Where the next tick goes on, so that a remainder is carried and never rounded.
    cursor: Option<i64>,
    expected_frame: Option<i64>,
    /// The last sample given was one of these, and not silence in place of one.
    sounding: bool,
}

impl Sound {
    pub fn len(&self) -> usize {
        self.samples.len() / HOUSE_SOUND_CHANNELS
    }

    pub fn add(&mut self, block: Block) {
        let end = self.first + self.len() as i64;
        if self.samples.is_empty() {
            self.first = block.first_sample;
        } else if block.first_sample > end + JITTER_SAMPLES {
            let hole = usize::try_from(block.first_sample - end).unwrap_or(0).min(SAMPLES_AT_HAND);
            self.samples.extend(std::iter::repeat_n(0, hole * HOUSE_SOUND_CHANNELS));
        }
        self.samples.extend(block.samples);
        self.ready = true;
    }

    /// Forgets the oldest samples beyond so many.
    pub fn keep(&mut self, most: usize) {
        let over = self.len().saturating_sub(most);
        self.samples.drain(..over * HOUSE_SOUND_CHANNELS);
        self.first += over as i64;
    }

    /// `at` is where the frame's sound begins; `None` goes on from the last. Where samples are missing there is silence,
    /// with a fade at its edges.
    pub fn take(&mut self, at: Option<i64>, samples: usize) -> Taken {
        let continues = match (at, self.expected_frame) {
            (Some(at), Some(expected)) => (at - expected).abs() <= 1,
            (None, _) => true,
            (Some(_), None) => false,
        };
        let from = match self.cursor.filter(|_| continues).or(at) {
            Some(from) => from,
            None => return Taken::silence(samples),
        };
        let stale = usize::try_from(from - self.first).unwrap_or(0).min(self.len());
        self.samples.drain(..stale * HOUSE_SOUND_CHANNELS);
        self.first += stale as i64;
        let missing = usize::try_from(self.first - from).unwrap_or(0).min(samples);
        let mut taken = vec![0; missing * HOUSE_SOUND_CHANNELS];
        if self.first <= from + missing as i64 {
            let wanted = (samples - missing).min(self.len());
            taken.extend(self.samples.drain(..wanted * HOUSE_SOUND_CHANNELS));
            self.first += wanted as i64;
        }
        let given = taken.len() / HOUSE_SOUND_CHANNELS;
        if given > missing {
            let real = &mut taken[missing * HOUSE_SOUND_CHANNELS..];
            let length = EDGE_SAMPLES.min(given - missing);
            if missing > 0 {
                fade_in(real, length);
            }
            if given < samples {
                fade_out(real, length);
            }
        }
        taken.resize(samples * HOUSE_SOUND_CHANNELS, 0);
        let starts_with_sound = missing == 0 && given > 0;
        let follows = starts_with_sound == self.sounding && (continues || !starts_with_sound);
        self.sounding = given == samples && missing < samples;
        self.cursor = Some(from + samples as i64);
        self.expected_frame = at.or(self.expected_frame).map(|at| at + samples as i64);
        Taken { samples: taken, follows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(first_sample: i64, samples: i64) -> Block {
        let samples = (first_sample..first_sample + samples).flat_map(|n| [n as i16; 2]).collect();
        Block { first_sample, samples }
    }
    fn left(sound: Taken) -> Vec<i16> {
        sound.samples.into_iter().step_by(2).collect()
    }

    #[test]
    fn sound_goes_on_where_the_last_tick_ended_also_when_frames_and_samples_do_not_divide() {
        let mut sound = Sound::default();
        sound.add(block(0, 6000));
        // 29.97 frames a second: a frame is 1601.6 samples long.
        let (first, second) = (left(sound.take(Some(0), 1602)), left(sound.take(Some(1601), 1601)));
        assert_eq!((first[0], first[1601], second[0], second[1600]), (0, 1601, 1602, 3202));
    }

    #[test]
    fn sound_that_is_missing_is_silence_and_what_came_too_late_is_dropped() {
        let mut sound = Sound::default();
        sound.add(block(1920, 1920));
        assert!(left(sound.take(Some(0), 1920)).iter().all(|s| *s == 0));
        assert_eq!(left(sound.take(Some(1920), 1920))[5], 1925);
        sound.add(block(3840, 9000));
        assert_eq!(left(sound.take(Some(9600), 1920))[0], 9600, "a jump ahead drops what lies between");
    }

    #[test]
    fn a_hole_in_the_sound_is_silence_of_its_length() {
        let mut sound = Sound::default();
        sound.add(block(0, 1000));
        sound.add(block(1500, 500));
        let taken = left(sound.take(Some(0), 1920));
        assert_eq!((taken[999], taken[1000], taken[1499], taken[1500]), (999, 0, 0, 1500));
    }

    #[test]
    fn blocks_whose_times_were_rounded_follow_each_other_without_a_hole() {
        let mut sound = Sound::default();
        for (first, samples) in [(0, 1008), (1024, 1000), (2000, 992)] {
            sound.add(block(first, samples));
        }
        let taken = left(sound.take(Some(0), 1920));
        assert_eq!((taken[1007], taken[1008], taken[1919]), (1007, 1024, 1935));
    }

    #[test]
    fn sound_that_breaks_off_and_comes_back_is_faded_at_both_edges() {
        let loud = |first_sample, samples: usize| Block { first_sample, samples: vec![10_000; 2 * samples] };
        let mut sound = Sound::default();
        sound.add(loud(0, 2500));
        assert!(!sound.take(Some(0), 1920).follows, "the first sound of a decoder begins a cut");
        let broken = sound.take(Some(1920), 1920);
        assert!(broken.follows);
        let broken = left(broken);
        assert_eq!((broken[300], broken[579], broken[580]), (10_000, 0, 0));
        assert!(sound.take(Some(3840), 1920).follows, "silence after silence");
        sound.add(loud(6000, 9000));
        let back = left(sound.take(Some(5760), 1920));
        assert_eq!((back[239], back[240], back[480]), (0, 0, 10_000));
        assert!(sound.take(Some(7680), 1920).follows);
    }
}
