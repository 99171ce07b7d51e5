//! Measures the player, and others on the same clips, from the sink: from what a recording or a socket got, never from
//! what a player says of itself.
//!
//! ```text
//! cargo bench --bench playout -- --short              every case, within ten minutes on two cores
//! cargo bench --bench playout -- --full               hours; what is finished is kept in target/, and not done again
//! cargo bench --bench playout -- --full --only spots  one case, also if it is finished
//! ```
//!
//! Each case prints rows: what, figure, bar, holds or not. The table at the end holds the newest figures of every case
//! that has been measured at that length; `docs/benchmarks.md` shows one. Frames and counts do not depend on what else
//! the machine does; times do, so the load stands next to them.

#[path = "../../tests/av/barcode.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod barcode;
mod cases;
mod clips;
#[path = "../../tests/av/heard.rs"]
mod heard;
mod plan;
mod process;
mod report;
#[path = "../../tests/av/senders.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod senders;
mod sink;
#[path = "../../tests/av/stage.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stage;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use cases::{CASES, Case};
use report::{Kept, Measured};

/// How thoroughly to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Ten minutes for all.
    Short,
    /// Hours.
    Full,
}

impl Length {
    /// One of two.
    pub fn of<T>(self, short: T, full: T) -> T {
        match self {
            Length::Short => short,
            Length::Full => full,
        }
    }

    fn name(self) -> &'static str {
        self.of("short", "full")
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut length = Length::Short;
    let mut only = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.as_slice().first()) {
            ("--short", _) => length = Length::Short,
            ("--full", _) => length = Length::Full,
            ("--only", Some(name)) if CASES.iter().any(|case| case.name == *name) => {
                only.push(name.clone());
                rest.next();
            }
            _ => {
                eprintln!(
                    "error: {argument:?} is not understood. Try: --short, --full, --only NAME, where NAME is one of:"
                );
                CASES.iter().for_each(|case| eprintln!("  {}", case.name));
                return ExitCode::from(2);
            }
        }
    }
    let kept = Kept::open(length);
    let wanted: Vec<&Case> = CASES
        .iter()
        .filter(|case| match only.is_empty() {
            true => length == Length::Short || !kept.has(case.name),
            false => only.iter().any(|name| name == case.name),
        })
        .collect();
    let (alone, together): (Vec<&Case>, Vec<&Case>) = wanted.into_iter().partition(|case| case.alone);
    run(&together, length.of(3, 1), length, &kept);
    run(&alone, 1, length, &kept);
    let table = kept.table();
    println!("\n{table}");
    match kept.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Measures cases, so many at a time.
fn run(cases: &[&Case], at_once: usize, length: Length, kept: &Kept) {
    let waiting = Mutex::new(cases.iter());
    let work = || {
        loop {
            let Some(case) = waiting.lock().expect("nobody panics with it").next() else { return };
            let (begun, load) = (Instant::now(), process::load());
            println!("{}: {} …", case.name, case.what);
            // One that can't be measured, on a full disk for example, costs the others nothing.
            let Ok(rows) = std::panic::catch_unwind(|| (case.measure)(length)) else {
                println!("  {}: could not be measured; why stands above", case.name);
                continue;
            };
            let load = [load, process::load()];
            rows.iter().for_each(|row| println!("  {}: {row}", case.name));
            kept.keep(&Measured::new(case.name, rows, load, begun.elapsed()));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(work);
        }
    });
}
