//! Outputs, judged by what arrives at the other end while others hang, die or are absent.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::barcode::{self, Recipe, Seen};
use crate::stage::{Home, Planned, Player, TICK, seconds, soon};

/// The process that has this file open, once it is there.
fn process_of(player: &Player, file: &Path, not: Option<Pid>) -> Pid {
    let until = Instant::now() + seconds(20);
    while Instant::now() < until {
        let found = player.output_processes().into_iter().find(|(_, open)| open.iter().any(|path| path == file));
        let found = found.and_then(|(pid, _)| Pid::from_raw(pid)).filter(|pid| Some(*pid) != not);
        match found {
            Some(pid) => return pid,
            None => std::thread::sleep(seconds(1) / 20),
        }
    }
    panic!("no process writes {}", file.display());
}

/// How often each frame of a clip was seen.
fn frames_of(clip: u8, recording: &Path) -> BTreeMap<u32, usize> {
    let mut count = BTreeMap::new();
    for (_, seen) in barcode::read(recording) {
        if let Seen::Frame { id, frame } = seen
            && id == clip
        {
            *count.entry(frame).or_default() += 1;
        }
    }
    count
}

#[test]
fn two_of_three_outputs_that_hang_and_die_cost_the_third_no_frame_and_come_back() {
    const FRAMES: u32 = 400;
    let mut home = Home::new();
    let clip = home.clip("1.mp4", &Recipe::plain(1, FRAMES));
    let start = soon(4);
    let end = home.publish(start, &[Planned { clip, frames: FRAMES }]);
    let [hangs, dies, third] = ["hangs.ts", "dies.ts", "third.ts"].map(|name| home.path().join(name));
    let address = |path: &Path| format!("file:{}", path.display());
    let absent = "file:/nonexistent/folder/air.ts";
    let player = home.play(&[&address(&hangs), &address(&dies), &address(&third), absent], end + TICK * 10);
    let wait = start + TICK * 50 - siaran::domain::time::Clock::now(&siaran::desk::clock::SystemClock::start());
    std::thread::sleep(wait.to_std().unwrap_or_default());
    let hung = process_of(&player, &hangs, None);
    kill_process(hung, Signal::STOP).expect("stopped");
    let dead = process_of(&player, &dies, None);
    kill_process(dead, Signal::KILL).expect("killed");
    process_of(&player, &dies, Some(dead));
    process_of(&player, &hangs, Some(hung));
    assert!(player.ends(seconds(60)));

    let all: BTreeMap<u32, usize> = (0..FRAMES).map(|frame| (frame, 1)).collect();
    assert_eq!(frames_of(1, &third), all, "every frame, once");
    let whole = home.output(&address(&third));
    assert_eq!((whole.dropped, whole.restarts), (0, 0), "{whole:?}");
    for path in [&hangs, &dies] {
        let last = frames_of(1, path).into_iter().next_back();
        assert_eq!(last, Some((FRAMES - 1, 1)), "{} is back", path.display());
        let status = home.output(&address(path));
        assert!(status.restarts == 1 && status.dropped > 0, "{status:?}");
    }
    let absent = home.output(absent);
    assert_eq!((absent.running, absent.taken), (false, 0));
    assert!(absent.why.as_deref().is_some_and(|why| why.contains("No such file")), "{absent:?}");
}
