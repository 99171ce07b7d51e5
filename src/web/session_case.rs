//! The page of a request for a session: where it stands, what the letter says, the steps of its service, what was written
//! about it, every act so far, and what the person who looks may do next.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Web;
use super::case::{by_words, done_words};
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::session::{Can, Enter, password_again};
use super::status::{Status, status};
use crate::desk::cases::{CaseFile, Options};
use crate::desk::matter::Session;
use crate::desk::review::WantedAct;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::session::SessionLetter;
use crate::domain::standard::{Action, EdgeKind};
use crate::domain::text::{Text, date_in_words, instant_in_words};
use crate::engine::procedure::Refused;

struct TrailRow {
    what: String,
    by: String,
    at: String,
    reason: Option<String>,
    /// It was done by the same act as the one before.
    with: bool,
}

struct OfferRow {
    key: String,
    label: String,
    wants_reason: bool,
}

struct StepRow {
    what: String,
    who: String,
    /// `done`, `now`, or nothing yet.
    state: &'static str,
}

struct PaperRow {
    document: String,
    label: String,
    /// Its number; none while it is a draft.
    number: Option<String>,
}

struct ActForm {
    heading: String,
    lead: Option<String>,
    step: String,
    version: u32,
    offers: Vec<OfferRow>,
    /// What has to be ready: the standard's word, and whether it was ticked.
    list: Vec<(String, bool)>,
    wants_password: bool,
    may_want_reason: bool,
    /// What else the same act counts for.
    rungs: Option<String>,
    reason: String,
    choice: String,
    /// It is done by filing again.
    revise: bool,
}

#[derive(Template)]
#[template(path = "session_case.html")]
struct SessionCasePage {
    page: Page,
    id: CaseId,
    service: String,
    office: String,
    agenda: String,
    status: Status,
    /// By when it is due, and whether that is over.
    due: Option<(String, bool)>,
    /// When it closes by itself.
    closes: Option<String>,
    facts: Vec<(String, String)>,
    steps: Vec<StepRow>,
    papers: Vec<PaperRow>,
    trail: Vec<TrailRow>,
    act: Option<ActForm>,
    errors: FormErrors,
}

/// The page, with what was just done.
pub(super) fn show(web: &Web, can: &Can<Enter>, of: (&CaseFile, &Session), done: &str) -> Result<Response, Problem> {
    let mut shown = case_page(web, can, of, &BTreeMap::new(), FormErrors::default())?;
    shown.page.done = match done {
        "filed" => Some(can.visit.t("session-filed")),
        "acted" => Some(can.visit.t("case-acted")),
        _ => None,
    };
    Ok(html(&shown))
}

fn case_page(
    web: &Web,
    can: &Can<Enter>,
    (found, session): (&CaseFile, &Session),
    given: &BTreeMap<String, String>,
    errors: FormErrors,
) -> Result<SessionCasePage, Problem> {
    let (visit, lang) = (&can.visit, can.visit.lang);
    let options = found.options(can.person())?;
    let deadlines = web.desk.deadlines()?;
    let due = deadlines.of(found, web.desk.now());
    let trail = found.moves.iter().rev().map(|done| TrailRow {
        what: done_words(done, &found.standard, lang),
        by: by_words(done, found, can),
        at: instant_in_words(done.at, web.zone(), lang),
        reason: done.reason.clone(),
        with: done.with.is_some(),
    });
    Ok(SessionCasePage {
        page: can.page(found.row.title.clone()),
        due: due.map(|due| (due.text(deadlines.office()).get(lang).to_owned(), due.is_over)),
        closes: deadlines.lapses_at(found).map(|at| instant_in_words(at, deadlines.office().zone, lang)),
        id: found.row.id,
        service: found.standard.as_written().title.get(lang).to_owned(),
        office: found.row.office_name.clone(),
        agenda: found.row.agenda_number.clone().unwrap_or_else(|| "–".into()),
        status: status(&found.standing(), visit),
        facts: letter_facts(&session.newest().letter, web, visit),
        steps: steps(found, visit)?,
        papers: papers(found, session, can),
        trail: trail.collect(),
        act: act_form(found, options, given, visit),
        errors,
    })
}

/// The letter as a page lists it.
fn letter_facts(letter: &SessionLetter, web: &Web, visit: &Visit) -> Vec<(String, String)> {
    let lang = visit.lang;
    let number = if letter.number.is_empty() { "–".to_owned() } else { letter.number.clone() };
    vec![
        (visit.t("session-institution"), letter.institution.clone()),
        (visit.t("session-topic"), letter.topic.clone()),
        (visit.t("session-purpose"), letter.purpose.clone()),
        (visit.t("session-material"), letter.material.clone()),
        (visit.t("session-contact"), letter.contact.clone()),
        (visit.t("session-wanted"), instant_in_words(letter.wanted_at, web.zone(), lang)),
        (visit.t("session-minutes"), letter.duration_min.to_string()),
        (visit.t("letter-number"), number),
        (visit.t("letter-date"), date_in_words(letter.date, lang)),
    ]
}

/// The steps of the service, in its order, with how far this request has come.
fn steps(found: &CaseFile, visit: &Visit) -> Result<Vec<StepRow>, Problem> {
    let case = found.case()?;
    let visited = |step: &crate::domain::standard::Step| found.moves.iter().any(|done| done.from == step.id);
    // What the document does not state, a correction, is shown where it happened.
    let shown = found.standard.as_written().steps.iter().filter(|step| !step.inferred || visited(step) || step.archive);
    let row = |step: &crate::domain::standard::Step| StepRow {
        what: step.action.text().get(visit.lang).to_owned(),
        who: found.standard.title_of(&step.actor).to_owned(),
        state: match case.at() == &step.id {
            true => "now",
            false if case.is_done(&step.id) => "done",
            false => "",
        },
    };
    Ok(shown.map(row).collect())
}

/// Papers that there are: issued ones for everybody, a draft for the staff who judge it.
fn papers(found: &CaseFile, session: &Session, can: &Can<Enter>) -> Vec<PaperRow> {
    let drafted = |document: &crate::domain::standard::Document| {
        let mut drafts = found.standard.as_written().steps.iter().filter(|step| step.yields.contains(&document.id));
        can.person().is_staff() && drafts.any(|step| found.moves.iter().any(|done| done.from == step.id))
    };
    let documents = found.standard.as_written().documents.iter();
    let row = |document: &crate::domain::standard::Document| {
        let issued = session.paper(&document.id);
        (issued.is_some() || drafted(document)).then(|| PaperRow {
            document: document.id.to_string(),
            label: document.label.get(can.visit.lang).to_owned(),
            number: issued.map(|paper| paper.number.clone()),
        })
    };
    documents.filter_map(row).collect()
}

fn act_form(found: &CaseFile, options: Options, given: &BTreeMap<String, String>, visit: &Visit) -> Option<ActForm> {
    let lang = visit.lang;
    let step = found.step()?;
    options.may_act.ok()?;
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let revise = matches!(step.action, Action::Revise | Action::Submit);
    // A corrected letter sends the request on by itself.
    let offers = options.offers.iter().filter(|offer| !(revise && offer.kind == EdgeKind::Next));
    Some(ActForm {
        heading: step.action.text().get(lang).to_owned(),
        lead: lead(step.action).map(|text| text.get(lang).to_owned()),
        step: step.id.to_string(),
        version: found.row.version,
        may_want_reason: offers.clone().any(|offer| offer.wants_reason),
        offers: offers
            .map(|offer| OfferRow {
                key: offer.key.clone(),
                label: offer.label.get(lang).to_owned(),
                wants_reason: offer.wants_reason,
            })
            .collect(),
        list: step.checklist.iter().map(|thing| (thing.clone(), given.contains_key(&tick(thing)))).collect(),
        wants_password: options.signs,
        rungs: (!options.rungs_above.is_empty())
            .then(|| visit.t1("session-rungs", "titles", options.rungs_above.join(", "))),
        reason: text("reason"),
        choice: text("choice"),
        revise,
    })
}

/// What a desk should know about a step, where its name does not say it.
fn lead(action: Action) -> Option<Text> {
    Some(match action {
        Action::Verify => Text::new(
            "Teliti surat: apakah lengkap, untuk siapa, dan cocok dengan layanan ini.",
            "Examine the letter: is it complete, for whom is it, does it suit this service.",
        ),
        Action::Draft => Text::new(
            "Susun jadwal. Konsepnya lalu diparaf Kabid dan Sekdis, dan ditandatangani Kepala Dinas.",
            "Draft the schedule. It is then initialled by division and secretary, and signed by the head of agency.",
        ),
        Action::Initial => Text::new(
            "Buka konsepnya di bagian Surat dan jadwal, lalu paraf atau kembalikan dengan alasan.",
            "Open the draft under Letters and schedules, then initial it or return it with a reason.",
        ),
        Action::Sign => Text::new(
            "Suratnya diberi nomor dan kode pemeriksaan setelah ditandatangani.",
            "The paper gets its number and verification code once it is signed.",
        ),
        Action::Schedule => Text::new(
            "Pemohon menerima jadwal dan panduan teknis setelah langkah ini.",
            "The applicant gets schedule and technical guide by this step.",
        ),
        Action::Prepare => Text::new(
            "Sepakati persiapan teknis, dan uji coba bila perlu. Tulis hasilnya sebagai catatan.",
            "Agree on the technical preparation, and a trial if needed. Write the result as a note.",
        ),
        Action::Check => {
            Text::new("Periksa setiap peralatan, lalu centang.", "Check every piece of equipment, then tick it.")
        }
        Action::HandOver => Text::new(
            "Tulis apa yang diserahkan: naskah, musik, video.",
            "Write what is handed over: script, music, video.",
        ),
        Action::Attend => Text::new(
            "Pemohon atau operator studio mencatat kehadiran.",
            "The applicant or the studio operator records who came.",
        ),
        _ => return None,
    })
}

/// The field of one thing of the step's list.
fn tick(thing: &str) -> String {
    format!("ready-{}", thing.replace(' ', "-"))
}

/// `POST /requests/{id}/act` for a session.
pub(super) async fn act(
    web: &Web,
    can: &Can<Enter>,
    of: (&CaseFile, &Session),
    given: BTreeMap<String, String>,
) -> Result<Response, Problem> {
    let (found, id) = (of.0, of.0.row.id);
    let text = |name: &str| given.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut errors = FormErrors::default();
    let step = found.step().filter(|step| Some(step.id.as_str()) == given.get("step").map(String::as_str));
    let options = found.options(can.person())?;
    let choice = text("choice");
    let goes_on = options.offers.iter().any(|o| Some(&o.key) == choice.as_ref() && o.kind == EdgeKind::Next);
    let here = step.is_some_and(|step| step.action == Action::Sign);
    // What is signed on a rung above is signed only by going on; what is refused here, by whoever signs here.
    let signs = step.is_some() && (here || (options.signs && goes_on));
    if choice.is_none() {
        errors.add("choice", can.visit.t("act-choice-wanted"));
    }
    if signs && errors.is_empty() {
        let password = given.get("password").cloned().unwrap_or_default();
        if password.is_empty() {
            errors.add("password", can.visit.t("act-password-empty"));
        } else if !password_again(web, can, password).await? {
            errors.add("password", can.visit.t("act-password-wrong"));
        }
    }
    let list = step.into_iter().flat_map(|step| &step.checklist);
    let ticked: BTreeSet<String> = list.filter(|thing| given.contains_key(&tick(thing))).cloned().collect();
    let wanted = WantedAct {
        step: text("step").unwrap_or_default(),
        choice,
        reason: text("reason"),
        version: text("version").and_then(|version| version.parse().ok()),
        ticked,
        ..WantedAct::default()
    };
    if errors.is_empty() {
        let (desk, by) = (web.desk.clone(), can.id());
        let acting = move || desk.act(by, id, wanted);
        match tokio::task::spawn_blocking(acting).await.map_err(|_| Problem::Broken)? {
            Ok(_) => return Ok(Redirect::to(&format!("/requests/{id}?done=acted")).into_response()),
            Err(DeskError::Refused(Refusal::NotFound { .. })) => return Err(Problem::NotFound),
            Err(DeskError::Refused(refusal)) => {
                let field = match refusal {
                    Refusal::NotReady { .. } => "list",
                    Refusal::Procedure(Refused::ReasonWanted | Refused::ReasonTooLong) => "reason",
                    _ => "act",
                };
                errors.add(field, refusal.text().get(can.visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let shown = case_page(web, can, of, &given, errors)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}
