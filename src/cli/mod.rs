//! The doors for people and scripts at a terminal: one file per command. A command parses its arguments, calls a
//! desk, and prints; it decides nothing.

#![warn(clippy::print_stdout, reason = "say! bears a reader that leaves")]

#[macro_use]
mod say;

mod act;
mod audit;
mod book;
mod conform;
mod ctl;
#[cfg(feature = "av")]
mod demo;
mod home;
mod init;
mod inspect;
mod office;
mod plan;
mod planning;
#[cfg(feature = "av")]
mod play;
mod playlist;
mod request;
mod sandboxed;
mod serve;
mod sop;
mod user;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;

use crate::config::{ChannelConfig, Config, ConfigError};
use crate::domain::ids::ChannelId;

/// Siaran: from an office's request to the airing report.
#[derive(Parser)]
#[command(name = "siaran", version, about)]
struct Arguments {
    /// Folder with the configuration, database and media [default: the working directory if it has siaran.toml,
    /// else /var/lib/siaran]
    #[arg(long, global = true, env = "SIARAN_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the configuration that applies, every key of it, as a siaran.toml would say it
    Config,
    /// Play a channel: needs only its playlists, media and configuration
    #[cfg(feature = "av")]
    Play(play::PlayArguments),
    /// Work on playlist files, and on the lists of other programs
    #[command(subcommand)]
    Playlist(playlist::PlaylistCommand),
    Ctl(ctl::Arguments),
    /// Print what was on air
    Asrun(playlist::AsrunArguments),
    /// The whole main job on this machine, told as a story
    #[cfg(feature = "av")]
    Demo(demo::Arguments),
    /// Decode one clip for the player
    #[cfg(feature = "av")]
    #[command(hide = true)]
    Decode(play::DecodeArguments),
    /// Be the process of one of a player's outputs
    #[cfg(feature = "av")]
    #[command(hide = true)]
    Output,
    /// Plan a channel's day, or an instance file
    Plan(plan::PlanArguments),
    /// Make the house-format file of a clip
    Conform(conform::Arguments),
    /// Decode a whole file and say whether it may go on the air
    Inspect(inspect::Arguments),
    Publish(planning::PublishArguments),
    Report(planning::ReportArguments),
    Check(planning::CheckArguments),
    /// Confine this process and become a decoder: how the other commands run ffmpeg
    #[command(hide = true)]
    Sandboxed(sandboxed::Arguments),
    /// Serve the pages
    Serve(serve::Arguments),
    /// Make a home, and the link with which its first administrator signs in
    Init(init::Arguments),
    /// Who may sign in, and in which positions
    User(About<user::Command>),
    /// Offices that send requests
    Office(About<office::Command>),
    /// Offices' requests
    Request(About<request::Command>),
    /// Do one step of a request
    Act(act::Arguments),
    /// Book studios
    Book(About<book::Command>),
    /// Whether service standards hold
    Sop(sop::Arguments),
    /// Whether the audit trail is what was written
    Audit(audit::Arguments),
}

/// A noun with commands of its own, each in words or in JSON.
#[derive(clap::Args)]
struct About<C: Subcommand> {
    #[command(subcommand)]
    command: C,
    /// One JSON document instead of words
    #[arg(long, global = true)]
    json: bool,
}

/// How a command ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Done, or what was asked about holds: exit 0.
    Holds,
    /// Refused, or what was asked about does not hold: exit 1. The reasons are printed already.
    Refused,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong usage: exit 2.
    #[error("error: {0}")]
    Usage(String),
    /// The device, file or database would not: exit 3.
    #[error("error: {what}. Try: {way_out}.")]
    Could {
        /// What failed, and where.
        what: String,
        /// What a person can do.
        way_out: String,
    },
}

impl Failure {
    /// An IO failure with a way out.
    pub fn could(what: impl Into<String>, way_out: impl Into<String>) -> Failure {
        let what = what.into();
        Failure::Could { what: what.trim_end_matches(['.', '\n']).to_owned(), way_out: way_out.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::could(error.to_string(), "compare it with docs/siaran.example.toml")
    }
}

/// What a home holds is no business of a machine's other users: letters, names, hashes of passwords. Whoever wants more
/// kept from the group says so with the umask of the service.
const NOT_FOR_OTHERS: Mode = Mode::WGRP.union(Mode::RWXO);

/// Parses the command line, runs the command, and turns its end into an exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let given = rustix::process::umask(NOT_FOR_OTHERS);
    rustix::process::umask(given | NOT_FOR_OTHERS);
    say_what_happens();
    match run(arguments) {
        Ok(Ended::Holds) => ExitCode::SUCCESS,
        Ok(Ended::Refused) => ExitCode::from(1),
        Err(failure) => {
            complain!("{failure}");
            ExitCode::from(match failure {
                Failure::Usage(_) => 2,
                Failure::Could { .. } => 3,
            })
        }
    }
}

/// The channel of that name.
fn channel<'a>(config: &'a Config, id: &ChannelId) -> Result<&'a ChannelConfig, Failure> {
    config.channels.get(id).ok_or_else(|| {
        let known: Vec<_> = config.channels.keys().map(ChannelId::as_str).collect();
        Failure::could(format!("there is no channel {id}"), format!("one of these: {}", known.join(", ")))
    })
}

/// What happens is said on standard error; `SIARAN_LOG` chooses how much, as `tracing` filters are written.
fn say_what_happens() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SIARAN_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("siaran=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

fn run(arguments: Arguments) -> Result<Ended, Failure> {
    let home = Config::find_home(arguments.home);
    match arguments.command {
        Command::Plan(arguments) => plan::run(&home, &arguments),
        Command::Publish(arguments) => planning::publish(&home, &arguments),
        Command::Report(arguments) => planning::report(&home, &arguments),
        Command::Check(arguments) => planning::check(&home, &arguments),
        Command::Serve(arguments) => serve::run(&home, &arguments),
        Command::Config => {
            say!("{}", Config::load(&home)?.to_toml().trim_end());
            Ok(Ended::Holds)
        }
        #[cfg(feature = "av")]
        Command::Play(arguments) => play::play(&home, arguments),
        #[cfg(feature = "av")]
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Ctl(arguments) => ctl::run(&home, arguments),
        Command::Playlist(command) => playlist::playlist(&home, command),
        Command::Asrun(arguments) => playlist::asrun(&home, &arguments),
        #[cfg(feature = "av")]
        Command::Decode(arguments) => play::decode(&arguments),
        #[cfg(feature = "av")]
        Command::Output => play::output(),
        Command::Conform(arguments) => conform::run(&home, &arguments),
        Command::Inspect(arguments) => inspect::run(&home, &arguments),
        Command::Init(arguments) => init::run(&home, &arguments),
        Command::User(arguments) => user::run(&home, arguments),
        Command::Office(arguments) => office::run(&home, arguments),
        Command::Request(arguments) => request::run(&home, arguments),
        Command::Act(arguments) => act::run(&home, arguments),
        Command::Book(arguments) => book::run(&home, arguments),
        Command::Sop(arguments) => sop::run(&home, &arguments),
        Command::Audit(arguments) => audit::run(&home, &arguments),
        Command::Sandboxed(arguments) => sandboxed::run(&arguments),
    }
}
