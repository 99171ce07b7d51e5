//! Senders of live pictures, and the line between them and a player, which knows what went over it and when.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;

/// What the clock of the wall says.
pub fn now() -> DateTime<Utc> {
    SystemClock::start().now()
}

/// A port that nobody has.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

/// An ffmpeg that sends a clip in its own time, and never outlives its test.
pub struct Sender(Child);

impl Sender {
    /// Sends to an address in a container.
    pub fn start(clip: &Path, container: &str, address: &str) -> Sender {
        Sender::with(clip, &["-f", container, address])
    }

    /// Sends with options of its own.
    pub fn with(clip: &Path, options: &[&str]) -> Sender {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-re", "-i"]).arg(clip).args(["-c", "copy"]).args(options);
        Sender(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("ffmpeg starts"))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// A transport stream in datagrams.
    Udp,
    /// The same in SRT, one way; the other way goes what SRT itself has to say.
    Srt,
}

impl Carries {
    /// Where the stream begins in a datagram; `None` for one that holds none of it.
    fn media(self, datagram: &[u8]) -> Option<usize> {
        match self {
            Carries::Udp => Some(0),
            // The first bit of SRT's header of 16 bytes is set in what is not data.
            Carries::Srt => datagram.first().filter(|byte| **byte < 128).map(|_| 16),
        }
    }
}

/// What is done to what is sent: the number of a datagram, and what it holds of the stream.
pub type Spoil = Box<dyn Fn(usize, &mut [u8]) + Send>;

/// When a sender's first datagram with something of its stream went to the player, and its last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Passed {
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
}

/// Passes on datagrams between senders and a player.
pub struct Line {
    /// Where senders send to.
    pub port: u16,
    socket: UdpSocket,
    player: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    passed: Passed,
    count: usize,
    spoil: Option<Spoil>,
}

impl Line {
    /// A line to the player's port.
    pub fn to(player: u16, carries: Carries) -> Line {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
        let port = socket.local_addr().expect("bound").port();
        let player = SocketAddr::from(([127, 0, 0, 1], player));
        let (state, stop) = (Arc::<Mutex<State>>::default(), Arc::<AtomicBool>::default());
        let (inward, shared, stopping) = (socket.try_clone().expect("a copy"), Arc::clone(&state), Arc::clone(&stop));
        std::thread::spawn(move || carry(&inward, player, carries, &shared, &stopping));
        Line { port, socket, player, state, stop }
    }

    /// Begins to count anew; what is sent from now on is spoilt so.
    pub fn begin(&self, spoil: Option<Spoil>) {
        *self.state.lock().expect("nobody panics with it") = State { spoil, ..State::default() };
    }

    /// What went since the beginning.
    pub fn passed(&self) -> Passed {
        self.state.lock().expect("nobody panics with it").passed
    }

    /// Waits until something goes; when it went.
    pub fn first(&self, within: Duration) -> Option<DateTime<Utc>> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Some(first) = self.passed().first {
                return Some(first);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Rubbish straight to the player: random datagrams, and ones that look like transport packets.
    pub fn rubbish(&self, length: Duration, seed: u64) {
        let mut state = seed | 1;
        let until = Instant::now() + length;
        while Instant::now() < until {
            let mut bytes = vec![0u8; 1316];
            fill(&mut bytes, &mut state);
            if state & 256 == 0 {
                bytes.chunks_mut(188).for_each(|packet| (packet[0], packet[1]) = (0x47, 1));
            }
            let _ = self.socket.send_to(&bytes, self.player);
            std::thread::sleep(Duration::from_millis(4));
        }
    }
}

/// Bytes that look thrown (xorshift, Marsaglia).
pub fn fill(bytes: &mut [u8], state: &mut u64) {
    for byte in bytes {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *byte = *state as u8;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn carry(inward: &UdpSocket, player: SocketAddr, carries: Carries, state: &Mutex<State>, stop: &Arc<AtomicBool>) {
    let mut outward: BTreeMap<SocketAddr, UdpSocket> = BTreeMap::new();
    let mut datagram = vec![0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, sender)) = inward.recv_from(&mut datagram) else { continue };
        let bytes = &mut datagram[..length];
        let out = outward.entry(sender).or_insert_with(|| {
            let out = UdpSocket::bind("127.0.0.1:0").expect("a port");
            out.connect(player).expect("connected");
            let (back, to, stopping) = (out.try_clone(), inward.try_clone(), Arc::clone(stop));
            let (back, to) = (back.expect("a copy"), to.expect("a copy"));
            std::thread::spawn(move || carry_back(&back, &to, sender, &stopping));
            out
        });
        let begins = carries.media(bytes);
        if let Some(begins) = begins.filter(|begins| *begins < length) {
            let mut state = state.lock().expect("nobody panics with it");
            let count = state.count;
            if let Some(spoil) = &state.spoil {
                spoil(count, &mut bytes[begins..]);
            }
            state.count += 1;
            let at = now();
            state.passed = Passed { first: state.passed.first.or(Some(at)), last: Some(at) };
        }
        let _ = out.send(bytes);
    }
}

fn carry_back(from: &UdpSocket, to: &UdpSocket, sender: SocketAddr, stop: &AtomicBool) {
    from.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
    let mut datagram = vec![0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        if let Ok(length) = from.recv(&mut datagram) {
            let _ = to.send_to(&datagram[..length], sender);
        }
    }
}

/// A camera that speaks RTSP over TCP: it answers whoever asks, and passes on what ffmpeg sends as RTP.
pub struct Camera {
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Camera {
    /// A camera at a port that shows a clip to one asker after the other.
    pub fn start(clip: &Path, port: u16) -> Camera {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port");
        let (clip, stop) = (clip.to_owned(), Arc::<AtomicBool>::default());
        let stopping = Arc::clone(&stop);
        std::thread::spawn(move || {
            for asker in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                let _ = answer(asker, &clip, &stopping);
            }
        });
        Camera { port, stop }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = std::net::TcpStream::connect(("127.0.0.1", self.port));
    }
}

const DESCRIPTION: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=wall\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n\
                           a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track0\r\n";

/// RTSP as far as one needs it (RFC 2326): sound and pictures inside the connection, nothing else.
fn answer(asker: std::net::TcpStream, clip: &Path, stop: &AtomicBool) -> std::io::Result<()> {
    use std::io::{BufRead, BufReader, Write};
    let (mut out, mut lines) = (asker.try_clone()?, BufReader::new(asker).lines());
    loop {
        let mut request = Vec::new();
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            request.push(line);
        }
        let Some(what) = request.first().and_then(|line| line.split(' ').next()) else { return Ok(()) };
        let field = |name: &str| request.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        let (number, transport) = (field("CSeq: "), field("Transport: "));
        let (status, more) = match what {
            "DESCRIBE" => {
                let length = DESCRIPTION.len();
                ("200 OK", format!("Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{DESCRIPTION}"))
            }
            "SETUP" if !transport.contains("interleaved") => ("461 Unsupported Transport", "\r\n".into()),
            "SETUP" => {
                let way = "RTP/AVP/TCP;unicast;interleaved=0-1";
                ("200 OK", format!("Transport: {way}\r\nSession: 1\r\n\r\n"))
            }
            "OPTIONS" => ("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n".into()),
            _ => ("200 OK", "Session: 1\r\n\r\n".into()),
        };
        write!(out, "RTSP/1.0 {status}\r\nCSeq: {number}\r\n{more}")?;
        if what == "PLAY" {
            return show(&mut out, clip, stop);
        }
    }
}

fn show(out: &mut std::net::TcpStream, clip: &Path, stop: &AtomicBool) -> std::io::Result<()> {
    use std::io::Write;
    let inward = UdpSocket::bind("127.0.0.1:0")?;
    inward.set_read_timeout(Some(Duration::from_millis(50)))?;
    let address = format!("rtp://127.0.0.1:{}?pkt_size=1200", inward.local_addr()?.port());
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-re", "-i"]).arg(clip).args(["-an", "-c", "copy"]);
    command.args(["-bsf:v", "h264_mp4toannexb", "-f", "rtp", &address]);
    let _sender = Sender(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    let mut datagram = vec![0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = inward.recv(&mut datagram) else { continue };
        let size = u16::try_from(length).expect("a datagram is no longer").to_be_bytes();
        out.write_all(&[b'$', 0, size[0], size[1]])?;
        out.write_all(&datagram[..length])?;
    }
    Ok(())
}
