//! The same clip for a new period, asked for on a page.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use siaran::domain::ids::CaseId;
use siaran::domain::people::Role;
use siaran::domain::time::Instant;
use siaran::store::Scope;

use crate::pages::{Answer, Pages};
use crate::world::World;

/// The fields of the page as a browser sends them, with every declaration ticked.
fn as_shown(page: &str) -> String {
    let value_of = |tag: &str, name: &str| {
        let start = format!("{name}=\"");
        tag.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value.to_owned())
    };
    let (_, form) = page.split_once("/again\"").expect("the form");
    let (form, _) = form.split_once("</form>").unwrap();
    let mut fields = Vec::new();
    for tag in form.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap()) {
        let unticked = tag.contains("type=\"radio\"") && !tag.contains("checked");
        if let (Some(name), false) = (value_of(tag, "name"), unticked) {
            fields.push((name, value_of(tag, "value").unwrap_or_default()));
        }
    }
    let (_, text) = form.split_once("<textarea").unwrap();
    let text = text.split_once('>').unwrap().1.split_once("</textarea>").unwrap().0;
    fields.push(("description".into(), text.to_owned()));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let escaped = |text: &str| -> String {
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

fn to(answer: &Answer) -> &str {
    answer.headers.get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.words())).to_str().unwrap()
}

#[test]
fn an_aired_clip_is_asked_for_again_without_an_upload_and_is_decided_anew_beside_the_earlier_decision() {
    let world = World::new();
    let pages = Pages::of(&world);
    let office = world.id(Role::Office);
    let first = world.playable_request(b"posyandu").case;
    world.wait(TimeDelta::days(3));

    let list = pages.ask(Some(office), "/requests").words();
    assert!(list.contains(&format!("/requests/{first}/again")), "{list}");
    assert!(pages.ask(Some(office), &format!("/requests/{first}")).words().contains("Ajukan lagi untuk periode baru"));
    let page = pages.ask(Some(office), &format!("/requests/{first}/again"));
    let words = page.words();
    assert!(words.contains("value=\"2026-12-01\"") && words.contains("value=\"2026-12-07\""), "{words}");
    assert!(!words.contains("005/417/DINKES/2026"), "a new period has a letter of its own");
    assert!(!words.contains("type=\"file\""), "nothing is uploaded");

    // Without the declarations nothing is filed.
    let form = as_shown(&words).replace("number=", "number=005%2F502%2FDINKES%2F2026");
    let undeclared: Vec<&str> = form.split('&').filter(|field| !field.starts_with("declare=")).collect();
    let refused = pages.fill(office, &format!("/requests/{first}/again"), &undeclared.join("&"));
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("Centang semua pernyataan"));

    // Pressed twice, filed once.
    let (inspected, conformed) = (*world.media.inspected.lock().unwrap(), *world.media.conformed.lock().unwrap());
    let sent = pages.fill(office, &format!("/requests/{first}/again"), &form);
    let second = CaseId(first.0 + 1);
    assert_eq!(to(&sent), format!("/requests/{second}?done=again"));
    let twice = pages.fill(office, &format!("/requests/{first}/again"), &form);
    assert_eq!(to(&twice), to(&sent));
    assert_eq!(world.desk.store.read(|r| r.cases(Scope::All)).unwrap().len(), 2);
    assert_eq!(world.files("inbox").iter().filter(|name| name.len() == 64).count(), 1, "no second copy");

    // The verifier sees what was decided, and decides anew; file and house file are those of before.
    assert_eq!(world.step(second), "verify", "what the inspection found still counts");
    let seen = pages.ask(Some(world.id(Role::Verifier)), &format!("/requests/{second}")).words();
    assert!(seen.contains("Keputusan sebelumnya") && seen.contains("001/PERSETUJUAN/2026"), "{seen}");
    assert!(seen.contains("24 November 2026 sampai Senin, 30 November") && seen.contains("7 / 7"), "{seen}");
    world.make_playable(second);
    assert_eq!(*world.media.inspected.lock().unwrap(), inspected);
    assert_eq!(*world.media.conformed.lock().unwrap(), conformed);
    assert_eq!(world.files("house").len(), 1);
    let approvals = world.desk.store.read(|r| r.approvals_of(Scope::All, second)).unwrap();
    assert_eq!(approvals[0].number, "002/PERSETUJUAN/2026");
    assert_eq!(approvals[0].validity.start(), "2026-11-30T21:00:00Z".parse::<Instant>().unwrap());
    let audited = world.desk.store.read(|r| r.audit_of_case(second)).unwrap();
    assert!(audited[0].body.contains("\"earlier\":1"), "{}", audited[0].body);

    // Another office's clip is not there, and whoever only verifies files nothing.
    let other = pages.ask(Some(world.district_sender), &format!("/requests/{first}/again"));
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let other = pages.fill(world.district_sender, &format!("/requests/{first}/again"), &form);
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let verifier = pages.ask(Some(world.id(Role::Verifier)), &format!("/requests/{first}/again"));
    assert_eq!(verifier.status, StatusCode::FORBIDDEN);
    world.ends();
}

#[test]
fn a_clip_that_was_never_approved_is_mended_instead_of_asked_for_again() {
    let world = World::new();
    let pages = Pages::of(&world);
    let office = world.id(Role::Office);
    let case = world.request(b"posyandu").case;
    world.work();
    assert!(!pages.ask(Some(office), "/requests").words().contains("/again"));
    let refused = pages.ask(Some(office), &format!("/requests/{case}/again"));
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("Hanya video yang pernah disetujui"));
    world.ends();
}

#[test]
fn a_file_that_is_not_kept_any_more_must_be_uploaded_again_and_one_that_is_asked_for_again_is_kept() {
    let world = World::new();
    let pages = Pages::of(&world);
    let office = world.id(Role::Office);
    let case = world.playable_request(b"posyandu").case;
    let registry = world.id(Role::Registry);
    for (role, step) in [(Role::Scheduler, "schedule"), (Role::Operator, "air"), (Role::Monitor, "monitor")] {
        world.act(role, case, step, None).unwrap();
    }
    world.act_because(Role::Monitor, case, "evaluate", None, Some("Tayang sesuai jadwal.")).unwrap();
    let again = as_shown(&pages.ask(Some(office), &format!("/requests/{case}/again")).words());

    // A year and more later the time to keep it is over; whoever opens the page is told, and goes on with all else filled in.
    world.wait(TimeDelta::days(400));
    assert_eq!(world.desk.dispose_of_originals().unwrap().len(), 1);
    let page = pages.ask(Some(registry), &format!("/requests/{case}/again")).words();
    assert!(page.contains("masa simpannya habis") && page.contains("Lanjutkan dan unggah berkas"), "{page}");
    assert!(page.contains("action=\"/requests/new\"") && page.contains("Ayo ke Posyandu"), "{page}");
    // A page that was open since before files nothing.
    let late = again.replace("2026-12-01", "2028-01-10").replace("2026-12-07", "2028-01-16");
    let late = pages.fill(office, &format!("/requests/{case}/again"), &late.replace("2026-11-23", "2027-12-20"));
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.desk.store.read(|r| r.cases(Scope::All)).unwrap().len(), 1);
    world.ends();
}
