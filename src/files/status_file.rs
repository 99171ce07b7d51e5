//! `run/<channel>.status.json`: what an operator sees of a player, written each second by the player and read by the
//! pages. It is gone with a power cut, and worth nothing then.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::whole;
use crate::domain::as_run::{AirKind, AsRun};
use crate::domain::ids::ChannelId;
use crate::domain::text::Text;
use crate::domain::time::{Instant, Zone};

/// The player at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When, on the player's timeline.
    pub at: Instant,
    /// The channel's zone.
    pub zone: Zone,
    /// Whether the clock is believed, and the plan followed.
    pub trusted_clock: bool,
    /// The row so far.
    pub on_air: Option<AsRun>,
    /// What is on air and what follows.
    pub next: Vec<UpNext>,
    /// Since the player started.
    pub counters: Counters,
    /// How the outputs are.
    pub outputs: Vec<OutputStatus>,
    /// Incidents that are open, in words.
    pub incidents: Vec<Text>,
}

/// Where the status of a channel's player lies.
pub fn path(home: &Path, channel: &ChannelId) -> PathBuf {
    home.join("run").join(format!("{channel}.status.json"))
}

/// What has happened since the player started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Ticks shown.
    pub ticks: u64,
    /// Ticks that repeated the last picture.
    pub held: u64,
    /// Ticks that left more than one tick late.
    pub late: u64,
    /// The most that a tick was late, milliseconds.
    pub most_late_ms: u64,
}

/// Something that will be on air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpNext {
    /// When.
    pub start: Instant,
    /// What.
    pub kind: &'static str,
    /// For people.
    pub title: String,
    /// Whose.
    pub owner: String,
    /// The planned item.
    pub item: Option<String>,
}

/// How one output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputStatus {
    /// Its address.
    pub address: String,
    /// Takes frames.
    pub running: bool,
    /// Why not, if it failed.
    pub why: Option<String>,
    /// Frames taken.
    pub taken: u64,
    /// Frames dropped because it was absent, or too slow.
    pub dropped: u64,
}

impl Snapshot {
    /// Writes the file, whole.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        whole::write_volatile(path, self.to_json().to_string().as_bytes())
    }

    /// As the file has it.
    fn to_json(&self) -> Value {
        let zone = self.zone;
        let on_air = self.on_air.as_ref().map(|row| {
            json!({
                "item": row.item.as_ref().map(ToString::to_string),
                "kind": kind(row.kind),
                "start": zone.rfc3339(row.start),
                "frames": row.frames,
                "held_frames": row.held_frames,
                "why": row.why,
            })
        });
        let next: Vec<_> = self.next.iter().map(|up| {
            json!({"start": zone.rfc3339(up.start), "kind": up.kind, "title": up.title, "owner": up.owner, "item": up.item})
        }).collect();
        let outputs: Vec<_> = self.outputs.iter().map(|o| {
            json!({"address": o.address, "running": o.running, "why": o.why, "taken": o.taken, "dropped": o.dropped})
        }).collect();
        json!({
            "format": "siaran-status/1",
            "at": zone.rfc3339(self.at),
            "trusted_clock": self.trusted_clock,
            "on_air": on_air,
            "timeline": next,
            "ticks": self.counters.ticks,
            "held": self.counters.held,
            "late": self.counters.late,
            "most_late_ms": self.counters.most_late_ms,
            "outputs": outputs,
            "incidents": self.incidents.iter().map(|t| json!({"id": t.id, "en": t.en})).collect::<Vec<_>>(),
        })
    }
}

fn kind(kind: AirKind) -> &'static str {
    match kind {
        AirKind::Clip => "clip",
        AirKind::Fill => "fill",
        AirKind::Slate => "slate",
        AirKind::Live => "live",
        AirKind::Emergency => "emergency",
        AirKind::None => "none",
    }
}
