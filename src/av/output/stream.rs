//! Which elements make the stream of an address, and how its last one is aimed.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::OutputAddress;
use crate::domain::channel::HouseFormat;
use crate::domain::output::SrtAddress;

/// Bits per pixel and frame of the picture, in hundredths: 720p25 gets 4.6 Mbit/s, twice what a wall's content needs,
/// since the encoder runs at its fastest settings.
const BITS_PER_PIXEL: u64 = 20;
/// Fewest kilobits a second of the picture, for walls of a few pixels.
const LEAST_KBITS: u64 = 500;
/// Sound beside a picture, bits a second.
const SOUND_BITRATE: i32 = 160_000;
/// Sound of a radio, bits a second: Opus, and MP3, which needs more for the same.
const OPUS_BITRATE: i32 = 128_000;
const MP3_KBITRATE: i32 = 192;
/// Bytes of Ogg are sent at least this often, nanoseconds.
const OGG_PAGE_NS: u64 = 200_000_000;
/// A datagram of seven packets fits into an Ethernet frame, and SRT wants no other.
const PACKETS_IN_A_DATAGRAM: u32 = 7;
/// How long Icecast may be silent, milliseconds.
const ICECAST_TIMEOUT_MS: u32 = 2500;

/// Something on its way to an address.
pub(super) struct Stream {
    pub house: HouseFormat,
}

impl Stream {
    /// The pipeline, as `gst-launch` writes it; the entrances are called `picture` and `sound`, the last element `sink`.
    pub fn pipeline(&self, address: &OutputAddress) -> Result<String, String> {
        let screen = |sink: &str| format!("appsrc name=picture ! videoconvert ! {sink} name=sink sync=false");
        Ok(match address {
            OutputAddress::Null => return Err("nothing is to be done".into()),
            OutputAddress::File(_) | OutputAddress::Hls(_) => {
                self.transport("appsink name=sink sync=false buffer-list=true max-buffers=200", 1)
            }
            OutputAddress::Udp(_) => self.transport("udpsink name=sink sync=false", PACKETS_IN_A_DATAGRAM),
            OutputAddress::Srt(_) => {
                self.transport("srtsink name=sink sync=false wait-for-connection=false", PACKETS_IN_A_DATAGRAM)
            }
            OutputAddress::Rtmp(_) => {
                format!("{} flvmux name=mux streamable=true ! rtmp2sink name=sink sync=false", self.coded())
            }
            OutputAddress::Icecast(icecast) => {
                let coder = if icecast.mount.ends_with(".mp3") {
                    format!("lamemp3enc target=bitrate bitrate={MP3_KBITRATE} cbr=true ! mpegaudioparse")
                } else {
                    format!(
                        "opusenc bitrate={OPUS_BITRATE} ! oggmux max-delay={OGG_PAGE_NS} max-page-delay={OGG_PAGE_NS}"
                    )
                };
                format!("appsrc name=sound ! audioconvert ! audioresample ! {coder} ! shout2send name=sink sync=false")
            }
            OutputAddress::Auto => screen("autovideosink"),
            OutputAddress::X11(_) => screen("ximagesink"),
            OutputAddress::Wayland(_) => screen("waylandsink fullscreen=true"),
            OutputAddress::Kms(_) => screen("kmssink can-scale=false"),
        })
    }

    fn transport(&self, sink: &str, alignment: u32) -> String {
        format!("{} mpegtsmux name=mux alignment={alignment} ! {sink}", self.coded())
    }

    /// H.264 with a key frame each second, and AAC, on their way into `mux`.
    fn coded(&self) -> String {
        let house = self.house;
        let pixels = u64::from(house.width) * u64::from(house.height);
        let frames = u64::from(house.rate.num()).div_ceil(u64::from(house.rate.den()));
        let kbits = (pixels * frames * BITS_PER_PIXEL / 100_000).max(LEAST_KBITS);
        format!(
            "appsrc name=picture ! x264enc speed-preset=veryfast tune=zerolatency bitrate={kbits} key-int-max={frames} \
             ! video/x-h264,profile=high ! h264parse ! queue max-size-buffers=100 max-size-bytes=0 max-size-time=0 ! mux. \
             appsrc name=sound ! audioconvert ! avenc_aac name=aac bitrate={SOUND_BITRATE} ! aacparse \
             ! queue max-size-buffers=400 max-size-bytes=0 max-size-time=0 ! mux."
        )
    }
}

/// Tells the last element where it sends to. Properties, not text: what an address holds is never read as a pipeline.
pub(super) fn aim(sink: &gst::Element, address: &OutputAddress) {
    match address {
        OutputAddress::Udp(peer) => {
            sink.set_property("host", &peer.host);
            sink.set_property("port", i32::from(peer.port));
        }
        OutputAddress::Srt(srt) => aim_srt(sink, srt),
        OutputAddress::Rtmp(rtmp) => sink.set_property("location", rtmp.url.reveal()),
        OutputAddress::Icecast(icecast) => {
            sink.set_property("ip", &icecast.server.host);
            sink.set_property("port", i32::from(icecast.server.port));
            sink.set_property("mount", &icecast.mount);
            sink.set_property("username", &icecast.user);
            sink.set_property("password", icecast.password.reveal());
            sink.set_property("timeout", ICECAST_TIMEOUT_MS);
        }
        OutputAddress::X11(Some(display)) | OutputAddress::Wayland(Some(display)) => {
            sink.set_property("display", display);
        }
        OutputAddress::Kms(Some(connector)) => {
            sink.set_property("connector-id", i32::try_from(*connector).unwrap_or(i32::MAX));
        }
        _ => {}
    }
}

fn aim_srt(sink: &gst::Element, srt: &SrtAddress) {
    let mode = if srt.listener { "listener" } else { "caller" };
    sink.set_property("uri", format!("srt://{}?mode={mode}", srt.peer));
    if let Some(passphrase) = &srt.passphrase {
        sink.set_property("passphrase", passphrase.reveal());
        sink.set_property_from_str("pbkeylen", "16");
    }
    if let Some(latency) = srt.latency_ms {
        sink.set_property("latency", i32::try_from(latency).unwrap_or(i32::MAX));
    }
    if let Some(id) = &srt.stream_id {
        sink.set_property("streamid", id.reveal());
    }
}
