//! What every page has: the visitor's language and the words in it, the frame around the content, and who is looking.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::problem::Problem;
use super::session::{Right, SeeStudios};
use super::static_files;
use super::words::say;
use crate::domain::people::{Person, Role};
use crate::domain::text::Lang;

/// Cookie that remembers the language.
pub(super) const LANG_COOKIE: &str = "siaran-lang";

/// One request, as far as every page cares.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// The language to answer in.
    pub lang: Lang,
    /// The language that the query asks to keep.
    pub switch_to: Option<Lang>,
    /// The path, without the query.
    pub path: String,
    /// The query without `lang`, as it came.
    pub query: String,
    /// Names the request in the trace and on an error page.
    pub number: String,
    /// The visitor's address, as far as we can tell.
    pub ip: String,
    /// The host and port that were asked for; the guard has looked at them.
    pub host: String,
}

impl Visit {
    /// Reads language and address of a request.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap, ip: String, number: String) -> Visit {
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let (asked, rest): (Vec<&str>, Vec<&str>) = pairs.partition(|pair| pair.starts_with("lang="));
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        let switch_to = asked.first().and_then(|pair| lang_of(&pair["lang=".len()..]));
        let remembered = cookie(headers, LANG_COOKIE).and_then(|value| lang_of(&value));
        let lang = switch_to.or(remembered).unwrap_or_default();
        Visit { lang, switch_to, path: uri.path().to_owned(), query: rest.join("&"), number, ip, host }
    }
    /// Words for a key.
    pub(super) fn t(&self, key: &str) -> String {
        say(self.lang, key, &[])
    }
    /// Words for a key with one value.
    pub(super) fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        say(self.lang, key, &[(name, value.to_string())])
    }
    /// Words for a key with two values.
    pub(super) fn t2(&self, key: &str, one: (&str, String), two: (&str, String)) -> String {
        say(self.lang, key, &[one, two])
    }
    /// Path and query.
    pub(super) fn here(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

fn lang_of(tag: &str) -> Option<Lang> {
    [Lang::Id, Lang::En].into_iter().find(|lang| lang.tag() == tag)
}

/// The value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visit, Problem> {
        parts.extensions.get::<Visit>().cloned().ok_or(Problem::Broken)
    }
}

/// What the address of a page may say was just done; the page has the words.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub done: String,
}

/// A link to a desk in the frame.
#[derive(Debug, Clone)]
pub(super) struct NavLink {
    pub href: &'static str,
    pub label: String,
    pub current: bool,
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub visit: Visit,
    /// For the window and the top of the page.
    pub title: String,
    /// Who is signed in.
    pub name: Option<String>,
    /// Links to the desks that the person may use.
    pub nav: Vec<NavLink>,
    /// Seconds until the page looks again by itself.
    pub refresh_s: Option<u32>,
    /// Where a script runs it keeps the page as it is now, and the page does not look again.
    pub kept_by_script: bool,
    /// What was just done, for the top of the page.
    pub done: Option<String>,
}

/// Desks, who sees the link, and the key of its label.
const DESKS: &[(&str, &[Role])] = &[
    ("/", Role::ALL),
    ("/requests", Role::ALL),
    ("/planning", &[Role::Scheduler, Role::Operator, Role::Monitor, Role::Head]),
    ("/wall", &[Role::Operator, Role::Monitor, Role::Scheduler, Role::Technical, Role::Head]),
    ("/reports", &[Role::Monitor, Role::Head, Role::Scheduler, Role::Operator]),
    ("/citizens", &[Role::Registry, Role::Admin]),
    ("/studios", SeeStudios::ROLES),
    ("/people", &[Role::Admin]),
    ("/audit", &[Role::Admin, Role::Head]),
];

impl Page {
    /// A page for nobody in particular.
    pub(super) fn plain(visit: &Visit, title: String) -> Page {
        Page {
            visit: visit.clone(),
            title,
            name: None,
            nav: Vec::new(),
            refresh_s: None,
            kept_by_script: false,
            done: None,
        }
    }
    /// A page for someone who is signed in.
    pub(super) fn of(visit: &Visit, person: &Person, title: String) -> Page {
        let label = |href: &str| match href {
            "/" => visit.t("nav-inbox"),
            "/requests" => visit.t("nav-requests"),
            "/planning" => visit.t("nav-planning"),
            "/wall" => visit.t("nav-wall"),
            "/reports" => visit.t("nav-reports"),
            "/citizens" => visit.t("citizens-title"),
            "/studios" => visit.t("nav-studios"),
            "/people" => visit.t("nav-people"),
            _ => visit.t("nav-audit"),
        };
        let current = |href: &str| match href {
            "/" => visit.path == "/",
            href => visit.path == href || visit.path.starts_with(&format!("{href}/")),
        };
        let mine = DESKS.iter().filter(|(_, roles)| roles.iter().any(|role| person.holds(*role)));
        let nav = mine.map(|(href, _)| NavLink { href, label: label(href), current: current(href) }).collect();
        Page {
            visit: visit.clone(),
            title,
            name: Some(person.name.clone()),
            nav,
            refresh_s: None,
            kept_by_script: false,
            done: None,
        }
    }

    /// Words for a key.
    pub(super) fn t(&self, key: &str) -> String {
        self.visit.t(key)
    }
    /// Words for a key with one value.
    pub(super) fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        self.visit.t1(key, name, value)
    }
    pub(super) fn lang(&self) -> &'static str {
        self.visit.lang.tag()
    }
    pub(super) fn style(&self) -> &'static str {
        static_files::style()
    }
    pub(super) fn script(&self) -> &'static str {
        static_files::script()
    }
    pub(super) fn icon(&self) -> &'static str {
        static_files::icon()
    }
    /// This page in the other language.
    pub(super) fn other_language(&self) -> String {
        let other = match self.visit.lang {
            Lang::Id => Lang::En,
            Lang::En => Lang::Id,
        };
        let and = if self.visit.query.is_empty() { "" } else { "&" };
        format!("{}?{}{and}lang={}", self.visit.path, self.visit.query, other.tag())
    }
}

/// A template as a response.
pub(super) fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template could not be written");
            Problem::Broken.into_response()
        }
    }
}

/// What was wrong with a form: which field, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldError {
    /// The field's id on the page.
    pub field: &'static str,
    /// What the person reads.
    pub text: String,
}

/// The errors of a form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FormErrors(pub Vec<FieldError>);

impl FormErrors {
    pub(super) fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push(FieldError { field, text: text.into() });
    }
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The error of one field.
    pub(super) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }
}
