//! The independent judge of a plan: reads a playlist as it would be published beside what was asked, approved and is on
//! disk, and names every rule that it breaks. It shares no code with `engine::planner`, works on instants where the
//! planner works on steps, and is asked before every publication and again by `siaran check`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::domain::ids::{ChannelId, ItemId, OpdId, Sha256, SubmissionId};
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem, RunMode, Source};
use crate::domain::rules::ContentTag;
use crate::domain::text::Text;
use crate::domain::time::{Instant, Span, Zone};

/// What a playlist is judged against. Nothing in it comes from a planner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// When the channel is open on that day; `None` if it is closed.
    pub hours: Option<Span>,
    /// What starts at exact times.
    pub fixed: Vec<FixedTime>,
    /// What the offices were granted, by request.
    pub grants: BTreeMap<SubmissionId, Grant>,
    /// Evergreen clips in force, with their length in frames.
    pub fill: BTreeMap<Sha256, u64>,
    /// What was found of each clip's file.
    pub files: BTreeMap<Sha256, FileState>,
    /// Least pause between two plays of one office, end to start.
    pub office_gap: TimeDelta,
    /// Least pause between two plays that show the same, end to start.
    pub category_gaps: BTreeMap<ContentTag, TimeDelta>,
    /// What was ordered for parts of this day, whether it still holds or was ended: when, and of which request; `None`:
    /// of all. There an announced play may change however near it is.
    pub touched: Vec<(Span, Option<SubmissionId>)>,
    /// Requests whose missing plays have a recorded reason.
    pub explained: BTreeSet<SubmissionId>,
}

impl Evidence {
    /// Whether an approved request has this clip, whatever its period.
    pub fn knows(&self, clip: Sha256) -> bool {
        self.fill.contains_key(&clip) || self.grants.values().any(|g| g.sha256 == clip)
    }
}

/// A fixed event of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedTime {
    /// When.
    pub span: Span,
    /// For people.
    pub title: String,
    /// The clip that airs; `None`: the time is kept free of offices' clips and nothing more.
    pub sha256: Option<Sha256>,
    /// The address of the relay that airs.
    pub live: Option<String>,
}

/// What one approved request may air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For people.
    pub title: String,
    /// Whose it is.
    pub office: OpdId,
    /// Where it may air.
    pub channel: ChannelId,
    /// The approved bytes.
    pub sha256: Sha256,
    /// Their length.
    pub frames: u64,
    /// The approved period.
    pub valid: Span,
    /// When the approval was withdrawn, if it was.
    pub revoked_at: Option<Instant>,
    /// Whether the approval is the head's oral word, which waits for its paper: `valid` ends where that does.
    pub oral: bool,
    /// Where plays may lie, this day; empty: anywhere in the hours.
    pub windows: Vec<Span>,
    /// When it was withdrawn, this day.
    pub barred: Vec<Span>,
    /// Plays asked for, this day.
    pub wanted: u32,
    /// Plays below which a reason must be recorded.
    pub minimum: u32,
    /// Least distance of two starts.
    pub separation: TimeDelta,
    /// What it shows.
    pub tags: BTreeSet<ContentTag>,
}

/// What is on disk under a clip's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// The bytes have their hash.
    Sound,
    /// No file.
    Missing,
    /// Other bytes.
    Altered(Sha256),
}

/// A broken rule, with the item that breaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The item; `None` where the whole day is meant.
    pub item: Option<ItemId>,
    /// Its title, or the request's.
    pub title: String,
    /// When it would air.
    pub at: Option<Instant>,
    /// What is wrong.
    pub fault: Fault,
}

/// Ways in which a plan can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is explained by the sentence that `Finding::text` makes of it")]
pub enum Fault {
    OutsideHours,
    Overlap { other: ItemId },
    OverFixed { event: String },
    FixedMissing { event: String },
    OutsideWindow,
    Barred,
    NoRelay,
    TooClose { other: ItemId, apart_s: i64, wanted_s: i64 },
    OfficeTooClose { other: ItemId, pause_s: i64, wanted_s: i64 },
    CategoryTooClose { category: ContentTag, other: ItemId, pause_s: i64, wanted_s: i64 },
    TooOften { plays: u32, wanted: u32 },
    TooFew { plays: u32, minimum: u32 },
    NoRequest,
    NotFill,
    WrongClip,
    WrongLength { frames: u64, approved: u64 },
    OtherChannel { approved: ChannelId },
    OutsidePeriod,
    OutsideOral { valid: Span },
    Revoked,
    FileMissing,
    FileAltered { found: Sha256 },
    WrongPath { source: String },
    SecondsDontAddUp { hours_ms: i64, counted_ms: i64 },
    FrozenChanged,
}

impl Fault {
    /// Whether a rule of the rotation is broken, which may have been another one when the play was announced.
    pub fn is_of_rules(&self) -> bool {
        matches!(
            self,
            Fault::OverFixed { .. }
                | Fault::FixedMissing { .. }
                | Fault::OutsideWindow
                | Fault::Barred
                | Fault::NoRelay
                | Fault::TooClose { .. }
                | Fault::OfficeTooClose { .. }
                | Fault::CategoryTooClose { .. }
                | Fault::TooOften { .. }
                | Fault::TooFew { .. }
        )
    }
}

/// Judges a whole revision. An empty list means that it may air.
pub fn judge(playlist: &Playlist, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in playlist.items() {
        judge_item(playlist, item, evidence, &mut findings);
    }
    judge_neighbours(playlist, &mut findings);
    judge_requests(playlist, evidence, &mut findings);
    judge_offices(playlist, evidence, &mut findings);
    judge_categories(playlist, evidence, &mut findings);
    judge_fixed(playlist, evidence, &mut findings);
    judge_sum(playlist, evidence, &mut findings);
    findings
}

/// Judges that a revision leaves what was announced before `frozen_until` as it was. Plays of a withdrawn clip may go.
/// What was ordered for a part of the day, `touched`, may change it; a relay is judged by its order, not here.
pub fn judge_revision(
    before: &Playlist,
    after: &Playlist,
    frozen_until: Instant,
    touched: &[(Span, Option<SubmissionId>)],
) -> Vec<Finding> {
    let ordered = |item: &PlaylistItem| {
        let of = |about: &Option<SubmissionId>| about.is_none() || *about == request(item);
        touched.iter().any(|(when, about)| of(about) && when.overlaps(span(before, item)))
    };
    let kept = |item: &PlaylistItem| {
        item.start < frozen_until && !matches!(item.kind, ItemKind::Fill | ItemKind::Live) && !ordered(item)
    };
    let withdrawn = |item: &PlaylistItem| item.sha256.is_some_and(|h| after.head().withdrawn.contains(&h));
    let changed = |of: &PlaylistItem, other: &Playlist| !other.items().contains(of);
    let lost = before.items().iter().filter(|i| kept(i) && !withdrawn(i) && changed(i, after));
    let new = after.items().iter().filter(|i| kept(i) && changed(i, before));
    lost.chain(new).map(|item| finding(item, Fault::FrozenChanged)).collect()
}

fn finding(item: &PlaylistItem, fault: Fault) -> Finding {
    Finding { item: Some(item.id.clone()), title: item.title.clone(), at: Some(item.start), fault }
}

fn span(playlist: &Playlist, item: &PlaylistItem) -> Span {
    item.span(playlist.head().rate)
}

fn inside(outer: Span, inner: Span) -> bool {
    outer.start() <= inner.start() && inner.end() <= outer.end()
}

/// The request that an item names, as files write it.
fn request(item: &PlaylistItem) -> Option<SubmissionId> {
    item.submission.as_deref().and_then(|s| s.parse().ok())
}

fn judge_item(playlist: &Playlist, item: &PlaylistItem, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let mut found = |fault| findings.push(finding(item, fault));
    let on_air = span(playlist, item);
    if !evidence.hours.is_some_and(|hours| inside(hours, on_air)) {
        found(Fault::OutsideHours);
    }
    if let Some(hash) = item.sha256 {
        let path = |folder: &str| Source::File(format!("media/{folder}/{hash}.mp4"));
        if item.source != path("house") && !(item.kind == ItemKind::Fill && item.source == path("fill")) {
            found(Fault::WrongPath { source: item.source.to_string() });
        }
        match evidence.files.get(&hash) {
            Some(FileState::Sound) => {}
            Some(FileState::Altered(other)) => found(Fault::FileAltered { found: *other }),
            Some(FileState::Missing) | None => found(Fault::FileMissing),
        }
    }
    match item.kind {
        ItemKind::Clip => judge_clip(playlist, item, on_air, evidence, &mut found),
        ItemKind::Fill => match item.sha256.and_then(|h| evidence.fill.get(&h)) {
            None => found(Fault::NotFill),
            Some(&frames) if item.in_frames.saturating_add(item.duration_frames) > frames => {
                found(Fault::WrongLength { frames: item.in_frames + item.duration_frames, approved: frames });
            }
            Some(_) => {}
        },
        ItemKind::Live if !evidence.fixed.iter().any(|f| is_relay(f, item, on_air)) => found(Fault::NoRelay),
        ItemKind::Live | ItemKind::Slate => {}
    }
}

/// Whether an item is the relay that was ordered, inside its time.
fn is_relay(event: &FixedTime, item: &PlaylistItem, on_air: Span) -> bool {
    let address = |live: &String| item.source == Source::Live(live.clone());
    item.kind == ItemKind::Live && event.live.as_ref().is_some_and(address) && inside(event.span, on_air)
}

fn judge_clip(
    playlist: &Playlist,
    item: &PlaylistItem,
    on_air: Span,
    evidence: &Evidence,
    found: &mut impl FnMut(Fault),
) {
    let Some(grant) = request(item).and_then(|s| evidence.grants.get(&s)) else {
        found(Fault::NoRequest);
        return;
    };
    if item.sha256 != Some(grant.sha256) {
        found(Fault::WrongClip);
    }
    if item.in_frames != 0 || item.duration_frames != grant.frames {
        found(Fault::WrongLength { frames: item.duration_frames, approved: grant.frames });
    }
    if grant.channel != playlist.head().channel {
        found(Fault::OtherChannel { approved: grant.channel.clone() });
    }
    if !inside(grant.valid, on_air) {
        found(if grant.oral { Fault::OutsideOral { valid: grant.valid } } else { Fault::OutsidePeriod });
    }
    if grant.revoked_at.is_some_and(|revoked| revoked <= item.start) {
        found(Fault::Revoked);
    }
    if grant.barred.iter().any(|barred| barred.overlaps(on_air)) {
        found(Fault::Barred);
    }
    let fixed = evidence.fixed.iter().any(|f| f.sha256 == item.sha256 && f.span.start() == item.start);
    if !fixed && !grant.windows.is_empty() && !grant.windows.iter().any(|w| inside(*w, on_air)) {
        found(Fault::OutsideWindow);
    }
}

fn judge_neighbours(playlist: &Playlist, findings: &mut Vec<Finding>) {
    let mut latest: Option<&PlaylistItem> = None;
    for item in playlist.items() {
        if let Some(before) = latest.filter(|b| span(playlist, b).end() > item.start) {
            findings.push(finding(item, Fault::Overlap { other: before.id.clone() }));
        }
        if latest.is_none_or(|b| span(playlist, b).end() < span(playlist, item).end()) {
            latest = Some(item);
        }
    }
}

/// How often, and how close to itself.
fn judge_requests(playlist: &Playlist, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let mut plays: BTreeMap<SubmissionId, Vec<&PlaylistItem>> = BTreeMap::new();
    for item in playlist.items().iter().filter(|i| i.kind == ItemKind::Clip && i.run != RunMode::Hard) {
        if let Some(submission) = request(item) {
            plays.entry(submission).or_default().push(item);
        }
    }
    for (submission, grant) in &evidence.grants {
        let items = plays.get(submission).map_or(&[][..], Vec::as_slice);
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let whole = |fault| Finding { item: None, title: grant.title.clone(), at: None, fault };
        if count > grant.wanted {
            findings.push(whole(Fault::TooOften { plays: count, wanted: grant.wanted }));
        }
        if count < grant.minimum && !evidence.explained.contains(submission) {
            findings.push(whole(Fault::TooFew { plays: count, minimum: grant.minimum }));
        }
        for pair in items.windows(2) {
            let apart = pair[1].start - pair[0].start;
            if apart < grant.separation {
                let fault = Fault::TooClose {
                    other: pair[0].id.clone(),
                    apart_s: apart.num_seconds(),
                    wanted_s: grant.separation.num_seconds(),
                };
                findings.push(finding(pair[1], fault));
            }
        }
    }
}

fn judge_offices(playlist: &Playlist, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let mut last: BTreeMap<OpdId, &PlaylistItem> = BTreeMap::new();
    for item in playlist.items().iter().filter(|i| i.kind == ItemKind::Clip && i.run != RunMode::Hard) {
        let Some(grant) = request(item).and_then(|s| evidence.grants.get(&s)) else { continue };
        if let Some(before) = last.insert(grant.office, item) {
            let pause = item.start - span(playlist, before).end();
            if pause < evidence.office_gap {
                let fault = Fault::OfficeTooClose {
                    other: before.id.clone(),
                    pause_s: pause.num_seconds(),
                    wanted_s: evidence.office_gap.num_seconds(),
                };
                findings.push(finding(item, fault));
            }
        }
    }
}

/// How close clips that show the same come to each other.
fn judge_categories(playlist: &Playlist, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let mut last: BTreeMap<ContentTag, &PlaylistItem> = BTreeMap::new();
    for item in playlist.items().iter().filter(|i| i.kind == ItemKind::Clip && i.run != RunMode::Hard) {
        let Some(grant) = request(item).and_then(|s| evidence.grants.get(&s)) else { continue };
        for &category in &grant.tags {
            let (Some(before), Some(wanted)) = (last.insert(category, item), evidence.category_gaps.get(&category))
            else {
                continue;
            };
            let pause = item.start - span(playlist, before).end();
            if pause < *wanted {
                let (pause_s, wanted_s) = (pause.num_seconds(), wanted.num_seconds());
                let fault = Fault::CategoryTooClose { category, other: before.id.clone(), pause_s, wanted_s };
                findings.push(finding(item, fault));
            }
        }
    }
}

/// Fixed events start on their frame, and nothing else airs over them.
fn judge_fixed(playlist: &Playlist, evidence: &Evidence, findings: &mut Vec<Finding>) {
    for event in &evidence.fixed {
        let own = |item: &PlaylistItem| {
            let clip = event.sha256.is_some() && item.sha256 == event.sha256 && item.start == event.span.start();
            clip || is_relay(event, item, span(playlist, item))
        };
        if (event.sha256.is_some() || event.live.is_some()) && !playlist.items().iter().any(own) {
            let fault = Fault::FixedMissing { event: event.title.clone() };
            findings.push(Finding { item: None, title: event.title.clone(), at: Some(event.span.start()), fault });
        }
        for item in playlist.items().iter().filter(|i| i.kind != ItemKind::Fill && !own(i)) {
            if span(playlist, item).overlaps(event.span) {
                findings.push(finding(item, Fault::OverFixed { event: event.title.clone() }));
            }
        }
    }
}

/// Plays, fill, fixed events and what nothing covers make up the hours, to the millisecond.
fn judge_sum(playlist: &Playlist, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let Some(hours) = evidence.hours else { return };
    let mut spans: Vec<Span> = playlist.items().iter().map(|i| span(playlist, i)).collect();
    let counted: TimeDelta = spans.iter().map(|s| s.length()).sum();
    spans.sort();
    let (mut at, mut idle) = (hours.start(), TimeDelta::zero());
    for s in &spans {
        if s.start() > at {
            idle += s.start() - at;
        }
        at = at.max(s.end());
    }
    idle += (hours.end() - at).max(TimeDelta::zero());
    if counted + idle != hours.length() {
        let fault = Fault::SecondsDontAddUp {
            hours_ms: hours.length().num_milliseconds(),
            counted_ms: (counted + idle).num_milliseconds(),
        };
        findings.push(Finding { item: None, title: playlist.head().date.to_string(), at: None, fault });
    }
}

impl Finding {
    /// The sentence that the scheduling team reads.
    pub fn text(&self, zone: Zone) -> Text {
        let at = self.at.map(|at| zone.local(at).format("%H:%M:%S").to_string()).unwrap_or_default();
        let what = match &self.item {
            Some(item) => format!("{} ({item}, {at})", self.title),
            None => self.title.clone(),
        };
        let words = self.fault.text_at(zone);
        Text::new(format!("{what}: {}", words.id), format!("{what}: {}", words.en))
    }
}

impl Fault {
    /// The same with times as the wall's clock shows them.
    fn text_at(&self, zone: Zone) -> Text {
        let Fault::OutsideOral { valid } = self else { return self.text() };
        let at = |at| zone.local(at).format("%Y-%m-%d %H:%M").to_string();
        let (from, to) = (at(valid.start()), at(valid.end()));
        Text::new(
            format!("persetujuan lisannya hanya berlaku {from} sampai {to}"),
            format!("its oral approval holds from {from} to {to} only"),
        )
    }

    /// What is wrong, as the end of a sentence.
    pub fn text(&self) -> Text {
        match self {
            Fault::OutsideHours => Text::new("di luar jam siaran", "outside the channel's hours"),
            Fault::Overlap { other } => Text::new(format!("bertumpuk dengan {other}"), format!("overlaps {other}")),
            Fault::OverFixed { event } => {
                Text::new(format!("menimpa acara tetap {event}"), format!("airs over the fixed event {event}"))
            }
            Fault::FixedMissing { event } => Text::new(
                format!("acara tetap {event} tidak ada pada jamnya"),
                format!("the fixed event {event} is not at its time"),
            ),
            Fault::OutsideWindow => Text::new("di luar jam yang diminta", "outside the hours that were asked for"),
            Fault::Barred => Text::new("sudah ditarik untuk hari itu", "withdrawn for that day"),
            Fault::NoRelay => Text::new("relai ini tidak pernah dipesan", "no such relay was ordered"),
            Fault::TooClose { other, apart_s, wanted_s } => Text::new(
                format!("hanya {apart_s} detik setelah {other}; jaraknya harus {wanted_s} detik"),
                format!("only {apart_s} s after {other}; {wanted_s} s are due"),
            ),
            Fault::OfficeTooClose { other, pause_s, wanted_s } => Text::new(
                format!("jeda {pause_s} detik setelah {other} dari instansi yang sama; harus {wanted_s} detik"),
                format!("{pause_s} s after {other} of the same office; {wanted_s} s are due"),
            ),
            Fault::CategoryTooClose { category, other, pause_s, wanted_s } => Text::new(
                format!(
                    "jeda {pause_s} detik setelah {other} yang juga tentang {}; harus {wanted_s} detik",
                    category.text().id
                ),
                format!("{pause_s} s after {other}, also on {}; {wanted_s} s are due", category.text().en),
            ),
            Fault::TooOften { plays, wanted } => Text::new(
                format!("{plays} tayangan, padahal diminta {wanted}"),
                format!("{plays} plays though {wanted} were asked for"),
            ),
            Fault::TooFew { plays, minimum } => Text::new(
                format!("{plays} tayangan, paling sedikit {minimum}, tanpa alasan tercatat"),
                format!("{plays} plays, at least {minimum} are due, and no reason is recorded"),
            ),
            Fault::NoRequest => {
                Text::new("tidak ada permohonan yang disetujui untuknya", "no approved request stands behind it")
            }
            Fault::NotFill => Text::new("bukan materi pengisi yang disetujui", "not approved evergreen material"),
            Fault::WrongClip => Text::new(
                "bukan klip yang disetujui untuk permohonan itu",
                "not the clip that was approved for its request",
            ),
            Fault::WrongLength { frames, approved } => Text::new(
                format!("{frames} frame, yang disetujui {approved}"),
                format!("{frames} frames, {approved} were approved"),
            ),
            Fault::OtherChannel { approved } => {
                Text::new(format!("disetujui untuk saluran {approved}"), format!("approved for the channel {approved}"))
            }
            Fault::OutsidePeriod => Text::new("di luar masa tayang yang disetujui", "outside the approved period"),
            Fault::OutsideOral { .. } => {
                Text::new("di luar masa persetujuan lisannya", "outside the time of its oral approval")
            }
            Fault::Revoked => Text::new("persetujuannya dicabut", "its approval was withdrawn"),
            Fault::FileMissing => Text::new("berkasnya tidak ada", "its file is missing"),
            Fault::FileAltered { found } => Text::new(
                format!("isi berkasnya berubah menjadi {found}"),
                format!("its file was altered: it now hashes to {found}"),
            ),
            Fault::WrongPath { source } => {
                Text::new(format!("berkas {source} bukan berkas baku"), format!("{source} is not a house file"))
            }
            Fault::SecondsDontAddUp { hours_ms, counted_ms } => Text::new(
                format!("jam siaran {hours_ms} ms, tetapi isinya {counted_ms} ms"),
                format!("the hours have {hours_ms} ms but their contents make {counted_ms} ms"),
            ),
            Fault::FrozenChanged => Text::new(
                "diubah padahal waktunya sudah dekat dan sudah diumumkan",
                "changed though it is announced and too near",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
