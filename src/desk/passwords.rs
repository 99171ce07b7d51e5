//! Passwords: argon2id with 19 MiB and two passes (OWASP's first choice for it), at most two at a time, so that a
//! flood of sign-ins leaves memory and cores to the rest.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use super::DeskError;
use super::token::random_bytes;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at one time: 38 MiB and two cores at most.
const MOST_AT_ONCE: u32 = 2;

/// Fewest characters: a phrase is wanted, not a puzzle.
pub(super) const MIN_CHARS: usize = 10;
/// Most characters.
pub(super) const MAX_CHARS: usize = 128;

static RUNNING: Mutex<u32> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// A seat among those that may hash; left when dropped.
struct Seat;

impl Seat {
    fn take() -> Seat {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= MOST_AT_ONCE {
            running = FREED.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        Seat
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("19 MiB, two passes and one lane are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC form of a password with a fresh salt.
pub(super) fn hash(password: &str) -> Result<String, DeskError> {
    let salt: [u8; 16] = random_bytes()?;
    let _seat = Seat::take();
    let phc: PasswordHash = argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("a salt of 16 bytes and a password under 4 GiB can be hashed");
    Ok(phc.to_string())
}

/// Whether a password gives a stored hash. Does the same work when there is none to compare with.
pub(super) fn verify(password: &str, stored: Option<&str>) -> Result<bool, DeskError> {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    let nobodys = match NOBODYS.get() {
        Some(phc) => phc,
        None => {
            let phc = hash("nobody's password")?;
            NOBODYS.get_or_init(|| phc)
        }
    };
    let Ok(phc) = PasswordHash::new(stored.unwrap_or(nobodys)) else { return Ok(false) };
    let _seat = Seat::take();
    let matches = argon2().verify_password(password.as_bytes(), &phc).is_ok();
    Ok(matches && stored.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_its_own_hash_and_no_hash_opens_to_nothing() {
        let stored = hash("kuda laut makan malam").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("kuda laut makan malam", Some(&stored)).unwrap());
        assert!(!verify("kuda laut makan siang", Some(&stored)).unwrap());
        assert!(!verify("nobody's password", None).unwrap());
        assert!(!verify("", Some("not a hash")).unwrap());
    }
}
