//! What should be seen at each tick, and how far what was seen is from it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::barcode::Seen;
use crate::clips::{Clip, Kind, Sound};
use crate::heard::{since, tick_of};
use crate::stage::{Home, TICK, zone};

/// One item, and when it should be seen.
#[derive(Debug, Clone)]
pub struct Slot {
    pub clip: Clip,
    /// First tick on air, counted from the plan's start.
    pub first: i64,
    /// Ticks on air.
    pub ticks: u32,
    /// What the playlist says of it, where that is not what is seen.
    pub planned: Option<Planned>,
}

/// An item's words in the playlist.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    pub first: i64,
    pub ticks: u32,
    pub run: &'static str,
}

/// Slots back to back.
pub fn in_turn(clips: impl IntoIterator<Item = (Clip, u32)>) -> Vec<Slot> {
    let mut first = 0;
    let slot = |(clip, ticks): (Clip, u32)| {
        let slot = Slot { clip, first, ticks, planned: None };
        first += i64::from(ticks);
        slot
    };
    clips.into_iter().map(slot).collect()
}

/// When a tick begins.
pub fn at(start: DateTime<Utc>, tick: i64) -> DateTime<Utc> {
    start + TICK * i32::try_from(tick).expect("a day has few ticks")
}

/// The rows of a revision with these slots, and the clips put where the player finds them.
pub fn rows(home: &Home, start: DateTime<Utc>, slots: &[Slot]) -> Vec<serde_json::Value> {
    let mut kept = BTreeMap::new();
    let row = |(n, slot): (usize, &Slot)| {
        let path = slot.clip.path.clone();
        let (source, hash) = kept.entry(path).or_insert_with(|| home.keep(&slot.clip.path)).clone();
        let planned = slot.planned.unwrap_or(Planned { first: slot.first, ticks: slot.ticks, run: "auto" });
        serde_json::json!({
            "id": format!("i{n}"), "start": zone().rfc3339(at(start, planned.first)),
            "duration_frames": planned.ticks, "run": planned.run, "kind": "clip", "source": source, "sha256": hash,
            "title": format!("Clip {n}"), "owner": "Dinas", "has_sound": slot.clip.kind.sound != Sound::None,
        })
    };
    slots.iter().enumerate().map(row).collect()
}

/// What was seen at each tick.
pub type Air = BTreeMap<i64, Seen>;

/// What a recording shows, by tick.
pub fn air(start: DateTime<Utc>, frames: &[(i64, Seen)]) -> Air {
    frames.iter().map(|(pts, seen)| (tick_of(start, *pts), *seen)).collect()
}

/// How a plan was kept. All are counts of frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Ticks judged.
    pub ticks: u64,
    /// Source frames that were passed over beyond what the rates need.
    pub lost: u64,
    /// Repeated beyond what the rates need.
    pub doubled: u64,
    /// More than a source frame away from the tick's own.
    pub off: u64,
    pub black: u64,
    /// Something else than the planned clip.
    pub other: u64,
    /// No frame in the recording.
    pub missing: u64,
}

impl Kept {
    /// All faults.
    pub fn faults(&self) -> u64 {
        self.lost + self.doubled + self.off + self.black + self.other + self.missing
    }
    fn add(&mut self, more: Kept) {
        self.ticks += more.ticks;
        self.lost += more.lost;
        self.doubled += more.doubled;
        self.off += more.off;
        self.black += more.black;
        self.other += more.other;
        self.missing += more.missing;
    }
}

/// How slots were kept.
pub fn judge<'a>(slots: impl IntoIterator<Item = &'a Slot>, air: &Air) -> Kept {
    let mut all = Kept::default();
    for slot in slots {
        all.add(judge_slot(slot, air));
    }
    all
}

/// How one slot was kept.
pub fn judge_slot(slot: &Slot, air: &Air) -> Kept {
    let mut kept = Kept { ticks: u64::from(slot.ticks), ..Kept::default() };
    let Kind { id: wanted, rate: (num, den), .. } = slot.clip.kind;
    let (step, of) = (i64::from(num), 25 * i64::from(den));
    let mut before: Option<i64> = None;
    for n in 0..i64::from(slot.ticks) {
        match air.get(&(slot.first + n)) {
            None => kept.missing += 1,
            Some(Seen::Black) => kept.black += 1,
            Some(Seen::Frame { id, frame }) if *id == wanted => {
                let frame = i64::from(*frame);
                if (frame * of - n * step).abs() > of {
                    kept.off += 1;
                }
                if let Some(before) = before {
                    let moved = frame - before;
                    kept.lost += u64::try_from(moved - (step + of - 1) / of).unwrap_or(0);
                    kept.doubled += u64::try_from(step / of - moved).unwrap_or(0);
                }
                before = Some(frame);
            }
            Some(_) => kept.other += 1,
        }
    }
    kept
}

/// The first tick at or after the slot's at which its clip is seen, counted from where it should be; looked for in the
/// slot and as many ticks before it.
pub fn start_error(slot: &Slot, air: &Air) -> Option<i64> {
    let ticks = i64::from(slot.ticks);
    let of_slot = |tick: &i64| {
        matches!(air.get(tick), Some(Seen::Frame { id, frame })
        if *id == slot.clip.kind.id && i64::from(*frame) <= ticks)
    };
    let early = (1..=5).take_while(|n| of_slot(&(slot.first - n))).last();
    early.map(|n| -n).or_else(|| (0..ticks).find(|n| of_slot(&(slot.first + n))))
}

/// The largest step between frames of a recording within the plan, milliseconds; 40 where every tick is there.
pub fn largest_step_ms(start: DateTime<Utc>, ticks: i64, frames: &[(i64, Seen)]) -> i64 {
    let times: Vec<i64> = frames.iter().map(|(pts, _)| since(start, *pts)).collect();
    let inside = times.windows(2).filter(|pair| pair[1] >= 0 && pair[0] <= ticks * 3600);
    inside.map(|pair| (pair[1] - pair[0]).abs()).max().unwrap_or(0) / 90
}
