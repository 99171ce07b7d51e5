//! One line of a journal: a row as JSON, with the hash of the row before and its own.

use serde::{Deserialize, Serialize};

use super::Chained;
use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::ids::Sha256;
use crate::domain::time::{Instant, Zone};
use crate::files::whole;

/// SHA-256 of the row before, a newline, and the RFC 8785 form of the row without its own hash.
pub(super) fn hash_of(row: &serde_json::Value) -> Result<Sha256, String> {
    let mut row = row.clone();
    let object = row.as_object_mut().ok_or("not a row: wanted is an object")?;
    object.remove("hash");
    let prev = object.get("prev").and_then(|p| p.as_str()).ok_or("it has no prev")?.to_owned();
    let canonical = serde_json_canonicalizer::to_string(&row).map_err(|e| e.to_string())?;
    Ok(whole::sha256(format!("{prev}\n{canonical}").as_bytes()))
}

pub(super) fn line_of(row: &AsRun, prev: Sha256, zone: Zone) -> (Vec<u8>, Sha256) {
    let mut value = serde_json::to_value(Row::of(row, prev, zone)).expect("strings and integers always serialise");
    let hash = hash_of(&value).expect("a row is an object with a prev");
    value["hash"] = hash.to_string().into();
    let mut line = serde_json::to_vec(&value).expect("strings and integers always serialise");
    line.push(b'\n');
    (line, hash)
}

#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    seq: u64,
    run: String,
    channel: String,
    item: Option<String>,
    kind: Kind,
    clip: Option<String>,
    planned_start: Option<String>,
    start: String,
    end: String,
    frames: u64,
    held_frames: u64,
    outcome: Result_,
    why: Option<String>,
    prev: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hash: String,
}

macro_rules! named {
    ($name:ident, $domain:ident, $($variant:ident),+) => {
        #[derive(Serialize, Deserialize, Clone, Copy)]
        #[serde(rename_all = "snake_case")]
        enum $name { $($variant),+ }
        impl From<$domain> for $name {
            fn from(value: $domain) -> Self { match value { $($domain::$variant => $name::$variant),+ } }
        }
        impl From<$name> for $domain {
            fn from(value: $name) -> Self { match value { $($name::$variant => $domain::$variant),+ } }
        }
    };
}
named!(Kind, AirKind, Clip, Fill, Slate, Live, Emergency, None);
named!(Result_, Outcome, Complete, Cut, Failed, Joined, OffAir, Closed);

impl Row {
    fn of(row: &AsRun, prev: Sha256, zone: Zone) -> Row {
        Row {
            seq: row.seq,
            run: row.run.clone(),
            channel: row.channel.to_string(),
            item: row.item.as_ref().map(ToString::to_string),
            kind: row.kind.into(),
            clip: row.clip.map(|h| h.to_string()),
            planned_start: row.planned_start.map(|at| zone.rfc3339(at)),
            start: zone.rfc3339(row.start),
            end: zone.rfc3339(row.end),
            frames: row.frames,
            held_frames: row.held_frames,
            outcome: row.outcome.into(),
            why: row.why.clone(),
            prev: prev.to_string(),
            hash: String::new(),
        }
    }

    pub(super) fn parse(self) -> Result<Chained, String> {
        let instant = |text: &str| text.parse::<Instant>().map_err(|e| format!("{text:?}: {e}"));
        let row = AsRun {
            seq: self.seq,
            run: self.run,
            channel: self.channel.parse().map_err(|e| format!("{e}"))?,
            item: self.item.map(|i| i.parse()).transpose().map_err(|e| format!("{e}"))?,
            kind: self.kind.into(),
            clip: self.clip.map(|h| h.parse()).transpose().map_err(|e| format!("{e}"))?,
            planned_start: self.planned_start.as_deref().map(instant).transpose()?,
            start: instant(&self.start)?,
            end: instant(&self.end)?,
            frames: self.frames,
            held_frames: self.held_frames,
            outcome: self.outcome.into(),
            why: self.why,
        };
        let prev = self.prev.parse().map_err(|e| format!("prev: {e}"))?;
        let hash = self.hash.parse().map_err(|e| format!("hash: {e}"))?;
        Ok(Chained { row, prev, hash })
    }
}
