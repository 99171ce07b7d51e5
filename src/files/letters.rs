//! `letters/`: scans of paper, each named by its hash. A machine removes none of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::whole;
use crate::domain::ids::Sha256;

const FOLDER: &str = "letters";

/// Where the scan with a hash lies, if it is here.
pub fn path(home: &Path, sha256: Sha256) -> PathBuf {
    home.join(FOLDER).join(sha256.to_string())
}

/// Keeps a scan: whole, durable, and only then under its name. One that is here already stays as it is.
///
/// # Errors
/// The disk's.
pub fn keep(home: &Path, bytes: &[u8]) -> io::Result<Sha256> {
    let sha256 = whole::sha256(bytes);
    let path = path(home, sha256);
    fs::create_dir_all(home.join(FOLDER))?;
    if !path.is_file() {
        whole::write(&path, bytes)?;
    }
    Ok(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_kept_once_under_the_hash_of_its_bytes() {
        let home = tempfile::tempdir().unwrap();
        let first = keep(home.path(), b"%PDF-1.4 a letter").unwrap();
        assert_eq!(keep(home.path(), b"%PDF-1.4 a letter").unwrap(), first);
        assert_eq!(fs::read(path(home.path(), first)).unwrap(), b"%PDF-1.4 a letter");
        assert_eq!(fs::read_dir(home.path().join(FOLDER)).unwrap().count(), 1);
    }
}
