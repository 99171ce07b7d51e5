//! Changes to and from saturated red, which are dangerous at any luminance (ITU-R BT.1702; the figures are those of
//! WCAG 2.2's "general flash and red flash thresholds").

use super::flips::Turn;
use super::light::{Lit, RUN, Rgb, WHITE};

/// Red is saturated when it is at least this share of the three primaries' light.
const SATURATED: (u32, u32) = (4, 5);
/// By how much red exceeds green and blue together before it is a colour and not the noise of a shadow: 20 of WCAG 2.0's
/// 320.
const VISIBLE: u32 = WHITE / 16;
/// Least distance between the two colours in the CIE 1976 u′v′ diagram.
const DISTANCE: f32 = 0.2;

/// Follows the colour of every sample.
#[derive(Debug, Clone)]
pub(super) struct Reds {
    state: Vec<State>,
    /// The newest saturated red.
    red: Vec<Rgb>,
    /// The newest colour that is far from it.
    other: Vec<Rgb>,
    /// The last picture with the newest of both.
    near: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was never red.
    Never,
    Red,
    Other,
}

impl Reds {
    pub(super) fn new(samples: usize) -> Reds {
        Reds {
            state: vec![State::Never; samples],
            red: vec![[0; 3]; samples],
            other: vec![[0; 3]; samples],
            near: vec![0; samples],
        }
    }

    /// The colours of so many samples from `first` on are what they were in the picture before.
    pub(super) fn stay(&mut self, first: usize, picture: u32, samples: usize) {
        for (state, near) in self.state[first..].iter().zip(&mut self.near[first..]).take(samples) {
            *near += u32::from(*state != State::Never && *near + 1 == picture);
        }
    }

    /// Which of the samples from `first` on were red ever, or are: nearly never any. A bit of each, the lowest first.
    #[inline]
    pub(super) fn concerned(&self, first: usize, lit: &Lit, samples: usize) -> u64 {
        let mut concerned = [false; RUN];
        let states = &self.state[first..][..samples];
        let light = lit.red.iter().zip(&lit.green).zip(&lit.blue);
        for ((concerned, ((r, g), b)), state) in concerned.iter_mut().zip(light).zip(states) {
            *concerned = is_saturated([*r, *g, *b]) | (*state != State::Never);
        }
        if concerned.iter().fold(false, |any, one| any | one) {
            concerned.iter().rev().fold(0, |bits, one| bits << 1 | u64::from(*one))
        } else {
            0
        }
    }

    /// Takes the colour of a sample in a picture, and what it was in the one before; returns the change that it completes;
    /// up is to red.
    pub(super) fn push(
        &mut self,
        sample: usize,
        picture: u32,
        rgb: Rgb,
        before: impl FnOnce() -> Option<Rgb>,
    ) -> Option<Turn> {
        let red = is_saturated(rgb);
        let state = self.state[sample];
        if state == State::Never && !red {
            return None;
        }
        let turn = match state {
            State::Never => before().is_some_and(|before| far(rgb, before)).then_some((true, picture)),
            State::Other if red => far(rgb, self.other[sample]).then(|| (true, self.near[sample] + 1)),
            State::Red if !red => far(rgb, self.red[sample]).then(|| (false, self.near[sample] + 1)),
            State::Red => {
                (self.red[sample], self.near[sample]) = (rgb, picture);
                None
            }
            State::Other => {
                if far(rgb, self.red[sample]) {
                    (self.other[sample], self.near[sample]) = (rgb, picture);
                }
                None
            }
        };
        match turn {
            None if state != State::Never => return None,
            Some((false, _)) => (self.state[sample], self.other[sample]) = (State::Other, rgb),
            _ => (self.state[sample], self.red[sample]) = (State::Red, rgb),
        }
        self.near[sample] = picture;
        turn.map(|(up, began)| Turn { up, began })
    }
}

#[inline]
fn is_saturated([r, g, b]: Rgb) -> bool {
    let (r, others) = (u32::from(r), u32::from(g) + u32::from(b));
    (r >= others + VISIBLE) & (r * SATURATED.1 >= (r + others) * SATURATED.0)
}

fn far(one: Rgb, other: Rgb) -> bool {
    let ((u1, v1), (u2, v2)) = (chromaticity(one), chromaticity(other));
    (u1 - u2).powi(2) + (v1 - v2).powi(2) > DISTANCE * DISTANCE
}

/// CIE 1976 u′v′ of light from the primaries of ITU-R BT.709. What is as good as black has the colour of white.
fn chromaticity(rgb: Rgb) -> (f32, f32) {
    const WHITE_POINT: (f32, f32) = (0.1978, 0.4683);
    let [r, g, b] = rgb.map(f32::from);
    let x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let z = 0.0193 * r + 0.1192 * g + 0.9505 * b;
    let sum = x + 15.0 * y + 3.0 * z;
    if r + g + b < WHITE as f32 / 100.0 { WHITE_POINT } else { (4.0 * x / sum, 9.0 * y / sum) }
}
