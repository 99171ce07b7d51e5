//! The scheduling and monitoring desks on a real database and real files, with the clock in the story's hand.

#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use siaran::config::Config;
use siaran::desk::planning::{PlanError, WhenEmpty};
use siaran::desk::reporting::ReportError;
use siaran::desk::{Desk, DeskError, Refusal};
use siaran::domain::as_run::{AirKind, AsRun, Outcome};
use siaran::domain::asset::{AssetKind, Clip};
use siaran::domain::branding::Wears;
use siaran::domain::ids::{ApprovalId, CaseId, ChannelId, OpdId, PersonId, Sha256};
use siaran::domain::people::{Form, OpdGroup, Role};
use siaran::domain::playlist::{ItemKind, Nature, Playlist, PlaylistItem};
use siaran::domain::rotation::Class;
use siaran::domain::rules::{ContentTag, DayMode, FixedAt, FixedRule, ModePeriod, Prayer, RequestRules, Weekdays};
use siaran::domain::submission::{LetterDetails, Original};
use siaran::domain::time::{BroadcastDate, Clock, FrameRate, Instant, Reading, Span, Zone};
use siaran::engine::reconcile::Airing;
use siaran::files::journal::{Journal, JournalPaths};
use siaran::files::{playlist_file, whole};
use siaran::paper::{airing, approval, page};
use siaran::store::{ClipRow, NewApproval, NewAsset, NewOffice, NewPerson, NewSubmission, Scope, StoreError};

const DAY: &str = "2026-11-23";
/// Monday, 05:00 in Deli Serdang: the wall opens in an hour.
const EARLY: &str = "2026-11-22T22:00:00Z";

struct Hand(Mutex<Instant>);

impl Clock for Hand {
    fn read(&self) -> Reading {
        Reading { utc: *self.0.lock().unwrap(), monotonic: Duration::ZERO, synchronised: true }
    }
}

struct World {
    desk: Desk,
    clock: Arc<Hand>,
    folder: tempfile::TempDir,
}

/// An approved, conformed request.
struct Ready {
    case: CaseId,
    approval: ApprovalId,
    sha256: Sha256,
}

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn day() -> BroadcastDate {
    DAY.parse().unwrap()
}
fn zone() -> Zone {
    "Asia/Jakarta".parse().unwrap()
}

impl World {
    fn new(settings: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(Mutex::new(EARLY.parse().unwrap())));
        let desk = Desk::open(Config::parse(folder.path(), settings).unwrap(), clock.clone()).unwrap();
        World { desk, clock, folder }
    }
    fn wait(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }
    fn office(&self, name: &str) -> OpdId {
        self.desk.add_office(None, NewOffice::usual(name, OpdGroup::Opd)).unwrap()
    }
    fn person(&self, email: &str, roles: &[Role]) -> PersonId {
        let person = NewPerson { name: format!("Orang {email}"), email: email.into(), office: None };
        self.desk.add_person(None, person, roles).unwrap().person
    }
    /// A request that went through all its steps up to the scheduling team's, with its house file on disk.
    fn ready(&self, office: OpdId, title: &str, frames: u64, plays: u32, kind: AssetKind) -> Ready {
        let bytes = format!("house file of {title}");
        let sha256 = whole::sha256(bytes.as_bytes());
        let house = self.folder.path().join("media/house");
        fs::create_dir_all(&house).unwrap();
        fs::write(house.join(format!("{sha256}.mp4")), bytes).unwrap();
        let now = self.desk.now();
        let holder = self.desk.store.read(|r| r.holders(Role::Head, now)).unwrap();
        let head = holder.first().map_or_else(|| self.person("kadis@contoh.go.id", &[Role::Head]), |p| p.id);
        let letter = LetterDetails {
            title: title.to_owned(),
            number: "005/17/DK".into(),
            date: "2026-11-20".parse().unwrap(),
            description: "Ajakan".into(),
            play_s: 30,
            plays_per_day: plays,
            days: 7,
            first_day: day(),
            last_day: "2026-11-29".parse().unwrap(),
            preferred_hours: None,
            framing: None,
        };
        let original = whole::sha256(format!("upload of {title}").as_bytes());
        let (title, verify_code) = (title.to_owned(), format!("{original}")[..32].to_owned());
        self.desk
            .store
            .write(move |tx| -> Result<Ready, StoreError> {
                let standard = tx.keep_standard(&"ds.videotron".parse().unwrap(), 1, "pinned", now)?;
                let case = tx.open_case(standard, office, head, &"schedule".parse().unwrap(), now)?;
                let submission = NewSubmission {
                    case,
                    filed_by: head,
                    channel: channel(),
                    letter: letter.clone(),
                    declared: BTreeSet::new(),
                    original: Original { sha256: original, bytes: 9, name: "klip.mov".into() },
                    form: None,
                };
                let submission = tx.add_submission(&submission, now)?;
                let validity = Span::new(zone().day(letter.first_day).start(), zone().day(letter.last_day).end());
                let approval = NewApproval {
                    case,
                    submission,
                    number: format!("400.14/{}", case.0),
                    verify_code,
                    original,
                    recipe: Sha256([2; 32]),
                    channel: channel(),
                    validity: validity.unwrap(),
                    by: head,
                    form: Form::Plt,
                };
                let approval = tx.add_approval(&approval, now)?;
                tx.add_clip(&ClipRow {
                    clip: Clip { sha256, original, frames, nature: Nature::FILM },
                    recipe: Sha256([2; 32]),
                    channel: channel(),
                    bytes: 9,
                    integrated_lufs: Some(-23.0),
                    made_at: now,
                })?;
                tx.add_asset(
                    &NewAsset { title, owner: office, kind, channel: channel(), approval, clip: sha256 },
                    now,
                )?;
                Ok(Ready { case, approval, sha256 })
            })
            .unwrap()
    }
    fn publish(&self) -> Playlist {
        self.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).unwrap().proposal.playlist
    }
    fn path(&self, revision: u32) -> PathBuf {
        playlist_file::path(self.folder.path(), &channel(), day(), revision)
    }
    /// What a player would have journalled: every item of the morning as planned, closed before, and one play cut.
    fn air(&self, playlist: &Playlist, cut: usize) {
        let mut journal = Journal::open(JournalPaths::in_home(self.folder.path(), &channel()), zone()).unwrap();
        let rate = FrameRate::PAL;
        let mut at = zone().day(day()).start();
        let row = |kind, from: Instant, to: Instant| AsRun {
            seq: 0,
            run: "r1".into(),
            channel: channel(),
            item: None,
            kind,
            clip: None,
            planned_start: None,
            start: from,
            end: to,
            frames: u64::try_from((to - from).num_milliseconds() / 40).unwrap(),
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        };
        for (n, item) in playlist.items().iter().enumerate() {
            if at < item.start {
                journal.append(row(AirKind::Slate, at, item.start)).unwrap();
            }
            let span = item.span(rate);
            let lost = if n == cut { TimeDelta::seconds(2) } else { TimeDelta::zero() };
            let kind = if item.kind == ItemKind::Fill { AirKind::Fill } else { AirKind::Clip };
            let mut aired = row(kind, span.start(), span.end() - lost);
            aired.item = Some(item.id.clone());
            aired.clip = item.sha256;
            if n == cut {
                (aired.outcome, aired.why) = (Outcome::Cut, Some("player_lost".into()));
            }
            at = aired.end;
            journal.append(aired).unwrap();
        }
        journal.append(row(AirKind::Slate, at, zone().day(day()).end())).unwrap();
    }
}

fn clips(playlist: &Playlist) -> Vec<&PlaylistItem> {
    playlist.items().iter().filter(|i| i.kind == ItemKind::Clip).collect()
}

#[test]
fn an_empty_plan_is_published_only_by_someone_who_wants_that() {
    let world = World::new("");
    let refused = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).err().unwrap();
    assert!(matches!(refused, PlanError::Empty { .. }), "{refused}");
    let said = refused.refusal().unwrap().1.id;
    assert_eq!(
        said,
        "Rencana ini tanpa satu video pun. Setelah diumumkan, jam tayang yang kurang dari 120 menit lagi tidak \
         dapat diisi."
    );
    assert!(refused.to_string().ends_with("no request asks for this day"), "{refused}");
    assert!(!world.path(1).exists(), "nothing was published");
    let published = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Publish).unwrap();
    assert!(published.proposal.is_empty() && world.path(1).exists());
}

#[test]
fn approved_clips_become_a_published_day_that_people_are_told_of_and_the_check_holds() {
    let world = World::new("");
    let health = world.office("Dinas Kesehatan");
    let office = NewPerson { name: "Petugas".into(), email: "p@contoh.go.id".into(), office: Some(health) };
    let clerk = world.desk.add_person(None, office, &[Role::Office]).unwrap().person;
    world.ready(health, "Ayo Posyandu", 750, 12, AssetKind::Spot);
    world.ready(world.office("Desa Sena"), "Panen Raya", 1500, 6, AssetKind::Spot);
    world.ready(world.office("Diskominfostan"), "Pesona Deli Serdang", 250, 1, AssetKind::Filler);
    let proposal = world.desk.plan_day(&channel(), day()).unwrap();
    assert_eq!((proposal.difference.added.len(), proposal.findings.len()), (18, 0));
    let playlist = world.publish();
    assert_eq!(clips(&playlist).len(), 18);
    let total: u64 = playlist.items().iter().map(|i| i.duration_frames).sum();
    assert_eq!(total, 17 * 3600 * 25, "fill covers every pause of the seventeen hours");
    assert_eq!(playlist_file::read(&world.path(1)).unwrap(), playlist);
    let person = world.desk.store.read(|r| r.person(clerk, world.desk.now())).unwrap().unwrap();
    let letters = world.desk.store.read(|r| r.announcements_for(&person)).unwrap();
    assert!(letters.iter().any(|l| l.announcement.body.id.contains("tayang pukul")), "{letters:?}");
    let report = world.desk.check().unwrap();
    assert_eq!(report.broken, []);
    assert!(report.items > 18, "{report:?}");
    let again = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).err().unwrap();
    assert!(matches!(again, PlanError::Unchanged { revision: 1, .. }), "{again}");
}

#[test]
fn a_new_request_finds_a_pause_and_moves_nothing_that_was_announced() {
    let world = World::new("[planning]\nfreeze_s = 3600\n");
    world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let first = world.publish();
    world.wait(TimeDelta::hours(5));
    world.ready(world.office("Desa Sena"), "Panen Raya", 1500, 6, AssetKind::Spot);
    let second = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).unwrap().proposal;
    assert_eq!(
        (second.difference.unchanged, second.difference.moved.len(), second.difference.removed.len()),
        (12, 0, 0)
    );
    assert_eq!(second.difference.added.len(), 6);
    let frozen = world.desk.now() + TimeDelta::hours(1);
    assert!(second.difference.added.iter().all(|i| i.start >= frozen));
    assert_eq!((second.playlist.head().revision, second.playlist.head().parent), (2, Some(first.head().revision)));
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn a_withdrawn_approval_leaves_the_wall_at_once_and_nothing_else_changes() {
    let world = World::new("");
    let gone = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    world.ready(world.office("Desa Sena"), "Panen Raya", 1500, 6, AssetKind::Spot);
    let first = world.publish();
    let on_air = clips(&first).iter().find(|i| i.title == "Ayo Posyandu").unwrap().start;
    *world.clock.0.lock().unwrap() = on_air + TimeDelta::seconds(3);
    let (now, head) = (world.desk.now(), world.person("kadis2@contoh.go.id", &[Role::Head]));
    world.desk.store.write(move |tx| tx.revoke_approval(gone.approval, head, "keliru", now)).unwrap();
    let broken = world.desk.check().unwrap().broken;
    assert!(broken.iter().all(|b| b.invariant == 1 && b.what.contains("approval was withdrawn")), "{broken:?}");
    assert!(!broken.is_empty());
    let published = world.desk.publish_withdrawals(Some(head)).unwrap();
    let revision = &published[0].proposal.playlist;
    assert!(revision.head().withdrawn.contains(&gone.sha256));
    assert!(clips(revision).iter().all(|i| i.title == "Panen Raya"));
    assert_eq!(published[0].proposal.difference.unchanged, 6);
    assert_eq!(world.desk.check().unwrap().broken, []);
    assert_eq!(world.desk.publish_withdrawals(Some(head)).unwrap(), []);
}

#[test]
fn a_revision_whose_row_was_lost_to_a_power_cut_is_adopted_not_overwritten() {
    let world = World::new("");
    world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let proposal = world.desk.plan_day(&channel(), day()).unwrap();
    playlist_file::write(world.folder.path(), &proposal.playlist).unwrap();
    world.desk.adopt_published().unwrap();
    assert_eq!(world.desk.check().unwrap().broken, [], "as the head-end does it when it starts");
    world.ready(world.office("Desa Sena"), "Panen Raya", 1500, 6, AssetKind::Spot);
    let second = world.publish();
    assert_eq!((second.head().revision, second.head().parent), (2, Some(1)));
    let rows = world.desk.store.read(|r| r.revisions(&channel(), day(), day())).unwrap();
    assert_eq!(rows.iter().map(|r| r.revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn a_house_file_with_other_bytes_is_never_published_and_an_edited_revision_is_named() {
    let world = World::new("");
    let ready = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let file = world.folder.path().join(format!("media/house/{}.mp4", ready.sha256));
    let good = fs::read(&file).unwrap();
    fs::write(&file, "other bytes").unwrap();
    let refused = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).err().unwrap();
    assert!(refused.to_string().contains("its file was altered"), "{refused}");
    assert!(!world.path(1).exists());
    fs::write(&file, good).unwrap();
    world.publish();
    let text = fs::read_to_string(world.path(1)).unwrap();
    fs::write(world.path(1), text.replacen("Ayo Posyandu", "Ayo Belanja!", 1)).unwrap();
    let broken = world.desk.check().unwrap().broken;
    assert_eq!(broken[0].invariant, 2);
    assert!(broken[0].what.contains("2026-11-23.r1.json was edited"), "{broken:?}");
}

#[test]
fn a_file_beside_the_published_revisions_is_named_with_what_the_player_makes_of_it() {
    let world = World::new("");
    world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    world.publish();
    let text = fs::read_to_string(world.path(1)).unwrap().replace("\"revision\":1", "\"revision\":2");
    fs::write(world.path(2), text).unwrap();
    fs::write(world.path(3), "{").unwrap();
    fs::write(world.path(1).with_file_name("salinan.json"), "{}").unwrap();
    let broken: Vec<_> = world.desk.check().unwrap().broken.into_iter().map(|b| b.what).collect();
    assert_eq!(broken.len(), 3, "{broken:#?}");
    assert!(broken[0].contains("r2.json was not published") && broken[0].contains("the player follows it"));
    assert!(broken[1].contains("r3.json was not published") && broken[1].contains("take it away"));
    assert!(broken[2].contains("salinan.json is not a revision"), "{broken:#?}");
}

#[test]
fn the_report_says_what_was_promised_what_aired_and_why_not_and_holds_the_teams_conclusion() {
    let world = World::new("");
    let ready = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let playlist = world.publish();
    world.air(&playlist, 4);
    world.wait(TimeDelta::days(1));
    let imported = world.desk.import_journal(&channel()).unwrap();
    assert_eq!((imported.new, imported.known), (25, 0));
    assert_eq!(world.desk.import_journal(&channel()).unwrap().new, 0, "twice is once");
    let monitor = world.person("monitor@contoh.go.id", &[Role::Monitor]);
    let stranger = world.person("orang@contoh.go.id", &[Role::Operator]);
    let refused = world.desk.conclude(stranger, ready.case, "bagus").unwrap_err();
    assert!(matches!(refused, DeskError::Refused(Refusal::NeedsRole(Role::Monitor))));
    world.desk.conclude(monitor, ready.case, "Tayangan efektif; satu tayangan terpotong.").unwrap();
    let report = world.desk.case_report(Scope::All, ready.case).unwrap();
    let totals = &report.totals;
    assert_eq!((totals.promised, totals.complete, totals.cut, totals.missing), (12, 11, 1, 0));
    assert_eq!(report.days[0].items[4].airing, Airing::Cut);
    let html = page(&airing::paper(&report, &[]));
    for words in [
        "11 dari 12 tayangan yang sudah waktunya tayang utuh; 1 tayang sebagian",
        "28,000 dari 30,000 s; pemutar terhenti",
        "Tayangan efektif; satu tayangan terpotong.",
        "400.14/1",
    ] {
        assert!(html.contains(words), "{words} not in:\n{html}");
    }
    let letter = world.desk.approval_letter(Scope::All, ready.case).unwrap();
    assert!(page(&approval::paper(&letter, &[])).contains("Plt. Kepala Dinas"));
    let day = world.desk.day_report(&channel(), day()).unwrap();
    assert_eq!(day.days[0].discrepancies, []);
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn a_journal_with_a_changed_byte_is_refused_and_the_row_is_named() {
    let world = World::new("");
    world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let playlist = world.publish();
    world.air(&playlist, 99);
    let path = JournalPaths::in_home(world.folder.path(), &channel()).rows;
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"frames\":750", "\"frames\":751", 1)).unwrap();
    let refused = world.desk.import_journal(&channel()).unwrap_err();
    assert!(matches!(refused, ReportError::Journal(_)), "{refused}");
    assert!(refused.to_string().contains("line 2") && refused.to_string().contains("a byte was changed"), "{refused}");
    let broken = world.desk.check().unwrap().broken;
    assert_eq!(broken.iter().map(|b| b.invariant).collect::<Vec<_>>(), [3]);
}

/// Appends rows of ten seconds until there are `rows` of them.
fn air_until(world: &World, rows: u64) {
    let paths = JournalPaths::in_home(world.folder.path(), &channel());
    let (mut journal, _) = Journal::open_or_set_aside(paths, &channel(), zone(), world.desk.now()).unwrap();
    let opens = zone().day(day()).start() + TimeDelta::hours(2);
    while journal.last().is_none_or(|last| last.end < opens + TimeDelta::seconds(10) * i32::try_from(rows).unwrap()) {
        let start = journal.last().map_or(opens, |last| last.end);
        let row = AsRun {
            seq: 0,
            run: format!("{:x}", world.desk.now().timestamp()),
            channel: channel(),
            item: None,
            kind: AirKind::Fill,
            clip: Some(Sha256([7; 32])),
            planned_start: None,
            start,
            end: start + TimeDelta::seconds(10),
            frames: 250,
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        };
        journal.append(row).unwrap();
    }
}

fn flip(path: &std::path::Path, line: usize) {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().enumerate();
    let changed = lines.map(|(n, l)| if n + 1 == line { l.replacen("250", "251", 1) } else { l.to_owned() } + "\n");
    fs::write(path, changed.collect::<String>()).unwrap();
}

#[test]
fn a_journal_damaged_after_its_import_loses_no_row_of_the_report_and_is_named_until_a_person_has_looked() {
    let world = World::new("");
    let rows = JournalPaths::in_home(world.folder.path(), &channel()).rows;
    air_until(&world, 4);
    assert_eq!(world.desk.import_journal(&channel()).unwrap().new, 4);
    flip(&rows, 2);
    assert!(world.desk.check().unwrap().broken.iter().any(|b| b.what.contains("line 2 (seq 2)")));
    air_until(&world, 6);
    let summary = world.desk.import_journal(&channel()).unwrap();
    assert_eq!((summary.known, summary.new), (4, 2));
    let aired = world.desk.store.read(|r| r.as_run(&channel(), zone().day(day()))).unwrap();
    assert!(aired.iter().all(|row| row.why.is_none()) && aired.len() == 6, "{aired:?}");
    let broken = world.desk.check().unwrap().broken;
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].what.contains("broken-1") && broken[0].what.contains("line 2 (seq 2)"), "{broken:?}");
    assert!(broken[0].what.contains("every row of it was imported before the damage"), "{broken:?}");
    let kept = rows.with_file_name("videotron.jsonl.broken-1");
    fs::write(&kept, "other evidence").unwrap();
    assert!(world.desk.check().unwrap().broken[0].what.contains("was changed since it was set aside"));
    fs::remove_file(&kept).unwrap();
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn rows_that_were_lost_before_any_import_are_told_as_one_row_in_doubt_and_the_rest_is_reported() {
    let world = World::new("");
    let rows = JournalPaths::in_home(world.folder.path(), &channel()).rows;
    air_until(&world, 2);
    world.desk.import_journal(&channel()).unwrap();
    air_until(&world, 6);
    // The first of the rows in doubt was imported, the others were not.
    for line in [2, 4] {
        flip(&rows, line);
    }
    air_until(&world, 8);
    assert_eq!(world.desk.import_journal(&channel()).unwrap().new, 5);
    assert_eq!(world.desk.import_journal(&channel()).unwrap().new, 0, "twice changes nothing");
    air_until(&world, 9);
    assert_eq!(world.desk.import_journal(&channel()).unwrap().new, 1);
    let aired = world.desk.store.read(|r| r.as_run(&channel(), zone().day(day()))).unwrap();
    let story: Vec<_> = aired.iter().map(|r| (r.seq, (r.end - r.start).num_seconds(), r.why.as_deref())).collect();
    let whole = |seq| (seq, 10, None);
    assert_eq!(
        story,
        [whole(1), whole(2), (3, 20, Some("record_damaged")), whole(5), whole(6), whole(7), whole(8), whole(9)]
    );
    let broken = world.desk.check().unwrap().broken;
    assert_eq!(broken.len(), 1, "time is tiled: {broken:?}");
    assert!(broken[0].what.contains("rows 3 to 4"), "{broken:?}");
}

#[test]
fn a_journal_that_contradicts_what_was_imported_is_still_refused() {
    let world = World::new("");
    let paths = JournalPaths::in_home(world.folder.path(), &channel());
    air_until(&world, 4);
    world.desk.import_journal(&channel()).unwrap();
    fs::remove_file(&paths.rows).unwrap();
    fs::remove_file(&paths.head).unwrap();
    world.wait(TimeDelta::hours(1));
    air_until(&world, 3);
    flip(&paths.rows, 2);
    air_until(&world, 8);
    assert!(matches!(world.desk.import_journal(&channel()), Err(ReportError::Rewritten { .. })));
}

fn at(time: &str) -> Instant {
    zone().resolve(day(), time.parse().unwrap())
}

fn overlaps(item: &PlaylistItem, from: Instant, seconds: i64) -> bool {
    item.start < from + TimeDelta::seconds(seconds) && from < item.span(FrameRate::PAL).end()
}

#[test]
fn rules_that_the_team_saves_hold_from_then_on_and_what_is_announced_and_near_stays() {
    let world = World::new("[planning]\nfreeze_s = 3600\n");
    let ready = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 60, AssetKind::Spot);
    let scheduler = world.person("jadwal@contoh.go.id", &[Role::Scheduler]);
    let first = world.publish();
    *world.clock.0.lock().unwrap() = at("08:00");

    let before = world.desk.rules_in_force(&channel()).unwrap();
    let mut rules = before.rules.clone();
    rules.separation_s = 3600;
    rules.fixed.push(FixedRule {
        at: FixedAt::Prayer(Prayer::Magrib),
        seconds: 300,
        title: "Azan Magrib".into(),
        days: Weekdays::ALL,
        sha256: None,
        wears: Wears::All,
    });
    let cost = world.desk.cost_of_rules(&channel(), &rules).unwrap();
    assert_eq!((cost.affected.len(), cost.affected[0].case), (1, ready.case));
    assert!(cost.affected[0].after < cost.affected[0].before / 2, "{cost:?}");
    world.desk.save_rules(scheduler, &channel(), before.version, &rules).unwrap();
    let stale = world.desk.save_rules(scheduler, &channel(), before.version, &before.rules);
    assert!(matches!(stale, Err(PlanError::RulesChanged)), "{stale:?}");

    let second = world.publish();
    let starts: Vec<Instant> = clips(&second).iter().map(|i| i.start).collect();
    let near: Vec<Instant> = clips(&first).iter().map(|i| i.start).filter(|s| *s < at("09:00")).collect();
    assert_eq!(starts[..near.len()], near, "announced and near");
    let later = starts.windows(2).filter(|pair| pair[0] >= at("09:00"));
    assert!(later.clone().count() > 5 && later.into_iter().all(|pair| pair[1] - pair[0] >= TimeDelta::hours(1)));
    // 18:12 by the ministry's reckoning for 23 November.
    let magrib = at("18:12");
    assert!(clips(&second).iter().all(|i| !overlaps(i, magrib + TimeDelta::seconds(60), 180)), "{starts:?}");
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn on_a_day_of_mourning_marked_clips_leave_at_once_and_come_back_when_it_is_taken_back() {
    let world = World::new("");
    let music = world.ready(world.office("Dinas Pariwisata"), "Panggung Gembira", 750, 6, AssetKind::Spot);
    world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 6, AssetKind::Spot);
    let scheduler = world.person("jadwal@contoh.go.id", &[Role::Scheduler]);
    let tags = BTreeSet::from([ContentTag::Music]);
    let marked = RequestRules { tags, ..RequestRules::default() };
    world.desk.save_request_rules(scheduler, music.case, &marked).unwrap();
    world.publish();
    *world.clock.0.lock().unwrap() = at("09:00");

    let period = ModePeriod { mode: DayMode::Mourning, first: day(), last: day() };
    let cost = world.desk.cost_of_mode(&channel(), period).unwrap();
    assert_eq!(cost.affected.iter().map(|a| a.title.as_str()).collect::<Vec<_>>(), ["Panggung Gembira"]);
    let outsider = world.person("luar@contoh.go.id", &[Role::Monitor]);
    assert!(world.desk.order_mode(outsider, &channel(), period).is_err());
    let published = world.desk.order_mode(scheduler, &channel(), period).unwrap();
    let mourning = &published[0].proposal.playlist;
    assert!(mourning.head().withdrawn.contains(&music.sha256), "also what is on air leaves");
    assert!(clips(mourning).iter().all(|i| i.title == "Ayo Posyandu"));
    let why = world.desk.plan_day(&channel(), day()).unwrap().unplaced;
    assert!(why.iter().any(|(case, text)| *case == music.case && text.id.contains("hari berkabung")), "{why:?}");
    assert_eq!(world.desk.check().unwrap().broken, []);

    let mode = world.desk.day_modes(&channel()).unwrap()[0].id;
    assert!(world.desk.end_mode(scheduler, &channel(), mode).unwrap());
    let after = world.publish();
    assert!(!after.head().withdrawn.contains(&music.sha256));
    assert!(clips(&after).iter().any(|i| i.title == "Panggung Gembira" && i.start >= at("11:00")));
}

#[test]
fn a_clip_that_is_marked_urgent_takes_the_place_of_others_on_an_announced_full_day() {
    let world = World::new("[planning]\nfreeze_s = 3600\nseparation_s = 0\n");
    let office = world.office("Dinas Kesehatan");
    world.ready(office, "Ayo Posyandu", 1500, 5000, AssetKind::Spot);
    let first = world.publish();
    let urgent = world.ready(world.office("BPBD"), "Awas Banjir", 750, 12, AssetKind::Spot);
    let scheduler = world.person("jadwal@contoh.go.id", &[Role::Scheduler]);
    let rules = RequestRules { class: Class(0), minimum: 12, ..RequestRules::default() };
    world.desk.save_request_rules(scheduler, urgent.case, &rules).unwrap();
    let second = world.desk.publish_day(None, &channel(), day(), WhenEmpty::Refuse).unwrap().proposal;
    assert_eq!(clips(&second.playlist).iter().filter(|i| i.title == "Awas Banjir").count(), 12);
    assert!(second.difference.removed.len() <= 12, "{} of {}", second.difference.removed.len(), first.items().len());
    let why = second.unplaced.iter().find(|(case, _)| *case != urgent.case).unwrap();
    assert!(why.1.en.contains("Awas Banjir took its place"), "{}", why.1.en);
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn what_an_office_lacks_on_one_day_it_gets_on_the_next() {
    let world = World::new("[planning]\nseparation_s = 0\n");
    let (small, large) = (world.office("Dinas Kesehatan"), world.office("Dinas Pariwisata"));
    // Six windows of the day hold one play each: somebody gets one more than the other.
    world.ready(small, "Ayo Posyandu", 7_200 * 25, 90, AssetKind::Spot);
    world.ready(large, "Panggung Gembira", 7_200 * 25, 90, AssetKind::Spot);
    let mut given: BTreeMap<String, u64> = BTreeMap::new();
    let mut date = day();
    for _ in 0..4 {
        let proposal = world.desk.publish_day(None, &channel(), date, WhenEmpty::Refuse).unwrap().proposal;
        for (office, ms) in proposal.airtime_ms {
            *given.entry(office).or_default() += ms / 7_200_000;
        }
        date = date.next().unwrap();
    }
    assert_eq!(given.values().copied().collect::<Vec<_>>(), [16, 16], "of 8 plays a day, and 17 hours hold no more");
}

#[test]
fn a_request_is_told_what_would_give_it_more_plays() {
    let world = World::new("");
    let ready = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 600, AssetKind::Spot);
    let told = world.desk.what_if(&channel(), day(), ready.case).unwrap().unwrap();
    assert_eq!((told.wanted, told.placed), (600, 204), "17 hours, every 300 s");
    assert!(told.why.unwrap().id.contains("300 detik"));
    assert!(
        told.changes[0].en.starts_with("If its plays could be 150 s apart: 408 plays, 204 more"),
        "{:?}",
        told.changes
    );
}

#[test]
fn evergreen_clips_that_are_marked_make_way_on_a_day_of_mourning_and_unmarked_ones_stay() {
    let world = World::new("");
    let office = world.office("Diskominfostan");
    let dance = world.ready(office, "Tor-tor", 250, 1, AssetKind::Filler);
    let plain = world.ready(office, "Pesona Deli Serdang", 250, 1, AssetKind::Filler);
    world.ready(office, "Ayo Posyandu", 750, 12, AssetKind::Spot);
    let scheduler = world.person("jadwal@contoh.go.id", &[Role::Scheduler]);
    let marked = RequestRules { tags: [ContentTag::Music].into(), ..RequestRules::default() };
    world.desk.save_request_rules(scheduler, dance.case, &marked).unwrap();
    let airs = |playlist: &Playlist, sha256| playlist.items().iter().any(|item| item.sha256 == Some(sha256));
    let before = world.publish();
    assert!(airs(&before, dance.sha256) && airs(&before, plain.sha256));
    let mourning = ModePeriod { mode: DayMode::Mourning, first: day(), last: day() };
    world.desk.order_mode(scheduler, &channel(), mourning).unwrap();
    let after = playlist_file::read(&world.path(2)).unwrap();
    assert!(!airs(&after, dance.sha256) && airs(&after, plain.sha256));
    assert!(after.head().withdrawn.contains(&dance.sha256), "the player's own cover knows it too");
    assert_eq!(world.desk.check().unwrap().broken, []);
}

/// The program itself, in the world's home.
fn siaran(world: &World, words: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_siaran"));
    let output = command.arg("--home").arg(world.folder.path()).args(words).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn a_day_that_was_exported_comes_back_as_clips_of_ours_and_a_stranger_is_named() {
    let world = World::new("");
    let ready = world.ready(world.office("Dinas Kesehatan"), "Ayo Posyandu", 750, 3, AssetKind::Spot);
    world.publish();
    for format in ["csv", "m3u8", "xspf", "ffplayout"] {
        let ending = if format == "ffplayout" { "json" } else { format };
        let list = world.folder.path().join(format!("daftar.{ending}"));
        let list = list.to_str().unwrap();
        let day = DAY;
        let (held, said) =
            siaran(&world, &["playlist", "export", "videotron", day, "--format", format, "--output", list]);
        assert!(held && said.contains("videotron 2026-11-23 r1"), "{format}: {said}");
        let (held, said) = siaran(&world, &["playlist", "import", list, "--channel", "videotron", "--json"]);
        assert!(held, "{format}: {said}");
        let told: serde_json::Value = serde_json::from_str(&said).unwrap();
        let clips = told["clips"].as_array().unwrap();
        let ours = clips.iter().filter(|clip| clip["clip"]["case"] == ready.case.0);
        assert_eq!(ours.count(), 3, "{format}: {said}");
    }
    let strange = world.folder.path().join("asing.csv");
    fs::write(&strange, "title,seconds,file\nIklan Rokok,30,rokok.mp4\n").unwrap();
    let (held, said) = siaran(&world, &["playlist", "import", strange.to_str().unwrap()]);
    assert!(held && said.contains("never approved here"), "{said}");
    assert!(said.contains("1 klip, 0 disetujui") && said.contains("1 clip, 0 of them approved"), "{said}");
    let unknown = siaran(&world, &["playlist", "import", "daftar.doc"]);
    assert!(!unknown.0 && unknown.1.contains("Try: --format"), "{}", unknown.1);
    let missing =
        siaran(&world, &["playlist", "export", "videotron", "2026-11-25", "--format", "csv", "--output", "x.csv"]);
    assert!(!missing.0 && missing.1.contains("no such revision"), "{}", missing.1);
}
