//! `siaran act`: does one step of a request.

use std::collections::BTreeMap;
use std::path::Path;

use super::home::{could, open, person, refused};
use super::request::{local, show, work_off};
use super::{Ended, Failure};
use crate::desk::Desk;
use crate::desk::review::WantedAct;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::people::Role;
use crate::domain::standard::Action;
use crate::domain::submission::CheckPoint;
use crate::domain::time::{BroadcastDate, TimeOfDay};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The request
    case: CaseId,
    /// The step that is done: verify, approve, process, schedule, air, monitor, evaluate …
    step: String,
    /// Which way on; siaran request show --json lists them
    #[arg(long, value_name = "CHOICE")]
    choice: Option<String>,
    /// Why; wanted for returning and refusing
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who acts: number or e-mail address [default: the only one who holds the position]
    #[arg(long = "as", value_name = "PERSON")]
    by: Option<String>,
    /// A point of the checklist that does not hold, for verify; the others are confirmed. Several times
    #[arg(long, value_name = "POINT", value_parser = point)]
    fails: Vec<CheckPoint>,
    /// Equipment of the step's list that is not ready; the rest is ticked. Several times
    #[arg(long, value_name = "THING")]
    not_ready: Vec<String>,
    /// When the session is to begin, local time, 2026-11-26T10:00, for a step that books a studio
    /// [default: as booked, or as the letter wants]
    #[arg(long, value_name = "DATETIME", value_parser = local)]
    at: Option<(BroadcastDate, TimeOfDay)>,
    /// One JSON document instead of words
    #[arg(long)]
    json: bool,
}

fn point(word: &str) -> Result<CheckPoint, String> {
    let known = || CheckPoint::ALL.map(CheckPoint::as_str).join(", ");
    CheckPoint::read(word).ok_or_else(|| format!("the points are {}", known()))
}

pub(super) fn run(home: &Path, arguments: Arguments) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let found = match desk.any_case_file(arguments.case) {
        Ok(found) => found,
        Err(error) => return refused(error, arguments.json),
    };
    let action = found.step().map(|step| step.action);
    let by = match &arguments.by {
        Some(named) => person(&desk, named)?.id,
        None => the_only_holder(&desk, found.step().map(|step| step.actor.as_str()))?,
    };
    // Processing is judged by what conforming made; whoever runs this waits for it.
    if action == Some(Action::Process)
        && let Ok(airing) = found.airing()
        && let Err(error) = work_off(&desk, airing.newest().id)
    {
        return Err(could(error));
    }
    let checklist: BTreeMap<CheckPoint, bool> =
        CheckPoint::ALL.into_iter().map(|point| (point, !arguments.fails.contains(&point))).collect();
    let listed = found.step().into_iter().flat_map(|step| step.checklist.clone());
    let wanted = WantedAct {
        step: arguments.step,
        choice: arguments.choice,
        reason: arguments.reason,
        version: None,
        at: arguments.at.map(|(day, time)| desk.zone().on_calendar(day, time)),
        checklist: (action == Some(Action::Verify) && found.airing().is_ok()).then_some(checklist),
        ticked: listed.filter(|point| !arguments.not_ready.contains(point)).collect(),
        tags: None,
    };
    let acted = desk.act(by, arguments.case, wanted).and_then(|_| desk.any_case_file(arguments.case));
    match acted {
        Ok(found) => {
            show(&desk, &found, arguments.json);
            Ok(Ended::Holds)
        }
        Err(error) => refused(error, arguments.json),
    }
}

/// Whoever holds the position of a step, if that is one person.
fn the_only_holder(desk: &Desk, actor: Option<&str>) -> Result<PersonId, Failure> {
    let role = actor.and_then(Role::of_actor).unwrap_or(Role::Admin);
    let now = desk.now();
    let holders = desk.store.read(|r| r.holders(role, now)).map_err(|e| could(e.into()))?;
    match &holders[..] {
        [only] => Ok(only.id),
        _ => Err(Failure::Usage(format!("{} people hold the role {role}; say who acts with --as", holders.len()))),
    }
}
