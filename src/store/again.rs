//! Requests that ask again for a clip: which asked before it, and what is known of the file already.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{CaseId, SubmissionId};

impl Reader<'_> {
    /// The request after which a request asks again for the same clip.
    ///
    /// # Errors
    /// When the database would not.
    pub fn asked_before(&self, case: CaseId) -> Result<Option<CaseId>, StoreError> {
        let sql = "select earlier_id from repeats where case_id = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![case.0], |row| row.get(0).map(CaseId)).optional()?)
    }

    /// Requests whose newest letter was approved at some time, whether that still holds or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn once_approved(&self, scope: Scope) -> Result<BTreeSet<CaseId>, StoreError> {
        let sql = "select a.case_id from approvals a join cases c on c.id = a.case_id where (?1 is null or \
                   c.office_id = ?1) and a.submission_id = (select s.id from submissions s where s.case_id = a.case_id \
                   order by s.revision desc limit 1)";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![scope.office()], |row| row.get(0).map(CaseId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Keeps after which request a request asks again.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_repeat(&mut self, case: CaseId, earlier: CaseId) -> Result<(), StoreError> {
        let sql = "insert into repeats (case_id, earlier_id) values (?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![case.0, earlier.0])?;
        Ok(())
    }

    /// Takes over what was found in a file that another submission names: it is the same file.
    ///
    /// # Errors
    /// When the database would not.
    pub fn take_over_inspection(&mut self, from: SubmissionId, to: SubmissionId) -> Result<(), StoreError> {
        for sql in [
            "insert or replace into inspections (submission_id, verdict, duration_ms, has_sound, reasons, \
             inspected_at_ms) select ?2, verdict, duration_ms, has_sound, reasons, inspected_at_ms from inspections \
             where submission_id = ?1",
            "insert or replace into timelines (submission_id, duration_ms, marks, curve_start_ms, curve_step_ms, \
             curve, likeness) select ?2, duration_ms, marks, curve_start_ms, curve_step_ms, curve, likeness from \
             timelines where submission_id = ?1",
            "insert or replace into stills (submission_id, at_ms, jpeg) select ?2, at_ms, jpeg from stills \
             where submission_id = ?1",
            "insert or replace into alikes (submission_id, earlier_id, same_file, percent) select ?2, ?1, 1, 100",
            "insert or ignore into alikes (submission_id, earlier_id, same_file, percent) select ?2, earlier_id, \
             same_file, percent from alikes where submission_id = ?1 order by same_file desc, percent desc, \
             earlier_id desc limit 4",
        ] {
            self.connection.prepare_cached(sql)?.execute(params![from.0, to.0])?;
        }
        Ok(())
    }
}
