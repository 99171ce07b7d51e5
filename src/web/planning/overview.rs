//! The days ahead at a glance, as a calendar and as a table.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use chrono::{Datelike, TimeDelta};
use serde::Deserialize;

use super::horizon::until;
use crate::desk::planning::PlanError;
use crate::desk::planning::overview::DayLook;
use crate::domain::channel::Channel;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::web::Web;
use crate::web::page::{Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, Right, Watch};
use crate::web::wall::{channel_of, clock};

/// Days of the calendar.
const DAYS: i64 = 31;
/// Days that are offered to be published at once.
const USUAL_RANGE: i64 = 7;

/// A day of the calendar.
pub(super) struct Cell {
    pub href: String,
    /// `24 November`.
    pub short: String,
    /// With the weekday and the year.
    pub words: String,
    /// 1 for Monday to 7.
    pub weekday: u32,
    pub current: bool,
    pub today: bool,
    pub over: bool,
    /// How it stands: a tone and a word.
    pub tag: (&'static str, String),
    pub percent: u64,
    pub plays: u32,
    pub waiting: u32,
    pub without: u32,
    pub short_of: u32,
    /// Who changes it, if somebody does.
    pub draft: Option<String>,
    /// What needs somebody, in words.
    pub marks: Vec<String>,
}

impl Cell {
    pub fn of(look: &DayLook, channel: &Channel, today: BroadcastDate, visit: &Visit) -> Cell {
        let words = date_in_words(look.date, visit.lang);
        let tag = match (&look.published, &look.draft, look.over) {
            (Some(row), ..) => ("ok", visit.t1("look-revision", "n", row.revision)),
            (None, _, true) => ("dim", visit.t("look-over")),
            (None, None, false) => ("warn", visit.t("look-open")),
            (None, Some(_), false) => ("", visit.t("look-draft")),
        };
        let mut marks = Vec::new();
        if look.waiting > 0 && !look.over {
            marks.push(visit.t1("look-waiting", "n", look.waiting));
        }
        if look.without > 0 && !look.over {
            marks.push(visit.t1("look-without", "n", look.without));
        }
        let draft = look.draft.as_ref().map(|draft| {
            let at = clock(draft.at, channel);
            visit.t2("look-draft-by", ("name", draft.by_name.clone()), ("at", at))
        });
        Cell {
            href: format!("/planning/{}/{}", channel.id, look.date),
            short: words.split(", ").last().and_then(|d| d.rsplit_once(' ')).map_or(String::new(), |d| d.0.to_owned()),
            words,
            weekday: look.date.0.weekday().number_from_monday(),
            current: false,
            today: look.date == today,
            over: look.over,
            tag,
            percent: look.fill_percent(),
            plays: look.plays,
            waiting: look.waiting,
            without: look.without,
            short_of: look.short,
            draft,
            marks,
        }
    }
}

#[derive(Template)]
#[template(path = "planning_ahead.html")]
struct AheadPage {
    page: Page,
    channel: String,
    channel_title: String,
    others: Vec<(String, String)>,
    weekdays: Vec<String>,
    cells: Vec<Cell>,
    /// Until when days publish themselves, and who approved it.
    horizon: Option<String>,
    /// A day of the coming days off that nothing covers.
    uncovered: Option<String>,
    previous: String,
    next: String,
    now: Option<String>,
    may_plan: bool,
    first: String,
    last: String,
    /// Nothing is asked for on any of the days.
    nothing: bool,
}

/// What the address may say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Ahead {
    from: String,
}

/// `GET /planning`: the first channel's days.
pub(in crate::web) async fn first(State(web): State<Web>, _can: Can<Watch>) -> Redirect {
    let id = web.desk.config.channels.keys().next().expect("a configuration has a channel");
    Redirect::to(&format!("/planning/{id}"))
}

pub(super) fn later(date: BroadcastDate, days: i64) -> BroadcastDate {
    date.0.checked_add_signed(TimeDelta::days(days)).map_or(date, BroadcastDate)
}

/// `GET /planning/{channel}`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Watch>,
    Path(channel): Path<String>,
    Query(Ahead { from }): Query<Ahead>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let today = channel.zone.date_of(web.desk.now());
    let from: BroadcastDate = from.parse().unwrap_or(today);
    let (id, last) = (channel.id.clone(), later(from, DAYS - 1));
    let looked = web.blocking(move |desk| Ok::<_, PlanError>((desk.look_ahead(&id, from, last)?, desk.horizon(&id)?)));
    let (looks, horizon) = looked.await??;
    let visit = &can.visit;
    let cells: Vec<Cell> = looks.iter().map(|look| Cell::of(look, &channel, today, visit)).collect();
    let page = |from| format!("/planning/{}?from={from}", channel.id);
    let others = web.desk.config.channels.values().filter(|c| c.channel.id != channel.id);
    Ok(html(&AheadPage {
        page: can.page(visit.t("nav-planning")),
        channel: channel.id.to_string(),
        channel_title: channel.title.clone(),
        others: others.map(|c| (format!("/planning/{}", c.channel.id), c.channel.title.clone())).collect(),
        weekdays: (0..7).map(|n| weekday(from, n, visit)).collect(),
        horizon: horizon.as_ref().map(|look| until(look, visit)),
        uncovered: horizon.and_then(|look| look.uncovered).map(|date| date_in_words(date, visit.lang)),
        previous: page(later(from, -DAYS)),
        next: page(later(from, DAYS)),
        now: (from != today).then(|| format!("/planning/{}", channel.id)),
        may_plan: Plan::ROLES.iter().any(|role| can.person().holds(*role)),
        first: from.max(today).to_string(),
        last: later(from.max(today), USUAL_RANGE - 1).to_string(),
        nothing: cells.iter().all(|cell| cell.plays == 0 && cell.waiting == 0 && cell.short_of == 0),
        cells,
    }))
}

/// The name of a day of the week, 0 for Monday.
fn weekday(near: BroadcastDate, number: i64, visit: &Visit) -> String {
    let monday = later(near, -i64::from(near.0.weekday().num_days_from_monday()));
    date_in_words(later(monday, number), visit.lang).split(',').next().unwrap_or_default().to_owned()
}

/// The week around a day, Monday to Sunday.
pub(super) async fn week(
    web: &Web,
    channel: &Channel,
    date: BroadcastDate,
    visit: &Visit,
) -> Result<Vec<Cell>, Problem> {
    let monday = later(date, -i64::from(date.0.weekday().num_days_from_monday()));
    let id = channel.id.clone();
    let looks = web.blocking(move |desk| desk.look_ahead(&id, monday, later(monday, 6))).await??;
    let today = channel.zone.date_of(web.desk.now());
    let cell = |look: &DayLook| Cell { current: look.date == date, ..Cell::of(look, channel, today, visit) };
    Ok(looks.iter().map(cell).collect())
}
