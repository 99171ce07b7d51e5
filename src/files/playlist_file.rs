//! `playlists/<channel>/<date>.r<n>.json`: a published revision on disk, immutable and written whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::whole;
use crate::domain::branding::Wears;
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::playlist::{ItemKind, Nature, Playlist, PlaylistHead, PlaylistItem, RunMode, Source};
use crate::domain::time::{BroadcastDate, FrameRate, Instant, Zone};

/// The format's name and version, first thing in every file.
pub const FORMAT: &str = "siaran-playlist/1";
/// Largest file that is read: 86,400 items at under 1 KiB.
const MAX_BYTES: u64 = 64 << 20;

/// Why a file is not a playable revision.
#[derive(Debug, thiserror::Error)]
pub enum PlaylistFileError {
    /// The file system said no.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Read, and found wanting. Every fault is named.
    #[error("{path} is not a playable playlist: {}", faults.join("; "))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// In words.
        faults: Vec<String>,
    },
    /// Published revisions are never edited.
    #[error("{path} is published already; a change needs the next revision")]
    Published {
        /// The file.
        path: PathBuf,
    },
}

/// Folder of a channel's revisions.
pub fn folder(home: &Path, channel: &ChannelId) -> PathBuf {
    home.join("playlists").join(channel.as_str())
}

/// Where a revision lies.
pub fn path(home: &Path, channel: &ChannelId, date: BroadcastDate, revision: u32) -> PathBuf {
    folder(home, channel).join(format!("{date}.r{revision}.json"))
}

/// The revisions of a day that are on disk, oldest first. Files whose names are not revisions are not listed.
///
/// # Errors
/// The file system's; a folder that does not exist is empty.
pub fn revisions(home: &Path, channel: &ChannelId, date: BroadcastDate) -> io::Result<Vec<u32>> {
    let prefix = format!("{date}.r");
    let of_day = |path: &PathBuf| number(stem(path)?.strip_prefix(&prefix)?);
    let mut found: Vec<u32> = files(home, channel)?.iter().filter_map(of_day).collect();
    found.sort_unstable();
    Ok(found)
}

/// What lies in a channel's folder, in no order; nothing if there is none.
fn files(home: &Path, channel: &ChannelId) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder(home, channel)) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A file's name without `.json`.
fn stem(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_suffix(".json")
}

/// The revision's number at the end of a name.
fn number(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))
}

/// A file in a channel's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// The day and revision that its name says; `None` for a name that the player does not read.
    pub named: Option<(BroadcastDate, u32)>,
}

/// Everything in a channel's folder, by name.
///
/// # Errors
/// The file system's; a folder that does not exist is empty.
pub fn listing(home: &Path, channel: &ChannelId) -> io::Result<Vec<Listed>> {
    let named = |path: &Path| {
        let (date, digits) = stem(path)?.split_once(".r")?;
        Some((date.parse().ok()?, number(digits)?))
    };
    let mut listed: Vec<Listed> =
        files(home, channel)?.into_iter().map(|path| Listed { named: named(&path), path }).collect();
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listed)
}

/// Reads and judges one file.
///
/// # Errors
/// [`PlaylistFileError`] names every fault.
pub fn read(path: &Path) -> Result<Playlist, PlaylistFileError> {
    let unreadable = |source| PlaylistFileError::Unreadable { path: path.to_owned(), source };
    let faulty = |faults| PlaylistFileError::Faulty { path: path.to_owned(), faults };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_BYTES {
        return Err(faulty(vec![format!("{length} bytes; a playlist has at most {MAX_BYTES}")]));
    }
    parse(&fs::read(path).map_err(unreadable)?).map_err(faulty)
}

/// Reads and judges a playlist's bytes.
///
/// # Errors
/// Every fault, in words.
pub fn parse(bytes: &[u8]) -> Result<Playlist, Vec<String>> {
    let file: File = serde_json::from_slice(bytes).map_err(|e| vec![e.to_string()])?;
    file.parse()
}

/// Publishes a revision: writes it whole under its name, and returns where, with the hash of the bytes.
///
/// # Errors
/// [`PlaylistFileError::Published`] if that revision exists, else the file system's.
pub fn write(home: &Path, playlist: &Playlist) -> Result<(PathBuf, Sha256), PlaylistFileError> {
    let head = playlist.head();
    let path = path(home, &head.channel, head.date, head.revision);
    if path.exists() {
        return Err(PlaylistFileError::Published { path });
    }
    let bytes = to_bytes(playlist);
    let done = fs::create_dir_all(folder(home, &head.channel)).and_then(|()| whole::write(&path, &bytes));
    done.map_err(|source| PlaylistFileError::Unreadable { path: path.clone(), source })?;
    Ok((path, whole::sha256(&bytes)))
}

/// The bytes of a revision; the same playlist always gives the same.
pub fn to_bytes(playlist: &Playlist) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&File::from(playlist)).expect("strings and integers always serialise");
    bytes.push(b'\n');
    bytes
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    channel: String,
    date: String,
    revision: u32,
    parent: Option<u32>,
    zone: String,
    frame_rate: [u32; 2],
    withdrawn: Vec<String>,
    items: Vec<Item>,
}

#[derive(Serialize, Deserialize)]
struct Item {
    id: String,
    start: String,
    duration_frames: u64,
    run: Run,
    kind: Kind,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    in_frames: u64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    submission: Option<String>,
    #[serde(default = "yes")]
    has_sound: bool,
    #[serde(default)]
    still: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branding: Option<String>,
}

fn yes() -> bool {
    Nature::FILM.has_sound
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Run {
    Auto,
    Soft,
    Hard,
    Manual,
    Skip,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Clip,
    Fill,
    Live,
    Slate,
}

impl File {
    fn parse(self) -> Result<Playlist, Vec<String>> {
        let mut faults = Vec::new();
        if self.format != FORMAT {
            faults.push(format!("format is {:?}; this player reads {FORMAT:?}", self.format));
        }
        let channel = keep(self.channel.parse::<ChannelId>(), "channel", &mut faults);
        let date = keep(self.date.parse::<BroadcastDate>(), "date", &mut faults);
        let zone = keep(self.zone.parse::<Zone>(), "zone", &mut faults);
        let [num, den] = self.frame_rate;
        let rate = FrameRate::new(num, den);
        if rate.is_none() {
            faults.push(format!("frame_rate [{num}, {den}] is not 1 to 240 frames a second"));
        }
        let withdrawn = self.withdrawn.iter().filter_map(|h| keep(h.parse(), "withdrawn", &mut faults)).collect();
        let items: Vec<_> = self.items.into_iter().filter_map(|item| item.parse(&mut faults)).collect();
        let (Some(channel), Some(date), Some(zone), Some(rate)) = (channel, date, zone, rate) else {
            return Err(faults);
        };
        let head = PlaylistHead { channel, date, revision: self.revision, parent: self.parent, zone, rate, withdrawn };
        match Playlist::new(head, items) {
            Ok(playlist) if faults.is_empty() => Ok(playlist),
            Ok(_) => Err(faults),
            Err(more) => Err(faults.into_iter().chain(more.iter().map(ToString::to_string)).collect()),
        }
    }
}

fn keep<T, E: std::fmt::Display>(parsed: Result<T, E>, field: &str, faults: &mut Vec<String>) -> Option<T> {
    parsed.map_err(|e| faults.push(format!("{field}: {e}"))).ok()
}

impl Item {
    fn parse(self, faults: &mut Vec<String>) -> Option<PlaylistItem> {
        let before = faults.len();
        let field = |name: &str| format!("item {}: {name}", self.id);
        let id = keep(self.id.parse(), "item", faults);
        let start = keep(self.start.parse::<Instant>(), &field("start"), faults);
        let text = self.source.as_deref().unwrap_or_default();
        let source = Source::parse(text);
        if source.is_none() {
            faults.push(format!("item {}: source {text:?} is neither a path below home nor a live address", self.id));
        }
        let sha256 = self.sha256.as_deref().map(str::parse).transpose();
        let sha256 = keep(sha256, &field("sha256"), faults);
        let wears = self.branding.as_deref().map_or(Ok(Wears::All), str::parse);
        let wears = keep(wears, &field("branding"), faults);
        if faults.len() > before {
            return None;
        }
        Some(PlaylistItem {
            id: id?,
            start: start?,
            duration_frames: self.duration_frames,
            run: self.run.into(),
            kind: self.kind.into(),
            source: source?,
            sha256: sha256?,
            in_frames: self.in_frames,
            title: self.title,
            owner: self.owner,
            submission: self.submission,
            nature: Nature { has_sound: self.has_sound, still: self.still },
            wears: wears?,
        })
    }
}

impl From<&Playlist> for File {
    fn from(playlist: &Playlist) -> File {
        let head = playlist.head();
        let item = |item: &PlaylistItem| Item {
            id: item.id.to_string(),
            start: head.zone.rfc3339(item.start),
            duration_frames: item.duration_frames,
            run: item.run.into(),
            kind: item.kind.into(),
            source: (item.source != Source::None).then(|| item.source.to_string()),
            sha256: item.sha256.map(|h| h.to_string()),
            in_frames: item.in_frames,
            title: item.title.clone(),
            owner: item.owner.clone(),
            submission: item.submission.clone(),
            has_sound: item.nature.has_sound,
            still: item.nature.still,
            branding: item.wears.word().map(str::to_owned),
        };
        File {
            format: FORMAT.into(),
            channel: head.channel.to_string(),
            date: head.date.to_string(),
            revision: head.revision,
            parent: head.parent,
            zone: head.zone.to_string(),
            frame_rate: [head.rate.num(), head.rate.den()],
            withdrawn: head.withdrawn.iter().map(ToString::to_string).collect(),
            items: playlist.items().iter().map(item).collect(),
        }
    }
}

macro_rules! both_ways {
    ($file:ident, $domain:ident, $($variant:ident),+) => {
        impl From<$file> for $domain {
            fn from(value: $file) -> Self { match value { $($file::$variant => $domain::$variant),+ } }
        }
        impl From<$domain> for $file {
            fn from(value: $domain) -> Self { match value { $($domain::$variant => $file::$variant),+ } }
        }
    };
}
both_ways!(Run, RunMode, Auto, Soft, Hard, Manual, Skip);
both_ways!(Kind, ItemKind, Clip, Fill, Live, Slate);

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &[u8] = include_bytes!("../../playlists/example.json");

    #[test]
    fn the_example_is_valid_and_reads_back_as_it_is_written() {
        let playlist = parse(EXAMPLE).expect("the example is valid");
        assert_eq!(parse(&to_bytes(&playlist)).expect("its own bytes"), playlist);
    }

    #[test]
    fn an_item_says_what_it_wears_and_one_that_says_nothing_is_written_as_before() {
        let text = String::from_utf8(EXAMPLE.to_vec()).expect("UTF-8");
        let dressed = text.replacen("\"title\"", "\"branding\": \"none\", \"title\"", 1);
        let playlist = parse(dressed.as_bytes()).expect("valid");
        assert_eq!((&playlist.items()[0].wears, &playlist.items()[1].wears), (&Wears::Nothing, &Wears::All));
        assert_eq!(parse(&to_bytes(&playlist)).expect("its own bytes"), playlist);
        let plain = to_bytes(&parse(EXAMPLE).expect("the example is valid"));
        assert!(!String::from_utf8_lossy(&plain).contains("branding"));
        let faults = parse(text.replacen("\"title\"", "\"branding\": \"No Logo\", \"title\"", 1).as_bytes());
        assert!(faults.expect_err("no name").join("\n").contains("branding: name of branding \"No Logo\""));
    }

    #[test]
    fn every_fault_of_a_file_is_named() {
        let text = String::from_utf8(EXAMPLE.to_vec()).expect("UTF-8");
        let broken = text.replace("\"Asia/Jakarta\"", "\"Mars/Olympus\"").replace("media/house/", "/etc/");
        let faults = parse(broken.as_bytes()).expect_err("broken").join("\n");
        assert!(faults.contains("Mars/Olympus") && faults.contains("/etc/"), "{faults}");
    }

    #[test]
    fn a_published_revision_is_never_written_again() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let playlist = parse(EXAMPLE).expect("the example is valid");
        let (path, hash) = write(home.path(), &playlist).expect("published");
        assert_eq!(whole::sha256_of(&path).expect("readable"), hash);
        assert!(matches!(write(home.path(), &playlist), Err(PlaylistFileError::Published { .. })));
        let head = playlist.head();
        assert_eq!(revisions(home.path(), &head.channel, head.date).expect("listed"), [1]);
    }
}
