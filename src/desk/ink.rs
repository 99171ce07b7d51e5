//! Signing on paper: the approval is printed, signed in ink, and entered at the counter with its scan. The person who
//! signed is on record as the one who acted; the one who entered it stands beside.

use super::cases::{CaseFile, acting_person};
use super::counter::{Scanned, at_the_counter, line, store_scan};
use super::letters::{ApprovalLetter, position};
use super::review::Acted;
use super::session_papers::{Mark, SessionPaper};
use super::{Desk, DeskError, Refusal};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::paperwork::PaperKind;
use crate::domain::people::{Form, Person, Role};
use crate::domain::standard::{Action, EdgeKind};
use crate::domain::text::Text;
use crate::domain::time::BroadcastDate;
use crate::engine::procedure::{Act, Refused};
use crate::store::{Addressee, Announcement, InkRow, Scope};

/// Longest number of the secretariat's own register, characters.
pub const MAX_NUMBER_CHARS: usize = 60;

/// A signature in ink as it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInInk {
    /// The case's version that was seen.
    pub version: u32,
    /// Who signed.
    pub signer: PersonId,
    /// The day written beside the signature.
    pub signed_on: BroadcastDate,
    /// The number that the secretariat's own register gave; `None`: one is drawn here.
    pub number: Option<String>,
    /// The scan.
    pub scan: Scanned,
}

/// Someone who may sign what waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Who.
    pub id: PersonId,
    /// The person's name.
    pub name: String,
    /// How the position is held.
    pub form: Form,
}

impl Desk {
    /// Who may sign what waits at a request; nobody where nothing waits to be signed.
    ///
    /// # Errors
    /// When the database would not.
    pub fn signers(&self, found: &CaseFile) -> Result<Vec<Signer>, DeskError> {
        if found.step().is_none_or(|step| step.action != Action::Sign) {
            return Ok(Vec::new());
        }
        let now = self.now();
        let people: Vec<Person> = self.store.read(|r| r.people(Scope::All, now))?;
        let mut signers = Vec::new();
        for person in people.into_iter().filter(|person| person.disabled_at.is_none()) {
            if let Ok(form) = found.options(&person)?.may_act {
                signers.push(Signer { id: person.id, name: person.name, form });
            }
        }
        Ok(signers)
    }

    /// What a session's standard has signed at the step that waits, as it is printed to be signed in ink.
    ///
    /// # Errors
    /// Refused where nothing of a session waits to be signed, and for another office's request.
    pub fn session_to_sign(&self, person: &Person, case: CaseId) -> Result<SessionPaper, DeskError> {
        let what = || Text::new("Surat yang menunggu tanda tangan", "A paper that waits for a signature");
        let nothing = || Refusal::NotFound { what: what() };
        let found = self.case_file(person, case)?;
        let signer = self.signers(&found)?.into_iter().next().ok_or_else(nothing)?;
        let actor = &found.step().ok_or_else(nothing)?.actor;
        let mut documents = found.standard.as_written().documents.iter();
        let document = documents.find(|document| document.signer.as_ref() == Some(actor)).ok_or_else(nothing)?;
        let mut paper = self.session_paper(person, case, &document.id)?;
        paper.marks.push(Mark {
            signs: true,
            name: signer.name,
            position: position(signer.form, found.standard.title_of(actor)),
            at: self.now(),
            with_the_one_before: false,
        });
        Ok(SessionPaper { number: Some("........".into()), waits_for: Vec::new(), ..paper })
    }

    /// The approval as it is printed to be signed in ink: without a number, which is written on it or drawn later.
    ///
    /// # Errors
    /// Refused where no clip waits to be approved, and for another office's request.
    pub fn approval_to_sign(&self, person: &Person, case: CaseId) -> Result<ApprovalLetter, DeskError> {
        let what = || Text::new("Persetujuan yang menunggu tanda tangan", "An approval that waits for a signature");
        let nothing = || Refusal::NotFound { what: what() };
        let found = self.case_file(person, case)?;
        let signer = self.signers(&found)?.into_iter().next().ok_or_else(nothing)?;
        let newest = found.airing()?.newest();
        let channel = self.config.channels.get(&newest.channel).ok_or_else(nothing)?;
        let letter = &newest.letter;
        Ok(ApprovalLetter {
            number: String::new(),
            office: found.row.office_name.clone(),
            title: letter.title.clone(),
            letter_number: letter.number.clone(),
            letter_date: letter.date,
            channel_title: channel.channel.title.clone(),
            period: (letter.first_day, letter.last_day),
            plays_per_day: letter.plays_per_day,
            original: newest.original.sha256,
            recipe: super::processing::recipe_hash(&channel.channel, letter),
            by: signer.name,
            position: position(signer.form, &Role::Head.text().id),
            place: self.config.paper.place.clone(),
            at: self.now(),
            zone: channel.channel.zone,
            verify_code: String::new(),
            ink: None,
            revoked: None,
        })
    }

    /// Enters that what waits was signed in ink: the case goes on as if the signer had done it here.
    ///
    /// # Errors
    /// Refused for whoever does not work at the counter, a signer who may not, a day that can't be, and what is no scan.
    pub fn sign_in_ink(&self, by: PersonId, case: CaseId, signed: SignedInInk) -> Result<Acted, DeskError> {
        let now = self.now();
        let zone = self.deadlines()?.office().zone;
        let today = zone.local(now).date();
        let number = signed.number.as_deref().map(|number| line(number, MAX_NUMBER_CHARS)).transpose()?;
        let procedure = super::review::Procedure { number, ..self.procedure()? };
        let scan = Scanned { kind: PaperKind::Signed, ..signed.scan };
        self.store.read(|r| at_the_counter(&acting_person(r, by, now)?).map_err(DeskError::from))?;
        let scan = self.keep_scan(case, scan)?;
        let (version, signer, signed_on) = (signed.version, signed.signer, signed.signed_on);
        self.store.write(move |tx| {
            let clerk = acting_person(tx, by, now)?;
            at_the_counter(&clerk)?;
            let head = acting_person(tx, signer, now)?;
            let found = CaseFile::load(tx, &procedure.standards, Scope::All, case)?;
            let step = found.step().ok_or(Refusal::Procedure(Refused::Ended))?;
            if step.action != Action::Sign {
                return Err(Refusal::Procedure(Refused::Changed).into());
            }
            if signed_on.0 > today || signed_on.0 < zone.local(found.row.opened_at).date() {
                return Err(Refusal::SignedOn.into());
            }
            let waiting = found.case()?;
            let onward = waiting.offers().into_iter().find(|offer| offer.kind == EdgeKind::Next);
            let onward = onward.ok_or(Refusal::Procedure(Refused::Changed))?;
            let act = Act { step: step.id.as_str(), choice: Some(&onward.key), reason: None, version: Some(version) };
            let done = waiting.act(act, &found.speaker(&waiting, &head), &found.facts(&procedure.config));
            let done = done.map_err(Refusal::Procedure)?;
            let approval = procedure.carry_out(tx, &found, &done, Some(signer), None, now)?;
            let sha256 = scan.sha256;
            let scan = store_scan(tx, &clerk, &scan, now)?;
            let ink = InkRow { version: done.version, scan, signed_on, by, by_name: String::new(), at: now };
            tx.add_ink(case, &ink)?;
            let event = AuditEvent::new(AuditKind::InkEntered).by(by).number("case", case.0).number("signer", signer.0);
            let event = event.number("version", i64::from(done.version)).number("scan", scan).hash("file", sha256);
            tx.audit(&event, now)?;
            let body = Text::new(
                format!(
                    "{} mencatat bahwa Anda menandatangani permohonan {case} ({}) dengan tinta. Bila tidak, cabut persetujuannya.",
                    clerk.name, found.row.title
                ),
                format!(
                    "{} entered that you signed request {case} ({}) in ink. If you did not, withdraw the approval.",
                    clerk.name, found.row.title
                ),
            );
            let subject = Text::new("Tanda tangan basah dicatat", "A signature in ink was entered");
            tx.announce(&Announcement { to: Addressee::Person(signer), case: Some(case), subject, body }, now)?;
            procedure.register(tx, case, now)?;
            Ok(Acted { done, also: Vec::new(), approval })
        })
    }
}
