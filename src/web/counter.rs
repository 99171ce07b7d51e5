//! The paper side of one request: receipts of the counter, scans, and what was signed in ink.

use askama::Template;
use axum::extract::multipart::Field;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::attachment::attachment;
use super::letter_form::short_text;
use super::page::{Done, FormErrors, Page, html};
use super::problem::Problem;
use super::reports::{PaperPage, pdf};
use super::session::{AtCounter, Can, Enter, Right, password_again};
use super::upload;
use crate::desk::counter::Scanned;
use crate::desk::ink::SignedInInk;
use crate::desk::letters::position;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::paperwork::{MAX_BEARER_CHARS, MAX_BROUGHT_CHARS, MAX_SCAN_BYTES, PaperKind};
use crate::domain::text::instant_in_words;
use crate::domain::time::BroadcastDate;
use crate::files::letters;
use crate::paper::{Paper, approval, receipt, session};

struct ReceiptRow {
    id: i64,
    number: String,
    bearer: String,
    brought: String,
    taken: String,
}

struct ScanRow {
    id: i64,
    kind: String,
    name: String,
    size: String,
    added: String,
}

#[derive(Template)]
#[template(path = "counter.html")]
struct CounterPage {
    page: Page,
    id: CaseId,
    title: String,
    receipts: Vec<ReceiptRow>,
    scans: Vec<ScanRow>,
    /// Whether this person gives receipts.
    at_counter: bool,
    /// Who may sign what waits, where it can be signed in ink: number and name.
    signers: Vec<(PersonId, String)>,
    version: u32,
    ink: InkForm,
    today: String,
    /// Kinds of scans: word and name.
    kinds: Vec<(&'static str, String)>,
    given: ReceiptForm,
    most_bearer: usize,
    most_brought: usize,
    most_bytes: usize,
    errors: FormErrors,
}

/// What the form of a receipt sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct ReceiptForm {
    bearer: String,
    brought: String,
    /// Names the form, so that a button pressed twice gives one receipt.
    form: String,
}

/// What the form of a signature in ink sends, beside the scan.
#[derive(Default, Clone)]
pub(super) struct InkForm {
    version: String,
    signer: String,
    signed_on: String,
    number: String,
}

/// What was typed before something was wrong.
#[derive(Default)]
struct Given {
    receipt: ReceiptForm,
    ink: InkForm,
}

/// `GET /requests/{id}/paper`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let done = match done.as_str() {
        "filed" => Some(can.visit.t("counter-filed")),
        "signed" => Some(can.visit.t("counter-signed")),
        "scanned" => Some(can.visit.t("counter-scanned")),
        _ => None,
    };
    page_of(&web, &can, CaseId(id), done, Given::default(), FormErrors::default()).await
}

async fn page_of<R: Right>(
    web: &Web,
    can: &Can<R>,
    id: CaseId,
    done: Option<String>,
    given: Given,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let (lang, person) = (can.visit.lang, can.person().clone());
    let at_counter = AtCounter::ROLES.iter().any(|role| can.person().holds(*role));
    let (found, (receipts, scans), signers, zone) = web
        .ask(move |desk| {
            let found = desk.case_file(&person, id)?;
            let signers = if at_counter { desk.signers(&found)? } else { Vec::new() };
            Ok((found, desk.paperwork(&person, id)?, signers, desk.deadlines()?.office().zone))
        })
        .await?;
    let mut page = can.page(can.visit.t("counter"));
    page.done = done;
    let receipts = receipts.into_iter().rev().map(|receipt| ReceiptRow {
        id: receipt.id,
        taken: format!("{}, {}", instant_in_words(receipt.at, zone, lang), receipt.by_name),
        number: receipt.number,
        bearer: receipt.bearer,
        brought: receipt.brought,
    });
    let scans = scans.into_iter().rev().map(|scan| ScanRow {
        id: scan.id,
        kind: scan.kind.text().get(lang).to_owned(),
        size: size(scan.bytes),
        added: format!("{}, {}", instant_in_words(scan.at, zone, lang), scan.by_name),
        name: scan.name,
    });
    let wrong = !errors.is_empty();
    let shown = CounterPage {
        page,
        id,
        title: found.row.title.clone(),
        receipts: receipts.collect(),
        scans: scans.collect(),
        at_counter,
        signers: signers.into_iter().map(|signer| (signer.id, position(signer.form, &signer.name))).collect(),
        version: found.row.version,
        ink: given.ink,
        today: zone.local(web.desk.now()).date().to_string(),
        kinds: PaperKind::ALL.into_iter().map(|kind| (kind.as_str(), kind.text().get(lang).to_owned())).collect(),
        given: ReceiptForm {
            form: Some(given.receipt.form).filter(|form| !form.is_empty()).unwrap_or(web.desk.new_form()?.to_string()),
            ..given.receipt
        },
        most_bearer: MAX_BEARER_CHARS,
        most_brought: MAX_BROUGHT_CHARS,
        most_bytes: MAX_SCAN_BYTES,
        errors,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&shown)).into_response())
}

fn size(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

/// `POST /requests/{id}/receipts`
pub(super) async fn give(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
    axum::Form(given): axum::Form<ReceiptForm>,
) -> Result<Response, Problem> {
    let (by, case) = (can.id(), CaseId(id));
    let mut errors = FormErrors::default();
    for (field, text, most) in
        [("bearer", &given.bearer, MAX_BEARER_CHARS), ("brought", &given.brought, MAX_BROUGHT_CHARS)]
    {
        if !(1..=most).contains(&text.trim().chars().count()) {
            errors.add(field, Refusal::Line { most }.text().get(can.visit.lang));
        }
    }
    if !errors.is_empty() {
        return page_of(&web, &can, case, None, Given { receipt: given, ..Given::default() }, errors).await;
    }
    let receipt = web
        .ask(move |desk| desk.give_receipt(by, case, (&given.bearer, &given.brought), given.form.parse().ok()))
        .await?;
    Ok(Redirect::to(&format!("/requests/{id}/receipts/{receipt}")).into_response())
}

async fn receipt_paper(web: &Web, can: &Can<Enter>, case: i64, id: i64) -> Result<Paper, Problem> {
    let person = can.person().clone();
    let (facts, zone) =
        web.ask(move |desk| Ok((desk.receipt(&person, CaseId(case), id)?, desk.deadlines()?.office().zone))).await?;
    let set = &web.desk.config.paper;
    Ok(receipt::paper(&facts, &set.letterhead, &set.place, zone))
}

/// `GET /requests/{id}/receipts/{receipt}`
pub(super) async fn receipt_page(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, number)): Path<(i64, i64)>,
) -> Result<Response, Problem> {
    let set = receipt_paper(&web, &can, id, number).await?;
    let page = can.page(can.visit.t("counter-receipt"));
    let pdf = format!("/requests/{id}/receipts/{number}/receipt.pdf");
    Ok(html(&PaperPage::of(page, &set, format!("/requests/{id}/paper"), pdf)))
}

/// `GET /requests/{id}/receipts/{receipt}/receipt.pdf`
pub(super) async fn receipt_pdf(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, number)): Path<(i64, i64)>,
) -> Result<Response, Problem> {
    let set = receipt_paper(&web, &can, id, number).await?;
    pdf(&web, set, format!("tanda-terima-{id}-{number}.pdf")).await
}

/// `POST /requests/{id}/scans`
pub(super) async fn scan(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let (case, by) = (CaseId(id), can.id());
    let mut kind = PaperKind::Letter;
    while let Some(field) = parts.next_field().await.map_err(|_| Problem::Unreadable)? {
        match field.name().unwrap_or_default() {
            "kind" => kind = short_text(field).await?.parse().map_err(|_| Problem::Unreadable)?,
            "scan" => {
                let scanned = match read(field, kind).await? {
                    Ok(scanned) => scanned,
                    Err(refusal) => return refused(&web, &can, case, Given::default(), ("scan", &refusal)).await,
                };
                return match web.blocking(move |desk| desk.add_scan(by, case, scanned)).await? {
                    Ok(_) => Ok(Redirect::to(&format!("/requests/{id}/paper?done=scanned")).into_response()),
                    Err(DeskError::Refused(Refusal::NotFound { .. })) => Err(Problem::NotFound),
                    Err(DeskError::Refused(refusal)) => {
                        refused(&web, &can, case, Given::default(), ("scan", &refusal)).await
                    }
                    Err(error) => Err(error.into()),
                };
            }
            _ => {}
        }
    }
    Err(Problem::Unreadable)
}

async fn refused<R: Right>(
    web: &Web,
    can: &Can<R>,
    case: CaseId,
    given: Given,
    (field, refusal): (&'static str, &Refusal),
) -> Result<Response, Problem> {
    let mut errors = FormErrors::default();
    errors.add(field, refusal.text().get(can.visit.lang));
    page_of(web, can, case, None, given, errors).await
}

/// Reads a scan into memory, no more of it than is taken.
pub(super) async fn read(field: Field<'_>, kind: PaperKind) -> Result<Result<Scanned, Refusal>, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    Ok(match upload::whole(field, MAX_SCAN_BYTES).await? {
        None => Err(Refusal::TooLarge { limit_bytes: MAX_SCAN_BYTES as u64 }),
        Some(bytes) if bytes.is_empty() => Err(Refusal::NoScan),
        Some(bytes) => Ok(Scanned { kind, name, bytes }),
    })
}

/// `GET /requests/{id}/scans/{scan}`: as an attachment that no browser opens in our name.
pub(super) async fn scan_file(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, scan)): Path<(i64, i64)>,
) -> Result<Response, Problem> {
    let person = can.person().clone();
    let (_, scans) = web.ask(move |desk| desk.paperwork(&person, CaseId(id))).await?;
    let scan = scans.into_iter().find(|row| row.id == scan).ok_or(Problem::NotFound)?;
    attachment(&letters::path(web.desk.home(), scan.sha256), &scan.name).await
}

async fn to_sign(web: &Web, can: &Can<AtCounter>, id: i64) -> Result<Paper, Problem> {
    let person = can.person().clone();
    let letterhead = web.desk.config.paper.letterhead.clone();
    web.ask(move |desk| {
        Ok(match desk.case_file(&person, CaseId(id))?.session() {
            Some(_) => session::paper(&desk.session_to_sign(&person, CaseId(id))?, &letterhead),
            None => approval::paper(&desk.approval_to_sign(&person, CaseId(id))?, &letterhead),
        })
    })
    .await
}

/// `GET /requests/{id}/to-sign`
pub(super) async fn to_sign_page(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let set = to_sign(&web, &can, id).await?;
    let page = can.page(can.visit.t("counter-to-sign"));
    let (back, pdf) = (format!("/requests/{id}/paper"), format!("/requests/{id}/to-sign.pdf"));
    Ok(html(&PaperPage::of(page, &set, back, pdf)))
}

/// `GET /requests/{id}/to-sign.pdf`
pub(super) async fn to_sign_pdf(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let set = to_sign(&web, &can, id).await?;
    pdf(&web, set, format!("konsep-persetujuan-{id}.pdf")).await
}

/// `POST /requests/{id}/ink`: the scan is the last field, so what is wrong with the others is said before it is kept.
pub(super) async fn sign(
    State(web): State<Web>,
    can: Can<AtCounter>,
    Path(id): Path<i64>,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let (case, by) = (CaseId(id), can.id());
    let (mut ink, mut password) = (InkForm::default(), String::new());
    while let Some(field) = parts.next_field().await.map_err(|_| Problem::Unreadable)? {
        match field.name().unwrap_or_default() {
            "version" => ink.version = short_text(field).await?,
            "signer" => ink.signer = short_text(field).await?,
            "signed_on" => ink.signed_on = short_text(field).await?,
            "number" => ink.number = short_text(field).await?.trim().to_owned(),
            "password" => password = short_text(field).await?,
            "scan" => {
                let given = || Given { ink: ink.clone(), ..Given::default() };
                let scan = read(field, PaperKind::Signed).await?;
                let mut errors = FormErrors::default();
                let signed_on = ink.signed_on.parse::<BroadcastDate>();
                if signed_on.is_err() {
                    errors.add("signed_on", Refusal::SignedOn.text().get(can.visit.lang));
                }
                if let Err(refusal) = &scan {
                    errors.add("ink-scan", refusal.text().get(can.visit.lang));
                }
                if password.is_empty() {
                    errors.add("password", can.visit.t("act-password-empty"));
                } else if errors.is_empty() && !password_again(&web, &can, password).await? {
                    errors.add("password", can.visit.t("act-password-wrong"));
                }
                let (Ok(signed_on), Ok(scan), true) = (signed_on, scan, errors.is_empty()) else {
                    return page_of(&web, &can, case, None, given(), errors).await;
                };
                let signed = SignedInInk {
                    version: ink.version.parse().map_err(|_| Problem::Unreadable)?,
                    signer: PersonId(ink.signer.parse().map_err(|_| Problem::Unreadable)?),
                    signed_on,
                    number: (!ink.number.is_empty()).then(|| ink.number.clone()),
                    scan,
                };
                return match web.blocking(move |desk| desk.sign_in_ink(by, case, signed)).await? {
                    Ok(_) => Ok(Redirect::to(&format!("/requests/{id}/paper?done=signed")).into_response()),
                    Err(DeskError::Refused(Refusal::NotFound { .. })) => Err(Problem::NotFound),
                    Err(DeskError::Refused(refusal)) => {
                        let field = match refusal {
                            Refusal::SignedOn => "signed_on",
                            Refusal::Line { .. } | Refusal::NumberTaken { .. } => "number",
                            _ => "ink-scan",
                        };
                        refused(&web, &can, case, given(), (field, &refusal)).await
                    }
                    Err(error) => Err(error.into()),
                };
            }
            _ => {}
        }
    }
    Err(Problem::Unreadable)
}
