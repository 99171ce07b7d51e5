//! `siaran user`: who may sign in, and in which positions.

use std::path::Path;

use clap::Subcommand;
use serde_json::{Value, json};

use super::home::{address, could, open, person, refused, time, zone};
use super::{About, Ended, Failure};
use crate::desk::Desk;
use crate::desk::people::Link;
use crate::domain::ids::OpdId;
use crate::domain::people::{Form, Person, Role};
use crate::domain::time::Instant;
use crate::store::{NewPerson, Scope};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Enter a person, and print the one-time link that lets him or her in
    Add {
        /// Name, with academic titles
        name: String,
        /// E-mail address that signs in
        email: String,
        /// A role: office, registry, verifier, head, technical, scheduler, operator, monitor,
        /// radio_verifier, functional, division_head, secretary, studio_operator, admin; several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        /// Number of the office for which requests are sent
        #[arg(long, value_name = "OFFICE")]
        office: Option<OpdId>,
    },
    /// Print a new one-time link; earlier ones are void
    Invite {
        /// Number or e-mail address
        person: String,
    },
    /// Give or take roles, at once
    Role {
        /// Number or e-mail address
        person: String,
        /// A role to give; several times
        #[arg(long, value_name = "ROLE")]
        give: Vec<Role>,
        /// A role to take; several times
        #[arg(long, value_name = "ROLE")]
        take: Vec<Role>,
        /// How what is given is held: definitif, plh, plt
        #[arg(long, default_value = "definitif")]
        form: Form,
        /// When what is given ends, 2026-12-01T00:00:00+07:00 [default: open]
        #[arg(long, value_name = "INSTANT")]
        until: Option<Instant>,
    },
    /// List everyone
    List,
}

pub(super) fn run(home: &Path, arguments: About<Command>) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let as_json = arguments.json;
    let link = match arguments.command {
        Command::List => return list(&desk, as_json),
        Command::Role { person: named, give, take, form, until } => {
            let id = person(&desk, &named)?.id;
            // Taken first, so that naming a role twice changes its form.
            let taken = take.into_iter().try_for_each(|role| desk.take_role(None, id, role));
            let changed =
                taken.and_then(|()| give.into_iter().try_for_each(|role| desk.give_role(None, id, role, form, until)));
            return match changed {
                Ok(()) => {
                    show(&desk, &person(&desk, &named)?, as_json);
                    Ok(Ended::Holds)
                }
                Err(error) => refused(error, as_json),
            };
        }
        Command::Add { name, email, roles, office } => desk.add_person(None, NewPerson { name, email, office }, &roles),
        Command::Invite { person: named } => desk.invite(None, person(&desk, &named)?.id),
    };
    match link {
        Ok(link) => {
            show_link(&desk, &link, as_json);
            Ok(Ended::Holds)
        }
        Err(error) => refused(error, as_json),
    }
}

fn show_link(desk: &Desk, link: &Link, as_json: bool) {
    let (address, zone) = (address(desk, link), zone(desk));
    if as_json {
        let until = zone.rfc3339(link.expires_at);
        say!("{}", json!({"person": link.person.0, "link": address, "expires": until}));
    } else {
        say!("{address}");
    }
}

fn document(desk: &Desk, person: &Person) -> Value {
    let zone = zone(desk);
    let roles: Vec<Value> = person
        .appointments
        .iter()
        .map(|a| json!({"role": a.role.as_str(), "form": a.form.as_str(), "until": time(zone, a.until)}))
        .collect();
    json!({
        "id": person.id.0, "name": person.name, "email": person.email, "office": person.office.map(|o| o.0),
        "roles": roles, "has_password": person.has_password, "disabled": time(zone, person.disabled_at),
    })
}

fn show(desk: &Desk, person: &Person, as_json: bool) {
    if as_json {
        say!("{}", document(desk, person));
        return;
    }
    let roles: Vec<String> = person
        .appointments
        .iter()
        .map(|a| if a.form == Form::Definitif { a.role.to_string() } else { format!("{} ({})", a.role, a.form) })
        .collect();
    say!("{:>4}  {:<28}  {:<32}  {}", person.id.0, person.name, person.email, roles.join(", "));
}

fn list(desk: &Desk, as_json: bool) -> Result<Ended, Failure> {
    let now = desk.now();
    let everyone = desk.store.read(|r| r.people(Scope::All, now)).map_err(|e| could(e.into()))?;
    if as_json {
        say!("{}", Value::Array(everyone.iter().map(|p| document(desk, p)).collect()));
    } else {
        everyone.iter().for_each(|p| show(desk, p, false));
    }
    Ok(Ended::Holds)
}
