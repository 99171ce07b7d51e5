//! What a channel draws on its air, judged from the pixels of a recording.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use siaran::desk::clock::SystemClock;
use siaran::domain::time::Clock;
use siaran::files::{incident_log, status_file};

use crate::barcode::{self, HEIGHT, Recipe, Seen, WIDTH};
use crate::heard::tick_of;
use crate::orders::{ctl, wait_until};
use crate::stage::{Home, seconds, soon, zone};

/// Everything lies below the barcode: logo and clock on rows 56 to 84, the crawl's band on 108 to 140, the ticker's from
/// 148 on.
const BRANDING: &str = r##"
[channel.videotron.branding]
layers = [
  { name = "logo", logo = "media/branding/logo.png", at = [20, 60] },
  { name = "jam", clock = "HH:MM:SS", at = [180, 58], size = 16, ground_opacity = 100 },
  { name = "berita", ticker = "Imunisasi gratis, bayar pajak tepat waktu", size = 20, speed = 125, ground = "#000080", ground_opacity = 100 },
  { name = "hilang", logo = "media/branding/gone.png", at = [0, 50] },
]
sets = { tenang = ["logo"] }
[channel.videotron.branding.crawl]
margin = 40
size = 20
speed = 150
colour = "#000000"
ground = "#ffffff"
"##;
const TICKER: Rows = Rows(150, 178);
const CRAWL: Rows = Rows(112, 136);
const CLOCK: Rows = Rows(58, 80);
const TICKER_STEP: usize = 5;
const CRAWL_STEP: usize = 6;

/// From a row to before another.
#[derive(Clone, Copy)]
struct Rows(usize, usize);

/// One frame of the recording: its tick since the plan's start, what its barcode says, and its luma.
struct Frame {
    tick: i64,
    seen: Seen,
    luma: Vec<u8>,
}

impl Frame {
    fn mean(&self, rows: Rows, from: usize, to: usize) -> u64 {
        let values = (rows.0..rows.1).flat_map(|y| &self.luma[y * WIDTH + from..y * WIDTH + to]);
        values.map(|v| u64::from(*v)).sum::<u64>() / ((rows.1 - rows.0) * (to - from)) as u64
    }
    fn has_logo(&self) -> bool {
        self.mean(Rows(62, 78), 22, 58) > 215
    }
    fn has_ticker(&self) -> bool {
        // Letters on a dark band.
        self.mean(TICKER, 0, WIDTH) < 110
    }
    fn has_crawl(&self) -> bool {
        self.mean(CRAWL, 0, WIDTH) > 160
    }
    /// The clip and its frame; the slate's even ground reads as a barcode of zeros.
    fn plan(&self) -> Option<(u8, u32)> {
        match self.seen {
            Seen::Frame { id: id @ 1.., frame } => Some((id, frame)),
            _ => None,
        }
    }
}

/// By how many pixels to the left the band moved: where the two pictures fit best.
fn moved(before: &Frame, now: &Frame, rows: Rows) -> usize {
    let differs = |by: usize| {
        let row = |y: usize| {
            let (old, new) = (&before.luma[y * WIDTH..][..WIDTH], &now.luma[y * WIDTH..][..WIDTH]);
            old[by..].iter().zip(new).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
        };
        (rows.0..rows.1).map(row).sum::<u64>() * 1000 / (WIDTH - by) as u64
    };
    (0..16).min_by_key(|by| differs(*by)).expect("sixteen of them")
}

fn read(air: &Path, start: DateTime<Utc>) -> Vec<Frame> {
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(air)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffmpeg starts");
    let mut raw = decoder.stdout.take().expect("it was piped");
    let next = |(pts, seen)| {
        let mut luma = vec![0; WIDTH * HEIGHT];
        raw.read_exact(&mut luma).expect("a picture for each time");
        Frame { tick: tick_of(start, pts), seen, luma }
    };
    let frames = barcode::read(air).into_iter().map(next).collect();
    let _ = decoder.wait();
    frames
}

fn home() -> Home {
    let home = Home::new();
    let path = home.path().join("siaran.toml");
    let config = std::fs::read_to_string(&path).expect("a configuration") + BRANDING;
    std::fs::write(path, config).expect("written");
    let folder = home.path().join("media/branding");
    std::fs::create_dir_all(&folder).expect("made");
    let painted = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "color=white:s=40x20", "-frames:v", "1"])
        .arg(folder.join("logo.png"))
        .status();
    assert!(painted.expect("ffmpeg starts").success());
    home
}

fn ticks_now(start: DateTime<Utc>) -> i64 {
    (SystemClock::start().now() - start).num_milliseconds().div_euclid(40)
}

#[test]
fn logo_clock_and_ticker_lie_on_the_air_and_a_crawl_runs_over_the_slate_without_a_frame_out_of_order() {
    let mut home = home();
    let start = soon(6);
    let mut rows = Vec::new();
    for (n, (frames, branding)) in
        [(150u32, None), (75, Some("none")), (75, Some("tenang")), (200, None)].iter().enumerate()
    {
        let id = u8::try_from(n + 1).expect("a few");
        let clip = home.clip(&format!("{id}.mp4"), &Recipe::plain(id, *frames));
        let (house, hash) = home.keep(&clip);
        let first = [0, 150, 225, 300][n];
        let mut row = serde_json::json!({
            "id": format!("i{n}"), "start": zone().rfc3339(start + TimeDelta::milliseconds(40 * first)),
            "duration_frames": frames, "run": "auto", "kind": "clip", "source": house, "sha256": hash,
            "title": format!("Clip {n}"), "owner": "Dinas",
        });
        if let Some(branding) = branding {
            row["branding"] = (*branding).into();
        }
        rows.push(row);
    }
    home.publish_rows(start, 1, &rows);
    let air = home.path().join("air.ts");
    let player = home.play(&[&format!("file:{}", air.display())], start + TimeDelta::seconds(20));

    wait_until(start + TimeDelta::seconds(13));
    assert!(ctl(&home, &["slate"]).status.success());
    wait_until(start + TimeDelta::milliseconds(13_500));
    let bell = ctl(&home, &["crawl", "Banjir\u{7}", "--by", "Kalaksa BPBD"]);
    let said = String::from_utf8_lossy(&bell.stderr).into_owned();
    assert!(bell.status.code() == Some(1) && said.contains("control character (U+0007)"), "{said}");
    assert_eq!(ctl(&home, &["crawl", "Banjir"]).status.code(), Some(2), "a crawl runs on somebody's word");
    let words = "Banjir di Percut Sei Tuan: hindari Jalan Medan-Batang Kuis";
    let order = ctl(&home, &["crawl", words, "--by", "Kalaksa BPBD"]);
    assert!(order.status.success(), "{}", String::from_utf8_lossy(&order.stderr));
    let from = ticks_now(start);
    let status = String::from_utf8_lossy(&ctl(&home, &["status"]).stdout).into_owned();
    assert!(status.contains(words) && status.contains("Kalaksa BPBD") && status.contains("gone.png"), "{status}");
    wait_until(start + TimeDelta::seconds(17));
    assert!(ctl(&home, &["crawl", "--end"]).status.success());
    let to = ticks_now(start);
    let again = ctl(&home, &["crawl", "--end", "--json"]);
    assert!(again.status.code() == Some(1) && String::from_utf8_lossy(&again.stdout).contains("no_crawl"));
    assert!(ctl(&home, &["resume"]).status.success());
    assert!(player.ends(seconds(30)), "the player ends by itself");

    let frames = read(&air, start);
    assert!(frames.windows(2).all(|pair| pair[1].tick == pair[0].tick + 1), "every frame is there, in order");
    for frame in frames.iter().filter(|frame| frame.tick >= 0) {
        let Some((id, number)) = frame.plan() else { continue };
        let first = [0, 150, 225, 300][usize::from(id) - 1];
        assert_eq!(frame.tick, first + i64::from(number), "the plan is always on its frame");
        let worn = (frame.has_logo(), frame.has_ticker());
        assert_eq!(worn, (id != 2, matches!(id, 1 | 4)), "clip {id}, tick {}", frame.tick);
    }
    let seen = |id| frames.iter().filter(|frame| frame.plan().is_some_and(|plan| plan.0 == id)).count();
    assert_eq!([1, 2, 3].map(seen), [150, 75, 75]);
    let slate: Vec<_> = frames.iter().filter(|f| f.tick >= 340 && f.plan().is_none()).collect();
    assert!(slate.len() > 50 && slate.iter().all(|f| f.has_logo() && f.has_ticker()), "the slate wears it too");

    for pair in frames.windows(2).filter(|pair| pair[0].tick >= 0 && pair[1].tick < 150) {
        assert_eq!(moved(&pair[0], &pair[1], TICKER), TICKER_STEP, "the ticker at tick {}", pair[1].tick);
        let change = |x: usize, y: usize| pair[0].luma[y * WIDTH + x].abs_diff(pair[1].luma[y * WIDTH + x]);
        let changed =
            (CLOCK.0..CLOCK.1).flat_map(|y| (180..280).map(move |x| (x, y))).filter(|(x, y)| change(*x, *y) > 60);
        assert_eq!(changed.count() > 5, pair[1].tick % 25 == 0, "the clock at tick {}", pair[1].tick);
    }

    let crawl: Vec<_> = frames.iter().filter(|frame| frame.has_crawl()).collect();
    let (first, last) = (crawl.first().expect("a crawl").tick, crawl.last().expect("a crawl").tick);
    assert!(first <= from + 2 && last <= to + 2, "ordered by {from}, on air {first}; ended by {to}, gone after {last}");
    assert_eq!(crawl.len() as i64, last - first + 1, "without a gap");
    // The empty band first: letters are on it after a second.
    for pair in crawl.windows(2).filter(|pair| pair[0].tick > first + 25) {
        assert_eq!(moved(pair[0], pair[1], CRAWL), CRAWL_STEP, "the crawl at tick {}", pair[1].tick);
    }

    let log = incident_log::path(home.path(), &"videotron".parse().expect("a channel"));
    let (told, _) = incident_log::read_from(&log, None).expect("readable").expect("a log");
    let said: Vec<_> = told.iter().filter_map(|line| line.opened.as_ref()).map(|(_, text)| &text.en).collect();
    assert!(said.iter().any(|text| text.contains(words) && text.contains("Kalaksa BPBD")), "{said:?}");
    let status = status_file::read(&home.path().join("run/videotron.status.json")).expect("a status");
    assert_eq!(status.crawl, None);
}
