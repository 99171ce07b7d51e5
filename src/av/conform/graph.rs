//! The arguments of one conforming: which filters, in which order, with which numbers.

use crate::av::ffmpeg::KEEP_TIME;
use crate::domain::asset::{Borders, ConformRecipe, Essence, Framing};
use crate::domain::colour::Colour;

/// Everything that decides the arguments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) recipe: &'a ConformRecipe,
    pub(super) essence: &'a Essence,
    /// Frames of the result.
    pub(super) frames: u64,
    /// Samples of the result.
    pub(super) samples: u64,
}

/// Longest house file, seconds: one source frame of tolerance is not aired.
const LONGEST_SECONDS: u32 = 300;

/// Frames of the house file: the decoded duration to the nearest frame, at least one.
pub(super) fn frames_of(essence: &Essence, recipe: &ConformRecipe) -> u64 {
    let rate = recipe.house.rate;
    let most = rate.frames_in(LONGEST_SECONDS);
    if essence.still {
        return rate.frames_in(recipe.still_seconds.clamp(1, LONGEST_SECONDS));
    }
    let (num, den) = (u128::from(rate.num()), u128::from(rate.den()));
    let frames = (u128::from(essence.duration_ms) * num + 500 * den) / (1000 * den);
    u64::try_from(frames).unwrap_or(most).clamp(1, most)
}

impl<'a> Work<'a> {
    /// A broken stream decodes the same way twice only when nothing runs beside it.
    pub(super) fn decoder_threads(&self) -> u32 {
        if self.essence.damaged { 1 } else { 2 }
    }

    /// Sound from its stream to `[sound]`: moved with the picture, gaps filled, stereo, exactly as long as the picture.
    /// `None` where there is nothing to hear.
    pub(super) fn listening_graph(&self) -> Option<String> {
        let (rate, stream) = (self.recipe.house.sample_rate_hz, self.essence.audio_stream?);
        let first = self.essence.first_picture;
        Some(format!(
            "[0:{stream}]asetpts=PTS-({first}/90000)/TB,aresample={rate}:{KEEP_TIME}:first_pts=0,\
             aformat=sample_fmts=flt:channel_layouts=stereo,{}",
            self.length()
        ))
    }

    fn length(&self) -> String {
        format!("apad,atrim=end_sample={},asetpts=N/SR/TB[sound]", self.samples)
    }

    /// Sound to `[sound]`: from the second input, or silence.
    pub(super) fn sound_graph(&self, levelled: bool) -> String {
        let rate = self.recipe.house.sample_rate_hz;
        let from =
            if levelled { "[1:0]aformat=sample_fmts=fltp".to_owned() } else { format!("anullsrc=r={rate}:cl=stereo") };
        format!("{from},{}", self.length())
    }

    /// Arguments that name the levelled sound as second input.
    fn levelled_input(&self) -> [String; 10] {
        let rate = self.recipe.house.sample_rate_hz.to_string();
        let fixed = ["-protocol_whitelist", "pipe", "-f", "f32le", "-ar", &rate, "-ac", "2", "-i", "pipe:0"];
        fixed.map(str::to_owned)
    }

    /// The picture from its stream to `[picture]`.
    pub(super) fn picture_graph(&self) -> String {
        let (house, video) = (self.recipe.house, self.essence);
        let mut steps =
            vec![format!("[0:{}]setpts=PTS-({}/90000)/TB", self.essence.video_stream, self.essence.first_picture)];
        if video.interlaced {
            steps.push("bwdif=mode=send_frame:parity=auto:deint=all".to_owned());
        }
        // Before what costs: a picture that does not air need not be scaled.
        steps.push(format!("fps={}:round=near", house.rate));
        if video.colour.transfer.is_hdr() {
            let to_sdr = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
                          zscale=t=bt709:m=bt709:r=tv,format=yuv420p";
            steps.push(to_sdr.to_owned());
        }
        let zoomed = video.still && self.recipe.zoom;
        let framed = self.framed(&steps.join(","), if zoomed { ZOOM_RASTER } else { 1 });
        let moving = if zoomed { self.zoom() } else { String::new() };
        // The last picture is held until the planned end: a source that ends early by a rounding leaves no hole.
        format!(
            "{framed},{moving}tpad=stop=-1:stop_mode=clone,trim=end_frame={},setpts=N/({})/TB,setsar=1,\
             setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709[picture]",
            self.frames, house.rate
        )
    }

    /// The picture at so many times the wall's raster, as the recipe frames it.
    fn framed(&self, source: &str, times: u32) -> String {
        let (width, height) = (self.recipe.house.width * times, self.recipe.house.height * times);
        let colours = self.colours();
        let scaled = |(w, h): (u32, u32)| {
            let flags = "bicubic+accurate_rnd+full_chroma_int+bitexact";
            format!("scale={w}:{h}:flags={flags}:{colours},format=yuv420p,setsar=1")
        };
        let fitted = self.fitted(width, height);
        if fitted == (width, height) || self.recipe.framing == Framing::Stretch {
            return format!("{source},{}", scaled((width, height)));
        }
        if self.recipe.framing == Framing::Fill {
            return format!("{source},{},crop={width}:{height}", scaled(covering(self.shape(), (width, height))));
        }
        let (x, y) = (((width - fitted.0) / 2) & !1, ((height - fitted.1) / 2) & !1);
        match self.recipe.borders {
            Borders::Plain => format!("{source},{},pad={width}:{height}:{x}:{y}:black", scaled(fitted)),
            Borders::Blurred => {
                // Blurred where it is small: an eighth of the raster costs next to nothing.
                let (small_width, small_height) = (even(width / 8), even(height / 8));
                let shape = (u64::from(fitted.0), u64::from(fitted.1));
                let (cover_width, cover_height) = covering(shape, (small_width, small_height));
                format!(
                    "{source},{},split[front][back];\
                     [back]scale={cover_width}:{cover_height}:flags=area+bitexact,\
                     crop={small_width}:{small_height},boxblur=4:2,\
                     scale={width}:{height}:flags=bicubic+bitexact,lutyuv=y=(val-16)*0.55+16[blurred];\
                     [blurred][front]overlay={x}:{y}:format=yuv420",
                    scaled(fitted)
                )
            }
        }
    }

    /// How the picture's code values are read and written, as options of `scale`. Both are said: of what a file leaves out
    /// ffmpeg thinks as of standard definition, and would bend the colours of high definition from BT.601 to BT.709.
    fn colours(&self) -> String {
        let read = if self.essence.colour.transfer.is_hdr() { Colour::HOUSE } else { self.essence.colour };
        let range = if read.full_range { "pc" } else { "tv" };
        let matrix = read.matrix.as_str();
        format!("in_color_matrix={matrix}:in_range={range}:out_color_matrix=bt709:out_range=tv")
    }

    /// Slowly nearer, from a picture that is larger by [`ZOOM_RASTER`], so that whole pixels of it are small steps.
    fn zoom(&self) -> String {
        /// How much nearer at the end: little enough not to cut a poster's words off.
        const NEARER: f64 = 0.06;
        let house = self.recipe.house;
        format!(
            "zoompan=z='1+{NEARER}*on/{0}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':d={0}:s={1}x{2}:fps={3},",
            self.frames, house.width, house.height, house.rate
        )
    }

    /// Width and height of the upright picture in units of one length.
    fn shape(&self) -> (u64, u64) {
        let video = self.essence;
        let (wide, high) = (
            u64::from(video.width.max(1)) * u64::from(video.pixel_aspect.0),
            u64::from(video.height.max(1)) * u64::from(video.pixel_aspect.1),
        );
        if video.rotation_deg % 180 == 90 { (high, wide) } else { (wide, high) }
    }

    /// The largest even raster of the picture's shape inside another.
    fn fitted(&self, width: u32, height: u32) -> (u32, u32) {
        let (wide, high) = self.shape();
        let (width, height) = (u64::from(width), u64::from(height));
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

    /// Everything after the first input and before the output's name.
    pub(super) fn writing_arguments(&self, levelled: bool) -> Vec<String> {
        let mut arguments = if levelled { self.levelled_input().to_vec() } else { Vec::new() };
        let graph = format!("{};{}", self.picture_graph(), self.sound_graph(levelled));
        arguments.extend(["-filter_complex_threads", "1", "-filter_complex", &graph].map(str::to_owned));
        arguments.extend(self.house_output());
        arguments
    }

    /// What makes `[picture]` and `[sound]` a house file.
    pub(super) fn house_output(&self) -> Vec<String> {
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

/// How much larger than the wall a still is from which is zoomed.
const ZOOM_RASTER: u32 = 3;

fn even(length: u32) -> u32 {
    (length & !1).max(2)
}

/// The smallest even raster of one shape that covers another.
fn covering((wide, high): (u64, u64), (width, height): (u32, u32)) -> (u32, u32) {
    /// Of a shape that is far out, more than this many times the raster is not worth scaling to: it gets out of shape.
    const MOST_TIMES: u128 = 8;
    let (wide, high) = (u128::from(wide), u128::from(high));
    let (width, height) = (u128::from(width), u128::from(height));
    let (w, h) = if wide * height >= high * width {
        ((wide * height).div_ceil(high), height)
    } else {
        (width, (high * width).div_ceil(wide))
    };
    let even_up = |length: u128| (length + (length & 1)) as u32;
    (even_up(w.min(MOST_TIMES * width)), even_up(h.min(MOST_TIMES * height)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::HouseFormat;

    fn video(width: u32, height: u32) -> Essence {
        Essence {
            video_stream: 0,
            audio_stream: None,
            first_picture: 0,
            duration_ms: 4000,
            width,
            height,
            pixel_aspect: (1, 1),
            rotation_deg: 0,
            interlaced: false,
            colour: Colour::HOUSE,
            still: false,
            damaged: false,
        }
    }

    fn fitted(essence: &Essence) -> (u32, u32) {
        let recipe = ConformRecipe::of(HouseFormat::DEFAULT);
        Work { recipe: &recipe, essence, frames: 100, samples: 192_000 }.fitted(1280, 720)
    }

    fn picture(essence: &Essence, framing: Framing, zoom: bool) -> String {
        let recipe = ConformRecipe { framing, zoom, ..ConformRecipe::of(HouseFormat::DEFAULT) };
        Work { recipe: &recipe, essence, frames: 250, samples: 480_000 }.picture_graph()
    }

    #[test]
    fn a_picture_of_another_shape_is_fitted_filled_or_stretched_as_the_recipe_says() {
        let square = video(500, 500);
        assert!(picture(&square, Framing::Fit, false).contains("overlay=280:0"));
        let filled = picture(&square, Framing::Fill, false);
        assert!(filled.contains("scale=1280:1280") && filled.contains("crop=1280:720"), "{filled}");
        let stretched = picture(&square, Framing::Stretch, false);
        assert!(stretched.contains("scale=1280:720") && !stretched.contains("overlay"), "{stretched}");
    }

    #[test]
    fn a_still_is_zoomed_where_the_recipe_says_so_and_a_film_never() {
        let still = Essence { still: true, ..video(1280, 720) };
        assert!(!picture(&still, Framing::Fit, false).contains("zoompan"));
        assert!(picture(&still, Framing::Fit, true).contains("zoompan"));
        assert!(!picture(&video(1280, 720), Framing::Fit, true).contains("zoompan"));
    }

    #[test]
    fn every_shape_is_fitted_in_whole() {
        assert_eq!(fitted(&video(1920, 1080)), (1280, 720));
        assert_eq!(fitted(&video(1920, 1088)), (1280, 720));
        assert_eq!(fitted(&video(640, 480)), (960, 720));
        assert_eq!(fitted(&video(1080, 1920)), (404, 720));
        assert_eq!(fitted(&Essence { rotation_deg: 90, ..video(1920, 1080) }), (404, 720));
        assert_eq!(fitted(&Essence { pixel_aspect: (64, 45), ..video(720, 576) }), (1280, 720));
        assert_eq!(fitted(&video(1, 4000)), (2, 720));
    }

    #[test]
    fn a_clip_gets_the_frames_that_are_nearest_to_its_length_and_never_more_than_five_minutes() {
        let recipe = ConformRecipe::of(HouseFormat::DEFAULT);
        let of = |duration_ms| frames_of(&Essence { duration_ms, ..video(10, 10) }, &recipe);
        assert_eq!((of(4000), of(6167), of(7), of(300_040)), (100, 154, 1, 7500));
        assert_eq!(frames_of(&Essence { still: true, ..video(10, 10) }, &recipe), 250);
    }

    #[test]
    fn a_blurred_border_covers_the_wall() {
        for shape in [(404, 720), (960, 720), (1280, 300), (2, 720)] {
            let (w, h) = covering(shape, (160, 90));
            assert!(w >= 160 && h >= 90 && w % 2 == 0 && h % 2 == 0, "{shape:?}: {w}×{h}");
        }
    }
}
