//! Words for people, in the two languages of the pages: Indonesian first, English second.

use chrono::{Datelike, Timelike};

use super::time::{BroadcastDate, Instant, Zone};

/// A language that pages, letters and reasons speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lang {
    /// Indonesian, what a page speaks unless asked otherwise.
    #[default]
    Id,
    /// English.
    En,
}

impl Lang {
    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Id => "id",
            Lang::En => "en",
        }
    }
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both languages at once.
    pub fn new(id: impl Into<String>, en: impl Into<String>) -> Text {
        Text { id: id.into(), en: en.into() }
    }
    /// The sentence in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Id => &self.id,
            Lang::En => &self.en,
        }
    }
}

/// A cell that no spreadsheet takes for a formula: those that begin like one get an apostrophe, which shows as text.
pub fn without_formula(cell: &str) -> String {
    let first = cell.trim_start().chars().next();
    let number = cell.parse::<f64>().is_ok();
    match first {
        Some('=' | '+' | '-' | '@') if !number => format!("'{cell}"),
        _ if cell.starts_with(['\t', '\r', '\n']) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

const DAYS_ID: [&str; 7] = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"];
const DAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS_ID: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `Minggu, 22 November 2026` or `Sunday, 22 November 2026`.
pub fn date_in_words(date: BroadcastDate, lang: Lang) -> String {
    let weekday = date.0.weekday().num_days_from_monday() as usize;
    let month = date.0.month0() as usize;
    let (days, months) = match lang {
        Lang::Id => (DAYS_ID, MONTHS_ID),
        Lang::En => (DAYS_EN, MONTHS_EN),
    };
    format!("{}, {} {} {}", days[weekday], date.0.day(), months[month], date.0.year())
}

/// `Minggu, 22 November 2026 pukul 10.00 WIB` or `Sunday, 22 November 2026 at 10:00 WIB`; the calendar day, not the
/// broadcast day.
pub fn instant_in_words(at: Instant, zone: Zone, lang: Lang) -> String {
    let local = zone.local(at);
    let day = date_in_words(BroadcastDate(local.date()), lang);
    let (word, dot) = match lang {
        Lang::Id => ("pukul", '.'),
        Lang::En => ("at", ':'),
    };
    format!("{day} {word} {:02}{dot}{:02} {}", local.hour(), local.minute(), zone.short_name(at))
}

/// A number with the language's decimal sign: `12,5` or `12.5`.
pub fn decimal(value: f64, digits: usize, lang: Lang) -> String {
    let text = format!("{value:.digits$}");
    match lang {
        Lang::Id => text.replace('.', ","),
        Lang::En => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_an_indonesian_letter_writes_them() {
        let zone: Zone = "Asia/Jakarta".parse().expect("a zone");
        let at = "2026-11-22T03:00:00Z".parse().expect("an instant");
        assert_eq!(instant_in_words(at, zone, Lang::Id), "Minggu, 22 November 2026 pukul 10.00 WIB");
        assert_eq!(instant_in_words(at, zone, Lang::En), "Sunday, 22 November 2026 at 10:00 WIB");
        assert_eq!(decimal(-23.04, 1, Lang::Id), "-23,0");
    }
}
