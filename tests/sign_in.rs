//! Letting people in, from the first link to the last request of a session.

#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use siaran::config::Config;
use siaran::desk::people::{Browser, LINK_LASTS, Link, SESSION_IDLE, SESSION_LASTS};
use siaran::desk::{Desk, DeskError, Refusal, Token};
use siaran::domain::people::{Form, OpdGroup, Role};
use siaran::domain::time::{Clock, Instant, Reading};
use siaran::store::{NewOffice, NewPerson};

const PHRASE: &str = "kuda laut makan malam";

/// A clock that moves when the story says so.
struct Hand(Mutex<Instant>);

impl Clock for Hand {
    fn read(&self) -> Reading {
        Reading { utc: *self.0.lock().unwrap(), monotonic: Duration::ZERO, synchronised: true }
    }
}

struct Home {
    desk: Desk,
    clock: Arc<Hand>,
    _folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(Mutex::new("2026-11-23T01:00:00Z".parse().unwrap())));
        let desk = Desk::open(Config::parse(folder.path(), "").unwrap(), clock.clone()).unwrap();
        Home { desk, clock, _folder: folder }
    }
    fn wait(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }
    fn add(&self, email: &str, roles: &[Role]) -> Link {
        let person = NewPerson { name: "Seseorang".into(), email: email.into(), office: None };
        self.desk.add_person(None, person, roles).unwrap()
    }
    fn sign_in(&self, email: &str, password: &str) -> Result<Token, DeskError> {
        self.desk.sign_in(email, password, Browser::default())
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, DeskError>) -> Refusal {
    match result.unwrap_err() {
        DeskError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[test]
fn a_one_time_link_sets_a_password_once_and_the_password_signs_in() {
    let home = Home::new();
    let link = home.add("Admin@Kab.go.id", &[Role::Admin]);
    assert_eq!(refusal(home.desk.set_password(&link.token, "pendek")), Refusal::Password);
    assert_eq!(home.desk.set_password(&link.token, PHRASE).unwrap(), link.person);
    assert_eq!(refusal(home.desk.set_password(&link.token, PHRASE)), Refusal::Link);
    let token = home.sign_in(" admin@kab.go.id", PHRASE).unwrap();
    let who = home.desk.signed_in(&token).unwrap().unwrap();
    assert!(who.person.holds(Role::Admin));
    assert!(home.desk.confirms_password(link.person, PHRASE).unwrap());
    let trail = home.desk.store.read(|r| r.audit_verify()).unwrap().unwrap();
    assert_eq!(trail.rows, 5, "added, role, link, password, signed in");
}

#[test]
fn a_wrong_password_an_unknown_address_and_an_unused_link_read_the_same() {
    let home = Home::new();
    let link = home.add("a@b", &[Role::Admin]);
    assert_eq!(refusal(home.sign_in("a@b", PHRASE)), Refusal::SignIn);
    home.desk.set_password(&link.token, PHRASE).unwrap();
    assert_eq!(refusal(home.sign_in("a@b", "kuda laut makan siang")), Refusal::SignIn);
    assert_eq!(refusal(home.sign_in("nobody@b", PHRASE)), Refusal::SignIn);
}

#[test]
fn a_link_runs_out_and_a_newer_one_voids_it() {
    let home = Home::new();
    let first = home.add("a@b", &[Role::Admin]);
    let second = home.desk.invite(None, first.person).unwrap();
    assert_eq!(refusal(home.desk.set_password(&first.token, PHRASE)), Refusal::Link);
    home.wait(LINK_LASTS);
    assert_eq!(refusal(home.desk.set_password(&second.token, PHRASE)), Refusal::Link);
    assert_eq!(refusal(home.desk.set_password(&Token::given("00"), PHRASE)), Refusal::Link);
}

#[test]
fn a_session_ends_by_idling_by_age_by_signing_out_and_by_a_new_password() {
    let home = Home::new();
    let link = home.add("a@b", &[Role::Admin]);
    home.desk.set_password(&link.token, PHRASE).unwrap();
    let alive = |token: &Token| home.desk.signed_in(token).unwrap().is_some();

    let idle = home.sign_in("a@b", PHRASE).unwrap();
    home.wait(SESSION_IDLE - TimeDelta::seconds(1));
    assert!(alive(&idle));
    home.wait(SESSION_IDLE);
    assert!(!alive(&idle), "idle");

    let busy = home.sign_in("a@b", PHRASE).unwrap();
    let mut lasted = TimeDelta::zero();
    while alive(&busy) {
        home.wait(TimeDelta::minutes(20));
        lasted += TimeDelta::minutes(20);
    }
    assert_eq!(lasted, SESSION_LASTS, "age");

    let out = home.sign_in("a@b", PHRASE).unwrap();
    home.desk.sign_out(&out).unwrap();
    assert!(!alive(&out), "signed out");

    let old = home.sign_in("a@b", PHRASE).unwrap();
    let link = home.desk.invite(None, link.person).unwrap();
    home.desk.set_password(&link.token, "kuda laut makan siang").unwrap();
    assert!(!alive(&old), "password changed");
}

#[test]
fn a_role_given_or_taken_counts_at_once_in_the_open_session() {
    let home = Home::new();
    let admin = home.add("admin@b", &[Role::Admin]).person;
    let link = home.add("kadis@b", &[]);
    home.desk.set_password(&link.token, PHRASE).unwrap();
    let token = home.sign_in("kadis@b", PHRASE).unwrap();
    let roles = || home.desk.signed_in(&token).unwrap().unwrap().person.roles();
    let until = home.desk.now() + TimeDelta::days(3);
    home.desk.give_role(Some(admin), link.person, Role::Head, Form::Plh, Some(until)).unwrap();
    assert!(roles().contains(&Role::Head));
    home.desk.take_role(Some(admin), link.person, Role::Head).unwrap();
    assert!(!roles().contains(&Role::Head));
    home.desk.disable(Some(admin), link.person).unwrap();
    assert!(home.desk.signed_in(&token).unwrap().is_none());
}

#[test]
fn only_an_administrator_lets_people_in_and_the_last_one_stays() {
    let home = Home::new();
    let admin = home.add("admin@b", &[Role::Admin]).person;
    let other = home.add("other@b", &[Role::Operator]).person;
    let office = NewOffice::usual("Dinas Kesehatan", OpdGroup::Opd);
    assert_eq!(refusal(home.desk.add_office(Some(other), office.clone())), Refusal::NeedsRole(Role::Admin));
    assert_eq!(refusal(home.desk.take_role(Some(admin), admin, Role::Admin)), Refusal::LastAdmin);
    assert_eq!(refusal(home.desk.disable(Some(admin), admin)), Refusal::LastAdmin);
    home.desk.add_office(Some(admin), office.clone()).unwrap();
    assert_eq!(refusal(home.desk.add_office(Some(admin), office)), Refusal::Taken { name: "Dinas Kesehatan".into() });
    let sender = NewPerson { name: "Pemohon".into(), email: "p@b".into(), office: None };
    assert_eq!(refusal(home.desk.add_person(Some(admin), sender, &[Role::Office])), Refusal::OfficeWanted);
}
