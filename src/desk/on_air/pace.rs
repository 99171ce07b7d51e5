//! When each tick is due: the player's timeline, carried by the monotonic clock.

use std::time::Duration;

use chrono::TimeDelta;

use super::earliest;
use crate::domain::channel::Channel;
use crate::domain::time::{FrameRate, Instant, Reading, Tick};
use crate::engine::clock_watch::{self, ClockVerdict};

#[derive(Debug)]
pub(super) struct Pace {
    rate: FrameRate,
    /// The timeline's instant at `monotonic`.
    utc: Instant,
    monotonic: Duration,
    floor: Instant,
    trusted: bool,
    /// By how much each tick leaves before its time.
    lead: TimeDelta,
}

impl Pace {
    /// Takes the wall clock if it is later than all that is known to be past, else goes on from there.
    pub fn start(reading: Reading, last_end: Option<Instant>, channel: &Channel) -> Pace {
        let (rate, lead) = (channel.house.rate, TimeDelta::milliseconds(i64::from(channel.latency_ms)));
        // What was on air last left before its time, as everything does, and a row ends when its last frame does.
        let ahead = lead + (rate.start_of(Tick(1)) - rate.start_of(Tick(0)));
        let floor = last_end.unwrap_or_else(earliest).max(earliest()) - ahead;
        let trusted = reading.utc >= floor;
        let utc = if trusted { reading.utc } else { last_end.unwrap_or(floor) };
        Pace { rate, utc, monotonic: reading.monotonic, floor, trusted, lead }
    }

    pub fn trusted(&self) -> bool {
        self.trusted
    }

    /// Returns whether that is new.
    pub fn set_trusted(&mut self, trusted: bool) -> bool {
        std::mem::replace(&mut self.trusted, trusted) != trusted
    }

    pub fn now(&self, reading: Reading) -> Instant {
        let since = reading.monotonic.saturating_sub(self.monotonic);
        self.utc + TimeDelta::from_std(since).unwrap_or(TimeDelta::MAX)
    }

    /// The first tick that is due after this reading.
    pub fn next_tick(&self, reading: Reading) -> Tick {
        Tick(self.rate.tick_at(self.now(reading) + self.lead).0 + 1)
    }

    /// When a tick has to leave to be seen as it begins, on the monotonic clock.
    pub fn due(&self, tick: Tick) -> Duration {
        let ahead = self.rate.start_of(tick) - self.lead - self.utc;
        self.monotonic + ahead.to_std().unwrap_or(Duration::ZERO)
    }

    pub fn judge(&self, reading: Reading) -> ClockVerdict {
        clock_watch::judge(reading.utc, self.now(reading), self.floor, self.tick_length())
    }

    /// Moves the timeline against the monotonic clock.
    pub fn shift(&mut self, by: TimeDelta) {
        self.utc += by;
    }

    /// Puts the timeline where the wall clock is, unless that is behind it.
    pub fn set(&mut self, reading: Reading) {
        self.utc = reading.utc.max(self.now(reading));
        self.monotonic = reading.monotonic;
    }

    pub fn tick_length(&self) -> TimeDelta {
        self.rate.start_of(Tick(1)) - self.rate.start_of(Tick(0))
    }

    pub fn tick_ms(&self) -> u64 {
        u64::try_from(self.tick_length().num_milliseconds()).unwrap_or(1)
    }

    pub fn ticks_a_second(&self) -> i64 {
        self.rate.frames_in(1).max(1).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        let config = crate::config::Config::parse(std::path::Path::new("/h"), "").expect("defaults");
        config.channels.into_values().next().expect("one channel").channel
    }

    #[test]
    fn a_player_that_is_back_before_its_last_frame_was_due_believes_its_clock_and_goes_on_after_it() {
        let last_end: Instant = "2026-11-22T09:00:00.040+07:00".parse().expect("an instant");
        // A frame leaves 40 ms before it begins and ends 40 ms after: killed at once after it left, the clock is 80 behind.
        for behind_ms in [30, 80] {
            let utc = last_end - TimeDelta::milliseconds(behind_ms);
            let reading = Reading { utc, monotonic: Duration::ZERO, synchronised: true };
            let pace = Pace::start(reading, Some(last_end), &channel());
            assert!(pace.trusted(), "{behind_ms} ms behind the last row's end");
            assert!(FrameRate::PAL.start_of(pace.next_tick(reading)) >= last_end);
        }
        let utc = last_end;
        let earlier = utc - TimeDelta::seconds(1);
        let pace = Pace::start(
            Reading { utc: earlier, monotonic: Duration::ZERO, synchronised: true },
            Some(last_end),
            &channel(),
        );
        assert!(!pace.trusted(), "a clock that is a second behind the journal is wrong");
    }
}
