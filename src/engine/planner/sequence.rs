//! When: every play has an ideal place on its clip's own clock of free time, and the day is filled from its beginning
//! with the play that is most due.
//!
//! Idle time is a clip too: it is spent evenly, so that a day that is not full has its pauses everywhere, and a day
//! that is full has none. Only when plays are missing after the plain pass are segments closed by looking for clips
//! whose lengths add up to the rest (doing it always breaks days that are periodic already).

use std::collections::BTreeMap;

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::insert::{give_way, pause_for};
use super::lane::{Day, Lane, each_category};
use super::tighten::tighten;

/// So many missing plays are worth looking for whom they could displace.
const FEW: u32 = 6;

/// One order of the day.
pub(super) struct Attempt {
    pub plays: Vec<Play>,
    /// Airtime that was allotted but found no place.
    pub missing_time: Step,
}

/// A lane while its day is being laid out.
pub(super) struct Turn {
    /// Ideal starts, in order.
    pub ideals: Vec<Step>,
    /// Ideal distance of two starts.
    pub period: Step,
    next: usize,
    last: Option<Step>,
    /// The first stretch of its room that has not passed.
    room: usize,
}

/// How urgent a lane's next play is: its ideal start or deadline, the lane's rhythm, the lane. Less is more urgent.
type Urgency = (Step, Step, usize);

struct Layout<'a> {
    day: &'a Day<'a>,
    turns: Vec<Turn>,
    /// First step at which an office may air again.
    office_ready: Vec<Step>,
    /// First step at which a category may air again.
    category_ready: Vec<Step>,
    /// What an office still needs: its plays with the office gap after each.
    office_need: Vec<Step>,
    /// Idle steps that remain to be spent, and of how much free time.
    idle_total: Step,
    idle_spent: Step,
    free_total: Step,
    free_passed: Step,
    /// Lanes with plays to come, the most urgent first.
    open: Vec<Urgency>,
    close: bool,
    by_deadline: i64,
    /// An office goes first when the rest of the day is less than this longer than what it needs.
    pressing_length: Step,
    plays: Vec<Play>,
}

/// One of the orders of a day, told apart by `restart`; one that lacks no more airtime than `good` is not improved.
pub(super) fn sequence(day: &Day, restart: u32, good: Step) -> Attempt {
    let free_total: Step = day.free.iter().map(|s| s.length()).sum();
    let asked: Step = day.lanes.iter().map(|l| l.length * i64::from(l.target)).sum();
    let mut layout = Layout {
        day,
        turns: turns(day, restart),
        office_ready: vec![Step::MIN; day.offices],
        category_ready: vec![Step::MIN; day.category_gaps.len()],
        office_need: need(day),
        // Plays that are missing may lack the very time that idling spent early in a crowded part of the day.
        idle_total: (free_total - asked).max(0) * i64::from(2 - restart / 4 % 3) / 2,
        idle_spent: 0,
        free_total: free_total.max(1),
        free_passed: 0,
        open: Vec::new(),
        close: restart % 4 >= 2,
        by_deadline: i64::from(restart % 2),
        pressing_length: 20 * (day.office_gap + day.lanes.iter().map(|l| l.length).max().unwrap_or(0)),
        plays: Vec::new(),
    };
    layout.open = (0..day.lanes.len()).filter_map(|e| layout.urgency(e)).collect();
    layout.open.sort_unstable();
    for segment in &day.free {
        layout.fill(*segment);
    }
    layout.insert_missing();
    let left = |turn: &Turn| u32::try_from(turn.ideals.len() - turn.next).unwrap_or(u32::MAX);
    let mut lacking: Vec<u32> = layout.turns.iter().map(left).collect();
    let mut plays = layout.plays;
    let lacking_time = |lacking: &[u32]| day.lanes.iter().zip(lacking).map(|(l, n)| l.length * i64::from(*n)).sum();
    if lacking_time(&lacking) > good {
        tighten(day, &mut plays, &mut lacking);
    }
    if lacking_time(&lacking) > good && lacking.iter().sum::<u32>() <= FEW {
        for (e, lacks) in lacking.iter_mut().enumerate() {
            while *lacks > 0 && give_way(day, &mut plays, e) {
                *lacks -= 1;
            }
        }
    }
    Attempt { plays, missing_time: lacking_time(&lacking) }
}

/// What each office's plays take, each with the office gap after it.
fn need(day: &Day) -> Vec<Step> {
    let mut need = vec![0; day.offices];
    for lane in &day.lanes {
        need[lane.office] += (lane.length + day.office_gap) * i64::from(lane.target);
    }
    need
}

/// Ideal places. Lanes are staggered by the load of the lanes before them, the frequent first, so that lanes of equal
/// rhythm take turns; a restart turns and reorders the staggering.
pub(super) fn turns(day: &Day, restart: u32) -> Vec<Turn> {
    let mut order: Vec<usize> = (0..day.lanes.len()).collect();
    let rhythm = |e: usize| day.lanes[e].span / i64::from(day.lanes[e].target.max(1));
    order.sort_by_key(|&e| (rhythm(e), e));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(restart / 4) + 1);
    if restart >= 4 {
        for i in (1..order.len()).rev() {
            random = next_random(random);
            let reach = 4.min(i) as u64 + 1;
            order.swap(i, i - usize::try_from(random % reach).expect("below five"));
        }
    }
    const WHOLE: i64 = 1 << 20;
    let mut phase = (day.rotation.phase.wrapping_mul(0x9e37_79b9) % (1 << 20)).cast_signed();
    if day.rotation.phase == 0 {
        phase = 0;
    }
    let mut turns: Vec<Turn> =
        (0..day.lanes.len()).map(|_| Turn { ideals: Vec::new(), period: 0, next: 0, last: None, room: 0 }).collect();
    // Lanes of one office and one rhythm share the rhythm evenly: else thirty clips that air once a day air in a row.
    let mut alike: BTreeMap<(usize, u32), (i64, i64)> = BTreeMap::new();
    for lane in &day.lanes {
        alike.entry((lane.office, lane.target)).or_default().1 += 1;
    }
    for e in order {
        let (lane, plays) = (&day.lanes[e], i64::from(day.lanes[e].target));
        if plays == 0 {
            continue;
        }
        let (before, all) = alike.get_mut(&(lane.office, lane.target)).expect("counted above");
        let offset = (phase + WHOLE * *before / *all).rem_euclid(WHOLE);
        *before += 1;
        turns[e].period = lane.span / plays;
        turns[e].ideals = (0..plays)
            .map(|k| {
                let clock = (i128::from(lane.span) * (i128::from(k) * i128::from(WHOLE) + i128::from(offset)))
                    / (i128::from(plays) * i128::from(WHOLE));
                lane.at_clock(Step::try_from(clock).unwrap_or(0))
            })
            .collect();
        phase += WHOLE * lane.length * plays / lane.span.max(1);
    }
    turns
}

/// xorshift64: a fixed sequence, for orders that differ and nothing else.
fn next_random(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}

/// What may air next in a segment.
enum Next {
    /// This lane, now.
    Now(usize),
    /// Nothing before this step.
    Wait(Step),
    /// Nothing any more.
    Never,
}

impl Layout<'_> {
    fn fill(&mut self, segment: Stretch) {
        let mut at = segment.start;
        self.pass(at);
        let mut only: Option<Vec<usize>> = None;
        while at < segment.end {
            if self.close && only.is_none() && segment.end - at <= self.closing_length() {
                only = self.close_exactly(Stretch { start: at, end: segment.end });
            }
            match self.next(at, segment.end, only.as_deref()) {
                Next::Now(e) => {
                    self.place(e, at);
                    let length = self.day.lanes[e].length;
                    at += length;
                    self.free_passed += length;
                    if let Some(only) = &mut only {
                        only.retain(|&o| o != e);
                    }
                }
                Next::Wait(until) => {
                    self.idle_spent += until - at;
                    self.free_passed += until - at;
                    at = until;
                }
                Next::Never if only.as_ref().is_some_and(|o| !o.is_empty()) => only = Some(Vec::new()),
                Next::Never if only.is_some() => {
                    // The chosen ones are on air or stuck; whatever else fits may follow.
                    match self.next(at, segment.end, None) {
                        Next::Now(e) => {
                            self.place(e, at);
                            at += self.day.lanes[e].length;
                            self.free_passed += self.day.lanes[e].length;
                        }
                        Next::Wait(until) => {
                            self.idle_spent += until - at;
                            self.free_passed += until - at;
                            at = until;
                        }
                        Next::Never => break,
                    }
                }
                Next::Never => break,
            }
        }
        let rest = segment.end - at;
        self.idle_spent += rest;
        self.free_passed += rest;
    }

    fn place(&mut self, e: usize, at: Step) {
        let lane = &self.day.lanes[e];
        // It is among the first, and its next play further back.
        let was = self.open.iter().position(|o| o.2 == e).expect("what has plays to come is open");
        let turn = &mut self.turns[e];
        turn.next += 1;
        turn.last = Some(at);
        if let Some(urgency) = self.urgency(e) {
            let behind = self.open[was + 1..].partition_point(|o| *o < urgency);
            self.open[was..=was + behind].rotate_left(1);
            self.open[was + behind] = urgency;
        } else {
            self.open.remove(was);
        }
        self.office_ready[lane.office] = at + lane.length + self.day.office_gap;
        for c in each_category(lane.categories) {
            self.category_ready[c] = at + lane.length + self.day.category_gaps[c];
        }
        self.office_need[lane.office] -= lane.length + self.day.office_gap;
        self.plays.push(Play { start: at, entry: e });
    }

    /// Of a lane's next play, if it has one to come.
    fn urgency(&self, e: usize) -> Option<Urgency> {
        let turn = &self.turns[e];
        Some((turn.ideals.get(turn.next)? + self.by_deadline * turn.period, turn.period, e))
    }

    /// The earliest start of a lane's next play at `at` or later, by its own rules.
    fn ready(&self, e: usize, at: Step) -> Option<Step> {
        self.ready_from(e, self.apart(e, at))
    }

    /// The earliest start at `at` or later that separation and office gap allow.
    fn apart(&self, e: usize, at: Step) -> Step {
        let (lane, turn) = (&self.day.lanes[e], &self.turns[e]);
        let apart = turn.last.map_or(at, |last| last + lane.separation);
        self.clear(lane, at.max(apart).max(self.office_ready[lane.office]))
    }

    /// The earliest step at `at` or later at which the lane's categories may air again.
    fn clear(&self, lane: &Lane, at: Step) -> Step {
        each_category(lane.categories).fold(at, |at, c| at.max(self.category_ready[c]))
    }

    fn ready_from(&self, e: usize, from: Step) -> Option<Step> {
        let (lane, turn) = (&self.day.lanes[e], &self.turns[e]);
        let room = lane.room[turn.room..].iter().find(|r| r.end - r.start.max(from) >= lane.length)?;
        Some(room.start.max(from))
    }

    /// Whether a lane's next play may start here, by its own rules.
    fn may_start(&self, e: usize, at: Step) -> bool {
        let (lane, turn) = (&self.day.lanes[e], &self.turns[e]);
        turn.last.is_none_or(|last| last + lane.separation <= at)
            && self.office_ready[lane.office] <= at
            && self.clear(lane, at) <= at
            && lane.room[turn.room..].iter().any(|r| r.start <= at && at + lane.length <= r.end)
    }

    /// Forgets the parts of lanes' rooms that have passed.
    fn pass(&mut self, at: Step) {
        for &(.., e) in &self.open {
            let (lane, turn) = (&self.day.lanes[e], &mut self.turns[e]);
            while lane.room.get(turn.room).is_some_and(|r| r.end < at + lane.length) {
                turn.room += 1;
            }
        }
    }

    fn next(&self, at: Step, end: Step, only: Option<&[usize]>) -> Next {
        let fits = |e: usize, ready: Step| ready + self.day.lanes[e].length <= end;
        let open = || self.open.iter().filter(|(.., e)| only.is_none_or(|o| o.contains(e)));
        let ideal = |(urgency, period, _): &Urgency| urgency - self.by_deadline * period;
        let now = |e: usize| fits(e, at) && self.may_start(e, at);
        let due = || open().find(|next| (ideal(next) <= at || only.is_some()) && now(next.2));
        let hurried = if self.day.office_gap > 0 { self.hurried(open(), now) } else { None };
        if let Some((.., e)) = hurried.or_else(due) {
            return Next::Now(*e);
        }
        let (mut early, mut later) = (None, Step::MAX);
        let may_wait = self.may_idle(1);
        for next in open() {
            let e = next.2;
            let from = self.apart(e, at);
            // It is neither the first that is ready nor sooner than what is known: most are not.
            if (from > at || early.is_some()) && from.max(ideal(next)) >= later {
                continue;
            }
            let Some(ready) = self.ready_from(e, from).filter(|ready| fits(e, *ready)) else { continue };
            if ready > at {
                later = later.min(ready.max(ideal(next)));
            } else if !may_wait {
                return Next::Now(e);
            } else {
                early = early.or(Some(e));
                later = later.min(ideal(next));
            }
        }
        match early {
            // Waiting costs idle time: only as much as this part of the day may have.
            Some(e) if !self.may_idle(later - at) => Next::Now(e),
            _ if later < end => Next::Wait(later),
            _ => Next::Never,
        }
    }

    /// The first of the lanes whose office needs nearly all that is left of the day.
    fn hurried<'o>(&self, open: impl Iterator<Item = &'o Urgency>, now: impl Fn(usize) -> bool) -> Option<&'o Urgency> {
        let remaining = self.free_total - self.free_passed;
        let need = |e: usize| self.office_need[self.day.lanes[e].office];
        open.filter(|(.., e)| remaining - need(*e) < self.pressing_length && now(*e))
            .min_by_key(|(urgency, period, e)| (urgency - self.by_deadline * period, *period, *e))
    }

    fn may_idle(&self, length: Step) -> bool {
        let passed = i128::from(self.free_passed + length);
        i128::from(self.idle_spent + length) * i128::from(self.free_total) <= i128::from(self.idle_total) * passed
    }

    /// How near its end a segment is closed: three clips or so.
    fn closing_length(&self) -> Step {
        3 * self.day.lanes.iter().map(|l| l.length).max().unwrap_or(0)
    }

    /// The most due lanes whose lengths add up to a rest, or come nearest to it.
    fn close_exactly(&self, rest: Stretch) -> Option<Vec<usize>> {
        const CANDIDATES: usize = 24; // more than three clips' worth of them are never on air before the end
        let mut lanes: Vec<(Step, usize)> = (0..self.turns.len())
            .filter_map(|e| {
                let turn = &self.turns[e];
                let ideal = *turn.ideals.get(turn.next)?;
                let ready = self.ready(e, rest.start)?;
                (ready + self.day.lanes[e].length <= rest.end).then_some((ideal, e))
            })
            .collect();
        lanes.sort_unstable();
        lanes.truncate(CANDIDATES);
        let size = usize::try_from(rest.length()).ok()?;
        // reached[s]: the candidate that first reached the sum s, counted from 1; 0 is the empty sum, MAX none.
        let mut reached = vec![u8::MAX; size + 1];
        reached[0] = 0;
        for (i, &(_, e)) in lanes.iter().enumerate() {
            let length = usize::try_from(self.day.lanes[e].length).ok()?;
            let mark = u8::try_from(i + 1).ok()?;
            for sum in (length..=size).rev() {
                if reached[sum] == u8::MAX && reached[sum - length] != u8::MAX {
                    reached[sum] = mark;
                }
            }
        }
        let mut sum = (0..=size).rev().find(|&s| reached[s] != u8::MAX)?;
        let mut chosen = Vec::new();
        while sum > 0 {
            let (_, e) = lanes[usize::from(reached[sum]) - 1];
            chosen.push(e);
            sum -= usize::try_from(self.day.lanes[e].length).ok()?;
        }
        (!chosen.is_empty()).then_some(chosen)
    }

    /// Puts plays that found no place into pauses that are long enough, by all the rules.
    fn insert_missing(&mut self) {
        for (e, turn) in self.turns.iter_mut().enumerate() {
            while turn.next < turn.ideals.len() {
                let Some((index, start)) = pause_for(self.day, &self.plays, e, Step::MIN, None) else { break };
                self.plays.insert(index, Play { start, entry: e });
                turn.next += 1;
            }
        }
    }
}
