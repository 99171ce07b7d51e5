//! What a player and its outputs' processes say to each other, over one socket between the two.
//!
//! Down go the order, once, as a line of JSON, and then eight bytes for each tick: its number in the ring. The end of
//! that direction means: finish what you write, and go. Up come reports, a line of JSON each.

use std::io::{self, BufRead, Read as _, Write};

use serde::{Deserialize, Serialize};

use crate::domain::channel::HouseFormat;
use crate::domain::output::OutputAddress;
use crate::domain::time::{FrameRate, Zone};
use crate::domain::wall::Mapping;

/// Bytes of a tick's number.
pub(super) const NUMBER_BYTES: usize = 8;
/// Longest order or report: an address and a sentence.
pub(super) const MOST_LINE_BYTES: usize = 16 * 1024;

/// What a child is to do. Not on its command line, where everybody reads along: an address may hold a password.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub address: OutputAddress,
    pub house: HouseFormat,
    /// Of local time in the names of files.
    pub zone: Zone,
    /// How the picture lies on a display.
    pub mapping: Mapping,
    /// Confine yourself with Landlock, or do nothing.
    pub require_landlock: bool,
}

#[derive(Serialize, Deserialize)]
struct OrderLine {
    address: String,
    width: u32,
    height: u32,
    frame_rate: [u32; 2],
    sample_rate_hz: u32,
    zone: String,
    mapping: [(u32, u32); 4],
    require_landlock: bool,
}

impl Order {
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let HouseFormat { width, height, rate, sample_rate_hz, .. } = self.house;
        let frame_rate = [rate.num(), rate.den()];
        let (address, zone, require_landlock) = (self.address.reveal(), self.zone.to_string(), self.require_landlock);
        let Mapping { screen, at, from, size } = self.mapping;
        let mapping = [screen, at, from, size];
        let line = OrderLine { address, width, height, frame_rate, sample_rate_hz, zone, mapping, require_landlock };
        write_line(to, &line)
    }

    pub fn read(mut from: &mut impl BufRead) -> io::Result<Order> {
        let mut text = String::new();
        (&mut from).take(MOST_LINE_BYTES as u64).read_line(&mut text)?;
        let line: OrderLine = serde_json::from_str(&text)?;
        let [num, den] = line.frame_rate;
        let rate = FrameRate::new(num, den).ok_or(io::ErrorKind::InvalidData)?;
        let address = line.address.parse().map_err(io::Error::other)?;
        let zone = line.zone.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        let (width, height, sample_rate_hz) = (line.width, line.height, line.sample_rate_hz);
        let house = HouseFormat { width, height, rate, sample_rate_hz, ..HouseFormat::DEFAULT };
        let [screen, at, from, size] = line.mapping;
        let mapping = Mapping { screen, at, from, size };
        mapping.check(house).map_err(io::Error::other)?;
        Ok(Order { address, house, zone, mapping, require_landlock: line.require_landlock })
    }
}

/// How a child is, some times a second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// Frames that the last element of the pipeline took: the file, the socket or the screen, not the one that feeds it.
    pub taken: u64,
    /// Frames that it could not take in time.
    pub dropped: u64,
    /// There is nobody at the other end, for now: what is sent counts as dropped.
    #[serde(default)]
    pub nobody: bool,
    /// Why it ends.
    pub failed: Option<String>,
}

impl Report {
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        write_line(to, self)
    }
    pub fn parse(line: &[u8]) -> io::Result<Report> {
        Ok(serde_json::from_slice(line)?)
    }
}

fn write_line(to: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    to.write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_back_and_half_a_line_is_none() {
        let house = HouseFormat { width: 640, height: 360, ..HouseFormat::DEFAULT };
        let address = "srt://127.0.0.1:5000?mode=caller&passphrase=ten%20letters".parse().expect("an address");
        let zone = "Asia/Jakarta".parse().expect("a zone");
        let mapping = Mapping { screen: (1920, 1080), at: (64, 0), from: (2, 4), size: (128, 64) };
        let order = Order { address, house, zone, mapping, require_landlock: true };
        let mut line = Vec::new();
        order.write(&mut line).expect("written");
        assert_eq!(Order::read(&mut line.as_slice()).expect("read"), order);
        assert!(Order::read(&mut &line[..line.len() / 2]).is_err());
    }
}
