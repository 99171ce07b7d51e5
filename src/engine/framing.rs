//! How a picture fills its frame: black bars that stand throughout, and luma beyond what may be sent.

use crate::domain::asset::Bars;
use crate::engine::flash::Planes;
use crate::engine::quality::{Stretch, count};

/// A row or column belongs to a bar while its mean is at most this, of 8 bits in video range (ffmpeg's cropdetect: 24).
const BAR_LUMA: u64 = 24;
/// The same where black is 0.
const BAR_LUMA_OF_FULL_RANGE: u64 = 9;
/// Part of a row or column, one of so many, that may be brighter in a bar: a logo in it is no bar.
const SPECK: usize = 100;
/// Preferred range of luma, −5 % to 105 % (EBU R 103 v3, table 1: 5 to 246 of 8 bits).
const RANGE: std::ops::RangeInclusive<u8> = 5..=246;
/// Share of the picture, one part in so many, that may be beyond it (EBU R 103: 1 %).
const TOLERATED: usize = 100;
/// One row in so many is looked at for it.
const ROWS_APART: usize = 4;

/// Finds bars: what is dark at the edge of every picture that is not dark as a whole.
#[derive(Debug, Clone)]
pub struct BarsDetector {
    dark: u64,
    /// Rows and columns, thousandths; none before the first picture.
    bars: Option<Bars>,
}

impl BarsDetector {
    /// A detector that has seen nothing.
    pub fn new(full_range: bool) -> BarsDetector {
        BarsDetector { dark: if full_range { BAR_LUMA_OF_FULL_RANGE } else { BAR_LUMA }, bars: None }
    }

    /// Takes a picture. Once there are no bars there will be none.
    pub fn push(&mut self, picture: Planes<'_>) {
        if self.bars == Some(Bars::default()) {
            return;
        }
        let Planes { width, height, .. } = picture;
        let row = |y: usize| self.is_dark(&mut picture.luma[y * width..][..width].iter(), width);
        let column = |x: usize| self.is_dark(&mut picture.luma[x..].iter().step_by(width), height);
        let Some(top) = (0..height).find(|y| !row(*y)) else { return };
        let bottom = (0..height).rev().find(|y| !row(*y)).unwrap_or(top);
        let left = (0..width).find(|x| !column(*x)).unwrap_or(0);
        let right = (0..width).rev().find(|x| !column(*x)).unwrap_or(width - 1);
        let milli = |part: usize, whole: usize| (part * 1000 / whole) as u16;
        let seen = Bars {
            top: milli(top, height),
            bottom: milli(height - 1 - bottom, height),
            left: milli(left, width),
            right: milli(width - 1 - right, width),
        };
        let least = |old: Bars| Bars {
            top: old.top.min(seen.top),
            bottom: old.bottom.min(seen.bottom),
            left: old.left.min(seen.left),
            right: old.right.min(seen.right),
        };
        self.bars = Some(self.bars.map_or(seen, least));
    }

    fn is_dark(&self, pixels: &mut dyn Iterator<Item = &u8>, length: usize) -> bool {
        let (mut sum, mut bright) = (0_u64, 0_usize);
        for pixel in pixels {
            sum += u64::from(*pixel);
            bright += usize::from(u64::from(*pixel) > 2 * self.dark);
        }
        sum <= self.dark * length as u64 && bright <= length / SPECK
    }

    /// The bars that stood throughout.
    pub fn finish(&self) -> Bars {
        self.bars.unwrap_or_default()
    }
}

/// Finds pictures in video range with luma beyond it.
#[derive(Debug, Clone, Default)]
pub struct RangeDetector {
    since: Option<u64>,
}

impl RangeDetector {
    /// Takes the picture at `at`; returns the stretch that it ends.
    pub fn push(&mut self, at: u64, picture: Planes<'_>) -> Option<Stretch> {
        let rows = picture.luma.chunks(picture.width).step_by(ROWS_APART);
        let (mut beyond, mut seen) = (0, 0);
        for row in rows {
            beyond += count(row, |luma| !RANGE.contains(&luma));
            seen += row.len();
        }
        let holds = beyond * TOLERATED > seen;
        match (self.since, holds) {
            (None, true) => self.since = Some(at),
            (Some(since), false) => {
                self.since = None;
                return Some((since, at));
            }
            _ => {}
        }
        None
    }
    /// Since when luma has been beyond its range; `None` while it is not.
    pub fn since(&self) -> Option<u64> {
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: usize = 80;
    const HIGH: usize = 60;

    fn drawn(luma: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let mut pixels: Vec<u8> = (0..WIDE * HIGH).map(|n| luma(n % WIDE, n / WIDE)).collect();
        pixels.resize(Planes::bytes(WIDE, HIGH), 128);
        pixels
    }

    fn planes(pixels: &[u8]) -> Planes<'_> {
        Planes::of(pixels, WIDE, HIGH).expect("whole planes")
    }

    #[test]
    fn bars_are_what_stays_dark_beside_the_picture_and_a_night_scene_is_none() {
        let mut bars = BarsDetector::new(false);
        bars.push(planes(&drawn(|_, _| 16))); // black as a whole says nothing
        bars.push(planes(&drawn(|_, y| if (6..54).contains(&y) { 120 } else { 16 })));
        bars.push(planes(&drawn(|_, y| if (12..54).contains(&y) { 120 } else { 16 })));
        assert_eq!(bars.finish(), Bars { top: 100, bottom: 100, left: 0, right: 0 });
        bars.push(planes(&drawn(|_, _| 90)));
        assert_eq!(bars.finish(), Bars::default());
    }

    #[test]
    fn luma_beyond_its_range_is_found_where_it_is_more_than_a_hundredth_of_the_picture() {
        let mut range = RangeDetector::default();
        assert_eq!(range.push(0, planes(&drawn(|x, _| if x < 4 { 250 } else { 100 }))), None);
        assert_eq!(range.since(), Some(0));
        assert_eq!(range.push(1, planes(&drawn(|_, _| 240))), Some((0, 1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bars_are_measured_wherever_the_picture_lies(
            top in 0_usize..25, bottom in 0_usize..25, left in 0_usize..35, right in 0_usize..35, luma in 60_u8..235,
        ) {
            let inside = |x: usize, y: usize| (left..WIDE - right).contains(&x) && (top..HIGH - bottom).contains(&y);
            let mut bars = BarsDetector::new(false);
            bars.push(planes(&drawn(|x, y| if inside(x, y) { luma } else { 17 })));
            let milli = |part: usize, whole: usize| (part * 1000 / whole) as u16;
            let expected = Bars {
                top: milli(top, HIGH), bottom: milli(bottom, HIGH), left: milli(left, WIDE), right: milli(right, WIDE),
            };
            prop_assert_eq!(bars.finish(), expected);
        }
    }
}
