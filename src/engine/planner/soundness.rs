//! Whether a day's rules can be kept at all, told before anything is planned: a minimum that separation or windows
//! don't hold, and a part of the day that is promised more than it has.

use crate::domain::rotation::{Rotation, Step, Stretch};
use crate::domain::text::Text;

use super::lane::Day;
use super::reasons::Words;

/// Rules that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleFault {
    /// Fewer plays fit the entry's windows at its separation than it is promised.
    TooFew {
        /// Index into the rotation's entries.
        entry: usize,
        /// Plays that fit.
        fits: u32,
    },
    /// What is promised inside a part of the day is longer than that part's free time (Hall's condition).
    Overfull {
        /// Which part.
        stretch: Stretch,
        /// Its free time.
        free: Step,
        /// What is promised inside it.
        promised: Step,
        /// The entries that are promised it.
        entries: Vec<usize>,
    },
}

/// The faults of a rotation's rules; the narrowest overfull part of the day alone, since wider ones follow from it.
pub fn faults(rotation: &Rotation) -> Vec<RuleFault> {
    let day = Day::new(rotation);
    let entries = || rotation.entries.iter().enumerate();
    let mut faults: Vec<RuleFault> = entries()
        .filter(|(e, entry)| day.lanes[*e].capacity < entry.minimum)
        .map(|(entry, _)| RuleFault::TooFew { entry, fits: day.lanes[entry].capacity })
        .collect();
    let hull = |e: usize| {
        let room = &day.lanes[e].room;
        Some(Stretch { start: room.first()?.start, end: room.last()?.end })
    };
    let promised: Vec<(usize, Stretch, Step)> = entries()
        .filter_map(|(e, entry)| {
            let plays = entry.minimum.min(day.lanes[e].capacity);
            Some((e, hull(e)?, entry.length * i64::from(plays))).filter(|p| p.2 > 0)
        })
        .collect();
    let mut starts: Vec<Step> = promised.iter().map(|p| p.1.start).collect();
    let mut ends: Vec<Step> = promised.iter().map(|p| p.1.end).collect();
    for edges in [&mut starts, &mut ends] {
        edges.sort_unstable();
        edges.dedup();
    }
    let parts = starts.iter().flat_map(|&start| ends.iter().map(move |&end| Stretch { start, end }));
    let overfull = parts.filter(|part| part.length() > 0).filter_map(|stretch| {
        let inside = || promised.iter().filter(|p| stretch.holds(p.1));
        let (free, promised) = (day.free_in(stretch), inside().map(|p| p.2).sum());
        let entries = || inside().map(|p| p.0).collect();
        (promised > free).then(|| RuleFault::Overfull { stretch, free, promised, entries: entries() })
    });
    let narrowest = overfull.min_by_key(|fault| match fault {
        RuleFault::Overfull { stretch, .. } => (stretch.length(), *stretch),
        RuleFault::TooFew { .. } => unreachable!("only overfull parts are compared"),
    });
    faults.extend(narrowest);
    faults
}

impl RuleFault {
    /// The sentence that the scheduling team reads.
    pub fn text(&self, rotation: &Rotation, words: &impl Words) -> Text {
        match self {
            RuleFault::TooFew { entry, fits } => {
                let entry = &rotation.entries[*entry];
                let (title, minimum, apart) = (&entry.title, entry.minimum, words.seconds(entry.separation));
                Text::new(
                    format!(
                        "{title}: dijanjikan paling sedikit {minimum} kali, tetapi jam tayangnya hanya memuat {fits} kali \
                         dengan jarak {apart} detik. Turunkan janjinya, perpendek jaraknya atau longgarkan jamnya."
                    ),
                    format!(
                        "{title}: at least {minimum} plays are promised, but its hours hold only {fits} that are {apart} s \
                         apart. Promise less, shorten the distance or widen its hours."
                    ),
                )
            }
            RuleFault::Overfull { stretch, free, promised, entries } => {
                let (from, to) = (words.time(stretch.start), words.time(stretch.end));
                let (free, promised) = (words.seconds(*free), words.seconds(*promised));
                let titles: Vec<&str> = entries.iter().map(|e| rotation.entries[*e].title.as_str()).collect();
                let titles = titles.join(", ");
                Text::new(
                    format!(
                        "Pukul {from}–{to} hanya punya {free} detik, tetapi {promised} detik sudah dijanjikan ({titles}). \
                         Turunkan salah satu janji atau pindahkan jamnya."
                    ),
                    format!(
                        "{from}–{to} has {free} s, but {promised} s are promised ({titles}). Promise one of them less or \
                         move its hours."
                    ),
                )
            }
        }
    }
}
