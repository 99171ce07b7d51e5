//! `siaran book`: books studios.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};

use super::home::{could, open, person, refused};
use super::{About, Ended, Failure};
use crate::desk::studio::{BOOKERS, BookingFile, NotBooked, StudioRefusal, WantedBooking, WantedMove};
use crate::desk::{Desk, DeskError, Refusal};
use crate::domain::ids::{BookingId, CaseId, EquipmentId, PersonId, StudioId};
use crate::domain::people::Person;
use crate::domain::studio::{Booking, BookingState};
use crate::domain::time::{BroadcastDate, Instant, Zone};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List bookings, also those that were given back
    List {
        /// First day [default: today]
        #[arg(long)]
        from: Option<BroadcastDate>,
        /// Last day [default: six days later]
        #[arg(long)]
        to: Option<BroadcastDate>,
    },
    /// Hold a studio while the letter is on its way
    Hold {
        /// Which: studio.radio, studio.podcast …
        studio: StudioId,
        /// When people begin to speak: 2026-11-24T10:00 local time, or RFC 3339
        #[arg(long, value_name = "INSTANT")]
        at: String,
        /// For how long
        #[arg(long, default_value_t = 60)]
        minutes: u32,
        /// What it is about
        #[arg(long)]
        title: String,
        /// The request that it serves
        #[arg(long)]
        case: Option<CaseId>,
        /// How many operators [default: the studio's usual]
        #[arg(long)]
        operators: Option<u32>,
        /// What it takes from the stock, by commas; "" for nothing [default: the studio's usual]
        #[arg(long, value_name = "KINDS")]
        equipment: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// Make a hold stay
    Confirm {
        /// Its number, as `list` shows it
        booking: BookingId,
        #[command(flatten)]
        by: By,
    },
    /// Give a booking another time or studio
    Move {
        /// Its number
        booking: BookingId,
        /// When people begin to speak
        #[arg(long, value_name = "INSTANT")]
        at: String,
        /// For how long [default: as before]
        #[arg(long)]
        minutes: Option<u32>,
        /// To which studio [default: it stays]
        #[arg(long)]
        studio: Option<StudioId>,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who of the applicant's side agreed, and how; wanted where it is confirmed
        #[arg(long, value_name = "TEXT")]
        consent: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// Give a booking back
    Cancel {
        /// Its number
        booking: BookingId,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

#[derive(clap::Args)]
pub(super) struct By {
    /// Who acts: number or e-mail address [default: the only one who may]
    #[arg(long = "as", value_name = "PERSON")]
    named: Option<String>,
}

impl By {
    fn id(&self, desk: &Desk) -> Result<PersonId, Failure> {
        if let Some(named) = &self.named {
            return Ok(person(desk, named)?.id);
        }
        let now = desk.now();
        let mut who = BTreeSet::new();
        for role in BOOKERS {
            let holders: Vec<Person> = desk.store.read(|r| r.holders(*role, now)).map_err(|e| could(e.into()))?;
            who.extend(holders.iter().map(|person| person.id));
        }
        match who.first() {
            Some(only) if who.len() == 1 => Ok(*only),
            _ => Err(Failure::Usage(format!("{} people may book. Try: name one with --as", who.len()))),
        }
    }
}

fn zone(desk: &Desk) -> Zone {
    let first = desk.config.studios.studios.values().next();
    first.map_or_else(|| super::home::zone(desk), |studio| studio.zone)
}

fn instant(zone: Zone, text: &str) -> Result<Instant, Failure> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").map(|local| zone.resolve_local(local));
    let exact = || DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    local.or_else(|_| exact()).map_err(|_| {
        Failure::Usage(format!("{text:?} is no instant. Try: 2026-11-24T10:00, local time, or RFC 3339 with an offset"))
    })
}

fn kinds(text: &str) -> Result<BTreeSet<EquipmentId>, Failure> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|e| Failure::Usage(format!("{e}")))).collect()
}

pub(super) fn run(home: &Path, arguments: About<Command>) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let (as_json, zone) = (arguments.json, zone(&desk));
    let done = match arguments.command {
        Command::List { from, to } => return list(&desk, zone, from, to, as_json),
        Command::Hold { studio, at, minutes, title, case, operators, equipment, by } => {
            let start = instant(zone, &at)?;
            let equipment = equipment.as_deref().map(kinds).transpose()?;
            let wanted = WantedBooking { studio, case, title, start, minutes, operators, equipment, form: None };
            desk.hold(by.id(&desk)?, wanted)
        }
        Command::Confirm { booking, by } => desk.confirm(by.id(&desk)?, booking),
        Command::Move { booking, at, minutes, studio, reason, consent, by } => {
            let start = instant(zone, &at)?;
            let wanted = WantedMove { studio, start, minutes, reason, consent, version: None };
            desk.move_to(by.id(&desk)?, booking, wanted)
        }
        Command::Cancel { booking, reason, by } => desk.cancel(by.id(&desk)?, booking, None, &reason),
    };
    match done.and_then(|booking: Booking| desk.booking(booking.id)) {
        Ok(file) => {
            if as_json {
                say!("{}", document(&file, zone))
            } else {
                show(&file, zone)
            }
            Ok(Ended::Holds)
        }
        Err(DeskError::Refused(Refusal::Studio(StudioRefusal::NotFree(why)))) if as_json => {
            say!("{}", not_booked(&why, zone));
            Ok(Ended::Refused)
        }
        Err(error) => refused(error, as_json),
    }
}

fn list(
    desk: &Desk,
    zone: Zone,
    from: Option<BroadcastDate>,
    to: Option<BroadcastDate>,
    as_json: bool,
) -> Result<Ended, Failure> {
    let first = from.unwrap_or_else(|| BroadcastDate(zone.local(desk.now()).date()));
    let last = to.unwrap_or_else(|| first.through(BroadcastDate(chrono::NaiveDate::MAX)).nth(6).unwrap_or(first));
    let files = desk.bookings_between(first, last).map_err(could)?;
    if as_json {
        say!("{}", Value::Array(files.iter().map(|file| document(file, zone)).collect()));
    } else {
        files.iter().for_each(|file| show(file, zone));
    }
    Ok(Ended::Holds)
}

fn not_booked(why: &NotBooked, zone: Zone) -> Value {
    let text = StudioRefusal::NotFree(Box::new(why.clone())).text();
    json!({
        "refused": "not_free", "text_id": text.id, "text_en": text.en,
        "conflicts": why.clashes.iter()
            .map(|c| json!({"code": c.code, "text_id": c.text.id, "text_en": c.text.en})).collect::<Vec<_>>(),
        "alternatives": why.alternatives.iter().map(|a| json!({
            "studio": a.studio.as_str(), "start": zone.rfc3339(a.session.start()),
            "end": zone.rfc3339(a.session.end()), "text_id": a.text.id, "text_en": a.text.en,
        })).collect::<Vec<_>>(),
    })
}

fn document(file: &BookingFile, zone: Zone) -> Value {
    let booking = &file.booking;
    let expires = match booking.state {
        BookingState::Hold { until } => Some(zone.rfc3339(until)),
        _ => None,
    };
    json!({
        "id": booking.id.0, "studio": booking.studio.as_str(), "case": booking.case.map(|case| case.0),
        "title": booking.title, "state": booking.state.as_str(), "expires": expires, "version": booking.version,
        "start": zone.rfc3339(booking.session.start()), "end": zone.rfc3339(booking.session.end()),
        "occupied_from": zone.rfc3339(booking.occupied.start()), "occupied_until": zone.rfc3339(booking.occupied.end()),
        "operators": booking.operators.iter().map(|person| person.0).collect::<Vec<_>>(),
        "equipment": booking.equipment.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "log": file.log.0.iter().map(|entry| json!({
            "seq": entry.seq, "kind": entry.kind.as_str(), "item": entry.item, "note": entry.note,
            "by": entry.by.map(|by| by.0), "at": zone.rfc3339(entry.at),
        })).collect::<Vec<_>>(),
    })
}

fn show(file: &BookingFile, zone: Zone) {
    let booking = &file.booking;
    let (start, end) = (zone.local(booking.session.start()), zone.local(booking.session.end()));
    let when = format!("{} {}-{}", start.format("%Y-%m-%d"), start.format("%H:%M"), end.format("%H:%M"));
    say!(
        "{:>4}  {when}  {:<15}  {:<9}  {}",
        booking.id.0,
        booking.studio.as_str(),
        booking.state.as_str(),
        booking.title
    );
}
