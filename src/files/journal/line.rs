//! One line of a journal: a row as JSON, with the hash of the row before and its own.

use serde::{Deserialize, Serialize};

use super::{Chained, Damage};
use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::ids::Sha256;
use crate::domain::time::{Instant, Zone};
use crate::files::whole;

/// SHA-256 of the row before, a newline, and the RFC 8785 form of the row without its own hash.
fn hash_of(row: &serde_json::Value) -> Result<Sha256, String> {
    let mut row = row.clone();
    let object = row.as_object_mut().ok_or("not a row: wanted is an object")?;
    object.remove("hash");
    let prev = object.get("prev").and_then(|p| p.as_str()).ok_or("it has no prev")?.to_owned();
    let canonical = serde_json_canonicalizer::to_string(&row).map_err(|e| e.to_string())?;
    Ok(whole::sha256(format!("{prev}\n{canonical}").as_bytes()))
}

/// A row that has its place, before it is hashed.
pub(super) struct Line {
    pub row: AsRun,
    pub prev: Sha256,
    pub damage: Option<Damage>,
}

impl Line {
    /// The bytes, and the row with its hash.
    pub fn line(self, zone: Zone) -> (Vec<u8>, Chained) {
        let mut value = serde_json::to_value(Row::of(&self, zone)).expect("strings and integers always serialise");
        let hash = hash_of(&value).expect("a row is an object with a prev");
        value["hash"] = hash.to_string().into();
        let mut line = serde_json::to_vec(&value).expect("strings and integers always serialise");
        line.push(b'\n');
        (line, Chained { row: self.row, prev: self.prev, hash, damage: self.damage })
    }
}

/// Reads a line whose content has the hash that it says.
pub(super) fn self_consistent(text: &[u8]) -> Result<Chained, String> {
    let value: serde_json::Value = serde_json::from_slice(text).map_err(|e| format!("not a row: {e}"))?;
    let found = hash_of(&value)?;
    let chained = serde_json::from_value::<Row>(value).map_err(|e| format!("not a row: {e}"))?.parse()?;
    if found != chained.hash {
        return Err(format!("its content hashes to {found}, but it says {}: a byte was changed", chained.hash));
    }
    Ok(chained)
}

#[derive(Serialize, Deserialize)]
struct DamageRow {
    to_seq: u64,
    to_hash: Option<String>,
    kept: String,
    kept_sha256: String,
    fault: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    damage: Option<DamageRow>,
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
    fn of(line: &Line, zone: Zone) -> Row {
        let Line { row, prev, damage } = line;
        let damage = damage.as_ref().map(|damage| DamageRow {
            to_seq: damage.to_seq,
            to_hash: damage.to_hash.map(|hash| hash.to_string()),
            kept: damage.kept.clone(),
            kept_sha256: damage.kept_sha256.to_string(),
            fault: damage.fault.clone(),
        });
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
            damage,
            prev: prev.to_string(),
            hash: String::new(),
        }
    }

    fn parse(self) -> Result<Chained, String> {
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
        let damage = self.damage.map(|damage| -> Result<Damage, String> {
            let hash = |text: &str| text.parse().map_err(|e| format!("damage: {e}"));
            Ok(Damage {
                to_seq: damage.to_seq,
                to_hash: damage.to_hash.as_deref().map(hash).transpose()?,
                kept_sha256: hash(&damage.kept_sha256)?,
                kept: damage.kept,
                fault: damage.fault,
            })
        });
        Ok(Chained { row, prev, hash, damage: damage.transpose()? })
    }
}
