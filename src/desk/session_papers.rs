//! What the agency's papers about a session say, gathered from the rows; how they look is `paper`'s business. A paper
//! that is not signed yet is a draft: it says who has initialled it so far.

use super::cases::{CaseFile, scope_of};
use super::letters::position;
use super::matter::Session;
use super::{Desk, DeskError, Refusal};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::people::Person;
use crate::domain::session::SessionLetter;
use crate::domain::standard::{Action, Document, EdgeKind, Key, Step};
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::{Instant, Span, Zone};
use crate::store::{MoveRow, Reader, StoreError};

/// Somebody's initials or signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whether it signs; else it initials.
    pub signs: bool,
    /// Who.
    pub name: String,
    /// In which position, with its form: `Plh. Kepala Dinas`.
    pub position: String,
    /// When.
    pub at: Instant,
    /// Whether it was given by the same act as the mark before: one hand on several rungs.
    pub with_the_one_before: bool,
}

/// What a paper about a session says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPaper {
    /// Which document.
    pub label: Text,
    /// The service.
    pub service: Text,
    /// Its number; `None` while it is a draft.
    pub number: Option<String>,
    /// Who asked.
    pub applicant: String,
    /// The letter that it answers.
    pub letter: SessionLetter,
    /// When the session is.
    pub session: Span,
    /// That this is not so any more, and what is.
    pub changed: Option<Text>,
    /// Initials in order, then the signature, as far as they are given.
    pub marks: Vec<Mark>,
    /// Positions that have not given theirs.
    pub waits_for: Vec<String>,
    /// Whether it tells the applicant what to do: a schedule without a ladder of initials.
    pub guide: bool,
    /// For whoever wants to check it.
    pub verify_code: Option<String>,
    /// When it was issued, or now for a draft.
    pub at: Instant,
    /// Where papers are dated: the regency's seat.
    pub place: String,
    /// The agency's zone.
    pub zone: Zone,
}

impl Desk {
    /// A paper about a session as a person may see it: issued ones for staff and the applicant, a draft for staff.
    ///
    /// # Errors
    /// Refused if there is none for this person.
    pub fn session_paper(&self, person: &Person, case: CaseId, document: &Key) -> Result<SessionPaper, DeskError> {
        let scope = scope_of(person)?;
        let now = self.now();
        self.store.read(|r| {
            let found = CaseFile::load(r, &self.standards, scope, case)?;
            let not_found = || Refusal::NotFound { what: Text::new("Surat itu", "That paper") };
            let session = found.session().ok_or_else(not_found)?;
            let document = found.standard.as_written().documents.iter().find(|d| d.id == *document);
            let document = document.ok_or_else(not_found)?;
            let issued = session.paper(&document.id);
            let drafted = {
                let mut drafts = found.standard.as_written().steps.iter().filter(|s| s.yields.contains(&document.id));
                // Whoever signs reads before what is signed.
                let to_sign = |step: &Step| step.action == Action::Sign && found.row.step == step.id;
                drafts.any(|step| to_sign(step) || found.moves.iter().any(|done| done.from == step.id))
            };
            if issued.is_none() && !(person.is_staff() && drafted) {
                return Err(not_found().into());
            }
            let until = issued.map_or(u32::MAX, |paper| paper.case_version);
            let marks = marks_of(r, &found, document, until, now)?;
            let given = |actor: &&Key| !marks.iter().any(|(key, _)| key == *actor);
            let waits = document.paraf.iter().chain(&document.signer).filter(given);
            let letter = letter_of(session, issued.map(|paper| paper.request));
            Ok(SessionPaper {
                label: document.label.clone(),
                service: found.standard.as_written().title.clone(),
                number: issued.map(|paper| paper.number.clone()),
                applicant: found.row.office_name.clone(),
                session: issued
                    .and_then(|paper| paper.session)
                    .or_else(|| session.booking(now).map(|booking| booking.session))
                    .unwrap_or_else(|| letter.wanted()),
                changed: issued.and_then(|paper| changed(&found, session, paper.session?, (self.zone(), now))),
                waits_for: waits.map(|actor| found.standard.title_of(actor).to_owned()).collect(),
                marks: marks.into_iter().map(|(_, mark)| mark).collect(),
                guide: document.signer.is_none(),
                verify_code: issued.and_then(|paper| paper.verify_code.clone()),
                at: issued.map_or(now, |paper| paper.at),
                place: self.config.paper.place.clone(),
                zone: self.zone(),
                letter,
            })
        })
    }
}

/// What a paper says whose time does not hold any more: its session was moved, or its studio is not booked.
fn changed(found: &CaseFile, session: &Session, printed: Span, (zone, now): (Zone, Instant)) -> Option<Text> {
    let newest = session.bookings.last()?;
    match session.booking(now) {
        Some(kept) if kept.session == printed => None,
        Some(kept) => {
            let (at, minutes) = (kept.session.start(), kept.session.length().num_minutes());
            Some(Text::new(
                format!(
                    "Waktu di bawah ini tidak berlaku lagi. Sesi ini dipindah ke {} ({minutes} menit).",
                    instant_in_words(at, zone, Lang::Id)
                ),
                format!(
                    "The time below does not hold any more. The session was moved to {} ({minutes} minutes).",
                    instant_in_words(at, zone, Lang::En)
                ),
            ))
        }
        None => {
            let state = newest.state.at(now).text();
            let (id, en) = match found.step() {
                Some(_) => (" Waktu baru akan diberitahukan.", " A new time will be announced."),
                None => ("", ""),
            };
            Some(Text::new(
                format!("Waktu di bawah ini tidak berlaku lagi. Pemesanan studio: {}.{id}", state.id.to_lowercase()),
                format!(
                    "The time below does not hold any more. The studio's booking: {}.{en}",
                    state.en.to_lowercase()
                ),
            ))
        }
    }
}

/// The letter that a paper answers; for a draft the newest.
fn letter_of(session: &Session, answered: Option<crate::domain::ids::SessionRequestId>) -> SessionLetter {
    let found = session.requests.iter().find(|request| Some(request.id) == answered);
    found.unwrap_or_else(|| session.newest()).letter.clone()
}

/// Initials and signature that still stand: a return takes away those given behind it.
fn marks_of(
    r: &Reader<'_>,
    found: &CaseFile,
    document: &Document,
    until: u32,
    now: Instant,
) -> Result<Vec<(Key, Mark)>, DeskError> {
    let steps = &found.standard.as_written().steps;
    let place = |key: &Key| steps.iter().position(|step| step.id == *key);
    let mut standing: Vec<&MoveRow> = Vec::new();
    for done in found.moves.iter().filter(|done| done.version <= until) {
        match done.kind {
            EdgeKind::Return => standing.retain(|mark| place(&mark.from) < place(&done.to)),
            EdgeKind::Next => standing.push(done),
            _ => {}
        }
    }
    let is_rung = |done: &MoveRow| {
        found.standard.step(&done.from).is_some_and(|step| matches!(step.action, Action::Initial | Action::Sign))
    };
    let on_ladder = |done: &&&MoveRow| {
        is_rung(done) && document.paraf.iter().chain(&document.signer).any(|actor| *actor == done.actor)
    };
    let mark = |done: &&MoveRow| {
        let step = found.standard.step(&done.from);
        let signs = step.is_some_and(|step| step.action == Action::Sign);
        let mark = Mark {
            signs,
            name: name_of(r, done.by, now)?,
            position: position(done.form, found.standard.title_of(&done.actor)),
            at: done.at,
            with_the_one_before: done.with.is_some(),
        };
        Ok((done.actor.clone(), mark))
    };
    standing.iter().filter(on_ladder).map(mark).collect()
}

fn name_of(r: &Reader<'_>, by: Option<PersonId>, now: Instant) -> Result<String, StoreError> {
    let person = by.map(|by| r.person(by, now)).transpose()?.flatten();
    Ok(person.map_or_else(String::new, |person| person.name))
}
