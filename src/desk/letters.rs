//! What the agency's letters say, gathered from the rows; how they look is `paper`'s business.

use crate::domain::ids::{CaseId, Sha256};
use crate::domain::people::{Form, Role};
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant, Zone};
use crate::store::{InkRow, Scope, StoreError};

use super::{Desk, DeskError, Refusal};

/// What an approval letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalLetter {
    /// The letter's number.
    pub number: String,
    /// Who asked.
    pub office: String,
    /// Name of the clip.
    pub title: String,
    /// The office's letter.
    pub letter_number: String,
    /// The day on that letter.
    pub letter_date: BroadcastDate,
    /// Name of the channel for people.
    pub channel_title: String,
    /// First and last day of the period.
    pub period: (BroadcastDate, BroadcastDate),
    /// Plays a day that were asked for.
    pub plays_per_day: u32,
    /// The office's file.
    pub original: Sha256,
    /// How the house file is derived from it.
    pub recipe: Sha256,
    /// Who approved.
    pub by: String,
    /// In which position, with its form: `Plt. Kepala Dinas`.
    pub position: String,
    /// Where letters are dated: the regency's seat.
    pub place: String,
    /// When.
    pub at: Instant,
    /// The channel's zone.
    pub zone: Zone,
    /// For whoever wants to check the letter.
    pub verify_code: String,
    /// How it was signed in ink, if it was.
    pub ink: Option<InkRow>,
    /// When it was withdrawn, and why.
    pub revoked: Option<(Instant, String)>,
}

impl Desk {
    /// The newest approval letter of a request.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, or it is another office's.
    pub fn approval_letter(&self, scope: Scope, case: CaseId) -> Result<ApprovalLetter, DeskError> {
        let now = self.now();
        let found = self.store.read(|r| -> Result<_, StoreError> {
            let Some(approval) = r.approvals_of(scope, case)?.pop() else { return Ok(None) };
            let Some(submission) = r.submission(scope, approval.submission)? else { return Ok(None) };
            let Some(row) = r.case(scope, case)? else { return Ok(None) };
            let head = r.person(approval.by, now)?.map_or_else(String::new, |p| p.name);
            let ink = r.ink(case)?.into_iter().find(|ink| ink.at == approval.at);
            Ok(Some((approval, submission, row, head, ink)))
        })?;
        let what =
            || Text::new(format!("Surat persetujuan permohonan {case}"), format!("The approval of request {case}"));
        let (approval, submission, row, by, ink) = found.ok_or_else(|| Refusal::NotFound { what: what() })?;
        let channel = &self.config.channels.get(&approval.channel);
        let channel = channel.ok_or_else(|| Refusal::NotFound { what: what() })?;
        let letter = submission.letter;
        Ok(ApprovalLetter {
            number: approval.number,
            office: row.office_name,
            title: letter.title,
            letter_number: letter.number,
            letter_date: letter.date,
            channel_title: channel.channel.title.clone(),
            period: (letter.first_day, letter.last_day),
            plays_per_day: letter.plays_per_day,
            original: approval.original,
            recipe: approval.recipe,
            by,
            position: position(approval.form, &Role::Head.text().id),
            place: self.config.paper.place.clone(),
            at: approval.at,
            zone: channel.channel.zone,
            verify_code: approval.verify_code,
            ink,
            revoked: approval.revoked,
        })
    }
}

/// A position as letters print it, with how it is held.
pub fn position(form: Form, title: &str) -> String {
    match form {
        Form::Definitif => title.to_owned(),
        Form::Plh => format!("Plh. {title}"),
        Form::Plt => format!("Plt. {title}"),
    }
}
