//! How soon the scheduling desk answers: pages and changes by hand over real HTTP on loopback, on a database with 500
//! approved clips on five walls for 31 days, half of them published.
//!
//! ```text
//! cargo bench --bench desk                 500 clips, 100 on each wall
//! cargo bench --bench desk -- 2500         500 on each wall
//! cargo bench --bench desk -- 500 FOLDER   keeps the home in FOLDER, to be served and looked at
//! ```

mod browser;
mod home;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use siaran::config::Config;
use siaran::desk::Desk;
use siaran::desk::clock::SystemClock;
use siaran::desk::people::Browser as Agent;
use siaran::web::{Web, listen, serve};

use browser::{Answer, Browser};
use home::WALLS;

/// Changes that are measured on each kind of day.
const EDITS: usize = 120;
/// Times that each page is opened.
const VISITS: usize = 30;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let clips = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(500);
    let folder = tempfile::tempdir().expect("a folder");
    let home = arguments.next().map_or_else(|| folder.path().to_owned(), Into::into);
    std::fs::create_dir_all(&home).expect("the home");
    std::fs::write(home.join("siaran.toml"), home::settings()).expect("siaran.toml");
    let config = Config::parse(&home, &home::settings()).expect("a configuration");
    let desk = Desk::open(config, Arc::new(SystemClock::start())).expect("a database");
    let begun = Instant::now();
    let filled = home::fill(&desk, clips);
    eprintln!("{clips} clips, {} days published, in {:.1} s", filled.published, begun.elapsed().as_secs_f64());
    let session = desk.open_session(filled.scheduler, Agent::default()).expect("a session");
    let web = Web::new(desk);
    let listener = listen(&web, "127.0.0.1:0".parse().expect("an address")).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(web, listener, std::future::pending()));
    let measured = tokio::task::spawn_blocking(move || {
        let mut browser = Browser::open(address, session.reveal());
        measure(&mut browser, &filled);
    });
    match measured.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn measure(browser: &mut Browser, filled: &home::Filled) {
    println!("| what | answers | median | 95 of 100 within | worst |\n|---|---|---|---|---|");
    let visit = |browser: &mut Browser, what: &str, paths: &[String]| {
        let turns = (0..VISITS).map(|n| browser.get(&paths[n % paths.len()])).collect();
        row(what, turns);
    };
    let walls: Vec<String> = (0..WALLS).map(home::wall).collect();
    let ahead: Vec<String> = walls.iter().map(|wall| format!("/planning/{wall}")).collect();
    visit(browser, "31 days ahead", &ahead);
    for (kind, date) in [("published", filled.published_day), ("not published", filled.open_day)] {
        let of_day = |tail: &str| walls.iter().map(|wall| format!("/planning/{wall}/{date}{tail}")).collect::<Vec<_>>();
        visit(browser, &format!("a day, {kind}"), &of_day(""));
        visit(browser, &format!("the desk, {kind}"), &of_day("/draft"));
        edits(browser, kind, &of_day("/draft"));
    }
}

/// Moves plays by some minutes, wherever that leads: what is taken and what is refused shows the plan as it is then.
fn edits(browser: &mut Browser, kind: &str, desks: &[String]) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let mut pages: Vec<String> = desks.iter().map(|desk| browser.get(&format!("{desk}?hour=12")).body).collect();
    for number in 0..EDITS {
        let desk = number % desks.len();
        let page = &pages[desk];
        let plays: Vec<&str> = page.split("<a class=\"play").skip(1).collect();
        let Some(play) = plays.get(number * 7 % plays.len().max(1)) else { continue };
        let (key, start) = (attribute(play, "data-play"), attribute(play, "data-start"));
        let by_ms = (i64::try_from(number % 13).unwrap_or(0) - 6) * 100_000 + 7_000;
        let near = start.parse::<i64>().unwrap_or(0) + by_ms;
        let version = attribute(page, "data-version");
        let form = format!("do=move&version={version}&hour=12&play={key}&near_ms={near}");
        let answer = browser.post(&desks[desk], &form);
        pages[desk].clone_from(&answer.body);
        if answer.status == 200 { taken.push(answer) } else { refused.push(answer) }
    }
    row(&format!("a change, {kind}: taken"), taken);
    row(&format!("a change, {kind}: refused, with places"), refused);
}

fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    let marked = format!("{name}=\"");
    text.split_once(marked.as_str()).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

fn row(what: &str, answers: Vec<Answer>) {
    let broken: Vec<u16> = answers.iter().map(|a| a.status).filter(|status| !matches!(status, 200 | 422)).collect();
    assert!(broken.is_empty(), "{what}: {broken:?}");
    let mut times: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
    times.sort();
    let ms = |at: usize| times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    let (count, last) = (times.len(), times.len().saturating_sub(1));
    println!("| {what} | {count} | {:.1} ms | {:.1} ms | {:.1} ms |", ms(count / 2), ms(count * 95 / 100), ms(last));
}
