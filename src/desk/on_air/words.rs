//! What the player noticed, as incidents that a person understands.

use crate::av::branding::Fault;
use crate::domain::incident::{IncidentKind, Level};
use crate::domain::output::without_secrets;
use crate::domain::text::{Lang, Text, date_in_words};
use crate::domain::time::Zone;
use crate::engine::playout::Notice;
use crate::files::journal::SetAside;

use super::ledger::Unproven;

/// An incident's key, kind, level and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticed {
    pub key: String,
    pub kind: IncidentKind,
    pub level: Level,
    pub text: Text,
    /// It is over as soon as it is said.
    pub momentary: bool,
}

/// How keys of incidents begin that only a person closes: what they tell of does not mend itself.
pub(super) const FOR_A_PERSON: &str = "record ";

pub(super) fn of_notice(notice: &Notice) -> Noticed {
    match notice {
        Notice::ItemFailed { item, title, why } => Noticed {
            key: format!("item {item}"),
            kind: IncidentKind::ItemFailed,
            level: Level::Critical,
            text: Text::new(
                format!(
                    "\"{title}\" tidak dapat ditayangkan ({}). Periksa berkasnya, lalu jadwalkan ulang.",
                    cause(why).id
                ),
                format!("“{title}” could not be aired ({}). Check its file, then plan it again.", cause(why).en),
            ),
            momentary: false,
        },
        Notice::RelayLost { item, title } => Noticed {
            key: format!("relay {item}"),
            kind: IncidentKind::ItemFailed,
            level: Level::Warning,
            text: Text::new(
                format!(
                    "Siaran langsung \"{title}\" tidak memberi gambar; pengisi tayang sampai gambarnya datang. Hubungi \
                     pengirimnya."
                ),
                format!("The live “{title}” gives no picture; fill is on air until it does. Call its sender."),
            ),
            momentary: true,
        },
        Notice::ItemLate { item, title, ticks } => Noticed {
            key: format!("late {item}"),
            kind: IncidentKind::Lateness,
            level: Level::Warning,
            text: Text::new(
                format!("\"{title}\" masuk {ticks} bingkai setelah waktunya."),
                format!("“{title}” came in {ticks} frames after its time."),
            ),
            momentary: true,
        },
        Notice::NoPlan(date) => Noticed {
            key: format!("no plan {date}"),
            kind: IncidentKind::NoPlan,
            level: Level::Warning,
            text: Text::new(
                format!(
                    "Belum ada jadwal untuk {}. Materi pengisi yang disetujui ditayangkan; terbitkan jadwal.",
                    date_in_words(*date, Lang::Id)
                ),
                format!(
                    "There is no plan for {}. Approved fill is on air; publish a plan.",
                    date_in_words(*date, Lang::En)
                ),
            ),
            momentary: false,
        },
        Notice::OrderFailed(title) => ordered(
            format!("order {}", without_secrets(title)),
            Level::Warning,
            Text::new(
                format!(
                    "\"{title}\" tidak memberi gambar tepat waktu; jadwal tetap tayang. Periksa, lalu perintahkan lagi."
                ),
                format!("“{title}” gave no picture in time; the plan stays on air. Check it, then order it again."),
            ),
        ),
        Notice::LiveLost(address) => {
            let shown = without_secrets(address);
            ordered(
                format!("live {shown}"),
                Level::Warning,
                Text::new(
                    format!("Sumber langsung {shown} tidak memberi gambar; jadwal tayang sampai gambarnya datang."),
                    format!("The live source {shown} gives no picture; the plan is on air until it does."),
                ),
            )
        }
        Notice::EmergencyOn { title, by, .. } => ordered(
            format!("emergency {title}"),
            Level::Critical,
            Text::new(
                format!("Siaran darurat \"{title}\" tayang atas perintah {by}. Akhiri dengan perintah resume."),
                format!("The emergency “{title}” is on air on the word of {by}. The order resume ends it."),
            ),
        ),
        Notice::EmergencyOff => ordered(
            "emergency over".into(),
            Level::Warning,
            Text::new(
                "Siaran darurat selesai; jadwal tayang kembali.",
                "The emergency is over; the plan is on air again.",
            ),
        ),
    }
}

/// What an order led to: on record, and over as soon as it is said.
fn ordered(key: String, level: Level, text: Text) -> Noticed {
    Noticed { key, kind: IncidentKind::Ordered, level, text, momentary: true }
}

/// The journal's word for why, in words for people.
fn cause(why: &str) -> Text {
    match why {
        "file_missing" => Text::new("berkas tidak ada", "the file is missing"),
        "file_unreadable" => Text::new("berkas tidak terbaca", "the file can't be read"),
        "hash_mismatch" => Text::new("isi berkas berubah sejak disetujui", "the file changed since its approval"),
        "decoder_exited" | "decoder_garbled" => Text::new("berkas rusak", "the file is damaged"),
        "ended_early" => Text::new("berkas lebih pendek dari catatan", "the file is shorter than its record"),
        "no_frame" => Text::new("gambar tidak tiba tepat waktu", "no picture came in time"),
        "live_input_unavailable" => Text::new("sumber langsung belum tersedia", "live sources are not available yet"),
        other => Text::new(other, other),
    }
}

/// The clock can't be believed.
pub(super) fn untrusted_clock() -> Noticed {
    Noticed {
        key: "clock".into(),
        kind: IncidentKind::Clock,
        level: Level::Critical,
        text: Text::new(
            "Jam komputer pemutar salah. Materi pengisi ditayangkan; setel jam, lalu jadwal diikuti kembali.",
            "The player's clock is wrong. Fill is on air; set the clock, then the plan is followed again.",
        ),
        momentary: false,
    }
}

/// The player's files can't be written.
pub(super) fn disk_refuses(why: &str) -> Noticed {
    Noticed {
        key: "journal".into(),
        kind: IncidentKind::Lost,
        level: Level::Critical,
        text: Text::new(
            format!(
                "Pemutar tidak dapat menulis ke diska ({why}). Penayangan tetap berjalan dan catatan tayang disimpan di \
                 memori. Kosongkan ruang penyimpanan atau periksa izin tulis sebelum pemutar dimatikan."
            ),
            format!(
                "The player can't write to its disk ({why}). The air goes on, and as-run rows are kept in memory. Free \
                 some space or look at the permissions before the player is stopped."
            ),
        ),
        momentary: false,
    }
}

/// Rows did not fit into memory.
pub(super) fn not_recorded(unproven: Unproven, zone: Zone) -> Noticed {
    let Unproven { rows, time } = unproven;
    let (from, to) = time.map(|(start, end)| (zone.rfc3339(start), zone.rfc3339(end))).unwrap_or_default();
    Noticed {
        key: format!("{FOR_A_PERSON}missing to {to}"),
        kind: IncidentKind::Lost,
        level: Level::Critical,
        text: Text::new(
            format!(
                "{rows} baris catatan tayang tidak tersimpan: apa yang tayang dari {from} sampai {to} tidak terbukti. \
                 Periksa ruang penyimpanan pemutar, dan beri tahu tim pemantauan."
            ),
            format!(
                "{rows} as-run rows were not kept: what was on air from {from} to {to} is not proven. Look at the \
                 player's disk, and tell the monitoring team."
            ),
        ),
        momentary: false,
    }
}

/// Incidents did not fit into memory.
pub(super) fn reports_lost(count: u64) -> Noticed {
    Noticed {
        key: "reports".into(),
        kind: IncidentKind::Lost,
        level: Level::Warning,
        text: Text::new(
            format!("{count} laporan gangguan tidak tersimpan karena diska menolak. Periksa diska pemutar."),
            format!("{count} incident reports were not kept because the disk refused. Look at the player's disk."),
        ),
        momentary: true,
    }
}

/// The journal was damaged and set aside.
pub(super) fn journal_set_aside(set_aside: &SetAside, zone: Zone) -> Noticed {
    let SetAside { kept, told } = set_aside;
    let fault = told.damage.as_ref().map(|damage| damage.fault.as_str()).unwrap_or_default();
    let (first, last) = (told.row.seq, told.last_seq());
    let (from, to) = (zone.rfc3339(told.row.start), zone.rfc3339(told.row.end));
    let kept = kept.display();
    Noticed {
        key: format!("{FOR_A_PERSON}damaged {kept}"),
        kind: IncidentKind::Lost,
        level: Level::Critical,
        text: Text::new(
            format!(
                "Catatan tayang rusak ({fault}). Baris {first} sampai {last}, dari {from} sampai {to}, diragukan; semua \
                 baris lain tetap berlaku. Berkas yang rusak disimpan sebagai {kept}, penayangan tetap berjalan. Jangan \
                 ubah berkas itu; administrator memeriksanya dengan siaran check."
            ),
            format!(
                "The as-run journal is damaged ({fault}). Rows {first} to {last}, from {from} to {to}, are in doubt; \
                 every other row stands. The damaged file is kept as {kept}, the air goes on. Leave that file as it is; \
                 the administrator looks into it with siaran check."
            ),
        ),
        momentary: false,
    }
}

/// A playlist or the pool can't be used.
pub(super) fn bad_file(what: &str) -> Noticed {
    Noticed {
        key: format!("file {what}"),
        kind: IncidentKind::NoPlan,
        level: Level::Critical,
        text: Text::new(
            format!("Berkas jadwal ditolak, jadwal terakhir yang baik tetap dipakai: {what}"),
            format!("A playlist was refused, the last good one stays: {what}"),
        ),
        momentary: true,
    }
}

/// Words run over everything.
pub(super) fn crawl_on(text: &str, by: &str, until: Option<&str>) -> Noticed {
    let (sampai, to) = until.map(|until| (format!(" sampai {until}"), format!(" until {until}"))).unwrap_or_default();
    ordered(
        format!("crawl {text}"),
        Level::Warning,
        Text::new(
            format!("Teks berjalan \"{text}\" tayang di atas semua siaran atas perintah {by}{sampai}."),
            format!("The crawl “{text}” runs over everything on the word of {by}{to}."),
        ),
    )
}

/// They do not any more.
pub(super) fn crawl_off(text: &str) -> Noticed {
    ordered(
        "crawl over".into(),
        Level::Warning,
        Text::new(format!("Teks berjalan \"{text}\" selesai."), format!("The crawl “{text}” is over.")),
    )
}

/// A layer of the branding is left out.
pub(super) fn not_drawn(fault: &Fault) -> Noticed {
    let (layer, why) = (&fault.layer, &fault.why);
    Noticed {
        key: format!("branding {layer}"),
        kind: IncidentKind::Ordered,
        level: Level::Warning,
        text: Text::new(
            format!(
                "Lapisan \"{layer}\" pada tampilan kanal tidak digambar ({why}). Siaran tetap berjalan tanpanya; \
                 perbaiki, lalu mulai ulang pemutar."
            ),
            format!(
                "The branding's layer “{layer}” is not drawn ({why}). The air goes on without it; mend it, then start \
                 the player again."
            ),
        ),
        momentary: false,
    }
}

/// An output failed.
pub(super) fn output_lost(address: &str, why: &str) -> Noticed {
    Noticed {
        key: format!("output {address}"),
        kind: IncidentKind::Lost,
        level: Level::Critical,
        text: Text::new(
            format!(
                "Keluaran {address} terputus ({why}). Sambungan dicoba lagi otomatis; periksa tujuan dan kabelnya."
            ),
            format!("Output {address} is lost ({why}). It is tried again by itself; check its destination and cable."),
        ),
        momentary: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_a_live_sources_passphrase() {
        let said = of_notice(&Notice::LiveLost("srt://studio.example:9000?passphrase=sangatrahasia".into()));
        assert!(said.text.en.contains("srt://studio.example:9000"), "{said:?}");
        assert!(!format!("{said:?}").contains("sangatrahasia"), "{said:?}");
    }
}
