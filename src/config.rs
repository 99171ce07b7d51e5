//! The only reader of the configuration file and of the environment. Everything else is handed a [`Config`].

mod branding;
mod quality;
mod shown;
mod studios;
mod wall;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::asset::{Borders, ConformChoice, Framing};
use crate::domain::branding::{Branding, Wears};
use crate::domain::channel::{Channel, DEFAULT_LATENCY_MS, Hours, HouseFormat, MAX_LATENCY_MS, Place};
use crate::domain::confinement::{Demands, Ring};
use crate::domain::ids::ChannelId;
use crate::domain::output::{Displays, OutputAddress};
use crate::domain::people::OpdGroup;
use crate::domain::rules::{FixedRule, Weekdays};
use crate::domain::time::{FrameRate, TimeOfDay, Zone};
use crate::domain::wall::Wall;
use crate::engine::acceptance::Policy;
use crate::engine::quality::Thresholds;

use branding::BrandingFile;
use quality::QualityFile;
use studios::{BookingsFile, OperatorFile, StudioFile};
use wall::WallFile;

pub use studios::{OperatorShift, StudiosConfig};

/// A home and what its `siaran.toml` says. Every key has a default, so an empty file is a working configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder that holds everything.
    pub home: PathBuf,
    /// The channels, by name.
    pub channels: BTreeMap<ChannelId, ChannelConfig>,
    /// Without which rings of the sandbox nothing is decoded.
    pub sandbox: Demands,
    /// How much is done with files at a time.
    pub work: WorkConfig,
    /// How the pages are reached.
    pub web: WebConfig,
    /// Settings of the scheduling team.
    pub planning: PlanningConfig,
    /// How letters and reports look.
    pub paper: PaperConfig,
    /// What is found in files, and what follows.
    pub quality: QualityConfig,
    /// Studios and how they are booked.
    pub studios: StudiosConfig,
}

/// What is found in files, and what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityConfig {
    /// What counts as black, standing, silent, flashing.
    pub thresholds: Thresholds,
    /// What is refused, and what a person should see.
    pub policy: Policy,
}

impl QualityConfig {
    /// The house's.
    pub const HOUSE: QualityConfig = QualityConfig { thresholds: Thresholds::HOUSE, policy: Policy::WALL };
}

/// How much the head-end does with files at a time, and how long it keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkConfig {
    /// Files that are inspected or conformed at once, 1 to [`MOST_AT_ONCE`]; in time that nobody else wants.
    pub at_once: u32,
    /// How long an original is kept after its request has ended and its period is over, days; 0: for good.
    pub keep_originals_days: u32,
}

/// Most files at once: each takes up to a gigabyte of memory at 4K.
pub const MOST_AT_ONCE: u32 = 16;

/// Settings of the scheduling team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanningConfig {
    /// What airs sooner than this was announced and is not changed any more, seconds.
    pub freeze_s: u32,
    /// A first plan for a day that has begun starts this long from now, seconds: the player needs time to see it.
    pub lead_s: u32,
    /// An approved day publishes itself this long before it begins, hours.
    pub publish_ahead_h: u32,
    /// An oral approval holds at most this long, hours.
    pub oral_hours: u32,
    /// Least pause between two clips of one office, seconds.
    pub office_gap_s: u32,
    /// Least distance between the starts of two plays of one clip, seconds.
    pub separation_s: u32,
    /// Weights of the groups of offices; a group that is not named weighs 1.
    pub shares: BTreeMap<OpdGroup, u32>,
}

/// How letters and reports look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperConfig {
    /// Folder with `DejaVuSans.ttf` and `DejaVuSans-Bold.ttf`.
    pub fonts: PathBuf,
    /// Lines at the head of every letter.
    pub letterhead: Vec<String>,
    /// Where letters are dated.
    pub place: String,
}

/// Where Debian's fonts-dejavu-core puts its fonts.
pub const FONTS_FOLDER: &str = "/usr/share/fonts/truetype/dejavu";

/// How the pages are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Address and port that `siaran serve` listens on.
    pub listen: SocketAddr,
    /// The https address that people type, where a proxy with TLS stands in front; `None`: this machine alone.
    pub public_url: Option<String>,
}

impl WebConfig {
    /// The host name, with a port if it is not 443, for which the proxy ends TLS.
    pub fn public_host(&self) -> Option<String> {
        self.public_url.as_deref().and_then(host_of).map(str::to_ascii_lowercase)
    }
}

/// The host of an https address without a path.
fn host_of(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.trim_end_matches('/');
    (!host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])).then_some(host)
}

/// A channel and where its air goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfig {
    /// What the engines know of it.
    pub channel: Channel,
    /// How the picture lies on a display, and how bright and loud the wall is.
    pub wall: Wall,
    /// What is drawn on the air.
    pub branding: Branding,
    /// Output addresses, for a player that is told none.
    pub outputs: Vec<String>,
    /// What starts at exact times: the anthem, a call to prayer, a relay; until the scheduling team has rules of its own.
    pub fixed: Vec<FixedRule>,
    /// Where the wall stands, for times that follow the sun.
    pub place: Place,
}

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there but can't be read.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key is unknown or has a value of the wrong type.
    #[error("{path} is not a valid configuration: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
}

/// File name of the configuration in a home.
pub const CONFIG_FILE: &str = "siaran.toml";
/// The home when none is named and the working directory is not one.
const SYSTEM_HOME: &str = "/var/lib/siaran";

impl Config {
    /// The home that applies: the one named, else the working directory if it has a configuration, else the system's.
    pub fn find_home(named: Option<PathBuf>) -> PathBuf {
        named.unwrap_or_else(|| {
            if Path::new(CONFIG_FILE).is_file() { PathBuf::from(".") } else { PathBuf::from(SYSTEM_HOME) }
        })
    }

    /// The displays that this process could show something on.
    pub fn displays() -> Displays {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut cards = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
        let kms = cards.any(|card| card.file_name().to_string_lossy().starts_with("card"));
        Displays { wayland: set("WAYLAND_DISPLAY"), x11: set("DISPLAY"), kms }
    }

    /// Where GStreamer's list of plugins lies, if the one who started this process said so.
    pub fn gst_registry() -> Option<PathBuf> {
        std::env::var_os("GST_REGISTRY").map(PathBuf::from)
    }

    /// The address of the live source for which a player started this process.
    pub fn live_address() -> Option<String> {
        std::env::var("SIARAN_LIVE_ADDRESS").ok()
    }

    /// Where files may lie that are worth nothing once their process ends.
    pub fn temporary_folder() -> PathBuf {
        std::env::temp_dir()
    }

    /// Where the supervisor that started this process listens, if it has one that does.
    pub fn notify_socket() -> Option<OsString> {
        std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty())
    }

    /// Reads the configuration of a home; a home without a file gets the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and the key.
    pub fn load(home: &Path) -> Result<Config, ConfigError> {
        let path = home.join(CONFIG_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Config::parse(home, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Config::parse(home, ""),
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the line and the key.
    pub fn parse(home: &Path, text: &str) -> Result<Config, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid { path: home.join(CONFIG_FILE), message };
        let file: File = toml::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let mut named = file.channel;
        if named.is_empty() {
            named.insert("videotron".to_owned(), ChannelFile::default());
        }
        let mut channels = BTreeMap::new();
        for (name, channel) in named {
            let id: ChannelId = name.parse().map_err(|e| invalid(format!("[channel.{name}]: {e}")))?;
            let channel = channel.into_config(&id).map_err(|e| invalid(format!("[channel.{name}]: {e}")))?;
            channels.insert(id, channel);
        }
        let url = &file.web.public_url;
        if !url.is_empty() && host_of(url).is_none() {
            return Err(invalid(format!("[web]: public_url: {url:?} is not like https://siaran.example.go.id")));
        }
        let web =
            WebConfig { listen: file.web.listen, public_url: Some(file.web.public_url).filter(|url| !url.is_empty()) };
        let planning = file.planning.into_config().map_err(|e| invalid(format!("[planning]: {e}")))?;
        let paper = PaperConfig { fonts: file.paper.fonts, letterhead: file.paper.letterhead, place: file.paper.place };
        let sandbox = file.sandbox.into_demands().map_err(|e| invalid(format!("[sandbox]: {e}")))?;
        let work = file.work.into_config().map_err(|e| invalid(format!("[work]: {e}")))?;
        let quality = file.quality.into_config().map_err(|e| invalid(format!("[quality]: {e}")))?;
        let studios = studios::into_config(file.studio, file.bookings, file.studio_operator).map_err(invalid)?;
        Ok(Config { home: home.to_owned(), channels, sandbox, work, web, planning, paper, quality, studios })
    }
}

#[derive(Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    channel: BTreeMap<String, ChannelFile>,
    sandbox: SandboxFile,
    work: WorkFile,
    web: WebFile,
    planning: PlanningFile,
    paper: PaperFile,
    quality: QualityFile,
    studio: BTreeMap<String, StudioFile>,
    bookings: BookingsFile,
    studio_operator: BTreeMap<String, OperatorFile>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct PlanningFile {
    freeze_s: u32,
    lead_s: u32,
    publish_ahead_h: u32,
    oral_hours: u32,
    office_gap_s: u32,
    separation_s: u32,
    shares: BTreeMap<String, u32>,
}

impl Default for PlanningFile {
    fn default() -> Self {
        PlanningFile {
            freeze_s: 7200,
            lead_s: 60,
            publish_ahead_h: 12,
            oral_hours: 24,
            office_gap_s: 0,
            separation_s: 300,
            shares: BTreeMap::new(),
        }
    }
}

impl PlanningFile {
    fn into_config(self) -> Result<PlanningConfig, String> {
        const DAY: u32 = 86_400;
        /// Whoever wants a day out sooner publishes it.
        const MOST_AHEAD_H: u32 = 72;
        /// Over a long weekend; the end of the next working day ends an oral approval besides.
        const MOST_ORAL_H: u32 = 120;
        for (key, value) in [
            ("freeze_s", self.freeze_s),
            ("lead_s", self.lead_s),
            ("office_gap_s", self.office_gap_s),
            ("separation_s", self.separation_s),
        ] {
            if value > DAY {
                return Err(format!("{key}: {value} is more than a day"));
            }
        }
        if !(1..=MOST_AHEAD_H).contains(&self.publish_ahead_h) {
            return Err(format!("publish_ahead_h: {} is not 1 to {MOST_AHEAD_H}", self.publish_ahead_h));
        }
        if !(1..=MOST_ORAL_H).contains(&self.oral_hours) {
            return Err(format!("oral_hours: {} is not 1 to {MOST_ORAL_H}", self.oral_hours));
        }
        let mut shares = BTreeMap::new();
        for (group, weight) in self.shares {
            let known: OpdGroup = group.parse().map_err(|e| format!("shares: {e}"))?;
            if !(1..=1000).contains(&weight) {
                return Err(format!("shares.{group}: {weight} is not 1 to 1000"));
            }
            shares.insert(known, weight);
        }
        let PlanningFile { freeze_s, lead_s, publish_ahead_h, oral_hours, office_gap_s, separation_s, .. } = self;
        Ok(PlanningConfig { freeze_s, lead_s, publish_ahead_h, oral_hours, office_gap_s, separation_s, shares })
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct PaperFile {
    fonts: PathBuf,
    letterhead: Vec<String>,
    place: String,
}

impl Default for PaperFile {
    fn default() -> Self {
        PaperFile {
            fonts: FONTS_FOLDER.into(),
            letterhead: vec![
                "Pemerintah Kabupaten Deli Serdang".into(),
                "Dinas Komunikasi, Informatika, Statistik dan Persandian".into(),
            ],
            place: "Lubuk Pakam".into(),
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FixedFile {
    at: String,
    seconds: u32,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branding: Option<String>,
}

impl FixedFile {
    fn into_rule(self) -> Result<FixedRule, String> {
        let at = self.at.parse().map_err(|e| format!("fixed: {e}"))?;
        if !(1..=86_400).contains(&self.seconds) {
            return Err(format!("fixed {:?}: {} seconds is not 1 to 86400", self.title, self.seconds));
        }
        let sha256 = self.sha256.map(|h| h.parse()).transpose().map_err(|e| format!("fixed {:?}: {e}", self.title))?;
        let wears = self.branding.as_deref().map_or(Ok(Wears::All), str::parse);
        let wears = wears.map_err(|e| format!("fixed {:?}: branding: {e}", self.title))?;
        let days = self.days.as_ref().map_or(Ok(Weekdays::ALL), |d| Weekdays::of(d.iter().map(String::as_str)));
        let days = days.map_err(|e| format!("fixed {:?}: days: {e}", self.title))?;
        if days.is_empty() {
            return Err(format!("fixed {:?}: days names none; leave it out for every day", self.title));
        }
        Ok(FixedRule { at, seconds: self.seconds, title: self.title, days, sha256, wears })
    }
}

#[derive(Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SandboxFile {
    require: bool,
    may_lack: Vec<String>,
}

impl SandboxFile {
    fn into_demands(self) -> Result<Demands, String> {
        let mut may_lack = BTreeSet::new();
        for word in &self.may_lack {
            may_lack.insert(Ring::read(word).ok_or_else(|| {
                let known: Vec<&str> = Ring::ALL.iter().map(|ring| ring.as_str()).collect();
                format!("may_lack: {word:?} is no ring; there are: {}", known.join(", "))
            })?);
        }
        if self.require && may_lack.contains(&Ring::Landlock) {
            return Err("require and may_lack = [\"landlock\"] contradict each other".into());
        }
        Ok(Demands { require_landlock: self.require, may_lack })
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct WorkFile {
    at_once: u32,
    keep_originals_days: u32,
}

impl Default for WorkFile {
    fn default() -> Self {
        // A year after airing is what the service keeps them for at least.
        WorkFile { at_once: 2, keep_originals_days: 366 }
    }
}

impl WorkFile {
    fn into_config(self) -> Result<WorkConfig, String> {
        let WorkFile { at_once, keep_originals_days } = self;
        if !(1..=MOST_AT_ONCE).contains(&at_once) {
            return Err(format!("at_once: {at_once} is not 1 to {MOST_AT_ONCE}"));
        }
        Ok(WorkConfig { at_once, keep_originals_days })
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct WebFile {
    listen: SocketAddr,
    public_url: String,
}

impl Default for WebFile {
    fn default() -> Self {
        WebFile { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), public_url: String::new() }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct ChannelFile {
    title: String,
    zone: String,
    open: String,
    close: String,
    width: u32,
    height: u32,
    frame_rate: [u32; 2],
    latency_ms: u32,
    position: [f64; 2],
    outputs: Vec<String>,
    fixed: Vec<FixedFile>,
    conform: ConformFile,
    wall: WallFile,
    branding: BrandingFile,
}

impl Default for ChannelFile {
    fn default() -> Self {
        let house = HouseFormat::DEFAULT;
        ChannelFile {
            title: "Videotron".into(),
            zone: "Asia/Jakarta".into(),
            open: "06:00".into(),
            close: "23:00".into(),
            width: house.width,
            height: house.height,
            frame_rate: [house.rate.num(), house.rate.den()],
            latency_ms: DEFAULT_LATENCY_MS,
            position: [Place::DELI_SERDANG.latitude(), Place::DELI_SERDANG.longitude()],
            outputs: vec!["auto".into()],
            fixed: Vec::new(),
            conform: ConformFile::from(ConformChoice::USUAL),
            wall: WallFile::default(),
            branding: BrandingFile::default(),
        }
    }
}

/// What a channel chooses in making its house files.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct ConformFile {
    framing: String,
    borders: String,
    zoom: bool,
}

impl Default for ConformFile {
    fn default() -> Self {
        ConformFile::from(ConformChoice::USUAL)
    }
}

impl From<ConformChoice> for ConformFile {
    fn from(choice: ConformChoice) -> ConformFile {
        let (framing, borders) = (choice.framing.as_str().into(), choice.borders.as_str().into());
        ConformFile { framing, borders, zoom: choice.zoom }
    }
}

impl ConformFile {
    fn into_choice(self) -> Result<ConformChoice, String> {
        let ConformFile { framing, borders, zoom } = self;
        let framing =
            Framing::read(&framing).ok_or_else(|| format!("framing: {framing:?} is not fit, fill or stretch"))?;
        let borders = Borders::read(&borders).ok_or_else(|| format!("borders: {borders:?} is not blurred or plain"))?;
        Ok(ConformChoice { framing, borders, zoom })
    }
}

/// Widest and highest raster of a channel, pixels: what H.264 level 5.2 carries on a wall.
const MAX_RASTER: u32 = 4096;
/// Most blocks of 16×16 pixels in a picture and in a second: H.264 level 5.2 (Rec. ITU-T H.264, table A-1).
const MOST_MACROBLOCKS: u64 = 36_864;
const MOST_MACROBLOCKS_A_SECOND: u64 = 2_073_600;

/// Whether every output is one that a player knows, and none is written to twice.
fn check_outputs(outputs: &[String]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for output in outputs {
        output.parse::<OutputAddress>().map_err(|e| format!("outputs: {e}"))?;
        if !known.insert(output) {
            return Err(format!("outputs: {output:?} stands there twice"));
        }
    }
    Ok(())
}

impl ChannelFile {
    fn into_config(self, id: &ChannelId) -> Result<ChannelConfig, String> {
        let zone: Zone = self.zone.parse().map_err(|e| format!("zone: {e}"))?;
        let open: TimeOfDay = self.open.parse().map_err(|e| format!("open: {e}"))?;
        let close: TimeOfDay = self.close.parse().map_err(|e| format!("close: {e}"))?;
        let [num, den] = self.frame_rate;
        let rate = FrameRate::new(num, den).ok_or("frame_rate: wanted is something like [25, 1], 1 to 240 a second")?;
        for (key, value) in [("width", self.width), ("height", self.height)] {
            if !(16..=MAX_RASTER).contains(&value) || value % 2 != 0 {
                return Err(format!("{key}: {value} is not an even number from 16 to {MAX_RASTER}"));
            }
        }
        if self.title.trim().is_empty() || self.title.contains(char::is_control) {
            return Err(format!("title: {:?} is no name for people: one line, not empty", self.title));
        }
        let house = HouseFormat { width: self.width, height: self.height, rate, ..HouseFormat::DEFAULT };
        if self.latency_ms > MAX_LATENCY_MS {
            return Err(format!("latency_ms: {} is more than {MAX_LATENCY_MS}", self.latency_ms));
        }
        let (hours, latency_ms) = (Hours { open, close }, self.latency_ms);
        let conforming = self.conform.into_choice().map_err(|e| format!("conform: {e}"))?;
        let channel = Channel { id: id.clone(), title: self.title, zone, hours, house, conforming, latency_ms };
        let macroblocks = u64::from(self.width.div_ceil(16)) * u64::from(self.height.div_ceil(16));
        let a_second = macroblocks * u64::from(num) / u64::from(den);
        if macroblocks > MOST_MACROBLOCKS || a_second > MOST_MACROBLOCKS_A_SECOND {
            return Err(format!(
                "width, height, frame_rate: {}x{} at {num}/{den} a second is more than a wall's decoder takes; \
                 4096x2304 at 50 is the most",
                self.width, self.height
            ));
        }
        check_outputs(&self.outputs)?;
        let fixed = self.fixed.into_iter().map(FixedFile::into_rule).collect::<Result<Vec<_>, _>>()?;
        let wall = self.wall.into_wall(house).map_err(|e| format!("wall: {e}"))?;
        let branding = self.branding.into_branding(house).map_err(|e| format!("branding: {e}"))?;
        if let Some(FixedRule { title, wears, .. }) = fixed.iter().find(|f| !branding.knows(&f.wears)) {
            return Err(format!("fixed {title:?}: branding.sets has no {:?}", wears.word().unwrap_or_default()));
        }
        let [north, east] = self.position;
        let place = Place::new(north, east).ok_or_else(|| {
            format!("position: {north}, {east} is not degrees north (at most 60 either way) and east, like 3.55, 98.87")
        })?;
        Ok(ChannelConfig { channel, wall, branding, outputs: self.outputs, fixed, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_working_wall() {
        let config = Config::parse(Path::new("/h"), "").expect("defaults");
        let wall = config.channels.values().next().expect("one channel");
        assert_eq!(wall.channel.id.as_str(), "videotron");
        assert_eq!((wall.channel.house.width, wall.channel.house.rate), (1280, FrameRate::PAL));
    }

    #[test]
    fn a_mistyped_key_is_named_not_ignored() {
        let error = Config::parse(Path::new("/h"), "[channel.wall]\nheigth = 720\n").expect_err("unknown key");
        assert!(error.to_string().contains("heigth"), "{error}");
        let error = Config::parse(Path::new("/h"), "[channel.wall]\nwidth = 3\n").expect_err("odd width");
        assert!(error.to_string().contains("width: 3"), "{error}");
    }

    #[test]
    fn what_no_wall_can_do_is_refused_when_it_is_read_not_when_it_plays() {
        let said = |key: &str| {
            let text = format!("[channel.wall]\n{key}\n");
            Config::parse(Path::new("/h"), &text).expect_err(key).to_string()
        };
        for (key, why) in [
            ("height = 0", "height: 0 is not an even number from 16 to 4096"),
            ("width = 100000", "width: 100000 is not an even number"),
            ("width = 4096\nheight = 4096", "4096x4096 at 25/1 a second is more than a wall's decoder takes"),
            ("frame_rate = [0, 0]", "frame_rate: wanted is something like [25, 1]"),
            ("outputs = [\"hdmi\"]", "\"hdmi\" is not an output: wanted is auto, null"),
            ("outputs = [\"null\", \"null\"]", "outputs: \"null\" stands there twice"),
            ("title = \"\\n\"", "title: \"\\n\" is no name for people"),
            ("open = \"25:00\"", "open: "),
        ] {
            assert!(said(key).contains(why), "{}", said(key));
        }
        let error = Config::parse(Path::new("/h"), "[web]\npublic_url = \"http://a\"\n").expect_err("no TLS");
        assert!(
            error.to_string().ends_with("[web]: public_url: \"http://a\" is not like https://siaran.example.go.id")
        );
    }

    #[test]
    fn studios_of_several_zones_are_refused() {
        let text = "[studio.\"studio.radio\"]\nzone = \"Asia/Jayapura\"\n[studio.\"studio.podcast\"]\n";
        let error = Config::parse(Path::new("/h"), text).expect_err("whose hours would a typed time be of?");
        assert!(error.to_string().contains("several zones (Asia/Jakarta, Asia/Jayapura)"), "{error}");
    }

    #[test]
    fn the_commented_example_says_what_the_defaults_say() {
        let example = Config::parse(Path::new("/h"), include_str!("../docs/siaran.example.toml")).expect("valid");
        assert_eq!(example, Config::parse(Path::new("/h"), "").expect("defaults"));
    }
}
