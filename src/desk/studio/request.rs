//! A booking that serves a request: which studio may, and who is told when it changes by another way than a step.

use super::Booker;
use super::refused::StudioRefusal;
use crate::desk::DeskError;
use crate::desk::cases::CaseFile;
use crate::domain::ids::{CaseId, StudioId};
use crate::domain::people::Role;
use crate::domain::standard::{APPLICANT, Step};
use crate::domain::studio::Booking;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::store::{Addressee, Announcement, Reader, Scope, Tx};

/// What became of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// It was given another time or studio than this one's, for a reason.
    Moved(&'a Booking, &'a str),
    /// It was given back, for a reason.
    Cancelled(&'a str),
    /// Its hold ran out.
    Expired,
}

impl Booker {
    /// Whether a studio may serve a request: one for a session that is still open, in the studio of its service.
    pub(super) fn serves(&self, reader: &Reader<'_>, case: CaseId, studio: &StudioId) -> Result<(), DeskError> {
        let no_session = || StudioRefusal::NoSession(case).into();
        let known = reader.case(Scope::All, case)?.is_some();
        if !known {
            return Err(no_session());
        }
        let found = CaseFile::load(reader, &self.standards, Scope::All, case)?;
        if found.session().is_none() || found.step().is_none() {
            return Err(no_session());
        }
        let booked = |step: &Step| step.books.as_ref().and_then(|books| books.resource.as_str().parse().ok());
        let wanted: Vec<StudioId> = found.standard.as_written().steps.iter().filter_map(booked).collect();
        match wanted.first() {
            Some(first) if !wanted.contains(studio) => {
                let studio = self.config.studios.studios.get(first);
                let title = studio.map_or_else(|| first.to_string(), |studio| studio.title.clone());
                Err(StudioRefusal::OtherStudio(title).into())
            }
            _ => Ok(()),
        }
    }

    /// Tells the applicant, and whoever the request waits for, what became of its booking.
    pub(super) fn tell_request(&self, tx: &mut Tx<'_>, booking: &Booking, change: Change<'_>) -> Result<(), DeskError> {
        let Some(case) = booking.case else { return Ok(()) };
        let found = CaseFile::load(tx, &self.standards, Scope::All, case)?;
        let Some(step) = found.step() else { return Ok(()) };
        let (subject, body) = self.words_of(booking, change);
        let office = Addressee::Office(found.row.office);
        let waits = match step.actor.as_str() {
            APPLICANT => None,
            actor => Role::of_actor(actor).map(Addressee::Role),
        };
        for to in [Some(office), waits].into_iter().flatten() {
            let (subject, body) = (subject.clone(), body.clone());
            tx.announce(&Announcement { to, case: Some(case), subject, body }, self.now)?;
        }
        Ok(())
    }

    fn words_of(&self, booking: &Booking, change: Change<'_>) -> (Text, Text) {
        let place = |booking: &Booking, lang| match self.config.studios.studios.get(&booking.studio) {
            Some(studio) => {
                format!("{}, {}", studio.title, instant_in_words(booking.session.start(), studio.zone, lang))
            }
            None => booking.studio.to_string(),
        };
        let (title, id, en) = (&booking.title, place(booking, Lang::Id), place(booking, Lang::En));
        match change {
            Change::Moved(before, why) => (
                Text::new(format!("Sesi dipindah: {title}"), format!("Session moved: {title}")),
                Text::new(
                    format!(
                        "Sesi {title} dipindah ke {id} ({} menit). Semula: {}. Alasan: {why}",
                        booking.session.length().num_minutes(),
                        place(before, Lang::Id)
                    ),
                    format!(
                        "The session {title} was moved to {en} ({} minutes). Until now: {}. Reason: {why}",
                        booking.session.length().num_minutes(),
                        place(before, Lang::En)
                    ),
                ),
            ),
            Change::Cancelled(why) => (
                Text::new(format!("Pemesanan studio batal: {title}"), format!("Studio booking cancelled: {title}")),
                Text::new(
                    format!("Pemesanan {id} untuk {title} dibatalkan: {why} Waktu baru akan diberitahukan."),
                    format!("The booking of {en} for {title} was cancelled: {why} A new time will be announced."),
                ),
            ),
            Change::Expired => (
                Text::new(format!("Pemesanan sementara habis: {title}"), format!("Studio hold has run out: {title}")),
                Text::new(
                    format!(
                        "Pemesanan sementara {id} untuk {title} habis waktunya. Studio dipesan lagi saat jadwal disusun; \
                         waktunya dapat berubah."
                    ),
                    format!(
                        "The hold of {en} for {title} has run out. The studio is booked again with the schedule; the time may \
                         change."
                    ),
                ),
            ),
        }
    }
}
