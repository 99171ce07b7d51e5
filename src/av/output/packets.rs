//! Packets of an MPEG transport stream (ISO/IEC 13818-1), as far as cutting one into files needs them: where a key frame
//! begins, and the two tables with which every file must begin.

use std::ops::Range;

/// Bytes of a packet (clause 2.4.3.2).
pub(super) const PACKET_BYTES: usize = 188;
/// First byte of each.
const SYNC: u8 = 0x47;
/// Number of the stream of the first table, the one that names the second (table 2-3).
const FIRST_TABLE: u16 = 0;
/// Stream numbers of pictures in packetised streams (table 2-22).
const PICTURES: std::ops::RangeInclusive<u8> = 0xe0..=0xef;

/// Remembers the tables that passed.
#[derive(Debug, Default)]
pub(super) struct Tables {
    first: Option<Vec<u8>>,
    second: Option<Vec<u8>>,
    second_number: Option<u16>,
}

impl Tables {
    /// Looks at a run of whole packets; where in it a key frame begins.
    pub fn key_frame(&mut self, run: &[u8]) -> Option<usize> {
        let mut found = None;
        for (n, packet) in run.chunks_exact(PACKET_BYTES).enumerate() {
            let packet = Packet(packet);
            if packet.number() == FIRST_TABLE {
                self.second_number = packet.names_second().or(self.second_number);
                self.first = Some(packet.0.to_vec());
            } else if Some(packet.number()) == self.second_number {
                self.second = Some(packet.0.to_vec());
            } else if found.is_none() && packet.begins_key_frame() {
                found = Some(n * PACKET_BYTES);
            }
        }
        found
    }

    /// What a file begins with; empty before both tables were seen.
    pub fn head(&self) -> Vec<u8> {
        match (&self.first, &self.second) {
            (Some(first), Some(second)) => [first.as_slice(), second].concat(),
            _ => Vec::new(),
        }
    }
}

struct Packet<'a>(&'a [u8]);

impl Packet<'_> {
    fn number(&self) -> u16 {
        if self.0[0] == SYNC { u16::from_be_bytes([self.0[1] & 0x1f, self.0[2]]) } else { u16::MAX }
    }
    fn begins_unit(&self) -> bool {
        self.0[1] & 0x40 != 0
    }
    /// The adaptation field without its length.
    fn adaptation(&self) -> Range<usize> {
        let there = self.0[3] & 0x20 != 0;
        let end = if there { (5 + usize::from(self.0[4])).min(PACKET_BYTES) } else { 4 };
        if there { 5..end.max(5) } else { 4..4 }
    }
    fn payload(&self) -> &[u8] {
        &self.0[self.adaptation().end..]
    }
    fn begins_key_frame(&self) -> bool {
        let random_access = self.0[self.adaptation()].first().is_some_and(|flags| flags & 0x40 != 0);
        let pictures = matches!(self.payload(), [0, 0, 1, stream, ..] if PICTURES.contains(stream));
        self.0[0] == SYNC && self.begins_unit() && random_access && pictures
    }
    /// The number of the second table's stream, of a first table with one programme (clause 2.4.4.3).
    fn names_second(&self) -> Option<u16> {
        let payload = self.payload();
        let section = payload.get(1 + usize::from(*payload.first()?)..)?;
        let entry = section.get(8..12)?;
        (self.begins_unit() && section[0] == 0).then(|| u16::from_be_bytes([entry[2] & 0x1f, entry[3]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u16, begins: bool, adaptation: &[u8], payload: &[u8]) -> Vec<u8> {
        let [high, low] = number.to_be_bytes();
        let mut packet = vec![SYNC, high | if begins { 0x40 } else { 0 }, low, 0x30];
        let stuffing = PACKET_BYTES - 5 - adaptation.len() - payload.len();
        packet.push((adaptation.len() + stuffing) as u8);
        packet.extend_from_slice(adaptation);
        packet.resize(packet.len() + stuffing, 0xff);
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn a_file_begins_with_the_tables_and_is_cut_where_a_key_frame_begins() {
        let first = packet(0, true, &[0], &[0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0, 32, 1, 2, 3, 4]);
        let second = packet(32, true, &[0], &[0, 2, 0xb0, 9]);
        let sound = packet(66, true, &[0x40], &[0, 0, 1, 0xc0]);
        let later = packet(65, true, &[0x10], &[0, 0, 1, 0xe0]);
        let key = packet(65, true, &[0x50], &[0, 0, 1, 0xe0]);
        let mut tables = Tables::default();
        assert_eq!(tables.key_frame(&[sound.clone(), later.clone()].concat()), None);
        assert_eq!(tables.head(), Vec::<u8>::new());
        let run = [first.clone(), second.clone(), sound, key.clone(), later].concat();
        assert_eq!(tables.key_frame(&run), Some(3 * PACKET_BYTES));
        assert_eq!(tables.head(), [first, second].concat());
    }

    #[test]
    fn bytes_that_are_no_packets_hold_no_key_frame() {
        let mut tables = Tables::default();
        for fill in [0, 0x47, 0xff] {
            assert_eq!(tables.key_frame(&[fill; 5 * PACKET_BYTES]), None);
        }
    }
}
