//! Stories of the whole house: real database, real folders, the clock in the hand, decoders played by a few lines.

#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]

mod again;
mod airing;
mod citizens;
mod deadlines;
mod deciding;
mod draft;
mod files;
mod horizon;
mod interrupt;
mod listed;
mod looking;
mod offers;
mod oral;
mod pages;
mod paper;
mod request;
mod session_trouble;
mod sessions;
mod standing;
mod studio;
mod watch;
mod world;
