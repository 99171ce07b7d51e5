//! Jobs that end without being done: after trouble with the file, after trouble of our own, and when whoever worked on
//! them was killed.

use chrono::TimeDelta;

use super::processing::to_technical;
use super::{Desk, DeskError};
use crate::domain::ids::JobId;
use crate::domain::text::Text;
use crate::files::at_work;
use crate::store::{JobState, Scope};

/// What stands as the trouble of a job that a person stopped.
pub(super) const STOPPED: &str = "stopped on request";
/// What stands as the trouble of a job that somebody had in hand and never ended.
const KILLED: &str = "the program that worked on it was ended";

/// How long a job waits after trouble that is not its file's, a full disk perhaps; others are worked on meanwhile.
pub const PUT_OFF: TimeDelta = TimeDelta::minutes(1);

/// What a person reads of a job's trouble. What a tool said is the same in every language.
pub fn trouble_text(trouble: &str) -> Text {
    match trouble {
        STOPPED => Text::new("dihentikan atas permintaan", STOPPED),
        KILLED => Text::new("program yang mengerjakannya terhenti", KILLED),
        said => Text::new(said, said),
    }
}

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
                let (case, said) = (submission.case, trouble_text(&said));
                let text = Text::new(
                    format!("Pengolahan berkas permohonan {case} gagal: {}", said.id),
                    format!("Working on the file of request {case} failed: {}", said.en),
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

    /// Hands a job on to whoever comes next, because this process ends: it is free at once and does not count as tried.
    pub(super) fn hand_back(&self, id: JobId) {
        if let Err(error) = self.store.write(move |tx| tx.hand_back_job(id)) {
            tracing::error!(%error, "a file that is not worked on to its end counts as tried");
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
