//! Rows, the file that keeps them, and the table that shows them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;

use crate::Length;
use crate::cases::CASES;

/// One figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    what: String,
    figure: String,
    bar: String,
    /// `None` where there is no bar to hold.
    holds: Option<bool>,
}

impl Row {
    /// A figure with the bar that it holds, or does not.
    pub fn new(what: impl Into<String>, figure: impl fmt::Display, bar: impl Into<String>, holds: bool) -> Row {
        Row { what: what.into(), figure: figure.to_string(), bar: bar.into(), holds: Some(holds) }
    }
    /// A count that is to be nought.
    pub fn none_of(what: impl Into<String>, count: impl Into<u64>) -> Row {
        let count = count.into();
        Row::new(what, count, "0", count == 0)
    }
    /// A figure without a bar.
    pub fn said(what: impl Into<String>, figure: impl fmt::Display) -> Row {
        Row { what: what.into(), figure: figure.to_string(), bar: String::new(), holds: None }
    }
    fn verdict(&self) -> &'static str {
        match self.holds {
            Some(true) => "holds",
            Some(false) => "**does not hold**",
            None => "–",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { what, figure, bar, .. } = self;
        write!(f, "{what}: {figure} (bar {bar}): {}", self.verdict())
    }
}

/// A finished case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    case: String,
    rows: Vec<Row>,
    /// Processes that ran or waited to, a minute's mean, when the case began and ended.
    load: [f64; 2],
    seconds: u64,
    date: String,
}

impl Measured {
    pub fn new(case: &str, rows: Vec<Row>, load: [f64; 2], took: Duration) -> Measured {
        let date = SystemClock::start().now().format("%Y-%m-%d %H:%M UTC").to_string();
        Measured { case: case.to_owned(), rows, load, seconds: took.as_secs(), date }
    }
}

/// The folder with what has been measured at one length.
pub struct Kept {
    folder: PathBuf,
    length: Length,
}

impl Kept {
    pub fn open(length: Length) -> Kept {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playout-figures").join(length.name());
        std::fs::create_dir_all(&folder).expect("target/ can be written");
        Kept { folder, length }
    }

    fn path(&self, case: &str) -> PathBuf {
        self.folder.join(format!("{case}.json"))
    }

    pub fn has(&self, case: &str) -> bool {
        self.read(case).is_some()
    }

    fn read(&self, case: &str) -> Option<Measured> {
        serde_json::from_slice(&std::fs::read(self.path(case)).ok()?).ok()
    }

    pub fn keep(&self, measured: &Measured) {
        let text = serde_json::to_vec_pretty(measured).expect("words and numbers");
        siaran::files::whole::write(&self.path(&measured.case), &text).expect("target/ can be written");
    }

    fn all(&self) -> Vec<Measured> {
        CASES.iter().filter_map(|case| self.read(case.name)).collect()
    }

    pub fn holds(&self) -> bool {
        self.all().iter().flat_map(|measured| &measured.rows).all(|row| row.holds != Some(false))
    }

    /// Everything that has been measured at this length, in Markdown; also written beside it.
    pub fn table(&self) -> String {
        let mut table = format!("Measured with `--{}` on {}.\n\n", self.length.name(), machine());
        table += "| case | what | figure | bar | | load | when |\n|---|---|---|---|---|---|---|\n";
        for Measured { case, rows, load: [before, after], date, seconds } in self.all() {
            for row in rows {
                let (Row { what, figure, bar, .. }, verdict) = (&row, row.verdict());
                table += &format!(
                    "| {case} | {what} | {figure} | {bar} | {verdict} | {before:.1}–{after:.1} | {date}, {seconds} s |\n"
                );
            }
        }
        let _ = std::fs::write(self.folder.join("table.md"), &table);
        table
    }
}

/// The machine, its kernel and what decodes on it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let first_line = |program: &str, argument: &str| {
        let said = Command::new(program).arg(argument).output().ok()?;
        let text = String::from_utf8_lossy(&said.stdout);
        let words = text.lines().next()?.split_whitespace();
        Some(words.take(3).collect::<Vec<_>>().join(" "))
    };
    let programs = [("gst-launch-1.0", "--version"), ("ffmpeg", "-version"), ("mpv", "--version")];
    let programs =
        programs.map(|(program, argument)| first_line(program, argument).unwrap_or_else(|| format!("no {program}")));
    let model = model.trim_start_matches([' ', '\t', ':']).trim();
    format!("{cores} cores ({model}), Linux {}, {}", kernel.trim(), programs.join(", "))
}
