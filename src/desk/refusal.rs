//! Why a desk says no: data with words that a person can act on.

use crate::domain::people::Role;
use crate::domain::text::Text;

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
    /// Something of that name is there.
    Taken {
        /// Its name.
        name: String,
    },
}

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
            Refusal::Taken { .. } => "taken",
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
            Refusal::Taken { name } => Text::new(
                format!("{name} sudah ada. Pakai yang ada, atau pilih nama lain."),
                format!("{name} is there already. Use it, or choose another name."),
            ),
        }
    }
}
