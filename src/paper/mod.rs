//! Letters and reports as people hold them: one description of a document, set as HTML and as tagged PDF.
//! Indonesian stands first, English beneath it. What a document says is decided elsewhere; nothing is read or written
//! here but the fonts.

pub mod airing;
pub mod announcement;
pub mod approval;
mod html;
mod pdf;
pub mod receipt;
pub mod session;
pub mod table;

use crate::domain::text::Text;
use crate::domain::time::Instant;

pub use html::{body, page};
pub use pdf::{Fonts, PaperError, pdf};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Who issues it, for the letterhead: the regency, the agency, the address.
    pub letterhead: Vec<String>,
    /// What it is.
    pub title: Text,
    /// When it was made; the PDF carries it.
    pub made_at: Instant,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Begins a part.
    Heading(Text),
    /// A paragraph of the document's own words.
    Words(Text),
    /// A paragraph that a person wrote, in whatever language.
    Written(String),
    /// Names and what they are, one below the other.
    Facts(Vec<(Text, String)>),
    /// Rows under headed columns.
    Table {
        /// What it holds.
        caption: Text,
        /// Columns, from left to right.
        columns: Vec<Column>,
        /// Rows with a cell per column.
        rows: Vec<Vec<String>>,
    },
    /// Where a person signs.
    Signature {
        /// Place and date.
        place_and_date: String,
        /// The position, with its form: `Plt. Kepala Dinas`.
        position: String,
        /// The person.
        name: String,
    },
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands in it.
    pub head: Text,
    /// Its share of the width; columns share by weight.
    pub weight: u16,
}

/// A column with its head in both languages.
pub fn column(id: &str, en: &str, weight: u16) -> Column {
    Column { head: Text::new(id, en), weight }
}

#[cfg(test)]
mod tests;
