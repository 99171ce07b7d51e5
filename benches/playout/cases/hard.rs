//! Starts at a fixed time over items that run over it, and soft starts that wait.

use super::play;
use crate::Length;
use crate::clips::{self, Kind};
use crate::plan::{self, Planned, Slot};
use crate::report::Row;
use crate::stage::Home;

/// Ticks of one round: an item that runs over, the hard one that cuts it, the soft one that waits for the end.
const ROUND: i64 = 75;

fn slots(rounds: i64) -> Vec<Slot> {
    let kinds = [40, 41, 42].map(|id| clips::make(Kind::house(id), 50));
    let slot = |clip: usize, first: i64, ticks: u32, run: &'static str, planned_first: i64, planned_ticks: u32| Slot {
        clip: kinds[clip].clone(),
        first,
        ticks,
        planned: Some(Planned { first: planned_first, ticks: planned_ticks, run }),
    };
    let round = |n: i64| {
        let at = n * ROUND;
        [
            slot(0, at, 25, "auto", at, 45),
            slot(1, at + 25, 25, "hard", at + 25, 25),
            slot(2, at + 50, 25, "soft", at + 40, 25),
        ]
    };
    (0..rounds).flat_map(round).collect()
}

pub fn measure(length: Length) -> Vec<Row> {
    let rounds = length.of(20, 60);
    let slots = slots(rounds);
    let mut home = Home::new();
    let (aired, ()) = play(&mut home, &slots, |_, _| ());
    let error = |run: &'static str| {
        let of_run = slots.iter().filter(move |slot| slot.planned.is_some_and(|planned| planned.run == run));
        of_run.map(|slot| plan::start_error(slot, &aired.air))
    };
    let missed = error("hard").filter(Option::is_none).count() as u64;
    let worst = error("hard").flatten().map(i64::abs).max().unwrap_or(i64::MAX);
    let soft = slots.iter().filter(|slot| slot.planned.is_some_and(|planned| planned.run == "soft"));
    let cut = soft.filter(|slot| plan::judge_slot(slot, &aired.air).faults() > 0).count() as u64;
    vec![
        Row::new(
            format!("start error of {rounds} hard starts over items that run over"),
            format!("{worst} frames at most"),
            "≤ 1 frame",
            missed == 0 && worst <= 1,
        ),
        Row::none_of(format!("of {rounds} soft starts, cut or not whole"), cut),
        Row::none_of("frames at the wrong tick, black or missing", plan::judge(&slots, &aired.air).faults()),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]
}
