//! `siaran conform`: makes the house-format file of an office's clip.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::inspect::{channel, could, document, words};
use super::{Ended, Failure};
use crate::av::conform::{ConformError, conform};
use crate::av::ffmpeg::Ffmpeg;
use crate::av::inspect::{InspectLimits, inspect};
use crate::config::Config;
use crate::domain::asset::{Borders, ConformChoice, ConformRecipe, Framing, Verdict};
use crate::domain::ids::ChannelId;
use crate::engine::acceptance::judge;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The office's file
    file: PathBuf,
    /// Where the house file goes
    #[arg(long, value_name = "OUT.mp4")]
    output: PathBuf,
    /// One JSON document, the inspection of the result, instead of words
    #[arg(long)]
    json: bool,
    /// The channel whose house format applies [default: the first]
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<ChannelId>,
    /// A picture of another shape: fit shows all of it, fill cuts its edges off, stretch [default: the channel's]
    #[arg(long, value_name = "HOW", value_parser = framing)]
    framing: Option<Framing>,
    /// Black beside a picture of another shape, instead of the picture itself, blurred
    #[arg(long)]
    plain_borders: bool,
    /// Draw a still picture slowly nearer
    #[arg(long)]
    zoom: bool,
    /// Say on standard error how far it is
    #[arg(long)]
    progress: bool,
    /// How long a still picture is shown
    #[arg(long, value_name = "SECONDS", default_value_t = ConformRecipe::STILL_SECONDS,
          value_parser = clap::value_parser!(u32).range(1..=300))]
    still_seconds: u32,
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let config = Config::load(home)?;
    let channel = &channel(&config, arguments.channel.as_ref())?.channel;
    let house = channel.house;
    let ffmpeg = Ffmpeg::of_this_program(&config.sandbox);
    let (file, output) = (&arguments.file, &arguments.output);
    let limits = InspectLimits::looking_for(config.quality.thresholds, &config.quality.policy);
    let original = inspect(file, limits, &ffmpeg, &mut |_| true).map_err(could)?;
    let judgement = judge(&original.inspection, house, config.quality.policy);
    if judgement.verdict == Verdict::Refuse {
        match arguments.json {
            true => say!("{}", document(file, &original, &judgement)),
            false => say!("{}", words(file, &original.inspection, &judgement).trim_end()),
        }
        return Ok(Ended::Refused);
    }
    let usual = channel.conforming;
    let choice = ConformChoice {
        framing: arguments.framing.unwrap_or(usual.framing),
        borders: if arguments.plain_borders { Borders::Plain } else { usual.borders },
        zoom: arguments.zoom || usual.zoom,
    };
    let recipe = ConformRecipe::chosen(house, choice, arguments.still_seconds);
    // What is not refused has a picture.
    let essence = original
        .essence
        .ok_or_else(|| Failure::could(format!("{} holds no picture", file.display()), "a file with a picture"))?;
    let mut said = None;
    let mut progress = |percent: u8| {
        if arguments.progress && said.replace(percent) != Some(percent) {
            complain!("{percent} %");
        }
        true
    };
    let made = conform(file, &essence, &recipe, output, &ffmpeg, &mut progress).map_err(failure)?;
    let judgement = judge(&made.result.inspection, house, config.quality.policy);
    if arguments.json {
        let mut whole = document(output, &made.result, &judgement);
        whole["frames"] = json!(made.frames);
        whole["recipe"] = json!(recipe.canonical());
        whole["original_sha256"] = json!(original.inspection.sha256.to_string());
        say!("{whole}");
    } else {
        say!("{}", words(output, &made.result.inspection, &judgement).trim_end());
    }
    Ok(if judgement.verdict == Verdict::Refuse { Ended::Refused } else { Ended::Holds })
}

pub(super) fn framing(word: &str) -> Result<Framing, String> {
    Framing::read(word).ok_or_else(|| format!("{word:?} is not fit, fill or stretch"))
}

fn failure(error: ConformError) -> Failure {
    match error {
        ConformError::Ffmpeg(error) => could(error),
        other => Failure::could(other.to_string(), "export the clip again as MP4 (H.264) and conform that"),
    }
}
