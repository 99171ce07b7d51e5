//! `journal/<channel>.jsonl`: what was on air, append-only, one hash-chained JSON line per row, fsynced row by row.
//!
//! Beside it lie `<channel>.head`, the newest row's `seq` and hash, so that a cut tail is seen; and `<channel>.now`, the
//! start marker of what is on air, so that a player that dies can be accounted for by its successor.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

mod holder;
mod line;
mod set_aside;

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::as_run::AsRun;
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::time::{Instant, Zone};
use line::{Line, self_consistent};

pub use holder::Holder;
pub use set_aside::{Damage, kept_beside};

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
    /// Another process holds it.
    #[error("{path} is held by {}", holder.as_ref().map_or("a process that can't be seen from here".into(), Holder::to_string))]
    Held {
        /// The journal.
        path: PathBuf,
        /// Who holds it, if that can be known.
        holder: Option<Holder>,
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
    /// What it stands in place of, if the journal was damaged there.
    pub damage: Option<Damage>,
}

impl Chained {
    /// The last number that it accounts for; its own, unless it stands for several.
    pub fn last_seq(&self) -> u64 {
        self.damage.as_ref().map_or(self.row.seq, |damage| damage.to_seq)
    }
}

/// The row of a journal that accounts for a number.
pub fn accounting_for(rows: &[Chained], seq: u64) -> Option<&Chained> {
    let row = rows.get(rows.partition_point(|row| row.last_seq() < seq))?;
    (row.row.seq <= seq).then_some(row)
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
    /// Where the file must end before the next row: half a line lies behind it, which the disk would not take away.
    whole_until: Option<u64>,
    /// The head names an older row: the disk took the newest, but not the head.
    head_behind: Option<Chained>,
}

/// What can be known of a journal that can't be written now. While this lives, no other player takes the journal.
#[derive(Debug, Default)]
pub struct Glimpse {
    /// The newest row that follows from the ones before.
    pub last: Option<AsRun>,
    /// What was on air when the journal was last used, if its row was never written.
    pub interrupted: Option<Marker>,
    _guard: Option<File>,
}

/// A journal that could not be gone on with: it is kept as evidence under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it lies now.
    pub kept: PathBuf,
    /// The row in place of what can't be trusted.
    pub told: Chained,
}

impl Journal {
    /// Like [`Journal::open`], but a journal that is damaged is set aside, and one with every row that can be trusted
    /// goes on in its place: a damaged record must not keep the wall dark. `now` ends what is in doubt if nothing else
    /// tells when it ended.
    ///
    /// # Errors
    /// [`JournalError::Io`], and [`JournalError::Broken`] after a hundred of them.
    pub fn open_or_set_aside(
        paths: JournalPaths,
        channel: &ChannelId,
        zone: Zone,
        now: Instant,
    ) -> Result<(Journal, Option<SetAside>), JournalError> {
        let error = match Journal::open(paths.clone(), zone) {
            Err(error @ JournalError::Broken { .. }) => error,
            other => return other.map(|journal| (journal, None)),
        };
        let told = set_aside::replace(&paths, error, channel, zone, now)?;
        let name = told.damage.as_ref().map(|damage| damage.kept.clone()).unwrap_or_default();
        let set_aside = SetAside { kept: paths.rows.with_file_name(name), told };
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
        hold(&file, &paths.rows)?;
        remove_torn_line(&mut file).map_err(io)?;
        let rows = read(&paths)?;
        let (seq, hash) = rows.last().map_or((0, GENESIS), |last| (last.last_seq(), last.hash));
        let last = rows.into_iter().next_back().map(|last| last.row);
        Ok(Journal { paths, file, zone, seq, hash, last, whole_until: None, head_behind: None })
    }

    /// Looks at a journal that can't be written, and changes nothing. One that can't be read either is not known.
    ///
    /// # Errors
    /// [`JournalError::Held`] alone.
    pub fn glimpse(paths: &JournalPaths) -> Result<Glimpse, JournalError> {
        let Ok(file) = File::open(&paths.rows) else { return Ok(Glimpse::default()) };
        hold(&file, &paths.rows)?;
        let (rows, _) = read_until_fault(&file);
        let last = rows.into_iter().next_back().map(|last| last.row);
        Ok(Glimpse { interrupted: interrupted(paths, last.as_ref()), last, _guard: Some(file) })
    }

    /// Whether the file that is held is still the one that has the journal's name: a disk that went away and came back
    /// has another.
    pub fn is_in_place(&self) -> bool {
        let id = |data: io::Result<fs::Metadata>| data.map(|data| (data.dev(), data.ino())).ok();
        id(fs::metadata(&self.paths.rows)) == id(self.file.metadata())
    }

    /// The newest row.
    pub fn last(&self) -> Option<&AsRun> {
        self.last.as_ref()
    }

    /// Gives the row its number, chains it, and makes it durable before returning. The head kept outside follows if it
    /// can: see [`Journal::keep_head`].
    ///
    /// # Errors
    /// The file system's; the row is then not in the journal.
    pub fn append(&mut self, mut row: AsRun) -> Result<Chained, JournalError> {
        row.seq = self.seq + 1;
        let (line, chained) = Line { row, prev: self.hash, damage: None }.line(self.zone);
        self.write_line(&line).map_err(|source| JournalError::Io { path: self.paths.rows.clone(), source })?;
        (self.seq, self.hash) = (chained.row.seq, chained.hash);
        self.last = Some(chained.row.clone());
        self.head_behind = Some(chained.clone());
        let _ = self.keep_head();
        Ok(chained)
    }

    /// Half a line would break the chain for the next row, so what could not be written whole is taken away, if not at
    /// once then before the next row.
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some(length) = self.whole_until {
            self.file.set_len(length)?;
            self.whole_until = None;
        }
        let length = self.file.metadata()?.len();
        let written = self.file.write_all(line).and_then(|()| self.file.sync_data());
        if written.is_err() && self.file.set_len(length).is_err() {
            self.whole_until = Some(length);
        }
        written
    }

    /// Brings the head kept outside up to the newest row, where the disk would not take it with that row.
    ///
    /// # Errors
    /// The file system's; the rows are in the journal all the same.
    pub fn keep_head(&mut self) -> Result<(), JournalError> {
        if let Some(newest) = &self.head_behind {
            whole::write(&self.paths.head, &head_bytes(newest, self.zone))
                .map_err(|source| JournalError::Io { path: self.paths.head.clone(), source })?;
            self.head_behind = None;
        }
        Ok(())
    }

    /// Notes what is on air. Durable when `durable`, as at each cut; a sign of life each second need not be.
    ///
    /// # Errors
    /// The file system's.
    pub fn mark(&self, marker: &Marker, durable: bool) -> Result<(), JournalError> {
        let row = AsRun { seq: self.seq + 1, ..marker.row.clone() };
        let (line, _) = Line { row, prev: self.hash, damage: None }.line(self.zone);
        let write = if durable { whole::write } else { whole::write_volatile };
        write(&self.paths.now, &line).map_err(|source| JournalError::Io { path: self.paths.now.clone(), source })
    }

    /// What was on air when the journal was last used, if its row was never written.
    pub fn interrupted(&self) -> Option<Marker> {
        interrupted(&self.paths, self.last.as_ref())
    }
}

fn interrupted(paths: &JournalPaths, last: Option<&AsRun>) -> Option<Marker> {
    let row = AsRun { seq: 0, ..marker_of(paths)?.row };
    let after_last = last.is_none_or(|last| row.start >= last.end);
    after_last.then_some(Marker { row })
}

/// The start marker, with the number that its row will have and the hash of the row before.
fn marker_of(paths: &JournalPaths) -> Option<Chained> {
    self_consistent(fs::read(&paths.now).ok()?.trim_ascii_end()).ok()
}

fn hold(file: &File, path: &Path) -> Result<(), JournalError> {
    match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(JournalError::Held { path: path.to_owned(), holder: holder::of(file) })
        }
        Err(source) => Err(JournalError::Io { path: path.to_owned(), source: source.into() }),
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
    let (rows, fault) = read_until_fault(&file);
    if let Some(fault) = fault {
        let seq = rows.last().map_or(1, |last| last.row.seq + 1);
        let path = paths.rows.clone();
        return Err(match fault {
            Fault::Unreadable(source) => JournalError::Io { path, source },
            Fault::Row(line, fault) => JournalError::Broken { path, line, seq, fault },
        });
    }
    judge_head(paths, &rows)?;
    Ok(rows)
}

/// Where reading ended before the end.
enum Fault {
    Unreadable(io::Error),
    Row(u64, String),
}

/// The rows that follow from one another, up to the first that does not.
fn read_until_fault(file: &File) -> (Vec<Chained>, Option<Fault>) {
    let mut rows: Vec<Chained> = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let judged = text
            .map_err(Fault::Unreadable)
            .and_then(|text| judge_line(&text, rows.last()).map_err(|fault| Fault::Row(line, fault)));
        match judged {
            Ok(row) => rows.push(row),
            Err(fault) => return (rows, Some(fault)),
        }
    }
    (rows, None)
}

fn judge_line(text: &[u8], before: Option<&Chained>) -> Result<Chained, String> {
    if text.len() > MAX_LINE_BYTES {
        return Err(format!("{} bytes; a row has at most {MAX_LINE_BYTES}", text.len()));
    }
    let chained = self_consistent(text)?;
    follows(&chained, before).map(|()| chained)
}

/// Whether a row follows from the one before. After a row that stands for others it may hold the hash of the last of
/// them: it was written when they were there.
fn follows(row: &Chained, before: Option<&Chained>) -> Result<(), String> {
    let (prev, seq) = before.map_or((GENESIS, 1), |b| (b.hash, b.last_seq() + 1));
    let stood_for = before.and_then(|b| b.damage.as_ref()?.to_hash);
    if (row.prev != prev && Some(row.prev) != stood_for) || row.row.seq != seq {
        return Err(format!("it does not follow the row before: expected seq {seq} after {prev}"));
    }
    if let Some(b) = before
        && b.row.end != row.row.start
    {
        return Err(format!("it starts at {}, but the row before ends at {}", row.row.start, b.row.end));
    }
    if row.row.end < row.row.start || row.last_seq() < row.row.seq {
        return Err("it ends before it starts".into());
    }
    Ok(())
}

fn judge_head(paths: &JournalPaths, rows: &[Chained]) -> Result<(), JournalError> {
    let Ok(bytes) = fs::read(&paths.head) else { return Ok(()) };
    let line = rows.len() as u64;
    let last = rows.last().map_or(0, |r| r.row.seq);
    let broken = |fault: String| JournalError::Broken { path: paths.rows.clone(), line, seq: last, fault };
    let head: Head = serde_json::from_slice(&bytes).map_err(|e| broken(format!("its head file is unreadable: {e}")))?;
    let Some(named) = accounting_for(rows, head.seq) else {
        return Err(broken(format!(
            "the head kept outside names row {}, which is missing: the tail was cut",
            head.seq
        )));
    };
    let says = |hash: Sha256| hash.to_string() == head.hash;
    let stood_for = |damage: &Damage| head.seq < damage.to_seq || damage.to_hash.is_none_or(says);
    if says(named.hash) || named.damage.as_ref().is_some_and(stood_for) {
        Ok(())
    } else {
        Err(broken(format!("row {} is not the one the head kept outside names", head.seq)))
    }
}

fn head_bytes(newest: &Chained, zone: Zone) -> Vec<u8> {
    let end = Some(zone.rfc3339(newest.row.end));
    let head = Head { seq: newest.last_seq(), hash: newest.hash.to_string(), end };
    serde_json::to_vec(&head).expect("strings and integers always serialise")
}

/// A row as the journal and `siaran asrun` write it.
pub fn to_json(chained: &Chained, zone: Zone) -> String {
    let Chained { row, prev, damage, .. } = chained.clone();
    let (line, _) = Line { row, prev, damage }.line(zone);
    String::from_utf8_lossy(line.trim_ascii_end()).into_owned()
}

#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    hash: String,
    /// Where that row ends; it is known though the journal be damaged.
    #[serde(default)]
    end: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::as_run::{AirKind, Outcome};
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
        let refused = Journal::open(paths, zone()).expect_err("it is held").to_string();
        assert!(refused.contains(&format!("is held by process {} (", std::process::id())), "{refused}");
    }
}
