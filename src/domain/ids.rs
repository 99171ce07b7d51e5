//! Names of things. A row id never meets another kind of row id, and a hash is never a string.

use std::fmt;
use std::str::FromStr;

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
        }
        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> { s.parse().map($name) }
        }
    };
}

row_id!(/** An office that sends requests. */ OpdId);
row_id!(/** A human being who signs in. */ PersonId);
row_id!(/** One request going through a service standard. */ CaseId);
row_id!(/** A request to air one uploaded file. */ SubmissionId);
row_id!(/** A request for a session in a studio: one letter of a case. */ SessionRequestId);
row_id!(/** A numbered paper of a session: an approval, a schedule. */ PaperId);
row_id!(/** The head of agency's word on one submission. */ ApprovalId);
row_id!(/** A word of the head of agency that was given orally. */ OralId);
row_id!(/** One holding of a position by a person. */ AppointmentId);
row_id!(/** Work on a file that must survive a kill. */ JobId);
row_id!(/** A title with an owner, a validity window and its current clip. */ AssetId);
row_id!(/** Something a person must know. */ IncidentId);
row_id!(/** A studio's reservation. */ BookingId);

/// Text that was too long, empty, or held a character that the name may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} may hold 1 to 64 of a-z, 0-9, '-', '_' and '.'")]
pub struct BadName {
    /// Which kind of name it should have been.
    pub what: &'static str,
    /// What was given.
    pub given: String,
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);
        impl $name {
            /// The name as text; safe as a file name.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl FromStr for $name {
            type Err = BadName;
            fn from_str(s: &str) -> Result<Self, BadName> {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
                let ok = (1..=64).contains(&s.len()) && s.bytes().all(plain) && !s.starts_with('.');
                if ok { Ok($name(s.to_owned())) } else { Err(BadName { what: $what, given: s.to_owned() }) }
            }
        }
    };
}

name_id!(/** A channel: `videotron`, `radio`. Names a folder and a socket. */ ChannelId, "channel");
name_id!(/** A studio, as service standards name it: `studio.radio`. */ StudioId, "studio");
name_id!(/** A kind of equipment: `camera`, `microphone`. */ EquipmentId, "kind of equipment");
name_id!(/** An item of a playlist, unique within its revision. */ ItemId, "item");
name_id!(/** A form that was shown to somebody, so that what is sent twice on it is known. */ FormId, "form");
name_id!(/** A layer of a channel's branding, or a choice of layers. */ BrandName, "name of branding");

/// A SHA-256 (FIPS 180-4) of a file's bytes; written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// Not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a SHA-256: 64 lower-case hex digits are wanted")]
pub struct BadHash(pub String);

impl FromStr for Sha256 {
    type Err = BadHash;
    fn from_str(s: &str) -> Result<Self, BadHash> {
        let bad = || BadHash(s.chars().take(80).collect());
        if s.len() != 64 || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(s.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Sha256(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_what_it_writes_and_refuses_the_rest() {
        let text = "0123456789abcdef".repeat(4);
        let hash: Sha256 = text.parse().expect("64 hex digits");
        assert_eq!(hash.to_string(), text);
        assert!("0123".parse::<Sha256>().is_err());
        assert!("Z".repeat(64).parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }

    #[test]
    fn a_channel_name_can_not_leave_its_folder() {
        assert!("videotron".parse::<ChannelId>().is_ok());
        for bad in ["", "..", ".x", "a/b", "Wall", "a b", &"x".repeat(65)] {
            assert!(bad.parse::<ChannelId>().is_err(), "{bad:?}");
        }
    }
}
