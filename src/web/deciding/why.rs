//! Why a request has the plays that it has on a day, and what would give it more.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::domain::ids::CaseId;
use crate::domain::text::date_in_words;
use crate::domain::time::BroadcastDate;
use crate::web::Web;
use crate::web::page::{Page, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan};
use crate::web::wall::channel_of;

#[derive(Template)]
#[template(path = "why.html")]
struct WhyPage {
    page: Page,
    channel: String,
    date: String,
    day: String,
    case: String,
    title: String,
    placed: u32,
    wanted: u32,
    /// It asks for the day.
    asked: bool,
    why: Option<String>,
    changes: Vec<String>,
}

/// `GET /planning/{channel}/{date}/why/{case}`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date, case)): Path<(String, String, i64)>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let date: BroadcastDate = date.parse().map_err(|_| Problem::NotFound)?;
    let (id, case) = (channel.id.clone(), CaseId(case));
    let asked = move |desk: &crate::desk::Desk| {
        desk.any_case_file(case)?;
        desk.what_if(&id, date, case)
    };
    let found = web.blocking(asked).await??;
    let lang = can.visit.lang;
    Ok(html(&WhyPage {
        page: can.page(can.visit.t("why-title")),
        channel: channel.id.to_string(),
        date: date.to_string(),
        day: date_in_words(date, lang),
        case: case.to_string(),
        asked: found.is_some(),
        title: found.as_ref().map(|f| f.title.clone()).unwrap_or_default(),
        placed: found.as_ref().map_or(0, |f| f.placed),
        wanted: found.as_ref().map_or(0, |f| f.wanted),
        why: found.as_ref().and_then(|f| f.why.as_ref()).map(|text| text.get(lang).to_owned()),
        changes: found.iter().flat_map(|f| &f.changes).map(|text| text.get(lang).to_owned()).collect(),
    }))
}
