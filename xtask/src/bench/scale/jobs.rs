//! A job on the cluster, from its statement to its figures and the digest of what it wrote.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::engines::{Python, SparkCluster};

use super::super::tools::output;
use super::event_log::{self, Job};
use super::question::{Question, Way};

/// Memory that Spark is given, in GB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) driver: u32,
    pub(super) executor: u32,
}

/// What a job gave.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) rows: u64,
    pub(super) digest: String,
    /// Bytes of the files that it wrote.
    pub(super) written: u64,
}

/// Settings that are the same for all jobs.
const SETTINGS: [&str; 12] = [
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.ui.enabled=false",
    "spark.sql.catalogImplementation=in-memory",
    "spark.driver.maxResultSize=0",
    "spark.eventLog.enabled=true",
    "spark.eventLog.rolling.enabled=false",
    "spark.eventLog.compress=false",
    "spark.eventLog.logBlockUpdates.enabled=true",
    "spark.executor.processTreeMetrics.enabled=true",
    // The workers share a disk here. Where they do not, blocks go over the network.
    "spark.shuffle.readHostLocalDisk=false",
    "spark.executor.metrics.pollingInterval=500ms",
];

/// Runs a question's statement as a spark-sql of its own. `folder` is made for it and removed afterwards; it stays where
/// the job failed.
pub(super) fn run(
    python: &Python,
    cluster: &SparkCluster,
    memory: Memory,
    (question, way): (&Question, Way),
    events: &Path,
    folder: &Path,
) -> Result<Done> {
    fs::create_dir_all(folder.join("log"))?;
    let (statement, answer) = (folder.join("statement.sql"), folder.join("answer"));
    fs::write(&statement, question.statement(way, events, &answer)?)?;

    let said = folder.join("said.txt");
    let mut command = cluster.command("spark-sql");
    command.args(["--master", cluster.url(), "--driver-memory", &format!("{}g", memory.driver)]);
    command.args(["--executor-memory", &format!("{}g", memory.executor)]);
    command.env("SPARK_LOCAL_DIRS", folder);
    for setting in SETTINGS {
        command.args(["--conf", setting]);
    }
    command.args(["--conf", &format!("spark.eventLog.dir=file://{}", folder.join("log").display())]);
    if way == Way::MergeWithoutHint {
        command.args(["--conf", "spark.sql.optimizer.disableHints=true"]);
    }
    let file = File::create(&said)?;
    let status = command
        .arg("-f")
        .arg(&statement)
        .current_dir(folder)
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .context("starting spark-sql")?;
    if !status.success() {
        let said = fs::read_to_string(&said).unwrap_or_default();
        let cause = said.lines().filter(|line| line.contains("rror") || line.contains("xception")).take(8);
        bail!("spark-sql ended with {status}:\n{}", cause.collect::<Vec<_>>().join("\n"));
    }
    let job = event_log::read(&only_file(&folder.join("log"))?)?;
    let (rows, digest) = digest(python, question, &answer)?;
    let done = Done { job, rows, digest, written: size(&answer)? };
    fs::remove_dir_all(folder)?;
    Ok(done)
}

/// Rows of the Parquet files in a folder and their digest, as DuckDB finds them.
pub(super) fn digest(python: &Python, question: &Question, folder: &Path) -> Result<(u64, String)> {
    let [first, second] = question.digested();
    let pattern = folder.join("*.parquet");
    let mut command = python.command();
    let printed = output(command.arg("bench/scale/digest.py").arg(&pattern).args([first, second]))?;
    let (rows, digest) = printed.split_once(' ').with_context(|| format!("digest.py said '{printed}'"))?;
    Ok((rows.parse()?, digest.to_owned()))
}

/// Bytes of the Parquet files in a folder.
pub(super) fn size(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "parquet") {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    ensure!(files.len() == 1, "{} holds {} event logs where one is expected", folder.display(), files.len());
    Ok(files[0].path())
}
