//! The one thread on which requests are made, and how the others wait for it.

use std::future::Future;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use spectrum_store::{Problem, StoreError};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

/// How often somebody who waits looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Tells whether somebody asked to stop.
pub type Stopped = fn() -> bool;

/// Where requests are made.
#[derive(Debug)]
pub(crate) struct Requests {
    thread: OnceLock<Result<Handle, String>>,
    stopped: Stopped,
}

impl Requests {
    pub(crate) fn new(stopped: Stopped) -> Self {
        Self { thread: OnceLock::new(), stopped }
    }

    /// Makes a request while the caller goes on.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        request: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        Ok(self.handle()?.spawn(request))
    }

    /// Makes a request and waits for the answer, or for somebody who asks to stop.
    pub(crate) fn answer<T: Send + 'static>(
        &self,
        request: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (answer, answered) = sync_channel(1);
        let task = self.spawn(async move {
            // Nobody waits any more if it was to stop.
            let _ = answer.send(request.await);
        })?;
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => self.check().inspect_err(|_| task.abort())?,
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }

    /// The same for what cannot be recalled once the server has it: when somebody asks to stop, the answer is waited for
    /// so long.
    pub(crate) fn answer_also_if_stopped<T: Send + 'static>(
        &self,
        patience: Duration,
        request: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (answer, answered) = sync_channel(1);
        let task = self.spawn(async move {
            let _ = answer.send(request.await);
        })?;
        let mut stopped = None;
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if !(self.stopped)() => {}
                Err(RecvTimeoutError::Timeout) => {
                    if stopped.get_or_insert_with(Instant::now).elapsed() >= patience {
                        task.abort();
                        let words = "somebody asked to stop before the server had answered";
                        return Err(StoreError::new(Problem::Unavailable, words).into());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }

    /// The same for what has to be done after somebody asked to stop, which may take so long and no longer.
    pub(crate) fn answer_within<T: Send + 'static>(
        &self,
        time: Duration,
        request: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (answer, answered) = sync_channel(1);
        self.spawn(async move {
            let _ = answer.send(request.await);
        })?;
        answered.recv_timeout(time).unwrap_or_else(|_| Err(gone()))
    }

    /// Refuses to go on when somebody asked to stop.
    pub(crate) fn check(&self) -> io::Result<()> {
        if (self.stopped)() {
            return Err(StoreError::new(Problem::Stopped, "somebody asked to stop").into());
        }
        Ok(())
    }

    /// Lets the caller make what looks for the thread.
    pub(crate) fn enter(&self) -> io::Result<tokio::runtime::EnterGuard<'_>> {
        Ok(self.handle()?.enter())
    }

    fn handle(&self) -> io::Result<&Handle> {
        let started = self.thread.get_or_init(|| start().map_err(|error| error.to_string()));
        started.as_ref().map_err(|error| io::Error::other(error.clone()))
    }
}

fn gone() -> io::Error {
    StoreError::new(Problem::Unavailable, "the request came to no end").into()
}

/// Starts the thread. It ends with the process: whatever has to come to its end is waited for.
fn start() -> io::Result<Handle> {
    // Whoever was first has said which cryptography there is, and it is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("requests".into())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}

/// Requests and bytes, counted for whoever wants to know what a run asked for.
#[derive(Debug, Default)]
pub struct Counts {
    pub(crate) requests: std::sync::atomic::AtomicU64,
    pub(crate) bytes: std::sync::atomic::AtomicU64,
}

impl Counts {
    /// How many reads were asked for so far.
    pub fn reads(&self) -> u64 {
        self.requests.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// How many bytes they brought.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn read(self: &Arc<Self>, bytes: u64) {
        self.requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.bytes.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    }
}
