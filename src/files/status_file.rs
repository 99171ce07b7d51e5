//! `run/<channel>.status.json`: what an operator sees of a player, written each second by the player and read by the
//! pages. It is gone with a power cut, and worth nothing then.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
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
    /// What an operator ordered: `hold`, and what lies over the plan.
    pub orders: Vec<&'static str>,
    /// The crawl that runs over it.
    pub crawl: Option<CrawlStatus>,
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

/// Words that run over everything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CrawlStatus {
    /// What they say.
    pub text: String,
    /// On whose word.
    pub by: String,
    /// Since when.
    #[serde(deserialize_with = "instant")]
    pub since: Instant,
    /// First instant after them; until they are ended, if `None`.
    #[serde(deserialize_with = "maybe_instant")]
    pub until: Option<Instant>,
    /// How often they pass; until they are ended, if `None`.
    pub times: Option<u32>,
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
    /// The file below the home that it is read from.
    pub file: Option<String>,
    /// Whether it could go on air: `waiting | opening | warm | failed | missing`.
    pub light: &'static str,
}

/// How one output is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OutputStatus {
    /// Its address.
    pub address: String,
    /// Its last element, the file, socket or screen, takes frames.
    pub running: bool,
    /// Why not, if it failed.
    pub why: Option<String>,
    /// Frames that its last element took.
    pub taken: u64,
    /// Frames dropped because it was absent, or too slow.
    pub dropped: u64,
    /// How often it was started again.
    #[serde(default)]
    pub restarts: u64,
}

impl Snapshot {
    /// Writes the file, whole; makes its folder if need be.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = self.to_json().to_string();
        match whole::write_volatile(path, text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path.parent().unwrap_or(path))?;
                whole::write_volatile(path, text.as_bytes())
            }
            written => written,
        }
    }

    /// Looks which of the files that are still to be opened are there.
    pub fn look_for_files(&mut self, home: &Path) {
        for up in self.next.iter_mut().filter(|up| up.light == "waiting") {
            if up.file.as_ref().is_some_and(|file| !home.join(file).is_file()) {
                up.light = "missing";
            }
        }
    }

    /// As the file has it.
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
        let crawl = self.crawl.as_ref().map(|crawl| {
            json!({"text": crawl.text, "by": crawl.by, "since": zone.rfc3339(crawl.since),
                "until": crawl.until.map(|until| zone.rfc3339(until)), "times": crawl.times})
        });
        let next: Vec<_> = self.next.iter().map(|up| {
            json!({"start": zone.rfc3339(up.start), "kind": up.kind, "title": up.title, "owner": up.owner, "item": up.item,
                "light": up.light})
        }).collect();
        let outputs: Vec<_> = self
            .outputs
            .iter()
            .map(|o| {
                json!({"address": o.address, "running": o.running, "why": o.why, "taken": o.taken, "dropped": o.dropped,
                "restarts": o.restarts})
            })
            .collect();
        json!({
            "format": "siaran-status/1",
            "at": zone.rfc3339(self.at),
            "trusted_clock": self.trusted_clock,
            "on_air": on_air,
            "timeline": next,
            "orders": self.orders,
            "crawl": crawl,
            "ticks": self.counters.ticks,
            "held": self.counters.held,
            "late": self.counters.late,
            "most_late_ms": self.counters.most_late_ms,
            "outputs": outputs,
            "incidents": self.incidents.iter().map(|t| json!({"id": t.id, "en": t.en})).collect::<Vec<_>>(),
        })
    }
}

/// What a player wrote last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// When it was written, by the clock of this machine.
    pub written: Instant,
    /// When, on the player's timeline.
    pub at: Instant,
    /// Whether the clock is believed, and the plan followed.
    pub trusted_clock: bool,
    /// What was on air; `None` before the first tick.
    pub on_air: Option<OnAir>,
    /// What was on air and what followed, as planned.
    pub timeline: Vec<Planned>,
    /// What an operator had ordered: `hold`, and what lies over the plan.
    pub orders: Vec<String>,
    /// The crawl that ran over it.
    pub crawl: Option<CrawlStatus>,
    /// Since the player started.
    pub counters: Counters,
    /// How the outputs were.
    pub outputs: Vec<OutputStatus>,
}

/// What was on air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAir {
    /// The planned item.
    pub item: Option<String>,
    /// What was shown.
    pub kind: AirKind,
    /// Since when.
    pub start: Instant,
}

/// One stretch of the player's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Planned {
    /// When it begins.
    #[serde(deserialize_with = "instant")]
    pub start: Instant,
    /// item | fill | slate | closed.
    pub kind: String,
    /// The planned item.
    pub item: Option<String>,
    /// For people; empty for the slate and for closed hours.
    pub title: String,
    /// Whose.
    pub owner: String,
}

/// Largest status that is read: it has a few kilobytes.
const MAX_BYTES: u64 = 256 * 1024;

/// Reads what a player wrote last. `None` when there is nothing, or nothing that is a status: a page then says that the
/// player is not heard.
pub fn read(path: &Path) -> Option<Status> {
    let file = File::open(path).ok()?;
    let written = file.metadata().and_then(|data| data.modified()).ok()?.into();
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let row: Row = serde_json::from_slice(&bytes).ok()?;
    let on_air = match row.on_air {
        Some(on_air) => {
            Some(OnAir { item: on_air.item, kind: read_kind(&on_air.kind)?, start: on_air.start.parse().ok()? })
        }
        None => None,
    };
    let (ticks, held, late, most_late_ms) = (row.ticks, row.held, row.late, row.most_late_ms);
    Some(Status {
        written,
        at: row.at.parse().ok()?,
        trusted_clock: row.trusted_clock,
        on_air,
        timeline: row.timeline,
        orders: row.orders,
        crawl: row.crawl,
        counters: Counters { ticks, held, late, most_late_ms },
        outputs: row.outputs,
    })
}

/// The incidents that were open when a player wrote last, in words; none when nothing can be read.
pub fn incidents(path: &Path) -> Vec<Text> {
    #[derive(Deserialize)]
    struct Words {
        id: String,
        en: String,
    }
    #[derive(Deserialize)]
    struct Open {
        incidents: Vec<Words>,
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    let open = serde_json::from_slice::<Open>(&bytes).map(|open| open.incidents).unwrap_or_default();
    open.into_iter().map(|words| Text::new(words.id, words.en)).collect()
}

#[derive(Deserialize)]
struct Row {
    at: String,
    trusted_clock: bool,
    on_air: Option<OnAirRow>,
    timeline: Vec<Planned>,
    #[serde(default)]
    orders: Vec<String>,
    #[serde(default)]
    crawl: Option<CrawlStatus>,
    ticks: u64,
    held: u64,
    late: u64,
    most_late_ms: u64,
    outputs: Vec<OutputStatus>,
}

#[derive(Deserialize)]
struct OnAirRow {
    item: Option<String>,
    kind: String,
    start: String,
}

fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn maybe_instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Instant>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

fn read_kind(word: &str) -> Option<AirKind> {
    use AirKind::{Clip, Emergency, Fill, Live, None, Slate};
    [Clip, Fill, Slate, Live, Emergency, None].into_iter().find(|known| kind(*known) == word)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::as_run::Outcome;

    #[test]
    fn what_a_player_wrote_reads_back_and_anything_else_is_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = path(folder.path(), &"videotron".parse().expect("a channel"));
        assert_eq!(read(&path), None);
        let at: Instant = "2026-11-22T08:00:00+07:00".parse().expect("an instant");
        let row = AsRun {
            seq: 0,
            run: "r".into(),
            channel: "videotron".parse().expect("a channel"),
            item: Some("nine".parse().expect("an id")),
            kind: AirKind::Clip,
            clip: None,
            planned_start: None,
            start: at,
            end: at,
            frames: 0,
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        };
        let up = UpNext {
            start: at,
            kind: "item",
            title: "Posyandu".into(),
            owner: "Dinas".into(),
            item: None,
            file: None,
            light: "warm",
        };
        let output =
            OutputStatus { address: "null".into(), running: true, why: None, taken: 9, dropped: 2, restarts: 1 };
        let by = "Kalaksa BPBD".into();
        let crawl = CrawlStatus { text: "Banjir".into(), by, since: at, until: Some(at), times: None };
        let snapshot = Snapshot {
            at,
            zone: "Asia/Jakarta".parse().expect("a zone"),
            trusted_clock: true,
            on_air: Some(row),
            next: vec![up],
            orders: vec!["hold"],
            crawl: Some(crawl.clone()),
            counters: Counters { ticks: 9, held: 1, late: 3, most_late_ms: 44 },
            outputs: vec![output.clone()],
            incidents: Vec::new(),
        };
        snapshot.write(&path).expect("written");
        let status = read(&path).expect("a status");
        assert_eq!((status.at, status.counters, status.outputs), (at, snapshot.counters, vec![output]));
        assert_eq!(status.crawl, Some(crawl));
        assert_eq!(status.on_air, Some(OnAir { item: Some("nine".into()), kind: AirKind::Clip, start: at }));
        assert_eq!((status.timeline[0].title.as_str(), status.timeline[0].start), ("Posyandu", at));
        std::fs::write(&path, "{\"at\":").expect("written");
        assert_eq!(read(&path), None);
    }
}
