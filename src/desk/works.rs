//! What is being worked on at this moment, for whoever looks at a page: how far it is, and the wish that it stop. Lives
//! in memory alone: after a kill nothing is being worked on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ids::JobId;

/// The work of one process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Works(Arc<Mutex<All>>);

#[derive(Debug, Default)]
struct All {
    under: BTreeMap<JobId, Under>,
    /// This process ends: what is under way stops, and nothing begins.
    ending: bool,
}

#[derive(Debug, Default)]
struct Under {
    percent: u8,
    stop: bool,
}

/// One job under way; forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    works: Works,
    job: JobId,
}

impl Works {
    pub(super) fn begin(&self, job: JobId) -> UnderWay {
        self.all().under.insert(job, Under::default());
        UnderWay { works: self.clone(), job }
    }

    /// How far a job is, percent; `None` if it is not under way in this process.
    pub fn percent(&self, job: JobId) -> Option<u8> {
        self.all().under.get(&job).map(|under| under.percent)
    }

    /// Asks a job to stop; whether it is under way in this process.
    pub(super) fn stop(&self, job: JobId) -> bool {
        self.all().under.get_mut(&job).map(|under| under.stop = true).is_some()
    }

    /// Asks every job to stop, because this process ends.
    pub(super) fn end(&self) {
        self.all().ending = true;
    }

    /// What is under way.
    pub(super) fn under_way(&self) -> Vec<JobId> {
        self.all().under.keys().copied().collect()
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// Notes how far it is; whether it may go on.
    pub(super) fn at(&self, percent: u8) -> bool {
        let mut all = self.works.all();
        let ending = all.ending;
        all.under.get_mut(&self.job).is_none_or(|under| {
            under.percent = percent.min(100);
            !under.stop && !ending
        })
    }

    /// Whether a person stopped it.
    pub(super) fn was_stopped(&self) -> bool {
        self.works.all().under.get(&self.job).is_some_and(|under| under.stop)
    }

    /// Whether this process ends.
    pub(super) fn is_ending(&self) -> bool {
        self.works.all().ending
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.works.all().under.remove(&self.job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_sees_how_far_a_job_is_and_can_stop_it_while_it_runs() {
        let works = Works::default();
        let under = works.begin(JobId(7));
        assert!(under.at(40));
        assert_eq!(works.percent(JobId(7)), Some(40));
        assert!(works.stop(JobId(7)));
        assert!(!under.at(41) && under.was_stopped());
        drop(under);
        assert!(!works.stop(JobId(7)) && works.percent(JobId(7)).is_none());
    }
}
