//! Many wishes at once: ruin and recreate. A few sessions that are near each other are taken out, and put back in another
//! order at the nearest free place; what makes the whole cheaper is kept, and at first also what makes it a little
//! dearer. Bounded by steps, never by time, and the order is a fixed sequence: the same wishes give the same bookings.

use std::cmp::Reverse;

use super::{Calendar, Candidate, House, Place, Second, Wish, candidates, covers, occupied};
use crate::domain::rotation::Stretch;

/// A wish and how much it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// What is wanted.
    pub wish: Wish,
    /// Its distance counts so many times, 1 to 1000.
    pub weight: u32,
}

/// Cost of a wish that is not met, times its weight: twice what the farthest place of a week costs.
pub const REFUSED: u32 = 200;

/// What the whole costs; lower is better.
pub fn cost(wishes: &[Weighed], places: &[Option<Place>]) -> u64 {
    let each = wishes.iter().zip(places).map(|(w, p)| w.weight * p.as_ref().map_or(REFUSED, |p| p.cost));
    each.map(u64::from).sum()
}

/// Places looked at in all, some 50 ms of a slow core. Thirty times as many change nothing for a week of 25 wishes, and
/// four percent for one of 40.
const MOST_LOOKS: u64 = 1_000_000;
/// Rounds at most: small batches stand still long before.
const MOST_ROUNDS: u64 = 15_000;

/// A candidate with all that does not change.
struct Spot {
    at: Candidate,
    room: usize,
    occupied: Stretch,
    /// Operators on shift for all of it.
    shift: Vec<usize>,
}

/// Where a wish is: the place of the spot in its list, and who operates.
type Put = Option<(usize, Vec<usize>)>;

struct State<'a> {
    house: &'a House,
    wishes: &'a [Weighed],
    spots: Vec<Vec<Spot>>,
    calendar: Calendar,
    puts: Vec<Put>,
    looks: u64,
    dice: Dice,
}

/// xorshift64*, a fixed sequence.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = u128::from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)) * n as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

impl<'a> State<'a> {
    fn new(house: &'a House, wishes: &'a [Weighed], calendar: Calendar) -> State<'a> {
        let spots_of = |w: &Weighed| {
            let spot = |at: Candidate| {
                let room = w.wish.rooms[at.choice];
                let occupied = occupied(&house.rooms[room], Stretch { start: at.start, end: at.start + w.wish.length });
                let works = |o: &&usize| covers(house.operators[**o].shift.get(at.day).copied().flatten(), occupied);
                let all: Vec<usize> = (0..house.operators.len()).collect();
                let shift = all.iter().filter(works).copied().collect::<Vec<_>>();
                (shift.len() >= w.wish.operators).then_some(Spot { at, room, occupied, shift })
            };
            candidates(house, &w.wish).into_iter().filter_map(spot).collect()
        };
        let spots = wishes.iter().map(spots_of).collect();
        let puts = vec![None; wishes.len()];
        State { house, wishes, spots, calendar, puts, looks: 0, dice: Dice(0x9e37_79b9_7f4a_7c15) }
    }

    fn cost_of(&self, wish: usize) -> u32 {
        let put = self.puts[wish].as_ref();
        self.wishes[wish].weight * put.map_or(REFUSED, |(spot, _)| self.spots[wish][*spot].at.cost)
    }
    fn cost(&self) -> i64 {
        (0..self.wishes.len()).map(|wish| i64::from(self.cost_of(wish))).sum()
    }

    fn place(&self, wish: usize) -> Option<Place> {
        let (spot, operators) = self.puts[wish].as_ref()?;
        let Spot { at, room, occupied, .. } = &self.spots[wish][*spot];
        let session = Stretch { start: at.start, end: at.start + self.wishes[wish].wish.length };
        let operators = operators.clone();
        Some(Place { day: at.day, room: *room, session, occupied: *occupied, cost: at.cost, operators })
    }

    /// What a wish that is met occupies.
    fn stands(&self, wish: usize) -> Option<Stretch> {
        self.puts[wish].as_ref().map(|(spot, _)| self.spots[wish][*spot].occupied)
    }

    fn take_out(&mut self, wish: usize) {
        if let Some(place) = self.place(wish) {
            self.calendar.free(self.house, &self.wishes[wish].wish, &place);
            self.puts[wish] = None;
        }
    }

    fn put_at(&mut self, wish: usize, put: Put) {
        self.take_out(wish);
        self.puts[wish] = put;
        if let Some(place) = self.place(wish) {
            self.calendar.take(self.house, &self.wishes[wish].wish, &place);
        }
    }

    /// Puts a wish at the nearest free place, now and then passing one over.
    fn put_back(&mut self, wish: usize, bold: bool) {
        let needed = self.wishes[wish].wish.operators;
        for number in 0..self.spots[wish].len() {
            self.looks += 1;
            let spot = &self.spots[wish][number];
            let (room, occupied) = (spot.room, spot.occupied);
            if !self.calendar.room_free(self.house, room, occupied) {
                continue;
            }
            let mut kinds = self.wishes[wish].wish.equipment.iter();
            if !kinds.all(|kind| self.calendar.stock_free(self.house, *kind, occupied)) {
                continue;
            }
            let mut free: Vec<usize> =
                spot.shift.iter().copied().filter(|o| self.calendar.operator_free(*o, occupied)).collect();
            if free.len() < needed || (bold && self.dice.one_in(12)) {
                continue;
            }
            while free.len() > needed {
                let gone = self.dice.below(free.len());
                free.remove(gone);
            }
            self.put_at(wish, Some((number, free)));
            return;
        }
    }

    /// Wishes near one of them: on its day first, then by distance of what they occupy.
    fn near(&mut self, count: usize) -> Vec<usize> {
        let placed: Vec<usize> = (0..self.puts.len()).filter(|w| self.puts[*w].is_some()).collect();
        let Some(middle) = self.pick(&placed) else { return Vec::new() };
        let start = |wish: usize| self.stands(wish).map_or(0, |s| s.start);
        let centre = start(middle);
        let mut by_distance: Vec<(Second, usize)> = placed.iter().map(|w| ((start(*w) - centre).abs(), *w)).collect();
        by_distance.sort_unstable();
        by_distance.into_iter().take(count).map(|(_, wish)| wish).collect()
    }

    fn pick(&mut self, from: &[usize]) -> Option<usize> {
        if from.is_empty() { None } else { Some(from[self.dice.below(from.len())]) }
    }

    /// Wishes that could be where one that stands badly wants to be.
    fn in_the_way_of_one(&mut self, count: usize) -> Vec<usize> {
        let sorry: Vec<usize> = (0..self.puts.len()).filter(|w| self.cost_of(*w) > self.wishes[*w].weight).collect();
        let Some(sorry) = self.pick(&sorry) else { return self.near(count) };
        let reach = self.spots[sorry].len().min(12);
        if reach == 0 {
            return self.near(count);
        }
        let wanted = self.spots[sorry][self.dice.below(reach)].occupied;
        let overlaps = |s: Stretch| s.start < wanted.end && wanted.start < s.end;
        let mut out: Vec<usize> =
            (0..self.puts.len()).filter(|w| *w != sorry && self.stands(*w).is_some_and(overlaps)).collect();
        out.push(sorry);
        if let Some(one) = self.pick(&(0..self.puts.len()).collect::<Vec<_>>()).filter(|one| !out.contains(one)) {
            out.push(one);
        }
        out
    }

    fn ruin(&mut self) -> Vec<usize> {
        let n = self.wishes.len();
        let count = 1 + self.dice.below(6.min(n));
        let mut out = match self.dice.below(4) {
            0 => (0..count).map(|_| self.dice.below(n)).collect(),
            1 => self.near(count),
            _ => self.in_the_way_of_one(count),
        };
        out.extend((0..n).filter(|w| self.puts[*w].is_none()));
        out.sort_unstable();
        out.dedup();
        out
    }

    fn recreate(&mut self, mut out: Vec<usize>) {
        out.iter().for_each(|wish| self.take_out(*wish));
        for last in (1..out.len()).rev() {
            let other = self.dice.below(last + 1);
            out.swap(last, other);
        }
        match self.dice.below(4) {
            0 => out.sort_by_key(|w| Reverse(self.wishes[*w].weight)),
            1 => out.sort_by_key(|w| self.spots[*w].len()),
            2 => out.sort_by_key(|w| Reverse(i64::from(self.wishes[*w].weight) * self.wishes[*w].wish.length)),
            _ => {}
        }
        let bold = !self.dice.one_in(3);
        out.into_iter().for_each(|wish| self.put_back(wish, bold));
    }
}

/// Places for all wishes beside what is taken already; `None` for those that are refused.
pub fn arrange(house: &House, taken: &Calendar, wishes: &[Weighed]) -> Vec<Option<Place>> {
    let mut state = State::new(house, wishes, taken.clone());
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|w| (Reverse(wishes[*w].weight), state.spots[*w].len(), *w));
    order.into_iter().for_each(|wish| state.put_back(wish, false));
    let (mut now, mut best, mut kept) = (state.cost(), state.cost(), state.puts.clone());
    let least: i64 = wishes.iter().map(|w| i64::from(w.weight)).sum();
    let mut round = 0;
    while round < MOST_ROUNDS && state.looks < MOST_LOOKS && best > least {
        round += 1;
        let out = state.ruin();
        let before: Vec<(usize, Put)> = out.iter().map(|w| (*w, state.puts[*w].clone())).collect();
        state.recreate(out);
        let after = state.cost();
        // What is worse by less than this is kept too; it falls to nothing with the looks that are left.
        let left = 1.0 - (state.looks as f64 / MOST_LOOKS as f64).max(round as f64 / MOST_ROUNDS as f64);
        let slack = 24.0 * left * left * (state.dice.below(1000) as f64 / 1000.0).powi(3);
        if (after - now) as f64 <= slack {
            now = after;
            if now < best {
                (best, kept) = (now, state.puts.clone());
            }
        } else {
            before.iter().for_each(|(wish, _)| state.take_out(*wish));
            before.into_iter().for_each(|(wish, put)| state.put_at(wish, put));
        }
    }
    (0..wishes.len()).for_each(|wish| state.take_out(wish));
    kept.into_iter().enumerate().for_each(|(wish, put)| state.put_at(wish, put));
    (0..wishes.len()).map(|wish| state.place(wish)).collect()
}
