//! XSPF, the list of VLC and many players. Entities of the document's own are never expanded: a document that declares
//! any is refused.

use std::fmt::Write;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::{Clips, InterchangeError, Lines, ListedClip, MAX_MS, Place, length_ms, plain, written, wrong};
use crate::domain::playlist::{Playlist, PlaylistItem, Source};

/// Deepest nesting: the format needs three, extensions of players a few more.
const MAX_DEPTH: usize = 32;

const SAVE_AGAIN: &str = "open the list in the program that made it and save it as XSPF again";

pub(super) fn read(text: &str, clips: &mut Clips) -> Result<(), InterchangeError> {
    let mut reader = Reader::from_str(text);
    let (mut lines, mut open, mut track) = (Lines::of(text), Vec::<String>::new(), None::<Track>);
    let mut is_list = false;
    loop {
        let event = reader.read_event();
        let place = Place::Line(lines.at(reader.buffer_position()));
        match event.map_err(|error| wrong(place, format!("the XML is broken ({error})"), SAVE_AGAIN))? {
            Event::Start(start) => {
                open.push(start.local_name().as_ref().to_owned());
                is_list |= open == ["playlist"];
                if open.len() > MAX_DEPTH {
                    return Err(wrong(place, format!("elements lie {MAX_DEPTH} deep"), SAVE_AGAIN));
                }
                if open == ["playlist", "trackList", "track"] {
                    track = Some(Track { place: Some(place), ..Track::default() });
                }
            }
            Event::Empty(start) => {
                is_list |= open.is_empty() && start.local_name().as_ref() == "playlist";
            }
            Event::End(_) => {
                if open == ["playlist", "trackList", "track"]
                    && let Some(track) = track.take()
                {
                    clips.push(track.listed(place)?)?;
                }
                open.pop();
            }
            Event::Text(words) => hear(&mut track, &open, &words),
            Event::CData(words) => hear(&mut track, &open, &words),
            Event::GeneralRef(named) => {
                let c = named.resolve_char_ref().ok().flatten().or(match &*named {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                });
                let Some(c) = c else { return Err(wrong(place, "an entity that XML does not know", SAVE_AGAIN)) };
                hear(&mut track, &open, c.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => {
                let what = "a document type, which a list needs none of, and which could make it swell";
                return Err(wrong(place, what, "remove the line that begins with <!DOCTYPE"));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if !is_list => {
                return Err(wrong(place, "there is no <playlist>", "look whether this is an XSPF file"));
            }
            Event::Eof if !open.is_empty() => {
                return Err(wrong(place, "the file ends in the middle", "copy the whole file again"));
            }
            Event::Eof => return Ok(()),
        }
    }
}

#[derive(Default)]
struct Track {
    place: Option<Place>,
    title: String,
    location: String,
    duration: String,
}

fn hear(track: &mut Option<Track>, open: &[String], words: &str) {
    let (Some(track), [_, _, _, element]) = (track, open) else { return };
    match element.as_str() {
        "title" => track.title.push_str(words),
        "location" => track.location.push_str(words),
        "duration" => track.duration.push_str(words),
        _ => {}
    }
}

impl Track {
    fn listed(self, end: Place) -> Result<ListedClip, InterchangeError> {
        let place = self.place.unwrap_or(end);
        let length_ms = match self.duration.trim() {
            "" | "-1" | "0" => None,
            number => Some(number.parse().ok().filter(|ms| *ms <= MAX_MS).ok_or_else(|| {
                let way_out = "write the duration in whole milliseconds, at most a week";
                wrong(place, format!("{:?} is no duration", plain(number)), way_out)
            })?),
        };
        let location = path(self.location.trim());
        Ok(ListedClip {
            place,
            title: self.title,
            location,
            length_ms: length_ms.filter(|ms| *ms > 0),
            start_ms: None,
            category: None,
        })
    }
}

/// The path that a location names; addresses of other kinds stay as they are.
fn path(location: &str) -> String {
    let file = location.strip_prefix("file://");
    if file.is_none() && location.contains("://") {
        return location.to_owned();
    }
    let path = decoded(file.map_or(location, |rest| rest.strip_prefix("localhost").unwrap_or(rest)));
    // A Windows path stands behind one slash: file:///C:/Video.
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => path[1..].to_owned(),
        _ => path,
    }
}

fn decoded(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A location as the format wants it: an address stays, a path is percent-encoded.
fn location(item: &PlaylistItem) -> String {
    let Source::File(path) = &item.source else { return item.source.to_string() };
    path.bytes().fold(String::new(), |mut uri, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => write!(uri, "%{byte:02X}").expect("a string has no end"),
        }
        uri
    })
}

pub(super) fn write(playlist: &Playlist) -> String {
    let head = playlist.head();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n \
         <title>{} {} r{}</title>\n <trackList>\n",
        head.channel, head.date, head.revision
    );
    for item in written(playlist) {
        let (title, owner) = (plain(&item.title), plain(&item.owner));
        writeln!(
            text,
            "  <track><location>{}</location><title>{}</title><creator>{}</creator><duration>{}</duration></track>",
            escape(location(item)),
            escape(title),
            escape(owner),
            length_ms(playlist, item)
        )
        .expect("a string has no end");
    }
    text.push_str(" </trackList>\n</playlist>\n");
    text
}
