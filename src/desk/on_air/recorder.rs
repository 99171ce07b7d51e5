//! The thread that writes for the tick thread: rows and start markers to the journal, incidents, and the status file.
//! The tick thread never waits for a disk; a disk that is full or gone costs no frame, and is said.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::words::{self, Noticed};
use crate::domain::as_run::{AsRun, Outcome};
use crate::domain::channel::Channel;
use crate::domain::incident::IncidentKind;
use crate::domain::time::Instant;
use crate::engine::watch::Change;
use crate::files::incident_log::{self, IncidentLine};
use crate::files::journal::{Journal, Marker};
use crate::files::status_file::{self, Snapshot};

/// How often rows that could not be written are tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Rows kept in memory while the disk refuses them: a day of clips of 15 s. Then the oldest is dropped, and said.
const MOST_WAITING: usize = 6_000;

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
    tasks: Sender<Task>,
}

/// The handle that the player holds.
#[derive(Debug)]
pub struct Recorder {
    tasks: Sender<Task>,
    thread: Option<JoinHandle<()>>,
    last_end: Option<Instant>,
}

impl Recorder {
    /// Starts writing. What a predecessor left unfinished is settled first: the item that was on air when it died gets
    /// its row.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub fn start(mut journal: Journal, home: &Path, channel: &Channel) -> std::io::Result<Recorder> {
        let interrupted = journal.interrupted();
        let mut waiting = VecDeque::new();
        if let Some(Marker { mut row }) = interrupted
            && row.end > row.start
        {
            (row.outcome, row.why) = match row.outcome {
                Outcome::Closed => (Outcome::Closed, row.why),
                _ => (Outcome::Cut, Some("player_lost".to_owned())),
            };
            waiting.push_back(row);
        }
        let mut writer = Writer {
            status: status_file::path(home, &channel.id),
            incidents: incident_log::path(home, &channel.id),
            zone: channel.zone,
            open: BTreeMap::new(),
            left_open: BTreeMap::new(),
            told_at: None,
            waiting,
            complained: false,
            journal: None,
        };
        writer.write_waiting(&mut journal, crate::domain::time::Instant::UNIX_EPOCH);
        let pending_end = writer.waiting.back().map(|row| row.end);
        let last_end = pending_end.or_else(|| journal.last().map(|row| row.end));
        writer.journal = Some(journal);
        let (tasks, queue) = channel_of_tasks();
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || writer.run(&queue))?;
        Ok(Recorder { tasks, thread: Some(thread), last_end })
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
        self.send(Task::Row(row));
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
        // The thread ends only after the handle; a failed send means that it panicked, and the air goes on.
        let _ = self.tasks.send(task);
    }

    /// Waits until everything is written.
    pub(super) fn finish(mut self) {
        self.send(Task::Finish);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The queue is bounded by what fills it: two or three tasks a second, each written in milliseconds, and rows that wait
/// for a disk are limited by [`MOST_WAITING`].
fn channel_of_tasks() -> (Sender<Task>, Receiver<Task>) {
    channel()
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
        let _ = self.tasks.send(task);
    }

    /// The journal was damaged and set aside.
    pub fn journal_set_aside(&self, fault: &str, kept: &str, at: Instant) {
        let _ = self.tasks.send(Task::Notice(words::journal_set_aside(fault, kept), at));
    }

    /// A playlist or the pool can't be used.
    pub fn bad_file(&self, what: &str, at: Instant) {
        let _ = self.tasks.send(Task::Notice(words::bad_file(what), at));
    }
}

struct Writer {
    journal: Option<Journal>,
    status: PathBuf,
    incidents: PathBuf,
    zone: crate::domain::time::Zone,
    /// Incidents that are open, by key.
    open: BTreeMap<String, Noticed>,
    /// What a predecessor that was killed left open, until this run has looked for itself.
    left_open: BTreeMap<String, IncidentKind>,
    /// When the loop reported last.
    told_at: Option<Instant>,
    waiting: VecDeque<AsRun>,
    complained: bool,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Task>) {
        let mut journal = self.journal.take().expect("start hands over the journal");
        self.left_open = incident_log::left_open(&self.incidents).unwrap_or_else(|error| {
            tracing::warn!("{} can't be read: {error}", self.incidents.display());
            BTreeMap::new()
        });
        loop {
            match queue.recv_timeout(RETRY) {
                Ok(Task::Finish) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(task) => self.take(task, &mut journal),
                Err(RecvTimeoutError::Timeout) => {
                    let at = self.waiting.back().map(|row| row.end);
                    at.into_iter().for_each(|at| self.write_waiting(&mut journal, at));
                }
            }
        }
        let at = self.waiting.back().map(|row| row.end);
        at.into_iter().for_each(|at| self.write_waiting(&mut journal, at));
        self.close_with_the_run();
    }

    fn take(&mut self, task: Task, journal: &mut Journal) {
        match task {
            Task::Row(row) => {
                let at = row.end;
                self.waiting.push_back(row);
                if self.waiting.len() > MOST_WAITING {
                    self.waiting.pop_front();
                }
                self.write_waiting(journal, at);
            }
            Task::Mark(row) => self.mark(journal, row, true),
            Task::Alive(row) => self.mark(journal, row, false),
            Task::Notice(noticed, at) => self.notice(noticed, at),
            Task::Recovered(key, kind, at) => self.recovered(&key, kind, at),
            Task::Report(snapshot) => self.report(&snapshot),
            Task::Finish => {}
        }
    }

    fn write_waiting(&mut self, journal: &mut Journal, at: Instant) {
        while let Some(row) = self.waiting.front() {
            match journal.append(row.clone()) {
                Ok(_) => {
                    self.waiting.pop_front();
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.complained, true) {
                        tracing::error!("{error}; the air goes on, the row is kept and tried again");
                        self.notice(words::journal_failed(&error.to_string()), at);
                    }
                    return;
                }
            }
        }
        if std::mem::replace(&mut self.complained, false) {
            let noticed = words::journal_failed("");
            self.recovered(&noticed.key, noticed.kind, at);
        }
    }

    fn mark(&mut self, journal: &Journal, row: AsRun, durable: bool) {
        if let Err(error) = journal.mark(&Marker { row }, durable)
            && !self.complained
        {
            tracing::warn!("{error}");
        }
    }

    fn notice(&mut self, noticed: Noticed, at: Instant) {
        if self.open.get(&noticed.key).is_some_and(|open| open.level >= noticed.level) {
            return;
        }
        tracing::warn!(kind = ?noticed.kind, "{}", noticed.text.en);
        let opened = Some((noticed.level, noticed.text.clone()));
        self.log(&IncidentLine { at, key: noticed.key.clone(), kind: noticed.kind, opened });
        if noticed.momentary {
            self.log(&IncidentLine { at, key: noticed.key, kind: noticed.kind, opened: None });
        } else {
            self.open.insert(noticed.key.clone(), noticed);
        }
    }

    fn recovered(&mut self, key: &str, kind: IncidentKind, at: Instant) {
        if self.open.remove(key).is_some() {
            self.log(&IncidentLine { at, key: key.to_owned(), kind, opened: None });
        }
    }

    /// What a run noticed of its own air is over when the run is. Only what a person must mend outlasts it.
    fn close_with_the_run(&mut self) {
        let Some(at) = self.told_at else { return };
        let open = std::mem::take(&mut self.open);
        for (key, noticed) in open.into_iter().filter(|(_, noticed)| ends_with_its_run(noticed.kind)) {
            self.log(&IncidentLine { at, key, kind: noticed.kind, opened: None });
        }
    }

    /// A predecessor that was killed could not close its incidents, and nobody else knows that they are over: this run
    /// does, once it has been on air for a second. What is still wrong has been noticed again by then, or soon will be.
    fn settle_left_open(&mut self, at: Instant) {
        for (key, kind) in std::mem::take(&mut self.left_open) {
            if ends_with_its_run(kind) && !self.open.contains_key(&key) {
                self.log(&IncidentLine { at, key, kind, opened: None });
            }
        }
    }

    fn log(&self, line: &IncidentLine) {
        if let Err(error) = incident_log::append(&self.incidents, line, self.zone) {
            tracing::warn!("{} can't be written: {error}", self.incidents.display());
        }
    }

    fn report(&mut self, snapshot: &Snapshot) {
        self.told_at = Some(snapshot.at);
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
            tracing::debug!("{} can't be written: {error}", self.status.display());
        }
    }
}

/// Whether an incident is about the air of one run; the others wait for a file or a plan.
fn ends_with_its_run(kind: IncidentKind) -> bool {
    !matches!(kind, IncidentKind::ItemFailed | IncidentKind::NoPlan)
}
