//! The plan on somebody's desk: changes by hand, each judged when it is made and again whenever the plan is read, taken
//! back one by one, thrown away, or published.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::domain::draft::{Draft, DraftBase, DraftEdit, Edit, PlayAt};
use crate::domain::ids::{CaseId, ChannelId, ItemId, PersonId, SubmissionId};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem, RunMode};
use crate::domain::rotation::{Rotation, Step};
use crate::domain::text::{Lang, Text, decimal};
use crate::domain::time::{BroadcastDate, Instant};
use crate::engine::placing::{Board, Hindrance, Measure};
use crate::engine::planner::{self, Announced, DayPlan, Play};
use crate::store::StoreError;

use super::frame::Frame;
use super::material::DayMaterial;
use super::{Asked, Desk, DeskError, PlanError, Proposal, standing_plays};

/// Places that are offered where one is refused.
const OFFERED: usize = 3;

/// How far beside the time in a list a play may be put: lists name seconds, plays begin on frames.
const LIST_SLACK: TimeDelta = TimeDelta::seconds(1);

/// What of a plan was done by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftState {
    /// Whoever changes it names this.
    pub version: u32,
    /// Who began it, and when.
    pub started: (PersonId, Instant),
    /// Who changed it last, and when.
    pub changed: (PersonId, Instant),
    /// The changes, in order.
    pub edits: Vec<LaidEdit>,
    /// Items that stand where somebody put them.
    pub by_hand: BTreeSet<ItemId>,
    /// Plays with which it began and that may no longer air so: when, and the title.
    pub lost: Vec<(Instant, String)>,
}

/// A change, and whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidEdit {
    /// The change.
    pub edit: DraftEdit,
    /// The clip's title, and the other's if two trade places.
    pub titles: (String, Option<String>),
    /// Why it does not apply any more; empty: it stands.
    pub fell: Vec<Text>,
}

/// What a person wants of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The change.
    pub edit: Edit,
    /// A play that the moved one was dropped on: they trade places if they are of one length.
    pub onto: Option<PlayAt>,
    /// How far beside the wanted time will do.
    pub slack: TimeDelta,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It stands: as it was taken, and the plan with it.
    Taken(Edit, Box<Proposal>),
    /// It does not, and the plan is as it was.
    Refused(EditRefusal),
}

/// Why a change was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditRefusal {
    /// Somebody else changed the plan since the page was made.
    Stale {
        /// Who; `None`: it was published or thrown away.
        by: Option<String>,
        /// When.
        at: Instant,
    },
    /// The play is not there any more.
    Gone,
    /// The request can't be planned on that day.
    Unknown,
    /// Rules stand in the way.
    Hindered {
        /// Each of them.
        why: Vec<Text>,
        /// Starts near by where none does.
        places: Vec<Instant>,
    },
    /// Two plays of different lengths can't trade places.
    OtherLength {
        /// How long they are, seconds in words.
        lengths: (Text, Text),
    },
    /// The judge of plans says no.
    Judged(Vec<Text>),
    /// There is nothing to take back.
    NothingToUndo,
}

impl EditRefusal {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            EditRefusal::Stale { .. } => "stale",
            EditRefusal::Gone => "gone",
            EditRefusal::Unknown => "unknown",
            EditRefusal::Hindered { .. } => "hindered",
            EditRefusal::OtherLength { .. } => "other_length",
            EditRefusal::Judged(_) => "judged",
            EditRefusal::NothingToUndo => "nothing_to_undo",
        }
    }

    /// What people read, a sentence for each reason.
    pub fn text(&self, clock: impl Fn(Instant) -> String) -> Vec<Text> {
        match self {
            EditRefusal::Stale { by: Some(by), at } => vec![Text::new(
                format!(
                    "{by} mengubah rencana ini pukul {}, sesudah halaman Anda dibuka. Perubahan Anda belum dicatat; rencana \
                     terbaru ada di bawah.",
                    clock(*at)
                ),
                format!(
                    "{by} changed this plan at {}, after your page was opened. Your change is not in it; the plan as it is \
                     now is below.",
                    clock(*at)
                ),
            )],
            EditRefusal::Stale { by: None, .. } => vec![Text::new(
                "Rencana ini sudah diumumkan atau dibuang oleh rekan Anda sesudah halaman Anda dibuka. Perubahan Anda belum \
                 dicatat; rencana terbaru ada di bawah.",
                "A colleague has published this plan or thrown it away after your page was opened. Your change is not in it; \
                 the plan as it is now is below.",
            )],
            EditRefusal::Gone => vec![Text::new(
                "Tayangan itu tidak ada lagi di tempatnya. Pilih tayangan dari rencana terbaru.",
                "That play is no longer there. Choose one from the plan as it is now.",
            )],
            EditRefusal::Unknown => vec![Text::new(
                "Permohonan itu tidak dapat dijadwalkan pada hari ini: periksa masa tayang dan persetujuannya.",
                "That request can't be planned on this day: look at its period and its approval.",
            )],
            EditRefusal::Hindered { why, .. } => why.clone(),
            EditRefusal::OtherLength { lengths: (one, other) } => vec![Text::new(
                format!(
                    "Panjangnya berbeda: {} dan {} detik. Hanya tayangan sama panjang yang dapat bertukar.",
                    one.id, other.id
                ),
                format!("They last {} and {} s. Only plays of one length can trade places.", one.en, other.en),
            )],
            EditRefusal::Judged(texts) => texts.clone(),
            EditRefusal::NothingToUndo => {
                vec![Text::new("Belum ada perubahan yang dapat dibatalkan.", "There is no change to take back.")]
            }
        }
    }
}

/// A draft laid out on the day as it is now.
pub(super) struct Laid {
    pub plan: DayPlan,
    edits: Vec<LaidEdit>,
    by_hand: BTreeSet<Play>,
    /// Plays that were taken out, per entry.
    taken_out: BTreeMap<usize, u32>,
    lost: Vec<(Instant, String)>,
    /// Plays of requests that the draft does not know yet.
    joined: Vec<Play>,
}

/// Lays a draft on the day: what is near stands, then the plan with which it began, then the changes in order, then
/// pauses for what is new.
pub(super) fn lay(frame: &Frame, material: &DayMaterial, rotation: &Rotation, pinned: &[Play], draft: &Draft) -> Laid {
    let from = frame.step(frame.from);
    let (near, far): (Vec<Play>, Vec<Play>) = pinned.iter().partition(|play| play.start < from);
    let mut board = Board::new(rotation, &near, from);
    let mut lost = Vec::new();
    let mut stand = |board: &mut Board, wanted: &PlayAt| {
        let play = play_at(frame, material, *wanted);
        if play.is_none_or(|play| play.start >= from && board.place(play).is_err()) {
            lost.push((wanted.start, material.title_of(wanted.submission)));
        }
    };
    draft.base.plays.iter().for_each(|play| stand(&mut board, play));
    let mut edits = Vec::with_capacity(draft.edits.len());
    let mut by_hand = BTreeSet::new();
    let mut taken_out = BTreeMap::new();
    for (number, edit) in draft.edits.iter().enumerate() {
        draft.base.joined.iter().filter(|j| j.0 == number).for_each(|(_, play)| stand(&mut board, play));
        let fell = match apply(&mut board, frame, material, edit.edit) {
            Ok(done) => {
                done.gone.iter().for_each(|play| {
                    by_hand.remove(play);
                });
                by_hand.extend(done.new);
                if let (Edit::Remove { .. }, Some(play)) = (edit.edit, done.gone.first()) {
                    *taken_out.entry(play.entry).or_default() += 1;
                }
                Vec::new()
            }
            Err(obstacle) => obstacle.text(frame),
        };
        edits.push(LaidEdit { edit: *edit, titles: titles(material, edit.edit), fell });
    }
    draft.base.joined.iter().filter(|j| j.0 >= draft.edits.len()).for_each(|(_, play)| stand(&mut board, play));
    announced_meanwhile(frame, material, &mut board, &far, draft);
    let (plays, joined) = with_new_requests(material, rotation, &board, draft, from);
    let plan = planner::repair(rotation, &Announced::kept(plays), frame.step(frame.close));
    Laid { plan, edits, by_hand, taken_out, lost, joined }
}

/// What was announced after the draft began stays, where its changes leave room.
fn announced_meanwhile(frame: &Frame, material: &DayMaterial, board: &mut Board, far: &[Play], draft: &Draft) {
    let known = draft.base.plays.iter().chain(draft.base.joined.iter().map(|j| &j.1)).copied();
    let known: BTreeSet<Play> = known
        .chain(draft.edits.iter().flat_map(|edit| edit.edit.placed()))
        .filter_map(|play| play_at(frame, material, play))
        .collect();
    for play in far.iter().filter(|play| !known.contains(play)) {
        // Where it does not fit any more the difference says that it goes.
        let _ = board.place(*play);
    }
}

/// Requests that the draft does not know find pauses; what it knows stays as it is.
fn with_new_requests(
    material: &DayMaterial,
    rotation: &Rotation,
    board: &Board,
    draft: &Draft,
    from: Step,
) -> (Vec<Play>, Vec<Play>) {
    let is_new = |entry: usize| !draft.base.known.contains(&material.materials[entry].submission);
    let plays = board.plays().to_vec();
    if !(0..rotation.entries.len()).any(is_new) {
        return (plays, Vec::new());
    }
    let mut narrowed = rotation.clone();
    for (number, entry) in narrowed.entries.iter_mut().enumerate().filter(|(number, _)| !is_new(*number)) {
        entry.wanted = board.count(number);
        entry.minimum = entry.minimum.min(entry.wanted);
    }
    let with_them = planner::repair(&narrowed, &Announced::kept(plays.clone()), from).plays;
    let joined = with_them.iter().copied().filter(|play| plays.binary_search(play).is_err()).collect();
    (with_them, joined)
}

fn play_at(frame: &Frame, material: &DayMaterial, play: PlayAt) -> Option<Play> {
    let entry = material.entry_for(play.submission)?;
    Some(Play { start: frame.step(frame.rate().tick_from(play.start)), entry })
}

fn titles(material: &DayMaterial, edit: Edit) -> (String, Option<String>) {
    let title = |play: PlayAt| material.title_of(play.submission);
    match edit {
        Edit::Swap { play, other } => (title(play), Some(title(other))),
        Edit::Move { play, .. } | Edit::Remove { play } | Edit::Add { play } => (title(play), None),
    }
}

/// What a change did to the plays.
#[derive(Default)]
struct Done {
    gone: Vec<Play>,
    new: Vec<Play>,
}

/// Why a change can't be made.
enum Obstacle {
    Gone,
    Unknown,
    OtherLength(Step, Step),
    Hindered(Vec<Hindrance>),
}

impl Obstacle {
    fn text(&self, frame: &Frame) -> Vec<Text> {
        self.refusal(frame, Vec::new()).text(|_| String::new())
    }
    fn refusal(&self, frame: &Frame, places: Vec<Instant>) -> EditRefusal {
        let seconds = |length| Text::new(frame.seconds(length, Lang::Id), frame.seconds(length, Lang::En));
        match self {
            Obstacle::Gone => EditRefusal::Gone,
            Obstacle::Unknown => EditRefusal::Unknown,
            Obstacle::OtherLength(one, other) => EditRefusal::OtherLength { lengths: (seconds(*one), seconds(*other)) },
            Obstacle::Hindered(why) => {
                EditRefusal::Hindered { why: why.iter().map(|h| h.text(frame)).collect(), places }
            }
        }
    }
}

/// Makes a change; where it can't be made the board is as it was.
fn apply(board: &mut Board, frame: &Frame, material: &DayMaterial, edit: Edit) -> Result<Done, Obstacle> {
    let on = |wanted: PlayAt| play_at(frame, material, wanted).ok_or(Obstacle::Unknown);
    let standing =
        |board: &Board, wanted: PlayAt| on(wanted).and_then(|p| board.holds(p).then_some(p).ok_or(Obstacle::Gone));
    let length = |play: Play| Step::try_from(material.materials[play.entry].frames).unwrap_or(Step::MAX);
    let (gone, new) = match edit {
        Edit::Move { play, to } => (vec![standing(board, play)?], vec![on(PlayAt { start: to, ..play })?]),
        Edit::Remove { play } => (vec![standing(board, play)?], Vec::new()),
        Edit::Add { play } => (Vec::new(), vec![on(play)?]),
        Edit::Swap { play, other } => {
            let (one, two) = (standing(board, play)?, standing(board, other)?);
            if length(one) != length(two) {
                return Err(Obstacle::OtherLength(length(one), length(two)));
            }
            (vec![one, two], vec![Play { start: two.start, ..one }, Play { start: one.start, ..two }])
        }
    };
    let before = board.clone();
    gone.iter().for_each(|play| {
        board.take(*play);
    });
    for play in &new {
        if let Err(why) = board.place(*play) {
            *board = before;
            return Err(Obstacle::Hindered(why));
        }
    }
    Ok(Done { gone, new })
}

impl Laid {
    /// Says of requests whose plays were taken out that this is why they are missing.
    pub fn explain(&self, material: &DayMaterial, rotation: &Rotation, unplaced: &mut Vec<(CaseId, Text)>) {
        for (&entry, &out) in &self.taken_out {
            let (case, own) = (material.case_of(entry), &rotation.entries[entry]);
            let placed = self.plan.plays.iter().filter(|play| play.entry == entry).count();
            let (title, wanted) = (&own.title, own.wanted);
            if placed >= wanted as usize {
                continue;
            }
            let text = Text::new(
                format!("{title}: {placed} dari {wanted} tayangan. {out} dikeluarkan dengan tangan."),
                format!("{title}: {placed} of {wanted} plays. {out} were taken out by hand."),
            );
            unplaced.retain(|(other, _)| *other != case);
            unplaced.push((case, text));
        }
    }

    pub fn state(self, frame: &Frame, draft: &Draft, playlist: &Playlist, material: &DayMaterial) -> DraftState {
        let is_by_hand = |item: &&PlaylistItem| {
            super::play_of(frame, material, item).is_some_and(|play| self.by_hand.contains(&play))
        };
        DraftState {
            version: draft.version,
            started: draft.started,
            changed: draft.changed,
            by_hand: playlist.items().iter().filter(is_by_hand).map(|item| item.id.clone()).collect(),
            edits: self.edits,
            lost: self.lost,
        }
    }
}

impl Measure for Frame<'_> {
    fn clock(&self, at: Step) -> String {
        self.zone().local(self.rate().start_of(self.tick(at))).format("%H.%M.%S").to_string()
    }
    fn seconds(&self, length: Step, lang: Lang) -> String {
        let ms = self.rate().millis(length.max(0).unsigned_abs());
        #[expect(clippy::cast_precision_loss, reason = "a day has few milliseconds")]
        let seconds = ms as f64 / 1000.0;
        decimal(seconds, if ms.is_multiple_of(1000) { 0 } else { 1 }, lang)
    }
}

impl Desk {
    /// Changes a day's plan by hand. `version` is that of the draft on the page, `None` if there was none.
    ///
    /// # Errors
    /// When the plan can't be made or the database would not; a change that may not be is no error.
    pub fn edit_draft(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: Option<u32>,
        wish: Wish,
    ) -> Result<Edited, PlanError> {
        let (mut draft, began) = match self.opened_draft(by, channel, date, version)? {
            Ok(opened) => opened,
            Err(refusal) => return Ok(Edited::Refused(refusal)),
        };
        let edit = match self.on_board(&mut draft, |board, frame, material| decide(board, frame, material, wish))? {
            Ok(edit) => edit,
            Err(refusal) => return Ok(Edited::Refused(refusal)),
        };
        Ok(match self.keep_edits(by, draft, began, &[edit])? {
            Ok(proposal) => Edited::Taken(edit, Box::new(proposal)),
            Err(refusal) => Edited::Refused(refusal),
        })
    }

    /// Makes a day's plan what a list says, as far as rules allow: other plays go out, the list's come in at their times.
    /// Each is a change by hand like any, so the draft can be looked at, gone on with, and thrown away.
    ///
    /// # Errors
    /// When the plan can't be made or the database would not; a list that may not be is no error.
    pub fn take_list(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: Option<u32>,
        plays: &[PlayAt],
    ) -> Result<Result<Rearranged, EditRefusal>, PlanError> {
        let (mut draft, began) = match self.opened_draft(by, channel, date, version)? {
            Ok(opened) => opened,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let done = self.on_board(&mut draft, |board, frame, material| rearrange(board, frame, material, plays))?;
        if done.edits.is_empty() {
            return Ok(Ok(done));
        }
        let edits = done.edits.clone();
        Ok(self.keep_edits(by, draft, began, &edits)?.map(|_| done))
    }

    /// What [`Desk::take_list`] would do, and the version of the draft on which it would.
    ///
    /// # Errors
    /// When the plan can't be made or the database would not.
    pub(super) fn try_list(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        plays: &[PlayAt],
    ) -> Result<(Rearranged, Option<u32>), PlanError> {
        let standing = self.store.read(|r| r.draft(channel, date))?;
        let version = standing.as_ref().map(|draft| draft.version);
        let mut draft = match standing {
            Some(draft) => draft,
            None => self.begun_draft(by, channel, date)?,
        };
        let would = self.on_board(&mut draft, |board, frame, material| rearrange(board, frame, material, plays))?;
        Ok((would, version))
    }

    /// The draft on which somebody works who saw `version` of it, and whether it begins with that.
    fn opened_draft(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: Option<u32>,
    ) -> Result<Result<(Draft, bool), EditRefusal>, PlanError> {
        self.only_scheduler(by)?;
        let standing = self.store.read(|r| r.draft(channel, date))?;
        if standing.as_ref().map(|d| d.version) != version {
            return Ok(Err(self.stale(standing.as_ref())?));
        }
        Ok(Ok(match standing {
            Some(draft) => (draft, false),
            None => (self.begun_draft(by, channel, date)?, true),
        }))
    }

    /// Judges the plan with these changes and keeps them; all of them or none.
    fn keep_edits(
        &self,
        by: PersonId,
        mut draft: Draft,
        began: bool,
        edits: &[Edit],
    ) -> Result<Result<Proposal, EditRefusal>, PlanError> {
        let now = self.now();
        let rows: Vec<DraftEdit> = edits.iter().map(|edit| DraftEdit { edit: *edit, by, at: now }).collect();
        draft.edits.extend_from_slice(&rows);
        let proposal = self.plan_revision(&draft.channel, draft.date, &Asked::with(Some(&draft)))?;
        if !proposal.findings.is_empty() {
            let zone = proposal.playlist.head().zone;
            let why = proposal.findings.iter().map(|finding| finding.text(zone)).collect();
            return Ok(Err(EditRefusal::Judged(why)));
        }
        let kept = draft.clone();
        let taken = self.store.write(move |tx| -> Result<bool, StoreError> {
            let id = match began {
                true => match tx.begin_draft(&kept.channel, kept.date, &kept.base, by, now) {
                    Err(StoreError::Taken { .. }) => return Ok(false),
                    id => id?,
                },
                false => kept.id,
            };
            if !tx.change_draft(id, kept.version, by, now)? {
                return Ok(false);
            }
            if !began {
                tx.set_draft_base(id, &kept.base)?;
            }
            rows.iter().try_for_each(|row| tx.add_edit(id, row))?;
            Ok(true)
        })?;
        if !taken {
            let standing = self.store.read(|r| r.draft(&draft.channel, draft.date))?;
            return Ok(Err(self.stale(standing.as_ref())?));
        }
        let state = proposal.draft.map(|state| DraftState { version: state.version + 1, changed: (by, now), ..state });
        Ok(Ok(Proposal { draft: state, ..proposal }))
    }

    /// Takes the last change back.
    ///
    /// # Errors
    /// When the database would not.
    pub fn undo_edit(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: Option<u32>,
    ) -> Result<Result<Edit, EditRefusal>, PlanError> {
        self.only_scheduler(by)?;
        let standing = self.store.read(|r| r.draft(channel, date))?;
        if standing.as_ref().map(|d| d.version) != version {
            return Ok(Err(self.stale(standing.as_ref())?));
        }
        let last = standing.and_then(|draft| Some((draft.id, draft.version, draft.edits.last()?.edit)));
        let Some((id, version, edit)) = last else { return Ok(Err(EditRefusal::NothingToUndo)) };
        let now = self.now();
        let undone = self.store.write(move |tx| -> Result<bool, StoreError> {
            Ok(tx.change_draft(id, version, by, now)? && tx.undo_edit(id)?)
        })?;
        match undone {
            true => Ok(Ok(edit)),
            false => Ok(Err(self.stale(self.store.read(|r| r.draft(channel, date))?.as_ref())?)),
        }
    }

    /// Throws the changes away: the plan is the planner's again.
    ///
    /// # Errors
    /// When the database would not.
    pub fn discard_draft(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: Option<u32>,
    ) -> Result<Result<(), EditRefusal>, PlanError> {
        self.only_scheduler(by)?;
        let standing = self.store.read(|r| r.draft(channel, date))?;
        let Some((id, found)) = standing.as_ref().map(|d| (d.id, d.version)).filter(|(_, v)| Some(*v) == version)
        else {
            return Ok(Err(self.stale(standing.as_ref())?));
        };
        let now = self.now();
        match self.store.write(move |tx| tx.end_draft(id, found, None, now))? {
            true => Ok(Ok(())),
            false => Ok(Err(self.stale(self.store.read(|r| r.draft(channel, date))?.as_ref())?)),
        }
    }

    fn stale(&self, standing: Option<&Draft>) -> Result<EditRefusal, DeskError> {
        let now = self.now();
        let Some(draft) = standing else { return Ok(EditRefusal::Stale { by: None, at: now }) };
        let person = self.store.read(|r| r.person(draft.changed.0, now))?;
        Ok(EditRefusal::Stale { by: Some(person.map(|p| p.name).unwrap_or_default()), at: draft.changed.1 })
    }

    /// A draft that begins with the plan as it is, not stored yet.
    fn begun_draft(&self, by: PersonId, channel: &ChannelId, date: BroadcastDate) -> Result<Draft, PlanError> {
        let proposal = self.plan_revision(channel, date, &Asked::with(None))?;
        let play = |item: &PlaylistItem| {
            let own = item.kind == ItemKind::Clip && item.run != RunMode::Hard;
            let submission = item.submission.as_deref().filter(|_| own)?.parse().ok()?;
            Some(PlayAt { start: item.start, submission })
        };
        let known: BTreeSet<SubmissionId> = proposal.known.clone();
        let plays = proposal.playlist.items().iter().filter_map(play).collect();
        let at = (by, self.now());
        let base = DraftBase { known, plays, joined: Vec::new() };
        Ok(Draft {
            id: 0,
            channel: channel.clone(),
            date,
            version: 0,
            base,
            edits: Vec::new(),
            started: at,
            changed: at,
        })
    }

    /// Asks something of the day's plan as it is with a draft. What joined the plan meanwhile joins the draft.
    fn on_board<T>(
        &self,
        draft: &mut Draft,
        ask: impl FnOnce(&mut Board, &Frame, &DayMaterial) -> T,
    ) -> Result<T, PlanError> {
        let (channel, date) = (&draft.channel, draft.date);
        let configured = self.planned_channel(channel)?;
        let parent = self.standing(channel, date)?;
        let material = DayMaterial::load(self, configured, date)?;
        let frame = Frame::of(self, configured, date, parent.as_ref())?;
        let kept = frame.kept(&material, parent.as_ref(), &BTreeSet::new());
        let (rotation, pinned) = standing_plays(&frame, &material, &kept);
        let laid = lay(&frame, &material, &rotation, &pinned, draft);
        let number = draft.edits.len();
        draft.base.joined.extend(laid.joined.iter().map(|play| {
            let submission = material.materials[play.entry].submission;
            (number, PlayAt { start: frame.rate().start_of(frame.tick(play.start)), submission })
        }));
        draft.base.known.extend(material.materials.iter().map(|m| m.submission));
        let mut board = Board::new(&rotation, &laid.plan.plays, frame.step(frame.from));
        Ok(ask(&mut board, &frame, &material))
    }
}

/// What a list of plays makes of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rearranged {
    /// The changes by hand that it takes, in order.
    pub edits: Vec<Edit>,
    /// For each play of the list: when it airs, or why it can't.
    pub placed: Vec<Result<Instant, Vec<Text>>>,
}

impl Rearranged {
    /// Plays of the list that stand.
    pub fn stand(&self) -> usize {
        self.placed.iter().filter(|placed| placed.is_ok()).count()
    }
    /// Plays that go out for it.
    pub fn out(&self) -> usize {
        self.edits.iter().filter(|edit| matches!(edit, Edit::Remove { .. })).count()
    }
}

/// Leaves what the list has where it is, takes out what it has not, and puts the rest at its times.
fn rearrange(board: &mut Board, frame: &Frame, material: &DayMaterial, wanted: &[PlayAt]) -> Rearranged {
    let slack = frame.rate().frames_in_ms(LIST_SLACK.num_milliseconds().unsigned_abs());
    let from = frame.step(frame.from);
    let as_named = |play: &Play| PlayAt {
        start: frame.rate().start_of(frame.tick(play.start)),
        submission: material.materials[play.entry].submission,
    };
    let standing = board.plays().to_vec();
    let mut spoken_for = BTreeSet::new();
    let mut stays = |wish: &PlayAt| {
        let aim = play_at(frame, material, *wish)?;
        let near = |play: &&Play| play.entry == aim.entry && play.start.abs_diff(aim.start) <= slack;
        let found = standing.iter().filter(near).find(|play| !spoken_for.contains(*play))?;
        spoken_for.insert(*found);
        Some(as_named(found).start)
    };
    let stay: Vec<Option<Instant>> = wanted.iter().map(&mut stays).collect();
    let mut edits = Vec::new();
    for play in standing.iter().filter(|play| play.start >= from && !spoken_for.contains(*play)) {
        let edit = Edit::Remove { play: as_named(play) };
        if apply(board, frame, material, edit).is_ok() {
            edits.push(edit);
        }
    }
    let mut placed = Vec::with_capacity(wanted.len());
    for (wish, stays) in wanted.iter().zip(stay) {
        let add = Wish { edit: Edit::Add { play: *wish }, onto: None, slack: LIST_SLACK };
        placed.push(match stays {
            Some(start) => Ok(start),
            None => {
                decide(board, frame, material, add).map_err(|refusal| refusal.text(|_| String::new())).map(|edit| {
                    // Where it was offered near by it is not on the board yet.
                    let _ = apply(board, frame, material, edit);
                    edits.push(edit);
                    edit.play().start
                })
            }
        });
    }
    Rearranged { edits, placed }
}

/// A change as it would be taken: two plays trade places, or a play goes as near to the wish as it may.
fn decide(board: &mut Board, frame: &Frame, material: &DayMaterial, wish: Wish) -> Result<Edit, EditRefusal> {
    let obstacle = match apply(board, frame, material, wish.edit) {
        Ok(_) => return Ok(wish.edit),
        Err(obstacle) => obstacle,
    };
    if let (Edit::Move { play, .. }, Some(other)) = (wish.edit, wish.onto.filter(|other| *other != wish.edit.play())) {
        let swap = Edit::Swap { play, other };
        match apply(board, frame, material, swap) {
            Ok(_) => return Ok(swap),
            Err(Obstacle::Hindered(why)) => return Err(Obstacle::Hindered(why).refusal(frame, Vec::new())),
            // Of another length: it may still find room near by.
            Err(_) => {}
        }
    }
    let (wanted, old) = match wish.edit {
        Edit::Move { play, to } => (PlayAt { start: to, ..play }, Some(play)),
        Edit::Add { play } => (play, None),
        Edit::Remove { .. } | Edit::Swap { .. } => return Err(obstacle.refusal(frame, Vec::new())),
    };
    let Some(aim) = play_at(frame, material, wanted).filter(|_| matches!(obstacle, Obstacle::Hindered(_))) else {
        return Err(obstacle.refusal(frame, Vec::new()));
    };
    if let Some(old) = old.and_then(|old| play_at(frame, material, old)) {
        board.take(old);
    }
    let rate = frame.rate();
    let instant = |step: Step| rate.start_of(frame.tick(step));
    let to = |start: Instant| match wish.edit {
        Edit::Move { play, .. } => Edit::Move { play, to: start },
        _ => Edit::Add { play: PlayAt { start, ..wanted } },
    };
    let slack = i64::try_from(rate.frames_in_ms(wish.slack.num_milliseconds().max(0).unsigned_abs())).unwrap_or(0);
    if let Some(near) = board.nearest(aim.entry, aim.start, 1, 1).first().filter(|n| (**n - aim.start).abs() <= slack) {
        return Ok(to(instant(*near)));
    }
    let second = if rate.den() == 1 { Step::from(rate.num()) } else { 1 };
    let places = board.nearest(aim.entry, aim.start, second, OFFERED);
    Err(obstacle.refusal(frame, places.into_iter().map(instant).collect()))
}
