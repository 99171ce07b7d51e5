//! The product's decoders: sandboxed children of this program, judged by acceptance.

use std::path::Path;

use super::processing::{Found, MediaTrouble, MediaWork};
use crate::av::conform::conform;
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
        Decoders { ffmpeg: Ffmpeg::of_this_program(config.sandbox_require) }
    }

    fn look(&self, file: &Path) -> Result<Inspection, MediaTrouble> {
        let looked = inspect(file, InspectLimits::default(), &self.ffmpeg, &mut |_| true);
        Ok(looked.map_err(|e| MediaTrouble(e.to_string()))?.inspection)
    }
}

impl MediaWork for Decoders {
    fn inspect(&self, file: &Path, channel: &Channel) -> Result<Found, MediaTrouble> {
        Ok(judged(self.look(file)?, channel))
    }

    fn conform(&self, original: &Path, channel: &Channel, output: &Path) -> Result<Found, MediaTrouble> {
        let found = self.look(original)?;
        let recipe = ConformRecipe::of(channel.house);
        let made = conform(original, &found, &recipe, output, &self.ffmpeg, &mut |_| true);
        let made = made.map_err(|e| MediaTrouble(e.to_string()))?;
        Ok(judged(made.result.inspection, channel))
    }
}

fn judged(inspection: Inspection, channel: &Channel) -> Found {
    let judgement = judge(&inspection, channel.house, Policy::WALL);
    Found { inspection, verdict: judgement.verdict, reasons: judgement.reasons }
}
