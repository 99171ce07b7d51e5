//! Plans of published instances, beside a spreadsheet's loop and stride scheduling, judged here and not by the planner.
//!
//! ```text
//! cargo bench --bench planner -- FOLDER            instances/*.json, results.csv and fair_levels.json in FOLDER
//! ```
//!
//! Without a folder `../shared/sched` is used where it is there. A day's plan is made by `siaran plan --instance`, as
//! everybody can; the year of fifty walls (family H) by the library, a draft of each day.

mod bulk;
mod day;
mod month;
mod others;
mod revisions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use day::{Instance, Judged};

const SIARAN: &str = env!("CARGO_BIN_EXE_siaran");
/// Plans of each instance; the one that took least processor time counts.
const TURNS: usize = 5;

fn main() -> ExitCode {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sched"), PathBuf::from);
    let Ok(instances) = instances(&folder) else {
        eprintln!("error: {} holds no instances/*.json. Try: cargo bench --bench planner -- FOLDER", folder.display());
        return ExitCode::from(2);
    };
    let (bounds, fair) = (bounds(&folder), fair_levels(&folder));
    println!("| instance | planned by | hard violations | booked / bound | Jain | spread | CPU |");
    println!("|---|---|---|---|---|---|---|");
    for path in instances.iter().filter(|path| is_day(path)) {
        let Some(instance) = Instance::read(path) else {
            println!("| {} | | not an instance | | | | |", path.display());
            continue;
        };
        let bound = bounds.get(&instance.name).copied().unwrap_or_else(|| instance.bound());
        let fair = fair.get(&instance.name).map(Vec::as_slice);
        let row = |by: &str, judged: Judged, cpu: String| {
            let fill = judged.booked as f64 / bound;
            let jain = judged.jain.map_or("–".into(), |jain| format!("{jain:.4}"));
            let (name, violations, spread) = (&instance.name, judged.violations, judged.spread);
            println!("| {name} | {by} | {violations} | {fill:.5} | {jain} | {spread:.4} | {cpu} |");
        };
        match planned(path) {
            Some((plays, micros)) => row("siaran", instance.judge(&plays, fair), format!("{micros} µs")),
            None => println!("| {} | siaran | no plan | | | | |", instance.name),
        }
        row("spreadsheet loop", instance.judge(&others::spreadsheet_loop(&instance), fair), "–".into());
        row("stride scheduling", instance.judge(&others::stride(&instance), fair), "–".into());
    }
    println!(
        "\n| announced day | what happens | plays that go | found another place | changed without need | hard violations | CPU |"
    );
    println!("|---|---|---|---|---|---|---|");
    let of_family = |families: &'static [char]| instances.iter().filter(move |path| name(path).starts_with(families));
    for path in of_family(&['A', 'B']) {
        Instance::read(path).into_iter().for_each(|instance| revisions::measure(path, instance));
    }
    println!("\n| least office over its fair share | | of those | day 1 | 2 days | 7 days | 30 days |");
    println!("|---|---|---|---|---|---|---|");
    for instance in of_family(&['B']).filter_map(|path| Instance::read(path)) {
        month::measure(&instance);
    }
    println!("\n| a year of walls | days | plays | booked / bound | CPU | a day |\n|---|---|---|---|---|---|");
    for path in of_family(&['H']) {
        bulk::measure(path);
    }
    ExitCode::SUCCESS
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The families A to F are days of one wall.
fn is_day(path: &Path) -> bool {
    name(path).starts_with(['A', 'B', 'C', 'D', 'E', 'F'])
}

fn instances(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(folder.join("instances"))?;
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

/// The best seconds that anybody is known to reach, by instance.
fn bounds(folder: &Path) -> BTreeMap<String, f64> {
    let Ok(mut rows) = csv::Reader::from_path(folder.join("results.csv")) else { return BTreeMap::new() };
    let rows = rows.deserialize::<BTreeMap<String, String>>().filter_map(Result::ok);
    rows.filter(|row| row["objective"].starts_with("booked_seconds"))
        .filter_map(|row| Some((row["instance"].clone(), row["bound"].parse().ok()?)))
        .collect()
}

fn fair_levels(folder: &Path) -> BTreeMap<String, Vec<f64>> {
    let text = std::fs::read_to_string(folder.join("fair_levels.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The plan of `siaran plan`, and the least processor time it says it took.
fn planned(path: &Path) -> Option<(Vec<(usize, i64)>, u64)> {
    #[derive(serde::Deserialize)]
    struct Plan {
        sched: Vec<(usize, i64)>,
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planner.json");
    let mut least = u64::MAX;
    for _ in 0..TURNS {
        let mut plan = Command::new(SIARAN);
        plan.args(["plan", "--timings", "--instance"]).arg(path).arg("--output").arg(&out);
        let told = plan.output().ok().filter(|told| told.status.success())?;
        let text = String::from_utf8_lossy(&told.stderr).into_owned();
        least = least.min(text.split_whitespace().skip_while(|word| *word != "cpu_us").nth(1)?.parse().ok()?);
    }
    let plan: Plan = serde_json::from_str(&std::fs::read_to_string(&out).ok()?).ok()?;
    Some((plan.sched, least))
}
