//! `[channel.NAME.wall]`: how the picture lies on its display, and how bright and loud the wall is by the clock.

use serde::{Deserialize, Serialize};

use crate::domain::channel::HouseFormat;
use crate::domain::wall::{Curve, Hours, Mapping, Percent, Point, Wall};

/// Most points of a curve: one an hour for each month.
const MOST_POINTS: usize = 12 * 24;
/// Most spans of hours.
const MOST_SPANS: usize = 24;
/// Largest signal of a display, pixels across and down.
const MOST_PIXELS: u32 = 8192;

#[derive(Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WallFile {
    screen: [u32; 2],
    at: [u32; 2],
    crop: [u32; 4],
    off: Vec<String>,
    mute: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    night: Option<NightFile>,
    brightness: Vec<PointFile>,
    volume: Vec<PointFile>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NightFile {
    hours: String,
    percent: u8,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PointFile {
    at: String,
    percent: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    months: Vec<u32>,
}

impl WallFile {
    pub fn into_wall(self, house: HouseFormat) -> Result<Wall, String> {
        let [x, y, width, height] = self.crop;
        let whole = (width, height) == (0, 0);
        let size = if whole {
            (house.width - x.min(house.width), house.height - y.min(house.height))
        } else {
            (width, height)
        };
        let [across, down] = self.screen;
        if across.max(down) > MOST_PIXELS {
            return Err(format!("screen: {across}x{down} is more than {MOST_PIXELS} pixels"));
        }
        let screen = if (across, down) == (0, 0) { (house.width, house.height) } else { (across, down) };
        let mapping = Mapping { screen, at: self.at.into(), from: (x, y), size };
        mapping.check(house)?;
        let night =
            |night: NightFile| Ok::<_, String>((hours("night", &night.hours)?, percent("night", night.percent)?));
        Ok(Wall {
            mapping,
            brightness: curve("brightness", self.brightness)?,
            night: self.night.map(night).transpose()?,
            off: spans("off", &self.off)?,
            volume: curve("volume", self.volume)?,
            mute: spans("mute", &self.mute)?,
        })
    }
}

fn percent(key: &str, value: u8) -> Result<Percent, String> {
    Percent::new(value).ok_or_else(|| format!("{key}: {value} percent is not 0 to 100"))
}

fn hours(key: &str, text: &str) -> Result<Hours, String> {
    let wanted = || format!("{key}: {text:?} is not a span like \"22:00-05:00\"");
    let (from, to) = text.split_once('-').ok_or_else(wanted)?;
    let (from, to) = (from.trim().parse().map_err(|_| wanted())?, to.trim().parse().map_err(|_| wanted())?);
    if from == to { Err(format!("{key}: {text:?} begins where it ends")) } else { Ok(Hours { from, to }) }
}

fn spans(key: &str, texts: &[String]) -> Result<Vec<Hours>, String> {
    if texts.len() > MOST_SPANS {
        return Err(format!("{key}: more than {MOST_SPANS} spans"));
    }
    texts.iter().map(|text| hours(key, text)).collect()
}

fn curve(key: &str, points: Vec<PointFile>) -> Result<Curve, String> {
    if points.len() > MOST_POINTS {
        return Err(format!("{key}: more than {MOST_POINTS} points"));
    }
    let point = |PointFile { at, percent: value, months }: PointFile| {
        if let Some(month) = months.iter().find(|month| !(1..=12).contains(*month)) {
            return Err(format!("{key}: {month} is not a month from 1 to 12"));
        }
        let at = at.parse().map_err(|e| format!("{key}: {e}"))?;
        Ok(Point { months: months.into_iter().collect(), at, percent: percent(key, value)? })
    };
    points.into_iter().map(point).collect::<Result<_, String>>().map(Curve)
}

impl From<&Wall> for WallFile {
    fn from(wall: &Wall) -> WallFile {
        let Mapping { screen, at, from, size } = wall.mapping;
        let span = |hours: &Hours| format!("{}-{}", hours.from, hours.to);
        let points = |curve: &Curve| curve.0.iter().map(PointFile::from).collect();
        WallFile {
            screen: screen.into(),
            at: at.into(),
            crop: [from.0, from.1, size.0, size.1],
            off: wall.off.iter().map(span).collect(),
            mute: wall.mute.iter().map(span).collect(),
            night: wall.night.map(|(hours, percent)| NightFile { hours: span(&hours), percent: percent.get() }),
            brightness: points(&wall.brightness),
            volume: points(&wall.volume),
        }
    }
}

impl From<&Point> for PointFile {
    fn from(point: &Point) -> PointFile {
        let months = point.months.iter().copied().collect();
        PointFile { at: point.at.to_string(), percent: point.percent.get(), months }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    fn read(wall: &str) -> Result<Wall, String> {
        let text = format!("[channel.wall]\nwidth = 640\nheight = 320\n[channel.wall.wall]\n{wall}\n");
        let config = Config::parse(Path::new("/h"), &text).map_err(|e| e.to_string())?;
        let shown = Config::parse(Path::new("/h"), &config.to_toml()).expect("what is shown can be read");
        assert_eq!(shown, config);
        Ok(config.channels.into_values().next().expect("one channel").wall)
    }

    #[test]
    fn a_wall_lies_in_its_signal_and_is_lit_by_the_hour() {
        let wall = read(
            "screen = [1920, 1080]\nat = [128, 64]\ncrop = [0, 0, 512, 256]\noff = [\"23:30-04:30\"]\n\
             night = { hours = \"22:00-05:00\", percent = 20 }\nmute = [\"12:00-12:30\"]\n\
             brightness = [{ at = \"06:00\", percent = 70 }, { at = \"12:00\", percent = 100, months = [6, 7] }]",
        )
        .expect("a wall");
        assert_eq!(wall.mapping, Mapping { screen: (1920, 1080), at: (128, 64), from: (0, 0), size: (512, 256) });
        assert_eq!((wall.brightness.0.len(), wall.off.len(), wall.night.map(|n| n.1.get())), (2, 1, Some(20)));
        assert_eq!(
            read("").expect("nothing said"),
            Wall::plain(HouseFormat { width: 640, height: 320, ..HouseFormat::DEFAULT })
        );
    }

    #[test]
    fn a_wall_that_can_not_be_is_refused_with_its_key() {
        for (text, why) in [
            ("screen = [320, 320]", "at: 640x320 at 0,0 reaches beyond screen"),
            ("crop = [600, 0, 100, 100]", "crop: it reaches beyond the picture of 640x320"),
            ("screen = [1920, 1080]\nat = [1, 0]", "only even numbers"),
            ("off = [\"22:00\"]", "off: \"22:00\" is not a span like"),
            ("mute = [\"10:00-10:00\"]", "begins where it ends"),
            ("night = { hours = \"22:00-05:00\", percent = 101 }", "night: 101 percent is not 0 to 100"),
            ("brightness = [{ at = \"25:00\", percent = 1 }]", "brightness: "),
            ("brightness = [{ at = \"06:00\", percent = 1, months = [13] }]", "13 is not a month"),
        ] {
            let said = read(text).expect_err(text);
            assert!(said.contains(why), "{said}");
        }
    }
}
