//! Floor 3: use cases and loops. Load, decide, save, act; the deciding is an engine's.
//!
//! A [`Desk`] holds what every use case needs; each file adds the methods of its own work to it. They block: from
//! async code call them in `spawn_blocking`.

pub mod check;
pub mod clock;
pub mod on_air;
mod passwords;
pub mod people;
pub mod planning;
mod refusal;
pub mod reporting;
mod token;

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::time::{Clock, Instant};
use crate::store::{Store, StoreError};

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
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> DeskError {
        DeskError::Refused(refusal)
    }
}

impl Desk {
    /// Opens the database of a home.
    ///
    /// # Errors
    /// When the database can't be opened.
    pub fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Desk, DeskError> {
        let store = Store::open(&config.home)?;
        Ok(Desk { config: Arc::new(config), store, clock })
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
