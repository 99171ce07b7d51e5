//! Something a person must know: opened by whoever noticed, closed by a person or by recovery, never deleted.

use super::ids::{ChannelId, IncidentId};
use super::text::Text;
use super::time::Instant;

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its row.
    pub id: IncidentId,
    /// Where.
    pub channel: Option<ChannelId>,
    /// What it is about, as whoever noticed it names it: one that goes on keeps its key, one that comes back is another
    /// incident with the same.
    pub key: String,
    /// What.
    pub kind: IncidentKind,
    /// How bad.
    pub level: Level,
    /// When it began.
    pub opened_at: Instant,
    /// When it ended.
    pub closed_at: Option<Instant>,
    /// The person who closed it; `None` while it is open, and when it recovered by itself.
    pub closing: Option<Closing>,
    /// What happened and what to do next.
    pub text: Text,
}

/// How a person closed an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Who, by name.
    pub by: String,
    /// What that person wrote.
    pub note: String,
}

/// What can go wrong on air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentKind {
    /// The picture that leaves the player is black.
    Black,
    /// The picture that leaves the player stands still though it should move.
    Freeze,
    /// No sound leaves the player though the item has some.
    Silence,
    /// Frames leave the player late, or an item started late.
    Lateness,
    /// The player, or one of its outputs, is gone.
    Lost,
    /// The clock stepped or isn't synchronised.
    Clock,
    /// An item could not be shown.
    ItemFailed,
    /// There is no plan for a day.
    NoPlan,
    /// What lies over the plan: an emergency or a crawl, a source that gives nothing, branding that can't be drawn.
    Ordered,
}

/// How bad an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Someone should look today.
    Warning,
    /// Someone must act now.
    Critical,
}
