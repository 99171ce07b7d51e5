//! What offices send, through the real decoders: refused, mended, and made into house files.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const SIARAN: &str = env!("CARGO_BIN_EXE_siaran");

/// Runs the program in an empty home; returns its exit code and the one document it printed.
fn siaran(home: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = Command::new(SIARAN).arg("--home").arg(home).args(arguments).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {said}"));
    (output.status.code().expect("it ends by itself"), document)
}

fn inspect(home: &Path, file: &Path) -> (i32, Value) {
    siaran(home, &["inspect", &file.to_string_lossy(), "--json"])
}

fn conform(home: &Path, file: &Path, name: &str) -> (PathBuf, i32, Value) {
    let output = home.join(name);
    let (code, document) =
        siaran(home, &["conform", &file.to_string_lossy(), "--output", &output.to_string_lossy(), "--json"]);
    (output, code, document)
}

/// Makes a clip with ffmpeg's own generators.
fn make(home: &Path, name: &str, arguments: &str) -> PathBuf {
    let file = home.join(name);
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(&file)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success(), "{arguments}");
    file
}

fn codes(document: &Value, severity: &str) -> Vec<String> {
    let reasons = document["reasons"].as_array().expect("a list");
    let of_it = reasons.iter().filter(|reason| reason["severity"] == severity);
    of_it.map(|reason| reason["code"].as_str().expect("a word").to_owned()).collect()
}

/// A moving picture of some seconds, with a formula for its sound.
fn sounding(seconds: u32, formula: &str, rest: &str) -> String {
    format!(
        "-f lavfi -i testsrc2=s=320x180:r=25:d={seconds} -f lavfi -i aevalsrc={formula}:d={seconds}:s=48000 {rest} {QUICK}"
    )
}

const QUICK: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";

#[test]
fn a_clip_of_five_o_one_is_refused_with_the_seconds_to_cut_whatever_its_header_says() {
    let home = tempfile::tempdir().expect("a folder");
    let source = |seconds: &str| format!("-f lavfi -i testsrc=s=64x36:r=10:d={seconds} {QUICK}");
    let (code, exact) = inspect(home.path(), &make(home.path(), "exact.mp4", &source("300")));
    assert_eq!((code, exact["video"]["frames"].as_u64()), (0, Some(3000)));
    let (_, one_more) = inspect(home.path(), &make(home.path(), "one.mp4", &source("300.1")));
    assert_ne!(one_more["verdict"], "refuse", "one source frame is rounding");
    // A raw stream has no header that could say how long it lasts.
    let (code, over) = inspect(home.path(), &make(home.path(), "over.mkv", &format!("{} -live 1", source("301"))));
    assert_eq!((code, over["verdict"].as_str()), (1, Some("refuse")));
    assert_eq!(codes(&over, "fail"), ["too_long"]);
    assert_eq!(over["reasons"][0]["value"].as_u64(), Some(301_000));
    assert!(over["reasons"][0]["text_id"].as_str().expect("words").contains("Potong sedikitnya 1,0 detik"));
}

#[test]
fn black_standing_and_silent_stretches_are_found_where_they_were_put() {
    let home = tempfile::tempdir().expect("a folder");
    let graph = "-f lavfi -i testsrc2=s=320x180:r=25:d=3 -f lavfi -i color=black:s=320x180:r=25:d=3 \
                 -f lavfi -i testsrc2=s=320x180:r=25:d=2 -f lavfi -i sine=f=440:d=8:r=48000 \
                 -filter_complex [0][1][2]concat=n=3[v];[3]volume=0:enable='between(t,4,7)'[a] -map [v] -map [a]";
    let clip = make(home.path(), "clip.mp4", &format!("{graph} {QUICK} -crf 10 -c:a pcm_s16le -f mov"));
    let (_, found) = inspect(home.path(), &clip);
    let near = |span: &Value, start: i64, end: i64| {
        let at = |key: &str| span[key].as_i64().expect("milliseconds");
        assert!((at("start_ms") - start).abs() <= 40 && (at("end_ms") - end).abs() <= 40, "{span}");
    };
    near(&found["measured"]["black"][0], 3000, 6000);
    near(&found["measured"]["freeze"][0], 3000, 6000);
    near(&found["measured"]["silence"][0], 4000, 7000);
    assert_eq!(codes(&found, "warn").iter().filter(|code| *code == "black").count(), 1);
}

#[test]
fn a_file_cut_in_half_is_refused_and_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let whole = make(
        home.path(),
        "whole.mp4",
        &format!("-f lavfi -i testsrc2=s=320x180:r=25:d=8 {QUICK} -movflags +faststart"),
    );
    let bytes = std::fs::read(&whole).expect("a clip");
    let half = home.path().join("half.mp4");
    std::fs::write(&half, &bytes[..bytes.len() / 2]).expect("written");
    let (code, found) = inspect(home.path(), &half);
    assert_eq!(code, 1);
    assert!(codes(&found, "fail").contains(&"truncated".to_owned()), "{found}");
}

#[test]
fn what_a_telephone_sends_comes_out_in_house_format_and_the_same_on_one_core() {
    let home = tempfile::tempdir().expect("a folder");
    let phone = make(
        home.path(),
        "phone.mov",
        &format!(
            "-f lavfi -i testsrc2=s=360x640:r=30000/1001:d=2.5 -f lavfi -i sine=f=300:d=2.5:r=44100 {QUICK} \
             -c:a aac -ac 1 -metadata:s:v rotate=90"
        ),
    );
    let (first, code, found) = conform(home.path(), &phone, "first.mp4");
    assert_eq!((code, found["verdict"].as_str(), &found["reasons"]), (0, Some("accept"), &serde_json::json!([])));
    let video = &found["video"];
    assert_eq!(
        (video["width"].as_u64(), video["height"].as_u64(), video["frames"].as_u64()),
        (Some(1280), Some(720), Some(63))
    );
    let loudness = found["measured"]["integrated_lufs"].as_f64().expect("sound");
    assert!((loudness + 23.0).abs() <= 0.5, "{loudness}");
    let second = home.path().join("second.mp4");
    let pinned = Command::new("taskset")
        .args(["-c", "0", SIARAN, "--home"])
        .arg(home.path())
        .arg("conform")
        .arg(&phone)
        .arg("--output")
        .arg(&second)
        .status()
        .expect("taskset is part of every Debian");
    assert!(pinned.success());
    let same = std::fs::read(&first).expect("made") == std::fs::read(&second).expect("made");
    assert!(same, "the same clip, byte for byte");
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_loud_clip_is_turned_down_and_its_peaks_held_and_a_still_becomes_a_spot_with_a_silent_track() {
    let home = tempfile::tempdir().expect("a folder");
    // Mostly quiet with short bangs: raised to the target, the bangs would clip.
    let loud = "'if(lt(mod(t,1),0.002),0.98,0.02)*sin(2*PI*997*t)'";
    let bangs = make(home.path(), "bangs.mkv", &sounding(6, loud, "-c:a flac"));
    let (_, _, found) = conform(home.path(), &bangs, "bangs.mp4");
    let measured = &found["measured"];
    assert!((measured["integrated_lufs"].as_f64().expect("sound") + 23.0).abs() <= 0.5, "{measured}");
    assert!(measured["true_peak_dbtp"].as_f64().expect("sound") <= -1.0, "{measured}");

    let poster = make(home.path(), "poster.png", "-f lavfi -i testsrc=s=400x600:d=1 -frames:v 1");
    let (_, code, spot) = conform(home.path(), &poster, "spot.mp4");
    assert_eq!((code, spot["frames"].as_u64()), (0, Some(250)));
    assert_eq!(spot["audio"]["channels"].as_u64(), Some(2));
}

/// Mean code values of a clip's first picture: luma, blue and red difference.
fn code_values(file: &Path) -> [u8; 3] {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-frames:v", "1", "-vf", "scale=2:2:flags=area,format=yuv444p", "-f", "rawvideo", "-"])
        .output()
        .expect("ffmpeg is installed");
    [output.stdout[0], output.stdout[4], output.stdout[8]]
}

#[test]
fn colours_of_which_a_file_says_nothing_are_those_of_its_definition_and_stay_what_they_are() {
    let home = tempfile::tempdir().expect("a folder");
    let made = |name: &str, raster: &str| {
        let green = format!("-f lavfi -i color=s={raster}:r=25:d=1,geq=lum=120:cb=80:cr=70 {QUICK} -crf 4");
        let (house, code, _) = conform(home.path(), &make(home.path(), name, &green), &format!("house-{name}"));
        assert_eq!(code, 0, "{name}");
        code_values(&house)
    };
    let near = |found: [u8; 3], wanted: [f64; 3]| {
        assert!(found.iter().zip(wanted).all(|(f, w)| (f64::from(*f) - w).abs() <= 1.5), "{found:?} for {wanted:?}");
    };
    // High definition is BT.709 already.
    near(made("high.mp4", "1280x720"), [120.0, 80.0, 70.0]);
    // Standard definition is BT.601: the same light has other code values in BT.709.
    let (luma, blue, red) = ((120.0 - 16.0) / 219.0, (80.0 - 128.0) / 224.0, (70.0 - 128.0) / 224.0);
    let (r, b) = (luma + 1.402 * red, luma + 1.772 * blue);
    let g = (luma - 0.299 * r - 0.114 * b) / 0.587;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    near(
        made("standard.mp4", "640x360"),
        [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748],
    );
}

#[test]
fn another_shape_is_fitted_filled_or_stretched_as_chosen_and_two_runs_agree() {
    let home = tempfile::tempdir().expect("a folder");
    // White on the left and right edges, grey between: what is cut off, what is bordered, and what is neither can be seen.
    let tall = make(
        home.path(),
        "tall.mp4",
        &format!("-f lavfi -i color=gray:s=360x640:r=25:d=1.2,drawbox=t=fill:color=white:h=64,format=yuv420p {QUICK}"),
    );
    let mean_of = |file: &Path, part: &str| -> f64 {
        let graph = format!("crop={part},scale=1:1:flags=area,format=gray");
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(file)
            .args(["-frames:v", "1", "-vf", &graph, "-f", "rawvideo", "-"])
            .output()
            .expect("ffmpeg is installed");
        f64::from(output.stdout[0])
    };
    let made = |how: &[&str], name: &str| {
        let output = home.path().join(name);
        let mut arguments = vec!["conform".to_owned(), tall.display().to_string(), "--json".into()];
        arguments.extend(["--output".into(), output.display().to_string()]);
        arguments.extend(how.iter().map(|word| (*word).to_owned()));
        let (code, document) = siaran(home.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let video = &document["video"];
        assert_eq!((code, video["width"].as_u64(), video["height"].as_u64()), (0, Some(1280), Some(720)), "{how:?}");
        output
    };
    let middle_of_the_top = "100:20:590:10";
    let left_edge = "100:100:10:310";
    let fitted = made(&["--plain-borders"], "fit.mp4");
    assert!(mean_of(&fitted, left_edge) < 20.0 && mean_of(&fitted, middle_of_the_top) > 200.0);
    let filled = made(&["--framing", "fill"], "fill.mp4");
    assert!(mean_of(&filled, left_edge) > 100.0 && mean_of(&filled, middle_of_the_top) < 160.0);
    let stretched = made(&["--framing", "stretch"], "stretch.mp4");
    assert!(mean_of(&stretched, left_edge) > 100.0 && mean_of(&stretched, middle_of_the_top) > 200.0);
    let again = made(&["--framing", "stretch"], "again.mp4");
    assert!(std::fs::read(&stretched).expect("made") == std::fs::read(&again).expect("made"), "the same bytes");
}

#[test]
fn a_still_is_shown_as_long_as_chosen_and_moves_only_where_somebody_wants_it() {
    let home = tempfile::tempdir().expect("a folder");
    let poster = make(home.path(), "poster.jpg", "-f lavfi -i testsrc2=s=900x500:d=1 -frames:v 1 -q:v 3");
    for (how, stands) in [(&[][..], true), (&["--zoom"][..], false)] {
        let output = home.path().join("spot.mp4");
        let (poster, output) = (poster.to_string_lossy(), output.to_string_lossy());
        let mut arguments = vec!["conform", &poster, "--output", &output, "--still-seconds", "4", "--json"];
        arguments.extend(how);
        let (code, spot) = siaran(home.path(), &arguments);
        assert_eq!((code, spot["verdict"].as_str(), spot["frames"].as_u64()), (0, Some("accept"), Some(100)));
        let frozen = codes(&spot, "warn").contains(&"frozen".to_owned());
        assert_eq!(frozen, stands, "{how:?}: {}", spot["reasons"]);
    }
}

#[test]
fn a_clip_that_is_too_long_is_refused_however_short_its_header_calls_it() {
    let home = tempfile::tempdir().expect("a folder");
    let clip = make(home.path(), "long.mp4", &format!("-f lavfi -i testsrc=s=64x36:r=10:d=300.5 {QUICK}"));
    // The movie and track headers say ten seconds; the samples are all there.
    let mut bytes = std::fs::read(&clip).expect("a clip");
    for (kind, duration_at) in [(b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 20)] {
        for at in 0..bytes.len() - 40 {
            if &bytes[at..at + 4] == kind {
                let scale = u32::from_be_bytes(bytes[at + 16..at + 20].try_into().expect("four"));
                let ten = if kind == b"tkhd" { 10_000 } else { 10 * scale };
                bytes[at + 4 + duration_at..at + 8 + duration_at].copy_from_slice(&ten.to_be_bytes());
            }
        }
    }
    std::fs::write(&clip, bytes).expect("written");
    let (code, found) = inspect(home.path(), &clip);
    assert_eq!((code, found["verdict"].as_str()), (1, Some("refuse")), "{found}");
    assert!(found["declared_ms"].as_u64().is_some_and(|declared| declared < 20_000), "{}", found["declared_ms"]);
    assert!(codes(&found, "fail").contains(&"too_long".to_owned()), "{found}");
}

/// Clips of the corpus with sound of every kind: speech, music, effects, film, broadcast, telephones.
const HEARD: [&str; 20] = [
    "video/camera_mjpeg_pcm_u8.mov",
    "video/dvb_1024x576_12s.ts",
    "video/friday_480p.mp4",
    "video/gizmo_560x320.mp4",
    "video/h264_240p60_5s.mp4",
    "video/h264_aac.flv",
    "video/h264_ac3.mkv",
    "video/h264_pcm_1080p50.mov",
    "video/mpeg2_mp2_1080p24.ts",
    "video/mpeg4_amr_qcif.3gp",
    "video/mpeg4_mp3_960x400.avi",
    "video/pancake_opus.mkv",
    "video/quicktime_sample_mpeg4_190x240.mp4",
    "video/sintel_cea608_captions.ts",
    "video/street_480p_8s.mp4",
    "video/theora_vorbis_20s.ogg",
    "video/vp9_vorbis51_540p60.webm",
    "rotated/phone_fire_rot180_vfr.mp4",
    "portrait/portrait_720x1280_50fps_opus.mp4",
    "portrait/portrait_720x1080.mp4",
];

#[test]
fn twenty_real_clips_come_out_at_the_house_loudness_with_their_peaks_held() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let (mut wrong, mut heard) = (Vec::new(), 0);
    for name in HEARD {
        let (_, code, found) = conform(home.path(), &corpus.join(name), "out.mp4");
        let measured = &found["measured"];
        let (loudness, peak) = (measured["integrated_lufs"].as_f64(), measured["true_peak_dbtp"].as_f64());
        heard += usize::from(loudness.is_some());
        let right = loudness.is_none_or(|lufs| (lufs + 23.0).abs() <= 0.5) && peak.is_none_or(|peak| peak <= -1.0);
        if code != 0 || !right || found["verdict"] != "accept" {
            wrong.push(format!("{name}: {} {measured} {:?}", found["verdict"], found["reasons"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(heard, HEARD.len(), "all of them have sound");
}

/// The sound of a clip, in one channel at 48 kHz.
fn samples(file: &Path) -> Vec<i16> {
    let sound = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-ac", "1", "-ar", "48000", "-f", "s16le", "pipe:1"])
        .output()
        .expect("ffmpeg is installed")
        .stdout;
    sound.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect()
}

/// When sound begins after half a second of none, seconds.
fn ticks_s(file: &Path) -> Vec<f64> {
    let (mut ticks, mut quiet) = (Vec::new(), 24_000);
    for (n, sample) in samples(file).iter().enumerate() {
        let loud = sample.unsigned_abs() > 1000;
        if loud && quiet >= 24_000 {
            ticks.push(n as f64 / 48_000.0);
        }
        quiet = if loud { 0 } else { quiet + 1 };
    }
    ticks
}

/// Arguments that leave packets of the sound out where a condition holds.
fn missing(condition: &str) -> String {
    format!("-filter_complex [1:a]asetnsamples=480,aselect='not({condition})'[a] -map 0:v -map [a] -c:a pcm_s16le")
}

#[test]
fn a_hole_in_the_sound_is_silence_for_whoever_inspects_as_it_is_in_the_house_file() {
    let home = tempfile::tempdir().expect("a folder");
    // The right channel is dead; nothing at all is there from 3 s to 6 s, and again for 40 ms.
    let holes = missing("between(t,3,5.999)+between(t,7,7.039)");
    let clip = make(home.path(), "hole.mkv", &sounding(10, "'0.3*sin(2*PI*440*t)|0'", &holes));
    let (house, code, made) = conform(home.path(), &clip, "house.mp4");
    assert_eq!(code, 0);
    let (_, found) = inspect(home.path(), &clip);
    assert_eq!(found["audio"]["samples"].as_u64(), Some(480_000), "it lasts as long as the picture");
    let warned = codes(&found, "warn");
    assert!(["dead_channel", "silent"].iter().all(|code| warned.contains(&(*code).to_owned())), "{warned:?}");
    for (what, measured) in [("the file", &found["measured"]), ("the house file", &made["measured"])] {
        let silence = measured["silence"].as_array().expect("a list");
        let at = |key: &str| silence[0][key].as_i64().expect("milliseconds");
        assert_eq!(silence.len(), 1, "{what}: {silence:?}");
        assert!((at("start_ms") - 3000).abs() <= 20 && (at("end_ms") - 6000).abs() <= 20, "{what}: {silence:?}");
    }
    assert_eq!(made["measured"]["dead_channel"], Value::Null, "folded");
    assert_eq!(ticks_s(&house).len(), 2, "sound before the hole, and after it");
}

#[test]
fn sound_with_holes_between_its_packets_stays_with_the_picture() {
    let home = tempfile::tempdir().expect("a folder");
    // A tick each second; every other second lacks 50 ms, and later three and a half seconds are missing at once.
    let holes = missing("between(mod(t,2),1.5,1.549)+between(t,6.2,9.7)");
    let tick = "'0.5*lt(mod(t,1),0.1)*sin(2*PI*1000*t)'";
    let clip = make(home.path(), "holes.mkv", &sounding(12, tick, &holes));
    let (house, code, _) = conform(home.path(), &clip, "house.mp4");
    assert_eq!(code, 0);
    let ticks = ticks_s(&house);
    let expected = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0, 11.0];
    let off: Vec<f64> = ticks.iter().zip(expected).map(|(tick, second)| (tick - second).abs()).collect();
    assert!(ticks.len() == expected.len() && off.iter().all(|off| *off <= 0.02), "{ticks:?}");
}

#[test]
fn sound_whose_times_are_now_early_and_now_late_is_not_cut_up() {
    let home = tempfile::tempdir().expect("a folder");
    // As Vorbis in WebM: every other packet says that it is 21 ms later than it is. None is missing.
    let wrong = "-bsf:a setts=ts=TS+1008*(N-2*floor(N/2)) -af asetnsamples=1024 -c:a pcm_s16le -f nut";
    let clip = make(home.path(), "wrong.nut", &sounding(5, "'0.3*sin(2*PI*440*t)'", wrong));
    let (house, code, _) = conform(home.path(), &clip, "house.mp4");
    assert_eq!(code, 0);
    let longest_pause =
        samples(&house)[2400..230_000].split(|sample| sample.unsigned_abs() > 300).map(<[i16]>::len).max();
    assert!(longest_pause.is_some_and(|samples| samples < 48), "a millisecond without sound: {longest_pause:?}");
}

/// Files that nobody here made, one or two of each class that matters; the whole corpus is a benchmark.
const CORPUS: [(&str, bool); 24] = [
    ("video/friday_480p.mp4", true),
    ("video/elephant_msmpeg4_wma_28s.asf", true),
    ("video/hevc_noaudio.ts", true),
    ("rotated/phone_fire_rot180_vfr.mp4", true),
    ("vfr/phone_vfr_518x488.mp4", true),
    ("image/animated.gif", true),
    ("image/srgb_8bit.avif", true),
    ("image/exif_portrait_6.jpg", true),
    ("edge/first_pts_at_10s.mp4", true),
    ("durlie/fmp4_bogus_duration_143165s.mp4", true),
    ("hdr10bit/hdr10_av1_720x1280.mp4", true),
    ("rename/mkv_named_mp4.mp4", true),
    ("rename/html_named_mp4.mp4", false),
    ("rename/zip_named_mp4.mp4", false),
    ("rename/mp3_named_mp4.mp4", false),
    ("durlie/no_duration.webm", false),
    ("blacksilent/silent_black_10s.mp4", false),
    ("overlong/slideshow_600s_1fps.mkv", false),
    ("bomb/decompression_bomb.gif", false),
    ("bomb/reallybig_header.bmp", false),
    ("torture/fuzz_1410565_955k.mp4", false),
    ("torture/duration_i64max.mp4", false),
    ("torture/zero_bytes.webm", false),
    ("torture/missing_stsd_audio.mp4", false),
];

#[test]
fn real_and_hostile_files_get_the_verdict_they_deserve_in_bounded_time() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, wanted) in CORPUS {
        let (code, found) = inspect(home.path(), &corpus.join(name));
        assert_eq!(code == 1, found["verdict"] == "refuse", "{name}");
        if (code == 0) != wanted {
            wrong.push(format!("{name}: {} {:?}", found["verdict"], codes(&found, "fail")));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
