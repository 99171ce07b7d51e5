//! Streams and screens, judged by what their receivers got.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use chrono::TimeDelta;
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;

use crate::barcode::{self, HEIGHT, Recipe, Seen, WIDTH};
use crate::stage::{Home, Planned, TICK, seconds, soon};

/// A program that never outlives its test.
struct Helper(Child);

impl Helper {
    fn start(program: &str, arguments: &[&str]) -> Helper {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Helper(command.spawn().unwrap_or_else(|e| panic!("{program} starts: {e}")))
    }
    /// Receives a stream into a file, as it comes.
    fn receiver(options: &[&str], into: &Path) -> Helper {
        let into = into.display().to_string();
        let all = [&["-y", "-loglevel", "error"], options, &["-c", "copy", "-copyts", &into]].concat();
        Helper::start("ffmpeg", &all)
    }
    /// Waits for it to end by itself.
    fn ends(mut self) {
        let until = Instant::now() + seconds(20);
        while Instant::now() < until && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(seconds(1) / 20);
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_tcp_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

fn free_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

/// The frames of the clip, in the order in which they were received.
fn frames(received: &Path) -> Vec<u32> {
    let frame = |(_, seen)| match seen {
        Seen::Frame { id: 1, frame } => Some(frame),
        _ => None,
    };
    barcode::read(received).into_iter().filter_map(frame).collect()
}

fn one_after_the_other(frames: &[u32]) -> bool {
    frames.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

fn sleep_until(at: chrono::DateTime<chrono::Utc>) {
    std::thread::sleep((at - SystemClock::start().now()).to_std().unwrap_or_default());
}

/// An Icecast server of our own.
fn icecast(folder: &Path, port: u16) -> Helper {
    let folder = folder.display();
    let text = format!(
        "<icecast><limits><clients>5</clients><sources>2</sources></limits>\
         <authentication><source-password>rahasia</source-password><admin-user>a</admin-user>\
         <admin-password>rahasia2</admin-password></authentication><hostname>localhost</hostname>\
         <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>\
         <paths><basedir>{folder}</basedir><logdir>{folder}</logdir><webroot>/usr/share/icecast2/web</webroot>\
         <adminroot>/usr/share/icecast2/admin</adminroot></paths>\
         <security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>\
         </icecast>"
    );
    let file = format!("{folder}/icecast.xml");
    std::fs::write(&file, text).expect("written");
    Helper::start("icecast2", &["-c", &file])
}

#[test]
fn srt_rtmp_icecast_and_an_x_screen_get_the_air_also_when_they_come_late() {
    const FRAMES: u32 = 475;
    let mut home = Home::new();
    let clip = home.clip("1.mp4", &Recipe::plain(1, FRAMES));
    let start = soon(4);
    let end = home.publish(start, &[Planned { clip, frames: FRAMES }]);
    let (srt, rtmp, cast) = (free_udp_port(), free_tcp_port(), free_tcp_port());
    let got = |name: &str| home.path().join(name);
    let served = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(served.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("set");
    let display = format!(":{}", 90 + std::process::id() % 900);
    let screen = Helper::start("Xvfb", &[&display, "-screen", "0", "400x300x24", "-nolisten", "tcp"]);
    let radio = icecast(served.path(), cast);

    let to_srt = format!("srt://127.0.0.1:{srt}?mode=caller&passphrase=rahasia%20besar");
    let to_rtmp = format!("rtmp://127.0.0.1:{rtmp}/live/key");
    let to_cast = format!("icecast://source:rahasia@127.0.0.1:{cast}/wall.ogg");
    let (to_screen, to_file) = (format!("x11:{display}"), format!("file:{}", got("air.ts").display()));
    let player = home.play(&[&to_srt, &to_rtmp, &to_cast, &to_screen, &to_file], end + TICK * 25);
    // The player is on air before anyone listens.
    sleep_until(start + TimeDelta::seconds(1));
    let srt = format!("srt://127.0.0.1:{srt}?mode=listener&passphrase=rahasia besar");
    let srt = Helper::receiver(&["-i", &srt], &got("srt.ts"));
    let rtmp = Helper::receiver(&["-listen", "1", "-i", &to_rtmp], &got("rtmp.ts"));
    sleep_until(start + TimeDelta::seconds(11));
    let heard = Helper::receiver(&["-i", &format!("http://127.0.0.1:{cast}/wall.ogg")], &got("radio.ogg"));
    let size = format!("{WIDTH}x{HEIGHT}");
    let shot = ["-y", "-loglevel", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", &size, "-i", &display];
    let shot = Command::new("ffmpeg").args(shot).args(["-frames:v", "1"]).arg(got("screen.png")).status();
    assert!(shot.expect("ffmpeg runs").success());
    assert!(player.ends(seconds(60)));
    drop((screen, radio));
    [srt, rtmp, heard].into_iter().for_each(Helper::ends);

    assert_eq!(frames(&got("air.ts")), (0..FRAMES).collect::<Vec<_>>(), "no receiver cost the recording a frame");
    for name in ["srt.ts", "rtmp.ts"] {
        let seen = frames(&got(name));
        assert!(seen.len() > 100 && one_after_the_other(&seen), "{name}: {seen:?}");
        assert_eq!(seen.last(), Some(&(FRAMES - 1)), "{name} lasts to the end");
    }
    let shown = frames(&got("screen.png"));
    assert!((270..=300).contains(&shown[0]), "the screen shows what is on air, at its pixels: {shown:?}");
    let heard = std::fs::metadata(got("radio.ogg")).map(|facts| facts.len()).unwrap_or(0);
    assert!(heard > 20_000, "{heard} bytes of sound");
    let status = std::fs::read_to_string(home.path().join("run/videotron.status.json")).expect("a status");
    assert!(status.contains("passphrase=***") && !status.contains("rahasia"), "{status}");
}

#[test]
fn an_hls_playlist_goes_on_when_the_player_is_killed_and_started_again() {
    const FRAMES: u32 = 500;
    let mut home = Home::new();
    let clip = home.clip("1.mp4", &Recipe::plain(1, FRAMES));
    let start = soon(4);
    let end = home.publish(start, &[Planned { clip, frames: FRAMES }]);
    let folder = home.path().join("www");
    std::fs::create_dir(&folder).expect("made");
    let hls = format!("hls:{}", folder.display());
    let hourly = format!("file:{}/rec/%Y-%m-%d/%H%M.ts", home.path().display());
    std::fs::create_dir(home.path().join("rec")).expect("made");
    let first = home.play(&[&hls, &hourly], end);
    sleep_until(start + TimeDelta::seconds(7));
    drop(first);
    let lonely = format!("srt://127.0.0.1:{}?mode=listener", free_udp_port());
    assert!(home.play(&[&hls, &hourly, &lonely], end).ends(seconds(60)));

    let status = home.output(&lonely);
    assert!(!status.running && status.taken < 25 && status.dropped > 100, "nobody called: {status:?}");
    assert_eq!((status.why.as_deref(), status.restarts), (Some("nobody is connected"), 0));
    let playlist = std::fs::read_to_string(folder.join("index.m3u8")).expect("a playlist");
    assert_eq!(playlist.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{playlist}");
    let segments: Vec<_> = playlist.lines().filter(|line| !line.starts_with('#')).collect();
    let mut all = Vec::new();
    for segment in &segments {
        all.extend(frames(&folder.join(segment)));
    }
    assert!(all.windows(2).all(|pair| pair[1] > pair[0]), "each frame once, in order: {all:?}");
    assert_eq!(all.last(), Some(&(FRAMES - 1)));
    let gap = all.windows(2).map(|pair| pair[1] - pair[0]).max().expect("frames");
    println!("the kill cost {} frames of the stream", gap - 1);
    assert!((2..75).contains(&gap), "only the kill left a gap: {gap}");
    let probe = Command::new("ffprobe").args(["-v", "error", "-i"]).arg(folder.join("index.m3u8")).output();
    assert!(probe.expect("ffprobe runs").stderr.is_empty());
    let recorded = walk(&home.path().join("rec"));
    let minutes: Vec<Vec<u32>> = recorded.iter().map(|file| frames(file)).collect();
    let recorded: Vec<u32> = minutes.concat();
    assert_eq!(recorded, all, "the recording holds the same, one file a minute");
}

/// Every file below a folder, by name.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn the_test_card_lies_at_its_exact_pixels_of_a_larger_screen() {
    let home = Home::new();
    let config = home.path().join("siaran.toml");
    let wall = "[channel.videotron.wall]\nscreen = [400, 300]\nat = [40, 60]\ncrop = [0, 0, 288, 160]\n";
    let text = std::fs::read_to_string(&config).expect("a configuration") + wall;
    std::fs::write(&config, text).expect("written");
    let display = format!(":{}", 1000 + std::process::id() % 900);
    let screen = Helper::start("Xvfb", &[&display, "-screen", "0", "400x300x24", "-nolisten", "tcp"]);
    let to = format!("x11:{display}");
    let until = soon(9).to_rfc3339();
    let mut card = Command::new(env!("CARGO_BIN_EXE_siaran"));
    card.arg("--home").arg(home.path()).args(["play", "videotron", "--test-card", "--output", &to, "--until", &until]);
    let mut card = Helper(card.stdout(Stdio::null()).spawn().expect("the card is shown"));
    let mut seen: Vec<u8> = Vec::new();
    let ends = Instant::now() + seconds(9);
    while Instant::now() < ends && seen.get(60 * 400 + 40).is_none_or(|value| *value < 240) {
        std::thread::sleep(seconds(1) / 4);
        let shot = ["-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", "400x300", "-i", &display];
        let shot = Command::new("ffmpeg")
            .args(shot)
            .args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .output();
        seen = shot.expect("ffmpeg runs").stdout.into_iter().step_by(3).collect();
    }
    let row = |y: usize, from: usize, to: usize| &seen[y * 400 + from..y * 400 + to];
    assert!(row(60, 40, 328).iter().all(|value| *value > 240), "the card's first row is white, where it should be");
    assert!(row(59, 0, 400).iter().all(|value| *value < 10), "above it the screen is black");
    assert!(row(60, 0, 40).iter().chain(row(60, 328, 400)).all(|value| *value < 10), "and beside it");
    assert!((60..220).all(|y| seen[y * 400 + 40] > 240) && seen[220 * 400 + 40] < 10, "its first column ends with it");
    drop(screen);
    let _ = card.0.kill();
    assert!(!home.path().join("journal/videotron.jsonl").exists(), "nothing aired, and nothing says so");
}
