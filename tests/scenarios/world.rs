//! What every story starts from: a home with an office and everyone who has a part, and what must hold at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use siaran::config::Config;
use siaran::desk::intake::{Filed, NewRequest, Upload};
use siaran::desk::processing::{Found, MediaTrouble, MediaWork, Original, Progress};
use siaran::desk::review::{Acted, WantedAct};
use siaran::desk::{Desk, DeskError, Refusal};
use siaran::domain::asset::{
    AudioStream, ConformRecipe, Framing, Inspection, Likeness, Measured, MsSpan, Reason, ReasonCode, Severity, Still,
    Verdict, VideoStream,
};
use siaran::domain::channel::Channel;
use siaran::domain::colour::Colour;
use siaran::domain::ids::{CaseId, OpdId, PersonId, Sha256};
use siaran::domain::people::{OpdGroup, Person, Role};
use siaran::domain::submission::{CheckPoint, LetterDetails};
use siaran::domain::text::Text;
use siaran::domain::time::{Clock, FrameRate, Instant, Reading};
use siaran::files::library::{Look, Making};
use siaran::store::{NewOffice, NewPerson};

/// A clock that moves when the story says so.
pub struct Hand(Mutex<Instant>);

impl Clock for Hand {
    fn read(&self) -> Reading {
        Reading { utc: *self.0.lock().unwrap(), monotonic: Duration::ZERO, synchronised: true }
    }
}

/// A home in which a story happens.
pub struct World {
    /// The desks.
    pub desk: Desk,
    /// The clock.
    pub clock: Arc<Hand>,
    /// The decoders.
    pub media: FakeMedia,
    /// Dinas Kesehatan.
    pub health: OpdId,
    people: BTreeMap<Role, PersonId>,
    /// Who sends requests for Kecamatan Lubuk Pakam.
    pub district_sender: PersonId,
    folder: tempfile::TempDir,
}

/// Monday, 23 November 2026, 08.00 WIB: the office is open.
const MORNING: &str = "2026-11-23T01:00:00Z";

impl World {
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(Mutex::new(MORNING.parse().unwrap())));
        let desk = Desk::open(Config::parse(folder.path(), "").unwrap(), clock.clone()).unwrap();
        let health = desk.add_office(None, NewOffice::usual("Dinas Kesehatan", OpdGroup::Opd)).unwrap();
        let district = desk.add_office(None, NewOffice::usual("Kecamatan Lubuk Pakam", OpdGroup::Opd)).unwrap();
        let add = |role: Role, office: Option<OpdId>, email: &str| {
            let person = NewPerson { name: role.text().id, email: email.into(), office };
            desk.add_person(None, person, &[role]).unwrap().person
        };
        let people = Role::ALL.iter().map(|role| {
            let office = (*role == Role::Office).then_some(health);
            (*role, add(*role, office, &format!("{role}@kab.go.id")))
        });
        let people = people.collect();
        let district_sender = add(Role::Office, Some(district), "camat@kab.go.id");
        World { desk, clock, media: FakeMedia::default(), health, people, district_sender, folder }
    }

    /// Desks of the same home in another process.
    pub fn another_desk(&self) -> Desk {
        Desk::open(Config::parse(self.home(), "").unwrap(), self.clock.clone()).unwrap()
    }
    pub fn home(&self) -> &Path {
        self.folder.path()
    }
    pub fn wait(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }
    /// Who holds a role; for [`Role::Office`] the sender of Dinas Kesehatan.
    pub fn id(&self, role: Role) -> PersonId {
        self.people[&role]
    }
    pub fn person(&self, role: Role) -> Person {
        self.person_of(self.id(role))
    }
    pub fn person_of(&self, id: PersonId) -> Person {
        self.desk.store.read(|r| r.person(id, self.desk.now())).unwrap().unwrap()
    }

    /// Dinas Kesehatan asks for a week of a clip with these bytes.
    pub fn request(&self, bytes: &[u8]) -> Filed {
        self.try_request(self.id(Role::Office), &mut &bytes[..], Some(bytes.len() as u64)).unwrap()
    }
    pub fn try_request(
        &self,
        by: PersonId,
        bytes: &mut dyn Read,
        declared_bytes: Option<u64>,
    ) -> Result<Filed, DeskError> {
        let upload = Upload { name: "C:\\video\\posyandu.mp4".into(), declared_bytes, bytes };
        self.desk.file_request(by, self.new_request(), upload)
    }
    pub fn new_request(&self) -> NewRequest {
        let declared = ["non_commercial", "no_pornography", "no_porno_action", "no_sara"];
        NewRequest {
            office: None,
            channel: "videotron".parse().unwrap(),
            letter: letter(),
            declared: declared.iter().map(|d| d.parse().unwrap()).collect::<BTreeSet<_>>(),
            form: None,
        }
    }
    /// Works until no job is left.
    pub fn work(&self) {
        self.desk.work_all(&self.media).unwrap();
    }

    /// The holder of a role does a step; a verifier confirms every point.
    pub fn act(&self, role: Role, case: CaseId, step: &str, choice: Option<&str>) -> Result<Acted, DeskError> {
        self.act_because(role, case, step, choice, None)
    }
    pub fn act_because(
        &self,
        role: Role,
        case: CaseId,
        step: &str,
        choice: Option<&str>,
        reason: Option<&str>,
    ) -> Result<Acted, DeskError> {
        let checklist = (role == Role::Verifier).then(|| CheckPoint::ALL.into_iter().map(|p| (p, true)).collect());
        let wanted = WantedAct {
            step: step.into(),
            choice: choice.map(Into::into),
            reason: reason.map(Into::into),
            checklist,
            ..WantedAct::default()
        };
        self.desk.act(self.id(role), case, wanted)
    }
    /// A request that the head has approved and the technical team has found playable.
    pub fn playable_request(&self, bytes: &[u8]) -> Filed {
        let filed = self.request(bytes);
        self.make_playable(filed.case);
        filed
    }
    /// Somebody's office asks for a week of a clip with these bytes.
    pub fn request_of(&self, by: PersonId, bytes: &[u8]) -> Filed {
        self.try_request(by, &mut &bytes[..], Some(bytes.len() as u64)).unwrap()
    }
    /// Takes a filed request up to the scheduling team.
    pub fn make_playable(&self, case: CaseId) {
        self.work();
        self.act(Role::Verifier, case, "verify", Some("conforms")).unwrap();
        self.act(Role::Head, case, "approve", Some("approved")).unwrap();
        self.work();
        self.act(Role::Technical, case, "process", Some("playable")).unwrap();
    }
    /// The same home, as a program that starts anew finds it.
    pub fn reopened(&self) -> Desk {
        Desk::open(Config::parse(self.home(), "").unwrap(), self.clock.clone()).unwrap()
    }
    /// Where a case stands.
    pub fn step(&self, case: CaseId) -> String {
        self.desk.case_file(&self.person(Role::Admin), case).unwrap().row.step.to_string()
    }
    /// Titles that await a person, with what is to be done.
    pub fn inbox(&self, id: PersonId) -> Vec<String> {
        let awaiting = self.desk.inbox(&self.person_of(id)).unwrap();
        awaiting.into_iter().map(|a| format!("{}: {}", a.action.id, a.case.title)).collect()
    }
    /// What a person's page announces, newest first.
    pub fn announced(&self, id: PersonId) -> Vec<String> {
        let person = self.person_of(id);
        let letters = self.desk.store.read(|r| r.announcements_for(&person)).unwrap();
        letters.into_iter().map(|l| l.announcement.body.id).collect()
    }
    /// Files in a folder of `media/`.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.home().join("media").join(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What must hold at the end of every story.
    pub fn ends(self) {
        let trail = self.desk.store.read(|r| r.audit_verify()).unwrap();
        assert!(trail.is_ok(), "{}", trail.unwrap_err());
        assert_eq!(self.desk.store.read(|r| r.unfinished_jobs()).unwrap(), [], "unfinished jobs");
        assert_eq!(self.desk.store.read(|r| r.open_incidents()).unwrap(), [], "open incidents");
        assert_eq!(self.desk.sweep().unwrap(), Vec::<String>::new(), "files that nobody names");
        assert!(self.desk.store.read(|r| r.uploads()).unwrap().is_empty(), "room kept for nothing");
    }
}

/// A letter that asks for a week.
pub fn letter() -> LetterDetails {
    LetterDetails {
        title: "Ayo ke Posyandu".into(),
        number: "005/417/DINKES/2026".into(),
        date: "2026-11-20".parse().unwrap(),
        description: "Ajakan menimbang balita setiap bulan".into(),
        play_s: 15,
        plays_per_day: 12,
        days: 7,
        first_day: "2026-11-24".parse().unwrap(),
        last_day: "2026-11-30".parse().unwrap(),
        preferred_hours: None,
        framing: None,
    }
}

pub fn refusal<T: std::fmt::Debug>(result: Result<T, DeskError>) -> Refusal {
    match result.unwrap_err() {
        DeskError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

/// An upload whose sender goes away after some bytes.
pub struct BreaksOff(pub usize);

impl Read for BreaksOff {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let read = into.len().min(self.0);
        self.0 -= read;
        into[..read].fill(7);
        Ok(read)
    }
}

/// Decoders that read what the story wrote: a file with `panjang` in it is too long, one with `macet` breaks the tool,
/// of one with `buram` no preview can be made, and those with `kembar` show the same pictures.
#[derive(Default)]
pub struct FakeMedia {
    /// How often each kind of work was asked for.
    pub inspected: Mutex<u32>,
    pub conformed: Mutex<u32>,
}

impl MediaWork for FakeMedia {
    fn inspect(&self, file: &Path, _channel: &Channel, progress: Progress<'_>) -> Result<Found, MediaTrouble> {
        *self.inspected.lock().unwrap() += 1;
        if !progress(50) {
            return Err(MediaTrouble("stopped".into()));
        }
        look(file)
    }

    fn conform(
        &self,
        original: Original<'_>,
        _recipe: &ConformRecipe,
        _channel: &Channel,
        output: &Path,
        _progress: Progress<'_>,
    ) -> Result<Found, MediaTrouble> {
        *self.conformed.lock().unwrap() += 1;
        let mut bytes = b"house format of ".to_vec();
        bytes.extend(std::fs::read(original.path).unwrap());
        std::fs::write(output, bytes).unwrap();
        look(output)
    }

    fn preview(
        &self,
        original: Original<'_>,
        recipe: &ConformRecipe,
        to: &Making,
        _progress: Progress<'_>,
    ) -> Result<(), MediaTrouble> {
        let mut bytes = b"small copy of ".to_vec();
        bytes.extend(std::fs::read(original.path).unwrap());
        if bytes.windows(5).any(|word| word == b"buram") {
            return Err(MediaTrouble("no small copy could be made".into()));
        }
        if recipe.framing != Framing::Fit {
            bytes.extend(format!(", {}", recipe.framing.as_str()).bytes());
        }
        std::fs::write(to.look(Look::Film), bytes).unwrap();
        std::fs::write(to.look(Look::Poster), b"one picture").unwrap();
        Ok(())
    }
}

fn look(file: &Path) -> Result<Found, MediaTrouble> {
    use sha2::Digest;
    let bytes = std::fs::read(file).unwrap();
    let says = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    if says("macet") {
        return Err(MediaTrouble("the decoder could not be started".into()));
    }
    let too_long = Reason {
        code: ReasonCode::TooLong,
        severity: Severity::Fail,
        limit: Some(300_000.0),
        value: Some(301_000.0),
        at_ms: None,
        text: Text::new("Video lebih dari 5 menit.", "The clip is longer than 5 minutes."),
    };
    let reasons = if says("panjang") { vec![too_long] } else { Vec::new() };
    let video = VideoStream {
        codec: "h264".into(),
        width: 1280,
        height: 720,
        frame_rate: Some(FrameRate::PAL),
        pixel_aspect: (1, 1),
        rotation_deg: 0,
        interlaced: false,
        hdr: false,
        colour: Colour::HOUSE,
        frames: 375,
        duration_ms: 15_000,
        still: false,
    };
    let audio = AudioStream { codec: "aac".into(), sample_rate_hz: 48_000, channels: 2, samples: 720_000 };
    let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
    // Files with `kembar` in them show the same pictures, whatever else is in them.
    let known = sha2::Sha256::digest(if says("kembar") { b"kembar" } else { bytes.as_slice() });
    let picture = known.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let inspection = Inspection {
        bytes: bytes.len() as u64,
        sha256,
        container: Some("mp4".into()),
        declared_ms: Some(15_000),
        duration_ms: 15_000,
        video: Some(video),
        audio: Some(audio),
        measured: Measured {
            integrated_lufs: Some(-23.0),
            black: vec![MsSpan { start_ms: 2000, end_ms: 3500 }],
            stills: vec![Still { at_ms: 2000, jpeg: b"a still".to_vec() }],
            likeness: Likeness(vec![picture; 15]),
            ..Measured::default()
        },
        troubles: Vec::new(),
    };
    let verdict = if reasons.is_empty() { Verdict::Accept } else { Verdict::Refuse };
    Ok(Found { inspection, essence: None, verdict, reasons })
}
