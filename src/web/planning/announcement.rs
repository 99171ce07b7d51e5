//! What a published revision announces: each office reads its own plays, staff read all. As a page, on paper, as a
//! calendar file; and the archive of a day's revisions.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Day, ItemRow, day_of};
use crate::desk::cases::scope_of;
use crate::desk::planning::announcement::Announcement;
use crate::domain::channel::Channel;
use crate::domain::people::{Person, Role};
use crate::domain::playlist::PlaylistItem;
use crate::domain::text::instant_in_words;
use crate::domain::time::BroadcastDate;
use crate::files::interchange::{self, ListFormat};
use crate::paper::{self, announcement};
use crate::web::Web;
use crate::web::page::{Page, html};
use crate::web::problem::Problem;
use crate::web::reports::{download, pdf};
use crate::web::session::{Can, Enter, Right, Watch};
use crate::web::wall::clock;

/// Which revision; the newest if none is named.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Which {
    revision: String,
}

impl Which {
    fn number(&self) -> Result<Option<u32>, Problem> {
        match self.revision.as_str() {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| Problem::NotFound),
        }
    }
}

/// One more form in which staff take a day away.
struct ListLink {
    /// How its files end.
    extension: &'static str,
    /// What it is called on the page.
    name: &'static str,
}

/// In the order of the page.
fn lists() -> Vec<ListLink> {
    let name = |format| match format {
        ListFormat::Xlsx => "Excel (XLSX)",
        ListFormat::Csv => "CSV",
        ListFormat::M3u8 => "M3U8",
        ListFormat::Xspf => "XSPF",
        ListFormat::Ffplayout => "ffplayout (JSON)",
    };
    let link = |format: ListFormat| ListLink { extension: format.extension(), name: name(format) };
    ListFormat::ALL.into_iter().map(link).collect()
}

#[derive(Template)]
#[template(path = "announcement.html")]
struct AnnouncementPage {
    page: Page,
    day: Day,
    /// Set by `paper`, which escapes every word of it; `None`: nothing is published.
    body: Option<String>,
    revision: u32,
    /// Staff look at the day and its archive.
    may_watch: bool,
    /// The page of the reader's own office.
    own: Option<String>,
    lists: Vec<ListLink>,
}

async fn told(
    web: &Web,
    person: &Person,
    channel: &Channel,
    date: BroadcastDate,
    which: &Which,
) -> Result<Option<Announcement>, Problem> {
    let scope = scope_of(person).map_err(|refusal| Problem::Refused(refusal.text()))?;
    let revision = which.number()?;
    let id = channel.id.clone();
    let told = web.blocking(move |desk| desk.announcement(scope, &id, date, revision)).await??;
    if told.is_none() && revision.is_some() { Err(Problem::NotFound) } else { Ok(told) }
}

/// `GET /planning/{channel}/{date}/announcement`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((channel, date)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let told = told(&web, can.person(), &channel, date, &which).await?;
    let letterhead = &web.desk.config.paper.letterhead;
    let own = can.person().office.filter(|_| can.person().holds(Role::Office) && told.is_some());
    Ok(html(&AnnouncementPage {
        own: own.map(|office| format!("/planning/{}/{date}/office/{office}", channel.id)),
        page: can.page(can.visit.t("announcement-title")),
        day: Day::of(&channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        revision: told.as_ref().map_or(0, |told| told.revision),
        body: told.map(|told| paper::body(&announcement::paper(&told, letterhead))),
        may_watch: Watch::ROLES.iter().any(|role| can.person().holds(*role)),
        lists: lists(),
    }))
}

/// `GET /planning/{channel}/{date}/announcement.pdf`
pub(in crate::web) async fn as_pdf(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((channel, date)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let told = told(&web, can.person(), &channel, date, &which).await?.ok_or(Problem::NotFound)?;
    let paper = announcement::paper(&told, &web.desk.config.paper.letterhead);
    pdf(&web, paper, format!("jadwal-{}-{date}-r{}.pdf", channel.id, told.revision)).await
}

/// `GET /planning/{channel}/{date}/announcement.ics`
pub(in crate::web) async fn as_calendar(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((channel, date)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let told = told(&web, can.person(), &channel, date, &which).await?.ok_or(Problem::NotFound)?;
    let name = format!("jadwal-{}-{date}.ics", channel.id);
    Ok(download("text/calendar; charset=utf-8", &name, announcement::calendar(&told).into_bytes()))
}

/// `GET /planning/{channel}/{date}/list/{extension}`: the whole revision, as another program reads it.
pub(in crate::web) async fn as_list(
    State(web): State<Web>,
    _can: Can<Watch>,
    Path((channel, date, extension)): Path<(String, String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let known = ListFormat::ALL.into_iter().find(|format| format.extension() == extension);
    let (format, revision) = (known.ok_or(Problem::NotFound)?, which.number()?);
    let id = channel.id.clone();
    let playlist =
        web.blocking(move |desk| desk.published_revision(&id, date, revision)).await??.ok_or(Problem::NotFound)?;
    let name = format!("jadwal-{}-{date}-r{}.{extension}", channel.id, playlist.head().revision);
    Ok(download(format.media_type(), &name, interchange::write(&playlist, format)))
}

struct Archived {
    revision: u32,
    at: String,
    by: Option<String>,
    plays: usize,
    unchanged: usize,
    added: Vec<ItemRow>,
    removed: Vec<ItemRow>,
    moved: Vec<ItemRow>,
}

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchivePage {
    page: Page,
    day: Day,
    revisions: Vec<Archived>,
}

/// `GET /planning/{channel}/{date}/archive`
pub(in crate::web) async fn archive(
    State(web): State<Web>,
    can: Can<Watch>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (channel, date) = day_of(&web, &channel, &date)?;
    let id = channel.id.clone();
    let revisions = web.blocking(move |desk| desk.archive(&id, date)).await??;
    let rows = |items: &[PlaylistItem]| items.iter().map(|item| ItemRow::of(item, &channel)).collect::<Vec<_>>();
    let archived = |told: Announcement| Archived {
        revision: told.revision,
        at: instant_in_words(told.at, channel.zone, can.visit.lang),
        by: told.by,
        plays: told.plays.len(),
        unchanged: told.change.unchanged,
        added: rows(&told.change.added),
        removed: rows(&told.change.removed),
        moved: told
            .change
            .moved
            .iter()
            .map(|(was, now)| ItemRow { was: clock(was.start, &channel), ..ItemRow::of(now, &channel) })
            .collect(),
    };
    Ok(html(&ArchivePage {
        page: can.page(can.visit.t("archive-title")),
        day: Day::of(&channel, date, channel.zone.date_of(web.desk.now()), &can.visit),
        revisions: revisions.into_iter().map(archived).collect(),
    }))
}
