//! `siaran inspect`: what is in a file, and whether it may go on the air of a channel.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Ended, Failure};
use crate::av::ffmpeg::{Ffmpeg, FfmpegError};
use crate::av::inspect::{InspectLimits, Inspected, inspect};
use crate::config::{ChannelConfig, Config, QualityConfig};
use crate::domain::asset::{Flash, Inspection, MsSpan, Severity, Verdict};
use crate::domain::ids::ChannelId;
use crate::engine::acceptance::{Judgement, judge};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file
    file: PathBuf,
    /// One JSON document instead of words
    #[arg(long)]
    json: bool,
    /// The channel whose house format and limits apply [default: the first]
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<ChannelId>,
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let config = Config::load(home)?;
    let house = channel(&config, arguments.channel.as_ref())?.channel.house;
    let ffmpeg = Ffmpeg::of_this_program(&config.sandbox);
    let QualityConfig { thresholds, policy } = config.quality;
    let limits = InspectLimits::looking_for(thresholds, &policy);
    let inspected = inspect(&arguments.file, limits, &ffmpeg, &mut |_| true).map_err(could)?;
    let judgement = judge(&inspected.inspection, house, policy);
    if arguments.json {
        say!("{}", document(&arguments.file, &inspected, &judgement));
    } else {
        say!("{}", words(&arguments.file, &inspected.inspection, &judgement).trim_end());
        if let Some(rings) = inspected.rings {
            say!("  kurungan / sandbox: {rings}");
        }
    }
    Ok(if judgement.verdict == Verdict::Refuse { Ended::Refused } else { Ended::Holds })
}

/// The channel that was named, else the first.
pub(super) fn channel<'a>(config: &'a Config, named: Option<&ChannelId>) -> Result<&'a ChannelConfig, Failure> {
    let found = match named {
        Some(name) => config.channels.get(name),
        None => config.channels.values().next(),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = config.channels.keys().map(ChannelId::as_str).collect();
        Failure::Usage(format!("there is no such channel; the configuration has: {}", known.join(", ")))
    })
}

pub(super) fn could(error: FfmpegError) -> Failure {
    let way_out = match &error {
        FfmpegError::Unreadable { .. } => "check the path and that this user may read it",
        FfmpegError::Unwritable { .. } => "check that the folder exists, is writable and has room",
        FfmpegError::NotStarted { .. } => "install ffmpeg, and see docs/sandbox.md for what the kernel must offer",
        FfmpegError::Cancelled => "start it again",
    };
    Failure::could(error.to_string(), way_out)
}

/// The inspection as scripts read it. Only adding is allowed here: others build on it.
pub(super) fn document(file: &Path, inspected: &Inspected, judgement: &Judgement) -> Value {
    let found = &inspected.inspection;
    let reasons: Vec<Value> = judgement
        .reasons
        .iter()
        .map(|reason| {
            json!({
                "code": reason.code.as_str(), "severity": reason.severity.as_str(), "limit": number(reason.limit),
                "value": number(reason.value), "at_ms": reason.at_ms, "text_id": reason.text.id, "text_en": reason.text.en,
            })
        })
        .collect();
    let video = found.video.as_ref().map(|video| {
        json!({
            "codec": video.codec, "width": video.width, "height": video.height,
            "frame_rate": video.frame_rate.map(|rate| [rate.num(), rate.den()]), "rotation_deg": video.rotation_deg,
            "interlaced": video.interlaced, "frames": video.frames, "duration_ms": video.duration_ms,
            "pixel_aspect": [video.pixel_aspect.0, video.pixel_aspect.1], "hdr": video.hdr, "still": video.still,
            "colour": {
                "matrix": video.colour.matrix.as_str(), "transfer": video.colour.transfer.as_str(),
                "full_range": video.colour.full_range,
            },
        })
    });
    let audio = found.audio.as_ref().map(|audio| {
        json!({
            "codec": audio.codec, "sample_rate_hz": audio.sample_rate_hz, "channels": audio.channels,
            "samples": audio.samples,
        })
    });
    let measured = &found.measured;
    json!({
        "file": file.to_string_lossy(), "bytes": found.bytes, "sha256": found.sha256.to_string(),
        "verdict": judgement.verdict.as_str(), "reasons": reasons, "container": found.container,
        "duration_ms": found.duration_ms, "declared_ms": found.declared_ms, "video": video, "audio": audio,
        "measured": {
            "integrated_lufs": rounded(measured.integrated_lufs), "loudness_range_lu": rounded(measured.loudness_range_lu),
            "true_peak_dbtp": rounded(measured.true_peak_dbtp), "black": spans(&measured.black),
            "freeze": spans(&measured.freeze), "silence": spans(&measured.silence), "flash": flashes(&measured.flash),
            "doubtful_flash": flashes(&measured.doubtful_flash),
            "short_term_max_lufs": rounded(measured.short_term_max_lufs), "cancelling": spans(&measured.cancelling),
            "dead_channel": measured.dead_channel, "clipped_runs": measured.clipped_runs,
            "out_of_range": spans(&measured.out_of_range),
            "bars_per_mille": {
                "top": measured.bars.top, "bottom": measured.bars.bottom,
                "left": measured.bars.left, "right": measured.bars.right,
            },
            "loudness_curve": {
                "start_ms": measured.curve.start_ms, "step_ms": measured.curve.step_ms,
                "momentary_tenths_lufs": measured.curve.tenths,
            },
            "streams": { "video": measured.streams.0, "audio": measured.streams.1 },
        },
        "sandbox": inspected.rings.map(|rings| rings.to_string()),
    })
}

fn spans(spans: &[MsSpan]) -> Vec<Value> {
    spans.iter().map(|span| json!({"start_ms": span.start_ms, "end_ms": span.end_ms})).collect()
}

fn flashes(flashes: &[Flash]) -> Vec<Value> {
    let flash = |flash: &Flash| {
        json!({
            "start_ms": flash.span.start_ms, "end_ms": flash.span.end_ms, "kind": flash.kind.as_str(),
            "area_percent": flash.area_percent,
        })
    };
    flashes.iter().map(flash).collect()
}

/// A limit or value: whole numbers stay whole.
fn number(value: Option<f64>) -> Option<Value> {
    value.map(|value| if value.fract().abs() < f64::EPSILON { json!(value as i64) } else { json!(hundredths(value)) })
}

fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(hundredths)
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The inspection as people read it, in both languages.
pub(super) fn words(file: &Path, found: &Inspection, judgement: &Judgement) -> String {
    let verdict = match judgement.verdict {
        Verdict::Accept => "DITERIMA / ACCEPTED",
        Verdict::Conform => "DITERIMA SETELAH DISESUAIKAN / ACCEPTED ONCE CONFORMED",
        Verdict::Refuse => "DITOLAK / REFUSED",
    };
    let mut text = format!("{}: {verdict}\n", file.display());
    if let Some(video) = &found.video {
        let seconds = video.duration_ms as f64 / 1000.0;
        text += &format!(
            "  gambar / picture: {} {}×{}, {seconds:.2} s, {} frames\n",
            video.codec, video.width, video.height, video.frames
        );
    }
    if let Some(audio) = &found.audio {
        let loudness = found.measured.integrated_lufs.map_or("–".to_owned(), |lufs| format!("{lufs:.1} LUFS"));
        text += &format!(
            "  suara / sound: {} {} Hz, {} ch, {loudness}\n",
            audio.codec, audio.sample_rate_hz, audio.channels
        );
    }
    for reason in &judgement.reasons {
        let mark = match reason.severity {
            Severity::Fail => "✗",
            Severity::Warn => "!",
            Severity::Corrected => "→",
            Severity::Note => "·",
        };
        text += &format!("  {mark} {}\n    {}\n", reason.text.id, reason.text.en);
    }
    text
}
