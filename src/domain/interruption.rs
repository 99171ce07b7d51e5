//! What happens to one day of one channel: a relay comes in, the wall goes dark, an emergency takes the air, a clip is
//! taken out for the rest of the day or has to air now. Rules that hold on many days are [`super::rules`].

use std::fmt;
use std::str::FromStr;

use super::ids::SubmissionId;
use super::people::{UnknownWord, words};
use super::text::Text;
use super::time::{Instant, Span};

/// Most plays that one urgent order asks for: one a minute for four hours.
pub const MOST_URGENT_PLAYS: u32 = 240;

/// Something that changes a part of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// When.
    pub span: Span,
    /// What.
    pub what: Happening,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Another programme is passed on; without an address its time is kept free and an operator switches to it.
    Relay {
        /// For people.
        title: String,
        /// The address of the live source, one that [`super::playlist::Source::parse`] takes.
        source: Option<String>,
    },
    /// The wall shows nothing that anybody asked for: a power cut, a repair, an order not to air.
    Dark {
        /// For people.
        title: String,
    },
    /// Offices' clips make way.
    Emergency {
        /// For people.
        title: String,
    },
    /// One request's clip does not air.
    Withdraw {
        /// Whose clip.
        submission: SubmissionId,
    },
    /// One request's clip airs more often, and others make way for it.
    Urgent {
        /// Whose clip.
        submission: SubmissionId,
        /// Plays inside the span, 1 to [`MOST_URGENT_PLAYS`].
        plays: u32,
    },
}

/// The kinds of what happens, for files, rows and forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InterruptionKind {
    /// See [`Happening::Relay`].
    Relay,
    /// See [`Happening::Dark`].
    Dark,
    /// See [`Happening::Emergency`].
    Emergency,
    /// See [`Happening::Withdraw`].
    Withdraw,
    /// See [`Happening::Urgent`].
    Urgent,
}
words!(
    InterruptionKind,
    "kind of interruption",
    Relay = "relay",
    Dark = "dark",
    Emergency = "emergency",
    Withdraw = "withdraw",
    Urgent = "urgent",
);

impl InterruptionKind {
    /// For people.
    pub fn text(self) -> Text {
        let (id, en) = match self {
            InterruptionKind::Relay => ("Relai siaran", "Relay"),
            InterruptionKind::Dark => ("Jam hilang", "Lost hour"),
            InterruptionKind::Emergency => ("Keadaan darurat", "Emergency"),
            InterruptionKind::Withdraw => ("Video ditarik sisa hari ini", "Clip withdrawn for the rest of the day"),
            InterruptionKind::Urgent => ("Video mendesak", "Urgent clip"),
        };
        Text::new(id, en)
    }

    /// What it does, for people.
    pub fn effect(self) -> Text {
        let (id, en) = match self {
            InterruptionKind::Relay => (
                "Videotron meneruskan siaran lain. Video instansi pada jam itu pindah ke jeda lain atau hilang.",
                "The wall passes on another programme. Offices' clips of that time go into other pauses, or are lost.",
            ),
            InterruptionKind::Dark => (
                "Listrik padam, perbaikan, atau tidak boleh ada tayangan. Video pada jam itu pindah atau hilang.",
                "A power cut, a repair, or nothing may air. Clips of that time go into other pauses, or are lost.",
            ),
            InterruptionKind::Emergency => (
                "Semua video instansi menyingkir. Videonya tetap yang sedang tayang sampai selesai; pesan daruratnya \
                 ditayangkan operator.",
                "All offices' clips make way. What is on air ends first; the operator airs the emergency message.",
            ),
            InterruptionKind::Withdraw => (
                "Satu video tidak tayang lagi mulai jam itu sampai akhir hari. Waktunya menjadi bahan cadangan.",
                "One clip does not air from that time to the end of the day. Fill takes its time.",
            ),
            InterruptionKind::Urgent => (
                "Satu video ditambah tayangannya pada jam itu; seperlunya video lain yang paling tidak mendesak \
                 menyingkir, juga yang sudah diumumkan.",
                "One clip airs more often in that time; as few others as can be make way, the least urgent first, also \
                 announced ones.",
            ),
        };
        Text::new(id, en)
    }
}

impl Interruption {
    /// Its kind.
    pub fn kind(&self) -> InterruptionKind {
        match self.what {
            Happening::Relay { .. } => InterruptionKind::Relay,
            Happening::Dark { .. } => InterruptionKind::Dark,
            Happening::Emergency { .. } => InterruptionKind::Emergency,
            Happening::Withdraw { .. } => InterruptionKind::Withdraw,
            Happening::Urgent { .. } => InterruptionKind::Urgent,
        }
    }

    /// When no office's clip airs, and under what name.
    pub fn clears(&self) -> Option<(Span, &str)> {
        match &self.what {
            Happening::Relay { title, .. } | Happening::Dark { title } | Happening::Emergency { title } => {
                Some((self.span, title))
            }
            Happening::Withdraw { .. } | Happening::Urgent { .. } => None,
        }
    }

    /// Whether it is an item of the day: a relay whose source is known.
    pub fn is_item(&self) -> bool {
        matches!(self.what, Happening::Relay { source: Some(_), .. })
    }

    /// When a request's clip does not air.
    pub fn bars(&self, clip: SubmissionId) -> Option<Span> {
        match self.what {
            Happening::Withdraw { submission } if submission == clip => Some(self.span),
            _ => None,
        }
    }

    /// Plays that a request's clip gets on top of what its letter asks for.
    pub fn adds(&self, clip: SubmissionId) -> Option<u32> {
        match self.what {
            Happening::Urgent { submission, plays } if submission == clip => Some(plays),
            _ => None,
        }
    }

    /// The one request that it is about; `None`: all.
    pub fn about(&self) -> Option<SubmissionId> {
        match self.what {
            Happening::Withdraw { submission } => Some(submission),
            _ => None,
        }
    }

    /// Distance of the starts of urgent plays that fits them into their time, seconds: half of an even one, so that
    /// fixed events between them do no harm.
    pub fn urgent_separation_s(&self) -> Option<u32> {
        match self.what {
            Happening::Urgent { plays, .. } => {
                let seconds = self.span.length().num_seconds() / (2 * i64::from(plays.max(1)));
                Some(u32::try_from(seconds).unwrap_or(0))
            }
            _ => None,
        }
    }

    /// What is left of it when it is ended at an instant; `None` if it had not begun.
    pub fn ended(&self, at: Instant) -> Option<Interruption> {
        let span = Span::new(self.span.start(), self.span.end().min(at)).filter(|span| span.start() < span.end())?;
        Some(Interruption { span, what: self.what.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ended_before_it_begins_never_was_and_later_it_is_shorter() {
        let at = |time: &str| format!("2026-11-24T{time}:00Z").parse::<Instant>().expect("an instant");
        let span = Span::new(at("05:00"), at("06:00")).expect("an hour");
        let relay = Interruption { span, what: Happening::Relay { title: "Pidato".into(), source: None } };
        assert_eq!(relay.ended(at("04:59")), None);
        assert_eq!(relay.ended(at("05:00")), None);
        assert_eq!(relay.ended(at("05:20")).map(|left| left.span.length().num_minutes()), Some(20));
        assert_eq!(relay.ended(at("07:00")), Some(relay));
    }
}
