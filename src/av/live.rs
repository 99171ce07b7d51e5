//! The child that receives a live source: shut in like a decoder of files but for the network or the one device, and
//! only if the source is there. It decodes what comes (`feed`), lets through what is whole (`gate`), makes it even
//! (`steady`) and writes one numbered picture with its samples per tick of its own time, as `av::decode` does for a file.
//!
//! Waiting for a sender it lives on and says so each 0.2 s. A source that ends, fails or falls silent is opened anew
//! within the child; an SRT listener has a feed for each of its callers (`callers`), so that nobody waits for the end of
//! one who is gone.
//!
//! Delay from a packet's arrival to the player: what the decoder needs (one picture), 40 ms of margin, and the tick; the
//! player adds its cushion of three pictures.

mod callers;
mod feed;
mod gate;
mod source;
mod steady;

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::deck::{BEAT, header};
use super::decode::DecodeError;
use super::picture::SAMPLE_BYTES;
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;
use feed::Feed;
use steady::{Given, Steady};

pub use source::{LiveNeeds, needs_of};

/// Bytes come, but for so long no picture: the stream is of another kind now, and is opened anew. Senders with a key
/// frame each ten seconds exist.
const FRUITLESS: Duration = Duration::from_secs(12);
/// A connection over which nothing comes for so long is given up, though its peer may be thought alive for longer.
const DEAD_PEER: Duration = Duration::from_millis(800);
/// A source that ended or could not be opened is opened again after so long.
const AGAIN: Duration = Duration::from_millis(300);
/// Feeds that are being taken down at once, at most: more hang, and a new process is the better way.
const MOST_ENDING: usize = 8;
/// How often a child without a picture says that it lives, in ticks: 0.2 s at 25 a second.
const BEAT_TICKS: i64 = 5;

type Picture = Arc<gst::MappedBuffer<gst::buffer::Readable>>;

/// What the threads of the child share.
struct Line {
    started: Instant,
    mix: Mutex<Mix>,
    house: HouseFormat,
    feeds: AtomicU64,
    ending: AtomicUsize,
}

/// The one stream that leaves, and whose it is.
struct Mix {
    steady: Steady<Picture>,
    shown: Option<u64>,
}

impl Line {
    fn new(house: HouseFormat) -> Line {
        let mix = Mix { steady: Steady::new(house.sample_rate_hz), shown: None };
        let (feeds, ending) = (AtomicU64::new(0), AtomicUsize::new(0));
        Line { started: Instant::now(), mix: Mutex::new(mix), house, feeds, ending }
    }

    fn now_ns(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    fn next_feed(&self) -> u64 {
        self.feeds.fetch_add(1, Ordering::Relaxed)
    }

    /// A picture came. Where none is shown, this feed is from now on; others wait until it is lost.
    fn picture(&self, feed: u64, time_ns: i64, picture: Picture) {
        let arrival = self.now_ns();
        let Ok(mut mix) = self.mix.lock() else { return };
        if mix.steady.heard_ns().is_none() && mix.shown != Some(feed) {
            mix.steady.reset();
            mix.shown = Some(feed);
        }
        if mix.shown == Some(feed) {
            mix.steady.picture(arrival, time_ns, picture);
        }
    }

    fn sound(&self, feed: u64, time_ns: i64, samples: &[i16]) {
        let arrival = self.now_ns();
        let Ok(mut mix) = self.mix.lock() else { return };
        if mix.shown.is_none_or(|shown| shown == feed) {
            mix.steady.sound(arrival, time_ns, samples);
        }
    }

    /// Takes a feed down on a thread of its own: that may take as long as the source wants.
    ///
    /// # Errors
    /// [`DecodeError::Setup`]: too many hang.
    fn end(self: &Arc<Line>, feed: Feed) -> Result<(), DecodeError> {
        if self.ending.fetch_add(1, Ordering::SeqCst) >= MOST_ENDING {
            return Err(DecodeError::Setup("sources that ended can't be let go".into()));
        }
        let line = Arc::clone(self);
        let ender = std::thread::Builder::new().name("feed end".into()).spawn(move || {
            feed.end();
            line.ending.fetch_sub(1, Ordering::SeqCst);
        });
        ender.map(|_| ()).map_err(|e| DecodeError::Setup(e.to_string()))
    }
}

/// Receives `address`, pictures to standard output and sound to standard input, until nobody reads any more.
///
/// # Errors
/// [`DecodeError`]: the address is none, or the system has no thread or socket to give.
pub fn run(address: &str, house: HouseFormat) -> Result<(), DecodeError> {
    gst::init().map_err(|e| DecodeError::Setup(e.to_string()))?;
    gate::listen_to_decoders();
    let pipes = |e: io::Error| DecodeError::Setup(e.to_string());
    let pictures = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(pipes)?);
    let sound = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(pipes)?);
    let line = Arc::new(Line::new(house));
    let emitting = Arc::clone(&line);
    let emitter = std::thread::Builder::new().name("emitter".into());
    emitter.spawn(move || emit(&emitting, pictures, sound)).map_err(pipes)?;
    let failed = match source::listens(address) {
        Some(listener) => callers::serve(&Arc::new(listener), &line),
        None => receive(address, &line),
    };
    let Err(error) = failed;
    eprintln!("live: {error}");
    leave()
}

/// Ends the process at once. Its threads still run, and a library that is taken down under them corrupts its heap, or
/// waits for a peer that is gone while it keeps the port.
fn leave() -> ! {
    // SAFETY: ends the process without running anything.
    unsafe { libc::_exit(0) }
}

/// Opens the source again and again.
fn receive(address: &str, line: &Arc<Line>) -> Result<Infallible, DecodeError> {
    let mut said = String::new();
    loop {
        let ended = match Feed::open(source::receive(address, line.house.rate)?, line) {
            Ok(feed) => {
                let ended = watch(&feed, source::is_connection(address));
                line.end(feed)?;
                ended
            }
            Err(error) => error,
        };
        // A source that is away for days says so once.
        if said != ended.to_string() {
            said = ended.to_string();
            eprintln!("live: {said}");
        }
        std::thread::sleep(AGAIN);
    }
}

/// Returns when the source ends or gives nothing any more, with why.
fn watch(feed: &Feed, connects: bool) -> DecodeError {
    let (mut fruitful, mut fed, mut bytes) = (Instant::now(), Instant::now(), 0);
    loop {
        if let Some(ended) = feed.ended(gst::ClockTime::from_mseconds(200)) {
            return ended;
        }
        let received = feed.received_bytes();
        if feed.gives_pictures() || received == bytes {
            fruitful = Instant::now();
        }
        if received != bytes {
            fed = Instant::now();
        }
        bytes = received;
        if connects && bytes > 0 && fed.elapsed() > DEAD_PEER {
            return DecodeError::Clip("the sender fell silent".into());
        }
        if fruitful.elapsed() > FRUITLESS {
            return DecodeError::Clip("what comes holds no picture that can be decoded".into());
        }
    }
}

/// Writes a picture and its samples at each tick, or when there is none any longer, and now and then, that there is none.
fn emit(line: &Line, mut pictures: File, mut sound: File) -> ! {
    let (rate, hz) = (line.house.rate, line.house.sample_rate_hz);
    let start_ns = |tick: i64| i128::from(tick) * i128::from(rate.den()) * 1_000_000_000 / i128::from(rate.num());
    let at = |tick: i64| i64::try_from(start_ns(tick)).unwrap_or(i64::MAX);
    let (mut tick, mut gave) = (0, false);
    loop {
        let wait = at(tick) - line.now_ns();
        std::thread::sleep(Duration::from_nanos(u64::try_from(wait).unwrap_or(0)));
        // Whoever was away for long does not make up for it: live is now.
        while at(tick + 2) < line.now_ns() {
            tick += 1;
        }
        let samples = rate.samples_in(Tick(tick), hz);
        let given = line.mix.lock().map(|mut mix| mix.steady.tick(at(tick), at(tick + 1) - at(tick), samples));
        let written = match given {
            Ok(Given::Frame(picture, samples)) => {
                let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                let first = rate.first_sample(Tick(tick), hz);
                debug_assert!(bytes.len().is_multiple_of(SAMPLE_BYTES));
                gave = true;
                sound
                    .write_all(&header(first, bytes.len() as u32))
                    .and_then(|()| sound.write_all(&bytes))
                    .and_then(|()| pictures.write_all(&header(tick, picture.len() as u32)))
                    .and_then(|()| pictures.write_all(&picture))
            }
            Ok(Given::Nothing) if gave || tick % BEAT_TICKS == 0 => {
                gave = false;
                pictures.write_all(&header(tick, BEAT))
            }
            Ok(Given::Nothing) => Ok(()),
            Err(_) => Err(io::ErrorKind::Other.into()),
        };
        if written.is_err() {
            // Nobody reads any more.
            leave();
        }
        tick += 1;
    }
}
