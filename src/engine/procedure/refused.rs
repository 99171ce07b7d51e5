//! Why an act on a case may not be done.

use crate::domain::people::Form;
use crate::domain::standard::{Gate, Key};
use crate::domain::text::Text;

/// Why an act on a case may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The case has ended.
    Ended,
    /// Someone else acted in the meantime.
    Changed,
    /// The case stands at another step.
    NotThisStep {
        /// Where.
        at: Key,
        /// What is to be done there.
        action: Text,
    },
    /// The step is another position's.
    NotYours {
        /// Whose.
        title: Text,
    },
    /// The position is held in a form that may not do this.
    FormMayNot {
        /// The form.
        form: Form,
        /// The position.
        title: Text,
    },
    /// There are several ways on.
    ChoiceWanted {
        /// Which.
        keys: Vec<String>,
    },
    /// There is no such way on.
    NoSuchChoice {
        /// What was given.
        given: String,
        /// What there is.
        keys: Vec<String>,
    },
    /// Returning and refusing want a reason.
    ReasonWanted,
    /// The reason is longer than 2000 characters.
    ReasonTooLong,
    /// Something that the applicant must bring is missing.
    Missing {
        /// What.
        missing: Vec<Text>,
    },
    /// A fact does not hold yet.
    Gate {
        /// Which.
        gate: Gate,
    },
}

impl Refused {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Refused::Ended => "ended",
            Refused::Changed => "changed",
            Refused::NotThisStep { .. } => "not_this_step",
            Refused::NotYours { .. } => "not_yours",
            Refused::FormMayNot { .. } => "form_may_not",
            Refused::ChoiceWanted { .. } => "choice_wanted",
            Refused::NoSuchChoice { .. } => "no_such_choice",
            Refused::ReasonWanted => "reason_wanted",
            Refused::ReasonTooLong => "reason_too_long",
            Refused::Missing { .. } => "missing",
            Refused::Gate { .. } => "gate",
        }
    }

    /// What a person reads, with what he or she can do.
    pub fn text(&self) -> Text {
        match self {
            Refused::Ended => Text::new(
                "Permohonan ini sudah selesai. Ajukan permohonan baru bila perlu.",
                "This request has ended. File a new one if needed.",
            ),
            Refused::Changed => Text::new(
                "Permohonan ini baru saja diproses orang lain. Muat ulang dan lihat keadaannya.",
                "Someone else has just acted on this request. Reload and look again.",
            ),
            Refused::NotThisStep { at, action } => Text::new(
                format!("Permohonan ini menunggu langkah {at}: {}.", action.id),
                format!("This request waits at step {at}: {}.", action.en),
            ),
            Refused::NotYours { title } => Text::new(
                format!("Langkah ini dilakukan oleh {}. Hubungi yang memegang jabatan itu.", title.id),
                format!("This step is done by {}. Ask whoever holds that position.", title.en),
            ),
            Refused::FormMayNot { form, title } => Text::new(
                format!("{} yang dijabat sebagai {form} tidak berwenang menandatangani di sini.", title.id),
                format!("{} held as {form} may not sign here. Ask for a full appointment.", title.en),
            ),
            Refused::ChoiceWanted { keys } => Text::new(
                format!("Pilih salah satu: {}.", keys.join(", ")),
                format!("Choose one of: {}.", keys.join(", ")),
            ),
            Refused::NoSuchChoice { given, keys } => Text::new(
                format!("{given} bukan pilihan. Pilih salah satu: {}.", keys.join(", ")),
                format!("{given} is no choice here. Choose one of: {}.", keys.join(", ")),
            ),
            Refused::ReasonWanted => Text::new(
                "Tulis alasannya, supaya pemohon tahu apa yang harus dilakukan.",
                "Write the reason, so that the applicant knows what to do.",
            ),
            Refused::ReasonTooLong => {
                Text::new("Alasan paling panjang 2000 karakter.", "A reason has at most 2000 characters.")
            }
            Refused::Missing { missing } => {
                let join = |pick: fn(&Text) -> &str| missing.iter().map(pick).collect::<Vec<_>>().join("; ");
                Text::new(
                    format!("Belum lengkap: {}.", join(|t| &t.id)),
                    format!("Not complete yet: {}.", join(|t| &t.en)),
                )
            }
            Refused::Gate { gate } => gate_text(gate),
        }
    }
}

fn gate_text(gate: &Gate) -> Text {
    match gate {
        Gate::NotBefore(step) => Text::new(
            format!("Langkah {step} harus selesai lebih dahulu."),
            format!("Step {step} has to be done first."),
        ),
        Gate::Fact(fact) => match fact.as_str() {
            "output_hash_recorded" => Text::new(
                "Berkas siap tayang belum jadi. Tunggu pengolahan selesai, atau kembalikan bila sumbernya tidak dapat dipakai.",
                "The house file is not made yet. Wait for the processing, or return the request if its source is unusable.",
            ),
            "loudness_ok" => Text::new(
                "Kenyaringan berkas siap tayang di luar batas. Olah ulang.",
                "The loudness of the house file is out of bounds. Process it again.",
            ),
            "format_ok" => Text::new(
                "Format berkas siap tayang tidak sesuai saluran. Olah ulang.",
                "The format of the house file is not the channel's. Process it again.",
            ),
            "verified" => Text::new("Isi daftar periksa lebih dahulu.", "Fill in the checklist first."),
            _ => Text::new(format!("Syarat {fact} belum terpenuhi."), format!("{fact} does not hold yet.")),
        },
    }
}
