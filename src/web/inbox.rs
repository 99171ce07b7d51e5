//! What waits for the person who is signed in, whatever roles he or she holds: one list. Beside it, announcements.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::page::{Page, html};
use super::problem::Problem;
use super::services::{titled, titles};
use super::session::{Can, Enter, FileRequests, Right};
use crate::domain::ids::CaseId;
use crate::domain::text::instant_in_words;

/// Announcements on the page; older ones are in the request.
const MOST_ANNOUNCED: usize = 10;

struct TaskRow {
    case: CaseId,
    action: String,
    title: String,
    /// What the service is called.
    service: String,
    office: String,
    since: String,
    /// By when, and whether that is over.
    due: Option<(String, bool)>,
    note: Option<String>,
}

struct NewsRow {
    case: Option<CaseId>,
    subject: String,
    body: String,
    at: String,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    page: Page,
    roles: Vec<String>,
    tasks: Vec<TaskRow>,
    news: Vec<NewsRow>,
    may_file: bool,
}

/// `GET /`
pub(super) async fn show(State(web): State<Web>, can: Can<Enter>) -> Result<Response, Problem> {
    let (lang, zone, person) = (can.visit.lang, web.zone(), can.person().clone());
    let (tasks, news, services) = web
        .ask(move |desk| {
            let news = desk.store.read(|r| r.announcements_for(&person))?;
            Ok((desk.inbox(&person)?, news, titles(desk)?))
        })
        .await?;
    let tasks = tasks.into_iter().map(|task| TaskRow {
        case: task.case.id,
        action: task.action.get(lang).to_owned(),
        since: instant_in_words(task.case.step_at, zone, lang),
        due: task.due.map(|(due, words)| (words.get(lang).to_owned(), due.is_over)),
        service: titled(&services, &task.case.service, lang),
        title: task.case.title,
        office: task.case.office_name,
        note: task.note.map(|note| note.get(lang).to_owned()),
    });
    let news = news.into_iter().take(MOST_ANNOUNCED).map(|letter| NewsRow {
        case: letter.announcement.case,
        subject: letter.announcement.subject.get(lang).to_owned(),
        body: letter.announcement.body.get(lang).to_owned(),
        at: instant_in_words(letter.queued_at, zone, lang),
    });
    Ok(html(&InboxPage {
        page: can.page(can.visit.t("nav-inbox")),
        roles: can.person().roles().into_iter().map(|role| role.text().get(lang).to_owned()).collect(),
        tasks: tasks.collect(),
        news: news.collect(),
        may_file: FileRequests::ROLES.iter().any(|role| can.person().holds(*role)),
    }))
}
