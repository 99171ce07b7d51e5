//! Words that were given orally, how each ended, and the clips that may air on them.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{hash, instant, ms, word};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ApprovalId, CaseId, ChannelId, OralId, PersonId, Sha256, SubmissionId};
use crate::domain::oral::{OralApproval, OralEnd, OralWay};
use crate::domain::people::Form;
use crate::domain::time::{Instant, Span};

/// An oral approval to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOral {
    /// For which request.
    pub case: CaseId,
    /// For what was filed.
    pub submission: SubmissionId,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Where it may air.
    pub channel: ChannelId,
    /// From now until its end.
    pub holds: Span,
    /// Who gave it.
    pub head: PersonId,
    /// How that person holds the head's position.
    pub form: Form,
    /// By which way.
    pub way: OralWay,
    /// Why it could not wait.
    pub reason: String,
    /// When it was given.
    pub said_at: Instant,
    /// Who writes it down.
    pub by: PersonId,
}

const COLUMNS: &str = "o.id, o.case_id, o.submission_id, o.original_sha256, o.recipe_sha256, o.channel, o.entered_at_ms, \
                       o.until_ms, o.head_id, h.name, o.form, o.way, o.reason, o.said_at_ms, o.entered_by, b.name, \
                       o.ended_how, o.ended_at_ms, o.ended_reason, o.approval_id";
const FROM: &str = "from oral_approvals o join people h on h.id = o.head_id join people b on b.id = o.entered_by";

fn read(row: &Row<'_>) -> rusqlite::Result<OralApproval> {
    let until = instant(row, 7)?;
    let how: Option<String> = row.get(16)?;
    let end = match how.as_deref() {
        None => None,
        Some("confirmed") => Some(OralEnd::Confirmed { approval: ApprovalId(row.get(19)?), at: instant(row, 17)? }),
        Some("withdrawn") => {
            let reason: Option<String> = row.get(18)?;
            Some(OralEnd::Withdrawn { at: instant(row, 17)?, reason: reason.unwrap_or_default() })
        }
        Some(_) => Some(OralEnd::Expired),
    };
    Ok(OralApproval {
        id: OralId(row.get(0)?),
        case: CaseId(row.get(1)?),
        submission: SubmissionId(row.get(2)?),
        original: hash(row, 3)?,
        recipe: hash(row, 4)?,
        channel: word(row, 5)?,
        holds: Span::new(instant(row, 6)?, until)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(7, until.timestamp_millis()))?,
        head: PersonId(row.get(8)?),
        head_name: row.get(9)?,
        form: word(row, 10)?,
        way: word(row, 11)?,
        reason: row.get(12)?,
        said_at: instant(row, 13)?,
        by: PersonId(row.get(14)?),
        by_name: row.get(15)?,
        end,
    })
}

impl Reader<'_> {
    /// The oral approval of one submission, in force or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn oral_of(&self, submission: SubmissionId) -> Result<Option<OralApproval>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where o.submission_id = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row(params![submission.0], read).optional()?)
    }

    /// Oral approvals of a channel that held during some of `span`, oldest first, however they ended.
    ///
    /// # Errors
    /// When the database would not.
    pub fn orals_in(&self, channel: &ChannelId, span: Span) -> Result<Vec<OralApproval>, StoreError> {
        let sql = format!(
            "select {COLUMNS} {FROM} where o.channel = ? and o.entered_at_ms < ? and o.until_ms > ? order by o.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), ms(span.end()), ms(span.start())], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Oral approvals whose end has come while they waited for the paper.
    ///
    /// # Errors
    /// When the database would not.
    pub fn orals_over(&self, now: Instant) -> Result<Vec<OralApproval>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where o.ended_how is null and o.until_ms <= ? order by o.id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![ms(now)], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those that ended without the paper, and may still stand in published days.
    ///
    /// # Errors
    /// When the database would not.
    pub fn orals_to_clear(&self) -> Result<Vec<OralId>, StoreError> {
        let sql = "select id from oral_approvals where ended_how in ('withdrawn', 'expired') and cleared_at_ms is null";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0).map(OralId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Writes an oral approval down.
    ///
    /// # Errors
    /// When the database would not; a second one of one submission is refused by its unique key.
    pub fn add_oral(&mut self, new: &NewOral) -> Result<OralId, StoreError> {
        let sql = "insert into oral_approvals (case_id, submission_id, original_sha256, recipe_sha256, channel, \
                   entered_at_ms, until_ms, head_id, form, way, reason, said_at_ms, entered_by) \
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.submission.0,
            new.original.0,
            new.recipe.0,
            new.channel.as_str(),
            ms(new.holds.start()),
            ms(new.holds.end()),
            new.head.0,
            new.form.as_str(),
            new.way.as_str(),
            new.reason,
            ms(new.said_at),
            new.by.0
        ])?;
        Ok(OralId(self.connection.last_insert_rowid()))
    }

    /// The paper has come; `false` if it had ended before.
    ///
    /// # Errors
    /// When the database would not.
    pub fn confirm_oral(&mut self, id: OralId, approval: ApprovalId, at: Instant) -> Result<bool, StoreError> {
        let sql = "update oral_approvals set ended_how = 'confirmed', ended_at_ms = ?3, approval_id = ?2 \
                   where id = ?1 and ended_how is null and until_ms > ?3";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id.0, approval.0, ms(at)])? == 1)
    }

    /// Withdraws it; `false` if it had ended before. `None`: it went with a step of its request that no person did.
    ///
    /// # Errors
    /// When the database would not.
    pub fn withdraw_oral(
        &mut self,
        id: OralId,
        by: Option<PersonId>,
        reason: &str,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update oral_approvals set ended_how = 'withdrawn', ended_at_ms = ?4, ended_by = ?2, \
                   ended_reason = ?3 where id = ?1 and ended_how is null and until_ms > ?4";
        let written = params![id.0, by.map(|person| person.0), reason, ms(at)];
        Ok(self.connection.prepare_cached(sql)?.execute(written)? == 1)
    }

    /// Its end has come without the paper; `false` if something ended it before, or it is still to come.
    ///
    /// # Errors
    /// When the database would not.
    pub fn expire_oral(&mut self, id: OralId, now: Instant) -> Result<bool, StoreError> {
        let sql = "update oral_approvals set ended_how = 'expired', ended_at_ms = until_ms \
                   where id = ?1 and ended_how is null and until_ms <= ?2";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id.0, ms(now)])? == 1)
    }

    /// Published days are without it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn oral_cleared(&mut self, id: OralId, at: Instant) -> Result<(), StoreError> {
        let sql = "update oral_approvals set cleared_at_ms = ?2 where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at)])?;
        Ok(())
    }
}
