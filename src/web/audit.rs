//! The audit trail as it is stored: newest first, with the chain's verdict on top.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::page::{Page, html};
use super::problem::Problem;
use super::session::{Can, ReadAudit};
use crate::domain::ids::Sha256;
use crate::domain::people::Role;
use crate::domain::text::instant_in_words;
use crate::domain::time::Instant;

/// Rows on the page.
const MOST_SHOWN: u32 = 200;

struct Row {
    seq: i64,
    at: String,
    kind: String,
    by: String,
    facts: String,
    hash: String,
}

enum Verdict {
    Holds { rows: i64, head: Sha256 },
    Broken(String),
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Page,
    verdict: Verdict,
    /// Whether the reader may open people's pages.
    opens_people: bool,
    rows: Vec<Row>,
}

/// `GET /audit`
pub(super) async fn list(State(web): State<Web>, can: Can<ReadAudit>) -> Result<Response, Problem> {
    let (rows, verdict) =
        web.ask(|desk| desk.store.read(|r| Ok((r.audit_latest(MOST_SHOWN)?, r.audit_verify()?)))).await?;
    let verdict = match verdict {
        Ok(summary) => Verdict::Holds { rows: summary.rows, head: summary.head },
        Err(broken) => Verdict::Broken(broken.to_string()),
    };
    let zone = web.zone();
    let row = |row: &crate::store::AuditRow| {
        let body: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row.body).unwrap_or_default();
        let text = |name: &str| body.get(name).map(plain).unwrap_or_default();
        let at: Option<Instant> = text("at").parse().ok();
        let rest = body.iter().filter(|(name, _)| !matches!(name.as_str(), "seq" | "at" | "kind" | "by"));
        Row {
            seq: row.seq,
            at: at.map_or_else(|| text("at"), |at| instant_in_words(at, zone, can.visit.lang)),
            kind: text("kind"),
            by: body.get("by").filter(|by| !by.is_null()).map(plain).unwrap_or_default(),
            facts: rest.map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", "),
            hash: row.hash.to_string().chars().take(12).collect(),
        }
    };
    Ok(html(&AuditPage {
        page: can.page(can.visit.t("nav-audit")),
        verdict,
        opens_people: can.person().holds(Role::Admin),
        rows: rows.iter().map(row).collect(),
    }))
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
