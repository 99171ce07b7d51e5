//! What waits for the person who is signed in, whatever roles he or she holds: one list.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::page::{Page, html};
use super::problem::Problem;
use super::session::{Can, Enter};

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    page: Page,
    roles: Vec<String>,
}

/// `GET /`
pub(super) async fn show(State(_web): State<Web>, can: Can<Enter>) -> Result<Response, Problem> {
    let roles = can.person().roles().into_iter().map(|role| role.text().get(can.visit.lang).to_owned()).collect();
    Ok(html(&InboxPage { page: can.page(can.visit.t("nav-inbox")), roles }))
}
