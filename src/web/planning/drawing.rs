//! A day drawn: a strip for each hour, or for every five minutes of one hour. What a drawing shows stands in a table
//! beside it as well.

use chrono::{TimeDelta, Timelike};

use crate::desk::planning::day::DayView;
use crate::domain::channel::Channel;
use crate::domain::playlist::{ItemKind, PlaylistItem};
use crate::domain::time::{Instant, Span};

/// Colours that offices take in turn, classes `o0` and so on of the stylesheet.
const COLOURS: usize = 8;
/// Units of a drawing across; the page scales it.
const WIDE: i64 = 1120;
/// Where strips begin; the time stands before.
const LEFT: i64 = 60;
/// About how wide a letter of a title is.
const LETTER: i64 = 7;

/// One hour of the local clock, as far as the channel is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hour {
    /// `08`, as the address names it.
    pub name: String,
    pub whole: Span,
    pub plays: usize,
    pub booked_ms: i64,
    pub fixed_ms: i64,
    pub fill_ms: i64,
    pub open_ms: i64,
}

impl Hour {
    /// Share of the time without fixed events that offices' clips use, percent.
    pub fn percent(&self) -> i64 {
        (self.booked_ms * 100).checked_div(self.open_ms - self.fixed_ms).unwrap_or(0).clamp(0, 100)
    }
    pub fn from(&self) -> String {
        format!("{}.00", self.name)
    }
}

/// Milliseconds that two spans share.
fn shared(a: Span, b: Span) -> i64 {
    (a.end().min(b.end()) - a.start().max(b.start())).num_milliseconds().max(0)
}

/// The hours of a day with what is in each.
pub(super) fn hours(view: &DayView, channel: &Channel) -> Vec<Hour> {
    let rate = channel.house.rate;
    let local = channel.zone.local(view.hours.start());
    let past = TimeDelta::seconds(i64::from(local.minute() * 60 + local.second()));
    let mut hours = Vec::new();
    let mut start = view.hours.start() - past;
    while start < view.hours.end() {
        let end = start + TimeDelta::hours(1);
        let whole = Span::new(start, end).expect("an hour later is not before");
        hours.push(Hour {
            name: channel.zone.local(start).format("%H").to_string(),
            whole,
            plays: 0,
            booked_ms: 0,
            fixed_ms: view.fixed.iter().map(|(span, _)| shared(*span, whole)).sum(),
            fill_ms: 0,
            open_ms: shared(view.hours, whole),
        });
        start = end;
    }
    for item in view.playlist.items() {
        let span = item.span(rate);
        let first = hours.partition_point(|hour| hour.whole.end() <= span.start());
        for hour in hours[first..].iter_mut().take_while(|hour| hour.whole.start() < span.end()) {
            let ms = shared(span, hour.whole);
            match item.kind {
                ItemKind::Clip => hour.booked_ms += ms,
                ItemKind::Fill => hour.fill_ms += ms,
                ItemKind::Live | ItemKind::Slate => {}
            }
            hour.plays += usize::from(item.kind == ItemKind::Clip && hour.whole.contains(item.start));
        }
    }
    hours
}

/// A piece of a strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub x: i64,
    pub y: i64,
    pub width: i64,
}

/// A play, or something else that takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Its class in the stylesheet.
    pub class: String,
    /// More than one where it goes on on the next strip.
    pub pieces: Vec<Piece>,
    /// As much of its title as there is room for.
    pub title: String,
    /// What is said of it when it is pointed at or read aloud.
    pub label: String,
    /// How the page's form names it; `None` for what can't be changed.
    pub key: Option<String>,
    /// Its start, milliseconds since 1970.
    pub start_ms: i64,
    pub length_ms: i64,
}

/// A strip of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strip {
    pub y: i64,
    pub text_y: i64,
    pub label: String,
    /// The hour's page.
    pub href: String,
}

/// Strips with what is on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawing {
    pub height: i64,
    pub bar: i64,
    pub strips: Vec<Strip>,
    pub shapes: Vec<Shape>,
    /// The first instant drawn, milliseconds since 1970, and the length of a strip.
    pub start_ms: i64,
    pub strip_ms: i64,
    pub strip_height: i64,
}

impl Drawing {
    pub fn wide(&self) -> i64 {
        WIDE
    }
    pub fn left(&self) -> i64 {
        LEFT
    }
    pub fn across(&self) -> i64 {
        WIDE - LEFT
    }

    fn empty(start: Instant, strip: TimeDelta, (strip_height, bar): (i64, i64)) -> Drawing {
        Drawing {
            height: 0,
            bar,
            strips: Vec::new(),
            shapes: Vec::new(),
            start_ms: start.timestamp_millis(),
            strip_ms: strip.num_milliseconds(),
            strip_height,
        }
    }

    fn strip(&mut self, label: String, href: String) {
        let y = self.height;
        self.strips.push(Strip { y, text_y: y + self.bar * 3 / 4, label, href });
        self.height += self.strip_height;
    }

    /// Where a span lies, as far as it is drawn.
    fn pieces(&self, span: Span) -> Vec<Piece> {
        let end_ms = self.start_ms + self.strip_ms * self.strips.len() as i64;
        let (mut at, end) =
            (span.start().timestamp_millis().max(self.start_ms), span.end().timestamp_millis().min(end_ms));
        let mut pieces = Vec::new();
        while at < end {
            let strip = (at - self.start_ms) / self.strip_ms;
            let begin = self.start_ms + strip * self.strip_ms;
            let until = end.min(begin + self.strip_ms);
            let x = |ms: i64| LEFT + (ms - begin) * (WIDE - LEFT) / self.strip_ms;
            pieces.push(Piece { x: x(at), y: strip * self.strip_height, width: (x(until) - x(at)).max(1) });
            at = until;
        }
        pieces
    }

    fn shape(&mut self, class: String, span: Span, title: &str, label: String) {
        let pieces = self.pieces(span);
        let Some(first) = pieces.first() else { return };
        let room = usize::try_from((first.width - 8) / LETTER).unwrap_or(0);
        let title = fitting(title, room);
        let (start_ms, length_ms) = (span.start().timestamp_millis(), span.length().num_milliseconds());
        self.shapes.push(Shape { class, pieces, title, label, key: None, start_ms, length_ms });
    }

    /// The hours' or minutes' lines, then fixed events, fill and plays.
    fn fill(&mut self, view: &DayView, words: &Words, plays: impl Fn(&PlaylistItem) -> Option<String>) {
        let rate = view.playlist.head().rate;
        for (span, title) in &view.fixed {
            self.shape("fixed".into(), *span, title, format!("{title}, {}", (words.time)(span.start())));
        }
        for item in view.playlist.items() {
            let span = item.span(rate);
            if item.kind != ItemKind::Clip {
                self.shape("fill".into(), span, "", format!("{}, {}", item.title, (words.time)(item.start)));
                continue;
            }
            let hand = view.by_hand.contains(&item.id);
            let number = view.offices.iter().position(|o| o.name == item.owner).unwrap_or(0) % COLOURS;
            let class = format!("play o{number}{}", if hand { " hand" } else { "" });
            let length = (words.length)(rate.millis(item.duration_frames));
            let mark = if hand { format!(", {}", words.by_hand) } else { String::new() };
            let label = format!("{}, {}, {}, {length}{mark}", (words.time)(item.start), item.title, item.owner);
            self.shape(class, span, &item.title, label);
            if let Some(shape) = self.shapes.last_mut().filter(|s| s.start_ms == span.start().timestamp_millis()) {
                shape.key = plays(item);
            }
        }
        if let Some(before) = Span::new(view.hours.start(), view.from).filter(|s| s.length() > TimeDelta::zero()) {
            self.shape("near".into(), before, "", words.near.clone());
        }
    }
}

/// How a drawing says things.
pub(super) struct Words<'a> {
    pub time: &'a dyn Fn(Instant) -> String,
    pub length: &'a dyn Fn(u64) -> String,
    pub by_hand: String,
    pub near: String,
}

fn fitting(title: &str, room: usize) -> String {
    if title.chars().count() <= room {
        return title.to_owned();
    }
    if room < 3 {
        return String::new();
    }
    let mut cut: String = title.chars().take(room - 1).collect();
    cut.push('…');
    cut
}

/// The whole day, a strip for each hour; each leads to that hour.
pub(super) fn whole_day(view: &DayView, hours: &[Hour], words: &Words, href: impl Fn(&Hour) -> String) -> Drawing {
    let start = hours.first().map_or(view.hours.start(), |hour| hour.whole.start());
    let mut drawing = Drawing::empty(start, TimeDelta::hours(1), (22, 18));
    for hour in hours {
        drawing.strip(hour.from(), href(hour));
    }
    drawing.fill(view, words, |_| None);
    drawing
}

/// Length of a strip of one hour: a play of a few seconds is still as wide as a finger.
const STRIP_MINUTES: i64 = 5;

/// One hour, a strip for every five minutes, with plays that can be chosen where `key` names them.
pub(super) fn one_hour(
    view: &DayView,
    hour: &Hour,
    words: &Words,
    key: impl Fn(&PlaylistItem) -> Option<String>,
) -> Drawing {
    let strip = TimeDelta::minutes(STRIP_MINUTES);
    let mut drawing = Drawing::empty(hour.whole.start(), strip, (40, 34));
    let mut at = hour.whole.start();
    while at < hour.whole.end() {
        let time = (words.time)(at);
        drawing.strip(time[..5.min(time.len())].to_owned(), String::new());
        at += strip;
    }
    drawing.fill(view, words, key);
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_past_the_end_of_a_strip_goes_on_on_the_next() {
        let at = |seconds| Instant::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut drawing = Drawing::empty(at(0), TimeDelta::minutes(5), (40, 34));
        drawing.strip("00.00".into(), String::new());
        drawing.strip("00.05".into(), String::new());
        let span = |from, to| Span::new(at(from), at(to)).expect("a span");
        let piece = |x, y, width| Piece { x, y, width };
        assert_eq!(drawing.pieces(span(0, 300)), [piece(LEFT, 0, WIDE - LEFT)]);
        assert_eq!(drawing.pieces(span(285, 315)), [piece(1067, 0, 53), piece(LEFT, 40, 53)]);
        assert_eq!(drawing.pieces(span(590, 700)), [piece(1084, 40, 36)], "only what is drawn");
        assert_eq!(drawing.pieces(span(600, 700)), []);
    }

    #[test]
    fn a_title_is_cut_where_its_play_is_too_short_for_it() {
        assert_eq!(fitting("Posyandu", 8), "Posyandu");
        assert_eq!(fitting("Ayo ke Posyandu", 8), "Ayo ke …");
        assert_eq!(fitting("Posyandu", 2), "");
    }
}
