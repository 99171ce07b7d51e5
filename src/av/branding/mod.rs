//! Draws a channel's branding on the pictures that leave. Everything that takes time (files, letters, colours) is done
//! once, before the first tick or on a caller's thread; at a tick, prepared bytes are mixed into a copy of the picture. A
//! tick that wears nothing passes its picture on, uncopied.
//!
//! Not chosen: GStreamer's overlays, one process or one conversion more for each; drawing in the outputs, once per output
//! and not on the preview.

mod canvas;
mod letters;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::Timelike;
use image::{Rgba32FImage, RgbaImage, imageops};

use super::picture::{Picture, Raster};
use super::slate;
use crate::domain::branding::{Band, Branding, ClockForm, CrawlText, Drawing, Ink, Layer, MOST_LAYERS, Place, Wears};
use crate::domain::channel::Channel;
use crate::domain::ids::BrandName;
use crate::domain::text::Text;
use crate::domain::time::{FrameRate, Tick, Zone};
use crate::domain::wall::Percent;

pub use canvas::Strip;
use canvas::{Canvas, Colours, STRIP_PAD, Sprite, Window};
pub use letters::{FACE, Letters, LettersError};

/// Most pixels of a logo file: it is decoded inside the player.
const MOST_LOGO_PIXELS: u64 = 2048 * 2048;
/// What follows a ticker's text before it begins anew.
const BETWEEN: &str = "   •   ";
/// Pictures kept to draw on: one being drawn, the rest with the probe.
const MOST_SPARE: usize = 4;

/// A layer that is not drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which.
    pub layer: BrandName,
    /// Why.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {:?} of the branding is not drawn: {}", self.layer.as_str(), self.why)
    }
}

/// What is drawn on one tick's picture.
#[derive(Debug, Clone, Copy)]
pub struct Dress<'a> {
    /// What is on air wears this.
    pub wears: &'a Wears,
    /// Whether the time is known; a clock that may be wrong is not shown.
    pub time_is_known: bool,
    /// A crawl, and how far it has come from the right edge, pixels.
    pub crawl: Option<(&'a Strip, u32)>,
}

/// The tick thread's: prepared layers, and pictures to draw them on.
#[derive(Debug)]
pub struct Painter {
    raster: Raster,
    rate: FrameRate,
    zone: Zone,
    branding: Branding,
    layers: Vec<Option<Prepared>>,
    spare: Vec<Picture>,
}

/// A layer, ready to be drawn.
#[derive(Debug)]
enum Prepared {
    Still { sprite: Sprite, at: (u32, u32) },
    Clock(Clock),
    Ticker { strip: Strip, top: u32, colours: Colours, step_px: u32 },
}

/// Each character that a clock has, as it stands between empty ends.
#[derive(Debug)]
struct Clock {
    form: ClockForm,
    digits: Vec<Sprite>,
    between: Sprite,
    end: Sprite,
    at: (u32, u32),
}

impl Painter {
    /// Prepares a channel's branding. A layer that can't be drawn is left out and named.
    pub fn prepare(
        home: &Path,
        channel: &Channel,
        branding: &Branding,
        letters: &Result<Letters, LettersError>,
    ) -> (Painter, Vec<Fault>) {
        let house = channel.house;
        let raster = Raster { width: house.width, height: house.height };
        let (mut layers, mut faults) = (Vec::new(), Vec::new());
        for Layer { name, drawing } in branding.layers.iter().take(MOST_LAYERS) {
            let prepared = prepare(home, raster, house.rate, drawing, letters);
            layers.push(prepared.map_err(|why| faults.push(Fault { layer: name.clone(), why })).ok());
        }
        let (rate, zone, branding) = (house.rate, channel.zone, branding.clone());
        (Painter { raster, rate, zone, branding, layers, spare: Vec::new() }, faults)
    }

    /// The picture with what it wears on it.
    pub fn paint(&mut self, tick: Tick, picture: &Picture, dress: Dress<'_>) -> Picture {
        let worn = self.branding.worn(dress.wears);
        let is_drawn = |(number, layer): (usize, &Option<Prepared>)| {
            worn.has(number)
                && layer.as_ref().is_some_and(|layer| dress.time_is_known || !matches!(layer, Prepared::Clock(_)))
        };
        let mut anything = dress.crawl.is_some();
        anything |= self.layers.iter().enumerate().any(is_drawn);
        let right_size = picture.raster() == self.raster;
        if !anything || !right_size {
            return picture.clone();
        }
        let mut copy = self.copy_of(picture);
        let bytes = copy.alone().expect("nobody else was given it");
        let mut canvas = Canvas::new(self.raster, bytes);
        for (number, layer) in self.layers.iter().enumerate() {
            if let Some(layer) = layer
                && is_drawn((number, &self.layers[number]))
            {
                layer.draw(&mut canvas, tick, self.rate, self.zone);
            }
        }
        if let Some((strip, travelled)) = dress.crawl {
            let band = self.branding.crawl;
            let first = i64::from(travelled) - i64::from(self.raster.width);
            let window = Window { top: band.top(self.raster.height), first, round: false };
            strip.draw(&mut canvas, window, band.ink.into());
        }
        if self.spare.len() < MOST_SPARE {
            self.spare.push(copy.clone());
        }
        copy
    }

    /// A copy to draw on, in memory that was used before if nobody reads it any more.
    fn copy_of(&mut self, picture: &Picture) -> Picture {
        let free = self.spare.iter_mut().position(|spare| spare.alone().is_some());
        let Some(mut spare) = free.map(|free| self.spare.swap_remove(free)) else {
            return Picture::packed(picture.raster(), picture.to_vec());
        };
        if let Some(bytes) = spare.alone() {
            bytes.clear();
            picture.planes().iter().for_each(|plane| bytes.extend_from_slice(plane));
        }
        spare
    }
}

impl Prepared {
    fn draw(&self, canvas: &mut Canvas<'_>, tick: Tick, rate: FrameRate, zone: Zone) {
        match self {
            Prepared::Still { sprite, at: (x, y) } => sprite.draw(canvas, *x, *y),
            Prepared::Clock(clock) => clock.draw(canvas, zone.local(rate.start_of(tick)).num_seconds_from_midnight()),
            Prepared::Ticker { strip, top, colours, step_px } => {
                // Where it is follows from the tick, so that a restarted player goes on where it would be.
                let first = tick.0.rem_euclid(i64::from(strip.width())) * i64::from(*step_px);
                strip.draw(canvas, Window { top: *top, first, round: true }, *colours);
            }
        }
    }
}

impl Clock {
    fn prepare(letters: &Letters, form: ClockForm, place: Place, ink: Ink, raster: Raster) -> Result<Clock, String> {
        let height = box_height(ink);
        let cell = |text: &str, pad| {
            let set = letters.set(text, ink.letters_px, height, pad).map_err(|e| e.to_string())?;
            Ok::<_, String>(Sprite::of_letters(&set, ink))
        };
        let digits = (0..10).map(|n: u32| cell(&n.to_string(), 0)).collect::<Result<Vec<_>, _>>()?;
        let between = cell(&form.separator.to_string(), 0)?;
        let end = cell("", pad(ink) / 2)?;
        let (signs, numbers) = if form.seconds { (2, 6) } else { (1, 4) };
        let width = 2 * end.width + signs * between.width + numbers * digits[0].width;
        let at = place.resolve((width, end.height), (raster.width, raster.height));
        Ok(Clock { form, digits, between, end, at })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, seconds: u32) {
        let (mut x, y) = self.at;
        let cells = self.form.characters(seconds).map(|c| match c.to_digit(10) {
            Some(digit) => &self.digits[digit as usize],
            None => &self.between,
        });
        for cell in [&self.end].into_iter().chain(cells).chain([&self.end]) {
            cell.draw(canvas, x, y);
            x += cell.width;
        }
    }
}

/// Height of the ground behind a line.
fn box_height(ink: Ink) -> u32 {
    (ink.letters_px * 7 / 5).next_multiple_of(2)
}

/// Ground to the left and right of a line.
fn pad(ink: Ink) -> u32 {
    (ink.letters_px / 2).max(STRIP_PAD)
}

fn prepare(
    home: &Path,
    raster: Raster,
    rate: FrameRate,
    drawing: &Drawing,
    letters: &Result<Letters, LettersError>,
) -> Result<Prepared, String> {
    let letters = || letters.as_ref().map_err(|error| format!("{error}. Try: install fonts-dejavu-core"));
    let whole = (raster.width, raster.height);
    match drawing {
        Drawing::Logo { file, place, height_px, opacity } => {
            let sprite = logo(&home.join(file), *height_px, *opacity, raster)?;
            let at = place.resolve((sprite.width, sprite.height), whole);
            Ok(Prepared::Still { sprite, at })
        }
        Drawing::Clock { form, place, ink } => {
            Clock::prepare(letters()?, *form, *place, *ink, raster).map(Prepared::Clock)
        }
        Drawing::Label { text, place, ink } => {
            let set = letters()?.set(text, ink.letters_px, box_height(*ink), pad(*ink)).map_err(|e| e.to_string())?;
            let sprite = Sprite::of_letters(&set, *ink);
            let at = place.resolve((sprite.width, sprite.height), whole);
            Ok(Prepared::Still { sprite, at })
        }
        Drawing::Ticker { text, band } => {
            let strip = strip(letters()?, &format!("{text}{BETWEEN}"), *band).map_err(|e| e.to_string())?;
            let (top, colours) = (band.top(raster.height), Colours::from(band.ink));
            Ok(Prepared::Ticker { strip, top, colours, step_px: band.step_px(rate) })
        }
    }
}

fn strip(letters: &Letters, text: &str, band: Band) -> Result<Strip, LettersError> {
    letters.set(text, band.ink.letters_px, band.height_px(), STRIP_PAD).map(Strip::new)
}

/// Reads a logo, scaled to its height.
fn logo(path: &Path, height_px: u32, opacity: Percent, raster: Raster) -> Result<Sprite, String> {
    let named = |why: String| format!("{}: {why}. Try: put a PNG picture there", path.display());
    let picture = slate::read_picture(path, MOST_LOGO_PIXELS).map_err(named)?.to_rgba8();
    let (width, height) = match height_px {
        0 => picture.dimensions(),
        height => {
            let width = u64::from(picture.width()) * u64::from(height) / u64::from(picture.height().max(1));
            (u32::try_from(width.max(1)).unwrap_or(u32::MAX), height)
        }
    };
    if width > raster.width || height > raster.height {
        let whole = format!("{}x{}", raster.width, raster.height);
        return Err(format!("{}: {width}x{height} is larger than the picture of {whole}. Try: size", path.display()));
    }
    let same = picture.dimensions() == (width, height);
    Ok(Sprite::of_picture(&if same { picture } else { scaled(&picture, width, height) }, opacity))
}

/// Scaled with each pixel counting as much as it is seen: what is behind a logo's transparent parts leaves no fringe.
fn scaled(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    let weighted = Rgba32FImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0.map(|c| f32::from(c) / 255.0);
        image::Rgba([r * a, g * a, b * a, a])
    });
    let small = imageops::resize(&weighted, width, height, imageops::FilterType::Triangle);
    RgbaImage::from_fn(width, height, |x, y| {
        let [r, g, b, a] = small.get_pixel(x, y).0;
        let part = |c: f32| if a > 0.0 { c / a } else { 0.0 };
        image::Rgba([part(r), part(g), part(b), a].map(|c| (c * 255.0).round().clamp(0.0, 255.0) as u8))
    })
}

/// Sets an operator's crawl, on the thread of whoever ordered it.
#[derive(Debug)]
pub struct CrawlSetter {
    letters: Result<Letters, LettersError>,
    band: Band,
    width: u32,
    rate: FrameRate,
}

/// A crawl that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCrawl {
    /// Its letters.
    pub strip: Arc<Strip>,
    /// What its first letter travels until the last one is gone, pixels.
    pub path_px: u32,
    /// How far it moves from one frame to the next, pixels.
    pub step_px: u32,
}

impl CrawlSetter {
    /// For a channel, with its letters.
    pub fn new(channel: &Channel, branding: &Branding, letters: Result<Letters, LettersError>) -> CrawlSetter {
        CrawlSetter { letters, band: branding.crawl, width: channel.house.width, rate: channel.house.rate }
    }

    /// Sets the words.
    ///
    /// # Errors
    /// What is in the way, for people.
    pub fn set(&self, words: &CrawlText) -> Result<SetCrawl, Text> {
        let set = self.letters.as_ref().map_err(Clone::clone);
        match set.and_then(|letters| strip(letters, words.as_str(), self.band)) {
            Ok(strip) => {
                let path_px = self.width.saturating_add(strip.width());
                Ok(SetCrawl { strip: Arc::new(strip), path_px, step_px: self.band.step_px(self.rate) })
            }
            Err(LettersError::NoLetter(c)) => Err(Text::new(
                format!("Tanda {c:?} dalam teks tidak ada pada huruf yang dipakai. Tulis tanpa tanda itu."),
                format!("The font has no {c:?}. Write the text without it."),
            )),
            Err(LettersError::TooLong(width)) => Err(Text::new(
                format!("Teksnya {width} piksel pada ukuran ini, terlalu panjang. Persingkat."),
                format!("The text is {width} pixels long at this size, too long. Make it shorter."),
            )),
            Err(error @ LettersError::Font { .. }) => Err(Text::new(
                format!("Teks berjalan tidak dapat ditampilkan: {error}. Pasang paket fonts-dejavu-core."),
                format!("A crawl can't be drawn: {error}. Install fonts-dejavu-core."),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
