//! The agency's papers about a session, as a page and as a PDF.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Web;
use super::page::html;
use super::problem::Problem;
use super::reports::{PaperPage, pdf};
use super::session::{Can, Enter};
use crate::domain::ids::CaseId;
use crate::domain::standard::Key;
use crate::paper::{Paper, session};

async fn paper_of(web: &Web, can: &Can<Enter>, id: i64, document: &str) -> Result<Paper, Problem> {
    let document: Key = document.parse().map_err(|_| Problem::NotFound)?;
    let person = can.person().clone();
    let facts = web.ask(move |desk| desk.session_paper(&person, CaseId(id), &document)).await?;
    Ok(session::paper(&facts, &web.desk.config.paper.letterhead))
}

/// `GET /requests/{id}/papers/{document}`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, document)): Path<(i64, String)>,
) -> Result<Response, Problem> {
    let paper = paper_of(&web, &can, id, &document).await?;
    let page = can.page(paper.title.get(can.visit.lang).to_owned());
    let pdf = format!("/requests/{id}/papers/{document}/pdf");
    Ok(html(&PaperPage::of(page, &paper, format!("/requests/{id}"), pdf)))
}

/// `GET /requests/{id}/papers/{document}/pdf`
pub(super) async fn as_pdf(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, document)): Path<(i64, String)>,
) -> Result<Response, Problem> {
    let paper = paper_of(&web, &can, id, &document).await?;
    pdf(&web, paper, format!("{document}-{id}.pdf")).await
}
