//! What the judge is told: read anew from rows and disk, by code that the planner does not use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::TimeDelta;

use crate::config::ChannelConfig;
use crate::domain::asset::FillClip;
use crate::domain::channel::Channel;
use crate::domain::ids::{Sha256, SubmissionId};
use crate::domain::interruption::{Happening, Interruption};
use crate::domain::playlist::{Playlist, Source};
use crate::domain::submission::Submission;
use crate::domain::time::{BroadcastDate, Instant, Span, Zone};
use crate::engine::fixed_times;
use crate::engine::plan_check::{Evidence, FileState, FixedTime, Grant};
use crate::files::{fill_index, whole};
use crate::store::{ModeRow, OnOral, Reader, StoreError, Titled};

use super::PlanError;
use super::interrupt::Change;
use crate::desk::Desk;

/// How closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileCheck {
    /// Every byte.
    Hash,
    /// That they are there.
    Exists,
}

/// Gathers what a revision is judged against, by the rules as they were `as_of` its publication, with a change that is
/// only looked at. `explained` are the
/// requests whose missing plays have a reason.
pub fn gather(
    desk: &Desk,
    configured: &ChannelConfig,
    playlist: &Playlist,
    explained: BTreeSet<SubmissionId>,
    check: FileCheck,
    (as_of, change): (Instant, Option<&Change>),
) -> Result<Evidence, PlanError> {
    let (channel, date) = (&configured.channel, playlist.head().date);
    let (rules, modes, requests, interruptions) = desk.store.read(|r| -> Result<_, StoreError> {
        let saved = r.planning_rules(&channel.id, as_of)?.map(|saved| saved.rules);
        Ok((
            saved.unwrap_or_else(|| desk.configured_rules(configured)),
            r.day_modes(&channel.id)?,
            r.request_rules(as_of)?,
            r.interruptions(&channel.id, date, date)?,
        ))
    })?;
    let modes: Vec<ModeRow> = modes.into_iter().filter(|mode| mode.holds(date, as_of)).collect();
    let nothing = Change::default();
    let change = change.unwrap_or(&nothing);
    let happens = change.in_force(&interruptions, as_of);
    let mut grants = BTreeMap::new();
    for Titled { row: asset, submission, revoked_at, oral } in desk.store.read(|r| known(r, channel, playlist))? {
        let letter = &submission.letter;
        let own = requests.get(&asset.case).cloned().unwrap_or_default();
        let airing_days = (0..=(date.0 - letter.first_day.0).num_days())
            .filter_map(|day| Some(BroadcastDate(letter.first_day.0.checked_add_signed(TimeDelta::days(day))?)))
            .filter(|day| own.days.hold(*day));
        let asked = oral.is_none()
            && letter.first_day <= date
            && date <= letter.last_day
            && own.days.hold(date)
            && airing_days.count() <= letter.days as usize
            && !modes.iter().any(|mode| mode.period.mode.suspends(&own.tags));
        let urgent: Vec<&Interruption> = happens.iter().filter(|i| i.adds(submission.id).is_some()).collect();
        let mut windows = hours_of(&submission, date, channel.zone);
        if !windows.is_empty() {
            windows.extend(urgent.iter().map(|i| i.span));
        }
        let separation_s = own.separation_s.unwrap_or(rules.separation_s);
        let closest_s = urgent.iter().filter_map(|i| i.urgent_separation_s()).fold(separation_s, u32::min);
        let more: u32 = urgent.iter().filter_map(|i| i.adds(submission.id)).sum();
        let grant = Grant {
            title: asset.asset.title.clone(),
            office: asset.asset.owner,
            channel: asset.channel.clone(),
            sha256: asset.asset.clip.sha256,
            frames: asset.asset.clip.frames,
            valid: asset.asset.validity,
            revoked_at,
            oral: oral == Some(OnOral::Waits),
            windows,
            barred: happens.iter().filter_map(|i| i.bars(submission.id)).collect(),
            wanted: more + if asked { letter.plays_per_day } else { 0 },
            minimum: 0,
            separation: TimeDelta::seconds(i64::from(closest_s)),
            tags: own.tags,
        };
        grants.insert(submission.id, grant);
    }
    let fixed = rules.fixed.iter().filter_map(|f| {
        let start = fixed_times::starts(f, channel.zone, configured.place, date)?;
        let span = Span::new(start, start + TimeDelta::seconds(i64::from(f.seconds)))?;
        // A clip whose approval is not in force does not air; its time stays free.
        let approved = |h: &Sha256| {
            grants.values().any(|g| g.sha256 == *h && g.revoked_at.is_none() && !g.oral && g.valid.contains(start))
        };
        let begun = playlist.items().first().is_some_and(|i| i.start <= start);
        let clear = !happens.iter().filter_map(Interruption::clears).any(|(cleared, _)| cleared.overlaps(span));
        let sha256 = f.sha256.filter(approved).filter(|_| begun && clear);
        Some(FixedTime { span, title: f.title.clone(), sha256, live: None })
    });
    let cleared = happens.iter().filter_map(|i| {
        let (span, title) = i.clears()?;
        let live = match &i.what {
            // A plan that begins after it, or has no whole frame of it, does not show it.
            Happening::Relay { source, .. } => source.clone().filter(|_| shows(playlist, span)),
            _ => None,
        };
        Some(FixedTime { span, title: title.to_owned(), sha256: None, live })
    });
    let fixed = fixed.chain(cleared).collect();
    let suspends = |clip: &FillClip| modes.iter().any(|mode| clip.is_suspended(mode.period.mode));
    let fill = fill_index::read(desk.home())?.into_iter().filter(|clip| !suspends(clip));
    Ok(Evidence {
        hours: Some(channel.open_span(date)),
        fixed,
        grants,
        fill: fill.map(|f| (f.sha256, f.duration_frames)).collect(),
        files: files(desk.home(), playlist, check)?,
        office_gap: TimeDelta::seconds(i64::from(rules.office_gap_s)),
        category_gaps: rules.category_gaps_s.iter().map(|(tag, s)| (*tag, TimeDelta::seconds(i64::from(*s)))).collect(),
        touched: change.touched(&interruptions, as_of),
        explained,
    })
}

/// Every title of the channel, and what the playlist names of other channels.
fn known(r: &Reader<'_>, channel: &Channel, playlist: &Playlist) -> Result<Vec<Titled>, StoreError> {
    let mut known = r.titled(&channel.id)?;
    let mut asked: BTreeSet<SubmissionId> = known.iter().map(|t| t.submission.id).collect();
    for submission in playlist.items().iter().filter_map(|i| i.submission.as_deref()?.parse().ok()) {
        if asked.insert(submission) {
            known.extend(r.title_of(submission)?);
        }
    }
    Ok(known)
}

/// Whether a playlist reaches into a span.
fn shows(playlist: &Playlist, span: Span) -> bool {
    playlist.items().first().is_some_and(|item| item.start < span.end())
}

fn hours_of(submission: &Submission, date: BroadcastDate, zone: Zone) -> Vec<Span> {
    let Some((from, to)) = submission.letter.preferred_hours else { return Vec::new() };
    let (from, to) = (zone.resolve(date, from), zone.resolve(date, to));
    match Span::new(from, to) {
        Some(span) => vec![span],
        None => {
            let day = zone.day(date);
            [Span::new(day.start(), to), Span::new(from, day.end())].into_iter().flatten().collect()
        }
    }
}

/// Looks at every file that the playlist names.
fn files(home: &Path, playlist: &Playlist, check: FileCheck) -> Result<BTreeMap<Sha256, FileState>, PlanError> {
    let mut states = BTreeMap::new();
    for item in playlist.items() {
        let (Some(hash), Source::File(below)) = (item.sha256, &item.source) else { continue };
        if states.contains_key(&hash) {
            continue;
        }
        let path = home.join(below);
        let found = match check {
            FileCheck::Hash => whole::sha256_of(&path),
            FileCheck::Exists => std::fs::metadata(&path).map(|_| hash),
        };
        let state = match found {
            Ok(found) if found == hash => FileState::Sound,
            Ok(found) => FileState::Altered(found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => FileState::Missing,
            Err(source) => return Err(PlanError::Io { path, source }),
        };
        states.insert(hash, state);
    }
    Ok(states)
}
