//! Floor 1: decisions. Sans-IO: what goes in and out are values, `now` is an argument, nothing is read or written.

pub mod clock_watch;
pub mod plan_check;
pub mod planner;
pub mod playout;
pub mod procedure;
pub mod reconcile;
pub mod rundown;
pub mod watch;
