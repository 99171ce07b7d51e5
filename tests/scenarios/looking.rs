//! What pages show of a clip, asked for by address: by those who may see the request, and by those who may not.

use axum::http::{StatusCode, header};
use siaran::domain::people::Role;

use crate::pages::Pages;
use crate::world::World;

#[test]
fn a_still_is_shown_to_whoever_may_see_the_request_and_to_nobody_else() {
    let world = World::new();
    let filed = world.request(b"posyandu");
    world.work();
    let pages = Pages::of(&world);
    let still = format!("/requests/{}/still/2000", filed.case);

    // The page of the request names it, and it is a picture that no browser takes for anything else.
    let page = pages.ask(Some(world.id(Role::Verifier)), &format!("/requests/{}", filed.case));
    assert!(page.words().contains(&format!("src=\"{still}\"")), "{}", page.words());
    for role in [Role::Office, Role::Verifier, Role::Head, Role::Technical, Role::Monitor] {
        let shown = pages.ask(Some(world.id(role)), &still);
        assert_eq!((shown.status, shown.body.as_slice()), (StatusCode::OK, &b"a still"[..]), "{role}");
        assert_eq!(shown.headers[header::CONTENT_TYPE], "image/jpeg");
        assert_eq!(shown.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store", "a shared computer keeps no office's pictures");
        assert_eq!(shown.headers["cross-origin-resource-policy"], "same-origin");
    }

    // Another office reads what it would read of a request that never was; who is not signed in is sent to do so.
    let other = pages.ask(Some(world.district_sender), &still);
    let never_was = pages.ask(Some(world.district_sender), "/requests/99/still/2000");
    assert_eq!((other.status, never_was.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(other.words().contains("Halaman tidak ditemukan") && !other.words().contains("a still"));
    let stranger = pages.ask(None, &still);
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    assert!(stranger.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in?next="));

    // A place where no picture was taken, and what is no place at all, are said in words.
    for place in ["2001", "0", "18446744073709551615", "18446744073709551616", "-1", "2000.0", "..%2f..%2fsiaran.db"] {
        let answer = pages.ask(Some(world.id(Role::Verifier)), &format!("/requests/{}/still/{place}", filed.case));
        assert!(
            answer.status.is_client_error() && answer.status != StatusCode::FORBIDDEN,
            "{place}: {}",
            answer.status
        );
        assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{place}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{place}");
        assert!(answer.words().contains("Periksa alamatnya"), "{place}: {}", answer.words());
    }
    drop(pages);
    world.ends();
}
