//! Offices that send requests.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{count, instant, int, is_taken, maybe_instant, ms, small, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{OpdId, PersonId};
use crate::domain::people::{Opd, OpdGroup, USUAL_QUOTA_BYTES, USUAL_WEIGHT};
use crate::domain::time::Instant;

/// An office to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOffice {
    /// As it stands on its letterhead.
    pub name: String,
    /// Its group.
    pub group: OpdGroup,
    /// Share within the group, 1 to 1000.
    pub weight: u32,
    /// Most bytes of originals that it may keep.
    pub quota_bytes: u64,
}

impl NewOffice {
    /// An office with the usual weight and quota.
    pub fn usual(name: impl Into<String>, group: OpdGroup) -> NewOffice {
        NewOffice { name: name.into(), group, weight: USUAL_WEIGHT, quota_bytes: USUAL_QUOTA_BYTES }
    }
}

/// A weight that an office was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightRow {
    /// Share within its group.
    pub weight: u32,
    /// Why.
    pub reason: String,
    /// Who gave it.
    pub by: PersonId,
    /// When.
    pub at: Instant,
}

const COLUMNS: &str = "id, name, opd_group, weight, quota_bytes, closed_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Opd> {
    Ok(Opd {
        id: OpdId(row.get(0)?),
        name: row.get(1)?,
        group: word(row, 2)?,
        weight: small(row, 3)?,
        quota_bytes: count(row, 4)?,
        closed_at: maybe_instant(row, 5)?,
    })
}

impl Reader<'_> {
    /// Offices by name.
    ///
    /// # Errors
    /// When the database would not.
    pub fn offices(&self, scope: Scope) -> Result<Vec<Opd>, StoreError> {
        let sql = format!("select {COLUMNS} from offices where (?1 is null or id = ?1) order by name");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One office.
    ///
    /// # Errors
    /// When the database would not.
    pub fn office(&self, scope: Scope, id: OpdId) -> Result<Option<Opd>, StoreError> {
        let sql = format!("select {COLUMNS} from offices where id = ?2 and (?1 is null or id = ?1)");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![scope.office(), id.0], read).optional()?)
    }

    /// Weights that an office was given, the newest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn office_weights(&self, office: OpdId) -> Result<Vec<WeightRow>, StoreError> {
        let sql = "select weight, reason, person_id, at_ms from office_weights where office_id = ? order by id desc";
        let read = |row: &Row<'_>| {
            Ok(WeightRow {
                weight: small(row, 0)?,
                reason: row.get(1)?,
                by: PersonId(row.get(2)?),
                at: instant(row, 3)?,
            })
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([office.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Enters an office.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one has that name.
    pub fn add_office(&mut self, office: &NewOffice, at: Instant) -> Result<OpdId, StoreError> {
        self.connection
            .prepare_cached(
                "insert into offices (name, opd_group, weight, quota_bytes, created_at_ms) values (?, ?, ?, ?, ?)",
            )?
            .execute(params![office.name, office.group.as_str(), office.weight, int(office.quota_bytes), ms(at)])
            .map_err(|e| match is_taken(&e) {
                true => StoreError::Taken { what: "office", name: office.name.clone() },
                false => e.into(),
            })?;
        Ok(OpdId(self.connection.last_insert_rowid()))
    }

    /// Gives an office another weight in the place of `seen`; `false` if it has another, or there is no such office.
    ///
    /// # Errors
    /// When the database would not.
    pub fn weigh_office(
        &mut self,
        office: OpdId,
        seen: u32,
        weight: u32,
        reason: &str,
        by: PersonId,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update offices set weight = ? where id = ? and weight = ?";
        if self.connection.prepare_cached(sql)?.execute(params![weight, office.0, seen])? == 0 {
            return Ok(false);
        }
        let sql = "insert into office_weights (office_id, weight, reason, person_id, at_ms) values (?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![office.0, weight, reason, by.0, ms(at)])?;
        Ok(true)
    }

    /// Sets how many bytes of originals an office may keep; whether there is such an office.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_quota(&mut self, office: OpdId, quota_bytes: u64) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached("update offices set quota_bytes = ? where id = ?")?;
        Ok(statement.execute(params![int(quota_bytes), office.0])? == 1)
    }

    /// Corrects an office's name, and that of the person who is the office: a citizen.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if another one has that name.
    pub fn rename_office(&mut self, office: OpdId, name: &str) -> Result<(), StoreError> {
        let mut renamed = self.connection.prepare_cached("update offices set name = ?2 where id = ?1")?;
        renamed.execute(params![office.0, name]).map_err(|e| match is_taken(&e) {
            true => StoreError::Taken { what: "office", name: name.to_owned() },
            false => e.into(),
        })?;
        let sql = "update people set name = ?2 where office_id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![office.0, name])?;
        Ok(())
    }

    /// Erases whatever names an applicant: its name, the names and addresses of its people, who are shut out, where they
    /// signed in from, and whom its letters name. Rows stay, for the trail names them by number.
    ///
    /// # Errors
    /// When the database would not.
    pub fn erase_office(&mut self, office: OpdId, at: Instant) -> Result<(), StoreError> {
        self.erase_names(office)?;
        for sql in [
            "update offices set name = '(dihapus ' || id || ')', closed_at_ms = ?2 where id = ?1",
            "update sessions set ip = '', user_agent = '', revoked_at_ms = coalesce(revoked_at_ms, ?2), \
             revoked_why = coalesce(revoked_why, 'by_admin') \
             where person_id in (select id from people where office_id = ?1)",
            "update session_requests set institution = '(dihapus)', contact = '(dihapus)' \
             where ?2 is not null and case_id in (select id from cases where office_id = ?1)",
            "update people set name = '(dihapus ' || id || ')', email = 'dihapus-' || id || '@invalid', \
             password_hash = null, disabled_at_ms = coalesce(disabled_at_ms, ?2) where office_id = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute(params![office.0, ms(at)])?;
        }
        Ok(())
    }

    /// Erases the names by which an applicant went out of what its requests say, and all that was written freely about
    /// whoever came.
    fn erase_names(&mut self, office: OpdId) -> Result<(), StoreError> {
        let names: Vec<String> = {
            let sql = "select name from (select name from offices where id = ?1 \
                       union select name from people where office_id = ?1 \
                       union select institution from session_requests \
                       where case_id in (select id from cases where office_id = ?1)) order by length(name) desc";
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([office.0], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for name in names {
            for sql in [
                "update receipts set bearer = '(dihapus)', brought = replace(brought, ?2, '(dihapus)') \
                 where case_id in (select id from cases where office_id = ?1)",
                "update bookings set title = replace(title, ?2, '(dihapus)') \
                 where case_id in (select id from cases where office_id = ?1)",
                "update booking_log set note = '(dihapus)', item = replace(item, ?2, '(dihapus)') \
                 where note <> '' and booking_id in \
                 (select id from bookings where case_id in (select id from cases where office_id = ?1))",
                "update session_requests set topic = replace(topic, ?2, '(dihapus)'), \
                 purpose = replace(purpose, ?2, '(dihapus)'), material = replace(material, ?2, '(dihapus)') \
                 where case_id in (select id from cases where office_id = ?1)",
                "update outbox set subject_id = replace(subject_id, ?2, '(dihapus)'), \
                 subject_en = replace(subject_en, ?2, '(erased)'), body_id = '(dihapus)', body_en = '(erased)' \
                 where office_id = ?1 or person_id in (select id from people where office_id = ?1) \
                 or case_id in (select id from cases where office_id = ?1)",
            ] {
                self.connection.prepare_cached(sql)?.execute(params![office.0, name])?;
            }
        }
        Ok(())
    }
}
