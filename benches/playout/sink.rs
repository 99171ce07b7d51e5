//! A socket that remembers when each datagram came, and when the packets of a recording's sound are due.

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

use crate::heard::since;

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
        // As much as the system gives, and more where this is root: a busy machine may let a reader wait, and what is lost
        // here the player has not lost.
        const BUFFER: usize = 32 << 20;
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BUFFER);
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER);
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
