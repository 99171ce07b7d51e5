//! An announced day that something happened to: what is announced stays where it is, and only what must change does.
//!
//! Who lost plays gets them back as far as pauses allow; who is new gets what its share allows; nobody else gains,
//! because everybody else was told when they air. A clip of class 0 with a promised minimum takes the place of others
//! where no pause holds it.

use std::cmp::Reverse;

use crate::domain::rotation::{Class, FixedEvent, Rotation, Step, Stretch};

use super::allot;
use super::insert::{insert, insert_even, pause_for, starts_in};
use super::lane::Day;
use super::reasons::Why;
use super::{DayPlan, Play, finish};

/// What stays of an announced day, and what does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announced {
    /// Plays that stay, in order.
    pub kept: Vec<Play>,
    /// Plays that can't, each of an entry that may still air.
    pub lost: Vec<Play>,
    /// Plays that were ordered on top, whatever is announced.
    pub ordered: Vec<Ordered>,
}

/// Plays of an entry that shall air in a part of the day; less urgent ones make way for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered {
    /// Of which entry.
    pub entry: usize,
    /// Where they start and end.
    pub within: Stretch,
    /// How many, with those that stand there.
    pub plays: u32,
    /// Least distance of the starts of two plays of the entry.
    pub separation: Step,
    /// What begins before this does not change for them.
    pub from: Step,
}

impl Announced {
    /// Plays that all stay.
    pub fn kept(kept: Vec<Play>) -> Announced {
        Announced { kept, ..Announced::default() }
    }

    /// Parts announced plays by what the rotation now allows. What is before `from` stays whatever it is.
    pub fn parted(rotation: &Rotation, plays: &[Play], from: Step) -> Announced {
        let day = Day::new(rotation);
        let mut placed = vec![0; rotation.entries.len()];
        let mut parted = Announced::default();
        for play in plays {
            let stays =
                day.lanes[play.entry].may_start(play.start) && placed[play.entry] < rotation.entries[play.entry].wanted;
            if stays || play.start < from {
                placed[play.entry] += 1;
                parted.kept.push(*play);
            } else {
                parted.lost.push(*play);
            }
        }
        parted
    }
}

/// Repairs an announced day from `from` on.
pub fn repair(rotation: &Rotation, announced: &Announced, from: Step) -> DayPlan {
    let mut day = Day::new(rotation);
    let mut whys = allot::allot(&mut day);
    let count = |plays: &[Play], entry| plays.iter().filter(|p: &&Play| p.entry == entry).count() as u32;
    let mut urgent = Vec::new();
    for (e, entry) in rotation.entries.iter().enumerate() {
        let (kept, lost) = (count(&announced.kept, e), count(&announced.lost, e));
        let lane = &mut day.lanes[e];
        if entry.class.0 == 0 && kept < entry.minimum {
            lane.target = entry.minimum.min(lane.capacity).max(kept);
            urgent.push(e);
        } else if kept + lost > 0 {
            lane.target = (kept + lost).min(entry.wanted);
        }
    }
    let mut repair = Repair { day: &day, from, plays: announced.kept.clone(), gone: announced.lost.clone() };
    repair.plays.sort();
    for &e in &urgent {
        let missing = day.lanes[e].target.saturating_sub(count(&repair.plays, e));
        for ideal in insert_even(&day, &repair.plays, e, from, missing as usize) {
            repair.press_in(e, ideal);
        }
    }
    for ordered in &announced.ordered {
        let Repair { plays, gone, .. } = repair;
        let (plays, gone) = press_ordered(rotation, ordered, plays, gone);
        repair = Repair { day: &day, from, plays, gone };
        urgent.push(ordered.entry);
    }
    let displaced: Vec<Play> = repair.gone.iter().copied().filter(|p| !announced.lost.contains(p)).collect();
    let plays = insert(&day, repair.plays, from);
    for (e, why) in whys.iter_mut().enumerate() {
        let lost = announced.lost.iter().chain(&displaced).filter(|p| p.entry == e);
        let taken: Vec<Step> = lost.map(|p| p.start).collect();
        let announced = count(&announced.kept, e) + count(&announced.lost, e);
        if taken.is_empty() && announced > 0 && count(&plays, e) < rotation.entries[e].wanted {
            why.get_or_insert(Why::Announced);
        }
        if !taken.is_empty() && count(&plays, e) < announced {
            let by = taken
                .iter()
                .find_map(|at| over(rotation, e, *at))
                .or(urgent.first().map(|u| &rotation.entries[*u].title));
            *why = Some(Why::Displaced { by: by.cloned().unwrap_or_default() });
            // What is missing is missing because of that, not because pauses are short.
            day.lanes[e].target = 0;
        }
    }
    finish(rotation, &day, plays, &whys)
}

/// Presses ordered plays in, on a day where their entry is urgent and has no other room than theirs.
fn press_ordered(rotation: &Rotation, ordered: &Ordered, plays: Vec<Play>, gone: Vec<Play>) -> (Vec<Play>, Vec<Play>) {
    let mut narrowed = rotation.clone();
    let own = &mut narrowed.entries[ordered.entry];
    (own.class, own.windows, own.separation) = (Class(0), vec![ordered.within], ordered.separation);
    let mut day = Day::new(&narrowed);
    day.lanes[ordered.entry].target = ordered.plays;
    let mut repair = Repair { day: &day, from: ordered.from, plays, gone };
    let inside = |p: &&Play| p.entry == ordered.entry && (ordered.within.start..ordered.within.end).contains(&p.start);
    let standing = repair.plays.iter().filter(inside).count();
    let missing = (ordered.plays as usize).saturating_sub(standing);
    for ideal in insert_even(&day, &repair.plays, ordered.entry, ordered.from, missing) {
        repair.press_in(ordered.entry, ideal);
    }
    (repair.plays, repair.gone)
}

/// The fixed event that lies where a play of `e` was.
fn over(rotation: &Rotation, e: usize, at: Step) -> Option<&String> {
    let play = Stretch { start: at, end: at + rotation.entries[e].length };
    rotation.fixed.iter().find(|FixedEvent { span, .. }| span.meet(play).is_some()).map(|event| &event.title)
}

struct Repair<'a> {
    day: &'a Day<'a>,
    from: Step,
    plays: Vec<Play>,
    gone: Vec<Play>,
}

/// Neighbouring plays that could make way for another, and where that would start.
struct Way {
    first: usize,
    count: usize,
    start: Step,
}

impl Repair<'_> {
    /// Puts a play of `e` into a pause near `ideal`, or else where others make way for it: as few as can be, the least
    /// urgent, of the office that has lost least, the nearest.
    fn press_in(&mut self, e: usize, ideal: Step) {
        let lane = &self.day.lanes[e];
        let near = lane.span / Step::from(2 * lane.target.max(1));
        let pause = pause_for(self.day, &self.plays, e, self.from, Some(ideal));
        if let Some((index, start)) = pause.filter(|(_, start)| (start - ideal).abs() <= near) {
            self.plays.insert(index, Play { start, entry: e });
            return;
        }
        let best = self.ways(e, ideal).into_iter().min_by_key(|way| self.cost(way, ideal, near));
        let (index, start) = match (best, pause) {
            (Some(way), _) => {
                let gone = self.plays.drain(way.first..way.first + way.count);
                self.gone.extend(gone);
                (way.first, way.start)
            }
            (None, Some(pause)) => pause,
            (None, None) => return,
        };
        self.plays.insert(index, Play { start, entry: e });
    }

    fn cost(&self, way: &Way, ideal: Step, near: Step) -> (bool, usize, Reverse<u8>, usize, Step) {
        let away = (way.start - ideal).abs();
        let plays = &self.plays[way.first..way.first + way.count];
        let class = |p: &Play| self.day.rotation.entries[p.entry].class.0;
        let most_urgent = plays.iter().map(class).min().unwrap_or(u8::MAX);
        let office = |p: &Play| self.day.lanes[p.entry].office;
        let lost = plays.iter().map(|p| self.gone.iter().filter(|g| office(g) == office(p)).count()).sum();
        (away > near, way.count, Reverse(most_urgent), lost, away)
    }

    /// Every run of neighbours whose time holds a play of `e`, no longer than it must be.
    fn ways(&self, e: usize, ideal: Step) -> Vec<Way> {
        let (day, lane) = (self.day, &self.day.lanes[e]);
        let class = day.rotation.entries[e].class;
        let end = |p: &Play| p.start + day.lanes[p.entry].length;
        let movable = |p: &Play| p.start >= self.from && p.entry != e && day.rotation.entries[p.entry].class > class;
        let mut ways = Vec::new();
        for segment in &day.free {
            let first = self.plays.partition_point(|p| p.start < segment.start);
            let last = self.plays.partition_point(|p| p.start < segment.end);
            for from in first..last {
                let low = from.checked_sub(1).filter(|b| *b >= first).map_or(segment.start, |b| end(&self.plays[b]));
                for to in from..last {
                    if !movable(&self.plays[to]) {
                        break;
                    }
                    let high = self.plays[..last].get(to + 1).map_or(segment.end, |p| p.start);
                    let room = Stretch { start: low.max(self.from), end: high };
                    if room.length() < lane.length {
                        continue;
                    }
                    let around = (&self.plays[..from], &self.plays[to + 1..]);
                    if let Some((soonest, latest)) = starts_in(day, around, e, room) {
                        let start = lane.earliest(ideal.clamp(soonest, latest)).filter(|s| *s <= latest);
                        ways.push(Way { first: from, count: to + 1 - from, start: start.unwrap_or(soonest) });
                    }
                    break;
                }
            }
        }
        ways
    }
}
