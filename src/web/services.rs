//! The services among which somebody who needs something chooses: what each is, for whom, how long it takes, what has to
//! be brought and what it costs. All of it is in the standards.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::page::{Page, Visit, html};
use super::problem::Problem;
use super::session::{Can, FileRequests};
use crate::desk::{Desk, DeskError};
use crate::domain::people::OpdGroup;
use crate::domain::standard::{Key, ServiceStandard};
use crate::domain::text::{Lang, Text, decimal};
use crate::store::Scope;

struct ServiceRow {
    title: String,
    /// Who may ask for it.
    may: String,
    takes: String,
    needs: Vec<String>,
    fee: String,
    /// Where it is asked for; none if it is not for this applicant.
    path: Option<String>,
}

#[derive(Template)]
#[template(path = "services.html")]
struct ServicesPage {
    page: Page,
    rows: Vec<ServiceRow>,
}

/// Groups of applicants that a standard names, in words.
pub(super) fn may_apply(standard: &ServiceStandard, lang: Lang) -> String {
    let groups = OpdGroup::ALL.iter().filter(|g| **g != OpdGroup::Own && standard.is_for(g.applicant()));
    groups.map(|group| group.text().get(lang).to_owned()).collect::<Vec<_>>().join(", ")
}

fn row(standard: &ServiceStandard, group: Option<OpdGroup>, visit: &Visit) -> ServiceRow {
    let (lang, draft) = (visit.lang, standard.as_written());
    let takes = draft.sla.as_ref().and_then(|sla| sla.target).map(|target| target.text().get(lang).to_owned());
    let session = draft.family == "session";
    let open = group.is_none_or(|group| standard.is_for(group.applicant()));
    ServiceRow {
        title: draft.title.get(lang).to_owned(),
        may: may_apply(standard, lang),
        takes: takes.unwrap_or_else(|| visit.t("services-unstated")),
        needs: draft.requirements.iter().map(|needed| needed.label.get(lang).to_owned()).collect(),
        fee: match draft.fee_idr {
            Some(0) => visit.t("services-free"),
            #[expect(clippy::cast_precision_loss, reason = "rupiah on a page")]
            Some(fee) => format!("Rp {}", decimal(fee as f64, 0, lang)),
            None => visit.t("services-unstated"),
        },
        path: open.then(|| if session { format!("/services/{}/new", draft.id) } else { "/requests/new".into() }),
    }
}

/// What each service is called, by its name in the standards.
pub(super) fn titles(desk: &Desk) -> Result<BTreeMap<Key, Text>, DeskError> {
    let standards = desk.services()?.into_iter();
    Ok(standards.map(|standard| (standard.as_written().id.clone(), standard.as_written().title.clone())).collect())
}

/// One of them in a language; a service that is no longer offered by its name.
pub(super) fn titled(titles: &BTreeMap<Key, Text>, service: &Key, lang: Lang) -> String {
    titles.get(service).map_or_else(|| service.to_string(), |title| title.get(lang).to_owned())
}

/// `GET /services`
pub(super) async fn list(State(web): State<Web>, can: Can<FileRequests>) -> Result<Response, Problem> {
    let own = can.person().office.filter(|_| !can.person().is_staff());
    let (standards, group) = web
        .ask(move |desk| {
            let office = own.map(|own| desk.store.read(|r| r.office(Scope::All, own))).transpose()?.flatten();
            Ok((desk.services()?, office.map(|office| office.group)))
        })
        .await?;
    let rows = standards.iter().map(|standard| row(standard, group, &can.visit)).collect();
    Ok(html(&ServicesPage { page: can.page(can.visit.t("services-title")), rows }))
}
