//! Offices, the people who sign in, and the positions in which they act.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::ids::{AppointmentId, OpdId, PersonId};
use super::text::Text;
use super::time::Instant;

/// An office that sends requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opd {
    /// Its row.
    pub id: OpdId,
    /// As it stands on its letterhead.
    pub name: String,
    /// Shares of air go first between groups.
    pub group: OpdGroup,
    /// Share within its group, 1 to 1000.
    pub weight: u32,
    /// Most bytes of originals that it may keep here.
    pub quota_bytes: u64,
    /// When it stopped sending; `None` while it may.
    pub closed_at: Option<Instant>,
}

/// Weight of an office unless told otherwise.
pub const USUAL_WEIGHT: u32 = 100;
/// Bytes of originals that an office may keep unless told otherwise: some fifty clips of five minutes.
pub const USUAL_QUOTA_BYTES: u64 = 20 << 30;

/// A word that names none of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}; there are {known}")]
pub struct UnknownWord {
    /// What it should have been.
    pub what: &'static str,
    /// What was given, shortened.
    pub given: String,
    /// What there is.
    pub known: String,
}

macro_rules! words {
    ($name:ident, $what:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// Every one, in order.
            pub const ALL: &[$name] = &[$($name::$variant),+];
            /// The word for files, rows and commands.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord {
                        what: $what,
                        given: s.chars().take(40).collect(),
                        known: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}

pub(super) use words;

/// Kinds of offices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpdGroup {
    /// *Organisasi perangkat daerah*: an office of the regency.
    Opd,
    /// *Instansi vertikal*: a branch of central government.
    Vertical,
    /// *Pemerintah desa*: a village.
    Village,
    /// The agency's own material.
    Own,
    /// *Warga*: a citizen, who is his own applicant and asks for sessions alone, never for airtime.
    Citizen,
}
words!(
    OpdGroup,
    "group of offices",
    Opd = "opd",
    Vertical = "vertical",
    Village = "village",
    Own = "own",
    Citizen = "citizen",
);

impl OpdGroup {
    /// Groups that may be given air.
    pub fn of_airtime() -> impl Iterator<Item = OpdGroup> {
        OpdGroup::ALL.iter().copied().filter(|group| *group != OpdGroup::Citizen)
    }
    /// What a service standard calls such an applicant.
    pub fn applicant(self) -> &'static str {
        match self {
            OpdGroup::Opd | OpdGroup::Own => "opd",
            OpdGroup::Vertical => "instansi_vertikal",
            OpdGroup::Village => "pemdes",
            OpdGroup::Citizen => "warga",
        }
    }
    /// For pages.
    pub fn text(self) -> Text {
        match self {
            OpdGroup::Opd => Text::new("OPD", "Regional office"),
            OpdGroup::Vertical => Text::new("Instansi vertikal", "Central-government office"),
            OpdGroup::Village => Text::new("Pemerintah desa", "Village government"),
            OpdGroup::Own => Text::new("Dinas sendiri", "The agency's own"),
            OpdGroup::Citizen => Text::new("Warga", "Citizen"),
        }
    }
}

/// What a person may do here. Held by an [`Appointment`] in force, and never longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends requests for an office and sees that office's alone.
    Office,
    /// Registers incoming letters.
    Registry,
    /// Judges content.
    Verifier,
    /// Approves.
    Head,
    /// Makes approved files playable.
    Technical,
    /// Plans and publishes.
    Scheduler,
    /// Airs.
    Operator,
    /// Watches and reports.
    Monitor,
    /// Examines requests for radio talkshows, and sends their schedules.
    RadioVerifier,
    /// *Jabatan fungsional*: examines podcast requests and drafts their schedules.
    Functional,
    /// *Kabid Komunikasi Publik*: initials first.
    DivisionHead,
    /// *Sekretaris Dinas*: initials second, or returns.
    Secretary,
    /// Makes a studio ready and accompanies what is recorded or sent from it.
    StudioOperator,
    /// Lets people in.
    Admin,
}
words!(
    Role,
    "role",
    Office = "office",
    Registry = "registry",
    Verifier = "verifier",
    Head = "head",
    Technical = "technical",
    Scheduler = "scheduler",
    Operator = "operator",
    Monitor = "monitor",
    RadioVerifier = "radio_verifier",
    Functional = "functional",
    DivisionHead = "division_head",
    Secretary = "secretary",
    StudioOperator = "studio_operator",
    Admin = "admin",
);

impl Role {
    /// The position in the agency's standards (`sop/ds-*.toml`) whose steps this role does.
    pub fn actor(self) -> Option<&'static str> {
        match self {
            Role::Office => Some("applicant"),
            Role::Registry => Some("ds.bag_umum"),
            Role::Verifier => Some("ds.verif_konten"),
            Role::Head => Some("ds.kadis"),
            Role::Technical => Some("ds.teknis_vt"),
            Role::Scheduler => Some("ds.jadwal_vt"),
            Role::Operator => Some("ds.operator_vt"),
            Role::Monitor => Some("ds.monitor_vt"),
            Role::RadioVerifier => Some("ds.verif_radio"),
            Role::Functional => Some("ds.jafung"),
            Role::DivisionHead => Some("ds.kabid_ikp"),
            Role::Secretary => Some("ds.sekdis"),
            Role::StudioOperator => Some("ds.operator_radio"),
            Role::Admin => None,
        }
    }
    /// The role that does the steps of an actor of a standard.
    pub fn of_actor(actor: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.actor() == Some(actor))
    }
    /// Whether it belongs to the agency's staff, who see every office.
    pub fn is_staff(self) -> bool {
        self != Role::Office
    }
    /// Title, as the agency says it.
    pub fn text(self) -> Text {
        match self {
            Role::Office => Text::new("Pemohon", "Applicant"),
            Role::Registry => Text::new("Bagian Umum", "Registry"),
            Role::Verifier => Text::new("Tim Verifikasi Konten", "Content verification team"),
            Role::Head => Text::new("Kepala Dinas", "Head of agency"),
            Role::Technical => Text::new("Tim Teknis Videotron", "Videotron technical team"),
            Role::Scheduler => Text::new("Tim Penjadwalan", "Scheduling team"),
            Role::Operator => Text::new("Operator Videotron", "Videotron operator"),
            Role::Monitor => Text::new("Tim Monitoring", "Monitoring team"),
            Role::RadioVerifier => Text::new("Tim Verifikasi Radio", "Radio verification team"),
            Role::Functional => {
                Text::new("Jabatan Fungsional (Pranata Humas)", "Functional officer (public relations)")
            }
            Role::DivisionHead => Text::new("Kabid Komunikasi Publik", "Head of the public communication division"),
            Role::Secretary => Text::new("Sekretaris Dinas", "Secretary of the agency"),
            Role::StudioOperator => Text::new("Operator Radio/Studio", "Radio and studio operator"),
            Role::Admin => Text::new("Administrator", "Administrator"),
        }
    }
}

/// How a position is held. Letters print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Form {
    /// By full appointment.
    #[default]
    Definitif,
    /// *Pelaksana harian*: for someone absent.
    Plh,
    /// *Pelaksana tugas*: in a vacant post.
    Plt,
}
words!(Form, "form of appointment", Definitif = "definitif", Plh = "plh", Plt = "plt");

/// One holding of a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its row.
    pub id: AppointmentId,
    /// Who.
    pub person: PersonId,
    /// Which position.
    pub role: Role,
    /// How.
    pub form: Form,
    /// First instant in force.
    pub from: Instant,
    /// First instant no longer in force; `None`: open.
    pub until: Option<Instant>,
}

impl Appointment {
    /// Whether it is in force at `at`.
    pub fn holds_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A human being who signs in, as he or she stands at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The row.
    pub id: PersonId,
    /// With academic titles, as letters print it.
    pub name: String,
    /// What signs in; lower case.
    pub email: String,
    /// The office for which requests are sent.
    pub office: Option<OpdId>,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// When shut out; `None` while welcome.
    pub disabled_at: Option<Instant>,
    /// Appointments in force at the instant of asking.
    pub appointments: Vec<Appointment>,
}

impl Person {
    /// Roles held now.
    pub fn roles(&self) -> BTreeSet<Role> {
        self.appointments.iter().map(|a| a.role).collect()
    }
    /// Whether a role is held now.
    pub fn holds(&self, role: Role) -> bool {
        self.appointments.iter().any(|a| a.role == role)
    }
    /// How a role is held: full appointment before acting ones.
    pub fn form_of(&self, role: Role) -> Option<Form> {
        self.appointments.iter().filter(|a| a.role == role).map(|a| a.form).min()
    }
    /// Whether staff, who see every office.
    pub fn is_staff(&self) -> bool {
        self.appointments.iter().any(|a| a.role.is_staff())
    }
}

/// What a position is called and where it stands on the ladder of initials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Title for people.
    pub title: String,
    /// Lower ranks initial first.
    pub rank: u32,
    /// Acting forms that may sign.
    pub acting: BTreeSet<Form>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_an_unknown_one_says_what_there_is() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(role.actor().and_then(Role::of_actor), role.actor().map(|_| *role));
        }
        let error = "boss".parse::<Role>().expect_err("no such role");
        assert!(error.to_string().contains("verifier, head"), "{error}");
    }
}
