//! `siaran demo`: the whole main job on this machine, from offices' requests to the airing report, told as a story. Every
//! claim that it prints is checked; `--once` ends 0 only if all of them hold.

mod air;
mod clips;
mod judge;
mod office_day;
mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use chrono::TimeDelta;

use super::{Ended, Failure, planning};
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::clock::SystemClock;
use crate::domain::audit::{AuditEvent, AuditKind};
use crate::domain::ids::ChannelId;
use crate::domain::people::Role;
use crate::domain::text::{Lang, Text, instant_in_words};
use crate::domain::time::{Clock, Instant, TimeOfDay, Zone};
use crate::files::journal::{self, JournalPaths};
use air::HeadEnd;
use office_day::Cast;
use story::Story;

/// The whole main job on this machine, told as a story
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// End after the report; exit 0 only if every claim was checked
    #[arg(long)]
    once: bool,
    /// Keep air.ts, asrun.jsonl, report.json, report.pdf and story.txt here
    #[arg(long, value_name = "DIR", default_value = "demo")]
    out: PathBuf,
    /// Address and port of the pages
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
}

/// How long the wall is open in the demonstration.
const AIR: TimeDelta = TimeDelta::seconds(75);
/// From the decision to air until the first frame: the player starts, and opens its first clips.
const LEAD: TimeDelta = TimeDelta::seconds(8);
/// How long after the opening the player is killed.
const KILL_AFTER: TimeDelta = TimeDelta::seconds(20);
/// How long after that the head-end is killed.
const HEAD_END_KILL_AFTER: TimeDelta = TimeDelta::seconds(15);
/// A killed player may cost this much picture.
const MOST_LOST: TimeDelta = TimeDelta::milliseconds(1500);

/// What the steps of the demonstration share.
pub(super) struct Stage {
    out: PathBuf,
    home: PathBuf,
    zone: Zone,
    clock: Arc<SystemClock>,
    listen: std::net::SocketAddr,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ended, Failure> {
    let begun = Moment::now();
    let stage = Stage::set(arguments)?;
    let mut story = Story::begin(&stage.out)?;
    story.tell(Text::new(
        "Siaran: satu hari kerja videotron, dari permohonan sampai laporan.",
        "Siaran: a working day of the LED wall, from requests to the report.",
    ));

    story.chapter(Text::new("1. Berkas dari instansi", "1. Files from the offices"));
    let clips = clips::make(&stage.out.join("clips"))?;
    story.tell(Text::new(
        format!("{} berkas dibuat, seperti yang biasa dikirim: HD, 4:3, ponsel, tanpa suara, poster, terlalu panjang, rusak.", clips.len()),
        format!("{} files were made, as offices send them: HD, 4:3, phone, silent, a poster, too long, damaged.", clips.len()),
    ));

    stage.write_config(None)?;
    let desk = stage.desk()?;
    let cast = Cast::enter(&desk)?;
    let head_end = HeadEnd::start(&stage)?;
    office_day::requests_and_decisions(&desk, &cast, &clips, &mut story)?;

    story.chapter(Text::new("4. Jadwal", "4. The plan"));
    let opens = stage.next_second(LEAD);
    stage.write_config(Some((opens, opens + AIR)))?;
    drop(desk);
    head_end.end();
    let desk = stage.desk()?;
    let plan = office_day::publish(&desk, &cast, &stage, opens, &mut story)?;

    story.chapter(Text::new("5. Tayang", "5. On air"));
    let aired = air::air(&stage, opens, &mut story)?;
    story.chapter(Text::new("6. Bukti tayang", "6. Proof of airing"));
    judge::judge_air(&stage, &plan, &aired, &mut story)?;
    office_day::report(&desk, &cast, &stage, &plan, &mut story)?;
    let all_hold = story.end(begun.elapsed())?;
    if !arguments.once {
        drop(desk);
        go_on(&stage, &cast)?;
    }
    Ok(if all_hold { Ended::Holds } else { Ended::Refused })
}

/// The channel of the demonstration.
fn channel() -> ChannelId {
    "videotron".parse().expect("a valid name")
}

impl Stage {
    /// A fresh home below the output folder. What an earlier demonstration left there is removed; other files stay.
    fn set(arguments: &Arguments) -> Result<Stage, Failure> {
        let could =
            |path: &Path, e: std::io::Error| Failure::could(format!("{}: {e}", path.display()), "name another --out");
        fs::create_dir_all(&arguments.out).map_err(|e| could(&arguments.out, e))?;
        let out = arguments.out.canonicalize().map_err(|e| could(&arguments.out, e))?;
        for folder in ["home", "clips"] {
            match fs::remove_dir_all(out.join(folder)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(could(&out.join(folder), e)),
                _ => {}
            }
        }
        for file in ["air.ts", "asrun.jsonl", "report.json", "report.pdf", "report.html", "report.csv", "story.txt"] {
            let _ = fs::remove_file(out.join(file));
        }
        let home = out.join("home");
        for folder in ["playlists", "journal", "run"] {
            fs::create_dir_all(home.join(folder)).map_err(|e| could(&home, e))?;
        }
        let clock = Arc::new(SystemClock::start());
        let zone = zone_in_mid_day(clock.now());
        Ok(Stage { home, out, zone, clock, listen: arguments.listen })
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The first whole second at least `ahead` from now.
    fn next_second(&self, ahead: TimeDelta) -> Instant {
        let at = (self.now() + ahead).timestamp() + 1;
        Instant::UNIX_EPOCH + TimeDelta::seconds(at)
    }

    /// A small wall, open all day or only while the demonstration airs. Short waits, so that a day fits into minutes.
    fn write_config(&self, open: Option<(Instant, Instant)>) -> Result<(), Failure> {
        let time = |at: Instant| self.zone.local(at).format("%H:%M:%S").to_string();
        let (opens, closes) = open.map_or(("04:00:00".into(), "04:00:00".into()), |(a, b)| (time(a), time(b)));
        let text = format!(
            "# Made by siaran demo.\n[channel.videotron]\nzone = \"{}\"\nopen = \"{opens}\"\nclose = \"{closes}\"\n\
             width = 640\nheight = 360\noutputs = [\"auto\"]\n\n\
             [planning]\nfreeze_s = 30\nlead_s = 5\nseparation_s = 20\n",
            self.zone
        );
        let path = self.home.join(crate::config::CONFIG_FILE);
        fs::write(&path, text).map_err(|e| Failure::could(format!("{}: {e}", path.display()), "name another --out"))
    }

    fn desk(&self) -> Result<Desk, Failure> {
        let desk = Desk::open(Config::load(&self.home)?, self.clock.clone())?;
        let now = desk.now();
        desk.store
            .write(move |tx| tx.audit(&AuditEvent::new(AuditKind::Initialised), now))
            .map_err(crate::desk::DeskError::from)?;
        Ok(desk)
    }

    fn in_words(&self, at: Instant) -> (String, String) {
        (instant_in_words(at, self.zone, Lang::Id), instant_in_words(at, self.zone, Lang::En))
    }
}

/// A zone of Indonesia where the broadcast day does not turn (04:00) while the demonstration runs.
fn zone_in_mid_day(now: Instant) -> Zone {
    let turn: TimeOfDay = "04:00".parse().expect("a time of day");
    let zones = ["Asia/Jakarta", "Asia/Jayapura"].map(|name| name.parse::<Zone>().expect("a zone of the database"));
    let far = |zone: &&Zone| {
        let before = zone.resolve(zone.date_of(now), turn) + TimeDelta::days(1) - now;
        before > TimeDelta::minutes(15)
    };
    zones.iter().find(far).copied().unwrap_or(zones[0])
}

/// Goes on airing and serving until it is told to end.
fn go_on(stage: &Stage, cast: &Cast) -> Result<(), Failure> {
    stage.write_config(None)?;
    let desk = stage.desk()?;
    let date = stage.zone.date_of(stage.now());
    if let Err(error) =
        desk.publish_day(cast.of(Role::Scheduler), &channel(), date, crate::desk::planning::WhenEmpty::Refuse)
    {
        complain!("{error}");
    }
    let links = cast.links(&desk)?;
    drop(desk);
    let _head_end = HeadEnd::start(stage)?;
    let _player = air::Supervised::start(stage, None)?;
    say!("\nhttp://{}", stage.listen);
    say!("Masuk dengan tautan sekali pakai / sign in with a one-time link:");
    for (role, path) in links {
        say!("  {:<28} http://{}{path}", role.text().id, stage.listen);
    }
    say!("Ctrl-C mengakhiri / ends.");
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// The journal of the demonstration, copied as `siaran asrun --json` prints it.
fn keep_journal(stage: &Stage) -> Result<Vec<journal::Chained>, Failure> {
    let paths = JournalPaths::in_home(&stage.home, &channel());
    let rows = journal::read(&paths).map_err(|e| Failure::could(e.to_string(), "run the demonstration again"))?;
    let lines: String = rows.iter().map(|row| journal::to_json(row, stage.zone) + "\n").collect();
    let path = stage.out.join("asrun.jsonl");
    fs::write(&path, lines).map_err(|e| Failure::could(format!("{}: {e}", path.display()), "free some disk space"))?;
    Ok(rows)
}

/// The report in all its forms, beside the recording.
fn keep_report(desk: &Desk, stage: &Stage, report: &crate::desk::reporting::AiringReport) -> Result<(), Failure> {
    planning::write(desk, report, &stage.out)
}
