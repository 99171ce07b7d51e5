//! Which segment owns a tick: a planned item, fill up to the next one, or closed.
//!
//! Run modes settle when an item starts. *Auto* and *hard* start at their time, and hard cuts what runs over into it.
//! *Soft* waits for the end of what runs over its time, then airs whole unless something hard cuts it. *Manual* waits
//! for an operator's take, *skip* never airs. An automatic item that a late soft one covers comes in at the frame that
//! the timeline has reached: everybody else stays on time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LIVE_PREROLL_TICKS;
use super::orders::Emergency;
use super::row::Subject;
use super::track::Segments;
use crate::domain::asset::FillClip;
use crate::domain::channel::Channel;
use crate::domain::ids::{ItemId, Sha256};
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
    /// Nothing is there to fill with, or an operator wants it.
    Slate,
    /// The channel is closed.
    Closed,
    /// A live source that an operator put on air.
    Live(Arc<str>),
    /// What an operator with a named reason put over everything.
    Emergency(Arc<Emergency>),
}

impl Segment {
    /// Who is on air.
    pub fn subject(&self) -> Subject {
        match &self.what {
            What::Item { item, first } => Subject::Item { item: Arc::clone(item), first: *first },
            What::Fill(clip) => Subject::Fill { start: self.start, clip: clip.sha256, title: clip.title.clone() },
            What::Slate => Subject::Slate,
            What::Closed => Subject::Closed,
            What::Live(address) => Subject::Live(Arc::clone(address)),
            What::Emergency(order) => Subject::Emergency { start: self.start, order: Arc::clone(order) },
        }
    }

    /// Whether its source keeps its own time.
    pub fn is_live(&self) -> bool {
        match &self.what {
            What::Item { item, .. } => item.kind == ItemKind::Live,
            What::Live(_) => true,
            _ => false,
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
            What::Live(address) => Some((Source::Live(address.to_string()), None)),
            What::Emergency(order) => Some((order.source.clone(), Some(order.sha256))),
            What::Slate | What::Closed => None,
        }
    }
}

/// An item at the time at which the run modes let it air.
#[derive(Debug, Clone)]
struct Placed {
    item: Arc<PlaylistItem>,
    /// The tick of its first frame.
    first: Tick,
    /// The ticks that it owns: less than its length where something else cuts it.
    start: Tick,
    end: Tick,
}

/// A day's items that air by themselves, placed, and the ones that wait for an operator.
#[derive(Debug)]
struct Day {
    plan: Arc<Playlist>,
    placed: Vec<Placed>,
    manual: Vec<Arc<PlaylistItem>>,
}

impl Day {
    fn new(plan: Arc<Playlist>) -> Day {
        let rate = plan.head().rate;
        let close = rate.tick_from(plan.head().zone.day(plan.head().date).end());
        let (mut placed, mut manual): (Vec<Placed>, Vec<_>) = (Vec::with_capacity(plan.items().len()), Vec::new());
        for item in plan.items() {
            let (item, planned) = (Arc::new(item.clone()), item.first_tick(rate));
            let before = placed.last().map_or(Tick(i64::MIN), |p| p.end);
            let first = match item.run {
                RunMode::Skip => continue,
                RunMode::Manual => {
                    manual.push(item);
                    continue;
                }
                RunMode::Soft => planned.max(before),
                RunMode::Auto | RunMode::Hard => planned,
            };
            if item.run == RunMode::Hard {
                // It may start where a late soft item has not even begun.
                while placed.last().is_some_and(|p| p.start >= first) {
                    placed.pop();
                }
                if let Some(over) = placed.last_mut() {
                    over.end = over.end.min(first);
                }
            }
            let start = first.max(placed.last().map_or(first, |p| p.end));
            let end = Tick(first.0.saturating_add_unsigned(item.duration_frames)).min(close);
            if start < end {
                placed.push(Placed { item, first, start, end });
            }
        }
        Day { plan, placed, manual }
    }
}

/// The plans of the days around now, the pool, and whether the clock can be believed.
#[derive(Debug)]
pub(super) struct Timeline {
    channel: Channel,
    days: BTreeMap<BroadcastDate, Day>,
    pool: Vec<FillClip>,
    cursor: usize,
    trusted: bool,
    /// Items that an operator took, skipped or cut: they do not air again by themselves.
    done: BTreeSet<ItemId>,
    /// Since when an operator holds the plan: what starts later waits, unless it starts hard.
    held_from: Option<Tick>,
}

/// In gaps up to this long, five minutes at 25 ticks a second, fill is chosen that ends with them. In a longer one the
/// choice comes when less is left.
const FITTED_GAP_TICKS: u64 = 7_500;
/// Days whose plans are kept: yesterday's night, today, tomorrow, and one more for a long clock step.
const MAX_DAYS: usize = 4;

impl Timeline {
    pub fn new(channel: Channel) -> Timeline {
        Timeline {
            channel,
            days: BTreeMap::new(),
            pool: Vec::new(),
            cursor: 0,
            trusted: false,
            done: BTreeSet::new(),
            held_from: None,
        }
    }

    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    pub fn set_playlist(&mut self, playlist: Arc<Playlist>) {
        self.days.insert(playlist.head().date, Day::new(playlist));
        while self.days.len() > MAX_DAYS {
            self.days.pop_first();
        }
        let known: BTreeSet<&ItemId> = self.days.values().flat_map(|d| d.plan.items()).map(|i| &i.id).collect();
        self.done.retain(|id| known.contains(id));
    }

    pub fn set_pool(&mut self, pool: Vec<FillClip>) {
        self.pool = pool;
    }

    /// Returns whether anything changed.
    pub fn set_trust(&mut self, trusted: bool) -> bool {
        std::mem::replace(&mut self.trusted, trusted) != trusted
    }

    /// An item that does not air again by itself.
    pub fn set_done(&mut self, item: &ItemId) {
        self.done.insert(item.clone());
    }

    /// Holds the plan from a tick on, or lets it go on.
    pub fn hold(&mut self, from: Option<Tick>) {
        self.held_from = from;
    }
    pub fn is_held(&self) -> bool {
        self.held_from.is_some()
    }
    /// Something hard ends the hold.
    pub fn has_outlived_hold(&self, segment: &Segment) -> bool {
        let Some(held) = self.held_from else { return false };
        matches!(&segment.what, What::Item { item, first } if item.run == RunMode::Hard && *first >= held)
    }

    /// Whether a newer revision or an operator took the segment's item away.
    pub fn is_over(&self, segment: &Segment) -> bool {
        matches!(&segment.what, What::Item { item, .. } if self.done.contains(&item.id)) || self.is_withdrawn(segment)
    }

    /// An item of today or tomorrow, by its id.
    pub fn item(&self, id: &ItemId) -> Option<&PlaylistItem> {
        self.days.values().flat_map(|day| day.plan.items()).find(|item| item.id == *id)
    }

    /// What a take puts on air: the earliest manual item whose time has come, else the next one that would start.
    pub fn next_to_take(&self, now: Tick) -> Option<Arc<PlaylistItem>> {
        let rate = self.channel.house.rate;
        let (today, fine) = (self.days.get(&self.date_of(now))?, |i: &&Arc<PlaylistItem>| self.may_air(i));
        let waiting = today.manual.iter().filter(fine).find(|i| i.first_tick(rate) <= now);
        let next = || {
            let placed = today.placed.iter().filter(|p| p.first > now).map(|p| &p.item);
            let coming = today.manual.iter().filter(|i| i.first_tick(rate) > now);
            placed.chain(coming).filter(fine).min_by_key(|i| i.start)
        };
        waiting.or_else(next).cloned()
    }

    /// When the next item after `tick` starts hard.
    pub fn next_hard_after(&self, tick: Tick) -> Option<Tick> {
        let days = self.days.range(self.date_of(tick)..).filter(|_| self.trusted);
        let hard = |p: &&Placed| p.item.run == RunMode::Hard && p.start > tick && self.may_air(&p.item);
        days.flat_map(|(_, day)| &day.placed).find(hard).map(|p| p.start)
    }

    fn segment_from(&mut self, tick: Tick) -> Segment {
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
        let room = until.0.abs_diff(start.0);
        let fitting = (room <= FITTED_GAP_TICKS).then(|| self.fitting(room)).flatten();
        let clip = match fitting {
            Some(at) => Some(self.take_fill(at)),
            None => self.next_fill(),
        };
        match clip {
            Some(clip) => {
                let end = Tick(start.0.saturating_add_unsigned(clip.duration_frames).min(until.0));
                Segment { start, end, what: What::Fill(clip) }
            }
            None => Segment { start, end: until, what: What::Slate },
        }
    }

    /// The pool's next clip, in turn.
    pub fn next_fill(&mut self) -> Option<FillClip> {
        let at = self.turns().next()?;
        Some(self.take_fill(at))
    }

    /// Where the clips that may fill stand in the pool, beginning with the one whose turn it is.
    fn turns(&self) -> impl Iterator<Item = usize> {
        let turns = (0..self.pool.len()).map(|n| (self.cursor + n) % self.pool.len());
        turns.filter(|at| !self.withdrawn(Some(self.pool[*at].sha256)))
    }

    fn take_fill(&mut self, at: usize) -> FillClip {
        self.cursor = (at + 1) % self.pool.len();
        self.pool[at].clone()
    }

    /// Of the clips that leave as little as possible to a clip cut short, when whole clips follow it, the first in turn.
    fn fitting(&self, room: u64) -> Option<usize> {
        let lengths: BTreeSet<u64> =
            self.turns().map(|at| self.pool[at].duration_frames).filter(|length| *length > 0).collect();
        let mut reached = vec![false; usize::try_from(room).ok()? + 1];
        reached[0] = true;
        let before = |ticks: usize, length: u64| ticks.checked_sub(usize::try_from(length).ok()?);
        for ticks in 1..reached.len() {
            reached[ticks] = lengths.iter().any(|length| before(ticks, *length).is_some_and(|rest| reached[rest]));
        }
        let most = reached.iter().rposition(|reached| *reached)?;
        self.turns().find(|at| {
            let length = self.pool[*at].duration_frames;
            length > 0 && before(most, length).is_some_and(|rest| reached[rest])
        })
    }

    /// The item on air at a tick, with its first tick and the first one after it.
    fn item_at(&self, tick: Tick) -> Option<(Arc<PlaylistItem>, Tick, Tick)> {
        let day = self.days.get(&self.date_of(tick)).filter(|_| self.trusted)?;
        let after = day.placed.partition_point(|placed| placed.start <= tick);
        let placed = day.placed[..after].last().filter(|p| tick < p.end && self.airs(p))?;
        Some((Arc::clone(&placed.item), placed.first, placed.end))
    }

    /// The first tick of the first item that begins after `tick`.
    fn next_item_after(&self, tick: Tick) -> Option<Tick> {
        if !self.trusted {
            return None;
        }
        let later = |day: &Day| day.placed.partition_point(|placed| placed.start <= tick);
        let days = self.days.range(self.date_of(tick)..).map(|(_, day)| &day.placed[later(day)..]);
        days.flatten().find(|placed| self.airs(placed)).map(|placed| placed.start)
    }

    /// The first planned item that starts after a tick, with the tick of its first frame and its first tick on air.
    pub fn planned_after(&self, tick: Tick) -> Option<(Arc<PlaylistItem>, Tick, Tick)> {
        let start = self.next_item_after(tick)?;
        let (item, first, _) = self.item_at(start)?;
        Some((item, first, start))
    }

    fn airs(&self, placed: &Placed) -> bool {
        let waits = self.held_from.is_some_and(|held| placed.first >= held) && placed.item.run != RunMode::Hard;
        !waits && self.may_air(&placed.item)
    }

    fn may_air(&self, item: &PlaylistItem) -> bool {
        !self.done.contains(&item.id) && !self.withdrawn(item.sha256)
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
        hash.is_some_and(|hash| self.days.values().any(|day| day.plan.head().withdrawn.contains(&hash)))
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
            What::Slate | What::Closed | What::Live(_) | What::Emergency(_) => false,
        }
    }

    /// Where what is on air ends under a new plan. An item keeps its own end unless something starts hard in it; fill
    /// makes way for what is planned, with time to open it.
    pub fn end_after_revision(&self, segment: &Segment, now: Tick) -> Tick {
        let next = match &segment.what {
            What::Item { .. } => self.next_hard_after(now),
            _ if self.item_at(now).is_some() => Some(Tick(now.0 + JOIN_AFTER_TICKS)),
            What::Closed if self.closed_until(now).is_none() => Some(now),
            _ => self.next_item_after(now),
        };
        next.map_or(segment.end, |next| next.min(segment.end))
    }
}

impl Segments for Timeline {
    fn segment_at(&mut self, tick: Tick) -> Option<Segment> {
        Some(self.segment_from(tick))
    }

    fn live_after(&self, tick: Tick) -> Option<(Tick, Source)> {
        let day = self.days.get(&self.date_of(tick)).filter(|_| self.trusted)?;
        let later = &day.placed[day.placed.partition_point(|placed| placed.start <= tick)..];
        let soon = later.iter().take_while(|placed| placed.start.0 - tick.0 <= LIVE_PREROLL_TICKS);
        let live = soon.into_iter().find(|placed| placed.item.kind == ItemKind::Live && self.airs(placed))?;
        Some((live.start, live.item.source.clone()))
    }
}
