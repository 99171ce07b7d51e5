//! The callers of an SRT listener, each with a feed of its own, so that the next one is heard while the last one's
//! connection still seems to stand. Whoever gives pictures first is shown; another that gives some takes its place when
//! it is lost.
//!
//! GStreamer's listener takes one caller. It lets the next one connect, too, and then never listens to it; SRT notices
//! a dead caller after 5 s. So the port is ours: datagrams of each caller are passed on, between sockets of this machine,
//! to a source that listens for it alone. Not chosen: to open the one source anew after a silence, which loses whoever
//! connected in it; and SRT's own functions, whose library would be loaded by hand.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::feed::Feed;
use super::source::Listener;
use super::{AGAIN, FRUITLESS, Line};
use crate::av::decode::DecodeError;

/// Callers at once: one on air, one that takes over, and two that knock or were cut off.
const MOST_CALLERS: usize = 4;
/// A caller that sends nothing for so long is gone: SRT sends something each second.
const GONE: Duration = Duration::from_secs(3);
/// How often callers are looked at while nothing comes.
const LOOK: Duration = Duration::from_millis(100);
/// Largest datagram of SRT: its payload of 1,456 bytes and headers lie far below.
const LARGEST: usize = 2_048;
/// What the kernel keeps of datagrams that wait: a second of 16 Mbit/s, for a busy moment.
const BUFFER: usize = 2 << 20;
/// First bytes of SRT's handshake: a control packet of type 0.
const HANDSHAKE: [u8; 4] = [0x80, 0, 0, 0];

/// A feed that listens for a caller, and the socket that leads to it.
struct Seat {
    feed: Feed,
    inward: UdpSocket,
}

/// A caller in its seat.
struct Caller {
    seat: Seat,
    heard: Instant,
    /// When it last gave pictures, or came.
    fruitful: Instant,
    gone: Arc<AtomicBool>,
}

/// Serves callers for as long as the process lives.
///
/// # Errors
/// [`DecodeError::Setup`]: the port can't be had, or the system has no thread to give.
pub(super) fn serve(listener: &Arc<Listener>, line: &Arc<Line>) -> Result<Infallible, DecodeError> {
    let failed = |what: &str| {
        let what = format!("{} {what}", listener.bind);
        move |e: io::Error| DecodeError::Setup(format!("{what}: {e}"))
    };
    let outward = UdpSocket::bind(&listener.bind).map_err(failed("can't be listened on"))?;
    outward.set_read_timeout(Some(LOOK)).map_err(failed("can't be waited for"))?;
    // What the system allows is enough for most streams.
    let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&outward, BUFFER);
    let seats = prepare(listener, line).map_err(failed("has no thread"))?;
    let mut callers: BTreeMap<SocketAddr, Caller> = BTreeMap::new();
    let (mut datagram, mut looked) = (vec![0; LARGEST], Instant::now());
    loop {
        if let Ok((length, from)) = outward.recv_from(&mut datagram) {
            let bytes = &datagram[..length];
            let knocks = bytes.starts_with(&HANDSHAKE) && callers.len() < MOST_CALLERS;
            if knocks && !callers.contains_key(&from)
                // Without a seat it knocks again soon.
                && let Ok(seat) = seats.try_recv()
            {
                callers.insert(from, seat.take(from, &outward).map_err(failed("has no thread"))?);
            }
            if let Some(caller) = callers.get_mut(&from) {
                caller.heard = Instant::now();
                let _ = caller.seat.inward.send(bytes);
            }
        }
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            let over: Vec<SocketAddr> =
                callers.iter_mut().filter_map(|(from, caller)| caller.is_over().then_some(*from)).collect();
            for caller in over.iter().filter_map(|from| callers.remove(from)) {
                caller.gone.store(true, Ordering::SeqCst);
                line.end(caller.seat.feed)?;
            }
        }
    }
}

/// Keeps one seat ready.
fn prepare(listener: &Arc<Listener>, line: &Arc<Line>) -> io::Result<Receiver<Seat>> {
    let (sender, seats) = sync_channel(0);
    let (listener, line) = (Arc::clone(listener), Arc::clone(line));
    let work = move || {
        loop {
            match Seat::open(&listener, &line) {
                Ok(seat) => {
                    if sender.send(seat).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    eprintln!("live: {error}");
                    std::thread::sleep(AGAIN);
                }
            }
        }
    };
    std::thread::Builder::new().name("next caller".into()).spawn(work)?;
    Ok(seats)
}

impl Seat {
    fn open(listener: &Listener, line: &Arc<Line>) -> Result<Seat, DecodeError> {
        let setup = |e: io::Error| DecodeError::Setup(e.to_string());
        let any = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        // The system gives each asker another port; the source is told which one it has.
        let port = any().and_then(|socket| socket.local_addr()).map_err(setup)?.port();
        let inward = any().map_err(setup)?;
        inward.connect((Ipv4Addr::LOCALHOST, port)).map_err(setup)?;
        inward.set_read_timeout(Some(LOOK)).map_err(setup)?;
        Ok(Seat { feed: Feed::open(listener.receive(port)?, line)?, inward })
    }

    /// Gives it to a caller, whom the source's answers reach from now on.
    fn take(self, from: SocketAddr, outward: &UdpSocket) -> io::Result<Caller> {
        let (answers, outward, gone) = (self.inward.try_clone()?, outward.try_clone()?, Arc::<AtomicBool>::default());
        let over = Arc::clone(&gone);
        let answer = move || {
            let mut datagram = vec![0; LARGEST];
            while !over.load(Ordering::SeqCst) {
                if let Ok(length) = answers.recv(&mut datagram) {
                    let _ = outward.send_to(&datagram[..length], from);
                }
            }
        };
        std::thread::Builder::new().name("answers".into()).spawn(answer)?;
        let now = Instant::now();
        Ok(Caller { seat: self, heard: now, fruitful: now, gone })
    }
}

impl Caller {
    fn is_over(&mut self) -> bool {
        let ended = self.seat.feed.ended(gst::ClockTime::ZERO);
        if let Some(ended) = &ended {
            eprintln!("live: {ended}");
        }
        if self.seat.feed.gives_pictures() {
            self.fruitful = Instant::now();
        }
        ended.is_some() || self.heard.elapsed() > GONE || self.fruitful.elapsed() > FRUITLESS
    }
}
