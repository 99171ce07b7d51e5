//! The counter's receipt (*tanda terima*): what was brought, by whom, to whom, when.

use super::{Block, Paper};
use crate::desk::counter::ReceiptPaper;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::Zone;

/// Sets the receipt.
pub fn paper(facts: &ReceiptPaper, letterhead: &[String], place: &str, zone: Zone) -> Paper {
    let receipt = &facts.receipt;
    let at = instant_in_words(receipt.at, zone, Lang::Id);
    let dash = || "–".to_owned();
    Paper {
        letterhead: letterhead.to_vec(),
        title: Text::new("Tanda Terima", "Receipt"),
        made_at: receipt.at,
        blocks: vec![
            Block::Facts(vec![
                (Text::new("Nomor", "Number"), receipt.number.clone()),
                (Text::new("Diterima dari", "Brought by"), receipt.bearer.clone()),
                (Text::new("Pemohon", "Applicant"), facts.office.clone()),
                (Text::new("Yang diterima", "What was brought"), receipt.brought.clone()),
                (Text::new("Untuk permohonan", "For the request"), format!("{} – {}", receipt.case, facts.title)),
                (Text::new("Nomor agenda", "Number in the register"), facts.agenda.clone().unwrap_or_else(dash)),
                (Text::new("Diterima pada", "Received"), at.clone()),
            ]),
            Block::Words(Text::new(
                "Simpan tanda terima ini. Sebut nomornya bila menanyakan permohonan. Layanan ini tidak dipungut biaya.",
                "Keep this receipt, and name its number when you ask about the request. This service is free of charge.",
            )),
            Block::Signature {
                place_and_date: format!("{place}, {at}"),
                position: "Penerima".into(),
                name: receipt.by_name.clone(),
            },
        ],
    }
}
