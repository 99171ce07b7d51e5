//! What the scheduling team decides for days to come, and what each office was given of its share.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::row::{instant, is_taken, maybe_instant, ms, small, word};
use super::{Reader, StoreError, Tx};
use crate::domain::branding::Wears;
use crate::domain::ids::{CaseId, ChannelId, OpdId, PersonId};
use crate::domain::people::OpdGroup;
use crate::domain::rotation::Class;
use crate::domain::rules::{ContentTag, FixedRule, ModePeriod, PlanningRules, RequestRules, Weekdays};
use crate::domain::time::{BroadcastDate, Instant};

/// Rules that somebody saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRules {
    /// Whoever changes them names this.
    pub version: u32,
    /// What they say.
    pub rules: PlanningRules,
    /// Who saved them.
    pub by: PersonId,
    /// When.
    pub at: Instant,
}

/// A day mode that somebody ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeRow {
    /// Its number.
    pub id: i64,
    /// What, and on which days.
    pub period: ModePeriod,
    /// Who ordered it.
    pub by: PersonId,
    /// When.
    pub at: Instant,
    /// When it was taken back.
    pub ended_at: Option<Instant>,
}

impl ModeRow {
    /// Whether it is in force on a day, by what had been ordered at an instant.
    pub fn holds(&self, date: BroadcastDate, as_of: Instant) -> bool {
        self.period.holds(date) && self.at <= as_of && self.ended_at.is_none_or(|ended| as_of < ended)
    }
}

/// What an office has of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AirtimeRow {
    /// Whose.
    pub office: OpdId,
    /// Airtime in the revision, milliseconds.
    pub given_ms: i64,
    /// Airtime at the day's fair level, milliseconds.
    pub fair_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Body {
    office_gap_s: u32,
    separation_s: u32,
    /// Rules that were saved before there were any have none.
    #[serde(default)]
    category_gaps_s: BTreeMap<String, u32>,
    shares: BTreeMap<String, u32>,
    fixed: Vec<FixedBody>,
}

#[derive(Serialize, Deserialize)]
struct FixedBody {
    at: String,
    seconds: u32,
    title: String,
    days: Vec<String>,
    sha256: Option<String>,
    branding: Option<String>,
}

impl Body {
    fn of(rules: &PlanningRules) -> Body {
        let fixed = |f: &FixedRule| FixedBody {
            at: f.at.to_string(),
            seconds: f.seconds,
            title: f.title.clone(),
            days: f.days.words().map(str::to_owned).collect(),
            sha256: f.sha256.map(|hash| hash.to_string()),
            branding: f.wears.word().map(str::to_owned),
        };
        Body {
            office_gap_s: rules.office_gap_s,
            separation_s: rules.separation_s,
            category_gaps_s: rules.category_gaps_s.iter().map(|(tag, gap_s)| (tag.to_string(), *gap_s)).collect(),
            shares: rules.shares.iter().map(|(group, weight)| (group.to_string(), *weight)).collect(),
            fixed: rules.fixed.iter().map(fixed).collect(),
        }
    }

    fn into_rules(self) -> Result<PlanningRules, String> {
        let group = |(group, weight): (String, u32)| match group.parse::<OpdGroup>() {
            Ok(group) => Ok((group, weight)),
            Err(unknown) => Err(unknown.to_string()),
        };
        let gap = |(tag, gap_s): (String, u32)| match tag.parse::<ContentTag>() {
            Ok(tag) => Ok((tag, gap_s)),
            Err(unknown) => Err(unknown.to_string()),
        };
        let fixed = |f: FixedBody| -> Result<FixedRule, String> {
            Ok(FixedRule {
                at: f.at.parse()?,
                seconds: f.seconds,
                title: f.title,
                days: Weekdays::of(f.days.iter().map(String::as_str))?,
                sha256: f.sha256.map(|hash| hash.parse()).transpose().map_err(|e| format!("{e}"))?,
                wears: f.branding.map_or(Ok(Wears::All), |word| word.parse()).map_err(|e| e.to_string())?,
            })
        };
        Ok(PlanningRules {
            office_gap_s: self.office_gap_s,
            separation_s: self.separation_s,
            category_gaps_s: self.category_gaps_s.into_iter().map(gap).collect::<Result<_, _>>()?,
            shares: self.shares.into_iter().map(group).collect::<Result<_, _>>()?,
            fixed: self.fixed.into_iter().map(fixed).collect::<Result<_, _>>()?,
        })
    }
}

fn unreadable(index: usize, why: impl ToString) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, why.to_string().into())
}

fn read_rules(row: &Row<'_>) -> rusqlite::Result<SavedRules> {
    let body: Body = serde_json::from_str(row.get_ref(1)?.as_str()?).map_err(|e| unreadable(1, e))?;
    Ok(SavedRules {
        version: small(row, 0)?,
        rules: body.into_rules().map_err(|e| unreadable(1, e))?,
        by: PersonId(row.get(2)?),
        at: instant(row, 3)?,
    })
}

fn read_request(row: &Row<'_>) -> rusqlite::Result<(CaseId, RequestRules)> {
    let words = |index: usize| row.get::<_, String>(index);
    let tags = words(5)?;
    let tags = tags.split_whitespace().map(|tag| tag.parse::<ContentTag>().map_err(|e| unreadable(5, e)));
    let rules = RequestRules {
        class: Class(row.get(1)?),
        minimum: small(row, 2)?,
        separation_s: row.get(3)?,
        days: Weekdays::of(words(4)?.split_whitespace()).map_err(|e| unreadable(4, e))?,
        tags: tags.collect::<Result<_, _>>()?,
    };
    Ok((CaseId(row.get(0)?), rules))
}

impl Reader<'_> {
    /// The rules of a channel that had been saved last at an instant; `None` if none were.
    ///
    /// # Errors
    /// When the database would not.
    pub fn planning_rules(&self, channel: &ChannelId, as_of: Instant) -> Result<Option<SavedRules>, StoreError> {
        let sql = "select version, body, person_id, at_ms from planning_rules where channel = ? and at_ms <= ? \
                   order by version desc limit 1";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(params![channel.as_str(), ms(as_of)], read_rules)
            .optional()?)
    }

    /// What had been decided about requests at an instant, for those about which something was.
    ///
    /// # Errors
    /// When the database would not.
    pub fn request_rules(&self, as_of: Instant) -> Result<BTreeMap<CaseId, RequestRules>, StoreError> {
        let sql = "select case_id, class, minimum, separation_s, days, tags, max(version) from request_rules \
                   where at_ms <= ? group by case_id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([ms(as_of)], read_request)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Day modes of a channel, the newest first; also those that were taken back.
    ///
    /// # Errors
    /// When the database would not.
    pub fn day_modes(&self, channel: &ChannelId) -> Result<Vec<ModeRow>, StoreError> {
        let sql = "select id, mode, first_day, last_day, set_by, set_at_ms, ended_at_ms from day_modes \
                   where channel = ? order by id desc";
        let read = |row: &Row<'_>| {
            Ok(ModeRow {
                id: row.get(0)?,
                period: ModePeriod { mode: word(row, 1)?, first: word(row, 2)?, last: word(row, 3)? },
                by: PersonId(row.get(4)?),
                at: instant(row, 5)?,
                ended_at: maybe_instant(row, 6)?,
            })
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![channel.as_str()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What offices had of the days from `first` up to and without `before`, by day, of each day's newest revision.
    ///
    /// # Errors
    /// When the database would not.
    pub fn airtime(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        before: BroadcastDate,
    ) -> Result<Vec<(BroadcastDate, AirtimeRow)>, StoreError> {
        let sql = "select a.date, a.office_id, a.given_ms, a.fair_ms from airtime a \
                   where a.channel = ?1 and a.date >= ?2 and a.date < ?3 and a.revision = \
                   (select max(p.revision) from playlists p where p.channel = a.channel and p.date = a.date) \
                   order by a.date, a.office_id";
        let read = |row: &Row<'_>| {
            let airtime = AirtimeRow { office: OpdId(row.get(1)?), given_ms: row.get(2)?, fair_ms: row.get(3)? };
            Ok((word(row, 0)?, airtime))
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![channel.as_str(), first.to_string(), before.to_string()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Saves rules of a channel over version `over`, 0 for none; `false` if somebody else saved meanwhile.
    ///
    /// # Errors
    /// When the database would not.
    pub fn save_planning_rules(
        &mut self,
        channel: &ChannelId,
        over: u32,
        rules: &PlanningRules,
        by: PersonId,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let newest = "select coalesce(max(version), 0) from planning_rules where channel = ?";
        let newest: u32 = self.connection.prepare_cached(newest)?.query_row(params![channel.as_str()], |r| r.get(0))?;
        if newest != over {
            return Ok(false);
        }
        let body = serde_json::to_string(&Body::of(rules)).expect("numbers and words always serialise");
        let sql = "insert into planning_rules (channel, version, body, person_id, at_ms) values (?, ?, ?, ?, ?)";
        let saved =
            self.connection.prepare_cached(sql)?.execute(params![channel.as_str(), over + 1, body, by.0, ms(at)]);
        match saved {
            Ok(_) => Ok(true),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Saves what is decided about a request.
    ///
    /// # Errors
    /// When the database would not.
    pub fn save_request_rules(
        &mut self,
        case: CaseId,
        rules: &RequestRules,
        by: PersonId,
        at: Instant,
    ) -> Result<(), StoreError> {
        let sql = "insert into request_rules \
                   (case_id, version, class, minimum, separation_s, days, tags, person_id, at_ms) \
                   select ?1, coalesce(max(version), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 from request_rules \
                   where case_id = ?1";
        let days: Vec<&str> = rules.days.words().collect();
        let tags: Vec<&str> = rules.tags.iter().map(|tag| tag.as_str()).collect();
        self.connection.prepare_cached(sql)?.execute(params![
            case.0,
            rules.class.0,
            rules.minimum,
            rules.separation_s,
            days.join(" "),
            tags.join(" "),
            by.0,
            ms(at)
        ])?;
        Ok(())
    }

    /// Orders a day mode.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_day_mode(
        &mut self,
        channel: &ChannelId,
        period: &ModePeriod,
        by: PersonId,
        at: Instant,
    ) -> Result<(), StoreError> {
        let sql = "insert into day_modes (channel, mode, first_day, last_day, set_by, set_at_ms) \
                   values (?, ?, ?, ?, ?, ?)";
        self.connection.prepare_cached(sql)?.execute(params![
            channel.as_str(),
            period.mode.as_str(),
            period.first.to_string(),
            period.last.to_string(),
            by.0,
            ms(at)
        ])?;
        Ok(())
    }

    /// Takes a day mode back; `false` if there is none of that number in force.
    ///
    /// # Errors
    /// When the database would not.
    pub fn end_day_mode(
        &mut self,
        channel: &ChannelId,
        id: i64,
        by: PersonId,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "update day_modes set ended_by = ?, ended_at_ms = ? where id = ? and channel = ? \
                   and ended_at_ms is null";
        let ended = self.connection.prepare_cached(sql)?.execute(params![by.0, ms(at), id, channel.as_str()])?;
        Ok(ended == 1)
    }

    /// Notes what a revision gives each office.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_airtime(
        &mut self,
        channel: &ChannelId,
        date: BroadcastDate,
        revision: u32,
        rows: &[AirtimeRow],
    ) -> Result<(), StoreError> {
        let sql = "insert or replace into airtime (channel, date, revision, office_id, given_ms, fair_ms) \
                   values (?, ?, ?, ?, ?, ?)";
        let mut statement = self.connection.prepare_cached(sql)?;
        for row in rows {
            statement.execute(params![
                channel.as_str(),
                date.to_string(),
                revision,
                row.office.0,
                row.given_ms,
                row.fair_ms
            ])?;
        }
        Ok(())
    }
}
