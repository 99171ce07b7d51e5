//! Papers about a session in the studio: the written approval of a talkshow, its schedule with technical guide, the
//! podcast's schedule with its ladder of initials.

use super::{Block, Paper};
use crate::desk::session_papers::{Mark, SessionPaper};
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};

/// How long before the session the applicant should be there, minutes.
const ARRIVE_MIN: u32 = 30;

/// Sets the paper.
pub fn paper(facts: &SessionPaper, letterhead: &[String]) -> Paper {
    let day = |date| date_in_words(date, Lang::Id);
    let letter = if facts.letter.number.is_empty() { "–" } else { &facts.letter.number };
    let number = facts.number.clone().unwrap_or_else(|| "KONSEP / DRAFT".into());
    let mut blocks = vec![
        Block::Facts(vec![
            (Text::new("Nomor", "Number"), number),
            (Text::new("Kepada", "To"), facts.applicant.clone()),
            (Text::new("Surat permohonan", "Your letter"), format!("{letter}, {}", day(facts.letter.date))),
        ]),
        Block::Words(opening(facts)),
        Block::Facts(vec![
            (Text::new("Layanan", "Service"), facts.service.id.clone()),
            (Text::new("Pengisi acara", "In the studio"), facts.letter.institution.clone()),
            (Text::new("Topik", "Topic"), facts.letter.topic.clone()),
            (Text::new("Tujuan", "Purpose"), facts.letter.purpose.clone()),
            (Text::new("Waktu", "Time"), instant_in_words(facts.session.start(), facts.zone, Lang::Id)),
            (Text::new("Lama", "Length"), format!("{} menit", facts.session.length().num_minutes())),
        ]),
    ];
    if let Some(changed) = &facts.changed {
        let heading = Text::new("Waktu berubah", "The time has changed");
        blocks.splice(1..1, [Block::Heading(heading), Block::Words(changed.clone())]);
    }
    if facts.guide {
        blocks.extend(guide(facts));
    }
    blocks.extend(ladder(facts));
    if let Some(code) = &facts.verify_code {
        blocks.push(Block::Facts(vec![(Text::new("Kode pemeriksaan", "Verification code"), code.clone())]));
    }
    Paper { letterhead: letterhead.to_vec(), title: facts.label.clone(), made_at: facts.at, blocks }
}

fn opening(facts: &SessionPaper) -> Text {
    if facts.number.is_none() {
        return Text::new(
            "Konsep ini belum berlaku: menunggu paraf dan tanda tangan.",
            "This draft is not in force: it waits for initials and signature.",
        );
    }
    match facts.guide {
        true => Text::new("Jadwal dan panduan teknis siaran:", "Schedule and technical guide of the broadcast:"),
        false => Text::new("Dengan ini disetujui acara berikut.", "The following session is approved."),
    }
}

fn guide(facts: &SessionPaper) -> Vec<Block> {
    vec![
        Block::Heading(Text::new("Panduan teknis", "Technical guide")),
        Block::Words(Text::new(
            format!(
                "Hadir di studio {ARRIVE_MIN} menit sebelum acara. Uji coba siaran dilakukan bila diperlukan; hubungi \
                 operator studio untuk menyepakati waktunya."
            ),
            format!(
                "Be at the studio {ARRIVE_MIN} minutes before the session. A trial broadcast is held where needed; agree on \
                 its time with the studio operator."
            ),
        )),
        Block::Words(Text::new(
            "Serahkan materi siaran sebelum acara:",
            "Hand the broadcast material over before the session:",
        )),
        Block::Written(facts.letter.material.clone()),
        Block::Words(Text::new(
            "Materi tidak boleh bersifat komersial, pornografi, porno aksi, atau mengandung SARA.",
            "The material is free of advertising, pornography and incitement against ethnic, religious or other groups.",
        )),
    ]
}

/// Initials from the lowest rung up, then the signature. One hand on several rungs is one signature, and says so.
fn ladder(facts: &SessionPaper) -> Vec<Block> {
    let mut blocks = Vec::new();
    let initials: Vec<&Mark> = facts.marks.iter().filter(|mark| !mark.signs).collect();
    if !initials.is_empty() {
        let row = |mark: &&Mark| {
            let at = instant_in_words(mark.at, facts.zone, Lang::Id);
            (Text::new(format!("Paraf {}", mark.position), "Initials"), format!("{}, {at}", mark.name))
        };
        blocks.push(Block::Facts(initials.iter().map(row).collect()));
    }
    if !facts.waits_for.is_empty() {
        let waits = facts.waits_for.join(", ");
        blocks.push(Block::Facts(vec![(Text::new("Menunggu", "Waits for"), waits)]));
    }
    if let Some(signature) = facts.marks.iter().find(|mark| mark.signs) {
        if signature.with_the_one_before {
            let rungs = facts.marks.iter().rev().skip(1).take(1).map(|mark| mark.position.as_str()).collect::<String>();
            blocks.push(Block::Words(Text::new(
                format!(
                    "{} memegang jabatan {rungs} dan {}: satu tanda tangan berlaku untuk paraf dan tanda tangan.",
                    signature.name, signature.position
                ),
                format!(
                    "{} holds both positions, {rungs} and {}: one signature counts for initials and signature.",
                    signature.name, signature.position
                ),
            )));
        }
        blocks.push(Block::Signature {
            place_and_date: format!("{}, {}", facts.place, instant_in_words(signature.at, facts.zone, Lang::Id)),
            position: signature.position.clone(),
            name: signature.name.clone(),
        });
    }
    blocks
}
