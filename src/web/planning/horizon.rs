//! Days that publish themselves: what is approved until when, what will happen to each day, and the forms that approve,
//! shorten and withdraw.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::overview::later;
use crate::desk::planning::PlanError;
use crate::desk::planning::horizon::{HorizonDay, HorizonLook, MOST_DAYS};
use crate::domain::channel::Channel;
use crate::domain::ids::PersonId;
use crate::domain::text::{date_in_words, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant};
use crate::web::Web;
use crate::web::page::{FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, Right, Watch, password_again};
use crate::web::wall::channel_of;

/// Days that are offered: two weeks reach over the next days off.
const USUAL_DAYS: i64 = 14;

/// What the address and the forms say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Given {
    /// `approve`, `shorten`, `withdraw`, `mark` or `unmark`.
    r#do: String,
    id: i64,
    first: String,
    last: String,
    version: u32,
    password: String,
    done: String,
}

struct DayRow {
    href: String,
    date: String,
    words: String,
    tone: &'static str,
    what: String,
    notes: Vec<String>,
    /// Changes of whoever looks: their version, and whether they are marked as ready.
    mine: Option<(u32, bool)>,
}

struct Held {
    id: i64,
    until: String,
    rows: Vec<DayRow>,
}

#[derive(Template)]
#[template(path = "planning_horizon.html")]
struct HorizonPage {
    page: Page,
    channel: String,
    channel_title: String,
    hours: u32,
    held: Option<Held>,
    uncovered: Option<String>,
    may_plan: bool,
    first: String,
    last: String,
    errors: FormErrors,
}

/// `until Sunday, 29 November 2026, approved by …`
pub(super) fn until(look: &HorizonLook, visit: &Visit) -> String {
    visit.t2("horizon-until", ("day", date_in_words(look.row.last, visit.lang)), ("name", look.row.by_name.clone()))
}

fn row(day: HorizonDay, channel: &Channel, by: PersonId, now: Instant, visit: &Visit) -> DayRow {
    let mut notes = Vec::new();
    let (tone, what) = match (day.revision, day.trouble) {
        (Some(revision), _) => ("ok", visit.t1("look-revision", "n", revision)),
        (None, Some(text)) => {
            notes.push(text.get(visit.lang).to_owned());
            ("bad", visit.t("look-open"))
        }
        (None, None) if day.due <= now => ("warn", visit.t("horizon-late")),
        (None, None) => ("", visit.t1("horizon-due", "at", instant_in_words(day.due, channel.zone, visit.lang))),
    };
    let mut mine = None;
    if let Some((look, version, ready)) = day.draft.filter(|_| day.revision.is_none()) {
        mine = (look.by == by).then_some((version, ready));
        notes.push(match ready {
            true => visit.t1("horizon-draft-ready", "name", look.by_name),
            false => visit.t1("horizon-draft-open", "name", look.by_name),
        });
    }
    DayRow {
        href: format!("/planning/{}/{}", channel.id, day.date),
        date: day.date.to_string(),
        words: date_in_words(day.date, visit.lang),
        tone,
        what,
        notes,
        mine,
    }
}

/// `GET /planning/{channel}/horizon`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Watch>,
    Path(channel): Path<String>,
    Query(given): Query<Given>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let mut page = can.page(can.visit.t("horizon-title"));
    page.done = match given.done.as_str() {
        "approve" => Some(can.visit.t("horizon-done-approve")),
        "shorten" => Some(can.visit.t("horizon-done-shorten")),
        "withdraw" => Some(can.visit.t("horizon-done-withdraw")),
        "ready" => Some(can.visit.t("horizon-done-ready")),
        _ => None,
    };
    let may_plan = Plan::ROLES.iter().any(|role| can.person().holds(*role));
    page_of(&web, page, &channel, (can.id(), may_plan), given, FormErrors::default()).await
}

async fn page_of(
    web: &Web,
    page: Page,
    channel: &Channel,
    (by, may_plan): (PersonId, bool),
    given: Given,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let id = channel.id.clone();
    let look = web.blocking(move |desk| desk.horizon(&id)).await??;
    let (now, today) = (web.desk.now(), channel.zone.date_of(web.desk.now()));
    let or = |text: String, usual: BroadcastDate| if text.is_empty() { usual.to_string() } else { text };
    let visit = page.visit.clone();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = HorizonPage {
        channel: channel.id.to_string(),
        channel_title: channel.title.clone(),
        hours: web.desk.config.planning.publish_ahead_h,
        uncovered: look.as_ref().and_then(|look| look.uncovered).map(|date| date_in_words(date, visit.lang)),
        held: look.map(|look| Held {
            id: look.row.id,
            until: until(&look, &visit),
            rows: look.days.into_iter().map(|day| row(day, channel, by, now, &visit)).collect(),
        }),
        may_plan,
        first: or(given.first, today),
        last: or(given.last, later(today, USUAL_DAYS - 1)),
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}

/// `POST /planning/{channel}/horizon`
pub(in crate::web) async fn change(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(channel): Path<String>,
    Form(mut given): Form<Given>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let (by, id, version, horizon) = (can.id(), channel.id.clone(), given.version, given.id);
    let (first, last) = (given.first.parse::<BroadcastDate>().ok(), given.last.parse::<BroadcastDate>().ok());
    let done = match (given.r#do.as_str(), first, last) {
        ("approve", ..) => {
            let errors = faults(&web, &can, &channel, &mut given).await?;
            let (Some(first), Some(last), true) = (first, last, errors.is_empty()) else {
                let page = can.page(can.visit.t("horizon-title"));
                return page_of(&web, page, &channel, (by, true), given, errors).await;
            };
            web.blocking(move |desk| desk.approve_horizon(by, &id, first, last).map(|_| "approve")).await?
        }
        ("shorten", _, Some(last)) => {
            web.blocking(move |desk| desk.end_horizon(by, &id, horizon, Some(last)).map(|()| "shorten")).await?
        }
        ("withdraw", ..) => {
            web.blocking(move |desk| desk.end_horizon(by, &id, horizon, None).map(|()| "withdraw")).await?
        }
        (mark @ ("mark" | "unmark"), Some(date), _) => {
            let ready = mark == "mark";
            let marking = move |desk: &crate::desk::Desk| desk.mark_ready(by, &id, date, version, ready);
            web.blocking(move |desk| marking(desk).map(|()| "ready")).await?
        }
        _ => return Err(Problem::Unreadable),
    };
    let done = done.map_err(|error: PlanError| Problem::from(error))?;
    Ok(Redirect::to(&format!("/planning/{}/horizon?done={done}", channel.id)).into_response())
}

/// What is wrong with the form that approves.
async fn faults(web: &Web, can: &Can<Plan>, channel: &Channel, given: &mut Given) -> Result<FormErrors, Problem> {
    let mut errors = FormErrors::default();
    let today = channel.zone.date_of(web.desk.now());
    let days = match (given.first.parse::<BroadcastDate>(), given.last.parse::<BroadcastDate>()) {
        (Ok(first), Ok(last)) => (last.0 - first.max(today).0).num_days() + 1,
        _ => 0,
    };
    if !(1..=MOST_DAYS).contains(&days) {
        errors.add("first", can.visit.t("several-wrong"));
    }
    let password = std::mem::take(&mut given.password);
    if password.is_empty() {
        errors.add("password", can.visit.t("act-password-empty"));
    } else if !password_again(web, can, password).await? {
        errors.add("password", can.visit.t("act-password-wrong"));
    }
    Ok(errors)
}
