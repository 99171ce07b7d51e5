//! `run/work/`: which jobs a living process works on, a locked file each. The system lets go of a lock whose process is
//! killed, so a file that nobody holds names work that was left lying.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::domain::ids::JobId;

/// The sign of one job; gone when this is dropped.
#[derive(Debug)]
pub struct AtWork {
    path: PathBuf,
    _lock: File,
}

impl AtWork {
    /// Says that this process works on a job.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(home: &Path, job: JobId) -> io::Result<AtWork> {
        let folder = folder(home);
        fs::create_dir_all(&folder)?;
        let path = folder.join(job.0.to_string());
        let mut lock = File::options().create(true).truncate(false).write(true).open(&path)?;
        lock.lock()?;
        // Before this is written the file says nothing: whoever finds it between creation and lock leaves it alone.
        lock.write_all(std::process::id().to_string().as_bytes())?;
        Ok(AtWork { path, _lock: lock })
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // What stays is found to be nobody's.
        let _ = fs::remove_file(&self.path);
    }
}

/// Jobs that a process said it works on, and that nobody works on now. Their signs go with what is returned.
///
/// # Errors
/// The disk's.
pub fn abandoned(home: &Path) -> io::Result<Vec<(JobId, AtWork)>> {
    let entries = match fs::read_dir(folder(home)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let job = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).map(JobId);
        if let (Some(job), Some(lock)) = (job, lock_of_nobody(&path)?) {
            found.push((job, AtWork { path, _lock: lock }));
        }
    }
    Ok(found)
}

/// Whether a living process works on a job.
pub fn is_held(home: &Path, job: JobId) -> bool {
    let file = File::open(folder(home).join(job.0.to_string()));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The lock of a sign that nobody else holds.
fn lock_of_nobody(path: &Path) -> io::Result<Option<File>> {
    let gone = |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(error) };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return gone(error),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Between opening and locking its owner may have ended, and another one begun with a file of the same name.
    let (opened, there) = match (file.metadata()?, fs::metadata(path)) {
        (opened, Ok(there)) => (opened, there),
        (_, Err(error)) => return gone(error),
    };
    Ok((opened.ino() == there.ino() && opened.len() > 0).then_some(file))
}

fn folder(home: &Path) -> PathBuf {
    home.join("run").join("work")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_abandoned_once_its_process_is_gone_and_not_before() {
        let home = tempfile::tempdir().expect("a folder");
        let jobs = || abandoned(home.path()).expect("readable").iter().map(|(job, _)| *job).collect::<Vec<_>>();
        assert_eq!(jobs(), [], "there is no folder yet");
        let sign = AtWork::begin(home.path(), JobId(7)).expect("a disk");
        assert_eq!(jobs(), []);
        assert!(is_held(home.path(), JobId(7)) && !is_held(home.path(), JobId(8)));
        // As a killed process leaves it: there, and locked by nobody.
        fs::write(folder(home.path()).join("8"), "4711").expect("a disk");
        fs::write(folder(home.path()).join("9"), "").expect("a disk");
        assert_eq!(jobs(), [JobId(8)]);
        assert_eq!(jobs(), [], "once");
        drop(sign);
        assert!(!folder(home.path()).join("7").exists());
    }
}
