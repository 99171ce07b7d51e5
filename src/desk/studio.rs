//! Booking studios. What is free is decided by `engine::calendar` inside the transaction that saves, so that of many who
//! ask at once one gets it; the database's triggers stand behind. [`Booker`] does it in a transaction that somebody else
//! has begun, a case's step for example; [`Desk`]'s methods begin one.

mod free;
mod operator;
mod refused;
mod request;
mod session;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::config::Config;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{BookingId, CaseId, EquipmentId, FormId, PersonId, StudioId};
use crate::domain::office_hours::OfficeHours;
use crate::domain::people::Role;
use crate::domain::studio::{
    Booking, BookingState, LONGEST_MIN, LONGEST_NOTE, LONGEST_TITLE, LogKind, MOST_OPERATORS, Progress, SHORTEST_MIN,
    SessionLog, Studio,
};
use crate::domain::submission::is_unprintable;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant, Span};
use crate::store::{NewBooking, Reader, Tx};

use super::cases::{Standards, acting_person};
use super::{Desk, DeskError, Refusal};

pub use operator::Handover;
pub use refused::{Alternative, Clash, NotBooked, StudioRefusal};
use request::Change;
pub use session::Entry;

/// Who may hold, confirm, move and cancel.
pub const BOOKERS: &[Role] = &[Role::StudioOperator, Role::RadioVerifier, Role::Functional];

/// A studio that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedBooking {
    /// Which.
    pub studio: StudioId,
    /// The request that it serves; at most one booking of a request keeps a studio.
    pub case: Option<CaseId>,
    /// What is talked about, 1 to [`LONGEST_TITLE`] characters.
    pub title: String,
    /// When people begin to speak; on the grid of quarters of an hour.
    pub start: Instant,
    /// For how long, minutes, [`SHORTEST_MIN`] to [`LONGEST_MIN`].
    pub minutes: u32,
    /// Operators, at most [`MOST_OPERATORS`]; `None`: as many as the studio usually has.
    pub operators: Option<u32>,
    /// What it takes from the stock; `None`: what the studio usually takes.
    pub equipment: Option<BTreeSet<EquipmentId>>,
    /// The form on which it was sent: what is sent twice on one is booked once.
    pub form: Option<FormId>,
}

impl WantedBooking {
    /// A session with the studio's usual operators and equipment.
    pub fn usual(studio: StudioId, title: &str, start: Instant, minutes: u32) -> WantedBooking {
        let title = title.to_owned();
        WantedBooking { studio, case: None, title, start, minutes, operators: None, equipment: None, form: None }
    }
    /// For a request.
    pub fn of_case(self, case: CaseId) -> WantedBooking {
        WantedBooking { case: Some(case), ..self }
    }
}

/// Where a booking is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedMove {
    /// To which studio; `None`: it stays.
    pub studio: Option<StudioId>,
    /// When people begin to speak.
    pub start: Instant,
    /// For how long; `None`: as before.
    pub minutes: Option<u32>,
    /// Why, 1 to [`LONGEST_NOTE`] characters.
    pub reason: String,
    /// Who of the applicant's side agreed, and how; wanted where the booking is confirmed.
    pub consent: Option<String>,
    /// The booking as whoever asks saw it; `None`: as it is.
    pub version: Option<u32>,
}

/// A booking with what is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingFile {
    /// The booking; its state is that of the instant of asking.
    pub booking: Booking,
    /// Its studio's title; the name where the configuration has none of it any more.
    pub studio: String,
    /// What is told.
    pub log: SessionLog,
    /// Who operates, by name.
    pub operators: Vec<String>,
    /// Those of them who are no operators any more while the session is still to be held.
    pub gone: Vec<String>,
}

/// Books within a transaction that its caller has begun.
#[derive(Clone)]
pub struct Booker {
    config: Arc<Config>,
    standards: Standards,
    /// When the office works, where a studio is closed with it.
    office: Option<Arc<OfficeHours>>,
    now: Instant,
}

impl Booker {
    /// Its instant.
    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// Why a studio is closed on a whole day, beside the days of its week; `None`: it is not.
    pub fn closed_on(&self, studio: &Studio, day: BroadcastDate) -> Option<Text> {
        if self.config.studios.closed.contains(&day) {
            return Some(Text::new("Studio tutup pada hari itu.", "The studio is closed that day."));
        }
        let office = self.office.as_ref().filter(|office| studio.office_days && !office.works_on(day.0))?;
        let named = office.closed.get(&day.0).filter(|name| !name.is_empty());
        let (id, en) = named.map_or(("kantor libur", "the office does not work"), |name| (name, name));
        Some(Text::new(format!("Studio tutup pada hari itu: {id}."), format!("The studio is closed that day: {en}.")))
    }

    fn studio(&self, id: &StudioId) -> Result<&Studio, DeskError> {
        let found = self.config.studios.studios.get(id);
        let what = || Text::new(format!("Studio {id}"), format!("The studio {id}"));
        Ok(found.ok_or_else(|| Refusal::NotFound { what: what() })?)
    }

    /// Holds a studio while the letter is on its way. Whoever calls has judged that `by` may.
    ///
    /// # Errors
    /// [`StudioRefusal::NotFree`] with the nearest alternatives; others if what is wanted can't be.
    pub fn hold(&self, tx: &mut Tx<'_>, by: PersonId, wanted: WantedBooking) -> Result<Booking, DeskError> {
        if let Some(form) = &wanted.form
            && let Some(known) = tx.booking_on_form(by, form)?
        {
            return Ok(known);
        }
        let studio = self.studio(&wanted.studio)?;
        let title = words(&wanted.title, LONGEST_TITLE).ok_or(StudioRefusal::Title)?;
        let session = session_of(wanted.start, wanted.minutes)?;
        if wanted.operators.is_some_and(|n| n > MOST_OPERATORS) {
            return Err(StudioRefusal::Operators.into());
        }
        self.expire(tx)?;
        if let Some(case) = wanted.case
            && let Some(known) = tx.bookings_of(case)?.into_iter().find(|b| b.state.keeps())
        {
            return Err(StudioRefusal::HasOne(known.id).into());
        }
        let equipment = wanted.equipment.clone().unwrap_or_else(|| studio.equipment.clone());
        let operators = wanted.operators.unwrap_or(studio.operators);
        let keeps = free::keeps(self, tx, studio, session, &equipment, operators, None)?;
        let lasts = TimeDelta::hours(i64::from(self.config.studios.hold_hours));
        let new = NewBooking {
            studio: studio.id.clone(),
            case: wanted.case,
            title,
            session,
            equipment: equipment.iter().map(ToString::to_string).collect(),
            // A hold can't outlast its own beginning: then it is confirmed or nobody comes.
            until: (self.now + lasts).min(session.start()),
            by,
            form: wanted.form.clone(),
            keeps,
        };
        let id = tx.add_booking(&new)?;
        self.told(tx, AuditKind::StudioHeld, id, LogKind::Held, "", Some(by))?;
        self.load(tx, id)
    }

    /// Makes a hold stay.
    ///
    /// # Errors
    /// Refused if the hold has run out or was cancelled; already confirmed is fine.
    pub fn confirm(&self, tx: &mut Tx<'_>, by: PersonId, id: BookingId) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.load(tx, id)?;
        match booking.state {
            BookingState::Confirmed => return Ok(booking),
            BookingState::Hold { .. } => {}
            over => return Err(StudioRefusal::Over(over).into()),
        }
        tx.set_booking_state(id, booking.version, BookingState::Confirmed, self.now)?;
        self.told(tx, AuditKind::BookingConfirmed, id, LogKind::Confirmed, "", Some(by))?;
        self.load(tx, id)
    }

    /// Gives a booking another time or studio; the old one is free in the same instant, and kept if the new is refused.
    ///
    /// # Errors
    /// As [`Booker::hold`]; refused too without a reason, without consent where it is confirmed, and once it began.
    pub fn move_to(
        &self,
        tx: &mut Tx<'_>,
        by: PersonId,
        id: BookingId,
        wanted: WantedMove,
    ) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.changeable(tx, id, wanted.version)?;
        let reason = words(&wanted.reason, LONGEST_NOTE).ok_or(StudioRefusal::ReasonWanted)?;
        if let (Some(case), Some(studio)) = (booking.case, &wanted.studio) {
            self.serves(tx, case, studio)?;
        }
        let consent = wanted.consent.as_deref().and_then(|text| words(text, LONGEST_NOTE));
        let note = match (booking.state, consent) {
            (BookingState::Confirmed, None) => return Err(StudioRefusal::ConsentWanted.into()),
            (_, Some(consent)) => format!("{reason} ({consent})"),
            (_, None) => reason.clone(),
        };
        let before = u32::try_from(booking.session.length().num_minutes()).unwrap_or(0);
        let session = session_of(wanted.start, wanted.minutes.unwrap_or(before))?;
        let moved = self.place(tx, by, &booking, (wanted.studio.as_ref(), session), &note)?;
        self.tell_request(tx, &moved, Change::Moved(&booking, &reason))?;
        Ok(moved)
    }

    /// Gives a booking the place that a step of its request wants; the step itself is the reason. `agreed`: the applicant
    /// asked for it.
    ///
    /// # Errors
    /// As [`Booker::move_to`].
    pub(super) fn follow(
        &self,
        tx: &mut Tx<'_>,
        by: PersonId,
        id: BookingId,
        (studio, session): (&StudioId, Span),
        agreed: bool,
    ) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.changeable(tx, id, None)?;
        if booking.state == BookingState::Confirmed && !agreed {
            return Err(StudioRefusal::ConsentWanted.into());
        }
        self.place(tx, by, &booking, (Some(studio), session), "")
    }

    fn place(
        &self,
        tx: &mut Tx<'_>,
        by: PersonId,
        booking: &Booking,
        (studio, session): (Option<&StudioId>, Span),
        note: &str,
    ) -> Result<Booking, DeskError> {
        let id = booking.id;
        let studio = self.studio(studio.unwrap_or(&booking.studio))?;
        let operators = u32::try_from(booking.operators.len()).unwrap_or(MOST_OPERATORS);
        let keeps = free::keeps(self, tx, studio, session, &booking.equipment, operators, Some(booking))?;
        tx.move_booking(id, booking.version, &studio.id, session, &keeps)?;
        if let BookingState::Hold { until } = booking.state
            && until > session.start()
        {
            let version = self.load(tx, id)?.version;
            tx.set_booking_state(id, version, BookingState::Hold { until: session.start() }, self.now)?;
        }
        self.told(tx, AuditKind::BookingMoved, id, LogKind::Moved, note, Some(by))?;
        self.load(tx, id)
    }

    /// Gives a booking back.
    ///
    /// # Errors
    /// Refused without a reason, when it is over already, and once its session began.
    pub fn cancel(
        &self,
        tx: &mut Tx<'_>,
        by: Option<PersonId>,
        id: BookingId,
        version: Option<u32>,
        reason: &str,
    ) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.changeable(tx, id, version)?;
        let reason = words(reason, LONGEST_NOTE).ok_or(StudioRefusal::ReasonWanted)?;
        let booking = self.release(tx, by, &booking, &reason)?;
        self.tell_request(tx, &booking, Change::Cancelled(&reason))?;
        Ok(booking)
    }

    /// Gives back what a request keeps that ends; why stands with the request.
    ///
    /// # Errors
    /// As [`Booker::cancel`].
    pub(super) fn give_up(
        &self,
        tx: &mut Tx<'_>,
        by: Option<PersonId>,
        id: BookingId,
        why: &str,
    ) -> Result<Booking, DeskError> {
        self.expire(tx)?;
        let booking = self.changeable(tx, id, None)?;
        self.release(tx, by, &booking, &line_of(why, LONGEST_NOTE))
    }

    fn release(
        &self,
        tx: &mut Tx<'_>,
        by: Option<PersonId>,
        booking: &Booking,
        note: &str,
    ) -> Result<Booking, DeskError> {
        tx.set_booking_state(booking.id, booking.version, BookingState::Cancelled, self.now)?;
        self.told(tx, AuditKind::BookingCancelled, booking.id, LogKind::Cancelled, note, by)?;
        self.load(tx, booking.id)
    }

    fn changeable(&self, tx: &mut Tx<'_>, id: BookingId, version: Option<u32>) -> Result<Booking, DeskError> {
        let booking = self.load(tx, id)?;
        if !booking.state.keeps() {
            return Err(StudioRefusal::Over(booking.state).into());
        }
        if version.is_some_and(|version| version != booking.version) {
            return Err(StudioRefusal::Changed.into());
        }
        if tx.session_log(id)?.progress() != Progress::Waiting {
            return Err(StudioRefusal::Begun.into());
        }
        Ok(booking)
    }

    fn load(&self, reader: &Reader<'_>, id: BookingId) -> Result<Booking, DeskError> {
        let found = reader.booking(id)?;
        let what = || Text::new(format!("Pemesanan {id}"), format!("Booking {id}"));
        let mut booking = found.ok_or_else(|| Refusal::NotFound { what: what() })?;
        booking.state = booking.state.at(self.now);
        Ok(booking)
    }

    /// Writes down what has run out: everything else in this transaction then sees it free.
    fn expire(&self, tx: &mut Tx<'_>) -> Result<usize, DeskError> {
        let expired = tx.expire_holds(self.now)?;
        for id in &expired {
            self.audit(tx, AuditKind::BookingExpired, *id, None)?;
            let booking = self.load(tx, *id)?;
            self.tell_request(tx, &booking, Change::Expired)?;
        }
        Ok(expired.len())
    }

    fn told(
        &self,
        tx: &mut Tx<'_>,
        audit: AuditKind,
        id: BookingId,
        kind: LogKind,
        note: &str,
        by: Option<PersonId>,
    ) -> Result<(), DeskError> {
        tx.tell_session(id, kind, "", note, by, self.now)?;
        self.audit(tx, audit, id, by)
    }

    fn audit(&self, tx: &mut Tx<'_>, kind: AuditKind, id: BookingId, by: Option<PersonId>) -> Result<(), DeskError> {
        let booking = self.load(tx, id)?;
        let event = AuditEvent { by, ..AuditEvent::new(kind) };
        let event = event.number("booking", id.0).word("studio", &booking.studio).at("start", booking.session.start());
        let event = booking.case.iter().fold(event, |event, case| event.number("case", case.0));
        Ok(tx.audit(&event, self.now)?)
    }

    /// Whoever holds one of the roles.
    fn by_role(&self, reader: &Reader<'_>, by: PersonId, roles: &[Role]) -> Result<(), DeskError> {
        let person = acting_person(reader, by, self.now)?;
        if roles.iter().any(|role| person.holds(*role)) { Ok(()) } else { Err(Refusal::NeedsRole(roles[0]).into()) }
    }
}

/// What a person wrote, without space around it; `None` if nothing that can be seen is left, it is too long, or holds what
/// makes a line read differently. Only what is longer than a title has lines.
fn words(text: &str, most: usize) -> Option<String> {
    let text = text.trim().replace("\r\n", "\n");
    let lines = most > LONGEST_TITLE;
    let seen = text.contains(|c: char| !c.is_whitespace() && !NOTHING_TO_SEE.contains(&c));
    let fine = seen && text.chars().count() <= most && !text.contains(|c| is_unprintable(c) && !(lines && c == '\n'));
    fine.then_some(text)
}

/// Characters without width, which alone make no word.
const NOTHING_TO_SEE: [char; 7] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}'];

/// Words that stand elsewhere already, as one line of at most so many characters.
pub(super) fn line_of(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !is_unprintable(*c)).take(most).collect()
}

pub(super) fn session_of(start: Instant, minutes: u32) -> Result<Span, DeskError> {
    if !(SHORTEST_MIN..=LONGEST_MIN).contains(&minutes) {
        return Err(StudioRefusal::Length.into());
    }
    let end = start.checked_add_signed(TimeDelta::minutes(i64::from(minutes)));
    Ok(end.and_then(|end| Span::new(start, end)).ok_or(StudioRefusal::TooFar)?)
}

impl Desk {
    /// Books within a transaction that the caller begins; its clock stands still from now on.
    ///
    /// # Errors
    /// When a studio is closed with the office, and the home's calendars do not hold.
    pub fn booker(&self) -> Result<Booker, DeskError> {
        let wanted = self.config.studios.studios.values().any(|studio| studio.office_days);
        let office = wanted.then(|| Ok::<_, DeskError>(Arc::new(self.deadlines()?.office().clone()))).transpose()?;
        Ok(Booker { config: Arc::clone(&self.config), standards: self.standards.clone(), office, now: self.now() })
    }

    /// Holds a studio while the letter is on its way.
    ///
    /// # Errors
    /// As [`Booker::hold`]; refused too if the person is none of [`BOOKERS`].
    pub fn hold(&self, by: PersonId, wanted: WantedBooking) -> Result<Booking, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| {
            booker.by_role(tx, by, BOOKERS)?;
            if let Some(case) = wanted.case {
                booker.serves(tx, case, &wanted.studio)?;
            }
            booker.hold(tx, by, wanted)
        })
    }

    /// Makes a hold stay.
    ///
    /// # Errors
    /// As [`Booker::confirm`]; refused too if the person is none of [`BOOKERS`].
    pub fn confirm(&self, by: PersonId, id: BookingId) -> Result<Booking, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| {
            booker.by_role(tx, by, BOOKERS)?;
            booker.confirm(tx, by, id)
        })
    }

    /// Gives a booking another time or studio.
    ///
    /// # Errors
    /// As [`Booker::move_to`]; refused too if the person is none of [`BOOKERS`].
    pub fn move_to(&self, by: PersonId, id: BookingId, wanted: WantedMove) -> Result<Booking, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| {
            booker.by_role(tx, by, BOOKERS)?;
            booker.move_to(tx, by, id, wanted)
        })
    }

    /// Gives a booking back.
    ///
    /// # Errors
    /// As [`Booker::cancel`]; refused too if the person is none of [`BOOKERS`].
    pub fn cancel(
        &self,
        by: PersonId,
        id: BookingId,
        version: Option<u32>,
        reason: &str,
    ) -> Result<Booking, DeskError> {
        let (booker, reason) = (self.booker()?, reason.to_owned());
        self.store.write(move |tx| {
            booker.by_role(tx, by, BOOKERS)?;
            booker.cancel(tx, Some(by), id, version, &reason)
        })
    }

    /// Frees holds that have run out, and writes it down; how many.
    ///
    /// # Errors
    /// When the database would not.
    pub fn expire_holds(&self) -> Result<usize, DeskError> {
        let booker = self.booker()?;
        self.store.write(move |tx| booker.expire(tx))
    }

    /// What is free for a wish that is not met: the nearest places that differ, for a page that asks before it books.
    ///
    /// # Errors
    /// When the studio is not there, or the database would not.
    pub fn nearest(&self, wanted: &WantedBooking) -> Result<Vec<Alternative>, DeskError> {
        let booker = self.booker()?;
        let studio = booker.studio(&wanted.studio)?;
        let session = session_of(wanted.start, wanted.minutes)?;
        let equipment = wanted.equipment.clone().unwrap_or_else(|| studio.equipment.clone());
        let operators = wanted.operators.unwrap_or(studio.operators);
        self.store.read(|r| free::nearest(&booker, r, studio, session, &equipment, operators, None))
    }

    /// One booking with what is told of it.
    ///
    /// # Errors
    /// Refused if it is not there.
    pub fn booking(&self, id: BookingId) -> Result<BookingFile, DeskError> {
        let booker = self.booker()?;
        self.store.read(|r| {
            let booking = booker.load(r, id)?;
            self.file_of(r, booking, booker.now)
        })
    }

    /// Bookings of a request, the newest last; at most one of them keeps a studio.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bookings_of(&self, case: CaseId) -> Result<Vec<Booking>, DeskError> {
        let now = self.now();
        let mut found = self.store.read(|r| r.bookings_of(case))?;
        found.iter_mut().for_each(|b| b.state = b.state.at(now));
        Ok(found)
    }

    /// Bookings of all studios that occupy some of a calendar day, by time, also those that were given back.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bookings_on(&self, day: BroadcastDate) -> Result<Vec<BookingFile>, DeskError> {
        self.bookings_between(day, day)
    }

    /// Bookings of all studios on calendar days, both included, by time.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bookings_between(&self, first: BroadcastDate, last: BroadcastDate) -> Result<Vec<BookingFile>, DeskError> {
        let now = self.now();
        let Some(zone) = self.config.studios.studios.values().next().map(|studio| studio.zone) else {
            return Ok(Vec::new());
        };
        let midnight = |date: BroadcastDate| zone.resolve_local(date.0.and_time(chrono::NaiveTime::MIN));
        let until = midnight(last.next().unwrap_or(last));
        let Some(span) = Span::new(midnight(first), until) else { return Ok(Vec::new()) };
        self.store.read(|r| {
            let found = r.bookings_in(span)?;
            found
                .into_iter()
                .map(|mut booking| {
                    booking.state = booking.state.at(now);
                    self.file_of(r, booking, now)
                })
                .collect()
        })
    }

    fn file_of(&self, r: &Reader<'_>, booking: Booking, now: Instant) -> Result<BookingFile, DeskError> {
        let log = r.session_log(booking.id)?;
        let open = booking.state.keeps() && matches!(log.progress(), Progress::Waiting | Progress::Running { .. });
        let (mut operators, mut gone) = (Vec::new(), Vec::new());
        for id in &booking.operators {
            let person = r.person(*id, now)?;
            let name = person.as_ref().map_or(id.to_string(), |person| person.name.clone());
            let works = person.is_some_and(|p| p.disabled_at.is_none() && p.holds(Role::StudioOperator));
            gone.extend((open && !works).then(|| name.clone()));
            operators.push(name);
        }
        let studio = self.config.studios.studios.get(&booking.studio);
        let studio = studio.map_or_else(|| booking.studio.to_string(), |s| s.title.clone());
        Ok(BookingFile { booking, studio, log, operators, gone })
    }
}
