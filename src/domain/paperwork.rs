//! What the counter handles: receipts for what was handed over, scans of paper, signatures in ink.

use std::fmt;
use std::str::FromStr;

use super::ids::{CaseId, PersonId, Sha256};
use super::text::Text;
use super::time::Instant;

/// That something was handed over at the counter (*tanda terima*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its row.
    pub id: i64,
    /// For which request.
    pub case: CaseId,
    /// What is printed on it: `0001/TT/2026`.
    pub number: String,
    /// Who brought it.
    pub bearer: String,
    /// What was brought, as whoever took it wrote: a letter, a flash disk.
    pub brought: String,
    /// Who took it.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

/// What a scan shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaperKind {
    /// The applicant's letter.
    Letter,
    /// A document that was signed in ink.
    Signed,
    /// Anything else that belongs to the request.
    Other,
}

impl PaperKind {
    /// Every one, in the order of the form.
    pub const ALL: [PaperKind; 3] = [PaperKind::Letter, PaperKind::Signed, PaperKind::Other];
    /// The word in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            PaperKind::Letter => "letter",
            PaperKind::Signed => "signed",
            PaperKind::Other => "other",
        }
    }
    /// For pages.
    pub fn text(self) -> Text {
        match self {
            PaperKind::Letter => Text::new("Surat permohonan", "Letter of request"),
            PaperKind::Signed => Text::new("Persetujuan bertanda tangan basah", "Approval signed in ink"),
            PaperKind::Other => Text::new("Lampiran lain", "Another enclosure"),
        }
    }
}

impl fmt::Display for PaperKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PaperKind {
    type Err = String;
    fn from_str(word: &str) -> Result<PaperKind, String> {
        let known = PaperKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| format!("{word:?} is no kind of paper"))
    }
}

/// The scan of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its row.
    pub id: i64,
    /// To which request it belongs.
    pub case: CaseId,
    /// What it shows.
    pub kind: PaperKind,
    /// Hash of its bytes, which is its name on disk.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// What whoever sent it calls the file.
    pub name: String,
    /// Who added it.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

/// Largest scan, bytes: ten pages in colour at 300 dots an inch.
pub const MAX_SCAN_BYTES: usize = 20 << 20;
/// Most scans of one request: more is a mistake, or mischief.
pub const MAX_SCANS: usize = 40;
/// Longest name of a bearer, characters.
pub const MAX_BEARER_CHARS: usize = 120;
/// Longest description of what was brought, characters.
pub const MAX_BROUGHT_CHARS: usize = 300;

/// Whether bytes begin like a file that a scanner makes: PDF, JPEG or PNG. What the rest is nobody looks at: a scan is
/// never opened here, and leaves as an attachment.
pub fn looks_scanned(bytes: &[u8]) -> bool {
    [&b"%PDF-"[..], &[0xff, 0xd8, 0xff], &[0x89, b'P', b'N', b'G']].iter().any(|head| bytes.starts_with(head))
}
