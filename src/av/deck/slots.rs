//! Memory that a decoder's child fills and the player reads, picture by picture, so that a picture is written once and
//! never copied on its way: a sealed `memfd` cut into slots.
//!
//! A slot belongs to the child or to the player. The child gets a slot's number as a byte over its socket, fills it and
//! names it in a header; when the player's last reader of that picture is gone, the number goes back. The child has as
//! many slots as it has been given: the player bounds how far ahead it works. A child gone bad can spoil its own
//! pictures, also while they are read, and nothing else.
//!
//! Most pictures are not even written into a slot: their decoder worked there ([`DIRECT`]). Then the slot is the
//! player's until it is given back, though the decoder may still look at it. What needs conversion is packed into one.
//!
//! Not chosen: a pipe, over which each picture is copied twice, and whose pages the kernel allocates anew each time.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg};

use crate::av::picture::Raster;

/// Pictures that the player may hold at once.
pub(in crate::av) const SLOTS: u8 = 12;
/// Slots beyond those, in which decoders work: for the 16 pictures that H.264 may refer to (ITU-T H.264, A.3.1), four on
/// their way, and those that the player holds.
pub(in crate::av) const DIRECT: u8 = 16 + 4 + SLOTS;

/// One mapping of the memory.
#[derive(Debug)]
pub(in crate::av) struct Mapping {
    start: NonNull<u8>,
    /// Bytes of one.
    pub slot: usize,
    pub slots: u8,
}

// SAFETY: the mapping belongs to nobody's thread; who may touch a slot is agreed on over the socket.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub fn of(memory: &OwnedFd, raster: Raster, slots: u8, access: ProtFlags) -> io::Result<Mapping> {
        let slot = raster.roomy_bytes();
        if fstat(memory)?.st_size != i64::try_from(slot * usize::from(slots)).unwrap_or(i64::MAX) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "memory of another size"));
        }
        // SAFETY: a new mapping at an address of the kernel's choice; nothing else lies there.
        let start = unsafe { mmap(null_mut(), slot * usize::from(slots), access, MapFlags::SHARED, memory, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { start, slot, slots })
    }

    pub fn at(&self, number: u8) -> *mut u8 {
        debug_assert!(number < self.slots);
        // SAFETY: every number below that of the slots lies within the mapping.
        unsafe { self.start.as_ptr().add(usize::from(number) * self.slot) }
    }

    /// The slot in which an address lies, and how far from its beginning.
    #[cfg(feature = "av")]
    pub fn slot_of(&self, address: *const u8) -> Option<(u8, usize)> {
        let at = address.addr().checked_sub(self.start.as_ptr().addr())?;
        let number = u8::try_from(at / self.slot).ok().filter(|number| *number < self.slots)?;
        Some((number, at % self.slot))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this mapping was made by `of`, and what borrows from it ends before it.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.slot * usize::from(self.slots)) };
    }
}

/// The player's side.
#[derive(Debug)]
pub(in crate::av) struct Slots {
    mapping: Mapping,
    socket: OwnedFd,
}

impl Slots {
    /// Memory for so many pictures, on its way to the child at the other end of `socket`.
    pub fn share(raster: Raster, slots: u8, socket: OwnedFd) -> io::Result<Arc<Slots>> {
        let memory = memfd_create("siaran-pictures", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&memory, (raster.roomy_bytes() * usize::from(slots)) as u64)?;
        fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let mapping = Mapping::of(&memory, raster, slots, ProtFlags::READ)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut rights = SendAncillaryBuffer::new(&mut space);
        let handles = [memory.as_fd()];
        if !rights.push(SendAncillaryMessage::ScmRights(&handles)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        sendmsg(&socket, &[IoSlice::new(&[slots])], &mut rights, SendFlags::NOSIGNAL)?;
        Ok(Arc::new(Slots { mapping, socket }))
    }

    /// Gives slots to the child; never waits. One that is gone needs none.
    pub fn give(&self, numbers: &[u8]) {
        let _ = send(&self.socket, numbers, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
    }

    /// A slot that the child has filled, until the last reader is gone.
    pub fn filled(self: &Arc<Slots>, number: u8) -> Option<Slot> {
        (number < self.mapping.slots).then(|| Slot { slots: Arc::clone(self), number })
    }
}

/// A picture in the memory.
#[derive(Debug)]
pub(in crate::av) struct Slot {
    slots: Arc<Slots>,
    number: u8,
}

impl AsRef<[u8]> for Slot {
    fn as_ref(&self) -> &[u8] {
        let mapping = &self.slots.mapping;
        // SAFETY: the slot lies within the mapping, which lives as long as `self`. The child writes into it again only
        // when it has been given back; bytes of one that breaks the rule are as good as any other bytes.
        unsafe { std::slice::from_raw_parts(mapping.at(self.number), mapping.slot) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give(&[self.number]);
    }
}
