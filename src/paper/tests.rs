//! A letter set as HTML and PDF.

use super::*;
use crate::desk::letters::ApprovalLetter;
use crate::domain::ids::Sha256;

fn letter() -> Paper {
    let facts = ApprovalLetter {
        number: "400.14/12/2026".into(),
        office: "Dinas Kesehatan <b>".into(),
        title: "Ayo ke Posyandu".into(),
        letter_number: "005/17/DK".into(),
        letter_date: "2026-11-20".parse().expect("a date"),
        channel_title: "Videotron".into(),
        period: ("2026-11-23".parse().expect("a date"), "2026-11-29".parse().expect("a date")),
        plays_per_day: 12,
        original: Sha256([1; 32]),
        recipe: Sha256([2; 32]),
        by: "Dra. Contoh, M.Si.".into(),
        position: "Plt. Kepala Dinas".into(),
        place: "Lubuk Pakam".into(),
        at: "2026-11-22T03:00:00Z".parse().expect("an instant"),
        zone: "Asia/Jakarta".parse().expect("a zone"),
        verify_code: "0123456789abcdef".into(),
        ink: None,
        revoked: None,
    };
    approval::paper(&facts, &["Pemerintah Kabupaten Deli Serdang".into(), "Dinas Komunikasi".into()])
}

#[test]
fn a_letter_reads_indonesian_first_and_an_office_can_not_write_markup_into_it() {
    let html = page(&letter());
    assert!(html.contains("Dinas Kesehatan &lt;b&gt;"), "{html}");
    assert!(html.contains("<h1>Persetujuan Penayangan <span lang=\"en\">Approval to air</span></h1>"), "{html}");
    assert!(html.contains("Lubuk Pakam, Minggu, 22 November 2026 pukul 10.00 WIB"), "{html}");
}

#[test]
fn a_missing_font_names_the_package_that_brings_it() {
    let nowhere = std::path::Path::new("/nonexistent");
    let error = Fonts::load(nowhere).err().expect("no fonts there").to_string();
    assert!(error.contains("/nonexistent/DejaVuSans.ttf") && error.contains("fonts-dejavu-core"), "{error}");
}

#[test]
fn a_letter_and_a_table_of_many_pages_make_a_tagged_pdf_with_the_same_bytes_each_time() {
    let fonts = Fonts::load(crate::config::FONTS_FOLDER.as_ref()).expect("fonts-dejavu-core is a dependency");
    let mut paper = letter();
    paper.blocks.push(Block::Table {
        caption: Text::new("Tayangan", "Plays"),
        columns: vec![column("Jam", "Time", 1), column("Klip", "Clip", 3)],
        rows: (0..200).map(|n| vec![format!("{n}"), "kata-panjang ".repeat(12) + &"x".repeat(90)]).collect(),
    });
    let bytes = pdf(&paper, &fonts).expect("a PDF");
    assert!(bytes.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/StructTreeRoot") && text.contains("/Lang"), "tagged");
    assert!(
        text.matches("/Type /Page\n").count()
            + text.matches("/Type/Page/").count()
            + text.matches("/Type /Page ").count()
            < 40
    );
    assert_eq!(pdf(&paper, &fonts).expect("a PDF"), bytes);
}
