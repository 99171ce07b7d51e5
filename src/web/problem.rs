//! What can go wrong with a request, and the page that says so.

use std::error::Error;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::page::{Page, Visit, html};
use crate::desk::{DeskError, Refusal};
use crate::domain::text::Text;
use crate::store::is_disk_full;

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// Nobody is signed in; the visitor is sent to do so, and back to `next`.
    SignInFirst {
        /// Path and query.
        next: String,
    },
    /// The role is not one that may.
    Forbidden(Option<Text>),
    /// There is no such page, or it is another office's.
    NotFound,
    /// The request comes from another site, or under another host's name.
    Foreign,
    /// What was sent can't be read.
    Unreadable,
    /// A desk says no, and why.
    Refused(Text),
    /// Too many tries.
    Wait {
        /// Until it is worth trying again.
        seconds: i64,
    },
    /// This machine's disk has no room.
    DiskFull,
    /// Ours: disk, database, a bug.
    Broken,
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Problem {
        match error {
            DeskError::Refused(Refusal::NotFound { .. }) => Problem::NotFound,
            DeskError::Refused(refusal @ Refusal::NeedsRole(_)) => Problem::Forbidden(Some(refusal.text())),
            DeskError::Refused(refusal) => Problem::Refused(refusal.text()),
            error => Problem::ours(&error, "a page could not be made"),
        }
    }
}

impl Problem {
    /// Something of our own failed.
    pub(super) fn ours(error: &(dyn Error + 'static), what: &str) -> Problem {
        tracing::error!(error, "{what}");
        if is_disk_full(error) { Problem::DiskFull } else { Problem::Broken }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Problem::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Problem::Forbidden(_) | Problem::Foreign => StatusCode::FORBIDDEN,
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Unreadable => StatusCode::BAD_REQUEST,
            Problem::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
            Problem::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Problem::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem behind a bare status that a library answered with.
    pub(super) fn of_status(status: StatusCode) -> Problem {
        match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Problem::NotFound,
            status if status.is_client_error() => Problem::Unreadable,
            _ => Problem::Broken,
        }
    }

    /// The page in the visitor's language.
    pub(super) fn page(&self, visit: &Visit) -> Response {
        let say = |text: &Text| text.get(visit.lang).to_owned();
        let (title, what) = match self {
            Problem::SignInFirst { .. } => (visit.t("sign-in"), String::new()),
            Problem::Forbidden(why) => {
                (visit.t("problem-forbidden"), why.as_ref().map_or_else(|| visit.t("problem-forbidden-how"), say))
            }
            Problem::NotFound => (visit.t("problem-not-found"), visit.t("problem-not-found-how")),
            Problem::Foreign => (visit.t("problem-foreign"), visit.t("problem-foreign-how")),
            Problem::Unreadable => (visit.t("problem-unreadable"), visit.t("problem-unreadable-how")),
            Problem::Refused(why) => (visit.t("problem-refused"), say(why)),
            Problem::Wait { seconds } => {
                let minutes = (seconds + 59) / 60;
                (visit.t("problem-wait"), visit.t1("problem-wait-how", "n", minutes))
            }
            Problem::DiskFull => (visit.t("problem-disk-full"), visit.t("problem-disk-full-how")),
            Problem::Broken => (visit.t("problem-broken"), visit.t("problem-broken-how")),
        };
        let shown = Shown { page: Page::plain(visit, title), what, number: visit.number.clone() };
        let mut response = html(&shown);
        *response.status_mut() = self.status();
        if let Problem::Wait { seconds } = self {
            response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
        }
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Shown {
    page: Page,
    what: String,
    number: String,
}

impl IntoResponse for Problem {
    /// A bare status with the problem in its extensions; the guard writes the page.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Problem::SignInFirst { next } = &self {
            let query = url_encoded(next);
            let target = format!("/sign-in?next={query}");
            response.headers_mut().insert(LOCATION, target.parse().expect("an encoded path is a header value"));
            return response;
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A value for a query, every byte that is not plain escaped.
fn url_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
