//! Signed-in browsers. What a session allows is judged by `desk::people`; here are the rows.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{hash, instant, maybe_instant, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{PersonId, Sha256};
use crate::domain::time::Instant;

/// A session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Hash of the cookie's token.
    pub token_hash: Sha256,
    /// Who.
    pub person: PersonId,
    /// When it ends whatever the use.
    pub expires_at: Instant,
    /// Address that signed in.
    pub ip: String,
    /// Browser that signed in.
    pub user_agent: String,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of the cookie's token.
    pub token_hash: Sha256,
    /// Who.
    pub person: PersonId,
    /// When signed in.
    pub created_at: Instant,
    /// Last use, to the minute.
    pub seen_at: Instant,
    /// When it ends whatever the use.
    pub expires_at: Instant,
    /// Address that signed in.
    pub ip: String,
    /// Browser that signed in.
    pub user_agent: String,
    /// When it was ended.
    pub revoked_at: Option<Instant>,
}

const COLUMNS: &str = "token_hash, person_id, created_at_ms, seen_at_ms, expires_at_ms, ip, user_agent, revoked_at_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        token_hash: hash(row, 0)?,
        person: PersonId(row.get(1)?),
        created_at: instant(row, 2)?,
        seen_at: instant(row, 3)?,
        expires_at: instant(row, 4)?,
        ip: row.get(5)?,
        user_agent: row.get(6)?,
        revoked_at: maybe_instant(row, 7)?,
    })
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// The person signed out.
    SignedOut,
    /// The password changed.
    PasswordChanged,
    /// An administrator ended it.
    ByAdmin,
}

impl Revoked {
    fn as_str(self) -> &'static str {
        match self {
            Revoked::SignedOut => "signed_out",
            Revoked::PasswordChanged => "password_changed",
            Revoked::ByAdmin => "by_admin",
        }
    }
}

impl Reader<'_> {
    /// A session by the hash of its token, ended or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn session(&self, token_hash: Sha256) -> Result<Option<Session>, StoreError> {
        let sql = format!("select {COLUMNS} from sessions where token_hash = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row(params![token_hash.0], read).optional()?)
    }

    /// A person's sessions that were not ended, newest first; some may have run out.
    ///
    /// # Errors
    /// When the database would not.
    pub fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from sessions where person_id = ? and revoked_at_ms is null order by created_at_ms desc"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![person.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Opens a session, and forgets those that ran out more than a day ago.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_session(&mut self, session: &NewSession, at: Instant) -> Result<(), StoreError> {
        const KEPT_MS: i64 = 24 * 3600 * 1000; // long enough to answer "who was that yesterday"
        self.connection
            .prepare_cached("delete from sessions where expires_at_ms < ?")?
            .execute(params![ms(at) - KEPT_MS])?;
        let sql = "insert into sessions (token_hash, person_id, created_at_ms, seen_at_ms, expires_at_ms, ip, \
                   user_agent) values (?1, ?2, ?3, ?3, ?4, ?5, ?6)";
        self.connection.prepare_cached(sql)?.execute(params![
            session.token_hash.0,
            session.person.0,
            ms(at),
            ms(session.expires_at),
            session.ip,
            session.user_agent
        ])?;
        Ok(())
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// When the database would not.
    pub fn touch_session(&mut self, token_hash: Sha256, at: Instant) -> Result<(), StoreError> {
        let sql = "update sessions set seen_at_ms = max(seen_at_ms, ?2) where token_hash = ?1";
        self.connection.prepare_cached(sql)?.execute(params![token_hash.0, ms(at)])?;
        Ok(())
    }

    /// Ends a session; `false` if there was none to end.
    ///
    /// # Errors
    /// When the database would not.
    pub fn revoke_session(&mut self, token_hash: Sha256, at: Instant, why: Revoked) -> Result<bool, StoreError> {
        let sql = "update sessions set revoked_at_ms = ?2, revoked_why = ?3 \
                   where token_hash = ?1 and revoked_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![token_hash.0, ms(at), why.as_str()])? == 1)
    }

    /// Ends every session of a person; returns how many.
    ///
    /// # Errors
    /// When the database would not.
    pub fn revoke_sessions_of(&mut self, person: PersonId, at: Instant, why: Revoked) -> Result<usize, StoreError> {
        let sql = "update sessions set revoked_at_ms = ?2, revoked_why = ?3 \
                   where person_id = ?1 and revoked_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![person.0, ms(at), why.as_str()])?)
    }
}
