//! Citizens who ask for sessions: entered at the counter, corrected, and erased on request.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::{Done, FormErrors, Page, html};
use super::people::link_page;
use super::problem::Problem;
use super::session::{AtCounter, Can};
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::OpdId;

#[derive(Template)]
#[template(path = "citizens.html")]
struct CitizensPage {
    page: Page,
    rows: Vec<(OpdId, String)>,
    given: CitizenForm,
    errors: FormErrors,
}

/// What the forms send.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct CitizenForm {
    name: String,
    email: String,
}

/// `GET /citizens`
pub(super) async fn list(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let mut shown = citizens_page(&web, &can, CitizenForm::default(), FormErrors::default()).await?;
    shown.page.done = match done.as_str() {
        "added" => Some(can.visit.t("citizens-added")),
        "corrected" => Some(can.visit.t("citizens-corrected")),
        "erased" => Some(can.visit.t("citizens-erased")),
        _ => None,
    };
    Ok(html(&shown))
}

async fn citizens_page(
    web: &Web,
    can: &Can<AtCounter>,
    given: CitizenForm,
    errors: FormErrors,
) -> Result<CitizensPage, Problem> {
    let citizens = web.ask(|desk| desk.citizens()).await?;
    let rows = citizens.into_iter().map(|citizen| (citizen.id, citizen.name)).collect();
    Ok(CitizensPage { page: can.page(can.visit.t("citizens-title")), rows, given, errors })
}

async fn refused(web: &Web, can: &Can<AtCounter>, given: CitizenForm, error: DeskError) -> Result<Response, Problem> {
    let refusal = match error {
        DeskError::Refused(Refusal::NotFound { .. }) => return Err(Problem::NotFound),
        DeskError::Refused(refusal) => refusal,
        error => return Err(error.into()),
    };
    let mut errors = FormErrors::default();
    let field = if refusal == Refusal::Email { "email" } else { "name" };
    errors.add(field, refusal.text().get(can.visit.lang));
    let shown = citizens_page(web, can, given, errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}

/// `POST /citizens`
pub(super) async fn add(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Form(given): Form<CitizenForm>,
) -> Result<Response, Problem> {
    let (desk, by, wanted) = (web.desk.clone(), can.id(), given.clone());
    let added = tokio::task::spawn_blocking(move || {
        let email = Some(wanted.email.trim()).filter(|email| !email.is_empty());
        desk.add_citizen(Some(by), &wanted.name, email)
    });
    match added.await.map_err(|_| Problem::Broken)? {
        Ok((_, Some(link))) => Ok(link_page(&web, &can, &link, &given.name)),
        Ok((_, None)) => Ok(Redirect::to("/citizens?done=added").into_response()),
        Err(error) => refused(&web, &can, given, error).await,
    }
}

/// `POST /citizens/{id}/name`
pub(super) async fn rename(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
    Form(given): Form<CitizenForm>,
) -> Result<Response, Problem> {
    let (desk, by, name) = (web.desk.clone(), can.id(), given.name.clone());
    let renamed = tokio::task::spawn_blocking(move || desk.rename_citizen(by, OpdId(id), &name)).await;
    match renamed.map_err(|_| Problem::Broken)? {
        Ok(()) => Ok(Redirect::to("/citizens?done=corrected").into_response()),
        Err(error) => refused(&web, &can, CitizenForm::default(), error).await,
    }
}

/// `POST /citizens/{id}/erase`
pub(super) async fn erase(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let (desk, by) = (web.desk.clone(), can.id());
    let erased = tokio::task::spawn_blocking(move || desk.erase_citizen(by, OpdId(id))).await;
    match erased.map_err(|_| Problem::Broken)? {
        Ok(()) => Ok(Redirect::to("/citizens?done=erased").into_response()),
        Err(error) => refused(&web, &can, CitizenForm::default(), error).await,
    }
}
