//! Studios, their bookings, and what is told of a session. Times of a booking are UTC, half-open: one may begin at the
//! instant at which another ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use super::channel::Hours;
use super::ids::{BookingId, CaseId, ChannelId, EquipmentId, PersonId, StudioId};
use super::people::{UnknownWord, words};
use super::rules::Weekdays;
use super::text::Text;
use super::time::{BroadcastDate, Instant, Span, TimeOfDay, Zone};

/// A room with its equipment, from which talkshows and podcasts come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Studio {
    /// As service standards name it.
    pub id: StudioId,
    /// For people.
    pub title: String,
    /// Whose hours are meant.
    pub zone: Zone,
    /// Opening hours; setting up and taking down lie within them too.
    pub hours: Hours,
    /// Days on which it opens.
    pub days: Weekdays,
    /// Whether it is closed on the days on which the office does not work, holidays among them.
    pub office_days: bool,
    /// Minutes before a session in which the room is made ready, 0 to 240.
    pub setup_min: u32,
    /// Minutes after it in which the room is cleared, 0 to 240.
    pub teardown_min: u32,
    /// Operators that a session needs unless it asks for others, 0 to [`MOST_OPERATORS`].
    pub operators: u32,
    /// What a session takes from the stock unless it asks for other things; the readiness checklist.
    pub equipment: BTreeSet<EquipmentId>,
    /// The channel whose live slot a session takes; `None`: it is recorded.
    pub live: Option<ChannelId>,
}

/// Sessions start on a grid of so many minutes.
pub const GRID_MIN: u32 = 15;
/// Shortest session, minutes.
pub const SHORTEST_MIN: u32 = 15;
/// Longest session, minutes: a studio's day.
pub const LONGEST_MIN: u32 = 12 * 60;
/// Most operators that a session can ask for.
pub const MOST_OPERATORS: u32 = 8;
/// Longest title, characters.
pub const LONGEST_TITLE: usize = 200;
/// Longest reason, note or description, characters.
pub const LONGEST_NOTE: usize = 1000;
/// How far ahead a studio can be booked, days.
pub const DAYS_AHEAD: i64 = 366;

impl Studio {
    /// A session's time with setting up before it and taking down after it.
    pub fn occupied(&self, session: Span) -> Span {
        let (setup, teardown) = (i64::from(self.setup_min), i64::from(self.teardown_min));
        let (start, end) = (session.start() - TimeDelta::minutes(setup), session.end() + TimeDelta::minutes(teardown));
        Span::new(start, end).expect("a longer span still ends after it starts")
    }
    /// Opening hours of a calendar day; `None` when it is closed.
    pub fn opening(&self, date: BroadcastDate) -> Option<Span> {
        self.days.hold(date).then(|| hours_of(self.zone, self.hours, date))
    }
}

/// Hours on one calendar day; those that end at or before their start end on the next.
pub fn hours_of(zone: Zone, hours: Hours, date: BroadcastDate) -> Span {
    let at = |date: BroadcastDate, time: TimeOfDay| {
        let midnight = date.0.and_time(chrono::NaiveTime::MIN);
        zone.resolve_local(midnight + TimeDelta::seconds(i64::from(time.seconds())))
    };
    let last = if hours.close <= hours.open { date.next().unwrap_or(date) } else { date };
    let start = at(date, hours.open);
    Span::new(start, at(last, hours.close).max(start)).expect("the end was made not to lie before the start")
}

/// When a studio operator works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// From and until, local time.
    pub hours: Hours,
    /// Days of work.
    pub days: Weekdays,
}

/// Something that only one booking can hold at a time, or as many as there are of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The room.
    Room(StudioId),
    /// A studio operator.
    Operator(PersonId),
    /// Pieces of one kind of equipment.
    Stock(EquipmentId),
    /// What a channel airs live.
    Live(ChannelId),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Room(id) => write!(f, "room/{id}"),
            Resource::Operator(id) => write!(f, "operator/{id}"),
            Resource::Stock(id) => write!(f, "stock/{id}"),
            Resource::Live(id) => write!(f, "live/{id}"),
        }
    }
}

impl FromStr for Resource {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Resource, UnknownWord> {
        let read = match s.split_once('/') {
            Some(("room", id)) => id.parse().ok().map(Resource::Room),
            Some(("operator", id)) => id.parse().ok().map(Resource::Operator),
            Some(("stock", id)) => id.parse().ok().map(Resource::Stock),
            Some(("live", id)) => id.parse().ok().map(Resource::Live),
            _ => None,
        };
        read.ok_or_else(|| UnknownWord {
            what: "resource",
            given: s.chars().take(80).collect(),
            known: "room/…, operator/…, stock/…, live/…".into(),
        })
    }
}

/// How far a booking is.
///
/// ```text
/// Hold ──confirm──▶ Confirmed
///  │ └──runs out──▶ Expired
///  └─────cancel───▶ Cancelled ◀──cancel── Confirmed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingState {
    /// Kept until an instant, while the letter is on its way.
    Hold {
        /// First instant at which it is free again.
        until: Instant,
    },
    /// Stays, and is moved only with the applicant's consent.
    Confirmed,
    /// Given back by somebody.
    Cancelled,
    /// A hold that nobody confirmed in time.
    Expired,
}

impl BookingState {
    /// The word in rows and for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            BookingState::Hold { .. } => "hold",
            BookingState::Confirmed => "confirmed",
            BookingState::Cancelled => "cancelled",
            BookingState::Expired => "expired",
        }
    }
    /// The state at an instant: a hold that has run out is expired, whether or not anybody wrote it down.
    pub fn at(self, now: Instant) -> BookingState {
        match self {
            BookingState::Hold { until } if until <= now => BookingState::Expired,
            state => state,
        }
    }
    /// Whether it keeps its resources.
    pub fn keeps(self) -> bool {
        matches!(self, BookingState::Hold { .. } | BookingState::Confirmed)
    }
    /// For pages.
    pub fn text(self) -> Text {
        match self {
            BookingState::Hold { .. } => Text::new("Dipesan sementara", "Held"),
            BookingState::Confirmed => Text::new("Pasti", "Confirmed"),
            BookingState::Cancelled => Text::new("Dibatalkan", "Cancelled"),
            BookingState::Expired => Text::new("Kedaluwarsa", "Expired"),
        }
    }
}

/// A studio's reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its row.
    pub id: BookingId,
    /// Which studio.
    pub studio: StudioId,
    /// The request that it serves; `None`: booked by staff without one.
    pub case: Option<CaseId>,
    /// What is talked about.
    pub title: String,
    /// When people speak.
    pub session: Span,
    /// With setting up and taking down.
    pub occupied: Span,
    /// Who operates.
    pub operators: Vec<PersonId>,
    /// What it takes from the stock, one piece each.
    pub equipment: BTreeSet<EquipmentId>,
    /// How far it is, as it was written down; ask [`BookingState::at`].
    pub state: BookingState,
    /// Who booked it.
    pub by: PersonId,
    /// Whoever changes it names this; 1, 2, 3 …
    pub version: u32,
}

/// What is told of a booking and its session, append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// Held.
    Held,
    /// Confirmed.
    Confirmed,
    /// Given another time, studio or operators.
    Moved,
    /// Cancelled.
    Cancelled,
    /// A hold ran out.
    Expired,
    /// A piece of equipment was found ready; the item says which.
    Ready,
    /// It was found not to be ready after all.
    NotReady,
    /// Material was handed in: the item says what, the note by whom.
    Material,
    /// The session began.
    Started,
    /// It ended.
    Stopped,
    /// Nobody came.
    NoShow,
    /// Something worth knowing.
    Note,
}
words!(
    LogKind,
    "entry of a session log",
    Held = "held",
    Confirmed = "confirmed",
    Moved = "moved",
    Cancelled = "cancelled",
    Expired = "expired",
    Ready = "ready",
    NotReady = "not_ready",
    Material = "material",
    Started = "started",
    Stopped = "stopped",
    NoShow = "no_show",
    Note = "note",
);

impl LogKind {
    /// For pages.
    pub fn text(self) -> Text {
        match self {
            LogKind::Held => Text::new("Dipesan sementara", "Held"),
            LogKind::Confirmed => Text::new("Dipastikan", "Confirmed"),
            LogKind::Moved => Text::new("Dipindahkan", "Moved"),
            LogKind::Cancelled => Text::new("Dibatalkan", "Cancelled"),
            LogKind::Expired => Text::new("Kedaluwarsa", "Expired"),
            LogKind::Ready => Text::new("Siap", "Ready"),
            LogKind::NotReady => Text::new("Belum siap", "Not ready"),
            LogKind::Material => Text::new("Materi diserahkan", "Material handed in"),
            LogKind::Started => Text::new("Sesi dimulai", "Session started"),
            LogKind::Stopped => Text::new("Sesi selesai", "Session stopped"),
            LogKind::NoShow => Text::new("Tidak hadir", "No show"),
            LogKind::Note => Text::new("Catatan", "Note"),
        }
    }
}

/// One entry of a session log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// 1, 2, 3 … within its booking.
    pub seq: u32,
    /// What.
    pub kind: LogKind,
    /// Of which thing: equipment, or the material handed in; empty where none is meant.
    pub item: String,
    /// In somebody's words: why, by whom; empty where nobody wrote any.
    pub note: String,
    /// Who entered it; `None`: the installation.
    pub by: Option<PersonId>,
    /// When.
    pub at: Instant,
}

/// All that is told of a booking, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionLog(pub Vec<LogEntry>);

/// How far a session is, by its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not begun.
    Waiting,
    /// Under way.
    Running {
        /// Since when.
        since: Instant,
    },
    /// Over.
    Over {
        /// When it began.
        started: Instant,
        /// When it ended.
        stopped: Instant,
    },
    /// Nobody came.
    NoShow {
        /// When that was entered.
        at: Instant,
    },
}

impl SessionLog {
    /// How far the session is.
    pub fn progress(&self) -> Progress {
        self.0.iter().fold(Progress::Waiting, |so_far, entry| match (so_far, entry.kind) {
            (Progress::Waiting, LogKind::Started) => Progress::Running { since: entry.at },
            (Progress::Running { since }, LogKind::Stopped) => Progress::Over { started: since, stopped: entry.at },
            (Progress::Waiting, LogKind::NoShow) => Progress::NoShow { at: entry.at },
            (so_far, _) => so_far,
        })
    }
    /// Who found what ready last, by equipment; what was found not ready afterwards is absent.
    pub fn ready(&self) -> BTreeMap<EquipmentId, &LogEntry> {
        let mut ready = BTreeMap::new();
        for entry in &self.0 {
            let Ok(item) = entry.item.parse::<EquipmentId>() else { continue };
            match entry.kind {
                LogKind::Ready => ready.insert(item, entry),
                LogKind::NotReady => ready.remove(&item),
                _ => None,
            };
        }
        ready
    }
    /// What was handed in.
    pub fn material(&self) -> impl Iterator<Item = &LogEntry> {
        self.0.iter().filter(|entry| entry.kind == LogKind::Material)
    }
}

/// The equipment that the agency's standards for talkshow and podcast state.
pub const STATED_EQUIPMENT: [&str; 6] = ["camera", "recorder", "lighting", "mixer", "computer", "microphone"];

/// What a kind of equipment is called; one that no standard states by its own name.
pub fn equipment_text(id: &EquipmentId) -> Text {
    match id.as_str() {
        "camera" => Text::new("Kamera", "Camera"),
        "recorder" => Text::new("Perekam suara", "Sound recorder"),
        "lighting" => Text::new("Lampu (lighting)", "Lighting"),
        "mixer" => Text::new("Mixer", "Mixer"),
        "computer" => Text::new("Komputer", "Computer"),
        "microphone" => Text::new("Mikrofon", "Microphone"),
        other => Text::new(other, other),
    }
}

/// Whether a thing of a standard's list, by whatever name of it, means a kind of equipment.
pub fn is_meant(thing: &str, kind: &EquipmentId) -> bool {
    let text = equipment_text(kind);
    [kind.as_str(), &text.id, &text.en].iter().any(|said| said.to_lowercase() == thing.to_lowercase())
}

/// What a thing of a standard's list is called: in Indonesian as the standard does.
pub fn thing_text(thing: &str) -> Text {
    let mut kinds = STATED_EQUIPMENT.iter().filter_map(|kind| kind.parse::<EquipmentId>().ok());
    let known = kinds.find(|kind| is_meant(thing, kind)).map(|kind| equipment_text(&kind).en.to_lowercase());
    Text::new(thing, known.unwrap_or_else(|| thing.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::minutes(minute)
    }
    fn entry(kind: LogKind, item: &str, minute: i64) -> LogEntry {
        LogEntry { seq: 1, kind, item: item.into(), note: String::new(), by: None, at: at(minute) }
    }

    #[test]
    fn a_hold_that_has_run_out_keeps_nothing_though_nobody_wrote_it_down() {
        let hold = BookingState::Hold { until: at(10) };
        assert!(hold.at(at(9)).keeps());
        assert_eq!(hold.at(at(10)), BookingState::Expired);
        assert!(!hold.at(at(10)).keeps());
    }

    #[test]
    fn a_session_is_told_by_its_log_and_a_lamp_that_failed_again_is_not_ready() {
        let log = SessionLog(vec![
            entry(LogKind::Ready, "lighting", 1),
            entry(LogKind::Ready, "mixer", 2),
            entry(LogKind::NotReady, "lighting", 3),
            entry(LogKind::Started, "", 5),
            entry(LogKind::NoShow, "", 6),
            entry(LogKind::Stopped, "", 9),
        ]);
        assert_eq!(log.progress(), Progress::Over { started: at(5), stopped: at(9) });
        assert_eq!(log.ready().keys().map(EquipmentId::as_str).collect::<Vec<_>>(), ["mixer"]);
    }

    #[test]
    fn every_resource_reads_back() {
        for text in ["room/studio.radio", "operator/7", "stock/camera", "live/radio"] {
            assert_eq!(text.parse::<Resource>().expect("a resource").to_string(), text);
        }
        assert!("7".parse::<Resource>().is_err());
    }
}
