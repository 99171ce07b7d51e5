//! Clips in which every frame says who it is, and what a recording of the air shows of them. The air is judged from its
//! sink alone.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Raster of the clips and of the wall that plays them.
pub const WIDTH: usize = 320;
pub const HEIGHT: usize = 180;
/// What a 4:3 picture covers of the wall's width.
pub const NARROW: usize = 240;
/// Bits across the top of each frame: 8 of the clip, 16 of the frame.
const BITS: usize = 24;

/// What one clip is made of.
pub struct Recipe {
    pub id: u8,
    pub frames: u32,
    pub rate: &'static str,
    pub sound: bool,
    /// Further ffmpeg options for the output.
    pub options: &'static [&'static str],
}

impl Recipe {
    pub fn plain(id: u8, frames: u32) -> Recipe {
        Recipe { id, frames, rate: "25", sound: true, options: &[] }
    }
}

/// Makes a clip with a barcode on every frame and a steady tone.
pub fn make(path: &Path, recipe: &Recipe) {
    let size = format!("{WIDTH}x{HEIGHT}");
    let mut command = Command::new("ffmpeg");
    command.args([
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-s",
        &size,
        "-r",
        recipe.rate,
        "-i",
        "-",
    ]);
    if recipe.sound {
        let tone = format!("sine=frequency={}:sample_rate=48000", 300 + 40 * u32::from(recipe.id));
        command.args([
            "-f",
            "lavfi",
            "-i",
            &tone,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-shortest",
            "-c:a",
            "aac",
            "-ac",
            "2",
        ]);
    }
    command.args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25"]);
    command.args(recipe.options).arg(path).stdin(Stdio::piped());
    let mut child = command.spawn().expect("ffmpeg starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    for frame in 0..recipe.frames {
        stdin.write_all(&picture(WIDTH, recipe.id, frame)).expect("ffmpeg reads its frames");
    }
    drop(stdin);
    assert!(child.wait().expect("ffmpeg ends").success());
}

/// One frame, `width` pixels across: grey in grey, its barcode in the uppermost quarter.
pub fn picture(width: usize, id: u8, frame: u32) -> Vec<u8> {
    let code = (u32::from(id) << 16) | (frame & 0xffff);
    let bar = width / BITS;
    let mut picture: Vec<u8> = (0..HEIGHT).flat_map(|_| (0..width).map(|x| 60 + (x * 120 / width) as u8)).collect();
    for row in picture.chunks_mut(width).take(HEIGHT / 4) {
        for bit in 0..BITS {
            let value = if code >> (BITS - 1 - bit) & 1 == 1 { 235 } else { 16 };
            row[bit * bar..(bit + 1) * bar].fill(value);
        }
    }
    let x = frame as usize * 7 % (width - 20);
    picture.chunks_mut(width).skip(HEIGHT / 2).take(20).for_each(|row| row[x..x + 20].fill(235));
    picture
}

/// What one frame of a recording shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Frame { id: u8, frame: u32 },
    Black,
    Other,
}

/// The frames of a recording with their presentation times, in units of 1/90,000 s.
pub fn read(path: &Path) -> Vec<(i64, Seen)> {
    let times = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .expect("ffprobe runs");
    let times = String::from_utf8_lossy(&times.stdout);
    let times: Vec<i64> = times.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffmpeg starts");
    let mut raw = decoder.stdout.take().expect("it was piped");
    // One picture at a time: an hour of them would not fit into memory.
    let (mut frames, mut picture) = (Vec::with_capacity(times.len()), vec![0; WIDTH * HEIGHT]);
    while raw.read_exact(&mut picture).is_ok() {
        frames.push(decode(&picture));
    }
    let _ = decoder.wait();
    assert_eq!(times.len(), frames.len(), "a time for each frame");
    times.into_iter().zip(frames).collect()
}

/// What a picture of the wall shows: a barcode across all of it, or across the middle where a 4:3 clip lies.
fn decode(picture: &[u8]) -> Seen {
    let mean = picture.iter().map(|v| u64::from(*v)).sum::<u64>() / picture.len() as u64;
    if mean < 25 {
        return Seen::Black;
    }
    let edge = picture.chunks_exact(WIDTH).skip(HEIGHT / 2).flat_map(|row| &row[..(WIDTH - NARROW) / 4]);
    let edge: Vec<u64> = edge.map(|value| u64::from(*value)).collect();
    let border = edge.iter().sum::<u64>() / (edge.len() as u64) < 40;
    let width = if border { NARROW } else { WIDTH };
    code_in(picture, (WIDTH - width) / 2, width)
        .map_or(Seen::Other, |code| Seen::Frame { id: (code >> 16) as u8, frame: code & 0xffff })
}

/// The barcode in the columns from `left` on, if all its bars are light or dark.
fn code_in(picture: &[u8], left: usize, width: usize) -> Option<u32> {
    let bar = width / BITS;
    let mut code = 0u32;
    for bit in 0..BITS {
        let values = (4..HEIGHT / 4 - 6).flat_map(|y| (3..bar - 3).map(move |x| (y, x)));
        let values: Vec<u64> = values.map(|(y, x)| u64::from(picture[y * WIDTH + left + bit * bar + x])).collect();
        let value = values.iter().sum::<u64>() / values.len() as u64;
        if (75..165).contains(&value) {
            return None;
        }
        code = code << 1 | u32::from(value > 120);
    }
    Some(code)
}
