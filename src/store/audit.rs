//! The audit trail: appended in the transaction of the act, chained by hash, verified from the first row.
//! `hash` = SHA-256 of the hash before (64 hex digits; 64 zeros before the first), a newline, and the body, which is
//! the RFC 8785 form of the event with its sequence number and time.

use rusqlite::{Row, params};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256 as Hasher};

use super::row::{hash, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::audit::{AuditEvent, Fact};
use crate::domain::ids::{CaseId, Sha256};
use crate::domain::time::Instant;

/// A row of the trail as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// 1, 2, 3 … without a gap.
    pub seq: i64,
    /// RFC 8785 JSON: `seq`, `at`, `kind`, `by`, and the event's facts.
    pub body: String,
    /// The chain's hash at this row.
    pub hash: Sha256,
}

/// What a whole trail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSummary {
    /// Rows.
    pub rows: i64,
    /// Hash of the newest; 64 zeros for none.
    pub head: Sha256,
}

/// The first place at which a trail does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditBreak {
    /// The row.
    pub seq: i64,
    /// What is wrong with it.
    pub kind: BreakKind,
}

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind {
    /// Its bytes do not give its hash: the row, or the one before it, was changed.
    Changed,
    /// The row is missing.
    Missing,
    /// Its body says another number than its place.
    Misplaced,
    /// The trail ends before or after the head that was noted.
    Tail,
}

impl std::fmt::Display for AuditBreak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            BreakKind::Changed => "was changed: its bytes do not give its hash",
            BreakKind::Missing => "is missing",
            BreakKind::Misplaced => "carries another number in its body",
            BreakKind::Tail => "is not where the noted head says that the trail ends",
        };
        write!(f, "audit row {} {what}", self.seq)
    }
}

const GENESIS: Sha256 = Sha256([0; 32]);
/// Rows in one answer.
const MOST_ROWS: u32 = 1000;

fn chain(before: Sha256, body: &[u8]) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(before.to_string());
    hasher.update(b"\n");
    hasher.update(body);
    Sha256(hasher.finalize().into())
}

fn body(seq: i64, at: Instant, event: &AuditEvent) -> Result<String, StoreError> {
    let mut map = Map::new();
    map.insert("seq".into(), seq.into());
    map.insert("at".into(), utc(at).into());
    map.insert("kind".into(), event.kind.as_str().into());
    map.insert("by".into(), event.by.map(|p| p.0).into());
    for (name, fact) in &event.facts {
        let value = match fact {
            Fact::Number(n) => (*n).into(),
            Fact::Word(word) => word.as_str().into(),
            Fact::Hash(hash) => hash.to_string().into(),
            Fact::At(at) => utc(*at).into(),
        };
        map.insert((*name).into(), value);
    }
    serde_json_canonicalizer::to_string(&Value::Object(map))
        .map_err(|e| StoreError::Sql(rusqlite::Error::ToSqlConversionFailure(e.into())))
}

fn utc(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, false)
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow { seq: row.get(0)?, body: row.get(1)?, hash: hash(row, 2)? })
}

impl Tx<'_> {
    /// Appends an act to the trail, in the transaction that does it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn audit(&mut self, event: &AuditEvent, at: Instant) -> Result<(), StoreError> {
        let (last, before) = self.audit_head()?;
        let seq = last + 1;
        let at = Instant::from_timestamp_millis(ms(at)).unwrap_or(at);
        let body = body(seq, at, event)?;
        let hash = chain(before, body.as_bytes());
        self.connection
            .prepare_cached("insert into audit (seq, body, hash) values (?, ?, ?)")?
            .execute(params![seq, body, hash.0])?;
        self.connection.prepare_cached("update audit_head set seq = ?, hash = ?")?.execute(params![seq, hash.0])?;
        Ok(())
    }
}

impl Reader<'_> {
    fn audit_head(&self) -> Result<(i64, Sha256), StoreError> {
        let mut statement = self.connection.prepare_cached("select seq, hash from audit_head")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, hash(row, 1)?)))?)
    }

    /// Rows after `seq`, oldest first, at most 1000.
    ///
    /// # Errors
    /// When the database would not.
    pub fn audit_after(&self, seq: i64) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "select seq, body, hash from audit where seq > ? order by seq limit ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![seq, MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Newest rows first, at most `most`.
    ///
    /// # Errors
    /// When the database would not.
    pub fn audit_latest(&self, most: u32) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "select seq, body, hash from audit order by seq desc limit ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![most.min(MOST_ROWS)], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rows that name a case, oldest first, at most 1000.
    ///
    /// # Errors
    /// When the database would not.
    pub fn audit_of_case(&self, case: CaseId) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "select seq, body, hash from audit where case_id = ? order by seq limit ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![case.0, MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Recomputes the whole chain; the inner error names the first row that does not hold.
    ///
    /// # Errors
    /// When the database would not.
    pub fn audit_verify(&self) -> Result<Result<AuditSummary, AuditBreak>, StoreError> {
        let mut statement = self.connection.prepare("select seq, cast(body as blob), hash from audit order by seq")?;
        let mut rows = statement.query([])?;
        let mut summary = AuditSummary { rows: 0, head: GENESIS };
        while let Some(row) = rows.next()? {
            let expected = summary.rows + 1;
            let seq: i64 = row.get(0)?;
            let body: Vec<u8> = row.get(1)?;
            let stored: Vec<u8> = row.get(2)?;
            let at = |kind| Ok(Err(AuditBreak { seq: expected, kind }));
            if seq != expected {
                return at(BreakKind::Missing);
            }
            let hash = chain(summary.head, &body);
            if stored != hash.0 {
                return at(BreakKind::Changed);
            }
            let says = serde_json::from_slice::<Value>(&body).ok().and_then(|v| v.get("seq")?.as_i64());
            if says != Some(seq) {
                return at(BreakKind::Misplaced);
            }
            summary = AuditSummary { rows: seq, head: hash };
        }
        if self.audit_head()? != (summary.rows, summary.head) {
            return Ok(Err(AuditBreak { seq: summary.rows + 1, kind: BreakKind::Tail }));
        }
        Ok(Ok(summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::AuditKind;
    use crate::domain::ids::PersonId;
    use crate::store::{DATABASE_FILE, Store};
    use rusqlite::Connection;

    /// A home whose trail has five rows, closed.
    fn five_rows() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        for n in 1..=5 {
            let event = AuditEvent::new(AuditKind::CaseMoved).by(PersonId(7)).number("case", n);
            store.write(move |tx| tx.audit(&event, Instant::UNIX_EPOCH)).unwrap();
        }
        home
    }
    fn verify(home: &tempfile::TempDir) -> Result<AuditSummary, AuditBreak> {
        Store::open(home.path()).unwrap().read(|r| r.audit_verify()).unwrap()
    }
    /// Does to the file what no door allows.
    fn tamper(home: &tempfile::TempDir, sql: &str) {
        let raw = Connection::open(home.path().join(DATABASE_FILE)).unwrap();
        raw.execute_batch("drop trigger audit_is_not_updated; drop trigger audit_is_not_deleted;").unwrap();
        raw.execute_batch(sql).unwrap();
    }

    #[test]
    fn a_changed_byte_is_found_and_its_row_named() {
        let home = five_rows();
        assert_eq!(verify(&home).unwrap().rows, 5);
        tamper(&home, "update audit set body = replace(body, '\"by\":7', '\"by\":8') where seq = 3");
        assert_eq!(verify(&home).unwrap_err().to_string(), "audit row 3 was changed: its bytes do not give its hash");
    }

    #[test]
    fn a_changed_hash_a_missing_row_and_a_cut_tail_are_found() {
        for (sql, row) in [
            ("update audit set hash = zeroblob(32) where seq = 2", 2),
            ("update audit set hash = x'00' where seq = 5", 5),
            ("delete from audit where seq = 4", 4),
            ("delete from audit where seq = 5", 5),
            ("delete from audit", 1),
        ] {
            let home = five_rows();
            tamper(&home, sql);
            assert_eq!(verify(&home).unwrap_err().seq, row, "{sql}");
        }
    }

    #[test]
    fn the_trail_can_not_be_changed_through_the_database_itself() {
        let home = five_rows();
        let raw = Connection::open(home.path().join(DATABASE_FILE)).unwrap();
        for sql in ["update audit set body = '{}'", "delete from audit", "delete from audit_head"] {
            let error = raw.execute_batch(sql).unwrap_err();
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
        assert_eq!(verify(&home).unwrap().rows, 5);
    }

    #[test]
    fn a_row_is_the_canonical_form_of_its_event() {
        let home = five_rows();
        let rows = Store::open(home.path()).unwrap().read(|r| r.audit_of_case(CaseId(2))).unwrap();
        let want = r#"{"at":"1970-01-01T00:00:00.000+00:00","by":7,"case":2,"kind":"case_moved","seq":2}"#;
        assert_eq!(rows.iter().map(|r| r.body.as_str()).collect::<Vec<_>>(), [want]);
    }
}
