//! What would have to be different for an office to get more airtime: the same day planned again with one thing changed.

use crate::domain::ids::OpdId;
use crate::domain::rotation::{OfficeShare, Rotation, Step};
use crate::domain::text::{Lang, Text};

use super::plan;
use super::reasons::Words;

/// One thing that could be different about an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficeChange {
    /// It weighs this among the offices of its group.
    Weight(u32),
    /// Its group weighs this among the groups.
    GroupWeight(u32),
    /// Its clips may air at any hour.
    AnyHour,
    /// Its clips ask for twice as many plays.
    MorePlays,
    /// Its clips may follow themselves at half the distance.
    Separation,
    /// No pause is kept between its clips, as between those of any office.
    NoOfficeGap,
}

/// What a change would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeIfSo {
    /// What is different.
    pub change: OfficeChange,
    /// The office's airtime then.
    pub airtime: Step,
    /// Airtime that it gets more than now.
    pub more: Step,
    /// Airtime that all others together lose by it; negative if they gain.
    pub others_lose: Step,
}

/// Changes that would give an office more airtime, the most first; of equals the one that costs others least.
pub fn what_if_office(rotation: &Rotation, office: OpdId) -> Vec<OfficeIfSo> {
    let (now, others) = airtime(rotation, office);
    let share = rotation.share(office);
    let group = rotation.groups.get(&share.group).copied().unwrap_or(1);
    let asks = |of: OpdId| rotation.entries.iter().any(|entry| entry.office == of);
    let rivals = |same: bool| {
        let mut shares = rotation.offices.iter().filter(|(id, _)| **id != office && asks(**id));
        shares.any(|(_, other)| (other.group == share.group) == same)
    };
    let mut changes = Vec::new();
    if rivals(true) {
        changes.push(OfficeChange::Weight(share.weight.saturating_mul(2)));
    }
    if rivals(false) {
        changes.push(OfficeChange::GroupWeight(group.saturating_mul(2)));
    }
    changes.extend([OfficeChange::AnyHour, OfficeChange::MorePlays, OfficeChange::Separation]);
    if rotation.office_gap > 0 {
        changes.push(OfficeChange::NoOfficeGap);
    }
    let tried = changes.into_iter().filter_map(|change| {
        let (then, others_then) = airtime(&changed(rotation, office, change)?, office);
        let so = OfficeIfSo { change, airtime: then, more: then - now, others_lose: others - others_then };
        (so.more > 0).then_some(so)
    });
    let mut found: Vec<OfficeIfSo> = tried.collect();
    found.sort_by_key(|so| (std::cmp::Reverse(so.more), so.others_lose));
    found
}

/// Airtime of an office, and of all others.
fn airtime(rotation: &Rotation, office: OpdId) -> (Step, Step) {
    let plan = plan(rotation);
    let own = plan.airtime.get(&office).copied().unwrap_or(0);
    (own, plan.airtime.values().sum::<Step>() - own)
}

/// The rotation with one thing different; `None` if that changes nothing.
fn changed(rotation: &Rotation, office: OpdId, change: OfficeChange) -> Option<Rotation> {
    let mut other = rotation.clone();
    let (open, share) = (rotation.open, rotation.share(office));
    let own = other.entries.iter_mut().filter(|entry| entry.office == office);
    match change {
        OfficeChange::Weight(weight) => drop(other.offices.insert(office, OfficeShare { weight, ..share })),
        OfficeChange::GroupWeight(weight) => drop(other.groups.insert(share.group, weight)),
        OfficeChange::AnyHour => own.for_each(|entry| entry.windows = vec![open]),
        OfficeChange::MorePlays => own.for_each(|entry| entry.wanted = entry.wanted.saturating_mul(2)),
        OfficeChange::Separation => own.for_each(|entry| entry.separation /= 2),
        OfficeChange::NoOfficeGap => other.office_gap = 0,
    }
    (other != *rotation).then_some(other)
}

/// `12.05`: minutes and seconds.
fn minutes(seconds: i64) -> String {
    format!("{}.{:02}", seconds / 60, seconds % 60)
}

impl OfficeIfSo {
    /// The sentence that the scheduling team and the office read.
    pub fn text(&self, words: &impl Words) -> Text {
        let (id, en) = match self.change {
            OfficeChange::Weight(weight) => {
                (format!("bobot instansi {weight}"), format!("the office weighed {weight}"))
            }
            OfficeChange::GroupWeight(weight) => {
                (format!("bobot kelompoknya {weight}"), format!("its group weighed {weight}"))
            }
            OfficeChange::AnyHour => {
                ("videonya boleh tayang pada jam apa pun".into(), "its clips could air at any hour".into())
            }
            OfficeChange::MorePlays => {
                ("suratnya meminta tayangan dua kali lipat".into(), "its letters asked for twice as many plays".into())
            }
            OfficeChange::Separation => (
                "jarak antartayang videonya separuh".into(),
                "its clips could follow themselves at half the distance".into(),
            ),
            OfficeChange::NoOfficeGap => (
                "tidak ada jeda antarvideo satu instansi".into(),
                "no pause were kept between clips of one office".into(),
            ),
        };
        let time = |steps: Step| minutes(words.seconds(steps));
        let (then, more) = (time(self.airtime), time(self.more));
        let loss = |lang| match (self.others_lose > 0, lang) {
            (true, Lang::Id) => format!("; instansi lain berkurang {} menit", time(self.others_lose)),
            (true, Lang::En) => format!("; others lose {} min", time(self.others_lose)),
            (false, _) => String::new(),
        };
        Text::new(
            format!("Bila {id}: {then} menit, {more} menit lebih banyak{}.", loss(Lang::Id)),
            format!("If {en}: {then} min, {more} min more{}.", loss(Lang::En)),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::ids::AssetId;
    use crate::domain::rotation::{Class, RotationEntry, Stretch};

    #[test]
    fn an_office_on_a_full_day_gets_more_by_its_weight_and_another_pays_for_it() {
        let open = Stretch { start: 0, end: 3600 };
        let entry = |office: i64| RotationEntry {
            asset: AssetId(office),
            title: format!("clip {office}"),
            office: OpdId(office),
            length: 30,
            class: Class(2),
            wanted: 100,
            minimum: 0,
            windows: vec![open],
            separation: 30,
        };
        let weighed = |office| (OpdId(office), OfficeShare { weight: 100, ..OfficeShare::default() });
        let day = Rotation {
            open,
            fixed: Vec::new(),
            entries: vec![entry(1), entry(2)],
            offices: BTreeMap::from([weighed(1), weighed(2)]),
            groups: BTreeMap::new(),
            office_gap: 0,
            categories: Vec::new(),
            shortest_pause: 0,
            phase: 0,
        };
        let found = what_if_office(&day, OpdId(1));
        assert_eq!(found.len(), 1, "asking for more does not help where the day is shared: {found:?}");
        assert_eq!(found[0].change, OfficeChange::Weight(200));
        assert_eq!((found[0].airtime, found[0].more, found[0].others_lose), (2400, 600, 600));
    }
}
