//! When an office works: its week, the days on which it does not, and stretches of days with other hours (Ramadan).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::time::Zone;

/// Minutes of a day.
pub const DAY_MINUTES: u32 = 24 * 60;

/// Working hours of one day: from one minute after midnight to another, in order, apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours(Vec<(u32, u32)>);

impl Hours {
    /// Hours from pairs of minutes after midnight, each 0 to 1440; `None` where one ends before it begins, or two meet.
    pub fn new(mut pairs: Vec<(u32, u32)>) -> Option<Hours> {
        pairs.sort_unstable();
        let each = pairs.iter().all(|(from, to)| from < to && *to <= DAY_MINUTES);
        let apart = pairs.windows(2).all(|two| two[0].1 <= two[1].0);
        (each && apart).then_some(Hours(pairs))
    }

    /// From and to, minutes after local midnight.
    pub fn pairs(&self) -> &[(u32, u32)] {
        &self.0
    }
}

/// Hours of the seven days of a week, Monday first.
pub type Week = [Hours; 7];

/// Days that have hours of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherHours {
    /// First day.
    pub first: NaiveDate,
    /// Last day, included.
    pub last: NaiveDate,
    /// The hours.
    pub week: Week,
}

/// When one office works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeHours {
    /// Where its clock hangs.
    pub zone: Zone,
    /// A usual week.
    pub week: Week,
    /// Days with other hours; the first that holds a day counts.
    pub others: Vec<OtherHours>,
    /// Days on which nobody works, and why.
    pub closed: BTreeMap<NaiveDate, String>,
}

impl OfficeHours {
    /// The hours of a day; none on a holiday.
    pub fn on(&self, day: NaiveDate) -> &[(u32, u32)] {
        if self.closed.contains_key(&day) {
            return &[];
        }
        let other = self.others.iter().find(|other| (other.first..=other.last).contains(&day));
        let week = other.map_or(&self.week, |other| &other.week);
        week[day.weekday().num_days_from_monday() as usize].pairs()
    }

    /// Whether anybody works on a day.
    pub fn works_on(&self, day: NaiveDate) -> bool {
        !self.on(day).is_empty()
    }
}
