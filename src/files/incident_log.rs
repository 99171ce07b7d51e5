//! `journal/<channel>.incidents.jsonl`: what the player noticed, append-only, fsynced line by line. The player has no
//! database; the head-end reads new lines and shows them on the operator's page.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::incident::{IncidentKind, Level};
use crate::domain::text::Text;
use crate::domain::time::{Instant, Zone};

/// Most of a log that is read at once: thousands of lines.
const MAX_PIECE_BYTES: u64 = 1 << 20;
/// Longest first line that is looked at to know a log again: a line has two texts of a few hundred characters.
const MAX_LINE_BYTES: u64 = 1 << 16;

/// One line: something opened, became worse, or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentLine {
    /// When.
    pub at: Instant,
    /// What it is about: an open line and its close line have the same, and so has one that becomes worse.
    pub key: String,
    /// What.
    pub kind: IncidentKind,
    /// What happened and what to do; `None` closes the incident.
    pub opened: Option<(Level, Text)>,
}

/// Where the lines of a channel lie.
pub fn path(home: &Path, channel: &ChannelId) -> PathBuf {
    home.join("journal").join(format!("{channel}.incidents.jsonl"))
}

/// Appends a line and makes it durable. Half a line that an earlier failure left costs only itself.
///
/// # Errors
/// The file system's; the log is then as it was, if the disk lets it.
pub fn append(path: &Path, line: &IncidentLine, zone: Zone) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = if ends_whole(&mut file, length)? { Vec::new() } else { vec![b'\n'] };
    serde_json::to_writer(&mut bytes, &Row::of(line, zone))?;
    bytes.push(b'\n');
    let written = file.write_all(&bytes).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(length);
    }
    written
}

fn ends_whole(file: &mut File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(true) };
    file.seek(io::SeekFrom::Start(last))?;
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}

/// How far a log has been read, and which log it was: one that was moved away is followed by another, with another first
/// line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes from its beginning; the end of a line.
    pub bytes: u64,
    /// Hash of its first line.
    pub first_line: Sha256,
}

/// The next lines after `from`, at most a piece of the file, and where they end; `None` when there is no whole line yet.
/// A last line that is still being written is left for the next time; one that can't be read is passed over, so that
/// one bad line never hides the incidents after it. A log that is not the one of `from`, or has become shorter, is read
/// from its beginning.
///
/// # Errors
/// The file system's; a file that does not exist has no lines.
pub fn read_from(path: &Path, from: Option<Position>) -> io::Result<Option<(Vec<IncidentLine>, Position)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let first = piece(&mut file, MAX_LINE_BYTES)?;
    let end = first.iter().position(|b| *b == b'\n').or((first.len() as u64 == MAX_LINE_BYTES).then_some(first.len()));
    let Some(end) = end else { return Ok(None) };
    let first_line = whole::sha256(&first[..end]);
    let length = file.metadata()?.len();
    let same = from.filter(|from| from.first_line == first_line && from.bytes <= length);
    let begin = same.map_or(0, |from| from.bytes);
    file.seek(io::SeekFrom::Start(begin))?;
    let read = piece(&mut file, MAX_PIECE_BYTES)?;
    let complete = match read.iter().rposition(|b| *b == b'\n') {
        Some(last) => last + 1,
        // A piece of a mebibyte without an end of line is no log: it is passed over.
        None if read.len() as u64 == MAX_PIECE_BYTES => read.len(),
        None => 0,
    };
    let lines =
        read[..complete].split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Row>(line).ok()?.parse());
    Ok(Some((lines.collect(), Position { bytes: begin + complete as u64, first_line })))
}

fn piece(file: &mut File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a log says is open at its end, by key. For a player that starts: its predecessor may have been killed.
///
/// # Errors
/// The file system's.
pub fn left_open(path: &Path) -> io::Result<BTreeMap<String, IncidentKind>> {
    let mut open = BTreeMap::new();
    let mut at = None;
    while let Some((lines, to)) = read_from(path, at)? {
        if at == Some(to) {
            break;
        }
        for line in lines {
            match line.opened {
                Some(_) => open.insert(line.key, line.kind),
                None => open.remove(&line.key),
            };
        }
        at = Some(to);
    }
    Ok(open)
}

#[derive(Serialize, Deserialize)]
struct Row {
    at: String,
    key: String,
    kind: Kind,
    state: State,
    level: Option<Severity>,
    text_id: Option<String>,
    text_en: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Closed,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Warning,
    Critical,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Black,
    Freeze,
    Silence,
    Lateness,
    Lost,
    Clock,
    ItemFailed,
    NoPlan,
    Ordered,
}

macro_rules! both_ways {
    ($($variant:ident),+) => {
        impl From<IncidentKind> for Kind {
            fn from(kind: IncidentKind) -> Kind { match kind { $(IncidentKind::$variant => Kind::$variant),+ } }
        }
        impl From<Kind> for IncidentKind {
            fn from(kind: Kind) -> IncidentKind { match kind { $(Kind::$variant => IncidentKind::$variant),+ } }
        }
    };
}
both_ways!(Black, Freeze, Silence, Lateness, Lost, Clock, ItemFailed, NoPlan, Ordered);

impl Row {
    fn of(line: &IncidentLine, zone: Zone) -> Row {
        let (level, text) = line.opened.clone().unzip();
        let (text_id, text_en) = text.map(|text| (text.id, text.en)).unzip();
        Row {
            at: zone.rfc3339(line.at),
            key: line.key.clone(),
            kind: line.kind.into(),
            state: if line.opened.is_some() { State::Open } else { State::Closed },
            level: level.map(|level| match level {
                Level::Warning => Severity::Warning,
                Level::Critical => Severity::Critical,
            }),
            text_id,
            text_en,
        }
    }

    fn parse(self) -> Option<IncidentLine> {
        let level = self.level.map(|level| match level {
            Severity::Warning => Level::Warning,
            Severity::Critical => Level::Critical,
        });
        let text = self.text_id.zip(self.text_en).map(|(id, en)| Text { id, en });
        let opened = match self.state {
            State::Open => Some((level?, text?)),
            State::Closed => None,
        };
        Some(IncidentLine { at: self.at.parse().ok()?, key: self.key, kind: self.kind.into(), opened })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back_and_a_bad_one_hides_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal/videotron.incidents.jsonl");
        let zone = "Asia/Jakarta".parse().expect("a zone");
        let at = "2026-11-22T08:00:00+07:00".parse().expect("an instant");
        let open = IncidentLine {
            at,
            key: "black".into(),
            kind: IncidentKind::Black,
            opened: Some((Level::Critical, Text::new("Gambar hitam", "Black picture"))),
        };
        let close = IncidentLine { opened: None, ..open.clone() };
        assert_eq!(read_from(&path, None).expect("read"), None, "no log yet");
        append(&path, &open, zone).expect("appended");
        let (lines, first) = read_from(&path, None).expect("read").expect("a log");
        assert_eq!(lines, std::slice::from_ref(&open));
        assert_eq!(left_open(&path).expect("read").into_keys().collect::<Vec<_>>(), ["black"]);
        OpenOptions::new().append(true).open(&path).expect("open").write_all(b"garbage\n").expect("written");
        append(&path, &close, zone).expect("appended");
        OpenOptions::new().append(true).open(&path).expect("open").write_all(b"{\"at\":").expect("written");
        let (lines, second) = read_from(&path, Some(first)).expect("read").expect("a log");
        assert_eq!(lines, std::slice::from_ref(&close));
        assert_eq!(read_from(&path, Some(second)).expect("read"), Some((Vec::new(), second)), "nothing is read twice");
        assert_eq!(left_open(&path).expect("read"), BTreeMap::new());
    }

    #[test]
    fn half_a_line_that_a_full_disk_left_does_not_hide_the_next_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("videotron.incidents.jsonl");
        fs::write(&path, b"{\"at\":\"2026-").expect("written");
        let at = "2026-11-22T08:00:00+07:00".parse().expect("an instant");
        let line = IncidentLine { at, key: "black".into(), kind: IncidentKind::Black, opened: None };
        append(&path, &line, "Asia/Jakarta".parse().expect("a zone")).expect("appended");
        assert_eq!(read_from(&path, None).expect("read").expect("a log").0, [line]);
    }

    #[test]
    fn a_log_that_was_moved_away_is_followed_by_a_new_one_from_its_first_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("videotron.incidents.jsonl");
        let zone = "Asia/Jakarta".parse().expect("a zone");
        let line = |at: &str| IncidentLine {
            at: at.parse().expect("an instant"),
            key: "black".into(),
            kind: IncidentKind::Black,
            opened: None,
        };
        let (old, new) = (line("2026-11-22T08:00:00+07:00"), line("2026-11-23T08:00:00+07:00"));
        append(&path, &old, zone).expect("appended");
        let (_, position) = read_from(&path, None).expect("read").expect("a log");
        fs::remove_file(&path).expect("moved away");
        assert_eq!(read_from(&path, Some(position)).expect("read"), None);
        append(&path, &new, zone).expect("appended");
        append(&path, &new, zone).expect("appended");
        let (lines, _) = read_from(&path, Some(position)).expect("read").expect("a log");
        assert_eq!(lines, [new.clone(), new]);
    }
}
