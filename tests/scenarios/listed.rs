//! A list from another program becomes a day's plan by the pages: what of it may air, what is said of the rest, and that
//! nothing changes before somebody decides.

use chrono::TimeDelta;
use siaran::desk::planning::WhenEmpty;
use siaran::domain::ids::{ChannelId, PersonId};
use siaran::domain::people::Role;
use siaran::domain::playlist::{ItemKind, Playlist, PlaylistItem};
use siaran::domain::time::{BroadcastDate, Instant};
use siaran::files::interchange::{self, ListFormat};

use crate::pages::{Answer, Pages};
use crate::world::World;

const PAGE: &str = "/planning/videotron/2026-11-24/import";

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}

fn tomorrow() -> BroadcastDate {
    "2026-11-24".parse().unwrap()
}

fn plan(world: &World) -> Playlist {
    world.desk.plan_day(&channel(), tomorrow()).unwrap().playlist
}

fn clips(playlist: &Playlist) -> Vec<&PlaylistItem> {
    playlist.items().iter().filter(|item| item.kind == ItemKind::Clip).collect()
}

fn starts(world: &World) -> Vec<String> {
    clips(&plan(world)).iter().map(|item| clock(item.start)).collect()
}

fn clock(at: Instant) -> String {
    (at + TimeDelta::hours(7)).format("%H:%M:%S").to_string()
}

fn choose(pages: &Pages, by: PersonId, name: &str, bytes: &[u8]) -> Answer {
    pages.fill_with_file(by, PAGE, &[], ("list", name, bytes))
}

/// What a hidden field of a page holds.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
    from.split('"').next().expect("its end")
}

fn take(pages: &Pages, by: PersonId, looked: &Answer) -> Answer {
    let looked = std::str::from_utf8(&looked.body).expect("a page");
    let form = format!("version={}&plays={}", hidden(looked, "version"), hidden(looked, "plays").replace(' ', "+"));
    pages.fill(by, &format!("{PAGE}/take"), &form)
}

#[test]
fn a_list_from_another_program_becomes_the_days_plan_as_far_as_rules_allow() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let before = plan(&world);
    let (all, rate) = (clips(&before), before.head().rate);
    let (title, length) = (&all[0].title, rate.millis(all[0].duration_frames) / 1000);
    let list = format!(
        "judul;durasi;mulai\n{title};{length};09:00:00\n{title};{length};09:01:00\n{title};{length};10:30:00\n\
         Video tetangga;15;11:00:00\n{title};{length};\n{title};{length};15:45:30\n"
    );
    let looked = choose(&pages, by, "jadwal.CSV", list.as_bytes());
    assert_eq!(looked.status, 200);
    let words = looked.words();
    assert!(words.contains("6 video di daftar, 3 di antaranya dapat tayang pada jamnya."), "{words}");
    assert!(words.contains("Video yang sama tayang pukul 09.00.00, hanya berjarak 60 detik"), "{words}");
    assert!(words.contains("Video tetangga") && words.contains("belum pernah disetujui di sini"), "{words}");
    assert!(words.contains("Disetujui, tanpa jam tayang"), "{words}");
    assert_eq!(plan(&world), before, "looking changes nothing");

    let taken = take(&pages, by, &looked);
    assert_eq!(taken.status, 303, "{}", taken.words());
    assert_eq!(starts(&world), ["09:00:00", "10:30:00", "15:45:30"]);
    let again = choose(&pages, by, "jadwal.csv", list.as_bytes()).words();
    assert!(again.contains("Rencana hari ini sudah seperti daftar itu."), "{again}");
    let late = take(&pages, by, &looked);
    assert_eq!(late.status, 422, "the page was from before the first taking");
    assert!(late.words().contains("mengubah rencana ini pukul"), "{}", late.words());

    world.desk.discard_draft(by, &channel(), tomorrow(), Some(1)).unwrap().unwrap();
    assert_eq!(plan(&world), before, "thrown away like any changes");
    world.ends();
}

#[test]
fn a_published_day_that_goes_out_as_a_list_and_comes_back_is_the_same_day() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let published = world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let was = starts(&world);
    let bytes = interchange::write(&published.proposal.playlist, ListFormat::Csv);
    let looked = choose(&pages, by, "hari.csv", &bytes).words();
    assert!(looked.contains("Rencana hari ini sudah seperti daftar itu."), "{looked}");
    assert!(!looked.contains("Tidak ikut"), "{looked}");
    assert_eq!(starts(&world), was);
    world.ends();
}

#[test]
fn a_list_without_times_airs_one_after_the_other_from_the_time_that_is_given() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let before = plan(&world);
    let (title, ms) = (&clips(&before)[0].title, before.head().rate.millis(clips(&before)[0].duration_frames));
    let length = format!("{}.{:03}", ms / 1000, ms % 1000);
    let list = format!(
        "#EXTM3U\n#EXTINF:{length},{title}\na.mp4\n#EXTINF:600,Selingan\nb.mp4\n#EXTINF:{length},{title}\na.mp4\n"
    );
    let ask = |from: &str| pages.fill_with_file(by, PAGE, &[("from", from)], ("list", "l.m3u8", list.as_bytes()));
    assert!(ask("").words().contains("3 video di daftar, 0 di antaranya dapat tayang pada jamnya"));
    let wrong = ask("pagi");
    assert_eq!(wrong.status, 422);
    let looked = ask("9.00");
    assert!(looked.words().contains("2 di antaranya dapat tayang pada jamnya"), "{}", looked.words());
    assert_eq!(take(&pages, by, &looked).status, 303);
    assert_eq!(starts(&world), ["09:00:00", "09:10:15"]);
    world.ends();
}

#[test]
fn a_file_that_is_no_list_is_refused_with_a_way_out_and_only_the_scheduling_team_may_try() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    for (name, bytes, why) in [
        ("jadwal.xlsx", &b"PK\x03\x04"[..], "Simpan lembarnya sebagai CSV UTF-8"),
        ("jadwal.csv", b"PK\x03\x04", "Simpan lembarnya sebagai CSV UTF-8"),
        ("jadwal.exe", b"MZ", "namanya berakhiran .m3u8"),
        ("jadwal.csv", b"", "namanya berakhiran .m3u8"),
        ("jadwal.csv", b"a;b\n1;2\n", "tidak dapat dibaca mulai baris 1"),
        ("jadwal.json", b"{", "tidak dapat dibaca mulai"),
        ("jadwal.m3u", &vec![b'#'; 4_100_000], "lebih dari 4 MB"),
    ] {
        let refused = choose(&pages, by, name, bytes);
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.words().contains(why), "{name}: {}", refused.words());
    }
    let operator = world.id(Role::Operator);
    assert_eq!(pages.ask(Some(operator), PAGE).status, 403);
    assert_eq!(pages.fill(operator, &format!("{PAGE}/take"), "version=&plays=").status, 403);
    assert!(world.desk.store.read(|r| r.draft(&channel(), tomorrow())).unwrap().is_none());
    world.ends();
}
