//! The last few ticks of a player, written once into memory that its outputs' processes read: a sealed `memfd`, which
//! the player maps for writing and every child for reading only.
//!
//! Each slot bears the number of the tick that lies in it. The writer takes the number away, writes, and puts the new
//! one; a reader copies the slot and looks at the number again. A number that changed means that the reader was
//! overtaken: the frame is dropped and counted, never shown half old and half new. Nobody waits for anybody.
//!
//! Not chosen: a pipe per output, which copies each picture twice more per output and has the tick thread wait, or give
//! up in the middle of a picture; a lock, which a stopped reader would hold for ever.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::av::picture::{Raster, SAMPLE_BYTES, TickFrame};
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;
use crate::engine::lighting::Levels;

/// Bytes that a ring may take: 24 pictures of 1280×720, a second; 10 of 1920×1080.
const MOST_BYTES: usize = 34 << 20;
/// Fewest and most slots: below the one a reader has no time to copy, above the other nothing is gained.
pub(super) const FEWEST_SLOTS: usize = 5;
const MOST_SLOTS: usize = 32;
/// In front of each slot's picture: number, tick, presentation time, duration, bytes of sound; then room to align.
const HEADER_BYTES: usize = 64;
/// The number of a slot that is being written.
const BEING_WRITTEN: u64 = 0;

/// Where things lie in a ring. Both sides work it out from the house format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    picture: usize,
    most_sound: usize,
    slot: usize,
    slots: usize,
}

impl Layout {
    fn of(house: HouseFormat) -> Layout {
        let picture = Raster { width: house.width, height: house.height }.picture_bytes();
        let samples = u64::from(house.sample_rate_hz) * u64::from(house.rate.den()) / u64::from(house.rate.num()) + 2;
        let most_sound = usize::try_from(samples).unwrap_or(usize::MAX / 64) * SAMPLE_BYTES;
        let slot = (HEADER_BYTES + picture + most_sound).next_multiple_of(HEADER_BYTES);
        let slots = (MOST_BYTES / slot).clamp(FEWEST_SLOTS, MOST_SLOTS);
        Layout { picture, most_sound, slot, slots }
    }
    fn bytes(self) -> usize {
        self.slot * self.slots
    }
}

/// One mapping of the shared memory.
#[derive(Debug)]
struct Mapping {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the mapping belongs to nobody's thread; access to it goes through the numbers of the slots.
unsafe impl Send for Mapping {}

impl Mapping {
    fn of(memory: &OwnedFd, layout: Layout, access: ProtFlags) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice; nothing else lies there.
        let start = unsafe { mmap(null_mut(), layout.bytes(), access, MapFlags::SHARED, memory, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { start, layout })
    }

    fn slot(&self, number: u64) -> Slot {
        let index = usize::try_from(number % self.layout.slots as u64).expect("a remainder of a small number");
        // SAFETY: the index is below the number of slots, and the mapping holds that many.
        Slot { start: unsafe { self.start.as_ptr().add(index * self.layout.slot) } }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this mapping was made by `of`, and what borrows from it ends before it.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.layout.bytes()) };
    }
}

/// One slot of a mapping that is alive.
#[derive(Clone, Copy)]
struct Slot {
    start: *mut u8,
}

/// What stands in front of a slot's picture.
#[repr(C)]
#[derive(Clone, Copy)]
struct Facts {
    tick: i64,
    pts_ns: u64,
    duration_ns: u64,
    sound_bytes: u64,
    light_milli: u32,
    sound_milli: u32,
}

impl Slot {
    fn number(&self) -> &AtomicU64 {
        // SAFETY: slots are aligned to 64 bytes, and both processes touch this word only atomically.
        unsafe { &*self.start.cast::<AtomicU64>() }
    }
    fn facts(&self) -> *mut Facts {
        // SAFETY: within the 64 bytes of the header, aligned to 8.
        unsafe { self.start.add(8).cast() }
    }
    fn picture(&self) -> *mut u8 {
        // SAFETY: the picture begins where the header ends.
        unsafe { self.start.add(HEADER_BYTES) }
    }
}

/// The player's side.
#[derive(Debug)]
pub(super) struct Writer {
    mapping: Mapping,
    memory: Arc<OwnedFd>,
    last: u64,
}

impl Writer {
    /// Memory for the last few ticks of a player.
    pub fn new(house: HouseFormat) -> io::Result<Writer> {
        let layout = Layout::of(house);
        let memory = memfd_create("siaran-ticks", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&memory, layout.bytes() as u64)?;
        let mapping = Mapping::of(&memory, layout, ProtFlags::READ | ProtFlags::WRITE)?;
        // From here on nobody changes its size, and nobody else gets to write.
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
        fcntl_add_seals(&memory, seals)?;
        Ok(Writer { mapping, memory: Arc::new(memory), last: BEING_WRITTEN })
    }

    /// What a child is given to read.
    pub fn memory(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.memory)
    }

    /// Writes a tick over the oldest one; returns its number.
    pub fn write(&mut self, frame: &TickFrame, levels: Levels) -> u64 {
        let number = self.last + 1;
        self.last = number;
        let layout = self.mapping.layout;
        let slot = self.mapping.slot(number);
        let (planes, sound) = (frame.picture.planes(), frame.sound.as_ref());
        let sounded = sound.len().min(layout.most_sound);
        slot.number().store(BEING_WRITTEN, Ordering::Relaxed);
        fence(Ordering::Release);
        let (tick, pts_ns, duration_ns) = (frame.tick.0, frame.pts_ns, frame.duration_ns);
        let Levels { light_milli, sound_milli } = levels;
        let sound_bytes = sounded as u64;
        let facts = Facts { tick, pts_ns, duration_ns, sound_bytes, light_milli, sound_milli };
        // SAFETY: the slot holds a header, a picture and the most sound there can be; all lengths are cut to that, and
        // the sources are other memory.
        unsafe {
            slot.facts().write_volatile(facts);
            let mut filled = 0;
            for plane in planes {
                let length = plane.len().min(layout.picture - filled);
                std::ptr::copy_nonoverlapping(plane.as_ptr(), slot.picture().add(filled), length);
                filled += length;
            }
            std::ptr::copy_nonoverlapping(sound.as_ptr(), slot.picture().add(layout.picture), sounded);
        }
        slot.number().store(number, Ordering::Release);
        number
    }
}

/// A tick, copied out of the ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copied {
    pub tick: Tick,
    pub pts_ns: u64,
    pub duration_ns: u64,
    /// I420 in the house raster.
    pub picture: Vec<u8>,
    /// Interleaved 16-bit little-endian samples.
    pub sound: Vec<u8>,
    /// What the wall makes of both.
    pub levels: Levels,
}

/// A child's side.
#[derive(Debug)]
pub(super) struct Reader {
    mapping: Mapping,
}

impl Reader {
    /// Maps what the player made, for reading.
    pub fn new(memory: &OwnedFd, house: HouseFormat) -> io::Result<Reader> {
        let layout = Layout::of(house);
        let size = fstat(memory.as_fd())?.st_size;
        if usize::try_from(size) != Ok(layout.bytes()) {
            return Err(io::Error::other(format!("{size} bytes of ticks where {} belong", layout.bytes())));
        }
        Ok(Reader { mapping: Mapping::of(memory, layout, ProtFlags::READ)? })
    }

    /// Copies a tick; `None` when a newer one has taken its place, be it while copying.
    pub fn copy(&self, number: u64) -> Option<Copied> {
        let layout = self.mapping.layout;
        let slot = self.mapping.slot(number);
        if slot.number().load(Ordering::Acquire) != number {
            return None;
        }
        let mut picture: Vec<u8> = Vec::with_capacity(layout.picture);
        // SAFETY: lengths are those of the slot and of what was reserved. What is copied may change under our hands;
        // it is bytes only, and is thrown away below if it did.
        let facts = unsafe {
            std::ptr::copy_nonoverlapping(slot.picture(), picture.as_mut_ptr(), layout.picture);
            picture.set_len(layout.picture);
            slot.facts().read_volatile()
        };
        let sounded = usize::try_from(facts.sound_bytes).unwrap_or(0).min(layout.most_sound);
        let mut sound: Vec<u8> = Vec::with_capacity(sounded);
        // SAFETY: as above.
        unsafe {
            std::ptr::copy_nonoverlapping(slot.picture().add(layout.picture), sound.as_mut_ptr(), sounded);
            sound.set_len(sounded);
        }
        fence(Ordering::Acquire);
        if slot.number().load(Ordering::Relaxed) != number {
            return None;
        }
        let Facts { tick, pts_ns, duration_ns, light_milli, sound_milli, .. } = facts;
        let levels = Levels { light_milli, sound_milli };
        Some(Copied { tick: Tick(tick), pts_ns, duration_ns, picture, sound, levels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::picture::Shared;
    use crate::engine::watch::Expected;

    const FULL: Levels = Levels { light_milli: 1000, sound_milli: 1000 };
    const SMALL: HouseFormat = HouseFormat { width: 64, height: 32, ..HouseFormat::DEFAULT };

    fn frame(tick: i64) -> TickFrame {
        let colour = tick.rem_euclid(200) as u8;
        let raster = Raster { width: SMALL.width, height: SMALL.height };
        TickFrame {
            tick: Tick(tick),
            picture: raster.plain([colour; 3]),
            bare: raster.plain([colour; 3]),
            sound: Shared::new(vec![colour; 1920 * SAMPLE_BYTES]),
            pts_ns: tick as u64 * 40_000_000,
            duration_ns: 40_000_000,
            expected: Expected { dark: false, still: false, sounding: true },
            late_ms: 0,
        }
    }

    #[test]
    fn a_reader_gets_the_tick_that_was_written_until_newer_ones_take_its_place() {
        let mut writer = Writer::new(SMALL).expect("memory");
        let reader = Reader::new(&writer.memory(), SMALL).expect("mapped");
        assert_eq!(reader.copy(1), None, "nothing is there yet");
        let number = writer.write(&frame(7), FULL);
        let copied = reader.copy(number).expect("it was just written");
        assert_eq!(
            (copied.tick, copied.pts_ns, copied.picture[0], copied.sound.len()),
            (Tick(7), 280_000_000, 7, 7680)
        );
        for tick in 8..8 + MOST_SLOTS as i64 {
            writer.write(&frame(tick), FULL);
        }
        assert_eq!(reader.copy(number), None, "overtaken");
    }

    #[test]
    fn a_reader_that_is_overtaken_while_it_copies_never_gets_a_torn_picture() {
        let mut writer = Writer::new(SMALL).expect("memory");
        let reader = Reader::new(&writer.memory(), SMALL).expect("mapped");
        let newest = Arc::new(AtomicU64::new(1));
        let written = Arc::clone(&newest);
        let busy = std::thread::spawn(move || {
            for tick in 0..60_000 {
                written.store(writer.write(&frame(tick), FULL), Ordering::SeqCst);
            }
            writer
        });
        let is_whole = |copied: &Copied| copied.picture.iter().chain(&copied.sound).all(|b| *b == copied.picture[0]);
        while !busy.is_finished() {
            let number = newest.load(Ordering::SeqCst);
            assert!(reader.copy(number).as_ref().is_none_or(is_whole), "tick {number} is torn");
        }
        let _memory = busy.join().expect("the writer ends");
        assert!(reader.copy(newest.load(Ordering::SeqCst)).as_ref().is_some_and(is_whole), "the last one stays");
    }

    #[test]
    fn a_child_can_neither_write_nor_resize_what_the_player_writes() {
        let writer = Writer::new(SMALL).expect("memory");
        let memory = writer.memory();
        assert!(Mapping::of(&memory, Layout::of(SMALL), ProtFlags::READ | ProtFlags::WRITE).is_err());
        assert!(rustix::io::write(memory.as_fd(), b"x").is_err());
        assert!(ftruncate(memory.as_fd(), 0).is_err());
    }
}
