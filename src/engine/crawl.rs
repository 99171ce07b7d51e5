//! Where a crawl is at each tick, and when it is over. It follows from the tick alone, so that a restarted player goes
//! on where the one before it would be.

use crate::domain::time::Tick;

/// A crawl on its way, from the right edge to the left, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crawl {
    /// Its first tick.
    pub since: Tick,
    /// First tick after it; `None`: until it is ended, or has passed often enough.
    pub until: Option<Tick>,
    /// How often it passes; `None`: until it is ended.
    pub times: Option<u32>,
    /// What its first letter has to travel until the last one is gone: the band and the text, pixels.
    pub path_px: u32,
    /// How far it moves from one tick to the next, pixels; at least 1.
    pub step_px: u32,
}

impl Crawl {
    /// Ticks of one pass.
    fn pass_ticks(&self) -> i64 {
        i64::from(self.path_px.div_ceil(self.step_px.max(1)).max(1))
    }

    /// Whether nothing of it is left to see.
    pub fn is_over(&self, tick: Tick) -> bool {
        let ran_out = self.until.is_some_and(|until| tick >= until);
        let passed = self.times.is_some_and(|times| tick.0 - self.since.0 >= self.pass_ticks() * i64::from(times));
        ran_out || passed
    }

    /// How far its first letter has come from the right edge in this pass, pixels; `None` before its time and after it.
    pub fn travelled_px(&self, tick: Tick) -> Option<u32> {
        if tick < self.since || self.is_over(tick) {
            return None;
        }
        let ticks = (tick.0 - self.since.0).rem_euclid(self.pass_ticks());
        u32::try_from(ticks * i64::from(self.step_px)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRAWL: Crawl = Crawl { since: Tick(100), until: None, times: None, path_px: 1000, step_px: 6 };

    #[test]
    fn it_moves_by_one_step_a_tick_and_begins_anew_once_its_last_letter_is_gone() {
        let at: Vec<_> = (100..500).map(|tick| CRAWL.travelled_px(Tick(tick)).expect("on its way")).collect();
        let steps = at.windows(2).filter(|pair| pair[1] != pair[0] + 6).count();
        // 1000 pixels are 167 steps of 6.
        assert_eq!((at[0], at[166], at[167], steps), (0, 996, 0, 2));
        assert_eq!(CRAWL.travelled_px(Tick(99)), None);
    }

    #[test]
    fn it_ends_at_its_instant_or_after_its_passes_whichever_comes_first() {
        let twice = Crawl { times: Some(2), ..CRAWL };
        assert_eq!((twice.is_over(Tick(100 + 333)), twice.is_over(Tick(100 + 334))), (false, true));
        let until = Crawl { until: Some(Tick(150)), ..twice };
        assert_eq!((until.travelled_px(Tick(149)), until.travelled_px(Tick(150))), (Some(294), None));
    }
}
