//! Plans that somebody changes by hand: what they began with, their changes, and who is at it.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::row::{instant, is_taken, ms, small, word};
use super::{Reader, StoreError, Tx};
use crate::domain::draft::{Draft, DraftBase, DraftEdit, Edit, PlayAt};
use crate::domain::ids::{ChannelId, PersonId, SubmissionId};
use crate::domain::time::{BroadcastDate, Instant};

/// That a day has a draft, without its plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLook {
    /// Changes in it.
    pub edits: u32,
    /// Who changed it last.
    pub by: PersonId,
    /// The person's name.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

/// Nanoseconds since 1970: frames of some rates begin between milliseconds.
fn ns(at: Instant) -> i64 {
    at.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

fn at_ns(row: &Row<'_>, index: usize) -> rusqlite::Result<Instant> {
    Ok(Instant::from_timestamp_nanos(row.get(index)?))
}

fn read_edit(row: &Row<'_>) -> rusqlite::Result<DraftEdit> {
    let play = PlayAt { submission: SubmissionId(row.get(1)?), start: at_ns(row, 2)? };
    let kind = row.get_ref(0)?.as_str()?;
    let edit = match kind {
        "move" => Edit::Move { play, to: at_ns(row, 3)? },
        "remove" => Edit::Remove { play },
        "add" => Edit::Add { play },
        "swap" => Edit::Swap { play, other: PlayAt { submission: SubmissionId(row.get(4)?), start: at_ns(row, 3)? } },
        _ => return Err(rusqlite::Error::InvalidColumnType(0, kind.to_owned(), rusqlite::types::Type::Text)),
    };
    Ok(DraftEdit { edit, by: PersonId(row.get(5)?), at: instant(row, 6)? })
}

const EDIT_COLUMNS: &str = "e.kind, e.submission_id, e.start_ns, e.to_ns, e.other_id, e.person_id, e.at_ms";

impl Reader<'_> {
    /// The open draft of a day.
    ///
    /// # Errors
    /// When the database would not.
    pub fn draft(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Option<Draft>, StoreError> {
        let sql = "select id, version, base, started_by, started_at_ms, changed_by, changed_at_ms from drafts \
                   where channel = ? and date = ? and ended_at_ms is null";
        let read = |row: &Row<'_>| {
            let unreadable = |e: serde_json::Error| {
                rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, e.into())
            };
            let base: BaseJson = serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(unreadable)?;
            Ok(Draft {
                id: row.get(0)?,
                channel: channel.clone(),
                date,
                version: small(row, 1)?,
                base: base.into_base(),
                edits: Vec::new(),
                started: (PersonId(row.get(3)?), instant(row, 4)?),
                changed: (PersonId(row.get(5)?), instant(row, 6)?),
            })
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let Some(mut draft) = statement.query_row(params![channel.as_str(), date.to_string()], read).optional()? else {
            return Ok(None);
        };
        let sql = format!("select {EDIT_COLUMNS} from draft_edits e where e.draft_id = ? order by e.seq");
        let mut statement = self.connection.prepare_cached(&sql)?;
        draft.edits = statement.query_map(params![draft.id], read_edit)?.collect::<Result<_, _>>()?;
        Ok(Some(draft))
    }

    /// Which days from `first` to `last`, both included, have an open draft.
    ///
    /// # Errors
    /// When the database would not.
    pub fn drafts(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<BTreeMap<BroadcastDate, DraftLook>, StoreError> {
        let sql = "select d.date, (select count(*) from draft_edits where draft_id = d.id), d.changed_by, p.name, \
                   d.changed_at_ms from drafts d join people p on p.id = d.changed_by \
                   where d.channel = ? and d.date >= ? and d.date <= ? and d.ended_at_ms is null";
        let read = |row: &Row<'_>| {
            let look = DraftLook {
                edits: small(row, 1)?,
                by: PersonId(row.get(2)?),
                by_name: row.get(3)?,
                at: instant(row, 4)?,
            };
            Ok((word(row, 0)?, look))
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![channel.as_str(), first.to_string(), last.to_string()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The changes by hand that went into published revisions of a day, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn published_edits(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Vec<DraftEdit>, StoreError> {
        let sql = format!(
            "select {EDIT_COLUMNS} from draft_edits e join drafts d on d.id = e.draft_id \
             where d.channel = ? and d.date = ? and d.revision is not null order by d.revision, d.id, e.seq"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), date.to_string()], read_edit)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Begins a draft with version 0.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the day has an open one.
    pub fn begin_draft(
        &mut self,
        channel: &ChannelId,
        date: BroadcastDate,
        base: &DraftBase,
        by: PersonId,
        at: Instant,
    ) -> Result<i64, StoreError> {
        let sql = "insert into drafts (channel, date, version, base, started_by, started_at_ms, changed_by, \
                   changed_at_ms) values (?1, ?2, 0, ?3, ?4, ?5, ?4, ?5)";
        let base = serde_json::to_string(&BaseJson::of(base)).unwrap_or_default();
        self.connection
            .prepare_cached(sql)?
            .execute(params![channel.as_str(), date.to_string(), base, by.0, ms(at)])
            .map_err(|e| match is_taken(&e) {
            true => StoreError::Taken { what: "draft", name: format!("{channel} {date}") },
            false => e.into(),
        })?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Counts a change of an open draft that still has `version`; `false` if someone else was faster, or it has ended.
    ///
    /// # Errors
    /// When the database would not.
    pub fn change_draft(&mut self, id: i64, version: u32, by: PersonId, at: Instant) -> Result<bool, StoreError> {
        let sql = "update drafts set version = version + 1, changed_by = ?3, changed_at_ms = ?4 \
                   where id = ?1 and version = ?2 and ended_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id, version, by.0, ms(at)])? == 1)
    }

    /// Adds a change at the end of a draft.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_edit(&mut self, draft: i64, edit: &DraftEdit) -> Result<(), StoreError> {
        let (kind, play, to, other) = match edit.edit {
            Edit::Move { play, to } => ("move", play, Some(ns(to)), None),
            Edit::Remove { play } => ("remove", play, None, None),
            Edit::Add { play } => ("add", play, None, None),
            Edit::Swap { play, other } => ("swap", play, Some(ns(other.start)), Some(other.submission.0)),
        };
        let sql = "insert into draft_edits (draft_id, seq, kind, submission_id, start_ns, to_ns, other_id, person_id, \
                   at_ms) values (?1, (select coalesce(max(seq), 0) + 1 from draft_edits where draft_id = ?1), ?2, \
                   ?3, ?4, ?5, ?6, ?7, ?8)";
        self.connection.prepare_cached(sql)?.execute(params![
            draft,
            kind,
            play.submission.0,
            ns(play.start),
            to,
            other,
            edit.by.0,
            ms(edit.at)
        ])?;
        Ok(())
    }

    /// Keeps plays that joined the plan with which a draft began.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_draft_base(&mut self, draft: i64, base: &DraftBase) -> Result<(), StoreError> {
        let base = serde_json::to_string(&BaseJson::of(base)).unwrap_or_default();
        self.connection.prepare_cached("update drafts set base = ?2 where id = ?1")?.execute(params![draft, base])?;
        Ok(())
    }

    /// Takes the last change of a draft back; `false` if it has none.
    ///
    /// # Errors
    /// When the database would not.
    pub fn undo_edit(&mut self, draft: i64) -> Result<bool, StoreError> {
        let sql = "delete from draft_edits where draft_id = ?1 \
                   and seq = (select max(seq) from draft_edits where draft_id = ?1)";
        Ok(self.connection.prepare_cached(sql)?.execute(params![draft])? == 1)
    }

    /// Ends a draft that still has `version`: it became a revision, or was thrown away. `false` if someone else was
    /// faster.
    ///
    /// # Errors
    /// When the database would not.
    pub fn end_draft(&mut self, id: i64, version: u32, revision: Option<u32>, at: Instant) -> Result<bool, StoreError> {
        let sql = "update drafts set ended_at_ms = ?4, revision = ?3 \
                   where id = ?1 and version = ?2 and ended_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id, version, revision, ms(at)])? == 1)
    }
}

/// A base as its row holds it: plays as submission and start in nanoseconds.
#[derive(Serialize, Deserialize)]
struct BaseJson {
    known: Vec<i64>,
    plays: Vec<(i64, i64)>,
    joined: Vec<(usize, i64, i64)>,
}

impl BaseJson {
    fn of(base: &DraftBase) -> BaseJson {
        BaseJson {
            known: base.known.iter().map(|s| s.0).collect(),
            plays: base.plays.iter().map(|p| (p.submission.0, ns(p.start))).collect(),
            joined: base.joined.iter().map(|(after, p)| (*after, p.submission.0, ns(p.start))).collect(),
        }
    }
    fn into_base(self) -> DraftBase {
        let play = |(submission, start): (i64, i64)| PlayAt {
            submission: SubmissionId(submission),
            start: Instant::from_timestamp_nanos(start),
        };
        DraftBase {
            known: self.known.into_iter().map(SubmissionId).collect(),
            plays: self.plays.into_iter().map(play).collect(),
            joined: self
                .joined
                .into_iter()
                .map(|(after, submission, start)| (after, play((submission, start))))
                .collect(),
        }
    }
}
