//! The cases, and what they share: a player on a home, until its end.

mod cost;
mod gaps;
mod hard;
mod hostile;
mod joins;
mod live;
mod outputs;
mod restarts;
mod revisions;
mod soak;
mod spots;
mod uploads;

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;

use crate::Length;
use crate::barcode::{self, Seen};
use crate::plan::{self, Slot};
use crate::report::Row;
use crate::stage::{Home, Player};

/// One thing that is measured.
pub struct Case {
    pub name: &'static str,
    pub what: &'static str,
    /// Its figures are times: nothing else is measured meanwhile.
    pub alone: bool,
    pub measure: fn(Length) -> Vec<Row>,
}

/// All of them, in the order of the table.
pub const CASES: &[Case] = &[
    Case { name: "joins", what: "200 joins of mixed rates, rasters and sounds", alone: false, measure: joins::measure },
    Case { name: "spots", what: "spots of 15 s on their time", alone: false, measure: spots::measure },
    Case { name: "hard", what: "hard and soft starts over items that run over", alone: false, measure: hard::measure },
    Case { name: "gaps", what: "silent clips and sound alone", alone: false, measure: gaps::measure },
    Case { name: "outputs", what: "two of three outputs hung or killed", alone: false, measure: outputs::measure },
    Case { name: "hostile", what: "hostile files between good ones", alone: false, measure: hostile::measure },
    Case { name: "revisions", what: "a thousand revisions a minute", alone: false, measure: revisions::measure },
    Case { name: "live", what: "live senders that come, go and send rubbish", alone: true, measure: live::measure },
    Case { name: "soak", what: "clip changes at speed", alone: false, measure: soak::measure },
    Case { name: "uploads", what: "24 uploads of 100 MB while it airs", alone: true, measure: uploads::measure },
    Case { name: "cost", what: "processor and memory beside others", alone: true, measure: cost::measure },
    Case { name: "restarts", what: "starts and kills of player and decoders", alone: true, measure: restarts::measure },
];

/// What the wall's clock says.
fn now() -> DateTime<Utc> {
    SystemClock::start().now()
}

/// Sleeps until an instant.
fn sleep_until(instant: DateTime<Utc>) {
    std::thread::sleep((instant - now()).to_std().unwrap_or_default());
}

/// Whole seconds from now.
fn soon(seconds: i64) -> DateTime<Utc> {
    crate::stage::soon(seconds)
}

/// Starts a player whose messages go into the home's `player.log`.
fn start(home: &Home, outputs: &[&str], until: DateTime<Utc>) -> Player {
    let log = File::options().create(true).append(true).open(home.path().join("player.log")).expect("a new file");
    let mut command = home.command(outputs, until);
    Player(command.stderr(Stdio::from(log)).spawn().expect("the player starts"))
}

/// Waits for a player that ends at an instant; whether it ended by itself, and well.
fn ends(player: Player, at: DateTime<Utc>) -> bool {
    let left = (at - now() + TimeDelta::seconds(20)).to_std().unwrap_or(Duration::from_secs(20));
    player.ends(left)
}

/// A recording and its frames.
struct Aired {
    start: DateTime<Utc>,
    recording: PathBuf,
    frames: Vec<(i64, Seen)>,
    air: plan::Air,
    ended: bool,
}

/// How long a player takes to be up, with ample room.
const START_S: i64 = 6;

/// Publishes slots, plays them into a file while `meanwhile` looks on, and reads the recording.
fn play<T>(home: &mut Home, slots: &[Slot], meanwhile: impl FnOnce(&Player, DateTime<Utc>) -> T) -> (Aired, T) {
    let ticks = slots.last().map_or(0, |slot| slot.first + i64::from(slot.ticks));
    let start_at = soon(START_S);
    let rows = plan::rows(home, start_at, slots);
    home.publish_rows(start_at, 1, &rows);
    let recording = home.path().join("air.ts");
    let end = plan::at(start_at, ticks + 25);
    let player = start(home, &[&format!("file:{}", recording.display())], end);
    let told = meanwhile(&player, start_at);
    let ended = ends(player, end);
    let frames = barcode::read(&recording);
    let air = plan::air(start_at, &frames);
    (Aired { start: start_at, recording, frames, air, ended }, told)
}

/// Numbers that look thrown, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How long so many ticks are.
fn seconds_of(ticks: u32) -> f64 {
    f64::from(ticks) / 25.0
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The largest of some figures.
fn most(figures: impl IntoIterator<Item = f64>) -> f64 {
    figures.into_iter().fold(0.0, f64::max)
}
