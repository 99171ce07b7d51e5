//! Asks the calendar: rows and configuration become its house, its answer becomes claims or a refusal.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveTime, TimeDelta, Timelike};

use super::Booker;
use super::refused::{Alternative, Clash, NotBooked, StudioRefusal};
use crate::config::Config;
use crate::desk::DeskError;
use crate::domain::ids::{ChannelId, EquipmentId, PersonId};
use crate::domain::people::Role;
use crate::domain::rotation::Stretch;
use crate::domain::studio::{
    Booking, DAYS_AHEAD, GRID_MIN, MOST_OPERATORS, Resource, Studio, equipment_text, hours_of,
};
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant, Span, Zone};
use crate::engine::calendar::{self, Calendar, Conflict, House, Operator, Place, Room, Second, Wish, Words};
use crate::store::{Claims, Reader};

/// How far from the wanted day alternatives are looked for, days.
const LOOKED_AT: u64 = 7;

/// A wish among what is taken, as the calendar wants it.
struct Asked<'a> {
    studio: &'a Studio,
    house: House,
    calendar: Calendar,
    wish: Wish,
    operators: Vec<PersonId>,
    kinds: Vec<EquipmentId>,
}

/// What a session would keep where it is wanted; who operates is chosen here.
pub(super) fn keeps(
    booker: &Booker,
    reader: &Reader<'_>,
    studio: &Studio,
    session: Span,
    equipment: &BTreeSet<EquipmentId>,
    operators: u32,
    instead: Option<&Booking>,
) -> Result<Claims, DeskError> {
    let asked = Asked::load(booker, reader, studio, session, equipment, operators, instead)?;
    match calendar::request(&asked.house, &asked.calendar, &asked.wish) {
        Ok(place) => Ok(asked.claims(&place, &booker.config)),
        Err(not_free) => {
            let clashes = not_free.conflicts.iter();
            let day = BroadcastDate(studio.zone.local(session.start()).date());
            let closed = || booker.closed_on(studio, day);
            let text = |c: &Conflict| match c {
                Conflict::Closed => closed().unwrap_or_else(|| c.text(&asked)),
                _ => c.text(&asked),
            };
            let clashes = clashes.map(|c| Clash { code: c.code(), text: text(c) }).collect();
            let alternatives = asked.offered(&not_free.alternatives);
            Err(StudioRefusal::NotFree(Box::new(NotBooked { clashes, alternatives })).into())
        }
    }
}

/// The nearest places that are free.
pub(super) fn nearest(
    booker: &Booker,
    reader: &Reader<'_>,
    studio: &Studio,
    session: Span,
    equipment: &BTreeSet<EquipmentId>,
    operators: u32,
    instead: Option<&Booking>,
) -> Result<Vec<Alternative>, DeskError> {
    let asked = Asked::load(booker, reader, studio, session, equipment, operators, instead)?;
    Ok(asked.offered(&calendar::alternatives(&asked.house, &asked.calendar, &asked.wish)))
}

/// Who is on shift for all that a booking occupies and has nothing else in it.
pub(super) fn operators(
    booker: &Booker,
    reader: &Reader<'_>,
    studio: &Studio,
    booking: &Booking,
) -> Result<Vec<PersonId>, DeskError> {
    let wanted = u32::try_from(booking.operators.len()).unwrap_or(MOST_OPERATORS);
    let asked = Asked::load(booker, reader, studio, booking.session, &booking.equipment, wanted, None)?;
    let occupied = stretch(booking.occupied);
    let free = calendar::free_operators(&asked.house, &asked.calendar, asked.wish.day, occupied);
    Ok(free.into_iter().map(|number| asked.operators[number]).collect())
}

/// What a session keeps.
pub(super) fn claims(
    config: &Config,
    studio: &Studio,
    equipment: &BTreeSet<EquipmentId>,
    operators: &[PersonId],
    occupied: Span,
) -> Claims {
    let mut resources = BTreeMap::from([(Resource::Room(studio.id.clone()), 1)]);
    resources.extend(operators.iter().map(|operator| (Resource::Operator(*operator), 1)));
    resources.extend(equipment.iter().map(|kind| (Resource::Stock(kind.clone()), config.studios.pieces(kind))));
    resources.extend(studio.live.iter().map(|channel| (Resource::Live(channel.clone()), 1)));
    Claims { occupied, resources }
}

fn second(at: Instant) -> Second {
    at.timestamp()
}

fn instant(second: Second) -> Instant {
    Instant::from_timestamp(second, 0).unwrap_or_default()
}

fn stretch(span: Span) -> Stretch {
    Stretch { start: second(span.start()), end: second(span.end()) }
}

fn span(stretch: Stretch) -> Span {
    Span::new(instant(stretch.start), instant(stretch.end)).expect("the calendar's stretches end after they start")
}

fn midnight(zone: Zone, date: BroadcastDate) -> Instant {
    zone.resolve_local(date.0.and_time(NaiveTime::MIN))
}

impl<'a> Asked<'a> {
    fn load(
        booker: &Booker,
        reader: &Reader<'_>,
        studio: &'a Studio,
        session: Span,
        equipment: &BTreeSet<EquipmentId>,
        operators: u32,
        instead: Option<&Booking>,
    ) -> Result<Asked<'a>, DeskError> {
        let (zone, studios, now) = (studio.zone, &booker.config.studios, booker.now);
        let wanted = BroadcastDate(zone.local(session.start()).date());
        let today = BroadcastDate(zone.local(now).date());
        if (wanted.0 - today.0).num_days() > DAYS_AHEAD || wanted.0 < today.0 - Days::new(LOOKED_AT) {
            return Err(StudioRefusal::TooFar.into());
        }
        let days: Vec<BroadcastDate> = BroadcastDate(wanted.0 - Days::new(LOOKED_AT))
            .through(BroadcastDate(wanted.0 + Days::new(LOOKED_AT)))
            .collect();
        let open = |date: &BroadcastDate| booker.closed_on(studio, *date).is_none();
        let people = reader.holders(Role::StudioOperator, now)?;
        let shift = |email: &str, date: &BroadcastDate| match studios.shifts.get(email) {
            None => open(date).then(|| studio.opening(*date)).flatten(),
            Some(at) if at.shift.days.hold(*date) && !at.off.contains(date) => {
                Some(hours_of(zone, at.shift.hours, *date))
            }
            Some(_) => None,
        };
        let kinds: Vec<EquipmentId> = equipment.iter().cloned().collect();
        let house = House {
            grid: Second::from(GRID_MIN) * 60,
            midnights: days.iter().map(|date| second(midnight(zone, *date))).collect(),
            rooms: vec![Room {
                open: days.iter().map(|d| open(d).then(|| studio.opening(*d)).flatten().map(stretch)).collect(),
                setup: Second::from(studio.setup_min) * 60,
                teardown: Second::from(studio.teardown_min) * 60,
                live: studio.live.as_ref().map(|_| 0),
            }],
            operators: people
                .iter()
                .map(|p| Operator { shift: days.iter().map(|d| shift(&p.email, d).map(stretch)).collect() })
                .collect(),
            stock: kinds.iter().map(|kind| studios.pieces(kind)).collect(),
            channels: 1,
        };
        let operators_known: Vec<PersonId> = people.iter().map(|p| p.id).collect();
        let day = LOOKED_AT as usize;
        let wish = Wish {
            rooms: vec![0],
            day,
            at: second(session.start()) - house.midnights[day],
            length: session.length().num_seconds(),
            operators: operators as usize,
            equipment: (0..kinds.len()).collect(),
            flex_days: day,
            earliest: second(now),
        };
        let calendar = Calendar::new(&house);
        let mut asked = Asked { studio, house, calendar, wish, operators: operators_known, kinds };
        asked.take_what_is_taken(reader, &days, instead, now)?;
        Ok(asked)
    }

    fn take_what_is_taken(
        &mut self,
        reader: &Reader<'_>,
        days: &[BroadcastDate],
        instead: Option<&Booking>,
        now: Instant,
    ) -> Result<(), DeskError> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        // A session may run over midnight, and one of the day before into the first day.
        let from = midnight(self.studio.zone, *first) - TimeDelta::days(1);
        let until = midnight(self.studio.zone, *last) + TimeDelta::days(3);
        let window = Span::new(from, until).expect("the first day is before the last");
        let room = Resource::Room(self.studio.id.clone());
        let live: Option<ChannelId> = self.studio.live.clone();
        for claim in reader.claims_in(window, now)? {
            if instead.is_some_and(|booking| booking.id == claim.booking) {
                continue;
            }
            let taken = stretch(claim.span);
            match &claim.resource {
                resource if *resource == room => self.calendar.take_room(0, taken),
                Resource::Room(_) => {}
                Resource::Operator(id) => {
                    if let Some(number) = self.operators.iter().position(|known| known == id) {
                        self.calendar.take_operator(number, taken);
                    }
                }
                Resource::Stock(kind) => {
                    if let Some(number) = self.kinds.iter().position(|known| known == kind) {
                        self.calendar.take_stock(number, taken);
                    }
                }
                Resource::Live(channel) => {
                    if live.as_ref() == Some(channel) {
                        self.calendar.take_live(0, taken);
                    }
                }
            }
        }
        Ok(())
    }

    fn claims(&self, place: &Place, config: &Config) -> Claims {
        let operators: Vec<PersonId> = place.operators.iter().map(|o| self.operators[*o]).collect();
        claims(config, self.studio, &self.kinds.iter().cloned().collect(), &operators, span(place.occupied))
    }

    fn offered(&self, places: &[Place]) -> Vec<Alternative> {
        let offer = |place: &Place| {
            let session = span(place.session);
            let words = |lang| instant_in_words(session.start(), self.studio.zone, lang);
            Alternative { studio: self.studio.id.clone(), session, text: Text::new(words(Lang::Id), words(Lang::En)) }
        };
        places.iter().map(offer).collect()
    }
}

impl Words for Asked<'_> {
    fn hours(&self, stretch: Stretch, lang: Lang) -> String {
        let at = |second: Second| {
            let local = self.studio.zone.local(instant(second));
            let dot = if lang == Lang::Id { '.' } else { ':' };
            format!("{:02}{dot}{:02}", local.hour(), local.minute())
        };
        format!("{}–{}", at(stretch.start), at(stretch.end))
    }
    fn equipment(&self, kind: usize) -> Text {
        equipment_text(&self.kinds[kind])
    }
}
