//! What was promised beside what was on air: per item, per request, per day. Facts with numbers; the words of the report
//! are made where it is printed.

use std::collections::BTreeMap;

use crate::domain::as_run::{AirKind, AsRun, Outcome, RECORD_DAMAGED};
use crate::domain::ids::{ItemId, Sha256};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::time::{FrameRate, Instant};

/// A day's airing, item by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// Every planned clip and live item, in order of plan.
    pub items: Vec<Aired>,
    /// Per request, as playlist files name it.
    pub requests: BTreeMap<String, Totals>,
    /// The whole day.
    pub day: Totals,
    /// What was on air without being planned so, or planned wrongly recorded.
    pub discrepancies: Vec<Discrepancy>,
}

/// One planned item and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aired {
    /// As it was planned.
    pub item: PlaylistItem,
    /// What became of it.
    pub airing: Airing,
    /// First instant on air; `None` if it never was.
    pub start: Option<Instant>,
    /// Start on air less planned start; negative: early.
    pub late_ms: i64,
    /// Frames of it that were shown.
    pub frames: u64,
    /// Of those, repeats of the one before because none was there in time.
    pub held_frames: u64,
    /// The player's word, where there is one.
    pub why: Option<String>,
    /// What was on air in its time instead of it.
    pub instead: Vec<AirKind>,
}

/// What became of a planned item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Airing {
    /// Whole, at its time: within one frame.
    Complete,
    /// Whole, but at another time.
    Late,
    /// A part of it.
    Cut,
    /// Nothing of it.
    Missing,
    /// Its time has not come, or the journal of its time is not here yet.
    Pending,
}

/// Sums over items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Plays promised.
    pub promised: u32,
    /// Plays shown whole at their time.
    pub complete: u32,
    /// Plays shown whole at another time.
    pub late: u32,
    /// Plays shown in part.
    pub cut: u32,
    /// Plays not shown.
    pub missing: u32,
    /// Plays still to come.
    pub pending: u32,
    /// Airtime promised, milliseconds.
    pub promised_ms: u64,
    /// Airtime given, milliseconds.
    pub aired_ms: u64,
    /// Largest distance from plan of a start, milliseconds.
    pub worst_late_ms: i64,
    /// First start on air.
    pub first: Option<Instant>,
    /// Last start on air.
    pub last: Option<Instant>,
}

/// Something in the record that the plan does not explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discrepancy {
    /// A clip was on air that no item asked for.
    Unplanned {
        /// The row.
        seq: u64,
        /// What.
        clip: Option<Sha256>,
        /// When.
        start: Instant,
        /// For how long.
        frames: u64,
    },
    /// An item aired other bytes than planned.
    WrongClip {
        /// The row.
        seq: u64,
        /// The item.
        item: ItemId,
        /// What was on air.
        aired: Option<Sha256>,
    },
    /// The record leaves a hole, or two rows claim one time.
    NotTiled {
        /// The row before.
        after_seq: u64,
        /// Where it ended.
        end: Instant,
        /// Where the next began.
        start: Instant,
    },
    /// A row is missing or doubled.
    Sequence {
        /// The row before.
        after_seq: u64,
        /// The number that follows it.
        seq: u64,
    },
}

/// Compares the last revision of a day with the rows of its channel. Rows outside the day are left alone; what is
/// planned after the last row's end is pending.
pub fn reconcile(playlist: &Playlist, rows: &[AsRun]) -> Reconciled {
    let rate = playlist.head().rate;
    let day = playlist.head().zone.day(playlist.head().date);
    let rows: Vec<&AsRun> = rows.iter().filter(|r| r.end > day.start() && r.start < day.end()).collect();
    let known_until = rows.last().map(|r| r.end);
    let mut by_item: BTreeMap<&ItemId, Vec<&AsRun>> = BTreeMap::new();
    for row in &rows {
        if let Some(item) = &row.item {
            by_item.entry(item).or_default().push(row);
        }
    }
    let promised = playlist.items().iter().filter(|i| matches!(i.kind, ItemKind::Clip | ItemKind::Live));
    let items: Vec<Aired> = promised
        .map(|item| {
            let own = by_item.get(&item.id).map_or(&[][..], Vec::as_slice);
            aired(item, own, &rows, known_until, rate)
        })
        .collect();
    let mut requests: BTreeMap<String, Totals> = BTreeMap::new();
    let mut whole = Totals::default();
    for aired in &items {
        whole.add(aired, rate);
        if let Some(submission) = &aired.item.submission {
            requests.entry(submission.clone()).or_default().add(aired, rate);
        }
    }
    let discrepancies = discrepancies(playlist, &rows);
    Reconciled { items, requests, day: whole, discrepancies }
}

fn aired(item: &PlaylistItem, own: &[&AsRun], rows: &[&AsRun], known_until: Option<Instant>, rate: FrameRate) -> Aired {
    let shown: Vec<&&AsRun> = own.iter().filter(|r| showed(item, r)).collect();
    let frames: u64 = shown.iter().map(|r| r.frames).sum();
    let start = shown.first().map(|r| r.start);
    let late_ms = start.map_or(0, |s| (s - item.start).num_milliseconds());
    let span = item.span(rate);
    let over = known_until.is_some_and(|until| until >= span.end());
    let one_frame = i64::try_from(rate.millis(1)).unwrap_or(i64::MAX) + 1;
    let airing = match frames {
        _ if !over && frames < item.duration_frames => Airing::Pending,
        0 => Airing::Missing,
        f if f < item.duration_frames => Airing::Cut,
        _ if late_ms.abs() > one_frame => Airing::Late,
        _ => Airing::Complete,
    };
    let mut instead: Vec<AirKind> = if matches!(airing, Airing::Cut | Airing::Missing) {
        rows.iter()
            .filter(|r| r.start < span.end() && span.start() < r.end && !showed(item, r) && !r.proves_nothing())
            .map(|r| r.kind)
            .collect()
    } else {
        Vec::new()
    };
    instead.sort_unstable();
    instead.dedup();
    let during = rows.iter().filter(|r| r.start < span.end() && span.start() < r.end);
    let why = own.iter().find_map(|r| r.why.clone()).or_else(|| {
        matches!(airing, Airing::Cut | Airing::Missing)
            .then(|| during.into_iter().find_map(|r| r.why.clone()))
            .flatten()
    });
    let held_frames = shown.iter().map(|r| r.held_frames).sum();
    Aired { item: item.clone(), airing, start, late_ms, frames, held_frames, why, instead }
}

/// Whether a row shows the item's own picture.
fn showed(item: &PlaylistItem, row: &AsRun) -> bool {
    let kind = match item.kind {
        ItemKind::Clip => AirKind::Clip,
        ItemKind::Live => AirKind::Live,
        ItemKind::Fill => AirKind::Fill,
        ItemKind::Slate => AirKind::Slate,
    };
    row.item.as_ref() == Some(&item.id)
        && row.kind == kind
        && (item.sha256.is_none() || row.clip == item.sha256)
        && matches!(row.outcome, Outcome::Complete | Outcome::Cut | Outcome::Joined)
}

impl Totals {
    /// Counts one more item.
    pub fn add(&mut self, aired: &Aired, rate: FrameRate) {
        self.promised += 1;
        match aired.airing {
            Airing::Complete => self.complete += 1,
            Airing::Late => self.late += 1,
            Airing::Cut => self.cut += 1,
            Airing::Missing => self.missing += 1,
            Airing::Pending => self.pending += 1,
        }
        self.promised_ms += rate.millis(aired.item.duration_frames);
        self.aired_ms += rate.millis(aired.frames);
        if aired.late_ms.abs() > self.worst_late_ms.abs() {
            self.worst_late_ms = aired.late_ms;
        }
        self.first = self.first.into_iter().chain(aired.start).min();
        self.last = self.last.into_iter().chain(aired.start).max();
    }

    /// Sums of two days.
    pub fn join(&mut self, other: &Totals) {
        self.promised += other.promised;
        self.complete += other.complete;
        self.late += other.late;
        self.cut += other.cut;
        self.missing += other.missing;
        self.pending += other.pending;
        self.promised_ms += other.promised_ms;
        self.aired_ms += other.aired_ms;
        if other.worst_late_ms.abs() > self.worst_late_ms.abs() {
            self.worst_late_ms = other.worst_late_ms;
        }
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
    }
}

fn discrepancies(playlist: &Playlist, rows: &[&AsRun]) -> Vec<Discrepancy> {
    let mut found = tiles(rows.iter().copied());
    let planned: BTreeMap<&ItemId, &PlaylistItem> = playlist.items().iter().map(|i| (&i.id, i)).collect();
    for row in rows.iter().filter(|r| r.kind == AirKind::Clip) {
        match row.item.as_ref().and_then(|id| planned.get(id)) {
            None => found.push(Discrepancy::Unplanned {
                seq: row.seq,
                clip: row.clip,
                start: row.start,
                frames: row.frames,
            }),
            Some(item) if item.sha256 != row.clip => {
                found.push(Discrepancy::WrongClip { seq: row.seq, item: item.id.clone(), aired: row.clip })
            }
            Some(_) => {}
        }
    }
    found
}

/// Where rows in order of their numbers leave a hole, overlap, or skip a number that no row accounts for.
pub fn tiles<'a>(rows: impl IntoIterator<Item = &'a AsRun>) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    let mut before: Option<&AsRun> = None;
    for row in rows {
        if let Some(last) = before {
            let stood_for = last.why.as_deref() == Some(RECORD_DAMAGED) && row.seq > last.seq;
            if row.seq != last.seq + 1 && !stood_for {
                found.push(Discrepancy::Sequence { after_seq: last.seq, seq: row.seq });
            }
            if row.start != last.end {
                found.push(Discrepancy::NotTiled { after_seq: last.seq, end: last.end, start: row.start });
            }
        }
        before = Some(row);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;

    use super::*;
    use crate::domain::playlist::{PlaylistHead, RunMode, Source};

    const CLIP: Sha256 = Sha256([1; 32]);

    /// Three clips of ten seconds, back to back from 10:00.
    fn plan() -> Playlist {
        let ten: Instant = "2026-11-22T10:00:00+07:00".parse().expect("an instant");
        let item = |n: i32| PlaylistItem {
            id: format!("s7-{n}").parse().expect("an id"),
            start: ten + TimeDelta::seconds(10) * n,
            duration_frames: 250,
            run: RunMode::Auto,
            kind: ItemKind::Clip,
            source: Source::File(format!("media/house/{CLIP}.mp4")),
            sha256: Some(CLIP),
            in_frames: 0,
            title: "Imunisasi".into(),
            owner: "Dinas Kesehatan".into(),
            submission: Some("7".into()),
            nature: crate::domain::playlist::Nature::FILM,
            wears: Default::default(),
        };
        let head = PlaylistHead {
            channel: "videotron".parse().expect("a channel"),
            date: "2026-11-22".parse().expect("a date"),
            revision: 1,
            parent: None,
            zone: "Asia/Jakarta".parse().expect("a zone"),
            rate: FrameRate::PAL,
            withdrawn: BTreeSet::new(),
        };
        Playlist::new(head, (0..3).map(item).collect()).expect("abutting items")
    }

    fn row(seq: u64, item: Option<&str>, kind: AirKind, from_ms: i64, to_ms: i64, outcome: Outcome) -> AsRun {
        let ten: Instant = "2026-11-22T10:00:00+07:00".parse().expect("an instant");
        AsRun {
            seq,
            run: "r1".into(),
            channel: "videotron".parse().expect("a channel"),
            item: item.map(|i| i.parse().expect("an id")),
            kind,
            clip: (kind == AirKind::Clip).then_some(CLIP),
            planned_start: None,
            start: ten + TimeDelta::milliseconds(from_ms),
            end: ten + TimeDelta::milliseconds(to_ms),
            frames: u64::try_from((to_ms - from_ms) / 40).expect("forward"),
            held_frames: 0,
            outcome,
            why: None,
        }
    }

    #[test]
    fn a_player_that_was_killed_costs_the_office_a_named_second_and_nothing_else() {
        let mut cut = row(2, Some("s7-1"), AirKind::Clip, 10_000, 14_000, Outcome::Cut);
        cut.why = Some("player_lost".into());
        let rows = [
            row(1, Some("s7-0"), AirKind::Clip, 0, 10_000, Outcome::Complete),
            cut,
            row(3, None, AirKind::None, 14_000, 15_000, Outcome::OffAir),
            row(4, Some("s7-1"), AirKind::Clip, 15_000, 20_000, Outcome::Joined),
            row(5, Some("s7-2"), AirKind::Clip, 20_000, 30_000, Outcome::Complete),
        ];
        let report = reconcile(&plan(), &rows);
        assert_eq!(report.discrepancies, []);
        let second = &report.items[1];
        assert_eq!((second.airing, second.frames), (Airing::Cut, 225));
        assert_eq!((second.why.as_deref(), second.instead.as_slice()), (Some("player_lost"), &[AirKind::None][..]));
        let totals = &report.requests["7"];
        assert_eq!((totals.promised, totals.complete, totals.cut), (3, 2, 1));
        assert_eq!((totals.promised_ms, totals.aired_ms), (30_000, 29_000));
    }

    #[test]
    fn late_missing_pending_and_unplanned_are_told_apart() {
        let mut slate = row(2, Some("s7-1"), AirKind::Slate, 12_000, 22_000, Outcome::Failed);
        slate.why = Some("stalled".into());
        let rows = [
            row(1, Some("s7-0"), AirKind::Clip, 2_000, 12_000, Outcome::Complete),
            slate,
            row(4, Some("stray"), AirKind::Clip, 22_000, 23_000, Outcome::Cut),
        ];
        let report = reconcile(&plan(), &rows);
        let airings: Vec<_> = report.items.iter().map(|i| i.airing).collect();
        assert_eq!(airings, [Airing::Late, Airing::Missing, Airing::Pending]);
        assert_eq!(report.items[0].late_ms, 2_000);
        assert_eq!(report.items[1].why.as_deref(), Some("stalled"));
        assert!(matches!(report.discrepancies[0], Discrepancy::Sequence { after_seq: 2, seq: 4 }));
        assert!(matches!(report.discrepancies[1], Discrepancy::Unplanned { seq: 4, .. }));
    }

    #[test]
    fn a_hole_in_the_record_is_found_also_between_runs() {
        let rows = [
            row(1, None, AirKind::Fill, 0, 1_000, Outcome::Complete),
            row(2, None, AirKind::Fill, 1_040, 2_000, Outcome::Complete),
        ];
        assert!(matches!(tiles(&rows)[..], [Discrepancy::NotTiled { after_seq: 1, .. }]));
    }
}
