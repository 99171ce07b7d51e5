//! Sinks: what a recording sounds like, and a socket that remembers when each datagram came.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;

use crate::plan::since;

/// The sound of a recording, both channels mixed, full scale 1.
pub struct Heard {
    /// When the first sample is to be heard, in units of 1/90,000 s after the plan's start.
    first: i64,
    samples: Vec<f32>,
}

/// Samples a second.
pub const RATE: i64 = 48_000;

impl Heard {
    pub fn of(recording: &Path, start: DateTime<Utc>) -> Heard {
        let first = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "a:0", "-read_intervals", "%+#1"])
            .args(["-show_entries", "packet=pts", "-of", "csv=p=0"])
            .arg(recording)
            .output()
            .expect("ffprobe runs");
        let first = String::from_utf8_lossy(&first.stdout);
        let first = first.trim().trim_end_matches(',').parse().expect("a time of the first sound");
        let raw = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(recording)
            .args(["-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", &RATE.to_string(), "-"])
            .output()
            .expect("ffmpeg runs");
        let samples =
            raw.stdout.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0);
        Heard { first: since(start, first), samples: samples.collect() }
    }

    /// The number of the sample that is heard at an instant, in units of 1/90,000 s after the plan's start.
    fn index(&self, at: i64) -> usize {
        usize::try_from((at - self.first) * RATE / 90_000).unwrap_or(0).min(self.samples.len())
    }

    /// The sound between two ticks, with `margin_ms` less at each end.
    pub fn between(&self, from: i64, to: i64, margin_ms: i64) -> &[f32] {
        let (from, to) = (self.index(from * 3600 + margin_ms * 90), self.index(to * 3600 - margin_ms * 90));
        &self.samples[from.min(to)..to]
    }

    /// When the sound first gets louder than `level` between two ticks, milliseconds after the first of them.
    pub fn onset_ms(&self, from: i64, to: i64, level: f32) -> Option<f64> {
        let (begin, end) = (self.index(from * 3600), self.index(to * 3600));
        let at = self.samples[begin..end.max(begin)].iter().position(|sample| sample.abs() > level)?;
        let exact = (begin + at) as f64 / RATE as f64 * 1000.0 + self.first as f64 / 90.0;
        Some(exact - from as f64 * 40.0)
    }
}

/// The length of each stretch of at least 2 ms below −60 dBFS, milliseconds.
pub fn silences_ms(sound: &[f32]) -> Vec<f64> {
    let quiet = sound.split(|sample| sample.abs() >= 0.001).map(<[f32]>::len);
    quiet.map(|samples| samples as f64 * 1000.0 / RATE as f64).filter(|ms| *ms >= 2.0).collect()
}

/// The largest step from one sample to the next, dBFS.
pub fn largest_step_dbfs(sound: &[f32]) -> f64 {
    let step = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0f32, f32::max);
    20.0 * f64::from(step.max(1e-9)).log10()
}

/// The largest step between packets of sound within the plan, milliseconds.
pub fn largest_sound_step_ms(recording: &Path, start: DateTime<Utc>, ticks: i64) -> f64 {
    let times = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "a:0", "-show_entries", "packet=pts", "-of", "csv=p=0"])
        .arg(recording)
        .output()
        .expect("ffprobe runs");
    let times = String::from_utf8_lossy(&times.stdout);
    let times = times.lines().filter_map(|line| line.trim_end_matches(',').parse().ok());
    let times: Vec<i64> = times.map(|pts: i64| since(start, pts)).collect();
    let inside = times.windows(2).filter(|pair| pair[1] >= 0 && pair[0] <= ticks * 3600);
    inside.map(|pair| (pair[1] - pair[0]).abs()).max().unwrap_or(0) as f64 / 90.0
}

/// What came over a socket.
pub struct Received {
    pub stream: Vec<u8>,
    /// Up to which byte the stream had come, and when.
    pub arrivals: Vec<(usize, DateTime<Utc>)>,
}

/// A socket that listens until it is told to stop.
pub struct Listener {
    pub address: String,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Received>,
}

impl Listener {
    pub fn open() -> Listener {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
        // As much as the system gives; a busy machine may let a reader wait.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 8 << 20);
        let address = format!("udp://{}", socket.local_addr().expect("bound"));
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let clock = SystemClock::start();
            let mut received = Received { stream: Vec::new(), arrivals: Vec::new() };
            let mut datagram = [0; 65_536];
            while !stopping.load(Ordering::Relaxed) {
                if let Ok(bytes) = socket.recv(&mut datagram) {
                    received.stream.extend_from_slice(&datagram[..bytes]);
                    received.arrivals.push((received.stream.len(), clock.now()));
                }
            }
            received
        });
        Listener { address, stop, thread }
    }

    pub fn close(self) -> Received {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only listens")
    }
}

/// Bytes of a packet of a transport stream.
const PACKET: usize = 188;

impl Received {
    /// When the first packet of each picture came, with the picture's presentation time.
    pub fn pictures(&self) -> Vec<(i64, DateTime<Utc>)> {
        let packets = self.stream.chunks_exact(PACKET).enumerate();
        let found =
            packets.filter_map(|(n, packet)| Some((presentation_time(packet)?, self.arrival((n + 1) * PACKET)?)));
        found.collect()
    }

    fn arrival(&self, byte: usize) -> Option<DateTime<Utc>> {
        let at = self.arrivals.partition_point(|(until, _)| *until < byte);
        self.arrivals.get(at).map(|(_, when)| *when)
    }
}

/// The presentation time in a packet that begins a picture (ISO/IEC 13818-1, clauses 2.4.3.2 and 2.4.3.6).
fn presentation_time(packet: &[u8]) -> Option<i64> {
    if packet[0] != 0x47 || packet[1] & 0x40 == 0 {
        return None;
    }
    let skip = if packet[3] & 0x20 == 0 { 0 } else { 1 + usize::from(packet[4]) };
    let pes = packet.get(4 + skip..)?;
    let is_picture = pes.starts_with(&[0, 0, 1]) && pes.get(3)? & 0xf0 == 0xe0 && pes.get(7)? & 0x80 != 0;
    let time: [u8; 5] = pes.get(9..14).filter(|_| is_picture)?.try_into().ok()?;
    let [a, b, c, d, e] = time.map(i64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}
