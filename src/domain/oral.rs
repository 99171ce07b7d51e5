//! A word that was given orally: the head of agency lets something urgent air before its paper is signed. It holds until an
//! end that is written down with it, and never counts as an approval afterwards.

use super::ids::{ApprovalId, CaseId, ChannelId, OralId, PersonId, Sha256, SubmissionId};
use super::people::{Form, UnknownWord, words};
use super::text::Text;
use super::time::{Instant, Span};
use std::fmt;
use std::str::FromStr;

/// Longest reason, characters.
pub const LONGEST_REASON: usize = 500;

/// By which way the word was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OralWay {
    /// On the telephone.
    Telephone,
    /// Face to face.
    InPerson,
    /// In a written message that is no letter.
    Message,
}
words!(OralWay, "way of an oral approval", Telephone = "telephone", InPerson = "in_person", Message = "message");

impl OralWay {
    /// For people.
    pub fn text(self) -> Text {
        let (id, en) = match self {
            OralWay::Telephone => ("Telepon", "Telephone"),
            OralWay::InPerson => ("Bertemu langsung", "In person"),
            OralWay::Message => ("Pesan tertulis (WhatsApp, SMS)", "Message (WhatsApp, text)"),
        };
        Text::new(id, en)
    }
}

/// An oral approval as it was written down. Like the paper, it binds original, recipe, channel and period; another file or
/// recipe asks for a new word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OralApproval {
    /// Its row.
    pub id: OralId,
    /// For which request.
    pub case: CaseId,
    /// For what was filed.
    pub submission: SubmissionId,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Where it may air.
    pub channel: ChannelId,
    /// From when it was written down until its end.
    pub holds: Span,
    /// Who gave it.
    pub head: PersonId,
    /// That person's name.
    pub head_name: String,
    /// How the head's position was held.
    pub form: Form,
    /// By which way.
    pub way: OralWay,
    /// Why it could not wait.
    pub reason: String,
    /// When the word was given.
    pub said_at: Instant,
    /// Who wrote it down.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// What ended its waiting for the paper; `None` while it waits.
    pub end: Option<OralEnd>,
}

/// How the waiting for the paper ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OralEnd {
    /// The ordinary approval was given in time; from then on that one holds.
    Confirmed {
        /// By which.
        approval: ApprovalId,
        /// When.
        at: Instant,
    },
    /// It was withdrawn before its end: by the head named, by somebody who pulled it, or because the request went back.
    Withdrawn {
        /// When.
        at: Instant,
        /// Why.
        reason: String,
    },
    /// Its end came without the paper.
    Expired,
}

impl OralApproval {
    /// Whether the clip may air on it at an instant: nothing ended it, and its end is still to come.
    pub fn in_force(&self, at: Instant) -> bool {
        self.end.is_none() && self.holds.contains(at)
    }

    /// The time in which nothing but this word let the clip air: until the paper, its withdrawal or its end.
    pub fn alone(&self) -> Span {
        let end = match self.end {
            Some(OralEnd::Confirmed { at, .. } | OralEnd::Withdrawn { at, .. }) => at.min(self.holds.end()),
            Some(OralEnd::Expired) | None => self.holds.end(),
        };
        Span::new(self.holds.start(), end).unwrap_or(self.holds)
    }

    /// Whether what aired on it was never confirmed, looked at from `at`.
    pub fn never_confirmed(&self, at: Instant) -> bool {
        match self.end {
            Some(OralEnd::Confirmed { .. }) => false,
            Some(_) => true,
            None => self.holds.end() <= at,
        }
    }
}
