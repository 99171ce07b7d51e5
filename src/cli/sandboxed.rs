//! `siaran sandboxed`: the child that shuts itself in and becomes a decoder. Hidden: people have no use for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Ended, Failure};
use crate::av::sandbox::{Limits, Network, Sandbox};
use crate::domain::confinement::{Demands, Ring};

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
    /// A ring without which the program runs all the same where the machine can't have it; may be given several times
    #[arg(long = "may-lack", value_name = "RING", value_parser = ring)]
    may_lack: Vec<Ring>,
    /// Program and its arguments
    #[arg(last = true, required = true)]
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
        demands: Demands {
            require_landlock: arguments.require_landlock,
            may_lack: arguments.may_lack.iter().copied().collect(),
        },
    };
    let (program, rest) = arguments.program.split_first().ok_or_else(|| Failure::Usage("no program".into()))?;
    let error = sandbox.exec(Path::new(program), rest);
    Err(Failure::could(error.to_string(), "see docs/sandbox.md for what the kernel must offer"))
}

fn ring(word: &str) -> Result<Ring, String> {
    Ring::read(word).ok_or_else(|| format!("{word:?} is not a ring"))
}
