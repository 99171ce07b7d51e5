//! The files that three offices, and the agency itself, send in the demonstration.

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::av::testcard::Card;

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It airs.
    Airs,
    /// Inspection refuses it.
    Unfit,
    /// The verifier refuses it.
    Prohibited,
}

/// One file with its letter.
#[derive(Debug, Clone)]
pub(super) struct OfficeClip {
    pub path: PathBuf,
    pub office: usize,
    pub title: &'static str,
    pub description: &'static str,
    pub play_s: u32,
    pub fate: Fate,
}

/// Frames of a clip as it is cut after this share of its bytes, percent.
const DAMAGED_AT: usize = 40;

const CLIPS: [(&str, usize, &str, &str, u32, Fate, Card); 9] = [
    (
        "pesona.mp4",
        3,
        "Pesona Deli Serdang",
        "Pemandangan alam dan wisata",
        6,
        Fate::Airs,
        card("Pesona Deli Serdang", "gradient", (1280, 720), (25, 1), 150, Some(330)),
    ),
    (
        "imunisasi.mp4",
        0,
        "Pekan Imunisasi",
        "Ajakan imunisasi di posyandu terdekat",
        8,
        Fate::Airs,
        card("Pekan Imunisasi", "ball background-color=0xff2a7fb8", (1280, 720), (25, 1), 200, Some(440)),
    ),
    (
        "cuci-tangan.mp4",
        0,
        "Cuci Tangan Pakai Sabun",
        "Cara mencuci tangan yang benar",
        6,
        Fate::Airs,
        card("Cuci Tangan", "smpte", (640, 480), (30_000, 1001), 180, Some(550)),
    ),
    (
        "sensus.mp4",
        1,
        "Sensus Ekonomi",
        "Direkam dengan ponsel, tegak",
        5,
        Fate::Airs,
        card("Sensus Ekonomi", "pinwheel", (360, 640), (60, 1), 300, Some(660)),
    ),
    (
        "data-desa.mp4",
        1,
        "Data Desa",
        "Grafik tanpa suara",
        6,
        Fate::Airs,
        card("Data Desa", "chroma-zone-plate kx2=20 ky2=20 kt=1", (960, 540), (25, 1), 150, None),
    ),
    (
        "poster.png",
        2,
        "Poster Posyandu",
        "Poster jadwal posyandu",
        10,
        Fate::Airs,
        card("Poster Posyandu", "smpte75", (1280, 720), (25, 1), 1, None),
    ),
    (
        "rapat-desa.mp4",
        2,
        "Rapat Desa",
        "Rekaman rapat, lima menit satu detik",
        300,
        Fate::Unfit,
        card("Rapat Desa", "ball background-color=0xff7a5c2e", (160, 120), (5, 1), 1505, None),
    ),
    (
        "jalan-desa.mp4",
        2,
        "Jalan Desa",
        "Berkas rusak saat disalin",
        8,
        Fate::Unfit,
        card("Jalan Desa", "ball background-color=0xff3f7a3f", (640, 360), (25, 1), 200, Some(440)),
    ),
    (
        "promo.mp4",
        2,
        "Promo Toko",
        "Diskon belanja akhir pekan",
        5,
        Fate::Prohibited,
        card("Promo Toko Diskon", "circular", (640, 360), (25, 1), 125, Some(770)),
    ),
];

const fn card(
    title: &'static str,
    pattern: &'static str,
    size: (u32, u32),
    rate: (u32, u32),
    frames: u32,
    tone_hz: Option<u32>,
) -> Card {
    Card { title, pattern, size, rate, frames, tone_hz }
}

/// Makes all of them.
pub(super) fn make(folder: &Path) -> Result<Vec<OfficeClip>, Failure> {
    let could = |e: &dyn std::fmt::Display| Failure::could(e.to_string(), "make setup installs what GStreamer needs");
    fs::create_dir_all(folder).map_err(|e| could(&e))?;
    let mut clips = Vec::new();
    for (name, office, title, description, play_s, fate, card) in CLIPS {
        let path = folder.join(name);
        if name.ends_with(".png") { card.make_still(&path) } else { card.make(&path) }.map_err(|e| could(&e))?;
        if name == "jalan-desa.mp4" {
            let bytes = fs::read(&path).map_err(|e| could(&e))?;
            fs::write(&path, &bytes[..bytes.len() * DAMAGED_AT / 100]).map_err(|e| could(&e))?;
        }
        clips.push(OfficeClip { path, office, title, description, play_s, fate });
    }
    Ok(clips)
}
