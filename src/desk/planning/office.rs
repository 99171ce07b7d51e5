//! One office's part of one day, what would give it more, and how much it weighs.

use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{ChannelId, OpdId, PersonId};
use crate::domain::people::{Opd, Role};
use crate::domain::text::Text;
use crate::domain::time::BroadcastDate;
use crate::engine::planner::office_what_if::what_if_office;
use crate::store::{Scope, StoreError, WeightRow};

use super::day::{DayView, RequestLook};
use super::frame::Frame;
use super::material::DayMaterial;
use super::{Cost, Desk, DeskError, PlanError, Refusal};

/// Weights that an office may have.
pub const WEIGHTS: std::ops::RangeInclusive<u32> = 1..=1000;

/// One office's part of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeDay {
    /// Whose.
    pub office: Opd,
    /// Whether the day is announced; if not this is its plan.
    pub announced: bool,
    /// Its airtime, milliseconds.
    pub airtime_ms: u64,
    /// What it would have of the day's airtime at the fair level, milliseconds.
    pub fair_ms: u64,
    /// What earlier days owe it, milliseconds; negative: it had too much.
    pub owed_ms: i64,
    /// Its requests on the day.
    pub requests: Vec<RequestLook>,
    /// What would give it more airtime if the day were planned anew, the most first.
    pub changes: Vec<Text>,
}

impl Desk {
    /// One office's part of a day; `None` where it is not seen, does not exist or, for offices, before the day is
    /// announced.
    ///
    /// # Errors
    /// [`PlanError`], when rows or the revision can't be read.
    pub fn office_day(
        &self,
        scope: Scope,
        channel: &ChannelId,
        date: BroadcastDate,
        office: OpdId,
    ) -> Result<Option<OfficeDay>, PlanError> {
        let configured = self.planned_channel(channel)?;
        let Some(office) = self.store.read(|r| r.office(scope, office))? else { return Ok(None) };
        let published = self.published_view(channel, date)?;
        let announced = published.is_some();
        let view = match (published, scope) {
            (Some(view), _) => Some(view),
            (None, Scope::All) => match self.plan_view(channel, date) {
                Err(PlanError::Over { .. }) => None,
                view => Some(view?),
            },
            (None, _) => None,
        };
        let Some(DayView { offices, requests, .. }) = view else { return Ok(None) };
        let looked = offices.into_iter().find(|look| look.office == office.id);
        let material = DayMaterial::load(self, configured, date)?;
        let (changes, owed_ms) = match Frame::of(self, configured, date, None) {
            Ok(frame) => {
                let rotation = material.rotation(&frame);
                let owed = rotation.share(office.id).credit;
                let ms = i64::try_from(frame.rate().millis(owed.unsigned_abs())).unwrap_or(i64::MAX);
                let changes = what_if_office(&rotation, office.id);
                (changes.iter().map(|so| so.text(&frame)).collect(), ms * owed.signum())
            }
            Err(PlanError::Over { .. }) => (Vec::new(), 0),
            Err(error) => return Err(error),
        };
        Ok(Some(OfficeDay {
            announced,
            airtime_ms: looked.as_ref().map_or(0, |look| look.airtime_ms),
            fair_ms: looked.as_ref().map_or(0, |look| look.fair_ms),
            owed_ms,
            requests: requests.into_iter().filter(|request| request.office == office.name).collect(),
            changes,
            office,
        }))
    }

    /// An office, and the weights that it had, the newest first.
    ///
    /// # Errors
    /// When the database would not.
    pub fn weights_of(&self, office: OpdId) -> Result<Option<(Opd, Vec<WeightRow>)>, PlanError> {
        Ok(self.store.read(|r| -> Result<_, StoreError> {
            let Some(found) = r.office(Scope::All, office)? else { return Ok(None) };
            Ok(Some((found, r.office_weights(office)?)))
        })?)
    }

    /// What another weight of an office would cost on a channel.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn cost_of_weight(&self, channel: &ChannelId, office: OpdId, weight: u32) -> Result<Cost, PlanError> {
        let weigh = |offices: &mut Vec<Opd>| {
            offices.iter_mut().filter(|o| o.id == office).for_each(|o| o.weight = weight);
        };
        self.cost(channel, |book| book, weigh)
    }

    /// Gives an office another weight in the place of the one that the person saw.
    ///
    /// # Errors
    /// Refused to whoever neither plans nor administers, and where somebody gave it another meanwhile.
    pub fn weigh_office(
        &self,
        by: PersonId,
        office: OpdId,
        seen: u32,
        weight: u32,
        reason: &str,
    ) -> Result<(), PlanError> {
        let now = self.now();
        let person = self.store.read(|r| r.person(by, now))?;
        let holds = |role| person.as_ref().is_some_and(|p| p.disabled_at.is_none() && p.holds(role));
        if !holds(Role::Scheduler) && !holds(Role::Admin) {
            return Err(DeskError::from(Refusal::NeedsRole(Role::Scheduler)).into());
        }
        let event = AuditEvent::new(AuditKind::OfficeWeighed)
            .by(by)
            .number("office", office.0)
            .number("from", i64::from(seen))
            .number("to", i64::from(weight));
        let reason = reason.trim().to_owned();
        let weighed = self.store.write(move |tx| -> Result<bool, StoreError> {
            let weighed = tx.weigh_office(office, seen, weight, &reason, by, now)?;
            if weighed {
                tx.audit(&event, now)?;
            }
            Ok(weighed)
        })?;
        if weighed { Ok(()) } else { Err(PlanError::RulesChanged) }
    }
}
