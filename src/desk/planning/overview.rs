//! Many days at a glance: what is published, how full each is, what still waits for a place. Days that are not published
//! are drafted in one pass of the planner, and no file is hashed.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::ChannelConfig;
use crate::domain::ids::{ChannelId, SubmissionId};
use crate::domain::people::Opd;
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::rotation::{Step, Stretch};
use crate::domain::time::BroadcastDate;
use crate::engine::planner;
use crate::files::playlist_file;
use crate::store::{Asked, DraftLook, PublishedRevision, Scope, Titled};

use super::frame::Frame;
use super::material::DayMaterial;
use super::rules::RuleBook;
use super::{BEFORE_PLANNING, Desk, PlanError, draft, standing_plays};

/// One day at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayLook {
    /// The day.
    pub date: BroadcastDate,
    /// What is published, and when.
    pub published: Option<PublishedRevision>,
    /// Who is changing it.
    pub draft: Option<DraftLook>,
    /// Plays of offices' clips: of the draft, of what is published, or as the planner would do it.
    pub plays: u32,
    /// Their time, milliseconds.
    pub booked_ms: u64,
    /// The open hours without fixed events, as far as they can be or are planned, milliseconds.
    pub free_ms: u64,
    /// Requests that can be planned and have fewer plays than they ask for.
    pub short: u32,
    /// Of them, those without any.
    pub without: u32,
    /// Requests for the day that can't be planned yet.
    pub waiting: u32,
    /// No hour of it is left.
    pub over: bool,
}

impl DayLook {
    /// Share of the free time that offices' clips use, percent rounded down.
    pub fn fill_percent(&self) -> u64 {
        (self.booked_ms * 100).checked_div(self.free_ms).unwrap_or(0).min(100)
    }
}

/// What is read once for all days.
struct Known {
    titles: Vec<Titled>,
    offices: Vec<Opd>,
    revisions: BTreeMap<BroadcastDate, PublishedRevision>,
    drafts: BTreeMap<BroadcastDate, DraftLook>,
    asked: Vec<Asked>,
    rules: RuleBook,
}

impl Desk {
    /// Looks at the days from `first` to `last`, both included.
    ///
    /// # Errors
    /// When the database or a published revision can't be read.
    pub fn look_ahead(
        &self,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<Vec<DayLook>, PlanError> {
        let configured = self.planned_channel(channel)?;
        let rules = RuleBook::load(self, configured, first, last)?;
        let known = self.store.read(|r| -> Result<Known, PlanError> {
            let revisions = r.revisions(channel, first, last)?;
            Ok(Known {
                titles: r.titled(channel)?,
                offices: r.offices(Scope::All)?,
                // In order of revision, so the newest stays.
                revisions: revisions.into_iter().map(|row| (row.date, row)).collect(),
                drafts: r.drafts(channel, first, last)?,
                asked: r.asked(channel)?,
                rules,
            })
        })?;
        first.through(last).map(|date| self.look_at(configured, date, &known)).collect()
    }

    fn look_at(&self, configured: &ChannelConfig, date: BroadcastDate, known: &Known) -> Result<DayLook, PlanError> {
        let channel = &configured.channel;
        let material = DayMaterial::of(configured, date, &known.titles, &known.offices, &known.rules);
        let published = known.revisions.get(&date);
        let parent = published.and_then(|row| {
            let path = playlist_file::path(self.home(), &channel.id, date, row.revision);
            // A file that can't be read is for `siaran check`; the other days are shown all the same.
            playlist_file::read(&path)
                .inspect_err(|error| tracing::error!(%error, "a revision can't be looked at"))
                .ok()
        });
        let waits =
            |a: &&Asked| BEFORE_PLANNING.contains(&a.step.as_str()) && (a.first_day..=a.last_day).contains(&date);
        let mut look = DayLook {
            date,
            published: published.cloned(),
            draft: known.drafts.get(&date).cloned(),
            plays: 0,
            booked_ms: 0,
            free_ms: 0,
            short: 0,
            without: 0,
            waiting: u32::try_from(known.asked.iter().filter(waits).count()).unwrap_or(u32::MAX),
            over: self.now() >= channel.open_span(date).end(),
        };
        let frame = match Frame::of(self, configured, date, parent.as_ref()) {
            Err(PlanError::Over { .. }) => return Ok(look),
            frame => frame?,
        };
        let rotation = material.rotation(&frame);
        let frames = match (&parent, &look.draft) {
            (Some(parent), None) => counted(parent),
            (None, None) => by_request(&material, &planner::draft(&rotation).plays),
            (parent, Some(_)) => {
                let stored = self.store.read(|r| r.draft(&channel.id, date))?;
                let kept = frame.kept(&material, parent.as_ref(), &BTreeSet::new());
                let (rotation, pinned) = standing_plays(&frame, &material, &kept);
                let laid = stored.map(|stored| draft::lay(&frame, &material, &rotation, &pinned, &stored));
                by_request(&material, &laid.map(|laid| laid.plan.plays).unwrap_or_default())
            }
        };
        let ms = |frames: u64| frame.rate().millis(frames);
        let free: Step = rotation.free().into_iter().map(Stretch::length).sum();
        look.free_ms = ms(free.unsigned_abs());
        look.booked_ms = ms(frames.values().map(|(_, frames)| frames).sum());
        look.plays = frames.values().map(|(plays, _)| plays).sum();
        for (entry, asked) in rotation.entries.iter().enumerate() {
            let placed = frames.get(&material.materials[entry].submission).map_or(0, |(plays, _)| *plays);
            look.short += u32::from(placed < asked.wanted);
            look.without += u32::from(placed == 0);
        }
        Ok(look)
    }
}

/// Plays and frames of every request.
type Booked = BTreeMap<SubmissionId, (u32, u64)>;

fn counted(playlist: &Playlist) -> Booked {
    let mut booked = Booked::new();
    let own = |item: &&PlaylistItem| item.kind == ItemKind::Clip;
    for item in playlist.items().iter().filter(own) {
        let Some(submission) = item.submission.as_deref().and_then(|s| s.parse().ok()) else { continue };
        let sum = booked.entry(submission).or_default();
        *sum = (sum.0 + 1, sum.1 + item.duration_frames);
    }
    booked
}

fn by_request(material: &DayMaterial, plays: &[planner::Play]) -> Booked {
    let mut booked = Booked::new();
    for play in plays {
        let own = &material.materials[play.entry];
        let sum = booked.entry(own.submission).or_default();
        *sum = (sum.0 + 1, sum.1 + own.frames);
    }
    booked
}
