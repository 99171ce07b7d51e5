//! Whether a home keeps its promises: the numbered invariants that can be verified on a live installation. Each
//! failure names the thing, and reading changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::av::branding::{Letters, Painter};
use crate::config::ChannelConfig;
use crate::domain::as_run::AsRun;
use crate::domain::ids::ChannelId;
use crate::domain::studio::Resource;
use crate::domain::time::{Instant, Span};
use crate::engine::plan_check::{self, Fault};
use crate::engine::reconcile;
use crate::files::journal::{self, Chained, JournalPaths};
use crate::files::playlist_file::{self, Listed};
use crate::files::{letters, privacy, whole};
use crate::store::{ClaimRow, PublishedRevision};

use super::Desk;
use super::planning::PlanError;
use super::planning::evidence::{self, FileCheck};

/// One broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Number of the invariant, as in ARCHITECTURE.md.
    pub invariant: u8,
    /// What is wrong with which thing.
    pub what: String,
}

/// What a check looked at, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Revisions read.
    pub revisions: usize,
    /// Items of days that are not over, judged.
    pub items: usize,
    /// As-run rows read, of journals and database.
    pub as_run_rows: usize,
    /// Resources that bookings hold or held.
    pub claims: usize,
    /// Rows of the audit trail.
    pub audit_rows: i64,
    /// What does not hold; empty if all does.
    pub broken: Vec<Broken>,
    /// Parts of the home that every user of the machine can open.
    pub open_to_others: Vec<PathBuf>,
    /// Layers of channels' branding that a player would leave out, in words.
    pub not_drawn: Vec<String>,
}

impl CheckReport {
    fn found(&mut self, invariant: u8, what: impl Into<String>) {
        self.broken.push(Broken { invariant, what: what.into() });
    }
}

impl Desk {
    /// Verifies invariants 1, 2, 3, 9, 10 and 11. Invariant 1 concerns what is still to air: days that are over keep what was
    /// right when they aired.
    ///
    /// # Errors
    /// When the database or a folder can't be read at all; whatever is wrong inside is in the report.
    pub fn check(&self) -> Result<CheckReport, PlanError> {
        let mut report = CheckReport::default();
        self.check_revisions(&mut report)?;
        for channel in self.config.channels.keys() {
            self.check_as_run(channel, &mut report)?;
        }
        self.check_branding(&mut report);
        self.check_bookings(&mut report)?;
        self.check_scans(&mut report)?;
        match self.store.read(|r| r.audit_verify())? {
            Ok(summary) => report.audit_rows = summary.rows,
            Err(broken) => report.found(10, format!("audit trail: {broken}")),
        }
        let io = |source| PlanError::Io { path: self.home().to_owned(), source };
        report.open_to_others = privacy::open_to_others(self.home()).map_err(io)?;
        Ok(report)
    }

    /// Invariant 9: minute by minute as claims begin and end, which no rule of the calendar or the database takes part in.
    fn check_bookings(&self, report: &mut CheckReport) -> Result<(), PlanError> {
        let ever = Span::new(Instant::from_timestamp_millis(0).unwrap_or_default(), Instant::MAX_UTC);
        let ever = ever.expect("1970 is before the last instant");
        let claims = self.store.read(|r| r.claims_in(ever, self.now()))?;
        report.claims = claims.len();
        let mut of: BTreeMap<&Resource, Vec<&ClaimRow>> = BTreeMap::new();
        claims.iter().for_each(|claim| of.entry(&claim.resource).or_default().push(claim));
        for (resource, claims) in of {
            for claim in &claims {
                let at = claim.span.start();
                let with: Vec<_> =
                    claims.iter().filter(|c| c.span.contains(at)).map(|c| c.booking.to_string()).collect();
                let may = claims.iter().filter(|c| c.span.contains(at)).map(|c| c.capacity).max().unwrap_or(1);
                if with.len() > may as usize {
                    let with = with.join(", ");
                    report.found(9, format!("{resource} is held at {at} by bookings {with}; {may} may"));
                }
            }
        }
        Ok(())
    }

    /// Scans of paper that are gone, or are not what was kept.
    fn check_scans(&self, report: &mut CheckReport) -> Result<(), PlanError> {
        for sha256 in self.store.read(|r| r.scanned())? {
            match whole::sha256_of(&letters::path(self.home(), sha256)) {
                Ok(found) if found == sha256 => {}
                Ok(_) => report.found(11, format!("letters/{sha256} holds other bytes than were kept")),
                Err(error) => report.found(11, format!("letters/{sha256} can't be read: {error}")),
            }
        }
        Ok(())
    }

    /// What a player would not draw; it plays on without it.
    fn check_branding(&self, report: &mut CheckReport) {
        let letters = Letters::load(&self.config.paper.fonts);
        for (id, ChannelConfig { channel, branding, .. }) in &self.config.channels {
            let (_, faults) = Painter::prepare(self.home(), channel, branding, &letters);
            report.not_drawn.extend(faults.iter().map(|fault| format!("{id}: {fault}")));
        }
    }

    fn check_revisions(&self, report: &mut CheckReport) -> Result<(), PlanError> {
        let rows = self.store.read(|r| r.all_revisions())?;
        report.revisions = rows.len();
        let mut newest: Vec<&PublishedRevision> = Vec::new();
        for row in &rows {
            if newest.last().is_some_and(|n| n.channel == row.channel && n.date == row.date) {
                newest.pop();
            }
            newest.push(row);
            let path = playlist_file::path(self.home(), &row.channel, row.date, row.revision);
            match whole::sha256_of(&path) {
                Ok(found) if found == row.file => {}
                Ok(found) => report.found(
                    2,
                    format!("{} was edited: it hashes to {found}, {} was published", path.display(), row.file),
                ),
                Err(error) => report.found(2, format!("{} can't be read: {error}", path.display())),
            }
            if let Err(error) = playlist_file::read(&path) {
                report.found(2, error.to_string());
            }
        }
        self.check_strays(&rows, report)?;
        let now = self.now();
        for row in newest {
            let Some(configured) = self.config.channels.get(&row.channel) else { continue };
            if configured.channel.zone.day(row.date).end() > now {
                self.check_items(row, configured, report)?;
            }
        }
        Ok(())
    }

    /// What lies beside the published revisions: the player follows any file whose name is a revision's.
    fn check_strays(&self, rows: &[PublishedRevision], report: &mut CheckReport) -> Result<(), PlanError> {
        for channel in self.config.channels.keys() {
            let folder = playlist_file::folder(self.home(), channel);
            let io = |source| PlanError::Io { path: folder.clone(), source };
            for Listed { path, named } in playlist_file::listing(self.home(), channel).map_err(io)? {
                let Some((date, revision)) = named else {
                    report.found(
                        2,
                        format!("{} is not a revision, and the player does not read it; take it away", path.display()),
                    );
                    continue;
                };
                if rows.iter().any(|r| r.channel == *channel && r.date == date && r.revision == revision) {
                    continue;
                }
                let stray = format!("{} was not published from this database", path.display());
                report.found(
                    2,
                    match playlist_file::read(&path) {
                        Ok(_) => format!("{stray}, and the player follows it; publish the day again, or take it away"),
                        Err(error) => format!("{stray}, and is none: {error}; take it away"),
                    },
                );
            }
        }
        Ok(())
    }

    /// Invariant 1, for the items that are still to air.
    fn check_items(
        &self,
        row: &PublishedRevision,
        configured: &crate::config::ChannelConfig,
        report: &mut CheckReport,
    ) -> Result<(), PlanError> {
        let path = playlist_file::path(self.home(), &row.channel, row.date, row.revision);
        let Ok(playlist) = playlist_file::read(&path) else { return Ok(()) };
        let evidence = evidence::gather(self, configured, &playlist, BTreeSet::new(), FileCheck::Hash, (row.at, None))?;
        let zone = configured.channel.zone;
        report.items += playlist.items().len();
        for finding in plan_check::judge(&playlist, &evidence) {
            let over = finding.at.is_some_and(|at| at < self.now());
            let invariant = match finding.fault {
                Fault::FileMissing
                | Fault::FileAltered { .. }
                | Fault::NoRequest
                | Fault::NotFill
                | Fault::WrongClip
                | Fault::WrongLength { .. }
                | Fault::OtherChannel { .. }
                | Fault::OutsidePeriod
                | Fault::OutsideOral { .. }
                | Fault::Revoked
                | Fault::WrongPath { .. } => 1,
                Fault::Overlap { .. } => 2,
                // Hours, windows and pauses are settings: a revision was judged by those of its day.
                _ => continue,
            };
            if !over {
                report.found(invariant, format!("{}: {}", path.display(), finding.text(zone).en));
            }
        }
        Ok(())
    }

    /// Invariant 3, in the journal and in what was imported of it.
    fn check_as_run(&self, channel: &ChannelId, report: &mut CheckReport) -> Result<(), PlanError> {
        let paths = JournalPaths::in_home(self.home(), channel);
        let chained = match journal::read(&paths) {
            Ok(rows) => rows,
            Err(error) => {
                report.found(3, error.to_string());
                Vec::new()
            }
        };
        report.as_run_rows += chained.len();
        let ever = Span::new(Instant::MIN_UTC, Instant::MAX_UTC).expect("the first instant is before the last");
        let imported = self.store.read(|r| r.as_run(channel, ever))?;
        report.as_run_rows += imported.len();
        for gap in reconcile::tiles(&imported) {
            report.found(3, format!("imported as-run rows of {channel} don't tile time: {gap:?}"));
        }
        for row in &imported {
            let in_journal = journal::accounting_for(&chained, row.seq);
            if in_journal.is_some_and(|c| c.damage.is_none() && c.row != *row) {
                let path = paths.rows.display();
                report.found(3, format!("imported as-run row {} of {channel} is not the row of {path}", row.seq));
            }
        }
        self.check_set_aside(&paths, &chained, &imported, report);
        Ok(())
    }

    /// Journals that were damaged and set aside. One that still lies beside the journal waits for a person: what is in
    /// doubt is named, and what was imported before the damage is not.
    fn check_set_aside(&self, paths: &JournalPaths, chained: &[Chained], imported: &[AsRun], report: &mut CheckReport) {
        for kept in journal::kept_beside(paths) {
            let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let path = kept.display();
            let of_it = |c: &&Chained| c.damage.as_ref().is_some_and(|damage| damage.kept == name);
            let Some((row, damage)) = chained.iter().find(of_it).and_then(|c| c.damage.as_ref().map(|d| (c, d))) else {
                report.found(
                    3,
                    format!("{path} is a damaged journal, and no row of {} tells of it", paths.rows.display()),
                );
                continue;
            };
            match whole::sha256_of(&kept) {
                Ok(found) if found == damage.kept_sha256 => {}
                Ok(_) => report.found(3, format!("{path} was changed since it was set aside")),
                Err(error) => report.found(3, format!("{path} can't be read: {error}")),
            }
            let stands = |seq: u64| imported.iter().any(|r| r.seq == seq && !r.proves_nothing());
            let first = (row.row.seq..=damage.to_seq).find(|seq| !stands(*seq));
            let doubt = match first {
                None => "every row of it was imported before the damage, and stands".to_owned(),
                Some(first) => {
                    let since = imported.iter().find(|r| r.seq + 1 == first).map_or(row.row.start, |r| r.end);
                    format!("rows {first} to {}, from {since} to {}, are in doubt", damage.to_seq, row.row.end)
                }
            };
            report.found(
                3,
                format!(
                    "{path} is a damaged journal that was set aside ({}): {doubt}. Once it is looked into, keep it in \
                     another folder",
                    damage.fault
                ),
            );
        }
    }
}
