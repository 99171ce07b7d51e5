//! A request to air an uploaded file: the letter's details, what was declared, and the file's name by hash. The
//! upload itself is never played.

use std::collections::BTreeSet;

use super::asset::Framing;
use super::channel::Channel;
use super::ids::{ApprovalId, CaseId, ChannelId, OpdId, PersonId, Sha256, SubmissionId};
use super::people::Form;
use super::standard::Key;
use super::text::Text;
use super::time::{BroadcastDate, Instant, Span, TimeOfDay, Zone};

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
    /// How a picture of another shape is brought to the wall's, where the office or whoever verifies has said so;
    /// `None`: as the channel usually does.
    pub framing: Option<Framing>,
}

/// Longest clip, seconds: the service standard's five minutes.
pub const MAX_PLAY_S: u32 = 300;
/// Most plays a day: one every two minutes of a wall's 17 hours.
pub const MAX_PLAYS_PER_DAY: u32 = 500;
/// Longest period, days: longer needs a new letter.
pub const MAX_PERIOD_DAYS: u32 = 366;
/// How far ahead a period may begin, days: what is planned is never further away.
pub const MAX_DAYS_AHEAD: i64 = 366;
/// How old a letter may be when it is filed, days.
pub const MAX_LETTER_AGE_DAYS: i64 = 366;
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

    /// The hours of one broadcast day in which it may air, as far as the letter says.
    pub fn hours_on(&self, date: BroadcastDate, zone: Zone) -> Vec<Span> {
        let day = zone.day(date);
        let hours: Vec<(Instant, Instant)> = match self.preferred_hours {
            None => vec![(day.start(), day.end())],
            Some((from, to)) => {
                let (from, to) = (zone.resolve(date, from), zone.resolve(date, to));
                if from < to { vec![(from, to)] } else { vec![(day.start(), to), (from, day.end())] }
            }
        };
        hours.into_iter().filter_map(|(from, to)| Span::new(from, to)).collect()
    }

    /// Everything that is wrong with it for whoever files it today for a channel, field by field.
    pub fn faults_when_filed(&self, today: BroadcastDate, channel: &Channel) -> Vec<LetterFault> {
        let mut faults = self.faults();
        faults.extend(self.date_fault(today));
        faults.extend(self.period_fault(today));
        if faults.is_empty() {
            faults.extend(self.hours_fault(channel));
        }
        faults
    }

    fn date_fault(&self, today: BroadcastDate) -> Option<LetterFault> {
        let age = (today.0 - self.date.0).num_days();
        // After midnight the calendar is a day ahead of the broadcast day.
        let text = if age < -1 {
            Text::new(
                "Tanggal surat ada di masa depan. Isi tanggal seperti pada surat.",
                "The letter's date lies in the future. Write the date that stands on the letter.",
            )
        } else if age > MAX_LETTER_AGE_DAYS {
            Text::new(
                "Surat ini lebih dari setahun. Isi tanggal seperti pada surat, atau kirim surat baru.",
                "This letter is more than a year old. Write the date that stands on it, or send a new letter.",
            )
        } else {
            return None;
        };
        Some(LetterFault { field: "date", text })
    }

    fn period_fault(&self, today: BroadcastDate) -> Option<LetterFault> {
        if (self.first_day.0 - today.0).num_days() > MAX_DAYS_AHEAD {
            let text = Text::new(
                format!("Hari pertama lebih dari {MAX_DAYS_AHEAD} hari lagi. Ajukan bila sudah dekat."),
                format!("The first day is more than {MAX_DAYS_AHEAD} days away. File it nearer the time."),
            );
            return Some(LetterFault { field: "first_day", text });
        }
        let over = self.last_day < today && self.first_day <= self.last_day;
        over.then(|| LetterFault {
            field: "last_day",
            text: Text::new(
                "Periode ini sudah lewat. Pilih hari terakhir mulai hari ini.",
                "This period is over. Choose a last day from today on.",
            ),
        })
    }

    /// Whether a day has room for what is asked at all.
    fn hours_fault(&self, channel: &Channel) -> Option<LetterFault> {
        let open = channel.open_span(self.first_day);
        let windows = self.hours_on(self.first_day, channel.zone);
        let overlap = |window: &Span| (window.end().min(open.end()) - window.start().max(open.start())).num_seconds();
        let room_s: i64 = windows.iter().map(|window| overlap(window).max(0)).sum();
        let asked_s = i64::from(self.plays_per_day) * i64::from(self.play_s);
        let clock = |time: TimeOfDay| time.to_string().chars().take(5).collect::<String>();
        if room_s == 0 && self.preferred_hours.is_some() {
            let (from, to) = (clock(channel.hours.open), clock(channel.hours.close));
            let text = Text::new(
                format!("Saluran ini tayang pukul {from} sampai {to}. Pilih jam di dalamnya, atau kosongkan."),
                format!("This channel airs from {from} to {to}. Choose hours within, or leave them empty."),
            );
            return Some(LetterFault { field: "preferred_hours", text });
        }
        (asked_s > room_s).then(|| LetterFault {
            field: "plays_per_day",
            text: Text::new(
                format!(
                    "{} kali {} detik adalah {} menit, padahal jamnya hanya {} menit sehari. Kurangi jumlah tayangan.",
                    self.plays_per_day,
                    self.play_s,
                    asked_s.div_euclid(60),
                    room_s / 60
                ),
                format!(
                    "{} plays of {} s are {} minutes, but the hours have only {} minutes a day. Ask for fewer plays.",
                    self.plays_per_day,
                    self.play_s,
                    asked_s.div_euclid(60),
                    room_s / 60
                ),
            ),
        })
    }

    /// Everything that is wrong with it whenever and wherever it is filed, field by field.
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
        for (field, value) in [("title", &self.title), ("number", &self.number)] {
            want(
                !value.contains(is_unprintable),
                field,
                "Tulis dalam satu baris, tanpa karakter yang tidak terlihat.".into(),
                "Write one line, without invisible characters.".into(),
            );
        }
        want(
            !self.description.contains(|c| c != '\n' && is_unprintable(c)),
            "description",
            "Ada karakter yang tidak terlihat. Ketik ulang teksnya tanpa menyalin dari aplikasi lain.".into(),
            "There are invisible characters. Type the text again instead of copying it.".into(),
        );
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
            period > 0,
            "last_day",
            "Hari terakhir sebelum hari pertama. Tukar atau perbaiki tanggalnya.".into(),
            "The last day is before the first. Swap or correct the dates.".into(),
        );
        want(
            period <= MAX_PERIOD_DAYS,
            "last_day",
            format!("Periode paling lama {MAX_PERIOD_DAYS} hari. Untuk lebih lama, ajukan surat baru kelak."),
            format!("A period has at most {MAX_PERIOD_DAYS} days. For longer, file a new letter later."),
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

/// A character that nobody sees and that may make a line read differently: controls, line and paragraph separators, and
/// marks that turn the direction of writing (Unicode standard annex 9).
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// An uploaded file as it will be framed: what is looked at before it is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framed {
    /// The file.
    pub original: Sha256,
    /// What was chosen for it; `None`: as the channel usually does.
    pub framing: Option<Framing>,
}

impl From<Sha256> for Framed {
    fn from(original: Sha256) -> Framed {
        Framed { original, framing: None }
    }
}

impl Submission {
    /// Its file, as it will be framed.
    pub fn framed(&self) -> Framed {
        Framed { original: self.original.sha256, framing: self.letter.framing }
    }
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
            framing: None,
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
        let unseen = LetterDetails {
            title: "Ayo\nPosyandu".into(),
            number: "005\u{7}".into(),
            description: "baris satu\nbaris dua\u{202e}".into(),
            ..letter()
        };
        let fields: Vec<_> = unseen.faults().iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "number", "description"]);
        let lines = LetterDetails { description: "baris satu\nbaris dua".into(), ..letter() };
        assert_eq!(lines.faults(), [], "a description may have lines");
        let backwards = LetterDetails { last_day: "2026-11-22".parse().unwrap(), ..letter() };
        assert_eq!(backwards.faults()[0].field, "last_day");
    }

    #[test]
    fn a_letter_that_no_day_can_hold_is_refused_at_the_field_that_is_wrong() {
        let day = |text: &str| text.parse::<BroadcastDate>().unwrap();
        let channel = Channel {
            id: "videotron".parse().unwrap(),
            title: "Videotron".into(),
            zone: "Asia/Jakarta".parse().unwrap(),
            hours: crate::domain::channel::Hours { open: "06:00".parse().unwrap(), close: "23:00".parse().unwrap() },
            house: crate::domain::channel::HouseFormat::DEFAULT,
            conforming: crate::domain::asset::ConformChoice::USUAL,
            latency_ms: 0,
        };
        let said = |letter: LetterDetails| {
            let faults = letter.faults_when_filed(day("2026-11-22"), &channel);
            faults.into_iter().map(|f| format!("{}: {}", f.field, f.text.en)).collect::<Vec<_>>()
        };
        assert_eq!(said(letter()), Vec::<String>::new());
        let begun = LetterDetails { first_day: day("2026-11-20"), last_day: day("2026-11-26"), ..letter() };
        assert_eq!(said(begun), Vec::<String>::new(), "a period that has begun has days left");
        let over = LetterDetails { first_day: day("2026-11-15"), last_day: day("2026-11-21"), ..letter() };
        assert_eq!(said(over), ["last_day: This period is over. Choose a last day from today on."]);
        let far = LetterDetails { first_day: day("9999-01-01"), last_day: day("9999-01-07"), ..letter() };
        assert_eq!(said(far), ["first_day: The first day is more than 366 days away. File it nearer the time."]);
        let backwards = LetterDetails { first_day: day("2026-12-07"), last_day: day("2026-12-01"), ..letter() };
        assert_eq!(said(backwards), ["last_day: The last day is before the first. Swap or correct the dates."]);
        let to_be_written = LetterDetails { date: day("2027-11-20"), ..letter() };
        assert!(said(to_be_written)[0].starts_with("date: The letter's date lies in the future."));
        let old = LetterDetails { date: day("2016-11-20"), ..letter() };
        assert!(said(old)[0].starts_with("date: This letter is more than a year old."));
        let by_night =
            LetterDetails { preferred_hours: Some(("01:00".parse().unwrap(), "03:00".parse().unwrap())), ..letter() };
        assert!(said(by_night)[0].starts_with("preferred_hours: This channel airs from 06:00 to 23:00."));
        let all_day = LetterDetails { play_s: 300, plays_per_day: 500, ..letter() };
        assert_eq!(
            said(all_day),
            ["plays_per_day: 500 plays of 300 s are 2500 minutes, but the hours have only 1020 minutes a day. \
              Ask for fewer plays."]
        );
    }
}
