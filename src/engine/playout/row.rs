//! The as-run row that is being lived through, from its first tick to its last.

use std::sync::Arc;

use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::channel::Channel;
use crate::domain::ids::Sha256;
use crate::domain::playlist::{ItemKind, PlaylistItem};
use crate::domain::time::Tick;

use super::orders::Emergency;

/// Who is on air. A new subject is a new row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A planned item.
    Item {
        /// Which.
        item: Arc<PlaylistItem>,
        /// The tick of its first frame: its planned start, or later for one that waited.
        first: Tick,
    },
    /// A clip of the evergreen pool, from a tick on.
    Fill {
        /// When it began; the same clip again is a new row.
        start: Tick,
        /// Its hash.
        clip: Sha256,
        /// Its title.
        title: String,
    },
    /// What covers for an item or a fill clip that has no picture: warm fill, else the slate.
    Cover {
        /// The item that should have been on air.
        of: Option<Arc<PlaylistItem>>,
        /// The fill clip that covers.
        fill: Option<Sha256>,
    },
    /// A live source that an operator put on air.
    Live(Arc<str>),
    /// What an operator with a named reason put over everything, from a tick on.
    Emergency {
        /// When this turn of it began.
        start: Tick,
        /// What it is.
        order: Arc<Emergency>,
    },
    /// The still picture: nothing is planned and no fill exists, or an operator wants it.
    Slate,
    /// Nothing: the channel is closed.
    Closed,
    /// Nothing: no player was there, or time was put right.
    OffAir,
}

impl Subject {
    /// The planned item that is, or should have been, on air.
    pub fn item(&self) -> Option<&Arc<PlaylistItem>> {
        match self {
            Subject::Item { item, .. } | Subject::Cover { of: Some(item), .. } => Some(item),
            _ => None,
        }
    }

    fn kind(&self) -> AirKind {
        match self {
            Subject::Item { item, .. } => match item.kind {
                ItemKind::Clip => AirKind::Clip,
                ItemKind::Fill => AirKind::Fill,
                ItemKind::Live => AirKind::Live,
                ItemKind::Slate => AirKind::Slate,
            },
            Subject::Fill { .. } | Subject::Cover { fill: Some(_), .. } => AirKind::Fill,
            Subject::Cover { fill: None, .. } | Subject::Slate => AirKind::Slate,
            Subject::Live(_) => AirKind::Live,
            Subject::Emergency { .. } => AirKind::Emergency,
            Subject::Closed | Subject::OffAir => AirKind::None,
        }
    }

    fn clip(&self) -> Option<Sha256> {
        match self {
            Subject::Item { item, .. } => item.sha256,
            Subject::Fill { clip, .. } => Some(*clip),
            Subject::Cover { fill, .. } => *fill,
            Subject::Emergency { order, .. } => Some(order.sha256),
            _ => None,
        }
    }
}

/// A row that has begun.
#[derive(Debug, Clone)]
pub(super) struct OpenRow {
    start: Tick,
    next: Tick,
    subject: Subject,
    held: u64,
    why: Option<String>,
}

impl OpenRow {
    pub fn begin(start: Tick, subject: Subject, why: Option<String>) -> OpenRow {
        OpenRow { start, next: start, subject, held: 0, why }
    }
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
    /// The first tick that does not belong to it yet.
    pub fn next_tick(&self) -> Tick {
        self.next
    }
    pub fn shown(&mut self, tick: Tick) {
        self.next = Tick(tick.0 + 1);
    }
    pub fn held(&mut self) {
        self.held += 1;
    }

    /// The row as if it ended now.
    pub fn so_far(&self, channel: &Channel, run: &str) -> AsRun {
        self.clone().finish(self.next, channel, run, None)
    }

    /// The row that ended before tick `end`; `cut_why` says why if that was too early.
    pub fn finish(self, end: Tick, channel: &Channel, run: &str, cut_why: Option<String>) -> AsRun {
        let rate = channel.house.rate;
        let frames = u64::try_from(end.0 - self.start.0).unwrap_or(0);
        let (outcome, why) = match &self.subject {
            Subject::Item { .. } if frames > 0 && self.held == frames => (Outcome::Failed, cut_why.or(self.why)),
            Subject::Item { item, first } if end < Tick(first.0.saturating_add_unsigned(item.duration_frames)) => {
                (Outcome::Cut, cut_why.or(self.why))
            }
            Subject::Item { first, .. } if self.start > *first => (Outcome::Joined, self.why),
            Subject::Cover { of: Some(_), .. } => (Outcome::Failed, self.why),
            Subject::Closed => (Outcome::Closed, self.why),
            Subject::OffAir => (Outcome::OffAir, cut_why.or(self.why)),
            _ => (Outcome::Complete, self.why),
        };
        let item = self.subject.item();
        AsRun {
            seq: 0,
            run: run.to_owned(),
            channel: channel.id.clone(),
            item: item.map(|item| item.id.clone()),
            kind: self.subject.kind(),
            clip: self.subject.clip(),
            planned_start: item.map(|item| item.start),
            start: rate.start_of(self.start),
            end: rate.start_of(end),
            frames: if outcome == Outcome::OffAir { 0 } else { frames },
            held_frames: self.held,
            outcome,
            why,
        }
    }
}
