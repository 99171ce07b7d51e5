//! People, their appointments, and the one-time links that let them in.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{hash, instant, is_taken, maybe_instant, ms, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{AppointmentId, OpdId, PersonId, Sha256};
use crate::domain::people::{Appointment, Form, Person, Role};
use crate::domain::time::Instant;

/// A person to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// With academic titles.
    pub name: String,
    /// Lower case.
    pub email: String,
    /// The office for which requests are sent.
    pub office: Option<OpdId>,
}

/// A one-time link as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Hash of its token.
    pub token_hash: Sha256,
    /// Whom it lets in.
    pub person: PersonId,
    /// First instant at which it is void.
    pub expires_at: Instant,
    /// When it was used.
    pub used_at: Option<Instant>,
}

const COLUMNS: &str = "id, name, email, office_id, password_hash is not null, disabled_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: PersonId(row.get(0)?),
        name: row.get(1)?,
        email: row.get(2)?,
        office: row.get::<_, Option<i64>>(3)?.map(OpdId),
        has_password: row.get(4)?,
        disabled_at: maybe_instant(row, 5)?,
        appointments: Vec::new(),
    })
}

fn read_appointment(row: &Row<'_>) -> rusqlite::Result<Appointment> {
    Ok(Appointment {
        id: AppointmentId(row.get(0)?),
        person: PersonId(row.get(1)?),
        role: word(row, 2)?,
        form: word(row, 3)?,
        from: instant(row, 4)?,
        until: maybe_instant(row, 5)?,
    })
}

impl Reader<'_> {
    /// A person as he or she stands at `now`.
    ///
    /// # Errors
    /// When the database would not.
    pub fn person(&self, id: PersonId, now: Instant) -> Result<Option<Person>, StoreError> {
        let sql = format!("select {COLUMNS} from people where id = ?");
        let found = self.connection.prepare_cached(&sql)?.query_row(params![id.0], read).optional()?;
        found.map(|person| self.with_appointments(person, now)).transpose()
    }

    /// The person who signs in with an address, which must be in lower case.
    ///
    /// # Errors
    /// When the database would not.
    pub fn person_by_email(&self, email: &str, now: Instant) -> Result<Option<Person>, StoreError> {
        let sql = format!("select {COLUMNS} from people where email = ?");
        let found = self.connection.prepare_cached(&sql)?.query_row(params![email], read).optional()?;
        found.map(|person| self.with_appointments(person, now)).transpose()
    }

    /// People by name; within an office's scope its own.
    ///
    /// # Errors
    /// When the database would not.
    pub fn people(&self, scope: Scope, now: Instant) -> Result<Vec<Person>, StoreError> {
        let sql = format!("select {COLUMNS} from people where (?1 is null or office_id = ?1) order by name, id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found: Vec<Person> = statement.query_map(params![scope.office()], read)?.collect::<Result<_, _>>()?;
        found.into_iter().map(|person| self.with_appointments(person, now)).collect()
    }

    /// Everyone who holds a role at `now` and is welcome.
    ///
    /// # Errors
    /// When the database would not.
    pub fn holders(&self, role: Role, now: Instant) -> Result<Vec<Person>, StoreError> {
        let everyone = self.people(Scope::All, now)?;
        Ok(everyone.into_iter().filter(|p| p.disabled_at.is_none() && p.holds(role)).collect())
    }

    /// The stored password of a person, in PHC form.
    ///
    /// # Errors
    /// When the database would not.
    pub fn password_hash(&self, id: PersonId) -> Result<Option<String>, StoreError> {
        let sql = "select password_hash from people where id = ?";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![id.0], |row| row.get(0)).optional()?.flatten())
    }

    /// A one-time link by the hash of its token, used or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn invite(&self, token_hash: Sha256) -> Result<Option<Invite>, StoreError> {
        let sql = "select token_hash, person_id, expires_at_ms, used_at_ms from invites where token_hash = ?";
        let read = |row: &Row<'_>| {
            Ok(Invite {
                token_hash: hash(row, 0)?,
                person: PersonId(row.get(1)?),
                expires_at: instant(row, 2)?,
                used_at: maybe_instant(row, 3)?,
            })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row(params![token_hash.0], read).optional()?)
    }

    fn with_appointments(&self, mut person: Person, now: Instant) -> Result<Person, StoreError> {
        let sql = "select id, person_id, role, form, from_at_ms, until_at_ms from appointments \
                   where person_id = ?1 and from_at_ms <= ?2 and (until_at_ms is null or until_at_ms > ?2) \
                   order by role, id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![person.id.0, ms(now)], read_appointment)?;
        person.appointments = rows.collect::<Result<_, _>>()?;
        Ok(person)
    }
}

impl Tx<'_> {
    /// Enters a person, who can't sign in before a one-time link was used.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if someone has that address.
    pub fn add_person(&mut self, person: &NewPerson, at: Instant) -> Result<PersonId, StoreError> {
        self.connection
            .prepare_cached("insert into people (name, email, office_id, created_at_ms) values (?, ?, ?, ?)")?
            .execute(params![person.name, person.email, person.office.map(|o| o.0), ms(at)])
            .map_err(|e| match is_taken(&e) {
                true => StoreError::Taken { what: "a person with the address", name: person.email.clone() },
                false => e.into(),
            })?;
        Ok(PersonId(self.connection.last_insert_rowid()))
    }

    /// Appoints a person; `until` `None` is open.
    ///
    /// # Errors
    /// When the database would not.
    pub fn appoint(
        &mut self,
        person: PersonId,
        role: Role,
        form: Form,
        from: Instant,
        until: Option<Instant>,
        by: Option<PersonId>,
    ) -> Result<AppointmentId, StoreError> {
        let sql = "insert into appointments (person_id, role, form, from_at_ms, until_at_ms, given_by) \
                   values (?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            person.0,
            role.as_str(),
            form.as_str(),
            ms(from),
            until.map(ms),
            by.map(|p| p.0)
        ])?;
        Ok(AppointmentId(self.connection.last_insert_rowid()))
    }

    /// Ends every appointment of a person to a role, those to come included; returns how many.
    ///
    /// # Errors
    /// When the database would not.
    pub fn end_appointments(&mut self, person: PersonId, role: Role, at: Instant) -> Result<usize, StoreError> {
        let sql = "update appointments set until_at_ms = max(from_at_ms, ?3) \
                   where person_id = ?1 and role = ?2 and (until_at_ms is null or until_at_ms > ?3)";
        Ok(self.connection.prepare_cached(sql)?.execute(params![person.0, role.as_str(), ms(at)])?)
    }

    /// Stores a password in PHC form.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_password_hash(&mut self, person: PersonId, phc: &str) -> Result<(), StoreError> {
        let sql = "update people set password_hash = ?2 where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![person.0, phc])?;
        Ok(())
    }

    /// Shuts a person out, or lets him or her in again with `None`.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_disabled(&mut self, person: PersonId, at: Option<Instant>) -> Result<(), StoreError> {
        let sql = "update people set disabled_at_ms = ?2 where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![person.0, at.map(ms)])?;
        Ok(())
    }

    /// Stores a one-time link and voids the person's earlier ones.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_invite(
        &mut self,
        token_hash: Sha256,
        person: PersonId,
        at: Instant,
        expires_at: Instant,
        by: Option<PersonId>,
    ) -> Result<(), StoreError> {
        let void = "update invites set used_at_ms = ?2 where person_id = ?1 and used_at_ms is null";
        self.connection.prepare_cached(void)?.execute(params![person.0, ms(at)])?;
        let sql = "insert into invites (token_hash, person_id, created_at_ms, expires_at_ms, created_by) \
                   values (?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            token_hash.0,
            person.0,
            ms(at),
            ms(expires_at),
            by.map(|p| p.0)
        ])?;
        Ok(())
    }

    /// Uses a one-time link up; `None` if it is unknown, used or void.
    ///
    /// # Errors
    /// When the database would not.
    pub fn use_invite(&mut self, token_hash: Sha256, now: Instant) -> Result<Option<PersonId>, StoreError> {
        let sql = "update invites set used_at_ms = ?2 \
                   where token_hash = ?1 and used_at_ms is null and expires_at_ms > ?2 returning person_id";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![token_hash.0, ms(now)], |row| row.get(0).map(PersonId)).optional()?)
    }
}
