//! Stopping a command from another thread.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::connect::Canceller;

/// How often the server is asked again to cancel a statement that goes on.
const AGAIN: Duration = Duration::from_millis(250);

/// Shared between a command and those who may stop it.
#[derive(Default)]
pub struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requested: bool,
    running: Option<Canceller>,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("requested", &self.is_requested()).finish_non_exhaustive()
    }
}

impl Stop {
    /// Asks the command to end: at once when it waits, else by cancelling the statement that runs. Returns when no
    /// statement runs any more.
    ///
    /// The server forgets a request that arrives before the statement does, so it is made again until it helps.
    pub fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        self.changed.notify_all();
        while let Some(canceller) = state.running.clone() {
            drop(state);
            canceller.cancel();
            state = self.state();
            if state.running.is_some() {
                let waited = self.changed.wait_timeout(state, AGAIN);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Whether it was requested.
    pub fn is_requested(&self) -> bool {
        self.state().requested
    }

    /// Waits so long, or until a stop is requested, and says whether it was.
    pub(crate) fn wait(&self, how_long: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), how_long, |state| !state.requested);
        waited.unwrap_or_else(PoisonError::into_inner).0.requested
    }

    /// For as long as the result lives, a stop cancels what the connection does. `None` when it was requested already:
    /// then nothing may begin, because nobody would cancel it.
    pub(crate) fn during(&self, canceller: Canceller) -> Option<Running<'_>> {
        let mut state = self.state();
        if state.requested {
            return None;
        }
        state.running = Some(canceller);
        Some(Running { stop: self })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A statement that may be cancelled.
pub(crate) struct Running<'a> {
    stop: &'a Stop,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.stop.state().running = None;
        self.stop.changed.notify_all();
    }
}
