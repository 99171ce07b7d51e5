//! `siaran office`: offices that send requests.

use std::path::Path;

use clap::Subcommand;
use serde_json::{Value, json};

use super::home::{could, open, refused};
use super::{About, Ended, Failure};
use crate::desk::DeskError;
use crate::domain::ids::OpdId;
use crate::domain::people::{Opd, OpdGroup, USUAL_QUOTA_BYTES, USUAL_WEIGHT};
use crate::store::{NewOffice, Scope};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Enter an office
    Add {
        /// As it stands on its letterhead
        name: String,
        /// opd, vertical, village or own
        #[arg(long, default_value = "opd")]
        group: OpdGroup,
        /// Share of air within its group
        #[arg(long, default_value_t = USUAL_WEIGHT, value_parser = clap::value_parser!(u32).range(1..=1000))]
        weight: u32,
        /// Room for its uploads
        #[arg(long, value_name = "MIB", default_value_t = USUAL_QUOTA_BYTES >> 20,
              value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
        quota_mib: u64,
    },
    /// Give an office another amount of room for its uploads
    Room {
        /// Its number, as `list` shows it
        office: OpdId,
        /// How much, in all
        #[arg(value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
        quota_mib: u64,
    },
    /// List every office
    List,
}

pub(super) fn run(home: &Path, arguments: About<Command>) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let as_json = arguments.json;
    let offices = || desk.store.read(|r| r.offices(Scope::All)).map_err(|e| could(e.into()));
    let changed = |done: Result<OpdId, DeskError>| {
        let id = match done {
            Ok(id) => id,
            Err(error) => return refused(error, as_json),
        };
        for office in offices()?.iter().filter(|o| o.id == id) {
            if as_json { say!("{}", document(office)) } else { show(office) }
        }
        Ok(Ended::Holds)
    };
    match arguments.command {
        Command::List => {
            let offices = offices()?;
            if as_json {
                say!("{}", Value::Array(offices.iter().map(document).collect()));
            } else {
                offices.iter().for_each(show);
            }
            Ok(Ended::Holds)
        }
        Command::Add { name, group, weight, quota_mib } => {
            let office = NewOffice { name, group, weight, quota_bytes: quota_mib << 20 };
            changed(desk.add_office(None, office))
        }
        Command::Room { office, quota_mib } => changed(desk.give_room(None, office, quota_mib << 20).map(|()| office)),
    }
}

fn document(office: &Opd) -> Value {
    json!({
        "id": office.id.0, "name": office.name, "group": office.group.as_str(), "weight": office.weight,
        "quota_bytes": office.quota_bytes,
    })
}

fn show(office: &Opd) {
    let (group, room_mib) = (office.group.as_str(), office.quota_bytes >> 20);
    say!("{:>4}  {:<40}  {group:<9}  weight {}  room {room_mib} MiB", office.id.0, office.name, office.weight);
}
