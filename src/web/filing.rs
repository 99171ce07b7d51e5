//! A form that is sent, over HTTP as a browser without JavaScript does it.

use std::fmt::Write;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use chrono::Days;
use tower::ServiceExt;

use super::matrix::World;
use crate::domain::people::Role;
use crate::domain::time::BroadcastDate;
use crate::store::{Scope, StoreError};

/// A letter as the first page sends it.
fn letter(world: &World) -> Vec<(&'static str, String)> {
    let channel = &world.desk.config.channels.values().next().expect("a channel").channel;
    let today = channel.zone.date_of(world.desk.now());
    let later = |days| BroadcastDate(today.0 + Days::new(days)).to_string();
    vec![
        ("title", "Ayo ke Posyandu".into()),
        ("number", "005/417/DINKES/2026".into()),
        ("date", today.to_string()),
        ("description", "Ajakan menimbang balita".into()),
        ("play_s", "15".into()),
        ("plays_per_day", "12".into()),
        ("days", "3".into()),
        ("first_day", later(2)),
        ("last_day", later(4)),
        ("channel", channel.id.to_string()),
    ]
}

async fn post(world: &World, path: &str, kind: &str, body: String) -> Response {
    let request = Request::post(path)
        .header(header::HOST, "localhost:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, kind)
        .header(header::COOKIE, format!("siaran-session={}", world.session(Role::Office).reveal()));
    let request = request.body(Body::from(body)).expect("a request");
    world.router.clone().oneshot(request).await.expect("the router never fails")
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a page");
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Name and value of every hidden field that travels with the clip, as the second page shows them.
async fn second_page(world: &World, check: &str) -> Vec<(String, String)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let escaped = |text: &str| -> String {
        text.bytes().map(|b| if plain(b.into()) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let fields = letter(world).into_iter().map(|(name, value)| format!("{name}={}", escaped(&value)));
    let body = fields.collect::<Vec<_>>().join("&");
    let answer = post(world, check, "application/x-www-form-urlencoded", body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = text(answer).await;
    let sent = page.split_once("data-upload").expect("the form with the clip").1;
    let hidden = sent.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|field| {
        let (name, rest) = field.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split_once('"')?.0.to_owned()))
    });
    let ticked = sent.split("name=\"declare\" value=\"").skip(1);
    let ticked = ticked.map(|field| ("declare".to_owned(), field.split('"').next().unwrap_or_default().to_owned()));
    hidden.chain(ticked.collect::<Vec<_>>()).collect()
}

/// Sends the second page with a clip.
async fn answer(world: &World, path: &str, fields: &[(String, String)], clip: &str) -> Response {
    let mut body = String::new();
    for (name, value) in fields {
        write!(body, "--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("a string");
    }
    let name = if clip.is_empty() { "" } else { "posyandu.mp4" };
    let clip = format!(
        "--x\r\ncontent-disposition: form-data; name=\"clip\"; filename=\"{name}\"\r\n\
         content-type: video/mp4\r\n\r\n{clip}\r\n--x--\r\n"
    );
    post(world, path, "multipart/form-data; boundary=x", body + &clip).await
}

/// The same; the address to which the answer leads.
async fn send(world: &World, path: &str, fields: &[(String, String)], clip: &str) -> String {
    let answer = answer(world, path, fields, clip).await;
    let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned());
    match to {
        Some(to) => to,
        None => panic!("{}", text(answer).await),
    }
}

fn submissions(world: &World) -> usize {
    let all = world.desk.store.read(|r| {
        let cases = r.open_cases(Scope::All)?;
        cases.iter().map(|case| r.submissions(Scope::All, case.id)).collect::<Result<Vec<_>, StoreError>>()
    });
    all.expect("readable").iter().map(Vec::len).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_is_pressed_twice_files_one_request_and_a_new_form_another() {
    let world = World::new();
    let form = second_page(&world, "/requests/check").await;
    let (first, second) =
        tokio::join!(send(&world, "/requests", &form, "the clip"), send(&world, "/requests", &form, "the clip"));
    assert_eq!((first.as_str(), second.as_str()), ("/requests/1?done=filed", "/requests/1?done=filed"));
    assert_eq!(send(&world, "/requests", &form, "the clip").await, first, "and once more, later");
    assert_eq!(submissions(&world), 1);
    assert!(
        world.desk.store.read(|r| r.uploads()).expect("readable").is_empty(),
        "the room of the others is given back"
    );

    // Back to the form, and another file chosen: that is meant.
    assert_eq!(send(&world, "/requests", &form, "another clip").await, "/requests/2?done=filed");
    // The same letter and clip on a new form is meant too.
    let again = second_page(&world, "/requests/check").await;
    assert_eq!(send(&world, "/requests", &again, "the clip").await, "/requests/3?done=filed");
    assert_eq!(submissions(&world), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_letter_that_is_sent_twice_is_one_revision() {
    let world = World::new();
    let form = second_page(&world, "/requests/check").await;
    send(&world, "/requests", &form, "the clip").await;
    let form = second_page(&world, "/requests/1/revise/check").await;
    let path = "/requests/1/revise";
    for clip in ["a better clip", "a better clip", ""] {
        let both = tokio::join!(send(&world, path, &form, clip), send(&world, path, &form, clip));
        assert_eq!(both, ("/requests/1?done=filed".into(), "/requests/1?done=filed".into()));
    }
    assert_eq!(submissions(&world), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_whoever_sends_is_told_that_nothing_is_lost_and_whom_to_call() {
    let world = World::new();
    let form = second_page(&world, "/requests/check").await;
    world.desk.store.fill_disk(true);
    let refused = answer(&world, "/requests", &form, "the clip").await;
    assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
    let page = text(refused).await;
    assert!(page.contains("Disk mesin Siaran penuh") && page.contains("Beri tahu administrator"), "{page}");
    let session = Some(world.session(Role::Office));
    assert_eq!(world.ask(&Method::GET, "/requests", session, &[]).await.status(), StatusCode::OK, "reading goes on");
    assert_eq!(submissions(&world), 0);

    world.desk.store.fill_disk(false);
    assert!(world.desk.store.read(|r| r.uploads()).expect("readable").is_empty(), "no room is kept for what failed");
    assert_eq!(send(&world, "/requests", &form, "the clip").await, "/requests/1?done=filed");
}
