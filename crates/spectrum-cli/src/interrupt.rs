//! Ctrl-C and SIGTERM: the first asks what is running to stop and clean up, a second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use spectrum_engine::Watch;

/// The watch made last. A command makes one; the demonstration runs several commands one after another.
static CURRENT: Mutex<Option<Arc<Watch>>> = Mutex::new(None);
static STOPPED: AtomicBool = AtomicBool::new(false);

/// A watch that Ctrl-C stops.
pub(crate) fn watched() -> Arc<Watch> {
    static HANDLER: Once = Once::new();
    let watch = Arc::new(Watch::default());
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&watch));
    // Without a handler Ctrl-C still ends the process; it only leaves a temporary file.
    HANDLER.call_once(|| drop(ctrlc::set_handler(stop)));
    if STOPPED.load(Ordering::Relaxed) {
        watch.stop(); // it came between two commands
    }
    watch
}

fn stop() {
    if STOPPED.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
    if let Some(watch) = &*CURRENT.lock().unwrap_or_else(PoisonError::into_inner) {
        watch.stop();
    }
}
