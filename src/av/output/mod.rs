//! Where the air goes: each output has its own thread, pipeline and restart loop, so that one that hangs or fails costs
//! the others no frame.

mod pipeline;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::picture::TickFrame;
use crate::domain::channel::HouseFormat;
pub use crate::domain::channel::{BadOutput, OutputAddress};
use crate::domain::time::{FrameRate, Tick};

use pipeline::Encoder;

/// Frames waiting for an output: two seconds, shared with the other outputs, not copied.
const QUEUE_FRAMES: usize = 50;
/// How long an output that failed rests before it is tried again: 0.5 s at first, doubled up to 10 s.
const FIRST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(10);
/// A pipeline that takes no frame for this long is taken for hung.
const HUNG_AFTER: Duration = Duration::from_secs(3);
/// How long a pipeline may take to finish its file when the player ends.
const FINISH_TIMEOUT: Duration = Duration::from_millis(1500);

/// Turns ticks into presentation times. They come from UTC, so that a restarted player continues the stream's timeline,
/// and begin near zero once per turn of the 33-bit MPEG clock (ISO/IEC 13818-1, clause 2.4.3.7), some 26.5 hours.
#[derive(Debug, Clone, Copy)]
pub struct StreamClock {
    base_ns: i128,
    rate: FrameRate,
}

/// What `mpegtsmux` adds to every time stamp, so that decoding times never fall below zero. Taken off beforehand, the
/// stream carries UTC itself.
const MUXER_ADDS_NS: i128 = 3600 * 1_000_000_000;

/// One turn of a 33-bit counter at 90 kHz, in units of 1/90,000 s.
const CLOCK_TURN: i128 = 1 << 33;

impl StreamClock {
    /// The clock of a stream in which `first` is the first tick.
    pub fn starting(first: Tick, rate: FrameRate) -> StreamClock {
        let ticks_90k = (nanos(first, rate) - MUXER_ADDS_NS) * 9 / 100_000;
        let base_ns = ticks_90k.div_euclid(CLOCK_TURN) * CLOCK_TURN * 100_000 / 9;
        StreamClock { base_ns, rate }
    }
    /// When a tick is to be shown, nanoseconds.
    pub fn pts_ns(&self, tick: Tick) -> u64 {
        u64::try_from(nanos(tick, self.rate) - MUXER_ADDS_NS - self.base_ns).unwrap_or(0)
    }
}

fn nanos(tick: Tick, rate: FrameRate) -> i128 {
    i128::from(tick.0) * i128::from(rate.den()) * 1_000_000_000 / i128::from(rate.num())
}

/// How an output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputState {
    /// Being opened.
    Opening,
    /// Takes frames.
    Running,
    /// Failed; will be tried again.
    Resting(String),
}

/// A running output.
#[derive(Debug)]
pub struct Output {
    /// Its address.
    pub address: OutputAddress,
    frames: Option<SyncSender<TickFrame>>,
    shared: Arc<SharedState>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct SharedState {
    state: Mutex<OutputState>,
    dropped: AtomicU64,
    taken: AtomicU64,
    ending: AtomicBool,
}

impl Output {
    /// Starts an output; it opens, fails and reopens by itself.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub fn start(address: OutputAddress, house: HouseFormat) -> std::io::Result<Output> {
        let (frames, queue) = sync_channel(QUEUE_FRAMES);
        let shared = Arc::new(SharedState {
            state: Mutex::new(OutputState::Opening),
            dropped: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            ending: AtomicBool::new(false),
        });
        let (served, at) = (Arc::clone(&shared), address.clone());
        let thread = std::thread::Builder::new().name(format!("output {address}"));
        let thread = thread.spawn(move || serve(&at, house, &queue, &served))?;
        Ok(Output { address, frames: Some(frames), shared, thread: Some(thread) })
    }

    /// Hands over a frame; never waits. A full queue drops it, and the drop is counted.
    pub fn push(&self, frame: &TickFrame) {
        let Some(frames) = &self.frames else { return };
        if let Err(TrySendError::Full(_)) = frames.try_send(frame.clone()) {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How it is, how many frames it took, and how many were dropped.
    pub fn state(&self) -> (OutputState, u64, u64) {
        let state = self.shared.state.lock().map_or(OutputState::Opening, |state| state.clone());
        (state, self.shared.taken.load(Ordering::Relaxed), self.shared.dropped.load(Ordering::Relaxed))
    }

    /// Lets it finish its file, within `FINISH_TIMEOUT`.
    pub fn finish(mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.frames.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl SharedState {
    fn set(&self, to: OutputState) {
        if let Ok(mut state) = self.state.lock() {
            *state = to;
        }
    }
}

fn serve(address: &OutputAddress, house: HouseFormat, queue: &Receiver<TickFrame>, shared: &SharedState) {
    let mut rest = FIRST_REST;
    loop {
        let started = Instant::now();
        let end = match Encoder::open(address, house) {
            Ok(encoder) => {
                shared.set(OutputState::Running);
                feed(encoder, queue, shared)
            }
            Err(why) => Err(why),
        };
        let Err(why) = end else { return };
        tracing::warn!(output = %address, "output failed: {why}; it is tried again in {} s", rest.as_secs_f32());
        shared.set(OutputState::Resting(why));
        if started.elapsed() > LONGEST_REST {
            rest = FIRST_REST;
        }
        if drain(queue, rest, shared).is_none() {
            return;
        }
        rest = (rest * 2).min(LONGEST_REST);
    }
}

/// Passes frames on until the player ends, or the pipeline fails or hangs.
fn feed(mut encoder: Encoder, queue: &Receiver<TickFrame>, shared: &SharedState) -> Result<(), String> {
    loop {
        match queue.recv_timeout(Duration::from_millis(100)) {
            Ok(frame) => {
                let waiting = Instant::now();
                while !encoder.has_room() {
                    encoder.check()?;
                    if waiting.elapsed() > HUNG_AFTER {
                        return Err("it takes no frames any more".into());
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                encoder.push(&frame)?;
                shared.taken.fetch_add(1, Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => encoder.check()?,
            Err(RecvTimeoutError::Disconnected) => {
                encoder.finish(FINISH_TIMEOUT);
                return Ok(());
            }
        }
    }
}

/// Rests, dropping what comes; `None` when the player ends.
fn drain(queue: &Receiver<TickFrame>, rest: Duration, shared: &SharedState) -> Option<()> {
    let until = Instant::now() + rest;
    while Instant::now() < until {
        match queue.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(_) => {
                shared.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    (!shared.ending.load(Ordering::SeqCst)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_and_nonsense_is_named() {
        for text in ["auto", "null", "file:/x/air.ts", "udp://127.0.0.1:5000"] {
            assert_eq!(text.parse::<OutputAddress>().expect("an address").to_string(), text);
        }
        for bad in ["", "file:", "udp://x", "udp://:5", "http://x:1", "udp://h:0", "udp://h:99999"] {
            assert!(bad.parse::<OutputAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_restarted_player_continues_the_timeline() {
        let rate = FrameRate::PAL;
        let first = StreamClock::starting(Tick(44_000_000_000), rate);
        let second = StreamClock::starting(Tick(44_000_000_037), rate);
        let tick = Tick(44_000_000_100);
        assert_eq!(first.pts_ns(tick), second.pts_ns(tick));
        assert_eq!(first.pts_ns(Tick(tick.0 + 1)) - first.pts_ns(tick), 40_000_000);
        assert!(first.pts_ns(Tick(44_000_000_000)) < 96_000 * 1_000_000_000);
    }
}
