//! Where a request stands, with the colour of its tag.

use super::page::Visit;
use crate::desk::standing::Standing;

/// Where a request stands.
pub(super) struct Status {
    /// The stylesheet's word: ok, warn, bad, dim or none.
    pub tone: &'static str,
    pub text: String,
}

/// The words for a state, and how much they concern whoever reads them.
pub(super) fn status(state: &Standing, visit: &Visit) -> Status {
    let tone = match state {
        Standing::Returned
        | Standing::Incomplete
        | Standing::InspectionFailed
        | Standing::ConformFailed
        | Standing::FormatChanged => "warn",
        Standing::FileRefused | Standing::Rejected | Standing::ApprovalRevoked | Standing::NoShow => "bad",
        Standing::Planned | Standing::Monitored | Standing::Evaluated | Standing::Done => "ok",
        Standing::Withdrawn | Standing::Other(_) => "dim",
        Standing::Inspecting
        | Standing::Registering
        | Standing::Verifying
        | Standing::Approving
        | Standing::Conforming
        | Standing::Conformed
        | Standing::Scheduling
        | Standing::Session { .. } => "",
    };
    Status { tone, text: state.text().get(visit.lang).to_owned() }
}
