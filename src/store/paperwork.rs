//! Receipts of the counter, scans of paper, and who signed what in ink.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{count, hash, instant, int, ms, small, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{CaseId, FormId, PersonId, Sha256};
use crate::domain::paperwork::{PaperKind, Receipt, Scan};
use crate::domain::time::{BroadcastDate, Instant};

/// A receipt to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// For which request.
    pub case: CaseId,
    /// What is printed: `0001/TT/2026`.
    pub number: String,
    /// Who brought it.
    pub bearer: String,
    /// What was brought.
    pub brought: String,
    /// The form on which it was asked for, if it came on one.
    pub form: Option<FormId>,
}

/// A scan to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScan {
    /// To which request it belongs.
    pub case: CaseId,
    /// What it shows.
    pub kind: PaperKind,
    /// Hash of its bytes.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// What the file is called.
    pub name: String,
}

/// That a step was done by signing paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InkRow {
    /// The case's version after the step.
    pub version: u32,
    /// The scan that shows the signature.
    pub scan: i64,
    /// The day written beside the signature.
    pub signed_on: BroadcastDate,
    /// Who entered it.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// When it was entered.
    pub at: Instant,
}

const MINE: &str = "(?1 is null or c.office_id = ?1)";

fn read_receipt(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        id: row.get(0)?,
        case: CaseId(row.get(1)?),
        number: row.get(2)?,
        bearer: row.get(3)?,
        brought: row.get(4)?,
        by: PersonId(row.get(5)?),
        by_name: row.get(6)?,
        at: instant(row, 7)?,
    })
}

fn read_scan(row: &Row<'_>) -> rusqlite::Result<Scan> {
    Ok(Scan {
        id: row.get(0)?,
        case: CaseId(row.get(1)?),
        kind: word(row, 2)?,
        sha256: hash(row, 3)?,
        bytes: count(row, 4)?,
        name: row.get(5)?,
        by: PersonId(row.get(6)?),
        by_name: row.get(7)?,
        at: instant(row, 8)?,
    })
}

impl Reader<'_> {
    /// Receipts of a request, oldest first; none of another office's.
    ///
    /// # Errors
    /// When the database would not.
    pub fn receipts(&self, scope: Scope, case: CaseId) -> Result<Vec<Receipt>, StoreError> {
        let sql = format!(
            "select r.id, r.case_id, r.number, r.bearer, r.brought, r.person_id, p.name, r.at_ms from receipts r \
             join cases c on c.id = r.case_id join people p on p.id = r.person_id \
             where r.case_id = ?2 and {MINE} order by r.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read_receipt)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The receipt that somebody gave for a request on a form.
    ///
    /// # Errors
    /// When the database would not.
    pub fn receipt_on_form(&self, case: CaseId, by: PersonId, form: &FormId) -> Result<Option<i64>, StoreError> {
        let sql = "select id from receipts where case_id = ? and person_id = ? and form = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![case.0, by.0, form.as_str()], |row| row.get(0)).optional()?)
    }

    /// Scans of a request, oldest first; none of another office's.
    ///
    /// # Errors
    /// When the database would not.
    pub fn scans(&self, scope: Scope, case: CaseId) -> Result<Vec<Scan>, StoreError> {
        let sql = format!(
            "select s.id, s.case_id, s.kind, s.sha256, s.bytes, s.name, s.person_id, p.name, s.at_ms from scans s \
             join cases c on c.id = s.case_id join people p on p.id = s.person_id \
             where s.case_id = ?2 and {MINE} order by s.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), case.0], read_scan)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Steps of a request that were done by signing paper, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn ink(&self, case: CaseId) -> Result<Vec<InkRow>, StoreError> {
        let sql = "select i.version, i.scan_id, i.signed_on, i.person_id, p.name, i.at_ms from ink_signatures i \
                   join people p on p.id = i.person_id where i.case_id = ? order by i.version";
        let read = |row: &Row<'_>| {
            Ok(InkRow {
                version: small(row, 0)?,
                scan: row.get(1)?,
                signed_on: word(row, 2)?,
                by: PersonId(row.get(3)?),
                by_name: row.get(4)?,
                at: instant(row, 5)?,
            })
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![case.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Hashes of every scan, for whoever verifies a home.
    ///
    /// # Errors
    /// When the database would not.
    pub fn scanned(&self) -> Result<Vec<Sha256>, StoreError> {
        let mut statement = self.connection.prepare_cached("select distinct sha256 from scans")?;
        let rows = statement.query_map([], |row| hash(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Writes a receipt under its number.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_receipt(&mut self, new: &NewReceipt, by: PersonId, at: Instant) -> Result<i64, StoreError> {
        let sql = "insert into receipts (case_id, number, bearer, brought, form, person_id, at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?)";
        let form = new.form.as_ref().map(FormId::as_str);
        self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.number,
            new.bearer,
            new.brought,
            form,
            by.0,
            ms(at)
        ])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Adds a scan.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_scan(&mut self, new: &NewScan, by: PersonId, at: Instant) -> Result<i64, StoreError> {
        let sql = "insert into scans (case_id, kind, sha256, bytes, name, person_id, at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            new.case.0,
            new.kind.as_str(),
            new.sha256.0,
            int(new.bytes),
            new.name,
            by.0,
            ms(at)
        ])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Writes down that a step was done by signing paper; its `by_name` is not read.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_ink(&mut self, case: CaseId, ink: &InkRow) -> Result<(), StoreError> {
        let sql = "insert into ink_signatures (case_id, version, scan_id, signed_on, person_id, at_ms) \
                   values (?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            case.0,
            ink.version,
            ink.scan,
            ink.signed_on.to_string(),
            ink.by.0,
            ms(ink.at)
        ])?;
        Ok(())
    }
}
