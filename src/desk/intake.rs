//! An office's request: the upload is streamed to disk, hashed on the way, and made durable; then submission, case,
//! inspection job and audit row appear in one transaction. Whatever breaks before that leaves nothing to see, and the
//! sweep at start removes what a kill left.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};

use super::cases::{CaseFile, acting_person, scope_of};
use super::counter::works_at_the_counter;
use super::token::random_name;
use super::{Desk, DeskError, Refusal};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, ChannelId, FormId, OpdId, PersonId, SubmissionId};
use crate::domain::people::{OpdGroup, Person, Role};
use crate::domain::standard::{APPLICANT, Key, ServiceStandard};
use crate::domain::submission::{LetterDetails, LetterFault, Original, is_unprintable};
use crate::domain::text::{Lang, Text};
use crate::domain::time::Instant;
use crate::engine::procedure::Refused;
use crate::files::letters;
use crate::files::library::{Arrived, LibraryError};
use crate::store::{JobKind, NewSubmission, Reader, Scope, Tx};

/// Largest upload, bytes: five minutes at 50 Mbit/s are 1.9 GB.
pub const MAX_UPLOAD_BYTES: u64 = 2 << 30;
/// What is kept of a file's own name, characters.
const MAX_FILE_NAME_CHARS: usize = 120;
/// How much of that is its end where it is shortened, characters.
const KEPT_ENDING: usize = 20;

/// What comes with an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// The office for which staff enter it at the counter; `None`: the person's own.
    pub office: Option<OpdId>,
    /// On which channel it should air.
    pub channel: ChannelId,
    /// The letter.
    pub letter: LetterDetails,
    /// Requirements that are declared.
    pub declared: BTreeSet<Key>,
    /// The form on which it was sent, if it came on one. Whoever sends the same form and file again gets what was filed.
    pub form: Option<FormId>,
}

/// An upload that is about to be read.
pub struct Upload<'r> {
    /// What the office calls the file; for people, never a path.
    pub name: String,
    /// Its size, if the sender says so: room is kept for it.
    pub declared_bytes: Option<u64>,
    /// Its bytes. An error of it means that the sender broke off.
    pub bytes: &'r mut dyn Read,
}

/// What was filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filed {
    /// The request.
    pub case: CaseId,
    /// What was filed of it now.
    pub submission: SubmissionId,
}

impl Desk {
    /// A form that nobody has sent yet.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new_form(&self) -> Result<FormId, DeskError> {
        Ok(random_name()?.parse().expect("hexadecimal digits make a name"))
    }

    /// Files a new request with its clip. The clip then waits to be inspected; see `processing`.
    ///
    /// # Errors
    /// Refused for a letter that can't be, without room, or for an office that may not ask.
    pub fn file_request(&self, by: PersonId, request: NewRequest, upload: Upload<'_>) -> Result<Filed, DeskError> {
        let now = self.now();
        self.sensible(&request.letter, &request.channel)?;
        let standard = self.standards.current()?;
        let asked_for = request.office;
        let office = self.store.read(|r| applicants_office(r, by, asked_for, now))?;
        let group = self.store.read(|r| r.office(Scope::All, office))?.map(|o| o.group);
        if !group.is_some_and(|group| standard.standard.is_for(group.applicant())) {
            return Err(not_an_applicant(&standard.standard));
        }
        let (arrived, name, original) = self.take_in(office, upload)?;
        let (hash, reserved) = (original.sha256, name.clone());
        let filed = self.store.write(move |tx| {
            let applicant = acting_person(tx, by, now)?.id;
            // A button pressed twice sends everything twice.
            if let Some(form) = &request.form
                && let Some((case, submission)) = tx.filed_on(by, form, Some(hash))?
            {
                tx.release_upload(&name)?;
                return Ok(Filed { case, submission });
            }
            let written = standard.standard.as_written();
            let pinned = tx.keep_standard(&written.id, written.version, &standard.text, now)?;
            let case = tx.open_case(pinned, office, applicant, &standard.standard.first().id, now)?;
            let submission = file(tx, case, by, request, original, &name, now)?;
            let event = AuditEvent::new(AuditKind::RequestFiled).by(by).number("case", case.0);
            let event = event.number("submission", submission.0).number("office", office.0);
            tx.audit(&event.hash("original", hash), now)?;
            Ok::<_, DeskError>(Filed { case, submission })
        });
        // The lock on the file is given back only now that the database names it.
        drop(arrived);
        self.keep_no_room(filed, reserved)
    }

    /// Gives back the room of an upload that was not filed.
    fn keep_no_room(&self, filed: Result<Filed, DeskError>, reserved: String) -> Result<Filed, DeskError> {
        filed.inspect_err(|_| {
            if let Err(error) = self.store.write(move |tx| tx.release_upload(&reserved)) {
                tracing::warn!(%error, "room is kept for an upload that is not there until this program starts again");
            }
        })
    }

    /// Files a corrected letter, another clip, or both, for a request that waits for its applicant. Without an
    /// upload the file that is here stays.
    ///
    /// # Errors
    /// Refused if the request does not wait for its applicant, or for the reasons of a new one.
    pub fn revise_request(
        &self,
        by: PersonId,
        case: CaseId,
        version: Option<u32>,
        request: NewRequest,
        upload: Option<Upload<'_>>,
    ) -> Result<Filed, DeskError> {
        let now = self.now();
        self.sensible(&request.letter, &request.channel)?;
        let (standards, form) = (self.standards.clone(), request.form.clone());
        let filed_already = move |r: &Reader<'_>| {
            let filed = form.as_ref().map(|form| r.filed_on(by, form, None)).transpose()?.flatten();
            Ok::<_, DeskError>(
                filed.filter(|filed| filed.0 == case).map(|(case, submission)| Filed { case, submission }),
            )
        };
        let file_of = |r: &Reader<'_>| {
            let person = acting_person(r, by, now)?;
            if let Some(filed) = filed_already(r)? {
                return Ok(Err(filed));
            }
            let found = CaseFile::load(r, &standards, scope_of(&person)?, case)?;
            waits_for(&found, &person, version)?;
            Ok::<_, DeskError>(Ok(found))
        };
        let found = match self.store.read(file_of)? {
            Ok(found) => found,
            Err(filed) => return Ok(filed),
        };
        let (arrived, name, original) = match upload {
            Some(upload) => {
                let (arrived, name, original) = self.take_in(found.row.office, upload)?;
                (Some(arrived), name, original)
            }
            None => (None, String::new(), found.airing()?.newest().original.clone()),
        };
        let (standards, reserved) = (self.standards.clone(), name.clone());
        let filed = self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            if let Some(filed) = filed_already(tx)? {
                tx.release_upload(&name)?;
                return Ok(filed);
            }
            let found = CaseFile::load(tx, &standards, scope_of(&person)?, case)?;
            waits_for(&found, &person, version)?;
            let hash = original.sha256;
            let submission = file(tx, case, by, request, original, &name, now)?;
            let event = AuditEvent::new(AuditKind::RequestRevised).by(by).number("case", case.0);
            tx.audit(&event.number("submission", submission.0).hash("original", hash), now)?;
            Ok::<_, DeskError>(Filed { case, submission })
        });
        drop(arrived);
        self.keep_no_room(filed, reserved)
    }

    /// Removes what killed uploads and conversions left. Returns the names of the files removed.
    ///
    /// # Errors
    /// When the disk or the database would not.
    pub fn sweep(&self) -> Result<Vec<String>, DeskError> {
        let mut removed =
            self.library.sweep::<DeskError>(|sha256| Ok(self.store.read(|r| r.originals())?.contains(&sha256)))?;
        let left = letters::sweep(self.home(), self.now());
        removed.extend(left.map_err(|source| LibraryError::Disk { path: self.home().join("letters"), source })?);
        let gone: Vec<String> = self.store.read(|r| r.uploads())?.into_iter().collect();
        for name in gone {
            if !self.library.is_arriving(&name) {
                self.store.write(move |tx| tx.release_upload(&name))?;
            }
        }
        Ok(removed)
    }

    /// Everything that is wrong with a letter for whoever files it now, field by field.
    ///
    /// # Errors
    /// Refused for a channel that is not there.
    pub fn letter_faults(&self, letter: &LetterDetails, channel: &ChannelId) -> Result<Vec<LetterFault>, Refusal> {
        let missing =
            || Refusal::NotFound { what: Text::new(format!("Saluran {channel}"), format!("Channel {channel}")) };
        let channel = &self.config.channels.get(channel).ok_or_else(missing)?.channel;
        Ok(letter.faults_when_filed(channel.zone.date_of(self.now()), channel))
    }

    fn sensible(&self, letter: &LetterDetails, channel: &ChannelId) -> Result<(), Refusal> {
        let faults = self.letter_faults(letter, channel)?;
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Letter(faults)) }
    }

    /// Keeps room, reads the upload, and gives the room back if it fails.
    fn take_in(&self, office: OpdId, upload: Upload<'_>) -> Result<(Arrived, String, Original), DeskError> {
        let now = self.now();
        let name = random_name()?;
        let (reserved_name, declared) = (name.clone(), upload.declared_bytes);
        let (limit, left) = self.store.write(move |tx| {
            let quota = tx.office(Scope::All, office)?.map_or(0, |o| o.quota_bytes);
            let left = quota.saturating_sub(tx.bytes_kept(office)?);
            let wanted = declared.unwrap_or_else(|| left.min(MAX_UPLOAD_BYTES)).max(1);
            if wanted > MAX_UPLOAD_BYTES {
                return Err(Refusal::TooLarge { limit_bytes: MAX_UPLOAD_BYTES }.into());
            }
            if wanted > left {
                return Err(Refusal::NoRoom { left_bytes: left }.into());
            }
            tx.reserve_upload(&reserved_name, office, wanted, now)?;
            Ok::<_, DeskError>((wanted, left))
        })?;
        let arrived = self.library.receive(&name, upload.bytes, limit, declared);
        match arrived {
            Ok(arrived) => {
                let shown = shown_name(&upload.name);
                let original = Original { sha256: arrived.sha256, bytes: arrived.bytes, name: shown };
                Ok((arrived, name, original))
            }
            Err(error) => {
                self.store.write(move |tx| tx.release_upload(&name))?;
                Err(not_taken(error, declared, left))
            }
        }
    }
}

/// What a person is told of an upload that was not kept.
fn not_taken(error: LibraryError, declared: Option<u64>, left_bytes: u64) -> DeskError {
    match error {
        LibraryError::BrokeOff(_) => Refusal::BrokeOff.into(),
        // More than was announced: the file changed while it was sent.
        LibraryError::TooLarge { .. } if declared.is_some() => Refusal::BrokeOff.into(),
        // The file may be as large as any; the office has no room for it.
        LibraryError::TooLarge { limit_bytes } if limit_bytes < MAX_UPLOAD_BYTES => {
            Refusal::NoRoom { left_bytes }.into()
        }
        LibraryError::TooLarge { limit_bytes } => Refusal::TooLarge { limit_bytes }.into(),
        LibraryError::Disk { path, source } if source.kind() == ErrorKind::StorageFull => {
            tracing::error!(path = %path.display(), "the disk is full: an upload was not kept");
            Refusal::DiskFull.into()
        }
        error @ LibraryError::Disk { .. } => error.into(),
    }
}

fn file(
    tx: &mut Tx<'_>,
    case: CaseId,
    by: PersonId,
    request: NewRequest,
    original: Original,
    reserved: &str,
    now: Instant,
) -> Result<SubmissionId, DeskError> {
    let NewRequest { channel, letter, declared, form, .. } = request;
    let new = NewSubmission { case, filed_by: by, channel, letter, declared, original, form };
    let submission = tx.add_submission(&new, now)?;
    if !reserved.is_empty() {
        tx.forget_disposal(new.original.sha256)?;
    }
    tx.queue_job(JobKind::Inspect, submission, now)?;
    tx.release_upload(reserved)?;
    Ok(submission)
}

/// That a service is for others, and for whom.
pub(super) fn not_an_applicant(standard: &ServiceStandard) -> DeskError {
    let groups = || OpdGroup::ALL.iter().filter(|g| **g != OpdGroup::Own && standard.is_for(g.applicant()));
    let names = |lang| groups().map(|group| group.text().get(lang).to_owned()).collect::<Vec<_>>().join(", ");
    let service = standard.as_written().title.clone();
    Refusal::NotAnApplicant { service, may: Text::new(names(Lang::Id), names(Lang::En)) }.into()
}

/// The office for which a person files: its own, or the one that staff enter at the counter.
pub(super) fn applicants_office(
    r: &Reader<'_>,
    by: PersonId,
    asked_for: Option<OpdId>,
    now: Instant,
) -> Result<OpdId, DeskError> {
    let person = acting_person(r, by, now)?;
    let own = person.office.filter(|_| person.holds(Role::Office));
    let at_the_counter = works_at_the_counter(&person);
    let office = match asked_for {
        Some(asked) if own == Some(asked) || at_the_counter => asked,
        Some(_) => return Err(Refusal::NeedsRole(Role::Registry).into()),
        None if at_the_counter => own.ok_or(Refusal::ApplicantWanted)?,
        None => own.ok_or(Refusal::NeedsRole(Role::Office))?,
    };
    let open = r.office(Scope::All, office)?.filter(|o| o.closed_at.is_none());
    let not_found = || Refusal::NotFound { what: Text::new("Instansi itu", "That office") };
    Ok(open.ok_or_else(not_found)?.id)
}

pub(super) fn waits_for(found: &CaseFile, person: &Person, version: Option<u32>) -> Result<(), DeskError> {
    if version.is_some_and(|version| version != found.row.version) {
        return Err(Refusal::Procedure(Refused::Changed).into());
    }
    let at_the_counter = works_at_the_counter(person);
    match found.step() {
        None => Err(Refusal::Procedure(Refused::Ended).into()),
        Some(step) if step.actor.as_str() == APPLICANT => {
            let own = person.holds(Role::Office) && person.office == Some(found.row.office);
            if own || at_the_counter { Ok(()) } else { Err(Refusal::NeedsRole(Role::Office).into()) }
        }
        Some(step) => {
            Err(Refusal::Procedure(Refused::NotThisStep { at: step.id.clone(), action: step.action.text() }).into())
        }
    }
}

/// A file's own name without folders and what can't be seen, shortened in its middle: its ending is what people know.
pub(crate) fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: Vec<char> = last.chars().filter(|c| !is_unprintable(*c)).collect();
    let shown: String = match seen.len().checked_sub(MAX_FILE_NAME_CHARS) {
        None | Some(0) => seen.into_iter().collect(),
        Some(_) => {
            let (begin, end) = (&seen[..MAX_FILE_NAME_CHARS - KEPT_ENDING - 1], &seen[seen.len() - KEPT_ENDING..]);
            begin.iter().chain(&['…']).chain(end).collect()
        }
    };
    if shown.trim_matches(['.', ' ']).is_empty() { "video".into() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_full_disk_and_for_a_file_that_grew_the_office_is_told_what_to_do() {
        let full = LibraryError::Disk { path: "x.part".into(), source: ErrorKind::StorageFull.into() };
        let words = |error, declared| match not_taken(error, declared, 5 << 20) {
            DeskError::Refused(refusal) => refusal.text().en,
            error => panic!("{error}"),
        };
        assert!(words(full, None).contains("Tell the administrator"));
        assert!(words(LibraryError::TooLarge { limit_bytes: 5 }, Some(5)).contains("upload again"));
        assert!(words(LibraryError::TooLarge { limit_bytes: MAX_UPLOAD_BYTES }, None).contains("exceeds 2048 MiB"));
        assert!(words(LibraryError::TooLarge { limit_bytes: 5 << 20 }, None).contains("5 MiB of it are left"));
    }

    #[test]
    fn a_files_name_is_shown_without_folders_tricks_and_endless_middles() {
        assert_eq!(shown_name("C:\\video\\Ayo ke Posyandu.mp4"), "Ayo ke Posyandu.mp4");
        assert_eq!(shown_name("../../etc/passwd\r\nSet-Cookie: a=b"), "passwdSet-Cookie: a=b");
        assert_eq!(shown_name("undangan\u{202e}4pm.exe"), "undangan4pm.exe", "nothing runs from right to left");
        let long = shown_name(&format!("{}.mp4", "x".repeat(5000)));
        assert_eq!((long.chars().count(), long.ends_with("xxx.mp4")), (MAX_FILE_NAME_CHARS, true));
        assert_eq!([shown_name(".."), shown_name("\u{2028}"), shown_name("")], ["video", "video", "video"]);
    }
}
