//! Tables as CSV files that offices open in a spreadsheet.

use crate::domain::text::without_formula;

/// The bytes of a table: comma-separated, CRLF, with a byte order mark so that spreadsheets read it as UTF-8.
/// No cell can become a formula.
pub fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(vec![0xef, 0xbb, 0xbf]);
    for row in rows {
        writer.write_record(row.iter().map(|cell| without_formula(cell))).expect("writing to memory can't fail");
    }
    writer.into_inner().expect("writing to memory can't fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_is_a_formula_stays_a_title() {
        let rows = vec![vec!["=HYPERLINK(\"http://x\")".to_owned(), " @cmd".into(), "-4.5".into(), "a,b".into()]];
        let text = String::from_utf8(csv(&rows)).expect("UTF-8");
        assert_eq!(text, "\u{feff}\"'=HYPERLINK(\"\"http://x\"\")\",' @cmd,-4.5,\"a,b\"\r\n");
    }
}
