//! Offices' files go when their time to be kept is over (`work.keep_originals_days`): a year after airing at least, as
//! the service promises. What airs is the house file, which stays, and so do letter, case and audit trail.

use chrono::TimeDelta;

use super::{Desk, DeskError};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::Sha256;
use crate::domain::time::{BroadcastDate, Instant};
use crate::store::StoreError;

impl Desk {
    /// Removes the originals whose time is over, with what was made for looking at them; returns which.
    ///
    /// # Errors
    /// When the database or the disk would not.
    pub fn dispose_of_originals(&self) -> Result<Vec<Sha256>, DeskError> {
        let days = self.config.work.keep_originals_days;
        // A clock that nobody trusts must not make a year go by.
        if days == 0 || !self.clock.read().synchronised {
            return Ok(Vec::new());
        }
        let now = self.now();
        let ended = now - TimeDelta::days(i64::from(days));
        let zone = self.config.channels.values().next().map(|channel| channel.channel.zone);
        let Some(day) = zone.map(|zone| zone.date_of(ended)) else { return Ok(Vec::new()) };
        let over = self.store.read(|r| r.originals_over(ended, day))?;
        for (original, bytes) in &over {
            self.dispose(*original, *bytes, (ended, day), now)?;
        }
        Ok(over.into_iter().map(|(original, _)| original).collect())
    }

    /// The record first: a power cut in between leaves a file that the sweep takes, not a file that is missed.
    fn dispose(
        &self,
        original: Sha256,
        bytes: u64,
        (ended, day): (Instant, BroadcastDate),
        now: Instant,
    ) -> Result<(), DeskError> {
        let goes = self.store.write(move |tx| {
            // Somebody may have asked for it again since it was found.
            if !tx.is_over(original, ended, day)? {
                return Ok::<_, StoreError>(false);
            }
            tx.add_disposal(original, bytes, now)?;
            let event = AuditEvent::new(AuditKind::OriginalDisposed).hash("original", original);
            tx.audit(&event.number("bytes", i64::try_from(bytes).unwrap_or(i64::MAX)), now)?;
            Ok(true)
        })?;
        if goes {
            self.library.dispose(original)?;
        }
        Ok(())
    }
}
