//! What eyes and ears would notice: black, a standing picture, silence. The detectors are for files; `watch` judges the
//! air by the same [`Thresholds`], from samples that cost nothing and with times of its own.
//!
//! The detectors are fed one picture or one stretch of sound at a time and keep next to nothing. Positions are the
//! caller's: a detector only hands them back. Each can be asked at any time since
//! when its condition holds, and says so once when a stretch has ended.

use crate::engine::flash::FlashThresholds;
use crate::engine::sound::SoundThresholds;

/// A picture's luma plane, 8 bits, rows without padding.
#[derive(Debug, Clone, Copy)]
pub struct Luma<'a> {
    /// One byte per pixel, row after row.
    pub pixels: &'a [u8],
}

/// Thresholds of the detectors: level and area, not time. How long a condition may last is policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// A pixel is black at or below this share of the way from black to white (ffmpeg's blackdetect and EBU QC
    /// 0016B: 0.10).
    pub black_pixel: f64,
    /// A picture is black when at least this share of its pixels is (0.98).
    pub black_area: f64,
    /// A picture stands when its mean absolute difference from the one before, as a share of full scale, is at most
    /// this (−60 dB, ffmpeg's freezedetect).
    pub freeze_difference: f64,
    /// Sound is silent while every sample of every channel is below this share of full scale (−60 dBFS, EBU QC
    /// 0078B).
    pub silence_level: f32,
    /// What counts as flashing.
    pub flash: FlashThresholds,
    /// What is wrong with sound.
    pub sound: SoundThresholds,
}

/// Black and white of video range (ITU-R BT.709, 8 bits).
const BLACK: f64 = 16.0;
const WHITE: f64 = 235.0;
/// White of full range, as stills and screens have it.
const FULL_WHITE: f64 = 255.0;
/// Code values of 8 bits, and of one side of 16 bits of sound.
const PICTURE_SCALE: f64 = 256.0;
const SOUND_SCALE: f32 = 32_768.0;

impl Thresholds {
    /// The house's.
    pub const HOUSE: Thresholds = Thresholds {
        black_pixel: 0.10,
        black_area: 0.98,
        freeze_difference: 0.001,
        silence_level: 0.001,
        flash: FlashThresholds::HOUSE,
        sound: SoundThresholds::HOUSE,
    };

    /// The brightest luma that is black, code value of 8 bits.
    pub const fn black_luma(self) -> u8 {
        (BLACK + self.black_pixel * (WHITE - BLACK)) as u8
    }
    /// The same where black is 0 and white 255.
    pub const fn black_luma_of_full_range(self) -> u8 {
        (self.black_pixel * FULL_WHITE) as u8
    }
    /// Least share of black, thousandths of the picture.
    pub const fn black_share_milli(self) -> u64 {
        (self.black_area * 1000.0) as u64
    }
    /// Most mean change of a standing picture, thousandths of a code value of 8 bits.
    pub const fn standing_change_milli(self) -> u64 {
        (self.freeze_difference * PICTURE_SCALE * 1000.0) as u64
    }
    /// The loudest sample that is silence, of 16 bits.
    pub const fn silent_peak(self) -> u16 {
        (self.silence_level * SOUND_SCALE) as u16
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds::HOUSE
    }
}

/// A stretch during which a condition held: from the first position with it to the first without.
pub type Stretch = (u64, u64);

/// Follows one condition from picture to picture.
#[derive(Debug, Clone, Default)]
struct Lasting {
    since: Option<u64>,
}

impl Lasting {
    fn update(&mut self, at: u64, holds: bool) -> Option<Stretch> {
        match (self.since, holds) {
            (None, true) => {
                self.since = Some(at);
                None
            }
            (Some(start), false) => {
                self.since = None;
                Some((start, at))
            }
            _ => None,
        }
    }
}

/// Finds black pictures.
#[derive(Debug, Clone)]
pub struct BlackDetector {
    brightest_black: u8,
    area: f64,
    lasting: Lasting,
}

impl BlackDetector {
    /// A detector of pictures in video range, or in full range, that has seen nothing.
    pub fn new(thresholds: Thresholds, full_range: bool) -> BlackDetector {
        let brightest_black = if full_range { thresholds.black_luma_of_full_range() } else { thresholds.black_luma() };
        BlackDetector { brightest_black, area: thresholds.black_area, lasting: Lasting::default() }
    }
    /// Takes the picture at `at`; returns the black stretch that it ends.
    pub fn push(&mut self, at: u64, picture: Luma<'_>) -> Option<Stretch> {
        let holds = self.is_black(picture);
        self.lasting.update(at, holds)
    }
    /// Since when the picture has been black; `None` while it is not.
    pub fn since(&self) -> Option<u64> {
        self.lasting.since
    }
    fn is_black(&self, picture: Luma<'_>) -> bool {
        let black = count(picture.pixels, |pixel| pixel <= self.brightest_black);
        !picture.pixels.is_empty() && black as f64 >= self.area * picture.pixels.len() as f64
    }
}

/// How many pixels are so. Counted in bytes as long as one can't overflow, because a processor adds many of them at once.
pub(crate) fn count(pixels: &[u8], so: impl Fn(u8) -> bool) -> usize {
    const BLOCK: usize = 128;
    let (blocks, rest) = pixels.as_chunks::<BLOCK>();
    let counted = |block: &[u8]| usize::from(block.iter().fold(0_u8, |count, pixel| count + u8::from(so(*pixel))));
    blocks.iter().map(|block| counted(block)).sum::<usize>() + counted(rest)
}

/// Finds pictures that stand still. Compares with the first picture of the stretch, so that a slow fade does not pass
/// for a standing one.
#[derive(Debug, Clone)]
pub struct FreezeDetector {
    difference: f64,
    first: Vec<u8>,
    first_at: u64,
    stands: bool,
}

impl FreezeDetector {
    /// A detector that has seen nothing.
    pub fn new(thresholds: Thresholds) -> FreezeDetector {
        FreezeDetector { difference: thresholds.freeze_difference, first: Vec::new(), first_at: 0, stands: false }
    }
    /// Takes the picture at `at`, all its planes; returns the standing stretch, two pictures or more, that it ends. A
    /// picture to compare others with is kept, and `picture` is then another one of the same size: copying costs more
    /// than looking.
    pub fn push(&mut self, at: u64, picture: &mut Vec<u8>) -> Option<Stretch> {
        if self.same(picture) {
            self.stands = true;
            return None;
        }
        let ended = self.stands.then_some((self.first_at, at));
        std::mem::swap(&mut self.first, picture);
        picture.resize(self.first.len(), 0);
        (self.first_at, self.stands) = (at, false);
        ended
    }
    /// Since when the picture has been standing; `None` while it moves.
    pub fn since(&self) -> Option<u64> {
        self.stands.then_some(self.first_at)
    }
    fn same(&self, picture: &[u8]) -> bool {
        if self.first.len() != picture.len() || self.first.is_empty() {
            return false;
        }
        let most = (self.difference * PICTURE_SCALE * self.first.len() as f64) as u64;
        let mut sum = 0_u64;
        for (a, b) in self.first.chunks(4096).zip(picture.chunks(4096)) {
            sum += u64::from(a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>());
            if sum > most {
                return false; // most pictures move, and are told apart within a few rows
            }
        }
        true
    }
}

/// Finds stretches without sound.
#[derive(Debug, Clone)]
pub struct SilenceDetector {
    level: f32,
    channels: usize,
    seen: u64,
    lasting: Lasting,
}

impl SilenceDetector {
    /// A detector of sound with this many channels, at least one.
    pub fn new(thresholds: Thresholds, channels: usize) -> SilenceDetector {
        let (level, channels) = (thresholds.silence_level, channels.max(1));
        SilenceDetector { level, channels, seen: 0, lasting: Lasting::default() }
    }
    /// Takes interleaved samples, full scale ±1; `ended` gets each silent stretch that they end, in samples per
    /// channel since the detector was made. A quiet sample between two loud ones is a stretch too: the caller knows
    /// which lengths matter.
    pub fn push(&mut self, samples: &[f32], mut ended: impl FnMut(Stretch)) {
        for frame in samples.chunks_exact(self.channels) {
            let silent = frame.iter().all(|s| s.abs() < self.level);
            if let Some(stretch) = self.lasting.update(self.seen, silent) {
                ended(stretch);
            }
            self.seen += 1;
        }
    }
    /// Since which sample there has been silence; `None` while there is sound.
    pub fn since(&self) -> Option<u64> {
        self.lasting.since
    }
    /// Samples per channel taken so far.
    pub fn samples(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flat(level: u8) -> Vec<u8> {
        vec![level; 64 * 36]
    }

    #[test]
    fn two_seconds_of_black_are_found_to_the_frame_and_a_lit_corner_is_not_black() {
        let mut black = BlackDetector::new(Thresholds::default(), false);
        let mut found = Vec::new();
        for frame in 0..100_u64 {
            let mut picture = flat(if (25..75).contains(&frame) { 16 } else { 120 });
            if frame == 60 {
                picture[..64 * 2].fill(200); // 5 % of the area
            }
            found.extend(black.push(frame * 40, Luma { pixels: &picture }));
        }
        assert_eq!(found, [(1000, 2400), (2440, 3000)]);
        assert_eq!(black.since(), None);
    }

    #[test]
    fn the_darkest_grey_that_is_black_is_ten_percent() {
        let black = BlackDetector::new(Thresholds::default(), false);
        assert!(black.is_black(Luma { pixels: &flat(37) }) && !black.is_black(Luma { pixels: &flat(38) }));
        assert!(!black.is_black(Luma { pixels: &[] }));
    }

    #[test]
    fn the_watch_over_the_air_has_the_same_thresholds_in_whole_numbers() {
        let house = Thresholds::HOUSE;
        assert_eq!((house.black_luma(), house.black_share_milli()), (37, 980));
        assert_eq!((house.standing_change_milli(), house.silent_peak()), (256, 32));
    }

    #[test]
    fn a_standing_picture_is_found_while_it_lasts_and_a_slow_fade_is_not_one() {
        let mut freeze = FreezeDetector::new(Thresholds::default());
        for tick in 0..10 {
            assert_eq!(freeze.push(tick, &mut flat(100)), None);
        }
        assert_eq!(freeze.since(), Some(0));
        assert_eq!(freeze.push(10, &mut flat(140)), Some((0, 10)));
        assert_eq!(freeze.since(), None);
        for level in 141..200_u8 {
            assert_eq!(freeze.push(u64::from(level), &mut flat(level)), None, "a fade moves");
        }
    }

    #[test]
    fn a_change_of_size_is_a_new_picture() {
        let mut freeze = FreezeDetector::new(Thresholds::default());
        freeze.push(0, &mut flat(90));
        freeze.push(1, &mut flat(90));
        assert_eq!(freeze.push(2, &mut flat(90)[..64].to_vec()), Some((0, 2)));
    }

    #[test]
    fn sound_on_one_channel_is_not_silence() {
        let mut silence = SilenceDetector::new(Thresholds::default(), 2);
        let mut found = Vec::new();
        silence.push(&[0.5, 0.5, 0.0, 0.0, 0.0, -0.2, 0.0, 0.0005, 0.0, 0.0], |s| found.push(s));
        assert_eq!(found, [(1, 2)]);
        assert_eq!((silence.since(), silence.samples()), (Some(3), 5));
    }

    proptest! {
        #[test]
        fn however_the_sound_is_cut_into_pieces_the_silence_is_the_same(
            loud in proptest::collection::vec(any::<bool>(), 1..200), piece in 1_usize..20,
        ) {
            let samples: Vec<f32> = loud.iter().map(|l| if *l { 0.3 } else { 0.0 }).collect();
            let run = |piece: usize| {
                let (mut detector, mut found) = (SilenceDetector::new(Thresholds::default(), 1), Vec::new());
                samples.chunks(piece).for_each(|part| detector.push(part, |s| found.push(s)));
                (found, detector.since())
            };
            prop_assert_eq!(run(piece), run(samples.len()));
        }
    }
}
