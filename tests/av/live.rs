//! Live sources on the air, judged from its sink: senders that come, go and send rubbish.

use std::any::Any;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use siaran::domain::as_run::{AirKind, Outcome};

use crate::barcode::{self, Recipe, Seen};
use crate::heard::tick_of;
use crate::senders::{Camera, Carries, Line, Sender, Spoil, free_port, now};
use crate::stage::{Home, Planned, TICK, seconds, soon, zone};

const PLAN: u8 = 1;
const LIVE: u8 = 2;

fn order(home: &Home, words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
    let done = command.arg("--home").arg(home.path()).args(["ctl", "videotron"]).args(words).output().expect("it runs");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What the wall showed at each tick since the plan's start.
struct Wall(Vec<(i64, Seen)>);

impl Wall {
    /// Checks what must hold whatever the senders do: a frame each 40 ms, the plan on its frame, nothing else.
    fn read(recording: &Path, start: DateTime<Utc>) -> Wall {
        let frames = barcode::read(recording);
        assert!(
            frames.windows(2).all(|w| (3590..=3610).contains(&(w[1].0 - w[0].0))),
            "a step of the sink's clock is not 40 ms"
        );
        let frames: Vec<_> = frames.into_iter().map(|(pts, seen)| (tick_of(start, pts), seen)).collect();
        let from = frames.iter().position(|(tick, _)| *tick == 0).expect("the plan begins");
        let frames = frames[from..].to_vec();
        let mut held = 0;
        for w in frames.windows(2) {
            match w[1].1 {
                Seen::Frame { id: PLAN, frame } if i64::from(frame) == w[1].0 => held = 0,
                Seen::Frame { id: LIVE, frame } => {
                    let before = match w[0].1 {
                        Seen::Frame { id: LIVE, frame } => Some(frame),
                        _ => None,
                    };
                    held = if before == Some(frame) { held + 1 } else { 0 };
                    assert!(
                        before.is_none_or(|before| frame >= before),
                        "live went back: {w:?} in {:?}",
                        frames.iter().filter(|(t, _)| (t - w[1].0).abs() < 15).collect::<Vec<_>>()
                    );
                    assert!(held <= 12, "held for too long at {:?}", w[1]);
                }
                other => {
                    panic!("neither the plan on its frame nor live: {other:?} at tick {} after {:?}", w[1].0, w[0])
                }
            }
        }
        Wall(frames)
    }

    fn is_live(seen: Seen) -> bool {
        matches!(seen, Seen::Frame { id: LIVE, .. })
    }

    /// How long after `at` the first frame shows that is live, or that is not, in milliseconds.
    fn until(&self, start: DateTime<Utc>, at: DateTime<Utc>, live: bool) -> i64 {
        let ms = (at - start).num_milliseconds();
        let shown = self.0.iter().find(|(tick, seen)| tick * 40 >= ms && Wall::is_live(*seen) == live);
        shown.map_or(i64::MAX, |(tick, _)| tick * 40 - ms)
    }
}

/// A home that plays its one clip from a moment on, recorded, for so many seconds.
struct Show {
    home: Home,
    start: DateTime<Utc>,
    recording: std::path::PathBuf,
    player: crate::stage::Player,
}

impl Show {
    fn begin(length_s: u32) -> Show {
        let mut home = Home::new();
        let frames = length_s * 25;
        let plan = home.clip("1.mp4", &Recipe::plain(PLAN, frames));
        let start = soon(5);
        home.publish(start, &[Planned { clip: plan, frames }]);
        let recording = home.path().join("air.ts");
        let end = start + TimeDelta::seconds(i64::from(length_s) - 1);
        let player = home.play(&[&format!("file:{}", recording.display())], end);
        std::thread::sleep((start - now()).to_std().unwrap_or_default() + seconds(2));
        Show { home, start, recording, player }
    }
}

/// Sends for so long from the first datagram on, then dies; when the first went, and the last.
fn send(
    line: &Line,
    clip: &Path,
    address: &str,
    length: Duration,
    spoil: Option<Spoil>,
) -> (DateTime<Utc>, DateTime<Utc>) {
    line.begin(spoil);
    let sender = Sender::start(clip, "mpegts", address);
    let first = line.first(seconds(8)).expect("something was sent");
    std::thread::sleep(length);
    drop(sender);
    (first, line.passed().last.unwrap_or(first))
}

#[test]
fn an_srt_listener_takes_the_next_caller_as_soon_as_the_first() {
    let show = Show::begin(40);
    let (home, port) = (&show.home, free_port());
    let clip = home.clip("2.mp4", &Recipe::plain(LIVE, 250));
    order(home, &["live", &format!("srt://:{port}?mode=listener")]);
    let line = Line::to(port, Carries::Srt);
    let mut cycles = Vec::new();
    // The pauses between one caller's death and the next one's call: none at all, and such as an encoder's restart takes.
    for pause_ms in [0, 100, 600, 1500, 0] {
        let address = format!("srt://127.0.0.1:{}?pkt_size=1316", line.port);
        cycles.push(send(&line, &clip, &address, seconds(3), None));
        std::thread::sleep(Duration::from_millis(pause_ms));
    }
    assert!(show.player.ends(seconds(60)));
    let wall = Wall::read(&show.recording, show.start);
    let times: Vec<_> = cycles
        .iter()
        .map(|(first, last)| (wall.until(show.start, *first, true), wall.until(show.start, *last, false)))
        .collect();
    println!("on air so many ms after the first packet, back so many after the last: {times:?}");
    assert!(times.iter().all(|(on, off)| *on <= 1000 && *off <= 500), "{times:?}");
}

#[test]
fn a_planned_relay_is_on_air_on_its_tick_gives_way_to_the_slate_when_lost_and_ends_with_its_slot() {
    let mut home = Home::new();
    let (before, after) = (home.clip("1.mp4", &Recipe::plain(PLAN, 150)), home.clip("3.mp4", &Recipe::plain(3, 100)));
    let clip = home.clip("2.mp4", &Recipe::plain(LIVE, 250));
    let (start, port) = (soon(5), free_port());
    let at = |tick: i32| start + TICK * tick;
    let row = |id: &str, first: i32, frames: i32, what: serde_json::Value| {
        let mut row = serde_json::json!({
            "id": id, "start": zone().rfc3339(at(first)), "duration_frames": frames, "run": "auto", "title": id,
            "owner": "Dinas",
        });
        row.as_object_mut().expect("a row").extend(what.as_object().expect("what").clone());
        row
    };
    let file = |clip: &Path| {
        let (source, hash) = home.keep(clip);
        serde_json::json!({"kind": "clip", "source": source, "sha256": hash})
    };
    let live = serde_json::json!({"kind": "live", "source": format!("udp://127.0.0.1:{port}")});
    let rows = [row("a", 0, 150, file(&before)), row("relay", 150, 250, live), row("b", 400, 100, file(&after))];
    home.publish_rows(start, 1, &rows);
    let recording = home.path().join("air.ts");
    let player = home.play(&[&format!("file:{}", recording.display())], at(500));
    let sleep_until = |tick: i32| std::thread::sleep((at(tick) - now()).to_std().unwrap_or_default());
    let line = Line::to(port, Carries::Udp);
    let address = format!("udp://127.0.0.1:{}?pkt_size=1316", line.port);
    // On the line before its time, lost in mid-slot, back, and still sending when the slot is over.
    sleep_until(50);
    let (_, lost) = send(&line, &clip, &address, seconds(6), None);
    sleep_until(260);
    let (back, _) = send(&line, &clip, &address, seconds(8), None);
    assert!(player.ends(seconds(40)));

    let frames: Vec<_> = barcode::read(&recording).into_iter().map(|(pts, seen)| (tick_of(start, pts), seen)).collect();
    let seen = |tick: i64| frames.iter().find(|(at, _)| *at == tick).map(|(_, seen)| *seen);
    let live = |tick: i64| seen(tick).is_some_and(Wall::is_live);
    assert_eq!(seen(149), Some(Seen::Frame { id: PLAN, frame: 149 }));
    assert!(live(150), "on its tick: {:?}", seen(150));
    let wall = Wall(frames.clone());
    let (off, on) = (wall.until(start, lost, false), wall.until(start, back, true));
    assert!(off <= 500 && on <= 1000, "slate {off} ms after the last packet, live {on} ms after the first");
    assert!(live(399), "to its last tick: {:?}", seen(399));
    assert_eq!(seen(400), Some(Seen::Frame { id: 3, frame: 0 }));
    assert!(frames.windows(2).all(|w| w[1].0 - w[0].0 == 1), "a tick each 40 ms");
    let rows = home.rows();
    let of_relay: Vec<_> =
        rows.iter().filter(|r| r.item.as_ref().is_some_and(|item| item.as_str() == "relay")).collect();
    let kinds: Vec<_> = of_relay.iter().map(|row| (row.kind, row.outcome)).collect();
    let wanted = [(AirKind::Live, Outcome::Cut), (AirKind::Slate, Outcome::Failed), (AirKind::Live, Outcome::Joined)];
    assert_eq!(kinds, wanted);
    assert_eq!((of_relay[0].start, of_relay[2].end), (at(150), at(400)));
}

#[test]
fn a_multicast_group_rtp_and_a_camera_with_rtsp_are_live_sources_too() {
    let show = Show::begin(38);
    let home = &show.home;
    let clip = home.clip("2.mp4", &Recipe::plain(LIVE, 250));
    let (group, rtp, rtsp) = (free_port(), free_port(), free_port());
    let group = format!("239.255.77.7:{group}");
    let mut seen = Vec::new();
    let mut watch = |name: &str, address: &str, send: &dyn Fn() -> Box<dyn Any>| {
        order(home, &["live", address]);
        // The source is open by then; what is there only while it sends is tried again and again.
        std::thread::sleep(seconds(2));
        let (begun, sender) = (now(), send());
        std::thread::sleep(seconds(6));
        drop(sender);
        seen.push((name.to_owned(), begun, now()));
        std::thread::sleep(seconds(2));
    };
    watch("multicast", &format!("udp://@{group}"), &|| {
        Box::new(Sender::start(&clip, "mpegts", &format!("udp://{group}?pkt_size=1316&ttl=0")))
    });
    watch("rtp", &format!("rtp://127.0.0.1:{rtp}"), &|| {
        Box::new(Sender::start(&clip, "rtp_mpegts", &format!("rtp://127.0.0.1:{rtp}")))
    });
    watch("rtsp", &format!("rtsp://127.0.0.1:{rtsp}/wall"), &|| Box::new(Camera::start(&clip, rtsp)));
    assert!(show.player.ends(seconds(60)));
    let wall = Wall::read(&show.recording, show.start);
    for (name, begun, ended) in seen {
        let (on, off) = (wall.until(show.start, begun, true), wall.until(show.start, ended, false));
        println!("{name}: on air {on} ms after its sender's start, back {off} ms after its end");
        assert!(on < 5000 && off < 1500, "{name}: {on} {off}");
    }
}

#[test]
fn a_camera_that_is_not_there_is_named_with_the_way_out() {
    let decode = |address: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
        command.args(["decode", "--live"]).env("SIARAN_LIVE_ADDRESS", address);
        command.stdin(Stdio::null()).output().expect("it runs")
    };
    let gone = decode("v4l2:/dev/video61+alsa:null");
    let said = String::from_utf8_lossy(&gone.stderr);
    assert_eq!(gone.status.code(), Some(3));
    assert!(said.starts_with("error: the device /dev/video61 is not there"), "{said}");
    assert!(said.contains("Try: plug it in"), "{said}");
}

#[test]
fn eight_udp_senders_come_go_and_send_rubbish_and_the_wall_shows_only_them_and_the_plan() {
    let show = Show::begin(52);
    let (home, port) = (&show.home, free_port());
    let clip = home.clip("2.mp4", &Recipe::plain(LIVE, 250));
    order(home, &["live", &format!("udp://127.0.0.1:{port}")]);
    let line = Line::to(port, Carries::Udp);
    let address = format!("udp://127.0.0.1:{}?pkt_size=1316", line.port);
    let mut cycles = Vec::new();
    for cycle in 0..8u64 {
        // Every other sender's stream is damaged in the middle: a packet in fifty is overwritten.
        let spoil: Spoil = Box::new(move |n, bytes| {
            if cycle % 2 == 1 && n % 50 == 49 && bytes.len() > 700 {
                bytes[200..700].fill(0xa5);
            }
        });
        cycles.push((cycle, send(&line, &clip, &address, seconds(3), Some(spoil))));
        line.rubbish(Duration::from_millis(600), cycle + 1);
        std::thread::sleep(Duration::from_millis(900));
    }
    assert!(show.player.ends(seconds(60)));
    let wall = Wall::read(&show.recording, show.start);
    for (cycle, (first, last)) in cycles {
        let (on, off) = (wall.until(show.start, first, true), wall.until(show.start, last, false));
        println!("cycle {cycle}: on air {on} ms after the first packet, back {off} ms after the last");
        assert!(on <= 1000 && off <= 500, "cycle {cycle}: {on} {off}");
    }
    assert!(home.rows().iter().filter(|row| row.kind == AirKind::Live).count() >= 8);
}
