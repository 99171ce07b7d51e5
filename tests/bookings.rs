//! Ten thousand random steps at the studio's desk, beside a model that knows nothing but minutes: what it allows is
//! booked, what it forbids is refused for the same reasons, and what is offered instead is free.

#![allow(clippy::unwrap_used, reason = "a step that can not be done fails the story")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{Datelike, TimeDelta, Timelike};
use siaran::config::Config;
use siaran::desk::studio::{NotBooked, StudioRefusal, WantedBooking, WantedMove};
use siaran::desk::{Desk, DeskError, Refusal};
use siaran::domain::ids::{BookingId, EquipmentId, PersonId, StudioId};
use siaran::domain::people::Role;
use siaran::domain::studio::{Booking, BookingState};
use siaran::domain::time::{Clock, Instant, Reading, Zone};
use siaran::store::NewPerson;

struct Hand(Mutex<Instant>);

impl Clock for Hand {
    fn read(&self) -> Reading {
        Reading { utc: *self.0.lock().unwrap(), monotonic: Duration::ZERO, synchronised: true }
    }
}

const STUDIOS: [&str; 2] = ["studio.radio", "studio.podcast"];
const KINDS: [&str; 3] = ["camera", "mixer", "stream"];
const STOCK: [usize; 3] = [2, 1, 1];
/// By studio: opens, closes, setting up, taking down, in minutes.
const ROOMS: [(i64, i64, i64, i64); 2] = [(8 * 60, 20 * 60, 30, 15), (8 * 60, 16 * 60, 15, 15)];
/// By operator: from, until, days off counted from Monday.
const SHIFTS: [(i64, i64, &[u32]); 4] =
    [(8 * 60, 16 * 60, &[5, 6]), (12 * 60, 20 * 60, &[0, 6]), (8 * 60, 16 * 60, &[2, 6]), (12 * 60, 20 * 60, &[4, 6])];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn configuration() -> String {
    let days_off = |off: &[u32]| {
        let on = DAYS.iter().enumerate().filter(|(n, _)| !off.contains(&u32::try_from(*n).unwrap()));
        on.map(|(_, day)| format!("{day:?}")).collect::<Vec<_>>().join(", ")
    };
    let time = |minutes: i64| format!("\"{:02}:{:02}\"", minutes / 60, minutes % 60);
    let mut text = String::new();
    for (name, (open, close, setup, teardown)) in STUDIOS.iter().zip(ROOMS) {
        let live = if *name == "studio.radio" { "radio" } else { "" };
        let days = if *name == "studio.podcast" { days_off(&[6]) } else { days_off(&[]) };
        text += &format!(
            "[studio.{name:?}]\nopen = {}\nclose = {}\nsetup_min = {setup}\nteardown_min = {teardown}\nlive = {live:?}\n\
             days = [{days}]\n",
            time(open),
            time(close)
        );
    }
    for (number, (from, until, off)) in SHIFTS.iter().enumerate() {
        text += &format!(
            "[studio_operator.\"operator{number}@kab.go.id\"]\nfrom = {}\nuntil = {}\ndays = [{}]\n",
            time(*from),
            time(*until),
            days_off(off)
        );
    }
    text + "[bookings]\nhold_hours = 30\n[bookings.stock]\ncamera = 2\nmixer = 1\nstream = 1\n"
}

/// xorshift, Marsaglia: a fixed sequence per seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 33).unwrap() % n
    }
}

/// What the model knows of a booking.
#[derive(Clone)]
struct Known {
    studio: usize,
    from: i64,
    until: i64,
    operators: BTreeSet<usize>,
    kinds: BTreeSet<usize>,
    state: BookingState,
    length: i64,
    version: u32,
}

/// Local minutes since 1970, one at a time.
struct Model {
    zone: Zone,
    known: BTreeMap<BookingId, Known>,
}

impl Model {
    fn minute(&self, at: Instant) -> i64 {
        self.zone.local(at).and_utc().timestamp() / 60
    }
    fn instant(&self, minute: i64) -> Instant {
        self.zone.resolve_local(chrono::DateTime::from_timestamp(minute * 60, 0).unwrap().naive_utc())
    }
    fn keeping(&self, except: Option<BookingId>, now: Instant) -> impl Iterator<Item = &Known> {
        self.known
            .iter()
            .filter(move |(id, known)| Some(**id) != except && known.state.at(now).keeps())
            .map(|(_, known)| known)
    }
    fn weekday(minute: i64) -> u32 {
        let date = chrono::DateTime::from_timestamp(minute * 60, 0).unwrap();
        date.weekday().num_days_from_monday()
    }

    /// Words of everything that stands against a session, and the operators who are free for it.
    fn judge(
        &self,
        wanted: &Wanted,
        start: i64,
        except: Option<BookingId>,
        now: Instant,
    ) -> (BTreeSet<&'static str>, BTreeSet<usize>) {
        let Wanted { studio, length, operators, kinds, .. } = wanted;
        let (studio, length, operators) = (*studio, *length, *operators);
        let (open, close, setup, teardown) = ROOMS[studio];
        let (from, until) = (start - setup, start + length + teardown);
        let midnight = start.div_euclid(1440) * 1440;
        let mut against = BTreeSet::new();
        if self.instant(start) < now {
            against.insert("past");
        }
        if start % 15 != 0 {
            against.insert("off_grid");
        }
        if studio == 1 && Model::weekday(start) == 6 {
            against.insert("closed");
        } else if from < midnight + open || until > midnight + close {
            against.insert("outside_hours");
        }
        let mut free: BTreeSet<usize> = (0..SHIFTS.len())
            .filter(|o| {
                let (begins, ends, off) = SHIFTS[*o];
                !off.contains(&Model::weekday(start)) && from >= midnight + begins && until <= midnight + ends
            })
            .collect();
        let near: Vec<&Known> = self.keeping(except, now).filter(|k| k.from < until && from < k.until).collect();
        for minute in from..until {
            let mut used = [0; KINDS.len()];
            for known in near.iter().filter(|k| k.from <= minute && minute < k.until) {
                if known.studio == studio {
                    against.insert("room_taken");
                }
                free.retain(|o| !known.operators.contains(o));
                known.kinds.iter().for_each(|kind| used[*kind] += 1);
            }
            if kinds.iter().any(|kind| used[*kind] >= STOCK[*kind]) {
                against.insert("stock");
            }
        }
        if free.len() < operators {
            against.insert("operators");
        }
        (against, free)
    }

    /// The least distance of a free place within a week, by trying all of them.
    fn nearest(&self, wanted: &Wanted, except: Option<BookingId>, now: Instant) -> Option<i64> {
        let start = wanted.start;
        let midnight = start.div_euclid(1440) * 1440;
        let mut least = None;
        for day in -7..=7 {
            for quarter in 0..96 {
                let at = midnight + day * 1440 + quarter * 15;
                let cost = ((at - day * 1440 - start).abs() / 15).min(40) + 8 * day.abs();
                if least.is_some_and(|least| least <= cost) {
                    continue;
                }
                if self.judge(wanted, at, except, now).0.is_empty() {
                    least = Some(cost);
                }
            }
        }
        least
    }
}

struct Story {
    desk: Desk,
    clock: Arc<Hand>,
    model: Model,
    by: PersonId,
    operators: Vec<PersonId>,
    dice: Dice,
    refused: u32,
}

struct Wanted {
    studio: usize,
    start: i64,
    length: i64,
    operators: usize,
    kinds: BTreeSet<usize>,
}

impl Story {
    fn new(home: &Path, seed: u64) -> Story {
        let clock = Arc::new(Hand(Mutex::new("2026-11-23T01:00:00Z".parse().unwrap())));
        let desk = Desk::open(Config::parse(home, &configuration()).unwrap(), clock.clone()).unwrap();
        let add = |email: String, role: Role| {
            let person = NewPerson { name: email.clone(), email, office: None };
            desk.add_person(None, person, &[role]).unwrap().person
        };
        let operators = (0..SHIFTS.len()).map(|n| add(format!("operator{n}@kab.go.id"), Role::StudioOperator));
        let operators = operators.collect();
        let by = add("verifikasi@kab.go.id".into(), Role::RadioVerifier);
        let model = Model { zone: "Asia/Jakarta".parse().unwrap(), known: BTreeMap::new() };
        Story { desk, clock, model, by, operators, dice: Dice(seed), refused: 0 }
    }
    fn now(&self) -> Instant {
        *self.clock.0.lock().unwrap()
    }

    fn wanted(&mut self) -> Wanted {
        let today = self.model.minute(self.now()).div_euclid(1440) * 1440;
        let kinds = (0..KINDS.len()).filter(|_| self.dice.below(3) == 0).collect();
        Wanted {
            studio: usize::try_from(self.dice.below(2)).unwrap(),
            start: today
                + self.dice.below(4) * 1440
                + (7 * 60 + self.dice.below(14 * 4) * 15)
                + if self.dice.below(20) == 0 { 5 } else { 0 },
            length: [30, 45, 60, 90, 120][usize::try_from(self.dice.below(5)).unwrap()],
            operators: usize::try_from(self.dice.below(3)).unwrap(),
            kinds,
        }
    }

    /// What the desk said must be what the model says.
    fn agrees(&mut self, wanted: &Wanted, except: Option<BookingId>, said: Result<Booking, DeskError>, step: u32) {
        let Wanted { studio, start, length, operators, kinds } = wanted;
        let now = self.now();
        let (against, free) = self.model.judge(wanted, *start, except, now);
        match said {
            Ok(booking) => {
                assert_eq!(against, BTreeSet::new(), "step {step}: booked against the model");
                let number = |p: &PersonId| self.operators.iter().position(|known| known == p).unwrap();
                let who: BTreeSet<usize> = booking.operators.iter().map(number).collect();
                assert_eq!(who.len(), *operators, "step {step}");
                assert!(who.is_subset(&free), "step {step}: an operator who is not free");
                let known = Known {
                    studio: *studio,
                    from: self.model.minute(booking.occupied.start()),
                    until: self.model.minute(booking.occupied.end()),
                    operators: who,
                    kinds: kinds.clone(),
                    state: booking.state,
                    length: *length,
                    version: booking.version,
                };
                let (_, _, setup, teardown) = ROOMS[*studio];
                assert_eq!((known.from, known.until), (start - setup, start + length + teardown), "step {step}");
                self.model.known.insert(booking.id, known);
            }
            Err(DeskError::Refused(Refusal::Studio(StudioRefusal::NotFree(why)))) => {
                self.refused += 1;
                let NotBooked { clashes, alternatives } = *why;
                let codes: BTreeSet<&str> = clashes.iter().map(|c| c.code).collect();
                // One room airs on one channel, so that a taken slot is a taken room.
                assert_eq!(codes, against, "step {step}: refused for other reasons than the model's");
                let mut costs = Vec::new();
                for offer in &alternatives {
                    let at = self.model.minute(offer.session.start());
                    let found = self.model.judge(wanted, at, except, now).0;
                    assert_eq!(found, BTreeSet::new(), "step {step}: offered what is not free");
                    let days = at.div_euclid(1440) - start.div_euclid(1440);
                    costs.push(((at - days * 1440 - start).abs() / 15).min(40) + 8 * days.abs());
                }
                assert!(costs.is_sorted(), "step {step}: {costs:?}");
                if step.is_multiple_of(40) {
                    let nearest = self.model.nearest(wanted, except, now);
                    assert_eq!(costs.first().copied(), nearest, "step {step}: the nearest is not offered");
                }
            }
            Err(other) => panic!("step {step}: {other}"),
        }
    }

    fn step(&mut self, step: u32) {
        let now = self.now();
        let ids: Vec<BookingId> = self.model.known.keys().rev().take(40).copied().collect();
        let one = (!ids.is_empty()).then(|| ids[usize::try_from(self.dice.below(40)).unwrap() % ids.len()]);
        match (self.dice.below(20), one) {
            (0..=9, _) | (_, None) => {
                let wanted = self.wanted();
                let studio: StudioId = STUDIOS[wanted.studio].parse().unwrap();
                let kinds: BTreeSet<EquipmentId> = wanted.kinds.iter().map(|k| KINDS[*k].parse().unwrap()).collect();
                let asked = WantedBooking {
                    operators: Some(u32::try_from(wanted.operators).unwrap()),
                    equipment: Some(kinds),
                    ..WantedBooking::usual(
                        studio,
                        "Bincang pagi",
                        self.model.instant(wanted.start),
                        u32::try_from(wanted.length).unwrap(),
                    )
                };
                let said = self.desk.hold(self.by, asked);
                self.agrees(&wanted, None, said, step);
            }
            (10..=12, Some(id)) => {
                let known = self.model.known[&id].clone();
                let said = self.desk.confirm(self.by, id);
                assert_eq!(said.is_ok(), known.state.at(now).keeps(), "step {step}: {said:?}");
                if let Ok(booking) = said {
                    let known = self.model.known.get_mut(&id).unwrap();
                    (known.state, known.version) = (BookingState::Confirmed, booking.version);
                }
            }
            (13..=15, Some(id)) => {
                let known = self.model.known[&id].clone();
                let mut wanted = self.wanted();
                (wanted.operators, wanted.kinds) = (known.operators.len(), known.kinds.clone());
                let to = WantedMove {
                    studio: Some(STUDIOS[wanted.studio].parse().unwrap()),
                    start: self.model.instant(wanted.start),
                    minutes: Some(u32::try_from(wanted.length).unwrap()),
                    reason: "narasumber berhalangan".into(),
                    consent: (known.state == BookingState::Confirmed).then(|| "Camat setuju lewat telepon".into()),
                    version: Some(known.version),
                };
                let said = self.desk.move_to(self.by, id, to);
                if known.state.at(now).keeps() {
                    self.agrees(&wanted, Some(id), said, step);
                } else {
                    assert!(said.is_err(), "step {step}: moved what is over");
                }
            }
            (16..=17, Some(id)) => {
                let keeps = self.model.known[&id].state.at(now).keeps();
                let said = self.desk.cancel(self.by, id, None, "acara ditunda");
                assert_eq!(said.is_ok(), keeps, "step {step}: {said:?}");
                if keeps {
                    self.model.known.get_mut(&id).unwrap().state = BookingState::Cancelled;
                }
            }
            _ => {
                let minutes = self.dice.below(180);
                *self.clock.0.lock().unwrap() += TimeDelta::minutes(minutes);
            }
        }
        // A session never changes its length by itself.
        assert!(self.model.known.values().all(|k| k.until - k.from > k.length), "step {step}");
    }
}

#[test]
fn ten_thousand_steps_agree_with_a_model_of_minutes_refusals_included() {
    let shared = Path::new("/dev/shm");
    let home = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
    let mut story = Story::new(home.path(), 20_261_122);
    for step in 0..10_000 {
        story.step(step);
    }
    assert!(
        story.refused > 1000 && story.model.known.len() > 500,
        "{} refused, {} booked",
        story.refused,
        story.model.known.len()
    );
    let now = story.now();
    story.desk.expire_holds().unwrap();
    for (id, known) in &story.model.known {
        let stands = story.desk.booking(*id).unwrap().booking;
        assert_eq!(stands.state.at(now).as_str(), known.state.at(now).as_str(), "booking {id}");
        assert_eq!(stands.session.start().minute() % 15, 0);
    }
    let report = story.desk.check().unwrap();
    assert_eq!(report.broken, [], "what siaran check says");
    assert!(report.claims > 100, "{}", report.claims);
}

#[test]
fn the_database_refuses_a_second_booking_that_no_desk_has_judged_and_check_names_one_that_slipped_in() {
    let home = tempfile::tempdir().unwrap();
    let story = Story::new(home.path(), 1);
    let start: Instant = "2026-11-24T06:00:00Z".parse().unwrap();
    let asked = WantedBooking::usual("studio.radio".parse().unwrap(), "Bincang pagi", start, 60);
    let asked = WantedBooking { equipment: Some(BTreeSet::new()), ..asked };
    let booked = story.desk.hold(story.by, asked.clone()).unwrap();
    let later = WantedBooking { start: start + TimeDelta::hours(3), ..asked };
    let second = story.desk.hold(story.by, later).unwrap();

    let raw = rusqlite::Connection::open(home.path().join("siaran.db")).unwrap();
    let steal = format!(
        "update booking_claims set from_ms = {0} - 1800000, until_ms = {0} where booking_id = {1}",
        start.timestamp_millis() + 3_600_000,
        second.id
    );
    let refused = raw.execute_batch(&steal).unwrap_err().to_string();
    assert!(refused.contains("the resource is taken"), "{refused}");
    let insert = format!(
        "insert into booking_claims select {}, resource, capacity, from_ms + 60000, until_ms from booking_claims \
         where booking_id = {} and resource like 'room/%'",
        booked.id.0 + 100,
        booked.id
    );
    let refused = raw.execute_batch(&insert).unwrap_err().to_string();
    assert!(refused.contains("the resource is taken"), "{refused}");

    raw.execute_batch("drop trigger booking_claims_fit_when_changed").unwrap();
    raw.execute_batch(&steal).unwrap();
    let broken = story.desk.check().unwrap().broken;
    assert!(broken.iter().all(|b| b.invariant == 9) && !broken.is_empty(), "{broken:?}");
    assert!(broken.iter().any(|b| b.what.contains("room/studio.radio is held at")), "{broken:?}");
}
