//! Files and what is known of them: the inspection of a file, the verdict on it, the clip made from it.

use std::collections::BTreeSet;

use super::channel::HouseFormat;
use super::colour::Colour;
use super::ids::{AssetId, OpdId, Sha256};
use super::playlist::{Nature, Source};
use super::rules::{ContentTag, DayMode};
use super::text::Text;
use super::time::{FrameRate, Span};

/// What a full decode of one file found. Facts alone: what they mean is `engine::acceptance`'s business.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Size of the file.
    pub bytes: u64,
    /// Hash of the file.
    pub sha256: Sha256,
    /// Container as the decoder names it; `None` when no decoder knows it.
    pub container: Option<String>,
    /// What the container claims to last.
    pub declared_ms: Option<u64>,
    /// What really decoded: the longer of picture and sound.
    pub duration_ms: u64,
    /// The picture stream that would air.
    pub video: Option<VideoStream>,
    /// The sound stream that would air.
    pub audio: Option<AudioStream>,
    /// Levels and defects.
    pub measured: Measured,
    /// What went wrong while decoding.
    pub troubles: Vec<Trouble>,
}

/// A decoded picture stream.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoStream {
    /// Codec as the decoder names it.
    pub codec: String,
    /// Coded width, pixels, before rotation.
    pub width: u32,
    /// Coded height, pixels, before rotation.
    pub height: u32,
    /// Nominal rate; `None` where it varies or is unknown.
    pub frame_rate: Option<FrameRate>,
    /// Width of a pixel to its height.
    pub pixel_aspect: (u32, u32),
    /// Clockwise turn that makes it upright: 0, 90, 180 or 270.
    pub rotation_deg: u16,
    /// Whether frames hold two fields.
    pub interlaced: bool,
    /// Whether the transfer is PQ or HLG.
    pub hdr: bool,
    /// How code values mean light.
    pub colour: Colour,
    /// Frames decoded.
    pub frames: u64,
    /// Time that the decoded pictures cover.
    pub duration_ms: u64,
    /// A single picture, not a moving one.
    pub still: bool,
}

/// A decoded sound stream.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioStream {
    /// Codec as the decoder names it.
    pub codec: String,
    /// Samples per second and channel.
    pub sample_rate_hz: u32,
    /// Sound channels.
    pub channels: u32,
    /// Samples decoded per channel, at `sample_rate_hz`.
    pub samples: u64,
}

/// What making something of a file has to know of it, as its inspection found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Essence {
    /// Number of the picture's stream in the file.
    pub video_stream: u32,
    /// Number of the sound's stream; `None` where there is nothing to hear.
    pub audio_stream: Option<u32>,
    /// When the first picture is shown, ticks of 1/90000 s: sound is moved by as much, so that both stay together.
    pub first_picture: i64,
    /// Time that the decoded pictures cover.
    pub duration_ms: u64,
    /// Coded width, pixels, before rotation.
    pub width: u32,
    /// Coded height, pixels, before rotation.
    pub height: u32,
    /// Width of a pixel to its height.
    pub pixel_aspect: (u32, u32),
    /// Clockwise turn that makes it upright: 0, 90, 180 or 270.
    pub rotation_deg: u16,
    /// Whether frames hold two fields.
    pub interlaced: bool,
    /// What its code values mean.
    pub colour: Colour,
    /// A single picture, not a moving one.
    pub still: bool,
    /// Whether the decoder complained: then it decodes the same way twice only when nothing runs beside it.
    pub damaged: bool,
}

/// Levels and defects over the whole file. Empty lists mean that none was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// Integrated loudness, LUFS (ITU-R BS.1770-4); `None` for silence and for no sound.
    pub integrated_lufs: Option<f64>,
    /// Loudness range, LU (EBU Tech 3342).
    pub loudness_range_lu: Option<f64>,
    /// Loudest three seconds, LUFS (EBU R 128 s1); `None` for less sound than that.
    pub short_term_max_lufs: Option<f64>,
    /// Highest true peak, dBTP (ITU-R BS.1770-4 annex 2).
    pub true_peak_dbtp: Option<f64>,
    /// Black picture.
    pub black: Vec<MsSpan>,
    /// Standing picture.
    pub freeze: Vec<MsSpan>,
    /// No sound on any channel.
    pub silence: Vec<MsSpan>,
    /// Flashing that can trigger seizures.
    pub flash: Vec<Flash>,
    /// Flashing within the limits that a person should look at.
    pub doubtful_flash: Vec<Flash>,
    /// Two channels that cancel each other.
    pub cancelling: Vec<MsSpan>,
    /// A channel of two, from 0, that is dead while the other is not.
    pub dead_channel: Option<usize>,
    /// Runs of samples that were cut off at full scale.
    pub clipped_runs: u64,
    /// Where the first of them is.
    pub first_clipped_ms: Option<u64>,
    /// Momentary loudness from beginning to end.
    pub curve: LoudnessCurve,
    /// Luma beyond what may be sent (EBU R 103).
    pub out_of_range: Vec<MsSpan>,
    /// Black bars that stand beside the picture throughout.
    pub bars: Bars,
    /// What it looks like.
    pub likeness: Likeness,
    /// Pictures of the timeline and of each place where something was found.
    pub stills: Vec<Still>,
    /// Picture and sound streams in the file, covers not counted; the first of each airs.
    pub streams: (usize, usize),
}

/// What a clip looks like, once a second: 128 bits that survive another encoding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Likeness(pub Vec<u128>);

/// A small picture of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// When it is shown.
    pub at_ms: u64,
    /// A JPEG of our own.
    pub jpeg: Vec<u8>,
}

/// Momentary loudness over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoudnessCurve {
    /// When the first value begins.
    pub start_ms: u64,
    /// Between two values.
    pub step_ms: u32,
    /// Tenths of LUFS, −600 to 0.
    pub tenths: Vec<i16>,
}

/// Black bars, thousandths of the picture's height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each name is the side")]
pub struct Bars {
    pub top: u16,
    pub bottom: u16,
    pub left: u16,
    pub right: u16,
}

impl Bars {
    /// The share of the picture between the bars, thousandths of height and of width.
    pub fn inside(self) -> (u16, u16) {
        (1000_u16.saturating_sub(self.top + self.bottom), 1000_u16.saturating_sub(self.left + self.right))
    }
}

/// A stretch of a file, milliseconds from its beginning, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MsSpan {
    /// First millisecond.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
}

impl MsSpan {
    /// How long it lasts.
    pub fn length_ms(self) -> u64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

/// A stretch of flashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flash {
    /// Where: from the first change to the last.
    pub span: MsSpan,
    /// Of which kind.
    pub kind: FlashKind,
    /// Largest share of the picture that flashed at one time, percent.
    pub area_percent: u8,
}

/// Kinds of flashing. The first two are beyond ITU-R BT.1702, the others are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlashKind {
    /// Opposing changes of luminance.
    Luminance,
    /// Changes to and from saturated red.
    Red,
    /// As fast, on a smaller part of the picture (WCAG 2).
    Small,
    /// Slower, for longer than five seconds (Ofcom).
    Sustained,
}

impl FlashKind {
    /// Every one.
    pub const ALL: &[FlashKind] = &[FlashKind::Luminance, FlashKind::Red, FlashKind::Small, FlashKind::Sustained];
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            FlashKind::Luminance => "luminance",
            FlashKind::Red => "red",
            FlashKind::Small => "small",
            FlashKind::Sustained => "sustained",
        }
    }
}

/// What went wrong while a file was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The file has no bytes.
    Empty,
    /// By its content it is something else: an archive, a page, a program, a document.
    NotMedia {
        /// What it is, if known.
        looks_like: String,
    },
    /// Larger than an upload may be.
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// No decoder reads it, or none produced a frame.
    Undecodable {
        /// What the decoder said, shortened.
        said: String,
    },
    /// The end came earlier than the container promised.
    Truncated {
        /// What the container promised.
        declared_ms: u64,
        /// What decoded.
        decoded_ms: u64,
    },
    /// Frames that the decoder had to conceal or drop.
    Damaged {
        /// How many errors were reported.
        errors: u64,
    },
    /// The decoder stood still, or took longer or more memory than it may, and was ended.
    Stalled {
        /// How long it was waited for.
        after_ms: u64,
    },
    /// The picture changes size on the way.
    SizeChanges,
    /// More pixels than may be decoded.
    TooManyPixels {
        /// Width claimed.
        width: u32,
        /// Height claimed.
        height: u32,
    },
}

impl Trouble {
    /// What is said of a telephone's HEIC picture where no decoder for it is installed.
    pub const HEIC_UNKNOWN: &str = "HEIC";
    /// What is said of a HEIC picture that its decoder can't read.
    pub const HEIC_BROKEN: &str = "broken HEIC";
}

/// What acceptance says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Fine as it is.
    Accept,
    /// Fine once conformed.
    Conform,
    /// Not for this channel, whatever is done to it.
    Refuse,
}

impl Verdict {
    /// Every one.
    pub const ALL: &[Verdict] = &[Verdict::Accept, Verdict::Conform, Verdict::Refuse];
    /// The word in JSON, rows and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Accept => "accept",
            Verdict::Conform => "conform",
            Verdict::Refuse => "refuse",
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<Verdict> {
        Verdict::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// How much a reason weighs. Refused if and only if some reason is [`Severity::Fail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Conforming mends it.
    Corrected,
    /// A person should look.
    Warn,
    /// It can't air.
    Fail,
}

impl Severity {
    /// Every one.
    pub const ALL: &[Severity] = &[Severity::Note, Severity::Corrected, Severity::Warn, Severity::Fail];
    /// The word in JSON, rows and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Corrected => "corrected",
            Severity::Warn => "warn",
            Severity::Fail => "fail",
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<Severity> {
        Severity::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// Why a file is refused, mended, or wants a look. New codes may be added, none renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each name is the code that the JSON carries; the words are in engine::acceptance")]
pub enum ReasonCode {
    Empty,
    NotMedia,
    Undecodable,
    Truncated,
    NoVideo,
    NoAudio,
    TooLong,
    TooShort,
    TooLarge,
    Unsupported,
    Resolution,
    Flashing,
    Black,
    Silent,
    Frozen,
    Loudness,
    Stalled,
    Damaged,
    FrameRate,
    Rotated,
    Interlaced,
    Hdr,
    Format,
    Still,
    Phase,
    DeadChannel,
    Clipping,
    Levels,
    Streams,
}

impl ReasonCode {
    /// Every one.
    pub const ALL: &[ReasonCode] = &[
        ReasonCode::Empty,
        ReasonCode::NotMedia,
        ReasonCode::Undecodable,
        ReasonCode::Truncated,
        ReasonCode::NoVideo,
        ReasonCode::NoAudio,
        ReasonCode::TooLong,
        ReasonCode::TooShort,
        ReasonCode::TooLarge,
        ReasonCode::Unsupported,
        ReasonCode::Resolution,
        ReasonCode::Flashing,
        ReasonCode::Black,
        ReasonCode::Silent,
        ReasonCode::Frozen,
        ReasonCode::Loudness,
        ReasonCode::Stalled,
        ReasonCode::Damaged,
        ReasonCode::FrameRate,
        ReasonCode::Rotated,
        ReasonCode::Interlaced,
        ReasonCode::Hdr,
        ReasonCode::Format,
        ReasonCode::Still,
        ReasonCode::Phase,
        ReasonCode::DeadChannel,
        ReasonCode::Clipping,
        ReasonCode::Levels,
        ReasonCode::Streams,
    ];
    /// The word in JSON, rows and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            ReasonCode::Empty => "empty",
            ReasonCode::NotMedia => "not_media",
            ReasonCode::Undecodable => "undecodable",
            ReasonCode::Truncated => "truncated",
            ReasonCode::NoVideo => "no_video",
            ReasonCode::NoAudio => "no_audio",
            ReasonCode::TooLong => "too_long",
            ReasonCode::TooShort => "too_short",
            ReasonCode::TooLarge => "too_large",
            ReasonCode::Unsupported => "unsupported",
            ReasonCode::Resolution => "resolution",
            ReasonCode::Flashing => "flashing",
            ReasonCode::Black => "black",
            ReasonCode::Silent => "silent",
            ReasonCode::Frozen => "frozen",
            ReasonCode::Loudness => "loudness",
            ReasonCode::Stalled => "stalled",
            ReasonCode::Damaged => "damaged",
            ReasonCode::FrameRate => "frame_rate",
            ReasonCode::Rotated => "rotated",
            ReasonCode::Interlaced => "interlaced",
            ReasonCode::Hdr => "hdr",
            ReasonCode::Format => "format",
            ReasonCode::Still => "still",
            ReasonCode::Phase => "phase",
            ReasonCode::DeadChannel => "dead_channel",
            ReasonCode::Clipping => "clipping",
            ReasonCode::Levels => "levels",
            ReasonCode::Streams => "streams",
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<ReasonCode> {
        ReasonCode::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// One reason, with the numbers behind it and words that the office can act on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// How much it weighs.
    pub severity: Severity,
    /// The limit that applies, in the unit of the code's text.
    pub limit: Option<f64>,
    /// What was found, in the same unit.
    pub value: Option<f64>,
    /// Where in the clip.
    pub at_ms: Option<u64>,
    /// What a person reads.
    pub text: Text,
}

/// How a file is conformed: everything that decides which bytes come out, beside the bytes that go in. An approval binds
/// it by the hash of [`ConformRecipe::canonical`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConformRecipe {
    /// What comes out.
    pub house: HouseFormat,
    /// How a picture of another shape is brought to the wall's.
    pub framing: Framing,
    /// What fills the wall beside a picture of another shape.
    pub borders: Borders,
    /// How long a still picture is shown, seconds, 1 to 300.
    pub still_seconds: u32,
    /// Whether a still picture is slowly drawn nearer while it is shown.
    pub zoom: bool,
}

/// How a picture of another shape is brought to the wall's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framing {
    /// All of it is shown, with borders.
    Fit,
    /// All of the wall is filled; what does not fit is cut off at the edges.
    Fill,
    /// All of both, out of shape.
    Stretch,
}

impl Framing {
    /// Every one.
    pub const ALL: [Framing; 3] = [Framing::Fit, Framing::Fill, Framing::Stretch];
    /// The word in the configuration, on the command line and in recipes.
    pub fn as_str(self) -> &'static str {
        match self {
            Framing::Fit => "fit",
            Framing::Fill => "fill",
            Framing::Stretch => "stretch",
        }
    }
    /// What it does, in a person's words.
    pub fn text(self) -> Text {
        match self {
            Framing::Fit => Text::new(
                "Utuh: seluruh gambar tampak; sisa layar diisi tepi.",
                "Whole: all of the picture is seen; borders fill the rest of the screen.",
            ),
            Framing::Fill => Text::new(
                "Penuh: layar terisi semua; yang lebih di tepi gambar terpotong.",
                "Filled: the whole screen is filled; what is too much at the edges is cut off.",
            ),
            Framing::Stretch => Text::new(
                "Tarik: seluruh gambar mengisi layar, tetapi bentuknya berubah.",
                "Stretched: all of the picture fills the screen, out of shape.",
            ),
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<Framing> {
        Framing::ALL.into_iter().find(|framing| framing.as_str() == word)
    }
}

/// What fills the wall beside a picture of another shape that is shown whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Borders {
    /// The same picture, filling, blurred and dimmed.
    Blurred,
    /// Black.
    Plain,
}

impl Borders {
    /// Every one.
    pub const ALL: [Borders; 2] = [Borders::Blurred, Borders::Plain];
    /// The word in the configuration, on the command line and in recipes.
    pub fn as_str(self) -> &'static str {
        match self {
            Borders::Blurred => "blurred",
            Borders::Plain => "plain",
        }
    }
    /// From that word.
    pub fn read(word: &str) -> Option<Borders> {
        Borders::ALL.into_iter().find(|borders| borders.as_str() == word)
    }
}

/// What of a recipe a channel chooses beside its house format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConformChoice {
    /// How a picture of another shape is brought to the wall's.
    pub framing: Framing,
    /// What fills the wall beside it.
    pub borders: Borders,
    /// Whether a still picture is slowly drawn nearer.
    pub zoom: bool,
}

impl ConformChoice {
    /// The whole picture, its own blur beside it, and what stands, stands.
    pub const USUAL: ConformChoice = ConformChoice { framing: Framing::Fit, borders: Borders::Blurred, zoom: false };
}

impl ConformRecipe {
    /// How long a still is shown unless the office says otherwise, seconds.
    pub const STILL_SECONDS: u32 = 10;
    /// Counts changes of `av::conform` after which the same input gives other bytes.
    const GENERATION: u32 = 5;

    /// The recipe of a channel unless somebody chooses otherwise.
    pub fn of(house: HouseFormat) -> ConformRecipe {
        ConformRecipe::chosen(house, ConformChoice::USUAL, ConformRecipe::STILL_SECONDS)
    }

    /// The recipe with a channel's choice, for a still that is shown so many seconds.
    pub fn chosen(house: HouseFormat, choice: ConformChoice, still_seconds: u32) -> ConformRecipe {
        let ConformChoice { framing, borders, zoom } = choice;
        ConformRecipe { house, framing, borders, still_seconds, zoom }
    }

    /// The recipe of the copy in which people look at an upload before it is approved: framed as the wall will frame
    /// it, and small.
    pub fn preview(self) -> ConformRecipe {
        /// Longer side, pixels: as wide as a page shows it, and encoded in a fraction of its length.
        const LONGER_SIDE: u32 = 640;
        /// What a codec of 16×16 blocks still takes.
        const SHORTEST: u32 = 16;
        let house = self.house;
        let longer = house.width.max(house.height).max(LONGER_SIDE);
        let scaled = |side: u32| ((side * LONGER_SIDE / longer) & !1).max(SHORTEST);
        let house = HouseFormat { width: scaled(house.width), height: scaled(house.height), ..house };
        ConformRecipe { house, ..self }
    }

    /// The recipe as one line of text. Equal texts mean equal bytes for equal input, on one version of ffmpeg.
    pub fn canonical(&self) -> String {
        let HouseFormat { width, height, rate, sample_rate_hz, loudness_lufs, max_true_peak_dbtp, .. } = self.house;
        let (framing, borders) = (self.framing.as_str(), self.borders.as_str());
        format!(
            "siaran-conform/{} raster={width}x{height} frame_rate={rate} sample_rate_hz={sample_rate_hz} \
             loudness_lufs={loudness_lufs:.1} max_true_peak_dbtp={max_true_peak_dbtp:.1} \
             framing={framing} borders={borders} still_seconds={} zoom={}",
            ConformRecipe::GENERATION,
            self.still_seconds,
            self.zoom,
        )
    }
}

/// A conformed file: immutable, named by its hash, in the house format of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    /// Hash of the house file.
    pub sha256: Sha256,
    /// Hash of the office's file that it was made from.
    pub original: Sha256,
    /// Frames at the channel's rate.
    pub frames: u64,
    /// What the watch over the air may expect of it.
    pub nature: Nature,
}

/// A title that can be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its row.
    pub id: AssetId,
    /// For people.
    pub title: String,
    /// Whose it is.
    pub owner: OpdId,
    /// What it is.
    pub kind: AssetKind,
    /// When its approval holds.
    pub validity: Span,
    /// What airs.
    pub clip: Clip,
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssetKind {
    /// An office's clip.
    Spot,
    /// Evergreen approved material.
    Filler,
}

/// One evergreen clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillClip {
    /// Hash of its bytes.
    pub sha256: Sha256,
    /// Path below home.
    pub source: Source,
    /// Frames at the channel's rate; at least 1.
    pub duration_frames: u64,
    /// For people.
    pub title: String,
    /// What the watch over the air may expect of it.
    pub nature: Nature,
    /// What it shows; empty: nobody said.
    pub tags: BTreeSet<ContentTag>,
}

impl FillClip {
    /// Whether a day mode keeps it off the wall. What nobody marked stays: the wall needs something to fall back on.
    pub fn is_suspended(&self, mode: DayMode) -> bool {
        !self.tags.is_empty() && mode.suspends(&self.tags)
    }

    /// The pool's entry for a clip of the house that was copied to `media/fill/`.
    pub fn of(clip: &Clip, title: &str) -> FillClip {
        FillClip {
            sha256: clip.sha256,
            source: Source::File(format!("media/fill/{}.mp4", clip.sha256)),
            duration_frames: clip.frames,
            title: title.to_owned(),
            nature: clip.nature,
            tags: BTreeSet::new(),
        }
    }
}
