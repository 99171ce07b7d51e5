//! What a file claims about itself: ffprobe's JSON, read with suspicion. Every field may be missing, absurd or a lie.

use serde::Deserialize;

use crate::domain::colour::{Colour, Matrix, Transfer};
use crate::domain::time::FrameRate;

/// The claims that matter.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) container: Option<String>,
    pub(super) duration_ms: Option<u64>,
    pub(super) video: Option<ClaimedVideo>,
    pub(super) audio: Option<ClaimedAudio>,
    /// There is sound, and none of it in a form that any decoder knows.
    pub(super) unreadable_sound: bool,
    /// Picture and sound streams, covers not counted.
    pub(super) streams: (usize, usize),
}

impl Claims {
    /// How much later than the picture the sound begins, milliseconds. More than a clip's length is a lie.
    pub(super) fn sound_offset_ms(&self) -> i64 {
        const LONGEST_MS: i64 = 300_000;
        let starts = self.audio.as_ref().and_then(|a| a.start_ms).zip(self.video.as_ref().and_then(|v| v.start_ms));
        starts.map(|(sound, picture)| sound.saturating_sub(picture)).filter(|ms| ms.abs() < LONGEST_MS).unwrap_or(0)
    }
}

#[derive(Debug)]
pub(super) struct ClaimedVideo {
    /// Number of the stream in the file.
    pub(super) index: u32,
    /// `None` when no decoder is known for it.
    pub(super) codec: Option<String>,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rate: Option<FrameRate>,
    pub(super) pixel_aspect: (u32, u32),
    pub(super) rotation_deg: u16,
    pub(super) interlaced: bool,
    pub(super) colour: Colour,
    /// Coded as red, green and blue.
    pub(super) rgb: bool,
    /// When it begins, on the file's own clock.
    pub(super) start_ms: Option<i64>,
}

#[derive(Debug)]
pub(super) struct ClaimedAudio {
    pub(super) index: u32,
    pub(super) codec: String,
    pub(super) sample_rate_hz: u32,
    pub(super) channels: u32,
    /// When it begins, on the file's own clock.
    pub(super) start_ms: Option<i64>,
}

/// Reads what ffprobe printed; `None` if it is not JSON or names no stream.
pub(super) fn read(json: &[u8]) -> Option<Claims> {
    let file: ProbeFile = serde_json::from_slice(json).ok()?;
    let video =
        file.streams.iter().filter(|s| s.is("video") && s.disposition.attached_pic == 0).find_map(claimed_video);
    let audio = file.streams.iter().filter(|s| s.is("audio")).find_map(claimed_audio);
    let unreadable_sound = audio.is_none() && file.streams.iter().any(|s| s.is("audio"));
    let pictures = file.streams.iter().filter(|s| s.is("video") && s.disposition.attached_pic == 0).count();
    let streams = (pictures, file.streams.iter().filter(|s| s.is("audio")).count());
    (!file.streams.is_empty()).then(|| Claims {
        unreadable_sound,
        streams,
        container: file.format.format_name,
        duration_ms: file.format.duration.as_deref().and_then(milliseconds),
        video,
        audio,
    })
}

fn claimed_video(stream: &ProbeStream) -> Option<ClaimedVideo> {
    let rotation = stream.side_data_list.iter().find_map(|side| side.rotation).unwrap_or(0.0);
    let (width, height) =
        (u32::try_from(stream.width.unwrap_or(0)).ok()?, u32::try_from(stream.height.unwrap_or(0)).ok()?);
    let rgb = stream.is_rgb();
    Some(ClaimedVideo {
        index: stream.index,
        codec: stream.codec_name.clone().filter(|name| name != "unknown" && name != "none"),
        width,
        height,
        rate: stream.avg_frame_rate.as_deref().and_then(rate),
        pixel_aspect: stream.sample_aspect_ratio.as_deref().and_then(|text| pair(text, ':')).unwrap_or((1, 1)),
        rotation_deg: clockwise(rotation),
        interlaced: matches!(stream.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt")),
        colour: claimed_colour(stream, rgb, height),
        rgb,
        start_ms: stream.start_ms(),
    })
}

/// What is not said is what a television assumes: BT.601 up to 576 lines, video range.
fn claimed_colour(stream: &ProbeStream, rgb: bool, height: u32) -> Colour {
    const STANDARD_DEFINITION: u32 = 576;
    let matrix = match stream.color_space.as_deref().unwrap_or("") {
        _ if rgb => Matrix::Bt709, // as we convert it
        "bt709" => Matrix::Bt709,
        "bt2020nc" | "bt2020c" => Matrix::Bt2020,
        "smpte170m" | "bt470bg" | "fcc" => Matrix::Bt601,
        _ if height <= STANDARD_DEFINITION => Matrix::Bt601,
        _ => Matrix::Bt709,
    };
    let transfer = match stream.color_transfer.as_deref().unwrap_or("") {
        "smpte2084" => Transfer::Pq,
        "arib-std-b67" => Transfer::Hlg,
        _ => Transfer::Standard,
    };
    let full = stream.pix_fmt.as_deref().is_some_and(|format| format.starts_with("yuvj"));
    Colour { matrix, transfer, full_range: full || rgb || stream.color_range.as_deref() == Some("pc") }
}

fn claimed_audio(stream: &ProbeStream) -> Option<ClaimedAudio> {
    Some(ClaimedAudio {
        index: stream.index,
        codec: stream.codec_name.clone().filter(|name| name != "unknown" && name != "none")?,
        sample_rate_hz: stream.sample_rate.as_deref()?.parse().ok()?,
        channels: u32::try_from(stream.channels?).ok().filter(|channels| *channels > 0)?,
        start_ms: stream.start_ms(),
    })
}

/// ffprobe counts turns anticlockwise, −180 to 180; only quarter turns mean anything.
fn clockwise(rotation: f64) -> u16 {
    match ((-rotation).rem_euclid(360.0) / 90.0).round() as u16 {
        1 => 90,
        2 => 180,
        3 => 270,
        _ => 0,
    }
}

fn milliseconds(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some((seconds * 1000.0) as u64)
}

fn rate(text: &str) -> Option<FrameRate> {
    let (num, den) = pair(text, '/')?;
    FrameRate::new(num, den)
}

fn pair(text: &str, separator: char) -> Option<(u32, u32)> {
    let (a, b) = text.split_once(separator)?;
    let (a, b) = (a.parse().ok()?, b.parse().ok()?);
    (a > 0 && b > 0).then_some((a, b))
}

#[derive(Deserialize)]
struct ProbeFile {
    #[serde(default)]
    streams: Vec<ProbeStream>,
    #[serde(default)]
    format: ProbeFormat,
}

#[derive(Deserialize, Default)]
struct ProbeFormat {
    format_name: Option<String>,
    duration: Option<String>,
}

#[derive(Deserialize)]
struct ProbeStream {
    index: u32,
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
    avg_frame_rate: Option<String>,
    sample_aspect_ratio: Option<String>,
    field_order: Option<String>,
    color_transfer: Option<String>,
    color_space: Option<String>,
    color_range: Option<String>,
    pix_fmt: Option<String>,
    start_time: Option<String>,
    sample_rate: Option<String>,
    channels: Option<i64>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

impl ProbeStream {
    fn is(&self, kind: &str) -> bool {
        self.codec_type.as_deref() == Some(kind)
    }

    fn start_ms(&self) -> Option<i64> {
        let seconds: f64 = self.start_time.as_deref()?.parse().ok()?;
        seconds.is_finite().then_some((seconds * 1000.0).round() as i64)
    }

    fn is_rgb(&self) -> bool {
        let format = self.pix_fmt.as_deref().unwrap_or("");
        let rgb = ["rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8", "bayer", "x2rgb", "x2bgr"];
        rgb.iter().any(|name| format.starts_with(name))
    }
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: i64,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_the_first_stream_that_is_not_a_cover() {
        let json = br#"{"streams":[
            {"index":0,"codec_type":"video","codec_name":"mjpeg","width":10,"height":10,"disposition":{"attached_pic":1}},
            {"index":1,"codec_type":"video","codec_name":"h264","width":1920,"height":1080,"avg_frame_rate":"30000/1001",
             "side_data_list":[{"rotation":-90}]},
            {"index":2,"codec_type":"audio","codec_name":"aac","sample_rate":"48000","channels":2}],
            "format":{"format_name":"mov","duration":"143165.643"}}"#;
        let claims = read(json).expect("streams");
        let video = claims.video.expect("a picture");
        assert_eq!((video.index, video.rotation_deg, video.rate), (1, 90, FrameRate::new(30_000, 1001)));
        assert_eq!((claims.duration_ms, claims.audio.expect("sound").index), (Some(143_165_643), 2));
    }

    #[test]
    fn absurd_claims_are_no_claims() {
        let json =
            br#"{"streams":[{"index":0,"codec_type":"video","width":-4,"height":9}],"format":{"duration":"nan"}}"#;
        let claims = read(json).expect("a stream");
        assert!(claims.video.is_none() && claims.duration_ms.is_none());
        assert!(read(b"{\"streams\":[]}").is_none() && read(b"{\"str").is_none());
    }
}
