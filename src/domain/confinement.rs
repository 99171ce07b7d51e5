//! What a home demands of the cage in which its uploads are decoded. The cage itself is `av::sandbox`'s business.

use std::collections::BTreeSet;

/// One of the rings around a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// Resource limits: memory, processor time, disk, descriptors.
    Rlimits,
    /// No new privileges, and no capabilities.
    NoNewPrivs,
    /// Landlock: which paths can be opened at all.
    Landlock,
    /// seccomp: which system calls there are.
    Seccomp,
}

impl Ring {
    /// From the outermost inwards.
    pub const ALL: [Ring; 4] = [Ring::Rlimits, Ring::NoNewPrivs, Ring::Landlock, Ring::Seccomp];
    /// Its name in the configuration, in logs and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Ring::Rlimits => "rlimits",
            Ring::NoNewPrivs => "no_new_privs",
            Ring::Landlock => "landlock",
            Ring::Seccomp => "seccomp",
        }
    }
    /// From that name.
    pub fn read(word: &str) -> Option<Ring> {
        Ring::ALL.into_iter().find(|ring| ring.as_str() == word)
    }
}

/// Which rings a decoder may do without.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demands {
    /// Decode nothing on a kernel without Landlock, rather than go on with the other rings.
    pub require_landlock: bool,
    /// Rings that may be missing where the machine can't have them. Empty unless somebody wrote it into the
    /// configuration: without the others nothing is decoded.
    pub may_lack: BTreeSet<Ring>,
}

impl Demands {
    /// Whether a decoder may run without a ring.
    pub fn may_lack(&self, ring: Ring) -> bool {
        self.may_lack.contains(&ring) || (ring == Ring::Landlock && !self.require_landlock)
    }
}
