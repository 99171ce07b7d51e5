//! What inspection says of real and hostile files that others made, and of a few that are drawn here.
//!
//! The files of others lie in `../shared/corpus` where they are at all; they are read, never copied. Without them the
//! drawn ones alone are tried, and the test says so.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]

mod drawn;
mod oracle;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use siaran::av::ffmpeg::Ffmpeg;
use siaran::av::inspect::{InspectLimits, Told, inspect};
use siaran::domain::asset::{Inspection, ReasonCode, Severity, Verdict};
use siaran::domain::channel::HouseFormat;
use siaran::domain::confinement::Demands;
use siaran::engine::acceptance::{Judgement, Policy, judge};

/// Files whose outcome is otherwise than the list says, and why. None was made to fit.
const KNOWN: &[(&str, &str)] = &[
    (
        "edge/editlist_positive_shift.mp4",
        "each of its 270 pictures is black, with and without its edit list, and nothing is heard; the list counts the second \
         before them, in which a player shows nothing, as something else",
    ),
    (
        "pse/broadcast_30fps_01__f006l034.mkv",
        "each of two steps is under a tenth of white, and both together are twice it",
    ),
    (
        "video/tears_of_steel_70s_vp8.webm",
        "its gun fight at 0:59 flashes over two fifths of the picture, six times a second",
    ),
];

fn siaran() -> Ffmpeg {
    Ffmpeg::through(Path::new(env!("CARGO_BIN_EXE_siaran")), &Demands::default())
}

/// Everything is told that the reference values tell.
fn limits() -> InspectLimits {
    InspectLimits { told: Told { black_ms: 90, freeze_ms: 450, silence_ms: 490 }, ..InspectLimits::default() }
}

fn look(path: &Path) -> Inspection {
    inspect(path, limits(), &siaran(), &mut |_| true).expect("the machine can").inspection
}

fn judged(found: &Inspection) -> Judgement {
    judge(found, HouseFormat::DEFAULT, Policy::WALL)
}

fn refused_for(judgement: &Judgement) -> Vec<ReasonCode> {
    judgement.reasons.iter().filter(|r| r.severity == Severity::Fail).map(|r| r.code).collect()
}

/// Rows of a table by their first column, each a map from heading to value.
fn table(path: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("the corpus has its table");
    let headings = reader.headers().expect("headings").clone();
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        let values = headings.iter().zip(row.iter()).map(|(h, v)| (h.to_owned(), v.to_owned())).collect();
        (row[0].to_owned(), values)
    });
    rows.collect()
}

struct Seen {
    file: String,
    inspection: Inspection,
    took: Duration,
}

/// Inspects every file, two at a time.
fn inspect_all(corpus: &Path, files: &[String]) -> Vec<Seen> {
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let inspection = look(&corpus.join(file));
                    seen.lock().unwrap().push(Seen { file: file.clone(), inspection, took: started.elapsed() });
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

/// What is wrong with one outcome; nothing for what does not count.
fn wrong(seen: &Seen, listed: &BTreeMap<String, String>) -> Option<String> {
    let expected = listed["expected_video_wall"].as_str();
    let judgement = judged(&seen.inspection);
    let refused = judgement.verdict == Verdict::Refuse;
    let counts = expected != "accept_or_reject" && !seen.file.starts_with("pse/broadcast_30fps_red");
    let known = KNOWN.iter().any(|(file, _)| *file == seen.file);
    let decoded_s: f64 = listed["decoded_s"].parse().unwrap_or(0.0);
    let patience = Duration::from_secs_f64((2.0 * decoded_s).max(20.0));
    if counts && refused != (expected == "reject") && !known {
        return Some(format!("{}: wanted {expected}, refused for {:?}", seen.file, refused_for(&judgement)));
    }
    (seen.took > patience).then(|| format!("{}: took {:?}", seen.file, seen.took))
}

/// Processes that this one started and that are still there.
fn children() -> Vec<String> {
    let parent = format!("\nPPid:\t{}\n", std::process::id());
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let statuses = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("status")).ok());
    statuses.filter(|status| status.contains(&parent)).map(|s| s.lines().next().unwrap_or("").to_owned()).collect()
}

#[test]
fn every_file_that_others_made_gets_the_outcome_that_is_listed_for_it() {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    if !corpus.join("MANIFEST.csv").is_file() {
        println!("{} is not there: nothing but what is drawn here was tried", corpus.display());
        return;
    }
    let (listed, reference) = (table(&corpus.join("MANIFEST.csv")), table(&corpus.join("ORACLE.csv")));
    let files: Vec<String> = listed.keys().cloned().collect();
    let seen = inspect_all(&corpus, &files);
    let mut faults = String::new();
    for seen in &seen {
        let outcome = wrong(seen, &listed[&seen.file]).into_iter();
        let values = reference.get(&seen.file).map(|values| oracle::differences(&seen.file, &seen.inspection, values));
        for fault in outcome.chain(values.unwrap_or_default()) {
            writeln!(faults, "{fault}").unwrap();
        }
    }
    assert!(faults.is_empty(), "of {} files:\n{faults}", seen.len());
    assert_eq!(children(), Vec::<String>::new(), "every decoder has ended");
}
