//! What was really on air, tiling time without a gap.

use super::ids::{ChannelId, ItemId, Sha256};
use super::time::Instant;

/// One stretch of air. Rows of a channel tile time: each begins where the one before it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsRun {
    /// 1, 2, 3 … for the life of the channel, across runs of the player.
    pub seq: u64,
    /// The run of the player that aired it.
    pub run: String,
    /// The channel.
    pub channel: ChannelId,
    /// The planned item that was, or should have been, on air.
    pub item: Option<ItemId>,
    /// What was on air.
    pub kind: AirKind,
    /// The bytes that were on air.
    pub clip: Option<Sha256>,
    /// When the item should have started.
    pub planned_start: Option<Instant>,
    /// First instant on air, at the display.
    pub start: Instant,
    /// First instant no longer on air.
    pub end: Instant,
    /// Frames shown, the held ones included.
    pub frames: u64,
    /// Frames that repeated the one before because none was there in time.
    pub held_frames: u64,
    /// How it went.
    pub outcome: Outcome,
    /// Why, where the outcome needs a word.
    pub why: Option<String>,
}

/// The word of a row for time whose own rows could not be kept: something was on air, and nothing proves what.
pub const NOT_RECORDED: &str = "not_recorded";

/// The word of a row that stands in place of rows which can't be trusted, from its own number up to the next row's.
pub const RECORD_DAMAGED: &str = "record_damaged";

impl AsRun {
    /// One row for its time and that of `next`, which says that nothing is proven of either.
    pub fn not_recorded(self, next: &AsRun) -> AsRun {
        AsRun {
            item: None,
            kind: AirKind::None,
            clip: None,
            planned_start: None,
            end: next.end,
            frames: 0,
            held_frames: 0,
            outcome: Outcome::OffAir,
            why: Some(NOT_RECORDED.to_owned()),
            ..self
        }
    }

    /// Whether it stands for time of which nothing is known.
    pub fn proves_nothing(&self) -> bool {
        matches!(self.why.as_deref(), Some(NOT_RECORDED | RECORD_DAMAGED))
    }
}

/// What was on air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AirKind {
    /// A planned clip.
    Clip,
    /// Evergreen approved material.
    Fill,
    /// The still picture that can't fail.
    Slate,
    /// A live source.
    Live,
    /// What an operator with a named reason put on air over everything.
    Emergency,
    /// Nothing: closed, or no player.
    None,
}

/// How a stretch of air went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// From its first frame to its last, as planned.
    Complete,
    /// Ended before its planned end.
    Cut,
    /// Could not be shown; something else covered it.
    Failed,
    /// Came in after its planned start, at the frame that the timeline had reached.
    Joined,
    /// No player was there.
    OffAir,
    /// Outside the channel's hours.
    Closed,
}
