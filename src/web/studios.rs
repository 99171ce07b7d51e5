//! Studios: the week drawn with a table beside it, the operator's day, and bookings.

pub(super) mod booking;
pub(super) mod day;
mod drawing;
pub(super) mod operator;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::{Datelike, Days, Timelike};
use serde::Deserialize;

use super::Web;
use super::page::{Page, Visit, html};
use super::problem::Problem;
use super::session::{BookStudios, Can, Right, SeeStudios};
use crate::desk::studio::BookingFile;
use crate::domain::studio::BookingState;
use crate::domain::text::{Lang, date_in_words};
use crate::domain::time::{BroadcastDate, Instant, Span, TimeOfDay, Zone};
use drawing::Drawing;

/// A booking in a table.
struct Row {
    id: i64,
    day: BroadcastDate,
    day_words: String,
    /// When people speak.
    session: String,
    /// With setting up and taking down.
    occupied: String,
    studio: String,
    title: String,
    state: String,
    tone: &'static str,
    operators: String,
    /// Those of them who are no operators any more.
    gone: String,
}

impl Row {
    fn of(file: &BookingFile, zone: Zone, lang: Lang) -> Row {
        let booking = &file.booking;
        let day = BroadcastDate(zone.local(booking.session.start()).date());
        let tone = match booking.state {
            BookingState::Hold { .. } => "warn",
            BookingState::Confirmed => "ok",
            BookingState::Cancelled | BookingState::Expired => "dim",
        };
        Row {
            id: booking.id.0,
            day,
            day_words: date_in_words(day, lang),
            session: hours(booking.session, zone, lang),
            occupied: hours(booking.occupied, zone, lang),
            studio: file.studio.clone(),
            title: booking.title.clone(),
            state: booking.state.text().get(lang).to_owned(),
            tone,
            operators: file.operators.join(", "),
            gone: file.gone.join(", "),
        }
    }
}

/// `10.00–11.30` or `10:00–11:30`, local time.
fn hours(span: Span, zone: Zone, lang: Lang) -> String {
    format!("{}–{}", clock(span.start(), zone, lang), clock(span.end(), zone, lang))
}

fn clock(at: Instant, zone: Zone, lang: Lang) -> String {
    let (local, dot) = (zone.local(at), if lang == Lang::Id { '.' } else { ':' });
    format!("{:02}{dot}{:02}", local.hour(), local.minute())
}

/// The zone in which studios' hours are said: the first one's.
fn zone(web: &Web) -> Zone {
    web.desk.config.studios.studios.values().next().map_or_else(|| web.zone(), |studio| studio.zone)
}

fn today(web: &Web) -> BroadcastDate {
    BroadcastDate(zone(web).local(web.desk.now()).date())
}

/// A day and a time that somebody typed; by hand also as letters write them: `24-11-2026`, `10.00`.
fn instant(zone: Zone, day: &str, time: &str) -> Option<Instant> {
    let as_in_letters = || chrono::NaiveDate::parse_from_str(day.trim(), "%d-%m-%Y").ok().map(BroadcastDate);
    let day = day.trim().parse::<BroadcastDate>().ok().or_else(as_in_letters)?;
    let time = time.trim().replace('.', ":").parse::<TimeOfDay>().ok()?;
    let seconds = chrono::NaiveTime::from_num_seconds_from_midnight_opt(time.seconds(), 0)?;
    Some(zone.resolve_local(day.0.and_time(seconds)))
}

/// What a form sends, by the names of its fields; the last of a name counts.
type Given = BTreeMap<String, String>;

fn given(pairs: Vec<(String, String)>) -> Given {
    pairs.into_iter().collect()
}

fn text<'g>(given: &'g Given, name: &str) -> &'g str {
    given.get(name).map(String::as_str).unwrap_or_default()
}

fn may<R: Right, W: Right>(can: &Can<R>) -> bool {
    W::ROLES.iter().any(|role| can.person().holds(*role))
}

/// A studio in the choice of a form.
struct Choice {
    id: String,
    title: String,
}

fn choices(web: &Web) -> Vec<Choice> {
    let studios = web.desk.config.studios.studios.values();
    studios.map(|studio| Choice { id: studio.id.to_string(), title: studio.title.clone() }).collect()
}

#[derive(Template)]
#[template(path = "studios.html")]
struct WeekPage {
    page: Page,
    words: String,
    previous: BroadcastDate,
    next: BroadcastDate,
    today: BroadcastDate,
    drawings: Vec<(String, Drawing)>,
    rows: Vec<Row>,
    may_book: bool,
}

/// Which week the address asks for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    week: String,
}

/// `GET /studios`
pub(super) async fn week(
    State(web): State<Web>,
    can: Can<SeeStudios>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    // Anything that is no day is today: the address is typed, or the field was cleared.
    let day: BroadcastDate = asked.week.parse().unwrap_or_else(|_| today(&web));
    let first = shifted(day, -i64::from(day.0.weekday().num_days_from_monday()));
    let last = shifted(first, 6);
    let (files, booker) = web.ask(move |desk| Ok((desk.bookings_between(first, last)?, desk.booker()?))).await?;
    let files: Vec<BookingFile> = files.into_iter().filter(|file| file.booking.state.keeps()).collect();
    let (lang, zone) = (can.visit.lang, zone(&web));
    let drawings = web.desk.config.studios.studios.values();
    let drawings = drawings.map(|s| (s.title.clone(), Drawing::of(s, &booker, first, &files, lang)));
    Ok(html(&WeekPage {
        page: can.page(can.visit.t("studios-title")),
        words: words_of_week(&can.visit, first, last),
        previous: shifted(first, -7),
        next: shifted(first, 7),
        today: today(&web),
        drawings: drawings.collect(),
        rows: files.iter().map(|file| Row::of(file, zone, lang)).collect(),
        may_book: may::<_, BookStudios>(&can),
    }))
}

fn words_of_week(visit: &Visit, first: BroadcastDate, last: BroadcastDate) -> String {
    format!("{} – {}", date_in_words(first, visit.lang), date_in_words(last, visit.lang))
}

fn shifted(day: BroadcastDate, days: i64) -> BroadcastDate {
    let by = Days::new(days.unsigned_abs());
    let to = if days < 0 { day.0.checked_sub_days(by) } else { day.0.checked_add_days(by) };
    to.map_or(day, BroadcastDate)
}
