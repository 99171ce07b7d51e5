//! Conflicts in words.

use super::{Conflict, Second};
use crate::domain::rotation::Stretch;
use crate::domain::text::{Lang, Text};

/// How a conflict's numbers are said.
pub trait Words {
    /// From when until when, like `10.00–11.30`.
    fn hours(&self, stretch: Stretch, lang: Lang) -> String;
    /// What a kind of equipment is called.
    fn equipment(&self, kind: usize) -> Text;
}

impl Conflict {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Conflict::Past => "past",
            Conflict::OffGrid { .. } => "off_grid",
            Conflict::Closed => "closed",
            Conflict::OutsideHours { .. } => "outside_hours",
            Conflict::RoomTaken { .. } => "room_taken",
            Conflict::LiveTaken { .. } => "live_taken",
            Conflict::Operators { .. } => "operators",
            Conflict::Stock { .. } => "stock",
        }
    }

    /// What a person reads.
    pub fn text(&self, words: &impl Words) -> Text {
        let (id, en) = (Lang::Id, Lang::En);
        match *self {
            Conflict::Past => Text::new("Waktu itu sudah lewat.", "That time is over."),
            Conflict::OffGrid { grid } => Text::new(
                format!("Sesi dimulai setiap {} menit, misalnya pukul 10.00 atau 10.15.", minutes(grid)),
                format!("Sessions start every {} minutes, at 10:00 or 10:15 for example.", minutes(grid)),
            ),
            Conflict::Closed => Text::new("Studio tutup pada hari itu.", "The studio is closed that day."),
            Conflict::OutsideHours { open, occupied } => Text::new(
                format!(
                    "Studio buka pukul {}; sesi ini bersama persiapan dan pemberesan memakai pukul {}.",
                    words.hours(open, id),
                    words.hours(occupied, id)
                ),
                format!(
                    "The studio is open {}; with setting up and taking down this session takes {}.",
                    words.hours(open, en),
                    words.hours(occupied, en)
                ),
            ),
            Conflict::RoomTaken { by } => Text::new(
                format!("Studio sudah dipakai pukul {}.", words.hours(by, id)),
                format!("The studio is taken {}.", words.hours(by, en)),
            ),
            Conflict::LiveTaken { by } => Text::new(
                format!("Kanal sudah menyiarkan langsung acara lain pukul {}.", words.hours(by, id)),
                format!("The channel airs something else live {}.", words.hours(by, en)),
            ),
            Conflict::Operators { on_shift, free, wanted } => Text::new(
                format!("Perlu {wanted} operator; yang bertugas {on_shift}, yang kosong {free}."),
                format!("Operators needed: {wanted}; on shift: {on_shift}; free: {free}."),
            ),
            Conflict::Stock { kind, there } => {
                let name = words.equipment(kind);
                Text::new(
                    format!("{} sedang dipakai semua (ada {there}).", name.id),
                    format!("{}: all {there} are in use.", name.en),
                )
            }
        }
    }
}

fn minutes(seconds: Second) -> Second {
    seconds / 60
}
