//! What inspections found along clips, small pictures of them, and which clips are alike.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{count, hash, instant, int};
use super::{Reader, StoreError, Tx};
use crate::domain::asset::{Likeness, LoudnessCurve, MsSpan, Still};
use crate::domain::ids::{CaseId, Sha256, SubmissionId};
use crate::domain::time::Instant;
use crate::domain::timeline::{Mark, MarkKind, Timeline};

/// Most earlier clips that a new one is compared with, the newest first: some years of them.
const MOST_COMPARED: u32 = 5000;

/// What an earlier clip looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikenessRow {
    /// Which.
    pub submission: SubmissionId,
    /// Hash of its file.
    pub original: Sha256,
    /// What it looks like.
    pub likeness: Likeness,
}

/// An earlier clip that is like another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// Which.
    pub earlier: SubmissionId,
    /// Byte for byte.
    pub same_file: bool,
    /// Percent of their pictures that are alike.
    pub percent: u8,
}

/// The same with the request that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlikeRow {
    /// Byte for byte.
    pub same_file: bool,
    /// Percent of their pictures that are alike.
    pub percent: u8,
    /// Its request.
    pub case: CaseId,
    /// Its title.
    pub title: String,
    /// The office that sent it.
    pub office: String,
    /// When it was filed.
    pub filed_at: Instant,
}

impl Reader<'_> {
    /// What was found along a submission's file; `None` while it waits, and for what an older version inspected.
    ///
    /// # Errors
    /// When the database would not.
    pub fn timeline(&self, submission: SubmissionId) -> Result<Option<Timeline>, StoreError> {
        let sql = "select duration_ms, marks, curve_start_ms, curve_step_ms, curve from timelines \
                   where submission_id = ?";
        let read = |row: &Row<'_>| {
            let marks: Vec<(String, u64, u64)> = serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_default();
            let mark = |(kind, start_ms, end_ms): (String, u64, u64)| {
                Some(Mark { span: MsSpan { start_ms, end_ms }, kind: MarkKind::read(&kind)? })
            };
            let curve = LoudnessCurve {
                start_ms: count(row, 2)?,
                step_ms: row.get(3)?,
                tenths: serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default(),
            };
            Ok(Timeline { duration_ms: count(row, 0)?, marks: marks.into_iter().filter_map(mark).collect(), curve })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row(params![submission.0], read).optional()?)
    }

    /// When the small pictures of a submission's file are shown, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn stills(&self, submission: SubmissionId) -> Result<Vec<u64>, StoreError> {
        let sql = "select at_ms from stills where submission_id = ? order by at_ms";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![submission.0], |row| count(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One of them.
    ///
    /// # Errors
    /// When the database would not.
    pub fn still(&self, submission: SubmissionId, at_ms: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select jpeg from stills where submission_id = ? and at_ms = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![submission.0, int(at_ms)], |row| row.get(0)).optional()?)
    }

    /// What earlier clips of other requests look like.
    ///
    /// # Errors
    /// When the database would not.
    pub fn likenesses(&self, before: SubmissionId) -> Result<Vec<LikenessRow>, StoreError> {
        let sql = "select s.id, s.original_sha256, t.likeness from submissions s join timelines t on \
                   t.submission_id = s.id where s.id < ?1 and s.case_id <> (select case_id from submissions where \
                   id = ?1) order by s.id desc limit ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![before.0, MOST_COMPARED], |row| {
            let bytes: Vec<u8> = row.get(2)?;
            let hashes = bytes.as_chunks::<16>().0.iter().map(|chunk| u128::from_be_bytes(*chunk));
            Ok(LikenessRow {
                submission: SubmissionId(row.get(0)?),
                original: hash(row, 1)?,
                likeness: Likeness(hashes.collect()),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Earlier clips that a submission's is like, the likest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn alikes(&self, submission: SubmissionId) -> Result<Vec<AlikeRow>, StoreError> {
        let sql = "select a.same_file, a.percent, s.case_id, s.title, o.name, s.filed_at_ms from alikes a \
                   join submissions s on s.id = a.earlier_id join cases c on c.id = s.case_id \
                   join offices o on o.id = c.office_id where a.submission_id = ? \
                   order by a.same_file desc, a.percent desc, s.id desc";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![submission.0], |row| {
            Ok(AlikeRow {
                same_file: row.get(0)?,
                percent: row.get(1)?,
                case: CaseId(row.get(2)?),
                title: row.get(3)?,
                office: row.get(4)?,
                filed_at: instant(row, 5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Keeps what was found along a submission's file, in place of what was kept before.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_timeline(
        &mut self,
        submission: SubmissionId,
        timeline: &Timeline,
        likeness: &Likeness,
        stills: &[Still],
        alikes: &[Alike],
    ) -> Result<(), StoreError> {
        for table in ["delete from stills where submission_id = ?", "delete from alikes where submission_id = ?"] {
            self.connection.prepare_cached(table)?.execute(params![submission.0])?;
        }
        let marks: Vec<(&str, u64, u64)> =
            timeline.marks.iter().map(|mark| (mark.kind.as_str(), mark.span.start_ms, mark.span.end_ms)).collect();
        let json = |value: serde_json::Result<String>| value.unwrap_or_else(|_| "[]".into());
        let hashes: Vec<u8> = likeness.0.iter().flat_map(|hash| hash.to_be_bytes()).collect();
        let sql = "insert or replace into timelines (submission_id, duration_ms, marks, curve_start_ms, \
                   curve_step_ms, curve, likeness) values (?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            submission.0,
            int(timeline.duration_ms),
            json(serde_json::to_string(&marks)),
            int(timeline.curve.start_ms),
            timeline.curve.step_ms,
            json(serde_json::to_string(&timeline.curve.tenths)),
            hashes
        ])?;
        let sql = "insert or replace into stills (submission_id, at_ms, jpeg) values (?, ?, ?)";
        for still in stills {
            self.connection.prepare_cached(sql)?.execute(params![submission.0, int(still.at_ms), still.jpeg])?;
        }
        let sql = "insert into alikes (submission_id, earlier_id, same_file, percent) values (?, ?, ?, ?)";
        for alike in alikes {
            let values = params![submission.0, alike.earlier.0, alike.same_file, alike.percent];
            self.connection.prepare_cached(sql)?.execute(values)?;
        }
        Ok(())
    }
}
