//! Files that appear whole or not at all, also across a power cut; and the hash of a file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::Digest;

use crate::domain::ids::Sha256;

/// Ending of files that are still being written; whoever owns a folder removes them at start.
pub const UNFINISHED: &str = ".part";

/// Writes `bytes` under a temporary name beside `path`, makes them durable, and renames them into place.
///
/// # Errors
/// The file system's; `path` is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = unfinished_name(path);
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    settle(&temporary, path)
}

/// Like [`write()`], but gives up the promise to survive a power cut: for what is rewritten each second.
///
/// # Errors
/// The file system's; `path` is then as it was.
pub fn write_volatile(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = unfinished_name(path);
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path)
}

/// Copies a file under a temporary name beside `to`, makes the copy durable, and renames it into place.
///
/// # Errors
/// The file system's; `to` is then as it was.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let temporary = unfinished_name(to);
    let mut copy = File::create(&temporary)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()?;
    settle(&temporary, to)
}

/// Renames a finished, already durable file into place and makes the rename durable.
///
/// # Errors
/// The file system's.
pub fn settle(temporary: &Path, path: &Path) -> io::Result<()> {
    fs::rename(temporary, path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Hash of a file's bytes, read in pieces.
///
/// # Errors
/// The file system's.
pub fn sha256_of(path: &Path) -> io::Result<Sha256> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            n => hasher.update(&piece[..n]),
        }
    }
}

/// Hash of bytes in memory.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}
