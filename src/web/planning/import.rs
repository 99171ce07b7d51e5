//! A list from elsewhere for one day: what of it may air here, what the plan would be, and taking it as changes by hand.

use std::fmt::Write;

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::draft::{key_of, play_of, typed};
use super::{Day, day_of};
use crate::desk::planning::listed::{ListedDay, ListedRow, Standing};
use crate::domain::channel::Channel;
use crate::domain::draft::PlayAt;
use crate::domain::time::BroadcastDate;
use crate::files::interchange::{self, InterchangeError, ListFormat, MAX_BYTES, MAX_CLIPS, Place};
use crate::web::Web;
use crate::web::letter_form::short_text;
use crate::web::page::{FormErrors, Page, Visit, html};
use crate::web::problem::Problem;
use crate::web::session::{Can, Plan};
use crate::web::upload;
use crate::web::wall::clock;

/// Rows shown of each kind: more than a day of a full wall has clips that nobody approved.
const MOST_ROWS: usize = 300;

/// A clip of the list as people see it.
struct Row {
    place: String,
    title: String,
    at: String,
    what: String,
    /// Its request, if it has one.
    case: Option<i64>,
}

/// Some rows of one kind.
struct Rows {
    shown: Vec<Row>,
    more: usize,
}

impl Rows {
    fn of(mut shown: Vec<Row>) -> Rows {
        let more = shown.len().saturating_sub(MOST_ROWS);
        shown.truncate(MOST_ROWS);
        Rows { shown, more }
    }
}

struct Looked {
    /// How many clips there are, how many would air, how many of the plan go out.
    words: String,
    /// How many would air.
    stand: usize,
    /// Whether the plan would be another.
    changes: bool,
    not: Rows,
    air: Rows,
    /// Approved clips for which the list has no time.
    untimed: Rows,
    plays: String,
    version: String,
}

#[derive(Template)]
#[template(path = "planning_import.html")]
struct ImportPage {
    page: Page,
    day: Day,
    /// When the first clip airs, as it was typed.
    from: String,
    looked: Option<Looked>,
    refused: Vec<String>,
    errors: FormErrors,
}

/// `GET /planning/{channel}/{date}/import`
pub(in crate::web) async fn show(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let day = day_of(&web, &channel, &date)?;
    Ok(answer(&web, &can, &day, Shown::default()))
}

/// What the page shows beside its form.
#[derive(Default)]
struct Shown {
    from: String,
    looked: Option<Looked>,
    refused: Vec<String>,
    errors: FormErrors,
}

fn answer(web: &Web, can: &Can<Plan>, (channel, date): &(Channel, BroadcastDate), shown: Shown) -> Response {
    let Shown { from, looked, refused, errors } = shown;
    let status =
        if errors.is_empty() && refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = can.page(can.visit.t("import-title"));
    let day = Day::of(channel, *date, channel.zone.date_of(web.desk.now()), &can.visit);
    (status, html(&ImportPage { page, day, from, looked, refused, errors })).into_response()
}

/// `POST /planning/{channel}/{date}/import`: nothing of the list is kept.
pub(in crate::web) async fn look(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let day = day_of(&web, &channel, &date)?;
    let mut from = String::new();
    let wrong = |field, from: String, text: String| {
        let mut errors = FormErrors::default();
        errors.add(field, text);
        Ok(answer(&web, &can, &day, Shown { from, errors, ..Shown::default() }))
    };
    while let Some(field) = parts.next_field().await.map_err(|_| Problem::Unreadable)? {
        match field.name() {
            Some("from") => {
                from = short_text(field).await?;
                continue;
            }
            Some("list") => {}
            _ => continue,
        }
        let first = typed(&from);
        if first.is_none() && !from.trim().is_empty() {
            upload::pass_over(field).await;
            return wrong("from", from, can.visit.t("draft-time-wrong"));
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let ending = name.rsplit_once('.').and_then(|(_, ending)| ListFormat::of_extension(ending));
        let Some(bytes) = upload::whole(field, MAX_BYTES).await? else {
            return wrong("list", from, trouble(&InterchangeError::TooLarge, &can.visit));
        };
        let Some(format) = ending.filter(|_| !bytes.is_empty()) else {
            return wrong("list", from, can.visit.t("import-which"));
        };
        let listed = match interchange::read(&bytes, format) {
            Ok(listed) => listed,
            Err(error) => return wrong("list", from, trouble(&error, &can.visit)),
        };
        let (by, id, date) = (can.id(), day.0.id.clone(), day.1);
        let found = web.blocking(move |desk| desk.list_on_day(by, &id, date, listed, first)).await??;
        let looked = looked(found, &day.0, &can.visit);
        return Ok(answer(&web, &can, &day, Shown { from, looked: Some(looked), ..Shown::default() }));
    }
    Err(Problem::Unreadable)
}

fn place_words(place: Place, visit: &Visit) -> String {
    match place {
        Place::Line(line) => visit.t1("import-line", "n", line),
        Place::Entry(entry) => visit.t1("import-entry", "n", entry),
    }
}

fn trouble(error: &InterchangeError, visit: &Visit) -> String {
    match error {
        InterchangeError::TooLarge => visit.t1("import-too-large", "n", MAX_BYTES / 1_000_000),
        InterchangeError::TooMany { .. } => visit.t1("import-too-many", "n", MAX_CLIPS),
        InterchangeError::Wrong { place, .. } => visit.t1("import-wrong", "place", place_words(*place, visit)),
        InterchangeError::NotRead => visit.t("import-workbook"),
    }
}

fn looked(found: ListedDay, channel: &Channel, visit: &Visit) -> Looked {
    let (mut not, mut air, mut untimed) = (Vec::new(), Vec::new(), Vec::new());
    let stand = found.would.stand();
    let (clips, airing) = (("clips", found.rows.len().to_string()), ("stand", stand.to_string()));
    let mut words = vec![visit.t2("import-counts", clips, airing)];
    if stand > 0 {
        words.push(visit.t1("import-out", "n", found.would.out()));
    }
    let evergreen = found.rows.iter().filter(|row| row.standing == Standing::Evergreen).count();
    if evergreen > 0 {
        words.push(visit.t1("import-evergreen", "n", evergreen));
    }
    for ListedRow { clip, standing, placed } in found.rows {
        let case = match &standing {
            Standing::Ours { case, .. } => Some(case.0),
            Standing::Unknown { .. } => None,
            // It needs no place of its own.
            Standing::Evergreen => continue,
        };
        let may = standing.code() == "approved";
        let (kind, what) = match placed {
            Some(Ok(start)) => (&mut air, clock(start, channel)),
            Some(Err(why)) => (&mut not, why.iter().map(|why| why.get(visit.lang)).collect::<Vec<_>>().join(" ")),
            None if may => (&mut untimed, String::new()),
            None => (&mut not, standing.text().get(visit.lang).to_owned()),
        };
        kind.push(Row {
            place: place_words(clip.place, visit),
            at: clip.start_ms.map(time_of_day).unwrap_or_default(),
            title: if clip.title.is_empty() { clip.location } else { clip.title },
            what,
            case,
        });
    }
    let mut plays = String::new();
    for play in &found.plays {
        let _ = write!(plays, "{} ", key_of(*play, channel.house.rate));
    }
    Looked {
        words: words.join(" "),
        stand,
        changes: !found.would.edits.is_empty(),
        not: Rows::of(not),
        air: Rows::of(air),
        untimed: Rows::of(untimed),
        plays,
        version: found.version.map(|version| version.to_string()).unwrap_or_default(),
    }
}

/// `06.05.30`
fn time_of_day(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}.{:02}.{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The list as it was shown.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web) struct Taken {
    version: String,
    plays: String,
}

/// `POST /planning/{channel}/{date}/import/take`
pub(in crate::web) async fn take(
    State(web): State<Web>,
    can: Can<Plan>,
    Path((channel, date)): Path<(String, String)>,
    Form(given): Form<Taken>,
) -> Result<Response, Problem> {
    let day = day_of(&web, &channel, &date)?;
    let rate = day.0.house.rate;
    let plays: Option<Vec<PlayAt>> = given.plays.split_whitespace().map(|key| play_of(key, rate)).collect();
    let plays = plays.filter(|plays| plays.len() <= MAX_CLIPS).ok_or(Problem::Unreadable)?;
    let (by, id, date) = (can.id(), day.0.id.clone(), day.1);
    let version = given.version.parse().ok();
    let taken = web.blocking(move |desk| desk.take_list(by, &id, date, version, &plays)).await??;
    match taken {
        Ok(_) => Ok(Redirect::to(&format!("/planning/{}/{date}/draft?done=listed", day.0.id)).into_response()),
        Err(refusal) => {
            let why = refusal.text(|at| clock(at, &day.0));
            let why = why.iter().map(|why| why.get(can.visit.lang).to_owned()).collect();
            Ok(answer(&web, &can, &day, Shown { refused: why, ..Shown::default() }))
        }
    }
}
