//! Jobs that end without being done: after trouble with the file, after trouble of our own, and when whoever worked on
//! them was killed.

use chrono::TimeDelta;

use super::processing::to_technical;
use super::{Desk, DeskError};
use crate::domain::ids::JobId;
use crate::domain::text::Text;
use crate::files::at_work;
use crate::store::{JobState, Scope};

/// What stands as the trouble of a job that somebody had in hand and never ended.
const KILLED: &str = "the program that worked on it was ended";

/// How long a job waits after trouble that is not its file's, a full disk perhaps; others are worked on meanwhile.
pub const PUT_OFF: TimeDelta = TimeDelta::minutes(1);

impl Desk {
    /// Gives a job back after trouble with its file; after the third time it is given up, and the technical team is
    /// told.
    pub(super) fn give_back(&self, id: JobId, trouble: &str) -> Result<JobState, DeskError> {
        let (now, said) = (self.now(), trouble.to_owned());
        self.store.write(move |tx| {
            let Some(job) = tx.fail_job(id, &said, now)? else { return Ok(JobState::Done) };
            if job.state == JobState::Failed
                && let Some(submission) = tx.submission(Scope::All, job.submission)?
            {
                let text = Text::new(
                    format!("Pengolahan berkas permohonan {} gagal: {said}", submission.case),
                    format!("Working on the file of request {} failed: {said}", submission.case),
                );
                tx.announce(&to_technical(&submission, text), now)?;
            }
            Ok(job.state)
        })
    }

    /// Puts a job off for a while after trouble of our own. Its file is not to blame: it does not count as tried.
    pub(super) fn put_off(&self, id: JobId) {
        let until = self.now() + PUT_OFF;
        if let Err(error) = self.store.write(move |tx| tx.put_off_job(id, until)) {
            tracing::error!(%error, "a file that was not worked on is free when its lease runs out");
        }
    }

    /// Gives back what somebody had in hand and was killed: it is free at once, and counts as tried, so that a file
    /// that takes its worker down with it is not tried for ever.
    ///
    /// # Errors
    /// When the database would not.
    pub fn take_from_the_dead(&self) -> Result<(), DeskError> {
        let abandoned = at_work::abandoned(self.home()).unwrap_or_else(|error| {
            tracing::warn!(%error, "what was left lying can't be seen; it is free when its lease runs out");
            Vec::new()
        });
        for (id, _sign) in abandoned {
            let state = self.give_back(id, KILLED)?;
            tracing::warn!(job = id.0, ?state, "work that was left lying is taken up again");
        }
        Ok(())
    }
}
