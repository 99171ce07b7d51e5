//! Citizens (*warga*) who ask for sessions: each is his own applicant, entered at the counter or invited. A name stands in
//! one row where it can be corrected and erased; the audit trail holds numbers alone.

use super::people::{Link, a_name, make_link, taken};
use super::token::Token;
use super::{Desk, DeskError, Refusal};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{OpdId, PersonId};
use crate::domain::people::{Form, Opd, OpdGroup, Role};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::store::{NewOffice, NewPerson, Scope, Tx};

impl Desk {
    /// Citizens who may ask, by name; erased ones are left out.
    ///
    /// # Errors
    /// When the database would not.
    pub fn citizens(&self) -> Result<Vec<Opd>, DeskError> {
        let all = self.store.read(|r| r.offices(Scope::All))?;
        Ok(all.into_iter().filter(|o| o.group == OpdGroup::Citizen && o.closed_at.is_none()).collect())
    }

    /// Enters a citizen as an applicant; with an address he or she gets a one-time link and signs in, without one the
    /// counter enters what is brought on paper.
    ///
    /// # Errors
    /// Refused for anyone but the registry and administrators, and for a bad or taken name or address.
    pub fn add_citizen(
        &self,
        by: Option<PersonId>,
        name: &str,
        email: Option<&str>,
    ) -> Result<(OpdId, Option<Link>), DeskError> {
        let (now, name) = (self.now(), a_name(name)?);
        let email = email.map(super::people::an_email).transpose()?;
        let token = Token::random::<{ super::people::LINK_BYTES }>()?;
        let hash = token.hash();
        let (office, person) = self.store.write(move |tx| {
            at_the_counter(tx, by, now)?;
            let new = NewOffice { quota_bytes: 0, ..NewOffice::usual(name.clone(), OpdGroup::Citizen) };
            let office = tx.add_office(&new, now).map_err(taken)?;
            let event = AuditEvent::new(AuditKind::OfficeAdded).number("office", office.0);
            tx.audit(&AuditEvent { by, ..event.word("group", OpdGroup::Citizen) }, now)?;
            let Some(email) = email else { return Ok((office, None)) };
            let person = tx.add_person(&NewPerson { name, email, office: Some(office) }, now).map_err(taken)?;
            let event = AuditEvent::new(AuditKind::PersonAdded).number("person", person.0);
            tx.audit(&AuditEvent { by, ..event }, now)?;
            tx.appoint(person, Role::Office, Form::Definitif, now, None, by)?;
            make_link(tx, by, person, hash, now)?;
            Ok::<_, DeskError>((office, Some(person)))
        })?;
        let link = person.map(|person| Link { person, token, expires_at: now + super::people::LINK_LASTS });
        Ok((office, link))
    }

    /// Corrects a citizen's name.
    ///
    /// # Errors
    /// Refused for anyone but the registry and administrators, and for a bad or taken name.
    pub fn rename_citizen(&self, by: PersonId, citizen: OpdId, name: &str) -> Result<(), DeskError> {
        let (now, name) = (self.now(), a_name(name)?);
        self.store.write(move |tx| {
            at_the_counter(tx, Some(by), now)?;
            known(tx, citizen)?;
            tx.rename_office(citizen, &name).map_err(taken)?;
            let event = AuditEvent::new(AuditKind::ApplicantCorrected).by(by).number("office", citizen.0);
            Ok(tx.audit(&event, now)?)
        })
    }

    /// Erases a citizen's name, address and contacts wherever they stand. What was asked for stays, without them.
    ///
    /// # Errors
    /// Refused for anyone but the registry and administrators, and while a request is open.
    pub fn erase_citizen(&self, by: PersonId, citizen: OpdId) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            at_the_counter(tx, Some(by), now)?;
            known(tx, citizen)?;
            if !tx.open_cases(Scope::Office(citizen))?.is_empty() {
                return Err(Refusal::RequestsOpen.into());
            }
            tx.erase_office(citizen, now)?;
            let event = AuditEvent::new(AuditKind::ApplicantErased).by(by).number("office", citizen.0);
            Ok(tx.audit(&event, now)?)
        })
    }
}

fn at_the_counter(tx: &Tx<'_>, by: Option<PersonId>, now: Instant) -> Result<(), DeskError> {
    let Some(by) = by else { return Ok(()) };
    let person = tx.person(by, now)?.filter(|person| person.disabled_at.is_none());
    let allowed = person.is_some_and(|person| person.holds(Role::Registry) || person.holds(Role::Admin));
    if allowed { Ok(()) } else { Err(Refusal::NeedsRole(Role::Registry).into()) }
}

fn known(tx: &Tx<'_>, citizen: OpdId) -> Result<Opd, DeskError> {
    let found = tx.office(Scope::All, citizen)?;
    let found = found.filter(|office| office.group == OpdGroup::Citizen && office.closed_at.is_none());
    Ok(found.ok_or(Refusal::NotFound { what: Text::new("Warga itu", "That citizen") })?)
}
