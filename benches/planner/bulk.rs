//! A year of fifty walls that share clips: how long drafting all of its days takes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use siaran::domain::ids::{AssetId, OpdId};
use siaran::domain::rotation::{Class, FixedEvent, Rotation, RotationEntry, Step, Stretch};
use siaran::engine::planner;

/// id, office, class, seconds, window from, until, minimum, wanted, separation, first day, last day, walls.
type Row = (i64, i64, u8, Step, Step, Step, u32, u32, Step, i64, i64, Vec<i64>);

#[derive(Deserialize)]
struct Bulk {
    name: String,
    days: i64,
    walls: i64,
    open: Step,
    close: Step,
    clips: Vec<Row>,
}

pub fn measure(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Ok(bulk) = serde_json::from_str::<Bulk>(&text) else {
        println!("| {} | not understood | | | | |", path.display());
        return;
    };
    let (mut micros, mut plays, mut booked, mut bound) = (0, 0, 0, 0);
    for day in 0..bulk.days {
        for wall in 0..bulk.walls {
            let rotation = bulk.rotation(day, wall);
            let before = cpu_micros();
            let plan = planner::draft(&rotation);
            micros += cpu_micros() - before;
            plays += plan.plays.len();
            booked += plan.plays.iter().map(|play| rotation.entries[play.entry].length).sum::<Step>();
            bound += most(&rotation);
        }
    }
    let days = bulk.days * bulk.walls;
    let (seconds, fill) = (micros as f64 / 1e6, booked as f64 / bound as f64);
    println!("| {} | {days} | {plays} | {fill:.5} | {seconds:.2} s | {} µs |", bulk.name, micros / days);
}

impl Bulk {
    /// The anthem, and calls to prayer that move through the year.
    fn fixed(&self, day: i64) -> Vec<FixedEvent> {
        let moved = |phase: i64| (600.0 * (std::f64::consts::TAU * (day + phase) as f64 / 365.0).sin()) as Step;
        let times = [(36_000, 180), (42_300 + moved(0), 300), (54_300 + moved(30), 300)];
        let evening = [(63_900 + moved(60), 300), (68_280 + moved(60), 300)];
        let event = |(start, length)| FixedEvent { span: Stretch { start, end: start + length }, title: String::new() };
        times.into_iter().chain(evening).map(event).collect()
    }

    fn rotation(&self, day: i64, wall: i64) -> Rotation {
        let airs = self.clips.iter().filter(|c| c.9 <= day && day <= c.10 && c.11.contains(&wall));
        let entries = airs.map(|c| RotationEntry {
            asset: AssetId(c.0),
            title: String::new(),
            office: OpdId(c.1),
            class: Class(c.2),
            length: c.3,
            windows: vec![Stretch { start: c.4, end: c.5 }],
            minimum: c.6,
            wanted: c.7,
            separation: c.8,
        });
        Rotation {
            open: Stretch { start: self.open, end: self.close },
            fixed: self.fixed(day),
            entries: entries.collect(),
            offices: BTreeMap::new(),
            groups: BTreeMap::new(),
            office_gap: 0,
            categories: Vec::new(),
            shortest_pause: 0,
            phase: 0,
        }
    }
}

/// The lesser of the free time and of what is asked for as far as separations allow it.
fn most(rotation: &Rotation) -> Step {
    let free = rotation.free();
    let asked = rotation.entries.iter().map(|entry| {
        let (mut plays, mut from) = (0, Step::MIN);
        for room in free.iter().filter_map(|f| f.meet(entry.windows[0])) {
            let first = room.start.max(from);
            if room.end - first >= entry.length {
                let here = (room.end - first - entry.length) / entry.separation.max(entry.length) + 1;
                plays += here;
                from = first + here * entry.separation.max(entry.length);
            }
        }
        entry.length * plays.min(i64::from(entry.wanted))
    });
    asked.sum::<Step>().min(free.iter().map(|f| f.length()).sum())
}

fn cpu_micros() -> i64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec * 1_000_000 + spent.tv_nsec / 1000
}
