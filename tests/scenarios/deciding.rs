//! The scheduling team decides for days to come on its pages: what it costs is shown first, what makes no sense is said.

use axum::http::StatusCode;
use siaran::desk::planning::WhenEmpty;
use siaran::domain::ids::ChannelId;
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;
use siaran::domain::rules::{DayMode, ModePeriod};
use siaran::domain::submission::CheckPoint;
use siaran::domain::time::BroadcastDate;

use crate::pages::Pages;
use crate::world::World;

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn tomorrow() -> BroadcastDate {
    "2026-11-24".parse().unwrap()
}

const SHARES: &str = "share_opd=1&share_vertical=1&share_village=1&share_own=1";

#[test]
fn rules_are_saved_once_their_cost_was_seen_and_a_colleagues_are_not_overwritten() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let page = pages.ask(Some(by), "/planning/videotron/rules");
    assert!(page.words().contains("Belum ada yang menyimpan aturan"), "{}", page.words());

    let wide = format!("version=0&separation_s=14400&office_gap_s=0&{SHARES}");
    let look = pages.fill(by, "/planning/videotron/rules", &format!("{wide}&do=look"));
    assert_eq!(look.status, StatusCode::OK);
    let words = look.words();
    assert!(words.contains("Akibatnya") && words.contains(&format!("/requests/{}", filed.case)), "{words}");
    assert!(words.contains("value=\"14400\""), "what was typed is still there");
    let untouched = world.desk.rules_in_force(&channel()).unwrap();
    assert_eq!(untouched.version, 0, "looking saves nothing");

    let fixed = "fixed_0_title=Azan+Magrib&fixed_0_at=magrib&fixed_0_seconds=300&fixed_0_clip=&fixed_0_branding=\
                 &fixed_0_mon=1&fixed_0_tue=1";
    let saved = pages.fill(by, "/planning/videotron/rules", &format!("{wide}&{fixed}&do=save"));
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    let stale = pages.fill(by, "/planning/videotron/rules", &format!("{wide}&do=save"));
    assert!(stale.words().contains("Rekan Anda menyimpan aturan lain"), "{}", stale.words());

    let plan = world.desk.publish_day(None, &channel(), tomorrow(), WhenEmpty::Refuse).unwrap().proposal.playlist;
    let starts: Vec<_> = plan.items().iter().filter(|i| i.kind == ItemKind::Clip).map(|i| i.start).collect();
    assert!(starts.windows(2).all(|pair| (pair[1] - pair[0]).num_seconds() >= 14_400), "{starts:?}");
    let page = pages.ask(Some(by), "/planning/videotron/rules").words();
    assert!(page.contains("Azan Magrib") && page.contains("Disimpan oleh"), "{page}");
}

#[test]
fn clips_of_one_kind_keep_their_pause_whoever_they_are_of() {
    let world = World::new();
    let first = world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"imunisasi");
    world.make_playable(second.case);
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let days = "day_mon=1&day_tue=1&day_wed=1&day_thu=1&day_fri=1&day_sat=1&day_sun=1";
    for case in [first.case, second.case] {
        let marked = format!("class=2&minimum=1&separation_s=&{days}&tag_health=1&do=save");
        assert_eq!(pages.fill(by, &format!("/requests/{case}/airing"), &marked).status, StatusCode::SEE_OTHER);
    }
    let rules = format!("version=0&separation_s=300&office_gap_s=0&gap_health=900&{SHARES}&do=save");
    assert_eq!(pages.fill(by, "/planning/videotron/rules", &rules).status, StatusCode::SEE_OTHER);
    let page = pages.ask(Some(by), "/planning/videotron/rules").words();
    assert!(page.contains("id=\"gap_health\"") && page.contains("value=\"900\""), "{page}");
    let plan = world.desk.publish_day(None, &channel(), tomorrow(), WhenEmpty::Refuse).unwrap().proposal.playlist;
    let clips: Vec<_> = plan.items().iter().filter(|i| i.kind == ItemKind::Clip).collect();
    assert_eq!(clips.len(), 24);
    let rate = plan.head().rate;
    let pauses = clips.windows(2).map(|pair| (pair[1].start - pair[0].span(rate).end()).num_seconds());
    assert!(pauses.min() >= Some(900), "two offices' health clips are apart");
    assert_eq!(world.desk.check().unwrap().broken, []);
}

#[test]
fn what_can_not_be_a_rule_is_named_and_nothing_typed_is_lost() {
    let world = World::new();
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let wrong = format!(
        "version=0&separation_s=lima&office_gap_s=7&{SHARES}&fixed_0_title=Apel&fixed_0_at=pagi&fixed_0_seconds=60&fixed_0_mon=1&do=save"
    );
    let answer = pages.fill(by, "/planning/videotron/rules", &wrong);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = answer.words();
    assert!(words.contains("Isi detik dari 0 sampai 86400"), "{words}");
    assert!(words.contains("Acara tetap") && words.contains("Apel"), "{words}");
    for typed in ["lima", "7", "Apel", "pagi"] {
        assert!(words.contains(&format!("value=\"{typed}\"")), "{typed} is lost: {words}");
    }
    assert_eq!(world.desk.rules_in_force(&channel()).unwrap().version, 0);
}

#[test]
fn a_day_of_mourning_is_ordered_with_a_password_once_its_effect_was_seen() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let path = format!("/requests/{}/airing", filed.case);
    let days = "day_mon=1&day_tue=1&day_wed=1&day_thu=1&day_fri=1&day_sat=1&day_sun=1";
    let marked = pages.fill(by, &path, &format!("class=2&minimum=1&separation_s=&{days}&tag_music=1&do=save"));
    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{}", marked.words());
    assert!(pages.ask(Some(by), &path).words().contains("id=\"tag_music\" name=\"tag_music\" value=\"1\" checked"));

    let mourning = "mode=mourning&first=2026-11-24&last=2026-11-24";
    let look = pages.fill(by, "/planning/videotron/modes", &format!("{mourning}&do=look")).words();
    assert!(look.contains(&format!("/requests/{}", filed.case)) && look.contains("type=\"password\""), "{look}");
    let looked = "looked=mourning+2026-11-24+2026-11-24";
    assert!(look.contains("name=\"looked\" value=\"mourning 2026-11-24 2026-11-24\""), "{look}");
    let wrong = pages.fill(by, "/planning/videotron/modes", &format!("{mourning}&{looked}&do=order&password=salah"));
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let year = format!("mode=mourning&first=2026-11-24&last=2026-12-24&{looked}&do=order&password=x");
    let unseen = pages.fill(by, "/planning/videotron/modes", &year).words();
    assert!(unseen.contains("Isian berubah sesudah akibatnya ditampilkan"), "{unseen}");
    assert_eq!(world.desk.day_modes(&channel()).unwrap(), [], "nothing is ordered without the password");
    let backwards = "mode=mourning&first=2026-11-25&last=2026-11-24&do=look";
    let answer = pages.fill(by, "/planning/videotron/modes", backwards);
    assert!(answer.words().contains("Hari terakhir tidak boleh"), "{}", answer.words());

    let period = ModePeriod { mode: DayMode::Mourning, first: tomorrow(), last: tomorrow() };
    world.desk.order_mode(by, &channel(), period).unwrap();
    world.desk.order_mode(by, &channel(), period).unwrap();
    let modes = world.desk.day_modes(&channel()).unwrap();
    assert_eq!(modes.len(), 1, "the same again is the same");
    world.desk.end_mode(by, &channel(), modes[0].id).unwrap();

    let why = format!("/planning/videotron/2026-11-24/why/{}", filed.case);
    assert!(pages.ask(Some(by), &why).words().contains("Semua yang diminta mendapat tempat"));
}

#[test]
fn the_team_reads_what_would_give_a_clip_more_plays() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    let narrow = format!("version=0&separation_s=20000&office_gap_s=0&{SHARES}&do=save");
    assert_eq!(pages.fill(by, "/planning/videotron/rules", &narrow).status, StatusCode::SEE_OTHER);
    let proposal = pages.ask(Some(by), "/planning/videotron/2026-11-24/proposal").words();
    assert!(proposal.contains(&format!("href=\"why/{}\"", filed.case)), "{proposal}");
    let why = pages.ask(Some(by), &format!("/planning/videotron/2026-11-24/why/{}", filed.case)).words();
    assert!(why.contains("jarak 20000 detik") && why.contains("jarak antartayangnya 10000 detik"), "{why}");
    assert_eq!(pages.ask(Some(by), "/planning/videotron/2026-11-24/why/999").status, StatusCode::NOT_FOUND);
}

#[test]
fn an_office_is_weighed_with_a_reason_once_the_cost_was_seen_and_sees_its_own_part_alone() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let (pages, by) = (Pages::of(&world), world.id(Role::Scheduler));
    world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let day = pages.ask(Some(by), "/planning/videotron/2026-11-24").words();
    let own = format!("/planning/videotron/2026-11-24/office/{}", world.health);
    assert!(day.contains(&own), "{day}");
    let sender = world.id(Role::Office);
    let part = pages.ask(Some(sender), &own);
    assert_eq!(part.status, StatusCode::OK);
    assert!(part.words().contains("Dinas Kesehatan") && part.words().contains("0.03.00"), "{}", part.words());
    assert_eq!(pages.ask(Some(world.district_sender), &own).status, StatusCode::NOT_FOUND, "another's is not shown");
    let announcement = pages.ask(Some(sender), "/planning/videotron/2026-11-24/announcement").words();
    assert!(announcement.contains(&own), "{announcement}");

    let path = format!("/offices/{}/weight", world.health);
    let look = pages.fill(by, &path, "weight=200&seen=100&reason=&do=look");
    assert!(look.words().contains("Akibatnya") && look.words().contains("value=\"200\""), "{}", look.words());
    let unexplained = pages.fill(by, &path, "weight=200&seen=100&reason=&do=save");
    assert_eq!(unexplained.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = "reason=Program+imunisasi+nasional";
    let saved = pages.fill(by, &path, &format!("weight=200&seen=100&{reason}&do=save"));
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    let late = pages.fill(by, &path, &format!("weight=50&seen=100&{reason}&do=save"));
    assert!(late.words().contains("Rekan Anda menyimpan"), "{}", late.words());
    let page = pages.ask(Some(by), &path).words();
    assert!(page.contains("Program imunisasi nasional") && page.contains("value=\"200\""), "{page}");
    world.ends();
}

#[test]
fn what_the_verifier_says_a_clip_shows_reaches_the_scheduling_team() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let (pages, verifier) = (Pages::of(&world), world.id(Role::Verifier));
    let path = format!("/requests/{}", filed.case);
    let form = pages.ask(Some(verifier), &path).words();
    assert!(form.contains("id=\"tag-health\""), "{form}");
    let points = CheckPoint::ALL.map(|point| format!("point-{}=1", point.as_str())).join("&");
    let answer = format!("step=verify&choice=conforms&{points}&tags=1&tag-health=1&tag-music=1");
    let done = pages.fill(verifier, &format!("{path}/act"), &answer);
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.words());
    let rules = pages.ask(Some(world.id(Role::Scheduler)), &format!("{path}/airing")).words();
    for tag in ["health", "music"] {
        let ticked = format!("id=\"tag_{tag}\" name=\"tag_{tag}\" value=\"1\" checked");
        assert!(rules.contains(&ticked), "{rules}");
    }
    let page = pages.ask(Some(world.id(Role::Scheduler)), &path).words();
    assert!(page.contains("kesehatan, musik dan tari"), "{page}");
}
