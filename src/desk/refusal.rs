//! Why a desk says no: data with words that a person can act on.

use super::planning::oral::OralRefusal;
use super::session_booking::log_wanted;
use super::studio::StudioRefusal;
use crate::domain::ids::BookingId;
use crate::domain::people::Role;
use crate::domain::studio::thing_text;
use crate::domain::submission::{CheckPoint, LetterFault};
use crate::domain::text::Text;
use crate::engine::procedure::Refused;

/// Why a desk says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing, or it is another office's.
    NotFound {
        /// What was asked for.
        what: Text,
    },
    /// The role is wanted for it.
    NeedsRole(Role),
    /// Address and password do not match a person who may sign in.
    SignIn,
    /// The one-time link was used, has run out, or never was.
    Link,
    /// The password is too short or too long, or is the address itself.
    Password,
    /// This is no e-mail address.
    Email,
    /// A name is empty or too long.
    Name,
    /// Nobody would be left who lets people in.
    LastAdmin,
    /// A sender of requests needs an office.
    OfficeWanted,
    /// Staff enter a letter without saying whose it is.
    ApplicantWanted,
    /// A line is empty, too long, or holds what can't be seen.
    Line {
        /// Most characters.
        most: usize,
    },
    /// The day beside a signature lies in the future, or before the request.
    SignedOn,
    /// The file is nothing that a scanner makes.
    NoScan,
    /// The request has as many scans as it may.
    ManyScans,
    /// A conclusion is empty or too long.
    Conclusion,
    /// A report is closed without a conclusion.
    ConclusionWanted,
    /// The note with which an incident is closed is empty or too long.
    ClosingNote,
    /// The incident is closed already.
    IncidentClosed,
    /// The player does not take the order, or does not answer.
    Player(Text),
    /// Something of that name is there.
    Taken {
        /// Its name.
        name: String,
    },
    /// A letter has that number.
    NumberTaken {
        /// Which.
        number: String,
    },
    /// The procedure does not allow the act.
    Procedure(Refused),
    /// The letter's details can't be.
    Letter(Vec<LetterFault>),
    /// The service is not for this kind of applicant.
    NotAnApplicant {
        /// Which service.
        service: Text,
        /// Who may ask for it.
        may: Text,
    },
    /// An applicant is not erased while a request is open.
    RequestsOpen,
    /// No studio is booked for a session that should go on.
    StudioWanted,
    /// A session's log lacks its start or its stop.
    SessionLogWanted {
        /// Of which booking.
        booking: BookingId,
    },
    /// Things that a step lists are not ready.
    NotReady {
        /// Which, in the standard's words.
        open: Vec<String>,
    },
    /// The upload is larger than is taken.
    TooLarge {
        /// What is taken.
        limit_bytes: u64,
    },
    /// The office's room is full.
    NoRoom {
        /// What is left of it.
        left_bytes: u64,
    },
    /// The upload broke off.
    BrokeOff,
    /// The machine's disk is full.
    DiskFull,
    /// A horizon's days can't be, or it has ended.
    Horizon,
    /// Nothing is put on the wall on an oral approval.
    Oral(OralRefusal),
    /// Only a clip that was approved can be asked for again.
    NeverApproved,
    /// The file of an earlier request is not kept any more.
    OriginalGone,
    /// The file still waits to be inspected.
    FileWaits,
    /// The file was refused.
    FileRefused,
    /// Points of the checklist are open.
    Checklist {
        /// Which.
        open: Vec<CheckPoint>,
    },
    /// A studio is not booked, or a session not told.
    Studio(StudioRefusal),
}

const MIB: u64 = 1 << 20;

impl Refusal {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound { .. } => "not_found",
            Refusal::NeedsRole(_) => "needs_role",
            Refusal::SignIn => "sign_in",
            Refusal::Link => "link",
            Refusal::Password => "password",
            Refusal::Email => "email",
            Refusal::Name => "name",
            Refusal::LastAdmin => "last_admin",
            Refusal::OfficeWanted => "office_wanted",
            Refusal::ApplicantWanted => "applicant_wanted",
            Refusal::Line { .. } => "line",
            Refusal::SignedOn => "signed_on",
            Refusal::NoScan => "no_scan",
            Refusal::ManyScans => "many_scans",
            Refusal::Conclusion => "conclusion",
            Refusal::ConclusionWanted => "conclusion_wanted",
            Refusal::ClosingNote => "closing_note",
            Refusal::IncidentClosed => "incident_closed",
            Refusal::Player(_) => "player",
            Refusal::Taken { .. } => "taken",
            Refusal::NumberTaken { .. } => "number_taken",
            Refusal::Procedure(refused) => refused.code(),
            Refusal::Letter(_) => "letter",
            Refusal::NotAnApplicant { .. } => "not_an_applicant",
            Refusal::RequestsOpen => "requests_open",
            Refusal::StudioWanted => "studio_wanted",
            Refusal::SessionLogWanted { .. } => "session_log_wanted",
            Refusal::NotReady { .. } => "not_ready",
            Refusal::TooLarge { .. } => "too_large",
            Refusal::NoRoom { .. } => "no_room",
            Refusal::BrokeOff => "broke_off",
            Refusal::DiskFull => "disk_full",
            Refusal::Horizon => "horizon",
            Refusal::Oral(refusal) => refusal.code(),
            Refusal::NeverApproved => "never_approved",
            Refusal::OriginalGone => "original_gone",
            Refusal::FileWaits => "file_waits",
            Refusal::FileRefused => "file_refused",
            Refusal::Checklist { .. } => "checklist",
            Refusal::Studio(refusal) => refusal.code(),
        }
    }

    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            Refusal::NotFound { what } => Text::new(
                format!("{} tidak ditemukan. Periksa nomornya.", what.id),
                format!("{} was not found. Check the number.", what.en),
            ),
            Refusal::NeedsRole(role) => {
                let role = role.text();
                Text::new(
                    format!(
                        "Hanya {} yang dapat melakukan ini. Hubungi administrator bila peran Anda keliru.",
                        role.id
                    ),
                    format!("Only the {} may do this. Ask the administrator if your role is wrong.", role.en),
                )
            }
            Refusal::SignIn => Text::new(
                "Surel atau kata sandi salah. Coba lagi, atau minta tautan baru kepada administrator.",
                "The address or the password is wrong. Try again, or ask the administrator for a new link.",
            ),
            Refusal::Link => Text::new(
                "Tautan ini sudah dipakai atau kedaluwarsa. Minta tautan baru kepada administrator.",
                "This link was used or has run out. Ask the administrator for a new one.",
            ),
            Refusal::Password => Text::new(
                "Kata sandi harus 10 sampai 128 karakter dan bukan surel Anda. Beberapa kata acak sudah cukup.",
                "A password has 10 to 128 characters and is not your address. A few random words will do.",
            ),
            Refusal::Email => Text::new(
                "Ini bukan alamat surel. Contoh: nama@deliserdangkab.go.id",
                "This is no e-mail address. Example: name@deliserdangkab.go.id",
            ),
            Refusal::Name => Text::new("Nama harus 1 sampai 200 karakter.", "A name has 1 to 200 characters."),
            Refusal::LastAdmin => Text::new(
                "Ini administrator terakhir. Angkat administrator lain lebih dahulu.",
                "This is the last administrator. Appoint another one first.",
            ),
            Refusal::OfficeWanted => Text::new(
                "Pemohon harus terdaftar pada satu instansi. Pilih instansinya.",
                "An applicant belongs to an office. Choose the office.",
            ),
            Refusal::ApplicantWanted => Text::new(
                "Surat ini belum ada pemohonnya. Pilih pemohon.",
                "The letter has no applicant yet. Choose the applicant.",
            ),
            Refusal::Line { most } => Text::new(
                format!("Isi satu baris, 1 sampai {most} karakter."),
                format!("Write one line of 1 to {most} characters."),
            ),
            Refusal::SignedOn => Text::new(
                "Tanggal tanda tangan harus antara tanggal permohonan masuk dan hari ini.",
                "The day of the signature lies between the day the request came in and today.",
            ),
            Refusal::NoScan => Text::new(
                "Berkas ini bukan hasil pindai. Kirim PDF, JPEG atau PNG.",
                "This file is no scan. Send a PDF, a JPEG or a PNG.",
            ),
            Refusal::ManyScans => Text::new(
                "Permohonan ini sudah punya terlalu banyak pindaian. Gabungkan halaman-halamannya dalam satu PDF.",
                "This request has too many scans already. Put the pages into one PDF.",
            ),
            Refusal::Conclusion => {
                Text::new("Kesimpulan harus 1 sampai 6000 karakter.", "A conclusion has 1 to 6000 characters.")
            }
            Refusal::ConclusionWanted => Text::new(
                "Laporan ini belum punya kesimpulan. Tulis kesimpulan di halaman laporan, atau sertakan sebagai catatan.",
                "This report has no conclusion yet. Write it on the report's page, or give it as the note of this step.",
            ),
            Refusal::ClosingNote => Text::new(
                "Catatan harus 1 sampai 1000 karakter: apa yang dilakukan atau ditemukan.",
                "A note has 1 to 1000 characters: what was done or found.",
            ),
            Refusal::IncidentClosed => Text::new(
                "Gangguan ini sudah ditutup. Muat ulang halaman untuk melihat keadaan sekarang.",
                "This incident is closed already. Reload the page to see how things are now.",
            ),
            Refusal::Player(text) => text.clone(),
            Refusal::Taken { name } => Text::new(
                format!("{name} sudah ada. Pakai yang ada, atau pilih nama lain."),
                format!("{name} is there already. Use it, or choose another name."),
            ),
            Refusal::NumberTaken { number } => Text::new(
                format!(
                    "Nomor {number} sudah dipakai surat lain. Periksa buku agenda, atau kosongkan supaya Siaran memberi nomor."
                ),
                format!(
                    "Another letter has number {number}. Look in the register, or leave it empty and Siaran gives one."
                ),
            ),
            Refusal::Procedure(refused) => refused.text(),
            Refusal::Letter(faults) => {
                let join = |pick: fn(&Text) -> &str| {
                    let lines = faults.iter().map(|fault| format!("{}: {}", fault.field, pick(&fault.text)));
                    lines.collect::<Vec<_>>().join(" ")
                };
                Text::new(join(|t| &t.id), join(|t| &t.en))
            }
            Refusal::NotAnApplicant { service, may } => Text::new(
                format!(
                    "{} hanya dapat diajukan oleh: {}. Pilih layanan lain, atau tanyakan kepada Bagian Umum.",
                    service.id, may.id
                ),
                format!("{} is for: {}. Choose another service, or ask the registry.", service.en, may.en),
            ),
            Refusal::RequestsOpen => Text::new(
                "Masih ada permohonan yang berjalan. Selesaikan atau tolak dahulu, lalu hapus datanya.",
                "A request is still open. Finish or refuse it first, then erase the data.",
            ),
            Refusal::StudioWanted => Text::new(
                "Studio belum dipesan untuk acara ini, atau pemesanannya batal. Petugas memesan studio lebih dahulu, lalu \
                 langkah ini diteruskan.",
                "No studio is booked for this session, or its booking was cancelled. The staff book one first, then this step \
                 goes on.",
            ),
            Refusal::SessionLogWanted { booking } => log_wanted(*booking),
            Refusal::NotReady { open } => Text::new(
                format!("Belum siap: {}. Centang setelah diperiksa.", open.join(", ")),
                format!(
                    "Not ready yet: {}. Tick each once it is checked.",
                    open.iter().map(|thing| thing_text(thing).en).collect::<Vec<_>>().join(", ")
                ),
            ),
            Refusal::Checklist { open } => {
                let join = |pick: fn(Text) -> String| {
                    open.iter().map(|point| pick(point.text())).collect::<Vec<_>>().join("; ")
                };
                Text::new(
                    format!("Belum terpenuhi: {}. Kembalikan atau tolak bila memang tidak terpenuhi.", join(|t| t.id)),
                    format!("Not confirmed: {}. Return or refuse the request if it does not hold.", join(|t| t.en)),
                )
            }
            Refusal::Studio(refusal) => refusal.text(),
            upload => upload.upload_text(),
        }
    }

    fn upload_text(&self) -> Text {
        match self {
            Refusal::TooLarge { limit_bytes } => Text::new(
                format!(
                    "Berkas melebihi {} MiB. Kirim hasil ekspor yang lebih kecil, misalnya 1080p.",
                    limit_bytes / MIB
                ),
                format!("The file exceeds {} MiB. Send a smaller export, 1080p for example.", limit_bytes / MIB),
            ),
            Refusal::NoRoom { left_bytes } => Text::new(
                format!(
                    "Ruang simpan instansi Anda penuh: tersisa {} MiB. Kirim berkas yang lebih kecil, atau minta administrator \
                     menambah ruang; berkas lama dihapus sendiri setelah masa simpannya.",
                    left_bytes / MIB
                ),
                format!(
                    "Your office's room is full: {} MiB of it are left. Send a smaller file, or ask the administrator for more \
                     room; old files go by themselves once they need not be kept.",
                    left_bytes / MIB
                ),
            ),
            Refusal::BrokeOff => Text::new(
                "Unggahan terputus. Periksa sambungan dan unggah lagi.",
                "The upload broke off. Check the connection and upload again.",
            ),
            Refusal::DiskFull => Text::new(
                "Ruang simpan Siaran penuh, sehingga berkas belum tersimpan. Beri tahu administrator, lalu unggah lagi nanti.",
                "Siaran's disk is full, so the file was not kept. Tell the administrator, and upload again later.",
            ),
            Refusal::Horizon => Text::new(
                "Hari-hari itu tidak dapat dipakai, atau rekan Anda sudah mengubahnya. Muat ulang halaman, lalu pilih paling \
                 lama 31 hari mulai hari ini.",
                "Those days can't be taken, or a colleague has changed them. Open the page again, then choose at most 31 days \
                 from today on.",
            ),
            Refusal::Oral(refusal) => refusal.text(),
            Refusal::NeverApproved => Text::new(
                "Hanya video yang pernah disetujui dapat diajukan lagi. Perbaiki permohonan ini, atau ajukan yang baru.",
                "Only a clip that was approved can be asked for again. Mend this request, or file a new one.",
            ),
            Refusal::OriginalGone => Text::new(
                "Berkas aslinya sudah dihapus karena masa simpannya habis. Ajukan permohonan baru dan unggah lagi berkasnya.",
                "Its file is not kept any more. File a new request and upload the file again.",
            ),
            Refusal::FileWaits => Text::new(
                "Berkas masih diperiksa. Tunggu sebentar lalu muat ulang.",
                "The file is still being inspected. Wait a moment and reload.",
            ),
            _ => Text::new(
                "Berkas ditolak. Baca alasannya dan unggah berkas lain.",
                "The file was refused. Read the reasons and upload another file.",
            ),
        }
    }
}
