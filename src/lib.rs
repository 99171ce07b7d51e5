#![doc = include_str!("ARCHITECTURE.md")]

pub mod config;
pub mod domain;
pub mod engine;

pub mod av;
pub mod files;
pub mod notify;
pub mod store;

pub mod desk;

pub mod paper;

pub mod web;

pub mod cli;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
