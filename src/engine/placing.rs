//! A play that a person puts somewhere by hand: whether it may lie there, what stands in its way, and where near by it
//! would be allowed. The rules are the planner's (H1 to H5); `engine::plan_check` has the last word.

use crate::domain::rotation::{Rotation, Step, Stretch};
use crate::domain::text::{Lang, Text};

use super::planner::Play;

/// The plays of a day, to be changed one by one.
#[derive(Debug, Clone)]
pub struct Board<'a> {
    rotation: &'a Rotation,
    free: Vec<Stretch>,
    /// First step that may still be changed.
    from: Step,
    /// In order of time; no two overlap.
    plays: Vec<Play>,
    counts: Vec<u32>,
    longest: Step,
}

/// What stands in the way of a play at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// What airs before this is announced and near, and does not change any more.
    Near {
        /// First step that may change.
        from: Step,
    },
    /// The channel is closed during some of it.
    Closed {
        /// Its hours, as far as they are planned.
        open: Stretch,
    },
    /// A fixed event, or what can't be moved.
    Fixed {
        /// Its title.
        title: String,
        /// When.
        span: Stretch,
    },
    /// Outside the hours that its office asked for.
    OutsideWindow {
        /// The hours.
        windows: Vec<Stretch>,
    },
    /// Another play is on air then.
    Taken {
        /// Its title.
        title: String,
        /// When.
        span: Stretch,
    },
    /// Too near to another play of the same clip.
    TooClose {
        /// When that starts.
        other: Step,
        /// Start to start.
        apart: Step,
        /// What is due.
        wanted: Step,
    },
    /// Too near to another play of the same office.
    OfficeTooClose {
        /// That play's title.
        title: String,
        /// When it is on air.
        span: Stretch,
        /// End to start.
        pause: Step,
        /// What is due.
        wanted: Step,
    },
    /// Too near to another play of the same category.
    CategoryTooClose {
        /// The category.
        name: Text,
        /// That play's title.
        title: String,
        /// When it is on air.
        span: Stretch,
        /// End to start.
        pause: Step,
        /// What is due.
        wanted: Step,
    },
    /// The request has all the plays that it asked for.
    Served {
        /// How many.
        wanted: u32,
    },
}

/// How steps are said to people.
pub trait Measure {
    /// A clock time with seconds.
    fn clock(&self, at: Step) -> String;
    /// A length in seconds.
    fn seconds(&self, length: Step, lang: Lang) -> String;
}

impl<'a> Board<'a> {
    /// A board with plays that stand whatever the rules say now; what begins before `from` can't be changed.
    pub fn new(rotation: &'a Rotation, standing: &[Play], from: Step) -> Board<'a> {
        let longest = rotation.entries.iter().map(|e| e.length).max().unwrap_or(0);
        let counts = vec![0; rotation.entries.len()];
        let free = rotation.free();
        let mut board = Board { rotation, free, from, plays: Vec::new(), counts, longest };
        standing.iter().for_each(|play| board.put(*play));
        board
    }

    /// What stands, in order of time.
    pub fn plays(&self) -> &[Play] {
        &self.plays
    }

    /// Plays of an entry.
    pub fn count(&self, entry: usize) -> u32 {
        self.counts[entry]
    }

    /// Whether this very play stands and may be changed.
    pub fn holds(&self, play: Play) -> bool {
        play.start >= self.from && self.plays.binary_search(&play).is_ok()
    }

    /// Puts a play without asking.
    pub fn put(&mut self, play: Play) {
        let at = self.plays.partition_point(|p| *p < play);
        self.plays.insert(at, play);
        self.counts[play.entry] += 1;
    }

    /// Takes a play away; `false` if it does not stand.
    pub fn take(&mut self, play: Play) -> bool {
        let Ok(at) = self.plays.binary_search(&play) else { return false };
        self.plays.remove(at);
        self.counts[play.entry] -= 1;
        true
    }

    /// Puts a play if nothing stands in its way.
    ///
    /// # Errors
    /// What does, every rule for itself.
    pub fn place(&mut self, play: Play) -> Result<(), Vec<Hindrance>> {
        let hindrances = self.hindrances(play);
        if hindrances.is_empty() {
            self.put(play);
            return Ok(());
        }
        Err(hindrances)
    }

    /// What stands in the way of one more play.
    pub fn hindrances(&self, play: Play) -> Vec<Hindrance> {
        let entry = &self.rotation.entries[play.entry];
        let span = Stretch { start: play.start, end: play.start + entry.length };
        let mut found = Vec::new();
        if play.start < self.from {
            found.push(Hindrance::Near { from: self.from });
        }
        if !self.rotation.open.holds(span) {
            found.push(Hindrance::Closed { open: self.rotation.open });
        }
        let over = self.rotation.fixed.iter().filter(|f| f.span.meet(span).is_some());
        found.extend(over.map(|f| Hindrance::Fixed { title: f.title.clone(), span: f.span }));
        if !entry.windows.iter().any(|w| w.holds(span)) {
            found.push(Hindrance::OutsideWindow { windows: entry.windows.clone() });
        }
        if self.counts[play.entry] >= entry.wanted {
            found.push(Hindrance::Served { wanted: entry.wanted });
        }
        found.extend(self.near(span, entry.separation).filter_map(|other| self.between(play, span, other)));
        found
    }

    /// Plays that a rule could know of: within separation and office gap of a stretch.
    fn near(&self, span: Stretch, separation: Step) -> impl Iterator<Item = Play> + '_ {
        let category = self.rotation.categories.iter().map(|c| c.gap).max().unwrap_or(0);
        let reach = self.longest + separation.max(self.rotation.office_gap).max(category);
        let first = self.plays.partition_point(|p| p.start < span.start - reach);
        self.plays[first..].iter().copied().take_while(move |p| p.start <= span.end + reach)
    }

    /// What of another play stands in the way.
    fn between(&self, play: Play, span: Stretch, other: Play) -> Option<Hindrance> {
        let (mine, its) = (&self.rotation.entries[play.entry], &self.rotation.entries[other.entry]);
        let on_air = Stretch { start: other.start, end: other.start + its.length };
        if on_air.meet(span).is_some() {
            return Some(Hindrance::Taken { title: its.title.clone(), span: on_air });
        }
        let apart = (play.start - other.start).abs();
        if play.entry == other.entry && apart < mine.separation {
            return Some(Hindrance::TooClose { other: other.start, apart, wanted: mine.separation });
        }
        let pause = (span.start - on_air.end).max(on_air.start - span.end);
        let wanted = self.rotation.office_gap;
        if mine.office == its.office && pause < wanted {
            return Some(Hindrance::OfficeTooClose { title: its.title.clone(), span: on_air, pause, wanted });
        }
        let (category, wanted) = self.rotation.category_pause(play.entry, other.entry)?;
        let (title, name) = (its.title.clone(), category.name.clone());
        (pause < wanted).then_some(Hindrance::CategoryTooClose { name, title, span: on_air, pause, wanted })
    }

    /// Where a play of an entry may start: ranges of starts, in order, `end` being the first that may not.
    pub fn starts(&self, entry: usize) -> Vec<Stretch> {
        let own = &self.rotation.entries[entry];
        if self.counts[entry] >= own.wanted {
            return Vec::new();
        }
        let mut open: Vec<Stretch> = Vec::new();
        for free in &self.free {
            let inside = own.windows.iter().filter_map(|w| w.meet(*free));
            let starts = inside.map(|s| Stretch { start: s.start.max(self.from), end: s.end - own.length + 1 });
            open.extend(starts.filter(|s| s.start < s.end));
        }
        open.sort();
        let blocked = self.plays.iter().map(|play| {
            let other = &self.rotation.entries[play.entry];
            let office = if other.office == own.office { self.rotation.office_gap } else { 0 };
            let gap = self.rotation.category_pause(entry, play.entry).map_or(office, |(_, gap)| gap.max(office));
            let (mut low, mut high) = (play.start - gap - own.length + 1, play.start + other.length + gap);
            if play.entry == entry {
                (low, high) = (low.min(play.start - own.separation + 1), high.max(play.start + own.separation));
            }
            Stretch { start: low, end: high }
        });
        let mut blocked: Vec<Stretch> = blocked.collect();
        blocked.sort();
        without(&open, &blocked)
    }

    /// The starts nearest to `wish` where a play of an entry may lie, one from each pause, the nearest first. Where a
    /// pause has room for it they lie on a multiple of `grid`, which is a second for people.
    pub fn nearest(&self, entry: usize, wish: Step, grid: Step, most: usize) -> Vec<Step> {
        let starts = self.starts(entry);
        let mut places: Vec<Step> = starts.iter().map(|range| on_grid(*range, wish, grid)).collect();
        places.sort_by_key(|place| ((place - wish).abs(), *place));
        places.dedup();
        places.truncate(most);
        places
    }
}

/// The start in a range that is nearest to a wish, on the grid if the range has such a one on that side.
fn on_grid(range: Stretch, wish: Step, grid: Step) -> Step {
    let nearest = wish.clamp(range.start, range.end - 1);
    if grid <= 1 || nearest == wish {
        return nearest;
    }
    let rounded = match nearest > wish {
        true => (nearest + grid - 1).div_euclid(grid) * grid,
        false => nearest.div_euclid(grid) * grid,
    };
    if (range.start..range.end).contains(&rounded) { rounded } else { nearest }
}

/// What of some ranges is left without others; both in order.
fn without(open: &[Stretch], blocked: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    for range in open {
        let mut at = range.start;
        for block in blocked {
            if block.end <= at {
                continue;
            }
            if block.start >= range.end {
                break;
            }
            if block.start > at {
                left.push(Stretch { start: at, end: block.start });
            }
            at = at.max(block.end);
        }
        if at < range.end {
            left.push(Stretch { start: at, end: range.end });
        }
    }
    left
}

impl Hindrance {
    /// The sentence that the scheduling team reads.
    pub fn text(&self, said: &impl Measure) -> Text {
        let clock = |at: Step| said.clock(at);
        let span = |s: &Stretch| format!("{}–{}", clock(s.start), clock(s.end));
        let id = |length: Step| said.seconds(length, Lang::Id);
        let en = |length: Step| said.seconds(length, Lang::En);
        match self {
            Hindrance::Near { from } => Text::new(
                format!("Yang tayang sebelum pukul {} sudah diumumkan dan tidak diubah lagi.", clock(*from)),
                format!("What airs before {} is announced and does not change any more.", clock(*from)),
            ),
            Hindrance::Closed { open } => Text::new(
                format!("Jam tayang yang dapat diisi hanya {}.", span(open)),
                format!("Only {} can be planned.", span(open)),
            ),
            Hindrance::Fixed { title, span: at } => Text::new(
                format!("Pukul {} ada acara tetap: {title}.", span(at)),
                format!("{} is kept for {title}.", span(at)),
            ),
            Hindrance::OutsideWindow { windows } => {
                let hours = windows.iter().map(span).collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("Instansi hanya meminta pukul {hours}."),
                    format!("Its office asked for {hours} alone."),
                )
            }
            Hindrance::Taken { title, span: at } => Text::new(
                format!("Pukul {} sudah terisi: {title}.", span(at)),
                format!("{} is taken by {title}.", span(at)),
            ),
            Hindrance::TooClose { other, apart, wanted } => Text::new(
                format!(
                    "Video yang sama tayang pukul {}, hanya berjarak {} detik; jaraknya harus {} detik.",
                    clock(*other),
                    id(*apart),
                    id(*wanted)
                ),
                format!(
                    "The same clip airs at {}, only {} s apart; {} s are due.",
                    clock(*other),
                    en(*apart),
                    en(*wanted)
                ),
            ),
            Hindrance::OfficeTooClose { title, span: at, pause, wanted } => Text::new(
                format!(
                    "Instansi yang sama tayang pukul {} ({title}); jedanya {} detik, harus {} detik.",
                    span(at),
                    id(*pause),
                    id(*wanted)
                ),
                format!(
                    "The same office airs {title} at {}; the pause is {} s, {} s are due.",
                    span(at),
                    en(*pause),
                    en(*wanted)
                ),
            ),
            Hindrance::CategoryTooClose { name, title, span: at, pause, wanted } => Text::new(
                format!(
                    "Video {} lain tayang pukul {} ({title}); jedanya {} detik, harus {} detik.",
                    name.id,
                    span(at),
                    id(*pause),
                    id(*wanted)
                ),
                format!(
                    "Another clip on {} airs at {} ({title}); the pause is {} s, {} s are due.",
                    name.en,
                    span(at),
                    en(*pause),
                    en(*wanted)
                ),
            ),
            Hindrance::Served { wanted } => Text::new(
                format!("Permohonan ini sudah mendapat {wanted} tayangan, sebanyak yang diminta."),
                format!("The request has all {wanted} plays that it asked for."),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::ids::{AssetId, OpdId};
    use crate::domain::rotation::{Class, FixedEvent, RotationEntry};

    struct Plain;

    impl Measure for Plain {
        fn clock(&self, at: Step) -> String {
            at.to_string()
        }
        fn seconds(&self, length: Step, _lang: Lang) -> String {
            length.to_string()
        }
    }

    fn entry(n: i64, office: i64, length: Step, windows: Vec<Stretch>) -> RotationEntry {
        RotationEntry {
            asset: AssetId(n),
            title: format!("klip {n}"),
            office: OpdId(office),
            length,
            class: Class(2),
            wanted: 3,
            minimum: 1,
            windows,
            separation: 100,
        }
    }

    fn day() -> Rotation {
        let open = Stretch { start: 0, end: 1000 };
        Rotation {
            open,
            fixed: vec![FixedEvent { span: Stretch { start: 400, end: 500 }, title: "relai".into() }],
            entries: vec![
                entry(0, 1, 30, vec![open]),
                entry(1, 1, 30, vec![open]),
                entry(2, 2, 15, vec![Stretch { start: 600, end: 700 }]),
            ],
            offices: BTreeMap::new(),
            groups: BTreeMap::new(),
            office_gap: 20,
            categories: Vec::new(),
            shortest_pause: 0,
            phase: 0,
        }
    }

    #[test]
    fn every_rule_that_a_play_would_break_is_said_with_its_numbers() {
        let day = day();
        let play = |start, entry| Play { start, entry };
        let board = Board::new(&day, &[play(600, 0), play(640, 2)], 50);
        let said = |start, entry| {
            let found = board.hindrances(play(start, entry));
            found.iter().map(|h| h.text(&Plain).en).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(200, 0), "");
        assert_eq!(said(650, 1), "640–655 is taken by klip 2.");
        assert_eq!(
            said(640, 1),
            "The same office airs klip 0 at 600–630; the pause is 10 s, 20 s are due. 640–655 is taken by klip 2."
        );
        assert_eq!(said(680, 0), "The same clip airs at 600, only 80 s apart; 100 s are due.");
        assert_eq!(said(390, 0), "400–500 is kept for relai.");
        assert_eq!(said(20, 1), "What airs before 50 is announced and does not change any more.");
        assert_eq!(said(990, 1), "Only 0–1000 can be planned. Its office asked for 0–1000 alone.");
        assert_eq!(said(100, 2), "Its office asked for 600–700 alone.");
    }

    #[test]
    fn a_request_has_no_more_plays_than_it_asked_for() {
        let day = day();
        let standing: Vec<Play> = [100, 250, 600].iter().map(|start| Play { start: *start, entry: 0 }).collect();
        let mut board = Board::new(&day, &standing, 0);
        assert_eq!(board.place(Play { start: 800, entry: 0 }), Err(vec![Hindrance::Served { wanted: 3 }]));
        assert_eq!(board.starts(0), []);
        assert!(board.take(standing[1]));
        assert_eq!(board.place(Play { start: 800, entry: 0 }), Ok(()));
    }

    #[test]
    fn the_places_that_are_offered_are_just_those_where_nothing_stands_in_the_way() {
        let day = day();
        let standing = [Play { start: 610, entry: 0 }, Play { start: 700, entry: 1 }, Play { start: 645, entry: 2 }];
        let board = Board::new(&day, &standing, 30);
        for entry in 0..3 {
            let starts = board.starts(entry);
            for start in 0..1000 {
                let offered = starts.iter().any(|s| (s.start..s.end).contains(&start));
                let hindered = !board.hindrances(Play { start, entry }).is_empty();
                assert_ne!(offered, hindered, "entry {entry} at {start}");
            }
        }
    }

    #[test]
    fn the_nearest_places_come_first_and_on_whole_seconds() {
        let day = day();
        let board = Board::new(&day, &[Play { start: 603, entry: 0 }], 0);
        // Free until the relay at 400, after it until the office's gap before 603, and after that.
        assert_eq!(board.nearest(1, 590, 25, 3), [550, 675, 350]);
        assert_eq!(board.nearest(1, 200, 25, 1), [200]);
    }
}
