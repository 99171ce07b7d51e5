//! A week of studio requests in whole seconds, as published instances give it, and bookings of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::domain::rotation::Stretch;
use crate::engine::calendar::batch::{self, Weighed};
use crate::engine::calendar::{self, Calendar, House, Operator, Place, Room, Second, Wish};

#[derive(Deserialize)]
struct Instance {
    days: usize,
    grid: Second,
    studios: Vec<InstanceStudio>,
    operators: Vec<InstanceOperator>,
    #[serde(default)]
    stock: BTreeMap<String, u32>,
    requests: Vec<InstanceRequest>,
}

#[derive(Deserialize)]
struct InstanceStudio {
    kinds: Vec<String>,
    open: (Second, Second),
    #[serde(default)]
    closed_days: Vec<usize>,
    setup: Second,
    teardown: Second,
}

#[derive(Deserialize)]
struct InstanceOperator {
    shift: (Second, Second),
    #[serde(default)]
    off_days: Vec<usize>,
}

#[derive(Deserialize)]
struct InstanceRequest {
    id: i64,
    kind: String,
    prio: usize,
    day: usize,
    flex_days: usize,
    wish: Second,
    dur: Second,
    ops: usize,
    #[serde(default)]
    equip: Vec<String>,
}

/// Seconds of a day.
const DAY: Second = 86_400;
/// What a request counts by its priority, the highest first.
const WEIGHTS: [u32; 3] = [4, 2, 1];
/// Most requests, days, studios and operators: an agency's year is less.
const MOST: usize = 1000;

/// A batch of wishes, and what the instance calls them.
pub(super) struct Batch {
    house: House,
    wishes: Vec<Weighed>,
    names: Vec<i64>,
}

/// Bookings of a batch, and where else each could be.
pub(super) struct Booked {
    places: Vec<Option<Place>>,
    alternatives: Vec<Vec<Place>>,
}

/// Whether a file's text is a studio instance rather than a day.
pub(super) fn is_one(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Telling {
        #[serde(default)]
        studios: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Telling>(text).is_ok_and(|telling| telling.studios.is_some())
}

fn sane(at: Second) -> bool {
    (0..=2 * DAY).contains(&at)
}

impl Instance {
    fn check(&self) -> Result<(), String> {
        if !(1..=DAY).contains(&self.grid) {
            return Err(format!("a grid of {} seconds; 1 to {DAY}", self.grid));
        }
        for (what, count) in [
            ("days", self.days),
            ("studios", self.studios.len()),
            ("operators", self.operators.len()),
            ("requests", self.requests.len()),
        ] {
            if count > MOST {
                return Err(format!("{count} {what}; at most {MOST}"));
            }
        }
        let studio = |s: &InstanceStudio| [s.open.0, s.open.1, s.setup, s.teardown].into_iter().all(sane);
        if !self.studios.iter().all(studio) || !self.operators.iter().all(|o| sane(o.shift.0) && sane(o.shift.1)) {
            return Err(format!("a studio or an operator has a number outside 0 to {}", 2 * DAY));
        }
        for r in &self.requests {
            if !sane(r.wish) || !(1..=DAY).contains(&r.dur) || [r.ops, r.day, r.flex_days].iter().any(|n| *n > MOST) {
                return Err(format!("request {} has a number that can't be", r.id));
            }
            if let Some(unknown) = r.equip.iter().find(|kind| !self.stock.contains_key(*kind)) {
                return Err(format!("request {} wants {unknown:?}, of which there is no stock", r.id));
            }
            if r.equip.iter().collect::<BTreeSet<_>>().len() < r.equip.len() {
                return Err(format!("request {} names a piece of equipment twice", r.id));
            }
        }
        match super::twice(self.requests.iter().map(|r| r.id)) {
            Some(twice) => Err(format!("two requests are called {twice}")),
            None => Ok(()),
        }
    }

    fn into_batch(self) -> Batch {
        let on = |day: usize, closed: &[usize], (from, until): (Second, Second)| {
            let midnight = day as Second * DAY;
            (!closed.contains(&(day % 7))).then_some(Stretch { start: midnight + from, end: midnight + until })
        };
        let room = |s: &InstanceStudio| Room {
            open: (0..self.days).map(|day| on(day, &s.closed_days, s.open)).collect(),
            setup: s.setup,
            teardown: s.teardown,
            live: None,
        };
        let operator = |o: &InstanceOperator| Operator {
            shift: (0..self.days).map(|day| on(day, &o.off_days, o.shift)).collect(),
        };
        let kinds: Vec<&String> = self.stock.keys().collect();
        let wish = |r: &InstanceRequest| Weighed {
            weight: WEIGHTS[r.prio.min(WEIGHTS.len() - 1)],
            wish: Wish {
                rooms: (0..self.studios.len()).filter(|s| self.studios[*s].kinds.contains(&r.kind)).collect(),
                day: r.day,
                at: r.wish,
                length: r.dur,
                operators: r.ops,
                equipment: (0..kinds.len()).filter(|k| r.equip.contains(kinds[*k])).collect(),
                flex_days: r.flex_days,
                earliest: 0,
            },
        };
        Batch {
            house: House {
                grid: self.grid,
                midnights: (0..self.days).map(|day| day as Second * DAY).collect(),
                rooms: self.studios.iter().map(room).collect(),
                operators: self.operators.iter().map(operator).collect(),
                stock: self.stock.values().copied().collect(),
                channels: 0,
            },
            names: self.requests.iter().map(|r| r.id).collect(),
            wishes: self.requests.iter().map(wish).collect(),
        }
    }
}

/// Reads a studio instance from a file's text.
pub(super) fn read(path: &Path, text: &str) -> Result<Batch, Failure> {
    let bad = |why: String| {
        Failure::could(
            format!("{} is not a studio instance: {why}", path.display()),
            "give a file of the family J, in whole seconds",
        )
    };
    let instance: Instance = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
    instance.check().map_err(bad)?;
    Ok(instance.into_batch())
}

impl Batch {
    /// Books what can be booked, and looks where each request could be instead.
    pub(super) fn book(&self) -> Booked {
        let empty = Calendar::new(&self.house);
        let places = batch::arrange(&self.house, &empty, &self.wishes);
        let mut calendar = empty;
        for (weighed, place) in self.wishes.iter().zip(&places) {
            place.iter().for_each(|place| calendar.take(&self.house, &weighed.wish, place));
        }
        let alternatives = self.wishes.iter().zip(&places).map(|(weighed, place)| {
            let mut without = calendar.clone();
            place.iter().for_each(|place| without.free(&self.house, &weighed.wish, place));
            // Who was refused may want to hear of a day beyond what was said to be bearable.
            let flex_days = if place.is_none() { self.house.midnights.len() } else { weighed.wish.flex_days };
            let wish = Wish { flex_days, ..weighed.wish.clone() };
            let mut others = calendar::alternatives(&self.house, &without, &wish);
            others.retain(|other| Some(&other.session) != place.as_ref().map(|p| &p.session));
            others
        });
        Booked { alternatives: alternatives.collect(), places }
    }

    /// Writes the bookings.
    pub(super) fn write(&self, path: &Path, booked: &Booked) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Out {
            bookings: BTreeMap<i64, Shown>,
            alternatives: BTreeMap<i64, Vec<Shown>>,
            cost: u64,
        }
        let out = Out {
            bookings: self
                .names
                .iter()
                .zip(&booked.places)
                .filter_map(|(n, p)| Some((*n, shown(p.as_ref()?))))
                .collect(),
            alternatives: self
                .names
                .iter()
                .zip(&booked.alternatives)
                .map(|(name, others)| (*name, others.iter().map(shown).collect()))
                .collect(),
            cost: batch::cost(&self.wishes, &booked.places),
        };
        let text = serde_json::to_string(&out).expect("numbers always serialise");
        std::fs::write(path, text + "\n")
            .map_err(|e| Failure::could(format!("{} can't be written: {e}", path.display()), "check the folder"))
    }
}

/// Day, start since midnight, studio, operators.
type Shown = (usize, Second, usize, Vec<usize>);

fn shown(place: &Place) -> Shown {
    (place.day, place.session.start - place.day as Second * DAY, place.room, place.operators.clone())
}
