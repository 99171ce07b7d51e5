//! Documents as HTML: a part to stand in a page, or a file that stands alone and prints on A4.

use std::fmt::Write;

use super::{Block, Paper};
use crate::domain::text::Text;

const STYLE: &str = "\
@page{size:A4;margin:20mm}\
body{font:11pt/1.45 'DejaVu Sans',sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#111}\
header{text-align:center;border-bottom:2px solid #111;margin-bottom:1.5em}\
header p{margin:0}h1{font-size:1.3em}h2{font-size:1.1em;margin-top:1.5em}\
[lang=en]{color:#555;font-size:.85em;font-weight:normal}\
h1 [lang=en],h2 [lang=en],p [lang=en],th [lang=en],caption [lang=en],dt [lang=en]{display:block}\
dl{display:grid;grid-template-columns:14em 1fr;gap:.3em 1em}dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%;font-size:.9em}th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}\
caption{text-align:left;font-weight:bold;padding:.4em 0}thead{display:table-header-group}tr{break-inside:avoid}\
.signature{margin:2em 0 0 auto;width:20em;break-inside:avoid}.signature .room{height:5em}.written{white-space:pre-wrap}";

/// A whole file.
pub fn page(paper: &Paper) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"id\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n{}</body>\n</html>\n",
        escape(&paper.title.id),
        body(paper)
    )
}

/// The document without a page around it.
pub fn body(paper: &Paper) -> String {
    let mut out = String::new();
    if !paper.letterhead.is_empty() {
        out.push_str("<header>\n");
        for line in &paper.letterhead {
            line_in(&mut out, "p", line);
        }
        out.push_str("</header>\n");
    }
    element(&mut out, "h1", &paper.title);
    for block in &paper.blocks {
        write_block(&mut out, block);
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => element(out, "h2", text),
        Block::Words(text) => element(out, "p", text),
        Block::Written(words) => {
            out.push_str("<p class=\"written\">");
            out.push_str(&escape(words));
            out.push_str("</p>\n");
        }
        Block::Facts(facts) => {
            out.push_str("<dl>\n");
            for (name, value) in facts {
                element(out, "dt", name);
                line_in(out, "dd", value);
            }
            out.push_str("</dl>\n");
        }
        Block::Table { caption, columns, rows } => {
            out.push_str("<table>\n");
            element(out, "caption", caption);
            out.push_str("<thead><tr>\n");
            for column in columns {
                out.push_str("<th scope=\"col\">");
                out.push_str(&both(&column.head));
                out.push_str("</th>\n");
            }
            out.push_str("</tr></thead>\n<tbody>\n");
            for row in rows {
                out.push_str("<tr>");
                for cell in row {
                    out.push_str("<td>");
                    out.push_str(&escape(cell));
                    out.push_str("</td>");
                }
                out.push_str("</tr>\n");
            }
            out.push_str("</tbody>\n</table>\n");
        }
        Block::Signature { place_and_date, position, name } => {
            out.push_str("<div class=\"signature\">\n");
            line_in(out, "p", place_and_date);
            line_in(out, "p", position);
            out.push_str("<div class=\"room\"></div>\n");
            line_in(out, "p", name);
            out.push_str("</div>\n");
        }
    }
}

fn element(out: &mut String, name: &str, text: &Text) {
    // Writing to a string can't fail.
    let _ = writeln!(out, "<{name}>{}</{name}>", both(text));
}

fn line_in(out: &mut String, name: &str, line: &str) {
    let _ = writeln!(out, "<{name}>{}</{name}>", escape(line));
}

fn both(text: &Text) -> String {
    if text.id == text.en {
        return escape(&text.id);
    }
    format!("{} <span lang=\"en\">{}</span>", escape(&text.id), escape(&text.en))
}

/// Text that can stand in an element or an attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
