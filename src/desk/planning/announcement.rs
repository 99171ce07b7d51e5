//! A published revision for those concerned: each office reads its own plays, staff read all; and every revision of a day
//! with what it changed.

use std::collections::BTreeSet;

use crate::domain::ids::{ChannelId, SubmissionId};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::time::{BroadcastDate, FrameRate, Instant, Zone};
use crate::engine::rundown::Difference;
use crate::files::playlist_file;
use crate::store::{PublishedRevision, Scope};

use super::{Desk, PlanError};

/// What a revision announces to one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The channel.
    pub channel: ChannelId,
    /// Its name for people.
    pub channel_title: String,
    /// The day.
    pub date: BroadcastDate,
    /// Its zone.
    pub zone: Zone,
    /// Its frames.
    pub rate: FrameRate,
    /// The revision.
    pub revision: u32,
    /// The newest revision of the day: what counts.
    pub newest: u32,
    /// When it was published.
    pub at: Instant,
    /// By whom; `None`: the installation itself.
    pub by: Option<String>,
    /// Whether it holds one office's plays alone.
    pub own: bool,
    /// The plays, in order of time.
    pub plays: Vec<PlaylistItem>,
    /// What it changed of the revision before.
    pub change: Difference,
}

impl Desk {
    /// What a revision of a day announces, the newest if none is named; `None` if there is no such.
    ///
    /// # Errors
    /// [`PlanError`], when rows or revisions can't be read.
    pub fn announcement(
        &self,
        scope: Scope,
        channel: &ChannelId,
        date: BroadcastDate,
        revision: Option<u32>,
    ) -> Result<Option<Announcement>, PlanError> {
        let rows = self.store.read(|r| r.revisions(channel, date, date))?;
        let Some(newest) = rows.last().map(|row| row.revision) else { return Ok(None) };
        let Some(row) = rows.into_iter().find(|row| row.revision == revision.unwrap_or(newest)) else {
            return Ok(None);
        };
        let own = self.own_requests(scope, channel)?;
        let playlist = self.revision_for(&row, row.revision, own.as_ref())?;
        let parent = row.parent.map(|parent| self.revision_for(&row, parent, own.as_ref())).transpose()?;
        let head = playlist.head();
        Ok(Some(Announcement {
            channel: channel.clone(),
            channel_title: self.planned_channel(channel)?.channel.title.clone(),
            date,
            zone: head.zone,
            rate: head.rate,
            revision: row.revision,
            newest,
            at: row.at,
            by: row.by.map(|by| self.name_of(by)).transpose()?.flatten(),
            own: own.is_some(),
            change: Difference::between(parent.as_ref(), &playlist),
            plays: playlist.items().iter().filter(|item| item.kind != ItemKind::Fill).cloned().collect(),
        }))
    }

    /// Every revision of a day, the newest first, each with what it changed.
    ///
    /// # Errors
    /// [`PlanError`], when rows or revisions can't be read.
    pub fn archive(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Vec<Announcement>, PlanError> {
        let rows = self.store.read(|r| r.revisions(channel, date, date))?;
        let of = |row: &PublishedRevision| self.announcement(Scope::All, channel, date, Some(row.revision));
        rows.iter().rev().filter_map(|row| of(row).transpose()).collect()
    }

    /// The requests that one office may read about; `None`: all.
    fn own_requests(&self, scope: Scope, channel: &ChannelId) -> Result<Option<BTreeSet<SubmissionId>>, PlanError> {
        let Scope::Office(office) = scope else { return Ok(None) };
        let titles = self.store.read(|r| r.titled(channel))?;
        Ok(Some(titles.into_iter().filter(|t| t.row.asset.owner == office).map(|t| t.submission.id).collect()))
    }

    /// A revision of the same day, as far as someone may read it.
    fn revision_for(
        &self,
        row: &PublishedRevision,
        revision: u32,
        own: Option<&BTreeSet<SubmissionId>>,
    ) -> Result<Playlist, PlanError> {
        let playlist = playlist_file::read(&playlist_file::path(self.home(), &row.channel, row.date, revision))?;
        let Some(own) = own else { return Ok(playlist) };
        let mine = |item: &&PlaylistItem| {
            let submission = item.submission.as_deref().and_then(|s| s.parse().ok());
            submission.is_some_and(|submission| own.contains(&submission))
        };
        let items = playlist.items().iter().filter(mine).cloned().collect();
        Playlist::new(playlist.head().clone(), items).map_err(PlanError::NoPlaylist)
    }
}
