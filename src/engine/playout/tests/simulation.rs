//! A season of broadcast days at a frame a second: random plans and run modes, decoders that are late, die and stall,
//! revisions, withdrawals, orders, clock steps and power cuts. Whatever happens, rows tile time, every tick shows one
//! thing, what starts hard starts on its tick, and nothing airs that no plan, pool or order names.

use super::*;

/// A frame a second, so that a day is 86,400 ticks.
fn slow() -> FrameRate {
    FrameRate::new(1, 1).expect("a rate")
}

fn slow_channel() -> Channel {
    Channel { house: HouseFormat { rate: slow(), ..HouseFormat::DEFAULT }, ..channel() }
}

/// A linear congruential generator (Knuth's MMIX constants): the same story for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn ticks(&mut self, low: u64, high: u64) -> i64 {
        i64::try_from(low + self.below(high - low)).expect("small")
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

const CLIPS: u64 = 120;

struct Season {
    dice: Dice,
    wall: Wall,
    items: Vec<PlaylistItem>,
    revision: u32,
    withdrawn: BTreeSet<u8>,
    /// Ticks at which an order, a hold, a wrong clock or a power cut excuses a missed start.
    excused: Vec<(Tick, Tick)>,
    date: BroadcastDate,
}

impl Season {
    fn begin(seed: u64) -> Season {
        let date: BroadcastDate = "2026-11-22".parse().expect("a date");
        let start = slow().tick_from(slow_channel().zone.day(date).start());
        let pool = (200..204).map(|n| fill(n, 20 + u64::from(n) % 7 * 9)).collect();
        let mut wall = Wall::on(slow_channel(), start, None, pool);
        let mut dice = Dice(seed);
        for n in 0..u8::try_from(CLIPS).expect("small") {
            let habit = match dice.below(20) {
                0 => Habit::Dies(dice.ticks(0, 40)),
                1 => Habit::Stalls(dice.below(20)),
                2 => Habit::Short(dice.below(20)),
                3 => Habit::Good(dice.ticks(20, 60)),
                _ => Habit::Good(dice.ticks(0, 15)),
            };
            wall.habits.insert(hash(n), habit);
        }
        wall.habits.insert(hash(99), Habit::Good(3));
        let (items, withdrawn) = (Vec::new(), BTreeSet::new());
        Season { dice, wall, items, revision: 0, withdrawn, excused: Vec::new(), date }
    }

    /// A day's plan; soft and hard items may lie in what runs over.
    fn plan_day(&mut self) {
        self.items.clear();
        self.wall.live.clear();
        let hours = slow_channel().open_span(self.date);
        let (mut at, close) = (slow().tick_from(hours.start()).0, slow().tick_at(hours.end()).0);
        let mut n = 0u64;
        while at < close - 400 {
            at += if self.dice.one_in(3) { self.dice.ticks(1, 200) } else { 0 };
            let run = match self.dice.below(20) {
                0 | 1 => RunMode::Hard,
                2 => RunMode::Soft,
                3 => RunMode::Manual,
                4 => RunMode::Skip,
                _ => RunMode::Auto,
            };
            let over = if matches!(run, RunMode::Hard | RunMode::Soft) { self.dice.ticks(0, 4) } else { 0 };
            let first_of_all = self.items.is_empty();
            let start = Tick(if first_of_all { at } else { at - over });
            let frames = 5 + self.dice.below(60);
            let clip = u8::try_from(self.dice.below(CLIPS)).expect("small");
            let id = format!("{}-{n}", self.date).parse().expect("an id");
            let start_at = slow().start_of(start);
            let what = if self.dice.one_in(15) {
                let (from, to) = (self.dice.ticks(0, 60), self.dice.ticks(0, 60));
                self.wall.live.push((Tick(start.0 - 40 + from), Tick(start.0 - 40 + from + to)));
                relay(clip, at_zero(), frames)
            } else {
                item(clip, at_zero(), frames)
            };
            self.items.push(PlaylistItem { id, start: start_at, run, ..what });
            at = (start.0 + i64::try_from(frames).expect("small")).max(at);
            n += 1;
        }
        self.revision = 0;
        self.publish();
    }

    fn publish(&mut self) {
        self.revision += 1;
        let (rate, channel) = (slow(), slow_channel());
        let withdrawn: BTreeSet<Sha256> = self.withdrawn.iter().map(|n| hash(*n)).collect();
        self.items.retain(|i| i.sha256.is_none_or(|h| !withdrawn.contains(&h)));
        let (id, zone) = (channel.id, channel.zone);
        let head =
            PlaylistHead { channel: id, date: self.date, revision: self.revision, parent: None, zone, rate, withdrawn };
        let plan = Playlist::new(head, self.items.clone()).expect("a sound plan");
        self.wall.tell(Input::Revision(Arc::new(plan)));
    }

    fn run(&mut self, ticks: i64) {
        self.wall.run_to(Tick(self.wall.now.0 + ticks));
    }

    /// Something that a day may bring.
    fn happen(&mut self) {
        let begun = self.wall.now;
        match self.dice.below(12) {
            0 => {
                self.withdrawn.insert(u8::try_from(self.dice.below(CLIPS)).expect("small"));
                self.publish();
            }
            1 => {
                let (now, keep) = (slow().start_of(Tick(begun.0 + 3)), self.dice.below(7) + 2);
                let mut n = 0;
                self.items.retain(|i| {
                    n += 1;
                    i.start < now || n % keep != 0
                });
                self.publish();
                self.run(PREROLL_TICKS);
            }
            2 => {
                self.order(Command::Hold);
                let for_ticks = self.dice.ticks(1, 600);
                self.run(for_ticks);
                self.order(Command::Resume);
            }
            3 => self.order(Command::Take),
            4 => self.order(Command::Retake),
            5 => self.order(Command::Skip(None)),
            6 => {
                self.order(Command::Slate);
                let for_ticks = self.dice.ticks(1, 200);
                self.run(for_ticks);
                self.order(Command::Resume);
            }
            7 => {
                let until = Tick(begun.0 + self.dice.ticks(1, 900));
                self.order(Command::Emergency(Arc::new(Emergency {
                    sha256: hash(99),
                    source: Source::File("media/darurat/a.mp4".into()),
                    duration_frames: 30,
                    title: "Darurat".into(),
                    by: "BPBD".into(),
                    until,
                    wears: Wears::Nothing,
                })));
                self.wall.run_to(Tick(until.0 + 1));
            }
            8 => {
                let (from, to) = (self.dice.ticks(1, 200), self.dice.ticks(1, 200));
                self.wall.live.push((Tick(begun.0 + from), Tick(begun.0 + from + to)));
                self.order(Command::Live("test:".into()));
                self.run(from + to + 60);
                self.order(Command::Resume);
            }
            9 => {
                let to = Tick(begun.0 + self.dice.ticks(2, 4000));
                self.wall.tell(Input::Jump(to));
                self.wall.now = to;
            }
            10 => {
                self.wall.tell(Input::Trust(false));
                let for_ticks = self.dice.ticks(1, 500);
                self.run(for_ticks);
                self.wall.tell(Input::Trust(true));
                self.run(60);
            }
            _ => {
                let for_ticks = self.dice.ticks(1, 2000);
                self.power_cut(for_ticks);
            }
        }
        // A decoder needs a while after whatever it was.
        self.excused.push((begun, Tick(self.wall.now.0 + PREROLL_TICKS)));
    }

    fn order(&mut self, command: Command) {
        self.wall.tell(Input::Order(0, command));
    }

    /// The row that was being lived through ends where its marker says, and a row without a player follows.
    fn power_cut(&mut self, for_ticks: i64) {
        let before = &mut self.wall;
        before.rows.extend(before.engine.on_air());
        let begin = Tick(before.now.0 + for_ticks);
        let pool = (200..204).map(|n| fill(n, 20 + u64::from(n) % 7 * 9)).collect();
        let mut after = Wall::on(slow_channel(), begin, None, pool);
        std::mem::swap(&mut after.habits, &mut before.habits);
        std::mem::swap(&mut after.live, &mut before.live);
        after.rows = std::mem::take(&mut before.rows);
        if let Some(last) = after.rows.last().cloned() {
            let (start, end) = (last.end, slow().start_of(begin));
            let none =
                AsRun { start, end, frames: 0, item: None, outcome: Outcome::OffAir, kind: AirKind::None, ..last };
            after.rows.push(none);
        }
        self.wall = after;
        self.publish();
    }

    /// What must hold of a day's rows; returns how many hard starts were judged.
    fn judge(&self, seed: u64, rows: &[AsRun], planned: &[PlaylistItem]) -> usize {
        let mut judged = 0;
        for pair in rows.windows(2) {
            assert_eq!(pair[0].end, pair[1].start, "seed {seed}: rows tile time: {pair:#?}");
        }
        let known = |clip: Sha256| clip == hash(99) || (0..=203).any(|n| clip == hash(n));
        assert!(rows.iter().filter_map(|r| r.clip).all(known), "seed {seed}: something unknown aired");
        let calm = |from: Tick, to: Tick| self.excused.iter().all(|(begin, end)| to < *begin || *end < from);
        for item in planned.iter().filter(|i| i.run == RunMode::Hard) {
            let (first, end) = (item.first_tick(slow()), item.end_tick(slow()));
            let good = item.sha256.and_then(|h| self.wall.habits.get(&h));
            let good = matches!(good, Some(Habit::Good(after)) if *after < 15);
            if !good || !calm(Tick(first.0 - PREROLL_TICKS), end) || self.wall.now <= end {
                continue;
            }
            let row = rows.iter().find(|r| r.item.as_ref() == Some(&item.id));
            let row = row.unwrap_or_else(|| panic!("seed {seed}: {} never started", item.id));
            assert_eq!((row.start, row.held_frames), (item.start, 0), "seed {seed}: a hard start is kept: {row:#?}");
            judged += 1;
        }
        for item in planned.iter().filter(|i| i.kind == ItemKind::Live && i.run == RunMode::Auto) {
            if !calm(Tick(item.first_tick(slow()).0 - PREROLL_TICKS), item.end_tick(slow())) {
                continue;
            }
            for row in rows.iter().filter(|r| r.item.as_ref() == Some(&item.id)) {
                let inside = item.start <= row.start && row.end <= item.span(slow()).end();
                assert!(inside, "seed {seed}: a relay keeps to its time: {row:#?}");
            }
        }
        judged
    }
}

fn at_zero() -> Tick {
    Tick(0)
}

#[test]
fn a_season_of_accidents_leaves_a_record_that_tiles_time_and_every_hard_start_on_its_tick() {
    let mut days = 0;
    let (mut rows_seen, mut hard_starts) = (0, 0);
    for seed in 1..=30 {
        let mut season = Season::begin(seed);
        for _ in 0..3 {
            season.excused.clear();
            season.plan_day();
            let all = season.items.clone();
            let midnight = slow().tick_from(slow_channel().zone.day(season.date).end());
            while season.wall.now < midnight {
                let calm = season.dice.ticks(200, 12_000).min(midnight.0 - season.wall.now.0);
                season.run(calm);
                if season.wall.now.0 + 6_000 < midnight.0 {
                    season.happen();
                }
            }
            let still: Vec<_> = all.into_iter().filter(|i| season.items.iter().any(|s| s.id == i.id)).collect();
            let rows = std::mem::take(&mut season.wall.rows);
            hard_starts += season.judge(seed, &rows, &still);
            season.wall.rows.extend(rows.last().cloned());
            season.wall.shown.clear();
            rows_seen += rows.len();
            days += 1;
            season.date = season.date.next().expect("a next day");
        }
        assert!(season.wall.most_decks <= MAX_DECKS + 4, "seed {seed}: {} decoders", season.wall.most_decks);
    }
    let enough = rows_seen > 100_000 && hard_starts > 3_000;
    assert_eq!((days, enough), (90, true), "{rows_seen} rows, {hard_starts} hard starts judged");
}
