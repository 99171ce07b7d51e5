//! What was on air, imported from players' journals: once per row, however often a journal is read.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{count, hash, int, maybe_hash, maybe_word, ms, word};
use super::{Reader, StoreError, Tx};
use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::time::{Instant, Span};

/// What came of an import of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is new.
    New,
    /// It was here, the same.
    Known,
    /// Another row with that number was here; the one here stays.
    Differs,
}

const COLUMNS: &str = "seq, run, channel, item, kind, clip_sha256, planned_start_ns, start_ns, end_ns, frames, \
                       held_frames, outcome, why";

fn ns(at: Instant) -> i64 {
    at.timestamp_nanos_opt().unwrap_or(if at < Instant::UNIX_EPOCH { i64::MIN } else { i64::MAX })
}

fn kind_word(kind: AirKind) -> &'static str {
    match kind {
        AirKind::Clip => "clip",
        AirKind::Fill => "fill",
        AirKind::Slate => "slate",
        AirKind::Live => "live",
        AirKind::Emergency => "emergency",
        AirKind::None => "none",
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Cut => "cut",
        Outcome::Failed => "failed",
        Outcome::Joined => "joined",
        Outcome::OffAir => "off_air",
        Outcome::Closed => "closed",
    }
}

fn read_kind(text: &str) -> Option<AirKind> {
    use AirKind::{Clip, Emergency, Fill, Live, None, Slate};
    [Clip, Fill, Slate, Live, Emergency, None].into_iter().find(|k| kind_word(*k) == text)
}

fn read_outcome(text: &str) -> Option<Outcome> {
    use Outcome::{Closed, Complete, Cut, Failed, Joined, OffAir};
    [Complete, Cut, Failed, Joined, OffAir, Closed].into_iter().find(|o| outcome_word(*o) == text)
}

fn read(row: &Row<'_>) -> rusqlite::Result<AsRun> {
    let unknown = |index| rusqlite::Error::InvalidColumnType(index, "word".into(), rusqlite::types::Type::Text);
    Ok(AsRun {
        seq: count(row, 0)?,
        run: row.get(1)?,
        channel: word(row, 2)?,
        item: maybe_word(row, 3)?,
        kind: read_kind(row.get_ref(4)?.as_str()?).ok_or_else(|| unknown(4))?,
        clip: maybe_hash(row, 5)?,
        planned_start: row.get::<_, Option<i64>>(6)?.map(Instant::from_timestamp_nanos),
        start: Instant::from_timestamp_nanos(row.get(7)?),
        end: Instant::from_timestamp_nanos(row.get(8)?),
        frames: count(row, 9)?,
        held_frames: count(row, 10)?,
        outcome: read_outcome(row.get_ref(11)?.as_str()?).ok_or_else(|| unknown(11))?,
        why: row.get(12)?,
    })
}

impl Reader<'_> {
    /// Rows of a channel that share an instant with `span`, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn as_run(&self, channel: &ChannelId, span: Span) -> Result<Vec<AsRun>, StoreError> {
        let sql =
            format!("select {COLUMNS} from as_run where channel = ? and start_ns < ? and end_ns > ? order by seq");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), ns(span.end()), ns(span.start())], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every play of a clip on a channel, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn plays_of(&self, channel: &ChannelId, clip: Sha256) -> Result<Vec<AsRun>, StoreError> {
        let sql = format!("select {COLUMNS} from as_run where channel = ? and clip_sha256 = ? order by seq");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), clip.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One row of a channel, with the journal's hash of it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn as_run_row(&self, channel: &ChannelId, seq: u64) -> Result<Option<(AsRun, Sha256)>, StoreError> {
        let sql = format!("select {COLUMNS}, hash from as_run where channel = ? and seq = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = |row: &Row<'_>| Ok((self::read(row)?, hash(row, 13)?));
        Ok(statement.query_row(params![channel.as_str(), int(seq)], read).optional()?)
    }

    /// Number and hash of the newest imported row of a channel.
    ///
    /// # Errors
    /// When the database would not.
    pub fn as_run_head(&self, channel: &ChannelId) -> Result<Option<(u64, Sha256)>, StoreError> {
        let sql = "select seq, hash from as_run where channel = ? order by seq desc limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((count(row, 0)?, hash(row, 1)?));
        Ok(statement.query_row(params![channel.as_str()], read).optional()?)
    }
}

impl Tx<'_> {
    /// Imports one row of a journal, with the journal's own hash of it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn import_as_run(&mut self, row: &AsRun, row_hash: Sha256, at: Instant) -> Result<Imported, StoreError> {
        let known = "select hash from as_run where channel = ? and seq = ?";
        let known = self
            .connection
            .prepare_cached(known)?
            .query_row(params![row.channel.as_str(), int(row.seq)], |r| hash(r, 0))
            .optional()?;
        match known {
            Some(hash) if hash == row_hash => return Ok(Imported::Known),
            Some(_) => return Ok(Imported::Differs),
            None => {}
        }
        let sql = "insert into as_run (seq, run, channel, item, kind, clip_sha256, planned_start_ns, start_ns, \
                   end_ns, frames, held_frames, outcome, why, hash, imported_at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            int(row.seq),
            row.run,
            row.channel.as_str(),
            row.item.as_ref().map(|i| i.as_str()),
            kind_word(row.kind),
            row.clip.map(|c| c.0),
            row.planned_start.map(ns),
            ns(row.start),
            ns(row.end),
            int(row.frames),
            int(row.held_frames),
            outcome_word(row.outcome),
            row.why,
            row_hash.0,
            ms(at)
        ])?;
        Ok(Imported::New)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_journal_read_twice_is_imported_once() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let at = Instant::from_timestamp_nanos(1_700_000_000_040_000_001);
        let row = AsRun {
            seq: 1,
            run: "a".into(),
            channel: "videotron".parse().unwrap(),
            item: Some("morning-1".parse().unwrap()),
            kind: AirKind::Clip,
            clip: Some(Sha256([7; 32])),
            planned_start: Some(at),
            start: at,
            end: at + chrono::TimeDelta::seconds(15),
            frames: 375,
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        };
        let import = |hash: u8| {
            let row = row.clone();
            store.write(move |tx| tx.import_as_run(&row, Sha256([hash; 32]), at)).unwrap()
        };
        assert_eq!([import(1), import(1), import(2)], [Imported::New, Imported::Known, Imported::Differs]);
        let day = Span::new(at, row.end).unwrap();
        assert_eq!(store.read(|r| r.as_run(&row.channel, day)).unwrap(), std::slice::from_ref(&row));
        assert_eq!(store.read(|r| r.as_run_head(&row.channel)).unwrap(), Some((1, Sha256([1; 32]))));
    }
}
