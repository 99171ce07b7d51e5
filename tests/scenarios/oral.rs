//! Something urgent airs on a word that the head of agency gave orally: on a published day, no longer than until its end,
//! and it stays if the paper comes, else it is gone.

use axum::http::StatusCode;
use chrono::TimeDelta;
use siaran::desk::planning::WhenEmpty;
use siaran::desk::planning::oral::WantedOral;
use siaran::domain::ids::{CaseId, ChannelId, PersonId};
use siaran::domain::oral::{OralEnd, OralWay};
use siaran::domain::people::Role;
use siaran::domain::playlist::{Playlist, PlaylistItem};
use siaran::domain::time::{BroadcastDate, Instant};
use siaran::files::playlist_file;

use crate::pages::Pages;
use crate::world::{World, refusal};

const PASSWORD: &str = "jadwal yang adil dan rata";

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn day() -> BroadcastDate {
    "2026-11-24".parse().unwrap()
}
/// A clock time in Deli Serdang.
fn at(when: &str) -> Instant {
    format!("2026-11-{when}:00+07:00").parse().unwrap()
}

fn with_password(world: &World, role: Role) -> PersonId {
    let by = world.id(role);
    let link = world.desk.invite(None, by).unwrap();
    world.desk.set_password(&link.token, PASSWORD).unwrap();
    by
}

/// Tuesday, ten o'clock: the day is announced, and an urgent request of the district is verified but not signed.
fn urgent(world: &World) -> CaseId {
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    world.desk.publish_day(Some(by), &channel(), day(), WhenEmpty::Refuse).unwrap();
    world.wait(at("24T10:00") - world.desk.now());
    let filed = world.request_of(world.district_sender, b"peringatan banjir");
    world.work();
    world.act(Role::Verifier, filed.case, "verify", Some("conforms")).unwrap();
    filed.case
}

fn standing(world: &World) -> Playlist {
    let newest = world.desk.store.read(|r| r.latest_revision(&channel(), day())).unwrap().unwrap();
    playlist_file::read(&playlist_file::path(world.home(), &channel(), day(), newest.revision)).unwrap()
}

fn plays(world: &World, case: CaseId) -> Vec<PlaylistItem> {
    let submission = world.desk.any_case_file(case).unwrap().airing().unwrap().newest().id.to_string();
    let of_it = |item: &PlaylistItem| item.submission.as_ref() == Some(&submission);
    standing(world).items().iter().filter(|item| of_it(item)).cloned().collect()
}

fn wanted(world: &World, until: Instant) -> WantedOral {
    WantedOral {
        head: world.id(Role::Head),
        said_at: world.desk.now() - TimeDelta::minutes(5),
        way: OralWay::Telephone,
        reason: "Peringatan banjir dari BPBD".into(),
        until,
    }
}

fn end(world: &World, case: CaseId) -> Option<OralEnd> {
    world.desk.any_case_file(case).unwrap().airing().unwrap().oral.as_ref().unwrap().end.clone()
}

fn trail(world: &World) -> Vec<String> {
    let rows = world.desk.store.read(|r| r.audit_latest(200)).unwrap();
    let known = ["oral_confirmed", "oral_expired", "oral_given", "oral_withdrawn"];
    let count = |kind: &&str| rows.iter().filter(|row| row.body.contains(&format!("\"kind\":\"{kind}\""))).count();
    known.iter().flat_map(|kind| vec![(*kind).to_owned(); count(kind)]).collect()
}

/// What the page sends back to confirm what it shows.
fn seen(words: &str) -> String {
    let (_, after) = words.split_once("name=\"seen\" value=\"").unwrap();
    after.split_once('"').unwrap().0.to_owned()
}

/// Writes it down on the page, makes the file, and puts ten plays on the wall between eleven and one.
fn on_the_wall(world: &World, pages: &Pages, case: CaseId) {
    let by = with_password(world, Role::Operator);
    let (page, password) = (format!("/requests/{case}/oral"), PASSWORD.replace(' ', "+"));
    let head = world.id(Role::Head);
    let form = format!(
        "head={head}&said_on=2026-11-24&said_at=09:55&way=telephone&reason=Peringatan+banjir&until_on=2026-11-24\
         &until_at=15:00"
    );
    let wrong = pages.fill(by, &page, &format!("{form}&password=salah"));
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let given = pages.fill(by, &page, &format!("{form}&password={password}"));
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.words());
    assert!(plays(world, case).is_empty(), "nothing airs before its plays are ordered");
    let waits = pages.ask(Some(by), &page).words();
    assert!(waits.contains("Berkas siap tayang sedang dibuat"), "{waits}");
    world.work();

    let order = "day=2026-11-24&from=11:00&to=13:00&plays=10";
    let look = pages.fill(by, &format!("{page}/plays"), &format!("{order}&do=look"));
    assert_eq!(look.status, StatusCode::OK, "{}", look.words());
    assert!(look.words().contains("Menjadi revisi 2") && plays(world, case).is_empty(), "{}", look.words());
    let form = format!("{order}&do=order&seen={}&password={password}", seen(&look.words()));
    let ordered = pages.fill(by, &format!("{page}/plays"), &form);
    assert_eq!(ordered.status, StatusCode::SEE_OTHER, "{}", ordered.words());
    assert_eq!(plays(world, case).len(), 10);
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn an_urgent_clip_airs_on_the_heads_oral_word_and_stays_when_the_signature_comes_in_time() {
    let world = World::new();
    let case = urgent(&world);
    let pages = Pages::of(&world);
    on_the_wall(&world, &pages, case);
    let head = world.id(Role::Head);
    let told = world.announced(head);
    assert!(told.iter().any(|news| news.contains("Anda menyetujui secara lisan")), "{told:?}");
    let inbox = pages.ask(Some(head), "/").words();
    assert!(inbox.contains("menunggu tanda tangan Anda") && inbox.contains("pukul 15.00"), "{inbox}");
    let office = pages.ask(Some(world.district_sender), &format!("/requests/{case}")).words();
    assert!(office.contains("Berlaku sampai Selasa, 24 November 2026 pukul 15.00"), "{office}");
    let shown = pages.ask(Some(world.id(Role::Monitor)), "/planning/videotron/2026-11-24").words();
    assert!(shown.contains("persetujuan lisan") && shown.contains("15.00"), "{shown}");

    world.act(Role::Head, case, "approve", Some("approved")).unwrap();
    assert!(matches!(end(&world, case), Some(OralEnd::Confirmed { .. })));
    assert_eq!(plays(&world, case).len(), 10);
    world.wait(TimeDelta::hours(6));
    assert_eq!(world.desk.settle_orals(None).unwrap(), [], "the paper came");
    world.work();
    world.act(Role::Technical, case, "process", Some("playable")).unwrap();
    assert_eq!(plays(&world, case).len(), 10, "what was ordered stays on the plan");
    assert_eq!(world.desk.check().unwrap().broken, []);
    assert_eq!(trail(&world), ["oral_confirmed", "oral_given"]);
    world.ends();
}

#[test]
fn without_the_paper_the_clip_is_planned_no_further_than_the_end_and_then_leaves_every_published_day() {
    let world = World::new();
    let case = urgent(&world);
    let pages = Pages::of(&world);
    on_the_wall(&world, &pages, case);
    // Plays that are asked for beyond the end are laid before it: a head-end that is down airs nothing later.
    let by = world.id(Role::Scheduler);
    let look =
        pages.fill(by, &format!("/requests/{case}/oral/plays"), "day=2026-11-24&from=14:00&to=18:00&plays=5&do=look");
    let password = PASSWORD.replace(' ', "+");
    with_password(&world, Role::Scheduler);
    let form =
        format!("day=2026-11-24&from=14:00&to=18:00&plays=5&do=order&seen={}&password={password}", seen(&look.words()));
    let ordered = pages.fill(by, &format!("/requests/{case}/oral/plays"), &form);
    assert_eq!(ordered.status, StatusCode::SEE_OTHER, "{}", ordered.words());
    let rate = standing(&world).head().rate;
    let all = plays(&world, case);
    assert_eq!(all.len(), 15);
    assert!(all.iter().all(|item| item.span(rate).end() <= at("24T15:00")));

    world.wait(at("24T16:30") - world.desk.now());
    assert_eq!(world.desk.settle_orals(None).unwrap(), [case]);
    assert_eq!(plays(&world, case), [], "it is off the plan");
    assert_eq!(world.desk.settle_orals(None).unwrap(), [], "once");
    assert_eq!(end(&world, case), Some(OralEnd::Expired));
    assert_eq!(trail(&world), ["oral_expired", "oral_given"]);
    let told = world.announced(world.id(Role::Operator));
    assert!(told.iter().any(|news| news.contains("habis masa berlakunya tanpa surat")), "{told:?}");
    let page = pages.ask(Some(by), &format!("/requests/{case}/oral")).words();
    assert!(page.contains("hanya tanda tangan Kepala Dinas yang berlaku"), "{page}");

    let report = pages.ask(Some(world.id(Role::Monitor)), "/reports/videotron/2026-11-24").words();
    assert!(report.contains("atas persetujuan lisan") && report.contains("Tidak pernah dikukuhkan"), "{report}");

    // The ordinary way is still open, and does not turn the word into an approval afterwards.
    world.act(Role::Head, case, "approve", Some("approved")).unwrap();
    assert_eq!(end(&world, case), Some(OralEnd::Expired));
    assert_eq!(world.desk.check().unwrap().broken, []);
    world.work();
    world.ends();
}

#[test]
fn the_head_who_is_named_says_that_it_was_never_given_and_the_clip_is_off_the_wall_at_once() {
    let world = World::new();
    let case = urgent(&world);
    let pages = Pages::of(&world);
    on_the_wall(&world, &pages, case);
    let (head, page) = (world.id(Role::Head), format!("/requests/{case}/oral"));
    let asked = pages.ask(Some(head), &page).words();
    assert!(asked.contains("Saya tidak memberikan persetujuan ini"), "{asked}");
    let office = pages.fill(world.district_sender, &format!("{page}/withdraw"), "reason=salah");
    assert_eq!(office.status, StatusCode::FORBIDDEN);
    let denied = pages.fill(head, &format!("{page}/withdraw"), "never=1");
    assert_eq!(denied.status, StatusCode::SEE_OTHER, "{}", denied.words());
    assert_eq!(plays(&world, case), []);
    assert_eq!(trail(&world), ["oral_given", "oral_withdrawn"]);
    assert_eq!(world.desk.check().unwrap().broken, []);
    let told = pages.ask(Some(world.district_sender), &format!("/requests/{case}")).words();
    assert!(told.contains("tidak memberikan persetujuan ini"), "{told}");
    world.ends();
}

#[test]
fn a_request_that_the_head_sends_back_takes_its_oral_word_along() {
    let world = World::new();
    let case = urgent(&world);
    let pages = Pages::of(&world);
    on_the_wall(&world, &pages, case);
    let head = with_password(&world, Role::Head);
    let version = world.desk.any_case_file(case).unwrap().row.version;
    let offers = world.desk.any_case_file(case).unwrap().options(&world.person(Role::Head)).unwrap().offers;
    let back = offers.into_iter().find(|offer| offer.key.contains("look")).unwrap().key.replace(' ', "+");
    let form = format!(
        "step=approve&version={version}&choice={back}&reason=Angkanya+keliru&password={}",
        PASSWORD.replace(' ', "+")
    );
    let sent = pages.fill(head, &format!("/requests/{case}/act"), &form);
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.words());
    assert_eq!(plays(&world, case), [], "off the wall with the same act");
    assert_eq!(trail(&world), ["oral_given", "oral_withdrawn"]);
    world.ends();
}

#[test]
fn what_an_oral_word_can_not_do_is_refused_with_a_way_out() {
    let world = World::new();
    let case = urgent(&world);
    let (by, until) = (world.id(Role::Operator), at("24T15:00"));
    let give = |case, wanted| refusal(world.desk.give_oral(by, case, wanted));
    let scheduler = WantedOral { head: world.id(Role::Scheduler), ..wanted(&world, until) };
    assert!(give(case, scheduler).text().id.contains("tidak menjabat Kepala Dinas"));
    let long = give(case, wanted(&world, at("25T12:00"))).text().id;
    assert!(long.contains("Paling lambat Rabu, 25 November 2026 pukul 09.55"), "{long}");
    let future = WantedOral { said_at: at("24T10:01"), ..wanted(&world, until) };
    assert!(give(case, future).text().id.contains("tidak di masa depan"));
    let mute = WantedOral { reason: " ".into(), ..wanted(&world, until) };
    assert!(give(case, mute).text().id.contains("Tulis alasan"));
    let not_me = refusal(world.desk.give_oral(world.id(Role::Verifier), case, wanted(&world, until)));
    assert_eq!(not_me.code(), "needs_role");

    // A refused file and content that nobody has verified stay what they are.
    let refused = world.request_of(world.district_sender, b"terlalu panjang").case;
    let waits = world.request_of(world.district_sender, b"belum diverifikasi").case;
    world.work();
    assert_eq!(give(refused, wanted(&world, until)).code(), "file_refused");
    let said = give(waits, wanted(&world, until)).text().id;
    assert!(said.contains("Sedang diverifikasi") && said.contains("Selesaikan dahulu"), "{said}");
    let pages = Pages::of(&world);
    let page = pages.ask(Some(by), &format!("/requests/{waits}/oral")).words();
    assert!(page.contains("Selesaikan dahulu") && !page.contains("<select"), "{page}");
    assert_eq!(trail(&world), Vec::<String>::new());
    world.ends();
}
