//! Spots of 15 s for an hour: each on its time, and the last as exactly as the first.

use super::{ends, median, soon, start};
use crate::Length;
use crate::barcode;
use crate::clips::{self, Kind};
use crate::heard;
use crate::plan;
use crate::report::Row;
use crate::sink::Listener;
use crate::stage::Home;

/// Ticks of a spot.
const SPOT: u32 = 375;

pub fn measure(length: Length) -> Vec<Row> {
    let count = length.of(12, 240);
    let slots = plan::in_turn((0..count).map(|n| (clips::make(Kind::house(n as u8 % 6 + 50), SPOT), SPOT)));
    let mut home = Home::new();
    let begin = soon(super::START_S);
    let rows = plan::rows(&home, begin, &slots);
    home.publish_rows(begin, 1, &rows);
    let listener = Listener::open();
    let end = plan::at(begin, i64::from(SPOT) * i64::from(count) + 5);
    let player = start(&home, &[&listener.address], end);
    let ended = ends(player, end);
    let received = listener.close();
    let file = home.path().join("received.ts");
    std::fs::write(&file, &received.stream).expect("written");
    let air = plan::air(begin, &barcode::read(&file));
    let errors: Vec<Option<i64>> = slots.iter().map(|slot| plan::start_error(slot, &air)).collect();
    let missed = errors.iter().filter(|error| error.is_none()).count() as u64;
    let worst = errors.iter().flatten().map(|error| error.abs()).max().unwrap_or(i64::MAX);
    let points = |slot: &plan::Slot, error: &Option<i64>| Some((slot.first as f64 / 25.0, error.as_ref()? * 40));
    let points = slots.iter().zip(&errors).filter_map(|(slot, error)| points(slot, error));
    let drift = slope_per_hour(&points.map(|(at, ms)| (at, ms as f64)).collect::<Vec<_>>());
    let late: Vec<(f64, f64)> = received
        .pictures()
        .into_iter()
        .map(|(pts, came)| (heard::tick_of(begin, pts), came))
        .filter(|(tick, _)| (0..i64::from(SPOT) * i64::from(count)).contains(tick))
        .map(|(tick, came)| {
            (tick as f64 / 25.0, (came - plan::at(begin, tick)).num_microseconds().unwrap_or(0) as f64 / 1e3)
        })
        .collect();
    let mut sorted: Vec<f64> = late.iter().map(|(_, ms)| *ms).collect();
    sorted.sort_by(f64::total_cmp);
    let p99 = sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    let quarter = late.len() / 4;
    let middle = |part: &[(f64, f64)]| median(part.iter().map(|(_, ms)| *ms).collect());
    let moved = middle(&late[late.len() - quarter..]) - middle(&late[..quarter]);
    vec![
        Row::new(
            format!("start error of {count} spots of 15 s"),
            format!("{worst} frames at most, {missed} never seen"),
            "≤ 1 frame",
            missed == 0 && worst <= 1,
        ),
        Row::new("slope of the start error", format!("{drift:.2} ms an hour"), "< 1 ms an hour", drift.abs() < 1.0),
        Row::said(
            "arrival at a socket after the tick's own time",
            format!(
                "median {:.1} ms, 99 % within {p99:.1}; last quarter's median {moved:+.2} ms from the first's",
                median(sorted)
            ),
        ),
        Row::none_of("frames lost, doubled, black or missing", plan::judge(&slots, &air).faults()),
        Row::new("the player ended by itself", ended, "true", ended),
    ]
}

/// Least squares over points of seconds and milliseconds.
fn slope_per_hour(points: &[(f64, f64)]) -> f64 {
    let n = points.len().max(1) as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let over: f64 = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    let under: f64 = points.iter().map(|(x, _)| (x - mx).powi(2)).sum();
    if under > 0.0 { over / under * 3600.0 } else { 0.0 }
}
