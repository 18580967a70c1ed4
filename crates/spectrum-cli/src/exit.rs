//! How a command ends: its exit code, and the error on standard error.

use std::fmt;

use spectrum_engine::{EngineError, StateError};
use spectrum_postgres::PgError;
use spectrum_submit::SubmitError;

use crate::commands::note;
use crate::{interrupt, postgres_remedy, remedy};

/// The code of a command that did its work.
pub(crate) const DONE: u8 = 0;

/// Prints why a command line was not understood, or the help that was asked for, and returns the code.
pub(crate) fn refused(error: &clap::Error) -> u8 {
    // Where nobody reads it, there is nobody to tell.
    let _ = error.print();
    u8::try_from(error.exit_code()).unwrap_or(1)
}

/// The command did its work and reported a problem: a check that does not hold, or a view that
/// was not refreshed. The text says how many.
#[derive(Debug)]
pub(crate) struct Partly(pub(crate) String);

impl fmt::Display for Partly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Partly {}

/// The code for how it went. An error is printed with its causes, one after another.
pub(crate) fn code(done: anyhow::Result<()>) -> u8 {
    let Err(error) = done else { return DONE };
    if let Some(EngineError::ClosedPipe) = error.downcast_ref() {
        // The reader of the output has seen enough, as in `spectrum run ... | head`.
        return 141;
    }
    if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) {
        return 141;
    }
    let error = as_interrupted(error);
    note(&format!("error: {}", told(&error)));
    let interrupted = matches!(error.downcast_ref(), Some(EngineError::Interrupted))
        || matches!(error.downcast_ref(), Some(PgError::Interrupted))
        || matches!(error.downcast_ref(), Some(SubmitError::Interrupted));
    match error.downcast_ref() {
        _ if interrupted => 130,
        Some(PgError::Locked { .. }) => 4,
        _ if is_in_use(&error) => 4,
        _ if error.is::<Partly>() => 3,
        _ => 1,
    }
}

/// Whether another run has the state.
fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EngineError::State(StateError::InUse(_))))
}

/// The error with its causes, and what can be done about it, in flags and commands.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut words = Vec::new();
    for cause in error.chain() {
        if let Some(whole) = postgres_remedy::of_error(cause) {
            words.push(whole);
            break;
        }
        words.push(remedy::told(cause));
    }
    words.join(": ")
}

/// A statement that was stopped because somebody asked for it did not fail.
fn as_interrupted(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(failed) if interrupt::has_interrupted(failed) => PgError::Interrupted.into(),
        _ => error,
    }
}
