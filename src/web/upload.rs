//! An upload on its way from the network to a desk that reads like from a file: a few pieces are under way at a time,
//! so a fast sender waits for a slow disk and nothing large is ever in memory.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::multipart::Field;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::problem::Problem;
use crate::desk::intake::{MAX_UPLOAD_BYTES, Upload};

/// Pieces under way: a network's piece is some 16 KiB.
const PIECES: usize = 16;
/// Longest silence between two pieces: a sender that went away without a word holds its room and its place no longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Uploads in all. Each takes a thread, of which tokio has 512 for everything that blocks, pages included.
pub(super) const MOST_UPLOADS: usize = 128;
/// Uploads of one person: more than anybody files at a time, and a fraction of all.
pub(super) const MOST_OF_ONE: usize = 32;

/// The network's end.
pub(super) struct Sender(mpsc::Sender<io::Result<Bytes>>);

/// The desk's end.
pub(super) struct Pipe {
    name: String,
    declared_bytes: Option<u64>,
    reader: Reader,
}

struct Reader {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
    ended: bool,
}

/// Both ends of a new pipe.
pub(super) fn pipe(name: String, declared_bytes: Option<u64>) -> (Sender, Pipe) {
    let (sender, pieces) = mpsc::channel(PIECES);
    (Sender(sender), Pipe { name, declared_bytes, reader: Reader { pieces, rest: Bytes::new(), ended: false } })
}

impl Sender {
    /// Sends a field's bytes. What the desk does not want any more is read and forgotten: a browser shows an answer
    /// only once its upload is through.
    pub(super) async fn send(self, field: Field<'_>) {
        self.send_within(field, PATIENCE).await;
    }

    async fn send_within(self, mut field: Field<'_>, patience: Duration) {
        loop {
            let piece = match timeout(patience, field.chunk()).await {
                Ok(Ok(Some(piece))) => Ok(piece),
                // The channel closes after the last piece; an error before that says that the sender broke off.
                Ok(Ok(None)) => {
                    let _ = self.0.send(Ok(Bytes::new())).await;
                    return;
                }
                Ok(Err(error)) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, error.to_string())),
                Err(late) => Err(late.into()),
            };
            let broken = piece.is_err();
            if piece.as_ref().is_ok_and(Bytes::is_empty) {
                continue;
            }
            if self.0.send(piece).await.is_err() {
                return pass_over(field).await;
            }
            if broken {
                return;
            }
        }
    }
}

/// Reads a small file into memory; `None` if it is larger than `most` bytes.
pub(super) async fn whole(mut field: Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Problem> {
    let mut bytes = Vec::new();
    loop {
        let piece = timeout(PATIENCE, field.chunk()).await.map_err(|_| Problem::Unreadable)?;
        match piece.map_err(|_| Problem::Unreadable)? {
            None => return Ok(Some(bytes)),
            Some(piece) if bytes.len() + piece.len() > most => {
                pass_over(field).await;
                return Ok(None);
            }
            Some(piece) => bytes.extend_from_slice(&piece),
        }
    }
}

/// Reads a field to its end and keeps nothing of it.
pub(super) async fn pass_over(mut field: Field<'_>) {
    let mut left = MAX_UPLOAD_BYTES;
    while let Ok(Ok(Some(piece))) = timeout(PATIENCE, field.chunk()).await {
        left = left.saturating_sub(piece.len() as u64);
        if left == 0 {
            return;
        }
    }
}

impl Pipe {
    /// What the desk reads.
    pub(super) fn as_upload(&mut self) -> Upload<'_> {
        Upload { name: self.name.clone(), declared_bytes: self.declared_bytes, bytes: &mut self.reader }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && !self.ended {
            // A channel that closes without the empty piece was dropped midway: the connection is gone.
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) if piece.is_empty() => self.ended = true,
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(error)) => return Err(error),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = self.rest.len().min(into.len());
        into[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::ready;

    use axum::body::Body;
    use axum::extract::{FromRequest, Multipart};
    use axum::http::Request;
    use futures_util::{StreamExt, stream};

    use super::*;

    #[tokio::test]
    async fn a_sender_that_says_nothing_more_has_broken_off() {
        let begun = "--x\r\ncontent-disposition: form-data; name=\"clip\"; filename=\"a.mp4\"\r\n\r\nhalf of it, and";
        let silent = stream::once(ready(Ok::<_, Infallible>(begun))).chain(stream::pending());
        let request = Request::post("/").header("content-type", "multipart/form-data; boundary=x");
        let request = request.body(Body::from_stream(silent)).expect("a request");
        let mut parts = Multipart::from_request(request, &()).await.expect("a form");
        let field = parts.next_field().await.expect("readable").expect("a field");
        let (sender, mut pipe) = pipe("a.mp4".into(), None);
        let desk = tokio::task::spawn_blocking(move || io::copy(&mut pipe.reader, &mut io::sink()));
        sender.send_within(field, Duration::from_millis(20)).await;
        assert_eq!(desk.await.expect("no panic").expect_err("no end").kind(), io::ErrorKind::TimedOut);
    }
}
