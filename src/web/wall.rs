//! The operator's page: what is on air, what comes next, the picture that leaves the player, and what needs a person.
//! Dark, and readable from three metres.

use std::path::PathBuf;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;

use super::Web;
use super::page::{Page, html};
use super::problem::Problem;
use super::session::{Can, Watch};
use crate::desk::Desk;
use crate::domain::channel::Channel;
use crate::domain::ids::ChannelId;
use crate::domain::incident::Level;
use crate::domain::playlist::{Playlist, PlaylistItem};
use crate::domain::text::instant_in_words;
use crate::domain::time::{BroadcastDate, Instant};
use crate::files::playlist_file;

/// How often the page looks again, seconds: an incident is seen within this and the picture's second.
const REFRESH_S: u32 = 3;
/// A picture older than this is not of now: the player writes one each second.
const FRESH: TimeDelta = TimeDelta::seconds(5);
/// Items shown after the one on air.
const NEXT_SHOWN: usize = 4;

struct ItemRow {
    title: String,
    owner: String,
    start: String,
    end: String,
}

struct IncidentRow {
    text: String,
    since: String,
    critical: bool,
}

#[derive(Template)]
#[template(path = "wall.html")]
struct WallPage {
    page: Page,
    channel: String,
    channel_title: String,
    others: Vec<(String, String)>,
    now: String,
    on_air: Option<ItemRow>,
    next: Vec<ItemRow>,
    open: bool,
    picture: Picture,
    incidents: Vec<IncidentRow>,
}

/// What the player's newest picture says of the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Fresh,
    Old,
    None,
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
    let lang = can.visit.lang;
    let asked = channel.clone();
    let (now, playlist, incidents, picture) = web
        .ask(move |desk| {
            let now = desk.now();
            let incidents = desk.store.read(|r| r.open_incidents())?;
            let playlist = published(desk, &asked, asked.zone.date_of(now));
            Ok((now, playlist, incidents, picture(desk, &asked.id)))
        })
        .await?;
    let here = incidents.iter().filter(|i| i.channel.as_ref().is_none_or(|at| *at == channel.id));
    let incidents = here.map(|incident| IncidentRow {
        text: incident.text.get(lang).to_owned(),
        since: instant_in_words(incident.opened_at, channel.zone, lang),
        critical: incident.level == Level::Critical,
    });
    let items = playlist.as_ref().map_or(&[][..], Playlist::items);
    let rate = playlist.as_ref().map_or(channel.house.rate, |playlist| playlist.head().rate);
    let on_air = items.iter().find(|item| item.span(rate).contains(now));
    let next = items.iter().filter(|item| item.start > now).take(NEXT_SHOWN);
    let row = |item: &PlaylistItem| ItemRow {
        title: item.title.clone(),
        owner: item.owner.clone(),
        start: clock(item.span(rate).start(), &channel),
        end: clock(item.span(rate).end(), &channel),
    };
    let (on_air, next) = (on_air.map(row), next.map(row).collect());
    let others = web.desk.config.channels.values().map(|other| &other.channel).filter(|other| other.id != channel.id);
    let mut page = can.page(channel.title.clone());
    page.refresh_s = Some(REFRESH_S);
    Ok(html(&WallPage {
        now: instant_in_words(now, channel.zone, lang),
        open: channel.is_open(now),
        others: others.map(|other| (other.id.to_string(), other.title.clone())).collect(),
        channel: channel.id.to_string(),
        channel_title: channel.title,
        on_air,
        next,
        picture,
        incidents: incidents.collect(),
        page,
    }))
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
    let age = desk.now() - written;
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
