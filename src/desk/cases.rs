//! A case with everything that bears on it, loaded for whoever asks: what waits, who may do it, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::processing::recipe_hash;
use super::standing::Standing;
use super::{Desk, DeskError, Refusal};
use crate::config::Config;
use crate::domain::asset::Verdict;
use crate::domain::channel::Channel;
use crate::domain::ids::{CaseId, OpdId, PersonId, Sha256, SubmissionId};
use crate::domain::people::{Form, Person, Role};
use crate::domain::standard::{Key, ServiceStandard, Step};
use crate::domain::submission::{Approval, CheckPoint, LetterDetails, Submission};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::domain::timeline::Timeline;
use crate::engine::procedure::{Case, Facts, Offer, Refused, Who};
use crate::files::sop;
use crate::store::{AlikeRow, CaseRow, ClipRow, InspectionRow, Job, JobKind, MoveRow, Reader, Scope};

/// Definitions in use, judged once each.
#[derive(Clone)]
pub(super) struct Standards {
    home: PathBuf,
    judged: Arc<Mutex<BTreeMap<Sha256, Arc<ServiceStandard>>>>,
}

impl Standards {
    pub(super) fn new(home: PathBuf) -> Standards {
        Standards { home, judged: Arc::default() }
    }

    /// The videotron's definition of this moment, with its text.
    pub(super) fn current(&self) -> Result<sop::Written, DeskError> {
        sop::videotron(&self.home).map_err(DeskError::Standard)
    }

    fn pinned(&self, reader: &Reader<'_>, sha256: Sha256) -> Result<Arc<ServiceStandard>, DeskError> {
        let known = || self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standard) = known().get(&sha256) {
            return Ok(standard.clone());
        }
        let text = reader.standard_text(sha256)?.unwrap_or_default();
        let positions = sop::positions(&self.home).map_err(DeskError::Standard)?;
        let standard = Arc::new(sop::parse(&text, &positions).map_err(DeskError::Standard)?);
        known().insert(sha256, standard.clone());
        Ok(standard)
    }
}

/// A case with everything that bears on it.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The case.
    pub row: CaseRow,
    /// The definition to which it is pinned.
    pub standard: Arc<ServiceStandard>,
    /// The acts that moved it, in order.
    pub moves: Vec<MoveRow>,
    /// What was filed, oldest first.
    pub submissions: Vec<Submission>,
    /// What acceptance said of the newest file; `None` while it waits.
    pub inspection: Option<InspectionRow>,
    /// The verifiers' checklist for the newest submission.
    pub checklist: Option<BTreeMap<CheckPoint, bool>>,
    /// The approval of the newest submission.
    pub approval: Option<Approval>,
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

/// What a person may do about a case.
#[derive(Debug, Clone)]
pub struct Options {
    /// What waits to be done; `None` if the case has ended.
    pub action: Option<Text>,
    /// Who does it, as titled.
    pub by: String,
    /// Whether this person may, and in which form, or why not.
    pub may_act: Result<Form, Refused>,
    /// The ways on.
    pub offers: Vec<Offer>,
}

impl CaseFile {
    pub(super) fn load(
        reader: &Reader<'_>,
        standards: &Standards,
        scope: Scope,
        id: CaseId,
    ) -> Result<CaseFile, DeskError> {
        let not_found = || Refusal::NotFound { what: Text::new("Permohonan itu", "That request") };
        let row = reader.case(scope, id)?.ok_or_else(not_found)?;
        let standard = standards.pinned(reader, row.standard)?;
        let submissions = reader.submissions(scope, id)?;
        let newest = submissions.last().ok_or_else(not_found)?;
        let approval = reader.approval_of(newest.id)?;
        let clip = match &approval {
            Some(approval) => reader.clip_made(approval.original, approval.recipe, &approval.channel)?,
            None => None,
        };
        Ok(CaseFile {
            moves: reader.moves(scope, id)?,
            inspection: reader.inspection(newest.id)?,
            disposed: reader.disposed_at(newest.original.sha256)?,
            checklist: reader.checklist(newest.id)?,
            timeline: reader.timeline(newest.id)?,
            stills: reader.stills(newest.id)?,
            alikes: Vec::new(),
            inspect_job: reader.job(JobKind::Inspect, newest.id)?,
            conform_job: reader.job(JobKind::Conform, newest.id)?,
            preview_job: reader.job(JobKind::Preview, newest.id)?,
            row,
            standard,
            submissions,
            approval,
            clip,
        })
    }

    /// The submission that counts.
    pub fn newest(&self) -> &Submission {
        self.submissions.last().expect("a case file is loaded only with a submission")
    }

    /// Where it stands, by its moves.
    ///
    /// # Errors
    /// When the moves in the database do not fit the definition.
    pub fn case(&self) -> Result<Case<'_>, DeskError> {
        let moves = self.moves.iter().map(|m| (m.from.clone(), m.to.clone(), m.kind));
        let case = Case::replay(&self.standard, moves);
        let case = case.map_err(|version| DeskError::Contradiction { case: self.row.id, version })?;
        if case.at() == &self.row.step && case.version() == self.row.version {
            Ok(case)
        } else {
            Err(DeskError::Contradiction { case: self.row.id, version: self.row.version })
        }
    }

    /// The step that waits; `None` if the case has ended.
    pub fn step(&self) -> Option<&Step> {
        self.standard.step(&self.row.step)
    }

    /// Whether the newest file was inspected and may go on.
    pub fn file_is_fine(&self) -> bool {
        self.inspection.as_ref().is_some_and(|found| found.verdict != Verdict::Refuse)
    }

    /// What a person may do about it.
    ///
    /// # Errors
    /// When the moves in the database do not fit the definition.
    pub fn options(&self, person: &Person) -> Result<Options, DeskError> {
        let case = self.case()?;
        let step = case.step();
        Ok(Options {
            action: step.map(|s| s.action.text()),
            by: step.map(|s| self.standard.title_of(&s.actor).to_owned()).unwrap_or_default(),
            may_act: case.may_act(&who(person, self.row.office)),
            offers: case.offers(),
        })
    }

    pub(super) fn facts(&self, config: &Config) -> Facts {
        let newest = self.newest();
        let met = self.standard.as_written().requirements.iter().filter(|r| match r.kind.as_str() {
            "letter" => newest.letter.faults().is_empty(),
            "media" => self.file_is_fine(),
            "declaration" => newest.declared.contains(&r.id),
            _ => false,
        });
        let mut facts = BTreeSet::new();
        if let (Some(clip), Some(channel)) = (&self.clip, config.channels.get(&newest.channel)) {
            facts.extend(
                clip_facts(clip, &channel.channel, &newest.letter).iter().filter_map(|fact| fact.parse::<Key>().ok()),
            );
        }
        Facts { met: met.map(|r| r.id.clone()).collect(), facts }
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

/// A person as the procedure sees him or her.
pub(super) fn who(person: &Person, office: OpdId) -> Who {
    let mut positions = BTreeMap::new();
    for appointment in &person.appointments {
        let Some(actor) = appointment.role.actor().and_then(|actor| actor.parse::<Key>().ok()) else { continue };
        let form = positions.entry(actor).or_insert(appointment.form);
        *form = appointment.form.min(*form);
    }
    Who::Person { positions, is_applicant: person.holds(Role::Office) && person.office == Some(office) }
}

/// Whose cases a person sees: staff all, an office its own.
///
/// # Errors
/// Refused for someone who holds no role.
pub fn scope_of(person: &Person) -> Result<Scope, Refusal> {
    if person.is_staff() {
        return Ok(Scope::All);
    }
    let office = person.office.filter(|_| person.holds(Role::Office));
    office.map(Scope::Office).ok_or(Refusal::NeedsRole(Role::Office))
}

pub(super) fn acting_person(reader: &Reader<'_>, id: PersonId, now: Instant) -> Result<Person, DeskError> {
    let person = reader.person(id, now)?.filter(|p| p.disabled_at.is_none());
    Ok(person.ok_or(Refusal::NotFound { what: Text::new("Orang itu", "That person") })?)
}

impl Desk {
    /// A case as a person may see it; another office's is not found.
    ///
    /// # Errors
    /// Refused if it is not there for this person.
    pub fn case_file(&self, person: &Person, id: CaseId) -> Result<CaseFile, DeskError> {
        let scope = scope_of(person)?;
        self.store.read(|r| {
            let mut found = CaseFile::load(r, &self.standards, scope, id)?;
            if scope == Scope::All {
                for row in r.alikes(found.newest().id)? {
                    let earlier = CaseFile::load(r, &self.standards, scope, row.case)?;
                    found.alikes.push((row, earlier.standing()));
                }
            }
            Ok(found)
        })
    }

    /// A small picture of a submission's file; `None` if there is none at that time.
    ///
    /// # Errors
    /// When the database would not.
    pub fn still(&self, submission: SubmissionId, at_ms: u64) -> Result<Option<Vec<u8>>, DeskError> {
        Ok(self.store.read(|r| r.still(submission, at_ms))?)
    }

    /// A case whoever asks: the console, where whoever holds the machine may see everything.
    ///
    /// # Errors
    /// Refused if it is not there.
    pub fn any_case_file(&self, id: CaseId) -> Result<CaseFile, DeskError> {
        self.store.read(|r| CaseFile::load(r, &self.standards, Scope::All, id))
    }

    /// Cases that a person may see, newest first, with where each truly stands.
    ///
    /// # Errors
    /// Refused for someone who holds no role.
    pub fn cases_with_standings(&self, person: &Person) -> Result<Vec<(CaseRow, Standing)>, DeskError> {
        let scope = scope_of(person)?;
        self.store.read(|r| self.standings_of(r, scope, r.cases(scope)?))
    }

    /// Every case, newest first, with where each truly stands: the console.
    ///
    /// # Errors
    /// When the database would not.
    pub fn all_cases_with_standings(&self) -> Result<Vec<(CaseRow, Standing)>, DeskError> {
        self.store.read(|r| self.standings_of(r, Scope::All, r.cases(Scope::All)?))
    }

    fn standings_of(
        &self,
        r: &Reader<'_>,
        scope: Scope,
        rows: Vec<CaseRow>,
    ) -> Result<Vec<(CaseRow, Standing)>, DeskError> {
        let state = |row: CaseRow| {
            let state = match Standing::of_ended(&row) {
                Some(ended) => ended,
                None => CaseFile::load(r, &self.standards, scope, row.id)?.standing(),
            };
            Ok((row, state))
        };
        rows.into_iter().map(state).collect()
    }

    /// Cases that a person may see, newest first.
    ///
    /// # Errors
    /// Refused for someone who holds no role.
    pub fn cases(&self, person: &Person) -> Result<Vec<CaseRow>, DeskError> {
        let scope = scope_of(person)?;
        Ok(self.store.read(|r| r.cases(scope))?)
    }
}
