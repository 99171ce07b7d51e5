//! The player's side of its decoders: one child process per clip, opened and read on threads of its own, so that the
//! tick thread only ever looks at what is already there.
//!
//! The child (`av::decode`) puts pictures into shared memory and announces them on its standard output, and writes sound
//! to a pipe on its standard input: two channels, because on one the sound would fill it and starve the picture. A live
//! child (`av::live`) writes its pictures to standard output themselves.

mod nursery;
pub(super) mod slots;
mod sound;

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::picture::{Picture, Raster, SAMPLE_BYTES};
use super::seam::Taken;
use crate::domain::channel::HouseFormat;
use crate::domain::ids::Sha256;
use crate::domain::playlist::Source;
use crate::domain::time::Tick;
use crate::engine::playout::{DeckId, DeckState, Open, Supply};

use nursery::Nursery;
use slots::{DIRECT, SLOTS, Slots};
use sound::{Block, SAMPLES_AT_HAND, Sound};

/// Pictures at hand on the tick thread, and on their way to it: together half a second at 25 a second, enough to ride
/// out a busy machine, little enough that six decoders fit into 100 MB at 720p.
const PICTURES_AT_HAND: usize = 8;
const PICTURES_ON_THE_WAY: usize = 2;
/// Pictures at hand before the first one is shown: what a live source is taken with, and one more. The clips that wait
/// are most of what a player keeps in memory.
const PICTURES_WAITING: usize = 4;
/// Pictures that a child may give before one comes back are those above, and what is on air and being looked at. The
/// first few are enough until the clip is on air.
const _: () = assert!(SLOTS as usize == PICTURES_AT_HAND + PICTURES_ON_THE_WAY + 2);
const FIRST_SLOTS: u8 = (PICTURES_WAITING + PICTURES_ON_THE_WAY) as u8;
/// Blocks of sound on their way; a block is what the decoder made of one packet, some 20 ms.
const BLOCKS_ON_THE_WAY: usize = 64;
/// Largest block of sound that a child may send: a second of 48 kHz stereo.
const MAX_BLOCK_BYTES: u32 = 192_000;

/// Frames and sound of a live source at hand: whoever is late gets the newest. Twice the cushion that the engine keeps.
const LIVE_PICTURES_AT_HAND: usize = 6;
const LIVE_SAMPLES_AT_HAND: usize = 24_000;
/// A live child says each 0.2 s that it lives; one that does not for so long hangs.
const LIVE_SILENT_AFTER: Duration = Duration::from_secs(3);

/// Leads each block on both channels.
pub(super) const HEADER_BYTES: usize = 16;
/// In place of a picture's size: there is none, but the child lives.
pub(super) const BEAT: u32 = u32::MAX;
/// In place of a picture's size: this frame has sound alone, and the slate is seen.
pub(super) const STILL: u32 = u32::MAX - 1;
/// In place of a picture's size: the picture before once more.
pub(super) const AGAIN: u32 = u32::MAX - 2;
/// In place of a picture's size: the pictures that follow in the slots beyond [`SLOTS`] begin their chroma so many bytes
/// after their luma, Cb in the upper and Cr in the lower half of the number.
pub(super) const PLANES: u32 = u32::MAX - 3;
/// In place of a picture's size: the picture lies in this slot of the shared memory, 0 to 255.
pub(super) const IN_SLOT: u32 = u32::MAX - 0xffff;
/// Marks a header as one of ours.
pub(super) const MAGIC: u32 = 0x5349_4152;

#[cfg(feature = "av")]
/// A block's header: the number of the frame or first sample, and how many bytes follow; none at the end.
pub(super) fn header(number: i64, bytes: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&number.to_le_bytes());
    header[8..12].copy_from_slice(&bytes.to_le_bytes());
    header[12..].copy_from_slice(&MAGIC.to_le_bytes());
    header
}

/// The variable in which a live child finds its address.
pub const LIVE_ADDRESS: &str = "SIARAN_LIVE_ADDRESS";

/// How to start a decoder child.
#[derive(Debug, Clone)]
pub struct DeckSettings {
    /// Below this lie the sources.
    pub home: PathBuf,
    /// Our own program.
    pub program: PathBuf,
    /// GStreamer's list of plugins, made before the first child starts, read by every child.
    pub registry: PathBuf,
    /// What children are to deliver.
    pub house: HouseFormat,
    /// Reads a file whole and hashes it.
    pub hash_of: HashOf,
    /// Children must have Landlock, or not decode.
    pub require_landlock: bool,
    /// The picture of what has sound alone.
    pub slate: Picture,
}

/// A way to hash a file.
pub type HashOf = fn(&Path) -> io::Result<Sha256>;

impl DeckSettings {
    /// A child that delivers house format.
    fn command(&self) -> Command {
        let (house, mut command) = (self.house, Command::new(&self.program));
        command
            .arg("decode")
            .args(["--width", &house.width.to_string(), "--height", &house.height.to_string()])
            .args(["--rate", &house.rate.to_string(), "--sample-rate", &house.sample_rate_hz.to_string()])
            .args(self.require_landlock.then_some("--require-landlock"))
            .env("GST_REGISTRY", &self.registry)
            .env("GST_REGISTRY_UPDATE", "no")
            .env("GST_REGISTRY_FORK", "no")
            .env("MALLOC_ARENA_MAX", "2");
        command
    }
}

/// The open decoders of a player.
#[derive(Debug)]
pub struct Decks {
    settings: Arc<DeckSettings>,
    nursery: Nursery,
    hashes: Arc<Mutex<HashCache>>,
    decks: BTreeMap<DeckId, Deck>,
}

/// Path, size and time of change to hash: a clip is read whole once, not at each play.
type HashCache = BTreeMap<(PathBuf, u64, Option<SystemTime>), Sha256>;

impl Decks {
    /// No decoder is open yet.
    pub fn new(settings: DeckSettings) -> Decks {
        let settings = Arc::new(settings);
        let house = Arc::clone(&settings);
        let nursery = Nursery::open(move || house.command());
        Decks { settings, nursery, hashes: Arc::default(), decks: BTreeMap::new() }
    }

    /// Starts opening; returns at once.
    pub fn open(&mut self, open: Open) {
        let serving = Serving {
            settings: Arc::clone(&self.settings),
            nursery: self.nursery.clone(),
            hashes: Arc::clone(&self.hashes),
            life: Arc::default(),
        };
        self.decks.insert(open.deck, Deck::open(open, serving));
    }

    /// Ends a decoder; returns at once.
    pub fn close(&mut self, deck: DeckId) {
        self.decks.remove(&deck);
    }

    /// What each decoder has at hand.
    pub fn supplies(&mut self) -> Vec<Supply> {
        self.decks.iter_mut().map(|(id, deck)| deck.supply(*id)).collect()
    }

    /// Drops pictures that came too late.
    pub fn discard(&mut self, deck: DeckId, before: u64) {
        if let Some(deck) = self.decks.get_mut(&deck) {
            deck.discard(before);
        }
    }

    /// Takes a picture; older ones go.
    pub fn picture(&mut self, deck: DeckId, frame: u64) -> Option<Picture> {
        let deck = self.decks.get_mut(&deck)?;
        if !std::mem::replace(&mut deck.seen, true)
            && let Some(slots) = deck.life.slots.get()
        {
            slots.give(&std::array::from_fn::<u8, { (SLOTS - FIRST_SLOTS) as usize }, _>(|n| FIRST_SLOTS + n as u8));
        }
        deck.discard(frame);
        deck.pictures.front().filter(|(number, _)| *number == frame).map(|(_, picture)| picture.clone())
    }

    /// The sound of the tick that shows `frame`: `samples` per channel, silence where there is none.
    pub fn sound(&mut self, deck: DeckId, frame: Option<u64>, samples: usize) -> Taken {
        let rate = (self.settings.house.rate, self.settings.house.sample_rate_hz);
        match self.decks.get_mut(&deck) {
            Some(deck) => {
                let at = frame.map(|frame| rate.0.first_sample(Tick(i64::try_from(frame).unwrap_or(i64::MAX)), rate.1));
                deck.sound.take(at, samples)
            }
            None => Taken::silence(samples),
        }
    }
}

#[derive(Debug)]
struct Deck {
    /// Without a hole between.
    pictures: VecDeque<(u64, Picture)>,
    /// The first one after a hole; it has to wait until those before it are used up.
    after_hole: Option<(u64, Picture)>,
    /// A picture of it has been asked for.
    seen: bool,
    sound: Sound,
    arriving: Receiver<Arrival>,
    blocks: Receiver<Block>,
    state: DeckState,
    life: Arc<Life>,
    /// When a live source's child was last heard; `None` for a file.
    heard: Option<Instant>,
}

/// What a child sends on its picture channel.
#[derive(Debug)]
enum Arrival {
    Picture(u64, Picture),
    /// A live source has none, but its child lives.
    Beat,
    Ended,
    Dead(String),
}

/// Shared by the deck and the threads that serve it.
#[derive(Debug, Default)]
struct Life {
    closed: AtomicBool,
    child: Mutex<Option<Pid>>,
    slots: OnceLock<Arc<Slots>>,
}

/// What the thread that serves a deck needs.
struct Serving {
    settings: Arc<DeckSettings>,
    nursery: Nursery,
    hashes: Arc<Mutex<HashCache>>,
    life: Arc<Life>,
}

impl Deck {
    fn open(open: Open, serving: Serving) -> Deck {
        let life = Arc::clone(&serving.life);
        let (pictures, arriving) = sync_channel(PICTURES_ON_THE_WAY);
        let (sounds, blocks) = sync_channel(BLOCKS_ON_THE_WAY);
        let name = format!("deck {}", open.deck.0);
        let heard = matches!(open.source, Source::Live(_)).then(Instant::now);
        let started = std::thread::Builder::new().name(name).spawn(move || {
            let end = serve(&open, &serving, &pictures, sounds);
            let _ = pictures.send(end.map_or_else(Arrival::Dead, |()| Arrival::Ended));
        });
        let state = started.map_or_else(|e| DeckState::Dead(format!("no_thread: {e}")), |_| DeckState::Working);
        let (pictures, after_hole, sound) = (VecDeque::new(), None, Sound::default());
        Deck { pictures, after_hole, seen: false, sound, arriving, blocks, state, life, heard }
    }

    fn supply(&mut self, deck: DeckId) -> Supply {
        self.receive();
        let first = self.pictures.front().map(|(number, _)| *number);
        let frames = first.zip(self.pictures.back().map(|(number, _)| *number)).filter(|_| self.sound.ready);
        Supply { deck, frames, state: self.state.clone() }
    }

    fn receive(&mut self) {
        let most = if self.seen { PICTURES_AT_HAND } else { PICTURES_WAITING };
        let live = self.heard.is_some();
        if self.pictures.is_empty() {
            self.pictures.extend(self.after_hole.take());
        }
        while live || self.after_hole.is_none() && self.pictures.len() < most {
            let arrival = self.arriving.try_recv();
            if live && arrival.is_ok() {
                self.heard = Some(Instant::now());
            }
            match arrival {
                Ok(Arrival::Picture(number, picture)) => {
                    let follows = self.pictures.back().is_none_or(|(last, _)| *last + 1 == number);
                    if !follows && !live {
                        self.after_hole = Some((number, picture));
                        break;
                    }
                    if !follows {
                        self.pictures.clear();
                    }
                    self.pictures.push_back((number, picture));
                }
                // What waits are copies of the last picture before the loss.
                Ok(Arrival::Beat) => self.pictures.clear(),
                Ok(Arrival::Ended) => self.state = DeckState::Ended,
                Ok(Arrival::Dead(why)) => self.state = DeckState::Dead(why),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        while live || self.sound.len() < SAMPLES_AT_HAND {
            match self.blocks.try_recv() {
                Ok(block) => self.sound.add(block),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.sound.ready = true;
                    break;
                }
            }
        }
        if live {
            self.keep_the_newest();
        }
    }

    /// A live source is never held back: the oldest goes.
    fn keep_the_newest(&mut self) {
        let over = self.pictures.len().saturating_sub(LIVE_PICTURES_AT_HAND);
        self.pictures.drain(..over);
        self.sound.keep(LIVE_SAMPLES_AT_HAND);
        if self.state == DeckState::Working && self.heard.is_some_and(|heard| heard.elapsed() > LIVE_SILENT_AFTER) {
            self.state = DeckState::Dead("live_input_hangs".into());
        }
    }

    fn discard(&mut self, before: u64) {
        while self.pictures.front().is_some_and(|(number, _)| *number < before) {
            self.pictures.pop_front();
        }
    }
}

impl Drop for Deck {
    fn drop(&mut self) {
        self.life.closed.store(true, Ordering::SeqCst);
        let life = Arc::clone(&self.life);
        // Killing is quick, but waiting for the end of a process is not the tick thread's business.
        let _ = std::thread::Builder::new().name("deck end".into()).spawn(move || life.end());
    }
}

impl Life {
    fn end(&self) {
        let child = self.child.lock().ok().and_then(|mut child| child.take());
        if let Some(child) = child {
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

/// Opens the source and passes on what its child sends until the end.
fn serve(
    open: &Open,
    serving: &Serving,
    pictures: &SyncSender<Arrival>,
    sounds: SyncSender<Block>,
) -> Result<(), String> {
    let Serving { settings, life, .. } = serving;
    let path = match &open.source {
        Source::File(below_home) => settings.home.join(below_home),
        Source::Live(_) => PathBuf::new(),
        Source::None => return Err("no_source".into()),
    };
    let live = matches!(open.source, Source::Live(_));
    if !live {
        verify(&path, open.sha256, settings.hash_of, &serving.hashes)?;
    }
    if life.closed.load(Ordering::SeqCst) {
        return Ok(());
    }
    let raster = Raster { width: settings.house.width, height: settings.house.height };
    let line = if live { Line::pipe() } else { Line::memory(raster, life) };
    let (pictures_in, pictures_out) = line.map_err(|e| format!("no_pipe: {e}"))?;
    let (sound_pipe, sound_end) = io::pipe().map_err(|e| format!("no_pipe: {e}"))?;
    let sound_end = OwnedFd::from(sound_end);
    let child = match &open.source {
        Source::Live(address) => receiver(settings.command(), address, pictures_out, sound_end),
        _ => serving.nursery.decoder(&path, open.from_frame, pictures_out, sound_end),
    };
    if let Ok(mut slot) = life.child.lock() {
        *slot = Some(child.map_err(|e| format!("decoder_not_started: {e}"))?);
    }
    if life.closed.load(Ordering::SeqCst) {
        life.end();
        return Ok(());
    }
    let reader = std::thread::Builder::new().name("deck sound".into());
    let _ = reader.spawn(move || read_sound(sound_pipe, &sounds));
    let ended = read_pictures(pictures_in, raster, &settings.slate, pictures);
    life.end();
    ended
}

/// Starts the child of a live source. The command goes with its ends of the pipes: as long as they are open here, a
/// child that dies leaves no end to read.
fn receiver(mut command: Command, address: &str, pictures: OwnedFd, sound: OwnedFd) -> io::Result<Pid> {
    // Everyone may read a process's arguments, and an address may hold a passphrase.
    command.arg("--live").env(LIVE_ADDRESS, address);
    // Settings and proxies of a desktop are none of its business, and out of its reach.
    command.env("GSETTINGS_BACKEND", "memory").env("GIO_USE_PROXY_RESOLVER", "dummy");
    let child = command.stdout(Stdio::from(pictures)).stdin(Stdio::from(sound)).spawn()?;
    Ok(Pid::from_child(&child))
}

/// What is played is what was approved: the bytes hash to what the plan names.
fn verify(path: &Path, wanted: Option<Sha256>, hash_of: HashOf, hashes: &Mutex<HashCache>) -> Result<(), String> {
    let facts = std::fs::metadata(path).map_err(|_| "file_missing".to_owned())?;
    let Some(wanted) = wanted else { return Ok(()) };
    let key = (path.to_owned(), facts.len(), facts.modified().ok());
    let known = hashes.lock().ok().and_then(|cache| cache.get(&key).copied());
    let found = match known {
        Some(hash) => hash,
        None => hash_of(path).map_err(|_| "file_unreadable".to_owned())?,
    };
    if let Ok(mut cache) = hashes.lock() {
        cache.insert(key, found);
    }
    if found == wanted { Ok(()) } else { Err("hash_mismatch".into()) }
}

/// How pictures come from a child.
struct Line {
    headers: BufReader<File>,
    slots: Option<Arc<Slots>>,
}

impl Line {
    /// Whole, over a pipe; and the child's end of it.
    fn pipe() -> io::Result<(Line, OwnedFd)> {
        let (pipe, end) = io::pipe()?;
        // The largest pipe an unprivileged process may have spares a thousand wake-ups a second.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, 1 << 20);
        Ok((Line { headers: BufReader::new(File::from(OwnedFd::from(pipe))), slots: None }, end.into()))
    }

    /// In shared memory, announced over a socket; and the child's end of it.
    fn memory(raster: Raster, life: &Life) -> io::Result<(Line, OwnedFd)> {
        let (socket, end) = UnixStream::pair()?;
        let slots = Slots::share(raster, SLOTS + DIRECT, socket.try_clone()?.into())?;
        slots.give(&std::array::from_fn::<u8, { FIRST_SLOTS as usize }, _>(|n| n as u8));
        let slots = life.slots.get_or_init(|| slots);
        let headers = BufReader::with_capacity(64 * HEADER_BYTES, File::from(OwnedFd::from(socket)));
        Ok((Line { headers, slots: Some(Arc::clone(slots)) }, end.into()))
    }
}

fn read_pictures(
    mut line: Line,
    raster: Raster,
    slate: &Picture,
    pictures: &SyncSender<Arrival>,
) -> Result<(), String> {
    let size = raster.picture_bytes();
    let garbled = || "decoder_garbled".to_owned();
    let mut before: Option<Picture> = None;
    let mut direct = raster.plane_starts();
    loop {
        let (number, bytes) = read_header(&mut line.headers).map_err(|_| "decoder_exited".to_owned())?;
        let picture = match bytes {
            0 => return Ok(()),
            BEAT => None,
            STILL => Some(slate.clone()),
            AGAIN => Some(before.clone().ok_or_else(garbled)?),
            PLANES => {
                direct = [0, (number >> 32) as u32 as usize, number as u32 as usize];
                continue;
            }
            IN_SLOT.. => {
                let slot = u8::try_from(bytes - IN_SLOT).map_err(|_| garbled())?;
                let starts = if slot < SLOTS { raster.plane_starts() } else { direct };
                let slot = line.slots.as_ref().and_then(|slots| slots.filled(slot));
                Some(slot.and_then(|slot| Picture::lent(raster, slot, starts)).ok_or_else(garbled)?)
            }
            _ if bytes as usize == size => {
                let mut picture = Vec::with_capacity(size);
                let read = (&mut line.headers).take(size as u64).read_to_end(&mut picture);
                if !matches!(read, Ok(n) if n == size) {
                    return Err("decoder_exited".into());
                }
                Some(Picture::packed(raster, picture))
            }
            _ => return Err(garbled()),
        };
        let number = u64::try_from(number).map_err(|_| garbled())?;
        let arrival = picture.clone().map_or(Arrival::Beat, |picture| Arrival::Picture(number, picture));
        before = picture;
        if pictures.send(arrival).is_err() {
            return Ok(());
        }
    }
}

fn read_sound(mut pipe: PipeReader, sounds: &SyncSender<Block>) {
    while let Ok((first_sample, bytes)) = read_header(&mut pipe) {
        if bytes == 0 || bytes > MAX_BLOCK_BYTES || !(bytes as usize).is_multiple_of(SAMPLE_BYTES) {
            return;
        }
        let mut block = vec![0; bytes as usize];
        if pipe.read_exact(&mut block).is_err() {
            return;
        }
        let samples = block.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        if sounds.send(Block { first_sample, samples }).is_err() {
            return;
        }
    }
}

fn read_header(pipe: &mut impl Read) -> io::Result<(i64, u32)> {
    let mut header = [0; HEADER_BYTES];
    pipe.read_exact(&mut header)?;
    let word = |from: usize| u32::from_le_bytes(header[from..from + 4].try_into().expect("four bytes"));
    if word(12) != MAGIC {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let number = i64::from_le_bytes(header[..8].try_into().expect("eight bytes"));
    Ok((number, word(8)))
}
