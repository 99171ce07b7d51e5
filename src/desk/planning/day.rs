//! One day as the scheduling team looks at it: what airs when, which office has how much of its share, and what of it was
//! put there by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::draft::PlayAt;
use crate::domain::ids::{CaseId, ChannelId, ItemId, OpdId, PersonId, SubmissionId};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::rotation::Step;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant, Span};
use crate::engine::plan_check::Finding;
use crate::engine::planner::credit::fair_shares;

use super::draft::DraftState;
use super::frame::Frame;
use super::material::DayMaterial;
use super::{Asked, Desk, PlanError, Proposal};

/// A day of a channel, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayView {
    /// What airs: as published, or as it would be.
    pub playlist: Playlist,
    /// The revision that is published.
    pub published: Option<u32>,
    /// The channel's hours.
    pub hours: Span,
    /// What begins before this does not change any more.
    pub from: Instant,
    /// Times that are kept for something else, with what.
    pub fixed: Vec<(Span, String)>,
    /// Requests that may air that day, in order of office and title.
    pub requests: Vec<RequestLook>,
    /// Airtime by office, in order of name.
    pub offices: Vec<OfficeLook>,
    /// Items that somebody put where they are.
    pub by_hand: BTreeSet<ItemId>,
    /// The changes that are not published yet.
    pub draft: Option<DraftState>,
    /// Names of those who made them.
    pub names: BTreeMap<PersonId, String>,
    /// Requests with fewer plays than they asked for, and why.
    pub unplaced: Vec<(CaseId, Text)>,
    /// Rules that it breaks.
    pub findings: Vec<Finding>,
}

/// A request on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLook {
    /// Of what.
    pub submission: SubmissionId,
    /// Of which request.
    pub case: CaseId,
    /// The clip's title.
    pub title: String,
    /// The office's name.
    pub office: String,
    /// Length of a play, milliseconds.
    pub play_ms: u64,
    /// Plays that it has.
    pub placed: u32,
    /// Plays that it asked for.
    pub wanted: u32,
}

/// An office on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeLook {
    /// Which.
    pub office: OpdId,
    /// Its name.
    pub name: String,
    /// Its airtime, milliseconds.
    pub airtime_ms: u64,
    /// What it would have of the day's airtime at the fair level, milliseconds.
    pub fair_ms: u64,
}

impl Desk {
    /// A day as it is published; `None` if it is not.
    ///
    /// # Errors
    /// [`PlanError`], when rows or the revision can't be read.
    pub fn published_view(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Option<DayView>, PlanError> {
        let Some(playlist) = self.standing(channel, date)? else { return Ok(None) };
        let by_hand: BTreeSet<PlayAt> =
            self.store.read(|r| r.published_edits(channel, date))?.iter().flat_map(|edit| edit.edit.placed()).collect();
        let stands = |item: &&PlaylistItem| {
            let play = item.submission.as_deref().and_then(|s| s.parse().ok());
            play.is_some_and(|submission| by_hand.contains(&PlayAt { start: item.start, submission }))
        };
        let by_hand = playlist.items().iter().filter(stands).map(|item| item.id.clone()).collect();
        let view = self.view(channel, date, playlist)?;
        Ok(Some(DayView { by_hand, ..view }))
    }

    /// A day as it would be published now, with the changes by hand.
    ///
    /// # Errors
    /// [`PlanError`], as when planning.
    pub fn plan_view(&self, channel: &ChannelId, date: BroadcastDate) -> Result<DayView, PlanError> {
        let draft = self.store.read(|r| r.draft(channel, date))?;
        let proposal = self.plan_revision(channel, date, &Asked::with(draft.as_ref()))?;
        self.view_of(proposal)
    }

    /// A plan, to be shown.
    ///
    /// # Errors
    /// [`PlanError`], when rows can't be read.
    pub fn view_of(&self, proposal: Proposal) -> Result<DayView, PlanError> {
        let head = proposal.playlist.head().clone();
        let view = self.view(&head.channel, head.date, proposal.playlist)?;
        let names = match &proposal.draft {
            Some(state) => self.names(state)?,
            None => BTreeMap::new(),
        };
        Ok(DayView {
            published: head.parent,
            by_hand: proposal.draft.iter().flat_map(|state| state.by_hand.iter().cloned()).collect(),
            draft: proposal.draft,
            names,
            unplaced: proposal.unplaced,
            findings: proposal.findings,
            ..view
        })
    }

    fn names(&self, state: &DraftState) -> Result<BTreeMap<PersonId, String>, PlanError> {
        let now = self.now();
        let people = state.edits.iter().map(|edit| edit.edit.by).chain([state.started.0, state.changed.0]);
        let people: BTreeSet<PersonId> = people.collect();
        self.store.read(|r| {
            let mut names = BTreeMap::new();
            for id in people {
                names.extend(r.person(id, now)?.map(|person| (id, person.name)));
            }
            Ok(names)
        })
    }

    fn view(&self, channel: &ChannelId, date: BroadcastDate, playlist: Playlist) -> Result<DayView, PlanError> {
        let configured = self.planned_channel(channel)?;
        let material = DayMaterial::load(self, configured, date)?;
        let frame = Frame::of(self, configured, date, Some(&playlist))?;
        let rotation = material.rotation(&frame);
        let mut plays: BTreeMap<SubmissionId, u32> = BTreeMap::new();
        let mut airtime: BTreeMap<OpdId, u64> = BTreeMap::new();
        let mut given: Step = 0;
        for item in playlist.items().iter().filter(|item| item.kind == ItemKind::Clip) {
            let Some(submission) = item.submission.as_deref().and_then(|s| s.parse().ok()) else { continue };
            *plays.entry(submission).or_default() += 1;
            if let Some(office) = material.office_of(submission) {
                given = given.saturating_add_unsigned(item.duration_frames);
                *airtime.entry(office).or_default() += frame.rate().millis(item.duration_frames);
            }
        }
        let entries = rotation.entries.iter().zip(&material.materials).enumerate();
        let requests = entries.map(|(number, (entry, own))| RequestLook {
            submission: own.submission,
            case: material.case_of(number),
            title: own.title.clone(),
            office: own.owner.clone(),
            play_ms: frame.rate().millis(own.frames),
            placed: plays.get(&own.submission).copied().unwrap_or(0),
            wanted: entry.wanted,
        });
        let mut requests: Vec<RequestLook> = requests.collect();
        requests.sort_by(|a, b| (&a.office, &a.title, a.submission).cmp(&(&b.office, &b.title, b.submission)));
        let fair = fair_shares(&rotation, given);
        let asked: BTreeSet<OpdId> = airtime.keys().chain(fair.keys()).copied().collect();
        let ms = |frames: i64| frame.rate().millis(frames.max(0).unsigned_abs());
        let offices = asked.iter().map(|office| OfficeLook {
            office: *office,
            name: material.office_name(*office),
            airtime_ms: airtime.get(office).copied().unwrap_or(0),
            fair_ms: fair.get(office).map_or(0, |share| ms(*share)),
        });
        let mut offices: Vec<OfficeLook> = offices.collect();
        offices.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(DayView {
            published: Some(playlist.head().revision),
            hours: configured.channel.open_span(date),
            from: frame.rate().start_of(frame.from),
            fixed: material.fixed_times(),
            requests,
            offices,
            by_hand: BTreeSet::new(),
            draft: None,
            names: BTreeMap::new(),
            unplaced: Vec::new(),
            findings: Vec::new(),
            playlist,
        })
    }
}
