//! What each sample remembers: where its light turned, and when it changed for the last times.

use std::collections::VecDeque;

use super::grid::{FIELDS, TILES, Tiles};

/// Opposing changes that make more than three flashes: three pairs, and the change that begins the fourth.
const TOO_MANY: usize = 7;
/// Changes remembered, a power of two.
const REMEMBERED: usize = 8;

/// Follows one quantity of every sample from one turning point to the next.
///
/// Values come in runs of neighbouring samples. Of most of them there is nothing to tell, so a run is first asked whether
/// anything turned in it, and then brought up to date without a branch: that is what a processor does for many at a time.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    /// The highest or lowest value since the last change; at first the first value.
    extreme: Vec<u16>,
    /// Where the last change went.
    way: Vec<Way>,
    /// The last picture in which the value was about the extreme.
    near: Vec<u32>,
    change: u16,
    dark: u16,
}

/// A change that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) up: bool,
    /// The picture with which it began.
    pub(super) began: u32,
}

/// As wide as a value, so that both are looked at side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
enum Way {
    Nowhere,
    Up,
    Down,
}

impl Turns {
    /// Changes of at least `change` count where the darker side is below `dark`.
    pub(super) fn new(samples: usize, change: u16, dark: u16) -> Turns {
        Turns { extreme: vec![0; samples], way: vec![Way::Nowhere; samples], near: vec![0; samples], change, dark }
    }

    /// Takes the values of the samples from `first` on in the first picture.
    pub(super) fn begin(&mut self, first: usize, picture: u32, values: &[u16]) {
        self.extreme[first..][..values.len()].copy_from_slice(values);
        self.near[first..][..values.len()].fill(picture);
    }

    /// The values of so many samples from `first` on are what they were in the picture before.
    pub(super) fn stay(&mut self, first: usize, picture: u32, samples: usize) {
        for near in &mut self.near[first..][..samples] {
            *near += u32::from(*near + 1 == picture);
        }
    }

    /// Takes the values of the samples from `first` on in a picture; hands on each change that they complete, with its
    /// sample.
    #[inline]
    pub(super) fn push(&mut self, first: usize, picture: u32, values: &[u16], mut turned: impl FnMut(usize, Turn)) {
        let length = values.len();
        let (extremes, ways) = (&mut self.extreme[first..][..length], &mut self.way[first..][..length]);
        let nears = &mut self.near[first..][..length];
        let (change, dark, about) = (self.change, self.dark, self.change / 10);
        let went_up = |value: u16, extreme: u16, way: Way| {
            (value >= extreme.saturating_add(change)) & (extreme < dark) & (way != Way::Up)
        };
        let went_down = |value: u16, extreme: u16, way: Way| {
            (value <= extreme.saturating_sub(change)) & (extreme >= change) & (value < dark) & (way != Way::Down)
        };
        let mut any = false;
        for ((value, extreme), way) in values.iter().zip(&*extremes).zip(&*ways) {
            any |= went_up(*value, *extreme, *way) | went_down(*value, *extreme, *way);
        }
        if any {
            for n in 0..length {
                let (value, extreme, way) = (values[n], extremes[n], ways[n]);
                let up = went_up(value, extreme, way);
                if up || went_down(value, extreme, way) {
                    turned(first + n, Turn { up, began: nears[n] + 1 });
                    (extremes[n], ways[n]) = (value, if up { Way::Up } else { Way::Down });
                }
            }
        }
        for (((value, extreme), way), near) in values.iter().zip(extremes).zip(&*ways).zip(nears) {
            let (up, down) = (*way == Way::Up, *way == Way::Down);
            let about_it =
                ((value.saturating_add(about) >= *extreme) | down) & ((*value <= extreme.saturating_add(about)) | up);
            *near = if about_it { picture } else { *near };
            let highest = if up { *value } else { 0 };
            let lowest = if down { *value } else { u16::MAX };
            *extreme = (*extreme).max(highest).min(lowest);
        }
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
