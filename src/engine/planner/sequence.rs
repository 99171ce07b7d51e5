//! When: every play has an ideal place on its clip's own clock of free time, and the day is filled from its beginning
//! with the play that is most due.
//!
//! Idle time is a clip too: it is spent evenly, so that a day that is not full has its pauses everywhere, and a day
//! that is full has none. Only when plays are missing after the plain pass are segments closed by looking for clips
//! whose lengths add up to the rest (doing it always breaks days that are periodic already).

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::{Day, Lane};

/// One order of the day.
pub(super) struct Attempt {
    pub plays: Vec<Play>,
    /// Plays that have a target but found no place.
    pub missing: u32,
    /// Their airtime.
    missing_time: Step,
}

impl Attempt {
    pub fn better_than(&self, other: &Attempt) -> bool {
        (self.missing_time, self.missing) < (other.missing_time, other.missing)
    }
}

/// A lane while its day is being laid out.
struct Turn {
    /// Ideal starts, in order.
    ideals: Vec<Step>,
    /// Ideal distance of two starts.
    period: Step,
    next: usize,
    last: Option<Step>,
}

struct Layout<'a> {
    day: &'a Day<'a>,
    turns: Vec<Turn>,
    /// First step at which an office may air again.
    office_ready: Vec<Step>,
    /// Idle steps that remain to be spent, and of how much free time.
    idle_total: Step,
    idle_spent: Step,
    free_total: Step,
    free_passed: Step,
    close: bool,
    by_deadline: i64,
    plays: Vec<Play>,
}

pub(super) fn sequence(day: &Day, restart: u32) -> Attempt {
    let free_total: Step = day.free.iter().map(|s| s.length()).sum();
    let asked: Step = day.lanes.iter().map(|l| l.length * i64::from(l.target)).sum();
    let mut layout = Layout {
        day,
        turns: turns(day, restart),
        office_ready: vec![Step::MIN; day.offices],
        // Plays that are missing may lack the very time that idling spent early in a crowded part of the day.
        idle_total: (free_total - asked).max(0) * i64::from(2 - (restart / 14).min(2)) / 2,
        idle_spent: 0,
        free_total: free_total.max(1),
        free_passed: 0,
        close: restart % 4 >= 2,
        by_deadline: i64::from(restart % 2),
        plays: Vec::new(),
    };
    for segment in &day.free {
        layout.fill(*segment);
    }
    layout.insert_missing();
    let left = |e: usize| layout.turns[e].ideals.len() - layout.turns[e].next;
    let missing = (0..day.lanes.len()).map(|e| u32::try_from(left(e)).unwrap_or(u32::MAX)).sum();
    let missing_time = (0..day.lanes.len()).map(|e| left(e) as Step * day.lanes[e].length).sum();
    Attempt { plays: layout.plays, missing, missing_time }
}

/// Ideal places. Lanes are staggered by the load of the lanes before them, the frequent first, so that lanes of equal
/// rhythm take turns; a restart turns and reorders the staggering.
fn turns(day: &Day, restart: u32) -> Vec<Turn> {
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
        (0..day.lanes.len()).map(|_| Turn { ideals: Vec::new(), period: 0, next: 0, last: None }).collect();
    for e in order {
        let (lane, plays) = (&day.lanes[e], i64::from(day.lanes[e].target));
        if plays == 0 {
            continue;
        }
        let offset = phase.rem_euclid(WHOLE);
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
        self.turns[e].next += 1;
        self.turns[e].last = Some(at);
        self.office_ready[lane.office] = at + lane.length + self.day.office_gap;
        self.plays.push(Play { start: at, entry: e });
    }

    /// The earliest start of a lane's next play at `at` or later, by its own rules.
    fn ready(&self, e: usize, at: Step) -> Option<Step> {
        let (lane, turn) = (&self.day.lanes[e], &self.turns[e]);
        let apart = turn.last.map_or(at, |last| last + lane.separation);
        lane.earliest(at.max(apart).max(self.office_ready[lane.office]))
    }

    fn next(&self, at: Step, end: Step, only: Option<&[usize]>) -> Next {
        let mut due: Option<(Step, Step, usize)> = None;
        let mut early: Option<(Step, Step, usize)> = None;
        let mut later = Step::MAX;
        for (e, turn) in self.turns.iter().enumerate() {
            let Some(&ideal) = turn.ideals.get(turn.next) else { continue };
            if only.is_some_and(|o| !o.contains(&e)) {
                continue;
            }
            let Some(ready) = self.ready(e, at) else { continue };
            if ready + self.day.lanes[e].length > end {
                continue;
            }
            let key = (ideal + self.by_deadline * turn.period, turn.period, e);
            if ready > at {
                later = later.min(ready.max(ideal));
            } else if ideal <= at || only.is_some() {
                due = Some(due.map_or(key, |d| d.min(key)));
            } else {
                early = Some(early.map_or(key, |d| d.min(key)));
                later = later.min(ideal);
            }
        }
        match (due, early) {
            (Some((.., e)), _) => Next::Now(e),
            // Waiting costs idle time: only as much as this part of the day may have.
            (None, Some((.., e))) if !self.may_idle(later - at) => Next::Now(e),
            _ if later < end => Next::Wait(later),
            _ => Next::Never,
        }
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

/// Adds to `plays` what each lane's target lacks, at `from` or later, without moving any: each as near as it can be to
/// where it makes its lane's gaps even. Lanes take turns, so that the last pauses do not all go to the first lane.
pub(super) fn insert(day: &Day, mut plays: Vec<Play>, from: Step) -> Vec<Play> {
    plays.sort();
    let mut stagger = 0;
    let mut lacking: Vec<std::vec::IntoIter<Step>> = Vec::with_capacity(day.lanes.len());
    for (e, lane) in day.lanes.iter().enumerate() {
        let own: Vec<Step> = plays.iter().filter(|p| p.entry == e).map(|p| p.start).collect();
        let missing = (lane.target as usize).saturating_sub(own.len());
        lacking.push(even_places(lane, &own, from, missing, stagger).into_iter());
        stagger += lane.length;
    }
    loop {
        let before = plays.len();
        for (e, ideals) in lacking.iter_mut().enumerate() {
            let Some(ideal) = ideals.next() else { continue };
            match pause_for(day, &plays, e, from, Some(ideal)) {
                Some((index, start)) => plays.insert(index, Play { start, entry: e }),
                None => *ideals = Vec::new().into_iter(),
            }
        }
        if plays.len() == before {
            return plays;
        }
    }
}

/// Where `missing` more plays of a lane leave the evenest gaps in its room from `from` on: always into the gap that
/// would be the widest. `stagger` turns lanes without a play against each other.
fn even_places(lane: &Lane, own: &[Step], from: Step, missing: usize, stagger: Step) -> Vec<Step> {
    struct Gap {
        low: Step,
        high: Step,
        /// Whether a play stands at `low`.
        after_play: bool,
        new: Step,
    }
    let begin = lane.clock_at(from);
    let mut gaps = Vec::with_capacity(own.len() + 1);
    let (mut low, mut after_play) = (begin, false);
    for play in own.iter().map(|o| lane.clock_at(*o)) {
        if play > begin {
            gaps.push(Gap { low, high: play, after_play, new: 0 });
        }
        (low, after_play) = (play, true);
    }
    gaps.push(Gap { low, high: lane.span, after_play, new: 0 });
    for _ in 0..missing {
        // A gap's width once it has one play more; the first of equals.
        let width = |g: &Gap| (g.high - g.low) / (g.new + 1 + Step::from(g.after_play)).max(1);
        let widest = gaps.iter_mut().rev().max_by_key(|g| width(g)).expect("one gap at least");
        widest.new += 1;
    }
    let mut places = Vec::with_capacity(missing);
    for gap in &gaps {
        let period = (gap.high - gap.low) / (gap.new + Step::from(gap.after_play)).max(1);
        let first = if gap.after_play { gap.low + period } else { gap.low + stagger % period.max(1) };
        places.extend((0..gap.new).map(|k| lane.at_clock((first + k * period).max(begin))));
    }
    places
}

/// The place for one more play that is nearest to `ideal`, or without one the furthest from the lane's other plays: an
/// index into `plays`, and a start.
fn pause_for(day: &Day, plays: &[Play], e: usize, from: Step, ideal: Option<Step>) -> Option<(usize, Step)> {
    let lane = &day.lanes[e];
    let own: Vec<Step> = plays.iter().filter(|p| p.entry == e).map(|p| p.start).collect();
    let merit = |start: Step| match ideal {
        Some(ideal) => -(ideal - start).abs(),
        None => own.iter().map(|o| (o - start).abs()).min().unwrap_or(Step::MAX),
    };
    let mut best: Option<(Step, usize, Step)> = None;
    let mut index = 0;
    for segment in &day.free {
        let mut low = segment.start;
        loop {
            let next = plays.get(index).filter(|p| p.start < segment.end);
            let pause = Stretch { start: low.max(from), end: next.map_or(segment.end, |p| p.start) };
            if pause.length() >= lane.length
                && let Some((first, last)) = starts_in(day, plays, e, index, pause)
            {
                // Of one pause the start in the middle between the nearest plays of the lane, as far as it reaches.
                let before = own.iter().rev().find(|o| **o < first);
                let after = own.iter().find(|o| **o > last);
                let wish = match (ideal, before, after) {
                    (Some(ideal), ..) => ideal,
                    (None, Some(b), Some(a)) => (a + b) / 2,
                    _ => first,
                };
                let start = lane.earliest(wish.clamp(first, last)).filter(|s| *s <= last).unwrap_or(first);
                if best.is_none_or(|(most, ..)| merit(start) > most) {
                    best = Some((merit(start), index, start));
                }
            }
            let Some(play) = next else { break };
            low = play.start + day.lanes[play.entry].length;
            index += 1;
        }
    }
    best.map(|(_, index, start)| (index, start))
}

/// The first and last start inside a pause that keep separation and office gap to the neighbours on both sides.
fn starts_in(day: &Day, plays: &[Play], e: usize, index: usize, pause: Stretch) -> Option<(Step, Step)> {
    let lane = &day.lanes[e];
    let (mut low, mut high) = (pause.start, pause.end - lane.length);
    let longest = day.lanes.iter().map(|l| l.length).max().unwrap_or(0);
    for play in plays[..index].iter().rev() {
        if play.entry == e {
            low = low.max(play.start + lane.separation);
        }
        if day.lanes[play.entry].office == lane.office {
            low = low.max(play.start + day.lanes[play.entry].length + day.office_gap);
        }
        if pause.start - play.start > lane.separation + day.office_gap + longest {
            break;
        }
    }
    for play in &plays[index..] {
        if play.entry == e {
            high = high.min(play.start - lane.separation);
        }
        if day.lanes[play.entry].office == lane.office {
            high = high.min(play.start - day.office_gap - lane.length);
        }
        if play.start - pause.end > lane.separation + day.office_gap + longest {
            break;
        }
    }
    let first = lane.earliest(low)?;
    (first <= high).then_some((first, high))
}
