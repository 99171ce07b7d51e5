//! Booking a studio: the form with the nearest alternatives as buttons, and one booking with what can be done about it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::day::{Told, told};
use super::{Choice, Given, Row, choices, given, instant, may, text, today, zone};
use crate::desk::studio::{Alternative, BookingFile, StudioRefusal, WantedBooking, WantedMove};
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::{BookingId, CaseId, StudioId};
use crate::domain::people::Person;
use crate::domain::studio::{BookingState, LONGEST_MIN, Progress, SHORTEST_MIN, equipment_text};
use crate::domain::text::Lang;
use crate::domain::time::Zone;
use crate::store::Scope;
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, html};
use crate::web::problem::Problem;
use crate::web::session::{BookStudios, Can, Right, SeeStudios};

/// A free time, as a button.
struct Offer {
    /// `2026-11-24T10:00`, studio's local time.
    at: String,
    words: String,
}

impl Offer {
    fn of(alternative: &Alternative, zone: Zone, lang: Lang) -> Offer {
        let at = zone.local(alternative.session.start()).format("%Y-%m-%dT%H:%M").to_string();
        Offer { at, words: alternative.text.get(lang).to_owned() }
    }
}

struct Equipment {
    id: String,
    name: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "studio_form.html")]
struct FormPage {
    page: Page,
    errors: FormErrors,
    offers: Vec<Offer>,
    studios: Vec<Choice>,
    equipment: Vec<Equipment>,
    studio: String,
    title: String,
    day: String,
    time: String,
    minutes: String,
    operators: String,
    case: String,
    form: String,
    shortest: u32,
    longest: u32,
}

/// `GET /studios/new`
pub(in crate::web) async fn new_form(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let form = given(pairs);
    form_page(&web, &can, &form, FormErrors::default(), Vec::new(), StatusCode::OK)
}

fn form_page(
    web: &Web,
    can: &Can<BookStudios>,
    form: &Given,
    errors: FormErrors,
    offers: Vec<Offer>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = can.visit.lang;
    let studios = choices(web);
    let or = |name: &str, usual: &str| Some(text(form, name)).filter(|t| !t.is_empty()).unwrap_or(usual).to_owned();
    let studio = or("studio", studios.first().map(|s| s.id.as_str()).unwrap_or_default());
    let known = web.desk.config.studios.studios.values();
    let kinds: std::collections::BTreeSet<_> = known.flat_map(|studio| studio.equipment.iter()).collect();
    // A form that was not sent yet has everything ticked.
    let fresh = !form.contains_key("form");
    let equipment = kinds.into_iter().map(|kind| Equipment {
        id: kind.to_string(),
        name: equipment_text(kind).get(lang).to_owned(),
        ticked: fresh || form.contains_key(&format!("equipment-{kind}")),
    });
    let id = match text(form, "form") {
        "" => web.desk.new_form().map_err(Problem::from)?.to_string(),
        id => id.to_owned(),
    };
    let shown = FormPage {
        page: can.page(can.visit.t("studio-form-title")),
        errors,
        offers,
        equipment: equipment.collect(),
        studio,
        title: text(form, "title").to_owned(),
        day: or("day", &today(web).to_string()),
        time: or("time", "10:00"),
        minutes: or("minutes", "60"),
        operators: text(form, "operators").to_owned(),
        case: text(form, "case").to_owned(),
        form: id,
        shortest: SHORTEST_MIN,
        longest: LONGEST_MIN,
        studios,
    };
    Ok((status, html(&shown)).into_response())
}

/// A button with a free time stands for the fields of day and time.
fn with_the_time_of_a_button(mut form: Given) -> Given {
    if let Some((day, time)) = form.get("at").and_then(|at| at.split_once('T')) {
        let (day, time) = (day.to_owned(), time.to_owned());
        form.insert("day".into(), day);
        form.insert("time".into(), time);
    }
    form
}

/// `POST /studios/bookings`
pub(in crate::web) async fn hold(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let form = with_the_time_of_a_button(given(pairs));
    let mut errors = FormErrors::default();
    let Some(wanted) = wanted(&web, &can, &form, &mut errors) else {
        return form_page(&web, &can, &form, errors, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
    };
    let by = can.id();
    match web.blocking(move |desk| desk.hold(by, wanted)).await? {
        Ok(booking) => Ok(Redirect::to(&format!("/studios/bookings/{}?done=held", booking.id)).into_response()),
        Err(DeskError::Refused(Refusal::Studio(refusal))) => {
            let (status, offers) = answered(&refusal, &web, can.visit.lang, &mut errors);
            form_page(&web, &can, &form, errors, offers, status)
        }
        Err(other) => Err(other.into()),
    }
}

/// What a refusal makes of the form: its errors, and what is free instead.
fn answered(refusal: &StudioRefusal, web: &Web, lang: Lang, errors: &mut FormErrors) -> (StatusCode, Vec<Offer>) {
    let field = match refusal {
        StudioRefusal::NotFree(why) => {
            why.clashes.iter().for_each(|clash| errors.add("day", clash.text.get(lang)));
            let offers = why.alternatives.iter().map(|a| Offer::of(a, zone(web), lang));
            return (StatusCode::CONFLICT, offers.collect());
        }
        StudioRefusal::Title => "title",
        StudioRefusal::Length => "minutes",
        StudioRefusal::Operators => "operators",
        StudioRefusal::HasOne(_) | StudioRefusal::NoSession(_) => "case",
        StudioRefusal::OtherStudio(_) => "studio",
        StudioRefusal::ReasonWanted => "reason",
        StudioRefusal::ConsentWanted => "consent",
        _ => "day",
    };
    errors.add(field, refusal.text().get(lang));
    (StatusCode::UNPROCESSABLE_ENTITY, Vec::new())
}

fn wanted(web: &Web, can: &Can<BookStudios>, form: &Given, errors: &mut FormErrors) -> Option<WantedBooking> {
    let visit = &can.visit;
    let studio =
        text(form, "studio").parse::<StudioId>().ok().filter(|id| web.desk.config.studios.studios.contains_key(id));
    if studio.is_none() {
        errors.add("studio", visit.t("studio-wrong-studio"));
    }
    let start = instant(zone(web), text(form, "day"), text(form, "time"));
    if start.is_none() {
        errors.add("day", visit.t("studio-wrong-day"));
    }
    let minutes = text(form, "minutes").trim().parse::<u32>().ok();
    if minutes.is_none() {
        errors.add("minutes", visit.t("studio-wrong-minutes"));
    }
    let number = |name: &str| match text(form, name).trim() {
        "" => Ok(None),
        typed => typed.parse::<u32>().map(Some),
    };
    let operators = number("operators").map_err(|_| errors.add("operators", visit.t("studio-wrong-operators"))).ok();
    let case = number("case").map_err(|_| errors.add("case", visit.t("studio-wrong-case"))).ok();
    let ticked = form.keys().filter_map(|name| name.strip_prefix("equipment-")?.parse().ok());
    Some(WantedBooking {
        studio: studio?,
        case: case?.map(|case| CaseId(case.into())),
        title: text(form, "title").to_owned(),
        start: start?,
        minutes: minutes?,
        operators: operators?,
        equipment: Some(ticked.collect()),
        form: text(form, "form").parse().ok(),
    })
}

#[derive(Template)]
#[template(path = "studio_booking.html")]
struct BookingPage {
    page: Page,
    errors: FormErrors,
    offers: Vec<Offer>,
    row: Row,
    case: Option<i64>,
    expires: Option<String>,
    equipment: Vec<String>,
    log: Vec<Told>,
    may_book: bool,
    confirmed: bool,
    changeable: bool,
    version: u32,
    studios: Vec<Choice>,
    /// What the form for moving shows.
    studio: String,
    day: String,
    time: String,
    minutes: i64,
    reason: String,
    consent: String,
}

/// `GET /studios/bookings/{id}`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<SeeStudios>,
    Path(id): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let done = match done.as_str() {
        "held" => Some(can.visit.t("studio-held")),
        "confirmed" => Some(can.visit.t("studio-confirmed")),
        "moved" => Some(can.visit.t("studio-moved")),
        "cancelled" => Some(can.visit.t("studio-cancelled")),
        _ => None,
    };
    page_of(&web, &can, BookingId(id), &Given::new(), done, FormErrors::default(), Vec::new(), StatusCode::OK).await
}

#[expect(clippy::too_many_arguments, reason = "one page for looking and for four ways in which a change is refused")]
async fn page_of<R: Right>(
    web: &Web,
    can: &Can<R>,
    id: BookingId,
    form: &Given,
    done: Option<String>,
    errors: FormErrors,
    offers: Vec<Offer>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (file, people): (BookingFile, Vec<Person>) = web
        .ask(move |desk| {
            let now = desk.now();
            Ok((desk.booking(id)?, desk.store.read(|r| r.people(Scope::All, now))?))
        })
        .await?;
    let (lang, zone) = (can.visit.lang, zone(web));
    let BookingFile { booking, log, .. } = &file;
    let local = zone.local(booking.session.start());
    let typed = |name: &str, now: String| Some(text(form, name).to_owned()).filter(|t| !t.is_empty()).unwrap_or(now);
    let mut page = can.page(booking.title.clone());
    page.done = done;
    let shown = BookingPage {
        row: Row::of(&file, zone, lang),
        case: booking.case.map(|case| case.0),
        expires: match booking.state {
            BookingState::Hold { until } => Some(crate::domain::text::instant_in_words(until, zone, lang)),
            _ => None,
        },
        equipment: booking.equipment.iter().map(|kind| equipment_text(kind).get(lang).to_owned()).collect(),
        log: told(&log.0, &people, zone, &can.visit),
        may_book: may::<_, BookStudios>(can),
        confirmed: booking.state == BookingState::Confirmed,
        changeable: booking.state.keeps() && log.progress() == Progress::Waiting,
        version: booking.version,
        studios: choices(web),
        studio: typed("studio", booking.studio.to_string()),
        day: typed("day", local.format("%Y-%m-%d").to_string()),
        time: typed("time", local.format("%H:%M").to_string()),
        minutes: booking.session.length().num_minutes(),
        reason: text(form, "reason").to_owned(),
        consent: text(form, "consent").to_owned(),
        errors,
        offers,
        page,
    };
    Ok((status, html(&shown)).into_response())
}

/// `POST /studios/bookings/{id}/confirm`
pub(in crate::web) async fn confirm(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let (by, id) = (can.id(), BookingId(id));
    let done = web.blocking(move |desk| desk.confirm(by, id)).await?;
    ended(&web, &can, id, &Given::new(), done.map(|_| "confirmed")).await
}

/// `POST /studios/bookings/{id}/move`
pub(in crate::web) async fn move_to(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (by, id, form) = (can.id(), BookingId(id), with_the_time_of_a_button(given(pairs)));
    let mut errors = FormErrors::default();
    let studio =
        text(&form, "studio").parse::<StudioId>().ok().filter(|id| web.desk.config.studios.studios.contains_key(id));
    let Some(start) = instant(zone(&web), text(&form, "day"), text(&form, "time")) else {
        errors.add("day", can.visit.t("studio-wrong-day"));
        return page_of(&web, &can, id, &form, None, errors, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let wanted = WantedMove {
        studio,
        start,
        minutes: text(&form, "minutes").trim().parse().ok(),
        reason: text(&form, "reason").to_owned(),
        consent: Some(text(&form, "consent").to_owned()),
        version: text(&form, "version").parse().ok(),
    };
    let done = web.blocking(move |desk| desk.move_to(by, id, wanted)).await?;
    ended(&web, &can, id, &form, done.map(|_| "moved")).await
}

/// `POST /studios/bookings/{id}/cancel`
pub(in crate::web) async fn cancel(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (by, id, form) = (can.id(), BookingId(id), given(pairs));
    let (why, version) = (text(&form, "why").to_owned(), text(&form, "version").parse().ok());
    let done = web.blocking(move |desk| desk.cancel(by, id, version, &why)).await?;
    match done {
        Err(DeskError::Refused(Refusal::Studio(StudioRefusal::ReasonWanted))) => {
            let mut errors = FormErrors::default();
            errors.add("why", StudioRefusal::ReasonWanted.text().get(can.visit.lang));
            page_of(&web, &can, id, &form, None, errors, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        done => ended(&web, &can, id, &form, done.map(|_| "cancelled")).await,
    }
}

async fn ended(
    web: &Web,
    can: &Can<BookStudios>,
    id: BookingId,
    form: &Given,
    done: Result<&'static str, DeskError>,
) -> Result<Response, Problem> {
    match done {
        Ok(word) => Ok(Redirect::to(&format!("/studios/bookings/{id}?done={word}")).into_response()),
        Err(DeskError::Refused(Refusal::Studio(refusal))) => {
            let mut errors = FormErrors::default();
            let (status, offers) = answered(&refusal, web, can.visit.lang, &mut errors);
            page_of(web, can, id, form, None, errors, offers, status).await
        }
        Err(other) => Err(other.into()),
    }
}
