//! The calendar against a grid of minutes, which shares no code with it.

use super::*;

const HOUR: Second = 3600;

fn house() -> House {
    let open = |from: Second, until: Second| -> Vec<Option<Stretch>> {
        (0..3).map(|d| Some(Stretch { start: d * 86_400 + from * HOUR, end: d * 86_400 + until * HOUR })).collect()
    };
    House {
        grid: 900,
        midnights: (0..3).map(|d| d * 86_400).collect(),
        rooms: vec![Room { open: open(8, 20), setup: 1800, teardown: 900, live: Some(0) }],
        operators: vec![Operator { shift: open(8, 16) }, Operator { shift: open(12, 20) }],
        stock: vec![1],
        channels: 1,
    }
}

fn wish(at: Second, operators: usize) -> Wish {
    Wish { rooms: vec![0], day: 1, at, length: HOUR, operators, equipment: vec![0], flex_days: 1, earliest: 0 }
}

#[test]
fn back_to_back_is_allowed_and_a_quarter_closer_is_not() {
    let house = house();
    let mut calendar = Calendar::new(&house);
    let first = request(&house, &calendar, &wish(10 * HOUR, 1)).expect("an empty studio");
    calendar.take(&house, &wish(10 * HOUR, 1), &first);
    // 10.00–11.00 is occupied until 11.15; setting up for the next takes half an hour.
    assert!(request(&house, &calendar, &wish(11 * HOUR + 2700, 1)).is_ok());
    let refused = request(&house, &calendar, &wish(11 * HOUR + 1800, 1)).expect_err("a quarter of an hour too close");
    assert!(matches!(refused.conflicts[0], Conflict::RoomTaken { by } if by == first.occupied), "{refused:?}");
    let starts: Vec<(usize, Second)> =
        refused.alternatives.iter().map(|p| (p.day, (p.session.start % 86_400) / 60)).collect();
    assert_eq!(starts, [(1, 705), (1, 765), (1, 825), (0, 690)]);
}

#[test]
fn two_operators_are_there_for_the_hours_that_their_shifts_share() {
    let house = house();
    let calendar = Calendar::new(&house);
    let refused = request(&house, &calendar, &wish(9 * HOUR, 2)).expect_err("one is not there yet");
    assert_eq!(refused.conflicts, [Conflict::Operators { on_shift: 1, free: 1, wanted: 2 }]);
    assert_eq!(refused.alternatives[0].session.start, 86_400 + 12 * HOUR + 1800);
}
