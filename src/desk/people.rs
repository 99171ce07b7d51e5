//! Letting people in: offices, people and their roles, one-time links, passwords, sessions.
//! `by` is who asks; `None` is the console, where whoever holds the machine may do everything.

use chrono::TimeDelta;

use super::{Desk, DeskError, Refusal, Token, passwords};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{OpdId, PersonId, Sha256};
use crate::domain::people::{Form, Person, Role};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::store::{NewOffice, NewPerson, NewSession, Revoked, Scope, Session, StoreError, Tx, is_disk_full};

/// How long a one-time link waits to be used: over a long weekend.
pub const LINK_LASTS: TimeDelta = TimeDelta::hours(96);
/// A session ends after this long without use.
pub const SESSION_IDLE: TimeDelta = TimeDelta::minutes(30);
/// A session ends after this long whatever the use.
pub const SESSION_LASTS: TimeDelta = TimeDelta::hours(12);
/// Uses of a session are noted this far apart: a page of twenty requests costs one write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Random bytes of a one-time link.
pub(super) const LINK_BYTES: usize = 32;
/// Random bytes of a session's cookie.
const SESSION_BYTES: usize = 48;
/// Longest names, characters.
const MAX_NAME_CHARS: usize = 200;
/// Longest address, bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_EMAIL_BYTES: usize = 254;
/// What is kept of a browser's name, characters.
const MAX_AGENT_CHARS: usize = 200;

/// A one-time link that was just made; its token is never shown again.
#[derive(Debug, Clone)]
pub struct Link {
    /// Whom it lets in.
    pub person: PersonId,
    /// The secret in it.
    pub token: Token,
    /// First instant at which it is void.
    pub expires_at: Instant,
}

impl Link {
    /// Where on the site it leads.
    pub fn path(&self) -> String {
        format!("/welcome/{}", self.token.reveal())
    }
}

/// Someone who is signed in, with what he or she may do at this moment.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// The session.
    pub session: Session,
}

/// Where a sign-in comes from, for the list of sessions that a person sees.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The address.
    pub ip: String,
    /// The browser.
    pub user_agent: String,
}

impl Desk {
    /// Enters an office.
    ///
    /// # Errors
    /// Refused without the role, or when the name is empty or taken.
    pub fn add_office(&self, by: Option<PersonId>, office: NewOffice) -> Result<OpdId, DeskError> {
        let now = self.now();
        let name = a_name(&office.name)?;
        let office = NewOffice { name, ..office };
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            let id = tx.add_office(&office, now).map_err(taken)?;
            let event = AuditEvent::new(AuditKind::OfficeAdded).number("office", id.0).word("group", office.group);
            tx.audit(&done_by(event, by), now)?;
            Ok(id)
        })
    }

    /// Gives an office so much room for its uploads. What it keeps already stays, also where that is more.
    ///
    /// # Errors
    /// Refused without the role, and where there is no such office.
    pub fn give_room(&self, by: Option<PersonId>, office: OpdId, quota_bytes: u64) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            if !tx.set_quota(office, quota_bytes)? {
                return Err(Refusal::NotFound { what: Text::new("Instansi itu", "That office") }.into());
            }
            let bytes = i64::try_from(quota_bytes).unwrap_or(i64::MAX);
            let event = AuditEvent::new(AuditKind::OfficeRoomGiven).number("office", office.0).number("bytes", bytes);
            Ok(tx.audit(&done_by(event, by), now)?)
        })
    }

    /// Enters a person with roles, and makes the one-time link with which he or she sets a password.
    ///
    /// # Errors
    /// Refused without the role, for a bad name or address, or a sender of requests without an office.
    pub fn add_person(&self, by: Option<PersonId>, person: NewPerson, roles: &[Role]) -> Result<Link, DeskError> {
        let now = self.now();
        let person = NewPerson { name: a_name(&person.name)?, email: an_email(&person.email)?, ..person };
        if person.office.is_none() && roles.contains(&Role::Office) {
            return Err(Refusal::OfficeWanted.into());
        }
        let token = Token::random::<LINK_BYTES>()?;
        let (hash, roles) = (token.hash(), roles.to_vec());
        let id = self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            if let Some(office) = person.office {
                let found = tx.office(Scope::All, office)?;
                found.ok_or(Refusal::NotFound { what: Text::new("Instansi itu", "That office") })?;
            }
            let id = tx.add_person(&person, now).map_err(taken)?;
            tx.audit(&done_by(AuditEvent::new(AuditKind::PersonAdded).number("person", id.0), by), now)?;
            for role in roles {
                give(tx, by, id, role, Form::Definitif, None, now)?;
            }
            make_link(tx, by, id, hash, now)?;
            Ok::<_, DeskError>(id)
        })?;
        Ok(Link { person: id, token, expires_at: now + LINK_LASTS })
    }

    /// Makes a new one-time link for someone, and voids the earlier ones.
    ///
    /// # Errors
    /// Refused without the role, or when there is no such person.
    pub fn invite(&self, by: Option<PersonId>, person: PersonId) -> Result<Link, DeskError> {
        let now = self.now();
        let token = Token::random::<LINK_BYTES>()?;
        let hash = token.hash();
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            known(tx, person, now)?;
            make_link(tx, by, person, hash, now)
        })?;
        Ok(Link { person, token, expires_at: now + LINK_LASTS })
    }

    /// Whom an unused one-time link lets in.
    ///
    /// # Errors
    /// Refused if the link was used, has run out or never was.
    pub fn invited(&self, token: &Token) -> Result<Person, DeskError> {
        let (hash, now) = (token.hash(), self.now());
        self.store.read(|r| {
            let invite = r.invite(hash)?.filter(|i| i.used_at.is_none() && now < i.expires_at).ok_or(Refusal::Link)?;
            let person = r.person(invite.person, now)?.filter(|p| p.disabled_at.is_none());
            Ok(person.ok_or(Refusal::Link)?)
        })
    }

    /// Sets a password with a one-time link, which is used up; every session of the person ends.
    ///
    /// # Errors
    /// Refused for a void link or a poor password.
    pub fn set_password(&self, token: &Token, password: &str) -> Result<PersonId, DeskError> {
        let person = self.invited(token)?;
        let length = password.chars().count();
        let fine = (passwords::MIN_CHARS..=passwords::MAX_CHARS).contains(&length)
            && !password.trim().eq_ignore_ascii_case(&person.email);
        if !fine {
            return Err(Refusal::Password.into());
        }
        let (phc, hash, now) = (passwords::hash(password)?, token.hash(), self.now());
        self.store.write(move |tx| {
            let id = tx.use_invite(hash, now)?.ok_or(Refusal::Link)?;
            tx.set_password_hash(id, &phc)?;
            tx.revoke_sessions_of(id, now, Revoked::PasswordChanged)?;
            tx.audit(&AuditEvent::new(AuditKind::PasswordSet).by(id).number("person", id.0), now)?;
            Ok(id)
        })
    }

    /// Signs someone in. An unknown address costs the same work, and says the same, as a wrong password.
    ///
    /// # Errors
    /// Refused if address and password do not match a person who may sign in.
    pub fn sign_in(&self, email: &str, password: &str, browser: Browser) -> Result<Token, DeskError> {
        let now = self.now();
        let email = email.trim().to_lowercase();
        let (person, stored) = self.store.read(|r| {
            let person = r.person_by_email(&email, now)?.filter(|p| p.disabled_at.is_none());
            let stored = person.as_ref().map(|p| r.password_hash(p.id)).transpose()?.flatten();
            Ok::<_, DeskError>((person, stored))
        })?;
        let matches = passwords::verify(password, stored.as_deref())?;
        let person = person.filter(|_| matches).ok_or(Refusal::SignIn)?.id;
        self.open_session(person, browser)
    }

    /// Opens a session for someone who has just proved who he or she is, by password or one-time link.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_session(&self, person: PersonId, browser: Browser) -> Result<Token, DeskError> {
        let now = self.now();
        let token = Token::random::<SESSION_BYTES>()?;
        let session = NewSession {
            token_hash: token.hash(),
            person,
            expires_at: now + SESSION_LASTS,
            ip: browser.ip.chars().take(MAX_AGENT_CHARS).collect(),
            user_agent: browser.user_agent.chars().take(MAX_AGENT_CHARS).collect(),
        };
        self.store.write(move |tx| {
            tx.open_session(&session, now)?;
            tx.audit(&AuditEvent::new(AuditKind::SignedIn).by(person), now)
        })?;
        Ok(token)
    }

    /// Who holds a session's cookie, with the roles of this moment; `None` if the session has ended.
    ///
    /// # Errors
    /// When the database would not.
    pub fn signed_in(&self, token: &Token) -> Result<Option<SignedIn>, DeskError> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.store.read(|r| {
            let Some(session) = r.session(hash)? else { return Ok::<_, StoreError>(None) };
            let person = r.person(session.person, now)?;
            Ok(person.map(|person| SignedIn { person, session }))
        })?;
        let Some(found) = found.filter(|f| f.person.disabled_at.is_none() && alive(&f.session, now)) else {
            return Ok(None);
        };
        if now - found.session.seen_at >= NOTED_EVERY
            && let Err(error) = self.store.write(move |tx| tx.touch_session(hash, now))
        {
            // Who only reads can do so on a full disk too.
            if !is_disk_full(&error) {
                return Err(error.into());
            }
            tracing::warn!(%error, "when a session was last seen could not be noted");
        }
        Ok(Some(found))
    }

    /// Whether a signed-in person gives his or her password again, as signing and publishing want.
    ///
    /// # Errors
    /// When the database would not.
    pub fn confirms_password(&self, person: PersonId, password: &str) -> Result<bool, DeskError> {
        let stored = self.store.read(|r| r.password_hash(person))?;
        passwords::verify(password, stored.as_deref())
    }

    /// Ends a session; one that has ended already stays so.
    ///
    /// # Errors
    /// When the database would not.
    pub fn sign_out(&self, token: &Token) -> Result<(), DeskError> {
        let (hash, now) = (token.hash(), self.now());
        self.store.write(move |tx| {
            let Some(session) = tx.session(hash)? else { return Ok(()) };
            if tx.revoke_session(hash, now, Revoked::SignedOut)? {
                tx.audit(&AuditEvent::new(AuditKind::SignedOut).by(session.person), now)?;
            }
            Ok(())
        })
    }

    /// Appoints someone; holds from now, in every session that is open.
    ///
    /// # Errors
    /// Refused without the role, or for a sender of requests without an office.
    pub fn give_role(
        &self,
        by: Option<PersonId>,
        person: PersonId,
        role: Role,
        form: Form,
        until: Option<Instant>,
    ) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            let holder = known(tx, person, now)?;
            if role == Role::Office && holder.office.is_none() {
                return Err(Refusal::OfficeWanted.into());
            }
            if holder.form_of(role) == Some(form) && until.is_none() {
                return Ok(());
            }
            give(tx, by, person, role, form, until, now)
        })
    }

    /// Ends someone's appointments to a role; gone from now, in every session that is open.
    ///
    /// # Errors
    /// Refused without the role, or if nobody would be left who lets people in.
    pub fn take_role(&self, by: Option<PersonId>, person: PersonId, role: Role) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            known(tx, person, now)?;
            if role == Role::Admin {
                another_admin(tx, person, now)?;
            }
            if tx.end_appointments(person, role, now)? > 0 {
                let event = AuditEvent::new(AuditKind::RoleTaken).number("person", person.0).word("role", role);
                tx.audit(&done_by(event, by), now)?;
            }
            Ok(())
        })
    }

    /// Shuts someone out and ends his or her sessions.
    ///
    /// # Errors
    /// Refused without the role, or if nobody would be left who lets people in.
    pub fn disable(&self, by: Option<PersonId>, person: PersonId) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            admin_only(tx, by, now)?;
            if known(tx, person, now)?.holds(Role::Admin) {
                another_admin(tx, person, now)?;
            }
            tx.set_disabled(person, Some(now))?;
            tx.revoke_sessions_of(person, now, Revoked::ByAdmin)?;
            let event = AuditEvent::new(AuditKind::PersonDisabled).number("person", person.0);
            tx.audit(&done_by(event, by), now)?;
            Ok(())
        })
    }
}

fn alive(session: &Session, now: Instant) -> bool {
    session.revoked_at.is_none() && now < session.expires_at && now - session.seen_at < SESSION_IDLE
}

/// Names who did an act, if it was not the console.
fn done_by(event: AuditEvent, by: Option<PersonId>) -> AuditEvent {
    AuditEvent { by, ..event }
}

fn admin_only(tx: &Tx<'_>, by: Option<PersonId>, now: Instant) -> Result<(), DeskError> {
    let Some(by) = by else { return Ok(()) };
    let allowed = tx.person(by, now)?.is_some_and(|p| p.disabled_at.is_none() && p.holds(Role::Admin));
    if allowed { Ok(()) } else { Err(Refusal::NeedsRole(Role::Admin).into()) }
}

fn another_admin(tx: &Tx<'_>, but: PersonId, now: Instant) -> Result<(), DeskError> {
    let others = tx.holders(Role::Admin, now)?.into_iter().any(|p| p.id != but);
    if others { Ok(()) } else { Err(Refusal::LastAdmin.into()) }
}

fn known(tx: &Tx<'_>, person: PersonId, now: Instant) -> Result<Person, DeskError> {
    let found = tx.person(person, now)?;
    Ok(found.ok_or(Refusal::NotFound { what: Text::new("Orang itu", "That person") })?)
}

fn give(
    tx: &mut Tx<'_>,
    by: Option<PersonId>,
    person: PersonId,
    role: Role,
    form: Form,
    until: Option<Instant>,
    now: Instant,
) -> Result<(), DeskError> {
    tx.appoint(person, role, form, now, until, by)?;
    let event = AuditEvent::new(AuditKind::RoleGiven).number("person", person.0).word("role", role).word("form", form);
    tx.audit(&done_by(event, by), now)?;
    Ok(())
}

pub(super) fn make_link(
    tx: &mut Tx<'_>,
    by: Option<PersonId>,
    person: PersonId,
    hash: Sha256,
    now: Instant,
) -> Result<(), DeskError> {
    tx.add_invite(hash, person, now, now + LINK_LASTS, by)?;
    tx.audit(&done_by(AuditEvent::new(AuditKind::InviteMade).number("person", person.0), by), now)?;
    Ok(())
}

pub(super) fn taken(error: StoreError) -> DeskError {
    match error {
        StoreError::Taken { name, .. } => Refusal::Taken { name }.into(),
        error => error.into(),
    }
}

pub(super) fn a_name(text: &str) -> Result<String, Refusal> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fine = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fine { Ok(name) } else { Err(Refusal::Name) }
}

pub(super) fn an_email(text: &str) -> Result<String, Refusal> {
    let email = text.trim().to_lowercase();
    let parts: Vec<&str> = email.split('@').collect();
    let fine = matches!(parts[..], [name, host] if !name.is_empty() && !host.is_empty())
        && email.len() <= MAX_EMAIL_BYTES
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if fine { Ok(email) } else { Err(Refusal::Email) }
}
