//! A private server ends with its holder, however the holder ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spectrum_testkit::PrivatePostgres;

/// The pid of the server in `folder`: line 1 of its file.
fn pid(folder: &Path) -> String {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}

fn is_gone(folder: &Path, pid: &str) -> bool {
    let alive = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success();
    !alive && !folder.exists()
}

#[test]
fn a_dropped_server_is_gone() {
    let server = PrivatePostgres::start().unwrap();
    let (folder, pid) = (server.socket_folder().to_owned(), pid(server.socket_folder()));
    let row = server.query("SELECT 1, NULL, '', '\\N'").unwrap().remove(0);
    assert_eq!(row, [Some("1"), None, Some(""), Some("\\N")].map(|value| value.map(str::to_owned)));
    let settings =
        server.run_script("SHOW timezone; SHOW server_encoding; SELECT datcollate FROM pg_database LIMIT 1;");
    assert_eq!(settings.unwrap(), "UTC\nUTF8\nC.UTF-8\n");
    let complaint = server.run_script("SELECT nothing FROM nowhere;").unwrap_err().to_string();
    assert!(complaint.contains("relation \"nowhere\" does not exist"), "{complaint}");
    drop(server);
    assert!(is_gone(&folder, &pid));
}

/// Not a test: a process that holds a server until its input closes.
#[test]
#[ignore = "the other tests start this one as a process of its own"]
fn hold_a_server() {
    match PrivatePostgres::shared() {
        Ok(server) => println!("\nfolder {}", server.socket_folder().display()),
        Err(error) => println!("\nerror {error:#}"),
    }
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn holder(adjust: impl Fn(&mut Command) -> &mut Command) -> (Child, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "lifetime::hold_a_server"]);
    let mut child = adjust(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.starts_with("folder ") || line.starts_with("error "));
    (child, said.unwrap())
}

fn wait_until_gone(folder: &Path, pid: &str) {
    let begun = Instant::now();
    while !is_gone(folder, pid) {
        assert!(begun.elapsed() < Duration::from_secs(30), "the server in {} lives on", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_holder_leaves_nothing_behind() {
    let (mut child, said) = holder(|command| command);
    let folder = PathBuf::from(said.strip_prefix("folder ").unwrap());
    let pid = pid(&folder);
    assert!(!is_gone(&folder, &pid));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until_gone(&folder, &pid);
}

#[test]
fn a_server_in_a_static_ends_with_the_process() {
    let (mut child, said) = holder(|command| command);
    let folder = PathBuf::from(said.strip_prefix("folder ").unwrap());
    let pid = pid(&folder);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    wait_until_gone(&folder, &pid);
}

#[test]
fn without_the_programs_the_error_says_what_to_do() {
    let (mut child, said) = holder(|command| command.env("SPECTRUM_PG_BIN", "/nowhere"));
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(said, "error SPECTRUM_PG_BIN is /nowhere, but initdb, postgres or psql is not there");
}

#[test]
fn a_server_that_does_not_start_shows_its_log() {
    // The psql of the machine, and two programs that cannot even be executed.
    let folder = tempfile::tempdir().unwrap();
    for program in ["initdb", "postgres"] {
        std::fs::write(folder.path().join(program), "").unwrap();
    }
    let (mut child, said) = holder(|command| command.env("SPECTRUM_PG_BIN", folder.path()));
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(said.contains("did not start"), "{said}");
}
