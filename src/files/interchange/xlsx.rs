//! A day as a workbook: starts and lengths are times that a spreadsheet can add and sort, titles are text whatever they
//! begin with.

use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::{MS_PER_DAY, length_ms, plain, written};
use crate::domain::playlist::Playlist;

/// Longest text of a cell, characters (Excel's limit).
const MAX_CELL: usize = 32_767;

/// Column names and widths, characters.
const COLUMNS: [(&str, u32); 5] =
    [("Mulai", 24), ("Durasi", 14), ("Judul", 48), ("Perangkat daerah", 36), ("Berkas", 84)];

pub(super) fn write(playlist: &Playlist) -> Vec<u8> {
    let mut book = Workbook::new();
    let head = playlist.head();
    // A revision never changes, so its workbook has the age of its day, not of the click.
    let made = head.zone.day(head.date).start();
    let title = format!("{} {} r{}", head.channel, head.date, head.revision);
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&made));
    let filled = fill(book.add_worksheet(), playlist).and_then(|()| book.save_to_buffer());
    filled.expect("a day has fewer rows, and cells fewer letters, than a sheet may have")
}

fn fill(sheet: &mut Worksheet, playlist: &Playlist) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let date_time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000");
    let length = Format::new().set_num_format("[hh]:mm:ss.000");
    sheet.set_name(playlist.head().date.to_string())?;
    for ((name, width), column) in COLUMNS.into_iter().zip(0..) {
        sheet.write_string_with_format(0, column, name, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let mut last = 0;
    for (item, row) in written(playlist).zip(1..) {
        let start = playlist.head().zone.local(item.start);
        let days = length_ms(playlist, item) as f64 / MS_PER_DAY as f64;
        let text = |words: &str| plain(words).chars().take(MAX_CELL).collect::<String>();
        sheet.write_datetime_with_format(row, 0, start, &date_time)?;
        sheet.write_number_with_format(row, 1, days, &length)?;
        sheet.write_string(row, 2, text(&item.title))?;
        sheet.write_string(row, 3, text(&item.owner))?;
        sheet.write_string(row, 4, text(&item.source.to_string()))?;
        last = row;
    }
    sheet.autofilter(0, 0, last, COLUMNS.len() as u16 - 1)?;
    Ok(())
}
