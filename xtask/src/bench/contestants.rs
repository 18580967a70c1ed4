//! Who is timed: Spectrum, and one small script of bench/peers for each formulation on each engine.
//!
//! The scripts say what was tried before. An engine with two good formulations has both here, for neither is the
//! best on every file.

use super::datasets::{Dataset, Format};
use super::tools::Tools;

pub(super) const CONTESTANTS: [Contestant; 14] = [
    spectrum(),
    sessions("duckdb windows", "duckdb_windows.py").text(),
    sessions("duckdb rows", "duckdb_rows.py").only_text(),
    sessions("duckdb asof", "duckdb_asof.py"),
    sessions("clickhouse arrays", "clickhouse_arrays.py").text(),
    sessions("clickhouse windows", "clickhouse_windows.py").differing(),
    sessions("polars windows", "polars_windows.py").text(),
    sessions("polars groups", "polars_groups.py"),
    sessions("datafusion windows", "datafusion_windows.py"),
    sessions("pandas sort", "pandas_sort.py"),
    copy("duckdb copy", "duckdb_copy.py").text(),
    copy("clickhouse copy", "clickhouse_copy.py"),
    copy("polars copy", "polars_copy.py"),
    copy("pyarrow copy", "pyarrow_copy.py"),
];

#[derive(Debug)]
pub(super) struct Contestant {
    pub(super) name: &'static str,
    /// Below bench/peers; Spectrum has none.
    script: Option<&'static str>,
    pub(super) work: Work,
    parquet: bool,
    text: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Work {
    /// Session ids, the same as Spectrum's.
    Sessions,
    /// Session ids of which a few are wrong, for reasons that the script names.
    SessionsButForTies,
    /// No session ids: key, time and event id are read and written again.
    Copy,
}

impl Contestant {
    pub(super) fn is_spectrum(&self) -> bool {
        self.script.is_none()
    }

    pub(super) fn reads(&self, format: Format) -> bool {
        match format {
            Format::Parquet => self.parquet,
            Format::Text => self.text,
        }
    }

    /// The command that turns the dataset's file into `output`.
    pub(super) fn command_line(
        &self,
        tools: &Tools,
        input: &str,
        dataset: &Dataset,
        output: &str,
    ) -> Vec<String> {
        let threads = tools.threads.to_string();
        match self.script {
            Some(script) => {
                let script = format!("bench/peers/{script}");
                [&tools.python, &script, input, output, &threads].map(ToString::to_string).to_vec()
            }
            None => {
                let mut words = vec![&tools.spectrum, "run", input, "-o", output, "--force", "--quiet"];
                if dataset.ids_collide() {
                    words.push("--allow-id-collisions");
                }
                words.into_iter().map(ToString::to_string).collect()
            }
        }
    }

    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    const fn text(self) -> Self {
        Self { text: true, ..self }
    }

    const fn only_text(self) -> Self {
        Self { parquet: false, text: true, ..self }
    }

    const fn differing(self) -> Self {
        Self { work: Work::SessionsButForTies, ..self }
    }
}

pub(super) const fn spectrum() -> Contestant {
    Contestant { name: "spectrum", script: None, work: Work::Sessions, parquet: true, text: true }
}

pub(super) const fn sessions(name: &'static str, script: &'static str) -> Contestant {
    Contestant { name, script: Some(script), work: Work::Sessions, parquet: true, text: false }
}

const fn copy(name: &'static str, script: &'static str) -> Contestant {
    Contestant { name, script: Some(script), work: Work::Copy, parquet: true, text: false }
}
