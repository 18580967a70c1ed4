//! spark-submit as a process, from its start to its end.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::socket::{Listener, listen};
use super::talk::{Heard, Problem, Said, Talk};
use super::{ENGINE, Patience, SparkOptions, cause};
use crate::apart::apart;
use crate::error::{Log, Result, SubmitError};
use crate::runner::Observer;

const DRIVER: &str = include_str!("driver.py");

/// How long the script may take to cancel its jobs and take away what it wrote.
const CLEANING: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

/// A path longer than this is none for a socket.
const LONGEST_FOLDER: usize = 60;

pub(super) struct Process<'w> {
    folder: tempfile::TempDir,
    log: PathBuf,
    is_log_kept: bool,
    child: Child,
    listener: Listener,
    talk: Option<Talk>,
    observer: &'w dyn Observer,
    /// How long the engine may take until it is ready.
    patience: Patience,
    seconds: u64,
}

impl<'w> Process<'w> {
    /// Starts spark-submit with the script.
    pub(super) fn start(program: &Path, options: &SparkOptions, observer: &'w dyn Observer) -> Result<Self> {
        let mut named = tempfile::Builder::new();
        named.prefix("spectrum-spark-");
        let usual = std::env::temp_dir();
        let is_short = usual.as_os_str().len() <= LONGEST_FOLDER;
        // A folder of tempfile's can be entered by its owner alone, so nobody else reaches the socket in it.
        let folder = if is_short { named.tempdir_in(usual) } else { named.tempdir_in("/tmp") };
        let folder = folder.map_err(SubmitError::io("making", "a temporary folder"))?;
        let script = folder.path().join("driver.py");
        fs::write(&script, DRIVER).map_err(SubmitError::io("writing", script.display().to_string()))?;
        let socket = folder.path().join("talk");
        let listener = listen(&socket)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(SubmitError::io("making", socket.display().to_string()))?;
        let log = options.log.as_ref().map_or_else(|| folder.path().join("log"), PathBuf::from);
        let file = File::create(&log).map_err(SubmitError::io("writing", log.display().to_string()))?;
        let errors = file.try_clone().map_err(SubmitError::io("writing", log.display().to_string()))?;

        let mut command = Command::new(program);
        if let Some(master) = &options.master {
            command.args(["--master", master]);
        }
        command.args(["--deploy-mode", "client", "--name", "spectrum"]);
        command.args(["--conf", "spark.ui.showConsoleProgress=false"]);
        for setting in &options.settings {
            command.args(["--conf", setting]);
        }
        observer.progress("starting Spark", 0, 0);
        command.arg(&script).arg(&socket).stdin(Stdio::null()).stdout(file).stderr(errors);
        // Ctrl-C is for this process, which lets the script clean up.
        let child = apart(&mut command)
            .spawn()
            .map_err(SubmitError::io("starting", program.display().to_string()))?;
        Ok(Self {
            folder,
            log,
            is_log_kept: options.log.is_some(),
            child,
            listener,
            talk: None,
            observer,
            patience: Patience::of(options.patience),
            seconds: options.patience.as_secs(),
        })
    }

    /// A word that no other run has.
    pub(super) fn mark(&self) -> String {
        let name = self.folder.path().file_name().unwrap_or_default().to_string_lossy();
        name.rsplit('-').next().unwrap_or_default().to_owned()
    }

    /// Waits until the script has a Spark.
    pub(super) fn greet(&mut self, options: &SparkOptions) -> Result<()> {
        while self.talk.is_none() {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.talk = Some(Talk::new(stream).map_err(SubmitError::io("talking to", ENGINE))?);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.look_around(true)?;
                    std::thread::sleep(GLANCE);
                }
                Err(error) => return Err(SubmitError::io("talking to", ENGINE)(error)),
            }
        }
        let patience = options.patience.as_secs_f64();
        match self.exchange(&json!({ "patience": patience }), true) {
            Ok(_) => Ok(()),
            Err(Problem::Submit(error)) => Err(error),
            Err(Problem::Error(error)) => {
                Err(cause::failed("starting", &error.cause.unwrap_or_default(), self.kept_log()))
            }
        }
    }

    /// Says a request and waits for its answer.
    pub(super) fn ask(&mut self, request: &Value) -> std::result::Result<Value, Problem> {
        self.exchange(request, false)
    }

    fn exchange(&mut self, request: &Value, is_bounded: bool) -> std::result::Result<Value, Problem> {
        if let Some(talk) = &mut self.talk {
            // When the script is gone, its end says more than a broken pipe.
            let _ = talk.say(request);
        }
        loop {
            match self.talk.as_mut().map_or(Heard::Ended, Talk::hear) {
                Heard::NothingYet => self.look_around(is_bounded)?,
                Heard::Ended => return Err(self.ended().into()),
                Heard::Line(line) => match serde_json::from_str(&line) {
                    Ok(Said::Ok(answer)) => return Ok(answer),
                    Ok(Said::Error(error)) => return Err(Problem::Error(error)),
                    Ok(Said::Progress((step, done, total))) => {
                        self.observer.progress(&step, done, total);
                        if self.observer.is_stopped() {
                            return Err(SubmitError::Interrupted.into());
                        }
                    }
                    Err(_) => {
                        let answer = line.trim().to_owned();
                        return Err(SubmitError::Answer { engine: ENGINE, answer }.into());
                    }
                },
            }
        }
    }

    /// Whether somebody wants to stop, the process has ended, or it takes too long.
    fn look_around(&mut self, is_bounded: bool) -> Result<()> {
        if self.observer.is_stopped() {
            return Err(SubmitError::Interrupted);
        }
        let has_ended = self.child.try_wait().is_ok_and(|status| status.is_some());
        if has_ended {
            return Err(self.ended());
        }
        if is_bounded && self.patience.left().is_none() {
            let said = cause::last_line(&self.log());
            return Err(SubmitError::NotReady { engine: ENGINE, seconds: self.seconds, said });
        }
        Ok(())
    }

    /// The script or spark-submit is gone: why, as far as the log knows.
    fn ended(&mut self) -> SubmitError {
        let patience = Patience::of(Duration::from_secs(10));
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && patience.left().is_some() {
            std::thread::sleep(GLANCE);
        }
        cause::of_log(&self.log(), self.kept_log())
    }

    fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Where the rest of what Spark said is.
    pub(super) fn kept_log(&self) -> Log {
        if self.is_log_kept { Log::Kept(self.log.clone()) } else { Log::Gone }
    }

    /// Lets the script clean up and end; ends it when it does not.
    pub(super) fn end(&mut self) {
        if let Some(talk) = &self.talk {
            talk.close();
        }
        let patience = Patience::of(if self.talk.is_some() { CLEANING } else { Duration::ZERO });
        loop {
            match self.child.try_wait() {
                Ok(None) if patience.left().is_some() => std::thread::sleep(GLANCE),
                Ok(Some(_)) => return,
                _ => break,
            }
        }
        // spark-submit becomes the Java that runs the script, which ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::DRIVER;

    /// Names are quoted where the SQL is made, which is spectrum-sql alone.
    #[test]
    fn the_script_runs_sql_and_makes_none() {
        let made: Vec<_> =
            DRIVER.lines().filter(|line| line.contains("SELECT") || line.contains('`')).collect();
        assert_eq!(made, [""; 0]);
        let calls = DRIVER.lines().filter_map(|line| line.split_once("spark.sql("));
        assert_eq!(calls.map(|(_, call)| call.split(')').next()).collect::<Vec<_>>(), [Some("sql"); 3]);
    }
}
