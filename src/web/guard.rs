//! What every request passes on its way in and every answer on its way out.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use tracing::Instrument;

use super::page::{LANG_COOKIE, Visit};
use super::problem::Problem;
use super::{Site, Web};
use crate::domain::text::Lang;

/// Largest body of a plain form: a long letter and a checklist. Uploads stream, and have their own limit.
const MOST_FORM_BYTES: usize = 256 * 1024;
/// How long the language is remembered.
const LANG_KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Nothing but our own files, no frame around us, no form that leads elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the guard around the routes.
pub(super) fn around(router: Router<Web>, web: Web) -> Router {
    router
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(up)
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        .layer(middleware::from_fn_with_state(web.clone(), guard))
        .with_state(web)
}

/// Whoever opens the address to which a form is sent, by the link to the other language or by reloading, gets the page
/// above it, on which the form stands.
async fn up(method: Method, uri: Uri) -> Result<Response, Problem> {
    let above = uri.path().rsplit_once('/').map(|(above, _)| above).filter(|_| method == Method::GET);
    let above = above.ok_or(Problem::NotFound)?;
    Ok(Redirect::to(if above.is_empty() { "/" } else { above }).into_response())
}

async fn guard(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let number = request_number();
    let ip = address(&web.site, &request);
    let visit = Visit::of(request.uri(), request.headers(), ip, number);
    let span = tracing::info_span!("request", number = visit.number, method = %request.method(), path = visit.path);
    request.extensions_mut().insert(visit.clone());

    let read_only = request.method().is_safe();
    let answer = async {
        match foreign(&web.site, request.method(), request.headers()) {
            true => Err(Problem::Foreign),
            false => Ok(next.run(request).await),
        }
    };
    let mut response = match answer.instrument(span).await {
        Ok(response) => told(response, &visit, read_only),
        Err(problem) => problem.page(&visit),
    };
    remember_language(&mut response, &visit);
    seal(response.headers_mut(), &web.site);
    response
}

/// Problems, and what a library refused in its own words, become pages.
fn told(mut response: Response, visit: &Visit, read_only: bool) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return problem.page(visit);
    }
    let mut status = response.status();
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if (status.is_client_error() || status.is_server_error()) && plain && !visit.path.starts_with("/readyz") {
        // Nothing was sent: an address with something else in it than a number is one that is not there.
        if read_only && status == StatusCode::BAD_REQUEST {
            status = StatusCode::NOT_FOUND;
        }
        let mut page = Problem::of_status(status).page(visit);
        *page.status_mut() = status;
        return page;
    }
    response
}

/// Whether a request is not meant for us, or was made by a page that is not ours.
fn foreign(site: &Site, method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // A name that only points here could read our pages from a browser on this machine.
    let Some(host) = text(HOST) else { return true };
    let ours = match site {
        Site::Loopback => {
            let name = host
                .rsplit_once(':')
                .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        }
        Site::Proxied { host: ours } => host.eq_ignore_ascii_case(ours) || is_loopback(host),
    };
    if !ours {
        return true;
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    if let Some(from) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(from, "same-origin" | "none");
    }
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_none_or(|origin| !origin.eq_ignore_ascii_case(host))
}

fn is_loopback(host: &str) -> bool {
    host.parse::<SocketAddr>().is_ok_and(|addr| addr.ip().is_loopback())
}

/// The visitor's address: behind a declared proxy, the last one that the proxy wrote down.
fn address(site: &Site, request: &Request) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
    let forwarded = match site {
        Site::Loopback => None,
        Site::Proxied { .. } => request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok()),
    };
    let last = forwarded.and_then(|list| list.rsplit(',').next()).map(|ip| ip.trim().chars().take(45).collect());
    last.or(peer).unwrap_or_else(|| "?".to_owned())
}

fn request_number() -> String {
    let mut bytes = [0; 5];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
        // A page without a number is better than none.
        Err(_) => String::new(),
    }
}

fn remember_language(response: &mut Response, visit: &Visit) {
    let Some(lang) = visit.switch_to else { return };
    let value = match lang {
        Lang::Id => format!("{LANG_COOKIE}={}; Path=/; Max-Age=0; SameSite=Lax", lang.tag()),
        Lang::En => format!("{LANG_COOKIE}={}; Path=/; Max-Age={}; SameSite=Lax", lang.tag(), LANG_KEPT.as_secs()),
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn seal(headers: &mut HeaderMap, site: &Site) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    set(CACHE_CONTROL, "no-store");
    if matches!(site, Site::Proxied { .. }) {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
