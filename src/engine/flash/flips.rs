//! What each sample remembers: where its light turned, and when it changed for the last times.

use std::collections::VecDeque;

use super::grid::{FIELDS, TILES, Tiles};

/// Opposing changes that make more than three flashes: three pairs, and the change that begins the fourth.
const TOO_MANY: usize = 7;
/// Changes remembered, a power of two.
const REMEMBERED: usize = 8;

/// Follows one quantity of every sample from one turning point to the next.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    points: Vec<Point>,
    change: u16,
    dark: u16,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    /// The highest or lowest value since the last change; at first the first value.
    extreme: u16,
    /// Where the last change went.
    way: Way,
    /// The last picture in which the value was about the extreme.
    near: u32,
}

/// A change that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) up: bool,
    /// The picture with which it began.
    pub(super) began: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Unseen,
    Nowhere,
    Up,
    Down,
}

impl Turns {
    /// Changes of at least `change` count where the darker side is below `dark`.
    pub(super) fn new(samples: usize, change: u16, dark: u16) -> Turns {
        Turns { points: vec![Point { extreme: 0, way: Way::Unseen, near: 0 }; samples], change, dark }
    }

    /// The value of a sample is what it was in the picture before.
    #[inline]
    pub(super) fn stay(&mut self, sample: usize, picture: u32) {
        let near = &mut self.points[sample].near;
        *near += u32::from(*near + 1 == picture);
    }

    /// Takes the value of a sample in a picture; returns the change that it completes.
    #[inline]
    pub(super) fn push(&mut self, sample: usize, picture: u32, value: u16) -> Option<Turn> {
        let point = &mut self.points[sample];
        let extreme = point.extreme;
        let about = self.change / 10;
        let up = value >= extreme.saturating_add(self.change) && extreme < self.dark;
        let down = value <= extreme.saturating_sub(self.change) && extreme >= self.change && value < self.dark;
        let turned = match point.way {
            Way::Nowhere | Way::Down if up => Way::Up,
            Way::Nowhere | Way::Up if down => Way::Down,
            Way::Unseen => {
                *point = Point { extreme: value, way: Way::Nowhere, near: picture };
                return None;
            }
            Way::Nowhere => {
                if value.abs_diff(extreme) <= about {
                    point.near = picture;
                }
                return None;
            }
            Way::Up => {
                if value.saturating_add(about) >= extreme {
                    (point.extreme, point.near) = (extreme.max(value), picture);
                }
                return None;
            }
            Way::Down => {
                if value <= extreme.saturating_add(about) {
                    (point.extreme, point.near) = (extreme.min(value), picture);
                }
                return None;
            }
        };
        let began = point.near + 1;
        *point = Point { extreme: value, way: turned, near: picture };
        Some(Turn { up: turned == Way::Up, began })
    }
}

/// When each sample changed for the last times.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    /// Pictures with which changes began, [`REMEMBERED`] of each sample.
    began: Vec<u32>,
    made: Vec<u8>,
    /// The picture with which a row of flashes began that follow each other closely; 0: there is none.
    row: Vec<u32>,
}

/// What a change completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Completed {
    /// More than three flashes in a second: with which picture they began.
    pub(super) too_many: Option<u32>,
    /// Flashes that went on for too long: with which picture they began.
    pub(super) too_long: Option<u32>,
}

impl Changes {
    pub(super) fn new(samples: usize) -> Changes {
        Changes { began: vec![0; samples * REMEMBERED], made: vec![0; samples], row: vec![0; samples] }
    }

    /// Takes a change that began with one picture and is complete now. `times` has the time of every picture so far.
    pub(super) fn push(&mut self, sample: usize, began: u32, times: &[u32]) -> Completed {
        let now_ms = times.last().copied().unwrap_or(0);
        let at = |picture: u32| times.get(picture as usize).copied().unwrap_or(now_ms);
        let made = usize::from(self.made[sample]);
        let slot = |number: usize| sample * REMEMBERED + number % REMEMBERED;
        self.began[slot(made)] = began;
        let mut completed = Completed::default();
        if made + 1 >= TOO_MANY {
            let first = self.began[slot(made + 1 - TOO_MANY)];
            completed.too_many = (now_ms - at(first) < super::SECOND_MS).then_some(first);
        }
        // A leading edge is a change in the direction of the change before last.
        let follows = made >= 2 && at(began).saturating_sub(at(self.began[slot(made - 2)])) < super::APART_MS;
        if !follows || self.row[sample] == 0 {
            self.row[sample] = began.max(1);
        } else if now_ms - at(self.row[sample]) > super::SUSTAINED_MS {
            completed.too_long = Some(self.row[sample]);
        }
        // From here on the count only matters modulo the slots.
        let next = made + 1;
        self.made[sample] = if next >= 2 * REMEMBERED { (next - REMEMBERED) as u8 } else { next as u8 };
        completed
    }
}

/// Which part of the picture does something at one time.
#[derive(Debug, Clone)]
pub(super) struct Area {
    /// The picture in which each sample was seen at it last, counted from one; 0: never.
    seen: Vec<u32>,
    recent: VecDeque<Recent>,
    now: Tiles<u32>,
    whole: Tiles<u32>,
}

#[derive(Debug, Clone)]
struct Recent {
    picture: u32,
    at_ms: u32,
    tiles: Tiles<u32>,
}

impl Area {
    /// Of so many samples, of which so many lie in each tile.
    pub(super) fn new(samples: usize, whole: Tiles<u32>) -> Area {
        Area { seen: vec![0; samples], recent: VecDeque::new(), now: [0; TILES * TILES], whole }
    }

    /// A new picture: what was seen too long ago is no longer at one time with it.
    pub(super) fn next(&mut self, picture: u32, at_ms: u32) {
        while let Some(oldest) = self.recent.front().filter(|old| at_ms - old.at_ms > super::TOGETHER_MS) {
            self.now.iter_mut().zip(oldest.tiles).for_each(|(now, gone)| *now -= gone);
            self.recent.pop_front();
        }
        self.recent.push_back(Recent { picture, at_ms, tiles: [0; TILES * TILES] });
    }

    /// A sample that is at it in the newest picture.
    pub(super) fn add(&mut self, sample: usize, tile: u8) {
        let (Some(newest), Some(oldest)) = (self.recent.back(), self.recent.front()) else { return };
        let (newest, oldest, tile) = (newest.picture, oldest.picture, usize::from(tile));
        let before = self.seen[sample];
        if before > oldest && before <= newest {
            self.recent[(before - 1 - oldest) as usize].tiles[tile] -= 1;
            self.now[tile] -= 1;
        } else if before > newest {
            return; // it was counted in this very picture
        }
        self.seen[sample] = newest + 1;
        self.now[tile] += 1;
        if let Some(newest) = self.recent.back_mut() {
            newest.tiles[tile] += 1;
        }
    }

    /// Its share of the picture.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.now.iter().sum::<u32>()) / f64::from(self.whole.iter().sum::<u32>().max(1))
    }

    /// Its share of that field in which it is largest.
    pub(super) fn densest(&self) -> f64 {
        let shares = FIELDS.iter().map(|field| {
            let sum = |of: &Tiles<u32>| field.tiles.iter().map(|tile| of[*tile]).sum::<u32>();
            f64::from(sum(&self.now)) / f64::from(sum(&self.whole).max(1))
        });
        shares.fold(0.0, f64::max)
    }
}
