//! How bright and how loud a wall is at a moment: its curves, its night, its hours off.

use chrono::{Datelike, NaiveDateTime, Timelike};

use crate::domain::wall::{Curve, Hours, Percent, Point, Wall};

/// What applies at a moment, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// Light of the panels, 0 to 1000: of what the picture itself would give.
    pub light_milli: u32,
    /// Amplitude of the sound, 0 to 1000.
    pub sound_milli: u32,
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The levels of a wall at a local time.
pub fn levels(wall: &Wall, local: NaiveDateTime) -> Levels {
    let within = |hours: &Hours| holds(*hours, local);
    let ceiling = wall.night.filter(|(hours, _)| within(hours)).map_or(1000, |(_, most)| milli(most));
    let light = if wall.off.iter().any(within) { 0 } else { amount(&wall.brightness, local).min(ceiling) };
    let sound = if wall.mute.iter().any(within) { 0 } else { amount(&wall.volume, local) };
    Levels { light_milli: light, sound_milli: sound }
}

fn milli(percent: Percent) -> u32 {
    u32::from(percent.get()) * 10
}

fn holds(Hours { from, to }: Hours, local: NaiveDateTime) -> bool {
    let now = local.num_seconds_from_midnight();
    let (from, to) = (from.seconds(), to.seconds());
    if from < to { (from..to).contains(&now) } else { now >= from || now < to }
}

/// A curve's amount, thousandths.
fn amount(curve: &Curve, local: NaiveDateTime) -> u32 {
    let named = curve.0.iter().any(|point| point.months.contains(&local.month()));
    let applies = |point: &&Point| if named { point.months.contains(&local.month()) } else { point.months.is_empty() };
    let mut points: Vec<(i64, i64)> = Vec::new();
    for point in curve.0.iter().filter(applies) {
        points.push((i64::from(point.at.seconds()), i64::from(milli(point.percent))));
    }
    points.sort_unstable();
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else { return 1000 };
    let now = i64::from(local.num_seconds_from_midnight());
    let before = points.iter().rev().find(|(at, _)| *at <= now).copied().unwrap_or((last.0 - DAY, last.1));
    let after = points.iter().find(|(at, _)| *at > now).copied().unwrap_or((first.0 + DAY, first.1));
    let (span, gone) = ((after.0 - before.0).max(1), now - before.0);
    u32::try_from(before.1 + (after.1 - before.1) * gone / span).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::HouseFormat;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a local time")
    }
    fn hours(from: &str, to: &str) -> Hours {
        Hours { from: from.parse().expect("a time"), to: to.parse().expect("a time") }
    }
    fn point(months: &[u32], at: &str, percent: u8) -> Point {
        let percent = Percent::new(percent).expect("at most 100");
        Point { months: months.iter().copied().collect(), at: at.parse().expect("a time"), percent }
    }

    #[test]
    fn light_follows_the_sun_from_point_to_point_and_through_midnight() {
        let mut wall = Wall::plain(HouseFormat::DEFAULT);
        assert_eq!(levels(&wall, local("2026-11-22 03:00")), Levels { light_milli: 1000, sound_milli: 1000 });
        wall.brightness = Curve(vec![point(&[], "18:00", 40), point(&[], "06:00", 80), point(&[12], "00:00", 55)]);
        let light = |at: &str| levels(&wall, local(at)).light_milli;
        assert_eq!((light("2026-11-22 06:00"), light("2026-11-22 12:00"), light("2026-11-22 18:00")), (800, 600, 400));
        assert_eq!((light("2026-11-22 00:00"), light("2026-11-22 03:00")), (600, 700));
        assert_eq!(light("2026-12-22 12:00"), 550, "December has a curve of its own");
    }

    #[test]
    fn the_night_has_a_ceiling_and_panels_and_sound_have_hours_off() {
        let mut wall = Wall::plain(HouseFormat::DEFAULT);
        wall.night = Some((hours("22:00", "05:00"), Percent::new(15).expect("at most 100")));
        wall.off = vec![hours("01:00", "04:00")];
        wall.mute = vec![hours("12:00", "12:30"), hours("21:00", "06:00")];
        let at = |time: &str| {
            let Levels { light_milli, sound_milli } = levels(&wall, local(&format!("2026-11-22 {time}")));
            (light_milli, sound_milli)
        };
        assert_eq!((at("21:59"), at("22:00"), at("00:59"), at("01:00")), ((1000, 0), (150, 0), (150, 0), (0, 0)));
        assert_eq!(
            (at("04:00"), at("05:00"), at("12:29"), at("12:30")),
            ((150, 0), (1000, 0), (1000, 0), (1000, 1000))
        );
    }
}
