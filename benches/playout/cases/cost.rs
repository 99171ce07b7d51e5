//! What it costs to play the house's format to nowhere, beside ffmpeg and mpv on the same clips, in turns.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{median, sleep_until, soon, start};
use crate::Length;
use crate::clips::{self, Kind};
use crate::plan;
use crate::process;
use crate::report::Row;
use crate::stage::Home;

/// Seconds that are counted, after as many as a start takes.
const COUNTED_S: i64 = 12;
const SETTLING_S: i64 = 4;
/// Ticks of a clip.
const CLIP: u32 = 125;

/// Still drawings, which cost a decoder little; and pictures with the noise of a camera, which fill the bit rate.
static PICTURES: [(&str, &[&str], [u8; 4]); 2] = [
    ("drawings", &["-preset", "veryfast", "-profile:v", "high", "-b:v", "6M"], [80, 81, 82, 83]),
    (
        "camera",
        &["-vf", "scale=1920:1080,noise=alls=14:allf=t", "-preset", "veryfast", "-profile:v", "high", "-b:v", "6M"],
        [84, 85, 86, 87],
    ),
];

pub fn measure(length: Length) -> Vec<Row> {
    PICTURES.iter().flat_map(|(name, options, ids)| of_pictures(length, name, options, ids)).collect()
}

fn of_pictures(length: Length, name: &str, options: &'static [&'static str], ids: &[u8]) -> Vec<Row> {
    let kind = |id| Kind { size: (1920, 1080), options, ..Kind::house(id) };
    let clips: Vec<_> = ids.iter().map(|id| clips::make(kind(*id), CLIP)).collect();
    let list = clips::folder().join(format!("house-{name}.txt"));
    let lines: String = clips.iter().map(|clip| format!("file '{}'\n", clip.path.display())).collect();
    std::fs::write(&list, lines).expect("target/ can be written");
    let mut ours = Vec::new();
    let (mut ffmpeg, mut mpv, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let has_mpv = Command::new("mpv").arg("--version").stdout(Stdio::null()).status().is_ok();
    for _ in 0..length.of(3, 5) {
        let (used, resident) = siaran(&clips);
        ours.push(used);
        memory.push(resident);
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-re", "-f", "concat", "-safe", "0", "-i"]).arg(&list).args(["-f", "null", "-"]);
        ffmpeg.push(other(command));
        if has_mpv {
            let mut command = Command::new("mpv");
            command.args(["--no-config", "--really-quiet", "--vo=null", "--ao=null"]);
            command.args(clips.iter().map(|clip| &clip.path));
            mpv.push(other(command));
        }
    }
    let shown = |figures: &[f64]| figures.iter().map(|f| format!("{f:.1}")).collect::<Vec<_>>().join(", ");
    let said = |who: &str, figures: &[f64]| {
        let middle = median(figures.to_vec());
        Row::said(format!("{name}: {who}, % of a core"), format!("{middle:.1} (of {})", shown(figures)))
    };
    let against = |who: &str, theirs: &[f64], most: f64, aim: f64| {
        let times = median(ours.clone()) / median(theirs.to_vec());
        let bar = format!("≤ {most} × (aim {aim})");
        Row::new(format!("{name}: against {who}"), format!("{times:.2} ×"), bar, times <= most)
    };
    let mut rows = vec![
        said("engine and decoders at 1080p25, clips of 5 s", &ours),
        said("ffmpeg -re -f null", &ffmpeg),
        against("ffmpeg", &ffmpeg, 1.6, 1.2),
    ];
    if has_mpv {
        rows.extend([said("mpv to null", &mpv), against("mpv", &mpv, 1.4, 1.1)]);
    } else {
        rows.push(Row::said("mpv", "not installed"));
    }
    let resident = median(memory);
    let figure = format!("{resident:.0} MB");
    rows.push(Row::new(
        format!("{name}: largest memory of the engine at 1080p25"),
        figure,
        "≤ 100 MB",
        resident <= 100.0,
    ));
    rows
}

/// Per cent of a core over the seconds that count, and the largest memory of the engine, megabytes.
fn siaran(clips: &[clips::Clip]) -> (f64, f64) {
    let count = (SETTLING_S + COUNTED_S + 4) as u32 * 25 / CLIP + 1;
    let slots = plan::in_turn(clips.iter().cycle().take(count as usize).map(|clip| (clip.clone(), CLIP)));
    let mut home = Home::with_wall(1920, 1080);
    let begin = soon(3);
    let rows = plan::rows(&home, begin, &slots);
    home.publish_rows(begin, 1, &rows);
    let player = start(&home, &["null"], plan::at(begin, i64::from(count * CLIP)));
    sleep_until(begin + chrono::TimeDelta::seconds(SETTLING_S));
    let used = counted(player.0.id());
    let status = std::fs::read_to_string(format!("/proc/{}/status", player.0.id())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = peak.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN);
    (used, kib / 1024.0)
}

fn other(mut command: Command) -> f64 {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let child = Ended(child);
    std::thread::sleep(Duration::from_secs(SETTLING_S.unsigned_abs()));
    counted(child.0.id())
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn counted(pid: u32) -> f64 {
    let (before, begun) = (process::processor_seconds(pid), std::time::Instant::now());
    std::thread::sleep(Duration::from_secs(COUNTED_S.unsigned_abs()));
    (process::processor_seconds(pid) - before) / begun.elapsed().as_secs_f64() * 100.0
}
