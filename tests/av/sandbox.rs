//! A decoder gone bad, act by act and ring by ring.

use std::path::Path;
use std::process::Command;

use siaran::av::sandbox::{Limits, Rings, Sandbox};

const SIARAN: &str = env!("CARGO_BIN_EXE_siaran");
const RINGS: [&str; 4] = ["rlimits", "no_new_privs", "landlock", "seccomp"];

/// Tries an act in a confined child with only these rings closed, and says whether it was stopped.
fn stopped(act: &str, readable: &Path, rings: &[&str]) -> bool {
    let mut command = Command::new(SIARAN);
    let Limits { memory_bytes, cpu_seconds, .. } = Limits::DECODER;
    command.arg("sandboxed").args(["--memory-bytes", &memory_bytes.to_string()]);
    command.args(["--cpu-seconds", &cpu_seconds.to_string(), "--file-bytes", "0", "--open-files", "64"]);
    command.arg("--read").arg(readable).args(["--attempt", act]);
    for open in RINGS.iter().filter(|ring| !rings.contains(ring)) {
        command.args(["--without", open]);
    }
    let output = command.output().expect("the program under test starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("can't be set"), "{act} with {rings:?}: {said}");
    !output.status.success() || !(said.is_empty() || said.starts_with("done"))
}

#[test]
fn each_act_of_a_decoder_gone_bad_is_stopped_by_the_ring_that_is_there_for_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (own, other) = (dir.path().join("upload.mp4"), dir.path().join("another-office.mp4"));
    std::fs::write(&own, b"bytes").expect("written");
    std::fs::write(&other, b"secret").expect("written");
    let path = |verb: &str, path: &Path| format!("{verb}:{}", path.display());
    let outside = dir.path().join("outside");
    let matrix = [
        (path("read", &other), vec!["landlock"]),
        (path("read", Path::new("/etc/passwd")), vec!["landlock"]),
        (path("write", &outside), vec!["rlimits", "landlock", "seccomp"]),
        (path("write", &own), vec!["rlimits", "landlock", "seccomp"]),
        ("socket".into(), vec!["seccomp"]),
        ("fork".into(), vec!["seccomp"]),
        ("exec".into(), vec!["seccomp"]),
        ("signal".into(), vec!["seccomp"]),
        ("ptrace".into(), vec!["seccomp"]),
        (path("mount", dir.path()), vec!["no_new_privs", "seccomp"]),
        ("raise-limits".into(), vec!["seccomp"]),
        ("eat-memory".into(), vec!["rlimits"]),
    ];
    for (act, rings) in &matrix {
        assert!(stopped(act, &own, &RINGS), "{act} with every ring closed");
        for ring in rings {
            assert!(stopped(act, &own, &[ring]), "{act} with {ring} alone");
        }
    }
    assert!(!stopped(&path("read", &own), &own, &RINGS), "the file itself is what it is there for");
    assert!(!stopped("thread", &own, &RINGS), "decoders have threads");
    assert!(!stopped(&path("read", &other), &own, &["seccomp"]), "without Landlock the probe really reads");
}

#[test]
fn a_confined_program_says_which_rings_it_got_and_can_start_nothing_else() {
    let sandbox = Sandbox::reading(Path::new("/dev/null"));
    // `env` would execute its argument: the one thing that the descriptor trick must make impossible.
    let output = sandbox.command(Path::new(SIARAN), "env").arg("true").output().expect("started");
    let said = String::from_utf8_lossy(&output.stderr);
    let rings: Rings = said.lines().next().and_then(|line| line.parse().ok()).expect("a line about the rings");
    assert!(rings.rlimits && rings.no_new_privs && rings.seccomp, "{rings}");
    assert!(!output.status.success());
    assert!(said.contains("Operation not permitted"), "{said}");
}
