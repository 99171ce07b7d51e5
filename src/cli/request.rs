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
use crate::desk::matter::{Airing, Matter, Session};
use crate::desk::sessions::NewSession;
use crate::desk::standing::Standing;
use crate::desk::{Desk, DeskError};
use crate::domain::asset::{Framing, Verdict};
use crate::domain::ids::{CaseId, ChannelId, OpdId, SubmissionId};
use crate::domain::people::Person;
use crate::domain::session::{IssuedPaper, SessionLetter, USUAL_SESSION_MIN};
use crate::domain::standard::Key;
use crate::domain::studio::Booking;
use crate::domain::submission::{LetterDetails, USUAL_PLAYS_PER_DAY};
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, TimeOfDay, Zone};
use crate::files::sop;
use crate::store::{CaseRow, Scope};

#[derive(Subcommand)]
pub(super) enum Command {
    /// File a request: a clip for the videotron, or with --service a talkshow or podcast
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
    #[arg(required_unless_present = "service")]
    file: Option<PathBuf>,
    /// A service that ends in a studio: ds.talkshow, ds.podcast [default: the videotron]
    #[arg(long, value_name = "SERVICE", conflicts_with_all = ["file", "declare", "title", "from", "play_s"])]
    service: Option<Key>,
    #[command(flatten)]
    session: SessionArguments,
    /// Who files it: number or e-mail address
    #[arg(long = "as", value_name = "PERSON")]
    by: String,
    /// The office for which staff file it at the counter [default: the person's own]
    #[arg(long, value_name = "OFFICE")]
    office: Option<OpdId>,
    /// Title of the clip
    #[arg(long, required_unless_present = "service")]
    title: Option<String>,
    /// What the clip shows
    #[arg(long, required_unless_present = "service")]
    description: Option<String>,
    /// First day of airing, 2026-11-24
    #[arg(long, value_name = "DATE", required_unless_present = "service")]
    from: Option<BroadcastDate>,
    /// Last day of airing
    #[arg(long, value_name = "DATE", required_unless_present = "service")]
    to: Option<BroadcastDate>,
    /// Seconds per play
    #[arg(long, value_name = "SECONDS", required_unless_present = "service")]
    play_s: Option<u32>,
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
    #[arg(long, value_name = "all|LIST", required_unless_present = "service")]
    declare: Option<String>,
}

/// What a letter for a session says.
#[derive(clap::Args)]
struct SessionArguments {
    /// What the session is about
    #[arg(long, requires = "service")]
    topic: Option<String>,
    /// What it is for
    #[arg(long, requires = "service")]
    purpose: Option<String>,
    /// What is brought along: script, music, guests
    #[arg(long, requires = "service")]
    material: Option<String>,
    /// Name and telephone number of whoever may be called
    #[arg(long, requires = "service")]
    contact: Option<String>,
    /// Who will sit in the studio [default: the applicant's name]
    #[arg(long, requires = "service")]
    institution: Option<String>,
    /// When it should begin, local time, 2026-11-26T10:00
    #[arg(long, value_name = "DATETIME", requires = "service", value_parser = local)]
    at: Option<(BroadcastDate, TimeOfDay)>,
    /// Its length
    #[arg(long, requires = "service", default_value_t = USUAL_SESSION_MIN)]
    minutes: u32,
}

pub(super) fn local(text: &str) -> Result<(BroadcastDate, TimeOfDay), String> {
    let (date, time) = text.split_once(['T', ' ']).ok_or("wanted is something like 2026-11-26T10:00")?;
    Ok((date.parse().map_err(|e| format!("{e}"))?, time.parse().map_err(|e| format!("{e}"))?))
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
            if let Some(service) = &new.service {
                let request = session_of(desk, &by, service, &new)?;
                let case = desk.file_session(by.id, request)?;
                show(desk, &desk.any_case_file(case)?, as_json);
                return Ok(Ended::Holds);
            }
            let request = request_of(desk, &new)?;
            let mut file = Opened::new(new.file.as_deref().unwrap_or(Path::new("")))?;
            let filed = desk.file_request(by.id, request, file.upload())?;
            after_filing(desk, filed, as_json)
        }
        Command::Revise { case, file, by } => {
            let by = person(desk, &by)?;
            let newest = desk.case_file(&by, case)?.airing().map_err(DeskError::from)?.newest().clone();
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
    let declared = match new.declare.as_deref().unwrap_or_default() {
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
        title: new.title.clone().unwrap_or_default(),
        number: new.number.clone(),
        date: new.letter_date.unwrap_or(BroadcastDate(today)),
        description: new.description.clone().unwrap_or_default(),
        play_s: new.play_s.unwrap_or_default(),
        plays_per_day: new.plays_per_day,
        days: 0,
        first_day: new.from.unwrap_or(BroadcastDate(today)),
        last_day: new.to.unwrap_or(BroadcastDate(today)),
        preferred_hours: new.hours,
        framing: new.framing,
    };
    letter.days = new.days.unwrap_or_else(|| letter.period_days());
    let channel = channel(&desk.config, new.channel.as_ref())?.channel.id.clone();
    Ok(NewRequest { office: new.office, channel, letter, declared, form: None })
}

fn session_of(desk: &Desk, by: &Person, service: &Key, new: &New) -> Result<NewSession, Failure> {
    let zone = zone(desk);
    let today = BroadcastDate(zone.local(desk.now()).date());
    let given = &new.session;
    let (day, time) = given.at.ok_or_else(|| Failure::Usage("say with --at when it should begin".into()))?;
    let office = new.office.or(by.office);
    let name = match office {
        Some(id) => desk.store.read(|r| r.office(Scope::All, id)).map_err(|e| could(e.into()))?.map(|o| o.name),
        None => None,
    };
    let letter = SessionLetter {
        institution: given.institution.clone().or(name).unwrap_or_default(),
        topic: given.topic.clone().unwrap_or_default(),
        purpose: given.purpose.clone().unwrap_or_default(),
        material: given.material.clone().unwrap_or_default(),
        contact: given.contact.clone().unwrap_or_default(),
        duration_min: given.minutes,
        wanted_at: zone.on_calendar(day, time),
        number: new.number.clone(),
        date: new.letter_date.unwrap_or(today),
    };
    Ok(NewSession { office: new.office, service: service.clone(), letter, form: None, scan: None })
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
    let inspection = found.airing().ok().and_then(|airing| airing.inspection.as_ref());
    let refused = inspection.is_none_or(|i| i.verdict == Verdict::Refuse);
    Ok(if refused { Ended::Refused } else { Ended::Holds })
}

fn summary(case: &CaseRow, state: &Standing, zone: Zone) -> Value {
    let stands = state.text();
    json!({
        "case": case.id.0, "title": case.title, "office": case.office.0, "office_name": case.office_name,
        "service": case.service.as_str(), "agenda_number": case.agenda_number, "step": case.step.as_str(), "version": case.version,
        "state": state.code(), "state_id": stands.id, "state_en": stands.en,
        "opened": time(zone, Some(case.opened_at)), "since": time(zone, Some(case.step_at)),
        "ended": time(zone, case.ended_at), "outcome": case.outcome.as_ref().map(|o| o.as_str()),
    })
}

fn of_airing(document: &mut Value, airing: &Airing, note: Option<Text>, zone: Zone) {
    let newest = airing.newest();
    let letter = &newest.letter;
    document["submission"] = json!({
        "id": newest.id.0, "revision": newest.revision, "channel": newest.channel.as_str(),
        "original_sha256": newest.original.sha256.to_string(), "bytes": newest.original.bytes,
        "file": newest.original.name, "letter_number": letter.number, "letter_date": letter.date.to_string(),
        "description": letter.description, "play_s": letter.play_s, "plays_per_day": letter.plays_per_day,
        "days": letter.days, "first_day": letter.first_day.to_string(), "last_day": letter.last_day.to_string(),
        "declared": newest.declared.iter().map(|d| d.as_str()).collect::<Vec<_>>(),
    });
    document["length_note"] = json!(note.map(|n| json!({"text_id": n.id, "text_en": n.en})));
    document["inspection"] = json!(airing.inspection.as_ref().map(|i| json!({
        "verdict": i.verdict.as_str(), "duration_ms": i.duration_ms,
        "reasons": i.reasons.iter().map(|r| json!({
            "code": r.code.as_str(), "severity": r.severity.as_str(), "text_id": r.text.id, "text_en": r.text.en,
        })).collect::<Vec<_>>(),
    })));
    document["approval"] = json!(airing.approval.as_ref().map(|a| json!({
        "id": a.id.0, "number": a.number, "verify_code": a.verify_code, "recipe_sha256": a.recipe.to_string(),
        "valid_from": zone.rfc3339(a.validity.start()), "valid_until": zone.rfc3339(a.validity.end()),
        "revoked": time(zone, a.revoked.as_ref().map(|r| r.0)),
    })));
    document["clip"] = json!(airing.clip.as_ref().map(|c| json!({
        "sha256": c.clip.sha256.to_string(), "frames": c.clip.frames, "bytes": c.bytes,
    })));
}

fn of_session(document: &mut Value, session: &Session, zone: Zone) {
    let newest = session.newest();
    let letter = &newest.letter;
    document["session"] = json!({
        "id": newest.id.0, "revision": newest.revision, "institution": letter.institution, "topic": letter.topic,
        "purpose": letter.purpose, "material": letter.material, "contact": letter.contact,
        "duration_min": letter.duration_min, "wanted": zone.rfc3339(letter.wanted_at),
        "letter_number": letter.number, "letter_date": letter.date.to_string(),
    });
    let paper = |paper: &IssuedPaper| {
        json!({
            "id": paper.id.0, "document": paper.document.as_str(), "number": paper.number,
            "verify_code": paper.verify_code, "by": paper.by.0, "actor": paper.actor.as_str(),
            "form": paper.form.as_str(), "at": zone.rfc3339(paper.at),
        })
    };
    let booking = |booking: &Booking| {
        json!({
            "id": booking.id.0, "studio": booking.studio.as_str(), "state": booking.state.as_str(),
            "start": zone.rfc3339(booking.session.start()), "end": zone.rfc3339(booking.session.end()),
        })
    };
    document["bookings"] = session.bookings.iter().map(booking).collect();
    document["papers"] = session.papers.iter().map(paper).collect();
}

/// A request as scripts read it. Only adding is allowed here.
pub(super) fn document(desk: &Desk, found: &CaseFile) -> Value {
    let zone = zone(desk);
    let mut document = summary(&found.row, &found.standing(), zone);
    match &found.matter {
        Matter::Airing(airing) => of_airing(&mut document, airing, found.length_note(), zone),
        Matter::Session(session) => of_session(&mut document, session, zone),
    }
    document["moves"] = found
        .moves
        .iter()
        .map(|m| {
            json!({
                "version": m.version, "step": m.from.as_str(), "to": m.to.as_str(), "choice": m.choice,
                "by": m.by.map(|p| p.0), "actor": m.actor.as_str(), "form": m.form.as_str(), "reason": m.reason,
                "with_version": m.with, "at": zone.rfc3339(m.at),
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
    let row = &found.row;
    say!("Request {}: {} ({})", row.id, row.title, row.office_name);
    match &found.matter {
        Matter::Airing(airing) => show_file(airing),
        Matter::Session(session) => {
            let letter = &session.newest().letter;
            say!("  wanted     {}, {} minutes", zone(desk).rfc3339(letter.wanted_at), letter.duration_min);
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
    match &found.matter {
        Matter::Airing(airing) => {
            airing.approval.iter().for_each(|approval| say!("  approved   {}", approval.number));
            airing.clip.iter().for_each(|clip| say!("  house file {}", clip.clip.sha256));
        }
        Matter::Session(session) => {
            session.papers.iter().for_each(|paper| say!("  issued     {} {}", paper.document, paper.number));
        }
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

fn show_file(airing: &Airing) {
    let newest = airing.newest();
    say!("  file       {}, {} bytes, {}", newest.original.name, newest.original.bytes, newest.original.sha256);
    match &airing.inspection {
        None => say!("  inspected  not yet"),
        Some(found) => {
            say!("  inspected  {}", found.verdict.as_str());
            found.reasons.iter().for_each(|r| say!("             {}: {}", r.severity.as_str(), r.text.en));
        }
    }
}
