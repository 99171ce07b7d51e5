//! The desk on which a day's plan is changed by hand: an hour of it as a picture whose plays can be moved, the same as a
//! table, and a form for each thing that the picture can do. A script sends the same forms and puts the answer in place.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use serde::Deserialize;

use super::day::{HourRow, OfficeRow, drawn, office_rows};
use super::drawing::{self, Drawing, Hour};
use super::{Day, day_of, minutes};
use crate::desk::planning::day::{DayView, RequestLook};
use crate::desk::planning::draft::{EditRefusal, Edited, LaidEdit, Wish};
use crate::domain::channel::Channel;
use crate::domain::draft::{Edit, PlayAt};
use crate::domain::playlist::{ItemKind, PlaylistItem};
use crate::domain::time::{BroadcastDate, FrameRate, Instant, Tick, TimeOfDay};
use crate::web::Web;
use crate::web::page::{FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan};
use crate::web::wall::clock;

/// How far beside a typed second a play may be put: plays begin on frames, people type seconds.
const TYPED_SLACK: TimeDelta = TimeDelta::seconds(1);
/// How far beside the place where a play was dropped it may be put: about two points of the picture.
const DROPPED_SLACK: TimeDelta = TimeDelta::seconds(10);
/// Plays that are offered to trade places with.
const MOST_PARTNERS: usize = 60;
/// Header by which the script asks for the desk alone.
const PART: &str = "x-siaran-part";

/// How forms name a play: its request and its first frame.
fn key(item: &PlaylistItem, rate: FrameRate) -> Option<String> {
    let submission = item.submission.as_deref().filter(|_| item.kind == ItemKind::Clip)?;
    Some(format!("{submission}-{}", item.first_tick(rate).0))
}

pub(super) fn key_of(play: PlayAt, rate: FrameRate) -> String {
    format!("{}-{}", play.submission, rate.tick_from(play.start).0)
}

pub(super) fn play_of(key: &str, rate: FrameRate) -> Option<PlayAt> {
    let (submission, tick) = key.split_once('-')?;
    Some(PlayAt { submission: submission.parse().ok()?, start: rate.start_of(Tick(tick.parse().ok()?)) })
}

/// `8.05`, `08:05` or `08.05.30`.
pub(super) fn typed(time: &str) -> Option<TimeOfDay> {
    let parts: Vec<&str> = time.trim().split(['.', ':']).collect();
    let number = |part: &&str| part.parse::<u32>().ok().filter(|_| (1..=2).contains(&part.len()));
    let numbers: Option<Vec<u32>> = parts.iter().map(number).collect();
    match numbers?[..] {
        [h, m] => format!("{h:02}:{m:02}").parse().ok(),
        [h, m, s] => format!("{h:02}:{m:02}:{s:02}").parse().ok(),
        _ => None,
    }
}

struct PlayRow {
    key: String,
    start: String,
    end: String,
    length: String,
    title: String,
    owner: String,
    by_hand: bool,
    current: bool,
    /// Announced and near.
    fixed: bool,
}

struct Chosen {
    key: String,
    title: String,
    owner: String,
    start: String,
    length: String,
    /// What it could trade places with: key and words.
    partners: Vec<(String, String)>,
}

struct EditRow {
    words: String,
    who: String,
    fell: Vec<String>,
}

struct Refused {
    why: Vec<String>,
    /// Places that are offered: the form's fields and the words.
    places: Vec<Offer>,
    /// What was wanted, to be sent once more as it is.
    again: Option<Offer>,
}

struct Offer {
    fields: Vec<(&'static str, String)>,
    words: String,
}

#[derive(Template)]
#[template(path = "draft_part.html")]
struct Part {
    visit: Visit,
    path: String,
    version: String,
    /// What the script says aloud, and which play it puts the focus on.
    said: String,
    focus: String,
    refused: Option<Refused>,
    errors: FormErrors,
    at: String,
    draft: Option<Drafted>,
    hours: Vec<HourRow>,
    hour: String,
    hour_words: String,
    picture: Drawing,
    plays: Vec<PlayRow>,
    chosen: Option<Chosen>,
    requests: Vec<(String, String, bool)>,
    unplaced: Vec<(String, String)>,
    findings: Vec<String>,
    offices: Vec<OfficeRow>,
}

struct Drafted {
    who: String,
    edits: Vec<EditRow>,
    lost: Vec<String>,
}

impl Part {
    fn t(&self, key: &str) -> String {
        self.visit.t(key)
    }
    fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        self.visit.t1(key, name, value)
    }
}

#[derive(Template)]
#[template(path = "draft.html")]
struct DraftPage {
    page: Page,
    day: Day,
    /// Set by a template of its own, which escapes every word of it.
    part: String,
}

/// What the page is asked to show.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Asked {
    hour: String,
    play: String,
    done: String,
}

/// `GET /planning/{channel}/{date}/draft`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let id = channel.id.clone();
    let view = web.blocking(move |desk| desk.plan_view(&id, date)).await??;
    let said = match asked.done.as_str() {
        "moved" => can.visit.t("draft-moved"),
        "swapped" => can.visit.t("draft-swapped"),
        "removed" => can.visit.t("draft-removed"),
        "added" => can.visit.t("draft-added"),
        "undone" => can.visit.t("draft-undone"),
        "discarded" => can.visit.t("draft-discarded"),
        "listed" => can.visit.t("draft-listed"),
        _ => String::new(),
    };
    let state = Shown { hour: asked.hour, play: asked.play, said, ..Shown::default() };
    answer(&web, &can, &channel, date, &view, state, is_part(&headers))
}

fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key(PART)
}

/// What the page shows beside the plan.
#[derive(Default)]
struct Shown {
    hour: String,
    play: String,
    said: String,
    at: String,
    refused: Option<Refused>,
    errors: FormErrors,
}

fn answer(
    web: &Web,
    can: &Can<Plan>,
    channel: &Channel,
    date: BroadcastDate,
    view: &DayView,
    shown: Shown,
    part_only: bool,
) -> Result<Response, Problem> {
    let failed = shown.refused.is_some() || !shown.errors.is_empty();
    let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = can.page(can.visit.t("draft-title"));
    page.done = Some(shown.said.clone()).filter(|said| !said.is_empty() && !part_only);
    let part = part(view, channel, &can.visit, shown);
    if part_only {
        return Ok((status, html(&part)).into_response());
    }
    let part = part.render().map_err(|error| {
        tracing::error!(%error, "a template could not be written");
        Problem::Broken
    })?;
    let day = Day::of(channel, date, channel.zone.date_of(web.desk.now()), &can.visit);
    Ok((status, html(&DraftPage { page, day, part })).into_response())
}

fn part(view: &DayView, channel: &Channel, visit: &Visit, shown: Shown) -> Part {
    let rate = channel.house.rate;
    let path = format!("/planning/{}/{}/draft", channel.id, view.playlist.head().date);
    let hours = drawing::hours(view, channel);
    let chosen = view.playlist.items().iter().find(|item| key(item, rate).is_some_and(|k| k == shown.play));
    let of_play = chosen.and_then(|item| hours.iter().find(|hour| hour.whole.contains(item.start)));
    let named = hours.iter().find(|hour| hour.name == shown.hour);
    let busy = hours.iter().find(|hour| hour.plays > 0 && hour.whole.end() > view.from);
    let empty =
        || Hour { name: "00".into(), whole: view.hours, plays: 0, booked_ms: 0, fixed_ms: 0, fill_ms: 0, open_ms: 0 };
    let hour = of_play.or(named).or(busy).or(hours.first()).cloned().unwrap_or_else(empty);
    let changeable = |item: &PlaylistItem| key(item, rate).filter(|_| item.start >= view.from);
    let inside = view.playlist.items().iter().filter(|i| i.kind != ItemKind::Fill && hour.whole.contains(i.start));
    let row = |item: &PlaylistItem| PlayRow {
        key: key(item, rate).unwrap_or_default(),
        start: clock(item.start, channel),
        end: clock(item.span(rate).end(), channel),
        length: minutes(rate.millis(item.duration_frames) / 1000),
        title: item.title.clone(),
        owner: item.owner.clone(),
        by_hand: view.by_hand.contains(&item.id),
        current: chosen.is_some_and(|c| c.id == item.id),
        fixed: changeable(item).is_none(),
    };
    let request = |r: &RequestLook| {
        let words = format!("{} · {} ({}/{})", r.office, r.title, r.placed, r.wanted);
        (r.submission.to_string(), words, r.placed >= r.wanted)
    };
    let plays: Vec<PlayRow> = inside.map(row).collect();
    Part {
        version: view.draft.as_ref().map(|draft| draft.version.to_string()).unwrap_or_default(),
        focus: if shown.refused.is_some() { String::new() } else { shown.play.clone() },
        said: shown.said,
        refused: shown.refused,
        errors: shown.errors,
        at: shown.at,
        draft: view.draft.as_ref().map(|_| drafted(view, channel, visit)),
        hours: hours.iter().map(|h| HourRow::of(h, format!("{path}?hour={}", h.name), h.name == hour.name)).collect(),
        hour_words: format!("{}–{}", hour.from(), clock(hour.whole.end(), channel).get(..5).unwrap_or_default()),
        picture: drawn(channel, visit, |words| drawing::one_hour(view, &hour, words, changeable)),
        chosen: chosen.filter(|item| changeable(item).is_some()).map(|item| chosen_of(item, view, channel)),
        plays,
        requests: view.requests.iter().map(request).collect(),
        unplaced: view.unplaced.iter().map(|(case, why)| (case.to_string(), why.get(visit.lang).to_owned())).collect(),
        findings: view.findings.iter().map(|f| f.text(channel.zone).get(visit.lang).to_owned()).collect(),
        offices: office_rows(view),
        hour: hour.name,
        visit: visit.clone(),
        path,
    }
}

fn chosen_of(item: &PlaylistItem, view: &DayView, channel: &Channel) -> Chosen {
    let rate = channel.house.rate;
    let same = |other: &&PlaylistItem| {
        other.kind == ItemKind::Clip
            && other.duration_frames == item.duration_frames
            && other.start >= view.from
            && other.submission != item.submission
    };
    let mut partners: Vec<&PlaylistItem> = view.playlist.items().iter().filter(same).collect();
    partners.sort_by_key(|other| (other.start - item.start).abs());
    partners.truncate(MOST_PARTNERS);
    partners.sort_by_key(|other| other.start);
    let words = |other: &PlaylistItem| format!("{} · {} · {}", clock(other.start, channel), other.title, other.owner);
    Chosen {
        key: key(item, rate).unwrap_or_default(),
        title: item.title.clone(),
        owner: item.owner.clone(),
        start: clock(item.start, channel),
        length: minutes(rate.millis(item.duration_frames) / 1000),
        partners: partners.iter().filter_map(|other| Some((key(other, rate)?, words(other)))).collect(),
    }
}

fn drafted(view: &DayView, channel: &Channel, visit: &Visit) -> Drafted {
    let Some(draft) = &view.draft else {
        return Drafted { who: String::new(), edits: Vec::new(), lost: Vec::new() };
    };
    let name = |id| view.names.get(&id).cloned().unwrap_or_default();
    let by = |(person, at)| (("name", name(person)), ("at", clock(at, channel)));
    let (began, changed) = (by(draft.started), by(draft.changed));
    let who =
        format!("{} {}", visit.t2("draft-began", began.0, began.1), visit.t2("draft-changed", changed.0, changed.1));
    let edit = |laid: &LaidEdit| EditRow {
        words: edit_words(laid, channel, visit),
        who: format!("{}, {}", name(laid.edit.by), clock(laid.edit.at, channel)),
        fell: laid.fell.iter().map(|why| why.get(visit.lang).to_owned()).collect(),
    };
    let lost = draft.lost.iter().map(|(at, title)| format!("{} {title}", clock(*at, channel)));
    Drafted { who, edits: draft.edits.iter().rev().map(edit).collect(), lost: lost.collect() }
}

fn edit_words(laid: &LaidEdit, channel: &Channel, visit: &Visit) -> String {
    let at = |start| clock(start, channel);
    let (title, other) = &laid.titles;
    let what = match laid.edit.edit {
        Edit::Move { play, to } => visit.t2("draft-did-move", ("from", at(play.start)), ("to", at(to))),
        Edit::Remove { play } => visit.t1("draft-did-remove", "at", at(play.start)),
        Edit::Add { play } => visit.t1("draft-did-add", "at", at(play.start)),
        Edit::Swap { play, other: two } => {
            let with = format!("{} ({})", other.clone().unwrap_or_default(), at(two.start));
            visit.t2("draft-did-swap", ("at", at(play.start)), ("with", with))
        }
    };
    format!("{title}: {what}")
}

/// What a form of the desk sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::web) struct EditForm {
    /// `move`, `remove`, `add`, `swap`, `undo` or `discard`.
    #[serde(rename = "do")]
    what: String,
    version: String,
    play: String,
    other: String,
    request: String,
    /// A time that a person typed.
    at: String,
    /// A frame that the page offered.
    to: String,
    /// Where a play was dropped, milliseconds since 1970.
    near_ms: String,
    hour: String,
}

/// What a form wants.
enum Wanted {
    Change(Wish),
    Undo,
    Discard,
}

impl EditForm {
    fn wanted(&self, channel: &Channel, date: BroadcastDate, visit: &Visit) -> Result<Wanted, FormErrors> {
        let rate = channel.house.rate;
        let mut errors = FormErrors::default();
        let play = play_of(&self.play, rate);
        let other = play_of(&self.other, rate);
        let start = match (self.to.parse().ok(), self.near_ms.parse().ok()) {
            (Some(tick), _) => Some((rate.start_of(Tick(tick)), TimeDelta::zero())),
            (None, Some(ms)) => {
                Instant::from_timestamp_millis(ms).map(|at| (rate.start_of(rate.tick_at(at)), DROPPED_SLACK))
            }
            (None, None) => typed(&self.at)
                .map(|time| (rate.start_of(rate.tick_from(channel.zone.resolve(date, time))), TYPED_SLACK)),
        };
        let edit = match self.what.as_str() {
            "undo" => return Ok(Wanted::Undo),
            "discard" => return Ok(Wanted::Discard),
            "move" => play.zip(start).map(|(play, (to, _))| Edit::Move { play, to }),
            "remove" => play.map(|play| Edit::Remove { play }),
            "swap" => play.zip(other).map(|(play, other)| Edit::Swap { play, other }),
            "add" => self
                .request
                .parse()
                .ok()
                .zip(start)
                .map(|(submission, (start, _))| Edit::Add { play: PlayAt { start, submission } }),
            _ => None,
        };
        if matches!(self.what.as_str(), "move" | "add") && start.is_none() {
            let field = if self.what == "add" { "add-at" } else { "at" };
            errors.add(field, visit.t("draft-time-wrong"));
        } else if self.what == "add" && edit.is_none() {
            errors.add("request", visit.t("draft-request-wanted"));
        } else if self.what == "swap" && edit.is_none() {
            errors.add("other", visit.t("draft-other-wanted"));
        } else if edit.is_none() {
            errors.add("desk", visit.t("draft-play-wanted"));
        }
        match edit.filter(|_| errors.is_empty()) {
            Some(edit) => Ok(Wanted::Change(Wish {
                edit,
                onto: other.filter(|_| self.what == "move"),
                slack: start.map_or(TimeDelta::zero(), |(_, slack)| slack),
            })),
            None => Err(errors),
        }
    }

    /// The same form with another start.
    fn offer(&self, version: &str, to: Option<Tick>, words: String) -> Offer {
        let mut fields = vec![("do", self.what.clone()), ("version", version.to_owned()), ("hour", self.hour.clone())];
        let others = [("play", &self.play), ("other", &self.other), ("request", &self.request)];
        fields.extend(others.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n, v.clone())));
        match to {
            Some(tick) => {
                fields.retain(|(name, _)| *name != "other");
                fields.push(("to", tick.0.to_string()));
            }
            None => {
                let times = [("at", &self.at), ("to", &self.to), ("near_ms", &self.near_ms)];
                fields.extend(times.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n, v.clone())));
            }
        }
        Offer { fields, words }
    }
}

/// How a form ended: a word for the address, the play that it is about, and the plan if it was made already.
enum Ended {
    Done(&'static str, Option<PlayAt>, Option<Box<DayView>>),
    Refused(EditRefusal),
}

/// `POST /planning/{channel}/{date}/draft`
pub(in crate::web) async fn edit(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    headers: HeaderMap,
    Form(given): Form<EditForm>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let (part_only, id, by) = (is_part(&headers), channel.id.clone(), can.id());
    let wanted = match given.wanted(&channel, date, &can.visit) {
        Ok(wanted) => wanted,
        Err(errors) => {
            let view = web.blocking(move |desk| desk.plan_view(&id, date)).await??;
            let shown = Shown { hour: given.hour, play: given.play, at: given.at, errors, ..Shown::default() };
            return answer(&web, &can, &channel, date, &view, shown, part_only);
        }
    };
    let version = given.version.parse().ok();
    let ended = web.blocking(move |desk| match wanted {
        Wanted::Undo => Ok(match desk.undo_edit(by, &id, date, version)? {
            Ok(edit) => Ended::Done("undone", Some(edit.play()), None),
            Err(refusal) => Ended::Refused(refusal),
        }),
        Wanted::Discard => Ok(match desk.discard_draft(by, &id, date, version)? {
            Ok(()) => Ended::Done("discarded", None, None),
            Err(refusal) => Ended::Refused(refusal),
        }),
        Wanted::Change(wish) => match desk.edit_draft(by, &id, date, version, wish)? {
            Edited::Taken(edit, proposal) => {
                let view = Box::new(desk.view_of(*proposal)?);
                Ok(Ended::Done(word_of(edit), edit.placed().first().copied(), Some(view)))
            }
            Edited::Refused(refusal) => Ok(Ended::Refused(refusal)),
        },
    });
    let ended: Result<Ended, crate::desk::planning::PlanError> = ended.await?;
    match ended? {
        Ended::Done(done, play, view) => {
            let key = play.map(|play| key_of(play, channel.house.rate)).unwrap_or_default();
            if !part_only {
                let hour = &given.hour;
                let target = format!("/planning/{}/{date}/draft?hour={hour}&play={key}&done={done}", channel.id);
                return Ok(Redirect::to(&target).into_response());
            }
            let id = channel.id.clone();
            let view = match view {
                Some(view) => *view,
                None => web.blocking(move |desk| desk.plan_view(&id, date)).await??,
            };
            let shown =
                Shown { hour: given.hour, said: said(done, play, &channel, &can.visit), play: key, ..Shown::default() };
            answer(&web, &can, &channel, date, &view, shown, true)
        }
        Ended::Refused(refusal) => {
            let id = channel.id.clone();
            let view = web.blocking(move |desk| desk.plan_view(&id, date)).await??;
            let refused = refused(&refusal, &given, &view, &channel, &can.visit);
            let shown = Shown {
                hour: given.hour,
                play: given.play,
                at: given.at,
                said: can.visit.t("draft-refused"),
                refused: Some(refused),
                ..Shown::default()
            };
            answer(&web, &can, &channel, date, &view, shown, part_only)
        }
    }
}

fn word_of(edit: Edit) -> &'static str {
    match edit {
        Edit::Move { .. } => "moved",
        Edit::Remove { .. } => "removed",
        Edit::Add { .. } => "added",
        Edit::Swap { .. } => "swapped",
    }
}

/// What is said aloud of a change.
fn said(done: &str, play: Option<PlayAt>, channel: &Channel, visit: &Visit) -> String {
    let at = play.map(|play| clock(play.start, channel)).unwrap_or_default();
    match done {
        "moved" => visit.t1("draft-moved-to", "at", at),
        "swapped" => visit.t("draft-swapped"),
        "added" => visit.t1("draft-added-at", "at", at),
        "removed" => visit.t("draft-removed"),
        "undone" => visit.t("draft-undone"),
        _ => visit.t("draft-discarded"),
    }
}

fn refused(refusal: &EditRefusal, given: &EditForm, view: &DayView, channel: &Channel, visit: &Visit) -> Refused {
    let why = refusal.text(|at| clock(at, channel));
    let version = view.draft.as_ref().map(|draft| draft.version.to_string()).unwrap_or_default();
    let places = match refusal {
        EditRefusal::Hindered { places, .. } => places.as_slice(),
        _ => &[],
    };
    let offer = |at: &Instant| {
        let words = visit.t1("draft-place", "at", clock(*at, channel));
        given.offer(&version, Some(channel.house.rate.tick_from(*at)), words)
    };
    let again = matches!(refusal, EditRefusal::Stale { .. }) && !matches!(given.what.as_str(), "undo" | "discard");
    Refused {
        why: why.iter().map(|text| text.get(visit.lang).to_owned()).collect(),
        places: places.iter().map(offer).collect(),
        again: again.then(|| given.offer(&version, None, visit.t("draft-again"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_type_it() {
        let read = |text| typed(text).map(|time| time.to_string());
        assert_eq!(read("8.05").as_deref(), Some("08:05"));
        assert_eq!(read(" 08:05:30 ").as_deref(), Some("08:05:30"));
        assert_eq!(read("08.05.30").as_deref(), Some("08:05:30"));
        for wrong in ["", "8", "25.00", "08.60", "pagi", "08.05.30.1", "008.05", "-8.05"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_play_is_named_by_its_request_and_its_first_frame() {
        let play = play_of("12-44598375000", FrameRate::PAL).expect("a play");
        assert_eq!(key_of(play, FrameRate::PAL), "12-44598375000");
        assert_eq!(play_of("12", FrameRate::PAL), None);
        assert_eq!(play_of("x-1", FrameRate::PAL), None);
    }
}
