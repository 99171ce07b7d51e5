//! Places for what goes on for a while, page streams and uploads: so many of one person, so many in all. Whoever takes
//! them all holds up no page of anybody else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ids::PersonId;

/// Places of one kind. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Places {
    of_one: usize,
    in_all: usize,
    taken: Arc<Mutex<BTreeMap<PersonId, usize>>>,
}

impl Places {
    pub(super) fn new(of_one: usize, in_all: usize) -> Places {
        Places { of_one, in_all, taken: Arc::default() }
    }

    /// One more place; `None` if there is none.
    pub(super) fn take(&self, person: PersonId) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&person).copied().unwrap_or(0);
        if own >= self.of_one || taken.values().sum::<usize>() >= self.in_all {
            return None;
        }
        taken.insert(person, own + 1);
        Some(Place { places: self.clone(), person })
    }
}

/// A place that is given back when what took it ends, however it ends.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    person: PersonId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_gets_three_places_all_together_twenty_four_and_each_is_given_back() {
        let places = Places::new(3, 24);
        let mut taken: Vec<Place> = (0..3).filter_map(|_| places.take(PersonId(1))).collect();
        assert_eq!(taken.len(), 3);
        assert!(places.take(PersonId(1)).is_none(), "a fourth would hold up the person's other pages");
        taken.pop();
        taken.extend(places.take(PersonId(1)));
        taken.extend((2..100).filter_map(|id| places.take(PersonId(id))));
        assert_eq!(taken.len(), 24);
        drop(taken);
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
