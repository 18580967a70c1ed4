//! How a command ends: its exit code, and the error on standard error.

use std::process::ExitCode;

use spectrum_engine::EngineError;

use crate::commands::note;

/// The code for how it went. An error is printed with its causes, one after another.
pub(crate) fn code(done: anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    if let Some(EngineError::ClosedPipe) = error.downcast_ref() {
        // Whoever read the output has seen enough, as in `spectrum run ... | head`.
        return ExitCode::from(141);
    }
    if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::from(141);
    }
    note(&format!("error: {error:#}"));
    match error.downcast_ref() {
        Some(EngineError::Interrupted) => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}
