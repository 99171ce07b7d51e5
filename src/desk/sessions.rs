//! Requests for a session in a studio, a talkshow or a podcast: filing and correcting the letter, and what each step of
//! its standard brings about.

use sha2::{Digest, Sha256 as Hasher};

use super::cases::{CaseFile, acting_person, scope_of};
use super::counter::{Scanned, store_scan};
use super::intake::{applicants_office, not_an_applicant, waits_for};
use super::matter::Session;
use super::review::{Procedure, free_number};
use super::{Desk, DeskError, Refusal};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, FormId, OpdId, PersonId};
use crate::domain::people::Form;
use crate::domain::session::SessionLetter;
use crate::domain::standard::{APPLICANT, Action, Document, EdgeKind, Key, ServiceStandard, Step};
use crate::domain::submission::LetterFault;
use crate::domain::text::Text;
use crate::domain::time::{Instant, Zone};
use crate::engine::procedure::{Act, Move, Who};
use crate::store::{NewPaper, NewSessionRequest, Scope, Tx};

/// A letter that asks for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The applicant for whom staff enter it at the counter; `None`: the person's own office.
    pub office: Option<OpdId>,
    /// Which service: `ds.talkshow`.
    pub service: Key,
    /// What the letter says.
    pub letter: SessionLetter,
    /// The form on which it was sent, if it came on one. Whoever sends the same form again gets what was filed.
    pub form: Option<FormId>,
    /// The letter's scan, if it came along.
    pub scan: Option<Scanned>,
}

/// Family of the services that end in a studio.
const SESSION_FAMILY: &str = "session";

impl Desk {
    /// Every service's standard of this moment, in the order in which people choose among them.
    ///
    /// # Errors
    /// When a standard of the home does not hold.
    pub fn services(&self) -> Result<Vec<ServiceStandard>, DeskError> {
        Ok(self.standards.all()?.into_iter().map(|written| written.standard).collect())
    }

    /// The standard of a service that ends in a studio.
    ///
    /// # Errors
    /// Refused if there is none of that name.
    pub fn session_service(&self, service: &Key) -> Result<ServiceStandard, DeskError> {
        let standard = self.standards.of(service)?.standard;
        let what = || Text::new(format!("Layanan studio {service}"), format!("Studio service {service}"));
        let held = standard.as_written().family == SESSION_FAMILY;
        if held { Ok(standard) } else { Err(Refusal::NotFound { what: what() }.into()) }
    }

    /// The agency's zone: that of its first channel.
    pub fn zone(&self) -> Zone {
        self.config.channels.values().next().expect("a configuration has a channel").channel.zone
    }

    /// Everything that is wrong with a letter for whoever files it now, field by field.
    pub fn session_faults(&self, letter: &SessionLetter) -> Vec<LetterFault> {
        let now = self.now();
        letter.faults_when_filed(now, self.zone().date_of(now))
    }

    fn sensible_session(&self, letter: &SessionLetter) -> Result<(), Refusal> {
        let faults = self.session_faults(letter);
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Letter(faults)) }
    }

    /// Files a request for a session; it then waits for the first of its standard's own people.
    ///
    /// # Errors
    /// Refused for a letter that can't be, or for somebody to whom the service is not open.
    pub fn file_session(&self, by: PersonId, request: NewSession) -> Result<CaseId, DeskError> {
        let (now, procedure) = (self.now(), self.procedure()?);
        self.sensible_session(&request.letter)?;
        self.session_service(&request.service)?;
        let written = self.standards.of(&request.service)?;
        let kept = request.scan.map(|scan| self.keep_letter(scan)).transpose()?;
        self.store.write(move |tx| {
            // A button pressed twice sends everything twice.
            if let Some(form) = &request.form
                && let Some(case) = tx.session_filed_on(by, form)?
            {
                return Ok(case);
            }
            let office = applicants_office(tx, by, request.office, now)?;
            let group = tx.office(Scope::All, office)?.map(|office| office.group);
            if !group.is_some_and(|group| written.standard.is_for(group.applicant())) {
                return Err(not_an_applicant(&written.standard));
            }
            let draft = written.standard.as_written();
            let pinned = tx.keep_standard(&draft.id, draft.version, &written.text, now)?;
            let case = tx.open_case(pinned, office, by, &written.standard.first().id, now)?;
            let new = NewSessionRequest { case, filed_by: by, letter: request.letter, form: request.form };
            let id = tx.add_session_request(&new, now)?;
            let event = AuditEvent::new(AuditKind::RequestFiled).by(by).number("case", case.0);
            tx.audit(&event.number("session_request", id.0).number("office", office.0), now)?;
            let year = procedure.year(&CaseFile::load(tx, &procedure.standards, Scope::All, case)?, now);
            let number = tx.next_number(&format!("agenda/{year}"))?;
            tx.set_agenda_number(case, &format!("{number:04}/{year}"))?;
            if let Some(kept) = kept {
                store_scan(tx, &acting_person(tx, by, now)?, &kept.of(case), now)?;
            }
            procedure.applicant_is_done(tx, case, by, now)?;
            Ok(case)
        })
    }

    /// Files a corrected letter for a request that waits for its applicant, and sends it on.
    ///
    /// # Errors
    /// Refused if the request does not wait for its applicant, or for the reasons of a new one.
    pub fn revise_session(
        &self,
        by: PersonId,
        case: CaseId,
        version: Option<u32>,
        letter: SessionLetter,
        scan: Option<Scanned>,
    ) -> Result<(), DeskError> {
        let (now, procedure) = (self.now(), self.procedure()?);
        self.sensible_session(&letter)?;
        let kept = scan.map(|scan| self.keep_letter(scan)).transpose()?;
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            let found = CaseFile::load(tx, &procedure.standards, scope_of(&person)?, case)?;
            if found.session().is_none() {
                let what = Text::new("Permohonan studio itu", "That request for a session");
                return Err(Refusal::NotFound { what }.into());
            }
            waits_for(&found, &person, version)?;
            let id = tx.add_session_request(&NewSessionRequest { case, filed_by: by, letter, form: None }, now)?;
            let event = AuditEvent::new(AuditKind::RequestRevised).by(by).number("case", case.0);
            tx.audit(&event.number("session_request", id.0), now)?;
            if let Some(kept) = kept {
                store_scan(tx, &person, &kept.of(case), now)?;
            }
            procedure.applicant_is_done(tx, case, by, now)
        })
    }
}

impl Procedure {
    /// Does the applicant's step for whoever has just filed its letter: that is what filing says.
    fn applicant_is_done(&self, tx: &mut Tx<'_>, case: CaseId, by: PersonId, now: Instant) -> Result<(), DeskError> {
        let found = CaseFile::load(tx, &self.standards, Scope::All, case)?;
        let files = |step: &&Step| matches!(step.action, Action::Submit | Action::Revise);
        let Some(step) = found.step().filter(files) else { return Ok(()) };
        let usual = step.edges.iter().find(|edge| edge.kind == EdgeKind::Next).map(|edge| edge.key());
        let act = Act { step: step.id.as_str(), choice: usual.as_deref(), reason: None, version: None };
        let applicant = APPLICANT.parse().expect("the applicant's name is a key");
        let applicant = Who::Person { positions: [(applicant, Form::Definitif)].into(), is_applicant: true };
        let done = found.case()?.act(act, &applicant, &found.facts(&self.config)).map_err(Refusal::Procedure)?;
        self.carry_out(tx, &found, &done, Some(by), None, now)?;
        self.register(tx, case, now)
    }

    /// What a step of a session brings about.
    pub(super) fn session_follows(
        &self,
        tx: &mut Tx<'_>,
        (found, session): (&CaseFile, &Session),
        (step, done): (&Step, &Move),
        by: PersonId,
        now: Instant,
    ) -> Result<(), DeskError> {
        if done.kind != EdgeKind::Next {
            return Ok(());
        }
        let case = found.case()?;
        let drafted = |document: &Document| {
            let steps = found.standard.as_written().steps.iter();
            let mut drafts = steps.filter(|other| other.yields.contains(&document.id));
            drafts.any(|other| other.id == step.id || case.is_done(&other.id))
        };
        for document in &found.standard.as_written().documents {
            // What is signed is issued by the signature, however many steps after its draft; the rest where it comes up.
            let issued = match &document.signer {
                Some(signer) => step.action == Action::Sign && *signer == step.actor && drafted(document),
                None => step.yields.contains(&document.id),
            };
            if issued {
                self.issue(tx, (found, session), document, done, by, now)?;
            }
        }
        Ok(())
    }

    fn issue(
        &self,
        tx: &mut Tx<'_>,
        (found, session): (&CaseFile, &Session),
        document: &Document,
        done: &Move,
        by: PersonId,
        now: Instant,
    ) -> Result<(), DeskError> {
        let (year, case) = (self.year(found, now), found.row.id);
        // As it is booked after this very step, which may have taken another time.
        let booked = tx.bookings_of(case)?.into_iter().rev().find(|booking| booking.state.at(now).keeps());
        let booked = booked.map(|booking| booking.session);
        let series = document.series.as_deref().unwrap_or(document.id.as_str());
        let number = match &self.number {
            Some(number) if document.signer.as_ref() == Some(&done.actor) => free_number(tx, number)?,
            _ => tx.next_letter_number(series, year)?,
        };
        let paper = NewPaper {
            case,
            document: document.id.clone(),
            request: session.newest().id,
            case_version: done.version,
            number,
            verify_code: document.signer.as_ref().map(|_| code_of(self.verify_code, &document.id)),
            by,
            actor: done.actor.clone(),
            form: done.form,
            session: Some(booked.unwrap_or_else(|| session.newest().letter.wanted())),
        };
        let id = tx.add_paper(&paper, now)?;
        let event = AuditEvent::new(AuditKind::PaperIssued).by(by).number("case", case.0).number("paper", id.0);
        let event = event.number("session_request", paper.request.0).word("document", &paper.document);
        Ok(tx.audit(&event.word("actor", &paper.actor).word("form", paper.form), now)?)
    }
}

/// A document's own code, where one act issues several.
fn code_of(random: [u8; 16], document: &Key) -> String {
    let mut hasher = Hasher::new();
    hasher.update(random);
    hasher.update(document.as_str().as_bytes());
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
