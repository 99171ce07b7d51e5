//! The product's decoders: sandboxed children of this program, judged by acceptance.

use std::path::Path;

use super::processing::{Found, MediaTrouble, MediaWork};
use crate::av::conform::{Conformed, conform};
use crate::av::ffmpeg::Ffmpeg;
use crate::av::inspect::{InspectLimits, inspect};
use crate::config::Config;
use crate::domain::asset::{ConformRecipe, Inspection};
use crate::domain::channel::Channel;
use crate::engine::acceptance::{Policy, judge};

/// Decoding and encoding by ffmpeg in the sandbox.
#[derive(Debug)]
pub struct Decoders {
    ffmpeg: Ffmpeg,
}

impl Decoders {
    /// The decoders that a configuration asks for.
    pub fn of(config: &Config) -> Decoders {
        Decoders { ffmpeg: Ffmpeg::of_this_program(&config.sandbox) }
    }

    fn look(&self, file: &Path) -> Result<Inspection, MediaTrouble> {
        let looked = inspect(file, InspectLimits::default(), &self.ffmpeg, &mut |_| true);
        Ok(looked.map_err(|e| MediaTrouble(e.to_string()))?.inspection)
    }

    fn make(&self, original: &Path, recipe: &ConformRecipe, output: &Path) -> Result<Conformed, MediaTrouble> {
        let found = self.look(original)?;
        let made = conform(original, &found, recipe, output, &self.ffmpeg, &mut |_| true);
        made.map_err(|e| MediaTrouble(e.to_string()))
    }
}

impl MediaWork for Decoders {
    fn inspect(&self, file: &Path, channel: &Channel) -> Result<Found, MediaTrouble> {
        Ok(judged(self.look(file)?, channel))
    }

    fn conform(&self, original: &Path, channel: &Channel, output: &Path) -> Result<Found, MediaTrouble> {
        let made = self.make(original, &ConformRecipe::of(channel.house), output)?;
        Ok(judged(made.result.inspection, channel))
    }

    fn preview(&self, original: &Path, channel: &Channel, output: &Path) -> Result<(), MediaTrouble> {
        self.make(original, &ConformRecipe::preview_of(channel.house), output).map(|_| ())
    }
}

fn judged(inspection: Inspection, channel: &Channel) -> Found {
    let judgement = judge(&inspection, channel.house, Policy::WALL);
    Found { inspection, verdict: judgement.verdict, reasons: judgement.reasons }
}
