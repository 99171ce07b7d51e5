//! `siaran plan`: plans a channel's day, or one from an instance file in whole seconds, with the same engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AssetId, ChannelId, OpdId};
use crate::domain::rotation::{Class, FixedEvent, OfficeShare, Rotation, RotationEntry, ShareGroup, Step, Stretch};
use crate::domain::text::Lang;
use crate::domain::time::BroadcastDate;
use crate::engine::planner::{self, DayPlan, reasons::Words};

use super::{Ended, Failure};

/// What `siaran plan` is told.
#[derive(Args)]
pub struct PlanArguments {
    /// The channel
    #[arg(requires = "date", conflicts_with = "instance")]
    channel: Option<ChannelId>,
    /// The broadcast day, like 2026-11-22
    date: Option<BroadcastDate>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Plan this instance file instead of a channel's day
    #[arg(long, value_name = "FILE", requires = "output")]
    instance: Option<PathBuf>,
    /// Where the plan of an instance goes
    #[arg(long, value_name = "OUT.json", requires = "instance")]
    output: Option<PathBuf>,
    /// Print the CPU microseconds that planning took to stderr
    #[arg(long)]
    timings: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] names the file that can't be read, understood or written.
pub fn run(home: &Path, arguments: &PlanArguments) -> Result<Ended, Failure> {
    if let (Some(channel), Some(date)) = (&arguments.channel, arguments.date) {
        return super::planning::plan(home, channel, date, arguments.json);
    }
    let (Some(instance), Some(output)) = (&arguments.instance, &arguments.output) else {
        return Err(Failure::Usage(
            "what to plan is missing. Try: siaran plan --instance FILE --output OUT.json".into(),
        ));
    };
    let rotation = read(instance)?;
    let before = cpu_micros();
    let plan = planner::plan(&rotation);
    let took = cpu_micros() - before;
    write(output, &rotation, &plan)?;
    if arguments.timings {
        complain!("cpu_us {took}");
    }
    Ok(Ended::Holds)
}

/// CPU time of this process so far, microseconds.
fn cpu_micros() -> i64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec * 1_000_000 + spent.tv_nsec / 1000
}

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

#[derive(Deserialize)]
struct InstanceClip {
    id: i64,
    dur: Step,
    agency: i64,
    prio: u8,
    win: Vec<(Step, Step)>,
    min: u32,
    req: u32,
    sep: Step,
}

/// Most clips of an instance: a wall never holds as many, and a file that claims more is a mistake.
const MAX_CLIPS: usize = 100_000;

fn read(path: &Path) -> Result<Rotation, Failure> {
    let bad = |why: String| {
        Failure::could(
            format!("{} is not a day instance: {why}", path.display()),
            "give a file of the families A to F, in whole seconds",
        )
    };
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::could(format!("{} can't be read: {e}", path.display()), "check the path"))?;
    let instance: Instance = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    let sane = |at: Step| (0..=7 * 86_400).contains(&at);
    if !sane(instance.open) || !sane(instance.close) || instance.close < instance.open {
        return Err(bad(format!("it opens at {} and closes at {}", instance.open, instance.close)));
    }
    if instance.clips.len() > MAX_CLIPS {
        return Err(bad(format!("{} clips; at most {MAX_CLIPS}", instance.clips.len())));
    }
    for clip in &instance.clips {
        let numbers = sane(clip.dur) && sane(clip.sep) && clip.win.iter().all(|w| sane(w.0) && sane(w.1));
        if !numbers || clip.req > 86_400 {
            return Err(bad(format!("clip {} has a number outside 0 to 604800", clip.id)));
        }
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
    let entry = |clip: InstanceClip| RotationEntry {
        asset: AssetId(clip.id),
        title: format!("clip {}", clip.id),
        office: OpdId(clip.agency),
        length: clip.dur,
        class: Class(clip.prio),
        wanted: clip.req,
        minimum: clip.min.min(clip.req),
        windows: clip.win.into_iter().map(|(start, end)| Stretch { start, end }).collect(),
        separation: clip.sep,
    };
    Rotation {
        open: Stretch { start: instance.open, end: instance.close },
        fixed: instance
            .fixed
            .into_iter()
            .map(|f| FixedEvent { span: Stretch { start: f.start, end: f.start + f.dur }, title: f.kind })
            .collect(),
        entries: instance.clips.into_iter().map(entry).collect(),
        offices,
        groups: BTreeMap::new(),
        office_gap: instance.agency_sep,
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
}

#[derive(Serialize)]
struct OutReason {
    clip: i64,
    missing: u32,
    code: &'static str,
    text_id: String,
    text_en: String,
}

fn write(path: &Path, rotation: &Rotation, plan: &DayPlan) -> Result<(), Failure> {
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
    let out = Out {
        sched: plan.plays.iter().map(|p| (id(p.entry), p.start)).collect(),
        reasons: plan.unplaced.iter().map(reason).collect(),
    };
    let text = serde_json::to_string(&out).expect("numbers and text always serialise");
    std::fs::write(path, text + "\n")
        .map_err(|e| Failure::could(format!("{} can't be written: {e}", path.display()), "check the folder"))
}
