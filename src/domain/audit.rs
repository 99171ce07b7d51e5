//! What the audit trail records: who did what to which row, when. Its values are ids, names of things, numbers and
//! hashes by type, so that no event can carry a person's name, address or words.

use std::fmt;

use super::ids::{ChannelId, ItemId, PersonId, Sha256, StudioId};
use super::interruption::InterruptionKind;
use super::oral::OralWay;
use super::paperwork::PaperKind;
use super::people::{Form, OpdGroup, Role};
use super::rules::DayMode;
use super::studio::LogKind;
use super::time::{BroadcastDate, Instant};

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// What was done.
    pub kind: AuditKind,
    /// Who did it; `None`: the installation itself.
    pub by: Option<PersonId>,
    /// On what, by name; no name twice.
    pub facts: Vec<(&'static str, Fact)>,
}

/// Kinds of acts. New ones may be added, none renamed: the words are in the trail for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditKind {
    /// The installation was set up.
    Initialised,
    /// An office was entered.
    OfficeAdded,
    /// A citizen's name was corrected.
    ApplicantCorrected,
    /// A citizen's name, address and contacts were erased.
    ApplicantErased,
    /// An office was given another amount of room.
    OfficeRoomGiven,
    /// An office was given another weight.
    OfficeWeighed,
    /// A person was entered.
    PersonAdded,
    /// A one-time link was made.
    InviteMade,
    /// A password was set with a one-time link.
    PasswordSet,
    /// Someone signed in.
    SignedIn,
    /// Someone signed out.
    SignedOut,
    /// Sessions were ended by an administrator.
    SessionsRevoked,
    /// A role was given.
    RoleGiven,
    /// A role was taken.
    RoleTaken,
    /// A person was shut out.
    PersonDisabled,
    /// A request was filed.
    RequestFiled,
    /// A file was replaced or a letter corrected.
    RequestRevised,
    /// A file was decoded and judged.
    Inspected,
    /// A case moved.
    CaseMoved,
    /// It was chosen how a clip's picture is brought to the wall's shape.
    FramingChosen,
    /// A checklist was filled in.
    Verified,
    /// An approval was given.
    Approved,
    /// A word of the head of agency that was given orally was written down.
    OralGiven,
    /// The paper came while it held.
    OralConfirmed,
    /// It was withdrawn.
    OralWithdrawn,
    /// Its end came without the paper.
    OralExpired,
    /// A numbered paper about a session was issued.
    PaperIssued,
    /// An approval was withdrawn.
    ApprovalRevoked,
    /// A house file was made.
    Conformed,
    /// Work that the machine had given up was asked for again.
    WorkRetried,
    /// Work on a file was stopped by a person.
    WorkStopped,
    /// An original was removed when its time to be kept was over.
    OriginalDisposed,
    /// A revision was published.
    Published,
    /// It was approved that days publish themselves.
    HorizonApproved,
    /// Fewer days publish themselves than was approved.
    HorizonShortened,
    /// Days don't publish themselves any more.
    HorizonWithdrawn,
    /// A day published itself.
    HorizonPublished,
    /// Rules of a channel or of a request were saved.
    RulesSaved,
    /// A day mode was ordered.
    DayModeOrdered,
    /// A day mode was taken back.
    DayModeEnded,
    /// It was ordered that something happens to one day: a relay, a lost hour, an urgent clip …
    DayInterrupted,
    /// Such an order was taken back, or ended early.
    InterruptionEnded,
    /// The counter gave a receipt.
    ReceiptGiven,
    /// The scan of a paper was added.
    ScanAdded,
    /// A signature in ink was entered.
    InkEntered,
    /// A journal was imported.
    JournalImported,
    /// A report was issued.
    ReportIssued,
    /// An operator commanded the player.
    PlayerCommanded,
    /// An incident was closed by a person.
    IncidentClosed,
    /// A studio was held.
    StudioHeld,
    /// A booking was confirmed.
    BookingConfirmed,
    /// A booking was given another time or studio.
    BookingMoved,
    /// A booking was cancelled.
    BookingCancelled,
    /// A hold ran out.
    BookingExpired,
    /// Something was entered into a session's log.
    SessionTold,
}

impl AuditKind {
    /// The word in the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            AuditKind::Initialised => "initialised",
            AuditKind::OfficeAdded => "office_added",
            AuditKind::ApplicantCorrected => "applicant_corrected",
            AuditKind::ApplicantErased => "applicant_erased",
            AuditKind::OfficeRoomGiven => "office_room_given",
            AuditKind::OfficeWeighed => "office_weighed",
            AuditKind::PersonAdded => "person_added",
            AuditKind::InviteMade => "invite_made",
            AuditKind::PasswordSet => "password_set",
            AuditKind::SignedIn => "signed_in",
            AuditKind::SignedOut => "signed_out",
            AuditKind::SessionsRevoked => "sessions_revoked",
            AuditKind::RoleGiven => "role_given",
            AuditKind::RoleTaken => "role_taken",
            AuditKind::PersonDisabled => "person_disabled",
            AuditKind::RequestFiled => "request_filed",
            AuditKind::RequestRevised => "request_revised",
            AuditKind::Inspected => "inspected",
            AuditKind::CaseMoved => "case_moved",
            AuditKind::FramingChosen => "framing_chosen",
            AuditKind::Verified => "verified",
            AuditKind::Approved => "approved",
            AuditKind::OralGiven => "oral_given",
            AuditKind::OralConfirmed => "oral_confirmed",
            AuditKind::OralWithdrawn => "oral_withdrawn",
            AuditKind::OralExpired => "oral_expired",
            AuditKind::PaperIssued => "paper_issued",
            AuditKind::ApprovalRevoked => "approval_revoked",
            AuditKind::Conformed => "conformed",
            AuditKind::WorkRetried => "work_retried",
            AuditKind::WorkStopped => "work_stopped",
            AuditKind::OriginalDisposed => "original_disposed",
            AuditKind::Published => "published",
            AuditKind::HorizonApproved => "horizon_approved",
            AuditKind::HorizonShortened => "horizon_shortened",
            AuditKind::HorizonWithdrawn => "horizon_withdrawn",
            AuditKind::HorizonPublished => "horizon_published",
            AuditKind::RulesSaved => "rules_saved",
            AuditKind::DayModeOrdered => "day_mode_ordered",
            AuditKind::DayModeEnded => "day_mode_ended",
            AuditKind::DayInterrupted => "day_interrupted",
            AuditKind::InterruptionEnded => "interruption_ended",
            AuditKind::ReceiptGiven => "receipt_given",
            AuditKind::ScanAdded => "scan_added",
            AuditKind::InkEntered => "ink_entered",
            AuditKind::JournalImported => "journal_imported",
            AuditKind::ReportIssued => "report_issued",
            AuditKind::PlayerCommanded => "player_commanded",
            AuditKind::IncidentClosed => "incident_closed",
            AuditKind::StudioHeld => "studio_held",
            AuditKind::BookingConfirmed => "booking_confirmed",
            AuditKind::BookingMoved => "booking_moved",
            AuditKind::BookingCancelled => "booking_cancelled",
            AuditKind::BookingExpired => "booking_expired",
            AuditKind::SessionTold => "session_told",
        }
    }
}

/// A value in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A row id or a count, within ±2⁵³ so that every reader of JSON agrees on it.
    Number(i64),
    /// A name of a thing: lower-case letters, digits, `-`, `_`, `.` and `/`.
    Word(Word),
    /// A hash: of a file, or salted of words.
    Hash(Sha256),
    /// A point in time.
    At(Instant),
}

/// A name of a thing that can't be a person's name or words: see [`Fact::Word`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

impl Word {
    /// Longest word, bytes.
    pub const MAX_BYTES: usize = 80;
    /// Takes what fits; `None` for anything that could be prose.
    pub fn new(text: &str) -> Option<Word> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'/');
        ((1..=Word::MAX_BYTES).contains(&text.len()) && text.bytes().all(plain)).then(|| Word(text.to_owned()))
    }
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! into_word {
    ($($name:ty),+) => { $(
        impl From<$name> for Word {
            fn from(value: $name) -> Word { Word(value.to_string()) }
        }
    )+ };
}
into_word!(
    &ChannelId,
    &ItemId,
    &StudioId,
    LogKind,
    BroadcastDate,
    Role,
    Form,
    OpdGroup,
    DayMode,
    InterruptionKind,
    OralWay,
    PaperKind
);

impl AuditEvent {
    /// An act of the installation itself, on nothing yet.
    pub fn new(kind: AuditKind) -> AuditEvent {
        AuditEvent { kind, by: None, facts: Vec::new() }
    }
    /// Who did it.
    pub fn by(mut self, person: PersonId) -> AuditEvent {
        self.by = Some(person);
        self
    }
    /// Adds a row id or a count; the name is the noun: `case`, `person`, `office`.
    pub fn number(self, name: &'static str, value: i64) -> AuditEvent {
        self.fact(name, Fact::Number(value))
    }
    /// Adds a name of a thing.
    pub fn word(self, name: &'static str, value: impl Into<Word>) -> AuditEvent {
        self.fact(name, Fact::Word(value.into()))
    }
    /// Adds a hash.
    pub fn hash(self, name: &'static str, value: Sha256) -> AuditEvent {
        self.fact(name, Fact::Hash(value))
    }
    /// Adds a point in time.
    pub fn at(self, name: &'static str, value: Instant) -> AuditEvent {
        self.fact(name, Fact::At(value))
    }
    fn fact(mut self, name: &'static str, fact: Fact) -> AuditEvent {
        debug_assert!(self.facts.iter().all(|(n, _)| *n != name), "{name} twice in one event");
        self.facts.push((name, fact));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_names_and_addresses_are_no_words_of_the_trail() {
        assert!(Word::new("ds.verif_konten").is_some());
        for prose in ["", "Budi", "budi santoso", "budi@kab.go.id", &"a".repeat(81)] {
            assert_eq!(Word::new(prose), None, "{prose:?}");
        }
    }
}
