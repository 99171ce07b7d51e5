//! How a channel's picture lies on its display's signal, and how bright and loud the wall is by the clock.

use std::collections::BTreeSet;

use super::channel::HouseFormat;
use super::time::TimeOfDay;

/// What lies between the air and the panels. Streams and recordings know nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wall {
    /// Where the picture lies.
    pub mapping: Mapping,
    /// Light of the panels.
    pub brightness: Curve,
    /// The most light in these hours, whatever the curve says.
    pub night: Option<(Hours, Percent)>,
    /// Hours in which the panels are black.
    pub off: Vec<Hours>,
    /// Loudness of the wall's sound.
    pub volume: Curve,
    /// Hours without any sound.
    pub mute: Vec<Hours>,
}

/// A part of the picture, at exact pixels of a larger raster: never scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// Width and height of the display's signal, pixels.
    pub screen: (u32, u32),
    /// Where the part's upper left pixel lies in it.
    pub at: (u32, u32),
    /// Upper left pixel of the part, in the picture.
    pub from: (u32, u32),
    /// Its width and height.
    pub size: (u32, u32),
}

/// A share of the full amount, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// All of it.
    pub const FULL: Percent = Percent(100);

    /// `None` above 100.
    pub fn new(percent: u8) -> Option<Percent> {
        (percent <= 100).then_some(Percent(percent))
    }
    /// 0 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// Hours of each day, local time; `to` may lie after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// First second.
    pub from: TimeOfDay,
    /// First second that is over.
    pub to: TimeOfDay,
}

/// Amounts over the day: a straight line from each point to the next, round the clock. No point at all is the full amount.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curve(pub Vec<Point>);

/// One point of a curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Months in which it stands, 1 to 12; empty: those that no point names.
    pub months: BTreeSet<u32>,
    /// Local time.
    pub at: TimeOfDay,
    /// The amount then.
    pub percent: Percent,
}

impl Wall {
    /// The whole picture, as it is, on a display of its size.
    pub fn plain(house: HouseFormat) -> Wall {
        let size = (house.width, house.height);
        Wall {
            mapping: Mapping { screen: size, at: (0, 0), from: (0, 0), size },
            brightness: Curve::default(),
            night: None,
            off: Vec::new(),
            volume: Curve::default(),
            mute: Vec::new(),
        }
    }
}

impl Mapping {
    /// Why it can't be: the fault, with its key.
    ///
    /// # Errors
    /// The first fault that there is.
    pub fn check(&self, house: HouseFormat) -> Result<(), String> {
        let Mapping { screen, at, from, size } = *self;
        let all = [screen, at, from, size];
        // Colour is stored for blocks of 2×2 pixels.
        if all.iter().any(|(x, y)| x % 2 != 0 || y % 2 != 0) {
            return Err("screen, at, crop: only even numbers of pixels".into());
        }
        if size.0 == 0 || size.1 == 0 {
            return Err("crop: nothing is left of the picture".into());
        }
        let beyond = |from: u32, size: u32, whole: u32| u64::from(from) + u64::from(size) > u64::from(whole);
        if beyond(from.0, size.0, house.width) || beyond(from.1, size.1, house.height) {
            return Err(format!("crop: it reaches beyond the picture of {}x{}", house.width, house.height));
        }
        if beyond(at.0, size.0, screen.0) || beyond(at.1, size.1, screen.1) {
            return Err(format!("at: {}x{} at {},{} reaches beyond screen", size.0, size.1, at.0, at.1));
        }
        Ok(())
    }
}
