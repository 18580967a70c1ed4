//! Ctrl-C and SIGTERM: the first asks what is running to stop and clean up, a second ends the process at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use spectrum_engine::Watch;
use spectrum_postgres::{Canceller, PgError, Stop};

/// The watch made last. A command makes one; the demonstration runs several commands one after another.
static CURRENT: Mutex<Option<Arc<Watch>>> = Mutex::new(None);
/// Stops the statement that is running in a database.
static CANCELLER: Mutex<Option<Canceller>> = Mutex::new(None);
/// Ends a command that does many things in a database.
static STOP: Mutex<Option<Arc<Stop>>> = Mutex::new(None);
/// Temporary folders with somebody's events, which a process that ends at once has to remove itself.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static STOPPED: AtomicBool = AtomicBool::new(false);

/// The server's code for a statement that somebody stopped.
const QUERY_CANCELED: &str = "57014";

/// A watch that Ctrl-C stops.
pub(crate) fn watched() -> Arc<Watch> {
    let watch = Arc::new(Watch::default());
    *lock(&CURRENT) = Some(Arc::clone(&watch));
    heed();
    if stopped() {
        watch.stop(); // it came between two commands
    }
    watch
}

/// From here on Ctrl-C stops the statement that a connection is running.
pub(crate) fn cancelling(canceller: Canceller) {
    *lock(&CANCELLER) = Some(canceller);
    heed();
}

/// A stop that Ctrl-C requests.
pub(crate) fn stoppable() -> Arc<Stop> {
    let stop = Arc::new(Stop::default());
    *lock(&STOP) = Some(Arc::clone(&stop));
    heed();
    stop
}

/// From here on a second Ctrl-C removes this folder before it ends the process.
pub(crate) fn removing(folder: &Path) {
    lock(&TEMPORARY).push(folder.to_owned());
    heed();
}

/// Whether somebody asked to stop.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Whether an error only says that a statement was stopped on request.
pub(crate) fn has_interrupted(error: &PgError) -> bool {
    let cancelled = error.code().is_some_and(|code| code.code() == QUERY_CANCELED);
    stopped() && (cancelled || matches!(error, PgError::Lost { .. }))
}

/// From here on a file that grows beyond its limit (`ulimit -f`) is an error of the write, as a full disk is, and not the
/// end of the process.
#[cfg(unix)]
pub(crate) fn survive_the_file_limit() {
    // Any handler will do; without one the kernel ends the process and leaves its hidden files.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

fn heed() {
    static HANDLER: Once = Once::new();
    // Without a handler Ctrl-C still ends the process; it only leaves a temporary file.
    HANDLER.call_once(|| drop(ctrlc::set_handler(stop)));
}

fn stop() {
    if STOPPED.swap(true, Ordering::Relaxed) {
        for folder in lock(&TEMPORARY).drain(..) {
            // It is mostly gone already.
            let _ = std::fs::remove_dir_all(folder);
        }
        std::process::exit(130);
    }
    if let Some(watch) = &*lock(&CURRENT) {
        watch.stop();
    }
    // On a thread of their own: they talk to the server, and a second Ctrl-C must not wait.
    let (canceller, requested) = (lock(&CANCELLER).clone(), lock(&STOP).clone());
    std::thread::spawn(move || {
        if let Some(canceller) = canceller {
            canceller.cancel();
        }
        if let Some(stop) = requested {
            stop.request();
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
