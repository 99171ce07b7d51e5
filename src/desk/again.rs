//! The same clip for a new period. The file is here and was looked at, so nobody uploads it twice; a new period needs a
//! new letter, new declarations, a new verification and a new approval, and whoever verifies sees the earlier one.

use std::collections::BTreeSet;

use chrono::{Days, TimeDelta};

use super::cases::{CaseFile, acting_person, scope_of};
use super::intake::{Filed, applicants_office, not_an_applicant};
use super::matter::Airing;
use super::processing::{move_on, recipe_hash};
use super::standing::Standing;
use super::{Desk, DeskError, Refusal};
use crate::config::Config;
use crate::domain::asset::Verdict;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, ChannelId, FormId, PersonId};
use crate::domain::people::Person;
use crate::domain::standard::{APPLICANT, Key};
use crate::domain::submission::{Approval, LetterDetails};
use crate::domain::time::BroadcastDate;
use crate::store::{InspectionRow, JobKind, NewSubmission, Scope};

/// A request that asks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedAgain {
    /// On which channel it should air.
    pub channel: ChannelId,
    /// The new letter.
    pub letter: LetterDetails,
    /// Requirements that are declared anew.
    pub declared: BTreeSet<Key>,
    /// The form on which it was sent. Whoever sends it again gets what was filed.
    pub form: Option<FormId>,
}

/// What became of the request before.
#[derive(Debug, Clone)]
pub struct EarlierDecision {
    /// That request.
    pub found: CaseFile,
    /// The approval that was given.
    pub approval: Approval,
    /// Who gave it.
    pub by_name: String,
    /// Where that request stands.
    pub standing: Standing,
}

impl CaseFile {
    /// Whether its clip was approved, so that it can be asked for again. What waits for its applicant is mended instead.
    pub fn may_be_asked_again(&self) -> bool {
        let at_applicant = self.step().is_some_and(|step| step.actor.as_str() == APPLICANT);
        self.airing().is_ok_and(|airing| airing.approval.is_some()) && !at_applicant
    }
}

/// The letter for a new period as long as the earlier one, from the day after it or after today; the number is the new
/// letter's own.
pub fn next_letter(earlier: &LetterDetails, today: BroadcastDate) -> LetterDetails {
    let first = earlier.last_day.0.max(today.0) + Days::new(1);
    let length = earlier.last_day.0 - earlier.first_day.0;
    LetterDetails {
        number: String::new(),
        date: today,
        first_day: BroadcastDate(first),
        last_day: BroadcastDate(first + length.max(TimeDelta::zero())),
        ..earlier.clone()
    }
}

impl Desk {
    /// The request whose clip is to be asked for again, with its file still here.
    ///
    /// # Errors
    /// Refused if it is not there for this person, was never approved, or if its file is not kept any more.
    pub fn to_ask_again(&self, person: &Person, case: CaseId) -> Result<CaseFile, DeskError> {
        let found = self.case_file(person, case)?;
        if !found.may_be_asked_again() {
            return Err(Refusal::NeverApproved.into());
        }
        Ok(found)
    }

    /// Whether the file of a request is still here.
    pub fn has_original(&self, found: &CaseFile) -> bool {
        let kept = |airing: &Airing| {
            airing.disposed.is_none() && self.library.original(airing.newest().original.sha256).exists()
        };
        found.airing().is_ok_and(kept)
    }

    /// Files a new request for the clip of an earlier one. Nothing is uploaded; what the inspection found of the file
    /// counts as long as the channel's format is the one for which it was approved.
    ///
    /// # Errors
    /// Refused as [`Desk::to_ask_again`] is, for a letter that can't be, or for an office that may not ask.
    pub fn ask_again(&self, by: PersonId, earlier: CaseId, asked: AskedAgain) -> Result<Filed, DeskError> {
        let now = self.now();
        let faults = self.letter_faults(&asked.letter, &asked.channel)?;
        if !faults.is_empty() {
            return Err(Refusal::Letter(faults).into());
        }
        let (standard, procedure, library) = (self.standards.current()?, self.procedure()?, self.library.clone());
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            let found = CaseFile::load(tx, &procedure.standards, scope_of(&person)?, earlier)?;
            let before = found.airing()?;
            let original = before.newest().original.clone();
            // A button pressed twice sends everything twice.
            if let Some(form) = &asked.form
                && let Some((case, submission)) = tx.filed_on(by, form, Some(original.sha256))?
            {
                return Ok(Filed { case, submission });
            }
            if !found.may_be_asked_again() {
                return Err(Refusal::NeverApproved.into());
            }
            if before.disposed.is_some() || !library.original(original.sha256).exists() {
                return Err(Refusal::OriginalGone.into());
            }
            let office = applicants_office(tx, by, Some(found.row.office), now)?;
            let written = standard.standard.as_written();
            let group = tx.office(Scope::All, office)?.map(|office| office.group);
            if !group.is_some_and(|group| standard.standard.is_for(group.applicant())) {
                return Err(not_an_applicant(&standard.standard));
            }
            let pinned = tx.keep_standard(&written.id, written.version, &standard.text, now)?;
            let case = tx.open_case(pinned, office, by, &standard.standard.first().id, now)?;
            let AskedAgain { channel, letter, declared, form } = asked;
            let new = NewSubmission { case, filed_by: by, channel, letter, declared, original, form };
            let submission = tx.add_submission(&new, now)?;
            tx.add_repeat(case, earlier)?;
            let event = AuditEvent::new(AuditKind::RequestFiled).by(by).number("case", case.0);
            let event = event.number("submission", submission.0).number("office", office.0);
            tx.audit(&event.number("earlier", earlier.0).hash("original", new.original.sha256), now)?;
            let known = known_of(before, &procedure.config, &new.channel);
            match (known, tx.submission(Scope::All, submission)?) {
                (Some(inspected), Some(filed)) => {
                    tx.take_over_inspection(before.newest().id, submission)?;
                    tx.queue_job(JobKind::Preview, submission, now)?;
                    move_on(tx, &procedure, &filed, inspected, now)?;
                }
                _ => tx.queue_job(JobKind::Inspect, submission, now)?,
            }
            Ok(Filed { case, submission })
        })
    }

    /// What was decided about the request after which this one asks again; `None` where it asks for the first time.
    ///
    /// # Errors
    /// Refused for someone who may see neither.
    pub fn earlier_decision(&self, person: &Person, case: CaseId) -> Result<Option<EarlierDecision>, DeskError> {
        let (scope, now) = (scope_of(person)?, self.now());
        self.store.read(|r| {
            let Some(earlier) = r.asked_before(case)? else { return Ok(None) };
            let found = CaseFile::load(r, &self.standards, scope, earlier)?;
            let Some(approval) = found.airing()?.approval.clone() else { return Ok(None) };
            let by_name = r.person(approval.by, now)?.map_or_else(String::new, |person| person.name);
            Ok(Some(EarlierDecision { standing: found.standing(), approval, by_name, found }))
        })
    }

    /// Requests that a person may see and whose clip can be asked for again.
    ///
    /// # Errors
    /// Refused for someone who holds no role.
    pub fn askable_again(&self, person: &Person) -> Result<BTreeSet<CaseId>, DeskError> {
        let scope = scope_of(person)?;
        Ok(self.store.read(|r| r.once_approved(scope))?)
    }
}

/// What the inspection found of the earlier request's file, if it was looked at for this channel as it is now.
fn known_of<'a>(before: &'a Airing, config: &Config, channel: &ChannelId) -> Option<&'a InspectionRow> {
    let newest = before.newest();
    let format = &config.channels.get(channel)?.channel;
    let same = newest.channel == *channel
        && before.approval.as_ref().is_some_and(|approval| approval.recipe == recipe_hash(format, &newest.letter));
    before.inspection.as_ref().filter(|inspected| same && inspected.verdict != Verdict::Refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_period_is_as_long_and_begins_after_the_earlier_one_or_after_today() {
        let day = |text: &str| text.parse::<BroadcastDate>().unwrap();
        let earlier = LetterDetails {
            title: "Ayo ke Posyandu".into(),
            number: "005/417/DINKES/2026".into(),
            date: day("2026-11-20"),
            description: "Ajakan".into(),
            play_s: 15,
            plays_per_day: 12,
            days: 7,
            first_day: day("2026-11-24"),
            last_day: day("2026-11-30"),
            preferred_hours: None,
            framing: None,
        };
        let runs = next_letter(&earlier, day("2026-11-26"));
        assert_eq!((runs.first_day, runs.last_day), (day("2026-12-01"), day("2026-12-07")));
        assert_eq!((runs.number.as_str(), runs.date, runs.days), ("", day("2026-11-26"), 7));
        let long_ago = next_letter(&earlier, day("2027-02-27"));
        assert_eq!((long_ago.first_day, long_ago.last_day), (day("2027-02-28"), day("2027-03-06")));
    }
}
