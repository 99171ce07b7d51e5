//! A day in whole seconds, as published instances give it, and a plan of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::domain::ids::{AssetId, OpdId};
use crate::domain::rotation::{Class, FixedEvent, OfficeShare, Rotation, RotationEntry, ShareGroup, Step, Stretch};
use crate::domain::text::Lang;
use crate::engine::planner::{self, DayPlan, Play, reasons::Words};

#[derive(Deserialize)]
struct Instance {
    open: Step,
    close: Step,
    #[serde(default)]
    fixed: Vec<InstanceFixed>,
    clips: Vec<InstanceClip>,
    #[serde(default)]
    agency_sep: Step,
    #[serde(default)]
    weights: Vec<u32>,
}

#[derive(Deserialize)]
struct InstanceFixed {
    start: Step,
    dur: Step,
    #[serde(default)]
    kind: String,
}

/// A clip of an instance.
#[derive(Deserialize)]
pub(super) struct InstanceClip {
    pub(super) id: i64,
    dur: Step,
    agency: i64,
    prio: u8,
    win: Vec<(Step, Step)>,
    min: u32,
    req: u32,
    sep: Step,
}

/// Seconds since midnight that a day can have: a week holds every day that runs over.
pub(super) fn sane(at: Step) -> bool {
    (0..=7 * 86_400).contains(&at)
}

impl InstanceClip {
    /// Why its numbers make no clip, in words.
    pub(super) fn check(&self) -> Result<(), String> {
        let numbers = sane(self.dur) && sane(self.sep) && self.win.iter().all(|w| sane(w.0) && sane(w.1));
        let sound = numbers && self.req <= 86_400;
        if sound { Ok(()) } else { Err(format!("clip {} has a number outside 0 to 604800", self.id)) }
    }

    pub(super) fn into_entry(self) -> RotationEntry {
        RotationEntry {
            asset: AssetId(self.id),
            title: format!("clip {}", self.id),
            office: OpdId(self.agency),
            length: self.dur,
            class: Class(self.prio),
            wanted: self.req,
            minimum: self.min.min(self.req),
            windows: self.win.into_iter().map(|(start, end)| Stretch { start, end }).collect(),
            separation: self.sep,
        }
    }
}

/// Most clips of an instance: a wall never holds as many, and a file that claims more is a mistake.
const MAX_CLIPS: usize = 100_000;

/// Reads a day instance.
pub(super) fn read(path: &Path, text: &str) -> Result<Rotation, Failure> {
    let bad = |why: String| {
        Failure::could(
            format!("{} is not a day instance: {why}", path.display()),
            "give a file of the families A to F, in whole seconds",
        )
    };
    let instance: Instance = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
    if !sane(instance.open) || !sane(instance.close) || instance.close < instance.open {
        return Err(bad(format!("it opens at {} and closes at {}", instance.open, instance.close)));
    }
    if instance.clips.len() > MAX_CLIPS {
        return Err(bad(format!("{} clips; at most {MAX_CLIPS}", instance.clips.len())));
    }
    instance.clips.iter().try_for_each(InstanceClip::check).map_err(bad)?;
    if let Some(twice) = super::twice(instance.clips.iter().map(|clip| clip.id)) {
        return Err(bad(format!("two clips are called {twice}")));
    }
    let fixed_sane = instance.fixed.iter().all(|f| sane(f.start) && sane(f.dur));
    if !fixed_sane || !sane(instance.agency_sep) {
        return Err(bad("a fixed time or agency_sep lies outside 0 to 604800".into()));
    }
    Ok(into_rotation(instance))
}

fn into_rotation(instance: Instance) -> Rotation {
    let share = |weight| OfficeShare { group: ShareGroup(0), weight, credit: 0 };
    let offices: BTreeMap<OpdId, OfficeShare> =
        (0..).map(OpdId).zip(instance.weights).map(|(office, weight)| (office, share(weight))).collect();
    Rotation {
        open: Stretch { start: instance.open, end: instance.close },
        fixed: instance
            .fixed
            .into_iter()
            .map(|f| FixedEvent { span: Stretch { start: f.start, end: f.start + f.dur }, title: f.kind })
            .collect(),
        entries: instance.clips.into_iter().map(InstanceClip::into_entry).collect(),
        offices,
        groups: BTreeMap::new(),
        office_gap: instance.agency_sep,
        categories: Vec::new(),
        shortest_pause: 0,
        phase: 0,
    }
}

/// Steps of an instance are seconds since midnight.
struct Seconds;

impl Words for Seconds {
    fn time(&self, at: Step) -> String {
        format!("{:02}:{:02}", at / 3600, at / 60 % 60)
    }
    fn seconds(&self, length: Step) -> i64 {
        length
    }
}

#[derive(Serialize)]
struct Out {
    sched: Vec<(i64, Step)>,
    reasons: Vec<OutReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<OutChanges>,
}

/// What a repair changed.
#[derive(Serialize)]
struct OutChanges {
    removed: Vec<(i64, Step)>,
    added: Vec<(i64, Step)>,
}

/// The plays of a plan that an earlier run wrote for the same instance.
pub(super) fn read_plan(path: &Path, rotation: &Rotation) -> Result<Vec<Play>, Failure> {
    #[derive(Deserialize)]
    struct Written {
        sched: Vec<(i64, Step)>,
    }
    let bad = |why: String| {
        Failure::could(
            format!("{} is not a plan of this instance: {why}", path.display()),
            "give the file that siaran plan --instance wrote",
        )
    };
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let written: Written = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    let entries: BTreeMap<i64, usize> = rotation.entries.iter().enumerate().map(|(e, r)| (r.asset.0, e)).collect();
    let play = |(id, start): &(i64, Step)| match entries.get(id) {
        Some(entry) if sane(*start) => Ok(Play { start: *start, entry: *entry }),
        Some(_) => Err(bad(format!("clip {id} starts at {start}"))),
        None => Err(bad(format!("it has clip {id}, the instance has not"))),
    };
    let mut plays = written.sched.iter().map(play).collect::<Result<Vec<_>, _>>()?;
    plays.sort();
    Ok(plays)
}

#[derive(Serialize)]
struct OutReason {
    clip: i64,
    missing: u32,
    code: &'static str,
    text_id: String,
    text_en: String,
}

/// Writes a plan; with what it changed of the announced one, if it is a repair.
pub(super) fn write(
    path: &Path,
    rotation: &Rotation,
    plan: &DayPlan,
    announced: Option<&[Play]>,
) -> Result<(), Failure> {
    let id = |entry: usize| rotation.entries[entry].asset.0;
    let reason = |unplaced: &planner::Unplaced| {
        let text = unplaced.text(rotation, &Seconds);
        OutReason {
            clip: id(unplaced.entry),
            missing: unplaced.missing,
            code: unplaced.why.code(),
            text_id: text.get(Lang::Id).to_owned(),
            text_en: text.get(Lang::En).to_owned(),
        }
    };
    let named = |plays: &[Play]| plays.iter().map(|p| (id(p.entry), p.start)).collect::<Vec<_>>();
    let without = |plays: &[Play], others: &[Play]| {
        let others: BTreeSet<&Play> = others.iter().collect();
        named(&plays.iter().filter(|p| !others.contains(p)).copied().collect::<Vec<_>>())
    };
    let changes = announced.map(|announced| OutChanges {
        removed: without(announced, &plan.plays),
        added: without(&plan.plays, announced),
    });
    let out = Out { sched: named(&plan.plays), reasons: plan.unplaced.iter().map(reason).collect(), changes };
    let text = serde_json::to_string(&out).expect("numbers and text always serialise");
    std::fs::write(path, text + "\n")
        .map_err(|e| Failure::could(format!("{} can't be written: {e}", path.display()), "check the folder"))
}
