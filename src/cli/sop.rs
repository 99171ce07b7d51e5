//! `siaran sop`: whether service standards hold.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Ended, Failure};
use crate::domain::standard::StandardFault;
use crate::files::sop;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge standards in format sop/1, naming every fault
    Check {
        /// The files; positions come from _roles.toml beside each, else from the home, else the built-in ones
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON document instead of words
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let Command::Check { files, json: as_json } = &arguments.command;
    let words = |faults: &[StandardFault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let positions = sop::positions(home)
        .map_err(|faults| Failure::could(words(&faults).join("; "), "correct or remove sop/_roles.toml of the home"))?;
    let (mut documents, mut holds) = (Vec::new(), true);
    for path in files {
        if !path.is_file() {
            let what = format!("there is no file {}", path.display());
            return Err(Failure::could(what, "check the path"));
        }
        let judged = sop::check(path, &positions);
        holds &= judged.is_ok();
        let (service, faults) = match &judged {
            Ok(standard) => (Some(standard.as_written().id.to_string()), Vec::new()),
            Err(faults) => (None, words(faults)),
        };
        if *as_json {
            let faults = faults.clone();
            documents.push(json!({
                "file": path.display().to_string(), "holds": judged.is_ok(), "service": service, "faults": faults,
            }));
        } else if let Ok(standard) = &judged {
            let written = standard.as_written();
            say!("{}: {} holds, {} steps", path.display(), written.id, written.steps.len());
        }
        for fault in faults {
            complain!("error: {fault}, {}. Try: correct it and check again.", path.display());
        }
    }
    if *as_json {
        say!("{}", Value::Array(documents));
    }
    Ok(if holds { Ended::Holds } else { Ended::Refused })
}
