//! Work that must survive a kill: asked for in the transaction of what wants it, taken with a lease, and given back
//! by itself when whoever took it is gone.

use chrono::TimeDelta;
use rusqlite::{OptionalExtension, Row, params};

use super::row::{maybe_instant, ms, small};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{JobId, SubmissionId};
use crate::domain::time::Instant;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobKind {
    /// Decode and judge an upload.
    Inspect,
    /// Make the house file of an approved upload.
    Conform,
    /// Make the small copy in which people look at an upload.
    Preview,
}

impl JobKind {
    /// Every one.
    pub const ALL: [JobKind; 3] = [JobKind::Inspect, JobKind::Conform, JobKind::Preview];

    fn as_str(self) -> &'static str {
        match self {
            JobKind::Inspect => "inspect",
            JobKind::Conform => "conform",
            JobKind::Preview => "preview",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Waiting, or taken by someone whose lease runs.
    Waiting,
    /// Done.
    Done,
    /// Given up after too many attempts.
    Failed,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its row.
    pub id: JobId,
    /// What is to be done.
    pub kind: JobKind,
    /// On what.
    pub submission: SubmissionId,
    /// How far it is.
    pub state: JobState,
    /// Times taken.
    pub attempts: u32,
    /// Until when it is someone's.
    pub lease_until: Option<Instant>,
    /// Why the last attempt failed.
    pub trouble: Option<String>,
}

/// Times that a job is tried: what fails three times fails for a reason that a person must see.
pub const MOST_ATTEMPTS: u32 = 3;
/// How long whoever takes a job may be silent about it: longer than the wall time after which a decoder is killed.
pub const LEASE: TimeDelta = TimeDelta::minutes(30);

const COLUMNS: &str = "id, kind, submission_id, state, attempts, lease_until_ms, trouble";

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        kind: match row.get_ref(1)?.as_str()? {
            "conform" => JobKind::Conform,
            "preview" => JobKind::Preview,
            _ => JobKind::Inspect,
        },
        submission: SubmissionId(row.get(2)?),
        state: match row.get_ref(3)?.as_str()? {
            "done" => JobState::Done,
            "failed" => JobState::Failed,
            _ => JobState::Waiting,
        },
        attempts: small(row, 4)?,
        lease_until: maybe_instant(row, 5)?,
        trouble: row.get(6)?,
    })
}

impl Reader<'_> {
    /// The job of a kind for a submission.
    ///
    /// # Errors
    /// When the database would not.
    pub fn job(&self, kind: JobKind, submission: SubmissionId) -> Result<Option<Job>, StoreError> {
        let sql = format!("select {COLUMNS} from jobs where kind = ? and submission_id = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![kind.as_str(), submission.0], read).optional()?)
    }

    /// Jobs that are neither done nor given up, oldest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn unfinished_jobs(&self) -> Result<Vec<Job>, StoreError> {
        let sql = format!("select {COLUMNS} from jobs where state = 'waiting' order by queued_at_ms, id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Jobs that were given up, newest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn failed_jobs(&self) -> Result<Vec<Job>, StoreError> {
        let sql = format!("select {COLUMNS} from jobs where state = 'failed' order by finished_at_ms desc, id desc");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Asks for a job; one that was given up waits again, with its attempts forgotten.
    ///
    /// # Errors
    /// When the database would not.
    pub fn queue_job(&mut self, kind: JobKind, submission: SubmissionId, at: Instant) -> Result<(), StoreError> {
        let sql = "insert into jobs (kind, submission_id, state, attempts, queued_at_ms) \
                   values (?1, ?2, 'waiting', 0, ?3) on conflict (kind, submission_id) do update \
                   set state = 'waiting', attempts = 0, lease_until_ms = null, queued_at_ms = ?3, \
                   finished_at_ms = null where state = 'failed'";
        self.connection.prepare_cached(sql)?.execute(params![kind.as_str(), submission.0, ms(at)])?;
        Ok(())
    }

    /// Asks for a job anew that may have been done before. One that waits, or is under way, stays as it is.
    ///
    /// # Errors
    /// When the database would not.
    pub fn queue_again(&mut self, kind: JobKind, submission: SubmissionId, at: Instant) -> Result<(), StoreError> {
        let sql = "delete from jobs where kind = ? and submission_id = ? and state <> 'waiting'";
        self.connection.prepare_cached(sql)?.execute(params![kind.as_str(), submission.0])?;
        self.queue_job(kind, submission, at)
    }

    /// Takes the oldest free job, or that of one submission, with a lease of 30 minutes.
    ///
    /// # Errors
    /// When the database would not.
    pub fn take_job(&mut self, only: Option<SubmissionId>, now: Instant) -> Result<Option<Job>, StoreError> {
        let sql = format!(
            "update jobs set attempts = attempts + 1, lease_until_ms = ?2 where id = (select id from jobs \
             where state = 'waiting' and (lease_until_ms is null or lease_until_ms <= ?1) \
             and (?3 is null or submission_id = ?3) order by queued_at_ms, id limit 1) returning {COLUMNS}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let taken = params![ms(now), ms(now + LEASE), only.map(|s| s.0)];
        Ok(statement.query_row(taken, read).optional()?)
    }

    /// Notes that a job is done.
    ///
    /// # Errors
    /// When the database would not.
    pub fn finish_job(&mut self, id: JobId, at: Instant) -> Result<(), StoreError> {
        let sql = "update jobs set state = 'done', lease_until_ms = null, finished_at_ms = ?2, trouble = null \
                   where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at)])?;
        Ok(())
    }

    /// Keeps a job that takes long: its lease begins anew.
    ///
    /// # Errors
    /// When the database would not.
    pub fn renew_job(&mut self, id: JobId, now: Instant) -> Result<(), StoreError> {
        let sql = "update jobs set lease_until_ms = ?2 where id = ?1 and state = 'waiting'";
        self.connection.prepare_cached(sql)?.execute(params![id.0, ms(now + LEASE)])?;
        Ok(())
    }

    /// Gives a job up at a person's word, whatever its attempts. Whoever works on it still is told otherwise.
    ///
    /// # Errors
    /// When the database would not.
    pub fn stop_job(&mut self, id: JobId, why: &str, at: Instant) -> Result<(), StoreError> {
        let sql = "update jobs set state = 'failed', lease_until_ms = null, finished_at_ms = ?2, trouble = ?3 \
                   where id = ?1 and state = 'waiting'";
        self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at), why])?;
        Ok(())
    }

    /// Gives a job back after trouble; after the third attempt it is given up. Returns how it stands then, or `None` where
    /// nobody waits for it any more, or nobody had it in hand.
    ///
    /// # Errors
    /// When the database would not.
    pub fn fail_job(&mut self, id: JobId, trouble: &str, at: Instant) -> Result<Option<Job>, StoreError> {
        let sql = format!(
            "update jobs set state = iif(attempts >= {MOST_ATTEMPTS}, 'failed', 'waiting'), lease_until_ms = null, \
             finished_at_ms = iif(attempts >= {MOST_ATTEMPTS}, ?2, null), trouble = ?3 where id = ?1 \
             and state = 'waiting' and lease_until_ms is not null returning {COLUMNS}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![id.0, ms(at), trouble], read).optional()?)
    }

    /// Frees a job as if it had not been taken; one that nobody has in hand stays as it is.
    ///
    /// # Errors
    /// When the database would not.
    pub fn hand_back_job(&mut self, id: JobId) -> Result<(), StoreError> {
        let sql = "update jobs set lease_until_ms = null, attempts = max(attempts - 1, 0) \
                   where id = ? and state = 'waiting' and lease_until_ms is not null";
        self.connection.prepare_cached(sql)?.execute(params![id.0])?;
        Ok(())
    }

    /// Puts a job off as if it had not been taken: what was in the way was not its file.
    ///
    /// # Errors
    /// When the database would not.
    pub fn put_off_job(&mut self, id: JobId, until: Instant) -> Result<(), StoreError> {
        let sql = "update jobs set lease_until_ms = ?2, attempts = max(attempts - 1, 0) \
                   where id = ?1 and state = 'waiting'";
        self.connection.prepare_cached(sql)?.execute(params![id.0, ms(until)])?;
        Ok(())
    }
}
