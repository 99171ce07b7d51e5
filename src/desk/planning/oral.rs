//! An urgent clip airs before its paper is signed: on the head's oral word, written down with who gave it, when and how,
//! and no longer than until its end. The paper is the ordinary approval in the case. It confirms the word in time, or the
//! clip leaves the wall by itself: nothing is planned beyond the end in the first place, so that it does not air on even
//! where nobody runs the head-end at that moment.
//!
//! Inspection and verification come first as always. The word stands in for the signature alone, and orders the house file
//! as the signature would; then its plays are ordered like any urgent clip's, their effect shown first.

use super::interrupt::Effect;
use super::{Desk, DeskError, PlanError, Published};
use crate::desk::cases::{CaseFile, acting_person};
use crate::desk::matter::Airing;
use crate::desk::processing::recipe_hash;
use crate::desk::{Refusal, standing::Standing};
use crate::domain::asset::Verdict;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::channel::Channel;
use crate::domain::ids::{ApprovalId, CaseId, PersonId};
use crate::domain::interruption::{Happening, Interruption};
use crate::domain::office_hours::OfficeHours;
use crate::domain::oral::{LONGEST_REASON, OralApproval, OralWay};
use crate::domain::people::{Form, Person, Role};
use crate::domain::standard::{Action, Step};
use crate::domain::submission::CheckPoint;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::{BroadcastDate, Instant, Span, Zone};
use crate::engine::oral::latest_end;
use crate::store::{Addressee, Announcement, ClipRow, DaySeen, JobKind, NewOral, Scope, Tx};

/// Who writes an oral approval down and orders its plays.
pub const ENTERED_BY: &[Role] = &[Role::Scheduler, Role::Operator];
/// Who pulls one: whoever sees something wrong, beside the head who is named.
pub const PULLED_BY: &[Role] = &[Role::Scheduler, Role::Operator, Role::Head, Role::Admin];

/// What the trail and the office read where the head named says so.
const NEVER_GIVEN: &str = "Pejabat yang disebut menyatakan tidak memberikan persetujuan ini.";

/// Why nothing is put on the wall on an oral approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OralRefusal {
    /// It is not the head's turn: the file was not inspected, or the content not verified.
    NotVerified {
        /// Where the request stands.
        stands: Text,
    },
    /// The inspection refused the file.
    FileRefused,
    /// The request has had its oral approval.
    GivenBefore,
    /// The one named does not hold the head's position now, or may not sign in that form.
    NotHead,
    /// It was said in the future, or so long ago that it is over.
    SaidWhen,
    /// No reason, or a longer one than is kept.
    Reason,
    /// The end is not after now.
    EndsBefore,
    /// The end is later than may be.
    TooLong {
        /// The latest that may be.
        latest: Instant,
        /// Where the wall is.
        zone: Zone,
    },
    /// The letter asks for another period.
    OutsidePeriod,
    /// It has ended, or there is none.
    Ended,
    /// The house file is not made yet.
    NotMade,
}

impl OralRefusal {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            OralRefusal::NotVerified { .. } => "not_verified",
            OralRefusal::FileRefused => "file_refused",
            OralRefusal::GivenBefore => "given_before",
            OralRefusal::NotHead => "not_head",
            OralRefusal::SaidWhen => "said_when",
            OralRefusal::Reason => "reason",
            OralRefusal::EndsBefore => "ends_before",
            OralRefusal::TooLong { .. } => "too_long",
            OralRefusal::OutsidePeriod => "outside_period",
            OralRefusal::Ended => "ended",
            OralRefusal::NotMade => "not_made",
        }
    }

    /// What people read.
    pub fn text(&self) -> Text {
        match self {
            OralRefusal::NotVerified { stands } => Text::new(
                format!(
                    "Persetujuan lisan hanya menggantikan tanda tangan Kepala Dinas. Permohonan ini: {}. Selesaikan dahulu \
                     pemeriksaan berkas dan verifikasi isinya.",
                    stands.id
                ),
                format!(
                    "An oral approval stands in for the head's signature alone. This request: {}. Have its file inspected and \
                     its content verified first.",
                    stands.en
                ),
            ),
            OralRefusal::FileRefused => Text::new(
                "Berkasnya ditolak pemeriksaan, dan persetujuan lisan tidak dapat mengubahnya. Minta pemohon mengunggah \
                 berkas lain.",
                "The inspection refused its file, which no oral approval can change. Ask the applicant for another file.",
            ),
            OralRefusal::GivenBefore => Text::new(
                "Permohonan ini sudah pernah memakai persetujuan lisan. Sekarang hanya tanda tangan Kepala Dinas yang berlaku.",
                "This request has had its oral approval. Only the head's signature counts now.",
            ),
            OralRefusal::NotHead => Text::new(
                "Orang itu sekarang tidak menjabat Kepala Dinas, definitif maupun Plh/Plt. Pilih dari daftar; bila namanya \
                 kurang, minta administrator mencatat penunjukannya.",
                "That person does not hold the head's position now, be it acting. Choose from the list; if a name is missing, \
                 ask the administrator to enter the appointment.",
            ),
            OralRefusal::SaidWhen => Text::new(
                "Isi waktu persetujuan itu diberikan: tidak di masa depan, dan belum lewat batas berlakunya.",
                "Say when it was given: not in the future, and not so long ago that it is over.",
            ),
            OralRefusal::Reason => Text::new(
                format!("Tulis alasan mengapa tidak dapat menunggu surat, paling banyak {LONGEST_REASON} karakter."),
                format!("Say why it could not wait for the paper, in at most {LONGEST_REASON} characters."),
            ),
            OralRefusal::EndsBefore => Text::new(
                "Batas berlakunya sudah lewat. Pilih yang masih akan datang.",
                "Its end is over. Choose a later one.",
            ),
            OralRefusal::TooLong { latest, zone } => Text::new(
                format!(
                    "Terlalu lama. Paling lambat {}: akhir hari kerja berikutnya atau batas jam yang diatur.",
                    instant_in_words(*latest, *zone, Lang::Id)
                ),
                format!(
                    "Too long. At the latest {}: when the next working day ends, or after the hours that are set.",
                    instant_in_words(*latest, *zone, Lang::En)
                ),
            ),
            OralRefusal::OutsidePeriod => Text::new(
                "Masa tayang pada surat permohonan tidak meliputi sekarang. Minta pemohon memperbaiki suratnya dahulu.",
                "The letter's period does not hold now. Ask the applicant to correct the letter first.",
            ),
            OralRefusal::Ended => Text::new(
                "Persetujuan lisan itu tidak berlaku lagi. Videonya tayang setelah Kepala Dinas menandatangani persetujuan.",
                "That oral approval does not hold any more. The clip airs once the head of agency has signed.",
            ),
            OralRefusal::NotMade => Text::new(
                "Berkas siap tayang belum jadi. Tunggu sampai selesai, lalu tetapkan tayangannya.",
                "The house file is not made yet. Wait until it is, then order its plays.",
            ),
        }
    }
}

impl From<OralRefusal> for DeskError {
    fn from(refusal: OralRefusal) -> DeskError {
        Refusal::Oral(refusal).into()
    }
}

/// An oral approval as somebody writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedOral {
    /// Who gave it.
    pub head: PersonId,
    /// When.
    pub said_at: Instant,
    /// By which way.
    pub way: OralWay,
    /// Why it can't wait for the paper.
    pub reason: String,
    /// Until when it holds.
    pub until: Instant,
}

/// What the page of a request's oral approval shows.
#[derive(Debug, Clone)]
pub struct OralLook {
    /// What was written down; `None`: nothing.
    pub oral: Option<OralApproval>,
    /// Why nothing can be, where that is so.
    pub refused: Option<OralRefusal>,
    /// Who could have given it: everyone who holds the head's position now and may sign.
    pub heads: Vec<(Person, Form)>,
    /// The latest end of a word that were given now.
    pub latest: Instant,
    /// The house file that airs on it.
    pub clip: Option<ClipRow>,
    /// Announced days on which it holds.
    pub days: Vec<BroadcastDate>,
}

impl Desk {
    /// What the page of a request's oral approval shows.
    ///
    /// # Errors
    /// Not found for a request without a file; else when files or the database would not.
    pub fn oral_look(&self, found: &CaseFile) -> Result<OralLook, PlanError> {
        let (now, deadlines) = (self.now(), self.deadlines()?);
        let airing = found.airing().map_err(DeskError::from)?;
        let channel = self.planned_channel(&airing.newest().channel)?.channel.clone();
        let step = found.step();
        let (holders, clip) = self.store.read(|r| -> Result<_, DeskError> {
            let clip = match &airing.oral {
                Some(oral) => r.clip_made(oral.original, oral.recipe, &oral.channel)?,
                None => None,
            };
            Ok((r.holders(Role::Head, now)?, clip))
        })?;
        let form = |person: &Person| step.and_then(|step| signs_as(person, step));
        let mut days = Vec::new();
        if let Some(oral) = airing.oral.as_ref().filter(|oral| oral.in_force(now)) {
            let last = channel.zone.date_of(oral.holds.end() - chrono::TimeDelta::milliseconds(1));
            for date in channel.zone.date_of(now).through(last) {
                if self.standing(&channel.id, date)?.is_some() {
                    days.push(date);
                }
            }
        }
        Ok(OralLook {
            refused: may_be_given(found, airing, &channel, now).err(),
            heads: holders.into_iter().filter_map(|head| form(&head).map(|form| (head, form))).collect(),
            latest: latest_end(now, self.config.planning.oral_hours, deadlines.office()),
            oral: airing.oral.clone(),
            clip,
            days,
        })
    }

    /// Writes down that the head let a verified request air before its paper, and orders the house file. Nothing airs yet:
    /// its plays are ordered with [`Desk::order_oral`].
    ///
    /// # Errors
    /// Refused to whoever is no scheduler or operator, and as [`OralRefusal`] says.
    pub fn give_oral(&self, by: PersonId, case: CaseId, wanted: WantedOral) -> Result<OralApproval, DeskError> {
        let (now, deadlines, standards) = (self.now(), self.deadlines()?, self.standards.clone());
        let config = self.config.clone();
        self.store.write(move |tx| {
            entered_by(&acting_person(tx, by, now)?)?;
            let found = CaseFile::load(tx, &standards, Scope::All, case)?;
            let airing = found.airing()?;
            let newest = airing.newest();
            let missing = || Refusal::NotFound { what: Text::new("Saluran itu", "That channel") };
            let channel = &config.channels.get(&newest.channel).ok_or_else(missing)?.channel;
            let step = may_be_given(&found, airing, channel, now)?;
            let head = tx.person(wanted.head, now)?.filter(|head| head.disabled_at.is_none());
            let form = head.as_ref().and_then(|head| signs_as(head, step)).ok_or(OralRefusal::NotHead)?;
            let holds = time_of(&wanted, config.planning.oral_hours, deadlines.office(), now)?;
            if period(airing, channel).is_none_or(|valid| holds.end() > valid.end()) {
                return Err(OralRefusal::OutsidePeriod.into());
            }
            let reason = wanted.reason.trim().to_owned();
            if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
                return Err(OralRefusal::Reason.into());
            }
            let new = NewOral {
                case,
                submission: newest.id,
                original: newest.original.sha256,
                recipe: recipe_hash(channel, &newest.letter),
                channel: newest.channel.clone(),
                holds,
                head: wanted.head,
                form,
                way: wanted.way,
                reason,
                said_at: wanted.said_at,
                by,
            };
            let id = tx.add_oral(&new)?;
            let event = AuditEvent::new(AuditKind::OralGiven).by(by).number("oral", id.0).number("case", case.0);
            let event = event.number("submission", newest.id.0).number("head", wanted.head.0).word("form", form);
            let event = event.word("way", wanted.way).hash("original", new.original).hash("recipe", new.recipe);
            let event = event.word("channel", &new.channel).at("said_at", new.said_at).at("until", holds.end());
            tx.audit(&event, now)?;
            tx.queue_job(JobKind::Conform, newest.id, now)?;
            let oral = tx.oral_of(newest.id)?.ok_or(OralRefusal::Ended)?;
            tell_given(tx, &found, &oral, channel.zone, now)?;
            Ok(oral)
        })
    }

    /// Orders plays on an oral approval over the day that the person saw; never beyond its end.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler or operator, and where it does not hold; else as [`Desk::interrupt`].
    pub fn order_oral(
        &self,
        by: PersonId,
        case: CaseId,
        (date, span, plays): (BroadcastDate, Span, u32),
        seen: DaySeen,
    ) -> Result<Option<Published>, PlanError> {
        let now = self.now();
        let oral = self.store.read(|r| -> Result<_, DeskError> {
            entered_by(&acting_person(r, by, now)?)?;
            self.oral_to_order(&CaseFile::load(r, &self.standards, Scope::All, case)?, now)
        })?;
        let wanted = Interruption { span, what: Happening::Urgent { submission: oral.submission, plays } };
        self.order(by, (&oral.channel, date), &wanted, &oral.reason, seen)
    }

    /// What ordering plays on an oral approval would change.
    ///
    /// # Errors
    /// As [`Desk::order_oral`].
    pub fn effect_of_oral(
        &self,
        found: &CaseFile,
        (date, span, plays): (BroadcastDate, Span, u32),
    ) -> Result<Effect, PlanError> {
        let oral = self.oral_to_order(found, self.now())?;
        let wanted = Interruption { span, what: Happening::Urgent { submission: oral.submission, plays } };
        self.effect_of_interruption(&oral.channel, date, &wanted)
    }

    fn oral_to_order(&self, found: &CaseFile, now: Instant) -> Result<OralApproval, DeskError> {
        let oral = found.airing()?.oral.clone().filter(|oral| oral.in_force(now)).ok_or(OralRefusal::Ended)?;
        match self.store.read(|r| r.clip_made(oral.original, oral.recipe, &oral.channel))? {
            Some(_) => Ok(oral),
            None => Err(OralRefusal::NotMade.into()),
        }
    }

    /// Withdraws an oral approval and takes its clip off every published day at once. The head who is named says so without
    /// a reason: that he or she never gave it.
    ///
    /// # Errors
    /// Refused without a right or a reason, and where it does not hold any more; else the first day that could not be
    /// repaired.
    pub fn withdraw_oral(&self, by: PersonId, case: CaseId, reason: Option<&str>) -> Result<Vec<Published>, PlanError> {
        let (now, standards) = (self.now(), self.standards.clone());
        let reason = reason.map(|reason| reason.trim().to_owned());
        self.store.write(move |tx| -> Result<(), DeskError> {
            let person = acting_person(tx, by, now)?;
            let found = CaseFile::load(tx, &standards, Scope::All, case)?;
            let oral = found.airing()?.oral.as_ref().filter(|oral| oral.in_force(now)).ok_or(OralRefusal::Ended)?;
            let named = person.id == oral.head;
            if !named && !PULLED_BY.iter().any(|role| person.holds(*role)) {
                return Err(Refusal::NeedsRole(Role::Head).into());
            }
            let why = match reason {
                None if named => NEVER_GIVEN.to_owned(),
                Some(why) if (1..=LONGEST_REASON).contains(&why.chars().count()) => why,
                _ => return Err(OralRefusal::Reason.into()),
            };
            withdraw(tx, oral, Some(by), &why, now)
        })?;
        self.clear_orals(Some(by))
    }

    /// Ends oral approvals whose paper did not come by their end, and takes what ended without paper off published days:
    /// also what ended while the head-end was down.
    ///
    /// # Errors
    /// When the database would not; else the first day that could not be repaired.
    pub fn settle_orals(&self, by: Option<PersonId>) -> Result<Vec<CaseId>, PlanError> {
        let now = self.now();
        let over = self.store.read(|r| r.orals_over(now))?;
        let mut expired = Vec::new();
        for oral in over {
            let case = oral.case;
            let ended = self.store.write(move |tx| -> Result<bool, DeskError> {
                if !tx.expire_oral(oral.id, now)? {
                    return Ok(false); // the paper came, or somebody withdrew it
                }
                let event = AuditEvent::new(AuditKind::OralExpired).number("oral", oral.id.0);
                tx.audit(&event.number("case", oral.case.0).at("until", oral.holds.end()), now)?;
                let text = Text::new(
                    "Persetujuan lisan habis masa berlakunya tanpa surat persetujuan. Videonya tidak tayang lagi sampai \
                     Kepala Dinas menandatangani persetujuan.",
                    "The oral approval has run out without its paper. The clip does not air until the head of agency has \
                     signed.",
                );
                tell(tx, &oral, &text, now)?;
                Ok(true)
            })?;
            if ended {
                expired.push(case);
            }
        }
        self.clear_orals(by)?;
        Ok(expired)
    }

    fn clear_orals(&self, by: Option<PersonId>) -> Result<Vec<Published>, PlanError> {
        let ended = self.store.read(|r| r.orals_to_clear())?;
        if ended.is_empty() {
            return Ok(Vec::new());
        }
        let published = self.publish_withdrawals(by)?;
        let now = self.now();
        self.store.write(move |tx| ended.into_iter().try_for_each(|id| tx.oral_cleared(id, now)))?;
        Ok(published)
    }

    /// Oral approvals that wait for their paper on a day, with the titles of their clips.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn orals_of_day(
        &self,
        channel: &crate::domain::ids::ChannelId,
        date: BroadcastDate,
    ) -> Result<Vec<(OralApproval, String)>, PlanError> {
        let day = self.planned_channel(channel)?.channel.zone.day(date);
        let now = self.now();
        Ok(self.store.read(|r| -> Result<_, DeskError> {
            let mut waiting = Vec::new();
            for oral in r.orals_in(channel, day)?.into_iter().filter(|oral| oral.in_force(now)) {
                let title = r.submission(Scope::All, oral.submission)?.map(|s| s.letter.title).unwrap_or_default();
                waiting.push((oral, title));
            }
            Ok(waiting)
        })?)
    }
}

/// What stands in the way of an oral approval, or the step whose signature it stands in for.
fn may_be_given<'f>(
    found: &'f CaseFile,
    airing: &Airing,
    channel: &Channel,
    now: Instant,
) -> Result<&'f Step, OralRefusal> {
    if airing.oral.is_some() {
        return Err(OralRefusal::GivenBefore);
    }
    if airing.inspection.as_ref().is_some_and(|found| found.verdict == Verdict::Refuse) {
        return Err(OralRefusal::FileRefused);
    }
    let not_verified = || OralRefusal::NotVerified { stands: found.standing().text() };
    let step = found.step().filter(|step| step.action == Action::Sign).ok_or_else(not_verified)?;
    // A verifier who found one of the prohibitions has not passed it on; it is looked at again all the same.
    let holds = |point: &CheckPoint| airing.checklist.as_ref().is_some_and(|list| list.get(point) == Some(&true));
    if airing.inspection.is_none() || !CheckPoint::ALL.iter().all(holds) || found.standing() != Standing::Approving {
        return Err(not_verified());
    }
    match period(airing, channel) {
        Some(valid) if valid.contains(now) => Ok(step),
        _ => Err(OralRefusal::OutsidePeriod),
    }
}

/// The period that the paper will bind.
fn period(airing: &Airing, channel: &Channel) -> Option<Span> {
    let letter = &airing.newest().letter;
    Span::new(channel.zone.day(letter.first_day).start(), channel.zone.day(letter.last_day).end())
}

/// How a person may sign at a step as head; `None` if not now.
fn signs_as(person: &Person, step: &Step) -> Option<Form> {
    let form = person.form_of(Role::Head)?;
    (form == Form::Definitif || step.delegable.contains(&form)).then_some(form)
}

fn entered_by(person: &Person) -> Result<(), Refusal> {
    if ENTERED_BY.iter().any(|role| person.holds(*role)) { Ok(()) } else { Err(Refusal::NeedsRole(Role::Operator)) }
}

/// From now until the end that was chosen, where that may be.
fn time_of(wanted: &WantedOral, hours: u32, office: &OfficeHours, now: Instant) -> Result<Span, OralRefusal> {
    let latest = latest_end(wanted.said_at, hours, office);
    if wanted.said_at > now || latest <= now {
        return Err(OralRefusal::SaidWhen);
    }
    if wanted.until > latest {
        return Err(OralRefusal::TooLong { latest, zone: office.zone });
    }
    Span::new(now, wanted.until).filter(|span| span.start() < span.end()).ok_or(OralRefusal::EndsBefore)
}

/// The paper has come while an oral approval held: the same word in writing confirms it, another one takes its place.
pub(in crate::desk) fn confirm(
    tx: &mut Tx<'_>,
    oral: &OralApproval,
    (same, approval): (bool, ApprovalId),
    by: PersonId,
    now: Instant,
) -> Result<(), DeskError> {
    if !same {
        return withdraw(tx, oral, Some(by), "Disetujui tertulis untuk format lain.", now);
    }
    if tx.confirm_oral(oral.id, approval, now)? {
        let event = AuditEvent::new(AuditKind::OralConfirmed).by(by).number("oral", oral.id.0);
        tx.audit(&event.number("case", oral.case.0).number("approval", approval.0), now)?;
    }
    Ok(())
}

/// Withdraws an oral approval and tells everyone concerned; its clip is taken off published days afterwards.
pub(in crate::desk) fn withdraw(
    tx: &mut Tx<'_>,
    oral: &OralApproval,
    by: Option<PersonId>,
    why: &str,
    now: Instant,
) -> Result<(), DeskError> {
    if !tx.withdraw_oral(oral.id, by, why, now)? {
        return Err(OralRefusal::Ended.into());
    }
    let mut event = AuditEvent::new(AuditKind::OralWithdrawn).number("oral", oral.id.0).number("case", oral.case.0);
    event.by = by;
    tx.audit(&event, now)?;
    let text = Text::new(
        format!("Persetujuan lisan dicabut, dan videonya turun dari videotron: {why}"),
        format!("The oral approval was withdrawn, and its clip leaves the wall: {why}"),
    );
    tell(tx, oral, &text, now)
}

fn tell_given(
    tx: &mut Tx<'_>,
    found: &CaseFile,
    oral: &OralApproval,
    zone: Zone,
    now: Instant,
) -> Result<(), DeskError> {
    let (case, title, name) = (oral.case, &found.row.title, &oral.head_name);
    let until = |lang| instant_in_words(oral.holds.end(), zone, lang);
    let head = Text::new(
        format!(
            "{} mencatat bahwa Anda menyetujui secara lisan penayangan “{title}” (permohonan {case}), berlaku sampai {}. \
             Tandatangani persetujuannya sebelum itu. Tidak pernah menyetujui? Buka permohonannya dan nyatakan di sana.",
            oral.by_name,
            until(Lang::Id)
        ),
        format!(
            "{} wrote down that you approved “{title}” (request {case}) orally, until {}. Sign the approval before then. You \
             never did? Open the request and say so there.",
            oral.by_name,
            until(Lang::En)
        ),
    );
    let others = Text::new(
        format!(
            "“{title}” boleh tayang atas persetujuan lisan {name} sampai {}, kecuali suratnya datang.",
            until(Lang::Id)
        ),
        format!("“{title}” may air on an oral approval of {name} until {}, unless the paper comes.", until(Lang::En)),
    );
    let told = [Addressee::Office(found.row.office), Addressee::Role(Role::Scheduler), Addressee::Role(Role::Operator)];
    let to = Addressee::Person(oral.head);
    let mut letters = vec![Announcement { to, case: Some(case), subject: subject(oral), body: head }];
    let office = Text::new(
        format!(
            "“{title}” boleh tayang atas persetujuan lisan Kepala Dinas sampai {}, kecuali suratnya datang.",
            until(Lang::Id)
        ),
        format!(
            "“{title}” may air on an oral approval of the head of agency until {}, unless the paper comes.",
            until(Lang::En)
        ),
    );
    let body = |to: &Addressee| if matches!(to, Addressee::Office(_)) { office.clone() } else { others.clone() };
    let copy = |to| Announcement { body: body(&to), to, case: Some(case), subject: subject(oral) };
    letters.extend(told.map(copy));
    Ok(letters.iter().try_for_each(|letter| tx.announce(letter, now))?)
}

fn subject(oral: &OralApproval) -> Text {
    let case = oral.case;
    Text::new(format!("Persetujuan lisan, permohonan {case}"), format!("Oral approval, request {case}"))
}

/// Tells the head who is named, the office and those who keep the wall.
fn tell(tx: &mut Tx<'_>, oral: &OralApproval, body: &Text, now: Instant) -> Result<(), DeskError> {
    let office = tx.case(Scope::All, oral.case)?.map(|case| case.office);
    let wall = [Role::Scheduler, Role::Operator].map(Addressee::Role);
    for to in wall.into_iter().chain([Addressee::Person(oral.head)]).chain(office.map(Addressee::Office)) {
        tx.announce(&Announcement { to, case: Some(oral.case), subject: subject(oral), body: body.clone() }, now)?;
    }
    Ok(())
}
