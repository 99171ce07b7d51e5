//! From code values to light: what share of a display's white each primary gives.

use crate::domain::colour::{Colour, Transfer};

/// Light of white, in the unit of everything here.
pub(super) const WHITE: u32 = u16::MAX as u32;
/// Luminance of red, green and blue on the display (ITU-R BT.709-6, clause 3).
const LUMINANCE: [u32; 3] = [13_933, 46_871, 4_732];
/// Places after the point of the conversion from Y′CbCr.
const POINT: u32 = 16;

/// Light of the three primaries, each 0 to [`WHITE`].
pub(super) type Rgb = [u16; 3];

/// Most samples that are taken in one go: as many as a word has bits.
pub(super) const RUN: usize = 64;

/// Light of a run of samples, one quantity after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lit {
    pub(super) red: [u16; RUN],
    pub(super) green: [u16; RUN],
    pub(super) blue: [u16; RUN],
    pub(super) luminance: [u16; RUN],
}

impl Lit {
    /// Nothing but darkness.
    pub(super) const DARK: Lit = Lit { red: [0; RUN], green: [0; RUN], blue: [0; RUN], luminance: [0; RUN] };

    /// Light of one sample.
    pub(super) fn rgb(&self, sample: usize) -> Rgb {
        [self.red[sample], self.green[sample], self.blue[sample]]
    }
}

/// Converts code values of 8 bits.
#[derive(Debug, Clone)]
pub(super) struct Light {
    black: i32,
    luma: i32,
    /// Parts of Cb and Cr in red, green and blue.
    red_of_cr: i32,
    green_of_cb: i32,
    green_of_cr: i32,
    blue_of_cb: i32,
    /// Light of the code values from −[`BELOW`] on: what is out of range is as dark or as bright as can be.
    linear: [u16; CODES],
}

/// Code values of red, green and blue that Y′CbCr of 8 bits can stand for: −294 to 553 in any matrix and range.
const CODES: usize = 1024;
const BELOW: i32 = 384;

impl Light {
    pub(super) fn new(colour: Colour) -> Light {
        let [kr, kg, kb] = colour.matrix.weights();
        let fixed = |value: f64| (value * f64::from(1 << POINT)).round() as i32;
        let (luma, chroma) = if colour.full_range { (1.0, 1.0) } else { (255.0 / 219.0, 255.0 / 224.0) };
        let mut linear = [0; CODES];
        for (number, light) in linear.iter_mut().enumerate() {
            let code = (number as i32 - BELOW).clamp(0, 255);
            *light = (of_code(f64::from(code) / 255.0, colour.transfer) * f64::from(WHITE)).round() as u16;
        }
        Light {
            black: if colour.full_range { 0 } else { 16 },
            luma: fixed(luma),
            red_of_cr: fixed(chroma * 2.0 * (1.0 - kr)),
            green_of_cb: fixed(chroma * 2.0 * (1.0 - kb) * kb / kg),
            green_of_cr: fixed(chroma * 2.0 * (1.0 - kr) * kr / kg),
            blue_of_cb: fixed(chroma * 2.0 * (1.0 - kb)),
            linear,
        }
    }

    /// Light of one pixel.
    #[inline]
    pub(super) fn rgb(&self, [y, cb, cr]: [u8; 3]) -> Rgb {
        let luma = (i32::from(y) - self.black) * self.luma + (1 << (POINT - 1));
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        let of = |value: i32| self.linear[((value >> POINT) + BELOW) as usize & (CODES - 1)];
        [
            of(luma + cr * self.red_of_cr),
            of(luma - cb * self.green_of_cb - cr * self.green_of_cr),
            of(luma + cb * self.blue_of_cb),
        ]
    }
}

impl Light {
    /// Light and luminance of neighbouring pixels, at most [`RUN`].
    #[inline]
    pub(super) fn of_run(&self, [luma, blue, red]: [&[u8]; 3], lit: &mut Lit) {
        for (n, ((y, cb), cr)) in luma.iter().zip(blue).zip(red).enumerate().take(RUN) {
            [lit.red[n], lit.green[n], lit.blue[n]] = self.rgb([*y, *cb, *cr]);
        }
        for (n, value) in lit.luminance.iter_mut().enumerate() {
            *value = luminance([lit.red[n], lit.green[n], lit.blue[n]]);
        }
    }
}

/// Relative luminance.
#[inline]
pub(super) fn luminance(rgb: Rgb) -> u16 {
    let sum: u32 = rgb.iter().zip(LUMINANCE).map(|(light, weight)| u32::from(*light) * weight).sum();
    (sum >> 16) as u16
}

/// Light of a code value from 0 to 1, as a share of white. High dynamic range is counted against its reference white
/// (ITU-R BT.2408, clause 2.2: 203 cd/m²), as conforming maps it; what is brighter is white.
fn of_code(code: f64, transfer: Transfer) -> f64 {
    const REFERENCE_WHITE: f64 = 203.0;
    let light = match transfer {
        // IEC 61966-2-1, which WCAG 2 names.
        Transfer::Standard if code <= 0.040_45 => code / 12.92,
        Transfer::Standard => ((code + 0.055) / 1.055).powf(2.4),
        Transfer::Pq => {
            let (m1, m2) = (2610.0 / 16_384.0, 2523.0 / 4096.0 * 128.0);
            let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 4096.0 * 32.0, 2392.0 / 4096.0 * 32.0);
            let power = code.powf(1.0 / m2);
            10_000.0 * ((power - c1).max(0.0) / (c2 - c3 * power)).powf(1.0 / m1) / REFERENCE_WHITE
        }
        Transfer::Hlg => {
            let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
            let scene = if code <= 0.5 { code * code / 3.0 } else { (((code - c) / a).exp() + b) / 12.0 };
            // A display of 1000 cd/m² and its system gamma of 1.2.
            1000.0 * scene.powf(1.2) / REFERENCE_WHITE
        }
    };
    light.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::colour::Matrix;

    #[test]
    fn white_black_and_red_are_what_a_display_shows() {
        let light = Light::new(Colour::HOUSE);
        assert_eq!((luminance(light.rgb([16, 128, 128])), luminance(light.rgb([235, 128, 128]))), (0, u16::MAX));
        // 100 % red of BT.709: Y 63, Cb 102, Cr 240.
        let [r, g, b] = light.rgb([63, 102, 240]);
        assert!(r > 65_000 && g < 200 && b < 200, "{r} {g} {b}");
        let full = Light::new(Colour { full_range: true, matrix: Matrix::Bt601, ..Colour::HOUSE });
        assert_eq!(full.rgb([255, 128, 128]), [u16::MAX; 3]);
    }

    #[test]
    fn the_reference_white_of_high_dynamic_range_is_white() {
        for (transfer, code) in [(Transfer::Pq, 0.58), (Transfer::Hlg, 0.75)] {
            let light = of_code(code, transfer);
            assert!((0.95..=1.0).contains(&light), "{transfer:?}: {light}");
        }
    }
}
