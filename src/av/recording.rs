//! Reads a recording of the air back, small and grey, to be judged against what was planned. Our own recordings only;
//! what offices send is read in the sandbox.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Size of a picture that is compared, pixels: enough to tell a frame from its neighbours.
pub const WIDTH: usize = 64;
/// See [`WIDTH`].
pub const HEIGHT: usize = 36;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallFrame {
    /// Presentation time in the stream, units of 1/90,000 s; frames of a file count from 0 in its own time base.
    pub pts: i64,
    /// Luma, row by row.
    pub luma: Vec<u8>,
}

impl SmallFrame {
    /// Mean difference of luma to another, code values.
    pub fn difference(&self, other: &SmallFrame) -> u32 {
        let sum: u32 = self.luma.iter().zip(&other.luma).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        sum / (WIDTH * HEIGHT) as u32
    }
    /// Mean luma.
    pub fn mean(&self) -> u32 {
        self.luma.iter().map(|v| u32::from(*v)).sum::<u32>() / (WIDTH * HEIGHT) as u32
    }
}

/// A recording could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} can't be read back: {why}")]
pub struct RecordingError {
    path: PathBuf,
    why: String,
}

/// All frames of a recording, or of a house file, in order.
///
/// # Errors
/// [`RecordingError`] with what the decoder said.
pub fn read(path: &Path) -> Result<Vec<SmallFrame>, RecordingError> {
    let failed = |why: String| RecordingError { path: path.to_owned(), why };
    let times = presentation_times(path).map_err(|e| failed(e.to_string()))?;
    let pictures = pictures(path).map_err(|e| failed(e.to_string()))?;
    if times.len() != pictures.len() {
        return Err(failed(format!("{} times for {} frames", times.len(), pictures.len())));
    }
    Ok(times.into_iter().zip(pictures).map(|(pts, luma)| SmallFrame { pts, luma }).collect())
}

fn presentation_times(path: &Path) -> io::Result<Vec<i64>> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts", "-of", "csv=p=0"])
        .arg(path)
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect())
}

fn pictures(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-vf", &format!("scale={WIDTH}:{HEIGHT}:flags=area"), "-fps_mode", "passthrough"])
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut bytes = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |mut out| out.read_to_end(&mut bytes));
    child.wait()?;
    read?;
    Ok(bytes.chunks_exact(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect())
}
