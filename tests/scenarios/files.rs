//! Work on files that a person stops, and files whose time to be kept is over.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use siaran::desk::Refusal;
use siaran::desk::given_back::{PUT_OFF, trouble_text};
use siaran::desk::processing::{Found, MediaTrouble, MediaWork, Original, Progress};
use siaran::desk::rounds::Rounds;
use siaran::domain::asset::ConformRecipe;
use siaran::domain::audit::AuditKind;
use siaran::domain::channel::Channel;
use siaran::domain::people::Role;
use siaran::files::library::Making;
use siaran::store::{JobKind, JobState, MOST_ATTEMPTS};

use crate::world::{World, refusal};

/// A decoder of which a story says how it inspects, and that makes nothing.
struct Inspector<I>(I);

impl<I> MediaWork for Inspector<I>
where
    I: Fn(Progress<'_>) -> Result<Found, MediaTrouble> + Send + Sync,
{
    fn inspect(&self, _: &Path, _: &Channel, progress: Progress<'_>) -> Result<Found, MediaTrouble> {
        self.0(progress)
    }
    fn conform(
        &self,
        _: Original<'_>,
        _: &ConformRecipe,
        _: &Channel,
        _: &Path,
        _: Progress<'_>,
    ) -> Result<Found, MediaTrouble> {
        unreachable!("nothing is approved")
    }
    fn preview(&self, _: Original<'_>, _: &ConformRecipe, _: &Making, _: Progress<'_>) -> Result<(), MediaTrouble> {
        Ok(())
    }
}

#[test]
fn the_technical_team_stops_the_work_on_a_file_and_asks_for_it_again() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    let by = world.id(Role::Technical);
    // Somebody presses the button during the work.
    let (desk, submission) = (world.desk.clone(), filed.submission);
    let media = Inspector(move |progress: Progress<'_>| {
        assert!(progress(40), "nobody has pressed it yet");
        let job = desk.store.read(|r| r.job(JobKind::Inspect, submission)).unwrap().unwrap();
        assert_eq!(desk.works.percent(job.id), Some(40), "the page shows how far it is");
        desk.stop_work(by, submission).unwrap();
        assert!(!progress(41));
        Err(MediaTrouble("stopped on request".into()))
    });
    let worked = world.desk.work(&media, None).unwrap().unwrap();
    assert_eq!((worked.state, worked.trouble.as_deref()), (JobState::Failed, Some("stopped on request")));
    assert_eq!(trouble_text("stopped on request").id, "dihentikan atas permintaan");
    assert!(world.desk.work(&world.media, None).unwrap().is_none(), "it is not tried again by itself");
    world.desk.retry(by, filed.submission).unwrap();
    world.work();
    assert_eq!(world.step(filed.case), "verify");

    // What only waits is stopped too, and not by everybody.
    let waiting = world.request(b"senam pagi");
    let refused = refusal(world.desk.stop_work(world.id(Role::Office), waiting.submission));
    assert_eq!(refused, Refusal::NeedsRole(Role::Technical));
    world.desk.stop_work(by, waiting.submission).unwrap();
    assert!(world.desk.work(&world.media, None).unwrap().is_none());
    world.ends();
}

#[test]
fn an_original_goes_a_year_after_its_period_with_a_record_and_can_be_sent_again() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let going_on = world.request(b"senam pagi");
    world.work();
    world.act_because(Role::Verifier, filed.case, "verify", Some("prohibited"), Some("Ini iklan toko")).unwrap();
    let kept = world.desk.store.read(|r| r.bytes_kept(world.health)).unwrap();

    world.wait(TimeDelta::days(365));
    assert!(world.desk.dispose_of_originals().unwrap().is_empty(), "a day too early");
    world.wait(TimeDelta::days(10));
    let file = world.desk.any_case_file(filed.case).unwrap();
    let original = file.airing().unwrap().newest().original.clone();
    assert_eq!(world.desk.dispose_of_originals().unwrap(), [original.sha256], "the other request still goes on");
    assert!(!world.desk.library.original(original.sha256).exists());
    assert!(!world.desk.library.preview(original.sha256).exists());
    assert_eq!(
        world.files("inbox"),
        [world.desk.any_case_file(going_on.case).unwrap().airing().unwrap().newest().original.sha256.to_string()]
    );
    let now_kept = world.desk.store.read(|r| r.bytes_kept(world.health)).unwrap();
    assert_eq!(kept - now_kept, original.bytes, "the office has its room back");
    assert_eq!(world.desk.any_case_file(filed.case).unwrap().airing().unwrap().disposed, Some(world.desk.now()));
    let trail = world.desk.store.read(|r| r.audit_latest(3)).unwrap();
    let gone = format!("\"kind\":\"{}\"", AuditKind::OriginalDisposed.as_str());
    assert!(trail.iter().any(|row| row.body.contains(&gone)), "{trail:?}");
    assert!(world.desk.dispose_of_originals().unwrap().is_empty(), "once");
    world.ends();
}

#[test]
fn what_a_killed_server_had_in_hand_is_taken_up_at_once_and_given_up_after_three_kills() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    // A server takes the job, says so, and is killed: the system lets go of its lock, and its sign stays.
    let taken_and_killed = || {
        let now = world.desk.now();
        let job = world.desk.store.write(move |tx| tx.take_job(None, now)).unwrap().unwrap();
        std::fs::create_dir_all(world.home().join("run/work")).unwrap();
        std::fs::write(world.home().join("run/work").join(job.id.0.to_string()), "4711").unwrap();
        job
    };
    let job = taken_and_killed();
    // The page says that it waits, and the technical team can stop it although its lease still runs.
    let by = world.id(Role::Technical);
    world.desk.stop_work(by, filed.submission).unwrap();
    let stopped = world.desk.store.read(|r| r.job(JobKind::Inspect, filed.submission)).unwrap().unwrap();
    assert_eq!(stopped.state, JobState::Failed);
    assert!(world.desk.work(&world.media, None).unwrap().is_none(), "what was stopped stays stopped");
    world.desk.retry(by, filed.submission).unwrap();
    assert_eq!(taken_and_killed().id, job.id);
    world.work();
    assert_eq!(world.step(filed.case), "verify");

    // A file that takes its worker down with it.
    let deadly = world.request(b"senam pagi");
    for _ in 0..MOST_ATTEMPTS {
        taken_and_killed();
        world.desk.take_from_the_dead().unwrap();
    }
    assert!(world.desk.work(&world.media, None).unwrap().is_none());
    let news = &world.announced(by)[0];
    assert_eq!(news, "Pengolahan berkas permohonan 2 gagal: program yang mengerjakannya terhenti");
    assert_eq!(world.step(deadly.case), "submit");
    world.ends();
}

#[test]
fn a_head_end_that_is_started_anew_however_often_costs_a_file_no_attempt() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    let job = || world.desk.store.read(|r| r.job(JobKind::Inspect, filed.submission)).unwrap().unwrap();
    for _ in 0..=MOST_ATTEMPTS {
        let (begun, beginning) = std::sync::mpsc::channel();
        let desk = world.another_desk();
        let endless = Inspector(move |progress: Progress<'_>| {
            begun.send(()).unwrap();
            while progress(40) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(MediaTrouble("stopped on request".into()))
        });
        let rounds = Rounds::begin(&desk, Arc::new(endless)).unwrap();
        beginning.recv().unwrap();
        assert_eq!(job().attempts, 1, "it is under way");
        drop(rounds);
        let left = job();
        assert_eq!((left.state, left.attempts, left.lease_until, left.trouble), (JobState::Waiting, 0, None, None));
    }
    world.work();
    assert_eq!(world.step(filed.case), "verify");
    world.ends();
}

#[test]
fn trouble_of_our_own_puts_a_file_off_for_a_minute_and_holds_nobody_else_up() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.desk.work(&world.media, None).unwrap();
    let preview = || world.desk.store.read(|r| r.job(JobKind::Preview, filed.submission)).unwrap().unwrap();
    // A disk that keeps no preview.
    let full_disk = Inspector(|_: Progress<'_>| unreachable!("it is inspected"));
    for attempt in 0..=MOST_ATTEMPTS {
        world.desk.work(&full_disk, None).unwrap_err();
        let other = world.request(format!("senam pagi {attempt}").as_bytes());
        world.work();
        assert_eq!((world.step(other.case).as_str(), preview().state), ("verify", JobState::Waiting));
        world.wait(PUT_OFF);
    }
    world.work();
    assert_eq!(preview().state, JobState::Done, "however often it was put off");
    world.ends();
}
