//! Floor 2: `playlists/`, `media/` and `journal/` on disk. Every file appears whole: temporary name, fsync, rename.

pub mod at_work;
pub mod control;
mod essence_file;
pub mod fill_index;
pub mod incident_log;
pub mod interchange;
pub mod journal;
pub mod letters;
pub mod library;
pub mod office_calendar;
pub mod playlist_file;
pub mod privacy;
pub mod sop;
pub mod status_file;
pub mod whole;
