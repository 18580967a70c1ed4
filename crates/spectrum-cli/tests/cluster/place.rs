//! A folder with events and a cluster to run on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use spectrum_testkit::engines::{ClusterOptions, SparkCluster, python};
use tempfile::TempDir;

/// A cluster, and a folder in which commands run.
pub(crate) struct Place {
    pub(crate) cluster: SparkCluster,
    folder: TempDir,
}

/// How many events the large inputs have; the acceptance asks for 5 million.
pub(crate) fn many() -> u64 {
    match std::env::var("SPECTRUM_CLUSTER_EVENTS") {
        Ok(count) => count.parse().unwrap(),
        Err(_) => 200_000,
    }
}

impl Place {
    pub(crate) fn start(options: &ClusterOptions) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), options)
    }

    /// The same with workers that do not have the folder.
    pub(crate) fn start_elsewhere() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hidden = Some(folder.path().to_owned());
        Self::start_in(folder, &ClusterOptions { workers: 1, hidden, ..ClusterOptions::default() })
    }

    fn start_in(folder: TempDir, options: &ClusterOptions) -> Self {
        Self { cluster: SparkCluster::start(&python().unwrap(), options).unwrap(), folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything in the folder itself.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `count` made-up events over so many files below `name`, in the order of time from file to file.
    pub(crate) fn generate(&self, name: &str, count: u64, files: u64) {
        self.done(&format!("generate --events {count} --seed 7 -o whole.parquet --quiet"));
        let whole = self.path("whole.parquet");
        split(&whole, &self.path(name), files);
        fs::remove_file(whole).unwrap();
    }

    /// `spectrum` with arguments, which blanks part unless they are in single quotes.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
        command.current_dir(self.folder.path()).envs(self.cluster.environment());
        command.args(words(arguments)).stdin(Stdio::null());
        command
    }

    /// The arguments of a run on the cluster.
    pub(crate) fn on_cluster(&self, arguments: &str) -> String {
        let settings =
            "--conf spark.ui.enabled=false --conf spark.executor.memory=1g --conf spark.driver.memory=1g";
        format!("run --engine spark --master {} {settings} {arguments}", self.cluster.url())
    }

    /// What a command prints, which must end well.
    pub(crate) fn done(&self, arguments: &str) -> String {
        ended_well(&self.command(arguments).output().unwrap())
    }

    /// The message of a command that is refused.
    pub(crate) fn refused(&self, arguments: &str) -> String {
        let before = self.names();
        let output = self.command(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert_eq!(self.names(), before, "something is left behind: {message}");
        message.trim_end().replace(&self.folder.path().display().to_string(), "FOLDER")
    }
}

pub(crate) fn ended_well(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A report's line that begins with a word.
pub(crate) fn line<'r>(report: &'r str, word: &str) -> &'r str {
    let mut lines = report.lines().map(str::trim);
    lines.find(|line| line.starts_with(word)).unwrap_or_else(|| panic!("no {word} in {report}"))
}

/// A report without what outputs are called and how long they took.
pub(crate) fn settled(report: &str) -> Vec<&str> {
    let lines = report.lines();
    lines.filter(|line| !line.starts_with("  wrote") && !line.starts_with("  took")).collect()
}

/// A Parquet file's rows, in order, over so many files in a folder.
fn split(whole: &Path, folder: &Path, files: u64) {
    let script = "\
import sys, os, pyarrow.parquet as parquet
whole, folder, files = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.mkdir(folder)
table = parquet.read_table(whole)
size = -(-table.num_rows // files)
for number in range(files):
    parquet.write_table(table.slice(number * size, size), f'{folder}/{number:02}.parquet')
";
    let status = python()
        .unwrap()
        .command()
        .args(["-c", script])
        .args([whole, folder])
        .arg(files.to_string())
        .status();
    assert!(status.unwrap().success());
}

pub(crate) fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in arguments.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
