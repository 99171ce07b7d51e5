//! What happens to one day: who ordered it, why, and who ended it.

use rusqlite::{Row, params};

use super::row::{instant, maybe_instant, ms, small, word};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ChannelId, PersonId, SubmissionId};
use crate::domain::interruption::{Happening, Interruption, InterruptionKind};
use crate::domain::time::{BroadcastDate, Instant, Span};

/// An interruption that somebody ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptionRow {
    /// Its number.
    pub id: i64,
    /// The day.
    pub date: BroadcastDate,
    /// What, as it was ordered.
    pub ordered: Interruption,
    /// Why.
    pub reason: String,
    /// The revision that stood when it was ordered.
    pub over: Option<u32>,
    /// Who ordered it.
    pub by: PersonId,
    /// The person's name.
    pub by_name: String,
    /// When.
    pub at: Instant,
    /// When somebody ended it.
    pub ended_at: Option<Instant>,
}

impl InterruptionRow {
    /// What of it holds, by what had been ordered at an instant.
    pub fn in_force(&self, as_of: Instant) -> Option<Interruption> {
        if self.at > as_of {
            return None;
        }
        match self.ended_at.filter(|ended| *ended <= as_of) {
            Some(ended) => self.ordered.ended(ended),
            None => Some(self.ordered.clone()),
        }
    }
}

/// An interruption that somebody orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInterruption {
    /// The channel.
    pub channel: ChannelId,
    /// The day.
    pub date: BroadcastDate,
    /// What.
    pub ordered: Interruption,
    /// Why.
    pub reason: String,
}

/// How far a day had come when somebody looked at it: whoever changes it names this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaySeen {
    /// The revision that stood; 0: none.
    pub revision: u32,
    /// Interruptions that were ordered.
    pub ordered: u32,
    /// Of these, those that were ended.
    pub ended: u32,
}

const COLUMNS: &str = "i.id, i.date, i.kind, i.starts_at_ms, i.ends_at_ms, i.title, i.source, i.submission_id, i.plays, \
                       i.reason, i.over_revision, i.set_by, p.name, i.set_at_ms, i.ended_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<InterruptionRow> {
    let missing = |index| rusqlite::Error::InvalidColumnType(index, "a value".into(), rusqlite::types::Type::Null);
    let title: String = row.get(5)?;
    let submission = || row.get::<_, Option<i64>>(7)?.map(SubmissionId).ok_or_else(|| missing(7));
    let what = match word(row, 2)? {
        InterruptionKind::Relay => Happening::Relay { title, source: row.get(6)? },
        InterruptionKind::Dark => Happening::Dark { title },
        InterruptionKind::Emergency => Happening::Emergency { title },
        InterruptionKind::Withdraw => Happening::Withdraw { submission: submission()? },
        InterruptionKind::Urgent => Happening::Urgent { submission: submission()?, plays: small(row, 8)? },
    };
    let span = Span::new(instant(row, 3)?, instant(row, 4)?).ok_or_else(|| missing(4))?;
    Ok(InterruptionRow {
        id: row.get(0)?,
        date: word(row, 1)?,
        ordered: Interruption { span, what },
        reason: row.get(9)?,
        over: row.get(10)?,
        by: PersonId(row.get(11)?),
        by_name: row.get(12)?,
        at: instant(row, 13)?,
        ended_at: maybe_instant(row, 14)?,
    })
}

const SEEN: &str = "select (select coalesce(max(revision), 0) from playlists where channel = ?1 and date = ?2), \
                    count(*), count(ended_at_ms) from interruptions where channel = ?1 and date = ?2";

fn read_seen(row: &Row<'_>) -> rusqlite::Result<DaySeen> {
    Ok(DaySeen { revision: small(row, 0)?, ordered: small(row, 1)?, ended: small(row, 2)? })
}

impl Reader<'_> {
    /// Interruptions of the days from `first` to `last`, both included, in the order in which they were ordered; also
    /// those that were ended.
    ///
    /// # Errors
    /// When the database would not.
    pub fn interruptions(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<Vec<InterruptionRow>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from interruptions i join people p on p.id = i.set_by \
             where i.channel = ? and i.date >= ? and i.date <= ? order by i.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), first.to_string(), last.to_string()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How far a day has come.
    ///
    /// # Errors
    /// When the database would not.
    pub fn day_seen(&self, channel: &ChannelId, date: BroadcastDate) -> Result<DaySeen, StoreError> {
        let mut statement = self.connection.prepare_cached(SEEN)?;
        Ok(statement.query_row(params![channel.as_str(), date.to_string()], read_seen)?)
    }
}

impl Tx<'_> {
    /// Orders an interruption of a day as `seen`; `None` if the day has changed since.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_interruption(
        &mut self,
        new: &NewInterruption,
        seen: DaySeen,
        by: PersonId,
        at: Instant,
    ) -> Result<Option<i64>, StoreError> {
        if !self.still(&new.channel, new.date, seen)? {
            return Ok(None);
        }
        let (title, source, submission, plays) = match &new.ordered.what {
            Happening::Relay { title, source } => (title.as_str(), source.as_deref(), None, None),
            Happening::Dark { title } | Happening::Emergency { title } => (title.as_str(), None, None, None),
            Happening::Withdraw { submission } => ("", None, Some(submission.0), None),
            Happening::Urgent { submission, plays } => ("", None, Some(submission.0), Some(*plays)),
        };
        let sql = "insert into interruptions (channel, date, kind, starts_at_ms, ends_at_ms, title, source, \
                   submission_id, plays, reason, over_revision, set_by, set_at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            new.channel.as_str(),
            new.date.to_string(),
            new.ordered.kind().as_str(),
            ms(new.ordered.span.start()),
            ms(new.ordered.span.end()),
            title,
            source,
            submission,
            plays,
            new.reason,
            Some(seen.revision).filter(|revision| *revision > 0),
            by.0,
            ms(at)
        ])?;
        Ok(Some(self.connection.last_insert_rowid()))
    }

    /// Ends an interruption of a day as `seen`; `false` if the day has changed since, or none of that number is in
    /// force.
    ///
    /// # Errors
    /// When the database would not.
    pub fn end_interruption(
        &mut self,
        channel: &ChannelId,
        date: BroadcastDate,
        id: i64,
        seen: DaySeen,
        by: PersonId,
        at: Instant,
    ) -> Result<bool, StoreError> {
        if !self.still(channel, date, seen)? {
            return Ok(false);
        }
        let sql = "update interruptions set ended_by = ?, ended_at_ms = ? where id = ? and channel = ? and date = ? \
                   and ended_at_ms is null";
        let day = date.to_string();
        let ended = self.connection.prepare_cached(sql)?.execute(params![by.0, ms(at), id, channel.as_str(), day])?;
        Ok(ended == 1)
    }

    fn still(&self, channel: &ChannelId, date: BroadcastDate, seen: DaySeen) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(SEEN)?;
        let now: DaySeen = statement.query_row(params![channel.as_str(), date.to_string()], read_seen)?;
        Ok(now == seen)
    }
}
