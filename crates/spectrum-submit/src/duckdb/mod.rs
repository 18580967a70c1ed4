//! DuckDB, by its command-line program: a thin way to run where it already is.
//!
//! Each request is a process of its own, which reads the views again; nothing but the outputs lies on disk. Outputs are
//! local files, because only there is a rename at hand.

mod files;
mod process;

use std::path::PathBuf;

use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::{INPUT, copy_to_parquet, read_csv, read_parquet};

use crate::error::{Result, SubmitError};
use crate::find;
use crate::runner::{Column, Found, InputFormat, Inputs, Output, Runner, Watch};

use files::Aside;
use process::Process;

const ENGINE: &str = "DuckDB";

/// A DuckDB that runs one request after another.
pub struct Duckdb<'w> {
    process: Process<'w>,
    inputs: Inputs,
    /// What makes the relations known so far.
    views: String,
    aside: Vec<Aside>,
    /// Where the events go, and what else is asked for. What is not lies beside the events for a while.
    outputs: Vec<String>,
    force: bool,
}

impl<'w> Duckdb<'w> {
    /// Finds the program, and looks at the outputs.
    ///
    /// # Errors
    /// When the program is not there, or an output exists.
    pub fn start(inputs: &Inputs, outputs: &[&str], force: bool, watch: &'w dyn Watch) -> Result<Self> {
        for output in outputs {
            files::check_free(output, force)?;
        }
        if let [a, b] = outputs
            && std::path::absolute(a).ok() == std::path::absolute(b).ok()
        {
            return Err(SubmitError::OutputTwice((*b).to_owned()));
        }
        let program = find::on_path("duckdb").ok_or_else(|| SubmitError::NoProgram {
            program: "duckdb".into(),
            looked: " on the PATH".into(),
            remedy: "install DuckDB's command-line program (pip install duckdb-cli brings one)",
        })?;
        let outputs = outputs.iter().map(|output| (*output).to_owned()).collect();
        let process = Process::new(program, watch);
        // Days are those of UTC, and no time goes through the zone of whoever is at work.
        let views = "SET TimeZone = 'UTC';\n".to_owned();
        Ok(Self { process, inputs: inputs.clone(), views, aside: Vec::new(), outputs, force })
    }

    fn ask(&self, step: &str, sql: &str) -> Result<Vec<process::Row>> {
        self.process.ask(step, &format!("{}{sql};\n", self.views))
    }
}

impl Runner for Duckdb<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Duckdb
    }

    fn read(&mut self) -> Result<Found> {
        let step = "looking at the inputs";
        let (names, format, files) = files::inputs(&self.inputs)?;
        for output in &self.outputs {
            files::check_is_no_input(output, &names)?;
        }
        let sql = match format {
            InputFormat::Parquet => read_parquet(&names, names.iter().any(|name| name.contains('='))),
            InputFormat::Csv => read_csv(&names, self.inputs.delimiter.unwrap_or(',')),
            InputFormat::Tsv => read_csv(&names, self.inputs.delimiter.unwrap_or('\t')),
            InputFormat::Ndjson => {
                let message =
                    "DuckDB would guess the types of NDJSON; leave out --engine, or write Parquet first";
                return Err(SubmitError::Refused(message.into()));
            }
        };
        self.view(INPUT, &sql)?;
        let described = self.ask(step, &format!("DESCRIBE SELECT * FROM {INPUT}"))?;
        let columns = described.into_iter().filter_map(|row| {
            let value = |name: &str| row.0.iter().find(|(column, _)| column == name)?.1.clone();
            Some(Column { name: value("column_name")?, ty: value("column_type")? })
        });
        Ok(Found { columns: columns.collect(), format, files })
    }

    fn view(&mut self, name: &str, sql: &str) -> Result<()> {
        self.views += &format!("CREATE VIEW {name} AS\n{sql};\n");
        Ok(())
    }

    fn rows(&mut self, step: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let rows = self.ask(step, sql)?;
        Ok(rows.into_iter().map(|row| row.0.into_iter().map(|(_, value)| value).collect()).collect())
    }

    fn write(&mut self, step: &str, sql: &str, output: Output<'_>) -> Result<()> {
        let aside = Aside::new(output.path, self.outputs.first().map_or("", String::as_str))?;
        let path = aside.path.display().to_string();
        self.aside.push(aside);
        self.ask(step, &copy_to_parquet(sql, &path, output.partition_by))?;
        let written = match output.partition_by {
            Some(_) => format!("{path}/**/*.parquet"),
            None => path,
        };
        self.view(output.view, &read_parquet(&[written], output.partition_by.is_some()))
    }

    fn publish(&mut self) -> Result<()> {
        files::publish(&mut self.aside, self.force)
    }
}

/// The path of a name, as the process is told, since it runs where this one does.
fn path_of(name: &str) -> PathBuf {
    std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name))
}
