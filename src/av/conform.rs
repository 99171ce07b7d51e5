//! Makes the house-format file: what airs is never what an office uploaded. MP4 with its index in front, H.264 high
//! without B-frames, a key frame each second, the channel's exact raster and rate, BT.709; AAC stereo at the house
//! loudness, exactly as long as the picture.
//!
//! Two passes, both in the sandbox. The first listens: it measures the sound as it will be mixed, and again with gain
//! and limiter, until it is at the target. The second writes. Then the result is inspected like any other file.
//!
//! The same input gives the same bytes on any number of cores: one encoder thread, a fixed number of decoder threads,
//! bit-exact muxing without dates. Not chosen: ffmpeg's `loudnorm`, which changes gain over time unless all of four
//! measured values suit it.

mod graph;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebur128::{EbuR128, Mode};

use super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, Reader, literally, reading_arguments};
use super::inspect::{InspectLimits, Inspected, StreamNumbers, inspect, stream_numbers};
use super::sandbox::{Limits, Sandbox};
use crate::domain::asset::{ConformRecipe, Inspection, Trouble};
use crate::domain::channel::HOUSE_SOUND_CHANNELS;
use crate::domain::time::Tick;
use graph::{Gain, Work};

/// A house file and what an inspection found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conformed {
    /// Frames at the channel's rate; those that were counted, which are those that were planned.
    pub frames: u64,
    /// Whether there is anything to hear.
    pub has_sound: bool,
    /// The inspection of the result; its hash is the clip's name.
    pub result: Inspected,
}

/// Why there is no house file.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// The machine's fault.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
    /// There is nothing to show.
    #[error("{0} holds no picture, so there is nothing to conform")]
    NoPicture(PathBuf),
    /// The file decodes for an inspection, but no house file came out.
    #[error("{file} could not be conformed: {said}")]
    NotMade {
        /// The office's file.
        file: PathBuf,
        /// What was said or found.
        said: String,
    },
}

/// Largest house file, bytes: five minutes at the highest rate, written twice while the index moves to the front.
const LARGEST_RESULT: u64 = 2 << 30;
/// Wall-clock time: 720p encodes faster than it plays, but 4K may decode slower, and the machine may be busy.
const LEAST_PATIENCE: Duration = Duration::from_secs(120);
const PATIENCE_PER_MEDIA_SECOND: u32 = 12;

/// Conforms `file`, of which `found` is the inspection, into `output`, which appears whole or not at all. Blocks;
/// `progress` gets percent and returns `false` to stop.
///
/// # Errors
/// [`ConformError`]; `output` is untouched then.
pub fn conform(
    file: &Path,
    found: &Inspection,
    recipe: &ConformRecipe,
    output: &Path,
    ffmpeg: &Ffmpeg,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Conformed, ConformError> {
    let input = file.canonicalize().map_err(|source| FfmpegError::Unreadable { path: file.to_owned(), source })?;
    let video = found.video.as_ref().ok_or_else(|| ConformError::NoPicture(file.to_owned()))?;
    let numbers = stream_numbers(&input, ffmpeg)?.ok_or_else(|| ConformError::NoPicture(file.to_owned()))?;
    let frames = graph::frames_of(video, recipe);
    let samples = recipe.house.rate.first_sample(Tick(frames as i64), recipe.house.sample_rate_hz) as u64;
    let damaged = found.troubles.iter().any(|trouble| matches!(trouble, Trouble::Damaged { .. }));
    let patience = LEAST_PATIENCE.max(Duration::from_millis(found.duration_ms) * PATIENCE_PER_MEDIA_SECOND);
    let mut job = Making { file, input: &input, ffmpeg, patience, progress };
    let start = job.first_picture(numbers)?;
    let mut work = Work { recipe, video, numbers, start, frames, samples, damaged, gain: Gain::NONE };
    if numbers.audio.is_some() && found.measured.integrated_lufs.is_some() {
        work.gain = job.find_gain(&work)?;
    } else {
        work.numbers.audio = None; // nothing to hear: digital silence is quieter than a decoder's
    }
    let temporary = Temporary::beside(output)?;
    job.write(&work, &temporary.path)?;
    let result = inspect(&temporary.path, InspectLimits::default(), ffmpeg, &mut |_| true)?;
    let counted = result.inspection.video.as_ref().map_or(0, |video| video.frames);
    if counted != frames {
        let said = format!("{frames} frames were planned and {counted} came out");
        return Err(ConformError::NotMade { file: file.to_owned(), said });
    }
    temporary.keep_as(output)?;
    let has_sound = result.inspection.measured.integrated_lufs.is_some();
    Ok(Conformed { frames, has_sound, result })
}

/// One conforming under way.
struct Making<'a> {
    file: &'a Path,
    input: &'a Path,
    ffmpeg: &'a Ffmpeg,
    patience: Duration,
    progress: &'a mut (dyn FnMut(u8) -> bool + Send),
}

/// How the sound measured after a chain.
#[derive(Debug, Clone, Copy)]
struct Level {
    lufs: f64,
    peak_dbtp: f64,
}

impl Making<'_> {
    fn sandbox(&self, writes: &[&Path]) -> Sandbox {
        let limits = Limits {
            cpu_seconds: 2 * self.patience.as_secs(),
            file_bytes: if writes.is_empty() { 0 } else { LARGEST_RESULT },
            ..Limits::DECODER
        };
        let writes = writes.iter().map(|path| path.to_path_buf()).collect();
        Sandbox { limits, writes, ..Sandbox::reading(self.input) }
    }

    fn reading(&self, threads: u32) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-nostdin".into(), "-y".into()];
        arguments.extend(reading_arguments());
        arguments.extend(["-threads".into(), threads.to_string().into(), "-i".into(), literally(self.input)]);
        arguments
    }

    /// When the first picture is shown, ticks of 1/90000 s: sound is moved by as much, so that both stay together.
    fn first_picture(&self, numbers: StreamNumbers) -> Result<i64, FfmpegError> {
        let mut arguments = self.reading(1);
        let stream = format!("0:{}", numbers.video);
        arguments.extend(["-map", &stream, "-frames:v", "1", "-vf", "scale=2:2", "-c:v", "rawvideo"].map(Into::into));
        arguments.extend(["-fps_mode", "passthrough", "-enc_time_base", "1:90000"].map(Into::into));
        arguments.extend(["-f", "framecrc", "pipe:1"].map(Into::into));
        let mut start = 0;
        run(
            self.ffmpeg,
            self.sandbox(&[]),
            self.patience,
            arguments,
            Box::new(|from| {
                for line in BufReader::new(from).lines() {
                    let line = line?;
                    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
                    if let ["0", _, time, ..] = fields[..] {
                        start = time.parse().unwrap_or(0);
                    }
                }
                Ok(true)
            }),
        )?;
        Ok(start)
    }

    /// The gain that brings the sound to the house's loudness below its highest peak. A limiter makes it quieter, so
    /// it takes a few rounds.
    fn find_gain(&mut self, work: &Work<'_>) -> Result<Gain, ConformError> {
        /// Each round comes closer; a fourth has never changed a tenth of a decibel.
        const ROUNDS: u32 = 4;
        /// Where it is good enough, LU.
        const CLOSE_LU: f64 = 0.1;
        /// Lossy coding raises peaks: this much room is left below the house's limit.
        const ROOM_DB: f64 = 1.0;
        /// More would lift noise and hum onto the wall.
        const MOST_DB: f64 = 40.0;
        let house = work.recipe.house;
        let ceiling = house.max_true_peak_dbtp - ROOM_DB;
        let mut gain = Gain::NONE;
        for _ in 0..ROUNDS {
            let Some(level) = self.listen(&work.with(gain))? else { return Ok(gain) };
            let missing = house.loudness_lufs - level.lufs;
            if missing.abs() <= CLOSE_LU && level.peak_dbtp <= ceiling {
                break;
            }
            // Whole hundredths: the arguments, and with them the bytes, must not hang on the last bit of a float.
            let db = ((gain.db + missing) * 100.0).round() / 100.0;
            let limited = gain.ceiling_dbtp.is_some() || level.peak_dbtp + missing > ceiling;
            gain = Gain { db: db.min(MOST_DB), ceiling_dbtp: limited.then_some(ceiling) };
        }
        Ok(gain)
    }

    fn listen(&mut self, work: &Work<'_>) -> Result<Option<Level>, ConformError> {
        let mut arguments = self.reading(work.decoder_threads());
        arguments.extend(["-filter_complex".into(), work.sound_graph().into()]);
        arguments.extend(["-map", "[sound]", "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"].map(Into::into));
        let channels = HOUSE_SOUND_CHANNELS as u32;
        let meter = EbuR128::new(channels, work.recipe.house.sample_rate_hz, Mode::I | Mode::TRUE_PEAK);
        let mut meter = meter.map_err(|error| self.not_made(&error.to_string()))?;
        let (sandbox, mut cancelled) = (self.sandbox(&[]), false);
        let progress = &mut *self.progress;
        let reader: Reader<'_> = Box::new(|from| {
            cancelled = !progress(0);
            if !cancelled {
                take_all(from, &mut meter)?;
            }
            Ok(!cancelled)
        });
        run(self.ffmpeg, sandbox, self.patience, arguments, reader)?;
        if cancelled {
            return Err(FfmpegError::Cancelled.into());
        }
        let peak = (0..channels).filter_map(|channel| meter.true_peak(channel).ok()).fold(0.0, f64::max);
        let lufs = meter.loudness_global().ok().filter(|lufs| lufs.is_finite());
        Ok(lufs.map(|lufs| Level { lufs, peak_dbtp: 20.0 * peak.max(1e-9).log10() }))
    }

    fn write(&mut self, work: &Work<'_>, to: &Path) -> Result<(), ConformError> {
        let mut arguments = self.reading(work.decoder_threads());
        arguments.extend(work.writing_arguments().into_iter().map(OsString::from));
        arguments.push(literally(to));
        let (sandbox, mut cancelled, frames) = (self.sandbox(&[to]), false, work.frames);
        let progress = &mut *self.progress;
        let reader: Reader<'_> = Box::new(|from| {
            for line in BufReader::new(from).lines() {
                let Some(frame) = line?.strip_prefix("frame=").and_then(|n| n.trim().parse::<u64>().ok()) else {
                    continue;
                };
                if !progress((frame * 100 / frames.max(1)).min(99) as u8) {
                    cancelled = true;
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let ended = run(self.ffmpeg, sandbox, self.patience, arguments, reader)?;
        if cancelled {
            return Err(FfmpegError::Cancelled.into());
        }
        match ended.killed {
            Some(_) => Err(self.not_made("it took too long")),
            None if !ended.succeeded => Err(self.not_made(&ended.said)),
            None => Ok(()),
        }
    }

    fn not_made(&self, said: &str) -> ConformError {
        let said: String = said.lines().take(3).collect::<Vec<_>>().join("; ").chars().take(400).collect();
        ConformError::NotMade { file: self.file.to_owned(), said }
    }
}

fn run(
    ffmpeg: &Ffmpeg,
    sandbox: Sandbox,
    patience: Duration,
    arguments: Vec<OsString>,
    output: Reader<'_>,
) -> Result<Ended, FfmpegError> {
    ffmpeg.run(Job { program: "ffmpeg", sandbox, arguments, patience, output: Some(output), second: None, third: None })
}

fn take_all(from: &mut dyn Read, meter: &mut EbuR128) -> io::Result<()> {
    const SAMPLE: usize = 4;
    let frame = SAMPLE * HOUSE_SOUND_CHANNELS;
    let (mut bytes, mut held) = (vec![0; frame * 8192], 0);
    loop {
        let read = from.read(&mut bytes[held..])?;
        if read == 0 {
            return Ok(());
        }
        held += read;
        let whole = held - held % frame;
        let sample = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let samples: Vec<f32> = bytes[..whole].chunks_exact(SAMPLE).map(sample).collect();
        meter.add_frames_f32(&samples).map_err(io::Error::other)?;
        bytes.copy_within(whole..held, 0);
        held -= whole;
    }
}

/// The result before it has its name. Goes away unless it is kept.
struct Temporary {
    path: PathBuf,
    kept: bool,
}

impl Temporary {
    fn beside(output: &Path) -> Result<Temporary, FfmpegError> {
        let unwritable = |source| FfmpegError::Unwritable { path: output.to_owned(), source };
        let folder = match output.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().map_err(unwritable)?;
        let name = output.file_name().ok_or_else(|| unwritable(io::ErrorKind::InvalidInput.into()))?;
        // The suffix tells ffmpeg nothing: the format is named.
        let path = folder.join(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        File::create(&path).map_err(unwritable)?;
        Ok(Temporary { path, kept: false })
    }

    /// File, fsync, name, fsync of the folder: after a power cut there is the whole file or none.
    fn keep_as(mut self, output: &Path) -> Result<(), FfmpegError> {
        let keep = || {
            File::open(&self.path)?.sync_all()?;
            fs::rename(&self.path, output)?;
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        keep().map_err(|source| FfmpegError::Unwritable { path: output.to_owned(), source })?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            drop(fs::remove_file(&self.path)); // whoever finds it later sees by its name that it is nothing
        }
    }
}
