//! An operator's orders from the head-end to a running player. Each that was taken is in the audit trail.

use crate::domain::audit::{AuditEvent, AuditKind, Word};
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::people::{Person, Role};
use crate::domain::text::Text;
use crate::files::control::{self, Answer, Line, Question};

use super::{Desk, DeskError, Refusal};

/// What an operator can order from a page. What names a file or a source is ordered at a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayerOrder {
    /// Let what is on air end, then air fill.
    Hold,
    /// The next item now.
    Take,
    /// The item on air again.
    Retake,
    /// End the item on air.
    Skip,
    /// The still picture.
    Slate,
    /// Back to the plan.
    Resume,
}

impl PlayerOrder {
    /// All of them, as a page shows them.
    pub const ALL: [PlayerOrder; 6] = [
        PlayerOrder::Hold,
        PlayerOrder::Take,
        PlayerOrder::Retake,
        PlayerOrder::Skip,
        PlayerOrder::Slate,
        PlayerOrder::Resume,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            PlayerOrder::Hold => "hold",
            PlayerOrder::Take => "take",
            PlayerOrder::Retake => "retake",
            PlayerOrder::Skip => "skip",
            PlayerOrder::Slate => "slate",
            PlayerOrder::Resume => "resume",
        }
    }

    fn question(self) -> Question {
        match self {
            PlayerOrder::Hold => Question::Hold,
            PlayerOrder::Take => Question::Take,
            PlayerOrder::Retake => Question::Retake,
            PlayerOrder::Skip => Question::Skip { item: None },
            PlayerOrder::Slate => Question::Slate,
            PlayerOrder::Resume => Question::Resume,
        }
    }
}

impl Desk {
    /// Orders a channel's player. Waits for its answer, some 40 ms; never call it from an async task.
    ///
    /// # Errors
    /// [`Refusal::NeedsRole`] for anyone but an operator, [`Refusal::Player`] when it refuses or does not answer.
    pub fn order_player(&self, by: PersonId, channel: &ChannelId, order: PlayerOrder) -> Result<(), DeskError> {
        let now = self.now();
        let allowed = |person: Person| person.disabled_at.is_none() && person.holds(Role::Operator);
        if !self.store.read(|r| r.person(by, now))?.is_some_and(allowed) {
            return Err(Refusal::NeedsRole(Role::Operator).into());
        }
        let path = control::path(self.home(), channel);
        let answer = Line::call(&path).and_then(|mut line| line.ask(&order.question())).map_err(|error| {
            tracing::warn!(%channel, "the player was not reached at {}: {error}", path.display());
            Refusal::Player(Text::new(
                format!("Pemutar {channel} tidak menjawab. Periksa apakah ia berjalan: siaran play {channel}"),
                format!("The player of {channel} does not answer. See whether it runs: siaran play {channel}"),
            ))
        })?;
        match answer {
            Answer::Refused { text_id, text_en, .. } => Err(Refusal::Player(Text::new(text_id, text_en)).into()),
            Answer::Done | Answer::Status { .. } => {
                let event = AuditEvent::new(AuditKind::PlayerCommanded).by(by);
                let word = Word::new(order.as_str()).expect("orders are lower-case letters");
                let event = event.word("channel", channel).word("order", word);
                self.store.write(move |tx| tx.audit(&event, now))?;
                Ok(())
            }
        }
    }
}
