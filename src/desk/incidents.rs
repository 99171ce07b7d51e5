//! What a person must know of the air: what players noted becomes incidents, a player that is not heard any more is one
//! itself, and an operator closes what does not close by itself, with a note. Incidents are never deleted.

use std::io;
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::channel::Channel;
use crate::domain::ids::{ChannelId, IncidentId, PersonId};
use crate::domain::incident::{Incident, IncidentKind, Level};
use crate::domain::people::Role;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant};
use crate::files::incident_log::{self, IncidentLine, Position};
use crate::files::status_file::Status;
use crate::files::{playlist_file, status_file};
use crate::store::{NewIncident, Opened, StoreError, Tx};

use super::{Desk, DeskError, Refusal};

/// Why a player's incidents can't be looked at.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The log can't be read.
    #[error("the incident log {path} can't be read: {source}")]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database would not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a channel's player is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It wrote its status within the last seconds.
    Now(Status),
    /// It wrote one and then no more.
    Lost(Status),
    /// There is no status.
    Never,
}

/// A status older than this is not of now: the player writes one each second, and one may come late on a busy machine.
const FRESH: TimeDelta = TimeDelta::seconds(3);
/// A player that is not heard for this long is lost. One that is killed is back within two seconds.
const LOST_AFTER: TimeDelta = TimeDelta::seconds(5);
/// What an incident of a lost player is about; no key of a player's own begins like this.
const LOST_KEY: &str = "head-end player";
/// How the player's incidents about a day without a plan begin; the day follows.
const NO_PLAN_KEY: &str = "no plan ";
/// Longest note of a person who closes an incident, characters: a paragraph or two.
const MAX_NOTE_CHARS: usize = 1000;
/// Pieces of a log read in one go, a mebibyte each; the next round goes on.
const MOST_PIECES: usize = 16;

impl Desk {
    /// Reads what a channel's player has noted since the last time: incidents open, become worse and close. Doing it
    /// twice changes nothing. Returns how many lines were new.
    ///
    /// # Errors
    /// [`IncidentError`] names the log.
    pub fn import_incidents(&self, channel: &ChannelId) -> Result<usize, IncidentError> {
        let path = incident_log::path(self.home(), channel);
        let mut taken = 0;
        for _ in 0..MOST_PIECES {
            let known = self.store.read(|r| r.incident_log(channel))?;
            let known = known.map(|(bytes, first_line)| Position { bytes, first_line });
            let read = incident_log::read_from(&path, known);
            let read = read.map_err(|source| IncidentError::Log { path: path.clone(), source })?;
            let Some((lines, to)) = read.filter(|(_, to)| Some(*to) != known) else { break };
            taken += lines.len();
            let of = channel.clone();
            self.store.write(move |tx| -> Result<(), StoreError> {
                for line in &lines {
                    note(tx, &of, line)?;
                }
                tx.set_incident_log(&of, to.bytes, to.first_line)
            })?;
        }
        Ok(taken)
    }

    /// Closes what the player said of a day without a plan once a plan is there, or the day is over: the player says it
    /// once and can't take it back.
    ///
    /// # Errors
    /// The database's.
    pub fn settle_days_without_plan(&self, channel: &Channel) -> Result<(), StoreError> {
        let now = self.now();
        let settled = |incident: &Incident| {
            let date: BroadcastDate = incident.key.strip_prefix(NO_PLAN_KEY)?.parse().ok()?;
            let over = channel.zone.day(date).end() <= now;
            let planned = || playlist_file::revisions(self.home(), &channel.id, date).is_ok_and(|r| !r.is_empty());
            (over || planned()).then(|| incident.key.clone())
        };
        let open = self.store.read(|r| r.open_incidents())?;
        let here = open.iter().filter(|i| i.channel.as_ref() == Some(&channel.id) && i.kind == IncidentKind::NoPlan);
        let keys: Vec<String> = here.filter_map(settled).collect();
        for key in keys {
            let of = channel.id.clone();
            self.store.write(move |tx| tx.recover_incident(Some(&of), &key, now))?;
        }
        Ok(())
    }

    /// How a channel's player is heard now. The age of its status is that of the file: one clock wrote it and reads it,
    /// and the player's own timeline may be another. A file from the future is not of now either.
    pub fn heard(&self, channel: &ChannelId) -> Heard {
        match status_file::read(&status_file::path(self.home(), channel)) {
            None => Heard::Never,
            Some(status) if (self.now() - status.written).abs() <= FRESH => Heard::Now(status),
            Some(status) => Heard::Lost(status),
        }
    }

    /// Opens an incident when a channel's player has not been heard for a while though the channel is open, and closes
    /// it when the player is back. One absence is one incident: a person who closes it is not told again.
    ///
    /// # Errors
    /// The database's.
    pub fn watch_player(&self, channel: &Channel) -> Result<(), StoreError> {
        let now = self.now();
        match self.heard(&channel.id) {
            Heard::Now(_) => self.player_is_back(&channel.id, now),
            Heard::Lost(status) if (now - status.written).abs() > LOST_AFTER && channel.is_open(now) => {
                self.player_is_lost(&channel.id, status.written)
            }
            Heard::Lost(_) | Heard::Never => Ok(()),
        }
    }

    fn player_is_back(&self, channel: &ChannelId, now: Instant) -> Result<(), StoreError> {
        let open = self.store.read(|r| r.open_incidents())?;
        if !open.iter().any(|i| i.channel.as_ref() == Some(channel) && i.key == LOST_KEY) {
            return Ok(());
        }
        let of = channel.clone();
        self.store.write(move |tx| tx.recover_incident(Some(&of), LOST_KEY, now)).map(|_: bool| ())
    }

    fn player_is_lost(&self, channel: &ChannelId, since: Instant) -> Result<(), StoreError> {
        let incident = NewIncident {
            channel: Some(channel.clone()),
            key: LOST_KEY.to_owned(),
            kind: IncidentKind::Lost,
            level: Level::Critical,
            text: Text::new(
                format!("Pemutar tidak menjawab. Periksa komputer pemutar, lalu jalankan lagi: siaran play {channel}"),
                format!("The player does not answer. Look at its computer, then start it again: siaran play {channel}"),
            ),
        };
        let opened = self.store.write(move |tx| tx.open_incident(&incident, since))?;
        if let Opened::New(_) = opened {
            tracing::error!(%channel, "the player does not answer");
        }
        Ok(())
    }

    /// Incidents of a channel that were open at some time of a broadcast day, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn incidents_of(&self, channel: &Channel, date: BroadcastDate) -> Result<Vec<Incident>, DeskError> {
        Ok(self.store.read(|r| r.incidents_in(&channel.id, channel.zone.day(date)))?)
    }

    /// One incident.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn incident(&self, id: IncidentId) -> Result<Incident, DeskError> {
        self.store.read(|r| r.incident(id))?.ok_or_else(|| not_found(id))
    }

    /// An operator closes an incident, and says what was done or found.
    ///
    /// # Errors
    /// [`Refusal::NeedsRole`] for anyone but the operator, [`Refusal::ClosingNote`], [`Refusal::NotFound`] and
    /// [`Refusal::IncidentClosed`].
    pub fn close_incident(&self, by: PersonId, id: IncidentId, note: &str) -> Result<(), DeskError> {
        let note = note.trim().to_owned();
        if !(1..=MAX_NOTE_CHARS).contains(&note.chars().count()) {
            return Err(Refusal::ClosingNote.into());
        }
        let now = self.now();
        self.store.write(move |tx| -> Result<(), DeskError> {
            let allowed = tx.person(by, now)?.is_some_and(|p| p.disabled_at.is_none() && p.holds(Role::Operator));
            if !allowed {
                return Err(Refusal::NeedsRole(Role::Operator).into());
            }
            if tx.incident(id)?.is_none() {
                return Err(not_found(id));
            }
            if !tx.close_incident(id, by, &note, now)? {
                return Err(Refusal::IncidentClosed.into());
            }
            tx.audit(&AuditEvent::new(AuditKind::IncidentClosed).by(by).number("incident", id.0), now)?;
            Ok(())
        })
    }
}

fn not_found(id: IncidentId) -> DeskError {
    Refusal::NotFound { what: Text::new(format!("Gangguan {id}"), format!("Incident {id}")) }.into()
}

fn note(tx: &mut Tx<'_>, channel: &ChannelId, line: &IncidentLine) -> Result<(), StoreError> {
    match &line.opened {
        None => tx.recover_incident(Some(channel), &line.key, line.at).map(|_| ()),
        Some((level, text)) => {
            let incident = NewIncident {
                channel: Some(channel.clone()),
                key: line.key.clone(),
                kind: line.kind,
                level: *level,
                text: text.clone(),
            };
            tx.open_incident(&incident, line.at).map(|_| ())
        }
    }
}
