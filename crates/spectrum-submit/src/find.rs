//! Where the engines' programs are.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Result, SubmitError};
use crate::remedy::Remedy;

const REMEDIES: [Remedy; 3] = [
    Remedy::NameSparkSubmit,
    Remedy::Other("set SPARK_HOME"),
    Remedy::Other("put it on the PATH (pip install pyspark brings one)"),
];

/// The program named, else that of SPARK_HOME, else that of PATH.
pub(crate) fn spark_submit(named: Option<&str>) -> Result<PathBuf> {
    let missing = |program: &Path, looked: &str| SubmitError::NoProgram {
        program: program.display().to_string(),
        looked: looked.to_owned(),
        remedies: REMEDIES.to_vec(),
    };
    if let Some(named) = named {
        let program = PathBuf::from(named);
        // With a slash it is a path, without one a name, as in a shell.
        return match named.contains('/') {
            true if program.is_file() => Ok(program),
            true => Err(missing(&program, "")),
            false => on_path(named).ok_or_else(|| missing(&program, " on the PATH")),
        };
    }
    if let Some(home) = env::var_os("SPARK_HOME").filter(|home| !home.is_empty()) {
        let program = Path::new(&home).join("bin/spark-submit");
        return if program.is_file() {
            Ok(program)
        } else {
            Err(missing(&program, ", where SPARK_HOME points"))
        };
    }
    let program = Path::new("spark-submit");
    on_path("spark-submit").ok_or_else(|| missing(program, " on the PATH, and SPARK_HOME is not set"))
}

/// A program in one of the folders of PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}
