//! Puts a tick's picture on the display's signal: a part of it at exact pixels, as bright as the hour wants.

use crate::av::picture::{BLACK, Raster};
use crate::domain::wall::Mapping;

/// What light is to code values on a display: BT.1886 has the power 2.4.
const GAMMA: f64 = 2.4;
/// Black and grey in code values (ITU-R BT.709-6, clause 4.6).
const DARKEST: u8 = BLACK[0];
const GREY: u8 = BLACK[1];

/// One display's signal.
#[derive(Debug)]
pub(super) struct Panel {
    from: Raster,
    mapping: Mapping,
    /// For which light the tables below are.
    light_milli: u32,
    luma: [u8; 256],
    chroma: [u8; 256],
}

impl Panel {
    /// Of pictures in this raster.
    pub fn new(from: Raster, mapping: Mapping) -> Panel {
        let (luma, chroma) = tables(1000);
        Panel { from, mapping, light_milli: 1000, luma, chroma }
    }

    /// The raster of the signal.
    pub fn screen(&self) -> Raster {
        Raster { width: self.mapping.screen.0, height: self.mapping.screen.1 }
    }

    /// The signal that shows a picture. What needs no change is not touched.
    pub fn show(&mut self, picture: Vec<u8>, light_milli: u32) -> Vec<u8> {
        if light_milli != self.light_milli {
            (self.luma, self.chroma) = tables(light_milli);
            self.light_milli = light_milli;
        }
        let whole = Raster { width: self.mapping.size.0, height: self.mapping.size.1 } == self.from;
        let mut signal = if whole && self.screen() == self.from { picture } else { self.placed(&picture) };
        if light_milli < 1000 {
            let luma = self.screen().row_stride() * self.mapping.screen.1 as usize;
            let (bright, coloured) = signal.split_at_mut(luma);
            bright.iter_mut().for_each(|value| *value = self.luma[usize::from(*value)]);
            coloured.iter_mut().for_each(|value| *value = self.chroma[usize::from(*value)]);
        }
        signal
    }

    /// The part on black.
    fn placed(&self, picture: &[u8]) -> Vec<u8> {
        let (from, screen) = (self.from, self.screen());
        let mut signal = screen.plain(BLACK).to_vec();
        let (mut read, mut written) = (0, 0);
        for plane in 0..3 {
            let half = if plane == 0 { 1 } else { 2 };
            let stride = |raster: Raster| if plane == 0 { raster.row_stride() } else { raster.chroma_stride() };
            let Mapping { at, from: part, size, .. } = self.mapping;
            let pixel = |(x, y): (u32, u32), stride: usize| y as usize / half * stride + x as usize / half;
            let width = size.0 as usize / half;
            for row in 0..size.1 as usize / half {
                let source = read + pixel(part, stride(from)) + row * stride(from);
                let target = written + pixel(at, stride(screen)) + row * stride(screen);
                signal[target..target + width].copy_from_slice(&picture[source..source + width]);
            }
            read += stride(from) * (from.height as usize / half);
            written += stride(screen) * (screen.height as usize / half);
        }
        signal
    }
}

/// Code values at a share of the light. Luma and colour shrink alike, so that hues stay.
fn tables(light_milli: u32) -> ([u8; 256], [u8; 256]) {
    let factor = (f64::from(light_milli.min(1000)) / 1000.0).powf(1.0 / GAMMA);
    let around = |zero: u8| {
        let shrunk = |code: usize| f64::from(zero) + (code as f64 - f64::from(zero)) * factor;
        std::array::from_fn(|code| shrunk(code).round() as u8)
    };
    (around(DARKEST), around(GREY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Raster = Raster { width: 16, height: 8 };

    fn numbered() -> Vec<u8> {
        let mut picture = SMALL.plain([0, 90, 160]).to_vec();
        (0..128).for_each(|pixel| picture[pixel] = 100 + pixel as u8);
        picture
    }

    #[test]
    fn a_part_of_the_picture_lies_at_its_exact_pixels_and_the_rest_is_black() {
        let mapping = Mapping { screen: (32, 16), at: (20, 6), from: (4, 2), size: (8, 4) };
        let mut panel = Panel::new(SMALL, mapping);
        let signal = panel.show(numbered(), 1000);
        assert_eq!(signal.len(), Raster { width: 32, height: 16 }.picture_bytes());
        let luma = |x: usize, y: usize| signal[y * 32 + x];
        assert_eq!((luma(20, 6), luma(27, 9)), (100 + 2 * 16 + 4, 100 + 5 * 16 + 11));
        assert_eq!((luma(19, 6), luma(28, 9), luma(20, 5), luma(20, 10)), (16, 16, 16, 16));
        let chroma = |plane: usize, x: usize, y: usize| signal[32 * 16 + plane * 16 * 8 + y * 16 + x];
        assert_eq!((chroma(0, 10, 3), chroma(1, 13, 4), chroma(0, 9, 3), chroma(1, 14, 4)), (90, 160, 128, 128));
    }

    #[test]
    fn half_the_light_is_less_than_half_the_way_down_in_code_values_and_none_is_black() {
        let mapping = Mapping { screen: (16, 8), at: (0, 0), from: (0, 0), size: (16, 8) };
        let mut panel = Panel::new(SMALL, mapping);
        let white = SMALL.plain([235, 128, 90]).to_vec();
        assert_eq!(panel.show(white.clone(), 1000), white);
        let half = panel.show(white.clone(), 500);
        assert_eq!((half[0], half[128], half[128 + 32]), (180, 128, 100));
        assert_eq!(panel.show(white, 0), SMALL.plain(BLACK).to_vec());
    }
}
