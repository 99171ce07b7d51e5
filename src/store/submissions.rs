//! Requests to air files: letters, the files they name, what acceptance said of them, and verifiers' checklists.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::row::{count, hash, instant, int, maybe_word, ms, small, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::asset::{Framing, Reason, ReasonCode, Severity, Verdict};
use crate::domain::ids::{CaseId, ChannelId, FormId, OpdId, PersonId, Sha256, SubmissionId};
use crate::domain::standard::Key;
use crate::domain::submission::{CheckPoint, LetterDetails, Original, Submission};
use crate::domain::text::Text;
use crate::domain::time::Instant;

/// A submission to file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubmission {
    /// The request that it belongs to.
    pub case: CaseId,
    /// Who uploaded.
    pub filed_by: PersonId,
    /// On which channel it should air.
    pub channel: ChannelId,
    /// The letter.
    pub letter: LetterDetails,
    /// Requirements that were declared.
    pub declared: BTreeSet<Key>,
    /// The uploaded file.
    pub original: Original,
    /// The form on which it was sent, if it came on one.
    pub form: Option<FormId>,
}

/// What acceptance said of a submission's file.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectionRow {
    /// What it said.
    pub verdict: Verdict,
    /// What really decoded, milliseconds.
    pub duration_ms: u64,
    /// Whether there is anything to hear.
    pub has_sound: bool,
    /// Why, in words that an office can act on.
    pub reasons: Vec<Reason>,
    /// When.
    pub at: Instant,
}

pub(super) const COLUMNS: &str = "s.id, s.case_id, s.revision, c.office_id, s.filed_by, s.channel, s.title, s.letter_number, \
                       s.letter_date, s.description, s.play_s, s.plays_per_day, s.days, s.first_day, s.last_day, \
                       s.preferred_from, s.preferred_to, s.declarations, s.original_sha256, s.original_bytes, \
                       s.original_name, s.filed_at_ms, s.framing";
const FROM: &str = "from submissions s join cases c on c.id = s.case_id";

fn read(row: &Row<'_>) -> rusqlite::Result<Submission> {
    read_from(row, 0)
}

/// A submission whose columns begin at `first`.
pub(super) fn read_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Submission> {
    let preferred = (maybe_word(row, first + 15)?, maybe_word(row, first + 16)?);
    let declared: String = row.get(first + 17)?;
    let framing: Option<String> = row.get(first + 22)?;
    Ok(Submission {
        id: SubmissionId(row.get(first)?),
        case: CaseId(row.get(first + 1)?),
        revision: small(row, first + 2)?,
        office: OpdId(row.get(first + 3)?),
        filed_by: PersonId(row.get(first + 4)?),
        channel: word(row, first + 5)?,
        letter: LetterDetails {
            title: row.get(first + 6)?,
            number: row.get(first + 7)?,
            date: word(row, first + 8)?,
            description: row.get(first + 9)?,
            play_s: small(row, first + 10)?,
            plays_per_day: small(row, first + 11)?,
            days: small(row, first + 12)?,
            first_day: word(row, first + 13)?,
            last_day: word(row, first + 14)?,
            preferred_hours: preferred.0.zip(preferred.1),
            framing: framing.as_deref().and_then(Framing::read),
        },
        declared: declared.split(' ').filter_map(|key| key.parse().ok()).collect(),
        original: Original {
            sha256: hash(row, first + 18)?,
            bytes: count(row, first + 19)?,
            name: row.get(first + 20)?,
        },
        filed_at: instant(row, first + 21)?,
    })
}

impl Reader<'_> {
    /// One submission; another office's is not found.
    ///
    /// # Errors
    /// When the database would not.
    pub fn submission(&self, scope: Scope, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        let sql = format!("select {COLUMNS} {FROM} where s.id = ?2 and (?1 is null or c.office_id = ?1)");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![scope.office(), id.0], read).optional()?)
    }

    /// Every submission of a case, oldest first; the last one counts.
    ///
    /// # Errors
    /// When the database would not.
    pub fn submissions(&self, scope: Scope, case: CaseId) -> Result<Vec<Submission>, StoreError> {
        let sql = format!(
            "select {COLUMNS} {FROM} where s.case_id = ?2 and (?1 is null or c.office_id = ?1) order by s.revision"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What somebody has filed on a form already; with this file if one is named.
    ///
    /// # Errors
    /// When the database would not.
    pub fn filed_on(
        &self,
        by: PersonId,
        form: &FormId,
        original: Option<Sha256>,
    ) -> Result<Option<(CaseId, SubmissionId)>, StoreError> {
        let sql = "select case_id, id from submissions where filed_by = ?1 and form = ?2 \
                   and (?3 is null or original_sha256 = ?3) order by id limit 1";
        let read = |row: &Row<'_>| Ok((CaseId(row.get(0)?), SubmissionId(row.get(1)?)));
        let asked = params![by.0, form.as_str(), original.map(|hash| hash.0)];
        Ok(self.connection.prepare_cached(sql)?.query_row(asked, read).optional()?)
    }

    /// What acceptance said of a submission; `None` while its file waits to be inspected.
    ///
    /// # Errors
    /// When the database would not.
    pub fn inspection(&self, submission: SubmissionId) -> Result<Option<InspectionRow>, StoreError> {
        let sql = "select verdict, duration_ms, has_sound, reasons, inspected_at_ms from inspections \
                   where submission_id = ?";
        let read = |row: &Row<'_>| {
            let unreadable = |e: serde_json::Error| {
                rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, e.into())
            };
            let reasons: Vec<ReasonJson> = serde_json::from_str(row.get_ref(3)?.as_str()?).map_err(unreadable)?;
            Ok(InspectionRow {
                verdict: Verdict::read(row.get_ref(0)?.as_str()?).unwrap_or(Verdict::Refuse),
                duration_ms: count(row, 1)?,
                has_sound: row.get(2)?,
                reasons: reasons.into_iter().filter_map(ReasonJson::into_reason).collect(),
                at: instant(row, 4)?,
            })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row(params![submission.0], read).optional()?)
    }

    /// The newest checklist filled in for a submission.
    ///
    /// # Errors
    /// When the database would not.
    pub fn checklist(&self, submission: SubmissionId) -> Result<Option<BTreeMap<CheckPoint, bool>>, StoreError> {
        let sql = "select points from verifications where submission_id = ? order by case_version desc limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let points: Option<String> = statement.query_row(params![submission.0], |row| row.get(0)).optional()?;
        let Some(points) = points else { return Ok(None) };
        let points: BTreeMap<String, bool> = serde_json::from_str(&points).unwrap_or_default();
        Ok(Some(points.iter().filter_map(|(word, holds)| Some((CheckPoint::read(word)?, *holds))).collect()))
    }

    /// Bytes of distinct originals that an office keeps, with those reserved for uploads under way.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bytes_kept(&self, office: OpdId) -> Result<u64, StoreError> {
        let sql = "select (select coalesce(sum(original_bytes), 0) from (select distinct s.original_sha256, \
                   s.original_bytes from submissions s join cases c on c.id = s.case_id where c.office_id = ?1 \
                   and s.original_sha256 not in (select original_sha256 from disposals))) + \
                   (select coalesce(sum(reserved_bytes), 0) from uploads where office_id = ?1)";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![office.0], |row| count(row, 0))?)
    }

    /// Hashes of every original that some submission names and that is kept.
    ///
    /// # Errors
    /// When the database would not.
    pub fn originals(&self) -> Result<BTreeSet<Sha256>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "select distinct original_sha256 from submissions \
             where original_sha256 not in (select original_sha256 from disposals)",
        )?;
        let rows = statement.query_map([], |row| hash(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Names of temporary files for which room is kept.
    ///
    /// # Errors
    /// When the database would not.
    pub fn uploads(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("select name from uploads")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Files a submission as the newest of its case.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_submission(&mut self, new: &NewSubmission, at: Instant) -> Result<SubmissionId, StoreError> {
        let sql = "insert into submissions (case_id, revision, filed_by, channel, title, letter_number, letter_date, \
                   description, play_s, plays_per_day, days, first_day, last_day, preferred_from, preferred_to, \
                   declarations, original_sha256, original_bytes, original_name, filed_at_ms, framing, form) values (?1, \
                   (select coalesce(max(revision), 0) + 1 from submissions where case_id = ?1), ?2, ?3, ?4, ?5, ?6, \
                   ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
        let declared: Vec<&str> = new.declared.iter().map(Key::as_str).collect();
        let letter = &new.letter;
        self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.filed_by.0,
            new.channel.as_str(),
            letter.title.trim(),
            letter.number.trim(),
            letter.date.to_string(),
            letter.description.trim(),
            letter.play_s,
            letter.plays_per_day,
            letter.days,
            letter.first_day.to_string(),
            letter.last_day.to_string(),
            letter.preferred_hours.map(|h| h.0.to_string()),
            letter.preferred_hours.map(|h| h.1.to_string()),
            declared.join(" "),
            new.original.sha256.0,
            int(new.original.bytes),
            new.original.name,
            ms(at),
            letter.framing.map(Framing::as_str),
            new.form.as_ref().map(FormId::as_str)
        ])?;
        Ok(SubmissionId(self.connection.last_insert_rowid()))
    }

    /// Keeps how a submission's picture is brought to the wall's shape.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_framing(&mut self, submission: SubmissionId, framing: Framing) -> Result<(), StoreError> {
        let sql = "update submissions set framing = ? where id = ?";
        self.connection.prepare_cached(sql)?.execute(params![framing.as_str(), submission.0])?;
        Ok(())
    }

    /// Keeps what acceptance said of a submission's file.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_inspection(&mut self, submission: SubmissionId, found: &InspectionRow) -> Result<(), StoreError> {
        let reasons: Vec<ReasonJson> = found.reasons.iter().map(ReasonJson::from_reason).collect();
        let reasons = serde_json::to_string(&reasons).unwrap_or_else(|_| "[]".into());
        let sql = "insert or replace into inspections (submission_id, verdict, duration_ms, has_sound, reasons, \
                   inspected_at_ms) values (?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            submission.0,
            found.verdict.as_str(),
            int(found.duration_ms),
            found.has_sound,
            reasons,
            ms(found.at)
        ])?;
        Ok(())
    }

    /// Keeps a verifier's checklist.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_checklist(
        &mut self,
        submission: SubmissionId,
        case_version: u32,
        points: &BTreeMap<CheckPoint, bool>,
        by: PersonId,
        at: Instant,
    ) -> Result<(), StoreError> {
        let points: BTreeMap<&str, bool> = points.iter().map(|(point, holds)| (point.as_str(), *holds)).collect();
        let points = serde_json::to_string(&points).unwrap_or_else(|_| "{}".into());
        let sql = "insert into verifications (submission_id, case_version, points, person_id, at_ms) \
                   values (?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![submission.0, case_version, points, by.0, ms(at)])?;
        Ok(())
    }

    /// Keeps room for an upload.
    ///
    /// # Errors
    /// When the database would not.
    pub fn reserve_upload(&mut self, name: &str, office: OpdId, bytes: u64, at: Instant) -> Result<(), StoreError> {
        let sql = "insert into uploads (name, office_id, reserved_bytes, started_at_ms) values (?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![name, office.0, int(bytes), ms(at)])?;
        Ok(())
    }

    /// Gives the room of an upload back.
    ///
    /// # Errors
    /// When the database would not.
    pub fn release_upload(&mut self, name: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached("delete from uploads where name = ?")?.execute(params![name])?;
        Ok(())
    }
}

/// A reason as its row holds it.
#[derive(Serialize, Deserialize)]
struct ReasonJson {
    code: String,
    severity: String,
    limit: Option<f64>,
    value: Option<f64>,
    at_ms: Option<u64>,
    text_id: String,
    text_en: String,
}

impl ReasonJson {
    fn from_reason(reason: &Reason) -> ReasonJson {
        ReasonJson {
            code: reason.code.as_str().into(),
            severity: reason.severity.as_str().into(),
            limit: reason.limit,
            value: reason.value,
            at_ms: reason.at_ms,
            text_id: reason.text.id.clone(),
            text_en: reason.text.en.clone(),
        }
    }
    fn into_reason(self) -> Option<Reason> {
        Some(Reason {
            code: ReasonCode::read(&self.code)?,
            severity: Severity::read(&self.severity)?,
            limit: self.limit,
            value: self.value,
            at_ms: self.at_ms,
            text: Text { id: self.text_id, en: self.text_en },
        })
    }
}
