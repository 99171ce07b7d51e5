//! An operator's orders, given on the command line and judged from the sink.

use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::as_run::{AirKind, Outcome};
use siaran::domain::time::Clock;

use crate::barcode::{self, Recipe, Seen};
use crate::heard::tick_of;
use crate::stage::{Home, Planned, TICK, seconds, soon};

pub fn ctl(home: &Home, order: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
    command.arg("--home").arg(home.path()).args(["ctl", "videotron"]).args(order);
    command.output().expect("the command runs")
}

pub fn wait_until(at: DateTime<Utc>) {
    let wait = at - SystemClock::start().now();
    std::thread::sleep(wait.to_std().expect("it lies ahead"));
}

#[test]
fn orders_reach_the_wall_and_the_plan_is_back_on_its_frame() {
    let mut home = Home::new();
    let clips = [1, 2].map(|n| home.clip(&format!("{n}.mp4"), &Recipe::plain(n, 250)));
    let warning = home.clip("banjir.mp4", &Recipe::plain(3, 50));
    let start = soon(5);
    let items = clips.map(|clip| Planned { clip, frames: 250 });
    let end = home.publish(start, &items);
    let air = home.path().join("air.ts");
    let player = home.play(&[&format!("file:{}", air.display())], end);

    wait_until(start + TimeDelta::seconds(2));
    let status = ctl(&home, &["status"]);
    let told = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(told.contains("on air: clip  Clip 0") && told.contains("Clip 1"), "{told}");
    let until = (start + TimeDelta::seconds(7)).to_rfc3339();
    let warning = warning.to_string_lossy().into_owned();
    let nobody = ctl(&home, &["emergency", &warning, "--until", &until]);
    assert_eq!(nobody.status.code(), Some(2), "an emergency airs on somebody's word");
    let order = ctl(&home, &["emergency", &warning, "--by", "Kalaksa BPBD", "--until", &until]);
    assert!(order.status.success(), "{}", String::from_utf8_lossy(&order.stderr));
    let refused = ctl(&home, &["take", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("emergency_on_air"));
    wait_until(start + TimeDelta::seconds(12));
    assert!(ctl(&home, &["slate"]).status.success());
    wait_until(start + TimeDelta::seconds(14));
    assert!(ctl(&home, &["resume"]).status.success());
    assert!(player.ends(seconds(30)), "the player ends by itself");
    assert_eq!(ctl(&home, &["status"]).status.code(), Some(3), "nobody answers any more");

    let seen = barcode::read(&air);
    let steps: Vec<_> = seen.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(steps.iter().all(|ms| (3590..=3610).contains(ms)), "every frame 40 ms after the one before: {steps:?}");
    assert!(seen.iter().all(|(_, what)| *what != Seen::Black), "no black frame");
    let emergency: Vec<_> = seen
        .iter()
        .filter_map(|(pts, what)| match what {
            Seen::Frame { id: 3, frame } => Some((tick_of(start, *pts), *frame)),
            _ => None,
        })
        .collect();
    let first = emergency.first().expect("the emergency was on air").0;
    assert!(emergency.iter().all(|(tick, frame)| i64::from(*frame) == (tick - first) % 50), "again and again");
    assert_eq!(emergency.last().map(|(tick, _)| *tick), Some(174), "until the stated instant");
    for (pts, what) in &seen {
        let tick = tick_of(start, *pts);
        if let Seen::Frame { id: id @ (1 | 2), frame } = what {
            assert_eq!(tick, i64::from(*frame) + 250 * i64::from(*id - 1), "the plan is always on its frame");
        }
    }
    let rows = home.rows();
    assert!(rows.iter().any(|r| r.kind == AirKind::Emergency), "{rows:#?}");
    let cut: Vec<_> = rows.iter().filter(|r| r.outcome == Outcome::Cut).filter_map(|r| r.why.as_deref()).collect();
    assert_eq!(cut, ["emergency", "slate_ordered"]);
    let back = rows.last().expect("rows");
    assert_eq!((back.outcome, back.end), (Outcome::Joined, start + TICK * 500));
}
