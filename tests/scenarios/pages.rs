//! The pages, asked over HTTP without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use siaran::desk::people::Browser;
use siaran::domain::ids::PersonId;
use siaran::web::Web;
use tower::ServiceExt;

use crate::world::World;

/// The pages, without a socket.
pub struct Pages<'w> {
    world: &'w World,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl<'w> Pages<'w> {
    pub fn of(world: &'w World) -> Pages<'w> {
        Pages { world, router: Web::new(world.desk.clone()).router() }
    }

    pub fn ask(&self, by: Option<PersonId>, path: &str) -> Answer {
        self.send(by, Request::builder().method(Method::GET).uri(path), Body::empty())
    }

    /// Sends a form.
    pub fn fill(&self, by: PersonId, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(Some(by), request, Body::from(form.to_owned()))
    }

    /// Sends a form with a file as its last field.
    pub fn fill_with_file(
        &self,
        by: PersonId,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.bytes().chain(bytes.iter().copied()).chain(b"\r\n--x--\r\n".iter().copied()));
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(Some(by), request, Body::from(body))
    }

    fn send(&self, by: Option<PersonId>, mut request: axum::http::request::Builder, body: Body) -> Answer {
        request = request.header(header::HOST, "localhost");
        if let Some(by) = by {
            let session = self.world.desk.open_session(by, Browser::default()).unwrap();
            request = request.header(header::COOKIE, format!("siaran-session={}", session.reveal()));
        }
        let request = request.body(body).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }
}
