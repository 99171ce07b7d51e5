//! Originals whose time to be kept is over, and those that went.

use rusqlite::params;

use super::row::{count, hash, int, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::Sha256;
use crate::domain::time::{BroadcastDate, Instant};

/// Most originals that are looked for at a time: the next round finds the others.
const MOST_AT_A_TIME: i64 = 100;

impl Reader<'_> {
    /// Originals that nobody needs: every request that names one ended before `ended`, and its period before `day`.
    /// With the size of each; at most a hundred.
    ///
    /// # Errors
    /// When the database would not.
    pub fn originals_over(&self, ended: Instant, day: BroadcastDate) -> Result<Vec<(Sha256, u64)>, StoreError> {
        let sql = "select s.original_sha256, max(s.original_bytes) from submissions s join cases c on c.id = s.case_id \
                   where s.original_sha256 not in (select original_sha256 from disposals) group by s.original_sha256 \
                   having max(c.ended_at_ms is null or c.ended_at_ms >= ?1 or s.last_day >= ?2) = 0 limit ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let over = params![ms(ended), day.to_string(), MOST_AT_A_TIME];
        let rows = statement.query_map(over, |row| Ok((hash(row, 0)?, count(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether nobody needs an original, as [`Reader::originals_over`] has it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn is_over(&self, original: Sha256, ended: Instant, day: BroadcastDate) -> Result<bool, StoreError> {
        let sql = "select coalesce(max(c.ended_at_ms is null or c.ended_at_ms >= ?2 or s.last_day >= ?3), 1) = 0 \
                   from submissions s join cases c on c.id = s.case_id where s.original_sha256 = ?1";
        let asked = params![original.0, ms(ended), day.to_string()];
        Ok(self.connection.prepare_cached(sql)?.query_row(asked, |row| row.get(0))?)
    }

    /// When an original went; `None` while it is kept.
    ///
    /// # Errors
    /// When the database would not.
    pub fn disposed_at(&self, original: Sha256) -> Result<Option<Instant>, StoreError> {
        use rusqlite::OptionalExtension;
        let sql = "select disposed_at_ms from disposals where original_sha256 = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![original.0], |row| super::row::instant(row, 0)).optional()?)
    }
}

impl Tx<'_> {
    /// Records that an original goes.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_disposal(&mut self, original: Sha256, bytes: u64, at: Instant) -> Result<(), StoreError> {
        let sql = "insert or replace into disposals (original_sha256, original_bytes, disposed_at_ms) values (?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![original.0, int(bytes), ms(at)])?;
        Ok(())
    }

    /// Forgets that an original went: somebody has sent the same bytes again. The audit trail remembers.
    ///
    /// # Errors
    /// When the database would not.
    pub fn forget_disposal(&mut self, original: Sha256) -> Result<(), StoreError> {
        let sql = "delete from disposals where original_sha256 = ?";
        self.connection.prepare_cached(sql)?.execute(params![original.0])?;
        Ok(())
    }
}
