//! Whether the wall clock can be believed, and what to do when it and the timeline part.
//!
//! The timeline of a player only ever goes forward, because as-run rows tile it. It runs on the monotonic clock and is
//! compared with the wall clock from time to time.

use chrono::TimeDelta;

use crate::domain::time::Instant;

/// A difference up to this is followed in steps of one tick; beyond it the clock has stepped.
pub const STEP: TimeDelta = TimeDelta::seconds(1);

/// What to do about the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockVerdict {
    /// The timeline is right to within a tick.
    Steady,
    /// Shift the timeline by at most this, one tick at a time.
    Slew(TimeDelta),
    /// The wall clock is ahead: leave out what lies between.
    Jump,
    /// The wall clock is behind what has been on air already: it is wrong now, or was before. Follow no plan.
    Untrusted,
}

/// Compares the wall clock with the timeline. `floor` is the latest instant that is certainly past: the newest journal
/// row, or the day the program was made.
pub fn judge(wall: Instant, timeline: Instant, floor: Instant, tick: TimeDelta) -> ClockVerdict {
    let ahead = wall - timeline;
    if wall < floor || ahead < -STEP {
        ClockVerdict::Untrusted
    } else if ahead > STEP {
        ClockVerdict::Jump
    } else if ahead.abs() > tick {
        ClockVerdict::Slew(ahead)
    } else {
        ClockVerdict::Steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds(ms)
    }

    #[test]
    fn small_differences_are_followed_and_steps_are_named_by_their_direction() {
        let tick = TimeDelta::milliseconds(40);
        let judged = |wall: i64| judge(at(wall), at(10_000), at(0), tick);
        assert_eq!(judged(10_030), ClockVerdict::Steady);
        assert_eq!(judged(10_300), ClockVerdict::Slew(TimeDelta::milliseconds(300)));
        assert_eq!(judged(9_700), ClockVerdict::Slew(TimeDelta::milliseconds(-300)));
        assert_eq!(judged(12_000), ClockVerdict::Jump);
        assert_eq!(judged(8_000), ClockVerdict::Untrusted);
        assert_eq!(judge(Instant::UNIX_EPOCH, at(10), at(0), tick), ClockVerdict::Untrusted);
    }
}
