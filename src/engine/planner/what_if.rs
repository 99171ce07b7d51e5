//! What would have to be different for a clip to get more plays: the same day planned again with one thing changed.

use crate::domain::rotation::{Rotation, Step, Stretch};
use crate::domain::text::Text;

use super::plan;
use super::reasons::Words;

/// One thing that could be different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its windows begin this much earlier.
    Earlier(Step),
    /// Its windows end this much later.
    Later(Step),
    /// It may air at any hour.
    AnyHour,
    /// Its plays may follow each other at this distance.
    Separation(Step),
    /// No pause is kept between clips of one office.
    NoOfficeGap,
    /// No pause is kept between clips of its categories.
    NoCategoryGap,
    /// The clip is this long instead.
    Length(Step),
}

/// What a change would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfSo {
    /// What is different.
    pub change: Change,
    /// Plays that the clip gets then.
    pub plays: u32,
    /// Plays that it gets more than now.
    pub more: u32,
    /// Plays that all other clips together lose by it; negative if they gain.
    pub others_lose: i64,
}

/// Changes that would give `entry` more plays, the most first; of equals the one that costs others least.
/// `hour` is how many steps an hour has.
pub fn what_if(rotation: &Rotation, entry: usize, hour: Step) -> Vec<IfSo> {
    let (now, all) = placed(rotation, entry);
    let own = &rotation.entries[entry];
    let mut changes = vec![Change::Earlier(hour), Change::Later(hour), Change::AnyHour];
    if own.separation > own.length {
        changes.push(Change::Separation((own.separation / 2).max(own.length)));
    }
    if rotation.office_gap > 0 {
        changes.push(Change::NoOfficeGap);
    }
    if rotation.categories.iter().any(|c| c.gap > 0 && c.entries.contains(&entry)) {
        changes.push(Change::NoCategoryGap);
    }
    if own.length > 1 {
        changes.push(Change::Length(own.length / 2));
    }
    let tried = changes.into_iter().filter_map(|change| {
        let (plays, with) = placed(&changed(rotation, entry, change)?, entry);
        let others_lose = (all - i64::from(now)) - (with - i64::from(plays));
        (plays > now).then_some(IfSo { change, plays, more: plays - now, others_lose })
    });
    let mut found: Vec<IfSo> = tried.collect();
    found.sort_by_key(|so| (std::cmp::Reverse(so.more), so.others_lose));
    found
}

/// Plays of an entry, and of all.
fn placed(rotation: &Rotation, entry: usize) -> (u32, i64) {
    let plan = plan(rotation);
    let own = plan.plays.iter().filter(|p| p.entry == entry).count();
    (u32::try_from(own).unwrap_or(u32::MAX), i64::try_from(plan.plays.len()).unwrap_or(i64::MAX))
}

/// The rotation with one thing different; `None` if that changes nothing.
fn changed(rotation: &Rotation, entry: usize, change: Change) -> Option<Rotation> {
    let mut other = rotation.clone();
    let (open, own) = (rotation.open, &mut other.entries[entry]);
    match change {
        Change::Earlier(by) => {
            own.windows.iter_mut().for_each(|w| w.start = (w.start - by).max(open.start.min(w.start)))
        }
        Change::Later(by) => own.windows.iter_mut().for_each(|w| w.end = (w.end + by).min(open.end.max(w.end))),
        Change::AnyHour => own.windows = vec![Stretch { start: open.start, end: open.end }],
        Change::Separation(apart) => own.separation = apart,
        Change::NoOfficeGap => other.office_gap = 0,
        Change::NoCategoryGap => other.categories.retain(|c| !c.entries.contains(&entry)),
        Change::Length(length) => own.length = length,
    }
    (other != *rotation).then_some(other)
}

impl IfSo {
    /// The sentence that the scheduling team and the office read.
    pub fn text(&self, words: &impl Words) -> Text {
        let seconds = |length| words.seconds(length);
        let (id, en) = match self.change {
            Change::Earlier(by) => (
                format!("jam tayangnya mulai {} menit lebih awal", seconds(by) / 60),
                format!("its hours began {} min earlier", seconds(by) / 60),
            ),
            Change::Later(by) => (
                format!("jam tayangnya berakhir {} menit lebih lambat", seconds(by) / 60),
                format!("its hours ended {} min later", seconds(by) / 60),
            ),
            Change::AnyHour => ("boleh tayang pada jam apa pun".into(), "it could air at any hour".into()),
            Change::Separation(apart) => (
                format!("jarak antartayangnya {} detik", seconds(apart)),
                format!("its plays could be {} s apart", seconds(apart)),
            ),
            Change::NoOfficeGap => (
                "tidak ada jeda antarklip satu instansi".into(),
                "no pause were kept between clips of one office".into(),
            ),
            Change::NoCategoryGap => {
                ("tidak ada jeda antarvideo yang sejenis".into(), "no pause were kept between clips of one kind".into())
            }
            Change::Length(length) => {
                (format!("videonya {} detik", seconds(length)), format!("the clip were {} s long", seconds(length)))
            }
        };
        let (plays, more) = (self.plays, self.more);
        let (cost_id, cost_en) = match self.others_lose {
            1.. => (
                format!("; tayangan lain berkurang {}", self.others_lose),
                format!("; other clips lose {} plays", self.others_lose),
            ),
            _ => (String::new(), String::new()),
        };
        Text::new(
            format!("Bila {id}: {plays} kali, {more} lebih banyak{cost_id}."),
            format!("If {en}: {plays} plays, {more} more{cost_en}."),
        )
    }
}
