//! The rotation as the planner works on it: one lane per entry, with its free time and its target.

use crate::domain::rotation::{Rotation, Step, Stretch};

/// A day ready to be packed.
pub(super) struct Day<'a> {
    pub rotation: &'a Rotation,
    /// Hours minus fixed events, in order.
    pub free: Vec<Stretch>,
    /// One per entry, same index.
    pub lanes: Vec<Lane>,
    /// Offices that asked, by index; a lane names its office by this index.
    pub offices: usize,
    pub office_gap: Step,
}

/// One entry's room to move.
pub(super) struct Lane {
    pub length: Step,
    pub separation: Step,
    pub office: usize,
    /// Windows cut to the free segments, in order, disjoint: every play lies inside one of them.
    pub room: Vec<Stretch>,
    /// Sum of `room`.
    pub span: Step,
    /// Plays that separation, office gap and room allow at most, and never more than wanted.
    pub capacity: u32,
    /// Plays that it shall get.
    pub target: u32,
}

impl<'a> Day<'a> {
    pub fn new(rotation: &'a Rotation) -> Day<'a> {
        let free = rotation.free();
        let mut offices: Vec<_> = rotation.entries.iter().map(|e| e.office).collect();
        offices.sort();
        offices.dedup();
        let lanes = rotation
            .entries
            .iter()
            .map(|entry| {
                let room = room(&free, &entry.windows);
                let step = entry.separation.max(entry.length + rotation.office_gap);
                let capacity = if entry.length < 1 { 0 } else { fits(&room, entry.length, step, entry.wanted) };
                Lane {
                    length: entry.length,
                    separation: entry.separation,
                    office: offices.binary_search(&entry.office).expect("collected from these entries"),
                    span: room.iter().map(|r| r.length()).sum(),
                    room,
                    capacity,
                    target: 0,
                }
            })
            .collect();
        Day { rotation, free, lanes, offices: offices.len(), office_gap: rotation.office_gap }
    }

    /// Free time in a stretch.
    pub fn free_in(&self, stretch: Stretch) -> Step {
        self.free.iter().filter_map(|s| s.meet(stretch)).map(Stretch::length).sum()
    }
}

impl Lane {
    /// The earliest start at `from` or later at which a whole play lies in the room.
    pub fn earliest(&self, from: Step) -> Option<Step> {
        let after = self.room.partition_point(|r| r.end < from + self.length);
        self.room[after..].iter().find(|r| r.length() >= self.length).map(|r| r.start.max(from))
    }
    /// The step at which `clock` steps of room have passed.
    pub fn at_clock(&self, clock: Step) -> Step {
        let mut left = clock;
        for r in &self.room {
            if left < r.length() {
                return r.start + left;
            }
            left -= r.length();
        }
        self.room.last().map_or(0, |r| r.end)
    }
    /// Steps of room that passed before `at`.
    pub fn clock_at(&self, at: Step) -> Step {
        self.room.iter().take_while(|r| r.start < at).map(|r| r.end.min(at) - r.start).sum()
    }
    /// Whether a play that starts at `at` lies in the room.
    pub fn may_start(&self, at: Step) -> bool {
        let after = self.room.partition_point(|r| r.end < at + self.length);
        self.room.get(after).is_some_and(|r| r.start <= at)
    }
}

fn room(free: &[Stretch], windows: &[Stretch]) -> Vec<Stretch> {
    let mut windows: Vec<Stretch> = windows.iter().copied().filter(|w| w.length() > 0).collect();
    windows.sort();
    let mut apart: Vec<Stretch> = Vec::with_capacity(windows.len());
    for window in windows {
        // Windows that overlap are cut, not joined: a play must lie in one of them as a whole.
        let start = apart.last().map_or(window.start, |last| window.start.max(last.end));
        if start < window.end {
            apart.push(Stretch { start, end: window.end });
        }
    }
    apart.iter().flat_map(|w| free.iter().filter_map(|s| s.meet(*w))).collect()
}

/// How many plays fit one after the other at their closest.
fn fits(room: &[Stretch], length: Step, step: Step, wanted: u32) -> u32 {
    let (mut count, mut from) = (0, Step::MIN);
    for r in room {
        let first = r.start.max(from);
        if r.end - first < length {
            continue;
        }
        let here = (r.end - first - length) / step + 1;
        count += here;
        from = first + here * step;
        if count >= i64::from(wanted) {
            return wanted;
        }
    }
    u32::try_from(count).unwrap_or(u32::MAX).min(wanted)
}
