//! From an address to decoded streams: which elements receive it, take it apart and decode it. What is not listed here
//! is not plugged, so that a sender can't choose which code reads its bytes; and nothing waits for streams that were
//! announced and never come.

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::av::decode::DecodeError;

/// Receiving buffer of a datagram source, bytes: a second of 16 Mbit/s, for a busy moment.
const DATAGRAM_BUFFER: i32 = 2 << 20;
/// Delay against jitter in an RTP source, milliseconds.
const RTP_LATENCY_MS: u32 = 80;
/// Delay in which SRT sends lost packets again, milliseconds, unless the address says `latency=`. The sender may ask
/// for more.
const SRT_LATENCY_MS: i32 = 60;

/// How an address is received.
pub(super) enum Received {
    /// Pictures and sound as they are.
    Raw(gst::Element, gst::Element),
    /// One stream that holds both: its source, and what takes it apart.
    Muxed(gst::Element, gst::Element),
    /// A source that comes with a pad for each stream.
    Apart(gst::Element),
}

/// The elements that receive `address`.
pub(super) fn receive(address: &str) -> Result<Received, DecodeError> {
    let make = gst::ElementFactory::make;
    let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
    Ok(match scheme {
        "srt" => {
            let source = make("srtsrc").property("uri", address).build()?;
            if !address.contains("latency=") {
                source.set_property("latency", SRT_LATENCY_MS);
            }
            Received::Muxed(source, make("tsdemux").build()?)
        }
        "udp" => {
            // "udp://@239.1.1.1:5000" is how many programs write a multicast group, "udp://:5000" any address of ours.
            let place = address.trim_start_matches("udp://").trim_start_matches('@');
            let place = if place.starts_with(':') { format!("0.0.0.0{place}") } else { place.to_owned() };
            let source = make("udpsrc").property("uri", format!("udp://{place}"));
            let source = source.property("buffer-size", DATAGRAM_BUFFER).build()?;
            Received::Muxed(source, make("tsdemux").build()?)
        }
        "rtmp" => Received::Muxed(make("rtmp2src").property("location", address).build()?, make("flvdemux").build()?),
        "rtsp" => {
            let source = make("rtspsrc").property("location", address).property("latency", RTP_LATENCY_MS).build()?;
            Received::Apart(source)
        }
        "test" => {
            let picture = make("videotestsrc").property("is-live", true).build()?;
            let sound = make("audiotestsrc").property("is-live", true).property("volume", 0.1).build()?;
            Received::Raw(picture, sound)
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
