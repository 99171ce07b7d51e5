//! What was really on air: journals are imported, compared with what was published, and reported to the office and the
//! agency, with the monitoring team's conclusion. A journal whose chain is broken is refused and named.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::domain::as_run::{AirKind, AsRun};
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::{CaseId, ChannelId, PersonId, Sha256};
use crate::domain::incident::Incident;
use crate::domain::oral::OralApproval;
use crate::domain::people::Role;
use crate::domain::playlist::Playlist;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, FrameRate, Instant, Span, Zone};
use crate::engine::reconcile::{self, Aired, Discrepancy, Totals};
use crate::files::journal::{self, Chained};
use crate::files::playlist_file;
use crate::store::{Imported, Scope, StoreError};

use super::{Desk, DeskError, Refusal};

/// Why there is no report, beyond what any desk may say.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The journal can't be trusted.
    #[error("the journal was not imported: {0}")]
    Journal(#[from] journal::JournalError),
    /// A row with that number was imported before and was another.
    #[error("row {seq} of the journal {path} is not the row that was imported before: the journal was rewritten")]
    Rewritten {
        /// The journal.
        path: PathBuf,
        /// The row.
        seq: u64,
    },
    /// A published revision can't be read.
    #[error(transparent)]
    Playlist(#[from] playlist_file::PlaylistFileError),
    /// No such channel in the configuration.
    #[error("there is no channel {0} in siaran.toml")]
    NoChannel(ChannelId),
    /// The desk said no, or the database would not.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<StoreError> for ReportError {
    fn from(error: StoreError) -> ReportError {
        ReportError::Desk(error.into())
    }
}

/// What was promised and what aired, for one request or one day of a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct AiringReport {
    /// Of what.
    pub subject: Subject,
    /// On which channel.
    pub channel: ChannelId,
    /// Its name for people.
    pub channel_title: String,
    /// Its zone.
    pub zone: Zone,
    /// Its rate.
    pub rate: FrameRate,
    /// When the report was made.
    pub made_at: Instant,
    /// Day by day.
    pub days: Vec<ReportDay>,
    /// All days together.
    pub totals: Totals,
    /// What aired on an oral approval, however that ended: it never counts as an approval.
    pub orals: Vec<OralAired>,
    /// What went wrong on the channel in those days.
    pub incidents: Vec<Incident>,
    /// The newest row of the journal that the report rests on, with its hash.
    pub evidence: Option<(u64, Sha256)>,
    /// The monitoring team's word.
    pub conclusion: Option<Conclusion>,
}

/// What aired on an oral approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OralAired {
    /// The word.
    pub oral: OralApproval,
    /// The clip.
    pub title: String,
    /// Times that the record shows it while the word held alone.
    pub plays: usize,
    /// The paper never came.
    pub never_confirmed: bool,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One request.
    Request(RequestFacts),
    /// Everything on one day.
    Day(BroadcastDate),
}

/// The request as its letter and its approval put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// Its row.
    pub case: CaseId,
    /// Number in the register.
    pub agenda: Option<String>,
    /// Who asked.
    pub office: String,
    /// Name of the clip.
    pub title: String,
    /// The office's letter.
    pub letter_number: String,
    /// The day on that letter.
    pub letter_date: BroadcastDate,
    /// First and last day of the period.
    pub period: (BroadcastDate, BroadcastDate),
    /// Plays a day that were asked for.
    pub plays_per_day: u32,
    /// Number of the approval.
    pub approval_number: Option<String>,
}

/// One day of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDay {
    /// The day.
    pub date: BroadcastDate,
    /// The last revision that was published for it.
    pub revision: u32,
    /// What was promised and what became of it.
    pub items: Vec<Aired>,
    /// What the record shows beside the plan; for a day's report alone.
    pub discrepancies: Vec<Discrepancy>,
}

/// The monitoring team's conclusion on one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// In the team's words.
    pub text: String,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// What an import brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Rows that were new.
    pub new: u64,
    /// Rows that were here already.
    pub known: u64,
}

/// Rows of one transaction: the writer is held for milliseconds, not for a year's journal.
const IMPORT_AT_ONCE: usize = 1000;
/// Longest conclusion, characters: two pages.
const MAX_CONCLUSION_CHARS: usize = 6000;

impl Desk {
    /// Imports a channel's journal: verified as a whole first, then only what is new. Doing it twice changes nothing.
    /// Where the journal was damaged, what was imported before the damage stands, and only the rest is in doubt.
    ///
    /// # Errors
    /// [`ReportError::Journal`] names the first bad line; nothing is imported then.
    pub fn import_journal(&self, channel: &ChannelId) -> Result<ImportSummary, ReportError> {
        let paths = journal::JournalPaths::in_home(self.home(), channel);
        let rows = journal::read(&paths)?;
        let mut summary = ImportSummary::default();
        let mut new: Vec<Chained> = Vec::new();
        if let Some((seq, hash)) = self.store.read(|r| r.as_run_head(channel))? {
            let rewritten = |seq| ReportError::Rewritten { path: paths.rows.clone(), seq };
            // What was imported before must still be there, unchanged: the chain then vouches for all before it.
            let found = journal::accounting_for(&rows, seq).ok_or_else(|| rewritten(seq))?;
            match &found.damage {
                _ if found.hash == hash => {}
                None => return Err(rewritten(seq)),
                Some(damage) => {
                    self.same_before(channel, &rows, found).map_err(|at| at.unwrap_or_else(|| rewritten(seq)))?;
                    if seq == damage.to_seq && damage.to_hash.is_some_and(|known| known != hash) {
                        return Err(rewritten(seq));
                    }
                    new.extend(self.rest_of(channel, found, seq)?);
                }
            }
            summary.known = seq;
        }
        new.extend(rows.into_iter().filter(|r| r.row.seq > summary.known));
        let now = self.now();
        for chunk in new.chunks(IMPORT_AT_ONCE) {
            let (part, of) = (chunk.to_vec(), channel.clone());
            let refused = self.store.write(move |tx| -> Result<Option<u64>, DeskError> {
                for chained in &part {
                    if tx.import_as_run(&chained.row, chained.hash, now)? == Imported::Differs {
                        return Ok(Some(chained.row.seq));
                    }
                }
                if let Some(last) = part.last() {
                    let event = AuditEvent::new(AuditKind::JournalImported)
                        .word("channel", &of)
                        .number("to_seq", i64::try_from(last.row.seq).unwrap_or(i64::MAX))
                        .hash("head", last.hash);
                    tx.audit(&event, now)?;
                }
                Ok(None)
            })?;
            if let Some(seq) = refused {
                return Err(ReportError::Rewritten { path: paths.rows, seq });
            }
            summary.new += chunk.len() as u64;
        }
        Ok(summary)
    }

    /// Whether the row before one that stands for others is the one that was imported. `Err(None)`: it is not.
    fn same_before(&self, channel: &ChannelId, rows: &[Chained], damage: &Chained) -> Result<(), Option<ReportError>> {
        let Some(before) = damage.row.seq.checked_sub(1).and_then(|seq| journal::accounting_for(rows, seq)) else {
            return Ok(());
        };
        let seq = before.row.seq;
        let known = self.store.read(|r| r.as_run_row(channel, seq)).map_err(|error| Some(error.into()))?;
        match known {
            Some((_, hash)) if hash == before.hash => Ok(()),
            // A row that itself stands for others may have been imported from a later number on.
            _ if before.damage.is_some() => Ok(()),
            _ => Err(None),
        }
    }

    /// What is still in doubt of the rows that one row stands for, when those up to `known` were imported before the
    /// journal was damaged: they stand as they were imported.
    fn rest_of(&self, channel: &ChannelId, damage: &Chained, known: u64) -> Result<Option<Chained>, ReportError> {
        let Some((last, hash)) = self.store.read(|r| r.as_run_row(channel, known))? else { return Ok(None) };
        if damage.last_seq() <= known || hash == damage.hash {
            return Ok(None);
        }
        let start = last.end.min(damage.row.end);
        Ok(Some(Chained { row: AsRun { seq: known + 1, start, ..damage.row.clone() }, ..damage.clone() }))
    }

    /// The last published revision of a day, read and judged.
    ///
    /// # Errors
    /// When the database or the file would not.
    pub fn published(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Option<Playlist>, ReportError> {
        let Some(row) = self.store.read(|r| r.latest_revision(channel, date))? else { return Ok(None) };
        let path = playlist_file::path(self.home(), channel, date, row.revision);
        Ok(Some(playlist_file::read(&path)?))
    }

    /// Reports a whole day of a channel, from the rows imported so far.
    ///
    /// # Errors
    /// [`ReportError`] names the channel or file.
    pub fn day_report(&self, channel: &ChannelId, date: BroadcastDate) -> Result<AiringReport, ReportError> {
        self.report(channel, Subject::Day(date), &[date], None, |_| true)
    }

    /// Reports one request over its whole period, from the rows imported so far.
    ///
    /// # Errors
    /// [`ReportError`] names the channel or file; another office's request is not found.
    pub fn case_report(&self, scope: Scope, case: CaseId) -> Result<AiringReport, ReportError> {
        let found = self.store.read(|r| -> Result<_, StoreError> {
            let Some(row) = r.case(scope, case)? else { return Ok(None) };
            let submissions = r.submissions(scope, case)?;
            let approval = r.approvals_of(scope, case)?.pop();
            Ok(Some((row, submissions, approval, r.conclusion(case)?)))
        })?;
        let what = || Text::new(format!("Permohonan {case}"), format!("Request {case}"));
        let missing = || ReportError::Desk(Refusal::NotFound { what: what() }.into());
        let (row, submissions, approval, conclusion) = found.ok_or_else(missing)?;
        let newest = submissions.last().ok_or_else(missing)?;
        let letter = &newest.letter;
        let known = self.store.read(|r| r.revisions(&newest.channel, letter.first_day, letter.last_day))?;
        let dates: BTreeSet<BroadcastDate> = known.iter().map(|r| r.date).collect();
        let own: BTreeSet<String> = submissions.iter().map(|s| s.id.to_string()).collect();
        let facts = RequestFacts {
            case,
            agenda: row.agenda_number,
            office: row.office_name,
            title: letter.title.clone(),
            letter_number: letter.number.clone(),
            letter_date: letter.date,
            period: (letter.first_day, letter.last_day),
            plays_per_day: letter.plays_per_day,
            approval_number: approval.map(|a| a.number),
        };
        let conclusion = conclusion.map(|c| Conclusion { text: c.text, by: c.by_name, at: c.at });
        let dates: Vec<BroadcastDate> = dates.into_iter().collect();
        let concerns = |a: &Aired| a.item.submission.as_ref().is_some_and(|s| own.contains(s));
        self.report(&newest.channel, Subject::Request(facts), &dates, conclusion, concerns)
    }

    /// Writes the monitoring team's conclusion on a request; it stands in the report from then on.
    ///
    /// # Errors
    /// [`Refusal::NeedsRole`] for anyone but the monitoring team, [`Refusal::NotFound`], and [`Refusal::Conclusion`]
    /// for a text that is empty or too long.
    pub fn conclude(&self, by: PersonId, case: CaseId, text: &str) -> Result<(), DeskError> {
        let text = text.trim().to_owned();
        if !(1..=MAX_CONCLUSION_CHARS).contains(&text.chars().count()) {
            return Err(Refusal::Conclusion.into());
        }
        let now = self.now();
        self.store.write(move |tx| -> Result<(), DeskError> {
            let allowed = tx.person(by, now)?.is_some_and(|p| p.disabled_at.is_none() && p.holds(Role::Monitor));
            if !allowed {
                return Err(Refusal::NeedsRole(Role::Monitor).into());
            }
            if tx.case(Scope::All, case)?.is_none() {
                let what = Text::new(format!("Permohonan {case}"), format!("Request {case}"));
                return Err(Refusal::NotFound { what }.into());
            }
            tx.add_conclusion(case, by, &text, now)?;
            tx.audit(&AuditEvent::new(AuditKind::ReportIssued).by(by).number("case", case.0), now)?;
            Ok(())
        })
    }

    fn report(
        &self,
        channel: &ChannelId,
        subject: Subject,
        dates: &[BroadcastDate],
        conclusion: Option<Conclusion>,
        concerns: impl Fn(&Aired) -> bool,
    ) -> Result<AiringReport, ReportError> {
        let configured = self.config.channels.get(channel).ok_or_else(|| ReportError::NoChannel(channel.clone()))?;
        let zone = configured.channel.zone;
        let mut days = Vec::new();
        let mut totals = Totals::default();
        for &date in dates {
            let Some(playlist) = self.published(channel, date)? else { continue };
            let rows = self.store.read(|r| r.as_run(channel, zone.day(date)))?;
            let reconciled = reconcile::reconcile(&playlist, &rows);
            let items: Vec<Aired> = reconciled.items.into_iter().filter(|a| concerns(a)).collect();
            if matches!(subject, Subject::Request(_)) && items.is_empty() {
                continue;
            }
            totals.join(&sum(&items, playlist.head().rate));
            let discrepancies = if matches!(subject, Subject::Day(_)) { reconciled.discrepancies } else { Vec::new() };
            days.push(ReportDay { date, revision: playlist.head().revision, items, discrepancies });
        }
        let span = dates
            .first()
            .zip(dates.last())
            .and_then(|(first, last)| Span::new(zone.day(*first).start(), zone.day(*last).end()));
        let orals = match span {
            Some(span) => self.orals_aired(channel, span, &subject)?,
            None => Vec::new(),
        };
        let incidents = match span {
            Some(span) => self.store.read(|r| r.incidents_since(span.start()))?,
            None => Vec::new(),
        };
        let here = |i: &Incident| i.channel.as_ref() == Some(channel) && span.is_some_and(|s| s.contains(i.opened_at));
        let incidents = incidents.into_iter().filter(here).collect();
        Ok(AiringReport {
            subject,
            channel: channel.clone(),
            channel_title: configured.channel.title.clone(),
            zone,
            rate: configured.channel.house.rate,
            made_at: self.now(),
            days,
            totals,
            orals,
            incidents,
            evidence: self.store.read(|r| r.as_run_head(channel))?,
            conclusion,
        })
    }
}

impl Desk {
    /// What aired on oral approvals in a span: of one request, or of all.
    fn orals_aired(&self, channel: &ChannelId, span: Span, of: &Subject) -> Result<Vec<OralAired>, ReportError> {
        let now = self.now();
        let concerns = |oral: &OralApproval| match of {
            Subject::Request(request) => oral.case == request.case,
            Subject::Day(_) => true,
        };
        let orals = self.store.read(|r| r.orals_in(channel, span))?;
        let mut aired = Vec::new();
        for oral in orals.into_iter().filter(concerns) {
            let (clip, rows, filed) = self.store.read(|r| -> Result<_, StoreError> {
                let clip = r.clip_made(oral.original, oral.recipe, &oral.channel)?.map(|clip| clip.clip.sha256);
                Ok((clip, r.as_run(channel, oral.alone())?, r.submission(Scope::All, oral.submission)?))
            })?;
            let of_it = |row: &&AsRun| row.kind == AirKind::Clip && clip.is_some() && row.clip == clip;
            let began = |row: &&AsRun| oral.alone().contains(row.start) && span.contains(row.start);
            aired.push(OralAired {
                plays: rows.iter().filter(of_it).filter(began).count(),
                title: filed.map(|filed| filed.letter.title).unwrap_or_default(),
                never_confirmed: oral.never_confirmed(now),
                oral,
            });
        }
        Ok(aired)
    }
}

fn sum(items: &[Aired], rate: FrameRate) -> Totals {
    let mut totals = Totals::default();
    for aired in items {
        totals.add(aired, rate);
    }
    totals
}
