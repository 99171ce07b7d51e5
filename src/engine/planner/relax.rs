//! A day with room to spare: every play at its ideal place, or as near to it as the others let it.

use crate::domain::rotation::{Step, Stretch};

use super::Play;
use super::lane::Day;
use super::sequence::turns;

/// A play that is to be placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub ideal: Step,
    pub length: Step,
    /// How much its distance from the ideal counts, at least 1.
    pub weight: i64,
}

/// Starts for plays in the given order, one after the other inside `room`, each as near to its ideal as the others let
/// it: least squares under the order (isotonic regression by pooling). `None` if they don't fit.
pub(super) fn nearest(wishes: &[Wish], room: Stretch) -> Option<Vec<Step>> {
    /// Plays that touch.
    struct Block {
        weight: i64,
        /// Sum over its plays of weight times where the ideal would put the block's first play.
        moment: i64,
        plays: usize,
    }
    let mut blocks: Vec<Block> = Vec::with_capacity(wishes.len());
    let mut passed = 0;
    for wish in wishes {
        let mut block = Block { weight: wish.weight, moment: wish.weight * (wish.ideal - passed), plays: 1 };
        passed += wish.length;
        while let Some(last) = blocks.pop_if(|last| last.moment / last.weight >= block.moment / block.weight) {
            block.weight += last.weight;
            block.moment += last.moment;
            block.plays += last.plays;
        }
        blocks.push(block);
    }
    let latest = room.end - passed;
    if latest < room.start {
        return None;
    }
    let mut starts = Vec::with_capacity(wishes.len());
    let mut passed = 0;
    for block in blocks {
        let first = (block.moment / block.weight).clamp(room.start, latest);
        for wish in &wishes[starts.len()..starts.len() + block.plays] {
            starts.push(first + passed);
            passed += wish.length;
        }
    }
    Some(starts)
}

/// Every play as near as it can be to its ideal place, in the order of the ideals: for a day with room to spare. `None`
/// if a segment is asked for more than it has.
pub(super) fn relaxed(day: &Day, restart: u32) -> Option<Vec<Play>> {
    let mut wishes: Vec<(usize, Step, usize, Wish)> = Vec::new();
    for (entry, turn) in turns(day, restart).into_iter().enumerate() {
        let length = day.lanes[entry].length;
        for ideal in turn.ideals {
            let segment = day.free.partition_point(|s| s.end <= ideal);
            let weight = ((1 << 20) / turn.period.max(1)).max(1);
            wishes.push((segment, 2 * ideal + length, entry, Wish { ideal, length, weight }));
        }
    }
    wishes.sort_by_key(|(segment, middle, entry, _)| (*segment, *middle, *entry));
    let mut plays = Vec::with_capacity(wishes.len());
    for segment in wishes.chunk_by(|a, b| a.0 == b.0) {
        let entries: Vec<usize> = segment.iter().map(|w| w.2).collect();
        let room = day.free[segment[0].0];
        let wishes: Vec<Wish> = segment.iter().map(|w| w.3).collect();
        let starts = nearest(&wishes, room)?;
        plays.extend(starts.into_iter().zip(entries).map(|(start, entry)| Play { start, entry }));
    }
    Some(plays)
}
