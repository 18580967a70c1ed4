//! A Spark cluster on loopback, from the pyspark package, that never outlives the test process.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use super::python::Python;

/// A running master and its workers, each with one core. Dropping it ends them and removes their folder; so does the end of
/// the process, however it comes.
#[derive(Debug)]
pub struct SparkCluster {
    folder: PathBuf,
    home: PathBuf,
    python: PathBuf,
    url: String,
    workers: Vec<u32>,
    /// A shell that reads the pipe which only this process holds open (see `cluster.sh`).
    watchdog: Child,
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// What a cluster is like.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// How many workers there are.
    pub workers: usize,
    /// How much memory each has for executors, in MB.
    pub megabytes: u32,
    /// A folder that the workers see empty and for themselves, as it would be on other machines. It takes root, or user
    /// namespaces.
    pub hidden: Option<PathBuf>,
    /// Where its folder is made, with logs and what Spark puts on disk.
    pub within: PathBuf,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { workers: 2, megabytes: 1500, hidden: None, within: PathBuf::from("/tmp") }
    }
}

impl SparkCluster {
    /// Starts a master and workers. The error shows the logs when they do not start.
    pub fn start(python: &Python, options: &ClusterOptions) -> Result<Self> {
        let home = spark_home(python)?;
        let folder = tempfile::Builder::new().prefix("spectrum-cluster-").tempdir_in(&options.within)?;
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", include_str!("cluster.sh"), "spectrum-cluster"])
            .args([folder.path(), &home])
            .args([options.workers.to_string(), options.megabytes.to_string()])
            .arg(options.hidden.as_deref().unwrap_or(Path::new("")))
            .envs([("SPARK_LOCAL_IP", "127.0.0.1"), ("SPARK_DAEMON_MEMORY", "256m")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A signal for the tests, such as Ctrl-C, must not end the shell that cleans up.
            .process_group(0)
            .spawn()
            .context("starting /bin/sh")?;
        // From here on the watchdog removes the folder.
        let folder = folder.keep();
        let talk = watchdog.stdin.take().zip(watchdog.stdout.take().map(BufReader::new));
        let mut cluster = Self {
            folder,
            home,
            python: python.root().join("conformance/venv/bin/python"),
            url: String::new(),
            workers: Vec::new(),
            watchdog,
            talk: Mutex::new(talk),
        };
        let answer = cluster.answer("")?;
        let mut words = answer.split_whitespace();
        match (words.next(), words.next()) {
            (Some("ready"), Some(url)) => cluster.url = url.to_owned(),
            _ => bail!("the cluster did not start:\n{}", cluster.logs()),
        }
        cluster.workers = words.map(str::parse).collect::<Result<_, _>>()?;
        Ok(cluster)
    }

    /// The master's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The workers' pids.
    pub fn workers(&self) -> &[u32] {
        &self.workers
    }

    /// Where their logs and their work are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a driver of this cluster needs in its environment.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("SPARK_HOME", self.home.clone()),
            ("PYSPARK_PYTHON", self.python.clone()),
            ("SPARK_LOCAL_IP", PathBuf::from("127.0.0.1")),
        ]
    }

    /// Ends a worker (the first is 1) and its executors at once, as the loss of a machine would.
    pub fn kill_worker(&self, number: usize) -> Result<()> {
        match self.answer(&format!("kill {number}\n"))?.as_str() {
            "killed" => Ok(()),
            other => bail!("worker {number} was not killed: {other}"),
        }
    }

    /// Says a line to the watchdog and waits for its answer.
    fn answer(&self, line: &str) -> Result<String> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = talk.as_mut().context("the cluster is gone")?;
        stdin.write_all(line.as_bytes())?;
        let mut answer = String::new();
        stdout.read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// A program of Spark's, for a driver of this cluster.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.home.join("bin").join(program));
        command.envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// The ends of the logs.
    fn logs(&self) -> String {
        let logs = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let ends = logs.filter_map(|entry| {
            let text = fs::read_to_string(entry.path()).ok()?;
            let lines: Vec<&str> = text.lines().collect();
            Some(format!(
                "{}:\n{}",
                entry.path().display(),
                lines[lines.len().saturating_sub(8)..].join("\n")
            ))
        });
        ends.collect::<Vec<_>>().join("\n")
    }
}

impl Drop for SparkCluster {
    fn drop(&mut self) {
        drop(self.talk.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing can be done about a failure here.
        let _ = self.watchdog.wait();
    }
}

/// The folder of the pyspark package, which is a whole Spark, or another Spark that `SPECTRUM_SPARK_HOME` names.
fn spark_home(python: &Python) -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("SPECTRUM_SPARK_HOME") {
        return Ok(PathBuf::from(home));
    }
    let library = python.root().join("conformance/venv/lib");
    let versions = fs::read_dir(&library).with_context(|| format!("reading {}", library.display()))?;
    let homes = versions.flatten().map(|entry| entry.path().join("site-packages/pyspark"));
    homes
        .filter(|home| home.join("bin/spark-submit").is_file())
        .max()
        .with_context(|| format!("there is no pyspark below {}", library.display()))
}
