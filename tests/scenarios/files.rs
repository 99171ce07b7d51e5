//! Work on files that a person stops, and files whose time to be kept is over.

use std::path::Path;

use chrono::TimeDelta;
use siaran::desk::Desk;
use siaran::desk::Refusal;
use siaran::desk::given_back::PUT_OFF;
use siaran::desk::processing::{Found, MediaTrouble, MediaWork, Original, Progress};
use siaran::domain::asset::ConformRecipe;
use siaran::domain::audit::AuditKind;
use siaran::domain::channel::Channel;
use siaran::domain::ids::{PersonId, SubmissionId};
use siaran::domain::people::Role;
use siaran::files::library::Making;
use siaran::store::{JobKind, JobState, MOST_ATTEMPTS};

use crate::world::{World, refusal};

/// A decoder during whose work somebody presses the button.
struct StoppedMidway {
    desk: Desk,
    by: PersonId,
    submission: SubmissionId,
}

impl MediaWork for StoppedMidway {
    fn inspect(&self, _: &Path, _: &Channel, progress: Progress<'_>) -> Result<Found, MediaTrouble> {
        assert!(progress(40), "nobody has pressed it yet");
        let job = self.desk.store.read(|r| r.job(JobKind::Inspect, self.submission)).unwrap().unwrap();
        assert_eq!(self.desk.works.percent(job.id), Some(40), "the page shows how far it is");
        self.desk.stop_work(self.by, self.submission).unwrap();
        assert!(!progress(41));
        Err(MediaTrouble("stopped on request".into()))
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
        unreachable!("nothing was inspected")
    }
}

#[test]
fn the_technical_team_stops_the_work_on_a_file_and_asks_for_it_again() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    let by = world.id(Role::Technical);
    let media = StoppedMidway { desk: world.desk.clone(), by, submission: filed.submission };
    let worked = world.desk.work(&media, None).unwrap().unwrap();
    assert_eq!((worked.state, worked.trouble.as_deref()), (JobState::Failed, Some("stopped on request")));
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
    let original = file.newest().original.clone();
    assert_eq!(world.desk.dispose_of_originals().unwrap(), [original.sha256], "the other request still goes on");
    assert!(!world.desk.library.original(original.sha256).exists());
    assert!(!world.desk.library.preview(original.sha256).exists());
    assert_eq!(
        world.files("inbox"),
        [world.desk.any_case_file(going_on.case).unwrap().newest().original.sha256.to_string()]
    );
    let now_kept = world.desk.store.read(|r| r.bytes_kept(world.health)).unwrap();
    assert_eq!(kept - now_kept, original.bytes, "the office has its room back");
    assert_eq!(world.desk.any_case_file(filed.case).unwrap().disposed, Some(world.desk.now()));
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
    assert_eq!(news, "Pengolahan berkas permohonan 2 gagal: the program that worked on it was ended");
    assert_eq!(world.step(deadly.case), "submit");
    world.ends();
}

/// A disk that keeps no preview.
struct FullDisk;

impl MediaWork for FullDisk {
    fn inspect(&self, _: &Path, _: &Channel, _: Progress<'_>) -> Result<Found, MediaTrouble> {
        unreachable!("it is inspected")
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
fn trouble_of_our_own_puts_a_file_off_for_a_minute_and_holds_nobody_else_up() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.desk.work(&world.media, None).unwrap();
    let preview = || world.desk.store.read(|r| r.job(JobKind::Preview, filed.submission)).unwrap().unwrap();
    for attempt in 0..=MOST_ATTEMPTS {
        world.desk.work(&FullDisk, None).unwrap_err();
        let other = world.request(format!("senam pagi {attempt}").as_bytes());
        world.work();
        assert_eq!((world.step(other.case).as_str(), preview().state), ("verify", JobState::Waiting));
        world.wait(PUT_OFF);
    }
    world.work();
    assert_eq!(preview().state, JobState::Done, "however often it was put off");
    world.ends();
}
