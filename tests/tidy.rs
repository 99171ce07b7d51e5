//! The house rules that a compiler does not know: floors, one clock, documents that keep up with the sources.
//! Each rule names the file and line that breaks it and says what to do instead.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What each part of `src/` may import from the others: HOUSE, floors 0 to 4. Imports point down, and the adapters of
/// floor 2 never know each other.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("engine", &["domain"]),
    ("store", &["domain", "engine"]),
    ("files", &["domain", "engine"]),
    ("av", &["domain", "engine"]),
    ("notify", &["domain", "engine"]),
    ("config", &["domain", "engine"]),
    ("desk", &["domain", "engine", "store", "files", "av", "notify", "config"]),
    ("paper", &["domain", "engine", "config", "desk"]),
    ("web", &["domain", "engine", "store", "files", "av", "notify", "config", "desk", "paper"]),
    ("fuzz", &["domain", "av", "desk", "files"]),
    ("cli", &["domain", "engine", "store", "files", "av", "notify", "config", "desk", "paper", "web"]),
];

/// Crates and standard modules that only some parts may use.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("rusqlite::", &["store"], "SQL lives in store/"),
    ("gstreamer", &["av"], "GStreamer lives in av/"),
    ("gst::", &["av"], "GStreamer lives in av/"),
    ("image::", &["av"], "picture files live in av/"),
    ("axum::", &["web"], "HTTP types live in web/"),
    ("askama::", &["web"], "pages live in web/"),
    ("serde", &["store", "files", "av", "notify", "config", "paper", "web", "cli"], "serialisation lives at the edges"),
    ("clap::", &["cli"], "the command line lives in cli/"),
    (
        "std::fs",
        &["files", "store", "av", "notify", "config", "desk", "paper", "web", "cli"],
        "floors 0 and 1 do no IO",
    ),
    ("tokio::", &["av", "notify", "desk", "web", "cli"], "floors 0 and 1, the store and files are not async"),
    ("std::env", &["config", "av", "cli", "notify"], "config.rs reads the environment"),
];

/// Readers of a clock that floors 0 and 1 may never call, and of the wall clock, which only `desk/clock.rs` reads.
const WALL_CLOCK: &[&str] = &["Utc::now", "Local::now", "SystemTime::now"];
const ANY_CLOCK: &[&str] = &["Instant::now", "Utc::now", "Local::now", "SystemTime::now"];

/// Beginnings of statements, as they stand in a string.
const SQL: &[&str] = &["\"select ", "\"insert into ", "\"delete from ", "\"create table ", "\"update ", "\"pragma "];

/// Longest source file, lines; the aim is 500.
const MAX_LINES: usize = 900;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "manager", "common", "misc"];

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The part of `src/` it belongs to, `None` for `lib.rs` and `main.rs`.
    fn part(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        let part = first.strip_suffix(".rs").unwrap_or(first);
        (!matches!(part, "lib" | "main")).then_some(part)
    }
    /// How many `super` lead to the crate's root.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        inside.split('/').count()
    }
    /// Numbered lines of the product: no comment, nothing from the tests at the end of the file on.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|w| w[0] == "#[cfg(test)]" && w[1].starts_with("mod "));
        let end = tests.unwrap_or(lines.len());
        let lines: Vec<_> = lines.into_iter().take(end).enumerate().map(|(n, l)| (n + 1, l)).collect();
        lines.into_iter().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|n| n != "node_modules") {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut found);
    }
    found.sort();
    let rust = found.into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs"));
    let relative = |p: &Path| p.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    rust.map(|p| Source { path: relative(&p), text: fs::read_to_string(&p).expect("UTF-8") }).collect()
}

/// Names right after each `crate::`, or after as many `super::` as lead to the root; braces are opened.
fn imported(line: &str, depth: usize) -> Vec<String> {
    let to_root = "super::".repeat(depth);
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for from in ["crate::", to_root.as_str()] {
        for (at, _) in line.match_indices(from) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &line[at + from.len()..];
            match rest.strip_prefix('{') {
                Some(list) => names.extend(list.split(',').map(|item| name(item.trim()))),
                None => names.push(name(rest)),
            }
        }
    }
    names
}

fn assert_none(faults: &str) {
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn imports_point_down() {
    let parts: BTreeSet<&str> = MAY_IMPORT.iter().map(|(part, _)| *part).collect();
    let mut faults = String::new();
    for source in sources(&["src"]) {
        let Some(part) = source.part() else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == part) else {
            writeln!(faults, "{}: on which floor is {part}? Say so in MAY_IMPORT.", source.path).expect("a string");
            continue;
        };
        for (number, line) in source.code() {
            for name in imported(line, source.depth()) {
                if parts.contains(name.as_str()) && name != part && !allowed.contains(&name.as_str()) {
                    writeln!(faults, "{}:{number}: {part} may not import {name}", source.path).expect("a string");
                }
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn each_kind_of_work_stays_in_its_room() {
    let mut faults = String::new();
    for source in sources(&["src"]) {
        let Some(part) = source.part() else { continue };
        for (number, line) in source.code() {
            for (used, rooms, why) in ONLY_IN {
                let starts = |at: usize| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '"' | '.' | '-'))
                };
                if !rooms.contains(&part) && line.match_indices(used).any(|(at, _)| starts(at)) {
                    writeln!(faults, "{}:{number}: {used} in {part}: {why}", source.path).expect("a string");
                }
            }
            let lower = line.to_lowercase();
            if part != "store" && SQL.iter().any(|sql| lower.contains(sql)) {
                writeln!(faults, "{}:{number}: SQL lives in store/", source.path).expect("a string");
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn one_file_reads_the_wall_clock() {
    let mut faults = String::new();
    for source in sources(&["src"]) {
        let floor_0_or_1 = matches!(source.part(), Some("domain" | "engine"));
        let forbidden = if floor_0_or_1 { ANY_CLOCK } else { WALL_CLOCK };
        if source.path == "src/desk/clock.rs" {
            continue;
        }
        for (number, line) in source.code() {
            if let Some(clock) = forbidden.iter().find(|clock| line.contains(**clock)) {
                writeln!(faults, "{}:{number}: {clock}: take `now` as an argument", source.path).expect("a string");
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut faults = String::new();
    for source in sources(&["src", "tests"]) {
        let documented = source.text.starts_with("//!") || source.text.starts_with("#![doc = include_str!");
        if !documented {
            writeln!(faults, "{}: begins without `//!`", source.path).expect("a string");
        }
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            writeln!(faults, "{}: {lines} lines, {MAX_LINES} at most", source.path).expect("a string");
        }
        let names = source.path.trim_end_matches(".rs").split('/');
        for name in names.filter(|name| EMPTY_NAMES.contains(name)) {
            writeln!(faults, "{}: `{name}` does not say what is inside", source.path).expect("a string");
        }
    }
    assert_none(&faults);
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two pieces, so that this file does not find itself.
    let marks = [concat!("#[ign", "ore"), concat!("to", "do!("), concat!("unimple", "mented!("), concat!("TO", "DO")];
    let mut faults = String::new();
    for source in sources(&["src", "tests"]) {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                writeln!(faults, "{}:{}: {mark}", source.path, number + 1).expect("a string");
            }
        }
    }
    assert_none(&faults);
}

/// First cell of each row of each table in `docs/dependencies.md`, without its backquotes.
fn listed_dependencies() -> BTreeSet<String> {
    let text = read("docs/dependencies.md");
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_dependency_earns_its_line() {
    let cargo: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml");
    let crates = ["dependencies", "dev-dependencies"].iter().filter_map(|table| cargo.get(*table)?.as_table());
    let mut used: BTreeSet<String> = crates.flat_map(|table| table.keys().cloned()).collect();
    let setup = read("scripts/setup");
    used.extend(setup.lines().filter_map(|line| {
        let (name, _why) = line.split_once("echo '").map_or(line, |(_, rest)| rest).split_once('|')?;
        let package = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '+');
        (!name.is_empty() && name.chars().all(package)).then(|| name.to_owned())
    }));
    let package: serde_json::Value = serde_json::from_str(&read("tests/browser/package.json")).expect("JSON");
    let node = package["dependencies"].as_object().expect("dependencies of the browser test");
    used.extend(node.keys().cloned());

    let listed = listed_dependencies();
    let unlisted: Vec<_> = used.difference(&listed).collect();
    let unused: Vec<_> = listed.difference(&used).collect();
    assert!(unlisted.is_empty(), "no line in docs/dependencies.md says what these earn: {unlisted:?}");
    assert!(unused.is_empty(), "docs/dependencies.md lists what nothing uses: {unused:?}");
}

#[test]
fn lock_files_name_no_registry_host() {
    let lock = read("tests/browser/package-lock.json");
    assert!(!lock.contains("\"resolved\""), "tests/browser/package-lock.json: run npm with this folder's .npmrc");
}
