//! From a playable request to the published day, and off it again.

use siaran::desk::DeskError;
use siaran::desk::planning::{PlanError, WhenEmpty};
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;

use super::world::World;

#[test]
fn a_published_day_moves_its_requests_to_the_operators_and_tells_the_office() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let (channel, date) = ("videotron".parse().unwrap(), "2026-11-24".parse().unwrap());
    let refused =
        world.desk.publish_day(Some(world.id(Role::Office)), &channel, date, WhenEmpty::Refuse).err().unwrap();
    assert!(matches!(refused, PlanError::Desk(DeskError::Refused(_))), "{refused}");
    assert_eq!(world.step(filed.case), "schedule");
    let published = world.desk.publish_day(Some(world.id(Role::Scheduler)), &channel, date, WhenEmpty::Refuse).unwrap();
    assert_eq!(published.moved, [filed.case]);
    assert_eq!(world.step(filed.case), "air");
    let plays = published.proposal.playlist.items().iter().filter(|i| i.kind == ItemKind::Clip).count();
    assert_eq!(plays, 12);
    assert_eq!(world.desk.check().unwrap().broken, []);
    assert!(world.announced(world.id(Role::Office)).iter().any(|text| text.contains("tayang pukul")));
    world.ends();
}

#[test]
fn a_withdrawn_approval_takes_the_clip_off_every_published_day() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let channel = "videotron".parse().unwrap();
    for date in ["2026-11-24", "2026-11-25"] {
        world
            .desk
            .publish_day(Some(world.id(Role::Scheduler)), &channel, date.parse().unwrap(), WhenEmpty::Refuse)
            .unwrap();
    }
    let head = world.id(Role::Head);
    let approvals = world.desk.store.read(|r| r.approvals_of(siaran::store::Scope::All, filed.case)).unwrap();
    let published = world.desk.withdraw(head, approvals[0].id, "salah data").unwrap();
    assert_eq!(published.len(), 2);
    for revision in published {
        assert!(revision.proposal.playlist.items().iter().all(|i| i.kind != ItemKind::Clip));
        assert_eq!(revision.proposal.playlist.head().withdrawn.len(), 1);
    }
    assert!(world.announced(world.id(Role::Office))[0].contains("tidak jadi tayang"));
    assert_eq!(world.desk.check().unwrap().broken, []);
    world.ends();
}

#[test]
fn a_plan_without_a_clip_names_what_still_waits_for_the_day_and_where_it_stands() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    world.act(Role::Verifier, filed.case, "verify", Some("conforms")).unwrap();
    world.act(Role::Head, filed.case, "approve", Some("approved")).unwrap();
    world.work();
    world.request(b"terlalu panjang");
    world.work();
    let (channel, date) = ("videotron".parse().unwrap(), "2026-11-24".parse().unwrap());
    let proposal = world.desk.plan_day(&channel, date).unwrap();
    let waits: Vec<_> = proposal.waiting.iter().map(|w| (w.case.0, w.standing.text().id)).collect();
    assert_eq!(waits, [(1, "Menunggu tim teknis".to_owned()), (2, "Berkas ditolak pemeriksaan".to_owned())]);
    let by = Some(world.id(Role::Scheduler));
    let refused = world.desk.publish_day(by, &channel, date, siaran::desk::planning::WhenEmpty::Refuse).err().unwrap();
    assert!(refused.to_string().contains("request 1 (Ayo ke Posyandu): Waits for the technical team"), "{refused}");
    let later = world.desk.plan_day(&channel, "2026-12-24".parse().unwrap()).unwrap();
    assert_eq!(later.waiting, [], "its period does not hold that day");
    world.act(Role::Technical, filed.case, "process", Some("playable")).unwrap();
    assert!(!world.desk.plan_day(&channel, date).unwrap().is_empty());
    world.ends();
}
