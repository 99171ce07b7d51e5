//! What goes wrong around a session: numbers that were typed by hand, studios that are lost, letters that change.

use siaran::desk::Refusal;
use siaran::desk::counter::Scanned;
use siaran::desk::ink::SignedInInk;
use siaran::desk::review::WantedAct;
use siaran::desk::studio::WantedBooking;
use siaran::domain::ids::CaseId;
use siaran::domain::paperwork::PaperKind;
use siaran::domain::people::Role;

use crate::pages::Pages;
use crate::sessions::{PASSWORD, hold_session, wanted, with_password};
use crate::world::{World, refusal};

/// A talkshow that waits for the head's word.
fn to_be_approved(world: &World) -> CaseId {
    let case = world.desk.file_session(world.id(Role::Office), wanted(world, "ds.talkshow")).unwrap();
    world.act(Role::RadioVerifier, case, "verify", Some("complete-and-eligible")).unwrap();
    case
}

/// A talkshow whose schedule is out and whose equipment waits to be checked.
fn scheduled(world: &World) -> CaseId {
    let case = to_be_approved(world);
    world.act(Role::Head, case, "approve", Some("approved")).unwrap();
    world.act(Role::RadioVerifier, case, "send_schedule", None).unwrap();
    world.act(Role::StudioOperator, case, "coordinate", None).unwrap();
    case
}

/// A clip's request that waits for the head's word.
fn clip_to_be_approved(world: &World, bytes: &[u8]) -> CaseId {
    let case = world.request(bytes).case;
    world.work();
    world.act(Role::Verifier, case, "verify", Some("conforms")).unwrap();
    case
}

fn ink(world: &World, case: CaseId, number: &str) -> SignedInInk {
    SignedInInk {
        version: world.desk.any_case_file(case).unwrap().row.version,
        signer: world.id(Role::Head),
        signed_on: world.desk.zone().date_of(world.desk.now()),
        number: Some(number.into()),
        scan: Scanned { kind: PaperKind::Signed, name: "p.pdf".into(), bytes: b"%PDF-1.7 signed".to_vec() },
    }
}

fn everything(world: &World, case: CaseId) -> WantedAct {
    let listed = world.desk.any_case_file(case).unwrap().step().unwrap().checklist.clone();
    WantedAct { step: "equipment".into(), ticked: listed.into_iter().collect(), ..WantedAct::default() }
}

#[test]
fn a_number_typed_at_the_counter_is_never_drawn_again_and_never_taken_twice() {
    let world = World::new();
    let registry = world.id(Role::Registry);
    with_password(&world, registry);
    // Another's hour: each of these sessions has its own day.
    let mut talkshows = (0..3).map(|_| {
        let case = to_be_approved(&world);
        let booking = world.desk.bookings_of(case).unwrap()[0].id;
        world.desk.cancel(world.id(Role::StudioOperator), booking, None, "Uji").unwrap();
        case
    });
    let (first, second, third) = (talkshows.next().unwrap(), talkshows.next().unwrap(), talkshows.next().unwrap());
    let (clip, other_clip) = (clip_to_be_approved(&world, b"satu"), clip_to_be_approved(&world, b"dua"));

    // The counter types what the machine would draw next, for the one kind and for the other.
    world.desk.sign_in_ink(registry, first, ink(&world, first, "001/PERSETUJUAN/2026")).unwrap();
    world.desk.sign_in_ink(registry, clip, ink(&world, clip, "002/Persetujuan/2026")).unwrap();
    world.act(Role::Head, second, "approve", Some("approved")).unwrap();
    world.act(Role::Head, other_clip, "approve", Some("approved")).unwrap();
    let paper = &world.desk.any_case_file(second).unwrap().session().unwrap().papers[0].number.clone();
    let approval = world.desk.any_case_file(other_clip).unwrap().airing().unwrap().approval.clone().unwrap().number;
    assert_eq!((paper.as_str(), approval.as_str()), ("003/PERSETUJUAN/2026", "004/PERSETUJUAN/2026"));

    // A number that a letter of the other kind has is refused on the form, in words that fit.
    let pages = Pages::of(&world);
    let (version, head) = (world.desk.any_case_file(third).unwrap().row.version, world.id(Role::Head));
    let (version, head) = (version.to_string(), head.to_string());
    let fields = [
        ("version", version.as_str()),
        ("signer", &head),
        ("signed_on", "2026-11-23"),
        ("number", "004/persetujuan/2026"),
        ("password", PASSWORD),
    ];
    let path = format!("/requests/{third}/ink");
    let refused = pages.fill_with_file(registry, &path, &fields, ("scan", "p.pdf", b"%PDF-1.7 signed"));
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.words());
    let said = "Nomor 004/persetujuan/2026 sudah dipakai surat lain.";
    assert!(refused.words().contains(said), "{}", refused.words());
    drop(pages);
    world.work();
    world.ends();
}

#[test]
fn a_session_whose_studio_was_cancelled_waits_until_one_is_booked_again() {
    let world = World::new();
    let case = scheduled(&world);
    let (operator, radio) = (world.id(Role::StudioOperator), world.id(Role::RadioVerifier));
    let booking = world.desk.bookings_of(case).unwrap()[0].id;
    world.desk.cancel(operator, booking, None, "Pemancar rusak").unwrap();
    let check = |world: &World| world.desk.act(operator, case, everything(world, case));
    assert_eq!(refusal(check(&world)), Refusal::StudioWanted);

    let pages = Pages::of(&world);
    let page = pages.ask(Some(radio), &format!("/requests/{case}")).words();
    let link = format!("/studios/new?case={case}&amp;studio=studio.radio&amp;minutes=60");
    let plain = format!("/studios/new?case={case}&#38;studio=studio.radio&#38;minutes=60");
    assert!(page.contains(&link) || page.contains(&plain), "{page}");
    let own = pages.ask(Some(world.id(Role::Office)), &format!("/requests/{case}")).words();
    assert!(own.contains("batal atau kedaluwarsa") && !own.contains("/studios/new"), "{own}");

    // Booked again it goes on, and not to the end without start and stop.
    let start = "2026-11-27T03:00:00Z".parse().unwrap();
    let again = WantedBooking::usual("studio.radio".parse().unwrap(), "Cegah stunting", start, 60).of_case(case);
    let again = world.desk.hold(radio, again).unwrap();
    world.desk.confirm(radio, again.id).unwrap();
    check(&world).unwrap();
    world.act(Role::StudioOperator, case, "material", None).unwrap();
    world.desk.cancel(operator, again.id, None, "Pemancar rusak lagi").unwrap();
    assert_eq!(refusal(world.act(Role::StudioOperator, case, "attend", Some("present"))), Refusal::StudioWanted);
    let last = WantedBooking::usual("studio.radio".parse().unwrap(), "Cegah stunting", start, 60).of_case(case);
    let last = world.desk.hold(radio, last).unwrap();
    world.desk.confirm(radio, last.id).unwrap();
    world.act(Role::StudioOperator, case, "attend", Some("present")).unwrap();
    let early = refusal(world.act(Role::StudioOperator, case, "onair", None));
    assert!(early.text().id.contains("belum dicatat mulai"), "{early:?}");
    hold_session(&world, case);
    world.act(Role::StudioOperator, case, "onair", None).unwrap();
    let page = pages.ask(Some(radio), &format!("/requests/{case}")).words();
    assert!(!page.contains("batal atau kedaluwarsa"), "{page}");
    drop(pages);
    world.ends();
}
