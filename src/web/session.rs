//! Who is asking, and whether they may: the extractors that handlers take instead of checking by hand.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};

use super::page::{Page, Visit, cookie};
use super::problem::Problem;
use super::{Site, Web};
use crate::desk::Token;
use crate::desk::people::{Browser, SESSION_LASTS, SignedIn};
use crate::domain::ids::PersonId;
use crate::domain::people::{Person, Role};
use crate::domain::text::Text;

/// Something that some roles may do.
pub(super) trait Right: Send + Sync + 'static {
    /// Who may.
    const ROLES: &'static [Role];
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident: $roles:expr;)+) => {
        $($(#[$doc])* pub(super) struct $name; impl Right for $name { const ROLES: &'static [Role] = $roles; })+
    };
}

rights! {
    /// See what waits for oneself, and requests: an office its own, staff all.
    Enter: Role::ALL;
    /// File requests: for one's own office, or at the counter for another.
    FileRequests: &[Role::Office, Role::Registry];
    /// Give receipts at the counter and enter what was signed in ink.
    AtCounter: &[Role::Registry, Role::Admin];
    /// See the wall and what is planned for it.
    Watch: &[Role::Operator, Role::Monitor, Role::Scheduler, Role::Technical, Role::Head];
    /// Close incidents.
    CloseIncidents: &[Role::Operator];
    /// Order the player.
    OrderPlayer: &[Role::Operator];
    /// Plan and publish.
    Plan: &[Role::Scheduler];
    /// Write down what the head approved orally, and order its plays.
    EnterOral: crate::desk::planning::oral::ENTERED_BY;
    /// See an oral approval, and pull it.
    PullOral: crate::desk::planning::oral::PULLED_BY;
    /// Give an office another weight.
    Weigh: &[Role::Scheduler, Role::Admin];
    /// Order special days.
    OrderMode: &[Role::Scheduler, Role::Head];
    /// Read what was aired.
    ReadReports: &[Role::Monitor, Role::Head, Role::Scheduler, Role::Operator];
    /// Write the conclusion of an airing report.
    Conclude: &[Role::Monitor];
    /// Try again what the machine gave up.
    Retry: &[Role::Technical, Role::Admin];
    /// Withdraw an approval: whoever sees something wrong on the wall pulls it at once.
    Revoke: &[Role::Head, Role::Operator, Role::Admin];
    /// See the studios' calendar.
    SeeStudios: &[
        Role::StudioOperator, Role::RadioVerifier, Role::Functional, Role::DivisionHead, Role::Secretary, Role::Head,
        Role::Registry,
    ];
    /// Hold, confirm, move and cancel.
    BookStudios: crate::desk::studio::BOOKERS;
    /// Tell what happens in a session.
    RunSessions: &[Role::StudioOperator];
    /// Read the audit trail.
    ReadAudit: &[Role::Admin, Role::Head];
    /// Let people in.
    LetIn: &[Role::Admin];
}

/// Proof that whoever asks holds a role that may `R`.
pub(super) struct Can<R: Right> {
    pub who: SignedIn,
    pub visit: Visit,
    right: PhantomData<R>,
}

impl<R: Right> Can<R> {
    pub(super) fn id(&self) -> PersonId {
        self.who.person.id
    }
    pub(super) fn person(&self) -> &Person {
        &self.who.person
    }
    /// The frame of a page.
    pub(super) fn page(&self, title: impl Into<String>) -> Page {
        Page::of(&self.visit, &self.who.person, title.into())
    }
}

impl<S, R: Right> FromRequestParts<S> for Can<R>
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Can<R>, Problem> {
        let web = Web::from_ref(state);
        let visit = Visit::from_request_parts(parts, state).await?;
        let who = signed_in(&web, &parts.headers).await?;
        let Some(who) = who else {
            // What was posted is lost; the page it came from is where to begin again.
            let next = if parts.method == Method::GET { visit.here() } else { "/".to_owned() };
            return Err(Problem::SignInFirst { next });
        };
        if R::ROLES.iter().any(|role| who.person.holds(*role)) {
            return Ok(Can { who, visit, right: PhantomData });
        }
        let names = |lang: fn(&Text) -> &str| {
            R::ROLES.iter().map(|role| lang(&role.text()).to_owned()).collect::<Vec<_>>().join(", ")
        };
        let (id, en) = (names(|text| &text.id), names(|text| &text.en));
        Err(Problem::Forbidden(Some(Text::new(
            format!("Halaman ini untuk: {id}. Hubungi administrator bila peran Anda keliru."),
            format!("This page is for: {en}. Ask the administrator if your role is wrong."),
        ))))
    }
}

/// Whoever holds the session's cookie.
pub(super) async fn signed_in(web: &Web, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
    let Some(token) = token(web, headers) else { return Ok(None) };
    web.ask(move |desk| desk.signed_in(&token)).await
}

/// The session's cookie.
pub(super) fn token(web: &Web, headers: &HeaderMap) -> Option<Token> {
    cookie(headers, cookie_name(&web.site)).map(|text| Token::given(&text))
}

/// The header that opens a session in the browser, or ends it.
pub(super) fn set_cookie(web: &Web, token: Option<&Token>) -> (header::HeaderName, HeaderValue) {
    let (value, age) = token.map_or(("", 0), |token| (token.reveal(), SESSION_LASTS.num_seconds()));
    let secure = if matches!(*web.site, Site::Proxied { .. }) { "; Secure" } else { "" };
    let name = cookie_name(&web.site);
    let text = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    (header::SET_COOKIE, HeaderValue::from_str(&text).expect("a token is hex"))
}

/// `__Host-` binds the cookie to this host, and wants HTTPS.
fn cookie_name(site: &Site) -> &'static str {
    match site {
        Site::Loopback => "siaran-session",
        Site::Proxied { .. } => "__Host-siaran-session",
    }
}

/// Where a sign-in comes from.
pub(super) fn came_from(visit: &Visit, headers: &HeaderMap) -> Browser {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Browser { ip: visit.ip.clone(), user_agent: agent.to_owned() }
}

/// Who signs or publishes gives the password again; wrong ones are counted like those of a sign-in.
pub(super) async fn password_again<R: Right>(web: &Web, can: &Can<R>, password: String) -> Result<bool, Problem> {
    let (now, ip, email) = (web.desk.now(), can.visit.ip.clone(), can.person().email.clone());
    let may = web.with_attempts(|attempts| attempts.may_try(&email, &ip, now));
    may.map_err(|wait| Problem::Wait { seconds: wait.num_seconds().max(1) })?;
    let id = can.id();
    let right = web.ask(move |desk| desk.confirms_password(id, &password)).await?;
    if !right {
        web.with_attempts(|attempts| attempts.failed(&email, &ip, now));
    }
    Ok(right)
}
