//! `journal/<channel>.incidents.jsonl`: what the player noticed, append-only, fsynced line by line. The player has no
//! database; the head-end reads new lines and shows them on the operator's page.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::ids::ChannelId;
use crate::domain::incident::{IncidentKind, Level};
use crate::domain::text::Text;
use crate::domain::time::{Instant, Zone};

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

/// Appends a line and makes it durable.
///
/// # Errors
/// The file system's.
pub fn append(path: &Path, line: &IncidentLine, zone: Zone) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let mut bytes = serde_json::to_vec(&Row::of(line, zone))?;
    bytes.push(b'\n');
    file.write_all(&bytes).and_then(|()| file.sync_data())
}

/// The lines from number `from` on, counting from 0. A last line that is still being written is left for the next time;
/// one that can't be read is passed over, so that one bad line never hides the incidents after it.
///
/// # Errors
/// The file system's; a file that does not exist has no lines.
pub fn read_from(path: &Path, from: usize) -> io::Result<Vec<(usize, IncidentLine)>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|b| *b == b'\n').enumerate().skip(from);
    Ok(lines.filter_map(|(n, line)| Some((n, serde_json::from_slice::<Row>(line).ok()?.parse()?))).collect())
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
both_ways!(Black, Freeze, Silence, Lateness, Lost, Clock, ItemFailed, NoPlan);

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
        append(&path, &open, zone).expect("appended");
        OpenOptions::new().append(true).open(&path).expect("open").write_all(b"garbage\n").expect("written");
        append(&path, &close, zone).expect("appended");
        OpenOptions::new().append(true).open(&path).expect("open").write_all(b"{\"at\":").expect("written");
        assert_eq!(read_from(&path, 0).expect("read"), [(0, open), (2, close.clone())]);
        assert_eq!(read_from(&path, 2).expect("read"), [(2, close)]);
    }
}
