//! Spark, by the user's own spark-submit.
//!
//! A script of a few requests (`driver.py`) runs as the driver, in client mode, and does what it is asked through a socket
//! in a folder that only this user can enter. So the types that Spark finds are known before the SQL is made, one
//! application does the whole run, and the script ends whenever this process does.

mod cause;
mod location;
mod master;
mod process;
mod socket;
mod talk;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::INPUT;
use spectrum_sql::dialect::run::spark::for_folders;

use crate::error::{Result, SubmitError};
use crate::find;
use crate::runner::{Destination, ESCAPE_WITHOUT_QUOTE, Found, Inputs, Observer, Runner};

use location::Location;
use process::Process;

/// What messages call it.
const ENGINE: &str = "Spark";

/// Which Spark, and how it is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SparkOptions {
    /// The master's address; none leaves it to Spark's own configuration.
    pub master: Option<String>,
    /// Spark's own settings, as `name=value`.
    pub settings: Vec<String>,
    /// The spark-submit to run, instead of that of SPARK_HOME or PATH.
    pub spark_submit: Option<String>,
    /// How long to wait for the master, and for a worker that takes up the work.
    pub patience: Duration,
    /// Where all that Spark logs is kept.
    pub log: Option<String>,
    /// Whether outputs of earlier runs are replaced.
    pub force: bool,
}

impl Default for SparkOptions {
    fn default() -> Self {
        Self {
            master: None,
            settings: Vec::new(),
            spark_submit: None,
            patience: Duration::from_secs(120),
            log: None,
            force: false,
        }
    }
}

/// A running driver.
pub struct Spark<'w> {
    options: SparkOptions,
    inputs: Inputs,
    /// Where the events go. Outputs that were not requested are beside them, because that is where workers
    /// can write.
    output: Location,
    /// What was written aside on this machine, in case that the script is killed.
    aside: Vec<std::path::PathBuf>,
    process: Process<'w>,
    /// Makes the names of what is written aside differ from those of other runs.
    mark: String,
}

impl<'w> Spark<'w> {
    /// Starts spark-submit and waits until the application runs. Local inputs and outputs are looked at before, since that
    /// takes no time.
    ///
    /// # Errors
    /// When Spark or what it needs is not there, the master does not answer, or an output exists.
    pub fn start(
        options: &SparkOptions,
        inputs: &Inputs,
        outputs: &[&str],
        observer: &'w dyn Observer,
    ) -> Result<Self> {
        if let Some(setting) = options.settings.iter().find(|setting| !setting.contains('=')) {
            return Err(SubmitError::Refused(format!("setting '{setting}' is not name=value")));
        }
        let names = inputs.names.iter().map(|name| Ok(Location::of_input(name)?.0)).collect::<Result<_>>()?;
        let outputs = outputs.iter().map(|name| Location::of_output(name)).collect::<Result<Vec<_>>>()?;
        let Some(output) = outputs.first().cloned() else {
            return Err(SubmitError::Refused("no output was named".into()));
        };
        for (at, location) in outputs.iter().enumerate() {
            if outputs[..at].contains(location) {
                return Err(SubmitError::OutputTwice(location.shown()));
            }
            location.check_free(options.force)?;
        }
        let paths: Vec<&str> = outputs.iter().map(|location| location.0.as_str()).collect();
        let program = find::spark_submit(options.spark_submit.as_deref())?;
        if let Some(master) = &options.master {
            master::check(master, options.patience, observer)?;
        }
        let inputs = Inputs { names, ..inputs.clone() };
        let process = Process::start(&program, options, observer)?;
        let mark = process.mark();
        let mut spark = Self { options: options.clone(), inputs, output, aside: Vec::new(), process, mark };
        spark.process.greet(options)?;
        spark.ask("starting", &json!({ "check": { "paths": paths, "force": options.force } }))?;
        Ok(spark)
    }

    /// Says a request and waits for its answer.
    fn ask(&mut self, step: &str, request: &Value) -> Result<Value> {
        match self.process.ask(request) {
            Err(talk::Problem::Error(error)) => Err(self.refused(step, *error)),
            Err(talk::Problem::Submit(error)) => Err(error),
            Ok(answer) => Ok(answer),
        }
    }

    /// The script's error in our words.
    fn refused(&self, step: &str, error: talk::ScriptError) -> SubmitError {
        let name = error.name.clone().unwrap_or_default();
        match error.kind.as_str() {
            "no_such_input" => SubmitError::NoSuchInput(name),
            "no_match" => SubmitError::NoMatch(name),
            "named_twice" => SubmitError::NamedTwice(location::shown(&name)),
            "mixed_formats" => SubmitError::MixedFormats(name),
            "escape_without_quote" => SubmitError::FormatRefused(ESCAPE_WITHOUT_QUOTE),
            "passed_over" => SubmitError::PassedOver {
                engine: ENGINE,
                read: error.read.unwrap_or_default(),
                all: error.all.unwrap_or_default(),
            },
            "output_exists" => SubmitError::OutputExists(name),
            "output_foreign" => SubmitError::OutputForeign(name),
            "output_is_input" => SubmitError::OutputIsInput(name),
            "no_workers" => SubmitError::NoWorkers {
                master: self.options.master.clone().unwrap_or_else(|| "Spark's master".to_owned()),
                seconds: self.options.patience.as_secs(),
            },
            "not_put_back" => SubmitError::NotPutBack(talk::not_put_back(error)),
            _ => cause::failed(step, &error.cause.unwrap_or_default(), self.process.kept_log()),
        }
    }
}

impl Drop for Spark<'_> {
    fn drop(&mut self) {
        self.process.end();
        for folder in &self.aside {
            // The script has taken it away, unless it had to be killed.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Runner for Spark<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Spark
    }

    fn read(&mut self) -> Result<Found> {
        let step = "looking at the inputs";
        let Inputs { names, format, csv } = &self.inputs;
        let request = json!({ "read": {
            "step": step, "names": names, "format": format, "view": INPUT,
            "csv": { "delimiter": csv.delimiter, "quote": csv.quote, "escape": csv.escape },
        } });
        let found = self.ask(step, &request)?;
        let answer = found.to_string();
        serde_json::from_value(found).map_err(|_| SubmitError::Answer { engine: ENGINE, answer })
    }

    fn view(&mut self, name: &str, sql: &str) -> Result<()> {
        self.ask("preparing", &json!({ "view": { "name": name, "sql": sql } })).map(drop)
    }

    fn rows(&mut self, step: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let rows = self.ask(step, &json!({ "rows": { "step": step, "sql": sql } }))?;
        let answer = rows.to_string();
        serde_json::from_value(rows).map_err(|_| SubmitError::Answer { engine: ENGINE, answer })
    }

    fn write(&mut self, step: &str, sql: &str, output: Destination<'_>) -> Result<()> {
        let path = output.path.map(Location::of_output).transpose()?;
        let aside = match &path {
            Some(path) => path.aside(&self.mark),
            None => self.output.aside(&format!("{}-sessions", self.mark)),
        };
        self.aside.extend(aside.local());
        let aside = aside.0;
        let sql = output.partition_by.map_or_else(|| sql.to_owned(), |column| for_folders(sql, column));
        let request = json!({ "write": {
            "step": step, "sql": sql, "path": path.map(|path| path.0), "aside": aside,
            "partition_by": output.partition_by, "view": output.view,
        } });
        self.ask(step, &request).map(drop)
    }

    fn publish(&mut self) -> Result<()> {
        self.ask("naming the outputs", &json!({ "publish": {} })).map(drop)
    }
}

/// How long something has been waited for, and whether that is enough.
pub(crate) struct Patience {
    since: Instant,
    length: Duration,
}

impl Patience {
    pub(crate) fn of(length: Duration) -> Self {
        Self { since: Instant::now(), length }
    }

    pub(crate) fn left(&self) -> Option<Duration> {
        self.length.checked_sub(self.since.elapsed()).filter(|left| !left.is_zero())
    }
}
