//! The counter: a letter and a flash disk come in, a receipt goes out, and paper is kept beside the request.

use axum::http::{StatusCode, header};
use siaran::desk::intake::{Filed, NewRequest, Upload};
use siaran::domain::audit::AuditKind;
use siaran::domain::people::Role;

use crate::pages::Pages;
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
    world.ends();
}
