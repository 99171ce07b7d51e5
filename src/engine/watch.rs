//! What leaves the player, judged tick by tick: black, standing, silent or late air opens an incident, and recovery
//! closes it. Sans-IO: it is handed measurements, not pictures.
//!
//! What is black, standing and silent is defined in [`Thresholds`], for files and for the air. Raise and clear times are
//! the house's (EBU QC and broadcast practice), in seconds so that a channel of any rate has the same.

use std::collections::BTreeMap;

use crate::domain::incident::{IncidentKind, Level};
use crate::domain::text::Text;
use crate::domain::time::{FrameRate, Tick};
use crate::engine::quality::Thresholds;

const BLACK_LUMA: u8 = Thresholds::HOUSE.black_luma();
const BLACK_SHARE_MILLI: u64 = Thresholds::HOUSE.black_share_milli();
const STANDING_CHANGE_MILLI: u64 = Thresholds::HOUSE.standing_change_milli();
const SILENT_PEAK: u16 = Thresholds::HOUSE.silent_peak();
/// A tick is late when it leaves this much after its time.
const LATE_MS: u64 = 40;

/// Measurements of one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Share of sampled luma that is black, in thousandths.
    pub black_share: u64,
    /// Mean change against the picture before, in thousandths of a code value; `None` at the first.
    pub change_milli: Option<u64>,
    /// Largest absolute sample.
    pub peak: u16,
}

/// Bytes that are summed at a time.
const PART: usize = 1 << 16;

/// Measures sampled luma rows against those of the picture before, and the tick's sound.
pub fn measure(rows: &[u8], before: &[u8], sound: &[u8]) -> Measure {
    let count = rows.len().max(1) as u64;
    // Sums of 32 bits over parts that can't overflow them are several at a time for a processor.
    let black = |part: &[u8]| part.iter().map(|luma| u32::from(*luma <= BLACK_LUMA)).sum::<u32>();
    let black: u64 = rows.chunks(PART).map(|part| u64::from(black(part))).sum();
    let change = |(a, b): (&[u8], &[u8])| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
    let changed = || rows.chunks(PART).zip(before.chunks(PART)).map(|parts| u64::from(change(parts))).sum::<u64>();
    let change_milli = (rows.len() == before.len()).then(|| changed() * 1000 / count);
    let samples = sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs());
    Measure { black_share: black * 1000 / count, change_milli, peak: samples.max().unwrap_or(0) }
}

/// What was on air while it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The channel is closed: black is right.
    pub dark: bool,
    /// The picture is meant to stand.
    pub still: bool,
    /// There should be something to hear.
    pub sounding: bool,
}

/// An incident that opened, became worse, or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is one now, at this level; again when it becomes critical.
    Open {
        /// What.
        kind: IncidentKind,
        /// How bad.
        level: Level,
        /// When it began.
        since: Tick,
        /// What happened and what to do.
        text: Text,
    },
    /// It is over.
    Close {
        /// What.
        kind: IncidentKind,
    },
}

/// When a condition becomes an incident, and when it is over; seconds.
#[derive(Debug, Clone, Copy)]
struct Patience {
    warn_s: u32,
    critical_s: u32,
    clear_s: u32,
}

fn patience(kind: IncidentKind) -> Patience {
    match kind {
        IncidentKind::Black => Patience { warn_s: 2, critical_s: 5, clear_s: 2 },
        IncidentKind::Freeze => Patience { warn_s: 5, critical_s: 15, clear_s: 2 },
        IncidentKind::Silence => Patience { warn_s: 10, critical_s: 30, clear_s: 2 },
        _ => Patience { warn_s: 1, critical_s: 10, clear_s: 5 },
    }
}

/// The watch over one channel.
#[derive(Debug)]
pub struct Watch {
    rate: FrameRate,
    conditions: BTreeMap<IncidentKind, Condition>,
}

#[derive(Debug, Default)]
struct Condition {
    since: Option<Tick>,
    good_since: Option<Tick>,
    open: Option<Level>,
}

impl Watch {
    /// Nothing is wrong yet.
    pub fn new(rate: FrameRate) -> Watch {
        Watch { rate, conditions: BTreeMap::new() }
    }

    /// Takes a tick's measurements and how many milliseconds it was late; returns what changed.
    pub fn tick(&mut self, tick: Tick, measure: Measure, expected: Expected, late_ms: u64) -> Vec<Change> {
        let stands = measure.change_milli.is_some_and(|change| change <= STANDING_CHANGE_MILLI);
        let black = measure.black_share >= BLACK_SHARE_MILLI;
        let found = [
            (IncidentKind::Black, black && !expected.dark),
            (IncidentKind::Freeze, stands && !black && !expected.still && !expected.dark),
            (IncidentKind::Silence, measure.peak <= SILENT_PEAK && expected.sounding),
            (IncidentKind::Lateness, late_ms >= LATE_MS),
        ];
        found.into_iter().filter_map(|(kind, bad)| self.judge(kind, bad, tick)).collect()
    }

    fn judge(&mut self, kind: IncidentKind, bad: bool, tick: Tick) -> Option<Change> {
        let patience = patience(kind);
        let rate = self.rate;
        let lasted = |since: Tick, seconds: u32| tick.0 - since.0 >= rate.frames_in(seconds).cast_signed();
        let condition = self.conditions.entry(kind).or_default();
        if !bad {
            condition.since = None;
            let good_since = *condition.good_since.get_or_insert(tick);
            let over = condition.open.is_some() && lasted(good_since, patience.clear_s);
            return over.then(|| condition.open.take()).flatten().map(|_| Change::Close { kind });
        }
        condition.good_since = None;
        let since = *condition.since.get_or_insert(tick);
        let level = if lasted(since, patience.critical_s) {
            Level::Critical
        } else if lasted(since, patience.warn_s) {
            Level::Warning
        } else {
            return None;
        };
        if condition.open.is_some_and(|open| open >= level) {
            return None;
        }
        condition.open = Some(level);
        Some(Change::Open { kind, level, since, text: words(kind) })
    }
}

fn words(kind: IncidentKind) -> Text {
    match kind {
        IncidentKind::Black => Text::new(
            "Gambar yang keluar dari pemutar hitam. Periksa materi yang sedang tayang; tarik dari jadwal bila perlu.",
            "The picture leaving the player is black. Look at the item on air; withdraw it if need be.",
        ),
        IncidentKind::Freeze => Text::new(
            "Gambar tidak bergerak padahal seharusnya bergerak. Periksa materi yang sedang tayang.",
            "The picture stands still though it should move. Look at the item on air.",
        ),
        IncidentKind::Silence => Text::new(
            "Tidak ada suara padahal materi memiliki suara. Periksa suara materi yang sedang tayang.",
            "There is no sound though the item has some. Listen to the item on air.",
        ),
        _ => Text::new(
            "Gambar keluar terlambat. Komputer pemutar terlalu sibuk: tutup program lain.",
            "Frames leave late. The player's computer is too busy: close other programs.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Measure = Measure { black_share: 100, change_milli: Some(4000), peak: 5000 };
    const SHOWN: Expected = Expected { dark: false, still: false, sounding: true };

    fn run(watch: &mut Watch, from: i64, ticks: i64, measure: Measure, expected: Expected) -> Vec<(i64, Change)> {
        let changes = (from..from + ticks)
            .flat_map(|n| watch.tick(Tick(n), measure, expected, 0).into_iter().map(move |change| (n, change)));
        changes.collect()
    }

    #[test]
    fn black_for_two_seconds_is_a_warning_five_are_critical_and_two_good_ones_close_it() {
        let mut watch = Watch::new(FrameRate::PAL);
        let black = Measure { black_share: 1000, ..GOOD };
        assert_eq!(run(&mut watch, 0, 50, black, SHOWN), []);
        let changes = run(&mut watch, 50, 100, black, SHOWN);
        let levels: Vec<_> = changes
            .iter()
            .map(|(n, change)| match change {
                Change::Open { kind: IncidentKind::Black, level, since, .. } => (*n, *level, since.0),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(levels, [(50, Level::Warning, 0), (125, Level::Critical, 0)]);
        assert_eq!(run(&mut watch, 150, 60, GOOD, SHOWN), [(200, Change::Close { kind: IncidentKind::Black })]);
    }

    #[test]
    fn a_closed_wall_may_be_black_a_poster_may_stand_and_a_silent_clip_may_be_silent() {
        let mut watch = Watch::new(FrameRate::PAL);
        let nothing = Measure { black_share: 1000, change_milli: Some(0), peak: 0 };
        let closed = Expected { dark: true, still: true, sounding: false };
        assert_eq!(run(&mut watch, 0, 2000, nothing, closed), []);
        let poster = Measure { change_milli: Some(0), peak: 0, ..GOOD };
        let expected = Expected { dark: false, still: true, sounding: false };
        assert_eq!(run(&mut watch, 2000, 2000, poster, expected), []);
    }

    #[test]
    fn standing_and_silent_air_is_noticed() {
        let mut watch = Watch::new(FrameRate::PAL);
        let dead = Measure { change_milli: Some(0), peak: 3, ..GOOD };
        let kinds: Vec<_> = run(&mut watch, 0, 300, dead, SHOWN)
            .into_iter()
            .map(|(n, change)| match change {
                Change::Open { kind, .. } => (n, kind),
                Change::Close { kind } => panic!("{kind:?} closed"),
            })
            .collect();
        assert_eq!(kinds, [(125, IncidentKind::Freeze), (250, IncidentKind::Silence)]);
    }

    #[test]
    fn pictures_are_measured_as_they_are() {
        let grey = [120u8; 400];
        let mut moved = grey;
        moved[0] = 220;
        assert_eq!(measure(&[16; 400], &grey, &[0, 0]).black_share, 1000);
        assert_eq!(measure(&moved, &grey, &[]).change_milli, Some(250));
        assert_eq!(
            measure(&grey, &[], &(-300i16).to_le_bytes()),
            Measure { black_share: 0, change_milli: None, peak: 300 }
        );
    }
}
