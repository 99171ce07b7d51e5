//! A picture that is drawn on, and the two things that are drawn: a sprite, which has colours of its own, and the window
//! of a strip, which is letters on a band. Everything is prepared in the picture's own form, Y′CbCr 4:2:0, so that a tick
//! only mixes bytes.

use image::RgbaImage;

use super::letters::Coverage;
use crate::av::picture::{Raster, bt709};
use crate::domain::branding::{Ink, Rgb};
use crate::domain::wall::Percent;

/// An I420 picture to draw on.
pub struct Canvas<'a> {
    raster: Raster,
    planes: [&'a mut [u8]; 3],
}

impl<'a> Canvas<'a> {
    /// Over the bytes of a picture of that raster.
    pub fn new(raster: Raster, bytes: &'a mut [u8]) -> Canvas<'a> {
        let (luma, chroma) = bytes.split_at_mut(raster.row_stride() * raster.height as usize);
        let (blue, red) = chroma.split_at_mut(raster.chroma_stride() * raster.height as usize / 2);
        Canvas { raster, planes: [luma, blue, red] }
    }

    /// Pixels across and down of a plane.
    fn size(&self, plane: usize) -> (usize, usize) {
        let (width, height) = (self.raster.width as usize, self.raster.height as usize);
        if plane == 0 { (width, height) } else { (width / 2, height / 2) }
    }

    /// `width` pixels of a plane's row from `x` on, as far as they are inside.
    fn row(&mut self, plane: usize, x: usize, y: usize, width: usize) -> &mut [u8] {
        let (across, down) = self.size(plane);
        let stride = if plane == 0 { self.raster.row_stride() } else { self.raster.chroma_stride() };
        let width = if y < down { width.min(across.saturating_sub(x)) } else { 0 };
        let from = if width == 0 { 0 } else { y * stride + x };
        &mut self.planes[plane][from..from + width]
    }
}

/// Mixes `over` into `beneath`; `amount` is 0 to 256.
fn mix(beneath: u8, over: u8, amount: u16) -> u8 {
    ((u16::from(beneath) * (256 - amount) + u16::from(over) * amount + 128) >> 8) as u8
}

/// 0 to 255 as 0 to 256, so that all of it is all of it.
fn to_256(amount: u8) -> u16 {
    u16::from(amount) + u16::from(amount >> 7)
}

fn percent_to_256(percent: Percent) -> u16 {
    (u16::from(percent.get()) * 256 + 50) / 100
}

/// A small picture with an amount for each pixel, at luma's resolution and at chroma's.
#[derive(Debug, Clone)]
pub struct Sprite {
    /// Pixels across, even.
    pub width: u32,
    /// Pixels down, even.
    pub height: u32,
    planes: [Vec<u8>; 3],
    amounts: [Vec<u8>; 2],
}

impl Sprite {
    /// Of a picture; an odd side gets an empty line more.
    pub fn of_picture(picture: &RgbaImage, opacity: Percent) -> Sprite {
        let even = |n: u32| n.next_multiple_of(2);
        let (width, height) = (even(picture.width()), even(picture.height()));
        Sprite::build(width, height, |x, y| {
            let [r, g, b, a] = picture.get_pixel_checked(x, y).map_or([0; 4], |pixel| pixel.0);
            (bt709([r, g, b]).map(f32::from), f32::from(a) * f32::from(opacity.get()) / 25_500.0)
        })
    }

    /// Of letters with the ground behind them.
    pub fn of_letters(letters: &Coverage, ink: Ink) -> Sprite {
        let (colour, ground) = (bt709(ink.colour.0), bt709(ink.ground.0));
        let behind = f32::from(ink.ground_opacity.get()) / 100.0;
        Sprite::build(letters.width, letters.height, |x, y| {
            let covered = f32::from(letters.amounts[(y * letters.width + x) as usize]) / 255.0;
            let rest = (1.0 - covered) * behind;
            let amount = covered + rest;
            let part = if amount > 0.0 { covered / amount } else { 0.0 };
            let mixed = |n: usize| f32::from(colour[n]) * part + f32::from(ground[n]) * (1.0 - part);
            ([0, 1, 2].map(mixed), amount)
        })
    }

    /// From each pixel's colour and amount. A block's chroma is the mean of its pixels, each as much as it is seen.
    fn build(width: u32, height: u32, at: impl Fn(u32, u32) -> ([f32; 3], f32)) -> Sprite {
        let (all, blocks) = ((width * height) as usize, (width * height / 4) as usize);
        let mut planes = [Vec::with_capacity(all), Vec::with_capacity(blocks), Vec::with_capacity(blocks)];
        let mut amounts = [Vec::with_capacity(all), Vec::with_capacity(blocks)];
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let (colour, amount) = at(x, y);
            planes[0].push(byte(colour[0]));
            amounts[0].push(byte(amount * 255.0));
        }
        for (y, x) in (0..height / 2).flat_map(|y| (0..width / 2).map(move |x| (y, x))) {
            let block = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| at(2 * x + dx, 2 * y + dy));
            let seen: f32 = block.iter().map(|(_, amount)| amount).sum();
            let mean = |n: usize| block.iter().map(|(c, amount)| c[n] * amount).sum::<f32>() / seen;
            for n in [1, 2] {
                planes[n].push(if seen > 0.0 { byte(mean(n)) } else { 128 });
            }
            amounts[1].push(byte(seen * 255.0 / 4.0));
        }
        Sprite { width, height, planes, amounts }
    }

    /// Draws it with its upper left pixel at `x`, `y`, even numbers; what lies outside is left out.
    pub fn draw(&self, canvas: &mut Canvas<'_>, x: u32, y: u32) {
        for plane in 0..3 {
            let half = if plane == 0 { 1 } else { 2 };
            let (x, y) = (x as usize / half, y as usize / half);
            let width = self.width as usize / half;
            let rows = self.planes[plane].chunks_exact(width).zip(self.amounts[half - 1].chunks_exact(width));
            for (n, (colours, amounts)) in rows.enumerate() {
                let beneath = canvas.row(plane, x, y + n, width);
                for ((beneath, colour), amount) in beneath.iter_mut().zip(colours).zip(amounts) {
                    *beneath = mix(*beneath, *colour, to_256(*amount));
                }
            }
        }
    }
}

/// A line of letters, of which a window is shown that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// Pixels across, even; both ends are empty for two pixels at least.
    width: u32,
    height: u32,
    luma: Vec<u8>,
    /// For windows that begin at an even column, and at an odd one: the second is shifted by one pixel to the right.
    chroma: [Vec<u8>; 2],
}

/// Empty pixels at both ends of a strip.
pub const STRIP_PAD: u32 = 2;

/// How a strip is shown.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Uppermost row, even.
    pub top: u32,
    /// The strip's column at the picture's left edge; may lie outside of the strip.
    pub first: i64,
    /// Whether the strip follows upon itself; if not, both sides of it are the bare band.
    pub round: bool,
}

/// A band's colours, as they are mixed.
#[derive(Debug, Clone, Copy)]
pub struct Colours {
    letters: [u8; 3],
    ground: [u8; 3],
    amount: u16,
}

impl From<Ink> for Colours {
    fn from(ink: Ink) -> Colours {
        let Ink { colour: Rgb(letters), ground: Rgb(ground), ground_opacity, .. } = ink;
        Colours { letters: bt709(letters), ground: bt709(ground), amount: percent_to_256(ground_opacity) }
    }
}

impl Strip {
    /// Of a line that was set with two empty pixels at both ends.
    pub fn new(line: Coverage) -> Strip {
        let (width, height) = (line.width as usize, line.height as usize);
        let amount = |x: usize, y: usize| u16::from(line.amounts.get(y * width + x).copied().unwrap_or(0));
        let shifted = |by: usize| {
            let mut chroma = Vec::with_capacity(width * height / 4);
            for (y, x) in (0..height / 2).flat_map(|y| (0..width / 2).map(move |x| (2 * y, 2 * x))) {
                // Shifted, the first block is half before the strip, where it is as empty as at its beginning.
                let columns = [x.saturating_sub(by), x + 1 - by];
                let sum: u16 = columns.iter().map(|x| amount(*x, y) + amount(*x, y + 1)).sum();
                chroma.push(((sum + 2) / 4) as u8);
            }
            chroma
        };
        let chroma = [shifted(0), shifted(1)];
        Strip { width: line.width, height: line.height, luma: line.amounts, chroma }
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.luma.len() + self.chroma.iter().map(Vec::len).sum::<usize>()
    }

    /// Draws the band, across the whole picture, and the letters on it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, window: Window, colours: Colours) {
        let odd = window.first.rem_euclid(2) as usize;
        for plane in 0..3 {
            let half = if plane == 0 { 1 } else { 2 };
            let amounts = if plane == 0 { &self.luma } else { &self.chroma[odd] };
            let (width, height) = (self.width as usize / half, self.height as usize / half);
            let across = canvas.size(plane).0;
            // A window from column 7 on begins with the shifted block of columns 7 and 8, the fourth.
            let first = if plane == 0 { window.first } else { (window.first + odd as i64) / 2 };
            let colours = (colours.letters[plane], colours.ground[plane], colours.amount);
            for row in 0..height {
                let beneath = canvas.row(plane, 0, window.top as usize / half + row, across);
                draw_row(beneath, &amounts[row * width..][..width], first, window.round, colours);
            }
        }
    }
}

/// One row of a band: `first` is the column of `amounts` at the left end.
fn draw_row(mut beneath: &mut [u8], amounts: &[u8], first: i64, round: bool, colours: (u8, u8, u16)) {
    let width = amounts.len() as i64;
    let mut column = if round { first.rem_euclid(width) } else { first };
    while !beneath.is_empty() {
        let rest = beneath.len() as i64;
        let (run, letters) = match column {
            before if before < 0 => ((-before).min(rest), None),
            after if after >= width => (rest, None),
            inside => ((width - inside).min(rest), amounts.get(inside as usize..)),
        };
        let (now, later) = beneath.split_at_mut(run as usize);
        draw_run(now, letters, colours);
        beneath = later;
        column += run;
        if round && column >= width {
            column = 0;
        }
    }
}

fn draw_run(beneath: &mut [u8], letters: Option<&[u8]>, (colour, ground, amount): (u8, u8, u16)) {
    match (letters, amount) {
        (None, 256) => beneath.fill(ground),
        (None, _) => beneath.iter_mut().for_each(|b| *b = mix(*b, ground, amount)),
        (Some(letters), 256) => {
            for (beneath, covered) in beneath.iter_mut().zip(letters) {
                *beneath = mix(ground, colour, to_256(*covered));
            }
        }
        (Some(letters), _) => {
            for (beneath, covered) in beneath.iter_mut().zip(letters) {
                *beneath = mix(mix(*beneath, ground, amount), colour, to_256(*covered));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RASTER: Raster = Raster { width: 32, height: 8 };

    fn grey() -> Vec<u8> {
        RASTER.plain([100, 120, 140]).to_vec()
    }

    fn luma(bytes: &[u8], x: usize, y: usize) -> u8 {
        bytes[y * 32 + x]
    }

    fn full(amount: u8) -> Percent {
        Percent::new(amount).expect("a percentage")
    }

    #[test]
    fn a_logo_lies_where_it_should_half_seen_and_nothing_else_changes() {
        let red = RgbaImage::from_pixel(3, 2, image::Rgba([255, 0, 0, 255]));
        let mut bytes = grey();
        Sprite::of_picture(&red, full(50)).draw(&mut Canvas::new(RASTER, &mut bytes), 10, 4);
        // Red is 63, 102, 240 in BT.709 video range; half of it and half of the ground.
        let half = |x, y| luma(&bytes, x, y).abs_diff(82) <= 1;
        assert!(half(10, 4) && half(12, 5), "{}", luma(&bytes, 10, 4));
        assert_eq!((luma(&bytes, 13, 4), luma(&bytes, 9, 4), luma(&bytes, 10, 6)), (100, 100, 100));
        let blue = |x: usize, y: usize| bytes[256 + y * 16 + x];
        assert!(blue(5, 2).abs_diff(111) <= 1 && blue(4, 2) == 120, "{} {}", blue(5, 2), blue(4, 2));
        // Of the second block only one column is the logo's: a quarter is mixed in.
        assert!(blue(6, 2).abs_diff(116) <= 1, "{}", blue(6, 2));
    }

    #[test]
    fn a_sprite_that_reaches_beyond_the_picture_is_cut() {
        let white = RgbaImage::from_pixel(8, 8, image::Rgba([255; 4]));
        let mut bytes = grey();
        Sprite::of_picture(&white, Percent::FULL).draw(&mut Canvas::new(RASTER, &mut bytes), 28, 6);
        assert_eq!((luma(&bytes, 31, 7), luma(&bytes, 0, 7), luma(&bytes, 27, 7)), (235, 100, 100));
        Sprite::of_picture(&white, Percent::FULL).draw(&mut Canvas::new(RASTER, &mut bytes), 400, 400);
    }

    /// A strip of 12 columns with one covered column, the sixth.
    fn strip() -> Strip {
        let amounts = (0..4).flat_map(|_| (0..12).map(|x| if x == 5 { 255 } else { 0 })).collect();
        Strip::new(Coverage { width: 12, height: 4, amounts })
    }

    fn ink(opacity: u8) -> Colours {
        let ground_opacity = full(opacity);
        Colours::from(Ink { letters_px: 2, colour: Rgb([255; 3]), ground: Rgb([0; 3]), ground_opacity })
    }

    fn lit(first: i64, round: bool) -> Vec<usize> {
        let mut bytes = grey();
        strip().draw(&mut Canvas::new(RASTER, &mut bytes), Window { top: 2, first, round }, ink(100));
        assert_eq!((luma(&bytes, 0, 1), luma(&bytes, 31, 6)), (100, 100), "above and below");
        (0..32).filter(|x| luma(&bytes, *x, 3) == 235).collect()
    }

    #[test]
    fn a_window_shows_the_strip_from_its_column_on_once_or_round_and_round() {
        assert_eq!(lit(0, false), [5]);
        assert_eq!(lit(-20, false), [25]);
        assert_eq!((lit(6, false), lit(-32, false), lit(12, false)), (vec![], vec![], vec![]));
        assert_eq!(lit(0, true), [5, 17, 29]);
        assert_eq!((lit(7, true), lit(-1, true)), (vec![10, 22], vec![6, 18, 30]));
    }

    #[test]
    fn chroma_goes_with_its_letters_at_odd_columns_too() {
        // Letters of pure blue on black: chroma is theirs alone.
        let ink = Ink { letters_px: 2, colour: Rgb([0, 0, 255]), ground: Rgb([0; 3]), ground_opacity: Percent::FULL };
        for first in -6..20 {
            let mut bytes = grey();
            let window = Window { top: 2, first, round: true };
            strip().draw(&mut Canvas::new(RASTER, &mut bytes), window, Colours::from(ink));
            let covered: Vec<usize> = (0..32).filter(|x| luma(&bytes, *x, 2) > 20).map(|x| x / 2).collect();
            let blue: Vec<usize> = (0..16).filter(|x| bytes[256 + 16 + x] > 140).collect();
            assert_eq!(blue, covered, "from column {first}");
        }
    }

    #[test]
    fn a_band_that_is_half_seen_leaves_half_of_the_picture() {
        let mut bytes = grey();
        strip().draw(&mut Canvas::new(RASTER, &mut bytes), Window { top: 0, first: 0, round: false }, ink(50));
        assert_eq!((luma(&bytes, 0, 0), luma(&bytes, 20, 0)), (58, 58));
        assert_eq!((luma(&bytes, 5, 0), luma(&bytes, 0, 4)), (235, 100));
    }
}
