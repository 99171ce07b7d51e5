//! A studio's week drawn: a column for each day. The page has a table that says the same.

use crate::desk::studio::{Booker, BookingFile};
use crate::domain::studio::{BookingState, Studio};
use crate::domain::text::{Lang, date_in_words};
use crate::domain::time::{BroadcastDate, Instant, Zone};

use super::{hours, shifted};

/// Units across; the page scales them.
const WIDE: i64 = 1120;
/// Where the first day begins; hours stand before.
const LEFT: i64 = 60;
/// Where the first hour begins; days stand above.
const TOP: i64 = 30;
/// Units of an hour: half an hour with setting up and taking down is a target that a finger hits.
const HOUR: i64 = 34;
const DAYS: i64 = 7;
/// About how wide a letter is.
const LETTER: i64 = 8;

/// An hour's line.
pub(super) struct Line {
    pub label: String,
    pub y: i64,
}

/// A day's column.
pub(super) struct Column {
    pub label: String,
    pub href: String,
    pub x: i64,
    /// Where the studio is open; height 0: closed.
    pub y: i64,
    pub height: i64,
}

/// A booking.
pub(super) struct Shape {
    pub href: String,
    pub label: String,
    pub title: String,
    pub class: &'static str,
    pub x: i64,
    /// What is occupied.
    pub y: i64,
    pub height: i64,
    /// When people speak.
    pub session_y: i64,
    pub session_height: i64,
}

/// A studio's week.
pub(super) struct Drawing {
    pub height: i64,
    pub lines: Vec<Line>,
    pub columns: Vec<Column>,
    pub shapes: Vec<Shape>,
}

/// Local minutes since the midnight that begins a day.
fn minutes(zone: Zone, day: BroadcastDate, at: Instant) -> i64 {
    (zone.local(at) - day.0.and_time(chrono::NaiveTime::MIN)).num_minutes()
}

impl Drawing {
    pub(super) fn of(
        studio: &Studio,
        booker: &Booker,
        first: BroadcastDate,
        files: &[BookingFile],
        lang: Lang,
    ) -> Drawing {
        let zone = studio.zone;
        let days: Vec<BroadcastDate> = (0..DAYS).map(|n| shifted(first, n)).collect();
        let own: Vec<&BookingFile> = files.iter().filter(|file| file.booking.studio == studio.id).collect();
        let open = |day: &BroadcastDate| {
            let hours = studio.opening(*day).filter(|_| booker.closed_on(studio, *day).is_none())?;
            Some((minutes(zone, *day, hours.start()), minutes(zone, *day, hours.end())))
        };
        let day_of = |at: Instant| BroadcastDate(zone.local(at).date());
        let booked = own.iter().map(|file| {
            let span = file.booking.occupied;
            let day = day_of(file.booking.session.start());
            (minutes(zone, day, span.start()), minutes(zone, day, span.end()))
        });
        let spans: Vec<(i64, i64)> = days.iter().filter_map(open).chain(booked).collect();
        let from = spans.iter().map(|s| s.0).min().unwrap_or(8 * 60).div_euclid(60);
        let until = (spans.iter().map(|s| s.1).max().unwrap_or(16 * 60) + 59).div_euclid(60);
        let y = |minute: i64| TOP + (minute - from * 60) * HOUR / 60;
        let dot = if lang == Lang::Id { '.' } else { ':' };
        let lines =
            (from..=until).map(|hour| Line { label: format!("{:02}{dot}00", hour.rem_euclid(24)), y: y(hour * 60) });
        let column = |(n, day): (usize, &BroadcastDate)| {
            let (from, until) = open(day).unwrap_or((0, 0));
            let words = date_in_words(*day, lang);
            let weekday = words.split(',').next().unwrap_or_default();
            Column {
                label: format!("{weekday} {}", day.0.format("%-d/%-m")),
                href: format!("/studios/day/{day}"),
                x: x(n),
                y: if until > from { y(from) } else { TOP },
                height: (until - from) * HOUR / 60,
            }
        };
        let shape = |file: &&BookingFile| {
            let booking = &file.booking;
            let day = day_of(booking.session.start());
            let n = days.iter().position(|known| *known == day)?;
            let at = |at| y(minutes(zone, day, at));
            let (top, session) = (at(booking.occupied.start()), at(booking.session.start()));
            let state = booking.state.text();
            let most = usize::try_from((width() - 12) / LETTER).unwrap_or(0);
            Some(Shape {
                href: format!("/studios/bookings/{}", booking.id),
                label: format!("{} {}, {}", hours(booking.session, zone, lang), booking.title, state.get(lang)),
                title: booking.title.chars().take(most).collect(),
                class: if matches!(booking.state, BookingState::Hold { .. }) { "hold" } else { "sure" },
                x: x(n) + 2,
                y: top,
                height: at(booking.occupied.end()) - top,
                session_y: session,
                session_height: at(booking.session.end()) - session,
            })
        };
        Drawing {
            height: y(until * 60) + 12,
            lines: lines.collect(),
            columns: days.iter().enumerate().map(column).collect(),
            shapes: own.iter().filter_map(shape).collect(),
        }
    }
    pub(super) fn wide(&self) -> i64 {
        WIDE
    }
    pub(super) fn left(&self) -> i64 {
        LEFT
    }
    pub(super) fn width(&self) -> i64 {
        width()
    }
}

/// Of a day.
fn width() -> i64 {
    (WIDE - LEFT) / DAYS
}

fn x(day: usize) -> i64 {
    LEFT + i64::try_from(day).unwrap_or(0) * width()
}
