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
    assert_eq!(starts, [(1, 705), (1, 765), (0, 690), (2, 690)]);
}

#[test]
fn two_operators_are_there_for_the_hours_that_their_shifts_share() {
    let house = house();
    let calendar = Calendar::new(&house);
    let refused = request(&house, &calendar, &wish(9 * HOUR, 2)).expect_err("one is not there yet");
    assert_eq!(refused.conflicts, [Conflict::Operators { on_shift: 1, free: 1, wanted: 2 }]);
    assert_eq!(refused.alternatives[0].session.start, 86_400 + 12 * HOUR + 1800);
}

#[test]
fn a_studio_that_is_open_over_midnight_or_all_day_is_open_after_it_too() {
    let hours = |from: Second, until: Second| -> Vec<Option<Stretch>> {
        (0..3).map(|d| Some(Stretch { start: d * 86_400 + from * HOUR, end: d * 86_400 + until * HOUR })).collect()
    };
    for (from, until, starts) in [(22, 29, vec![0, HOUR, 23 * HOUR]), (0, 24, vec![0, 900, 6 * HOUR, 23 * HOUR])] {
        let room = Room { open: hours(from, until), ..house().rooms[0].clone() };
        let operators = vec![Operator { shift: hours(from, until) }];
        let house = House { rooms: vec![room], operators, ..house() };
        let calendar = Calendar::new(&house);
        for at in starts {
            assert!(request(&house, &calendar, &wish(at, 1)).is_ok(), "{from}–{until}: {at}");
        }
        // What is offered is there when it is asked for, by the day on which it begins.
        for place in alternatives(&house, &calendar, &wish(12 * HOUR, 1)) {
            let day = usize::try_from(place.session.start / 86_400).unwrap();
            let again = Wish { day, at: place.session.start % 86_400, ..wish(0, 1) };
            assert!(day > 2 || request(&house, &calendar, &again).is_ok(), "{place:?}");
        }
        assert_eq!(request(&house, &calendar, &wish(12 * HOUR, 1)).is_ok(), until == 24, "noon");
    }
}

/// A fixed sequence (Marsaglia's xorshift).
fn dice(seed: &mut u64, n: u64) -> Second {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    ((*seed >> 33) % n).cast_signed()
}

fn a_week_of_wishes(seed: &mut u64) -> (House, Vec<batch::Weighed>) {
    let by_day = |from: Second, until: Second, off: &[Second]| {
        let on = |d: Second| !off.contains(&d);
        (0..7)
            .map(|d| on(d).then_some(Stretch { start: d * 86_400 + from * HOUR, end: d * 86_400 + until * HOUR }))
            .collect::<Vec<_>>()
    };
    let house = House {
        grid: 900,
        midnights: (0..7).map(|d| d * 86_400).collect(),
        rooms: vec![
            Room { open: by_day(8, 20, &[]), setup: 1800, teardown: 900, live: None },
            Room { open: by_day(8, 16, &[6]), setup: 900, teardown: 900, live: None },
        ],
        operators: [(8, 16, [5, 6]), (12, 20, [0, 6]), (8, 16, [2, 6]), (12, 20, [4, 6])]
            .iter()
            .map(|(from, until, off)| Operator { shift: by_day(*from, *until, off) })
            .collect(),
        stock: vec![1, 2],
        channels: 0,
    };
    let wish = |_| batch::Weighed {
        weight: [4, 2, 2, 1][dice(seed, 4) as usize],
        wish: Wish {
            rooms: if dice(seed, 3) == 0 { vec![0] } else { vec![0, 1] },
            day: dice(seed, 6) as usize,
            at: 9 * HOUR + dice(seed, 16) * 1800,
            length: [1800, 2700, 3600, 5400][dice(seed, 4) as usize],
            operators: 1 + dice(seed, 2) as usize,
            equipment: (0..2).filter(|_| dice(seed, 2) == 0).collect(),
            flex_days: [0, 1, 2, 6][dice(seed, 4) as usize],
            earliest: 0,
        },
    };
    let wishes = (0..18).map(wish).collect();
    (house, wishes)
}

/// Everything in use at every minute, counted.
fn minutes_hold(house: &House, wishes: &[batch::Weighed], places: &[Option<Place>]) {
    let mut used = std::collections::BTreeMap::new();
    for (weighed, place) in wishes.iter().zip(places) {
        let Some(Place { day, room, session, occupied, operators, .. }) = place else { continue };
        assert!(weighed.wish.rooms.contains(room) && operators.len() == weighed.wish.operators);
        assert_eq!(session.length(), weighed.wish.length);
        assert!(house.rooms[*room].open[*day].is_some_and(|open| open.holds(*occupied)));
        assert!(operators.iter().all(|o| house.operators[*o].shift[*day].is_some_and(|s| s.holds(*occupied))));
        for minute in occupied.start / 60..occupied.end / 60 {
            let taken = [(0, *room)].into_iter().chain(operators.iter().map(|o| (1, *o)));
            let taken = taken.chain(weighed.wish.equipment.iter().map(|kind| (2, *kind)));
            for (what, which) in taken {
                let count = used.entry((what, which, minute)).or_insert(0_u32);
                *count += 1;
                assert!(*count <= if what == 2 { house.stock[which] } else { 1 }, "{what} {which} at {minute}");
            }
        }
    }
}

#[test]
fn a_batch_keeps_every_rule_costs_no_more_than_first_come_first_served_and_is_the_same_each_time() {
    let mut seed = 4711;
    for _ in 0..12 {
        let (house, wishes) = a_week_of_wishes(&mut seed);
        let empty = Calendar::new(&house);
        let arranged = batch::arrange(&house, &empty, &wishes);
        minutes_hold(&house, &wishes, &arranged);
        assert_eq!(arranged, batch::arrange(&house, &empty, &wishes));
        let mut calendar = empty;
        let mut first_come = Vec::new();
        for weighed in &wishes {
            let place = places(&house, &calendar, &weighed.wish).next();
            place.iter().for_each(|place| calendar.take(&house, &weighed.wish, place));
            first_come.push(place);
        }
        minutes_hold(&house, &wishes, &first_come);
        let (ours, theirs) = (batch::cost(&wishes, &arranged), batch::cost(&wishes, &first_come));
        assert!(ours <= theirs, "{ours} {theirs}");
    }
}
