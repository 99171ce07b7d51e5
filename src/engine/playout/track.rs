//! Segments one after the other, each with the decoder that serves it. The plan runs on one track; what an operator puts
//! over it runs on another. A track keeps time whether it is seen or not.

use std::collections::VecDeque;

use super::decoders::Decoders;
use super::timeline::{Segment, What};
use super::{
    DeckId, DeckState, LIVE_CUSHION_FRAMES, LIVE_PREROLL_TICKS, Light, MAX_ATTEMPTS, OPEN_GRACE_TICKS, Output,
    PREROLL_TICKS, RETRY_BEFORE_TICKS, STUCK_AFTER_FRAMES_TICKS, STUCK_TICKS, Show,
};
use crate::domain::playlist::Source;
use crate::domain::time::Tick;

/// Whoever says what comes next on a track.
pub(super) trait Segments {
    /// The segment that owns `tick`, beginning there; `None` at the end.
    fn segment_at(&mut self, tick: Tick) -> Option<Segment>;

    /// The first live source by plan that starts after `tick`, and when.
    fn live_after(&self, _tick: Tick) -> Option<(Tick, Source)> {
        None
    }
}

/// The segment of now, and the ones laid out ahead.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub current: Option<Lane>,
    pub upcoming: VecDeque<Lane>,
    /// The live source that comes next, opened before its segment is laid out.
    early: Option<Early>,
}

/// A live source that is kept warm.
#[derive(Debug, Clone)]
struct Early {
    source: Source,
    deck: DeckId,
    opened: Tick,
}

/// A segment of the timeline with the decoder that serves it.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub segment: Segment,
    pub deck: Option<DeckId>,
    attempts: u32,
    opened: Tick,
    /// The last tick that showed one of its frames.
    pub fed: Tick,
    /// Why its last decoder was given up.
    pub why: Option<String>,
    /// Live only: the tick of the source's frame 0, and the last frame taken.
    anchor: Option<i64>,
    newest: Option<u64>,
}

impl Track {
    /// Moves to the segment that owns the tick; returns whether one does.
    pub fn advance(&mut self, tick: Tick, segments: &mut dyn Segments, decoders: &mut Decoders) -> bool {
        while self.current.as_ref().is_none_or(|lane| lane.segment.end <= tick) {
            let mut next = match self.upcoming.pop_front() {
                Some(lane) => Some(lane),
                None => segments.segment_at(tick).map(Lane::new),
            };
            let ended = next.is_none();
            let mut before = self.current.take();
            if let (Some(before), Some(next)) = (&mut before, &mut next) {
                next.inherit(before);
            }
            self.current = next;
            decoders.close(before.and_then(|lane| lane.deck));
            if ended {
                return false;
            }
        }
        true
    }

    /// Lays out the segments up to the preroll and opens their decoders, `most` of them at once.
    pub fn look_ahead(&mut self, tick: Tick, most: usize, segments: &mut dyn Segments, decoders: &mut Decoders) {
        let horizon = Tick(tick.0 + PREROLL_TICKS);
        while self.upcoming.len() < most {
            let last = self.upcoming.back().or(self.current.as_ref());
            let end = last.map_or(tick, |lane| lane.segment.end);
            if end > horizon {
                break;
            }
            let Some(segment) = segments.segment_at(end) else { break };
            self.upcoming.push_back(Lane::new(segment));
        }
        if let Some(lane) = self.current.as_mut().filter(|lane| lane.attempts == 0) {
            lane.open_or_adopt(&mut self.early, tick, tick, decoders);
        }
        for n in 0..self.upcoming.len() {
            let in_use = self.uses_live_source_of(n);
            if self.upcoming[n].attempts == 0 && self.open_decks() < most && !in_use {
                let at = self.upcoming[n].segment.start;
                self.upcoming[n].open_or_adopt(&mut self.early, at, tick, decoders);
            }
        }
        self.keep_live_warm(tick, segments, decoders);
    }

    /// Whether something before has the live source of an upcoming lane open: a source is opened once.
    fn uses_live_source_of(&self, n: usize) -> bool {
        let Some(source) = self.upcoming[n].live_source() else { return false };
        let before = self.current.iter().chain(self.upcoming.iter().take(n));
        before.filter(|lane| lane.deck.is_some()).any(|lane| lane.live_source().as_ref() == Some(&source))
    }

    /// Opens the next live source by plan ahead of everything else: its sender may need to connect, and key frames may
    /// be far apart.
    fn keep_live_warm(&mut self, tick: Tick, segments: &dyn Segments, decoders: &mut Decoders) {
        let next = segments.live_after(tick).filter(|(start, _)| start.0 - tick.0 <= LIVE_PREROLL_TICKS);
        let open = |source: &Source| {
            let lanes = self.current.iter().chain(&self.upcoming);
            lanes.filter(|lane| lane.deck.is_some()).any(|lane| lane.live_source().as_ref() == Some(source))
        };
        let wanted = next.map(|(_, source)| source).filter(|source| !open(source));
        if let Some(early) = &self.early {
            let over = matches!(decoders.state(early.deck), Some(DeckState::Dead(_) | DeckState::Ended));
            let again = over && tick.0 - early.opened.0 >= OPEN_GRACE_TICKS;
            if again || wanted.as_ref() != Some(&early.source) {
                decoders.close(Some(early.deck));
                self.early = None;
            }
        }
        if let Some(source) = wanted.filter(|_| self.early.is_none()) {
            let deck = decoders.open(source.clone(), None, 0);
            self.early = Some(Early { source, deck, opened: tick });
        }
    }

    pub fn open_decks(&self) -> usize {
        self.current.iter().chain(&self.upcoming).filter(|lane| lane.deck.is_some()).count()
    }

    /// Replaces decoders that gave nothing in time.
    pub fn mend(&mut self, tick: Tick, decoders: &mut Decoders) {
        if let Some(lane) = &mut self.current {
            let deadline = Tick((lane.opened.0 + STUCK_TICKS).max(lane.fed.0 + STUCK_AFTER_FRAMES_TICKS));
            // A live source may come back at any time; a file that failed so often will not.
            if (lane.attempts < MAX_ATTEMPTS || lane.segment.is_live()) && lane.needs_another(tick, deadline, decoders)
            {
                lane.reopen(tick, tick, decoders);
            }
        }
        for lane in &mut self.upcoming {
            let deadline = Tick((lane.segment.start.0 - RETRY_BEFORE_TICKS).max(lane.opened.0 + OPEN_GRACE_TICKS));
            if (lane.attempts < 2 || lane.segment.is_live()) && lane.needs_another(tick, deadline, decoders) {
                let at = lane.segment.start;
                lane.reopen(at, tick, decoders);
            }
        }
    }

    /// The frame of the current segment that the tick shows, if its decoder has it. Older ones are discarded.
    pub fn frame(&mut self, tick: Tick, decoders: &mut Decoders) -> Option<Show> {
        self.current.as_mut()?.frame(tick, decoders)
    }

    /// Unseen, the track goes on: frames whose time has passed are let go.
    pub fn pass(&mut self, tick: Tick, decoders: &mut Decoders) {
        let Some(lane) = &mut self.current else { return };
        let Some(deck) = lane.deck else { return };
        let Some((first, last)) = decoders.frames(deck) else { return };
        let before = if lane.segment.is_live() { last } else { lane.segment.frame_at(tick) };
        if first <= before {
            decoders.order(Output::Discard { deck, before });
            lane.fed = tick;
        }
    }

    /// Before anything is on air: replaces the decoder of what is to come, should it have failed.
    pub fn mend_cue(&mut self, tick: Tick, decoders: &mut Decoders) {
        if let Some(lane) = self.upcoming.front_mut() {
            let deadline = Tick(lane.opened.0 + STUCK_TICKS);
            if (lane.attempts < 2 || lane.segment.is_live()) && lane.needs_another(tick, deadline, decoders) {
                let at = lane.segment.start;
                lane.reopen(at, tick, decoders);
            }
        }
    }

    /// Whether what is on air keeps its own time.
    pub fn is_live(&self) -> bool {
        self.current.as_ref().is_some_and(|lane| lane.segment.is_live())
    }

    /// Closes every decoder and forgets every segment.
    pub fn clear(&mut self, decoders: &mut Decoders) {
        for lane in self.current.take().into_iter().chain(self.upcoming.drain(..)) {
            decoders.close(lane.deck);
        }
        decoders.close(self.early.take().map(|early| early.deck));
    }
}

impl Lane {
    pub fn new(segment: Segment) -> Lane {
        Lane {
            opened: segment.start,
            fed: segment.start,
            segment,
            deck: None,
            attempts: 0,
            why: None,
            anchor: None,
            newest: None,
        }
    }

    /// Goes on air: the segment is known now.
    pub fn begin(&mut self, segment: Segment) {
        self.fed = segment.start;
        self.segment = segment;
    }

    fn live_source(&self) -> Option<Source> {
        self.segment.source().map(|(source, _)| source).filter(|_| self.segment.is_live())
    }

    /// Goes on with the live source of the segment before, if it is the same.
    fn inherit(&mut self, before: &mut Lane) {
        if self.deck.is_none() && self.live_source().is_some_and(|source| before.live_source() == Some(source)) {
            self.deck = before.deck.take();
            self.attempts = before.attempts;
            (self.opened, self.anchor, self.newest) = (before.opened, before.anchor, before.newest);
        }
    }

    /// Takes the decoder that has been kept warm for this source, or opens one.
    fn open_or_adopt(&mut self, early: &mut Option<Early>, at: Tick, now: Tick, decoders: &mut Decoders) {
        let own = self.live_source();
        match early.take_if(|early| own.as_ref() == Some(&early.source)) {
            Some(early) => {
                self.deck = Some(early.deck);
                self.attempts += 1;
                self.opened = early.opened;
            }
            None => self.open(at, now, decoders),
        }
    }

    /// Opens the decoder so that it has the frame of tick `at`.
    pub fn open(&mut self, at: Tick, now: Tick, decoders: &mut Decoders) {
        let Some((source, sha256)) = self.segment.source() else { return };
        let from = if self.segment.is_live() { 0 } else { self.segment.frame_at(at) };
        self.deck = Some(decoders.open(source, sha256, from));
        (self.anchor, self.newest) = (None, None);
        self.attempts += 1;
        self.opened = now;
    }

    fn reopen(&mut self, at: Tick, now: Tick, decoders: &mut Decoders) {
        if let Some(DeckState::Dead(why)) = self.deck.and_then(|deck| decoders.state(deck)) {
            self.why = Some(why.clone());
        }
        decoders.close(self.deck.take());
        self.open(at, now, decoders);
    }

    /// Whether the decoder died, or still has nothing at its deadline.
    fn needs_another(&self, tick: Tick, deadline: Tick, decoders: &Decoders) -> bool {
        let Some(deck) = self.deck else { return false };
        let over = match decoders.state(deck) {
            Some(DeckState::Dead(_)) => true,
            // A live source does not end; one that says so is gone.
            Some(DeckState::Ended) => self.segment.is_live(),
            Some(DeckState::Working) | None => false,
        };
        // A live source is silent while its sender is; one that hangs is told by whoever reads it.
        let stuck = !self.segment.is_live() && decoders.is_silent(deck) && tick >= deadline;
        (over && tick.0 - self.opened.0 >= OPEN_GRACE_TICKS) || stuck
    }

    /// Whether the decoder is given up for good.
    pub fn is_lost(&self, tick: Tick, decoders: &Decoders) -> bool {
        self.attempts >= MAX_ATTEMPTS && self.needs_another(tick, self.opened, decoders)
    }

    /// How ready it is.
    pub fn light(&self, decoders: &Decoders) -> Light {
        match self.deck {
            None if self.segment.source().is_none() => Light::Warm,
            None => Light::Waiting,
            Some(deck) if decoders.frames(deck).is_some() => Light::Warm,
            Some(deck) if matches!(decoders.state(deck), Some(DeckState::Dead(_))) => Light::Failed,
            Some(_) if self.why.is_some() => Light::Failed,
            Some(_) => Light::Opening,
        }
    }

    /// Whether it could be shown at once, from its first frame.
    pub fn is_warm(&self, decoders: &Decoders) -> bool {
        let Some(deck) = self.deck else { return self.segment.source().is_none() };
        if self.segment.is_live() {
            return decoders.frames(deck).is_some_and(|(first, last)| last - first + 1 >= LIVE_CUSHION_FRAMES);
        }
        decoders.has(deck, self.segment.frame_at(self.segment.start))
    }

    fn frame(&mut self, tick: Tick, decoders: &mut Decoders) -> Option<Show> {
        let deck = self.deck?;
        if self.segment.is_live() {
            return self.live_frame(tick, deck, decoders);
        }
        let frame = self.segment.frame_at(tick);
        let (_, last) = decoders.frames(deck)?;
        if last < frame {
            decoders.order(Output::Discard { deck, before: frame });
        }
        let last_tick = tick.0 + 1 == self.segment.end.0;
        decoders.has(deck, frame).then_some(Show::Frame { deck, frame, first: false, last: last_tick })
    }

    /// A live source keeps its own time: a few frames wait as a cushion, and where it runs dry or over it is picked up
    /// anew, near its newest frame.
    fn live_frame(&mut self, tick: Tick, deck: DeckId, decoders: &Decoders) -> Option<Show> {
        let (first, last) = decoders.frames(deck)?;
        let due = self.anchor.and_then(|anchor| u64::try_from(tick.0 - anchor).ok());
        let frame = match due.filter(|due| (first..=last).contains(due)) {
            Some(due) => due,
            None => {
                let start = last.saturating_sub(LIVE_CUSHION_FRAMES - 1);
                let fresh = start >= first && self.newest.is_none_or(|newest| start > newest);
                if !fresh {
                    return None;
                }
                self.anchor = Some(tick.0 - i64::try_from(start).unwrap_or(0));
                start
            }
        };
        self.newest = Some(frame);
        Some(Show::Frame { deck, frame, first: false, last: tick.0 + 1 == self.segment.end.0 })
    }

    /// Whether an item comes in while its time runs: it may take a moment to open.
    pub fn is_joining(&self, tick: Tick) -> bool {
        matches!(&self.segment.what, What::Item { first, .. }
            if *first < self.segment.start && tick.0 - self.segment.start.0 < STUCK_AFTER_FRAMES_TICKS)
    }
}
