//! The rows of a player on their way to its journal. A disk that refuses them costs no row as long as they fit into
//! memory: they wait here in order and are written, in one chain, once it takes them. What did not fit is one row that
//! says so.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::domain::as_run::{AsRun, NOT_RECORDED, Outcome};
use crate::domain::channel::Channel;
use crate::domain::ids::ChannelId;
use crate::domain::time::{Instant, Zone};
use crate::files::journal::{Glimpse, Journal, JournalError, JournalPaths, Marker, SetAside};

/// Rows kept in memory while the disk refuses them: a day of clips of 15 s, some 2 MB. Then the oldest two become one
/// that proves nothing.
pub const MOST_WAITING: usize = 6_000;

/// Where a player's rows go.
#[derive(Debug)]
pub struct Ledger {
    paths: JournalPaths,
    channel: ChannelId,
    zone: Zone,
    book: Book,
    waiting: VecDeque<AsRun>,
    most_waiting: usize,
    /// Rows of which the ones that wait prove nothing any more.
    unproven: Unproven,
    set_aside: Option<SetAside>,
    /// Rows of this run are in the journal.
    begun: bool,
}

#[derive(Debug)]
enum Book {
    Open(Box<Journal>),
    /// It can't be written now, for this reason; nobody else takes it meanwhile, if it could be read.
    Shut(String, Option<Box<Glimpse>>),
}

/// What is not proven: how many rows, and how much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unproven {
    /// Rows that were not kept.
    pub rows: u64,
    /// The first instant and the end of what they were about.
    pub time: Option<(Instant, Instant)>,
}

impl Unproven {
    fn add(&mut self, row: &AsRun) {
        self.rows += 1;
        let (start, end) = self.time.unwrap_or((row.start, row.end));
        self.time = Some((start.min(row.start), end.max(row.end)));
    }

    /// How long that is.
    pub fn length(&self) -> TimeDelta {
        self.time.map_or(TimeDelta::zero(), |(start, end)| end - start)
    }
}

impl Ledger {
    /// Opens a channel's journal. One that is damaged is set aside; one that can't be written or read is no reason not
    /// to be on air: its rows wait. What was on air when a predecessor died gets its row.
    ///
    /// # Errors
    /// [`JournalError::Held`] alone: another player is on this channel.
    pub fn open(paths: JournalPaths, channel: &Channel, now: Instant) -> Result<Ledger, JournalError> {
        let (id, zone) = (channel.id.clone(), channel.zone);
        let (book, set_aside, last, interrupted) = match Journal::open_or_set_aside(paths.clone(), &id, zone, now) {
            Ok((journal, set_aside)) => {
                let (last, interrupted) = (journal.last().cloned(), journal.interrupted());
                (Book::Open(Box::new(journal)), set_aside, last, interrupted)
            }
            Err(error @ JournalError::Held { .. }) => return Err(error),
            Err(error) => {
                let mut glimpse = Journal::glimpse(&paths)?;
                let (last, interrupted) = (glimpse.last.clone(), glimpse.interrupted.take());
                (Book::Shut(error.to_string(), Some(Box::new(glimpse))), None, last, interrupted)
            }
        };
        let mut waiting = VecDeque::new();
        if let Some(row) = interrupted.and_then(row_of_interrupted) {
            // Rows that waited for the disk were lost with the predecessor.
            if let Some(last) = last.filter(|last| last.end < row.start) {
                let gap = AsRun { start: last.end, end: row.start, ..row.clone() };
                waiting.push_back(gap.clone().not_recorded(&gap));
            }
            waiting.push_back(row);
        }
        Ok(Ledger {
            paths,
            channel: id,
            zone,
            book,
            waiting,
            most_waiting: MOST_WAITING,
            unproven: Unproven::default(),
            set_aside,
            begun: false,
        })
    }

    /// Where the last row ended, the one of an interrupted item included.
    pub fn last_end(&self) -> Option<Instant> {
        let written = match &self.book {
            Book::Open(journal) => journal.last(),
            Book::Shut(_, glimpse) => glimpse.as_ref().and_then(|glimpse| glimpse.last.as_ref()),
        };
        self.waiting.back().or(written).map(|row| row.end)
    }

    /// A journal that was found damaged and set aside since the last question.
    pub fn set_aside(&mut self) -> Option<SetAside> {
        self.set_aside.take()
    }

    /// What of the time that was handed over is not proven, since the last question.
    pub fn unproven(&mut self) -> Option<Unproven> {
        Some(std::mem::take(&mut self.unproven)).filter(|unproven| unproven.rows > 0)
    }

    /// Rows that wait for the disk.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a row; [`Ledger::write`] writes it.
    pub fn add(&mut self, row: AsRun) {
        if row.proves_nothing() {
            self.unproven.add(&row);
        }
        self.waiting.push_back(row);
        if self.waiting.len() > self.most_waiting
            && let (Some(oldest), Some(next)) = (self.waiting.pop_front(), self.waiting.pop_front())
        {
            for row in [&oldest, &next].into_iter().filter(|row| !row.proves_nothing()) {
                self.unproven.add(row);
            }
            self.waiting.push_front(oldest.not_recorded(&next));
        }
    }

    /// Writes what waits, in order, at `at`.
    ///
    /// # Errors
    /// Why it can't, in words; what is not written goes on waiting.
    pub fn write(&mut self, at: Instant) -> Result<(), String> {
        self.reopen(at)?;
        let Book::Open(journal) = &mut self.book else { return Ok(()) };
        while let Some(row) = self.waiting.front() {
            journal.append(row.clone()).map_err(|error| error.to_string())?;
            self.begun = true;
            self.waiting.pop_front();
        }
        journal.keep_head().map_err(|error| error.to_string())
    }

    /// Opens a journal that was shut, or whose file is not the one of that name any more, and joins what waits to it.
    fn reopen(&mut self, at: Instant) -> Result<(), String> {
        match &mut self.book {
            Book::Open(journal) if self.waiting.is_empty() || journal.is_in_place() => return Ok(()),
            Book::Open(_) => {}
            // Its lock is the one that the journal takes.
            Book::Shut(_, glimpse) => *glimpse = None,
        }
        let now = self.waiting.front().map_or(at, |row| row.start);
        match Journal::open_or_set_aside(self.paths.clone(), &self.channel, self.zone, now) {
            Ok((journal, set_aside)) => {
                self.join(&journal);
                self.set_aside = set_aside.or(self.set_aside.take());
                self.book = Book::Open(Box::new(journal));
                Ok(())
            }
            Err(error) => {
                let guard = Journal::glimpse(&self.paths).ok().map(Box::new);
                self.book = Book::Shut(error.to_string(), guard);
                Err(error.to_string())
            }
        }
    }

    /// Makes what waits follow from a journal that could not be read when its first row was handed over.
    fn join(&mut self, journal: &Journal) {
        let Some(end) = journal.last().map(|last| last.end) else { return };
        while self.waiting.front().is_some_and(|row| row.start < end)
            && let Some(row) = self.waiting.pop_front()
        {
            self.unproven.add(&row);
            if row.end > end {
                let rest = AsRun { start: end, ..row.clone() };
                self.waiting.push_front(rest.not_recorded(&row));
            }
        }
        let Some(first) = self.waiting.front().filter(|row| row.start > end).cloned() else { return };
        let lost = journal.interrupted().and_then(row_of_interrupted);
        let lost = lost.filter(|row| !self.begun && row.start == end && row.end <= first.start);
        let gap = AsRun { start: lost.as_ref().map_or(end, |row| row.end), ..first.clone() };
        if gap.start < first.start {
            let why = if self.begun { NOT_RECORDED } else { "no_player" };
            let gap = AsRun { end: first.start, ..gap };
            self.waiting.push_front(AsRun { why: Some(why.to_owned()), ..gap.clone().not_recorded(&gap) });
        }
        lost.into_iter().for_each(|row| self.waiting.push_front(row));
    }

    /// Notes what is on air; see [`Journal::mark`].
    ///
    /// # Errors
    /// Why it can't, in words.
    pub fn mark(&self, row: AsRun, durable: bool) -> Result<(), String> {
        match &self.book {
            Book::Open(journal) => journal.mark(&Marker { row }, durable).map_err(|error| error.to_string()),
            Book::Shut(why, _) => Err(why.clone()),
        }
    }
}

/// What was on air when a player died, as a row; nothing, if it had not been on air yet.
fn row_of_interrupted(Marker { mut row }: Marker) -> Option<AsRun> {
    if row.outcome != Outcome::Closed {
        (row.outcome, row.why) = (Outcome::Cut, Some("player_lost".to_owned()));
    }
    Some(row).filter(|row| row.end > row.start)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::as_run::AirKind;
    use crate::files::journal;

    fn channel() -> Channel {
        let config = crate::config::Config::parse(Path::new("/h"), "").expect("defaults");
        config.channels.into_values().next().expect("one channel").channel
    }

    fn zone() -> Zone {
        channel().zone
    }

    fn row(start_s: i64, end_s: i64) -> AsRun {
        let at = |s| "2026-11-22T06:00:00+07:00".parse::<Instant>().expect("an instant") + TimeDelta::seconds(s);
        AsRun {
            seq: 0,
            run: "r1".into(),
            channel: "videotron".parse().expect("a channel"),
            item: Some("a".parse().expect("an item")),
            kind: AirKind::Clip,
            clip: None,
            planned_start: Some(at(start_s)),
            start: at(start_s),
            end: at(end_s),
            frames: 25 * (end_s - start_s).unsigned_abs(),
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        }
    }

    /// A folder of that name can't be a journal, and a file can't be a folder: root is refused like everyone.
    fn in_the_way(folder: &Path) -> JournalPaths {
        std::fs::write(folder.join("journal"), "in the way").expect("written");
        JournalPaths::beside(folder.join("journal/videotron.jsonl"))
    }

    fn story(paths: &JournalPaths) -> Vec<(u64, i64, Option<String>)> {
        let rows = journal::read(paths).expect("one chain, and rows tile time");
        rows.into_iter().map(|r| (r.row.seq, (r.row.end - r.row.start).num_seconds(), r.row.why)).collect()
    }

    #[test]
    fn rows_wait_for_a_disk_that_takes_none_and_are_then_written_in_one_chain() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = in_the_way(folder.path());
        let mut ledger = Ledger::open(paths.clone(), &channel(), row(0, 1).start).expect("nobody else holds it");
        for n in 0..3 {
            ledger.add(row(n * 10, n * 10 + 10));
            assert!(ledger.write(row(0, 1).start).is_err_and(|why| why.contains("videotron.jsonl")));
        }
        std::fs::remove_file(folder.path().join("journal")).expect("removed");
        ledger.write(row(0, 1).start).expect("it takes them now");
        ledger.add(row(30, 40));
        ledger.write(row(0, 1).start).expect("and the next");
        assert_eq!(story(&paths), [(1, 10, None), (2, 10, None), (3, 10, None), (4, 10, None)]);
        assert_eq!(ledger.unproven(), None);
    }

    #[test]
    fn what_does_not_fit_into_memory_is_one_row_that_proves_nothing_and_says_how_much() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = in_the_way(folder.path());
        let mut ledger = Ledger::open(paths.clone(), &channel(), row(0, 1).start).expect("nobody else holds it");
        ledger.most_waiting = 10;
        (0..15).for_each(|n| ledger.add(row(n, n + 1)));
        assert_eq!(ledger.waiting(), 10);
        std::fs::remove_file(folder.path().join("journal")).expect("removed");
        ledger.write(row(0, 1).start).expect("it takes them now");
        let story = story(&paths);
        assert_eq!((story[0].clone(), story[1].clone()), ((1, 6, Some(NOT_RECORDED.into())), (2, 1, None)));
        let unproven = ledger.unproven().expect("six rows");
        assert_eq!((unproven.rows, unproven.length()), (6, TimeDelta::seconds(6)));
    }

    #[test]
    fn a_journal_that_comes_back_with_rows_of_its_own_is_joined_without_a_hole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = JournalPaths::beside(folder.path().join("journal/videotron.jsonl"));
        let mut before = Journal::open(paths.clone(), zone()).expect("a journal");
        before.append(row(0, 10)).expect("appended");
        before.mark(&Marker { row: row(10, 14) }, true).expect("marked");
        drop(before);
        let away = folder.path().join("away");
        std::fs::rename(folder.path().join("journal"), &away).expect("moved");
        std::fs::write(folder.path().join("journal"), "in the way").expect("written");
        let mut ledger = Ledger::open(paths.clone(), &channel(), row(0, 1).start).expect("nobody else holds it");
        ledger.add(row(20, 30));
        assert!(ledger.write(row(0, 1).start).is_err());
        std::fs::remove_file(folder.path().join("journal")).expect("removed");
        std::fs::rename(&away, folder.path().join("journal")).expect("moved back");
        ledger.write(row(0, 1).start).expect("it takes them now");
        let why = |why: &str| Some(why.to_owned());
        assert_eq!(story(&paths), [(1, 10, None), (2, 4, why("player_lost")), (3, 6, why("no_player")), (4, 10, None)]);
    }

    #[test]
    fn rows_that_died_with_a_player_whose_disk_was_full_are_not_passed_off_as_absence() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = JournalPaths::beside(folder.path().join("videotron.jsonl"));
        let mut before = Journal::open(paths.clone(), zone()).expect("a journal");
        before.append(row(0, 10)).expect("appended");
        before.mark(&Marker { row: row(30, 35) }, true).expect("marked");
        drop(before);
        let mut ledger = Ledger::open(paths.clone(), &channel(), row(0, 1).start).expect("nobody else holds it");
        ledger.write(row(0, 1).start).expect("written");
        let why = |why: &str| Some(why.to_owned());
        assert_eq!(story(&paths), [(1, 10, None), (2, 20, why(NOT_RECORDED)), (3, 5, why("player_lost"))]);
    }
}
