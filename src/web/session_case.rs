//! The page of a request for a session: where it stands, what the letter says, the steps of its service, what was written
//! about it, every act so far, and what the person who looks may do next.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Web;
use super::case::{by_words, case_file, done_words};
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::session::{BookStudios, Can, Enter, Right, SeeStudios, password_again};
use super::status::{Status, status};
use crate::desk::cases::{CaseFile, Options};
use crate::desk::matter::Session;
use crate::desk::review::WantedAct;
use crate::desk::studio::{Alternative, Entry, StudioRefusal};
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::people::Role;
use crate::domain::session::SessionLetter;
use crate::domain::standard::{Action, EdgeKind, Step};
use crate::domain::studio::{Progress, equipment_text, thing_text};
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant, TimeOfDay};
use crate::engine::procedure::Refused;

struct TrailRow {
    what: String,
    by: String,
    at: String,
    reason: Option<String>,
    /// It was done by the same act as the one before.
    with: bool,
}

struct OfferRow {
    key: String,
    label: String,
    wants_reason: bool,
}

struct StepRow {
    what: String,
    who: String,
    /// `done`, `now`, or nothing yet.
    state: &'static str,
}

struct PaperRow {
    document: String,
    label: String,
    /// Its number; none while it is a draft.
    number: Option<String>,
}

struct ActForm {
    heading: String,
    lead: Option<String>,
    step: String,
    version: u32,
    offers: Vec<OfferRow>,
    /// What has to be ready: the standard's word, what it is called, and whether it was ticked.
    list: Vec<(String, String, bool)>,
    wants_password: bool,
    may_want_reason: bool,
    /// Day and time at which the session is to begin, for a step that books a studio; and free ones near it.
    books: Option<Times>,
    /// What else the same act counts for.
    rungs: Option<String>,
    reason: String,
    choice: String,
    /// It is done by filing again.
    revise: bool,
}

/// What the studio's operator stamps into the session's log.
struct Stamp {
    /// Equipment that nobody found ready yet: word and words.
    open: Vec<(String, String)>,
    /// Whether the session has begun.
    runs: bool,
}

/// When a session may begin, as a form asks it.
struct Times {
    day: String,
    time: String,
    /// Value and words of each.
    nearest: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "session_case.html")]
struct SessionCasePage {
    page: Page,
    id: CaseId,
    service: String,
    office: String,
    agenda: String,
    status: Status,
    /// By when it is due, and whether that is over.
    due: Option<(String, bool)>,
    /// When it closes by itself.
    closes: Option<String>,
    facts: Vec<(String, String)>,
    /// The studio as it is booked.
    booked: Vec<(String, String)>,
    /// Its place on the page of the studio's day, for whoever may look there.
    day_path: Option<String>,
    /// Its studio is lost: where whoever may book one does.
    unbooked: Option<Option<String>>,
    /// What the operator may stamp into the session's log.
    stamp: Option<Stamp>,
    steps: Vec<StepRow>,
    papers: Vec<PaperRow>,
    trail: Vec<TrailRow>,
    act: Option<ActForm>,
    errors: FormErrors,
}

/// The page, with what was just done.
pub(super) fn show(web: &Web, can: &Can<Enter>, of: (&CaseFile, &Session), done: &str) -> Result<Response, Problem> {
    let mut shown = case_page(web, can, of, &BTreeMap::new(), &[], FormErrors::default())?;
    shown.page.done = match done {
        "filed" => Some(can.visit.t("session-filed")),
        "acted" => Some(can.visit.t("case-acted")),
        _ => None,
    };
    Ok(html(&shown))
}

fn case_page(
    web: &Web,
    can: &Can<Enter>,
    (found, session): (&CaseFile, &Session),
    given: &BTreeMap<String, String>,
    nearest: &[Alternative],
    errors: FormErrors,
) -> Result<SessionCasePage, Problem> {
    let (visit, lang) = (&can.visit, can.visit.lang);
    let options = found.options(can.person())?;
    let deadlines = web.desk.deadlines()?;
    let due = deadlines.of(found, web.desk.now());
    let trail = found.moves.iter().rev().map(|done| TrailRow {
        what: done_words(done, &found.standard, lang),
        by: by_words(done, found, can),
        at: instant_in_words(done.at, web.zone(), lang),
        reason: done.reason.clone(),
        with: done.with.is_some(),
    });
    Ok(SessionCasePage {
        page: can.page(found.row.title.clone()),
        due: due.map(|due| (due.text(deadlines.office()).get(lang).to_owned(), due.is_over)),
        closes: deadlines.lapses_at(found).map(|at| instant_in_words(at, deadlines.office().zone, lang)),
        id: found.row.id,
        service: found.standard.as_written().title.get(lang).to_owned(),
        office: found.row.office_name.clone(),
        agenda: found.row.agenda_number.clone().unwrap_or_else(|| "–".into()),
        status: status(&found.standing(), visit),
        facts: letter_facts(&session.newest().letter, web, visit),
        booked: booked(session, web, visit),
        day_path: day_path(session, web, can),
        unbooked: unbooked(found, session, web, can),
        stamp: stamp(found, session, web, can),
        steps: steps(found, visit)?,
        papers: papers(found, session, can),
        trail: trail.collect(),
        act: act_form(web, (found, session), options, (given, nearest), visit),
        errors,
    })
}

/// The letter as a page lists it.
fn letter_facts(letter: &SessionLetter, web: &Web, visit: &Visit) -> Vec<(String, String)> {
    let lang = visit.lang;
    let number = if letter.number.is_empty() { "–".to_owned() } else { letter.number.clone() };
    vec![
        (visit.t("session-institution"), letter.institution.clone()),
        (visit.t("session-topic"), letter.topic.clone()),
        (visit.t("session-purpose"), letter.purpose.clone()),
        (visit.t("session-material"), letter.material.clone()),
        (visit.t("session-contact"), letter.contact.clone()),
        (visit.t("session-wanted"), instant_in_words(letter.wanted_at, web.zone(), lang)),
        (visit.t("session-minutes"), letter.duration_min.to_string()),
        (visit.t("letter-number"), number),
        (visit.t("letter-date"), date_in_words(letter.date, lang)),
    ]
}

/// The steps of the service, in its order, with how far this request has come.
fn steps(found: &CaseFile, visit: &Visit) -> Result<Vec<StepRow>, Problem> {
    let case = found.case()?;
    let visited = |step: &Step| found.moves.iter().any(|done| done.from == step.id);
    // What the document does not state, a correction, is shown where it happened.
    let shown = found.standard.as_written().steps.iter().filter(|step| !step.inferred || visited(step) || step.archive);
    let row = |step: &Step| StepRow {
        what: step.action.text().get(visit.lang).to_owned(),
        who: found.standard.actor_text(&step.actor).get(visit.lang).to_owned(),
        state: match case.at() == &step.id {
            true => "now",
            false if case.is_done(&step.id) => "done",
            false => "",
        },
    };
    Ok(shown.map(row).collect())
}

/// Papers that there are: issued ones for everybody, a draft for the staff who judge it.
fn papers(found: &CaseFile, session: &Session, can: &Can<Enter>) -> Vec<PaperRow> {
    let drafted = |document: &crate::domain::standard::Document| {
        let mut drafts = found.standard.as_written().steps.iter().filter(|step| step.yields.contains(&document.id));
        let to_sign = |step: &Step| step.action == Action::Sign && found.row.step == step.id;
        can.person().is_staff()
            && drafts.any(|step| to_sign(step) || found.moves.iter().any(|done| done.from == step.id))
    };
    let documents = found.standard.as_written().documents.iter();
    let row = |document: &crate::domain::standard::Document| {
        let issued = session.paper(&document.id);
        (issued.is_some() || drafted(document)).then(|| PaperRow {
            document: document.id.to_string(),
            label: document.label.get(can.visit.lang).to_owned(),
            number: issued.map(|paper| paper.number.clone()),
        })
    };
    documents.filter_map(row).collect()
}

fn act_form(
    web: &Web,
    (found, session): (&CaseFile, &Session),
    options: Options,
    (given, nearest): (&BTreeMap<String, String>, &[Alternative]),
    visit: &Visit,
) -> Option<ActForm> {
    let lang = visit.lang;
    let step = found.step()?;
    options.may_act.ok()?;
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let revise = matches!(step.action, Action::Revise | Action::Submit);
    let ready = session.ready(step);
    let ticked = |thing: &String| given.contains_key(&tick(thing)) || ready.contains(thing);
    // A corrected letter sends the request on by itself.
    let offers = options.offers.iter().filter(|offer| !(revise && offer.kind == EdgeKind::Next));
    Some(ActForm {
        heading: step.action.text().get(lang).to_owned(),
        lead: lead(step.action).map(|text| text.get(lang).to_owned()),
        step: step.id.to_string(),
        version: found.row.version,
        may_want_reason: offers.clone().any(|offer| offer.wants_reason),
        offers: offers
            .map(|offer| OfferRow {
                key: offer.key.clone(),
                label: offer.label.get(lang).to_owned(),
                wants_reason: offer.wants_reason,
            })
            .collect(),
        list: step
            .checklist
            .iter()
            .map(|thing| (thing.clone(), thing_text(thing).get(lang).to_owned(), ticked(thing)))
            .collect(),
        books: step.books.is_some().then(|| times(web, session, (given, nearest), lang)),
        wants_password: options.signs,
        rungs: (!options.rungs_above.is_empty()).then(|| {
            let titles: Vec<&str> = options.rungs_above.iter().map(|title| title.get(lang)).collect();
            visit.t1("session-rungs", "titles", titles.join(", "))
        }),
        reason: text("reason"),
        choice: text("choice"),
        revise,
    })
}

/// When the session may begin: as it was typed, as it is booked, or as the letter wants it.
fn times(
    web: &Web,
    session: &Session,
    (given, nearest): (&BTreeMap<String, String>, &[Alternative]),
    lang: Lang,
) -> Times {
    let booked = session.booking(web.desk.now()).filter(|_| !session.asks_anew());
    let booked = booked.map(|booking| booking.session.start());
    let local = web.zone().local(booked.unwrap_or(session.newest().letter.wanted_at));
    let typed = |field: &str, usual: String| given.get(field).cloned().unwrap_or(usual);
    let free = nearest.iter().map(|free| {
        let local = web.zone().local(free.session.start());
        (local.format("%Y-%m-%dT%H:%M").to_string(), free.text.get(lang).to_owned())
    });
    Times {
        day: typed("day", local.date().to_string()),
        time: typed("time", local.format("%H:%M").to_string()),
        nearest: free.collect(),
    }
}

/// The studio as it is booked, and what its log says of the session.
fn booked(session: &Session, web: &Web, visit: &Visit) -> Vec<(String, String)> {
    let (lang, zone) = (visit.lang, web.zone());
    let Some(booking) = session.bookings.last() else { return Vec::new() };
    let at = |at| instant_in_words(at, zone, lang);
    let studio = web.desk.config.studios.studios.get(&booking.studio);
    let mut facts = vec![
        (visit.t("session-studio"), studio.map_or_else(|| booking.studio.to_string(), |studio| studio.title.clone())),
        (visit.t("session-when"), at(booking.session.start())),
        (visit.t("state"), booking.state.at(web.desk.now()).text().get(lang).to_owned()),
    ];
    match session.log.progress() {
        Progress::Waiting => {}
        Progress::Running { since } => facts.push((visit.t("session-started"), at(since))),
        Progress::Over { started, stopped } => {
            facts.extend([(visit.t("session-started"), at(started)), (visit.t("session-stopped"), at(stopped))]);
        }
        Progress::NoShow { at: noted } => facts.push((visit.t("session-no-show"), at(noted))),
    }
    facts
}

/// The booking on the page of its studio's day.
fn day_path(session: &Session, web: &Web, can: &Can<Enter>) -> Option<String> {
    let booking =
        session.bookings.last().filter(|_| can.person().roles().iter().any(|r| SeeStudios::ROLES.contains(r)))?;
    let zone = web.desk.config.studios.studios.get(&booking.studio).map_or_else(|| web.zone(), |studio| studio.zone);
    Some(format!("/studios/day/{}#b{}", zone.local(booking.session.start()).date(), booking.id))
}

/// Where another studio is booked for a session that has lost its own; the form says what it was.
fn unbooked(found: &CaseFile, session: &Session, web: &Web, can: &Can<Enter>) -> Option<Option<String>> {
    let booking = session.bookings.last().filter(|_| session.lost_its_studio(found, web.desk.now()));
    let books = can.person().roles().iter().any(|role| BookStudios::ROLES.contains(role));
    booking.map(|booking| {
        let minutes = booking.session.length().num_minutes();
        books.then(|| format!("/studios/new?case={}&studio={}&minutes={minutes}", found.row.id, booking.studio))
    })
}

/// What the studio's operator stamps into the session's log while the session waits to be held.
fn stamp(found: &CaseFile, session: &Session, web: &Web, can: &Can<Enter>) -> Option<Stamp> {
    let held = found.step().is_some_and(|step| step.action == Action::Execute);
    let booking = session.booking(web.desk.now()).filter(|_| held && can.person().holds(Role::StudioOperator))?;
    let progress = session.log.progress();
    let ready = session.log.ready();
    let open = booking.equipment.iter().filter(|kind| !ready.contains_key(kind));
    let open = open.map(|kind| (kind.to_string(), equipment_text(kind).get(can.visit.lang).to_owned()));
    let waits = progress == Progress::Waiting;
    let runs = matches!(progress, Progress::Running { .. });
    (waits || runs).then(|| Stamp { open: if waits { open.collect() } else { Vec::new() }, runs })
}

/// `POST /requests/{id}/stamp`: equipment is found ready, the session begins, or it ends.
pub(super) async fn stamped(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    Form(given): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let now = web.desk.now();
    let booking = found.session().and_then(|session| session.booking(now)).ok_or(Problem::NotFound)?;
    let (by, booking, kinds) = (can.id(), booking.id, booking.equipment.clone());
    let entries: Vec<Entry> = match given.get("entry").map(String::as_str) {
        Some("start") => vec![Entry::Start],
        Some("stop") => vec![Entry::Stop],
        Some("ready") => {
            let ticked = kinds.into_iter().filter(|kind| given.contains_key(&tick(kind.as_str())));
            ticked.map(Entry::Ready).collect()
        }
        _ => return Err(Problem::Unreadable),
    };
    web.ask(move |desk| entries.into_iter().try_for_each(|entry| desk.tell_session(by, booking, entry).map(drop)))
        .await?;
    Ok(Redirect::to(&format!("/requests/{id}?done=acted")).into_response())
}

/// What a desk should know about a step, where its name does not say it.
fn lead(action: Action) -> Option<Text> {
    Some(match action {
        Action::Verify => Text::new(
            "Teliti surat: apakah lengkap, untuk siapa, dan cocok dengan layanan ini.",
            "Examine the letter: is it complete, for whom is it, does it suit this service.",
        ),
        Action::Draft => Text::new(
            "Susun jadwal. Konsepnya lalu diparaf Kabid dan Sekdis, dan ditandatangani Kepala Dinas.",
            "Draft the schedule. It is then initialled by division and secretary, and signed by the head of agency.",
        ),
        Action::Initial => Text::new(
            "Buka konsepnya di bagian Surat dan jadwal, lalu paraf atau kembalikan dengan alasan.",
            "Open the draft under Letters and schedules, then initial it or return it with a reason.",
        ),
        Action::Sign => Text::new(
            "Suratnya diberi nomor dan kode pemeriksaan setelah ditandatangani.",
            "The paper gets its number and verification code once it is signed.",
        ),
        Action::Schedule => Text::new(
            "Pemohon menerima jadwal dan panduan teknis setelah langkah ini.",
            "The applicant gets schedule and technical guide by this step.",
        ),
        Action::Prepare => Text::new(
            "Sepakati persiapan teknis, dan uji coba bila perlu. Tulis hasilnya sebagai catatan.",
            "Agree on the technical preparation, and a trial if needed. Write the result as a note.",
        ),
        Action::Check => {
            Text::new("Periksa setiap peralatan, lalu centang.", "Check every piece of equipment, then tick it.")
        }
        Action::HandOver => Text::new(
            "Tulis apa yang diserahkan: naskah, musik, video.",
            "Write what is handed over: script, music, video.",
        ),
        Action::Attend => Text::new(
            "Pemohon atau operator studio mencatat kehadiran.",
            "The applicant or the studio operator records who came.",
        ),
        _ => return None,
    })
}

/// The field of one thing of the step's list.
fn tick(thing: &str) -> String {
    format!("ready-{}", thing.replace(' ', "-"))
}

/// `POST /requests/{id}/act` for a session.
pub(super) async fn act(
    web: &Web,
    can: &Can<Enter>,
    of: (&CaseFile, &Session),
    given: BTreeMap<String, String>,
) -> Result<Response, Problem> {
    let (found, id) = (of.0, of.0.row.id);
    let text = |name: &str| given.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut errors = FormErrors::default();
    let step = found.step().filter(|step| Some(step.id.as_str()) == given.get("step").map(String::as_str));
    let options = found.options(can.person())?;
    let choice = text("choice");
    let goes_on = options.offers.iter().any(|o| Some(&o.key) == choice.as_ref() && o.kind == EdgeKind::Next);
    let here = step.is_some_and(|step| step.action == Action::Sign);
    // What is signed on a rung above is signed only by going on; what is refused here, by whoever signs here.
    let signs = step.is_some() && (here || (options.signs && goes_on));
    if choice.is_none() {
        errors.add("choice", can.visit.t("act-choice-wanted"));
    }
    if signs && errors.is_empty() {
        let password = given.get("password").cloned().unwrap_or_default();
        if password.is_empty() {
            errors.add("password", can.visit.t("act-password-empty"));
        } else if !password_again(web, can, password).await? {
            errors.add("password", can.visit.t("act-password-wrong"));
        }
    }
    let list = step.into_iter().flat_map(|step| &step.checklist);
    let ticked: BTreeSet<String> = list.filter(|thing| given.contains_key(&tick(thing))).cloned().collect();
    let wanted = WantedAct {
        step: text("step").unwrap_or_default(),
        choice,
        reason: text("reason"),
        version: text("version").and_then(|version| version.parse().ok()),
        ticked,
        at: match step.is_some_and(|step| step.books.is_some()) {
            true => chosen(web, &given, can, &mut errors),
            false => None,
        },
        ..WantedAct::default()
    };
    if errors.is_empty() {
        let (desk, by) = (web.desk.clone(), can.id());
        let acting = move || desk.act(by, id, wanted);
        match tokio::task::spawn_blocking(acting).await.map_err(|_| Problem::Broken)? {
            Ok(_) => return Ok(Redirect::to(&format!("/requests/{id}?done=acted")).into_response()),
            Err(DeskError::Refused(Refusal::NotFound { .. })) => return Err(Problem::NotFound),
            Err(DeskError::Refused(refusal)) => {
                if let Refusal::Studio(StudioRefusal::NotFree(not)) = refusal {
                    // What is free instead stands below as choices.
                    let clashes: Vec<&str> = not.clashes.iter().map(|clash| clash.text.get(can.visit.lang)).collect();
                    errors.add("wanted_at", clashes.join(" "));
                    let shown = case_page(web, can, of, &given, &not.alternatives, errors)?;
                    return Ok((StatusCode::CONFLICT, html(&shown)).into_response());
                }
                let field = match refusal {
                    Refusal::Studio(_) => "wanted_at",
                    Refusal::NotReady { .. } => "list",
                    Refusal::Procedure(Refused::ReasonWanted | Refused::ReasonTooLong) => "reason",
                    _ => "act",
                };
                errors.add(field, refusal.text().get(can.visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let shown = case_page(web, can, of, &given, &[], errors)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}

/// When the session is to begin: a free time that was offered, else what was typed.
fn chosen(web: &Web, given: &BTreeMap<String, String>, can: &Can<Enter>, errors: &mut FormErrors) -> Option<Instant> {
    let field = |name: &str| given.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let offered = field("nearest").and_then(|text| text.split_once('T'));
    let (day, time) = offered.or_else(|| field("day").zip(field("time")))?;
    match (day.parse::<BroadcastDate>(), time.parse::<TimeOfDay>()) {
        (Ok(day), Ok(time)) => Some(web.zone().on_calendar(day, time)),
        _ => {
            errors.add("wanted_at", can.visit.t("session-wanted-wrong"));
            None
        }
    }
}
