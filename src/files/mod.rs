//! Floor 2: `playlists/`, `media/` and `journal/` on disk. Every file appears whole: temporary name, fsync, rename.
