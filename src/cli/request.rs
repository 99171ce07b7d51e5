//! `siaran request`: offices' requests. A new one waits here for the inspection of its file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::home::{could, open, person, refused, time, zone};
use super::inspect::channel;
use super::{About, Ended, Failure};
use crate::desk::cases::CaseFile;
use crate::desk::decoders::Decoders;
use crate::desk::intake::{Filed, NewRequest, Upload};
use crate::desk::standing::Standing;
use crate::desk::{Desk, DeskError};
use crate::domain::asset::{Framing, Verdict};
use crate::domain::ids::{CaseId, ChannelId, OpdId, SubmissionId};
use crate::domain::submission::{LetterDetails, USUAL_PLAYS_PER_DAY};
use crate::domain::time::{BroadcastDate, TimeOfDay, Zone};
use crate::files::sop;
use crate::store::CaseRow;

#[derive(Subcommand)]
pub(super) enum Command {
    /// File a request with its clip
    New(Box<New>),
    /// Send another file for a request that waits for its applicant
    Revise {
        /// The request
        case: CaseId,
        /// The new file
        file: PathBuf,
        /// Who sends it: number or e-mail address
        #[arg(long = "as", value_name = "PERSON")]
        by: String,
    },
    /// Show a request with everything that bears on it
    Show {
        /// The request
        case: CaseId,
    },
    /// List requests, newest first
    List,
}

#[derive(clap::Args)]
pub(super) struct New {
    /// The clip
    file: PathBuf,
    /// Who files it: number or e-mail address
    #[arg(long = "as", value_name = "PERSON")]
    by: String,
    /// The office for which staff file it at the counter [default: the person's own]
    #[arg(long, value_name = "OFFICE")]
    office: Option<OpdId>,
    /// Title of the clip
    #[arg(long)]
    title: String,
    /// What the clip shows
    #[arg(long)]
    description: String,
    /// First day of airing, 2026-11-24
    #[arg(long, value_name = "DATE")]
    from: BroadcastDate,
    /// Last day of airing
    #[arg(long, value_name = "DATE")]
    to: BroadcastDate,
    /// Seconds per play
    #[arg(long, value_name = "SECONDS")]
    play_s: u32,
    /// Plays a day
    #[arg(long, value_name = "PLAYS", default_value_t = USUAL_PLAYS_PER_DAY)]
    plays_per_day: u32,
    /// Days of airing [default: every day of the period]
    #[arg(long)]
    days: Option<u32>,
    /// Number of the letter
    #[arg(long, default_value = "")]
    number: String,
    /// Date of the letter [default: today]
    #[arg(long, value_name = "DATE")]
    letter_date: Option<BroadcastDate>,
    /// Preferred hours, 06:00-10:00 [default: any]
    #[arg(long, value_name = "FROM-TO", value_parser = hours)]
    hours: Option<(TimeOfDay, TimeOfDay)>,
    /// A picture of another shape: fit, fill or stretch [default: the channel's]
    #[arg(long, value_name = "HOW", value_parser = super::conform::framing)]
    framing: Option<Framing>,
    /// The channel [default: the first]
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<ChannelId>,
    /// What the office declares: all, or non_commercial,no_pornography,no_porno_action,no_sara
    #[arg(long, value_name = "all|LIST")]
    declare: String,
}

fn hours(text: &str) -> Result<(TimeOfDay, TimeOfDay), String> {
    let (from, to) = text.split_once('-').ok_or("wanted is something like 06:00-10:00")?;
    let time = |text: &str| text.trim().parse::<TimeOfDay>().map_err(|e| e.to_string());
    Ok((time(from)?, time(to)?))
}

pub(super) fn run(home: &Path, arguments: About<Command>) -> Result<Ended, Failure> {
    let desk = open(home)?;
    match go(&desk, arguments.command, arguments.json) {
        Ok(ended) => Ok(ended),
        Err(Failed::Desk(error)) => refused(error, arguments.json),
        Err(Failed::Command(failure)) => Err(failure),
    }
}

/// Why a command does not go on: the desk says no, or the command itself could not.
enum Failed {
    Desk(DeskError),
    Command(Failure),
}

impl From<DeskError> for Failed {
    fn from(error: DeskError) -> Failed {
        Failed::Desk(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        Failed::Command(failure)
    }
}

fn go(desk: &Desk, command: Command, as_json: bool) -> Result<Ended, Failed> {
    match command {
        Command::New(new) => {
            let by = person(desk, &new.by)?;
            let request = request_of(desk, &new)?;
            let mut file = Opened::new(&new.file)?;
            let filed = desk.file_request(by.id, request, file.upload())?;
            after_filing(desk, filed, as_json)
        }
        Command::Revise { case, file, by } => {
            let by = person(desk, &by)?;
            let newest = desk.case_file(&by, case)?.newest().clone();
            let (channel, letter, declared) = (newest.channel, newest.letter, newest.declared);
            let request = NewRequest { office: None, channel, letter, declared, form: None };
            let mut file = Opened::new(&file)?;
            let filed = desk.revise_request(by.id, case, None, request, Some(file.upload()))?;
            after_filing(desk, filed, as_json)
        }
        Command::Show { case } => {
            show(desk, &desk.any_case_file(case)?, as_json);
            Ok(Ended::Holds)
        }
        Command::List => {
            let cases = desk.all_cases_with_standings()?;
            if as_json {
                say!("{}", Value::Array(cases.iter().map(|(c, state)| summary(c, state, zone(desk))).collect()));
            } else {
                for (c, state) in &cases {
                    let stands = state.text().en;
                    say!("{:>4}  {:<10}  {:<28}  {} ({stands})", c.id.0, c.step.as_str(), c.office_name, c.title);
                }
            }
            Ok(Ended::Holds)
        }
    }
}

/// The clip on this machine, about to be read.
struct Opened {
    file: File,
    name: String,
    bytes: u64,
}

impl Opened {
    fn new(path: &Path) -> Result<Opened, Failure> {
        let could = |e: std::io::Error| Failure::could(format!("{}: {e}", path.display()), "check the path");
        // Before it is opened: to open a named pipe waits for somebody who writes.
        let about = std::fs::metadata(path).map_err(could)?;
        if !about.is_file() {
            return Err(Failure::could(format!("{} is not a file", path.display()), "name the clip itself"));
        }
        let file = File::open(path).map_err(could)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Opened { file, name, bytes: about.len() })
    }
    fn upload(&mut self) -> Upload<'_> {
        Upload { name: self.name.clone(), declared_bytes: Some(self.bytes), bytes: &mut self.file }
    }
}

fn request_of(desk: &Desk, new: &New) -> Result<NewRequest, Failure> {
    let today = zone(desk).local(desk.now()).date();
    let standard = sop::videotron(desk.home()).map_err(DeskError::Standard).map_err(could)?.standard;
    let declarable = || standard.as_written().requirements.iter().filter(|r| r.kind == "declaration");
    let declared = match new.declare.as_str() {
        "all" => declarable().map(|r| r.id.clone()).collect(),
        list => list
            .split(',')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let known = declarable().find(|r| r.id.as_str() == word.trim()).map(|r| r.id.clone());
                known.ok_or_else(|| Failure::Usage(format!("{word:?} is nothing that an office declares; see --help")))
            })
            .collect::<Result<_, _>>()?,
    };
    let mut letter = LetterDetails {
        title: new.title.clone(),
        number: new.number.clone(),
        date: new.letter_date.unwrap_or(BroadcastDate(today)),
        description: new.description.clone(),
        play_s: new.play_s,
        plays_per_day: new.plays_per_day,
        days: 0,
        first_day: new.from,
        last_day: new.to,
        preferred_hours: new.hours,
        framing: new.framing,
    };
    letter.days = new.days.unwrap_or_else(|| letter.period_days());
    let channel = channel(&desk.config, new.channel.as_ref())?.channel.id.clone();
    Ok(NewRequest { office: new.office, channel, letter, declared, form: None })
}

/// How often the work of another process is looked at, and how long in all: an inspection is killed long before.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(200);
const MOST_LOOKS: u32 = 6000;

/// Sees to it that a submission's waiting work is done, here or by whoever has taken it.
pub(super) fn work_off(desk: &Desk, submission: SubmissionId) -> Result<(), DeskError> {
    let media = Decoders::of(&desk.config);
    for _ in 0..MOST_LOOKS {
        while desk.work(&media, Some(submission))?.is_some() {}
        let waiting = desk.store.read(|r| r.unfinished_jobs())?.iter().any(|job| job.submission == submission);
        if !waiting {
            break;
        }
        std::thread::sleep(LOOKED_AT_EVERY);
    }
    Ok(())
}

fn after_filing(desk: &Desk, filed: Filed, as_json: bool) -> Result<Ended, Failed> {
    work_off(desk, filed.submission)?;
    let found = desk.any_case_file(filed.case)?;
    show(desk, &found, as_json);
    let refused = found.inspection.as_ref().is_none_or(|i| i.verdict == Verdict::Refuse);
    Ok(if refused { Ended::Refused } else { Ended::Holds })
}

fn summary(case: &CaseRow, state: &Standing, zone: Zone) -> Value {
    let stands = state.text();
    json!({
        "case": case.id.0, "title": case.title, "office": case.office.0, "office_name": case.office_name,
        "agenda_number": case.agenda_number, "step": case.step.as_str(), "version": case.version,
        "state": state.code(), "state_id": stands.id, "state_en": stands.en,
        "opened": time(zone, Some(case.opened_at)), "since": time(zone, Some(case.step_at)),
        "ended": time(zone, case.ended_at), "outcome": case.outcome.as_ref().map(|o| o.as_str()),
    })
}

/// A request as scripts read it. Only adding is allowed here.
pub(super) fn document(desk: &Desk, found: &CaseFile) -> Value {
    let zone = zone(desk);
    let mut document = summary(&found.row, &found.standing(), zone);
    let newest = found.newest();
    let letter = &newest.letter;
    document["submission"] = json!({
        "id": newest.id.0, "revision": newest.revision, "channel": newest.channel.as_str(),
        "original_sha256": newest.original.sha256.to_string(), "bytes": newest.original.bytes,
        "file": newest.original.name, "letter_number": letter.number, "letter_date": letter.date.to_string(),
        "description": letter.description, "play_s": letter.play_s, "plays_per_day": letter.plays_per_day,
        "days": letter.days, "first_day": letter.first_day.to_string(), "last_day": letter.last_day.to_string(),
        "declared": newest.declared.iter().map(|d| d.as_str()).collect::<Vec<_>>(),
    });
    document["length_note"] = json!(found.length_note().map(|n| json!({"text_id": n.id, "text_en": n.en})));
    document["inspection"] = json!(found.inspection.as_ref().map(|i| json!({
        "verdict": i.verdict.as_str(), "duration_ms": i.duration_ms,
        "reasons": i.reasons.iter().map(|r| json!({
            "code": r.code.as_str(), "severity": r.severity.as_str(), "text_id": r.text.id, "text_en": r.text.en,
        })).collect::<Vec<_>>(),
    })));
    document["approval"] = json!(found.approval.as_ref().map(|a| json!({
        "id": a.id.0, "number": a.number, "verify_code": a.verify_code, "recipe_sha256": a.recipe.to_string(),
        "valid_from": zone.rfc3339(a.validity.start()), "valid_until": zone.rfc3339(a.validity.end()),
        "revoked": time(zone, a.revoked.as_ref().map(|r| r.0)),
    })));
    document["clip"] = json!(found.clip.as_ref().map(|c| json!({
        "sha256": c.clip.sha256.to_string(), "frames": c.clip.frames, "bytes": c.bytes,
    })));
    document["moves"] = found
        .moves
        .iter()
        .map(|m| {
            json!({
                "version": m.version, "step": m.from.as_str(), "to": m.to.as_str(), "choice": m.choice,
                "by": m.by.map(|p| p.0), "actor": m.actor.as_str(), "form": m.form.as_str(), "reason": m.reason,
                "at": zone.rfc3339(m.at),
            })
        })
        .collect();
    let choices = found.case().map(|case| case.offers()).unwrap_or_default();
    document["choices"] = choices
        .iter()
        .map(|o| {
            json!({
                "choice": o.key, "to": o.to.as_str(), "text_id": o.label.id, "text_en": o.label.en,
                "wants_reason": o.wants_reason,
            })
        })
        .collect();
    document["actor"] = json!(found.step().map(|s| s.actor.as_str()));
    document
}

pub(super) fn show(desk: &Desk, found: &CaseFile, as_json: bool) {
    if as_json {
        say!("{}", document(desk, found));
        return;
    }
    let (row, newest) = (&found.row, found.newest());
    say!("Request {}: {} ({})", row.id, row.title, row.office_name);
    say!("  file       {}, {} bytes, {}", newest.original.name, newest.original.bytes, newest.original.sha256);
    match &found.inspection {
        None => say!("  inspected  not yet"),
        Some(found) => {
            say!("  inspected  {}", found.verdict.as_str());
            found.reasons.iter().for_each(|r| say!("             {}: {}", r.severity.as_str(), r.text.en));
        }
    }
    for m in &found.moves {
        let who = m.by_name.as_deref().unwrap_or("Siaran");
        let why = m.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
        say!("  {}  {} by {who}, {}{why}", zone(desk).rfc3339(m.at), m.from, m.choice);
    }
    if let Some(note) = found.length_note() {
        say!("             note: {}", note.en);
    }
    if let Some(approval) = &found.approval {
        say!("  approved   {}", approval.number);
    }
    if let Some(clip) = &found.clip {
        say!("  house file {}", clip.clip.sha256);
    }
    let state = found.standing();
    say!("  stands     {}", state.text().en);
    if let Some(way_on) = state.way_on() {
        say!("             {}", way_on.en);
    }
    match found.step() {
        Some(step) => say!("  waits for  {} ({})", step.id, found.standard.title_of(&step.actor)),
        None => say!("  ended      {}", row.outcome.as_ref().map_or("", |o| o.as_str())),
    }
}
