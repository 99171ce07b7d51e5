//! What happens to one day: what it would change is shown first, then it is ordered with a password and a reason, and
//! ended the same way.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Day, ItemRow, day_of, hours};
use crate::desk::planning::PlanError;
use crate::desk::planning::interrupt::{Effect, InterruptionRefusal};
use crate::domain::channel::Channel;
use crate::domain::ids::SubmissionId;
use crate::domain::interruption::{Happening, Interruption, InterruptionKind, MOST_URGENT_PLAYS};
use crate::domain::playlist::{LIVE_FORMS, PlaylistItem, Source};
use crate::domain::time::{BroadcastDate, Instant, Span, TimeOfDay};
use crate::store::{DaySeen, InterruptionRow};
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan, Right, password_again};
use crate::web::wall::clock;

/// Longest title of what happens, characters; longest reason.
const LONGEST_TITLE: usize = 80;
const LONGEST_REASON: usize = 500;

/// A clip of the day: its number, title and office.
type Clip = (SubmissionId, String, String);

/// Something that happens, as its row says it.
pub(super) struct Shown {
    pub id: i64,
    pub kind: String,
    pub title: String,
    /// `18:00–19:30`
    pub when: String,
    pub reason: String,
    pub by: String,
    /// Its state in words, and the colour of it.
    pub state: String,
    pub tone: &'static str,
    /// It can still be ended.
    pub open: bool,
}

impl Shown {
    fn of(row: &InterruptionRow, clips: &[Clip], channel: &Channel, now: Instant, visit: &Visit) -> Shown {
        let held = row.ended_at.map_or(Some(row.ordered.clone()), |ended| row.ordered.ended(ended));
        let (state, tone) = match &held {
            None => (visit.t("interrupt-undone"), "dim"),
            Some(held) if held.span.end() <= now => (visit.t("interrupt-over"), "dim"),
            Some(held) if held.span.start() <= now => (visit.t("interrupt-now"), "bad"),
            Some(_) => (visit.t("interrupt-ahead"), "warn"),
        };
        Shown {
            id: row.id,
            kind: row.ordered.kind().text().get(visit.lang).to_owned(),
            title: title(&row.ordered, clips),
            when: when(held.as_ref().unwrap_or(&row.ordered).span, channel),
            reason: row.reason.clone(),
            by: row.by_name.clone(),
            state,
            tone,
            open: row.ended_at.is_none() && row.ordered.span.end() > now,
        }
    }
}

/// What it is about, in words.
fn title(ordered: &Interruption, clips: &[Clip]) -> String {
    let clip = |submission: &SubmissionId| clips.iter().find(|clip| clip.0 == *submission).map(|clip| clip.1.clone());
    match &ordered.what {
        Happening::Relay { title, .. } | Happening::Dark { title } | Happening::Emergency { title } => title.clone(),
        Happening::Withdraw { submission } => clip(submission).unwrap_or_default(),
        Happening::Urgent { submission, plays } => format!("{} ({plays}×)", clip(submission).unwrap_or_default()),
    }
}

fn when(span: Span, channel: &Channel) -> String {
    let minute = |at| clock(at, channel).get(..5).unwrap_or_default().to_owned();
    format!("{}–{}", minute(span.start()), minute(span.end()))
}

/// What happens to a day, for its page.
pub(super) async fn shown(
    web: &Web,
    channel: &Channel,
    date: BroadcastDate,
    visit: &Visit,
) -> Result<Vec<Shown>, Problem> {
    let id = channel.id.clone();
    let found = web.blocking(move |desk| -> Result<_, PlanError> {
        let rows = desk.interruptions(&id, date)?;
        let clips = if rows.is_empty() { Vec::new() } else { desk.clips_of_day(&id, date)? };
        Ok((rows, clips))
    });
    let (rows, clips) = found.await??;
    let now = web.desk.now();
    Ok(rows.iter().map(|row| Shown::of(row, &clips, channel, now, visit)).collect())
}

/// What an order or its end changes, for people.
pub(super) struct EffectShown {
    /// `18:00–19:30`; empty: nothing is left of it.
    pub when: String,
    pub announced: bool,
    pub revision: u32,
    pub unchanged: usize,
    pub removed: Vec<ItemRow>,
    pub moved: Vec<ItemRow>,
    pub added: Vec<ItemRow>,
    /// Name, plays before and after, airtime before and after.
    pub offices: Vec<(String, u32, u32, String, String)>,
    pub findings: Vec<String>,
    pub nothing: bool,
    pub seen: String,
}

impl EffectShown {
    pub fn of(effect: &Effect, channel: &Channel, visit: &Visit) -> EffectShown {
        let rows = |items: &[PlaylistItem]| items.iter().map(|item| ItemRow::of(item, channel)).collect::<Vec<_>>();
        let change = &effect.difference;
        let moved = change.moved.iter();
        let moved = moved.map(|(was, now)| ItemRow { was: clock(was.start, channel), ..ItemRow::of(now, channel) });
        let office = |o: &crate::desk::planning::interrupt::OfficeEffect| {
            (o.name.clone(), o.plays.0, o.plays.1, hours(o.airtime_ms.0), hours(o.airtime_ms.1))
        };
        let DaySeen { revision, ordered, ended } = effect.seen;
        EffectShown {
            when: effect.holds.as_ref().map(|holds| when(holds.span, channel)).unwrap_or_default(),
            announced: effect.announced,
            revision: revision + 1,
            unchanged: change.unchanged,
            removed: rows(&change.removed),
            moved: moved.collect(),
            added: rows(&change.added),
            offices: effect.offices.iter().map(office).collect(),
            findings: effect.findings.iter().map(|f| f.text(channel.zone).get(visit.lang).to_owned()).collect(),
            nothing: change.is_empty() && effect.offices.is_empty(),
            seen: format!("{revision}.{ordered}.{ended}"),
        }
    }
}

/// The day that stood on the page, as its form sends it back.
pub(super) fn seen(text: &str) -> Option<DaySeen> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let mut part = || parts.next().flatten();
    Some(DaySeen { revision: part()?, ordered: part()?, ended: part()? })
}

#[derive(Template)]
#[template(path = "interruptions.html")]
struct InterruptionsPage {
    page: Page,
    day: Day,
    /// Word, name, what it does.
    kinds: Vec<(&'static str, String, String)>,
    rows: Vec<Shown>,
    clips: Vec<(String, String)>,
    given: InterruptionForm,
    effect: Option<EffectShown>,
    errors: FormErrors,
}

/// What the form sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct InterruptionForm {
    kind: String,
    from: String,
    to: String,
    title: String,
    source: String,
    clip: String,
    plays: String,
    reason: String,
    password: String,
    /// The day as it stood on the page.
    seen: String,
    /// The order whose effect stood on the page.
    looked: String,
    r#do: String,
}

impl InterruptionForm {
    /// What is ordered, as far as its effect hangs on it. No source has a blank in it.
    fn named(&self) -> String {
        let InterruptionForm { kind, from, to, clip, plays, source, title, .. } = self;
        format!("{kind} {from} {to} {clip} {plays} {source} {title}")
    }
}

/// `GET /planning/{channel}/{date}/interruptions`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let now = web.desk.now();
    let open = channel.open_span(date);
    // The next full minute, or the opening: what will be wanted most often.
    let from = (now + chrono::TimeDelta::minutes(1)).max(open.start()).min(open.end());
    let to = (from + chrono::TimeDelta::hours(1)).min(open.end());
    let minute = |at| channel.zone.local(at).format("%H:%M").to_string();
    let given = InterruptionForm {
        kind: InterruptionKind::Relay.to_string(),
        from: minute(from),
        to: minute(to),
        plays: "12".into(),
        ..InterruptionForm::default()
    };
    let page = can.page(can.visit.t("interrupt-title"));
    page_of(&web, page, &channel, date, given, None, (FormErrors::default(), StatusCode::OK)).await
}

/// `POST /planning/{channel}/{date}/interruptions`: looks at what it changes, or orders it.
pub(in crate::web) async fn order(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    Form(given): Form<InterruptionForm>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let mut errors = FormErrors::default();
    let wanted = read(&given, &channel, date, &can.visit, &mut errors);
    let orders = given.r#do == "order";
    if orders && wanted.is_some() && given.looked != given.named() {
        errors.add("effect", can.visit.t("cost-other"));
    } else if orders {
        confirm(&web, &can, &given.password, &mut errors).await?;
    }
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let page = can.page(can.visit.t("interrupt-title"));
    let Some(wanted) = wanted else {
        return page_of(&web, page, &channel, date, given, None, (errors, wrong)).await;
    };
    let mut status = if errors.is_empty() { StatusCode::OK } else { wrong };
    if orders && errors.is_empty() {
        let (by, id, wanted) = (can.id(), channel.id.clone(), wanted.clone());
        let (reason, seen) = (given.reason.clone(), seen(&given.seen).unwrap_or_default());
        match web.blocking(move |desk| desk.interrupt(by, &id, date, &wanted, &reason, seen)).await? {
            Err(PlanError::Interruption(InterruptionRefusal::Changed)) => {
                errors.add("effect", InterruptionRefusal::Changed.text().get(can.visit.lang));
                status = StatusCode::CONFLICT;
            }
            Err(error @ (PlanError::Interruption(_) | PlanError::Judged(_))) => {
                let why = error.refusal().map(|(_, why)| why.get(can.visit.lang).to_owned());
                errors.add("from", why.unwrap_or_default());
                status = wrong;
            }
            published => {
                published?;
                let to = format!("/planning/{}/{date}?done=interrupted", channel.id);
                return Ok(Redirect::to(&to).into_response());
            }
        }
    }
    let id = channel.id.clone();
    let effect = match web.blocking(move |desk| desk.effect_of_interruption(&id, date, &wanted)).await? {
        Ok(effect) => effect,
        Err(error) => {
            let Some((_, why)) = error.refusal() else { return Err(error.into()) };
            errors.add("from", why.get(can.visit.lang));
            return page_of(&web, page, &channel, date, given, None, (errors, wrong)).await;
        }
    };
    let shown = EffectShown::of(&effect, &channel, &can.visit);
    page_of(&web, page, &channel, date, given, Some(shown), (errors, status)).await
}

/// Asks for the password of whoever orders, once nothing else is wrong.
pub(super) async fn confirm<R: Right>(
    web: &Web,
    can: &Can<R>,
    password: &str,
    errors: &mut FormErrors,
) -> Result<(), Problem> {
    if password.is_empty() {
        errors.add("password", can.visit.t("act-password-empty"));
    } else if errors.is_empty() && !password_again(web, can, password.to_owned()).await? {
        errors.add("password", can.visit.t("act-password-wrong"));
    }
    Ok(())
}

fn read(
    given: &InterruptionForm,
    channel: &Channel,
    date: BroadcastDate,
    visit: &Visit,
    errors: &mut FormErrors,
) -> Option<Interruption> {
    let kind = given.kind.parse::<InterruptionKind>();
    let kind = kind.map_err(|_| errors.add("kind", visit.t("interrupt-wrong-kind"))).ok();
    let mut time = |field, text: &str| {
        let time = text.trim().parse::<TimeOfDay>();
        time.map(|time| channel.zone.resolve(date, time))
            .map_err(|_| errors.add(field, visit.t("interrupt-wrong-time")))
            .ok()
    };
    let from = time("from", &given.from);
    // A clip is withdrawn up to the day's end.
    let to = match kind {
        Some(InterruptionKind::Withdraw) => Some(channel.zone.day(date).end()),
        _ => time("to", &given.to),
    };
    let span = from.zip(to).and_then(|(from, to)| Span::new(from, to).filter(|span| from < span.end()));
    if span.is_none() && from.is_some() && to.is_some() {
        errors.add("to", visit.t("interrupt-wrong-span"));
    }
    let what = kind.and_then(|kind| read_what(given, kind, visit, errors));
    let reason = given.reason.trim().chars().count();
    if !(1..=LONGEST_REASON).contains(&reason) {
        errors.add("reason", visit.t("interrupt-wrong-reason"));
    }
    Some(Interruption { span: span?, what: what? }).filter(|_| errors.is_empty())
}

fn read_what(
    given: &InterruptionForm,
    kind: InterruptionKind,
    visit: &Visit,
    errors: &mut FormErrors,
) -> Option<Happening> {
    let typed = given.title.trim();
    if typed.chars().count() > LONGEST_TITLE || (typed.is_empty() && kind == InterruptionKind::Relay) {
        errors.add("title", visit.t("interrupt-wrong-title"));
        return None;
    }
    let title = || if typed.is_empty() { kind.text().id } else { typed.to_owned() };
    let mut clip = || {
        let clip = given.clip.parse().map(SubmissionId);
        clip.map_err(|_| errors.add("clip", visit.t("interrupt-wrong-clip"))).ok()
    };
    match kind {
        InterruptionKind::Relay => match Source::parse(given.source.trim()) {
            Some(Source::None) => Some(Happening::Relay { title: title(), source: None }),
            Some(Source::Live(source)) => Some(Happening::Relay { title: title(), source: Some(source) }),
            Some(Source::File(_)) | None => {
                errors.add("source", visit.t1("interrupt-wrong-source", "forms", LIVE_FORMS));
                None
            }
        },
        InterruptionKind::Dark => Some(Happening::Dark { title: title() }),
        InterruptionKind::Emergency => Some(Happening::Emergency { title: title() }),
        InterruptionKind::Withdraw => Some(Happening::Withdraw { submission: clip()? }),
        InterruptionKind::Urgent => {
            let submission = clip()?;
            let plays = given.plays.trim().parse().ok().filter(|plays| (1..=MOST_URGENT_PLAYS).contains(plays));
            if plays.is_none() {
                errors.add("plays", visit.t1("interrupt-wrong-plays", "most", MOST_URGENT_PLAYS));
            }
            Some(Happening::Urgent { submission, plays: plays? })
        }
    }
}

async fn page_of(
    web: &Web,
    page: Page,
    channel: &Channel,
    date: BroadcastDate,
    given: InterruptionForm,
    effect: Option<EffectShown>,
    (errors, status): (FormErrors, StatusCode),
) -> Result<Response, Problem> {
    let (lang, id) = (page.visit.lang, channel.id.clone());
    let clips = web.blocking(move |desk| desk.clips_of_day(&id, date)).await??;
    let kind = |k: &InterruptionKind| (k.as_str(), k.text().get(lang).to_owned(), k.effect().get(lang).to_owned());
    let shown = InterruptionsPage {
        day: Day::of(channel, date, channel.zone.date_of(web.desk.now()), &page.visit),
        kinds: InterruptionKind::ALL.iter().map(kind).collect(),
        rows: shown(web, channel, date, &page.visit).await?,
        clips: clips.into_iter().map(|(id, title, office)| (id.to_string(), format!("{title} · {office}"))).collect(),
        given,
        effect,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}

#[derive(Template)]
#[template(path = "interruption_end.html")]
struct EndPage {
    page: Page,
    day: Day,
    row: Shown,
    effect: EffectShown,
    errors: FormErrors,
}

/// What the form that ends it sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct EndForm {
    password: String,
    seen: String,
}

/// `GET /planning/{channel}/{date}/interruptions/{id}/end`: what comes back when it ends.
pub(in crate::web) async fn end_form(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date, id)): Path<(String, String, i64)>,
    Query(_): Query<Done>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    end_page(&web, &can, &channel, date, id, (FormErrors::default(), StatusCode::OK)).await
}

async fn end_page(
    web: &Web,
    can: &Can<Plan>,
    channel: &Channel,
    date: BroadcastDate,
    id: i64,
    (errors, status): (FormErrors, StatusCode),
) -> Result<Response, Problem> {
    let row = shown(web, channel, date, &can.visit).await?.into_iter().find(|row| row.id == id);
    let row = row.ok_or(Problem::NotFound)?;
    let of = channel.id.clone();
    let effect = web.blocking(move |desk| desk.effect_of_end(&of, date, id)).await??;
    let shown = EndPage {
        page: can.page(can.visit.t("interrupt-end-title")),
        day: Day::of(channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        row,
        effect: EffectShown::of(&effect, channel, &can.visit),
        errors,
    };
    Ok((status, html(&shown)).into_response())
}

/// `POST /planning/{channel}/{date}/interruptions/{id}/end`
pub(in crate::web) async fn end(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date, id)): Path<(String, String, i64)>,
    Form(given): Form<EndForm>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let mut errors = FormErrors::default();
    confirm(&web, &can, &given.password, &mut errors).await?;
    if !errors.is_empty() {
        return end_page(&web, &can, &channel, date, id, (errors, StatusCode::UNPROCESSABLE_ENTITY)).await;
    }
    let (by, of, seen) = (can.id(), channel.id.clone(), seen(&given.seen).unwrap_or_default());
    match web.blocking(move |desk| desk.end_interruption(by, &of, date, id, seen)).await? {
        Err(PlanError::Interruption(refusal @ InterruptionRefusal::Changed)) => {
            errors.add("effect", refusal.text().get(can.visit.lang));
            end_page(&web, &can, &channel, date, id, (errors, StatusCode::CONFLICT)).await
        }
        ended => {
            ended?;
            Ok(Redirect::to(&format!("/planning/{}/{date}?done=ended", channel.id)).into_response())
        }
    }
}
