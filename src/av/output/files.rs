//! Transport streams on disk: a recording in one file or one per hour, and the segments and playlist of HLS. What counts
//! as taken has been written.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::packets::{PACKET_BYTES, Tables};
use crate::domain::output::FilePattern;
use crate::domain::time::{FrameRate, Tick, Zone};

/// How long the process that wrote before may take to finish.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);

/// A transport stream that goes to disk.
#[derive(Debug)]
pub(super) struct Disk {
    tables: Tables,
    zone: Zone,
    rate: FrameRate,
    to: To,
}

#[derive(Debug)]
enum To {
    Recording(Recording),
    Hls(Hls),
}

impl Disk {
    /// A recording.
    pub fn recording(pattern: FilePattern, zone: Zone, rate: FrameRate) -> Disk {
        Disk { tables: Tables::default(), zone, rate, to: To::Recording(Recording { pattern, open: None }) }
    }
    /// A folder of segments.
    pub fn hls(folder: &Path, zone: Zone, rate: FrameRate) -> Result<Disk, String> {
        Ok(Disk { tables: Tables::default(), zone, rate, to: To::Hls(Hls::open(folder, rate)?) })
    }

    /// Writes whole packets, the last of which belong to `tick`.
    pub fn write(&mut self, run: &[u8], tick: Tick) -> Result<(), String> {
        let cut = self.tables.key_frame(run);
        let (before, after) = run.split_at(cut.unwrap_or(run.len()));
        self.append(before)?;
        if cut.is_some() {
            self.cut(tick)?;
            self.append(after)?;
        }
        Ok(())
    }

    fn append(&mut self, run: &[u8]) -> Result<(), String> {
        let open = match &mut self.to {
            To::Recording(recording) => recording.open.as_mut(),
            To::Hls(hls) => hls.segment.as_mut().map(|segment| &mut segment.file),
        };
        // What comes before the first key frame can't be decoded.
        open.map_or(Ok(()), |open| open.write(run))
    }

    /// A key frame begins: a new file may begin with it.
    fn cut(&mut self, tick: Tick) -> Result<(), String> {
        let head = self.tables.head();
        match &mut self.to {
            To::Recording(recording) => {
                let path = recording.pattern.at(self.rate.start_of(tick), self.zone);
                recording.begin(path, &head)
            }
            To::Hls(hls) => hls.begin(tick, &head, self.zone),
        }
    }

    /// No more comes; the last tick was shown until `end`.
    pub fn finish(&mut self, end: Tick) -> Result<(), String> {
        match &mut self.to {
            To::Recording(_) => Ok(()),
            To::Hls(hls) => hls.end_segment(end, self.zone),
        }
    }
}

/// A file that is being written.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
}

impl Open {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(|e| named(&self.path, &e))
    }
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[derive(Debug)]
struct Recording {
    pattern: FilePattern,
    open: Option<Open>,
}

impl Recording {
    fn begin(&mut self, path: PathBuf, head: &[u8]) -> Result<(), String> {
        if self.open.as_ref().is_some_and(|open| open.path == path) {
            return Ok(());
        }
        if let Some(folder) = path.parent().filter(|folder| **folder != self.pattern.folder()) {
            fs::create_dir_all(folder).map_err(|e| named(folder, &e))?;
        }
        let mut open = Open { file: open_to_append(&path)?, path };
        open.write(head)?;
        self.open = Some(open);
        Ok(())
    }
}

/// Opens a recording to write on, alone. What a killed process left of a packet is cut off, so that the next one begins
/// where packets begin.
fn open_to_append(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(|e| named(path, &e))?;
    let facts = file.metadata().map_err(|e| named(path, &e))?;
    if !facts.is_file() {
        return Ok(file);
    }
    lock(&file, path)?;
    let bytes = file.metadata().map_err(|e| named(path, &e))?.len();
    file.set_len(bytes - bytes % PACKET_BYTES as u64).map_err(|e| named(path, &e))?;
    Ok(file)
}

fn lock(file: &File, path: &Path) -> Result<(), String> {
    let until = Instant::now() + LOCK_TIMEOUT;
    while flock(file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > until {
            return Err(format!("{}: another player writes it", path.display()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Seconds of a segment: a segment ends with the first key frame after it, and key frames are a second apart.
const SEGMENT_S: u32 = 4;
/// What the playlist promises that no segment exceeds, seconds (RFC 8216, clause 4.3.3.1).
const TARGET_S: u32 = SEGMENT_S + 2;
/// Segments in the playlist: half a minute to look back.
const LISTED: usize = 8;
/// Segments kept on disk after they left the playlist: a slow viewer still fetches them (RFC 8216, clause 6.2.2).
const KEPT: u64 = 8;
/// The playlist's file.
const PLAYLIST: &str = "index.m3u8";

/// A live HLS playlist (RFC 8216) with its segments. Numbers go on across restarts, so that viewers stay.
#[derive(Debug)]
struct Hls {
    folder: PathBuf,
    rate: FrameRate,
    listed: VecDeque<Listed>,
    next: u64,
    /// Breaks that have left the playlist.
    breaks_gone: u64,
    /// The next segment does not continue the one before.
    broken: bool,
    segment: Option<Segment>,
    _lock: File,
}

#[derive(Debug)]
struct Segment {
    file: Open,
    number: u64,
    first: Tick,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    number: u64,
    ms: u64,
    /// As the playlist has it.
    begins: String,
    broken: bool,
}

impl Hls {
    fn open(folder: &Path, rate: FrameRate) -> Result<Hls, String> {
        let path = folder.join(".siaran.lock");
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(|e| named(&path, &e))?;
        lock(&file, &path)?;
        let before = fs::read_to_string(folder.join(PLAYLIST)).unwrap_or_default();
        let (listed, breaks_gone) = read_playlist(&before);
        let next = listed.back().map_or(0, |last| last.number + 1);
        let folder = folder.to_owned();
        let broken = !listed.is_empty();
        Ok(Hls { folder, rate, listed, next, breaks_gone, broken, segment: None, _lock: file })
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(segment_name(number))
    }

    fn begin(&mut self, tick: Tick, head: &[u8], zone: Zone) -> Result<(), String> {
        let least = i64::try_from(self.rate.frames_in(SEGMENT_S)).unwrap_or(i64::MAX);
        if self.segment.as_ref().is_some_and(|segment| tick.0 - segment.first.0 < least) {
            return Ok(());
        }
        self.end_segment(tick, zone)?;
        let number = self.next;
        let path = self.path(number);
        let file = File::create(&path).map_err(|e| named(&path, &e))?;
        let mut file = Open { path, file };
        file.write(head)?;
        self.segment = Some(Segment { file, number, first: tick });
        self.next = number + 1;
        Ok(())
    }

    fn end_segment(&mut self, end: Tick, zone: Zone) -> Result<(), String> {
        let Some(Segment { number, first, .. }) = self.segment.take() else { return Ok(()) };
        let ms = self.rate.millis(u64::try_from(end.0 - first.0).unwrap_or(0));
        let begins = zone.rfc3339(self.rate.start_of(first));
        self.listed.push_back(Listed { number, ms, begins, broken: self.broken });
        self.broken = false;
        while self.listed.len() > LISTED {
            let gone = self.listed.pop_front();
            self.breaks_gone += u64::from(gone.is_some_and(|gone| gone.broken));
        }
        let path = self.folder.join(PLAYLIST);
        let new = self.folder.join(".siaran.new");
        let written = fs::write(&new, self.playlist()).and_then(|()| fs::rename(&new, &path));
        written.map_err(|e| named(&path, &e))?;
        self.remove_old();
        Ok(())
    }

    /// Segments that nobody fetches any more, also those of earlier runs.
    fn remove_old(&self) {
        let Some(first) = self.listed.front().map(|listed| listed.number.saturating_sub(KEPT)) else { return };
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let number = entry.file_name().to_str().and_then(segment_number);
            if number.is_some_and(|number| number < first) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn playlist(&self) -> String {
        let first = self.listed.front().map_or(0, |first| first.number);
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{TARGET_S}\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:{}\n",
            self.breaks_gone
        );
        for Listed { number, ms, begins, broken } in &self.listed {
            if *broken {
                text += "#EXT-X-DISCONTINUITY\n";
            }
            let (seconds, rest, name) = (ms / 1000, ms % 1000, segment_name(*number));
            text += &format!("#EXT-X-PROGRAM-DATE-TIME:{begins}\n#EXTINF:{seconds}.{rest:03},\n{name}\n");
        }
        text
    }
}

fn segment_name(number: u64) -> String {
    format!("siaran-{number:08}.ts")
}

fn segment_number(name: &str) -> Option<u64> {
    name.strip_prefix("siaran-")?.strip_suffix(".ts")?.parse().ok()
}

/// What an earlier run listed, and how many breaks had gone. A line that is none of ours ends it.
fn read_playlist(text: &str) -> (VecDeque<Listed>, u64) {
    let (mut listed, mut breaks) = (VecDeque::new(), 0);
    let (mut broken, mut begins, mut ms) = (false, String::new(), 0);
    for line in text.lines() {
        if let Some(count) = line.strip_prefix("#EXT-X-DISCONTINUITY-SEQUENCE:") {
            breaks = count.parse().unwrap_or(0);
        } else if line == "#EXT-X-DISCONTINUITY" {
            broken = true;
        } else if let Some(at) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            begins = at.to_owned();
        } else if let Some(length) = line.strip_prefix("#EXTINF:") {
            ms = length.trim_end_matches(',').replace('.', "").parse().unwrap_or(0);
        } else if let Some(number) = segment_number(line) {
            listed.push_back(Listed { number, ms, begins: std::mem::take(&mut begins), broken });
            broken = false;
        }
    }
    (listed, breaks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_of_a_packet_is_cut_off_and_two_never_write_one_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("air.ts");
        fs::write(&path, vec![0x47; 2 * 188 + 77]).expect("written");
        let file = open_to_append(&path).expect("opened");
        assert_eq!(file.metadata().expect("facts").len(), 2 * 188);
        let other = File::open(&path).expect("opened");
        assert!(flock(&other, FlockOperation::NonBlockingLockExclusive).is_err());
    }

    #[test]
    fn a_playlist_goes_on_after_a_restart_and_says_where_the_stream_broke() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let zone: Zone = "Asia/Jakarta".parse().expect("a zone");
        let run = |from: i64| {
            let mut hls = Hls::open(folder.path(), FrameRate::PAL).expect("opened");
            for second in 0..26 {
                hls.begin(Tick(from + second * 25), b"", zone).expect("begun");
            }
            hls.end_segment(Tick(from + 26 * 25), zone).expect("ended");
        };
        run(44_000_000_000);
        run(44_000_001_000);
        let text = fs::read_to_string(folder.path().join(PLAYLIST)).expect("a playlist");
        assert!(text.contains("#EXT-X-MEDIA-SEQUENCE:6\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"), "{text}");
        assert!(text.contains("siaran-00000006.ts\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:"), "{text}");
        assert!(text.ends_with("#EXTINF:2.000,\nsiaran-00000013.ts\n"), "{text}");
        run(44_000_002_000);
        run(44_000_003_000);
        let kept = fs::read_dir(folder.path()).expect("a folder").flatten();
        let kept = kept.filter(|e| e.file_name().to_str().and_then(segment_number).is_some()).count();
        assert_eq!(kept, LISTED + KEPT as usize, "old segments are gone");
        let text = fs::read_to_string(folder.path().join(PLAYLIST)).expect("a playlist");
        assert!(text.contains("#EXT-X-DISCONTINUITY-SEQUENCE:2\n"), "{text}");
    }
}
