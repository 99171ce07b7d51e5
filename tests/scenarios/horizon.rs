//! Days that publish themselves: nobody is at work, and the wall has its plan.

use axum::http::StatusCode;
use chrono::TimeDelta;
use siaran::desk::planning::draft::{Edited, Wish};
use siaran::domain::draft::{Edit, PlayAt};
use siaran::domain::ids::{ChannelId, PersonId};
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;
use siaran::domain::time::BroadcastDate;
use siaran::store::NewPerson;

use crate::pages::Pages;
use crate::world::World;

const PAGE: &str = "/planning/videotron/horizon";
const PASSWORD: &str = "kata sandi panjang";

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn day(text: &str) -> BroadcastDate {
    text.parse().unwrap()
}

/// A scheduler who has a password.
fn scheduler(world: &World) -> PersonId {
    let person = NewPerson { name: "Sari".into(), email: "sari@kab.go.id".into(), office: None };
    let link = world.desk.add_person(None, person, &[Role::Scheduler]).unwrap();
    world.desk.set_password(&link.token, PASSWORD).unwrap();
    link.person
}

/// A Monday at eight, with a clip for the whole week, and its days from Tuesday to Sunday approved.
fn approved(world: &World, pages: &Pages) -> PersonId {
    let by = scheduler(world);
    world.playable_request(b"posyandu");
    let form = "do=approve&first=2026-11-24&last=2026-11-29";
    let wrong = pages.fill(by, PAGE, &format!("{form}&password=salah"));
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.words().contains("Belum ada hari yang disetujui"), "nothing is approved without the password");
    let done = pages.fill(by, PAGE, &format!("{form}&password={}", PASSWORD.replace(' ', "+")));
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.words());
    by
}

/// Rounds of the head-end; the days that it published.
fn round(world: &World) -> Vec<String> {
    world.desk.publish_horizons().unwrap().iter().map(|(_, date)| date.to_string()).collect()
}

/// Somebody takes the first play out of a day's plan.
fn take_one_out(world: &World, by: PersonId, date: &str) -> u32 {
    let plan = world.desk.plan_day(&channel(), day(date)).unwrap();
    let first = plan.playlist.items().iter().find(|item| item.kind == ItemKind::Clip).unwrap();
    let play = PlayAt { start: first.start, submission: first.submission.as_ref().unwrap().parse().unwrap() };
    let wish = Wish { edit: Edit::Remove { play }, onto: None, slack: TimeDelta::zero() };
    match world.desk.edit_draft(by, &channel(), day(date), None, wish).unwrap() {
        Edited::Taken(_, proposal) => proposal.draft.unwrap().version,
        Edited::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn plays_on(world: &World, date: &str) -> usize {
    let path = siaran::files::playlist_file::path(world.home(), &channel(), day(date), 1);
    let playlist = siaran::files::playlist_file::read(&path).unwrap();
    playlist.items().iter().filter(|item| item.kind == ItemKind::Clip).count()
}

#[test]
fn an_approved_day_publishes_itself_at_its_hour_and_the_trail_says_that_nobody_did_it() {
    let world = World::new();
    let pages = Pages::of(&world);
    let by = approved(&world, &pages);
    let page = pages.ask(Some(world.id(Role::Operator)), PAGE).words();
    assert!(page.contains("sampai Minggu, 29 November 2026, disetujui Sari"), "{page}");
    assert!(page.contains("Terbit sendiri Senin, 23 November 2026 pukul 18.00 WIB"), "{page}");
    assert!(
        page.contains("belum tercakup: Senin, 30 November 2026"),
        "the Monday begins before anybody is there: {page}"
    );
    assert!(!page.contains("Cabut persetujuan ini"), "an operator only looks");

    world.wait(TimeDelta::minutes(9 * 60 + 59));
    assert_eq!(round(&world), Vec::<String>::new(), "its hour has not come");
    world.wait(TimeDelta::minutes(1));
    assert_eq!(round(&world), ["2026-11-24"]);
    assert_eq!(round(&world), Vec::<String>::new(), "once");
    assert_eq!(plays_on(&world, "2026-11-24"), 12);
    let trail = world.desk.store.read(|r| r.audit_latest(20)).unwrap();
    let row = trail.iter().find(|row| row.body.contains("horizon_published")).unwrap();
    assert!(row.body.contains("\"date\":\"2026-11-24\"") && row.body.contains("\"by\":null"), "{}", row.body);

    // Days that the head-end slept through are made up for, as long as hours of them are left.
    world.wait(TimeDelta::days(4));
    assert_eq!(round(&world), ["2026-11-27", "2026-11-28"], "Friday's evening, and Saturday");
    assert!(world.announced(by).iter().any(|text| text.contains("Senin, 30 November 2026 belum diumumkan")));
    let told = world.announced(by).len();
    round(&world);
    assert_eq!(world.announced(by).len(), told, "told once");
    world.ends();
}

#[test]
fn open_changes_by_hand_are_published_only_if_their_owner_marked_them_as_ready() {
    let world = World::new();
    let pages = Pages::of(&world);
    let by = approved(&world, &pages);
    take_one_out(&world, by, "2026-11-24");
    let version = take_one_out(&world, by, "2026-11-25");
    let page = pages.ask(Some(by), PAGE).words();
    assert!(page.contains("Perubahan Sari belum ditandai siap: hari ini terbit tanpa perubahan itu."), "{page}");
    let another = pages.fill(world.id(Role::Scheduler), PAGE, &format!("do=mark&first=2026-11-25&version={version}"));
    assert_eq!(another.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody marks another's work");
    let marked = pages.fill(by, PAGE, &format!("do=mark&first=2026-11-25&version={version}"));
    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{}", marked.words());

    world.wait(TimeDelta::hours(10));
    assert_eq!(round(&world), ["2026-11-24"]);
    assert_eq!(plays_on(&world, "2026-11-24"), 12, "without the change that was not ready");
    let draft = |date| world.desk.store.read(|r| r.draft(&channel(), day(date))).unwrap();
    assert!(draft("2026-11-24").is_some(), "and the work on it is not lost");
    assert!(world.announced(by)[0].contains("Perubahan Anda masih tersimpan"), "{:?}", world.announced(by));
    world.wait(TimeDelta::days(1));
    assert_eq!(round(&world), ["2026-11-25"]);
    assert_eq!(plays_on(&world, "2026-11-25"), 11, "with the change that was");
    assert!(draft("2026-11-25").is_none());
    world.ends();
}

#[test]
fn a_day_that_the_judge_refuses_stays_unpublished_and_people_are_told_until_it_is_mended() {
    let world = World::new();
    let pages = Pages::of(&world);
    let by = approved(&world, &pages);
    let house = world.home().join("media/house").join(&world.files("house")[0]);
    let bytes = std::fs::read(&house).unwrap();
    std::fs::write(&house, b"other bytes").unwrap();
    world.wait(TimeDelta::hours(10));
    assert_eq!(round(&world), Vec::<String>::new());
    round(&world);
    let open = world.desk.store.read(|r| r.open_incidents()).unwrap();
    assert_eq!(open.len(), 1, "one day is one incident");
    assert!(open[0].text.id.contains("belum terbit sendiri"), "{}", open[0].text.id);
    assert_eq!(world.announced(by).iter().filter(|text| text.contains("belum terbit sendiri")).count(), 1);
    assert!(pages.ask(Some(by), PAGE).words().contains("Buka hari itu di Penjadwalan"));

    std::fs::write(&house, bytes).unwrap();
    assert_eq!(round(&world), ["2026-11-24"]);
    assert!(world.desk.store.read(|r| r.open_incidents()).unwrap().is_empty(), "and the incident is over");
    world.ends();
}

#[test]
fn a_horizon_is_shortened_and_withdrawn_and_then_nothing_publishes_itself() {
    let world = World::new();
    let pages = Pages::of(&world);
    let by = approved(&world, &pages);
    let id = world.desk.horizon(&channel()).unwrap().unwrap().row.id;
    let longer = pages.fill(by, PAGE, &format!("do=shorten&id={id}&last=2026-12-24"));
    assert_eq!(longer.status, StatusCode::UNPROCESSABLE_ENTITY, "it only becomes shorter");
    pages.fill(by, PAGE, &format!("do=shorten&id={id}&last=2026-11-24"));
    assert!(pages.ask(Some(by), PAGE).words().contains("sampai Selasa, 24 November 2026"));
    world.wait(TimeDelta::hours(34));
    assert_eq!(round(&world), ["2026-11-24"], "Tuesday evening: Wednesday is not approved any more");
    let withdrawn = pages.fill(by, PAGE, &format!("do=withdraw&id={id}"));
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER);
    assert!(pages.ask(Some(by), PAGE).words().contains("Belum ada hari yang disetujui"));
    let trail = world.desk.store.read(|r| r.audit_latest(50)).unwrap();
    for kind in ["horizon_approved", "horizon_shortened", "horizon_withdrawn"] {
        assert!(trail.iter().any(|row| row.body.contains(kind) && row.body.contains("\"by\"")), "{kind}");
    }
    world.ends();
}
