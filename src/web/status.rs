//! Where a request stands, in plain words.

use super::page::Visit;

/// Where a request stands.
pub(super) struct Status {
    /// The stylesheet's word: ok, warn, bad, dim or none.
    pub tone: &'static str,
    pub text: String,
}

/// The words for a step or an end of the videotron's standard; another standard's reads as its name.
pub(super) fn status(step: &str, visit: &Visit) -> Status {
    let (tone, text) = match step {
        "submit" | "register" => ("", visit.t("status-register")),
        "verify" => ("", visit.t("status-verify")),
        "revise" => ("warn", visit.t("status-revise")),
        "approve" => ("", visit.t("status-approve")),
        "process" => ("", visit.t("status-process")),
        "schedule" => ("", visit.t("status-schedule")),
        "air" => ("ok", visit.t("status-air")),
        "monitor" => ("ok", visit.t("status-monitor")),
        "evaluate" => ("ok", visit.t("status-evaluate")),
        "done" => ("ok", visit.t("status-done")),
        "rejected" => ("bad", visit.t("status-rejected")),
        "withdrawn" => ("dim", visit.t("status-withdrawn")),
        other => ("dim", other.to_owned()),
    };
    Status { tone, text }
}
