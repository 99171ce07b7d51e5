//! The child's side of the memory that it shares with the player; see `deck::slots`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use gstreamer as gst;
use rustix::mm::ProtFlags;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::direct::Direct;
use crate::av::deck::slots::{Mapping, SLOTS};
use crate::av::picture::Raster;

/// Where pictures are put.
#[derive(Debug)]
pub(super) struct Filler {
    mapping: Arc<Mapping>,
    direct: Arc<Direct>,
    socket: File,
    /// Given and empty; the last one given back is the warmest.
    free: Vec<u8>,
    /// What the player holds of the decoder's slots, and which empty one waits for it meanwhile.
    lent: BTreeMap<u8, (u8, gst::Buffer)>,
}

impl Filler {
    /// Takes the memory that comes over the socket to the player. Before anything is confined.
    ///
    /// # Errors
    /// The system's; `InvalidData` when no memory of this raster comes.
    pub fn take(socket: OwnedFd, raster: Raster) -> io::Result<Filler> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut rights = RecvAncillaryBuffer::new(&mut space);
        let mut slots = [0];
        recvmsg(&socket, &mut [IoSliceMut::new(&mut slots)], &mut rights, RecvFlags::CMSG_CLOEXEC)?;
        let memory = rights.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut handles) => handles.next(),
            _ => None,
        });
        let memory = memory.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no memory from a player"))?;
        let mapping = Mapping::of(&memory, raster, slots[0], ProtFlags::READ | ProtFlags::WRITE)?;
        let mapping = Arc::new(mapping);
        let direct = Direct::of(&mapping);
        Ok(Filler { mapping, direct, socket: File::from(socket), free: Vec::new(), lent: BTreeMap::new() })
    }

    /// The slots in which decoders may work.
    pub fn direct(&self) -> &Arc<Direct> {
        &self.direct
    }

    /// The decoder's slot in which three planes lie, and where in it the second and the third begin. Nothing if they
    /// lie elsewhere, or not as a slot is read: luma first.
    pub fn place_of(&self, planes: [*const u8; 3]) -> Option<(u8, [u32; 2])> {
        let [Some((slot, 0)), Some((second, cb)), Some((third, cr))] = planes.map(|plane| self.mapping.slot_of(plane))
        else {
            return None;
        };
        let offsets = [u32::try_from(cb).ok()?, u32::try_from(cr).ok()?];
        (slot >= SLOTS && slot == second && slot == third).then_some((slot, offsets))
    }

    /// Keeps a picture that lies in the decoder's slot for the player until that gives it back; waits until it may.
    ///
    /// # Errors
    /// `UnexpectedEof` when the player is gone.
    pub fn lend(&mut self, slot: u8, picture: gst::Buffer) -> io::Result<()> {
        let waiting = self.next_free()?;
        self.lent.insert(slot, (waiting, picture));
        Ok(())
    }

    /// An empty slot, once there is one.
    ///
    /// # Errors
    /// `UnexpectedEof` when the player is gone.
    pub fn empty(&mut self) -> io::Result<(u8, &mut [u8])> {
        let number = self.next_free()?;
        // SAFETY: within the mapping, and nobody else's until it is named in a header.
        let slot = unsafe { std::slice::from_raw_parts_mut(self.mapping.at(number), self.mapping.slot) };
        Ok((number, slot))
    }

    fn next_free(&mut self) -> io::Result<u8> {
        let mut given = [0; 64];
        while self.free.is_empty() {
            let count = self.socket.read(&mut given)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            for number in &given[..count] {
                let back =
                    if *number < SLOTS { Some(*number) } else { self.lent.remove(number).map(|(empty, _)| empty) };
                self.free.extend(back.filter(|number| *number < self.mapping.slots));
            }
        }
        self.free.pop().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The socket, for headers.
    pub fn socket(&self) -> &File {
        &self.socket
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::av::deck::slots::Slots;

    const RASTER: Raster = Raster { width: 64, height: 32 };

    fn pair() -> (Arc<Slots>, Filler) {
        let (player, child) = std::os::unix::net::UnixStream::pair().expect("sockets");
        let slots = Slots::share(RASTER, 3, player.into()).expect("memory");
        (slots, Filler::take(child.into(), RASTER).expect("the same memory"))
    }

    #[test]
    fn a_picture_is_read_where_it_was_written_and_its_place_comes_back() {
        let (slots, mut filler) = pair();
        slots.give(&[2]);
        let (number, bytes) = filler.empty().expect("given");
        bytes.fill(77);
        let picture = slots.filled(number).expect("one of three");
        assert!(picture.as_ref().iter().all(|byte| *byte == 77));
        assert!(picture.as_ref().len() >= RASTER.picture_bytes());
        drop(picture);
        assert_eq!(filler.empty().expect("given back").0, 2);
    }

    #[test]
    fn a_child_without_a_player_ends_and_one_that_names_what_it_does_not_have_gets_nothing() {
        let (slots, mut filler) = pair();
        assert!(slots.filled(3).is_none());
        drop(slots);
        assert!(filler.empty().is_err());
    }

    #[test]
    fn memory_of_another_raster_is_refused() {
        let (player, child) = std::os::unix::net::UnixStream::pair().expect("sockets");
        let _slots = Slots::share(RASTER, 3, player.into()).expect("memory");
        assert!(Filler::take(child.into(), Raster { width: 256, height: 32 }).is_err());
    }
}
