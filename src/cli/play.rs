//! `siaran play CHANNEL`: one player. `siaran decode` and `siaran output`: its hidden children.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::{Ended, Failure};
use crate::av::sandbox::Sandbox;
use crate::av::{decode, live};
use crate::config::Config;
use crate::desk::clock::SystemClock;
use crate::desk::on_air::{self, OnAirError};
use crate::domain::channel::HouseFormat;
use crate::domain::ids::ChannelId;
use crate::domain::output::OutputAddress;
use crate::domain::time::{FrameRate, Instant};
use crate::files::journal::{JournalError, JournalPaths};
use crate::files::playlist_file;

/// Plays a channel.
#[derive(Args)]
pub(super) struct PlayArguments {
    /// The channel
    channel: ChannelId,
    /// Play this file, whatever playlists/ holds
    #[arg(long, value_name = "FILE")]
    playlist: Option<PathBuf>,
    /// Where the air goes: auto, null, file:PATH.ts, udp://HOST:PORT, srt://HOST:PORT, rtmp://HOST/APP/KEY, hls:DIR,
    /// icecast://USER:PASSWORD@HOST:PORT/MOUNT, x11:, wayland:, kms:; may be given several times. A password is better
    /// kept in siaran.toml than typed where others see it
    #[arg(long = "output", value_name = "URI")]
    outputs: Vec<OutputAddress>,
    /// Show the numbered test card in place of the air; nothing is on record
    #[arg(long, conflicts_with = "playlist")]
    test_card: bool,
    /// End at this instant, RFC 3339 with offset
    #[arg(long, value_name = "INSTANT")]
    until: Option<Instant>,
    /// Write as-run rows here instead of journal/<channel>.jsonl
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

pub(super) fn play(home: &Path, arguments: PlayArguments) -> Result<Ended, Failure> {
    let config = Config::load(home)?;
    let channel = super::channel(&config, &arguments.channel)?;
    let playlist = match arguments.playlist.as_deref().map(playlist_file::read).transpose() {
        Ok(playlist) => playlist,
        Err(error) => {
            eprintln!("error: {error}. Try: siaran playlist check FILE names every fault.");
            return Ok(Ended::Refused);
        }
    };
    let outputs = if arguments.outputs.is_empty() {
        let parsed = channel.outputs.iter().map(|text| text.parse::<OutputAddress>());
        parsed.collect::<Result<_, _>>().map_err(|e| Failure::could(e.to_string(), "mend outputs in siaran.toml"))?
    } else {
        arguments.outputs
    };
    let home = home.canonicalize().map_err(|e| Failure::could(format!("{}: {e}", home.display()), "siaran init"))?;
    let settings = on_air::Settings {
        journal: match arguments.journal {
            Some(path) => JournalPaths::beside(path),
            None => JournalPaths::in_home(&home, &arguments.channel),
        },
        channel: channel.channel.clone(),
        playlist,
        outputs: outputs.into_iter().map(|output| output.on(Config::displays())).collect(),
        wall: channel.wall.clone(),
        branding: channel.branding.clone(),
        fonts: config.paper.fonts.clone(),
        until: arguments.until,
        require_landlock: config.sandbox.require_landlock,
        home,
    };
    go_ahead();
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(Arc::clone(&stop))?;
    let clock = SystemClock::start();
    let ended = match arguments.test_card {
        true => on_air::show_card(&settings, &clock, &stop),
        false => on_air::run(settings, Arc::new(clock), &stop),
    };
    match ended {
        Ok(()) => Ok(Ended::Holds),
        Err(error @ OnAirError::Playlist(_)) => {
            eprintln!("error: {error}. Try: a playlist of this channel.");
            Ok(Ended::Refused)
        }
        Err(OnAirError::Journal(error @ JournalError::Held { .. })) => Err(Failure::could(
            format!("{} is on air already: {error}", arguments.channel),
            format!(
                "leave it on air and watch it on the pages, or end it first: systemctl stop siaran-play@{}, or kill                  that process",
                arguments.channel
            ),
        )),
        Err(error) => Err(Failure::could(error.to_string(), "look at the message above, then start again")),
    }
}

/// The nice level of a player and of what decodes and encodes for it: ten times the share of a process at 0 in each
/// core's time (sched(7)).
const AHEAD_OF_OTHERS: i32 = -10;

/// The air goes before other work on this machine, where the machine lets it.
fn go_ahead() {
    if let Err(why) = rustix::process::setpriority_process(None, AHEAD_OF_OTHERS) {
        tracing::warn!(
            "no nice level of {AHEAD_OF_OTHERS} ({why}): a busy machine may make decoders late. Try: Nice in the unit"
        );
    }
}

/// SIGTERM and SIGINT end the player cleanly.
fn stop_on_signal(stop: Arc<AtomicBool>) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::could(format!("signals can't be received: {e}"), "start again");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let (mut term, mut int) = {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = runtime.enter();
        (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?)
    };
    let wait = move || {
        runtime.block_on(async {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        });
        stop.store(true, Ordering::SeqCst);
    };
    std::thread::Builder::new().name("signals".into()).spawn(wait).map(|_| ()).map_err(failed)
}

/// Where the player's decoders come from: one process that waits for clips and forks for each.
#[derive(Args)]
pub(super) struct DecodeArguments {
    /// Only make GStreamer's list of plugins
    #[arg(long)]
    prepare: bool,
    /// Receive the live source named in the environment
    #[arg(long, conflicts_with = "prepare")]
    live: bool,
    #[arg(long, default_value_t = HouseFormat::DEFAULT.width)]
    width: u32,
    #[arg(long, default_value_t = HouseFormat::DEFAULT.height)]
    height: u32,
    #[arg(long, default_value = "25/1", value_parser = rate)]
    rate: FrameRate,
    #[arg(long, default_value_t = HouseFormat::DEFAULT.sample_rate_hz)]
    sample_rate: u32,
    #[arg(long)]
    require_landlock: bool,
}

impl DecodeArguments {
    fn house(&self) -> HouseFormat {
        HouseFormat {
            width: self.width,
            height: self.height,
            rate: self.rate,
            sample_rate_hz: self.sample_rate,
            ..HouseFormat::DEFAULT
        }
    }
}

/// Shut in first, but for the network that the address needs.
fn receive(arguments: &DecodeArguments) -> Result<Ended, Failure> {
    let address = Config::live_address().ok_or_else(|| Failure::Usage("no live source is named".into()))?;
    let needs = live::needs_of(&address);
    wait_for_devices(&needs.devices)?;
    let mut sandbox = Sandbox::receiving(needs.network, needs.devices);
    sandbox.reads.extend(Config::gst_registry());
    sandbox.demands.require_landlock = arguments.require_landlock;
    sandbox.enter().map_err(|e| Failure::could(e.to_string(), "siaran config shows sandbox.require"))?;
    let failed = |e: decode::DecodeError| Failure::could(e.to_string().trim_end_matches('.'), "look at the sender");
    live::run(&address, arguments.house()).map(|()| Ended::Holds).map_err(failed)
}

/// How long a device that is not there is waited for before the child ends and another one waits.
const DEVICE_PATIENCE: Duration = Duration::from_secs(2);

/// A device can be named to the sandbox only once it is there.
fn wait_for_devices(devices: &[PathBuf]) -> Result<(), Failure> {
    let begun = std::time::Instant::now();
    for device in devices {
        while !device.exists() {
            if begun.elapsed() > DEVICE_PATIENCE {
                let missing = format!("the device {} is not there", device.display());
                return Err(Failure::could(missing, "plug it in; it is opened as soon as it comes"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn rate(text: &str) -> Result<FrameRate, String> {
    let parsed = text.split_once('/').and_then(|(num, den)| FrameRate::new(num.parse().ok()?, den.parse().ok()?));
    parsed.ok_or_else(|| format!("{text:?} is not a frame rate like 25/1"))
}

pub(super) fn decode(arguments: &DecodeArguments) -> Result<Ended, Failure> {
    let failed = |e: decode::DecodeError| Failure::could(e.to_string().trim_end_matches('.'), "siaran inspect FILE");
    if arguments.live {
        return receive(arguments);
    }
    if arguments.prepare {
        return decode::prepare_registry().map(|()| Ended::Holds).map_err(failed);
    }
    let Some(order) = decode::next_order().map_err(failed)? else { return Ok(Ended::Holds) };
    let player = decode::Player::at_hand(arguments.house()).map_err(failed)?;
    let mut sandbox = Sandbox::reading(&order.file);
    sandbox.reads.extend(Config::gst_registry());
    sandbox.demands.require_landlock = arguments.require_landlock;
    sandbox.enter().map_err(|e| Failure::could(e.to_string(), "siaran config shows sandbox.require"))?;
    decode::run(&order.file, order.from_frame, player).map(|()| Ended::Holds).map_err(failed)
}

/// The process of one of a player's outputs.
pub(super) fn output() -> Result<Ended, Failure> {
    match crate::av::output::run_child(Config::gst_registry()) {
        Ok(true) => Ok(Ended::Holds),
        Ok(false) => Ok(Ended::Refused),
        Err(error) => Err(Failure::could(error.to_string(), "siaran play CHANNEL, which starts it")),
    }
}
