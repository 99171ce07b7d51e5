//! What an operator puts over the plan. The plan's own timeline runs on beneath, so that giving the air back needs no
//! decision: whatever the timeline has reached is seen again, on its frame.

use std::sync::Arc;

use super::Show;
use super::decoders::Decoders;
use super::timeline::{Segment, What};
use super::track::{Lane, Segments, Track};
use crate::domain::branding::Wears;
use crate::domain::ids::{ItemId, Sha256};
use crate::domain::playlist::{ItemKind, Nature, PlaylistItem, Source};
use crate::domain::time::Tick;

/// How long something ordered may take to its first frame before the order is given up: 4 s at 25 frames a second.
const CUE_TICKS: i64 = 100;
/// Decoders of what is ordered, open at once: the one on air, and its next turn.
pub(super) const MAX_DECKS: usize = 2;
/// Start of something that is not on air yet.
const NOT_YET: Tick = Tick(i64::MAX / 4);

/// An order of an operator, or of the head-end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What is on air ends as planned, then fill airs, until a take, a resume, or something that starts hard.
    Hold,
    /// The next item now; the rest of what it cuts does not come back.
    Take,
    /// The item on air again, from its first frame.
    Retake,
    /// Ends the item on air, or drops the named one; fill covers its time.
    Skip(Option<ItemId>),
    /// The still picture over everything, until a resume.
    Slate,
    /// A live source over the plan whenever it gives frames, until a resume.
    Live(Arc<str>),
    /// A file over everything, again and again.
    Emergency(Arc<Emergency>),
    /// Back to the plan.
    Resume,
}

/// A file that a named person puts over everything until a stated tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// The bytes.
    pub sha256: Sha256,
    /// Where they are.
    pub source: Source,
    /// Length of one turn, at least 1.
    pub duration_frames: u64,
    /// For people.
    pub title: String,
    /// Who ordered it, and why: an emergency airs on somebody's word.
    pub by: String,
    /// First tick after it.
    pub until: Tick,
    /// What of the channel's branding is drawn on it.
    pub wears: Wears,
}

/// Why an order was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// No item is left to take today.
    NothingToTake,
    /// Neither an item is on air nor was one named that is still to come.
    NothingToSkip,
    /// No item is on air.
    NothingToRetake,
    /// An emergency is on air: only `resume` ends it.
    EmergencyOnAir,
    /// Its end lies in the past.
    AlreadyOver,
    /// There is nothing to go back from.
    NothingToResume,
}

/// What was ordered, as far as it is on a track of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// An item out of turn; a retake was on air before.
    Item {
        item: Arc<PlaylistItem>,
        retake: bool,
    },
    Slate,
    Live(Arc<str>),
    Emergency(Arc<Emergency>),
}

impl Order {
    /// The journal's word for what it cuts.
    pub fn word(&self) -> &'static str {
        match self {
            Order::Item { retake: false, .. } => "taken",
            Order::Item { retake: true, .. } => "retaken",
            Order::Slate => "slate_ordered",
            Order::Live(_) => "live_ordered",
            Order::Emergency(_) => "emergency",
        }
    }

    /// The operator's word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Order::Item { retake: false, .. } => "take",
            Order::Item { retake: true, .. } => "retake",
            Order::Slate => "slate",
            Order::Live(_) => "live",
            Order::Emergency(_) => "emergency",
        }
    }

    /// For people.
    pub fn title(&self) -> String {
        match self {
            Order::Item { item, .. } => item.title.clone(),
            Order::Slate => String::new(),
            Order::Live(address) => address.to_string(),
            Order::Emergency(order) => order.title.clone(),
        }
    }
}

/// An order with its track, from the moment at which its decoder is opened.
#[derive(Debug)]
pub(super) struct Overlay {
    pub order: Order,
    pub track: Track,
    ordered: Tick,
    /// Where an item ends at the latest: something starts hard there.
    limit: Tick,
    /// Its first tick on air.
    since: Option<Tick>,
}

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its first frame is awaited.
    Cueing,
    /// It may be shown.
    Ready,
    /// It came to its end.
    Over,
    /// It gave nothing in time.
    Failed,
}

impl Overlay {
    /// Begins to open what was ordered.
    pub fn new(order: Order, now: Tick, decoders: &mut Decoders) -> Overlay {
        let mut overlay = Overlay { order, track: Track::default(), ordered: now, limit: NOT_YET, since: None };
        let mut lane = Lane::new(overlay.segment(NOT_YET));
        lane.open(NOT_YET, now, decoders);
        overlay.track.upcoming.push_back(lane);
        overlay
    }

    fn segment(&self, start: Tick) -> Segment {
        let lasting = |frames: u64| Tick(start.0.saturating_add_unsigned(frames));
        match &self.order {
            Order::Item { item, .. } => {
                let end = if item.kind == ItemKind::Live { self.limit } else { lasting(item.duration_frames) };
                let what = What::Item { item: Arc::clone(item), first: start };
                Segment { start, end: end.min(self.limit).max(start), what }
            }
            Order::Slate => Segment { start, end: self.limit, what: What::Slate },
            Order::Live(address) => Segment { start, end: self.limit, what: What::Live(Arc::clone(address)) },
            Order::Emergency(order) => Segment {
                start,
                end: lasting(order.duration_frames).min(order.until),
                what: What::Emergency(Arc::clone(order)),
            },
        }
    }

    /// Keeps the order's own time; says whether it may be shown.
    pub fn go(&mut self, tick: Tick, decoders: &mut Decoders) -> Standing {
        if self.since.is_none() {
            let warm = self.track.upcoming.front().is_some_and(|lane| lane.is_warm(decoders));
            if !warm {
                self.track.mend_cue(tick, decoders);
                // A live source is waited for: its sender may be switched on later.
                let given_up = tick.0 - self.ordered.0 > CUE_TICKS && !matches!(self.order, Order::Live(_));
                return if given_up { Standing::Failed } else { Standing::Cueing };
            }
            self.since = Some(tick);
            let segment = self.segment(tick);
            if let Some(lane) = self.track.upcoming.front_mut() {
                lane.begin(segment);
            }
        }
        let mut track = std::mem::take(&mut self.track);
        let goes_on = track.advance(tick, self, decoders);
        if goes_on {
            track.look_ahead(tick, MAX_DECKS, self, decoders);
            track.mend(tick, decoders);
        }
        let lost = !track.is_live() && track.current.as_ref().is_some_and(|lane| lane.is_lost(tick, decoders));
        self.track = track;
        match (goes_on, lost) {
            (false, _) => Standing::Over,
            (true, true) => Standing::Failed,
            (true, false) => Standing::Ready,
        }
    }

    /// Its frame for the tick.
    pub fn show(&mut self, tick: Tick, decoders: &mut Decoders) -> Option<Show> {
        match self.order {
            Order::Slate => Some(Show::Slate),
            _ => self.track.frame(tick, decoders),
        }
    }

    /// What is on air while it is shown.
    pub fn segment_on_air(&self) -> Option<&Segment> {
        self.track.current.as_ref().map(|lane| &lane.segment)
    }

    /// An item out of turn makes way for what starts hard.
    pub fn set_limit(&mut self, hard: Option<Tick>) {
        if !matches!(self.order, Order::Item { .. }) {
            return;
        }
        self.limit = hard.unwrap_or(NOT_YET);
        if let Some(lane) = &mut self.track.current {
            lane.segment.end = lane.segment.end.min(self.limit);
        }
    }

    /// Whether it has been on air.
    pub fn was_seen(&self) -> bool {
        self.since.is_some()
    }

    /// A live source that did not come in the time that everything else gets: its address, once.
    pub fn is_awaited(&self, tick: Tick) -> Option<String> {
        match &self.order {
            Order::Live(address) if tick.0 - self.ordered.0 == CUE_TICKS => Some(address.to_string()),
            _ => None,
        }
    }

    /// What may be expected of its picture and sound.
    pub fn nature(&self) -> Nature {
        match &self.order {
            Order::Item { item, .. } => item.nature,
            Order::Slate => Nature { has_sound: false, still: true },
            Order::Live(_) => Nature::FILM,
            // Nobody waits for a full inspection in an emergency: neither silence nor a still picture is alarming.
            Order::Emergency(_) => Nature { has_sound: false, still: true },
        }
    }
}

impl Segments for Overlay {
    /// An emergency begins anew until its end; everything else has one turn.
    fn segment_at(&mut self, tick: Tick) -> Option<Segment> {
        match &self.order {
            Order::Emergency(order) if tick < order.until => Some(self.segment(tick)),
            _ => None,
        }
    }
}
