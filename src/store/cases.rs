//! Cases and the acts that moved them, with the definition to which each is pinned.

use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256 as Hasher};

use super::row::{hash, instant, maybe_instant, maybe_word, ms, small, word};
use super::{Reader, Scope, StoreError, Tx};
use crate::domain::ids::{CaseId, ChannelId, OpdId, PersonId, Sha256};
use crate::domain::people::Form;
use crate::domain::standard::{EdgeKind, Key};
use crate::domain::time::{BroadcastDate, Instant};

/// A case as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Its row.
    pub id: CaseId,
    /// Hash of the definition to which it is pinned.
    pub standard: Sha256,
    /// Whose.
    pub office: OpdId,
    /// The office's name.
    pub office_name: String,
    /// Who filed it.
    pub applicant: PersonId,
    /// Number in the register.
    pub agenda_number: Option<String>,
    /// Where it stands: a step, or an end.
    pub step: Key,
    /// Moves so far.
    pub version: u32,
    /// When it was filed.
    pub opened_at: Instant,
    /// Since when it stands where it stands.
    pub step_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// How it ended.
    pub outcome: Option<Key>,
    /// What it is called: title of the clip, or topic of the session, as filed last.
    pub title: String,
    /// The service that was asked for: `ds.videotron`.
    pub service: Key,
    /// What is asked for.
    pub matter: MatterKind,
}

/// What a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatterKind {
    /// That a file airs.
    Airing,
    /// A session in a studio.
    Session,
}

/// For which days an open case asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The case.
    pub case: CaseId,
    /// Where it stands.
    pub step: Key,
    /// Title of the clip, from the newest submission.
    pub title: String,
    /// First day of the period that it asks for.
    pub first_day: BroadcastDate,
    /// Last day of it.
    pub last_day: BroadcastDate,
}

/// One act that moved a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRow {
    /// The case's version after it.
    pub version: u32,
    /// The step that was done.
    pub from: Key,
    /// The step or end that followed.
    pub to: Key,
    /// The way on that was taken.
    pub choice: String,
    /// What that means.
    pub kind: EdgeKind,
    /// Who acted; `None`: the installation itself.
    pub by: Option<PersonId>,
    /// The person's name.
    pub by_name: Option<String>,
    /// In which position.
    pub actor: Key,
    /// How that was held.
    pub form: Form,
    /// Why.
    pub reason: Option<String>,
    /// The move with whose act it was done: one person, several rungs, one word. `None`: an act of its own.
    pub with: Option<u32>,
    /// When.
    pub at: Instant,
}

/// An act to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMove {
    /// What was done; its `by_name` is not read.
    pub row: MoveRow,
    /// How the case ended by it.
    pub outcome: Option<Key>,
    /// Salt of the reason's hash in the audit trail.
    pub reason_salt: Option<[u8; 16]>,
}

const COLUMNS: &str = "c.id, c.standard_sha256, c.office_id, o.name, c.applicant_id, c.agenda_number, c.step, \
                       c.version, c.opened_at_ms, c.step_at_ms, c.ended_at_ms, c.outcome, \
                       coalesce(s.title, q.topic), d.service, q.id is not null";
/// The newest letter of each case rides along for its title, a submission's or a session request's; a case without one
/// is not seen.
const FROM: &str = "from cases c join offices o on o.id = c.office_id \
                    join standards d on d.sha256 = c.standard_sha256 \
                    left join submissions s on s.case_id = c.id and s.revision = \
                    (select max(revision) from submissions where case_id = c.id) \
                    left join session_requests q on q.case_id = c.id and q.revision = \
                    (select max(revision) from session_requests where case_id = c.id)";
const HAS_LETTER: &str = "(s.id is not null or q.id is not null)";
/// Rows in one answer.
const MOST_ROWS: u32 = 1000;

fn read(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    Ok(CaseRow {
        id: CaseId(row.get(0)?),
        standard: hash(row, 1)?,
        office: OpdId(row.get(2)?),
        office_name: row.get(3)?,
        applicant: PersonId(row.get(4)?),
        agenda_number: row.get(5)?,
        step: word(row, 6)?,
        version: small(row, 7)?,
        opened_at: instant(row, 8)?,
        step_at: instant(row, 9)?,
        ended_at: maybe_instant(row, 10)?,
        outcome: maybe_word(row, 11)?,
        title: row.get(12)?,
        service: word(row, 13)?,
        matter: if row.get(14)? { MatterKind::Session } else { MatterKind::Airing },
    })
}

fn read_move(row: &Row<'_>) -> rusqlite::Result<MoveRow> {
    let kind = row.get_ref(4)?.as_str()?;
    Ok(MoveRow {
        version: small(row, 0)?,
        from: word(row, 1)?,
        to: word(row, 2)?,
        choice: row.get(3)?,
        kind: EdgeKind::read(kind)
            .ok_or_else(|| rusqlite::Error::InvalidColumnType(4, kind.to_owned(), rusqlite::types::Type::Text))?,
        by: row.get::<_, Option<i64>>(5)?.map(PersonId),
        by_name: row.get(6)?,
        actor: word(row, 7)?,
        form: word(row, 8)?,
        reason: row.get(9)?,
        at: instant(row, 10)?,
        with: row.get(11)?,
    })
}

impl Reader<'_> {
    /// One case; another office's is not found.
    ///
    /// # Errors
    /// When the database would not.
    pub fn case(&self, scope: Scope, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let sql =
            format!("select {COLUMNS} {FROM} where c.id = ?2 and {HAS_LETTER} and (?1 is null or c.office_id = ?1)");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![scope.office(), id.0], read).optional()?)
    }

    /// Cases, newest first, at most 1000.
    ///
    /// # Errors
    /// When the database would not.
    pub fn cases(&self, scope: Scope) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {COLUMNS} {FROM} where {HAS_LETTER} and (?1 is null or c.office_id = ?1) order by c.id desc limit ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Cases that have not ended, the longest waiting first, at most 1000.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_cases(&self, scope: Scope) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {COLUMNS} {FROM} where c.ended_at_ms is null and {HAS_LETTER} and (?1 is null or c.office_id = ?1) \
             order by c.step_at_ms, c.id limit ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office(), MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The days that open cases ask for on a channel, by their newest submission, the longest waiting first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn asked(&self, channel: &ChannelId) -> Result<Vec<Asked>, StoreError> {
        let sql = format!(
            "select c.id, c.step, s.title, s.first_day, s.last_day {FROM} where c.ended_at_ms is null \
             and s.channel = ? order by c.step_at_ms, c.id"
        );
        let read = |row: &Row<'_>| {
            Ok(Asked {
                case: CaseId(row.get(0)?),
                step: word(row, 1)?,
                title: row.get(2)?,
                first_day: word(row, 3)?,
                last_day: word(row, 4)?,
            })
        };
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Open cases at a step, the longest waiting first, at most 1000.
    ///
    /// # Errors
    /// When the database would not.
    pub fn cases_at(&self, scope: Scope, step: &Key) -> Result<Vec<CaseRow>, StoreError> {
        Ok(self.open_cases(scope)?.into_iter().filter(|case| case.step == *step).collect())
    }

    /// The acts that moved a case, in order.
    ///
    /// # Errors
    /// When the database would not.
    pub fn moves(&self, scope: Scope, id: CaseId) -> Result<Vec<MoveRow>, StoreError> {
        let sql = "select m.version, m.from_step, m.to_step, m.choice, m.kind, m.person_id, p.name, m.actor, m.form, \
                   m.reason, m.at_ms, m.with_version from case_moves m join cases c on c.id = m.case_id \
                   left join people p on p.id = m.person_id \
                   where m.case_id = ?2 and (?1 is null or c.office_id = ?1) order by m.version";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![scope.office(), id.0], read_move)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The text of a definition to which cases are pinned.
    ///
    /// # Errors
    /// When the database would not.
    pub fn standard_text(&self, sha256: Sha256) -> Result<Option<String>, StoreError> {
        let sql = "select body from standards where sha256 = ?";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![sha256.0], |row| row.get(0)).optional()?)
    }
}

impl Tx<'_> {
    /// Keeps a definition's text, once.
    ///
    /// # Errors
    /// When the database would not.
    pub fn keep_standard(
        &mut self,
        service: &Key,
        version: u32,
        text: &str,
        at: Instant,
    ) -> Result<Sha256, StoreError> {
        let sha256 = Sha256(Hasher::digest(text.as_bytes()).into());
        let sql = "insert into standards (sha256, service, version, body, loaded_at_ms) values (?, ?, ?, ?, ?) \
                   on conflict do nothing";
        self.connection.prepare_cached(sql)?.execute(params![sha256.0, service.as_str(), version, text, ms(at)])?;
        Ok(sha256)
    }

    /// Opens a case at a step. It needs a submission or a session request in the same transaction to be seen.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_case(
        &mut self,
        standard: Sha256,
        office: OpdId,
        applicant: PersonId,
        step: &Key,
        at: Instant,
    ) -> Result<CaseId, StoreError> {
        let sql = "insert into cases (standard_sha256, office_id, applicant_id, step, version, opened_at_ms, \
                   step_at_ms) values (?1, ?2, ?3, ?4, 0, ?5, ?5)";
        self.connection.prepare_cached(sql)?.execute(params![
            standard.0,
            office.0,
            applicant.0,
            step.as_str(),
            ms(at)
        ])?;
        Ok(CaseId(self.connection.last_insert_rowid()))
    }

    /// Moves a case if it still has the version before the move; `false` if someone else was faster.
    ///
    /// # Errors
    /// When the database would not.
    pub fn move_case(&mut self, id: CaseId, done: &NewMove) -> Result<bool, StoreError> {
        let row = &done.row;
        let ended = done.outcome.as_ref().map(|_| ms(row.at));
        let swap = "update cases set step = ?3, version = ?4, step_at_ms = ?5, ended_at_ms = ?6, outcome = ?7 \
                    where id = ?1 and version = ?4 - 1 and step = ?2 and ended_at_ms is null";
        let swapped = self.connection.prepare_cached(swap)?.execute(params![
            id.0,
            row.from.as_str(),
            row.to.as_str(),
            row.version,
            ms(row.at),
            ended,
            done.outcome.as_ref().map(Key::as_str)
        ])?;
        if swapped != 1 {
            return Ok(false);
        }
        let sql = "insert into case_moves (case_id, version, from_step, to_step, choice, kind, person_id, actor, \
                   form, reason, reason_salt, at_ms, with_version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            id.0,
            row.version,
            row.from.as_str(),
            row.to.as_str(),
            row.choice,
            row.kind.as_str(),
            row.by.map(|p| p.0),
            row.actor.as_str(),
            row.form.as_str(),
            row.reason,
            done.reason_salt,
            ms(row.at),
            row.with
        ])?;
        Ok(true)
    }

    /// Writes a case's number in the register.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_agenda_number(&mut self, id: CaseId, number: &str) -> Result<(), StoreError> {
        let sql = "update cases set agenda_number = ?2 where id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![id.0, number])?;
        Ok(())
    }

    /// Takes the next number of a series: 1, 2, 3 … without a gap, because a transaction that fails takes none.
    ///
    /// # Errors
    /// When the database would not.
    pub fn next_number(&mut self, series: &str) -> Result<u32, StoreError> {
        let sql = "insert into counters (series, last) values (?, 1) \
                   on conflict do update set last = last + 1 returning last";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![series], |row| small(row, 0))?)
    }

    /// Takes the next free number of a series of letters, as it is written: `001/PERSETUJUAN/2026`. One that somebody wrote
    /// on paper by hand is stepped over; each step is a letter that is there, so the search ends.
    ///
    /// # Errors
    /// When the database would not.
    pub fn next_letter_number(&mut self, series: &str, year: i32) -> Result<String, StoreError> {
        loop {
            let number = self.next_number(&format!("{series}/{year}"))?;
            let number = format!("{number:03}/{}/{year}", series.to_uppercase());
            if !self.letter_number_is_taken(&number)? {
                return Ok(number);
            }
        }
    }
}

impl Reader<'_> {
    /// Whether a letter of any kind has a number; capitals make no other one of it.
    ///
    /// # Errors
    /// When the database would not.
    pub fn letter_number_is_taken(&self, number: &str) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from approvals where number = ?1 collate nocase \
                   union all select 1 from papers where number = ?1 collate nocase)";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![number], |row| row.get(0))?)
    }
}
