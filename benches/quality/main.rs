//! What inspecting and conforming cost, beside ffmpeg doing the same work on the same clips in one run.
//!
//! ```text
//! cargo bench --bench quality                      three made clips, five turns each: some minutes
//! cargo bench --bench quality -- FILE…             these clips instead
//! ```
//!
//! The same work is, for an inspection, ffmpeg's own filters for what an inspection looks for: black, standing and flashing
//! pictures, bars; silence, loudness with true peaks, phase, levels and clipping; and four small pictures a second. What it
//! has no filter of, hashes of the file and of its looks, it is let off. The older, smaller set (no bars, phase, levels and
//! small pictures) is measured beside it. For a house file it is the same rate, raster, borders and encoders with `loudnorm`.
//!
//! Counted is processor time of the whole family of processes, per second of the clip: it hangs less on what else the
//! machine does than the clock on the wall. The turns alternate, and the middle one counts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SIARAN: &str = env!("CARGO_BIN_EXE_siaran");
/// Turns of each program on each clip.
const TURNS: usize = 5;
/// How much more than ffmpeg's processor time may be used.
const BAR: f64 = 1.2;

fn main() {
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from).collect();
    let clips = if named.is_empty() { made_clips() } else { named };
    println!("| clip | work | siaran, CPU s per media s | ffmpeg | ratio | bar | |\n|---|---|---|---|---|---|---|");
    for clip in &clips {
        measure(clip);
    }
}

fn measure(clip: &Path) {
    let Some(seconds) = seconds_of(clip) else {
        println!("| {} | not a clip | | | | | |", clip.display());
        return;
    };
    let out = folder().join("out.mp4");
    let sound = has_sound(clip);
    let looking = |clip: &Path, all: bool| used_by(&mut ffmpeg(clip, &detectors(sound, all)));
    let inspecting = || used_by(siaran().arg("inspect").arg(clip).arg("--json"));
    let made = made_by_ffmpeg(clip);
    type Work<'a> = (&'a str, Box<dyn Fn() -> f64 + 'a>, Box<dyn Fn() -> f64 + 'a>);
    let works: [Work<'_>; 3] = [
        ("inspect", Box::new(inspecting), Box::new(|| looking(clip, true))),
        ("inspect, beside the smaller set", Box::new(inspecting), Box::new(|| looking(clip, false))),
        (
            "inspect, conform, inspect the result",
            Box::new(|| used_by(siaran().arg("conform").arg(clip).arg("--output").arg(&out).arg("--json"))),
            Box::new(|| {
                let result = folder().join("ffmpeg.mp4");
                let conformed = used_by(&mut made(&result));
                looking(clip, true) + conformed + looking(&result, true)
            }),
        ),
    ];
    for (name, ours, theirs) in works {
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            our.push(ours() / seconds);
            their.push(theirs() / seconds);
        }
        let (our, their) = (median(our), median(their));
        let ratio = our / their;
        let holds = if ratio <= BAR { "holds" } else { "**does not hold**" };
        let clip = clip.file_name().unwrap_or_default().to_string_lossy();
        println!("| {clip} | {name} | {our:.3} | {their:.3} | {ratio:.2} × | ≤ {BAR} × | {holds} |");
    }
}

/// ffmpeg's own detectors of the same things, all of them or the smaller set.
fn detectors(sound: bool, all: bool) -> Vec<&'static str> {
    let mut arguments = Vec::new();
    if all {
        let picture = "[0:v:0]blackdetect=d=0.5,freezedetect=d=2,photosensitivity=bypass=1,cropdetect,split[seen][copy];\
                       [copy]fps=4,scale=192:-2,format=yuvj420p[small]";
        arguments.extend(["-filter_complex", picture, "-map", "[seen]"]);
    } else {
        arguments.extend(["-map", "0:v:0", "-vf", "blackdetect=d=0.5,freezedetect=d=2,photosensitivity=bypass=1"]);
    }
    if sound {
        let few = "silencedetect=d=2:n=-60dB,ebur128=peak=true";
        let many = "silencedetect=d=2:n=-60dB,ebur128=peak=true,aphasemeter=video=0:phasing=1,astats";
        arguments.extend(["-map", "0:a:0", "-af", if all { many } else { few }]);
    }
    arguments.extend(["-f", "null", "-"]);
    if all {
        arguments.extend(["-map", "[small]", "-c:v", "mjpeg", "-f", "image2pipe", "pipe:1"]);
    }
    arguments
}

fn ffmpeg(clip: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-v", "error", "-threads", "2", "-i"]).arg(clip).args(arguments);
    command
}

/// The house format by ffmpeg alone: rate, raster and blurred borders, `loudnorm`, the same encoders.
fn made_by_ffmpeg(clip: &Path) -> impl Fn(&Path) -> Command {
    let clip = clip.to_owned();
    move |to: &Path| {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "2", "-i"]).arg(&clip);
        let picture = "fps=25,scale=1280:720:force_original_aspect_ratio=decrease:flags=bicubic,\
                       split[f][b];[b]scale=160:90,boxblur=4:2,scale=1280:720[c];[c][f]overlay=(W-w)/2:(H-h)/2[v]";
        command.args(["-filter_complex", picture, "-map", "[v]"]);
        if has_sound(&clip) {
            command.args(["-map", "0:a:0", "-af", "loudnorm=I=-23:TP=-2,aresample=48000"]);
            command.args(["-c:a", "aac", "-b:a", "192k", "-ac", "2"]);
        }
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "18", "-bf", "0"]);
        command.args(["-maxrate", "12M", "-bufsize", "12M", "-g", "25", "-x264-params", "threads=1"]);
        command.args(["-pix_fmt", "yuv420p", "-movflags", "+faststart"]).arg(to);
        command
    }
}

fn siaran() -> Command {
    let mut command = Command::new(SIARAN);
    command.arg("--home").arg(folder());
    command
}

/// Processor time that a command and its children use, seconds.
fn used_by(command: &mut Command) -> f64 {
    let before = used();
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert!(ended.code().is_some(), "{command:?} was killed");
    used() - before
}

fn used() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the structure is as large as the call wants and is zeroed before.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn probe(clip: &Path, what: &[&str]) -> String {
    let output = Command::new("ffprobe").args(["-v", "error"]).args(what).args(["-of", "csv=p=0"]).arg(clip).output();
    String::from_utf8_lossy(&output.expect("ffprobe is installed").stdout).trim().to_owned()
}

fn seconds_of(clip: &Path) -> Option<f64> {
    probe(clip, &["-show_entries", "format=duration"]).parse().ok()
}

fn has_sound(clip: &Path) -> bool {
    !probe(clip, &["-select_streams", "a", "-show_entries", "stream=index"]).is_empty()
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quality");
    std::fs::create_dir_all(&folder).expect("target/ can be written");
    folder
}

/// A short clip as messengers send it, a camera's picture as an editor exports it, and a telephone's upright one: made once.
fn made_clips() -> Vec<PathBuf> {
    let kinds = [
        ("messenger-480p25-6s.mp4", "testsrc2=s=854x480:r=25:d=6,noise=alls=8:allf=t", "1500k"),
        ("camera-1080p25.mp4", "testsrc2=s=1920x1080:r=25:d=20,noise=alls=14:allf=t", "8M"),
        ("phone-1080x1920p30.mp4", "testsrc2=s=1080x1920:r=30:d=20,noise=alls=8:allf=t", "10M"),
    ];
    let make = |(name, picture, rate): (&str, &str, &str)| {
        let path = folder().join(name);
        if !path.exists() {
            let made = Command::new("ffmpeg")
                .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi"])
                .args(["-i", "sine=f=330:d=20:r=44100,volume='0.2+0.2*sin(t)':eval=frame", "-shortest"])
                .args(["-pix_fmt", "yuv420p"])
                .args(["-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-c:a", "aac", "-ac", "2"])
                .arg(&path)
                .status();
            assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes {name}");
        }
        path
    };
    kinds.map(make).to_vec()
}
