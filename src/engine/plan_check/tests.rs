//! Random days planned and judged clean; then broken on purpose, each fault found.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::ids::AssetId;
use crate::domain::playlist::PlaylistHead;
use crate::domain::rotation::{Category, Class, FixedEvent, Rotation, RotationEntry, Step, Stretch};
use crate::domain::time::{FrameRate, Tick};
use crate::engine::planner;
use crate::engine::rundown::{Material, Placed, rundown};

const RATE: FrameRate = FrameRate::PAL;

/// A day of a channel, as rows would tell it.
#[derive(Debug, Clone)]
struct Request {
    office: i64,
    seconds: i64,
    wanted: u32,
    separation_s: i64,
    window: Option<(i64, i64)>,
}

struct World {
    playlist: Playlist,
    evidence: Evidence,
}

fn at(origin: Tick, step: Step) -> Instant {
    RATE.start_of(Tick(origin.0 + step))
}

fn hash(n: usize) -> Sha256 {
    Sha256([u8::try_from(n + 1).expect("few clips"); 32])
}

/// Plans two hours from 06:00 with one fixed event of five minutes, and dresses the plan as a revision.
/// Requests of offices with an even number show health, whose clips keep `category_s` apart.
fn world(requests: &[Request], gap_s: i64, category_s: i64, with_fill: bool) -> World {
    let zone: Zone = "Asia/Jakarta".parse().expect("a zone");
    let date = "2026-11-22".parse().expect("a date");
    let origin = RATE.tick_from(zone.resolve(date, "06:00".parse().expect("a time")));
    let frames = |s: i64| s * 25;
    let open = Stretch { start: 0, end: frames(7200) };
    let fixed = Stretch { start: frames(3000), end: frames(3300) };
    let window = |r: &Request| r.window.map_or(open, |(a, b)| Stretch { start: frames(a), end: frames(b) });
    let entry = |(n, r): (usize, &Request)| RotationEntry {
        asset: AssetId(n as i64),
        title: format!("clip {n}"),
        office: OpdId(r.office),
        length: frames(r.seconds) + n as i64,
        class: Class(2),
        wanted: r.wanted,
        minimum: 0,
        windows: vec![window(r)],
        separation: frames(r.separation_s),
    };
    let rotation = Rotation {
        open,
        fixed: vec![FixedEvent { span: fixed, title: "Indonesia Raya".into() }],
        entries: requests.iter().enumerate().map(entry).collect(),
        offices: BTreeMap::new(),
        groups: BTreeMap::new(),
        office_gap: frames(gap_s),
        categories: vec![Category {
            name: ContentTag::Health.text(),
            entries: (0..requests.len()).filter(|n| requests[*n].office % 2 == 0).collect(),
            gap: frames(category_s),
        }],
        shortest_pause: 50,
        phase: 0,
    };
    let plan = planner::plan(&rotation);
    let materials: Vec<Material> = rotation
        .entries
        .iter()
        .enumerate()
        .map(|(n, e)| Material {
            nature: crate::domain::playlist::Nature::FILM,
            submission: SubmissionId(n as i64),
            sha256: hash(n),
            frames: e.length as u64,
            title: e.title.clone(),
            owner: "Dinas".into(),
        })
        .collect();
    let plays: Vec<Placed> = plan
        .plays
        .iter()
        .map(|p| Placed {
            start: Tick(origin.0 + p.start),
            material: &materials[p.entry],
            fixed: false,
            wears: Default::default(),
        })
        .collect();
    let fill_hash = Sha256([0xfe; 32]);
    let fill = crate::domain::asset::FillClip {
        nature: crate::domain::playlist::Nature::FILM,
        sha256: fill_hash,
        source: crate::engine::rundown::house_source(fill_hash),
        duration_frames: 250,
        title: "Deli Serdang".into(),
        tags: Default::default(),
    };
    let head = PlaylistHead {
        channel: "videotron".parse().expect("a channel"),
        date,
        revision: 1,
        parent: None,
        zone,
        rate: RATE,
        withdrawn: BTreeSet::new(),
    };
    let pool = if with_fill { vec![fill] } else { Vec::new() };
    let fillable = [(Tick(origin.0), Tick(origin.0 + open.end))];
    let playlist = rundown(head, &plays, &[], None, &pool, &fillable).expect("a plan has no overlaps");
    let grants = requests.iter().enumerate().map(|(n, r)| {
        let grant = Grant {
            title: format!("clip {n}"),
            office: OpdId(r.office),
            channel: "videotron".parse().expect("a channel"),
            sha256: hash(n),
            frames: rotation.entries[n].length as u64,
            valid: zone.day(date),
            revoked_at: None,
            oral: false,
            windows: r
                .window
                .map(|(a, b)| Span::new(at(origin, a * 25), at(origin, b * 25)).expect("ordered"))
                .into_iter()
                .collect(),
            barred: Vec::new(),
            wanted: r.wanted,
            minimum: 0,
            separation: TimeDelta::seconds(r.separation_s),
            tags: if r.office % 2 == 0 { [ContentTag::Health].into() } else { BTreeSet::new() },
        };
        (SubmissionId(n as i64), grant)
    });
    let evidence = Evidence {
        hours: Span::new(at(origin, 0), at(origin, open.end)),
        fixed: vec![FixedTime {
            span: Span::new(at(origin, fixed.start), at(origin, fixed.end)).expect("ordered"),
            title: "Indonesia Raya".into(),
            sha256: None,
            live: None,
        }],
        grants: grants.collect(),
        fill: [(fill_hash, 250)].into(),
        files: (0..requests.len()).map(hash).chain([fill_hash]).map(|h| (h, FileState::Sound)).collect(),
        office_gap: TimeDelta::seconds(gap_s),
        category_gaps: [(ContentTag::Health, TimeDelta::seconds(category_s))].into(),
        touched: Vec::new(),
        explained: BTreeSet::new(),
    };
    World { playlist, evidence }
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let window = prop_oneof![Just(None), (0i64..3600, 600i64..3600).prop_map(|(a, l)| Some((a, a + l)))];
    let one = (0i64..5, 5i64..300, 1u32..40, 0i64..1800, window).prop_map(
        |(office, seconds, wanted, separation_s, window)| Request { office, seconds, wanted, separation_s, window },
    );
    proptest::collection::vec(one, 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_the_offices_ask_the_plan_is_judged_clean(asked in requests(), gap in 0i64..200, category in 0i64..200, fill: bool) {
        let world = world(&asked, gap, category, fill);
        prop_assert_eq!(judge(&world.playlist, &world.evidence), vec![]);
    }
}

fn sound() -> World {
    let one = |office, seconds| Request { office, seconds, wanted: 6, separation_s: 300, window: Some((0, 7200)) };
    world(&[one(1, 30), one(1, 45), one(2, 60), one(4, 30)], 10, 20, true)
}

fn codes(world: &World) -> Vec<Fault> {
    judge(&world.playlist, &world.evidence).into_iter().map(|f| f.fault).collect()
}

/// The revision with one clip item changed; refused by the type where no playlist could hold it.
fn with_item(world: &mut World, change: impl Fn(&mut PlaylistItem)) {
    let mut items = world.playlist.items().to_vec();
    items.retain(|i| i.kind == ItemKind::Clip);
    change(&mut items[4]);
    world.playlist = Playlist::new(world.playlist.head().clone(), items).expect("still a playlist");
}

#[test]
fn each_planted_fault_is_found() {
    type Plant = fn(&mut World);
    let plants: &[(&str, Plant)] = &[
        ("OutsideHours", |w| with_item(w, |i| i.start -= TimeDelta::hours(1))),
        ("NoRequest", |w| with_item(w, |i| i.submission = Some("99".into()))),
        ("WrongClip", |w| with_item(w, |i| i.sha256 = Some(hash(1).max(hash(7))))),
        ("WrongLength", |w| with_item(w, |i| i.duration_frames -= 1)),
        ("WrongPath", |w| with_item(w, |i| i.source = Source::File("media/inbox/raw.mov".into()))),
        ("OverFixed", |w| {
            let start = w.evidence.fixed[0].span.start();
            with_item(w, |i| i.start = start);
        }),
        ("OutsideWindow", |w| {
            let early = w.evidence.hours.expect("open").start();
            let narrow = Span::new(early, early + TimeDelta::minutes(40)).expect("ordered");
            w.evidence.grants.values_mut().for_each(|g| g.windows = vec![narrow]);
        }),
        ("TooClose", |w| w.evidence.grants.values_mut().for_each(|g| g.separation = TimeDelta::hours(1))),
        ("OfficeTooClose", |w| w.evidence.office_gap = TimeDelta::hours(1)),
        ("CategoryTooClose", |w| {
            w.evidence.category_gaps.insert(ContentTag::Health, TimeDelta::hours(1));
        }),
        ("Barred", |w| {
            let day = w.evidence.grants[&SubmissionId(0)].valid;
            w.evidence.grants.values_mut().for_each(|g| g.barred = vec![day]);
        }),
        ("NoRelay", |w| {
            with_item(w, |i| {
                (i.kind, i.source) = (ItemKind::Live, Source::Live("test:".into()));
                (i.sha256, i.submission) = (None, None);
            });
        }),
        ("FixedMissing", |w| w.evidence.fixed[0].live = Some("test:".into())),
        ("TooOften", |w| w.evidence.grants.values_mut().for_each(|g| g.wanted = 2)),
        ("TooFew", |w| w.evidence.grants.values_mut().for_each(|g| g.minimum = 9)),
        ("OtherChannel", |w| {
            w.evidence.grants.values_mut().for_each(|g| g.channel = "radio".parse().expect("a channel"));
        }),
        ("OutsidePeriod", |w| {
            let day = w.evidence.grants[&SubmissionId(0)].valid;
            let yesterday = Span::new(day.start() - TimeDelta::days(1), day.start()).expect("ordered");
            w.evidence.grants.values_mut().for_each(|g| g.valid = yesterday);
        }),
        ("Revoked", |w| {
            let noon = w.evidence.hours.expect("open").start() + TimeDelta::minutes(30);
            w.evidence.grants.values_mut().for_each(|g| g.revoked_at = Some(noon));
        }),
        ("FileMissing", |w| w.evidence.files.clear()),
        ("FileAltered", |w| {
            w.evidence.files.insert(hash(0), FileState::Altered(hash(9)));
        }),
        ("NotFill", |w| w.evidence.fill.clear()),
        ("FixedMissing", |w| w.evidence.fixed[0].sha256 = Some(hash(0))),
        ("SecondsDontAddUp", |w| {
            let hours = w.evidence.hours.expect("open");
            w.evidence.hours = Span::new(hours.start(), hours.end() - TimeDelta::minutes(30));
        }),
    ];
    assert_eq!(codes(&sound()), []);
    for (name, plant) in plants {
        let mut world = sound();
        plant(&mut world);
        let found = codes(&world);
        assert!(found.iter().any(|f| format!("{f:?}").starts_with(name)), "{name} not among {found:?}");
    }
}

#[test]
fn a_revision_that_touches_what_is_announced_and_near_is_named() {
    let world = sound();
    let mut items = world.playlist.items().to_vec();
    let clip = items.iter().position(|i| i.kind == ItemKind::Clip).expect("clips");
    let gone = items.remove(clip);
    let after = Playlist::new(PlaylistHead { revision: 2, parent: Some(1), ..world.playlist.head().clone() }, items)
        .expect("still a playlist");
    let soon = gone.start + TimeDelta::minutes(1);
    let found = judge_revision(&world.playlist, &after, soon, &[]);
    assert_eq!(found.iter().map(|f| &f.fault).collect::<Vec<_>>(), [&Fault::FrozenChanged]);
    assert!(judge_revision(&world.playlist, &after, gone.start, &[]).is_empty(), "later plays may change");
    let zone = world.playlist.head().zone;
    assert!(found[0].text(zone).en.ends_with("changed though it is announced and too near"));
}

#[test]
fn a_play_on_an_oral_approval_is_sound_until_the_words_end_and_found_when_it_runs_past_it() {
    let request = Request { office: 1, seconds: 30, wanted: 4, separation_s: 300, window: None };
    let mut w = world(&[request], 0, 0, false);
    let last = w.playlist.items().last().cloned().expect("a plan has plays");
    let end = last.span(RATE).end();
    let hold_until = |w: &mut World, end| {
        let grant = w.evidence.grants.values_mut().next().expect("one request");
        grant.oral = true;
        grant.valid = Span::new(grant.valid.start(), end).expect("ordered");
    };
    hold_until(&mut w, end);
    assert_eq!(judge(&w.playlist, &w.evidence), []);
    hold_until(&mut w, end - TimeDelta::milliseconds(1));
    let found = judge(&w.playlist, &w.evidence);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].item.as_ref(), Some(&last.id));
    let said = found[0].text(w.playlist.head().zone).id;
    assert!(said.contains("persetujuan lisannya hanya berlaku"), "{said}");

    // A word that was withdrawn lets nothing begin after it, whatever its end was.
    hold_until(&mut w, end);
    w.evidence.grants.values_mut().next().expect("one request").revoked_at = Some(last.start);
    let found = judge(&w.playlist, &w.evidence);
    assert_eq!(found.iter().map(|f| &f.fault).collect::<Vec<_>>(), [&Fault::Revoked]);
}
