//! Who may open what: every route of the table against every role, and against nobody. A route without a row here
//! fails, so that none is added without someone saying who may.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use tower::ServiceExt;

use super::{Web, routes};
use crate::config::Config;
use crate::desk::clock::SystemClock;
use crate::desk::people::Browser;
use crate::desk::{Desk, Token};
use crate::domain::people::{OpdGroup, Role};
use crate::store::{NewOffice, NewPerson};

use Role::{Admin, Head, Monitor, Office, Operator, Registry, Scheduler, Technical};

/// Who may use a route.
enum Who {
    /// Also someone who is not signed in.
    Anyone,
    /// Holders of one of the roles.
    Only(&'static [Role]),
}
use Who::{Anyone, Only};

const ALL: Who = Only(Role::ALL);

const REPORTS: Who = Only(&[Monitor, Head, Scheduler, Operator]);
const STUDIOS: Who = Only(&[
    Role::StudioOperator,
    Role::RadioVerifier,
    Role::Functional,
    Role::DivisionHead,
    Role::Secretary,
    Head,
    Registry,
]);
const BOOKS: Who = Only(&[Role::StudioOperator, Role::RadioVerifier, Role::Functional]);
const WATCH: Who = Only(&[Operator, Monitor, Scheduler, Technical, Head]);

const MATRIX: &[(Method, &str, Who)] = &[
    (Method::GET, "/livez", Anyone),
    (Method::GET, "/readyz", Anyone),
    (Method::GET, "/static/{version}/{name}", Anyone),
    (Method::GET, "/sign-in", Anyone),
    (Method::POST, "/sign-in", Anyone),
    (Method::POST, "/sign-out", Anyone),
    (Method::GET, "/welcome/{token}", Anyone),
    (Method::POST, "/welcome/{token}", Anyone),
    (Method::GET, "/", ALL),
    (Method::GET, "/requests", ALL),
    (Method::POST, "/requests", Only(&[Office, Registry])),
    (Method::GET, "/requests/new", Only(&[Office, Registry])),
    (Method::POST, "/requests/new", Only(&[Office, Registry])),
    (Method::POST, "/requests/check", Only(&[Office, Registry])),
    (Method::GET, "/requests/{id}", ALL),
    (Method::POST, "/requests/{id}/act", ALL),
    (Method::GET, "/requests/{id}/again", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/again", Only(&[Office, Registry])),
    (Method::GET, "/requests/{id}/original", ALL),
    (Method::GET, "/requests/{id}/preview", ALL),
    (Method::GET, "/requests/{id}/preview/{look}", ALL),
    (Method::GET, "/requests/{id}/still/{at_ms}", ALL),
    (Method::GET, "/requests/{id}/work", ALL),
    (Method::POST, "/requests/{id}/stop", Only(&[Technical, Admin])),
    (Method::POST, "/requests/{id}/retry", Only(&[Technical, Admin])),
    (Method::POST, "/requests/{id}/framing", ALL),
    (Method::POST, "/requests/{id}/revoke", Only(&[Head, Operator, Admin])),
    (Method::GET, "/requests/{id}/revise", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/revise", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/revise/new", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/revise/check", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/stamp", ALL),
    (Method::GET, "/services", Only(&[Office, Registry])),
    (Method::GET, "/services/{service}/new", Only(&[Office, Registry])),
    (Method::POST, "/services/{service}/new", Only(&[Office, Registry])),
    (Method::GET, "/requests/{id}/session", Only(&[Office, Registry])),
    (Method::POST, "/requests/{id}/session", Only(&[Office, Registry])),
    (Method::GET, "/requests/{id}/papers/{document}", ALL),
    (Method::GET, "/requests/{id}/papers/{document}/pdf", ALL),
    (Method::GET, "/requests/{id}/airing", Only(&[Scheduler])),
    (Method::POST, "/requests/{id}/airing", Only(&[Scheduler])),
    (Method::GET, "/requests/{id}/oral", Only(&[Scheduler, Operator, Head, Admin])),
    (Method::POST, "/requests/{id}/oral", Only(&[Scheduler, Operator])),
    (Method::POST, "/requests/{id}/oral/plays", Only(&[Scheduler, Operator])),
    (Method::POST, "/requests/{id}/oral/withdraw", Only(&[Scheduler, Operator, Head, Admin])),
    (Method::GET, "/requests/{id}/letter", ALL),
    (Method::GET, "/requests/{id}/letter.pdf", ALL),
    (Method::GET, "/requests/{id}/paper", ALL),
    (Method::POST, "/requests/{id}/receipts", Only(&[Registry, Admin])),
    (Method::GET, "/requests/{id}/receipts/{receipt}", ALL),
    (Method::GET, "/requests/{id}/receipts/{receipt}/receipt.pdf", ALL),
    (Method::POST, "/requests/{id}/scans", ALL),
    (Method::GET, "/requests/{id}/scans/{scan}", ALL),
    (Method::GET, "/requests/{id}/to-sign", Only(&[Registry, Admin])),
    (Method::GET, "/requests/{id}/to-sign.pdf", Only(&[Registry, Admin])),
    (Method::POST, "/requests/{id}/ink", Only(&[Registry, Admin])),
    (Method::GET, "/requests/{id}/report", ALL),
    (Method::GET, "/requests/{id}/report.csv", ALL),
    (Method::GET, "/requests/{id}/report.pdf", ALL),
    (Method::POST, "/requests/{id}/conclusion", Only(&[Monitor])),
    (Method::GET, "/planning", WATCH),
    (Method::GET, "/planning/{channel}", WATCH),
    (Method::GET, "/planning/{channel}/publish", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/publish", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}/import", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/import", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/import/take", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/horizon", WATCH),
    (Method::POST, "/planning/{channel}/horizon", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/rules", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/rules", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/modes", Only(&[Scheduler, Head])),
    (Method::POST, "/planning/{channel}/modes", Only(&[Scheduler, Head])),
    (Method::POST, "/planning/{channel}/modes/{id}/end", Only(&[Scheduler, Head])),
    (Method::GET, "/planning/{channel}/{date}/why/{case}", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}", WATCH),
    (Method::GET, "/planning/{channel}/{date}/announcement", ALL),
    (Method::GET, "/planning/{channel}/{date}/announcement.pdf", ALL),
    (Method::GET, "/planning/{channel}/{date}/announcement.ics", ALL),
    (Method::GET, "/planning/{channel}/{date}/list/{extension}", WATCH),
    (Method::GET, "/planning/{channel}/{date}/archive", WATCH),
    (Method::GET, "/planning/{channel}/{date}/draft", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/draft", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}/proposal", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/publish", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}/interruptions", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/interruptions", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}/interruptions/{id}/end", Only(&[Scheduler])),
    (Method::POST, "/planning/{channel}/{date}/interruptions/{id}/end", Only(&[Scheduler])),
    (Method::GET, "/planning/{channel}/{date}/office/{id}", ALL),
    (Method::GET, "/offices/{id}/weight", Only(&[Scheduler, Admin])),
    (Method::POST, "/offices/{id}/weight", Only(&[Scheduler, Admin])),
    (Method::GET, "/reports", REPORTS),
    (Method::GET, "/reports/{channel}/{date}", REPORTS),
    (Method::GET, "/reports/{channel}/{date}/table.csv", REPORTS),
    (Method::GET, "/reports/{channel}/{date}/paper.pdf", REPORTS),
    (Method::GET, "/wall", WATCH),
    (Method::GET, "/wall/{channel}", WATCH),
    (Method::GET, "/wall/{channel}/live", WATCH),
    (Method::POST, "/wall/{channel}/order", Only(&[Operator])),
    (Method::POST, "/wall/{channel}/crawl", Only(&[Operator])),
    (Method::GET, "/wall/{channel}/picture.jpg", WATCH),
    (Method::GET, "/wall/{channel}/incidents", WATCH),
    (Method::GET, "/incidents/{id}", WATCH),
    (Method::POST, "/incidents/{id}/close", Only(&[Operator])),
    (Method::GET, "/studios", STUDIOS),
    (Method::GET, "/studios/new", BOOKS),
    (Method::GET, "/studios/day/{date}", STUDIOS),
    (Method::POST, "/studios/bookings", BOOKS),
    (Method::GET, "/studios/bookings/{id}", STUDIOS),
    (Method::POST, "/studios/bookings/{id}/confirm", BOOKS),
    (Method::POST, "/studios/bookings/{id}/move", BOOKS),
    (Method::POST, "/studios/bookings/{id}/cancel", BOOKS),
    (Method::POST, "/studios/bookings/{id}/operator", BOOKS),
    (Method::POST, "/studios/bookings/{id}/session", Only(&[Role::StudioOperator])),
    (Method::GET, "/audit", Only(&[Admin, Head])),
    (Method::GET, "/citizens", Only(&[Registry, Admin])),
    (Method::POST, "/citizens", Only(&[Registry, Admin])),
    (Method::POST, "/citizens/{id}/name", Only(&[Registry, Admin])),
    (Method::POST, "/citizens/{id}/erase", Only(&[Registry, Admin])),
    (Method::GET, "/people", Only(&[Admin])),
    (Method::POST, "/people", Only(&[Admin])),
    (Method::POST, "/offices", Only(&[Admin])),
    (Method::GET, "/people/{id}", Only(&[Admin])),
    (Method::POST, "/people/{id}/link", Only(&[Admin])),
    (Method::POST, "/people/{id}/roles", Only(&[Admin])),
    (Method::POST, "/people/{id}/disable", Only(&[Admin])),
];

/// An installation with one person per role, each signed in.
pub(super) struct World {
    _home: tempfile::TempDir,
    pub(super) desk: Desk,
    pub(super) router: Router,
    sessions: Vec<(Role, Token)>,
}

impl World {
    pub(super) fn new() -> World {
        let home = tempfile::tempdir().expect("a folder");
        let config = Config::parse(home.path(), "").expect("defaults");
        let desk = Desk::open(config, Arc::new(SystemClock::start())).expect("a database");
        let office = desk.add_office(None, NewOffice::usual("Dinas Kesehatan", OpdGroup::Opd)).expect("an office");
        let enter = |role: &Role| {
            let person = NewPerson {
                name: format!("Pemegang {role}"),
                email: format!("{role}@contoh.id"),
                office: Some(office),
            };
            let link = desk.add_person(None, person, &[*role]).expect("a person");
            (*role, desk.open_session(link.person, Browser::default()).expect("a session"))
        };
        let sessions = Role::ALL.iter().map(enter).collect();
        let router = Web::new(desk.clone()).router();
        World { _home: home, desk, router, sessions }
    }

    pub(super) fn session(&self, wanted: Role) -> &Token {
        let found = self.sessions.iter().find(|(role, _)| *role == wanted);
        &found.expect("every role has a session").1
    }

    pub(super) async fn ask(
        &self,
        method: &Method,
        path: &str,
        session: Option<&Token>,
        extra: &[(&str, &str)],
    ) -> Response {
        let path = path
            .replace("{id}", "1")
            .replace("{token}", "x")
            .replace("{service}", "ds.talkshow")
            .replace("{document}", "approval")
            .replace("{look}", "poster")
            .replace("{extension}", "csv")
            .replace("{version}", "x")
            .replace("{name}", "x")
            .replace("{channel}", "videotron")
            .replace("{date}", "2030-01-02");
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:8080");
        if *method != Method::GET {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(token) = session {
            request = request.header(header::COOKIE, format!("siaran-session={}", token.reveal()));
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.router.clone().oneshot(request).await.expect("the router never fails")
    }
}

const SAME: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

#[tokio::test]
async fn every_route_opens_for_its_roles_and_for_nobody_else() {
    let world = World::new();
    let mut faults = Vec::new();
    // Those that end or close something come last, and the administrator is asked last of all.
    for route in routes::all() {
        let name = format!("{} {}", route.method, route.path);
        let Some((_, _, who)) = MATRIX.iter().find(|(method, path, _)| *method == route.method && *path == route.path)
        else {
            faults.push(format!("{name}: no row says who may"));
            continue;
        };
        if route.path == "/sign-out" {
            continue;
        }
        let answer = world.ask(&route.method, route.path, None, SAME).await;
        let sent_away = answer.headers().get(header::LOCATION).is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
        if sent_away != matches!(who, Only(_)) {
            faults.push(format!("{name}: nobody gets {}", answer.status()));
        }
        for (role, session) in &world.sessions {
            let status = world.ask(&route.method, route.path, Some(session), SAME).await.status();
            let may = match who {
                Anyone => true,
                Only(roles) => roles.contains(role),
            };
            if may == (status == StatusCode::FORBIDDEN) || status.is_server_error() {
                faults.push(format!("{name}: {role} gets {status}"));
            }
        }
    }
    let rows: Vec<_> = routes::all().into_iter().map(|route| (route.method, route.path)).collect();
    let left = MATRIX.iter().filter(|(method, path, _)| !rows.contains(&(method.clone(), path)));
    faults.extend(left.map(|(method, path, _)| format!("{method} {path}: a row without a route")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn what_another_site_sends_is_turned_away() {
    let world = World::new();
    let admin = world.session(Admin);
    let post = async |extra: &[(&str, &str)]| world.ask(&Method::POST, "/offices", Some(admin), extra).await.status();
    assert_eq!(post(&[("sec-fetch-site", "cross-site")]).await, StatusCode::FORBIDDEN);
    assert_eq!(post(&[("sec-fetch-site", "same-site")]).await, StatusCode::FORBIDDEN);
    assert_eq!(post(&[]).await, StatusCode::FORBIDDEN);
    assert_eq!(post(&[("origin", "https://jahat.example")]).await, StatusCode::FORBIDDEN);
    assert_eq!(post(&[("origin", "null")]).await, StatusCode::FORBIDDEN);
    assert_ne!(post(&[("origin", "http://localhost:8080")]).await, StatusCode::FORBIDDEN);
    assert_ne!(post(SAME).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_host_name_that_only_points_here_sees_nothing() {
    let world = World::new();
    let request = Request::builder().uri("/sign-in").header(header::HOST, "jahat.example:8080");
    let answer =
        world.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_is_sealed() {
    let world = World::new();
    for path in ["/sign-in", "/nowhere", "/livez"] {
        let answer = world.ask(&Method::GET, path, None, &[]).await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn five_wrong_passwords_and_the_page_says_wait() {
    let world = World::new();
    let mut last = StatusCode::OK;
    for _ in 0..6 {
        let body = Body::from("email=admin%40contoh.id&password=salah");
        let request = Request::post("/sign-in")
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = world.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        last = answer.status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
