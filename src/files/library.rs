//! `media/`: what offices sent (`inbox/<sha256>`) and what was made of it (`house/<sha256>.mp4`; `preview/`, by the hash
//! of the original). A file is named by its hash or is unfinished; unfinished ones are locked by whoever writes them, so a sweep knows the orphans.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::{essence_file, whole};
use crate::domain::asset::{Essence, Framing};
use crate::domain::ids::Sha256;
use crate::domain::submission::Framed;

/// What stands between an original's hash and how its preview is framed, where somebody chose.
const FRAMED: char = '-';
/// Folders below `media/`.
const FOLDERS: [&str; 5] = ["inbox", "house", "preview", "fill", "slate"];
/// What comes between the name of something that is being made and its usual ending; its lock ends with
/// [`whole::UNFINISHED`].
const MAKING: &str = ".making";
/// What a house file ends with.
const HOUSE: &str = ".mp4";
/// What the essence of an original ends with, after its hash.
const ESSENCE: &str = ".essence.json";
/// Bytes read from an upload at a time.
const PIECE_BYTES: usize = 256 << 10;

/// What people look at in place of an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// A small copy.
    Film,
    /// One picture of it.
    Poster,
    /// Pictures across its time.
    Sheet,
    /// The shape of its sound.
    Wave,
}

impl Look {
    /// Every one; the film, without which the others are not looked for, is named last.
    pub const ALL: [Look; 4] = [Look::Poster, Look::Sheet, Look::Wave, Look::Film];
    /// What its file's name ends with, after the hash of the original.
    fn ending(self) -> &'static str {
        match self {
            Look::Film => ".mp4",
            Look::Poster => ".poster.jpg",
            Look::Sheet => ".sheet.jpg",
            Look::Wave => ".wave.png",
        }
    }
}

/// The folders of a home that hold pictures and sound.
#[derive(Debug, Clone)]
pub struct Library {
    media: PathBuf,
}

/// Why a file could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The disk would not.
    #[error("{path}: {source}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Whoever sent it broke off.
    #[error("the upload broke off: {0}")]
    BrokeOff(io::Error),
    /// It is larger than may be taken.
    #[error("the upload is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What may be taken.
        limit_bytes: u64,
    },
}

/// An upload that has arrived whole and is locked: nobody sweeps it before this is dropped.
#[derive(Debug)]
pub struct Arrived {
    /// Hash of its bytes.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    _lock: File,
}

/// A place for a house file, or for previews, that are being made; locked.
#[derive(Debug)]
pub struct Making {
    /// Where to write a house file.
    pub path: PathBuf,
    stem: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Drop for Making {
    fn drop(&mut self) {
        // What was kept has another name by now; what remains is nobody's.
        for look in Look::ALL {
            let _ = fs::remove_file(self.look(look));
        }
        let _ = fs::remove_file(&self.lock_path);
    }
}

impl Making {
    /// Where to write a preview.
    pub fn look(&self, look: Look) -> PathBuf {
        let mut path = self.stem.clone().into_os_string();
        path.push(look.ending());
        path.into()
    }
}

impl Library {
    /// The library of a home; makes its folders.
    ///
    /// # Errors
    /// The disk's, naming the folder.
    pub fn open(home: &Path) -> Result<Library, LibraryError> {
        let media = home.join("media");
        for folder in FOLDERS {
            let path = media.join(folder);
            fs::create_dir_all(&path).map_err(|source| LibraryError::Disk { path, source })?;
        }
        Ok(Library { media })
    }

    /// Where an original lies, if it is here.
    pub fn original(&self, sha256: Sha256) -> PathBuf {
        self.media.join("inbox").join(sha256.to_string())
    }
    /// Where the small copy of an original lies, if it is here.
    pub fn preview(&self, of: impl Into<Framed>) -> PathBuf {
        self.look(of, Look::Film)
    }
    /// Where what people look at in place of an original lies, if it is here.
    pub fn look(&self, of: impl Into<Framed>, look: Look) -> PathBuf {
        let Framed { original, framing } = of.into();
        let framing = framing.map(|framing| format!("{FRAMED}{}", framing.as_str())).unwrap_or_default();
        self.media.join("preview").join(format!("{original}{framing}{}", look.ending()))
    }
    fn essence_path(&self, original: Sha256) -> PathBuf {
        self.media.join("preview").join(format!("{original}{ESSENCE}"))
    }
    /// What an inspection found that making something of an original has to know; `None` where that is not kept.
    pub fn essence(&self, original: Sha256) -> Option<Essence> {
        essence_file::read(&self.essence_path(original))
    }
    /// Keeps it.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_essence(&self, original: Sha256, essence: &Essence) -> Result<(), LibraryError> {
        let path = self.essence_path(original);
        essence_file::write(&path, essence).map_err(|source| LibraryError::Disk { path, source })
    }
    /// Removes an original and everything that was made for looking at it, unless it is arriving again just now. What
    /// is not there is gone already; what a power cut leaves of it the sweep takes.
    ///
    /// # Errors
    /// The disk's.
    pub fn dispose(&self, original: Sha256) -> Result<(), LibraryError> {
        let path = self.original(original);
        // Whoever holds the lock has just sent the same bytes again.
        let Some(_lock) = lock_of_nobody(&path)? else { return Ok(()) };
        let framings = Framing::ALL.map(Some).into_iter().chain([None]);
        let looks = framings.flat_map(|framing| Look::ALL.map(|look| self.look(Framed { original, framing }, look)));
        for path in [path, self.essence_path(original)].into_iter().chain(looks) {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(LibraryError::Disk { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
    /// Where a house file lies, if it is here.
    pub fn house(&self, sha256: Sha256) -> PathBuf {
        self.media.join("house").join(format!("{sha256}.mp4"))
    }
    /// The same as playlists name it, below the home.
    pub fn house_source(sha256: Sha256) -> String {
        format!("media/house/{sha256}.mp4")
    }

    /// Takes an upload in: streamed, hashed on the way, made durable, and only then named by its hash. `name` must be
    /// new and plain; an upload that breaks off, is too large, or not of the expected size leaves nothing.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn receive(
        &self,
        name: &str,
        from: &mut dyn Read,
        limit_bytes: u64,
        expected_bytes: Option<u64>,
    ) -> Result<Arrived, LibraryError> {
        let path = self.media.join("inbox").join(format!("{name}{}", whole::UNFINISHED));
        let disk = |source| LibraryError::Disk { path: path.clone(), source };
        let mut file = File::create_new(&path).map_err(disk)?;
        file.lock().map_err(disk)?;
        let result = stream(from, &mut file, limit_bytes, &path).and_then(|(sha256, bytes)| {
            if expected_bytes.is_some_and(|expected| expected != bytes) {
                return Err(LibraryError::BrokeOff(io::ErrorKind::UnexpectedEof.into()));
            }
            file.sync_all().map_err(disk)?;
            whole::settle(&path, &self.original(sha256)).map_err(disk)?;
            Ok((sha256, bytes))
        });
        match result {
            Ok((sha256, bytes)) => Ok(Arrived { sha256, bytes, _lock: file }),
            Err(error) => {
                // If this fails too, the next sweep takes it.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Whether an upload of that name is still arriving, or was left half; a sweep tells the two apart.
    pub fn is_arriving(&self, name: &str) -> bool {
        self.media.join("inbox").join(format!("{name}{}", whole::UNFINISHED)).exists()
    }

    /// A place in which to make a house file. `name` must be new and plain.
    ///
    /// # Errors
    /// The disk's.
    pub fn making(&self, name: &str) -> Result<Making, LibraryError> {
        self.making_in("house", name)
    }

    /// A place in which to make a preview. `name` must be new and plain.
    ///
    /// # Errors
    /// The disk's.
    pub fn making_preview(&self, name: &str) -> Result<Making, LibraryError> {
        self.making_in("preview", name)
    }

    fn making_in(&self, folder: &str, name: &str) -> Result<Making, LibraryError> {
        let folder = self.media.join(folder);
        let lock_path = folder.join(format!("{name}{}", whole::UNFINISHED));
        let disk = |source| LibraryError::Disk { path: lock_path.clone(), source };
        let lock = File::create_new(&lock_path).map_err(disk)?;
        lock.lock().map_err(disk)?;
        let path = folder.join(format!("{name}{MAKING}{HOUSE}"));
        Ok(Making { path, stem: folder.join(format!("{name}{MAKING}")), lock_path: lock_path.clone(), _lock: lock })
    }

    /// Names a finished house file by its hash, durably; returns hash and size.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep(&self, made: &Making) -> Result<(Sha256, u64), LibraryError> {
        let disk = |source| LibraryError::Disk { path: made.path.clone(), source };
        let file = File::open(&made.path).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        let bytes = file.metadata().map_err(disk)?.len();
        let sha256 = whole::sha256_of(&made.path).map_err(disk)?;
        whole::settle(&made.path, &self.house(sha256)).map_err(disk)?;
        Ok((sha256, bytes))
    }

    /// Names finished previews by the hash of their original, durably; those that are empty or missing go.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_preview(&self, made: &Making, of: impl Into<Framed>) -> Result<(), LibraryError> {
        let of = of.into();
        for look in Look::ALL {
            let path = made.look(look);
            let disk = |source| LibraryError::Disk { path: path.clone(), source };
            match File::open(&path) {
                Ok(file) if file.metadata().map_err(disk)?.len() > 0 => {
                    file.sync_all().map_err(disk)?;
                    whole::settle(&path, &self.look(of, look)).map_err(disk)?;
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound && look != Look::Film => {}
                Err(error) => return Err(disk(error)),
            }
        }
        Ok(())
    }

    /// Removes what nobody is writing any more and nothing names: unfinished files, originals for which `is_named`
    /// says no with their previews, and house files that were never finished. Returns the names removed.
    ///
    /// # Errors
    /// The disk's, or the question's.
    pub fn sweep<E: From<LibraryError>>(
        &self,
        mut is_named: impl FnMut(Sha256) -> Result<bool, E>,
    ) -> Result<Vec<String>, E> {
        let mut removed = Vec::new();
        for name in self.names("inbox")? {
            let path = self.media.join("inbox").join(&name);
            // Whoever holds the lock still writes it, or is about to name it in the database.
            let Some(_lock) = lock_of_nobody(&path)? else { continue };
            let kept = match name.parse::<Sha256>() {
                Ok(sha256) => is_named(sha256)?,
                Err(_) => !name.ends_with(whole::UNFINISHED),
            };
            if !kept {
                remove(&path)?;
                removed.push(name);
            }
        }
        self.sweep_unfinished("house", &mut removed)?;
        self.sweep_unfinished("preview", &mut removed)?;
        for name in self.names("preview")? {
            let original = name.split(['.', FRAMED]).next().and_then(|stem| stem.parse::<Sha256>().ok());
            if let Some(original) = original
                && !is_named(original)?
            {
                remove(&self.media.join("preview").join(&name))?;
                removed.push(name);
            }
        }
        Ok(removed)
    }

    fn sweep_unfinished(&self, folder: &str, removed: &mut Vec<String>) -> Result<(), LibraryError> {
        for name in self.names(folder)? {
            let Some(stem) = name.strip_suffix(whole::UNFINISHED) else { continue };
            let path = self.media.join(folder).join(&name);
            let Some(_lock) = lock_of_nobody(&path)? else { continue };
            for look in Look::ALL {
                let made = self.media.join(folder).join(format!("{stem}{MAKING}{}", look.ending()));
                if made.exists() {
                    remove(&made)?;
                }
            }
            remove(&path)?;
            removed.push(name);
        }
        Ok(())
    }

    fn names(&self, folder: &str) -> Result<BTreeSet<String>, LibraryError> {
        let path = self.media.join(folder);
        let disk = |source| LibraryError::Disk { path: path.clone(), source };
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(&path).map_err(disk)? {
            // A name that is not UTF-8 is none of ours.
            names.extend(entry.map_err(disk)?.file_name().into_string());
        }
        Ok(names)
    }
}

fn remove(path: &Path) -> Result<(), LibraryError> {
    fs::remove_file(path).map_err(|source| LibraryError::Disk { path: path.to_owned(), source })
}

/// The lock of a file that nobody else holds; `None` if someone does, or the file is gone.
fn lock_of_nobody(path: &Path) -> Result<Option<File>, LibraryError> {
    let disk = |source| LibraryError::Disk { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(disk(error)),
    }
}

fn stream(from: &mut dyn Read, to: &mut File, limit_bytes: u64, path: &Path) -> Result<(Sha256, u64), LibraryError> {
    let mut hasher = sha2::Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0_u64;
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return Ok((Sha256(hasher.finalize().into()), bytes)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(LibraryError::BrokeOff(error)),
        };
        bytes += read as u64;
        if bytes > limit_bytes {
            return Err(LibraryError::TooLarge { limit_bytes });
        }
        hasher.update(&piece[..read]);
        to.write_all(&piece[..read]).map_err(|source| LibraryError::Disk { path: path.to_owned(), source })?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct BreaksOff(usize);

    impl Read for BreaksOff {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            self.0 -= 1;
            into.fill(7);
            Ok(into.len())
        }
    }

    fn here() -> (tempfile::TempDir, Library) {
        let home = tempfile::tempdir().unwrap();
        let library = Library::open(home.path()).unwrap();
        (home, library)
    }
    fn inbox(home: &tempfile::TempDir) -> Vec<String> {
        let names = fs::read_dir(home.path().join("media/inbox")).unwrap();
        names.map(|n| n.unwrap().file_name().into_string().unwrap()).collect()
    }
    fn sweep(library: &Library, named: bool) -> Vec<String> {
        library.sweep::<LibraryError>(|_| Ok(named)).unwrap()
    }

    #[test]
    fn an_upload_is_named_by_its_hash_once_it_is_whole() {
        let (home, library) = here();
        let arrived = library.receive("a", &mut &b"abc"[..], 3, None).unwrap();
        assert_eq!(arrived.bytes, 3);
        assert_eq!(inbox(&home), ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]);
    }

    #[test]
    fn an_upload_that_breaks_off_or_is_too_large_leaves_nothing() {
        let (home, library) = here();
        assert!(matches!(library.receive("a", &mut BreaksOff(3), u64::MAX, None), Err(LibraryError::BrokeOff(_))));
        assert!(matches!(library.receive("c", &mut &b"abc"[..], 9, Some(4)), Err(LibraryError::BrokeOff(_))));
        assert!(matches!(
            library.receive("b", &mut &b"abcd"[..], 3, None),
            Err(LibraryError::TooLarge { limit_bytes: 3 })
        ));
        assert_eq!(inbox(&home), Vec::<String>::new());
    }

    #[test]
    fn a_sweep_takes_what_a_killed_server_left_and_nothing_that_is_still_written_or_named() {
        let (home, library) = here();
        fs::write(home.path().join("media/inbox/left.part"), b"half").unwrap();
        fs::write(home.path().join("media/house/left.part"), b"").unwrap();
        fs::write(home.path().join("media/house/left.making.mp4"), b"half").unwrap();
        fs::write(home.path().join("media/preview/left.part"), b"").unwrap();
        fs::write(home.path().join("media/preview/left.making.mp4"), b"half").unwrap();
        let arrived = library.receive("a", &mut &b"abc"[..], 3, None).unwrap();
        let making = library.making("b").unwrap();
        assert_eq!(sweep(&library, false), ["left.part", "left.part", "left.part"]);
        assert!(library.names("preview").unwrap().is_empty());
        assert!(library.original(arrived.sha256).exists());
        let name = arrived.sha256.to_string();
        let preview = library.making_preview("c").unwrap();
        fs::write(preview.look(Look::Film), b"small").unwrap();
        fs::write(preview.look(Look::Poster), b"poster").unwrap();
        fs::write(preview.look(Look::Sheet), b"").unwrap();
        library.keep_preview(&preview, arrived.sha256).unwrap();
        drop((arrived, making, preview));
        assert_eq!(sweep(&library, true), Vec::<String>::new());
        assert_eq!(sweep(&library, false), [name.clone(), format!("{name}.mp4"), format!("{name}.poster.jpg")]);
    }

    #[test]
    fn a_house_file_is_kept_by_its_hash_and_an_unfinished_one_goes_with_its_maker() {
        let (_home, library) = here();
        let making = library.making("a").unwrap();
        fs::write(&making.path, b"abc").unwrap();
        let (sha256, bytes) = library.keep(&making).unwrap();
        let unfinished = library.making("b").unwrap();
        fs::write(&unfinished.path, b"abc").unwrap();
        drop((making, unfinished));
        assert_eq!((library.house(sha256).exists(), bytes), (true, 3));
        let left = fs::read_dir(library.media.join("house")).unwrap().count();
        assert_eq!(left, 1);
    }
}
