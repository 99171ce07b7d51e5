//! What a file is by its first bytes, before any decoder sees it. A name proves nothing.

/// How much of a file [`not_media`] wants to see, bytes.
pub(super) const HEAD: usize = 4096;

/// What the file is, if by its first bytes it is surely neither picture nor sound.
pub(super) fn not_media(head: &[u8]) -> Option<&'static str> {
    signature(head).or_else(|| markup(head)).or_else(|| plain_text(head))
}

const SIGNATURES: [(&[u8], &str); 17] = [
    (b"%PDF", "PDF"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "office document"),
    (b"{\\rtf", "office document"),
    (b"Rar!", "archive"),
    (b"7z\xBC\xAF\x27\x1C", "archive"),
    (b"\x1F\x8B", "archive"),
    (b"BZh", "archive"),
    (b"\xFD7zXZ\0", "archive"),
    (b"\x28\xB5\x2F\xFD", "archive"),
    (b"MSCF", "archive"),
    (b"MZ", "program"),
    (b"\x7FELF", "program"),
    (b"\xCA\xFE\xBA\xBE", "program"),
    (b"\xCF\xFA\xED\xFE", "program"),
    (b"\0asm", "program"),
    (b"#!", "script"),
    (b"SQLite format 3\0", "database"),
];

fn signature(head: &[u8]) -> Option<&'static str> {
    const TAR_AT: usize = 257;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let office = [&b"[Content_Types].xml"[..], b"word/", b"ppt/", b"xl/", b"mimetypeapplication/vnd.oasis"];
        let holds = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
        return Some(if office.into_iter().any(holds) { "office document" } else { "archive" });
    }
    // A tar begins with a file's name; a movie, which may have anything there, with the size of its first box.
    if head.get(TAR_AT..TAR_AT + 5) == Some(b"ustar") && head.first() != Some(&0) {
        return Some("archive");
    }
    SIGNATURES.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}

fn markup(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let begins = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let html = [&b"<!doctype"[..], b"<html", b"<head", b"<body", b"<script", b"<?php"];
    if html.into_iter().any(begins) {
        return Some("HTML");
    }
    [&b"<?xml"[..], b"<svg", b"<smil"].into_iter().any(begins).then_some("XML")
}

/// Playlists, subtitles, scripts and letters. No media file begins with this much readable text.
fn plain_text(head: &[u8]) -> Option<&'static str> {
    let readable = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7E | 0x80..);
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(), // the head ends in the middle of a character
    };
    (!head.is_empty() && valid && head.iter().all(readable)).then_some("text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movie_that_holds_a_tars_mark_by_chance_is_a_movie() {
        let with_mark = |begin: &[u8]| {
            let mut head = begin.to_vec();
            head.resize(257, 0);
            [&head[..], b"ustar\x0000"].concat()
        };
        assert_eq!(not_media(&with_mark(b"letter.docx")), Some("archive"));
        assert_eq!(not_media(&with_mark(b"\0\0\0\x20ftypisom")), None);
    }

    #[test]
    fn what_offices_attach_by_mistake_is_named_and_video_is_let_through() {
        let mut docx = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0".to_vec();
        docx.extend_from_slice(b"[Content_Types].xml");
        assert_eq!(not_media(&docx), Some("office document"));
        assert_eq!(not_media(b"PK\x03\x04\x14\0\0\0a.txt"), Some("archive"));
        assert_eq!(not_media(b"%PDF-1.7\n%\xE2\xE3"), Some("PDF"));
        assert_eq!(not_media(b"\n <!DOCTYPE html><html>"), Some("HTML"));
        assert_eq!(not_media(b"#!/bin/sh\nrm -rf ~\n"), Some("script"));
        assert_eq!(not_media(b"#EXTM3U\nhttp://10.0.0.1/x.ts\n"), Some("text"));
        assert_eq!(not_media(b"ffconcat version 1.0\nfile '/etc/passwd'\n"), Some("text"));
        assert_eq!(not_media(b"\0\0\0\x20ftypisom\0\0\x02\0"), None);
        assert_eq!(not_media(b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01"), None);
        assert_eq!(not_media(b"GIF89a\x01\0\x01\0"), None);
    }
}
