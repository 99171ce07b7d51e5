//! Days that a person could plan by hand.

use std::collections::BTreeMap;

use super::*;
use crate::domain::ids::AssetId;
use crate::domain::rotation::{Class, FixedEvent, OfficeShare, RotationEntry, ShareGroup};

fn entry(asset: i64, office: i64, length: Step, wanted: u32) -> RotationEntry {
    RotationEntry {
        asset: AssetId(asset),
        title: format!("clip {asset}"),
        office: OpdId(office),
        length,
        class: Class(2),
        wanted,
        minimum: 0,
        windows: vec![Stretch { start: 0, end: 3600 }],
        separation: 60,
    }
}

fn hour(entries: Vec<RotationEntry>) -> Rotation {
    Rotation {
        open: Stretch { start: 0, end: 3600 },
        fixed: Vec::new(),
        entries,
        offices: BTreeMap::new(),
        groups: BTreeMap::new(),
        office_gap: 0,
        categories: Vec::new(),
        shortest_pause: 0,
        phase: 0,
    }
}

fn starts(plan: &DayPlan, entry: usize) -> Vec<Step> {
    plan.plays.iter().filter(|p| p.entry == entry).map(|p| p.start).collect()
}

#[test]
fn a_lonely_clip_airs_as_often_as_asked_at_even_distance() {
    let plan = plan(&hour(vec![entry(1, 1, 30, 6)]));
    let gaps: Vec<Step> = starts(&plan, 0).windows(2).map(|w| w[1] - w[0]).collect();
    assert_eq!(gaps, [600; 5]);
    assert!(plan.unplaced.is_empty());
}

#[test]
fn plays_added_to_an_announced_day_spread_over_what_is_left_of_it() {
    let day = hour(vec![entry(1, 1, 30, 6), entry(2, 2, 30, 6)]);
    let empty = repair(&day, &Announced::default(), 600);
    for e in 0..2 {
        let gaps: Vec<Step> = starts(&empty, e).windows(2).map(|w| w[1] - w[0]).collect();
        assert_eq!(gaps, [500; 5], "the hour's last 50 minutes, by six");
    }
    let kept: Vec<Play> = [100, 1600].map(|start| Play { start, entry: 0 }).into();
    let lost = [400, 800, 1200, 2000].map(|start| Play { start, entry: 0 }).into();
    let filled = repair(&day, &Announced { kept, lost, ..Announced::default() }, 600);
    assert_eq!(starts(&filled, 0), [100, 600, 1100, 1600, 2266, 2932]);
}

#[test]
fn an_office_gains_nothing_by_filing_more_clips() {
    let mut entries: Vec<_> = (0..10).map(|a| entry(a, 1, 30, 60)).collect();
    entries.push(entry(10, 2, 30, 60));
    let plan = plan(&hour(entries));
    assert_eq!(plan.airtime[&OpdId(2)], 1800, "{:?}", plan.airtime);
    assert_eq!(plan.airtime[&OpdId(1)], 1800);
    assert_eq!(plan.unplaced[0].why.code(), "fair_level");
}

#[test]
fn thirty_clips_of_one_office_that_air_once_do_not_air_in_a_row() {
    let mut day = hour((0..30).map(|a| entry(a, 1, 30, 1)).chain([entry(30, 2, 60, 45)]).collect());
    day.office_gap = 30;
    let plan = plan(&day);
    let office: Vec<Step> = plan.plays.iter().filter(|p| p.entry < 30).map(|p| p.start).collect();
    let longest = office.windows(2).map(|w| w[1] - w[0]).max();
    assert_eq!(office.len(), 30, "{:?}", plan.unplaced);
    assert!(longest <= Some(240), "an office with 30 plays an hour is not unseen for {longest:?} s");
}

#[test]
fn a_full_hour_leaves_unused_only_what_no_clip_fits() {
    let mut day = hour(vec![entry(1, 1, 45, 80), entry(2, 2, 60, 60), entry(3, 3, 90, 40), entry(4, 4, 30, 90)]);
    day.fixed.push(FixedEvent { span: Stretch { start: 1000, end: 1120 }, title: "adzan".into() });
    let plan = plan(&day);
    let idle: Step = plan.idle.iter().map(|s| s.length()).sum();
    assert_eq!(idle, 1000 % 15 + (3600 - 1120) % 15, "{:?}", plan.idle);
}

#[test]
fn groups_are_served_before_the_offices_in_them_and_by_weight() {
    let mut day = hour(vec![entry(1, 1, 30, 100), entry(2, 2, 30, 100), entry(3, 3, 30, 100)]);
    for e in &mut day.entries {
        e.separation = 30;
    }
    day.offices.insert(OpdId(3), OfficeShare { group: ShareGroup(1), weight: 1, credit: 0 });
    let plan_equal = plan(&day);
    assert_eq!(plan_equal.airtime.values().copied().collect::<Vec<_>>(), [900, 900, 1800]);
    day.groups.insert(ShareGroup(0), 3);
    let plan_weighted = plan(&day);
    assert_eq!(plan_weighted.airtime.values().copied().collect::<Vec<_>>(), [1350, 1350, 900]);
}

#[test]
fn nothing_airs_over_a_fixed_event_or_outside_its_window() {
    let mut day = hour(vec![entry(1, 1, 50, 40), entry(2, 2, 70, 40)]);
    day.fixed.push(FixedEvent { span: Stretch { start: 1000, end: 1300 }, title: "Indonesia Raya".into() });
    day.entries[1].windows = vec![Stretch { start: 900, end: 2000 }];
    let plan = plan(&day);
    for play in &plan.plays {
        let end = play.start + day.entries[play.entry].length;
        assert!(end <= 1000 || play.start >= 1300, "{play:?}");
        assert!(play.entry == 0 || (play.start >= 900 && end <= 2000), "{play:?}");
    }
    let short = plan.unplaced.last().expect("800 free seconds hold no 40 plays of 70");
    assert_eq!((short.entry, short.missing + short.placed), (1, 40));
}

#[test]
fn the_reason_that_an_office_reads_has_numbers_and_a_way_out() {
    struct Plain;
    impl reasons::Words for Plain {
        fn time(&self, at: Step) -> String {
            format!("{:02}:{:02}", at / 3600, at / 60 % 60)
        }
        fn seconds(&self, length: Step) -> i64 {
            length
        }
    }
    let mut day = hour(vec![entry(1, 1, 30, 20)]);
    day.entries[0].windows = vec![Stretch { start: 600, end: 1200 }];
    day.entries[0].separation = 120;
    let plan = plan(&day);
    let text = plan.unplaced[0].text(&day, &Plain);
    assert_eq!(
        text.en,
        "clip 1: 5 of 20 plays. Reason: its window fits 5 plays 120 s apart; shorten the separation or widen the window."
    );
}
