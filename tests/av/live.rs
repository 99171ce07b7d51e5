//! Live sources on the air, judged from its sink: senders that come, go and send rubbish.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::as_run::AirKind;
use siaran::domain::time::Clock;

use crate::barcode::{self, Recipe, Seen};
use crate::playout::ticks_since;
use crate::stage::{Home, Planned, seconds, soon};

const PLAN: u8 = 1;
const LIVE: u8 = 2;

fn now() -> DateTime<Utc> {
    SystemClock::start().now()
}

/// A sender that never outlives its test.
struct Sender(Child);

impl Sender {
    fn start(clip: &Path, address: &str) -> Sender {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-re", "-i"]).arg(clip).args(["-c", "copy", "-f", "mpegts", address]);
        Sender(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("ffmpeg starts"))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Passes a sender's datagrams on to the player, so that the test knows when the first one went and the last.
struct Relay {
    inward: UdpSocket,
    player: String,
}

impl Relay {
    fn new(player: u16) -> Relay {
        let inward = UdpSocket::bind("127.0.0.1:0").expect("a port");
        inward.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
        Relay { inward, player: format!("127.0.0.1:{player}") }
    }

    /// Sends `clip` for `length`; returns when its first datagram went, and its last.
    fn send(
        &self,
        clip: &Path,
        length: Duration,
        spoil: impl Fn(usize, &mut Vec<u8>),
    ) -> (DateTime<Utc>, DateTime<Utc>) {
        let port = self.inward.local_addr().expect("bound").port();
        let _sender = Sender::start(clip, &format!("udp://127.0.0.1:{port}?pkt_size=1316"));
        let (mut first, mut last, mut count) = (None, now(), 0);
        let mut datagram = vec![0; 65_536];
        while first.is_none_or(|first| now() - first < TimeDelta::from_std(length).expect("short")) {
            let Ok(n) = self.inward.recv(&mut datagram) else { continue };
            let mut bytes = datagram[..n].to_vec();
            spoil(count, &mut bytes);
            count += 1;
            self.inward.send_to(&bytes, &self.player).expect("sent");
            last = now();
            first.get_or_insert(last);
        }
        (first.expect("something was sent"), last)
    }

    /// Rubbish: random datagrams, and ones that look like transport packets.
    fn rubbish(&self, length: Duration, seed: u64) {
        let mut state = seed | 1;
        let until = std::time::Instant::now() + length;
        while std::time::Instant::now() < until {
            let mut bytes = vec![0u8; 1316];
            for byte in &mut bytes {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = state as u8;
            }
            if state & 256 == 0 {
                bytes.chunks_mut(188).for_each(|packet| (packet[0], packet[1]) = (0x47, 1));
            }
            self.inward.send_to(&bytes, &self.player).expect("sent");
            std::thread::sleep(Duration::from_millis(4));
        }
    }
}

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

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
        let frames: Vec<_> = frames.into_iter().map(|(pts, seen)| (ticks_since(start, pts), seen)).collect();
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

#[test]
fn eight_udp_senders_come_go_and_send_rubbish_and_the_wall_shows_only_them_and_the_plan() {
    let mut home = Home::new();
    let plan = home.clip("1.mp4", &Recipe::plain(PLAN, 1500));
    let clip = home.clip("2.mp4", &Recipe::plain(LIVE, 250));
    let (start, port) = (soon(5), free_port());
    home.publish(start, &[Planned { clip: plan, frames: 1500 }]);
    let recording = home.path().join("air.ts");
    let end = start + TimeDelta::seconds(50);
    let player = home.play(&[&format!("file:{}", recording.display())], end);
    std::thread::sleep((start - now()).to_std().unwrap_or_default() + seconds(2));
    order(&home, &["live", &format!("udp://127.0.0.1:{port}")]);
    let relay = Relay::new(port);
    let mut cycles = Vec::new();
    for cycle in 0..8u64 {
        // Every other sender's stream is damaged in the middle: a packet in fifty is overwritten.
        let spoil = |n: usize, bytes: &mut Vec<u8>| {
            if cycle % 2 == 1 && n % 50 == 49 && bytes.len() > 700 {
                bytes[200..700].fill(0xa5);
            }
        };
        cycles.push((cycle, relay.send(&clip, seconds(3), spoil)));
        relay.rubbish(Duration::from_millis(600), cycle + 1);
        std::thread::sleep(Duration::from_millis(900));
    }
    assert!(player.ends(seconds(60)));
    let wall = Wall::read(&recording, start);
    for (cycle, (first, last)) in cycles {
        let (on, off) = (wall.until(start, first, true), wall.until(start, last, false));
        println!("cycle {cycle}: on air {on} ms after the first packet, back {off} ms after the last");
        assert!(on <= 1000 && off <= 540, "cycle {cycle}: {on} {off}");
    }
    assert!(home.rows().iter().filter(|row| row.kind == AirKind::Live).count() >= 8);
}
