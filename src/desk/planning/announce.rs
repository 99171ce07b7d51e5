//! What people are told of a new revision.

use std::collections::BTreeMap;

use crate::domain::ids::{CaseId, OpdId};
use crate::domain::people::Role;
use crate::domain::playlist::PlaylistItem;
use crate::domain::text::{Lang, Text, date_in_words};
use crate::store::{Addressee, Announcement};

use super::Proposal;

/// Who is told what: each office about its own plays, the operators and the monitoring team about the day.
pub(super) fn announcements(proposal: &Proposal) -> Vec<Announcement> {
    let head = proposal.playlist.head();
    let day = |lang| date_in_words(head.date, lang);
    let clock = |item: &PlaylistItem| head.zone.local(item.start).format("%H.%M").to_string();
    let mut by_case: BTreeMap<(CaseId, OpdId), (Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut told = |item: &PlaylistItem, id: String, en: String| {
        if let Some(case) = item.submission.as_ref().and_then(|s| proposal.cases.get(s)) {
            let lines = by_case.entry(*case).or_default();
            lines.0.push(id);
            lines.1.push(en);
        }
    };
    let change = &proposal.difference;
    for item in &change.added {
        told(item, format!("tayang pukul {}", clock(item)), format!("airs at {}", clock(item)));
    }
    for (was, now) in &change.moved {
        told(
            now,
            format!("pindah dari {} ke {}", clock(was), clock(now)),
            format!("moves from {} to {}", clock(was), clock(now)),
        );
    }
    for item in &change.removed {
        told(item, format!("tidak jadi tayang pukul {}", clock(item)), format!("no longer airs at {}", clock(item)));
    }
    let mut letters: Vec<Announcement> = by_case
        .into_iter()
        .map(|((case, office), (id, en))| Announcement {
            to: Addressee::Office(office),
            case: Some(case),
            subject: Text::new(
                format!("Jadwal tayang {}, revisi {}", day(Lang::Id), head.revision),
                format!("Airing times for {}, revision {}", day(Lang::En), head.revision),
            ),
            body: Text::new(id.join("; ") + ".", en.join("; ") + "."),
        })
        .collect();
    for role in [Role::Operator, Role::Monitor] {
        letters.push(Announcement {
            to: Addressee::Role(role),
            case: None,
            subject: Text::new(
                format!("Jadwal {} {} revisi {} terbit", head.channel, day(Lang::Id), head.revision),
                format!("Playlist {} {} revision {} is published", head.channel, day(Lang::En), head.revision),
            ),
            body: Text::new(
                format!(
                    "{} tayangan baru, {} pindah, {} dihapus, {} tetap.",
                    change.added.len(),
                    change.moved.len(),
                    change.removed.len(),
                    change.unchanged
                ),
                format!(
                    "{} plays new, {} moved, {} removed, {} unchanged.",
                    change.added.len(),
                    change.moved.len(),
                    change.removed.len(),
                    change.unchanged
                ),
            ),
        });
    }
    letters
}
