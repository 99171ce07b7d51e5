//! What the operator's page says of the player and its air.

use std::fs::File;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use futures_util::StreamExt;
use siaran::av::branding::{CrawlSetter, Letters};
use siaran::desk::on_air::{self, Ask, CrawlRefused};
use siaran::desk::orders::PlayerOrder;
use siaran::desk::people::Browser;
use siaran::desk::{Refusal, Token};
use siaran::domain::as_run::{AirKind, AsRun, Outcome};
use siaran::domain::channel::Channel;
use siaran::domain::incident::{IncidentKind, Level};
use siaran::domain::people::Role;
use siaran::domain::text::Text;
use siaran::domain::time::Tick;
use siaran::engine::playout::{Command, Refused};
use siaran::files::incident_log::{self, IncidentLine};
use siaran::files::status_file::{self, Counters, OutputStatus, Snapshot, UpNext};
use siaran::web::{self, Web};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use crate::world::{World, refusal};

/// A wall, its player in the story's hand, and the operator's browser.
struct Wall {
    world: World,
    channel: Channel,
    session: String,
}

impl Wall {
    fn new() -> Wall {
        let world = World::new();
        let channel = world.desk.config.channels.values().next().unwrap().channel.clone();
        std::fs::create_dir_all(world.home().join("run")).unwrap();
        let token = world.desk.open_session(world.id(Role::Operator), Browser::default()).unwrap();
        Wall { session: format!("siaran-session={}", token.reveal()), world, channel }
    }

    /// The player writes its status and picture, as it does each second.
    fn player_writes(&self) {
        let now = self.world.desk.now();
        let row = AsRun {
            seq: 0,
            run: "r".into(),
            channel: self.channel.id.clone(),
            item: Some("i1".parse().unwrap()),
            kind: AirKind::Clip,
            clip: None,
            planned_start: Some(now),
            start: now - TimeDelta::seconds(5),
            end: now,
            frames: 125,
            held_frames: 0,
            outcome: Outcome::Complete,
            why: None,
        };
        let up = |seconds: i64, title: &str, owner: &str, item: Option<&str>| UpNext {
            start: now + TimeDelta::seconds(seconds),
            kind: if item.is_some() { "item" } else { "fill" },
            title: title.into(),
            owner: owner.into(),
            item: item.map(Into::into),
            file: None,
            light: "warm",
        };
        let output = |address: &str, why: Option<&str>| OutputStatus {
            address: address.into(),
            running: why.is_none(),
            why: why.map(Into::into),
            taken: 9000,
            dropped: 17,
            restarts: 0,
        };
        let next = vec![
            up(-5, "Ayo ke Posyandu", "Dinas Kesehatan", Some("i1")),
            up(65, "Bayar Pajak", "Bapenda", Some("i2")),
            up(95, "Pesona", "", None),
        ];
        let snapshot = Snapshot {
            at: now,
            zone: self.channel.zone,
            trusted_clock: true,
            on_air: Some(row),
            next,
            orders: Vec::new(),
            crawl: None,
            counters: Counters { ticks: 9000, held: 3, late: 1, most_late_ms: 52 },
            outputs: vec![output("null", None), output("srt://10.0.0.1:9?passphrase=rahasia", Some("refused"))],
            incidents: Vec::new(),
        };
        let status = status_file::path(self.world.home(), &self.channel.id);
        snapshot.write(&status).unwrap();
        let picture = self.world.home().join("run/videotron.jpg");
        std::fs::write(&picture, "a picture").unwrap();
        for path in [status, picture] {
            File::options().write(true).open(path).unwrap().set_modified(now.into()).unwrap();
        }
    }

    /// Sets the words of a crawl, as the player does.
    fn setter(&self) -> CrawlSetter {
        let branding = &self.world.desk.config.channels[&self.channel.id].branding;
        CrawlSetter::new(&self.channel, branding, Letters::load(&self.world.desk.config.paper.fonts))
    }

    /// The player notes that an incident opened or, without words, closed.
    fn player_notes(&self, key: &str, kind: IncidentKind, opened: Option<(Level, &str)>) {
        let opened = opened.map(|(level, text)| (level, Text::new(text, text)));
        let line = IncidentLine { at: self.world.desk.now(), key: key.into(), kind, opened };
        incident_log::append(&self.log(), &line, self.channel.zone).unwrap();
    }

    fn log(&self) -> std::path::PathBuf {
        incident_log::path(self.world.home(), &self.channel.id)
    }

    /// What the head-end does by itself each second.
    fn looks(&self) {
        self.world.desk.watch_player(&self.channel).unwrap();
        self.world.desk.import_incidents(&self.channel.id).unwrap();
        self.world.desk.settle_days_without_plan(&self.channel).unwrap();
    }

    fn wait(&self, seconds: i64) {
        self.world.wait(TimeDelta::seconds(seconds));
    }

    fn page(&self, path: &str) -> String {
        self.ask(Request::get(path).header(header::COOKIE, &self.session).body(Body::empty()).unwrap()).1
    }

    fn post(&self, path: &str, form: &'static str) -> (StatusCode, String) {
        let request = Request::post(path)
            .header(header::COOKIE, &self.session)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form)).unwrap())
    }

    fn ask(&self, mut request: Request<Body>) -> (StatusCode, String) {
        request.headers_mut().insert(header::HOST, "localhost".parse().unwrap());
        let router = Web::new(self.world.desk.clone()).router();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }
}

const WALL: &str = "/wall/videotron";
const LIVE: &str = "/wall/videotron/live";
const GREEN: &str = "tag ok";
const SILENT: &str = "Pemutar tidak menjawab";

#[test]
fn the_page_says_what_is_on_air_what_follows_and_how_the_player_does() {
    let wall = Wall::new();
    wall.player_writes();
    let page = wall.page(WALL);
    for words in [
        "<span class=\"tag ok\">Mengudara</span>",
        "Sedang tayang",
        "Ayo ke Posyandu",
        "Dinas Kesehatan · Sejak 07.59.55 · sisa 1:05",
        "08.01.05</span> Bayar Pajak",
        "08.01.35</span> Pesona",
        "Terputus: refused",
        "paling lama 52 ms",
        "Tidak ada gangguan",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("rahasia"), "a passphrase is on the page");
    assert!(wall.page(&format!("{WALL}?lang=en")).contains("On air now"));
    wall.world.ends();
}

#[test]
fn a_player_that_is_silent_is_said_loudly_and_nothing_on_the_page_is_green() {
    let wall = Wall::new();
    wall.player_writes();
    wall.looks();
    wall.wait(4);
    let page = wall.page(WALL);
    assert!(page.contains(SILENT) && !page.contains(GREEN), "{page}");
    wall.looks();
    assert!(!page.contains("siaran play videotron</strong>"), "not yet an incident");
    wall.wait(2);
    wall.looks();
    wall.looks();
    let page = wall.page(WALL);
    assert!(page.contains("siaran play videotron</strong>") && !page.contains(GREEN), "{page}");
    wall.wait(60);
    wall.player_writes();
    wall.looks();
    let page = wall.page(WALL);
    assert!(page.contains("Mengudara") && page.contains("Tidak ada gangguan") && !page.contains(SILENT), "{page}");
    let past = wall.page("/wall/videotron/incidents");
    assert_eq!(past.matches("Pulih sendiri").count(), 1, "{past}");
    wall.world.ends();
}

#[test]
fn a_status_of_now_with_a_picture_that_stands_still_is_a_silent_player_and_so_is_one_from_the_future() {
    let wall = Wall::new();
    wall.player_writes();
    let picture = wall.world.home().join("run/videotron.jpg");
    let status = status_file::path(wall.world.home(), &wall.channel.id);
    // The second: a player that died before the machine's clock was set back by an hour.
    for (path, age) in [(&picture, TimeDelta::seconds(6)), (&status, TimeDelta::hours(-1))] {
        wall.player_writes();
        let written = wall.world.desk.now() - age;
        File::options().write(true).open(path).unwrap().set_modified(written.into()).unwrap();
        let page = wall.page(WALL);
        assert!(page.contains(SILENT) && !page.contains(GREEN), "{}: {page}", path.display());
    }
}

#[test]
fn what_the_player_notes_opens_becomes_worse_and_closes_and_comes_back_as_another_incident() {
    let wall = Wall::new();
    let black = |opened| {
        wall.player_writes();
        wall.player_notes("air black", IncidentKind::Black, opened);
    };
    black(Some((Level::Warning, "Gambar hitam")));
    wall.looks();
    assert!(wall.page(WALL).contains("<div class=\"note warn\" role=\"alert\"><p><strong>Gambar hitam"));
    wall.wait(3);
    black(Some((Level::Critical, "Gambar masih hitam")));
    wall.looks();
    let page = wall.page(WALL);
    assert!(page.contains("<div class=\"note bad\" role=\"alert\"><p><strong>Gambar masih hitam"), "{page}");
    wall.wait(1);
    black(None);
    wall.looks();
    assert!(!wall.page(WALL).contains("Gambar masih hitam"));
    wall.wait(1);
    black(Some((Level::Warning, "Gambar hitam lagi")));
    wall.wait(1);
    black(None);
    wall.looks();

    // A log that a person copied aside and put back as another file is read again, and changes nothing.
    let lines = std::fs::read(wall.log()).unwrap();
    std::fs::remove_file(wall.log()).unwrap();
    wall.looks();
    std::fs::write(wall.log(), [b"{}\n", &lines[..]].concat()).unwrap();
    wall.looks();
    let past = wall.page("/wall/videotron/incidents?day=2026-11-23");
    assert_eq!(
        (past.matches("Gambar masih hitam").count(), past.matches("Gambar hitam lagi").count()),
        (1, 1),
        "{past}"
    );
    assert_eq!(past.matches("Pulih sendiri").count(), 2);
    assert!(wall.page("/wall/videotron/incidents?day=2026-11-22").contains("Tidak ada gangguan pada hari ini"));
    wall.world.ends();
}

#[test]
fn an_operator_closes_an_incident_with_a_note_that_stays_and_nobody_else_may() {
    let wall = Wall::new();
    wall.player_writes();
    wall.player_notes("item i1", IncidentKind::ItemFailed, Some((Level::Critical, "Berkas rusak")));
    wall.looks();
    let id = wall.world.desk.store.read(|r| r.open_incidents()).unwrap()[0].id;
    let monitor = wall.world.desk.close_incident(wall.world.id(Role::Monitor), id, "selesai");
    assert_eq!(refusal(monitor), Refusal::NeedsRole(Role::Operator));
    let path = format!("/incidents/{id}/close");
    let (_, page) = wall.post(&path, "note=++");
    assert!(page.contains("Catatan harus 1 sampai 1000 karakter"), "{page}");
    assert_eq!(wall.post(&path, "note=Berkas+diganti").0, StatusCode::SEE_OTHER);
    assert_eq!(wall.post(&path, "note=lagi").0, StatusCode::UNPROCESSABLE_ENTITY);
    wall.looks();
    assert!(!wall.page(WALL).contains("Berkas rusak"));
    let past = wall.page("/wall/videotron/incidents");
    assert!(past.contains("Operator Videotron: Berkas diganti"), "{past}");
    wall.world.ends();
}

#[test]
fn a_closed_absence_is_not_told_twice_and_a_day_without_plan_is_settled_by_its_plan() {
    let wall = Wall::new();
    wall.player_writes();
    wall.player_notes("no plan 2026-11-24", IncidentKind::NoPlan, Some((Level::Warning, "Belum ada jadwal")));
    wall.wait(10);
    wall.looks();
    let lost = wall.world.desk.store.read(|r| r.open_incidents()).unwrap();
    let lost = lost.iter().find(|incident| incident.kind == IncidentKind::Lost).unwrap().id;
    wall.world.desk.close_incident(wall.world.id(Role::Operator), lost, "Pemutar dibawa ke bengkel").unwrap();
    wall.wait(10);
    wall.looks();
    assert!(wall.page(WALL).contains("Belum ada jadwal"));
    wall.world
        .desk
        .publish_day(
            Some(wall.world.id(Role::Scheduler)),
            &wall.channel.id,
            "2026-11-24".parse().unwrap(),
            siaran::desk::planning::WhenEmpty::Publish,
        )
        .unwrap();
    wall.looks();
    let page = wall.page(WALL);
    assert!(!page.contains("Belum ada jadwal") && page.contains(SILENT), "{page}");
    wall.world.ends();
}

#[test]
fn a_page_hears_what_changed_until_its_session_ends() {
    let wall = Wall::new();
    wall.player_writes();
    let router = Web::new(wall.world.desk.clone()).router();
    let follow = || {
        let request = Request::get(LIVE).header(header::HOST, "localhost").header(header::COOKIE, &wall.session);
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = follow().await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert!(answer.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        let mut heard = answer.into_body().into_data_stream();
        let mut next = async || heard.next().await.map(|event| String::from_utf8(event.unwrap().to_vec()).unwrap());
        let first = next().await.unwrap();
        assert!(first.starts_with("event: parts\ndata: {") && first.contains("Ayo ke Posyandu"), "{first}");
        assert_eq!(next().await.unwrap(), "event: parts\ndata: {}\n\n", "nothing has changed");
        wall.wait(6);
        let lost = next().await.unwrap();
        assert!(lost.contains("\"state\"") && lost.contains(SILENT), "{lost}");
        let token = Token::given(wall.session.split_once('=').unwrap().1);
        wall.world.desk.sign_out(&token).unwrap();
        assert!(next().await.unwrap().starts_with("event: gone\n"));
        assert_eq!(next().await, None, "the stream is over");
    });
    wall.world.ends();
}

#[test]
fn a_fourth_page_of_one_person_is_not_followed_until_another_is_closed() {
    let wall = Wall::new();
    let router = Web::new(wall.world.desk.clone()).router();
    let follow = || {
        let request = Request::get(LIVE).header(header::HOST, "localhost").header(header::COOKIE, &wall.session);
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(follow().await.unwrap());
        }
        assert_eq!(follow().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        open.pop();
        assert_eq!(follow().await.unwrap().status(), StatusCode::OK);
    });
    let page = wall.page(WALL);
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>"), "{page}");
}

#[test]
fn a_server_that_is_told_to_end_ends_also_while_a_page_is_followed() {
    let wall = Wall::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let site = Web::new(wall.world.desk.clone());
        let listener = web::listen(&site, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(web::serve(site, listener, async { drop(told.await) }));
        let mut browser = tokio::net::TcpStream::connect(addr).await.unwrap();
        let request = format!("GET {LIVE} HTTP/1.1\r\nHost: {addr}\r\nCookie: {}\r\n\r\n", wall.session);
        browser.write_all(request.as_bytes()).await.unwrap();
        let mut heard = String::new();
        while !heard.contains("event: parts") {
            let mut bytes = [0; 4096];
            let read = browser.read(&mut bytes).await.unwrap();
            assert_ne!(read, 0, "{heard}");
            heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        tell.send(()).unwrap();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), serving).await;
        ended.expect("a stream does not hold the server up").unwrap().unwrap();
    });
}

#[test]
fn an_operators_order_reaches_the_player_and_the_audit_trail_and_nobody_elses_does() {
    let wall = Wall::new();
    let operator = wall.world.id(Role::Operator);
    let order = |by, order| wall.world.desk.order_player(by, &wall.channel.id, order);
    let silent = refusal(order(operator, PlayerOrder::Hold));
    assert!(matches!(silent, Refusal::Player(_)), "{silent:?}");

    let asked = on_air::listen(wall.world.home(), &wall.channel, wall.setter(), wall.world.desk.now()).unwrap();
    let player = std::thread::spawn(move || {
        let mut taken = Vec::new();
        while let Ok(Ask::Order(command, reply)) = asked.recv_timeout(std::time::Duration::from_secs(20)) {
            let over = command == Command::Resume;
            reply.send(if command == Command::Take { Err(Refused::NothingToTake) } else { Ok(()) }).unwrap();
            taken.push(command);
            if over {
                break;
            }
        }
        taken
    });
    let stranger = refusal(order(wall.world.id(Role::Monitor), PlayerOrder::Hold));
    assert_eq!(stranger, Refusal::NeedsRole(Role::Operator));
    let page = wall.page(&format!("/wall/{}", wall.channel.id));
    assert!(page.contains("Perintah kepada pemutar") && page.contains("value=\"hold\""), "{page}");
    let (status, _) = wall.post(&format!("/wall/{}/order", wall.channel.id), "order=hold");
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, page) = wall.post(&format!("/wall/{}/order", wall.channel.id), "order=take");
    assert!(status.is_client_error() && page.contains("Tidak ada butir berikutnya"), "{status} {page}");
    order(operator, PlayerOrder::Resume).unwrap();
    assert_eq!(player.join().unwrap(), [Command::Hold, Command::Take, Command::Resume]);
    let trail = wall.world.desk.store.read(|r| r.audit_latest(10)).unwrap();
    let acts = format!("{trail:?}");
    assert_eq!(acts.matches("PlayerCommanded").count() + acts.matches("player_commanded").count(), 2, "{acts}");
}

#[test]
fn an_operators_crawl_runs_on_their_word_outlives_the_player_and_is_ended_from_the_page() {
    let wall = Wall::new();
    let listen =
        || on_air::listen(wall.world.home(), &wall.channel, wall.setter(), wall.world.desk.now()).expect("a socket");
    let kept = wall.world.home().join("run/videotron.crawl.json");
    let address = format!("/wall/{}/crawl", wall.channel.id);
    let patience = std::time::Duration::from_secs(20);
    let since = wall.channel.house.rate.tick_at(wall.world.desk.now());

    let asked = listen();
    let player = std::thread::spawn(move || {
        let Ok(Ask::Crawl(order, reply)) = asked.recv_timeout(patience) else { panic!("no crawl came") };
        reply.send(Ok(since)).unwrap();
        (order.text.as_str().to_owned(), order.by, order.until)
    });
    let (status, page) = wall.post(&address, "text=Banjir%0Adi+Percut&minutes=30");
    assert!(status.is_client_error() && page.contains("tanda kendali"), "{status} {page}");
    let (status, page) = wall.post(&address, "text=Banjir+di+Percut&minutes=30");
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let (text, by, until) = player.join().unwrap();
    let half_an_hour = wall.channel.house.rate.frames_in(1800).cast_signed();
    assert_eq!((text.as_str(), by.is_empty()), ("Banjir di Percut", false));
    assert!(until.is_some_and(|until| (until.0 - since.0 - half_an_hour).abs() < 1000), "{until:?}");

    let next = listen();
    let player = std::thread::spawn(move || {
        let Ok(Ask::Crawl(again, _)) = next.recv_timeout(patience) else { panic!("it was forgotten") };
        let answers = [Ok(Tick(since.0 + 100)), Err(CrawlRefused::NoneRuns)];
        for answer in answers {
            let Ok(Ask::EndCrawl(reply)) = next.recv_timeout(patience) else { panic!("no end came") };
            reply.send(answer).unwrap();
        }
        (again.text.as_str().to_owned(), again.since)
    });
    assert!(kept.exists());
    assert_eq!(wall.post(&address, "end=end").0, StatusCode::SEE_OTHER);
    assert!(!kept.exists(), "a player that starts now shows no crawl");
    let (status, page) = wall.post(&address, "end=end");
    assert!(status.is_client_error() && page.contains("Tidak ada teks berjalan"), "{status} {page}");
    assert_eq!(player.join().unwrap(), ("Banjir di Percut".to_owned(), Some(since)), "it goes on where it was");
    let trail = wall.world.desk.store.read(|r| r.audit_latest(2)).unwrap();
    let acts: Vec<_> = trail.iter().map(|row| row.body.contains("crawl\",\"seq\"")).collect();
    assert_eq!(acts, [true, true], "{trail:?}");
}
