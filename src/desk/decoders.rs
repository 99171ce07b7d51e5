//! The product's decoders: sandboxed children of this program, judged by acceptance.

use std::path::Path;

use super::processing::{Found, MediaTrouble, MediaWork, Original, Progress};
use crate::av::conform::{Looks, conform, make_looks};
use crate::av::ffmpeg::Ffmpeg;
use crate::av::inspect::{InspectLimits, Inspected, inspect};
use crate::config::{Config, QualityConfig};
use crate::domain::asset::{ConformRecipe, Essence};
use crate::domain::channel::{Channel, HouseFormat};
use crate::engine::acceptance::judge;
use crate::files::library::{Look, Making};

/// Decoding and encoding by ffmpeg in the sandbox.
#[derive(Debug)]
pub struct Decoders {
    ffmpeg: Ffmpeg,
    quality: QualityConfig,
}

impl Decoders {
    /// The decoders that a configuration asks for.
    pub fn of(config: &Config) -> Decoders {
        Decoders { ffmpeg: Ffmpeg::of_this_program(&config.sandbox), quality: config.quality }
    }

    /// The same for work in spare time, which is waited for longer.
    pub fn in_spare_time(config: &Config) -> Decoders {
        Decoders { ffmpeg: Ffmpeg::of_this_program(&config.sandbox).in_spare_time(), quality: config.quality }
    }

    fn look(&self, file: &Path, progress: Progress<'_>) -> Result<Inspected, MediaTrouble> {
        let limits = InspectLimits::looking_for(self.quality.thresholds, &self.quality.policy);
        inspect(file, limits, &self.ffmpeg, progress).map_err(|e| MediaTrouble(e.to_string()))
    }

    fn judged(&self, found: Inspected, house: HouseFormat) -> Found {
        let Inspected { inspection, essence, .. } = found;
        let judgement = judge(&inspection, house, self.quality.policy);
        Found { inspection, essence, verdict: judgement.verdict, reasons: judgement.reasons }
    }

    fn essence(&self, original: Original<'_>, progress: Progress<'_>) -> Result<Essence, MediaTrouble> {
        if let Some(essence) = original.essence {
            return Ok(*essence);
        }
        // An older version has inspected it, or somebody cleared the previews away.
        let found = self.look(original.path, &mut |_| progress(0))?.essence;
        found.ok_or_else(|| MediaTrouble("it holds no picture, so there is nothing to make of it".into()))
    }
}

impl MediaWork for Decoders {
    fn inspect(&self, file: &Path, channel: &Channel, progress: Progress<'_>) -> Result<Found, MediaTrouble> {
        Ok(self.judged(self.look(file, progress)?, channel.house))
    }

    fn conform(
        &self,
        original: Original<'_>,
        recipe: &ConformRecipe,
        channel: &Channel,
        output: &Path,
        progress: Progress<'_>,
    ) -> Result<Found, MediaTrouble> {
        let essence = self.essence(original, progress)?;
        let made = conform(original.path, &essence, recipe, output, &self.ffmpeg, progress);
        Ok(self.judged(made.map_err(|e| MediaTrouble(e.to_string()))?.result, channel.house))
    }

    fn preview(
        &self,
        original: Original<'_>,
        recipe: &ConformRecipe,
        to: &Making,
        progress: Progress<'_>,
    ) -> Result<(), MediaTrouble> {
        let essence = self.essence(original, progress)?;
        let [film, poster, sheet, wave] = [Look::Film, Look::Poster, Look::Sheet, Look::Wave].map(|look| to.look(look));
        let looks = Looks { film: &film, poster: &poster, sheet: &sheet, wave: &wave };
        let made = make_looks(original.path, &essence, recipe, looks, &self.ffmpeg, progress);
        made.map_err(|e| MediaTrouble(e.to_string()))
    }
}
