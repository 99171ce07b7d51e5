//! Files that no player should be given, between good ones that must not notice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use siaran::domain::asset::FillClip;
use siaran::domain::playlist::{Nature, Source};
use siaran::files::{fill_index, whole};

use super::{ends, sleep_until, soon, start};
use crate::Length;
use crate::barcode::Seen;
use crate::clips::{self, Clip, Kind, Sound};
use crate::heard;
use crate::plan::{self, Slot};
use crate::process;
use crate::report::Row;
use crate::sink::Listener;
use crate::stage::{Home, zone};

/// Ticks of a hostile item and of the good one after it.
const BAD: u32 = 25;
const GOOD: u32 = 25;
/// Most files taken from a folder of others' making: all of them in a full run.
const OTHERS: (usize, usize) = (24, 1000);
/// A folder with hostile files of others, if somebody has one.
const FOLDER: &str = "SIARAN_HOSTILE_FILES";
/// The barcode of the evergreen clip that covers.
const FILL: u8 = 250;

/// A source with its name.
struct Bad {
    name: String,
    path: PathBuf,
    /// It has dark pictures of its own.
    may_be_dark: bool,
    /// Its own frames last longer than a slate's cut.
    may_stand: bool,
}

pub fn measure(length: Length) -> Vec<Row> {
    let bad = all_bad(length);
    let good = [100, 101, 102].map(|id| clips::make(Kind::house(id), GOOD));
    let fill = clips::make(Kind::house(FILL), 250);
    let mut home = Home::new();
    let (source, hash) = home.keep(&fill.path);
    let pool = FillClip {
        sha256: hash.parse().expect("a hash"),
        source: Source::parse(&source).expect("a path"),
        duration_frames: 250,
        title: "Evergreen".into(),
        nature: Nature::FILM,
        tags: Default::default(),
    };
    fill_index::write(home.path(), &[pool]).expect("written");

    let round = i64::from(BAD + GOOD);
    let slot = |n: usize| Slot {
        clip: good[n % 3].clone(),
        first: n as i64 * round + i64::from(BAD),
        ticks: GOOD,
        planned: None,
    };
    let slots: Vec<Slot> = (0..bad.len()).map(slot).collect();
    let begin = soon(super::START_S + 2);
    let mut rows = plan::rows(&home, begin, &slots);
    rows.extend(bad.iter().enumerate().map(|(n, bad)| bad_row(&home, n, bad, plan::at(begin, n as i64 * round))));
    home.publish_rows(begin, 1, &rows);
    let end = plan::at(begin, bad.len() as i64 * round + 10);
    let listener = Listener::open();
    let player = start(&home, &[&listener.address], end);
    let segfault = bad.iter().position(|bad| bad.name == "decoder crashes").expect("it is made");
    sleep_until(plan::at(begin, segfault as i64 * round + 8));
    let hash = whole::sha256_of(&bad[segfault].path).expect("readable").to_string();
    let mut crashed = 0;
    for (pid, file) in process::decoders(player.0.id()) {
        if file.to_string_lossy().contains(&hash) {
            process::signal(pid, Signal::SEGV);
            crashed += 1;
        }
    }
    let ended = ends(player, end);
    let received = listener.close();
    let file = home.path().join("received.ts");
    fs::write(&file, &received.stream).expect("written");
    let frames = crate::barcode::read(&file);
    let air = plan::air(begin, &frames);

    let kept = plan::judge(&slots, &air);
    let late: Vec<&str> = slots
        .iter()
        .zip(&bad)
        .filter(|(slot, _)| plan::start_error(slot, &air) != Some(0))
        .map(|(_, bad)| bad.name.as_str())
        .collect();
    let ticks = bad.len() as i64 * round;
    let bad_at = |tick: i64| bad.get((tick / round) as usize).filter(|_| tick % round < i64::from(BAD));
    let dark = |tick: &i64| air.get(tick) == Some(&Seen::Black) && !bad_at(*tick).is_some_and(|bad| bad.may_be_dark);
    let black: Vec<i64> = (0..ticks).filter(dark).collect();
    let black_in = black.first().map(|tick| bad_at(*tick).map_or("a good item", |bad| &bad.name));
    let mut arrivals: Vec<_> = received.pictures();
    arrivals.retain(|(pts, _)| (0..ticks).contains(&heard::tick_of(begin, *pts)));
    let stall = arrivals.windows(2).map(|pair| (pair[1].1 - pair[0].1).num_milliseconds()).max().unwrap_or(i64::MAX);
    let (held_most, held_all, held_until) = held(&air, ticks, |tick| bad_at(tick).is_some_and(|bad| bad.may_stand));
    let named = home.rows();
    let unnamed: Vec<&str> = bad
        .iter()
        .enumerate()
        .filter(|(n, _)| !named.iter().any(|row| row.item.as_ref().is_some_and(|id| id.as_str() == format!("bad{n}"))))
        .map(|(_, bad)| bad.name.as_str())
        .collect();
    let step = plan::largest_step_ms(begin, ticks, &frames);
    vec![
        Row::new("hostile files and sources", bad.len(), "≥ 40", bad.len() >= 40),
        Row::new("the player lived and ended by itself", ended, "true", ended),
        Row::new("decoders that crashed on their file", crashed, "≥ 1", crashed >= 1),
        Row::none_of(
            format!(
                "black frames that no file asked for{}",
                black_in.map(|name| format!(" (first in {name})")).unwrap_or_default()
            ),
            black.len() as u64,
        ),
        Row::new("largest step between frames at the sink", format!("{step} ms"), "≤ 80 ms", step <= 80),
        Row::new("longest pause between arrivals at a socket", format!("{stall} ms"), "≤ 120 ms", stall <= 120),
        Row::new(
            "good items that did not start on their tick",
            if late.is_empty() { "0".into() } else { format!("{}: after {}", late.len(), late.join(", ")) },
            "0",
            late.is_empty(),
        ),
        Row::none_of("faulty frames of good items", kept.faults()),
        Row::new(
            "longest run of one and the same barcode",
            format!(
                "{held_most} ticks, in {} ({held_all} in all)",
                bad_at(held_until).map_or("a good item", |bad| &bad.name)
            ),
            "≤ 12",
            held_most <= 12,
        ),
        Row::new(
            "not named in the as-run",
            if unnamed.is_empty() { "none".into() } else { unnamed.join(", ") },
            "none",
            unnamed.is_empty(),
        ),
    ]
}

/// The longest run of ticks that repeat a barcode, all such ticks, and the last of the longest run; not counted where the
/// source's own frames stand.
fn held(air: &plan::Air, ticks: i64, may_stand: impl Fn(i64) -> bool) -> (u64, u64, i64) {
    let (mut run, mut most, mut all, mut until) = (0, 0, 0, 0);
    for tick in 1..ticks {
        let same = !may_stand(tick)
            && matches!(air.get(&tick), Some(Seen::Frame { .. }))
            && air.get(&tick) == air.get(&(tick - 1));
        run = if same { run + 1 } else { 0 };
        all += u64::from(same);
        if run > most {
            (most, until) = (run, tick);
        }
    }
    (most, all, until)
}

fn bad_row(home: &Home, n: usize, bad: &Bad, start: chrono::DateTime<chrono::Utc>) -> serde_json::Value {
    let is_fifo = bad.name == "fifo";
    let (source, hash) = match is_fifo {
        true => {
            let source = format!("media/house/fifo{n}.mp4");
            let made = Command::new("mkfifo").arg(home.path().join(&source)).status();
            assert!(made.is_ok_and(|status| status.success()), "mkfifo");
            (source, "0".repeat(64))
        }
        false => home.keep(&bad.path),
    };
    serde_json::json!({
        "id": format!("bad{n}"), "start": zone().rfc3339(start), "duration_frames": BAD, "run": "auto", "kind": "clip",
        "source": source, "sha256": hash, "title": bad.name, "owner": "Dinas",
    })
}

fn all_bad(length: Length) -> Vec<Bad> {
    let mut bad = made();
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    let mut others: Vec<PathBuf> = folder
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|e| e.path())
        .collect();
    others.sort();
    others.retain(|path| path.is_file());
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let others = others.into_iter().take(length.of(OTHERS.0, OTHERS.1));
    bad.extend(others.map(|path| Bad { name: name(&path), may_be_dark: has_dark(&path), may_stand: true, path }));
    bad
}

/// Whether the first seconds hold a picture as dark as black.
fn has_dark(path: &Path) -> bool {
    let Some(path) = path.to_str() else { return true };
    let said = Command::new("timeout")
        .args(["10", "ffmpeg", "-v", "error", "-t", "2", "-i", path, "-vf", "scale=64:36", "-f", "rawvideo"])
        .args(["-pix_fmt", "gray", "-"])
        .output();
    let Ok(said) = said else { return true };
    // What ffmpeg can't read, the player may: nobody knows how dark that is.
    said.stdout.len() < 64 * 36
        || said.stdout.chunks_exact(64 * 36).any(|p| p.iter().map(|v| u64::from(*v)).sum::<u64>() < 30 * 64 * 36)
}

/// A folder's hostile files, made once.
fn made() -> Vec<Bad> {
    let folder = clips::folder().join("hostile");
    fs::create_dir_all(&folder).expect("target/ can be written");
    let base = fs::read(clips::make(Kind::house(110), BAD).path).expect("readable");
    let fast = fs::read(variant(&["-movflags", "+faststart"], Kind::house(111)).path).expect("readable");
    let mut all: Vec<(&str, Vec<u8>)> = Vec::new();
    let cut = |bytes: &[u8], percent: usize| bytes[..bytes.len() * percent / 100].to_vec();
    all.push(("empty", Vec::new()));
    all.push(("one byte", vec![0]));
    all.push(("no moov", cut(&base, 60)));
    all.push(("truncated at a third", cut(&fast, 33)));
    all.push(("truncated at two thirds", cut(&fast, 66)));
    all.push(("truncated at 95 %", cut(&fast, 95)));
    all.push(("header alone", fast[..64].to_vec()));
    all.push(("text", b"This is not a film. ".repeat(500)));
    all.push(("web page", b"<!doctype html><title>404</title><p>Not found".to_vec()));
    all.push(("zeros", vec![0; 1 << 20]));
    all.push(("noise", (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()));
    all.push(("long duration", with_duration(&base, 0x7fff_ffff)));
    all.push(("no duration", with_duration(&base, 0)));
    all.push(("damaged in the middle", damaged(&fast, 40, 60)));
    all.push(("damaged at its end", damaged(&fast, 80, 100)));
    all.push(("damaged index", damaged(&fast, 1, 6)));
    let mut doubled = fast.clone();
    doubled.extend_from_slice(&fast);
    all.push(("two files in one", doubled));
    let mut prefixed = vec![0xa5; 100_000];
    prefixed.extend_from_slice(&base);
    all.push(("garbage in front", prefixed));
    let write = |(name, bytes): (&str, Vec<u8>)| {
        let path = folder.join(format!("{}.mp4", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")));
        fs::write(&path, bytes).expect("written");
        Bad { name: name.to_owned(), path, may_be_dark: false, may_stand: false }
    };
    let mut bad: Vec<Bad> = all.into_iter().map(write).collect();
    let mut film = |name: &str, clip: Clip| {
        let (may_be_dark, may_stand) = (name == "narrow raster", name == "one frame a second");
        bad.push(Bad { name: name.to_owned(), path: clip.path, may_be_dark, may_stand });
    };
    film("8K", variant(&[], Kind { size: (7680, 4320), ..Kind::house(112) }));
    film("10 bit", variant(&["-pix_fmt", "yuv420p10le"], Kind::house(113)));
    film("4:4:4", variant(&["-pix_fmt", "yuv444p"], Kind::house(114)));
    film("variable rate", variant(&["-vf", "select='mod(n,3)+not(mod(n,7))'", "-fps_mode", "vfr"], Kind::house(115)));
    film("one frame a second", variant(&[], Kind { rate: (1, 1), ..Kind::house(116) }));
    film("120 frames a second", variant(&[], Kind { rate: (120, 1), ..Kind::house(117) }));
    film("tiny raster", variant(&[], Kind { size: (16, 16), ..Kind::house(118) }));
    film("narrow raster", variant(&[], Kind { size: (64, 1080), ..Kind::house(119) }));
    film("MPEG-2", variant(&["-c:v", "mpeg2video"], Kind { suffix: "ts", ..Kind::house(120) }));
    film(
        "motion JPEG",
        variant(&["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"], Kind { suffix: "mov", ..Kind::house(121) }),
    );
    film(
        "VP8 in WebM",
        variant(
            &["-c:v", "libvpx", "-deadline", "realtime"],
            Kind { suffix: "webm", sound: Sound::None, ..Kind::house(122) },
        ),
    );
    film("B-frames and one key frame", variant(&["-bf", "3", "-g", "999"], Kind::house(123)));
    film("interlaced", variant(&["-flags", "+ildct+ilme"], Kind::house(124)));
    film("turned by 90°", variant(&["-metadata:s:v", "rotate=90"], Kind::house(125)));
    film("long sound, short picture", variant(&["-frames:v", "5"], Kind::house(126)));
    // Longer than its slot, so that its decoder still works when it crashes.
    film("decoder crashes", clips::make(Kind::house(127), 10 * BAD));
    film("8 kHz mono", variant(&["-ar", "8000", "-ac", "1"], Kind::house(128)));
    film("no sound track", variant(&[], Kind { sound: Sound::None, ..Kind::house(129) }));
    let sound_only = folder.join("sound-only.mp4");
    run_ffmpeg(&["-f", "lavfi", "-t", "1", "-i", "sine=frequency=250"], &sound_only);
    bad.push(Bad { name: "sound alone".into(), path: sound_only, may_be_dark: false, may_stand: true });
    let still = folder.join("still.png");
    run_ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=320x180", "-frames:v", "1"], &still);
    bad.push(Bad { name: "a still picture".into(), path: still, may_be_dark: false, may_stand: true });
    let gif = folder.join("endless.gif");
    run_ffmpeg(&["-f", "lavfi", "-t", "1", "-i", "testsrc=size=320x180:rate=10", "-loop", "0"], &gif);
    bad.push(Bad { name: "endless GIF".into(), path: gif, may_be_dark: false, may_stand: false });
    bad.push(Bad { name: "fifo".into(), path: PathBuf::new(), may_be_dark: false, may_stand: false });
    bad
}

/// A second of a clip with options of its own.
fn variant(options: &'static [&'static str], kind: Kind) -> Clip {
    clips::make(Kind { options, ..kind }, BAD)
}

fn run_ffmpeg(arguments: &[&str], to: &Path) {
    if !to.exists() {
        let made = Command::new("ffmpeg").args(["-y", "-v", "error"]).args(arguments).arg(to).status();
        assert!(made.is_ok_and(|status| status.success()), "{}", to.display());
    }
}

/// The file with another duration in its movie header (ISO/IEC 14496-12, clause 8.2.2, version 0).
fn with_duration(file: &[u8], duration: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    if let Some(at) = file.windows(4).position(|word| word == b"mvhd") {
        file[at + 20..at + 24].copy_from_slice(&duration.to_be_bytes());
    }
    file
}

fn damaged(file: &[u8], from: usize, to: usize) -> Vec<u8> {
    let (from, to) = (file.len() * from / 100, file.len() * to / 100);
    let mut file = file.to_vec();
    file[from..to].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x5a);
    file
}
