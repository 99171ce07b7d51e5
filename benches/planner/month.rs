//! Thirty days of one wall whose offices ask for more than it has: what each got of its fair share. An office that gets
//! all it asks for on every other day can't be paid back, and is told apart.

use std::collections::{BTreeMap, BTreeSet};

use siaran::domain::ids::{AssetId, OpdId};
use siaran::domain::rotation::{Class, FixedEvent, Rotation, RotationEntry, Step, Stretch};
use siaran::engine::planner::credit::{credit_after, fair_shares};
use siaran::engine::planner::{self, Announced};

use crate::day::Instance;

const DAYS: u64 = 30;

/// How a month is told: with its ledger or without, and whether a relay takes 90 minutes of its first day.
struct Month {
    ledger: bool,
    relay: bool,
}

pub fn measure(instance: &Instance) {
    for (what, month) in [
        ("30 days", Month { ledger: true, relay: false }),
        ("30 days without the ledger", Month { ledger: false, relay: false }),
        ("a relay of 90 minutes on day 1", Month { ledger: true, relay: true }),
    ] {
        for (which, full) in [("that ask for more", false), ("that always get all they ask for", true)] {
            let least = month.least_ratios(rotation(instance), full);
            let day = |n: usize| least.get(n - 1).copied().unwrap_or(0.0);
            let name = &instance.name;
            println!("| {name} | {what} | {which} | {:.4} | {:.4} | {:.4} | {:.4} |", day(1), day(2), day(7), day(30));
        }
    }
}

impl Month {
    /// After each day, what the office that fared worst had of its fair share so far; of those that get all they ask for
    /// on an ordinary day, or of the others.
    fn least_ratios(&self, mut day: Rotation, full: bool) -> Vec<f64> {
        let ordinary = planner::plan(&day);
        let short: BTreeSet<OpdId> = ordinary.unplaced.iter().map(|u| day.entries[u.entry].office).collect();
        let (mut got, mut due) = (BTreeMap::<OpdId, Step>::new(), BTreeMap::<OpdId, Step>::new());
        let mut least = Vec::new();
        for number in 0..DAYS {
            day.phase = number;
            let mut plan = planner::plan(&day);
            let mut today = day.clone();
            if self.relay && number == 0 {
                let span = Stretch { start: 64_800, end: 70_200 };
                today.fixed.push(FixedEvent { span, title: "relay".into() });
                plan = planner::repair(&today, &Announced::parted(&today, &plan.plays, 0), 0);
            }
            for (office, fair) in fair_shares(&today, plan.airtime.values().sum()) {
                let airtime = plan.airtime.get(&office).copied().unwrap_or(0);
                *got.entry(office).or_default() += airtime;
                *due.entry(office).or_default() += fair;
                let share = day.offices.entry(office).or_default();
                share.credit = if self.ledger { credit_after(share.credit, fair, airtime) } else { 0 };
            }
            let counted = due.iter().filter(|(office, due)| **due > 0 && short.contains(office) != full);
            let ratios = counted.map(|(office, due)| got[office] as f64 / *due as f64);
            least.push(ratios.fold(f64::INFINITY, f64::min));
        }
        least
    }
}

fn rotation(instance: &Instance) -> Rotation {
    let event = |start, length| FixedEvent { span: Stretch { start, end: start + length }, title: String::new() };
    let entry = |(id, clip): (i64, &crate::day::Clip)| RotationEntry {
        asset: AssetId(id),
        title: String::new(),
        office: OpdId(clip.agency as i64),
        length: clip.dur,
        class: Class(clip.prio),
        wanted: clip.req as u32,
        minimum: clip.min,
        windows: clip.win.iter().map(|&(start, end)| Stretch { start, end }).collect(),
        separation: clip.sep,
    };
    Rotation {
        open: Stretch { start: instance.open, end: instance.close },
        fixed: instance.fixed.iter().map(|f| event(f.start, f.dur)).collect(),
        entries: (0..).zip(&instance.clips).map(entry).collect(),
        offices: BTreeMap::new(),
        groups: BTreeMap::new(),
        office_gap: instance.agency_sep,
        categories: Vec::new(),
        shortest_pause: 0,
        phase: 0,
    }
}
