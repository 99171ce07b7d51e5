//! A published day as it is announced: on paper, and as a calendar file (iCalendar, RFC 5545).

use super::{Block, Paper, column};
use crate::desk::planning::announcement::Announcement;
use crate::domain::playlist::PlaylistItem;
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};
use crate::domain::time::Instant;

/// Sets the announcement as a document.
pub fn paper(told: &Announcement, letterhead: &[String]) -> Paper {
    let mut blocks = vec![Block::Facts(facts(told))];
    if told.revision < told.newest {
        blocks.push(Block::Words(Text::new(
            format!("Tidak berlaku lagi: sudah diganti revisi {}.", told.newest),
            format!("No longer in force: revision {} has taken its place.", told.newest),
        )));
    }
    if told.plays.is_empty() {
        blocks.push(Block::Words(match told.own {
            true => Text::new("Instansi Anda tidak tayang pada hari ini.", "Nothing of your office airs on this day."),
            false => Text::new("Tidak ada tayangan pada hari ini.", "Nothing airs on this day."),
        }));
    } else {
        blocks.push(Block::Table {
            caption: Text::new(format!("{} tayangan", told.plays.len()), format!("{} plays", told.plays.len())),
            columns: vec![
                column("Mulai", "Start", 14),
                column("Selesai", "End", 14),
                column("Klip", "Clip", 40),
                column("Instansi", "Office", 32),
            ],
            rows: told.plays.iter().map(|play| row(told, play)).collect(),
        });
    }
    changes(told, &mut blocks);
    Paper { letterhead: letterhead.to_vec(), title: title(told), made_at: told.at, blocks }
}

fn title(told: &Announcement) -> Text {
    Text::new(
        format!("Pengumuman Jadwal Tayang {}, {}", told.channel_title, date_in_words(told.date, Lang::Id)),
        format!("Airing times on {}, {}", told.channel_title, date_in_words(told.date, Lang::En)),
    )
}

fn facts(told: &Announcement) -> Vec<(Text, String)> {
    let by = told.by.clone().unwrap_or_else(|| "Siaran".into());
    vec![
        (Text::new("Saluran", "Channel"), told.channel_title.clone()),
        (Text::new("Hari", "Day"), date_in_words(told.date, Lang::Id)),
        (Text::new("Revisi", "Revision"), told.revision.to_string()),
        (Text::new("Diumumkan", "Published"), format!("{}, {by}", instant_in_words(told.at, told.zone, Lang::Id))),
    ]
}

fn clock(told: &Announcement, at: Instant) -> String {
    told.zone.local(at).format("%H.%M.%S").to_string()
}

fn row(told: &Announcement, play: &PlaylistItem) -> Vec<String> {
    let span = play.span(told.rate);
    vec![clock(told, span.start()), clock(told, span.end()), play.title.clone(), play.owner.clone()]
}

/// What is different from the revision before, where there is one.
fn changes(told: &Announcement, blocks: &mut Vec<Block>) {
    let change = &told.change;
    if told.revision == 1 || change.is_empty() {
        return;
    }
    let line =
        |what: &str, at: String, play: &PlaylistItem| vec![what.to_owned(), at, play.title.clone(), play.owner.clone()];
    let added = change.added.iter().map(|play| line("baru", clock(told, play.start), play));
    let moved = change
        .moved
        .iter()
        .map(|(was, now)| line("pindah", format!("{} → {}", clock(told, was.start), clock(told, now.start)), now));
    let removed = change.removed.iter().map(|play| line("dihapus", clock(told, play.start), play));
    blocks.push(Block::Table {
        caption: Text::new("Perubahan dari revisi sebelumnya", "Changes from the revision before"),
        columns: vec![
            column("Perubahan", "Change", 14),
            column("Waktu", "Time", 26),
            column("Klip", "Clip", 32),
            column("Instansi", "Office", 28),
        ],
        rows: added.chain(moved).chain(removed).collect(),
    });
}

/// Longest line of a calendar file in bytes, without its end (RFC 5545, section 3.1).
const MOST_BYTES: usize = 75;

/// The plays as a calendar file. A play keeps its name from revision to revision, so that a calendar that has read an
/// older one moves it.
pub fn calendar(told: &Announcement) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| fold(&mut text, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Siaran//Jadwal tayang//ID");
    line("METHOD", "PUBLISH");
    line("X-WR-CALNAME", &escaped(&title(told).id));
    for play in &told.plays {
        let span = play.span(told.rate);
        line("BEGIN", "VEVENT");
        line("UID", &format!("{}.{}@siaran", play.id, told.channel));
        line("SEQUENCE", &told.revision.to_string());
        line("DTSTAMP", &utc(told.at));
        line("DTSTART", &utc(span.start()));
        line("DTEND", &utc(span.end()));
        line("SUMMARY", &escaped(&play.title));
        line("LOCATION", &escaped(&told.channel_title));
        line("DESCRIPTION", &escaped(&play.owner));
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    text
}

fn utc(at: Instant) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value holds it (RFC 5545, section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A long line goes on after a line's end and a space, never inside a letter.
fn fold(text: &mut String, line: &str) {
    let mut bytes = 0;
    for c in line.chars() {
        if bytes + c.len_utf8() > MOST_BYTES {
            text.push_str("\r\n ");
            bytes = 1;
        }
        text.push(c);
        bytes += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_of_a_calendar_are_folded_between_letters_and_read_back_the_same() {
        let mut text = String::new();
        let line = format!("SUMMARY:{}", "Ayo ke Posyandu – é".repeat(9));
        fold(&mut text, &line);
        assert!(text.split("\r\n").all(|part| part.len() <= MOST_BYTES), "{text}");
        assert_eq!(text.replace("\r\n ", "").trim_end(), line);
    }

    #[test]
    fn what_means_something_to_a_calendar_is_escaped_in_titles() {
        assert_eq!(
            escaped("Cuci tangan; sabun, air\\bersih\nEND:VEVENT\r"),
            "Cuci tangan\\; sabun\\, air\\\\bersih\\nEND:VEVENT"
        );
    }
}
