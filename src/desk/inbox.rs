//! What awaits a person, over all roles held: the longest waiting first.

use super::cases::{CaseFile, scope_of};
use super::{Desk, DeskError};
use crate::domain::people::Person;
use crate::domain::text::Text;
use crate::store::CaseRow;

/// One thing that awaits a person.
#[derive(Debug, Clone)]
pub struct Awaiting {
    /// The request.
    pub case: CaseRow,
    /// What is to be done.
    pub action: Text,
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
        self.store.read(|r| {
            let mut awaiting = Vec::new();
            for case in r.open_cases(scope)? {
                let found = CaseFile::load(r, &self.standards, scope, case.id)?;
                let options = found.options(person)?;
                let (Ok(_), Some(action)) = (options.may_act, options.action) else { continue };
                awaiting.push(Awaiting { case, action, note: note(&found) });
            }
            Ok(awaiting)
        })
    }
}

fn note(found: &CaseFile) -> Option<Text> {
    let applicants = found.step().is_some_and(|s| s.actor.as_str() == crate::domain::standard::APPLICANT);
    if applicants {
        return match &found.inspection {
            None => Some(Text::new("Berkas sedang diperiksa", "The file is being inspected")),
            Some(_) if !found.file_is_fine() => {
                Some(Text::new("Berkas ditolak: unggah berkas lain", "The file was refused: upload another"))
            }
            Some(_) => None,
        };
    }
    let processing = found.step().is_some_and(|s| !s.gates.is_empty());
    (processing && found.clip.is_none()).then(|| match &found.conform_job {
        Some(job) if job.trouble.is_some() => {
            let said = job.trouble.clone().unwrap_or_default();
            Text::new(format!("Pengolahan gagal: {said}"), format!("Processing failed: {said}"))
        }
        _ => Text::new("Berkas siap tayang sedang dibuat", "The house file is being made"),
    })
}
