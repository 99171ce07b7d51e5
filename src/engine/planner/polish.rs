//! Evener gaps by small moves: a play slides, is laid anew together with those around it, changes place with its
//! neighbour or with a near play as long as itself, or jumps into a pause. Each move is tried, judged by all the rules,
//! and taken back unless the day got evener. Bounded by rounds, never by time.

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::Day;
use super::relax::{Wish, nearest};

/// Rounds over all plays, at most; a day settles in fewer.
const MAX_ROUNDS: u32 = 12;
/// How many neighbours further a play of the same length is looked for.
const NEAR: usize = 12;
/// Pauses that hold a play, tried on each side of where it would best be, and how far they are looked for.
const PAUSES: usize = 4;
const REACH: usize = 60;
/// Plays on each side that are laid anew together with one.
const AROUND: usize = 2;

const SCALE_BITS: u32 = 20;

/// Evens out the gaps between plays of the same entry; keeps how many there are.
pub(super) fn polish(day: &Day, plays: &mut [Play]) {
    plays.sort();
    let mut table = Table::new(day, plays);
    while table.round < MAX_ROUNDS {
        table.round += 1;
        table.longest_pause = table.find_longest_pause();
        for at in 0..plays.len() {
            if !table.is_stirred(at) {
                continue;
            }
            table.slide(at);
            table.rearrange(at, false);
            table.rearrange(at, true);
            table.swap_next(at);
            for other in at + 2..(at + NEAR).min(plays.len()) {
                table.trade(at, other);
            }
            table.jump(at);
        }
        if table.stirred.iter().all(|round| *round < table.round) {
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

/// How uneven a day is; less is better. `None` if it breaks a rule.
pub(super) fn unevenness(day: &Day, plays: &[Play]) -> Option<i64> {
    let table = Table::new(day, plays);
    (0..plays.len()).map(|at| table.legal(at).then(|| table.unevenness(at))).sum()
}

/// The day's plays, by time and by entry.
struct Table<'a> {
    day: &'a Day<'a>,
    /// Per play.
    start: Vec<Step>,
    entry: Vec<usize>,
    /// Per play, its start on its lane's own clock of room.
    clock: Vec<Step>,
    /// Index of a play among the plays of its entry.
    rank: Vec<usize>,
    /// Per entry, the ideal gap, and what turns a difference from it into 1/1024 of it.
    rhythm: Vec<(Step, i64)>,
    /// Plays in order of time.
    order: Vec<usize>,
    /// Per entry, plays in order of time.
    of_entry: Vec<Vec<usize>>,
    round: u32,
    /// When the round began.
    longest_pause: Step,
    /// Per play, the round in which it moved last.
    stirred: Vec<u32>,
}

impl Table<'_> {
    fn new<'a>(day: &'a Day<'a>, plays: &[Play]) -> Table<'a> {
        let mut of_entry = vec![Vec::new(); day.lanes.len()];
        let mut rank = Vec::with_capacity(plays.len());
        for (id, play) in plays.iter().enumerate() {
            rank.push(of_entry[play.entry].len());
            of_entry[play.entry].push(id);
        }
        let rhythm = day.lanes.iter().zip(&of_entry).map(|(lane, plays)| {
            let ideal = (lane.span / plays.len().max(1) as i64).max(1);
            (ideal, (1024 << SCALE_BITS) / ideal)
        });
        Table {
            rhythm: rhythm.collect(),
            day,
            start: plays.iter().map(|p| p.start).collect(),
            entry: plays.iter().map(|p| p.entry).collect(),
            clock: plays.iter().map(|p| day.lanes[p.entry].clock_at(p.start)).collect(),
            rank,
            order: (0..plays.len()).collect(),
            of_entry,
            round: 0,
            longest_pause: 0,
            stirred: vec![0; plays.len()],
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

    fn put(&mut self, id: usize, start: Step) {
        self.start[id] = start;
        self.clock[id] = self.day.lanes[self.entry[id]].clock_at(start);
    }

    /// Whether a play, its siblings or what surrounds it moved since it was tried last.
    fn is_stirred(&self, at: usize) -> bool {
        let id = self.order[at];
        let moved = |id: usize| self.stirred[id] + 1 >= self.round;
        let siblings = [self.sibling(id, -1), self.sibling(id, 1)];
        siblings.into_iter().flatten().any(moved)
            || self.order[at.saturating_sub(2)..(at + NEAR).min(self.order.len())].iter().any(|o| moved(*o))
    }

    /// Notes that plays moved in this round, if what was tried made the day evener.
    fn settle(&mut self, ids: &[usize], better: bool) {
        if better {
            for id in ids {
                self.stirred[*id] = self.round;
            }
        }
    }

    /// How uneven the two gaps around a play are, in 1/1024 of the ideal gap, squared.
    fn unevenness(&self, id: usize) -> i64 {
        let lane = &self.day.lanes[self.entry[id]];
        let siblings = &self.of_entry[self.entry[id]];
        let plays = siblings.len();
        if plays < 2 {
            return 0;
        }
        let (rank, here) = (self.rank[id], self.clock[id]);
        let before = match rank {
            0 => lane.span - self.clock[siblings[plays - 1]] + here,
            _ => here - self.clock[siblings[rank - 1]],
        };
        let after = match siblings.get(rank + 1) {
            Some(next) => self.clock[*next] - here,
            None => lane.span - here + self.clock[siblings[0]],
        };
        let (ideal, scale) = self.rhythm[self.entry[id]];
        let off = |gap: Step| ((gap - ideal) * scale) >> SCALE_BITS;
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
        let gap = lane.gap;
        let pause = |other: usize| self.day.pause(self.entry[id], self.entry[other]);
        let before = self.order[..at].iter().rev().take_while(|o| self.end(**o) + gap > start);
        let after = self.order[at + 1..].iter().take_while(|o| self.start[**o] < end + gap);
        before.chain(after).all(|&o| self.end(o) + pause(o) <= start || self.start[o] >= end + pause(o))
    }

    /// Where a play would best be: half-way between its siblings, on its own clock.
    fn best_start(&self, id: usize) -> Option<Step> {
        let lane = &self.day.lanes[self.entry[id]];
        let siblings = &self.of_entry[self.entry[id]];
        let (first, last) = (*siblings.first()?, *siblings.last()?);
        if first == last {
            return None;
        }
        let before = self.sibling(id, -1).map_or_else(|| self.clock[last] - lane.span, |s| self.clock[s]);
        let after = self.sibling(id, 1).map_or_else(|| self.clock[first] + lane.span, |s| self.clock[s]);
        Some(lane.at_clock(((before + after) / 2).clamp(0, lane.span - 1)))
    }

    /// The stretch around a play that nothing else uses.
    fn around(&self, at: usize) -> Stretch {
        let start = at.checked_sub(1).map_or(Step::MIN, |b| self.end(self.order[b]));
        let end = self.order.get(at + 1).map_or(Step::MAX, |&a| self.start[a]);
        Stretch { start, end }
    }

    fn find_longest_pause(&self) -> Step {
        let (mut longest, mut next) = (0, 0);
        for segment in &self.day.free {
            let mut from = segment.start;
            while let Some(&id) = self.order.get(next).filter(|id| self.start[**id] < segment.end) {
                longest = longest.max(self.start[id] - from);
                from = self.end(id);
                next += 1;
            }
            longest = longest.max(segment.end - from);
        }
        longest
    }

    fn slide(&mut self, at: usize) {
        let id = self.order[at];
        let around = self.around(at);
        let (low, high) = (around.start, around.end - self.length(id));
        if low >= high {
            return;
        }
        let Some(best) = self.best_start(id) else { return };
        let Some(room) =
            self.day.lanes[self.entry[id]].room.iter().find(|r| r.start <= self.start[id] && self.start[id] < r.end)
        else {
            return;
        };
        let (low, high) = (low.max(room.start), high.min(room.end - self.length(id)));
        if low > high {
            return;
        }
        let (old, cost) = (self.start[id], self.unevenness(id));
        let new = best.clamp(low, high);
        if new == old {
            return;
        }
        self.put(id, new);
        let better = self.unevenness(id) < cost && self.legal(at);
        if !better {
            self.put(id, old);
        }
        self.settle(&[id], better);
    }

    /// Lays the plays around one anew, each as near as it can be to where it would best be: in the order they have, or
    /// with this play after its next one.
    fn rearrange(&mut self, at: usize, turned: bool) {
        let Some(segment) = self.segment_at(self.start[self.order[at]]) else { return };
        let from = at.saturating_sub(AROUND);
        let until = (at + 2 + AROUND).min(self.order.len());
        let inside =
            |at: &usize| segment.start <= self.start[self.order[*at]] && self.start[self.order[*at]] < segment.end;
        let from = (from..at).find(inside).unwrap_or(at);
        let until = (at + 1..until).rev().find(inside).map_or(at + 1, |last| last + 1);
        if turned && (until < at + 2 || self.entry[self.order[at]] == self.entry[self.order[at + 1]]) {
            return;
        }
        let low = from.checked_sub(1).map_or(segment.start, |b| self.end(self.order[b]).max(segment.start));
        let high = self.order.get(until).map_or(segment.end, |a| self.start[*a].min(segment.end));
        let used: Step = self.order[from..until].iter().map(|id| self.length(*id)).sum();
        if used >= high - low {
            return;
        }
        let before: i64 = self.order[from..until].iter().map(|id| self.unevenness(*id)).sum();
        let old: Vec<(usize, Step)> = self.order[from..until].iter().map(|id| (*id, self.start[*id])).collect();
        if turned {
            self.order.swap(at, at + 1);
        }
        let wishes: Vec<Wish> = self.order[from..until]
            .iter()
            .map(|id| {
                let lane = &self.day.lanes[self.entry[*id]];
                let plays = self.of_entry[self.entry[*id]].len() as i64;
                Wish {
                    ideal: self.best_start(*id).unwrap_or(self.start[*id]),
                    length: lane.length,
                    weight: ((1 << 20) * plays / lane.span.max(1)).max(1),
                }
            })
            .collect();
        let starts = nearest(&wishes, Stretch { start: low, end: high }).expect("they fitted before");
        for (place, start) in (from..until).zip(starts) {
            self.put(self.order[place], start);
        }
        let better = self.order[from..until].iter().map(|id| self.unevenness(*id)).sum::<i64>() < before
            && (from..until).all(|at| self.legal(at));
        if better {
            for (id, start) in old {
                if self.start[id] != start {
                    self.stirred[id] = self.round;
                }
            }
        } else {
            if turned {
                self.order.swap(at, at + 1);
            }
            for (id, start) in old {
                self.put(id, start);
            }
        }
    }

    fn segment_at(&self, at: Step) -> Option<Stretch> {
        self.day.free.iter().find(|s| s.start <= at && at < s.end).copied()
    }

    /// Moves a play up to its predecessor, or to the start of its segment, over a pause too short to be used.
    fn close_pause(&mut self, at: usize) {
        let id = self.order[at];
        let (old, before) = (self.start[id], self.around(at).start);
        let Some(segment) = self.segment_at(old) else { return };
        let target = before.max(segment.start);
        if target < old && old - target < self.day.rotation.shortest_pause {
            self.put(id, target);
            if !self.legal(at) {
                self.put(id, old);
            }
        }
    }

    fn swap_next(&mut self, at: usize) {
        let Some(&second) = self.order.get(at + 1) else { return };
        let first = self.order[at];
        if self.entry[first] == self.entry[second] {
            return;
        }
        let (old_first, old_second) = (self.start[first], self.start[second]);
        let cost = self.unevenness(first) + self.unevenness(second);
        self.put(first, self.end(second) - self.length(first));
        self.put(second, old_first);
        self.order.swap(at, at + 1);
        let better = self.unevenness(first) + self.unevenness(second) < cost && self.legal(at) && self.legal(at + 1);
        if !better {
            self.order.swap(at, at + 1);
            self.put(first, old_first);
            self.put(second, old_second);
        }
        self.settle(&[first, second], better);
    }

    /// Two plays of one length change places.
    fn trade(&mut self, at: usize, other: usize) {
        let (a, b) = (self.order[at], self.order[other]);
        if self.entry[a] == self.entry[b] || self.length(a) != self.length(b) {
            return;
        }
        let (old_a, old_b) = (self.start[a], self.start[b]);
        let cost = self.unevenness(a) + self.unevenness(b);
        self.put(a, old_b);
        self.put(b, old_a);
        self.order.swap(at, other);
        let better = self.unevenness(a) + self.unevenness(b) < cost && self.legal(at) && self.legal(other);
        if !better {
            self.order.swap(at, other);
            self.put(a, old_a);
            self.put(b, old_b);
        }
        self.settle(&[a, b], better);
    }

    /// A play leaves its place for a pause nearer to where it would best be.
    fn jump(&mut self, at: usize) {
        let id = self.order[at];
        let Some(best) = self.best_start(id) else { return };
        let (old, cost) = (self.start[id], self.unevenness(id));
        if cost == 0 || self.length(id) > self.longest_pause {
            return;
        }
        self.order.remove(at);
        let middle = self.order.partition_point(|&o| self.start[o] < best);
        let mut found: Option<(i64, usize, Step)> = None;
        let earlier = (middle.saturating_sub(REACH)..middle).rev();
        let later = middle..=(middle + REACH).min(self.order.len());
        self.try_pauses(id, best, cost, earlier, &mut found);
        self.try_pauses(id, best, cost, later, &mut found);
        let (place, start) = found.map_or((at, old), |f| (f.1, f.2));
        self.put(id, start);
        self.order.insert(place, id);
        self.settle(&[id], found.is_some());
    }

    /// Tries a play that is out of the order in the first pauses that hold it.
    fn try_pauses(
        &mut self,
        id: usize,
        best: Step,
        cost: i64,
        places: impl Iterator<Item = usize>,
        found: &mut Option<(i64, usize, Step)>,
    ) {
        let (length, old) = (self.length(id), self.start[id]);
        let mut tried = 0;
        for place in places {
            let low = place.checked_sub(1).map_or(Step::MIN, |b| self.end(self.order[b]));
            let high = self.order.get(place).map_or(Step::MAX, |&a| self.start[a]).saturating_sub(length);
            if low > high {
                continue;
            }
            let Some(start) = self.day.lanes[self.entry[id]].earliest(best.clamp(low, high)) else { continue };
            if start > high || start == old {
                continue;
            }
            tried += 1;
            self.put(id, start);
            let now = self.unevenness(id);
            if now < found.map_or(cost, |f| f.0) {
                self.order.insert(place, id);
                if self.legal(place) {
                    *found = Some((now, place, start));
                }
                self.order.remove(place);
            }
            self.put(id, old);
            if tried == PAUSES {
                break;
            }
        }
    }
}
