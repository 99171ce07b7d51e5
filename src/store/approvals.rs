//! The head of agency's word: what it binds, and whether it still holds.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{hash, instant, is_taken, maybe_instant, ms, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{ApprovalId, CaseId, ChannelId, PersonId, Sha256, SubmissionId};
use crate::domain::people::Form;
use crate::domain::submission::Approval;
use crate::domain::time::{Instant, Span};

/// An approval to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApproval {
    /// For which request.
    pub case: CaseId,
    /// For what was seen.
    pub submission: SubmissionId,
    /// Number of the letter.
    pub number: String,
    /// 128 random bits in hex.
    pub verify_code: String,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Where it may air.
    pub channel: ChannelId,
    /// When it may air.
    pub validity: Span,
    /// Who approves.
    pub by: PersonId,
    /// How that position is held.
    pub form: Form,
}

const COLUMNS: &str = "a.id, a.case_id, a.submission_id, a.number, a.verify_code, a.original_sha256, \
                       a.recipe_sha256, a.channel, a.valid_from_ms, a.valid_until_ms, a.approved_by, a.form, \
                       a.approved_at_ms, a.revoked_at_ms, a.revoked_reason";
const FROM: &str = "from approvals a join cases c on c.id = a.case_id";

fn read(row: &Row<'_>) -> rusqlite::Result<Approval> {
    let (from, until) = (instant(row, 8)?, instant(row, 9)?);
    let revoked_at = maybe_instant(row, 13)?;
    let reason: Option<String> = row.get(14)?;
    Ok(Approval {
        id: ApprovalId(row.get(0)?),
        case: CaseId(row.get(1)?),
        submission: SubmissionId(row.get(2)?),
        number: row.get(3)?,
        verify_code: row.get(4)?,
        original: hash(row, 5)?,
        recipe: hash(row, 6)?,
        channel: word(row, 7)?,
        validity: Span::new(from, until)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(9, until.timestamp_millis()))?,
        by: PersonId(row.get(10)?),
        form: word(row, 11)?,
        at: instant(row, 12)?,
        revoked: revoked_at.map(|at| (at, reason.unwrap_or_default())),
    })
}

impl Reader<'_> {
    /// One approval; another office's is not found.
    ///
    /// # Errors
    /// When the database would not.
    pub fn approval(&self, scope: Scope, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where a.id = ?2 and (?1 is null or c.office_id = ?1)");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![scope.office(), id.0], read).optional()?)
    }

    /// Every approval of a case, oldest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn approvals_of(&self, scope: Scope, case: CaseId) -> Result<Vec<Approval>, StoreError> {
        let sql =
            format!("select {COLUMNS} {FROM} where a.case_id = ?2 and (?1 is null or c.office_id = ?1) order by a.id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The approval of one submission, in force or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn approval_of(&self, submission: SubmissionId) -> Result<Option<Approval>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where a.submission_id = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![submission.0], read).optional()?)
    }

    /// The approval behind a printed verify code.
    ///
    /// # Errors
    /// When the database would not.
    pub fn approval_by_code(&self, verify_code: &str) -> Result<Option<Approval>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where a.verify_code = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![verify_code], read).optional()?)
    }
}

impl Tx<'_> {
    /// Gives an approval.
    ///
    /// # Errors
    /// When the database would not; a second one for one submission is refused by its unique key.
    pub fn add_approval(&mut self, new: &NewApproval, at: Instant) -> Result<ApprovalId, StoreError> {
        let sql = "insert into approvals (case_id, submission_id, number, verify_code, original_sha256, \
                   recipe_sha256, channel, valid_from_ms, valid_until_ms, approved_by, form, approved_at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let written = self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.submission.0,
            new.number,
            new.verify_code,
            new.original.0,
            new.recipe.0,
            new.channel.as_str(),
            ms(new.validity.start()),
            ms(new.validity.end()),
            new.by.0,
            new.form.as_str(),
            ms(at)
        ]);
        written.map_err(|e| match is_taken(&e) {
            true => StoreError::Taken { what: "approval", name: new.number.clone() },
            false => e.into(),
        })?;
        Ok(ApprovalId(self.connection.last_insert_rowid()))
    }

    /// Withdraws an approval; `false` if it was withdrawn before or never given.
    ///
    /// # Errors
    /// When the database would not.
    pub fn revoke_approval(
        &mut self,
        id: ApprovalId,
        by: PersonId,
        reason: &str,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update approvals set revoked_at_ms = ?2, revoked_by = ?3, revoked_reason = ?4 \
                   where id = ?1 and revoked_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at), by.0, reason])? == 1)
    }
}
