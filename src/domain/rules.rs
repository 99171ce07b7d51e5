//! What the scheduling team decides for every day to come: distances, shares, fixed events, what one request may, and
//! what may not air on some days.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Weekday};

use super::branding::Wears;
use super::ids::Sha256;
use super::people::{OpdGroup, UnknownWord, words};
use super::rotation::Class;
use super::text::Text;
use super::time::{BroadcastDate, TimeOfDay};

/// What every plan of a channel keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanningRules {
    /// Least pause between two clips of one office, seconds, at most a day.
    pub office_gap_s: u32,
    /// Least distance between the starts of two plays of one clip, seconds, at most a day.
    pub separation_s: u32,
    /// Least pause between two clips that show the same, seconds, 1 to a day; what is not named keeps none.
    pub category_gaps_s: BTreeMap<ContentTag, u32>,
    /// Weights of the groups of offices, 1 to 1000; a group that is not named weighs 1.
    pub shares: BTreeMap<OpdGroup, u32>,
    /// What starts at exact times.
    pub fixed: Vec<FixedRule>,
}

/// Something that starts at an exact time of chosen days: the anthem, a call to prayer, a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedRule {
    /// When.
    pub at: FixedAt,
    /// How long it lasts, seconds, 1 to a day.
    pub seconds: u32,
    /// For people.
    pub title: String,
    /// On which days.
    pub days: Weekdays,
    /// The approved house file that airs; `None`: the time is kept free of offices' clips.
    pub sha256: Option<Sha256>,
    /// What of the channel's branding is drawn on it.
    pub wears: Wears,
}

/// A time of the day that may move with the sun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixedAt {
    /// Local time.
    Clock(TimeOfDay),
    /// The beginning of a prayer's time at the channel's place.
    Prayer(Prayer),
}

/// The five daily prayers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prayer {
    /// Before sunrise.
    Subuh,
    /// At noon.
    Zuhur,
    /// In the afternoon.
    Asar,
    /// At sunset.
    Magrib,
    /// At nightfall.
    Isya,
}
words!(Prayer, "prayer", Subuh = "subuh", Zuhur = "zuhur", Asar = "asar", Magrib = "magrib", Isya = "isya");

impl FromStr for FixedAt {
    type Err = String;
    fn from_str(text: &str) -> Result<FixedAt, String> {
        let prayer = text.parse().map(FixedAt::Prayer);
        prayer.or_else(|unknown: UnknownWord| {
            let clock = text.parse().map(FixedAt::Clock);
            clock.map_err(|time| format!("{time}; or a prayer: {}", unknown.known))
        })
    }
}

impl fmt::Display for FixedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FixedAt::Clock(time) => time.fmt(f),
            FixedAt::Prayer(prayer) => prayer.fmt(f),
        }
    }
}

/// Some days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Weekdays = Weekdays(0x7f);
    /// Words for files and forms, Monday first.
    pub const WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Whether a broadcast day is one of them.
    pub fn hold(self, date: BroadcastDate) -> bool {
        self.has(date.0.weekday())
    }
    /// Whether a day of the week is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.num_days_from_monday() & 1 == 1
    }
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Their words, Monday first.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().enumerate().filter(move |(n, _)| self.0 >> n & 1 == 1).map(|(_, word)| word)
    }
    /// The days of these words.
    ///
    /// # Errors
    /// The word that is none.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Weekdays, String> {
        let mut days = Weekdays(0);
        for word in words {
            let number = Self::WORDS.iter().position(|known| *known == word);
            days.0 |=
                1 << number.ok_or_else(|| format!("{word:?} is no day; there are: {}", Self::WORDS.join(", ")))?;
        }
        Ok(days)
    }
}

/// What the scheduling team decides about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRules {
    /// How urgent; 0 takes the place of others on an announced day.
    pub class: Class,
    /// Plays a day that are promised; at most what the letter asks for.
    pub minimum: u32,
    /// Least distance between the starts of two of its plays, seconds; `None`: the channel's.
    pub separation_s: Option<u32>,
    /// On which days of its period it airs.
    pub days: Weekdays,
    /// What it shows.
    pub tags: BTreeSet<ContentTag>,
}

impl RequestRules {
    /// The lowest class, which nothing stands below.
    pub const LOWEST: Class = Class(3);
}

impl Default for RequestRules {
    fn default() -> RequestRules {
        RequestRules { class: Class(2), minimum: 1, separation_s: None, days: Weekdays::ALL, tags: BTreeSet::new() }
    }
}

/// What a clip shows, as far as it matters on which days it may air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentTag {
    /// Warnings and help in a disaster.
    Disaster,
    /// Health.
    Health,
    /// Public services and announcements.
    Service,
    /// Religious life.
    Religious,
    /// Entertainment and festivities.
    Entertainment,
    /// Music, singing, dance.
    Music,
    /// Food and drink.
    Food,
    /// Officials, candidates, parties.
    Politics,
}
words!(
    ContentTag,
    "content tag",
    Disaster = "disaster",
    Health = "health",
    Service = "service",
    Religious = "religious",
    Entertainment = "entertainment",
    Music = "music",
    Food = "food",
    Politics = "politics",
);

impl ContentTag {
    /// For people.
    pub fn text(self) -> Text {
        let (id, en) = match self {
            ContentTag::Disaster => ("kebencanaan", "disaster"),
            ContentTag::Health => ("kesehatan", "health"),
            ContentTag::Service => ("layanan publik", "public services"),
            ContentTag::Religious => ("keagamaan", "religious"),
            ContentTag::Entertainment => ("hiburan", "entertainment"),
            ContentTag::Music => ("musik dan tari", "music and dance"),
            ContentTag::Food => ("makanan dan minuman", "food and drink"),
            ContentTag::Politics => ("pejabat, calon atau partai", "officials, candidates or parties"),
        };
        Text::new(id, en)
    }
}

/// Days on which not everything that is approved may air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayMode {
    /// The regency mourns.
    Mourning,
    /// *Masa tenang*: no campaigning before an election (UU 7/2017 article 278: three days).
    ElectionSilence,
    /// The month of fasting, while the sun is up as well as after.
    Ramadan,
    /// Schools sit exams near the wall.
    ExamQuiet,
    /// A disaster: what helps, and nothing else.
    Disaster,
}
words!(
    DayMode,
    "day mode",
    Mourning = "mourning",
    ElectionSilence = "election_silence",
    Ramadan = "ramadan",
    ExamQuiet = "exam_quiet",
    Disaster = "disaster",
);

impl DayMode {
    /// Whether a clip that shows this may not air.
    pub fn suspends(self, tags: &BTreeSet<ContentTag>) -> bool {
        use ContentTag as T;
        let any = |of: &[T]| of.iter().any(|tag| tags.contains(tag));
        match self {
            DayMode::Mourning => any(&[T::Entertainment, T::Music]),
            DayMode::ElectionSilence => any(&[T::Politics]),
            DayMode::Ramadan => any(&[T::Food]),
            DayMode::ExamQuiet => any(&[T::Music, T::Entertainment]),
            DayMode::Disaster => !any(&[T::Disaster, T::Health, T::Service]),
        }
    }

    /// For people.
    pub fn text(self) -> Text {
        let (id, en) = match self {
            DayMode::Mourning => ("hari berkabung", "mourning"),
            DayMode::ElectionSilence => ("masa tenang pemilu", "election silence"),
            DayMode::Ramadan => ("Ramadan", "Ramadan"),
            DayMode::ExamQuiet => ("masa ujian sekolah", "school exams"),
            DayMode::Disaster => ("tanggap bencana", "disaster"),
        };
        Text::new(id, en)
    }

    /// What it does, for people.
    pub fn effect(self) -> Text {
        let (id, en) = match self {
            DayMode::Mourning | DayMode::ExamQuiet => (
                "Video bertanda hiburan atau musik dan tari tidak tayang.",
                "Clips marked as entertainment or music and dance don't air.",
            ),
            DayMode::ElectionSilence => (
                "Video bertanda pejabat, calon atau partai tidak tayang.",
                "Clips marked with officials, candidates or parties don't air.",
            ),
            DayMode::Ramadan => {
                ("Video bertanda makanan dan minuman tidak tayang.", "Clips marked as food and drink don't air.")
            }
            DayMode::Disaster => (
                "Hanya video bertanda kebencanaan, kesehatan atau layanan publik yang tayang.",
                "Only clips marked as disaster, health or public services air.",
            ),
        };
        Text::new(id, en)
    }
}

/// A day mode in force from one day to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModePeriod {
    /// What.
    pub mode: DayMode,
    /// First day.
    pub first: BroadcastDate,
    /// Last day, included.
    pub last: BroadcastDate,
}

impl ModePeriod {
    /// Whether it is in force on a day.
    pub fn holds(&self, date: BroadcastDate) -> bool {
        self.first <= date && date <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_event_is_at_a_clock_time_or_a_prayer_and_anything_else_is_named() {
        assert_eq!("magrib".parse(), Ok(FixedAt::Prayer(Prayer::Magrib)));
        assert_eq!("10:00".parse::<FixedAt>().map(|at| at.to_string()), Ok("10:00".into()));
        let wrong = "maghreb".parse::<FixedAt>().expect_err("no prayer");
        assert!(wrong.contains("subuh, zuhur, asar, magrib, isya"), "{wrong}");
    }

    #[test]
    fn in_a_disaster_only_what_helps_airs_and_mourning_stops_music() {
        let tags = |tags: &[ContentTag]| tags.iter().copied().collect::<BTreeSet<_>>();
        assert!(DayMode::Disaster.suspends(&tags(&[])), "a clip that nobody marked is not known to help");
        assert!(!DayMode::Disaster.suspends(&tags(&[ContentTag::Music, ContentTag::Health])));
        assert!(DayMode::Mourning.suspends(&tags(&[ContentTag::Music, ContentTag::Health])));
        assert!(!DayMode::Mourning.suspends(&tags(&[])));
    }

    #[test]
    fn days_of_the_week_are_read_and_written_in_order() {
        let days = Weekdays::of(["fri", "mon"]).expect("days");
        assert_eq!(days.words().collect::<Vec<_>>(), ["mon", "fri"]);
        assert!(days.hold("2026-11-23".parse().expect("a Monday")) && !days.hold("2026-11-24".parse().expect("a day")));
        assert!(Weekdays::of(["someday"]).is_err());
    }
}
