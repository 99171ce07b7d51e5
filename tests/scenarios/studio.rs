//! A studio from the wish to the logged session, on its pages; and many who want the same hour at one instant.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use siaran::config::Config;
use siaran::desk::people::Browser;
use siaran::desk::studio::{StudioRefusal, WantedBooking};
use siaran::desk::{Desk, Refusal};
use siaran::domain::people::Role;
use siaran::store::NewPerson;
use siaran::web::{Web, listen, serve};

use crate::pages::{Answer, Pages};
use crate::world::{World, refusal};

const EQUIPMENT: &str = "equipment-camera=1&equipment-mixer=1";

fn hold(day: &str, time: &str, form: &str) -> String {
    format!("form={form}&studio=studio.radio&title=Bincang+stunting&day={day}&time={time}&minutes=60&{EQUIPMENT}")
}

fn goes_to(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

#[test]
fn a_session_is_held_confirmed_made_ready_started_and_logged_on_its_pages() {
    let world = World::new();
    let (pages, verifier, operator) =
        (Pages::of(&world), world.id(Role::RadioVerifier), world.id(Role::StudioOperator));
    let empty = pages.ask(Some(verifier), "/studios");
    assert!(empty.words().contains("Belum ada pemesanan pada minggu ini."), "{}", empty.words());

    let sent = hold("2026-11-23", "10:00", "satu");
    let to = goes_to(&pages.fill(verifier, "/studios/bookings", &sent));
    assert_eq!(to, "/studios/bookings/1?done=held");
    // A button pressed twice books once.
    assert_eq!(goes_to(&pages.fill(verifier, "/studios/bookings", &sent)), to);
    assert!(pages.ask(Some(verifier), &to).words().contains("Dipesan sementara"));

    let start = |pages: &Pages<'_>| pages.fill(operator, "/studios/bookings/1/session", "do=start");
    assert!(start(&pages).words().contains("Pemesanan ini belum pasti."));
    goes_to(&pages.fill(verifier, "/studios/bookings/1/confirm", ""));
    let refused = start(&pages);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("Belum diperiksa: Kamera, Mixer."), "{}", refused.words());
    goes_to(&pages.fill(operator, "/studios/bookings/1/session", "do=check&ready-camera=1&fault-mixer=kanal+3+mati"));
    goes_to(&pages.fill(operator, "/studios/bookings/1/session", "do=material&what=Naskah&whose=dr.+Ani"));

    world.wait(TimeDelta::hours(2));
    goes_to(&start(&pages));
    goes_to(&pages.fill(verifier, "/studios/bookings", &hold("2026-11-23", "14:00", "dua")));
    goes_to(&pages.fill(verifier, "/studios/bookings/2/confirm", ""));
    goes_to(&pages.fill(operator, "/studios/bookings/2/session", "do=check&ready-camera=1&ready-mixer=1"));
    let beside = pages.fill(operator, "/studios/bookings/2/session", "do=start");
    assert_eq!(beside.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(beside.words().contains("masih berlangsung. Catat selesainya dahulu"), "{}", beside.words());
    assert!(pages.fill(verifier, "/studios/bookings/1/cancel", "why=batal").words().contains("sudah dimulai"));
    world.wait(TimeDelta::minutes(55));
    goes_to(&pages.fill(operator, "/studios/bookings/1/session", "do=stop"));
    let day = pages.ask(Some(operator), "/studios/day/2026-11-23").words();
    for said in ["Selesai, 10.00–10.55", "kanal 3 mati", "Naskah", "dr. Ani", "✓"] {
        assert!(day.contains(said), "{said}: {day}");
    }
    let english = pages.ask(Some(operator), "/studios/day/2026-11-23?lang=en").words();
    assert!(english.contains("Over, 10:00–10:55"), "{english}");
    assert!(world.desk.check().unwrap().broken.is_empty());
    world.ends();
}

#[test]
fn a_taken_hour_is_answered_with_free_ones_as_buttons_and_what_is_confirmed_moves_with_consent_alone() {
    let world = World::new();
    let (pages, by) = (Pages::of(&world), world.id(Role::Functional));
    goes_to(&pages.fill(by, "/studios/bookings", &hold("2026-11-24", "10:00", "satu")));
    goes_to(&pages.fill(by, "/studios/bookings/1/confirm", ""));
    let taken = pages.fill(by, "/studios/bookings", &hold("2026-11-24", "10:30", "dua"));
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.words().contains("Studio sudah dipakai pukul 09.30–11.15."), "{}", taken.words());
    assert!(taken.words().contains(r#"name="at" value="2026-11-24T11:45""#), "{}", taken.words());
    let button = format!("{}&at=2026-11-24T11:45", hold("2026-11-24", "10:30", "dua"));
    assert_eq!(goes_to(&pages.fill(by, "/studios/bookings", &button)), "/studios/bookings/2?done=held");

    let alone = "studio=studio.radio&day=2026-11-25&time=09:00&minutes=60&reason=Camat+rapat&version=2";
    let refused = pages.fill(by, "/studios/bookings/1/move", alone);
    assert!(refused.words().contains("Minta persetujuan pemohon"), "{}", refused.words());
    let agreed = format!("{alone}&consent=Bu+Ani+lewat+telepon");
    goes_to(&pages.fill(by, "/studios/bookings/1/move", &agreed));
    let shown = pages.ask(Some(by), "/studios/bookings/1").words();
    assert!(shown.contains("Camat rapat (Bu Ani lewat telepon)"), "{shown}");

    // The second was only held: without a word it is free again after three days, or when it would begin.
    world.wait(TimeDelta::hours(30));
    assert!(pages.ask(Some(by), "/studios/bookings/2").words().contains("Kedaluwarsa"));
    let week = pages.ask(Some(by), "/studios?week=2026-11-24").words();
    assert!(week.contains("Rabu, 25 November 2026") && !week.contains("/studios/bookings/2"), "{week}");
    world.ends();
}

/// One form over a socket of its own; status and body.
fn post(to: SocketAddr, session: &str, form: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(to).unwrap();
    write!(
        socket,
        "POST /studios/bookings HTTP/1.1\r\nHost: localhost\r\nCookie: siaran-session={session}\r\nSec-Fetch-Site: \
         same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// How many ask at once.
const CROWD: usize = 16;
const ROUNDS: i64 = 40;

#[test]
fn of_sixteen_who_want_one_hour_at_once_one_gets_it_and_the_others_read_what_is_free_forty_times() {
    let world = World::new();
    let session = world.desk.open_session(world.id(Role::RadioVerifier), Browser::default()).unwrap();
    let (session, web) = (session.reveal().to_owned(), Web::new(world.desk.clone()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let listener = runtime.block_on(listen(&web, "127.0.0.1:0".parse().unwrap())).unwrap();
    let to = listener.local_addr().unwrap();
    let server = runtime.spawn(serve(web, listener, async move { drop(ended.await) }));
    for round in 0..ROUNDS {
        let day = (world.desk.now() + TimeDelta::days(1 + round)).format("%Y-%m-%d").to_string();
        let start = Arc::new(Barrier::new(CROWD));
        let crowd: Vec<_> = (0..CROWD)
            .map(|n| {
                // In every second round wishes overlap by half: ten o'clock, half past ten.
                let time = if round % 2 == 1 && n % 2 == 1 { "10:30" } else { "10:00" };
                let (form, session) = (hold(&day, time, &format!("r{round}n{n}")), session.clone());
                let start = Arc::clone(&start);
                thread::spawn(move || {
                    start.wait();
                    post(to, &session, &form)
                })
            })
            .collect();
        let answers: Vec<(u16, String)> = crowd.into_iter().map(|one| one.join().unwrap()).collect();
        let booked = answers.iter().filter(|(status, _)| *status == 303).count();
        assert_eq!(booked, 1, "round {round}: {:?}", answers.iter().map(|(s, _)| s).collect::<Vec<_>>());
        for (status, body) in answers.iter().filter(|(status, _)| *status != 303) {
            assert_eq!(*status, 409, "round {round}: {body}");
            assert!(body.contains("Studio sudah dipakai pukul") && body.contains("name=\"at\" value="), "{body}");
        }
    }
    end.send(()).unwrap();
    runtime.block_on(server).unwrap().unwrap();
    let report = world.desk.check().unwrap();
    assert_eq!(report.broken, []);
    // Room, operator, live slot, camera and mixer, once a round.
    assert_eq!(report.claims, 5 * usize::try_from(ROUNDS).unwrap());
    world.ends();
}

#[test]
fn the_database_keeps_what_a_desk_of_another_process_has_just_held() {
    let world = World::new();
    let (other, by) = (world.another_desk(), world.id(Role::RadioVerifier));
    let start = "2026-11-24T03:00:00Z".parse().unwrap();
    let wanted = WantedBooking::usual("studio.podcast".parse().unwrap(), "Siniar", start, 60);
    world.desk.hold(by, wanted.clone()).unwrap();
    let refused = other.hold(by, wanted).unwrap_err().to_string();
    assert!(refused.starts_with("The studio is taken 09:30–11:15."), "{refused}");
    assert!(
        refused.contains("Free: Tuesday, 24 November 2026 at 08:15 WIB; Tuesday, 24 November 2026 at 11:45 WIB"),
        "{refused}"
    );
    world.ends();
}

#[test]
fn a_studio_that_keeps_the_offices_days_says_which_holiday_it_is_and_offers_the_day_beside_it() {
    let world = World::new();
    let config = Config::parse(world.home(), "[studio.\"studio.radio\"]\noffice_days = true\n").unwrap();
    let desk = Desk::open(config, world.clock.clone()).unwrap();
    let operator = world.id(Role::StudioOperator);
    let wanted = |at: &str| WantedBooking::usual("studio.radio".parse().unwrap(), "Rapat", at.parse().unwrap(), 60);
    // Christmas, and the Saturday after it: `sop/holidays-2026.csv` and the office's week say so.
    for (at, why) in [("2026-12-25T03:00:00Z", "Kelahiran Yesus Kristus"), ("2026-12-26T03:00:00Z", "kantor libur")] {
        let no = refusal(desk.hold(operator, wanted(at)));
        let Refusal::Studio(StudioRefusal::NotFree(not)) = no else { panic!("{no:?}") };
        let said = &not.clashes[0];
        assert_eq!(said.code, "closed");
        assert!(said.text.id.starts_with("Studio tutup pada hari itu: ") && said.text.id.contains(why), "{said:?}");
        assert!(!not.alternatives.is_empty());
        for free in &not.alternatives {
            assert!(free.text.en.contains("December 2026") && !free.text.en.contains("Saturday"), "{free:?}");
        }
    }
    desk.hold(operator, wanted("2026-12-28T03:00:00Z")).unwrap();
    world.ends();
}

#[test]
fn another_operator_who_is_free_takes_over_on_record_and_all_who_operate_read_so() {
    let world = World::new();
    let (pages, operator) = (Pages::of(&world), world.id(Role::StudioOperator));
    let zainal = NewPerson { name: "Zainal".into(), email: "zainal@kab.go.id".into(), office: None };
    let zainal = world.desk.add_person(None, zainal, &[Role::StudioOperator]).unwrap().person;
    let wanted = |studio: &str, title: &str| {
        WantedBooking::usual(studio.parse().unwrap(), title, "2026-11-23T03:00:00Z".parse().unwrap(), 60)
    };
    let held = world.desk.hold(operator, wanted("studio.radio", "Bincang stunting")).unwrap();
    assert_eq!(held.operators, [operator]);
    let path = format!("/studios/bookings/{}/operator", held.id);
    let form = |takes, reason: &str| format!("leaves={operator}&takes={takes}&version=1&reason={reason}");
    let day = || pages.ask(Some(operator), "/studios/day/2026-11-23").words();
    assert!(day().contains(&format!("<option value=\"{zainal}\">Zainal</option>")), "{}", day());
    let without = pages.fill(operator, &path, &form(zainal, ""));
    assert!(without.status.as_u16() == 422 && without.words().contains("Tulis alasannya"), "{}", without.words());
    let stranger = pages.fill(operator, &path, &form(world.id(Role::Monitor), "sakit"));
    assert!(stranger.words().contains("Pilih yang ada di daftar"), "{}", stranger.words());

    assert_eq!(pages.fill(operator, &path, &form(zainal, "sakit")).status.as_u16(), 303);
    assert_eq!(world.desk.booking(held.id).unwrap().booking.operators, [zainal]);
    assert!(day().contains("Dipindahkan: operator Operator Radio/Studio → Zainal (sakit)"), "{}", day());
    let told = pages.ask(Some(zainal), "/?lang=en").words();
    assert!(told.contains("Another operator: Bincang stunting") && told.contains("Zainal takes over from"), "{told}");
    let late = pages.fill(operator, &path, &form(zainal, "sakit"));
    assert_eq!(late.status.as_u16(), 422, "somebody was faster");

    // Whoever left is free for another session at that hour; then nobody is left who could take over.
    let other = world.desk.hold(operator, wanted("studio.podcast", "Rapat")).unwrap();
    assert_eq!(other.operators, [operator]);
    assert_eq!(day().matches("Tidak ada operator lain yang kosong").count(), 2, "{}", day());
    drop(pages);
    world.ends();
}
