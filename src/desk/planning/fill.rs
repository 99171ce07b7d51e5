//! The evergreen pool that the player reads: approved fillers of the house, copied to `media/fill/` and listed there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::domain::asset::{AssetKind, FillClip};
use crate::domain::ids::Sha256;
use crate::files::{fill_index, whole};
use crate::store::{AssetRow, Scope};

use super::PlanError;
use crate::desk::Desk;

impl Desk {
    /// Brings the pool up to date with the approvals in force now. Clips that the database does not know were put there
    /// when the home was set up, and stay.
    ///
    /// # Errors
    /// When the index or a file can't be read or written.
    pub fn refresh_fill(&self) -> Result<(), PlanError> {
        let now = self.now();
        let fillers: Vec<AssetRow> = self
            .store
            .read(|r| r.assets(Scope::All))?
            .into_iter()
            .filter(|a| a.asset.kind == AssetKind::Filler)
            .collect();
        let in_force = |row: &&AssetRow| !row.revoked && row.asset.validity.contains(now);
        let known: BTreeMap<Sha256, bool> = fillers.iter().fold(BTreeMap::new(), |mut known, row| {
            *known.entry(row.asset.clip.sha256).or_default() |= in_force(&row);
            known
        });
        let before = fill_index::read(self.home())?;
        let mut pool = before.clone();
        pool.retain(|clip| known.get(&clip.sha256).copied().unwrap_or(true));
        let rules = self.store.read(|r| r.request_rules(now))?;
        let tags = |row: &AssetRow| rules.get(&row.case).map(|rules| rules.tags.clone()).unwrap_or_default();
        for row in fillers.iter().filter(in_force) {
            let clip = &row.asset.clip;
            if !pool.iter().any(|p| p.sha256 == clip.sha256) {
                copy_to_fill(self.home(), clip.sha256)?;
                pool.push(FillClip::of(clip, &row.asset.title));
            }
            for own in pool.iter_mut().filter(|own| own.sha256 == clip.sha256) {
                own.tags = tags(row);
            }
        }
        if pool != before {
            let path = fill_index::path(self.home());
            fill_index::write(self.home(), &pool).map_err(|source| PlanError::Io { path, source })?;
        }
        Ok(())
    }
}

/// A hard link where the file system has them, else a copy; whole either way before it has its name.
fn copy_to_fill(home: &Path, sha256: Sha256) -> Result<(), PlanError> {
    let name = format!("{sha256}.mp4");
    let (from, folder) = (home.join("media/house").join(&name), home.join("media/fill"));
    let to = folder.join(&name);
    let temporary = folder.join(format!("{name}{}", whole::UNFINISHED));
    let copy = || -> io::Result<()> {
        if to.is_file() {
            return Ok(());
        }
        fs::create_dir_all(&folder)?;
        if fs::hard_link(&from, &to).is_ok() {
            return Ok(());
        }
        fs::copy(&from, &temporary)?;
        fs::File::open(&temporary)?.sync_all()?;
        whole::settle(&temporary, &to)
    };
    copy().map_err(|source| PlanError::Io { path: from.clone(), source })
}
