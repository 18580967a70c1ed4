//! The command line. The process may be Python's, so what the system says of it is not always what was given.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

static GIVEN: Mutex<Vec<OsString>> = Mutex::new(Vec::new());

/// Keeps it, the program's own name first.
pub(crate) fn keep(arguments: Vec<OsString>) {
    *GIVEN.lock().unwrap_or_else(PoisonError::into_inner) = arguments;
}

/// All of it, the program's own name first.
pub(crate) fn arguments() -> Vec<OsString> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
