//! `journal/<channel>.jsonl`: what was on air, append-only, one hash-chained JSON line per row, fsynced row by row.
//!
//! Beside it lie `<channel>.head`, the newest row's `seq` and hash, so that a cut tail is seen; and `<channel>.now`, the
//! start marker of what is on air, so that a player that dies can be accounted for by its successor.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::time::{Instant, Zone};

/// Hash before the first row: 64 zeros.
pub const GENESIS: Sha256 = Sha256([0; 32]);
/// Longest line that is read; a row is under 1 KiB.
const MAX_LINE_BYTES: usize = 16 << 10;

/// A row that does not follow from the one before, or can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system said no.
    #[error("{path} can't be read or written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The chain is broken.
    #[error("{path} line {line} (seq {seq}): {fault}")]
    Broken {
        /// The journal.
        path: PathBuf,
        /// Counting from 1.
        line: u64,
        /// The row's own number, or the one that was expected.
        seq: u64,
        /// What is wrong.
        fault: String,
    },
}

/// A row with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// The row.
    pub row: AsRun,
    /// Hash of the row before.
    pub prev: Sha256,
    /// Hash of this row.
    pub hash: Sha256,
}

/// What is on air now, for whoever comes after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The row so far: `end` and the counts are as of the last sign of life.
    pub row: AsRun,
}

/// The paths of a channel's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPaths {
    /// The rows.
    pub rows: PathBuf,
    /// Newest `seq` and hash.
    pub head: PathBuf,
    /// Start marker.
    pub now: PathBuf,
}

impl JournalPaths {
    /// The usual place in a home.
    pub fn in_home(home: &Path, channel: &ChannelId) -> JournalPaths {
        JournalPaths::beside(home.join("journal").join(format!("{channel}.jsonl")))
    }
    /// A journal elsewhere; its companions lie beside it.
    pub fn beside(rows: PathBuf) -> JournalPaths {
        JournalPaths { head: rows.with_extension("head"), now: rows.with_extension("now"), rows }
    }
}

/// An open journal, ready to append. One process holds it.
#[derive(Debug)]
pub struct Journal {
    paths: JournalPaths,
    file: File,
    zone: Zone,
    seq: u64,
    hash: Sha256,
    last: Option<AsRun>,
}

/// A journal that could not be gone on with: it is kept as evidence under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where its rows lie now.
    pub kept: PathBuf,
    /// What is wrong with it.
    pub fault: String,
}

/// Most journals of a channel that are set aside; then someone has to look.
const MOST_SET_ASIDE: u32 = 100;

impl Journal {
    /// Like [`Journal::open`], but a journal that is broken is set aside, untouched, and a new chain begins: a damaged
    /// record must not keep the wall dark. The import finds that rows it knows were replaced, and says so.
    ///
    /// # Errors
    /// [`JournalError::Io`], and [`JournalError::Broken`] after a hundred of them.
    pub fn open_or_set_aside(paths: JournalPaths, zone: Zone) -> Result<(Journal, Option<SetAside>), JournalError> {
        let error = match Journal::open(paths.clone(), zone) {
            Err(error @ JournalError::Broken { .. }) => error,
            other => return other.map(|journal| (journal, None)),
        };
        let name = |n: u32, path: &Path| path.with_added_extension(format!("broken-{n}"));
        let Some(n) = (1..=MOST_SET_ASIDE).find(|n| !name(*n, &paths.rows).exists()) else { return Err(error) };
        for path in [&paths.head, &paths.now, &paths.rows] {
            match fs::rename(path, name(n, path)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::Io { path: path.clone(), source });
                }
                _ => {}
            }
        }
        let set_aside = SetAside { kept: name(n, &paths.rows), fault: error.to_string() };
        Ok((Journal::open(paths, zone)?, Some(set_aside)))
    }

    /// Opens or creates a journal and verifies its whole chain. A last line that a power cut tore is removed: it was
    /// never complete, so it was never a row.
    ///
    /// # Errors
    /// [`JournalError`]; a broken chain is never appended to.
    pub fn open(paths: JournalPaths, zone: Zone) -> Result<Journal, JournalError> {
        let io = |source| JournalError::Io { path: paths.rows.clone(), source };
        if let Some(folder) = paths.rows.parent() {
            fs::create_dir_all(folder).map_err(io)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&paths.rows).map_err(io)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|e| io(e.into()))?;
        remove_torn_line(&mut file).map_err(io)?;
        let rows = read(&paths)?;
        let (seq, hash) = rows.last().map_or((0, GENESIS), |last| (last.row.seq, last.hash));
        let last = rows.into_iter().next_back().map(|last| last.row);
        Ok(Journal { paths, file, zone, seq, hash, last })
    }

    /// The newest row.
    pub fn last(&self) -> Option<&AsRun> {
        self.last.as_ref()
    }

    /// Gives the row its number, chains it, and makes it durable before returning.
    ///
    /// # Errors
    /// The file system's; the row is then not in the journal.
    pub fn append(&mut self, mut row: AsRun) -> Result<Chained, JournalError> {
        row.seq = self.seq + 1;
        let (line, hash) = line_of(&row, self.hash, self.zone);
        let io = |source| JournalError::Io { path: self.paths.rows.clone(), source };
        let length = self.file.metadata().map_err(io)?.len();
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // Half a line would break the chain for the next row.
            let _ = self.file.set_len(length);
            return Err(io(source));
        }
        let prev = std::mem::replace(&mut self.hash, hash);
        self.seq = row.seq;
        let head = Head { seq: row.seq, hash: hash.to_string() };
        let bytes = serde_json::to_vec(&head).expect("a number and a string always serialise");
        whole::write(&self.paths.head, &bytes)
            .map_err(|source| JournalError::Io { path: self.paths.head.clone(), source })?;
        self.last = Some(row.clone());
        Ok(Chained { row, prev, hash })
    }

    /// Notes what is on air. Durable when `durable`, as at each cut; a sign of life each second need not be.
    ///
    /// # Errors
    /// The file system's.
    pub fn mark(&self, marker: &Marker, durable: bool) -> Result<(), JournalError> {
        let (line, _) = line_of(&marker.row, self.hash, self.zone);
        let write = if durable { whole::write } else { whole::write_volatile };
        write(&self.paths.now, &line).map_err(|source| JournalError::Io { path: self.paths.now.clone(), source })
    }

    /// What was on air when the journal was last used, if its row was never written.
    pub fn interrupted(&self) -> Option<Marker> {
        let text = fs::read(&self.paths.now).ok()?;
        let row = serde_json::from_slice::<Row>(&text).ok()?.parse().ok()?.row;
        let after_last = self.last.as_ref().is_none_or(|last| row.start >= last.end);
        after_last.then_some(Marker { row })
    }
}

fn remove_torn_line(file: &mut File) -> io::Result<()> {
    file.seek(io::SeekFrom::Start(0))?;
    let mut reader = BufReader::new(&*file);
    let (mut whole, mut line) = (0, Vec::new());
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line)? {
            0 => return Ok(()),
            n if line.ends_with(b"\n") => whole += n as u64,
            _ => return file.set_len(whole).and_then(|()| file.sync_all()),
        }
    }
}

/// Reads and verifies a journal: every hash, every number, that rows tile time, and that the head kept outside is there.
///
/// # Errors
/// [`JournalError::Broken`] names the first bad line.
pub fn read(paths: &JournalPaths) -> Result<Vec<Chained>, JournalError> {
    let file = match File::open(&paths.rows) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(JournalError::Io { path: paths.rows.clone(), source }),
    };
    let mut rows: Vec<Chained> = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let text = text.map_err(|source| JournalError::Io { path: paths.rows.clone(), source })?;
        let chained = judge_line(&text, rows.last());
        let seq = rows.last().map_or(1, |last| last.row.seq + 1);
        rows.push(chained.map_err(|fault| JournalError::Broken { path: paths.rows.clone(), line, seq, fault })?);
    }
    judge_head(paths, &rows)?;
    Ok(rows)
}

fn judge_line(text: &[u8], before: Option<&Chained>) -> Result<Chained, String> {
    if text.len() > MAX_LINE_BYTES {
        return Err(format!("{} bytes; a row has at most {MAX_LINE_BYTES}", text.len()));
    }
    let value: serde_json::Value = serde_json::from_slice(text).map_err(|e| format!("not a row: {e}"))?;
    let found = hash_of(&value)?;
    let chained = serde_json::from_value::<Row>(value).map_err(|e| format!("not a row: {e}"))?.parse()?;
    if found != chained.hash {
        return Err(format!("its content hashes to {found}, but it says {}: a byte was changed", chained.hash));
    }
    let (prev, seq) = before.map_or((GENESIS, 1), |b| (b.hash, b.row.seq + 1));
    if chained.prev != prev || chained.row.seq != seq {
        return Err(format!("it does not follow the row before: expected seq {seq} after {prev}"));
    }
    if let Some(b) = before
        && b.row.end != chained.row.start
    {
        return Err(format!("it starts at {}, but the row before ends at {}", chained.row.start, b.row.end));
    }
    if chained.row.end < chained.row.start {
        return Err("it ends before it starts".into());
    }
    Ok(chained)
}

fn judge_head(paths: &JournalPaths, rows: &[Chained]) -> Result<(), JournalError> {
    let Ok(bytes) = fs::read(&paths.head) else { return Ok(()) };
    let line = rows.len() as u64;
    let last = rows.last().map_or(0, |r| r.row.seq);
    let broken = |fault: String| JournalError::Broken { path: paths.rows.clone(), line, seq: last, fault };
    let head: Head = serde_json::from_slice(&bytes).map_err(|e| broken(format!("its head file is unreadable: {e}")))?;
    let Some(named) = head.seq.checked_sub(1).and_then(|n| rows.get(usize::try_from(n).ok()?)) else {
        return Err(broken(format!(
            "the head kept outside names row {}, which is missing: the tail was cut",
            head.seq
        )));
    };
    if named.hash.to_string() == head.hash {
        Ok(())
    } else {
        Err(broken(format!("row {} is not the one the head kept outside names", head.seq)))
    }
}

/// SHA-256 of the row before, a newline, and the RFC 8785 form of the row without its own hash.
fn hash_of(row: &serde_json::Value) -> Result<Sha256, String> {
    let mut row = row.clone();
    let object = row.as_object_mut().ok_or("not a row: wanted is an object")?;
    object.remove("hash");
    let prev = object.get("prev").and_then(|p| p.as_str()).ok_or("it has no prev")?.to_owned();
    let canonical = serde_json_canonicalizer::to_string(&row).map_err(|e| e.to_string())?;
    Ok(whole::sha256(format!("{prev}\n{canonical}").as_bytes()))
}

fn line_of(row: &AsRun, prev: Sha256, zone: Zone) -> (Vec<u8>, Sha256) {
    let mut value = serde_json::to_value(Row::of(row, prev, zone)).expect("strings and integers always serialise");
    let hash = hash_of(&value).expect("a row is an object with a prev");
    value["hash"] = hash.to_string().into();
    let mut line = serde_json::to_vec(&value).expect("strings and integers always serialise");
    line.push(b'\n');
    (line, hash)
}

/// A row as the journal and `siaran asrun` write it.
pub fn to_json(chained: &Chained, zone: Zone) -> String {
    let (line, _) = line_of(&chained.row, chained.prev, zone);
    String::from_utf8_lossy(line.trim_ascii_end()).into_owned()
}

#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
    seq: u64,
    run: String,
    channel: String,
    item: Option<String>,
    kind: Kind,
    clip: Option<String>,
    planned_start: Option<String>,
    start: String,
    end: String,
    frames: u64,
    held_frames: u64,
    outcome: Result_,
    why: Option<String>,
    prev: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hash: String,
}

macro_rules! named {
    ($name:ident, $domain:ident, $($variant:ident),+) => {
        #[derive(Serialize, Deserialize, Clone, Copy)]
        #[serde(rename_all = "snake_case")]
        enum $name { $($variant),+ }
        impl From<$domain> for $name {
            fn from(value: $domain) -> Self { match value { $($domain::$variant => $name::$variant),+ } }
        }
        impl From<$name> for $domain {
            fn from(value: $name) -> Self { match value { $($name::$variant => $domain::$variant),+ } }
        }
    };
}
named!(Kind, AirKind, Clip, Fill, Slate, Live, Emergency, None);
named!(Result_, Outcome, Complete, Cut, Failed, Joined, OffAir, Closed);

impl Row {
    fn of(row: &AsRun, prev: Sha256, zone: Zone) -> Row {
        Row {
            seq: row.seq,
            run: row.run.clone(),
            channel: row.channel.to_string(),
            item: row.item.as_ref().map(ToString::to_string),
            kind: row.kind.into(),
            clip: row.clip.map(|h| h.to_string()),
            planned_start: row.planned_start.map(|at| zone.rfc3339(at)),
            start: zone.rfc3339(row.start),
            end: zone.rfc3339(row.end),
            frames: row.frames,
            held_frames: row.held_frames,
            outcome: row.outcome.into(),
            why: row.why.clone(),
            prev: prev.to_string(),
            hash: String::new(),
        }
    }

    fn parse(self) -> Result<Chained, String> {
        let instant = |text: &str| text.parse::<Instant>().map_err(|e| format!("{text:?}: {e}"));
        let row = AsRun {
            seq: self.seq,
            run: self.run,
            channel: self.channel.parse().map_err(|e| format!("{e}"))?,
            item: self.item.map(|i| i.parse()).transpose().map_err(|e| format!("{e}"))?,
            kind: self.kind.into(),
            clip: self.clip.map(|h| h.parse()).transpose().map_err(|e| format!("{e}"))?,
            planned_start: self.planned_start.as_deref().map(instant).transpose()?,
            start: instant(&self.start)?,
            end: instant(&self.end)?,
            frames: self.frames,
            held_frames: self.held_frames,
            outcome: self.outcome.into(),
            why: self.why,
        };
        let prev = self.prev.parse().map_err(|e| format!("prev: {e}"))?;
        let hash = self.hash.parse().map_err(|e| format!("hash: {e}"))?;
        Ok(Chained { row, prev, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn zone() -> Zone {
        "Asia/Jakarta".parse().expect("a zone")
    }
    fn row(start_s: i64, end_s: i64) -> AsRun {
        let at = |s| "2026-11-22T06:00:00+07:00".parse::<Instant>().expect("an instant") + TimeDelta::seconds(s);
        AsRun {
            seq: 0,
            run: "r1".into(),
            channel: "videotron".parse().expect("a channel"),
            item: Some("a".parse().expect("an item")),
            kind: AirKind::Clip,
            clip: Some(Sha256([9; 32])),
            planned_start: Some(at(start_s)),
            start: at(start_s),
            end: at(end_s),
            frames: 25 * (end_s - start_s).unsigned_abs(),
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        }
    }
    fn three_rows(folder: &Path) -> JournalPaths {
        let paths = JournalPaths::beside(folder.join("videotron.jsonl"));
        let mut journal = Journal::open(paths.clone(), zone()).expect("a new journal");
        for n in 0..3 {
            journal.append(row(n * 10, n * 10 + 10)).expect("appended");
        }
        paths
    }

    #[test]
    fn a_journal_goes_on_where_it_stopped_also_after_a_torn_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = three_rows(folder.path());
        let mut bytes = fs::read(&paths.rows).expect("readable");
        bytes.extend_from_slice(b"{\"seq\":4,\"run\"");
        fs::write(&paths.rows, bytes).expect("writable");
        let mut journal = Journal::open(paths.clone(), zone()).expect("reopened");
        journal.append(row(30, 40)).expect("appended");
        let seqs: Vec<_> = read(&paths).expect("sound").iter().map(|r| r.row.seq).collect();
        assert_eq!(seqs, [1, 2, 3, 4]);
    }

    #[test]
    fn a_flipped_byte_a_cut_tail_and_a_gap_are_each_found_and_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = three_rows(folder.path());
        let good = fs::read_to_string(&paths.rows).expect("readable");
        let lines: Vec<_> = good.lines().collect();

        fs::write(&paths.rows, good.replacen("\"frames\":250", "\"frames\":251", 2)).expect("writable");
        assert!(read(&paths).expect_err("flipped").to_string().contains("line 1 (seq 1)"));
        fs::write(&paths.rows, format!("{}\n{}\n", lines[0], lines[1])).expect("writable");
        assert!(read(&paths).expect_err("cut").to_string().contains("the tail was cut"));
        fs::write(&paths.rows, format!("{}\n{}\n", lines[0], lines[2])).expect("writable");
        assert!(read(&paths).expect_err("missing").to_string().contains("line 2 (seq 2)"));

        fs::write(&paths.rows, &good).expect("writable");
        let mut journal = Journal::open(paths.clone(), zone()).expect("sound again");
        journal.append(row(31, 40)).expect("appended");
        assert!(read(&paths).expect_err("gap").to_string().contains("the row before ends"));
    }

    #[test]
    fn a_broken_journal_is_kept_as_it_is_and_a_new_one_begins() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = three_rows(folder.path());
        let broken = fs::read_to_string(&paths.rows).expect("readable").replacen("250", "251", 1);
        fs::write(&paths.rows, &broken).expect("writable");
        let (mut journal, set_aside) = Journal::open_or_set_aside(paths.clone(), zone()).expect("a new journal");
        let set_aside = set_aside.expect("it was broken");
        assert_eq!(fs::read_to_string(&set_aside.kept).expect("kept"), broken);
        assert!(set_aside.fault.contains("line 1"), "{}", set_aside.fault);
        journal.append(row(50, 60)).expect("appended");
        drop(journal);
        let (journal, none) = Journal::open_or_set_aside(paths, zone()).expect("sound");
        assert_eq!((journal.last().map(|r| r.seq), none), (Some(1), None));
    }

    #[test]
    fn what_was_on_air_when_the_player_died_is_known() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = three_rows(folder.path());
        let journal = Journal::open(paths.clone(), zone()).expect("reopened");
        assert_eq!(journal.interrupted(), None);
        journal.mark(&Marker { row: row(30, 34) }, true).expect("marked");
        assert_eq!(journal.interrupted().map(|m| m.row.end), Some(row(30, 34).end));
    }

    #[test]
    fn two_players_never_write_one_journal() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = three_rows(folder.path());
        let _first = Journal::open(paths.clone(), zone()).expect("reopened");
        assert!(Journal::open(paths, zone()).is_err());
    }
}
