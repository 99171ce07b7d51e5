//! The hours and holidays of offices: `_calendars.toml` and `holidays-YEAR.csv`, built in and overridden file by file by a
//! home's `sop/`.
//!
//! ```csv
//! first,last,kind,name
//! 2026-03-19,2026-03-19,holiday,Hari Suci Nyepi
//! 2026-02-19,2026-03-20,ramadan,
//! ```
//!
//! `holiday` and `leave` (*cuti bersama*) are days on which nobody works; any other kind names hours that `_calendars.toml`
//! has under `override`.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::office_hours::{DAY_MINUTES, Hours, OfficeHours, OtherHours, Week};
use crate::domain::standard::StandardFault;
use crate::domain::time::Zone;

const CALENDARS: &str = include_str!("../../sop/_calendars.toml");
const CALENDARS_FILE: &str = "_calendars.toml";
/// Holidays of the years that are known to this program: the joint decree of three ministers 1497/2025, 2/2025, 5/2025.
const HOLIDAYS: [(&str, &str); 1] = [("holidays-2026.csv", include_str!("../../sop/holidays-2026.csv"))];
/// The calendar of whoever works round the clock, by its name in standards.
pub const ALWAYS: &str = "always";
/// Largest file that is read, bytes: a year of holidays has 2 KiB.
const MAX_BYTES: u64 = 1 << 20;
/// Days on which nobody works.
const CLOSED: [&str; 2] = ["holiday", "leave"];

/// Every calendar of a home, by its name in standards: `office`, `always`.
pub type Calendars = BTreeMap<String, OfficeHours>;

/// The calendars that apply in a home.
///
/// # Errors
/// Every fault of the files that override the built-in ones.
pub fn read(home: &Path) -> Result<Calendars, Vec<StandardFault>> {
    let folder = home.join("sop");
    let text =
        if folder.join(CALENDARS_FILE).is_file() { of_file(&folder.join(CALENDARS_FILE))? } else { CALENDARS.into() };
    let mut listed: BTreeMap<String, String> = HOLIDAYS.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("holidays-") && name.ends_with(".csv") {
            listed.insert(name, of_file(&entry.path())?);
        }
    }
    let mut days = Vec::new();
    for (name, text) in &listed {
        days.extend(days_of(name, text)?);
    }
    calendars(&text, &days)
}

fn of_file(path: &Path) -> Result<String, Vec<StandardFault>> {
    let fault = |what: String| vec![StandardFault::new(path.display().to_string(), what)];
    let size = std::fs::metadata(path).map_err(|e| fault(format!("can't be read: {e}")))?.len();
    if size > MAX_BYTES {
        return Err(fault(format!("has {size} bytes; a calendar has at most {MAX_BYTES}")));
    }
    std::fs::read_to_string(path).map_err(|e| fault(format!("can't be read: {e}")))
}

/// Days of a kind.
#[derive(Debug, Deserialize)]
struct DaysRow {
    first: NaiveDate,
    last: NaiveDate,
    kind: String,
    #[serde(default)]
    name: String,
}

fn days_of(file: &str, text: &str) -> Result<Vec<DaysRow>, Vec<StandardFault>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let (mut days, mut faults) = (Vec::new(), Vec::new());
    for row in reader.deserialize::<DaysRow>() {
        match row {
            Ok(row) if row.last < row.first => {
                faults.push(StandardFault::new(file, format!("{} ends before it begins", row.first)));
            }
            Ok(row) => days.push(row),
            Err(error) => faults.push(StandardFault::new(file, error.to_string())),
        }
    }
    if faults.is_empty() { Ok(days) } else { Err(faults) }
}

fn calendars(text: &str, days: &[DaysRow]) -> Result<Calendars, Vec<StandardFault>> {
    let fault = |place: &str, what: String| vec![StandardFault::new(place, what)];
    let file: BTreeMap<String, CalendarToml> =
        toml::from_str(text).map_err(|e| fault(CALENDARS_FILE, e.to_string()))?;
    let mut calendars = Calendars::new();
    for (name, calendar) in file {
        let zone: Zone = calendar.tz.parse().map_err(|e| fault(&name, format!("{e}")))?;
        let week = calendar.days.week().map_err(|what| fault(&name, what))?;
        let round_the_clock = calendar.days.all.is_some();
        let mut others = Vec::new();
        for (kind, other) in &calendar.overrides {
            let week = other.days.week().map_err(|what| fault(&name, what))?;
            let of_kind = days.iter().filter(|row| row.kind == *kind);
            others.extend(of_kind.map(|row| OtherHours { first: row.first, last: row.last, week: week.clone() }));
        }
        let closed = days.iter().filter(|row| CLOSED.contains(&row.kind.as_str()) && !round_the_clock);
        let each_day = |row: &DaysRow| {
            let (last, name) = (row.last, row.name.clone());
            row.first.iter_days().take_while(move |day| *day <= last).map(move |day| (day, name.clone()))
        };
        let closed: BTreeMap<NaiveDate, String> = closed.flat_map(each_day).collect();
        calendars.insert(name, OfficeHours { zone, week, others, closed });
    }
    let known: Vec<&str> = calendars.keys().map(String::as_str).collect();
    if ["office", ALWAYS].iter().all(|name| known.contains(name)) {
        Ok(calendars)
    } else {
        Err(fault(CALENDARS_FILE, format!("has {}; wanted are office and {ALWAYS}", known.join(", "))))
    }
}

#[derive(Deserialize)]
struct CalendarToml {
    tz: String,
    days: DaysToml,
    #[serde(default, rename = "override")]
    overrides: BTreeMap<String, OverrideToml>,
    /// Where people look for the holidays; all files beside it are read.
    #[serde(rename = "holidays_file")]
    _holidays_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideToml {
    days: DaysToml,
}

type Pairs = Vec<(String, String)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysToml {
    #[serde(default)]
    mon_thu: Pairs,
    #[serde(default)]
    fri: Pairs,
    #[serde(default)]
    sat_sun: Pairs,
    all: Option<Pairs>,
}

impl DaysToml {
    fn week(&self) -> Result<Week, String> {
        if let Some(all) = &self.all {
            let all = hours(all)?;
            return Ok(std::array::from_fn(|_| all.clone()));
        }
        let (usual, friday, weekend) = (hours(&self.mon_thu)?, hours(&self.fri)?, hours(&self.sat_sun)?);
        Ok(std::array::from_fn(|day| match day {
            0..=3 => usual.clone(),
            4 => friday.clone(),
            _ => weekend.clone(),
        }))
    }
}

fn hours(pairs: &Pairs) -> Result<Hours, String> {
    let read: Option<Vec<(u32, u32)>> = pairs.iter().map(|(from, to)| Some((minute(from)?, minute(to)?))).collect();
    let hours = read.and_then(Hours::new);
    hours.ok_or_else(|| format!("{pairs:?} are no hours; wanted is something like [[\"07:30\",\"12:00\"]]"))
}

/// Minutes after midnight, `24:00` included.
fn minute(clock: &str) -> Option<u32> {
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let of_day = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && of_day <= DAY_MINUTES).then_some(of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_office_rests_on_the_holidays_of_the_decree_and_has_short_days_in_ramadan() {
        let home = tempfile::tempdir().unwrap();
        let built_in = read(home.path()).unwrap();
        let office = &built_in["office"];
        assert_eq!(office.on(date("2026-11-23")), [(450, 720), (780, 960)]);
        assert_eq!(office.closed.len(), 25, "17 holidays and 8 days of shared leave");
        assert_eq!(office.closed[&date("2026-12-24")], "Cuti bersama Natal");
        assert!(!office.works_on(date("2026-12-25")) && built_in[ALWAYS].works_on(date("2026-12-25")));

        std::fs::create_dir(home.path().join("sop")).unwrap();
        let own = "first,last,kind,name\n2027-02-08,2027-03-09,ramadan,\n2027-02-10,2027-02-10,holiday,Hari jadi\n";
        std::fs::write(home.path().join("sop/holidays-2027.csv"), own).unwrap();
        let with_own = read(home.path()).unwrap();
        let office = &with_own["office"];
        assert_eq!(office.on(date("2027-02-09")), [(480, 720), (750, 900)]);
        assert!(!office.works_on(date("2027-02-10")) && !office.works_on(date("2026-12-25")));
    }

    #[test]
    fn what_is_wrong_with_a_file_of_holidays_is_named_with_the_file() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("sop")).unwrap();
        for (own, wanted) in [
            ("first,last,kind,name\n2027-02-09,2027-02-08,holiday,\n", "2027-02-09 ends before it begins"),
            ("first,last,kind,name\nsoon,2027-02-08,holiday,\n", "record 1"),
        ] {
            std::fs::write(home.path().join("sop/holidays-2027.csv"), own).unwrap();
            let faults = read(home.path()).unwrap_err();
            let said = faults[0].to_string();
            assert!(said.contains("holidays-2027.csv") && said.contains(wanted), "{said}");
        }
        std::fs::remove_file(home.path().join("sop/holidays-2027.csv")).unwrap();
        std::fs::write(
            home.path().join("sop/_calendars.toml"),
            "[office]\ntz = \"Asia/Jakarta\"\ndays.fri = [[\"9\",\"8\"]]\n",
        )
        .unwrap();
        assert!(read(home.path()).unwrap_err()[0].to_string().contains("are no hours"));
    }
}
