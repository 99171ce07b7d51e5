//! Where the air goes, as `--output` and the configuration write it. What a person sees of an address never holds its
//! secrets.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::time::{Instant, Zone};

/// An output's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputAddress {
    /// The machine's display; see [`OutputAddress::on`].
    Auto,
    /// Takes everything, shows nothing.
    Null,
    /// An MPEG transport stream, appended to; one file, or one per hour or day.
    File(FilePattern),
    /// An MPEG transport stream in UDP datagrams.
    Udp(HostPort),
    /// An MPEG transport stream over SRT.
    Srt(SrtAddress),
    /// H.264 and AAC to an RTMP server.
    Rtmp(RtmpAddress),
    /// A folder with an HLS playlist and its segments.
    Hls(PathBuf),
    /// Sound alone, to an Icecast server.
    Icecast(IcecastAddress),
    /// A window of an X display, `:0` or another one than `DISPLAY`.
    X11(Option<String>),
    /// The whole screen of a Wayland compositor, another one than `WAYLAND_DISPLAY` if named.
    Wayland(Option<String>),
    /// A screen without any desktop, by its connector's number if there are several.
    Kms(Option<u32>),
}

/// A machine and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port, not 0.
    pub port: u16,
}

/// An SRT peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SrtAddress {
    /// Who is called, or the address of ours that is called.
    pub peer: HostPort,
    /// We wait for callers; otherwise we call.
    pub listener: bool,
    /// Encrypts: 10 to 79 characters.
    pub passphrase: Option<Secret>,
    /// Buffer for lost packets, milliseconds.
    pub latency_ms: Option<u32>,
    /// Which stream, where a server takes several.
    pub stream_id: Option<Secret>,
}

/// An RTMP server, application and stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtmpAddress {
    /// Server and application, `rtmp://host/app`, for people.
    pub shown: String,
    /// The whole address: its last part is the key of the stream.
    pub url: Secret,
}

/// An Icecast mount point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcecastAddress {
    /// The server.
    pub server: HostPort,
    /// Name that sources log in with.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// With the leading slash. What ends in `.mp3` is sent as MP3, anything else as Ogg Opus.
    pub mount: String,
}

/// Something that is not shown: only [`Secret::reveal`] gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The thing itself, for whoever needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Stands where a secret is.
const MASK: &str = "***";

/// A path in which `%Y %m %d %H %M` stand for local time: a new file begins with the first key frame after it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePattern(String);

impl FilePattern {
    /// The file of an instant.
    pub fn at(&self, at: Instant, zone: Zone) -> PathBuf {
        // Only fields that every local time has were let in.
        PathBuf::from(zone.local(at).format(&self.0).to_string())
    }
    /// The folder that holds every file of it.
    pub fn folder(&self) -> PathBuf {
        let fixed = self.0.find('%').map_or(self.0.as_str(), |field| &self.0[..field]);
        let folder = fixed.rfind('/').map_or("", |slash| &fixed[..slash.max(1)]);
        PathBuf::from(if folder.is_empty() { "." } else { folder })
    }
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which displays this machine offers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Displays {
    /// A Wayland session.
    pub wayland: bool,
    /// An X session.
    pub x11: bool,
    /// A graphics card without either.
    pub kms: bool,
}

impl OutputAddress {
    /// What `auto` means on a machine with these displays; without any there is nothing to show on.
    pub fn on(self, displays: Displays) -> OutputAddress {
        match self {
            OutputAddress::Auto if displays.wayland => OutputAddress::Wayland(None),
            OutputAddress::Auto if displays.x11 => OutputAddress::X11(None),
            OutputAddress::Auto if displays.kms => OutputAddress::Kms(None),
            OutputAddress::Auto => OutputAddress::Null,
            other => other,
        }
    }

    /// Whether people stand before it: what is lit, rather than a stream or a file.
    pub fn is_display(&self) -> bool {
        use OutputAddress::{Auto, Kms, Wayland, X11};
        matches!(self, Auto | X11(_) | Wayland(_) | Kms(_))
    }

    /// Whether it needs the network.
    pub fn is_network(&self) -> bool {
        use OutputAddress::{Icecast, Rtmp, Srt, Udp};
        matches!(self, Udp(_) | Srt(_) | Rtmp(_) | Icecast(_))
    }

    /// As it was written, with its secrets: for the process that needs them and nobody else.
    pub fn reveal(&self) -> String {
        self.written(true)
    }

    fn written(&self, reveal: bool) -> String {
        let secret = |secret: &Secret| if reveal { encode(&secret.0) } else { MASK.to_owned() };
        match self {
            OutputAddress::Auto => "auto".into(),
            OutputAddress::Null => "null".into(),
            OutputAddress::File(pattern) => format!("file:{}", pattern.0),
            OutputAddress::Udp(peer) => format!("udp://{peer}"),
            OutputAddress::Srt(srt) => {
                let mode = if srt.listener { "listener" } else { "caller" };
                let mut text = format!("srt://{}?mode={mode}", srt.peer);
                if let Some(passphrase) = &srt.passphrase {
                    text += &format!("&passphrase={}", secret(passphrase));
                }
                if let Some(latency) = srt.latency_ms {
                    text += &format!("&latency={latency}");
                }
                if let Some(id) = &srt.stream_id {
                    text += &format!("&streamid={}", secret(id));
                }
                text
            }
            OutputAddress::Rtmp(rtmp) if reveal => rtmp.url.0.clone(),
            OutputAddress::Rtmp(rtmp) => format!("{}/{MASK}", rtmp.shown),
            OutputAddress::Hls(folder) => format!("hls:{}", folder.display()),
            OutputAddress::Icecast(IcecastAddress { server, user, password, mount }) => {
                format!("icecast://{}:{}@{server}{mount}", encode(user), secret(password))
            }
            OutputAddress::X11(display) => format!("x11:{}", display.as_deref().unwrap_or_default()),
            OutputAddress::Wayland(display) => format!("wayland:{}", display.as_deref().unwrap_or_default()),
            OutputAddress::Kms(connector) => format!("kms:{}", connector.map(|n| n.to_string()).unwrap_or_default()),
        }
    }
}

impl fmt::Display for OutputAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(false))
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HostPort { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// An address that no output understands: what of it may be shown, and what is wanted instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{shown:?} is not an output: {wanted}")]
pub struct BadOutput {
    shown: String,
    wanted: String,
}

/// Every form there is.
const FORMS: &str = "wanted is auto, null, file:PATH.ts, udp://HOST:PORT, srt://HOST:PORT, rtmp://HOST/APP/KEY, hls:DIR, \
                     icecast://USER:PASSWORD@HOST:PORT/MOUNT, x11:, wayland: or kms:";
/// What SRT can make a key of, characters.
const PASSPHRASE: std::ops::RangeInclusive<usize> = 10..=79;
/// Longest SRT latency, milliseconds: more than this is a mistyped number.
const MOST_LATENCY_MS: u32 = 60_000;

impl FromStr for OutputAddress {
    type Err = BadOutput;
    fn from_str(text: &str) -> Result<Self, BadOutput> {
        let bad = |wanted: String| BadOutput { shown: without_secrets(text), wanted };
        parse(text).map_err(bad)
    }
}

fn parse(text: &str) -> Result<OutputAddress, String> {
    match text {
        "auto" => return Ok(OutputAddress::Auto),
        "null" => return Ok(OutputAddress::Null),
        _ => {}
    }
    let (scheme, rest) = text.split_once(':').ok_or(FORMS)?;
    match scheme {
        "file" => Ok(OutputAddress::File(pattern(rest)?)),
        "udp" => {
            let form = "wanted is udp://HOST:PORT";
            Ok(OutputAddress::Udp(host_port(rest.strip_prefix("//").ok_or(form)?, form, false)?))
        }
        "srt" => srt(rest.strip_prefix("//").ok_or("wanted is srt://HOST:PORT")?).map(OutputAddress::Srt),
        "rtmp" | "rtmps" => rtmp(text).map(OutputAddress::Rtmp),
        "hls" if rest.is_empty() || rest.starts_with("//") => Err("wanted is hls:DIR, a folder of this machine".into()),
        "hls" => Ok(OutputAddress::Hls(rest.into())),
        "icecast" => icecast(rest).map(OutputAddress::Icecast),
        "x11" => display(rest, "x11:, or x11::1 for the display :1").map(OutputAddress::X11),
        "wayland" => display(rest, "wayland:, or wayland:wayland-1 for that compositor").map(OutputAddress::Wayland),
        "kms" if rest.is_empty() => Ok(OutputAddress::Kms(None)),
        "kms" => {
            let number = rest.parse().map_err(|_| "wanted is kms:, or kms:NUMBER with a connector's number")?;
            Ok(OutputAddress::Kms(Some(number)))
        }
        _ => Err(FORMS.into()),
    }
}

fn pattern(text: &str) -> Result<FilePattern, String> {
    if text.is_empty() || text.ends_with('/') {
        return Err("wanted is file:PATH.ts, the path of a file".into());
    }
    let mut fields = text.split('%');
    fields.next();
    if fields.any(|field| !field.starts_with(['Y', 'm', 'd', 'H', 'M'])) {
        return Err("in file:PATH only %Y %m %d %H %M may stand, for the local time".into());
    }
    Ok(FilePattern(text.to_owned()))
}

fn host_port(text: &str, form: &str, any_host: bool) -> Result<HostPort, String> {
    let (host, port) = text.rsplit_once(':').ok_or(form)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| format!("{form}, a port from 1 to 65535"))?;
    let host = if host.is_empty() && any_host { "0.0.0.0" } else { host };
    let named = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/?#@".contains(c));
    named.then(|| HostPort { host: host.to_owned(), port }).ok_or_else(|| form.to_owned())
}

fn srt(text: &str) -> Result<SrtAddress, String> {
    let (peer, query) = text.split_once('?').unwrap_or((text, ""));
    let mut listener = peer.starts_with(':');
    let (mut passphrase, mut latency_ms, mut stream_id) = (None, None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("in srt://… each setting is KEY=VALUE")?;
        let value = decode(value).ok_or("in srt://… a % must be written %25")?;
        match key {
            "mode" if value == "caller" || value == "listener" => listener = value == "listener",
            "mode" => return Err("in srt://… mode is caller or listener".into()),
            "passphrase" if PASSPHRASE.contains(&value.len()) => passphrase = Some(Secret(value)),
            "passphrase" => return Err("in srt://… a passphrase has 10 to 79 characters".into()),
            "latency" => {
                let ms = value.parse().ok().filter(|ms| *ms <= MOST_LATENCY_MS);
                latency_ms = Some(ms.ok_or("in srt://… latency is 0 to 60000 milliseconds")?);
            }
            "streamid" => stream_id = Some(Secret(value)),
            _ => return Err("in srt://… there are mode, passphrase, latency and streamid".into()),
        }
    }
    let peer = host_port(peer, "wanted is srt://HOST:PORT, or srt://:PORT to be called", listener)?;
    Ok(SrtAddress { peer, listener, passphrase, latency_ms, stream_id })
}

fn rtmp(text: &str) -> Result<RtmpAddress, String> {
    let form = "wanted is rtmp://HOST/APP/KEY, or rtmps://";
    let (scheme, rest) = text.split_once("://").ok_or(form)?;
    let (place, key) = rest.rsplit_once('/').ok_or(form)?;
    let (host, app) = place.split_once('/').ok_or(form)?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if host.is_empty() || app.is_empty() || key.is_empty() || text.contains(char::is_whitespace) {
        return Err(form.into());
    }
    Ok(RtmpAddress { shown: format!("{scheme}://{host}/{app}"), url: Secret(text.to_owned()) })
}

fn icecast(text: &str) -> Result<IcecastAddress, String> {
    let form = "wanted is icecast://USER:PASSWORD@HOST:PORT/MOUNT";
    let (login, place) = text.strip_prefix("//").and_then(|rest| rest.rsplit_once('@')).ok_or(form)?;
    let (user, password) = login.split_once(':').ok_or(form)?;
    let (server, mount) = place.split_once('/').filter(|(_, mount)| !mount.is_empty()).ok_or(form)?;
    let plain = |text: &str| decode(text).filter(|plain| !plain.is_empty()).ok_or(form);
    let (user, password) = (plain(user)?, Secret(plain(password)?));
    Ok(IcecastAddress { server: host_port(server, form, false)?, user, password, mount: format!("/{mount}") })
}

fn display(text: &str, form: &str) -> Result<Option<String>, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ":.-_/".contains(c));
    match text {
        "" => Ok(None),
        "//" => Err(format!("wanted is {form}")),
        _ if plain => Ok(Some(text.to_owned())),
        _ => Err(format!("wanted is {form}")),
    }
}

/// `%41` is `A`.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$'()*,;".contains(byte);
    text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What may be shown of an address, or of a text that may be one: nothing that could be a name, password or key.
pub fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let shown = place.split(['/', '?']).next().unwrap_or_default();
    let more = if shown.len() < rest.len() { "…" } else { "" };
    format!("{scheme}://{shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_and_nonsense_is_named() {
        for text in [
            "auto",
            "null",
            "file:/x/air.ts",
            "file:/x/%Y-%m-%d/%H.ts",
            "udp://127.0.0.1:5000",
            "udp://[::1]:5000",
            "srt://10.0.0.7:7001?mode=caller",
            "srt://0.0.0.0:7001?mode=listener&latency=200",
            "hls:/srv/www/wall",
            "x11:",
            "x11::1",
            "wayland:",
            "wayland:wayland-1",
            "kms:",
            "kms:42",
        ] {
            let address = text.parse::<OutputAddress>().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((address.to_string().as_str(), address.reveal().as_str()), (text, text));
        }
        for bad in [
            "",
            "file:",
            "file:/x/",
            "file:/x/%s.ts",
            "file:/x/%",
            "udp://x",
            "udp://:5",
            "http://x:1",
            "udp://h:0",
            "udp://h:99999",
            "srt://h",
            "srt://h:1?mode=both",
            "srt://h:1?passphrase=short",
            "srt://h:1?color=red",
            "srt://h:1?latency=-1",
            "rtmp://host/app",
            "rtmp://host",
            "hls:",
            "hls://x/y",
            "icecast://h:1/m",
            "icecast://u:p@h/m",
            "icecast://u:p@h:8000/",
            "x11:a b",
            "kms:HDMI",
            "wayland://",
        ] {
            assert!(bad.parse::<OutputAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_in_what_the_process_gets_and_in_nothing_that_people_see() {
        for (text, shown) in [
            ("srt://h:7001?mode=caller&passphrase=rahasia%20besar", "srt://h:7001?mode=caller&passphrase=***"),
            ("srt://h:7001?mode=caller&streamid=rahasia", "srt://h:7001?mode=caller&streamid=***"),
            ("rtmps://u:rahasia@a.rtmp.example/live2/rahasia-1234", "rtmps://a.rtmp.example/live2/***"),
            ("icecast://source:rahasia@h:8000/radio.ogg", "icecast://source:***@h:8000/radio.ogg"),
        ] {
            let address: OutputAddress = text.parse().expect(text);
            assert_eq!((address.reveal().as_str(), address.to_string().as_str()), (text, shown));
            assert!(!format!("{address:?}").contains("rahasia"), "{address:?}");
        }
        for bad in ["srt://h:7001?passphrase=rahasia", "rtmp://rahasia@h", "icecast://u:rahasia@h/m", "irc://h/rahasia"]
        {
            let said = bad.parse::<OutputAddress>().expect_err(bad).to_string();
            assert!(!said.contains("rahasia") && said.contains("wanted is") | said.contains("in srt://"), "{said}");
        }
    }

    #[test]
    fn an_hourly_recording_changes_its_name_with_the_local_hour_and_stays_in_its_folder() {
        let address: OutputAddress = "file:/rec/%Y-%m-%d/wall-%H.ts".parse().expect("an address");
        let OutputAddress::File(pattern) = address else { panic!("a file") };
        let at: Instant = "2026-11-22T23:59:59+07:00".parse().expect("an instant");
        let zone = "Asia/Jakarta".parse().expect("a zone");
        assert_eq!(pattern.at(at, zone), PathBuf::from("/rec/2026-11-22/wall-23.ts"));
        assert_eq!(pattern.folder(), PathBuf::from("/rec"));
        let plain = |text: &str| FilePattern(text.to_owned()).folder();
        assert_eq!((plain("air.ts"), plain("/air.ts"), plain("a/b.ts")), (".".into(), "/".into(), "a".into()));
    }

    #[test]
    fn auto_takes_the_first_display_there_is() {
        let on = |wayland, x11, kms| OutputAddress::Auto.on(Displays { wayland, x11, kms }).to_string();
        let found = (on(true, true, true), on(false, true, true), on(false, false, true), on(false, false, false));
        assert_eq!(found, ("wayland:".into(), "x11:".into(), "kms:".into(), "null".into()));
    }
}
