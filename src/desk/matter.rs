//! What a case is about: a file that should air, or a session in a studio. The steps, who does them and what follows come
//! from the case's standard; only what a step brings about differs.

use std::collections::{BTreeMap, BTreeSet};

use super::DeskError;
use super::processing::recipe_hash;
use crate::config::Config;
use crate::domain::asset::Verdict;
use crate::domain::channel::Channel;
use crate::domain::ids::CaseId;
use crate::domain::oral::OralApproval;
use crate::domain::session::{IssuedPaper, SessionRequest};
use crate::domain::standard::{Key, Requirement};
use crate::domain::studio::{Booking, SessionLog};
use crate::domain::submission::{Approval, CheckPoint, LetterDetails, Submission};
use crate::domain::time::Instant;
use crate::domain::timeline::Timeline;
use crate::store::{AlikeRow, ClipRow, InspectionRow, Job, JobKind, Reader, Scope};

use super::standing::Standing;

/// What a case is about.
#[derive(Debug, Clone)]
pub enum Matter {
    /// A file that should air.
    Airing(Box<Airing>),
    /// A session in a studio.
    Session(Box<Session>),
}

/// A file that should air, with everything that is known of it.
#[derive(Debug, Clone)]
pub struct Airing {
    /// What was filed, oldest first; never empty.
    pub submissions: Vec<Submission>,
    /// What acceptance said of the newest file; `None` while it waits.
    pub inspection: Option<InspectionRow>,
    /// The verifiers' checklist for the newest submission.
    pub checklist: Option<BTreeMap<CheckPoint, bool>>,
    /// The approval of the newest submission.
    pub approval: Option<Approval>,
    /// The head's oral word on the newest submission, in force or not.
    pub oral: Option<OralApproval>,
    /// The house file made of it.
    pub clip: Option<ClipRow>,
    /// When the newest file went because its time to be kept was over; `None` while it is here.
    pub disposed: Option<Instant>,
    /// What was found along it; `None` while it waits.
    pub timeline: Option<Timeline>,
    /// When the small pictures of it are shown.
    pub stills: Vec<u64>,
    /// Earlier requests with the same file or pictures, and where they stand: for staff alone.
    pub alikes: Vec<(AlikeRow, Standing)>,
    /// The job of inspecting it.
    pub inspect_job: Option<Job>,
    /// The job of conforming it.
    pub conform_job: Option<Job>,
    /// The job of making the copy in which people look at it.
    pub preview_job: Option<Job>,
}

/// A session in a studio, as it is asked for, and what was written about it.
#[derive(Debug, Clone)]
pub struct Session {
    /// What was filed, oldest first; never empty.
    pub requests: Vec<SessionRequest>,
    /// Papers issued about it, oldest first.
    pub papers: Vec<IssuedPaper>,
    /// Bookings made for it, oldest first, as they were written down.
    pub bookings: Vec<Booking>,
    /// What is told of the newest of them.
    pub log: SessionLog,
}

impl Airing {
    /// What was filed for a case; `None` if nothing was.
    pub(super) fn load(reader: &Reader<'_>, scope: Scope, case: CaseId) -> Result<Option<Airing>, DeskError> {
        let submissions = reader.submissions(scope, case)?;
        let Some(newest) = submissions.last() else { return Ok(None) };
        let approval = reader.approval_of(newest.id)?;
        let clip = match &approval {
            Some(approval) => reader.clip_made(approval.original, approval.recipe, &approval.channel)?,
            None => None,
        };
        Ok(Some(Airing {
            inspection: reader.inspection(newest.id)?,
            disposed: reader.disposed_at(newest.original.sha256)?,
            checklist: reader.checklist(newest.id)?,
            timeline: reader.timeline(newest.id)?,
            stills: reader.stills(newest.id)?,
            alikes: Vec::new(),
            inspect_job: reader.job(JobKind::Inspect, newest.id)?,
            conform_job: reader.job(JobKind::Conform, newest.id)?,
            preview_job: reader.job(JobKind::Preview, newest.id)?,
            oral: reader.oral_of(newest.id)?,
            submissions,
            approval,
            clip,
        }))
    }

    /// The submission that counts.
    pub fn newest(&self) -> &Submission {
        self.submissions.last().expect("it is loaded only with a submission")
    }

    /// Whether the newest file was inspected and may go on.
    pub fn file_is_fine(&self) -> bool {
        self.inspection.as_ref().is_some_and(|found| found.verdict != Verdict::Refuse)
    }

    pub(super) fn has(&self, requirement: &Requirement) -> bool {
        match requirement.kind.as_str() {
            "letter" => self.newest().letter.faults().is_empty(),
            "media" => self.file_is_fine(),
            "declaration" => self.newest().declared.contains(&requirement.id),
            _ => false,
        }
    }

    /// What gates may ask for.
    pub(super) fn facts(&self, config: &Config) -> BTreeSet<Key> {
        let newest = self.newest();
        let (Some(clip), Some(channel)) = (&self.clip, config.channels.get(&newest.channel)) else {
            return BTreeSet::new();
        };
        let facts = clip_facts(clip, &channel.channel, &newest.letter);
        facts.iter().filter_map(|fact| fact.parse::<Key>().ok()).collect()
    }
}

impl Session {
    /// What was filed for a case; `None` if nothing was.
    pub(super) fn load(reader: &Reader<'_>, scope: Scope, case: CaseId) -> Result<Option<Session>, DeskError> {
        let requests = reader.session_requests(scope, case)?;
        if requests.is_empty() {
            return Ok(None);
        }
        let bookings = reader.bookings_of(case)?;
        let log = match bookings.last() {
            Some(booking) => reader.session_log(booking.id)?,
            None => SessionLog::default(),
        };
        Ok(Some(Session { requests, papers: reader.papers(scope, case)?, bookings, log }))
    }

    /// The letter that counts.
    pub fn newest(&self) -> &SessionRequest {
        self.requests.last().expect("it is loaded only with a letter")
    }

    /// The newest paper of a document.
    pub fn paper(&self, document: &Key) -> Option<&IssuedPaper> {
        self.papers.iter().rev().find(|paper| paper.document == *document)
    }

    pub(super) fn has(&self, requirement: &Requirement) -> bool {
        requirement.kind == "letter" && self.newest().letter.faults().is_empty()
    }
}

/// What a house file lets the standard's gates know.
fn clip_facts(clip: &ClipRow, channel: &Channel, letter: &LetterDetails) -> Vec<&'static str> {
    // Measured to a tenth of a unit, so a tenth beyond the tolerance may be rounding.
    const ROUNDING_LU: f64 = 0.1;
    let mut facts = vec!["output_hash_recorded"];
    let house = channel.house;
    let off = clip.integrated_lufs.map_or(0.0, |lufs| (lufs - house.loudness_lufs).abs());
    if off <= house.loudness_tolerance_lu + ROUNDING_LU {
        facts.push("loudness_ok");
    }
    if clip.recipe == recipe_hash(channel, letter) {
        facts.push("format_ok");
    }
    facts
}
