//! A journal that can't be gone on with. It is kept as evidence under another name, byte for byte. The new journal goes
//! on with every row that can still be trusted, line by line as it was, and with one row in place of those that can't:
//! numbers go on, so that no row is taken for another, and the record says itself where it is broken and why.
//!
//! Trusted are the rows from the first up to the damage, unless a witness contradicts them; and those after it that
//! lead to the row which the head kept outside names, since each holds the hash of the one before. Not chosen: a chain
//! that begins again at 1. Its numbers were given before, and no import could tell the two apart.

use std::fs;
use std::io;
use std::path::Path;

use super::line::{Line, self_consistent};
use super::{Chained, GENESIS, Head, JournalError, JournalPaths, follows, head_bytes, marker_of};
use crate::domain::as_run::{AirKind, AsRun, Outcome, RECORD_DAMAGED};
use crate::domain::ids::{ChannelId, Sha256};
use crate::domain::time::{Instant, Zone};
use crate::files::whole;

/// What a row says that stands in place of rows which can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Number of the last row that it stands for; its own is the first.
    pub to_seq: u64,
    /// Hash of that last row, where it is known.
    pub to_hash: Option<Sha256>,
    /// Name of the damaged journal, which lies beside this one.
    pub kept: String,
    /// Hash of its bytes.
    pub kept_sha256: Sha256,
    /// What was wrong with it.
    pub fault: String,
}

/// Most journals of a channel that are set aside; then someone has to look.
const MOST_SET_ASIDE: u32 = 100;

/// Where a journal lies once it is set aside: 1, 2, 3 …
fn kept_as(path: &Path, n: u32) -> std::path::PathBuf {
    path.with_added_extension(format!("broken-{n}"))
}

/// The damaged journals that lie beside a journal, oldest first.
pub fn kept_beside(paths: &JournalPaths) -> Vec<std::path::PathBuf> {
    (1..=MOST_SET_ASIDE).map(|n| kept_as(&paths.rows, n)).filter(|path| path.exists()).collect()
}

/// Sets the journal aside and puts the new one in its place. Returns the row that tells of it.
pub(super) fn replace(
    paths: &JournalPaths,
    error: JournalError,
    channel: &ChannelId,
    zone: Zone,
    now: Instant,
) -> Result<Chained, JournalError> {
    let Some(n) = (1..=MOST_SET_ASIDE).find(|n| !kept_as(&paths.rows, *n).exists()) else { return Err(error) };
    let io = |source| JournalError::Io { path: paths.rows.clone(), source };
    let bytes = match fs::read(&paths.rows) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(io)?,
    };
    let kept = kept_as(&paths.rows, n);
    let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let damage =
        Damage { to_seq: 0, to_hash: None, kept: name, kept_sha256: whole::sha256(&bytes), fault: error.to_string() };
    let salvaged = Salvaged::of(&bytes, &witnesses(paths));
    let told = salvaged.row(damage, channel, now);
    let (line, told) = told.line(zone);

    for companion in [&paths.head, &paths.now] {
        // Evidence too, but what they say is in the new row already.
        let _ = fs::copy(companion, kept_as(companion, n));
    }
    whole::write(&kept, &bytes).map_err(io)?;
    let mut new = salvaged.before.concat();
    new.extend(line);
    new.extend(salvaged.after.concat());
    whole::write(&paths.rows, &new).map_err(io)?;
    let newest = salvaged.last_after.as_ref().unwrap_or(&told);
    whole::write(&paths.head, &head_bytes(newest, zone)).map_err(io)?;
    Ok(told)
}

/// What is known of the newest row from outside the journal.
#[derive(Debug, Clone, Copy)]
struct Witness {
    seq: u64,
    hash: Sha256,
    end: Option<Instant>,
}

/// The head, and the start marker, which names the row before the one that it tells of.
fn witnesses(paths: &JournalPaths) -> Vec<Witness> {
    let head = fs::read(&paths.head).ok().and_then(|bytes| serde_json::from_slice::<Head>(&bytes).ok());
    let head = head.and_then(|head| {
        let end = head.end.and_then(|end| end.parse().ok());
        Some(Witness { seq: head.seq, hash: head.hash.parse().ok()?, end })
    });
    let marker = marker_of(paths).and_then(|marker| {
        let seq = marker.row.seq.checked_sub(1)?;
        Some(Witness { seq, hash: marker.prev, end: Some(marker.row.start) })
    });
    [head, marker].into_iter().flatten().filter(|witness| witness.seq > 0).collect()
}

/// What can still be trusted of a damaged journal, in lines as they were.
struct Salvaged<'a> {
    before: Vec<&'a [u8]>,
    last_before: Option<Chained>,
    after: Vec<&'a [u8]>,
    first_after: Option<Chained>,
    last_after: Option<Chained>,
    /// The newest row that anything tells of, where none after the damage can be trusted.
    newest: (u64, Option<Sha256>, Option<Instant>),
}

impl<'a> Salvaged<'a> {
    fn of(bytes: &'a [u8], witnesses: &[Witness]) -> Salvaged<'a> {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').filter(|line| line.ends_with(b"\n")).collect();
        let rows: Vec<Option<Chained>> = lines.iter().map(|line| self_consistent(line.trim_ascii_end()).ok()).collect();
        let mut good: Vec<&Chained> = Vec::new();
        for row in &rows {
            match row.as_ref().filter(|row| follows(row, good.last().copied()).is_ok()) {
                Some(row) => good.push(row),
                None => break,
            }
        }
        let contradicted = |w: &Witness| good.iter().any(|row| row.row.seq == w.seq && row.hash != w.hash);
        if witnesses.iter().any(contradicted) {
            good.clear();
        }
        let end = good.last().map(|row| row.row.end);
        let next_seq = good.last().map_or(1, |row| row.last_seq() + 1);
        let first_bad = good.len();

        let mut after = rows.len();
        let anchored = rows
            .last()
            .and_then(Option::as_ref)
            .is_some_and(|last| witnesses.iter().any(|w| w.seq == last.last_seq() && w.hash == last.hash));
        while anchored
            && after > first_bad
            && rows[after - 1].as_ref().is_some_and(|row| {
                let leads_on = rows
                    .get(after)
                    .is_none_or(|next| next.as_ref().is_some_and(|next| follows(next, Some(row)).is_ok()));
                leads_on && row.row.seq > next_seq && end.is_none_or(|end| row.row.start >= end)
            })
        {
            after -= 1;
        }

        let rest = rows[first_bad..after].iter().flatten().map(|row| (row.last_seq(), None, Some(row.row.end)));
        let told = witnesses.iter().map(|w| (w.seq, Some(w.hash), w.end));
        let counted = (next_seq + (after - first_bad) as u64).saturating_sub(1);
        let newest = rest.chain(told).chain([(counted, None, None)]);
        let newest = newest.max_by_key(|(seq, hash, end)| (*seq, end.is_some(), hash.is_some()));
        Salvaged {
            before: lines[..first_bad].to_vec(),
            last_before: good.last().map(|row| (*row).clone()),
            after: lines[after..].to_vec(),
            first_after: rows.get(after).cloned().flatten(),
            last_after: rows.last().cloned().flatten().filter(|_| after < rows.len()),
            newest: newest.unwrap_or((next_seq, None, None)),
        }
    }

    /// The row for what can't be trusted. Where nothing tells how long that was, it lasts until now.
    fn row(&self, damage: Damage, channel: &ChannelId, now: Instant) -> Line {
        let before = self.last_before.as_ref();
        let seq = before.map_or(1, |row| row.last_seq() + 1);
        let (to_seq, to_hash, end) = match &self.first_after {
            Some(next) => (next.row.seq - 1, Some(next.prev), Some(next.row.start)),
            None => self.newest,
        };
        let end = if to_seq < seq { before.map(|row| row.row.end) } else { end };
        let end = end.unwrap_or(now);
        let start = before.map_or(end, |row| row.row.end);
        let row = AsRun {
            seq,
            run: before.map_or_else(|| damage.kept.clone(), |row| row.row.run.clone()),
            channel: channel.clone(),
            item: None,
            kind: AirKind::None,
            clip: None,
            planned_start: None,
            start,
            end: end.max(start),
            frames: 0,
            held_frames: 0,
            outcome: Outcome::OffAir,
            why: Some(RECORD_DAMAGED.to_owned()),
        };
        let damage = Damage { to_seq: to_seq.max(seq), to_hash: to_hash.filter(|_| to_seq >= seq), ..damage };
        Line { row, prev: before.map_or(GENESIS, |row| row.hash), damage: Some(damage) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::journal::{Journal, Marker, accounting_for, read};
    use chrono::TimeDelta;

    fn zone() -> Zone {
        "Asia/Jakarta".parse().expect("a zone")
    }
    fn at(s: i64) -> Instant {
        "2026-11-22T06:00:00+07:00".parse::<Instant>().expect("an instant") + TimeDelta::seconds(s)
    }
    fn row(start_s: i64, end_s: i64) -> AsRun {
        AsRun {
            seq: 0,
            run: "r1".into(),
            channel: "videotron".parse().expect("a channel"),
            item: Some("a".parse().expect("an item")),
            kind: AirKind::Clip,
            clip: Some(Sha256([9; 32])),
            planned_start: Some(at(start_s)),
            start: at(start_s),
            end: at(end_s),
            frames: 250,
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        }
    }
    fn reopen(paths: &JournalPaths) -> (Journal, Option<crate::files::journal::SetAside>) {
        let channel = "videotron".parse().expect("a channel");
        Journal::open_or_set_aside(paths.clone(), &channel, zone(), at(1000)).expect("a journal")
    }
    /// Five rows of ten seconds, damaged by `damage`, opened again and gone on with at 100 s.
    fn damaged(damage: impl FnOnce(&JournalPaths, &[&str])) -> (tempfile::TempDir, Vec<Chained>, Vec<Chained>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = JournalPaths::beside(folder.path().join("videotron.jsonl"));
        let mut journal = Journal::open(paths.clone(), zone()).expect("a new journal");
        (0..5).for_each(|n| drop(journal.append(row(n * 10, n * 10 + 10)).expect("appended")));
        drop(journal);
        let good = read(&paths).expect("sound");
        let text = fs::read_to_string(&paths.rows).expect("readable");
        damage(&paths, &text.lines().collect::<Vec<_>>());
        let evidence = fs::read(&paths.rows).expect("readable");
        let (mut journal, set_aside) = reopen(&paths);
        let set_aside = set_aside.expect("it was damaged");
        assert_eq!(fs::read(&set_aside.kept).expect("kept"), evidence);
        let end = journal.last().expect("a row").end;
        journal.append(AsRun { start: end, ..row(0, 2000) }).expect("appended");
        drop(journal);
        assert_eq!(reopen(&paths).1, None, "it is sound from then on");
        (folder, good, read(&paths).expect("sound"))
    }
    fn doubt(rows: &[Chained]) -> (u64, u64, i64, i64) {
        let row = rows.iter().find(|row| row.damage.is_some()).expect("a row tells of the damage");
        (row.row.seq, row.last_seq(), (row.row.start - at(0)).num_seconds(), (row.row.end - at(0)).num_seconds())
    }

    #[test]
    fn one_changed_byte_costs_its_row_alone_and_numbers_go_on() {
        let (_folder, good, rows) = damaged(|paths, lines| {
            let changed = lines[2].replacen("250", "251", 1);
            fs::write(&paths.rows, [lines[0], lines[1], &changed, lines[3], lines[4], ""].join("\n")).expect("written");
        });
        assert_eq!(doubt(&rows), (3, 3, 20, 30));
        assert_eq!(rows[2].damage.as_ref().and_then(|d| d.to_hash), Some(good[2].hash));
        assert!(rows[2].damage.as_ref().is_some_and(|d| d.fault.contains("line 3 (seq 3)")));
        assert_eq!((&rows[..2], &rows[3..5]), (&good[..2], &good[3..]), "every other row as it was");
        assert_eq!((rows[5].row.seq, rows[5].prev), (6, good[4].hash));
    }

    #[test]
    fn rows_of_a_cut_tail_are_never_given_their_numbers_again() {
        let (_folder, good, rows) = damaged(|paths, lines| {
            fs::write(&paths.rows, lines[..2].join("\n") + "\n").expect("written");
        });
        assert_eq!(doubt(&rows), (3, 5, 20, 50), "the head kept outside knows how far it went");
        assert_eq!(rows[2].damage.as_ref().and_then(|d| d.to_hash), Some(good[4].hash));
        assert_eq!((rows[3].row.seq, accounting_for(&rows, 4)), (6, Some(&rows[2])));
    }

    #[test]
    fn a_journal_without_a_readable_line_goes_on_after_the_number_that_its_head_knows() {
        let (_folder, _, rows) = damaged(|paths, _| fs::write(&paths.rows, b"\0\0\0\n").expect("written"));
        assert_eq!((doubt(&rows), rows[0].prev), ((1, 5, 50, 50), GENESIS));
        assert_eq!(rows[1].row.seq, 6);
    }

    #[test]
    fn a_start_marker_knows_the_number_when_head_and_rows_are_gone() {
        let (_folder, _, rows) = damaged(|paths, _| {
            Journal::open(paths.clone(), zone())
                .expect("sound")
                .mark(&Marker { row: row(50, 51) }, true)
                .expect("marked");
            fs::write(&paths.rows, b"\0\n").expect("written");
            fs::write(&paths.head, b"\0").expect("written");
        });
        assert_eq!(doubt(&rows), (1, 5, 50, 50));
    }

    #[test]
    fn without_any_witness_the_lines_are_counted_and_the_time_is_in_doubt_until_now() {
        let (_folder, _, rows) = damaged(|paths, lines| {
            fs::write(&paths.rows, lines[..2].join("\n") + "\nx\ny\nz\n").expect("written");
            fs::remove_file(&paths.head).expect("removed");
        });
        assert_eq!(doubt(&rows), (3, 5, 20, 1000));
    }

    #[test]
    fn a_journal_that_was_rewritten_as_a_whole_proves_nothing() {
        let (_folder, good, rows) = damaged(|paths, _| {
            let head = fs::read(&paths.head).expect("readable");
            fs::remove_file(&paths.rows).expect("removed");
            fs::remove_file(&paths.head).expect("removed");
            let mut other = Journal::open(paths.clone(), zone()).expect("a new journal");
            (0..5).for_each(|n| drop(other.append(row(n * 11, n * 11 + 11)).expect("appended")));
            drop(other);
            fs::write(&paths.head, head).expect("written");
        });
        assert_eq!(doubt(&rows), (1, 5, 50, 50));
        assert_eq!(rows[0].damage.as_ref().and_then(|d| d.to_hash), Some(good[4].hash));
    }
}
