//! An operator's orders from the head-end to a running player. Each that was taken is in the audit trail.

use chrono::TimeDelta;

use crate::domain::audit::{AuditEvent, AuditKind, Word};
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::people::{Person, Role};
use crate::domain::text::Text;
use crate::files::control::{self, Answer, CrawlLine, Line, Question};

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
        self.operator(by)?;
        self.tell_player(by, channel, &order.question(), order.as_str())
    }

    /// Lets words run over everything that is on air, for some minutes or until they are ended. Waits like
    /// [`Desk::order_player`].
    ///
    /// # Errors
    /// As [`Desk::order_player`]; a text that can't be set is refused by the player.
    pub fn order_crawl(
        &self,
        by: PersonId,
        channel: &ChannelId,
        text: &str,
        minutes: Option<u32>,
    ) -> Result<(), DeskError> {
        let person = self.operator(by)?;
        let until = minutes.map(|minutes| (self.now() + TimeDelta::minutes(minutes.into())).to_rfc3339());
        let line = CrawlLine { text: text.to_owned(), by: person.name, until, times: None, since: None };
        self.tell_player(by, channel, &Question::Crawl(line), "crawl")
    }

    /// Ends the words that run over everything.
    ///
    /// # Errors
    /// As [`Desk::order_player`].
    pub fn end_crawl(&self, by: PersonId, channel: &ChannelId) -> Result<(), DeskError> {
        self.operator(by)?;
        self.tell_player(by, channel, &Question::EndCrawl, "end_crawl")
    }

    fn operator(&self, by: PersonId) -> Result<Person, DeskError> {
        let allowed = |person: &Person| person.disabled_at.is_none() && person.holds(Role::Operator);
        let person = self.store.read(|r| r.person(by, self.now()))?;
        person.filter(allowed).ok_or_else(|| Refusal::NeedsRole(Role::Operator).into())
    }

    fn tell_player(
        &self,
        by: PersonId,
        channel: &ChannelId,
        question: &Question,
        word: &'static str,
    ) -> Result<(), DeskError> {
        let path = control::path(self.home(), channel);
        let answer = Line::call(&path).and_then(|mut line| line.ask(question)).map_err(|error| {
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
                let word = Word::new(word).expect("orders are lower-case letters");
                let event = event.word("channel", channel).word("order", word);
                let now = self.now();
                self.store.write(move |tx| tx.audit(&event, now))?;
                Ok(())
            }
        }
    }
}
