//! The loop with a clock in the hand and an air without pictures.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::config::Config;
use crate::domain::branding::Wears;
use crate::domain::ids::Sha256;
use crate::domain::incident::{IncidentKind, Level};
use crate::domain::playlist::{ItemKind, Nature, Playlist, PlaylistHead, PlaylistItem, RunMode, Source};
use crate::domain::text::Text;
use crate::domain::time::{Clock, FrameRate, Reading};
use crate::engine::playout::DeckState;
use crate::files::incident_log::{self, IncidentLine};
use crate::files::journal::{self, Journal, JournalPaths};
use crate::files::status_file;

/// Waiting moves its hands.
struct Hand(Mutex<(Duration, Instant)>);

impl Hand {
    fn at(utc: Instant) -> Arc<Hand> {
        Arc::new(Hand(Mutex::new((Duration::ZERO, utc))))
    }
    fn put_right(&self, utc: Instant) {
        self.0.lock().expect("one thread").1 = utc;
    }
}

impl Clock for Hand {
    fn read(&self) -> Reading {
        let (monotonic, utc) = *self.0.lock().expect("one thread");
        Reading { utc, monotonic, synchronised: true }
    }
}

impl Pacer for Hand {
    fn wait_until(&self, monotonic: Duration) {
        let mut hands = self.0.lock().expect("one thread");
        let by = monotonic.saturating_sub(hands.0);
        *hands = (hands.0 + by, hands.1 + TimeDelta::from_std(by).expect("short"));
    }
}

/// Every decoder is ready once the air has been looked at this often.
#[derive(Default)]
struct FakeAir {
    opening: usize,
    decks: BTreeMap<DeckId, (u64, Option<Sha256>)>,
    shown: Vec<(Tick, Show, Option<Sha256>)>,
}

impl Air for FakeAir {
    fn open(&mut self, open: Open) {
        self.decks.insert(open.deck, (open.from_frame, open.sha256));
    }
    fn close(&mut self, deck: DeckId) {
        self.decks.remove(&deck);
    }
    fn discard(&mut self, deck: DeckId, before: u64) {
        self.decks.entry(deck).and_modify(|(first, _)| *first = before);
    }
    fn supplies(&mut self) -> Vec<Supply> {
        let ready = self.opening == 0;
        self.opening = self.opening.saturating_sub(1);
        let supply = |(deck, (first, _)): (&DeckId, &(u64, _))| Supply {
            deck: *deck,
            frames: ready.then_some((*first, first + 8)),
            state: DeckState::Working,
        };
        self.decks.iter().map(supply).collect()
    }
    fn show(&mut self, tick: Tick, show: Show, _: Dress<'_>, _: Expected, _: u64) {
        let mut clip = None;
        if let Show::Frame { deck, frame, .. } = show {
            self.decks.entry(deck).and_modify(|(first, _)| *first = frame);
            clip = self.decks.get(&deck).and_then(|(_, clip)| *clip);
        }
        self.shown.push((tick, show, clip));
    }
    fn outputs(&self) -> Vec<OutputStatus> {
        Vec::new()
    }
}

const CLIP: Sha256 = Sha256([1; 32]);
const FILL: Sha256 = Sha256([2; 32]);

fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn channel() -> Channel {
    let config = Config::parse(Path::new("/h"), "").expect("defaults");
    config.channels.into_values().next().expect("one channel").channel
}

/// A plan with one clip of ten minutes at nine, and one evergreen clip.
fn inputs() -> Vec<Input> {
    let item = PlaylistItem {
        id: "nine".parse().expect("an id"),
        start: instant("2026-11-22T09:00:00+07:00"),
        duration_frames: 15_000,
        run: RunMode::Auto,
        kind: ItemKind::Clip,
        source: Source::File("media/house/a.mp4".into()),
        sha256: Some(CLIP),
        in_frames: 0,
        title: "Imunisasi".into(),
        owner: "Dinas Kesehatan".into(),
        submission: None,
        nature: Nature::FILM,
        wears: Wears::default(),
    };
    let head = PlaylistHead {
        channel: channel().id,
        date: "2026-11-22".parse().expect("a date"),
        revision: 1,
        parent: None,
        zone: channel().zone,
        rate: FrameRate::PAL,
        withdrawn: Default::default(),
    };
    let fill = crate::domain::asset::FillClip {
        sha256: FILL,
        source: Source::File("media/fill/b.mp4".into()),
        duration_frames: 250,
        title: "Pesona".into(),
        nature: Nature::FILM,
        tags: Default::default(),
    };
    let plan = Playlist::new(head, vec![item]).expect("a sound plan");
    vec![Input::Fill(vec![fill]), Input::Revision(Arc::new(plan))]
}

fn start(home: &Path, clock: &Arc<Hand>) -> Player<FakeAir> {
    start_with(FakeAir::default(), home, clock)
}

fn start_with(air: FakeAir, home: &Path, clock: &Arc<Hand>) -> Player<FakeAir> {
    let ledger =
        Ledger::open(JournalPaths::in_home(home, &channel().id), &channel(), clock.read().utc).expect("not held");
    std::fs::create_dir_all(home.join("run")).expect("made");
    let recorder = Recorder::start(ledger, home, &channel()).expect("a thread");
    Player::start(channel(), "run".into(), air, clock.clone(), recorder, inputs())
}

fn play(player: &mut Player<FakeAir>, seconds: u32) {
    for _ in 0..25 * seconds {
        player.tick();
    }
}

/// The journal, whose chain and tiling are judged by reading it.
fn rows(home: &Path) -> Vec<AsRun> {
    let rows = journal::read(&JournalPaths::in_home(home, &channel().id)).expect("the chain holds, rows tile time");
    rows.into_iter().map(|chained| chained.row).collect()
}

#[test]
fn a_machine_that_boots_in_1970_airs_the_fill_says_so_and_never_writes_a_row_before_the_last() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut before = start(home.path(), &Hand::at(instant("2026-11-22T08:59:50+07:00")));
    play(&mut before, 20);
    before.stop();
    let last = rows(home.path()).last().expect("a row").end;

    let clock = Hand::at(Instant::UNIX_EPOCH + TimeDelta::seconds(12));
    let mut player = start(home.path(), &clock);
    play(&mut player, 5);
    assert!(!player.snapshot().trusted_clock);
    let right = instant("2026-11-22T09:05:00+07:00");
    clock.put_right(right);
    play(&mut player, 10);
    assert!(player.snapshot().trusted_clock);
    let air = player.stop();

    let rows = rows(home.path());
    assert!(rows.windows(2).all(|pair| pair[0].end == pair[1].start));
    let since: Vec<_> = rows.iter().filter(|row| row.start >= last).map(|r| (r.kind, r.why.as_deref())).collect();
    assert_eq!(
        since[..3],
        [(AirKind::None, Some("no_player")), (AirKind::Fill, None), (AirKind::None, Some("clock_corrected")),]
    );
    assert_eq!(rows.last().map(|r| (r.kind, r.clip)), Some((AirKind::Clip, Some(CLIP))));
    assert!(air.shown.iter().all(|(_, show, _)| matches!(show, Show::Frame { .. })), "never the slate");
    let log = incident_log::path(home.path(), &channel().id);
    let (said, _) = incident_log::read_from(&log, None).expect("readable").expect("a log");
    let clock_lines: Vec<_> = said.iter().filter(|l| l.key == "clock").map(|l| l.opened.is_some()).collect();
    assert_eq!(clock_lines, [true, false], "opened, and closed when the clock was put right");
}

#[test]
fn after_a_power_cut_the_interrupted_item_has_its_row_and_the_wall_is_on_the_right_frame() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut before = start(home.path(), &Hand::at(instant("2026-11-22T08:59:58+07:00")));
    play(&mut before, 5);
    drop(before);
    let mut player = start_soon(home.path(), &Hand::at(instant("2026-11-22T09:00:20+07:00")));
    play(&mut player, 5);
    let air = player.stop();

    let rows = rows(home.path());
    let story: Vec<_> = rows.iter().map(|r| (r.kind, r.outcome, r.why.as_deref())).collect();
    assert_eq!(
        story,
        [
            (AirKind::Fill, Outcome::Complete, None),
            (AirKind::Clip, Outcome::Cut, Some("player_lost")),
            (AirKind::None, Outcome::OffAir, Some("no_player")),
            (AirKind::Clip, Outcome::Cut, Some("player_stopped")),
        ]
    );
    let nine = FrameRate::PAL.tick_from(instant("2026-11-22T09:00:00+07:00"));
    let (tick, show, _) = air.shown[0];
    assert!(
        matches!(show, Show::Frame { frame, .. } if frame.cast_signed() == tick.0 - nine.0),
        "{show:?} at {tick:?}"
    );
}

#[test]
fn a_clip_that_was_on_air_for_one_frame_when_the_power_went_has_its_row() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut before = start(home.path(), &Hand::at(instant("2026-11-22T08:59:58+07:00")));
    play(&mut before, 2);
    before.tick();
    drop(before);
    start_soon(home.path(), &Hand::at(instant("2026-11-22T09:00:20+07:00"))).stop();

    let rows = rows(home.path());
    let story: Vec<_> = rows.iter().map(|r| (r.kind, r.outcome, r.frames)).collect();
    assert_eq!(story[1..3], [(AirKind::Clip, Outcome::Cut, 1), (AirKind::None, Outcome::OffAir, 0)]);
}

/// The journal's lock goes with the recorder's thread, a moment after its handle.
fn start_soon(home: &Path, clock: &Arc<Hand>) -> Player<FakeAir> {
    for _ in 0..200 {
        if Journal::open(JournalPaths::in_home(home, &channel().id), channel().zone).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    start(home, clock)
}

#[test]
fn a_player_whose_decoder_takes_half_a_second_to_open_shows_the_clip_from_its_first_tick() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let slow = FakeAir { opening: 100, ..FakeAir::default() };
    let mut player = start_with(slow, home.path(), &Hand::at(instant("2026-11-22T09:00:20+07:00")));
    play(&mut player, 1);
    let air = player.stop();
    let first = FrameRate::PAL.tick_from(instant("2026-11-22T09:00:20.500+07:00"));
    assert!(air.shown[0].0 >= first && air.shown[0].2 == Some(CLIP), "{:?}", air.shown[0]);
}

#[test]
fn a_loop_that_was_away_for_minutes_goes_on_at_the_right_frame_with_one_row_for_the_gap() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let clock = Hand::at(instant("2026-11-22T09:00:10+07:00"));
    let mut player = start(home.path(), &clock);
    play(&mut player, 2);
    clock.wait_until(clock.read().monotonic + Duration::from_secs(120));
    play(&mut player, 2);
    player.stop();
    let gap = rows(home.path()).into_iter().find(|r| r.why.as_deref() == Some("clock_corrected") && r.frames == 0);
    assert!(gap.is_some_and(|r| r.end - r.start >= TimeDelta::seconds(118)));
}

#[test]
fn the_supervisor_hears_of_the_first_tick_then_once_a_second_and_nothing_from_a_loop_that_stands() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let address = home.path().join("notify");
    let ears = std::os::unix::net::UnixDatagram::bind(&address).expect("bound");
    ears.set_nonblocking(true).expect("set");
    let heard = || {
        let mut word = [0; 32];
        let words = std::iter::from_fn(|| ears.recv(&mut word).ok().map(|n| word[..n].to_vec()));
        words.map(|word| String::from_utf8(word).expect("plain")).collect::<Vec<_>>()
    };
    let supervisor = Supervisor::at(Some(address.as_os_str())).expect("somebody listens");
    let clock = Hand::at(instant("2026-11-22T09:00:10+07:00"));
    let mut player = start(home.path(), &clock).supervised(supervisor);
    assert_eq!(heard(), [""; 0], "nothing is on air yet");
    player.tick();
    assert_eq!(heard().first().map(String::as_str), Some("READY=1"));
    play(&mut player, 4);
    assert_eq!(heard(), ["WATCHDOG=1"; 4]);
    clock.wait_until(clock.read().monotonic + Duration::from_secs(20));
    assert_eq!(heard(), [""; 0], "time passed and the loop did not turn");
    player.stop();
    assert_eq!(heard(), ["STOPPING=1"]);
}

#[test]
fn a_killed_player_leaves_incidents_that_the_next_run_closes_and_a_person_is_still_told_what_to_mend() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let log = incident_log::path(home.path(), &channel().id);
    let at = instant("2026-11-22T08:59:00+07:00");
    for (key, kind) in [("air black", IncidentKind::Black), ("item nine", IncidentKind::ItemFailed)] {
        let opened = Some((Level::Critical, Text::new("Gangguan", "Incident")));
        let line = IncidentLine { at, key: key.into(), kind, opened };
        incident_log::append(&log, &line, channel().zone).expect("appended");
    }
    let mut player = start(home.path(), &Hand::at(instant("2026-11-22T09:00:00+07:00")));
    play(&mut player, 2);
    player.stop();
    let open = incident_log::left_open(&log).expect("readable");
    assert_eq!(open.into_keys().collect::<Vec<_>>(), ["item nine"]);
}

#[test]
fn a_disk_that_takes_nothing_costs_no_frame_and_no_row_and_is_told_once_when_it_begins_and_when_it_ends() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (journal, status) = (home.path().join("journal"), status_file::path(home.path(), &channel().id));
    std::fs::write(&journal, "a file where the folder should be").expect("written");
    let mut player = start(home.path(), &Hand::at(instant("2026-11-22T08:59:50+07:00")));
    play(&mut player, 30);
    until(|| std::fs::read_to_string(&status).is_ok_and(|text| text.contains("can't write to its disk")));
    std::fs::remove_file(&journal).expect("removed");
    play(&mut player, 10);
    let air = player.stop();

    assert_eq!(air.shown.len(), 40 * 25, "every tick was shown");
    let kinds: Vec<_> = rows(home.path()).iter().map(|row| (row.seq, row.kind)).collect();
    assert_eq!(kinds, [(1, AirKind::Fill), (2, AirKind::Clip)]);
    let log = incident_log::path(home.path(), &channel().id);
    let (said, _) = incident_log::read_from(&log, None).expect("readable").expect("a log");
    let of_disk: Vec<_> = said.iter().filter(|l| l.key == "journal").map(|l| l.opened.is_some()).collect();
    assert_eq!(of_disk, [true, false]);
}

/// Other threads come round in their own time.
fn until(holds: impl Fn() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came to hold");
}
