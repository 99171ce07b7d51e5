//! The day file of ffplayout: entries with `in`, `out` and `duration` in seconds, one after the other.

use serde::{Deserialize, Serialize};

use super::{Clips, InterchangeError, ListedClip, MAX_MS, Place, length_ms, plain, written, wrong};
use crate::domain::playlist::Playlist;

#[derive(Deserialize)]
struct DayRead {
    program: Vec<EntryRead>,
}

/// Every field may be missing or null: its own files leave some out.
#[derive(Deserialize, Default)]
#[serde(default)]
struct EntryRead {
    #[serde(rename = "in")]
    from: Option<f64>,
    out: Option<f64>,
    duration: Option<f64>,
    source: Option<String>,
    title: Option<String>,
    category: Option<String>,
}

pub(super) fn read(text: &str, clips: &mut Clips) -> Result<(), InterchangeError> {
    let day: DayRead = serde_json::from_str(text).map_err(|error| {
        let place = Place::Line(error.line().max(1) as u64);
        let what = plain(&error.to_string()).chars().take(200).collect::<String>();
        wrong(place, what, "look whether this is a day file of ffplayout: {\"program\": [{\"source\": …}]}")
    })?;
    for (entry, number) in day.program.into_iter().zip(1..) {
        let place = Place::Entry(number);
        let ms = |seconds: Option<f64>| seconds.map(|seconds| ms_of(place, seconds)).transpose();
        let (from, out, whole) = (ms(entry.from)?.unwrap_or(0), ms(entry.out)?, ms(entry.duration)?);
        let end = out.filter(|out| *out > 0).or(whole);
        let length_ms = end.map(|end| end.saturating_sub(from)).filter(|ms| *ms > 0);
        clips.push(ListedClip {
            place,
            title: entry.title.unwrap_or_default(),
            location: entry.source.unwrap_or_default(),
            length_ms,
            start_ms: None,
            category: entry.category,
        })?;
    }
    Ok(())
}

fn ms_of(place: Place, seconds: f64) -> Result<u64, InterchangeError> {
    let ms = (seconds * 1000.0).round();
    if (0.0..=MAX_MS as f64).contains(&ms) {
        return Ok(ms as u64);
    }
    Err(wrong(place, format!("{seconds} s is no time in a clip"), "write in, out and duration in seconds from 0 on"))
}

#[derive(Serialize)]
struct DayWritten<'a> {
    channel: &'a str,
    date: String,
    program: Vec<EntryWritten>,
}

#[derive(Serialize)]
struct EntryWritten {
    #[serde(rename = "in")]
    from: f64,
    out: f64,
    duration: f64,
    source: String,
    title: String,
    category: &'static str,
}

pub(super) fn write(playlist: &Playlist) -> Vec<u8> {
    let head = playlist.head();
    let program = written(playlist).map(|item| {
        let from_ms = head.rate.millis(item.in_frames);
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let out = seconds(from_ms + length_ms(playlist, item));
        let (source, title) = (item.source.to_string(), plain(&item.title));
        EntryWritten { from: seconds(from_ms), out, duration: out, source, title, category: "" }
    });
    let day = DayWritten { channel: head.channel.as_str(), date: head.date.to_string(), program: program.collect() };
    let mut bytes = serde_json::to_vec_pretty(&day).expect("numbers and words are JSON");
    bytes.push(b'\n');
    bytes
}
