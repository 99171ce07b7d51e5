//! Plays that are added to a day which stands: into its pauses, or where another play gives way.

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::{Day, Lane};

/// Puts a play of `e` where another one was, if that one finds a place elsewhere.
pub(super) fn give_way(day: &Day, plays: &mut Vec<Play>, e: usize) -> bool {
    let mut segments = day.free.iter();
    let mut segment = segments.next();
    for at in 0..plays.len() {
        let other = plays[at];
        while segment.is_some_and(|s| s.end <= other.start) {
            segment = segments.next();
        }
        let Some(free) = segment else { return false };
        let low = at
            .checked_sub(1)
            .map_or(free.start, |b| (plays[b].start + day.lanes[plays[b].entry].length).max(free.start));
        let high = plays.get(at + 1).map_or(free.end, |after| after.start.min(free.end));
        if other.entry == e || high - low < day.lanes[e].length {
            continue;
        }
        plays.remove(at);
        if let Some((start, _)) = starts_in(day, plays.split_at(at), e, Stretch { start: low, end: high }) {
            plays.insert(at, Play { start, entry: e });
            if let Some((index, start)) = pause_for(day, plays, other.entry, Step::MIN, None) {
                plays.insert(index, Play { start, entry: other.entry });
                return true;
            }
            plays.remove(at);
        }
        plays.insert(at, other);
    }
    false
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

/// Where `missing` more plays of one lane would go in an announced day if nothing stood in their way.
pub(super) fn insert_even(day: &Day, plays: &[Play], e: usize, from: Step, missing: usize) -> Vec<Step> {
    let own: Vec<Step> = plays.iter().filter(|p| p.entry == e).map(|p| p.start).collect();
    even_places(&day.lanes[e], &own, from, missing, 0)
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
pub(super) fn pause_for(day: &Day, plays: &[Play], e: usize, from: Step, ideal: Option<Step>) -> Option<(usize, Step)> {
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
                && let Some((first, last)) = starts_in(day, plays.split_at(index), e, pause)
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

/// The first and last start inside a pause that keep separation and office gap to the plays before and after it.
pub(super) fn starts_in(
    day: &Day,
    (before, after): (&[Play], &[Play]),
    e: usize,
    pause: Stretch,
) -> Option<(Step, Step)> {
    let lane = &day.lanes[e];
    let (mut low, mut high) = (pause.start, pause.end - lane.length);
    let longest = day.lanes.iter().map(|l| l.length).max().unwrap_or(0);
    for play in before.iter().rev() {
        if play.entry == e {
            low = low.max(play.start + lane.separation);
        }
        let apart = day.pause(play.entry, e);
        if apart > 0 {
            low = low.max(play.start + day.lanes[play.entry].length + apart);
        }
        if pause.start - play.start > lane.separation + lane.gap + longest {
            break;
        }
    }
    for play in after {
        if play.entry == e {
            high = high.min(play.start - lane.separation);
        }
        let apart = day.pause(play.entry, e);
        if apart > 0 {
            high = high.min(play.start - apart - lane.length);
        }
        if play.start - pause.end > lane.separation + lane.gap + longest {
            break;
        }
    }
    let first = lane.earliest(low)?;
    (first <= high).then_some((first, high))
}
