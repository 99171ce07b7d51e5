//! What may air on one day, from the rows: titles in force with their letters, fixed events, shares.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::ChannelConfig;
use crate::domain::asset::{AssetKind, FillClip};
use crate::domain::branding::Wears;
use crate::domain::ids::{CaseId, ItemId, OpdId, Sha256, SubmissionId};
use crate::domain::interruption::{Happening, Interruption};
use crate::domain::people::Opd;
use crate::domain::playlist::{ItemKind, Nature, Playlist, PlaylistItem, RunMode, Source};
use crate::domain::rotation::{Category, FixedEvent, OfficeShare, Rotation, RotationEntry, ShareGroup, Step, Stretch};
use crate::domain::rules::{ContentTag, DayMode, FixedRule, RequestRules, Weekdays};
use crate::domain::submission::{LetterDetails, Submission};
use crate::domain::text::{Lang, Text};
use crate::domain::time::{BroadcastDate, Span, Zone};
use crate::engine::fixed_times;
use crate::engine::planner::{DayPlan, Ordered};
use crate::engine::rundown::{Material, Placed};
use crate::files::fill_index;
use crate::store::{AssetRow, Scope, Titled};

use super::rules::{DayRules, RuleBook};
use super::{Frame, PlanError};
use crate::desk::Desk;

/// The day's clips and rules.
pub(super) struct DayMaterial {
    /// What each entry of the rotation airs.
    pub materials: Vec<Material>,
    entries: Vec<Entry>,
    /// Which entry a request's plays belong to.
    entry_of: BTreeMap<SubmissionId, usize>,
    /// Every title of the channel, in force or not, by submission.
    all: BTreeMap<SubmissionId, AssetRow>,
    /// Those that may air on an oral approval, where that is ordered.
    on_oral: BTreeSet<SubmissionId>,
    fixed: Vec<Fixed>,
    offices: BTreeMap<OpdId, Opd>,
    rules: DayRules,
    /// Evergreen material that a day mode keeps off the wall.
    suspended_fill: BTreeSet<Sha256>,
    /// What a day mode keeps off the wall; with the reason where it asks for the day.
    suspended: BTreeMap<SubmissionId, Option<(CaseId, Text)>>,
}

struct Entry {
    row: AssetRow,
    wanted: u32,
    windows: Vec<Span>,
    /// How close its plays may come where it is urgent, seconds.
    closest_s: Option<u32>,
    rules: RequestRules,
}

struct Fixed {
    span: Span,
    rule: FixedRule,
    material: Option<Material>,
}

impl DayMaterial {
    pub fn load(desk: &Desk, configured: &ChannelConfig, date: BroadcastDate) -> Result<DayMaterial, PlanError> {
        let channel = &configured.channel;
        let (titles, offices) =
            desk.store.read(|r| Ok::<_, PlanError>((r.titled(&channel.id)?, r.offices(Scope::All)?)))?;
        let rules = RuleBook::load(desk, configured, date, date)?;
        Ok(DayMaterial::of(configured, date, &titles, &offices, &rules).with_pool(&fill_index::read(desk.home())?))
    }

    /// The same, knowing what of the evergreen pool may air.
    fn with_pool(mut self, pool: &[FillClip]) -> DayMaterial {
        let suspended = pool.iter().filter(|clip| self.rules.suspending_fill(clip).is_some());
        self.suspended_fill = suspended.map(|clip| clip.sha256).collect();
        self
    }

    /// The same with these interruptions of the day instead of those in force.
    pub fn load_with(
        desk: &Desk,
        configured: &ChannelConfig,
        date: BroadcastDate,
        interruptions: &[Interruption],
    ) -> Result<DayMaterial, PlanError> {
        let channel = &configured.channel;
        let (titles, offices) =
            desk.store.read(|r| Ok::<_, PlanError>((r.titled(&channel.id)?, r.offices(Scope::All)?)))?;
        let rules = RuleBook::load(desk, configured, date, date)?.with_interruptions(date, interruptions);
        Ok(DayMaterial::of(configured, date, &titles, &offices, &rules).with_pool(&fill_index::read(desk.home())?))
    }

    /// The day's clips and rules from rows that were read before.
    pub fn of(
        configured: &ChannelConfig,
        date: BroadcastDate,
        titles: &[Titled],
        offices: &[Opd],
        rules: &RuleBook,
    ) -> DayMaterial {
        let mut day = DayMaterial {
            rules: rules.on(date),
            suspended: BTreeMap::new(),
            suspended_fill: BTreeSet::new(),
            materials: Vec::new(),
            entries: Vec::new(),
            entry_of: BTreeMap::new(),
            all: BTreeMap::new(),
            on_oral: BTreeSet::new(),
            fixed: Vec::new(),
            offices: offices.iter().map(|o| (o.id, o.clone())).collect(),
        };
        for titled in titles {
            day.add(configured, date, titled);
        }
        for rule in &day.rules.planning.fixed {
            if !day.fixed.iter().any(|f| f.rule == *rule) {
                day.fixed.extend(fixed(configured, date, rule, None));
            }
        }
        day
    }

    fn add(&mut self, configured: &ChannelConfig, date: BroadcastDate, Titled { row, submission, oral, .. }: &Titled) {
        let channel = &configured.channel;
        let in_force = !row.revoked && row.asset.validity.overlaps(channel.open_span(date));
        let rules = self.rules.of_request(row.case);
        let ordered: Vec<&Interruption> = self.rules.interruptions.iter().collect();
        let added: u32 = ordered.iter().filter_map(|i| i.adds(submission.id)).sum();
        let takes_turns = row.asset.kind == AssetKind::Spot && oral.is_none();
        let asked = if takes_turns { wanted(&submission.letter, date, rules.days) } else { 0 };
        let wanted = asked + added;
        let planned = in_force && wanted > 0;
        let spot = row.asset.kind == AssetKind::Spot || added > 0;
        if let Some(mode) = self.rules.suspending(&rules.tags).filter(|_| spot) {
            let why = (row.case, suspended(&row.asset.title, mode));
            self.suspended.insert(submission.id, planned.then_some(why));
        } else if planned {
            self.entry_of.insert(submission.id, self.materials.len());
            self.materials.push(material(row, submission));
            let asked = windows(&submission.letter, row.asset.validity, date, channel.zone);
            let windows = interrupted((asked, row.asset.validity), submission.id, &ordered);
            let urgent = ordered.iter().filter(|i| i.adds(submission.id).is_some());
            let closest_s = urgent.filter_map(|i| i.urgent_separation_s()).min();
            self.entries.push(Entry { row: row.clone(), wanted, windows, closest_s, rules });
        }
        if in_force && oral.is_some() && !self.suspended.contains_key(&submission.id) {
            self.on_oral.insert(submission.id);
        }
        let by_rule = in_force && oral.is_none();
        for rule in self.rules.planning.fixed.iter().filter(|f| by_rule && f.sha256 == Some(row.asset.clip.sha256)) {
            self.fixed.extend(fixed(configured, date, rule, Some(material(row, submission))));
        }
        self.all.insert(submission.id, row.clone());
    }

    /// The rotation of the part of the day that is planned.
    pub fn rotation(&self, frame: &Frame) -> Rotation {
        let rules = &self.rules.planning;
        let open = Stretch { start: frame.step(frame.begin), end: frame.step(frame.close) };
        let entries = self.entries.iter().map(|entry| {
            let windows = entry.windows.iter().filter_map(|w| frame.stretch(w.start(), w.end()).meet(open));
            RotationEntry {
                asset: entry.row.asset.id,
                title: entry.row.asset.title.clone(),
                office: entry.row.asset.owner,
                length: Step::try_from(entry.row.asset.clip.frames).unwrap_or(Step::MAX),
                class: entry.rules.class,
                wanted: entry.wanted,
                minimum: entry.rules.minimum.min(entry.wanted),
                windows: windows.collect(),
                separation: self.separation(frame, entry),
            }
        });
        let cleared =
            self.cleared().map(|(span, title)| FixedEvent { span: frame.touched(span), title: title.to_owned() });
        let fixed = self.fixed.iter().map(|f| FixedEvent { span: frame.touched(f.span), title: f.rule.title.clone() });
        let group = |office: &Opd| ShareGroup(office.group as u8);
        let share = |o: &Opd| OfficeShare { group: group(o), weight: o.weight, credit: self.rules.credit(o.id, frame) };
        Rotation {
            open,
            fixed: fixed.chain(cleared).collect(),
            entries: entries.collect(),
            offices: self.offices.iter().map(|(id, office)| (*id, share(office))).collect(),
            groups: rules.shares.iter().map(|(group, weight)| (ShareGroup(*group as u8), *weight)).collect(),
            office_gap: frame.steps(rules.office_gap_s),
            categories: self.categories(frame),
            shortest_pause: frame.steps(super::SHORTEST_PAUSE_S),
            phase: u64::try_from(chrono::Datelike::num_days_from_ce(&frame.date.0)).unwrap_or(0),
        }
    }

    /// Clips that show the same and keep a pause.
    fn categories(&self, frame: &Frame) -> Vec<Category> {
        let of = |tag: &ContentTag| {
            let shows = self.entries.iter().enumerate().filter(|(_, entry)| entry.rules.tags.contains(tag));
            shows.map(|(number, _)| number).collect()
        };
        let gaps = self.rules.planning.category_gaps_s.iter();
        gaps.map(|(tag, gap_s)| Category { name: tag.text(), entries: of(tag), gap: frame.steps(*gap_s) }).collect()
    }

    fn separation(&self, frame: &Frame, entry: &Entry) -> Step {
        let own = entry.rules.separation_s.unwrap_or(self.rules.planning.separation_s);
        frame.steps(entry.closest_s.map_or(own, |closest| closest.min(own)))
    }

    /// When no office's clip airs because of what happens to the day, and under what name.
    pub fn cleared(&self) -> impl Iterator<Item = (Span, &str)> {
        self.rules.interruptions.iter().filter_map(Interruption::clears)
    }

    /// Whether something happens to the day.
    pub fn is_interrupted(&self) -> bool {
        !self.rules.interruptions.is_empty()
    }

    /// Whether what happens to the day takes an item off the air, be it near or not.
    pub fn interrupts(&self, frame: &Frame, item: &PlaylistItem) -> bool {
        let span = item.span(frame.rate());
        let barred = |i: &Interruption| submission(item).and_then(|s| i.bars(s)).is_some_and(|b| b.overlaps(span));
        self.cleared().any(|(cleared, _)| cleared.overlaps(span)) || self.rules.interruptions.iter().any(barred)
    }

    /// Urgent plays that were ordered for the day, from what may still be changed on.
    pub fn ordered(&self, frame: &Frame) -> Vec<Ordered> {
        let urgent = self.rules.interruptions.iter().filter_map(|i| match i.what {
            Happening::Urgent { submission, plays } => Some((i, *self.entry_of.get(&submission)?, plays)),
            _ => None,
        });
        let ordered = urgent.map(|(i, entry, plays)| Ordered {
            entry,
            within: frame.stretch(i.span.start(), i.span.end()),
            plays,
            separation: self.separation(frame, &self.entries[entry]),
            from: frame.step(frame.soon),
        });
        ordered.collect()
    }

    /// Relays whose source is known, as items: one that is on air keeps its beginning.
    pub fn relays(&self, frame: &Frame, parent: Option<&Playlist>) -> Vec<PlaylistItem> {
        let relays = self.rules.interruptions.iter().filter_map(|i| match &i.what {
            Happening::Relay { title, source: Some(address) } => Some((i.span, title, address)),
            _ => None,
        });
        let rate = frame.rate();
        let item = |(span, title, address): (Span, &String, &String)| {
            let day = frame.date.to_string().replace('-', "");
            let at = frame.zone().local(span.start()).format("%H%M%S");
            let id: ItemId = format!("{day}-live-{at}").parse().expect("digits, letters and dashes, under 64 of them");
            let stands = parent.and_then(|p| p.items().iter().find(|item| item.id == id));
            let soonest = if parent.is_some() { frame.soon } else { frame.from };
            let first = rate.tick_from(span.start()).max(stands.map_or(soonest, |item| item.first_tick(rate)));
            let frames = u64::try_from(rate.tick_at(span.end()).0 - first.0).ok().filter(|frames| *frames > 0)?;
            Some(PlaylistItem {
                id,
                start: rate.start_of(first),
                duration_frames: frames,
                run: RunMode::Hard,
                kind: ItemKind::Live,
                source: Source::parse(address)?,
                sha256: None,
                in_frames: 0,
                title: title.clone(),
                owner: String::new(),
                submission: None,
                nature: Nature::FILM,
                wears: Wears::default(),
            })
        };
        relays.filter_map(item).collect()
    }

    /// The entry whose play an item is.
    pub fn entry_of(&self, item: &PlaylistItem) -> Option<usize> {
        if item.kind != ItemKind::Clip || item.run == RunMode::Hard {
            return None;
        }
        let entry = *self.entry_of.get(&submission(item)?)?;
        (item.sha256 == Some(self.materials[entry].sha256)).then_some(entry)
    }

    /// The entry of a request; `None` if it can't be planned that day.
    pub fn entry_for(&self, submission: SubmissionId) -> Option<usize> {
        self.entry_of.get(&submission).copied()
    }

    /// Whether a request's clip can be ordered on that day: it is planned, or stands on an oral approval.
    pub fn may_be_ordered(&self, submission: SubmissionId) -> bool {
        self.entry_of.contains_key(&submission) || self.on_oral.contains(&submission)
    }

    /// What can be ordered on that day: request, title and office.
    pub fn orderable(&self) -> Vec<(SubmissionId, String, String)> {
        let may = self.all.iter().filter(|(submission, _)| self.may_be_ordered(**submission));
        may.map(|(submission, row)| (*submission, row.asset.title.clone(), row.owner_name.clone())).collect()
    }

    /// When a request's clip may air at all.
    pub fn validity_of(&self, submission: SubmissionId) -> Option<Span> {
        self.all.get(&submission).map(|row| row.asset.validity)
    }

    /// A request's title, whether it can be planned or not.
    pub fn title_of(&self, submission: SubmissionId) -> String {
        self.all.get(&submission).map(|row| row.asset.title.clone()).unwrap_or_default()
    }

    /// Whose a request is.
    pub fn office_of(&self, submission: SubmissionId) -> Option<OpdId> {
        self.all.get(&submission).map(|row| row.asset.owner)
    }

    /// An office's name.
    pub fn office_name(&self, office: OpdId) -> String {
        self.offices.get(&office).map(|o| o.name.clone()).unwrap_or_default()
    }

    /// Times that are kept for something else, with what.
    pub fn fixed_times(&self) -> Vec<(Span, String)> {
        let fixed = self.fixed.iter().map(|f| (f.span, f.rule.title.clone()));
        fixed.chain(self.cleared().map(|(span, title)| (span, title.to_owned()))).collect()
    }

    pub fn case_of(&self, entry: usize) -> CaseId {
        self.entries[entry].row.case
    }

    /// Whether an item may no longer air at all, near or not.
    pub fn is_withdrawn(&self, item: &PlaylistItem) -> bool {
        match item.kind {
            ItemKind::Clip => submission(item)
                .and_then(|s| Some((s, self.all.get(&s)?)))
                .is_none_or(|(s, row)| row.revoked || self.suspended.contains_key(&s)),
            ItemKind::Fill => {
                let own = |row: &&AssetRow| Some(row.asset.clip.sha256) == item.sha256;
                let mut rows = self.all.values().filter(own).peekable();
                let suspended = item.sha256.is_some_and(|hash| self.suspended_fill.contains(&hash));
                suspended || rows.peek().is_some() && rows.all(|row| row.revoked)
            }
            ItemKind::Live | ItemKind::Slate => false,
        }
    }

    /// Whether a later play may stay where it was announced, its request having `plays` before it.
    pub fn may_stay(&self, frame: &Frame, item: &PlaylistItem, entry: Option<usize>, plays: u32) -> bool {
        let span = item.span(frame.rate());
        if item.kind == ItemKind::Live || self.interrupts(frame, item) {
            return false;
        }
        if item.run == RunMode::Hard {
            return self.fixed.iter().any(|f| f.rule.sha256 == item.sha256 && f.span.start() == item.start);
        }
        let Some(entry) = entry.map(|e| &self.entries[e]) else { return false };
        plays < entry.wanted
            && item.duration_frames == entry.row.asset.clip.frames
            && entry.windows.iter().any(|w| w.start() <= span.start() && span.end() <= w.end())
            && !self.fixed.iter().any(|f| f.span.overlaps(span))
            && frame.rate().start_of(frame.close) >= span.end()
    }

    /// Fixed events with a clip of their own, as far as they are still to be planned.
    pub fn fixed_plays<'m>(&'m self, frame: &Frame, kept: &[PlaylistItem]) -> Vec<Placed<'m>> {
        let stands = |f: &Fixed| kept.iter().any(|i| i.start == f.span.start() && i.sha256 == f.rule.sha256);
        let free = |f: &Fixed| !self.cleared().any(|(cleared, _)| cleared.overlaps(f.span));
        let due = |f: &&Fixed| frame.rate().tick_from(f.span.start()) >= frame.from && !stands(f) && free(f);
        let place = |f: &'m Fixed| {
            let start = frame.rate().tick_from(f.span.start());
            f.material.as_ref().map(|material| Placed { start, material, fixed: true, wears: f.rule.wears.clone() })
        };
        self.fixed.iter().filter(due).filter_map(place).collect()
    }

    /// Hashes that must leave the wall: those of the parent, and of what it airs and may no longer; never one that
    /// another request airs with an approval in force.
    pub fn withdrawn(&self, parent: Option<&Playlist>) -> BTreeSet<Sha256> {
        // The player covers holes with the pool by itself, so that it must know also what no revision aired.
        let Some(parent) = parent else { return self.suspended_fill.clone() };
        let gone = parent.items().iter().filter(|i| self.is_withdrawn(i)).filter_map(|i| i.sha256);
        let mut hashes: BTreeSet<Sha256> = parent.head().withdrawn.iter().copied().chain(gone).collect();
        let may_air =
            |(submission, row): &(&SubmissionId, &AssetRow)| !row.revoked && !self.suspended.contains_key(submission);
        for (_, row) in self.all.iter().filter(may_air) {
            hashes.remove(&row.asset.clip.sha256);
        }
        hashes.extend(&self.suspended_fill);
        hashes
    }

    /// Requests that ask for the day and that a day mode keeps off the wall, with the reason.
    pub fn suspended(&self) -> impl Iterator<Item = &(CaseId, Text)> {
        self.suspended.values().flatten()
    }

    /// Requests whose missing plays have a reason in the plan.
    pub fn unplaced_submissions(&self, plan: &DayPlan) -> BTreeSet<SubmissionId> {
        plan.unplaced.iter().map(|u| self.materials[u.entry].submission).collect()
    }

    /// The request and the office behind every submission, as playlist files name them.
    pub fn cases(&self) -> BTreeMap<String, (CaseId, OpdId)> {
        self.all.iter().map(|(submission, row)| (submission.to_string(), (row.case, row.asset.owner))).collect()
    }
}

fn submission(item: &PlaylistItem) -> Option<SubmissionId> {
    item.submission.as_deref().and_then(|s| s.parse().ok())
}

fn material(row: &AssetRow, submission: &Submission) -> Material {
    Material {
        submission: submission.id,
        sha256: row.asset.clip.sha256,
        frames: row.asset.clip.frames,
        title: row.asset.title.clone(),
        owner: row.owner_name.clone(),
        nature: row.asset.clip.nature,
    }
}

/// Plays that a letter asks for on a day: the days asked for are the first of its period that are days of its week.
fn wanted(letter: &LetterDetails, date: BroadcastDate, days: Weekdays) -> u32 {
    let before = letter.first_day.0.iter_days().take_while(|day| *day < date.0).map(BroadcastDate);
    let passed = before.filter(|day| days.hold(*day)).take(letter.days as usize).count();
    let asked = letter.first_day <= date && date <= letter.last_day && days.hold(date);
    if asked && passed < letter.days as usize { letter.plays_per_day } else { 0 }
}

/// Why a request that is asked for has no play on a day with a mode.
fn suspended(title: &str, mode: DayMode) -> Text {
    let (name, effect) = (mode.text(), mode.effect());
    Text::new(
        format!("{title}: tidak tayang karena {}. {}", name.get(Lang::Id), effect.get(Lang::Id)),
        format!("{title}: does not air because of {}. {}", name.get(Lang::En), effect.get(Lang::En)),
    )
}

/// Where plays may lie: the hours that the letter prefers, within the approved period.
fn windows(letter: &LetterDetails, validity: Span, date: BroadcastDate, zone: Zone) -> Vec<Span> {
    let valid = |hours: Span| Span::new(hours.start().max(validity.start()), hours.end().min(validity.end()));
    letter.hours_on(date, zone).into_iter().filter_map(valid).collect()
}

/// Where a request's plays may lie once what happens to the day is reckoned with; never outside its validity.
fn interrupted((asked, validity): (Vec<Span>, Span), clip: SubmissionId, ordered: &[&Interruption]) -> Vec<Span> {
    let mut windows = asked;
    let valid = |span: Span| Span::new(span.start().max(validity.start()), span.end().min(validity.end()));
    let urgent = ordered.iter().filter(|i| i.adds(clip).is_some()).filter_map(|i| valid(i.span));
    for span in urgent {
        if !windows.iter().any(|w| w.start() <= span.start() && span.end() <= w.end()) {
            windows.push(span);
        }
    }
    for barred in ordered.iter().filter_map(|i| i.bars(clip)) {
        let around = |w: Span| {
            let before = Span::new(w.start(), w.end().min(barred.start()));
            [before, Span::new(w.start().max(barred.end()), w.end())]
        };
        windows = windows.into_iter().flat_map(around).flatten().filter(|w| w.start() < w.end()).collect();
    }
    windows
}

fn fixed(
    configured: &ChannelConfig,
    date: BroadcastDate,
    rule: &FixedRule,
    material: Option<Material>,
) -> Option<Fixed> {
    let start = fixed_times::starts(rule, configured.channel.zone, configured.place, date)?;
    let span = Span::new(start, start + chrono::TimeDelta::seconds(i64::from(rule.seconds)))?;
    Some(Fixed { span, rule: rule.clone(), material })
}
