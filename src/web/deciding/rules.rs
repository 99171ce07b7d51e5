//! A channel's rules: distances, shares, fixed events.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{CostShown, DayBox, day_boxes};
use crate::desk::planning::RulesInForce;
use crate::domain::branding::Wears;
use crate::domain::channel::Channel;
use crate::domain::ids::Sha256;
use crate::domain::people::OpdGroup;
use crate::domain::rules::{ContentTag, FixedRule, PlanningRules, Prayer, Weekdays};
use crate::domain::text::Lang;
use crate::web::Web;
use crate::web::page::{Done, FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan};
use crate::web::wall::channel_of;

/// Empty rows for more fixed events.
const SPARE_ROWS: usize = 2;
/// Most fixed events of a channel: one an hour, and the prayers.
const MOST_FIXED: usize = 40;
const DAY_S: u32 = 86_400;
/// Longest name of a fixed event, letters.
const LONGEST_TITLE: usize = 80;

struct Row {
    number: usize,
    title: String,
    at: String,
    seconds: String,
    days: Vec<DayBox>,
    clip: String,
    branding: String,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    page: Page,
    channel: Channel,
    version: u32,
    saved: String,
    office_gap_s: String,
    separation_s: String,
    /// Word, label, weight.
    shares: Vec<(String, String, String)>,
    /// Word, label, pause in seconds.
    categories: Vec<(String, String, String)>,
    rows: Vec<Row>,
    /// Hash and title of what may air at a fixed time.
    clips: Vec<(String, String)>,
    prayers: Vec<&'static str>,
    cost: Option<CostShown>,
    errors: FormErrors,
}

/// `GET /planning/{channel}/rules`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(channel): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let id = channel.id.clone();
    let in_force = web.blocking(move |desk| desk.rules_in_force(&id)).await??;
    let mut page = can.page(can.visit.t("rules-title"));
    if done == "saved" {
        page.done = Some(can.visit.t("rules-saved"));
    }
    let version = in_force.version;
    let typed = typed_of(&in_force.rules);
    page_of(&web, page, &channel, &in_force, version, &typed, None, FormErrors::default()).await
}

/// `POST /planning/{channel}/rules`: looks at what rules cost, or saves them.
pub(in crate::web) async fn change(
    State(web): State<Web>,
    can: Can<Plan>,
    Path(channel): Path<String>,
    Form(given): Form<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let channel = channel_of(&web, &channel)?;
    let id = channel.id.clone();
    let in_force = web.blocking(move |desk| desk.rules_in_force(&id)).await??;
    let mut errors = FormErrors::default();
    let rules = read(&given, &in_force.rules, &can.visit, &mut errors);
    let version = given.get("version").and_then(|v| v.parse().ok()).unwrap_or(0);
    let page = can.page(can.visit.t("rules-title"));
    if !errors.is_empty() {
        return page_of(&web, page, &channel, &in_force, version, &given, None, errors).await;
    }
    if given.get("do").is_some_and(|what| what == "save") {
        let (by, id) = (can.id(), channel.id.clone());
        web.blocking(move |desk| desk.save_rules(by, &id, version, &rules)).await??;
        return Ok(Redirect::to(&format!("/planning/{}/rules?done=saved", channel.id)).into_response());
    }
    let (id, wanted) = (channel.id.clone(), rules.clone());
    let cost = web.blocking(move |desk| desk.cost_of_rules(&id, &wanted)).await??;
    let shown = CostShown::of(&cost, &can.visit);
    page_of(&web, page, &channel, &in_force, version, &given, Some(shown), errors).await
}

/// The form as it would be sent back unchanged.
fn typed_of(rules: &PlanningRules) -> HashMap<String, String> {
    let mut typed = HashMap::from([
        ("separation_s".to_owned(), rules.separation_s.to_string()),
        ("office_gap_s".to_owned(), rules.office_gap_s.to_string()),
    ]);
    for (tag, gap_s) in &rules.category_gaps_s {
        typed.insert(format!("gap_{tag}"), gap_s.to_string());
    }
    for group in OpdGroup::of_airtime() {
        let weight = rules.shares.get(&group).copied().unwrap_or(1);
        typed.insert(format!("share_{group}"), weight.to_string());
    }
    for (number, rule) in rules.fixed.iter().enumerate() {
        let mut field = |name: &str, value: String| typed.insert(format!("fixed_{number}_{name}"), value);
        field("title", rule.title.clone());
        field("at", rule.at.to_string());
        field("seconds", rule.seconds.to_string());
        field("clip", rule.sha256.map(|hash| hash.to_string()).unwrap_or_default());
        field("branding", rule.wears.word().unwrap_or_default().to_owned());
        for day in rule.days.words() {
            field(day, "1".into());
        }
    }
    typed
}

/// Rows of the form for fixed events: those that say something, and some that are empty.
fn rows_of(typed: &HashMap<String, String>, lang: Lang) -> Vec<Row> {
    let text = |number: usize, name: &str| typed.get(&format!("fixed_{number}_{name}")).cloned().unwrap_or_default();
    let says = |number: &usize| ["title", "at", "seconds"].iter().any(|name| !text(*number, name).trim().is_empty());
    let said = (0..MOST_FIXED).filter(says).map(Some).chain(std::iter::repeat_n(None, SPARE_ROWS));
    let row = |(number, said): (usize, Option<usize>)| {
        let of = |name: &str| said.map(|said| text(said, name)).unwrap_or_default();
        let days = Weekdays::WORDS.into_iter().filter(|day| said.is_none_or(|said| !text(said, day).is_empty()));
        Row {
            number,
            title: of("title"),
            at: of("at"),
            seconds: of("seconds"),
            days: day_boxes(Weekdays::of(days).unwrap_or(Weekdays::ALL), lang),
            clip: of("clip"),
            branding: of("branding"),
        }
    };
    said.take(MOST_FIXED).enumerate().map(row).collect()
}

/// Reads the form over the rules that hold; what can't be read is said.
fn read(
    given: &HashMap<String, String>,
    before: &PlanningRules,
    visit: &Visit,
    errors: &mut FormErrors,
) -> PlanningRules {
    let text = |key: &str| given.get(key).map_or("", |text| text.trim());
    let mut rules = before.clone();
    for (field, seconds) in [("separation_s", &mut rules.separation_s), ("office_gap_s", &mut rules.office_gap_s)] {
        match text(field).parse() {
            Ok(given) if given <= DAY_S => *seconds = given,
            _ => errors.add(field, visit.t("rules-wrong-seconds")),
        }
    }
    rules.category_gaps_s = BTreeMap::new();
    for tag in ContentTag::ALL {
        match text(&format!("gap_{tag}")) {
            "" | "0" => {}
            typed => match typed.parse() {
                Ok(gap_s) if gap_s <= DAY_S => drop(rules.category_gaps_s.insert(*tag, gap_s)),
                _ => errors.add("categories", visit.t("rules-wrong-seconds")),
            },
        }
    }
    rules.shares = BTreeMap::new();
    for group in OpdGroup::of_airtime() {
        match text(&format!("share_{group}")).parse() {
            Ok(weight @ 1..=1000) => drop(rules.shares.insert(group, weight)),
            _ => errors.add("shares", visit.t("rules-wrong-share")),
        }
    }
    rules.fixed = Vec::new();
    for number in 0..MOST_FIXED {
        let field = |name: &str| given.get(&format!("fixed_{number}_{name}")).map_or("", |text| text.trim());
        if field("title").is_empty() && field("at").is_empty() {
            continue;
        }
        match read_fixed(number, field, given) {
            Some(rule) => rules.fixed.push(rule),
            None => errors.add("fixed", visit.t1("rules-wrong-fixed", "title", field("title"))),
        }
    }
    rules
}

fn read_fixed<'a>(
    number: usize,
    field: impl Fn(&str) -> &'a str,
    given: &HashMap<String, String>,
) -> Option<FixedRule> {
    let days = Weekdays::WORDS.into_iter().filter(|day| given.contains_key(&format!("fixed_{number}_{day}")));
    let days = Weekdays::of(days).ok().filter(|days| !days.is_empty())?;
    let title = field("title");
    let sha256 = match field("clip") {
        "" => None,
        hash => Some(hash.parse::<Sha256>().ok()?),
    };
    let wears = match field("branding") {
        "" => Wears::All,
        word => word.parse().ok()?,
    };
    Some(FixedRule {
        at: field("at").replace('.', ":").to_lowercase().parse().ok()?,
        seconds: field("seconds").parse().ok().filter(|s| (1..=DAY_S).contains(s))?,
        title: Some(title).filter(|t| !t.is_empty() && t.chars().count() <= LONGEST_TITLE)?.to_owned(),
        days,
        sha256,
        wears,
    })
}

#[expect(clippy::too_many_arguments, reason = "one page, each part of it its own")]
async fn page_of(
    web: &Web,
    page: Page,
    channel: &Channel,
    in_force: &RulesInForce,
    version: u32,
    typed: &HashMap<String, String>,
    cost: Option<CostShown>,
    errors: FormErrors,
) -> Result<Response, Problem> {
    let (id, saved_by) = (channel.id.clone(), in_force.saved);
    let (clips, who) = web
        .blocking(move |desk| -> Result<_, crate::desk::planning::PlanError> {
            let clips = desk.clips_in_force(&id)?;
            let who = match saved_by {
                Some((person, _)) => desk.name_of(person)?,
                None => None,
            };
            Ok((clips, who))
        })
        .await??;
    let visit = page.visit.clone();
    let field = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let share = |group: &OpdGroup| {
        (group.to_string(), group.text().get(visit.lang).to_owned(), field(&format!("share_{group}")))
    };
    let category =
        |tag: &ContentTag| (tag.to_string(), tag.text().get(visit.lang).to_owned(), field(&format!("gap_{tag}")));
    let saved = match in_force.saved {
        Some((_, at)) => {
            let when = channel.zone.local(at).format("%d.%m.%Y %H.%M").to_string();
            format!("{} {} · {when}", visit.t("rules-saved-by"), who.unwrap_or_default())
        }
        None => visit.t("rules-of-config"),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = RulesPage {
        channel: channel.clone(),
        version,
        saved,
        office_gap_s: field("office_gap_s"),
        separation_s: field("separation_s"),
        shares: OpdGroup::of_airtime().map(|group| share(&group)).collect(),
        categories: ContentTag::ALL.iter().map(category).collect(),
        rows: rows_of(typed, visit.lang),
        clips: clips.into_iter().map(|(hash, title)| (hash.to_string(), title)).collect(),
        prayers: Prayer::ALL.iter().map(|prayer| prayer.as_str()).collect(),
        cost,
        errors,
        page,
    };
    Ok((status, html(&shown)).into_response())
}
