//! The counter: a letter and a flash disk come in, a receipt goes out, and paper is kept beside the request.

use axum::http::{StatusCode, header};
use siaran::desk::intake::{Filed, NewRequest, Upload};
use siaran::desk::planning::WhenEmpty;
use siaran::domain::audit::AuditKind;
use siaran::domain::people::Role;
use siaran::domain::playlist::ItemKind;
use siaran::files::letters;
use siaran::store::Scope;

use crate::pages::{Answer, Pages};
use crate::world::World;

const SCAN: &[u8] = b"%PDF-1.7 a letter with a stamp";

/// The registry enters what Dinas Kesehatan brought.
fn entered(world: &World) -> Filed {
    let request = NewRequest { office: Some(world.health), ..world.new_request() };
    let mut clip = &b"posyandu"[..];
    let upload = Upload { name: "posyandu.mp4".into(), declared_bytes: None, bytes: &mut clip };
    world.desk.file_request(world.id(Role::Registry), request, upload).unwrap()
}

#[test]
fn whoever_brings_a_letter_leaves_with_a_receipt_and_the_office_reads_it_from_its_desk() {
    let world = World::new();
    let case = entered(&world).case;
    let (pages, registry) = (Pages::of(&world), world.id(Role::Registry));
    let page = pages.ask(Some(registry), &format!("/requests/{case}/paper")).words();
    assert!(page.contains("Belum ada tanda terima") && page.contains("Buat dan cetak"), "{page}");

    let nobody = pages.fill(registry, &format!("/requests/{case}/receipts"), "bearer=&brought=surat");
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.words().contains("Isi satu baris") && nobody.words().contains("value=\"surat\""), "nothing is lost");

    let brought = "bearer=Siti+Aminah&brought=surat+2+lembar+dan+satu+flash+disk";
    let given = pages.fill(registry, &format!("/requests/{case}/receipts"), brought);
    let printed = given.headers[header::LOCATION].to_str().unwrap().to_owned();
    let receipt = pages.ask(Some(registry), &printed).words();
    assert!(receipt.contains("0001/TT/2026") && receipt.contains("Siti Aminah"), "{receipt}");
    assert!(receipt.contains("Senin, 23 November 2026 pukul 08.00 WIB"), "{receipt}");
    assert_eq!(
        pages.ask(Some(registry), &format!("{printed}/receipt.pdf")).headers[header::CONTENT_TYPE],
        "application/pdf"
    );

    // The office sees its own; another office finds nothing, and nobody but the counter gives one.
    let office = world.id(Role::Office);
    assert!(pages.ask(Some(office), &printed).words().contains("0001/TT/2026"));
    assert_eq!(pages.ask(Some(world.district_sender), &printed).status, StatusCode::NOT_FOUND);
    let own = pages.fill(office, &format!("/requests/{case}/receipts"), brought);
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    // Names stay out of the trail.
    let trail = world.desk.store.read(|r| r.audit_of_case(case)).unwrap();
    assert!(
        trail.iter().any(|row| row.body.contains("receipt_given"))
            && !trail.iter().any(|row| row.body.contains("Siti"))
    );
    world.work();
    world.ends();
}

#[test]
fn a_scan_is_kept_with_its_request_leaves_as_an_attachment_and_nothing_else_is_taken_for_one() {
    let world = World::new();
    let case = entered(&world).case;
    world.work();
    let (pages, registry) = (Pages::of(&world), world.id(Role::Registry));
    let scans = format!("/requests/{case}/scans");
    let send = |by, kind: &str, bytes: &[u8]| {
        pages.fill_with_file(by, &scans, &[("kind", kind)], ("scan", "../surat <b>.pdf", bytes))
    };
    let page = send(registry, "letter", b"<html><script>alert(1)</script>");
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.words().contains("Berkas ini bukan hasil pindai"), "{}", page.words());
    assert!(send(registry, "letter", b"").words().contains("Berkas ini bukan hasil pindai"));
    assert_eq!(send(registry, "spell", SCAN).status, StatusCode::BAD_REQUEST);
    assert_eq!(send(world.district_sender, "letter", SCAN).status, StatusCode::NOT_FOUND);

    assert_eq!(send(registry, "letter", SCAN).status, StatusCode::SEE_OTHER);
    assert_eq!(send(registry, "letter", SCAN).status, StatusCode::SEE_OTHER, "sent twice");
    let office = world.id(Role::Office);
    let page = pages.ask(Some(office), &format!("/requests/{case}/paper")).words();
    assert_eq!(page.matches("/scans/1\"").count(), 1, "{page}");
    assert!(!page.contains("/scans/2") && !page.contains("<b>"), "{page}");
    let file = pages.ask(Some(office), &format!("{scans}/1"));
    assert_eq!(file.body, SCAN);
    assert_eq!(file.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"surat__b_.pdf\"");
    assert_eq!(file.headers[header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(pages.ask(Some(world.district_sender), &format!("{scans}/1")).status, StatusCode::NOT_FOUND);
    let added = world.desk.store.read(|r| r.audit_of_case(case)).unwrap();
    assert_eq!(added.iter().filter(|row| row.body.contains(AuditKind::ScanAdded.as_str())).count(), 1);
    assert_eq!(world.desk.check().unwrap().broken, []);
    let kept = world.desk.store.read(|r| r.scans(Scope::All, case)).unwrap().remove(0);
    std::fs::write(letters::path(world.home(), kept.sha256), b"another letter").unwrap();
    let broken = world.desk.check().unwrap().broken;
    assert!(broken.len() == 1 && broken[0].invariant == 11 && broken[0].what.contains("other bytes"), "{broken:?}");
    world.ends();
}

/// The registry gives the form of a signature in ink, with what is typed in place of what is right.
fn ink(pages: &Pages<'_>, world: &World, path: &str, wrong: &[(&str, &str)], scan: &[u8]) -> Answer {
    let signer = world.id(Role::Head).to_string();
    let mut fields = vec![
        ("version", "3"),
        ("signer", signer.as_str()),
        ("signed_on", "2026-11-23"),
        ("number", "400.14.1/17"),
        ("password", PASSWORD),
    ];
    for (name, value) in wrong {
        fields.iter_mut().filter(|(field, _)| field == name).for_each(|field| field.1 = value);
    }
    pages.fill_with_file(world.id(Role::Registry), path, &fields, ("scan", "persetujuan.pdf", scan))
}

const PASSWORD: &str = "kereta api malam";

#[test]
fn a_letter_at_the_counter_is_on_air_the_next_day_with_an_approval_that_was_signed_in_ink() {
    let world = World::new();
    let registry = world.id(Role::Registry);
    let link = world.desk.invite(None, registry).unwrap();
    world.desk.set_password(&link.token, PASSWORD).unwrap();
    let case = entered(&world).case;
    world.work();
    world.act(Role::Verifier, case, "verify", Some("conforms")).unwrap();
    let (pages, path) = (Pages::of(&world), format!("/requests/{case}/ink"));
    assert!(pages.ask(Some(registry), &format!("/requests/{case}/paper")).words().contains("Tanda tangan basah"));
    let print = pages.ask(Some(registry), &format!("/requests/{case}/to-sign")).words();
    assert!(
        print.contains("........") && print.contains("Ayo ke Posyandu") && !print.contains("Kode pemeriksaan"),
        "{print}"
    );

    let version = world.desk.any_case_file(case).unwrap().row.version.to_string();
    let right = [("version", version.as_str())];
    let with = |wrong: (&'static str, &'static str)| [right[0], wrong];
    for (wrong, scan, said) in [
        (("signed_on", "2026-11-24"), SCAN, "antara tanggal permohonan masuk dan hari ini"),
        (("signed_on", "kemarin"), SCAN, "antara tanggal permohonan masuk dan hari ini"),
        (("password", "salah sama sekali"), SCAN, "Kata sandi"),
        (("number", "400.14.1/17"), b"MZ a program", "bukan hasil pindai"),
        (("version", "1"), SCAN, "baru saja diproses orang lain"),
    ] {
        let answer = ink(&pages, &world, &path, &with(wrong), scan);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert!(answer.words().contains(said), "{wrong:?}: {}", answer.words());
    }
    // A clerk can't sign as somebody who may not, and an office can't sign at all.
    let verifier = world.id(Role::Verifier).to_string();
    let nobody = ink(&pages, &world, &path, &[right[0], ("signer", &verifier)], SCAN);
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.words());
    assert_eq!(world.step(case), "approve");

    let signed = ink(&pages, &world, &path, &right, SCAN);
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.words());
    world.work();
    world.act(Role::Technical, case, "process", Some("playable")).unwrap();
    let (channel, tomorrow) = ("videotron".parse().unwrap(), "2026-11-24".parse().unwrap());
    let by = Some(world.id(Role::Scheduler));
    let plan = world.desk.publish_day(by, &channel, tomorrow, WhenEmpty::Refuse).unwrap().proposal.playlist;
    assert_eq!(plan.items().iter().filter(|item| item.kind == ItemKind::Clip).count(), 12);
    assert_eq!(world.desk.check().unwrap().broken, []);

    let letter = pages.ask(Some(world.id(Role::Office)), &format!("/requests/{case}/letter")).words();
    assert!(letter.contains("400.14.1/17") && letter.contains("Ditandatangani dengan tinta"), "{letter}");
    let trail = pages.ask(Some(registry), &format!("/requests/{case}")).words();
    assert!(trail.contains("tanda tangan basah Senin, 23 November 2026 (Bagian Umum)"), "{trail}");
    let head = world.id(Role::Head);
    assert!(world.announced(head)[0].contains("Bila tidak, cabut persetujuannya"), "{:?}", world.announced(head));
    // The audit says who entered it, who signed, and which scan.
    let rows = world.desk.store.read(|r| r.audit_of_case(case)).unwrap();
    let row = rows.iter().find(|row| row.body.contains(AuditKind::InkEntered.as_str())).unwrap();
    let body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
    let scan = &world.desk.store.read(|r| r.scans(Scope::All, case)).unwrap()[0];
    assert_eq!((body["by"].as_i64(), body["signer"].as_i64()), (Some(registry.0), Some(head.0)), "{body}");
    assert_eq!(
        (body["scan"].as_i64(), body["file"].as_str()),
        (Some(scan.id), Some(&*scan.sha256.to_string())),
        "{body}"
    );
    world.ends();
}

#[test]
fn the_other_language_of_a_page_that_refused_a_form_is_the_page_on_which_the_form_stands() {
    let world = World::new();
    let case = world.request(b"posyandu").case;
    world.work();
    let (pages, registry) = (Pages::of(&world), world.id(Role::Admin));
    let refused = pages.fill(registry, &format!("/requests/{case}/receipts"), "bearer=&brought=");
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let link = format!("/requests/{case}/receipts?lang=en");
    assert!(refused.words().contains(&link), "{}", refused.words());
    let switched = pages.ask(Some(registry), &link);
    assert_eq!(switched.status, StatusCode::SEE_OTHER);
    assert_eq!(switched.headers["location"], format!("/requests/{case}"));
    assert!(switched.headers["set-cookie"].to_str().unwrap().contains("en"), "the language is remembered");
    assert_eq!(pages.ask(Some(registry), "/requests/999/nothing").status, StatusCode::NOT_FOUND);
    world.ends();
}
