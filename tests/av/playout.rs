//! The player, judged from its sink: a recording, or the datagrams it sends.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use siaran::desk::clock::SystemClock;
use siaran::domain::as_run::Outcome;
use siaran::domain::time::Clock;
use siaran::files::whole;

use crate::barcode::{self, Recipe, Seen};
use crate::heard::{self, Heard, tick_of};
use crate::stage::{Home, Planned, TICK, seconds, soon};

#[test]
fn clips_of_all_kinds_follow_each_other_to_the_frame_without_a_black_one_between() {
    let mut home = Home::new();
    let kinds = [
        Recipe::plain(1, 75),
        Recipe { id: 2, frames: 90, rate: "30", sound: true, options: &["-ar", "44100"] },
        Recipe { id: 3, frames: 150, rate: "60", sound: false, options: &[] },
        Recipe { id: 4, frames: 72, rate: "24", sound: true, options: &["-s", "640x360"] },
        Recipe::plain(5, 75),
        // Its picture begins with the first real sound, 21 ms in, and is there for a frame longer than the sound.
        Recipe { id: 6, frames: 76, rate: "25", sound: true, options: &["-f", "matroska"] },
    ];
    let clips: Vec<_> = kinds.iter().map(|r| home.clip(&format!("{}.mp4", r.id), r)).collect();
    let start = soon(6);
    let frames = [75, 75, 62, 75, 75, 75];
    let mut items: Vec<_> = clips.into_iter().zip(frames).map(|(clip, frames)| Planned { clip, frames }).collect();
    items.push(Planned { clip: sound_alone(home.path()), frames: 50 });
    let end = home.publish(start, &items);
    let air = home.path().join("air.ts");
    let output = format!("file:{}", air.display());
    assert!(home.play(&[&output, "null"], end + TICK * 25).ends(seconds(60)), "the player ends by itself");

    let seen = barcode::read(&air);
    let steps: Vec<_> = seen.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(steps.iter().all(|ms| (3590..=3610).contains(ms)), "every frame 40 ms after the one before: {steps:?}");
    assert!(seen.iter().all(|(_, what)| *what != Seen::Black), "no black frame");
    let mut first = 0;
    for (recipe, planned) in kinds.iter().zip(frames) {
        let of_clip = |(pts, what): &(i64, Seen)| match what {
            Seen::Frame { id, frame } if *id == recipe.id => Some((tick_of(start, *pts), *frame)),
            _ => None,
        };
        let shown: Vec<_> = seen.iter().filter_map(of_clip).collect();
        assert_eq!(shown.len(), planned as usize, "clip {}", recipe.id);
        assert_eq!(shown[0], (first, 0), "clip {} starts on its tick with its first frame", recipe.id);
        let rate: u32 = recipe.rate.parse().expect("a whole rate");
        for (n, (tick, frame)) in shown.iter().enumerate() {
            assert_eq!(*tick, first + n as i64);
            let wanted = (n as u32 * rate) as f64 / 25.0;
            assert!((f64::from(*frame) - wanted).abs() <= 1.0, "clip {} tick {n} shows {frame}", recipe.id);
        }
        first += i64::from(planned);
    }
    let rows = home.rows();
    let aired: Vec<_> = rows.iter().filter(|r| r.item.is_some()).collect();
    assert!(aired.iter().all(|r| r.outcome == Outcome::Complete && r.held_frames == 0), "{aired:#?}");
    assert_eq!(aired.len(), 7);
    let sound = Heard::of(&air, start);
    for (from, to) in [(0, 150), (212, 437 + 50)] {
        let holes = heard::silences_ms(sound.between(from, to, 10));
        assert!(holes.is_empty(), "sound from tick {from} to tick {to} breaks off for {holes:?} ms");
    }
}

/// A clip without a picture.
fn sound_alone(folder: &Path) -> PathBuf {
    let clip = folder.join("sound.mp4");
    let tone = ["-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000:duration=2", "-c:a", "aac", "-ac", "2"];
    let made = Command::new("ffmpeg").args(["-y", "-loglevel", "error"]).args(tone).arg(&clip).status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes sound");
    clip
}

#[test]
fn a_damaged_clip_and_a_missing_one_cost_only_themselves() {
    let mut home = Home::new();
    let good = home.clip("good.mp4", &Recipe::plain(1, 75));
    let damaged = home.path().join("damaged.mp4");
    std::fs::write(&damaged, &std::fs::read(&good).expect("readable")[..2000]).expect("written");
    let last = home.clip("last.mp4", &Recipe::plain(2, 75));
    let missing = home.clip("missing.mp4", &Recipe::plain(3, 50));
    let start = soon(6);
    let planned = [(&good, 75), (&damaged, 50), (&missing, 50), (&last, 75)];
    let planned: Vec<_> = planned.map(|(clip, frames)| Planned { clip: clip.clone(), frames }).into();
    let end = home.publish(start, &planned);
    let hash = whole::sha256_of(&missing).expect("readable");
    std::fs::remove_file(home.path().join(format!("media/house/{hash}.mp4"))).expect("removed");
    let air = home.path().join("air.ts");
    assert!(home.play(&[&format!("file:{}", air.display())], end).ends(seconds(60)));

    let seen = barcode::read(&air);
    let first_of = |wanted: u8| {
        let found = seen.iter().find(|(_, what)| matches!(what, Seen::Frame { id, .. } if *id == wanted));
        found.map(|(pts, _)| tick_of(start, *pts))
    };
    assert_eq!(first_of(1), Some(0));
    assert_eq!(first_of(2), Some(175), "the clip after them starts on its frame");
    assert!(seen.iter().all(|(_, what)| *what != Seen::Black));
    let why: Vec<_> =
        home.rows().into_iter().filter(|r| r.outcome == Outcome::Failed).map(|r| (r.item, r.why)).collect();
    let text = format!("{why:?}");
    assert!(text.contains("i1") && text.contains("decoder_exited"), "{text}");
    assert!(text.contains("i2") && text.contains("file_missing"), "{text}");
}

#[test]
fn a_killed_player_is_back_on_the_frame_that_the_clock_has_reached() {
    let mut home = Home::new();
    let clips = [home.clip("1.mp4", &Recipe::plain(1, 250)), home.clip("2.mp4", &Recipe::plain(2, 75))];
    let start = soon(5);
    let [long, short] = clips;
    let end = home.publish(start, &[Planned { clip: long, frames: 250 }, Planned { clip: short, frames: 75 }]);
    let air = home.path().join("air.ts");
    let output = format!("file:{}", air.display());
    let player = home.play(&[&output], end);
    let wait = start + TimeDelta::seconds(3) - SystemClock::start().now();
    std::thread::sleep(wait.to_std().expect("the start lies ahead"));
    drop(player);
    assert!(home.play(&[&output], end).ends(seconds(60)));

    let seen = barcode::read(&air);
    let shown = seen.iter().filter_map(|(pts, what)| match what {
        Seen::Frame { id: 1, frame } => Some((tick_of(start, *pts), i64::from(*frame))),
        _ => None,
    });
    let shown: Vec<_> = shown.collect();
    assert!(shown.iter().all(|(tick, frame)| tick == frame), "each frame on its tick, before and after: {shown:?}");
    let gap = shown.windows(2).map(|pair| pair[1].0 - pair[0].0).max().expect("frames were shown");
    println!("the kill cost {} ms of picture", (gap - 1) * 40);
    assert!(gap > 1, "the player was killed in the clip");
    let second = seen.iter().find(|(_, what)| matches!(what, Seen::Frame { id: 2, .. }));
    assert_eq!(second.map(|(pts, what)| (tick_of(start, *pts), *what)), Some((250, Seen::Frame { id: 2, frame: 0 })));
    let outcomes: Vec<_> = home.rows().iter().map(|r| (r.outcome, r.why.clone())).collect();
    let lost =
        outcomes.iter().position(|(_, why)| why.as_deref() == Some("player_lost")).expect("a row for what was cut");
    assert_eq!(outcomes[lost + 1].0, Outcome::OffAir, "{outcomes:?}");
    assert!(outcomes[lost + 1..].iter().any(|(outcome, _)| *outcome == Outcome::Joined), "{outcomes:?}");
}

#[test]
fn a_second_player_is_told_which_process_is_on_the_channel_and_how_to_end_it() {
    let home = Home::new();
    let _first = home.play(&["null"], soon(60));
    let begun = Instant::now();
    while !home.path().join("run/videotron.status.json").exists() && begun.elapsed() < seconds(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut second = Command::new(env!("CARGO_BIN_EXE_siaran"));
    let second = second.arg("--home").arg(home.path()).args(["play", "videotron", "--output", "null"]);
    let second = second.output().expect("it runs");
    assert_eq!(second.status.code(), Some(3));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("videotron is on air already") && said.contains("is held by process"), "{said}");
    assert!(said.contains("systemctl stop siaran-play@videotron"), "{said}");
}

#[test]
fn a_home_that_can_not_be_written_keeps_no_frame_from_the_wall() {
    let mut home = Home::new();
    let clip = home.clip("1.mp4", &Recipe::plain(1, 75));
    let start = soon(8);
    let end = home.publish(start, &[Planned { clip, frames: 75 }]);
    // Files where folders should be refuse root too.
    for folder in ["journal", "run"] {
        std::fs::write(home.path().join(folder), "in the way").expect("written");
    }
    let air = home.path().join("air.ts");
    assert!(
        home.play(&[&format!("file:{}", air.display())], end).ends(seconds(60)),
        "it ends when it should, and well"
    );
    let shown = barcode::read(&air).into_iter().filter_map(|(pts, what)| match what {
        Seen::Frame { id: 1, frame } => Some((tick_of(start, pts), i64::from(frame))),
        _ => None,
    });
    assert_eq!(shown.collect::<Vec<_>>(), (0..75).map(|n| (n, n)).collect::<Vec<_>>());
}

#[test]
fn the_stream_reaches_a_listener_over_udp_while_another_output_is_broken() {
    let mut home = Home::new();
    let clip = home.clip("1.mp4", &Recipe::plain(1, 75));
    let start = soon(4);
    let end = home.publish(start, &[Planned { clip, frames: 75 }]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let address = format!("udp://{}", socket.local_addr().expect("bound"));
    let player = home.play(&[&address, "file:/nonexistent/folder/air.ts"], end + TICK * 5);
    let (mut stream, mut datagram) = (Vec::new(), [0; 65_536]);
    let until = Instant::now() + seconds(40);
    let mut quiet = 0;
    while Instant::now() < until && (stream.is_empty() || quiet < 4) {
        match socket.recv(&mut datagram) {
            Ok(n) => {
                quiet = 0;
                stream.extend_from_slice(&datagram[..n]);
            }
            Err(_) => quiet += 1,
        }
    }
    assert!(player.ends(seconds(20)));
    let received = home.path().join("received.ts");
    std::fs::write(&received, stream).expect("written");
    let shown =
        barcode::read(&received).into_iter().filter(|(_, what)| matches!(what, Seen::Frame { id: 1, .. })).count();
    assert_eq!(shown, 75);
    let status = std::fs::read_to_string(home.path().join("run/videotron.status.json")).expect("a status");
    assert!(status.contains("/nonexistent/folder"), "the broken output is named: {status}");
}

#[test]
fn a_playlist_of_another_channel_or_with_faults_is_refused_before_anything_airs() {
    let home = Home::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("playlists/example.json");
    let wrong = home.path().join("wrong.json");
    let text = std::fs::read_to_string(example)
        .expect("readable")
        .replace("\"duration_frames\": 750", "\"duration_frames\": 7500");
    std::fs::write(&wrong, text).expect("written");
    let check = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
        command.arg("--home").arg(home.path()).args(args).output().expect("it runs")
    };
    let wrong = wrong.display().to_string();
    let judged = check(&["playlist", "check", &wrong]);
    assert_eq!(judged.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&judged.stdout).contains("before item imunisasi-1 ends"));
    assert_eq!(check(&["play", "videotron", "--playlist", &wrong, "--output", "null"]).status.code(), Some(1));
}
