//! Files that are drawn here, by rule, in a format that needs no encoder.

use std::io::Write;
use std::path::{Path, PathBuf};

use siaran::domain::asset::{FlashKind, ReasonCode, Verdict};
use tempfile::TempDir;

use super::{judged, look, refused_for};

const WIDE: usize = 320;
const HIGH: usize = 180;
const RATE: usize = 25;

/// A film whose pictures are each of one grey, as YUV4MPEG2.
fn film(folder: &Path, seconds: usize, luma: impl Fn(usize) -> u8) -> PathBuf {
    let path = folder.join("film.y4m");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(file, "YUV4MPEG2 W{WIDE} H{HIGH} F{RATE}:1 Ip A1:1 C420jpeg").unwrap();
    for picture in 0..seconds * RATE {
        file.write_all(b"FRAME\n").unwrap();
        let level = luma(picture);
        // A line that wanders keeps the picture from standing still.
        let line = picture % HIGH;
        let pixels = (0..WIDE * HIGH).map(|n| if n / WIDE == line { level ^ 32 } else { level });
        file.write_all(&pixels.collect::<Vec<u8>>()).unwrap();
        file.write_all(&vec![128; WIDE * HIGH / 2]).unwrap();
    }
    file.flush().unwrap();
    path
}

#[test]
fn a_film_that_flashes_five_times_a_second_is_refused_and_one_that_pulses_twice_is_not() {
    let folder = TempDir::new().unwrap();
    let fast = look(&film(folder.path(), 3, |picture| if picture % 5 < 2 { 200 } else { 40 }));
    assert_eq!(refused_for(&judged(&fast)), [ReasonCode::Flashing]);
    assert_eq!(fast.measured.flash[0].kind, FlashKind::Luminance);
    assert!(fast.measured.flash[0].span.start_ms < 500 && fast.measured.flash[0].span.end_ms > 2500);
    let slow = judged(&look(&film(folder.path(), 3, |picture| if picture % 12 < 6 { 200 } else { 40 })));
    assert_ne!(slow.verdict, Verdict::Refuse);
}

#[test]
fn black_is_found_to_the_picture_and_twelve_seconds_of_it_are_refused() {
    let folder = TempDir::new().unwrap();
    let found = look(&film(folder.path(), 8, |picture| if (50..125).contains(&picture) { 16 } else { 140 }));
    let black = found.measured.black[0];
    assert_eq!((black.start_ms, black.end_ms, found.video.as_ref().unwrap().frames), (2000, 5000, 200));
    let long = look(&film(folder.path(), 14, |picture| if picture < 300 { 16 } else { 140 }));
    assert_eq!(refused_for(&judged(&long)), [ReasonCode::Black]);
}

#[test]
fn a_clip_comes_with_pictures_of_itself_and_of_the_places_where_something_was_found() {
    let folder = TempDir::new().unwrap();
    let found = look(&film(folder.path(), 8, |picture| if (50..125).contains(&picture) { 16 } else { 140 }));
    let stills = &found.measured.stills;
    assert!(stills.len() >= 12 && stills.iter().any(|still| still.at_ms == 2000), "{}", stills.len());
    assert!(stills.iter().all(|still| still.jpeg.starts_with(&[0xFF, 0xD8])));
}
