//! M3U: a line per clip, and before it, if someone took the trouble, `#EXTINF:seconds,title`.

use std::fmt::Write;

use super::{Clips, InterchangeError, ListedClip, Place, decimal_ms, length_ms, plain, written, wrong};
use crate::domain::playlist::Playlist;

/// Tags of a stream that is cut into segments: such a list names pieces, not clips.
const OF_STREAMS: [&str; 3] = ["#EXT-X-TARGETDURATION", "#EXT-X-STREAM-INF", "#EXT-X-MEDIA-SEQUENCE"];

pub(super) fn read(text: &str, clips: &mut Clips) -> Result<(), InterchangeError> {
    let mut next = Told::default();
    // Old Macintosh players end lines with a carriage return alone.
    let lines = text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r'));
    for (line, number) in lines.zip(1..) {
        let (line, place) = (line.trim(), Place::Line(number));
        if let Some(told) = line.strip_prefix("#EXTINF:") {
            let told = Told::read(told);
            next = Told { category: told.category.or(next.category), ..told };
        } else if let Some(group) = line.strip_prefix("#EXTGRP:") {
            next.category = Some(group.to_owned());
        } else if OF_STREAMS.iter().any(|tag| line.starts_with(tag)) {
            let way_out = "import a list of whole clips; a live stream is planned as a live item with its address";
            return Err(wrong(place, "this is the list of a stream's pieces, not of clips", way_out));
        } else if !line.is_empty() && !line.starts_with('#') {
            let Told { title, length_ms, category } = std::mem::take(&mut next);
            let (location, start_ms) = (line.to_owned(), None);
            clips.push(ListedClip { place, title, location, length_ms, start_ms, category })?;
        }
    }
    Ok(())
}

/// What is said of a clip before its line.
#[derive(Default)]
struct Told {
    title: String,
    length_ms: Option<u64>,
    category: Option<String>,
}

impl Told {
    /// `15.04,Title`, or `-1 group-title="Kind",Title` as lists of channels write it. A length of −1 or 0 is unknown.
    fn read(told: &str) -> Told {
        let told = told.trim_start();
        let end = told.find([',', ' ', '\t']).unwrap_or(told.len());
        let length_ms = decimal_ms(&told[..end]).filter(|ms| *ms > 0);
        let mut quoted = false;
        let comma = told[end..].find(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        let title = comma.map_or("", |comma| &told[end + comma + 1..]);
        let group = told[end..].split_once("group-title=\"").and_then(|(_, rest)| rest.split_once('"'));
        Told { title: title.to_owned(), length_ms, category: group.map(|(group, _)| group.to_owned()) }
    }
}

pub(super) fn write(playlist: &Playlist) -> String {
    let mut text = String::from("#EXTM3U\n");
    for item in written(playlist) {
        let ms = length_ms(playlist, item);
        let (seconds, part, title) = (ms / 1000, ms % 1000, plain(&item.title));
        writeln!(text, "#EXTINF:{seconds}.{part:03},{title}\n{}", item.source).expect("a string has no end");
    }
    text
}
