//! `siaran audit`: whether the audit trail is what was written.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use super::home::{could, open};
use super::{Ended, Failure};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Recompute the whole chain, and name the first row that does not hold
    Verify {
        /// One JSON document instead of words
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let Command::Verify { json: as_json } = arguments.command;
    let desk = open(home)?;
    let verified = desk.store.read(|r| r.audit_verify()).map_err(|e| could(e.into()))?;
    match verified {
        Ok(trail) => {
            if as_json {
                say!("{}", json!({"holds": true, "rows": trail.rows, "head": trail.head.to_string()}));
            } else {
                say!("The audit trail holds: {} rows, head {}", trail.rows, trail.head);
            }
            Ok(Ended::Holds)
        }
        Err(broken) => {
            if as_json {
                say!("{}", json!({"holds": false, "row": broken.seq, "what": broken.to_string()}));
            }
            complain!("error: {broken}, {}. Try: compare with the newest backup.", desk.store.path().display());
            Ok(Ended::Refused)
        }
    }
}
