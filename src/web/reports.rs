//! What was really aired, for one request or one day, as a page, a table and a PDF; the monitoring team's conclusion;
//! and the letter of approval. The journals are imported before each report, so it is of this minute.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::{Page, html};
use super::problem::Problem;
use super::requests::RequestRow;
use super::services::titles;
use super::session::{Can, Conclude, Enter, ReadReports, Right};
use super::wall::channel_of;
use crate::desk::Desk;
use crate::desk::cases::scope_of;
use crate::desk::reporting::{AiringReport, ReportError};
use crate::domain::ids::CaseId;
use crate::domain::people::Person;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::paper::{self, Paper, airing, approval, table};
use crate::store::MatterKind;

/// Days in the list of day reports.
const DAYS_LISTED: usize = 14;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    page: Page,
    days: Vec<(String, String)>,
    requests: Vec<RequestRow>,
}

/// `GET /reports`
pub(super) async fn list(State(web): State<Web>, can: Can<ReadReports>) -> Result<Response, Problem> {
    let person = can.person().clone();
    let (cases, titles) = web.ask(move |desk| Ok((desk.cases_with_standings(&person)?, titles(desk)?))).await?;
    let aired = |step: &str| matches!(step, "air" | "monitor" | "evaluate" | "done");
    let requests = cases.iter().filter(|(case, _)| case.matter == MatterKind::Airing && aired(case.step.as_str()));
    let config = web.desk.config.channels.values().next().expect("a configuration has a channel");
    let today = config.channel.zone.date_of(web.desk.now());
    let days = std::iter::successors(Some(today), |date: &BroadcastDate| date.previous()).take(DAYS_LISTED);
    Ok(html(&ReportsPage {
        page: can.page(can.visit.t("nav-reports")),
        days: days
            .map(|date| (format!("/reports/{}/{date}", config.channel.id), date_in_words(date, can.visit.lang)))
            .collect(),
        requests: requests.map(|(case, state)| RequestRow::of(case, state, &titles, &web, &can.visit)).collect(),
    }))
}

#[derive(Template)]
#[template(path = "paper.html")]
pub(super) struct PaperPage {
    pub page: Page,
    pub back: String,
    /// Set by `paper`, which escapes every word of it.
    pub body: String,
    pub csv: Option<String>,
    pub pdf: String,
    /// Where the monitoring team writes its conclusion.
    pub conclude: Option<String>,
    pub conclusion: String,
}

impl PaperPage {
    /// A paper that is only read and printed.
    pub(super) fn of(page: Page, paper: &Paper, back: String, pdf: String) -> PaperPage {
        let body = paper::body(paper);
        PaperPage { page, back, body, csv: None, pdf, conclude: None, conclusion: String::new() }
    }
}

/// Journals first, then the report.
fn fresh<T>(desk: &Desk, report: impl FnOnce(&Desk) -> Result<T, ReportError>) -> Result<T, ReportError> {
    for channel in desk.config.channels.keys() {
        // A journal that can't be trusted is an incident of its own; what was imported before still counts.
        if let Err(error) = desk.import_journal(channel) {
            tracing::error!(%error, %channel, "the journal was not imported");
        }
    }
    report(desk)
}

async fn of_case(web: &Web, person: &Person, case: i64) -> Result<AiringReport, Problem> {
    let scope = scope_of(person).map_err(|refusal| Problem::Refused(refusal.text()))?;
    Ok(web.blocking(move |desk| fresh(desk, |desk| desk.case_report(scope, CaseId(case)))).await??)
}

async fn of_day(web: &Web, channel: &str, date: &str) -> Result<AiringReport, Problem> {
    let channel = channel_of(web, channel)?.id;
    let date: BroadcastDate = date.parse().map_err(|_| Problem::NotFound)?;
    Ok(web.blocking(move |desk| fresh(desk, |desk| desk.day_report(&channel, date))).await??)
}

/// `GET /requests/{id}/report`
pub(super) async fn case_page(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let report = of_case(&web, can.person(), id).await?;
    let may_conclude = Conclude::ROLES.iter().any(|role| can.person().holds(*role));
    let paper = airing::paper(&report, &web.desk.config.paper.letterhead);
    Ok(html(&PaperPage {
        page: can.page(can.visit.t("report-of")),
        back: format!("/requests/{id}"),
        body: paper::body(&paper),
        csv: Some(format!("/requests/{id}/report.csv")),
        pdf: format!("/requests/{id}/report.pdf"),
        conclude: may_conclude.then(|| format!("/requests/{id}/conclusion")),
        conclusion: report.conclusion.map(|conclusion| conclusion.text).unwrap_or_default(),
    }))
}

/// `GET /requests/{id}/report.csv`
pub(super) async fn case_csv(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let report = of_case(&web, can.person(), id).await?;
    Ok(download("text/csv; charset=utf-8", &format!("laporan-{id}.csv"), table::csv(&airing::rows(&report))))
}

/// `GET /requests/{id}/report.pdf`
pub(super) async fn case_pdf(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let report = of_case(&web, can.person(), id).await?;
    pdf(&web, airing::paper(&report, &web.desk.config.paper.letterhead), format!("laporan-{id}.pdf")).await
}

/// `GET /reports/{channel}/{date}`
pub(super) async fn day_page(
    State(web): State<Web>,
    can: Can<ReadReports>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let report = of_day(&web, &channel, &date).await?;
    let paper = airing::paper(&report, &web.desk.config.paper.letterhead);
    Ok(html(&PaperPage {
        page: can.page(can.visit.t("report-day")),
        back: "/reports".to_owned(),
        body: paper::body(&paper),
        csv: Some(format!("/reports/{channel}/{date}/table.csv")),
        pdf: format!("/reports/{channel}/{date}/paper.pdf"),
        conclude: None,
        conclusion: String::new(),
    }))
}

/// `GET /reports/{channel}/{date}/table.csv`
pub(super) async fn day_csv(
    State(web): State<Web>,
    _can: Can<ReadReports>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let report = of_day(&web, &channel, &date).await?;
    Ok(download(
        "text/csv; charset=utf-8",
        &format!("laporan-{channel}-{date}.csv"),
        table::csv(&airing::rows(&report)),
    ))
}

/// `GET /reports/{channel}/{date}/paper.pdf`
pub(super) async fn day_pdf(
    State(web): State<Web>,
    _can: Can<ReadReports>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let report = of_day(&web, &channel, &date).await?;
    let paper = airing::paper(&report, &web.desk.config.paper.letterhead);
    pdf(&web, paper, format!("laporan-{channel}-{date}.pdf")).await
}

/// What the form of a conclusion sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ConclusionForm {
    conclusion: String,
}

/// `POST /requests/{id}/conclusion`
pub(super) async fn conclude(
    State(web): State<Web>,
    can: Can<Conclude>,
    Path(id): Path<i64>,
    Form(given): Form<ConclusionForm>,
) -> Result<Response, Problem> {
    let by = can.id();
    web.ask(move |desk| desk.conclude(by, CaseId(id), &given.conclusion)).await?;
    Ok(Redirect::to(&format!("/requests/{id}/report")).into_response())
}

async fn letter(web: &Web, person: &Person, id: i64) -> Result<Paper, Problem> {
    let scope = scope_of(person).map_err(|refusal| Problem::Refused(refusal.text()))?;
    let letter = web.ask(move |desk| desk.approval_letter(scope, CaseId(id))).await?;
    Ok(approval::paper(&letter, &web.desk.config.paper.letterhead))
}

/// `GET /requests/{id}/letter`
pub(super) async fn letter_page(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let paper = letter(&web, can.person(), id).await?;
    let page = can.page(can.visit.t("letter-page"));
    Ok(html(&PaperPage::of(page, &paper, format!("/requests/{id}"), format!("/requests/{id}/letter.pdf"))))
}

/// `GET /requests/{id}/letter.pdf`
pub(super) async fn letter_pdf(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let paper = letter(&web, can.person(), id).await?;
    pdf(&web, paper, format!("persetujuan-{id}.pdf")).await
}

pub(super) async fn pdf(web: &Web, paper: Paper, name: String) -> Result<Response, Problem> {
    let set = web.blocking(move |desk| {
        let fonts = paper::Fonts::load(&desk.config.paper.fonts)?;
        paper::pdf(&paper, &fonts)
    });
    match set.await? {
        Ok(bytes) => Ok(download("application/pdf", &name, bytes)),
        Err(error) => {
            tracing::error!(%error, "a PDF could not be set");
            Err(Problem::Broken)
        }
    }
}

pub(super) fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    (headers, bytes).into_response()
}
