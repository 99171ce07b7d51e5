//! What a channel draws on its own air: logo, clock, text, a ticker, and the crawl that a person lets run over
//! everything. Where and how, as data; the drawing itself is `av::branding`'s.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::ids::{BadName, BrandName};
use super::text::Text;
use super::time::FrameRate;
use super::wall::Percent;

/// Most layers of a channel.
pub const MOST_LAYERS: usize = 16;
/// Longest text that stands, characters: a line.
pub const MOST_LABEL_CHARS: usize = 200;
/// Longest text of a ticker, characters: five minutes of reading.
pub const MOST_TICKER_CHARS: usize = 2_000;
/// Longest crawl, characters: what people read before they walk on.
pub const MOST_CRAWL_CHARS: usize = 500;
/// Most passes of one crawl.
pub const MOST_PASSES: u32 = 1_000;

/// A channel's branding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    /// What is drawn, the first one first; [`MOST_LAYERS`] at most.
    pub layers: Vec<Layer>,
    /// Choices of layers that an item may name.
    pub sets: BTreeMap<BrandName, Layers>,
    /// The band on which a crawl runs.
    pub crawl: Band,
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name in sets and messages.
    pub name: BrandName,
    /// What it is.
    pub drawing: Drawing,
}

/// What a layer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawing {
    /// A PNG picture.
    Logo {
        /// Its path below the home.
        file: String,
        /// Where it lies.
        place: Place,
        /// Its height in pixels; 0: its own. The width follows.
        height_px: u32,
        /// How much of it is seen.
        opacity: Percent,
    },
    /// The time of day where the channel stands.
    Clock {
        /// Hours, minutes and seconds, or not.
        form: ClockForm,
        /// Where it lies.
        place: Place,
        /// How it looks.
        ink: Ink,
    },
    /// A line that stands.
    Label {
        /// What it says.
        text: String,
        /// Where it lies.
        place: Place,
        /// How it looks.
        ink: Ink,
    },
    /// A line that runs along a band.
    Ticker {
        /// What it says.
        text: String,
        /// Where, how and how fast.
        band: Band,
    },
}

/// How a clock is written: `06:00`, `06.00`, `06:00:15`, `06.00.15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockForm {
    /// Between the numbers: `:` or `.`.
    pub separator: char,
    /// Whether seconds are shown.
    pub seconds: bool,
}

impl ClockForm {
    /// The time as its characters, in order; `seconds` counts from local midnight.
    pub fn characters(self, seconds: u32) -> impl Iterator<Item = char> {
        let digit = |n: u32| char::from_digit(n % 10, 10).expect("below ten");
        let numbers = [seconds / 3600, seconds / 60 % 60, seconds % 60];
        let shown = if self.seconds { 3 } else { 2 };
        numbers.into_iter().take(shown).enumerate().flat_map(move |(n, number)| {
            let between = (n > 0).then_some(self.separator);
            between.into_iter().chain([digit(number / 10), digit(number)])
        })
    }
}

impl FromStr for ClockForm {
    type Err = String;
    fn from_str(text: &str) -> Result<ClockForm, String> {
        match text {
            "HH:MM" => Ok(ClockForm { separator: ':', seconds: false }),
            "HH.MM" => Ok(ClockForm { separator: '.', seconds: false }),
            "HH:MM:SS" => Ok(ClockForm { separator: ':', seconds: true }),
            "HH.MM.SS" => Ok(ClockForm { separator: '.', seconds: true }),
            other => Err(format!("{other:?} is no clock: wanted is HH:MM, HH.MM, HH:MM:SS or HH.MM.SS")),
        }
    }
}

impl fmt::Display for ClockForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClockForm { separator, seconds } = self;
        write!(f, "HH{separator}MM")?;
        if *seconds { write!(f, "{separator}SS") } else { Ok(()) }
    }
}

/// Where something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a corner, this many pixels from its two edges.
    Corner(Corner, (u32, u32)),
    /// With its upper left pixel there.
    At(u32, u32),
}

/// A corner of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// Upper left.
    TopLeft,
    /// Upper right.
    TopRight,
    /// Lower left.
    BottomLeft,
    /// Lower right.
    BottomRight,
}

impl Corner {
    /// All of them.
    pub const ALL: [Corner; 4] = [Corner::TopLeft, Corner::TopRight, Corner::BottomLeft, Corner::BottomRight];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Corner::TopLeft => "top-left",
            Corner::TopRight => "top-right",
            Corner::BottomLeft => "bottom-left",
            Corner::BottomRight => "bottom-right",
        }
    }
}

impl Place {
    /// The upper left pixel of something of `size` in a picture, even numbers: colour is stored for blocks of 2×2.
    pub fn resolve(self, size: (u32, u32), picture: (u32, u32)) -> (u32, u32) {
        let even = |n: u32| n & !1;
        let far = |whole: u32, size: u32, margin: u32| whole.saturating_sub(size).saturating_sub(margin);
        let (x, y) = match self {
            Place::At(x, y) => (x, y),
            Place::Corner(corner, (across, down)) => (
                match corner {
                    Corner::TopLeft | Corner::BottomLeft => across,
                    Corner::TopRight | Corner::BottomRight => far(picture.0, size.0, across),
                },
                match corner {
                    Corner::TopLeft | Corner::TopRight => down,
                    Corner::BottomLeft | Corner::BottomRight => far(picture.1, size.1, down),
                },
            ),
        };
        (even(x), even(y))
    }
}

/// A colour, 8 bits each of red, green and blue (sRGB primaries are those of BT.709).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl FromStr for Rgb {
    type Err = String;
    fn from_str(text: &str) -> Result<Rgb, String> {
        let wanted = || format!("{text:?} is no colour like \"#ffcc00\"");
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let all = u32::from_str_radix(digits.ok_or_else(wanted)?, 16).map_err(|_| wanted())?;
        let [_, red, green, blue] = all.to_be_bytes();
        Ok(Rgb([red, green, blue]))
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rgb([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    /// Their size, pixels.
    pub letters_px: u32,
    /// Their colour.
    pub colour: Rgb,
    /// The colour behind them.
    pub ground: Rgb,
    /// How much the ground covers of the picture.
    pub ground_opacity: Percent,
}

/// Across the whole picture, at its upper or lower edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// At which edge.
    pub edge: Edge,
    /// Pixels that stay free between it and the edge.
    pub margin_px: u32,
    /// How its letters look.
    pub ink: Ink,
    /// How fast they run, pixels a second; see [`Band::step_px`].
    pub speed_px_s: u32,
}

/// An edge of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The upper one.
    Top,
    /// The lower one.
    Bottom,
}

impl Band {
    /// Its height, pixels, even: letters with some room above and below.
    pub fn height_px(&self) -> u32 {
        (self.ink.letters_px * 8 / 5).next_multiple_of(2)
    }

    /// Its uppermost row in a picture, even.
    pub fn top(&self, picture_height: u32) -> u32 {
        let top = match self.edge {
            Edge::Top => self.margin_px,
            Edge::Bottom => picture_height.saturating_sub(self.height_px()).saturating_sub(self.margin_px),
        };
        top & !1
    }

    /// How far letters move from one frame to the next: whole pixels, the same at every frame, because a step that
    /// changes is seen as a stutter. At least 1; the speed is what comes nearest.
    pub fn step_px(&self, rate: FrameRate) -> u32 {
        let (num, den) = (u64::from(rate.num()), u64::from(rate.den()));
        let step = (u64::from(self.speed_px_s) * den + num / 2) / num;
        u32::try_from(step.max(1)).unwrap_or(u32::MAX)
    }
}

/// Some of a channel's layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers(u16);

impl Layers {
    /// None of them.
    pub const NONE: Layers = Layers(0);
    /// All that there can be.
    pub const ALL: Layers = Layers(u16::MAX);

    /// These and the one of that number, below [`MOST_LAYERS`].
    pub fn with(self, number: usize) -> Layers {
        debug_assert!(number < MOST_LAYERS);
        Layers(self.0 | 1 << number)
    }
    /// Whether the one of that number is among them.
    pub fn has(self, number: usize) -> bool {
        number < MOST_LAYERS && self.0 >> number & 1 == 1
    }
}

/// What something on air wears, by its own word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Wears {
    /// All of its channel's branding.
    #[default]
    All,
    /// Nothing.
    Nothing,
    /// A set of the channel's.
    Set(BrandName),
}

impl Wears {
    /// The word for [`Wears::Nothing`].
    pub const NONE: &'static str = "none";
}

impl FromStr for Wears {
    type Err = BadName;
    /// `none`, or the name of a set.
    fn from_str(text: &str) -> Result<Wears, BadName> {
        if text == Wears::NONE { Ok(Wears::Nothing) } else { text.parse().map(Wears::Set) }
    }
}

impl Wears {
    /// The word in a playlist; `None` for what needs none.
    pub fn word(&self) -> Option<&str> {
        match self {
            Wears::All => None,
            Wears::Nothing => Some(Wears::NONE),
            Wears::Set(name) => Some(name.as_str()),
        }
    }
}

impl Branding {
    /// Whether it has what is named.
    pub fn knows(&self, wears: &Wears) -> bool {
        !matches!(wears, Wears::Set(name) if !self.sets.contains_key(name))
    }

    /// The layers that are drawn. A set that the channel does not have is all of them: an item made elsewhere never
    /// loses the channel its logo.
    pub fn worn(&self, wears: &Wears) -> Layers {
        match wears {
            Wears::Nothing => Layers::NONE,
            Wears::All => Layers::ALL,
            Wears::Set(name) => self.sets.get(name).copied().unwrap_or(Layers::ALL),
        }
    }
}

/// The words of a crawl: one line that can be set as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrawlText(String);

impl CrawlText {
    /// Takes a line without the blanks around it.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn new(text: &str) -> Result<CrawlText, Text> {
        let line = text.trim();
        check_line(line, MOST_CRAWL_CHARS).map(|()| CrawlText(line.to_owned()))
    }
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be set on one line: not empty, at most `most` characters, no control character, and nothing that
/// runs from right to left or joins its letters, which is not set here.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_line(text: &str, most: usize) -> Result<(), Text> {
    if text.trim().is_empty() {
        return Err(Text::new("Teksnya kosong. Tulis satu kalimat.", "The text is empty. Write a sentence."));
    }
    let count = text.chars().count();
    if count > most {
        return Err(Text::new(
            format!("Teksnya {count} huruf; paling banyak {most}. Persingkat."),
            format!("The text has {count} characters; {most} at most. Make it shorter."),
        ));
    }
    if let Some(c) = text.chars().find(|c| c.is_control()) {
        let code = u32::from(c);
        return Err(Text::new(
            format!("Teksnya memuat tanda kendali (U+{code:04X}), misalnya ganti baris. Tulis dalam satu baris."),
            format!(
                "The text holds a control character (U+{code:04X}), such as a line break. Write it as one plain line."
            ),
        ));
    }
    if let Some(c) = text.chars().find(|c| cannot_be_set(*c)) {
        let code = u32::from(c);
        return Err(Text::new(
            format!("Tanda U+{code:04X} dalam teks tidak dapat ditampilkan. Tulis dengan huruf Latin."),
            format!("The character U+{code:04X} of the text can't be set here. Write it in Latin letters."),
        ));
    }
    Ok(())
}

/// Scripts from right to left and Indic ones, whose letters join or change places; marks that turn the reading order or
/// are not seen; marks that stand on the letter before.
fn cannot_be_set(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036f | 0x0590..=0x109f | 0x1ab0..=0x1aff | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfb1d..=0xfdff | 0xfe00..=0xfe0f | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0xe_0000..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_reads_as_its_form_says() {
        let read = |form: &str, seconds| form.parse::<ClockForm>().expect(form).characters(seconds).collect::<String>();
        assert_eq!(read("HH:MM", 6 * 3600 + 59), "06:00");
        assert_eq!(read("HH.MM.SS", 23 * 3600 + 59 * 60 + 7), "23.59.07");
        assert!("hh:mm".parse::<ClockForm>().is_err());
    }

    #[test]
    fn a_corner_keeps_its_margins_and_lies_on_even_pixels() {
        let place = |corner| Place::Corner(corner, (51, 29)).resolve((101, 60), (1280, 720));
        assert_eq!(place(Corner::TopLeft), (50, 28));
        assert_eq!(place(Corner::BottomRight), (1128, 630));
        assert_eq!(Place::Corner(Corner::TopRight, (10, 10)).resolve((2000, 10), (320, 180)), (0, 10));
    }

    #[test]
    fn letters_move_by_whole_pixels_a_frame() {
        let white = Rgb([255; 3]);
        let ink = Ink { letters_px: 36, colour: white, ground: white, ground_opacity: Percent::FULL };
        let step = |speed_px_s, num, den| {
            let band = Band { edge: Edge::Bottom, margin_px: 0, ink, speed_px_s };
            band.step_px(FrameRate::new(num, den).expect("a rate"))
        };
        assert_eq!((step(100, 25, 1), step(110, 25, 1), step(115, 25, 1)), (4, 4, 5));
        assert_eq!((step(120, 30_000, 1001), step(1, 50, 1)), (4, 1));
    }

    #[test]
    fn a_crawl_is_one_plain_line_of_bounded_length() {
        let line = CrawlText::new("  Banjir di Percut – hindari jalan itu \n").expect("a line");
        assert_eq!(line.as_str(), "Banjir di Percut – hindari jalan itu");
        for bad in ["", "   ", "a\nb", "a\u{1b}[31mb", "a\u{202e}b", "سلام", &"x".repeat(501)] {
            assert!(CrawlText::new(bad).is_err(), "{bad:?}");
        }
        let said = CrawlText::new("a\u{7}b").expect_err("a bell");
        assert!(said.en.contains("U+0007") && said.id.contains("U+0007"), "{said:?}");
    }

    #[test]
    fn an_item_wears_all_a_set_or_nothing_and_an_unknown_set_is_all() {
        let quiet: BrandName = "quiet".parse().expect("a name");
        let band = Band {
            edge: Edge::Top,
            margin_px: 0,
            ink: Ink { letters_px: 20, colour: Rgb([0; 3]), ground: Rgb([0; 3]), ground_opacity: Percent::FULL },
            speed_px_s: 100,
        };
        let sets = [(quiet, Layers::NONE.with(1))].into();
        let branding = Branding { layers: Vec::new(), sets, crawl: band };
        let worn = |word: &str| {
            let layers = branding.worn(&word.parse().expect("a word"));
            (layers.has(0), layers.has(1))
        };
        assert_eq!((worn("quiet"), worn("none"), worn("loud")), ((false, true), (false, false), (true, true)));
        assert_eq!((Wears::default().word(), Wears::Nothing.word()), (None, Some("none")));
    }
}
