//! What awaits a person, over all roles held: what is due first stands first, then the longest waiting.

use super::cases::{CaseFile, scope_of};
use super::deadlines::Deadline;
use super::given_back::trouble_text;
use super::standing::Standing;
use super::{Desk, DeskError};
use crate::domain::office_hours::OfficeHours;
use crate::domain::oral::OralApproval;
use crate::domain::people::Person;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::Instant;
use crate::store::CaseRow;

/// One thing that awaits a person.
#[derive(Debug, Clone)]
pub struct Awaiting {
    /// The request.
    pub case: CaseRow,
    /// What is to be done.
    pub action: Text,
    /// By when; `None` where nothing is promised.
    pub due: Option<(Deadline, Text)>,
    /// What stands in the way or deserves a look, if something does.
    pub note: Option<Text>,
}

impl Desk {
    /// What awaits a person now.
    ///
    /// # Errors
    /// When the database would not. Who holds no role has nothing waiting.
    pub fn inbox(&self, person: &Person) -> Result<Vec<Awaiting>, DeskError> {
        let Ok(scope) = scope_of(person) else { return Ok(Vec::new()) };
        let (now, deadlines) = (self.now(), self.deadlines()?);
        self.store.read(|r| {
            let mut awaiting = Vec::new();
            for case in r.open_cases(scope)? {
                let found = CaseFile::load(r, &self.standards, scope, case.id)?;
                let options = found.options(person)?;
                let (Ok(_), Some(action)) = (options.may_act, options.action) else { continue };
                let oral = found.oral_waiting(now);
                let paper = oral.map(|oral| Deadline { at: oral.holds.end(), is_over: false });
                let due = deadlines.of(&found, now).into_iter().chain(paper).min_by_key(|due| due.at);
                let due = due.map(|due| (due, due.text(deadlines.office())));
                let note = oral.map(|oral| oral_note(oral, deadlines.office())).or_else(|| note(&found));
                awaiting.push(Awaiting { case, action, due, note });
            }
            // Sorting keeps the order of those that are due at one time, or never.
            awaiting.sort_by_key(|one| one.due.as_ref().map_or(Instant::MAX_UTC, |(due, _)| due.at));
            Ok(awaiting)
        })
    }
}

/// That what is to be signed airs already, and until when.
fn oral_note(oral: &OralApproval, office: &OfficeHours) -> Text {
    let until = |lang| instant_in_words(oral.holds.end(), office.zone, lang);
    Text::new(
        format!(
            "Persetujuan lisan atas nama {} menunggu tanda tangan Anda. Tanpa tanda tangan, videonya turun {}.",
            oral.head_name,
            until(Lang::Id)
        ),
        format!(
            "An oral approval of {} waits for your signature. Without it the clip leaves the wall on {}.",
            oral.head_name,
            until(Lang::En)
        ),
    )
}

fn note(found: &CaseFile) -> Option<Text> {
    let state = found.standing();
    match state {
        Standing::Verifying | Standing::Approving => found.length_note(),
        Standing::FileRefused => {
            let (said, way_on) = (found.why_refused()?, state.way_on()?);
            Some(Text::new(format!("{} {}", said.id, way_on.id), format!("{} {}", said.en, way_on.en)))
        }
        Standing::ConformFailed => {
            let said = trouble(found).unwrap_or_else(|| Text::new("", ""));
            Some(Text::new(format!("Pengolahan gagal: {}", said.id), format!("Processing failed: {}", said.en)))
        }
        Standing::Conforming => match trouble(found) {
            Some(said) => Some(Text::new(
                format!("Pengolahan dicoba lagi: {}", said.id),
                format!("Processing is tried again: {}", said.en),
            )),
            None => Some(state.text()),
        },
        Standing::Inspecting => Some(state.text()),
        state => state.way_on(),
    }
}

fn trouble(found: &CaseFile) -> Option<Text> {
    Some(trouble_text(found.airing().ok()?.conform_job.as_ref()?.trouble.as_ref()?))
}
