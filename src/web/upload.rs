//! An upload on its way from the network to a desk that reads like from a file: a few pieces are under way at a time,
//! so a fast sender waits for a slow disk and nothing large is ever in memory.

use std::io::{self, Read};

use axum::body::Bytes;
use axum::extract::multipart::Field;
use tokio::sync::mpsc;

use crate::desk::intake::{MAX_UPLOAD_BYTES, Upload};

/// Pieces under way: a network's piece is some 16 KiB.
const PIECES: usize = 16;

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
    pub(super) async fn send(self, mut field: Field<'_>) {
        loop {
            let piece = match field.chunk().await {
                Ok(Some(piece)) => Ok(piece),
                // The channel closes after the last piece; an error before that says that the sender broke off.
                Ok(None) => {
                    let _ = self.0.send(Ok(Bytes::new())).await;
                    return;
                }
                Err(error) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, error.to_string())),
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

/// Reads a field to its end and keeps nothing of it.
pub(super) async fn pass_over(mut field: Field<'_>) {
    let mut left = MAX_UPLOAD_BYTES;
    while let Ok(Some(piece)) = field.chunk().await {
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
