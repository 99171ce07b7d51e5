//! Incidents beside the wall's page: those of a day, and one with the note that closes it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::session::{Can, CloseIncidents, Right, Watch};
use super::wall::channel_of;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Level};
use crate::domain::text::{date_in_words, instant_in_words};
use crate::domain::time::{BroadcastDate, Zone};

struct IncidentRow {
    id: i64,
    text: String,
    tone: &'static str,
    level: String,
    opened: String,
    open: bool,
    ended: String,
    by: String,
    note: String,
}

impl IncidentRow {
    fn of(incident: Incident, zone: Zone, visit: &Visit) -> IncidentRow {
        let at = |at| instant_in_words(at, zone, visit.lang);
        let (tone, level) = match incident.level {
            Level::Critical => ("bad", visit.t("incident-critical")),
            Level::Warning => ("warn", visit.t("incident-warning")),
        };
        let ended = match (incident.closed_at, &incident.closing) {
            (None, _) => visit.t("incident-open"),
            (Some(end), None) => visit.t1("incident-recovered", "at", at(end)),
            (Some(end), Some(_)) => at(end),
        };
        let (by, note) = incident.closing.map(|closing| (closing.by, closing.note)).unwrap_or_default();
        IncidentRow {
            id: incident.id.0,
            text: incident.text.get(visit.lang).to_owned(),
            tone,
            level,
            opened: at(incident.opened_at),
            open: incident.closed_at.is_none(),
            ended,
            by,
            note,
        }
    }
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage {
    page: Page,
    channel: String,
    day: BroadcastDate,
    day_words: String,
    previous: BroadcastDate,
    next: BroadcastDate,
    rows: Vec<IncidentRow>,
}

/// What the address of a list asks for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    day: String,
}

/// `GET /wall/{channel}/incidents`
pub(super) async fn list(
    State(web): State<Web>,
    can: Can<Watch>,
    Path(channel): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    // Anything that is no day is today: the address is typed, or the field was cleared.
    let day = asked.day.parse().unwrap_or_else(|_| channel.zone.date_of(web.desk.now()));
    let of = channel.clone();
    let incidents = web.ask(move |desk| desk.incidents_of(&of, day)).await?;
    Ok(html(&IncidentsPage {
        page: can.page(can.visit.t1("incidents-of", "channel", &channel.title)),
        channel: channel.id.to_string(),
        day,
        day_words: date_in_words(day, can.visit.lang),
        previous: day.previous().unwrap_or(day),
        next: day.next().unwrap_or(day),
        rows: incidents.into_iter().map(|i| IncidentRow::of(i, channel.zone, &can.visit)).collect(),
    }))
}

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    page: Page,
    row: IncidentRow,
    may_close: bool,
    note: String,
    errors: FormErrors,
    back: String,
}

async fn page_of<R: Right>(
    web: &Web,
    can: &Can<R>,
    id: IncidentId,
    note: String,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let incident = web.ask(move |desk| desk.incident(id)).await?;
    let back = incident.channel.as_ref().map_or("/wall".to_owned(), |channel| format!("/wall/{channel}"));
    let channel = incident.channel.as_ref().and_then(|channel| web.desk.config.channels.get(channel));
    let zone = channel.map_or(web.zone(), |config| config.channel.zone);
    Ok(html(&IncidentPage {
        page: can.page(can.visit.t("incident")),
        row: IncidentRow::of(incident, zone, &can.visit),
        may_close: CloseIncidents::ROLES.iter().any(|role| can.person().holds(*role)),
        note,
        errors,
        back,
    }))
}

/// `GET /incidents/{id}`
pub(super) async fn show(State(web): State<Web>, can: Can<Watch>, Path(id): Path<i64>) -> Result<Response, Problem> {
    page_of(&web, &can, IncidentId(id), String::new(), FormErrors::default()).await
}

/// What the form that closes an incident sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ClosingForm {
    note: String,
}

/// `POST /incidents/{id}/close`
pub(super) async fn close(
    State(web): State<Web>,
    can: Can<CloseIncidents>,
    Path(id): Path<i64>,
    Form(given): Form<ClosingForm>,
) -> Result<Response, Problem> {
    let (by, id, note) = (can.id(), IncidentId(id), given.note.clone());
    let closed = web.blocking(move |desk| desk.close_incident(by, id, &note)).await?;
    match closed {
        Err(DeskError::Refused(refusal @ Refusal::ClosingNote)) => {
            let mut errors = FormErrors::default();
            errors.add("note", refusal.text().get(can.visit.lang));
            page_of(&web, &can, id, given.note, errors).await
        }
        Err(other) => Err(other.into()),
        Ok(()) => Ok(Redirect::to(&format!("/incidents/{id}")).into_response()),
    }
}
