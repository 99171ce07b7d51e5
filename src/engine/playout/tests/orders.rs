//! Run modes, and what operators order.

use super::*;

fn mode(n: u8, start: Tick, frames: u64, run: RunMode) -> PlaylistItem {
    PlaylistItem { run, ..item(n, start, frames) }
}

fn later(tick: Tick, ticks: i64) -> Tick {
    Tick(tick.0 + ticks)
}

/// A wall whose first item's decoder is warm at once.
fn wall(items: Vec<PlaylistItem>) -> (Wall, Tick) {
    let t = items[0].first_tick(RATE);
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), vec![fill(90, 400), fill(91, 500)]);
    wall.habits.insert(hash(1), Habit::Good(0));
    (wall, t)
}

impl Wall {
    fn order(&mut self, command: Command) -> Result<(), Refused> {
        self.tell(Input::Order(7, command));
        *self.answers.last().expect("an order is answered at once")
    }
    fn never_black_nor_slate(&self) {
        let dull = self.shown.iter().find(|(_, show, _)| matches!(show, Show::Slate | Show::Dark));
        assert_eq!(dull, None);
    }
}

/// Whether fill is on air so many ticks after 08:00.
fn is_fill(wall: &Wall, ticks: i64) -> bool {
    wall.clip_at(later(at("08:00:00"), ticks)).is_some_and(|(clip, _)| [hash(90), hash(91)].contains(&clip))
}

fn emergency(until: Tick) -> Command {
    Command::Emergency(Arc::new(Emergency {
        sha256: hash(99),
        source: Source::File("media/darurat/banjir.mp4".into()),
        duration_frames: 75,
        title: "Peringatan banjir".into(),
        by: "Kalaksa BPBD".into(),
        until,
        wears: Wears::Nothing,
    }))
}

#[test]
fn a_hard_start_cuts_what_runs_over_and_a_soft_one_waits_for_its_end() {
    let t = at("08:00:00");
    let items = vec![
        item(1, t, 300),
        mode(2, later(t, 200), 100, RunMode::Hard),
        item(3, later(t, 300), 200),
        mode(4, later(t, 450), 100, RunMode::Soft),
        item(5, later(t, 550), 100),
    ];
    let (mut wall, t) = wall(items);
    wall.run_to(later(t, 650));
    assert_eq!(wall.clip_at(later(t, 199)), Some((hash(1), 199)));
    assert_eq!(wall.clip_at(later(t, 200)), Some((hash(2), 0)), "hard: on its frame");
    assert_eq!(wall.clip_at(later(t, 499)), Some((hash(3), 199)), "soft never cuts");
    assert_eq!(wall.clip_at(later(t, 500)), Some((hash(4), 0)), "soft airs from its first frame");
    assert_eq!(wall.clip_at(later(t, 600)), Some((hash(5), 50)), "an automatic item keeps its time");
    let rows = wall.rows();
    assert_eq!(
        outline(&rows),
        [
            (AirKind::Clip, Some("i1"), 200, Outcome::Cut),
            (AirKind::Clip, Some("i2"), 100, Outcome::Complete),
            (AirKind::Clip, Some("i3"), 200, Outcome::Complete),
            (AirKind::Clip, Some("i4"), 100, Outcome::Complete),
            (AirKind::Clip, Some("i5"), 50, Outcome::Joined),
        ]
    );
    assert_eq!(rows[0].why.as_deref(), Some("hard_start"));
    wall.never_black_nor_slate();
}

#[test]
fn a_manual_item_waits_under_fill_for_the_take_and_skipped_ones_never_air() {
    let t = at("08:00:00");
    let items = vec![
        item(1, t, 100),
        mode(2, later(t, 100), 200, RunMode::Manual),
        mode(3, later(t, 300), 100, RunMode::Skip),
        item(4, later(t, 900), 100),
    ];
    let (mut wall, t) = wall(items);
    wall.run_to(later(t, 400));
    assert!(is_fill(&wall, 399));
    assert_eq!(wall.order(Command::Take), Ok(()));
    wall.run_to(later(t, 1000));
    let first = (400..420).find(|n| wall.clip_at(later(t, *n)) == Some((hash(2), 0))).expect("taken soon");
    assert!(first <= 407, "as soon as its decoder is warm: {first}");
    assert_eq!(wall.clip_at(later(t, first + 199)), Some((hash(2), 199)));
    assert_eq!(wall.clip_at(later(t, 900)), Some((hash(4), 0)));
    let rows = wall.rows();
    assert!(rows.iter().all(|r| r.item.as_ref().is_none_or(|i| i.as_str() != "i3")));
    let taken = rows.iter().find(|r| r.item.as_ref().is_some_and(|i| i.as_str() == "i2")).expect("a row");
    assert_eq!((taken.frames, taken.outcome), (200, Outcome::Complete));
    wall.never_black_nor_slate();
}

#[test]
fn a_hold_lets_the_item_end_then_fills_until_resume_joins_the_plan_and_hard_ends_it() {
    let t = at("08:00:00");
    let items = vec![
        item(1, t, 100),
        item(2, later(t, 100), 400),
        item(3, later(t, 500), 300),
        mode(4, later(t, 800), 100, RunMode::Hard),
        item(5, later(t, 900), 100),
    ];
    let (mut wall, t) = wall(items);
    wall.run_to(later(t, 50));
    assert_eq!(wall.order(Command::Hold), Ok(()));
    wall.run_to(later(t, 300));
    assert_eq!(wall.clip_at(later(t, 99)), Some((hash(1), 99)));
    assert!(is_fill(&wall, 200));
    assert_eq!(wall.order(Command::Resume), Ok(()));
    wall.run_to(later(t, 450));
    assert_eq!(wall.clip_at(later(t, 400)), Some((hash(2), 300)), "the frame that the timeline has reached");
    assert_eq!(wall.order(Command::Hold), Ok(()));
    wall.run_to(later(t, 1000));
    assert!(is_fill(&wall, 600));
    assert_eq!(wall.clip_at(later(t, 800)), Some((hash(4), 0)), "hard starts hold");
    assert_eq!(wall.clip_at(later(t, 950)), Some((hash(5), 50)), "and end the hold");
    assert_eq!(wall.order(Command::Resume), Err(Refused::NothingToResume));
    wall.rows();
    wall.never_black_nor_slate();
}

#[test]
fn an_emergency_covers_everything_at_once_and_the_plan_is_back_on_its_frame() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 400), item(2, later(t, 400), 400), mode(3, later(t, 800), 400, RunMode::Hard)];
    let (mut wall, t) = wall(items);
    wall.run_to(later(t, 100));
    assert_eq!(wall.order(emergency(later(t, 1000))), Ok(()));
    wall.run_to(later(t, 300));
    assert_eq!(wall.order(Command::Take), Err(Refused::EmergencyOnAir));
    let first = (100..120).find(|n| wall.clip_at(later(t, *n)) == Some((hash(99), 0))).expect("on air at once");
    assert_eq!(wall.clip_at(later(t, first + 75)), Some((hash(99), 0)), "again and again, without a hole");
    wall.run_to(later(t, 1200));
    assert_eq!(wall.clip_at(later(t, 999)).map(|(clip, _)| clip), Some(hash(99)), "over what starts hard, too");
    assert_eq!(wall.clip_at(later(t, 1000)), Some((hash(3), 200)), "until the stated instant");
    let rows = wall.rows();
    assert_eq!((rows[0].outcome, rows[0].why.as_deref()), (Outcome::Cut, Some("emergency")));
    assert!(rows.iter().filter(|r| r.kind == AirKind::Emergency).all(|r| r.clip == Some(hash(99))));
    assert_eq!(rows.last().map(|r| r.outcome), Some(Outcome::Joined));
    assert!(matches!(&wall.notices[..], [Notice::EmergencyOn { .. }, Notice::EmergencyOff]), "{:?}", wall.notices);
    wall.never_black_nor_slate();
}

#[test]
fn an_order_whose_file_fails_never_reaches_the_wall_and_says_so() {
    let t = at("08:00:00");
    let (mut wall, t) = wall(vec![item(1, t, 400)]);
    wall.habits.insert(hash(99), Habit::Dies(2));
    wall.run_to(later(t, 50));
    assert_eq!(wall.order(emergency(later(t, 900))), Ok(()));
    wall.run_to(later(t, 400));
    assert_eq!(wall.clip_at(later(t, 399)), Some((hash(1), 399)));
    assert_eq!(wall.notices, [Notice::OrderFailed("Peringatan banjir".into())]);
    assert_eq!(wall.rows().len(), 1);
}

#[test]
fn retake_begins_the_item_again_and_skip_leaves_its_time_to_fill() {
    let t = at("08:00:00");
    let (mut wall, t) = wall(vec![item(1, t, 200), item(2, later(t, 200), 300), item(3, later(t, 500), 100)]);
    wall.run_to(later(t, 150));
    assert_eq!(wall.order(Command::Retake), Ok(()));
    wall.run_to(later(t, 170));
    let again = (150..170).find(|n| wall.clip_at(later(t, *n)) == Some((hash(1), 0))).expect("again from its start");
    wall.run_to(later(t, 400));
    assert_eq!(wall.clip_at(later(t, again + 199)), Some((hash(1), 199)));
    assert_eq!(wall.clip_at(later(t, again + 200)), Some((hash(2), u64::try_from(again).unwrap_or(0))));
    assert_eq!(wall.order(Command::Skip(None)), Ok(()));
    wall.run_to(later(t, 600));
    assert!(is_fill(&wall, 410));
    assert_eq!(wall.clip_at(later(t, 500)), Some((hash(3), 0)));
    let rows = wall.rows();
    let skipped = rows.iter().find(|r| r.why.as_deref() == Some("skipped")).expect("the row says why");
    assert_eq!(skipped.item.as_ref().map(ItemId::as_str), Some("i2"));
    wall.never_black_nor_slate();
}

#[test]
fn a_live_source_takes_over_with_its_first_frames_and_its_loss_shows_the_plan_on_its_frame() {
    let t = at("08:00:00");
    let (mut wall, t) = wall(vec![item(1, t, 3000)]);
    wall.run_to(later(t, 50));
    assert_eq!(wall.order(Command::Live("test:".into())), Ok(()));
    wall.live = vec![(later(t, 150), later(t, 300)), (later(t, 500), later(t, 600))];
    wall.run_to(later(t, 200));
    assert_eq!(wall.order(Command::Live("test:".into())), Ok(()));
    let open = wall.decks.values().filter(|deck| matches!(deck.open.source, Source::Live(_))).count();
    assert_eq!(open, 1, "ordered again, it is not opened again");
    wall.run_to(later(t, 1000));
    assert_eq!(wall.clip_at(later(t, 149)), Some((hash(1), 149)), "the plan until its first frame is there");
    let live = |n: i64| matches!(wall.shown[usize::try_from(n).unwrap_or(0)], (_, Show::Frame { .. }, None));
    let begun = (150..200).find(|n| live(*n)).expect("on air");
    assert!(begun <= 154, "{begun}");
    assert_eq!(wall.clip_at(later(t, 313)), Some((hash(1), 313)), "back within 400 ms, on the frame of the timeline");
    let again = (500..600).find(|n| live(*n)).expect("on air again by itself");
    assert!(again <= 504, "{again}");
    assert_eq!(wall.order(Command::Resume), Ok(()));
    let rows = wall.rows();
    assert_eq!(rows.iter().filter(|r| r.kind == AirKind::Live).count(), 2, "{rows:#?}");
    assert!(rows.iter().all(|r| r.held_frames <= u64::from(LIVE_LOSS_TICKS)), "{rows:#?}");
    wall.never_black_nor_slate();
}

#[test]
fn an_item_wears_what_its_plan_says_what_covers_it_wears_everything_and_an_emergency_nothing() {
    let t = at("08:00:00");
    let bare = PlaylistItem { wears: Wears::Nothing, ..item(1, t, 200) };
    let (mut wall, t) = wall(vec![bare, item(2, later(t, 200), 400)]);
    wall.habits.insert(hash(1), Habit::Stalls(100));
    wall.run_to(later(t, 50));
    assert_eq!(wall.engine.wears(), &Wears::Nothing);
    wall.run_to(later(t, 150));
    assert!(is_fill(&wall, 149) && wall.engine.wears() == &Wears::All, "fill covers what stalls");
    wall.run_to(later(t, 250));
    assert_eq!(wall.engine.wears(), &Wears::All);
    assert_eq!(wall.order(emergency(later(t, 400))), Ok(()));
    wall.run_to(later(t, 300));
    assert_eq!(wall.engine.wears(), &Wears::Nothing);
    assert_eq!(wall.order(Command::Resume), Ok(()));
    assert_eq!(wall.order(Command::Slate), Ok(()));
    wall.run_to(later(t, 350));
    assert_eq!(wall.engine.wears(), &Wears::All);
    assert_eq!(wall.shown.last().map(|(_, show, _)| *show), Some(Show::Slate));
}
