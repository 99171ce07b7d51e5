//! When fixed events start. The five prayers are reckoned for the channel's place as the Ministry of Religious Affairs does: dawn at 20°
//! and nightfall at 18° below the horizon, the afternoon at one shadow's length, two minutes of caution (*ihtiyat*).

use salah::{Configuration, Coordinates, Madhab, Method, Prayer as Reckoned, PrayerTimes, TimeAdjustment};

use crate::domain::channel::Place;
use crate::domain::rules::{FixedAt, FixedRule, Prayer};
use crate::domain::time::{BroadcastDate, Instant, Zone};

/// Minutes of caution.
const IHTIYAT: i64 = 2;

/// The instant at which a fixed event starts on a day; `None` if that is none of its days.
pub fn starts(rule: &FixedRule, zone: Zone, place: Place, date: BroadcastDate) -> Option<Instant> {
    rule.days.hold(date).then(|| match rule.at {
        FixedAt::Clock(time) => zone.resolve(date, time),
        FixedAt::Prayer(prayer) => begins(prayer, place, date),
    })
}

/// The instant at which a prayer's time begins on a day, to the minute.
pub fn begins(prayer: Prayer, place: Place, date: BroadcastDate) -> Instant {
    let mut reckoning = Configuration::with(Method::Singapore, Madhab::Shafi);
    reckoning.method_adjustments = TimeAdjustment::new(IHTIYAT, 0, IHTIYAT, IHTIYAT, IHTIYAT, IHTIYAT);
    let times = PrayerTimes::new(date.0, Coordinates::new(place.latitude(), place.longitude()), reckoning);
    times.time(match prayer {
        Prayer::Subuh => Reckoned::Fajr,
        Prayer::Zuhur => Reckoned::Dhuhr,
        Prayer::Asar => Reckoned::Asr,
        Prayer::Magrib => Reckoned::Maghrib,
        Prayer::Isya => Reckoned::Isha,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times that the ministry's Bimas Islam published for Kabupaten Deli Serdang (2026) and Kota Medan (2021).
    #[test]
    fn prayers_begin_within_a_minute_of_what_the_ministry_publishes() {
        let zone: Zone = "Asia/Jakarta".parse().expect("a zone");
        let lubuk_pakam = Place::DELI_SERDANG;
        let medan = Place::new(3.5952, 98.6722).expect("on earth");
        let published = [
            (lubuk_pakam, "2026-02-23", ["05:22", "12:41", "15:58", "18:42", "19:51"]),
            (medan, "2021-05-01", ["04:58", "12:26", "15:44", "18:33", "19:44"]),
            (medan, "2021-04-19", ["05:02", "12:28", "15:41", "18:34", "19:44"]),
        ];
        for (place, date, times) in published {
            let date: BroadcastDate = date.parse().expect("a date");
            for (prayer, time) in Prayer::ALL.iter().zip(times) {
                let published = zone.resolve(date, time.parse().expect("a time"));
                let apart = (begins(*prayer, place, date) - published).num_seconds().abs();
                assert!(apart <= 60, "{prayer} on {date} is {apart} s from {time}");
            }
        }
    }
}
