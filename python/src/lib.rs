//! The extension module of the Python package spectrum-sessions. What people call is written in Python, in
//! `python/spectrum_sessions`, and calls this.

mod capsule;
mod definition;
mod errors;
mod files;
mod reading;
mod remedy;
mod sessionize;
mod table;
mod work;

use std::ffi::OsString;

use pyo3::prelude::*;

/// The `spectrum` command: does what the arguments say, the program's own name first, and returns the exit code.
#[pyfunction]
fn command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| spectrum_cli::run(arguments))
}

/// Words of the command line, whose flags become keywords.
#[pyfunction]
fn in_keywords(words: &str) -> String {
    remedy::in_keywords(words)
}

#[pymodule]
fn _spectrum(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<definition::Definition>()?;
    module.add_class::<table::Table>()?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(in_keywords, module)?)?;
    module.add_function(wrap_pyfunction!(sessionize::sessionize, module)?)?;
    module.add_function(wrap_pyfunction!(files::run, module)?)?;
    module.add_function(wrap_pyfunction!(files::summary, module)?)?;
    module.add_function(wrap_pyfunction!(files::explain, module)?)?;
    module.add_function(wrap_pyfunction!(files::compare, module)?)?;
    module.add_function(wrap_pyfunction!(files::check, module)?)?;
    module.add_function(wrap_pyfunction!(files::report, module)?)?;
    Ok(())
}
