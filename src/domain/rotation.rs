//! Clips that take turns on one channel's day, and what surrounds them: hours, fixed events, offices' shares.
//!
//! Time is counted in whole steps of a day's grid, so that a plan is exact: a step is a frame on a channel, a second
//! in a benchmark instance. Nothing here knows which.

use std::collections::BTreeMap;

use super::ids::{AssetId, OpdId};
use super::text::Text;
use super::time::TimeOfDay;

/// A position on the day's grid, or a length of it. Frames for a channel.
pub type Step = i64;

/// A half-open stretch of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// First step inside.
    pub start: Step,
    /// First step after.
    pub end: Step,
}

impl Stretch {
    /// Steps inside; never negative.
    pub fn length(self) -> Step {
        (self.end - self.start).max(0)
    }
    /// What both share; `None` if nothing.
    pub fn meet(self, other: Stretch) -> Option<Stretch> {
        let both = Stretch { start: self.start.max(other.start), end: self.end.min(other.end) };
        (both.start < both.end).then_some(both)
    }
    /// Whether `other` lies inside.
    pub fn holds(self, other: Stretch) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A named range of the local day, in which clips may be asked to air. `to` may lie after midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daypart {
    /// For people: *pagi*, *prime time*.
    pub name: String,
    /// First second inside.
    pub from: TimeOfDay,
    /// First second after.
    pub to: TimeOfDay,
}

/// Something that starts at an exact time: the anthem, a call to prayer, a relay. Nothing else airs meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedEvent {
    /// When it is on air.
    pub span: Stretch,
    /// For people.
    pub title: String,
}

/// How urgent a rotation is. 0 is highest: public warnings and what the head of the agency orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class(pub u8);

/// One asset that takes turns during one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationEntry {
    /// What airs.
    pub asset: AssetId,
    /// For people.
    pub title: String,
    /// Whose airtime it is.
    pub office: OpdId,
    /// How long one play lasts, at least 1.
    pub length: Step,
    /// How urgent.
    pub class: Class,
    /// Plays asked for.
    pub wanted: u32,
    /// Plays below which the request is not served; at most `wanted`.
    pub minimum: u32,
    /// Where a play must lie as a whole.
    pub windows: Vec<Stretch>,
    /// Least distance between the starts of two plays.
    pub separation: Step,
}

/// A group of offices that is served before the offices in it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShareGroup(pub u8);

/// What an office's airtime is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeShare {
    /// The group to which it belongs.
    pub group: ShareGroup,
    /// Its weight among the offices of its group, at least 1.
    pub weight: u32,
    /// Airtime that earlier days owe it (positive) or that it had too much (negative).
    pub credit: Step,
}

impl Default for OfficeShare {
    fn default() -> Self {
        OfficeShare { group: ShareGroup(0), weight: 1, credit: 0 }
    }
}

/// Entries of one category, between whose plays a pause is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// For people.
    pub name: Text,
    /// Indices into the rotation's entries, in order; all of them are there.
    pub entries: Vec<usize>,
    /// Least pause between two plays of them, end to start.
    pub gap: Step,
}

/// Most categories of one rotation that keep a pause.
pub const MOST_CATEGORIES: usize = 32;

/// Everything that one day's plan follows from. Same rotation, same plan, to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// Operating hours.
    pub open: Stretch,
    /// In any order; they may touch the hours' ends.
    pub fixed: Vec<FixedEvent>,
    /// What takes turns.
    pub entries: Vec<RotationEntry>,
    /// Offices without a row have [`OfficeShare::default`].
    pub offices: BTreeMap<OpdId, OfficeShare>,
    /// Weights of groups; a group without a row weighs 1.
    pub groups: BTreeMap<ShareGroup, u32>,
    /// Least pause between two plays of one office, end to start; 0 for none.
    pub office_gap: Step,
    /// Categories that keep a pause, at most [`MOST_CATEGORIES`]; further ones keep none.
    pub categories: Vec<Category>,
    /// Pauses shorter than this are closed where the rules allow it: too short for the fill to be seen; 0 for none.
    pub shortest_pause: Step,
    /// Turns the day, so that a clip is not at the same minute every day. The day's number will do.
    pub phase: u64,
}

impl Rotation {
    /// The hours minus the fixed events, in order.
    pub fn free(&self) -> Vec<Stretch> {
        let mut fixed: Vec<Stretch> = self.fixed.iter().map(|f| f.span).collect();
        fixed.sort();
        let mut free = Vec::with_capacity(fixed.len() + 1);
        let mut from = self.open.start;
        for event in fixed {
            let until = event.start.min(self.open.end);
            if until > from {
                free.push(Stretch { start: from, end: until });
            }
            from = from.max(event.end);
        }
        if from < self.open.end {
            free.push(Stretch { start: from, end: self.open.end });
        }
        free
    }

    /// The pause that a play of one entry and a play of another keep because of their categories, with the category.
    pub fn category_pause(&self, one: usize, other: usize) -> Option<(&Category, Step)> {
        let both = |c: &&Category| c.gap > 0 && c.entries.contains(&one) && c.entries.contains(&other);
        let kept = self.categories.iter().take(MOST_CATEGORIES);
        kept.filter(both).max_by_key(|c| c.gap).map(|c| (c, c.gap))
    }

    /// An office's share, the default one if it has no row.
    pub fn share(&self, office: OpdId) -> OfficeShare {
        self.offices.get(&office).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_events_that_overlap_or_leave_the_hours_are_cut_out_once() {
        let event = |start, end| FixedEvent { span: Stretch { start, end }, title: "relay".into() };
        let day = Rotation {
            open: Stretch { start: 100, end: 200 },
            fixed: vec![event(150, 160), event(90, 110), event(155, 170), event(195, 300)],
            entries: Vec::new(),
            offices: BTreeMap::new(),
            groups: BTreeMap::new(),
            office_gap: 0,
            categories: Vec::new(),
            shortest_pause: 0,
            phase: 0,
        };
        let free: Vec<_> = day.free().iter().map(|s| (s.start, s.end)).collect();
        assert_eq!(free, [(110, 150), (170, 195)]);
    }
}
