//! How a wall is filled without a planner.

use crate::day::{Instance, Play};

/// The clips in the order of the list, over and over, as a sheet of rows is worked through. One that may not air now is
/// left out of its turn.
pub fn spreadsheet_loop(instance: &Instance) -> Vec<Play> {
    let mut turn = 0;
    filled(instance, |may, _| {
        let clips = instance.clips.len();
        let next = (0..clips).map(|n| (turn + n) % clips).find(|clip| may(*clip))?;
        turn = next + 1;
        Some(next)
    })
}

/// Stride scheduling: whoever had the least of what it asked for comes next.
pub fn stride(instance: &Instance) -> Vec<Play> {
    filled(instance, |may, aired| {
        let asked = |clip: usize| instance.clips[clip].req.max(1);
        (0..instance.clips.len())
            .filter(|clip| may(*clip))
            .min_by(|a, b| ((aired[*a] + 1) * asked(*b)).cmp(&((aired[*b] + 1) * asked(*a))).then(a.cmp(b)))
    })
}

/// Fills the day from its beginning with what `choose` chooses of those that may air now; where none may, a second passes.
fn filled(instance: &Instance, mut choose: impl FnMut(&dyn Fn(usize) -> bool, &[usize]) -> Option<usize>) -> Vec<Play> {
    let mut plays = Vec::new();
    let mut aired = vec![0; instance.clips.len()];
    let mut clip_ready = vec![i64::MIN; instance.clips.len()];
    let mut office_ready = vec![i64::MIN; instance.agencies];
    for (start, end) in instance.free() {
        let mut at = start;
        while at < end {
            let may = |clip: usize| {
                let c = &instance.clips[clip];
                aired[clip] < c.req
                    && at + c.dur <= end
                    && clip_ready[clip] <= at
                    && (instance.agency_sep == 0 || office_ready[c.agency] <= at)
                    && c.win.iter().any(|(from, until)| *from <= at && at + c.dur <= *until)
            };
            let Some(clip) = choose(&may, &aired) else {
                at += 1;
                continue;
            };
            let c = &instance.clips[clip];
            plays.push((clip, at));
            aired[clip] += 1;
            clip_ready[clip] = at + c.sep;
            at += c.dur;
            office_ready[c.agency] = at + instance.agency_sep;
        }
    }
    plays
}
