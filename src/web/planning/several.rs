//! Several days published with one password. Each day goes for itself: what was published stays, what was refused says
//! why.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::overview::later;
use crate::desk::Desk;
use crate::desk::planning::{PlanError, WhenEmpty};
use crate::domain::channel::Channel;
use crate::domain::ids::PersonId;
use crate::domain::text::{Lang, date_in_words};
use crate::domain::time::BroadcastDate;
use crate::engine::rundown::Difference;
use crate::web::Web;
use crate::web::page::{FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, password_again};
use crate::web::wall::channel_of;

/// Most days at once: those of the calendar.
const MOST_DAYS: i64 = 31;

/// Which days.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Range {
    first: String,
    last: String,
    password: String,
    /// Which changes by hand were on the page: `2026-11-24.3 2026-11-25.1`.
    seen: String,
}

impl Range {
    /// The days that are meant; none if they are not ones that can be published at once.
    fn days(&self, today: BroadcastDate) -> Vec<BroadcastDate> {
        let (Ok(first), Ok(last)) = (self.first.parse::<BroadcastDate>(), self.last.parse()) else { return Vec::new() };
        let first = first.max(today);
        if first <= last && last <= later(first, MOST_DAYS - 1) { first.through(last).collect() } else { Vec::new() }
    }
    /// The version of a day's changes that was on the page.
    fn seen(&self, date: BroadcastDate) -> Option<u32> {
        let pairs = self.seen.split(' ').filter_map(|pair| pair.split_once('.'));
        pairs.filter(|(day, _)| *day == date.to_string()).find_map(|(_, version)| version.parse().ok())
    }
}

struct DayRow {
    href: String,
    words: String,
    /// A tone, and what would happen or did.
    tone: &'static str,
    what: String,
}

#[derive(Template)]
#[template(path = "planning_several.html")]
struct SeveralPage {
    page: Page,
    channel: String,
    channel_title: String,
    first: String,
    last: String,
    seen: String,
    rows: Vec<DayRow>,
    /// Whether any of them can be published.
    any: bool,
    /// Published already: how many, of how many.
    done: Option<(usize, usize)>,
    errors: FormErrors,
}

fn told(change: &Difference, visit: &Visit) -> String {
    let count = |n: usize| n.to_string();
    let added = visit.t1("several-added", "n", change.added.len());
    let rest = visit.t2("several-rest", ("moved", count(change.moved.len())), ("removed", count(change.removed.len())));
    format!("{added}, {rest}")
}

/// `GET /planning/{channel}/publish`
pub(in crate::web) async fn ask(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(channel): Path<String>,
    Query(range): Query<Range>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    asked(&web, &can, &channel, range, FormErrors::default()).await
}

async fn asked(
    web: &Web,
    can: &Can<Plan>,
    channel: &Channel,
    range: Range,
    mut errors: FormErrors,
) -> Result<Response, Problem> {
    let days = range.days(channel.zone.date_of(web.desk.now()));
    if days.is_empty() {
        errors.add("first", can.visit.t("several-wrong"));
    }
    let (id, visit, dates) = (channel.id.clone(), can.visit.clone(), days.clone());
    let planned =
        web.blocking(move |desk| dates.iter().map(|date| would(desk, &id, *date, &visit)).collect::<Vec<_>>());
    let planned: Vec<Would> = planned.await?.into_iter().collect::<Result<_, PlanError>>()?;
    let seen: Vec<String> =
        days.iter().zip(&planned).filter_map(|(date, w)| Some(format!("{date}.{}", w.version?))).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let any = planned.iter().any(|w| w.tone == "ok");
    let row = |(date, w): (&BroadcastDate, Would)| row(channel, *date, can.visit.lang, w.tone, w.what);
    let shown = SeveralPage {
        page: can.page(can.visit.t("several-title")),
        channel: channel.id.to_string(),
        channel_title: channel.title.clone(),
        first: range.first,
        last: range.last,
        seen: seen.join(" "),
        rows: days.iter().zip(planned).map(row).collect(),
        any,
        done: None,
        errors,
    };
    Ok((status, html(&shown)).into_response())
}

fn row(channel: &Channel, date: BroadcastDate, lang: Lang, tone: &'static str, what: String) -> DayRow {
    DayRow { href: format!("/planning/{}/{date}", channel.id), words: date_in_words(date, lang), tone, what }
}

/// What publishing a day would do.
struct Would {
    tone: &'static str,
    what: String,
    version: Option<u32>,
}

fn would(
    desk: &Desk,
    channel: &crate::domain::ids::ChannelId,
    date: BroadcastDate,
    visit: &Visit,
) -> Result<Would, PlanError> {
    let proposal = match desk.plan_day(channel, date) {
        Ok(proposal) => proposal,
        Err(error) => {
            let Some((_, text)) = error.refusal() else { return Err(error) };
            return Ok(Would { tone: "dim", what: text.get(visit.lang).to_owned(), version: None });
        }
    };
    let head = proposal.playlist.head();
    let (tone, what) = if !proposal.findings.is_empty() {
        ("bad", visit.t("planning-findings"))
    } else if proposal.difference.is_empty() && head.parent.is_some() {
        ("dim", visit.t("planning-nothing"))
    } else if proposal.is_empty() {
        ("warn", visit.t("several-empty"))
    } else {
        ("ok", told(&proposal.difference, visit))
    };
    Ok(Would { tone, what, version: proposal.draft.map(|draft| draft.version) })
}

/// `POST /planning/{channel}/publish`
pub(in crate::web) async fn publish(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(channel): Path<String>,
    Form(mut range): Form<Range>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let password = std::mem::take(&mut range.password);
    let mut errors = FormErrors::default();
    if password.is_empty() {
        errors.add("password", can.visit.t("act-password-empty"));
    } else if !password_again(&web, &can, password).await? {
        errors.add("password", can.visit.t("act-password-wrong"));
    }
    let days = range.days(channel.zone.date_of(web.desk.now()));
    if !errors.is_empty() || days.is_empty() {
        return asked(&web, &can, &channel, range, errors).await;
    }
    let (id, by, visit) = (channel.id.clone(), can.id(), can.visit.clone());
    let wanted: Vec<(BroadcastDate, Option<u32>)> = days.iter().map(|date| (*date, range.seen(*date))).collect();
    let ended = web.blocking(move |desk| {
        wanted.into_iter().map(|(date, seen)| one(desk, by, &id, date, seen, &visit)).collect::<Vec<_>>()
    });
    let ended = ended.await?;
    let count = ended.iter().filter(|(tone, _)| *tone == "ok").count();
    let rows = days.iter().zip(ended).map(|(date, (tone, what))| row(&channel, *date, can.visit.lang, tone, what));
    Ok(html(&SeveralPage {
        page: can.page(can.visit.t("several-title")),
        channel: channel.id.to_string(),
        channel_title: channel.title.clone(),
        rows: rows.collect(),
        first: range.first,
        last: range.last,
        seen: String::new(),
        any: false,
        done: Some((count, days.len())),
        errors,
    }))
}

/// Publishes one of the days, and says how that ended; what went wrong with it stops no other.
fn one(
    desk: &Desk,
    by: PersonId,
    channel: &crate::domain::ids::ChannelId,
    date: BroadcastDate,
    seen: Option<u32>,
    visit: &Visit,
) -> (&'static str, String) {
    match desk.publish_seen(by, channel, date, WhenEmpty::Refuse, seen) {
        Ok(published) => {
            let revision = published.proposal.playlist.head().revision;
            let change = told(&published.proposal.difference, visit);
            ("ok", format!("{}: {change}", visit.t1("look-revision", "n", revision)))
        }
        Err(PlanError::Empty { .. }) => ("warn", visit.t("several-empty")),
        Err(error @ PlanError::Unchanged { .. }) => {
            ("dim", error.refusal().map_or_else(String::new, |(_, text)| text.get(visit.lang).to_owned()))
        }
        Err(error) => match error.refusal() {
            Some((_, text)) => ("bad", text.get(visit.lang).to_owned()),
            None => {
                tracing::error!(%error, %date, "a day of several was not published");
                ("bad", visit.t("several-broken"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_today_at_the_earliest_and_is_no_longer_than_the_calendar() {
        let range = |first: &str, last: &str| Range { first: first.into(), last: last.into(), ..Range::default() };
        let today = "2026-11-22".parse().expect("a date");
        let count = |first, last| range(first, last).days(today).len();
        assert_eq!(count("2026-11-22", "2026-11-28"), 7);
        assert_eq!(count("2026-11-01", "2026-11-23"), 2);
        assert_eq!(count("2026-11-22", "2026-12-22"), 31);
        assert_eq!(count("2026-11-22", "2026-12-23"), 0);
        assert_eq!(count("2026-11-24", "2026-11-23"), 0);
        assert_eq!(count("besok", "2026-11-23"), 0);
    }

    #[test]
    fn the_changes_that_were_on_the_page_are_told_day_by_day() {
        let range = Range { seen: "2026-11-24.3 2026-11-25.12".into(), ..Range::default() };
        assert_eq!(range.seen("2026-11-25".parse().expect("a date")), Some(12));
        assert_eq!(range.seen("2026-11-26".parse().expect("a date")), None);
    }
}
