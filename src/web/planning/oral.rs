//! An urgent clip on the head's oral word: written down with a password, its house file made while people look, its plays
//! ordered once their effect is shown; and withdrawn, by the head who is named or by whoever pulls it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::interrupt::{EffectShown, confirm, seen};
use crate::desk::cases::CaseFile;
use crate::desk::letters::position;
use crate::desk::planning::PlanError;
use crate::desk::planning::interrupt::InterruptionRefusal;
use crate::desk::planning::oral::{ENTERED_BY, OralLook, OralRefusal, PULLED_BY, WantedOral};
use crate::desk::{DeskError, Refusal};
use crate::domain::channel::Channel;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::interruption::MOST_URGENT_PLAYS;
use crate::domain::oral::{OralApproval, OralEnd, OralWay};
use crate::domain::people::{Person, Role};
use crate::domain::text::{date_in_words, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant, Span, TimeOfDay, Zone};
use crate::store::JobState;
use crate::web::Web;
use crate::web::case::{airing_of, case_file};
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, EnterOral, PullOral, Right};

/// How often the page looks again while the house file is made, seconds.
const MAKING_REFRESH_S: u32 = 3;

/// What a request's page says of an oral approval.
pub(in crate::web) struct OralBox {
    pub tone: &'static str,
    pub lines: Vec<String>,
    /// Where it is looked after, and the words of the link.
    pub link: Option<(String, String)>,
}

/// What the page of a request says of its oral approval; nothing where there is none and this person can't enter one.
pub(in crate::web) fn boxed(web: &Web, found: &CaseFile, person: &Person, visit: &Visit) -> Option<OralBox> {
    let airing = found.airing().ok()?;
    let holds = |roles: &[Role]| roles.iter().any(|role| person.holds(*role));
    let href = format!("/requests/{}/oral", found.row.id);
    let Some(oral) = &airing.oral else {
        let signs = found.standing() == crate::desk::standing::Standing::Approving;
        let link = Some((href, visit.t("oral-begin")));
        return (signs && holds(ENTERED_BY)).then_some(OralBox { tone: "", lines: Vec::new(), link });
    };
    let (tone, state) = state(oral, web.desk.now(), web.zone(), visit);
    let link = (holds(ENTERED_BY) || holds(PULLED_BY)).then(|| (href, visit.t("oral-open")));
    Some(OralBox { tone, lines: vec![who(oral, person.is_staff(), visit), state], link })
}

/// Who gave it. An office sees the position, staff the name as well.
fn who(oral: &OralApproval, names: bool, visit: &Visit) -> String {
    let title = position(oral.form, Role::Head.text().get(visit.lang));
    let who = if names { format!("{}, {title}", oral.head_name) } else { title };
    visit.t1("oral-of", "who", who)
}

/// How far it is: tone and words.
fn state(oral: &OralApproval, now: Instant, zone: Zone, visit: &Visit) -> (&'static str, String) {
    match &oral.end {
        None if oral.in_force(now) => {
            ("warn", visit.t1("oral-holds", "at", instant_in_words(oral.holds.end(), zone, visit.lang)))
        }
        None | Some(OralEnd::Expired) => {
            ("bad", visit.t1("oral-expired", "at", instant_in_words(oral.holds.end(), zone, visit.lang)))
        }
        Some(OralEnd::Confirmed { at, .. }) => {
            ("ok", visit.t1("oral-confirmed", "at", instant_in_words(*at, zone, visit.lang)))
        }
        Some(OralEnd::Withdrawn { at, reason }) => {
            let at = instant_in_words(*at, zone, visit.lang);
            ("bad", visit.t2("oral-withdrawn", ("at", at), ("reason", reason.clone())))
        }
    }
}

/// What airs on an oral approval on a day, for its page: words and where to look.
pub(super) async fn of_day(
    web: &Web,
    channel: &Channel,
    date: BroadcastDate,
    visit: &Visit,
) -> Result<Vec<(String, String)>, Problem> {
    let (id, zone) = (channel.id.clone(), channel.zone);
    let orals = web.blocking(move |desk| desk.orals_of_day(&id, date)).await??;
    let line = |(oral, title): (OralApproval, String)| {
        let until = instant_in_words(oral.holds.end(), zone, visit.lang);
        let words = visit.t2("oral-on-day", ("who", oral.head_name.clone()), ("at", until));
        (format!("{title}: {words}"), format!("/requests/{}", oral.case))
    };
    Ok(orals.into_iter().map(line).collect())
}

/// What is written down, as its form sends it.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct GiveForm {
    head: String,
    said_on: String,
    said_at: String,
    way: String,
    until_on: String,
    until_at: String,
    reason: String,
    password: String,
}

/// Plays to order, as their form sends them.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct PlaysForm {
    day: String,
    from: String,
    to: String,
    plays: String,
    password: String,
    seen: String,
    r#do: String,
}

/// How it is withdrawn.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct WithdrawForm {
    never: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "oral.html")]
struct OralPage {
    page: Page,
    id: CaseId,
    case_title: String,
    /// Of what was written down: label and value.
    facts: Vec<(String, String)>,
    /// Its state in words and the colour of it.
    state: Option<(&'static str, String)>,
    /// Why nothing can be written down.
    refused: Option<String>,
    /// Who could have given it: id and name with position.
    heads: Vec<(String, String)>,
    ways: Vec<(&'static str, String)>,
    latest: String,
    may_give: bool,
    /// The house file waits to be made; with its trouble where it was given up.
    making: Option<String>,
    /// Announced days for its plays.
    days: Vec<(String, String)>,
    may_order: bool,
    no_day: bool,
    named: bool,
    may_pull: bool,
    given: GiveForm,
    plays: PlaysForm,
    effect: Option<EffectShown>,
    errors: FormErrors,
}

/// What a form had, and what became of it.
#[derive(Default)]
struct Answer {
    given: Option<GiveForm>,
    plays: Option<PlaysForm>,
    effect: Option<EffectShown>,
    errors: FormErrors,
    status: StatusCode,
}

/// `GET /requests/{id}/oral`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<PullOral>,
    Path(id): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let mut page = can.page(can.visit.t("oral-title"));
    page.done = match done.as_str() {
        "given" => Some(can.visit.t("oral-given")),
        "ordered" => Some(can.visit.t("oral-ordered")),
        "withdrawn" => Some(can.visit.t("oral-gone")),
        _ => None,
    };
    page_of(&web, page, can.person(), found, Answer::default()).await
}

/// `POST /requests/{id}/oral`: writes it down.
pub(in crate::web) async fn give(
    State(web): State<Web>,
    can: Can<EnterOral>,
    Path(id): Path<i64>,
    Form(given): Form<GiveForm>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let channel = channel_of(&web, &found)?;
    let mut errors = FormErrors::default();
    let wanted = read(&given, channel.zone, &can.visit, &mut errors);
    confirm(&web, &can, &given.password, &mut errors).await?;
    if let Some(wanted) = wanted.filter(|_| errors.is_empty()) {
        let by = can.id();
        let written = web.blocking(move |desk| desk.give_oral(by, CaseId(id), wanted)).await?;
        match written {
            Ok(_) => return Ok(Redirect::to(&format!("/requests/{id}/oral?done=given")).into_response()),
            Err(DeskError::Refused(Refusal::Oral(refusal))) => {
                errors.add(field_of(&refusal), refusal.text().get(can.visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let answer = Answer { given: Some(given), errors, status, ..Answer::default() };
    page_of(&web, can.page(can.visit.t("oral-title")), can.person(), found, answer).await
}

/// The field that a refusal is about.
fn field_of(refusal: &OralRefusal) -> &'static str {
    match refusal {
        OralRefusal::NotHead => "head",
        OralRefusal::SaidWhen => "said_at",
        OralRefusal::Reason => "reason",
        OralRefusal::EndsBefore | OralRefusal::TooLong { .. } | OralRefusal::OutsidePeriod => "until_at",
        _ => "oral",
    }
}

fn read(given: &GiveForm, zone: Zone, visit: &Visit, errors: &mut FormErrors) -> Option<WantedOral> {
    let head = given.head.parse().map(PersonId);
    let head = head.map_err(|_| errors.add("head", OralRefusal::NotHead.text().get(visit.lang))).ok();
    let mut instant = |field, day: &str, time: &str| {
        let local = format!("{}T{}:00", day.trim(), time.trim()).parse::<chrono::NaiveDateTime>();
        local.map(|local| zone.resolve_local(local)).map_err(|_| errors.add(field, visit.t("oral-wrong-time"))).ok()
    };
    let said_at = instant("said_at", &given.said_on, &given.said_at);
    let until = instant("until_at", &given.until_on, &given.until_at);
    let way = given.way.parse::<OralWay>().map_err(|_| errors.add("way", visit.t("oral-wrong-way"))).ok();
    Some(WantedOral { head: head?, said_at: said_at?, way: way?, reason: given.reason.clone(), until: until? })
}

/// `POST /requests/{id}/oral/plays`: looks at what its plays change, or orders them.
pub(in crate::web) async fn plays(
    State(web): State<Web>,
    can: Can<EnterOral>,
    Path(id): Path<i64>,
    Form(given): Form<PlaysForm>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let channel = channel_of(&web, &found)?;
    let mut errors = FormErrors::default();
    let wanted = read_plays(&given, &channel, &can.visit, &mut errors);
    let orders = given.r#do == "order";
    if orders {
        confirm(&web, &can, &given.password, &mut errors).await?;
    }
    let (page, person) = (can.page(can.visit.t("oral-title")), can.person());
    let mut status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let Some(wanted) = wanted else {
        let answer = Answer { plays: Some(given), errors, status, ..Answer::default() };
        return page_of(&web, page, person, found, answer).await;
    };
    if orders && errors.is_empty() {
        let (by, seen) = (can.id(), seen(&given.seen).unwrap_or_default());
        let ordered = web.blocking(move |desk| desk.order_oral(by, CaseId(id), wanted, seen)).await?;
        match ordered {
            Ok(_) => return Ok(Redirect::to(&format!("/requests/{id}/oral?done=ordered")).into_response()),
            Err(error) => status = wrong(error, &can.visit, &mut errors)?,
        }
    }
    let looked = found.clone();
    let effect = match web.blocking(move |desk| desk.effect_of_oral(&looked, wanted)).await? {
        Ok(effect) => Some(EffectShown::of(&effect, &channel, &can.visit)),
        Err(error) if errors.is_empty() => {
            status = wrong(error, &can.visit, &mut errors)?;
            None
        }
        Err(_) => None,
    };
    let answer = Answer { plays: Some(given), effect, errors, status, given: None };
    page_of(&web, page, person, found, answer).await
}

/// What a person can do about plays that were not ordered.
fn wrong(error: PlanError, visit: &Visit, errors: &mut FormErrors) -> Result<StatusCode, Problem> {
    let (field, text) = match &error {
        PlanError::Interruption(refusal @ InterruptionRefusal::Changed) => {
            errors.add("effect", refusal.text().get(visit.lang));
            return Ok(StatusCode::CONFLICT);
        }
        PlanError::Interruption(refusal) => ("from", refusal.text()),
        PlanError::Desk(DeskError::Refused(Refusal::Oral(refusal))) => ("plays", refusal.text()),
        _ => return Err(error.into()),
    };
    errors.add(field, text.get(visit.lang));
    Ok(StatusCode::UNPROCESSABLE_ENTITY)
}

fn read_plays(
    given: &PlaysForm,
    channel: &Channel,
    visit: &Visit,
    errors: &mut FormErrors,
) -> Option<(BroadcastDate, Span, u32)> {
    let date = given.day.parse::<BroadcastDate>().map_err(|_| errors.add("day", visit.t("oral-wrong-day"))).ok();
    let mut time = |field, text: &str| {
        let time = text.trim().parse::<TimeOfDay>();
        time.map_err(|_| errors.add(field, visit.t("interrupt-wrong-time"))).ok()
    };
    let times = (time("from", &given.from), time("to", &given.to));
    let at = |time| date.map(|date| channel.zone.resolve(date, time));
    let ends = times.0.zip(times.1).and_then(|(from, to)| at(from).zip(at(to)));
    let span = ends.and_then(|(from, to)| Span::new(from, to).filter(|span| from < span.end()));
    if ends.is_some() && span.is_none() {
        errors.add("to", visit.t("interrupt-wrong-span"));
    }
    let plays = given.plays.trim().parse().ok().filter(|plays| (1..=MOST_URGENT_PLAYS).contains(plays));
    if plays.is_none() {
        errors.add("plays", visit.t1("interrupt-wrong-plays", "most", MOST_URGENT_PLAYS));
    }
    Some((date?, span?, plays?))
}

/// `POST /requests/{id}/oral/withdraw`: its clip leaves every published day at once.
pub(in crate::web) async fn withdraw(
    State(web): State<Web>,
    can: Can<PullOral>,
    Path(id): Path<i64>,
    Form(given): Form<WithdrawForm>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let by = can.id();
    let reason = given.never.is_empty().then(|| given.reason.clone());
    match web.blocking(move |desk| desk.withdraw_oral(by, CaseId(id), reason.as_deref())).await? {
        Err(PlanError::Desk(DeskError::Refused(Refusal::Oral(refusal)))) => {
            let mut errors = FormErrors::default();
            errors.add("pull", refusal.text().get(can.visit.lang));
            let answer = Answer { errors, status: StatusCode::UNPROCESSABLE_ENTITY, ..Answer::default() };
            page_of(&web, can.page(can.visit.t("oral-title")), can.person(), found, answer).await
        }
        gone => {
            gone?;
            Ok(Redirect::to(&format!("/requests/{id}/oral?done=withdrawn")).into_response())
        }
    }
}

fn channel_of(web: &Web, found: &CaseFile) -> Result<Channel, Problem> {
    let name = &airing_of(found)?.newest().channel;
    Ok(web.desk.config.channels.get(name).ok_or(Problem::NotFound)?.channel.clone())
}

async fn page_of(
    web: &Web,
    mut page: Page,
    person: &Person,
    found: CaseFile,
    answer: Answer,
) -> Result<Response, Problem> {
    let channel = channel_of(web, &found)?;
    let looked = found.clone();
    let look = web.blocking(move |desk| desk.oral_look(&looked)).await??;
    let (now, zone) = (web.desk.now(), channel.zone);
    let holds = |roles: &[Role]| roles.iter().any(|role| person.holds(*role));
    let enters = holds(EnterOral::ROLES);
    let oral = look.oral.as_ref();
    let in_force = oral.is_some_and(|oral| oral.in_force(now));
    let making = (in_force && look.clip.is_none()).then(|| making(&found, &page.visit));
    let refused =
        look.refused.as_ref().filter(|_| !in_force).map(|refused| refused.text().get(page.visit.lang).to_owned());
    page.refresh_s = making.as_ref().map(|_| MAKING_REFRESH_S);
    let may_order = in_force && enters && look.clip.is_some();
    let shown = OralPage {
        id: found.row.id,
        case_title: found.row.title.clone(),
        facts: oral.map(|oral| facts(oral, zone, &page.visit)).unwrap_or_default(),
        state: oral.map(|oral| state(oral, now, zone, &page.visit)),
        may_give: refused.is_none() && oral.is_none() && enters,
        refused,
        heads: heads(&look, &page.visit),
        ways: OralWay::ALL.iter().map(|way| (way.as_str(), way.text().get(page.visit.lang).to_owned())).collect(),
        latest: instant_in_words(look.latest, zone, page.visit.lang),
        making,
        days: look.days.iter().map(|day| (day.to_string(), date_in_words(*day, page.visit.lang))).collect(),
        no_day: may_order && look.days.is_empty(),
        may_order: may_order && !look.days.is_empty(),
        named: in_force && oral.is_some_and(|oral| oral.head == person.id),
        may_pull: in_force && holds(PULLED_BY),
        given: answer.given.unwrap_or_else(|| usual(&look, now, zone)),
        plays: answer.plays.unwrap_or_else(|| usual_plays(&look, now, zone)),
        effect: answer.effect,
        errors: answer.errors,
        page,
    };
    Ok((answer.status, html(&shown)).into_response())
}

/// That the house file is being made, or why it is not.
fn making(found: &CaseFile, visit: &Visit) -> String {
    let job = found.airing().ok().and_then(|airing| airing.conform_job.as_ref());
    let failed = job.is_some_and(|job| job.state == JobState::Failed);
    if failed { visit.t("oral-not-made") } else { visit.t("oral-making") }
}

fn heads(look: &OralLook, visit: &Visit) -> Vec<(String, String)> {
    let title = Role::Head.text();
    let line = |form| position(form, title.get(visit.lang));
    look.heads.iter().map(|(head, form)| (head.id.to_string(), format!("{}, {}", head.name, line(*form)))).collect()
}

fn facts(oral: &OralApproval, zone: Zone, visit: &Visit) -> Vec<(String, String)> {
    let title = position(oral.form, Role::Head.text().get(visit.lang));
    vec![
        (visit.t("oral-head"), format!("{}, {title}", oral.head_name)),
        (visit.t("oral-said"), instant_in_words(oral.said_at, zone, visit.lang)),
        (visit.t("oral-way"), oral.way.text().get(visit.lang).to_owned()),
        (visit.t("oral-reason"), oral.reason.clone()),
        (visit.t("oral-by"), oral.by_name.clone()),
    ]
}

/// What will be wanted most often: said just now, held as long as may be.
fn usual(look: &OralLook, now: Instant, zone: Zone) -> GiveForm {
    let day = |at| zone.local(at).format("%Y-%m-%d").to_string();
    let minute = |at| zone.local(at).format("%H:%M").to_string();
    GiveForm {
        head: match look.heads.as_slice() {
            [(only, _)] => only.id.to_string(),
            _ => String::new(),
        },
        said_on: day(now),
        said_at: minute(now),
        until_on: day(look.latest),
        until_at: minute(look.latest),
        ..GiveForm::default()
    }
}

fn usual_plays(look: &OralLook, now: Instant, zone: Zone) -> PlaysForm {
    let minute = |at| zone.local(at).format("%H:%M").to_string();
    let until = look.oral.as_ref().map_or(now, |oral| oral.holds.end());
    PlaysForm {
        day: look.days.first().map(ToString::to_string).unwrap_or_default(),
        from: minute(now + chrono::TimeDelta::minutes(1)),
        to: minute(until.min(now + chrono::TimeDelta::hours(2))),
        plays: "12".into(),
        ..PlaysForm::default()
    }
}
