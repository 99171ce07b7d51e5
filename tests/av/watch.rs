//! What leaves a real player, watched: an incident stands in the log while the air is wrong, and in the database after
//! it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use chrono::TimeDelta;
use siaran::config::Config;
use siaran::desk::Desk;
use siaran::desk::clock::SystemClock;
use siaran::domain::incident::{Incident, IncidentKind, Level};

use crate::barcode::{HEIGHT, Recipe, WIDTH};
use crate::stage::{Home, Planned, TICK, seconds, soon};

/// A clip that is black and silent.
fn black(home: &Path, length_s: u32) -> PathBuf {
    let path = home.join("black.mp4");
    let picture = format!("color=c=black:size={WIDTH}x{HEIGHT}:rate=25:duration={length_s}");
    let sound = format!("anullsrc=r=48000:cl=stereo:duration={length_s}");
    let made = Command::new("ffmpeg")
        .args(["-y", "-loglevel", "error", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound])
        .args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25", "-c:a", "aac"])
        .arg(&path)
        .status();
    assert!(made.expect("ffmpeg runs").success());
    path
}

#[test]
fn a_black_and_silent_clip_is_an_incident_within_seconds_and_over_when_the_next_one_shows() {
    let mut home = Home::new();
    let good = [home.clip("1.mp4", &Recipe::plain(1, 75)), home.clip("2.mp4", &Recipe::plain(2, 150))];
    let [before, after] = good;
    let start = soon(6);
    let items = [(before, 75), (black(home.path(), 12), 300), (after, 150)];
    let end = home.publish(start, &items.map(|(clip, frames)| Planned { clip, frames }));
    assert!(home.play(&["null"], end).ends(seconds(90)), "the player ends by itself");

    let config = std::fs::read_to_string(home.path().join("siaran.toml")).expect("readable");
    let config = Config::parse(home.path(), &config).expect("a configuration");
    let desk = Desk::open(config, Arc::new(SystemClock::start())).expect("a database");
    let channel = desk.config.channels.values().next().expect("one").channel.clone();
    assert!(desk.import_incidents(&channel.id).expect("readable") > 0);
    assert_eq!(desk.import_incidents(&channel.id).expect("readable"), 0, "once");
    let found = desk.incidents_of(&channel, channel.zone.date_of(start)).expect("readable");
    let of = |kind| {
        let mut of_kind = found.iter().filter(move |i: &&Incident| i.kind == kind);
        (of_kind.next().unwrap_or_else(|| panic!("no {kind:?}: {found:#?}")).clone(), of_kind.next().cloned())
    };
    let (dark, light) = (start + TICK * 75, start + TICK * 375);
    let (black, again) = of(IncidentKind::Black);
    let (opened, closed) = (black.opened_at - dark, black.closed_at.expect("it is over") - light);
    println!("black opened {opened} after its first frame, closed {closed} after the next clip's");
    let in_seconds = |from, to, time: TimeDelta| (TimeDelta::seconds(from)..TimeDelta::seconds(to)).contains(&time);
    assert!(in_seconds(2, 5, opened), "{opened}");
    assert!(in_seconds(2, 4, closed), "{closed}");
    assert_eq!((black.level, again), (Level::Critical, None), "one incident that became worse");
    let (silence, _) = of(IncidentKind::Silence);
    assert!(in_seconds(10, 12, silence.opened_at - dark) && silence.closed_at.is_some(), "{silence:#?}");
    assert!(black.text.en.contains("The picture leaving the player is black"));
}
