//! What becomes of an announced day when something happens: which plays change that need not.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::SIARAN;
use crate::day::{Clip, Fixed, Instance, Play};

/// A live relay in prime time: 90 minutes from 18:00.
const RELAY: (i64, i64) = (64_800, 5_400);
/// An urgent clip: 12 plays of 30 s, at least half an hour apart.
const URGENT: (i64, usize, i64) = (30, 12, 1_800);

#[derive(Deserialize)]
struct Written {
    sched: Vec<Play>,
}

pub fn measure(path: &Path, mut instance: Instance) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (announced_file, event_file, out) =
        (folder.join("announced.json"), folder.join("event.json"), folder.join("repaired.json"));
    let siaran = |extra: &[&Path]| {
        let mut plan = Command::new(SIARAN);
        plan.args(["plan", "--timings", "--instance"]).arg(path).args(extra);
        let told = plan.output().ok().filter(|told| told.status.success())?;
        let text = String::from_utf8_lossy(&told.stderr).into_owned();
        text.split_whitespace().skip_while(|word| *word != "cpu_us").nth(1)?.parse::<u64>().ok()
    };
    let read = |file: &Path| {
        let written: Option<Written> = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok();
        written.map(|w| w.sched)
    };
    siaran(&[Path::new("--output"), &announced_file]);
    let Some(announced) = read(&announced_file) else { return };
    let covers = |p: &Play, (start, length): (i64, i64)| p.1 < start + length && start < p.1 + instance.clips[p.0].dur;
    let plays_of = |clip: usize| announced.iter().filter(|p| p.0 == clip).count();
    let most = (0..instance.clips.len()).max_by_key(|clip| (plays_of(*clip), std::cmp::Reverse(*clip))).unwrap_or(0);
    let forced_by_relay: BTreeSet<Play> = announced.iter().filter(|p| covers(p, RELAY)).copied().collect();
    let withdrawn: BTreeSet<Play> = announced.iter().filter(|p| p.0 == most).copied().collect();
    let urgent = instance.clips.len();
    let (dur, req, sep) = URGENT;
    let (open, close) = (instance.open, instance.close);
    let events = [
        (
            "relay of 90 minutes",
            format!(r#"{{"kind":"relay","start":{},"dur":{}}}"#, RELAY.0, RELAY.1),
            Some(forced_by_relay),
        ),
        ("its most-played clip withdrawn", format!(r#"{{"kind":"withdraw","clip":{most}}}"#), Some(withdrawn)),
        (
            "12 urgent plays",
            format!(
                r#"{{"kind":"urgent","clip":{{"id":{urgent},"dur":{dur},"agency":0,"prio":0,"win":[[{open},{close}]],"min":{req},"req":{req},"sep":{sep}}}}}"#
            ),
            None,
        ),
    ];
    for (what, event, forced) in events {
        std::fs::write(&event_file, event).expect("a file of the benchmark's own");
        let parts =
            [Path::new("--revise"), &announced_file, Path::new("--event"), &event_file, Path::new("--output"), &out];
        let (Some(micros), Some(repaired)) = (siaran(&parts), read(&out)) else {
            println!("| {} | {what} | no repair | | | | |", instance.name);
            continue;
        };
        let missing_from = |a: &[Play], b: &[Play]| -> BTreeSet<Play> {
            let b: BTreeSet<&Play> = b.iter().collect();
            a.iter().filter(|p| !b.contains(p)).copied().collect()
        };
        let (removed, added) = (missing_from(&announced, &repaired), missing_from(&repaired, &announced));
        let lost: BTreeSet<usize> = removed.iter().map(|p| p.0).collect();
        let urgent_plays = added.iter().filter(|p| p.0 == urgent).count();
        // An urgent play may cost one play each; what else goes, or comes without having gone, was not forced.
        let needless = match &forced {
            Some(forced) => removed.symmetric_difference(forced).count(),
            None => removed.len().saturating_sub(urgent_plays),
        } + added.iter().filter(|p| p.0 != urgent && !lost.contains(&p.0)).count();
        let elsewhere = added.len() - urgent_plays;
        let judged = match what {
            "relay of 90 minutes" => {
                instance.fixed.push(Fixed { start: RELAY.0, dur: RELAY.1 });
                let judged = instance.judge(&repaired, None);
                instance.fixed.pop();
                judged
            }
            "12 urgent plays" => {
                instance.clips.push(Clip { dur, agency: 0, prio: 0, min: 0, win: vec![(open, close)], req, sep });
                let judged = instance.judge(&repaired, None);
                instance.clips.pop();
                judged
            }
            _ => instance.judge(&repaired, None),
        };
        println!(
            "| {} | {what} | {} of {} | {elsewhere} | {needless} | {} | {micros} µs |",
            instance.name,
            removed.len(),
            announced.len(),
            judged.violations
        );
    }
}
