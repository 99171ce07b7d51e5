//! The scheduling team's page: what is published for a day, what the next revision would change and what found no
//! place, and the button that publishes it. Everyone who watches the wall sees what is published.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::session::{Can, Plan, Right, Watch, password_again};
use super::wall::{channel_of, clock};
use crate::desk::planning::{PlanError, Proposal, WhenEmpty};
use crate::desk::reporting::ReportError;
use crate::domain::channel::Channel;
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Problem {
        match error {
            PlanError::Desk(error) => error.into(),
            PlanError::NoChannel(_) => Problem::NotFound,
            error => match error.refusal() {
                Some((_, text)) => Problem::Refused(text),
                None => Problem::ours(&error, "a day could not be planned"),
            },
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match error {
            ReportError::Desk(error) => error.into(),
            ReportError::NoChannel(_) => Problem::NotFound,
            error => Problem::ours(&error, "a report could not be made"),
        }
    }
}

pub(super) struct ItemRow {
    start: String,
    length: String,
    title: String,
    owner: String,
    was: String,
}

impl ItemRow {
    fn of(item: &PlaylistItem, channel: &Channel) -> ItemRow {
        let seconds = channel.house.rate.millis(item.duration_frames) / 1000;
        ItemRow {
            start: clock(item.start, channel),
            length: format!("{}.{:02}", seconds / 60, seconds % 60),
            title: item.title.clone(),
            owner: item.owner.clone(),
            was: String::new(),
        }
    }
}

struct Day {
    channel: String,
    channel_title: String,
    date: String,
    words: String,
    /// Today or tomorrow, if it is one of them.
    which: String,
    previous: String,
    next: String,
}

impl Day {
    fn of(channel: &Channel, date: BroadcastDate, today: BroadcastDate, visit: &Visit) -> Day {
        let path = |date: Option<BroadcastDate>| {
            date.map_or_else(String::new, |date| format!("/planning/{}/{date}", channel.id))
        };
        Day {
            channel: channel.id.to_string(),
            channel_title: channel.title.clone(),
            date: date.to_string(),
            words: date_in_words(date, visit.lang),
            which: match (date.0 - today.0).num_days() {
                0 => visit.t("planning-today"),
                1 => visit.t("planning-tomorrow"),
                _ => String::new(),
            },
            previous: path(date.previous()),
            next: path(date.next()),
        }
    }
}

#[derive(Template)]
#[template(path = "planning.html")]
struct PlanningPage {
    page: Page,
    day: Day,
    revision: Option<u32>,
    items: Vec<ItemRow>,
    may_plan: bool,
}

/// `GET /planning`: today while the wall has hours left, else tomorrow.
pub(super) async fn first(State(web): State<Web>, _can: Can<Watch>) -> Redirect {
    let config = web.desk.config.channels.values().next().expect("a configuration has a channel");
    let now = web.desk.now();
    let today = config.channel.zone.date_of(now);
    let has_hours_left = now < config.channel.open_span(today).end();
    let date = if has_hours_left { today } else { today.next().unwrap_or(today) };
    Redirect::to(&format!("/planning/{}/{date}", config.channel.id))
}

fn day_of(web: &Web, channel: &str, date: &str) -> Result<(Channel, BroadcastDate), Problem> {
    Ok((channel_of(web, channel)?, date.parse().map_err(|_| Problem::NotFound)?))
}

/// Every item that somebody asked for; fill stands for itself.
fn plays(playlist: &Playlist) -> impl Iterator<Item = &PlaylistItem> {
    playlist.items().iter().filter(|item| item.kind != ItemKind::Fill)
}

/// What the address of the page may say.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /planning/{channel}/{date}`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Watch>,
    Path((channel, date)): Path<(String, String)>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let id = channel.id.clone();
    let published = web.blocking(move |desk| desk.published(&id, date)).await??;
    let mut page = can.page(can.visit.t("nav-planning"));
    if done == "published" {
        page.done = Some(can.visit.t("planning-published"));
    }
    Ok(html(&PlanningPage {
        page,
        day: Day::of(&channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        revision: published.as_ref().map(|playlist| playlist.head().revision),
        items: published.iter().flat_map(plays).map(|item| ItemRow::of(item, &channel)).collect(),
        may_plan: Plan::ROLES.iter().any(|role| can.person().holds(*role)),
    }))
}

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
}

/// `GET /planning/{channel}/{date}/proposal`
pub(super) async fn propose(
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
    };
    Ok((status, html(&shown)).into_response())
}

/// `1.02.05`: hours, minutes, seconds.
fn hours(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}.{:02}.{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What the form that publishes sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct PublishForm {
    password: String,
    /// Set by whoever wants a plan without a clip.
    empty: String,
}

/// `POST /planning/{channel}/{date}/publish`
pub(super) async fn publish(
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
    let (by, id) = (Some(can.id()), channel.id.clone());
    let when_empty = if given.empty.is_empty() { WhenEmpty::Refuse } else { WhenEmpty::Publish };
    match web.blocking(move |desk| desk.publish_day(by, &id, date, when_empty)).await? {
        Err(PlanError::Empty { .. }) => {
            errors.add("empty", can.visit.t("planning-empty-confirm"));
            return proposal_page(&web, &can, &channel, date, errors).await;
        }
        published => published?,
    };
    Ok(Redirect::to(&format!("/planning/{}/{date}?done=published", channel.id)).into_response())
}
