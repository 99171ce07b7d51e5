//! The page of one request: where it stands, the letter, what the file was found to be, every act so far, and what the
//! person who looks may do next.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::again::{self, EarlierBox};
use super::attachment::attachment;
use super::guide::Guide;
use super::page::{Done, FormErrors, Page, Visit, html};
use super::planning::oral::{self, OralBox};
use super::problem::Problem;
use super::requests::letter_facts;
use super::session::{Can, Enter, FileRequests, Retry, Revoke, Right, password_again};
use super::session_case;
use super::status::{Status, status};
use super::timeline;
use super::work::{self, WorkRow};
use crate::desk::cases::CaseFile;
use crate::desk::given_back::trouble_text;
use crate::desk::letters::position;
use crate::desk::matter::Airing;
use crate::desk::planning::PlanError;
use crate::desk::review::WantedAct;
use crate::desk::standing::Standing;
use crate::desk::{DeskError, Refusal};
use crate::domain::asset::{ConformChoice, ConformRecipe, Framing, Severity, Verdict};
use crate::domain::channel::HouseFormat;
use crate::domain::ids::{ApprovalId, CaseId};
use crate::domain::rules::ContentTag;
use crate::domain::standard::{Action, EdgeKind, ServiceStandard};
use crate::domain::submission::{CheckPoint, Submission};
use crate::domain::text::{Lang, date_in_words, decimal, instant_in_words};
use crate::domain::time::BroadcastDate;
use crate::engine::procedure::{Offer, Refused};
use crate::files::library::Look;
use crate::store::{AlikeRow, Job, JobKind, JobState, MoveRow};

/// How often a page looks again while the machine works on a file, seconds.
const WORKING_REFRESH_S: u32 = 3;

struct ReasonRow {
    tone: &'static str,
    text: String,
}

struct TrailRow {
    what: String,
    by: String,
    at: String,
    reason: Option<String>,
}

struct OfferRow {
    key: String,
    label: String,
    wants_reason: bool,
}

struct PointRow {
    key: &'static str,
    label: String,
    ticked: bool,
}

/// What the person may do.
struct ActForm {
    guide: Guide,
    step: String,
    version: u32,
    offers: Vec<OfferRow>,
    points: Vec<PointRow>,
    /// What the clip may show, for whoever verifies it.
    tags: Vec<PointRow>,
    wants_password: bool,
    /// Whether some way on needs a reason.
    may_want_reason: bool,
    /// Ways in which the picture can be brought to the wall's shape, while that may be chosen.
    framings: Vec<PointRow>,
    reason: String,
    choice: String,
    /// It is done by filing again.
    revise: bool,
}

struct ClipFacts {
    name: String,
    size: String,
    /// Since when it is not kept any more.
    disposed: Option<String>,
    sha256: String,
    /// Tone and words of the verdict; none while the file is being looked at.
    verdict: Option<Status>,
    reasons: Vec<ReasonRow>,
    /// That it is not as long as the letter says.
    length: Option<String>,
    preview: Preview,
    /// What the machine is still doing.
    /// What was found along it, drawn.
    timeline: Option<String>,
    /// Earlier requests with the same file or pictures.
    alikes: Vec<EarlierRow>,
    works: Vec<WorkRow>,
    /// What the machine gave up, with its own words for staff.
    given_up: Vec<(String, Option<String>)>,
}

/// The copy in which people look at the clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preview {
    Ready {
        width: u32,
        height: u32,
        sheet: bool,
        wave: bool,
    },
    Making,
    /// A refused file gets none; one that could not be made is among what was given up.
    None,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    page: Page,
    id: CaseId,
    office: String,
    agenda: String,
    status: Status,
    /// What can be done, where the step does not say it.
    way_on: Option<String>,
    /// By when the step that waits is due, and whether that is over.
    due: Option<(String, bool)>,
    /// When the request is closed if its applicant does not answer.
    closes: Option<String>,
    facts: Vec<(String, String)>,
    clip: ClipFacts,
    checklist: Vec<PointRow>,
    approval: Vec<ApprovalRow>,
    trail: Vec<TrailRow>,
    act: Option<ActForm>,
    revise: bool,
    may_retry: bool,
    may_stop: bool,
    /// Whether this person may ask for the clip again.
    again: bool,
    /// What was approved orally, or that it can be.
    oral: Option<OralBox>,
    /// What was decided when this clip was asked for before.
    earlier: Option<EarlierBox>,
    /// Announcements of the days for which it asks: address and day.
    announced: Vec<(String, String)>,
    errors: FormErrors,
}

struct ApprovalRow {
    id: ApprovalId,
    number: String,
    revoked: Option<String>,
    may_revoke: bool,
}

/// The published days of a request whose clip may be in them.
async fn announced(web: &Web, found: &CaseFile, visit: &Visit) -> Result<Vec<(String, String)>, Problem> {
    let airing = airing_of(found)?;
    if airing.approval.is_none() {
        return Ok(Vec::new());
    }
    let (channel, letter) = (airing.newest().channel.clone(), &airing.newest().letter);
    let (id, first, last) = (channel.clone(), letter.first_day, letter.last_day);
    let rows = web.ask(move |desk| Ok(desk.store.read(|r| r.revisions(&id, first, last))?)).await?;
    let days: BTreeSet<BroadcastDate> = rows.iter().map(|row| row.date).collect();
    let link =
        |date: BroadcastDate| (format!("/planning/{channel}/{date}/announcement"), date_in_words(date, visit.lang));
    Ok(days.into_iter().map(link).collect())
}

/// The file that a request is about, or 404 where it is about none.
pub(super) fn airing_of(found: &CaseFile) -> Result<&Airing, Problem> {
    found.airing().map_err(|_| Problem::NotFound)
}

/// `GET /requests/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    if let Some(session) = found.session() {
        return session_case::show(&web, &can, (&found, session), &done);
    }
    let mut shown = case_page(&web, &can, &found, &BTreeMap::new(), FormErrors::default())?;
    shown.announced = announced(&web, &found, &can.visit).await?;
    shown.earlier = again::earlier(&web, &can, &found).await?;
    shown.page.done = match done.as_str() {
        "filed" => Some(can.visit.t("case-filed")),
        "again" => Some(can.visit.t("again-filed")),
        "acted" => Some(can.visit.t("case-acted")),
        "retried" => Some(can.visit.t("case-retried")),
        "stopped" => Some(can.visit.t("case-stopped")),
        "revoked" => Some(can.visit.t("case-revoked")),
        "framed" => Some(can.visit.t("framing-chosen")),
        _ => None,
    };
    Ok(html(&shown))
}

/// The request, or 404 where there is none for this person.
pub(super) async fn case_file<R: Right>(web: &Web, can: &Can<R>, id: i64) -> Result<CaseFile, Problem> {
    let person = can.person().clone();
    web.ask(move |desk| desk.case_file(&person, CaseId(id))).await
}

fn case_page(
    web: &Web,
    can: &Can<Enter>,
    found: &CaseFile,
    given: &BTreeMap<String, String>,
    errors: FormErrors,
) -> Result<CasePage, Problem> {
    let visit = &can.visit;
    let lang = visit.lang;
    let zone = web.zone();
    let airing = airing_of(found)?;
    let newest = airing.newest();
    let clip = clip_facts(web, found, airing, can);
    let shows = web.desk.rules_of_request(found.row.id)?.tags;
    let act = act_form(web, can, found, given, &shows)?;
    let state = found.standing();
    let revise = act.as_ref().is_some_and(|act| act.revise);
    let mut page = can.page(newest.letter.title.clone());
    // While the machine works on the file, the page looks again by itself; not under a form that someone fills in, or a
    // clip that someone watches.
    let working = !clip.works.is_empty();
    let watched = act.is_some() || matches!(clip.preview, Preview::Ready { .. });
    page.refresh_s = (working && !watched).then_some(WORKING_REFRESH_S);
    page.kept_by_script = true;
    let may_revoke = holds::<Revoke>(can);
    let approval = airing.approval.iter().map(|approval| ApprovalRow {
        id: approval.id,
        number: approval.number.clone(),
        revoked: approval.revoked.as_ref().map(|(_, why)| why.clone()),
        may_revoke: may_revoke && approval.revoked.is_none(),
    });
    let trail = found.moves.iter().rev().map(|done| TrailRow {
        what: done_words(done, &found.standard, lang),
        by: by_words(done, found, can),
        at: instant_in_words(done.at, zone, lang),
        reason: done.reason.clone(),
    });
    let checklist = airing.checklist.iter().flat_map(|list| points(lang, |point| list.get(&point) == Some(&true)));
    let deadlines = web.desk.deadlines()?;
    let due = deadlines.of(found, web.desk.now());
    Ok(CasePage {
        page,
        due: due.map(|due| (due.text(deadlines.office()).get(lang).to_owned(), due.is_over)),
        closes: deadlines.lapses_at(found).map(|at| instant_in_words(at, deadlines.office().zone, lang)),
        id: found.row.id,
        office: found.row.office_name.clone(),
        agenda: found.row.agenda_number.clone().unwrap_or_else(|| "–".into()),
        status: status(&state, visit),
        way_on: state.way_on().map(|text| text.get(lang).to_owned()),
        facts: facts(web, newest, visit, &shows),
        may_retry: holds::<Retry>(can) && !clip.given_up.is_empty(),
        may_stop: holds::<Retry>(can) && working,
        announced: Vec::new(),
        again: holds::<FileRequests>(can) && found.may_be_asked_again(),
        earlier: None,
        oral: oral::boxed(web, found, can.person(), visit),
        clip,
        checklist: checklist.collect(),
        approval: approval.collect(),
        trail: trail.collect(),
        act,
        revise,
        errors,
    })
}

fn facts(web: &Web, newest: &Submission, visit: &Visit, shows: &BTreeSet<ContentTag>) -> Vec<(String, String)> {
    let mut facts = letter_facts(&newest.letter, visit);
    facts.push((visit.t("framing"), framing_of(web, newest).text().get(visit.lang).to_owned()));
    if !shows.is_empty() {
        let shown: Vec<String> = shows.iter().map(|tag| tag.text().get(visit.lang).to_owned()).collect();
        facts.push((visit.t("request-rules-tags"), shown.join(", ")));
    }
    facts
}

fn points(lang: Lang, ticked: impl Fn(CheckPoint) -> bool) -> Vec<PointRow> {
    let row = |point: CheckPoint| PointRow {
        key: point.as_str(),
        label: point.text().get(lang).to_owned(),
        ticked: ticked(point),
    };
    CheckPoint::ALL.into_iter().map(row).collect()
}

fn tags(lang: Lang, ticked: impl Fn(ContentTag) -> bool) -> Vec<PointRow> {
    let row =
        |tag: &ContentTag| PointRow { key: tag.as_str(), label: tag.text().get(lang).to_owned(), ticked: ticked(*tag) };
    ContentTag::ALL.iter().map(row).collect()
}

/// How the picture of the newest file is brought to the wall's shape: as it was chosen, else as its channel does.
fn framing_of(web: &Web, submission: &Submission) -> Framing {
    let channel = web.desk.config.channels.get(&submission.channel);
    let usual = channel.map_or(ConformChoice::USUAL, |channel| channel.channel.conforming);
    submission.letter.framing.unwrap_or(usual.framing)
}

fn framings(web: &Web, airing: &Airing, lang: Lang) -> Vec<PointRow> {
    let chosen = framing_of(web, airing.newest());
    let row = |framing: Framing| PointRow {
        key: framing.as_str(),
        label: framing.text().get(lang).to_owned(),
        ticked: framing == chosen,
    };
    Framing::ALL.into_iter().map(row).collect()
}

/// The form for the step that waits, if this person may do it.
fn act_form(
    web: &Web,
    can: &Can<Enter>,
    found: &CaseFile,
    given: &BTreeMap<String, String>,
    shows: &BTreeSet<ContentTag>,
) -> Result<Option<ActForm>, Problem> {
    let (lang, airing) = (can.visit.lang, airing_of(found)?);
    let options = found.options(can.person())?;
    let (Ok(_), Some(step)) = (options.may_act, found.step()) else { return Ok(None) };
    let action = step.action;
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    Ok(Some(ActForm {
        guide: Guide::of(action, found.row.id, &airing.newest().channel, &can.visit),
        step: step.id.to_string(),
        version: found.row.version,
        offers: options.offers.iter().map(|offer| offer_row(offer, lang)).collect(),
        points: match action {
            Action::Verify => points(lang, |point| given.contains_key(&format!("point-{}", point.as_str()))),
            _ => Vec::new(),
        },
        tags: match action {
            Action::Verify => tags(lang, |tag| match given.contains_key("tags") {
                true => given.contains_key(&format!("tag-{tag}")),
                false => shows.contains(&tag),
            }),
            _ => Vec::new(),
        },
        framings: match action {
            Action::Verify => framings(web, airing, lang),
            _ => Vec::new(),
        },
        wants_password: action == Action::Sign,
        may_want_reason: options.offers.iter().any(|offer| offer.wants_reason),
        reason: text("reason"),
        choice: text("choice"),
        revise: matches!(action, Action::Revise | Action::Submit),
    }))
}

/// `POST /requests/{id}/act`
pub(super) async fn act(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    Form(given): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    if let Some(session) = found.session() {
        return session_case::act(&web, &can, (&found, session), given).await;
    }
    let text = |name: &str| given.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut errors = FormErrors::default();
    let step = found.step().filter(|step| Some(step.id.as_str()) == given.get("step").map(String::as_str));
    let signs = step.is_some_and(|step| step.action == Action::Sign);
    if text("choice").is_none() {
        errors.add("choice", can.visit.t("act-choice-wanted"));
    }
    if signs && errors.is_empty() {
        let password = given.get("password").cloned().unwrap_or_default();
        if password.is_empty() {
            errors.add("password", can.visit.t("act-password-empty"));
        } else if !password_again(&web, &can, password).await? {
            errors.add("password", can.visit.t("act-password-wrong"));
        }
    }
    let verifies = step.is_some_and(|step| step.action == Action::Verify);
    let wanted = WantedAct {
        step: text("step").unwrap_or_default(),
        choice: text("choice"),
        reason: text("reason"),
        version: text("version").and_then(|version| version.parse().ok()),
        checklist: verifies.then(|| {
            let ticked = |point: CheckPoint| given.contains_key(&format!("point-{}", point.as_str()));
            CheckPoint::ALL.into_iter().map(|point| (point, ticked(point))).collect()
        }),
        ticked: BTreeSet::new(),
        at: None,
        // A form without the question leaves what was said before.
        tags: (verifies && given.contains_key("tags")).then(|| {
            let ticked = |tag: &&ContentTag| given.contains_key(&format!("tag-{tag}"));
            ContentTag::ALL.iter().filter(ticked).copied().collect()
        }),
    };
    if errors.is_empty() {
        let (desk, by) = (web.desk.clone(), can.id());
        let airs = found.oral_waiting(web.desk.now()).is_some();
        let acting = move || {
            let acted = desk.act(by, CaseId(id), wanted)?;
            // What went back or ended takes its clip off the wall now; should it fail, the rounds do it.
            if airs && let Err(error) = desk.settle_orals(Some(by)) {
                tracing::error!(%error, "a clip whose oral approval ended is still on published days");
            }
            Ok(acted)
        };
        match tokio::task::spawn_blocking(acting).await.map_err(|_| Problem::Broken)? {
            Ok(_) => return Ok(Redirect::to(&format!("/requests/{id}?done=acted")).into_response()),
            Err(DeskError::Refused(Refusal::NotFound { .. })) => return Err(Problem::NotFound),
            Err(DeskError::Refused(refusal)) => {
                let field = match refusal {
                    Refusal::Checklist { .. } => "points",
                    Refusal::Procedure(Refused::ReasonWanted | Refused::ReasonTooLong) => "reason",
                    _ => "act",
                };
                errors.add(field, refusal.text().get(can.visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut shown = case_page(&web, &can, &found, &given, errors)?;
    shown.earlier = again::earlier(&web, &can, &found).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}

/// `POST /requests/{id}/retry`: what the machine gave up is tried again.
pub(super) async fn retry(State(web): State<Web>, can: Can<Retry>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let person = can.person().clone();
    web.ask(move |desk| {
        let found = desk.case_file(&person, CaseId(id))?;
        desk.retry(person.id, found.airing()?.newest().id)
    })
    .await?;
    Ok(Redirect::to(&format!("/requests/{id}?done=retried")).into_response())
}

/// What the form that chooses how a picture fills the wall sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct FramingForm {
    framing: String,
    version: u32,
}

/// `POST /requests/{id}/framing`: how the picture is brought to the wall's shape.
pub(super) async fn framing(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    Form(given): Form<FramingForm>,
) -> Result<Response, Problem> {
    let by = can.id();
    let framing = Framing::read(&given.framing).ok_or(Problem::Unreadable)?;
    web.ask(move |desk| desk.choose_framing(by, CaseId(id), given.version, framing)).await?;
    Ok(Redirect::to(&format!("/requests/{id}?done=framed")).into_response())
}

/// What the form that withdraws an approval sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RevokeForm {
    approval: i64,
    reason: String,
}

/// `POST /requests/{id}/revoke`: the approval is withdrawn, and its clip leaves every published day.
pub(super) async fn revoke(
    State(web): State<Web>,
    can: Can<Revoke>,
    Path(id): Path<i64>,
    Form(given): Form<RevokeForm>,
) -> Result<Response, Problem> {
    let (by, person) = (can.id(), can.person().clone());
    let approval = ApprovalId(given.approval);
    let done = web.blocking(move |desk| -> Result<_, PlanError> {
        // What the page showed is what is withdrawn, and nothing else.
        let found = desk.case_file(&person, CaseId(id))?;
        if found.airing().map_err(DeskError::from)?.approval.as_ref().is_none_or(|shown| shown.id != approval) {
            return Err(DeskError::from(Refusal::Procedure(Refused::Changed)).into());
        }
        desk.withdraw(by, approval, &given.reason)
    });
    done.await??;
    Ok(Redirect::to(&format!("/requests/{id}?done=revoked")).into_response())
}

/// `GET /requests/{id}/original`: the office's own file, only ever to be saved.
pub(super) async fn original(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let original = &airing_of(&found)?.newest().original;
    attachment(&web.desk.library.original(original.sha256), &original.name).await
}

fn offer_row(offer: &Offer, lang: Lang) -> OfferRow {
    OfferRow { key: offer.key.clone(), label: offer.label.get(lang).to_owned(), wants_reason: offer.wants_reason }
}

/// What the machine does, or did, to the newest file.
pub(super) fn jobs(airing: &Airing) -> impl Iterator<Item = &Job> {
    [&airing.inspect_job, &airing.preview_job, &airing.conform_job].into_iter().flatten()
}

fn holds<R: Right>(can: &Can<Enter>) -> bool {
    R::ROLES.iter().any(|role| can.person().holds(*role))
}

/// What a page says of a job that was given up.
fn given_up(job: &Job, can: &Can<Enter>) -> (String, Option<String>) {
    let words = match job.kind {
        JobKind::Inspect => can.visit.t("clip-inspect-failed"),
        JobKind::Preview => can.visit.t("clip-preview-failed"),
        JobKind::Conform => can.visit.t("clip-conform-failed"),
    };
    let said = job.trouble.as_deref().filter(|_| can.person().is_staff());
    (words, said.map(|said| trouble_text(said).get(can.visit.lang).to_owned()))
}

fn preview(web: &Web, submission: &Submission, airing: &Airing) -> Preview {
    let (library, framed) = (&web.desk.library, submission.framed());
    if library.preview(framed).exists() {
        let channel = web.desk.config.channels.get(&submission.channel);
        let house = channel.map_or(HouseFormat::DEFAULT, |channel| channel.channel.house);
        let HouseFormat { width, height, .. } = ConformRecipe::of(house).preview().house;
        let [sheet, wave] = [Look::Sheet, Look::Wave].map(|look| library.look(framed, look).exists());
        return Preview::Ready { width, height, sheet, wave };
    }
    let waits = airing.preview_job.as_ref().is_some_and(|job| job.state == JobState::Waiting);
    if waits { Preview::Making } else { Preview::None }
}

fn clip_facts(web: &Web, found: &CaseFile, airing: &Airing, can: &Can<Enter>) -> ClipFacts {
    let (lang, submission) = (can.visit.lang, airing.newest());
    let inspection = airing.inspection.as_ref();
    let verdict = inspection.map(|found| match found.verdict {
        Verdict::Accept => Status { tone: "ok", text: can.visit.t("clip-accept") },
        Verdict::Conform => Status { tone: "ok", text: can.visit.t("clip-conform") },
        Verdict::Refuse => Status { tone: "bad", text: can.visit.t("clip-refuse") },
    });
    let reasons = inspection.iter().flat_map(|found| &found.reasons).map(|reason| ReasonRow {
        tone: match reason.severity {
            Severity::Fail => "bad",
            Severity::Warn => "warn",
            Severity::Corrected => "ok",
            Severity::Note => "dim",
        },
        text: reason.text.get(lang).to_owned(),
    });
    let preview = preview(web, submission, airing);
    ClipFacts {
        name: submission.original.name.clone(),
        size: megabytes(submission.original.bytes, lang),
        disposed: airing.disposed.map(|at| instant_in_words(at, web.zone(), lang)),
        sha256: submission.original.sha256.to_string(),
        verdict,
        reasons: reasons.collect(),
        length: found.length_note().map(|note| note.get(lang).to_owned()),
        timeline: timeline::drawn(airing, matches!(preview, Preview::Ready { .. }), &can.visit),
        preview,
        alikes: airing.alikes.iter().map(|(row, standing)| earlier(row, standing, web, &can.visit)).collect(),
        works: work::rows(web, airing, can),
        given_up: jobs(airing).filter(|job| job.state == JobState::Failed).map(|job| given_up(job, can)).collect(),
    }
}

/// An earlier request with the same file or pictures, and what became of it.
struct EarlierRow {
    id: CaseId,
    title: String,
    who: String,
    how: String,
    status: Status,
}

fn earlier(row: &AlikeRow, standing: &Standing, web: &Web, visit: &Visit) -> EarlierRow {
    let how = if row.same_file { visit.t("alike-file") } else { visit.t1("alike-pictures", "percent", row.percent) };
    EarlierRow {
        id: row.case,
        title: row.title.clone(),
        who: format!("{}, {}", row.office, instant_in_words(row.filed_at, web.zone(), visit.lang)),
        how,
        status: status(standing, visit),
    }
}

fn megabytes(bytes: u64, lang: Lang) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal of a file's size")]
    let mb = bytes as f64 / 1e6;
    format!("{} MB", decimal(mb, 1, lang))
}

pub(super) fn done_words(done: &MoveRow, standard: &ServiceStandard, lang: Lang) -> String {
    let action = standard.step(&done.from).map(|step| step.action.text());
    let action = action.as_ref().map_or(done.from.as_str(), |text| text.get(lang));
    let end = match (done.kind, lang) {
        (EdgeKind::Return, Lang::Id) => ": dikembalikan",
        (EdgeKind::Return, Lang::En) => ": returned",
        (EdgeKind::Reject, Lang::Id) => ": ditolak",
        (EdgeKind::Reject, Lang::En) => ": refused",
        (EdgeKind::End, Lang::Id) => ": ditarik",
        (EdgeKind::End, Lang::En) => ": withdrawn",
        (EdgeKind::Lapse, Lang::Id) => ": lewat waktu",
        (EdgeKind::Lapse, Lang::En) => ": out of time",
        _ => "",
    };
    format!("{action}{end}")
}

/// Who did it, and who entered it where paper was signed. An office sees positions, not names of staff; staff see both.
pub(super) fn by_words(done: &MoveRow, found: &CaseFile, can: &Can<Enter>) -> String {
    let acted = actor_words(done, &found.standard, can);
    let Some(ink) = found.ink.iter().find(|ink| ink.version == done.version) else { return acted };
    let on = date_in_words(ink.signed_on, can.visit.lang);
    let entered = if can.person().is_staff() { format!(" ({})", ink.by_name) } else { String::new() };
    format!("{acted}; {} {on}{entered}", can.visit.t("trail-ink"))
}

fn actor_words(done: &MoveRow, standard: &ServiceStandard, can: &Can<Enter>) -> String {
    let position = position(done.form, standard.actor_text(&done.actor).get(can.visit.lang));
    match &done.by_name {
        Some(name) if can.person().is_staff() || done.by == Some(can.id()) => format!("{name}, {position}"),
        Some(_) => position,
        None => can.visit.t("trail-automatic"),
    }
}
