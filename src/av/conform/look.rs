//! What people look at in place of an office's file: a small copy framed as the wall will frame it, a poster, a sheet of
//! pictures across its time, and the shape of its sound. One program decodes once and makes all of them.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use super::{ConformError, Ended, Making, Work, literally};
use crate::av::ffmpeg::{Ffmpeg, FfmpegError};
use crate::domain::asset::{ConformRecipe, Essence};

/// Where they go; each file is made anew. One that makes no sense for a file stays empty.
#[derive(Debug, Clone, Copy)]
pub struct Looks<'a> {
    /// MP4, small.
    pub film: &'a Path,
    /// JPEG, as large as the film.
    pub poster: &'a Path,
    /// JPEG, twenty pictures in rows; not of a still.
    pub sheet: &'a Path,
    /// PNG, the sound's level from left to right; not of what is silent.
    pub wave: &'a Path,
}

/// Pictures of a sheet, and how many of them stand in a row.
const SHEET_PICTURES: u64 = 20;
const SHEET_COLUMNS: u64 = 5;
/// Width of one of them, pixels: a page shows the sheet as wide as the film.
const SHEET_WIDTH: u32 = 160;
/// Width and height of the shape of the sound, pixels.
const WAVE: &str = "640x80";
/// The poster is taken after so many parts of the whole have passed: at the beginning many clips are black.
const POSTER_PART: u64 = 5;

/// Makes what people look at of `file`, of which an inspection found `essence`. Blocks; `progress` gets percent and
/// returns `false` to stop.
///
/// # Errors
/// [`ConformError`]; what was made by then is worth nothing.
pub fn make_looks(
    file: &Path,
    essence: &Essence,
    recipe: &ConformRecipe,
    to: Looks<'_>,
    ffmpeg: &Ffmpeg,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<(), ConformError> {
    let small = recipe.preview();
    let mut job = Making::of(file, essence, &small, ffmpeg, progress)?;
    let paths = [to.film, to.poster, to.sheet, to.wave];
    for path in paths {
        File::create(path).map_err(|source| FfmpegError::Unwritable { path: path.to_owned(), source })?;
    }
    let sandbox = job.sandbox(&paths);
    let mut arguments = job.reading();
    arguments.extend(job.work.looking_arguments(to));
    let (ended, cancelled): (Ended, bool) = job.run(sandbox, arguments, None, (0, 100))?;
    job.judge(&ended, cancelled)
}

impl Work<'_> {
    fn looking_arguments(&self, to: Looks<'_>) -> Vec<OsString> {
        let film = self.picture_graph().replace("[picture]", "[film]");
        let sound = self.listening_graph();
        let heard = sound.is_some();
        let sound = sound.unwrap_or_else(|| self.sound_graph(false)).replace("[sound]", "[heard]");
        let step = self.frames.div_ceil(SHEET_PICTURES).max(1);
        let rows = self.frames.div_ceil(step).div_ceil(SHEET_COLUMNS);
        let jpeg = "scale=in_range=tv:out_range=pc,format=yuvj420p";
        let mut graph = vec![film, sound];
        let mut shown = vec!["[picture]", "[pick]"];
        if !self.essence.still {
            shown.push("[many]");
            graph.push(format!(
                "[many]select='not(mod(n,{step}))',scale={SHEET_WIDTH}:-2:flags=area,{jpeg},\
                 tile={SHEET_COLUMNS}x{rows}:padding=2[sheet]"
            ));
        }
        graph.push(format!("[film]split={}{}", shown.len(), shown.concat()));
        graph.push(format!("[pick]select='eq(n,{})',{jpeg}[poster]", self.frames / POSTER_PART));
        if heard {
            graph.push("[heard]asplit[sound][seen]".to_owned());
            graph.push(format!("[seen]showwavespic=s={WAVE}:colors=0x1f5fa8:scale=sqrt:split_channels=0[wave]"));
        } else {
            graph.push("[heard]anull[sound]".to_owned());
        }
        let mut arguments: Vec<OsString> = ["-filter_complex_threads", "1", "-filter_complex"].map(Into::into).to_vec();
        arguments.push(graph.join(";").into());
        arguments.extend(self.house_output().into_iter().map(OsString::from));
        // Good enough to judge a clip by, and small enough for an office's line.
        arguments.extend(["-crf", "26", "-maxrate", "2M", "-bufsize", "4M", "-b:a", "96k"].map(Into::into));
        arguments.push(literally(to.film));
        let mut picture = |label: &str, codec: [&str; 6], path: &Path| {
            arguments.extend(["-map", label, "-frames:v", "1"].map(Into::into));
            arguments.extend(codec.map(Into::into));
            arguments.push(literally(path));
        };
        let jpeg = ["-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg"];
        picture("[poster]", jpeg, to.poster);
        if !self.essence.still {
            picture("[sheet]", jpeg, to.sheet);
        }
        if heard {
            picture("[wave]", ["-c:v", "png", "-pix_fmt", "rgba", "-f", "image2pipe"], to.wave);
        }
        arguments
    }
}
