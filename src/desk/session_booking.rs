//! What the steps of a request for a session do with the studio: they hold it while the letter is on its way, confirm it
//! when the schedule goes out, give it back when the request ends another way, and keep the session's log and the case
//! telling the same story.

use super::cases::CaseFile;
use super::matter::Session;
use super::review::Procedure;
use super::studio::{Entry, WantedBooking, line_of, session_of};
use super::{DeskError, Refusal};
use crate::domain::ids::{BookingId, PersonId, StudioId};
use crate::domain::standard::{Action, Booked, EdgeKind, Step};
use crate::domain::studio::{Booking, LONGEST_TITLE, LogKind, Progress, is_meant};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::engine::procedure::Move;
use crate::store::Tx;

impl Procedure {
    /// Does to the studio what a step wants, before the step's move is stored: what is refused here moves nothing.
    pub(super) fn studio_follows(
        &self,
        tx: &mut Tx<'_>,
        (found, session): (&CaseFile, &Session),
        (step, done): (&Step, &Move),
        by: Option<PersonId>,
    ) -> Result<(), DeskError> {
        match (done.kind, &done.outcome) {
            (EdgeKind::Return, _) => return Ok(()),
            (_, Some(outcome)) if outcome.as_str() != FULFILLED => {
                let why = done.reason.as_deref().unwrap_or_default();
                return self.give_back(tx, session, outcome.as_str(), why, by);
            }
            _ => {}
        }
        let Some(by) = by else { return Ok(()) };
        match step.books.as_ref().map(|books| (books.mode, books.resource.as_str().parse::<StudioId>())) {
            Some((Booked::Hold, Ok(studio))) => self.hold_for(tx, (found, session), studio, by).map(drop),
            Some((Booked::Confirm, Ok(studio))) => {
                let held = self.hold_for(tx, (found, session), studio, by)?;
                self.booker.confirm(tx, by, held.id).map(drop)
            }
            _ => self.tell_of(tx, (found, session), (step, done), by),
        }
    }

    /// The booking that keeps a studio for the request, at the time that was chosen, in the service's own studio; a new one
    /// if none does. What a corrected letter asks for since is what counts.
    fn hold_for(
        &self,
        tx: &mut Tx<'_>,
        (found, session): (&CaseFile, &Session),
        studio: StudioId,
        by: PersonId,
    ) -> Result<Booking, DeskError> {
        let letter = &session.newest().letter;
        let chosen = self.at;
        if let Some(kept) = session.booking(self.booker.now()) {
            let booked = u32::try_from(kept.session.length().num_minutes()).unwrap_or(letter.duration_min);
            let (start, minutes) = match session.asks_anew() {
                true => (letter.wanted_at, letter.duration_min),
                false => (kept.session.start(), booked),
            };
            let wanted = session_of(chosen.unwrap_or(start), minutes)?;
            if wanted == kept.session && studio == kept.studio {
                return Ok(kept.clone());
            }
            return self.booker.follow(tx, by, kept.id, (&studio, wanted), wanted == letter.wanted());
        }
        // A hold that has run out meanwhile is taken again where it was, if it is still free.
        let before = session.bookings.last().map(|booking| booking.session.start()).filter(|_| !session.asks_anew());
        let start = chosen.or(before).unwrap_or(letter.wanted_at);
        let title: String = letter.topic.chars().take(LONGEST_TITLE).collect();
        let wish = WantedBooking::usual(studio, &title, start, letter.duration_min).of_case(found.row.id);
        self.booker.hold(tx, by, wish)
    }

    /// Gives back what a request that ended another way keeps; a session to which nobody came says so.
    fn give_back(
        &self,
        tx: &mut Tx<'_>,
        session: &Session,
        outcome: &str,
        why: &str,
        by: Option<PersonId>,
    ) -> Result<(), DeskError> {
        let Some(kept) = session.booking(self.booker.now()) else { return Ok(()) };
        match (session.log.progress(), by) {
            (Progress::Waiting, Some(by)) if outcome == NO_SHOW => {
                self.booker.tell(tx, by, kept.id, &Entry::NoShow).map(drop)
            }
            (Progress::Waiting, by) => self.booker.give_up(tx, by, kept.id, why).map(drop),
            _ => Ok(()),
        }
    }

    /// What a step of the case tells the session's log: equipment that is ready, material that was handed in.
    fn tell_of(
        &self,
        tx: &mut Tx<'_>,
        (found, session): (&CaseFile, &Session),
        (step, done): (&Step, &Move),
        by: PersonId,
    ) -> Result<(), DeskError> {
        let Some(kept) = session.booking(self.booker.now()) else {
            let happens_there = matches!(step.action, Action::Check | Action::Attend | Action::Execute);
            let wanted = happens_there && found.standard.as_written().steps.iter().any(|step| step.books.is_some());
            return if wanted { Err(Refusal::StudioWanted.into()) } else { Ok(()) };
        };
        match step.action {
            Action::Check => {
                let ready = session.log.ready();
                let listed = kept.equipment.iter().filter(|kind| !ready.contains_key(kind));
                for kind in listed.filter(|kind| step.checklist.iter().any(|thing| is_meant(thing, kind))) {
                    self.booker.tell(tx, by, kept.id, &Entry::Ready(kind.clone()))?;
                }
                Ok(())
            }
            Action::HandOver => {
                let letter = &session.newest().letter;
                let what = done.reason.as_ref().unwrap_or(&letter.material);
                let what = line_of(what, LONGEST_TITLE);
                let whose = line_of(&letter.institution, LONGEST_TITLE);
                self.booker.tell(tx, by, kept.id, &Entry::Material { what, whose }).map(drop)
            }
            Action::Execute if step.evidence.iter().any(|proof| proof.as_str() == SESSION_LOG) => {
                match session.log.progress() {
                    Progress::Over { .. } => Ok(()),
                    _ => Err(Refusal::SessionLogWanted { booking: kept.id }.into()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// The end by which a request got what it asked for.
const FULFILLED: &str = "fulfilled";
/// The end where nobody came.
const NO_SHOW: &str = "no_show";
/// The proof that a session was held: its log with start and stop.
const SESSION_LOG: &str = "session_log";

impl Session {
    /// The booking that keeps a studio for it at an instant; the newest that does.
    pub fn booking(&self, now: Instant) -> Option<&Booking> {
        self.bookings.iter().rev().find(|booking| booking.state.at(now).keeps())
    }
    /// Whether a letter that came after the booking asks for another time or length than the one before it.
    pub fn asks_anew(&self) -> bool {
        let placed = |kind| matches!(kind, LogKind::Held | LogKind::Moved);
        let Some(placed) = self.log.0.iter().rev().find(|entry| placed(entry.kind)) else { return false };
        let before = self.requests.iter().rev().find(|request| request.filed_at <= placed.at);
        before.is_some_and(|before| before.letter.wanted() != self.newest().letter.wanted())
    }
    /// Whether its studio was certain once and no booking keeps one any more, while its request is open.
    pub fn lost_its_studio(&self, found: &CaseFile, now: Instant) -> bool {
        let confirms = |step: &&Step| step.books.as_ref().is_some_and(|books| books.mode == Booked::Confirm);
        let mut certain = found.standard.as_written().steps.iter().filter(confirms);
        let passed = certain.any(|step| found.moves.iter().any(|done| done.from == step.id));
        passed && found.step().is_some() && self.booking(now).is_none() && !self.was_held()
    }
    fn was_held(&self) -> bool {
        matches!(self.log.progress(), Progress::Over { .. } | Progress::NoShow { .. })
    }
    /// Things of a step's list that the session's log says are ready.
    pub fn ready(&self, step: &Step) -> Vec<String> {
        let ready = self.log.ready();
        let is_ready = |thing: &&String| ready.keys().any(|kind| is_meant(thing, kind));
        step.checklist.iter().filter(is_ready).cloned().collect()
    }
}

/// Names the booking whose log is meant.
pub(super) fn log_wanted(booking: BookingId) -> Text {
    Text::new(
        format!("Sesi ini belum dicatat mulai dan selesainya. Catat keduanya lebih dahulu (pemesanan {booking})."),
        format!("The log of this session lacks its start or stop. Stamp both first (booking {booking})."),
    )
}
