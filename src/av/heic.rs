//! A telephone's HEIC picture: known by its brands, made a PNG by libheif's programs in the same sandbox as any decoder,
//! and from there on a still like others. ffmpeg of Debian 12 (5.1) opens no such container, and puts no tiles together.
//!
//! The PNG lies in a folder of this process's own for as long as it is looked at or conformed. The folder is locked: what a
//! killed process left is nobody's, and goes when the next HEIC comes.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, Killed};
use super::sandbox::{Limits, Rings, Sandbox, is_installed};
use crate::domain::asset::Trouble;

/// Name of the program that decodes, the newer first: Debian 12 knows the second alone.
const DECODERS: [&str; 2] = ["heif-dec", "heif-convert"];
/// The program that says what pictures a file holds.
const LISTER: &str = "heif-info";
/// How long the list may take. The program decodes what it lists, a telephone's largest picture (48 megapixels) in 3 s: what
/// stands still does so here.
const LIST_PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to decode what could be listed, and to pack a PNG: that picture, with noise, 20 s.
const DECODE_PATIENCE: Duration = Duration::from_secs(60);
/// How much of a file is searched for what it claims, bytes: telephones put it first, with some kilobytes for each tile.
const CLAIMS: u64 = 1 << 20;
/// Longest list that is read, bytes.
const LONGEST_LIST: u64 = 64 * 1024;
/// Largest PNG, bytes: 64 megapixels of noise in eight bits.
const LARGEST_PNG: u64 = 256 << 20;
/// Most pictures of a file: a burst. The program decodes all of them, of which one is wanted.
const MOST_PICTURES: usize = 32;
/// Beginning of our folders' names among temporary files.
const FOLDER: &str = "siaran-heic-";

/// A decoded picture; goes when this is dropped.
#[derive(Debug)]
pub(super) struct Picture {
    folder: PathBuf,
    png: PathBuf,
    _lock: File,
}

/// What became of a HEIC.
#[derive(Debug)]
pub(super) struct Opened {
    /// The picture, or why there is none.
    pub(super) picture: Result<Picture, Trouble>,
    /// Rings around the programs; `None` where none was started.
    pub(super) rings: Option<Rings>,
}

impl Picture {
    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.png
    }

    /// An empty file of that name in a new folder.
    fn named(name: &str) -> io::Result<Picture> {
        /// Names are random, so a second try is luck enough.
        const TRIES: u32 = 8;
        let among = std::env::temp_dir().canonicalize()?;
        for _ in 0..TRIES {
            let folder = among.join(format!("{FOLDER}{}", random()?));
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let Some(lock) = lock_of_nobody(&folder)? else { continue };
            let picture = Picture { png: folder.join(name), folder, _lock: lock };
            File::create_new(&picture.png)?;
            return Ok(picture);
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "a decoded picture was left lying");
        }
    }
}

/// Whether a file that begins so is a HEIC still (ISO/IEC 23008-12, annex B.4). An AVIF, which is built alike, names other
/// brands; so does a film of HEVC pictures, which ffmpeg reads.
pub(super) fn is_heic(head: &[u8]) -> bool {
    let size = head.first_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size) as usize);
    let Some(brands) = head.get(4..size.min(head.len())).and_then(|rest| rest.strip_prefix(b"ftyp")) else {
        return false;
    };
    let still = |brand: &[u8; 4]| [b"heic", b"heix", b"heim", b"heis"].contains(&brand);
    match brands.first_chunk::<4>() {
        Some(b"mif1") => brands.as_chunks::<4>().0.iter().any(still),
        Some(major) => still(major),
        None => false,
    }
}

/// Decodes the main picture of a file if it is a HEIC; `None` if it is something else. Blocks.
///
/// # Errors
/// [`FfmpegError`] only where the machine is at fault.
pub(super) fn open(file: &Path, most_pixels: u64, ffmpeg: &Ffmpeg) -> Result<Option<Opened>, FfmpegError> {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(CLAIMS).read_to_end(&mut head));
    read.map_err(|source| FfmpegError::Unreadable { path: file.to_owned(), source })?;
    if !is_heic(&head) {
        return Ok(None);
    }
    let none = |trouble, rings| Ok(Some(Opened { picture: Err(trouble), rings }));
    let too_many = |(width, height): (u32, u32)| Trouble::TooManyPixels { width, height };
    if let Some(largest) = largest_claimed(&head).filter(|size| pixels(*size) > most_pixels) {
        return none(too_many(largest), None);
    }
    let decoder = DECODERS.into_iter().find(|program| is_installed(program));
    let (Some(decoder), true) = (decoder, is_installed(LISTER)) else {
        return none(undecodable(Trouble::HEIC_UNKNOWN), None);
    };
    let (listed, ended) = list(file, ffmpeg)?;
    let rings = Some(ended.rings);
    if let Some(trouble) = failed(&ended, LIST_PATIENCE) {
        return none(trouble, rings);
    }
    let Some(name) = listed.name() else { return none(undecodable(Trouble::HEIC_BROKEN), rings) };
    if listed.pixels > most_pixels {
        return none(too_many(listed.main), rings);
    }
    let unwritable = |source| FfmpegError::Unwritable { path: std::env::temp_dir(), source };
    remove_left_lying().map_err(unwritable)?;
    let picture = Picture::named(&name).map_err(unwritable)?;
    let ended = ffmpeg.run(decoding(decoder, file, &picture))?;
    let made = fs::metadata(picture.path()).is_ok_and(|png| png.len() > 0);
    let trouble = failed(&ended, DECODE_PATIENCE).or_else(|| (!made).then(|| undecodable(Trouble::HEIC_BROKEN)));
    Ok(Some(Opened { picture: trouble.map_or(Ok(picture), Err), rings }))
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Width and height of the largest picture that a file claims (ISO/IEC 23008-12, 6.5.3). A lie costs what the sandbox allows.
fn largest_claimed(head: &[u8]) -> Option<(u32, u32)> {
    let claims = head.windows(16).filter_map(|claim| claim.strip_prefix(b"ispe\0\0\0\0"));
    let sizes = claims.filter_map(|size| {
        let (width, height) = size.split_first_chunk::<4>()?;
        Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height.first_chunk()?)))
    });
    sizes.max_by_key(|size| pixels(*size))
}

fn undecodable(said: &str) -> Trouble {
    Trouble::Undecodable { said: said.to_owned() }
}

fn failed(ended: &Ended, patience: Duration) -> Option<Trouble> {
    match ended.killed {
        Some(Killed::TooSlow) => Some(Trouble::Stalled { after_ms: patience.as_millis() as u64 }),
        _ => (!ended.succeeded).then(|| undecodable(Trouble::HEIC_BROKEN)),
    }
}

fn list(file: &Path, ffmpeg: &Ffmpeg) -> Result<(Listed, Ended), FfmpegError> {
    let mut said = Vec::new();
    let ended = ffmpeg.run(Job {
        output: Some(Box::new(|from| {
            from.take(LONGEST_LIST).read_to_end(&mut said)?;
            Ok((said.len() as u64) < LONGEST_LIST)
        })),
        ..Job::new(LISTER, Sandbox::reading(file), vec![file.into()], LIST_PATIENCE)
    })?;
    Ok((Listed::read(&said), ended))
}

fn decoding<'a>(decoder: &'static str, file: &Path, picture: &Picture) -> Job<'a> {
    let limits = Limits { cpu_seconds: 2 * DECODE_PATIENCE.as_secs(), file_bytes: LARGEST_PNG, ..Limits::DECODER };
    let sandbox = Sandbox { limits, writes: vec![picture.png.clone()], ..Sandbox::reading(file) };
    // The program numbers what it writes where a file holds several pictures: this is the name that it begins with.
    let whole = picture.folder.join(WRITTEN);
    Job::new(decoder, sandbox, vec![file.into(), whole.into()], DECODE_PATIENCE)
}

/// The name that the decoder is given for its result.
const WRITTEN: &str = "picture.png";

/// What the pictures of a file are, as they are listed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    pictures: usize,
    /// Which of them is the main one, from 1.
    main_number: usize,
    /// Its width and height.
    main: (u32, u32),
    /// Pixels of all of them.
    pixels: u64,
}

impl Listed {
    /// Reads lines such as `image: 4032x3024 (id=49), primary`; others say other things.
    fn read(said: &[u8]) -> Listed {
        let mut listed = Listed::default();
        for line in String::from_utf8_lossy(said).lines() {
            let Some(rest) = line.strip_prefix("image: ") else { continue };
            let size = rest.split_once(' ').and_then(|(size, _)| size.split_once('x'));
            let size = size.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
            let Some((width, height)) = size else { continue };
            listed.pictures += 1;
            listed.pixels = listed.pixels.saturating_add(pixels((width, height)));
            if listed.main_number == 0 || rest.ends_with(", primary") {
                (listed.main_number, listed.main) = (listed.pictures, (width, height));
            }
        }
        listed
    }

    /// What the decoder calls the main picture; `None` where there is none, or where there are too many.
    fn name(&self) -> Option<String> {
        match self.pictures {
            1 => Some(WRITTEN.to_owned()),
            2..=MOST_PICTURES => Some(WRITTEN.replace('.', &format!("-{}.", self.main_number))),
            _ => None,
        }
    }
}

fn random() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The lock of a folder that nobody else holds, and that is still there.
fn lock_of_nobody(folder: &Path) -> io::Result<Option<File>> {
    let gone = |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(error) };
    let opened = match File::open(folder) {
        Ok(opened) => opened,
        Err(error) => return gone(error),
    };
    match opened.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    match fs::metadata(folder) {
        Ok(there) => Ok((there.ino() == opened.metadata()?.ino()).then_some(opened)),
        Err(error) => gone(error),
    }
}

/// Removes the pictures of processes that were killed.
fn remove_left_lying() -> io::Result<()> {
    for entry in fs::read_dir(std::env::temp_dir())?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(FOLDER) {
            continue;
        }
        // Another user's can't be opened, and is that user's to remove.
        if let Ok(Some(_lock)) = lock_of_nobody(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// What a list of pictures says, whatever it is, for `crate::fuzz`.
#[cfg(any(test, fuzzing))]
pub(crate) fn listed_of_any(said: &[u8]) -> Option<String> {
    let _ = (is_heic(said), largest_claimed(said));
    Listed::read(said).name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephones_heic_is_known_and_an_avif_or_a_film_is_none() {
        assert!(is_heic(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"));
        assert!(is_heic(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic\0\0\0\0meta"));
        assert!(!is_heic(b"\0\0\0\x1Cftypavif\0\0\0\0avifmif1miaf"));
        assert!(!is_heic(b"\0\0\0\x1Cftypmsf1\0\0\0\0msf1hevcheic"), "a film of HEVC pictures");
        assert!(
            !is_heic(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom") && !is_heic(b"\0\0") && !is_heic(b"\xFF\xFF\xFF\xFFftyp")
        );
    }

    #[test]
    fn of_several_pictures_the_main_one_is_wanted_and_of_a_thousand_none() {
        let one = Listed::read(b"MIME type: image/heic\n\nimage: 4032x3024 (id=49), primary\n  thumbnail: 320x240\n");
        assert_eq!((one.name().as_deref(), one.main, one.pixels), (Some("picture.png"), (4032, 3024), 12_192_768));
        let burst = Listed::read(b"image: 640x480 (id=1)\nimage: 800x600 (id=2), primary\nimage: 1x1 (id=3)\n");
        assert_eq!((burst.name().as_deref(), burst.main), (Some("picture-2.png"), (800, 600)));
        assert_eq!(Listed::read("image: 1x1 (id=1)\n".repeat(1000).as_bytes()).name(), None);
        assert_eq!(Listed::read(b"image: -4x9 (id=1)\nimage: 99999999999x1 (id=2)\n").name(), None);
    }

    #[test]
    fn a_decoded_picture_goes_with_its_process_also_when_that_was_killed() {
        let picture = Picture::named(WRITTEN).expect("a disk");
        let (folder, killed) = (picture.folder.clone(), std::env::temp_dir().join(format!("{FOLDER}left-lying")));
        fs::create_dir_all(&killed).expect("a disk");
        fs::write(killed.join(WRITTEN), "half a picture").expect("a disk");
        remove_left_lying().expect("readable");
        assert!(folder.join(WRITTEN).exists() && !killed.exists(), "what is in use stays");
        drop(picture);
        assert!(!folder.exists());
    }
}
