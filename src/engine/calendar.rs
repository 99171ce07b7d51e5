//! Booking a studio: a wish in, a place or the conflicts and the nearest alternatives out. Pure; the desk loads what is
//! taken, asks here, and saves, all in one transaction.
//!
//! Everything that a session needs is taken for the occupied stretch, which includes setting up and taking down: the
//! room, each operator within the shift, one piece of each kind of equipment, the channel's live slot. Stretches are
//! half-open whole seconds on one line, so back to back is allowed. For one wish all places are put in order of cost, so
//! that the first free one is the best there is; a batch is arranged by [`batch`].

pub mod batch;
mod words;

use crate::domain::rotation::Stretch;

pub use words::Words;

/// Seconds on the line of time; the desk's line is Unix time, an instance's begins at its first midnight.
pub type Second = i64;

/// Rooms, people and equipment on the days that are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct House {
    /// Sessions start at multiples of this after midnight, seconds, at least 1.
    pub grid: Second,
    /// Midnight of each day, ascending.
    pub midnights: Vec<Second>,
    /// The studios.
    pub rooms: Vec<Room>,
    /// The operators.
    pub operators: Vec<Operator>,
    /// How many there are of each kind of equipment.
    pub stock: Vec<u32>,
    /// How many live slots there are, one per channel.
    pub channels: usize,
}

/// A studio.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// By day; `None`: closed.
    pub open: Vec<Option<Stretch>>,
    /// Seconds before a session that it is occupied.
    pub setup: Second,
    /// Seconds after it.
    pub teardown: Second,
    /// Whose live slot a session takes.
    pub live: Option<usize>,
}

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// By day; `None`: off.
    pub shift: Vec<Option<Stretch>>,
}

/// A session that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Studios that will do, the wanted one first.
    pub rooms: Vec<usize>,
    /// Wanted day.
    pub day: usize,
    /// Wanted start, seconds since that day's midnight.
    pub at: Second,
    /// Seconds that people speak.
    pub length: Second,
    /// Operators that it needs.
    pub operators: usize,
    /// Kinds of equipment of which it takes one piece.
    pub equipment: Vec<usize>,
    /// Days that it may lie away from the wanted one.
    pub flex_days: usize,
    /// First second at which it may start.
    pub earliest: Second,
}

/// Where a session can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which day.
    pub day: usize,
    /// Which studio.
    pub room: usize,
    /// When people speak.
    pub session: Stretch,
    /// With setting up and taking down.
    pub occupied: Stretch,
    /// Distance from the wish: see [`distance`].
    pub cost: u32,
    /// Who operates, ascending.
    pub operators: Vec<usize>,
}

/// Why a session can't be where it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// It would start in the past.
    Past,
    /// It would not start on the grid.
    OffGrid {
        /// The grid, seconds.
        grid: Second,
    },
    /// The studio is closed that day.
    Closed,
    /// It does not lie within opening hours with setting up and taking down.
    OutsideHours {
        /// The hours.
        open: Stretch,
        /// What it would occupy.
        occupied: Stretch,
    },
    /// The room is taken.
    RoomTaken {
        /// For how long, by the first that is in the way.
        by: Stretch,
    },
    /// The channel airs something else live.
    LiveTaken {
        /// For how long.
        by: Stretch,
    },
    /// Too few operators are on shift and free.
    Operators {
        /// How many are on shift for all of it.
        on_shift: usize,
        /// How many of them are free.
        free: usize,
        /// How many are needed.
        wanted: usize,
    },
    /// Every piece of a kind is in use.
    Stock {
        /// Which kind.
        kind: usize,
        /// How many there are.
        there: u32,
    },
}

/// The wish can't be met as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotFree {
    /// Why, all of it.
    pub conflicts: Vec<Conflict>,
    /// Where it could be, the nearest first; different from each other.
    pub alternatives: Vec<Place>,
}

/// Alternatives that are offered: more than people compare are noise.
pub const MOST_ALTERNATIVES: usize = 4;
/// Alternatives of one day and studio lie at least so far apart, seconds.
const APART: Second = 3600;

/// How far a place is from the wish, 1 to 41 plus 8 a day: quarters of an hour, at most ten hours of them, and days.
pub fn distance(wish: &Wish, day: usize, at: Second) -> u32 {
    let quarters = ((at - wish.at).abs() / 900).min(40);
    u32::try_from(1 + quarters).unwrap_or(41) + 8 * u32::try_from(day.abs_diff(wish.day)).unwrap_or(1000)
}

/// What is taken: stretches of each resource, in order of start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    rooms: Vec<Vec<Stretch>>,
    operators: Vec<Vec<Stretch>>,
    stock: Vec<Vec<Stretch>>,
    live: Vec<Vec<Stretch>>,
}

fn insert(into: &mut Vec<Stretch>, stretch: Stretch) {
    let at = into.partition_point(|s| s.start < stretch.start);
    into.insert(at, stretch);
}

fn remove(from: &mut Vec<Stretch>, stretch: Stretch) {
    if let Some(at) = from.iter().position(|s| *s == stretch) {
        from.remove(at);
    }
}

/// The first that shares a second with `stretch`, of stretches that don't overlap each other or may.
fn in_the_way(taken: &[Stretch], stretch: Stretch) -> Option<Stretch> {
    taken.iter().take_while(|s| s.start < stretch.end).find(|s| s.end > stretch.start).copied()
}

/// Most that are in use at one second of `stretch`.
fn in_use(taken: &[Stretch], stretch: Stretch) -> usize {
    let over = || taken.iter().take_while(|s| s.start < stretch.end).filter(|s| s.end > stretch.start);
    // Use rises at starts alone, so that the most is reached at one of them.
    let at = |second: Second| over().filter(|s| s.start <= second && second < s.end).count();
    over().map(|s| at(s.start.max(stretch.start))).max().unwrap_or(0)
}

impl Calendar {
    /// Nothing is taken.
    pub fn new(house: &House) -> Calendar {
        let empty = |n: usize| vec![Vec::new(); n];
        Calendar {
            rooms: empty(house.rooms.len()),
            operators: empty(house.operators.len()),
            stock: empty(house.stock.len()),
            live: empty(house.channels),
        }
    }
    /// The room is taken.
    pub fn take_room(&mut self, room: usize, stretch: Stretch) {
        insert(&mut self.rooms[room], stretch);
    }
    /// The operator is taken.
    pub fn take_operator(&mut self, operator: usize, stretch: Stretch) {
        insert(&mut self.operators[operator], stretch);
    }
    /// A piece of equipment is taken.
    pub fn take_stock(&mut self, kind: usize, stretch: Stretch) {
        insert(&mut self.stock[kind], stretch);
    }
    /// A channel's live slot is taken.
    pub fn take_live(&mut self, channel: usize, stretch: Stretch) {
        insert(&mut self.live[channel], stretch);
    }
    /// A place is taken, with the equipment of its wish.
    pub fn take(&mut self, house: &House, wish: &Wish, place: &Place) {
        self.take_room(place.room, place.occupied);
        place.operators.iter().for_each(|o| self.take_operator(*o, place.occupied));
        wish.equipment.iter().for_each(|kind| self.take_stock(*kind, place.occupied));
        if let Some(channel) = house.rooms[place.room].live {
            self.take_live(channel, place.occupied);
        }
    }
    /// A place that was taken is free again.
    pub fn free(&mut self, house: &House, wish: &Wish, place: &Place) {
        remove(&mut self.rooms[place.room], place.occupied);
        place.operators.iter().for_each(|o| remove(&mut self.operators[*o], place.occupied));
        wish.equipment.iter().for_each(|kind| remove(&mut self.stock[*kind], place.occupied));
        if let Some(channel) = house.rooms[place.room].live {
            remove(&mut self.live[channel], place.occupied);
        }
    }

    fn room_free(&self, house: &House, room: usize, occupied: Stretch) -> bool {
        let live = house.rooms[room].live.is_none_or(|channel| in_the_way(&self.live[channel], occupied).is_none());
        live && in_the_way(&self.rooms[room], occupied).is_none()
    }
    fn stock_free(&self, house: &House, kind: usize, occupied: Stretch) -> bool {
        in_use(&self.stock[kind], occupied) < house.stock[kind] as usize
    }
    fn operator_free(&self, operator: usize, occupied: Stretch) -> bool {
        in_the_way(&self.operators[operator], occupied).is_none()
    }
}

fn covers(outer: Option<Stretch>, inner: Stretch) -> bool {
    outer.is_some_and(|outer| outer.start <= inner.start && inner.end <= outer.end)
}

/// Whether hours cover a stretch around a day's sessions: those of the day, of the day before that run over midnight, and
/// of the next; hours that begin as others end are one.
fn covered(hours: &[Option<Stretch>], day: usize, inner: Stretch) -> bool {
    let first = day.saturating_sub(1);
    let mut reached: Option<Stretch> = None;
    hours.iter().skip(first).take(day + 2 - first).flatten().any(|open| {
        let joined = reached.filter(|so_far| open.start <= so_far.end);
        let joined = joined.map(|so_far| Stretch { start: so_far.start, end: so_far.end.max(open.end) });
        reached = Some(joined.unwrap_or(*open));
        covers(reached, inner)
    })
}

fn on_shift(house: &House, day: usize, occupied: Stretch) -> impl Iterator<Item = usize> {
    let works = move |o: &Operator| covered(&o.shift, day, occupied);
    house.operators.iter().enumerate().filter(move |(_, o)| works(o)).map(|(n, _)| n)
}

/// Operators who work throughout a stretch of a day and have nothing else in it.
pub fn free_operators(house: &House, calendar: &Calendar, day: usize, occupied: Stretch) -> Vec<usize> {
    on_shift(house, day, occupied).filter(|operator| calendar.operator_free(*operator, occupied)).collect()
}

/// A start within opening hours, whatever is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    cost: u32,
    day: usize,
    start: Second,
    /// Place of the room in the wish's list.
    choice: usize,
}

/// Every start within opening hours, the nearest first.
fn candidates(house: &House, wish: &Wish) -> Vec<Candidate> {
    let mut found = Vec::new();
    let first = wish.day.saturating_sub(wish.flex_days);
    let last = (wish.day + wish.flex_days).min(house.midnights.len().saturating_sub(1));
    for day in first..=last {
        for (choice, room) in wish.rooms.iter().map(|room| &house.rooms[*room]).enumerate() {
            let Some(open) = room.open.get(day).copied().flatten() else { continue };
            let midnight = house.midnights[day];
            let from = (open.start + room.setup).max(wish.earliest) - midnight;
            let until = open.end - room.teardown - wish.length - midnight;
            let mut at = from.div_euclid(house.grid) * house.grid;
            at += if at < from { house.grid } else { 0 };
            while at <= until {
                found.push(Candidate { cost: distance(wish, day, at), day, start: midnight + at, choice });
                at += house.grid;
            }
        }
    }
    found.sort_unstable();
    found
}

/// The place at a candidate, if everything that it needs is free.
fn place_at(house: &House, calendar: &Calendar, wish: &Wish, at: Candidate) -> Option<Place> {
    let room = wish.rooms[at.choice];
    let session = Stretch { start: at.start, end: at.start + wish.length };
    let occupied = occupied(&house.rooms[room], session);
    let free = calendar.room_free(house, room, occupied)
        && wish.equipment.iter().all(|kind| calendar.stock_free(house, *kind, occupied));
    if !free {
        return None;
    }
    let mut operators = free_operators(house, calendar, at.day, occupied);
    if operators.len() < wish.operators {
        return None;
    }
    // Whoever has the fewest sessions goes first, so that work is shared.
    operators.sort_by_key(|o| (calendar.operators[*o].len(), *o));
    operators.truncate(wish.operators);
    operators.sort_unstable();
    Some(Place { day: at.day, room, session, occupied, cost: at.cost, operators })
}

fn occupied(room: &Room, session: Stretch) -> Stretch {
    Stretch { start: session.start - room.setup, end: session.end + room.teardown }
}

/// Free places for a wish, the nearest first: the first is the best there is.
pub fn places<'a>(house: &'a House, calendar: &'a Calendar, wish: &'a Wish) -> impl Iterator<Item = Place> + 'a {
    candidates(house, wish).into_iter().filter_map(move |at| place_at(house, calendar, wish, at))
}

/// The nearest free places that differ: of one day and studio they lie an hour apart.
pub fn alternatives(house: &House, calendar: &Calendar, wish: &Wish) -> Vec<Place> {
    let mut offered: Vec<Place> = Vec::new();
    for place in places(house, calendar, wish) {
        let near = |o: &Place| {
            o.day == place.day && o.room == place.room && (o.session.start - place.session.start).abs() < APART
        };
        if !offered.iter().any(near) {
            offered.push(place);
            if offered.len() == MOST_ALTERNATIVES {
                break;
            }
        }
    }
    offered
}

/// The place exactly as it is wished, in the first of its rooms.
///
/// # Errors
/// [`NotFree`] says why not, and offers the nearest that are.
pub fn request(house: &House, calendar: &Calendar, wish: &Wish) -> Result<Place, NotFree> {
    let conflicts = conflicts(house, calendar, wish);
    let exact = Candidate { cost: 1, day: wish.day, start: house.midnights[wish.day] + wish.at, choice: 0 };
    match place_at(house, calendar, wish, exact) {
        Some(place) if conflicts.is_empty() => Ok(place),
        _ => Err(NotFree { conflicts, alternatives: alternatives(house, calendar, wish) }),
    }
}

/// What stands against a wish as it is, in the first of its rooms; empty if nothing does.
pub fn conflicts(house: &House, calendar: &Calendar, wish: &Wish) -> Vec<Conflict> {
    let mut found = Vec::new();
    let room = wish.rooms[0];
    let start = house.midnights[wish.day] + wish.at;
    let occupied = occupied(&house.rooms[room], Stretch { start, end: start + wish.length });
    if start < wish.earliest {
        found.push(Conflict::Past);
    }
    if wish.at.rem_euclid(house.grid) != 0 {
        found.push(Conflict::OffGrid { grid: house.grid });
    }
    match house.rooms[room].open.get(wish.day).copied().flatten() {
        _ if covered(&house.rooms[room].open, wish.day, occupied) => {}
        None => found.push(Conflict::Closed),
        Some(open) => found.push(Conflict::OutsideHours { open, occupied }),
    }
    if let Some(by) = in_the_way(&calendar.rooms[room], occupied) {
        found.push(Conflict::RoomTaken { by });
    } else if let Some(by) = house.rooms[room].live.and_then(|c| in_the_way(&calendar.live[c], occupied)) {
        found.push(Conflict::LiveTaken { by });
    }
    let shift: Vec<usize> = on_shift(house, wish.day, occupied).collect();
    let free = shift.iter().filter(|o| calendar.operator_free(**o, occupied)).count();
    if free < wish.operators {
        found.push(Conflict::Operators { on_shift: shift.len(), free, wanted: wish.operators });
    }
    for kind in wish.equipment.iter().filter(|kind| !calendar.stock_free(house, **kind, occupied)) {
        found.push(Conflict::Stock { kind: *kind, there: house.stock[*kind] });
    }
    found
}

#[cfg(test)]
#[path = "calendar/tests.rs"]
mod tests;
