//! The scheduling team decides for days to come on its pages: what it costs is shown first, what makes no sense is said.

use axum::http::StatusCode;
use siaran::desk::planning::WhenEmpty;
use siaran::domain::ids::ChannelId;
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;
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
    let wrong = pages.fill(by, "/planning/videotron/modes", &format!("{mourning}&do=order&password=salah"));
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.desk.day_modes(&channel()).unwrap(), [], "nothing is ordered without the password");
    let backwards = "mode=mourning&first=2026-11-25&last=2026-11-24&do=look";
    let answer = pages.fill(by, "/planning/videotron/modes", backwards);
    assert!(answer.words().contains("Hari terakhir tidak boleh"), "{}", answer.words());

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
    assert_eq!(pages.ask(Some(by), "/planning/videotron/2026-11-24/why/999").status, StatusCode::OK);
}
