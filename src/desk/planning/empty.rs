//! A plan that airs nothing anybody asked for: why that is so, and that nobody publishes it without wanting to. Once
//! published it is announced, and what is announced and near does not change any more.

use super::PlanError;
use crate::desk::Desk;
use crate::desk::cases::CaseFile;
use crate::desk::standing::Standing;
use crate::domain::ids::{CaseId, ChannelId};
use crate::domain::time::BroadcastDate;
use crate::store::Scope;

/// What to do with a plan that has no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenEmpty {
    /// Refuse it and say what waits.
    Refuse,
    /// Publish it: someone wants the wall to show fill alone.
    Publish,
}

/// A request for the day that can't be planned yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The request.
    pub case: CaseId,
    /// Title of its clip.
    pub title: String,
    /// Where it stands.
    pub standing: Standing,
}

/// Steps of `ds.videotron` before a clip can be planned.
pub(super) const BEFORE_PLANNING: [&str; 6] = ["submit", "register", "verify", "revise", "approve", "process"];

impl Desk {
    /// Requests whose period holds the day and that can't be planned yet; the furthest first.
    pub(super) fn waiting_for(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Vec<Waiting>, PlanError> {
        let found = self.store.read(|r| -> Result<_, PlanError> {
            let mut waiting = Vec::new();
            for asked in r.asked(channel)?.into_iter().filter(|a| (a.first_day..=a.last_day).contains(&date)) {
                let Some(step) = BEFORE_PLANNING.iter().position(|step| *step == asked.step.as_str()) else { continue };
                let found = CaseFile::load(r, &self.standards, Scope::All, asked.case)?;
                waiting.push((step, Waiting { case: asked.case, title: asked.title, standing: found.standing() }));
            }
            Ok(waiting)
        });
        let mut waiting = found?;
        waiting.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
        Ok(waiting.into_iter().map(|(_, waiting)| waiting).collect())
    }
}
