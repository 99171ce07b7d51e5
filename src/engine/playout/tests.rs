//! The engine against decoders that are slow, die, stall or lie, on a simulated wall.

mod orders;
mod relays;
mod simulation;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::as_run::{AirKind, Outcome};
use crate::domain::channel::{Hours, HouseFormat};
use crate::domain::playlist::{ItemKind, Nature, PlaylistHead, PlaylistItem, RunMode};
use crate::domain::time::{FrameRate, Instant};

const RATE: FrameRate = FrameRate::PAL;

fn channel() -> Channel {
    let time = |t: &str| t.parse().expect("a time of day");
    Channel {
        id: "wall".parse().expect("a channel"),
        title: "Wall".into(),
        zone: "Asia/Jakarta".parse().expect("a zone"),
        hours: Hours { open: time("06:00"), close: time("23:00") },
        house: HouseFormat::DEFAULT,
        conforming: crate::domain::asset::ConformChoice::USUAL,
        latency_ms: 0,
    }
}

fn at(time: &str) -> Tick {
    RATE.tick_from(format!("2026-11-22T{time}+07:00").parse::<Instant>().expect("an instant"))
}

fn hash(n: u8) -> Sha256 {
    Sha256([n; 32])
}

fn item(n: u8, start: Tick, frames: u64) -> PlaylistItem {
    PlaylistItem {
        id: format!("i{n}").parse().expect("an id"),
        start: RATE.start_of(start),
        duration_frames: frames,
        run: RunMode::Auto,
        kind: ItemKind::Clip,
        source: Source::File(format!("media/house/{n}.mp4")),
        sha256: Some(hash(n)),
        in_frames: 0,
        title: format!("Clip {n}"),
        owner: "Dinas".into(),
        submission: None,
        nature: Nature::FILM,
        wears: Default::default(),
    }
}

/// A live source by plan.
fn relay(n: u8, start: Tick, frames: u64) -> PlaylistItem {
    PlaylistItem {
        kind: ItemKind::Live,
        source: Source::Live("srt://:7002".into()),
        sha256: None,
        ..item(n, start, frames)
    }
}

fn plan(revision: u32, items: Vec<PlaylistItem>, withdrawn: &[u8]) -> Arc<Playlist> {
    let head = PlaylistHead {
        channel: channel().id,
        date: "2026-11-22".parse().expect("a date"),
        revision,
        parent: None,
        zone: channel().zone,
        rate: RATE,
        withdrawn: withdrawn.iter().map(|n| hash(*n)).collect(),
    };
    Arc::new(Playlist::new(head, items).expect("a sound plan"))
}

fn fill(n: u8, frames: u64) -> FillClip {
    let source = Source::File(format!("media/fill/{n}.mp4"));
    FillClip {
        sha256: hash(n),
        source,
        duration_frames: frames,
        title: format!("Fill {n}"),
        nature: Nature::FILM,
        tags: Default::default(),
    }
}

/// How the decoders of one source behave.
#[derive(Clone, Copy)]
enum Habit {
    /// First frame this many ticks after opening, then always ahead.
    Good(i64),
    /// Dies this many ticks after opening without a frame.
    Dies(i64),
    /// Gives this many frames, then nothing more.
    Stalls(u64),
    /// Ends after this many frames.
    Short(u64),
}

struct FakeDeck {
    open: Open,
    opened: Tick,
    discarded: u64,
}

/// A wall without pictures: what was shown, tick by tick, and the rows.
struct Wall {
    engine: Playout,
    now: Tick,
    habits: BTreeMap<Sha256, Habit>,
    decks: BTreeMap<DeckId, FakeDeck>,
    shown: Vec<(Tick, Show, Option<Sha256>)>,
    rows: Vec<AsRun>,
    notices: Vec<Notice>,
    answers: Vec<Result<(), Refused>>,
    most_decks: usize,
    /// When a live source gives frames.
    live: Vec<(Tick, Tick)>,
}

const QUEUE: u64 = 16;

impl Wall {
    fn new(start: Tick, plan: Option<Arc<Playlist>>, pool: Vec<FillClip>) -> Wall {
        Wall::on(channel(), start, plan, pool)
    }

    fn on(channel: Channel, start: Tick, plan: Option<Arc<Playlist>>, pool: Vec<FillClip>) -> Wall {
        let mut wall = Wall {
            engine: Playout::new(channel, "r".into()),
            now: start,
            habits: BTreeMap::new(),
            decks: BTreeMap::new(),
            shown: Vec::new(),
            rows: Vec::new(),
            notices: Vec::new(),
            answers: Vec::new(),
            most_decks: 0,
            live: Vec::new(),
        };
        wall.tell(Input::Trust(true));
        wall.tell(Input::Fill(pool));
        plan.into_iter().for_each(|plan| wall.tell(Input::Revision(plan)));
        wall.tell(Input::Prepare(start));
        wall
    }

    fn tell(&mut self, input: Input) {
        for output in self.engine.handle(input) {
            match output {
                Output::Open(open) => {
                    let deck = FakeDeck { opened: self.now, discarded: open.from_frame, open };
                    self.decks.insert(deck.open.deck, deck);
                }
                Output::Close(deck) => assert!(self.decks.remove(&deck).is_some(), "closed twice"),
                Output::Discard { deck, before } => self.decks.get_mut(&deck).expect("open").discarded = before,
                Output::Show(show) => self.show(show),
                Output::Row(row) => self.rows.push(row),
                Output::Notice(notice) => self.notices.push(notice),
                Output::Mark(_) => {}
                Output::Answer(_, answer) => self.answers.push(answer),
            }
        }
        self.most_decks = self.most_decks.max(self.decks.len());
    }

    fn show(&mut self, show: Show) {
        let clip = match show {
            Show::Frame { deck, frame, .. } => {
                let deck = self.decks.get_mut(&deck).expect("a frame comes from an open decoder");
                deck.discarded = frame;
                deck.open.sha256
            }
            _ => None,
        };
        self.shown.push((self.now, show, clip));
    }

    fn supplies(&self) -> Vec<Supply> {
        let supply = |deck: &FakeDeck| {
            if matches!(deck.open.source, Source::Live(_)) {
                return self.live_supply(deck);
            }
            let habit = deck.open.sha256.and_then(|h| self.habits.get(&h)).copied().unwrap_or(Habit::Good(6));
            let age = self.now.0 - deck.opened.0;
            let (first, all) = (deck.discarded, deck.discarded + QUEUE - 1);
            let upto = |n: u64| (first < n).then(|| (first, all.min(n - 1)));
            let (frames, state) = match habit {
                Habit::Good(after) => ((age >= after).then_some((first, all)), DeckState::Working),
                Habit::Dies(after) if age >= after => (None, DeckState::Dead("decoder_exited".into())),
                Habit::Dies(_) => (None, DeckState::Working),
                Habit::Stalls(n) => (upto(n), DeckState::Working),
                Habit::Short(n) => (upto(n), DeckState::Ended),
            };
            Supply { deck: deck.open.deck, frames, state }
        };
        self.decks.values().map(supply).collect()
    }

    /// A live decoder numbers its frames by its own running time; few are kept, and the oldest go.
    fn live_supply(&self, deck: &FakeDeck) -> Supply {
        let begun = |(from, to): &(Tick, Tick)| *from <= self.now && deck.opened < *to;
        let at_hand = self.live.iter().rfind(|l| begun(l)).map(|(from, to)| {
            let number = |tick: i64| (tick - deck.opened.0).max(0).unsigned_abs();
            let last = number(self.now.0.min(to.0 - 1));
            (last.saturating_sub(7).max(number(from.0)).max(deck.discarded), last)
        });
        let frames = at_hand.filter(|(a, b)| a <= b);
        let lost =
            self.live.iter().any(|(from, to)| deck.opened < *to && deck.opened >= *from && self.now.0 > to.0 + 20);
        let state = if lost { DeckState::Ended } else { DeckState::Working };
        Supply { deck: deck.open.deck, frames, state }
    }

    fn run_to(&mut self, end: Tick) {
        while self.now < end {
            let supplies = self.supplies();
            self.tell(Input::Tick(self.now, supplies));
            self.now = Tick(self.now.0 + 1);
        }
    }

    /// Ends the run and returns its rows, having judged that they tile time and that every tick showed one thing.
    fn rows(&mut self) -> Vec<AsRun> {
        self.tell(Input::Stop);
        for pair in self.rows.windows(2) {
            assert_eq!(pair[0].end, pair[1].start, "rows tile time: {pair:#?}");
        }
        let ticks: BTreeSet<_> = self.shown.iter().map(|(tick, ..)| *tick).collect();
        assert_eq!(ticks.len(), self.shown.len(), "one picture per tick");
        self.rows.clone()
    }

    fn clip_at(&self, tick: Tick) -> Option<(Sha256, u64)> {
        self.shown.iter().find(|(at, ..)| *at == tick).and_then(|(_, show, clip)| match show {
            Show::Frame { frame, .. } => clip.map(|c| (c, *frame)),
            _ => None,
        })
    }
}

fn outline(rows: &[AsRun]) -> Vec<(AirKind, Option<&str>, u64, Outcome)> {
    rows.iter().map(|r| (r.kind, r.item.as_ref().map(ItemId::as_str), r.frames, r.outcome)).collect()
}

#[test]
fn clips_follow_each_other_to_the_frame_and_fill_ends_where_the_next_begins() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 100), item(2, Tick(t.0 + 100), 50), item(3, Tick(t.0 + 400), 50)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), vec![fill(90, 200), fill(91, 80)]);
    wall.habits.insert(hash(1), Habit::Good(0));
    wall.run_to(Tick(t.0 + 450));
    assert_eq!(wall.clip_at(Tick(t.0 + 99)), Some((hash(1), 99)));
    assert_eq!(wall.clip_at(Tick(t.0 + 100)), Some((hash(2), 0)));
    assert_eq!(wall.clip_at(Tick(t.0 + 400)), Some((hash(3), 0)));
    let rows = wall.rows();
    let kinds: Vec<_> = rows.iter().map(|r| (r.kind, r.frames)).collect();
    let fills: u64 = kinds.iter().filter(|(k, _)| *k == AirKind::Fill).map(|(_, n)| n).sum();
    assert_eq!(fills, 250);
    assert!(rows.iter().all(|r| r.outcome == Outcome::Complete && r.held_frames == 0), "{rows:#?}");
}

#[test]
fn a_gap_is_filled_with_whole_clips_where_their_lengths_allow_it() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 100), item(2, Tick(t.0 + 510), 50), item(3, Tick(t.0 + 600), 50)];
    let pool = vec![fill(90, 80), fill(91, 150), fill(92, 130)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), pool);
    wall.run_to(Tick(t.0 + 650));
    let rows = wall.rows();
    let fills: Vec<u64> = rows.iter().filter(|r| r.kind == AirKind::Fill).map(|r| r.frames).collect();
    assert_eq!(fills, [150, 130, 130, 40], "410 are whole clips; where none fits one is cut");
}

#[test]
fn a_clip_that_dies_is_covered_by_fill_and_the_next_starts_on_its_frame() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 100), item(2, Tick(t.0 + 100), 200), item(3, Tick(t.0 + 300), 50)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), vec![fill(90, 500)]);
    wall.habits.insert(hash(1), Habit::Good(0));
    wall.habits.insert(hash(2), Habit::Dies(3));
    wall.run_to(Tick(t.0 + 350));
    assert_eq!(wall.clip_at(Tick(t.0 + 300)), Some((hash(3), 0)));
    let rows = wall.rows();
    assert_eq!(
        outline(&rows),
        [
            (AirKind::Clip, Some("i1"), 100, Outcome::Complete),
            (AirKind::Fill, Some("i2"), 200, Outcome::Failed),
            (AirKind::Clip, Some("i3"), 50, Outcome::Complete),
        ]
    );
    assert_eq!(rows[1].why.as_deref(), Some("decoder_exited"));
    assert!(matches!(&wall.notices[..], [Notice::ItemFailed { .. }]), "{:?}", wall.notices);
}

#[test]
fn a_clip_that_stalls_is_held_for_a_moment_then_covered_by_the_slate() {
    let t = at("08:00:00");
    let mut wall = Wall::new(t, Some(plan(1, vec![item(1, t, 200)], &[])), vec![]);
    wall.habits.insert(hash(1), Habit::Stalls(40));
    wall.run_to(Tick(t.0 + 200));
    assert!(matches!(wall.shown[39].1, Show::Frame { frame: 39, .. }));
    assert!(matches!(wall.shown[40].1, Show::Hold(_)) && matches!(wall.shown[51].1, Show::Hold(_)));
    assert_eq!(wall.shown[52].1, Show::Slate);
    let rows = wall.rows();
    assert_eq!((rows[0].outcome, rows[0].held_frames, rows[0].frames), (Outcome::Cut, 12, 52));
    assert_eq!((rows[1].kind, rows[1].outcome), (AirKind::Slate, Outcome::Failed));
}

#[test]
fn a_slow_clip_joins_at_the_frame_that_the_timeline_has_reached() {
    let t = at("08:00:00");
    let mut wall = Wall::new(t, Some(plan(1, vec![item(1, t, 300)], &[])), vec![]);
    wall.habits.insert(hash(1), Habit::Good(30));
    wall.run_to(Tick(t.0 + 300));
    assert_eq!(wall.clip_at(Tick(t.0 + 31)), Some((hash(1), 31)), "{:?}", &wall.shown[28..33]);
    let rows = wall.rows();
    assert_eq!(rows.last().map(|r| r.outcome), Some(Outcome::Joined));
    assert!(wall.notices.iter().any(|n| matches!(n, Notice::ItemLate { ticks: 30.., .. })));
}

#[test]
fn a_clip_shorter_than_its_catalogue_entry_is_held_then_covered() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 100), item(2, Tick(t.0 + 100), 50)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), vec![fill(90, 500)]);
    wall.habits.insert(hash(1), Habit::Short(60));
    wall.run_to(Tick(t.0 + 150));
    let rows = wall.rows();
    assert_eq!(rows[1].why.as_deref(), Some("ended_early"));
    assert_eq!(rows.last().map(|r| (r.frames, r.outcome)), Some((50, Outcome::Complete)));
}

#[test]
fn a_withdrawn_clip_leaves_the_wall_on_the_next_frame_and_what_is_on_air_else_stays() {
    let t = at("08:00:00");
    let items = || vec![item(1, t, 200), item(2, Tick(t.0 + 200), 100)];
    let mut wall = Wall::new(t, Some(plan(1, items(), &[])), vec![fill(90, 500)]);
    wall.habits.insert(hash(1), Habit::Good(0));
    wall.run_to(Tick(t.0 + 50));
    let moved = vec![item(2, Tick(t.0 + 150), 100)];
    wall.tell(Input::Revision(plan(2, moved.clone(), &[])));
    wall.run_to(Tick(t.0 + 60));
    assert_eq!(wall.clip_at(Tick(t.0 + 59)), Some((hash(1), 59)), "a revision never touches what is on air");
    wall.tell(Input::Revision(plan(3, moved, &[1])));
    wall.run_to(Tick(t.0 + 250));
    assert_eq!(wall.clip_at(Tick(t.0 + 60)).map(|(c, _)| c), Some(hash(90)));
    assert_eq!(wall.clip_at(Tick(t.0 + 150)), Some((hash(2), 0)));
    let rows = wall.rows();
    assert_eq!((rows[0].outcome, rows[0].why.as_deref()), (Outcome::Cut, Some("withdrawn")));
    assert!(wall.shown.iter().all(|(tick, _, clip)| tick.0 < t.0 + 60 || *clip != Some(hash(1))));
}

#[test]
fn a_day_without_a_plan_airs_the_pool_and_says_so_and_a_closed_wall_is_dark() {
    let t = at("22:59:58");
    let mut wall = Wall::new(t, None, vec![fill(90, 30), fill(91, 40)]);
    wall.run_to(Tick(t.0 + 100));
    let rows = wall.rows();
    let kinds: Vec<_> = rows.iter().map(|r| (r.kind, r.frames, r.outcome)).collect();
    assert_eq!(kinds[kinds.len() - 1], (AirKind::None, 50, Outcome::Closed));
    assert_eq!(wall.shown[99].1, Show::Dark);
    assert_eq!(wall.notices, [Notice::NoPlan("2026-11-22".parse().expect("a date"))]);
}

#[test]
fn a_plan_that_arrives_while_fill_airs_is_joined_without_a_hole() {
    let t = at("08:00:00");
    let mut wall = Wall::new(t, None, vec![fill(90, 5000)]);
    wall.habits.insert(hash(90), Habit::Good(0));
    wall.run_to(Tick(t.0 + 100));
    wall.tell(Input::Revision(plan(1, vec![item(1, t, 400)], &[])));
    wall.run_to(Tick(t.0 + 400));
    let rows = wall.rows();
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [AirKind::Fill, AirKind::Clip]);
    assert_eq!(wall.clip_at(Tick(t.0 + 150)), Some((hash(1), 150)));
    assert!(wall.shown.iter().all(|(_, show, _)| matches!(show, Show::Frame { .. })));
}

#[test]
fn without_a_trusted_clock_fill_airs_and_one_row_closes_the_gap_when_it_is_put_right() {
    let (wrong, right) = (at("07:00:00"), at("08:00:02"));
    let mut wall = Wall::new(wrong, Some(plan(1, vec![item(1, at("08:00:00"), 400)], &[])), vec![fill(90, 5000)]);
    wall.tell(Input::Trust(false));
    wall.habits.insert(hash(90), Habit::Good(0));
    wall.run_to(Tick(wrong.0 + 100));
    wall.tell(Input::Jump(right));
    wall.tell(Input::Trust(true));
    wall.now = right;
    wall.run_to(Tick(right.0 + 100));
    let rows = wall.rows();
    assert_eq!(rows[1].outcome, Outcome::OffAir);
    assert_eq!(wall.clip_at(Tick(right.0 + 80)), Some((hash(1), 130)));
}

/// A month of short days: random plans, decoders of every habit, revisions and withdrawals.
#[test]
fn whatever_decoders_and_revisions_do_rows_tile_time_and_a_good_clip_is_never_late() {
    for seed in 1..=60u64 {
        let mut random = seed;
        let mut next = move |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        let t = at("08:00:00");
        let mut items = Vec::new();
        let mut start = t.0 + 120;
        for n in 1..60u8 {
            start += if next(4) == 0 { next(300) as i64 } else { 0 };
            let frames = 25 + next(300);
            items.push(item(n, Tick(start), frames));
            start += frames as i64;
        }
        let pool = if seed % 3 == 0 { vec![] } else { vec![fill(200, 60), fill(201, 333)] };
        let mut wall = Wall::new(t, Some(plan(1, items.clone(), &[])), pool);
        let mut good = BTreeSet::new();
        for n in 1..60u8 {
            let habit = match next(10) {
                0 => Habit::Dies(next(40) as i64),
                1 => Habit::Stalls(next(100)),
                2 => Habit::Short(next(60)),
                _ => Habit::Good(next(15) as i64),
            };
            if matches!(habit, Habit::Good(_)) {
                good.insert(format!("i{n}"));
            }
            wall.habits.insert(hash(n), habit);
        }
        let mut withdrawn = Vec::new();
        for revision in 2..8 {
            let step = wall.now.0 + 200 + next(1500) as i64;
            wall.run_to(Tick(step.min(start)));
            withdrawn.push(1 + next(59) as u8);
            let left = items.iter().filter(|i| !withdrawn.iter().any(|n| i.sha256 == Some(hash(*n)))).cloned();
            wall.tell(Input::Revision(plan(revision, left.collect(), &withdrawn)));
        }
        wall.run_to(Tick(start));
        let rows = wall.rows();
        assert!(wall.most_decks <= MAX_DECKS, "seed {seed}: {} decoders", wall.most_decks);
        for row in rows.iter().filter(|r| r.item.as_ref().is_some_and(|i| good.contains(i.as_str()))) {
            let fine = row.outcome == Outcome::Complete && row.held_frames == 0;
            assert!(fine || row.why.as_deref() == Some("withdrawn"), "seed {seed}: {row:#?}");
        }
    }
}
