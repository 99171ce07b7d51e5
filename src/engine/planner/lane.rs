//! The rotation as the planner works on it: one lane per entry, with its free time and its target.

use crate::domain::rotation::{MOST_CATEGORIES, Rotation, Step, Stretch};

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
    /// The pause that each category keeps; a lane's bits say of which it is.
    pub category_gaps: Vec<Step>,
}

/// One entry's room to move.
pub(super) struct Lane {
    pub length: Step,
    pub separation: Step,
    pub office: usize,
    /// Bit `c`: of category `c`.
    pub categories: u32,
    /// The longest pause that it keeps to a play of its office or of a category of its own.
    pub gap: Step,
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
        let kept = || rotation.categories.iter().take(MOST_CATEGORIES).enumerate();
        let category_gaps: Vec<Step> = kept().map(|(_, category)| category.gap.max(0)).collect();
        let mut of_entry = vec![0_u32; rotation.entries.len()];
        for (bit, category) in kept() {
            for entry in &category.entries {
                of_entry[*entry] |= 1 << bit;
            }
        }
        let lanes = rotation
            .entries
            .iter()
            .zip(of_entry)
            .map(|(entry, categories)| {
                let room = room(&free, &entry.windows);
                let gap = rotation.office_gap.max(longest(&category_gaps, categories));
                let step = entry.separation.max(entry.length + gap);
                let capacity = if entry.length < 1 { 0 } else { fits(&room, entry.length, step, entry.wanted) };
                Lane {
                    length: entry.length,
                    separation: entry.separation,
                    office: offices.binary_search(&entry.office).expect("collected from these entries"),
                    categories,
                    gap,
                    span: room.iter().map(|r| r.length()).sum(),
                    room,
                    capacity,
                    target: 0,
                }
            })
            .collect();
        Day { rotation, free, lanes, offices: offices.len(), office_gap: rotation.office_gap, category_gaps }
    }

    /// The pause that a play of one lane and a play of another keep, end to start.
    pub fn pause(&self, one: usize, other: usize) -> Step {
        let (one, other) = (&self.lanes[one], &self.lanes[other]);
        let office = if one.office == other.office { self.office_gap } else { 0 };
        match one.categories & other.categories {
            0 => office,
            both => office.max(longest(&self.category_gaps, both)),
        }
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

/// Categories by their bits.
pub(super) fn each_category(bits: u32) -> impl Iterator<Item = usize> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros();
        left &= left.wrapping_sub(1);
        (bit < u32::BITS).then_some(bit as usize)
    })
}

fn longest(gaps: &[Step], categories: u32) -> Step {
    each_category(categories).map(|c| gaps[c]).max().unwrap_or(0)
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
