//! `[quality]`: what counts as black, standing, silent or flashing in a file, and what follows. `docs/quality.md` names the
//! source of each default.

use serde::{Deserialize, Serialize};

use super::QualityConfig;
use crate::engine::acceptance::Policy;
use crate::engine::flash::FlashThresholds;
use crate::engine::quality::Thresholds;
use crate::engine::sound::SoundThresholds;

/// Longest time that a setting may name, milliseconds: an hour.
const MOST_MS: u64 = 3_600_000;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct QualityFile {
    longest_ms: u64,
    short_ms: u64,
    errors_per_thousand: u64,
    unused_percent: u64,
    black_pixel_percent: f64,
    black_area_percent: f64,
    black_inside_ms: u64,
    black_ends_ms: u64,
    black_refused_ms: u64,
    freeze_db: f64,
    freeze_ms: u64,
    freeze_confirm_ms: u64,
    silence_db: f64,
    silence_ms: u64,
    flash_change_percent: f64,
    flash_dark_percent: f64,
    flash_area_percent: f64,
    phase_correlation: f64,
    phase_ms: u64,
    dead_channel_db: f64,
    live_channel_db: f64,
    clipped_samples: u32,
    clipped_runs: u64,
}

impl Default for QualityFile {
    fn default() -> Self {
        QualityFile::from(&QualityConfig::HOUSE)
    }
}

impl From<&QualityConfig> for QualityFile {
    fn from(config: &QualityConfig) -> Self {
        let QualityConfig { thresholds, policy } = config;
        let Thresholds { flash, sound, .. } = thresholds;
        QualityFile {
            longest_ms: policy.longest_ms,
            short_ms: policy.short_ms,
            errors_per_thousand: policy.errors_per_thousand,
            unused_percent: policy.unused_percent,
            black_pixel_percent: percent(thresholds.black_pixel),
            black_area_percent: percent(thresholds.black_area),
            black_inside_ms: policy.black_inside_ms,
            black_ends_ms: policy.black_ends_ms,
            black_refused_ms: policy.black_refused_ms,
            freeze_db: decibels(thresholds.freeze_difference),
            freeze_ms: policy.freeze_ms,
            freeze_confirm_ms: policy.freeze_confirm_ms,
            silence_db: decibels(f64::from(thresholds.silence_level)),
            silence_ms: policy.silence_ms,
            flash_change_percent: percent(flash.change),
            flash_dark_percent: percent(flash.dark),
            flash_area_percent: percent(flash.area),
            phase_correlation: sound.correlation,
            phase_ms: policy.phase_ms,
            dead_channel_db: decibels(f64::from(sound.dead)),
            live_channel_db: decibels(f64::from(sound.alive)),
            clipped_samples: sound.clipped_samples,
            clipped_runs: policy.clipped_runs,
        }
    }
}

impl QualityFile {
    pub(super) fn into_config(self) -> Result<QualityConfig, String> {
        self.check()?;
        let share = |percent: f64| percent / 100.0;
        let level = |db: f64| 10_f64.powf(db / 20.0);
        let house = QualityConfig::HOUSE;
        let thresholds = Thresholds {
            black_pixel: share(self.black_pixel_percent),
            black_area: share(self.black_area_percent),
            freeze_difference: level(self.freeze_db),
            silence_level: level(self.silence_db) as f32,
            flash: FlashThresholds {
                change: share(self.flash_change_percent),
                dark: share(self.flash_dark_percent),
                area: share(self.flash_area_percent),
            },
            sound: SoundThresholds {
                correlation: self.phase_correlation,
                dead: level(self.dead_channel_db) as f32,
                alive: level(self.live_channel_db) as f32,
                clipped_samples: self.clipped_samples,
            },
        };
        let policy = Policy {
            longest_ms: self.longest_ms,
            short_ms: self.short_ms,
            black_inside_ms: self.black_inside_ms,
            black_ends_ms: self.black_ends_ms,
            black_refused_ms: self.black_refused_ms,
            freeze_ms: self.freeze_ms,
            freeze_confirm_ms: self.freeze_confirm_ms,
            silence_ms: self.silence_ms,
            errors_per_thousand: self.errors_per_thousand,
            unused_percent: self.unused_percent,
            phase_ms: self.phase_ms,
            clipped_runs: self.clipped_runs,
            ..house.policy
        };
        Ok(QualityConfig { thresholds, policy })
    }

    fn check(&self) -> Result<(), String> {
        for (key, ms) in [
            ("longest_ms", self.longest_ms),
            ("short_ms", self.short_ms),
            ("black_inside_ms", self.black_inside_ms),
            ("black_ends_ms", self.black_ends_ms),
            ("black_refused_ms", self.black_refused_ms),
            ("freeze_ms", self.freeze_ms),
            ("freeze_confirm_ms", self.freeze_confirm_ms),
            ("silence_ms", self.silence_ms),
            ("phase_ms", self.phase_ms),
        ] {
            if !(1..=MOST_MS).contains(&ms) {
                return Err(format!("{key}: {ms} is not 1 to {MOST_MS}"));
            }
        }
        for (key, percent) in [
            ("black_pixel_percent", self.black_pixel_percent),
            ("black_area_percent", self.black_area_percent),
            ("flash_change_percent", self.flash_change_percent),
            ("flash_dark_percent", self.flash_dark_percent),
            ("flash_area_percent", self.flash_area_percent),
        ] {
            if !(1.0..=100.0).contains(&percent) {
                return Err(format!("{key}: {percent} is not 1 to 100"));
            }
        }
        for (key, db) in [
            ("freeze_db", self.freeze_db),
            ("silence_db", self.silence_db),
            ("dead_channel_db", self.dead_channel_db),
            ("live_channel_db", self.live_channel_db),
        ] {
            if !(-120.0..0.0).contains(&db) {
                return Err(format!("{key}: {db} is not -120 to 0"));
            }
        }
        if !(-1.0..=0.0).contains(&self.phase_correlation) {
            return Err(format!("phase_correlation: {} is not -1 to 0", self.phase_correlation));
        }
        if self.unused_percent > 100 || self.clipped_samples == 0 || self.clipped_runs == 0 {
            return Err("unused_percent is 0 to 100, clipped_samples and clipped_runs at least 1".into());
        }
        Ok(())
    }
}

/// Rounded to what a person writes.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

fn decibels(level: f64) -> f64 {
    (level.log10() * 20.0 * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn quality(keys: &str) -> Result<super::QualityConfig, String> {
        let text = format!("[quality]\n{keys}\n");
        Config::parse(Path::new("/h"), &text).map(|config| config.quality).map_err(|e| e.to_string())
    }

    #[test]
    fn a_stricter_house_says_so_in_its_configuration() {
        let strict = quality("flash_area_percent = 20\nblack_refused_ms = 5000").expect("valid");
        assert!((strict.thresholds.flash.area - 0.2).abs() < 1e-9);
        assert_eq!((strict.policy.black_refused_ms, strict.policy.freeze_ms), (5000, 2000));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert!(quality("silence_db = 3").unwrap_err().contains("silence_db: 3 is not -120 to 0"));
        assert!(quality("flash_area_percent = 0").unwrap_err().contains("flash_area_percent: 0 is not 1 to 100"));
        assert!(quality("freeze_ms = 0").unwrap_err().contains("freeze_ms: 0 is not 1 to"));
    }
}
