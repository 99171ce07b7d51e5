//! Doors for a fuzzer: whatever of ours reads bytes that an office's file decides, directly or through what ffmpeg says of
//! it. Each takes any bytes, never panics, and holds what it promises. Only `fuzz/` and the tests build this.

use crate::av::conform::level_any;
use crate::av::heic::listed_of_any;
use crate::av::inspect::doors::{claims_of_any, looks_like, said_of_any, times_of_any};
use crate::desk::intake::shown_name;
use crate::domain::submission::is_unprintable;
use crate::files::playlist_file;

/// What a file looks like by its first bytes.
pub fn sniff(bytes: &[u8]) {
    let whole = looks_like(bytes);
    assert_eq!(whole, looks_like(bytes), "the same bytes look the same");
    // Nothing that begins as an MP4 is turned away, whatever follows.
    let mp4 = [b"\0\0\0\x20ftypisom".as_slice(), bytes].concat();
    assert_eq!(looks_like(&mp4), None);
}

/// What a file claims, as ffprobe prints it, or as libheif lists a HEIC's pictures: no name leads elsewhere.
pub fn claims(bytes: &[u8]) {
    claims_of_any(bytes);
    let name = listed_of_any(bytes);
    assert!(name.is_none_or(|name| name.starts_with("picture") && name.ends_with(".png") && !name.contains('/')));
}

/// When pictures are shown, as ffmpeg lists it: times only go forward.
pub fn times(bytes: &[u8]) {
    let shown = times_of_any(bytes);
    assert!(shown.windows(2).all(|pair| pair[0] <= pair[1]), "{shown:?}");
}

/// Decoded sound, brought to its level: as long as before, and numbers.
pub fn sound(bytes: &[u8]) {
    /// A second is enough to reach every branch.
    const MOST: usize = 48_000 * 8;
    let bytes = &bytes[..bytes.len().min(MOST)];
    let levelled = level_any(bytes);
    assert!(levelled.iter().all(|sample| sample.is_finite()));
    assert!(levelled.is_empty() || levelled.len() == bytes.len() / 8 * 2);
}

/// The header of a movie, whose duration is lengthened in place.
pub fn quicktime(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    crate::av::quicktime::lengthen_any(&mut changed);
    let differing = bytes.iter().zip(&changed).filter(|(before, after)| before != after).count();
    assert!(changed.len() == bytes.len() && differing <= 8);
}

/// What a decoder says on its standard error.
pub fn said(bytes: &[u8]) {
    let said = said_of_any(bytes);
    assert!(!said.contains(|c: char| c.is_control()) && said.chars().count() <= 200);
}

/// What an office calls its file.
pub fn names(bytes: &[u8]) {
    let shown = shown_name(&String::from_utf8_lossy(bytes));
    assert!(!shown.trim().is_empty() && !shown.contains(['/', '\\']) && !shown.contains(is_unprintable));
    assert!(shown.chars().count() <= 120);
}

/// A revision that somebody put into `playlists/`.
pub fn playlist(bytes: &[u8]) {
    if let Ok(playlist) = playlist_file::parse(bytes) {
        let written = playlist_file::to_bytes(&playlist);
        let again = playlist_file::parse(&written).expect("what we write we read");
        assert_eq!(playlist_file::to_bytes(&again), written);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    type Door = fn(&[u8]);

    /// The doors by the names of their folders.
    const DOORS: &[(&str, Door)] = &[
        ("sniff", super::sniff),
        ("claims", super::claims),
        ("times", super::times),
        ("sound", super::sound),
        ("quicktime", super::quicktime),
        ("said", super::said),
        ("names", super::names),
        ("playlist", super::playlist),
    ];

    #[test]
    fn every_seed_and_everything_that_once_broke_a_door_goes_through_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        for (name, door) in DOORS {
            let folder = std::fs::read_dir(corpus.join(name)).expect("each door has seeds");
            let mut seeds = 0;
            for file in folder {
                let bytes = std::fs::read(file.expect("an entry").path()).expect("readable");
                door(&bytes);
                // And cut off anywhere, as files from offices are.
                (0..bytes.len().min(200)).for_each(|end| door(&bytes[..end]));
                seeds += 1;
            }
            assert!(seeds > 0, "{name} has no seed");
        }
    }

    /// A fuzzer's poor relation, for every test run: seeds with bytes changed, doubled, cut out and put in.
    #[test]
    fn seeds_that_were_damaged_go_through_their_doors_too() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let mut dice = 0x5eed_u64;
        let mut below = move |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % sides.max(1)
        };
        for (name, door) in DOORS {
            let rounds = if *name == "sound" { 20 } else { 2000 };
            for file in std::fs::read_dir(corpus.join(name)).expect("each door has seeds") {
                let seed = std::fs::read(file.expect("an entry").path()).expect("readable");
                for _ in 0..rounds {
                    let mut bytes = seed.clone();
                    for _ in 0..=below(6) {
                        let at = below(bytes.len());
                        match below(5) {
                            0 if !bytes.is_empty() => bytes[at] ^= 1 << below(8),
                            1 if !bytes.is_empty() => bytes[at] = [0, 0xff, 0x7f, b'9', b'-', b'\n'][below(6)],
                            2 => bytes.truncate(at),
                            3 => bytes.insert(at, b"0/:,{\xf0"[below(6)]),
                            _ => bytes.extend_from_within(at..(at + below(40)).min(bytes.len())),
                        }
                    }
                    door(&bytes);
                }
            }
        }
    }
}
