//! What was found along a clip, as people look at it: marks with their places, and how loud it is.

use super::asset::{Inspection, LoudnessCurve, MsSpan};

/// What was found along a clip.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// How long it is.
    pub duration_ms: u64,
    /// What was found, in the order of time.
    pub marks: Vec<Mark>,
    /// Momentary loudness.
    pub curve: LoudnessCurve,
}

/// One stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Where.
    pub span: MsSpan,
    /// Of which kind.
    pub kind: MarkKind,
}

/// Kinds of marks, in the order of their lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Flashing that can trigger seizures.
    Flashing,
    /// Flashing within the limits.
    DoubtfulFlashing,
    /// Black picture.
    Black,
    /// Standing picture.
    Frozen,
    /// Luma beyond its range.
    Levels,
    /// No sound.
    Silent,
    /// Channels that cancel each other.
    Phase,
}

impl MarkKind {
    /// Every one.
    pub const ALL: &[MarkKind] = &[
        MarkKind::Flashing,
        MarkKind::DoubtfulFlashing,
        MarkKind::Black,
        MarkKind::Frozen,
        MarkKind::Levels,
        MarkKind::Silent,
        MarkKind::Phase,
    ];
    /// The word in rows and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            MarkKind::Flashing => "flashing",
            MarkKind::DoubtfulFlashing => "doubtful",
            MarkKind::Black => "black",
            MarkKind::Frozen => "frozen",
            MarkKind::Levels => "levels",
            MarkKind::Silent => "silent",
            MarkKind::Phase => "phase",
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<MarkKind> {
        MarkKind::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

/// Most marks that are shown: beyond that there is one everywhere.
const MOST_MARKS: usize = 200;

impl Timeline {
    /// What an inspection found.
    pub fn of(found: &Inspection) -> Timeline {
        let measured = &found.measured;
        let flashes = measured.flash.iter().map(|flash| (MarkKind::Flashing, flash.span));
        let doubtful = measured.doubtful_flash.iter().map(|flash| (MarkKind::DoubtfulFlashing, flash.span));
        let spans = [
            (MarkKind::Black, &measured.black),
            (MarkKind::Frozen, &measured.freeze),
            (MarkKind::Levels, &measured.out_of_range),
            (MarkKind::Silent, &measured.silence),
            (MarkKind::Phase, &measured.cancelling),
        ];
        let others = spans.into_iter().flat_map(|(kind, spans)| spans.iter().map(move |span| (kind, *span)));
        let all = flashes.chain(doubtful).chain(others);
        let mut marks: Vec<Mark> = all.take(MOST_MARKS).map(|(kind, span)| Mark { span, kind }).collect();
        marks.sort_unstable();
        Timeline { duration_ms: found.duration_ms, marks, curve: measured.curve.clone() }
    }
}
