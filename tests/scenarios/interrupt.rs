//! Something happens to an announced day: a relay, a lost hour, a clip that must go or air at once. What it does is shown
//! first, exactly that is published, and what was taken comes back when it is undone.

use axum::http::StatusCode;
use chrono::TimeDelta;
use siaran::desk::planning::WhenEmpty;
use siaran::domain::ids::{ChannelId, PersonId};
use siaran::domain::people::Role;
use siaran::domain::playlist::{ItemKind, Playlist, PlaylistItem, Source};
use siaran::domain::time::{BroadcastDate, Instant, Span};
use siaran::files::playlist_file;

use crate::pages::Pages;
use crate::world::World;

const PAGE: &str = "/planning/videotron/2026-11-24/interruptions";
const PASSWORD: &str = "jadwal yang adil dan rata";

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn tomorrow() -> BroadcastDate {
    "2026-11-24".parse().unwrap()
}
/// A clock time of the day, in Deli Serdang.
fn at(clock: &str) -> Instant {
    format!("2026-11-24T{clock}:00+07:00").parse().unwrap()
}
fn hour(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

/// A scheduler with a password, and a day of two offices that is announced.
fn announced(world: &World) -> PersonId {
    world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let by = world.id(Role::Scheduler);
    world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let link = world.desk.invite(None, by).unwrap();
    world.desk.set_password(&link.token, PASSWORD).unwrap();
    by
}

fn standing(world: &World) -> Playlist {
    let newest = world.desk.store.read(|r| r.latest_revision(&channel(), tomorrow())).unwrap().unwrap();
    playlist_file::read(&playlist_file::path(world.home(), &channel(), tomorrow(), newest.revision)).unwrap()
}

fn clips(playlist: &Playlist) -> Vec<&PlaylistItem> {
    playlist.items().iter().filter(|item| item.kind == ItemKind::Clip).collect()
}

fn over(playlist: &Playlist, span: Span) -> Vec<&PlaylistItem> {
    clips(playlist).into_iter().filter(|item| item.span(playlist.head().rate).overlaps(span)).collect()
}

/// What the page sends back to confirm what it shows.
fn seen(words: &str) -> String {
    hidden(words, "seen")
}

fn hidden(words: &str, name: &str) -> String {
    let (_, after) = words.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    after.split_once('"').unwrap().0.to_owned()
}

fn confirm(form: &str, words: &str) -> String {
    let (seen, looked) = (seen(words), hidden(words, "looked").replace(' ', "+"));
    format!("{form}&do=order&seen={seen}&looked={looked}&password={}", PASSWORD.replace(' ', "+"))
}

#[test]
fn a_relay_moves_what_it_covers_and_nothing_else_and_its_source_goes_on_air() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let before = standing(&world);
    let relay = "kind=relay&from=18:00&to=19:30&title=Pidato+Bupati&source=srt://pendopo.example:9000\
                 &reason=Permintaan+Kadis";
    let look = pages.fill(by, PAGE, &format!("{relay}&do=look"));
    assert_eq!(look.status, StatusCode::OK, "{}", look.words());
    let words = look.words();
    assert!(words.contains("Menjadi revisi 2") && words.contains("18.00–19.30"), "{words}");
    assert_eq!(standing(&world), before, "looking changes nothing");

    let password = format!("password={}", PASSWORD.replace(' ', "+"));
    let wrong = pages.fill(by, PAGE, &confirm(relay, &words).replace(&password, "password=salah"));
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ordered = pages.fill(by, PAGE, &confirm(relay, &words));
    assert_eq!(ordered.status, StatusCode::SEE_OTHER, "{}", ordered.words());
    let after = standing(&world);
    let covered = over(&before, hour("18:00", "19:30"));
    assert!(!covered.is_empty() && over(&after, hour("18:00", "19:30")).is_empty());
    let stays = |item: &&&PlaylistItem| !covered.contains(*item);
    assert!(clips(&before).iter().filter(stays).all(|item| after.items().contains(item)), "what need not change stays");
    let live: Vec<_> = after.items().iter().filter(|item| item.kind == ItemKind::Live).collect();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].source, Source::Live("srt://pendopo.example:9000".into()));
    assert_eq!(live[0].span(after.head().rate), hour("18:00", "19:30"));
    assert_eq!(clips(&after).len(), clips(&before).len(), "pauses have room for what the relay moved");

    // A later revision respects it, and the check finds nothing wrong with either.
    let third = world.request_of(world.district_sender, b"pasar murah");
    world.make_playable(third.case);
    world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    assert!(over(&standing(&world), hour("18:00", "19:30")).is_empty());
    assert_eq!(world.desk.check().unwrap().broken, []);
    let day = pages.ask(Some(by), "/planning/videotron/2026-11-24").words();
    assert!(day.contains("Relai siaran: Pidato Bupati") && day.contains("Permintaan Kadis"), "{day}");
    world.ends();
}

#[test]
fn what_is_ordered_is_what_was_looked_at_and_lies_over_no_relay() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let before = standing(&world);
    let dark = "kind=dark&from=12:00&to=12:30&reason=Pemadaman+PLN";
    let look = pages.fill(by, PAGE, &format!("{dark}&do=look")).words();
    let greater = confirm(dark, &look).replace("kind=dark&from=12:00&to=12:30", "kind=emergency&from=06:00&to=22:00");
    let unseen = pages.fill(by, PAGE, &greater);
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unseen.words().contains("Isian berubah sesudah akibatnya ditampilkan"), "{}", unseen.words());
    assert!(unseen.words().contains("06.00–22.00"), "the effect of what is wanted now: {}", unseen.words());
    assert_eq!(standing(&world), before);

    let relay = |to: &str| format!("kind=relay&from=14:00&to={to}&title=Pidato&source=srt://a:9000&reason=Kadis");
    let look = pages.fill(by, PAGE, &format!("{}&do=look", relay("14:30"))).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(&relay("14:30"), &look)).status, StatusCode::SEE_OTHER);
    let after = standing(&world);
    for again in [relay("15:30"), "kind=dark&from=13:00&to=14:05&reason=PLN".to_owned()] {
        let refused = pages.fill(by, PAGE, &format!("{again}&do=look"));
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let words = refused.words();
        assert!(words.contains("Pukul 14.00–14.30 sudah ada Pidato. Akhiri itu dahulu"), "{words}");
    }
    let two_lines = pages.fill(by, PAGE, &format!("{}&do=look", relay("15:30").replace("a:9000", "a:9000%0d%0ab")));
    assert!(two_lines.words().contains("Alamat itu tidak dikenal"), "{}", two_lines.words());
    assert_eq!(two_lines.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(standing(&world), after);
    world.ends();
}

#[test]
fn a_lost_hour_that_is_undone_while_it_lies_ahead_gives_every_play_its_time_back() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let before = standing(&world);
    let dark = "kind=dark&from=10:00&to=12:00&reason=Pemadaman+PLN";
    let look = pages.fill(by, PAGE, &format!("{dark}&do=look")).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(dark, &look)).status, StatusCode::SEE_OTHER);
    assert!(over(&standing(&world), hour("10:00", "12:00")).is_empty());

    let end = format!("{PAGE}/1/end");
    let form = pages.ask(Some(by), &end).words();
    assert!(form.contains("Jam hilang"), "{form}");
    let password = PASSWORD.replace(' ', "+");
    let ended = pages.fill(by, &end, &format!("seen={}&password={password}", seen(&form)));
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.words());
    let starts = |p: &Playlist| clips(p).iter().map(|i| (i.start, i.submission.clone())).collect::<Vec<_>>();
    assert_eq!(starts(&standing(&world)), starts(&before), "every play is where it was announced first");
    assert_eq!(world.desk.check().unwrap().broken, []);
    let day = pages.ask(Some(by), "/planning/videotron/2026-11-24").words();
    assert!(day.contains("dibatalkan"), "{day}");
    world.ends();
}

#[test]
fn a_withdrawn_clip_is_off_the_rest_of_the_day_be_it_near_and_an_urgent_one_takes_as_little_as_it_can() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    world.wait(at("12:00") - world.desk.now());
    let before = standing(&world);
    let first = clips(&before)[0].submission.clone().unwrap();
    let withdraw = format!("kind=withdraw&from=12:00&clip={first}&reason=Keliru+tanggal");
    let look = pages.fill(by, PAGE, &format!("{withdraw}&do=look")).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(&withdraw, &look)).status, StatusCode::SEE_OTHER);
    let after = standing(&world);
    let of_it = |p: &Playlist, from: Instant| -> usize {
        clips(p).iter().filter(|i| i.submission.as_ref() == Some(&first) && i.start >= from).count()
    };
    assert!(of_it(&before, at("12:01")) > 0 && of_it(&after, at("12:01")) == 0);
    assert_eq!(
        of_it(&after, at("06:00")),
        of_it(&before, at("06:00")) - of_it(&before, at("12:01")),
        "what aired stays"
    );
    let others = clips(&before).into_iter().filter(|i| i.submission.as_ref() != Some(&first));
    assert!(others.clone().all(|item| after.items().contains(item)));

    let other = others.clone().next().unwrap().submission.clone().unwrap();
    let urgent = format!("kind=urgent&from=12:05&to=13:05&clip={other}&plays=10&reason=Peringatan+banjir");
    let look = pages.fill(by, PAGE, &format!("{urgent}&do=look")).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(&urgent, &look)).status, StatusCode::SEE_OTHER, "{look}");
    let pressed = standing(&world);
    let within = over(&pressed, hour("12:05", "13:05"));
    let of_other = within.iter().filter(|i| i.submission.as_ref() == Some(&other)).count();
    assert_eq!(of_other, 10, "within the hour, though the next two hours were announced");
    assert_eq!(world.desk.check().unwrap().broken, []);
    world.ends();
}

#[test]
fn whoever_confirms_an_effect_that_a_colleague_has_changed_meanwhile_is_told_and_nothing_is_ordered() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let relay = "kind=relay&from=18:00&to=19:00&title=Pidato&reason=Permintaan";
    let stale = pages.fill(by, PAGE, &format!("{relay}&do=look")).words();
    let dark = "kind=dark&from=08:00&to=09:00&reason=Padam";
    let look = pages.fill(by, PAGE, &format!("{dark}&do=look")).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(dark, &look)).status, StatusCode::SEE_OTHER);
    let late = pages.fill(by, PAGE, &confirm(relay, &stale));
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.words().contains("Rekan Anda mengubah hari ini"), "{}", late.words());
    assert_eq!(world.desk.interruptions(&channel(), tomorrow()).unwrap().len(), 1);
    let again = pages.fill(by, PAGE, &confirm(relay, &late.words()));
    assert_eq!(again.status, StatusCode::SEE_OTHER, "what stands on the page now can be confirmed");
    world.ends();
}

#[test]
fn what_can_not_happen_is_said_and_what_was_typed_stays() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let wrong = "kind=relay&from=18:00&to=17:00&title=&source=ftp://salah&reason=&do=look";
    let answer = pages.fill(by, PAGE, wrong);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = answer.words();
    for said in ["Jam selesai harus sesudah", "Isi nama relai", "Isi alasannya", "value=\"ftp://salah\""] {
        assert!(words.contains(said), "{said}: {words}");
    }
    world.wait(at("20:00") - world.desk.now() + TimeDelta::minutes(1));
    let past = pages.fill(by, PAGE, "kind=relay&from=18:00&to=19:00&title=Pidato&reason=Terlambat&do=look");
    assert!(past.words().contains("Jam itu sudah lewat"), "{}", past.words());
    world.ends();
}

#[test]
fn a_relay_that_ends_early_leaves_the_wall_and_a_day_that_is_not_announced_is_planned_around_it() {
    let world = World::new();
    let by = announced(&world);
    let pages = Pages::of(&world);
    let relay = "kind=relay&from=14:00&to=20:00&title=Sidang&source=test:&reason=Sidang+DPRD";
    let look = pages.fill(by, PAGE, &format!("{relay}&do=look")).words();
    assert_eq!(pages.fill(by, PAGE, &confirm(relay, &look)).status, StatusCode::SEE_OTHER);
    world.wait(at("15:00") - world.desk.now());
    let form = pages.ask(Some(by), &format!("{PAGE}/1/end")).words();
    let password = PASSWORD.replace(' ', "+");
    let ended = pages.fill(by, &format!("{PAGE}/1/end"), &format!("seen={}&password={password}", seen(&form)));
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.words());
    let after = standing(&world);
    let live: Vec<_> = after.items().iter().filter(|item| item.kind == ItemKind::Live).collect();
    assert_eq!(live.iter().map(|i| i.span(after.head().rate)).collect::<Vec<_>>(), [hour("14:00", "15:00")]);
    assert!(!over(&after, hour("15:00", "20:00")).is_empty(), "plays come back");
    assert_eq!(world.desk.check().unwrap().broken, []);

    let page = "/planning/videotron/2026-11-25/interruptions";
    let dark = "kind=dark&from=10:00&to=12:00&reason=Perbaikan+panel";
    let look = pages.fill(by, page, &format!("{dark}&do=look")).words();
    assert!(look.contains("Hari ini belum diumumkan"), "{look}");
    assert_eq!(pages.fill(by, page, &confirm(dark, &look)).status, StatusCode::SEE_OTHER);
    let date = "2026-11-25".parse().unwrap();
    let planned = world.desk.publish_day(Some(by), &channel(), date, WhenEmpty::Refuse).unwrap().proposal.playlist;
    let lost = Span::new(at("10:00") + TimeDelta::days(1), at("12:00") + TimeDelta::days(1)).unwrap();
    assert!(!clips(&planned).is_empty() && over(&planned, lost).is_empty());
    assert_eq!(world.desk.check().unwrap().broken, []);
    world.ends();
}
