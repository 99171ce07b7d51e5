//! One office: its part of a day beside its fair share, what would give it more, and its weight with what another one
//! would cost.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::CostShown;
use crate::desk::cases::scope_of;
use crate::desk::planning::office::WEIGHTS;
use crate::domain::ids::OpdId;
use crate::domain::people::Role;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::store::Scope;
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Enter, Right, Watch, Weigh};
use crate::web::wall::channel_of;

/// Longest reason, characters.
const LONGEST_REASON: usize = 500;

#[derive(Template)]
#[template(path = "office_day.html")]
struct OfficeDayPage {
    page: Page,
    channel: String,
    date: String,
    day: String,
    id: OpdId,
    group: String,
    weight: u32,
    announced: bool,
    airtime: String,
    fair: String,
    percent: Option<u64>,
    /// Owed by earlier days, and what it had too much.
    owed: Option<String>,
    over: Option<String>,
    /// Request, title, plays, plays asked for.
    requests: Vec<(String, String, u32, u32)>,
    changes: Vec<String>,
    may_watch: bool,
    may_weigh: bool,
}

/// `1.02.05`: hours, minutes, seconds.
fn hours(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}.{:02}.{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `GET /planning/{channel}/{date}/office/{id}`: any office for those who watch, its own for an office.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((channel, date, office)): Path<(String, String, i64)>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let date: BroadcastDate = date.parse().map_err(|_| Problem::NotFound)?;
    let holds = |roles: &[Role]| roles.iter().any(|role| can.person().holds(*role));
    let may_watch = holds(Watch::ROLES);
    let scope = match may_watch {
        true => Scope::All,
        false if can.person().holds(Role::Office) => scope_of(can.person()).map_err(|_| Problem::NotFound)?,
        false => return Err(Problem::NotFound),
    };
    let (id, office) = (channel.id.clone(), OpdId(office));
    let found = web.blocking(move |desk| desk.office_day(scope, &id, date, office)).await??;
    let found = found.ok_or(Problem::NotFound)?;
    let lang = can.visit.lang;
    let owed = found.owed_ms;
    let time = || hours(owed.unsigned_abs());
    Ok(html(&OfficeDayPage {
        page: can.page(format!("{}: {}", can.visit.t("office-day-title"), found.office.name)),
        channel: channel.id.to_string(),
        date: date.to_string(),
        day: date_in_words(date, lang),
        id: office,
        group: found.office.group.text().get(lang).to_owned(),
        weight: found.office.weight,
        announced: found.announced,
        airtime: hours(found.airtime_ms),
        fair: hours(found.fair_ms),
        percent: (found.airtime_ms * 100).checked_div(found.fair_ms),
        owed: (owed >= 1000).then(time),
        over: (owed <= -1000).then(time),
        requests: found.requests.into_iter().map(|r| (r.case.to_string(), r.title, r.placed, r.wanted)).collect(),
        changes: found.changes.iter().map(|text| text.get(lang).to_owned()).collect(),
        may_watch,
        may_weigh: holds(Weigh::ROLES),
    }))
}

#[derive(Template)]
#[template(path = "office_weight.html")]
struct WeightPage {
    page: Page,
    id: OpdId,
    name: String,
    group: String,
    weight: u32,
    given: WeightForm,
    /// Weight, reason, when.
    earlier: Vec<(u32, String, String)>,
    /// Per channel.
    costs: Vec<(String, CostShown)>,
    errors: FormErrors,
}

/// What the form sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct WeightForm {
    weight: String,
    reason: String,
    /// The weight that stood on the page.
    seen: String,
    r#do: String,
}

/// `GET /offices/{id}/weight`
pub(in crate::web) async fn weight_form(
    State(web): State<Web>,
    can: Can<Weigh>,
    Path(office): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let mut page = can.page(can.visit.t("weight-title"));
    if done == "saved" {
        page.done = Some(can.visit.t("weight-saved"));
    }
    weight_page(&web, page, OpdId(office), None, Vec::new(), FormErrors::default()).await
}

/// `POST /offices/{id}/weight`: looks at what another weight costs, or gives it.
pub(in crate::web) async fn weigh(
    State(web): State<Web>,
    can: Can<Weigh>,
    Path(office): Path<i64>,
    Form(given): Form<WeightForm>,
) -> Result<Response, Problem> {
    let office = OpdId(office);
    let page = can.page(can.visit.t("weight-title"));
    let mut errors = FormErrors::default();
    let weight = given.weight.trim().parse().ok().filter(|weight| WEIGHTS.contains(weight));
    if weight.is_none() {
        errors.add("weight", can.visit.t("rules-wrong-share"));
    }
    let saves = given.r#do == "save";
    if saves && !(1..=LONGEST_REASON).contains(&given.reason.trim().chars().count()) {
        errors.add("reason", can.visit.t("interrupt-wrong-reason"));
    }
    let Some(weight) = weight else { return weight_page(&web, page, office, Some(given), Vec::new(), errors).await };
    if saves && errors.is_empty() {
        let (by, seen, reason) = (can.id(), given.seen.parse().unwrap_or(0), given.reason.clone());
        web.blocking(move |desk| desk.weigh_office(by, office, seen, weight, &reason)).await??;
        return Ok(Redirect::to(&format!("/offices/{office}/weight?done=saved")).into_response());
    }
    let mut costs = Vec::new();
    let channels: Vec<_> = web.desk.config.channels.values().map(|c| c.channel.clone()).collect();
    for channel in channels {
        let id = channel.id.clone();
        let cost = web.blocking(move |desk| desk.cost_of_weight(&id, office, weight)).await??;
        costs.push((channel.title, CostShown::of(&cost, &can.visit)));
    }
    weight_page(&web, page, office, Some(given), costs, errors).await
}

async fn weight_page(
    web: &Web,
    page: Page,
    office: OpdId,
    given: Option<WeightForm>,
    costs: Vec<(String, CostShown)>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let (found, earlier) = web.blocking(move |desk| desk.weights_of(office)).await??.ok_or(Problem::NotFound)?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let lang = page.visit.lang;
    let when = |at| date_in_words(BroadcastDate(chrono::DateTime::date_naive(&at)), lang);
    let usual =
        || WeightForm { weight: found.weight.to_string(), seen: found.weight.to_string(), ..WeightForm::default() };
    let shown = WeightPage {
        id: office,
        name: found.name.clone(),
        group: found.group.text().get(lang).to_owned(),
        weight: found.weight,
        given: given.unwrap_or_else(usual),
        earlier: earlier.into_iter().map(|row| (row.weight, row.reason, when(row.at))).collect(),
        costs,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}
