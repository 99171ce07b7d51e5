//! A home with a small wall, and players that play it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::as_run::AsRun;
use siaran::domain::time::Clock;
use siaran::files::journal::{self, JournalPaths};
use siaran::files::status_file::{self, OutputStatus};
use siaran::files::whole;

use crate::barcode::{self, HEIGHT, Recipe, WIDTH};

/// One tick of the wall.
pub const TICK: TimeDelta = TimeDelta::milliseconds(40);

/// A home with a small wall that is always open.
pub struct Home {
    folder: tempfile::TempDir,
    date: String,
}

/// One item: a clip of the home, and how many frames of it.
pub struct Planned {
    pub clip: PathBuf,
    pub frames: u32,
}

impl Home {
    pub fn new() -> Home {
        Home::with_wall(WIDTH, HEIGHT)
    }

    pub fn with_wall(width: usize, height: usize) -> Home {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config =
            format!("[channel.videotron]\nopen = \"04:00\"\nclose = \"04:00\"\nwidth = {width}\nheight = {height}\n");
        std::fs::write(folder.path().join("siaran.toml"), config).expect("written");
        for name in ["media/house", "playlists/videotron"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        Home { folder, date: String::new() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn clip(&self, name: &str, recipe: &Recipe) -> PathBuf {
        let path = self.path().join(name);
        barcode::make(&path, recipe);
        path
    }

    /// Copies a clip to where the player looks for it; its path below the home, and the hash of its bytes.
    pub fn keep(&self, clip: &Path) -> (String, String) {
        let hash = whole::sha256_of(clip).expect("readable");
        let house = format!("media/house/{hash}.mp4");
        let path = self.path().join(&house);
        // One that is there may be on air.
        if !path.exists() {
            std::fs::copy(clip, path).expect("copied");
        }
        (house, hash.to_string())
    }

    /// Publishes the items back to back from `start`, and returns where they end.
    pub fn publish(&mut self, start: DateTime<Utc>, items: &[Planned]) -> DateTime<Utc> {
        let mut at = start;
        let mut rows = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let (house, hash) = self.keep(&item.clip);
            rows.push(serde_json::json!({
                "id": format!("i{n}"), "start": zone().rfc3339(at), "duration_frames": item.frames, "run": "auto",
                "kind": "clip", "source": house, "sha256": hash, "title": format!("Clip {n}"), "owner": "Dinas",
            }));
            at += TICK * i32::try_from(item.frames).expect("a few frames");
        }
        self.publish_rows(start, 1, &rows);
        at
    }

    /// Publishes a revision of the day on which `start` lies.
    pub fn publish_rows(&mut self, start: DateTime<Utc>, revision: u32, rows: &[serde_json::Value]) {
        self.date = zone().date_of(start).to_string();
        let path = self.path().join(format!("playlists/videotron/{}.r{revision}.json", self.date));
        std::fs::write(path, revision_of(&self.date, revision, rows)).expect("written");
    }

    pub fn play(&self, outputs: &[&str], until: DateTime<Utc>) -> Player {
        Player(self.command(outputs, until).spawn().expect("the player starts"))
    }

    /// The command that plays.
    pub fn command(&self, outputs: &[&str], until: DateTime<Utc>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
        command.arg("--home").arg(self.path()).args(["play", "videotron", "--until", &until.to_rfc3339()]);
        for output in outputs {
            command.args(["--output", output]);
        }
        command.stdout(Stdio::null());
        command
    }

    /// What the player says of an output.
    pub fn output(&self, address: &str) -> OutputStatus {
        let status = status_file::read(&self.path().join("run/videotron.status.json")).expect("a status");
        status.outputs.into_iter().find(|output| output.address == address).expect("the player has that output")
    }

    pub fn rows(&self) -> Vec<AsRun> {
        let channel = "videotron".parse().expect("a channel");
        let rows = journal::read(&JournalPaths::in_home(self.path(), &channel)).expect("the chain holds");
        rows.into_iter().map(|chained| chained.row).collect()
    }
}

/// Where the wall stands.
pub fn zone() -> siaran::domain::time::Zone {
    "Asia/Jakarta".parse().expect("a zone")
}

/// The text of a revision.
pub fn revision_of(date: &str, revision: u32, rows: &[serde_json::Value]) -> String {
    let list = serde_json::json!({
        "format": "siaran-playlist/1", "channel": "videotron", "date": date, "revision": revision, "parent": null,
        "zone": "Asia/Jakarta", "frame_rate": [25, 1], "withdrawn": [], "items": rows,
    });
    list.to_string()
}

fn numbers(text: &str) -> Vec<i32> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// A player that never outlives its test.
pub struct Player(pub Child);

impl Player {
    /// The processes of its outputs, each with what it has open.
    pub fn output_processes(&self) -> Vec<(i32, Vec<PathBuf>)> {
        let children = format!("/proc/{0}/task", self.0.id());
        let tasks = std::fs::read_dir(children).expect("the player runs").flatten();
        let children = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let children: Vec<i32> = children.flat_map(|text| numbers(&text)).collect();
        let ours = children.into_iter().filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).nth(1) == Some(b"output")
        });
        let open = |pid: &i32| {
            let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            files.filter_map(|file| std::fs::read_link(file.path()).ok()).collect()
        };
        ours.map(|pid| (pid, open(&pid))).collect()
    }

    pub fn ends(mut self, within: Duration) -> bool {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.0.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A whole second, some seconds from now: time enough to start on a busy machine.
pub fn soon(seconds: i64) -> DateTime<Utc> {
    let now = SystemClock::start().now();
    DateTime::from_timestamp(now.timestamp() + seconds, 0).expect("a time of this century")
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
