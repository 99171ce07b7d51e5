//! Where a request truly stands. The name of a step says what should happen there; this says what does, or what keeps
//! it from happening, and what a person can do.

use super::cases::CaseFile;
use super::matter::{Airing, Matter, Session};
use crate::domain::asset::{ReasonCode, Severity, Verdict};
use crate::domain::standard::{APPLICANT, Action, Key, Step};
use crate::domain::text::{Lang, Text, decimal};
use crate::store::{CaseRow, Job, JobState};

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The machine looks at the file.
    Inspecting,
    /// The machine could not look at the file.
    InspectionFailed,
    /// The file can't air; its applicant sends another.
    FileRefused,
    /// The file is fine, and something else that the applicant brings is missing.
    Incomplete,
    /// Sent back to its applicant.
    Returned,
    /// Waits for its number in the register.
    Registering,
    /// Waits for the verifiers.
    Verifying,
    /// Waits for the head's word.
    Approving,
    /// The house file is being made.
    Conforming,
    /// The house file could not be made.
    ConformFailed,
    /// The channel's format has changed since the approval, which binds another.
    FormatChanged,
    /// The house file is made; the technical team looks at it.
    Conformed,
    /// Waits for a place in a plan.
    Scheduling,
    /// Is in a plan.
    Planned,
    /// Is watched.
    Monitored,
    /// Waits for its report.
    Evaluated,
    /// The approval was withdrawn: it does not air any more.
    ApprovalRevoked,
    /// Ended as wished.
    Done,
    /// Ended by a no.
    Rejected,
    /// Ended by its applicant, or by time.
    Withdrawn,
    /// The studio was ready, and the applicant did not come.
    NoShow,
    /// Waits at a step of a session.
    Session {
        /// The step.
        step: Key,
        /// For what it waits.
        waits: Text,
    },
    /// A step or an end of another standard.
    Other(Key),
}

impl Standing {
    /// How a request ended, from its row alone; `None` while it is open.
    pub fn of_ended(row: &CaseRow) -> Option<Standing> {
        let outcome = row.outcome.as_ref()?;
        Some(match outcome.as_str() {
            "fulfilled" => Standing::Done,
            "rejected" => Standing::Rejected,
            "withdrawn" => Standing::Withdrawn,
            "no_show" => Standing::NoShow,
            _ => Standing::Other(outcome.clone()),
        })
    }

    /// A word for scripts.
    pub fn code(&self) -> &str {
        match self {
            Standing::Inspecting => "inspecting",
            Standing::InspectionFailed => "inspection_failed",
            Standing::FileRefused => "file_refused",
            Standing::Incomplete => "incomplete",
            Standing::Returned => "returned",
            Standing::Registering => "registering",
            Standing::Verifying => "verifying",
            Standing::Approving => "approving",
            Standing::Conforming => "conforming",
            Standing::ConformFailed => "conform_failed",
            Standing::FormatChanged => "format_changed",
            Standing::Conformed => "conformed",
            Standing::Scheduling => "scheduling",
            Standing::Planned => "planned",
            Standing::Monitored => "monitored",
            Standing::Evaluated => "evaluated",
            Standing::ApprovalRevoked => "approval_revoked",
            Standing::Done => "done",
            Standing::Rejected => "rejected",
            Standing::Withdrawn => "withdrawn",
            Standing::NoShow => "no_show",
            Standing::Session { step, .. } => step.as_str(),
            Standing::Other(key) => key.as_str(),
        }
    }

    /// What people read in a list.
    pub fn text(&self) -> Text {
        let (id, en) = match self {
            Standing::Inspecting => ("Berkas sedang diperiksa", "The file is being inspected"),
            Standing::InspectionFailed => ("Berkas belum dapat diperiksa", "The file could not be inspected yet"),
            Standing::FileRefused => ("Berkas ditolak pemeriksaan", "The file was refused by the inspection"),
            Standing::Incomplete => ("Belum lengkap", "Not complete"),
            Standing::Returned => ("Perlu diperbaiki pemohon", "To be corrected by the applicant"),
            Standing::Registering => ("Menunggu pencatatan", "Waits to be registered"),
            Standing::Verifying => ("Sedang diverifikasi", "Being verified"),
            Standing::Approving => ("Menunggu persetujuan Kepala Dinas", "Waits for the head of agency"),
            Standing::Conforming => ("Berkas siap tayang sedang dibuat", "The house file is being made"),
            Standing::ConformFailed => ("Berkas siap tayang gagal dibuat", "The house file could not be made"),
            Standing::FormatChanged => ("Format saluran sudah berubah", "The channel's format has changed"),
            Standing::Conformed => ("Menunggu tim teknis", "Waits for the technical team"),
            Standing::Scheduling => ("Menunggu penjadwalan", "Waits to be scheduled"),
            Standing::Planned => ("Terjadwal tayang", "Scheduled to air"),
            Standing::Monitored => ("Sedang dipantau", "Being monitored"),
            Standing::Evaluated => ("Menunggu laporan penayangan", "Waits for the airing report"),
            Standing::ApprovalRevoked => ("Persetujuan dicabut", "The approval was withdrawn"),
            Standing::Done => ("Selesai", "Done"),
            Standing::Rejected => ("Ditolak", "Refused"),
            Standing::Withdrawn => ("Ditarik", "Withdrawn"),
            Standing::NoShow => ("Pemohon tidak hadir", "The applicant did not come"),
            Standing::Session { waits, .. } => (waits.id.as_str(), waits.en.as_str()),
            Standing::Other(key) => (key.as_str(), key.as_str()),
        };
        Text::new(id, en)
    }

    /// What a person can do, where the step does not say it.
    pub fn way_on(&self) -> Option<Text> {
        let (id, en) = match self {
            Standing::FileRefused => (
                "Perbaiki videonya menurut alasan pemeriksaan, lalu unggah berkas lain pada permohonan ini.",
                "Mend the clip as the inspection says, then upload another file to this request.",
            ),
            Standing::InspectionFailed => (
                "Ini bukan kesalahan pemohon. Tim teknis atau administrator mencobanya lagi di halaman ini.",
                "This is no fault of the applicant. The technical team or the administrator tries it again on this page.",
            ),
            Standing::Incomplete => (
                "Lengkapi surat dan semua pernyataan, lalu kirim lagi.",
                "Complete the letter and every declaration, then send it again.",
            ),
            Standing::ConformFailed => (
                "Tim teknis mencobanya lagi, atau mengembalikan permohonan karena sumbernya tidak dapat dipakai.",
                "The technical team tries it again, or returns the request because its source is unusable.",
            ),
            Standing::FormatChanged => (
                "Tim teknis mengembalikan permohonan ini, agar disetujui untuk format yang baru.",
                "The technical team returns this request, to be approved for the new format.",
            ),
            Standing::ApprovalRevoked => (
                "Video ini tidak tayang lagi. Untuk menayangkannya, ajukan permohonan baru.",
                "This clip does not air any more. To air it, file a new request.",
            ),
            _ => return None,
        };
        Some(Text::new(id, en))
    }
}

impl CaseFile {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        if let Some(ended) = Standing::of_ended(&self.row) {
            return ended;
        }
        let Some(step) = self.step() else { return Standing::Other(self.row.step.clone()) };
        match &self.matter {
            Matter::Airing(airing) => self.standing_of_airing(airing, step),
            Matter::Session(session) => self.standing_of_session(session, step),
        }
    }

    fn standing_of_airing(&self, airing: &Airing, step: &Step) -> Standing {
        if step.actor.as_str() == APPLICANT {
            return self.standing_at_applicant(airing, step.action);
        }
        let revoked = airing.approval.as_ref().is_some_and(|approval| approval.revoked.is_some());
        match step.action {
            Action::Register => Standing::Registering,
            Action::Verify => Standing::Verifying,
            Action::Sign => Standing::Approving,
            Action::Process | Action::Schedule | Action::Execute | Action::Monitor if revoked => {
                Standing::ApprovalRevoked
            }
            Action::Process => standing_at_processing(airing),
            Action::Schedule => Standing::Scheduling,
            Action::Execute => Standing::Planned,
            Action::Monitor => Standing::Monitored,
            Action::Report => Standing::Evaluated,
            _ => Standing::Other(step.id.clone()),
        }
    }

    fn standing_at_applicant(&self, airing: &Airing, action: Action) -> Standing {
        // What came back waits to be mended; only a file that came after that is news.
        let sent_back = self.moves.last().map(|last| last.at);
        let filed_since = sent_back.is_none_or(|at| airing.newest().filed_at > at);
        if action != Action::Submit && !filed_since {
            return Standing::Returned;
        }
        match &airing.inspection {
            None if given_up(airing.inspect_job.as_ref()) => Standing::InspectionFailed,
            None => Standing::Inspecting,
            Some(found) if found.verdict == Verdict::Refuse => Standing::FileRefused,
            Some(_) => Standing::Incomplete,
        }
    }

    fn standing_of_session(&self, _: &Session, step: &Step) -> Standing {
        let who = self.standard.actor_text(&step.actor);
        let (id, en) = match step.action {
            Action::Revise => return Standing::Returned,
            Action::Submit => return Standing::Incomplete,
            Action::Register => return Standing::Registering,
            Action::Verify => return Standing::Verifying,
            Action::Sign => {
                (format!("Menunggu tanda tangan {}", who.id), format!("Waits for the signature: {}", who.en))
            }
            Action::Initial => (format!("Menunggu paraf {}", who.id), format!("Waits for initials: {}", who.en)),
            Action::Draft => ("Jadwal sedang disusun".into(), "The schedule is being drafted".into()),
            Action::Schedule => ("Menunggu jadwal dan panduan".into(), "Waits for schedule and guide".into()),
            Action::Notify => ("Jadwal siap dikirim".into(), "The schedule is ready to be sent".into()),
            Action::Prepare => ("Persiapan teknis".into(), "Technical preparation".into()),
            Action::Check => ("Peralatan sedang disiapkan".into(), "The equipment is being made ready".into()),
            Action::HandOver => ("Menunggu materi pemohon".into(), "Waits for the applicant's material".into()),
            Action::Attend => ("Menunggu pemohon di studio".into(), "The applicant is expected at the studio".into()),
            Action::Execute => ("Siap dilaksanakan di studio".into(), "Ready to be held in the studio".into()),
            Action::Archive => ("Menunggu pengarsipan".into(), "Waits to be archived".into()),
            other => (other.text().id, other.text().en),
        };
        Standing::Session { step: step.id.clone(), waits: Text::new(id, en) }
    }

    /// Why the newest file was refused, in one line; nothing if it was not.
    pub fn why_refused(&self) -> Option<Text> {
        let fails: Vec<&Text> = self
            .airing()
            .ok()?
            .inspection
            .iter()
            .filter(|found| found.verdict == Verdict::Refuse)
            .flat_map(|found| &found.reasons)
            .filter(|reason| reason.severity == Severity::Fail)
            .map(|reason| &reason.text)
            .collect();
        let join = |lang| fails.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(" ");
        (!fails.is_empty()).then(|| Text::new(join(Lang::Id), join(Lang::En)))
    }

    /// That the file is not as long as the letter says, with both lengths; nothing where they agree within a second,
    /// or where the file is a picture that lasts as long as it is shown.
    pub fn length_note(&self) -> Option<Text> {
        const AGREE_MS: u64 = 1000;
        let airing = self.airing().ok()?;
        let (asked_ms, found_ms) =
            (u64::from(airing.newest().letter.play_s) * 1000, airing.inspection.as_ref()?.duration_ms);
        let still = airing.inspection.iter().flat_map(|found| &found.reasons).any(|r| r.code == ReasonCode::Still);
        // What is refused airs at no length.
        let refused = airing.inspection.as_ref().is_some_and(|found| found.verdict == Verdict::Refuse);
        if refused || still || found_ms == 0 || asked_ms.abs_diff(found_ms) < AGREE_MS {
            return None;
        }
        let seconds = |lang| {
            #[expect(clippy::cast_precision_loss, reason = "a clip's length to a tenth of a second")]
            let seconds = found_ms as f64 / 1000.0;
            decimal(seconds, 1, lang)
        };
        let asked = asked_ms / 1000;
        Some(Text::new(
            format!("Surat meminta {asked} detik, videonya {} detik. Yang tayang adalah videonya.", seconds(Lang::Id)),
            format!("The letter asks for {asked} s, the clip lasts {} s. What airs is the clip.", seconds(Lang::En)),
        ))
    }
}

fn standing_at_processing(airing: &Airing) -> Standing {
    match &airing.conform_job {
        _ if airing.clip.is_some() => Standing::Conformed,
        Some(job) if job.state == JobState::Done => Standing::FormatChanged,
        job if given_up(job.as_ref()) => Standing::ConformFailed,
        _ => Standing::Conforming,
    }
}

fn given_up(job: Option<&Job>) -> bool {
    job.is_some_and(|job| job.state == JobState::Failed)
}
