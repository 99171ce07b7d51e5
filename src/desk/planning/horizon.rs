//! Days that publish themselves: the scheduling team approves a horizon of days, and the head-end publishes each some hours
//! before it begins, also when nobody is at work: planned at that moment from what may air then, judged like any.
//!
//! What somebody changes by hand is published if it was marked as ready and judges clean. Other open work stays where
//! it is: the day is published without it, and its owner is told. A day that can't be published is an incident.

use chrono::{NaiveDate, TimeDelta};

use super::{Desk, PlanError, Published, WhenEmpty};
use crate::desk::Refusal;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::channel::Channel;
use crate::domain::draft::Draft;
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::incident::{IncidentKind, Level};
use crate::domain::office_hours::OfficeHours;
use crate::domain::people::Role;
use crate::domain::text::{Lang, Text, date_in_words};
use crate::domain::time::{BroadcastDate, Instant};
use crate::files::playlist_file;
use crate::store::{Addressee, Announcement, DraftLook, HorizonRow, NewIncident, Opened, StoreError};

/// Most days that are approved at once: those of the calendar.
pub const MOST_DAYS: i64 = 31;
/// Days ahead in which the next days off are looked for: no stretch of working days is longer.
const LOOK_AHEAD: usize = 14;
/// How the incident of a day that did not publish itself begins; the day follows.
const KEY: &str = "horizon ";

/// A channel's horizon as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HorizonLook {
    /// What was approved, until when and by whom.
    pub row: HorizonRow,
    /// Its days from today on.
    pub days: Vec<HorizonDay>,
    /// The first of the coming days off, or of the working day after them, that nothing covers.
    pub uncovered: Option<BroadcastDate>,
}

/// A day of a horizon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HorizonDay {
    /// The day.
    pub date: BroadcastDate,
    /// When it publishes itself.
    pub due: Instant,
    /// The revision that stands.
    pub revision: Option<u32>,
    /// Who changes it by hand, at which version, and whether that is marked as ready.
    pub draft: Option<(DraftLook, u32, bool)>,
    /// That it did not publish itself, and what to do.
    pub trouble: Option<Text>,
}

impl Desk {
    /// Approves that the days from `first` to `last` publish themselves, in the place of what was approved before.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler, and for days that can't be.
    pub fn approve_horizon(
        &self,
        by: PersonId,
        channel: &ChannelId,
        first: BroadcastDate,
        last: BroadcastDate,
    ) -> Result<i64, PlanError> {
        self.only_scheduler(by)?;
        let zone = self.planned_channel(channel)?.channel.zone;
        let now = self.now();
        let first = first.max(zone.date_of(now));
        if first > last || (last.0 - first.0).num_days() >= MOST_DAYS {
            return Err(PlanError::Desk(Refusal::Horizon.into()));
        }
        let of = channel.clone();
        Ok(self.store.write(move |tx| -> Result<i64, StoreError> {
            let id = tx.approve_horizon(&of, (first, last), by, now)?;
            let event = AuditEvent::new(AuditKind::HorizonApproved).by(by).number("horizon", id);
            tx.audit(&event.word("channel", &of).word("first", first).word("last", last), now)?;
            Ok(id)
        })?)
    }

    /// Lets a horizon end sooner. `None` withdraws it: nothing publishes itself any more. What is published stays.
    ///
    /// # Errors
    /// Refused to whoever is no scheduler, and if it has ended or would not become shorter.
    pub fn end_horizon(
        &self,
        by: PersonId,
        channel: &ChannelId,
        id: i64,
        last: Option<BroadcastDate>,
    ) -> Result<(), PlanError> {
        self.only_scheduler(by)?;
        let (now, of) = (self.now(), channel.clone());
        let done = self.store.write(move |tx| -> Result<bool, StoreError> {
            let (done, kind) = match last {
                Some(last) => (tx.shorten_horizon(&of, id, last)?, AuditKind::HorizonShortened),
                None => (tx.withdraw_horizon(&of, id, by, now)?, AuditKind::HorizonWithdrawn),
            };
            if done {
                let mut event = AuditEvent::new(kind).by(by).number("horizon", id).word("channel", &of);
                if let Some(last) = last {
                    event = event.word("last", last);
                }
                tx.audit(&event, now)?;
            }
            Ok(done)
        })?;
        if done { Ok(()) } else { Err(PlanError::Desk(Refusal::Horizon.into())) }
    }

    /// Marks changes by hand as ready to be published without anybody at work, or takes the mark back: whoever changed
    /// them last may.
    ///
    /// # Errors
    /// Refused to everybody else; [`PlanError::ChangedSince`] if they were changed meanwhile.
    pub fn mark_ready(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        version: u32,
        ready: bool,
    ) -> Result<(), PlanError> {
        self.only_scheduler(by)?;
        let draft = self.store.read(|r| r.draft(channel, date))?;
        let Some(draft) = draft.filter(|d| d.version == version && d.changed.0 == by) else {
            return Err(PlanError::ChangedSince { date });
        };
        let marked = self.store.write(move |tx| tx.mark_draft(draft.id, version, ready))?;
        if marked { Ok(()) } else { Err(PlanError::ChangedSince { date }) }
    }

    /// A channel's horizon with its days; `None` where there is none.
    ///
    /// # Errors
    /// When there is no such channel, or database or disk would not.
    pub fn horizon(&self, channel: &ChannelId) -> Result<Option<HorizonLook>, PlanError> {
        let configured = self.planned_channel(channel)?;
        let Some(row) = self.store.read(|r| r.horizon(channel))? else { return Ok(None) };
        let today = configured.channel.zone.date_of(self.now());
        let first = row.first.max(today);
        let (drafts, ready, open) = self.store.read(|r| -> Result<_, StoreError> {
            Ok((r.drafts(channel, first, row.last)?, r.ready_drafts(channel, first, row.last)?, r.open_incidents()?))
        })?;
        let mut days = Vec::new();
        for date in first.through(row.last) {
            let trouble = open.iter().find(|i| i.channel.as_ref() == Some(channel) && i.key == key(date));
            let draft = match drafts.get(&date) {
                Some(look) => self.store.read(|r| r.draft(channel, date))?.map(|d| (look.clone(), d.version)),
                None => None,
            };
            days.push(HorizonDay {
                date,
                due: self.due(&configured.channel, date),
                revision: self.newest(channel, date)?,
                draft: draft.map(|(look, version)| (look, version, ready.contains(&date))),
                trouble: trouble.map(|incident| incident.text.clone()),
            });
        }
        let uncovered = self.uncovered(&configured.channel, &row)?.map(|(_, date)| date);
        Ok(Some(HorizonLook { uncovered, days, row }))
    }

    /// Publishes every approved day whose hour has come and that nobody has published; opens an incident for one that
    /// can't be, and closes those that are settled. Returns the days that were published.
    ///
    /// # Errors
    /// When database or disk would not. A day that can't be published stops no other.
    pub fn publish_horizons(&self) -> Result<Vec<(ChannelId, BroadcastDate)>, PlanError> {
        // On a clock that nobody trusts no day begins.
        if !self.clock.read().synchronised {
            return Ok(Vec::new());
        }
        let mut published = Vec::new();
        for (id, configured) in &self.config.channels {
            let (channel, now) = (&configured.channel, self.now());
            if let Some(row) = self.store.read(|r| r.horizon(id))? {
                let due =
                    |date: &BroadcastDate| self.due(channel, *date) <= now && now < channel.open_span(*date).end();
                for date in row.first.max(channel.zone.date_of(now)).through(row.last).filter(due) {
                    if self.newest(id, date)?.is_none() && self.publishes_itself(channel, &row, date)? {
                        published.push((id.clone(), date));
                    }
                }
                self.warn(channel, &row)?;
            }
            self.settle_horizon(channel)?;
        }
        Ok(published)
    }

    /// When a day publishes itself.
    fn due(&self, channel: &Channel, date: BroadcastDate) -> Instant {
        channel.open_span(date).start() - TimeDelta::hours(i64::from(self.config.planning.publish_ahead_h))
    }

    /// The newest revision of a day: its file is the truth.
    fn newest(&self, channel: &ChannelId, date: BroadcastDate) -> Result<Option<u32>, PlanError> {
        let path = playlist_file::folder(self.home(), channel);
        let files = playlist_file::revisions(self.home(), channel, date);
        Ok(files.map_err(|source| PlanError::Io { path, source })?.last().copied())
    }

    fn publishes_itself(&self, channel: &Channel, row: &HorizonRow, date: BroadcastDate) -> Result<bool, PlanError> {
        let id = &channel.id;
        let (draft, ready) = self.store.read(|r| -> Result<_, StoreError> {
            Ok((r.draft(id, date)?, !r.ready_drafts(id, date, date)?.is_empty()))
        })?;
        let mut left_out = draft.as_ref().filter(|_| !ready).map(|draft| (draft.clone(), unmarked()));
        let mut done = self.publish_unseen(id, date, draft.as_ref().filter(|_| ready));
        if let (Err(error), Some(draft), true) = (&done, &draft, ready)
            && let Some((_, why)) = error.refusal()
        {
            left_out = Some((draft.clone(), why));
            done = self.publish_unseen(id, date, None);
        }
        match done {
            Ok(published) => {
                self.note_publication(id, row, date, &published, left_out)?;
                self.move_scheduled_cases(row.by, &published.proposal)?;
                Ok(true)
            }
            // The hours ended while it was planned, or somebody was faster.
            Err(PlanError::Over { .. } | PlanError::Unchanged { .. }) => Ok(false),
            Err(error) => {
                tracing::warn!(%error, channel = %id, %date, "a day did not publish itself");
                self.note_trouble(channel, date, &error)?;
                Ok(false)
            }
        }
    }

    /// Publishes a day that nobody looks at. One for which nobody asked airs its fixed events and fill; one that is
    /// empty because requests wait is a person's to decide.
    fn publish_unseen(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        draft: Option<&Draft>,
    ) -> Result<Published, PlanError> {
        let nobody_asked = self.waiting_for(channel, date)?.is_empty();
        let when_empty = if nobody_asked { WhenEmpty::Publish } else { WhenEmpty::Refuse };
        self.publish_draft(None, channel, date, when_empty, draft)
    }

    fn note_publication(
        &self,
        channel: &ChannelId,
        row: &HorizonRow,
        date: BroadcastDate,
        published: &Published,
        left_out: Option<(Draft, Text)>,
    ) -> Result<(), PlanError> {
        let (now, horizon) = (self.now(), row.id);
        let revision = published.proposal.playlist.head().revision;
        let event = AuditEvent::new(AuditKind::HorizonPublished)
            .word("channel", channel)
            .word("date", date)
            .number("revision", i64::from(revision))
            .number("horizon", horizon);
        let told = left_out.map(|(draft, why)| Announcement {
            to: Addressee::Person(draft.changed.0),
            case: None,
            subject: about(channel, date, ("terbit tanpa perubahan Anda", "was published without your changes")),
            body: Text::new(
                format!("{} Perubahan Anda masih tersimpan; lanjutkan dari halaman hari itu.", why.id),
                format!("{} Your changes are kept; go on with them on the day's page.", why.en),
            ),
        });
        self.store.write(move |tx| -> Result<(), StoreError> {
            if let Some(told) = &told {
                tx.announce(told, now)?;
            }
            tx.audit(&event, now)
        })?;
        Ok(())
    }

    fn note_trouble(&self, channel: &Channel, date: BroadcastDate, error: &PlanError) -> Result<(), PlanError> {
        let why = error.refusal().map_or_else(broken, |(_, why)| why);
        let day = |lang| date_in_words(date, lang);
        let text = Text::new(
            format!(
                "Jadwal {} belum terbit sendiri: {} Bila dibiarkan, stok video yang tayang. Buka hari itu di Penjadwalan, \
                 perbaiki, lalu umumkan.",
                day(Lang::Id),
                why.id
            ),
            format!(
                "The playlist of {} did not publish itself: {} If nothing is done the evergreen clips air. Open the day in \
                 Planning, mend it, then publish it.",
                day(Lang::En),
                why.en
            ),
        );
        // One day is one incident: who closes it is not told again.
        let (now, since, of) = (self.now(), self.due(channel, date), channel.id.clone());
        let incident = NewIncident {
            channel: Some(of.clone()),
            key: key(date),
            kind: IncidentKind::NoPlan,
            level: Level::Warning,
            text: text.clone(),
        };
        self.store.write(move |tx| -> Result<(), StoreError> {
            let Opened::New(_) = tx.open_incident(&incident, since)? else { return Ok(()) };
            for role in [Role::Scheduler, Role::Operator] {
                let subject = about(&of, date, ("belum terbit", "is not published"));
                tx.announce(&Announcement { to: Addressee::Role(role), case: None, subject, body: text.clone() }, now)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Closes what was said of days that are published by now, or over.
    fn settle_horizon(&self, channel: &Channel) -> Result<(), PlanError> {
        let now = self.now();
        for incident in self.store.read(|r| r.open_incidents())? {
            let date = incident.key.strip_prefix(KEY).and_then(|date| date.parse().ok());
            let Some(date) = date.filter(|_| incident.channel.as_ref() == Some(&channel.id)) else { continue };
            if channel.open_span(date).end() <= now || self.newest(&channel.id, date)?.is_some() {
                let of = channel.id.clone();
                self.store.write(move |tx| tx.recover_incident(Some(&of), &incident.key, now))?;
            }
        }
        Ok(())
    }

    /// Tells the scheduling team on the day before, and during them, that days off are not covered: once for each.
    fn warn(&self, channel: &Channel, row: &HorizonRow) -> Result<(), PlanError> {
        let now = self.now();
        let today = channel.zone.date_of(now);
        let Some((begins, date)) = self.uncovered(channel, row)? else { return Ok(()) };
        if (begins.0 - today.0).num_days() > 1 {
            return Ok(());
        }
        let day = |lang| date_in_words(date, lang);
        let last = |lang| date_in_words(row.last, lang);
        let told = Announcement {
            to: Addressee::Role(Role::Scheduler),
            case: None,
            subject: about(&channel.id, date, ("belum tercakup", "is not covered")),
            body: Text::new(
                format!(
                    "Penerbitan otomatis berakhir {}, dan {} belum diumumkan. Setujui hari berikutnya sebelum libur.",
                    last(Lang::Id),
                    day(Lang::Id)
                ),
                format!(
                    "Days publish themselves until {}, and {} is not published. Approve the days after before the days off.",
                    last(Lang::En),
                    day(Lang::En)
                ),
            ),
        };
        let id = row.id;
        self.store.write(move |tx| -> Result<(), StoreError> {
            if tx.warn_of_horizon(id, date)? { tx.announce(&told, now) } else { Ok(()) }
        })?;
        Ok(())
    }

    /// The next days off and the working day after them, which begins before anybody is there: when they begin, and the
    /// first of them that is neither published nor approved.
    fn uncovered(
        &self,
        channel: &Channel,
        row: &HorizonRow,
    ) -> Result<Option<(BroadcastDate, BroadcastDate)>, PlanError> {
        let deadlines = self.deadlines()?;
        let days = next_days_off(deadlines.office(), channel.zone.date_of(self.now()).0);
        let Some(begins) = days.first().copied() else { return Ok(None) };
        for date in days {
            if !row.holds(BroadcastDate(date)) && self.newest(&channel.id, BroadcastDate(date))?.is_none() {
                return Ok(Some((BroadcastDate(begins), BroadcastDate(date))));
            }
        }
        Ok(None)
    }
}

/// The first days off from `today` on, and the working day after them.
fn next_days_off(office: &OfficeHours, today: NaiveDate) -> Vec<NaiveDate> {
    let off = today.iter_days().take(LOOK_AHEAD).skip_while(|day| office.works_on(*day));
    let mut days: Vec<NaiveDate> = off.take_while(|day| !office.works_on(*day)).collect();
    days.extend(days.last().and_then(NaiveDate::succ_opt));
    days
}

fn key(date: BroadcastDate) -> String {
    format!("{KEY}{date}")
}

fn unmarked() -> Text {
    Text::new("Perubahan itu belum ditandai siap.", "They were not marked as ready.")
}

fn broken() -> Text {
    Text::new(
        "ada gangguan pada mesin ini; administrator melihatnya dengan siaran check.",
        "this machine is in trouble; the administrator sees it with siaran check.",
    )
}

fn about(channel: &ChannelId, date: BroadcastDate, (id, en): (&str, &str)) -> Text {
    Text::new(
        format!("Jadwal {channel} {} {id}", date_in_words(date, Lang::Id)),
        format!("Playlist {channel} {} {en}", date_in_words(date, Lang::En)),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::office_hours::Hours;

    #[test]
    fn days_off_are_weekends_and_holidays_with_the_morning_after_them() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let open = Hours::new(vec![(450, 960)]).unwrap();
        let week = std::array::from_fn(|n| if n < 5 { open.clone() } else { Hours::default() });
        let closed = BTreeMap::from([(day("2026-12-25"), String::new()), (day("2026-12-28"), String::new())]);
        let office = OfficeHours { zone: "Asia/Jakarta".parse().unwrap(), week, others: Vec::new(), closed };
        let named = |from| next_days_off(&office, day(from)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(named("2026-11-25"), ["2026-11-28", "2026-11-29", "2026-11-30"]);
        assert_eq!(named("2026-11-29"), ["2026-11-29", "2026-11-30"]);
        // Christmas on a Friday, and a holiday on the Monday after.
        assert_eq!(named("2026-12-23"), ["2026-12-25", "2026-12-26", "2026-12-27", "2026-12-28", "2026-12-29"]);
    }
}
