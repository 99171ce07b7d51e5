//! What the system says of processes: the load, memory, open files, threads, processor time of a whole family.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Processes that ran or waited to, mean of the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// The children of a process.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<_>>()).collect()
}

/// The words of a process's command line.
pub fn command_line(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// A player's decoders, with the file below `media/` that each has open.
pub fn decoders(player: u32) -> Vec<(u32, PathBuf)> {
    let open = |pid: u32| fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let read = |pid| {
        let mut files = open(pid).filter_map(|fd| fs::read_link(fd.path()).ok());
        files.find(|file| file.components().any(|part| part.as_os_str() == "media"))
    };
    let ours = children(player).into_iter();
    let decoders = ours.filter(|pid| command_line(*pid).get(1).is_some_and(|word| word == "decode"));
    decoders.filter_map(|pid| Some((pid, read(pid)?))).collect()
}

/// Sends a signal; the process may be gone.
pub fn signal(pid: u32, signal: rustix::process::Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Ticks a second in which Linux counts processor time for programs (time(7), USER_HZ), on every usual machine.
const USER_HZ: f64 = 100.0;

/// Processor time that a process, its children and all who ended among them have used, seconds.
pub fn processor_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    // proc(5): utime, stime, cutime and cstime are the fields 14 to 17; the first after the name is number 3.
    let ticks: u64 = after_name.split_whitespace().skip(11).take(4).filter_map(|word| word.parse::<u64>().ok()).sum();
    let own = ticks as f64 / USER_HZ;
    own + children(pid).into_iter().map(processor_seconds).sum::<f64>()
}

/// A process at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub at: Duration,
    pub resident_kib: u64,
    pub files: usize,
    pub threads: usize,
}

fn sample(pid: u32, at: Duration) -> Option<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some(Sample { at, resident_kib: number("VmRSS:")?, files, threads: usize::try_from(number("Threads:")?).ok()? })
}

/// Looks at a process once a second until it is told to stop.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Sample>>,
}

impl Sampler {
    pub fn of(pid: u32) -> Sampler {
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (begun, mut samples) = (Instant::now(), Vec::new());
            while !stopping.load(Ordering::Relaxed) {
                samples.extend(sample(pid, begun.elapsed()));
                std::thread::sleep(Duration::from_secs(1));
            }
            samples
        });
        Sampler { stop, thread }
    }

    pub fn samples(self) -> Vec<Sample> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only reads")
    }
}
