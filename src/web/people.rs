//! Letting people in: offices, people, roles, one-time links. For administrators.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Done, FormErrors, Page, html};
use super::problem::Problem;
use super::session::{Can, LetIn, Right};
use super::{Site, Web};
use crate::desk::people::Link;
use crate::desk::{DeskError, Refusal};
use crate::domain::ids::{OpdId, PersonId};
use crate::domain::people::{Form as Holding, OpdGroup, Role};
use crate::domain::text::{Lang, instant_in_words};
use crate::store::{NewOffice, NewPerson, Scope};

struct OfficeRow {
    id: OpdId,
    name: String,
    group: String,
}

struct PersonRow {
    id: PersonId,
    name: String,
    email: String,
    office: Option<String>,
    roles: Vec<String>,
    signed_up: bool,
    disabled: bool,
}

struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    page: Page,
    people: Vec<PersonRow>,
    offices: Vec<OfficeRow>,
    roles: Vec<Choice>,
    groups: Vec<Choice>,
    errors: FormErrors,
    given: NewPersonForm,
}

/// `GET /people`
pub(super) async fn list(
    State(web): State<Web>,
    can: Can<LetIn>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let mut shown = people_page(&web, &can, FormErrors::default(), NewPersonForm::default()).await?;
    if done == "office" {
        shown.page.done = Some(can.visit.t("people-office-added"));
    }
    Ok(html(&shown))
}

async fn people_page(
    web: &Web,
    can: &Can<LetIn>,
    errors: FormErrors,
    given: NewPersonForm,
) -> Result<PeoplePage, Problem> {
    let lang = can.visit.lang;
    let (people, offices) = web
        .ask(|desk| {
            let now = desk.now();
            desk.store.read(|r| Ok((r.people(Scope::All, now)?, r.offices(Scope::All)?)))
        })
        .await?;
    let office_name = |id: OpdId| offices.iter().find(|office| office.id == id).map(|office| office.name.clone());
    let people = people.iter().map(|person| PersonRow {
        id: person.id,
        name: person.name.clone(),
        email: person.email.clone(),
        office: person.office.and_then(office_name),
        roles: person.roles().into_iter().map(|role| role.text().get(lang).to_owned()).collect(),
        signed_up: person.has_password,
        disabled: person.disabled_at.is_some(),
    });
    let roles = Role::ALL.iter().map(|role| Choice {
        value: role.as_str(),
        label: role.text().get(lang).to_owned(),
        chosen: given.roles().contains(role),
    });
    let groups = OpdGroup::ALL.iter().map(|group| Choice {
        value: group.as_str(),
        label: group.text().get(lang).to_owned(),
        chosen: false,
    });
    Ok(PeoplePage {
        page: can.page(can.visit.t("nav-people")),
        people: people.collect(),
        roles: roles.collect(),
        groups: groups.collect(),
        offices: offices
            .iter()
            .map(|office| OfficeRow {
                id: office.id,
                name: office.name.clone(),
                group: office.group.text().get(lang).to_owned(),
            })
            .collect(),
        errors,
        given,
    })
}

/// What the form for a new person sends. Roles come as one field each, so that none needs a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewPersonForm {
    name: String,
    email: String,
    office: String,
    /// What else was sent: `role-NAME` for each that is ticked.
    #[serde(flatten)]
    ticked: BTreeMap<String, String>,
}

impl NewPersonForm {
    fn roles(&self) -> Vec<Role> {
        let ticked = |role: &Role| self.ticked.get(&format!("role-{role}")).is_some_and(|field| !field.is_empty());
        Role::ALL.iter().copied().filter(ticked).collect()
    }
}

/// `POST /people`
pub(super) async fn add(
    State(web): State<Web>,
    can: Can<LetIn>,
    Form(given): Form<NewPersonForm>,
) -> Result<Response, Problem> {
    let roles = given.roles();
    let office: Option<OpdId> = given.office.parse().ok();
    let person = NewPerson { name: given.name.clone(), email: given.email.clone(), office };
    let mut errors = FormErrors::default();
    if roles.is_empty() {
        errors.add("roles", can.visit.t("people-role-wanted"));
    }
    if errors.is_empty() {
        let (desk, by) = (web.desk.clone(), can.id());
        let added = tokio::task::spawn_blocking(move || desk.add_person(Some(by), person, &roles)).await;
        match added.map_err(|_| Problem::Broken)? {
            Ok(link) => return Ok(link_page(&web, &can, &link, &given.name)),
            Err(DeskError::Refused(refusal)) => {
                let field = match refusal {
                    Refusal::Name => "name",
                    Refusal::OfficeWanted => "office",
                    _ => "email",
                };
                errors.add(field, refusal.text().get(can.visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let shown = people_page(&web, &can, errors, given).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}

#[derive(Template)]
#[template(path = "people_link.html")]
struct LinkPage {
    page: Page,
    person: String,
    url: String,
    until: String,
}

pub(super) fn link_page<R: Right>(web: &Web, can: &Can<R>, link: &Link, person: &str) -> Response {
    let origin = match &*web.site {
        Site::Loopback => format!("http://{}", can.visit.host),
        Site::Proxied { host } => format!("https://{host}"),
    };
    html(&LinkPage {
        page: can.page(can.visit.t("people-link-title")),
        person: person.to_owned(),
        url: format!("{origin}{}", link.path()),
        until: instant_in_words(link.expires_at, web.zone(), can.visit.lang),
    })
}

/// What the form for a new office sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct NewOfficeForm {
    name: String,
    group: String,
}

/// `POST /offices`
pub(super) async fn add_office(
    State(web): State<Web>,
    can: Can<LetIn>,
    Form(given): Form<NewOfficeForm>,
) -> Result<Response, Problem> {
    let group: OpdGroup = given.group.parse().map_err(|_| Problem::Unreadable)?;
    let by = can.id();
    web.ask(move |desk| desk.add_office(Some(by), NewOffice::usual(given.name, group))).await?;
    Ok(Redirect::to("/people?done=office").into_response())
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    page: Page,
    person: PersonRow,
    held: Vec<Held>,
    roles: Vec<Choice>,
    forms: Vec<Choice>,
}

struct Held {
    role: &'static str,
    label: String,
    form: &'static str,
}

/// `GET /people/{id}`
pub(super) async fn show(State(web): State<Web>, can: Can<LetIn>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let id = PersonId(id);
    let (person, offices) = web
        .ask(move |desk| {
            let now = desk.now();
            desk.store.read(|r| Ok((r.person(id, now)?, r.offices(Scope::All)?)))
        })
        .await?;
    let person = person.ok_or(Problem::NotFound)?;
    let lang = can.visit.lang;
    let label = |role: Role| role.text().get(lang).to_owned();
    let held = person.roles().into_iter().map(|role| Held {
        role: role.as_str(),
        label: label(role),
        form: person.form_of(role).map_or("", |form| match form {
            Holding::Definitif => "",
            Holding::Plh => "Plh",
            Holding::Plt => "Plt",
        }),
    });
    let free = Role::ALL.iter().filter(|role| !person.holds(**role));
    Ok(html(&PersonPage {
        page: can.page(person.name.clone()),
        held: held.collect(),
        roles: free.map(|role| Choice { value: role.as_str(), label: label(*role), chosen: false }).collect(),
        forms: Holding::ALL
            .iter()
            .map(|form| Choice { value: form.as_str(), label: form_label(*form, lang), chosen: false })
            .collect(),
        person: PersonRow {
            id,
            name: person.name.clone(),
            email: person.email.clone(),
            office: person.office.and_then(|id| offices.iter().find(|o| o.id == id)).map(|o| o.name.clone()),
            roles: Vec::new(),
            signed_up: person.has_password,
            disabled: person.disabled_at.is_some(),
        },
    }))
}

fn form_label(form: Holding, lang: Lang) -> String {
    match (form, lang) {
        (Holding::Definitif, Lang::Id) => "Definitif".into(),
        (Holding::Definitif, Lang::En) => "Full appointment (definitif)".into(),
        (Holding::Plh, Lang::Id) => "Pelaksana harian (Plh)".into(),
        (Holding::Plh, Lang::En) => "For someone absent (Plh)".into(),
        (Holding::Plt, Lang::Id) => "Pelaksana tugas (Plt)".into(),
        (Holding::Plt, Lang::En) => "In a vacant post (Plt)".into(),
    }
}

/// `POST /people/{id}/link`
pub(super) async fn new_link(
    State(web): State<Web>,
    can: Can<LetIn>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let (by, id) = (can.id(), PersonId(id));
    let (link, person) = web
        .ask(move |desk| {
            let link = desk.invite(Some(by), id)?;
            let now = desk.now();
            Ok((link, desk.store.read(|r| r.person(id, now))?))
        })
        .await?;
    Ok(link_page(&web, &can, &link, &person.ok_or(Problem::NotFound)?.name))
}

/// What the forms for a person's roles send.
#[derive(Deserialize)]
pub(super) struct RoleForm {
    role: String,
    #[serde(default)]
    form: String,
    act: String,
}

/// `POST /people/{id}/roles`
pub(super) async fn change_role(
    State(web): State<Web>,
    can: Can<LetIn>,
    Path(id): Path<i64>,
    Form(given): Form<RoleForm>,
) -> Result<Response, Problem> {
    let role: Role = given.role.parse().map_err(|_| Problem::Unreadable)?;
    let (by, id) = (Some(can.id()), PersonId(id));
    match given.act.as_str() {
        "give" => {
            let form: Holding = given.form.parse().map_err(|_| Problem::Unreadable)?;
            web.ask(move |desk| desk.give_role(by, id, role, form, None)).await?;
        }
        "take" => web.ask(move |desk| desk.take_role(by, id, role)).await?,
        _ => return Err(Problem::Unreadable),
    }
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}

/// `POST /people/{id}/disable`
pub(super) async fn disable(State(web): State<Web>, can: Can<LetIn>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let (by, id) = (Some(can.id()), PersonId(id));
    web.ask(move |desk| desk.disable(by, id)).await?;
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}
