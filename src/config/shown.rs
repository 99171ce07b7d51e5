//! The configuration that applies, as the file that would say it: every key, also where the default was good enough.

use super::{
    ChannelConfig, ChannelFile, Config, File, FixedFile, PaperConfig, PaperFile, PlanningConfig, PlanningFile,
    SandboxFile, WebConfig, WebFile, WorkFile,
};

use crate::domain::output::OutputAddress;
use crate::domain::rules::{FixedRule, Weekdays};

impl Config {
    /// The text of a `siaran.toml` that says all of it; comments tell where it comes from. Secrets in
    /// output addresses are shown as `***`.
    pub fn to_toml(&self) -> String {
        let path = self.home.join(super::CONFIG_FILE);
        let origin = if path.is_file() { "from this file; what it leaves out is the default" } else { "all default" };
        let mut text = format!("# home: {}\n# {}: {origin}\n", self.home.display(), path.display());
        for (id, ChannelConfig { channel, .. }) in &self.channels {
            if channel.hours.open == channel.hours.close {
                text += &format!("# [channel.{id}] open and close are one: on air the whole broadcast day\n");
            }
        }
        let written = toml::to_string(&File::from(self)).expect("keys are plain words, and every value has a form");
        text + "\n" + &written
    }
}

impl From<&Config> for File {
    fn from(config: &Config) -> File {
        let (studio, bookings, studio_operator) = super::studios::shown(&config.studios);
        File {
            channel: config.channels.iter().map(|(id, channel)| (id.to_string(), channel.into())).collect(),
            sandbox: SandboxFile {
                require: config.sandbox.require_landlock,
                may_lack: config.sandbox.may_lack.iter().map(|ring| ring.as_str().to_owned()).collect(),
            },
            work: WorkFile { at_once: config.work.at_once, keep_originals_days: config.work.keep_originals_days },
            web: (&config.web).into(),
            planning: (&config.planning).into(),
            paper: (&config.paper).into(),
            quality: (&config.quality).into(),
            studio,
            bookings,
            studio_operator,
        }
    }
}

impl From<&ChannelConfig> for ChannelFile {
    fn from(config: &ChannelConfig) -> ChannelFile {
        let ChannelConfig { channel, wall, branding, outputs, fixed, place } = config;
        let house = &channel.house;
        ChannelFile {
            title: channel.title.clone(),
            zone: channel.zone.to_string(),
            open: channel.hours.open.to_string(),
            close: channel.hours.close.to_string(),
            width: house.width,
            height: house.height,
            frame_rate: [house.rate.num(), house.rate.den()],
            latency_ms: channel.latency_ms,
            position: [place.latitude(), place.longitude()],
            outputs: outputs.iter().map(|text| without_secrets(text)).collect(),
            fixed: fixed.iter().map(FixedFile::from).collect(),
            conform: channel.conforming.into(),
            wall: wall.into(),
            branding: branding.into(),
        }
    }
}

fn without_secrets(output: &str) -> String {
    // What was read was checked; anything else has nothing to show.
    output.parse::<OutputAddress>().map_or_else(|_| String::new(), |address| address.to_string())
}

impl From<&FixedRule> for FixedFile {
    fn from(rule: &FixedRule) -> FixedFile {
        let FixedRule { at, seconds, title, days, sha256, wears } = rule;
        let sha256 = sha256.map(|hash| hash.to_string());
        let branding = wears.word().map(str::to_owned);
        let days = (*days != Weekdays::ALL).then(|| days.words().map(str::to_owned).collect());
        FixedFile { at: at.to_string(), seconds: *seconds, title: title.clone(), days, sha256, branding }
    }
}

impl From<&WebConfig> for WebFile {
    fn from(config: &WebConfig) -> WebFile {
        WebFile { listen: config.listen, public_url: config.public_url.clone().unwrap_or_default() }
    }
}

impl From<&PlanningConfig> for PlanningFile {
    fn from(config: &PlanningConfig) -> PlanningFile {
        let PlanningConfig { freeze_s, lead_s, publish_ahead_h, oral_hours, office_gap_s, separation_s, ref shares } =
            *config;
        let shares = shares.iter().map(|(group, weight)| (group.to_string(), *weight)).collect();
        PlanningFile { freeze_s, lead_s, publish_ahead_h, oral_hours, office_gap_s, separation_s, shares }
    }
}

impl From<&PaperConfig> for PaperFile {
    fn from(config: &PaperConfig) -> PaperFile {
        let PaperConfig { fonts, letterhead, place } = config.clone();
        PaperFile { fonts, letterhead, place }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_shown_is_a_file_that_says_the_same() {
        let text = "[channel.wall]\nopen = \"04:00\"\nclose = \"04:00\"\nwidth = 960\noutputs = [\"null\", \"udp://10.0.0.7:5004\"]\n\
                    [[channel.wall.fixed]]\nat = \"10:00\"\nseconds = 180\ntitle = \"Indonesia Raya\"\nbranding = \"none\"\n\
                    [planning.shares]\nvillage = 3\n[paper]\nplace = \"Lubuk \\\"Pakam\\\"\"\n";
        let config = Config::parse(Path::new("/h"), text).expect("valid");
        let shown = config.to_toml();
        assert_eq!(Config::parse(Path::new("/h"), &shown).expect("what is shown can be read"), config);
        assert!(shown.starts_with("# home: /h\n# /h/siaran.toml: all default\n"), "{shown}");
        assert!(shown.contains("# [channel.wall] open and close are one: on air the whole broadcast day"), "{shown}");
    }
}
