//! `siaran init`: makes a home, and the one-time link with which its first administrator signs in.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::{Ended, Failure, home as homes};
use crate::config::CONFIG_FILE;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::people::Role;
use crate::files::{privacy, whole};
use crate::store::NewPerson;

/// The example with every key and its default.
const EXAMPLE: &str = include_str!("../../docs/siaran.example.toml");
/// Folders of a home beside `media/`.
const FOLDERS: [&str; 3] = ["playlists", "journal", "run"];

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Name of the first administrator
    #[arg(long, value_name = "NAME", default_value = "Administrator")]
    admin_name: String,
    /// Address with which the first administrator signs in
    #[arg(long, value_name = "EMAIL", default_value = "admin@localhost")]
    admin_email: String,
    /// One JSON document instead of words
    #[arg(long)]
    json: bool,
}

pub(super) fn run(home: &Path, arguments: &Arguments) -> Result<Ended, Failure> {
    let could = |path: &Path, error: io::Error| {
        Failure::could(format!("{}: {error}", path.display()), "check that this user may write there")
    };
    for folder in FOLDERS {
        let path = home.join(folder);
        fs::create_dir_all(&path).map_err(|e| could(&path, e))?;
    }
    privacy::close(home).map_err(|e| could(home, e))?;
    let config = home.join(CONFIG_FILE);
    if !config.exists() {
        whole::write(&config, EXAMPLE.as_bytes()).map_err(|e| could(&config, e))?;
    }
    let desk = homes::open(home)?;
    let now = desk.now();
    let admins = desk.store.read(|r| r.holders(Role::Admin, now)).map_err(|e| homes::could(e.into()))?;
    let link = match admins.first() {
        None => {
            let event = AuditEvent::new(AuditKind::Initialised);
            desk.store.write(move |tx| tx.audit(&event, now)).map_err(|e| homes::could(e.into()))?;
            let (name, email) = (arguments.admin_name.clone(), arguments.admin_email.clone());
            let person = NewPerson { name, email, office: None };
            Some(desk.add_person(None, person, &[Role::Admin]))
        }
        Some(admin) if admins.iter().all(|a| !a.has_password) => Some(desk.invite(None, admin.id)),
        Some(_) => None,
    };
    let link = match link.transpose() {
        Ok(link) => link,
        Err(error) => return homes::refused(error, arguments.json),
    };
    let address = link.as_ref().map(|link| homes::address(&desk, link));
    let email = admins.first().map_or_else(|| arguments.admin_email.to_lowercase(), |admin| admin.email.clone());
    if arguments.json {
        say!("{}", json!({"home": home.display().to_string(), "link": address, "email": email}));
    } else {
        say!("The home {} is ready.", home.display());
        match address {
            Some(address) => {
                say!("Start the pages: siaran --home {} serve", home.display());
                say!("Open this link once, and set a password:\n{address}");
                say!("From then on sign in at {} as {email}.", homes::site(&desk));
            }
            None => say!("It has an administrator already; siaran user invite makes a new link."),
        }
    }
    Ok(Ended::Holds)
}
