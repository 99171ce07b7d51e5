//! What a recording of the air sounds like, and when its frames and samples are due.

use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};

/// The tick of a presentation time, which is UTC in turns of a 33-bit clock of 90 kHz.
pub fn tick_of(start: DateTime<Utc>, pts: i64) -> i64 {
    (since(start, pts) + 1800).div_euclid(3600)
}

/// How long after `start` a presentation time is, in units of 1/90,000 s.
pub fn since(start: DateTime<Utc>, pts: i64) -> i64 {
    let turn = 1i64 << 33;
    let since = (pts - start.timestamp_millis() * 90).rem_euclid(turn);
    if since > turn / 2 { since - turn } else { since }
}

/// The sound of a recording, both channels mixed, full scale 1.
pub struct Heard {
    /// When the first sample is to be heard, in units of 1/90,000 s after the plan's start.
    first: i64,
    samples: Vec<f32>,
}

/// Samples a second.
pub const RATE: i64 = 48_000;

impl Heard {
    pub fn of(recording: &Path, start: DateTime<Utc>) -> Heard {
        let first = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "a:0", "-read_intervals", "%+#1"])
            .args(["-show_entries", "packet=pts", "-of", "csv=p=0"])
            .arg(recording)
            .output()
            .expect("ffprobe runs");
        let first = String::from_utf8_lossy(&first.stdout);
        let first = first.trim().trim_end_matches(',').parse().expect("a time of the first sound");
        let raw = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(recording)
            .args(["-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", &RATE.to_string(), "-"])
            .output()
            .expect("ffmpeg runs");
        let samples =
            raw.stdout.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0);
        Heard { first: since(start, first), samples: samples.collect() }
    }

    /// The number of the sample that is heard at an instant, in units of 1/90,000 s after the plan's start.
    fn index(&self, at: i64) -> usize {
        usize::try_from((at - self.first) * RATE / 90_000).unwrap_or(0).min(self.samples.len())
    }

    /// The sound between two ticks, with `margin_ms` less at each end.
    pub fn between(&self, from: i64, to: i64, margin_ms: i64) -> &[f32] {
        let (from, to) = (self.index(from * 3600 + margin_ms * 90), self.index(to * 3600 - margin_ms * 90));
        &self.samples[from.min(to)..to]
    }

    /// When the sound first gets louder than `level` between two ticks, milliseconds after the first of them.
    pub fn onset_ms(&self, from: i64, to: i64, level: f32) -> Option<f64> {
        let (begin, end) = (self.index(from * 3600), self.index(to * 3600));
        let at = self.samples[begin..end.max(begin)].iter().position(|sample| sample.abs() > level)?;
        let exact = (begin + at) as f64 / RATE as f64 * 1000.0 + self.first as f64 / 90.0;
        Some(exact - from as f64 * 40.0)
    }
}

/// The length of each stretch of at least 2 ms below −60 dBFS, milliseconds.
pub fn silences_ms(sound: &[f32]) -> Vec<f64> {
    let quiet = sound.split(|sample| sample.abs() >= 0.001).map(<[f32]>::len);
    quiet.map(|samples| samples as f64 * 1000.0 / RATE as f64).filter(|ms| *ms >= 2.0).collect()
}

/// The largest step from one sample to the next, dBFS.
pub fn largest_step_dbfs(sound: &[f32]) -> f64 {
    let step = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0f32, f32::max);
    20.0 * f64::from(step.max(1e-9)).log10()
}
