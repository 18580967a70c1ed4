//! A cluster ends with its holder, however the holder ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spectrum_testkit::engines::{ClusterOptions, SparkCluster, python};

/// Not a test: a process that holds a cluster until its input closes.
#[test]
#[ignore = "the test below starts this one as a process of its own"]
fn hold_a_cluster() {
    if std::env::var_os("SPECTRUM_HOLD_A_CLUSTER").is_none() {
        return;
    }
    let cluster = SparkCluster::start(&python().unwrap(), &ClusterOptions::default()).unwrap();
    let workers: Vec<_> = cluster.workers().iter().map(u32::to_string).collect();
    println!("\ncluster {} {}", cluster.folder().display(), workers.join(" "));
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn a_killed_holder_leaves_no_java_behind() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "lifetime::hold_a_cluster"]);
    command.env("SPECTRUM_HOLD_A_CLUSTER", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.starts_with("cluster ")).unwrap();
    let mut words = said.split(' ').skip(1);
    let folder = PathBuf::from(words.next().unwrap());
    let pids: Vec<&str> = words.collect();
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| is_alive(pid)));
    holder.kill().unwrap();
    holder.wait().unwrap();
    let begun = Instant::now();
    while pids.iter().any(|pid| is_alive(pid)) || folder.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{pids:?} or {} live on", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that is dead and not yet waited for is not alive.
fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid).join("status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}
