//! The process of one output: copies ticks out of the player's ring, encodes them and sends them on, and tells the
//! player what its sink took. It can be killed at any time; the player's other outputs don't notice.
//!
//! When its socket ends, be it because the player finished or because it was killed, it writes the end of its stream:
//! a recording stays readable whatever became of the player. Where a killed player's successor will send to the same
//! address, it goes at once: two senders would garble each other.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use super::OutputAddress;
use super::pipeline::Encoder;
use super::ring::{Copied, Reader};
use super::wire::{NUMBER_BYTES, Order, Report};
use crate::av::sandbox::Outlet;

/// Ticks waiting for the encoder: two seconds at 25 a second, which a busy machine may take to give it its turn.
const QUEUE_FRAMES: usize = 50;
/// How often the player hears.
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// How long a pipeline may take to write its end: less than the player waits for it.
const FINISH_TIMEOUT: Duration = Duration::from_millis(1200);
/// After the end of the socket the process ends within this, come what may.
const LAST_TIMEOUT: Duration = Duration::from_secs(3);
/// Added to the nice level: the tick thread goes first also where it got no real-time priority. No more than that: an
/// encoder that yields to every other program on the machine loses frames.
const NICE: i32 = 1;

/// Why this process can't be an output's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OutputError(String);

impl From<String> for OutputError {
    fn from(why: String) -> Self {
        OutputError(why)
    }
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        OutputError(error.to_string())
    }
}

/// What the threads of this process count.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Frames that the sink took.
    taken: AtomicU64,
    dropped: AtomicU64,
    /// There is nobody at the other end, for now.
    pub nobody: AtomicBool,
}

/// Runs as the process of an output: standard input is the memory with the ticks, standard output the socket to the
/// player. `registry` is GStreamer's list of plugins, which it reads. `false` when the output failed; the player has been told why.
///
/// # Errors
/// [`OutputError`] when it is not a player that started it.
pub fn run_child(registry: Option<PathBuf>) -> Result<bool, OutputError> {
    become_ordinary();
    let memory = io::stdin().as_fd().try_clone_to_owned()?;
    // Through a file: reads and writes are all that a socket in a cage may be asked for.
    let socket = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    // No larger than an order and some ticks: the reader that goes on after it takes what is left.
    let mut from_player = BufReader::with_capacity(64 * NUMBER_BYTES, socket.try_clone()?);
    let order = Order::read(&mut from_player)
        .map_err(|e| OutputError(format!("no order from a player on standard output ({e})")))?;
    let counts = Arc::new(Counts::default());
    let ended = confine(&order, &registry).and_then(|()| serve(&order, &memory, from_player, &socket, &counts));
    let failed = ended.as_ref().err().map(ToString::to_string);
    let finished = failed.is_none();
    let _ = counts.report(failed).write(&mut &socket);
    Ok(finished)
}

/// An ordinary process, whatever the player is, that the keys and signals of the player's group don't end: the player
/// ends it.
fn become_ordinary() {
    // SAFETY: numbers and null only; nothing of ours runs in a signal handler.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_IGN);
        libc::signal(libc::SIGTERM, libc::SIG_IGN);
        let ordinary = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(0, libc::SCHED_OTHER, &ordinary);
    }
    let _ = rustix::process::nice(NICE);
}

/// Before anything else runs here: it can spoil nothing but its own output.
fn confine(order: &Order, registry: &Option<PathBuf>) -> Result<(), OutputError> {
    let outlet = match &order.address {
        OutputAddress::File(pattern) => Outlet::Files(pattern.folder()),
        OutputAddress::Hls(folder) => Outlet::Files(folder.clone()),
        address if address.is_network() => Outlet::Network,
        _ => Outlet::Display,
    };
    if let Outlet::Files(folder) = &outlet
        && let Err(error) = std::fs::metadata(folder)
    {
        return Err(OutputError(format!("{}: {error}", folder.display())));
    }
    let reads: Vec<PathBuf> = registry.iter().cloned().collect();
    outlet.enter(&reads, order.require_landlock).map(|_| ()).map_err(|e| OutputError(e.to_string()))
}

fn serve(
    order: &Order,
    memory: &OwnedFd,
    from_player: BufReader<File>,
    socket: &File,
    counts: &Arc<Counts>,
) -> Result<(), OutputError> {
    let ring = Reader::new(memory, order.house)?;
    let (frames, queue) = sync_channel(QUEUE_FRAMES);
    let (counting, last_word) = (Arc::clone(counts), socket.try_clone()?);
    let keeps = matches!(order.address, OutputAddress::File(_) | OutputAddress::Hls(_));
    spawn("ticks", move || {
        copy_ticks(from_player, &ring, &frames, &counting);
        let killed = counting.report(None).write(&mut &last_word).is_err();
        if killed && !keeps {
            // SAFETY: ends the process at once, whatever its pipeline is doing.
            unsafe { libc::_exit(1) };
        }
        drop(frames);
        std::thread::sleep(LAST_TIMEOUT);
        // SAFETY: ends the process at once. A pipeline that can't end would keep it for ever.
        unsafe { libc::_exit(1) };
    })?;
    let (stop, reporting) = (Arc::new(AtomicBool::new(false)), socket.try_clone()?);
    let (stopping, counting) = (Arc::clone(&stop), Arc::clone(counts));
    let reporter = spawn("reports", move || report(&reporting, &counting, &stopping))?;
    let encoder = Encoder::open(order, counts);
    let ended = encoder.and_then(|encoder| feed(encoder, &order.address, &queue));
    stop.store(true, Ordering::SeqCst);
    let _ = reporter.join();
    Ok(ended?)
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(body)
}

/// Copies each tick whose number comes, until no more come.
fn copy_ticks(mut numbers: BufReader<File>, ring: &Reader, frames: &SyncSender<Copied>, counts: &Counts) {
    let mut number = [0; NUMBER_BYTES];
    while numbers.read_exact(&mut number).is_ok() {
        let sent = ring.copy(u64::from_le_bytes(number)).map(|frame| frames.try_send(frame));
        match sent {
            Some(Ok(())) => {}
            None | Some(Err(TrySendError::Full(_))) => {
                counts.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Some(Err(TrySendError::Disconnected(_))) => return,
        }
    }
}

fn report(socket: &File, counts: &Counts, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        if counts.report(None).write(&mut &*socket).is_err() {
            return;
        }
        let until = Instant::now() + REPORT_EVERY;
        while Instant::now() < until && !stop.load(Ordering::SeqCst) {
            std::thread::sleep(REPORT_EVERY / 10);
        }
    }
}

impl Counts {
    /// The sink took that many frames; for nothing, if there was nobody.
    pub fn took(&self, frames: u64) {
        let counter = if self.nobody.load(Ordering::Relaxed) { &self.dropped } else { &self.taken };
        counter.fetch_add(frames, Ordering::Relaxed);
    }

    fn report(&self, failed: Option<String>) -> Report {
        let (taken, dropped) = (self.taken.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed));
        Report { taken, dropped, nobody: self.nobody.load(Ordering::Relaxed), failed }
    }
}

/// Passes ticks on until no more come, or the pipeline fails. One that takes none is the player's to judge.
fn feed(mut encoder: Encoder, address: &OutputAddress, queue: &Receiver<Copied>) -> Result<(), String> {
    loop {
        match queue.recv_timeout(Duration::from_millis(100)) {
            Ok(frame) => {
                while !encoder.has_room() {
                    encoder.check()?;
                    std::thread::sleep(Duration::from_millis(2));
                }
                encoder.push(frame)?;
            }
            Err(RecvTimeoutError::Timeout) => encoder.check()?,
            Err(RecvTimeoutError::Disconnected) => {
                let finished = encoder.finish(FINISH_TIMEOUT);
                return if finished { Ok(()) } else { Err(format!("{address} did not finish in time")) };
            }
        }
    }
}
