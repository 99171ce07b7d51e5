//! Evener gaps by small moves: a play slides, changes place with its neighbour or with a near play as long as itself,
//! or jumps into a pause. Each move is tried, judged by all the rules, and taken back unless the day got evener.
//! Bounded by rounds, never by time.

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::Day;

/// Rounds over all plays, at most; a day settles in fewer.
const MAX_ROUNDS: usize = 24;
/// How many neighbours further a play of the same length is looked for.
const NEAR: usize = 12;
/// Pauses tried on each side of where a play would best be.
const PAUSES: usize = 6;

/// Evens out the gaps between plays of the same entry; keeps how many there are.
pub(super) fn polish(day: &Day, plays: &mut [Play]) {
    plays.sort();
    let mut table = Table::new(day, plays);
    for _ in 0..MAX_ROUNDS {
        let mut better = false;
        for at in 0..plays.len() {
            better |= table.slide(at);
            better |= table.swap_next(at);
            for other in at + 2..(at + NEAR).min(plays.len()) {
                better |= table.trade(at, other);
            }
            better |= table.jump(at);
        }
        if !better {
            break;
        }
    }
    for at in 0..plays.len() {
        table.close_pause(at);
    }
    for (play, id) in plays.iter_mut().zip(&table.order) {
        *play = Play { start: table.start[*id], entry: table.entry[*id] };
    }
}

/// The day's plays, by time and by entry.
struct Table<'a> {
    day: &'a Day<'a>,
    /// Per play.
    start: Vec<Step>,
    entry: Vec<usize>,
    /// Index of a play among the plays of its entry.
    rank: Vec<usize>,
    /// Plays in order of time.
    order: Vec<usize>,
    /// Per entry, plays in order of time.
    of_entry: Vec<Vec<usize>>,
}

impl Table<'_> {
    fn new<'a>(day: &'a Day<'a>, plays: &[Play]) -> Table<'a> {
        let mut of_entry = vec![Vec::new(); day.lanes.len()];
        let mut rank = Vec::with_capacity(plays.len());
        for (id, play) in plays.iter().enumerate() {
            rank.push(of_entry[play.entry].len());
            of_entry[play.entry].push(id);
        }
        Table {
            day,
            start: plays.iter().map(|p| p.start).collect(),
            entry: plays.iter().map(|p| p.entry).collect(),
            rank,
            order: (0..plays.len()).collect(),
            of_entry,
        }
    }

    fn length(&self, id: usize) -> Step {
        self.day.lanes[self.entry[id]].length
    }
    fn end(&self, id: usize) -> Step {
        self.start[id] + self.length(id)
    }
    /// The play of the same entry before or after.
    fn sibling(&self, id: usize, offset: isize) -> Option<usize> {
        self.of_entry[self.entry[id]].get(self.rank[id].checked_add_signed(offset)?).copied()
    }

    /// How uneven the two gaps around a play are, in 1/1024 of the ideal gap, squared.
    fn unevenness(&self, id: usize) -> i64 {
        let lane = &self.day.lanes[self.entry[id]];
        let siblings = &self.of_entry[self.entry[id]];
        let plays = siblings.len();
        if plays < 2 {
            return 0;
        }
        let clock = |id: usize| lane.clock_at(self.start[id]);
        let (rank, here) = (self.rank[id], clock(id));
        let before =
            if rank > 0 { here - clock(siblings[rank - 1]) } else { lane.span - clock(siblings[plays - 1]) + here };
        let after =
            if rank + 1 < plays { clock(siblings[rank + 1]) - here } else { lane.span - here + clock(siblings[0]) };
        let ideal = (lane.span / plays as i64).max(1);
        let off = |gap: Step| (gap - ideal) * 1024 / ideal;
        off(before).pow(2) + off(after).pow(2)
    }

    /// Whether a play keeps every rule where it stands, its neighbours in `order` being where they stand.
    fn legal(&self, at: usize) -> bool {
        let id = self.order[at];
        let lane = &self.day.lanes[self.entry[id]];
        let (start, end) = (self.start[id], self.end(id));
        let apart = lane.separation.max(1);
        let siblings_apart = self.sibling(id, -1).is_none_or(|s| start - self.start[s] >= apart)
            && self.sibling(id, 1).is_none_or(|s| self.start[s] - start >= apart);
        if !siblings_apart || !lane.may_start(start) {
            return false;
        }
        let gap = self.day.office_gap;
        let same_office = |other: usize| self.day.lanes[self.entry[other]].office == lane.office;
        let before = self.order[..at].iter().rev().take_while(|o| self.end(**o) + gap > start);
        let after = self.order[at + 1..].iter().take_while(|o| self.start[**o] < end + gap);
        before.chain(after).all(|&o| !same_office(o) && (self.end(o) <= start || self.start[o] >= end))
    }

    /// Where a play would best be: half-way between its siblings, on its own clock.
    fn best_start(&self, id: usize) -> Option<Step> {
        let lane = &self.day.lanes[self.entry[id]];
        let siblings = &self.of_entry[self.entry[id]];
        let (first, last) = (*siblings.first()?, *siblings.last()?);
        if first == last {
            return None;
        }
        let clock = |id: usize| lane.clock_at(self.start[id]);
        let before = self.sibling(id, -1).map_or_else(|| clock(last) - lane.span, clock);
        let after = self.sibling(id, 1).map_or_else(|| clock(first) + lane.span, clock);
        Some(lane.at_clock(((before + after) / 2).clamp(0, lane.span - 1)))
    }

    /// The stretch around a play that nothing else uses.
    fn around(&self, at: usize) -> Stretch {
        let start = at.checked_sub(1).map_or(Step::MIN, |b| self.end(self.order[b]));
        let end = self.order.get(at + 1).map_or(Step::MAX, |&a| self.start[a]);
        Stretch { start, end }
    }

    fn slide(&mut self, at: usize) -> bool {
        let id = self.order[at];
        let around = self.around(at);
        let (low, high) = (around.start, around.end - self.length(id));
        if low >= high {
            return false;
        }
        let Some(best) = self.best_start(id) else { return false };
        let Some(room) =
            self.day.lanes[self.entry[id]].room.iter().find(|r| r.start <= self.start[id] && self.start[id] < r.end)
        else {
            return false;
        };
        let (low, high) = (low.max(room.start), high.min(room.end - self.length(id)));
        if low > high {
            return false;
        }
        let (old, cost) = (self.start[id], self.unevenness(id));
        self.start[id] = best.clamp(low, high);
        let better = self.start[id] != old && self.unevenness(id) < cost && self.legal(at);
        if !better {
            self.start[id] = old;
        }
        better
    }

    /// Moves a play up to its predecessor, or to the start of its segment, over a pause too short to be used.
    fn close_pause(&mut self, at: usize) {
        let id = self.order[at];
        let (old, before) = (self.start[id], self.around(at).start);
        let Some(segment) = self.day.free.iter().find(|s| s.start <= old && old < s.end) else { return };
        let target = before.max(segment.start);
        if target < old && old - target < self.day.rotation.shortest_pause {
            self.start[id] = target;
            if !self.legal(at) {
                self.start[id] = old;
            }
        }
    }

    fn swap_next(&mut self, at: usize) -> bool {
        let Some(&second) = self.order.get(at + 1) else { return false };
        let first = self.order[at];
        if self.entry[first] == self.entry[second] {
            return false;
        }
        let (old_first, old_second) = (self.start[first], self.start[second]);
        let cost = self.unevenness(first) + self.unevenness(second);
        self.start[first] = self.end(second) - self.length(first);
        self.start[second] = old_first;
        self.order.swap(at, at + 1);
        let better = self.unevenness(first) + self.unevenness(second) < cost && self.legal(at) && self.legal(at + 1);
        if !better {
            self.order.swap(at, at + 1);
            (self.start[first], self.start[second]) = (old_first, old_second);
        }
        better
    }

    /// Two plays of one length change places.
    fn trade(&mut self, at: usize, other: usize) -> bool {
        let (a, b) = (self.order[at], self.order[other]);
        if self.entry[a] == self.entry[b] || self.length(a) != self.length(b) {
            return false;
        }
        let cost = self.unevenness(a) + self.unevenness(b);
        self.start.swap(a, b);
        self.order.swap(at, other);
        let better = self.unevenness(a) + self.unevenness(b) < cost && self.legal(at) && self.legal(other);
        if !better {
            self.start.swap(a, b);
            self.order.swap(at, other);
        }
        better
    }

    /// A play leaves its place for a pause nearer to where it would best be.
    fn jump(&mut self, at: usize) -> bool {
        let id = self.order[at];
        let Some(best) = self.best_start(id) else { return false };
        let (old, cost) = (self.start[id], self.unevenness(id));
        if cost == 0 {
            return false;
        }
        self.order.remove(at);
        let length = self.length(id);
        let middle = self.order.partition_point(|&o| self.start[o] < best);
        let places = middle.saturating_sub(PAUSES)..=(middle + PAUSES).min(self.order.len());
        let mut found: Option<(i64, usize, Step)> = None;
        for place in places {
            let low = place.checked_sub(1).map_or(Step::MIN, |b| self.end(self.order[b]));
            let high = self.order.get(place).map_or(Step::MAX, |&a| self.start[a]).saturating_sub(length);
            if low > high {
                continue;
            }
            let Some(start) = self.day.lanes[self.entry[id]].earliest(best.clamp(low, high)) else { continue };
            if start > high {
                continue;
            }
            self.start[id] = start;
            let now = self.unevenness(id);
            if now < found.map_or(cost, |f| f.0) && start != old {
                self.order.insert(place, id);
                if self.legal(place) {
                    found = Some((now, place, start));
                }
                self.order.remove(place);
            }
        }
        let (place, start) = found.map_or((at, old), |f| (f.1, f.2));
        self.start[id] = start;
        self.order.insert(place, id);
        found.is_some()
    }
}
