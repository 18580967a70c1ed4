//! Errors of the library as Python's exceptions: `spectrum_sessions.errors` has the classes.

use std::error::Error;

use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use spectrum_core::DefinitionError;
use spectrum_engine::EngineError;

use crate::remedy;

/// An exception of `spectrum_sessions.errors`, by the name of its class.
pub(crate) fn raised(py: Python<'_>, class: &str, message: &str, remedy: Option<&str>) -> PyErr {
    let made = py
        .import("spectrum_sessions.errors")
        .and_then(|errors| errors.getattr(class))
        .and_then(|class| class.call1((message, remedy)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// Why a definition was refused.
pub(crate) fn of_definition(py: Python<'_>, error: &DefinitionError) -> PyErr {
    raised(py, "DefinitionError", &told(error), None)
}

/// Why the engine stopped.
pub(crate) fn of_engine(py: Python<'_>, error: &EngineError) -> PyErr {
    if let EngineError::Interrupted = error {
        // Whoever interrupted has raised something already; this is for nobody.
        return PyKeyboardInterrupt::new_err(());
    }
    let remedies = error.remedies();
    let words: Vec<String> = remedies.iter().map(remedy::in_python).collect();
    let remedy = match words.split_last() {
        None => None,
        Some((only, [])) => Some(only.clone()),
        Some((last, others)) => Some(format!("{}, or {last}", others.join(", "))),
    };
    raised(py, class_of(error), &told(error), remedy.as_deref())
}

/// Whatever else stopped.
pub(crate) fn of_any(py: Python<'_>, error: &anyhow::Error) -> PyErr {
    match (error.downcast_ref::<EngineError>(), error.downcast_ref::<DefinitionError>()) {
        (Some(engine), _) => of_engine(py, engine),
        (_, Some(definition)) => of_definition(py, definition),
        _ => raised(py, "SpectrumError", &format!("{error:#}"), None),
    }
}

/// What arguments come to; what they cannot mean is an error of theirs.
pub(crate) fn settled<T>(py: Python<'_>, settle: impl FnOnce() -> anyhow::Result<T>) -> PyResult<T> {
    settle().map_err(|error| match error.downcast_ref::<DefinitionError>() {
        Some(definition) => of_definition(py, definition),
        None => raised(py, "ArgumentError", &format!("{error:#}"), None),
    })
}

/// An argument that is not of a type that it can have.
pub(crate) fn wrong_type(argument: &str, expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    let found = found.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{argument} must be {expected}, not {found}"))
}

/// An error with its causes, one after another.
fn told(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words.push_str(": ");
        words.push_str(&next.to_string());
        cause = next.source();
    }
    words
}

fn class_of(error: &EngineError) -> &'static str {
    match error {
        EngineError::Input(_) | EngineError::Text(_) | EngineError::Parquet(_) | EngineError::Changed(_) => {
            "InputError"
        }
        EngineError::Io { action: "writing", .. } | EngineError::Output(_) | EngineError::NotPutBack(_) => {
            "OutputError"
        }
        EngineError::Io { .. } | EngineError::Arrow { .. } => "InputError",
        EngineError::Column(_) | EngineError::AddedColumn(_) | EngineError::GivenType(_) => "ColumnError",
        EngineError::Key(_) => "KeyValueError",
        EngineError::Time(_) | EngineError::AsOf(_) => "TimeError",
        EngineError::Rule(_) | EngineError::Told(_) => "RuleError",
        EngineError::EventId(_) => "EventIdError",
        EngineError::Collisions(_) => "IdCollisionError",
        _ => "SpectrumError",
    }
}
