//! `siaran serve`: the pages, until told to end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::{Ended, Failure, home as homes};
use crate::config::Config;
use crate::desk::decoders::Decoders;
use crate::desk::rounds::Rounds;
use crate::notify::{ALIVE_EVERY, Supervisor};
use crate::web::{self, ServeError, Web};

/// Serve the pages on this machine
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address and port [default: [web] listen in siaran.toml, else 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
}

/// Added to the nice level: uploads that arrive all at once must not take the turn of a player on this machine, also where
/// that could not go before others itself.
const BEHIND_THE_AIR: i32 = 10;

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Failure {
        Failure::could(error.to_string(), error.way_out())
    }
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let desk = homes::open(home)?;
    let addr = arguments.listen.unwrap_or(desk.config.web.listen);
    // Refused only where a nicer level than this was asked for already.
    let _ = rustix::process::nice(BEHIND_THE_AIR);
    let media = Arc::new(Decoders::in_spare_time(&desk.config));
    let rounds = Rounds::begin(&desk, media)
        .map_err(|e| Failure::could(format!("no threads for the work on files: {e}"), "close other programs"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::could(format!("no threads for the server: {e}"), "close other programs"))?;
    runtime.block_on(async {
        let web = Web::new(desk);
        let listener = web::listen(&web, addr).await?;
        let bound = listener.local_addr().unwrap_or(addr);
        say!("http://{bound}");
        let supervisor = Arc::new(Supervisor::at(Config::notify_socket().as_deref()).map_err(unheard)?);
        let (told, ending) = (told_to_end()?, Arc::clone(&supervisor));
        let stop_work = rounds.stopper();
        let end = async move {
            told.await;
            ending.stopping();
            // At once: what people still send may take longer than the supervisor waits.
            stop_work();
        };
        supervisor.ready();
        let pages = web::serve(web, listener, end);
        tokio::select! { served = pages => served?, () = stay_alive(&supervisor) => {} }
        Ok(Ended::Holds)
    })
}

/// Says again and again that the threads of the pages turn; never ends.
async fn stay_alive(supervisor: &Supervisor) {
    loop {
        tokio::time::sleep(ALIVE_EVERY).await;
        supervisor.alive();
    }
}

fn unheard(error: std::io::Error) -> Failure {
    Failure::could(
        format!("the supervisor at NOTIFY_SOCKET can't be reached: {error}"),
        "NotifyAccess=main in its unit",
    )
}

/// Ends at SIGTERM and at Ctrl-C.
fn told_to_end() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let listen = |kind| {
        signal(kind).map_err(|e| Failure::could(format!("signals can't be heard: {e}"), "start it from a shell"))
    };
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    })
}
