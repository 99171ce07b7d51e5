//! Studios' bookings, what each of them claims, and what is told of its session. The desk decides within the transaction
//! that saves; triggers in the schema stand behind it.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use super::row::{instant, is_taken, maybe_instant, ms, small, word};
use super::{Reader, StoreError, Tx};
use crate::domain::ids::{BookingId, CaseId, FormId, PersonId, StudioId};
use crate::domain::studio::{Booking, BookingState, LogEntry, LogKind, Resource, SessionLog};
use crate::domain::time::{Instant, Span};

/// A booking that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBooking {
    /// Which studio.
    pub studio: StudioId,
    /// The request that it serves.
    pub case: Option<CaseId>,
    /// What is talked about.
    pub title: String,
    /// When people speak.
    pub session: Span,
    /// What it takes of the stock.
    pub equipment: Vec<String>,
    /// A hold until then.
    pub until: Instant,
    /// Who books it.
    pub by: PersonId,
    /// The form on which it was sent.
    pub form: Option<FormId>,
    /// What it keeps.
    pub keeps: Claims,
}

/// What a booking keeps, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// With setting up and taking down; not empty.
    pub occupied: Span,
    /// Each resource, and how many bookings may hold it at one instant.
    pub resources: BTreeMap<Resource, u32>,
}

/// One resource that is held for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// By which booking.
    pub booking: BookingId,
    /// What.
    pub resource: Resource,
    /// How many may hold it at one instant.
    pub capacity: u32,
    /// For how long.
    pub span: Span,
}

const COLUMNS: &str = "b.id, b.studio, b.case_id, b.title, b.start_ms, b.end_ms, b.from_ms, b.until_ms, b.equipment, \
                       b.state, b.expires_at_ms, b.booked_by, b.version, \
                       (select group_concat(substr(resource, 10), ' ') from booking_claims c \
                        where c.booking_id = b.id and c.resource like 'operator/%')";

fn unreadable(index: usize, why: impl ToString) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, why.to_string().into())
}

fn span(row: &Row<'_>, from: usize, until: usize) -> rusqlite::Result<Span> {
    let (from, until) = (instant(row, from)?, instant(row, until)?);
    Span::new(from, until).ok_or_else(|| unreadable(1, "it ends before it begins"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Booking> {
    let state: String = row.get(9)?;
    let state = match (state.as_str(), maybe_instant(row, 10)?) {
        ("hold", Some(until)) => BookingState::Hold { until },
        ("confirmed", _) => BookingState::Confirmed,
        ("cancelled", _) => BookingState::Cancelled,
        ("expired", _) => BookingState::Expired,
        (other, _) => return Err(unreadable(9, format!("{other:?} is no state of a booking"))),
    };
    let equipment: String = row.get(8)?;
    let equipment = equipment.split_whitespace().map(|id| id.parse().map_err(|e| unreadable(8, e)));
    let operators: Option<String> = row.get(13)?;
    let operators = operators.unwrap_or_default();
    let operators = operators.split_whitespace().map(|id| id.parse().map_err(|e| unreadable(13, e)));
    let mut operators = operators.collect::<rusqlite::Result<Vec<PersonId>>>()?;
    operators.sort_unstable();
    Ok(Booking {
        id: BookingId(row.get(0)?),
        studio: word(row, 1)?,
        case: row.get::<_, Option<i64>>(2)?.map(CaseId),
        title: row.get(3)?,
        session: span(row, 4, 5)?,
        occupied: span(row, 6, 7)?,
        operators,
        equipment: equipment.collect::<rusqlite::Result<_>>()?,
        state,
        by: PersonId(row.get(11)?),
        version: small(row, 12)?,
    })
}

impl Reader<'_> {
    /// One booking.
    ///
    /// # Errors
    /// When the database would not.
    pub fn booking(&self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        let sql = format!("select {COLUMNS} from bookings b where b.id = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id.0], read).optional()?)
    }

    /// Bookings of all studios that occupy some of a span, also those that keep nothing any more, by time.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bookings_in(&self, span: Span) -> Result<Vec<Booking>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from bookings b where b.from_ms < ?2 and b.until_ms > ?1 order by b.start_ms, b.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([ms(span.start()), ms(span.end())], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Bookings that serve a request, the newest last.
    ///
    /// # Errors
    /// When the database would not.
    pub fn bookings_of(&self, case: CaseId) -> Result<Vec<Booking>, StoreError> {
        let sql = format!("select {COLUMNS} from bookings b where b.case_id = ? order by b.id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([case.0], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The booking that somebody made on a form.
    ///
    /// # Errors
    /// When the database would not.
    pub fn booking_on_form(&self, by: PersonId, form: &FormId) -> Result<Option<Booking>, StoreError> {
        let sql = format!("select {COLUMNS} from bookings b where b.booked_by = ? and b.form = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![by.0, form.as_str()], read).optional()?)
    }

    /// Everything that is held during some of a span by bookings that keep it at `now`.
    ///
    /// # Errors
    /// When the database would not.
    pub fn claims_in(&self, span: Span, now: Instant) -> Result<Vec<ClaimRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "select c.booking_id, c.resource, c.capacity, c.from_ms, c.until_ms \
             from booking_claims c join bookings b on b.id = c.booking_id \
             where c.from_ms < ?2 and c.until_ms > ?1 \
               and (b.state = 'confirmed' or (b.state = 'hold' and b.expires_at_ms > ?3)) \
             order by c.from_ms, c.booking_id, c.resource",
        )?;
        let claim = |row: &Row<'_>| {
            Ok(ClaimRow {
                booking: BookingId(row.get(0)?),
                resource: word(row, 1)?,
                capacity: small(row, 2)?,
                span: self::span(row, 3, 4)?,
            })
        };
        let rows = statement.query_map([ms(span.start()), ms(span.end()), ms(now)], claim)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is told of a booking, oldest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn session_log(&self, booking: BookingId) -> Result<SessionLog, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "select seq, kind, item, note, person_id, at_ms from booking_log where booking_id = ? order by seq",
        )?;
        let entry = |row: &Row<'_>| {
            Ok(LogEntry {
                seq: small(row, 0)?,
                kind: word(row, 1)?,
                item: row.get(2)?,
                note: row.get(3)?,
                by: row.get::<_, Option<i64>>(4)?.map(PersonId),
                at: instant(row, 5)?,
            })
        };
        let rows = statement.query_map([booking.0], entry)?;
        Ok(SessionLog(rows.collect::<Result<_, _>>()?))
    }
}

impl Tx<'_> {
    /// Makes a hold; it keeps what it claims.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when a resource is taken: the desk asks first, in the same transaction.
    pub fn add_booking(&mut self, new: &NewBooking) -> Result<BookingId, StoreError> {
        self.connection
            .prepare_cached(
                "insert into bookings (studio, case_id, title, start_ms, end_ms, from_ms, until_ms, equipment, state, \
                 expires_at_ms, booked_by, version, form) values (?, ?, ?, ?, ?, ?, ?, ?, 'hold', ?, ?, 1, ?)",
            )?
            .execute(params![
                new.studio.as_str(),
                new.case.map(|c| c.0),
                new.title,
                ms(new.session.start()),
                ms(new.session.end()),
                ms(new.keeps.occupied.start()),
                ms(new.keeps.occupied.end()),
                new.equipment.join(" "),
                ms(new.until),
                new.by.0,
                new.form.as_ref().map(|f| f.as_str()),
            ])
            .map_err(|e| match is_taken(&e) {
                true => StoreError::Taken { what: "booking", name: new.title.clone() },
                false => e.into(),
            })?;
        let id = BookingId(self.connection.last_insert_rowid());
        self.claim(id, &new.keeps)?;
        Ok(id)
    }

    fn claim(&mut self, id: BookingId, keeps: &Claims) -> Result<(), StoreError> {
        let (from, until) = (ms(keeps.occupied.start()), ms(keeps.occupied.end()));
        let mut statement = self.connection.prepare_cached(
            "insert into booking_claims (booking_id, resource, capacity, from_ms, until_ms) values (?, ?, ?, ?, ?)",
        )?;
        for (resource, capacity) in &keeps.resources {
            statement.execute(params![id.0, resource.to_string(), capacity, from, until])?;
        }
        Ok(())
    }

    /// Gives a booking another state, if it still is of this version; one that keeps nothing any more frees its claims.
    /// `false` when somebody else changed it meanwhile.
    ///
    /// # Errors
    /// When the database would not.
    pub fn set_booking_state(
        &mut self,
        id: BookingId,
        version: u32,
        state: BookingState,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let expires = match state {
            BookingState::Hold { until } => Some(until),
            BookingState::Expired => Some(now),
            BookingState::Confirmed | BookingState::Cancelled => None,
        };
        let changed = self
            .connection
            .prepare_cached(
                "update bookings set state = ?, expires_at_ms = ?, version = version + 1 where id = ? and version = ?",
            )?
            .execute(params![state.as_str(), expires.map(ms), id.0, version])?;
        if changed == 1 && !state.keeps() {
            self.free_claims(id)?;
        }
        Ok(changed == 1)
    }

    fn free_claims(&mut self, id: BookingId) -> Result<(), StoreError> {
        self.connection.prepare_cached("delete from booking_claims where booking_id = ?")?.execute([id.0])?;
        Ok(())
    }

    /// Gives a booking another place and frees the old one, if it still is of this version.
    ///
    /// # Errors
    /// As [`Tx::add_booking`].
    pub fn move_booking(
        &mut self,
        id: BookingId,
        version: u32,
        studio: &StudioId,
        session: Span,
        keeps: &Claims,
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection
            .prepare_cached(
                "update bookings set studio = ?, start_ms = ?, end_ms = ?, from_ms = ?, until_ms = ?, \
                 version = version + 1 where id = ? and version = ?",
            )?
            .execute(params![
                studio.as_str(),
                ms(session.start()),
                ms(session.end()),
                ms(keeps.occupied.start()),
                ms(keeps.occupied.end()),
                id.0,
                version
            ])?;
        if changed == 1 {
            self.free_claims(id)?;
            self.claim(id, keeps)?;
        }
        Ok(changed == 1)
    }

    /// Writes down every hold that has run out, and frees what it kept.
    ///
    /// # Errors
    /// When the database would not.
    pub fn expire_holds(&mut self, now: Instant) -> Result<Vec<BookingId>, StoreError> {
        let over: Vec<(i64, u32)> = {
            let mut statement = self.connection.prepare_cached(
                "select id, version from bookings where state = 'hold' and expires_at_ms <= ? order by id",
            )?;
            let rows = statement.query_map([ms(now)], |row| Ok((row.get(0)?, small(row, 1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut expired = Vec::new();
        for (id, version) in over {
            let id = BookingId(id);
            self.set_booking_state(id, version, BookingState::Expired, now)?;
            self.tell_session(id, LogKind::Expired, "", "", None, now)?;
            expired.push(id);
        }
        Ok(expired)
    }

    /// Adds an entry to what is told of a booking.
    ///
    /// # Errors
    /// When the database would not.
    pub fn tell_session(
        &mut self,
        booking: BookingId,
        kind: LogKind,
        item: &str,
        note: &str,
        by: Option<PersonId>,
        at: Instant,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "insert into booking_log (booking_id, seq, kind, item, note, person_id, at_ms) \
                 select ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6 from booking_log where booking_id = ?1",
            )?
            .execute(params![booking.0, kind.as_str(), item, note, by.map(|p| p.0), ms(at)])?;
        Ok(())
    }
}
