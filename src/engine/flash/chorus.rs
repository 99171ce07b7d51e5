//! Which changes belong together. A flash changes a part of the picture at one time and one way; what moves through the
//! picture changes each spot at a time of its own, as much one way as the other.

use std::collections::VecDeque;

use super::grid::{FIELDS, TILES, Tiles};

/// A change of one sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) sample: u32,
    pub(super) tile: u8,
    pub(super) up: bool,
    /// The picture with which it began.
    pub(super) began: u32,
}

/// Changes of the last moments, by the pictures that completed them.
#[derive(Debug, Clone)]
pub(super) struct Chorus {
    recent: VecDeque<Moment>,
    whole: Tiles<u32>,
    enough: Enough,
}

/// How much has to change together.
#[derive(Debug, Clone, Copy)]
pub(super) enum Enough {
    /// A share of the whole picture, wherever it lies.
    OfPicture(f64),
    /// A share of some field, a third of the picture wide and high.
    OfField(f64),
}

#[derive(Debug, Clone)]
struct Moment {
    at_ms: u32,
    /// Those that were not handed on yet.
    changes: Vec<Change>,
    /// More ups than downs in each tile, or fewer; whether handed on or not.
    surplus: Tiles<i32>,
}

impl Chorus {
    /// Of samples of which so many lie in each tile.
    pub(super) fn new(whole: Tiles<u32>, enough: Enough) -> Chorus {
        Chorus { recent: VecDeque::new(), whole, enough }
    }

    /// Takes the changes that a picture completed; hands on those that belong to a chorus by now.
    pub(super) fn push(&mut self, at_ms: u32, changes: &[Change], mut hand_on: impl FnMut(Change)) {
        while self.recent.front().is_some_and(|old| at_ms - old.at_ms > super::MOMENT_MS) {
            self.recent.pop_front();
        }
        let mut surplus = [0; TILES * TILES];
        for change in changes {
            surplus[usize::from(change.tile)] += if change.up { 1 } else { -1 };
        }
        self.recent.push_back(Moment { at_ms, changes: changes.to_vec(), surplus });
        // The newest alone first, then with the ones before: what changes in every picture must not even out with them.
        let mut together = [0; TILES * TILES];
        for first in (0..self.recent.len()).rev() {
            together.iter_mut().zip(self.recent[first].surplus).for_each(|(sum, new)| *sum += new);
            let ways = self.ways(&together);
            if ways.iter().all(|way| *way == 0) {
                continue;
            }
            for moment in self.recent.range_mut(first..) {
                moment.changes.retain(|change| {
                    let way = ways[usize::from(change.tile)];
                    let belongs = if change.up { way > 0 } else { way < 0 };
                    if belongs {
                        hand_on(*change);
                    }
                    !belongs
                });
            }
        }
    }

    /// The way in which each tile takes part in a chorus; 0: in none.
    fn ways(&self, surplus: &Tiles<i32>) -> Tiles<i32> {
        let mut ways = [0; TILES * TILES];
        match self.enough {
            Enough::OfPicture(share) => {
                let mut together = 0;
                for field in FIELDS.iter().filter(|field| field.apart) {
                    let net: i32 = field.tiles.iter().map(|tile| surplus[*tile]).sum();
                    together += net.unsigned_abs();
                    field.tiles.iter().for_each(|tile| ways[*tile] = net);
                }
                let samples: u32 = self.whole.iter().sum();
                if f64::from(together) <= share * f64::from(samples) {
                    ways = [0; TILES * TILES];
                }
            }
            Enough::OfField(share) => {
                for field in &FIELDS {
                    let net: i32 = field.tiles.iter().map(|tile| surplus[*tile]).sum();
                    let samples: u32 = field.tiles.iter().map(|tile| self.whole[*tile]).sum();
                    if f64::from(net.unsigned_abs()) > share * f64::from(samples) {
                        field.tiles.iter().for_each(|tile| ways[*tile] = net);
                    }
                }
            }
        }
        ways
    }
}
