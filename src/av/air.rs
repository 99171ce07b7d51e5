//! The real air: decoders at one end, outputs and the probe at the other, and the last picture in between.

use super::branding::{Dress, Painter};
use super::deck::Decks;
use super::output::{OutputReport, Outputs, StreamClock};
use super::picture::{BLACK, Picture, Raster, Shared, TickFrame};
use super::probe::Probe;
use super::seam::{Seam, Taken};
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;
use crate::engine::playout::{DeckId, Open, Show, Supply};
use crate::engine::watch::Expected;

/// A cut is ramped over this long, so that it does not click: 5 ms.
const RAMP_MS: usize = 5;

/// What the tick thread drives.
#[derive(Debug)]
pub struct Air {
    house: HouseFormat,
    decks: Decks,
    outputs: Outputs,
    probe: Probe,
    painter: Painter,
    slate: Picture,
    dark: Picture,
    last: Picture,
    clock: Option<StreamClock>,
    seam: Seam,
}

impl Air {
    /// Joins decoders, outputs, the slate and what is drawn.
    pub fn new(
        house: HouseFormat,
        decks: Decks,
        outputs: Outputs,
        probe: Probe,
        slate: Picture,
        painter: Painter,
    ) -> Air {
        let raster = Raster { width: house.width, height: house.height };
        let (last, dark, seam) = (slate.clone(), raster.plain(BLACK), Seam::default());
        Air { house, decks, outputs, probe, painter, slate, dark, last, clock: None, seam }
    }

    /// See [`Decks::open`].
    pub fn open(&mut self, open: Open) {
        self.decks.open(open);
    }

    /// See [`Decks::close`].
    pub fn close(&mut self, deck: DeckId) {
        self.decks.close(deck);
    }

    /// See [`Decks::discard`].
    pub fn discard(&mut self, deck: DeckId, before: u64) {
        self.decks.discard(deck, before);
    }

    /// See [`Decks::supplies`].
    pub fn supplies(&mut self) -> Vec<Supply> {
        self.decks.supplies()
    }

    /// Sends a tick's picture and sound to every output. Never waits.
    pub fn show(&mut self, tick: Tick, show: Show, dress: Dress<'_>, expected: Expected, late_ms: u64) {
        let house = self.house;
        let samples = house.rate.samples_in(tick, house.sample_rate_hz);
        let (picture, taken, from) = match show {
            Show::Frame { deck, frame, .. } => {
                let picture = self.decks.picture(deck, frame).unwrap_or_else(|| self.last.clone());
                (picture, self.decks.sound(deck, Some(frame), samples), Some(deck))
            }
            Show::Hold(Some(deck)) => (self.last.clone(), self.decks.sound(deck, None, samples), Some(deck)),
            Show::Hold(None) => (self.last.clone(), Taken::silence(samples), None),
            Show::Slate => (self.slate.clone(), Taken::silence(samples), None),
            Show::Dark => (self.dark.clone(), Taken::silence(samples), None),
        };
        let ends = matches!(show, Show::Frame { last: true, .. });
        let ramp = house.sample_rate_hz as usize * RAMP_MS / 1000;
        let sound = self.seam.join(taken, from, ends, ramp);
        // What is repeated, should the next one not come, is dressed anew.
        self.last = picture.clone();
        let (bare, picture) = (picture.clone(), self.painter.paint(tick, &picture, dress));
        let clock = *self.clock.get_or_insert_with(|| StreamClock::starting(tick, house.rate));
        let pts_ns = clock.pts_ns(tick);
        let sound = Shared::new(sound.iter().flat_map(|sample| sample.to_le_bytes()).collect());
        let duration_ns = clock.pts_ns(Tick(tick.0 + 1)).saturating_sub(pts_ns);
        let frame = TickFrame { tick, picture, bare, sound, pts_ns, duration_ns, expected, late_ms };
        self.outputs.push(&frame);
        self.probe.push(&frame);
    }

    /// How the outputs are.
    pub fn outputs(&self) -> Vec<OutputReport> {
        self.outputs.reports()
    }

    /// Lets the outputs finish what they write, side by side.
    pub fn finish(self) {
        self.outputs.finish();
    }
}
