//! A thousand revisions a minute, most of them worthless: what is on air does not notice.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::Value;

use super::{Dice, ends, now, sleep_until, soon, start};
use crate::Length;
use crate::barcode::{self, Seen};
use crate::clips::{self, Clip, Kind};
use crate::plan::{self, Slot};
use crate::report::Row;
use crate::stage::{Home, revision_of, zone};

/// Ticks of an item.
const ITEM: u32 = 25;
/// What starts sooner than this is left alone by the storm: changes that come as late as they may are tried afterwards.
const SAFE_TICKS: i64 = 150;
/// How long before an item's cue it is changed, in milliseconds, one item after the other.
const AHEAD_MS: [i64; 9] = [1800, 1500, 1200, 1100, 1050, 1000, 950, 900, 850];

fn shuffled(slots: &[Slot], from_tick: i64, dice: &mut Dice) -> Vec<Slot> {
    let mut slots = slots.to_vec();
    let first = slots.iter().position(|slot| slot.first >= from_tick).unwrap_or(slots.len());
    for n in (first + 1..slots.len()).rev() {
        let other = first + dice.below((n - first + 1) as u64) as usize;
        let clip = slots[n].clip.clone();
        slots[n].clip = std::mem::replace(&mut slots[other].clip, clip);
    }
    slots
}

pub fn measure(length: Length) -> Vec<Row> {
    let seconds = length.of(20, 120);
    let clips: Vec<Clip> = (90..98).map(|id| clips::make(Kind::house(id), ITEM)).collect();
    let items = seconds as usize + 20 + AHEAD_MS.len() * 5;
    let slots = plan::in_turn(clips.iter().cycle().take(items).map(|clip| (clip.clone(), ITEM)));
    let mut home = Home::new();
    let begin = soon(super::START_S);
    let rows = plan::rows(&home, begin, &slots);
    home.publish_rows(begin, 1, &rows);
    let recording = home.path().join("air.ts");
    let end = plan::at(begin, items as i64 * i64::from(ITEM));
    let player = start(&home, &[&format!("file:{}", recording.display())], end);
    let date = zone().date_of(begin).to_string();
    let folder = home.path().join("playlists/videotron");
    let file = |revision: u32| folder.join(format!("{date}.r{revision}.json"));

    sleep_until(plan::at(begin, 50));
    let (mut dice, mut revision, mut planned) = (Dice(8), 1, slots.clone());
    let storm = now();
    while now() < storm + TimeDelta::seconds(seconds) {
        revision += 1;
        let tick = (now() - begin).num_milliseconds() / 40;
        let text = match dice.below(6) {
            0 => {
                planned = shuffled(&slots, tick + SAFE_TICKS, &mut dice);
                revision_of(&date, revision, &plan::rows(&home, begin, &planned))
            }
            1 => revision_of(&date, revision, &without(tick, &plan::rows(&home, begin, &planned))),
            2 => String::new(),
            3 => {
                let text = revision_of(&date, revision, &rows);
                text[..text.len() / 2].to_owned()
            }
            4 => revision_of(&date, revision, &rows).replace("videotron", "another"),
            _ => revision_of(&date, revision, &rows).replace("\"duration_frames\":25", "\"duration_frames\":50"),
        };
        // Not whole, then renamed: a player may see half of it.
        std::fs::write(file(revision), text).expect("written");
        std::thread::sleep(std::time::Duration::from_millis(60).saturating_sub(std::time::Duration::from_millis(5)));
    }
    let rate = f64::from(revision - 1) / (now() - storm).num_milliseconds() as f64 * 60_000.0;

    // The last word: an order of its own, published whole.
    let tick = (now() - begin).num_milliseconds() / 40;
    planned = shuffled(&slots, tick + SAFE_TICKS, &mut dice);
    revision += 1;
    publish(&file(revision), &revision_of(&date, revision, &plan::rows(&home, begin, &planned)));
    let settled = tick + SAFE_TICKS;

    // Then changes that come later and later before the item that they change.
    let mut tried = BTreeMap::new();
    for (n, ahead_ms) in (0..).zip(AHEAD_MS) {
        let at = planned.iter().position(|slot| slot.first > settled + 50 + n * 125).expect("there are enough");
        let cue = planned[at].first;
        let other = clips.iter().find(|clip| clip.kind.id != planned[at].clip.kind.id).expect("eight clips");
        planned[at].clip = other.clone();
        revision += 1;
        let text = revision_of(&date, revision, &plan::rows(&home, begin, &planned));
        sleep_until(plan::at(begin, cue) - TimeDelta::milliseconds(ahead_ms));
        publish(&file(revision), &text);
        tried.insert(at, (ahead_ms, other.kind.id));
    }
    let ended = ends(player, end);
    let air = plan::air(begin, &barcode::read(&recording));

    let glitches = slots.iter().map(|slot| glitches(slot, &air)).sum::<u64>();
    let last: Vec<Slot> = planned.iter().filter(|slot| slot.first >= settled).cloned().collect();
    let not_tried = last.iter().filter(|slot| !tried.keys().any(|at| planned[*at].first == slot.first));
    let kept = plan::judge(not_tried, &air);
    let came = tried.iter().map(|(at, (ahead_ms, id))| {
        let seen = air.get(&planned[*at].first);
        (*ahead_ms, matches!(seen, Some(Seen::Frame { id: shown, .. }) if shown == id))
    });
    let came: Vec<(i64, bool)> = came.collect();
    let latest =
        came.iter().filter(|(ahead, _)| !came.iter().any(|(a, took)| a >= ahead && !took)).map(|(a, _)| *a).min();
    let latest_figure = latest.map_or("none took effect".to_owned(), |ms| format!("{ms} ms before its cue"));
    vec![
        Row::new("revisions a minute", format!("{rate:.0}"), "≥ 1000", rate >= 1000.0),
        Row::none_of(format!("ticks that were not the next frame of their slot's clip, of {}", items * 25), glitches),
        Row::none_of("faulty frames under the last good revision", kept.faults()),
        Row::new(
            "latest change that took effect, with every earlier one",
            latest_figure,
            "≤ 1000 ms",
            latest.is_some_and(|ms| ms <= 1000),
        ),
        Row::new("the player ended by itself", ended, "true", ended),
    ]
}

fn publish(path: &std::path::Path, text: &str) {
    siaran::files::whole::write(path, text.as_bytes()).expect("published");
}

/// The rows without the one that is on air at a tick.
fn without(tick: i64, rows: &[Value]) -> Vec<Value> {
    let on_air = format!("i{}", tick / i64::from(ITEM));
    rows.iter().filter(|row| row["id"] != on_air.as_str()).cloned().collect()
}

/// Ticks of a slot that do not show frame n of one and the same clip at tick n.
fn glitches(slot: &Slot, air: &plan::Air) -> u64 {
    let first = air.get(&slot.first);
    let right = |n: i64| match (first, air.get(&(slot.first + n))) {
        (Some(Seen::Frame { id, frame: 0 }), Some(Seen::Frame { id: now, frame })) => {
            id == now && i64::from(*frame) == n
        }
        _ => false,
    };
    (0..i64::from(slot.ticks)).filter(|n| !right(*n)).count() as u64
}
