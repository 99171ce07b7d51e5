//! By when a request is due, on the office's clock; and what happens by itself when nobody acted in time.

use super::cases::CaseFile;
use super::{Desk, DeskError, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::office_hours::OfficeHours;
use crate::domain::standard::Step;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::Instant;
use crate::engine::work_clock::{self, Promise, Stay};
use crate::files::office_calendar::{self, Calendars};
use crate::store::Scope;

/// By when what waits at a case is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// Whether that is over.
    pub is_over: bool,
}

impl Deadline {
    /// For people.
    pub fn text(self, hours: &OfficeHours) -> Text {
        let at = |lang| instant_in_words(self.at, hours.zone, lang);
        if self.is_over {
            Text::new(format!("Terlambat sejak {}", at(Lang::Id)), format!("Late since {}", at(Lang::En)))
        } else {
            Text::new(format!("Tenggat {}", at(Lang::Id)), format!("Due {}", at(Lang::En)))
        }
    }
}

/// The clocks by which deadlines are reckoned.
#[derive(Debug, Clone)]
pub struct Deadlines(Calendars);

impl Deadlines {
    /// The hours of the office, of which the standards speak.
    pub fn office(&self) -> &OfficeHours {
        self.named("office")
    }

    fn named(&self, name: &str) -> &OfficeHours {
        self.0.get(name).or_else(|| self.0.get("office")).expect("calendars without an office are refused when read")
    }

    /// When the step at which a case stands is due: by the step's own norm or by what is left of the service's promise,
    /// whichever is sooner; `None` where nothing is promised or the promise stands still.
    pub fn of(&self, found: &CaseFile, now: Instant) -> Option<Deadline> {
        let step = found.step()?;
        let written = found.standard.as_written();
        let norm = step.norm.and_then(|norm| work_clock::due(found.row.step_at, norm, self.office()));
        let promised = match self.promise(found) {
            Some(Promise::Due(at)) if !written.sla.as_ref().is_some_and(|sla| sla.pauses_in.contains(&step.id)) => {
                Some(at)
            }
            _ => None,
        };
        let at = norm.into_iter().chain(promised).min()?;
        Some(Deadline { at, is_over: at < now })
    }

    /// How far a case is with what its standard promises; `None` where nothing is.
    pub fn promise(&self, found: &CaseFile) -> Option<Promise> {
        let sla = found.standard.as_written().sla.as_ref()?;
        work_clock::promise(sla, &stays(found), self.named(&sla.calendar))
    }

    /// When a case goes on by itself from where it stands; `None` where it waits for ever.
    pub fn lapses_at(&self, found: &CaseFile) -> Option<Instant> {
        self.lapse_of(found.step()?, found.row.step_at)
    }

    /// When a case that has been at a step since `since` moves on by itself.
    fn lapse_of(&self, step: &Step, since: Instant) -> Option<Instant> {
        let timers = step.timers.iter().filter(|timer| timer.to.is_some());
        timers.filter_map(|timer| work_clock::due(since, timer.after, self.office())).min()
    }
}

/// Where a case stood, and from when to when.
fn stays(found: &CaseFile) -> Vec<Stay<'_>> {
    let first = &found.standard.first().id;
    let ends = found.moves.iter().map(|done| Some(done.at)).chain([found.row.ended_at]);
    let begins =
        std::iter::once((first, found.row.opened_at)).chain(found.moves.iter().map(|done| (&done.to, done.at)));
    begins.zip(ends).map(|((step, from), until)| Stay { step, from, until }).collect()
}

impl Desk {
    /// The clocks by which deadlines are reckoned, as the home's files have them now.
    ///
    /// # Errors
    /// Every fault of the home's files.
    pub fn deadlines(&self) -> Result<Deadlines, DeskError> {
        office_calendar::read(self.home()).map(Deadlines).map_err(DeskError::Standard)
    }

    /// Moves every case on whose time at its step is over, as its standard says, and tells those concerned.
    ///
    /// # Errors
    /// When the home's files or the database would not.
    pub fn lapse(&self) -> Result<Vec<CaseId>, DeskError> {
        let (now, deadlines, procedure) = (self.now(), self.deadlines()?, self.procedure()?);
        let waiting: Vec<CaseId> = self.store.read(|r| {
            let mut over = Vec::new();
            for case in r.open_cases(Scope::All)? {
                let standard = self.standards.pinned(r, case.standard)?;
                let lapses = standard.step(&case.step).and_then(|step| deadlines.lapse_of(step, case.step_at));
                if lapses.is_some_and(|at| at <= now) {
                    over.push(case.id);
                }
            }
            Ok::<_, DeskError>(over)
        })?;
        let mut lapsed = Vec::new();
        for id in waiting {
            let (deadlines, procedure) = (deadlines.clone(), procedure.clone());
            let moved = self.store.write(move |tx| {
                let found = CaseFile::load(tx, &procedure.standards, Scope::All, id)?;
                if deadlines.lapses_at(&found).is_none_or(|at| at > now) {
                    return Ok(false); // somebody acted meanwhile
                }
                let done = found.case()?.lapse(|after| {
                    work_clock::due(found.row.step_at, after, deadlines.office()).is_some_and(|at| at <= now)
                });
                let done = done.map_err(Refusal::Procedure)?;
                procedure.carry_out(tx, &found, &done, None, None, now)?;
                Ok::<_, DeskError>(true)
            })?;
            if moved {
                lapsed.push(id);
            }
        }
        Ok(lapsed)
    }
}
