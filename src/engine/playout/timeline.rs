//! Which segment owns a tick: a planned item, fill up to the next one, or closed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::row::Subject;
use crate::domain::asset::FillClip;
use crate::domain::channel::Channel;
use crate::domain::ids::Sha256;
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem, RunMode, Source};
use crate::domain::time::{BroadcastDate, Tick};

/// Longest segment without a planned end: an hour at 25 frames a second. Then the plan is looked at again.
const LONGEST_GAP_TICKS: i64 = 90_000;
/// What comes in progress is opened this long ahead: 2 s at 25 frames a second.
const JOIN_AFTER_TICKS: i64 = 50;

/// A stretch of ticks with one owner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    /// First tick.
    pub start: Tick,
    /// First tick after.
    pub end: Tick,
    /// The owner.
    pub what: What,
}

/// Who owns a stretch of ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// A planned item; `first` is its first tick, which may lie before the segment.
    Item { item: Arc<PlaylistItem>, first: Tick },
    /// A clip of the evergreen pool.
    Fill(FillClip),
    /// Nothing is there to fill with.
    Slate,
    /// The channel is closed.
    Closed,
}

impl Segment {
    /// Who is on air.
    pub fn subject(&self) -> Subject {
        match &self.what {
            What::Item { item, .. } => Subject::Item(Arc::clone(item)),
            What::Fill(clip) => Subject::Fill { start: self.start, clip: clip.sha256, title: clip.title.clone() },
            What::Slate => Subject::Slate,
            What::Closed => Subject::Closed,
        }
    }

    /// The frame of the source that a tick shows.
    pub fn frame_at(&self, tick: Tick) -> u64 {
        match &self.what {
            What::Item { item, first } => item.in_frames.saturating_add_signed(tick.0 - first.0),
            _ => 0u64.saturating_add_signed(tick.0 - self.start.0),
        }
    }

    /// What a decoder has to open; `None` for what needs none.
    pub fn source(&self) -> Option<(Source, Option<Sha256>)> {
        match &self.what {
            What::Item { item, .. } if item.kind == ItemKind::Slate => None,
            What::Item { item, .. } => Some((item.source.clone(), item.sha256)),
            What::Fill(clip) => Some((clip.source.clone(), Some(clip.sha256))),
            What::Slate | What::Closed => None,
        }
    }
}

/// The plans of the days around now, the pool, and whether the clock can be believed.
#[derive(Debug)]
pub(super) struct Timeline {
    channel: Channel,
    days: BTreeMap<BroadcastDate, Arc<Playlist>>,
    pool: Vec<FillClip>,
    cursor: usize,
    trusted: bool,
}

/// Days whose plans are kept: yesterday's night, today, tomorrow, and one more for a long clock step.
const MAX_DAYS: usize = 4;

impl Timeline {
    pub fn new(channel: Channel) -> Timeline {
        Timeline { channel, days: BTreeMap::new(), pool: Vec::new(), cursor: 0, trusted: false }
    }

    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    pub fn set_playlist(&mut self, playlist: Arc<Playlist>) {
        self.days.insert(playlist.head().date, playlist);
        while self.days.len() > MAX_DAYS {
            self.days.pop_first();
        }
    }

    pub fn set_pool(&mut self, pool: Vec<FillClip>) {
        self.pool = pool;
    }

    /// Returns whether anything changed.
    pub fn set_trust(&mut self, trusted: bool) -> bool {
        std::mem::replace(&mut self.trusted, trusted) != trusted
    }

    /// The segment that owns `tick`, beginning there.
    pub fn segment_at(&mut self, tick: Tick) -> Segment {
        if let Some((item, first, end)) = self.item_at(tick) {
            return Segment { start: tick, end, what: What::Item { item, first } };
        }
        let until = self.next_item_after(tick).map_or(tick.0 + LONGEST_GAP_TICKS, |next| next.0);
        let until = until.min(tick.0 + LONGEST_GAP_TICKS);
        match self.closed_until(tick) {
            Some(opening) => Segment { start: tick, end: Tick(opening.0.min(until)), what: What::Closed },
            None => self.fill(tick, Tick(until.min(self.closing_after(tick).0))),
        }
    }

    fn fill(&mut self, start: Tick, until: Tick) -> Segment {
        match self.next_fill() {
            Some(clip) => {
                let end = Tick(start.0.saturating_add_unsigned(clip.duration_frames).min(until.0));
                Segment { start, end, what: What::Fill(clip) }
            }
            None => Segment { start, end: until, what: What::Slate },
        }
    }

    /// The pool's next clip, in turn.
    pub fn next_fill(&mut self) -> Option<FillClip> {
        for _ in 0..self.pool.len() {
            let clip = self.pool[self.cursor % self.pool.len()].clone();
            self.cursor = (self.cursor + 1) % self.pool.len();
            if !self.withdrawn(Some(clip.sha256)) {
                return Some(clip);
            }
        }
        None
    }

    /// The item on air at a tick, with its first tick and the first one after it.
    fn item_at(&self, tick: Tick) -> Option<(Arc<PlaylistItem>, Tick, Tick)> {
        let rate = self.channel.house.rate;
        let item = self.plan_of(tick)?.item_at(tick).filter(|item| self.airs(item))?;
        Some((Arc::new(item.clone()), item.first_tick(rate), item.end_tick(rate)))
    }

    /// The first tick of the first item that begins after `tick`.
    fn next_item_after(&self, tick: Tick) -> Option<Tick> {
        if !self.trusted {
            return None;
        }
        let rate = self.channel.house.rate;
        let plans = self.days.range(self.date_of(tick)..).map(|(_, plan)| plan);
        plans
            .flat_map(|plan| {
                let after = plan.items().partition_point(|item| item.first_tick(rate) <= tick);
                plan.items()[after..].iter()
            })
            .find(|item| self.airs(item))
            .map(|item| item.first_tick(rate))
    }

    fn airs(&self, item: &PlaylistItem) -> bool {
        !matches!(item.run, RunMode::Manual | RunMode::Skip) && !self.withdrawn(item.sha256)
    }

    fn plan_of(&self, tick: Tick) -> Option<&Arc<Playlist>> {
        self.days.get(&self.date_of(tick)).filter(|_| self.trusted)
    }

    fn date_of(&self, tick: Tick) -> BroadcastDate {
        self.channel.zone.date_of(self.channel.house.rate.start_of(tick))
    }

    /// The day that a tick belongs to, if it should have a plan and has none.
    pub fn unplanned_date(&self, tick: Tick) -> Option<BroadcastDate> {
        let date = self.date_of(tick);
        (self.trusted && !self.days.contains_key(&date)).then_some(date)
    }

    /// When the channel opens, if it is closed at `tick`. Without a trusted clock nobody knows the hour: it is open.
    fn closed_until(&self, tick: Tick) -> Option<Tick> {
        let rate = self.channel.house.rate;
        let at = rate.start_of(tick);
        if !self.trusted || self.channel.is_open(at) {
            return None;
        }
        let today = self.date_of(tick);
        let spans = today.through(today.next().unwrap_or(today)).map(|date| self.channel.open_span(date));
        let opening = spans.map(|span| span.start()).find(|start| *start > at);
        Some(opening.map_or(Tick(tick.0 + LONGEST_GAP_TICKS), |start| rate.tick_from(start)))
    }

    fn closing_after(&self, tick: Tick) -> Tick {
        if !self.trusted {
            return Tick(i64::MAX);
        }
        let rate = self.channel.house.rate;
        rate.tick_from(self.channel.open_span(self.date_of(tick)).end())
    }

    /// Whether a newer revision took this clip off the wall.
    pub fn is_withdrawn(&self, segment: &Segment) -> bool {
        self.withdrawn(segment.source().and_then(|(_, hash)| hash))
    }

    fn withdrawn(&self, hash: Option<Sha256>) -> bool {
        hash.is_some_and(|hash| self.days.values().any(|plan| plan.head().withdrawn.contains(&hash)))
    }

    /// Whether the clip may still fill.
    pub fn may_fill(&self, clip: &FillClip) -> bool {
        self.pool.contains(clip) && !self.withdrawn(Some(clip.sha256))
    }

    /// Whether the segment is still what the plan wants there.
    pub fn still_planned(&self, segment: &Segment) -> bool {
        let planned = self.item_at(segment.start);
        match &segment.what {
            What::Item { item, first } => planned.is_some_and(|(now, at, _)| now == *item && at == *first),
            What::Fill(clip) => {
                let free = self.next_item_after(segment.start).is_none_or(|next| segment.end <= next);
                planned.is_none() && free && self.may_fill(clip) && self.closed_until(segment.start).is_none()
            }
            What::Slate | What::Closed => false,
        }
    }

    /// Where what is on air ends under a new plan. An item keeps its own end unless something starts hard in it; fill
    /// makes way for what is planned, with time to open it.
    pub fn end_after_revision(&self, segment: &Segment, now: Tick) -> Tick {
        let rate = self.channel.house.rate;
        let next = match &segment.what {
            What::Item { .. } => {
                let plans = self.plan_of(now).into_iter().flat_map(|plan| plan.items());
                let mut hard = plans.filter(|item| item.run == RunMode::Hard).map(|item| item.first_tick(rate));
                hard.find(|first| *first > now)
            }
            _ if self.item_at(now).is_some() => Some(Tick(now.0 + JOIN_AFTER_TICKS)),
            What::Closed if self.closed_until(now).is_none() => Some(now),
            _ => self.next_item_after(now),
        };
        next.map_or(segment.end, |next| next.min(segment.end))
    }
}
