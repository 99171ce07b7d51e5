//! Why a play that was asked for is not in the plan: data with numbers first, words second.

use std::collections::BTreeMap;

use crate::domain::ids::OpdId;
use crate::domain::rotation::{Rotation, Step, Stretch};
use crate::domain::text::{Lang, Text};

use super::lane::Day;

/// Plays of one entry that found no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    /// Index into the rotation's entries.
    pub entry: usize,
    /// How many plays are missing from what was wanted.
    pub missing: u32,
    /// How many it got.
    pub placed: u32,
    /// What its office got with all its clips.
    pub office_airtime: Step,
    /// What stood in the way of the next play.
    pub why: Why,
}

/// What stands in the way of one more play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// None of its windows has a free stretch as long as the clip.
    NoRoom,
    /// Its separation allows no more in its windows.
    Separation {
        /// Plays that fit.
        fits: u32,
    },
    /// A part of the day is asked for more than it has.
    Bottleneck {
        /// Which part.
        stretch: Stretch,
        /// Its free time.
        free: Step,
        /// What was left when this play's turn came.
        left: Step,
    },
    /// The whole day is given out, and its office stands no lower than the others.
    FairLevel {
        /// The day's free time.
        free: Step,
    },
    /// The pause between clips of one office leaves no place.
    OfficeGap {
        /// In which part of the day.
        stretch: Stretch,
        /// The pause.
        gap: Step,
    },
    /// The pause between clips of one category leaves no place.
    CategoryGap {
        /// In which part of the day.
        stretch: Stretch,
        /// The pause.
        gap: Step,
        /// Index into the rotation's categories.
        category: usize,
    },
    /// What is left of the day is in pieces shorter than it needs, or too near its other plays.
    Remainder {
        /// The longest piece.
        longest: Step,
        /// All pieces together.
        idle: Step,
    },
    /// The day was announced without it, and nobody who was told when they air gets more or less.
    Announced,
    /// It was announced, and something else took its place.
    Displaced {
        /// What, for people.
        by: String,
    },
}

impl Why {
    /// A short name for files and pages; never changed once given out.
    pub fn code(&self) -> &'static str {
        match self {
            Why::NoRoom => "no_room",
            Why::Separation { .. } => "separation",
            Why::Bottleneck { .. } => "bottleneck",
            Why::FairLevel { .. } => "fair_level",
            Why::OfficeGap { .. } => "office_gap",
            Why::CategoryGap { .. } => "category_gap",
            Why::Remainder { .. } => "remainder",
            Why::Announced => "announced",
            Why::Displaced { .. } => "displaced",
        }
    }
}

/// How steps are written for people.
pub trait Words {
    /// A clock time, `18:00`.
    fn time(&self, at: Step) -> String;
    /// A length in whole seconds.
    fn seconds(&self, length: Step) -> i64;
}

impl Unplaced {
    /// The sentence that the office reads.
    pub fn text(&self, rotation: &Rotation, words: &impl Words) -> Text {
        let entry = &rotation.entries[self.entry];
        let (title, wanted, placed) = (&entry.title, entry.wanted, self.placed);
        let seconds = |length| words.seconds(length);
        let (id, en) = match &self.why {
            Why::NoRoom => (
                format!(
                    "jendela tayangnya tidak memuat {} detik tanpa jeda di jam siaran; longgarkan jendelanya",
                    seconds(entry.length)
                ),
                format!(
                    "none of its windows holds {} s in one piece within the hours; widen a window",
                    seconds(entry.length)
                ),
            ),
            Why::Separation { fits } => (
                format!(
                    "jendelanya memuat {fits} kali dengan jarak {} detik; perpendek jarak atau longgarkan jendela",
                    seconds(entry.separation)
                ),
                format!(
                    "its window fits {fits} plays {} s apart; shorten the separation or widen the window",
                    seconds(entry.separation)
                ),
            ),
            Why::Bottleneck { stretch, free, left } => (
                format!(
                    "pukul {}–{} hanya punya {} detik dan tersisa {} detik; pilih jam lain",
                    words.time(stretch.start),
                    words.time(stretch.end),
                    seconds(*free),
                    seconds(*left)
                ),
                format!(
                    "{}–{} has {} s and {} s of it were left; choose other hours",
                    words.time(stretch.start),
                    words.time(stretch.end),
                    seconds(*free),
                    seconds(*left)
                ),
            ),
            Why::FairLevel { free } => (
                format!(
                    "hari itu ({} detik) sudah terbagi habis dan instansinya sudah mendapat bagian adilnya, {} detik",
                    seconds(*free),
                    seconds(self.office_airtime)
                ),
                format!(
                    "the day ({} s) is given out and its office has its fair share, {} s",
                    seconds(*free),
                    seconds(self.office_airtime)
                ),
            ),
            Why::OfficeGap { stretch, gap } => (
                format!(
                    "jeda {} detik antarklip satu instansi menutup pukul {}–{}",
                    seconds(*gap),
                    words.time(stretch.start),
                    words.time(stretch.end)
                ),
                format!(
                    "the pause of {} s between clips of one office fills {}–{}",
                    seconds(*gap),
                    words.time(stretch.start),
                    words.time(stretch.end)
                ),
            ),
            Why::CategoryGap { stretch, gap, category } => {
                let name = rotation.categories.get(*category).map(|c| &c.name);
                let of = |lang| name.map_or("", |name| name.get(lang));
                let (from, to) = (words.time(stretch.start), words.time(stretch.end));
                let gap = seconds(*gap);
                (
                    format!("jeda {gap} detik antarvideo {} menutup pukul {from}–{to}", of(Lang::Id)),
                    format!("the pause of {gap} s between clips on {} fills {from}–{to}", of(Lang::En)),
                )
            }
            Why::Remainder { longest, idle } => (
                format!("sisa hari {} detik terpecah; potongan terpanjang {} detik", seconds(*idle), seconds(*longest)),
                format!(
                    "the {} s left of the day are in pieces; the longest is {} s",
                    seconds(*idle),
                    seconds(*longest)
                ),
            ),
            Why::Announced => (
                "hari itu sudah diumumkan tanpa tayangan tambahan; rencanakan untuk hari berikut".into(),
                "the day is announced without more of it; plan more for a later day".into(),
            ),
            Why::Displaced { by } => (
                format!(
                    "tempatnya dipakai {by} dan tidak ada jeda lain yang cukup; utangnya dibayar pada hari berikut"
                ),
                format!("{by} took its place and no other pause holds it; what it is owed is paid on later days"),
            ),
        };
        Text::new(
            format!("{title}: {placed} dari {wanted} tayangan. Sebabnya {id}."),
            format!("{title}: {placed} of {wanted} plays. Reason: {en}."),
        )
    }
}

pub(super) fn unplaced(
    rotation: &Rotation,
    day: &Day,
    placed: &[u32],
    airtime: &BTreeMap<OpdId, Step>,
    idle: &[Stretch],
    whys: &[Option<Why>],
) -> Vec<Unplaced> {
    let remainder = Why::Remainder {
        longest: idle.iter().map(|s| s.length()).max().unwrap_or(0),
        idle: idle.iter().map(|s| s.length()).sum(),
    };
    let short = |entry: &usize| placed[*entry] < rotation.entries[*entry].wanted;
    (0..rotation.entries.len())
        .filter(short)
        .map(|entry| Unplaced {
            entry,
            missing: rotation.entries[entry].wanted - placed[entry],
            placed: placed[entry],
            office_airtime: airtime.get(&rotation.entries[entry].office).copied().unwrap_or(0),
            why: match &whys[entry] {
                Some(why) if placed[entry] >= day.lanes[entry].target => why.clone(),
                _ => obstacle(rotation, entry, placed[entry], &remainder),
            },
        })
        .collect()
}

/// The category of an entry that keeps the longest pause.
fn tightest(rotation: &Rotation, entry: usize) -> Option<(usize, Step)> {
    let of_it = rotation.categories.iter().enumerate().filter(|(_, c)| c.gap > 0 && c.entries.contains(&entry));
    of_it
        .map(|(number, category)| (number, category.gap))
        .max_by_key(|(number, gap)| (*gap, std::cmp::Reverse(*number)))
}

/// What keeps a play out of pauses that no allotment reserved: where one is long enough it is too near to others.
fn obstacle(rotation: &Rotation, entry: usize, placed: u32, remainder: &Why) -> Why {
    let (own, gap) = (&rotation.entries[entry], rotation.office_gap);
    match remainder {
        Why::Remainder { longest, .. } if *longest >= own.length && own.separation > own.length => {
            Why::Separation { fits: placed }
        }
        Why::Remainder { longest, .. } if *longest >= own.length && gap > 0 => {
            Why::OfficeGap { stretch: rotation.open, gap }
        }
        Why::Remainder { longest, .. } if *longest >= own.length => match tightest(rotation, entry) {
            Some((category, gap)) => Why::CategoryGap { stretch: rotation.open, gap, category },
            None => remainder.clone(),
        },
        _ => remainder.clone(),
    }
}
