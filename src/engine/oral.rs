//! Until when may something air on a word that was given orally?

use chrono::TimeDelta;

use crate::domain::office_hours::OfficeHours;
use crate::domain::standard::{WorkTime, WorkUnit};
use crate::domain::time::Instant;

use super::work_clock;

/// The latest end of an oral approval given at `said_at`: the end of the next working day, by which its paper is due
/// (`docs/planning.md`), and never more than `most_hours` hours, whatever holidays follow.
pub fn latest_end(said_at: Instant, most_hours: u32, office: &OfficeHours) -> Instant {
    let hours = said_at + TimeDelta::hours(i64::from(most_hours));
    let paper = work_clock::due(said_at, WorkTime { count: 1, unit: WorkUnit::WorkingDays }, office);
    paper.map_or(hours, |paper| paper.min(hours))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::office_hours::Hours;

    /// Monday to Friday 07.30 to 16.00; Christmas Day 2026, a Friday, is off.
    fn office() -> OfficeHours {
        let day = || Hours::new(vec![(450, 960)]).expect("hours of a day");
        OfficeHours {
            zone: "Asia/Jakarta".parse().expect("a zone"),
            week: [day(), day(), day(), day(), day(), Hours::default(), Hours::default()],
            others: Vec::new(),
            closed: BTreeMap::from([("2026-12-25".parse().expect("a day"), "Natal".to_owned())]),
        }
    }

    fn when(text: &str) -> Instant {
        office().zone.resolve_local(format!("{text}:00").parse().expect("a local time"))
    }

    #[test]
    fn the_paper_is_due_when_the_next_working_day_ends_and_no_weekend_makes_it_longer_than_the_hours_allowed() {
        for (said, hours, wanted) in [
            ("2026-11-23T09:00", 24, "2026-11-24T09:00"), // Monday: a day later
            ("2026-11-23T18:30", 24, "2026-11-24T16:00"), // after hours: the office closes before the day is round
            ("2026-11-27T15:00", 24, "2026-11-28T15:00"), // Friday afternoon: the hours end it on Saturday
            ("2026-11-27T15:00", 72, "2026-11-30T15:00"),
            ("2026-11-27T17:00", 72, "2026-11-30T16:00"), // Friday evening: Monday's hours end it
            ("2026-12-24T15:00", 24, "2026-12-25T15:00"), // before a holiday
            ("2026-12-24T15:00", 120, "2026-12-28T16:00"), // past Christmas and the weekend
        ] {
            assert_eq!(latest_end(when(said), hours, &office()), when(wanted), "{said}, {hours} hours at most");
        }
    }

    #[test]
    fn an_office_that_never_works_leaves_the_hours() {
        let never = OfficeHours { week: std::array::from_fn(|_| Hours::default()), ..office() };
        assert_eq!(latest_end(when("2026-11-23T09:00"), 24, &never), when("2026-11-24T09:00"));
    }
}
