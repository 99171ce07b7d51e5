//! The rules of a day: what the scheduling team saved, else what siaran.toml says; and what earlier days owe.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use crate::config::ChannelConfig;
use crate::desk::Desk;
use crate::domain::asset::FillClip;
use crate::domain::ids::{CaseId, OpdId};
use crate::domain::interruption::Interruption;
use crate::domain::rotation::Step;
use crate::domain::rules::{ContentTag, DayMode, ModePeriod, PlanningRules, RequestRules};
use crate::domain::time::BroadcastDate;
use crate::engine::planner::credit::credit_after;
use crate::store::{AirtimeRow, StoreError};

use super::frame::Frame;

/// Days that fairness looks back on.
pub const LEDGER_DAYS: i64 = 30;

/// What plans of a stretch of days keep.
pub(super) struct RuleBook {
    planning: PlanningRules,
    modes: Vec<ModePeriod>,
    interruptions: Vec<(BroadcastDate, Interruption)>,
    requests: Arc<BTreeMap<CaseId, RequestRules>>,
    airtime: Vec<(BroadcastDate, AirtimeRow)>,
}

/// What a plan of one day keeps.
pub(super) struct DayRules {
    /// The channel's.
    pub planning: PlanningRules,
    modes: Vec<DayMode>,
    /// What happens to the day.
    pub interruptions: Vec<Interruption>,
    requests: Arc<BTreeMap<CaseId, RequestRules>>,
    /// Milliseconds that earlier days owe an office, or that it had too much.
    credits_ms: BTreeMap<OpdId, i64>,
}

fn back(date: BroadcastDate) -> BroadcastDate {
    date.0.checked_sub_signed(TimeDelta::days(LEDGER_DAYS)).map_or(date, BroadcastDate)
}

impl RuleBook {
    pub fn load(
        desk: &Desk,
        configured: &ChannelConfig,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<RuleBook, StoreError> {
        let (channel, now) = (&configured.channel.id, desk.now());
        desk.store.read(|r| {
            let saved = r.planning_rules(channel, now)?.map(|saved| saved.rules);
            let in_force = r.day_modes(channel)?.into_iter().filter(|m| m.ended_at.is_none());
            let interruptions = r.interruptions(channel, first, last)?;
            Ok(RuleBook {
                planning: saved.unwrap_or_else(|| desk.configured_rules(configured)),
                modes: in_force.map(|m| m.period).collect(),
                interruptions: interruptions.iter().filter_map(|i| Some((i.date, i.in_force(now)?))).collect(),
                requests: Arc::new(r.request_rules(now)?),
                airtime: r.airtime(channel, back(first), last)?,
            })
        })
    }

    /// The same days under other rules: to see what they cost before they are saved.
    pub fn with(self, planning: PlanningRules) -> RuleBook {
        RuleBook { planning, ..self }
    }

    /// The same days with one more mode.
    pub fn with_mode(mut self, period: ModePeriod) -> RuleBook {
        self.modes.push(period);
        self
    }

    /// The same days with one day's interruptions instead of those in force.
    pub fn with_interruptions(mut self, date: BroadcastDate, interruptions: &[Interruption]) -> RuleBook {
        self.interruptions.retain(|(day, _)| *day != date);
        self.interruptions.extend(interruptions.iter().map(|interruption| (date, interruption.clone())));
        self
    }

    /// The same days with other rules of one request.
    pub fn with_request(mut self, case: CaseId, rules: RequestRules) -> RuleBook {
        Arc::make_mut(&mut self.requests).insert(case, rules);
        self
    }

    /// What a plan of this day keeps.
    pub fn on(&self, date: BroadcastDate) -> DayRules {
        let mut credits_ms: BTreeMap<OpdId, i64> = BTreeMap::new();
        let earlier = self.airtime.iter().filter(|(day, _)| back(date) <= *day && *day < date);
        for (_, day) in earlier {
            let credit = credits_ms.entry(day.office).or_default();
            *credit = credit_after(*credit, day.fair_ms, day.given_ms);
        }
        DayRules {
            planning: self.planning.clone(),
            modes: self.modes.iter().filter(|m| m.holds(date)).map(|m| m.mode).collect(),
            interruptions: self.interruptions.iter().filter(|i| i.0 == date).map(|i| i.1.clone()).collect(),
            requests: self.requests.clone(),
            credits_ms,
        }
    }
}

impl DayRules {
    pub fn of_request(&self, case: CaseId) -> RequestRules {
        self.requests.get(&case).cloned().unwrap_or_default()
    }

    /// The day mode that keeps what shows this off the wall.
    pub fn suspending(&self, tags: &BTreeSet<ContentTag>) -> Option<DayMode> {
        self.modes.iter().copied().find(|mode| mode.suspends(tags))
    }

    /// The day mode that keeps evergreen material off the wall.
    pub fn suspending_fill(&self, clip: &FillClip) -> Option<DayMode> {
        self.modes.iter().copied().find(|mode| clip.is_suspended(*mode))
    }

    /// Steps that earlier days owe an office.
    pub fn credit(&self, office: OpdId, frame: &Frame) -> Step {
        let ms = self.credits_ms.get(&office).copied().unwrap_or(0);
        let rate = frame.rate();
        let steps = i128::from(ms) * i128::from(rate.num()) / (i128::from(rate.den()) * 1000);
        Step::try_from(steps).unwrap_or(0)
    }
}

impl Desk {
    /// The rules that hold on a channel while nobody has saved others.
    pub(super) fn configured_rules(&self, configured: &ChannelConfig) -> PlanningRules {
        let settings = &self.config.planning;
        PlanningRules {
            office_gap_s: settings.office_gap_s,
            separation_s: settings.separation_s,
            category_gaps_s: BTreeMap::new(),
            shares: settings.shares.clone(),
            fixed: configured.fixed.clone(),
        }
    }
}
