//! One output's restart loop: starts its process, hears from it what its sink took, kills it when that stands still, and
//! starts it again after a rest.

use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use rustix::net::{Shutdown, shutdown};

use super::wire::{MOST_LINE_BYTES, Order, Report};
use super::{Facts, OutputAddress, OutputSettings, OutputState};

/// How long an output that failed rests before it is tried again: 0.5 s at first, doubled up to 10 s.
const FIRST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(10);
/// A sink that was given frames and takes none for this long is taken for hung, and its process is killed.
const HUNG_AFTER: Duration = Duration::from_secs(3);
/// The same for its first frame: a connection is being made, on a busy machine.
const OPENS_WITHIN: Duration = Duration::from_secs(8);
/// How long a process may take to finish its file when the player ends; a player ends within 2 s.
pub(super) const FINISH_TIMEOUT: Duration = Duration::from_millis(1500);
/// How often the supervisor looks up when it hears nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// New lines that wait for the tick thread: it looks at each tick, and processes start no faster than they rest.
pub(super) const LINES_WAITING: usize = 8;

/// What a supervisor thread owns.
pub(super) struct Supervisor {
    pub address: OutputAddress,
    pub settings: OutputSettings,
    pub memory: Arc<OwnedFd>,
    pub facts: Arc<Facts>,
    pub lines: SyncSender<UnixStream>,
}

/// How a process ended.
enum End {
    /// The player ends.
    Ordered,
    /// It failed, or was killed because it hung.
    Failed(String),
}

impl Supervisor {
    /// Runs until the player ends.
    pub fn serve(&self) {
        let mut rest = FIRST_REST;
        loop {
            let started = Instant::now();
            self.facts.set(OutputState::Opening);
            let end = match Running::start(self) {
                Ok(running) => running.follow(&self.facts),
                Err(error) => End::Failed(format!("its process can't be started: {error}")),
            };
            let End::Failed(why) = end else { return };
            if started.elapsed() > LONGEST_REST {
                rest = FIRST_REST;
            }
            let seconds = rest.as_secs_f32();
            tracing::warn!(output = %self.address, "output failed: {why}; it is tried again in {seconds} s");
            self.facts.set(OutputState::Resting(why));
            if !self.rest(rest) {
                return;
            }
            self.facts.restarts.fetch_add(1, Ordering::Relaxed);
            rest = (rest * 2).min(LONGEST_REST);
        }
    }

    /// `false` when the player ends meanwhile.
    fn rest(&self, rest: Duration) -> bool {
        let until = Instant::now() + rest;
        while Instant::now() < until && !self.facts.ending.load(Ordering::SeqCst) {
            std::thread::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
        }
        !self.facts.ending.load(Ordering::SeqCst)
    }
}

/// A process that runs.
struct Running {
    process: Child,
    reports: BufReader<UnixStream>,
}

impl Running {
    fn start(of: &Supervisor) -> io::Result<Running> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(LOOK_EVERY))?;
        let OutputSettings { house, zone, require_landlock, ref wall, .. } = of.settings;
        let order = Order { address: of.address.clone(), house, zone, mapping: wall.mapping, require_landlock };
        order.write(&mut &ours)?;
        let process = Command::new(&of.settings.program)
            .arg("output")
            .env("GST_REGISTRY", &of.settings.registry)
            .env("GST_REGISTRY_UPDATE", "no")
            .env("GST_REGISTRY_FORK", "no")
            .env("MALLOC_ARENA_MAX", "2")
            // No desktop's settings: they would be read from, and written to, the home of whoever runs the player.
            .env("GSETTINGS_BACKEND", "memory")
            .env("GIO_USE_PROXY_RESOLVER", "dummy")
            .stdin(Stdio::from(of.memory.try_clone()?))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        let running = Running { process, reports: BufReader::new(ours.try_clone()?) };
        of.facts.sent.store(0, Ordering::Relaxed);
        // Full only if the tick thread stands still; the line is lost then, and the process starved and replaced.
        let _ = of.lines.try_send(ours);
        Ok(running)
    }

    /// Hears reports until the process ends.
    fn follow(mut self, facts: &Facts) -> End {
        let (taken_before, dropped_before) = (count(&facts.taken), count(&facts.dropped));
        let mut progress = Progress { taken: 0, sent: 0, at: Instant::now() };
        let mut line = Vec::new();
        let mut failed = None;
        loop {
            if facts.ending.load(Ordering::SeqCst) {
                self.finish();
                return End::Ordered;
            }
            match self.reports.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {
                    let report = Report::parse(&line).unwrap_or_default();
                    line.clear();
                    facts.taken.fetch_max(taken_before + report.taken, Ordering::Relaxed);
                    facts.dropped.fetch_max(dropped_before + report.dropped, Ordering::Relaxed);
                    failed = report.failed.or(failed);
                    if report.nobody {
                        progress.at = Instant::now();
                        facts.set(OutputState::Waiting("nobody is connected".into()));
                    } else if report.taken > progress.taken {
                        progress = Progress { taken: report.taken, sent: count(&facts.sent), at: Instant::now() };
                        facts.set(OutputState::Running);
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            if line.len() > MOST_LINE_BYTES {
                return End::Failed("its process talks nonsense".into());
            }
            if let Some(why) = progress.hung(count(&facts.sent)) {
                return End::Failed(failed.unwrap_or(why));
            }
        }
        let ended = self.process.wait();
        let status = || ended.map_or_else(|e| e.to_string(), |status| format!("its process ended with {status}"));
        End::Failed(failed.unwrap_or_else(status))
    }

    /// No more ticks come: lets the process write its end.
    fn finish(&mut self) {
        let _ = shutdown(self.reports.get_ref(), Shutdown::Write);
        let until = Instant::now() + FINISH_TIMEOUT;
        while Instant::now() < until && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(LOOK_EVERY / 10);
        }
    }
}

impl Drop for Running {
    /// Whatever still runs is killed, also if it is stopped.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The last time that the sink took something.
struct Progress {
    taken: u64,
    sent: u64,
    at: Instant,
}

impl Progress {
    /// Why it is taken for hung. A player that sends nothing can expect nothing.
    fn hung(&mut self, sent: u64) -> Option<String> {
        if sent == self.sent {
            self.at = Instant::now();
        }
        let patience = if self.taken == 0 { OPENS_WITHIN } else { HUNG_AFTER };
        let stands = self.at.elapsed() > patience;
        let seconds = patience.as_secs();
        stands.then(|| match self.taken {
            0 => format!("nothing arrived there within {seconds} s"),
            _ => format!("nothing arrives there any more, for {seconds} s"),
        })
    }
}

fn count(counter: &std::sync::atomic::AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
