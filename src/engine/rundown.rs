//! A planned day as the revision that will be published: instants, items with names that last, fill between them; and
//! what a revision changes for people who read the one before.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::asset::FillClip;
use crate::domain::branding::Wears;
use crate::domain::ids::{ItemId, Sha256, SubmissionId};
use crate::domain::playlist::{Fault, ItemKind, Nature, Playlist, PlaylistHead, PlaylistItem, RunMode, Source};
use crate::domain::time::{Instant, Tick};

/// What an entry of the rotation airs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// The request.
    pub submission: SubmissionId,
    /// The house file's bytes.
    pub sha256: Sha256,
    /// Their length.
    pub frames: u64,
    /// For people.
    pub title: String,
    /// The office, for people.
    pub owner: String,
    /// What the watch over the air may expect of it.
    pub nature: Nature,
}

/// One play with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<'a> {
    /// First frame on air.
    pub start: Tick,
    /// What airs.
    pub material: &'a Material,
    /// Starts at its time whatever is on air.
    pub fixed: bool,
    /// What of the channel's branding is drawn on it.
    pub wears: Wears,
}

/// Pieces of fill shorter than this, in frames, are not cut if it can be avoided: two seconds at 25 frames.
pub const SHORTEST_FILL: u64 = 50;

/// Makes the revision. Plays that the parent revision has too keep their names; free time of `fillable` is covered by the
/// pool in turn, or left to the player where the pool is empty.
///
/// # Errors
/// What [`Playlist::new`] finds.
pub fn rundown(
    head: PlaylistHead,
    plays: &[Placed],
    kept: &[PlaylistItem],
    parent: Option<&Playlist>,
    fill: &[FillClip],
    fillable: &[(Tick, Tick)],
) -> Result<Playlist, Vec<Fault>> {
    let mut names = Names::new(&head, parent, kept);
    let mut items: Vec<PlaylistItem> = kept.to_vec();
    items.extend(plays.iter().map(|play| {
        let start = head.rate.start_of(play.start);
        PlaylistItem {
            id: names.of_play(play.material, start),
            start,
            duration_frames: play.material.frames,
            run: if play.fixed { RunMode::Hard } else { RunMode::Auto },
            kind: ItemKind::Clip,
            source: house_source(play.material.sha256),
            sha256: Some(play.material.sha256),
            in_frames: 0,
            title: play.material.title.clone(),
            owner: play.material.owner.clone(),
            submission: Some(play.material.submission.to_string()),
            nature: play.material.nature,
            wears: play.wears.clone(),
        }
    }));
    items.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
    let pauses = pauses(&head, &items, fillable);
    let mut turn = 0;
    for (from, to) in pauses {
        items.extend(cover(&head, &mut names, fill, &mut turn, from, to));
    }
    Playlist::new(head, items)
}

/// Path of a house file below home.
pub fn house_source(sha256: Sha256) -> Source {
    Source::File(format!("media/house/{sha256}.mp4"))
}

/// Where nothing airs, inside the stretches that may be filled.
fn pauses(head: &PlaylistHead, items: &[PlaylistItem], fillable: &[(Tick, Tick)]) -> Vec<(Tick, Tick)> {
    let mut pauses = Vec::new();
    for &(from, to) in fillable {
        let mut at = from;
        for item in items {
            let (first, end) = (item.first_tick(head.rate), item.end_tick(head.rate));
            if end <= at || first >= to {
                continue;
            }
            if first > at {
                pauses.push((at, first));
            }
            at = at.max(end);
        }
        if at < to {
            pauses.push((at, to));
        }
    }
    pauses
}

/// Fill for one pause: whole clips in turn, the last one cut, and none cut to a flash if it can be helped.
fn cover(
    head: &PlaylistHead,
    names: &mut Names,
    fill: &[FillClip],
    turn: &mut usize,
    from: Tick,
    to: Tick,
) -> Vec<PlaylistItem> {
    let mut items = Vec::new();
    let mut at = from;
    while at < to && !fill.is_empty() {
        let piece = &fill[*turn % fill.len()];
        *turn += 1;
        let left = u64::try_from(to.0 - at.0).unwrap_or(0);
        let mut frames = piece.duration_frames.min(left);
        let tail = left - frames;
        if tail > 0 && tail < SHORTEST_FILL && frames > 2 * SHORTEST_FILL {
            frames -= SHORTEST_FILL - tail;
        }
        if frames == 0 {
            break;
        }
        let start = head.rate.start_of(at);
        items.push(PlaylistItem {
            id: names.fresh("fill"),
            start,
            duration_frames: frames,
            run: RunMode::Auto,
            kind: ItemKind::Fill,
            source: piece.source.clone(),
            sha256: Some(piece.sha256),
            in_frames: 0,
            title: piece.title.clone(),
            owner: String::new(),
            submission: None,
            nature: piece.nature,
            wears: Wears::default(),
        });
        at = Tick(at.0.saturating_add_unsigned(frames));
    }
    items
}

/// Names for items: kept where the parent has the play, new and never used before where not.
struct Names {
    date: String,
    revision: u32,
    used: BTreeSet<ItemId>,
    /// The parent's plays whose names are free to be kept, by request, in order of time.
    free: BTreeMap<String, Vec<(Instant, ItemId)>>,
    next: u32,
}

impl Names {
    fn new(head: &PlaylistHead, parent: Option<&Playlist>, kept: &[PlaylistItem]) -> Names {
        let used: BTreeSet<ItemId> = kept.iter().map(|i| i.id.clone()).collect();
        let mut free: BTreeMap<String, Vec<(Instant, ItemId)>> = BTreeMap::new();
        for item in parent.map_or(&[][..], Playlist::items) {
            if let Some(submission) = item.submission.as_ref().filter(|_| !used.contains(&item.id)) {
                free.entry(submission.clone()).or_default().push((item.start, item.id.clone()));
            }
        }
        let date = head.date.to_string().replace('-', "");
        Names { date, revision: head.revision, used, free, next: 0 }
    }

    /// The name of the request's nearest play that the parent had and this revision moves, else a new one.
    fn of_play(&mut self, material: &Material, start: Instant) -> ItemId {
        let submission = material.submission.to_string();
        let candidates = self.free.entry(submission.clone()).or_default();
        let nearest = (0..candidates.len()).min_by_key(|&i| (candidates[i].0 - start).abs());
        match nearest {
            Some(i) => candidates.remove(i).1,
            None => self.fresh(&format!("s{submission}")),
        }
    }

    fn fresh(&mut self, of: &str) -> ItemId {
        loop {
            self.next += 1;
            let name = format!("{}-{of}-r{}-{}", self.date, self.revision, self.next);
            let id: ItemId = name.parse().expect("digits, letters and dashes, under 64 of them");
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// What a revision changes. Fill is not counted: nobody was promised it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Plays that are new.
    pub added: Vec<PlaylistItem>,
    /// Plays that are gone.
    pub removed: Vec<PlaylistItem>,
    /// Plays that air at another time: as it was, as it is.
    pub moved: Vec<(PlaylistItem, PlaylistItem)>,
    /// Plays that stay.
    pub unchanged: usize,
}

impl Difference {
    /// Whether nobody needs to be told.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.moved.is_empty()
    }
    /// From one revision, or nothing, to another.
    pub fn between(before: Option<&Playlist>, after: &Playlist) -> Difference {
        let plays = |p: &Playlist| -> BTreeMap<ItemId, PlaylistItem> {
            p.items().iter().filter(|i| i.kind != ItemKind::Fill).map(|i| (i.id.clone(), i.clone())).collect()
        };
        let mut old = before.map(plays).unwrap_or_default();
        let mut difference = Difference::default();
        for (id, item) in plays(after) {
            match old.remove(&id) {
                None => difference.added.push(item),
                Some(was) if was == item => difference.unchanged += 1,
                Some(was) => difference.moved.push((was, item)),
            }
        }
        difference.removed = old.into_values().collect();
        difference.added.sort_by_key(|i| i.start);
        difference.removed.sort_by_key(|i| i.start);
        difference.moved.sort_by_key(|(_, now)| now.start);
        difference
    }
}
