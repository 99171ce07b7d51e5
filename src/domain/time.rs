//! Time as a station sees it: UTC instants, half-open spans, broadcast days, frames on a grid.
//! Local time exists only in [`Zone`]; nothing here reads a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};

/// A point in time, UTC.
pub type Instant = DateTime<Utc>;

/// What a clock says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub utc: Instant,
    /// Time since an arbitrary start; never steps.
    pub monotonic: Duration,
    /// Whether the system says that its wall clock is synchronised.
    pub synchronised: bool,
}

/// The one way to learn the time. The real one is `desk::clock`; tests hold their own.
pub trait Clock: Send + Sync {
    /// Reads all clocks at one moment.
    fn read(&self) -> Reading;
    /// The wall clock alone.
    fn now(&self) -> Instant {
        self.read().utc
    }
}

/// A half-open stretch of time: `start` belongs to it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    start: Instant,
    end: Instant,
}

impl Span {
    /// `None` if `end` is before `start`.
    pub fn new(start: Instant, end: Instant) -> Option<Span> {
        (start <= end).then_some(Span { start, end })
    }
    /// First instant inside.
    pub fn start(self) -> Instant {
        self.start
    }
    /// First instant after.
    pub fn end(self) -> Instant {
        self.end
    }
    /// How long it lasts; never negative.
    pub fn length(self) -> TimeDelta {
        self.end - self.start
    }
    /// Whether `at` lies inside.
    pub fn contains(self, at: Instant) -> bool {
        self.start <= at && at < self.end
    }
    /// Whether both share at least one instant.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Hour at which a broadcast day begins, local time: night programmes belong to the evening before them.
pub const DAY_STARTS: TimeOfDay = TimeOfDay { seconds: 4 * 3600 };

/// A station's day, 04:00 to 04:00 local time, named by the calendar day on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BroadcastDate(pub NaiveDate);

impl BroadcastDate {
    /// The day after; `None` at the end of the calendar (year 262142).
    pub fn next(self) -> Option<BroadcastDate> {
        self.0.checked_add_days(Days::new(1)).map(BroadcastDate)
    }
    /// The day before.
    pub fn previous(self) -> Option<BroadcastDate> {
        self.0.checked_sub_days(Days::new(1)).map(BroadcastDate)
    }
    /// Every day from this one to `last`, both included.
    pub fn through(self, last: BroadcastDate) -> impl Iterator<Item = BroadcastDate> {
        self.0.iter_days().map(BroadcastDate).take_while(move |d| *d <= last)
    }
}

impl fmt::Display for BroadcastDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for BroadcastDate {
    type Err = BadTime;
    fn from_str(s: &str) -> Result<Self, BadTime> {
        NaiveDate::parse_from_str(s, "%Y-%m-%d")
            .ok()
            .filter(|d| (1970..=9999).contains(&d.year()))
            .map(BroadcastDate)
            .ok_or_else(|| BadTime { what: "date", given: s.chars().take(40).collect(), wanted: "2026-11-22" })
    }
}

/// A date, time or zone that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}; wanted is something like {wanted}")]
pub struct BadTime {
    /// What it should have been.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// An example that works.
    pub wanted: &'static str,
}

/// A local clock time, whole seconds, 00:00:00 to 23:59:59.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    seconds: u32,
}

impl TimeOfDay {
    /// Seconds since local midnight, 0 to 86 399.
    pub fn seconds(self) -> u32 {
        self.seconds
    }
}

impl FromStr for TimeOfDay {
    type Err = BadTime;
    fn from_str(s: &str) -> Result<Self, BadTime> {
        NaiveTime::parse_from_str(s, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(s, "%H:%M:%S"))
            .map(|t| TimeOfDay { seconds: t.num_seconds_from_midnight() })
            .map_err(|_| BadTime {
                what: "time of day",
                given: s.chars().take(40).collect(),
                wanted: "06:00 or 06:00:00",
            })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (h, m, s) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        if s == 0 { write!(f, "{h:02}:{m:02}") } else { write!(f, "{h:02}:{m:02}:{s:02}") }
    }
}

/// A place's rules for local time. The only code that turns local time into instants and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

impl FromStr for Zone {
    type Err = BadTime;
    fn from_str(s: &str) -> Result<Self, BadTime> {
        s.parse().map(Zone).map_err(|_| BadTime {
            what: "time zone",
            given: s.chars().take(40).collect(),
            wanted: "Asia/Jakarta",
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Zone {
    /// The instant of a local time in a broadcast day; times before 04:00 are the night that ends it.
    /// A time that the zone skips is the first instant after the gap; one that it repeats is the earlier.
    pub fn resolve(self, date: BroadcastDate, time: TimeOfDay) -> Instant {
        let calendar = if time < DAY_STARTS { date.next().unwrap_or(date) } else { date };
        let midnight = NaiveDateTime::new(calendar.0, NaiveTime::MIN);
        self.first_after(midnight + TimeDelta::seconds(i64::from(time.seconds)))
    }

    /// The instant of a local calendar date and time, gaps and repeats as in [`Zone::resolve`].
    pub fn resolve_local(self, local: NaiveDateTime) -> Instant {
        self.first_after(local)
    }

    /// The instant of a time on a calendar day, also between midnight and 04:00; gaps and repeats as in
    /// [`Zone::resolve`].
    pub fn on_calendar(self, day: BroadcastDate, time: TimeOfDay) -> Instant {
        self.first_after(NaiveDateTime::new(day.0, NaiveTime::MIN) + TimeDelta::seconds(i64::from(time.seconds)))
    }

    fn first_after(self, local: NaiveDateTime) -> Instant {
        const LONGEST_GAP_MINUTES: i64 = 26 * 60; // Samoa skipped a whole day in 2011
        for minutes in 0..=LONGEST_GAP_MINUTES {
            match self.0.from_local_datetime(&(local + TimeDelta::minutes(minutes))) {
                LocalResult::Single(at) => return at.with_timezone(&Utc),
                LocalResult::Ambiguous(first, _) => return first.with_timezone(&Utc),
                LocalResult::None => {}
            }
        }
        Utc.from_utc_datetime(&local)
    }

    /// The whole broadcast day.
    pub fn day(self, date: BroadcastDate) -> Span {
        let start = self.resolve(date, DAY_STARTS);
        let end = self.resolve(date.next().unwrap_or(date), DAY_STARTS);
        Span { start, end: end.max(start) }
    }

    /// The broadcast day to which an instant belongs.
    pub fn date_of(self, at: Instant) -> BroadcastDate {
        let local = at.with_timezone(&self.0).naive_local();
        let shifted = local - TimeDelta::seconds(i64::from(DAY_STARTS.seconds));
        BroadcastDate(shifted.date())
    }

    /// Local calendar date and clock time.
    pub fn local(self, at: Instant) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// RFC 3339 with offset and milliseconds, as every file and API of Siaran writes instants.
    pub fn rfc3339(self, at: Instant) -> String {
        at.with_timezone(&self.0).to_rfc3339_opts(chrono::SecondsFormat::Millis, false)
    }

    /// The zone's name on paper: WIB, WITA, WIT, or the zone database's own abbreviation.
    pub fn short_name(self, at: Instant) -> String {
        match self.0 {
            chrono_tz::Asia::Jakarta | chrono_tz::Asia::Pontianak => "WIB".into(),
            chrono_tz::Asia::Makassar => "WITA".into(),
            chrono_tz::Asia::Jayapura => "WIT".into(),
            other => at.with_timezone(&other).format("%Z").to_string(),
        }
    }
}

/// Frames per second as an exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate {
    num: u32,
    den: u32,
}

/// A frame of the endless grid that starts at 1970-01-01T00:00:00Z. All channels of one rate share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub i64);

const NANOS: i128 = 1_000_000_000;

impl FrameRate {
    /// 25 frames a second: Indonesia's television rate, and the default wall's.
    pub const PAL: FrameRate = FrameRate { num: 25, den: 1 };

    /// `None` unless 1 to 240 frames a second.
    pub fn new(num: u32, den: u32) -> Option<FrameRate> {
        let sane = den > 0 && num >= den && u64::from(num) <= 240 * u64::from(den);
        sane.then_some(FrameRate { num, den })
    }
    /// Frames in [`FrameRate::den`] seconds.
    pub fn num(self) -> u32 {
        self.num
    }
    /// Seconds that hold [`FrameRate::num`] frames.
    pub fn den(self) -> u32 {
        self.den
    }
    /// When a frame begins, rounded up to the nanosecond so that [`FrameRate::tick_at`] returns it.
    pub fn start_of(self, tick: Tick) -> Instant {
        let (num, den) = (i128::from(self.num), i128::from(self.den));
        let nanos = (i128::from(tick.0) * den * NANOS + num - 1).div_euclid(num);
        let seconds = i64::try_from(nanos.div_euclid(NANOS)).unwrap_or(0);
        let rest = u32::try_from(nanos.rem_euclid(NANOS)).unwrap_or(0);
        DateTime::from_timestamp(seconds, rest).unwrap_or(DateTime::UNIX_EPOCH)
    }
    /// The frame during which `at` falls.
    pub fn tick_at(self, at: Instant) -> Tick {
        let nanos = i128::from(at.timestamp()) * NANOS + i128::from(at.timestamp_subsec_nanos());
        let tick = (nanos * i128::from(self.num)).div_euclid(i128::from(self.den) * NANOS);
        Tick(i64::try_from(tick).unwrap_or(i64::MAX))
    }
    /// The first frame that begins at `at` or later.
    pub fn tick_from(self, at: Instant) -> Tick {
        let tick = self.tick_at(at);
        if self.start_of(tick) < at { Tick(tick.0 + 1) } else { tick }
    }
    /// Whole frames in `seconds`.
    pub fn frames_in(self, seconds: u32) -> u64 {
        u64::from(seconds) * u64::from(self.num) / u64::from(self.den)
    }
    /// Whole frames in `ms` milliseconds.
    pub fn frames_in_ms(self, ms: u64) -> u64 {
        let frames = u128::from(ms) * u128::from(self.num) / (u128::from(self.den) * 1000);
        u64::try_from(frames).unwrap_or(u64::MAX)
    }
    /// Milliseconds that `frames` last, rounded down.
    pub fn millis(self, frames: u64) -> u64 {
        let ms = u128::from(frames) * 1000 * u128::from(self.den) / u128::from(self.num);
        u64::try_from(ms).unwrap_or(u64::MAX)
    }
    /// The first sample of a frame on the endless sample grid of `sample_rate_hz`: the remainder is carried
    /// from frame to frame instead of being rounded in each.
    pub fn first_sample(self, tick: Tick, sample_rate_hz: u32) -> i64 {
        let samples = i128::from(tick.0) * i128::from(sample_rate_hz) * i128::from(self.den);
        i64::try_from(samples.div_euclid(i128::from(self.num))).unwrap_or(i64::MAX)
    }
    /// Samples that sound during a frame.
    pub fn samples_in(self, tick: Tick, sample_rate_hz: u32) -> usize {
        let next = self.first_sample(Tick(tick.0 + 1), sample_rate_hz);
        usize::try_from(next - self.first_sample(tick, sample_rate_hz)).unwrap_or(0)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone of the database")
    }
    fn date(text: &str) -> BroadcastDate {
        text.parse().expect("a date")
    }
    fn time(text: &str) -> TimeOfDay {
        text.parse().expect("a time of day")
    }

    #[test]
    fn two_in_the_morning_belongs_to_the_evening_before() {
        let wib = zone("Asia/Jakarta");
        let late = wib.resolve(date("2026-11-22"), time("02:00"));
        assert_eq!(wib.rfc3339(late), "2026-11-23T02:00:00.000+07:00");
        assert_eq!(wib.date_of(late), date("2026-11-22"));
        assert_eq!(wib.date_of(wib.day(date("2026-11-22")).end()), date("2026-11-23"));
    }

    #[test]
    fn a_skipped_hour_resolves_to_the_first_instant_after_it_and_a_repeated_one_to_the_earlier() {
        let berlin = zone("Europe/Berlin");
        let skipped = berlin.resolve(date("2026-03-28"), time("02:30"));
        assert_eq!(berlin.rfc3339(skipped), "2026-03-29T03:00:00.000+02:00");
        let repeated = berlin.resolve(date("2026-10-24"), time("02:30"));
        assert_eq!(berlin.rfc3339(repeated), "2026-10-25T02:30:00.000+02:00");
    }

    #[test]
    fn every_frame_begins_inside_itself_and_the_sample_remainder_is_carried() {
        for (num, den) in [(25, 1), (30_000, 1001), (24_000, 1001), (60, 1)] {
            let rate = FrameRate::new(num, den).expect("a sane rate");
            for n in [0, 1, 7, 1_000_003, 44_000_000_000, -5] {
                assert_eq!(rate.tick_at(rate.start_of(Tick(n))), Tick(n), "{rate} {n}");
                assert_eq!(rate.tick_from(rate.start_of(Tick(n))), Tick(n));
            }
            let total: usize = (0..30_000).map(|n| rate.samples_in(Tick(n), 48_000)).sum();
            assert_eq!(total as i64, rate.first_sample(Tick(30_000), 48_000));
        }
        assert_eq!(FrameRate::PAL.samples_in(Tick(9), 48_000), 1920);
        assert!(FrameRate::new(0, 1).is_none() && FrameRate::new(25, 0).is_none() && FrameRate::new(1000, 1).is_none());
    }
}
