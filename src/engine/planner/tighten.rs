//! Fewer seconds unused in a full day: the pauses of a segment are pushed together into one hole, and a play that found
//! no place goes into it, alone or in place of a shorter one, which then is the one that lacks a place.
//!
//! A day whose plays all have lengths of 15 s multiples has segments that end a few seconds after the last one fits; what
//! is left beyond that is what this step gets back.

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::{Day, each_category};

/// Plays brought in, at most: a day that lacks more is short of time, not of places.
const MAX_MOVES: usize = 24;

/// A segment is full when its pauses together are no longer than this many of the longest clip.
const FULL: i64 = 1;

/// Brings in what is missing, `lacking[entry]` plays of each entry; both change. Plays are in order of time.
pub(super) fn tighten(day: &Day, plays: &mut Vec<Play>, lacking: &mut [u32]) {
    for _ in 0..MAX_MOVES {
        if lacking.iter().all(|n| *n == 0) || !bring_in_one(day, plays, lacking) {
            return;
        }
    }
}

/// One way to bring in a play.
struct Move {
    gain: Step,
    segment: usize,
    /// Index of the play that leaves, or before which the hole is.
    at: usize,
    leaves: bool,
    comes: usize,
}

fn bring_in_one(day: &Day, plays: &mut Vec<Play>, lacking: &mut [u32]) -> bool {
    let own: Vec<Vec<Step>> = own_starts(day, plays);
    let largest_hole = FULL * day.lanes.iter().map(|l| l.length).max().unwrap_or(0);
    let mut moves = Vec::new();
    let mut from = 0;
    for (segment, stretch) in day.free.iter().enumerate() {
        let until = from + plays[from..].partition_point(|p| p.start < stretch.end);
        let used: Step = plays[from..until].iter().map(|p| day.lanes[p.entry].length).sum();
        let hole = stretch.length() - used;
        if hole > 0 && hole <= largest_hole {
            for comes in (0..lacking.len()).filter(|e| lacking[*e] > 0) {
                let length = day.lanes[comes].length;
                for at in from..=until {
                    if length <= hole {
                        moves.push(Move { gain: length, segment, at, leaves: false, comes });
                    }
                    let Some(play) = plays[..until].get(at).filter(|p| own[p.entry].len() > minimum(day, p.entry))
                    else {
                        continue;
                    };
                    let gain = length - day.lanes[play.entry].length;
                    if gain > 0 && gain <= hole {
                        moves.push(Move { gain, segment, at, leaves: true, comes });
                    }
                }
            }
        }
        from = until;
    }
    // The most time first; then where the hole is, so that equal days give equal plans.
    moves.sort_by_key(|m| (-m.gain, m.segment, m.at, m.comes));
    for m in moves {
        if let Some(next) = with(day, plays, &own, &m) {
            lacking[m.comes] -= 1;
            if m.leaves {
                lacking[plays[m.at].entry] += 1;
            }
            *plays = next;
            return true;
        }
    }
    false
}

fn minimum(day: &Day, entry: usize) -> usize {
    day.rotation.entries[entry].minimum as usize
}

fn own_starts(day: &Day, plays: &[Play]) -> Vec<Vec<Step>> {
    let mut own = vec![Vec::new(); day.lanes.len()];
    for play in plays {
        own[play.entry].push(play.start);
    }
    own
}

/// The day after a move, if all rules hold.
fn with(day: &Day, plays: &[Play], own: &[Vec<Step>], m: &Move) -> Option<Vec<Play>> {
    let segment = day.free[m.segment];
    let from = plays.partition_point(|p| p.start < segment.start);
    let until = plays.partition_point(|p| p.start < segment.end);
    let after = m.at + usize::from(m.leaves);
    let length = |p: &Play| day.lanes[p.entry].length;
    let before_hole: Step = plays[from..m.at].iter().map(length).sum();
    let after_hole: Step = plays[after..until].iter().map(length).sum();
    let hole = Stretch { start: segment.start + before_hole, end: segment.end - after_hole };
    let lane = &day.lanes[m.comes];
    // Cheap first: its own separation, with the others of its lane about where they are, and its neighbours.
    let near = own[m.comes].partition_point(|s| *s < hole.start);
    let apart = lane.separation - hole.length();
    let too_near = |s: Option<&Step>| s.is_some_and(|s| (hole.start - s).abs() < apart);
    if too_near(own[m.comes].get(near)) || near.checked_sub(1).is_some_and(|b| too_near(own[m.comes].get(b))) {
        return None;
    }
    let rest = hole.length() - lane.length;
    let of_office = |at: usize| day.lanes[plays[at].entry].office == lane.office;
    if (m.at > from && day.office_gap > 0 && of_office(m.at - 1))
        || (after < until && day.office_gap > rest && of_office(after))
    {
        return None;
    }
    let mut next = Vec::with_capacity(plays.len() + 1);
    next.extend_from_slice(&plays[..from]);
    let mut at = segment.start;
    for play in &plays[from..m.at] {
        next.push(Play { start: at, entry: play.entry });
        at += length(play);
    }
    next.push(Play { start: hole.start, entry: m.comes });
    at = hole.end;
    for play in &plays[after..until] {
        next.push(Play { start: at, entry: play.entry });
        at += length(play);
    }
    next.extend_from_slice(&plays[until..]);
    keeps_rules(day, &next).then_some(next)
}

/// Whether plays in order of time keep windows, separations and office gaps; that none overlap is seen to already.
fn keeps_rules(day: &Day, plays: &[Play]) -> bool {
    let mut last = vec![None; day.lanes.len()];
    let mut office_ready = vec![Step::MIN; day.offices];
    let mut category_ready = vec![Step::MIN; day.category_gaps.len()];
    plays.iter().all(|play| {
        let lane = &day.lanes[play.entry];
        let apart = last[play.entry].replace(play.start).is_none_or(|last: Step| play.start - last >= lane.separation);
        let clear = each_category(lane.categories).all(|c| category_ready[c] <= play.start);
        for c in each_category(lane.categories) {
            category_ready[c] = play.start + lane.length + day.category_gaps[c];
        }
        let ready = office_ready[lane.office] <= play.start && clear;
        office_ready[lane.office] = play.start + lane.length + day.office_gap;
        apart && ready && lane.may_start(play.start)
    })
}
