//! Day modes: mourning, election silence, Ramadan, exams, disaster.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::CostShown;
use crate::desk::planning::LONGEST_MODE;
use crate::domain::channel::Channel;
use crate::domain::rules::{DayMode, ModePeriod};
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, OrderMode, password_again};
use crate::web::wall::channel_of;

struct Shown {
    id: i64,
    name: String,
    first: String,
    last: String,
    in_force: bool,
}

#[derive(Template)]
#[template(path = "modes.html")]
struct ModesPage {
    page: Page,
    channel: Channel,
    /// Word, name, what it does.
    kinds: Vec<(&'static str, String, String)>,
    modes: Vec<Shown>,
    given: ModeForm,
    cost: Option<CostShown>,
    errors: FormErrors,
}

/// What the form sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct ModeForm {
    mode: String,
    first: String,
    last: String,
    password: String,
    /// The order whose effect stood on the page.
    looked: String,
    r#do: String,
}

impl ModeForm {
    /// What is ordered.
    fn named(&self) -> String {
        format!("{} {} {}", self.mode, self.first, self.last)
    }
}

/// `GET /planning/{channel}/modes`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<OrderMode>,
    Path(channel): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let today = channel.zone.date_of(web.desk.now()).to_string();
    let given =
        ModeForm { mode: DayMode::Mourning.to_string(), first: today.clone(), last: today, ..ModeForm::default() };
    let mut page = can.page(can.visit.t("modes-title"));
    page.done = match done.as_str() {
        "ordered" => Some(can.visit.t("modes-ordered")),
        "ended" => Some(can.visit.t("modes-ended")),
        _ => None,
    };
    page_of(&web, page, &channel, given, None, FormErrors::default()).await
}

/// `POST /planning/{channel}/modes`: looks at what a mode does, or orders it.
pub(in crate::web) async fn change(
    State(web): State<Web>,
    can: Can<OrderMode>,
    Path(channel): Path<String>,
    Form(given): Form<ModeForm>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let mut errors = FormErrors::default();
    let period = read(&given, &channel, web.desk.now(), &can.visit, &mut errors);
    let saves = given.r#do == "order";
    if saves && period.is_some() && given.looked != given.named() {
        errors.add("effect", can.visit.t("cost-other"));
    } else if saves && given.password.is_empty() {
        errors.add("password", can.visit.t("act-password-empty"));
    } else if saves && period.is_some() && !password_again(&web, &can, given.password.clone()).await? {
        errors.add("password", can.visit.t("act-password-wrong"));
    }
    let page = can.page(can.visit.t("modes-title"));
    let Some(period) = period else { return page_of(&web, page, &channel, given, None, errors).await };
    if saves && errors.is_empty() {
        let (by, id) = (can.id(), channel.id.clone());
        web.blocking(move |desk| desk.order_mode(by, &id, period)).await??;
        return Ok(Redirect::to(&format!("/planning/{}/modes?done=ordered", channel.id)).into_response());
    }
    let id = channel.id.clone();
    let cost = web.blocking(move |desk| desk.cost_of_mode(&id, period)).await??;
    let cost = CostShown::of(&cost, &can.visit);
    page_of(&web, page, &channel, given, Some(cost), errors).await
}

fn read(
    given: &ModeForm,
    channel: &Channel,
    now: crate::domain::time::Instant,
    visit: &Visit,
    errors: &mut FormErrors,
) -> Option<ModePeriod> {
    let mode = given.mode.parse::<DayMode>().map_err(|_| errors.add("mode", visit.t("modes-wrong-mode"))).ok();
    let mut day = |field, text: &str| {
        text.parse::<BroadcastDate>().map_err(|_| errors.add(field, visit.t("modes-wrong-day"))).ok()
    };
    let (first, last) = (day("first", &given.first), day("last", &given.last));
    let period = ModePeriod { mode: mode?, first: first?, last: last? };
    let days = (period.last.0 - period.first.0).num_days();
    if !(0..LONGEST_MODE).contains(&days) || period.last < channel.zone.date_of(now) {
        errors.add("last", visit.t("modes-wrong-last"));
        return None;
    }
    Some(period)
}

/// `POST /planning/{channel}/modes/{id}/end`
pub(in crate::web) async fn end(
    State(web): State<Web>,
    can: Can<OrderMode>,
    Path((channel, id)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let (by, of) = (can.id(), channel.id.clone());
    let ended = web.blocking(move |desk| desk.end_mode(by, &of, id)).await??;
    if !ended {
        return Err(Problem::NotFound);
    }
    Ok(Redirect::to(&format!("/planning/{}/modes?done=ended", channel.id)).into_response())
}

async fn page_of(
    web: &Web,
    page: Page,
    channel: &Channel,
    given: ModeForm,
    cost: Option<CostShown>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let id = channel.id.clone();
    let modes = web.blocking(move |desk| desk.day_modes(&id)).await??;
    let (lang, today) = (page.visit.lang, channel.zone.date_of(web.desk.now()));
    let shown = |m: &crate::store::ModeRow| Shown {
        id: m.id,
        name: m.period.mode.text().get(lang).to_owned(),
        first: date_in_words(m.period.first, lang),
        last: date_in_words(m.period.last, lang),
        in_force: m.ended_at.is_none() && m.period.last >= today,
    };
    let kind = |m: &DayMode| (m.as_str(), m.text().get(lang).to_owned(), m.effect().get(lang).to_owned());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = ModesPage {
        channel: channel.clone(),
        kinds: DayMode::ALL.iter().map(kind).collect(),
        modes: modes.iter().map(shown).collect(),
        given,
        cost,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}
