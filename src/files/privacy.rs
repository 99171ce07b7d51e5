//! Whether other users of the machine can open what a home holds. New files are closed to them by the umask with which
//! every command starts; a home made before, or copied, may be open.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What a home holds, at its top: whoever can't pass here can't reach what lies below.
const PARTS: [&str; 8] =
    ["siaran.toml", "siaran.db", "siaran.db-wal", "siaran.db-shm", "media", "playlists", "journal", "run"];
/// Every right of others, and their right to pass through a folder.
const OTHERS: u32 = 0o007;
const OTHERS_PASS: u32 = 0o001;

/// Parts of a home that every user of the machine can open; none if they can't get into the home at all.
///
/// # Errors
/// The file system's.
pub fn open_to_others(home: &Path) -> io::Result<Vec<PathBuf>> {
    if fs::metadata(home)?.permissions().mode() & OTHERS_PASS == 0 {
        return Ok(Vec::new());
    }
    let mut open = Vec::new();
    for path in PARTS.iter().map(|part| home.join(part)) {
        match fs::metadata(&path) {
            Ok(about) if about.permissions().mode() & OTHERS != 0 => open.push(path),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(open)
}

/// Closes the parts of a home to other users; what lies below them stays as it is. The home itself may be a folder that
/// serves others too.
///
/// # Errors
/// The file system's: whoever does not own a part can't close it.
pub fn close(home: &Path) -> io::Result<()> {
    for path in open_to_others(home)? {
        let mode = fs::metadata(&path)?.permissions().mode();
        fs::set_permissions(&path, Permissions::from_mode(mode & !OTHERS))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_others_can_read_is_named_part_by_part_and_can_be_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
        fs::create_dir(home.join("media")).expect("made");
        fs::write(home.join("siaran.db"), b"").expect("written");
        for (part, mode) in [("media", 0o755), ("siaran.db", 0o644)] {
            set(&home.join(part), mode);
        }
        set(home, 0o700);
        assert_eq!(open_to_others(home).expect("read"), Vec::<PathBuf>::new(), "nobody gets in");
        set(home, 0o755);
        assert_eq!(open_to_others(home).expect("read"), [home.join("siaran.db"), home.join("media")]);
        close(home).expect("closed");
        assert_eq!(open_to_others(home).expect("read"), Vec::<PathBuf>::new());
        assert_eq!(fs::metadata(home).expect("there").permissions().mode() & 0o777, 0o755, "the folder itself stays");
    }
}
