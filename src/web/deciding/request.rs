//! What is decided about one request: how urgent it is, what it is promised, when it airs, what it shows.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{CostShown, DayBox, day_boxes};
use crate::domain::ids::CaseId;
use crate::domain::rotation::Class;
use crate::domain::rules::{ContentTag, RequestRules, Weekdays};
use crate::domain::text::Text;
use crate::web::Web;
use crate::web::case::airing_of;
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan};

#[derive(Template)]
#[template(path = "request_rules.html")]
struct RequestRulesPage {
    page: Page,
    case: String,
    title: String,
    /// Number, label.
    classes: Vec<(u8, String)>,
    class: u8,
    minimum: String,
    separation_s: String,
    days: Vec<DayBox>,
    /// Word, label, whether it is ticked.
    tags: Vec<(&'static str, String, bool)>,
    cost: Option<CostShown>,
    errors: FormErrors,
}

/// `GET /requests/{id}/airing`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(case): Path<i64>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let case = CaseId(case);
    let rules = web.blocking(move |desk| desk.rules_of_request(case)).await??;
    let mut page = can.page(can.visit.t("request-rules-title"));
    if done == "saved" {
        page.done = Some(can.visit.t("request-rules-saved"));
    }
    page_of(&web, page, case, &rules, None, FormErrors::default()).await
}

/// `POST /requests/{id}/airing`: looks at what the rules cost, or saves them.
pub(in crate::web) async fn change(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(case): Path<i64>,
    Form(given): Form<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let case = CaseId(case);
    let mut errors = FormErrors::default();
    let rules = read(&given, &can.visit, &mut errors);
    let page = can.page(can.visit.t("request-rules-title"));
    if !errors.is_empty() {
        return page_of(&web, page, case, &rules, None, errors).await;
    }
    if given.get("do").is_some_and(|what| what == "save") {
        let by = can.id();
        web.blocking(move |desk| desk.save_request_rules(by, case, &rules)).await??;
        return Ok(Redirect::to(&format!("/requests/{case}/airing?done=saved")).into_response());
    }
    let newest = web.ask(move |desk| desk.any_case_file(case)).await?;
    let (channel, wanted) = (airing_of(&newest)?.newest().channel.clone(), rules.clone());
    let cost = web.blocking(move |desk| desk.cost_of_request_rules(&channel, case, &wanted)).await??;
    let cost = CostShown::of(&cost, &can.visit);
    page_of(&web, page, case, &rules, Some(cost), errors).await
}

fn read(given: &HashMap<String, String>, visit: &Visit, errors: &mut FormErrors) -> RequestRules {
    let text = |key: &str| given.get(key).map_or("", |text| text.trim());
    let mut rules = RequestRules::default();
    match text("class").parse() {
        Ok(class) if class <= RequestRules::LOWEST.0 => rules.class = Class(class),
        _ => errors.add("class", visit.t("request-rules-wrong-class")),
    }
    match text("minimum").parse() {
        Ok(minimum) if minimum <= 1000 => rules.minimum = minimum,
        _ => errors.add("minimum", visit.t("request-rules-wrong-minimum")),
    }
    rules.separation_s = match text("separation_s") {
        "" => None,
        seconds => match seconds.parse() {
            Ok(seconds) if seconds <= 86_400 => Some(seconds),
            _ => {
                errors.add("separation_s", visit.t("rules-wrong-seconds"));
                None
            }
        },
    };
    let days = Weekdays::WORDS.into_iter().filter(|day| given.contains_key(&format!("day_{day}")));
    match Weekdays::of(days) {
        Ok(days) if !days.is_empty() => rules.days = days,
        _ => errors.add("days", visit.t("request-rules-wrong-days")),
    }
    let ticked = |tag: &&ContentTag| given.contains_key(&format!("tag_{tag}"));
    rules.tags = ContentTag::ALL.iter().filter(ticked).copied().collect::<BTreeSet<_>>();
    rules
}

/// The classes, the most urgent first.
fn classes() -> [Text; 4] {
    [
        Text::new("mendesak: menggeser tayangan lain bila perlu", "urgent: takes the place of others where it must"),
        Text::new("penting", "important"),
        Text::new("biasa", "ordinary"),
        Text::new("bila ada tempat", "where there is room"),
    ]
}

async fn page_of(
    web: &Web,
    page: Page,
    case: CaseId,
    rules: &RequestRules,
    cost: Option<CostShown>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let found = web.ask(move |desk| desk.any_case_file(case)).await?;
    let lang = page.visit.lang;
    let tag = |tag: &ContentTag| (tag.as_str(), tag.text().get(lang).to_owned(), rules.tags.contains(tag));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = RequestRulesPage {
        case: case.to_string(),
        title: found.row.title.clone(),
        classes: (0..).zip(classes()).map(|(n, text)| (n, text.get(lang).to_owned())).collect(),
        class: rules.class.0,
        minimum: rules.minimum.to_string(),
        separation_s: rules.separation_s.map(|s| s.to_string()).unwrap_or_default(),
        days: day_boxes(rules.days, lang),
        tags: ContentTag::ALL.iter().map(tag).collect(),
        cost,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}
