//! Whether two clips show the same pictures, whatever they were encoded as: a perceptual hash once a second.
//!
//! A picture is averaged over 9×9 cells; 128 bits say which of two neighbours is brighter, across and down. Encoding,
//! another size or rate, and a little more light leave nearly all of them; another picture has half of them otherwise.
//! Not chosen: a hash of the whole clip, which a new last second would change.

use crate::domain::asset::Likeness;
use crate::engine::flash::Planes;

/// Time between two pictures that are hashed, milliseconds.
const EVERY_MS: u64 = 1000;
/// Cells per side.
const CELLS: usize = 9;
/// By how much a neighbour has to be brighter, code values: less is the noise of an encoder.
const BRIGHTER: u32 = 2;
/// A hash with fewer bits is of a picture that is nearly one colour, and says nothing.
const FEWEST_BITS: u32 = 10;
/// Most bits in which two hashes of one picture differ: an eighth.
const MOST_APART: u32 = 16;
/// Pictures, percent, that have to be alike before two clips are.
const ENOUGH_PERCENT: usize = 80;
/// Most seconds by which one of them may be longer.
const MOST_LONGER: usize = 2;

/// Takes pictures one after the other.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    hashes: Vec<u128>,
}

impl Hasher {
    /// Takes the picture that is shown from `at_ms` on.
    pub fn push(&mut self, at_ms: u64, picture: Planes<'_>) {
        let due = |hasher: &Hasher| at_ms >= hasher.hashes.len() as u64 * EVERY_MS;
        if !due(self) {
            return;
        }
        let hash = hash(picture);
        while due(self) {
            self.hashes.push(hash); // a picture that stands for seconds is seen in each
        }
    }
    /// What the clip looks like.
    pub fn finish(self) -> Likeness {
        Likeness(self.hashes)
    }
}

fn hash(picture: Planes<'_>) -> u128 {
    let mut cells = [[0_u32; CELLS]; CELLS];
    for (y, row) in cells.iter_mut().enumerate() {
        for (x, cell) in row.iter_mut().enumerate() {
            *cell = mean(picture, (x, y));
        }
    }
    let mut bits = 0_u128;
    for y in 0..CELLS - 1 {
        for x in 0..CELLS - 1 {
            for neighbour in [cells[y][x + 1], cells[y + 1][x]] {
                bits = bits << 1 | u128::from(cells[y][x] >= neighbour + BRIGHTER);
            }
        }
    }
    bits
}

/// Mean luma of a cell, from some of its pixels.
fn mean(picture: Planes<'_>, (x, y): (usize, usize)) -> u32 {
    const LOOKS: usize = 16;
    let range = |part: usize, length: usize| {
        let from = part * length / CELLS;
        let to = ((part + 1) * length / CELLS).clamp(from + 1, length.max(from + 1));
        (from.min(length - 1)..to.min(length)).step_by(((to - from) / LOOKS).max(1))
    };
    let (mut sum, mut count) = (0, 0);
    for row in range(y, picture.height) {
        for column in range(x, picture.width) {
            sum += u32::from(picture.luma[row * picture.width + column]);
            count += 1;
        }
    }
    sum / count.max(1)
}

/// How alike two clips are, percent of their pictures; `None` where they are not, or too little can be said.
pub fn alike(one: &Likeness, other: &Likeness) -> Option<u8> {
    let (one, other) = (&one.0, &other.0);
    if one.len().abs_diff(other.len()) > MOST_LONGER {
        return None;
    }
    let tells = |hash: &u128| hash.count_ones() >= FEWEST_BITS;
    let telling: Vec<(&u128, &u128)> = one.iter().zip(other).filter(|(a, b)| tells(a) || tells(b)).collect();
    let same = telling.iter().filter(|(a, b)| (*a ^ *b).count_ones() <= MOST_APART).count();
    let percent = (same * 100).checked_div(telling.len())?;
    (percent >= ENOUGH_PERCENT).then_some(percent as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A clip of scenes, each a few bright spots on a ground, drawn at some size, rate and gain, with some noise.
    fn clip(scenes: &[u64], (width, height): (usize, usize), rate: u64, gain: u32, noise: u32) -> Likeness {
        let mut hasher = Hasher::default();
        for picture in 0..scenes.len() as u64 * rate {
            let scene = scenes[(picture / rate) as usize];
            let mut pixels = Vec::with_capacity(Planes::bytes(width, height));
            for n in 0..width * height {
                let (x, y) = ((n % width) as f64 / width as f64, (n / width) as f64 / height as f64);
                let light = (0..6_u64).fold(60.0, |light, spot| {
                    let dice = scene.wrapping_mul(6_364_136_223_846_793_005).rotate_left(spot as u32 * 11);
                    let (at_x, at_y) = ((dice & 255) as f64 / 255.0, (dice >> 8 & 255) as f64 / 255.0);
                    light + 90.0 * (-((x - at_x).powi(2) + (y - at_y).powi(2)) * 18.0).exp()
                });
                let grain = (n as u32).wrapping_mul(2_654_435_761) >> 16 & noise;
                pixels.push((light as u32 * gain / 100 + grain).min(235) as u8);
            }
            pixels.resize(Planes::bytes(width, height), 128);
            hasher.push(picture * 1000 / rate, Planes::of(&pixels, width, height).expect("whole planes"));
        }
        hasher.finish()
    }

    #[test]
    fn the_same_scenes_at_another_size_rate_and_brightness_are_alike_and_other_scenes_are_not() {
        let original = clip(&[3, 7, 11, 19], (160, 90), 5, 100, 0);
        assert_eq!(alike(&original, &clip(&[3, 7, 11, 19], (96, 54), 4, 94, 3)), Some(100));
        assert_eq!(alike(&original, &clip(&[23, 29, 31, 37], (160, 90), 5, 100, 0)), None);
        assert_eq!(alike(&original, &clip(&[3, 7, 11, 19, 3, 3, 3], (160, 90), 5, 100, 0)), None, "it is longer");
    }

    #[test]
    fn nothing_is_said_of_pictures_in_one_colour() {
        let flat = Likeness(vec![0; 20]);
        assert_eq!(alike(&flat, &flat), None);
        assert_eq!(alike(&Likeness(Vec::new()), &Likeness(Vec::new())), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_clip_is_like_itself_and_likeness_goes_both_ways(
            one in prop::collection::vec(1_u64..u64::MAX, 2..5), other in prop::collection::vec(1_u64..u64::MAX, 2..5),
        ) {
            let (one, other) = (clip(&one, (64, 36), 2, 100, 0), clip(&other, (64, 36), 2, 100, 0));
            prop_assert_eq!(alike(&one, &one), Some(100));
            prop_assert_eq!(alike(&one, &other), alike(&other, &one));
            prop_assert_eq!(alike(&one, &other), None);
        }

        #[test]
        fn no_picture_is_too_small_or_too_odd(width in 1_usize..40, height in 1_usize..40, level in any::<u8>()) {
            let pixels = vec![level; Planes::bytes(width, height)];
            let mut hasher = Hasher::default();
            hasher.push(0, Planes::of(&pixels, width, height).expect("whole planes"));
            prop_assert_eq!(hasher.finish().0, vec![0]);
        }
    }
}
