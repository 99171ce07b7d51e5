//! The scheduling team's pages: many days at a glance (`overview`), one day (`day`), its plan with changes by hand
//! (`draft`) or after a list from elsewhere (`import`), what the next revision would change and the button that publishes
//! it (`proposal`, `several`), days that publish themselves (`horizon`), what happens to a day (`interrupt`), what airs on an
//! oral approval (`oral`), and what a published revision announces (`announcement`). Everyone who watches the wall sees what is published.

pub(super) mod announcement;
pub(super) mod day;
pub(super) mod draft;
mod drawing;
pub(super) mod horizon;
pub(super) mod import;
pub(super) mod interrupt;
pub(super) mod oral;
pub(super) mod overview;
pub(super) mod proposal;
pub(super) mod several;

use super::Web;
use super::page::Visit;
use super::problem::Problem;
use super::wall::{channel_of, clock};
use crate::desk::planning::PlanError;
use crate::desk::reporting::ReportError;
use crate::domain::channel::Channel;
use crate::domain::playlist::PlaylistItem;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Problem {
        match error {
            PlanError::Desk(error) => error.into(),
            PlanError::NoChannel(_) => Problem::NotFound,
            error => match error.refusal() {
                Some((_, text)) => Problem::Refused(text),
                None => Problem::ours(&error, "a day could not be planned"),
            },
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match error {
            ReportError::Desk(error) => error.into(),
            ReportError::NoChannel(_) => Problem::NotFound,
            error => Problem::ours(&error, "a report could not be made"),
        }
    }
}

struct ItemRow {
    start: String,
    length: String,
    title: String,
    owner: String,
    was: String,
    /// Somebody put it there.
    by_hand: bool,
}

impl ItemRow {
    fn of(item: &PlaylistItem, channel: &Channel) -> ItemRow {
        let seconds = channel.house.rate.millis(item.duration_frames) / 1000;
        ItemRow {
            start: clock(item.start, channel),
            length: minutes(seconds),
            title: item.title.clone(),
            owner: item.owner.clone(),
            was: String::new(),
            by_hand: false,
        }
    }
}

struct Day {
    channel: String,
    channel_title: String,
    date: String,
    words: String,
    /// Today or tomorrow, if it is one of them.
    which: String,
    previous: String,
    next: String,
}

impl Day {
    fn of(channel: &Channel, date: BroadcastDate, today: BroadcastDate, visit: &Visit) -> Day {
        let path = |date: Option<BroadcastDate>| {
            date.map_or_else(String::new, |date| format!("/planning/{}/{date}", channel.id))
        };
        Day {
            channel: channel.id.to_string(),
            channel_title: channel.title.clone(),
            date: date.to_string(),
            words: date_in_words(date, visit.lang),
            which: match (date.0 - today.0).num_days() {
                0 => visit.t("planning-today"),
                1 => visit.t("planning-tomorrow"),
                _ => String::new(),
            },
            previous: path(date.previous()),
            next: path(date.next()),
        }
    }
}

fn day_of(web: &Web, channel: &str, date: &str) -> Result<(Channel, BroadcastDate), Problem> {
    Ok((channel_of(web, channel)?, date.parse().map_err(|_| Problem::NotFound)?))
}

/// `1.05`: minutes and seconds.
fn minutes(seconds: u64) -> String {
    format!("{}.{:02}", seconds / 60, seconds % 60)
}

/// `1.02.05`: hours, minutes, seconds.
fn hours(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}.{:02}.{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
