//! A case with everything that bears on it, loaded for whoever asks: what waits, who may do it, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::letters::position;
use super::matter::{Airing, Matter, Session};
use super::standing::Standing;
use super::{Desk, DeskError, Refusal};
use crate::config::Config;
use crate::domain::ids::{CaseId, OpdId, PersonId, Sha256, SubmissionId};
use crate::domain::oral::OralApproval;
use crate::domain::people::{Form, Person, Role};
use crate::domain::standard::{Action, Key, Requirement, ServiceStandard, Step};
use crate::domain::text::Text;
use crate::domain::time::Instant;
use crate::engine::procedure::{Case, Facts, Offer, Refused, Who};
use crate::files::sop;
use crate::store::{CaseRow, InkRow, MatterKind, MoveRow, Reader, Scope};

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

    /// Every service's definition of this moment, in the order in which people choose among them.
    pub(super) fn all(&self) -> Result<Vec<sop::Written>, DeskError> {
        sop::services(&self.home).map_err(DeskError::Standard)
    }

    /// One service's definition of this moment.
    pub(super) fn of(&self, service: &Key) -> Result<sop::Written, DeskError> {
        let found = self.all()?.into_iter().find(|written| written.standard.as_written().id == *service);
        let what = || Text::new(format!("Layanan {service}"), format!("Service {service}"));
        found.ok_or_else(|| Refusal::NotFound { what: what() }.into())
    }

    pub(super) fn pinned(&self, reader: &Reader<'_>, sha256: Sha256) -> Result<Arc<ServiceStandard>, DeskError> {
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
    /// Those of them that were done by signing paper.
    pub ink: Vec<InkRow>,
    /// What it is about.
    pub matter: Matter,
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
    /// Titles of the rungs above that this person climbs by the same act.
    pub rungs_above: Vec<Text>,
    /// Whether the act signs something, here or on a rung above.
    pub signs: bool,
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
        let matter = match row.matter {
            MatterKind::Airing => Airing::load(reader, scope, id)?.map(|airing| Matter::Airing(Box::new(airing))),
            MatterKind::Session => Session::load(reader, scope, id)?.map(|session| Matter::Session(Box::new(session))),
        };
        let matter = matter.ok_or_else(not_found)?;
        Ok(CaseFile { moves: reader.moves(scope, id)?, ink: reader.ink(id)?, row, standard, matter })
    }

    /// The file that should air.
    ///
    /// # Errors
    /// Not found for a case that is about something else.
    pub fn airing(&self) -> Result<&Airing, Refusal> {
        match &self.matter {
            Matter::Airing(airing) => Ok(airing),
            Matter::Session(_) => {
                let what = Text::new("Video pada permohonan ini", "A clip of this request");
                Err(Refusal::NotFound { what })
            }
        }
    }

    /// The head's oral word that waits for the signature, where one holds.
    pub fn oral_waiting(&self, now: Instant) -> Option<&OralApproval> {
        self.airing().ok()?.oral.as_ref().filter(|oral| oral.in_force(now))
    }

    /// The session that is asked for; `None` for a case that is about something else.
    pub fn session(&self) -> Option<&Session> {
        match &self.matter {
            Matter::Airing(_) => None,
            Matter::Session(session) => Some(session),
        }
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

    /// What a person may do about it.
    ///
    /// # Errors
    /// When the moves in the database do not fit the definition.
    pub fn options(&self, person: &Person) -> Result<Options, DeskError> {
        let case = self.case()?;
        let (step, speaker) = (case.step(), self.speaker(&case, person));
        let may_act = case.may_act(&speaker);
        let above = case.rungs_above(&speaker);
        let titled = |step: &&Step| titled(&self.standard, step, person);
        Ok(Options {
            action: step.map(|s| s.action.text()),
            by: step.map(|s| self.standard.title_of(&s.actor).to_owned()).unwrap_or_default(),
            signs: step.into_iter().chain(above.iter().copied()).any(|step| step.action == Action::Sign),
            rungs_above: above.iter().map(titled).collect(),
            may_act,
            offers: case.offers(),
        })
    }

    /// A person as the procedure sees him or her at the step that waits: whoever is to act, or a witness of what the
    /// applicant does.
    pub(super) fn speaker(&self, case: &Case<'_>, person: &Person) -> Who {
        let speaker = who(person, self.row.office);
        match speaker {
            Who::Person { is_applicant: false, positions } if case.is_witnessed() => {
                match positions.iter().find(|(actor, _)| case.is_witness(actor)) {
                    Some((actor, form)) => Who::Witness { actor: actor.clone(), form: *form },
                    None => Who::Person { is_applicant: false, positions },
                }
            }
            speaker => speaker,
        }
    }

    pub(super) fn facts(&self, config: &Config) -> Facts {
        let requirements = &self.standard.as_written().requirements;
        let has = |requirement: &&Requirement| match &self.matter {
            Matter::Airing(airing) => airing.has(requirement),
            Matter::Session(session) => session.has(requirement),
        };
        Facts {
            met: requirements.iter().filter(has).map(|requirement| requirement.id.clone()).collect(),
            facts: match &self.matter {
                Matter::Airing(airing) => airing.facts(config),
                Matter::Session(_) => BTreeSet::new(),
            },
        }
    }
}

/// The position of a step as a person holds it: `Plh. Kepala Dinas`.
fn titled(standard: &ServiceStandard, step: &Step, person: &Person) -> Text {
    let form = Role::of_actor(step.actor.as_str()).and_then(|role| person.form_of(role)).unwrap_or_default();
    let title = standard.actor_text(&step.actor);
    Text::new(position(form, &title.id), position(form, &title.en))
}

/// A person as the procedure sees him or her.
fn who(person: &Person, office: OpdId) -> Who {
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
            if let (Scope::All, Matter::Airing(airing)) = (scope, &mut found.matter) {
                for row in r.alikes(airing.newest().id)? {
                    let earlier = CaseFile::load(r, &self.standards, scope, row.case)?;
                    airing.alikes.push((row, earlier.standing()));
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
