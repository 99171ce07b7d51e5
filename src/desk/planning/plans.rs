//! The plans that were made last. One rotation has one plan, to the byte, and whoever changes a day by hand asks for the
//! same one again and again: a full day of many clips takes the planner a tenth of a second.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::rotation::Rotation;
use crate::engine::planner::{self, DayPlan};

/// Plans that are kept: of the days that a few people look at. Each is some hundred kilobytes at most.
const MOST_KEPT: usize = 8;

/// The plans that were made last. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<VecDeque<(Rotation, DayPlan)>>>);

impl Plans {
    /// The plan of a day, made anew unless it is one of the last.
    pub fn of(&self, rotation: &Rotation) -> DayPlan {
        if let Some(plan) = self.kept(rotation) {
            return plan;
        }
        // Planned without the lock: two who ask at once plan twice, and nobody waits.
        let plan = planner::plan(rotation);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(MOST_KEPT - 1);
        kept.push_front((rotation.clone(), plan.clone()));
        plan
    }

    fn kept(&self, rotation: &Rotation) -> Option<DayPlan> {
        // What a thread that panicked left there is still the plan of its rotation.
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == rotation).map(|(_, plan)| plan.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rotation::Stretch;
    use std::collections::BTreeMap;

    #[test]
    fn a_plan_is_kept_for_its_own_rotation_and_the_oldest_makes_way() {
        let plans = Plans::default();
        let day = |phase| Rotation {
            open: Stretch { start: 0, end: 100 },
            fixed: Vec::new(),
            entries: Vec::new(),
            offices: BTreeMap::new(),
            groups: BTreeMap::new(),
            office_gap: 0,
            categories: Vec::new(),
            shortest_pause: 0,
            phase,
        };
        for phase in 0..=8 {
            assert_eq!(plans.of(&day(phase)), planner::plan(&day(phase)));
        }
        assert!(plans.kept(&day(8)).is_some() && plans.kept(&day(0)).is_none());
    }
}
