//! The wall's page as it is now, without loading it again: a stream of the parts that changed (server-sent events,
//! WHATWG HTML, 9.2). It ends when its session does, when the person may not watch any more, and when the server ends.
//!
//! Each stream costs a look a second, and a browser opens only six connections to one host: streams are counted, per
//! person and in all. A page that gets none loads itself again, as it does without script.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::Web;
use super::page::Visit;
use super::places::Place;
use super::problem::Problem;
use super::session::{Can, Right, Watch, signed_in};
use super::wall::{channel_of, parts};
use crate::domain::channel::Channel;

/// How often a stream looks: the player writes its status and its picture once a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Streams in all: a look costs some milliseconds, so that these take a fraction of one core.
pub(super) const MOST_STREAMS: usize = 24;
/// Streams of one person: half of the connections that a browser opens to one host, so that its other pages load.
pub(super) const MOST_OF_ONE: usize = 3;

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    #[serde(skip)]
    pub name: &'static str,
    /// Names what it says: another version is worth sending.
    #[serde(rename = "v")]
    pub version: String,
    /// Written by a template, which has escaped every word.
    pub html: String,
}

impl Part {
    pub(super) fn new(name: &'static str, html: String) -> Part {
        let version = Sha256::digest(html.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
        Part { name, version, html }
    }
}

/// The parts of the wall's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts(pub [Part; 6]);

impl Parts {
    /// The part of a name that the page's template knows.
    pub(super) fn of(&self, name: &str) -> &Part {
        self.0.iter().find(|part| part.name == name).expect("a template names parts that are there")
    }
    /// What is not as it was.
    fn changed_since<'a>(&'a self, before: Option<&Parts>) -> BTreeMap<&'static str, &'a Part> {
        let same = |part: &Part| before.is_some_and(|before| before.of(part.name).version == part.version);
        self.0.iter().filter(|part| !same(part)).map(|part| (part.name, part)).collect()
    }
}

/// One page that is kept as it is now.
struct Watching {
    web: Web,
    headers: HeaderMap,
    visit: Visit,
    channel: Channel,
    ending: watch::Receiver<bool>,
    every: tokio::time::Interval,
    sent: Option<Parts>,
    over: bool,
    _place: Place,
}

impl Watching {
    /// What the page hears next; `None` once there is nothing more to hear.
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        tokio::select! {
            _ = self.every.tick() => {}
            _ = self.ending.wait_for(|ending| *ending) => return None,
        }
        let still = signed_in(&self.web, &self.headers).await.ok().flatten();
        if !still.is_some_and(|who| Watch::ROLES.iter().any(|role| who.person.holds(*role))) {
            self.over = true;
            return Some(Event::default().event("gone").data(""));
        }
        // A look that fails is in the trace already; the page says that it hears nothing.
        let Ok(now) = parts(&self.web, &self.visit, &self.channel).await else { return None };
        let changed = now.changed_since(self.sent.as_ref());
        let event = Event::default().event("parts").json_data(changed).ok()?;
        self.sent = Some(now);
        Some(event)
    }
}

/// `GET /wall/{channel}/live`
pub(super) async fn follow(
    State(web): State<Web>,
    can: Can<Watch>,
    Path(channel): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let Some(place) = web.streams.take(can.id()) else {
        let full = Json("too many pages are followed; this one loads itself again");
        return Ok((StatusCode::SERVICE_UNAVAILABLE, full).into_response());
    };
    let mut every = interval(LOOK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (ending, visit) = (web.ending.subscribe(), can.visit);
    let watching = Watching { web, headers, visit, channel, ending, every, sent: None, over: false, _place: place };
    let events = stream::unfold(watching, |mut watching| async move {
        watching.next().await.map(|event| (Ok::<_, Infallible>(event), watching))
    });
    // A proxy that gathers an answer before it passes it on would keep the wall's page in the past.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(events)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_sent() {
        let parts = |air: &str| {
            Parts(["state", "clock", "alarms", "picture", "player", "air"].map(|n| match n {
                "air" => Part::new(n, air.to_owned()),
                n => Part::new(n, String::new()),
            }))
        };
        let (before, now) = (parts("0:10"), parts("0:09"));
        assert_eq!(now.changed_since(None).len(), 6);
        let changed = serde_json::to_string(&now.changed_since(Some(&before))).unwrap();
        assert!(changed.starts_with("{\"air\":{\"v\":\"") && changed.ends_with("\"html\":\"0:09\"}}"), "{changed}");
    }
}
