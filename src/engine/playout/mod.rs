//! What is on air, tick by tick. Sans-IO: the caller says which tick it is and which frames are at hand, the engine says
//! what to show, which decoders to open and close, and what to write into the journal.
//!
//! An item owns the ticks from its start to its end; tick *k* of it shows frame *k* of its source, whatever happened
//! before. So nothing drifts: a frame that came too late is dropped, one that is missing is covered by repeating the
//! last picture ([`HOLD_TICKS`]), then by warm fill, then by the slate, and the item comes back in at the frame that the
//! timeline has reached.

mod row;
mod timeline;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::domain::as_run::AsRun;
use crate::domain::asset::FillClip;
use crate::domain::channel::Channel;
use crate::domain::ids::{ItemId, Sha256};
use crate::domain::playlist::{ItemKind, Nature, Playlist, Source};
use crate::domain::time::{BroadcastDate, Tick};
use crate::engine::watch::Expected;

use row::OpenRow;
pub use row::Subject;
use timeline::{Segment, Timeline, What};

/// How far ahead a clip is opened: 4 s at 25 frames a second. Opening takes 0.1 to 0.3 s; the rest is for a second try.
pub const PREROLL_TICKS: i64 = 100;
/// How long the last picture is repeated before something else covers: 0.48 s at 25 frames a second.
pub const HOLD_TICKS: u32 = 12;
/// The next item may change until this long before air: 1 s at 25 frames a second.
pub const LOCK_TICKS: i64 = 25;
/// Before air, a decoder without a first frame by then is replaced once: 0.8 s at 25 frames a second.
const RETRY_BEFORE_TICKS: i64 = 20;
/// What a decoder gets at least before it is given up: 0.4 s at 25 frames a second.
const OPEN_GRACE_TICKS: i64 = 10;
/// A decoder that gave nothing for this long since it was opened, and should be on air, is replaced: 3 s at 25 frames a
/// second.
const STUCK_TICKS: i64 = 75;
/// A decoder that stopped giving frames in mid-clip is replaced after this long: 1 s at 25 frames a second.
const STUCK_AFTER_FRAMES_TICKS: i64 = 25;
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
}

/// The engine of one channel.
#[derive(Debug)]
pub struct Playout {
    timeline: Timeline,
    current: Option<Lane>,
    upcoming: VecDeque<Lane>,
    spare: Option<Spare>,
    decks: BTreeMap<DeckId, Supply>,
    next_deck: u64,
    row: Option<OpenRow>,
    run: String,
    /// Ticks in a row that repeated the last picture.
    held: u32,
    /// Whether the last picture may be repeated: false before the first one and after a withdrawal.
    may_hold: bool,
    noticed: Option<Notice>,
    out: Vec<Output>,
}

/// A segment of the timeline with the decoder that serves it.
#[derive(Debug, Clone)]
struct Lane {
    segment: Segment,
    deck: Option<DeckId>,
    attempts: u32,
    opened: Tick,
    /// The last tick that showed one of its frames.
    fed: Tick,
    why: Option<String>,
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
            current: None,
            upcoming: VecDeque::new(),
            spare: None,
            decks: BTreeMap::new(),
            next_deck: 0,
            row: None,
            run,
            held: 0,
            may_hold: false,
            noticed: None,
            out: Vec::new(),
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
            Input::Stop => self.end_row_now("player_stopped"),
        }
        std::mem::take(&mut self.out)
    }

    /// What is on air and what follows, each with its first tick.
    pub fn next_up(&self) -> impl Iterator<Item = (Tick, Subject)> + '_ {
        self.current.iter().chain(&self.upcoming).map(|lane| (lane.segment.start, lane.segment.subject()))
    }

    /// The row so far.
    pub fn on_air(&self) -> Option<AsRun> {
        self.row.as_ref().map(|row| row.so_far(self.timeline.channel(), &self.run))
    }

    /// What the watch over the air may expect of the picture and sound of the last tick.
    pub fn expected(&self) -> Expected {
        let of = |nature: Nature| Expected { dark: false, still: nature.still, sounding: nature.has_sound };
        let standing = Expected { dark: false, still: true, sounding: false };
        match self.row.as_ref().map(OpenRow::subject) {
            Some(Subject::Item(item)) if item.kind != ItemKind::Slate => of(item.nature),
            Some(Subject::Fill { .. }) => match self.current.as_ref().map(|lane| &lane.segment.what) {
                Some(What::Fill(clip)) => of(clip.nature),
                _ => standing,
            },
            Some(Subject::Cover { fill: Some(_), .. }) => self.spare.as_ref().map_or(standing, |s| of(s.clip.nature)),
            Some(Subject::Closed | Subject::OffAir) => Expected { dark: true, ..standing },
            _ => standing,
        }
    }

    /// Before the first tick: the decoder and the frame that `tick` would show, if it needs one. Older frames are of no
    /// more use.
    pub fn opening(&self, tick: Tick) -> Option<(DeckId, u64)> {
        let lane = self.upcoming.front()?;
        Some((lane.deck?, lane.segment.frame_at(tick)))
    }

    /// Before the first tick: whether what `tick` would show is at hand, or never will be.
    pub fn is_ready(&self, tick: Tick, supplies: &[Supply]) -> bool {
        let Some((deck, frame)) = self.opening(tick) else { return true };
        let at_hand = |s: &Supply| s.frames.is_some_and(|(first, last)| first <= frame && frame <= last);
        supplies.iter().any(|s| s.deck == deck && (at_hand(s) || s.state != DeckState::Working))
    }

    fn tick(&mut self, tick: Tick, supplies: Vec<Supply>) {
        self.decks = supplies.into_iter().map(|s| (s.deck, s)).collect();
        self.advance(tick);
        self.look_ahead(tick);
        let show = self.choose(tick);
        self.out.push(Output::Show(show));
        self.mend(tick);
    }

    /// Moves to the segment that owns the tick.
    fn advance(&mut self, tick: Tick) {
        while self.current.as_ref().is_none_or(|lane| lane.segment.end <= tick) {
            let next = match self.upcoming.pop_front() {
                Some(lane) => lane,
                None => Lane::new(self.timeline.segment_at(tick)),
            };
            let before = self.current.replace(next);
            self.close(before.and_then(|lane| lane.deck));
        }
    }

    /// Lays out the segments up to the preroll and opens their decoders.
    fn look_ahead(&mut self, tick: Tick) {
        let horizon = Tick(tick.0 + PREROLL_TICKS);
        while self.upcoming.len() < MAX_DECKS {
            let last = self.upcoming.back().or(self.current.as_ref());
            let end = last.map_or(tick, |lane| lane.segment.end);
            if end > horizon {
                break;
            }
            self.upcoming.push_back(Lane::new(self.timeline.segment_at(end)));
        }
        if let Some(mut lane) = self.current.take() {
            if lane.attempts == 0 {
                self.open(&mut lane, tick, tick);
            }
            self.current = Some(lane);
        }
        for n in 0..self.upcoming.len() {
            if self.upcoming[n].attempts == 0 && self.open_decks() < MAX_DECKS {
                let mut lane = self.upcoming[n].clone();
                let at = lane.segment.start;
                self.open(&mut lane, at, tick);
                self.upcoming[n] = lane;
            }
        }
        if self.spare.is_none()
            && let Some(clip) = self.timeline.next_fill()
        {
            let deck = self.open_deck(clip.source.clone(), Some(clip.sha256), 0);
            self.spare = Some(Spare { clip, deck, since: None });
        }
    }

    fn open_decks(&self) -> usize {
        let lanes = self.current.iter().chain(&self.upcoming);
        lanes.filter(|lane| lane.deck.is_some()).count() + usize::from(self.spare.is_some())
    }

    /// Opens the lane's decoder so that it has the frame of tick `at`.
    fn open(&mut self, lane: &mut Lane, at: Tick, now: Tick) {
        let Some((source, sha256)) = lane.segment.source() else { return };
        lane.deck = Some(self.open_deck(source, sha256, lane.segment.frame_at(at)));
        lane.attempts += 1;
        lane.opened = now;
    }

    fn open_deck(&mut self, source: Source, sha256: Option<Sha256>, from_frame: u64) -> DeckId {
        let deck = DeckId(self.next_deck);
        self.next_deck += 1;
        self.out.push(Output::Open(Open { deck, source, sha256, from_frame }));
        deck
    }

    fn close(&mut self, deck: Option<DeckId>) {
        self.out.extend(deck.map(Output::Close));
    }

    /// The picture of the tick: the segment's own frame, else what covers for it.
    fn choose(&mut self, tick: Tick) -> Show {
        let lane = self.current.as_ref().expect("advance leaves a segment that owns the tick");
        let subject = lane.segment.subject();
        let own = match &lane.segment.what {
            What::Closed => Some(Show::Dark),
            What::Item { .. } | What::Fill(_) | What::Slate => match lane.segment.source() {
                None => Some(Show::Slate),
                Some(_) => self.own_frame(tick),
            },
        };
        match own {
            Some(show) => {
                let cut = self.begin(tick, subject, None);
                if let Some(lane) = &mut self.current {
                    lane.fed = tick;
                }
                self.held = 0;
                self.may_hold = true;
                match show {
                    Show::Frame { deck, frame, last, .. } => Show::Frame { deck, frame, first: cut, last },
                    still => still,
                }
            }
            None => self.cover(tick, subject),
        }
    }

    /// The current segment's frame for the tick, if its decoder has it. Older ones are discarded.
    fn own_frame(&mut self, tick: Tick) -> Option<Show> {
        let lane = self.current.as_ref()?;
        let deck = lane.deck?;
        let (first, last) = self.decks.get(&deck)?.frames?;
        let frame = lane.segment.frame_at(tick);
        let last_tick = tick.0 + 1 == lane.segment.end.0;
        if last < frame {
            self.out.push(Output::Discard { deck, before: frame });
        }
        (first <= frame && frame <= last).then_some(Show::Frame { deck, frame, first: false, last: last_tick })
    }

    /// Nothing of its own to show: the last picture for a moment, then warm fill, else the slate.
    fn cover(&mut self, tick: Tick, subject: Subject) -> Show {
        let deck = self.current.as_ref().and_then(|lane| lane.deck);
        let of = subject.item().cloned();
        let covering = match self.row.as_ref().map(OpenRow::subject) {
            Some(Subject::Cover { of: before, fill }) if *before == of => Some(*fill),
            _ => None,
        };
        let started = self.row.as_ref().is_some_and(|row| *row.subject() == subject);
        let patient = covering.is_none() && (started || self.spare_frame(tick).is_none());
        if patient && self.may_hold && self.held < HOLD_TICKS {
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
        let (first, last) = self.decks.get(&spare.deck)?.frames?;
        let frame = spare.since.map_or(0, |since| u64::try_from(tick.0 - since.0).unwrap_or(0));
        (first <= frame && frame <= last).then_some((spare.deck, frame, spare.clip.sha256))
    }

    fn why_uncovered(&self) -> String {
        let Some(lane) = &self.current else { return "no_frame".into() };
        let state = lane.deck.and_then(|deck| self.decks.get(&deck)).map(|supply| &supply.state);
        match (state, &lane.why) {
            (Some(DeckState::Dead(why)), _) => why.clone(),
            (_, Some(why)) => why.clone(),
            (Some(DeckState::Ended), None) => "ended_early".into(),
            (_, None) => "no_frame".into(),
        }
    }

    /// An item that is joined in progress may take a moment to open; that is no failure.
    fn notice_failure(&mut self, tick: Tick, why: &str) {
        let Some(Lane { segment: Segment { start, what: What::Item { item, first }, .. }, .. }) = &self.current else {
            return;
        };
        let joining = first < start && tick.0 - start.0 < STUCK_AFTER_FRAMES_TICKS;
        if !joining {
            let (item, title, why) = (item.id.clone(), item.title.clone(), why.to_owned());
            self.notice(Notice::ItemFailed { item, title, why });
        }
    }

    fn notice(&mut self, notice: Notice) {
        if self.noticed.as_ref() != Some(&notice) {
            self.noticed = Some(notice.clone());
            self.out.push(Output::Notice(notice));
        }
    }

    /// Makes `subject` what is on air from this tick; returns whether it just came.
    fn begin(&mut self, tick: Tick, subject: Subject, why: Option<String>) -> bool {
        let same = self.row.as_ref().is_some_and(|row| *row.subject() == subject);
        if !same {
            self.end_row(tick, why.clone());
            self.announce(tick, &subject);
            let row = OpenRow::begin(tick, subject, why);
            self.out.push(Output::Mark(row.so_far(self.timeline.channel(), &self.run)));
            self.row = Some(row);
        }
        if let Some(row) = &mut self.row {
            row.shown(tick);
        }
        !same
    }

    fn announce(&mut self, tick: Tick, subject: &Subject) {
        match subject {
            Subject::Item(item) => {
                let ticks = tick.0 - item.first_tick(self.timeline.channel().house.rate).0;
                if ticks > 0 {
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
            let withdrawn = !self.may_hold && matches!(row.subject(), Subject::Item(_));
            let why = if withdrawn { Some("withdrawn".to_owned()) } else { why };
            self.out.push(Output::Row(row.finish(tick, self.timeline.channel(), &self.run, why)));
        }
    }

    fn end_row_now(&mut self, why: &str) {
        if let Some(end) = self.row.as_ref().map(OpenRow::next_tick) {
            self.end_row(end, Some(why.to_owned()));
        }
    }

    /// Replaces decoders that gave nothing in time, and the spare once it is used up.
    fn mend(&mut self, tick: Tick) {
        if let Some(mut lane) = self.current.take() {
            let deadline = Tick((lane.opened.0 + STUCK_TICKS).max(lane.fed.0 + STUCK_AFTER_FRAMES_TICKS));
            if lane.attempts < MAX_ATTEMPTS && self.needs_another(&lane, tick, deadline) {
                self.reopen(&mut lane, tick, tick);
            }
            self.current = Some(lane);
        }
        for n in 0..self.upcoming.len() {
            let lane = &self.upcoming[n];
            let deadline = Tick((lane.segment.start.0 - RETRY_BEFORE_TICKS).max(lane.opened.0 + OPEN_GRACE_TICKS));
            if lane.attempts < 2 && self.needs_another(lane, tick, deadline) {
                let mut lane = lane.clone();
                let at = lane.segment.start;
                self.reopen(&mut lane, at, tick);
                self.upcoming[n] = lane;
            }
        }
        let covering = matches!(self.row.as_ref().map(OpenRow::subject), Some(Subject::Cover { fill: Some(_), .. }));
        let spent = self.spare.as_ref().is_some_and(|spare| {
            let supply = self.decks.get(&spare.deck);
            let over = supply.is_some_and(|s| match s.state {
                DeckState::Dead(_) => true,
                DeckState::Ended => spare.since.is_some() && self.spare_frame(Tick(tick.0 + 1)).is_none(),
                DeckState::Working => false,
            });
            over || (spare.since.is_some() && !covering)
        });
        if spent && let Some(spare) = self.spare.take() {
            self.close(Some(spare.deck));
        }
    }

    /// Whether the lane's decoder died, or still has nothing at its deadline.
    fn needs_another(&self, lane: &Lane, tick: Tick, deadline: Tick) -> bool {
        let Some(deck) = lane.deck else { return false };
        let supply = self.decks.get(&deck);
        let dead = supply.is_some_and(|s| matches!(s.state, DeckState::Dead(_)));
        let silent = supply.is_none_or(|s| s.frames.is_none() && s.state == DeckState::Working);
        (dead && tick.0 - lane.opened.0 >= OPEN_GRACE_TICKS) || (silent && tick >= deadline)
    }

    fn reopen(&mut self, lane: &mut Lane, at: Tick, now: Tick) {
        if let Some(DeckState::Dead(why)) = lane.deck.and_then(|deck| self.decks.get(&deck)).map(|s| &s.state) {
            lane.why = Some(why.clone());
        }
        self.close(lane.deck.take());
        self.open(lane, at, now);
    }

    /// Follows a new plan, pool or clock: what is on air stays, unless it was withdrawn; the next item may change until
    /// [`LOCK_TICKS`] before air.
    fn replan(&mut self) {
        let now = self.row.as_ref().map_or(Tick(i64::MIN / 2), OpenRow::next_tick);
        let mut end = None;
        if let Some(lane) = &mut self.current {
            let withdrawn = self.timeline.is_withdrawn(&lane.segment);
            self.may_hold &= !withdrawn;
            lane.segment.end = if withdrawn { now } else { self.timeline.end_after_revision(&lane.segment, now) };
            end = Some(lane.segment.end);
        }
        if let Some(spare) = &self.spare
            && !self.timeline.may_fill(&spare.clip)
        {
            let deck = spare.deck;
            self.spare = None;
            self.close(Some(deck));
        }
        let lock = Tick(now.0 + LOCK_TICKS);
        let mut lanes = std::mem::take(&mut self.upcoming);
        while let Some(lane) = lanes.pop_front() {
            let locked = lane.segment.start <= lock && !self.timeline.is_withdrawn(&lane.segment);
            let follows = end.is_none_or(|end| end == lane.segment.start);
            if !follows || !(locked || self.timeline.still_planned(&lane.segment)) {
                lanes.push_front(lane);
                break;
            }
            end = Some(lane.segment.end);
            self.upcoming.push_back(lane);
        }
        lanes.into_iter().for_each(|lane| self.close(lane.deck));
    }

    fn jump(&mut self, to: Tick) {
        let from = self.row.as_ref().map(OpenRow::next_tick);
        self.end_row_now("clock_corrected");
        if let Some(from) = from.filter(|from| *from < to) {
            let row = OpenRow::begin(from, Subject::OffAir, None);
            let why = Some("clock_corrected".to_owned());
            self.out.push(Output::Row(row.finish(to, self.timeline.channel(), &self.run, why)));
        }
        let lanes: Vec<_> = self.current.take().into_iter().chain(self.upcoming.drain(..)).collect();
        lanes.into_iter().for_each(|lane| self.close(lane.deck));
        self.look_ahead(to);
    }
}

impl Lane {
    fn new(segment: Segment) -> Lane {
        Lane { opened: segment.start, fed: segment.start, segment, deck: None, attempts: 0, why: None }
    }
}

#[cfg(test)]
mod tests;
