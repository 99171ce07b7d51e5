//! What a desk should do about a step of a request, where the name of the step does not say it.

use super::page::Visit;
use crate::domain::ids::{CaseId, ChannelId};
use crate::domain::standard::Action;
use crate::domain::text::Text;

/// Words and links beside a step's form.
pub(super) struct Guide {
    pub heading: String,
    pub lead: Option<String>,
    /// What the button says where there is one way on.
    pub button: Option<String>,
    /// Address and words of pages to look at first.
    pub links: Vec<(String, String)>,
}

impl Guide {
    pub(super) fn of(action: Action, case: CaseId, channel: &ChannelId, visit: &Visit) -> Guide {
        let say = |text: Text| text.get(visit.lang).to_owned();
        let wall = (format!("/wall/{channel}"), visit.t("nav-wall"));
        let report = (format!("/requests/{case}/report"), visit.t("case-report"));
        Guide {
            heading: say(heading(action).unwrap_or_else(|| action.text())),
            lead: lead(action).map(say),
            button: button(action).map(say),
            links: match action {
                Action::Execute | Action::Monitor => vec![wall, report],
                Action::Report => vec![report],
                Action::Schedule => vec![(format!("/requests/{case}/airing"), visit.t("request-rules-title"))],
                _ => Vec::new(),
            },
        }
    }
}

fn heading(action: Action) -> Option<Text> {
    Some(match action {
        Action::Execute => Text::new("Tayangkan sesuai jadwal", "Air it as planned"),
        Action::Monitor => Text::new("Pantau penayangan", "Watch the airing"),
        Action::Report => Text::new("Evaluasi dan laporan", "Evaluation and report"),
        _ => return None,
    })
}

fn button(action: Action) -> Option<Text> {
    Some(match action {
        Action::Execute => Text::new("Sudah tayang sesuai jadwal", "It was aired as planned"),
        Action::Monitor => Text::new("Penayangan sudah dipantau", "The airing was watched"),
        Action::Report => Text::new("Laporan lengkap, selesaikan", "The report is complete, close it"),
        _ => return None,
    })
}

fn lead(action: Action) -> Option<Text> {
    Some(match action {
        Action::Verify => Text::new(
            "Lihat videonya sampai selesai, cocokkan dengan surat, lalu centang setiap butir yang terpenuhi.",
            "Watch the clip to its end, compare it with the letter, and tick every point that holds.",
        ),
        Action::Sign => Text::new(
            "Persetujuan mengikat berkas, cara pengolahan, periode, dan saluran di atas.",
            "The approval binds the file, how it is processed, the period and the channel above.",
        ),
        Action::Process => Text::new(
            "Video diolah ke format dinding dan diperiksa sekali lagi. Ini memakan waktu beberapa menit.",
            "The clip is made into the wall's format and inspected once more. This takes some minutes.",
        ),
        Action::Schedule => Text::new(
            "Video ini masuk jadwal bila hari tayangnya direncanakan dan diumumkan di halaman Jadwal tayang.",
            "The clip airs once its days are planned and published on the Playlists page.",
        ),
        Action::Execute => Text::new(
            "Pemutar menayangkan sendiri menurut jadwal. Pastikan gambar dan suara baik, lalu tandai bila sudah tayang.",
            "The player airs it by itself as planned. See that picture and sound are good, and mark it once it has aired.",
        ),
        Action::Monitor => Text::new(
            "Perhatikan mutu dan ketepatan waktu selama penayangan. Setiap penayangan tercatat dalam laporan.",
            "Watch quality and punctuality while it airs. Every play is in the report.",
        ),
        Action::Report => Text::new(
            "Baca laporan penayangan dan tulis kesimpulan di sana, lalu selesaikan permohonan ini.",
            "Read the airing report and write the conclusion there, then close this request.",
        ),
        _ => return None,
    })
}
