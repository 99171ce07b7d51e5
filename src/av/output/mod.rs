//! Where the air goes: each output is a process of its own with its own pipeline, so that one that hangs, fails or dies
//! costs the others no frame.
//!
//! ```text
//! tick thread ── picture and sound, once ──► ring (shared memory) ◄── read only ── child per output: copy, encode, send
//!      └──────── number of the tick ───────► socket per output ─────────────────►    │
//! supervisor thread per output ◄──────────── what the sink took, and why it ends ────┘
//! ```
//!
//! The tick thread writes a tick into the ring and its number into each socket, and waits for neither: a socket that is
//! full, or a child that is not there, costs that output the frame, and the frame is counted. The supervisor starts the
//! child, believes only what its sink took, kills one that makes no progress, and starts it again.

mod child;
mod clock;
mod files;
mod loudspeaker;
mod packets;
mod panel;
mod pipeline;
mod presence;
mod ring;
mod stream;
mod supervisor;
mod wire;

use std::fmt;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::net::{SendFlags, Shutdown, send, shutdown};

use super::picture::TickFrame;
use crate::domain::channel::HouseFormat;
use crate::domain::output::OutputAddress;
use crate::domain::time::Zone;
use crate::domain::wall::Wall;
use crate::engine::lighting;

pub use child::{OutputError, run_child};
pub use clock::StreamClock;

use ring::Writer;
use supervisor::{LINES_WAITING, Supervisor};

/// How to start an output's process.
#[derive(Debug, Clone)]
pub struct OutputSettings {
    /// Our own program.
    pub program: PathBuf,
    /// GStreamer's list of plugins, made before the first child starts, read by every child.
    pub registry: PathBuf,
    /// What ticks look like.
    pub house: HouseFormat,
    /// Of local time, in the names of files and for the light of the wall.
    pub zone: Zone,
    /// What displays make of picture and sound.
    pub wall: Wall,
    /// Outputs to files and the network must have Landlock, or not run.
    pub require_landlock: bool,
}

/// How an output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputState {
    /// Being opened: its sink has taken nothing yet.
    Opening,
    /// Its sink takes frames.
    Running,
    /// Ready, but there is nobody at the other end.
    Waiting(String),
    /// Failed; will be tried again.
    Resting(String),
}

/// How one output is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputReport {
    /// Its address.
    pub address: String,
    /// How it is.
    pub state: OutputState,
    /// Frames that its sink took.
    pub taken: u64,
    /// Frames dropped because it was absent, or too slow.
    pub dropped: u64,
    /// How often its process was started again.
    pub restarts: u64,
}

/// The outputs of a player.
#[derive(Debug)]
pub struct Outputs {
    ring: Option<Writer>,
    outputs: Vec<Output>,
    settings: OutputSettings,
}

/// One output, as the tick thread has it.
#[derive(Debug)]
struct Output {
    address: OutputAddress,
    facts: Arc<Facts>,
    process: Option<Process>,
}

/// The way to an output's process.
#[derive(Debug)]
struct Process {
    /// A new one comes with each start.
    lines: Receiver<UnixStream>,
    line: Option<UnixStream>,
    /// Whether there was one before.
    met: bool,
    supervisor: JoinHandle<()>,
}

/// What the tick thread, the supervisor and the status share.
#[derive(Debug, Default)]
struct Facts {
    state: Mutex<Option<OutputState>>,
    /// Numbers given to the process that runs now.
    sent: AtomicU64,
    /// Frames that never reached a process.
    undelivered: AtomicU64,
    /// Frames that processes dropped.
    dropped: AtomicU64,
    taken: AtomicU64,
    restarts: AtomicU64,
    ending: AtomicBool,
}

impl Outputs {
    /// Starts the outputs; each opens, fails and reopens by itself.
    ///
    /// # Errors
    /// The system's, when it has no thread or no memory to give.
    pub fn start(addresses: Vec<OutputAddress>, settings: &OutputSettings) -> io::Result<Outputs> {
        let shown = addresses.iter().any(|address| *address != OutputAddress::Null);
        let ring = shown.then(|| Writer::new(settings.house)).transpose()?;
        let start = |address| Output::start(address, settings, ring.as_ref());
        let outputs = addresses.into_iter().map(start).collect::<io::Result<_>>()?;
        Ok(Outputs { ring, outputs, settings: settings.clone() })
    }

    /// Hands over a tick; never waits.
    pub fn push(&mut self, frame: &TickFrame) {
        let OutputSettings { house, zone, wall, .. } = &self.settings;
        let local = zone.local(house.rate.start_of(frame.tick));
        let number = self.ring.as_mut().map(|ring| ring.write(frame, lighting::levels(wall, local)));
        self.outputs.iter_mut().for_each(|output| output.push(number));
    }

    /// How they are.
    pub fn reports(&self) -> Vec<OutputReport> {
        self.outputs.iter().map(Output::report).collect()
    }

    /// Lets them finish what they write, side by side; takes no longer than 1.5 s.
    pub fn finish(self) {
        self.outputs.iter().for_each(Output::end);
        for process in self.outputs.into_iter().filter_map(|output| output.process) {
            let _ = process.supervisor.join();
        }
    }
}

impl Output {
    fn start(address: OutputAddress, settings: &OutputSettings, ring: Option<&Writer>) -> io::Result<Output> {
        let facts = Arc::new(Facts::default());
        let Some(ring) = ring.filter(|_| address != OutputAddress::Null) else {
            return Ok(Output { address, facts, process: None });
        };
        let (handed, lines) = sync_channel(LINES_WAITING);
        let supervisor = Supervisor {
            address: address.clone(),
            settings: settings.clone(),
            memory: ring.memory(),
            facts: Arc::clone(&facts),
            lines: handed,
        };
        let thread = std::thread::Builder::new().name(format!("output {address}"));
        let supervisor = thread.spawn(move || supervisor.serve())?;
        Ok(Output { address, facts, process: Some(Process { lines, line: None, met: false, supervisor }) })
    }

    fn push(&mut self, number: Option<u64>) {
        match (&mut self.process, number) {
            (Some(process), Some(number)) => process.push(number, &self.facts),
            _ => {
                self.facts.taken.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn report(&self) -> OutputReport {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let state = match &self.process {
            None => OutputState::Running,
            Some(_) => self.facts.state.lock().ok().and_then(|state| state.clone()).unwrap_or(OutputState::Opening),
        };
        let dropped = count(&self.facts.undelivered) + count(&self.facts.dropped);
        let (taken, restarts) = (count(&self.facts.taken), count(&self.facts.restarts));
        OutputReport { address: self.address.to_string(), state, taken, dropped, restarts }
    }

    fn end(&self) {
        self.facts.ending.store(true, Ordering::SeqCst);
        if let Some(line) = self.process.as_ref().and_then(|process| process.line.as_ref()) {
            let _ = shutdown(line, Shutdown::Write);
        }
    }
}

/// Ticks that passed before the first process was there and that it gets afterwards: the ring still holds them.
const MOST_CAUGHT_UP: u64 = ring::FEWEST_SLOTS as u64 - 2;

impl Process {
    fn push(&mut self, number: u64, facts: &Facts) {
        while let Ok(line) = self.lines.try_recv() {
            self.line = Some(line);
            if !self.met {
                self.met = true;
                let missed = facts.undelivered.load(Ordering::Relaxed).min(MOST_CAUGHT_UP);
                for missed in number - missed..number {
                    if self.send(missed, facts) {
                        facts.undelivered.fetch_sub(1, Ordering::Relaxed);
                    }
                }
            }
        }
        if !self.send(number, facts) {
            facts.undelivered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn send(&mut self, number: u64, facts: &Facts) -> bool {
        let Some(line) = &self.line else { return false };
        let number = number.to_le_bytes();
        match send(line, &number, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(bytes) if bytes == number.len() => {
                facts.sent.fetch_add(1, Ordering::Relaxed);
                true
            }
            // The process does not read, for now.
            Err(rustix::io::Errno::AGAIN) => false,
            // It is gone; the supervisor hands over the line to the next one.
            _ => {
                self.line = None;
                false
            }
        }
    }
}

impl Facts {
    fn set(&self, to: OutputState) {
        if let Ok(mut state) = self.state.lock() {
            *state = Some(to);
        }
    }
}

impl fmt::Display for OutputState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputState::Opening => f.write_str("opening"),
            OutputState::Running => f.write_str("running"),
            OutputState::Waiting(why) | OutputState::Resting(why) => f.write_str(why),
        }
    }
}
