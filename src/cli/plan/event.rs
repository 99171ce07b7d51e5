//! What happened to an announced day of an instance.
//!
//! ```json
//! {"kind": "relay", "start": 64800, "dur": 5400, "from": 60000}
//! {"kind": "withdraw", "clip": 7}
//! {"kind": "urgent", "clip": {"id": 99, "dur": 30, "agency": 1, "prio": 0, "win": [[21600, 82800]], "min": 12, "req": 12, "sep": 1800}}
//! ```

use std::path::Path;

use serde::Deserialize;

use crate::cli::Failure;
use crate::domain::rotation::{Class, FixedEvent, Rotation, Step, Stretch};
use crate::engine::planner::Play;

use super::instance::{InstanceClip, sane};

/// An event, and from when on the day may change: what is before `from` was announced and is near.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(flatten)]
    what: What,
    from: Option<Step>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    /// The wall is taken: a live relay, an hour without current, an emergency that is over.
    #[serde(alias = "lost_hour", alias = "emergency")]
    Relay {
        start: Step,
        #[serde(alias = "duration")]
        dur: Step,
        #[serde(default)]
        title: Option<String>,
    },
    /// A clip may no longer air.
    #[serde(alias = "withdrawal", alias = "revoke")]
    Withdraw { clip: i64 },
    /// A clip that must air as often as it asks for.
    Urgent { clip: InstanceClip },
}

/// Reads an event.
pub(super) fn read(path: &Path) -> Result<Event, Failure> {
    let bad = |why: String| {
        Failure::could(
            format!("{} is no event: {why}", path.display()),
            r#"write {"kind":"relay","start":S,"dur":S}, {"kind":"withdraw","clip":ID} or {"kind":"urgent","clip":{...}}"#,
        )
    };
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let event: Event = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    if let What::Relay { start, dur, .. } = &event.what
        && !(sane(*start) && sane(*dur))
    {
        return Err(bad(format!("it starts at {start} and lasts {dur}; both are 0 to 604800")));
    }
    if let What::Urgent { clip } = &event.what {
        clip.check().map_err(bad)?;
    }
    Ok(event)
}

impl Event {
    /// The day after it: what may air now, what was announced, and from when on it may change.
    pub(super) fn happened_to(
        self,
        mut rotation: Rotation,
        plays: Vec<Play>,
    ) -> Result<(Rotation, Vec<Play>, Step), Failure> {
        let from = self.from.unwrap_or(rotation.open.start);
        match self.what {
            What::Relay { start, dur, title } => {
                let title = title.unwrap_or_else(|| "relay".into());
                rotation.fixed.push(FixedEvent { span: Stretch { start, end: start + dur }, title });
            }
            What::Withdraw { clip } => {
                let Some(entry) = rotation.entries.iter_mut().find(|e| e.asset.0 == clip) else {
                    return Err(Failure::could(
                        format!("clip {clip} is withdrawn, and the instance has none of that number"),
                        "check the number",
                    ));
                };
                (entry.wanted, entry.minimum) = (0, 0);
            }
            What::Urgent { clip } => {
                if rotation.entries.iter().any(|e| e.asset.0 == clip.id) {
                    return Err(Failure::could(
                        format!("clip {} is in the instance already", clip.id),
                        "give the urgent clip a number of its own",
                    ));
                }
                let mut entry = clip.into_entry();
                (entry.class, entry.minimum) = (Class(0), entry.wanted);
                rotation.entries.push(entry);
            }
        }
        Ok((rotation, plays, from))
    }
}
