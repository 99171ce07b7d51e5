//! Live sources that the plan puts on air.

use super::*;

fn later(tick: Tick, ticks: i64) -> Tick {
    Tick(tick.0 + ticks)
}

/// A clip of 400 ticks, a relay of 500, a clip of 100; the source gives frames in these stretches, counted from the
/// relay's start.
fn wall(pool: Vec<FillClip>, live: &[(i64, i64)]) -> (Wall, Tick) {
    let t = at("08:00:00");
    let items = vec![item(1, t, 400), relay(2, later(t, 400), 500), item(3, later(t, 900), 100)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), pool);
    wall.habits.insert(hash(1), Habit::Good(0));
    wall.live = live.iter().map(|(from, to)| (later(t, 400 + from), later(t, 400 + to))).collect();
    (wall, later(t, 400))
}

impl Wall {
    fn is_live_at(&self, tick: Tick) -> bool {
        matches!(self.shown.iter().find(|(at, ..)| *at == tick), Some((_, Show::Frame { .. }, None)))
    }
}

#[test]
fn a_relay_is_on_air_from_its_first_tick_to_its_last_and_its_loss_is_filled_until_it_comes_back() {
    let (mut wall, t) = wall(vec![fill(90, 2000)], &[(-300, 150), (250, 2000)]);
    wall.run_to(later(t, 600));
    assert_eq!(wall.clip_at(later(t, -1)), Some((hash(1), 399)));
    assert!(wall.is_live_at(t), "kept warm, it begins on its tick");
    assert!((0..150).all(|n| wall.is_live_at(later(t, n))));
    let filled = (150..=156).find(|n| wall.clip_at(later(t, *n)).is_some_and(|(clip, _)| clip == hash(90)));
    assert!(filled.is_some(), "a moment later fill covers");
    let again = (250..260).find(|n| wall.is_live_at(later(t, *n))).expect("taken again");
    assert!((again..500).all(|n| wall.is_live_at(later(t, n))), "to its last tick");
    assert_eq!(wall.clip_at(later(t, 500)), Some((hash(3), 0)), "though its sender goes on");
    let rows = wall.rows();
    let seen: Vec<_> = outline(&rows).into_iter().map(|(kind, item, _, outcome)| (kind, item, outcome)).collect();
    assert_eq!(
        seen,
        [
            (AirKind::Clip, Some("i1"), Outcome::Complete),
            (AirKind::Live, Some("i2"), Outcome::Cut),
            (AirKind::Fill, Some("i2"), Outcome::Failed),
            (AirKind::Live, Some("i2"), Outcome::Joined),
            (AirKind::Clip, Some("i3"), Outcome::Complete),
        ]
    );
    assert!(matches!(&wall.notices[..], [Notice::RelayLost { .. }]), "{:?}", wall.notices);
}

#[test]
fn a_relay_without_a_sender_is_filled_from_its_first_tick_and_taken_when_it_comes() {
    let (mut wall, t) = wall(vec![fill(90, 2000)], &[(120, 2000)]);
    wall.run_to(later(t, 600));
    assert_eq!(wall.clip_at(t), Some((hash(90), 0)), "no tick of nothing");
    let first = (120..130).find(|n| wall.is_live_at(later(t, *n))).expect("taken");
    assert!((first..500).all(|n| wall.is_live_at(later(t, n))));
    assert_eq!(wall.clip_at(later(t, 500)), Some((hash(3), 0)));
    assert!(wall.rows().iter().all(|row| row.kind != AirKind::Slate));
}

#[test]
fn a_relay_that_never_comes_and_no_fill_is_the_slate_for_its_time_alone() {
    let (mut wall, t) = wall(vec![], &[]);
    wall.run_to(later(t, 600));
    assert_eq!(wall.clip_at(later(t, 500)), Some((hash(3), 0)));
    let rows = wall.rows();
    let slate: Vec<_> = rows.iter().filter(|row| row.kind == AirKind::Slate).collect();
    assert!(matches!(&slate[..], [row] if row.item.as_ref().is_some_and(|item| item.as_str() == "i2")), "{rows:#?}");
}

#[test]
fn a_relay_is_opened_ten_seconds_ahead_and_one_that_follows_another_of_its_source_goes_on_with_it() {
    let t = at("08:00:00");
    let items = vec![item(1, t, 400), relay(2, later(t, 400), 200), relay(3, later(t, 600), 200)];
    let mut wall = Wall::new(t, Some(plan(1, items, &[])), vec![]);
    wall.habits.insert(hash(1), Habit::Good(0));
    wall.live = vec![(later(t, -500), later(t, 2000))];
    let open = |wall: &Wall| wall.decks.values().filter(|deck| matches!(deck.open.source, Source::Live(_))).count();
    wall.run_to(later(t, 140));
    assert_eq!(open(&wall), 0);
    for n in 160..800 {
        wall.run_to(later(t, n));
        assert_eq!(open(&wall), 1, "a port is listened on once, at tick {n}");
    }
    assert!((400..799).all(|n| wall.is_live_at(later(t, n))), "without a seam");
    let rows = wall.rows();
    assert_eq!(rows.iter().map(|row| row.frames).collect::<Vec<_>>(), [400, 200, 199]);
}
