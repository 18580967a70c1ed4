//! What a caller can see of a run while it goes on, and its way to stop it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{EngineError, Result};

/// Shared between a run and its watcher.
#[derive(Debug, Default)]
pub struct Watch {
    stopped: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    stage: Mutex<&'static str>,
}

impl Watch {
    /// Asks the run to stop soon; it then ends with [`EngineError::Interrupted`] and leaves nothing behind.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked that.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The stage's name, and how many of how many bytes of input it has behind it.
    pub fn progress(&self) -> (&'static str, u64, u64) {
        let stage = self.stage.lock().map_or("", |stage| *stage);
        (stage, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Names a stage that the engine has no part in, and whose length is not known.
    pub fn stage(&self, name: &'static str) {
        self.begin(name, 0);
    }

    pub(crate) fn begin(&self, stage: &'static str, total: u64) {
        if let Ok(mut name) = self.stage.lock() {
            *name = stage;
        }
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Counts progress; fails when the run was asked to stop.
    pub(crate) fn advance(&self, bytes: u64) -> Result<()> {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        if self.stopped.load(Ordering::Relaxed) { Err(EngineError::Interrupted) } else { Ok(()) }
    }
}
