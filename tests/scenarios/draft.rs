//! The scheduling team changes a day's plan by hand: what it may, what it is told where it may not, and that nothing of
//! it is lost.

use chrono::TimeDelta;
use siaran::desk::planning::draft::{EditRefusal, Edited, Wish};
use siaran::desk::planning::{Proposal, WhenEmpty};
use siaran::domain::draft::{Edit, PlayAt};
use siaran::domain::ids::{ChannelId, PersonId};
use siaran::domain::people::Role;
use siaran::domain::playlist::{ItemKind, Playlist};
use siaran::domain::time::{BroadcastDate, Instant};
use siaran::store::{NewPerson, Scope};

use crate::world::{World, letter};

fn channel() -> ChannelId {
    "videotron".parse().unwrap()
}
fn tomorrow() -> BroadcastDate {
    "2026-11-24".parse().unwrap()
}

fn plays(playlist: &Playlist) -> Vec<PlayAt> {
    let clips = playlist.items().iter().filter(|i| i.kind == ItemKind::Clip);
    clips.map(|i| PlayAt { start: i.start, submission: i.submission.as_ref().unwrap().parse().unwrap() }).collect()
}

fn plan(world: &World) -> Proposal {
    world.desk.plan_day(&channel(), tomorrow()).unwrap()
}

fn version(proposal: &Proposal) -> Option<u32> {
    proposal.draft.as_ref().map(|draft| draft.version)
}

/// The scheduler changes what stands on the page.
fn edit(world: &World, by: PersonId, seen: Option<u32>, edit: Edit) -> Edited {
    let wish = Wish { edit, onto: None, slack: TimeDelta::zero() };
    world.desk.edit_draft(by, &channel(), tomorrow(), seen, wish).unwrap()
}

fn taken(edited: Edited) -> Proposal {
    match edited {
        Edited::Taken(_, proposal) => *proposal,
        Edited::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refused(edited: Edited) -> EditRefusal {
    match edited {
        Edited::Refused(refusal) => refusal,
        Edited::Taken(edit, _) => panic!("{edit:?}"),
    }
}

fn clock(at: Instant) -> String {
    (at + TimeDelta::hours(7)).format("%H.%M.%S").to_string()
}

#[test]
fn a_play_that_is_moved_by_hand_is_published_where_it_was_put_and_later_repairs_leave_it_there() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    let before = plan(&world);
    let play = plays(&before.playlist)[3];
    let to = play.start + TimeDelta::minutes(11);
    let after = taken(edit(&world, by, None, Edit::Move { play, to }));
    let moved = PlayAt { start: to, ..play };
    let (was, is) = (plays(&before.playlist), plays(&after.playlist));
    assert!(!is.contains(&play) && is.contains(&moved));
    assert_eq!(was.iter().filter(|p| !is.contains(p)).count(), 1, "no other play moves");
    assert_eq!(plan(&world).playlist, after.playlist, "the plan reads the same each time");
    let published = world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    assert_eq!(plays(&published.proposal.playlist), is);
    assert!(plan(&world).draft.is_none(), "a published draft is done");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let repaired = world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let stands = plays(&repaired.proposal.playlist);
    assert!(is.iter().all(|play| stands.contains(play)) && stands.len() > is.len());
    world.ends();
}

#[test]
fn a_place_that_rules_forbid_is_refused_with_numbers_and_what_is_offered_instead_is_allowed() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    let all = plays(&plan(&world).playlist);
    let to = all[4].start + TimeDelta::seconds(60);
    let refusal = refused(edit(&world, by, None, Edit::Move { play: all[3], to }));
    let said = refusal.text(clock).into_iter().map(|t| t.id).collect::<Vec<_>>().join(" ");
    let at = clock(all[4].start);
    assert_eq!(said, format!("Video yang sama tayang pukul {at}, hanya berjarak 60 detik; jaraknya harus 300 detik."));
    assert!(world.desk.store.read(|r| r.draft(&channel(), tomorrow())).unwrap().is_none());
    let EditRefusal::Hindered { places, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!(places.len(), 3);
    assert_eq!((places[0] - all[4].start).num_seconds(), 300, "the nearest comes first");
    for place in places {
        let proposal = taken(edit(&world, by, version(&plan(&world)), Edit::Move { play: all[3], to: place }));
        assert_eq!(proposal.findings, []);
        world.desk.undo_edit(by, &channel(), tomorrow(), version(&proposal)).unwrap().unwrap();
    }
    world.ends();
}

#[test]
fn two_colleagues_at_one_plan_do_not_overwrite_each_other() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let eka = world.id(Role::Scheduler);
    let person = NewPerson { name: "Fitri".into(), email: "fitri@kab.go.id".into(), office: None };
    let fitri = world.desk.add_person(None, person, &[Role::Scheduler]).unwrap().person;
    let all = plays(&plan(&world).playlist);
    let page = version(&plan(&world));
    let later = |play: PlayAt| Edit::Move { play, to: play.start + TimeDelta::minutes(7) };
    taken(edit(&world, fitri, page, later(all[2])));
    let refusal = refused(edit(&world, eka, page, later(all[7])));
    let said = refusal.text(clock).remove(0);
    assert!(said.id.starts_with("Fitri mengubah rencana ini pukul 08."), "{said:?}");
    let kept = plan(&world);
    assert!(plays(&kept.playlist).contains(&all[7]));
    let both = taken(edit(&world, eka, version(&kept), later(all[7])));
    let state = both.draft.unwrap();
    assert_eq!(state.edits.iter().map(|e| e.edit.by).collect::<Vec<_>>(), [fitri, eka]);
    assert_eq!((state.started.0, state.changed.0), (fitri, eka));
    assert_eq!(state.by_hand.len(), 2);
    world.ends();
}

#[test]
fn changes_are_taken_back_one_by_one_or_thrown_away_and_outlive_the_program() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    let planned = plan(&world).playlist;
    let all = plays(&planned);
    let out = taken(edit(&world, by, None, Edit::Remove { play: all[5] }));
    assert_eq!(out.unplaced[0].1.id, "Ayo ke Posyandu: 11 dari 12 tayangan. 1 dikeluarkan dengan tangan.");
    let back = PlayAt { start: all[5].start + TimeDelta::minutes(4), ..all[5] };
    let added = taken(edit(&world, by, version(&out), Edit::Add { play: back }));
    assert_eq!((plays(&added.playlist).len(), added.unplaced.len()), (12, 0));
    let full = refused(edit(&world, by, version(&added), Edit::Add { play: all[5] }));
    assert!(full.text(clock)[0].id.starts_with("Permohonan ini sudah mendapat 12 tayangan"), "{full:?}");
    let again = world.reopened();
    assert_eq!(again.plan_day(&channel(), tomorrow()).unwrap().playlist, added.playlist);
    let undone = world.desk.undo_edit(by, &channel(), tomorrow(), version(&added)).unwrap().unwrap();
    assert_eq!(undone, Edit::Add { play: back });
    assert_eq!(plan(&world).playlist, out.playlist);
    let seen = version(&plan(&world));
    world.desk.discard_draft(by, &channel(), tomorrow(), seen).unwrap().unwrap();
    assert_eq!(plan(&world).playlist, planned);
    assert_eq!(world.desk.undo_edit(by, &channel(), tomorrow(), None).unwrap(), Err(EditRefusal::NothingToUndo));
    world.ends();
}

#[test]
fn a_change_whose_clip_was_withdrawn_is_shown_and_not_dropped_in_silence() {
    let world = World::new();
    let first = world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let by = world.id(Role::Scheduler);
    let all = plays(&plan(&world).playlist);
    let mine = all.iter().find(|p| p.submission == first.submission).unwrap();
    let moved = taken(edit(&world, by, None, Edit::Remove { play: *mine }));
    let theirs = all.iter().find(|p| p.submission == second.submission).unwrap();
    taken(edit(&world, by, version(&moved), Edit::Remove { play: *theirs }));
    let approval = world.desk.store.read(|r| r.approval_of(first.submission)).unwrap().unwrap();
    world.desk.withdraw(world.id(Role::Head), approval.id, "Nama pejabat salah tulis.").unwrap();
    let state = plan(&world).draft.unwrap();
    assert_eq!(state.edits.iter().map(|e| e.fell.is_empty()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(state.lost.len(), 12, "every play of the withdrawn clip is named");
    let said = &state.edits[0].fell[0].id;
    assert!(said.starts_with("Permohonan itu tidak dapat dijadwalkan pada hari ini"), "{said}");
    world.ends();
}

#[test]
fn a_request_that_becomes_playable_meanwhile_finds_pauses_and_moves_nothing() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    let play = plays(&plan(&world).playlist)[3];
    let to = play.start + TimeDelta::minutes(9);
    let edited = plays(&taken(edit(&world, by, None, Edit::Move { play, to })).playlist);
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let with_both = plan(&world);
    let stands = plays(&with_both.playlist);
    assert!(edited.iter().all(|play| stands.contains(play)));
    assert_eq!(stands.len(), edited.len() + letter().plays_per_day as usize);
    // What joined is changed by hand like the rest, and stays where it is from then on.
    let theirs = *stands.iter().find(|p| p.submission == second.submission).unwrap();
    let to = theirs.start + TimeDelta::minutes(5);
    let after = taken(edit(&world, by, version(&with_both), Edit::Move { play: theirs, to }));
    let still = plays(&after.playlist).into_iter().filter(|p| stands.contains(p)).count();
    assert_eq!(still, stands.len() - 1);
    assert_eq!(plan(&world).playlist, after.playlist);
    world.ends();
}

#[test]
fn plays_of_one_length_trade_places_where_one_is_dropped_on_the_other() {
    let world = World::new();
    let first = world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let by = world.id(Role::Scheduler);
    let all = plays(&plan(&world).playlist);
    let mine = *all.iter().find(|p| p.submission == first.submission).unwrap();
    let theirs = *all.iter().find(|p| p.submission == second.submission).unwrap();
    let wish = Wish {
        edit: Edit::Move { play: mine, to: theirs.start + TimeDelta::seconds(2) },
        onto: Some(theirs),
        slack: TimeDelta::zero(),
    };
    let edited = world.desk.edit_draft(by, &channel(), tomorrow(), None, wish).unwrap();
    let Edited::Taken(Edit::Swap { .. }, proposal) = edited else { panic!("{edited:?}") };
    let stands = plays(&proposal.playlist);
    assert!(
        stands.contains(&PlayAt { start: theirs.start, ..mine })
            && stands.contains(&PlayAt { start: mine.start, ..theirs })
    );
    assert_eq!(proposal.draft.unwrap().by_hand.len(), 2);
    world.ends();
}

#[test]
fn a_plan_that_a_colleague_changed_meanwhile_is_not_published_unseen() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let by = world.id(Role::Scheduler);
    let play = plays(&plan(&world).playlist)[3];
    taken(edit(&world, by, None, Edit::Remove { play }));
    let unseen = world.desk.publish_seen(by, &channel(), tomorrow(), WhenEmpty::Refuse, None).unwrap_err();
    assert_eq!(unseen.refusal().unwrap().0, "changed_since");
    let seen = version(&plan(&world));
    let published = world.desk.publish_seen(by, &channel(), tomorrow(), WhenEmpty::Refuse, seen).unwrap();
    assert_eq!(plays(&published.proposal.playlist).len(), 11);
    world.ends();
}

#[test]
fn each_office_reads_its_own_plays_in_an_announcement_and_staff_read_all() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let second = world.request_of(world.district_sender, b"panen raya");
    world.make_playable(second.case);
    let by = world.id(Role::Scheduler);
    let before = world.desk.announcement(Scope::All, &channel(), tomorrow(), None).unwrap();
    assert!(before.is_none(), "what is not published is not announced");
    world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let told = |scope| world.desk.announcement(scope, &channel(), tomorrow(), None).unwrap().unwrap();
    let own = told(Scope::Office(world.health));
    assert_eq!((told(Scope::All).plays.len(), own.plays.len()), (24, 12));
    assert!(own.plays.iter().all(|play| play.owner == "Dinas Kesehatan"));
    let calendar = siaran::paper::announcement::calendar(&own);
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 12);
    assert!(calendar.contains("\r\nSUMMARY:Ayo ke Posyandu\r\n"), "{calendar}");
    let archive = world.desk.archive(&channel(), tomorrow()).unwrap();
    assert_eq!((archive.len(), archive[0].change.added.len()), (1, 24));
    world.ends();
}

#[test]
fn a_month_at_a_glance_says_what_is_published_what_is_changed_and_what_waits() {
    let world = World::new();
    world.playable_request(b"posyandu");
    let waiting = world.request_of(world.district_sender, b"panen raya");
    world.work();
    let by = world.id(Role::Scheduler);
    world.desk.publish_day(Some(by), &channel(), tomorrow(), WhenEmpty::Refuse).unwrap();
    let day_after = "2026-11-25".parse().unwrap();
    let later = world.desk.plan_day(&channel(), day_after).unwrap();
    let wish = Wish { edit: Edit::Remove { play: plays(&later.playlist)[0] }, onto: None, slack: TimeDelta::zero() };
    world.desk.edit_draft(by, &channel(), day_after, None, wish).unwrap();
    let looks = world.desk.look_ahead(&channel(), tomorrow(), "2026-12-01".parse().unwrap()).unwrap();
    let seen: Vec<_> = looks
        .iter()
        .map(|l| (l.published.is_some(), l.draft.as_ref().map(|d| d.edits), l.plays, l.short, l.waiting))
        .collect();
    assert_eq!(seen[..3], [(true, None, 12, 0, 1), (false, Some(1), 11, 1, 1), (false, None, 12, 0, 1)]);
    assert_eq!(seen[7], (false, None, 0, 0, 0), "nobody asks for the day after the week");
    let admin = world.person(Role::Admin);
    assert!(world.desk.case_file(&admin, waiting.case).is_ok());
    world.ends();
}
