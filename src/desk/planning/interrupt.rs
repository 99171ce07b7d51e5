//! What happens to one day: a relay, a lost hour, an emergency, a clip that goes for the rest of the day or has to air
//! now. What it does is shown before it is ordered; it is ordered over the day that somebody saw, published as a
//! revision that changes only what it must, and can be ended: then what it took comes back where there is room.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{ChannelId, ItemId, PersonId, SubmissionId};
use crate::domain::interruption::{Happening, Interruption};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use crate::domain::rotation::Rotation;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, Instant, Span};
use crate::engine::placing::Board;
use crate::engine::plan_check::Finding;
use crate::engine::planner::Play;
use crate::engine::rundown::Difference;
use crate::files::playlist_file;
use crate::store::{DaySeen, InterruptionRow, NewInterruption, StoreError};

use super::evidence::FileCheck;
use super::frame::Frame;
use super::material::DayMaterial;
use super::{Asked, Desk, PlanError, Published, WhenEmpty, play_of};

/// Why an interruption is not ordered or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterruptionRefusal {
    /// Its time is over, or nothing of it lies in the channel's hours.
    Over,
    /// Only an announced day can be asked for an urgent clip: before that the plan is made with it.
    NotAnnounced,
    /// The clip may not air on that day.
    NoClip,
    /// Somebody changed the day since it was looked at.
    Changed,
    /// It is ended already, or there is none of that number.
    Ended,
    /// Something that was ordered before has the air at that time, or the relay that is wanted would lie over it.
    Overlaps {
        /// What it is called.
        title: String,
        /// `14.00–14.30`, local time.
        when: String,
    },
}

impl InterruptionRefusal {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            InterruptionRefusal::Over => "over",
            InterruptionRefusal::NotAnnounced => "not_announced",
            InterruptionRefusal::NoClip => "no_clip",
            InterruptionRefusal::Changed => "changed_since",
            InterruptionRefusal::Ended => "ended",
            InterruptionRefusal::Overlaps { .. } => "overlaps",
        }
    }

    /// What people read.
    pub fn text(&self) -> Text {
        match self {
            InterruptionRefusal::Over => Text::new(
                "Jam itu sudah lewat atau di luar jam tayang. Pilih jam yang masih akan datang.",
                "That time is over, or outside the channel's hours. Choose one that still lies ahead.",
            ),
            InterruptionRefusal::NotAnnounced => Text::new(
                "Hari ini belum diumumkan. Tandai permohonannya mendesak pada aturan permohonan, lalu umumkan jadwalnya.",
                "This day is not published yet. Make the request urgent in its rules, then publish the day.",
            ),
            InterruptionRefusal::NoClip => Text::new(
                "Video itu tidak boleh tayang pada hari ini. Pilih video lain.",
                "That clip may not air on this day. Choose another.",
            ),
            InterruptionRefusal::Changed => Text::new(
                "Rekan Anda mengubah hari ini sesudah halaman Anda dibuka. Belum ada yang dicatat; akibat terbaru ada di \
                 bawah. Periksa dahulu, lalu tetapkan lagi.",
                "A colleague has changed this day after your page was opened. Nothing was recorded; the effect as it is now \
                 is below. Look at it, then confirm again.",
            ),
            InterruptionRefusal::Ended => {
                Text::new("Kejadian itu sudah diakhiri.", "That interruption was ended already.")
            }
            InterruptionRefusal::Overlaps { title, when } => Text::new(
                format!("Pukul {when} sudah ada {title}. Akhiri itu dahulu pada daftar di atas, atau pilih jam lain."),
                format!(
                    "At {when} there is {title} already. End that first in the list above, or choose another time."
                ),
            ),
        }
    }
}

/// What an interruption, or the end of one, changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// As it would hold: within the hours, and not over what is on air. `None`: an end leaves nothing of it.
    pub holds: Option<Interruption>,
    /// What whoever confirms it names.
    pub seen: DaySeen,
    /// Whether the day is announced, so that a revision follows.
    pub announced: bool,
    /// Plays that go, move and come. Of a day that is not announced: none, its plan is made anew.
    pub difference: Difference,
    /// Offices that gain or lose, the greatest loss first.
    pub offices: Vec<OfficeEffect>,
    /// Rules that the revision would break; it can't be ordered with any.
    pub findings: Vec<Finding>,
}

/// What an office gains or loses on the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeEffect {
    /// Its name.
    pub name: String,
    /// Its plays before and after.
    pub plays: (u32, u32),
    /// Its airtime before and after, milliseconds.
    pub airtime_ms: (u64, u64),
}

/// What would be different about a day's interruptions.
#[derive(Debug, Clone, Default)]
pub(in crate::desk) struct Change {
    /// One more.
    order: Option<Interruption>,
    /// One that ends now.
    end: Option<i64>,
    /// What an ended one had changed, and when it held.
    restore: Option<(Difference, Span)>,
}

impl Change {
    /// What holds on the day with it.
    pub fn in_force(&self, rows: &[InterruptionRow], as_of: Instant) -> Vec<Interruption> {
        let holds = |row: &InterruptionRow| match self.end == Some(row.id) {
            true => row.in_force(as_of)?.ended(as_of),
            false => row.in_force(as_of),
        };
        rows.iter().filter_map(holds).chain(self.order.clone()).collect()
    }

    /// Parts of the day that were ordered about, with the request that each is about.
    pub fn touched(&self, rows: &[InterruptionRow], as_of: Instant) -> Vec<(Span, Option<SubmissionId>)> {
        let ordered = rows.iter().filter(|row| row.at <= as_of).map(|row| &row.ordered).chain(&self.order);
        ordered.map(|i| (i.span, i.about())).collect()
    }

    /// Items of the parent that an ended interruption had put there, and that may go.
    fn undone(&self, frame: &Frame, parent: &Playlist) -> Vec<PlaylistItem> {
        let Some((difference, span)) = &self.restore else { return Vec::new() };
        let put = difference.added.iter().chain(difference.moved.iter().map(|(_, now)| now));
        put.filter(|item| parent.items().contains(item) && changeable(frame, item, *span)).cloned().collect()
    }
}

/// Whether an ended interruption may still change a play: it is far enough ahead, or in the interruption's own time.
fn changeable(frame: &Frame, item: &PlaylistItem, of: Span) -> bool {
    let first = item.first_tick(frame.rate());
    first >= frame.from || first >= frame.soon && of.overlaps(item.span(frame.rate()))
}

/// What becomes of the parent's plays when an interruption ends.
pub(super) struct Restored {
    /// Items that go.
    pub undone: Vec<PlaylistItem>,
    /// What stands with what came back.
    pub plays: Vec<Play>,
}

/// Puts back what an ended interruption took, each play where it was, as far as the day has room for it there.
pub(super) fn restored(
    frame: &Frame,
    material: &DayMaterial,
    rotation: &Rotation,
    pinned: &[Play],
    change: &Change,
    undone: Vec<PlaylistItem>,
) -> Restored {
    let mut board = Board::new(rotation, pinned, frame.step(frame.soon));
    let place = |board: &mut Board, item: &PlaylistItem| {
        play_of(frame, material, item).is_some_and(|play| board.place(play).is_ok())
    };
    if let Some((difference, span)) = &change.restore {
        let gone: BTreeSet<&ItemId> = undone.iter().map(|item| &item.id).collect();
        let mut elsewhere = Vec::new();
        for (was, now) in &difference.moved {
            let back = changeable(frame, was, *span) && gone.contains(&now.id) && place(&mut board, was);
            if !back && gone.contains(&now.id) {
                elsewhere.push(now);
            }
        }
        for was in difference.removed.iter().filter(|was| changeable(frame, was, *span)) {
            place(&mut board, was);
        }
        for now in elsewhere {
            place(&mut board, now);
        }
    }
    Restored { undone, plays: board.plays().to_vec() }
}

/// Items of the parent that go because an interruption ends.
pub(super) fn undone(frame: &Frame, parent: Option<&Playlist>, change: Option<&Change>) -> Vec<PlaylistItem> {
    change.zip(parent).map(|(change, parent)| change.undone(frame, parent)).unwrap_or_default()
}

impl Desk {
    /// What happens to a day, in the order in which it was ordered; also what was ended.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn interruptions(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Vec<InterruptionRow>, PlanError> {
        self.planned_channel(channel)?;
        Ok(self.store.read(|r| r.interruptions(channel, date, date))?)
    }

    /// Clips that may air on a day: what can be withdrawn from it or made urgent on it.
    ///
    /// # Errors
    /// When there is no such channel, or the database would not.
    pub fn clips_of_day(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
    ) -> Result<Vec<(SubmissionId, String, String)>, PlanError> {
        let material = DayMaterial::load(self, self.planned_channel(channel)?, date)?;
        let mut clips = material.orderable();
        clips.sort_by(|a, b| (&a.2, &a.1, a.0).cmp(&(&b.2, &b.1, b.0)));
        Ok(clips)
    }

    /// What an interruption of a day would change.
    ///
    /// # Errors
    /// [`PlanError::Interruption`] where it can't be; else as when planning.
    pub fn effect_of_interruption(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        wanted: &Interruption,
    ) -> Result<Effect, PlanError> {
        let seen = self.store.read(|r| r.day_seen(channel, date))?;
        let holds = self.as_it_can_be(channel, date, wanted)?;
        let change = Change { order: Some(holds.clone()), ..Change::default() };
        self.effect(channel, date, change, seen, Some(holds))
    }

    /// Orders an interruption over the day that the person saw, and publishes what it changes. `None`: the day is not
    /// announced, or nothing on it changes.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler; [`PlanError::Interruption`] where it can't be or the day has changed;
    /// [`PlanError::Judged`] where its revision would break rules.
    pub fn interrupt(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        wanted: &Interruption,
        reason: &str,
        seen: DaySeen,
    ) -> Result<Option<Published>, PlanError> {
        self.only_scheduler(by)?;
        self.order(by, (channel, date), wanted, reason, seen)
    }

    /// The same for somebody whose right was looked at.
    pub(super) fn order(
        &self,
        by: PersonId,
        (channel, date): (&ChannelId, BroadcastDate),
        wanted: &Interruption,
        reason: &str,
        seen: DaySeen,
    ) -> Result<Option<Published>, PlanError> {
        let effect = self.effect_of_interruption(channel, date, wanted)?;
        let zone = self.planned_channel(channel)?.channel.zone;
        if !effect.findings.is_empty() {
            return Err(PlanError::Judged(effect.findings.iter().map(|f| f.text(zone)).collect()));
        }
        let ordered = effect.holds.unwrap_or_else(|| wanted.clone());
        let now = self.now();
        let event = AuditEvent::new(AuditKind::DayInterrupted)
            .by(by)
            .word("channel", channel)
            .word("date", date)
            .word("interruption", ordered.kind());
        let new = NewInterruption { channel: channel.clone(), date, ordered, reason: reason.trim().to_owned() };
        let id = self.store.write(move |tx| -> Result<Option<i64>, StoreError> {
            let id = tx.add_interruption(&new, seen, by, now)?;
            if let Some(id) = id {
                tx.audit(&event.number("id", id), now)?;
            }
            Ok(id)
        })?;
        id.ok_or(PlanError::Interruption(InterruptionRefusal::Changed))?;
        self.publish_interrupted(by, channel, date, None)
    }

    /// What ending an interruption now would change: what had not begun never was.
    ///
    /// # Errors
    /// [`PlanError::Interruption`] if it is ended or over; else as when planning.
    pub fn effect_of_end(&self, channel: &ChannelId, date: BroadcastDate, id: i64) -> Result<Effect, PlanError> {
        let seen = self.store.read(|r| r.day_seen(channel, date))?;
        let row = self.open_interruption(channel, date, id)?;
        let restore = self.what_it_changed(channel, &row)?;
        let holds = row.ordered.ended(self.now());
        self.effect(channel, date, Change { order: None, end: Some(id), restore }, seen, holds)
    }

    /// Ends an interruption over the day that the person saw, and publishes what comes back.
    ///
    /// # Errors
    /// As [`Desk::interrupt`].
    pub fn end_interruption(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        id: i64,
        seen: DaySeen,
    ) -> Result<Option<Published>, PlanError> {
        self.only_scheduler(by)?;
        let row = self.open_interruption(channel, date, id)?;
        let restore = self.what_it_changed(channel, &row)?;
        let (now, of) = (self.now(), channel.clone());
        let event = AuditEvent::new(AuditKind::InterruptionEnded)
            .by(by)
            .word("channel", channel)
            .word("date", date)
            .number("id", id);
        let ended = self.store.write(move |tx| -> Result<bool, StoreError> {
            let ended = tx.end_interruption(&of, date, id, seen, by, now)?;
            if ended {
                tx.audit(&event, now)?;
            }
            Ok(ended)
        })?;
        if !ended {
            return Err(PlanError::Interruption(InterruptionRefusal::Changed));
        }
        self.publish_interrupted(by, channel, date, Some(Change { restore, ..Change::default() }))
    }

    fn publish_interrupted(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        change: Option<Change>,
    ) -> Result<Option<Published>, PlanError> {
        if self.standing(channel, date)?.is_none() {
            return Ok(None);
        }
        // The bytes were hashed when these plays were published; hashing them again would keep a relay waiting.
        let asked = Asked { files: FileCheck::Exists, draft: None, change: change.as_ref() };
        match self.publish_revision(Some(by), channel, date, WhenEmpty::Publish, &asked) {
            Err(PlanError::Unchanged { .. }) => Ok(None),
            published => published.map(Some),
        }
    }

    fn open_interruption(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        id: i64,
    ) -> Result<InterruptionRow, PlanError> {
        let rows = self.interruptions(channel, date)?;
        let open = |row: &InterruptionRow| row.id == id && row.ended_at.is_none();
        let row = rows.into_iter().find(open).ok_or(PlanError::Interruption(InterruptionRefusal::Ended))?;
        if row.ordered.span.end() <= self.now() {
            return Err(PlanError::Interruption(InterruptionRefusal::Over));
        }
        Ok(row)
    }

    /// What the revision changed that was published for an interruption; `None` if none was.
    fn what_it_changed(
        &self,
        channel: &ChannelId,
        row: &InterruptionRow,
    ) -> Result<Option<(Difference, Span)>, PlanError> {
        let Some(over) = row.over else { return Ok(None) };
        let published = self.store.read(|r| r.revisions(channel, row.date, row.date))?;
        if !published.iter().any(|revision| revision.revision == over + 1) {
            return Ok(None);
        }
        let read = |revision| playlist_file::read(&playlist_file::path(self.home(), channel, row.date, revision));
        let difference = Difference::between(Some(&read(over)?), &read(over + 1)?);
        Ok(Some((difference, row.ordered.span)))
    }

    /// An interruption within the hours, and not over what is on air or over.
    fn as_it_can_be(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        wanted: &Interruption,
    ) -> Result<Interruption, PlanError> {
        let refused = |why| Err(PlanError::Interruption(why));
        let configured = self.planned_channel(channel)?;
        let parent = self.standing(channel, date)?;
        let frame = match Frame::of(self, configured, date, parent.as_ref()) {
            Err(PlanError::Over { .. }) => return refused(InterruptionRefusal::Over),
            frame => frame?,
        };
        let hours = configured.channel.open_span(date);
        let mut start = wanted.span.start().max(hours.start());
        // A lost hour may be told after it began; nothing else can have happened already.
        if !matches!(wanted.what, Happening::Dark { .. }) {
            start = start.max(frame.rate().start_of(frame.soon));
        }
        let mut end = match wanted.what {
            Happening::Withdraw { .. } => hours.end(),
            _ => wanted.span.end().min(hours.end()),
        };
        if let Happening::Urgent { submission, .. } | Happening::Withdraw { submission } = wanted.what {
            let material = DayMaterial::load(self, configured, date)?;
            if !material.may_be_ordered(submission) {
                return refused(InterruptionRefusal::NoClip);
            }
            if let Some(valid) = material.validity_of(submission) {
                (start, end) = (start.max(valid.start()), end.min(valid.end()));
            }
        }
        let span = Span::new(start, end).filter(|span| span.end() > span.start().max(self.now()));
        let Some(span) = span else { return refused(InterruptionRefusal::Over) };
        let holds = Interruption { span, what: wanted.what.clone() };
        let zone = configured.channel.zone;
        if let Some((other, title)) = self.in_the_way(channel, date, &holds)? {
            let clock = |at| zone.local(at).format("%H.%M").to_string();
            let when = format!("{}–{}", clock(other.start()), clock(other.end()));
            return refused(InterruptionRefusal::Overlaps { title, when });
        }
        if matches!(holds.what, Happening::Urgent { .. }) && parent.is_none() {
            return refused(InterruptionRefusal::NotAnnounced);
        }
        Ok(holds)
    }

    /// What has the air already: a relay is an item of its own, and nothing else may be ordered over it.
    fn in_the_way(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        wanted: &Interruption,
    ) -> Result<Option<(Span, String)>, PlanError> {
        let Some((span, _)) = wanted.clears() else { return Ok(None) };
        let now = self.now();
        let rows = self.interruptions(channel, date)?;
        let standing = rows.iter().filter_map(|row| row.in_force(now));
        let other = standing.filter(|other| other.is_item() || wanted.is_item()).find_map(|other| {
            other.clears().filter(|(held, _)| held.overlaps(span)).map(|(held, title)| (held, title.to_owned()))
        });
        Ok(other)
    }

    fn effect(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        change: Change,
        seen: DaySeen,
        holds: Option<Interruption>,
    ) -> Result<Effect, PlanError> {
        let plan = |change: Option<&Change>| {
            self.plan_revision(channel, date, &Asked { files: FileCheck::Exists, draft: None, change })
        };
        let after = plan(Some(&change))?;
        let standing = self.standing(channel, date)?;
        let announced = standing.is_some();
        let before = match standing {
            Some(standing) => standing,
            None => plan(None)?.playlist,
        };
        Ok(Effect {
            holds,
            seen,
            announced,
            offices: offices(&before, &after.playlist),
            difference: if announced { after.difference } else { Difference::default() },
            findings: after.findings,
        })
    }
}

fn offices(before: &Playlist, after: &Playlist) -> Vec<OfficeEffect> {
    let mut sums: BTreeMap<&str, OfficeEffect> = BTreeMap::new();
    let clips = |playlist: &'_ Playlist| -> Vec<(String, u64)> {
        let rate = playlist.head().rate;
        let clips = playlist.items().iter().filter(|item| item.kind == ItemKind::Clip);
        clips.map(|item| (item.owner.clone(), rate.millis(item.duration_frames))).collect()
    };
    let (was, is) = (clips(before), clips(after));
    for (is_after, list) in [(false, &was), (true, &is)] {
        for (owner, ms) in list {
            let sum = sums.entry(owner).or_insert_with(|| OfficeEffect {
                name: owner.clone(),
                plays: (0, 0),
                airtime_ms: (0, 0),
            });
            match is_after {
                false => (sum.plays.0, sum.airtime_ms.0) = (sum.plays.0 + 1, sum.airtime_ms.0 + ms),
                true => (sum.plays.1, sum.airtime_ms.1) = (sum.plays.1 + 1, sum.airtime_ms.1 + ms),
            }
        }
    }
    let changes =
        |office: &OfficeEffect| office.plays.0 != office.plays.1 || office.airtime_ms.0 != office.airtime_ms.1;
    let mut offices: Vec<OfficeEffect> = sums.into_values().filter(changes).collect();
    let gain = |office: &OfficeEffect| i128::from(office.airtime_ms.1) - i128::from(office.airtime_ms.0);
    offices.sort_by(|a, b| gain(a).cmp(&gain(b)).then(a.name.cmp(&b.name)));
    offices
}
