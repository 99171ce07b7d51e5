//! By when something is due, as the people who have it waiting read it, and what happens by itself when nobody acts.

use chrono::TimeDelta;
use siaran::domain::people::Role;

use crate::world::World;

/// What the inbox of a role says of time, in its order.
fn due(world: &World, role: Role) -> Vec<String> {
    let awaiting = world.desk.inbox(&world.person(role)).unwrap();
    awaiting.into_iter().map(|one| one.due.map_or_else(|| "kapan saja".into(), |(_, words)| words.id)).collect()
}

#[test]
fn three_hours_of_the_office_are_promised_and_what_is_due_first_stands_first() {
    let world = World::new();
    // Friday, 15.00: an hour and a half is left of the week.
    world.wait(TimeDelta::days(4) + TimeDelta::hours(7));
    let first = world.request(b"posyandu").case;
    world.work();
    world.wait(TimeDelta::minutes(30));
    world.request(b"imunisasi");
    world.work();
    assert_eq!(
        due(&world, Role::Verifier),
        ["Tenggat Senin, 30 November 2026 pukul 09.00 WIB", "Tenggat Senin, 30 November 2026 pukul 09.30 WIB"]
    );
    // The verifier finds something on Friday at 15.30; what is left of the three hours waits for the office.
    world.act_because(Role::Verifier, first, "verify", Some("fixable"), Some("Judulnya salah.")).unwrap();
    assert_eq!(due(&world, Role::Office), ["kapan saja"]);
    assert_eq!(due(&world, Role::Verifier), ["Tenggat Senin, 30 November 2026 pukul 09.30 WIB"]);
    // Over the weekend nothing runs; on Monday at 10.00 the other one is late.
    world.wait(TimeDelta::days(2) + TimeDelta::hours(18) + TimeDelta::minutes(30));
    assert_eq!(due(&world, Role::Verifier), ["Terlambat sejak Senin, 30 November 2026 pukul 09.30 WIB"]);
    world.ends();
}

#[test]
fn a_request_that_its_office_never_answers_is_closed_after_ten_working_days_and_the_office_is_told() {
    let world = World::new();
    let case = world.request(b"posyandu").case;
    world.work();
    world.act_because(Role::Verifier, case, "verify", Some("fixable"), Some("Judulnya salah.")).unwrap();
    // Monday, 7 December, 15.59: the last minute of the tenth working day.
    world.wait(TimeDelta::days(14) + TimeDelta::hours(7) + TimeDelta::minutes(59));
    assert_eq!(world.desk.lapse().unwrap(), []);
    assert_eq!(world.step(case), "revise");
    world.wait(TimeDelta::minutes(1));
    assert_eq!(world.desk.lapse().unwrap(), [case]);
    assert_eq!(world.desk.lapse().unwrap(), [], "once");
    assert_eq!(world.step(case), "withdrawn");
    assert_eq!(world.inbox(world.id(Role::Office)), [] as [&str; 0]);
    assert_eq!(
        world.announced(world.id(Role::Office))[0],
        "Permohonan 1 (Ayo ke Posyandu) ditutup karena tidak dijawab pada waktunya. Ajukan lagi bila masih perlu."
    );
    world.ends();
}
