//! What an operator sees of a player, written to `run/<channel>.status.json` each second.

use serde_json::{Value, json};

use super::Counters;
use crate::domain::as_run::{AirKind, AsRun};
use crate::domain::time::{Instant, Zone};
use crate::engine::playout::Subject;

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

impl UpNext {
    pub(super) fn of(start: Instant, subject: &Subject) -> UpNext {
        let (kind, title) = match subject {
            Subject::Item(item) => ("item", item.title.clone()),
            Subject::Fill { title, .. } => ("fill", title.clone()),
            Subject::Cover { .. } | Subject::Slate => ("slate", String::new()),
            Subject::Closed | Subject::OffAir => ("closed", String::new()),
        };
        let item = subject.item();
        let owner = item.map(|item| item.owner.clone()).unwrap_or_default();
        UpNext { start, kind, title, owner, item: item.map(|item| item.id.to_string()) }
    }
}

impl Snapshot {
    /// As the status file has it.
    pub fn to_json(&self) -> Value {
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
