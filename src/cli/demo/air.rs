//! The machines' part: the head-end and the player as processes of their own, a supervisor that starts the player again,
//! and the two that are killed to see what happens.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;

use super::story::Story;
use super::{AIR, Failure, HEAD_END_KILL_AFTER, KILL_AFTER, Stage};
use crate::av::sandbox::THIS_PROGRAM;
use crate::domain::text::Text;
use crate::domain::time::{Clock, Instant};

/// The head-end as a process.
pub(super) struct HeadEnd(Child);

impl HeadEnd {
    pub fn start(stage: &Stage) -> Result<HeadEnd, Failure> {
        let mut command = Command::new(THIS_PROGRAM);
        command.arg("--home").arg(&stage.home).args(["serve", "--listen", &stage.listen.to_string()]);
        let log = log(stage, "head-end.log")?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        child.map(HeadEnd).map_err(|e| Failure::could(format!("the head-end can't start: {e}"), "start it again"))
    }

    pub fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    pub fn end(mut self) {
        self.kill();
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for HeadEnd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn log(stage: &Stage, name: &str) -> Result<Stdio, Failure> {
    let path = stage.out.join(name);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    file.map(Stdio::from).map_err(|e| Failure::could(format!("{}: {e}", path.display()), "name another --out"))
}

/// A player that is started again whenever it ends before its time, as a service manager does.
pub(super) struct Supervised {
    child: Arc<Mutex<Option<Child>>>,
    ending: Arc<AtomicBool>,
    starts: Arc<AtomicU32>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Pause before a player that fails at once is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(100);

impl Supervised {
    pub fn start(stage: &Stage, until: Option<Instant>) -> Result<Supervised, Failure> {
        let home = stage.home.clone();
        let mut outputs = vec!["auto".to_owned()];
        if until.is_some() {
            outputs.push(format!("file:{}", stage.out.join("air.ts").display()));
        }
        let until = until.map(|at| stage.zone.rfc3339(at));
        let out = stage.out.clone();
        let spawn = move || {
            let mut command = Command::new(THIS_PROGRAM);
            command.arg("--home").arg(&home).args(["play", "videotron"]);
            for output in &outputs {
                command.args(["--output", output]);
            }
            if let Some(until) = &until {
                command.args(["--until", until]);
            }
            let log = std::fs::OpenOptions::new().create(true).append(true).open(out.join("player.log"));
            let log = log.map_or_else(|_| Stdio::null(), Stdio::from);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()
        };
        let first = spawn().map_err(|e| Failure::could(format!("the player can't start: {e}"), "start it again"))?;
        let child = Arc::new(Mutex::new(Some(first)));
        let (ending, starts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(1)));
        let (held, over, count) = (Arc::clone(&child), Arc::clone(&ending), Arc::clone(&starts));
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                std::thread::sleep(RESTART_PAUSE);
                let Ok(mut slot) = held.lock() else { return };
                let ended = slot.as_mut().and_then(|child| child.try_wait().ok().flatten());
                match ended {
                    None => {}
                    Some(status) if status.success() => return,
                    Some(_) => {
                        *slot = spawn().ok();
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
        });
        Ok(Supervised { child, ending, starts, thread: Some(thread) })
    }

    /// SIGKILL: nothing can be tidied up.
    fn kill_once(&self) {
        if let Ok(mut slot) = self.child.lock()
            && let Some(child) = slot.as_mut()
        {
            let _ = child.kill();
        }
    }

    /// Waits for its end; how often it was started.
    fn wait(mut self) -> u32 {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.starts.load(Ordering::SeqCst)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        if let Ok(mut slot) = self.child.lock()
            && let Some(child) = slot.as_mut()
        {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What happened to the processes while the wall was open.
pub(super) struct Aired {
    pub opened: Instant,
    pub killed: Instant,
}

/// Chapter 5: plays the minutes in which the wall is open, kills the player once and the head-end once.
pub(super) fn air(stage: &Stage, opens: Instant, story: &mut Story) -> Result<Aired, Failure> {
    let mut head_end = HeadEnd::start(stage)?;
    let player = Supervised::start(stage, Some(opens + AIR + TimeDelta::seconds(1)))?;
    stage.sleep_until(opens + KILL_AFTER);
    player.kill_once();
    let killed = stage.now();
    story.tell(Text::new(
        "Pemutar dimatikan paksa (kill -9) di tengah tayangan; pengawasnya menyalakannya kembali.",
        "The player was killed (kill -9) in mid-air; its supervisor starts it again.",
    ));
    stage.sleep_until(opens + KILL_AFTER + HEAD_END_KILL_AFTER);
    let was_alive = head_end.is_alive();
    head_end.kill();
    story.claim(
        was_alive,
        Text::new(
            "Komputer pusat dimatikan paksa selagi videotron tayang.",
            "The head-end was killed while the wall was on air.",
        ),
    );
    stage.sleep_until(opens + KILL_AFTER + HEAD_END_KILL_AFTER + TimeDelta::seconds(5));
    let _head_end = HeadEnd::start(stage)?;
    let starts = player.wait();
    story.claim(
        starts == 2,
        Text::new(
            format!("Pemutar dinyalakan {starts} kali: sekali di awal, sekali setelah dimatikan."),
            format!("The player was started {starts} times: once at first, once after the kill."),
        ),
    );
    Ok(Aired { opened: opens, killed })
}

impl Stage {
    fn sleep_until(&self, at: Instant) {
        std::thread::sleep((at - self.clock.now()).to_std().unwrap_or_default());
    }
}
