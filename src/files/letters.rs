//! `letters/`: scans of paper, each named by its hash. A machine removes none of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use super::whole;
use crate::domain::ids::Sha256;
use crate::domain::time::Instant;

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

/// How long a scan may take to be written before what is left of it is nobody's: a few seconds would do.
const LEFT_LYING: TimeDelta = TimeDelta::hours(1);

/// Removes what a killed program left unfinished. Returns the names of the files removed.
///
/// # Errors
/// The disk's.
pub fn sweep(home: &Path, now: Instant) -> io::Result<Vec<String>> {
    let mut removed = Vec::new();
    let entries = match fs::read_dir(home.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(removed),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(whole::UNFINISHED) && Instant::from(entry.metadata()?.modified()?) + LEFT_LYING < now {
            fs::remove_file(entry.path())?;
            removed.push(name);
        }
    }
    Ok(removed)
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

    #[test]
    fn what_a_killed_program_left_of_a_scan_goes_and_one_that_is_being_written_stays() {
        let home = tempfile::tempdir().unwrap();
        keep(home.path(), b"%PDF-1.4 a letter").unwrap();
        let now: Instant = "2026-11-23T03:00:00Z".parse().unwrap();
        for (name, written) in [("left.part", now - TimeDelta::hours(2)), ("now.part", now)] {
            let file = fs::File::create(home.path().join(FOLDER).join(name)).unwrap();
            file.set_modified(written.into()).unwrap();
        }
        assert_eq!(sweep(home.path(), now).unwrap(), ["left.part"]);
        assert_eq!(fs::read_dir(home.path().join(FOLDER)).unwrap().count(), 2);
    }
}
