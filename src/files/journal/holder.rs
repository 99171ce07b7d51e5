//! Who holds a journal's lock, for people. The kernel's list of locks says so without a file of our own, which a disk
//! might not take; a confined process may not see the list, and then nobody is named.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

/// Another process that plays the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name. Never its arguments: they may hold an output's passphrase.
    pub name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, self.name)
    }
}

/// Who has locked this file, as far as this process may know.
pub(super) fn of(file: &File) -> Option<Holder> {
    let data = file.metadata().ok()?;
    let (major, minor) = (rustix::fs::major(data.dev()), rustix::fs::minor(data.dev()));
    let wanted = format!("{major:02x}:{minor:02x}:{}", data.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let pid = locks.lines().find_map(|line| pid_if_locked(line, &wanted))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Holder { pid, name: name.trim().to_owned() })
}

/// A line is `1: FLOCK  ADVISORY  WRITE 9379 fe:00:6094868 0 EOF`; one that only waits has `->` after its number.
fn pid_if_locked(line: &str, file: &str) -> Option<u32> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (kind, pid) = (words.next()?, words.nth(2)?);
    (kind == "FLOCK" && words.next()? == file).then(|| pid.parse().ok()).flatten().filter(|pid| *pid > 0)
}
