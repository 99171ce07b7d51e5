//! Pictures and sound as they leave the player: raw, in the house raster, one block per tick.

use std::fmt;
use std::sync::Arc;

use crate::domain::channel::HOUSE_SOUND_CHANNELS;
use crate::domain::time::Tick;
use crate::engine::watch::Expected;

/// A planar 4:2:0 picture that many readers share without copying.
///
/// Its rows lie as [`Raster`] says, its planes where they were decoded: a decoder keeps margins beneath each.
#[derive(Debug, Clone)]
pub struct Picture {
    raster: Raster,
    bytes: Shared,
    /// Where each plane begins.
    starts: [usize; 3],
}

impl Picture {
    /// One plane after the other; bytes that are missing are black, or green.
    pub fn packed(raster: Raster, mut bytes: Vec<u8>) -> Picture {
        bytes.resize(raster.picture_bytes(), 0);
        Picture { raster, bytes: Shared::new(bytes), starts: raster.plane_starts() }
    }

    /// A picture that lies elsewhere, with the beginning of each plane; given back when the last reader is gone.
    /// Nothing when it does not lie within the bytes.
    pub fn lent(
        raster: Raster,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        starts: [usize; 3],
    ) -> Option<Picture> {
        let fits =
            |(start, length): (usize, usize)| start.checked_add(length).is_some_and(|e| e <= bytes.as_ref().len());
        let fit = starts.into_iter().zip(raster.plane_bytes()).all(fits);
        fit.then(|| Picture { raster, bytes: Shared::lent(bytes), starts })
    }

    /// Its size.
    pub fn raster(&self) -> Raster {
        self.raster
    }

    /// The rows of luma, Cb and Cr.
    pub fn planes(&self) -> [&[u8]; 3] {
        let (bytes, lengths) = (self.bytes.as_ref(), self.raster.plane_bytes());
        std::array::from_fn(|n| &bytes[self.starts[n]..][..lengths[n]])
    }

    /// A copy, one plane after the other.
    pub fn to_vec(&self) -> Vec<u8> {
        self.planes().concat()
    }

    /// The bytes, one plane after the other, to be written over, if nobody else reads them any more.
    pub fn alone(&mut self) -> Option<&mut Vec<u8>> {
        self.bytes.alone()
    }
}

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

    fn lent(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Shared {
        Shared(Arc::new(Bytes::Lent(Box::new(bytes))))
    }

    fn alone(&mut self) -> Option<&mut Vec<u8>> {
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
        self.plane_bytes().iter().sum()
    }
    /// Bytes of the rows of luma, Cb and Cr.
    pub fn plane_bytes(self) -> [usize; 3] {
        [self.luma_bytes(), self.chroma_bytes(), self.chroma_bytes()]
    }
    /// Where each plane of a packed picture begins.
    pub fn plane_starts(self) -> [usize; 3] {
        [0, self.luma_bytes(), self.luma_bytes() + self.chroma_bytes()]
    }
    fn luma_bytes(self) -> usize {
        self.row_stride() * self.height as usize
    }
    fn chroma_bytes(self) -> usize {
        self.chroma_stride() * (self.height as usize / 2)
    }
    /// Bytes in which a decoder has room for a picture with its margins: whole blocks, rows of whole cache lines, and
    /// some rows beneath.
    pub fn roomy_bytes(self) -> usize {
        const PAGE: usize = 4096;
        let (width, height) = (self.width.next_multiple_of(128) as usize, self.height.next_multiple_of(32) as usize);
        (width * (height + 32) * 3 / 2).next_multiple_of(PAGE)
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
    pub fn plain(self, [y, cb, cr]: [u8; 3]) -> Picture {
        let mut bytes = vec![y; self.luma_bytes()];
        bytes.resize(self.luma_bytes() + self.chroma_bytes(), cb);
        bytes.resize(self.picture_bytes(), cr);
        Picture::packed(self, bytes)
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
    pub picture: Picture,
    /// The picture without branding: a ticker that runs must not hide that what lies beneath it stands.
    pub bare: Picture,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_with_margins_reads_as_one_without_and_one_that_does_not_fit_is_none() {
        let raster = Raster { width: 8, height: 4 };
        // Luma, two rows of margin, Cb, a row, Cr.
        let lies = [vec![1; 32], vec![9; 16], vec![2; 8], vec![9; 4], vec![3; 8]].concat();
        let picture = Picture::lent(raster, lies.clone(), [0, 48, 60]).expect("it fits");
        assert_eq!(picture.to_vec(), raster.plain([1, 2, 3]).to_vec());
        for starts in [[0, 48, 61], [0, usize::MAX, 60], [40, 48, 60]] {
            assert!(Picture::lent(raster, lies.clone(), starts).is_none(), "{starts:?}");
        }
    }
}
