//! Whether a file may go on the air of a channel: as it is, once it is conformed, or not at all; and why, in words that
//! the office which sent it can act on. Knows nothing of decoders: it judges an [`Inspection`].

mod words;

use crate::domain::asset::{
    AudioStream, Bars, Flash, FlashKind, Inspection, Measured, MsSpan, Reason, ReasonCode, Severity, Trouble, Verdict,
    VideoStream,
};
use crate::domain::channel::HouseFormat;
use crate::domain::text::Text;

/// What is refused and what a person should see. Every figure is a setting; the defaults name their source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Longest clip, milliseconds of decoded picture. One source frame more is rounding. Regulation of the service: 5
    /// minutes.
    pub longest_ms: u64,
    /// Clips shorter than this are pointed out.
    pub short_ms: u64,
    /// Black inside a clip that is pointed out (half a second: EBU QC 0016B's order of magnitude).
    pub black_inside_ms: u64,
    /// Black at the beginning or end that is pointed out: editors leave it, and on the wall it is a hole.
    pub black_ends_ms: u64,
    /// Black, in one piece, that is refused.
    pub black_refused_ms: u64,
    /// A standing picture that is pointed out (ffmpeg's freezedetect: 2 s).
    pub freeze_ms: u64,
    /// A standing picture that a person has to confirm. Posters are legitimate, so it is never refused.
    pub freeze_confirm_ms: u64,
    /// Silence inside a clip with sound that is pointed out (EBU QC 0078B, ffmpeg's silencedetect: 2 s).
    pub silence_ms: u64,
    /// Errors of the decoder per thousand pictures above which a file counts as damaged (0.1 %).
    pub errors_per_thousand: u64,
    /// Whether the channel has a picture.
    pub needs_picture: bool,
    /// Share of the wall, percent, that may stay empty before it is pointed out.
    pub unused_percent: u64,
    /// Channels that cancel each other for so long are pointed out.
    pub phase_ms: u64,
    /// So many runs of samples that were cut off are pointed out (DPP: audible clipping).
    pub clipped_runs: u64,
}

impl Policy {
    /// A video wall.
    pub const WALL: Policy = Policy {
        longest_ms: 300_000,
        short_ms: 1000,
        black_inside_ms: 500,
        black_ends_ms: 2000,
        black_refused_ms: 10_000,
        freeze_ms: 2000,
        freeze_confirm_ms: 10_000,
        silence_ms: 2000,
        errors_per_thousand: 1,
        needs_picture: true,
        unused_percent: 25,
        phase_ms: 2000,
        clipped_runs: 10,
    };
}

/// The judgement on one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What becomes of the file.
    pub verdict: Verdict,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// Judges a file for a channel.
pub fn judge(found: &Inspection, house: HouseFormat, policy: Policy) -> Judgement {
    let mut reasons = Vec::new();
    troubles(found, policy, &mut reasons);
    let hopeless = reasons.iter().any(|r| r.severity == Severity::Fail);
    match &found.video {
        Some(video) => {
            duration(found, video, policy, &mut reasons);
            picture(video, &found.measured, policy, &mut reasons);
            format(found, video, house, policy, &mut reasons);
            sound(found, video, house, policy, &mut reasons);
        }
        None if !hopeless && policy.needs_picture => {
            reasons.push(reason(ReasonCode::NoVideo, Severity::Fail, words::no_video()));
        }
        None => {}
    }
    reasons.sort_by_key(|r| std::cmp::Reverse(r.severity));
    let worst = reasons.first().map(|r| r.severity);
    let mended = reasons.iter().any(|r| r.severity == Severity::Corrected);
    let verdict = match worst {
        Some(Severity::Fail) => Verdict::Refuse,
        _ if mended => Verdict::Conform,
        _ => Verdict::Accept,
    };
    Judgement { verdict, reasons }
}

fn reason(code: ReasonCode, severity: Severity, text: Text) -> Reason {
    Reason { code, severity, limit: None, value: None, at_ms: None, text }
}

fn numbers(reason: Reason, limit: u64, value: u64) -> Reason {
    Reason { limit: Some(limit as f64), value: Some(value as f64), ..reason }
}

fn at(reason: Reason, span: MsSpan) -> Reason {
    Reason { at_ms: Some(span.start_ms), ..reason }
}

fn troubles(found: &Inspection, policy: Policy, reasons: &mut Vec<Reason>) {
    let frames = found.video.as_ref().map_or(0, |video| video.frames);
    let damaged = |trouble: &Trouble| matches!(trouble, Trouble::Damaged { .. });
    let any_damage = found.troubles.iter().any(damaged);
    for trouble in &found.troubles {
        let fail = |code, text| reason(code, Severity::Fail, text);
        reasons.push(match trouble {
            Trouble::Empty => fail(ReasonCode::Empty, words::empty()),
            Trouble::NotMedia { looks_like } => fail(ReasonCode::NotMedia, words::not_media(looks_like)),
            Trouble::TooLarge { limit_bytes } => {
                numbers(fail(ReasonCode::TooLarge, words::too_large(*limit_bytes)), *limit_bytes, found.bytes)
            }
            Trouble::Undecodable { said } => fail(ReasonCode::Undecodable, words::undecodable(said)),
            Trouble::Truncated { declared_ms, decoded_ms } => {
                let severity = if any_damage { Severity::Fail } else { Severity::Warn };
                let text = words::truncated(*declared_ms, *decoded_ms, any_damage);
                numbers(reason(ReasonCode::Truncated, severity, text), *declared_ms, *decoded_ms)
            }
            Trouble::Damaged { errors } => {
                let refused = errors.saturating_mul(1000) > frames.saturating_mul(policy.errors_per_thousand);
                let severity = if refused { Severity::Fail } else { Severity::Warn };
                let limit = frames * policy.errors_per_thousand / 1000;
                numbers(reason(ReasonCode::Damaged, severity, words::damaged(*errors, refused)), limit, *errors)
            }
            Trouble::Stalled { after_ms } => fail(ReasonCode::Stalled, words::stalled(*after_ms)),
            Trouble::SizeChanges => reason(ReasonCode::Format, Severity::Warn, words::size_changes()),
            Trouble::TooManyPixels { width, height } => {
                fail(ReasonCode::Resolution, words::too_many_pixels(*width, *height))
            }
        });
    }
}

fn duration(found: &Inspection, video: &VideoStream, policy: Policy, reasons: &mut Vec<Reason>) {
    /// Where a picture stands for longer, "one frame" is no rounding any more.
    const LONGEST_ROUNDING_MS: u64 = 1000;
    let one_frame_ms = video.duration_ms.div_ceil(video.frames.max(1)).min(LONGEST_ROUNDING_MS);
    if video.duration_ms > policy.longest_ms + one_frame_ms {
        // Decoding ends soon after the limit; what the header claims is then the better guess at the whole.
        let claimed = found.declared_ms.filter(|claimed| *claimed < 10 * policy.longest_ms);
        let length = claimed.unwrap_or(0).max(video.duration_ms);
        let text = words::too_long(length, policy.longest_ms);
        reasons.push(numbers(reason(ReasonCode::TooLong, Severity::Fail, text), policy.longest_ms, length));
    } else if video.duration_ms < policy.short_ms && !video.still {
        let text = words::too_short(video.duration_ms);
        reasons.push(numbers(reason(ReasonCode::TooShort, Severity::Warn, text), policy.short_ms, video.duration_ms));
    }
}

/// Black, standing and flashing pictures.
fn picture(video: &VideoStream, measured: &Measured, policy: Policy, reasons: &mut Vec<Reason>) {
    let end_ms = video.duration_ms;
    let whole = |span: &MsSpan| span.start_ms == 0 && span.end_ms >= end_ms;
    if let Some(span) = longest(&measured.black) {
        let at_an_end = |s: &MsSpan| s.start_ms == 0 || s.end_ms >= end_ms;
        let limit_of = |s: &MsSpan| if at_an_end(s) { policy.black_ends_ms } else { policy.black_inside_ms };
        if whole(&span) || span.length_ms() >= policy.black_refused_ms {
            let text = words::black_refused(span, whole(&span));
            let found =
                numbers(reason(ReasonCode::Black, Severity::Fail, text), policy.black_refused_ms, span.length_ms());
            reasons.push(at(found, span));
        } else if let Some(span) = longest_of(measured.black.iter().filter(|s| s.length_ms() >= limit_of(s))) {
            let found = reason(ReasonCode::Black, Severity::Warn, words::black(span));
            reasons.push(at(numbers(found, limit_of(&span), span.length_ms()), span));
        }
    }
    if let Some(span) = longest(&measured.freeze).filter(|s| s.length_ms() >= policy.freeze_ms && !video.still) {
        let confirm = whole(&span) || span.length_ms() >= policy.freeze_confirm_ms;
        let found = reason(ReasonCode::Frozen, Severity::Warn, words::frozen(span, confirm));
        reasons.push(at(numbers(found, policy.freeze_ms, span.length_ms()), span));
    }
    flashing(measured, reasons);
    if let Some(span) = longest(&measured.out_of_range) {
        reasons.push(at(reason(ReasonCode::Levels, Severity::Warn, words::levels(span)), span));
    }
    let (pictures, sounds) = measured.streams;
    if pictures > 1 || sounds > 1 {
        reasons.push(reason(ReasonCode::Streams, Severity::Warn, words::streams(pictures, sounds)));
    }
}

/// A reason of each kind, for its first stretch; the others are in the inspection.
fn flashing(measured: &Measured, reasons: &mut Vec<Reason>) {
    let found = [(&measured.flash, Severity::Fail), (&measured.doubtful_flash, Severity::Warn)];
    for (flashes, severity) in found {
        for kind in FlashKind::ALL {
            let of_kind: Vec<Flash> = flashes.iter().copied().filter(|flash| flash.kind == *kind).collect();
            if let Some(first) = of_kind.first() {
                let found = reason(ReasonCode::Flashing, severity, words::flashing(*first, of_kind.len() - 1));
                reasons.push(at(found, first.span));
            }
        }
    }
}

fn longest(spans: &[MsSpan]) -> Option<MsSpan> {
    longest_of(spans.iter())
}

fn longest_of<'a>(spans: impl Iterator<Item = &'a MsSpan>) -> Option<MsSpan> {
    spans.copied().max_by_key(|span| (span.length_ms(), std::cmp::Reverse(span.start_ms)))
}

/// What conforming mends in the picture.
fn format(found: &Inspection, video: &VideoStream, house: HouseFormat, policy: Policy, reasons: &mut Vec<Reason>) {
    let mut mends = |code, text| reasons.push(reason(code, Severity::Corrected, text));
    let is_mp4 = found.container.as_deref().is_some_and(|name| name.split(',').any(|part| part == "mp4"));
    if video.still {
        mends(ReasonCode::Still, words::still());
    } else if !is_mp4 || video.codec != "h264" {
        mends(ReasonCode::Format, words::other_format(&video.codec));
    }
    if (video.width, video.height) != (house.width, house.height) || video.pixel_aspect != (1, 1) {
        mends(ReasonCode::Resolution, words::raster(video.width, video.height, house.width, house.height));
    }
    if !video.still && video.frame_rate != Some(house.rate) {
        mends(ReasonCode::FrameRate, words::frame_rate(video.frame_rate, house.rate));
    }
    if video.rotation_deg != 0 {
        mends(ReasonCode::Rotated, words::rotated(video.rotation_deg));
    }
    if video.interlaced {
        mends(ReasonCode::Interlaced, words::interlaced());
    }
    if video.hdr {
        mends(ReasonCode::Hdr, words::hdr());
    }
    let unused = unused_percent(video, found.measured.bars, house);
    if unused > policy.unused_percent {
        let found = reason(ReasonCode::Resolution, Severity::Warn, words::unused(unused));
        reasons.push(numbers(found, policy.unused_percent, unused));
    }
    const TINY: (u32, u32) = (320, 180);
    if video.width < TINY.0 && video.height < TINY.1 {
        reasons.push(reason(ReasonCode::Resolution, Severity::Warn, words::tiny(video.width, video.height)));
    }
}

/// Share of the wall that a picture leaves empty when it is fitted in whole, its own black bars included.
fn unused_percent(video: &VideoStream, bars: Bars, house: HouseFormat) -> u64 {
    let (aspect_num, aspect_den) = video.pixel_aspect;
    let (wide, high) =
        (u64::from(video.width) * u64::from(aspect_num), u64::from(video.height) * u64::from(aspect_den));
    let (wide, high) = if video.rotation_deg % 180 == 90 { (high, wide) } else { (wide, high) };
    // Both shapes brought to the same denominator: the narrower one fills its share of the wider one.
    let (clip, wall) = (u128::from(wide) * u128::from(house.height), u128::from(high) * u128::from(house.width));
    let (less, more) = (clip.min(wall), clip.max(wall).max(1));
    let (rows, columns) = bars.inside();
    let filled = less * 100 * u128::from(rows) * u128::from(columns) / (more * 1_000_000);
    100 - u64::try_from(filled).unwrap_or(100).min(100)
}

fn sound(found: &Inspection, video: &VideoStream, house: HouseFormat, policy: Policy, reasons: &mut Vec<Reason>) {
    let Some(audio) = &found.audio else {
        reasons.push(reason(ReasonCode::NoAudio, Severity::Note, words::no_audio()));
        if !video.still {
            reasons.push(reason(ReasonCode::Format, Severity::Corrected, words::silent_track()));
        }
        return;
    };
    if audio.sample_rate_hz != house.sample_rate_hz || audio.channels != 2 || audio.codec != "aac" {
        reasons.push(reason(ReasonCode::Format, Severity::Corrected, words::sound_format(audio, house)));
    }
    let length_ms = sound_ms(audio);
    /// A lip-sync error of this size is not seen; half a second of missing sound is.
    const DIFFERENT_MS: u64 = 500;
    if !video.still && length_ms.abs_diff(video.duration_ms) > DIFFERENT_MS {
        let text = words::sound_length(length_ms, video.duration_ms);
        reasons.push(reason(ReasonCode::Format, Severity::Corrected, text));
    }
    let Some(loudness) = found.measured.integrated_lufs else {
        reasons.push(reason(ReasonCode::Silent, Severity::Note, words::silent()));
        return;
    };
    if let Some(span) = longest(&found.measured.silence).filter(|s| s.length_ms() >= policy.silence_ms) {
        let found = reason(ReasonCode::Silent, Severity::Warn, words::silence(span));
        reasons.push(at(numbers(found, policy.silence_ms, span.length_ms()), span));
    }
    faults(&found.measured, policy, reasons);
    let peak = found.measured.true_peak_dbtp.unwrap_or(f64::NEG_INFINITY);
    let off = (loudness - house.loudness_lufs).abs() > house.loudness_tolerance_lu;
    if off || peak > house.max_true_peak_dbtp {
        let text = words::loudness(loudness, peak, house);
        let mended = reason(ReasonCode::Loudness, Severity::Corrected, text);
        reasons.push(Reason { limit: Some(house.loudness_lufs), value: Some(loudness), ..mended });
    }
}

/// What is wrong with sound that is there.
fn faults(measured: &Measured, policy: Policy, reasons: &mut Vec<Reason>) {
    if let Some(span) = longest(&measured.cancelling).filter(|s| s.length_ms() >= policy.phase_ms) {
        let found = reason(ReasonCode::Phase, Severity::Warn, words::phase(span));
        reasons.push(at(numbers(found, policy.phase_ms, span.length_ms()), span));
    }
    if let Some(dead) = measured.dead_channel {
        reasons.push(reason(ReasonCode::DeadChannel, Severity::Warn, words::dead_channel(dead)));
    }
    if measured.clipped_runs >= policy.clipped_runs {
        let first_ms = measured.first_clipped_ms.unwrap_or(0);
        let found = reason(ReasonCode::Clipping, Severity::Warn, words::clipping(measured.clipped_runs, first_ms));
        let found = numbers(found, policy.clipped_runs, measured.clipped_runs);
        reasons.push(Reason { at_ms: measured.first_clipped_ms, ..found });
    }
}

fn sound_ms(audio: &AudioStream) -> u64 {
    audio.samples.saturating_mul(1000) / u64::from(audio.sample_rate_hz.max(1))
}

#[cfg(test)]
mod tests;
