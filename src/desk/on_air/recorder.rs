//! The thread that writes for the tick thread: rows and start markers to the journal, incidents, and the status file.
//! The tick thread never waits for a disk; a disk that is full or gone costs no frame, and is said.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{self, Duration};

use chrono::TimeDelta;

use super::ledger::Ledger;
use super::words::{self, Noticed};
use crate::av::branding::Fault;
use crate::domain::as_run::AsRun;
use crate::domain::channel::Channel;
use crate::domain::incident::IncidentKind;
use crate::domain::time::Instant;
use crate::engine::watch::Change;
use crate::files::incident_log::{self, IncidentLine};
use crate::files::status_file::{self, Snapshot};

/// How often what could not be written is tried again; by the player's timeline, and when nothing is heard for as long.
const RETRY: TimeDelta = TimeDelta::seconds(1);
const QUIET: Duration = Duration::from_secs(1);
/// A disk that has taken everything for this long takes writes again. A full one takes some now and then.
const CALM: TimeDelta = TimeDelta::seconds(5);
/// Incident lines kept in memory while the disk refuses them: a day with one a minute. Then the oldest is dropped, and
/// said.
const MOST_LINES: usize = 1_500;

/// Tasks on their way to the thread: a disk that hangs, not one that refuses, fills this in half an hour at six or seven
/// a second, with some 10 MB. Rows that find no room become one that says so; everything else is dropped.
const MOST_TASKS: usize = 12_000;
/// How long the end of a player waits for a disk that hangs: its supervisor gives it 2 s in all.
const LAST_WAIT: Duration = Duration::from_millis(1500);

/// What the thread is handed.
enum Task {
    Row(AsRun),
    Mark(AsRun),
    Alive(AsRun),
    Notice(Noticed, Instant),
    Recovered(String, IncidentKind, Instant),
    Report(Box<Snapshot>),
    Finish,
}

/// Something that another thread of the player noticed.
#[derive(Debug, Clone)]
pub struct RecorderNews {
    tasks: SyncSender<Task>,
}

/// The handle that the player holds.
#[derive(Debug)]
pub struct Recorder {
    tasks: SyncSender<Task>,
    /// Rows that found no room, as one.
    unsent: RefCell<Option<AsRun>>,
    thread: Option<JoinHandle<()>>,
    last_end: Option<Instant>,
}

impl Recorder {
    /// Starts writing.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub fn start(ledger: Ledger, home: &Path, channel: &Channel) -> std::io::Result<Recorder> {
        let last_end = ledger.last_end();
        let writer = Writer {
            ledger,
            status: status_file::path(home, &channel.id),
            incidents: incident_log::path(home, &channel.id),
            zone: channel.zone,
            open: BTreeMap::new(),
            left_open: BTreeMap::new(),
            told_at: None,
            at: last_end.unwrap_or(Instant::UNIX_EPOCH),
            lines: VecDeque::new(),
            lines_dropped: 0,
            trouble: None,
            tried: Instant::UNIX_EPOCH,
        };
        let (tasks, queue) = sync_channel(MOST_TASKS);
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || writer.run(&queue))?;
        Ok(Recorder { tasks, unsent: RefCell::default(), thread: Some(thread), last_end })
    }

    /// Where the last row ended, the one of an interrupted item included.
    pub fn settle_interrupted(&self) -> Option<Instant> {
        self.last_end
    }

    /// A sender for other threads.
    pub fn news(&self) -> RecorderNews {
        RecorderNews { tasks: self.tasks.clone() }
    }

    pub(super) fn row(&self, row: AsRun) {
        if let Some(unsent) = self.unsent.take()
            && let Err(TrySendError::Full(Task::Row(unsent))) = self.tasks.try_send(Task::Row(unsent))
        {
            self.unsent.replace(Some(unsent.not_recorded(&row)));
            return;
        }
        if let Err(TrySendError::Full(Task::Row(row))) = self.tasks.try_send(Task::Row(row)) {
            self.unsent.replace(Some(row));
        }
    }
    pub(super) fn mark(&self, row: AsRun) {
        self.send(Task::Mark(row));
    }
    pub(super) fn alive(&self, row: AsRun) {
        self.send(Task::Alive(row));
    }
    pub(super) fn report(&self, snapshot: Snapshot) {
        self.send(Task::Report(Box::new(snapshot)));
    }
    pub(super) fn notice(&self, noticed: Noticed, at: Instant) {
        self.send(Task::Notice(noticed, at));
    }
    pub(super) fn clock_trusted(&self, trusted: bool, at: Instant) {
        let noticed = words::untrusted_clock();
        self.send(if trusted { Task::Recovered(noticed.key, noticed.kind, at) } else { Task::Notice(noticed, at) });
    }

    fn send(&self, task: Task) {
        // A thread that is gone or hangs for half an hour costs what it should have written, never a tick.
        let _ = self.tasks.try_send(task);
    }

    /// Waits until everything is written.
    pub(super) fn finish(self) {
        self.send(Task::Finish);
        let begun = time::Instant::now();
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            if begun.elapsed() > LAST_WAIT {
                tracing::error!("the disk hangs: the last rows may be lost. Try: look at the disk of the journal");
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl RecorderNews {
    /// An incident opened, became worse or closed.
    pub fn change(&self, change: Change, at: Instant) {
        let key = |kind| format!("air {kind:?}").to_lowercase();
        let task = match change {
            Change::Open { kind, level, text, .. } => {
                Task::Notice(Noticed { key: key(kind), kind, level, text, momentary: false }, at)
            }
            Change::Close { kind } => Task::Recovered(key(kind), kind, at),
        };
        let _ = self.tasks.try_send(task);
    }

    /// A layer of the branding can't be drawn.
    pub fn not_drawn(&self, fault: &Fault, at: Instant) {
        let _ = self.tasks.try_send(Task::Notice(words::not_drawn(fault), at));
    }

    /// A playlist or the pool can't be used.
    pub fn bad_file(&self, what: &str, at: Instant) {
        let _ = self.tasks.try_send(Task::Notice(words::bad_file(what), at));
    }
}

struct Writer {
    ledger: Ledger,
    status: PathBuf,
    incidents: PathBuf,
    zone: crate::domain::time::Zone,
    /// Incidents that are open, by key.
    open: BTreeMap<String, Noticed>,
    /// What a predecessor that was killed left open, until this run has looked for itself.
    left_open: BTreeMap<String, IncidentKind>,
    /// When the loop reported last.
    told_at: Option<Instant>,
    /// The newest instant that was heard of.
    at: Instant,
    /// Incident lines that wait for the disk.
    lines: VecDeque<IncidentLine>,
    lines_dropped: u64,
    /// When the disk refused something last, if it has not been calm since.
    trouble: Option<Instant>,
    /// When what waits was tried last.
    tried: Instant,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Task>) {
        self.left_open = incident_log::left_open(&self.incidents).unwrap_or_else(|error| {
            tracing::warn!("{} can't be read: {error}", self.incidents.display());
            BTreeMap::new()
        });
        loop {
            let heard = queue.recv_timeout(QUIET);
            let quiet = heard.is_err();
            match heard {
                Ok(Task::Finish) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(task) => self.take(task),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let due = quiet || (self.at - self.tried).abs() >= RETRY;
            if (self.tried == Instant::UNIX_EPOCH && self.at != self.tried) || (self.trouble.is_some() && due) {
                self.write_waiting();
                self.see_whether_it_is_over();
            }
        }
        self.write_waiting();
        self.close_with_the_run();
        self.write_lines();
        self.say_what_is_lost();
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Row(row) => {
                self.at = row.end;
                self.ledger.add(row);
                if self.trouble.is_none() {
                    self.write_waiting();
                }
            }
            Task::Mark(row) => self.mark(row, true),
            Task::Alive(row) => self.mark(row, false),
            Task::Notice(noticed, at) => {
                self.at = self.at.max(at);
                self.notice(noticed, at);
            }
            Task::Recovered(key, kind, at) => {
                self.at = self.at.max(at);
                self.recovered(&key, kind, at);
            }
            Task::Report(snapshot) => self.report(&snapshot),
            Task::Finish => {}
        }
    }

    /// Tries what waits: rows, then incident lines, each in order.
    fn write_waiting(&mut self) {
        self.tried = self.at;
        let written = self.ledger.write(self.at);
        if let Some(set_aside) = self.ledger.set_aside() {
            self.notice(words::journal_set_aside(&set_aside, self.zone), self.at);
        }
        match written {
            Ok(()) => {
                if let Some(unproven) = self.ledger.unproven() {
                    self.notice(words::not_recorded(unproven, self.zone), self.at);
                }
            }
            Err(why) => self.refused(&why),
        }
        self.write_lines();
    }

    /// The disk would not take something: said once, until it has been calm.
    fn refused(&mut self, why: &str) {
        if self.trouble.replace(self.at).is_none() {
            self.notice(words::disk_refuses(why), self.at);
        }
    }

    fn see_whether_it_is_over(&mut self) {
        let calm = self.trouble.is_some_and(|last| (self.at - last).abs() >= CALM);
        if calm && self.ledger.waiting() == 0 && self.lines.is_empty() {
            self.trouble = None;
            tracing::info!("the disk takes writes again; every row that waited is in the journal");
            let noticed = words::disk_refuses("");
            self.recovered(&noticed.key, noticed.kind, self.at);
        }
    }

    fn mark(&mut self, row: AsRun, durable: bool) {
        self.at = row.end;
        if let Err(why) = self.ledger.mark(row, durable) {
            self.refused(&why);
        }
    }

    fn notice(&mut self, noticed: Noticed, at: Instant) {
        if self.open.get(&noticed.key).is_some_and(|open| open.level >= noticed.level) {
            return;
        }
        tracing::warn!(kind = ?noticed.kind, "{}", noticed.text.en);
        let opened = Some((noticed.level, noticed.text.clone()));
        self.log(IncidentLine { at, key: noticed.key.clone(), kind: noticed.kind, opened });
        if noticed.momentary {
            self.log(IncidentLine { at, key: noticed.key, kind: noticed.kind, opened: None });
        } else {
            self.open.insert(noticed.key.clone(), noticed);
        }
    }

    fn recovered(&mut self, key: &str, kind: IncidentKind, at: Instant) {
        if self.open.remove(key).is_some() {
            self.log(IncidentLine { at, key: key.to_owned(), kind, opened: None });
        }
    }

    /// What a run noticed of its own air is over when the run is. Only what a person must mend outlasts it.
    fn close_with_the_run(&mut self) {
        let Some(at) = self.told_at else { return };
        let open = std::mem::take(&mut self.open);
        for (key, noticed) in open.into_iter().filter(|(key, noticed)| ends_with_its_run(key, noticed.kind)) {
            self.log(IncidentLine { at, key, kind: noticed.kind, opened: None });
        }
    }

    /// A predecessor that was killed could not close its incidents, and nobody else knows that they are over: this run
    /// does, once it has been on air for a second. What is still wrong has been noticed again by then, or soon will be.
    fn settle_left_open(&mut self, at: Instant) {
        for (key, kind) in std::mem::take(&mut self.left_open) {
            if ends_with_its_run(&key, kind) && !self.open.contains_key(&key) {
                self.log(IncidentLine { at, key, kind, opened: None });
            }
        }
    }

    fn log(&mut self, line: IncidentLine) {
        self.lines.push_back(line);
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
            self.lines_dropped += 1;
        }
        if self.trouble.is_none() {
            self.write_lines();
        }
    }

    fn write_lines(&mut self) {
        while let Some(line) = self.lines.front() {
            if let Err(error) = incident_log::append(&self.incidents, line, self.zone) {
                let why = format!("{} can't be written: {error}", self.incidents.display());
                return self.refused(&why);
            }
            self.lines.pop_front();
        }
        if self.lines_dropped > 0 {
            let dropped = std::mem::take(&mut self.lines_dropped);
            self.notice(words::reports_lost(dropped), self.at);
        }
    }

    /// What memory held and the disk never took ends with this process.
    fn say_what_is_lost(&self) {
        let (rows, lines) = (self.ledger.waiting(), self.lines.len());
        if rows + lines > 0 {
            tracing::error!(
                "the disk took nothing to the end: {rows} as-run rows and {lines} incident lines are lost. Try: free \
                 the disk before the player is started again"
            );
        }
    }

    fn report(&mut self, snapshot: &Snapshot) {
        self.told_at = Some(snapshot.at);
        self.at = snapshot.at;
        for output in &snapshot.outputs {
            let noticed = words::output_lost(&output.address, output.why.as_deref().unwrap_or_default());
            match &output.why {
                Some(_) => self.notice(noticed, snapshot.at),
                None if output.running => self.recovered(&noticed.key, noticed.kind, snapshot.at),
                None => {}
            }
        }
        self.settle_left_open(snapshot.at);
        let incidents = self.open.values().map(|noticed| noticed.text.clone()).collect();
        if let Err(error) = (Snapshot { incidents, ..snapshot.clone() }).write(&self.status) {
            self.refused(&format!("{} can't be written: {error}", self.status.display()));
        }
    }
}

/// Whether an incident is about the air of one run; the others wait for a file, a plan or a person.
fn ends_with_its_run(key: &str, kind: IncidentKind) -> bool {
    !matches!(kind, IncidentKind::ItemFailed | IncidentKind::NoPlan) && !key.starts_with(words::FOR_A_PERSON)
}
