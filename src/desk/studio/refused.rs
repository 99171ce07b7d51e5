//! Why a studio is not booked, or a session not told.

use crate::desk::{DeskError, Refusal};
use crate::domain::ids::{BookingId, CaseId, EquipmentId, StudioId};
use crate::domain::studio::{
    BookingState, DAYS_AHEAD, LONGEST_MIN, LONGEST_NOTE, LONGEST_TITLE, MOST_OPERATORS, SHORTEST_MIN, equipment_text,
};
use crate::domain::text::Text;
use crate::domain::time::Span;

/// One thing that stands against a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// A word for scripts.
    pub code: &'static str,
    /// What a person reads.
    pub text: Text,
}

/// A place that is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Where.
    pub studio: StudioId,
    /// When people would speak.
    pub session: Span,
    /// When, in words.
    pub text: Text,
}

/// A wish that is not met, and where it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotBooked {
    /// Why, all of it.
    pub clashes: Vec<Clash>,
    /// The nearest that are free, the nearest first; empty if none is within a week.
    pub alternatives: Vec<Alternative>,
}

/// Why a studio is not booked, or a session not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StudioRefusal {
    /// It is not free.
    NotFree(Box<NotBooked>),
    /// The title is empty or too long.
    Title,
    /// The session is too short or too long.
    Length,
    /// More operators are asked for than a session can have.
    Operators,
    /// The time lies too far away.
    TooFar,
    /// The request is not there, has ended, or asks for no session.
    NoSession(CaseId),
    /// The request's service uses another studio; its title.
    OtherStudio(String),
    /// The request has a booking already.
    HasOne(BookingId),
    /// The booking was cancelled, or the hold ran out.
    Over(BookingState),
    /// Somebody changed it meanwhile.
    Changed,
    /// The session has begun, or is over.
    Begun,
    /// A reason is wanted.
    ReasonWanted,
    /// A confirmed booking is moved with the applicant's consent.
    ConsentWanted,
    /// The session has not begun.
    NotBegun,
    /// Another session of the studio, called so, is still running.
    StillRunning(String),
    /// A session starts on its own day.
    AnotherDay,
    /// Only a confirmed booking's session can start.
    NotConfirmed,
    /// Equipment was not looked at.
    NotReady(Vec<EquipmentId>),
    /// The booking has no such equipment.
    NoSuchEquipment,
    /// What was handed in, or by whom, is missing or too long.
    Material,
    /// Who should operate is not free, or who should leave does not operate.
    OperatorTaken,
    /// Nobody can have failed to come before it was to begin.
    TooEarly,
}

impl From<StudioRefusal> for Refusal {
    fn from(refusal: StudioRefusal) -> Refusal {
        Refusal::Studio(refusal)
    }
}

impl From<StudioRefusal> for DeskError {
    fn from(refusal: StudioRefusal) -> DeskError {
        DeskError::Refused(Refusal::Studio(refusal))
    }
}

impl NotBooked {
    fn text(&self) -> Text {
        let join = |texts: Vec<&str>, with: &str| texts.join(with);
        let why_id = join(self.clashes.iter().map(|c| c.text.id.as_str()).collect(), " ");
        let why_en = join(self.clashes.iter().map(|c| c.text.en.as_str()).collect(), " ");
        if self.alternatives.is_empty() {
            return Text::new(
                format!("{why_id} Dalam seminggu di sekitarnya tidak ada waktu kosong; pilih tanggal lain."),
                format!("{why_en} Nothing is free within a week of it; choose another date."),
            );
        }
        let free_id = join(self.alternatives.iter().map(|a| a.text.id.as_str()).collect(), "; ");
        let free_en = join(self.alternatives.iter().map(|a| a.text.en.as_str()).collect(), "; ");
        Text::new(format!("{why_id} Yang kosong: {free_id}."), format!("{why_en} Free: {free_en}."))
    }
}

impl StudioRefusal {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            StudioRefusal::NotFree(_) => "not_free",
            StudioRefusal::Title => "title",
            StudioRefusal::Length => "length",
            StudioRefusal::Operators => "operators",
            StudioRefusal::TooFar => "too_far",
            StudioRefusal::NoSession(_) => "no_session",
            StudioRefusal::OtherStudio(_) => "other_studio",
            StudioRefusal::HasOne(_) => "has_one",
            StudioRefusal::Over(_) => "over",
            StudioRefusal::Changed => "changed",
            StudioRefusal::Begun => "begun",
            StudioRefusal::ReasonWanted => "reason_wanted",
            StudioRefusal::ConsentWanted => "consent_wanted",
            StudioRefusal::NotBegun => "not_begun",
            StudioRefusal::StillRunning(_) => "still_running",
            StudioRefusal::AnotherDay => "another_day",
            StudioRefusal::NotConfirmed => "not_confirmed",
            StudioRefusal::NotReady(_) => "not_ready",
            StudioRefusal::NoSuchEquipment => "no_such_equipment",
            StudioRefusal::Material => "material",
            StudioRefusal::OperatorTaken => "operator_taken",
            StudioRefusal::TooEarly => "too_early",
        }
    }

    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            StudioRefusal::NotFree(why) => why.text(),
            StudioRefusal::Title => Text::new(
                format!(
                    "Tulis judul acara dalam satu baris, 1 sampai {LONGEST_TITLE} karakter, tanpa karakter yang tidak terlihat."
                ),
                format!("Write what it is about on one line, 1 to {LONGEST_TITLE} characters, none of them invisible."),
            ),
            StudioRefusal::Length => Text::new(
                format!("Lama sesi {SHORTEST_MIN} sampai {LONGEST_MIN} menit."),
                format!("A session lasts {SHORTEST_MIN} to {LONGEST_MIN} minutes."),
            ),
            StudioRefusal::Operators => Text::new(
                format!("Paling banyak {MOST_OPERATORS} operator untuk satu sesi."),
                format!("A session has at most {MOST_OPERATORS} operators."),
            ),
            StudioRefusal::TooFar => Text::new(
                format!("Studio dapat dipesan dari hari ini sampai {DAYS_AHEAD} hari ke depan. Periksa tanggalnya."),
                format!("A studio can be booked from today to {DAYS_AHEAD} days ahead. Check the date."),
            ),
            StudioRefusal::NoSession(case) => Text::new(
                format!(
                    "Permohonan {case} tidak ada, sudah berakhir, atau tidak meminta sesi studio. Periksa nomornya, atau \
                     kosongkan."
                ),
                format!(
                    "Request {case} is not there, has ended, or asks for no session. Check the number, or leave it empty."
                ),
            ),
            StudioRefusal::OtherStudio(title) => Text::new(
                format!("Layanan permohonan ini memakai {title}. Pilih studio itu."),
                format!("This request's service uses {title}. Choose that studio."),
            ),
            StudioRefusal::HasOne(id) => Text::new(
                format!("Permohonan ini sudah punya pemesanan nomor {id}. Pindahkan yang itu, atau batalkan dahulu."),
                format!("This request has booking {id} already. Move that one, or cancel it first."),
            ),
            StudioRefusal::Over(state) => {
                let state = state.text();
                Text::new(
                    format!("Pemesanan ini sudah selesai ({}). Buat pemesanan baru.", state.id.to_lowercase()),
                    format!("This booking is over ({}). Make a new one.", state.en.to_lowercase()),
                )
            }
            StudioRefusal::Changed => Text::new(
                "Pemesanan ini baru saja diubah orang lain. Lihat keadaannya sekarang, lalu ulangi bila masih perlu.",
                "Somebody else has just changed this booking. See how it is now, and try again if still needed.",
            ),
            StudioRefusal::Begun => Text::new(
                "Sesi ini sudah dimulai atau selesai, jadi tidak dapat diubah lagi. Tambahkan catatan bila perlu.",
                "This session has begun or is over and can't be changed. Add a note if something should be known.",
            ),
            StudioRefusal::ReasonWanted => Text::new(
                format!("Tulis alasannya, 1 sampai {LONGEST_NOTE} karakter, tanpa karakter yang tidak terlihat."),
                format!("Write why, 1 to {LONGEST_NOTE} characters, none of them invisible."),
            ),
            StudioRefusal::ConsentWanted => Text::new(
                "Pemesanan ini sudah pasti. Minta persetujuan pemohon, lalu tulis siapa yang setuju dan bagaimana.",
                "This booking is confirmed. Ask the applicant, then write who agreed and how.",
            ),
            session => session.session_text(),
        }
    }

    fn session_text(&self) -> Text {
        match self {
            StudioRefusal::NotBegun => Text::new(
                "Sesi ini belum dimulai. Tekan Mulai lebih dahulu.",
                "This session has not begun. Start it first.",
            ),
            StudioRefusal::StillRunning(title) => Text::new(
                format!("Sesi {title} di studio ini masih berlangsung. Catat selesainya dahulu, lalu mulai sesi ini."),
                format!(
                    "The session {title} is still running in this studio. Enter its end first, then start this one."
                ),
            ),
            StudioRefusal::OperatorTaken => Text::new(
                "Operator itu tidak bertugas atau sudah ada sesi lain pada jam itu. Pilih yang ada di daftar.",
                "That operator is not on shift or has another session at that hour. Choose one of the list.",
            ),
            StudioRefusal::AnotherDay => Text::new(
                "Sesi ini bukan untuk hari ini. Pindahkan pemesanannya bila acaranya memang sekarang.",
                "This session is not today's. Move the booking if it really happens now.",
            ),
            StudioRefusal::NotConfirmed => Text::new(
                "Pemesanan ini belum pasti. Pastikan dahulu, lalu mulai sesinya.",
                "This booking is only held. Confirm it, then start the session.",
            ),
            StudioRefusal::NotReady(kinds) => {
                let join = |pick: fn(Text) -> String| {
                    kinds.iter().map(|kind| pick(equipment_text(kind))).collect::<Vec<_>>().join(", ")
                };
                Text::new(
                    format!("Belum diperiksa: {}. Tandai siap, atau tulis apa yang kurang.", join(|t| t.id)),
                    format!("Not looked at: {}. Tick what is ready, or write what is wrong.", join(|t| t.en)),
                )
            }
            StudioRefusal::NoSuchEquipment => Text::new(
                "Alat itu tidak termasuk pemesanan ini. Pilih dari daftar.",
                "That equipment is not part of this booking. Choose from the list.",
            ),
            StudioRefusal::Material => Text::new(
                "Tulis apa yang diserahkan dan oleh siapa, masing-masing 1 sampai 200 karakter.",
                "Write what was handed in and by whom, 1 to 200 characters each.",
            ),
            _ => Text::new(
                "Sesi ini belum waktunya. Tunggu sampai jam mulai, baru tandai tidak hadir.",
                "It is not time yet. Wait until the session should begin before entering a no-show.",
            ),
        }
    }
}
