//! From an address to decoded streams: which elements receive it, take it apart and decode it. What is not listed here
//! is not plugged, so that a sender can't choose which code reads its bytes; and nothing waits for streams that were
//! announced and never come.

use std::path::PathBuf;

use gstreamer as gst;
use gstreamer::ElementFactory;
use gstreamer::prelude::*;

use crate::av::decode::DecodeError;
use crate::av::sandbox::Network;
use crate::domain::playlist::{CAMERA, WITH_SOUND};
use crate::domain::time::FrameRate;

/// Receiving buffer of a datagram source, bytes: a second of 16 Mbit/s, for a busy moment.
const DATAGRAM_BUFFER: i32 = 2 << 20;
/// Delay against jitter in an RTP source, milliseconds.
const RTP_LATENCY_MS: u32 = 80;
/// Delay in which SRT sends lost packets again, milliseconds, unless the address says `latency=`. The sender may ask
/// for more.
const SRT_LATENCY_MS: i32 = 60;
/// How often an SRT source that waits looks whether it is being taken down, milliseconds.
const SRT_POLL_MS: i32 = 100;
/// The port of an SRT address without one, as GStreamer has it.
const SRT_PORT: &str = "7001";
/// The kernel's sound cards.
const SOUND_CARDS: &str = "/dev/snd";

/// What the child of a source may reach beyond its own memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveNeeds {
    /// Of the network.
    pub network: Network,
    /// Devices that it may open, to read and to steer. They need not be there yet.
    pub devices: Vec<PathBuf>,
}

/// What a source at this address needs.
pub fn needs_of(address: &str) -> LiveNeeds {
    let port = |usual: u16| {
        let host = address.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
        Network::Connections(host.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(usual))
    };
    let network = match scheme(address) {
        "srt" | "udp" | "rtp" => Network::Datagrams,
        "rtmp" => port(1935),
        "rtsp" => port(554),
        _ => Network::None,
    };
    let (picture, sound) = parts(address);
    let mut devices: Vec<PathBuf> = camera(picture).map(PathBuf::from).into_iter().collect();
    // The null device is a part of the library; every other name may lead to any card, by its number or its own name.
    devices.extend(sound.filter(|device| *device != "null").map(|_| PathBuf::from(SOUND_CARDS)));
    LiveNeeds { network, devices }
}

/// An address's picture, and the sound device that is heard with it.
fn parts(address: &str) -> (&str, Option<&str>) {
    address.split_once(WITH_SOUND).map_or((address, None), |(picture, sound)| (picture, Some(sound)))
}

fn camera(picture: &str) -> Option<&str> {
    picture.strip_prefix("v4l2:").filter(|device| device.starts_with(CAMERA))
}

fn scheme(address: &str) -> &str {
    address.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// Whether a peer is connected to, whose silence means that it is gone.
pub(super) fn is_connection(address: &str) -> bool {
    matches!(scheme(address), "srt" | "rtmp" | "rtsp")
}

/// An SRT address to which senders connect.
pub(super) struct Listener {
    /// Where datagrams are received.
    pub bind: String,
    /// What the address says after `?`, but for where it listens.
    options: Vec<String>,
}

impl Listener {
    /// Receives one caller's stream at a port of this machine.
    pub fn receive(&self, port: u16) -> Result<Received, DecodeError> {
        let options: String = self.options.iter().flat_map(|option| ["&", option]).collect();
        let source = srt_source(&format!("srt://127.0.0.1:{port}?mode=listener{options}"))?;
        // Else it would wait for its caller for ever, also when it is taken down.
        source.set_property("poll-timeout", SRT_POLL_MS);
        Ok(Received::Muxed(vec![source, ElementFactory::make("tsdemux").build()?]))
    }
}

/// The listener that an address asks for: one without a host, or with `mode=listener`.
pub(super) fn listens(address: &str) -> Option<Listener> {
    let rest = address.strip_prefix("srt://")?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let place = place.split('/').next().unwrap_or_default();
    let options: Vec<String> = query.split('&').filter(|option| !option.is_empty()).map(str::to_owned).collect();
    let option = |name: &str| options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
    let (host, port) = place.rsplit_once(':').unwrap_or((place, SRT_PORT));
    if !(option("mode") == Some("listener") || (host.is_empty() && option("mode").is_none())) {
        return None;
    }
    let host = option("localaddress").unwrap_or(if host.is_empty() { "0.0.0.0" } else { host });
    let bind = format!("{host}:{}", option("localport").unwrap_or(port));
    let ours = |option: &&String| !["mode=", "localaddress=", "localport="].iter().any(|name| option.starts_with(name));
    Some(Listener { bind, options: options.iter().filter(ours).cloned().collect() })
}

/// How an address is received.
pub(super) enum Received {
    /// Pictures, and sound if there is any, as they are.
    Raw(gst::Element, Option<gst::Element>),
    /// A source that holds both in one stream, to what takes it apart.
    Muxed(Vec<gst::Element>),
    /// A source that comes with a pad for each stream.
    Apart(gst::Element),
}

fn srt_source(address: &str) -> Result<gst::Element, DecodeError> {
    let source = ElementFactory::make("srtsrc").property("uri", address).build()?;
    if !address.contains("latency=") {
        source.set_property("latency", SRT_LATENCY_MS);
    }
    Ok(source)
}

/// Elements whose pictures are not compressed, as one, at the house's rate.
fn as_is(elements: &str, rate: FrameRate) -> Result<gst::Element, DecodeError> {
    let exact = format!("{elements} ! video/x-raw,framerate={rate}");
    let bin = gst::parse::bin_from_description(&exact, true).map_err(|e| DecodeError::Setup(e.to_string()))?;
    Ok(bin.upcast())
}

fn sound_card(device: &str) -> Result<gst::Element, DecodeError> {
    Ok(ElementFactory::make("alsasrc").property("device", device).build()?)
}

/// A source of datagrams; `?iface=NAME` says which network a multicast group is joined on.
fn datagrams(place: &str) -> Result<gst::Element, DecodeError> {
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    // "udp://@239.1.1.1:5000" is how many programs write a multicast group, "udp://:5000" any address of ours.
    let place = place.trim_start_matches('@');
    let place = if place.starts_with(':') { format!("0.0.0.0{place}") } else { place.to_owned() };
    let source = ElementFactory::make("udpsrc").property("uri", format!("udp://{place}"));
    let source = source.property("buffer-size", DATAGRAM_BUFFER);
    Ok(match query.split('&').find_map(|option| option.strip_prefix("iface=")) {
        Some(network) => source.property("multicast-iface", network).build()?,
        None => source.build()?,
    })
}

/// The elements that receive `address`.
pub(super) fn receive(address: &str, rate: FrameRate) -> Result<Received, DecodeError> {
    let place = address.split_once("://").map_or("", |(_, place)| place);
    Ok(match scheme(address) {
        "srt" => Received::Muxed(vec![srt_source(address)?, ElementFactory::make("tsdemux").build()?]),
        "udp" => Received::Muxed(vec![datagrams(place)?, ElementFactory::make("tsdemux").build()?]),
        "rtp" => {
            let source = datagrams(place)?;
            let stream = gst::Caps::builder("application/x-rtp").field("media", "video").field("clock-rate", 90_000);
            source.set_property("caps", stream.field("encoding-name", "MP2T").build());
            let order = ElementFactory::make("rtpjitterbuffer").property("latency", RTP_LATENCY_MS).build()?;
            let bare = ElementFactory::make("rtpmp2tdepay").build()?;
            Received::Muxed(vec![source, order, bare, ElementFactory::make("tsdemux").build()?])
        }
        "rtmp" => {
            let source = ElementFactory::make("rtmp2src").property("location", address).build()?;
            Received::Muxed(vec![source, ElementFactory::make("flvdemux").build()?])
        }
        "rtsp" => {
            let source = ElementFactory::make("rtspsrc")
                .property("location", address)
                .property("latency", RTP_LATENCY_MS)
                .build()?;
            Received::Apart(source)
        }
        "v4l2" => {
            let (picture, sound) = parts(address);
            // What is not compressed; of its rates the line takes what it needs.
            let device = camera(picture).unwrap_or_default();
            let picture = ElementFactory::make("v4l2src").property("device", device).build()?;
            Received::Raw(picture, sound.map(sound_card).transpose()?)
        }
        "test" => {
            let picture = as_is("videotestsrc is-live=true", rate)?;
            let sound = match parts(address).1 {
                Some(device) => sound_card(device)?,
                None => {
                    let tone = ElementFactory::make("audiotestsrc").property("is-live", true);
                    tone.property("volume", 0.1).build()?
                }
            };
            Received::Raw(picture, Some(sound))
        }
        _ => return Err(DecodeError::Clip(format!("{address} is not an address of a live source"))),
    })
}

/// What decodes a stream: elements in order, the last but one a parser, the last a decoder.
pub(super) struct Chain {
    /// Pictures, not sound.
    pub pictures: bool,
    pub elements: Vec<gst::Element>,
}

/// The chain for a stream, or `None` if it is of a kind that is not decoded.
pub(super) fn chain(caps: &gst::StructureRef) -> Result<Option<Chain>, DecodeError> {
    let Some((pictures, names)) = names(caps) else { return Ok(None) };
    let elements: Result<Vec<_>, _> = names.iter().map(|name| gst::ElementFactory::make(name).build()).collect();
    let elements = elements?;
    if let Some(decoder) = elements.last().filter(|_| pictures) {
        // One thread, so that a complaint comes before its picture; no picture waits for another thread's.
        for (property, value) in
            [("max-threads", "1"), ("output-corrupt", "false"), ("discard-corrupted-frames", "true")]
        {
            if decoder.has_property(property) {
                decoder.set_property_from_str(property, value);
            }
        }
    }
    Ok(Some(Chain { pictures, elements }))
}

fn names(caps: &gst::StructureRef) -> Option<(bool, &'static [&'static str])> {
    let is = |field: &str, value: i32| caps.get::<i32>(field) == Ok(value);
    let encoding = caps.get::<&str>("encoding-name").unwrap_or_default();
    Some(match (caps.name().as_str(), encoding) {
        ("video/x-h264", _) => (true, &["h264parse", "avdec_h264"]),
        ("video/x-h265", _) => (true, &["h265parse", "avdec_h265"]),
        ("video/mpeg", _) if is("mpegversion", 2) || is("mpegversion", 1) => {
            (true, &["mpegvideoparse", "avdec_mpeg2video"])
        }
        ("audio/mpeg", _) if is("mpegversion", 4) || is("mpegversion", 2) => (false, &["aacparse", "avdec_aac"]),
        ("audio/mpeg", _) => (false, &["mpegaudioparse", "avdec_mp3"]),
        ("audio/x-ac3" | "audio/x-eac3", _) => (false, &["ac3parse", "avdec_ac3"]),
        ("audio/x-opus", _) => (false, &["opusparse", "opusdec"]),
        ("application/x-rtp", "H264") => (true, &["rtph264depay", "h264parse", "avdec_h264"]),
        ("application/x-rtp", "H265") => (true, &["rtph265depay", "h265parse", "avdec_h265"]),
        ("application/x-rtp", "MPEG4-GENERIC") => (false, &["rtpmp4gdepay", "aacparse", "avdec_aac"]),
        ("application/x-rtp", "MP4A-LATM") => (false, &["rtpmp4adepay", "aacparse", "avdec_aac"]),
        ("application/x-rtp", "OPUS") => (false, &["rtpopusdepay", "opusparse", "opusdec"]),
        ("application/x-rtp", "PCMU") => (false, &["rtppcmudepay", "mulawdec"]),
        ("application/x-rtp", "PCMA") => (false, &["rtppcmadepay", "alawdec"]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_who_calls_whom_and_keeps_what_else_it_says() {
        let of = |address: &str| listens(address).map(|listener| (listener.bind, listener.options.join("&")));
        let said = |bind: &str, options: &str| Some((bind.to_owned(), options.to_owned()));
        assert_eq!(of("srt://:7002"), said("0.0.0.0:7002", ""));
        assert_eq!(of("srt://:7002?passphrase=rahasia-besar"), said("0.0.0.0:7002", "passphrase=rahasia-besar"));
        assert_eq!(of("srt://10.0.0.5:7002?mode=listener&latency=200"), said("10.0.0.5:7002", "latency=200"));
        assert_eq!(of("srt://?mode=listener&localport=9000"), said("0.0.0.0:9000", ""));
        assert_eq!(of("srt://[::]:7002?mode=listener"), said("[::]:7002", ""));
        for calls in
            ["srt://10.0.0.5:7002", "srt://10.0.0.5:7002?mode=caller", "srt://:7002?mode=rendezvous", "udp://:1"]
        {
            assert_eq!(of(calls), None, "{calls}");
        }
    }

    #[test]
    fn a_source_is_allowed_its_own_port_or_its_own_device_and_nothing_else() {
        let needs = |address: &str| {
            let LiveNeeds { network, devices } = needs_of(address);
            let devices: Vec<_> = devices.iter().map(|device| device.display().to_string()).collect();
            (network, devices.join(" "))
        };
        assert_eq!(needs("rtsp://camera.example/1"), (Network::Connections(554), String::new()));
        assert_eq!(needs("rtmp://h:1936/a/b"), (Network::Connections(1936), String::new()));
        assert_eq!(needs("rtp://239.1.1.1:5004"), (Network::Datagrams, String::new()));
        assert_eq!(needs("v4l2:/dev/video2"), (Network::None, "/dev/video2".into()));
        assert_eq!(needs("v4l2:/dev/video2+alsa:hw:1,0"), (Network::None, "/dev/video2 /dev/snd".into()));
        assert_eq!(needs("test:+alsa:null"), (Network::None, String::new()));
    }
}
