//! Lets a decoder work in the memory that the player reads, so that its pictures are never copied on their way: an
//! allocator of GStreamer's whose memory is the slots for that.

use std::sync::{Arc, Mutex, OnceLock};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::glib::translate::IntoGlibPtr;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use gstreamer_video::{VideoBufferPool, VideoInfo, VideoMeta};

use crate::av::deck::slots::{DIRECT, Mapping, SLOTS};

/// The slots for decoders.
#[derive(Debug)]
pub struct Direct {
    mapping: Arc<Mapping>,
    free: Mutex<Vec<u8>>,
}

impl Direct {
    pub(super) fn of(mapping: &Arc<Mapping>) -> Arc<Direct> {
        let free = (SLOTS..(SLOTS + DIRECT).min(mapping.slots)).rev().collect();
        Arc::new(Direct { mapping: Arc::clone(mapping), free: Mutex::new(free) })
    }

    fn take(self: &Arc<Direct>, size: usize) -> Option<Work> {
        let number = (size <= self.mapping.slot).then(|| self.free.lock().ok()?.pop()).flatten()?;
        Some(Work { direct: Arc::clone(self), number })
    }
}

/// A slot in which a decoder works, as long as anybody refers to it.
struct Work {
    direct: Arc<Direct>,
    number: u8,
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Ok(mut free) = self.direct.free.lock() {
            free.push(self.number);
        }
    }
}

mod imp {
    use super::*;
    use gst::ffi::{GstAllocator, GstMapFlags, GstMemory};

    #[derive(Default)]
    pub struct SlotAllocator {
        pub direct: OnceLock<Arc<Direct>>,
    }

    /// A slot as GStreamer sees it.
    #[repr(C)]
    struct SlotMemory {
        memory: GstMemory,
        work: Arc<Work>,
    }

    impl SlotMemory {
        /// # Safety
        /// The allocator must be a [`SlotAllocator`], whose functions know how to read what is made here.
        unsafe fn made(
            allocator: *mut GstAllocator,
            work: Arc<Work>,
            (most, align, offset, size): (usize, usize, usize, usize),
        ) -> *mut GstMemory {
            // SAFETY: all zeros are a `GstMemory` that has not been initialised.
            let memory = unsafe { std::mem::zeroed() };
            let memory = Box::into_raw(Box::new(SlotMemory { memory, work })).cast::<GstMemory>();
            // SAFETY: it begins with a `GstMemory`, `repr(C)`, and lives until `free`.
            unsafe { gst::ffi::gst_memory_init(memory, 0, allocator, std::ptr::null_mut(), most, align, offset, size) };
            memory
        }

        /// A decoder that maps a picture for writing begins a new one. If what is left of the last one is still looked
        /// at, it does so in another slot.
        unsafe extern "C" fn map(memory: *mut GstMemory, _: usize, flags: GstMapFlags) -> glib::ffi::gpointer {
            let memory = memory.cast::<SlotMemory>();
            if flags & gst::ffi::GST_MAP_WRITE != 0 {
                // SAFETY: GStreamer asks the allocator that made the memory, and who writes is alone.
                let memory = unsafe { &mut *memory };
                if Arc::strong_count(&memory.work) > 1 {
                    let Some(work) = memory.work.direct.take(memory.memory.maxsize) else {
                        return std::ptr::null_mut();
                    };
                    memory.work = Arc::new(work);
                }
            }
            // SAFETY: as above, and nobody writes.
            let work = unsafe { &(*memory).work };
            work.direct.mapping.at(work.number).cast()
        }

        unsafe extern "C" fn unmap(_: *mut GstMemory) {}

        /// A decoder that still refers to a picture keeps it mapped for writing, and GStreamer then copies it on its
        /// way out. Nobody writes to it any more: the picture is complete, and what comes after only reads. So the copy
        /// is the picture itself.
        unsafe extern "C" fn copy(memory: *mut GstMemory, offset: isize, size: isize) -> *mut GstMemory {
            // SAFETY: as above.
            unsafe {
                let (of, work) = (&*memory, Arc::clone(&(*memory.cast::<SlotMemory>()).work));
                let offset = usize::try_from(offset).unwrap_or(0);
                let size = usize::try_from(size).unwrap_or(of.size.saturating_sub(offset));
                SlotMemory::made(of.allocator, work, (of.maxsize, of.align, of.offset + offset, size))
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SlotAllocator {
        const NAME: &'static str = "SiaranSlotAllocator";
        type Type = super::SlotAllocator;
        type ParentType = gst::Allocator;

        fn instance_init(instance: &glib::subclass::InitializingObject<Self>) {
            let allocator = instance.as_ptr().cast::<GstAllocator>();
            // SAFETY: the instance begins with its parent, which is being made and nobody else's yet.
            unsafe {
                (*allocator).mem_type = c"SiaranSlot".as_ptr();
                (*allocator).mem_map = Some(SlotMemory::map);
                (*allocator).mem_unmap = Some(SlotMemory::unmap);
                (*allocator).mem_copy = Some(SlotMemory::copy);
            }
        }
    }

    impl ObjectImpl for SlotAllocator {}
    impl GstObjectImpl for SlotAllocator {}

    // SAFETY: `alloc` gives memory of the asked size or none, and `free` takes back what `SlotMemory::made` made.
    unsafe impl AllocatorImpl for SlotAllocator {
        unsafe fn alloc(&self, size: usize, params: &gst::AllocationParams) -> *mut GstMemory {
            let most = size.saturating_add(params.prefix()).saturating_add(params.padding());
            let Some(work) = self.direct.get().and_then(|direct| direct.take(most)) else {
                // All are in use, or too small: what lies elsewhere is copied.
                let usual = gst::Allocator::find(None).and_then(|usual| usual.alloc(size, Some(params)).ok());
                return usual.map_or(std::ptr::null_mut(), |memory| memory.into_glib_ptr());
            };
            let allocator = self.obj().upcast_ref::<gst::Allocator>().as_ptr();
            // SAFETY: this is the allocator. Slots begin at a page, which is more than any alignment.
            unsafe { SlotMemory::made(allocator, Arc::new(work), (most, params.align(), params.prefix(), size)) }
        }

        unsafe fn free(&self, memory: *mut GstMemory) {
            // SAFETY: GStreamer frees with the allocator that made it, once.
            drop(unsafe { Box::from_raw(memory.cast::<SlotMemory>()) });
        }
    }
}

glib::wrapper! {
    pub struct SlotAllocator(ObjectSubclass<imp::SlotAllocator>) @extends gst::Allocator, gst::Object;
}

/// Offers the slots to whatever fills the pictures that come to a pad, with rows and margins as it likes them.
pub(super) fn offer(pad: &gst::Pad, direct: &Arc<Direct>) {
    let allocator: SlotAllocator = glib::Object::new();
    let _ = allocator.imp().direct.set(Arc::clone(direct));
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, move |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(query) = query.view_mut()
        {
            query.add_allocation_meta::<VideoMeta>(None);
            query.add_allocation_param(Some(&allocator), gst::AllocationParams::default());
            if let Some((pool, size)) = pool(query, &allocator) {
                query.add_allocation_pool(Some(&pool), size, 0, 0);
            }
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

fn pool(query: &gst::query::Allocation, allocator: &SlotAllocator) -> Option<(VideoBufferPool, u32)> {
    let (caps, _) = query.get_owned();
    let size = u32::try_from(VideoInfo::from_caps(caps.as_ref()?).ok()?.size()).ok()?;
    let pool = VideoBufferPool::new();
    let mut config = pool.config();
    config.set_params(caps.as_ref(), size, 0, 0);
    config.set_allocator(Some(allocator), None);
    pool.set_config(config).ok()?;
    Some((pool, size))
}

#[cfg(test)]
mod tests {
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
    use rustix::mm::ProtFlags;

    use super::*;
    use crate::av::picture::Raster;

    const RASTER: Raster = Raster { width: 64, height: 32 };

    /// An allocator with the last `count` slots, and its memory.
    fn allocator(count: u8) -> (SlotAllocator, Arc<Mapping>) {
        gst::init().expect("GStreamer");
        let slots = SLOTS + count;
        let memory = memfd_create("test", MemfdFlags::CLOEXEC).expect("memory");
        ftruncate(&memory, (RASTER.roomy_bytes() * usize::from(slots)) as u64).expect("room");
        let mapping = Mapping::of(&memory, RASTER, slots, ProtFlags::READ | ProtFlags::WRITE).expect("mapped");
        let mapping = Arc::new(mapping);
        let allocator: SlotAllocator = glib::Object::new();
        let _ = allocator.imp().direct.set(Direct::of(&mapping));
        (allocator, mapping)
    }

    fn slot(mapping: &Mapping, memory: &gst::Memory) -> Option<u8> {
        let mapped = memory.map_readable().expect("readable");
        mapping.slot_of(mapped.as_ptr()).map(|(number, _)| number)
    }

    #[test]
    fn a_decoder_works_in_the_slots_and_elsewhere_once_they_are_used_up() {
        let (allocator, mapping) = allocator(2);
        let alloc = || allocator.alloc(RASTER.picture_bytes(), None).expect("memory");
        let (first, second, third) = (alloc(), alloc(), alloc());
        assert_eq!(slot(&mapping, &first), Some(SLOTS));
        assert_eq!(slot(&mapping, &second), Some(SLOTS + 1));
        assert_eq!(slot(&mapping, &third), None);
        drop(first);
        assert_eq!(slot(&mapping, &alloc()), Some(SLOTS), "it is free again");
    }

    #[test]
    fn a_picture_that_is_looked_at_is_not_written_over_by_the_next_one() {
        let (allocator, mapping) = allocator(2);
        let mut memory = allocator.alloc(RASTER.picture_bytes(), None).expect("memory");
        memory.get_mut().expect("alone").map_writable().expect("writable").fill(7);
        let looked_at = memory.copy();
        assert_eq!(slot(&mapping, &looked_at), slot(&mapping, &memory), "nothing was copied");
        memory.get_mut().expect("alone").map_writable().expect("writable").fill(8);
        assert!(looked_at.map_readable().expect("readable").iter().all(|byte| *byte == 7));
        assert!(memory.map_readable().expect("readable").iter().all(|byte| *byte == 8));
        drop(looked_at);
        assert!(allocator.imp().direct.get().expect("set").take(1).is_some(), "its slot is free again");
    }
}
