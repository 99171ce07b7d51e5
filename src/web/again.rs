//! Asking for the same clip again: one small page with everything filled in as it was, and beside the new request what was
//! decided about the earlier one.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Web;
use super::case::airing_of;
use super::letter_form::LetterForm;
use super::page::{FormErrors, Page, html};
use super::problem::Problem;
use super::requests::declarations;
use super::session::{Can, Enter, FileRequests};
use super::status::{Status, status};
use crate::desk::again::{AskedAgain, EarlierDecision, next_letter};
use crate::desk::cases::CaseFile;
use crate::desk::letters::position;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::people::Role;
use crate::domain::standard::Key;
use crate::domain::submission::CheckPoint;
use crate::domain::text::{Lang, date_in_words, instant_in_words};

/// Fields that stand outside the part that is folded away.
const ALWAYS_SEEN: [&str; 5] = ["number", "date", "first_day", "last_day", "declared"];

/// What a page says of the request before.
pub(super) struct EarlierBox {
    pub id: CaseId,
    pub title: String,
    pub status: Status,
    pub facts: Vec<(String, String)>,
    /// Why the approval was withdrawn, if it was.
    pub revoked: Option<String>,
    /// What those who verified and approved wrote, for staff.
    pub notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    page: Page,
    id: CaseId,
    clip: String,
    file: String,
    /// The file is not kept any more.
    gone: bool,
    channels: Vec<(String, String)>,
    given: LetterForm,
    declarations: Vec<(String, String, bool)>,
    /// Whether the folded part has something wrong in it.
    rest_open: bool,
    errors: FormErrors,
}

/// The box about the request after which this one asks again.
pub(super) async fn earlier(web: &Web, can: &Can<Enter>, found: &CaseFile) -> Result<Option<EarlierBox>, Problem> {
    let (person, case) = (can.person().clone(), found.row.id);
    let decision = web.ask(move |desk| desk.earlier_decision(&person, case)).await?;
    Ok(decision.and_then(|decision| earlier_box(web, can, decision)))
}

fn earlier_box(web: &Web, can: &Can<Enter>, decision: EarlierDecision) -> Option<EarlierBox> {
    let EarlierDecision { found, approval, by_name, standing } = decision;
    let (visit, lang, staff) = (&can.visit, can.visit.lang, can.person().is_staff());
    let Ok(airing) = found.airing() else { return None };
    let letter = &airing.newest().letter;
    let between = match lang {
        Lang::Id => "sampai",
        Lang::En => "to",
    };
    let head = position(approval.form, &Role::Head.text().id);
    let by = if staff { format!("{by_name}, {head}") } else { head };
    let held = airing.checklist.iter().flatten().filter(|(_, holds)| **holds).count();
    let mut facts = vec![
        (visit.t("case-approval"), approval.number.clone()),
        (visit.t("again-by"), format!("{by}, {}", instant_in_words(approval.at, web.zone(), lang))),
        (
            visit.t("letter-period"),
            format!("{} {between} {}", date_in_words(letter.first_day, lang), date_in_words(letter.last_day, lang)),
        ),
    ];
    if staff && airing.checklist.is_some() {
        facts.push((visit.t("case-checklist"), format!("{held} / {}", CheckPoint::ALL.len())));
    }
    let notes = found.moves.iter().filter(|_| staff).filter_map(|done| done.reason.clone());
    Some(EarlierBox {
        id: found.row.id,
        title: letter.title.clone(),
        status: status(&standing, visit),
        facts,
        revoked: approval.revoked.map(|(_, why)| why),
        notes: notes.collect(),
    })
}

/// `GET /requests/{id}/again`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let found = askable(&web, &can, id).await?;
    let newest = airing_of(&found)?.newest();
    let today = web.zone().date_of(web.desk.now());
    let letter = next_letter(&newest.letter, today);
    let every_day = newest.letter.days == newest.letter.period_days();
    let given = LetterForm {
        form: web.desk.new_form()?.to_string(),
        version: String::new(),
        office: if can.person().is_staff() { found.row.office.to_string() } else { String::new() },
        days: if every_day { String::new() } else { letter.days.to_string() },
        ..LetterForm::of(&letter, newest.channel.as_str(), 0)
    };
    again_page(&web, &can, &found, given, &BTreeSet::new(), FormErrors::default())
}

/// `POST /requests/{id}/again`
pub(super) async fn send(
    State(web): State<Web>,
    can: Can<FileRequests>,
    Path(id): Path<i64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let found = askable(&web, &can, id).await?;
    let mut given = LetterForm::default();
    let mut declared: BTreeSet<Key> = BTreeSet::new();
    for (name, value) in fields {
        match name.as_str() {
            "declare" => declared.extend(value.parse::<Key>().ok()),
            name => given.set(name, value),
        }
    }
    let letter = given.read(&can.visit, &web.desk);
    let mut errors = letter.as_ref().err().cloned().unwrap_or_default();
    if declarations(&web).iter().any(|(key, _)| !declared.contains(key)) {
        errors.add("declared", can.visit.t("letter-declare-all"));
    }
    let (Ok(letter), true) = (letter, errors.is_empty()) else {
        return again_page(&web, &can, &found, given, &declared, errors);
    };
    let asked = AskedAgain {
        channel: given.channel.parse().map_err(|_| Problem::Unreadable)?,
        letter,
        declared: declared.clone(),
        form: given.form.parse().ok(),
    };
    let by = can.id();
    match web.blocking(move |desk| desk.ask_again(by, CaseId(id), asked)).await? {
        Ok(filed) => Ok(Redirect::to(&format!("/requests/{}?done=again", filed.case)).into_response()),
        Err(DeskError::Refused(Refusal::OriginalGone)) => {
            let mut errors = FormErrors::default();
            errors.add("file", Refusal::OriginalGone.text().get(can.visit.lang));
            again_page(&web, &can, &found, given, &declared, errors)
        }
        Err(error) => Err(error.into()),
    }
}

async fn askable(web: &Web, can: &Can<FileRequests>, id: i64) -> Result<CaseFile, Problem> {
    let person = can.person().clone();
    web.ask(move |desk| desk.to_ask_again(&person, CaseId(id))).await
}

fn again_page(
    web: &Web,
    can: &Can<FileRequests>,
    found: &CaseFile,
    given: LetterForm,
    declared: &BTreeSet<Key>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let lang = can.visit.lang;
    let newest = airing_of(found)?.newest();
    let wrong = !errors.is_empty();
    let channels = web.desk.config.channels.values().map(|c| (c.channel.id.to_string(), c.channel.title.clone()));
    let declarations = declarations(web).into_iter();
    let shown = AgainPage {
        page: can.page(can.visit.t("again")),
        id: found.row.id,
        clip: newest.letter.title.clone(),
        file: newest.original.name.clone(),
        gone: !web.desk.has_original(found),
        channels: channels.collect(),
        declarations: declarations
            .map(|(key, label)| (key.to_string(), label.get(lang).to_owned(), declared.contains(&key)))
            .collect(),
        rest_open: errors.0.iter().any(|error| !ALWAYS_SEEN.contains(&error.field)),
        given,
        errors,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&shown)).into_response())
}
