//! CSV with a line of column names, Indonesian or English, with commas, semicolons or tabs, as spreadsheets save it.

use super::{
    Clips, InterchangeError, Lines, ListedClip, MS_PER_DAY, Place, clock_ms, decimal_ms, length_ms, plain, written,
    wrong,
};
use crate::domain::playlist::Playlist;
use crate::domain::text::without_formula;

const TITLE: &[&str] = &["judul", "title", "nama", "name", "judul klip"];
const LOCATION: &[&str] = &["berkas", "file", "location", "lokasi", "path", "source", "sumber", "filename"];
const LENGTH: &[&str] = &["durasi", "length", "duration", "lama", "panjang"];
const LENGTH_MS: &[&str] = &["duration_ms", "length_ms", "durasi_ms"];
const START: &[&str] = &["mulai", "start", "waktu", "time", "jam", "tayang"];
const CATEGORY: &[&str] = &["kategori", "category", "jenis", "kind", "type"];

/// Which column holds what.
struct Columns {
    title: Option<usize>,
    location: Option<usize>,
    length: Option<usize>,
    length_ms: Option<usize>,
    start: Option<usize>,
    category: Option<usize>,
}

impl Columns {
    fn of(names: &::csv::StringRecord) -> Columns {
        let names: Vec<String> = names.iter().map(|name| name.trim().to_lowercase()).collect();
        let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        Columns {
            title: column(TITLE),
            location: column(LOCATION),
            length: column(LENGTH),
            length_ms: column(LENGTH_MS),
            start: column(START),
            category: column(CATEGORY),
        }
    }
}

pub(super) fn read(text: &str, clips: &mut Clips) -> Result<(), InterchangeError> {
    // Excel's own first line, which names the separator.
    let told = text.strip_prefix("sep=").and_then(|rest| rest.bytes().next());
    let (before, text) = match told {
        Some(_) => (1, text.split_once('\n').map_or("", |(_, rest)| rest)),
        None => (0, text),
    };
    let separator = told.filter(u8::is_ascii).unwrap_or_else(|| separator(text));
    let mut table =
        ::csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut columns, mut lines) = (None, Lines::of(text));
    let mut record = ::csv::StringRecord::new();
    loop {
        let line = Place::Line(table.position().line() + before);
        let more = table.read_record(&mut record);
        if !more.map_err(|error| wrong(line, plain(&error.to_string()), "save the table as CSV UTF-8 again"))? {
            break;
        }
        // A record begins, for the parser, with the rest of the line break before it.
        let from = record.position().map_or(0, |position| position.byte());
        let rest = text.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default();
        let breaks = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let place = Place::Line(lines.at(from + breaks as u64) + before);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(columns) = &columns else {
            let found = Columns::of(&record);
            if found.title.or(found.location).is_none() {
                let way_out = "name the columns in the first line: judul (title), berkas (file), durasi (length)";
                return Err(wrong(place, "no column is called title or file", way_out));
            }
            columns = Some(found);
            continue;
        };
        clips.push(listed(columns, &record, place)?)?;
    }
    Ok(())
}

/// What stands most often outside quotation marks in the first line that says something.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let bare: Vec<u8> = first
        .bytes()
        .filter(|b| {
            quoted ^= *b == b'"';
            !quoted
        })
        .collect();
    let times = |separator: u8| bare.iter().filter(|b| **b == separator).count();
    [b'\t', b';', b','].into_iter().max_by_key(|separator| times(*separator)).unwrap_or(b',')
}

fn listed(columns: &Columns, record: &::csv::StringRecord, place: Place) -> Result<ListedClip, InterchangeError> {
    let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).map(str::trim).unwrap_or_default();
    let time = |given: &str, read: fn(&str) -> Option<u64>, way_out| match given {
        "" => Ok(None),
        given => read(given).map(Some).ok_or_else(|| {
            let given: String = plain(given).chars().take(40).collect();
            wrong(place, format!("{given:?} is no time"), way_out)
        }),
    };
    let length = time(cell(columns.length), clock_ms, "write lengths like 15, 15.04 or 00:00:15")?;
    let exact = time(cell(columns.length_ms), whole_ms, "write whole milliseconds, at most a week")?;
    let start = time(cell(columns.start), start_ms, "write starts like 06:00:00 or 2026-11-22 06:00:00")?;
    Ok(ListedClip {
        place,
        title: meant(cell(columns.title)).to_owned(),
        location: meant(cell(columns.location)).to_owned(),
        length_ms: exact.or(length).filter(|ms| *ms > 0),
        start_ms: start,
        category: Some(meant(cell(columns.category)).to_owned()),
    })
}

fn whole_ms(text: &str) -> Option<u64> {
    text.parse().ok().filter(|ms| *ms <= super::MAX_MS)
}

/// The time of day, whatever date stands before it and offset behind it.
fn start_ms(text: &str) -> Option<u64> {
    let time = text.rsplit(['T', ' ']).find(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
    let time = time.split(['+', 'Z']).next().unwrap_or(time);
    if !time.contains(':') && time.matches('.').count() != 2 && decimal_ms(time).is_some() {
        return None;
    }
    // `06:00` is a time of day, though as a length it would be six minutes.
    let time = if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_owned() };
    clock_ms(&time).filter(|ms| *ms < MS_PER_DAY)
}

/// A cell as it was meant, without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn meant(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| without_formula(rest) != *rest).unwrap_or(cell)
}

pub(super) fn write(playlist: &Playlist) -> Vec<u8> {
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    let mut row =
        |cells: [&str; 5]| writer.write_record(cells.map(without_formula)).expect("writing to memory can't fail");
    row(["Mulai", "Durasi", "Judul", "Perangkat daerah", "Berkas"]);
    for item in written(playlist) {
        let start = playlist.head().zone.local(item.start);
        let ms = length_ms(playlist, item);
        let (s, part) = (ms / 1000, ms % 1000);
        row([
            &start.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            &format!("{:02}:{:02}:{:02}.{part:03}", s / 3600, s / 60 % 60, s % 60),
            &plain(&item.title),
            &plain(&item.owner),
            &item.source.to_string(),
        ]);
    }
    writer.into_inner().expect("writing to memory can't fail")
}
