//! Published revisions: who published which file, when. The file itself is the truth.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{hash, instant, is_taken, ms, small, word};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ChannelId, PersonId, Sha256};
use crate::domain::time::{BroadcastDate, Instant};

/// One published revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRevision {
    /// The channel that airs it.
    pub channel: ChannelId,
    /// The broadcast day.
    pub date: BroadcastDate,
    /// 1, 2, 3 … within the day.
    pub revision: u32,
    /// The revision that it replaced.
    pub parent: Option<u32>,
    /// Hash of `playlists/<channel>/<date>.r<n>.json`.
    pub file: Sha256,
    /// Who published it; `None`: the installation itself.
    pub by: Option<PersonId>,
    /// When.
    pub at: Instant,
}

const COLUMNS: &str = "channel, date, revision, parent, file_sha256, published_by, published_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<PublishedRevision> {
    Ok(PublishedRevision {
        channel: word(row, 0)?,
        date: word(row, 1)?,
        revision: small(row, 2)?,
        parent: row.get(3)?,
        file: hash(row, 4)?,
        by: row.get::<_, Option<i64>>(5)?.map(PersonId),
        at: instant(row, 6)?,
    })
}

impl Reader<'_> {
    /// The newest revision of a day.
    ///
    /// # Errors
    /// When the database would not.
    pub fn latest_revision(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
    ) -> Result<Option<PublishedRevision>, StoreError> {
        let sql =
            format!("select {COLUMNS} from playlists where channel = ? and date = ? order by revision desc limit 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![channel.as_str(), date.to_string()], read).optional()?)
    }

    /// Every revision of a channel for the days from `first` to `last`, both included, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn revisions(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<Vec<PublishedRevision>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from playlists where channel = ? and date >= ? and date <= ? order by date, revision"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), first.to_string(), last.to_string()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every revision of every channel, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn all_revisions(&self) -> Result<Vec<PublishedRevision>, StoreError> {
        let sql = format!("select {COLUMNS} from playlists order by channel, date, revision");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Records a published revision, whose file must be in place.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if that number was published before.
    pub fn add_revision(&mut self, revision: &PublishedRevision) -> Result<(), StoreError> {
        let sql = "insert into playlists (channel, date, revision, parent, file_sha256, published_by, \
                   published_at_ms) values (?, ?, ?, ?, ?, ?, ?)";
        self.connection
            .prepare_cached(sql)?
            .execute(params![
                revision.channel.as_str(),
                revision.date.to_string(),
                revision.revision,
                revision.parent,
                revision.file.0,
                revision.by.map(|p| p.0),
                ms(revision.at)
            ])
            .map_err(|e| match is_taken(&e) {
                true => StoreError::Taken {
                    what: "revision",
                    name: format!("{} {}.r{}", revision.channel, revision.date, revision.revision),
                },
                false => e.into(),
            })?;
        Ok(())
    }
}
