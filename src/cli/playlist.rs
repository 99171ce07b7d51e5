//! `siaran playlist …` and `siaran asrun CHANNEL`: what is planned, also in other programs' words, and what was on air.

mod lists;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Ended, Failure};
use crate::config::Config;
use crate::domain::ids::ChannelId;
use crate::domain::time::BroadcastDate;
use crate::files::journal::{self, JournalError, JournalPaths};
use crate::files::playlist_file::{self, PlaylistFileError};

/// Works on playlist files.
#[derive(Subcommand)]
pub(super) enum PlaylistCommand {
    /// Judge a playlist file and name every fault
    Check {
        /// The file
        file: PathBuf,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    Export(lists::ExportArguments),
    Import(lists::ImportArguments),
}

pub(super) fn playlist(home: &Path, command: PlaylistCommand) -> Result<Ended, Failure> {
    match command {
        PlaylistCommand::Check { file, json } => check(&file, json),
        PlaylistCommand::Export(arguments) => lists::export(home, &arguments),
        PlaylistCommand::Import(arguments) => lists::import(home, &arguments),
    }
}

fn check(file: &Path, json: bool) -> Result<Ended, Failure> {
    let (items, faults) = match playlist_file::read(file) {
        Ok(playlist) => (playlist.items().len(), Vec::new()),
        Err(PlaylistFileError::Faulty { faults, .. }) => (0, faults),
        Err(error) => return Err(Failure::could(error.to_string(), "check the path")),
    };
    if json {
        let valid = faults.is_empty();
        say!("{}", serde_json::json!({"file": file, "valid": valid, "items": items, "faults": faults}));
    } else if faults.is_empty() {
        say!("{}: {items} items, playable", file.display());
    } else {
        say!("{}: not playable", file.display());
        faults.iter().for_each(|fault| say!("  {fault}"));
    }
    Ok(if faults.is_empty() { Ended::Holds } else { Ended::Refused })
}

/// Prints the as-run journal.
#[derive(Args)]
pub(super) struct AsrunArguments {
    /// The channel
    channel: ChannelId,
    /// Only this broadcast day
    #[arg(long)]
    date: Option<BroadcastDate>,
    /// Print the journal's own JSON Lines
    #[arg(long)]
    json: bool,
}

pub(super) fn asrun(home: &Path, arguments: &AsrunArguments) -> Result<Ended, Failure> {
    let config = Config::load(home)?;
    let zone = super::channel(&config, &arguments.channel)?.channel.zone;
    let rows = match journal::read(&JournalPaths::in_home(home, &arguments.channel)) {
        Ok(rows) => rows,
        Err(error @ JournalError::Broken { .. }) => {
            complain!(
                "error: {error}. Try: start the player again: it keeps the file as evidence and goes on with every sound row."
            );
            return Ok(Ended::Refused);
        }
        Err(error) => return Err(Failure::could(error.to_string(), "check the folder's permissions")),
    };
    let wanted = rows.iter().filter(|chained| {
        arguments.date.is_none_or(|date| {
            let day = zone.day(date);
            chained.row.start < day.end() && chained.row.end > day.start()
        })
    });
    for chained in wanted {
        if arguments.json {
            say!("{}", journal::to_json(chained, zone));
            continue;
        }
        let row = &chained.row;
        let what = row.item.as_ref().map_or_else(|| format!("{:?}", row.kind), ToString::to_string);
        let why = row.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        say!("{}  {:>7} frames  {:?}{why}  {what}", zone.rfc3339(row.start), row.frames, row.outcome);
    }
    Ok(Ended::Holds)
}
