//! The real player: GStreamer at both ends, the machine's clock in between.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::folders::fits;
use super::{Air, Folders, Ledger, Player, Recorder, RecorderNews, listen};
use crate::av::air::Air as RealAir;
use crate::av::branding::{CrawlSetter, Dress, Letters, Painter};
use crate::av::card::Card;
use crate::av::deck::{DeckSettings, Decks};
use crate::av::output::{OutputReport, OutputSettings, OutputState, Outputs, StreamClock};
use crate::av::picture::{Raster, SAMPLE_BYTES, Shared, TickFrame};
use crate::av::probe::{Probe, Seen};
use crate::av::{sandbox, slate};
use crate::config::Config;
use crate::desk::clock::Pacer;
use crate::domain::branding::Branding;
use crate::domain::channel::Channel;
use crate::domain::output::OutputAddress;
use crate::domain::playlist::Playlist;
use crate::domain::time::{FrameRate, Instant, Tick};
use crate::domain::wall::Wall;
use crate::engine::playout::{DeckId, Input, Open, Show, Supply};
use crate::engine::watch::{Expected, Watch};
use crate::files::journal::{JournalError, JournalPaths};
use crate::files::status_file::OutputStatus;
use crate::files::whole;
use crate::notify::Supervisor;

/// How often the folder of playlists is looked at: the next item may change until a second before air, and a look costs
/// the reading of one folder.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Real-time priority of the tick thread, of 1 to 99: above everything ordinary, below the kernel's own.
const TICK_PRIORITY: i32 = 10;

/// What one player is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The home.
    pub home: PathBuf,
    /// The channel.
    pub channel: Channel,
    /// A playlist to play whatever the folder says.
    pub playlist: Option<Playlist>,
    /// Where the air goes.
    pub outputs: Vec<OutputAddress>,
    /// What displays make of it.
    pub wall: Wall,
    /// What is drawn on the air.
    pub branding: Branding,
    /// The folder of the letters for it.
    pub fonts: PathBuf,
    /// The first instant at which it is over; never, if `None`.
    pub until: Option<Instant>,
    /// Where rows go.
    pub journal: JournalPaths,
    /// Whether decoders must have Landlock.
    pub require_landlock: bool,
}

/// Why a player could not start.
#[derive(Debug, thiserror::Error)]
pub enum OnAirError {
    /// Another player holds the journal. One that can't be written is no reason not to be on air.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The playlist is not this channel's.
    #[error("the playlist can't be played: {0}")]
    Playlist(String),
    /// The system has no thread, folder or process to give.
    #[error("{what}: {source}")]
    System {
        /// What failed.
        what: String,
        /// Why.
        source: io::Error,
    },
}

/// Plays until the time is over or `stop` is set.
///
/// # Errors
/// [`OnAirError`] before the first tick; afterwards nothing ends it but its orders.
pub fn run(settings: Settings, clock: Arc<dyn Pacer>, stop: &AtomicBool) -> Result<(), OnAirError> {
    let system = |what: &str| {
        let what = what.to_owned();
        move |source| OnAirError::System { what, source }
    };
    let channel = &settings.channel;
    if let Some(playlist) = &settings.playlist {
        fits(playlist, channel).map_err(OnAirError::Playlist)?;
    }
    let run_folder = settings.home.join("run");
    if let Err(error) = std::fs::create_dir_all(&run_folder) {
        tracing::warn!("{} can't be made: {error}; there is no status and no preview", run_folder.display());
    }
    let ledger = Ledger::open(settings.journal.clone(), channel, clock.now())?;
    let recorder = Recorder::start(ledger, &settings.home, channel).map_err(system("no thread"))?;
    let registry = Registry::find(&run_folder);

    let raster = Raster { width: channel.house.width, height: channel.house.height };
    let (picture, fault) = slate::load(&settings.home, raster);
    if let Some(fault) = fault {
        tracing::warn!("{fault}; the plain slate is used");
    }
    let (seen, sights) = mpsc::channel();
    let preview = run_folder.join(format!("{}.jpg", channel.id));
    let second = channel.house.rate.frames_in(1);
    let probe = Probe::start(Some(preview), second, seen).map_err(system("no thread"))?;
    let (news, rate) = (recorder.news(), channel.house.rate);
    spawn("watch", move || watch(&sights, &news, rate)).map_err(system("no thread"))?;

    let outputs = start_outputs(&settings, &registry).map_err(system("no outputs"))?;
    let decks = Decks::new(DeckSettings {
        home: settings.home.clone(),
        program: sandbox::THIS_PROGRAM.into(),
        registry: registry.file.clone(),
        house: channel.house,
        hash_of: whole::sha256_of,
        require_landlock: settings.require_landlock,
        slate: picture.clone(),
    });
    let letters = Letters::load(&settings.fonts);
    let (painter, faults) = Painter::prepare(&settings.home, channel, &settings.branding, &letters);
    for fault in &faults {
        recorder.news().not_drawn(fault, clock.now());
    }
    let setter = CrawlSetter::new(channel, &settings.branding, letters);
    let air = RealAir::new(channel.house, decks, outputs, probe, picture, painter);

    let (inputs, first) =
        follow_folders(&settings, recorder.news(), Arc::clone(&clock)).map_err(system("no thread"))?;
    let asks = listen(&settings.home, channel, setter, clock.now());
    let asks = asks.inspect_err(|error| {
        tracing::warn!("no orders can be taken: {error}. Try: mend {}/run", settings.home.display())
    });
    let supervisor = supervisor();
    take_priority();
    let run = format!("{:x}-{}", clock.read().utc.timestamp_millis(), std::process::id());
    let mut player = Player::start(channel.clone(), run, air, clock, recorder, first).supervised(supervisor);
    let last = settings.until.map_or(Tick(i64::MAX), |until| channel.house.rate.tick_from(until));
    while player.next_tick() < last && !stop.load(Ordering::SeqCst) {
        while let Ok(input) = inputs.try_recv() {
            player.tell(input);
        }
        if let Some(ask) = asks.as_ref().ok().and_then(|asks| asks.try_recv().ok()) {
            player.answer(ask);
        }
        player.tick();
    }
    player.stop().finish();
    Ok(())
}

fn start_outputs(settings: &Settings, registry: &Registry) -> io::Result<Outputs> {
    let to_outputs = OutputSettings {
        program: sandbox::THIS_PROGRAM.into(),
        registry: registry.file.clone(),
        house: settings.channel.house,
        zone: settings.channel.zone,
        wall: settings.wall.clone(),
        require_landlock: settings.require_landlock,
    };
    Outputs::start(settings.outputs.clone(), &to_outputs)
}

/// Shows the numbered test card on the outputs in place of the air, until the time is over or `stop` is set. Nothing of it
/// is on record: nothing airs.
///
/// # Errors
/// [`OnAirError`] before the first tick.
pub fn show_card(settings: &Settings, clock: &dyn Pacer, stop: &AtomicBool) -> Result<(), OnAirError> {
    let system = |source| OnAirError::System { what: "no outputs".into(), source };
    let run_folder = settings.home.join("run");
    std::fs::create_dir_all(&run_folder).map_err(system)?;
    let registry = Registry::find(&run_folder);
    let mut outputs = start_outputs(settings, &registry).map_err(system)?;
    let house = settings.channel.house;
    let card = Card::new(Raster { width: house.width, height: house.height });
    let start = clock.read();
    let first = house.rate.tick_from(start.utc);
    let last = settings.until.map_or(Tick(i64::MAX), |until| house.rate.tick_from(until));
    let stream = StreamClock::starting(first, house.rate);
    let mut tick = first;
    while tick < last && !stop.load(Ordering::SeqCst) {
        let since = house.rate.start_of(tick) - start.utc;
        clock.wait_until(start.monotonic + since.to_std().unwrap_or_default());
        let pts_ns = stream.pts_ns(tick);
        let samples = house.rate.samples_in(tick, house.sample_rate_hz);
        let picture = card.at(tick.0);
        outputs.push(&TickFrame {
            tick,
            picture: picture.clone(),
            bare: picture,
            sound: Shared::new(vec![0; samples * SAMPLE_BYTES]),
            pts_ns,
            duration_ns: stream.pts_ns(Tick(tick.0 + 1)).saturating_sub(pts_ns),
            expected: Expected { dark: false, still: true, sounding: false },
            late_ms: 0,
        });
        tick = Tick(tick.0 + 1);
    }
    outputs.finish();
    Ok(())
}

/// Whoever supervises; one that can't be told costs no air.
fn supervisor() -> Supervisor {
    Supervisor::at(Config::notify_socket().as_deref()).unwrap_or_else(|error| {
        tracing::warn!("NOTIFY_SOCKET can't be reached: {error}. Try: NotifyAccess=main in the unit");
        Supervisor::default()
    })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(body).map(|_| ())
}

/// Judges what the probe saw, and reports incidents.
fn watch(sights: &Receiver<Seen>, news: &RecorderNews, rate: FrameRate) {
    let mut watch = Watch::new(rate);
    for Seen { tick, measure, expected, late_ms } in sights {
        for change in watch.tick(tick, measure, expected, late_ms) {
            news.change(change, rate.start_of(tick));
        }
    }
}

/// GStreamer's list of plugins, which confined decoders can't make for themselves.
struct Registry {
    file: PathBuf,
    /// A folder of this process alone, where the home could not hold the list.
    own: Option<PathBuf>,
}

impl Registry {
    /// The list in the home's `run/`, or where a home that can't be written leaves only memory, one of this process
    /// alone. Without any no clip can be decoded, and the slate is on air.
    fn find(run_folder: &Path) -> Registry {
        let name = "gst-registry.bin";
        let usual = run_folder.join(name);
        let Err(error) = prepare_registry(&usual) else { return Registry { file: usual, own: None } };
        let id = std::process::id();
        let folders = [Config::temporary_folder(), PathBuf::from("/dev/shm")];
        for own in folders.map(|folder| folder.join(format!("siaran-{id}"))) {
            // Made by us and for us alone: who may write the list chooses what decoders load.
            let file = own.join(name);
            if std::fs::DirBuilder::new().mode(0o700).create(&own).is_ok() {
                if prepare_registry(&file).is_ok() {
                    return Registry { file, own: Some(own) };
                }
                let _ = std::fs::remove_dir_all(&own);
            }
        }
        tracing::error!(
            "GStreamer's list of plugins can't be made: {error}; no clip can be decoded and the slate is on air. Try: \
             give {} some room",
            run_folder.display()
        );
        Registry { file: usual, own: None }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            let _ = std::fs::remove_dir_all(own);
        }
    }
}

/// A child without bytes to decode makes the list. The first time that takes seconds; later the list is only brought up
/// to date, beside the air.
fn prepare_registry(registry: &Path) -> io::Result<()> {
    let mut child = Command::new(sandbox::THIS_PROGRAM)
        .args(["decode", "--prepare"])
        .env("GST_REGISTRY", registry)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    if registry.exists() {
        return spawn("registry", move || {
            let _ = child.wait();
        });
    }
    let ended = child.wait()?;
    match ended.success() {
        // A list that can't be kept is no failure to GStreamer.
        true if registry.exists() => Ok(()),
        true => Err(io::Error::other(format!("{} can't be written", registry.display()))),
        false => Err(io::Error::other(format!("its maker ended with {ended}"))),
    }
}

/// What is there now, and a channel for what comes.
fn follow_folders(
    settings: &Settings,
    news: RecorderNews,
    clock: Arc<dyn Pacer>,
) -> io::Result<(Receiver<Input>, Vec<Input>)> {
    let (sender, inputs) = mpsc::channel();
    let mut folders = Folders::new(settings.home.clone(), settings.channel.clone());
    let fixed = settings.playlist.clone();
    let at = clock.now();
    let branding = settings.branding.clone();
    let (mut first, problems) = folders.look(at);
    first.iter().for_each(|input| name_unknown_sets(&branding, input));
    problems.iter().for_each(|problem| news.bad_file(&problem.0, at));
    if let Some(playlist) = &fixed {
        first.retain(|input| !matches!(input, Input::Revision(_)));
        first.push(Input::Revision(Arc::new(playlist.clone())));
    }
    spawn("folders", move || {
        loop {
            std::thread::sleep(LOOK_EVERY);
            let at = clock.now();
            let (found, problems) = folders.look(at);
            problems.iter().for_each(|problem| news.bad_file(&problem.0, at));
            for input in found {
                name_unknown_sets(&branding, &input);
                let shadowed = fixed.is_some() && matches!(input, Input::Revision(_));
                if !shadowed && sender.send(input).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok((inputs, first))
}

/// What an item wears that the channel does not have is all of its branding; whoever wrote the plan should know.
fn name_unknown_sets(branding: &Branding, input: &Input) {
    let Input::Revision(playlist) = input else { return };
    let unknown = playlist.items().iter().filter(|item| !branding.knows(&item.wears));
    let names: BTreeSet<&str> = unknown.filter_map(|item| item.wears.word()).collect();
    if !names.is_empty() {
        let (date, revision) = (playlist.head().date, playlist.head().revision);
        tracing::warn!("items of {date} r{revision} wear {names:?}, no sets of this channel; they wear all of it");
    }
}

/// Asks for real-time priority for this thread alone; children and other threads stay ordinary.
fn take_priority() {
    // SAFETY: the structure lives across the call, and thread 0 means the calling one.
    let taken = unsafe {
        let param = libc::sched_param { sched_priority: TICK_PRIORITY };
        libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &param) == 0
    };
    if taken {
        tracing::info!("the tick thread runs at real-time priority {TICK_PRIORITY}");
    } else {
        let why = io::Error::last_os_error();
        tracing::warn!(
            "no real-time priority ({why}): a busy machine may make frames late. Try: LimitRTPRIO in the unit"
        );
    }
}

impl Air for RealAir {
    fn open(&mut self, open: Open) {
        RealAir::open(self, open);
    }
    fn close(&mut self, deck: DeckId) {
        RealAir::close(self, deck);
    }
    fn discard(&mut self, deck: DeckId, before: u64) {
        RealAir::discard(self, deck, before);
    }
    fn supplies(&mut self) -> Vec<Supply> {
        RealAir::supplies(self)
    }
    fn show(&mut self, tick: Tick, show: Show, dress: Dress<'_>, expected: Expected, late_ms: u64) {
        RealAir::show(self, tick, show, dress, expected, late_ms);
    }
    fn outputs(&self) -> Vec<OutputStatus> {
        let status = |report: OutputReport| OutputStatus {
            address: report.address,
            running: report.state == OutputState::Running,
            why: match report.state {
                OutputState::Waiting(why) | OutputState::Resting(why) => Some(why),
                _ => None,
            },
            taken: report.taken,
            dropped: report.dropped,
            restarts: report.restarts,
        };
        RealAir::outputs(self).into_iter().map(status).collect()
    }
}
