//! What the next revision of a day would change, what found no place and why, and the button that publishes it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Day, ItemRow, day_of, hours};
use crate::desk::planning::{PlanError, Proposal, WhenEmpty};
use crate::domain::channel::Channel;
use crate::domain::playlist::PlaylistItem;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::web::Web;
use crate::web::page::{FormErrors, Page, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, password_again};
use crate::web::wall::clock;

#[derive(Template)]
#[template(path = "proposal.html")]
struct ProposalPage {
    page: Page,
    day: Day,
    revision: u32,
    unchanged: usize,
    added: Vec<ItemRow>,
    removed: Vec<ItemRow>,
    moved: Vec<ItemRow>,
    unplaced: Vec<(String, String)>,
    findings: Vec<String>,
    airtime: Vec<(String, String)>,
    idle: String,
    nothing: bool,
    /// It has no clip, and for how many minutes that could not be mended.
    empty: Option<u32>,
    /// Requests for the day that can't be planned yet: number, title, where it stands.
    waiting: Vec<(String, String, String)>,
    errors: FormErrors,
    /// Of the changes by hand that the page shows.
    version: String,
    /// Items that somebody put where they are, and changes that do not hold any more.
    by_hand: usize,
    fell: usize,
}

/// `GET /planning/{channel}/{date}/proposal`
pub(in crate::web) async fn propose(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    proposal_page(&web, &can, &channel, date, FormErrors::default()).await
}

async fn proposal_page(
    web: &Web,
    can: &Can<Plan>,
    channel: &Channel,
    date: BroadcastDate,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let id = channel.id.clone();
    let proposal: Proposal = web.blocking(move |desk| desk.plan_day(&id, date)).await??;
    let lang = can.visit.lang;
    let head = proposal.playlist.head();
    let rows = |items: &[PlaylistItem]| items.iter().map(|item| ItemRow::of(item, channel)).collect::<Vec<_>>();
    let change = &proposal.difference;
    let moved =
        change.moved.iter().map(|(was, now)| ItemRow { was: clock(was.start, channel), ..ItemRow::of(now, channel) });
    let title = format!("{} · {}", can.visit.t("planning-proposal"), date_in_words(date, lang));
    let waiting = proposal.waiting.iter();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = ProposalPage {
        page: can.page(title),
        day: Day::of(channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        revision: head.revision,
        unchanged: change.unchanged,
        added: rows(&change.added),
        removed: rows(&change.removed),
        moved: moved.collect(),
        unplaced: proposal.unplaced.iter().map(|(case, why)| (case.to_string(), why.get(lang).to_owned())).collect(),
        findings: proposal.findings.iter().map(|finding| finding.text(head.zone).get(lang).to_owned()).collect(),
        airtime: proposal.airtime_ms.iter().map(|(office, ms)| (office.clone(), hours(*ms))).collect(),
        idle: hours(proposal.idle_ms),
        nothing: change.is_empty() && head.parent.is_some(),
        empty: proposal.is_empty().then_some(web.desk.config.planning.freeze_s / 60),
        waiting: waiting
            .map(|w| (w.case.to_string(), w.title.clone(), w.standing.text().get(lang).to_owned()))
            .collect(),
        errors,
        version: proposal.draft.as_ref().map(|draft| draft.version.to_string()).unwrap_or_default(),
        by_hand: proposal.draft.as_ref().map_or(0, |draft| draft.edits.len()),
        fell: proposal.draft.as_ref().map_or(0, |draft| draft.edits.iter().filter(|e| !e.fell.is_empty()).count()),
    };
    Ok((status, html(&shown)).into_response())
}

/// What the form that publishes sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in crate::web) struct PublishForm {
    password: String,
    /// Set by whoever wants a plan without a clip.
    empty: String,
    /// Of the changes by hand that were on the page.
    version: String,
}

/// `POST /planning/{channel}/{date}/publish`
pub(in crate::web) async fn publish(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    Form(given): Form<PublishForm>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let mut errors = FormErrors::default();
    if given.password.is_empty() {
        errors.add("password", can.visit.t("act-password-empty"));
    } else if !password_again(&web, &can, given.password).await? {
        errors.add("password", can.visit.t("act-password-wrong"));
    }
    if !errors.is_empty() {
        return proposal_page(&web, &can, &channel, date, errors).await;
    }
    let (by, id, seen) = (can.id(), channel.id.clone(), given.version.parse().ok());
    let when_empty = if given.empty.is_empty() { WhenEmpty::Refuse } else { WhenEmpty::Publish };
    match web.blocking(move |desk| desk.publish_seen(by, &id, date, when_empty, seen)).await? {
        Err(PlanError::Empty { .. }) => {
            errors.add("empty", can.visit.t("planning-empty-confirm"));
            return proposal_page(&web, &can, &channel, date, errors).await;
        }
        Err(error @ PlanError::ChangedSince { .. }) => {
            if let Some((_, text)) = error.refusal() {
                errors.add("password", text.get(can.visit.lang));
            }
            return proposal_page(&web, &can, &channel, date, errors).await;
        }
        published => published?,
    };
    Ok(Redirect::to(&format!("/planning/{}/{date}?done=published", channel.id)).into_response())
}
