//! Clips of every kind in which each frame says who it is; made once and kept in `target/`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::barcode::{self, HEIGHT, NARROW, WIDTH};

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// No sound track.
    None,
    /// A steady tone whose own steps from sample to sample stay under −47 dBFS.
    Tone { codec: &'static str, rate_hz: u32 },
    /// A tone from [`BEEP_FRAMES`] on, silence before and after.
    Beep,
}

/// The frames of a 25 Hz clip over which a beep lasts.
pub const BEEP_FRAMES: (u32, u32) = (8, 16);

/// A clip's picture and sound.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Name of the clip in the barcode.
    pub id: u8,
    /// Frames a second, as a fraction.
    pub rate: (u32, u32),
    /// Raster; 4:3 ones get borders on the wall.
    pub size: (u32, u32),
    pub sound: Sound,
    /// Further options of ffmpeg for the output.
    pub options: &'static [&'static str],
    /// Decides the container.
    pub suffix: &'static str,
}

impl Kind {
    /// What the house makes: the wall's rate and raster, H.264 without B-frames, AAC at 48 kHz.
    pub fn house(id: u8) -> Kind {
        Kind {
            id,
            rate: (25, 1),
            size: (WIDTH as u32, HEIGHT as u32),
            sound: Sound::Tone { codec: "aac", rate_hz: 48_000 },
            options: &[],
            suffix: "mp4",
        }
    }

    fn is_narrow(&self) -> bool {
        self.size.0 * 3 == self.size.1 * 4
    }

    /// Frames of the clip that last as long as so many ticks of the wall.
    pub fn frames_in(&self, ticks: u32) -> u32 {
        let (num, den) = self.rate;
        (u64::from(ticks) * u64::from(num)).div_ceil(25 * u64::from(den)) as u32
    }
}

/// A clip on disk.
#[derive(Debug, Clone)]
pub struct Clip {
    pub kind: Kind,
    pub path: PathBuf,
}

/// The folder of what was made.
pub fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playout-clips");
    std::fs::create_dir_all(&folder).expect("target/ can be written");
    folder
}

/// A clip that lasts as long as so many ticks of the wall.
pub fn make(kind: Kind, ticks: u32) -> Clip {
    let (width, height) = kind.size;
    let tone = format!("{:?}", kind.sound).replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let options = kind.options.concat().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let name = format!("{}-{ticks}-{}-{}-{width}x{height}-{tone}-{options}", kind.id, kind.rate.0, kind.rate.1);
    let path = folder().join(format!("{name}.{}", kind.suffix));
    if !path.exists() {
        let part = folder().join(format!("{name}.{}.part.{}", std::process::id(), kind.suffix));
        encode(&kind, ticks, &part);
        std::fs::rename(&part, &path).expect("renamed");
    }
    Clip { kind, path }
}

fn encode(kind: &Kind, ticks: u32, path: &Path) {
    let seen = if kind.is_narrow() { NARROW } else { WIDTH };
    let (seconds, (num, den)) = (f64::from(ticks) / 25.0, kind.rate);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", &format!("{seen}x{HEIGHT}")]);
    ffmpeg.args(["-r", &format!("{num}/{den}"), "-i", "-"]);
    let (source, codec) = match kind.sound {
        Sound::None => (None, "aac"),
        Sound::Tone { codec, rate_hz } => (Some(format!("sine=frequency=250:sample_rate={rate_hz}")), codec),
        Sound::Beep => {
            let [from, to] = [BEEP_FRAMES.0, BEEP_FRAMES.1].map(|frame| f64::from(frame) / 25.0);
            let tone = format!("aevalsrc=0.25*sin(2*PI*1000*t)*gte(t\\,{from})*lt(t\\,{to}):s=48000");
            (Some(tone), "aac")
        }
    };
    if let Some(source) = &source {
        ffmpeg.args(["-f", "lavfi", "-t", &seconds.to_string(), "-i", source]);
        ffmpeg.args(["-map", "0:v", "-map", "1:a", "-c:a", codec, "-ac", "2"]);
    }
    let (width, height) = kind.size;
    ffmpeg.args(["-vf", &format!("scale={width}:{height}"), "-pix_fmt", "yuv420p", "-c:v", "libx264"]);
    ffmpeg.args(["-preset", "ultrafast", "-bf", "0", "-g", "25"]).args(kind.options).arg(path);
    let mut child = ffmpeg.stdin(Stdio::piped()).spawn().expect("ffmpeg starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    for frame in 0..kind.frames_in(ticks) {
        // Options may tell ffmpeg to stop earlier.
        if stdin.write_all(&barcode::picture(seen, kind.id, frame)).is_err() {
            break;
        }
    }
    drop(stdin);
    assert!(child.wait().expect("ffmpeg ends").success(), "{}", path.display());
}
