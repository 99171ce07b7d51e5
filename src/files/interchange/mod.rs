//! Lists of clips as other programs write and read them: M3U8, XSPF, CSV, ffplayout's JSON, and spreadsheets (written
//! only). A list from elsewhere is hostile text: it is bounded, nothing in it is expanded, and no file is opened because
//! a list names it. Which listed clip is one of ours is the desk's question.

mod csv;
mod ffplayout;
mod m3u;
mod xlsx;
mod xspf;

use std::fmt;
use std::str::FromStr;

use crate::domain::playlist::{Playlist, PlaylistItem, Source};

/// Largest list that is read, bytes: 20 000 clips of 200 bytes each.
pub const MAX_BYTES: usize = 4_000_000;

/// Most clips of one list: eight times what a full day of 15-second clips and its fill comes to.
pub const MAX_CLIPS: usize = 20_000;

/// Longest title or location, characters: the longest path that Linux opens.
const MAX_FIELD: usize = 4096;

/// Longest length or start that is believed, milliseconds: a week.
const MAX_MS: u64 = 7 * 24 * 3_600_000;

const MS_PER_DAY: u64 = 24 * 3_600_000;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListFormat {
    /// M3U in UTF-8, with `#EXTINF`.
    M3u8,
    /// XML Shareable Playlist Format, version 1.
    Xspf,
    /// A table with a line of column names.
    Csv,
    /// The day file of ffplayout.
    Ffplayout,
    /// An Excel workbook; written, not read.
    Xlsx,
}

impl ListFormat {
    /// Every format, in the order in which people are offered them.
    pub const ALL: [ListFormat; 5] =
        [ListFormat::Xlsx, ListFormat::Csv, ListFormat::M3u8, ListFormat::Xspf, ListFormat::Ffplayout];

    /// What it is called on the command line.
    pub fn code(self) -> &'static str {
        match self {
            ListFormat::M3u8 => "m3u8",
            ListFormat::Xspf => "xspf",
            ListFormat::Csv => "csv",
            ListFormat::Ffplayout => "ffplayout",
            ListFormat::Xlsx => "xlsx",
        }
    }

    /// How its files end.
    pub fn extension(self) -> &'static str {
        if self == ListFormat::Ffplayout { "json" } else { self.code() }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            ListFormat::M3u8 => "audio/x-mpegurl; charset=utf-8",
            ListFormat::Xspf => "application/xspf+xml",
            ListFormat::Csv => "text/csv; charset=utf-8",
            ListFormat::Ffplayout => "application/json",
            ListFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The format of files that end like this.
    pub fn of_extension(extension: &str) -> Option<ListFormat> {
        match extension.to_ascii_lowercase().as_str() {
            "m3u" | "m3u8" => Some(ListFormat::M3u8),
            "xspf" => Some(ListFormat::Xspf),
            "csv" | "tsv" => Some(ListFormat::Csv),
            "json" => Some(ListFormat::Ffplayout),
            "xlsx" => Some(ListFormat::Xlsx),
            _ => None,
        }
    }
}

impl fmt::Display for ListFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for ListFormat {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let known = ListFormat::ALL.into_iter().find(|format| format.code() == s);
        known.ok_or_else(|| format!("{s:?} is none of m3u8, xspf, csv, ffplayout, xlsx"))
    }
}

/// Where in a list something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// An entry of a JSON list, from 1.
    Entry(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Entry(entry) => write!(f, "entry {entry}"),
        }
    }
}

/// One clip that a list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedClip {
    /// Where the list names it.
    pub place: Place,
    /// What it is called; empty where the list does not say.
    pub title: String,
    /// Path or address, percent-encoding of file paths undone; empty where the list does not say.
    pub location: String,
    /// How long it airs, milliseconds.
    pub length_ms: Option<u64>,
    /// When, milliseconds since local midnight.
    pub start_ms: Option<u64>,
    /// What the list calls its kind.
    pub category: Option<String>,
}

/// Why a list can't be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterchangeError {
    /// See [`MAX_BYTES`].
    #[error("the list is longer than {MAX_BYTES} bytes. Try: cut it into lists of one day each")]
    TooLarge,
    /// See [`MAX_CLIPS`].
    #[error("{place}: the list names more than {MAX_CLIPS} clips. Try: cut it into lists of one day each")]
    TooMany {
        /// Where the limit was passed.
        place: Place,
    },
    /// The list is not what it should be.
    #[error("{place}: {what}. Try: {way_out}")]
    Wrong {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
        /// What a person can do.
        way_out: &'static str,
    },
    /// Workbooks are only written.
    #[error("an Excel workbook is not read. Try: save the sheet as CSV UTF-8 in the spreadsheet and import that")]
    NotRead,
}

fn wrong(place: Place, what: impl Into<String>, way_out: &'static str) -> InterchangeError {
    InterchangeError::Wrong { place, what: what.into(), way_out }
}

/// The clips that a list names, in its order.
///
/// # Errors
/// [`InterchangeError`]; nothing is read of a list that is wrong somewhere, so that no clip is lost unseen.
pub fn read(bytes: &[u8], format: ListFormat) -> Result<Vec<ListedClip>, InterchangeError> {
    if format == ListFormat::Xlsx || bytes.starts_with(b"PK\x03\x04") {
        return Err(InterchangeError::NotRead);
    }
    if bytes.len() > MAX_BYTES {
        return Err(InterchangeError::TooLarge);
    }
    let text = words(bytes);
    let mut clips = Clips(Vec::new());
    match format {
        ListFormat::M3u8 => m3u::read(&text, &mut clips)?,
        ListFormat::Xspf => xspf::read(&text, &mut clips)?,
        ListFormat::Csv => csv::read(&text, &mut clips)?,
        ListFormat::Ffplayout => ffplayout::read(&text, &mut clips)?,
        ListFormat::Xlsx => return Err(InterchangeError::NotRead),
    }
    Ok(clips.0)
}

/// A published revision in another program's words: everything of it that has a picture of its own, so not the slate.
/// Files are named by their paths below the home, as the revision names them. The same revision gives the same bytes.
pub fn write(playlist: &Playlist, format: ListFormat) -> Vec<u8> {
    match format {
        ListFormat::M3u8 => m3u::write(playlist).into_bytes(),
        ListFormat::Xspf => xspf::write(playlist).into_bytes(),
        ListFormat::Csv => csv::write(playlist),
        ListFormat::Ffplayout => ffplayout::write(playlist),
        ListFormat::Xlsx => xlsx::write(playlist),
    }
}

/// The items that other programs are told of.
fn written(playlist: &Playlist) -> impl Iterator<Item = &PlaylistItem> {
    playlist.items().iter().filter(|item| item.source != Source::None)
}

/// Length of an item, milliseconds.
fn length_ms(playlist: &Playlist, item: &PlaylistItem) -> u64 {
    playlist.head().rate.millis(item.duration_frames)
}

/// Clips read so far; it refuses to grow beyond its limits.
struct Clips(Vec<ListedClip>);

impl Clips {
    fn push(&mut self, clip: ListedClip) -> Result<(), InterchangeError> {
        let place = clip.place;
        if self.0.len() == MAX_CLIPS {
            return Err(InterchangeError::TooMany { place });
        }
        if [&clip.title, &clip.location].iter().any(|field| field.chars().count() > MAX_FIELD) {
            let what = format!("a title or file name is longer than {MAX_FIELD} characters");
            return Err(wrong(place, what, "look whether a quotation mark is missing there"));
        }
        let category = clip.category.map(|category| plain(&category)).filter(|category| !category.is_empty());
        self.0.push(ListedClip { title: plain(&clip.title), location: plain(&clip.location), category, ..clip });
        Ok(())
    }
}

/// Counts lines while reading on.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Lines<'a> {
        Lines { text, at: 0, line: 1 }
    }

    /// The line of a byte; each byte asked for lies behind the one before.
    fn at(&mut self, position: u64) -> u64 {
        let to = usize::try_from(position).unwrap_or(usize::MAX).clamp(self.at, self.text.len());
        self.line += self.text.as_bytes()[self.at..to].iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
        self.at = to;
        self.line
    }
}

/// Text for one line of a list or of a screen: what would break the line, or steer a terminal, is a space.
fn plain(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if unseen(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Bytes as text: UTF-8, or UTF-16 where a byte order mark says so; what is neither is taken for Latin-1, as old players
/// and spreadsheets write.
fn words(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_owned)
        }
    }
}

/// Milliseconds of a decimal number of seconds, with a point or a comma; rounded to the nearest.
fn decimal_ms(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 18 || !digits(whole) || !digits(part) {
        return None;
    }
    let tenths_of_ms: u64 = format!("{part:0<4}")[..4].parse().ok()?;
    let ms = whole.parse::<u64>().ok()? * 1000 + (tenths_of_ms + 5) / 10;
    (ms <= MAX_MS).then_some(ms)
}

/// Milliseconds of `15`, `15.04`, `1:15`, `00:01:15.040`; Indonesian spreadsheets write `00.01.15` too.
fn clock_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let dotted = !text.contains(':') && text.matches('.').count() == 2;
    let parts: Vec<&str> = if dotted { text.split('.').collect() } else { text.split(':').collect() };
    let (seconds, before) = parts.split_last()?;
    let small = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if before.len() > 2 || !before.iter().all(small) {
        return None;
    }
    let minutes = before.iter().try_fold(0_u64, |sum, part| Some(sum * 60 + part.parse::<u64>().ok()?))?;
    Some(minutes * 60_000 + decimal_ms(seconds)?).filter(|ms| *ms <= MAX_MS)
}

#[cfg(test)]
mod tests;
