//! `siaran plan`: plans a channel's day, or one from an instance file in whole seconds, with the same engine.

mod event;
mod instance;
mod studio;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::domain::ids::ChannelId;
use crate::domain::time::BroadcastDate;
use crate::engine::planner::{self, Announced};

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
    /// Repair this plan of the instance, as an earlier run wrote it
    #[arg(long, value_name = "PLAN.json", requires = "event")]
    revise: Option<PathBuf>,
    /// What happened to the announced day: see docs/planning.md
    #[arg(long, value_name = "EVENT.json", requires = "revise")]
    event: Option<PathBuf>,
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
    if same_file(instance, output) {
        return Err(Failure::Usage("the plan would replace its instance. Try: another --output".into()));
    }
    let text = std::fs::read_to_string(instance)
        .map_err(|e| Failure::could(format!("{} can't be read: {e}", instance.display()), "check the path"))?;
    if studio::is_one(&text) {
        return book(instance, &text, output, arguments);
    }
    let rotation = instance::read(instance, &text)?;
    let announced = match (&arguments.revise, &arguments.event) {
        (Some(plan), Some(event)) => Some((instance::read_plan(plan, &rotation)?, event::read(event)?)),
        _ => None,
    };
    let before = cpu_micros();
    let (rotation, plan, announced) = match announced {
        None => {
            let plan = planner::plan(&rotation);
            (rotation, plan, None)
        }
        Some((plays, event)) => {
            let (rotation, plays, from) = event.happened_to(rotation, plays)?;
            let plan = planner::repair(&rotation, &Announced::parted(&rotation, &plays, from), from);
            (rotation, plan, Some(plays))
        }
    };
    let took = cpu_micros() - before;
    instance::write(output, &rotation, &plan, announced.as_deref())?;
    if arguments.timings {
        complain!("cpu_us {took}");
    }
    Ok(Ended::Holds)
}

/// Whether two paths lead to one file.
fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(one).is_some_and(|one| Some(one) == real(other))
}

/// A number that is there more than once.
fn twice(mut numbers: impl Iterator<Item = i64>) -> Option<i64> {
    let mut known = BTreeSet::new();
    numbers.find(|number| !known.insert(*number))
}

/// A week of a studio's requests.
fn book(instance: &Path, text: &str, output: &Path, arguments: &PlanArguments) -> Result<Ended, Failure> {
    if arguments.revise.is_some() {
        return Err(Failure::Usage(
            "a studio instance has no announced plan to repair. Try: siaran book move, on a home's own bookings".into(),
        ));
    }
    let batch = studio::read(instance, text)?;
    let before = cpu_micros();
    let booked = batch.book();
    let took = cpu_micros() - before;
    batch.write(output, &booked)?;
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
