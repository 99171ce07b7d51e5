//! How often a sign-in may fail before it has to wait. Kept in memory: a restart forgives.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::domain::time::Instant;

/// Failures are counted over this long.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures with one address of one account in a window: a person who mistypes, not a program that guesses.
const MOST_PER_ACCOUNT: usize = 5;
/// Failures from one address in a window: an office behind one router on a bad morning.
const MOST_PER_ADDRESS: usize = 40;
/// Keys remembered at once; a flood beyond it makes everyone unknown wait.
const MOST_KEYS: usize = 20_000;

/// Failed sign-ins of the last minutes.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failures: BTreeMap<String, Vec<Instant>>,
}

impl Attempts {
    /// Whether this account may be tried from this address, else how long to wait.
    pub(super) fn may_try(&mut self, email: &str, ip: &str, now: Instant) -> Result<(), TimeDelta> {
        self.failures.retain(|_, times| {
            times.retain(|at| now - *at < WINDOW);
            !times.is_empty()
        });
        if self.failures.len() >= MOST_KEYS {
            return Err(WINDOW);
        }
        let limits = [(account_key(email, ip), MOST_PER_ACCOUNT), (address_key(ip), MOST_PER_ADDRESS)];
        for (key, most) in limits {
            let Some(times) = self.failures.get(&key) else { continue };
            if times.len() >= most {
                // Free again when the oldest of the last `most` failures leaves the window.
                return Err(WINDOW - (now - times[times.len() - most]));
            }
        }
        Ok(())
    }

    /// Notes a failure.
    pub(super) fn failed(&mut self, email: &str, ip: &str, now: Instant) {
        for key in [account_key(email, ip), address_key(ip)] {
            self.failures.entry(key).or_default().push(now);
        }
    }

    /// A success forgives the account's failures from that address.
    pub(super) fn succeeded(&mut self, email: &str, ip: &str) {
        self.failures.remove(&account_key(email, ip));
    }
}

fn account_key(email: &str, ip: &str) -> String {
    // 254 bytes is the longest address that exists.
    let email: String = email.trim().to_lowercase().chars().take(254).collect();
    format!("account {ip} {email}")
}

fn address_key(ip: &str) -> String {
    format!("address {ip}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> Instant {
        let start: Instant = "2026-11-22T03:00:00Z".parse().unwrap();
        start + TimeDelta::minutes(n)
    }

    #[test]
    fn five_wrong_passwords_make_one_account_wait_and_nobody_else() {
        let mut attempts = Attempts::default();
        for n in 0..5 {
            assert_eq!(attempts.may_try("Ani@desa.id", "10.0.0.1", minute(n)), Ok(()));
            attempts.failed("Ani@desa.id", "10.0.0.1", minute(n));
        }
        assert_eq!(attempts.may_try("ani@desa.id ", "10.0.0.1", minute(5)), Err(TimeDelta::minutes(10)));
        assert_eq!(attempts.may_try("budi@desa.id", "10.0.0.1", minute(5)), Ok(()));
        assert_eq!(attempts.may_try("ani@desa.id", "10.0.0.2", minute(5)), Ok(()));
        assert_eq!(attempts.may_try("ani@desa.id", "10.0.0.1", minute(15)), Ok(()));
    }

    #[test]
    fn guessing_many_accounts_from_one_address_ends_too() {
        let mut attempts = Attempts::default();
        for n in 0..MOST_PER_ADDRESS {
            let email = format!("nama{n}@desa.id");
            assert_eq!(attempts.may_try(&email, "10.0.0.1", minute(0)), Ok(()));
            attempts.failed(&email, "10.0.0.1", minute(0));
        }
        assert!(attempts.may_try("lain@desa.id", "10.0.0.1", minute(1)).is_err());
        attempts.succeeded("nama1@desa.id", "10.0.0.1");
        assert!(attempts.may_try("lain@desa.id", "10.0.0.1", minute(1)).is_err());
    }
}
