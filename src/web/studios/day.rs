//! The studio operator's day: sessions, what is ready, what was handed in, when each began and ended. It prints.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::operator::{self, Operators};
use super::{Given, Row, clock, given, may, shifted, text, today, zone};
use crate::desk::studio::{BookingFile, Entry, StudioRefusal};
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::{BookingId, EquipmentId};
use crate::domain::people::Person;
use crate::domain::studio::{LogEntry, LogKind, Progress, equipment_text};
use crate::domain::text::date_in_words;
use crate::domain::time::{BroadcastDate, Zone};
use crate::store::Scope;
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{BookStudios, Can, Right, RunSessions, SeeStudios};

/// One line of the checklist.
struct Check {
    id: String,
    name: String,
    ready: bool,
    /// Who looked at it and when, and what is wrong; empty: nobody did.
    words: String,
}

/// One entry of a log in words.
pub(super) struct Told {
    pub at: String,
    pub what: String,
    pub who: String,
}

struct Material {
    what: String,
    whose: String,
    taken: String,
}

struct Session {
    row: Row,
    case: Option<i64>,
    progress: String,
    tone: &'static str,
    waiting: bool,
    running: bool,
    keeps: bool,
    checks: Vec<Check>,
    materials: Vec<Material>,
    /// Who may take over, where that can be and whoever looks may say so.
    operators: Option<Operators>,
    version: u32,
    log: Vec<Told>,
}

#[derive(Template)]
#[template(path = "studio_day.html")]
struct DayPage {
    page: Page,
    errors: FormErrors,
    day: BroadcastDate,
    previous: BroadcastDate,
    next: BroadcastDate,
    today: BroadcastDate,
    sessions: Vec<Session>,
    runs: bool,
}

/// Names by number, for logs.
pub(super) fn told(log: &[LogEntry], people: &[Person], zone: Zone, visit: &Visit) -> Vec<Told> {
    let lang = visit.lang;
    let entry = |entry: &LogEntry| {
        let item =
            entry.item.parse::<EquipmentId>().ok().filter(|_| matches!(entry.kind, LogKind::Ready | LogKind::NotReady));
        let item = item.map_or_else(|| entry.item.clone(), |kind| equipment_text(&kind).get(lang).to_owned());
        let mut what = entry.kind.text().get(lang).to_owned();
        for more in [item, entry.note.clone()].into_iter().filter(|more| !more.is_empty()) {
            what += if what.contains(": ") { ", " } else { ": " };
            what += &more;
        }
        Told {
            at: format!("{} {}", zone.local(entry.at).format("%-d/%-m"), clock(entry.at, zone, lang)),
            what,
            who: name(entry, people, visit),
        }
    };
    log.iter().map(entry).collect()
}

fn name(entry: &LogEntry, people: &[Person], visit: &Visit) -> String {
    let found = entry.by.and_then(|by| people.iter().find(|person| person.id == by));
    match (entry.by, found) {
        (None, _) => visit.t("studio-by-itself"),
        (Some(_), Some(person)) => person.name.clone(),
        (Some(id), None) => id.to_string(),
    }
}

impl Session {
    fn of(file: &BookingFile, operators: Option<Operators>, people: &[Person], zone: Zone, visit: &Visit) -> Session {
        let lang = visit.lang;
        let stamp = |entry: &LogEntry| format!("{}, {}", name(entry, people, visit), clock(entry.at, zone, lang));
        let ready = file.log.ready();
        let check = |kind: &EquipmentId| {
            let last = file
                .log
                .0
                .iter()
                .rev()
                .find(|e| e.item == kind.as_str() && matches!(e.kind, LogKind::Ready | LogKind::NotReady));
            let words = last.map_or_else(String::new, |entry| match entry.note.is_empty() {
                true => stamp(entry),
                false => format!("{} ({})", entry.note, stamp(entry)),
            });
            let name = equipment_text(kind).get(lang).to_owned();
            Check { id: kind.to_string(), name, ready: ready.contains_key(kind), words }
        };
        let material =
            |entry: &LogEntry| Material { what: entry.item.clone(), whose: entry.note.clone(), taken: stamp(entry) };
        let (at, progress) = (|at| clock(at, zone, lang), file.log.progress());
        let (words, tone) = match progress {
            Progress::Waiting => (visit.t("studio-session-waiting"), "dim"),
            Progress::Running { since } => (visit.t1("studio-session-running", "at", at(since)), "warn"),
            Progress::Over { started, stopped } => {
                (visit.t2("studio-session-over", ("from", at(started)), ("until", at(stopped))), "ok")
            }
            Progress::NoShow { at: when } => (visit.t1("studio-session-no-show", "at", at(when)), "bad"),
        };
        Session {
            row: Row::of(file, zone, lang),
            case: file.booking.case.map(|case| case.0),
            progress: words,
            tone,
            waiting: progress == Progress::Waiting,
            running: matches!(progress, Progress::Running { .. }),
            keeps: file.booking.state.keeps(),
            checks: file.booking.equipment.iter().map(check).collect(),
            materials: file.log.material().map(material).collect(),
            operators,
            version: file.booking.version,
            log: told(&file.log.0, people, zone, visit),
        }
    }
}

/// `GET /studios/day/{date}`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<SeeStudios>,
    Path(day): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let day: BroadcastDate = day.parse().map_err(|_| Problem::NotFound)?;
    let done = match done.as_str() {
        "told" => Some(can.visit.t("studio-session-told")),
        "handed" => Some(can.visit.t("studio-handed")),
        _ => None,
    };
    page_of(&web, &can, day, done, FormErrors::default()).await
}

pub(super) async fn page_of<R: Right>(
    web: &Web,
    can: &Can<R>,
    day: BroadcastDate,
    done: Option<String>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let may_hand_over = may::<_, BookStudios>(can);
    let (files, people) = web
        .ask(move |desk| {
            let now = desk.now();
            let people = desk.store.read(|r| r.people(Scope::All, now))?;
            let with_operators = |file: BookingFile| {
                let operators = if may_hand_over { operator::of(desk, &file)? } else { None };
                Ok((file, operators))
            };
            let files =
                desk.bookings_on(day)?.into_iter().map(with_operators).collect::<Result<Vec<_>, DeskError>>()?;
            Ok((files, people))
        })
        .await?;
    let zone = zone(web);
    let words = date_in_words(day, can.visit.lang);
    let mut page = can.page(can.visit.t1("studio-day-title", "day", &words));
    page.done = done;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = DayPage {
        previous: shifted(day, -1),
        next: shifted(day, 1),
        today: today(web),
        sessions: files
            .into_iter()
            .map(|(file, operators)| Session::of(&file, operators, &people, zone, &can.visit))
            .collect(),
        runs: may::<_, RunSessions>(can),
        day,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}

/// What the form of a session says, as entries of its log.
fn entries(form: &Given, file: &BookingFile) -> Vec<Entry> {
    match text(form, "do") {
        "check" => {
            let ready = file.log.ready();
            let entry = |kind: &EquipmentId| {
                let fault = text(form, &format!("fault-{kind}"));
                let (ticked, was) = (form.contains_key(&format!("ready-{kind}")), ready.contains_key(kind));
                match (ticked, was) {
                    _ if !fault.trim().is_empty() => Some(Entry::NotReady(kind.clone(), fault.to_owned())),
                    (true, false) => Some(Entry::Ready(kind.clone())),
                    // Why it is not ready any more is asked for.
                    (false, true) => Some(Entry::NotReady(kind.clone(), String::new())),
                    (true, true) | (false, false) => None,
                }
            };
            file.booking.equipment.iter().filter_map(entry).collect()
        }
        "material" => {
            vec![Entry::Material { what: text(form, "what").to_owned(), whose: text(form, "whose").to_owned() }]
        }
        "start" => vec![Entry::Start],
        "stop" => vec![Entry::Stop],
        "no_show" => vec![Entry::NoShow],
        "note" => vec![Entry::Note(text(form, "note").to_owned())],
        _ => Vec::new(),
    }
}

/// `POST /studios/bookings/{id}/session`
pub(in crate::web) async fn tell(
    State(web): State<Web>,
    can: Can<RunSessions>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (form, id) = (given(pairs), BookingId(id));
    let file = web.ask(move |desk| desk.booking(id)).await?;
    let day = BroadcastDate(zone(&web).local(file.booking.session.start()).date());
    let (by, entries) = (can.id(), entries(&form, &file));
    if entries.is_empty() {
        let mut errors = FormErrors::default();
        errors.add("main", can.visit.t("studio-session-nothing"));
        return page_of(&web, &can, day, None, errors).await;
    }
    let told = web.blocking(move |desk| desk.tell_of_session(by, id, entries)).await?;
    match told {
        Ok(_) => Ok(Redirect::to(&format!("/studios/day/{day}?done=told#b{id}")).into_response()),
        Err(DeskError::Refused(Refusal::Studio(refusal))) => {
            let mut errors = FormErrors::default();
            let field = match refusal {
                StudioRefusal::Material => "material",
                StudioRefusal::ReasonWanted => "fault",
                _ => "main",
            };
            errors.add(field, refusal.text().get(can.visit.lang));
            page_of(&web, &can, day, None, errors).await
        }
        Err(other) => Err(other.into()),
    }
}
