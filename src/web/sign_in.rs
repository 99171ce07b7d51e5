//! Signing in and out, and the one-time link with which someone sets a password.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::page::{FormErrors, Page, Visit, html};
use super::problem::Problem;
use super::session::{came_from, set_cookie, signed_in, token};
use crate::desk::{DeskError, Refusal, Token};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    next: String,
    email: String,
    errors: FormErrors,
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// A path on this site, whatever was asked for.
fn own_path(next: &str) -> &str {
    // A browser takes tabs and line ends out of an address: "/\t/elsewhere" would lead elsewhere.
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control());
    if own { next } else { "/" }
}

/// `GET /sign-in`
pub(super) async fn form(
    State(web): State<Web>,
    visit: Visit,
    Query(Next { next }): Query<Next>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if signed_in(&web, &headers).await?.is_some() {
        return Ok(Redirect::to(own_path(&next)).into_response());
    }
    let page = Page::plain(&visit, visit.t("sign-in"));
    Ok(html(&SignInPage { page, next, email: String::new(), errors: FormErrors::default() }))
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub(super) async fn sign_in(
    State(web): State<Web>,
    visit: Visit,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, Problem> {
    let now = web.desk.now();
    let may = web.with_attempts(|attempts| attempts.may_try(&given.email, &visit.ip, now));
    if let Err(wait) = may {
        return Err(Problem::Wait { seconds: wait.num_seconds().max(1) });
    }
    let (email, password, from) = (given.email.clone(), given.password, came_from(&visit, &headers));
    let desk = web.desk.clone();
    let answer = tokio::task::spawn_blocking(move || desk.sign_in(&email, &password, from)).await;
    match answer.map_err(|_| Problem::Broken)? {
        Ok(token) => {
            web.with_attempts(|attempts| attempts.succeeded(&given.email, &visit.ip));
            Ok(([set_cookie(&web, Some(&token))], Redirect::to(own_path(&given.next))).into_response())
        }
        Err(DeskError::Refused(refusal @ Refusal::SignIn)) => {
            web.with_attempts(|attempts| attempts.failed(&given.email, &visit.ip, now));
            let mut errors = FormErrors::default();
            errors.add("email", refusal.text().get(visit.lang));
            let page = Page::plain(&visit, visit.t("sign-in"));
            let shown = SignInPage { page, next: given.next, email: given.email, errors };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = token(&web, &headers) {
        web.ask(move |desk| desk.sign_out(&token)).await?;
    }
    Ok(([set_cookie(&web, None)], Redirect::to("/sign-in")).into_response())
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    page: Page,
    person: String,
    email: String,
    errors: FormErrors,
}

/// `GET /welcome/{token}`
pub(super) async fn welcome(
    State(web): State<Web>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let person = web.ask(move |desk| desk.invited(&Token::given(&token))).await?;
    let page = Page::plain(&visit, visit.t("welcome-title"));
    Ok(html(&WelcomePage { page, person: person.name, email: person.email, errors: FormErrors::default() }))
}

/// What the form of a one-time link sends.
#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /welcome/{token}`
pub(super) async fn set_password(
    State(web): State<Web>,
    visit: Visit,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(given): Form<NewPassword>,
) -> Result<Response, Problem> {
    let link = Token::given(&token);
    let asked = link.clone();
    let person = web.ask(move |desk| desk.invited(&asked)).await?;
    let mut errors = FormErrors::default();
    if given.password == given.again {
        let (password, from, desk) = (given.password, came_from(&visit, &headers), web.desk.clone());
        let set = move || desk.set_password(&link, &password).and_then(|person| desk.open_session(person, from));
        match tokio::task::spawn_blocking(set).await.map_err(|_| Problem::Broken)? {
            Ok(session) => {
                return Ok(([set_cookie(&web, Some(&session))], Redirect::to("/")).into_response());
            }
            Err(DeskError::Refused(refusal @ Refusal::Password)) => {
                errors.add("password", refusal.text().get(visit.lang));
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        errors.add("again", visit.t("welcome-differs"));
    }
    let page = Page::plain(&visit, visit.t("welcome-title"));
    let shown = WelcomePage { page, person: person.name, email: person.email, errors };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)).into_response())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn who_signs_in_lands_on_a_page_of_this_site_whatever_the_link_says() {
        assert_eq!(own_path("/requests/7?lang=en"), "/requests/7?lang=en");
        for elsewhere in
            ["", "x", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/e"]
        {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
