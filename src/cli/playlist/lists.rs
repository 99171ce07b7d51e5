//! `siaran playlist export` and `siaran playlist import`: a published day for other programs, and their lists for us.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::cli::{Ended, Failure, home as homes};
use crate::desk::planning::listed::{KnownBy, Standing};
use crate::domain::ids::ChannelId;
use crate::domain::time::BroadcastDate;
use crate::files::interchange::{self, ListFormat, ListedClip, MAX_BYTES};
use crate::files::whole;

/// Write a published day as another program reads it
#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    /// The channel
    channel: ChannelId,
    /// The broadcast day, like 2026-11-22
    date: BroadcastDate,
    /// m3u8, xspf, csv, ffplayout or xlsx
    #[arg(long, value_name = "FORMAT")]
    format: ListFormat,
    /// Where it goes; a player finds the clips if this lies in the home
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// This revision [default: the newest]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

/// Say what a list from elsewhere holds, and which of it is an approved clip of ours
#[derive(Args)]
pub(in crate::cli) struct ImportArguments {
    /// The list: M3U, M3U8, XSPF, CSV or ffplayout's JSON
    file: PathBuf,
    /// Only clips of this channel are ours
    #[arg(long)]
    channel: Option<ChannelId>,
    /// m3u8, xspf, csv or ffplayout [default: as the file's name ends]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ListFormat>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) fn export(home: &Path, arguments: &ExportArguments) -> Result<Ended, Failure> {
    let ExportArguments { channel, date, format, output, revision } = arguments;
    let desk = homes::open(home)?;
    let Some(playlist) = desk.published_revision(channel, *date, *revision)? else {
        complain!(
            "error: no such revision of {channel} on {date} is published. Try: siaran publish {channel} {date}, or \
             another --revision."
        );
        return Ok(Ended::Refused);
    };
    let bytes = interchange::write(&playlist, *format);
    whole::write(output, &bytes).map_err(|error| {
        Failure::could(format!("{} can't be written: {error}", output.display()), "name a folder that is there")
    })?;
    say!("{}: {channel} {date} r{}", output.display(), playlist.head().revision);
    Ok(Ended::Holds)
}

pub(super) fn import(home: &Path, arguments: &ImportArguments) -> Result<Ended, Failure> {
    let file = &arguments.file;
    let ending = file.extension().and_then(|ending| ending.to_str()).and_then(ListFormat::of_extension);
    let Some(format) = arguments.format.or(ending) else {
        let what = format!("how {} is written can't be told from its name", file.display());
        return Err(Failure::Usage(format!("{what}. Try: --format m3u8, xspf, csv or ffplayout")));
    };
    let listed = match interchange::read(&bytes_of(file)?, format) {
        Ok(listed) => listed,
        Err(error) => {
            complain!("error: {}: {error}.", file.display());
            return Ok(Ended::Refused);
        }
    };
    let standings = homes::open(home)?.recognise(arguments.channel.as_ref(), &listed)?;
    let rows = || listed.iter().zip(&standings);
    let approved = standings.iter().filter(|standing| standing.code() == "approved").count();
    if arguments.json {
        let clips: Vec<Value> = rows().map(|(clip, standing)| told(clip, standing)).collect();
        let name = file.display().to_string();
        say!("{}", json!({"file": name, "format": format.code(), "approved": approved, "clips": clips}));
        return Ok(Ended::Holds);
    }
    for (clip, standing) in rows() {
        let name = if clip.title.is_empty() { &clip.location } else { &clip.title };
        let text = standing.text();
        say!("{}: {name}: {}\n    {}", clip.place, text.en, text.id);
    }
    let clips = if listed.len() == 1 { "clip" } else { "clips" };
    say!(
        "{}: {} {clips}, {approved} of them approved\n    {} klip, {approved} disetujui",
        file.display(),
        listed.len(),
        listed.len()
    );
    Ok(Ended::Holds)
}

/// The file's bytes, as far as a list may be long and one byte more, which tells that it is longer.
fn bytes_of(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    opened.map_err(|error| Failure::could(format!("{} can't be read: {error}", file.display()), "check the path"))?;
    Ok(bytes)
}

fn told(clip: &ListedClip, standing: &Standing) -> Value {
    let text = standing.text();
    let mut row = json!({
        "place": clip.place.to_string(),
        "title": clip.title,
        "location": clip.location,
        "length_ms": clip.length_ms,
        "start_of_day_ms": clip.start_ms,
        "category": clip.category,
        "standing": standing.code(),
        "text_id": text.id,
        "text_en": text.en,
    });
    if let Standing::Ours { by, sha256, title, owner, channel, case, .. } = standing {
        let by = match by {
            KnownBy::Hash => "sha256",
            KnownBy::TitleAndLength => "title_and_length",
        };
        row["clip"] = json!({
            "known_by": by,
            "sha256": sha256.to_string(),
            "title": title,
            "owner": owner,
            "channel": channel.as_str(),
            "case": case.0,
        });
    }
    row
}
