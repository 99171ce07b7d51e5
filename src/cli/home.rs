//! What the desk commands share: opening a home, naming people, and saying no.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Ended, Failure};
use crate::config::{CONFIG_FILE, Config};
use crate::desk::clock::SystemClock;
use crate::desk::people::Link;
use crate::desk::{Desk, DeskError};
use crate::domain::people::Person;
use crate::domain::time::{Instant, Zone};
use crate::store::{DATABASE_FILE, Scope, StoreError};

/// Whether a folder is a home at all: opening a mistyped one would make a database there, and find it in order.
pub(super) fn there(home: &Path) -> Result<(), Failure> {
    if [CONFIG_FILE, DATABASE_FILE].iter().any(|file| home.join(file).exists()) {
        return Ok(());
    }
    let what = format!("there is no home at {}", home.display());
    Err(Failure::could(what, "name another with --home, or make this one with siaran init"))
}

/// Opens the desks of a home.
pub(super) fn open(home: &Path) -> Result<Desk, Failure> {
    there(home)?;
    Desk::open(Config::load(home)?, Arc::new(SystemClock::start())).map_err(could)
}

/// A failure that is not the person's.
pub(super) fn could(error: DeskError) -> Failure {
    let way_out = match &error {
        DeskError::Store(StoreError::Newer { .. }) => "install the newer version of this program",
        DeskError::Store(StoreError::Damaged { .. }) => "restore the newest backup, and keep the damaged file",
        DeskError::Standard(_) => "correct the files in sop/ with siaran sop check, or remove them",
        DeskError::Library(_) => "check that the disk has room and that this user may write there",
        _ => "check that the home is right and that this user may write there",
    };
    Failure::could(error.to_string(), way_out)
}

/// Says no, or passes a failure on.
pub(super) fn refused(error: DeskError, as_json: bool) -> Result<Ended, Failure> {
    let DeskError::Refused(refusal) = error else { return Err(could(error)) };
    let text = refusal.text();
    if as_json {
        say!("{}", json!({"refused": refusal.code(), "text_id": text.id, "text_en": text.en}));
    }
    complain!("error: {}\n       {}", with_way_out(&text.en), text.id);
    Ok(Ended::Refused)
}

/// What is wrong, then the way out, as every error of the command line: a refusal's first sentence says the one, the
/// others the other.
fn with_way_out(refusal: &str) -> String {
    match refusal.split_once(". ") {
        Some((what, out)) => {
            let mut letters = out.chars();
            let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
            format!("{what}. Try: {first}{}", letters.as_str())
        }
        None => format!("{refusal} Try: correct that, and run it again."),
    }
}

/// A person by number or address.
pub(super) fn person(desk: &Desk, named: &str) -> Result<Person, Failure> {
    let now = desk.now();
    let everyone = desk.store.read(|r| r.people(Scope::All, now)).map_err(|e| could(e.into()))?;
    let found = everyone.into_iter().find(|p| p.email == named.to_lowercase() || p.id.to_string() == named);
    found.ok_or_else(|| Failure::Usage(format!("there is no person {named:?}; see siaran user list")))
}

/// The zone in which people at this home read times.
pub(super) fn zone(desk: &Desk) -> Zone {
    let first = desk.config.channels.values().next();
    first.map_or_else(|| "Asia/Jakarta".parse().expect("a zone of the database"), |c| c.channel.zone)
}

/// An instant as scripts read it, or nothing.
pub(super) fn time(zone: Zone, at: Option<Instant>) -> Value {
    at.map(|at| zone.rfc3339(at)).into()
}

/// Where the pages are, as a browser takes it.
pub(super) fn site(desk: &Desk) -> String {
    let web = &desk.config.web;
    let site = web.public_url.clone().unwrap_or_else(|| format!("http://{}", web.listen));
    site.trim_end_matches('/').to_owned()
}

/// A one-time link as a browser takes it.
pub(super) fn address(desk: &Desk, link: &Link) -> String {
    format!("{}{}", site(desk), link.path())
}
