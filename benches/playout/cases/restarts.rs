//! From nothing to a picture, and back after the player or a decoder was killed.

use std::collections::BTreeSet;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::Signal;
use siaran::domain::as_run::AsRun;

use super::{Dice, ends, most, now, sleep_until, soon, start};
use crate::Length;
use crate::barcode::{self, Seen};
use crate::clips::{self, Kind};
use crate::heard;
use crate::plan::{self, Slot};
use crate::process;
use crate::report::Row;
use crate::sink::{Listener, Received};
use crate::stage::Home;

/// Ticks of one item.
const ITEM: u32 = 125;

pub fn measure(length: Length) -> Vec<Row> {
    let kills = length.of(5, 50);
    let mut rows = starts(length.of(5, 20));
    rows.extend(kill_players(kills));
    rows.extend(kill_decoders(kills));
    rows
}

fn spots(count: u32) -> Vec<Slot> {
    plan::in_turn((0..count).map(|n| (clips::make(Kind::house(n as u8 % 8 + 30), ITEM), ITEM)))
}

/// A home on air from now on, with its list of plugins made by a first start.
fn on_air(slots: &[Slot]) -> (Home, DateTime<Utc>) {
    let mut home = Home::new();
    let warm = start(&home, &["null"], soon(2));
    ends(warm, soon(2));
    let begin = soon(-1);
    let rows = plan::rows(&home, begin, slots);
    home.publish_rows(begin, 1, &rows);
    (home, begin)
}

/// Each picture that came, with its tick and what it shows.
fn seen(home: &Home, received: &Received, begin: DateTime<Utc>) -> Vec<(i64, Seen, DateTime<Utc>)> {
    let file = home.path().join("received.ts");
    std::fs::write(&file, &received.stream).expect("written");
    let arrivals: std::collections::BTreeMap<i64, DateTime<Utc>> =
        received.pictures().into_iter().map(|(pts, at)| (heard::tick_of(begin, pts), at)).collect();
    let frames = barcode::read(&file).into_iter();
    let ticks = frames.map(|(pts, what)| (heard::tick_of(begin, pts), what));
    ticks.filter_map(|(tick, what)| Some((tick, what, *arrivals.get(&tick)?))).collect()
}

/// Whether a tick shows what the plan has there.
fn is_right(slots: &[Slot], tick: i64, what: Seen) -> bool {
    let slot = usize::try_from(tick / i64::from(ITEM)).ok().and_then(|n| slots.get(n));
    slot.is_some_and(|slot| {
        what == Seen::Frame { id: slot.clip.kind.id, frame: u32::try_from(tick - slot.first).unwrap_or(u32::MAX) }
    })
}

fn starts(count: usize) -> Vec<Row> {
    let slots = spots(count as u32 + 4);
    let (home, begin) = on_air(&slots);
    let mut took = Vec::new();
    for _ in 0..count {
        let listener = Listener::open();
        let started = now();
        let player = start(&home, &[&listener.address], started + TimeDelta::seconds(60));
        sleep_until(started + TimeDelta::milliseconds(2500));
        drop(player);
        let came = seen(&home, &listener.close(), begin);
        let first = came.iter().find(|(tick, what, _)| is_right(&slots, *tick, *what));
        if first.is_none() {
            println!(
                "  restarts: nothing right among {} pictures: {:?}",
                came.len(),
                came.iter().take(3).collect::<Vec<_>>()
            );
        }
        took.push(first.map_or(f64::INFINITY, |(_, _, at)| (*at - started).num_milliseconds() as f64));
    }
    let worst = most(took.iter().copied());
    let figure = format!("median {:.0} ms, worst {worst:.0} of {count}", super::median(took));
    vec![Row::new("start of the process to the first correct frame at a socket", figure, "≤ 800 ms", worst <= 800.0)]
}

fn kill_players(kills: usize) -> Vec<Row> {
    let slots = spots(kills as u32 + 8);
    let (home, begin) = on_air(&slots);
    let listener = Listener::open();
    let far = plan::at(begin, i64::from(ITEM) * slots.len() as i64);
    let mut dice = Dice(6);
    let mut deaths = Vec::new();
    let mut player = start(&home, &[&listener.address], far);
    for _ in 0..kills {
        sleep_until(now() + TimeDelta::milliseconds(2500 + dice.below(1500) as i64));
        deaths.push(now());
        drop(player);
        player = start(&home, &[&listener.address], far);
    }
    sleep_until(now() + TimeDelta::milliseconds(2500));
    let _ = Command::new("kill").arg(player.0.id().to_string()).status();
    let ended = ends(player, now());
    let came = seen(&home, &listener.close(), begin);
    let back = |death: &DateTime<Utc>| {
        let after = came.iter().filter(|(_, _, at)| at > death);
        let right = after.filter(|(tick, what, _)| plan::at(begin, *tick) > *death && is_right(&slots, *tick, *what));
        right.map(|(.., at)| (*at - *death).num_milliseconds() as f64).next().unwrap_or(f64::INFINITY)
    };
    let gaps: Vec<f64> = deaths.iter().map(back).collect();
    let black = came.iter().filter(|(_, what, _)| *what == Seen::Black).count() as u64;
    // The slate, until the decoder is open, reads as clip 0.
    let shown = came.iter().filter(|(_, what, _)| matches!(what, Seen::Frame { id: 1.., .. }));
    let wrong = shown.filter(|(tick, what, _)| !is_right(&slots, *tick, *what));
    // The kill cuts the picture that is being sent; a decoder makes up the rest of it from the one before.
    let last_of: BTreeSet<i64> = deaths
        .iter()
        .filter_map(|death| came.iter().filter(|(.., at)| at < death).map(|(tick, ..)| *tick).max())
        .collect();
    let (cut, wrong): (Vec<_>, Vec<_>) =
        wrong.partition(|(tick, what, _)| last_of.contains(tick) && is_right(&slots, *tick - 1, *what));
    let worst = most(gaps.iter().copied());
    let faults = journal_faults(&home.rows(), kills);
    vec![
        Row::new(
            format!("kill -9 of the player, {kills} times, restarted at once: death to the next correct frame"),
            format!("median {:.0} ms, worst {worst:.0}", super::median(gaps)),
            "≤ 1500 ms",
            worst <= 1500.0,
        ),
        Row::none_of(
            format!("frames off their tick, before and after{}", first_of(&wrong, &deaths)),
            wrong.len() as u64,
        ),
        Row::said("pictures that a kill cut while they were sent, read as the one before", cut.len()),
        Row::none_of("black frames", black),
        Row::new("as-run rows lost or doubled", faults.join("; "), "", faults.is_empty()),
        Row::new("the last player ended by itself", ended, "true", ended),
    ]
}

/// The first of what was wrong, and how long after a death it came.
fn first_of(wrong: &[&(i64, Seen, DateTime<Utc>)], deaths: &[DateTime<Utc>]) -> String {
    let Some((tick, what, at)) = wrong.first() else { return String::new() };
    let death = deaths.iter().rev().find(|death| *death < at);
    let after = death.map_or(0, |death| (*at - *death).num_milliseconds());
    format!(" (first at tick {tick}: {what:?}, {after} ms after a death)")
}

/// Where rows do not tile time, and kills that are not on record.
fn journal_faults(rows: &[AsRun], kills: usize) -> Vec<String> {
    let mut faults = Vec::new();
    for pair in rows.windows(2) {
        if pair[1].seq != pair[0].seq + 1 || pair[1].start != pair[0].end {
            faults.push(format!("rows {} and {} do not meet", pair[0].seq, pair[1].seq));
        }
    }
    let lost = rows.iter().filter(|row| row.why.as_deref() == Some("player_lost")).count();
    if lost != kills {
        faults.push(format!("{lost} of {kills} deaths are on record"));
    }
    faults
}

fn kill_decoders(kills: usize) -> Vec<Row> {
    let slots = spots(kills as u32 + 1);
    let mut home = Home::new();
    let mut dice = Dice(7);
    let (aired, killed) = super::play(&mut home, &slots, |player, begin| {
        let mut killed = 0u64;
        for slot in &slots[..kills] {
            sleep_until(plan::at(begin, slot.first + 10 + dice.below(80) as i64));
            let hash = siaran::files::whole::sha256_of(&slot.clip.path).expect("readable").to_string();
            let on_air =
                process::decoders(player.0.id()).into_iter().filter(|(_, file)| file.to_string_lossy().contains(&hash));
            // The one that was started first is on air; the same clip may be open again for later.
            if let Some((pid, _)) = on_air.min_by_key(|(pid, _)| *pid) {
                process::signal(pid, Signal::KILL);
                killed += 1;
            }
        }
        killed
    });
    let costs: Vec<_> = slots.iter().map(|slot| plan::judge_slot(slot, &aired.air)).collect();
    let (black, missing) = costs.iter().fold((0, 0), |(b, m), kept| (b + kept.black, m + kept.missing));
    let worst = costs.iter().map(|kept| kept.other + kept.doubled.max(kept.off)).max().unwrap_or(0);
    let late = slots.iter().filter(|slot| plan::start_error(slot, &aired.air) != Some(0)).count() as u64;
    let held: BTreeSet<u64> = costs.iter().map(|kept| kept.doubled).collect();
    vec![
        Row::new(
            format!("kill -9 of the decoder on air, {kills} times: killed"),
            killed,
            kills.to_string(),
            killed == kills as u64,
        ),
        Row::none_of("black or missing frames", black + missing),
        Row::none_of("items that did not start on their tick", late),
        Row::said("frames held or covered by the slate, at worst", format!("{worst} (held {held:?})")),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]
}
