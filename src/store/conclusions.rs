//! What the monitoring team concludes about the airing of a request.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{instant, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::time::Instant;

/// One conclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConclusionRow {
    /// Who wrote it.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// In the team's words.
    pub text: String,
    /// When.
    pub at: Instant,
}

impl Reader<'_> {
    /// The newest conclusion on a request.
    ///
    /// # Errors
    /// When the database would not.
    pub fn conclusion(&self, case: CaseId) -> Result<Option<ConclusionRow>, StoreError> {
        let sql = "select c.person_id, p.name, c.body, c.at_ms from conclusions c join people p on p.id = c.person_id \
                   where c.case_id = ? order by c.id desc limit 1";
        let read = |row: &Row<'_>| {
            Ok(ConclusionRow {
                by: PersonId(row.get(0)?),
                by_name: row.get(1)?,
                text: row.get(2)?,
                at: instant(row, 3)?,
            })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row(params![case.0], read).optional()?)
    }
}

impl Tx<'_> {
    /// Writes a conclusion; earlier ones stay.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_conclusion(&mut self, case: CaseId, by: PersonId, text: &str, at: Instant) -> Result<(), StoreError> {
        let sql = "insert into conclusions (case_id, person_id, body, at_ms) values (?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![case.0, by.0, text, ms(at)])?;
        Ok(())
    }
}
