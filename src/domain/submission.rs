//! A request to air an uploaded file: the letter's details, what was declared, and the file's name by hash. The
//! upload itself is never played.

use std::collections::BTreeSet;

use super::ids::{ApprovalId, CaseId, ChannelId, OpdId, PersonId, Sha256, SubmissionId};
use super::people::Form;
use super::standard::Key;
use super::text::Text;
use super::time::{BroadcastDate, Instant, Span, TimeOfDay};

/// What an office writes to the head of agency, in the words of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterDetails {
    /// Name of the clip.
    pub title: String,
    /// The office's own number; may be empty.
    pub number: String,
    /// The day on the letter.
    pub date: BroadcastDate,
    /// What the clip shows.
    pub description: String,
    /// Seconds per play, 1 to 300.
    pub play_s: u32,
    /// Plays a day, 1 to 500.
    pub plays_per_day: u32,
    /// Days of airing within the period.
    pub days: u32,
    /// First day of the period.
    pub first_day: BroadcastDate,
    /// Last day of the period.
    pub last_day: BroadcastDate,
    /// Local hours in which it should air; `None`: any.
    pub preferred_hours: Option<(TimeOfDay, TimeOfDay)>,
}

/// Longest clip, seconds: the service standard's five minutes.
pub const MAX_PLAY_S: u32 = 300;
/// Most plays a day: one every two minutes of a wall's 17 hours.
pub const MAX_PLAYS_PER_DAY: u32 = 500;
/// Longest period, days: longer needs a new letter.
pub const MAX_PERIOD_DAYS: u32 = 366;
/// Plays a day unless the letter says otherwise.
pub const USUAL_PLAYS_PER_DAY: u32 = 12;
const MAX_TITLE_CHARS: usize = 200;
const MAX_NUMBER_CHARS: usize = 100;
const MAX_DESCRIPTION_CHARS: usize = 4000;

/// What is wrong with a letter's details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFault {
    /// The field.
    pub field: &'static str,
    /// What is wanted.
    pub text: Text,
}

impl LetterDetails {
    /// Days from first to last, both included; none if the last is before the first.
    pub fn period_days(&self) -> u32 {
        u32::try_from((self.last_day.0 - self.first_day.0).num_days() + 1).unwrap_or(0)
    }

    /// Everything that is wrong with it, field by field.
    pub fn faults(&self) -> Vec<LetterFault> {
        let mut faults = Vec::new();
        let mut want = |holds: bool, field: &'static str, id: String, en: String| {
            if !holds {
                faults.push(LetterFault { field, text: Text::new(id, en) });
            }
        };
        for (field, value, most) in
            [("title", &self.title, MAX_TITLE_CHARS), ("description", &self.description, MAX_DESCRIPTION_CHARS)]
        {
            want(
                (1..=most).contains(&value.trim().chars().count()),
                field,
                format!("Isi 1 sampai {most} karakter."),
                format!("Write 1 to {most} characters."),
            );
        }
        want(
            self.number.chars().count() <= MAX_NUMBER_CHARS,
            "number",
            format!("Nomor surat paling panjang {MAX_NUMBER_CHARS} karakter."),
            format!("A letter's number has at most {MAX_NUMBER_CHARS} characters."),
        );
        for (field, value, most) in
            [("play_s", self.play_s, MAX_PLAY_S), ("plays_per_day", self.plays_per_day, MAX_PLAYS_PER_DAY)]
        {
            want(
                (1..=most).contains(&value),
                field,
                format!("Isi angka 1 sampai {most}."),
                format!("Write a number from 1 to {most}."),
            );
        }
        let period = self.period_days();
        want(
            (1..=MAX_PERIOD_DAYS).contains(&period),
            "last_day",
            format!("Periode 1 sampai {MAX_PERIOD_DAYS} hari, hari terakhir tidak sebelum hari pertama."),
            format!("A period has 1 to {MAX_PERIOD_DAYS} days, its last not before its first."),
        );
        want(
            period == 0 || (1..=period).contains(&self.days),
            "days",
            format!("Isi 1 sampai {period} hari, sesuai periode."),
            format!("Write 1 to {period} days, as the period has."),
        );
        want(
            self.preferred_hours.is_none_or(|(from, to)| from != to),
            "preferred_hours",
            "Jam awal dan akhir tidak boleh sama; kosongkan bila boleh kapan saja.".into(),
            "The hours must differ; leave them empty if any will do.".into(),
        );
        faults
    }
}

/// A request to air one file, as it was filed. A resubmission is a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its row.
    pub id: SubmissionId,
    /// The request that it belongs to.
    pub case: CaseId,
    /// 1, 2, 3 … within the request.
    pub revision: u32,
    /// Whose.
    pub office: OpdId,
    /// Who uploaded.
    pub filed_by: PersonId,
    /// On which channel it should air.
    pub channel: ChannelId,
    /// The letter.
    pub letter: LetterDetails,
    /// Requirements that were declared: `non_commercial`, `no_sara` …
    pub declared: BTreeSet<Key>,
    /// The uploaded file: `media/inbox/<sha256>`.
    pub original: Original,
    /// When.
    pub filed_at: Instant,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Hash of its bytes.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// What the office called it; for people, never a path.
    pub name: String,
}

/// A point of the verifiers' checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckPoint {
    /// Nothing is advertised.
    NonCommercial,
    /// No *pornografi*.
    NoPornography,
    /// No *porno aksi*.
    NoPornoAction,
    /// Nothing that inflames ethnicity, religion, race or groups.
    NoSara,
    /// The clip is what the letter says.
    MatchesLetter,
    /// Rights to pictures and music are declared.
    RightsDeclared,
    /// No hoax, hate, gambling, campaigning or personal data.
    NothingHarmful,
}

impl CheckPoint {
    /// Every point: the service standard's four prohibitions first.
    pub const ALL: [CheckPoint; 7] = [
        CheckPoint::NonCommercial,
        CheckPoint::NoPornography,
        CheckPoint::NoPornoAction,
        CheckPoint::NoSara,
        CheckPoint::MatchesLetter,
        CheckPoint::RightsDeclared,
        CheckPoint::NothingHarmful,
    ];
    /// The word in rows and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckPoint::NonCommercial => "non_commercial",
            CheckPoint::NoPornography => "no_pornography",
            CheckPoint::NoPornoAction => "no_porno_action",
            CheckPoint::NoSara => "no_sara",
            CheckPoint::MatchesLetter => "matches_letter",
            CheckPoint::RightsDeclared => "rights_declared",
            CheckPoint::NothingHarmful => "nothing_harmful",
        }
    }
    /// From the word in rows and forms.
    pub fn read(word: &str) -> Option<CheckPoint> {
        CheckPoint::ALL.into_iter().find(|p| p.as_str() == word)
    }
    /// What the verifier is asked.
    pub fn text(self) -> Text {
        match self {
            CheckPoint::NonCommercial => Text::new("Tidak bersifat komersial", "Not commercial"),
            CheckPoint::NoPornography => Text::new("Tidak mengandung pornografi", "No pornography"),
            CheckPoint::NoPornoAction => Text::new("Tidak mengandung porno aksi", "No porno-action"),
            CheckPoint::NoSara => Text::new(
                "Tidak mengandung SARA",
                "Nothing that inflames ethnicity, religion, race or relations between groups",
            ),
            CheckPoint::MatchesLetter => Text::new("Sesuai dengan surat permohonan", "Matches the letter"),
            CheckPoint::RightsDeclared => {
                Text::new("Hak atas gambar dan musik dinyatakan", "Rights to pictures and music are declared")
            }
            CheckPoint::NothingHarmful => Text::new(
                "Tanpa hoaks, ujaran kebencian, judi, kampanye, atau data pribadi",
                "No hoax, hate, gambling, campaigning or personal data",
            ),
        }
    }
}

/// The head of agency's word on one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its row.
    pub id: ApprovalId,
    /// For which request.
    pub case: CaseId,
    /// For what was seen.
    pub submission: SubmissionId,
    /// Number of the letter.
    pub number: String,
    /// 128 random bits in hex, printed on the letter for whoever wants to check it.
    pub verify_code: String,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Where it may air.
    pub channel: ChannelId,
    /// When it may air.
    pub validity: Span,
    /// Who approved.
    pub by: PersonId,
    /// How that position was held.
    pub form: Form,
    /// When.
    pub at: Instant,
    /// When it was withdrawn, and why.
    pub revoked: Option<(Instant, String)>,
}

impl Approval {
    /// Whether it is in force at `at`.
    pub fn in_force(&self, at: Instant) -> bool {
        self.revoked.is_none() && self.validity.contains(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> LetterDetails {
        LetterDetails {
            title: "Ayo Posyandu".into(),
            number: "005/17/DK".into(),
            date: "2026-11-20".parse().unwrap(),
            description: "Ajakan".into(),
            play_s: 30,
            plays_per_day: 12,
            days: 7,
            first_day: "2026-11-23".parse().unwrap(),
            last_day: "2026-11-29".parse().unwrap(),
            preferred_hours: None,
        }
    }

    #[test]
    fn every_field_of_a_letter_that_can_not_be_is_named() {
        assert_eq!(letter().faults(), []);
        let bad = LetterDetails {
            title: " ".into(),
            play_s: 301,
            plays_per_day: 0,
            days: 8,
            preferred_hours: Some(("06:00".parse().unwrap(), "06:00".parse().unwrap())),
            ..letter()
        };
        let fields: Vec<_> = bad.faults().iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "play_s", "plays_per_day", "days", "preferred_hours"]);
        let backwards = LetterDetails { last_day: "2026-11-22".parse().unwrap(), ..letter() };
        assert_eq!(backwards.faults()[0].field, "last_day");
    }
}
