//! By when something is due: lengths of time as service standards give them, on the clock of an office that sleeps, eats
//! and has holidays.

use chrono::{Months, NaiveDate, NaiveTime, TimeDelta};

use crate::domain::office_hours::OfficeHours;
use crate::domain::standard::{Key, Sla, WorkTime, WorkUnit};
use crate::domain::time::Instant;

/// Days that are looked at before it is said that an office never works: eleven years.
const FURTHEST_DAYS: usize = 4000;

/// When `length` is over that begins at `start`; `None` where the office never works so long.
///
/// Minutes and hours are those in which the office works. So many working days end with the office's hours on the last of
/// them, the day of the start not counted. Days are of 24 hours, months those of the calendar.
pub fn due(start: Instant, length: WorkTime, office: &OfficeHours) -> Option<Instant> {
    match length.unit {
        WorkUnit::Minutes => after_seconds(start, i64::from(length.count) * 60, office),
        WorkUnit::Hours => after_seconds(start, i64::from(length.count) * 3600, office),
        WorkUnit::WorkingDays => end_of_working_day(office.zone.local(start).date(), length.count, office),
        WorkUnit::Days => Some(start + TimeDelta::days(i64::from(length.count))),
        WorkUnit::Months => {
            let local = office.zone.local(start).checked_add_months(Months::new(length.count))?;
            Some(office.zone.resolve_local(local))
        }
    }
}

fn at(day: NaiveDate, minute: u32, office: &OfficeHours) -> Instant {
    office.zone.resolve_local(day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute)))
}

/// Stretches in which the office works, from an instant on.
fn stretches(from: Instant, office: &OfficeHours) -> impl Iterator<Item = (Instant, Instant)> {
    let days = office.zone.local(from).date().iter_days().take(FURTHEST_DAYS);
    let of_day = move |day| office.on(day).iter().map(move |(a, b)| (at(day, *a, office), at(day, *b, office)));
    days.flat_map(of_day).map(move |(a, b)| (a.max(from), b)).filter(|(a, b)| a < b)
}

fn after_seconds(start: Instant, seconds: i64, office: &OfficeHours) -> Option<Instant> {
    let mut left = TimeDelta::seconds(seconds);
    for (from, to) in stretches(start, office) {
        if to - from >= left {
            return Some(from + left);
        }
        left -= to - from;
    }
    None
}

fn end_of_working_day(after: NaiveDate, count: u32, office: &OfficeHours) -> Option<Instant> {
    let nth = usize::try_from(count).ok()?.checked_sub(1);
    let mut days = after.iter_days().skip(1).take(FURTHEST_DAYS).filter(|day| office.works_on(*day));
    let day = nth.map_or(Some(after), |nth| days.nth(nth))?;
    let end = office.on(day).last().map_or(0, |(_, to)| *to);
    Some(at(day, end, office))
}

/// Time in which the office works between two instants.
pub fn worked(from: Instant, to: Instant, office: &OfficeHours) -> TimeDelta {
    let within = stretches(from, office).take_while(|(a, _)| *a < to);
    within.fold(TimeDelta::zero(), |sum, (a, b)| sum + (b.min(to) - a))
}

/// One stay of a case at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay<'a> {
    /// Where it stood.
    pub step: &'a Key,
    /// Since when.
    pub from: Instant,
    /// Until when; `None`: it stands there now.
    pub until: Option<Instant>,
}

/// How far a promise of time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It is to be kept by then; in the past it was broken.
    Due(Instant),
    /// It stands still: someone outside has the file. So much of its time is left.
    Paused(TimeDelta),
    /// What was promised was done at that instant; `late` if that was after it was due.
    Done {
        /// When.
        at: Instant,
        /// Whether it was late.
        late: bool,
    },
}

/// How far a case is with the promise of its standard; `None` where nothing is promised or the promised time has not begun.
pub fn promise(sla: &Sla, stays: &[Stay<'_>], office: &OfficeHours) -> Option<Promise> {
    let target = sla.target?;
    let begins = stays.iter().position(|stay| sla.starts_at.as_ref().is_none_or(|step| step == stay.step))?;
    let start = stays[begins].from;
    let ended = sla.stops_at.as_ref().and_then(|step| stays.iter().rev().find(|stay| stay.step == step)?.until);
    let pauses = stays[begins..].iter().filter(|stay| sla.pauses_in.contains(stay.step));
    let mut due = due(start, target, office)?;
    for pause in pauses {
        if pause.from >= due {
            break; // broken before it stood still
        }
        let Some(until) = pause.until else {
            return Some(Promise::Paused(worked(pause.from, due, office)));
        };
        due = resumed(due, pause.from, until, target, office)?;
    }
    Some(match ended {
        Some(at) => Promise::Done { at, late: at > due },
        None => Promise::Due(due),
    })
}

/// When something is due that stood still from one instant to another.
fn resumed(due: Instant, from: Instant, until: Instant, target: WorkTime, office: &OfficeHours) -> Option<Instant> {
    match target.unit {
        WorkUnit::Minutes | WorkUnit::Hours => after_seconds(until, worked(from, due, office).num_seconds(), office),
        WorkUnit::WorkingDays => {
            // A day on which it stood still at its end does not count.
            let day = |at| office.zone.local(at).date();
            let away = day(from).iter_days().take_while(|d| *d < day(until)).filter(|d| office.works_on(*d)).count();
            match u32::try_from(away).ok()? {
                0 => Some(due),
                away => end_of_working_day(day(due), away, office),
            }
        }
        WorkUnit::Days | WorkUnit::Months => Some(due + (until - from)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::office_hours::{Hours, OtherHours, Week};

    fn hours(text: &str) -> Hours {
        let minutes = |clock: &str| {
            let (h, m) = clock.split_once(':').unwrap();
            h.parse::<u32>().unwrap() * 60 + m.parse::<u32>().unwrap()
        };
        let pairs = text.split_whitespace().map(|pair| pair.split_once('-').unwrap());
        Hours::new(pairs.map(|(from, to)| (minutes(from), minutes(to))).collect()).unwrap()
    }

    fn week(mon_thu: &str, fri: &str) -> Week {
        let usual = hours(mon_thu);
        [usual.clone(), usual.clone(), usual.clone(), usual, hours(fri), Hours::default(), Hours::default()]
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The hours, holidays and Ramadan of `shared/sop/check.py`, whose vectors the first test holds.
    fn office() -> OfficeHours {
        let closed = ["2026-12-25", "2027-01-01"].map(|day| (date(day), String::new()));
        OfficeHours {
            zone: "Asia/Jakarta".parse().unwrap(),
            week: week("07:30-12:00 13:00-16:00", "07:30-12:00 13:30-16:30"),
            others: vec![OtherHours {
                first: date("2026-02-18"),
                last: date("2026-03-19"),
                week: week("08:00-12:00 12:30-15:00", "08:00-11:30 12:30-15:30"),
            }],
            closed: BTreeMap::from(closed),
        }
    }

    fn always() -> OfficeHours {
        let week = std::array::from_fn(|_| hours("00:00-24:00"));
        OfficeHours { week, others: Vec::new(), closed: BTreeMap::new(), ..office() }
    }

    fn when(text: &str) -> Instant {
        office().zone.resolve_local(format!("{text}:00").parse().unwrap())
    }

    #[test]
    fn the_ten_deadlines_that_the_standards_are_checked_by_hold() {
        for (start, length, wanted) in [
            ("2026-11-20T15:00", "3h", "2026-11-23T09:00"), // over the weekend
            ("2026-11-23T07:30", "3h", "2026-11-23T10:30"),
            ("2026-11-23T11:00", "3h", "2026-11-23T15:00"), // over the break
            ("2026-11-21T10:00", "3h", "2026-11-23T10:30"), // on a Saturday
            ("2026-12-24T15:30", "3h", "2026-12-28T10:00"), // over Christmas
            ("2026-11-20T16:29", "1wd", "2026-11-23T16:00"),
            ("2026-11-23T09:00", "10wd", "2026-12-07T16:00"),
            ("2026-02-18T14:00", "3h", "2026-02-19T10:00"), // in Ramadan
            ("2026-11-20T15:00", "24h", "2026-11-25T16:00"),
        ] {
            assert_eq!(due(when(start), length.parse().unwrap(), &office()), Some(when(wanted)), "{start} + {length}");
        }
        let round_the_clock = due(when("2026-11-20T15:00"), "24h".parse().unwrap(), &always());
        assert_eq!(round_the_clock, Some(when("2026-11-21T15:00")));
    }

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn sla(target: &str) -> Sla {
        Sla {
            target: Some(target.parse().unwrap()),
            calendar: "office".into(),
            starts_at: Some(key("verify")),
            stops_at: Some(key("schedule")),
            pauses_in: vec![key("revise")],
        }
    }

    fn at_steps<'a>(stays: &'a [(Key, &str, &str)]) -> Vec<Stay<'a>> {
        let end = |text: &str| (!text.is_empty()).then(|| when(text));
        stays.iter().map(|(step, from, to)| Stay { step, from: when(from), until: end(to) }).collect()
    }

    #[test]
    fn a_promise_stands_still_while_the_applicant_has_the_file_and_goes_on_when_it_is_back() {
        let stays = [
            (key("submit"), "2026-11-23T07:30", "2026-11-23T08:00"),
            (key("verify"), "2026-11-23T08:00", "2026-11-23T09:00"),
            (key("revise"), "2026-11-23T09:00", "2026-11-24T10:00"),
            (key("verify"), "2026-11-24T10:00", "2026-11-24T11:00"),
            (key("schedule"), "2026-11-24T11:00", "2026-11-24T14:00"),
        ];
        let of = |stays: &[(Key, &str, &str)]| promise(&sla("3h"), &at_steps(stays), &office());
        assert_eq!(of(&stays[..1]), None, "it has not begun");
        let open = [(key("verify"), "2026-11-23T08:00", "")];
        assert_eq!(of(&open), Some(Promise::Due(when("2026-11-23T11:00"))));
        let away = [stays[1].clone(), (key("revise"), "2026-11-23T09:00", "")];
        assert_eq!(of(&away), Some(Promise::Paused(TimeDelta::hours(2))));
        // Back on Tuesday at ten with two hours left: noon, and not a minute of Monday's is lost.
        assert_eq!(of(&stays[..4]), Some(Promise::Due(when("2026-11-24T12:00"))));
        assert_eq!(of(&stays), Some(Promise::Done { at: when("2026-11-24T14:00"), late: true }));
        let days = promise(&sla("1wd"), &at_steps(&stays[..4]), &office());
        assert_eq!(days, Some(Promise::Due(when("2026-11-25T16:00"))));
    }

    proptest! {
        #[test]
        fn what_is_worked_between_start_and_due_is_what_was_promised(hour in 0_i64..2000, minutes in 1_u32..3000) {
            let start = when("2026-11-02T00:00") + TimeDelta::hours(hour);
            let length = WorkTime { count: minutes, unit: WorkUnit::Minutes };
            let end = due(start, length, &office()).unwrap();
            prop_assert_eq!(worked(start, end, &office()), TimeDelta::minutes(i64::from(minutes)));
        }
    }
}
