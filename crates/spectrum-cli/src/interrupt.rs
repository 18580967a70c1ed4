//! Ctrl-C and SIGTERM: the first asks the run to stop and clean up, a second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spectrum_engine::Watch;

/// A watch that Ctrl-C stops.
pub(crate) fn watched() -> Arc<Watch> {
    let watch = Arc::new(Watch::default());
    let stopped = AtomicBool::new(false);
    let for_handler = Arc::clone(&watch);
    // Without a handler Ctrl-C still ends the process; it only leaves a temporary file.
    let _ = ctrlc::set_handler(move || {
        if stopped.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        for_handler.stop();
    });
    watch
}
