//! Objects that are written: in parts while the run goes on, and under their names when it ends.

mod showing;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use object_store::PutPayload;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use spectrum_store::{Complete, Problem, Sink, StoreError};
use tokio::task::JoinHandle;

use self::showing::{InParts, Short};
use crate::client::Client;
use crate::wait::Requests;

/// The length of a part.
const PART: usize = 16 << 20;
/// And of those after so many, since there may be ten thousand of them.
const LATER_PART: usize = 128 << 20;
const MANY_PARTS: usize = 5_000;
/// Parts that may be under way at a time.
const UNDER_WAY: usize = 3;
/// What is too short to be sent in parts waits in memory for the end of the run, up to this much of all outputs together.
const WAITING: u64 = 64 << 20;
/// How long a run that ends waits for the server to forget what was sent.
const FORGETTING: Duration = Duration::from_secs(20);

/// What every upload to a store has.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) client: Client,
    pub(crate) key: Key,
    pub(crate) name: PathBuf,
    /// Whether it may replace an object.
    pub(crate) replaces: bool,
    pub(crate) requests: Arc<Requests>,
    /// Bytes of all outputs that wait in memory.
    pub(crate) waiting: Arc<AtomicU64>,
}

impl Target {
    fn parts(&self) -> io::Result<Arc<dyn MultipartStore>> {
        let cannot = || StoreError::new(Problem::Other, "nothing can be written to a web server").into();
        self.client.parts.clone().ok_or_else(cannot)
    }

    fn answer<T: Send + 'static>(
        &self,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let client = self.client.clone();
        self.requests.answer(async move { request.await.map_err(|failure| client.problem(&failure)) })
    }
}

/// An object while it is written.
#[derive(Debug)]
pub(crate) struct Uploading {
    target: Target,
    /// What has not been sent.
    rest: Vec<u8>,
    sent: Option<Sent>,
}

/// An upload in parts. Dropping it makes the server forget them.
#[derive(Debug)]
struct Sent {
    target: Target,
    id: String,
    under_way: VecDeque<JoinHandle<object_store::Result<PartId>>>,
    parts: Vec<PartId>,
    begun: usize,
    length: u64,
    is_done: bool,
}

impl Uploading {
    pub(crate) fn new(target: Target) -> io::Result<Self> {
        // What cannot be written is known before the work begins.
        target.parts()?;
        Ok(Self { target, rest: Vec::new(), sent: None })
    }

    fn part_length(&self) -> usize {
        if self.sent.as_ref().is_some_and(|sent| sent.begun >= MANY_PARTS) { LATER_PART } else { PART }
    }

    /// Sends what is there as one part.
    fn send(&mut self) -> io::Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.rest));
        if self.sent.is_none() {
            self.sent = Some(Sent::begin(self.target.clone())?);
        }
        self.sent.as_mut().map_or(Ok(()), |sent| sent.send(bytes))
    }
}

impl Write for Uploading {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.part_length();
        let taken = bytes.len().min(length - self.rest.len());
        self.rest.extend_from_slice(&bytes[..taken]);
        if self.rest.len() == length {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Uploading {
    fn complete(mut self: Box<Self>) -> io::Result<Complete> {
        let length = self.rest.len() as u64;
        if self.sent.is_none() {
            let waiting = self.target.waiting.fetch_add(length, Ordering::Relaxed);
            if waiting + length <= WAITING || length == 0 {
                let bytes = Bytes::from(std::mem::take(&mut self.rest));
                return Ok(Complete::Elsewhere(Box::new(Short::new(self.target, bytes))));
            }
            self.target.waiting.fetch_sub(length, Ordering::Relaxed);
        }
        if length > 0 {
            self.send()?;
        }
        let Some(mut sent) = self.sent.take() else { return Err(io::Error::other("nothing was sent")) };
        sent.wait_for(0)?;
        Ok(Complete::Elsewhere(Box::new(InParts::new(sent))))
    }
}

impl Sent {
    fn begin(target: Target) -> io::Result<Self> {
        let (parts, key) = (target.parts()?, target.key.clone());
        let id = target.answer(async move { parts.create_multipart(&key).await })?;
        Ok(Self {
            target,
            id,
            under_way: VecDeque::new(),
            parts: Vec::new(),
            begun: 0,
            length: 0,
            is_done: false,
        })
    }

    fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        self.wait_for(UNDER_WAY - 1)?;
        let (parts, key, id, number) =
            (self.target.parts()?, self.target.key.clone(), self.id.clone(), self.begun);
        self.length += bytes.len() as u64;
        let payload = PutPayload::from_bytes(bytes);
        let part = async move { parts.put_part(&key, &id, number, payload).await };
        self.under_way.push_back(self.target.requests.spawn(part)?);
        self.begun += 1;
        Ok(())
    }

    /// Waits until no more than so many parts are under way.
    fn wait_for(&mut self, under_way: usize) -> io::Result<()> {
        while self.under_way.len() > under_way {
            let Some(part) = self.under_way.pop_front() else { break };
            let abort = part.abort_handle();
            let client = self.target.client.clone();
            let waited = self.target.requests.answer(async move {
                match part.await {
                    Ok(part) => part.map_err(|failure| client.problem(&failure)),
                    Err(_) => Err(io::Error::other("the upload of a part came to no end")),
                }
            });
            self.parts.push(waited.inspect_err(|_| abort.abort())?);
        }
        Ok(())
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        for part in &self.under_way {
            part.abort();
        }
        if self.is_done {
            return;
        }
        let (Ok(parts), key, id) = (self.target.parts(), self.target.key.clone(), self.id.clone()) else {
            return;
        };
        // What is left then is named by the next run to the same name, and goes by the bucket's own rules.
        let _ = self.target.requests.answer_within(FORGETTING, async move {
            parts.abort_multipart(&key, &id).await.map_err(io::Error::from)
        });
    }
}
