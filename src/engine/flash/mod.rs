//! Flashing that can trigger seizures in people with photosensitive epilepsy: ITU-R BT.1702 and Ofcom's guidance note,
//! told apart from what WCAG 2 and a long row of slower flashes only warn of.
//!
//! A flash is a pair of opposing changes of luminance of at least a tenth of white where the darker picture is below
//! eight tenths, or a pair of changes to and from saturated red. More than three of them within a second over more than
//! a quarter of the picture are dangerous. The standards' 20 and 160 cd/m² are such shares of a 200 cd/m² display; a
//! wall is brighter, so the shares are what can be held. This is no certificate of any laboratory.
//!
//! Each picture is looked at in about 40,000 samples. Every sample remembers its own last changes, so that the
//! "concurrent area" is the number of samples that flash at one time, wherever they lie and whichever way they go. Fine
//! patterns that even out, such as leaves or noise, are no flashes: averages over small cells have to flash as well.
//! The detector is fed one picture after the other and never looks back. Not chosen: the mean of the whole picture,
//! which sees neither a flashing quarter nor two halves that alternate.

mod chorus;
mod flips;
mod grid;
mod light;
mod red;

use crate::domain::asset::{Flash, FlashKind, MsSpan};
use crate::domain::colour::Colour;
use chorus::{Change, Chorus, Enough};
use flips::{Area, Changes, Turn, Turns};
use grid::{Codes, Grid, Tiles};
use light::{Light, Lit, RUN, WHITE};
use red::Reds;

/// The planes of a picture in Y′CbCr 4:2:0 of 8 bits, rows without padding. Chroma planes are half as wide and high,
/// rounded up.
#[derive(Debug, Clone, Copy)]
pub struct Planes<'a> {
    /// Pixels in a row of luma.
    pub width: usize,
    /// Rows of luma.
    pub height: usize,
    /// Luma.
    pub luma: &'a [u8],
    /// Cb.
    pub blue: &'a [u8],
    /// Cr.
    pub red: &'a [u8],
}

impl<'a> Planes<'a> {
    /// Bytes of a picture whose planes follow each other.
    pub fn bytes(width: usize, height: usize) -> usize {
        width * height + 2 * width.div_ceil(2) * height.div_ceil(2)
    }
    /// A picture whose planes follow each other; `None` if there are not as many bytes as it needs.
    pub fn of(pixels: &'a [u8], width: usize, height: usize) -> Option<Planes<'a>> {
        if width == 0 || height == 0 || pixels.len() != Planes::bytes(width, height) {
            return None;
        }
        let (luma, chroma) = pixels.split_at(width * height);
        let (blue, red) = chroma.split_at(chroma.len() / 2);
        Some(Planes { width, height, luma, blue, red })
    }
}

/// What counts as flashing. How many flashes are too many is not a setting: more than three in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlashThresholds {
    /// Least change of luminance, a share of white (ITU-R BT.1702: 20 of 200 cd/m²; WCAG 2: 10 %).
    pub change: f64,
    /// The darker picture is below this, a share of white (ITU-R BT.1702: 160 of 200 cd/m²; WCAG 2: 0.80).
    pub dark: f64,
    /// The share of the picture above which flashing is dangerous (ITU-R BT.1702 and Ofcom: 25 %).
    pub area: f64,
}

impl FlashThresholds {
    /// The house's.
    pub const HOUSE: FlashThresholds = FlashThresholds { change: 0.10, dark: 0.80, area: 0.25 };
}

/// More than three flashes within this time are too many. Seven changes that need the whole of it are not; one
/// millisecond is the rounding of containers.
const SECOND_MS: u32 = 999;
/// Leading edges so far apart are acceptable at any brightness and area (ITU-R BT.1702: nine frames of 25 a second).
const APART_MS: u32 = 360;
/// Closer ones that go on for longer "might constitute a risk" even if they are few (Ofcom's guidance note).
const SUSTAINED_MS: u32 = 5000;
/// Samples that completed a flash within this time flash together: half a cycle of the slowest that counts.
const TOGETHER_MS: u32 = 200;
/// WCAG 2 looks at a tenth of a degree's field, 341×256 of 1024×768 pixels, and allows a quarter of it.
const FIELD_AREA: f64 = 0.25;
/// Changes within this time belong together: what takes longer is a fade.
const MOMENT_MS: u32 = 100;
/// Most stretches that are kept of one kind: what flashes more often than this in five minutes flashes throughout.
const MOST_FLASHES: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flashes {
    /// Beyond ITU-R BT.1702.
    pub dangerous: Vec<Flash>,
    /// Within it, but a person should look: small areas (WCAG 2), and slower flashing that goes on.
    pub doubtful: Vec<Flash>,
}

/// Finds flashing.
#[derive(Debug, Clone)]
pub struct FlashDetector {
    thresholds: FlashThresholds,
    light: Light,
    /// When each picture was shown, milliseconds.
    times: Vec<u32>,
    seen: Option<Seen>,
    luminance: Spans,
    red: Spans,
    small: Spans,
    sustained: Spans,
}

/// What is remembered of pictures of one size.
#[derive(Debug, Clone)]
struct Seen {
    grid: Grid,
    /// The newest picture, and the one before; empty before the first.
    codes: Codes,
    before: Codes,
    turns: Turns,
    reds: Reds,
    /// Luminance, counted where it changes over enough of the picture.
    wide: Watched,
    /// Luminance, counted where it changes over enough of a field.
    narrow: Watched,
    red: Watched,
}

/// Changes of one kind, and which part of the picture makes too many.
#[derive(Debug, Clone)]
struct Watched {
    chorus: Chorus,
    changes: Changes,
    too_many: Area,
    too_long: Area,
    /// With which picture the earliest began of what the newest picture completed.
    many_since: Option<u32>,
    long_since: Option<u32>,
}

impl FlashDetector {
    /// A detector of pictures in these colours that has seen nothing.
    pub fn new(thresholds: FlashThresholds, colour: Colour) -> FlashDetector {
        FlashDetector {
            thresholds,
            light: Light::new(colour),
            times: Vec::new(),
            seen: None,
            luminance: Spans::new(FlashKind::Luminance),
            red: Spans::new(FlashKind::Red),
            small: Spans::new(FlashKind::Small),
            sustained: Spans::new(FlashKind::Sustained),
        }
    }

    /// Takes the picture that is shown from `at_ms` on. Times never go back. Pictures of another size begin anew.
    pub fn push(&mut self, at_ms: u64, picture: Planes<'_>) {
        let at_ms = u32::try_from(at_ms).unwrap_or(u32::MAX).max(self.times.last().copied().unwrap_or(0));
        let number = self.times.len() as u32;
        self.times.push(at_ms);
        let size = (picture.width, picture.height);
        let thresholds = self.thresholds;
        if self.seen.as_ref().is_none_or(|seen| seen.grid.size != size) {
            self.seen = Some(Seen::new(Grid::of(&picture), thresholds));
        }
        let Some(seen) = &mut self.seen else { return };
        seen.push(number, &picture, &self.light, &self.times);
        let at = |picture: Option<u32>| picture.map(|p| self.times.get(p as usize).copied().unwrap_or(at_ms));
        let Seen { wide, narrow, red, .. } = seen;
        let dangerous = at(wide.many_since).filter(|_| wide.too_many.share() > thresholds.area);
        if let Some(since) = dangerous {
            self.luminance.push(since, at_ms, wide.too_many.share());
        } else if let Some(since) = at(narrow.many_since).filter(|_| narrow.too_many.densest() > FIELD_AREA) {
            self.small.push(since, at_ms, narrow.too_many.share());
        }
        if let Some(since) = at(wide.long_since).filter(|_| wide.too_long.share() > thresholds.area) {
            self.sustained.push(since, at_ms, wide.too_long.share());
        }
        if let Some(since) = at(red.many_since).filter(|_| red.too_many.share() > thresholds.area) {
            self.red.push(since, at_ms, red.too_many.share());
        }
    }

    /// What was found, in the order of time.
    pub fn finish(self) -> Flashes {
        let sorted = |one: Spans, other: Spans| {
            let mut flashes = [one.done, other.done].concat();
            flashes.sort_by_key(|flash| (flash.span, flash.kind));
            flashes
        };
        Flashes { dangerous: sorted(self.luminance, self.red), doubtful: sorted(self.small, self.sustained) }
    }
}

impl Seen {
    fn new(grid: Grid, thresholds: FlashThresholds) -> Seen {
        let code = |share: f64| (share * f64::from(WHITE)).round() as u16;
        let spots = grid.samples();
        let whole = grid.whole();
        let watched = |enough| Watched::new(spots, whole, enough);
        Seen {
            codes: Codes::default(),
            before: Codes::default(),
            turns: Turns::new(spots, code(thresholds.change).max(1), code(thresholds.dark)),
            reds: Reds::new(spots),
            wide: watched(Enough::OfPicture(thresholds.area)),
            narrow: watched(Enough::OfField(FIELD_AREA)),
            red: watched(Enough::OfPicture(thresholds.area)),
            grid,
        }
    }

    fn push(&mut self, number: u32, picture: &Planes<'_>, light: &Light, times: &[u32]) {
        let (mut changes, mut red_changes) = (Vec::new(), Vec::new());
        std::mem::swap(&mut self.codes, &mut self.before);
        self.grid.read(picture, &mut self.codes);
        let mut lit = Lit::DARK;
        for first in (0..self.grid.samples()).step_by(RUN) {
            self.take_run(first, number, light, &mut lit, &mut changes, &mut red_changes);
        }
        self.wide.take(number, &changes, times);
        self.narrow.take(number, &changes, times);
        self.red.take(number, &red_changes, times);
    }

    /// Takes a run of samples of the newest picture.
    fn take_run(
        &mut self,
        first: usize,
        number: u32,
        light: &Light,
        lit: &mut Lit,
        changes: &mut Vec<Change>,
        red_changes: &mut Vec<Change>,
    ) {
        let Seen { grid, codes, before, turns, reds, .. } = self;
        let run = first..(first + RUN).min(grid.samples());
        let fresh = before.luma.is_empty();
        if !fresh && codes.run(&run) == before.run(&run) {
            turns.stay(first, number, run.len());
            reds.stay(first, number, run.len());
            return;
        }
        light.of_run(codes.run(&run), lit);
        let change = |sample: usize, turn: Turn| Change {
            sample: sample as u32,
            tile: grid.tile(sample),
            up: turn.up,
            began: turn.began,
        };
        let values = &lit.luminance[..run.len()];
        if fresh {
            turns.begin(first, number, values);
        } else {
            turns.push(first, number, values, |sample, turn| changes.push(change(sample, turn)));
        }
        let mut concerned = reds.concerned(first, lit, run.len());
        while concerned != 0 {
            let nth = concerned.trailing_zeros() as usize;
            concerned &= concerned - 1;
            let sample = first + nth;
            let old = || (!fresh).then(|| light.rgb([before.luma[sample], before.blue[sample], before.red[sample]]));
            let turn = reds.push(sample, number, lit.rgb(nth), old);
            red_changes.extend(turn.map(|turn| change(sample, turn)));
        }
    }
}

impl Watched {
    fn new(samples: usize, whole: Tiles<u32>, enough: Enough) -> Watched {
        Watched {
            chorus: Chorus::new(whole, enough),
            changes: Changes::new(samples),
            too_many: Area::new(samples, whole),
            too_long: Area::new(samples, whole),
            many_since: None,
            long_since: None,
        }
    }

    /// Takes what the newest picture changed.
    fn take(&mut self, number: u32, new: &[Change], times: &[u32]) {
        let at_ms = times.last().copied().unwrap_or(0);
        let Watched { chorus, changes, too_many, too_long, many_since, long_since } = self;
        (*many_since, *long_since) = (None, None);
        too_many.next(number, at_ms);
        too_long.next(number, at_ms);
        let earliest = |since: &mut Option<u32>, new: u32| *since = Some(since.map_or(new, |old| old.min(new)));
        chorus.push(at_ms, new, |change| {
            let sample = change.sample as usize;
            let completed = changes.push(sample, change.began, times);
            if let Some(since) = completed.too_many {
                too_many.add(sample, change.tile);
                earliest(many_since, since);
            }
            if let Some(since) = completed.too_long {
                too_long.add(sample, change.tile);
                earliest(long_since, since);
            }
        });
    }
}

/// Stretches of one kind; what goes on within a second of the last is one with it.
#[derive(Debug, Clone)]
struct Spans {
    kind: FlashKind,
    done: Vec<Flash>,
}

impl Spans {
    fn new(kind: FlashKind) -> Spans {
        Spans { kind, done: Vec::new() }
    }

    fn push(&mut self, since_ms: u32, at_ms: u32, share: f64) {
        let area_percent = (share * 100.0).round() as u8;
        let span = MsSpan { start_ms: u64::from(since_ms), end_ms: u64::from(at_ms) };
        let room = self.done.len() < MOST_FLASHES;
        match self.done.last_mut() {
            Some(last) if span.start_ms <= last.span.end_ms + u64::from(SECOND_MS) => {
                last.span.end_ms = span.end_ms;
                last.area_percent = last.area_percent.max(area_percent);
            }
            _ if room => self.done.push(Flash { span, kind: self.kind, area_percent }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
