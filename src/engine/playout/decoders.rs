//! The decoders that the engine has asked for, what each of them has at hand, and what is to be done next.

use std::collections::BTreeMap;

use super::{DeckId, DeckState, Open, Output, Supply};
use crate::domain::ids::Sha256;
use crate::domain::playlist::Source;

/// Names decoders, and collects what the engine wants done.
#[derive(Debug, Default)]
pub(super) struct Decoders {
    supplies: BTreeMap<DeckId, Supply>,
    next: u64,
    out: Vec<Output>,
}

impl Decoders {
    /// Takes note of what is at hand.
    pub fn receive(&mut self, supplies: Vec<Supply>) {
        self.supplies = supplies.into_iter().map(|s| (s.deck, s)).collect();
    }
    /// Has something done.
    pub fn order(&mut self, output: Output) {
        self.out.push(output);
    }
    /// What is to be done, in order.
    pub fn take_orders(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    pub fn open(&mut self, source: Source, sha256: Option<Sha256>, from_frame: u64) -> DeckId {
        let deck = DeckId(self.next);
        self.next += 1;
        self.out.push(Output::Open(Open { deck, source, sha256, from_frame }));
        deck
    }
    pub fn close(&mut self, deck: Option<DeckId>) {
        self.out.extend(deck.map(Output::Close));
    }

    pub fn state(&self, deck: DeckId) -> Option<&DeckState> {
        self.supplies.get(&deck).map(|s| &s.state)
    }
    /// Frames at hand: the first and the last, without a hole between.
    pub fn frames(&self, deck: DeckId) -> Option<(u64, u64)> {
        self.supplies.get(&deck)?.frames
    }
    /// Whether this frame is at hand.
    pub fn has(&self, deck: DeckId, frame: u64) -> bool {
        self.frames(deck).is_some_and(|(first, last)| first <= frame && frame <= last)
    }
    /// Opened, but nothing came yet.
    pub fn is_silent(&self, deck: DeckId) -> bool {
        self.supplies.get(&deck).is_none_or(|s| s.frames.is_none() && s.state == DeckState::Working)
    }
}
