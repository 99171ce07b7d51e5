//! The scheduling team's work: load what may air, plan the day, have it judged, show what it changes, publish it.
//!
//! A published day is repaired, never solved again: what is announced and near stays, what may no longer air goes, what
//! is new finds a pause. File first, row second: a revision whose row was lost to a power cut is adopted, because the
//! player airs it already.

mod announce;
pub mod announcement;
pub mod day;
mod decide;
pub mod draft;
mod empty;
pub(super) mod evidence;
mod fill;
mod frame;
pub mod horizon;
pub mod interrupt;
pub mod listed;
mod material;
pub mod office;
pub mod oral;
pub mod overview;
pub mod plans;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::config::ChannelConfig;
use crate::domain::asset::FillClip;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::branding::Wears;
use crate::domain::draft::Draft;
use crate::domain::ids::{ApprovalId, CaseId, ChannelId, ItemId, OpdId, PersonId, Sha256, SubmissionId};
use crate::domain::people::Role;
use crate::domain::playlist::{Fault, ItemKind, Playlist, PlaylistHead, PlaylistItem};
use crate::domain::rotation::{FixedEvent, Rotation, Step, Stretch};
use crate::domain::standard::Key;
use crate::domain::text::{Lang, Text};
use crate::domain::time::{BroadcastDate, Tick};
use crate::engine::plan_check::{self, Finding};
use crate::engine::planner::credit::fair_shares;
use crate::engine::planner::{self, Announced, DayPlan, Play};
use crate::engine::rundown::{Difference, Placed, rundown};
use crate::files::{fill_index, playlist_file};
use crate::store::{AirtimeRow, PublishedRevision, Scope, StoreError};

use super::review::WantedAct;
use super::{Desk, DeskError, Refusal};
use announce::announcements;
pub use decide::{Affected, Cost, DAYS_AHEAD, LONGEST_MODE, Outlook, RulesInForce, WhatIf};
use draft::DraftState;
use empty::BEFORE_PLANNING;
pub use empty::{Waiting, WhenEmpty};
use evidence::FileCheck;
use frame::Frame;
use interrupt::{Change, InterruptionRefusal};
use material::DayMaterial;

/// Why a day was not planned or published.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No such channel in the configuration.
    #[error("there is no channel {0} in siaran.toml")]
    NoChannel(ChannelId),
    /// The day is over, or the channel is closed for the rest of it.
    #[error("{channel} has no hours left on {date}; plan a later day")]
    Over {
        /// The channel.
        channel: ChannelId,
        /// The day.
        date: BroadcastDate,
    },
    /// The items don't make a playlist.
    #[error("the plan is no playlist: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NoPlaylist(Vec<Fault>),
    /// The judge found faults; nothing was published.
    #[error("the plan breaks rules and was not published: {}", .0.iter().map(|t| t.en.as_str()).collect::<Vec<_>>().join("; "))]
    Judged(Vec<Text>),
    /// Nothing that anybody asked for is in it, and nobody said that it should be published all the same.
    #[error("the plan of {channel} on {date} has no clip, and was not published{}", listed(waiting))]
    Empty {
        /// The channel.
        channel: ChannelId,
        /// The day.
        date: BroadcastDate,
        /// How long nothing can be added once it is published, seconds.
        freeze_s: u32,
        /// What waits.
        waiting: Vec<Waiting>,
    },
    /// Nothing to publish: the revision would be the one before.
    #[error("revision {revision} of {date} stands; nothing has changed")]
    Unchanged {
        /// The day.
        date: BroadcastDate,
        /// What stands.
        revision: u32,
    },
    /// Somebody saved other rules since these were looked at.
    #[error("somebody saved other rules meanwhile; look at them first")]
    RulesChanged,
    /// The plan was changed by hand after it was looked at.
    #[error("the plan of {date} was changed after it was looked at")]
    ChangedSince {
        /// The day.
        date: BroadcastDate,
    },
    /// What should happen to a day can't be.
    #[error("{}", .0.text().en)]
    Interruption(InterruptionRefusal),
    /// A revision can't be read or written.
    #[error(transparent)]
    File(#[from] playlist_file::PlaylistFileError),
    /// The pool of evergreen clips can't be read.
    #[error(transparent)]
    Fill(#[from] fill_index::FillError),
    /// A file or folder would not.
    #[error("{path} can't be read or written: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The desk said no, or the database would not.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<StoreError> for PlanError {
    fn from(error: StoreError) -> PlanError {
        PlanError::Desk(error.into())
    }
}

/// `: request 3 (Ayo ke Posyandu) stands at …`
fn listed(waiting: &[Waiting]) -> String {
    let words = |w: &Waiting| format!("request {} ({}): {}", w.case, w.title, w.standing.text().en);
    let lines: Vec<String> = waiting.iter().map(words).collect();
    if lines.is_empty() { "; no request asks for this day".into() } else { format!("; {}", lines.join("; ")) }
}

impl PlanError {
    /// A word for scripts and what people read, where it is a no that they can act on and no fault of the machine.
    pub fn refusal(&self) -> Option<(&'static str, Text)> {
        let join = |texts: &[Text], lang| texts.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(" ");
        Some(match self {
            PlanError::Over { .. } => (
                "over",
                Text::new(
                    "Jam tayang hari itu sudah habis. Rencanakan hari sesudahnya.",
                    "No hours are left on that day. Plan a later one.",
                ),
            ),
            PlanError::Unchanged { revision, .. } => (
                "unchanged",
                Text::new(
                    format!("Tidak ada yang berubah: revisi {revision} tetap berlaku."),
                    format!("Nothing has changed: revision {revision} stands."),
                ),
            ),
            PlanError::RulesChanged => (
                "rules_changed",
                Text::new(
                    "Rekan Anda menyimpan aturan lain sesudah halaman ini dibuka. Muat ulang halaman, lalu ubah lagi.",
                    "A colleague has saved other rules since this page was opened. Open it again, then change it.",
                ),
            ),
            PlanError::ChangedSince { .. } => (
                "changed_since",
                Text::new(
                    "Rencana ini diubah rekan Anda sesudah halaman dibuka, dan belum diumumkan. Periksa perubahannya dahulu.",
                    "A colleague has changed this plan after the page was opened, and it was not published. Look at the \
                     changes first.",
                ),
            ),
            PlanError::Interruption(refusal) => (refusal.code(), refusal.text()),
            PlanError::Judged(texts) => ("judged", Text::new(join(texts, Lang::Id), join(texts, Lang::En))),
            PlanError::Empty { freeze_s, .. } => (
                "empty_plan",
                Text::new(
                    format!(
                        "Rencana ini tanpa satu video pun. Setelah diumumkan, jam tayang yang kurang dari {} menit lagi tidak \
                     dapat diisi.",
                        freeze_s / 60
                    ),
                    format!(
                        "This plan has no clip at all. Once published, air time less than {} minutes away can't be filled any \
                     more.",
                        freeze_s / 60
                    ),
                ),
            ),
            _ => return None,
        })
    }
}

/// A day as it would be published, with what a person wants to know before saying so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The revision.
    pub playlist: Playlist,
    /// What it changes.
    pub difference: Difference,
    /// Why plays that were asked for are not in it, per request.
    pub unplaced: Vec<(CaseId, Text)>,
    /// Requests for the day that can't be planned yet, with where each stands.
    pub waiting: Vec<Waiting>,
    /// Rules that it breaks; it can't be published with any.
    pub findings: Vec<Finding>,
    /// Airtime per office, by name, milliseconds.
    pub airtime_ms: BTreeMap<String, u64>,
    /// Free time that no office's clip uses, milliseconds.
    pub idle_ms: u64,
    /// What was changed by hand; `None` where the plan is the planner's.
    pub draft: Option<DraftState>,
    /// Requests that the planner knew.
    known: BTreeSet<SubmissionId>,
    /// What the plan gives each office beside its fair part.
    ledger: Vec<AirtimeRow>,
    /// The request and the office of every submission, as playlist files name them.
    cases: BTreeMap<String, (CaseId, OpdId)>,
}

impl Proposal {
    /// Whether it airs nothing that anybody asked for: fill alone, or nothing.
    pub fn is_empty(&self) -> bool {
        self.playlist.items().iter().all(|item| item.kind == ItemKind::Fill)
    }
}

/// How a day is planned.
pub(super) struct Asked<'a> {
    /// How closely its files are looked at.
    files: FileCheck,
    /// Changes by hand.
    draft: Option<&'a Draft>,
    /// What would be different about what happens to it.
    change: Option<&'a Change>,
}

impl<'a> Asked<'a> {
    /// As it stands, with changes by hand, its files only looked for.
    fn with(draft: Option<&'a Draft>) -> Asked<'a> {
        Asked { files: FileCheck::Exists, draft, change: None }
    }
}

/// A published revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What was published.
    pub proposal: Proposal,
    /// Where.
    pub path: PathBuf,
    /// Hash of the file.
    pub sha256: Sha256,
    /// Requests that waited for it and moved on.
    pub moved: Vec<CaseId>,
}

/// Pauses shorter than this are closed where the rules allow it, seconds: the eye takes a shorter fill for a fault.
const SHORTEST_PAUSE_S: u32 = 2;
/// How often a repair drops plays that the judge refuses and tries again, before the faults are shown.
const MOST_REPAIRS: usize = 4;
/// Days ahead that are looked through for a clip that was withdrawn.
const HORIZON_DAYS: i64 = 400;
/// The step of `ds.videotron` that a published revision does.
const SCHEDULE_STEP: &str = "schedule";

impl Desk {
    /// Plans the next revision of a day from what is approved, conformed and in its period.
    ///
    /// # Errors
    /// [`PlanError`]; a plan that breaks rules is returned with its findings.
    pub fn plan_day(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Proposal, PlanError> {
        // Whoever looks at a plan wants it at once; its files are hashed when it is published.
        let draft = self.store.read(|r| r.draft(channel, date))?;
        let proposal = self.plan_revision(channel, date, &Asked::with(draft.as_ref()))?;
        Ok(Proposal { waiting: self.waiting_for(channel, date)?, ..proposal })
    }

    fn plan_revision(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        asked: &Asked<'_>,
    ) -> Result<Proposal, PlanError> {
        let configured = self.planned_channel(channel)?;
        self.adopt_revisions(channel, date)?;
        self.refresh_fill()?;
        let parent = self.standing(channel, date)?;
        let material = match asked.change {
            Some(change) => {
                let rows = self.store.read(|r| r.interruptions(channel, date, date))?;
                DayMaterial::load_with(self, configured, date, &change.in_force(&rows, self.now()))?
            }
            None => DayMaterial::load(self, configured, date)?,
        };
        let frame = Frame::of(self, configured, date, parent.as_ref())?;
        let mut dropped = BTreeSet::new();
        for repair in 0.. {
            let proposal = self.propose(&frame, &material, parent.as_ref(), &dropped, asked)?;
            let refused: Vec<ItemId> = proposal.findings.iter().filter_map(|f| f.item.clone()).collect();
            let droppable = frame.droppable(parent.as_ref(), &refused);
            if droppable.is_empty() || repair >= MOST_REPAIRS {
                return Ok(proposal);
            }
            dropped.extend(droppable);
        }
        unreachable!("the loop returns after {MOST_REPAIRS} repairs")
    }

    /// Plans and publishes the next revision of a day: file, row, announcements, audit; and moves the cases on that
    /// waited for it.
    ///
    /// # Errors
    /// [`PlanError::Judged`] if the plan breaks rules, [`PlanError::Unchanged`] if there is nothing new to say,
    /// [`PlanError::Empty`] if it has no clip and nobody wants that.
    pub fn publish_day(
        &self,
        by: Option<PersonId>,
        channel: &ChannelId,
        date: BroadcastDate,
        when_empty: WhenEmpty,
    ) -> Result<Published, PlanError> {
        if let Some(person) = by {
            self.only_scheduler(person)?;
        }
        let draft = self.store.read(|r| r.draft(channel, date))?;
        self.publish_draft(by, channel, date, when_empty, draft.as_ref())
    }

    /// The same for someone who has looked at the plan: refused if changes by hand were made since, which nobody saw.
    ///
    /// # Errors
    /// As [`Desk::publish_day`], and [`PlanError::ChangedSince`].
    pub fn publish_seen(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        when_empty: WhenEmpty,
        seen: Option<u32>,
    ) -> Result<Published, PlanError> {
        self.only_scheduler(by)?;
        let draft = self.store.read(|r| r.draft(channel, date))?;
        if draft.as_ref().map(|draft| draft.version) != seen {
            return Err(PlanError::ChangedSince { date });
        }
        self.publish_draft(Some(by), channel, date, when_empty, draft.as_ref())
    }

    fn publish_draft(
        &self,
        by: Option<PersonId>,
        channel: &ChannelId,
        date: BroadcastDate,
        when_empty: WhenEmpty,
        draft: Option<&Draft>,
    ) -> Result<Published, PlanError> {
        let asked = Asked { files: FileCheck::Hash, draft, change: None };
        let mut published = self.publish_revision(by, channel, date, when_empty, &asked)?;
        if let Some(person) = by {
            published.moved = self.move_scheduled_cases(person, &published.proposal)?;
        }
        Ok(published)
    }

    /// Withdraws an approval and takes its clip off every published day, the one on air first.
    ///
    /// # Errors
    /// Refused as [`Desk::revoke_approval`] refuses; else the first day that could not be repaired.
    pub fn withdraw(&self, by: PersonId, approval: ApprovalId, reason: &str) -> Result<Vec<Published>, PlanError> {
        self.revoke_approval(by, approval, reason)?;
        self.publish_withdrawals(Some(by))
    }

    fn publish_revision(
        &self,
        by: Option<PersonId>,
        channel: &ChannelId,
        date: BroadcastDate,
        when_empty: WhenEmpty,
        asked: &Asked<'_>,
    ) -> Result<Published, PlanError> {
        let proposal = self.plan_revision(channel, date, asked)?;
        let zone = proposal.playlist.head().zone;
        if !proposal.findings.is_empty() {
            return Err(PlanError::Judged(proposal.findings.iter().map(|f| f.text(zone)).collect()));
        }
        let parent = self.standing(channel, date)?;
        if let Some(parent) = &parent
            && parent.items() == proposal.playlist.items()
            && parent.head().withdrawn == proposal.playlist.head().withdrawn
        {
            return Err(PlanError::Unchanged { date, revision: parent.head().revision });
        }
        if when_empty == WhenEmpty::Refuse && proposal.is_empty() {
            let (channel, freeze_s) = (channel.clone(), self.config.planning.freeze_s);
            let waiting = self.waiting_for(&channel, date)?;
            return Err(PlanError::Empty { channel, date, freeze_s, waiting });
        }
        let (path, sha256) = playlist_file::write(self.home(), &proposal.playlist)?;
        self.record(by, &proposal, sha256, asked.draft)?;
        Ok(Published { proposal, path, sha256, moved: Vec::new() })
    }

    /// Publishes a new revision of every day from today on that airs something that may no longer air: to be called
    /// once an approval is withdrawn. What is on air leaves the wall at once.
    ///
    /// # Errors
    /// [`PlanError`] of the first day that could not be repaired.
    pub fn publish_withdrawals(&self, by: Option<PersonId>) -> Result<Vec<Published>, PlanError> {
        let mut published = Vec::new();
        for (channel, configured) in &self.config.channels {
            let today = configured.channel.zone.date_of(self.now());
            let horizon = today.0.checked_add_signed(TimeDelta::days(HORIZON_DAYS)).map_or(today, BroadcastDate);
            let known = self.store.read(|r| r.revisions(channel, today, horizon))?;
            let dates: BTreeSet<BroadcastDate> = known.iter().map(|r| r.date).collect();
            for date in dates {
                let Some(standing) = self.standing(channel, date)? else { continue };
                let material = DayMaterial::load(self, configured, date)?;
                let gone = standing.items().iter().any(|i| material.is_withdrawn(i));
                if gone {
                    // The bytes were hashed when these plays were published; hashing them again would keep what
                    // must go on the wall for seconds.
                    let asked = Asked::with(None);
                    published.push(self.publish_revision(by, channel, date, WhenEmpty::Publish, &asked)?);
                }
            }
        }
        self.refresh_fill()?;
        Ok(published)
    }

    fn only_scheduler(&self, person: PersonId) -> Result<(), DeskError> {
        let now = self.now();
        let person = self.store.read(|r| r.person(person, now))?;
        let allowed = person.is_some_and(|p| p.disabled_at.is_none() && p.holds(Role::Scheduler));
        if allowed { Ok(()) } else { Err(Refusal::NeedsRole(Role::Scheduler).into()) }
    }

    /// Moves the cases on that waited for a place in a playlist. One that may not move (its letter was returned
    /// meanwhile, say) stays where it is; its plays are on the page of whoever looks at it.
    fn move_scheduled_cases(&self, by: PersonId, proposal: &Proposal) -> Result<Vec<CaseId>, PlanError> {
        let step: Key = SCHEDULE_STEP.parse().expect("a word of lower-case letters");
        let waiting: BTreeSet<CaseId> =
            self.store.read(|r| r.cases_at(Scope::All, &step))?.iter().map(|c| c.id).collect();
        let named = |i: &PlaylistItem| i.submission.as_ref().and_then(|s| proposal.cases.get(s)).map(|c| c.0);
        let planned: BTreeSet<CaseId> = proposal.playlist.items().iter().filter_map(named).collect();
        let mut moved = Vec::new();
        for &case in planned.intersection(&waiting) {
            match self.act(by, case, WantedAct { step: SCHEDULE_STEP.into(), ..WantedAct::default() }) {
                Ok(_) => moved.push(case),
                Err(DeskError::Refused(refusal)) => {
                    tracing::warn!(case = case.0, code = refusal.code(), "a planned request did not move on");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(moved)
    }

    fn planned_channel(&self, channel: &ChannelId) -> Result<&ChannelConfig, PlanError> {
        self.config.channels.get(channel).ok_or_else(|| PlanError::NoChannel(channel.clone()))
    }

    /// The revision that stands: the newest file of the day.
    fn standing(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Option<Playlist>, PlanError> {
        let folder = playlist_file::folder(self.home(), channel);
        let revisions = playlist_file::revisions(self.home(), channel, date)
            .map_err(|source| PlanError::Io { path: folder, source })?;
        let Some(newest) = revisions.last() else { return Ok(None) };
        Ok(Some(playlist_file::read(&playlist_file::path(self.home(), channel, date, *newest))?))
    }

    /// Gives a row to every revision of today and the days ahead that has only its file: the power went between the two.
    ///
    /// # Errors
    /// When database or disk would not.
    pub fn adopt_published(&self) -> Result<(), PlanError> {
        for (id, configured) in &self.config.channels {
            let today = configured.channel.zone.date_of(self.now());
            let last = BroadcastDate(today.0 + TimeDelta::days(horizon::MOST_DAYS));
            today.through(last).try_for_each(|date| self.adopt_revisions(id, date))?;
        }
        Ok(())
    }

    /// Gives a row to revisions that have only their file: the power went between the two.
    fn adopt_revisions(&self, channel: &ChannelId, date: BroadcastDate) -> Result<(), PlanError> {
        let folder = playlist_file::folder(self.home(), channel);
        let io = |path: PathBuf| move |source| PlanError::Io { path, source };
        let files = playlist_file::revisions(self.home(), channel, date).map_err(io(folder))?;
        let rows: BTreeSet<u32> =
            self.store.read(|r| r.revisions(channel, date, date))?.iter().map(|r| r.revision).collect();
        for revision in files.into_iter().filter(|r| !rows.contains(r)) {
            let path = playlist_file::path(self.home(), channel, date, revision);
            let playlist = playlist_file::read(&path)?;
            let file = crate::files::whole::sha256_of(&path).map_err(io(path))?;
            let row = PublishedRevision {
                channel: channel.clone(),
                date,
                revision,
                parent: playlist.head().parent,
                file,
                by: None,
                at: self.now(),
            };
            self.store.write(move |tx| tx.add_revision(&row))?;
        }
        Ok(())
    }

    fn propose(
        &self,
        frame: &Frame,
        material: &DayMaterial,
        parent: Option<&Playlist>,
        dropped: &BTreeSet<ItemId>,
        asked: &Asked<'_>,
    ) -> Result<Proposal, PlanError> {
        let Asked { files, draft, change } = *asked;
        let undone = interrupt::undone(frame, parent, change);
        let dropped = dropped.iter().chain(undone.iter().map(|item| &item.id)).cloned().collect();
        let mut kept = frame.kept(material, parent, &dropped);
        let (rotation, mut pinned) = standing_plays(frame, material, &kept);
        let (plan, laid) = match (draft, parent) {
            (Some(draft), _) => {
                let laid = draft::lay(frame, material, &rotation, &pinned, draft);
                (laid.plan.clone(), Some(laid))
            }
            (None, None) => (self.plans.of(&rotation), None),
            (None, Some(parent)) => {
                let back = change.map(|c| interrupt::restored(frame, material, &rotation, &pinned, c, undone));
                let (plays, undone) = back.map_or((pinned.clone(), Vec::new()), |back| (back.plays, back.undone));
                let known: Vec<PlaylistItem> = kept.iter().cloned().chain(undone).collect();
                let lost = frame.lost(material, parent, &known);
                let announced = Announced { kept: plays, lost, ordered: material.ordered(frame) };
                (planner::repair(&rotation, &announced, frame.step(frame.from)), None)
            }
        };
        // What of the announced plays the draft moves or takes out, or an urgent clip displaces, does not stay.
        pinned.retain(|play| plan.plays.binary_search(play).is_ok());
        kept.retain(|item| play_of(frame, material, item).is_none_or(|play| pinned.contains(&play)));
        let pinned: BTreeSet<Play> = pinned.into_iter().collect();
        let mut plays: Vec<Placed> = plan
            .plays
            .iter()
            .filter(|p| !pinned.contains(p))
            .map(|p| Placed {
                start: frame.tick(p.start),
                material: &material.materials[p.entry],
                fixed: false,
                wears: Wears::default(),
            })
            .collect();
        plays.extend(material.fixed_plays(frame, &kept));
        let head = PlaylistHead {
            channel: frame.channel.channel.id.clone(),
            date: frame.date,
            revision: parent.map_or(1, |p| p.head().revision + 1),
            parent: parent.map(|p| p.head().revision),
            zone: frame.zone(),
            rate: frame.rate(),
            withdrawn: material.withdrawn(parent),
        };
        let fill: Vec<FillClip> =
            fill_index::read(self.home())?.into_iter().filter(|f| !head.withdrawn.contains(&f.sha256)).collect();
        // What an order takes off the air at once leaves a hole nearer than plans reach.
        let fill_from = if material.is_interrupted() || change.is_some() { frame.soon } else { frame.from };
        let fillable = [(fill_from, frame.close)];
        kept.extend(material.relays(frame, parent));
        kept.extend(standing_fill(frame, parent, &kept, &plays, &fill));
        let playlist = rundown(head, &plays, &kept, parent, &fill, &fillable).map_err(PlanError::NoPlaylist)?;
        let explained = material.unplaced_submissions(&plan);
        let evidence = evidence::gather(self, frame.channel, &playlist, explained, files, (self.now(), change))?;
        let mut findings = plan_check::judge(&playlist, &evidence);
        if let Some(parent) = parent {
            let frozen = frame.rate().start_of(frame.from);
            // What is near was announced under the rules of then; only what may not air at all still counts there.
            let near = |finding: &Finding| finding.at.is_some_and(|at| at < frozen);
            findings.retain(|finding| !(near(finding) && finding.fault.is_of_rules()));
            findings.extend(plan_check::judge_revision(parent, &playlist, frozen, &evidence.touched));
        }
        let difference = Difference::between(parent, &playlist);
        let mut unplaced = reasons(frame, material, &rotation, &plan);
        unplaced.extend(material.suspended().cloned());
        if let Some(laid) = &laid {
            laid.explain(material, &rotation, &mut unplaced);
        }
        Ok(Proposal {
            ledger: ledger(frame, &rotation, &plan),
            draft: draft.zip(laid).map(|(draft, laid)| laid.state(frame, draft, &playlist, material)),
            unplaced,
            airtime_ms: airtime(frame, &playlist),
            idle_ms: plan.idle.iter().map(|s| frame.rate().millis(s.length().unsigned_abs())).sum(),
            known: material.materials.iter().map(|m| m.submission).collect(),
            cases: material.cases(),
            waiting: Vec::new(),
            playlist,
            difference,
            findings,
        })
    }

    fn record(
        &self,
        by: Option<PersonId>,
        proposal: &Proposal,
        file: Sha256,
        draft: Option<&Draft>,
    ) -> Result<(), PlanError> {
        let head = proposal.playlist.head().clone();
        let letters = announcements(proposal);
        let (now, changes, ledger) = (self.now(), proposal.difference.clone(), proposal.ledger.clone());
        let row = PublishedRevision {
            channel: head.channel.clone(),
            date: head.date,
            revision: head.revision,
            parent: head.parent,
            file,
            by,
            at: now,
        };
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let mut event = AuditEvent::new(AuditKind::Published)
            .word("channel", &head.channel)
            .word("date", head.date)
            .number("revision", i64::from(head.revision))
            .hash("file", file)
            .number("added", count(changes.added.len()))
            .number("removed", count(changes.removed.len()))
            .number("moved", count(changes.moved.len()));
        if let Some(person) = by {
            event = event.by(person);
        }
        let draft = draft.map(|draft| (draft.id, draft.version));
        self.store.write(move |tx| -> Result<(), StoreError> {
            tx.add_revision(&row)?;
            tx.add_airtime(&row.channel, row.date, row.revision, &ledger)?;
            if let Some((draft, version)) = draft {
                // Whoever has changed it meanwhile goes on with it: it holds all plays, not only changes of a revision.
                tx.end_draft(draft, version, Some(row.revision), now)?;
            }
            for letter in &letters {
                tx.announce(letter, now)?;
            }
            tx.audit(&event, now)
        })?;
        Ok(())
    }
}

/// The rotation around what is kept, and the kept plays that it knows; what else is kept takes its time like a fixed
/// event.
fn standing_plays(frame: &Frame, material: &DayMaterial, kept: &[PlaylistItem]) -> (Rotation, Vec<Play>) {
    let mut rotation = material.rotation(frame);
    let mut pinned = Vec::new();
    for item in kept {
        match play_of(frame, material, item) {
            Some(play) => pinned.push(play),
            None => {
                let start = frame.step(item.first_tick(frame.rate()));
                let end = start.saturating_add_unsigned(item.duration_frames);
                rotation.fixed.push(FixedEvent { span: Stretch { start, end }, title: item.title.clone() });
            }
        }
    }
    (rotation, pinned)
}

/// The play of the rotation that an item is, whole.
fn play_of(frame: &Frame, material: &DayMaterial, item: &PlaylistItem) -> Option<Play> {
    let entry = material.entry_of(item).filter(|e| item.duration_frames == material.materials[*e].frames)?;
    Some(Play { start: frame.step(item.first_tick(frame.rate())), entry })
}

/// The parent's fill that still has its place and its approval.
fn standing_fill(
    frame: &Frame,
    parent: Option<&Playlist>,
    kept: &[PlaylistItem],
    plays: &[Placed],
    pool: &[FillClip],
) -> Vec<PlaylistItem> {
    let rate = frame.rate();
    let mut taken: Vec<(Tick, Tick)> = kept.iter().map(|i| (i.first_tick(rate), i.end_tick(rate))).collect();
    taken.extend(plays.iter().map(|p| (p.start, Tick(p.start.0.saturating_add_unsigned(p.material.frames)))));
    taken.sort();
    let free = |item: &PlaylistItem| {
        let before = taken.partition_point(|t| t.0 < item.end_tick(rate));
        taken[..before].last().is_none_or(|t| t.1 <= item.first_tick(rate))
    };
    let approved = |item: &PlaylistItem| pool.iter().any(|f| Some(f.sha256) == item.sha256);
    let items = parent.map_or(&[][..], Playlist::items).iter();
    items.filter(|i| i.kind == ItemKind::Fill && approved(i) && free(i)).cloned().collect()
}

/// What the plan gives each office that asked, and what the day's fair level would.
fn ledger(frame: &Frame, rotation: &Rotation, plan: &DayPlan) -> Vec<AirtimeRow> {
    let ms = |steps: Step| i64::try_from(frame.rate().millis(steps.unsigned_abs())).unwrap_or(i64::MAX);
    let given = |office: &OpdId| plan.airtime.get(office).copied().unwrap_or(0);
    let shares = fair_shares(rotation, plan.airtime.values().sum());
    shares
        .into_iter()
        .map(|(office, fair)| AirtimeRow { office, given_ms: ms(given(&office)), fair_ms: ms(fair) })
        .collect()
}

fn reasons(frame: &Frame, material: &DayMaterial, rotation: &Rotation, plan: &DayPlan) -> Vec<(CaseId, Text)> {
    plan.unplaced.iter().map(|u| (material.case_of(u.entry), u.text(rotation, frame))).collect()
}

fn airtime(frame: &Frame, playlist: &Playlist) -> BTreeMap<String, u64> {
    let mut airtime = BTreeMap::new();
    for item in playlist.items().iter().filter(|i| i.kind == ItemKind::Clip) {
        *airtime.entry(item.owner.clone()).or_default() += frame.rate().millis(item.duration_frames);
    }
    airtime
}
