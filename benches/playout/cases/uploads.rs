//! Offices that send 24 clips of 100 MB at once, to a head-end on the player's own two cores, which then works on them
//! while the player airs to a socket.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use siaran::config::Config;
use siaran::desk::Desk;
use siaran::desk::clock::SystemClock;
use siaran::desk::people::Browser;
use siaran::domain::people::{OpdGroup, Role};
use siaran::store::{NewOffice, NewPerson};

use super::{ends, most, now, sleep_until, soon, start};
use crate::Length;
use crate::barcode;
use crate::clips::{self, Kind};
use crate::plan;
use crate::report::Row;
use crate::sink::Listener;
use crate::stage::Home;

/// Uploads at once, and the bytes of each.
const UPLOADS: u32 = 24;
const BYTES: u64 = 100 << 20;
/// What a wall of the usual size airs: spots of 15 s.
const WALL: (usize, usize) = (1280, 720);
const SPOT: u32 = 375;
/// Seconds on air before the first byte is sent.
const BEFORE_S: i64 = 5;

pub fn measure(length: Length) -> Vec<Row> {
    let mut home = Home::with_wall(WALL.0, WALL.1);
    let kind = |n| Kind { size: (WALL.0 as u32, WALL.1 as u32), ..Kind::house(n as u8 % 4 + 100) };
    let count = length.of(8, 40);
    let slots = plan::in_turn((0..count).map(|n| (clips::make(kind(n), SPOT), SPOT)));
    let clip = large_clip();
    let session = an_office(&home);
    let head_end = HeadEnd::start(home.path());
    let begin = soon(super::START_S);
    let rows = plan::rows(&home, begin, &slots);
    home.publish_rows(begin, 1, &rows);
    let listener = Listener::open();
    let end = plan::at(begin, i64::from(SPOT) * i64::from(count) + 5);
    let player = start(&home, &[&listener.address], end);
    sleep_until(begin + chrono::TimeDelta::seconds(BEFORE_S));
    let sent = send_all(&head_end.address, &session, &clip);
    let until_end = (end - now()).num_milliseconds() as f64 / 1e3;
    let ended = ends(player, end);
    let worked_on = fs::read_dir(home.path().join("media/preview")).into_iter().flatten().flatten();
    let previews = worked_on.filter(|entry| entry.file_name().to_string_lossy().ends_with("essence.json")).count();
    drop(head_end);
    let received = listener.close();
    let air = plan::air(begin, &barcode::read(&scaled(home.path(), &received.stream)));
    let kept = plan::judge(&slots, &air);
    let by_spot: Vec<u64> = slots.iter().map(|slot| plan::judge_slot(slot, &air).faults()).collect();
    let refused = sent.iter().filter(|sent| sent.status != 303).count() as u64;
    vec![
        Row::new(
            format!("{UPLOADS} uploads of {} MB at once: taken", BYTES >> 20),
            UPLOADS - refused as u32,
            UPLOADS.to_string(),
            refused == 0,
        ),
        Row::said("the slowest upload took", format!("{:.1} s", most(sent.iter().map(|sent| sent.seconds)))),
        Row::said("then worked on while the player aired", format!("{previews} inspected in {until_end:.0} s")),
        Row::none_of(format!("frames that the player lost, of {}", i64::from(SPOT) * i64::from(count)), kept.faults()),
        Row::said("the same by spots of 15 s, the uploads in the first two", format!("{by_spot:?}")),
        Row::said("of them missing at the socket", kept.missing),
        Row::new("the player ended by itself", ended, "true", ended),
    ]
}

/// A clip of [`BYTES`], as a camera makes them: 16 s at 50 Mbit/s. Made once.
fn large_clip() -> PathBuf {
    let path = clips::folder().join("camera-100mb.mp4");
    if !path.exists() {
        let part = clips::folder().join("camera-100mb.part.mp4");
        let made = Command::new("ffmpeg")
            .args(["-y", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=16,noise=alls=30:allf=t"])
            .args(["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000:duration=16"])
            .args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "50M", "-maxrate", "50M"])
            .args(["-bufsize", "50M", "-c:a", "aac"])
            .arg(&part)
            .status();
        assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes a clip");
        fs::rename(&part, &path).expect("renamed");
    }
    path
}

/// An office with room for all of it, and someone of it who is signed in.
fn an_office(home: &Home) -> String {
    const PHRASE: &str = "kuda laut makan malam";
    let config = Config::load(home.path()).expect("a configuration");
    let desk = Desk::open(config, Arc::new(SystemClock::start())).expect("a database");
    let office = NewOffice { quota_bytes: 1 << 40, ..NewOffice::usual("Dinas Kesehatan", OpdGroup::Opd) };
    let office = desk.add_office(None, office).expect("an office");
    let person = NewPerson { name: "Pengirim".into(), email: "pengirim@contoh.id".into(), office: Some(office) };
    let link = desk.add_person(None, person, &[Role::Office]).expect("a person");
    desk.set_password(&link.token, PHRASE).expect("a password");
    let session = desk.sign_in("pengirim@contoh.id", PHRASE, Browser::default()).expect("signed in");
    session.reveal().to_owned()
}

/// `siaran serve`, ended when dropped.
struct HeadEnd {
    child: Child,
    address: String,
}

impl HeadEnd {
    fn start(home: &Path) -> HeadEnd {
        let log = fs::File::create(home.join("serve.log")).expect("a new file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_siaran"))
            .arg("--home")
            .arg(home)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the head-end starts");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("it was piped")).read_line(&mut said).expect("its address");
        let address = said.trim().trim_start_matches("http://").to_owned();
        HeadEnd { child, address }
    }
}

impl Drop for HeadEnd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Sent {
    status: u16,
    seconds: f64,
}

/// Sends every upload at once; each ends by itself.
fn send_all(address: &str, session: &str, clip: &Path) -> Vec<Sent> {
    let clip = Arc::new(fs::read(clip).expect("readable"));
    let senders: Vec<_> = (0..UPLOADS)
        .map(|number| {
            let (address, session, clip) = (address.to_owned(), session.to_owned(), Arc::clone(&clip));
            std::thread::spawn(move || {
                let begun = Instant::now();
                let status = send(&address, &session, &clip, number).unwrap_or(0);
                Sent { status, seconds: begun.elapsed().as_secs_f64() }
            })
        })
        .collect();
    senders.into_iter().map(|sender| sender.join().expect("it only sends")).collect()
}

/// One form with a file, as a browser sends it; the status of the answer.
fn send(address: &str, session: &str, clip: &[u8], number: u32) -> std::io::Result<u16> {
    const PATIENCE: Duration = Duration::from_secs(180);
    const BOUNDARY: &str = "----siaran-benchmark";
    let day = |days: i64| crate::stage::zone().date_of(now() + chrono::TimeDelta::days(days)).to_string();
    let (title, today, first, last) = (format!("Klip {number}"), day(0), day(1), day(7));
    let fields = [
        ("title", title.as_str()),
        ("number", "005"),
        ("date", &today),
        ("description", "Ukuran"),
        ("play_s", "16"),
        ("plays_per_day", "4"),
        ("days", "7"),
        ("first_day", &first),
        ("last_day", &last),
        ("channel", "videotron"),
        ("declare", "non_commercial"),
        ("declare", "no_pornography"),
        ("declare", "no_porno_action"),
        ("declare", "no_sara"),
    ];
    let mut head = String::new();
    for (name, value) in fields {
        head += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    head += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"clip\"; filename=\"klip-{number}.mp4\"\r\n\
         Content-Type: video/mp4\r\n\r\n"
    );
    // A box that says nothing, as large as the rest wants and different in each: no two files are the same.
    let rest = usize::try_from(BYTES).expect("64 bits").saturating_sub(clip.len()).max(16);
    let mut filler = vec![number as u8; rest];
    filler[..4].copy_from_slice(&u32::try_from(rest).expect("some megabytes").to_be_bytes());
    filler[4..8].copy_from_slice(b"free");
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let length = head.len() + clip.len() + filler.len() + tail.len();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let host = format!("127.0.0.1:{}", address.rsplit(':').next().unwrap_or_default());
    write!(
        stream,
        "POST /requests HTTP/1.1\r\nHost: {host}\r\nCookie: siaran-session={session}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{head}"
    )?;
    stream.write_all(clip)?;
    stream.write_all(&filler)?;
    stream.write_all(tail.as_bytes())?;
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).rsplit(' ').next().and_then(|status| status.parse().ok()).unwrap_or(0))
}

/// What came over the socket, at the size in which barcodes are read.
fn scaled(home: &Path, stream: &[u8]) -> PathBuf {
    let (from, to) = (home.join("received.ts"), home.join("scaled.ts"));
    fs::write(&from, stream).expect("written");
    let size = format!("scale={}:{}:flags=area", barcode::WIDTH, barcode::HEIGHT);
    let made = Command::new("ffmpeg")
        .args(["-y", "-v", "error", "-copyts", "-i"])
        .arg(&from)
        .args(["-map", "0:v:0", "-vf", &size, "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "ultrafast"])
        .args(["-bf", "0", "-crf", "12", "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"])
        .arg(&to)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg scales what was received");
    to
}
