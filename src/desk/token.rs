//! Secrets that a browser holds: one-time links and session cookies. Only their hashes are stored.

use std::fmt;

use sha2::{Digest, Sha256 as Hasher};

use super::DeskError;
use crate::domain::ids::Sha256;

/// A secret as text; hex, so that it survives links and cookies.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Longest text that is looked at as a token, bytes.
const MAX_BYTES: usize = 256;

impl Token {
    /// A new secret of `N` random bytes from the system.
    pub(super) fn random<const N: usize>() -> Result<Token, DeskError> {
        let bytes: [u8; N] = random_bytes()?;
        Ok(Token(bytes.iter().map(|b| format!("{b:02x}")).collect()))
    }
    /// What a browser sent.
    pub fn given(text: &str) -> Token {
        Token(text.chars().take(MAX_BYTES).collect())
    }
    /// For the link or the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
    pub(super) fn hash(&self) -> Sha256 {
        Sha256(Hasher::digest(self.0.as_bytes()).into())
    }
}

/// Random bytes from the system.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], DeskError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(DeskError::Random)?;
    Ok(bytes)
}

/// A new plain name for a file that is being written.
pub(super) fn random_name() -> Result<String, DeskError> {
    Ok(Token::random::<12>()?.0)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
