//! The crawl on the operator's page: words that run over everything, and their end.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::Visit;
use super::problem::Problem;
use super::session::{Can, OrderPlayer};
use super::wall::channel_of;

/// How long a crawl may run, minutes, as the page offers it; 0: until it is ended.
const MINUTES: [u32; 6] = [5, 15, 30, 60, 180, 0];

/// Each length with its words.
pub(super) fn lengths(visit: &Visit) -> Vec<(u32, String)> {
    let words = |minutes: u32| match minutes {
        0 => visit.t("crawl-until-ended"),
        n => visit.t1("crawl-minutes", "n", n),
    };
    MINUTES.into_iter().map(|minutes| (minutes, words(minutes))).collect()
}

/// What the form sends: words to run, or `end` in place of them.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CrawlForm {
    text: String,
    minutes: u32,
    end: Option<String>,
}

/// `POST /wall/{channel}/crawl`
pub(super) async fn order(
    State(web): State<Web>,
    can: Can<OrderPlayer>,
    Path(channel): Path<String>,
    Form(given): Form<CrawlForm>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?.id;
    if !MINUTES.contains(&given.minutes) {
        return Err(Problem::Unreadable);
    }
    let (by, of) = (can.id(), channel.clone());
    let minutes = Some(given.minutes).filter(|minutes| *minutes > 0);
    web.ask(move |desk| match given.end {
        Some(_) => desk.end_crawl(by, &of),
        None => desk.order_crawl(by, &of, &given.text, minutes),
    })
    .await?;
    Ok(Redirect::to(&format!("/wall/{channel}")).into_response())
}
