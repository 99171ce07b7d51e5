//! Files that others sent, as they leave: attachments that no browser opens in our name.

use std::path::Path;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::problem::Problem;

/// The file at `path` under the name that whoever sent it gave; 404 where it is not kept any more.
pub(super) async fn attachment(path: &Path, name: &str) -> Result<Response, Problem> {
    let file = tokio::fs::File::open(path).await.map_err(|_| Problem::NotFound)?;
    let length = file.metadata().await.map_err(|_| Problem::NotFound)?.len();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
