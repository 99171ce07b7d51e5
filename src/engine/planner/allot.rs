//! How often: max-min fair airtime, first between groups, then between the offices of a group, by weight.
//!
//! Plays are handed out one at a time to whoever stands lowest. Minima of class 0 come before all; any other minimum
//! comes first within its office's share, so that no office rises above the others by asking for minima. A play is
//! handed out only while no stretch of the day is asked for more than its free time (a Hall condition over the
//! stretches between window edges); the stretch that is full is the reason that people read.

use std::cmp::Ordering;

use crate::domain::rotation::{Step, Stretch};

use super::lane::{Day, each_category};
use super::reasons::Why;

/// Window edges looked at, most. Each pair of edges is a stretch to keep; more edges are thinned out, which loses
/// foresight in very ragged days and nothing else.
const MAX_EDGES: usize = 24;

/// Sets every lane's target; returns why a lane got less than it asked for.
pub(super) fn allot(day: &mut Day) -> Vec<Option<Why>> {
    let mut room = Ledger::new(day);
    let mut whys: Vec<Option<Why>> = vec![None; day.lanes.len()];
    let mut open: Vec<bool> = day.lanes.iter().map(|l| l.capacity > 0).collect();
    for ((lane, entry), why) in day.lanes.iter().zip(&day.rotation.entries).zip(&mut whys) {
        if lane.capacity < entry.wanted {
            *why = Some(if lane.capacity == 0 { Why::NoRoom } else { Why::Separation { fits: lane.capacity } });
        }
    }
    let mut standing = Standing::new(day);
    for entry in first_class(day) {
        while open[entry] && day.lanes[entry].target < day.rotation.entries[entry].minimum {
            give(day, &mut room, &mut standing, entry, &mut open, &mut whys);
        }
    }
    let mut of_office = vec![Vec::new(); day.offices];
    for (entry, lane) in day.lanes.iter().enumerate() {
        of_office[lane.office].push(entry);
    }
    while let Some(office) = standing.lowest() {
        of_office[office].retain(|e| open[*e]);
        let Some(entry) = next_of(day, &of_office[office]) else {
            standing.close(office);
            continue;
        };
        give(day, &mut room, &mut standing, entry, &mut open, &mut whys);
    }
    whys
}

/// Class 0 entries with a minimum, in order.
fn first_class(day: &Day) -> Vec<usize> {
    let entries = &day.rotation.entries;
    (0..entries.len()).filter(|&e| entries[e].class.0 == 0 && entries[e].minimum > 0).collect()
}

fn give(
    day: &mut Day,
    room: &mut Ledger,
    standing: &mut Standing,
    entry: usize,
    open: &mut [bool],
    whys: &mut [Option<Why>],
) {
    if let Err(why) = room.take(day, entry) {
        open[entry] = false;
        whys[entry] = Some(why);
        return;
    }
    let lane = &mut day.lanes[entry];
    lane.target += 1;
    standing.add(lane.office, lane.length);
    if lane.target >= lane.capacity {
        open[entry] = false;
    }
}

/// Within an office: minima by class, then whoever is furthest from what it asked for.
fn next_of(day: &Day, open: &[usize]) -> Option<usize> {
    open.iter().copied().min_by(|&a, &b| {
        let (lane_a, lane_b) = (&day.lanes[a], &day.lanes[b]);
        let (entry_a, entry_b) = (&day.rotation.entries[a], &day.rotation.entries[b]);
        let (short_a, short_b) = (lane_a.target < entry_a.minimum, lane_b.target < entry_b.minimum);
        let ratio = |target: u32, other: u32| i64::from(target) * i64::from(other);
        (!short_a, if short_a { entry_a.class.0 } else { 0 })
            .cmp(&(!short_b, if short_b { entry_b.class.0 } else { 0 }))
            .then_with(|| ratio(lane_a.target, lane_b.capacity).cmp(&ratio(lane_b.target, lane_a.capacity)))
            .then_with(|| (entry_a.class, a).cmp(&(entry_b.class, b)))
    })
}

/// Who stands where: airtime less credit, per office and per group.
struct Standing {
    office: Vec<Share>,
    office_group: Vec<usize>,
    groups: Vec<Group>,
}

/// Airtime, less credit, and what it is measured against.
#[derive(Clone, Copy)]
struct Share {
    had: Step,
    weight: i64,
}

impl Share {
    fn lower_than(self, other: Share) -> Ordering {
        (i128::from(self.had) * i128::from(other.weight)).cmp(&(i128::from(other.had) * i128::from(self.weight)))
    }
}

struct Group {
    share: Share,
    /// Offices with something left to hand out, the lowest first.
    open: Vec<usize>,
}

impl Standing {
    fn new(day: &Day) -> Standing {
        let mut groups: Vec<_> = day.rotation.entries.iter().map(|e| day.rotation.share(e.office).group).collect();
        groups.sort();
        groups.dedup();
        let weight = |group| i64::from(day.rotation.groups.get(group).copied().unwrap_or(1).max(1));
        let mut standing = Standing {
            office: vec![Share { had: 0, weight: 1 }; day.offices],
            office_group: vec![usize::MAX; day.offices],
            groups: groups
                .iter()
                .map(|g| Group { share: Share { had: 0, weight: weight(g) }, open: Vec::new() })
                .collect(),
        };
        for (lane, entry) in day.lanes.iter().zip(&day.rotation.entries) {
            if standing.office_group[lane.office] != usize::MAX {
                continue;
            }
            let share = day.rotation.share(entry.office);
            let group = groups.binary_search(&share.group).expect("collected from these entries");
            standing.office[lane.office] = Share { had: -share.credit, weight: i64::from(share.weight.max(1)) };
            standing.office_group[lane.office] = group;
            standing.groups[group].share.had -= share.credit;
            standing.line_up(lane.office);
        }
        standing
    }

    fn line_up(&mut self, office: usize) {
        let share = self.office[office];
        let open = &mut self.groups[self.office_group[office]].open;
        let place = open.partition_point(|o| self.office[*o].lower_than(share).then(o.cmp(&office)).is_lt());
        open.insert(place, office);
    }

    fn add(&mut self, office: usize, length: Step) {
        let was_open = self.close(office);
        self.office[office].had += length;
        self.groups[self.office_group[office]].share.had += length;
        if was_open {
            self.line_up(office);
        }
    }

    /// Takes an office out of the line; whether it stood in it.
    fn close(&mut self, office: usize) -> bool {
        let open = &mut self.groups[self.office_group[office]].open;
        let place = open.iter().position(|o| *o == office);
        place.map(|place| open.remove(place)).is_some()
    }

    /// The office that stands lowest in the group that stands lowest, among those with something left to hand out.
    fn lowest(&self) -> Option<usize> {
        let groups = self.groups.iter().filter(|group| !group.open.is_empty());
        groups.min_by(|a, b| a.share.lower_than(b.share)).map(|group| group.open[0])
    }
}

/// What each stretch between window edges has left.
struct Ledger {
    stretches: Vec<Stretch>,
    left: Vec<Step>,
    free: Vec<Step>,
    /// Per office and stretch, with the office gap after each play; empty when there is no office gap.
    office_left: Vec<Vec<Step>>,
    /// The same per category that keeps a pause.
    category_left: Vec<Vec<Step>>,
    /// Stretches that hold a lane as a whole.
    of_lane: Vec<Vec<usize>>,
}

impl Ledger {
    fn new(day: &Day) -> Ledger {
        let hull =
            |lane: &super::lane::Lane| Some(Stretch { start: lane.room.first()?.start, end: lane.room.last()?.end });
        let mut edges: Vec<Step> = day
            .lanes
            .iter()
            .filter_map(hull)
            .flat_map(|h| [h.start, h.end])
            .chain([day.rotation.open.start, day.rotation.open.end])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        if edges.len() > MAX_EDGES {
            let (last, len) = (edges[edges.len() - 1], edges.len());
            edges = (0..MAX_EDGES - 1).map(|i| edges[i * len / MAX_EDGES]).chain([last]).collect();
        }
        let hulls: Vec<Option<Stretch>> = day.lanes.iter().map(hull).collect();
        let mut stretches: Vec<Stretch> = Vec::new();
        for (i, &start) in edges.iter().enumerate() {
            stretches.extend(edges[i + 1..].iter().map(|&end| Stretch { start, end }));
        }
        // Shortest first: the narrowest full stretch is the clearest reason.
        stretches.sort_by_key(|s| (s.length(), *s));
        stretches.retain(|s| hulls.iter().flatten().any(|h| s.holds(*h)));
        let free: Vec<Step> = stretches.iter().map(|s| day.free_in(*s)).collect();
        let of_lane = hulls
            .iter()
            .map(|h| (0..stretches.len()).filter(|&s| h.is_some_and(|h| stretches[s].holds(h))).collect())
            .collect();
        let gapped = |s: &Stretch, gap: Step| -> Step {
            day.free.iter().filter_map(|f| f.meet(*s)).map(|f| f.length() + gap).sum()
        };
        let of_gap = |gap: Step| -> Vec<Step> { stretches.iter().map(|s| gapped(s, gap)).collect() };
        let office_left = if day.office_gap > 0 { vec![of_gap(day.office_gap); day.offices] } else { Vec::new() };
        let category_left = day.category_gaps.iter().map(|gap| of_gap(*gap)).collect();
        Ledger { left: free.clone(), free, office_left, category_left, of_lane, stretches }
    }

    /// Takes a play's time from every stretch that holds its lane, or says which is full.
    fn take(&mut self, day: &Day, entry: usize) -> Result<(), Why> {
        let lane = &day.lanes[entry];
        let spaced = lane.length + day.office_gap;
        for &s in &self.of_lane[entry] {
            let stretch = self.stretches[s];
            if self.left[s] < lane.length {
                return Err(if stretch.holds(day.rotation.open) {
                    Why::FairLevel { free: self.free[s] }
                } else {
                    Why::Bottleneck { stretch, free: self.free[s], left: self.left[s] }
                });
            }
            if self.office_left.get(lane.office).is_some_and(|o| o[s] < spaced) {
                return Err(Why::OfficeGap { stretch, gap: day.office_gap });
            }
            for c in each_category(lane.categories) {
                let gap = day.category_gaps[c];
                if self.category_left[c][s] < lane.length + gap {
                    return Err(Why::CategoryGap { stretch, gap, category: c });
                }
            }
        }
        for &s in &self.of_lane[entry] {
            self.left[s] -= lane.length;
            if let Some(office) = self.office_left.get_mut(lane.office) {
                office[s] -= spaced;
            }
            for c in each_category(lane.categories) {
                self.category_left[c][s] -= lane.length + day.category_gaps[c];
            }
        }
        Ok(())
    }
}
