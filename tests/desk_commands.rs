//! The desks from a terminal: the same binary, its exit codes, and its JSON.

#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chrono::TimeDelta;
use serde_json::Value;
use siaran::desk::clock::SystemClock;
use siaran::domain::time::{BroadcastDate, Clock};

fn siaran(home: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_siaran")).arg("--home").arg(home).args(words).output().unwrap()
}

/// Runs a command with `--json`; its exit code and document.
fn asked(home: &Path, words: &[&str]) -> (i32, Value) {
    let output = siaran(home, &[words, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let document = serde_json::from_str(&said);
    let document = document.unwrap_or_else(|e| panic!("{e}: {said} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), document)
}

/// The day that lies so many days from now.
fn day(ahead: i64) -> String {
    BroadcastDate((SystemClock::start().now() + TimeDelta::days(ahead)).date_naive()).to_string()
}

#[test]
fn a_new_home_has_one_link_for_its_first_administrator_and_a_clean_trail() {
    let folder = tempfile::tempdir().unwrap();
    let home = &folder.path().join("home");
    let (code, made) = asked(home, &["init"]);
    assert_eq!(code, 0);
    assert!(made["link"].as_str().unwrap().starts_with("http://127.0.0.1:8080/welcome/"), "{made}");
    let (_, again) = asked(home, &["init"]);
    assert_ne!(made["link"], again["link"], "a lost link is made anew as long as nobody has a password");
    let (code, trail) = asked(home, &["audit", "verify"]);
    assert_eq!((code, &trail["rows"]), (0, &Value::from(5)), "{trail}");
    for part in ["siaran.toml", "siaran.db", "playlists", "media/inbox", "media/house", "journal", "run"] {
        assert!(home.join(part).exists(), "{part}");
    }
}

#[test]
fn a_text_that_calls_itself_a_video_is_refused_with_its_reason_and_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert_eq!(siaran(home, &["init"]).status.code(), Some(0));
    let (_, office) = asked(home, &["office", "add", "Dinas Kesehatan"]);
    let office = office["id"].to_string();
    let (code, _) = asked(home, &["user", "add", "Pemohon", "p@kab.go.id", "--role", "office", "--office", &office]);
    assert_eq!(code, 0);
    let clip = home.join("iklan.mp4");
    std::fs::write(&clip, "#!/bin/sh\necho ini bukan video\n").unwrap();
    let clip = clip.to_str().unwrap();
    let (from, to) = (day(2), day(8));
    let letter = ["--title", "Iklan", "--description", "Coba", "--from", &from, "--to", &to];
    let filed = [&["request", "new", clip, "--as", "p@kab.go.id", "--play-s", "15", "--declare", "all"], &letter[..]];
    let (code, case) = asked(home, &filed.concat());
    assert_eq!((code, case["inspection"]["verdict"].as_str()), (1, Some("refuse")), "{case}");
    assert_eq!(case["inspection"]["reasons"][0]["code"], "not_media");
    assert_eq!((case["step"].as_str(), case["submission"]["days"].as_u64()), (Some("submit"), Some(7)));
    assert_eq!(case["state"], "file_refused");
    let shown = String::from_utf8(siaran(home, &["request", "show", "1"]).stdout).unwrap();
    assert!(shown.contains("stands     The file was refused by the inspection\n"), "{shown}");
    assert!(shown.contains("upload another file to this request"), "{shown}");
    let (code, no) = asked(home, &["act", "1", "verify", "--choice", "conforms", "--as", "p@kab.go.id"]);
    assert_eq!((code, no["refused"].as_str()), (1, Some("not_this_step")));
    let (code, no) = asked(home, &["request", "show", "99"]);
    assert_eq!((code, no["refused"].as_str()), (1, Some("not_found")));
    let nobody = siaran(home, &["act", "1", "submit", "--as", "nobody@kab.go.id"]);
    assert_eq!(nobody.status.code(), Some(2), "wrong usage");
}

#[test]
fn a_standard_with_a_fault_is_refused_by_name_and_the_built_in_one_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.toml"), folder.path().join("bad.toml"));
    let text = include_str!("../sop/ds-videotron.toml");
    std::fs::write(&good, text).unwrap();
    std::fs::write(&bad, text.replace("{ step = \"air\" }", "{ step = \"moon\" }")).unwrap();
    let (code, judged) = asked(folder.path(), &["sop", "check", good.to_str().unwrap()]);
    assert_eq!((code, judged[0]["service"].as_str()), (0, Some("ds.videotron")));
    let output = siaran(folder.path(), &["sop", "check", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("step schedule: an edge leads to moon, which is neither step nor end"), "{said}");
}

#[test]
fn a_home_that_is_not_there_is_a_failure_with_a_way_out() {
    let output = siaran(Path::new("/nowhere/at/all"), &["user", "list"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "error: there is no home at /nowhere/at/all. \
         Try: name another with --home, or make this one with siaran init.\n"
    );
}

#[test]
fn a_folder_that_is_no_home_is_neither_found_in_order_nor_made_one() {
    let folder = tempfile::tempdir().unwrap();
    for words in [&["check"][..], &["user", "list"], &["report", "--case", "1"]] {
        let output = siaran(folder.path(), words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("error: there is no home at "), "{words:?}: {said}");
        assert_eq!(output.status.code(), Some(3), "{words:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was left there");
}

#[test]
fn the_configuration_is_printed_as_a_file_that_says_the_same_and_its_faults_as_what_where_and_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    std::fs::write(home.join("siaran.toml"), "[channel.wall]\nopen = \"04:00\"\nclose = \"04:00\"\n").unwrap();
    let shown = String::from_utf8(siaran(home, &["config"]).stdout).unwrap();
    assert!(shown.contains("\n# [channel.wall] open and close are one: on air the whole broadcast day\n"), "{shown}");
    std::fs::write(home.join("siaran.toml"), &shown).unwrap();
    let again = String::from_utf8(siaran(home, &["config"]).stdout).unwrap();
    assert_eq!(again, shown);
    std::fs::write(home.join("siaran.toml"), "[channel.wall]\nheigth = 720\n").unwrap();
    let output = siaran(home, &["config"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: ") && said.contains("siaran.toml is not a valid configuration: "), "{said}");
    assert!(said.contains("line 2") && said.contains("heigth"), "{said}");
    assert!(said.ends_with(". Try: compare it with docs/siaran.example.toml.\n"), "{said}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_reader_that_leaves_early_changes_nothing_of_how_a_command_ends() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert_eq!(siaran(home, &["init"]).status.code(), Some(0));
    for words in [&["config"][..], &["user", "list"], &["check"], &["audit", "verify"], &["request", "list", "--json"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_siaran"));
        command.arg("--home").arg(home).args(words).stdout(writer).stderr(Stdio::piped());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[test]
fn a_new_home_is_closed_to_other_users_and_the_check_names_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(siaran(&home, &["init"]).status.code(), Some(0));
    for part in ["", "siaran.toml", "siaran.db", "media", "media/inbox", "playlists", "journal", "run"] {
        assert_eq!(mode(&home.join(part)) & 0o027, 0, "{part:?} is for its owner, and for a group to read");
    }
    assert!(String::from_utf8(siaran(&home, &["check"]).stdout).unwrap().ends_with("3, 9, 10 and 11 hold\n"));
    for part in ["", "media"] {
        std::fs::set_permissions(home.join(part), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = String::from_utf8(siaran(&home, &["check"]).stdout).unwrap();
    let open = format!("every user of this machine can open {}\n", home.join("media").display());
    assert!(said.contains(&open) && said.ends_with(&format!("Try: chmod -R o= {}\n", home.display())), "{said}");
}

#[test]
fn whoever_makes_a_home_is_told_how_to_start_it_and_with_which_address_to_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let said = siaran(&home, &["init", "--admin-email", "Ani@kab.go.id"]).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains(&format!("siaran --home {} serve", home.display())), "{said}");
    assert!(said.contains("\nhttp://127.0.0.1:8080/welcome/"), "{said}");
    assert!(said.ends_with("From then on sign in at http://127.0.0.1:8080 as ani@kab.go.id.\n"), "{said}");
}

#[test]
fn a_letter_that_can_not_be_is_refused_field_by_field_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert_eq!(siaran(home, &["init"]).status.code(), Some(0));
    let (_, office) = asked(home, &["office", "add", "Dinas Kesehatan"]);
    let office = office["id"].to_string();
    asked(home, &["user", "add", "Pemohon", "p@kab.go.id", "--role", "office", "--office", &office]);
    let clip = home.join("clip.mp4");
    std::fs::write(&clip, "x").unwrap();
    let filed = ["request", "new", clip.to_str().unwrap(), "--as", "p@kab.go.id", "--play-s", "15", "--declare", "all"];
    let said = |title: &str, from: &str, to: &str, plays: &str| {
        let letter = ["--title", title, "--description", "Coba", "--from", from, "--to", to, "--plays-per-day", plays];
        let (code, no) = asked(home, &[&filed[..], &letter].concat());
        assert_eq!((code, no["refused"].as_str()), (1, Some("letter")), "{no}");
        (no["text_id"].as_str().unwrap().to_owned(), no["text_en"].as_str().unwrap().to_owned())
    };
    let (id, en) = said("Iklan", &day(-9), &day(-3), "12");
    assert!(id.starts_with("last_day: Periode ini sudah lewat."), "{id}");
    assert!(en.starts_with("last_day: This period is over."), "{en}");
    assert!(
        said("Iklan", "9999-01-01", "9999-01-07", "12").0.starts_with("first_day: Hari pertama lebih dari 366 hari")
    );
    assert!(said("Iklan", &day(8), &day(2), "12").0.starts_with("last_day: Hari terakhir sebelum hari pertama."));
    assert!(said("Ik\nlan", &day(2), &day(8), "12").0.starts_with("title: Tulis dalam satu baris"));
    assert!(said("Iklan", &day(2), &day(8), "4000000000").0.starts_with("plays_per_day: Isi angka 1 sampai 500."));
}

#[test]
fn a_named_pipe_is_no_clip_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert_eq!(siaran(home, &["init"]).status.code(), Some(0));
    let (_, office) = asked(home, &["office", "add", "Dinas Kesehatan"]);
    let office = office["id"].to_string();
    asked(home, &["user", "add", "Pemohon", "p@kab.go.id", "--role", "office", "--office", &office]);
    let pipe = home.join("clip.mp4");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let pipe = pipe.to_str().unwrap();
    let (from, to) = (day(2), day(8));
    let letter = ["--title", "Iklan", "--description", "Coba", "--from", &from, "--to", &to];
    let filed = [&["request", "new", pipe, "--as", "p@kab.go.id", "--play-s", "15", "--declare", "all"], &letter[..]];
    let output = siaran(home, &filed.concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, format!("error: {pipe} is not a file. Try: name the clip itself.\n"));
    assert_eq!(output.status.code(), Some(3));
}

/// A home with an office and those whom a talkshow needs.
fn a_home_with_studios() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert_eq!(siaran(home, &["init"]).status.code(), Some(0));
    let (_, office) = asked(home, &["office", "add", "Dinas Kesehatan"]);
    let office = office["id"].to_string();
    for role in ["office", "radio_verifier", "head", "studio_operator"] {
        let (name, email) = (format!("Pemegang {role}"), format!("{role}@kab.go.id"));
        let words = ["user", "add", &name, &email, "--role", role];
        let whose = if role == "office" { &["--office", office.as_str()][..] } else { &[] };
        assert_eq!(asked(home, &[&words[..], whose].concat()).0, 0, "{role}");
    }
    folder
}

#[test]
fn a_studio_is_booked_from_a_terminal_and_whoever_comes_second_gets_the_nearest_free_times() {
    let folder = a_home_with_studios();
    let home = folder.path();
    let help = siaran(home, &["book", "--help"]);
    let said = String::from_utf8(help.stdout).unwrap();
    assert_eq!(help.status.code(), Some(0));
    for word in ["list", "hold", "confirm", "move", "cancel"] {
        assert!(said.contains(&format!("  {word} ")), "{word}: {said}");
    }
    let at = format!("{}T10:00", day(2));
    let hold = |at: &str| {
        let words = ["book", "hold", "studio.radio", "--at", at, "--title", "Bincang stunting"];
        [&words[..], &["--as", "studio_operator@kab.go.id"]]
            .concat()
            .iter()
            .map(|w| (*w).to_owned())
            .collect::<Vec<_>>()
    };
    let told = |words: Vec<String>| asked(home, &words.iter().map(String::as_str).collect::<Vec<_>>());
    let (code, held) = told(hold(&at));
    assert_eq!((code, held["state"].as_str(), held["id"].as_u64()), (0, Some("hold"), Some(1)), "{held}");
    assert_eq!(held["start"], format!("{}T10:00:00.000+07:00", day(2)), "{held}");

    let (code, full) = told(hold(&at));
    assert_eq!((code, full["refused"].as_str()), (1, Some("not_free")), "{full}");
    assert!(full["conflicts"].as_array().unwrap().iter().any(|why| why["code"] == "room_taken"), "{full}");
    assert_eq!(full["alternatives"].as_array().unwrap().len(), 4, "{full}");
    let words = hold(&at);
    let in_words = siaran(home, &words.iter().map(String::as_str).collect::<Vec<_>>());
    let said = String::from_utf8(in_words.stderr).unwrap();
    assert_eq!(in_words.status.code(), Some(1));
    assert!(said.contains("error: The studio is taken") && said.contains("Studio sudah dipakai"), "{said}");
    let (code, second) = told(hold(full["alternatives"][0]["start"].as_str().unwrap()));
    assert_eq!((code, second["id"].as_u64()), (0, Some(2)), "what is offered is free: {second}");

    let by = ["--as", "radio_verifier@kab.go.id"];
    let (code, sure) = asked(home, &[&["book", "confirm", "1"], &by[..]].concat());
    assert_eq!((code, sure["state"].as_str()), (0, Some("confirmed")), "{sure}");
    let later = format!("{}T15:00", day(3));
    let moving = [&["book", "move", "1", "--at", &later, "--reason", "Narasumber rapat"], &by[..]].concat();
    let (code, no) = asked(home, &moving);
    assert_eq!((code, no["refused"].as_str()), (1, Some("consent_wanted")), "{no}");
    let (code, moved) = asked(home, &[&moving[..], &["--consent", "Bu Ani lewat telepon"]].concat());
    assert_eq!((code, moved["start"].as_str()), (0, Some(format!("{later}:00.000+07:00").as_str())), "{moved}");
    let (code, gone) = asked(home, &[&["book", "cancel", "2", "--reason", "Acara ditunda"], &by[..]].concat());
    assert_eq!((code, gone["state"].as_str()), (0, Some("cancelled")), "{gone}");

    let (code, no) = asked(home, &[&["book", "confirm", "9"], &by[..]].concat());
    assert_eq!((code, no["refused"].as_str()), (1, Some("not_found")), "{no}");
    let (code, no) = asked(home, &[&["book", "confirm", "1"], &["--as", "office@kab.go.id"][..]].concat());
    assert_eq!((code, no["refused"].as_str()), (1, Some("needs_role")), "{no}");
    for wrong in [hold("besok pagi"), hold(&at)[..8].to_vec()] {
        let words: Vec<&str> = wrong.iter().map(String::as_str).collect();
        assert_eq!(siaran(home, &words).status.code(), Some(2), "{words:?}");
    }
    let listed = siaran(home, &["book", "list"]);
    let said = String::from_utf8(listed.stdout).unwrap();
    assert!(
        said.contains(&format!("   1  {} 15:00-16:00  studio.radio     confirmed  Bincang stunting", day(3))),
        "{said}"
    );
}

#[test]
fn a_talkshow_goes_from_its_letter_to_its_studio_from_a_terminal() {
    let folder = a_home_with_studios();
    let home = folder.path();
    let (wanted, chosen) = (format!("{}T10:00", day(2)), format!("{}T14:30", day(3)));
    let letter = ["--topic", "Cegah stunting", "--purpose", "Sosialisasi", "--material", "Naskah", "--contact", "Ani"];
    let new = [&["request", "new", "--service", "ds.talkshow", "--as", "office@kab.go.id"], &letter[..]].concat();
    let no = siaran(home, &new);
    assert_eq!(no.status.code(), Some(2), "without a time");
    assert!(String::from_utf8_lossy(&no.stderr).contains("--at"), "{no:?}");
    let (code, filed) = asked(home, &[&new[..], &["--at", &wanted]].concat());
    assert_eq!((code, filed["service"].as_str(), filed["step"].as_str()), (0, Some("ds.talkshow"), Some("verify")));
    assert_eq!(filed["session"]["institution"], "Dinas Kesehatan", "{filed}");
    assert_eq!(filed["session"]["wanted"], format!("{wanted}:00.000+07:00"), "{filed}");
    let over = [&new[..], &["--at", "2020-01-01T10:00"]].concat();
    let (code, no) = asked(home, &over);
    assert_eq!((code, no["refused"].as_str()), (1, Some("letter")), "{no}");

    let act = |words: &[&str]| asked(home, &[&["act", "1"], words].concat());
    let (code, passed) = act(&["verify", "--choice", "complete-and-eligible", "--at", &chosen]);
    assert_eq!((code, passed["bookings"][0]["state"].as_str()), (0, Some("hold")), "{passed}");
    assert_eq!(passed["bookings"][0]["start"], format!("{chosen}:00.000+07:00"), "the time that was chosen: {passed}");
    assert_eq!(act(&["approve", "--choice", "approved"]).0, 0);
    let (code, sent) = act(&["send_schedule"]);
    assert_eq!((code, sent["bookings"][0]["state"].as_str()), (0, Some("confirmed")), "{sent}");
    assert_eq!(act(&["coordinate", "--reason", "Tanpa uji coba"]).0, 0);
    let (code, no) = act(&["equipment", "--not-ready", "mixer"]);
    assert_eq!((code, no["refused"].as_str()), (1, Some("not_ready")), "{no}");
    assert_eq!(no["text_en"], "Not ready yet: mixer. Tick each once it is checked.");
    let (code, ready) = act(&["equipment"]);
    assert_eq!((code, ready["step"].as_str()), (0, Some("material")), "{ready}");
}
