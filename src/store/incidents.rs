//! Incidents: opened by whoever noticed, closed by a person or by recovery, never deleted.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{instant, maybe_instant, maybe_word, ms};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{ChannelId, IncidentId, PersonId};
use crate::domain::incident::{Incident, IncidentKind, Level};
use crate::domain::text::Text;
use crate::domain::time::Instant;

/// An incident to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncident {
    /// Where; `None`: the whole installation.
    pub channel: Option<ChannelId>,
    /// What.
    pub kind: IncidentKind,
    /// How bad.
    pub level: Level,
    /// What happened and what to do next.
    pub text: Text,
}

const COLUMNS: &str = "id, channel, kind, level, opened_at_ms, closed_at_ms, text_id, text_en";
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
    }
}

fn read_kind(text: &str) -> Option<IncidentKind> {
    use IncidentKind::{Black, Clock, Freeze, ItemFailed, Lateness, Lost, NoPlan, Silence};
    [Black, Freeze, Silence, Lateness, Lost, Clock, ItemFailed, NoPlan].into_iter().find(|k| kind_word(*k) == text)
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Critical => "critical",
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let unknown = |index| rusqlite::Error::InvalidColumnType(index, "word".into(), rusqlite::types::Type::Text);
    Ok(Incident {
        id: IncidentId(row.get(0)?),
        channel: maybe_word(row, 1)?,
        kind: read_kind(row.get_ref(2)?.as_str()?).ok_or_else(|| unknown(2))?,
        level: match row.get_ref(3)?.as_str()? {
            "critical" => Level::Critical,
            _ => Level::Warning,
        },
        opened_at: instant(row, 4)?,
        closed_at: maybe_instant(row, 5)?,
        text: Text { id: row.get(6)?, en: row.get(7)? },
    })
}

impl Reader<'_> {
    /// Incidents that nobody closed, newest first, at most 500.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from incidents where closed_at_ms is null order by opened_at_ms desc, id desc limit ?"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Incidents opened at `since` or later, newest first, at most 500.
    ///
    /// # Errors
    /// When the database would not.
    pub fn incidents_since(&self, since: Instant) -> Result<Vec<Incident>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from incidents where opened_at_ms >= ? order by opened_at_ms desc, id desc limit ?"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![ms(since), MOST_ROWS], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Opens an incident, unless one of its kind is open on its channel: then returns that one.
    ///
    /// # Errors
    /// When the database would not.
    pub fn open_incident(&mut self, incident: &NewIncident, at: Instant) -> Result<IncidentId, StoreError> {
        let channel = incident.channel.as_ref().map(|c| c.as_str());
        let kind = kind_word(incident.kind);
        let open = "select id from incidents where channel is ?1 and kind = ?2 and closed_at_ms is null";
        let mut statement = self.connection.prepare_cached(open)?;
        if let Some(id) = statement.query_row(params![channel, kind], |row| row.get(0)).optional()? {
            return Ok(IncidentId(id));
        }
        let sql = "insert into incidents (channel, kind, level, opened_at_ms, text_id, text_en) \
                   values (?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            channel,
            kind,
            level_word(incident.level),
            ms(at),
            incident.text.id,
            incident.text.en
        ])?;
        Ok(IncidentId(self.connection.last_insert_rowid()))
    }

    /// Closes an incident; `by` `None` is recovery. `false` if it was closed before or never was.
    ///
    /// # Errors
    /// When the database would not.
    pub fn close_incident(&mut self, id: IncidentId, at: Instant, by: Option<PersonId>) -> Result<bool, StoreError> {
        let sql = "update incidents set closed_at_ms = max(opened_at_ms, ?2), closed_by = ?3 \
                   where id = ?1 and closed_at_ms is null";
        Ok(self.connection.prepare_cached(sql)?.execute(params![id.0, ms(at), by.map(|p| p.0)])? == 1)
    }

    /// Closes the open incident of a kind on a channel by recovery; `false` if there was none.
    ///
    /// # Errors
    /// When the database would not.
    pub fn recover_incident(
        &mut self,
        channel: Option<&ChannelId>,
        kind: IncidentKind,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update incidents set closed_at_ms = max(opened_at_ms, ?3) \
                   where channel is ?1 and kind = ?2 and closed_at_ms is null";
        let channel = channel.map(|c| c.as_str());
        Ok(self.connection.prepare_cached(sql)?.execute(params![channel, kind_word(kind), ms(at)])? > 0)
    }
}
