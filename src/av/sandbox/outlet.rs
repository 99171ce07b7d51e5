//! The cage of an output's process. It decodes nothing from outside, but it hears what servers and callers answer, and
//! it should be able to spoil nothing but its own output.
//!
//! | goes to | may write | network | system calls |
//! |---|---|---|---|
//! | files | below its folder | no | the decoder's, and those for files |
//! | network | nothing | yes | the decoder's, and those for sockets |
//! | a display | – | – | not filtered, and no Landlock: display servers and graphics drivers talk in ways nobody can list |
//!
//! Everywhere: no new privileges and no capabilities. Unlike a decoder it outlives its parent for as long as it takes to
//! write the end of its file.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, path_beneath_rules,
};

use super::{Executing, Landlock, Limits, Network, Rings, SYSTEM_READS, SandboxError, drop_privileges, ring, syscalls};

/// What an output's process may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    /// Files below this folder.
    Files(PathBuf),
    /// The network.
    Network,
    /// A display.
    Display,
}

/// Address space of an encoder, bytes: ten times what one at 1920×1080 was seen to map, against a leak.
const MEMORY: u64 = 8 << 30;
/// Largest file of a process that writes none: libraries keep scratch memory in nameless files.
const SCRATCH_BYTES: u64 = 16 << 20;
/// Open descriptors: sockets of callers, files, GStreamer's own.
const DESCRIPTORS: u64 = 256;
/// What looking up a host name and trusting a certificate read.
const NETWORK_READS: [&str; 4] = ["/etc", "/run/systemd/resolve", "/run/resolvconf", "/var/lib/ca-certificates"];

impl Outlet {
    /// Confines this process for good; to be called before a second thread starts.
    ///
    /// # Errors
    /// [`SandboxError`]: the caller must end.
    pub fn enter(&self, reads: &[PathBuf], require_landlock: bool) -> Result<Rings, SandboxError> {
        let mut held = Rings { no_new_privs: true, ..Rings::NONE };
        if *self == Outlet::Display {
            drop_privileges()?;
            return Ok(held);
        }
        let file_bytes = if matches!(self, Outlet::Files(_)) { u64::MAX } else { SCRATCH_BYTES };
        Limits { memory_bytes: MEMORY, cpu_seconds: u64::MAX - 1, file_bytes, open_files: DESCRIPTORS }.apply()?;
        held.rlimits = true;
        drop_privileges()?;
        held.landlock = self.restrict_paths(reads)?;
        if require_landlock && held.landlock == Landlock::Missing {
            return Err(SandboxError::NoLandlock);
        }
        let more = if *self == Outlet::Network { syscalls::SOCKETS } else { syscalls::FILES };
        syscalls::restrict(Executing::Nothing, true, Network::None, more).map_err(ring("seccomp filter"))?;
        held.seccomp = true;
        Ok(held)
    }

    fn restrict_paths(&self, reads: &[PathBuf]) -> Result<Landlock, SandboxError> {
        let newest = ABI::V7;
        let read = AccessFs::from_read(newest);
        let plain: BitFlags<AccessFs> = read & !AccessFs::Execute;
        let build = || {
            let rules = Ruleset::default()
                .set_compatibility(CompatLevel::BestEffort)
                .handle_access(AccessFs::from_all(newest))?;
            let rules = match self {
                Outlet::Network => rules,
                _ => rules.handle_access(AccessNet::from_all(newest))?,
            };
            let rules = rules
                .create()?
                .add_rules(path_beneath_rules(SYSTEM_READS, read))?
                .add_rules(path_beneath_rules(reads, plain))?;
            match self {
                Outlet::Files(folder) => {
                    let make = AccessFs::MakeReg | AccessFs::MakeDir | AccessFs::RemoveFile;
                    let write = plain | AccessFs::WriteFile | AccessFs::Truncate | make;
                    rules.add_rules(path_beneath_rules([folder], write))?.restrict_self()
                }
                _ => rules.add_rules(path_beneath_rules(NETWORK_READS, plain))?.restrict_self(),
            }
        };
        let status = build().map_err(ring("Landlock rules"))?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Landlock::Full,
            RulesetStatus::PartiallyEnforced => Landlock::Partial,
            RulesetStatus::NotEnforced => Landlock::Missing,
        })
    }
}
