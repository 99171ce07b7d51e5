//! What goes wrong around a session: numbers that were typed by hand, studios that are lost, letters that change.

use chrono::TimeDelta;
use siaran::desk::Refusal;
use siaran::desk::counter::Scanned;
use siaran::desk::ink::SignedInInk;
use siaran::desk::review::WantedAct;
use siaran::desk::sessions::NewSession;
use siaran::desk::studio::{Entry, WantedBooking, WantedMove};
use siaran::domain::ids::CaseId;
use siaran::domain::paperwork::PaperKind;
use siaran::domain::people::Role;
use siaran::domain::session::SessionLetter;

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

#[test]
fn the_applicant_reads_that_a_session_was_moved_or_cancelled_and_the_schedule_says_so_too() {
    let world = World::new();
    let case = scheduled(&world);
    let (operator, office) = (world.id(Role::StudioOperator), world.id(Role::Office));
    let booking = world.desk.bookings_of(case).unwrap()[0].id;
    let pages = Pages::of(&world);
    let paper = || pages.ask(Some(office), &format!("/requests/{case}/papers/schedule_guide")).words();
    assert!(!paper().contains("tidak berlaku lagi"), "{}", paper());

    let sent = "studio=studio.radio&day=2026-11-27&time=14:00&reason=Kadis+rapat&consent=Bu+Ani,+telepon";
    let moved = pages.fill(operator, &format!("/studios/bookings/{booking}/move"), sent);
    assert_eq!(moved.status.as_u16(), 303, "{}", moved.words());
    let news = world.announced(office);
    assert!(news[0].contains("dipindah ke") && news[0].contains("27 November 2026 pukul 14.00"), "{news:?}");
    assert!(news[0].contains("Semula: ") && news[0].contains("Kadis rapat") && !news[0].contains("Ani"), "{news:?}");
    assert!(world.announced(operator)[0].contains("dipindah ke"), "whoever does the next step reads it too");
    assert!(paper().contains("Sesi ini dipindah ke Jumat, 27 November 2026 pukul 14.00 WIB"), "{}", paper());

    pages.fill(operator, &format!("/studios/bookings/{booking}/cancel"), "why=Pemancar+rusak");
    assert!(world.announced(office)[0].contains("dibatalkan: Pemancar rusak"), "{:?}", world.announced(office));
    assert!(paper().contains("Pemesanan studio: dibatalkan. Waktu baru akan diberitahukan."), "{}", paper());

    // A hold that runs out before the head's word is told as well.
    let waiting = to_be_approved(&world);
    world.wait(TimeDelta::hours(74));
    world.desk.expire_holds().unwrap();
    let news = world.announced(office);
    assert!(news[0].contains("habis waktunya"), "{waiting}: {news:?}");
    assert!(world.announced(world.id(Role::Head))[0].contains("habis waktunya"));
    drop(pages);
    world.ends();
}

#[test]
fn a_corrected_letters_time_and_length_are_what_is_booked_and_the_log_reads_the_same_in_english() {
    let world = World::new();
    let (office, radio) = (world.id(Role::Office), world.id(Role::RadioVerifier));
    let case = to_be_approved(&world);
    world.act_because(Role::Head, case, "approve", Some("needs-change"), Some("Perbaiki waktunya")).unwrap();
    if world.step(case) == "verify" {
        world.act_because(Role::RadioVerifier, case, "verify", Some("incomplete"), Some("Perbaiki waktunya")).unwrap();
    }
    world.wait(TimeDelta::minutes(5));
    let letter = wanted(&world, "ds.talkshow").letter;
    let later = letter.wanted_at + TimeDelta::hours(1);
    let corrected = SessionLetter { wanted_at: later, duration_min: 180, ..letter };
    world.desk.revise_session(office, case, None, corrected, None).unwrap();
    let pages = Pages::of(&world);
    let form = pages.ask(Some(radio), &format!("/requests/{case}")).words();
    assert!(form.contains("name=\"time\" type=\"time\" step=\"900\" value=\"11:00\""), "{form}");
    world.act(Role::RadioVerifier, case, "verify", Some("complete-and-eligible")).unwrap();
    let booking = world.desk.bookings_of(case).unwrap().pop().unwrap();
    assert_eq!((booking.session.start(), booking.session.length()), (later, TimeDelta::hours(3)));
    // What was chosen by hand since stays, for the letter is older.
    world.wait(TimeDelta::minutes(5));
    let start = later + TimeDelta::hours(1);
    let by_hand =
        WantedMove { studio: None, start, minutes: None, reason: "Rapat".into(), consent: None, version: None };
    world.desk.move_to(radio, booking.id, by_hand).unwrap();
    world.act(Role::Head, case, "approve", Some("approved")).unwrap();
    world.act(Role::RadioVerifier, case, "send_schedule", None).unwrap();
    assert_eq!(world.desk.bookings_of(case).unwrap()[0].session.start(), start);
    let paper = pages.ask(Some(office), &format!("/requests/{case}/papers/schedule_guide")).words();
    assert!(paper.contains("180 menit"), "{paper}");
    let log = pages.ask(Some(radio), &format!("/studios/bookings/{}?lang=en", booking.id)).words();
    assert!(log.contains("<td>Moved</td>") && !log.contains("permohonan"), "{log}");
    drop(pages);
    world.ends();
}

#[test]
fn a_booking_is_for_a_request_that_is_there_in_the_studio_of_its_service_and_says_what_can_be_read() {
    let world = World::new();
    let (pages, radio) = (Pages::of(&world), world.id(Role::RadioVerifier));
    let talkshow = world.desk.file_session(world.id(Role::Office), wanted(&world, "ds.talkshow")).unwrap();
    let clip = world.request(b"satu").case;
    world.work();
    let book = |studio: &str, title: &str, case: &str| {
        let form = format!(
            "studio={studio}&title={title}&day=2026-11-26&time=10:00&minutes=60&case={case}&form={title}{case}"
        );
        pages.fill(radio, "/studios/bookings", &form)
    };
    for (studio, title, case, said) in [
        ("studio.radio", "Bincang", "999999", "Permohonan 999999 tidak ada".to_owned()),
        ("studio.radio", "Bincang", &*clip.to_string(), format!("Permohonan {clip} tidak ada, sudah berakhir, atau")),
        ("studio.podcast", "Bincang", &talkshow.to_string(), "Layanan permohonan ini memakai".to_owned()),
        ("studio.radio", "Bincang%0A10.00", "", "satu baris".to_owned()),
        ("studio.radio", "Bincang%E2%80%AEgnacniB", "", "tanpa karakter yang tidak terlihat".to_owned()),
        ("studio.radio", "%E2%80%8B%E2%80%8B", "", "Tulis judul acara".to_owned()),
    ] {
        let answer = book(studio, title, case);
        assert_eq!(answer.status.as_u16(), 422, "{title} {case}: {}", answer.words());
        assert!(answer.words().contains(&said), "{said}: {}", answer.words());
    }
    assert_eq!(world.desk.bookings_of(talkshow).unwrap(), []);
    assert_eq!(book("studio.radio", "Bincang", &talkshow.to_string()).status.as_u16(), 303);
    let booking = world.desk.bookings_of(talkshow).unwrap()[0].id;
    let away = "studio=studio.podcast&day=2026-11-26&time=13:00&reason=Penuh";
    let away = pages.fill(radio, &format!("/studios/bookings/{booking}/move"), away);
    assert!(away.words().contains("Layanan permohonan ini memakai"), "{}", away.words());
    drop(pages);
    world.ends();
}

#[test]
fn the_counter_prints_a_talkshows_approval_gives_one_receipt_for_a_button_pressed_twice_and_asks_whose_letter() {
    let world = World::new();
    let (pages, registry) = (Pages::of(&world), world.id(Role::Registry));
    let case = to_be_approved(&world);
    let paper = format!("/requests/{case}/paper");
    let page = pages.ask(Some(registry), &paper).words();
    assert!(page.contains(&format!("href=\"/requests/{case}/to-sign\"")), "{page}");
    let print = pages.ask(Some(registry), &format!("/requests/{case}/to-sign")).words();
    assert!(print.contains("........") && print.contains("Cegah stunting") && !print.contains("KONSEP"), "{print}");
    let pdf = pages.ask(Some(registry), &format!("/requests/{case}/to-sign.pdf"));
    assert!(pdf.body.starts_with(b"%PDF"), "{}", pdf.words());
    let draft = pages.ask(Some(world.id(Role::Head)), &format!("/requests/{case}/papers/approval")).words();
    assert!(draft.contains("KONSEP / DRAFT"), "who signs reads it before: {draft}");

    let form = page.split("/receipts\"><input type=\"hidden\" name=\"form\" value=\"").nth(1).unwrap();
    let sent = format!("bearer=Siti&brought=surat&form={}", form.split('"').next().unwrap());
    let give = || pages.fill(registry, &format!("/requests/{case}/receipts"), &sent);
    assert_eq!(give().headers.get("location").unwrap(), give().headers.get("location").unwrap());
    let page = pages.ask(Some(registry), &paper).words();
    assert!(page.contains("0001/TT/2026") && !page.contains("0002/TT/2026"), "{page}");

    let letter = "institution=Dinas&topic=Gizi&purpose=Info&material=Naskah&contact=Humas&duration_min=60&\
                  day=2026-11-26&time=13%3A00&number=&date=2026-11-23";
    for (office, said) in [("", "Pilih pemohon."), ("&office=999", "Instansi itu tidak ditemukan")] {
        let answer = pages.fill(registry, "/services/ds.talkshow/new", &format!("{letter}{office}"));
        assert!(answer.status.as_u16() == 422 && answer.words().contains(said), "{office}: {}", answer.words());
        assert!(answer.words().contains("value=\"Gizi\""), "what was typed stays: {}", answer.words());
    }
    drop(pages);
    world.ends();
}

#[test]
fn a_booking_says_when_nobody_runs_it_takes_days_as_letters_write_them_and_an_empty_form_tells_nothing() {
    let world = World::new();
    let (pages, radio, operator) = (Pages::of(&world), world.id(Role::RadioVerifier), world.id(Role::StudioOperator));
    let sent = "studio=studio.radio&title=Bincang&day=26-11-2026&time=10.00&minutes=60&form=a";
    assert_eq!(
        pages.fill(radio, "/studios/bookings", sent).headers.get("location").unwrap(),
        "/studios/bookings/1?done=held"
    );
    let why = pages.ask(Some(world.id(Role::Scheduler)), "/planning/videotron/2026-11-26/why/999");
    assert_eq!(why.status.as_u16(), 404, "a request that is not there has no page: {}", why.words());
    let wrong = pages.fill(radio, "/studios/bookings", &sent.replace("26-11-2026", "lusa"));
    assert!(wrong.words().contains("misalnya 2026-11-24 pukul 10:00"), "{}", wrong.words());
    for sent in ["do=zzz", "do=check", ""] {
        let nothing = pages.fill(operator, "/studios/bookings/1/session", sent);
        assert!(nothing.status.as_u16() == 422 && nothing.words().contains("Belum ada yang ditandai"), "{sent}");
    }
    let day = || pages.ask(Some(radio), "/studios/day/2026-11-26").words();
    assert!(!day().contains("Bukan operator studio lagi"), "{}", day());
    world.desk.take_role(None, operator, Role::StudioOperator).unwrap();
    assert!(day().contains("Bukan operator studio lagi: "), "{}", day());
    let week = pages.ask(Some(radio), "/studios?week=2026-11-24&lang=en").words();
    assert!(week.contains("No studio operator any more"), "{week}");
    drop(pages);
    world.ends();
}

#[test]
fn an_erased_citizens_name_stands_neither_with_the_studio_nor_on_a_receipt_nor_in_a_message() {
    let world = World::new();
    let (pages, registry, radio) = (Pages::of(&world), world.id(Role::Registry), world.id(Role::RadioVerifier));
    let (citizen, _) = world.desk.add_citizen(Some(registry), "Siti Rahma", None).unwrap();
    let usual = wanted(&world, "ds.talkshow");
    let letter = SessionLetter {
        institution: "Siti Rahma".into(),
        topic: "Kisah Siti Rahma".into(),
        purpose: "Siti Rahma bercerita".into(),
        ..usual.letter.clone()
    };
    let asked = NewSession { office: Some(citizen), letter, ..usual };
    let case = world.desk.file_session(registry, asked).unwrap();
    pages.fill(registry, &format!("/requests/{case}/receipts"), "bearer=Siti+Rahma&brought=surat+Siti+Rahma");
    world.act(Role::RadioVerifier, case, "verify", Some("complete-and-eligible")).unwrap();
    let booking = world.desk.bookings_of(case).unwrap()[0].id;
    let told = Entry::Material { what: "Naskah".into(), whose: "Siti Rahma".into() };
    world.desk.tell_session(world.id(Role::StudioOperator), booking, told).unwrap();
    world.act_because(Role::Head, case, "approve", Some("refused"), Some("Studio penuh")).unwrap();
    world.desk.erase_citizen(registry, citizen).unwrap();
    for path in [
        format!("/requests/{case}"),
        format!("/requests/{case}/paper"),
        format!("/studios/bookings/{booking}"),
        "/studios/day/2026-11-26".into(),
        "/".into(),
    ] {
        for by in [registry, radio, world.id(Role::Head)] {
            let page = pages.ask(Some(by), &path).words();
            assert!(!page.contains("Siti") && !page.contains("Rahma"), "{path}: {page}");
        }
    }
    let kept = pages.ask(Some(registry), &format!("/requests/{case}")).words();
    assert!(kept.contains("Kisah (dihapus)"), "{kept}");
    drop(pages);
    world.ends();
}
