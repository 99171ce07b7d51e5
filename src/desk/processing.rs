//! Work on files: inspecting what came in, conforming what was approved. Jobs survive a kill; a file is in place
//! before its row. The work itself is behind [`MediaWork`], so stories run without a decoder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256 as Hasher};

use super::cases::{CaseFile, Standards, acting_person};
use super::given_back::STOPPED;
use super::review::Procedure;
use super::token::random_name;
use super::works::UnderWay;
use super::{Desk, DeskError, Refusal};
use crate::domain::asset::{
    Clip, ConformChoice, ConformRecipe, Essence, Inspection, Reason, ReasonCode, Severity, Verdict,
};
use crate::domain::audit::{AuditEvent, AuditKind, Word};
use crate::domain::channel::Channel;
use crate::domain::ids::{CaseId, PersonId, Sha256, SubmissionId};
use crate::domain::people::{Form, Role};
use crate::domain::playlist::Nature;
use crate::domain::standard::{APPLICANT, EdgeKind};
use crate::domain::submission::{LetterDetails, MAX_PLAY_S, Submission};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::domain::timeline::Timeline;
use crate::engine::likeness::alike;
use crate::engine::procedure::{Act, Who};
use crate::files::at_work::{self, AtWork};
use crate::files::library::Making;
use crate::store::{
    Addressee, Alike, Announcement, ClipRow, InspectionRow, Job, JobKind, JobState, LEASE, LikenessRow, Scope,
    StoreError, Tx,
};

/// Decoding and encoding, in sandboxed children in the product, in a few lines in the stories.
pub trait MediaWork: Send + Sync {
    /// Decodes a whole file and judges it for a channel. A bad file is a finding, not an error.
    ///
    /// # Errors
    /// What kept the machine from doing it.
    fn inspect(&self, file: &Path, channel: &Channel, progress: Progress<'_>) -> Result<Found, MediaTrouble>;

    /// Makes the house file of an original, and inspects the result.
    ///
    /// # Errors
    /// What kept the machine from doing it, or what can't be made of the file.
    fn conform(
        &self,
        original: Original<'_>,
        recipe: &ConformRecipe,
        channel: &Channel,
        output: &Path,
        progress: Progress<'_>,
    ) -> Result<Found, MediaTrouble>;

    /// Makes what people look at in place of an original, framed as the channel's wall will frame it.
    ///
    /// # Errors
    /// What kept the machine from doing it, or what can't be made of the file.
    fn preview(
        &self,
        original: Original<'_>,
        recipe: &ConformRecipe,
        to: &Making,
        progress: Progress<'_>,
    ) -> Result<(), MediaTrouble>;
}

/// Gets percent of a work, and returns `false` to stop it.
pub type Progress<'a> = &'a mut (dyn FnMut(u8) -> bool + Send);

/// An office's file, with what its inspection found; without that it is inspected again.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// Where it lies.
    pub path: &'a Path,
    /// What was found.
    pub essence: Option<&'a Essence>,
}

/// What was found in a file, and what acceptance says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The facts.
    pub inspection: Inspection,
    /// What making something of it has to know; `None` where there is no picture.
    pub essence: Option<Essence>,
    /// What becomes of the file.
    pub verdict: Verdict,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// What kept a file from being worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MediaTrouble(pub String);

/// A job that was worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// Which.
    pub job: Job,
    /// How far it is now.
    pub state: JobState,
    /// What went wrong, if something did.
    pub trouble: Option<String>,
}

/// Earlier clips that are named as being like a new one: more would bury the verifier.
const MOST_ALIKES: usize = 5;
/// Longest trouble that is kept of a failed attempt, characters.
const MAX_TROUBLE_CHARS: usize = 500;
/// A picture that stands for all but this much of its time is a still by nature, thousandths.
const STILL_PER_MILLE: u64 = 900;

/// The way in which a channel makes its house file of what came with a letter: a still is shown as long as one play.
pub fn recipe_of(channel: &Channel, letter: &LetterDetails) -> ConformRecipe {
    let choice = ConformChoice { framing: letter.framing.unwrap_or(channel.conforming.framing), ..channel.conforming };
    ConformRecipe::chosen(channel.house, choice, letter.play_s.clamp(1, MAX_PLAY_S))
}

/// What names that way. An approval binds it.
pub fn recipe_hash(channel: &Channel, letter: &LetterDetails) -> Sha256 {
    Sha256(Hasher::digest(recipe_of(channel, letter).canonical().as_bytes()).into())
}

/// What a house file is like by nature: what the watch over the air may expect.
fn nature_of(found: &Inspection) -> Nature {
    let standing: u64 = found.measured.freeze.iter().map(|span| span.length_ms()).sum();
    let still = found.video.as_ref().is_some_and(|v| v.still)
        || (found.duration_ms > 0 && standing * 1000 >= found.duration_ms * STILL_PER_MILLE);
    Nature { has_sound: found.audio.is_some() && found.measured.integrated_lufs.is_some(), still }
}

impl Desk {
    /// Works on the oldest free job, or on that of one submission; `None` if there is none.
    ///
    /// # Errors
    /// When the database or the disk would not. Trouble with the file itself is in [`Worked`].
    pub fn work(&self, media: &dyn MediaWork, only: Option<SubmissionId>) -> Result<Option<Worked>, DeskError> {
        self.take_from_the_dead()?;
        let now = self.now();
        let Some(job) = self.store.write(move |tx| tx.take_job(only, now))? else { return Ok(None) };
        // Without the sign, on a full disk perhaps, a kill costs the length of the lease.
        let _sign = AtWork::begin(self.home(), job.id)
            .inspect_err(|error| tracing::warn!(%error, "no sign can be set that a file is worked on"));
        let under = self.works.begin(job.id);
        if under.is_ending() {
            self.hand_back(job.id);
            return Ok(None);
        }
        let mut progress = self.progress(&job, &under);
        let worked = match job.kind {
            JobKind::Inspect => self.inspect(media, &job, &mut progress),
            JobKind::Conform => self.conform(media, &job, &mut progress),
            JobKind::Preview => self.preview(media, &job, &mut progress),
        };
        match worked {
            Err(Trouble::File(_)) if under.was_stopped() => {
                self.store.write(move |tx| tx.stop_job(job.id, STOPPED, now))?;
                Ok(Some(Worked { job, state: JobState::Failed, trouble: Some(STOPPED.into()) }))
            }
            Err(Trouble::File(_)) if under.is_ending() => {
                self.hand_back(job.id);
                Ok(None)
            }
            Ok(()) => Ok(Some(Worked { job, state: JobState::Done, trouble: None })),
            Err(Trouble::Desk(error)) => {
                self.put_off(job.id);
                Err(error)
            }
            Err(Trouble::File(said)) => {
                let trouble: String = said.chars().take(MAX_TROUBLE_CHARS).collect();
                let state = self.give_back(job.id, &trouble)?;
                Ok(Some(Worked { job, state, trouble: Some(trouble) }))
            }
        }
    }

    /// Tells pages how far a job is and keeps its lease, which is shorter than some jobs take.
    fn progress<'a>(&'a self, job: &Job, under: &'a UnderWay) -> impl FnMut(u8) -> bool + Send + use<'a> {
        let (id, mut renewed) = (job.id, self.now());
        move |percent| {
            let now = self.now();
            if now - renewed > LEASE / 2 {
                renewed = now;
                if let Err(error) = self.store.write(move |tx| tx.renew_job(id, now)) {
                    tracing::warn!(%error, "the lease of a work could not be renewed");
                }
            }
            under.at(percent)
        }
    }

    /// Works until no job is free; returns how many were worked on.
    ///
    /// # Errors
    /// When the database or the disk would not.
    pub fn work_all(&self, media: &dyn MediaWork) -> Result<usize, DeskError> {
        let mut worked = 0;
        while self.work(media, None)?.is_some() {
            worked += 1;
        }
        Ok(worked)
    }

    fn submission_and_channel(&self, id: SubmissionId) -> Result<(Submission, Channel), Trouble> {
        let found = self.store.read(|r| r.submission(Scope::All, id)).map_err(DeskError::from)?;
        let submission = found.ok_or_else(|| Trouble::File(format!("submission {id} is gone")))?;
        let channel = self.config.channels.get(&submission.channel);
        let channel = channel.ok_or_else(|| Trouble::File(format!("channel {} is gone", submission.channel)))?;
        Ok((submission, channel.channel.clone()))
    }

    fn inspect(&self, media: &dyn MediaWork, job: &Job, progress: Progress<'_>) -> Result<(), Trouble> {
        let (submission, channel) = self.submission_and_channel(job.submission)?;
        let found = media.inspect(&self.library.original(submission.original.sha256), &channel, progress)?;
        if found.inspection.sha256 != submission.original.sha256 {
            return Err(Trouble::File("the file in media/inbox is not the one that was uploaded".into()));
        }
        if let Some(essence) = found.essence.as_ref().filter(|_| found.verdict != Verdict::Refuse) {
            self.library.keep_essence(submission.original.sha256, essence).map_err(DeskError::from)?;
        }
        let alikes = self.alikes(&submission, &found.inspection)?;
        let (now, job, procedure) = (self.now(), job.id, self.procedure()?);
        self.store.write(move |tx| {
            let (timeline, measured) = (Timeline::of(&found.inspection), &found.inspection.measured);
            tx.set_timeline(submission.id, &timeline, &measured.likeness, &measured.stills, &alikes)?;
            let row = InspectionRow {
                verdict: found.verdict,
                duration_ms: found.inspection.duration_ms,
                has_sound: found.inspection.audio.is_some(),
                reasons: found.reasons,
                at: now,
            };
            tx.set_inspection(submission.id, &row)?;
            tx.finish_job(job, now)?;
            if row.verdict != Verdict::Refuse {
                // A job of its own: the case goes on whatever becomes of it.
                tx.queue_job(JobKind::Preview, submission.id, now)?;
            }
            let event = AuditEvent::new(AuditKind::Inspected).number("case", submission.case.0);
            let event = event.number("submission", submission.id.0).hash("original", submission.original.sha256);
            let verdict = Word::new(row.verdict.as_str()).expect("verdicts are plain words");
            tx.audit(&event.word("verdict", verdict), now)?;
            move_on(tx, &procedure, &submission, &row, now)
        })?;
        Ok(())
    }

    /// Earlier clips of other requests that are this file, or show the same pictures; the likest first.
    fn alikes(&self, submission: &Submission, found: &Inspection) -> Result<Vec<Alike>, DeskError> {
        let earlier = self.store.read(|r| r.likenesses(submission.id))?;
        let alike = |row: LikenessRow| {
            let same_file = row.original == submission.original.sha256;
            let percent = if same_file { Some(100) } else { alike(&row.likeness, &found.measured.likeness) };
            Some(Alike { earlier: row.submission, same_file, percent: percent? })
        };
        let mut alikes: Vec<Alike> = earlier.into_iter().filter_map(alike).collect();
        alikes.sort_by_key(|alike| std::cmp::Reverse((alike.same_file, alike.percent, alike.earlier)));
        alikes.truncate(MOST_ALIKES);
        Ok(alikes)
    }

    fn conform(&self, media: &dyn MediaWork, job: &Job, progress: Progress<'_>) -> Result<(), Trouble> {
        let (submission, channel) = self.submission_and_channel(job.submission)?;
        let recipe = recipe_hash(&channel, &submission.letter);
        let approval = self.store.read(|r| r.approval_of(submission.id)).map_err(DeskError::from)?;
        let oral = self.store.read(|r| r.oral_of(submission.id)).map_err(DeskError::from)?;
        let (now, id, original) = (self.now(), job.id, submission.original.sha256);
        let signed = approval.is_some_and(|a| a.revoked.is_none() && a.recipe == recipe && a.original == original);
        let said = oral.is_some_and(|o| o.in_force(now) && o.recipe == recipe && o.original == original);
        if !signed && !said {
            // Nothing may be made without a word that binds this very recipe; a new one asks for a new job.
            self.store.write(move |tx| tx.finish_job(id, now)).map_err(DeskError::from)?;
            return Ok(());
        }
        if self.is_made(&submission, recipe)? {
            // The same clip for a new period: its house file stands since the last time.
            let finish = move |tx: &mut Tx<'_>| -> Result<(), DeskError> {
                tx.finish_job(id, now)?;
                Ok(tell_made(tx, &submission, now)?)
            };
            return Ok(self.store.write(finish)?);
        }
        let making = self.library.making(&random_name()?).map_err(DeskError::from)?;
        let (path, essence) = self.original(&submission);
        let original = Original { path: &path, essence: essence.as_ref() };
        let way = recipe_of(&channel, &submission.letter);
        let found = media.conform(original, &way, &channel, &making.path, progress)?;
        if found.verdict != Verdict::Accept {
            let said: Vec<String> = found
                .reasons
                .iter()
                .filter(|r| r.severity >= Severity::Corrected)
                .map(|r| format!("{}: {}", r.code.as_str(), r.text.en))
                .collect();
            return Err(Trouble::File(format!("the house file is not in house format: {}", said.join("; "))));
        }
        let frames = found.inspection.video.as_ref().map_or(0, |v| v.frames);
        if frames == 0 {
            return Err(Trouble::File("the house file has no pictures".into()));
        }
        let (sha256, bytes) = self.library.keep(&making).map_err(DeskError::from)?;
        let inspected = self.store.read(|r| r.inspection(submission.id)).map_err(DeskError::from)?;
        let was_still = inspected.is_some_and(|i| i.reasons.iter().any(|r| r.code == ReasonCode::Still));
        let mut nature = nature_of(&found.inspection);
        // Coded as a film, a picture trembles at each key frame, and would not be found to stand.
        nature.still |= was_still;
        let clip = Clip { sha256, original: submission.original.sha256, frames, nature };
        let row = ClipRow {
            clip,
            recipe,
            channel: channel.id.clone(),
            bytes,
            integrated_lufs: found.inspection.measured.integrated_lufs,
            made_at: self.now(),
        };
        self.store
            .write(move |tx| {
                tx.add_clip(&row)?;
                tx.finish_job(id, row.made_at)?;
                let event = AuditEvent::new(AuditKind::Conformed).number("case", submission.case.0);
                let event = event.number("submission", submission.id.0).hash("original", row.clip.original);
                tx.audit(&event.hash("clip", sha256).hash("recipe", recipe), row.made_at)?;
                tell_made(tx, &submission, row.made_at)
            })
            .map_err(DeskError::from)?;
        Ok(())
    }

    /// Whether the house file that a recipe makes of a submission's file lies there whole.
    fn is_made(&self, submission: &Submission, recipe: Sha256) -> Result<bool, DeskError> {
        let (original, channel) = (submission.original.sha256, &submission.channel);
        let made = self.store.read(|r| r.clip_made(original, recipe, channel))?;
        Ok(made.is_some_and(|made| {
            let file = self.library.house(made.clip.sha256);
            std::fs::metadata(file).is_ok_and(|file| file.len() == made.bytes)
        }))
    }

    fn original(&self, submission: &Submission) -> (PathBuf, Option<Essence>) {
        let sha256 = submission.original.sha256;
        (self.library.original(sha256), self.library.essence(sha256))
    }

    fn preview(&self, media: &dyn MediaWork, job: &Job, progress: Progress<'_>) -> Result<(), Trouble> {
        let (now, id, job_submission) = (self.now(), job.id, job.submission);
        loop {
            let (submission, channel) = self.submission_and_channel(job_submission)?;
            let framed = submission.framed();
            // The same bytes filed again look the same.
            if !self.library.preview(framed).exists() {
                let making = self.library.making_preview(&random_name()?).map_err(DeskError::from)?;
                let (path, essence) = self.original(&submission);
                let looked_at = Original { path: &path, essence: essence.as_ref() };
                media.preview(looked_at, &recipe_of(&channel, &submission.letter), &making, &mut *progress)?;
                self.library.keep_preview(&making, framed).map_err(DeskError::from)?;
            }
            let finish = move |tx: &mut Tx<'_>| -> Result<bool, DeskError> {
                let newest = tx.submission(Scope::All, job_submission)?;
                // Somebody may have chosen otherwise meanwhile.
                let still_so = newest.is_none_or(|newest| newest.framed() == framed);
                if still_so {
                    tx.finish_job(id, now)?;
                }
                Ok(still_so)
            };
            if self.store.write(finish)? {
                return Ok(());
            }
        }
    }

    /// Stops the work on one submission's file: what is under way here, and what waits. It can be asked for again. The
    /// technical team and an administrator may.
    ///
    /// # Errors
    /// Refused without such a role, and where there is no such submission.
    pub fn stop_work(&self, by: PersonId, submission: SubmissionId) -> Result<(), DeskError> {
        let (now, works, home) = (self.now(), self.works.clone(), self.home().to_owned());
        self.store.write(move |tx| {
            let case = case_of_technician(tx, by, submission, now)?;
            let mut stopped = 0;
            for kind in JobKind::ALL {
                let Some(job) = tx.job(kind, submission)?.filter(|job| job.state == JobState::Waiting) else {
                    continue;
                };
                let free = job.lease_until.is_none_or(|until| until <= now) || !at_work::is_held(&home, job.id);
                // What another process works on it alone can stop.
                if works.stop(job.id) {
                    stopped += 1;
                } else if free {
                    tx.stop_job(job.id, STOPPED, now)?;
                    stopped += 1;
                }
            }
            if stopped > 0 {
                let event = AuditEvent::new(AuditKind::WorkStopped).by(by).number("case", case.0);
                tx.audit(&event.number("submission", submission.0).number("jobs", stopped), now)?;
            }
            Ok(())
        })
    }

    /// Asks again for jobs that were given up, for one submission. The technical team and an administrator may.
    ///
    /// # Errors
    /// Refused without such a role, and where there is no such submission.
    pub fn retry(&self, by: PersonId, submission: SubmissionId) -> Result<(), DeskError> {
        let now = self.now();
        self.store.write(move |tx| {
            let case = case_of_technician(tx, by, submission, now)?;
            let mut asked = 0;
            for kind in JobKind::ALL {
                if tx.job(kind, submission)?.is_some_and(|job| job.state == JobState::Failed) {
                    tx.queue_job(kind, submission, now)?;
                    asked += 1;
                }
            }
            if asked > 0 {
                let event = AuditEvent::new(AuditKind::WorkRetried).by(by).number("case", case.0);
                tx.audit(&event.number("submission", submission.0).number("jobs", asked), now)?;
            }
            Ok(())
        })
    }
}

/// Tells whoever goes on with it that the house file is there: the technical team, or those who put it on the wall
/// while the paper is still to come.
fn tell_made(tx: &mut Tx<'_>, submission: &Submission, now: Instant) -> Result<(), StoreError> {
    if tx.approval_of(submission.id)?.is_some() {
        return tx.announce(&to_technical(submission, made_text(submission)), now);
    }
    let case = submission.case;
    for role in [Role::Scheduler, Role::Operator] {
        let body = Text::new(
            format!("Berkas siap tayang permohonan {case} sudah jadi. Tetapkan tayangannya atas persetujuan lisan."),
            format!("The house file of request {case} is made. Order its plays on the oral approval."),
        );
        tx.announce(&Announcement { to: Addressee::Role(role), ..to_technical(submission, body) }, now)?;
    }
    Ok(())
}

/// That the house file is there.
fn made_text(submission: &Submission) -> Text {
    Text::new(
        format!("Berkas siap tayang permohonan {} sudah jadi. Periksa dan teruskan.", submission.case),
        format!("The house file of request {} is made. Look at it and pass it on.", submission.case),
    )
}

/// Why a job was not done: the desk's own trouble ends the work, the file's is noted on the job.
enum Trouble {
    Desk(DeskError),
    File(String),
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Trouble {
        Trouble::Desk(error)
    }
}

impl From<MediaTrouble> for Trouble {
    fn from(trouble: MediaTrouble) -> Trouble {
        Trouble::File(trouble.0)
    }
}

/// The request of a submission, for those who steer the machine's work: the technical team, and an administrator.
fn case_of_technician(
    tx: &mut Tx<'_>,
    by: PersonId,
    submission: SubmissionId,
    now: Instant,
) -> Result<CaseId, DeskError> {
    let person = acting_person(tx, by, now)?;
    if !person.holds(Role::Technical) && !person.holds(Role::Admin) {
        return Err(Refusal::NeedsRole(Role::Technical).into());
    }
    let not_found = || Refusal::NotFound { what: Text::new("Berkas itu", "That file") };
    Ok(tx.submission(Scope::All, submission)?.ok_or_else(not_found)?.case)
}

pub(super) fn to_technical(submission: &Submission, body: Text) -> Announcement {
    let subject = Text::new(format!("Permohonan {}", submission.case), format!("Request {}", submission.case));
    Announcement { to: Addressee::Role(Role::Technical), case: Some(submission.case), subject, body }
}

/// After an inspection: a fine file goes on as its applicant wished, a refused one goes back with its reasons.
pub(super) fn move_on(
    tx: &mut Tx<'_>,
    procedure: &Procedure,
    submission: &Submission,
    row: &InspectionRow,
    now: Instant,
) -> Result<(), DeskError> {
    let standards: &Standards = &procedure.standards;
    let found = CaseFile::load(tx, standards, Scope::All, submission.case)?;
    let Some(step) = found.step().filter(|s| s.actor.as_str() == APPLICANT) else { return Ok(()) };
    if found.airing()?.newest().id != submission.id {
        return Ok(());
    }
    if row.verdict == Verdict::Refuse {
        let reasons = row.reasons.iter().filter(|r| r.severity == Severity::Fail);
        let (id, en): (Vec<_>, Vec<_>) = reasons.map(|r| (r.text.id.as_str(), r.text.en.as_str())).unzip();
        let (case, title) = (submission.case, &submission.letter.title);
        let announcement = Announcement {
            to: Addressee::Office(submission.office),
            case: Some(case),
            subject: Text::new(
                format!("Berkas permohonan {case} ditolak"),
                format!("The file of request {case} was refused"),
            ),
            body: Text::new(
                format!("{title}: {} Unggah berkas lain pada permohonan itu.", id.join(" ")),
                format!("{title}: {} Upload another file to that request.", en.join(" ")),
            ),
        };
        return Ok(tx.announce(&announcement, now)?);
    }
    let case = found.case()?;
    let usual = case.offers().into_iter().find(|offer| offer.kind == EdgeKind::Next).map(|offer| offer.key);
    let act = Act { step: step.id.as_str(), choice: usual.as_deref(), reason: None, version: None };
    // The applicant asked for this by filing; only the inspection had to be waited for.
    let applicant = Who::Person { positions: [(step.actor.clone(), Form::Definitif)].into(), is_applicant: true };
    match case.act(act, &applicant, &found.facts(&procedure.config)) {
        Ok(done) => {
            procedure.carry_out(tx, &found, &done, Some(submission.filed_by), None, now)?;
            procedure.register(tx, submission.case, now)
        }
        Err(refused) => {
            // Something else is missing, a declaration perhaps: the office is told what.
            let announcement = Announcement {
                to: Addressee::Office(submission.office),
                case: Some(submission.case),
                subject: Text::new(
                    format!("Permohonan {} belum lengkap", submission.case),
                    format!("Request {} is not complete", submission.case),
                ),
                body: Refusal::Procedure(refused).text(),
            };
            Ok(tx.announce(&announcement, now)?)
        }
    }
}
