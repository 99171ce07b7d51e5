//! Requests for sessions in a studio, and the papers that were issued about them.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{instant, is_taken, maybe_instant, ms, small, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{CaseId, FormId, OpdId, PaperId, PersonId, SessionRequestId};
use crate::domain::people::Form;
use crate::domain::session::{IssuedPaper, SessionLetter, SessionRequest};
use crate::domain::standard::Key;
use crate::domain::time::{Instant, Span};

/// A letter to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSessionRequest {
    /// Its case.
    pub case: CaseId,
    /// Who enters it.
    pub filed_by: PersonId,
    /// What it says.
    pub letter: SessionLetter,
    /// The form on which it was sent, if it came on one.
    pub form: Option<FormId>,
}

/// A paper to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPaper {
    /// About which case.
    pub case: CaseId,
    /// Which of the standard's documents.
    pub document: Key,
    /// The letter that it answers.
    pub request: SessionRequestId,
    /// The case's version after the move by which it is issued.
    pub case_version: u32,
    /// Number from its series.
    pub number: String,
    /// 128 random bits in hex, where the document has a code.
    pub verify_code: Option<String>,
    /// Who issues it.
    pub by: PersonId,
    /// In which position.
    pub actor: Key,
    /// How that is held.
    pub form: Form,
    /// When the session is, where that is known.
    pub session: Option<Span>,
}

const COLUMNS: &str = "q.id, q.case_id, q.revision, c.office_id, q.filed_by, q.institution, q.topic, q.purpose, \
                       q.material, q.contact, q.duration_min, q.wanted_at_ms, q.letter_number, q.letter_date, \
                       q.filed_at_ms";
const PAPER_COLUMNS: &str = "p.id, p.case_id, p.document, p.request_id, p.case_version, p.number, p.verify_code, \
                             p.issued_by, p.actor, p.form, p.issued_at_ms, p.session_from_ms, p.session_until_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRequest> {
    Ok(SessionRequest {
        id: SessionRequestId(row.get(0)?),
        case: CaseId(row.get(1)?),
        revision: small(row, 2)?,
        office: OpdId(row.get(3)?),
        filed_by: PersonId(row.get(4)?),
        letter: SessionLetter {
            institution: row.get(5)?,
            topic: row.get(6)?,
            purpose: row.get(7)?,
            material: row.get(8)?,
            contact: row.get(9)?,
            duration_min: small(row, 10)?,
            wanted_at: instant(row, 11)?,
            number: row.get(12)?,
            date: word(row, 13)?,
        },
        filed_at: instant(row, 14)?,
    })
}

fn read_paper(row: &Row<'_>) -> rusqlite::Result<IssuedPaper> {
    let (from, until) = (maybe_instant(row, 11)?, maybe_instant(row, 12)?);
    Ok(IssuedPaper {
        id: PaperId(row.get(0)?),
        case: CaseId(row.get(1)?),
        document: word(row, 2)?,
        request: SessionRequestId(row.get(3)?),
        case_version: small(row, 4)?,
        number: row.get(5)?,
        verify_code: row.get(6)?,
        by: PersonId(row.get(7)?),
        actor: word(row, 8)?,
        form: word(row, 9)?,
        at: instant(row, 10)?,
        session: from.zip(until).and_then(|(from, until)| Span::new(from, until)),
    })
}

impl Reader<'_> {
    /// Every letter of a case for a session, oldest first; the last one counts.
    ///
    /// # Errors
    /// When the database would not.
    pub fn session_requests(&self, scope: Scope, case: CaseId) -> Result<Vec<SessionRequest>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from session_requests q join cases c on c.id = q.case_id \
             where q.case_id = ?2 and (?1 is null or c.office_id = ?1) order by q.revision"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The case for which somebody has filed on a form already.
    ///
    /// # Errors
    /// When the database would not.
    pub fn session_filed_on(&self, by: PersonId, form: &FormId) -> Result<Option<CaseId>, StoreError> {
        let sql = "select case_id from session_requests where filed_by = ? and form = ? order by id limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![by.0, form.as_str()], |row| row.get(0).map(CaseId)).optional()?)
    }

    /// Papers issued about a case, oldest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn papers(&self, scope: Scope, case: CaseId) -> Result<Vec<IssuedPaper>, StoreError> {
        let sql = format!(
            "select {PAPER_COLUMNS} from papers p join cases c on c.id = p.case_id \
             where p.case_id = ?2 and (?1 is null or c.office_id = ?1) order by p.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read_paper)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Keeps a letter as the newest of its case.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_session_request(
        &mut self,
        new: &NewSessionRequest,
        at: Instant,
    ) -> Result<SessionRequestId, StoreError> {
        let sql = "insert into session_requests (case_id, revision, filed_by, institution, topic, purpose, material, \
                   contact, duration_min, wanted_at_ms, letter_number, letter_date, form, filed_at_ms) values (?1, \
                   (select coalesce(max(revision), 0) + 1 from session_requests where case_id = ?1), \
                   ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        let letter = &new.letter;
        self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.filed_by.0,
            letter.institution.trim(),
            letter.topic.trim(),
            letter.purpose.trim(),
            letter.material.trim(),
            letter.contact.trim(),
            letter.duration_min,
            ms(letter.wanted_at),
            letter.number.trim(),
            letter.date.to_string(),
            new.form.as_ref().map(FormId::as_str),
            ms(at)
        ])?;
        Ok(SessionRequestId(self.connection.last_insert_rowid()))
    }

    /// Issues a paper.
    ///
    /// # Errors
    /// When the database would not; a second one by one move, or with one number, is refused by its unique key.
    pub fn add_paper(&mut self, new: &NewPaper, at: Instant) -> Result<PaperId, StoreError> {
        let sql = "insert into papers (case_id, document, request_id, case_version, number, verify_code, issued_by, \
                   actor, form, issued_at_ms, session_from_ms, session_until_ms) \
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let written = self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.document.as_str(),
            new.request.0,
            new.case_version,
            new.number,
            new.verify_code,
            new.by.0,
            new.actor.as_str(),
            new.form.as_str(),
            ms(at),
            new.session.map(|span| ms(span.start())),
            new.session.map(|span| ms(span.end()))
        ]);
        written.map_err(|e| match is_taken(&e) {
            true => StoreError::Taken { what: "paper", name: new.number.clone() },
            false => e.into(),
        })?;
        Ok(PaperId(self.connection.last_insert_rowid()))
    }
}
