//! What telephones call a photo: HEIC, through libheif's programs in the sandbox.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A home, and a folder for temporary files that is looked at afterwards.
struct Desk {
    home: tempfile::TempDir,
    scratch: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { home: tempfile::tempdir().expect("a folder"), scratch: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs the program; its exit code and the document that it printed. Nothing may be left lying.
    fn siaran(&self, command: &str, file: &Path, more: &[&str]) -> (i32, Value) {
        let output = Command::new(env!("CARGO_BIN_EXE_siaran"))
            .env("TMPDIR", self.scratch.path())
            .arg("--home")
            .arg(self.home.path())
            .args([command, "--json"])
            .arg(file)
            .args(more)
            .output()
            .expect("it starts");
        let left: Vec<_> = std::fs::read_dir(self.scratch.path()).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
        (output.status.code().expect("it ends by itself"), document)
    }

    /// A telephone's picture: held upright, so that the sensor lay on its side, as the file says. Each quarter has its
    /// colour; upright they are blue, red, white, green.
    fn photo(&self, name: &str) -> PathBuf {
        let (jpeg, heic) = (self.file("sensor.jpg"), self.file(name));
        let quarters = "color=red:s=800x600[a];color=lime:s=800x600[b];color=blue:s=800x600[c];\
                        color=white:s=800x600[d];[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack";
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-filter_complex", quarters, "-frames:v", "1", "-q:v", "2"])
            .arg(&jpeg)
            .status();
        assert!(made.expect("ffmpeg is installed").success());
        let made = Command::new("heif-enc").args(["-q", "90", "-o"]).arg(&heic).arg(&jpeg).output();
        assert!(made.expect("libheif-examples is installed").status.success());
        // In the place of what says that a pixel has three times eight bits, which anybody assumes: turn it by three quarters
        // against the clock (ISO/IEC 23008-12, 6.5.10).
        let mut bytes = std::fs::read(&heic).expect("made");
        let at = bytes.windows(4).position(|word| word == b"pixi").expect("a property to spare");
        bytes[at..at + 5].copy_from_slice(b"irot\x03");
        std::fs::write(&heic, bytes).expect("written");
        heic
    }
}

/// Red, green and blue of a pixel in the middle of a clip.
fn pixel(clip: &Path, (x, y): (u32, u32)) -> [u8; 3] {
    let seen = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-ss", "1", "-i"])
        .arg(clip)
        .args(["-frames:v", "1", "-vf", &format!("format=rgb24,crop=1:1:{x}:{y}"), "-f", "rawvideo", "pipe:1"])
        .output()
        .expect("ffmpeg is installed");
    *seen.stdout.first_chunk().expect("a pixel")
}

fn words(found: &Value) -> String {
    let reasons = found["reasons"].as_array().expect("a list").iter();
    reasons.map(|reason| format!("{} / {}\n", reason["text_id"], reason["text_en"])).collect()
}

#[test]
fn a_telephones_heic_becomes_a_spot_upright_and_in_its_colours() {
    let desk = Desk::new();
    let photo = desk.photo("IMG_0042.HEIC");
    let (code, found) = desk.siaran("inspect", &photo, &[]);
    assert_eq!((code, found["container"].as_str(), found["video"]["codec"].as_str()), (0, Some("heic"), Some("hevc")));
    assert_eq!((found["video"]["width"].as_u64(), found["video"]["height"].as_u64()), (Some(1200), Some(1600)));
    assert_eq!(found["sandbox"], "rlimits=held no_new_privs=held landlock=held seccomp=held");

    let (spot, again) = (desk.file("spot.mp4"), desk.file("again.mp4"));
    let (code, made) = desk.siaran("conform", &photo, &["--output", &spot.to_string_lossy()]);
    assert_eq!((code, made["verdict"].as_str(), made["frames"].as_u64()), (0, Some("accept"), Some(250)));
    desk.siaran("conform", &photo, &["--output", &again.to_string_lossy()]);
    assert!(std::fs::read(&spot).expect("made") == std::fs::read(&again).expect("made"), "the same bytes");
    // Upright it is 540 wide on the wall, in the middle of it.
    let quarters = [(500, 180), (780, 180), (500, 540), (780, 540)].map(|at| pixel(&spot, at).map(|c| c > 127));
    let [blue, red, white, green] = [[false, false, true], [true, false, false], [true; 3], [false, true, false]];
    assert_eq!(quarters, [blue, red, white, green], "as it was held");
}

#[test]
fn a_heic_that_is_broken_or_too_large_is_refused_in_words_that_help() {
    let desk = Desk::new();
    let photo = std::fs::read(desk.photo("whole.heic")).expect("made");
    let cut = desk.file("cut.heic");
    std::fs::write(&cut, &photo[..photo.len() / 2]).expect("written");
    let (code, found) = desk.siaran("inspect", &cut, &[]);
    assert_eq!(code, 1);
    assert!(words(&found).contains("rusak atau tidak lengkap") && words(&found).contains("as JPEG"), "{found}");

    // It calls itself 30,000 pixels wide and high: nobody decodes it to see.
    let mut bytes = photo.clone();
    let at = bytes.windows(4).position(|word| word == b"ispe").expect("its size") + 8;
    bytes[at..at + 8].copy_from_slice(&[30_000_u32.to_be_bytes(); 2].concat());
    let huge = desk.file("huge.heic");
    std::fs::write(&huge, bytes).expect("written");
    let (code, found) = desk.siaran("inspect", &huge, &[]);
    assert_eq!((code, found["reasons"][0]["code"].as_str()), (1, Some("resolution")), "{found}");

    // Whatever is done to its bytes, it ends, says what to do, and leaves nothing.
    let odd = desk.file("odd.heic");
    for at in (0..photo.len().min(600)).step_by(23) {
        let mut bytes = photo.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&odd, &bytes).expect("written");
        let (code, found) = desk.siaran("inspect", &odd, &[]);
        assert_eq!(code == 1, found["verdict"] == "refuse", "byte {at}: {found}");
        assert!(code == 0 || !words(&found).is_empty(), "byte {at}: {found}");
    }
}
