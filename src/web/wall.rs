//! The operator's page: what is on air, what comes next, the picture that leaves the player, how the player does, and
//! what needs a person. Dark, and readable from three metres. Green means that the player was heard just now and its
//! picture moves; whatever else is known, a player that is not heard is said first.

use std::path::PathBuf;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use serde::Deserialize;

use super::live::{Part, Parts};
use super::page::{Page, Visit, html};
use super::problem::Problem;
use super::session::{Can, OrderPlayer, Right, Watch};
use super::{Web, crawl};
use crate::desk::Desk;
use crate::desk::incidents::Heard;
use crate::desk::orders::PlayerOrder;
use crate::domain::as_run::AirKind;
use crate::domain::channel::Channel;
use crate::domain::ids::ChannelId;
use crate::domain::incident::Level;
use crate::domain::playlist::{Playlist, PlaylistItem};
use crate::domain::text::instant_in_words;
use crate::domain::time::{BroadcastDate, Instant};
use crate::files::playlist_file;
use crate::files::status_file::{OnAir, OutputStatus, Planned, Status};

/// How often the page looks again in a browser without script, seconds: an incident is seen within this and the
/// picture's second.
const REFRESH_S: u32 = 3;
/// A picture older than this is not of now: the player writes one each second.
const FRESH: TimeDelta = TimeDelta::seconds(5);
/// Items shown after the one on air.
const NEXT_SHOWN: usize = 3;

struct ItemRow {
    title: String,
    owner: String,
    start: String,
    end: String,
}

/// What the player says is on air.
struct OnAirRow {
    title: String,
    /// Whose it is, or what should have been on air in its place.
    owner: String,
    since: String,
    /// Until what follows; empty if the player does not know.
    left: String,
}

struct OutputRow {
    address: String,
    tone: &'static str,
    state: String,
    taken: u64,
    dropped: u64,
}

struct IncidentRow {
    id: i64,
    text: String,
    since: String,
    critical: bool,
}

/// How the player does, by its own word.
struct PlayerRow {
    trusted_clock: bool,
    /// What an operator ordered, in words.
    ordered: Vec<String>,
    /// The crawl that runs, in words.
    crawl: Option<String>,
    ticks: u64,
    held: u64,
    late: u64,
    most_late_ms: u64,
    outputs: Vec<OutputRow>,
}

#[derive(Template)]
#[template(path = "wall.html")]
struct WallPage {
    page: Page,
    channel: String,
    channel_title: String,
    others: Vec<(String, String)>,
    /// Where the page hears what has changed.
    live: String,
    /// What the one who looks may order: the word, and what it does.
    orders: Vec<OrderRow>,
    /// How long a crawl may run: minutes, and the words.
    crawl_lengths: Vec<(u32, String)>,
    parts: Parts,
}

/// What of the page changes while somebody looks at it.
#[derive(Template)]
#[template(path = "wall_parts.html", blocks = ["state", "clock", "alarms", "picture", "player", "air"])]
struct Look {
    visit: Visit,
    channel: String,
    now: String,
    air: Air,
    /// When a player that is silent was heard last.
    last_heard: Option<String>,
    on_air: Option<OnAirRow>,
    planned: Option<ItemRow>,
    next: Vec<ItemRow>,
    picture: Picture,
    player: Option<PlayerRow>,
    incidents: Vec<IncidentRow>,
}

impl Look {
    fn parts(&self) -> askama::Result<Parts> {
        Ok(Parts([
            Part::new("state", self.as_state().render()?),
            Part::new("clock", self.as_clock().render()?),
            Part::new("alarms", self.as_alarms().render()?),
            Part::new("picture", self.as_picture().render()?),
            Part::new("player", self.as_player().render()?),
            Part::new("air", self.as_air().render()?),
        ]))
    }

    fn t(&self, key: &str) -> String {
        self.visit.t(key)
    }
    fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        self.visit.t1(key, name, value)
    }
}

/// What the page says in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Air {
    /// The player is heard and its picture moves.
    On,
    /// The player is heard and shows the station's card.
    Slate,
    /// The player is heard, and there is no picture of its air yet.
    Unseen,
    /// The player is heard and airs nothing though the channel is open.
    Nothing,
    /// Nothing need be on air.
    Closed,
    /// The player is not heard, or its picture stands still.
    Silent,
}

/// What the player's newest picture says of the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Fresh,
    Old,
    None,
}

fn judge(open: bool, heard: &Heard, picture: Picture) -> Air {
    let kind = match heard {
        Heard::Now(status) => status.on_air.as_ref().map_or(AirKind::None, |on_air| on_air.kind),
        Heard::Lost(_) | Heard::Never if open => return Air::Silent,
        Heard::Lost(_) | Heard::Never => return Air::Closed,
    };
    match (picture, kind) {
        (Picture::Old, _) => Air::Silent,
        (_, AirKind::None) if open => Air::Nothing,
        (_, AirKind::None) => Air::Closed,
        (Picture::None, _) => Air::Unseen,
        (Picture::Fresh, AirKind::Slate) => Air::Slate,
        (Picture::Fresh, _) => Air::On,
    }
}

/// `GET /wall`
pub(super) async fn first(State(web): State<Web>, _can: Can<Watch>) -> Redirect {
    let channel = web.desk.config.channels.keys().next().expect("a configuration has a channel");
    Redirect::to(&format!("/wall/{channel}"))
}

/// `GET /wall/{channel}`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Watch>,
    Path(channel): Path<String>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let parts = parts(&web, &can.visit, &channel).await?;
    let others = web.desk.config.channels.values().map(|other| &other.channel).filter(|other| other.id != channel.id);
    let mut page = can.page(channel.title.clone());
    page.refresh_s = Some(REFRESH_S);
    page.kept_by_script = true;
    Ok(html(&WallPage {
        others: others.map(|other| (other.id.to_string(), other.title.clone())).collect(),
        live: format!("/wall/{}/live", channel.id),
        orders: orders(&can),
        crawl_lengths: crawl::lengths(&can.visit),
        channel: channel.id.to_string(),
        channel_title: channel.title.clone(),
        parts,
        page,
    }))
}

struct OrderRow {
    word: &'static str,
    name: String,
    what: String,
}

/// Every order with its words, for an operator.
fn orders(can: &Can<Watch>) -> Vec<OrderRow> {
    let may = OrderPlayer::ROLES.iter().any(|role| can.person().holds(*role));
    let visit = &can.visit;
    let row = |order: PlayerOrder| {
        let (name, what) = match order {
            PlayerOrder::Hold => (visit.t("order-hold"), visit.t("order-hold-what")),
            PlayerOrder::Take => (visit.t("order-take"), visit.t("order-take-what")),
            PlayerOrder::Retake => (visit.t("order-retake"), visit.t("order-retake-what")),
            PlayerOrder::Skip => (visit.t("order-skip"), visit.t("order-skip-what")),
            PlayerOrder::Slate => (visit.t("order-slate"), visit.t("order-slate-what")),
            PlayerOrder::Resume => (visit.t("order-resume"), visit.t("order-resume-what")),
        };
        OrderRow { word: order.as_str(), name, what }
    };
    PlayerOrder::ALL.into_iter().filter(|_| may).map(row).collect()
}

/// What the form of an order sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OrderForm {
    order: String,
}

/// `POST /wall/{channel}/order`
pub(super) async fn order(
    State(web): State<Web>,
    can: Can<OrderPlayer>,
    Path(channel): Path<String>,
    Form(given): Form<OrderForm>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?.id;
    let order = PlayerOrder::ALL.into_iter().find(|order| order.as_str() == given.order);
    let order = order.ok_or(Problem::Unreadable)?;
    let (by, of) = (can.id(), channel.clone());
    web.ask(move |desk| desk.order_player(by, &of, order)).await?;
    Ok(Redirect::to(&format!("/wall/{channel}")).into_response())
}

/// The parts of the page as they are now.
pub(super) async fn parts(web: &Web, visit: &Visit, channel: &Channel) -> Result<Parts, Problem> {
    look(web, visit, channel).await?.parts().map_err(|error| {
        tracing::error!(%error, "a template could not be written");
        Problem::Broken
    })
}

async fn look(web: &Web, visit: &Visit, channel: &Channel) -> Result<Look, Problem> {
    let lang = visit.lang;
    let asked = channel.clone();
    let (now, playlist, incidents, picture, heard) = web
        .ask(move |desk| {
            let now = desk.now();
            let incidents = desk.store.read(|r| r.open_incidents())?;
            let playlist = published(desk, &asked, asked.zone.date_of(now));
            Ok((now, playlist, incidents, picture(desk, &asked.id), desk.heard(&asked.id)))
        })
        .await?;
    let here = incidents.iter().filter(|i| i.channel.as_ref().is_none_or(|at| *at == channel.id));
    let incidents = here.map(|incident| IncidentRow {
        id: incident.id.0,
        text: incident.text.get(lang).to_owned(),
        since: instant_in_words(incident.opened_at, channel.zone, lang),
        critical: incident.level == Level::Critical,
    });
    let air = judge(channel.is_open(now), &heard, picture);
    let status = match &heard {
        Heard::Now(status) if air != Air::Silent => Some(status),
        _ => None,
    };
    let last_heard = match &heard {
        Heard::Lost(status) | Heard::Now(status) => Some(instant_in_words(status.written, channel.zone, lang)),
        Heard::Never => None,
    };
    let plan = Plan { channel, playlist: playlist.as_ref() };
    Ok(Look {
        visit: visit.clone(),
        channel: channel.id.to_string(),
        now: instant_in_words(now, channel.zone, lang),
        air,
        last_heard,
        on_air: status.and_then(|status| on_air(status, channel, visit)),
        planned: if status.is_none() { plan.at(now) } else { None },
        next: next(status, &plan, now, visit),
        picture,
        player: status.map(|status| player_row(status, visit)),
        incidents: incidents.collect(),
    })
}

/// The published day, as far as the page needs it.
struct Plan<'a> {
    channel: &'a Channel,
    playlist: Option<&'a Playlist>,
}

impl Plan<'_> {
    fn items(&self) -> &[PlaylistItem] {
        self.playlist.map_or(&[][..], Playlist::items)
    }
    fn row(&self, item: &PlaylistItem) -> ItemRow {
        let span = item.span(self.playlist.map_or(self.channel.house.rate, |playlist| playlist.head().rate));
        ItemRow {
            title: item.title.clone(),
            owner: item.owner.clone(),
            start: clock(span.start(), self.channel),
            end: clock(span.end(), self.channel),
        }
    }
    fn at(&self, now: Instant) -> Option<ItemRow> {
        let rate = self.playlist?.head().rate;
        self.items().iter().find(|item| item.span(rate).contains(now)).map(|item| self.row(item))
    }
}

/// What the player has on air; what it shows in place of an item is said, and the item named beside it.
fn on_air(status: &Status, channel: &Channel, visit: &Visit) -> Option<OnAirRow> {
    let OnAir { kind, start, .. } = status.on_air.as_ref()?;
    let current = status.timeline.iter().rev().find(|planned| planned.start <= status.at);
    let planned = current.map(|planned| (planned.title.clone(), planned.owner.clone())).unwrap_or_default();
    let in_place = |words: String| (words, planned.0.clone());
    let (title, owner) = match kind {
        AirKind::Slate => in_place(visit.t("wall-slate")),
        AirKind::None => (visit.t("wall-nothing"), String::new()),
        AirKind::Fill if current.is_some_and(|planned| planned.item.is_some()) => in_place(visit.t("wall-fill")),
        AirKind::Fill if planned.0.is_empty() => (visit.t("wall-fill"), String::new()),
        _ => planned.clone(),
    };
    let follows = status.timeline.iter().find(|planned| planned.start > status.at);
    let left = follows.map(|planned| in_minutes(planned.start - status.at)).unwrap_or_default();
    Some(OnAirRow { title, owner, since: clock(*start, channel), left })
}

/// What follows by the player's own word, and by the plan where that ends.
fn next(status: Option<&Status>, plan: &Plan<'_>, now: Instant, visit: &Visit) -> Vec<ItemRow> {
    let told = status.map_or(&[][..], |status| &status.timeline);
    let from = status.map_or(now, |status| status.at);
    let row = |planned: &Planned| ItemRow {
        title: match planned.kind.as_str() {
            _ if !planned.title.is_empty() => planned.title.clone(),
            "closed" => visit.t("wall-closed"),
            "slate" => visit.t("wall-slate"),
            _ => visit.t("wall-fill"),
        },
        owner: planned.owner.clone(),
        start: clock(planned.start, plan.channel),
        end: String::new(),
    };
    let last = told.last().map_or(from, |planned| planned.start.max(from));
    let later = plan.items().iter().filter(|item| item.start > last).map(|item| plan.row(item));
    told.iter().filter(|planned| planned.start > from).map(row).chain(later).take(NEXT_SHOWN).collect()
}

fn player_row(status: &Status, visit: &Visit) -> PlayerRow {
    let output = |output: &OutputStatus| OutputRow {
        // What follows a question mark may be a passphrase.
        address: output.address.split('?').next().unwrap_or_default().to_owned(),
        tone: match (output.running, &output.why) {
            (true, _) => "ok",
            (false, Some(_)) => "bad",
            (false, None) => "dim",
        },
        state: match (output.running, &output.why) {
            (true, _) => visit.t("wall-output-runs"),
            (false, Some(why)) => visit.t1("wall-output-lost", "why", why),
            (false, None) => visit.t("wall-output-starts"),
        },
        taken: output.taken,
        dropped: output.dropped,
    };
    let counters = status.counters;
    PlayerRow {
        trusted_clock: status.trusted_clock,
        ordered: status.orders.iter().map(|order| ordered(order, visit)).collect(),
        crawl: status.crawl.as_ref().map(|crawl| format!("{} {}", visit.t1("crawl-runs", "by", &crawl.by), crawl.text)),
        ticks: counters.ticks,
        held: counters.held,
        late: counters.late,
        most_late_ms: counters.most_late_ms,
        outputs: status.outputs.iter().map(output).collect(),
    }
}

/// An order that stands, by the player's word for it.
fn ordered(order: &str, visit: &Visit) -> String {
    let name = match order {
        "hold" => visit.t("order-hold"),
        "take" => visit.t("order-take"),
        "retake" => visit.t("order-retake"),
        "slate" => visit.t("order-slate"),
        "live" => visit.t("order-live"),
        "emergency" => visit.t("order-emergency"),
        unknown => unknown.to_owned(),
    };
    visit.t1("order-stands", "order", name)
}

/// `1:05` of what is left; `1:01:05` beyond an hour.
fn in_minutes(left: TimeDelta) -> String {
    let seconds = left.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The channel of a name in an address.
pub(super) fn channel_of(web: &Web, name: &str) -> Result<Channel, Problem> {
    let id: ChannelId = name.parse().map_err(|_| Problem::NotFound)?;
    web.desk.config.channels.get(&id).map(|config| config.channel.clone()).ok_or(Problem::NotFound)
}

/// The newest revision of a broadcast day that can be read, as the player sees it.
pub(super) fn published(desk: &Desk, channel: &Channel, date: BroadcastDate) -> Option<Playlist> {
    let numbers = playlist_file::revisions(desk.home(), &channel.id, date).unwrap_or_default();
    let paths = numbers.into_iter().rev().map(|n| playlist_file::path(desk.home(), &channel.id, date, n));
    paths.filter_map(|path| playlist_file::read(&path).ok()).next()
}

/// `06.00.15` on the channel's clock.
pub(super) fn clock(at: Instant, channel: &Channel) -> String {
    channel.zone.local(at).format("%H.%M.%S").to_string()
}

fn picture_path(desk: &Desk, channel: &ChannelId) -> PathBuf {
    desk.home().join("run").join(format!("{channel}.jpg"))
}

fn picture(desk: &Desk, channel: &ChannelId) -> Picture {
    let Ok(written) = std::fs::metadata(picture_path(desk, channel)).and_then(|data| data.modified()) else {
        return Picture::None;
    };
    let written: Instant = written.into();
    // A picture from the future tells as little as an old one: the clock was set back.
    let age = (desk.now() - written).abs();
    if age < FRESH { Picture::Fresh } else { Picture::Old }
}

/// `GET /wall/{channel}/picture.jpg`: what leaves the player, a second old at most.
pub(super) async fn picture_file(
    State(web): State<Web>,
    _can: Can<Watch>,
    Path(channel): Path<String>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let path = picture_path(&web.desk, &channel.id);
    let bytes = tokio::fs::read(path).await.map_err(|_| Problem::NotFound)?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}
