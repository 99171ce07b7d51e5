//! A day's borders: what may still be changed, what stays, and how steps, frames and instants relate.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::config::ChannelConfig;
use crate::desk::Desk;
use crate::domain::ids::ItemId;
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::rotation::{Step, Stretch};
use crate::domain::time::{BroadcastDate, FrameRate, Instant, Span, Tick, Zone};
use crate::engine::planner::Play;
use crate::engine::planner::reasons::Words;

use super::PlanError;
use super::material::DayMaterial;

/// A day's borders: what may be changed, and how steps and frames relate.
pub(super) struct Frame<'a> {
    pub channel: &'a ChannelConfig,
    pub date: BroadcastDate,
    /// Step 0: the first frame of the open hours.
    pub origin: Tick,
    /// First frame that this revision may plan.
    pub from: Tick,
    /// First frame after the hours.
    pub close: Tick,
    /// Where the planned part of the day begins: earlier than `from` if earlier frames are planned already.
    pub begin: Tick,
    /// First frame that an order changes at once: what is on air ends first, and the player needs a moment.
    pub soon: Tick,
}

/// How soon after an order the first play may change, seconds: the player opens clips that long before they air.
const AT_ONCE_S: i64 = 10;

impl<'a> Frame<'a> {
    pub fn of(
        desk: &'a Desk,
        configured: &'a ChannelConfig,
        date: BroadcastDate,
        parent: Option<&Playlist>,
    ) -> Result<Frame<'a>, PlanError> {
        let (channel, settings) = (&configured.channel, &desk.config.planning);
        let (rate, hours) = (channel.house.rate, channel.open_span(date));
        let (origin, close) = (rate.tick_from(hours.start()), rate.tick_at(hours.end()));
        let wait_s = if parent.is_some() { settings.freeze_s } else { settings.lead_s };
        let soonest = rate.tick_from(desk.now() + TimeDelta::seconds(i64::from(wait_s)));
        let mut from = soonest.max(origin);
        let mut soon = rate.tick_from(desk.now() + TimeDelta::seconds(AT_ONCE_S)).max(origin);
        // What is on air at the border stays whole; a relay makes way when it is ended.
        let whole = |item: &&PlaylistItem| !matches!(item.kind, ItemKind::Fill | ItemKind::Live);
        for item in parent.map_or(&[][..], Playlist::items).iter().filter(whole) {
            for border in [&mut from, &mut soon] {
                if item.first_tick(rate) < *border {
                    *border = item.end_tick(rate).max(*border);
                }
            }
        }
        if from >= close && parent.is_none() {
            return Err(PlanError::Over { channel: channel.id.clone(), date });
        }
        let from = from.min(close);
        let first = parent.and_then(|p| p.items().first()).map_or(from, |i| i.first_tick(rate));
        Ok(Frame { channel: configured, date, origin, from, close, begin: first.min(from), soon: soon.min(from) })
    }

    pub fn rate(&self) -> FrameRate {
        self.channel.channel.house.rate
    }
    pub fn zone(&self) -> Zone {
        self.channel.channel.zone
    }
    pub fn step(&self, tick: Tick) -> Step {
        tick.0 - self.origin.0
    }
    pub fn tick(&self, step: Step) -> Tick {
        Tick(self.origin.0 + step)
    }
    pub fn steps(&self, seconds: u32) -> Step {
        Step::try_from(self.rate().frames_in(seconds)).unwrap_or(Step::MAX)
    }
    /// The steps of a span, whole frames inside it.
    pub fn stretch(&self, from: Instant, to: Instant) -> Stretch {
        Stretch { start: self.step(self.rate().tick_from(from)), end: self.step(self.rate().tick_at(to)) }
    }

    /// The steps that a span touches: a fixed event keeps every frame of them.
    pub fn touched(&self, span: Span) -> Stretch {
        Stretch {
            start: self.step(self.rate().tick_at(span.start())),
            end: self.step(self.rate().tick_from(span.end())),
        }
    }

    /// What of the parent stays: everything that is near, and every later play that may still air as it was.
    pub fn kept(
        &self,
        material: &DayMaterial,
        parent: Option<&Playlist>,
        dropped: &BTreeSet<ItemId>,
    ) -> Vec<PlaylistItem> {
        let mut plays: BTreeMap<usize, u32> = BTreeMap::new();
        let mut kept = Vec::new();
        for item in parent.map_or(&[][..], Playlist::items) {
            let near = item.first_tick(self.rate()) < self.from;
            if material.is_withdrawn(item) || dropped.contains(&item.id) {
                continue;
            }
            // Relays are laid anew from what was ordered.
            if matches!(item.kind, ItemKind::Fill | ItemKind::Live) {
                continue;
            }
            if item.first_tick(self.rate()) >= self.soon && material.interrupts(self, item) {
                continue;
            }
            let entry = material.entry_of(item);
            let count = entry.map(|e| plays.entry(e).or_default());
            let allowed = material.may_stay(self, item, entry, count.as_ref().map_or(0, |c| **c));
            if near || allowed {
                if let Some(count) = count {
                    *count += 1;
                }
                kept.push(item.clone());
            }
        }
        kept
    }

    /// Announced plays that don't stay, of requests that may still air.
    pub fn lost(&self, material: &DayMaterial, parent: &Playlist, kept: &[PlaylistItem]) -> Vec<Play> {
        let kept: BTreeSet<&ItemId> = kept.iter().map(|item| &item.id).collect();
        let gone = parent.items().iter().filter(|item| !kept.contains(&item.id));
        let play = |item: &PlaylistItem| {
            let entry = material.entry_of(item)?;
            Some(Play { start: self.step(item.first_tick(self.rate())), entry })
        };
        gone.filter_map(play).collect()
    }

    /// Which of the refused items a repair may let go: those of the parent that are not near.
    pub fn droppable(&self, parent: Option<&Playlist>, refused: &[ItemId]) -> Vec<ItemId> {
        let items = parent.map_or(&[][..], Playlist::items);
        let far = |i: &&PlaylistItem| refused.contains(&i.id) && i.first_tick(self.rate()) >= self.from;
        items.iter().filter(far).map(|i| i.id.clone()).collect()
    }
}

impl Words for Frame<'_> {
    fn time(&self, at: Step) -> String {
        self.zone().local(self.rate().start_of(self.tick(at))).format("%H:%M").to_string()
    }
    fn seconds(&self, length: Step) -> i64 {
        i64::try_from(self.rate().millis(length.unsigned_abs()) / 1000).unwrap_or(i64::MAX)
    }
}
