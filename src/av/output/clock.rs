//! When a tick is to be shown, on the clock of a stream.

use crate::domain::time::{FrameRate, Tick};

/// Turns ticks into presentation times. They come from UTC, so that a restarted player continues the stream's timeline,
/// and begin near zero once per turn of the 33-bit MPEG clock (ISO/IEC 13818-1, clause 2.4.3.7), some 26.5 hours.
#[derive(Debug, Clone, Copy)]
pub struct StreamClock {
    base_ns: i128,
    rate: FrameRate,
}

/// What `mpegtsmux` adds to every time stamp, so that decoding times never fall below zero. Taken off beforehand, the
/// stream carries UTC itself.
const MUXER_ADDS_NS: i128 = 3600 * 1_000_000_000;

/// One turn of a 33-bit counter at 90 kHz, in units of 1/90,000 s.
const CLOCK_TURN: i128 = 1 << 33;

impl StreamClock {
    /// The clock of a stream in which `first` is the first tick.
    pub fn starting(first: Tick, rate: FrameRate) -> StreamClock {
        let ticks_90k = (nanos(first, rate) - MUXER_ADDS_NS) * 9 / 100_000;
        let base_ns = ticks_90k.div_euclid(CLOCK_TURN) * CLOCK_TURN * 100_000 / 9;
        StreamClock { base_ns, rate }
    }
    /// When a tick is to be shown, nanoseconds.
    pub fn pts_ns(&self, tick: Tick) -> u64 {
        u64::try_from(nanos(tick, self.rate) - MUXER_ADDS_NS - self.base_ns).unwrap_or(0)
    }
}

fn nanos(tick: Tick, rate: FrameRate) -> i128 {
    i128::from(tick.0) * i128::from(rate.den()) * 1_000_000_000 / i128::from(rate.num())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_player_continues_the_timeline() {
        let rate = FrameRate::PAL;
        let first = StreamClock::starting(Tick(44_000_000_000), rate);
        let second = StreamClock::starting(Tick(44_000_000_037), rate);
        let tick = Tick(44_000_000_100);
        assert_eq!(first.pts_ns(tick), second.pts_ns(tick));
        assert_eq!(first.pts_ns(Tick(tick.0 + 1)) - first.pts_ns(tick), 40_000_000);
        assert!(first.pts_ns(Tick(44_000_000_000)) < 96_000 * 1_000_000_000);
    }
}
