//! Every route, in one table. The matrix test walks it: a route without a row there fails.

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::{
    Web, again, audit, case, citizens, counter, crawl, deciding, health, inbox, incidents, live, people, planning,
    preview, reports, requests, services, session_case, session_form, session_paper, sign_in, static_files, studios,
    timeline, wall, work,
};

/// One method of one path.
pub(super) struct Route {
    /// For the matrix test.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the matrix test asks which method a route answers"))]
    pub method: Method,
    pub path: &'static str,
    pub handlers: MethodRouter<Web>,
}

fn get<T: 'static>(path: &'static str, handler: impl Handler<T, Web>) -> Route {
    Route { method: Method::GET, path, handlers: on(MethodFilter::GET, handler) }
}

fn post<T: 'static>(path: &'static str, handler: impl Handler<T, Web>) -> Route {
    Route { method: Method::POST, path, handlers: on(MethodFilter::POST, handler) }
}

/// A form with a file: it streams, and the desk that reads it has the limit.
fn upload<T: 'static>(path: &'static str, handler: impl Handler<T, Web>) -> Route {
    let handlers = on(MethodFilter::POST, handler).layer(DefaultBodyLimit::disable());
    Route { method: Method::POST, path, handlers }
}

/// The table.
pub(super) fn all() -> Vec<Route> {
    vec![
        get("/livez", health::live),
        get("/readyz", health::ready),
        get("/static/{version}/{name}", static_files::get),
        get("/sign-in", sign_in::form),
        post("/sign-in", sign_in::sign_in),
        post("/sign-out", sign_in::sign_out),
        get("/welcome/{token}", sign_in::welcome),
        post("/welcome/{token}", sign_in::set_password),
        get("/", inbox::show),
        get("/requests", requests::list),
        upload("/requests", requests::send),
        get("/requests/new", requests::new_form),
        post("/requests/new", requests::change),
        post("/requests/check", requests::check),
        get("/requests/{id}", case::show),
        post("/requests/{id}/act", case::act),
        get("/requests/{id}/again", again::show),
        post("/requests/{id}/again", again::send),
        get("/requests/{id}/original", case::original),
        get("/requests/{id}/preview", preview::show),
        get("/requests/{id}/preview/{look}", preview::picture),
        get("/requests/{id}/still/{at_ms}", timeline::still),
        get("/requests/{id}/work", work::show),
        post("/requests/{id}/stop", work::stop),
        post("/requests/{id}/retry", case::retry),
        post("/requests/{id}/framing", case::framing),
        post("/requests/{id}/revoke", case::revoke),
        get("/requests/{id}/revise", requests::revise_form),
        upload("/requests/{id}/revise", requests::revise_send),
        post("/requests/{id}/revise/new", requests::revise_change),
        post("/requests/{id}/revise/check", requests::revise_check),
        post("/requests/{id}/stamp", session_case::stamped),
        get("/services", services::list),
        get("/services/{service}/new", session_form::new_form),
        upload("/services/{service}/new", session_form::send),
        get("/requests/{id}/session", session_form::revise_form),
        upload("/requests/{id}/session", session_form::revise_send),
        get("/requests/{id}/papers/{document}", session_paper::show),
        get("/requests/{id}/papers/{document}/pdf", session_paper::as_pdf),
        get("/requests/{id}/airing", deciding::request::show),
        post("/requests/{id}/airing", deciding::request::change),
        get("/requests/{id}/oral", planning::oral::show),
        post("/requests/{id}/oral", planning::oral::give),
        post("/requests/{id}/oral/plays", planning::oral::plays),
        post("/requests/{id}/oral/withdraw", planning::oral::withdraw),
        get("/requests/{id}/letter", reports::letter_page),
        get("/requests/{id}/letter.pdf", reports::letter_pdf),
        get("/requests/{id}/paper", counter::show),
        post("/requests/{id}/receipts", counter::give),
        get("/requests/{id}/receipts/{receipt}", counter::receipt_page),
        get("/requests/{id}/receipts/{receipt}/receipt.pdf", counter::receipt_pdf),
        upload("/requests/{id}/scans", counter::scan),
        get("/requests/{id}/scans/{scan}", counter::scan_file),
        get("/requests/{id}/to-sign", counter::to_sign_page),
        get("/requests/{id}/to-sign.pdf", counter::to_sign_pdf),
        upload("/requests/{id}/ink", counter::sign),
        get("/requests/{id}/report", reports::case_page),
        get("/requests/{id}/report.csv", reports::case_csv),
        get("/requests/{id}/report.pdf", reports::case_pdf),
        post("/requests/{id}/conclusion", reports::conclude),
        get("/planning", planning::overview::first),
        get("/planning/{channel}", planning::overview::show),
        get("/planning/{channel}/publish", planning::several::ask),
        post("/planning/{channel}/publish", planning::several::publish),
        get("/planning/{channel}/{date}", planning::day::show),
        get("/planning/{channel}/{date}/announcement", planning::announcement::show),
        get("/planning/{channel}/{date}/announcement.pdf", planning::announcement::as_pdf),
        get("/planning/{channel}/{date}/announcement.ics", planning::announcement::as_calendar),
        get("/planning/{channel}/{date}/list/{extension}", planning::announcement::as_list),
        get("/planning/{channel}/{date}/archive", planning::announcement::archive),
        get("/planning/{channel}/{date}/draft", planning::draft::show),
        post("/planning/{channel}/{date}/draft", planning::draft::edit),
        get("/planning/{channel}/{date}/proposal", planning::proposal::propose),
        post("/planning/{channel}/{date}/publish", planning::proposal::publish),
        get("/planning/{channel}/{date}/import", planning::import::show),
        upload("/planning/{channel}/{date}/import", planning::import::look),
        post("/planning/{channel}/{date}/import/take", planning::import::take),
        get("/planning/{channel}/{date}/interruptions", planning::interrupt::show),
        post("/planning/{channel}/{date}/interruptions", planning::interrupt::order),
        get("/planning/{channel}/{date}/interruptions/{id}/end", planning::interrupt::end_form),
        post("/planning/{channel}/{date}/interruptions/{id}/end", planning::interrupt::end),
        get("/planning/{channel}/horizon", planning::horizon::show),
        post("/planning/{channel}/horizon", planning::horizon::change),
        get("/planning/{channel}/rules", deciding::rules::show),
        post("/planning/{channel}/rules", deciding::rules::change),
        get("/planning/{channel}/modes", deciding::modes::show),
        post("/planning/{channel}/modes", deciding::modes::change),
        post("/planning/{channel}/modes/{id}/end", deciding::modes::end),
        get("/planning/{channel}/{date}/why/{case}", deciding::why::show),
        get("/planning/{channel}/{date}/office/{id}", deciding::office::show),
        get("/offices/{id}/weight", deciding::office::weight_form),
        post("/offices/{id}/weight", deciding::office::weigh),
        get("/reports", reports::list),
        get("/reports/{channel}/{date}", reports::day_page),
        get("/reports/{channel}/{date}/table.csv", reports::day_csv),
        get("/reports/{channel}/{date}/paper.pdf", reports::day_pdf),
        get("/wall", wall::first),
        get("/wall/{channel}", wall::show),
        get("/wall/{channel}/live", live::follow),
        post("/wall/{channel}/order", wall::order),
        post("/wall/{channel}/crawl", crawl::order),
        get("/wall/{channel}/picture.jpg", wall::picture_file),
        get("/wall/{channel}/incidents", incidents::list),
        get("/incidents/{id}", incidents::show),
        post("/incidents/{id}/close", incidents::close),
        get("/studios", studios::week),
        get("/studios/new", studios::booking::new_form),
        get("/studios/day/{date}", studios::day::show),
        post("/studios/bookings", studios::booking::hold),
        get("/studios/bookings/{id}", studios::booking::show),
        post("/studios/bookings/{id}/confirm", studios::booking::confirm),
        post("/studios/bookings/{id}/move", studios::booking::move_to),
        post("/studios/bookings/{id}/cancel", studios::booking::cancel),
        post("/studios/bookings/{id}/session", studios::day::tell),
        post("/studios/bookings/{id}/operator", studios::operator::hand_over),
        get("/audit", audit::list),
        get("/citizens", citizens::list),
        post("/citizens", citizens::add),
        post("/citizens/{id}/name", citizens::rename),
        post("/citizens/{id}/erase", citizens::erase),
        get("/people", people::list),
        post("/people", people::add),
        post("/offices", people::add_office),
        get("/people/{id}", people::show),
        post("/people/{id}/link", people::new_link),
        post("/people/{id}/roles", people::change_role),
        post("/people/{id}/disable", people::disable),
    ]
}
