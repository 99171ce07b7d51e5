//! Our figures beside ffmpeg's for the same file, within the tolerances that were agreed on.

use std::collections::BTreeMap;

use siaran::domain::asset::{Inspection, MsSpan, Trouble};

/// When the first picture or sound is shown on the file's own clock, which the reference counts from, milliseconds.
const BEGIN: &[(&str, u64)] = &[("edge/editlist_positive_shift.mp4", 1000), ("video/sintel_cea608_captions.ts", 119)];
/// Where the reference is wrong, or speaks of something else, and why.
const NOT_COMPARED: &[(&str, &str, &str)] = &[
    ("edge/resolution_change.webm", "frames", "the reference drops pictures when the size changes; ffprobe counts 197"),
    ("edge/editlist_positive_shift.mp4", "silence", "sound begins a second before the picture"),
    ("edge/resolution_change.webm", "freeze", "the reference begins anew whenever the size changes"),
    (
        "multiaudio/nasa_two_video_tracks.mp4",
        "freeze",
        "the reference looked at the larger picture track, not the first",
    ),
    (
        "video/elephant_msmpeg4_wma_28s.asf",
        "silence",
        "holes of 186 ms after each packet: silence begins with the first one",
    ),
    ("audio/eac3_51.mp4", "silence", "five sixths of it are not decoded; the reference puts the rest side by side"),
    ("rotated/phone_fire_rot180_vfr.mp4", "loudness", "a hole of 155 ms, which the reference leaves out"),
    (
        "video/mpeg4_amr_qcif.3gp",
        "loudness",
        "four fifths of it are not decoded; the reference puts the rest side by side",
    ),
    ("video/mpeg2_mp2_1080p24.ts", "loudness", "a hole of 83 ms, which the reference leaves out"),
    ("silence/tone_silence4s_tone.opus", "true_peak", "the reference's true peak is below its own sample peak"),
    ("durlie/no_duration.webm", "silence", "the reference counts from the sound's first packet"),
    ("torture/infloop.wav", "loudness", "the reference hears another length of a broken file"),
    ("torture/truncated.wav", "loudness", "the reference found 1.8 s of sound to be silent"),
    ("torture/truncated.wav", "true_peak", "the same"),
    ("torture/garbage_prefix_100k.mp3", "loudness", "noise that decodes to anything"),
    ("torture/missing_stsd_audio.mp4", "frames", "the reference gives the picture up with the sound"),
    ("torture/webm_misdetected_h263.webm", "frames", "no picture of a damaged file"),
];
/// Decoding ends here.
const LONGEST_S: f64 = 302.0;

type Values = BTreeMap<String, String>;

/// Where our figures are beyond the tolerances.
pub fn differences(file: &str, found: &Inspection, values: &Values) -> Vec<String> {
    let compared = |what: &str| !NOT_COMPARED.iter().any(|(name, of, _)| *name == file && *of == what);
    let number = |key: &str| values[key].parse::<f64>().ok().filter(|n| n.is_finite());
    let nothing = found.troubles.iter().any(|t| matches!(t, Trouble::Empty | Trouble::NotMedia { .. }));
    if nothing || number("decoded_s").is_some_and(|s| s > LONGEST_S) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let frames = found.video.as_ref().map_or(0, |video| video.frames);
    let counted = values["video_frames"].parse::<u64>().ok();
    if let Some(theirs) = counted.filter(|theirs| compared("frames") && frames != *theirs) {
        faults.push(format!("{file}: {frames} frames, the reference {theirs}"));
    }
    let mut level = |what: &str, key: &str, ours: Option<f64>, below: f64, above: f64| {
        const QUIETEST: f64 = -70.0; // nothing is said of what lies below the gate
        let Some(theirs) = number(key).filter(|n| *n > QUIETEST && compared(what)) else { return };
        // The reference writes one decimal.
        let apart = ours.unwrap_or(f64::NEG_INFINITY) - theirs;
        if !(-below - 0.051..=above + 0.051).contains(&apart) {
            faults.push(format!("{file}: {what} {ours:?}, the reference {theirs}"));
        }
    };
    let measured = &found.measured;
    level("loudness", "I_LUFS", measured.integrated_lufs, 0.1, 0.1);
    level("true_peak", "true_peak_dBTP", measured.true_peak_dbtp, 0.4, 0.2);
    // Of less than half a minute a range says nothing (EBU R 128 s1).
    if found.audio.as_ref().is_some_and(|a| a.samples >= 30 * u64::from(a.sample_rate_hz))
        && measured.integrated_lufs.is_some()
    {
        level("range", "LRA_LU", measured.loudness_range_lu, 0.5, 0.5);
    }
    let begin = BEGIN.iter().find(|(name, _)| *name == file).map_or(0, |(_, ms)| *ms);
    let frame_ms = found.video.as_ref().map_or(40, |v| v.duration_ms.div_ceil(v.frames.max(1)));
    for (what, key, ours, shortest_ms, tolerance_ms) in [
        ("black", "black_d2.0_pic0.98_pix0.10", &measured.black, 2000, frame_ms.max(20)),
        ("black", "black_d0.1", &measured.black, 100, frame_ms.max(20)),
        ("freeze", "freeze_n-60dB_d2", &measured.freeze, 2000, 2 * frame_ms),
        ("freeze", "freeze_n-60dB_d0.5", &measured.freeze, 500, 2 * frame_ms),
        ("silence", "silence_-60dB_d2", &measured.silence, 2000, 20),
        ("silence", "silence_-60dB_d0.5", &measured.silence, 500, 20),
    ] {
        let still = found.video.as_ref().is_some_and(|v| v.still);
        if !compared(what) || (still && what != "silence") {
            continue;
        }
        let gap = if what == "freeze" { frame_ms + 1 } else { 0 };
        let picture_ms = found.video.as_ref().map_or(0, |video| video.duration_ms);
        let end_ms = if what == "silence" { found.duration_ms } else { picture_ms };
        let theirs = merged(spans(&values[key], begin, end_ms), gap);
        let long = ours.iter().copied().filter(|span| span.length_ms() >= shortest_ms).collect();
        let ours = merged(long, gap);
        if let Some(missing) = unmatched(&theirs, &ours, shortest_ms, tolerance_ms) {
            faults.push(format!("{file}: {what} of {shortest_ms} ms: {missing:?} is theirs alone; ours {ours:?}"));
        }
        if let Some(more) = unmatched(&ours, &theirs, shortest_ms, tolerance_ms) {
            faults.push(format!("{file}: {what} of {shortest_ms} ms: {more:?} is ours alone; theirs {theirs:?}"));
        }
    }
    faults
}

/// `0.033-3.000 5.1-END`, on our clock.
fn spans(text: &str, begin_ms: u64, end_ms: u64) -> Vec<MsSpan> {
    let ms = |seconds: &str| match seconds {
        "END" => end_ms,
        seconds => {
            ((seconds.parse::<f64>().expect("seconds") * 1000.0).max(0.0).round() as u64).saturating_sub(begin_ms)
        }
    };
    let pairs = text.split_whitespace().filter_map(|pair| pair.rsplit_once('-'));
    pairs.map(|(start, end)| MsSpan { start_ms: ms(start), end_ms: ms(end) }).collect()
}

fn merged(spans: Vec<MsSpan>, gap_ms: u64) -> Vec<MsSpan> {
    let mut merged: Vec<MsSpan> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if gap_ms > 0 && span.start_ms <= last.end_ms + gap_ms => last.end_ms = span.end_ms,
            _ => merged.push(span),
        }
    }
    merged
}

/// The first of `these` that is surely long enough and has no counterpart in `those`.
fn unmatched(these: &[MsSpan], those: &[MsSpan], shortest_ms: u64, tolerance_ms: u64) -> Option<MsSpan> {
    let near = |a: u64, b: u64| a.abs_diff(b) <= tolerance_ms + 1;
    let same = |a: &MsSpan, b: &MsSpan| near(a.start_ms, b.start_ms) && near(a.end_ms, b.end_ms);
    let surely = these.iter().filter(|span| span.length_ms() >= shortest_ms + 2 * tolerance_ms);
    surely.copied().find(|span| !those.iter().any(|other| same(span, other)))
}
