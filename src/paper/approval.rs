//! The approval letter (*surat persetujuan penayangan*): what was approved, for when, where, and by whom. To be signed in
//! ink, or sealed on screen; whoever holds it can check it by its code.

use super::{Block, Paper};
use crate::desk::letters::ApprovalLetter;
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};

/// Sets the letter.
pub fn paper(facts: &ApprovalLetter, letterhead: &[String]) -> Paper {
    let day = |date| date_in_words(date, Lang::Id);
    let letter = if facts.letter_number.is_empty() { "–".into() } else { facts.letter_number.clone() };
    // One that is printed to be signed gets its number by hand, or from the register when its scan is entered.
    let number = if facts.number.is_empty() { ".".repeat(40) } else { facts.number.clone() };
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
    if let Some(ink) = &facts.ink {
        let (on, entered) = (day(ink.signed_on), instant_in_words(ink.at, facts.zone, Lang::Id));
        blocks.push(Block::Facts(vec![
            (Text::new("Ditandatangani dengan tinta", "Signed in ink"), on),
            (Text::new("Dicatat di loket", "Entered at the counter"), format!("{}, {entered}", ink.by_name)),
        ]));
    }
    if !facts.verify_code.is_empty() {
        let code = facts.verify_code.clone();
        blocks.push(Block::Facts(vec![(Text::new("Kode pemeriksaan", "Verification code"), code)]));
    }
    Paper {
        letterhead: letterhead.to_vec(),
        title: Text::new("Persetujuan Penayangan", "Approval to air"),
        made_at: facts.at,
        blocks,
    }
}
