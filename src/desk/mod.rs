//! Floor 3: use cases and loops. Load, decide, save, act; the deciding is an engine's.
//!
//! A [`Desk`] holds what every use case needs; each file adds the methods of its own work to it. They block: from
//! async code call them in `spawn_blocking`.

pub mod again;
pub mod cases;
pub mod check;
pub mod citizens;
pub mod clock;
pub mod counter;
pub mod deadlines;
pub mod decoders;
pub mod given_back;
pub mod inbox;
pub mod incidents;
pub mod ink;
pub mod intake;
pub mod letters;
pub mod matter;
pub mod on_air;
pub mod orders;
mod passwords;
pub mod people;
pub mod planning;
pub mod processing;
mod refusal;
pub mod reporting;
pub mod retention;
pub mod review;
pub mod rounds;
mod session_booking;
pub mod session_papers;
pub mod sessions;
pub mod standing;
pub mod studio;
mod token;
pub mod works;

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::ids::CaseId;
use crate::domain::standard::StandardFault;
use crate::domain::time::{Clock, Instant};
use crate::files::library::{Library, LibraryError};
use crate::store::{Store, StoreError};

use cases::Standards;

pub use refusal::Refusal;
pub use token::Token;

/// What every use case needs. Clones share it.
#[derive(Clone)]
pub struct Desk {
    /// The home's configuration.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// `media/`.
    pub library: Library,
    /// What is being worked on in this process.
    pub works: works::Works,
    /// The plans that were made last.
    plans: planning::plans::Plans,
    standards: Standards,
}

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Not allowed, not possible or not sensible; says what a person can do.
    #[error("{}", .0.text().en)]
    Refused(Refusal),
    /// The database would not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system's source of randomness would not.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The disk would not.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The home's service standard, or the one to which a case is pinned, does not hold.
    #[error("the service standard does not hold: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Standard(Vec<StandardFault>),
    /// A case in the database does not fit its own moves.
    #[error("request {case} does not fit its move {version}: the database was changed by hand")]
    Contradiction {
        /// The case.
        case: CaseId,
        /// The move.
        version: u32,
    },
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> DeskError {
        DeskError::Refused(refusal)
    }
}

impl Desk {
    /// Opens the database and the library of a home.
    ///
    /// # Errors
    /// When the database or the folders can't be opened.
    pub fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Desk, DeskError> {
        let store = Store::open(&config.home)?;
        let library = Library::open(&config.home)?;
        let standards = Standards::new(config.home.clone());
        let works = works::Works::default();
        Ok(Desk {
            config: Arc::new(config),
            store,
            clock,
            library,
            works,
            plans: planning::plans::Plans::default(),
            standards,
        })
    }

    /// The home.
    pub fn home(&self) -> &Path {
        &self.config.home
    }

    /// The wall clock's word.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}
