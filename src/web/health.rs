//! For supervisors: whether the process answers, and whether it can work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Web;

/// `GET /livez`
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: whether the database answers.
pub(super) async fn ready(State(web): State<Web>) -> Response {
    let answer = web.ask(|desk| Ok(desk.store.read(|reader| reader.audit_latest(1))?)).await;
    match answer {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}
