//! Where a request stands, in words: at every step the words say what is true of it, and what can be done.

use siaran::desk::Refusal;
use siaran::desk::intake::Upload;
use siaran::desk::standing::Standing;
use siaran::domain::ids::CaseId;
use siaran::domain::people::Role;
use siaran::domain::submission::LetterDetails;
use siaran::store::MOST_ATTEMPTS;

use crate::world::{World, refusal};

/// What a list says of a request, in Indonesian.
fn stands(world: &World, case: CaseId) -> String {
    let rows = world.desk.cases_with_standings(&world.person(Role::Admin)).unwrap();
    rows.into_iter().find(|(row, _)| row.id == case).map(|(_, state)| state.text().id).unwrap()
}

/// What the newest entry of a person's inbox notes.
fn noted(world: &World, role: Role) -> Option<String> {
    let awaiting = world.desk.inbox(&world.person(role)).unwrap();
    awaiting.last().and_then(|entry| entry.note.as_ref().map(|note| note.id.clone()))
}

#[test]
fn every_step_on_the_way_says_what_is_true_of_it() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    let case = filed.case;
    let mut said = vec![stands(&world, case)];
    world.work();
    said.push(stands(&world, case));
    world.act(Role::Verifier, case, "verify", Some("conforms")).unwrap();
    said.push(stands(&world, case));
    world.act(Role::Head, case, "approve", Some("approved")).unwrap();
    said.push(stands(&world, case));
    world.work();
    said.push(stands(&world, case));
    world.act(Role::Technical, case, "process", Some("playable")).unwrap();
    said.push(stands(&world, case));
    world.act(Role::Scheduler, case, "schedule", None).unwrap();
    said.push(stands(&world, case));
    world.act(Role::Operator, case, "air", None).unwrap();
    said.push(stands(&world, case));
    world.act(Role::Monitor, case, "monitor", None).unwrap();
    said.push(stands(&world, case));
    world.desk.conclude(world.id(Role::Monitor), case, "Tayang baik.").unwrap();
    world.act(Role::Monitor, case, "evaluate", None).unwrap();
    said.push(stands(&world, case));
    assert_eq!(
        said,
        [
            "Berkas sedang diperiksa",
            "Sedang diverifikasi",
            "Menunggu persetujuan Kepala Dinas",
            "Berkas siap tayang sedang dibuat",
            "Menunggu tim teknis",
            "Menunggu penjadwalan",
            "Terjadwal tayang",
            "Sedang dipantau",
            "Menunggu laporan penayangan",
            "Selesai"
        ]
    );
    world.ends();
}

#[test]
fn a_refused_file_is_said_to_be_refused_with_the_reason_and_what_the_office_can_do() {
    let world = World::new();
    let filed = world.request(b"terlalu panjang");
    world.work();
    let file = world.desk.any_case_file(filed.case).unwrap();
    assert_eq!(file.standing(), Standing::FileRefused);
    assert_eq!(stands(&world, filed.case), "Berkas ditolak pemeriksaan");
    assert_eq!(
        noted(&world, Role::Office).unwrap(),
        "Video lebih dari 5 menit. Perbaiki videonya menurut alasan pemeriksaan, \
         lalu unggah berkas lain pada permohonan ini."
    );
    world.ends();
}

#[test]
fn what_the_machine_gave_up_is_nobodys_waiting_and_may_be_tried_again_by_the_technical_team_alone() {
    let world = World::new();
    let filed = world.request(b"macet");
    for _ in 0..MOST_ATTEMPTS {
        world.work();
        world.wait(siaran::store::LEASE * 2);
    }
    assert_eq!(stands(&world, filed.case), "Berkas belum dapat diperiksa");
    let office = world.desk.retry(world.id(Role::Office), filed.submission);
    assert_eq!(refusal(office), Refusal::NeedsRole(Role::Technical));
    world.desk.retry(world.id(Role::Technical), filed.submission).unwrap();
    assert_eq!(stands(&world, filed.case), "Berkas sedang diperiksa");
    let trail = world.desk.store.read(|r| r.audit_latest(1)).unwrap();
    assert!(trail[0].body.contains("work_retried"), "who asked for it is on record: {}", trail[0].body);
    for _ in 0..MOST_ATTEMPTS {
        world.work();
        world.wait(siaran::store::LEASE * 2);
    }
    world.ends();
}

#[test]
fn a_request_that_was_sent_back_refused_or_pulled_says_so() {
    let world = World::new();
    let returned = world.request(b"tanpa logo").case;
    world.work();
    world.act_because(Role::Verifier, returned, "verify", Some("fixable"), Some("Tambahkan logo")).unwrap();
    assert_eq!(stands(&world, returned), "Perlu diperbaiki pemohon");
    let mut bytes = &b"masih panjang"[..];
    let upload = Upload { name: "v2.mp4".into(), declared_bytes: None, bytes: &mut bytes };
    world.wait(chrono::TimeDelta::minutes(1));
    world.desk.revise_request(world.id(Role::Office), returned, None, world.new_request(), Some(upload)).unwrap();
    assert_eq!(stands(&world, returned), "Berkas sedang diperiksa");
    world.work();
    assert_eq!(stands(&world, returned), "Berkas ditolak pemeriksaan");
    let rejected = world.request(b"diskon").case;
    world.work();
    world.act_because(Role::Verifier, rejected, "verify", Some("prohibited"), Some("Iklan")).unwrap();
    assert_eq!(stands(&world, rejected), "Ditolak");
    let pulled = world.playable_request(b"posyandu").case;
    let approval = world.desk.any_case_file(pulled).unwrap().airing().unwrap().approval.clone().unwrap();
    world.desk.withdraw(world.id(Role::Operator), approval.id, "Salah gambar").unwrap();
    assert_eq!(stands(&world, pulled), "Persetujuan dicabut");
    world.ends();
}

#[test]
fn the_verifier_sees_both_lengths_where_clip_and_letter_differ() {
    let world = World::new();
    let request = siaran::desk::intake::NewRequest {
        letter: LetterDetails { play_s: 30, ..crate::world::letter() },
        ..world.new_request()
    };
    let mut bytes = &b"posyandu"[..];
    let upload = Upload { name: "p.mp4".into(), declared_bytes: None, bytes: &mut bytes };
    world.desk.file_request(world.id(Role::Office), request, upload).unwrap();
    world.request(b"posyandu");
    world.work();
    let awaiting = world.desk.inbox(&world.person(Role::Verifier)).unwrap();
    let notes: Vec<_> = awaiting.into_iter().map(|entry| entry.note.map(|note| note.id)).collect();
    let differs = "Surat meminta 30 detik, videonya 15,0 detik. Yang tayang adalah videonya.";
    assert_eq!(notes, [Some(differs.to_owned()), None]);
    world.ends();
}

#[test]
fn a_report_is_not_closed_without_a_conclusion() {
    let world = World::new();
    let case = world.playable_request(b"posyandu").case;
    world.act(Role::Scheduler, case, "schedule", None).unwrap();
    world.act(Role::Operator, case, "air", None).unwrap();
    world.act(Role::Monitor, case, "monitor", None).unwrap();
    assert_eq!(refusal(world.act(Role::Monitor, case, "evaluate", None)), Refusal::ConclusionWanted);
    world.act_because(Role::Monitor, case, "evaluate", None, Some("Gambar dan suara baik.")).unwrap();
    let kept = world.desk.store.read(|r| r.conclusion(case)).unwrap();
    assert_eq!(kept.unwrap().text, "Gambar dan suara baik.");
    world.ends();
}
