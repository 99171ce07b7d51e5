//! Floor 2: what must outlive a power cut and be asked about later, in SQLite. The only place with SQL.
//!
//! One thread owns the writing connection; [`Store::write`] sends it an act as one transaction (`begin immediate`,
//! all or nothing) whose [`Tx`] has a named method per deed. [`Store::read`] runs on read-only connections, which no
//! writer blocks (WAL). Rows that belong to an office are read with a [`Scope`]. All calls block: from async code use
//! `spawn_blocking`. Not chosen: an async pool, which hides that SQLite has one writer, and a trait per table, which
//! would have one implementation each.

mod again;
mod approvals;
mod as_run;
mod audit;
mod bookings;
mod cases;
mod clips;
mod conclusions;
mod drafts;
mod horizons;
mod incidents;
mod interruptions;
mod jobs;
mod offices;
mod oral;
mod outbox;
mod paperwork;
mod people;
mod playlists;
mod retention;
mod row;
mod rules;
mod session_requests;
mod sessions;
mod submissions;
mod timelines;

use std::error::Error;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::domain::ids::OpdId;

pub use approvals::NewApproval;
pub use as_run::Imported;
pub use audit::{AuditBreak, AuditRow, AuditSummary, BreakKind};
pub use bookings::{ClaimRow, Claims, NewBooking};
pub use cases::{Asked, CaseRow, MatterKind, MoveRow, NewMove};
pub use clips::{AssetRow, ClipRow, NewAsset, OnOral, Titled};
pub use conclusions::ConclusionRow;
pub use drafts::DraftLook;
pub use horizons::HorizonRow;
pub use incidents::{NewIncident, Opened};
pub use interruptions::{DaySeen, InterruptionRow, NewInterruption};
pub use jobs::{Job, JobKind, JobState, LEASE, MOST_ATTEMPTS};
pub use offices::{NewOffice, WeightRow};
pub use oral::NewOral;
pub use outbox::{Addressee, Announcement, Letter};
pub use paperwork::{InkRow, NewReceipt, NewScan};
pub use people::{Invite, NewPerson};
pub use playlists::PublishedRevision;
pub use rules::{AirtimeRow, ModeRow, SavedRules};
pub use session_requests::{NewPaper, NewSessionRequest};
pub use sessions::{NewSession, Revoked, Session};
pub use submissions::{InspectionRow, NewSubmission};
pub use timelines::{Alike, AlikeRow, LikenessRow};

/// Whose rows may be seen. A read without one can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every office's: staff.
    All,
    /// One office's alone.
    Office(OpdId),
}

impl Scope {
    /// The office that rows must belong to; `None`: any. SQL says `(?n is null or office_id = ?n)`.
    fn office(self) -> Option<i64> {
        match self {
            Scope::All => None,
            Scope::Office(id) => Some(id.0),
        }
    }
}

/// Why the database would not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened, or is no database.
    #[error("the database {path} can't be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file's pages or indexes contradict each other.
    #[error("the database {path} is damaged: {said}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the quick check said first.
        said: String,
    },
    /// A newer version of the program has written it.
    #[error("the database {path} has version {found}, this program knows {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// Something of that name is there already.
    #[error("{what} {name:?} is there already")]
    Taken {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A statement failed.
    #[error("the database refused: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The writing thread has ended.
    #[error("the database is closed")]
    Closed,
}

/// Whether something did not happen because a disk is full, wherever in an error's causes that is said.
pub fn is_disk_full(error: &(dyn Error + 'static)) -> bool {
    let sql = error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    let disk = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let says_so = sql == Some(rusqlite::ErrorCode::DiskFull) || disk == Some(io::ErrorKind::StorageFull);
    says_so || error.source().is_some_and(is_disk_full)
}

/// Schema version that this program writes; `pragma user_version`.
const SCHEMA_VERSION: u32 = SCHEMA[SCHEMA.len() - 1].0;
/// Version 1, then what each later version added, in order. A new home passes through all of them, so that its tables
/// are those of one that has grown.
const SCHEMA: &[(u32, &str)] = &[
    (1, include_str!("schema.sql")),
    (2, include_str!("migrations/2.sql")),
    (3, include_str!("migrations/3.sql")),
    (4, include_str!("migrations/4.sql")),
    (5, include_str!("migrations/5.sql")),
    (6, include_str!("migrations/6.sql")),
    (7, include_str!("migrations/7.sql")),
    (8, include_str!("migrations/8.sql")),
    (9, include_str!("migrations/9.sql")),
    (10, include_str!("migrations/10.sql")),
    (11, include_str!("migrations/11.sql")),
    (12, include_str!("migrations/12.sql")),
    (13, include_str!("migrations/13.sql")),
    (14, include_str!("migrations/14.sql")),
    (15, include_str!("migrations/15.sql")),
    (16, include_str!("migrations/16.sql")),
    (17, include_str!("migrations/17.sql")),
    (18, include_str!("migrations/18.sql")),
];
/// File of the database in a home.
pub const DATABASE_FILE: &str = "siaran.db";
/// Acts that may wait for the writer: at 220 commits a second a full queue is a second of waiting.
const MOST_WAITING_ACTS: usize = 256;
/// Reading connections kept open: more readers than cores gain nothing.
const MOST_IDLE_READERS: usize = 4;
/// How long a connection waits for another process's transaction, milliseconds.
const BUSY_TIMEOUT_MS: u32 = 10_000;

type Act = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    acts: Option<mpsc::SyncSender<Act>>,
    writer: Option<thread::JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.acts.take());
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != thread::current().id()
        {
            // A writer that panicked has nothing left to save.
            let _ = writer.join();
        }
    }
}

impl Store {
    /// Opens a home's database, makes it if it is missing, brings it to this program's version and checks it.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`] and [`StoreError::Damaged`] name the file.
    pub fn open(home: &Path) -> Result<Store, StoreError> {
        let path = home.join(DATABASE_FILE);
        let opening = |source| StoreError::Open { path: path.clone(), source };
        let mut connection = Connection::open(&path).map_err(opening)?;
        connection
            .execute_batch(&format!(
                "pragma busy_timeout = {BUSY_TIMEOUT_MS}; pragma journal_mode = wal; pragma synchronous = full; \
                 pragma foreign_keys = on;"
            ))
            .map_err(opening)?;
        migrate(&mut connection, &path)?;
        quick_check(&connection, &path)?;
        let (acts, waiting) = mpsc::sync_channel::<Act>(MOST_WAITING_ACTS);
        let writer = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                for act in waiting {
                    act(&mut connection);
                }
            })
            .map_err(|_| StoreError::Closed)?;
        let shared = Shared { path, acts: Some(acts), writer: Some(writer), readers: Mutex::new(Vec::new()) };
        Ok(Store { shared: Arc::new(shared) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Runs `act` as one transaction on the writing thread: committed to disk when this returns `Ok`, undone on `Err`.
    ///
    /// # Errors
    /// The act's own, or [`StoreError`] when the database would not.
    pub fn write<T, E>(&self, act: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        let job: Act = Box::new(move |connection| {
            // Whoever asked may be gone; the act stands.
            let _ = reply.send(in_transaction(connection, act));
        });
        let acts = self.shared.acts.as_ref().ok_or(StoreError::Closed)?;
        acts.send(job).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }

    /// Reads one consistent state.
    ///
    /// # Errors
    /// The question's own, or [`StoreError`] when the database would not.
    pub fn read<T, E: From<StoreError>>(&self, question: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let idle = self.shared.readers.lock().ok().and_then(|mut idle| idle.pop());
        let connection = match idle {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let answer = {
            let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
            question(&Reader { connection: &snapshot })
        };
        if let Ok(mut idle) = self.shared.readers.lock()
            && idle.len() < MOST_IDLE_READERS
        {
            idle.push(connection);
        }
        answer
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let opening = |source| StoreError::Open { path: self.shared.path.clone(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.shared.path, flags).map_err(opening)?;
        connection.execute_batch(&format!("pragma busy_timeout = {BUSY_TIMEOUT_MS};")).map_err(opening)?;
        Ok(connection)
    }
}

#[cfg(test)]
impl Store {
    /// From now on the database finds no room for another page, or finds it again.
    pub(crate) fn fill_disk(&self, full: bool) {
        let pages = if full { 1 } else { 1_000_000 };
        let fill = move |tx: &mut Tx<'_>| {
            let set = tx.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
            Ok::<_, StoreError>(set?)
        };
        self.write(fill).expect("a limit");
    }
}

fn in_transaction<T, E: From<StoreError>>(
    connection: &mut Connection,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
    let answer = act(&mut Tx { reader: Reader { connection: &transaction } })?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(answer)
}

/// What can be asked. Methods are in the file of their noun.
pub struct Reader<'c> {
    connection: &'c Connection,
}

/// What can be done, within one transaction. Methods are in the file of their noun; all that can be asked of a
/// [`Reader`] can be asked here, and sees what the transaction did.
pub struct Tx<'c> {
    reader: Reader<'c>,
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let opening = |source| StoreError::Open { path: path.to_owned(), source };
    let transaction: Transaction<'_> =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(opening)?;
    let found: u32 = transaction.query_row("pragma user_version", [], |row| row.get(0)).map_err(opening)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    for (_, statements) in SCHEMA.iter().filter(|(version, _)| *version > found) {
        transaction.execute_batch(statements).map_err(opening)?;
    }
    transaction.execute_batch(&format!("pragma user_version = {SCHEMA_VERSION}")).map_err(opening)?;
    transaction.commit().map_err(opening)
}

fn quick_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let said: String = connection
        .query_row("pragma quick_check(1)", [], |row| row.get(0))
        .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_owned(), said }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        drop(Store::open(home.path()).unwrap());
        let raw = Connection::open(home.path().join(DATABASE_FILE)).unwrap();
        raw.execute_batch("pragma user_version = 99").unwrap();
        let error = Store::open(home.path()).err().unwrap();
        let versions = format!("has version 99, this program knows {SCHEMA_VERSION}");
        assert!(error.to_string().contains(&versions), "{error}");
    }

    #[test]
    fn a_home_of_the_first_version_grows_and_keeps_what_it_has() {
        let home = tempfile::tempdir().unwrap();
        let raw = Connection::open(home.path().join(DATABASE_FILE)).unwrap();
        raw.execute_batch(SCHEMA[0].1).unwrap();
        raw.execute_batch(
            "pragma user_version = 1; insert into incidents (kind, level, opened_at_ms, text_id, text_en) \
             values ('black', 'critical', 5, 'Hitam', 'Black')",
        )
        .unwrap();
        drop(raw);
        let store = Store::open(home.path()).unwrap();
        let kept = store.read(|r| r.open_incidents()).unwrap();
        assert_eq!((kept[0].text.id.as_str(), kept[0].key.as_str()), ("Hitam", ""));
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(DATABASE_FILE), "not a database, but long enough to be read as one".repeat(99))
            .unwrap();
        let error = Store::open(home.path()).err().unwrap();
        assert!(error.to_string().contains("siaran.db can't be opened"), "{error}");
    }

    #[test]
    fn every_column_of_the_schema_has_a_comment_and_every_table_is_strict() {
        let mut inside = false;
        for line in SCHEMA.iter().flat_map(|(_, statements)| statements.lines()) {
            if line.starts_with("create table") {
                inside = true;
            } else if line.starts_with(')') {
                assert!(line.contains("strict"), "{line}");
                inside = false;
            } else if inside && !line.trim_start().starts_with("unique (") && !line.contains("primary key (") {
                assert!(line.contains("-- "), "no comment: {line}");
            }
        }
    }

    #[test]
    fn an_act_that_fails_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let at = crate::domain::time::Instant::UNIX_EPOCH;
        let office = || NewOffice::usual("Dinas Kesehatan", crate::domain::people::OpdGroup::Opd);
        let undone: Result<(), StoreError> = store.write(move |tx| {
            tx.add_office(&office(), at)?;
            Err(StoreError::Closed)
        });
        assert!(undone.is_err());
        let offices = store.read(|r| r.offices(Scope::All)).unwrap();
        assert_eq!(offices, []);
    }
}
