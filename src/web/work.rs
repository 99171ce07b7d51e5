//! The work on a request's file: how far it is, on the request's page and by itself, and the way to stop it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::Web;
use super::case::{airing_of, case_file, jobs};
use super::problem::Problem;
use super::session::{Can, Enter, Retry};
use crate::desk::matter::Airing;
use crate::store::{JobKind, JobState};

/// One work that is not done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkRow {
    /// What is done, and how far it is.
    pub words: String,
    /// `None` while it waits its turn.
    pub percent: Option<u8>,
}

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPart {
    works: Vec<WorkRow>,
}

/// What the machine does to the newest file, or will do.
pub(super) fn rows(web: &Web, airing: &Airing, can: &Can<Enter>) -> Vec<WorkRow> {
    let waiting = jobs(airing).filter(|job| job.state == JobState::Waiting);
    let row = |job: &crate::store::Job| {
        let what = match job.kind {
            JobKind::Inspect => can.visit.t("work-inspect"),
            JobKind::Preview => can.visit.t("work-preview"),
            JobKind::Conform => can.visit.t("work-conform"),
        };
        let percent = web.desk.works.percent(job.id);
        let words = match percent {
            Some(percent) => can.visit.t1("work-at", "percent", percent),
            None => can.visit.t("work-waits"),
        };
        WorkRow { words: format!("{what}: {words}"), percent }
    };
    waiting.map(row).collect()
}

/// `GET /requests/{id}/work`: the part of the page that says how far it is; nothing once there is nothing to wait for.
pub(super) async fn show(State(web): State<Web>, can: Can<Enter>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let works = rows(&web, airing_of(&found)?, &can);
    if works.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let html = WorkPart { works }.render().map_err(|_| Problem::Broken)?;
    Ok(Html(html).into_response())
}

/// `POST /requests/{id}/stop`: the work on the newest file ends; it can be asked for again.
pub(super) async fn stop(State(web): State<Web>, can: Can<Retry>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let person = can.person().clone();
    web.ask(move |desk| {
        let found = desk.case_file(&person, crate::domain::ids::CaseId(id))?;
        desk.stop_work(person.id, found.airing()?.newest().id)
    })
    .await?;
    Ok(Redirect::to(&format!("/requests/{id}?done=stopped")).into_response())
}
