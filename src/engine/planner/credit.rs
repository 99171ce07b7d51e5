//! Who is owed airtime: what each office would have had at a day's fair level of the airtime that was given, less what it
//! got, carried to later days. What one office is owed others had too much: credits of a day add up to nothing.
//!
//! Plays are whole and windows narrow, so that no single day is fair to the second; days together are.

use std::collections::BTreeMap;

use crate::domain::ids::OpdId;
use crate::domain::rotation::{Rotation, ShareGroup, Step};

use super::lane::Day;

/// Someone's part of what is shared out.
#[derive(Clone, Copy)]
struct Claim {
    /// More than this is of no use to it.
    most: Step,
    weight: i64,
}

/// What each office that asked would have had of `given` airtime at the day's fair level: max-min by weight, first
/// between groups, then between the offices of a group; an office that asks for less leaves the rest to the others.
pub fn fair_shares(rotation: &Rotation, given: Step) -> BTreeMap<OpdId, Step> {
    let day = Day::new(rotation);
    let mut asked: BTreeMap<ShareGroup, BTreeMap<OpdId, Step>> = BTreeMap::new();
    for (lane, entry) in day.lanes.iter().zip(&rotation.entries) {
        let group = asked.entry(rotation.share(entry.office).group).or_default();
        *group.entry(entry.office).or_default() += lane.length * i64::from(lane.capacity);
    }
    let groups: Vec<Claim> = asked
        .iter()
        .map(|(group, offices)| Claim {
            most: offices.values().sum(),
            weight: i64::from(rotation.groups.get(group).copied().unwrap_or(1).max(1)),
        })
        .collect();
    let mut shares = BTreeMap::new();
    for (offices, part) in asked.values().zip(shared_out(given, &groups)) {
        let weight = |office: OpdId| i64::from(rotation.share(office).weight.max(1));
        let claims: Vec<Claim> = offices.iter().map(|(o, most)| Claim { most: *most, weight: weight(*o) }).collect();
        shares.extend(offices.keys().copied().zip(shared_out(part, &claims)));
    }
    shares
}

/// Shares `total` out: whoever's claim per weight is least is served first and in full, if its part of what is left
/// covers it.
fn shared_out(total: Step, claims: &[Claim]) -> Vec<Step> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|&a, &b| {
        let per_weight = |x: usize, y: usize| i128::from(claims[x].most) * i128::from(claims[y].weight);
        per_weight(a, b).cmp(&per_weight(b, a)).then(a.cmp(&b))
    });
    let mut weight: i64 = claims.iter().map(|c| c.weight).sum();
    let (mut left, mut parts) = (total, vec![0; claims.len()]);
    for at in order {
        let Claim { most, weight: own } = claims[at];
        let part = i128::from(left) * i128::from(own) / i128::from(weight.max(1));
        parts[at] = most.min(Step::try_from(part).unwrap_or(Step::MAX));
        left -= parts[at];
        weight -= own;
    }
    parts
}

/// An office's credit once a day is over: what it was owed before, and what the day's fair level gave it, less what it
/// got. At most a day's fair part either way: a window too narrow for its share must not shut the others out later.
pub fn credit_after(before: Step, fair: Step, got: Step) -> Step {
    (before + fair - got).clamp(-fair, fair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_little_gets_it_and_the_rest_is_shared_by_weight() {
        let claim = |most, weight| Claim { most, weight };
        assert_eq!(shared_out(1000, &[claim(900, 1), claim(100, 1), claim(900, 2)]), [300, 100, 600]);
        assert_eq!(shared_out(1000, &[claim(200, 1), claim(100, 3)]), [200, 100], "there is enough for both");
        assert_eq!(shared_out(0, &[claim(200, 1)]), [0]);
    }

    #[test]
    fn credit_is_paid_back_and_never_grows_beyond_a_days_part() {
        assert_eq!(credit_after(0, 600, 540), 60);
        assert_eq!(credit_after(60, 600, 660), 0);
        assert_eq!((0..30).fold(0, |credit, _| credit_after(credit, 600, 100)), 600);
    }
}
