//! Both roles under a supervisor: what they tell it, from the first word to the last.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A supervisor that waits this long for a word: the start of a player on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A role that never outlives its test.
struct Role(Child);

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a role, waits until it is ready and has said twice that it is alive, ends it, and hears it out.
fn life_of(home: &Path, words: &[&str]) -> Vec<String> {
    let address = home.join("notify");
    let ears = UnixDatagram::bind(&address).expect("bound");
    ears.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut heard = Vec::new();
    let mut hear = || {
        let mut word = [0; 64];
        let length = ears.recv(&mut word).expect("a word in time");
        heard.push(String::from_utf8_lossy(&word[..length]).into_owned());
        heard.len()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
    command.arg("--home").arg(home).args(words).env("NOTIFY_SOCKET", &address);
    let mut role = Role(command.stdout(Stdio::null()).spawn().expect("it starts"));
    while hear() < 3 {}
    let pid = rustix::process::Pid::from_child(&role.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    assert!(role.0.wait().expect("it ends").success(), "{words:?}");
    ears.set_nonblocking(true).expect("set");
    let mut word = [0; 64];
    while let Ok(length) = ears.recv(&mut word) {
        heard.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    heard
}

fn assert_a_whole_life(heard: &[String]) {
    assert_eq!(heard[..3], ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
    assert_eq!(heard.last().map(String::as_str), Some("STOPPING=1"));
}

#[test]
fn the_pages_say_when_they_answer_that_they_live_and_that_they_end() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("siaran.toml"), "").expect("a home with every default");
    assert_a_whole_life(&life_of(home.path(), &["serve", "--listen", "127.0.0.1:0"]));
}

#[cfg(feature = "av")]
#[test]
fn the_player_says_when_it_is_on_air_that_it_lives_and_that_it_ends() {
    let home = tempfile::tempdir().expect("a folder");
    assert_a_whole_life(&life_of(home.path(), &["play", "videotron", "--output", "null"]));
}
