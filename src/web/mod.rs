//! Floor 4: the pages, one per desk, and their guard. Handlers parse what a browser sent, ask a desk, and show what it
//! said; they decide nothing. Every page works without JavaScript, in Indonesian and in English.
//!
//! A request passes the guard (`guard`: our host, our origin, headers), then an extractor that names the right it
//! wants (`session::Can`), then its handler. Whatever goes wrong on the way becomes a `problem::Problem`, which the
//! guard turns into a page in the visitor's language.

mod again;
mod attachment;
mod attempts;
mod audit;
mod case;
mod citizens;
mod counter;
mod crawl;
mod deciding;
#[cfg(test)]
mod filing;
mod guard;
mod guide;
mod health;
mod inbox;
mod incidents;
mod letter_form;
mod live;
#[cfg(test)]
mod matrix;
mod page;
mod people;
mod places;
mod planning;
mod preview;
mod problem;
mod reports;
mod requests;
mod routes;
mod services;
mod session;
mod session_case;
mod session_form;
mod session_paper;
mod sign_in;
mod static_files;
mod status;
mod studios;
mod timeline;
mod upload;
mod wall;
mod words;
mod work;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::desk::{Desk, DeskError};
use crate::domain::time::Zone;
use attempts::Attempts;
use places::Places;
use problem::Problem;

/// What handlers share. Clones share it.
#[derive(Clone)]
pub struct Web {
    /// The use cases.
    desk: Desk,
    /// Under which names the site may be asked for.
    site: Arc<Site>,
    /// Failed sign-ins of the last minutes.
    attempts: Arc<Mutex<Attempts>>,
    /// Pages that are kept as they are now.
    streams: Places,
    /// Uploads under way.
    uploads: Places,
    /// Says that the server ends: a stream would hold it up.
    ending: watch::Sender<bool>,
}

/// How browsers reach this server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Site {
    /// On this machine alone, without TLS.
    Loopback,
    /// Through a proxy that ends TLS for this host name.
    Proxied {
        /// `siaran.deliserdangkab.go.id`, with a port if it is not 443.
        host: String,
    },
}

/// Why the pages are not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others could reach the address, and passwords would cross the network in the clear.
    #[error("{0} can be reached from other machines, and nothing there encrypts")]
    Exposed(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("{addr} can't be listened on: {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The listener broke.
    #[error("the listener broke: {0}")]
    Broke(std::io::Error),
}

impl ServeError {
    /// What a person can do about it.
    pub fn way_out(&self) -> &'static str {
        match self {
            ServeError::Exposed(_) => {
                "listen on 127.0.0.1, or put a proxy with TLS in front and name it as [web] public_url in siaran.toml"
            }
            ServeError::Listen { .. } => "stop what uses the port, or choose another one with --listen",
            ServeError::Broke(_) => "start it again",
        }
    }
}

impl Web {
    /// Pages over a desk.
    pub fn new(desk: Desk) -> Web {
        let site = match desk.config.web.public_host() {
            None => Site::Loopback,
            Some(host) => Site::Proxied { host },
        };
        Web {
            desk,
            site: Arc::new(site),
            attempts: Arc::default(),
            streams: Places::new(live::MOST_OF_ONE, live::MOST_STREAMS),
            uploads: Places::new(upload::MOST_OF_ONE, upload::MOST_UPLOADS),
            ending: watch::Sender::new(false),
        }
    }

    /// The routes behind their guard.
    pub fn router(self) -> Router {
        let mut router = Router::new();
        for route in routes::all() {
            router = router.route(route.path, route.handlers);
        }
        guard::around(router, self)
    }

    /// Runs a use case beside the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(question).await?.map_err(Problem::from)
    }

    /// Runs a use case beside the async threads, and lets the handler look at how it ended.
    async fn blocking<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Desk) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk.clone();
        tokio::task::spawn_blocking(move || question(&desk)).await.map_err(|_| Problem::Broken)
    }
}

/// A listener that other machines can't reach unless a proxy with TLS is declared.
///
/// # Errors
/// [`ServeError::Exposed`] and [`ServeError::Listen`].
pub async fn listen(web: &Web, addr: SocketAddr) -> Result<TcpListener, ServeError> {
    if !addr.ip().is_loopback() && *web.site == Site::Loopback {
        return Err(ServeError::Exposed(addr));
    }
    TcpListener::bind(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

/// Serves the pages until `end` is done; requests under way are finished.
///
/// # Errors
/// [`ServeError::Broke`].
pub async fn serve(
    web: Web,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let ending = web.ending.clone();
    let end = async move {
        end.await;
        ending.send_replace(true);
    };
    let service = web.router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(end).await.map_err(ServeError::Broke)
}

impl Web {
    /// The zone in which pages say times: the first channel's.
    fn zone(&self) -> Zone {
        let first = self.desk.config.channels.values().next();
        first.expect("a configuration has a channel").channel.zone
    }

    fn with_attempts<T>(&self, question: impl FnOnce(&mut Attempts) -> T) -> T {
        // A thread that panicked while counting leaves counts that are still counts.
        let mut attempts = self.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        question(&mut attempts)
    }
}
