//! Makes the day: how often each clip airs (`allot`), when (`sequence`), evened out (`polish`), and for every
//! play that found no place a reason with numbers (`reasons`).
//!
//! Pure and deterministic: integer time, ordered maps, work bounded by counts and never by a clock. Playlists, hashes
//! and approvals are not its business; whether the result may air is judged by `engine::plan_check`, which shares no
//! code with this module.
//!
//! Rules that no plan breaks: H1 no overlap, inside hours, never over a fixed event; H2 inside a window; H3 plays of one
//! clip are its separation apart, start to start; H4 plays of one office are the office gap apart, end to start; H5 no
//! more plays than asked for.

mod allot;
mod lane;
mod polish;
pub mod reasons;
mod sequence;

use std::collections::BTreeMap;

use crate::domain::ids::OpdId;
use crate::domain::rotation::{Rotation, Step, Stretch};

use lane::Day;
pub use reasons::{Unplaced, Why};

/// One play of a rotation's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Play {
    /// First step on air.
    pub start: Step,
    /// Index into the rotation's entries.
    pub entry: usize,
}

/// A day, planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayPlan {
    /// In order of time.
    pub plays: Vec<Play>,
    /// Why what was asked for is not in the plan, in order of entries.
    pub unplaced: Vec<Unplaced>,
    /// Airtime of each office that asked.
    pub airtime: BTreeMap<OpdId, Step>,
    /// Free time that no play uses; the fill covers it.
    pub idle: Vec<Stretch>,
}

/// How many orders are tried while plays are missing.
const MAX_RESTARTS: u32 = 40;

/// Plans a day. Entries that can never air (no length, no window) get a reason, never a fault.
pub fn plan(rotation: &Rotation) -> DayPlan {
    let mut day = Day::new(rotation);
    let whys = allot::allot(&mut day);
    let mut best: Option<sequence::Attempt> = None;
    for restart in 0..MAX_RESTARTS {
        let attempt = sequence::sequence(&day, restart);
        if best.as_ref().is_none_or(|b| attempt.better_than(b)) {
            best = Some(attempt);
        }
        if best.as_ref().is_some_and(|b| b.missing == 0) {
            break;
        }
    }
    let mut plays = best.map(|b| b.plays).unwrap_or_default();
    polish::polish(&day, &mut plays);
    finish(rotation, &day, plays, &whys)
}

/// Repairs an announced day: every kept play stays where it is, and what is missing from what the rotation now allows
/// goes into the pauses at `from` or later. Nothing is solved again.
pub fn repair(rotation: &Rotation, kept: &[Play], from: Step) -> DayPlan {
    let mut day = Day::new(rotation);
    let whys = allot::allot(&mut day);
    let plays = sequence::insert(&day, kept.to_vec(), from);
    finish(rotation, &day, plays, &whys)
}

fn finish(rotation: &Rotation, day: &Day, mut plays: Vec<Play>, whys: &[Option<Why>]) -> DayPlan {
    plays.sort();
    let mut airtime: BTreeMap<OpdId, Step> = rotation.entries.iter().map(|e| (e.office, 0)).collect();
    let mut placed = vec![0u32; rotation.entries.len()];
    for play in &plays {
        let entry = &rotation.entries[play.entry];
        placed[play.entry] += 1;
        *airtime.entry(entry.office).or_default() += entry.length;
    }
    let idle = idle(day, &plays);
    let unplaced = reasons::unplaced(rotation, day, &placed, &airtime, &idle, whys);
    DayPlan { plays, unplaced, airtime, idle }
}

/// The stretches between plays, inside the free segments.
fn idle(day: &Day, plays: &[Play]) -> Vec<Stretch> {
    let mut idle = Vec::new();
    let mut next = plays.iter().peekable();
    for segment in &day.free {
        let mut from = segment.start;
        while let Some(play) = next.next_if(|p| p.start < segment.end) {
            if play.start > from {
                idle.push(Stretch { start: from, end: play.start });
            }
            from = play.start + day.lanes[play.entry].length;
        }
        if from < segment.end {
            idle.push(Stretch { start: from, end: segment.end });
        }
    }
    idle
}

#[cfg(test)]
mod tests;
