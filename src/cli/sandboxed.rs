//! `siaran sandboxed`: the child that shuts itself in and becomes a decoder. Hidden: people have no use for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Ended, Failure};
use crate::av::sandbox::{Act, Landlock, Limits, Network, Rings, Sandbox, attempt};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[arg(long)]
    memory_bytes: u64,
    #[arg(long)]
    cpu_seconds: u64,
    #[arg(long)]
    file_bytes: u64,
    #[arg(long)]
    open_files: u64,
    /// May be read; may be given several times
    #[arg(long = "read", value_name = "PATH")]
    reads: Vec<PathBuf>,
    /// May be written; may be given several times
    #[arg(long = "write", value_name = "FILE")]
    writes: Vec<PathBuf>,
    #[arg(long)]
    require_landlock: bool,
    /// Instead of a program: try an act that a decoder has no business to do, and say what became of it
    #[arg(long, value_name = "ACT", conflicts_with = "program")]
    attempt: Option<Act>,
    /// With --attempt alone: leave a ring open (rlimits, no_new_privs, landlock, seccomp)
    #[arg(long, value_name = "RING", requires = "attempt")]
    without: Vec<String>,
    /// Program and its arguments
    #[arg(last = true, required_unless_present = "attempt")]
    program: Vec<OsString>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ended, Failure> {
    let sandbox = Sandbox {
        limits: Limits {
            memory_bytes: arguments.memory_bytes,
            cpu_seconds: arguments.cpu_seconds,
            file_bytes: arguments.file_bytes,
            open_files: arguments.open_files,
        },
        reads: arguments.reads.clone(),
        writes: arguments.writes.clone(),
        devices: Vec::new(),
        network: Network::None,
        require_landlock: arguments.require_landlock,
    };
    let way_out = "see docs/sandbox.md for what the kernel must offer";
    if let Some(act) = &arguments.attempt {
        let wanted = wanted_rings(&arguments.without)?;
        return match attempt(&sandbox, wanted, act).map_err(|e| Failure::could(e.to_string(), way_out))? {
            Ok(()) => {
                say!("done");
                Ok(Ended::Holds)
            }
            Err(error) => {
                say!("stopped: {error}");
                Ok(Ended::Refused)
            }
        };
    }
    let (program, rest) = arguments.program.split_first().ok_or_else(|| Failure::Usage("no program".into()))?;
    let error = sandbox.exec(Path::new(program), rest);
    Err(Failure::could(error.to_string(), way_out))
}

fn wanted_rings(without: &[String]) -> Result<Rings, Failure> {
    let mut wanted = Rings::ALL;
    for ring in without {
        match ring.as_str() {
            "rlimits" => wanted.rlimits = false,
            "no_new_privs" => wanted.no_new_privs = false,
            "landlock" => wanted.landlock = Landlock::Missing,
            "seccomp" => wanted.seccomp = false,
            other => return Err(Failure::Usage(format!("{other:?} is not a ring"))),
        }
    }
    Ok(wanted)
}
