//! `media/fill/index.json`: the evergreen approved clips. The player has no database, so the head-end writes this
//! file and the player reads it.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::asset::FillClip;
use crate::domain::people::UnknownWord;
use crate::domain::playlist::{Nature, Source};

const FORMAT: &str = "siaran-fill/1";
/// Longest pool that is read: more evergreen clips than a day could show once.
const MAX_CLIPS: usize = 10_000;

/// Why a pool can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The file system said no.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// The index.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not what the format says.
    #[error("{path} is not a fill index: {message}")]
    Invalid {
        /// The index.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
}

/// Where the index of a home lies.
pub fn path(home: &Path) -> PathBuf {
    home.join("media/fill/index.json")
}

/// Reads the pool; a home without an index has none.
///
/// # Errors
/// [`FillError`] names the file and the entry.
pub fn read(home: &Path) -> Result<Vec<FillClip>, FillError> {
    let path = path(home);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(FillError::Unreadable { path, source }),
    };
    let invalid = |message: String| FillError::Invalid { path: path.clone(), message };
    let index: Index = serde_json::from_str(&text).map_err(|e| invalid(e.to_string()))?;
    if index.format != FORMAT || index.clips.len() > MAX_CLIPS {
        return Err(invalid(format!("wanted is the format {FORMAT:?} with at most {MAX_CLIPS} clips")));
    }
    index
        .clips
        .into_iter()
        .enumerate()
        .map(|(n, row)| row.parse().map_err(|m| invalid(format!("clip {n}: {m}"))))
        .collect()
}

/// Replaces the pool, whole.
///
/// # Errors
/// The file system's.
pub fn write(home: &Path, clips: &[FillClip]) -> io::Result<()> {
    let path = path(home);
    std::fs::create_dir_all(path.parent().unwrap_or(home))?;
    let index = Index { format: FORMAT.into(), clips: clips.iter().map(Row::from).collect() };
    whole::write(&path, &serde_json::to_vec_pretty(&index)?)
}

#[derive(Serialize, Deserialize)]
struct Index {
    format: String,
    clips: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    sha256: String,
    source: String,
    duration_frames: u64,
    title: String,
    has_sound: bool,
    #[serde(default)]
    still: bool,
    /// Indexes of before there were any have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

impl Row {
    fn parse(self) -> Result<FillClip, String> {
        let sha256 = self.sha256.parse().map_err(|e| format!("{e}"))?;
        let source = Source::parse(&self.source).filter(|s| matches!(s, Source::File(_)));
        let source = source.ok_or_else(|| format!("{:?} is not a path below home", self.source))?;
        if self.duration_frames == 0 {
            return Err("duration_frames is 0".into());
        }
        let nature = Nature { has_sound: self.has_sound, still: self.still };
        let tags = self.tags.iter().map(|tag| tag.parse().map_err(|e: UnknownWord| e.to_string()));
        let tags = tags.collect::<Result<_, _>>()?;
        Ok(FillClip { sha256, source, duration_frames: self.duration_frames, title: self.title, nature, tags })
    }
}

impl From<&FillClip> for Row {
    fn from(clip: &FillClip) -> Row {
        Row {
            sha256: clip.sha256.to_string(),
            source: clip.source.to_string(),
            duration_frames: clip.duration_frames,
            title: clip.title.clone(),
            has_sound: clip.nature.has_sound,
            still: clip.nature.still,
            tags: clip.tags.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::asset::Clip;
    use crate::domain::ids::Sha256;
    use crate::domain::rules::ContentTag;

    #[test]
    fn a_pool_reads_back_as_it_was_written_and_a_home_without_one_has_none() {
        let home = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(read(home.path()).expect("no index is no fault"), []);
        let clip = Clip { sha256: Sha256([3; 32]), original: Sha256([4; 32]), frames: 250, nature: Nature::FILM };
        let pool = [FillClip::of(&clip, "Pesona Deli Serdang")];
        write(home.path(), &pool).expect("written");
        assert_eq!(read(home.path()).expect("read"), pool);
    }

    #[test]
    fn a_pool_says_what_its_clips_show_and_one_of_before_there_was_that_still_reads() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let clip = Clip { sha256: Sha256([3; 32]), original: Sha256([4; 32]), frames: 250, nature: Nature::FILM };
        let marked = FillClip { tags: [ContentTag::Music].into(), ..FillClip::of(&clip, "Tor-tor") };
        write(home.path(), std::slice::from_ref(&marked)).expect("written");
        let written = std::fs::read_to_string(path(home.path())).expect("text");
        assert_eq!(read(home.path()).expect("read"), [marked]);
        let index: serde_json::Value = serde_json::from_str(&written).expect("JSON");
        let mut older = index.clone();
        older["clips"][0].as_object_mut().expect("an object").remove("tags");
        std::fs::write(path(home.path()), older.to_string()).expect("written");
        assert_eq!(read(home.path()).expect("an older index is sound"), [FillClip::of(&clip, "Tor-tor")]);
    }
}
