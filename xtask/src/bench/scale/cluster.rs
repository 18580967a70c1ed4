//! A standalone Spark cluster on this machine: a master and some workers of one core each, from pyspark's wheel.
//!
//! Everything listens on loopback. The processes end when the cluster is dropped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::engines::Python;

use super::super::tools::output;

/// How long a master or a worker may take to be ready.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) struct Cluster {
    home: PathBuf,
    folder: PathBuf,
    port: u16,
    processes: Vec<Child>,
}

/// Where pyspark's programs are.
pub(super) fn spark_home(python: &Python) -> Result<PathBuf> {
    let script = "import pyspark; print(pyspark.__path__[0])";
    Ok(PathBuf::from(output(python.command().args(["-c", script]))?))
}

impl Cluster {
    /// Starts a master and so many workers, each with a core and so much memory for its executor, and waits until all
    /// are there. Logs and Spark's scratch files are put below `folder`.
    pub(super) fn start(home: &Path, folder: &Path, workers: usize, memory: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let [port, web] = [free_port()?, free_port()?];
        let mut cluster =
            Self { home: home.to_owned(), folder: folder.to_owned(), port, processes: Vec::new() };
        let master = ["--host", "127.0.0.1", "--port", &port.to_string(), "--webui-port", &web.to_string()];
        cluster.spawn("master", "org.apache.spark.deploy.master.Master", &master)?;
        cluster.wait_for(web, 0)?;
        for number in 1..=workers {
            let url = cluster.url();
            let worker = ["--host", "127.0.0.1", "--webui-port", "0", "-c", "1", "-m", memory, &url];
            let name = format!("worker-{number}");
            cluster.spawn(&name, "org.apache.spark.deploy.worker.Worker", &worker)?;
        }
        cluster.wait_for(web, workers)?;
        Ok(cluster)
    }

    pub(super) fn url(&self) -> String {
        format!("spark://127.0.0.1:{}", self.port)
    }

    /// A command of Spark's with the surroundings that all of its processes have here.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.home.join("bin").join(program));
        command
            .env("SPARK_HOME", &self.home)
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("SPARK_LOCAL_DIRS", self.folder.join("scratch"))
            .env("SPARK_WORKER_DIR", self.folder.join("work"))
            .env("SPARK_DAEMON_MEMORY", "512m")
            .stdin(Stdio::null());
        command
    }

    fn spawn(&mut self, name: &str, class: &str, arguments: &[&str]) -> Result<()> {
        let log = File::create(self.log(name))?;
        let mut command = self.command("spark-class");
        command.arg(class).args(arguments).stdout(log.try_clone()?).stderr(log);
        self.processes.push(command.spawn().with_context(|| format!("starting Spark's {name}"))?);
        Ok(())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Waits until the master answers and so many workers have reported to it.
    fn wait_for(&mut self, web: u16, workers: usize) -> Result<()> {
        let begun = Instant::now();
        while alive_workers(web).is_none_or(|alive| alive < workers) {
            for process in &mut self.processes {
                if let Some(status) = process.try_wait()? {
                    bail!(
                        "a process of the cluster ended ({status}); its log is in {}",
                        self.folder.display()
                    );
                }
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "no cluster of {workers} workers after {} s; its logs are in {}",
                PATIENCE.as_secs(),
                self.folder.display()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    /// Workers first, by the signal upon which they end their executors.
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let terminated = Command::new("kill").arg(process.id().to_string()).status();
            if !terminated.is_ok_and(|status| status.success()) {
                let _ = process.kill();
            }
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(self.folder.join("scratch"));
        let _ = fs::remove_dir_all(self.folder.join("work"));
    }
}

/// A port that nobody listens on at the moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What the master says of its workers; nothing while it does not answer.
fn alive_workers(web: u16) -> Option<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", web)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /json/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let state: serde_json::Value = serde_json::from_str(body).ok()?;
    state.get("aliveworkers")?.as_u64()?.try_into().ok()
}
