//! Acting on a case: verifying, approving, processing, returning, refusing. Load, ask the procedure, and store the
//! move with all that comes of it and its audit row in one transaction; whoever comes second is told so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use sha2::{Digest, Sha256 as Hasher};

use super::cases::{CaseFile, Standards, acting_person, scope_of};
use super::matter::{Airing, Matter};
use super::planning::oral;
use super::processing::recipe_hash;
use super::studio::Booker;
use super::token::random_bytes;
use super::{Desk, DeskError, Refusal};
use crate::config::{ChannelConfig, Config};
use crate::domain::asset::{AssetKind, Framing};
use crate::domain::audit::{AuditEvent, AuditKind, Word};
use crate::domain::ids::{ApprovalId, CaseId, OpdId, PersonId, Sha256};
use crate::domain::people::{OpdGroup, Role};
use crate::domain::rules::{ContentTag, RequestRules};
use crate::domain::standard::{APPLICANT, Action, EdgeKind, Step};
use crate::domain::submission::CheckPoint;
use crate::domain::text::Text;
use crate::domain::time::{Instant, Span};
use crate::engine::procedure::{Act, MAX_REASON_CHARS, Move, Refused, Who};
use crate::store::{Addressee, Announcement, JobKind, MoveRow, NewApproval, NewAsset, NewMove, Scope, Tx};

/// What a person wants to do about a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedAct {
    /// The step that is done, as the person saw it.
    pub step: String,
    /// Which way on; may be left out where there is one.
    pub choice: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The version of the case that the person saw; a page always sends it.
    pub version: Option<u32>,
    /// The checklist, for a step that verifies.
    pub checklist: Option<BTreeMap<CheckPoint, bool>>,
    /// What was ticked off of the step's own list, for a step that has one.
    pub ticked: BTreeSet<String>,
    /// When the session is to begin, for a step that books a studio; `None`: as it is booked, or was wanted.
    pub at: Option<Instant>,
    /// What the clip shows, where whoever verifies it says so.
    pub tags: Option<BTreeSet<ContentTag>>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// The move.
    pub done: Move,
    /// Rungs above that were climbed by the same act.
    pub also: Vec<Move>,
    /// The approval that was given by it.
    pub approval: Option<ApprovalId>,
}

/// What carrying a move out needs beside the database.
#[derive(Clone)]
pub(super) struct Procedure {
    pub(super) config: std::sync::Arc<Config>,
    pub(super) standards: Standards,
    /// What a step does with a studio.
    pub(super) booker: Booker,
    /// When the session is to begin, where whoever acts has chosen.
    pub(super) at: Option<Instant>,
    /// Salt of the reason's hash.
    pub(super) salt: [u8; 16],
    /// What an approval's letter prints for whoever wants to check it.
    pub(super) verify_code: [u8; 16],
    /// The number that the secretariat's own register gave what is signed; `None`: one is drawn.
    pub(super) number: Option<String>,
}

impl Desk {
    pub(super) fn procedure(&self) -> Result<Procedure, DeskError> {
        Ok(Procedure {
            config: self.config.clone(),
            standards: self.standards.clone(),
            booker: self.booker()?,
            at: None,
            salt: random_bytes()?,
            verify_code: random_bytes()?,
            number: None,
        })
    }

    /// Does one step of a case.
    ///
    /// # Errors
    /// Refused if the person may not, the case stands elsewhere, something is missing, or someone was faster.
    pub fn act(&self, by: PersonId, case: CaseId, wanted: WantedAct) -> Result<Acted, DeskError> {
        let (now, procedure) = (self.now(), Procedure { at: wanted.at, ..self.procedure()? });
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            let found = CaseFile::load(tx, &procedure.standards, scope_of(&person)?, case)?;
            let act = Act {
                step: &wanted.step,
                choice: wanted.choice.as_deref(),
                reason: wanted.reason.as_deref(),
                version: wanted.version,
            };
            let waiting = found.case()?;
            let speaker = found.speaker(&waiting, &person);
            let moves = waiting.act_up(act, &speaker, &found.facts(&procedure.config));
            let mut moves = moves.map_err(Refusal::Procedure)?.into_iter();
            let done = moves.next().expect("an act is at least one move");
            if done.kind == EdgeKind::Next {
                may_go_on(&found, &wanted)?;
            }
            if done.kind == EdgeKind::Next && found.step().is_some_and(|step| step.action == Action::Report) {
                concluded(tx, case, by, done.reason.as_deref(), now)?;
            }
            let approval = procedure.carry_out(tx, &found, &done, Some(by), None, now)?;
            let also: Vec<Move> = moves.collect();
            for rung in &also {
                let found = CaseFile::load(tx, &procedure.standards, Scope::All, case)?;
                procedure.carry_out(tx, &found, rung, Some(by), Some(done.version), now)?;
            }
            if let (Some(checklist), Matter::Airing(airing)) = (&wanted.checklist, &found.matter) {
                tx.add_checklist(airing.newest().id, done.version, checklist, by, now)?;
                let event = AuditEvent::new(AuditKind::Verified).by(by).number("case", case.0);
                let holds = checklist.values().filter(|holds| **holds).count();
                let event = event.number("submission", airing.newest().id.0);
                tx.audit(&event.number("points_held", i64::try_from(holds).unwrap_or(0)), now)?;
            }
            let verified = found.step().is_some_and(|step| step.action == Action::Verify);
            if let Some(tags) = wanted.tags.as_ref().filter(|_| verified) {
                mark(tx, case, tags, by, now)?;
            }
            procedure.register(tx, case, now)?;
            Ok(Acted { done, also, approval })
        })
    }

    /// Chooses how the picture of a request's newest file is brought to the wall's shape, in the place of what its channel
    /// usually does; what people look at is made again. For whoever verifies the request, while that waits to be done:
    /// what is approved later binds it.
    ///
    /// # Errors
    /// Refused if the person may not, the case stands elsewhere, or `version` is not the case's any more.
    pub fn choose_framing(&self, by: PersonId, case: CaseId, version: u32, framing: Framing) -> Result<(), DeskError> {
        let (now, standards) = (self.now(), self.standards.clone());
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            let found = CaseFile::load(tx, &standards, scope_of(&person)?, case)?;
            if found.row.version != version || found.step().is_none_or(|step| step.action != Action::Verify) {
                return Err(Refusal::Procedure(Refused::Changed).into());
            }
            found.options(&person)?.may_act.map_err(Refusal::Procedure)?;
            let airing = found.airing()?;
            let newest = airing.newest();
            if newest.letter.framing == Some(framing) {
                return Ok(());
            }
            tx.set_framing(newest.id, framing)?;
            if airing.file_is_fine() {
                tx.queue_again(JobKind::Preview, newest.id, now)?;
            }
            let event = AuditEvent::new(AuditKind::FramingChosen).by(by).number("case", case.0);
            let word = Word::new(framing.as_str()).expect("framings are plain words");
            Ok(tx.audit(&event.number("submission", newest.id.0).word("framing", word), now)?)
        })
    }

    /// Withdraws an approval: its clip may not air any more. The head of agency, an operator and an administrator may.
    ///
    /// # Errors
    /// Refused without such a role, without a reason, or if it does not hold any more.
    pub fn revoke_approval(&self, by: PersonId, id: ApprovalId, reason: &str) -> Result<(), DeskError> {
        let (now, procedure) = (self.now(), self.procedure()?);
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(Refusal::Procedure(Refused::ReasonWanted).into());
        }
        if reason.chars().count() > MAX_REASON_CHARS {
            return Err(Refusal::Procedure(Refused::ReasonTooLong).into());
        }
        self.store.write(move |tx| {
            let person = acting_person(tx, by, now)?;
            if ![Role::Head, Role::Operator, Role::Admin].into_iter().any(|role| person.holds(role)) {
                return Err(Refusal::NeedsRole(Role::Head).into());
            }
            let not_found = || Refusal::NotFound { what: Text::new("Persetujuan itu", "That approval") };
            let approval = tx.approval(Scope::All, id)?.ok_or_else(not_found)?;
            if !tx.revoke_approval(id, by, &reason, now)? {
                return Err(Refusal::Procedure(Refused::Changed).into());
            }
            let event = AuditEvent::new(AuditKind::ApprovalRevoked).by(by).number("approval", id.0);
            let event = event.number("case", approval.case.0).hash("reason", salted(procedure.salt, &reason));
            tx.audit(&event, now)?;
            let found = CaseFile::load(tx, &procedure.standards, Scope::All, approval.case)?;
            let text = Text::new(
                format!("Persetujuan {} dicabut: {reason}", approval.number),
                format!("Approval {} was withdrawn: {reason}", approval.number),
            );
            for to in [Addressee::Office(found.row.office), Addressee::Role(Role::Scheduler)] {
                let subject = Text::new("Persetujuan dicabut", "Approval withdrawn");
                tx.announce(&Announcement { to, case: Some(approval.case), subject, body: text.clone() }, now)?;
            }
            Ok(())
        })
    }
}

/// Notes what a clip shows; what the scheduling team decided about its request stays.
fn mark(
    tx: &mut Tx<'_>,
    case: CaseId,
    tags: &BTreeSet<ContentTag>,
    by: PersonId,
    now: Instant,
) -> Result<(), DeskError> {
    let before = tx.request_rules(now)?.remove(&case).unwrap_or_default();
    if before.tags == *tags {
        return Ok(());
    }
    tx.save_request_rules(case, &RequestRules { tags: tags.clone(), ..before }, by, now)?;
    let event = AuditEvent::new(AuditKind::RulesSaved).by(by).number("case", case.0);
    Ok(tx.audit(&event.number("tags", i64::try_from(tags.len()).unwrap_or(0)), now)?)
}

/// What the desk wants beyond the standard before the work goes on.
fn may_go_on(found: &CaseFile, wanted: &WantedAct) -> Result<(), Refusal> {
    let Some(step) = found.step() else { return Ok(()) };
    let open: Vec<String> = step.checklist.iter().filter(|point| !wanted.ticked.contains(*point)).cloned().collect();
    if !open.is_empty() {
        return Err(Refusal::NotReady { open });
    }
    let Matter::Airing(airing) = &found.matter else { return Ok(()) };
    if step.actor.as_str() == APPLICANT && !airing.file_is_fine() {
        return Err(match &airing.inspection {
            None => Refusal::FileWaits,
            Some(_) => Refusal::FileRefused,
        });
    }
    if step.action == Action::Verify {
        let held = |point: &CheckPoint| wanted.checklist.as_ref().is_some_and(|list| list.get(point) == Some(&true));
        let open: Vec<CheckPoint> = CheckPoint::ALL.into_iter().filter(|point| !held(point)).collect();
        if !open.is_empty() {
            return Err(Refusal::Checklist { open });
        }
    }
    Ok(())
}

/// A report is complete with the monitoring team's conclusion: one that was written before, or comes with the act.
fn concluded(tx: &mut Tx<'_>, case: CaseId, by: PersonId, words: Option<&str>, now: Instant) -> Result<(), DeskError> {
    match words {
        Some(words) => {
            tx.add_conclusion(case, by, words, now)?;
            Ok(tx.audit(&AuditEvent::new(AuditKind::ReportIssued).by(by).number("case", case.0), now)?)
        }
        None if tx.conclusion(case)?.is_none() => Err(Refusal::ConclusionWanted.into()),
        None => Ok(()),
    }
}

/// Hash of words that a trail may hold: without the salt, which lies with the words, it tells nothing.
fn salted(salt: [u8; 16], words: &str) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(salt);
    hasher.update(words.as_bytes());
    Sha256(hasher.finalize().into())
}

impl Procedure {
    /// Stores a move and all that comes of it.
    pub(super) fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        found: &CaseFile,
        done: &Move,
        by: Option<PersonId>,
        with: Option<u32>,
        now: Instant,
    ) -> Result<Option<ApprovalId>, DeskError> {
        let step = found.step().ok_or(Refusal::Procedure(Refused::Ended))?;
        self.store_move(tx, found, done, by, with, now)?;
        let approval = match (&found.matter, by) {
            (Matter::Airing(airing), by) => self.airing_follows(tx, (found, airing), (step, done), by, now)?,
            (Matter::Session(session), by) => {
                self.studio_follows(tx, (found, session), (step, done), by)?;
                if let Some(by) = by {
                    self.session_follows(tx, (found, session), (step, done), by, now)?;
                }
                None
            }
        };
        announce(tx, found, step, done, now)?;
        Ok(approval)
    }

    /// What a step of an airing brings about: an approval, an asset, or the end of an approval.
    fn airing_follows(
        &self,
        tx: &mut Tx<'_>,
        (found, airing): (&CaseFile, &Airing),
        (step, done): (&Step, &Move),
        by: Option<PersonId>,
        now: Instant,
    ) -> Result<Option<ApprovalId>, DeskError> {
        let goes_on = done.kind == EdgeKind::Next;
        let mut approval = None;
        if let Some(oral) = airing.oral.as_ref().filter(|oral| oral.in_force(now) && !goes_on) {
            // What goes back or ends takes its oral word along.
            let why = done.reason.clone().unwrap_or_else(|| step.action.text().id);
            oral::withdraw(tx, oral, by, &why, now)?;
        }
        match (step.action, by) {
            (Action::Sign, Some(by)) if goes_on => approval = Some(self.approve(tx, airing, done, by, now)?),
            (Action::Process, _) if goes_on => make_asset(tx, airing, now)?,
            _ => {}
        }
        if let (EdgeKind::Return, Some(by), Some(old)) = (done.kind, by, &airing.approval) {
            // What comes back changed needs a new word; the old one must not outlive it.
            tx.revoke_approval(old.id, by, done.reason.as_deref().unwrap_or_default(), now)?;
            let event = AuditEvent::new(AuditKind::ApprovalRevoked).by(by).number("approval", old.id.0);
            tx.audit(&event.number("case", found.row.id.0), now)?;
        }
        Ok(approval)
    }

    /// Registers a case that waits for it: what came in complete gets its number from the installation itself.
    pub(super) fn register(&self, tx: &mut Tx<'_>, case: CaseId, now: Instant) -> Result<(), DeskError> {
        let found = CaseFile::load(tx, &self.standards, Scope::All, case)?;
        let Some(step) = found.step().filter(|step| step.action == Action::Register) else { return Ok(()) };
        let year = self.year(&found, now);
        let act = Act { step: step.id.as_str(), choice: None, reason: None, version: None };
        let done = found.case()?.act(act, &Who::Installation, &found.facts(&self.config));
        let done = done.map_err(Refusal::Procedure)?;
        if found.row.agenda_number.is_none() {
            let number = tx.next_number(&format!("agenda/{year}"))?;
            tx.set_agenda_number(case, &format!("{number:04}/{year}"))?;
        }
        self.carry_out(tx, &found, &done, None, None, now)?;
        Ok(())
    }

    fn channel(&self, airing: &Airing) -> Result<&ChannelConfig, Refusal> {
        let name = &airing.newest().channel;
        let missing = || Refusal::NotFound { what: Text::new(format!("Saluran {name}"), format!("Channel {name}")) };
        self.config.channels.get(name).ok_or_else(missing)
    }

    /// The year of a letter's number, where the channel stands; for a session where the agency does.
    pub(super) fn year(&self, found: &CaseFile, now: Instant) -> i32 {
        let channel = match &found.matter {
            Matter::Airing(airing) => self.channel(airing).ok(),
            Matter::Session(_) => self.config.channels.values().next(),
        };
        channel.map_or(now.year(), |c| c.channel.zone.local(now).year())
    }

    fn store_move(
        &self,
        tx: &mut Tx<'_>,
        found: &CaseFile,
        done: &Move,
        by: Option<PersonId>,
        with: Option<u32>,
        now: Instant,
    ) -> Result<(), DeskError> {
        let row = MoveRow {
            version: done.version,
            from: done.from.clone(),
            to: done.to.clone(),
            choice: done.choice.clone(),
            kind: done.kind,
            by,
            by_name: None,
            actor: done.actor.clone(),
            form: done.form,
            reason: done.reason.clone(),
            with,
            at: now,
        };
        let reason_salt = done.reason.as_ref().map(|_| self.salt);
        if !tx.move_case(found.row.id, &NewMove { row, outcome: done.outcome.clone(), reason_salt })? {
            return Err(Refusal::Procedure(Refused::Changed).into());
        }
        let mut event = AuditEvent::new(AuditKind::CaseMoved)
            .number("case", found.row.id.0)
            .number("version", i64::from(done.version))
            .word("step", &done.from)
            .word("to", &done.to)
            .word("actor", &done.actor)
            .word("form", done.form);
        event.by = by;
        event = match &found.matter {
            Matter::Airing(airing) => event.number("submission", airing.newest().id.0),
            Matter::Session(session) => event.number("session_request", session.newest().id.0),
        };
        if let Some(version) = with {
            event = event.number("with_version", i64::from(version));
        }
        if let Some(choice) = Word::new(&done.choice) {
            event = event.word("choice", choice);
        }
        if let Some(reason) = &done.reason {
            event = event.hash("reason", salted(self.salt, reason));
        }
        Ok(tx.audit(&event, now)?)
    }

    /// Gives the word that binds original, recipe, period and channel, and asks for the house file.
    fn approve(
        &self,
        tx: &mut Tx<'_>,
        airing: &Airing,
        done: &Move,
        by: PersonId,
        now: Instant,
    ) -> Result<ApprovalId, DeskError> {
        let channel = &self.channel(airing)?.channel;
        let newest = airing.newest();
        let (first, last) = (newest.letter.first_day, newest.letter.last_day);
        let validity = Span::new(channel.zone.day(first).start(), channel.zone.day(last).end())
            .expect("a letter whose last day is before its first is refused when it is filed");
        let year = channel.zone.local(now).year();
        let number = match &self.number {
            Some(number) => free_number(tx, number)?,
            None => tx.next_letter_number("persetujuan", year)?,
        };
        let approval = NewApproval {
            case: newest.case,
            submission: newest.id,
            number,
            verify_code: self.verify_code.iter().map(|b| format!("{b:02x}")).collect(),
            original: newest.original.sha256,
            recipe: recipe_hash(channel, &newest.letter),
            channel: newest.channel.clone(),
            validity,
            by,
            form: done.form,
        };
        let id = tx.add_approval(&approval, now)?;
        let event = AuditEvent::new(AuditKind::Approved)
            .by(by)
            .number("approval", id.0)
            .number("case", newest.case.0)
            .number("submission", newest.id.0)
            .hash("original", approval.original)
            .hash("recipe", approval.recipe)
            .word("channel", &approval.channel)
            .at("valid_from", validity.start())
            .at("valid_until", validity.end())
            .word("form", done.form);
        tx.audit(&event, now)?;
        tx.queue_job(JobKind::Conform, newest.id, now)?;
        if let Some(said) = airing.oral.as_ref().filter(|said| said.in_force(now)) {
            let bound = (said.original, said.recipe, &said.channel);
            oral::confirm(tx, said, (bound == (approval.original, approval.recipe, &approval.channel), id), by, now)?;
        }
        Ok(id)
    }
}

/// A number that somebody typed, unless a letter of whatever kind has it.
pub(super) fn free_number(tx: &Tx<'_>, number: &str) -> Result<String, DeskError> {
    let taken = tx.letter_number_is_taken(number)?;
    if taken { Err(Refusal::NumberTaken { number: number.into() }.into()) } else { Ok(number.to_owned()) }
}

/// What the agency itself has approved is the evergreen pool; what offices send takes turns.
fn kind_for(tx: &Tx<'_>, office: OpdId) -> Result<AssetKind, DeskError> {
    let own = tx.office(Scope::All, office)?.is_some_and(|office| office.group == OpdGroup::Own);
    Ok(if own { AssetKind::Filler } else { AssetKind::Spot })
}

/// A clip that the technical team has found playable becomes a title that can be planned.
fn make_asset(tx: &mut Tx<'_>, airing: &Airing, now: Instant) -> Result<(), DeskError> {
    let (Some(approval), Some(clip)) = (&airing.approval, &airing.clip) else { return Ok(()) };
    let newest = airing.newest();
    let asset = NewAsset {
        title: newest.letter.title.clone(),
        owner: newest.office,
        kind: kind_for(tx, newest.office)?,
        channel: newest.channel.clone(),
        approval: approval.id,
        clip: clip.clip.sha256,
    };
    Ok(tx.add_asset(&asset, now)?)
}

/// Tells whoever is next, whoever the standard names, and the office where the news is its own.
fn announce(tx: &mut Tx<'_>, found: &CaseFile, step: &Step, done: &Move, now: Instant) -> Result<(), DeskError> {
    let (case, title) = (found.row.id, &found.row.title);
    let (acted, why) = (step.action.text(), done.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default());
    let news = match (done.kind, &done.outcome) {
        (EdgeKind::Return, _) => Text::new(
            format!("Permohonan {case} ({title}) dikembalikan pada langkah {}{why}", acted.id),
            format!("Request {case} ({title}) was returned at step {}{why}", acted.en),
        ),
        (EdgeKind::Reject, _) => Text::new(
            format!("Permohonan {case} ({title}) ditolak pada langkah {}{why}", acted.id),
            format!("Request {case} ({title}) was refused at step {}{why}", acted.en),
        ),
        (EdgeKind::Lapse, _) => Text::new(
            format!(
                "Permohonan {case} ({title}) ditutup karena tidak dijawab pada waktunya. Ajukan lagi bila masih perlu."
            ),
            format!(
                "Request {case} ({title}) was closed: it was not answered in time. File it again if it is still wanted."
            ),
        ),
        (_, Some(outcome)) => Text::new(
            format!("Permohonan {case} ({title}) selesai: {outcome}{why}"),
            format!("Request {case} ({title}) has ended: {outcome}{why}"),
        ),
        _ => Text::new(
            format!("Permohonan {case} ({title}): langkah {} selesai.", acted.id),
            format!("Request {case} ({title}): step {} is done.", acted.en),
        ),
    };
    let subject = Text::new(format!("Permohonan {case}"), format!("Request {case}"));
    let mut to = Vec::new();
    let next = found.standard.step(&done.to);
    let told = next.map(|s| &s.actor).into_iter().chain(&done.notify);
    for actor in told {
        let addressee = match actor.as_str() {
            APPLICANT => Some(Addressee::Office(found.row.office)),
            actor => Role::of_actor(actor).map(Addressee::Role),
        };
        to.extend(addressee);
    }
    if done.outcome.is_some() || step.action == Action::Sign {
        to.push(Addressee::Office(found.row.office));
    }
    let mut told = Vec::new();
    for to in to {
        if !told.contains(&to) {
            tx.announce(&Announcement { to, case: Some(case), subject: subject.clone(), body: news.clone() }, now)?;
            told.push(to);
        }
    }
    Ok(())
}
