//! The counter: what is handed over gets a receipt, paper is scanned, and what was signed in ink is entered with its scan.

use super::cases::{acting_person, scope_of};
use super::intake::shown_name;
use super::{Desk, DeskError, Refusal};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, FormId, PersonId};
use crate::domain::paperwork::{
    MAX_BEARER_CHARS, MAX_BROUGHT_CHARS, MAX_SCAN_BYTES, MAX_SCANS, PaperKind, Receipt, Scan, looks_scanned,
};
use crate::domain::people::{Person, Role};
use crate::domain::submission::is_unprintable;
use crate::domain::text::Text;
use crate::files::letters;
use crate::files::library::LibraryError;
use crate::store::{CaseRow, NewReceipt, NewScan, Reader, Scope, Tx};

/// A scan that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// What it shows.
    pub kind: PaperKind,
    /// What the file is called; for people, never a path.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A receipt as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptPaper {
    /// The receipt.
    pub receipt: Receipt,
    /// The request's title.
    pub title: String,
    /// Whose request.
    pub office: String,
    /// Its number in the register.
    pub agenda: Option<String>,
}

impl Desk {
    /// Writes a receipt for what somebody brought to the counter, and takes its number. Whoever sends the same form again
    /// gets what was written.
    ///
    /// # Errors
    /// Refused for whoever does not work at the counter, or without a name or word of what was brought.
    pub fn give_receipt(
        &self,
        by: PersonId,
        case: CaseId,
        (bearer, brought): (&str, &str),
        form: Option<FormId>,
    ) -> Result<i64, DeskError> {
        let now = self.now();
        let (bearer, brought) = (line(bearer, MAX_BEARER_CHARS)?, line(brought, MAX_BROUGHT_CHARS)?);
        let zone = self.deadlines()?.office().zone;
        self.store.write(move |tx| {
            at_the_counter(&acting_person(tx, by, now)?)?;
            case_of(tx, Scope::All, case)?;
            if let Some(form) = &form
                && let Some(receipt) = tx.receipt_on_form(case, by, form)?
            {
                return Ok(receipt);
            }
            let year = zone.local(now).format("%Y").to_string();
            let number = format!("{:04}/TT/{year}", tx.next_number(&format!("tanda-terima/{year}"))?);
            let receipt = tx.add_receipt(&NewReceipt { case, number, bearer, brought, form }, by, now)?;
            let event = AuditEvent::new(AuditKind::ReceiptGiven).by(by).number("case", case.0);
            tx.audit(&event.number("receipt", receipt), now)?;
            Ok(receipt)
        })
    }

    /// Keeps the scan of a paper with its request: staff for any, an office for its own.
    ///
    /// # Errors
    /// Refused for what no scanner makes, what is too large, and another office's request.
    pub fn add_scan(&self, by: PersonId, case: CaseId, scanned: Scanned) -> Result<i64, DeskError> {
        let now = self.now();
        let new = self.keep_scan(case, scanned)?;
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            store_scan(tx, &person, &new, now)
        })
    }

    /// File first, row second; a file without a row is found again by its hash when it is sent again.
    pub(super) fn keep_scan(&self, case: CaseId, scanned: Scanned) -> Result<NewScan, DeskError> {
        if scanned.bytes.len() > MAX_SCAN_BYTES {
            return Err(Refusal::TooLarge { limit_bytes: MAX_SCAN_BYTES as u64 }.into());
        }
        if !looks_scanned(&scanned.bytes) {
            return Err(Refusal::NoScan.into());
        }
        let sha256 = letters::keep(self.home(), &scanned.bytes).map_err(|source| match source.kind() {
            std::io::ErrorKind::StorageFull => Refusal::DiskFull.into(),
            _ => DeskError::Library(LibraryError::Disk { path: self.home().join("letters"), source }),
        })?;
        let bytes = scanned.bytes.len() as u64;
        Ok(NewScan { case, kind: scanned.kind, sha256, bytes, name: shown_name(&scanned.name) })
    }

    /// As [`Desk::keep_scan`], before the request to which the letter belongs has a row.
    pub(super) fn keep_letter(&self, scanned: Scanned) -> Result<KeptLetter, DeskError> {
        Ok(KeptLetter(self.keep_scan(CaseId(0), scanned)?))
    }

    /// Receipts and scans of a request, as a person may see them.
    ///
    /// # Errors
    /// Refused for another office's request.
    pub fn paperwork(&self, person: &Person, case: CaseId) -> Result<(Vec<Receipt>, Vec<Scan>), DeskError> {
        let scope = scope_of(person)?;
        self.store.read(|r| {
            case_of(r, scope, case)?;
            Ok((r.receipts(scope, case)?, r.scans(scope, case)?))
        })
    }

    /// A receipt, to be printed.
    ///
    /// # Errors
    /// Refused if there is none, or it is another office's.
    pub fn receipt(&self, person: &Person, case: CaseId, id: i64) -> Result<ReceiptPaper, DeskError> {
        let scope = scope_of(person)?;
        self.store.read(|r| {
            let row = case_of(r, scope, case)?;
            let receipt = r.receipts(scope, case)?.into_iter().find(|receipt| receipt.id == id);
            let what = || Text::new("Tanda terima itu", "That receipt");
            let receipt = receipt.ok_or_else(|| Refusal::NotFound { what: what() })?;
            Ok(ReceiptPaper { receipt, title: row.title, office: row.office_name, agenda: row.agenda_number })
        })
    }
}

/// A letter's scan that lies in its place and has no row yet.
pub(super) struct KeptLetter(NewScan);

impl KeptLetter {
    /// As the scan of a request.
    pub(super) fn of(self, case: CaseId) -> NewScan {
        NewScan { case, ..self.0 }
    }
}

/// Adds the scan that `new` describes, once a person may.
pub(super) fn store_scan(
    tx: &mut Tx<'_>,
    person: &Person,
    new: &NewScan,
    now: crate::domain::time::Instant,
) -> Result<i64, DeskError> {
    let scope = scope_of(person)?;
    case_of(tx, scope, new.case)?;
    let scans = tx.scans(Scope::All, new.case)?;
    if let Some(same) = scans.iter().find(|scan| scan.sha256 == new.sha256 && scan.kind == new.kind) {
        return Ok(same.id); // sent twice
    }
    if scans.len() >= MAX_SCANS {
        return Err(Refusal::ManyScans.into());
    }
    let scan = tx.add_scan(new, person.id, now)?;
    let event = AuditEvent::new(AuditKind::ScanAdded).by(person.id).number("case", new.case.0).number("scan", scan);
    tx.audit(&event.word("paper", new.kind).hash("file", new.sha256), now)?;
    Ok(scan)
}

fn case_of(r: &Reader<'_>, scope: Scope, case: CaseId) -> Result<CaseRow, DeskError> {
    let what = || Text::new("Permohonan itu", "That request");
    Ok(r.case(scope, case)?.ok_or_else(|| Refusal::NotFound { what: what() })?)
}

/// Whether a person enters for others what they bring.
pub(super) fn works_at_the_counter(person: &Person) -> bool {
    person.holds(Role::Registry) || person.holds(Role::Admin)
}

pub(super) fn at_the_counter(person: &Person) -> Result<(), Refusal> {
    if works_at_the_counter(person) { Ok(()) } else { Err(Refusal::NeedsRole(Role::Registry)) }
}

/// One line that a person wrote, without blanks around it.
pub(super) fn line(text: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let holds = (1..=most).contains(&text.chars().count()) && !text.contains(is_unprintable);
    if holds { Ok(text.to_owned()) } else { Err(Refusal::Line { most }) }
}
