//! Talkshow and podcast, from the letter to the archive, by the pages alone.

use chrono::TimeDelta;
use siaran::desk::review::WantedAct;
use siaran::desk::sessions::NewSession;
use siaran::desk::studio::{Entry, WantedBooking};
use siaran::domain::ids::{CaseId, PersonId};
use siaran::domain::people::{Form, OpdGroup, Role};
use siaran::domain::session::SessionLetter;
use siaran::domain::studio::{BookingState, Progress};
use siaran::domain::time::Instant;
use siaran::store::{NewOffice, NewPerson};

use crate::pages::Pages;
use crate::world::{World, refusal};

pub const PASSWORD: &str = "kuda-laut-terbang-malam";

/// Gives somebody a password, as the one-time link does.
pub fn with_password(world: &World, id: PersonId) {
    let link = world.desk.invite(None, id).unwrap();
    world.desk.set_password(&link.token, PASSWORD).unwrap();
}

/// A letter as the form sends it.
fn letter_form(topic: &str) -> String {
    format!(
        "institution=Dinas+Kesehatan&topic={topic}&purpose=Sosialisasi&material=Naskah+dan+lagu&\
         contact=Humas%2C+061+7951852&duration_min=60&day=2026-11-26&time=10%3A00&number=005%2F9&date=2026-11-23"
    )
}

pub fn wanted(world: &World, service: &str) -> NewSession {
    let letter = SessionLetter {
        institution: "Dinas Kesehatan".into(),
        topic: "Cegah stunting".into(),
        purpose: "Sosialisasi".into(),
        material: "Naskah".into(),
        contact: "Humas, 061 7951852".into(),
        duration_min: 60,
        wanted_at: "2026-11-26T03:00:00Z".parse().unwrap(),
        number: String::new(),
        date: world.desk.zone().date_of(world.desk.now()),
    };
    NewSession { office: None, service: service.parse().unwrap(), letter, form: None, scan: None }
}

/// Files by the page; the case.
fn file(pages: &Pages<'_>, by: PersonId, service: &str, topic: &str) -> CaseId {
    let form = pages.ask(Some(by), &format!("/services/{service}/new")).words();
    let name = form.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = format!("{}&form={name}", letter_form(topic));
    let sent = pages.fill(by, &format!("/services/{service}/new"), &body);
    let to = |answer: &crate::pages::Answer| {
        let to = answer.headers.get("location").unwrap_or_else(|| panic!("{}", answer.words()));
        to.to_str().unwrap().to_owned()
    };
    let again = pages.fill(by, &format!("/services/{service}/new"), &body);
    assert_eq!(to(&sent), to(&again), "a button pressed twice files one request");
    let path = to(&sent);
    CaseId(path.trim_start_matches("/requests/").split('?').next().unwrap().parse().unwrap())
}

/// Does a step by the case's page, as whoever holds the role; the page must offer it.
fn act(pages: &Pages<'_>, world: &World, by: PersonId, case: CaseId, choice: &str, more: &str) {
    let page = pages.ask(Some(by), &format!("/requests/{case}")).words();
    let offered = page.contains(&format!("name=\"choice\" value=\"{choice}\""))
        || page.contains(&format!("id=\"choice-{choice}\""));
    assert!(offered, "{choice} is offered: {page}");
    let version = world.desk.any_case_file(case).unwrap().row.version;
    let step = world.step(case);
    let body = format!("step={step}&version={version}&choice={choice}&password={PASSWORD}{more}");
    let answer = pages.fill(by, &format!("/requests/{case}/act"), &body);
    assert_eq!(answer.status.as_u16(), 303, "{step} {choice}: {}", answer.words());
}

/// The operator finds the equipment ready where nobody has, begins the session and ends it, by the case's page.
fn held(pages: &Pages<'_>, world: &World, case: CaseId, start: Instant) {
    world.wait(start - world.desk.now());
    let studio = world.id(Role::StudioOperator);
    for entry in ["ready", "start", "stop"] {
        let page = pages.ask(Some(studio), &format!("/requests/{case}")).words();
        if !page.contains(&format!("name=\"entry\" value=\"{entry}\"")) {
            assert_eq!(entry, "ready", "{page}");
            continue;
        }
        let all = "ready-camera=1&ready-recorder=1&ready-lighting=1&ready-mixer=1&ready-computer=1&ready-microphone=1";
        let answer = pages.fill(studio, &format!("/requests/{case}/stamp"), &format!("entry={entry}&{all}"));
        assert_eq!(answer.status.as_u16(), 303, "{entry}: {}", answer.words());
        world.wait(TimeDelta::minutes(30));
    }
    let log = world.desk.any_case_file(case).unwrap().session().unwrap().log.progress();
    assert!(matches!(log, Progress::Over { .. }), "{log:?}");
}

/// The same without the pages.
pub fn hold_session(world: &World, case: CaseId) {
    let booking = world.desk.bookings_of(case).unwrap().pop().unwrap();
    world.wait(booking.session.start() - world.desk.now());
    let ready = booking.equipment.iter().cloned().map(Entry::Ready);
    for entry in ready.chain([Entry::Start, Entry::Stop]) {
        world.desk.tell_session(world.id(Role::StudioOperator), booking.id, entry).unwrap();
    }
}

#[test]
fn what_a_refused_request_or_an_absent_guest_kept_is_free_again_or_says_so() {
    let world = World::new();
    let case = world.desk.file_session(world.id(Role::Office), wanted(&world, "ds.talkshow")).unwrap();
    world.act(Role::RadioVerifier, case, "verify", Some("complete-and-eligible")).unwrap();
    world.act_because(Role::Head, case, "approve", Some("refused"), Some("Studio diperbaiki")).unwrap();
    assert_eq!(world.desk.bookings_of(case).unwrap()[0].state, BookingState::Cancelled);

    let case = world.desk.file_session(world.id(Role::Office), wanted(&world, "ds.talkshow")).unwrap();
    for (role, step, choice) in [
        (Role::RadioVerifier, "verify", Some("complete-and-eligible")),
        (Role::Head, "approve", Some("approved")),
        (Role::RadioVerifier, "send_schedule", None),
        (Role::StudioOperator, "coordinate", None),
    ] {
        world.act(role, case, step, choice).unwrap();
    }
    let listed = world.desk.any_case_file(case).unwrap().step().unwrap().checklist.clone();
    let act = WantedAct { step: "equipment".into(), ticked: listed.into_iter().collect(), ..WantedAct::default() };
    world.desk.act(world.id(Role::StudioOperator), case, act).unwrap();
    world.act(Role::StudioOperator, case, "material", None).unwrap();
    let booking = world.desk.bookings_of(case).unwrap()[0].clone();
    world.wait(booking.session.start() + TimeDelta::minutes(20) - world.desk.now());
    world.act(Role::StudioOperator, case, "attend", Some("no-show")).unwrap();
    let found = world.desk.any_case_file(case).unwrap();
    assert_eq!(found.standing().text().id, "Pemohon tidak hadir");
    let log = world.desk.booking(booking.id).unwrap().log;
    assert!(matches!(log.progress(), Progress::NoShow { .. }), "{log:?}");
    assert_eq!(log.ready().len(), 6, "the case's checklist is the studio's");
    world.ends();
}

const READY: &str =
    "&ready-mixer=1&ready-microphone=1&ready-komputer=1&ready-perekam-suara=1&ready-kamera=1&ready-lighting=1";

#[test]
fn a_citizen_asks_for_a_talkshow_and_is_led_from_the_letter_to_the_archive() {
    let world = World::new();
    let citizen = world.desk.add_office(None, NewOffice::usual("Siti Rahma", OpdGroup::Citizen)).unwrap();
    let siti = NewPerson { name: "Siti Rahma".into(), email: "siti@contoh.id".into(), office: Some(citizen) };
    let siti = world.desk.add_person(None, siti, &[Role::Office]).unwrap().person;
    with_password(&world, world.id(Role::Head));
    let pages = Pages::of(&world);

    let services = pages.ask(Some(siti), "/services").words();
    assert!(services.contains("href=\"/services/ds.talkshow/new\"") && services.contains("1 hari kerja"), "{services}");
    assert!(services.contains("Layanan ini hanya untuk: OPD, Instansi vertikal, Pemerintah desa."), "{services}");
    assert!(!services.contains("href=\"/requests/new\""), "the videotron is not for citizens");

    let case = file(&pages, siti, "ds.talkshow", "Cegah+stunting");
    let (radio, studio) = (world.id(Role::RadioVerifier), world.id(Role::StudioOperator));
    assert_eq!(world.inbox(radio), ["Verifikasi: Cegah stunting"]);
    act(&pages, &world, radio, case, "incomplete", "&reason=Sebutkan+narasumber");
    let returned = pages.ask(Some(siti), &format!("/requests/{case}")).words();
    assert!(returned.contains("Sebutkan narasumber") && returned.contains("/session\""), "{returned}");
    let revised = pages.fill(siti, &format!("/requests/{case}/session"), &letter_form("Cegah+stunting+bersama"));
    assert_eq!(revised.status.as_u16(), 303, "{}", revised.words());

    // Somebody else has the studio at that hour: the nearest free one is offered, and taken.
    let other =
        WantedBooking::usual("studio.radio".parse().unwrap(), "Rapat", "2026-11-26T03:00:00Z".parse().unwrap(), 60);
    world.desk.hold(studio, other).unwrap();
    let version = world.desk.any_case_file(case).unwrap().row.version;
    let path = format!("/requests/{case}/act");
    let body = format!("step=verify&version={version}&choice=complete-and-eligible&day=2026-11-26&time=10%3A00");
    let full = pages.fill(radio, &path, &body);
    assert_eq!(full.status.as_u16(), 409, "{}", full.words());
    let offered = full.words();
    assert!(offered.contains("Waktu terdekat yang kosong"), "{offered}");
    let free = offered.split("name=\"nearest\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    act(&pages, &world, radio, case, "complete-and-eligible", &format!("&nearest={}", free.replace(':', "%3A")));
    act(&pages, &world, world.id(Role::Head), case, "approved", "");
    act(&pages, &world, radio, case, "coordinate", "");
    let booked = world.desk.bookings_of(case).unwrap();
    assert_eq!(booked.iter().map(|b| b.state).collect::<Vec<_>>(), [BookingState::Confirmed]);
    let mine = pages.ask(Some(siti), &format!("/requests/{case}?lang=en")).words();
    assert!(mine.contains("Broadcast schedule + technical guide") && mine.contains("001/PENGUMUMAN/2026"), "{mine}");
    let approval = pages.ask(Some(siti), &format!("/requests/{case}/papers/approval")).words();
    assert!(approval.contains("001/PERSETUJUAN/2026") && approval.contains("Kode pemeriksaan"), "{approval}");
    act(&pages, &world, siti, case, "equipment", "&reason=Uji+coba+Rabu");
    let half = pages.fill(studio, &format!("/requests/{case}/act"), "step=equipment&choice=material&ready-mixer=1");
    assert!(half.status.as_u16() == 422 && half.words().contains("microphone, komputer"), "{}", half.words());
    act(&pages, &world, studio, case, "material", READY);
    act(&pages, &world, studio, case, "attend", "&reason=Naskah+diterima");
    act(&pages, &world, siti, case, "present", "");
    let early = pages.fill(studio, &path, "step=onair&choice=archive");
    assert!(early.status.as_u16() == 422 && early.words().contains("belum dicatat mulai"), "{}", early.words());
    held(&pages, &world, case, booked[0].session.start());
    act(&pages, &world, studio, case, "archive", "");
    act(&pages, &world, studio, case, "done", "");
    let ended = pages.ask(Some(siti), &format!("/requests/{case}")).words();
    assert!(ended.contains("Selesai"), "{ended}");
    drop(pages);
    world.ends();
}

#[test]
fn a_session_after_midnight_is_on_the_day_that_was_written() {
    let world = World::new();
    let pages = Pages::of(&world);
    let office = world.id(Role::Office);
    let body = letter_form("Sahur+bersama").replace("time=10%3A00", "time=00%3A30");
    let sent = pages.fill(office, "/services/ds.talkshow/new", &body);
    let path = sent.headers.get("location").unwrap().to_str().unwrap().split('?').next().unwrap().to_owned();
    let page = pages.ask(Some(office), &path).words();
    assert!(page.contains("Kamis, 26 November 2026 pukul 00.30 WIB"), "{page}");
    drop(pages);
    world.ends();
}

#[test]
fn whoever_may_not_ask_for_a_service_is_told_who_may() {
    let world = World::new();
    let citizen = world.desk.add_office(None, NewOffice::usual("Siti Rahma", OpdGroup::Citizen)).unwrap();
    let siti = NewPerson { name: "Siti Rahma".into(), email: "siti@contoh.id".into(), office: Some(citizen) };
    let siti = world.desk.add_person(None, siti, &[Role::Office]).unwrap().person;
    let video = refusal(world.try_request(siti, &mut &b"video"[..], Some(5)));
    assert!(
        video.text().id.contains("hanya dapat diajukan oleh: OPD, Instansi vertikal, Pemerintah desa."),
        "{video:?}"
    );
    let village = world.desk.add_office(None, NewOffice::usual("Desa Bakaran", OpdGroup::Village)).unwrap();
    let asked = NewSession { office: Some(village), ..wanted(&world, "ds.podcast") };
    let podcast = refusal(world.desk.file_session(world.id(Role::Registry), asked));
    assert!(podcast.text().en.contains("is for: Regional office, Citizen."), "{podcast:?}");
    world.ends();
}

#[test]
fn sekdis_returns_a_podcast_once_and_as_plh_kadis_signs_once_for_both_rungs() {
    let world = World::new();
    let secretary = world.id(Role::Secretary);
    world.desk.give_role(None, secretary, Role::Head, Form::Plh, None).unwrap();
    with_password(&world, secretary);
    let pages = Pages::of(&world);
    let case = file(&pages, world.id(Role::Office), "ds.podcast", "Digitalisasi+desa");
    let (jafung, kabid) = (world.id(Role::Functional), world.id(Role::DivisionHead));
    act(&pages, &world, jafung, case, "acceptable", "");
    act(&pages, &world, jafung, case, "paraf_kabid", "");
    let office = pages.ask(Some(world.id(Role::Office)), &format!("/requests/{case}/papers/schedule"));
    assert_eq!(office.status.as_u16(), 404, "a draft is no applicant's business");
    act(&pages, &world, kabid, case, "conforms", "");
    act(&pages, &world, secretary, case, "does-not-conform", "&reason=Jam+bentrok+apel");
    assert_eq!(world.step(case), "paraf_kabid");
    let draft = pages.ask(Some(kabid), &format!("/requests/{case}/papers/schedule")).words();
    assert!(draft.contains("KONSEP / DRAFT") && !draft.contains("Paraf Kabid"), "a return takes the initials: {draft}");
    act(&pages, &world, kabid, case, "conforms", "");

    let asked = pages.ask(Some(secretary), &format!("/requests/{case}")).words();
    assert!(
        asked.contains("Anda juga memegang jabatan Plh. Kepala Dinas") && asked.contains("type=\"password\""),
        "{asked}"
    );
    let unsigned =
        pages.fill(secretary, &format!("/requests/{case}/act"), "step=paraf_sekdis&choice=conforms&password=x");
    assert_eq!(unsigned.status.as_u16(), 422, "what signs wants the password");
    act(&pages, &world, secretary, case, "conforms", "");
    assert_eq!(world.step(case), "deliver");
    let moves = world.desk.any_case_file(case).unwrap().moves;
    let rungs: Vec<_> = moves[moves.len() - 2..].iter().map(|m| (m.actor.as_str(), m.form, m.with)).collect();
    let version = moves[moves.len() - 2].version;
    assert_eq!(rungs, [("ds.sekdis", Form::Definitif, None), ("ds.kadis", Form::Plh, Some(version))]);
    let trail = format!("{:?}", world.desk.store.read(|r| r.audit_of_case(case)).unwrap());
    assert!(trail.contains("with_version"), "{trail}");

    act(&pages, &world, jafung, case, "record", "");
    let schedule = pages.ask(Some(world.id(Role::Office)), &format!("/requests/{case}/papers/schedule")).words();
    for said in [
        "001/JADWAL/2026",
        "Paraf Kabid Komunikasi Publik / IKP",
        "Paraf Sekretaris Dinas",
        "Plh. Kepala Dinas",
        "satu tanda tangan berlaku untuk paraf dan tanda tangan",
    ] {
        assert!(schedule.contains(said), "{said}: {schedule}");
    }
    let session = world.desk.bookings_of(case).unwrap()[0].session;
    assert!(schedule.contains("26 November 2026 pukul 10.00 WIB"), "{schedule}");
    held(&pages, &world, case, session.start());
    act(&pages, &world, world.id(Role::StudioOperator), case, "publish", "");
    act(&pages, &world, jafung, case, "done", "");
    assert_eq!(world.step(case), "done");
    drop(pages);
    world.ends();
}

#[test]
fn a_letters_scan_comes_along_with_its_form_and_what_is_no_scan_files_nothing() {
    let world = World::new();
    let pages = Pages::of(&world);
    let office = world.id(Role::Office);
    let form = pages.ask(Some(office), "/services/ds.talkshow/new").words();
    assert!(form.contains("enctype=\"multipart/form-data\"") && form.contains("name=\"scan\" type=\"file\""), "{form}");
    let fields = [
        ("institution", "Dinas Kesehatan"),
        ("topic", "Cegah stunting"),
        ("purpose", "Sosialisasi"),
        ("material", "Naskah"),
        ("contact", "Humas, 061 7951852"),
        ("duration_min", "60"),
        ("day", "2026-11-26"),
        ("time", "10:00"),
        ("number", "005/9"),
        ("date", "2026-11-23"),
    ];
    let path = "/services/ds.talkshow/new";
    let text = pages.fill_with_file(office, path, &fields, ("scan", "surat.pdf", b"#!/bin/sh"));
    assert_eq!(text.status.as_u16(), 422);
    assert!(text.words().contains("id=\"scan-why\"") && text.words().contains("Cegah stunting"), "{}", text.words());
    let late = fields.map(|(name, value)| (name, if name == "day" { "2026-11-22" } else { value }));
    let late = pages.fill_with_file(office, path, &late, ("scan", "surat.pdf", b"%PDF-1.7 surat"));
    assert!(late.words().contains("Pilih pindaiannya sekali lagi"), "{}", late.words());
    assert_eq!(world.desk.cases(&world.person(Role::Head)).unwrap().len(), 0, "nothing was filed");

    // Without a file a browser sends the field all the same.
    let none = pages.fill_with_file(office, path, &fields, ("scan", "", b""));
    assert_eq!(none.status.as_u16(), 303, "{}", none.words());
    let sent = pages.fill_with_file(office, path, &fields, ("scan", "surat.pdf", b"%PDF-1.7 surat"));
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.words());
    let case = CaseId(2);
    let paper = pages.ask(Some(world.id(Role::RadioVerifier)), &format!("/requests/{case}/paper")).words();
    assert!(paper.contains("surat.pdf"), "{paper}");

    // A corrected letter brings its scan too.
    act(&pages, &world, world.id(Role::RadioVerifier), case, "incomplete", "&reason=Tanda+tangan+belum+ada");
    let again = format!("/requests/{case}/session");
    let sent =
        pages.fill_with_file(office, &again, &fields, ("scan", "surat-2.pdf", b"%PDF-1.7 surat bertanda tangan"));
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.words());
    let (_, scans) = world.desk.paperwork(&world.person(Role::Head), case).unwrap();
    assert_eq!(scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["surat.pdf", "surat-2.pdf"]);
    let trail = format!("{:?}", world.desk.store.read(|r| r.audit_of_case(case)).unwrap());
    assert_eq!(trail.matches("scan_added").count(), 2, "{trail}");
    drop(pages);
    world.ends();
}

#[test]
fn lists_say_of_which_service_each_request_is_and_show_one_alone() {
    let world = World::new();
    let pages = Pages::of(&world);
    let (office, radio) = (world.id(Role::Office), world.id(Role::RadioVerifier));
    world.request(b"video");
    world.work();
    let case = world.desk.file_session(office, wanted(&world, "ds.talkshow")).unwrap();
    let all = pages.ask(Some(office), "/requests").words();
    assert!(all.contains("Pelayanan Talkshow (radio)") && all.contains("Penayangan Video/Konten Videotron"), "{all}");
    assert!(all.contains("Cegah stunting") && all.contains("href=\"/requests?service=ds.talkshow\""), "{all}");
    let one = pages.ask(Some(office), "/requests?service=ds.videotron").words();
    assert!(!one.contains("Cegah stunting"), "{one}");
    let wrong = pages.ask(Some(office), "/requests?service=ds.nothing").words();
    assert!(wrong.contains("Cegah stunting"), "what is no service shows all: {wrong}");
    let inbox = pages.ask(Some(radio), "/?lang=en").words();
    assert!(inbox.contains("Radio talkshow · Dinas Kesehatan"), "{inbox}");

    // From the request to the day of its studio and back, for staff; an applicant has no such page.
    world.act(Role::RadioVerifier, case, "verify", Some("complete-and-eligible")).unwrap();
    let booking = world.desk.bookings_of(case).unwrap()[0].id;
    let link = format!("/studios/day/2026-11-26#b{booking}");
    let request = pages.ask(Some(radio), &format!("/requests/{case}")).words();
    assert!(request.contains(&format!("href=\"{link}\"")), "{request}");
    let day = pages.ask(Some(radio), "/studios/day/2026-11-26").words();
    assert!(
        day.contains(&format!("id=\"b{booking}\"")) && day.contains(&format!("href=\"/requests/{case}\"")),
        "{day}"
    );
    let own = pages.ask(Some(office), &format!("/requests/{case}")).words();
    assert!(!own.contains("/studios/day"), "{own}");
    drop(pages);
    world.ends();
}
