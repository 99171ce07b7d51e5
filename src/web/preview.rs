//! The small copy in which people look at an upload: our own transcode, sent in the pieces that a browser's player asks
//! for (RFC 9110, section 14). What the office itself sent is never shown, only saved.

use std::io::SeekFrom;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, IF_RANGE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::Web;
use super::case::{airing_of, case_file};
use super::problem::Problem;
use super::session::{Can, Enter};
use crate::files::library::Look;

const KIND: &str = "video/mp4";

/// What of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From the first to the last byte, both included.
    Part(u64, u64),
    /// Something beyond its end.
    Beyond,
}

/// What a `Range` asks for. What can't be read, and more than one piece, may be answered with the whole file.
fn wanted(range: Option<&str>, length: u64) -> Wanted {
    let piece = range.and_then(|range| range.strip_prefix("bytes=")).and_then(|piece| piece.trim().split_once('-'));
    let Some((first, last)) = piece else { return Wanted::Whole };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= length => Wanted::Beyond,
        (Ok(first), Ok(last)) if first <= last => Wanted::Part(first, last.min(length - 1)),
        (Ok(first), Err(_)) if last.is_empty() => Wanted::Part(first, length - 1),
        (Err(_), Ok(0)) if first.is_empty() => Wanted::Beyond,
        (Err(_), Ok(_)) if first.is_empty() && length == 0 => Wanted::Beyond,
        (Err(_), Ok(end)) if first.is_empty() => Wanted::Part(length.saturating_sub(end), length - 1),
        _ => Wanted::Whole,
    }
}

/// `GET /requests/{id}/preview`
pub(super) async fn show(
    State(web): State<Web>,
    can: Can<Enter>,
    Path(id): Path<i64>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let path = web.desk.library.preview(airing_of(&found)?.newest().framed());
    let mut file = tokio::fs::File::open(path).await.map_err(|_| Problem::NotFound)?;
    let length = file.metadata().await.map_err(|_| Problem::NotFound)?.len();
    // Without a validator of ours a browser can't know that its pieces are of this file: it gets the whole.
    let range = asked.get(RANGE).filter(|_| !asked.contains_key(IF_RANGE)).and_then(|range| range.to_str().ok());
    let (status, from, bytes) = match wanted(range, length) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Beyond => {
            let headers = [(CONTENT_TYPE, KIND.to_owned()), (CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    file.seek(SeekFrom::Start(from)).await.map_err(|_| Problem::NotFound)?;
    let headers =
        [(CONTENT_TYPE, KIND.to_owned()), (ACCEPT_RANGES, "bytes".to_owned()), (CONTENT_LENGTH, bytes.to_string())];
    let body = Body::from_stream(ReaderStream::new(file.take(bytes)));
    let mut response = (status, headers, body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{length}", from + bytes - 1);
        response.headers_mut().insert(CONTENT_RANGE, range.parse().expect("digits and signs"));
    }
    Ok(response)
}

/// `GET /requests/{id}/preview/{look}`: one of the pictures that we made of it.
pub(super) async fn picture(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, look)): Path<(i64, String)>,
) -> Result<Response, Problem> {
    let (look, kind) = match look.as_str() {
        "poster" => (Look::Poster, "image/jpeg"),
        "sheet" => (Look::Sheet, "image/jpeg"),
        "wave" => (Look::Wave, "image/png"),
        _ => return Err(Problem::NotFound),
    };
    let found = case_file(&web, &can, id).await?;
    let path = web.desk.library.look(airing_of(&found)?.newest().framed(), look);
    let bytes = tokio::fs::read(path).await.map_err(|_| Problem::NotFound)?;
    Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_gets_the_piece_it_asks_for() {
        assert_eq!(wanted(Some("bytes=0-"), 10), Wanted::Part(0, 9));
        assert_eq!(wanted(Some("bytes=2-3"), 10), Wanted::Part(2, 3));
        assert_eq!(wanted(Some("bytes=2-99"), 10), Wanted::Part(2, 9));
        assert_eq!(wanted(Some("bytes=-4"), 10), Wanted::Part(6, 9));
        assert_eq!(wanted(Some("bytes=-40"), 10), Wanted::Part(0, 9));
        assert_eq!(wanted(Some("bytes=10-"), 10), Wanted::Beyond);
        assert_eq!(wanted(Some("bytes=-0"), 10), Wanted::Beyond);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::Beyond);
    }

    #[test]
    fn a_range_that_makes_no_sense_gets_the_whole_file() {
        for range in ["bytes=3-2", "bytes=-", "bytes=x-y", "bytes=1-2,4-5", "lines=1-2", "bytes=1", ""] {
            assert_eq!(wanted(Some(range), 10), Wanted::Whole, "{range}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
    }
}
