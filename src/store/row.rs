//! How values of the domain sit in rows, and how they are read back.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::Type;

use crate::domain::ids::Sha256;
use crate::domain::time::Instant;

/// Milliseconds since 1970.
pub(super) fn ms(at: Instant) -> i64 {
    at.timestamp_millis()
}

fn unreadable(index: usize, kind: Type, why: impl Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, kind, why.to_string().into())
}

/// An instant from a column of milliseconds.
pub(super) fn instant(row: &Row<'_>, index: usize) -> rusqlite::Result<Instant> {
    let ms = row.get(index)?;
    Instant::from_timestamp_millis(ms).ok_or_else(|| unreadable(index, Type::Integer, "a time out of range"))
}

/// An instant, or none.
pub(super) fn maybe_instant(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Instant>> {
    match row.get::<_, Option<i64>>(index)? {
        None => Ok(None),
        Some(_) => instant(row, index).map(Some),
    }
}

/// A value that its own parser reads from text.
pub(super) fn word<T: FromStr>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T::Err: Display,
{
    row.get_ref(index)?.as_str()?.parse().map_err(|e: T::Err| unreadable(index, Type::Text, e))
}

/// Such a value, or none.
pub(super) fn maybe_word<T: FromStr>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: Display,
{
    match row.get::<_, Option<String>>(index)? {
        None => Ok(None),
        Some(_) => word(row, index).map(Some),
    }
}

/// A hash from its 32 bytes.
pub(super) fn hash(row: &Row<'_>, index: usize) -> rusqlite::Result<Sha256> {
    row.get(index).map(Sha256)
}

/// A hash, or none.
pub(super) fn maybe_hash(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Sha256>> {
    Ok(row.get::<_, Option<[u8; 32]>>(index)?.map(Sha256))
}

/// A count that can't be negative.
pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(index)?).map_err(|e| unreadable(index, Type::Integer, e))
}

/// A small count that can't be negative.
pub(super) fn small(row: &Row<'_>, index: usize) -> rusqlite::Result<u32> {
    u32::try_from(row.get::<_, i64>(index)?).map_err(|e| unreadable(index, Type::Integer, e))
}

/// A count as SQLite holds it; what exceeds 2⁶³ is that.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Whether a statement failed because a unique key is taken.
pub(super) fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| {
        e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
            || e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
    })
}
