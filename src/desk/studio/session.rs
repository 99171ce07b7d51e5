//! What the studio's operator enters about a session: what is ready, what was handed in, when it began and ended.

use chrono::TimeDelta;

use super::refused::StudioRefusal;
use super::{Booker, words};
use crate::desk::{Desk, DeskError};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{BookingId, EquipmentId, PersonId};
use crate::domain::people::Role;
use crate::domain::studio::{Booking, BookingState, LONGEST_NOTE, LONGEST_TITLE, LogKind, Progress, SessionLog};
use crate::domain::time::Span;
use crate::store::Tx;

/// How far from a session another one of its studio is looked for that was never ended: longer than one lasts.
const BESIDE: TimeDelta = TimeDelta::hours(24);

/// Something that the operator enters; stamped with who and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A piece of equipment works.
    Ready(EquipmentId),
    /// It does not; the note says what is wrong.
    NotReady(EquipmentId, String),
    /// Something was handed in.
    Material {
        /// What: a script, music.
        what: String,
        /// By whom.
        whose: String,
    },
    /// The session begins now.
    Start,
    /// It ends now.
    Stop,
    /// Nobody came.
    NoShow,
    /// Something worth knowing.
    Note(String),
}

impl Desk {
    /// Enters something into a session's log, which is never changed afterwards.
    ///
    /// # Errors
    /// Refused if the person is no studio operator, and where the entry makes no sense as the session stands.
    pub fn tell_session(&self, by: PersonId, id: BookingId, entry: Entry) -> Result<SessionLog, DeskError> {
        self.tell_of_session(by, id, vec![entry])
    }

    /// As [`Desk::tell_session`], several at once: all of them or none.
    ///
    /// # Errors
    /// As [`Desk::tell_session`].
    pub fn tell_of_session(&self, by: PersonId, id: BookingId, entries: Vec<Entry>) -> Result<SessionLog, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| {
            booker.by_role(tx, by, &[Role::StudioOperator])?;
            entries.iter().try_for_each(|entry| booker.tell(tx, by, id, entry).map(drop))?;
            Ok(tx.session_log(id)?)
        })
    }
}

impl Booker {
    /// As [`Desk::tell_session`], for whoever the caller lets.
    pub(in crate::desk) fn tell(
        &self,
        tx: &mut Tx<'_>,
        by: PersonId,
        id: BookingId,
        entry: &Entry,
    ) -> Result<SessionLog, DeskError> {
        self.expire(tx)?;
        let booking = self.load(tx, id)?;
        let log = tx.session_log(id)?;
        let (kind, item, note) = self.judge(&booking, &log, entry)?;
        if *entry == Entry::Start {
            self.alone(tx, &booking)?;
        }
        tx.tell_session(id, kind, &item, &note, Some(by), self.now)?;
        let event = AuditEvent::new(AuditKind::SessionTold).by(by).number("booking", id.0).word("entry", kind);
        let event = booking.case.iter().fold(event, |event, case| event.number("case", case.0));
        tx.audit(&event, self.now)?;
        Ok(tx.session_log(id)?)
    }

    fn judge(
        &self,
        booking: &Booking,
        log: &SessionLog,
        entry: &Entry,
    ) -> Result<(LogKind, String, String), StudioRefusal> {
        let progress = log.progress();
        let before_the_end = || match progress {
            Progress::Waiting | Progress::Running { .. } => Ok(()),
            Progress::Over { .. } | Progress::NoShow { .. } => Err(StudioRefusal::Begun),
        };
        // A note is welcome at any time, also about what was cancelled.
        if let Entry::Note(note) = entry {
            let note = words(note, LONGEST_NOTE).ok_or(StudioRefusal::ReasonWanted)?;
            return Ok((LogKind::Note, String::new(), note));
        }
        if !booking.state.keeps() {
            return Err(StudioRefusal::Over(booking.state));
        }
        let plain = |kind| Ok((kind, String::new(), String::new()));
        match entry {
            Entry::Ready(kind) | Entry::NotReady(kind, _) => {
                before_the_end()?;
                if !booking.equipment.contains(kind) {
                    return Err(StudioRefusal::NoSuchEquipment);
                }
                match entry {
                    Entry::NotReady(_, why) => {
                        let why = words(why, LONGEST_NOTE).ok_or(StudioRefusal::ReasonWanted)?;
                        Ok((LogKind::NotReady, kind.to_string(), why))
                    }
                    _ => Ok((LogKind::Ready, kind.to_string(), String::new())),
                }
            }
            Entry::Material { what, whose } => {
                before_the_end()?;
                let what = words(what, LONGEST_TITLE).ok_or(StudioRefusal::Material)?;
                let whose = words(whose, LONGEST_TITLE).ok_or(StudioRefusal::Material)?;
                Ok((LogKind::Material, what, whose))
            }
            Entry::Start => {
                if progress != Progress::Waiting {
                    return Err(StudioRefusal::Begun);
                }
                self.may_start(booking, log)?;
                plain(LogKind::Started)
            }
            Entry::Stop => match progress {
                Progress::Running { .. } => plain(LogKind::Stopped),
                Progress::Waiting => Err(StudioRefusal::NotBegun),
                Progress::Over { .. } | Progress::NoShow { .. } => Err(StudioRefusal::Begun),
            },
            Entry::NoShow => {
                if progress != Progress::Waiting {
                    return Err(StudioRefusal::Begun);
                }
                if self.now < booking.session.start() {
                    return Err(StudioRefusal::TooEarly);
                }
                plain(LogKind::NoShow)
            }
            Entry::Note(_) => unreachable!("answered above"),
        }
    }

    /// A studio has one session at a time, whatever the hours that were booked.
    fn alone(&self, tx: &Tx<'_>, booking: &Booking) -> Result<(), DeskError> {
        let beside = Span::new(booking.occupied.start() - BESIDE, booking.occupied.end() + BESIDE);
        for other in tx.bookings_in(beside.unwrap_or(booking.occupied))? {
            let same_room = other.studio == booking.studio && other.id != booking.id && other.state.keeps();
            if same_room && matches!(tx.session_log(other.id)?.progress(), Progress::Running { .. }) {
                return Err(StudioRefusal::StillRunning(other.title).into());
            }
        }
        Ok(())
    }

    fn may_start(&self, booking: &Booking, log: &SessionLog) -> Result<(), StudioRefusal> {
        if booking.state != BookingState::Confirmed {
            return Err(StudioRefusal::NotConfirmed);
        }
        let zone = self.config.studios.studios.get(&booking.studio).map(|studio| studio.zone);
        let day = |at| zone.map(|zone| zone.local(at).date());
        if day(self.now) != day(booking.session.start()) && !booking.occupied.contains(self.now) {
            return Err(StudioRefusal::AnotherDay);
        }
        // What is broken and said to be broken does not keep people off the air; what nobody looked at does.
        let looked_at = |kind: &EquipmentId| {
            let of_it = |e: &&crate::domain::studio::LogEntry| e.item == kind.as_str();
            log.0.iter().filter(of_it).any(|e| matches!(e.kind, LogKind::Ready | LogKind::NotReady))
        };
        let open: Vec<EquipmentId> = booking.equipment.iter().filter(|kind| !looked_at(kind)).cloned().collect();
        if open.is_empty() { Ok(()) } else { Err(StudioRefusal::NotReady(open)) }
    }
}
