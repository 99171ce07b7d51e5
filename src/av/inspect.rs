//! Decodes a whole file in the sandbox and reports what was really in it. Facts alone: what they mean for a channel is
//! `engine::acceptance`'s business.
//!
//! The order is: first bytes, then what ffprobe says the file claims, then one full decode whose pictures and sound
//! go through our own detectors. Headers lie both ways, so frames and samples are counted and times are those of
//! decoded pictures. The work is bounded whatever the bytes: in wall-clock time by us, in the rest by the sandbox.

mod decode;
mod probe;
mod sniff;

pub use decode::Told;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use sha2::Digest;

use super::ffmpeg::{Ended, Ffmpeg, FfmpegError, Job, Killed, literally, reading_arguments};
use super::heic::{self, Opened, Picture};
use super::sandbox::{Landlock, Rings, Sandbox};
use crate::domain::asset::{AudioStream, Essence, Inspection, Measured, Trouble, VideoStream};
use crate::domain::confinement::Ring;
use crate::domain::ids::Sha256;
use crate::engine::acceptance::Policy;
use crate::engine::quality::Thresholds;
use probe::Claims;

/// What one inspection may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InspectLimits {
    /// Largest file, bytes. Five minutes at 50 Mbit/s are 1.9 GB.
    pub bytes: u64,
    /// Most pixels of a picture, before anything is decoded. Telephones take 50 megapixels.
    pub pixels: u64,
    /// How much of a file is decoded, milliseconds. Just beyond the longest clip: what is longer is refused anyway.
    pub media_ms: u64,
    /// Shortest wall-clock time after which a decoder is killed. It gets twice the claimed duration if that is more.
    pub patience: Duration,
    /// What counts as black, standing, silent, flashing.
    pub thresholds: Thresholds,
    /// The shortest stretches that are told of.
    pub told: Told,
}

impl Default for InspectLimits {
    fn default() -> Self {
        InspectLimits {
            bytes: 2 << 30,
            pixels: 64 << 20,
            media_ms: 302_000,
            patience: Duration::from_secs(20),
            thresholds: Thresholds::HOUSE,
            told: Told::default(),
        }
    }
}

impl InspectLimits {
    /// The same limits, with what a configuration looks for.
    pub fn looking_for(thresholds: Thresholds, policy: &Policy) -> InspectLimits {
        InspectLimits { thresholds, told: Told::by(policy), ..InspectLimits::default() }
    }

    fn patience_for(self, claimed_ms: Option<u64>) -> Duration {
        let media = Duration::from_millis(claimed_ms.unwrap_or(self.media_ms).min(self.media_ms));
        // What the probe, the hash and the start may take is taken off: the promise is about the whole inspection.
        (2 * media).max(self.patience).saturating_sub(Duration::from_secs(2))
    }
}

/// An inspection, and how its decoders were confined.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// What was found.
    pub inspection: Inspection,
    /// What conforming has to know of it; `None` where there is no picture.
    pub essence: Option<Essence>,
    /// Rings around the decoder; `None` when the file was refused before any decoder saw it.
    pub rings: Option<Rings>,
}

/// Longest answer of ffprobe that is read, bytes.
const LONGEST_CLAIMS: u64 = 1 << 20;
/// How the container of a HEIC is called, which ffprobe does not see.
const HEIC_CONTAINER: &str = "heic";
/// How long ffprobe may take.
const PROBE_PATIENCE: Duration = Duration::from_secs(8);

/// Inspects a file. Blocks for as long as [`InspectLimits`] allow; `progress` gets percent of the claimed duration and
/// returns `false` to stop.
///
/// # Errors
/// [`FfmpegError`] only where the machine is at fault. A bad file is a finding, not an error.
pub fn inspect(
    file: &Path,
    limits: InspectLimits,
    ffmpeg: &Ffmpeg,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Inspected, FfmpegError> {
    let path = file.canonicalize().map_err(|source| unreadable(file, source))?;
    let (bytes, sha256, head) = read_whole(&path).map_err(|source| unreadable(file, source))?;
    let mut inspection = Inspection {
        bytes,
        sha256,
        container: None,
        declared_ms: None,
        duration_ms: 0,
        video: None,
        audio: None,
        measured: Measured::default(),
        troubles: Vec::new(),
    };
    let early = if bytes == 0 {
        Some(Trouble::Empty)
    } else if bytes > limits.bytes {
        Some(Trouble::TooLarge { limit_bytes: limits.bytes })
    } else {
        sniff::not_media(&head).map(|what| Trouble::NotMedia { looks_like: what.to_owned() })
    };
    if let Some(trouble) = early {
        inspection.troubles.push(trouble);
        return Ok(Inspected { inspection, essence: None, rings: None });
    }
    let heic = match heic::open(&path, limits.pixels, ffmpeg)? {
        None => None,
        Some(Opened { picture: Ok(picture), .. }) => Some(picture),
        Some(Opened { picture: Err(trouble), rings }) => {
            inspection.troubles.push(trouble);
            inspection.container = Some(HEIC_CONTAINER.to_owned());
            return Ok(Inspected { inspection, essence: None, rings });
        }
    };
    let decoded = heic.as_ref().map_or(path.as_path(), Picture::path);
    let (claims, probed) = probe_claims(decoded, ffmpeg)?;
    warn_of_missing_rings(probed.rings);
    let essence = match claims {
        Some(claims) => look_inside(decoded, limits, ffmpeg, claims, &mut inspection, progress)?,
        None => {
            inspection.troubles.push(no_claims(&probed));
            None
        }
    };
    if heic.is_some() {
        inspection.container = Some(HEIC_CONTAINER.to_owned());
        if let Some(video) = &mut inspection.video {
            "hevc".clone_into(&mut video.codec); // and not that of the PNG that was made of it
        }
    }
    Ok(Inspected { inspection, essence, rings: Some(probed.rings) })
}

fn unreadable(file: &Path, source: io::Error) -> FfmpegError {
    FfmpegError::Unreadable { path: file.to_owned(), source }
}

fn read_whole(path: &Path) -> io::Result<(u64, Sha256, Vec<u8>)> {
    // Before it is opened: to open a named pipe waits for somebody who writes.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut file = File::open(path)?;
    let (mut hash, mut head, mut bytes) = (sha2::Sha256::new(), Vec::new(), 0_u64);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, Sha256(hash.finalize().into()), head));
        }
        hash.update(&buffer[..read]);
        head.extend_from_slice(&buffer[..read.min(sniff::HEAD - head.len())]);
        bytes += read as u64;
    }
}

fn warn_of_missing_rings(rings: Rings) {
    let missing: Vec<&str> = rings.missing().map(Ring::as_str).collect();
    if !missing.is_empty() {
        tracing::warn!(missing = missing.join(", "), %rings, "the decoder's sandbox lacks a ring; the others hold");
    } else if rings.landlock == Landlock::Partial {
        tracing::warn!(%rings, "this kernel's Landlock knows less than this program asks for; the other rings hold");
    }
}

fn probe_claims(path: &Path, ffmpeg: &Ffmpeg) -> Result<(Option<Claims>, Ended), FfmpegError> {
    let mut arguments = reading_arguments();
    arguments.extend(["-print_format", "json", "-show_format", "-show_streams", "-i"].map(Into::into));
    arguments.push(literally(path));
    let mut json = Vec::new();
    let ended = ffmpeg.run(Job {
        output: Some(Box::new(|from| {
            from.take(LONGEST_CLAIMS).read_to_end(&mut json)?;
            Ok((json.len() as u64) < LONGEST_CLAIMS)
        })),
        ..Job::new("ffprobe", Sandbox::reading(path), arguments, PROBE_PATIENCE)
    })?;
    Ok((probe::read(&json), ended))
}

fn no_claims(probed: &Ended) -> Trouble {
    match probed.killed {
        Some(Killed::TooSlow) => Trouble::Stalled { after_ms: PROBE_PATIENCE.as_millis() as u64 },
        _ => Trouble::Undecodable { said: shortened(&probed.said) },
    }
}

/// Decodes everything and fills the inspection in.
fn look_inside(
    path: &Path,
    limits: InspectLimits,
    ffmpeg: &Ffmpeg,
    claims: Claims,
    inspection: &mut Inspection,
    progress: &mut (dyn FnMut(u8) -> bool + Send),
) -> Result<Option<Essence>, FfmpegError> {
    inspection.container = claims.container.clone();
    inspection.declared_ms = claims.duration_ms;
    if let Some(video) = &claims.video
        && u64::from(video.width) * u64::from(video.height) > limits.pixels
    {
        inspection.troubles.push(Trouble::TooManyPixels { width: video.width, height: video.height });
        return Ok(None);
    }
    if let Some(video) = &claims.video
        && video.codec.is_none()
    {
        inspection.troubles.push(Trouble::Undecodable { said: "no decoder knows the picture's format".to_owned() });
        return Ok(None);
    }
    if claims.video.is_none() && claims.audio.is_none() {
        inspection.troubles.push(Trouble::Undecodable { said: "it holds neither picture nor sound".to_owned() });
        return Ok(None);
    }
    if claims.unreadable_sound {
        inspection.troubles.push(Trouble::Undecodable { said: "its sound is in no known format".to_owned() });
    }
    let patience = limits.patience_for(claims.duration_ms);
    let decoded = decode::decode(path, limits, patience, ffmpeg, &claims, progress)?;
    if decoded.cancelled {
        return Err(FfmpegError::Cancelled);
    }
    inspection.video = claims.video.as_ref().and_then(|claimed| video_stream(claimed, &claims, &decoded));
    inspection.audio = claims.audio.as_ref().and_then(|claimed| audio_stream(claimed, &decoded));
    let picture_ms = inspection.video.as_ref().map_or(0, |video| video.duration_ms);
    let sound_ms = inspection.audio.as_ref().map_or(0, audio_ms);
    inspection.duration_ms = picture_ms.max(sound_ms);
    inspection.troubles.extend(troubles(&claims, &decoded, inspection, limits, patience));
    let essence = essence(&claims, &decoded, inspection);
    inspection.measured = decoded.measured;
    Ok(essence)
}

/// What conforming has to know, so that it need not look again.
fn essence(claims: &Claims, decoded: &decode::Decoded, found: &Inspection) -> Option<Essence> {
    let video = found.video.as_ref()?;
    let audible = decoded.measured.integrated_lufs.is_some();
    Some(Essence {
        video_stream: claims.video.as_ref()?.index,
        audio_stream: claims.audio.as_ref().filter(|_| audible).map(|audio| audio.index),
        first_picture: decoded.first_picture,
        duration_ms: video.duration_ms,
        width: video.width,
        height: video.height,
        pixel_aspect: video.pixel_aspect,
        rotation_deg: video.rotation_deg,
        interlaced: video.interlaced,
        colour: video.colour,
        still: video.still,
        damaged: found.troubles.iter().any(|trouble| matches!(trouble, Trouble::Damaged { .. })),
    })
}

fn video_stream(claimed: &probe::ClaimedVideo, claims: &Claims, decoded: &decode::Decoded) -> Option<VideoStream> {
    let picture = decoded.picture.as_ref().filter(|picture| picture.frames > 0)?;
    Some(VideoStream {
        codec: claimed.codec.clone()?,
        width: claimed.width,
        height: claimed.height,
        frame_rate: claimed.rate.filter(|_| picture.steady),
        pixel_aspect: claimed.pixel_aspect,
        rotation_deg: claimed.rotation_deg,
        interlaced: claimed.interlaced,
        hdr: claimed.colour.transfer.is_hdr(),
        colour: claimed.colour,
        frames: picture.frames,
        duration_ms: picture.duration_ms,
        still: picture.frames == 1 && claims.audio.is_none(),
    })
}

fn audio_stream(claimed: &probe::ClaimedAudio, decoded: &decode::Decoded) -> Option<AudioStream> {
    let samples = decoded.samples.filter(|samples| *samples > 0)?;
    Some(AudioStream {
        codec: claimed.codec.clone(),
        sample_rate_hz: decode::measured_rate(claimed.sample_rate_hz),
        channels: claimed.channels,
        samples,
    })
}

fn audio_ms(audio: &AudioStream) -> u64 {
    audio.samples.saturating_mul(1000) / u64::from(audio.sample_rate_hz.max(1))
}

fn troubles(
    claims: &Claims,
    decoded: &decode::Decoded,
    found: &Inspection,
    limits: InspectLimits,
    patience: Duration,
) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let nothing = found.video.is_none() && (claims.video.is_some() || found.audio.is_none());
    let too_slow = decoded.ended.killed == Some(Killed::TooSlow);
    if too_slow {
        troubles.push(Trouble::Stalled { after_ms: patience.as_millis() as u64 });
    } else if nothing {
        troubles.push(Trouble::Undecodable { said: shortened(&decoded.ended.said) });
    }
    if decoded.size_changes {
        troubles.push(Trouble::SizeChanges);
    }
    if decoded.ended.errors > 0 && !nothing {
        troubles.push(Trouble::Damaged { errors: decoded.ended.errors });
    }
    /// Containers round, and sound is often cut a packet early.
    const SHORTFALL_MS: u64 = 1000;
    let declared_ms = claims.duration_ms.unwrap_or(0);
    let believable = declared_ms <= limits.media_ms;
    if believable && !nothing && !too_slow && found.duration_ms + SHORTFALL_MS < declared_ms {
        troubles.push(Trouble::Truncated { declared_ms, decoded_ms: found.duration_ms });
    }
    troubles
}

/// The first complaint of a decoder, without its addresses.
fn shortened(said: &str) -> String {
    let line = said.lines().next().unwrap_or("the decoder gave no reason");
    let words = line.rsplit("] ").next().unwrap_or(line);
    // "file:/where/it/lies: Invalid data": the reason is for the office, the place is not.
    let words = words.strip_prefix("file:").and_then(|rest| rest.rsplit_once(": ")).map_or(words, |(_, why)| why);
    words.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What reads bytes that a file decides, for `crate::fuzz`.
#[cfg(any(test, fuzzing))]
pub(crate) mod doors {
    pub(crate) fn looks_like(head: &[u8]) -> Option<&'static str> {
        super::sniff::not_media(head)
    }
    pub(crate) fn claims_of_any(json: &[u8]) {
        drop(super::probe::read(json));
    }
    pub(crate) fn times_of_any(listed: &[u8]) -> Vec<u64> {
        super::decode::times_of_any(listed)
    }
    pub(crate) fn said_of_any(stderr: &[u8]) -> String {
        super::shortened(&crate::av::ffmpeg::listen(stderr).first)
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn what_a_decoder_complained_of_is_said_without_where_the_file_lies() {
        assert_eq!(shortened("[mov @ 0x55] moov atom not found\nmore"), "moov atom not found");
        let said = "file:/srv/home/media/inbox/90b1: Invalid data found when processing input";
        assert_eq!(shortened(said), "Invalid data found when processing input");
    }
}
