//! What the scheduling team decides for days to come, with what it would cost shown before it is saved: rules of a
//! channel, rules of one request, day modes; and what would have to be different for a request to get more plays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::config::ChannelConfig;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, ChannelId, OpdId, PersonId, Sha256};
use crate::domain::people::{Opd, Role};
use crate::domain::rotation::Step;
use crate::domain::rules::{ModePeriod, PlanningRules, RequestRules};
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant};
use crate::engine::planner::{self, DayPlan, soundness, what_if};
use crate::store::{ModeRow, Scope, StoreError, Titled};

use super::frame::Frame;
use super::material::DayMaterial;
use super::rules::RuleBook;
use super::{Desk, DeskError, PlanError, Published, Refusal};

/// Days ahead over which a decision's cost is reckoned.
pub const DAYS_AHEAD: i64 = 31;
/// Longest that a day mode holds, days.
pub const LONGEST_MODE: i64 = 366;

/// The rules in force on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesInForce {
    /// Whoever changes them names this; 0: nobody has saved any, siaran.toml's hold.
    pub version: u32,
    /// What they say.
    pub rules: PlanningRules,
    /// Who saved them, and when.
    pub saved: Option<(PersonId, Instant)>,
}

/// What days to come look like under some rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Plays in all.
    pub plays: u32,
    /// Their airtime, milliseconds.
    pub booked_ms: u64,
    /// Of what the least office would have at the fair level, what it gets, per mille; 1000 if nobody asks.
    pub least_per_mille: u32,
}

/// A request that gains or loses by a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Which.
    pub case: CaseId,
    /// Its clip's title.
    pub title: String,
    /// Plays in the days ahead as it is now.
    pub before: u32,
    /// Plays after.
    pub after: u32,
}

/// What a decision costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Days that were reckoned.
    pub days: u32,
    /// As it is now.
    pub before: Outlook,
    /// After.
    pub after: Outlook,
    /// Who gains or loses, the greatest loss first.
    pub affected: Vec<Affected>,
    /// Rules that contradict each other, the first day of each.
    pub faults: Vec<(BroadcastDate, Text)>,
}

/// What stands in a request's way on a day, and what would help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// The clip.
    pub title: String,
    /// Plays that it would get, planned anew.
    pub placed: u32,
    /// Plays that it asks for.
    pub wanted: u32,
    /// Why they are fewer; `None` if they are not.
    pub why: Option<Text>,
    /// What would give it more, the most first.
    pub changes: Vec<Text>,
}

/// A day planned anew, whatever is published of it.
struct Drafted {
    plan: DayPlan,
    cases: Vec<CaseId>,
    titles: Vec<String>,
    lengths: Vec<Step>,
    fair: BTreeMap<OpdId, Step>,
    faults: Vec<Text>,
    rate: crate::domain::time::FrameRate,
}

impl Desk {
    /// The rules in force on a channel.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn rules_in_force(&self, channel: &ChannelId) -> Result<RulesInForce, PlanError> {
        let configured = self.planned_channel(channel)?;
        let now = self.now();
        Ok(match self.store.read(|r| r.planning_rules(channel, now))? {
            Some(saved) => {
                RulesInForce { version: saved.version, rules: saved.rules, saved: Some((saved.by, saved.at)) }
            }
            None => RulesInForce { version: 0, rules: self.configured_rules(configured), saved: None },
        })
    }

    /// What rules would cost over the next [`DAYS_AHEAD`] days, each planned anew.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn cost_of_rules(&self, channel: &ChannelId, rules: &PlanningRules) -> Result<Cost, PlanError> {
        self.cost(channel, |book| book.with(rules.clone()), |_| ())
    }

    /// What a day mode would cost.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn cost_of_mode(&self, channel: &ChannelId, period: ModePeriod) -> Result<Cost, PlanError> {
        self.cost(channel, |book| book.with_mode(period), |_| ())
    }

    /// What rules of one request would cost.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn cost_of_request_rules(
        &self,
        channel: &ChannelId,
        case: CaseId,
        rules: &RequestRules,
    ) -> Result<Cost, PlanError> {
        self.cost(channel, |book| book.with_request(case, rules.clone()), |_| ())
    }

    /// What other rules, or other offices, would cost over the next [`DAYS_AHEAD`] days.
    pub(super) fn cost(
        &self,
        channel: &ChannelId,
        change: impl Fn(RuleBook) -> RuleBook,
        change_offices: impl Fn(&mut Vec<Opd>),
    ) -> Result<Cost, PlanError> {
        let configured = self.planned_channel(channel)?;
        let first = configured.channel.zone.date_of(self.now());
        let last = first.0.checked_add_signed(TimeDelta::days(DAYS_AHEAD - 1)).map_or(first, BroadcastDate);
        let (titles, offices) =
            self.store.read(|r| Ok::<_, StoreError>((r.titled(channel)?, r.offices(Scope::All)?)))?;
        let mut offices_then = offices.clone();
        change_offices(&mut offices_then);
        let now = RuleBook::load(self, configured, first, last)?;
        let then = change(RuleBook::load(self, configured, first, last)?);
        let mut cost = Cost {
            days: 0,
            before: Outlook::default(),
            after: Outlook::default(),
            affected: Vec::new(),
            faults: Vec::new(),
        };
        let (mut before, mut after) = (Sum::default(), Sum::default());
        for date in first.through(last) {
            let (Some(as_is), Some(would_be)) = (
                self.drafted(configured, date, &titles, &offices, &now)?,
                self.drafted(configured, date, &titles, &offices_then, &then)?,
            ) else {
                continue;
            };
            cost.days += 1;
            for fault in &would_be.faults {
                if !as_is.faults.contains(fault) && !cost.faults.iter().any(|(_, known)| known == fault) {
                    cost.faults.push((date, fault.clone()));
                }
            }
            before.add(&as_is);
            after.add(&would_be);
        }
        let cases: BTreeSet<CaseId> = before.plays.keys().chain(after.plays.keys()).copied().collect();
        cost.affected = cases
            .into_iter()
            .map(|case| {
                let of = |sum: &Sum| sum.plays.get(&case).map_or(0, |(_, plays)| *plays);
                let title = before.plays.get(&case).or(after.plays.get(&case)).map(|(title, _)| title.clone());
                Affected { case, title: title.unwrap_or_default(), before: of(&before), after: of(&after) }
            })
            .filter(|affected| affected.before != affected.after)
            .collect();
        cost.affected.sort_by_key(|a| i64::from(a.after) - i64::from(a.before));
        (cost.before, cost.after) = (before.outlook(), after.outlook());
        Ok(cost)
    }

    fn drafted(
        &self,
        configured: &ChannelConfig,
        date: BroadcastDate,
        titles: &[Titled],
        offices: &[Opd],
        book: &RuleBook,
    ) -> Result<Option<Drafted>, PlanError> {
        let frame = match Frame::of(self, configured, date, None) {
            Err(PlanError::Over { .. }) => return Ok(None),
            frame => frame?,
        };
        let material = DayMaterial::of(configured, date, titles, offices, book);
        let rotation = material.rotation(&frame);
        let plan = planner::draft(&rotation);
        Ok(Some(Drafted {
            fair: planner::credit::fair_shares(&rotation, plan.airtime.values().sum()),
            faults: soundness::faults(&rotation).iter().map(|fault| fault.text(&rotation, &frame)).collect(),
            cases: (0..rotation.entries.len()).map(|entry| material.case_of(entry)).collect(),
            titles: rotation.entries.iter().map(|entry| entry.title.clone()).collect(),
            lengths: rotation.entries.iter().map(|entry| entry.length).collect(),
            rate: frame.rate(),
            plan,
        }))
    }

    /// House files of a channel that may air now, by title: what a fixed event can show.
    ///
    /// # Errors
    /// When the database would not.
    pub fn clips_in_force(&self, channel: &ChannelId) -> Result<Vec<(Sha256, String)>, PlanError> {
        let now = self.now();
        let titles = self.store.read(|r| r.titled(channel))?;
        let in_force =
            titles.into_iter().filter(|t| t.oral.is_none() && !t.row.revoked && t.row.asset.validity.contains(now));
        let mut clips: Vec<_> = in_force.map(|t| (t.row.asset.clip.sha256, t.row.asset.title)).collect();
        clips.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
        clips.dedup_by_key(|clip| clip.0);
        Ok(clips)
    }

    /// A person's name.
    ///
    /// # Errors
    /// When the database would not.
    pub fn name_of(&self, person: PersonId) -> Result<Option<String>, PlanError> {
        let now = self.now();
        Ok(self.store.read(|r| r.person(person, now))?.map(|person| person.name))
    }

    /// Saves rules of a channel over the version that the person saw.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler, and where somebody saved others meanwhile.
    pub fn save_rules(
        &self,
        by: PersonId,
        channel: &ChannelId,
        over: u32,
        rules: &PlanningRules,
    ) -> Result<(), PlanError> {
        self.only_scheduler(by)?;
        self.planned_channel(channel)?;
        let now = self.now();
        let event = AuditEvent::new(AuditKind::RulesSaved)
            .by(by)
            .word("channel", channel)
            .number("version", i64::from(over) + 1);
        let (channel, rules) = (channel.clone(), rules.clone());
        let saved = self.store.write(move |tx| -> Result<bool, StoreError> {
            let saved = tx.save_planning_rules(&channel, over, &rules, by, now)?;
            if saved {
                tx.audit(&event, now)?;
            }
            Ok(saved)
        })?;
        if saved { Ok(()) } else { Err(PlanError::RulesChanged) }
    }

    /// What is decided about a request.
    ///
    /// # Errors
    /// When the database would not.
    pub fn rules_of_request(&self, case: CaseId) -> Result<RequestRules, PlanError> {
        let now = self.now();
        let all = self.store.read(|r| r.request_rules(now))?;
        Ok(all.get(&case).cloned().unwrap_or_default())
    }

    /// Saves what is decided about a request.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler.
    pub fn save_request_rules(&self, by: PersonId, case: CaseId, rules: &RequestRules) -> Result<(), PlanError> {
        self.only_scheduler(by)?;
        let now = self.now();
        let event = AuditEvent::new(AuditKind::RulesSaved)
            .by(by)
            .number("case", case.0)
            .number("class", i64::from(rules.class.0));
        let rules = rules.clone();
        self.store.write(move |tx| -> Result<(), StoreError> {
            tx.save_request_rules(case, &rules, by, now)?;
            tx.audit(&event, now)
        })?;
        Ok(())
    }

    /// Day modes of a channel, the newest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn day_modes(&self, channel: &ChannelId) -> Result<Vec<ModeRow>, PlanError> {
        self.planned_channel(channel)?;
        Ok(self.store.read(|r| r.day_modes(channel))?)
    }

    /// Orders a day mode and takes what it suspends off the published days; what is on air of it leaves at once.
    ///
    /// # Errors
    /// Refused to whoever neither plans nor heads the agency; else the first day that could not be repaired.
    pub fn order_mode(
        &self,
        by: PersonId,
        channel: &ChannelId,
        period: ModePeriod,
    ) -> Result<Vec<Published>, PlanError> {
        self.may_order_modes(by)?;
        self.planned_channel(channel)?;
        let now = self.now();
        let event = AuditEvent::new(AuditKind::DayModeOrdered)
            .by(by)
            .word("channel", channel)
            .word("mode", period.mode)
            .word("first", period.first)
            .word("last", period.last);
        let wanted = channel.clone();
        let stands = |row: &ModeRow| row.ended_at.is_none() && row.period == period;
        if self.store.read(|r| r.day_modes(channel))?.iter().any(stands) {
            return Ok(Vec::new());
        }
        self.store.write(move |tx| -> Result<(), StoreError> {
            tx.add_day_mode(&wanted, &period, by, now)?;
            tx.audit(&event, now)
        })?;
        self.publish_withdrawals(Some(by))
    }

    /// Takes a day mode back. Days that are published already stay as they are until they are planned again.
    ///
    /// # Errors
    /// Refused to whoever neither plans nor heads the agency; `false` if none of that number is in force.
    pub fn end_mode(&self, by: PersonId, channel: &ChannelId, id: i64) -> Result<bool, PlanError> {
        self.may_order_modes(by)?;
        let now = self.now();
        let event = AuditEvent::new(AuditKind::DayModeEnded).by(by).word("channel", channel).number("id", id);
        let channel = channel.clone();
        Ok(self.store.write(move |tx| -> Result<bool, StoreError> {
            let ended = tx.end_day_mode(&channel, id, by, now)?;
            if ended {
                tx.audit(&event, now)?;
            }
            Ok(ended)
        })?)
    }

    fn may_order_modes(&self, person: PersonId) -> Result<(), DeskError> {
        let now = self.now();
        let person = self.store.read(|r| r.person(person, now))?;
        let holds = |role| person.as_ref().is_some_and(|p| p.disabled_at.is_none() && p.holds(role));
        let allowed = holds(Role::Scheduler) || holds(Role::Head);
        if allowed { Ok(()) } else { Err(Refusal::NeedsRole(Role::Scheduler).into()) }
    }

    /// What stands in a request's way on a day, planned anew, and what would give it more plays; `None` if it does not
    /// ask for that day.
    ///
    /// # Errors
    /// When the day is over, or the database would not.
    pub fn what_if(&self, channel: &ChannelId, date: BroadcastDate, case: CaseId) -> Result<Option<WhatIf>, PlanError> {
        let configured = self.planned_channel(channel)?;
        let material = DayMaterial::load(self, configured, date)?;
        let frame = Frame::of(self, configured, date, None)?;
        let rotation = material.rotation(&frame);
        let entry = (0..rotation.entries.len()).find(|entry| material.case_of(*entry) == case);
        let Some(entry) = entry else {
            let why = material.suspended().find(|(suspended, _)| *suspended == case);
            return Ok(why.map(|(_, text)| WhatIf {
                title: String::new(),
                placed: 0,
                wanted: 0,
                why: Some(text.clone()),
                changes: Vec::new(),
            }));
        };
        let plan = planner::plan(&rotation);
        let placed = plan.plays.iter().filter(|play| play.entry == entry).count();
        let unplaced = plan.unplaced.iter().find(|unplaced| unplaced.entry == entry);
        let changes = match unplaced {
            Some(_) => what_if::what_if(&rotation, entry, frame.steps(3600)),
            None => Vec::new(),
        };
        Ok(Some(WhatIf {
            title: rotation.entries[entry].title.clone(),
            placed: u32::try_from(placed).unwrap_or(u32::MAX),
            wanted: rotation.entries[entry].wanted,
            why: unplaced.map(|unplaced| unplaced.text(&rotation, &frame)),
            changes: changes.iter().map(|so| so.text(&frame)).collect(),
        }))
    }
}

/// Days added up.
#[derive(Default)]
struct Sum {
    plays: BTreeMap<CaseId, (String, u32)>,
    booked_ms: u64,
    given: BTreeMap<OpdId, Step>,
    fair: BTreeMap<OpdId, Step>,
}

impl Sum {
    fn add(&mut self, day: &Drafted) {
        for (case, title) in day.cases.iter().zip(&day.titles) {
            self.plays.entry(*case).or_insert_with(|| (title.clone(), 0));
        }
        for play in &day.plan.plays {
            if let Some((_, plays)) = self.plays.get_mut(&day.cases[play.entry]) {
                *plays += 1;
            }
            self.booked_ms += day.rate.millis(day.lengths[play.entry].unsigned_abs());
        }
        for (sums, of_day) in [(&mut self.given, &day.plan.airtime), (&mut self.fair, &day.fair)] {
            for (office, steps) in of_day {
                *sums.entry(*office).or_default() += steps;
            }
        }
    }

    fn outlook(&self) -> Outlook {
        let ratios = self.fair.iter().filter(|(_, fair)| **fair > 0).map(|(office, fair)| {
            let given = self.given.get(office).copied().unwrap_or(0);
            u32::try_from(i128::from(given) * 1000 / i128::from(*fair)).unwrap_or(u32::MAX)
        });
        Outlook {
            plays: self.plays.values().map(|(_, plays)| plays).sum(),
            booked_ms: self.booked_ms,
            least_per_mille: ratios.min().unwrap_or(1000),
        }
    }
}
