//! MP4 and MOV files are read to the end of their streams, whatever length their header states.
//!
//! GStreamer's qtdemux 1.22 stops at the movie's duration, but compares it with times in which the delay that an edit
//! list skips is still included: of sound in AAC or MP3 the last packet, 20 ms, is lost. The duration is therefore
//! lengthened as the header is read; where a stream ends is stated by its own edit list and its samples.

#[cfg(feature = "av")]
use gstreamer as gst;
#[cfg(feature = "av")]
use gstreamer::prelude::*;

/// Seconds added to the stated duration: more than any encoder's delay.
const LONGER_S: u64 = 1;

/// Lengthens what the demuxer reads through this pad.
#[cfg(feature = "av")]
pub fn lengthen(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::PULL | gst::PadProbeType::BUFFER, |_, info| {
        if let Some(buffer) = info.buffer_mut()
            && let Some(at) = buffer.map_readable().ok().and_then(|bytes| duration_of(&bytes))
            && let Ok(mut bytes) = buffer.make_mut().map_writable()
        {
            at.lengthen(&mut bytes);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Where a movie's duration stands, and what to write there.
#[derive(Debug, PartialEq, Eq)]
struct Duration {
    at: usize,
    wide: bool,
    units: u64,
}

impl Duration {
    fn lengthen(&self, bytes: &mut [u8]) {
        let big_endian = self.units.to_be_bytes();
        let units = if self.wide { &big_endian[..] } else { &big_endian[4..] };
        bytes[self.at..self.at + units.len()].copy_from_slice(units);
    }
}

/// The duration in a whole `moov` box (ISO/IEC 14496-12, clauses 8.2.1 and 8.2.2), longer; nothing if it is not known or
/// this is another box.
fn duration_of(moov: &[u8]) -> Option<Duration> {
    if moov.get(4..8)? != b"moov" {
        return None;
    }
    let mut at = 8;
    loop {
        let size = word(moov, at)? as usize;
        if moov.get(at + 4..at + 8)? == b"mvhd" {
            break;
        }
        at = at.checked_add(size.max(8))?;
    }
    // Box header, version and flags, then when it was made and changed, the time scale and the duration.
    let wide = *moov.get(at + 8)? == 1;
    let (scale_at, duration_at) = if wide { (at + 28, at + 32) } else { (at + 20, at + 24) };
    let scale = u64::from(word(moov, scale_at)?);
    let low = u64::from(word(moov, duration_at)?);
    let (units, most) = match wide {
        true => (low << 32 | u64::from(word(moov, duration_at + 4)?), u64::MAX),
        false => (low, u64::from(u32::MAX)),
    };
    // All ones means that nobody knows, and so does nought in a fragmented file.
    let longer = units.checked_add(scale * LONGER_S).filter(|longer| units > 0 && *longer < most)?;
    Some(Duration { at: duration_at, wide, units: longer })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

/// Lengthens a movie in memory, for `crate::fuzz`.
#[cfg(any(test, fuzzing))]
pub(crate) fn lengthen_any(bytes: &mut [u8]) {
    if let Some(duration) = duration_of(bytes) {
        duration.lengthen(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], content].concat()
    }
    fn header(duration: u32) -> Vec<u8> {
        let words = [0, 0, 0, 600, duration, 0x0001_0000];
        boxed(b"mvhd", &words.map(u32::to_be_bytes).concat())
    }

    #[test]
    fn a_movie_s_stated_duration_grows_by_a_second_wherever_its_header_stands() {
        for before in [vec![], boxed(b"udta", b"abc")] {
            let mut moov = boxed(b"moov", &[before, header(1200), boxed(b"trak", b"")].concat());
            let duration = duration_of(&moov).expect("it is stated");
            duration.lengthen(&mut moov);
            assert_eq!(word(&moov, duration.at), Some(1800));
        }
        let wide = [&[1, 0, 0, 0][..], &[0; 16], &600u32.to_be_bytes(), &1200u64.to_be_bytes()].concat();
        let moov = boxed(b"moov", &boxed(b"mvhd", &wide));
        assert_eq!(duration_of(&moov).map(|d| (d.wide, d.units)), Some((true, 1800)));
    }

    #[test]
    fn a_duration_that_nobody_knows_and_broken_headers_are_left_alone() {
        let whole = boxed(b"moov", &header(1200));
        for end in 0..30 {
            assert_eq!(duration_of(&whole[..end]), None, "cut off at {end}");
        }
        for unknown in [0, u32::MAX] {
            assert_eq!(duration_of(&boxed(b"moov", &header(unknown))), None);
        }
        assert_eq!(duration_of(&boxed(b"mdat", &header(1200))), None);
        let endless = boxed(b"moov", &[0xff; 40]);
        assert_eq!(duration_of(&endless), None);
    }
}
