//! The only reader of the wall clock.

use crate::domain::time::{Clock, Reading};

/// The machine's own clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading counts from now.
    pub fn start() -> SystemClock {
        SystemClock { started: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    fn read(&self) -> Reading {
        Reading {
            utc: std::time::SystemTime::now().into(),
            monotonic: self.started.elapsed(),
            synchronised: kernel_says_synchronised(),
        }
    }
}

/// A clock that can be waited for.
pub trait Pacer: Clock {
    /// Returns once the monotonic reading has reached `monotonic`, at once if it has already.
    fn wait_until(&self, monotonic: std::time::Duration);
}

impl Pacer for SystemClock {
    fn wait_until(&self, monotonic: std::time::Duration) {
        std::thread::sleep(monotonic.saturating_sub(self.started.elapsed()));
    }
}

/// The kernel's own word: `adjtimex` reports `TIME_ERROR` until a time daemon has disciplined the clock. A unit that
/// forbids the question leaves it unanswered, which is no yes.
fn kernel_says_synchronised() -> bool {
    // SAFETY: `timex` is plain data, for which all zeroes is valid; `modes` 0 makes the call read-only.
    unsafe {
        let mut state: libc::timex = std::mem::zeroed();
        !matches!(libc::adjtimex(&mut state), -1 | libc::TIME_ERROR)
    }
}
