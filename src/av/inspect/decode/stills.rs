//! Small pictures of a clip, upright, taken on the way through the one decode: for its timeline, and of each place where
//! something was found.

use image::RgbImage;

use crate::domain::asset::{Measured, MsSpan, Still};
use crate::domain::colour::Colour;
use crate::engine::flash::Planes;

/// Longer side of a still, pixels: as large as a timeline shows it.
const LONGER_SIDE: usize = 192;
/// Time between two stills that are held until it is known which of them are wanted, milliseconds.
const EVERY_MS: u64 = 250;
/// Stills of the timeline.
const ON_TIMELINE: u64 = 12;
/// Most stills of places where something was found.
const MOST_FOUND: usize = 24;

/// Stills that are held as pixels, 62 kB each: of a short clip few are wanted, and the others need not be coded.
const HELD_AS_PIXELS: usize = 48;

/// Takes stills.
pub(super) struct Stills {
    colour: Colour,
    rotation_deg: u16,
    taken: Vec<Taken>,
}

struct Taken {
    at_ms: u64,
    picture: Held,
}

enum Held {
    Pixels(RgbImage),
    Jpeg(Vec<u8>),
}

impl Stills {
    pub(super) fn new(colour: Colour, rotation_deg: u16) -> Stills {
        Stills { colour, rotation_deg, taken: Vec::new() }
    }

    pub(super) fn push(&mut self, at_ms: u64, picture: Planes<'_>) {
        let due = self.taken.last().is_none_or(|last| at_ms / EVERY_MS > last.at_ms / EVERY_MS);
        if due && let Some(pixels) = self.small(picture) {
            let held = if self.taken.len() < HELD_AS_PIXELS {
                Some(Held::Pixels(pixels))
            } else {
                jpeg(&pixels).map(Held::Jpeg)
            };
            self.taken.extend(held.map(|picture| Taken { at_ms, picture }));
        }
    }

    /// Those that are wanted, in the order of time.
    pub(super) fn finish(self, duration_ms: u64, measured: &Measured) -> Vec<Still> {
        let mut wanted: Vec<u64> = (0..ON_TIMELINE).map(|n| (2 * n + 1) * duration_ms / (2 * ON_TIMELINE)).collect();
        wanted.extend(found(measured).take(MOST_FOUND).map(|span| span.start_ms));
        let Some(last) = self.taken.len().checked_sub(1) else { return Vec::new() };
        // The first that shows what was found; the one before does not yet.
        let first = |at: &u64| self.taken.iter().position(|still| still.at_ms >= *at).unwrap_or(last);
        let mut numbers: Vec<usize> = wanted.iter().map(first).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let still = |Taken { at_ms, picture }: &Taken| {
            let jpeg = match picture {
                Held::Pixels(pixels) => jpeg(pixels)?,
                Held::Jpeg(jpeg) => jpeg.clone(),
            };
            Some(Still { at_ms: *at_ms, jpeg })
        };
        numbers.into_iter().filter_map(|number| still(&self.taken[number])).collect()
    }

    fn small(&self, picture: Planes<'_>) -> Option<RgbImage> {
        let Planes { width, height, .. } = picture;
        let turned = self.rotation_deg % 180 == 90;
        let (wide, high) = if turned { (height, width) } else { (width, height) };
        let longer = wide.max(high).max(LONGER_SIDE);
        let (small_wide, small_high) = ((wide * LONGER_SIDE / longer).max(1), (high * LONGER_SIDE / longer).max(1));
        let mut rgb = Vec::with_capacity(small_wide * small_high * 3);
        for y in 0..small_high {
            for x in 0..small_wide {
                let (x, y) = ((2 * x + 1) * wide / (2 * small_wide), (2 * y + 1) * high / (2 * small_high));
                let (x, y) = match self.rotation_deg {
                    90 => (y, height - 1 - x),
                    180 => (width - 1 - x, height - 1 - y),
                    270 => (width - 1 - y, x),
                    _ => (x, y),
                };
                rgb.extend(self.rgb(picture, x, y));
            }
        }
        RgbImage::from_raw(small_wide as u32, small_high as u32, rgb)
    }

    fn rgb(&self, picture: Planes<'_>, x: usize, y: usize) -> [u8; 3] {
        let chroma = y / 2 * picture.width.div_ceil(2) + x / 2;
        let (black, luma_scale, chroma_scale) =
            if self.colour.full_range { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
        let luma = (f32::from(picture.luma[y * picture.width + x]) - black) * luma_scale;
        let [blue, red] = [picture.blue[chroma], picture.red[chroma]].map(|c| (f32::from(c) - 128.0) * chroma_scale);
        let [kr, kg, kb] = self.colour.matrix.weights().map(|weight| weight as f32);
        let (from_red, from_blue) = (2.0 * (1.0 - kr) * red, 2.0 * (1.0 - kb) * blue);
        let green = luma - from_red * kr / kg - from_blue * kb / kg;
        [luma + from_red, green, luma + from_blue].map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
    }
}

fn jpeg(pixels: &RgbImage) -> Option<Vec<u8>> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut jpeg, image::ImageFormat::Jpeg).ok()?;
    Some(jpeg.into_inner())
}

/// Where something was found, the gravest first.
fn found(measured: &Measured) -> impl Iterator<Item = MsSpan> {
    let flashes = measured.flash.iter().chain(&measured.doubtful_flash).map(|flash| flash.span);
    let spans = [&measured.black, &measured.freeze, &measured.out_of_range].into_iter().flatten().copied();
    flashes.chain(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(luma: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let mut pixels: Vec<u8> = (0..64 * 36).map(|n| luma(n % 64, n / 64)).collect();
        pixels.resize(Planes::bytes(64, 36), 128);
        pixels
    }

    #[test]
    fn a_still_stands_upright_and_one_is_kept_of_each_place_where_something_was_found() {
        let mut stills = Stills::new(Colour::HOUSE, 90);
        let lit_left = picture(|x, _| if x < 8 { 235 } else { 16 });
        for at_ms in (0..10_000).step_by(40) {
            stills.push(at_ms, Planes::of(&lit_left, 64, 36).expect("whole planes"));
        }
        let black = vec![MsSpan { start_ms: 3333, end_ms: 4000 }];
        let kept = stills.finish(10_000, &Measured { black, ..Measured::default() });
        assert!(kept.len() <= 13 && kept.iter().any(|still| (3333..3600).contains(&still.at_ms)), "{}", kept.len());
        let shown = image::load_from_memory(&kept[0].jpeg).expect("a JPEG").to_luma8();
        // A quarter turn clockwise brings the left edge to the top.
        assert!(
            shown.height() > shown.width() && shown.get_pixel(10, 1).0[0] > 200 && shown.get_pixel(10, 30).0[0] < 40
        );
    }
}
