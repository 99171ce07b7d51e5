//! From a playable request to the published day, and off it again.

use siaran::desk::DeskError;
use siaran::desk::planning::PlanError;
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;

use super::world::World;

#[test]
fn a_published_day_moves_its_requests_to_the_operators_and_tells_the_office() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let (channel, date) = ("videotron".parse().unwrap(), "2026-11-24".parse().unwrap());
    let refused = world.desk.publish_day(Some(world.id(Role::Office)), &channel, date).err().unwrap();
    assert!(matches!(refused, PlanError::Desk(DeskError::Refused(_))), "{refused}");
    assert_eq!(world.step(filed.case), "schedule");
    let published = world.desk.publish_day(Some(world.id(Role::Scheduler)), &channel, date).unwrap();
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
        world.desk.publish_day(Some(world.id(Role::Scheduler)), &channel, date.parse().unwrap()).unwrap();
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
