//! Announcements: written in the transaction of what they announce, delivered afterwards.

use rusqlite::{Row, params};

use super::row::{instant, maybe_instant, maybe_word, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{CaseId, OpdId, PersonId};
use crate::domain::people::{Person, Role};
use crate::domain::text::Text;
use crate::domain::time::Instant;

/// To whom an announcement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// One person.
    Person(PersonId),
    /// Everyone of an office.
    Office(OpdId),
    /// Whoever holds a role.
    Role(Role),
}

/// An announcement to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// To whom.
    pub to: Addressee,
    /// About which request.
    pub case: Option<CaseId>,
    /// Heading.
    pub subject: Text,
    /// The text.
    pub body: Text,
}

/// An announcement as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Order of writing.
    pub id: i64,
    /// What was written; addressed to whom it says.
    pub announcement: Announcement,
    /// When it was written.
    pub queued_at: Instant,
    /// When it was delivered or read.
    pub delivered_at: Option<Instant>,
}

const COLUMNS: &str =
    "id, person_id, office_id, role, case_id, subject_id, subject_en, body_id, body_en, queued_at_ms, delivered_at_ms";
/// Rows in one answer.
const MOST_ROWS: u32 = 200;

fn read(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let person = row.get::<_, Option<i64>>(1)?.map(|id| Addressee::Person(PersonId(id)));
    let office = row.get::<_, Option<i64>>(2)?.map(|id| Addressee::Office(OpdId(id)));
    let role = maybe_word(row, 3)?.map(Addressee::Role);
    let nobody = || rusqlite::Error::InvalidColumnType(1, "addressee".into(), rusqlite::types::Type::Null);
    Ok(Letter {
        id: row.get(0)?,
        announcement: Announcement {
            to: person.or(office).or(role).ok_or_else(nobody)?,
            case: row.get::<_, Option<i64>>(4)?.map(CaseId),
            subject: Text { id: row.get(5)?, en: row.get(6)? },
            body: Text { id: row.get(7)?, en: row.get(8)? },
        },
        queued_at: instant(row, 9)?,
        delivered_at: maybe_instant(row, 10)?,
    })
}

impl Reader<'_> {
    /// Announcements on a person's page: to the person, the office, or a role held now; newest first, at most 200.
    ///
    /// # Errors
    /// When the database would not.
    pub fn announcements_for(&self, person: &Person) -> Result<Vec<Letter>, StoreError> {
        let roles: Vec<&str> = person.roles().into_iter().map(Role::as_str).collect();
        let roles = roles.join(" ");
        let sql = format!(
            "select {COLUMNS} from outbox where way = 'page' and (person_id = ?1 or office_id = ?2 \
             or instr(' ' || ?3 || ' ', ' ' || role || ' ') > 0) order by id desc limit ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![person.id.0, person.office.map(|o| o.0), roles, MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Mails waiting to be delivered, oldest first, at most 200.
    ///
    /// # Errors
    /// When the database would not.
    pub fn mails_waiting(&self) -> Result<Vec<Letter>, StoreError> {
        let sql =
            format!("select {COLUMNS} from outbox where way = 'mail' and delivered_at_ms is null order by id limit ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Writes an announcement for the page of everyone it concerns, and a mail that waits for a way out.
    ///
    /// # Errors
    /// When the database would not.
    pub fn announce(&mut self, announcement: &Announcement, at: Instant) -> Result<(), StoreError> {
        let (person, office, role) = match announcement.to {
            Addressee::Person(id) => (Some(id.0), None, None),
            Addressee::Office(id) => (None, Some(id.0), None),
            Addressee::Role(role) => (None, None, Some(role.as_str())),
        };
        let sql = "insert into outbox (way, person_id, office_id, role, case_id, subject_id, subject_en, body_id, \
                   body_en, queued_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        for way in ["page", "mail"] {
            self.connection.prepare_cached(sql)?.execute(params![
                way,
                person,
                office,
                role,
                announcement.case.map(|c| c.0),
                announcement.subject.id,
                announcement.subject.en,
                announcement.body.id,
                announcement.body.en,
                ms(at)
            ])?;
        }
        Ok(())
    }

    /// Notes that an announcement was delivered, or read on the page.
    ///
    /// # Errors
    /// When the database would not.
    pub fn delivered(&mut self, id: i64, at: Instant) -> Result<(), StoreError> {
        let sql = "update outbox set delivered_at_ms = ?2, attempts = attempts + 1 \
                   where id = ?1 and delivered_at_ms is null";
        self.connection.prepare_cached(sql)?.execute(params![id, ms(at)])?;
        Ok(())
    }

    /// Notes why a delivery failed; it stays waiting.
    ///
    /// # Errors
    /// When the database would not.
    pub fn not_delivered(&mut self, id: i64, trouble: &str) -> Result<(), StoreError> {
        let sql = "update outbox set trouble = ?2, attempts = attempts + 1 where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![id, trouble])?;
        Ok(())
    }
}
