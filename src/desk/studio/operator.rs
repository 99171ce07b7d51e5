//! Another operator takes over a session: somebody who is free for all of it.

use super::refused::StudioRefusal;
use super::{BOOKERS, Booker, free, words};
use crate::desk::{Desk, DeskError};
use crate::domain::audit::AuditKind;
use crate::domain::ids::{BookingId, PersonId};
use crate::domain::people::{Person, Role};
use crate::domain::studio::{Booking, LONGEST_NOTE, LogKind, Progress};
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::store::{Addressee, Announcement, Tx};

/// A change of operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Who operates no longer.
    pub leaves: PersonId,
    /// Who operates instead.
    pub takes: PersonId,
    /// Why.
    pub reason: String,
    /// The booking's version that was read; `None`: whatever it is.
    pub version: Option<u32>,
}

impl Desk {
    /// Who could take over a session: on shift for all that it occupies, with nothing else in it.
    ///
    /// # Errors
    /// Refused if the booking is not there.
    pub fn operators_for(&self, id: BookingId) -> Result<Vec<Person>, DeskError> {
        let booker = self.booker()?;
        self.store.read(|r| {
            let booking = booker.load(r, id)?;
            let free = free::operators(&booker, r, booker.studio(&booking.studio)?, &booking)?;
            let people = r.holders(Role::StudioOperator, booker.now)?;
            Ok(people.into_iter().filter(|person| free.contains(&person.id)).collect())
        })
    }

    /// Another operator takes over, also while the session runs; the log and an announcement say so.
    ///
    /// # Errors
    /// Refused without a reason, for whoever is not free, once the session is over, and if the person is none of
    /// [`BOOKERS`].
    pub fn hand_over(&self, by: PersonId, id: BookingId, handover: Handover) -> Result<Booking, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| {
            booker.by_role(tx, by, BOOKERS)?;
            booker.hand_over(tx, by, id, &handover)
        })
    }
}

impl Booker {
    fn hand_over(
        &self,
        tx: &mut Tx<'_>,
        by: PersonId,
        id: BookingId,
        handover: &Handover,
    ) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.load(tx, id)?;
        if !booking.state.keeps() {
            return Err(StudioRefusal::Over(booking.state).into());
        }
        if handover.version.is_some_and(|version| version != booking.version) {
            return Err(StudioRefusal::Changed.into());
        }
        if matches!(tx.session_log(id)?.progress(), Progress::Over { .. } | Progress::NoShow { .. }) {
            return Err(StudioRefusal::Begun.into());
        }
        let reason = words(&handover.reason, LONGEST_NOTE).ok_or(StudioRefusal::ReasonWanted)?;
        let studio = self.studio(&booking.studio)?;
        let free = free::operators(self, tx, studio, &booking)?;
        if !booking.operators.contains(&handover.leaves) || !free.contains(&handover.takes) {
            return Err(StudioRefusal::OperatorTaken.into());
        }
        let stay = booking.operators.iter().filter(|operator| **operator != handover.leaves);
        let operators: Vec<PersonId> = stay.copied().chain([handover.takes]).collect();
        let keeps = free::claims(&self.config, studio, &booking.equipment, &operators, booking.occupied);
        tx.move_booking(id, booking.version, &studio.id, booking.session, &keeps)?;
        let name = |id| -> Result<String, DeskError> {
            Ok(tx.person(id, self.now)?.map_or_else(|| id.to_string(), |person| person.name))
        };
        let (leaves, takes) = (name(handover.leaves)?, name(handover.takes)?);
        self.told(
            tx,
            AuditKind::BookingMoved,
            id,
            LogKind::Moved,
            &format!("operator {leaves} → {takes} ({reason})"),
            Some(by),
        )?;
        let when = |lang| instant_in_words(booking.session.start(), studio.zone, lang);
        let announcement = Announcement {
            to: Addressee::Role(Role::StudioOperator),
            case: booking.case,
            subject: Text::new(
                format!("Operator diganti: {}", booking.title),
                format!("Another operator: {}", booking.title),
            ),
            body: Text::new(
                format!("{}, {}: {takes} menggantikan {leaves}. {reason}", studio.title, when(Lang::Id)),
                format!("{}, {}: {takes} takes over from {leaves}. {reason}", studio.title, when(Lang::En)),
            ),
        };
        tx.announce(&announcement, self.now)?;
        self.load(tx, id)
    }
}
