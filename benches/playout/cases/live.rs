//! Live senders that connect, send, some of it damaged, die, and send rubbish, over UDP and SRT; the plan beneath.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Aired, Dice, most, play};
use crate::Length;
use crate::barcode::Seen;
use crate::clips::{self, Kind};
use crate::plan;
use crate::report::Row;
use crate::senders::{Carries, Line, Sender, Spoil, fill, free_port};
use crate::stage::Home;

/// Name of the live picture in the barcode.
const LIVE: u8 = 90;
/// Ticks of a clip of the plan.
const CLIP: u32 = 250;
/// How long a cycle is at most, ticks: 1.5 to 2.5 s of stream, a pause of up to 0.9 s, and rubbish.
const CYCLE: u32 = 125;
/// What both blocks need besides, ticks: the orders, and the start of their sources.
const ROUND: u32 = 400;

/// When one sender's first packet went, which holds its first key frame, and its last.
struct Cycle {
    over: Carries,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

pub fn measure(length: Length) -> Vec<Row> {
    let cycles = length.of(12, 100);
    let count = (cycles * CYCLE + ROUND).div_ceil(CLIP);
    let slots = plan::in_turn((0..count).map(|n| (clips::make(Kind::house((n % 4) as u8 + 60), CLIP), CLIP)));
    let live = clips::make(Kind::house(LIVE), CLIP);
    let mut home = Home::new();
    let folder = home.path().to_owned();
    let (aired, cycles) = play(&mut home, &slots, |_, start| {
        super::sleep_until(plan::at(start, 25));
        let mut all = block(&folder, &live.path, Carries::Udp, cycles / 2);
        all.extend(block(&folder, &live.path, Carries::Srt, cycles / 2));
        all
    });
    judge(&slots, &aired, &cycles)
}

/// Cycles over one kind of line, with one order.
fn block(home: &Path, clip: &Path, over: Carries, cycles: u32) -> Vec<Cycle> {
    let player = free_port();
    let (scheme, listening) = match over {
        Carries::Udp => ("udp", format!("udp://127.0.0.1:{player}")),
        Carries::Srt => ("srt", format!("srt://:{player}?mode=listener")),
    };
    order(home, &["live", &listening]);
    std::thread::sleep(Duration::from_secs(1));
    let line = Line::to(player, over);
    let address = format!("{scheme}://127.0.0.1:{}?pkt_size=1316", line.port);
    let mut dice = Dice(u64::from(player));
    let mut told = Vec::new();
    for n in 0..cycles {
        line.begin((n % 2 == 1).then(damage));
        let sender = Sender::start(clip, "mpegts", &address);
        let Some(first) = line.first(Duration::from_secs(8)) else { continue };
        std::thread::sleep(Duration::from_millis(1500 + dice.below(1000)));
        drop(sender);
        told.push(Cycle { over, first, last: line.passed().last.unwrap_or(first) });
        if n % 3 == 2 {
            rubbish(&line, clip, over, &address, u64::from(n));
        }
        std::thread::sleep(Duration::from_millis(450 + dice.below(450)));
    }
    told
}

/// A packet in fifty is overwritten.
fn damage() -> Spoil {
    Box::new(|n, bytes| {
        if n % 50 == 49 && bytes.len() > 700 {
            bytes[200..700].fill(0xa5);
        }
    })
}

/// Half a second of rubbish: over UDP from nowhere, over SRT in a call of its own.
fn rubbish(line: &Line, clip: &Path, over: Carries, address: &str, seed: u64) {
    match over {
        Carries::Udp => line.rubbish(Duration::from_millis(500), seed),
        Carries::Srt => {
            line.begin(Some(Box::new(move |n, bytes| fill(bytes, &mut (seed + n as u64 + 1)))));
            let _sender = Sender::start(clip, "mpegts", address);
            let _ = line.first(Duration::from_secs(8));
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

fn order(home: &Path, words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
    let done = command.arg("--home").arg(home).args(["ctl", "videotron"]).args(words).output().expect("it runs");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn judge(slots: &[plan::Slot], aired: &Aired, cycles: &[Cycle]) -> Vec<Row> {
    let ticks = slots.last().map_or(0, |slot| slot.first + i64::from(slot.ticks));
    let live = |seen: &Seen| matches!(seen, Seen::Frame { id: LIVE, .. });
    let (mut off, mut repeated, mut longest) = (0u64, 0u32, (0u32, 0i64));
    let mut back = Vec::new();
    let mut before: Option<u32> = None;
    for slot in slots {
        for n in 0..i64::from(slot.ticks) {
            let planned = Seen::Frame { id: slot.clip.kind.id, frame: u32::try_from(n).unwrap_or(u32::MAX) };
            match aired.air.get(&(slot.first + n)) {
                Some(Seen::Frame { id: LIVE, frame }) => {
                    if let Some(before) = before.filter(|before| frame < before) {
                        back.push(format!("{before} → {frame} at tick {}", slot.first + n));
                    }
                    repeated = if before == Some(*frame) { repeated + 1 } else { 0 };
                    longest = longest.max((repeated, slot.first + n));
                    before = Some(*frame);
                }
                seen => {
                    off += u64::from(seen != Some(&planned));
                    (before, repeated) = (None, 0);
                }
            }
        }
    }
    // From an instant to the first tick that shows what is waited for.
    let until = |at: DateTime<Utc>, wanted: bool| {
        let ms = (at - aired.start).num_milliseconds();
        let mut later = aired.air.range((ms + 39).div_euclid(40)..);
        later.find(|(_, seen)| live(seen) == wanted).map_or(f64::INFINITY, |(tick, _)| (tick * 40 - ms) as f64)
    };
    let mut rows = vec![Row::said("cycles", cycles.len())];
    for (over, name) in [(Carries::Udp, "UDP"), (Carries::Srt, "SRT")] {
        let of: Vec<&Cycle> = cycles.iter().filter(|cycle| cycle.over == over).collect();
        let on: Vec<f64> = of.iter().map(|cycle| until(cycle.first, true)).collect();
        let gone: Vec<f64> = of.iter().map(|cycle| until(cycle.last, false)).collect();
        for (what, figures, bar) in [
            ("first key frame sent to live on air", on, 1000.0),
            ("last packet to the timeline's own frame", gone, 500.0),
        ] {
            let (middle, worst) = (super::median(figures.clone()), most(figures));
            let figure = format!("median {middle} ms, worst {worst}");
            rows.push(Row::new(format!("{name}: {what}"), figure, format!("≤ {bar} ms"), worst <= bar));
        }
    }
    let step = plan::largest_step_ms(aired.start, ticks, &aired.frames);
    let missing = (0..ticks).filter(|tick| !aired.air.contains_key(tick)).count() as u64;
    rows.extend([
        Row::new("largest step between frames", format!("{step} ms"), "40 ms", step == 40),
        Row::none_of("ticks without a frame", missing),
        Row::none_of(format!("of {ticks} frames, neither the timeline's own nor live"), off),
        Row::none_of("live frames that went back", back.len() as u64),
        Row::said("which, at most five", back.iter().take(5).cloned().collect::<Vec<_>>().join("; ")),
        Row::said("longest that one live frame stood", format!("{} ms, to tick {}", (longest.0 + 1) * 40, longest.1)),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]);

    rows
}
