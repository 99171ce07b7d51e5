//! One day: the picture of it, how full its hours are, which office has how much of its share, and the rundown.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::drawing::{self, Drawing, Hour, Words};
use super::overview::{Cell, week};
use super::{Day, ItemRow, day_of, hours, interrupt, minutes, oral};
use crate::desk::planning::PlanError;
use crate::desk::planning::day::DayView;
use crate::domain::channel::Channel;
use crate::domain::playlist::{ItemKind, PlaylistItem};
use crate::domain::time::Instant;
use crate::web::Web;
use crate::web::page::{Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, Right, Watch};
use crate::web::wall::clock;

/// Most plays that are listed without asking for an hour.
const MOST_LISTED: usize = 200;

/// An hour as its row says it.
pub(super) struct HourRow {
    pub from: String,
    pub href: String,
    pub current: bool,
    pub plays: usize,
    pub percent: i64,
    /// Shares of the hour in percent, for the bar: plays, fixed events, fill.
    pub booked: i64,
    pub fixed: i64,
    pub fill: i64,
    /// The same in minutes and seconds.
    pub booked_time: String,
    pub fixed_time: String,
    pub fill_time: String,
    pub idle_time: String,
}

impl HourRow {
    pub fn of(hour: &Hour, href: String, current: bool) -> HourRow {
        let share = |ms: i64| (ms * 100).checked_div(hour.whole.length().num_milliseconds()).unwrap_or(0);
        let time = |ms: i64| minutes(ms.max(0).unsigned_abs() / 1000);
        HourRow {
            from: hour.from(),
            href,
            current,
            plays: hour.plays,
            percent: hour.percent(),
            booked: share(hour.booked_ms),
            fixed: share(hour.fixed_ms),
            fill: share(hour.fill_ms),
            booked_time: time(hour.booked_ms),
            fixed_time: time(hour.fixed_ms),
            fill_time: time(hour.fill_ms),
            idle_time: time(hour.open_ms - hour.booked_ms - hour.fixed_ms - hour.fill_ms),
        }
    }
}

/// An office as its row says it.
pub(super) struct OfficeRow {
    /// Its page.
    pub href: String,
    pub name: String,
    pub colour: usize,
    pub airtime: String,
    pub fair: String,
    /// Airtime of the fair share, percent; `None` where nothing is due.
    pub percent: Option<u64>,
    /// Places on the bar, 0 to 100.
    pub bar: u64,
    pub mark: u64,
}

pub(super) fn office_rows(view: &DayView) -> Vec<OfficeRow> {
    let most = view.offices.iter().map(|o| o.airtime_ms.max(o.fair_ms)).max().unwrap_or(0).max(1);
    let head = view.playlist.head();
    let row = |(number, office): (usize, &crate::desk::planning::day::OfficeLook)| OfficeRow {
        href: format!("/planning/{}/{}/office/{}", head.channel, head.date, office.office),
        name: office.name.clone(),
        colour: number % 8,
        airtime: hours(office.airtime_ms),
        fair: hours(office.fair_ms),
        percent: (office.airtime_ms * 100).checked_div(office.fair_ms),
        bar: office.airtime_ms * 100 / most,
        mark: (office.fair_ms * 100 / most).min(99),
    };
    view.offices.iter().enumerate().map(row).collect()
}

/// How a channel's drawings say things.
pub(super) fn drawn<T>(channel: &Channel, visit: &Visit, draw: impl FnOnce(&Words) -> T) -> T {
    let time = |at: Instant| clock(at, channel);
    let length = |ms: u64| visit.t1("draft-seconds", "seconds", ms.div_ceil(1000));
    draw(&Words { time: &time, length: &length, by_hand: visit.t("draft-by-hand"), near: visit.t("draft-near") })
}

#[derive(Template)]
#[template(path = "planning.html")]
struct PlanningPage {
    page: Page,
    day: Day,
    week: Vec<Cell>,
    revision: Option<u32>,
    draft: Option<String>,
    view: Option<Looked>,
    /// What happens to it.
    happens: Vec<interrupt::Shown>,
    /// What airs on an oral approval: words, and the request.
    orals: Vec<(String, String)>,
    may_plan: bool,
    over: bool,
}

struct Looked {
    picture: Drawing,
    hours: Vec<HourRow>,
    offices: Vec<OfficeRow>,
    /// Of the day, or of the hour that was asked for.
    items: Vec<ItemRow>,
    plays: usize,
    by_hand: bool,
    /// The hour that is listed; empty: all.
    hour: String,
    all: String,
}

/// What the address of the page may say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Asked {
    done: String,
    hour: String,
}

/// `GET /planning/{channel}/{date}`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Watch>,
    Path((channel, date)): Path<(String, String)>,
    Query(Asked { done, hour }): Query<Asked>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let id = channel.id.clone();
    let may_plan = Plan::ROLES.iter().any(|role| can.person().holds(*role));
    let view = web.blocking(move |desk| match desk.published_view(&id, date)? {
        // What is not announced yet is the scheduling team's own.
        None if may_plan => match desk.plan_view(&id, date) {
            Err(PlanError::Over { .. }) => Ok(None),
            view => view.map(Some),
        },
        view => Ok(view),
    });
    let view = view.await??;
    let mut page = can.page(can.visit.t("nav-planning"));
    page.done = match done.as_str() {
        "published" => Some(can.visit.t("planning-published")),
        "interrupted" => Some(can.visit.t("interrupt-ordered")),
        "ended" => Some(can.visit.t("interrupt-ended")),
        _ => None,
    };
    let happens = interrupt::shown(&web, &channel, date, &can.visit).await?;
    let orals = oral::of_day(&web, &channel, date, &can.visit).await?;
    let week = week(&web, &channel, date, &can.visit).await?;
    let today = week.iter().find(|cell| cell.current);
    Ok(html(&PlanningPage {
        page,
        day: Day::of(&channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        revision: view.as_ref().and_then(|view| view.published),
        draft: today.and_then(|cell| cell.draft.clone()),
        over: today.is_some_and(|cell| cell.over),
        view: view.map(|view| looked(&view, &channel, &can.visit, &hour)),
        week,
        happens,
        orals,
        may_plan,
    }))
}

fn looked(view: &DayView, channel: &Channel, visit: &Visit, asked: &str) -> Looked {
    let path = format!("/planning/{}/{}", channel.id, view.playlist.head().date);
    let all = drawing::hours(view, channel);
    let plays: Vec<&PlaylistItem> = view.playlist.items().iter().filter(|i| i.kind != ItemKind::Fill).collect();
    let busy = all.iter().find(|hour| hour.plays > 0).or(all.first());
    let hour = match asked {
        "all" => None,
        "" if plays.len() <= MOST_LISTED => None,
        asked => all.iter().find(|hour| hour.name == asked).or(busy),
    };
    let listed = |item: &&&PlaylistItem| hour.is_none_or(|hour| hour.whole.contains(item.start));
    let items = plays.iter().filter(listed);
    let items = items.map(|item| ItemRow { by_hand: view.by_hand.contains(&item.id), ..ItemRow::of(item, channel) });
    let link = |hour: &Hour| format!("{path}?hour={}#rundown", hour.name);
    let name = hour.map_or("", |hour| hour.name.as_str());
    Looked {
        picture: drawn(channel, visit, |words| drawing::whole_day(view, &all, words, link)),
        hours: all.iter().map(|hour| HourRow::of(hour, link(hour), hour.name == name)).collect(),
        offices: office_rows(view),
        items: items.collect(),
        plays: plays.len(),
        by_hand: !view.by_hand.is_empty(),
        hour: hour.map_or(String::new(), |hour| {
            format!("{}–{}", hour.from(), clock(hour.whole.end(), channel).get(..5).unwrap_or_default())
        }),
        all: format!("{path}?hour=all#rundown"),
    }
}
