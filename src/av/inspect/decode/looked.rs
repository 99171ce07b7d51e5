//! What the detectors see: every decoded picture, counted and timed.

use std::io::{self, Read};

use super::super::InspectLimits;
use super::super::probe::ClaimedVideo;
use super::stills::Stills;
use super::times::{FrameClock, Times};
use super::{MOST_FRAMES, Picture, Told, keep};
use crate::domain::asset::{Measured, MsSpan};
use crate::engine::flash::{FlashDetector, Planes};
use crate::engine::framing::{BarsDetector, RangeDetector};
use crate::engine::likeness::Hasher;
use crate::engine::quality::{BlackDetector, FreezeDetector, Luma, Stretch};

/// Shortest stretch of luma beyond its range that is worth telling, milliseconds.
const RANGE_MS: u64 = 500;
/// One picture in so many is looked at for bars.
const BARS_EVERY: u64 = 10;

/// What the detectors saw, in numbers of pictures.
pub(super) struct Looked<'a> {
    frames: u64,
    told: Told,
    clock: FrameClock<'a>,
    black: BlackDetector,
    freeze: FreezeDetector,
    flash: FlashDetector,
    bars: BarsDetector,
    /// None where there is no range to keep.
    range: Option<RangeDetector>,
    likeness: Hasher,
    stills: Stills,
    range_stretches: Vec<Stretch>,
    black_stretches: Vec<Stretch>,
    freeze_stretches: Vec<Stretch>,
}

impl<'a> Looked<'a> {
    pub(super) fn new(video: &ClaimedVideo, times: &'a Times, limits: InspectLimits) -> Looked<'a> {
        let thresholds = limits.thresholds;
        let nominal_ms = video.rate.map_or(40.0, |rate| 1000.0 * f64::from(rate.den()) / f64::from(rate.num()));
        Looked {
            frames: 0,
            told: limits.told,
            clock: FrameClock::new(times, nominal_ms),
            black: BlackDetector::new(thresholds, video.colour.full_range),
            freeze: FreezeDetector::new(thresholds),
            flash: FlashDetector::new(thresholds.flash, video.colour),
            bars: BarsDetector::new(video.colour.full_range),
            range: (!video.colour.full_range).then(RangeDetector::default),
            likeness: Hasher::default(),
            stills: Stills::new(video.colour, video.rotation_deg),
            range_stretches: Vec::new(),
            black_stretches: Vec::new(),
            freeze_stretches: Vec::new(),
        }
    }

    /// Reads pictures of this size until there are no more, or `go_on` says no.
    pub(super) fn read(
        &mut self,
        from: &mut dyn Read,
        (width, height): (u32, u32),
        mut go_on: impl FnMut() -> bool,
    ) -> io::Result<bool> {
        const ASK_EVERY: u64 = 16;
        let (width, height) = (width as usize, height as usize);
        let mut pixels = vec![0; Planes::bytes(width, height)];
        while read_full(from, &mut pixels)? {
            let at_ms = self.clock.next();
            let luma = Luma { pixels: &pixels[..width * height] };
            keep(&mut self.black_stretches, self.black.push(self.frames, luma));
            if let Some(planes) = Planes::of(&pixels, width, height) {
                self.take(at_ms, planes);
            }
            keep(&mut self.freeze_stretches, self.freeze.push(self.frames, &mut pixels));
            self.frames += 1;
            if self.frames > MOST_FRAMES || (self.frames.is_multiple_of(ASK_EVERY) && !go_on()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, at_ms: u64, planes: Planes<'_>) {
        self.flash.push(at_ms, planes);
        self.likeness.push(at_ms, planes);
        self.stills.push(at_ms, planes);
        if let Some(range) = &mut self.range {
            keep(&mut self.range_stretches, range.push(self.frames, planes));
        }
        if self.frames.is_multiple_of(BARS_EVERY) {
            self.bars.push(planes);
        }
    }

    /// Fills in what was measured.
    pub(super) fn finish(mut self, measured: &mut Measured) -> Picture {
        keep(&mut self.black_stretches, self.black.since().map(|since| (since, self.frames)));
        keep(&mut self.freeze_stretches, self.freeze.since().map(|since| (since, self.frames)));
        let range = self.range.as_ref().and_then(RangeDetector::since);
        keep(&mut self.range_stretches, range.map(|since| (since, self.frames)));
        let lasting = self.clock.finish();
        let spans = |stretches: &[Stretch], shortest_ms: u64| -> Vec<MsSpan> {
            let at = |number: u64| self.clock.at_ms(number, &lasting);
            let span = |(start, end): &Stretch| MsSpan { start_ms: at(*start), end_ms: at(*end) };
            let whole = |(start, end): &Stretch| *start == 0 && *end == self.frames;
            let worth = |stretch: &&Stretch| span(stretch).length_ms() >= shortest_ms || whole(stretch);
            stretches.iter().filter(worth).map(span).collect()
        };
        measured.black = spans(&self.black_stretches, self.told.black_ms);
        measured.freeze = spans(&self.freeze_stretches, self.told.freeze_ms);
        measured.out_of_range = spans(&self.range_stretches, RANGE_MS);
        measured.bars = self.bars.finish();
        let flashes = self.flash.finish();
        (measured.flash, measured.doubtful_flash) = (flashes.dangerous, flashes.doubtful);
        measured.likeness = self.likeness.finish();
        measured.stills = self.stills.finish(lasting.end_ms, measured);
        Picture { frames: self.frames, duration_ms: lasting.end_ms, steady: lasting.steady }
    }
}

fn read_full(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
