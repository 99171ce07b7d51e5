//! Makes the day: how often each clip airs (`allot`), when (`relax` where there is room to spare, else `sequence` and
//! `tighten`), evened out (`polish`), and for every play that found no place a reason with numbers (`reasons`). What is
//! announced is repaired (`repair`), never planned again; what a day owes is paid later (`credit`).
//!
//! Pure and deterministic: integer time, ordered maps, work bounded by counts and never by a clock. Playlists, hashes
//! and approvals are not its business; whether the result may air is judged by `engine::plan_check`, which shares no
//! code with this module.
//!
//! Rules that no plan breaks: H1 no overlap, inside hours, never over a fixed event; H2 inside a window; H3 plays of one
//! clip are its separation apart, start to start; H4 plays of one office are the office gap apart, end to start; H5 no
//! more plays than asked for; H6 plays of one category that keeps a pause are that pause apart, end to start.

mod allot;
pub mod credit;
mod insert;
mod lane;
pub mod office_what_if;
mod polish;
pub mod reasons;
mod relax;
mod repair;
mod sequence;
pub mod soundness;
mod tighten;
pub mod what_if;

use std::collections::BTreeMap;

use crate::domain::ids::OpdId;
use crate::domain::rotation::{Rotation, Step, Stretch};

use lane::Day;
pub use reasons::{Unplaced, Why};
pub use repair::{Announced, Ordered, repair};

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

/// How many orders are tried while plays are missing, and how many from the first one on in which none is.
const MAX_RESTARTS: usize = 40;
const GOOD_DAYS: usize = 4;
/// Plays times entries that are looked at in all orders together: a few milliseconds.
const MAX_WORK: usize = 600_000;
/// The order in which frequent clips go first, the one that lacks least at the first try.
const URGENT_FIRST: u32 = 1;
/// How many staggerings of a day with room to spare are tried, and how many of the best are evened out.
const STAGGERINGS: u32 = 8;
const EVENED_OUT: usize = 3;
/// Per play, twice the square of 1.5 % in 1/1024: gaps as even as that need no second try.
const EVEN_ENOUGH: i64 = 2 * 15 * 15;

/// Plans a day. Entries that can never air (no length, no window) get a reason, never a fault.
pub fn plan(rotation: &Rotation) -> DayPlan {
    let mut day = Day::new(rotation);
    let whys = allot::allot(&mut day);
    let plays = with_room(&day).unwrap_or_else(|| packed(&day));
    finish(rotation, &day, plays, &whys)
}

/// Plans a day in one pass: the same rules and the same shares, gaps that are less even and, where the day is crowded,
/// a few plays fewer. For looking at months of days at once.
pub fn draft(rotation: &Rotation) -> DayPlan {
    let mut day = Day::new(rotation);
    let whys = allot::allot(&mut day);
    let plays = sequence::sequence(&day, URGENT_FIRST, Step::MAX).plays;
    finish(rotation, &day, plays, &whys)
}

/// A day with room to spare: every play near its ideal place. `None` if no staggering keeps all rules.
fn with_room(day: &Day) -> Option<Vec<Play>> {
    let days: Vec<_> = (0..STAGGERINGS).filter_map(|restart| relax::relaxed(day, restart * 4)).collect();
    evenest(day, days)
}

/// A full day: of the orders that lack least the evenest.
fn packed(day: &Day) -> Vec<Play> {
    let asked: Step = day.lanes.iter().map(|l| l.length * i64::from(l.target)).sum();
    let free: Step = day.free.iter().map(|s| s.length()).sum();
    // No order lacks less than this. Who asks for more than there is will not miss a two-thousandth of the day.
    let beyond = (asked - (free - unused_at_least(day))).max(0);
    let good = beyond + if beyond > 0 { free / 2000 } else { 0 };
    let (mut least, mut spare_orders) = (Step::MAX, GOOD_DAYS);
    let plays: usize = day.lanes.iter().map(|l| l.target as usize).sum();
    let restarts = (MAX_WORK / (plays * day.lanes.len()).max(1)).clamp(GOOD_DAYS, MAX_RESTARTS);
    let mut days = Vec::new();
    for restart in (0..).take(restarts) {
        let attempt = sequence::sequence(day, restart, good);
        if attempt.missing_time < least {
            least = attempt.missing_time;
            days.clear();
        }
        if attempt.missing_time == least {
            days.push(attempt.plays);
        }
        if least <= good {
            spare_orders -= 1;
            if spare_orders == 0 {
                break;
            }
        }
    }
    evenest(day, days).unwrap_or_default()
}

/// The evenest of some days that keep all rules, once the most promising of them are evened out.
fn evenest(day: &Day, days: Vec<Vec<Play>>) -> Option<Vec<Play>> {
    let judged = |plays: Vec<Play>| Some((polish::unevenness(day, &plays)?, plays));
    let mut days: Vec<(i64, Vec<Play>)> = days.into_iter().filter_map(judged).collect();
    days.sort_by_key(|(unevenness, _)| *unevenness);
    let mut best: Option<(i64, Vec<Play>)> = None;
    for (_, mut plays) in days.into_iter().take(EVENED_OUT) {
        polish::polish(day, &mut plays);
        let (unevenness, plays) = judged(plays)?;
        if best.as_ref().is_none_or(|(least, _)| unevenness < *least) {
            best = Some((unevenness, plays));
        }
        if best.as_ref().is_some_and(|(least, plays)| *least <= EVEN_ENOUGH * plays.len() as i64) {
            break;
        }
    }
    best.map(|(_, plays)| plays)
}

/// Free time that no plan uses: what every segment has over a multiple of the lengths' common measure.
fn unused_at_least(day: &Day) -> Step {
    fn common(a: Step, b: Step) -> Step {
        if b == 0 { a } else { common(b, a % b) }
    }
    let measure = day.lanes.iter().filter(|l| l.target > 0).map(|l| l.length).fold(0, common);
    day.free.iter().map(|s| if measure > 0 { s.length() % measure } else { 0 }).sum()
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
