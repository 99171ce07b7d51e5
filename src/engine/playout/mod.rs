//! What is on air, tick by tick. Sans-IO: the caller says which tick it is and which frames are at hand, the engine says
//! what to show, which decoders to open and close, and what to write into the journal.
//!
//! An item owns the ticks from its start to its end; tick *k* of it shows frame *k* of its source, whatever happened
//! before. So nothing drifts: a frame that came too late is dropped, one that is missing is covered by repeating the
//! last picture ([`HOLD_TICKS`]), then by warm fill, then by the slate, and the item comes back in at the frame that the
//! timeline has reached.
//!
//! What an operator orders lies over the plan on a track of its own ([`Command`]); the plan's track goes on beneath it,
//! unseen, so that it is back on its frame the moment the order ends:
//!
//! ```text
//!               ordered            first frame there            its end, resume, gives nothing
//!   plan only ──────────▶ cueing ───────────────────▶ order seen ──────────────────────────────▶ plan only
//!                (plan seen)  │                        │      ▲
//!                             │ nothing in 4 s         │ live │ frames again
//!                             ▼                        ▼ lost │
//!                         plan only                   plan seen
//!
//!   plan seen:  item ──ends──▶ item | fill | slate | closed      (its frame missing: hold ▶ warm fill ▶ slate, and back)
//! ```

mod decoders;
mod orders;
mod overlay;
mod row;
mod timeline;
mod track;

use std::sync::Arc;

use crate::domain::as_run::AsRun;
use crate::domain::asset::FillClip;
use crate::domain::branding::Wears;
use crate::domain::channel::Channel;
use crate::domain::ids::{ItemId, Sha256};
use crate::domain::playlist::{ItemKind, Nature, Playlist, RunMode, Source};
use crate::domain::time::{BroadcastDate, Tick};
use crate::engine::watch::Expected;

use decoders::Decoders;
use orders::Overlay;
pub use orders::{Command, Emergency, Refused};
use row::OpenRow;
pub use row::Subject;
use timeline::{Timeline, What};
use track::Track;

/// How far ahead a clip is opened: 4 s at 25 frames a second. Opening takes 0.1 to 0.3 s; the rest is for a second try.
pub const PREROLL_TICKS: i64 = 100;
/// How far ahead a live source is opened: 10 s at 25 frames a second, for a connection and a key frame each few seconds.
pub const LIVE_PREROLL_TICKS: i64 = 250;
/// How long the last picture is repeated before something else covers: 0.48 s at 25 frames a second.
pub const HOLD_TICKS: u32 = 12;
/// The next item may change until this long before air: 0.72 s at 25 frames a second. Who publishes a change 1 s before
/// air is in time, since the folder is looked at ten times a second and a frame leaves a little before its time.
pub const LOCK_TICKS: i64 = 18;
/// Before air, a decoder without a first frame by then is replaced once: 0.8 s at 25 frames a second.
const RETRY_BEFORE_TICKS: i64 = 20;
/// What a decoder gets at least before it is given up: 0.4 s at 25 frames a second.
const OPEN_GRACE_TICKS: i64 = 10;
/// A decoder that gave nothing for this long since it was opened, and should be on air, is replaced: 3 s at 25 frames a
/// second.
const STUCK_TICKS: i64 = 75;
/// A decoder that stopped giving frames in mid-clip is replaced after this long: 1 s at 25 frames a second.
const STUCK_AFTER_FRAMES_TICKS: i64 = 25;
/// Frames of a live source that wait before it is taken: 0.12 s at 25 frames a second.
const LIVE_CUSHION_FRAMES: u64 = 3;
/// A live source that gives nothing is held this long, then the plan is seen: 0.08 s at 25 frames a second. With the 0.22 s
/// after which its decoder gives it up, that makes some 0.4 s since its last packet.
const LIVE_LOSS_TICKS: u32 = 2;
/// How often one segment's decoder is opened before the segment is left to its cover.
const MAX_ATTEMPTS: u32 = 4;
/// Decoders open at once: current, spare fill, and as many short items as fit into the preroll.
const MAX_DECKS: usize = 6;

/// Names one opened decoder; never used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeckId(pub u64);

/// What the engine is told.
#[derive(Debug, Clone)]
pub enum Input {
    /// The newest good revision of a day.
    Revision(Arc<Playlist>),
    /// The evergreen approved pool.
    Fill(Vec<FillClip>),
    /// Whether the clock can be believed; without it no plan is followed.
    Trust(bool),
    /// Open what this tick will need; the first [`Input::Tick`] comes soon.
    Prepare(Tick),
    /// Choose the picture of this tick. Ticks come in order, one by one.
    Tick(Tick, Vec<Supply>),
    /// The clock was put right: the tick after the last one is this. One row closes the gap.
    Jump(Tick),
    /// An order; its number comes back with the answer.
    Order(u64, Command),
    /// The player ends after the last tick.
    Stop,
}

/// What a decoder has at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// Which.
    pub deck: DeckId,
    /// Frames at hand, by their number in the source: first and last, without a hole between.
    pub frames: Option<(u64, u64)>,
    /// How it is.
    pub state: DeckState,
}

/// How a decoder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeckState {
    /// Opening or decoding.
    Working,
    /// Came to the end of its source; what is at hand is all there is.
    Ended,
    /// Gone, with the reason as the journal will say it.
    Dead(String),
}

/// What the engine wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a decoder; never on the thread that ticks.
    Open(Open),
    /// End a decoder.
    Close(DeckId),
    /// The picture and sound of the tick: one per [`Input::Tick`].
    Show(Show),
    /// A finished row, for the journal. Its `seq` is the journal's to give.
    Row(AsRun),
    /// Something new is on air: the row so far.
    Mark(AsRun),
    /// Frames of this decoder before that number are of no more use.
    Discard {
        /// Whose.
        deck: DeckId,
        /// The oldest frame still wanted.
        before: u64,
    },
    /// Something that a person should know.
    Notice(Notice),
    /// Whether an order was taken.
    Answer(u64, Result<(), Refused>),
}

/// A decoder to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its name from now on.
    pub deck: DeckId,
    /// What to read.
    pub source: Source,
    /// What its bytes must hash to.
    pub sha256: Option<Sha256>,
    /// First frame wanted.
    pub from_frame: u64,
}

/// What a tick shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A frame and its sound.
    Frame {
        /// Whose.
        deck: DeckId,
        /// Its number in the source.
        frame: u64,
        /// A cut lies before it: the sound is ramped in.
        first: bool,
        /// A cut lies after it: the sound is ramped out.
        last: bool,
    },
    /// The last picture again, with the sound of a decoder if it has any.
    Hold(Option<DeckId>),
    /// The still picture.
    Slate,
    /// Nothing: the channel is closed.
    Dark,
}

/// Something that will be on air by plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Coming {
    /// Its first tick on air.
    pub start: Tick,
    /// What.
    pub subject: Subject,
    /// What it is read from; `None` for what needs no decoder.
    pub source: Option<Source>,
    /// Whether it could go on air.
    pub light: Light,
}

/// How ready something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Its decoder is not open yet: it opens [`PREROLL_TICKS`] ahead.
    Waiting,
    /// Being opened: its hash is compared, its first frame decoded.
    Opening,
    /// Its first frame is at hand, from the bytes that were approved.
    Warm,
    /// Its decoder failed.
    Failed,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// An item could not be shown, or not any longer; what covered it is in the journal.
    ItemFailed {
        /// Which.
        item: ItemId,
        /// Its title.
        title: String,
        /// Why, as in the journal.
        why: String,
    },
    /// A live item gives no picture, or not any longer; fill or the slate covers it until it does.
    RelayLost {
        /// Which.
        item: ItemId,
        /// Its title.
        title: String,
    },
    /// An item came in after its time.
    ItemLate {
        /// Which.
        item: ItemId,
        /// Its title.
        title: String,
        /// How many ticks after its time.
        ticks: i64,
    },
    /// No plan for a day that has begun; fill airs.
    NoPlan(BroadcastDate),
    /// What was ordered gave no picture in time; the plan is seen.
    OrderFailed(String),
    /// A live source that was ordered gives nothing, or not any longer; the plan is seen until it does.
    LiveLost(String),
    /// An emergency came on air.
    EmergencyOn {
        /// Its title.
        title: String,
        /// On whose word.
        by: String,
        /// First tick after it.
        until: Tick,
    },
    /// An emergency left the air.
    EmergencyOff,
}

/// The engine of one channel.
#[derive(Debug)]
pub struct Playout {
    timeline: Timeline,
    decoders: Decoders,
    plan: Track,
    /// What was ordered and waits for its first frame.
    cue: Option<Overlay>,
    /// What lies over the plan.
    overlay: Option<Overlay>,
    spare: Option<Spare>,
    row: Option<OpenRow>,
    run: String,
    /// Ticks in a row that repeated the last picture.
    held: u32,
    /// Whether the last picture may be repeated: false before the first one and after a withdrawal.
    may_hold: bool,
    /// Why what is on air ends, if an order ends it.
    cut_by: Option<&'static str>,
    noticed: Option<Notice>,
}

/// A fill clip kept open to cover whatever fails.
#[derive(Debug, Clone)]
struct Spare {
    clip: FillClip,
    deck: DeckId,
    /// The tick of its first frame, once it covers.
    since: Option<Tick>,
}

impl Playout {
    /// An engine without plan, pool or trusted clock. `run` names this run of the player in the journal.
    pub fn new(channel: Channel, run: String) -> Playout {
        Playout {
            timeline: Timeline::new(channel),
            decoders: Decoders::default(),
            plan: Track::default(),
            cue: None,
            overlay: None,
            spare: None,
            row: None,
            run,
            held: 0,
            may_hold: false,
            cut_by: None,
            noticed: None,
        }
    }

    /// Takes one input and returns what follows from it, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Revision(playlist) => {
                self.timeline.set_playlist(playlist);
                self.replan();
            }
            Input::Fill(pool) => {
                self.timeline.set_pool(pool);
                self.replan();
            }
            Input::Trust(trusted) => {
                if self.timeline.set_trust(trusted) {
                    self.replan();
                }
            }
            Input::Prepare(tick) => self.look_ahead(tick),
            Input::Tick(tick, supplies) => self.tick(tick, supplies),
            Input::Jump(to) => self.jump(to),
            Input::Order(number, command) => {
                let answer = self.obey(command);
                self.decoders.order(Output::Answer(number, answer));
            }
            Input::Stop => self.end_row_now("player_stopped"),
        }
        self.decoders.take_orders()
    }

    /// What is on air by plan and what follows: everything that is laid out, and planned items until there are `least`
    /// entries after the first.
    pub fn coming(&self, least: usize) -> Vec<Coming> {
        let lanes = self.plan.current.iter().chain(&self.plan.upcoming);
        let mut coming: Vec<Coming> = lanes
            .map(|lane| {
                let (light, source) = (lane.light(&self.decoders), lane.segment.source().map(|(source, _)| source));
                Coming { start: lane.segment.start, subject: lane.segment.subject(), source, light }
            })
            .collect();
        let mut after = self.plan.upcoming.back().or(self.plan.current.as_ref()).map(|lane| lane.segment.start);
        while let Some(tick) = after.filter(|_| coming.len() <= least) {
            let Some((item, first, start)) = self.timeline.planned_after(tick) else { break };
            let source = Some(item.source.clone()).filter(|s| *s != Source::None);
            coming.push(Coming { start, subject: Subject::Item { item, first }, source, light: Light::Waiting });
            after = Some(start);
        }
        coming
    }

    /// What lies over the plan, in the operator's word for it, and whether it only waits for its first frame.
    pub fn ordered(&self) -> Option<(&'static str, bool)> {
        let cue = self.cue.as_ref().map(|overlay| (overlay.order.name(), true));
        cue.or(self.overlay.as_ref().map(|overlay| (overlay.order.name(), false)))
    }

    /// The row so far.
    pub fn on_air(&self) -> Option<AsRun> {
        self.row.as_ref().map(|row| row.so_far(self.timeline.channel(), &self.run))
    }

    /// Whether an operator holds the plan.
    pub fn is_held(&self) -> bool {
        self.timeline.is_held()
    }

    /// What the watch over the air may expect of the picture and sound of the last tick.
    pub fn expected(&self) -> Expected {
        let of = |nature: Nature| Expected { dark: false, still: nature.still, sounding: nature.has_sound };
        let standing = Expected { dark: false, still: true, sounding: false };
        match self.row.as_ref().map(OpenRow::subject) {
            Some(Subject::Item { item, .. }) if item.kind != ItemKind::Slate => of(item.nature),
            Some(Subject::Fill { .. }) => match self.plan.current.as_ref().map(|lane| &lane.segment.what) {
                Some(What::Fill(clip)) => of(clip.nature),
                _ => standing,
            },
            Some(Subject::Cover { fill: Some(_), .. }) => self.spare.as_ref().map_or(standing, |s| of(s.clip.nature)),
            Some(Subject::Live(_) | Subject::Emergency { .. }) => {
                self.overlay.as_ref().map_or(standing, |o| of(o.nature()))
            }
            Some(Subject::Closed | Subject::OffAir) => Expected { dark: true, ..standing },
            _ => standing,
        }
    }

    /// What of the channel's branding is drawn on the picture of the last tick.
    pub fn wears(&self) -> &Wears {
        match self.row.as_ref().map(OpenRow::subject) {
            Some(Subject::Item { item, .. }) => &item.wears,
            Some(Subject::Emergency { order, .. }) => &order.wears,
            Some(Subject::Closed | Subject::OffAir) => &Wears::Nothing,
            Some(Subject::Fill { .. } | Subject::Cover { .. } | Subject::Live(_) | Subject::Slate) | None => {
                &Wears::All
            }
        }
    }

    /// Before the first tick: the decoder and the frame that `tick` would show, if it needs one. Older frames are of no
    /// more use.
    pub fn opening(&self, tick: Tick) -> Option<(DeckId, u64)> {
        let lane = self.plan.upcoming.front()?;
        Some((lane.deck?, lane.segment.frame_at(tick)))
    }

    /// Before the first tick: whether what `tick` would show is at hand, or never will be.
    pub fn is_ready(&self, tick: Tick, supplies: &[Supply]) -> bool {
        let Some((deck, frame)) = self.opening(tick) else { return true };
        let at_hand = |s: &Supply| s.frames.is_some_and(|(first, last)| first <= frame && frame <= last);
        supplies.iter().any(|s| s.deck == deck && (at_hand(s) || s.state != DeckState::Working))
    }

    fn tick(&mut self, tick: Tick, supplies: Vec<Supply>) {
        self.decoders.receive(supplies);
        self.plan.advance(tick, &mut self.timeline, &mut self.decoders);
        self.end_hold();
        self.look_ahead(tick);
        self.take_cue(tick);
        let show = match self.show_overlay(tick) {
            Some(show) => {
                self.plan.pass(tick, &mut self.decoders);
                show
            }
            None => self.show_plan(tick),
        };
        self.cut_by = None;
        self.decoders.order(Output::Show(show));
        self.plan.mend(tick, &mut self.decoders);
        self.renew_spare(tick);
    }

    fn look_ahead(&mut self, tick: Tick) {
        let most = MAX_DECKS - usize::from(self.spare.is_some());
        self.plan.look_ahead(tick, most, &mut self.timeline, &mut self.decoders);
        if self.spare.is_none()
            && let Some(clip) = self.timeline.next_fill()
        {
            let deck = self.decoders.open(clip.source.clone(), Some(clip.sha256), 0);
            self.spare = Some(Spare { clip, deck, since: None });
        }
    }

    /// The picture of the plan: the segment's own frame, else what covers for it.
    fn show_plan(&mut self, tick: Tick) -> Show {
        let lane = self.plan.current.as_ref().expect("advance leaves a segment that owns the tick");
        let subject = lane.segment.subject();
        let own = match &lane.segment.what {
            What::Closed => Some(Show::Dark),
            _ if lane.segment.source().is_none() => Some(Show::Slate),
            _ => self.plan.frame(tick, &mut self.decoders),
        };
        match own {
            Some(show) => {
                if let Some(lane) = &mut self.plan.current {
                    lane.fed = tick;
                }
                self.shown(tick, subject, show)
            }
            None => self.cover(tick, subject),
        }
    }

    /// Puts a subject's own picture on air.
    fn shown(&mut self, tick: Tick, subject: Subject, show: Show) -> Show {
        let cut = self.begin(tick, subject, None);
        self.held = 0;
        self.may_hold = true;
        match show {
            Show::Frame { deck, frame, last, .. } => Show::Frame { deck, frame, first: cut, last },
            still => still,
        }
    }

    /// Nothing of its own to show: the last picture for a moment, then warm fill, else the slate.
    fn cover(&mut self, tick: Tick, subject: Subject) -> Show {
        let deck = self.plan.current.as_ref().and_then(|lane| lane.deck);
        let of = subject.item().cloned();
        let covering = match self.row.as_ref().map(OpenRow::subject) {
            Some(Subject::Cover { of: before, fill }) if *before == of => Some(*fill),
            _ => None,
        };
        let started = self.row.as_ref().is_some_and(|row| *row.subject() == subject);
        let patient = covering.is_none() && (started || self.spare_frame(tick).is_none());
        let most = if self.plan.is_live() { LIVE_LOSS_TICKS } else { HOLD_TICKS };
        if patient && self.may_hold && self.held < most {
            self.begin(tick, subject, None);
            return self.hold(deck);
        }
        let why = self.why_uncovered();
        self.notice_failure(tick, &why);
        if let Some((deck, frame, hash)) = self.spare_frame(tick) {
            if let Some(spare) = &mut self.spare {
                spare.since.get_or_insert(tick);
            }
            let first = self.begin(tick, Subject::Cover { of, fill: Some(hash) }, Some(why));
            self.held = 0;
            self.may_hold = true;
            return Show::Frame { deck, frame, first, last: false };
        }
        if let Some(Some(hash)) = covering
            && self.held < HOLD_TICKS
        {
            self.begin(tick, Subject::Cover { of, fill: Some(hash) }, Some(why));
            return self.hold(None);
        }
        self.begin(tick, Subject::Cover { of, fill: None }, Some(why));
        Show::Slate
    }

    fn hold(&mut self, deck: Option<DeckId>) -> Show {
        self.held += 1;
        if let Some(row) = &mut self.row {
            row.held();
        }
        Show::Hold(deck)
    }

    /// The spare's frame for the tick, if it has one.
    fn spare_frame(&self, tick: Tick) -> Option<(DeckId, u64, Sha256)> {
        let spare = self.spare.as_ref()?;
        let frame = spare.since.map_or(0, |since| u64::try_from(tick.0 - since.0).unwrap_or(0));
        self.decoders.has(spare.deck, frame).then_some((spare.deck, frame, spare.clip.sha256))
    }

    fn why_uncovered(&self) -> String {
        let Some(lane) = &self.plan.current else { return "no_frame".into() };
        let state = lane.deck.and_then(|deck| self.decoders.state(deck));
        match (state, &lane.why) {
            (Some(DeckState::Dead(why)), _) => why.clone(),
            (_, Some(why)) => why.clone(),
            (Some(DeckState::Ended), None) => "ended_early".into(),
            (_, None) => "no_frame".into(),
        }
    }

    /// An item that is joined in progress may take a moment to open; that is no failure.
    fn notice_failure(&mut self, tick: Tick, why: &str) {
        let lane = self.plan.current.as_ref().filter(|lane| !lane.is_joining(tick));
        if let Some(What::Item { item, .. }) = lane.map(|lane| &lane.segment.what) {
            let (id, title, why) = (item.id.clone(), item.title.clone(), why.to_owned());
            self.notice(match item.kind {
                ItemKind::Live => Notice::RelayLost { item: id, title },
                _ => Notice::ItemFailed { item: id, title, why },
            });
        }
    }

    fn notice(&mut self, notice: Notice) {
        if self.noticed.as_ref() != Some(&notice) {
            self.noticed = Some(notice.clone());
            self.decoders.order(Output::Notice(notice));
        }
    }

    /// Makes `subject` what is on air from this tick; returns whether it just came.
    fn begin(&mut self, tick: Tick, subject: Subject, why: Option<String>) -> bool {
        let same = self.row.as_ref().is_some_and(|row| *row.subject() == subject);
        if !same {
            let hard = matches!(&subject, Subject::Item { item, .. } if item.run == RunMode::Hard);
            let cut_by = self.cut_by.or(hard.then_some("hard_start")).map(str::to_owned);
            self.end_row(tick, cut_by.or_else(|| why.clone()));
            self.announce(tick, &subject);
            let row = OpenRow::begin(tick, subject, why);
            self.decoders.order(Output::Mark(row.so_far(self.timeline.channel(), &self.run)));
            self.row = Some(row);
        }
        if let Some(row) = &mut self.row {
            row.shown(tick);
        }
        !same
    }

    fn announce(&mut self, tick: Tick, subject: &Subject) {
        match subject {
            Subject::Item { item, first } => {
                let ticks = tick.0 - first.0;
                // Late is what came in after its time by itself; an order's end shows what time has reached.
                // A live source that is taken again is not late; that it was lost was said.
                if ticks > 0 && self.cut_by.is_none() && item.kind != ItemKind::Live {
                    self.notice(Notice::ItemLate { item: item.id.clone(), title: item.title.clone(), ticks });
                }
            }
            Subject::Fill { .. } | Subject::Slate => {
                if let Some(date) = self.timeline.unplanned_date(tick) {
                    self.notice(Notice::NoPlan(date));
                }
            }
            _ => {}
        }
    }

    /// Writes the row that ends before `tick`; `why` is why it ended, should that be too early.
    fn end_row(&mut self, tick: Tick, why: Option<String>) {
        if let Some(row) = self.row.take() {
            let withdrawn = !self.may_hold && matches!(row.subject(), Subject::Item { .. });
            let why = if withdrawn { Some("withdrawn".to_owned()) } else { why };
            self.decoders.order(Output::Row(row.finish(tick, self.timeline.channel(), &self.run, why)));
        }
    }

    fn end_row_now(&mut self, why: &str) {
        if let Some(end) = self.row.as_ref().map(OpenRow::next_tick) {
            self.end_row(end, Some(why.to_owned()));
        }
    }

    /// Replaces the spare once it is used up.
    fn renew_spare(&mut self, tick: Tick) {
        let covering = matches!(self.row.as_ref().map(OpenRow::subject), Some(Subject::Cover { fill: Some(_), .. }));
        let spent = self.spare.as_ref().is_some_and(|spare| {
            let over = match self.decoders.state(spare.deck) {
                Some(DeckState::Dead(_)) => true,
                Some(DeckState::Ended) => spare.since.is_some() && self.spare_frame(Tick(tick.0 + 1)).is_none(),
                Some(DeckState::Working) | None => false,
            };
            over || (spare.since.is_some() && !covering)
        });
        if spent && let Some(spare) = self.spare.take() {
            self.decoders.close(Some(spare.deck));
        }
    }

    /// Follows a new plan, pool, clock or order: what is on air stays, unless it was taken away; the next item may
    /// change until [`LOCK_TICKS`] before air.
    fn replan(&mut self) {
        let now = self.next_tick();
        self.limit_overlays(now);
        let mut end = None;
        if let Some(lane) = &mut self.plan.current {
            let over = self.timeline.is_over(&lane.segment);
            let seen = self.row.as_ref().is_some_and(|row| *row.subject() == lane.segment.subject());
            self.may_hold &= !(seen && self.timeline.is_withdrawn(&lane.segment));
            lane.segment.end = if over { now } else { self.timeline.end_after_revision(&lane.segment, now) };
            end = Some(lane.segment.end);
        }
        if let Some(spare) = &self.spare
            && !self.timeline.may_fill(&spare.clip)
        {
            self.decoders.close(Some(spare.deck));
            self.spare = None;
        }
        let lock = Tick(now.0 + LOCK_TICKS);
        let mut lanes = std::mem::take(&mut self.plan.upcoming);
        while let Some(lane) = lanes.pop_front() {
            let locked = lane.segment.start <= lock && !self.timeline.is_over(&lane.segment) && !self.is_held();
            let follows = end.is_none_or(|end| end == lane.segment.start);
            if !follows || !(locked || self.timeline.still_planned(&lane.segment)) {
                lanes.push_front(lane);
                break;
            }
            end = Some(lane.segment.end);
            self.plan.upcoming.push_back(lane);
        }
        lanes.into_iter().for_each(|lane| self.decoders.close(lane.deck));
    }

    /// The tick that comes next; before the first one, long ago.
    fn next_tick(&self) -> Tick {
        self.row.as_ref().map_or(Tick(i64::MIN / 2), OpenRow::next_tick)
    }

    fn jump(&mut self, to: Tick) {
        let from = self.row.as_ref().map(OpenRow::next_tick);
        self.end_row_now("clock_corrected");
        if let Some(from) = from.filter(|from| *from < to) {
            let row = OpenRow::begin(from, Subject::OffAir, None);
            let why = Some("clock_corrected".to_owned());
            self.decoders.order(Output::Row(row.finish(to, self.timeline.channel(), &self.run, why)));
        }
        self.plan.clear(&mut self.decoders);
        self.order_again(to);
        self.look_ahead(to);
    }
}

#[cfg(test)]
mod tests;
