//! Runs the `ffmpeg` and `ffprobe` programs in the sandbox, kills them when they take too long, and counts what they
//! complain of. What they are asked to do is `inspect`'s and `conform`'s business.
//!
//! Inspection and conforming drive ffmpeg; playout is GStreamer. Measured on 230 real and hostile files, ffmpeg reads
//! more of what phones send (AVIF, VP9 with alpha, a broadcast stream that GStreamer 1.22 refuses), costs the same
//! processor time, and never ends a broken file with "all is well"; and one program that both looks and makes can't
//! disagree with itself about what a file holds.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::sandbox::{RINGS_LINE, Rings, Sandbox, THIS_PROGRAM};
use crate::domain::confinement::Demands;

/// How to start confined ffmpegs.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    siaran: PathBuf,
    demands: Demands,
    /// How many times as long a program may take by the wall clock.
    slack: u32,
}

/// Why nothing could be learnt: the machine's fault, never the file's.
#[derive(Debug, thiserror::Error)]
pub enum FfmpegError {
    /// The file can't be read at all.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The result can't be written.
    #[error("{path} can't be written: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The confined program did not start.
    #[error("{program} did not start in the sandbox: {said}")]
    NotStarted {
        /// Which.
        program: &'static str,
        /// What was said.
        said: String,
    },
    /// Somebody asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

/// How a confined program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Ended by itself, and content.
    pub(super) succeeded: bool,
    /// Why it was killed, if it was.
    pub(super) killed: Option<Killed>,
    /// Rings around it.
    pub(super) rings: Rings,
    /// Lines of complaint.
    pub(super) errors: u64,
    /// The first of them, shortened, one per line.
    pub(super) said: String,
}

/// Who ended a program before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Killed {
    /// It took longer than it may.
    TooSlow,
    /// One of the readers had enough.
    Enough,
}

/// A program to run: its pipes are read by closures, each in a thread of its own.
pub(super) struct Job<'a> {
    pub(super) program: &'static str,
    pub(super) sandbox: Sandbox,
    pub(super) arguments: Vec<OsString>,
    /// Wall clock until it is killed.
    pub(super) patience: Duration,
    /// Writes what the program reads from descriptor 0.
    pub(super) input: Option<Writer<'a>>,
    /// Reads descriptor 1.
    pub(super) output: Option<Reader<'a>>,
    /// Reads descriptor 0, which ffmpeg writes to: a second result without a descriptor of its own. Not beside `input`.
    pub(super) second: Option<Reader<'a>>,
    /// Reads descriptor 3.
    pub(super) third: Option<Reader<'a>>,
}

/// Fills a pipe. A program that ends before it has read everything is no failure of the writer's.
pub(super) type Writer<'a> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'a>;

/// Takes what comes out of one pipe. `false` asks for the program's end.
pub(super) type Reader<'a> = Box<dyn FnOnce(&mut dyn Read) -> io::Result<bool> + Send + 'a>;

/// Most text kept of what a program says, bytes: enough for any cause, too little for a flood to matter.
const MOST_SAID: usize = 64 * 1024;
/// Longest line kept, bytes.
const LONGEST_LINE: u64 = 4096;
/// How often the clock is looked at. Costs nothing and delays nothing that a person would notice.
const LOOK: Duration = Duration::from_millis(5);

impl<'a> Job<'a> {
    /// A program without pipes.
    pub(super) fn new(
        program: &'static str,
        sandbox: Sandbox,
        arguments: Vec<OsString>,
        patience: Duration,
    ) -> Job<'a> {
        Job { program, sandbox, arguments, patience, input: None, output: None, second: None, third: None }
    }
}

impl Ffmpeg {
    /// Through this very program, in the cage that the configuration demands.
    pub fn of_this_program(demands: &Demands) -> Ffmpeg {
        Ffmpeg { siaran: THIS_PROGRAM.into(), demands: demands.clone(), slack: 1 }
    }

    /// Through another copy of this program: what tests need, whose own program has no `sandboxed` command.
    pub fn through(siaran: &Path, demands: &Demands) -> Ffmpeg {
        Ffmpeg { siaran: siaran.to_owned(), demands: demands.clone(), slack: 1 }
    }

    /// For programs that get only what others leave of the processors (see [`work_in_spare_time`]): a clip is not to be
    /// refused as stalled because a wall was busy. Their limit on processor time is as it was.
    #[must_use]
    pub fn in_spare_time(self) -> Ffmpeg {
        /// A wall of 1080p leaves a tenth of two cores.
        const SLACK: u32 = 10;
        Ffmpeg { slack: SLACK, ..self }
    }

    /// Runs a job to its end, and never longer than its patience.
    pub(super) fn run(&self, mut job: Job<'_>) -> Result<Ended, FfmpegError> {
        let program = job.program;
        let not_started = |error: io::Error| FfmpegError::NotStarted { program, said: error.to_string() };
        job.sandbox.demands = self.demands.clone();
        let mut command = job.sandbox.command(&self.siaran, program);
        command.args(&job.arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in a terminal is for this program: a decoder that ended by it would have read half a file.
        command.process_group(0);
        let mut pipes: Vec<(Reader<'_>, OwnedFd)> = Vec::new();
        if let Some(reader) = job.second.take() {
            let (from, to) = pipe().map_err(not_started)?;
            command.stdin(Stdio::from(to));
            pipes.push((reader, from));
        }
        if let Some(reader) = job.third.take() {
            let (from, to) = pipe().map_err(not_started)?;
            pass_as_descriptor_3(&mut command, to);
            pipes.push((reader, from));
        }
        let mut feeding = None;
        if let Some(writer) = job.input.take() {
            let (from, to) = pipe().map_err(not_started)?;
            command.stdin(Stdio::from(from));
            feeding = Some((writer, to));
        }
        let mut child = command.spawn().map_err(not_started)?;
        drop(command); // and with it our ends of the pipes that only the child should hold
        if let (Some(reader), Some(stdout)) = (job.output.take(), child.stdout.take()) {
            widen(&stdout);
            pipes.push((reader, stdout.into()));
        }
        let stderr = child.stderr.take();
        let enough = AtomicBool::new(false);
        let (succeeded, killed, said) = std::thread::scope(|scope| {
            for (reader, from) in pipes {
                let enough = &enough;
                scope.spawn(move || match reader(&mut std::fs::File::from(from)) {
                    Ok(true) => {}
                    Ok(false) | Err(_) => enough.store(true, Ordering::Relaxed),
                });
            }
            if let Some((writer, to)) = feeding {
                scope.spawn(move || {
                    if let Err(error) = writer(&mut std::fs::File::from(to))
                        && error.kind() != io::ErrorKind::BrokenPipe
                    {
                        tracing::warn!(%error, program, "a confined program could not be fed");
                    }
                });
            }
            let listener = scope.spawn(move || stderr.map(listen).unwrap_or_default());
            let (succeeded, killed) = wait(&mut child, job.patience * self.slack, &enough);
            (succeeded, killed, listener.join().unwrap_or_default())
        });
        match said.rings {
            Some(rings) => Ok(Ended { succeeded, killed, rings, errors: said.errors, said: said.first }),
            None => Err(FfmpegError::NotStarted { program, said: said.lines.trim().to_owned() }),
        }
    }
}

/// From now on this thread, the threads and the programs that it starts run only when nobody else wants to: an upload is
/// worked on beside a player that can't wait. For good, as the way back needs privileges.
///
/// # Errors
/// The kernel's; the thread then runs as before.
pub fn work_in_spare_time() -> io::Result<()> {
    const NICEST: libc::c_int = 19;
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the structure outlives the call; zero is this very thread.
    let idle = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &parameters) };
    // Also the disk's turn goes by it.
    // SAFETY: takes numbers only; on Linux it concerns this thread alone.
    let nice = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICEST) };
    if idle == 0 && nice == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?)
}

/// Makes room in a pipe for a picture instead of a sixth of it. Where the system has no more to give it stays as it is.
fn widen(pipe: &impl std::os::fd::AsFd) {
    /// What an unprivileged process may ask for, bytes.
    const WIDE: usize = 1 << 20;
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, WIDE);
}

fn pass_as_descriptor_3(command: &mut Command, end: OwnedFd) {
    let place = move || {
        const THIRD: libc::c_int = 3;
        let from = end.as_raw_fd();
        // SAFETY: both calls take numbers only and are safe between fork and exec.
        let done = unsafe { if from == THIRD { libc::fcntl(from, libc::F_SETFD, 0) } else { libc::dup2(from, THIRD) } };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(place) };
}

fn wait(child: &mut Child, patience: Duration, enough: &AtomicBool) -> (bool, Option<Killed>) {
    let started = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return (status.success(), None);
        }
        let killed = if started.elapsed() > patience {
            Killed::TooSlow
        } else if enough.load(Ordering::Relaxed) {
            Killed::Enough
        } else {
            std::thread::sleep(LOOK);
            continue;
        };
        // It can't have forked, so with it everything ends that holds our pipes.
        drop(child.kill());
        drop(child.wait());
        return (false, Some(killed));
    }
}

#[derive(Default)]
pub(super) struct Heard {
    rings: Option<Rings>,
    errors: u64,
    pub(super) first: String,
    lines: String,
}

pub(super) fn listen(stderr: impl Read) -> Heard {
    let (mut heard, mut reader, mut line) = (Heard::default(), BufReader::new(stderr), Vec::new());
    loop {
        line.clear();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return heard,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(rings) = text.strip_prefix(RINGS_LINE).filter(|_| heard.rings.is_none()) {
            heard.rings = rings.parse().ok();
            continue;
        }
        if is_about_the_file(&text) {
            heard.errors += 1;
            if heard.first.len() < 600 {
                heard.first.push_str(&text);
            }
        }
        if heard.lines.len() < MOST_SAID {
            heard.lines.push_str(&text);
        }
    }
}

/// Whether a line is a complaint about what was read, and not about what the file's odd times do to our pipes.
fn is_about_the_file(line: &str) -> bool {
    let complaint = ["[error]", "[fatal]", "[panic]"].iter().any(|level| line.contains(level));
    complaint && !line.contains("dts to muxer")
}

/// Container formats that a decoder may take a file for. Playlists, devices, network descriptions and scripts are not
/// among them: such a file could name other files.
pub(super) const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,avi,asf,flv,ogg,mxf,\
gif,apng,image2,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe,j2k_pipe,jpegxl_pipe,h264,hevc,m4v,av1,obu,ivf,dv,dirac,\
vc1,wtv,nut,rm,swf,gxf,yuv4mpegpipe,mjpeg,wav,w64,mp3,aac,ac3,eac3,flac,amr,amrnb,aiff,caf,au,aax";

/// How sound keeps its time where packets are missing or overlap, as options of `aresample`: once it is out by 30 ms a gap is
/// filled with silence and an overlap cut. Left alone, ffmpeg waits for 0.1 s, and the sound is ahead of the picture for so
/// long (EBU R 37: at most 40 ms). Less is the rounding of containers, and Vorbis in WebM, whose times are out by 21 ms now to
/// one side and now to the other: at 20 ms such sound was cut up.
pub(super) const KEEP_TIME: &str = "async=1:min_hard_comp=0.03";

/// Arguments with which every reading of an office's file begins.
pub(super) fn reading_arguments() -> Vec<OsString> {
    let fixed = ["-hide_banner", "-loglevel", "repeat+level+error", "-protocol_whitelist", "file"];
    fixed.into_iter().chain(["-format_whitelist", FORMATS]).map(OsString::from).collect()
}

/// A path as ffmpeg takes it literally, whatever characters are in it.
pub(super) fn literally(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_counted_and_a_flood_of_them_is_not_kept() {
        let flood = format!("{RINGS_LINE}{}\n{}", Rings::ALL, "[h264 @ 0x1] [error] concealing\n".repeat(100_000));
        let heard = listen(flood.as_bytes());
        assert_eq!((heard.rings, heard.errors), (Some(Rings::ALL), 100_000));
        assert!(heard.lines.len() < MOST_SAID + 100 && heard.first.len() < 700);
    }
}
