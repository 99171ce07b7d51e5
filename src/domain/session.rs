//! A request for a session in a studio, a talkshow or a podcast: what its letter says, and what becomes a paper of it.

use chrono::TimeDelta;

use super::ids::{CaseId, OpdId, PaperId, PersonId, SessionRequestId};
use super::people::Form;
use super::standard::Key;
use super::submission::{LetterFault, is_unprintable};
use super::text::Text;
use super::time::{BroadcastDate, Instant, Span};

/// What somebody who wants a session writes to the head of agency, in the words of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLetter {
    /// Who will sit in the studio: the institution's name, or a citizen's own.
    pub institution: String,
    /// What the session is about; its title.
    pub topic: String,
    /// What it is for.
    pub purpose: String,
    /// What is brought along: script, music, guests.
    pub material: String,
    /// Name and telephone number of whoever may be called about it. Personal: never in the audit trail.
    pub contact: String,
    /// Length of the session, minutes, 15 to 240.
    pub duration_min: u32,
    /// When it should begin.
    pub wanted_at: Instant,
    /// The letter's own number; may be empty.
    pub number: String,
    /// The day on the letter.
    pub date: BroadcastDate,
}

/// Shortest session, minutes: less is an announcement.
pub const MIN_SESSION_MIN: u32 = 15;
/// Longest session, minutes: half a day of the studio.
pub const MAX_SESSION_MIN: u32 = 240;
/// Length of a session unless the letter says otherwise, minutes.
pub const USUAL_SESSION_MIN: u32 = 60;
/// How far ahead a session may be asked for, days.
pub const MAX_SESSION_DAYS_AHEAD: i64 = 366;
const MAX_LINE_CHARS: usize = 200;
const MAX_WORDS_CHARS: usize = 2000;

impl SessionLetter {
    /// When it is wanted, from first word to last.
    pub fn wanted(&self) -> Span {
        let end = self.wanted_at + TimeDelta::minutes(i64::from(self.duration_min));
        Span::new(self.wanted_at, end).expect("a length is never negative")
    }

    /// Everything that is wrong with it for whoever files it now, field by field.
    pub fn faults_when_filed(&self, now: Instant, today: BroadcastDate) -> Vec<LetterFault> {
        let mut faults = self.faults();
        let mut add = |field, id: &str, en: &str| faults.push(LetterFault { field, text: Text::new(id, en) });
        if self.wanted_at <= now {
            add(
                "wanted_at",
                "Waktu ini sudah lewat. Pilih hari dan jam yang akan datang.",
                "This time is over. Choose a day and an hour to come.",
            );
        } else if (self.wanted_at - now).num_days() > MAX_SESSION_DAYS_AHEAD {
            add(
                "wanted_at",
                "Waktu ini lebih dari setahun lagi. Ajukan bila sudah dekat.",
                "This time is more than a year away. File it nearer the time.",
            );
        }
        // After midnight the calendar is a day ahead of the broadcast day.
        if (today.0 - self.date.0).num_days() < -1 {
            add(
                "date",
                "Tanggal surat ada di masa depan. Isi tanggal seperti pada surat.",
                "The letter's date lies in the future. Write the date that stands on the letter.",
            );
        }
        faults
    }

    /// Everything that is wrong with it whenever it is filed, field by field.
    pub fn faults(&self) -> Vec<LetterFault> {
        let mut faults = Vec::new();
        for (field, text, most) in [
            ("institution", &self.institution, MAX_LINE_CHARS),
            ("topic", &self.topic, MAX_LINE_CHARS),
            ("contact", &self.contact, MAX_LINE_CHARS),
            ("purpose", &self.purpose, MAX_WORDS_CHARS),
            ("material", &self.material, MAX_WORDS_CHARS),
        ] {
            if !(1..=most).contains(&text.trim().chars().count()) {
                let text =
                    Text::new(format!("Isi 1 sampai {most} karakter."), format!("Write 1 to {most} characters."));
                faults.push(LetterFault { field, text });
            } else if text.contains(|c| is_unprintable(c) && (c != '\n' || most == MAX_LINE_CHARS)) {
                let text = Text::new(
                    "Ada karakter yang tidak terlihat. Ketik ulang teksnya tanpa menyalin dari aplikasi lain.",
                    "There are invisible characters. Type the text anew instead of copying it.",
                );
                faults.push(LetterFault { field, text });
            }
        }
        if self.number.chars().count() > MAX_LINE_CHARS || self.number.contains(is_unprintable) {
            let text = Text::new(
                format!("Paling banyak {MAX_LINE_CHARS} karakter, dalam satu baris."),
                format!("At most {MAX_LINE_CHARS} characters, on one line."),
            );
            faults.push(LetterFault { field: "number", text });
        }
        if !(MIN_SESSION_MIN..=MAX_SESSION_MIN).contains(&self.duration_min) {
            let text = Text::new(
                format!("Isi {MIN_SESSION_MIN} sampai {MAX_SESSION_MIN} menit."),
                format!("Write {MIN_SESSION_MIN} to {MAX_SESSION_MIN} minutes."),
            );
            faults.push(LetterFault { field: "duration_min", text });
        }
        faults
    }
}

/// One letter of a case; a corrected one is another. The newest counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// Its row.
    pub id: SessionRequestId,
    /// The case.
    pub case: CaseId,
    /// 1, 2, 3 … within the case.
    pub revision: u32,
    /// Whose.
    pub office: OpdId,
    /// Who entered it.
    pub filed_by: PersonId,
    /// What it says.
    pub letter: SessionLetter,
    /// When it was entered.
    pub filed_at: Instant,
}

/// A paper that the agency has issued about a session. It says what it says for good; a changed one is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedPaper {
    /// Its row.
    pub id: PaperId,
    /// The case.
    pub case: CaseId,
    /// Which of the standard's documents.
    pub document: Key,
    /// The letter that it answers.
    pub request: SessionRequestId,
    /// Version of the case after the move by which it was issued.
    pub case_version: u32,
    /// Number from its series.
    pub number: String,
    /// What lets a reader check it; `None` where the standard wants no code.
    pub verify_code: Option<String>,
    /// Who issued it.
    pub by: PersonId,
    /// In which position.
    pub actor: Key,
    /// How that was held.
    pub form: Form,
    /// When.
    pub at: Instant,
    /// When the session is, as the paper says; `None` where no room was taken yet.
    pub session: Option<Span>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_without_a_topic_for_yesterday_or_for_five_hours_says_what_is_wanted() {
        let now: Instant = "2026-11-23T01:00:00Z".parse().expect("an instant");
        let today: BroadcastDate = "2026-11-23".parse().expect("a date");
        let fine = SessionLetter {
            institution: "Dinas Kesehatan".into(),
            topic: "Cegah stunting".into(),
            purpose: "Sosialisasi".into(),
            material: "Naskah dan lagu pembuka".into(),
            contact: "Humas, 061 7951852".into(),
            duration_min: USUAL_SESSION_MIN,
            wanted_at: now + TimeDelta::days(3),
            number: String::new(),
            date: today,
        };
        assert_eq!(fine.faults_when_filed(now, today), []);
        let bad = SessionLetter {
            topic: " ".into(),
            duration_min: 300,
            wanted_at: now - TimeDelta::hours(1),
            date: "2026-12-24".parse().expect("a date"),
            contact: "Humas\n061".into(),
            ..fine
        };
        let fields: Vec<_> = bad.faults_when_filed(now, today).iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["topic", "contact", "duration_min", "wanted_at", "date"]);
    }
}
