//! A day's plan while somebody changes it by hand, before it is published.
//!
//! A draft begins with the plan as the planner made it and keeps that as its base: a request that becomes playable in
//! the meantime finds a pause and moves nothing. The changes follow in order, so a draft reads the same each time.

use std::collections::BTreeSet;

use super::ids::{ChannelId, PersonId, SubmissionId};
use super::time::{BroadcastDate, Instant};

/// One play of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlayAt {
    /// When it starts.
    pub start: Instant,
    /// Whose clip.
    pub submission: SubmissionId,
}

/// The plan with which a draft began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftBase {
    /// Requests that the planner knew.
    pub known: BTreeSet<SubmissionId>,
    /// Where it put their plays, in order of time.
    pub plays: Vec<PlayAt>,
    /// Plays of requests that became playable later, each with the number of changes before it came.
    pub joined: Vec<(usize, PlayAt)>,
}

/// One change by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// A play goes to another time.
    Move {
        /// As it stands.
        play: PlayAt,
        /// Its new start.
        to: Instant,
    },
    /// A play goes out.
    Remove {
        /// As it stands.
        play: PlayAt,
    },
    /// A request gets one play more.
    Add {
        /// The new play.
        play: PlayAt,
    },
    /// Two plays of one length trade places.
    Swap {
        /// The one.
        play: PlayAt,
        /// The other.
        other: PlayAt,
    },
}

impl Edit {
    /// The play that it is about.
    pub fn play(&self) -> PlayAt {
        match *self {
            Edit::Move { play, .. } | Edit::Remove { play } | Edit::Add { play } | Edit::Swap { play, .. } => play,
        }
    }
    /// The plays that stand because of it, where it stands.
    pub fn placed(&self) -> Vec<PlayAt> {
        match *self {
            Edit::Move { play, to } => vec![PlayAt { start: to, ..play }],
            Edit::Remove { .. } => Vec::new(),
            Edit::Add { play } => vec![play],
            Edit::Swap { play, other } => {
                vec![PlayAt { start: other.start, ..play }, PlayAt { start: play.start, ..other }]
            }
        }
    }
}

/// A change with who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftEdit {
    /// What.
    pub edit: Edit,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Instant,
}

/// A day's plan that somebody is changing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its row.
    pub id: i64,
    /// The channel.
    pub channel: ChannelId,
    /// The day.
    pub date: BroadcastDate,
    /// Counts every change and every undoing: whoever changes it names the version that was on the page.
    pub version: u32,
    /// With what it began.
    pub base: DraftBase,
    /// The changes, in order.
    pub edits: Vec<DraftEdit>,
    /// Who began it, and when.
    pub started: (PersonId, Instant),
    /// Who changed it last, and when.
    pub changed: (PersonId, Instant),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plays_that_trade_places_stand_where_the_other_was() {
        let at = |minute, submission| PlayAt {
            start: Instant::UNIX_EPOCH + chrono::TimeDelta::minutes(minute),
            submission: SubmissionId(submission),
        };
        let swap = Edit::Swap { play: at(3, 1), other: at(9, 2) };
        assert_eq!(swap.placed(), [at(9, 1), at(3, 2)]);
    }
}
