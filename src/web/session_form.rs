//! The letter that asks for a talkshow or a podcast, as a form: filed anew, or corrected after it came back.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Timelike;

use super::Web;
use super::counter;
use super::letter_form::short_text;
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::services::may_apply;
use super::session::{Can, FileRequests};
use crate::desk::counter::Scanned;
use crate::desk::sessions::NewSession;
use crate::desk::{Desk, DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::paperwork::{MAX_SCAN_BYTES, PaperKind};
use crate::domain::session::{SessionLetter, USUAL_SESSION_MIN};
use crate::domain::standard::{Key, ServiceStandard};
use crate::domain::text::Lang;
use crate::domain::time::{BroadcastDate, TimeOfDay};
use crate::store::Scope;

/// What was typed, by field.
type Typed = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "session_form.html")]
struct SessionFormPage {
    page: Page,
    path: String,
    /// Who may ask for it; empty where a letter is corrected.
    may: String,
    /// Applicants for whom this person may enter a letter: number, name, group. Empty: the person's own alone.
    offices: Vec<(String, String)>,
    given: Typed,
    /// Largest scan.
    most_bytes: usize,
    errors: FormErrors,
}

impl SessionFormPage {
    /// What was typed into a field.
    fn of(&self, field: &str) -> &str {
        self.given.get(field).map_or("", String::as_str)
    }
}

/// Where the form goes.
enum Purpose {
    New(Box<ServiceStandard>),
    Revise(CaseId),
}

impl Purpose {
    fn path(&self) -> String {
        match self {
            Purpose::New(standard) => format!("/services/{}/new", standard.as_written().id),
            Purpose::Revise(case) => format!("/requests/{case}/session"),
        }
    }
    fn title(&self, visit: &Visit) -> String {
        match self {
            Purpose::New(standard) => standard.as_written().title.get(visit.lang).to_owned(),
            Purpose::Revise(_) => visit.t("letter-revise"),
        }
    }
}

async fn form_page(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: &Purpose,
    given: Typed,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let lang = can.visit.lang;
    let mut offices = Vec::new();
    if let Purpose::New(standard) = purpose
        && can.person().is_staff()
    {
        let known = web.ask(|desk| Ok(desk.store.read(|r| r.offices(Scope::All))?)).await?;
        let known = known.into_iter().filter(|o| o.closed_at.is_none() && standard.is_for(o.group.applicant()));
        offices = known.map(|o| (o.id.to_string(), format!("{} ({})", o.name, o.group.text().get(lang)))).collect();
    }
    let wrong = !errors.is_empty();
    let shown = SessionFormPage {
        page: can.page(purpose.title(&can.visit)),
        path: purpose.path(),
        may: match purpose {
            Purpose::New(standard) => may_apply(standard, lang),
            Purpose::Revise(_) => String::new(),
        },
        offices,
        given,
        most_bytes: MAX_SCAN_BYTES,
        errors,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&shown)).into_response())
}

async fn service(web: &Web, name: &str) -> Result<Purpose, Problem> {
    let name: Key = name.parse().map_err(|_| Problem::NotFound)?;
    Ok(Purpose::New(Box::new(web.ask(move |desk| desk.session_service(&name)).await?)))
}

/// `GET /services/{service}/new`
pub(super) async fn new_form(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let purpose = service(&web, &name).await?;
    let own = can.person().office.filter(|_| !can.person().is_staff());
    let office = match own {
        Some(own) => web.ask(move |desk| Ok(desk.store.read(|r| r.office(Scope::All, own))?)).await?,
        None => None,
    };
    if let (Purpose::New(standard), Some(office)) = (&purpose, &office)
        && !standard.is_for(office.group.applicant())
    {
        let refusal = Refusal::NotAnApplicant {
            service: standard.as_written().title.clone(),
            may: crate::domain::text::Text::new(may_apply(standard, Lang::Id), may_apply(standard, Lang::En)),
        };
        return Err(Problem::Refused(refusal.text()));
    }
    let usual = [
        ("institution", office.map(|office| office.name).unwrap_or_default()),
        ("duration_min", USUAL_SESSION_MIN.to_string()),
        ("form", web.desk.new_form()?.to_string()),
    ];
    let given = usual.map(|(name, value)| (name.to_owned(), value)).into();
    form_page(&web, &can, &purpose, given, FormErrors::default()).await
}

/// `POST /services/{service}/new`
pub(super) async fn send(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Response, Problem> {
    let purpose = service(&web, &name).await?;
    let (given, letter, scan) = match sent.read(&can.visit, &web.desk) {
        Ok(read) => read,
        Err((given, errors)) => return form_page(&web, &can, &purpose, given, errors).await,
    };
    let field = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let request = NewSession {
        office: field("office").parse().ok(),
        service: name.parse().map_err(|_| Problem::NotFound)?,
        letter,
        form: field("form").parse().ok(),
        scan,
    };
    let (desk, by) = (web.desk.clone(), can.id());
    let filed = tokio::task::spawn_blocking(move || desk.file_session(by, request)).await;
    answered(&web, &can, &purpose, given, filed.map_err(|_| Problem::Broken)?).await
}

/// `GET /requests/{id}/session`: the form with what was filed last.
pub(super) async fn revise_form(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let person = can.person().clone();
    let found = web.ask(move |desk| desk.case_file(&person, CaseId(id))).await?;
    let letter = &found.session().ok_or(Problem::NotFound)?.newest().letter;
    let local = web.zone().local(letter.wanted_at);
    let given = [
        ("institution", letter.institution.clone()),
        ("topic", letter.topic.clone()),
        ("purpose", letter.purpose.clone()),
        ("material", letter.material.clone()),
        ("contact", letter.contact.clone()),
        ("duration_min", letter.duration_min.to_string()),
        ("day", local.date().to_string()),
        ("time", format!("{:02}:{:02}", local.hour(), local.minute())),
        ("number", letter.number.clone()),
        ("date", letter.date.to_string()),
        ("version", found.row.version.to_string()),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value)).into();
    form_page(&web, &can, &Purpose::Revise(CaseId(id)), given, FormErrors::default()).await
}

/// `POST /requests/{id}/session`
pub(super) async fn revise_send(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
    sent: Sent,
) -> Result<Response, Problem> {
    let (purpose, case) = (Purpose::Revise(CaseId(id)), CaseId(id));
    let (given, letter, scan) = match sent.read(&can.visit, &web.desk) {
        Ok(read) => read,
        Err((given, errors)) => return form_page(&web, &can, &purpose, given, errors).await,
    };
    let version = given.get("version").and_then(|version| version.parse().ok());
    let (desk, by) = (web.desk.clone(), can.id());
    let revised = tokio::task::spawn_blocking(move || desk.revise_session(by, case, version, letter, scan)).await;
    answered(&web, &can, &purpose, given, revised.map_err(|_| Problem::Broken)?.map(|()| case)).await
}

async fn answered(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: &Purpose,
    given: Typed,
    filed: Result<CaseId, DeskError>,
) -> Result<Response, Problem> {
    match filed {
        Ok(case) => Ok(Redirect::to(&format!("/requests/{case}?done=filed")).into_response()),
        Err(DeskError::Refused(Refusal::NotFound { .. })) if matches!(purpose, Purpose::Revise(_)) => {
            Err(Problem::NotFound)
        }
        Err(DeskError::Refused(refusal)) => {
            let mut errors = FormErrors::default();
            let field = match refusal {
                Refusal::ApplicantWanted | Refusal::NotFound { .. } => "office",
                Refusal::NoScan | Refusal::TooLarge { .. } | Refusal::ManyScans => "scan",
                _ => "institution",
            };
            errors.add(field, refusal.text().get(can.visit.lang));
            form_page(web, can, purpose, given, errors).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What the form sends: what was typed, and the letter's scan if a file was chosen.
pub(super) struct Sent {
    given: Typed,
    scan: Option<Result<Scanned, Refusal>>,
}

impl FromRequest<Web> for Sent {
    type Rejection = Problem;
    async fn from_request(request: Request, web: &Web) -> Result<Sent, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/") {
            let (head, body) = request.into_parts();
            let bytes = to_bytes(body, MOST_TYPED_BYTES).await.map_err(|_| Problem::Unreadable)?;
            let typed = Form::from_request(Request::from_parts(head, bytes.into()), web).await;
            return Ok(Sent { given: typed.map_err(|_| Problem::Unreadable)?.0, scan: None });
        }
        let mut parts = Multipart::from_request(request, web).await.map_err(|_| Problem::Unreadable)?;
        let mut sent = Sent { given: Typed::new(), scan: None };
        while let Some(field) = parts.next_field().await.map_err(|_| Problem::Unreadable)? {
            match field.name().unwrap_or_default().to_owned().as_str() {
                // A browser sends the field also where no file was chosen.
                "scan" if field.file_name().is_none_or(str::is_empty) => {}
                "scan" => sent.scan = Some(counter::read(field, PaperKind::Letter).await?),
                name if sent.given.len() < MOST_FIELDS => {
                    sent.given.insert(name.to_owned(), short_text(field).await?);
                }
                _ => return Err(Problem::Unreadable),
            }
        }
        Ok(sent)
    }
}

/// Fields of a form, more than it has.
const MOST_FIELDS: usize = 40;
/// A form without a file, bytes: its longest fields, every character as three signs.
const MOST_TYPED_BYTES: usize = 100_000;

impl Sent {
    /// The letter and its scan, or what is wrong with either.
    fn read(self, visit: &Visit, desk: &Desk) -> Result<(Typed, SessionLetter, Option<Scanned>), (Typed, FormErrors)> {
        let Sent { given, scan } = self;
        let (letter, mut errors) = match read(&given, visit, desk) {
            Ok(letter) => (Some(letter), FormErrors::default()),
            Err(errors) => (None, errors),
        };
        match (letter, scan.transpose()) {
            (Some(letter), Ok(scan)) => return Ok((given, letter, scan)),
            (_, Err(refusal)) => errors.add("scan", refusal.text().get(visit.lang)),
            // A page can't keep the file that was chosen on the one before.
            (None, Ok(Some(_))) => errors.add("scan", visit.t("session-scan-again")),
            (None, Ok(None)) => {}
        }
        Err((given, errors))
    }
}

/// What the form says, or what is wrong with it, field by field.
fn read(given: &Typed, visit: &Visit, desk: &Desk) -> Result<SessionLetter, FormErrors> {
    let mut errors = FormErrors::default();
    let field = |name: &str| given.get(name).map(|text| text.trim().replace("\r\n", "\n")).unwrap_or_default();
    let day = field("day").parse::<BroadcastDate>();
    let time = field("time").parse::<TimeOfDay>();
    let date = field("date").parse::<BroadcastDate>();
    if day.is_err() || time.is_err() {
        errors.add("wanted_at", visit.t("session-wanted-wrong"));
    }
    if date.is_err() {
        errors.add("date", visit.t("letter-date-wanted"));
    }
    let (Ok(day), Ok(time), Ok(date)) = (day, time, date) else { return Err(errors) };
    let letter = SessionLetter {
        institution: field("institution"),
        topic: field("topic"),
        purpose: field("purpose"),
        material: field("material"),
        contact: field("contact"),
        duration_min: field("duration_min").parse().unwrap_or(0),
        wanted_at: desk.zone().on_calendar(day, time),
        number: field("number"),
        date,
    };
    for fault in desk.session_faults(&letter) {
        let words = fault.text.get(visit.lang);
        // On top of the page the sentence stands alone, so it names its field.
        let named = match fault.field {
            "institution" => visit.t("session-institution"),
            "topic" => visit.t("session-topic"),
            "purpose" => visit.t("session-purpose"),
            "material" => visit.t("session-material"),
            "contact" => visit.t("session-contact"),
            _ => String::new(),
        };
        errors.add(fault.field, if named.is_empty() { words.to_owned() } else { format!("{named}: {words}") });
    }
    if errors.is_empty() { Ok(letter) } else { Err(errors) }
}
