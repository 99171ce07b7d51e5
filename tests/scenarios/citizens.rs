//! Citizens at the counter: entered, corrected, and erased when they ask for it.

use siaran::desk::Refusal;
use siaran::desk::people::Browser;
use siaran::desk::sessions::NewSession;
use siaran::domain::people::Role;
use siaran::domain::session::SessionLetter;
use siaran::store::Scope;

use crate::pages::Pages;
use crate::sessions::{PASSWORD, wanted, with_password};
use crate::world::{World, refusal};

#[test]
fn a_citizens_name_is_corrected_and_erased_wherever_it_stood() {
    let world = World::new();
    let pages = Pages::of(&world);
    let (registry, head) = (world.id(Role::Registry), world.id(Role::Head));
    let added = pages.fill(registry, "/citizens", "name=Siti+Rahma&email=siti%40contoh.id").words();
    assert!(added.contains("/welcome/"), "a link to sign in with: {added}");
    let citizen = world.desk.citizens().unwrap()[0].id;
    let siti = world.desk.store.read(|r| r.person_by_email("siti@contoh.id", world.desk.now())).unwrap().unwrap().id;
    with_password(&world, siti);
    let usual = wanted(&world, "ds.talkshow");
    let letter = SessionLetter {
        institution: "Siti Rahma".into(),
        contact: "Siti Rahma, 0812 3456789".into(),
        ..usual.letter.clone()
    };
    let case = world.desk.file_session(siti, NewSession { letter, ..usual }).unwrap();

    // What was mistyped is put right in one place; what can't be a name is refused in words, and changes nothing.
    let name = format!("/citizens/{citizen}/name");
    assert_eq!(pages.fill(registry, &name, "name=Siti+Rahmah").status.as_u16(), 303);
    let listed = pages.ask(Some(head), "/requests").words();
    assert!(listed.contains("Siti Rahmah"), "{listed}");
    let taken = pages.fill(registry, &name, "name=Dinas+Kesehatan");
    assert!(taken.status.as_u16() == 422 && taken.words().contains("Siti Rahmah"), "{}", taken.words());
    assert_eq!(pages.fill(registry, &name, "name=+").status.as_u16(), 422);
    let office = format!("/citizens/{}/name", world.health);
    assert_eq!(pages.fill(registry, &office, "name=Siti").status.as_u16(), 404, "an office is no citizen");

    // Nothing is erased while a request is open; afterwards every name, address and number is gone, for good.
    let erase = format!("/citizens/{citizen}/erase");
    let open = pages.fill(registry, &erase, "");
    assert!(open.status.as_u16() == 422 && open.words().contains("Masih ada permohonan"), "{}", open.words());
    assert_eq!(pages.fill(world.id(Role::Office), &erase, "").status.as_u16(), 403);
    world.act_because(Role::RadioVerifier, case, "verify", Some("not-eligible"), Some("Bukan topik radio")).unwrap();
    assert_eq!(pages.fill(registry, &erase, "").status.as_u16(), 303);
    assert_eq!(pages.fill(registry, &erase, "").status.as_u16(), 404, "there is nobody left to erase");
    for (by, path) in [
        (registry, "/citizens".to_owned()),
        (head, "/requests".into()),
        (head, format!("/requests/{case}")),
        (head, "/audit".into()),
        (world.id(Role::Admin), "/people".into()),
    ] {
        let page = pages.ask(Some(by), &path).words();
        assert!(!page.contains("Siti") && !page.contains("siti@") && !page.contains("0812"), "{path}: {page}");
    }
    let signed = refusal(world.desk.sign_in("siti@contoh.id", PASSWORD, Browser::default()));
    assert_eq!(signed, Refusal::SignIn);
    assert!(world.desk.store.read(|r| r.office(Scope::All, citizen)).unwrap().unwrap().closed_at.is_some());
    let kept = pages.ask(Some(head), &format!("/requests/{case}")).words();
    assert!(kept.contains("Cegah stunting") && kept.contains("(dihapus)"), "what was asked for stays: {kept}");
    drop(pages);
    world.ends();
}
