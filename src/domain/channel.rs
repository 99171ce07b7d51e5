//! A channel: one output, video wall or radio, with its zone, hours and technical standard.

use super::asset::ConformChoice;
use super::ids::ChannelId;
use super::time::{BroadcastDate, FrameRate, Instant, Span, TimeOfDay, Zone};

/// One engine, one player process, one endless timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its name in files, sockets and commands.
    pub id: ChannelId,
    /// Its name for people.
    pub title: String,
    /// Where it stands.
    pub zone: Zone,
    /// When it is open, every day.
    pub hours: Hours,
    /// What every clip is made into before it airs.
    pub house: HouseFormat,
    /// What is chosen in making it, beside the house format.
    pub conforming: ConformChoice,
    /// How long a frame takes from the player to the eye, milliseconds, 0 to [`MAX_LATENCY_MS`]: each leaves by so much
    /// before its time, and is seen on it.
    pub latency_ms: u32,
}

/// A place on earth, for what follows the sun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    latitude: f64,
    longitude: f64,
}

impl Place {
    /// Lubuk Pakam, the seat of Kabupaten Deli Serdang: 3°33′ north, 98°52′ east.
    pub const DELI_SERDANG: Place = Place { latitude: 3.55, longitude: 98.87 };

    /// A place by its degrees; `None` above 60 degrees north or south, where some days have no dawn, and off the map.
    pub fn new(latitude: f64, longitude: f64) -> Option<Place> {
        let sound = (-60.0..=60.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        sound.then_some(Place { latitude, longitude })
    }
    /// Degrees north.
    pub fn latitude(self) -> f64 {
        self.latitude
    }
    /// Degrees east.
    pub fn longitude(self) -> f64 {
        self.longitude
    }
}

/// The longest way to a wall that is made up for.
pub const MAX_LATENCY_MS: u32 = 1000;
/// What encoding or a compositor takes: 45 ms from a tick to the first datagram of its picture, measured.
pub const DEFAULT_LATENCY_MS: u32 = 40;

impl Channel {
    /// The open part of a broadcast day.
    pub fn open_span(&self, date: BroadcastDate) -> Span {
        let open = self.zone.resolve(date, self.hours.open);
        let close = match self.hours.close {
            close if close == self.hours.open => self.zone.day(date).end(),
            close => self.zone.resolve(date, close),
        };
        Span::new(open, close.max(open)).expect("the later of two instants is not before the earlier")
    }
    /// Whether the channel is open at `at`.
    pub fn is_open(&self, at: Instant) -> bool {
        self.open_span(self.zone.date_of(at)).contains(at)
    }
}

/// Operating hours, local time. Equal times mean the whole broadcast day; `close` may lie after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// First second on air.
    pub open: TimeOfDay,
    /// First second dark.
    pub close: TimeOfDay,
}

/// The technical standard of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HouseFormat {
    /// Raster width, pixels, even.
    pub width: u32,
    /// Raster height, pixels, even.
    pub height: u32,
    /// Picture rate.
    pub rate: FrameRate,
    /// Sound samples per second and channel; sound is always stereo.
    pub sample_rate_hz: u32,
    /// Integrated loudness that conforming aims for, LUFS (EBU R 128: −23).
    pub loudness_lufs: f64,
    /// How far a conformed clip may lie from the aim, LU.
    pub loudness_tolerance_lu: f64,
    /// Highest true peak of a conformed clip, dBTP (EBU R 128: −1).
    pub max_true_peak_dbtp: f64,
}

/// Sound channels of every house format.
pub const HOUSE_SOUND_CHANNELS: usize = 2;

impl HouseFormat {
    /// 1280×720 at 25 frames a second, 48 kHz: what a two-core machine encodes and decodes in real time.
    pub const DEFAULT: HouseFormat = HouseFormat {
        width: 1280,
        height: 720,
        rate: FrameRate::PAL,
        sample_rate_hz: 48_000,
        loudness_lufs: -23.0,
        loudness_tolerance_lu: 0.5,
        max_true_peak_dbtp: -1.0,
    };
}
