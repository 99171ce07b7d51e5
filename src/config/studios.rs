//! `[studio.NAME]`, `[bookings]` and `[studio_operator."e-mail"]`: rooms, what stands in them, who operates and when.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::channel::Hours;
use crate::domain::ids::{ChannelId, EquipmentId, StudioId};
use crate::domain::rules::Weekdays;
use crate::domain::studio::{MOST_OPERATORS, STATED_EQUIPMENT, Shift, Studio};
use crate::domain::time::{BroadcastDate, TimeOfDay, Zone};

/// Studios and how they are booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudiosConfig {
    /// The studios, by name.
    pub studios: BTreeMap<StudioId, Studio>,
    /// How many there are of each kind of equipment, shared by all studios; 1 of a kind that is not named.
    pub stock: BTreeMap<EquipmentId, u32>,
    /// Days on which every studio is closed.
    pub closed: BTreeSet<BroadcastDate>,
    /// How long a hold lasts, hours, 1 to 744: a month, in which any letter is through.
    pub hold_hours: u32,
    /// When operators work, by address; who is not named works whenever a studio is open.
    pub shifts: BTreeMap<String, OperatorShift>,
}

/// When one operator works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorShift {
    /// Hours and days of the week.
    pub shift: Shift,
    /// Days off.
    pub off: BTreeSet<BroadcastDate>,
}

/// Longest hold, hours.
pub const LONGEST_HOLD_H: u32 = 31 * 24;
/// Longest setting up and taking down, minutes.
const LONGEST_AROUND_MIN: u32 = 240;
/// Most pieces of one kind.
const MOST_PIECES: u32 = 1000;

impl StudiosConfig {
    /// How many pieces of a kind there are.
    pub fn pieces(&self, kind: &EquipmentId) -> u32 {
        self.stock.get(kind).copied().unwrap_or(1)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StudioFile {
    title: String,
    zone: String,
    open: String,
    close: String,
    days: Vec<String>,
    office_days: bool,
    setup_min: u32,
    teardown_min: u32,
    operators: u32,
    equipment: Vec<String>,
    live: String,
}

impl Default for StudioFile {
    fn default() -> Self {
        StudioFile {
            title: String::new(),
            zone: "Asia/Jakarta".into(),
            open: "07:00".into(),
            close: "21:00".into(),
            days: Weekdays::ALL.words().map(str::to_owned).collect(),
            office_days: false,
            setup_min: 30,
            teardown_min: 15,
            operators: 1,
            equipment: STATED_EQUIPMENT.map(str::to_owned).to_vec(),
            live: String::new(),
        }
    }
}

/// The studios of an installation that names none: those of the agency's standards.
fn usual() -> BTreeMap<String, StudioFile> {
    let studio =
        |title: &str, live: &str| StudioFile { title: title.into(), live: live.into(), ..StudioFile::default() };
    BTreeMap::from([
        ("studio.radio".to_owned(), studio("Studio Radio", "radio")),
        ("studio.podcast".to_owned(), studio("Studio Podcast", "")),
    ])
}

impl StudioFile {
    fn into_studio(self, id: StudioId) -> Result<Studio, String> {
        let zone: Zone = self.zone.parse().map_err(|e| format!("zone: {e}"))?;
        let open: TimeOfDay = self.open.parse().map_err(|e| format!("open: {e}"))?;
        let close: TimeOfDay = self.close.parse().map_err(|e| format!("close: {e}"))?;
        let days = Weekdays::of(self.days.iter().map(String::as_str)).map_err(|e| format!("days: {e}"))?;
        for (key, value, most) in [
            ("setup_min", self.setup_min, LONGEST_AROUND_MIN),
            ("teardown_min", self.teardown_min, LONGEST_AROUND_MIN),
            ("operators", self.operators, MOST_OPERATORS),
        ] {
            if value > most {
                return Err(format!("{key}: {value} is more than {most}"));
            }
        }
        if self.title.contains(char::is_control) {
            return Err(format!("title: {:?} is no name for people: one line", self.title));
        }
        let title = if self.title.trim().is_empty() { id.to_string() } else { self.title };
        let equipment = self.equipment.iter().map(|kind| kind.parse().map_err(|e| format!("equipment: {e}")));
        let live = (!self.live.is_empty()).then(|| self.live.parse::<ChannelId>().map_err(|e| format!("live: {e}")));
        Ok(Studio {
            id,
            title,
            zone,
            hours: Hours { open, close },
            days,
            office_days: self.office_days,
            setup_min: self.setup_min,
            teardown_min: self.teardown_min,
            operators: self.operators,
            equipment: equipment.collect::<Result<_, _>>()?,
            live: live.transpose()?,
        })
    }
}

impl From<&Studio> for StudioFile {
    fn from(studio: &Studio) -> StudioFile {
        StudioFile {
            title: studio.title.clone(),
            zone: studio.zone.to_string(),
            open: studio.hours.open.to_string(),
            close: studio.hours.close.to_string(),
            days: studio.days.words().map(str::to_owned).collect(),
            office_days: studio.office_days,
            setup_min: studio.setup_min,
            teardown_min: studio.teardown_min,
            operators: studio.operators,
            equipment: studio.equipment.iter().map(ToString::to_string).collect(),
            live: studio.live.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BookingsFile {
    hold_hours: u32,
    closed: Vec<String>,
    stock: BTreeMap<String, u32>,
}

impl Default for BookingsFile {
    fn default() -> Self {
        // Two of each, so that both studios work at one time.
        let stock = STATED_EQUIPMENT.map(|kind| (kind.to_owned(), 2)).into();
        BookingsFile { hold_hours: 72, closed: Vec::new(), stock }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OperatorFile {
    from: String,
    until: String,
    days: Vec<String>,
    off: Vec<String>,
}

impl Default for OperatorFile {
    fn default() -> Self {
        let days = Weekdays::ALL.words().map(str::to_owned).collect();
        OperatorFile { from: "07:00".into(), until: "21:00".into(), days, off: Vec::new() }
    }
}

impl OperatorFile {
    fn into_shift(self) -> Result<OperatorShift, String> {
        let open: TimeOfDay = self.from.parse().map_err(|e| format!("from: {e}"))?;
        let close: TimeOfDay = self.until.parse().map_err(|e| format!("until: {e}"))?;
        let days = Weekdays::of(self.days.iter().map(String::as_str)).map_err(|e| format!("days: {e}"))?;
        let off = dates(&self.off).map_err(|e| format!("off: {e}"))?;
        Ok(OperatorShift { shift: Shift { hours: Hours { open, close }, days }, off })
    }
}

impl From<&OperatorShift> for OperatorFile {
    fn from(operator: &OperatorShift) -> OperatorFile {
        let Hours { open, close } = operator.shift.hours;
        OperatorFile {
            from: open.to_string(),
            until: close.to_string(),
            days: operator.shift.days.words().map(str::to_owned).collect(),
            off: operator.off.iter().map(ToString::to_string).collect(),
        }
    }
}

fn dates(words: &[String]) -> Result<BTreeSet<BroadcastDate>, String> {
    words.iter().map(|word| word.parse().map_err(|e| format!("{e}"))).collect()
}

/// What the three tables say together.
pub(super) fn into_config(
    mut studios: BTreeMap<String, StudioFile>,
    bookings: BookingsFile,
    operators: BTreeMap<String, OperatorFile>,
) -> Result<StudiosConfig, String> {
    if studios.is_empty() {
        studios = usual();
    }
    let studio = |(name, file): (String, StudioFile)| {
        let id: StudioId = name.parse().map_err(|e| format!("[studio.{name:?}]: {e}"))?;
        Ok((id.clone(), file.into_studio(id).map_err(|e| format!("[studio.{name:?}]: {e}"))?))
    };
    let piece = |(kind, there): (String, u32)| {
        let kind: EquipmentId = kind.parse().map_err(|e| format!("[bookings.stock]: {e}"))?;
        match (1..=MOST_PIECES).contains(&there) {
            true => Ok((kind, there)),
            false => Err(format!("[bookings.stock]: {kind}: {there} is not 1 to {MOST_PIECES}")),
        }
    };
    let shift = |(email, file): (String, OperatorFile)| {
        let shift = file.into_shift().map_err(|e| format!("[studio_operator.{email:?}]: {e}"))?;
        Ok((email.trim().to_lowercase(), shift))
    };
    if !(1..=LONGEST_HOLD_H).contains(&bookings.hold_hours) {
        return Err(format!("[bookings]: hold_hours: {} is not 1 to {LONGEST_HOLD_H}", bookings.hold_hours));
    }
    let studios = studios.into_iter().map(studio).collect::<Result<BTreeMap<_, _>, String>>()?;
    // A day's page and a typed time are of one place: nobody guesses which studio's hour is meant.
    let zones: BTreeSet<String> = studios.values().map(|studio| studio.zone.to_string()).collect();
    if zones.len() > 1 {
        let zones = zones.into_iter().collect::<Vec<_>>().join(", ");
        return Err(format!("[studio]: the studios have several zones ({zones}); one installation has one"));
    }
    Ok(StudiosConfig {
        studios,
        stock: bookings.stock.into_iter().map(piece).collect::<Result<_, String>>()?,
        closed: dates(&bookings.closed).map_err(|e| format!("[bookings]: closed: {e}"))?,
        hold_hours: bookings.hold_hours,
        shifts: operators.into_iter().map(shift).collect::<Result<_, String>>()?,
    })
}

/// The three tables that say a configuration.
pub(super) fn shown(
    config: &StudiosConfig,
) -> (BTreeMap<String, StudioFile>, BookingsFile, BTreeMap<String, OperatorFile>) {
    let bookings = BookingsFile {
        hold_hours: config.hold_hours,
        closed: config.closed.iter().map(ToString::to_string).collect(),
        stock: config.stock.iter().map(|(kind, there)| (kind.to_string(), *there)).collect(),
    };
    (
        config.studios.iter().map(|(id, studio)| (id.to_string(), studio.into())).collect(),
        bookings,
        config.shifts.iter().map(|(email, shift)| (email.clone(), shift.into())).collect(),
    )
}
