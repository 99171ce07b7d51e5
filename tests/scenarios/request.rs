//! From an office's upload to a clip that can be planned, and every way in which it may not come to that.

use chrono::TimeDelta;
use siaran::desk::review::WantedAct;
use siaran::desk::{Refusal, intake::Upload};
use siaran::domain::asset::Framing;
use siaran::domain::people::Role;
use siaran::domain::submission::CheckPoint;
use siaran::domain::time::Span;
use siaran::engine::procedure::Refused;
use siaran::store::{JobState, LEASE, MOST_ATTEMPTS};

use crate::world::{BreaksOff, World, refusal};

#[test]
fn a_request_goes_from_the_upload_to_a_clip_that_can_be_planned() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    assert_eq!(world.step(filed.case), "submit", "the file is not inspected yet");
    world.work();
    assert_eq!(world.inbox(world.id(Role::Verifier)), ["Verifikasi: Ayo ke Posyandu"]);
    world.act(Role::Verifier, filed.case, "verify", Some("conforms")).unwrap();
    assert_eq!(world.inbox(world.id(Role::Head)), ["Setujui dan tanda tangani: Ayo ke Posyandu"]);
    let approved = world.act(Role::Head, filed.case, "approve", Some("approved")).unwrap();
    assert!(approved.approval.is_some());
    let early = world.act(Role::Technical, filed.case, "process", Some("playable"));
    assert!(matches!(refusal(early), Refusal::Procedure(Refused::Gate { .. })));
    world.work();
    world.act(Role::Technical, filed.case, "process", Some("playable")).unwrap();

    let file = world.desk.case_file(&world.person(Role::Office), filed.case).unwrap();
    let (approval, clip) =
        (file.airing().unwrap().approval.clone().unwrap(), file.airing().unwrap().clip.clone().unwrap());
    assert_eq!(file.row.agenda_number.as_deref(), Some("0001/2026"));
    assert_eq!(approval.number, "001/PERSETUJUAN/2026");
    assert_eq!(approval.original, file.airing().unwrap().submissions[0].original.sha256);
    assert_eq!(file.airing().unwrap().submissions[0].original.name, "posyandu.mp4");
    assert_eq!(world.files("house"), [format!("{}.mp4", clip.clip.sha256)]);
    let week = approval.validity;
    assert_eq!(week.length(), TimeDelta::days(7));
    let videotron = "videotron".parse().unwrap();
    let plannable = |span| world.desk.store.read(|r| r.playable(&videotron, span)).unwrap();
    assert_eq!(plannable(week)[0].asset.clip, clip.clip);
    assert_eq!(plannable(Span::new(week.end(), week.end() + TimeDelta::days(1)).unwrap()), []);
    assert_eq!(world.inbox(world.id(Role::Scheduler)), ["Jadwalkan: Ayo ke Posyandu"]);
    world.ends();
}

#[test]
fn the_verifier_finds_a_small_copy_to_look_at_and_a_refused_file_gets_none() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let file = world.desk.case_file(&world.person(Role::Verifier), filed.case).unwrap();
    let copy = world.desk.library.preview(file.airing().unwrap().newest().original.sha256);
    assert_eq!(std::fs::read(copy).unwrap(), b"small copy of posyandu");
    world.request(b"terlalu panjang");
    world.request(b"posyandu");
    world.work();
    let looks =
        [".mp4", ".poster.jpg"].map(|ending| format!("{}{ending}", file.airing().unwrap().newest().original.sha256));
    assert_eq!(world.files("preview"), looks);
    world.ends();
}

#[test]
fn the_verifier_chooses_how_an_odd_shape_fills_the_wall_and_sees_it_before_it_is_approved() {
    let world = World::new();
    let square = world.request(b"persegi");
    let other = world.request(b"persegi");
    world.work();
    let verifier = world.person(Role::Verifier);
    let seen = |case| {
        let file = world.desk.case_file(&verifier, case).unwrap();
        std::fs::read_to_string(world.desk.library.preview(file.airing().unwrap().newest().framed())).unwrap()
    };
    assert_eq!(seen(square.case), "small copy of persegi");
    let version = world.desk.case_file(&verifier, square.case).unwrap().row.version;
    let choose = |role, version| world.desk.choose_framing(world.id(role), square.case, version, Framing::Fill);
    assert!(matches!(refusal(choose(Role::Office, version)), Refusal::Procedure(_)), "an office does not verify");
    assert_eq!(refusal(choose(Role::Verifier, version + 1)), Refusal::Procedure(Refused::Changed));
    choose(Role::Verifier, version).unwrap();
    world.work();
    assert_eq!(seen(square.case), "small copy of persegi, fill");
    assert_eq!(seen(other.case), "small copy of persegi", "another request with the same file is as it was");

    let recipes = [square.case, other.case].map(|case| {
        world.act(Role::Verifier, case, "verify", Some("conforms")).unwrap();
        world.act(Role::Head, case, "approve", Some("approved")).unwrap();
        world.desk.case_file(&verifier, case).unwrap().airing().unwrap().approval.clone().unwrap().recipe
    });
    assert_ne!(recipes[0], recipes[1], "what is approved binds the choice");
    assert_eq!(refusal(choose(Role::Verifier, version)), Refusal::Procedure(Refused::Changed));
    world.work();
    world.ends();
}

#[test]
fn a_case_goes_on_when_no_small_copy_can_be_made_and_the_technical_team_is_told() {
    let world = World::new();
    let filed = world.request(b"gambar buram");
    world.work();
    assert_eq!(world.inbox(world.id(Role::Verifier)), ["Verifikasi: Ayo ke Posyandu"]);
    let news = &world.announced(world.id(Role::Technical))[0];
    assert_eq!(news, "Pengolahan berkas permohonan 1 gagal: no small copy could be made");
    let file = world.desk.case_file(&world.person(Role::Verifier), filed.case).unwrap();
    assert_eq!(file.airing().unwrap().preview_job.clone().unwrap().state, JobState::Failed);
    assert_eq!(world.files("preview"), Vec::<String>::new());
    world.ends();
}

#[test]
fn an_office_reads_why_the_verifier_refused() {
    let world = World::new();
    let filed = world.request(b"diskon besar");
    world.work();
    let done = world.act_because(Role::Verifier, filed.case, "verify", Some("prohibited"), Some("Ini iklan toko"));
    assert_eq!(done.unwrap().done.outcome.unwrap().as_str(), "rejected");
    let news = &world.announced(world.id(Role::Office))[0];
    assert_eq!(news, "Permohonan 1 (Ayo ke Posyandu) ditolak pada langkah Verifikasi: Ini iklan toko");
    assert_eq!(refusal(world.act(Role::Head, filed.case, "approve", None)), Refusal::Procedure(Refused::Ended));
    world.ends();
}

#[test]
fn a_returned_request_is_mended_by_its_office_and_judged_again() {
    let world = World::new();
    let filed = world.request(b"tanpa logo");
    world.work();
    world.act_because(Role::Verifier, filed.case, "verify", Some("fixable"), Some("Tambahkan logo")).unwrap();
    let office = world.id(Role::Office);
    assert_eq!(world.inbox(office), ["Perbaiki permohonan: Ayo ke Posyandu"]);
    let mut bytes = &b"dengan logo"[..];
    let upload = Upload { name: "v2.mp4".into(), declared_bytes: None, bytes: &mut bytes };
    world.desk.revise_request(office, filed.case, None, world.new_request(), Some(upload)).unwrap();
    world.work();
    assert_eq!(world.step(filed.case), "verify");
    let file = world.desk.case_file(&world.person(Role::Verifier), filed.case).unwrap();
    let names: Vec<_> =
        file.airing().unwrap().submissions.iter().map(|s| (s.revision, s.original.name.as_str())).collect();
    assert_eq!(names, [(1, "posyandu.mp4"), (2, "v2.mp4")]);
    assert_eq!(file.airing().unwrap().checklist.clone(), None, "what was checked before was another file");
    world.ends();
}

#[test]
fn a_file_that_can_not_air_waits_at_its_office_with_the_reason_until_another_one_comes() {
    let world = World::new();
    let filed = world.request(b"terlalu panjang");
    world.work();
    assert_eq!(world.step(filed.case), "submit");
    let office = world.id(Role::Office);
    let news = &world.announced(office)[0];
    assert_eq!(news, "Ayo ke Posyandu: Video lebih dari 5 menit. Unggah berkas lain pada permohonan itu.");
    let missing = world.act(Role::Office, filed.case, "submit", None);
    assert!(matches!(refusal(missing), Refusal::Procedure(Refused::Missing { .. })));
    let mut bytes = &b"singkat"[..];
    let upload = Upload { name: "b.mp4".into(), declared_bytes: None, bytes: &mut bytes };
    world.desk.revise_request(office, filed.case, None, world.new_request(), Some(upload)).unwrap();
    world.work();
    assert_eq!(world.step(filed.case), "verify");
    world.ends();
}

#[test]
fn an_office_sees_only_its_own_requests() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let other = world.person_of(world.district_sender);
    assert_eq!(world.desk.cases(&other).unwrap(), []);
    let looked = refusal(world.desk.case_file(&other, filed.case));
    let never_was = refusal(world.desk.case_file(&other, siaran::domain::ids::CaseId(99)));
    assert_eq!(looked, never_was, "another office's request looks as if it were not there");
    let wanted = WantedAct { step: "verify".into(), ..WantedAct::default() };
    assert_eq!(refusal(world.desk.act(other.id, filed.case, wanted)), looked);
    world.ends();
}

#[test]
fn an_upload_that_breaks_off_leaves_no_file_no_request_and_no_room_taken() {
    let world = World::new();
    let office = world.id(Role::Office);
    assert_eq!(refusal(world.try_request(office, &mut BreaksOff(700_000), None)), Refusal::BrokeOff);
    assert_eq!(refusal(world.try_request(office, &mut &b"short"[..], Some(9))), Refusal::BrokeOff);
    assert_eq!(world.files("inbox"), Vec::<String>::new());
    assert_eq!(world.desk.cases(&world.person(Role::Admin)).unwrap(), []);
    assert_eq!(world.desk.store.read(|r| r.bytes_kept(world.health)).unwrap(), 0);
    world.ends();
}

#[test]
fn what_a_killed_server_left_half_is_swept_at_the_next_start() {
    let world = World::new();
    let kept = world.request(b"posyandu");
    let (health, now) = (world.health, world.desk.now());
    // A kill in mid-upload: room is kept, half a file is there, nobody holds its lock.
    world.desk.store.write(move |tx| tx.reserve_upload("gone", health, 1 << 30, now)).unwrap();
    std::fs::write(world.home().join("media/inbox/gone.part"), b"half").unwrap();
    // A kill between the file and its row.
    std::fs::write(world.home().join("media/inbox").join("ab".repeat(32)), b"whole, but nobody's").unwrap();
    let swept = world.desk.sweep().unwrap();
    assert_eq!(swept, ["ab".repeat(32), "gone.part".into()]);
    assert_eq!(world.files("inbox").len(), 1);
    world.work();
    assert_eq!(world.step(kept.case), "verify");
    world.ends();
}

#[test]
fn two_who_approve_at_once_give_one_approval() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    world.act(Role::Verifier, filed.case, "verify", Some("conforms")).unwrap();
    let seen = world.desk.case_file(&world.person(Role::Head), filed.case).unwrap().row.version;
    let wanted = WantedAct {
        step: "approve".into(),
        choice: Some("approved".into()),
        version: Some(seen),
        ..WantedAct::default()
    };
    let (desk, head) = (&world.desk, world.id(Role::Head));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..2).map(|_| scope.spawn(|| desk.act(head, filed.case, wanted.clone()))).collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    let (given, told): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(given.len(), 1);
    assert_eq!(refusal(told.into_iter().next().unwrap()), Refusal::Procedure(Refused::Changed));
    let approvals = desk.store.read(|r| r.approvals_of(siaran::store::Scope::All, filed.case)).unwrap();
    assert_eq!(approvals.len(), 1);
    world.work();
    assert_eq!(*world.media.conformed.lock().unwrap(), 1);
    world.ends();
}

#[test]
fn a_verifier_confirms_every_point_or_says_what_is_wrong() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let points = CheckPoint::ALL.into_iter().map(|p| (p, p != CheckPoint::NoSara)).collect();
    let wanted = WantedAct {
        step: "verify".into(),
        choice: Some("conforms".into()),
        checklist: Some(points),
        ..WantedAct::default()
    };
    let refused = refusal(world.desk.act(world.id(Role::Verifier), filed.case, wanted));
    assert_eq!(refused, Refusal::Checklist { open: vec![CheckPoint::NoSara] });
    world.ends();
}

#[test]
fn a_revoked_approval_takes_its_clip_from_the_plannable_at_once() {
    let world = World::new();
    let filed = world.playable_request(b"posyandu");
    let file = world.desk.case_file(&world.person(Role::Admin), filed.case).unwrap();
    let approval = file.airing().unwrap().approval.clone().unwrap();
    let videotron = "videotron".parse().unwrap();
    let plannable = || world.desk.store.read(|r| r.playable(&videotron, approval.validity)).unwrap().len();
    assert_eq!(plannable(), 1);
    let verifier = world.id(Role::Verifier);
    assert_eq!(refusal(world.desk.revoke_approval(verifier, approval.id, "salah")), Refusal::NeedsRole(Role::Head));
    world.desk.revoke_approval(world.id(Role::Operator), approval.id, "nama pejabat salah").unwrap();
    assert_eq!(plannable(), 0);
    let news = &world.announced(world.id(Role::Office))[0];
    assert_eq!(news, "Persetujuan 001/PERSETUJUAN/2026 dicabut: nama pejabat salah");
    world.ends();
}

#[test]
fn an_unusable_source_goes_back_to_its_office_and_the_old_word_goes_with_it() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    world.act(Role::Verifier, filed.case, "verify", Some("conforms")).unwrap();
    world.act(Role::Head, filed.case, "approve", Some("approved")).unwrap();
    world.work();
    let back = Some("gambar pecah");
    world.act_because(Role::Technical, filed.case, "process", Some("source-unusable"), back).unwrap();
    assert_eq!(world.step(filed.case), "revise");
    let file = world.desk.case_file(&world.person(Role::Office), filed.case).unwrap();
    assert_eq!(file.airing().unwrap().approval.clone().unwrap().revoked.unwrap().1, "gambar pecah");
    world.ends();
}

#[test]
fn work_that_a_kill_interrupted_is_taken_up_again_and_given_up_only_after_three_attempts() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    let now = world.desk.now();
    // Someone takes the job and is killed.
    assert!(world.desk.store.write(move |tx| tx.take_job(None, now)).unwrap().is_some());
    assert!(world.desk.work(&world.media, None).unwrap().is_none(), "its lease still runs");
    world.wait(LEASE);
    world.work();
    assert_eq!(world.step(filed.case), "verify");

    let broken = world.request(b"macet");
    let attempts = std::iter::from_fn(|| world.desk.work(&world.media, None).unwrap());
    let states: Vec<_> = attempts.map(|w| w.state).collect();
    assert_eq!(states, [JobState::Waiting, JobState::Waiting, JobState::Failed]);
    assert_eq!(states.len(), MOST_ATTEMPTS as usize);
    let news = &world.announced(world.id(Role::Technical))[0];
    assert_eq!(news, "Pengolahan berkas permohonan 2 gagal: the decoder could not be started");
    assert_eq!(world.step(broken.case), "submit");
    world.ends();
}

#[test]
fn a_letter_that_can_not_be_and_an_office_without_room_are_told_before_a_byte_is_kept() {
    let world = World::new();
    let office = world.id(Role::Office);
    let mut request = world.new_request();
    request.letter.plays_per_day = 0;
    let mut bytes = &b"x"[..];
    let upload = Upload { name: "x".into(), declared_bytes: None, bytes: &mut bytes };
    let refused = refusal(world.desk.file_request(office, request, upload));
    assert_eq!(refused.text().id, "plays_per_day: Isi angka 1 sampai 500.");
    let small = siaran::store::NewOffice {
        quota_bytes: 4,
        ..siaran::store::NewOffice::usual("Desa Kecil", siaran::domain::people::OpdGroup::Village)
    };
    let village = world.desk.add_office(None, small).unwrap();
    let person = siaran::store::NewPerson { name: "Kaur".into(), email: "desa@x".into(), office: Some(village) };
    let sender = world.desk.add_person(None, person, &[Role::Office]).unwrap().person;
    let refused = refusal(world.try_request(sender, &mut &b"12345"[..], Some(5)));
    assert_eq!(refused, Refusal::NoRoom { left_bytes: 4 });
    let refused = refusal(world.try_request(sender, &mut &b"12345"[..], None));
    assert_eq!(refused, Refusal::NoRoom { left_bytes: 4 }, "also where the browser does not say how much it sends");
    assert!(refused.text().id.starts_with("Ruang simpan instansi Anda penuh"));
    assert_eq!(world.files("inbox"), Vec::<String>::new());
    world.try_request(sender, &mut &b"1234"[..], Some(4)).unwrap();
    assert_eq!(refusal(world.try_request(sender, &mut &b"5"[..], None)), Refusal::NoRoom { left_bytes: 0 });
    world.desk.give_room(Some(world.id(Role::Admin)), village, 5).unwrap();
    world.try_request(sender, &mut &b"5"[..], None).unwrap();
    world.work();
    world.ends();
}

#[test]
fn a_clip_that_was_here_before_is_shown_to_the_verifier_beside_what_became_of_it() {
    let world = World::new();
    let first = world.request(b"kembar dari kamera");
    world.work();
    world.act_because(Role::Verifier, first.case, "verify", Some("prohibited"), Some("Ini iklan toko")).unwrap();
    let encoded = world.request(b"kembar lewat WhatsApp");
    let same = world.request(b"kembar dari kamera");
    let other = world.request(b"posyandu");
    world.work();
    let verifier = world.person(Role::Verifier);
    let alikes = |case| world.desk.case_file(&verifier, case).unwrap().airing().unwrap().alikes.clone();
    let told: Vec<_> = alikes(same.case).iter().map(|(row, _)| (row.case, row.same_file, row.percent)).collect();
    assert_eq!(told, [(first.case, true, 100), (encoded.case, false, 100)], "the very same file first");
    assert_eq!(alikes(encoded.case)[0].0.title, "Ayo ke Posyandu");
    assert_eq!(alikes(encoded.case)[0].1.text().id, "Ditolak");
    assert_eq!((alikes(first.case).len(), alikes(other.case).len()), (0, 0));
    let office = world.desk.case_file(&world.person(Role::Office), same.case).unwrap();
    assert_eq!(office.airing().unwrap().alikes.clone(), [], "what others sent is no office's business");
    assert_eq!(
        (office.airing().unwrap().timeline.clone().unwrap().marks.len(), office.airing().unwrap().stills.clone()),
        (1, vec![2000])
    );
    let still = world.desk.still(office.airing().unwrap().submissions[0].id, 2000).unwrap();
    assert_eq!(still.as_deref(), Some(&b"a still"[..]));
    world.ends();
}

#[test]
fn a_clip_that_becomes_the_same_house_file_in_another_way_is_playable_too() {
    let world = World::new();
    let first = world.playable_request(b"posyandu");
    let mut longer = world.new_request();
    longer.letter.play_s = 30;
    let upload = Upload { name: "posyandu.mp4".into(), declared_bytes: None, bytes: &mut &b"posyandu"[..] };
    let second = world.desk.file_request(world.id(Role::Office), longer, upload).unwrap();
    world.make_playable(second.case);
    let clip = |case| world.desk.any_case_file(case).unwrap().airing().unwrap().clip.clone().unwrap();
    assert_eq!(clip(first.case).clip.sha256, clip(second.case).clip.sha256, "there is one file");
    assert_ne!(clip(first.case).recipe, clip(second.case).recipe, "made in two ways");
    assert_eq!((world.step(first.case).as_str(), world.step(second.case).as_str()), ("schedule", "schedule"));
    world.ends();
}
