//! Days that publish themselves: which stretch of days a channel's scheduling team approved in advance, and which changes
//! by hand are marked as ready.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::row::{instant, ms, word};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::time::{BroadcastDate, Instant};

/// A stretch of days that publish themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HorizonRow {
    /// Its number.
    pub id: i64,
    /// First day.
    pub first: BroadcastDate,
    /// Last day, included.
    pub last: BroadcastDate,
    /// Who approved it.
    pub by: PersonId,
    /// The person's name.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

impl HorizonRow {
    /// Whether it covers a day.
    pub fn holds(&self, date: BroadcastDate) -> bool {
        (self.first..=self.last).contains(&date)
    }
}

impl Reader<'_> {
    /// The horizon of a channel that nobody withdrew, also where its last day is over.
    ///
    /// # Errors
    /// When the database would not.
    pub fn horizon(&self, channel: &ChannelId) -> Result<Option<HorizonRow>, StoreError> {
        let sql = "select h.id, h.first_day, h.last_day, h.approved_by, p.name, h.approved_at_ms from horizons h \
                   join people p on p.id = h.approved_by where h.channel = ? and h.ended_at_ms is null";
        let mut statement = self.connection.prepare_cached(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(HorizonRow {
                id: row.get(0)?,
                first: word(row, 1)?,
                last: word(row, 2)?,
                by: PersonId(row.get(3)?),
                by_name: row.get(4)?,
                at: instant(row, 5)?,
            })
        };
        Ok(statement.query_row(params![channel.as_str()], read).optional()?)
    }

    /// Days from `first` to `last` whose open draft is marked as ready as it is now.
    ///
    /// # Errors
    /// When the database would not.
    pub fn ready_drafts(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<BTreeSet<BroadcastDate>, StoreError> {
        let sql = "select date from drafts where channel = ? and date >= ? and date <= ? and ended_at_ms is null \
                   and ready_version = version";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows =
            statement.query_map(params![channel.as_str(), first.to_string(), last.to_string()], |row| word(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Approves a horizon in the place of the one that holds.
    ///
    /// # Errors
    /// When the database would not.
    pub fn approve_horizon(
        &mut self,
        channel: &ChannelId,
        (first, last): (BroadcastDate, BroadcastDate),
        by: PersonId,
        at: Instant,
    ) -> Result<i64, StoreError> {
        let sql = "update horizons set ended_by = ?2, ended_at_ms = ?3 where channel = ?1 and ended_at_ms is null";
        self.connection.prepare_cached(sql)?.execute(params![channel.as_str(), by.0, ms(at)])?;
        let sql = "insert into horizons (channel, first_day, last_day, approved_by, approved_at_ms) \
                   values (?, ?, ?, ?, ?)";
        let values = params![channel.as_str(), first.to_string(), last.to_string(), by.0, ms(at)];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Ends a horizon; `false` if it has ended.
    ///
    /// # Errors
    /// When the database would not.
    pub fn withdraw_horizon(
        &mut self,
        channel: &ChannelId,
        id: i64,
        by: PersonId,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update horizons set ended_by = ?3, ended_at_ms = ?4 where channel = ?1 and id = ?2 \
                   and ended_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![channel.as_str(), id, by.0, ms(at)])? == 1)
    }

    /// Lets a horizon end sooner; `false` if it has ended, or would not become shorter.
    ///
    /// # Errors
    /// When the database would not.
    pub fn shorten_horizon(&mut self, channel: &ChannelId, id: i64, last: BroadcastDate) -> Result<bool, StoreError> {
        let sql = "update horizons set last_day = ?3 where channel = ?1 and id = ?2 and ended_at_ms is null \
                   and first_day <= ?3 and last_day > ?3";
        Ok(self.connection.prepare_cached(sql)?.execute(params![channel.as_str(), id, last.to_string()])? == 1)
    }

    /// Notes that people were warned of a day off that a horizon does not reach; `false` if they were before.
    ///
    /// # Errors
    /// When the database would not.
    pub fn warn_of_horizon(&mut self, id: i64, date: BroadcastDate) -> Result<bool, StoreError> {
        let sql = "update horizons set warned_for = ?2 where id = ?1 and warned_for is not ?2";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id, date.to_string()])? == 1)
    }

    /// Marks an open draft that still has `version` as ready, or not; `false` if someone changed it meanwhile. A later
    /// change takes the mark away.
    ///
    /// # Errors
    /// When the database would not.
    pub fn mark_draft(&mut self, id: i64, version: u32, ready: bool) -> Result<bool, StoreError> {
        let sql = "update drafts set ready_version = ?3 where id = ?1 and version = ?2 and ended_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id, version, ready.then_some(version)])? == 1)
    }
}
