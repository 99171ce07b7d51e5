//! Requests: the list, and filing one in two steps. The first page takes the letter's details, the second shows them
//! once more and takes declarations and clip, so that nobody uploads twice because of a mistyped date.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Form;
use axum::extract::multipart::Field;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::case::airing_of;
use super::letter_form::{LetterForm, short_text};
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::services::{titled, titles};
use super::session::{Can, Enter, FileRequests, Right};
use super::status::{Status, status};
use super::upload;
use crate::desk::intake::{Filed, MAX_UPLOAD_BYTES, NewRequest};
use crate::desk::standing::Standing;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::people::Role;
use crate::domain::standard::{Key, Requirement};
use crate::domain::submission::LetterDetails;
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};
use crate::files::sop;
use crate::store::{CaseRow, Scope};

/// One request in a list.
pub(super) struct RequestRow {
    pub id: CaseId,
    pub title: String,
    /// What the service is called.
    pub service: String,
    pub office: String,
    pub agenda: String,
    pub status: Status,
    pub since: String,
    /// Whether its clip can be asked for again by whoever looks.
    pub again: bool,
}

impl RequestRow {
    pub(super) fn of(
        case: &CaseRow,
        state: &Standing,
        services: &BTreeMap<Key, Text>,
        web: &Web,
        visit: &Visit,
    ) -> RequestRow {
        RequestRow {
            id: case.id,
            title: case.title.clone(),
            service: titled(services, &case.service, visit.lang),
            office: case.office_name.clone(),
            agenda: case.agenda_number.clone().unwrap_or_else(|| "–".into()),
            status: status(state, visit),
            since: instant_in_words(case.step_at, web.zone(), visit.lang),
            again: false,
        }
    }
}

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    page: Page,
    may_file: bool,
    /// Services of which there are requests, where there are several: name, title, and whether it alone is shown.
    services: Vec<(String, String, bool)>,
    /// Whether those of all services are shown.
    all: bool,
    rows: Vec<RequestRow>,
}

/// Which requests the address asks for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    /// Of one service alone; empty: of all.
    service: String,
}

/// `GET /requests`
pub(super) async fn list(
    State(web): State<Web>,
    can: Can<Enter>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let person = can.person().clone();
    let (cases, approved, titles) = web
        .ask(move |desk| Ok((desk.cases_with_standings(&person)?, desk.askable_again(&person)?, titles(desk)?)))
        .await?;
    let known: BTreeSet<&Key> = cases.iter().map(|(case, _)| &case.service).collect();
    // A service of which there is no request, whoever wrote the address, is no choice: then all are shown.
    let only: Option<Key> = asked.service.parse().ok().filter(|service| known.contains(service));
    let choice = |service: &&Key| {
        (service.to_string(), titled(&titles, service, can.visit.lang), only.as_ref() == Some(*service))
    };
    let services = known.iter().filter(|_| known.len() > 1).map(choice).collect();
    let may_file = FileRequests::ROLES.iter().any(|role| can.person().holds(*role));
    let row = |(case, state): &(CaseRow, Standing)| RequestRow {
        again: may_file && approved.contains(&case.id) && *state != Standing::Returned,
        ..RequestRow::of(case, state, &titles, &web, &can.visit)
    };
    let rows =
        cases.iter().filter(|(case, _)| only.as_ref().is_none_or(|only| *only == case.service)).map(row).collect();
    Ok(html(&RequestsPage {
        page: can.page(can.visit.t("nav-requests")),
        may_file,
        services,
        all: only.is_none(),
        rows,
    }))
}

#[derive(Template)]
#[template(path = "letter_form.html")]
struct LetterPage {
    page: Page,
    check_path: String,
    channels: Vec<(String, String)>,
    /// Offices for which this person may enter a letter; empty: the person's own alone.
    offices: Vec<(String, String)>,
    given: LetterForm,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "letter_check.html")]
struct CheckPage {
    page: Page,
    clip_wanted: bool,
    /// The largest file that is taken, and what is said of a larger one before any of it is sent.
    most_bytes: u64,
    too_large: String,
    edit_path: String,
    send_path: String,
    facts: Vec<(String, String)>,
    declarations: Vec<(String, String, bool)>,
    given: LetterForm,
    errors: FormErrors,
}

/// Whether the pages make a request or mend one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    New,
    Revise(CaseId),
}

impl Purpose {
    fn path(self, page: &str) -> String {
        match (self, page) {
            (Purpose::New, "send") => "/requests".to_owned(),
            (Purpose::New, page) => format!("/requests/{page}"),
            (Purpose::Revise(case), "send") => format!("/requests/{case}/revise"),
            (Purpose::Revise(case), page) => format!("/requests/{case}/revise/{page}"),
        }
    }
    fn title(self, visit: &Visit) -> String {
        match self {
            Purpose::New => visit.t("letter-new"),
            Purpose::Revise(_) => visit.t("letter-revise"),
        }
    }
}

async fn letter_page(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: Purpose,
    given: LetterForm,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let at_the_counter = purpose == Purpose::New && can.person().is_staff();
    let offices = match at_the_counter {
        true => web.ask(|desk| Ok(desk.store.read(|r| r.offices(Scope::All))?)).await?,
        false => Vec::new(),
    };
    let wrong = !errors.is_empty();
    let channels = web.desk.config.channels.values().map(|c| (c.channel.id.to_string(), c.channel.title.clone()));
    let shown = LetterPage {
        page: can.page(purpose.title(&can.visit)),
        check_path: purpose.path("check"),
        channels: channels.collect(),
        offices: offices.into_iter().map(|office| (office.id.to_string(), office.name)).collect(),
        given,
        errors,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&shown)).into_response())
}

/// `GET /requests/new`
pub(super) async fn new_form(State(web): State<Web>, can: Can<FileRequests>) -> Result<Response, Problem> {
    letter_page(&web, &can, Purpose::New, LetterForm::usual(), FormErrors::default()).await
}

/// `POST /requests/new`: back from the check, with what was typed.
pub(super) async fn change(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Form(given): Form<LetterForm>,
) -> Result<Response, Problem> {
    letter_page(&web, &can, Purpose::New, given, FormErrors::default()).await
}

/// `POST /requests/check`
pub(super) async fn check(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Form(given): Form<LetterForm>,
) -> Result<Response, Problem> {
    checked(&web, &can, Purpose::New, given).await
}

/// `GET /requests/{id}/revise`: the form with what was filed last.
pub(super) async fn revise_form(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let (person, id) = (can.person().clone(), CaseId(id));
    let found = web.ask(move |desk| desk.case_file(&person, id)).await?;
    if found.session().is_some() {
        return Ok(Redirect::to(&format!("/requests/{id}/session")).into_response());
    }
    let newest = airing_of(&found)?.newest();
    let given = LetterForm::of(&newest.letter, newest.channel.as_str(), found.row.version);
    letter_page(&web, &can, Purpose::Revise(id), given, FormErrors::default()).await
}

/// `POST /requests/{id}/revise/new`
pub(super) async fn revise_change(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
    Form(given): Form<LetterForm>,
) -> Result<Response, Problem> {
    letter_page(&web, &can, Purpose::Revise(CaseId(id)), given, FormErrors::default()).await
}

/// `POST /requests/{id}/revise/check`
pub(super) async fn revise_check(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
    Form(given): Form<LetterForm>,
) -> Result<Response, Problem> {
    checked(&web, &can, Purpose::Revise(CaseId(id)), given).await
}

async fn checked(web: &Web, can: &Can<FileRequests>, purpose: Purpose, given: LetterForm) -> Result<Response, Problem> {
    match given.read(&can.visit, &web.desk) {
        Err(errors) => letter_page(web, can, purpose, given, errors).await,
        Ok(letter) => {
            let given = LetterForm { form: web.desk.new_form()?.to_string(), ..given };
            Ok(check_page(web, can, purpose, given, &letter, &BTreeSet::new(), FormErrors::default()))
        }
    }
}

fn check_page(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: Purpose,
    given: LetterForm,
    letter: &LetterDetails,
    ticked: &BTreeSet<Key>,
    errors: FormErrors,
) -> Response {
    let lang = can.visit.lang;
    let wrong = !errors.is_empty();
    let declarations = declarations(web).into_iter();
    let mut facts = letter_facts(letter, &can.visit);
    let framing = letter.framing.map(|framing| framing.text().get(lang).to_owned());
    facts.push((can.visit.t("framing"), framing.unwrap_or_else(|| can.visit.t("framing-usual"))));
    let shown = CheckPage {
        page: can.page(can.visit.t("letter-check")),
        clip_wanted: purpose == Purpose::New,
        most_bytes: MAX_UPLOAD_BYTES,
        too_large: Refusal::TooLarge { limit_bytes: MAX_UPLOAD_BYTES }.text().get(lang).to_owned(),
        edit_path: purpose.path("new"),
        send_path: purpose.path("send"),
        facts,
        declarations: declarations
            .map(|(id, label)| (id.to_string(), label.get(lang).to_owned(), ticked.contains(&id)))
            .collect(),
        given,
        errors,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, html(&shown)).into_response()
}

/// What the standard in force wants declared.
pub(super) fn declarations(web: &Web) -> Vec<(Key, Text)> {
    let Ok(written) = sop::videotron(web.desk.home()) else { return Vec::new() };
    let requirements = &written.standard.as_written().requirements;
    let declared = |r: &&Requirement| r.kind == "declaration";
    requirements.iter().filter(declared).map(|r| (r.id.clone(), r.label.clone())).collect()
}

/// The letter's details as a page lists them.
pub(super) fn letter_facts(letter: &LetterDetails, visit: &Visit) -> Vec<(String, String)> {
    let lang = visit.lang;
    let dash = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let (between, seconds) = match lang {
        Lang::Id => ("sampai", "detik"),
        Lang::En => ("to", "seconds"),
    };
    let hours = letter.preferred_hours.map_or_else(
        || visit.t("letter-hours-any"),
        |(from, to)| format!("{} – {}", short(&from.to_string()), short(&to.to_string())),
    );
    vec![
        (visit.t("letter-title"), letter.title.clone()),
        (visit.t("letter-description"), letter.description.clone()),
        (visit.t("letter-number"), dash(&letter.number)),
        (visit.t("letter-date"), date_in_words(letter.date, lang)),
        (
            visit.t("letter-period"),
            format!("{} {between} {}", date_in_words(letter.first_day, lang), date_in_words(letter.last_day, lang)),
        ),
        (visit.t("letter-play-s"), format!("{} {seconds}", letter.play_s)),
        (visit.t("letter-plays"), letter.plays_per_day.to_string()),
        (visit.t("letter-days"), letter.days.to_string()),
        (visit.t("letter-hours"), hours),
    ]
}

fn short(time: &str) -> &str {
    time.get(..5).unwrap_or(time)
}

/// `POST /requests`
pub(super) async fn send(
    State(web): State<Web>,
    can: Can<FileRequests>,
    parts: Multipart,
) -> Result<Response, Problem> {
    receive(&web, &can, Purpose::New, parts).await
}

/// `POST /requests/{id}/revise`
pub(super) async fn revise_send(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
    parts: Multipart,
) -> Result<Response, Problem> {
    receive(&web, &can, Purpose::Revise(CaseId(id)), parts).await
}

/// Reads the letter's fields, then streams the file to the desk. The form has the file last, so a letter that can't be
/// is refused before the clip is kept.
async fn receive(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: Purpose,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let mut given = LetterForm::default();
    let mut declared: BTreeSet<Key> = BTreeSet::new();
    let mut clip_bytes = None;
    while let Some(field) = parts.next_field().await.map_err(|_| Problem::Unreadable)? {
        match field.name().unwrap_or_default() {
            "declare" => declared.extend(short_text(field).await?.parse::<Key>().ok()),
            "clip_bytes" => clip_bytes = short_text(field).await?.parse().ok(),
            "clip" => return with_clip(web, can, purpose, given, declared, Clip { field, clip_bytes }).await,
            _ => given.take(field).await?,
        }
    }
    Err(Problem::Unreadable)
}

/// The clip's field, and its size if the browser says so.
struct Clip<'f> {
    field: Field<'f>,
    clip_bytes: Option<u64>,
}

async fn with_clip(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: Purpose,
    given: LetterForm,
    declared: BTreeSet<Key>,
    clip: Clip<'_>,
) -> Result<Response, Problem> {
    let letter = match given.read(&can.visit, &web.desk) {
        Ok(letter) => letter,
        Err(errors) => {
            upload::pass_over(clip.field).await;
            return letter_page(web, can, purpose, given, errors).await;
        }
    };
    let name = clip.field.file_name().unwrap_or_default().to_owned();
    let mut errors = FormErrors::default();
    if declarations(web).iter().any(|(id, _)| !declared.contains(id)) {
        errors.add("declared", can.visit.t("letter-declare-all"));
    }
    if name.is_empty() && purpose == Purpose::New {
        errors.add("clip", can.visit.t("letter-clip-wanted"));
    }
    // Without a clip nothing takes long.
    let place = if name.is_empty() { None } else { web.uploads.take(can.id()) };
    if !name.is_empty() && place.is_none() {
        errors.add("clip", can.visit.t("upload-many"));
    }
    if !errors.is_empty() {
        upload::pass_over(clip.field).await;
        return Ok(check_page(web, can, purpose, given, &letter, &declared, errors));
    }
    let request = NewRequest {
        office: given.office.parse().ok(),
        channel: given.channel.parse().map_err(|_| Problem::Unreadable)?,
        letter: letter.clone(),
        declared: declared.clone(),
        form: given.form.parse().ok(),
    };
    let filed = if name.is_empty() {
        file(web, can, purpose, &given, request, None).await?
    } else {
        let (sender, pipe) = upload::pipe(name, clip.clip_bytes);
        let filing = file(web, can, purpose, &given, request, Some(pipe));
        let (filed, ()) = tokio::join!(filing, sender.send(clip.field));
        filed?
    };
    drop(place);
    match filed {
        Ok(filed) => {
            // Whoever brought it to the counter waits for a receipt.
            let paper = if can.person().holds(Role::Office) { "" } else { "/paper" };
            Ok(Redirect::to(&format!("/requests/{}{paper}?done=filed", filed.case)).into_response())
        }
        Err(DeskError::Refused(Refusal::NotFound { .. })) => Err(Problem::NotFound),
        Err(DeskError::Refused(refusal)) => {
            let mut errors = FormErrors::default();
            errors.add("clip", refusal.text().get(can.visit.lang));
            Ok(check_page(web, can, purpose, given, &letter, &declared, errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// Files it, on a thread that may block.
async fn file(
    web: &Web,
    can: &Can<FileRequests>,
    purpose: Purpose,
    given: &LetterForm,
    request: NewRequest,
    pipe: Option<upload::Pipe>,
) -> Result<Result<Filed, DeskError>, Problem> {
    let (desk, by, version) = (web.desk.clone(), can.id(), given.version.parse().ok());
    let filing = move || {
        let mut pipe = pipe;
        let upload = pipe.as_mut().map(upload::Pipe::as_upload);
        match (purpose, upload) {
            (Purpose::New, Some(upload)) => desk.file_request(by, request, upload),
            (Purpose::New, None) => Err(Refusal::BrokeOff.into()),
            (Purpose::Revise(case), upload) => desk.revise_request(by, case, version, request, upload),
        }
    };
    tokio::task::spawn_blocking(filing).await.map_err(|_| Problem::Broken)
}
