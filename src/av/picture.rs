//! Pictures and sound as they leave the player: raw, in the house raster, one block per tick.

use std::fmt;
use std::sync::Arc;

use crate::domain::channel::HOUSE_SOUND_CHANNELS;
use crate::domain::time::Tick;
use crate::engine::watch::Expected;

/// Bytes that many readers share without copying.
#[derive(Clone)]
pub struct Shared(Arc<Bytes>);

enum Bytes {
    Own(Vec<u8>),
    Lent(Box<dyn AsRef<[u8]> + Send + Sync>),
}

impl Shared {
    /// Takes the bytes; nobody changes them from now on.
    pub fn new(bytes: Vec<u8>) -> Shared {
        Shared(Arc::new(Bytes::Own(bytes)))
    }

    /// Bytes that lie elsewhere, given back when the last reader is gone.
    pub fn lent(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Shared {
        Shared(Arc::new(Bytes::Lent(Box::new(bytes))))
    }

    /// The bytes, to be written over, if they are this one's own and nobody else reads them any more.
    pub fn alone(&mut self) -> Option<&mut Vec<u8>> {
        match Arc::get_mut(&mut self.0)? {
            Bytes::Own(bytes) => Some(bytes),
            Bytes::Lent(_) => None,
        }
    }
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        match &*self.0 {
            Bytes::Own(bytes) => bytes,
            Bytes::Lent(lent) => (**lent).as_ref(),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.as_ref().len())
    }
}

/// Size of a planar 4:2:0 picture, both numbers even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raster {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Raster {
    /// Bytes of a whole I420 picture. Rows must be a multiple of four wide to be tightly packed, as GStreamer lays
    /// them out; [`Raster::row_stride`] pads the rest.
    pub fn picture_bytes(self) -> usize {
        let (luma, chroma) = (self.row_stride(), self.chroma_stride());
        luma * self.height as usize + chroma * self.height as usize
    }
    /// Bytes from one luma row to the next.
    pub fn row_stride(self) -> usize {
        (self.width as usize).next_multiple_of(4)
    }
    /// Bytes from one chroma row to the next.
    pub fn chroma_stride(self) -> usize {
        (self.width as usize / 2).next_multiple_of(4)
    }
    /// A picture of one colour, Y′CbCr BT.709 in video range.
    pub fn plain(self, [y, cb, cr]: [u8; 3]) -> Shared {
        let luma = self.row_stride() * self.height as usize;
        let chroma = self.chroma_stride() * self.height as usize / 2;
        let mut bytes = vec![y; luma];
        bytes.resize(luma + chroma, cb);
        bytes.resize(luma + 2 * chroma, cr);
        Shared::new(bytes)
    }
}

/// Black in video range (ITU-R BT.709-6, clause 4.6).
pub const BLACK: [u8; 3] = [16, 128, 128];

/// A colour as Y′CbCr BT.709 in video range (ITU-R BT.709-6, clauses 3.2 to 3.4).
pub fn bt709(rgb: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = rgb.map(|c| f32::from(c) / 255.0);
    let light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (blue, red) = ((b - light) / 1.8556, (r - light) / 1.5748);
    [16.0 + 219.0 * light, 128.0 + 224.0 * blue, 128.0 + 224.0 * red].map(|c| c.round() as u8)
}

/// Sound bytes of one sample in all channels: 16 bits each.
pub const SAMPLE_BYTES: usize = 2 * HOUSE_SOUND_CHANNELS;

/// What leaves the player at one tick.
#[derive(Debug, Clone)]
pub struct TickFrame {
    /// Which tick.
    pub tick: Tick,
    /// I420 in the house raster.
    pub picture: Shared,
    /// The picture without branding: a ticker that runs must not hide that what lies beneath it stands.
    pub bare: Shared,
    /// Interleaved 16-bit little-endian samples at the house rate.
    pub sound: Shared,
    /// Presentation time on the stream's clock; see [`crate::av::output::StreamClock`].
    pub pts_ns: u64,
    /// How long the tick lasts.
    pub duration_ns: u64,
    /// What the watch may expect of it.
    pub expected: Expected,
    /// How long after its time it left, milliseconds.
    pub late_ms: u64,
}
