//! Incidents: opened by whoever noticed, closed by a person or by recovery, never deleted.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::row::{count, hash, instant, int, maybe_instant, maybe_word, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ChannelId, IncidentId, PersonId, Sha256};
use crate::domain::incident::{Closing, Incident, IncidentKind, Level};
use crate::domain::text::Text;
use crate::domain::time::{Instant, Span};

/// An incident to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncident {
    /// Where; `None`: the whole installation.
    pub channel: Option<ChannelId>,
    /// What it is about, at most once open per channel.
    pub key: String,
    /// What.
    pub kind: IncidentKind,
    /// How bad.
    pub level: Level,
    /// What happened and what to do next.
    pub text: Text,
}

/// What came of an incident that someone noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It is new.
    New(IncidentId),
    /// It was open, and is worse now.
    Worse(IncidentId),
    /// It is known: open and no worse, or over since.
    Known(IncidentId),
}

const COLUMNS: &str = "i.id, i.channel, i.kind, i.level, i.opened_at_ms, i.closed_at_ms, i.text_id, i.text_en, i.key, \
                       p.name, i.closing_note";
const FROM: &str = "from incidents i left join people p on p.id = i.closed_by";
/// Rows in one answer.
const MOST_ROWS: u32 = 500;

fn kind_word(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Black => "black",
        IncidentKind::Freeze => "freeze",
        IncidentKind::Silence => "silence",
        IncidentKind::Lateness => "lateness",
        IncidentKind::Lost => "lost",
        IncidentKind::Clock => "clock",
        IncidentKind::ItemFailed => "item_failed",
        IncidentKind::NoPlan => "no_plan",
        IncidentKind::Ordered => "ordered",
    }
}

fn read_kind(text: &str) -> Option<IncidentKind> {
    use IncidentKind::{Black, Clock, Freeze, ItemFailed, Lateness, Lost, NoPlan, Ordered, Silence};
    [Black, Freeze, Silence, Lateness, Lost, Clock, ItemFailed, NoPlan, Ordered]
        .into_iter()
        .find(|k| kind_word(*k) == text)
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Critical => "critical",
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let unknown = |index| rusqlite::Error::InvalidColumnType(index, "word".into(), rusqlite::types::Type::Text);
    let by: Option<String> = row.get(9)?;
    let note: Option<String> = row.get(10)?;
    Ok(Incident {
        id: IncidentId(row.get(0)?),
        channel: maybe_word(row, 1)?,
        key: row.get(8)?,
        kind: read_kind(row.get_ref(2)?.as_str()?).ok_or_else(|| unknown(2))?,
        level: read_level(row.get_ref(3)?.as_str()?),
        opened_at: instant(row, 4)?,
        closed_at: maybe_instant(row, 5)?,
        closing: by.map(|by| Closing { by, note: note.unwrap_or_default() }),
        text: Text { id: row.get(6)?, en: row.get(7)? },
    })
}

fn read_level(text: &str) -> Level {
    if text == "critical" { Level::Critical } else { Level::Warning }
}

impl Reader<'_> {
    /// Incidents that nobody closed, newest first, at most 500.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        self.incidents("i.closed_at_ms is null", &[])
    }

    /// Incidents opened at `since` or later, newest first, at most 500.
    ///
    /// # Errors
    /// When the database would not.
    pub fn incidents_since(&self, since: Instant) -> Result<Vec<Incident>, StoreError> {
        self.incidents("i.opened_at_ms >= ?1", &[&ms(since)])
    }

    /// Incidents of a channel, and of the whole installation, that were open at some time of a span; newest first, at
    /// most 500.
    ///
    /// # Errors
    /// When the database would not.
    pub fn incidents_in(&self, channel: &ChannelId, span: Span) -> Result<Vec<Incident>, StoreError> {
        let open_then = "(i.channel is null or i.channel = ?1) and i.opened_at_ms < ?3 \
                         and (i.closed_at_ms is null or i.closed_at_ms >= ?2)";
        self.incidents(open_then, &[&channel.as_str(), &ms(span.start()), &ms(span.end())])
    }

    /// One incident.
    ///
    /// # Errors
    /// When the database would not.
    pub fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        Ok(self.incidents("i.id = ?1", &[&id.0])?.pop())
    }

    fn incidents(&self, which: &str, values: &[&dyn ToSql]) -> Result<Vec<Incident>, StoreError> {
        let sql =
            format!("select {COLUMNS} {FROM} where {which} order by i.opened_at_ms desc, i.id desc limit {MOST_ROWS}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many bytes of a player's incident log have been read, and the hash of that log's first line.
    ///
    /// # Errors
    /// When the database would not.
    pub fn incident_log(&self, channel: &ChannelId) -> Result<Option<(u64, Sha256)>, StoreError> {
        let sql = "select bytes_read, first_line_sha256 from incident_logs where channel = ?";
        let read = |row: &Row<'_>| Ok((count(row, 0)?, hash(row, 1)?));
        Ok(self.connection.prepare_cached(sql)?.query_row(params![channel.as_str()], read).optional()?)
    }
}

impl Tx<'_> {
    /// Opens an incident. One with its key that is open on its channel is the same one, and becomes worse if this is
    /// worse; so is one that was over by `at` and had begun before it, so that what is read twice is one incident.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_incident(&mut self, incident: &NewIncident, at: Instant) -> Result<Opened, StoreError> {
        let channel = incident.channel.as_ref().map(|c| c.as_str());
        let same = "select id, level, closed_at_ms is null from incidents where channel is ?1 and key = ?2 \
                    and (closed_at_ms is null or (opened_at_ms <= ?3 and closed_at_ms >= ?3)) \
                    order by closed_at_ms is null desc, id desc limit 1";
        let read = |row: &Row<'_>| -> rusqlite::Result<(IncidentId, Level, bool)> {
            Ok((IncidentId(row.get(0)?), read_level(row.get_ref(1)?.as_str()?), row.get(2)?))
        };
        let mut statement = self.connection.prepare_cached(same)?;
        let same = statement.query_row(params![channel, incident.key, ms(at)], read).optional()?;
        let (level, text) = (level_word(incident.level), &incident.text);
        match same {
            Some((id, was, true)) if incident.level > was => {
                let sql = "update incidents set level = ?2, text_id = ?3, text_en = ?4 where id = ?1";
                self.connection.prepare_cached(sql)?.execute(params![id.0, level, text.id, text.en])?;
                Ok(Opened::Worse(id))
            }
            Some((id, ..)) => Ok(Opened::Known(id)),
            None => {
                let sql = "insert into incidents (channel, key, kind, level, opened_at_ms, text_id, text_en) \
                           values (?, ?, ?, ?, ?, ?, ?)";
                let kind = kind_word(incident.kind);
                let row = params![channel, incident.key, kind, level, ms(at), text.id, text.en];
                self.connection.prepare_cached(sql)?.execute(row)?;
                Ok(Opened::New(IncidentId(self.connection.last_insert_rowid())))
            }
        }
    }

    /// Closes an incident by a person's word; `false` if it was closed before or never was.
    ///
    /// # Errors
    /// When the database would not.
    pub fn close_incident(
        &mut self,
        id: IncidentId,
        by: PersonId,
        note: &str,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update incidents set closed_at_ms = max(opened_at_ms, ?2), closed_by = ?3, closing_note = ?4 \
                   where id = ?1 and closed_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at), by.0, note])? == 1)
    }

    /// Closes the open incident of a key on a channel by recovery; `false` if there was none.
    ///
    /// # Errors
    /// When the database would not.
    pub fn recover_incident(
        &mut self,
        channel: Option<&ChannelId>,
        key: &str,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update incidents set closed_at_ms = max(opened_at_ms, ?3) \
                   where channel is ?1 and key = ?2 and closed_at_ms is null";
        let channel = channel.map(|c| c.as_str());
        Ok(self.connection.prepare_cached(sql)?.execute(params![channel, key, ms(at)])? > 0)
    }

    /// Remembers how far a player's incident log has been read.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_incident_log(&mut self, channel: &ChannelId, bytes: u64, first: Sha256) -> Result<(), StoreError> {
        let sql = "insert into incident_logs (channel, bytes_read, first_line_sha256) values (?1, ?2, ?3) \
                   on conflict (channel) do update set bytes_read = ?2, first_line_sha256 = ?3";
        self.connection.prepare_cached(sql)?.execute(params![channel.as_str(), int(bytes), first.0])?;
        Ok(())
    }
}
