//! Makes the house-format file: what airs is never what an office uploaded. MP4 with its index in front, H.264 high
//! without B-frames, a key frame each second, the channel's exact raster and rate, BT.709; AAC stereo at the house
//! loudness, exactly as long as the picture.
//!
//! Each stream is decoded once. The first program decodes the sound, which we measure and level (`level.rs`); the second
//! decodes the picture, takes the levelled sound from a pipe and writes. What a picture is was found by its inspection
//! ([`Essence`]) and is not looked for again. Then the result is inspected like any other file.
//!
//! The same input gives the same bytes on any number of cores: one encoder thread, a fixed number of decoder threads,
//! bit-exact muxing without dates, and levels in whole hundredths of a decibel.

mod graph;
mod level;
mod look;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, Reader, Writer, literally, reading_arguments};
use super::heic::{self, Picture};
use super::inspect::{InspectLimits, Inspected, inspect};
use super::sandbox::{Limits, Sandbox};
use crate::domain::asset::{ConformRecipe, Essence};
use crate::domain::channel::HouseFormat;
use crate::domain::time::Tick;
use graph::Work;
use level::{Levels, PEAK_ROOM_DB, Sound};

pub use look::{Looks, make_looks};

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

/// Conforms `file`, of which an inspection found `essence`, into `output`, which appears whole or not at all. Blocks;
/// `progress` gets percent and returns `false` to stop.
///
/// # Errors
/// [`ConformError`]; `output` is untouched then.
pub fn conform(
    file: &Path,
    essence: &Essence,
    recipe: &ConformRecipe,
    output: &Path,
    ffmpeg: &Ffmpeg,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Conformed, ConformError> {
    let mut job = Making::of(file, essence, recipe, ffmpeg, progress)?;
    let sound = job.listen()?;
    let temporary = Temporary::beside(output)?;
    let mut room_db = PEAK_ROOM_DB;
    for _ in 0..=REWRITES {
        let levels = sound.as_ref().and_then(|sound| Some((sound, sound.levels(recipe.house, room_db)?)));
        job.write(levels.as_ref().map(|(sound, levels)| (*sound, levels)), &temporary.path)?;
        let result = job.look_at(&temporary.path)?;
        let counted = result.inspection.video.as_ref().map_or(0, |video| video.frames);
        if counted != job.work.frames {
            let said = format!("{} frames were planned and {counted} came out", job.work.frames);
            return Err(ConformError::NotMade { file: file.to_owned(), said });
        }
        let over_db =
            result.inspection.measured.true_peak_dbtp.map_or(0.0, |peak| peak - recipe.house.max_true_peak_dbtp);
        if over_db <= 0.0 || room_db > PEAK_ROOM_DB {
            temporary.keep_as(output)?;
            let has_sound = result.inspection.measured.integrated_lufs.is_some();
            return Ok(Conformed { frames: counted, has_sound, result });
        }
        // Coding raised a peak by more than the usual room.
        room_db += over_db + FURTHER_ROOM_DB;
    }
    Err(job.not_made("its peaks can't be held"))
}

/// How often a result whose peaks came out too high is written again.
const REWRITES: u32 = 1;
/// Room beyond what the first result was over, dB.
const FURTHER_ROOM_DB: f64 = 0.3;
/// Percent of the whole at which listening, writing and looking at the result end: shares of their time on 30 s clips.
const LISTENED: u8 = 5;
const WRITTEN: u8 = 80;

/// One making under way.
struct Making<'a> {
    file: &'a Path,
    /// What is decoded: the file, or the picture that was made of it.
    input: PathBuf,
    /// Keeps that picture for as long as it is needed.
    _picture: Option<Picture>,
    ffmpeg: &'a Ffmpeg,
    patience: Duration,
    work: Work<'a>,
    house: HouseFormat,
    progress: &'a mut (dyn FnMut(u8) -> bool + Send),
}

impl<'a> Making<'a> {
    fn of(
        file: &'a Path,
        essence: &'a Essence,
        recipe: &'a ConformRecipe,
        ffmpeg: &'a Ffmpeg,
        progress: &'a mut (dyn FnMut(u8) -> bool + Send),
    ) -> Result<Making<'a>, ConformError> {
        let not_made = |said: &str| ConformError::NotMade { file: file.to_owned(), said: said.to_owned() };
        let mut input =
            file.canonicalize().map_err(|source| FfmpegError::Unreadable { path: file.to_owned(), source })?;
        let picture = match heic::open(&input, InspectLimits::default().pixels, ffmpeg)? {
            None => None,
            Some(heic) => Some(heic.picture.map_err(|_| not_made("its HEIC picture can't be read"))?),
        };
        if let Some(picture) = &picture {
            picture.path().clone_into(&mut input);
        }
        let frames = graph::frames_of(essence, recipe);
        let samples = recipe.house.rate.first_sample(Tick(frames as i64), recipe.house.sample_rate_hz) as u64;
        let media = Duration::from_millis(essence.duration_ms);
        let patience = LEAST_PATIENCE.max(media * PATIENCE_PER_MEDIA_SECOND);
        let work = Work { recipe, essence, frames, samples };
        Ok(Making { file, input, _picture: picture, ffmpeg, patience, work, house: recipe.house, progress })
    }

    fn sandbox(&self, writes: &[&Path]) -> Sandbox {
        let limits = Limits {
            cpu_seconds: 2 * self.patience.as_secs(),
            file_bytes: if writes.is_empty() { 0 } else { LARGEST_RESULT },
            ..Limits::DECODER
        };
        let writes = writes.iter().map(|path| path.to_path_buf()).collect();
        Sandbox { limits, writes, ..Sandbox::reading(&self.input) }
    }

    fn reading(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-nostdin".into(), "-y".into()];
        arguments.extend(reading_arguments());
        let threads = self.work.decoder_threads().to_string();
        arguments.extend(["-threads".into(), threads.into(), "-i".into(), literally(&self.input)]);
        arguments
    }

    /// The sound as it will be mixed, as long as the picture; `None` where there is nothing to hear.
    fn listen(&mut self) -> Result<Option<Sound>, ConformError> {
        let Some(graph) = self.work.listening_graph() else { return Ok(None) };
        let mut arguments = self.reading();
        arguments.extend(["-filter_complex".into(), graph.into()]);
        arguments.extend(["-map", "[sound]", "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"].map(Into::into));
        let (rate, samples) = (self.house.sample_rate_hz, self.work.samples);
        let sandbox = self.sandbox(&[]);
        let (mut sound, mut cancelled) = (None, false);
        let progress = &mut *self.progress;
        let reader: Reader<'_> = Box::new(|from| {
            cancelled = !progress(0);
            if !cancelled {
                sound = Some(Sound::read(from, rate, samples)?);
            }
            Ok(!cancelled)
        });
        let job = Job { output: Some(reader), ..Job::new("ffmpeg", sandbox, arguments, self.patience) };
        let ended = self.ffmpeg.run(job)?;
        if cancelled || !(self.progress)(LISTENED) {
            return Err(FfmpegError::Cancelled.into());
        }
        if ended.killed.is_some() {
            return Err(self.not_made("listening to it took too long"));
        }
        let mut sound = sound.filter(|sound| sound.len() > 0);
        if let Some(sound) = &mut sound {
            sound.fold_dead_channel();
        }
        Ok(sound)
    }

    fn write(&mut self, sound: Option<(&Sound, &Levels)>, to: &Path) -> Result<(), ConformError> {
        let mut arguments = self.reading();
        arguments.extend(self.work.writing_arguments(sound.is_some()).into_iter().map(OsString::from));
        arguments.push(literally(to));
        let input = sound.map(|(sound, levels)| -> Writer<'_> { Box::new(move |to| sound.write(levels, to)) });
        let (ended, cancelled) = self.run(self.sandbox(&[to]), arguments, input, (LISTENED, WRITTEN))?;
        self.judge(&ended, cancelled)
    }

    /// Runs a program that tells how many frames it has written; whether it was stopped on request.
    fn run(
        &mut self,
        sandbox: Sandbox,
        arguments: Vec<OsString>,
        input: Option<Writer<'_>>,
        (from_percent, to_percent): (u8, u8),
    ) -> Result<(Ended, bool), FfmpegError> {
        let (mut cancelled, frames) = (false, self.work.frames.max(1));
        let progress = &mut *self.progress;
        let span = u64::from(to_percent - from_percent);
        let output: Reader<'_> = Box::new(|from| {
            for line in BufReader::new(from).lines() {
                let Some(frame) = line?.strip_prefix("frame=").and_then(|n| n.trim().parse::<u64>().ok()) else {
                    continue;
                };
                if !progress(from_percent + (frame.min(frames) * span / frames) as u8) {
                    cancelled = true;
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let job = Job { input, output: Some(output), ..Job::new("ffmpeg", sandbox, arguments, self.patience) };
        let ended = self.ffmpeg.run(job)?;
        Ok((ended, cancelled))
    }

    fn judge(&self, ended: &Ended, cancelled: bool) -> Result<(), ConformError> {
        if cancelled {
            return Err(FfmpegError::Cancelled.into());
        }
        match ended.killed {
            Some(_) => Err(self.not_made("it took too long")),
            None if !ended.succeeded => Err(self.not_made(&ended.said)),
            None => Ok(()),
        }
    }

    fn look_at(&mut self, made: &Path) -> Result<Inspected, FfmpegError> {
        let progress = &mut *self.progress;
        let share = |percent: u8| WRITTEN + (u32::from(percent) * u32::from(99 - WRITTEN) / 100) as u8;
        inspect(made, InspectLimits::default(), self.ffmpeg, &mut |percent| progress(share(percent)))
    }

    fn not_made(&self, said: &str) -> ConformError {
        let said: String = said.lines().take(3).collect::<Vec<_>>().join("; ").chars().take(400).collect();
        ConformError::NotMade { file: self.file.to_owned(), said }
    }
}

/// Sound of any bytes at the house's level, for `crate::fuzz`; nothing where it is silent.
#[cfg(any(test, fuzzing))]
pub(crate) fn level_any(bytes: &[u8]) -> Vec<f32> {
    let mut out = Vec::new();
    if let Ok(mut sound) = Sound::read(&mut &*bytes, HouseFormat::DEFAULT.sample_rate_hz, u64::MAX) {
        sound.fold_dead_channel();
        if let Some(levels) = sound.levels(HouseFormat::DEFAULT, PEAK_ROOM_DB) {
            drop(sound.write(&levels, &mut out));
        }
    }
    out.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
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
