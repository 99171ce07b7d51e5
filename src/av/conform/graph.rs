//! The arguments of one conforming: which filters, in which order, with which numbers.

use crate::av::inspect::StreamNumbers;
use crate::domain::asset::{Borders, ConformRecipe, VideoStream};

/// Everything that decides the arguments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) recipe: &'a ConformRecipe,
    pub(super) video: &'a VideoStream,
    /// Which streams; sound is `None` where silence is to be made.
    pub(super) numbers: StreamNumbers,
    /// When the first picture is shown, ticks of 1/90000 s.
    pub(super) start: i64,
    pub(super) frames: u64,
    pub(super) samples: u64,
    pub(super) damaged: bool,
    pub(super) gain: Gain,
}

/// What is done to the level of the sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gain {
    pub(super) db: f64,
    /// A limiter holds true peaks below this.
    pub(super) ceiling_dbtp: Option<f64>,
}

impl Gain {
    pub(super) const NONE: Gain = Gain { db: 0.0, ceiling_dbtp: None };
}

/// Longest house file, seconds: one source frame of tolerance is not aired.
const LONGEST_SECONDS: u32 = 300;

/// Frames of the house file: the decoded duration to the nearest frame, at least one.
pub(super) fn frames_of(video: &VideoStream, recipe: &ConformRecipe) -> u64 {
    let rate = recipe.house.rate;
    let most = rate.frames_in(LONGEST_SECONDS);
    if video.still {
        return rate.frames_in(recipe.still_seconds.clamp(1, LONGEST_SECONDS));
    }
    let (num, den) = (u128::from(rate.num()), u128::from(rate.den()));
    let frames = (u128::from(video.duration_ms) * num + 500 * den) / (1000 * den);
    u64::try_from(frames).unwrap_or(most).clamp(1, most)
}

impl<'a> Work<'a> {
    pub(super) fn with(&self, gain: Gain) -> Work<'a> {
        Work { gain, ..*self }
    }

    /// A broken stream decodes the same way twice only when nothing runs beside it.
    pub(super) fn decoder_threads(&self) -> u32 {
        if self.damaged { 1 } else { 2 }
    }

    /// Sound from its stream to `[sound]`: moved with the picture, gaps filled, stereo, at its level, exactly as long
    /// as the picture.
    pub(super) fn sound_graph(&self) -> String {
        let (rate, samples) = (self.recipe.house.sample_rate_hz, self.samples);
        let length = format!("apad,atrim=end_sample={samples},asetpts=N/SR/TB[sound]");
        let Some(stream) = self.numbers.audio else {
            return format!("anullsrc=r={rate}:cl=stereo,{length}");
        };
        let moved = format!("asetpts=PTS-({}/90000)/TB,aresample={rate}:async=1:first_pts=0", self.start);
        let level = match self.gain {
            Gain { db, ceiling_dbtp: None } => format!("volume={db:.2}dB:precision=float"),
            // Peaks between samples are seen at four times the rate.
            Gain { db, ceiling_dbtp: Some(ceiling) } => format!(
                "volume={db:.2}dB:precision=float,aresample={},\
                 alimiter=limit={:.6}:attack=5:release=80:level=0:latency=1,aresample={rate}",
                4 * rate,
                10_f64.powf(ceiling / 20.0),
            ),
        };
        format!("[0:{stream}]{moved},aformat=sample_fmts=fltp:channel_layouts=stereo,{level},{length}")
    }

    /// The picture from its stream to `[picture]`.
    fn picture_graph(&self) -> String {
        let house = self.recipe.house;
        let (width, height) = (house.width, house.height);
        let mut steps = vec![format!("setpts=PTS-({}/90000)/TB", self.start)];
        if self.video.interlaced {
            steps.push("bwdif=mode=send_frame:parity=auto:deint=all".to_owned());
        }
        if self.video.hdr {
            let to_sdr = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
                          zscale=t=bt709:m=bt709:r=tv,format=yuv420p";
            steps.push(to_sdr.to_owned());
        }
        steps.push(format!("fps={}:round=near", house.rate));
        let (fit_width, fit_height) = self.fitted();
        let scaled = |w: u32, h: u32| {
            let flags = "bicubic+accurate_rnd+full_chroma_int+bitexact";
            format!("scale={w}:{h}:flags={flags}:out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1")
        };
        let source = format!("[0:{}]{}", self.numbers.video, steps.join(","));
        let framed = if (fit_width, fit_height) == (width, height) {
            format!("{source},{}", scaled(width, height))
        } else {
            let (x, y) = (((width - fit_width) / 2) & !1, ((height - fit_height) / 2) & !1);
            let fitted = scaled(fit_width, fit_height);
            match self.recipe.borders {
                Borders::Plain => format!("{source},{fitted},pad={width}:{height}:{x}:{y}:black"),
                Borders::Blurred => {
                    // Blurred where it is small: an eighth of the raster costs next to nothing.
                    let (small_width, small_height) = (even(width / 8), even(height / 8));
                    let (cover_width, cover_height) = covering((fit_width, fit_height), (small_width, small_height));
                    format!(
                        "{source},{fitted},split[front][back];\
                         [back]scale={cover_width}:{cover_height}:flags=area+bitexact,\
                         crop={small_width}:{small_height},boxblur=4:2,\
                         scale={width}:{height}:flags=bicubic+bitexact,lutyuv=y=(val-16)*0.55+16[blurred];\
                         [blurred][front]overlay={x}:{y}:format=yuv420"
                    )
                }
            }
        };
        // The last picture is held until the planned end: a source that ends early by a rounding leaves no hole.
        format!(
            "{framed},tpad=stop=-1:stop_mode=clone,trim=end_frame={},setpts=N/({})/TB,setsar=1,\
             setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709[picture]",
            self.frames, house.rate
        )
    }

    /// The largest even raster of the picture's shape, upright, inside the wall's.
    fn fitted(&self) -> (u32, u32) {
        let (video, house) = (self.video, self.recipe.house);
        let (wide, high) = (
            u64::from(video.width.max(1)) * u64::from(video.pixel_aspect.0),
            u64::from(video.height.max(1)) * u64::from(video.pixel_aspect.1),
        );
        let (wide, high) = if video.rotation_deg % 180 == 90 { (high, wide) } else { (wide, high) };
        let (width, height) = (u64::from(house.width), u64::from(house.height));
        let (fit_width, fit_height) = if u128::from(wide) * u128::from(height) >= u128::from(high) * u128::from(width) {
            (width, (u128::from(high) * u128::from(width) / u128::from(wide)) as u64)
        } else {
            ((u128::from(wide) * u128::from(height) / u128::from(high)) as u64, height)
        };
        // A sliver of border, from a raster such as 1920×1088, is not worth having: up to one part in a hundred.
        const SLIVER_PARTS: u64 = 100;
        let snapped = |fit: u64, full: u64| if full - fit.min(full) <= full / SLIVER_PARTS { full } else { fit };
        (even(snapped(fit_width, width) as u32), even(snapped(fit_height, height) as u32))
    }

    /// Everything after the input and before the output's name.
    pub(super) fn writing_arguments(&self) -> Vec<String> {
        let house = self.recipe.house;
        let key_frames = (house.rate.num() + house.rate.den() / 2) / house.rate.den();
        // Divisible by every rate of picture and sound in use, so that no length is rounded in the index.
        const MOVIE_TIMESCALE: u32 = 240_000;
        let x264 = format!(
            "keyint={key_frames}:min-keyint={key_frames}:scenecut=0:open-gop=0:bframes=0:threads=1:lookahead-threads=1:\
             sliced-threads=0:force-cfr=1"
        );
        let rate = house.rate.to_string();
        let fixed = [
            "-filter_complex_threads",
            "1",
            "-filter_complex",
            &format!("{};{}", self.picture_graph(), self.sound_graph()),
            "-map",
            "[picture]",
            "-map",
            "[sound]",
            "-map_metadata",
            "-1",
            "-map_chapters",
            "-1",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-profile:v",
            "high",
            "-crf",
            "18",
            "-maxrate",
            "12M",
            "-bufsize",
            "12M",
            "-pix_fmt",
            "yuv420p",
            "-r",
            &rate,
            "-x264-params",
            &x264,
            "-colorspace",
            "bt709",
            "-color_primaries",
            "bt709",
            "-color_trc",
            "bt709",
            "-color_range",
            "tv",
            "-c:a",
            "aac",
            "-b:a",
            "192k",
            "-ar",
            &house.sample_rate_hz.to_string(),
            "-ac",
            "2",
            "-flags:v",
            "+bitexact",
            "-flags:a",
            "+bitexact",
            "-fflags",
            "+bitexact",
            "-video_track_timescale",
            &MOVIE_TIMESCALE.to_string(),
            "-movie_timescale",
            &MOVIE_TIMESCALE.to_string(),
            "-movflags",
            "+faststart",
            "-progress",
            "pipe:1",
            "-nostats",
            "-f",
            "mp4",
        ];
        fixed.iter().map(|argument| (*argument).to_owned()).collect()
    }
}

fn even(length: u32) -> u32 {
    (length & !1).max(2)
}

/// The smallest raster of one shape that covers another.
fn covering((wide, high): (u32, u32), (width, height): (u32, u32)) -> (u32, u32) {
    let (wide, high) = (u64::from(wide), u64::from(high));
    let (width, height) = (u64::from(width), u64::from(height));
    let (w, h) = if wide * height >= high * width {
        ((wide * height).div_ceil(high), height)
    } else {
        (width, (high * width).div_ceil(wide))
    };
    let even_up = |length: u64| (length + (length & 1)) as u32;
    (even_up(w), even_up(h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::HouseFormat;
    use crate::domain::colour::Colour;

    fn video(width: u32, height: u32) -> VideoStream {
        VideoStream {
            codec: "h264".into(),
            width,
            height,
            frame_rate: None,
            pixel_aspect: (1, 1),
            rotation_deg: 0,
            interlaced: false,
            hdr: false,
            colour: Colour::HOUSE,
            frames: 100,
            duration_ms: 4000,
            still: false,
        }
    }

    fn fitted(video: &VideoStream) -> (u32, u32) {
        let recipe = ConformRecipe::of(HouseFormat::DEFAULT);
        let numbers = StreamNumbers { video: 0, audio: None };
        let (start, frames, samples) = (0, 100, 192_000);
        Work { recipe: &recipe, video, numbers, start, frames, samples, damaged: false, gain: Gain::NONE }.fitted()
    }

    #[test]
    fn every_shape_is_fitted_in_whole() {
        assert_eq!(fitted(&video(1920, 1080)), (1280, 720));
        assert_eq!(fitted(&video(1920, 1088)), (1280, 720));
        assert_eq!(fitted(&video(640, 480)), (960, 720));
        assert_eq!(fitted(&video(1080, 1920)), (404, 720));
        assert_eq!(fitted(&VideoStream { rotation_deg: 90, ..video(1920, 1080) }), (404, 720));
        assert_eq!(fitted(&VideoStream { pixel_aspect: (64, 45), ..video(720, 576) }), (1280, 720));
        assert_eq!(fitted(&video(1, 4000)), (2, 720));
    }

    #[test]
    fn a_clip_gets_the_frames_that_are_nearest_to_its_length_and_never_more_than_five_minutes() {
        let recipe = ConformRecipe::of(HouseFormat::DEFAULT);
        let of = |duration_ms| frames_of(&VideoStream { duration_ms, ..video(10, 10) }, &recipe);
        assert_eq!((of(4000), of(6167), of(7), of(300_040)), (100, 154, 1, 7500));
        assert_eq!(frames_of(&VideoStream { still: true, ..video(10, 10) }, &recipe), 250);
    }

    #[test]
    fn a_blurred_border_covers_the_wall() {
        for shape in [(404, 720), (960, 720), (1280, 300), (2, 720)] {
            let (w, h) = covering(shape, (160, 90));
            assert!(w >= 160 && h >= 90 && w % 2 == 0 && h % 2 == 0, "{shape:?}: {w}×{h}");
        }
    }
}
