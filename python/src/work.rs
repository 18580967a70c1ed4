//! Work without Python's lock, which Ctrl-C stops and whose progress can be seen.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;
use spectrum_engine::Watch;

/// How often Python is asked whether somebody pressed Ctrl-C.
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// Runs `work` on a thread of its own while this one waits without Python's lock, and every now and then looks for signals
/// and calls `progress` with the stage, what is done of it and the whole. What either of them raises ends the work.
pub(crate) fn work<T: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&Watch) -> T + Send,
) -> PyResult<T> {
    let watch = Watch::default();
    py.detach(|| {
        let (finished, is_finished) = channel::<()>();
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let done = work(&watch);
                drop(finished);
                done
            });
            let mut interrupted = None;
            while let Err(RecvTimeoutError::Timeout) = is_finished.recv_timeout(ASKED_EVERY) {
                if interrupted.is_none() {
                    interrupted = Python::attach(|py| look(py, progress, &watch)).err();
                }
                if interrupted.is_some() {
                    watch.stop();
                }
            }
            let done = worker.join();
            match (interrupted, done) {
                (Some(error), _) => Err(error),
                (None, Ok(done)) => Ok(done),
                (None, Err(panic)) => std::panic::resume_unwind(panic),
            }
        })
    })
}

fn look(py: Python<'_>, progress: Option<&Py<PyAny>>, watch: &Watch) -> PyResult<()> {
    py.check_signals()?;
    match progress {
        Some(progress) => progress.call1(py, watch.progress()).map(drop),
        None => Ok(()),
    }
}
