//! The numbered test card: on it an installer sees whether each pixel of the wall is where it should be.

use super::picture::{BLACK, Picture, Raster};

/// Side of a square, pixels: the side of a common LED cabinet, or half of it on a small wall.
const SQUARE: usize = 64;
const SMALL_SQUARE: usize = 32;
/// Walls narrower than this get small squares.
const SMALL_WALL: u32 = 640;
/// Code values of the squares in turn, of their frames and digits, and of the outermost pixels.
const SQUARES: [u8; 2] = [56, 90];
const LINES: u8 = 150;
const WHITE: u8 = 235;
/// Rows of the digits 0 to 9, three pixels each.
const DIGITS: [[u8; 5]; 10] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 3, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 2, 2, 2],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
];

/// The card of a raster.
#[derive(Debug)]
pub struct Card {
    raster: Raster,
    still: Vec<u8>,
}

impl Card {
    /// Squares numbered from the upper left, each with a frame of one pixel, and one white pixel all around.
    pub fn new(raster: Raster) -> Card {
        let mut card = Card { raster, still: raster.plain(BLACK).to_vec() };
        let side = if raster.width < SMALL_WALL { SMALL_SQUARE } else { SQUARE };
        let across = (raster.width as usize).div_ceil(side);
        for n in 0..across * (raster.height as usize).div_ceil(side) {
            let (column, row) = (n % across, n / across);
            card.square(column * side, row * side, side, SQUARES[(column + row) % 2]);
            card.number(n + 1, column * side + 3, row * side + 3, side / 32 * 2);
        }
        let (right, bottom) = (raster.width as usize - 1, raster.height as usize - 1);
        (0..=right).for_each(|x| card.dot(x, 0, WHITE));
        (0..=right).for_each(|x| card.dot(x, bottom, WHITE));
        (0..=bottom).for_each(|y| card.dot(0, y, WHITE));
        (0..=bottom).for_each(|y| card.dot(right, y, WHITE));
        card
    }

    /// The card at a tick: a line that moves a pixel each shows that the picture is alive.
    pub fn at(&self, tick: i64) -> Picture {
        let mut picture = self.still.clone();
        let stride = self.raster.row_stride();
        let x = usize::try_from(tick.rem_euclid(i64::from(self.raster.width))).unwrap_or(0);
        (0..self.raster.height as usize).for_each(|y| picture[y * stride + x] = WHITE);
        Picture::packed(self.raster, picture)
    }

    fn square(&mut self, left: usize, top: usize, side: usize, value: u8) {
        for y in 0..side {
            for x in 0..side {
                let edge = x == 0 || y == 0 || x == side - 1 || y == side - 1;
                self.dot(left + x, top + y, if edge { LINES } else { value });
            }
        }
    }

    fn number(&mut self, number: usize, left: usize, top: usize, scale: usize) {
        for (n, digit) in number.to_string().bytes().enumerate() {
            for (row, bits) in DIGITS[usize::from(digit - b'0')].iter().enumerate() {
                for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                    let (x, y) = (left + (4 * n + column) * scale, top + row * scale);
                    (0..scale * scale).for_each(|dot| self.dot(x + dot % scale, y + dot / scale, WHITE));
                }
            }
        }
    }

    fn dot(&mut self, x: usize, y: usize, value: u8) {
        if x < self.raster.width as usize && y < self.raster.height as usize {
            self.still[y * self.raster.row_stride() + x] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_pixels_are_white_squares_are_numbered_and_a_line_moves() {
        let raster = Raster { width: 100, height: 70 };
        let card = Card::new(raster);
        let at = |tick: i64, x: usize, y: usize| card.at(tick).planes()[0][y * 100 + x];
        assert_eq!((at(50, 0, 0), at(50, 99, 69), at(50, 99, 30), at(50, 31, 10)), (WHITE, WHITE, WHITE, LINES));
        // The 1 of the first square: its middle column, not its corner.
        assert_eq!((at(50, 5, 3), at(50, 3, 3)), (WHITE, SQUARES[0]));
        assert_eq!((at(7, 7, 60), at(8, 7, 60)), (WHITE, SQUARES[1]));
    }
}
