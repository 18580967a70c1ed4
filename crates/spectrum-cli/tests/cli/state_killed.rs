//! Runs that are killed, that follow a folder, and that meet another: nothing is lost, and nothing taken twice.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::spectrum::Folder;
use crate::state::{folder, run};

/// Days of events, a file each, in the folder `days`.
fn days(folder: &Folder, days: u64) {
    folder.prints("generate -o all.csv --events 4000 --quiet");
    let text = fs::read_to_string(folder.path().join("all.csv")).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let lines: Vec<&str> = lines.collect();
    fs::create_dir(folder.path().join("days")).unwrap();
    let size = lines.len().div_ceil(days as usize);
    for (day, lines) in lines.chunks(size).enumerate() {
        let text = format!("{header}\n{}\n", lines.join("\n"));
        fs::write(folder.path().join(format!("days/{day:03}.csv")), text).unwrap();
    }
}

fn spawn(folder: &Folder, arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_spectrum"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a run of all files at once gives: the outputs and the sessions.
fn assert_as_at_once(folder: &Folder, days: u64) {
    folder.prints("run days/ -o at-once/ --id start --sessions at-once.csv --quiet");
    folder.prints("state state --sessions kept.csv --quiet");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("kept.csv") == read("at-once.csv"), "the sessions differ");
    for day in 0..days {
        let events = |name: &str| read(&format!("{name}/{day:03}.csv")).lines().count();
        assert_eq!(events("out"), events("at-once"), "day {day}");
    }
    let hidden: Vec<_> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("-replaced"))
        .collect();
    assert_eq!(hidden, [""; 0]);
}

/// A hundred runs are killed at any moment of what they do; those that were not yet done are done again.
#[test]
fn a_run_that_is_killed_has_not_happened_or_is_brought_to_its_end() {
    const DAYS: u64 = 20;
    let folder = folder();
    days(&folder, DAYS);
    let mut kills = 0_u64;
    let mut longest = Duration::from_millis(40);
    for day in 0..DAYS {
        let arguments = format!("run days/{day:03}.csv -o out/ --state state --id start --clean --quiet");
        for kill in 0..5 {
            let begun = Instant::now();
            let mut child = spawn(&folder, &arguments);
            // Spread over all that a run does, by numbers that look random.
            let share = (kills.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1_u64 << 24) as f64;
            std::thread::sleep(longest.mul_f64(share * 1.1));
            let killed = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            child.wait().unwrap();
            if !killed && kill == 0 {
                longest = longest.max(begun.elapsed());
            }
            kills += 1;
        }
        let begun = Instant::now();
        folder.command(&arguments).assert().success();
        longest = (longest + begun.elapsed()) / 2;
    }
    assert_eq!(kills, 100);
    assert_as_at_once(&folder, DAYS);
    let state = folder.json("state state --json --verify");
    assert_eq!(state["files"].as_array().unwrap().len(), DAYS as usize);
}

/// Files arrive while it runs, some of them written slowly; it is stopped and killed, and started again.
#[test]
fn a_folder_is_followed() {
    const DAYS: u64 = 6;
    let folder = folder();
    days(&folder, DAYS);
    fs::create_dir(folder.path().join("incoming")).unwrap();
    let follow = "run incoming/ -o out/ --state state --id start --follow --settle 300ms --clean --quiet";
    let place = |name: String| folder.path().join(name);
    let is_there = |day: u64| place(format!("out/{day:03}.csv")).exists();
    let until = |what: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(60), "that takes too long");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut child = spawn(&folder, follow);
    for day in 0..DAYS {
        let (from, to) = (place(format!("days/{day:03}.csv")), place(format!("incoming/{day:03}.csv")));
        if day % 2 == 0 {
            // Half of it, and later the rest.
            let text = fs::read(&from).unwrap();
            fs::write(&to, &text[..text.len() / 2]).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            fs::write(&to, &text).unwrap();
        } else {
            fs::copy(&from, &to).unwrap();
        }
        match day {
            1 => {
                until(&|| is_there(0));
                child.kill().unwrap();
                child.wait().unwrap();
                child = spawn(&folder, follow);
            }
            3 => {
                let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
                assert!(stopped.success());
                assert!(child.wait().unwrap().success());
                child = spawn(&folder, follow);
            }
            _ => {}
        }
    }
    until(&|| (0..DAYS).all(is_there));
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
    assert_as_at_once(&folder, DAYS);
}

#[test]
fn two_runs_at_once() {
    let folder = folder();
    run(&folder, "monday.csv", "");
    let lock = fs::File::open(folder.path().join("state/lock")).unwrap();
    lock.lock().unwrap();
    let refused = folder.command("run tuesday.csv -o out/ --state state").assert().code(4);
    assert_snapshot!(String::from_utf8_lossy(&refused.get_output().stderr), @"error: state is in use by another run; wait until it has ended");
    // To look at it is no harm.
    assert!(folder.prints("state state").starts_with("2 sessions of 3 events after 1 run over 1 file"));
    drop(lock);
    run(&folder, "tuesday.csv", "");
    assert!(Path::new(&folder.path().join("out/tuesday.csv")).exists());
}
