//! The stylesheet, the script and the icon, in the program itself: no other host is asked for anything. Their paths hold a hash
//! of their bytes, so a browser keeps them for good and never keeps an old one.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::problem::Problem;

struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
}

const STYLE: Asset =
    Asset { name: "siaran.css", kind: "text/css; charset=utf-8", body: include_str!("static/siaran.css") };
const SCRIPT: Asset =
    Asset { name: "siaran.js", kind: "text/javascript; charset=utf-8", body: include_str!("static/siaran.js") };

const ICON: Asset = Asset { name: "siaran.svg", kind: "image/svg+xml", body: include_str!("static/siaran.svg") };

impl Asset {
    fn version(&self) -> String {
        Sha256::digest(self.body.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
    fn path(&self) -> String {
        format!("/static/{}/{}", self.version(), self.name)
    }
}

/// Where the stylesheet is.
pub(super) fn style() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| STYLE.path())
}

/// Where the script is.
pub(super) fn script() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| SCRIPT.path())
}

/// Where the icon is.
pub(super) fn icon() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| ICON.path())
}

/// `GET /static/{version}/{name}`
pub(super) async fn get(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = [STYLE, SCRIPT, ICON].into_iter().find(|a| a.name == name && a.version() == version);
    let asset = asset.ok_or(Problem::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.body).into_response())
}
