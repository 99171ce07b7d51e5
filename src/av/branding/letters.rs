//! Letters as coverage: how much of each pixel they cover. Outlines come from a font file through `skrifa`; a line is set
//! once, never while a tick waits.

use std::path::{Path, PathBuf};

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// The face that is set, in the folder of fonts: bold, because a wall is read from afar.
pub const FACE: &str = "DejaVuSans-Bold.ttf";
/// Largest font file that is read, bytes.
const MOST_FONT_BYTES: u64 = 16 << 20;
/// Height of capitals in letter sizes, for a font that does not say: DejaVu's.
const CAPITALS: f32 = 0.73;
/// Most pixels of one line that is set: a ticker of 2000 characters in letters of 72 pixels has some 12 million.
const MOST_LINE_PIXELS: usize = 16 << 20;

/// Why letters can't be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LettersError {
    /// The font is not there or is no font.
    #[error("the font {path} can't be used: {why}")]
    Font {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The font has no such letter.
    #[error("the font has no letter {0:?}")]
    NoLetter(char),
    /// It would not fit into memory.
    #[error("the text is {0} pixels long, more than fit into memory at this size")]
    TooLong(u32),
}

/// A font, read.
#[derive(Debug)]
pub struct Letters {
    font: Vec<u8>,
}

/// How much of each pixel is covered, 0 to 255, row by row. Both sides are even.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The amounts.
    pub amounts: Vec<u8>,
}

impl Letters {
    /// Reads [`FACE`] from a folder.
    ///
    /// # Errors
    /// [`LettersError::Font`].
    pub fn load(folder: &Path) -> Result<Letters, LettersError> {
        let path = folder.join(FACE);
        let failed = |why: String| LettersError::Font { path: path.clone(), why };
        let bytes = std::fs::metadata(&path).map_err(|e| failed(e.to_string()))?.len();
        if bytes > MOST_FONT_BYTES {
            return Err(failed(format!("{bytes} bytes; a font has at most {MOST_FONT_BYTES}")));
        }
        let font = std::fs::read(&path).map_err(|e| failed(e.to_string()))?;
        FontRef::new(&font).map_err(|e| failed(e.to_string()))?;
        Ok(Letters { font })
    }

    fn face(&self) -> FontRef<'_> {
        FontRef::new(&self.font).expect("it was read before")
    }

    /// Sets a line: letters of `letters_px`, `height` pixels down with capitals in the middle, `pad` empty pixels at
    /// both ends.
    ///
    /// # Errors
    /// [`LettersError::NoLetter`] and [`LettersError::TooLong`].
    pub fn set(&self, text: &str, letters_px: u32, height: u32, pad: u32) -> Result<Coverage, LettersError> {
        let face = self.face();
        let size = Size::new(letters_px as f32);
        let (map, widths) = (face.charmap(), face.glyph_metrics(size, LocationRef::default()));
        let mut x = pad as f32;
        let mut placed = Vec::with_capacity(text.len());
        for c in text.chars() {
            let glyph = map.map(c).filter(|glyph| *glyph != GlyphId::NOTDEF).ok_or(LettersError::NoLetter(c))?;
            placed.push((glyph, x));
            x += widths.advance_width(glyph).unwrap_or(letters_px as f32);
        }
        let width = (x.ceil() as u32).saturating_add(pad).next_multiple_of(2);
        let height = height.next_multiple_of(2);
        if width as usize * height as usize > MOST_LINE_PIXELS {
            return Err(LettersError::TooLong(width));
        }
        let mut line = Coverage { width, height, amounts: vec![0; width as usize * height as usize] };
        let metrics = face.metrics(size, LocationRef::default());
        let capitals = metrics.cap_height.unwrap_or(CAPITALS * letters_px as f32);
        let baseline = ((height as f32 + capitals) / 2.0).round();
        let outlines = face.outline_glyphs();
        for (glyph, x) in placed {
            let mut path = Path2d::default();
            if let Some(outline) = outlines.get(glyph)
                && outline.draw(DrawSettings::unhinted(size, LocationRef::default()), &mut path).is_ok()
            {
                path.fill(x, baseline, &mut line);
            }
        }
        Ok(line)
    }
}

/// An outline's strokes, in the font's direction: y grows upwards.
#[derive(Default)]
struct Path2d {
    strokes: Vec<[Point; 4]>,
    start: Point,
    at: Point,
}

impl Path2d {
    fn curve(&mut self, first: Point, second: Point, to: Point) {
        self.strokes.push([self.at, first, second, to]);
        self.at = to;
    }

    /// Adds the glyph with its origin at `x` on the baseline.
    fn fill(&self, x: f32, baseline: f32, line: &mut Coverage) {
        let (mut low, mut high) = (point(f32::MAX, f32::MAX), point(f32::MIN, f32::MIN));
        for p in self.strokes.iter().flatten() {
            (low.x, low.y) = (low.x.min(p.x), low.y.min(p.y));
            (high.x, high.y) = (high.x.max(p.x), high.y.max(p.y));
        }
        if self.strokes.is_empty() {
            return;
        }
        // Whole pixels to the left of the glyph and above it; the rest of its place is drawn.
        let (left, top) = ((x + low.x).floor(), (baseline - high.y).floor());
        let (across, down) = ((x + high.x - left).ceil() as usize + 2, (baseline - low.y - top).ceil() as usize + 2);
        let mut raster = Rasterizer::new(across, down);
        let to = |p: Point| point(x + p.x - left, baseline - p.y - top);
        for [a, b, c, d] in &self.strokes {
            raster.draw_cubic(to(*a), to(*b), to(*c), to(*d));
        }
        let (width, height) = (i64::from(line.width), i64::from(line.height));
        raster.for_each_pixel_2d(|dx, dy, amount| {
            let (x, y) = (left as i64 + i64::from(dx), top as i64 + i64::from(dy));
            if (0..width).contains(&x) && (0..height).contains(&y) {
                let pixel = &mut line.amounts[(y * width + x) as usize];
                *pixel = pixel.saturating_add((amount * 255.0).round().clamp(0.0, 255.0) as u8);
            }
        });
    }
}

/// A point part of the way from one to another.
fn between(from: Point, to: Point, part: f32) -> Point {
    point(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part)
}

impl OutlinePen for Path2d {
    fn move_to(&mut self, x: f32, y: f32) {
        (self.start, self.at) = (point(x, y), point(x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let to = point(x, y);
        self.curve(between(self.at, to, 1.0 / 3.0), between(self.at, to, 2.0 / 3.0), to);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (bend, to) = (point(cx, cy), point(x, y));
        self.curve(between(self.at, bend, 2.0 / 3.0), between(to, bend, 2.0 / 3.0), to);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.curve(point(ax, ay), point(bx, by), point(x, y));
    }
    fn close(&mut self) {
        let start = self.start;
        self.line_to(start.x, start.y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Letters {
        Letters::load(Path::new("/usr/share/fonts/truetype/dejavu")).expect("fonts-dejavu-core is installed")
    }

    #[test]
    fn a_line_is_set_in_the_middle_with_its_pads_and_reads_as_letters() {
        let line = letters().set("IIII", 40, 64, 10).expect("set");
        assert!(line.width.is_multiple_of(2) && line.height == 64, "{} {}", line.width, line.height);
        let column = |x: u32| (0..64).map(|y| u32::from(line.amounts[(y * line.width + x) as usize])).sum::<u32>();
        assert!((0..9).all(|x| column(x) == 0), "the pad is empty");
        let strokes = (1..line.width).filter(|x| column(*x) > 4000 && column(*x - 1) <= 4000).count();
        assert_eq!(strokes, 4, "four upright strokes");
        let row = |y: u32| line.amounts[(y * line.width) as usize..][..line.width as usize].iter().any(|a| *a > 99);
        let (first, last) = ((0..64).find(|y| row(*y)), (0..64).rfind(|y| row(*y)));
        let (above, below) = (first.expect("ink"), 63 - last.expect("ink"));
        assert!(above.abs_diff(below) <= 1, "{above} above, {below} below");
    }

    #[test]
    fn what_the_font_does_not_have_and_what_is_too_long_is_said() {
        assert_eq!(letters().set("a漢", 40, 64, 0), Err(LettersError::NoLetter('漢')));
        assert!(matches!(letters().set(&"W".repeat(9000), 72, 120, 0), Err(LettersError::TooLong(_))));
        let missing = Letters::load(Path::new("/nowhere")).expect_err("no folder");
        assert!(missing.to_string().contains("/nowhere/DejaVuSans-Bold.ttf"), "{missing}");
    }
}
