//! Which pixels are looked at, and to which tiles of the picture they belong.

use std::ops::Range;

use super::Planes;

/// Pixels looked at in a picture, about. A quarter of the picture is then known to a fifth of a percent.
const SAMPLES: usize = 40_000;
/// Rows looked at, about: what flashes often has straight edges, and a row more or less should not matter.
const ROWS: usize = 400;
/// Tiles per side.
pub(super) const TILES: usize = 6;
/// Something of each tile.
pub(super) type Tiles<T> = [T; TILES * TILES];

/// A third of the picture wide and high.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) tiles: [usize; 4],
    /// One of the nine that cover the picture without overlapping.
    pub(super) apart: bool,
}

/// Every field, also those that overlap.
pub(super) const FIELDS: [Field; (TILES - 1) * (TILES - 1)] = fields();

const fn fields() -> [Field; (TILES - 1) * (TILES - 1)] {
    let mut fields = [Field { tiles: [0; 4], apart: false }; (TILES - 1) * (TILES - 1)];
    let mut number = 0;
    while number < fields.len() {
        let (top, left) = (number / (TILES - 1), number % (TILES - 1));
        let first = top * TILES + left;
        fields[number].tiles = [first, first + 1, first + TILES, first + TILES + 1];
        fields[number].apart = top % 2 == 0 && left % 2 == 0;
        number += 1;
    }
    fields
}

/// Where samples lie.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub(super) size: (usize, usize),
    /// Pixel of luma of each sample.
    luma: Vec<u32>,
    /// Pixel of chroma of each sample.
    chroma: Vec<u32>,
    tiles: Vec<u8>,
}

/// Code values of samples, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    pub(super) luma: Vec<u8>,
    pub(super) blue: Vec<u8>,
    pub(super) red: Vec<u8>,
}

impl Codes {
    /// Luma, Cb and Cr of neighbouring samples.
    pub(super) fn run(&self, run: &Range<usize>) -> [&[u8]; 3] {
        [&self.luma[run.clone()], &self.blue[run.clone()], &self.red[run.clone()]]
    }
}

impl Grid {
    pub(super) fn of(picture: &Planes<'_>) -> Grid {
        /// Moves the samples of each row by another part of their distance, so that no upright edge hits many at once.
        const GOLDEN: f64 = 0.618_033_988_75;
        let (width, height) = (picture.width, picture.height);
        let step = if width * height <= SAMPLES { 1 } else { ((height + ROWS / 2) / ROWS).max(1) };
        let rows = height.div_ceil(step).max(1);
        let columns = if width * height <= SAMPLES { width } else { (SAMPLES / rows).clamp(1, width) };
        let spots = rows * columns;
        let (luma, chroma, tiles) = (Vec::with_capacity(spots), Vec::with_capacity(spots), Vec::with_capacity(spots));
        let mut grid = Grid { size: (width, height), luma, chroma, tiles };
        for row in 0..rows {
            let y = (row * step + step / 2).min(height - 1);
            let shift = if columns == width { 0.0 } else { (row as f64 * GOLDEN).fract() };
            for column in 0..columns {
                let x = (((column as f64 + shift) * width as f64 / columns as f64) as usize).min(width - 1);
                grid.luma.push((y * width + x) as u32);
                grid.chroma.push((y / 2 * width.div_ceil(2) + x / 2) as u32);
                grid.tiles.push((y * TILES / height * TILES + x * TILES / width) as u8);
            }
        }
        grid
    }

    /// How many samples there are.
    pub(super) fn samples(&self) -> usize {
        self.tiles.len()
    }

    /// The tile that a sample lies in.
    pub(super) fn tile(&self, sample: usize) -> u8 {
        self.tiles[sample]
    }

    /// The code values of a picture where its samples lie.
    pub(super) fn read(&self, picture: &Planes<'_>, codes: &mut Codes) {
        let read = |into: &mut Vec<u8>, plane: &[u8], spots: &[u32]| {
            into.clear();
            into.extend(spots.iter().map(|spot| plane[*spot as usize]));
        };
        read(&mut codes.luma, picture.luma, &self.luma);
        read(&mut codes.blue, picture.blue, &self.chroma);
        read(&mut codes.red, picture.red, &self.chroma);
    }

    /// How many samples lie in each tile.
    pub(super) fn whole(&self) -> Tiles<u32> {
        let mut whole = [0; TILES * TILES];
        self.tiles.iter().for_each(|tile| whole[usize::from(*tile)] += 1);
        whole
    }
}
