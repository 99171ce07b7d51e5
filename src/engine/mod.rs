//! Floor 1: decisions. Sans-IO: what goes in and out are values, `now` is an argument, nothing is read or written.

pub mod acceptance;
pub mod calendar;
pub mod clock_watch;
pub mod crawl;
pub mod fixed_times;
pub mod flash;
pub mod framing;
pub mod lighting;
pub mod likeness;
pub mod oral;
pub mod placing;
pub mod plan_check;
pub mod planner;
pub mod playout;
pub mod procedure;
pub mod quality;
pub mod reconcile;
pub mod rundown;
pub mod sound;
pub mod watch;
pub mod work_clock;
