//! One immutable, numbered revision of one channel's broadcast day.

use std::collections::BTreeSet;
use std::fmt;

use super::branding::Wears;
use super::ids::{ChannelId, ItemId, Sha256};
use super::time::{BroadcastDate, FrameRate, Instant, Span, Tick, Zone};

/// What names a revision: everything but its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistHead {
    /// The channel that airs it.
    pub channel: ChannelId,
    /// The broadcast day.
    pub date: BroadcastDate,
    /// 1, 2, 3 … within the day.
    pub revision: u32,
    /// The revision that this one replaced.
    pub parent: Option<u32>,
    /// The channel's zone when it was planned.
    pub zone: Zone,
    /// The grid on which items begin and end.
    pub rate: FrameRate,
    /// Clips that must leave the wall at once, even in mid-play.
    pub withdrawn: BTreeSet<Sha256>,
}

/// A revision whose items are in order, on the grid, inside the day, and overlap only where a run mode settles it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    head: PlaylistHead,
    items: Vec<PlaylistItem>,
}

/// One thing to air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistItem {
    /// Unique within the revision, and the same in every revision that keeps the play.
    pub id: ItemId,
    /// First instant on air, on the grid.
    pub start: Instant,
    /// How long, in frames; at least 1.
    pub duration_frames: u64,
    /// How it starts.
    pub run: RunMode,
    /// What it is.
    pub kind: ItemKind,
    /// Where its picture comes from.
    pub source: Source,
    /// The bytes that were approved; none for live and slate.
    pub sha256: Option<Sha256>,
    /// Frame of the source that airs first.
    pub in_frames: u64,
    /// For people.
    pub title: String,
    /// The office it belongs to, for people.
    pub owner: String,
    /// The request it fulfils.
    pub submission: Option<String>,
    /// What the watch over the air may expect of it.
    pub nature: Nature,
    /// What of the channel's branding is drawn on it.
    pub wears: Wears,
}

/// What a clip is like by nature, so that nobody is alarmed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nature {
    /// It has something to hear; if not, silence is no incident.
    pub has_sound: bool,
    /// Its picture stands; if so, a freeze is no incident.
    pub still: bool,
}

impl Nature {
    /// A moving picture with sound.
    pub const FILM: Nature = Nature { has_sound: true, still: false };
}

impl PlaylistItem {
    /// First tick on air.
    pub fn first_tick(&self, rate: FrameRate) -> Tick {
        rate.tick_from(self.start)
    }
    /// First tick after it.
    pub fn end_tick(&self, rate: FrameRate) -> Tick {
        Tick(self.first_tick(rate).0.saturating_add_unsigned(self.duration_frames))
    }
    /// When it is on air.
    pub fn span(&self, rate: FrameRate) -> Span {
        let end = rate.start_of(self.end_tick(rate));
        Span::new(self.start, end.max(self.start)).expect("the later of two instants is not before the earlier")
    }
}

/// How an item starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunMode {
    /// At its time, after its predecessor.
    Auto,
    /// At the next boundary after its time.
    Soft,
    /// At its time, cutting whatever is on air.
    Hard,
    /// When an operator says so.
    Manual,
    /// Not at all.
    Skip,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// An approved clip of an office.
    Clip,
    /// Evergreen approved material between clips.
    Fill,
    /// A live source.
    Live,
    /// The channel's still picture.
    Slate,
}

/// Where an item's picture comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A path below the home, with `/`, never leaving it.
    File(String),
    /// An address of a live source, one of [`LIVE_SCHEMES`].
    Live(String),
    /// The slate needs none.
    None,
}

/// Address schemes that a live item may name.
pub const LIVE_SCHEMES: [&str; 7] = ["srt://", "rtmp://", "udp://", "rtp://", "rtsp://", "v4l2:", "test:"];

/// How addresses of live sources look, for people.
pub const LIVE_FORMS: &str =
    "srt://… rtmp://… udp://… rtp://… rtsp://… v4l2:/dev/video0 v4l2:/dev/video0+alsa:hw:1,0 test:";

/// Joins a picture's device, or the test picture, with the sound device that is heard with it.
pub const WITH_SOUND: &str = "+alsa:";

/// The kernel's name of a camera or a capture card, under which alone a player opens one.
pub const CAMERA: &str = "/dev/video";

/// Whether an address that begins with a scheme of ours can be one.
fn is_live_address(text: &str) -> bool {
    // A line end would be a line of its own in the lists that other programs read.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let (picture, sound) = text.split_once(WITH_SOUND).map_or((text, None), |(picture, sound)| (picture, Some(sound)));
    let with_sound = picture.starts_with("v4l2:") || picture.starts_with("test:");
    let sound = sound.is_none_or(|device| with_sound && !device.is_empty());
    let number = |device: &str| !device.is_empty() && device.bytes().all(|b| b.is_ascii_digit());
    let camera = |device: &str| device.strip_prefix(CAMERA).is_some_and(number);
    sound && picture.strip_prefix("v4l2:").is_none_or(camera)
}

impl Source {
    /// Reads a source as playlist files write it; `None` if it is neither a path below home nor a live address.
    pub fn parse(text: &str) -> Option<Source> {
        if text.is_empty() {
            return Some(Source::None);
        }
        if LIVE_SCHEMES.iter().any(|s| text.starts_with(s)) {
            return is_live_address(text).then(|| Source::Live(text.to_owned()));
        }
        let below_home = !text.contains(['\\', '\0', ':'])
            && text.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        below_home.then(|| Source::File(text.to_owned()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => f.write_str(path),
            Source::Live(address) => f.write_str(address),
            Source::None => Ok(()),
        }
    }
}

/// Most items of one day: a play a second for 24 hours.
pub const MAX_ITEMS: usize = 86_400;

/// What makes a revision unplayable. Each names the item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Revisions count from 1.
    #[error("revision 0 does not exist; the first revision of a day is 1")]
    RevisionZero,
    /// A revision replaces an earlier one.
    #[error("revision {revision} can't have the parent {parent}: a parent is an earlier revision")]
    ParentNotEarlier {
        /// This revision.
        revision: u32,
        /// What it names as its parent.
        parent: u32,
    },
    /// See [`MAX_ITEMS`].
    #[error("{0} items; a day holds at most {MAX_ITEMS}")]
    TooManyItems(usize),
    /// Nothing lasts zero frames.
    #[error("item {0} lasts 0 frames; an item lasts at least 1")]
    Empty(ItemId),
    /// Starts lie on frames.
    #[error("item {item} starts at {start}, between two frames of {rate} per second; the nearest frame is {nearest}")]
    OffGrid {
        /// The item.
        item: ItemId,
        /// Its start, in the day's zone.
        start: String,
        /// The day's rate.
        rate: FrameRate,
        /// Where it could start.
        nearest: String,
    },
    /// Items belong to their day.
    #[error("item {item} airs from {start} to {end}, outside the broadcast day {date} (04:00 to 04:00 local)")]
    OutsideDay {
        /// The item.
        item: ItemId,
        /// Its start.
        start: String,
        /// Its end.
        end: String,
        /// The day.
        date: BroadcastDate,
    },
    /// One after the other; only what starts soft or hard may be planned over an earlier item's end, because its run mode
    /// settles who makes way.
    #[error("item {second} starts at {start}, before item {first} ends at {end}")]
    Overlap {
        /// The earlier item.
        first: ItemId,
        /// The later item.
        second: ItemId,
        /// Where the later starts.
        start: String,
        /// Where the earlier ends.
        end: String,
    },
    /// Ids are unique.
    #[error("two items are called {0}")]
    SameId(ItemId),
    /// What is played is what was approved.
    #[error("item {0} names a file but no sha256 of its bytes")]
    NoHash(ItemId),
    /// A clip needs a file, live an address.
    #[error("item {item} is {kind:?} but its source is {given:?}")]
    WrongSource {
        /// The item.
        item: ItemId,
        /// Its kind.
        kind: ItemKind,
        /// Its source.
        given: String,
    },
    /// A withdrawn clip is not planned again in the revision that withdraws it.
    #[error("item {0} airs a clip that this revision withdraws")]
    Withdrawn(ItemId),
}

impl Playlist {
    /// Sorts the items and judges them; every fault is named, not only the first.
    ///
    /// # Errors
    /// All [`Fault`]s found.
    pub fn new(head: PlaylistHead, mut items: Vec<PlaylistItem>) -> Result<Playlist, Vec<Fault>> {
        items.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        let mut faults = head_faults(&head, items.len());
        let mut ids = BTreeSet::new();
        for item in &items {
            faults.extend(item_faults(&head, item));
            if !ids.insert(&item.id) {
                faults.push(Fault::SameId(item.id.clone()));
            }
        }
        // An item that overlaps may hide under a long one further back, so the latest end so far is what counts.
        let mut latest: Option<&PlaylistItem> = None;
        for item in &items {
            if let Some(first) = latest
                && matches!(item.run, RunMode::Auto | RunMode::Manual)
                && item.first_tick(head.rate) < first.end_tick(head.rate)
            {
                faults.push(Fault::Overlap {
                    first: first.id.clone(),
                    second: item.id.clone(),
                    start: head.zone.rfc3339(item.start),
                    end: head.zone.rfc3339(first.span(head.rate).end()),
                });
            }
            if latest.is_none_or(|first| item.end_tick(head.rate) > first.end_tick(head.rate)) {
                latest = Some(item);
            }
        }
        if faults.is_empty() { Ok(Playlist { head, items }) } else { Err(faults) }
    }

    /// What names the revision.
    pub fn head(&self) -> &PlaylistHead {
        &self.head
    }
    /// In order of time.
    pub fn items(&self) -> &[PlaylistItem] {
        &self.items
    }
}

fn head_faults(head: &PlaylistHead, items: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    if head.revision == 0 {
        faults.push(Fault::RevisionZero);
    }
    if let Some(parent) = head.parent
        && (parent == 0 || parent >= head.revision)
    {
        faults.push(Fault::ParentNotEarlier { revision: head.revision, parent });
    }
    if items > MAX_ITEMS {
        faults.push(Fault::TooManyItems(items));
    }
    faults
}

fn item_faults(head: &PlaylistHead, item: &PlaylistItem) -> Vec<Fault> {
    let mut faults = Vec::new();
    let first = head.rate.tick_from(item.start);
    if item.duration_frames == 0 {
        faults.push(Fault::Empty(item.id.clone()));
    }
    if head.rate.start_of(first) != item.start {
        faults.push(Fault::OffGrid {
            item: item.id.clone(),
            start: head.zone.rfc3339(item.start),
            rate: head.rate,
            nearest: head.zone.rfc3339(head.rate.start_of(first)),
        });
    }
    let (day, span) = (head.zone.day(head.date), item.span(head.rate));
    if span.start() < day.start() || span.end() > day.end() {
        faults.push(Fault::OutsideDay {
            item: item.id.clone(),
            start: head.zone.rfc3339(span.start()),
            end: head.zone.rfc3339(span.end()),
            date: head.date,
        });
    }
    let fits = match item.kind {
        ItemKind::Clip | ItemKind::Fill => matches!(item.source, Source::File(_)),
        ItemKind::Live => matches!(item.source, Source::Live(_)),
        ItemKind::Slate => item.source == Source::None,
    };
    if !fits {
        faults.push(Fault::WrongSource { item: item.id.clone(), kind: item.kind, given: item.source.to_string() });
    } else if matches!(item.source, Source::File(_)) && item.sha256.is_none() {
        faults.push(Fault::NoHash(item.id.clone()));
    }
    if item.sha256.is_some_and(|hash| head.withdrawn.contains(&hash)) {
        faults.push(Fault::Withdrawn(item.id.clone()));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> PlaylistHead {
        PlaylistHead {
            channel: "videotron".parse().expect("a channel"),
            date: "2026-11-22".parse().expect("a date"),
            revision: 1,
            parent: None,
            zone: "Asia/Jakarta".parse().expect("a zone"),
            rate: FrameRate::PAL,
            withdrawn: BTreeSet::new(),
        }
    }
    fn item(id: &str, start: &str, frames: u64) -> PlaylistItem {
        PlaylistItem {
            id: id.parse().expect("an id"),
            start: start.parse().expect("an instant"),
            duration_frames: frames,
            run: RunMode::Auto,
            kind: ItemKind::Clip,
            source: Source::File("media/house/a.mp4".into()),
            sha256: Some(Sha256([7; 32])),
            in_frames: 0,
            title: "Imunisasi".into(),
            owner: "Dinas Kesehatan".into(),
            submission: None,
            nature: Nature::FILM,
            wears: Wears::default(),
        }
    }

    #[test]
    fn abutting_items_make_a_playlist_in_order_and_only_a_soft_or_hard_start_may_lie_in_another() {
        let items = vec![item("b", "2026-11-22T06:00:15+07:00", 250), item("a", "2026-11-22T06:00:00+07:00", 375)];
        let list = Playlist::new(head(), items).expect("a sound playlist");
        assert_eq!(list.items().iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let over = |run| PlaylistItem { run, ..item("c", "2026-11-22T06:00:10+07:00", 100) };
        let with = |run| Playlist::new(head(), vec![item("a", "2026-11-22T06:00:00+07:00", 375), over(run)]);
        assert!(with(RunMode::Soft).is_ok() && with(RunMode::Hard).is_ok());
        assert!(matches!(&with(RunMode::Auto).expect_err("an overlap")[..], [Fault::Overlap { .. }]));
    }

    #[test]
    fn every_fault_is_named_also_an_overlap_hidden_under_a_long_item() {
        let mut wrong = vec![
            item("long", "2026-11-22T06:00:00+07:00", 10_000),
            item("short", "2026-11-22T06:00:01+07:00", 1),
            item("hidden", "2026-11-22T06:00:09+07:00", 5),
            item("off-grid", "2026-11-22T08:00:00.010+07:00", 5),
            item("late", "2026-11-23T03:59:59+07:00", 50),
            item("empty", "2026-11-22T09:00:00+07:00", 0),
        ];
        wrong[5].sha256 = None;
        let faults = Playlist::new(head(), wrong).expect_err("six faults");
        let text = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for words in [
            "before item long ends",
            "item hidden starts",
            "between two frames",
            "outside the broadcast day",
            "lasts 0 frames",
            "no sha256",
        ] {
            assert!(text.contains(words), "{words} not in:\n{text}");
        }
        assert_eq!(faults.len(), 6, "{text}");
    }

    #[test]
    fn a_source_can_not_leave_the_home() {
        assert_eq!(Source::parse("media/house/a.mp4"), Some(Source::File("media/house/a.mp4".into())));
        assert_eq!(Source::parse("srt://h:1"), Some(Source::Live("srt://h:1".into())));
        assert!(matches!(Source::parse("v4l2:/dev/video0+alsa:hw:1,0"), Some(Source::Live(_))));
        for bad in ["v4l2:/dev/mem", "v4l2:/dev/video0/../mem", "v4l2:", "udp://h:1+alsa:hw:0", "test:+alsa:"] {
            assert_eq!(Source::parse(bad), None, "{bad}");
        }
        for bad in ["/etc/passwd", "../x", "media/../../x", "a//b", "file:///etc/passwd", "a\\b", "http://x/y"] {
            assert_eq!(Source::parse(bad), None, "{bad}");
        }
    }
}
