//! What an inspection found that making something of the file has to know, kept beside its previews: so that a file is
//! not decoded again to learn it. It can always be found again, and a file of another version is no file.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::asset::Essence;
use crate::domain::colour::{Colour, Matrix, Transfer};

const FORMAT: &str = "siaran-essence/2";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EssenceFile {
    format: String,
    video_stream: u32,
    audio_stream: Option<u32>,
    first_picture_ticks: i64,
    duration_ms: u64,
    width: u32,
    height: u32,
    pixel_aspect: (u32, u32),
    rotation_deg: u16,
    interlaced: bool,
    matrix: String,
    transfer: String,
    full_range: bool,
    still: bool,
    damaged: bool,
}

/// Writes it, whole or not at all.
///
/// # Errors
/// The disk's.
pub(super) fn write(path: &Path, essence: &Essence) -> io::Result<()> {
    let file = EssenceFile {
        format: FORMAT.into(),
        video_stream: essence.video_stream,
        audio_stream: essence.audio_stream,
        first_picture_ticks: essence.first_picture,
        duration_ms: essence.duration_ms,
        width: essence.width,
        height: essence.height,
        pixel_aspect: essence.pixel_aspect,
        rotation_deg: essence.rotation_deg,
        interlaced: essence.interlaced,
        matrix: essence.colour.matrix.as_str().into(),
        transfer: essence.colour.transfer.as_str().into(),
        full_range: essence.colour.full_range,
        still: essence.still,
        damaged: essence.damaged,
    };
    whole::write(path, &serde_json::to_vec(&file)?)
}

/// Reads it; `None` where there is none that this program understands.
pub(super) fn read(path: &Path) -> Option<Essence> {
    let file: EssenceFile = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let colour = Colour {
        matrix: Matrix::read(&file.matrix)?,
        transfer: Transfer::read(&file.transfer)?,
        full_range: file.full_range,
    };
    (file.format == FORMAT).then_some(Essence {
        video_stream: file.video_stream,
        audio_stream: file.audio_stream,
        first_picture: file.first_picture_ticks,
        duration_ms: file.duration_ms,
        width: file.width,
        height: file.height,
        pixel_aspect: file.pixel_aspect,
        rotation_deg: file.rotation_deg,
        interlaced: file.interlaced,
        colour,
        still: file.still,
        damaged: file.damaged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_read_back_and_what_another_version_wrote_is_looked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("essence.json");
        assert_eq!(read(&path), None);
        let essence = Essence {
            video_stream: 1,
            audio_stream: Some(0),
            first_picture: -900,
            duration_ms: 4000,
            width: 1080,
            height: 1920,
            pixel_aspect: (4, 3),
            rotation_deg: 90,
            interlaced: true,
            colour: Colour { matrix: Matrix::Bt601, transfer: Transfer::Standard, full_range: true },
            still: false,
            damaged: true,
        };
        write(&path, &essence).unwrap();
        assert_eq!(read(&path), Some(essence));
        let newer = std::fs::read_to_string(&path).unwrap().replace("essence/2", "essence/3");
        std::fs::write(&path, newer).unwrap();
        assert_eq!(read(&path), None);
    }
}
