//! The approval letter (*surat persetujuan penayangan*): what was approved, for when, where, and by whom. To be signed in
//! ink, or sealed on screen; whoever holds it can check it by its code.

use super::{Block, Paper};
use crate::domain::ids::Sha256;
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant, Zone};

/// What the letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFacts {
    /// The letter's number; `None` until it is drawn.
    pub number: Option<String>,
    /// Who asked.
    pub office: String,
    /// Name of the clip.
    pub title: String,
    /// The office's letter.
    pub letter_number: String,
    /// The day on that letter.
    pub letter_date: BroadcastDate,
    /// Name of the channel for people.
    pub channel_title: String,
    /// First and last day of the period.
    pub period: (BroadcastDate, BroadcastDate),
    /// Plays a day that were asked for.
    pub plays_per_day: u32,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Who approved.
    pub by: String,
    /// In which position, with its form: `Plt. Kepala Dinas`.
    pub position: String,
    /// Where letters are dated: the regency's seat.
    pub place: String,
    /// When.
    pub at: Instant,
    /// The channel's zone.
    pub zone: Zone,
    /// For whoever wants to check the letter.
    pub verify_code: String,
    /// When it was withdrawn, and why.
    pub revoked: Option<(Instant, String)>,
}

/// Sets the letter.
pub fn paper(facts: &ApprovalFacts, letterhead: &[String]) -> Paper {
    let day = |date| date_in_words(date, Lang::Id);
    let number = facts.number.clone().unwrap_or_else(|| "–".into());
    let letter = if facts.letter_number.is_empty() { "–".into() } else { facts.letter_number.clone() };
    let mut blocks = vec![
        Block::Facts(vec![
            (Text::new("Nomor", "Number"), number),
            (Text::new("Kepada", "To"), facts.office.clone()),
            (Text::new("Surat permohonan", "Your letter"), format!("{letter}, {}", day(facts.letter_date))),
        ]),
        Block::Words(Text::new(
            "Dengan ini disetujui penayangan materi berikut, yang telah diverifikasi tidak bersifat komersial serta tidak \
             mengandung pornografi, porno aksi, dan SARA.",
            "The following material, verified to be free of advertising, pornography and incitement against ethnic, \
             religious or other groups, is approved for airing.",
        )),
        Block::Facts(vec![
            (Text::new("Judul", "Title"), facts.title.clone()),
            (Text::new("Saluran", "Channel"), facts.channel_title.clone()),
            (Text::new("Masa tayang", "Period"), format!("{} – {}", day(facts.period.0), day(facts.period.1))),
            (Text::new("Tayangan per hari", "Plays a day"), facts.plays_per_day.to_string()),
            (Text::new("Sidik berkas asli (SHA-256)", "Fingerprint of the original file"), facts.original.to_string()),
            (Text::new("Resep pengolahan (SHA-256)", "Conforming recipe"), facts.recipe.to_string()),
        ]),
        Block::Words(Text::new(
            "Persetujuan ini berlaku hanya untuk berkas, pengolahan, masa tayang, dan saluran di atas. Perubahan pada salah \
             satunya memerlukan persetujuan baru.",
            "This approval holds for this file, this conforming, this period and this channel alone. A change in any of \
             them needs a new one.",
        )),
    ];
    if let Some((at, why)) = &facts.revoked {
        let at = |lang| instant_in_words(*at, facts.zone, lang);
        blocks.push(Block::Heading(Text::new("DICABUT", "WITHDRAWN")));
        blocks.push(Block::Words(Text::new(format!("{}: {why}", at(Lang::Id)), format!("{}: {why}", at(Lang::En)))));
    }
    blocks.push(Block::Signature {
        place_and_date: format!("{}, {}", facts.place, instant_in_words(facts.at, facts.zone, Lang::Id)),
        position: facts.position.clone(),
        name: facts.by.clone(),
    });
    blocks.push(Block::Facts(vec![(Text::new("Kode pemeriksaan", "Verification code"), facts.verify_code.clone())]));
    Paper {
        letterhead: letterhead.to_vec(),
        title: Text::new("Persetujuan Penayangan", "Approval to air"),
        made_at: facts.at,
        blocks,
    }
}
