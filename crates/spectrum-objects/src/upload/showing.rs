//! Gives uploads their names, and finds out whether they have them where an answer was lost.
//!
//! A server may have done what its answer did not say: the answer is lost, a gateway fails in its place, or somebody asks to
//! stop before it comes. What has the name by then is asked for, and is known again.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectMeta, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};
use spectrum_outputs::Elsewhere;
use spectrum_store::{Problem, StoreError};

use super::{FORGETTING, Sent, Target};
use crate::client::Ended;

/// What an object is marked with, by which its upload knows it again. Azure allows no more than letters and digits.
const MARK: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("spectrumupload"));

/// Whether an object has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    No,
    New,
    /// And another object had it.
    Replaced,
}

impl Target {
    /// Waits for what cannot be recalled, also when somebody asks to stop, but then no longer than a run that ends may take.
    fn named<T: Send + 'static>(
        &self,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let client = self.client.clone();
        let request = async move { request.await.map_err(|failure| client.problem(&failure)) };
        self.requests.answer_also_if_stopped(FORGETTING, request)
    }

    /// What has the name now; also asked when somebody asked to stop.
    fn there(&self) -> io::Result<Option<(ObjectMeta, Attributes)>> {
        let (client, key) = (self.client.clone(), self.key.clone());
        let found = self.requests.answer_within(FORGETTING, async move {
            let head = GetOptions { head: true, ..GetOptions::default() };
            let found = client.store.get_opts(&key, head).await;
            found.map(|found| (found.meta, found.attributes)).map_err(|failure| client.problem(&failure))
        });
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What had the name before an object takes it, which is refused where that may not be.
    fn before(&self) -> io::Result<Option<ObjectMeta>> {
        self.requests.check()?;
        match (self.there()?, self.replaces) {
            (Some(_), false) => Err(taken()),
            (found, _) => Ok(found.map(|(meta, _)| meta)),
        }
    }

    /// What became of a request that failed, or whose answer is not known.
    fn settled(&self, failed: io::Error, is_ours: io::Result<bool>) -> io::Result<()> {
        let problem = StoreError::of(&failed).map(|error| error.problem);
        let is_refused = matches!(problem, Some(Problem::Refused | Problem::NoCredentials));
        match is_ours {
            Ok(true) => Ok(()),
            Ok(false) if problem == Some(Problem::Taken) || self.requests.check().is_ok() => Err(failed),
            _ if is_refused => Err(failed),
            _ => {
                let words =
                    format!("{failed}; whether the object has come is not known, and it may still come");
                Err(StoreError::new(Problem::Other, words)
                    .or(spectrum_store::StoreRemedy::Say("look before you write it again".into()))
                    .into())
            }
        }
    }

    /// Takes an object away that came after somebody asked to stop. One that has replaced another stays: it is complete,
    /// and nothing brings the other one back.
    fn heed_stop(&self, state: &mut Shown) -> io::Result<()> {
        match self.requests.check() {
            Err(stopped) if *state == Shown::New => {
                take_back(self, state).map_err(|failed| {
                    let words = format!(
                        "somebody asked to stop, and the object could not be removed again ({failed})"
                    );
                    io::Error::from(StoreError::new(Problem::Other, words))
                })?;
                Err(stopped)
            }
            _ => Ok(()),
        }
    }
}

fn taken() -> io::Error {
    StoreError::new(Problem::Taken, "an object of that name has come meanwhile").into()
}

fn take_back(target: &Target, state: &mut Shown) -> io::Result<()> {
    match *state {
        Shown::No => return Ok(()),
        Shown::Replaced => {
            return Err(io::Error::other(
                "only a bucket that keeps versions has what was there before, and nothing else can bring it back",
            ));
        }
        Shown::New => {}
    }
    let (client, key) = (target.client.clone(), target.key.clone());
    target.requests.answer_within(FORGETTING, async move {
        client.store.delete(&key).await.map_err(|failure| client.problem(&failure))
    })?;
    *state = Shown::No;
    Ok(())
}

/// One that is sent whole when it gets its name.
#[derive(Debug)]
pub(super) struct Short {
    target: Target,
    bytes: Bytes,
    mark: String,
    state: Shown,
}

impl Short {
    pub(super) fn new(target: Target, bytes: Bytes) -> Self {
        // Each state is another, by what the system gives at random.
        let random = || RandomState::new().build_hasher().finish();
        let mark = format!("{:016x}{:016x}", random(), random());
        Self { target, bytes, mark, state: Shown::No }
    }

    /// Whether it was put; it is not where the server knows no such condition.
    fn put(&self, mode: PutMode) -> io::Result<bool> {
        let (store, key) = (Arc::clone(&self.target.client.store), self.target.key.clone());
        let payload = PutPayload::from_bytes(self.bytes.clone());
        let attributes = Attributes::from_iter([(MARK, self.mark.clone())]);
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        self.target.named(async move {
            match store.put_opts(&key, payload, options).await {
                Err(object_store::Error::NotImplemented { .. }) => Ok(false),
                done => done.map(|_| true),
            }
        })
    }

    fn is_ours(&self) -> io::Result<bool> {
        let found = self.target.there()?;
        Ok(found.is_some_and(|(_, attributes)| {
            attributes.get(&MARK).is_some_and(|mark| mark.as_ref() == self.mark)
        }))
    }
}

impl Elsewhere for Short {
    fn name(&self) -> &Path {
        &self.target.name
    }

    fn appear(&mut self) -> io::Result<()> {
        let state = if self.target.before()?.is_some() { Shown::Replaced } else { Shown::New };
        let mut put = if self.target.replaces { Ok(false) } else { self.put(PutMode::Create) };
        // A server that knows no such condition has been asked a moment ago.
        if matches!(put, Ok(false)) {
            put = self.put(PutMode::Overwrite);
        }
        if let Err(failed) = put {
            self.target.settled(failed, self.is_ours())?;
        }
        self.state = state;
        self.target.heed_stop(&mut self.state)
    }

    fn take_back(&mut self) -> io::Result<()> {
        take_back(&self.target, &mut self.state)
    }

    fn has_replaced(&self) -> bool {
        self.state == Shown::Replaced
    }
}

impl Drop for Short {
    fn drop(&mut self) {
        self.target.waiting.fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

/// One whose parts the server has.
#[derive(Debug)]
pub(super) struct InParts {
    sent: Sent,
    state: Shown,
}

impl InParts {
    pub(super) fn new(sent: Sent) -> Self {
        Self { sent, state: Shown::No }
    }

    /// Ends the upload.
    fn end(&self) -> io::Result<Ended> {
        let target = &self.sent.target;
        let (key, id, parts) = (target.key.clone(), self.sent.id.clone(), self.sent.parts.clone());
        if let Some(s3) = &target.client.s3
            && !target.replaces
        {
            let (s3, key, id) = (Arc::clone(s3), key.clone(), id.clone());
            let tags: Vec<String> = parts.iter().map(|part| part.content_id.clone()).collect();
            let ended = target.requests.answer_also_if_stopped(FORGETTING, async move {
                s3.complete_if_free(key.as_ref(), &id, &tags).await
            })?;
            if ended != Ended::NotUnderstood {
                return Ok(ended);
            }
        }
        let store = target.parts()?;
        target.named(async move { store.complete_multipart(&key, &id, parts).await })?;
        Ok(Ended::Shown)
    }

    /// Whether what has the name now is of this upload: as long as it is and another than before, from an upload that the
    /// server has no more.
    fn is_ours(&self, before: Option<&ObjectMeta>) -> io::Result<bool> {
        let target = &self.sent.target;
        let Some((meta, _)) = target.there()? else { return Ok(false) };
        if meta.size != self.sent.length || before.is_some_and(|before| before.e_tag == meta.e_tag) {
            return Ok(false);
        }
        let Some(s3) = target.client.s3.clone() else { return Ok(true) };
        let (key, id) = (target.key.clone(), self.sent.id.clone());
        let unfinished = async move { s3.is_unfinished(key.as_ref(), &id).await };
        Ok(!target.requests.answer_within(FORGETTING, unfinished)?)
    }
}

impl Elsewhere for InParts {
    fn name(&self) -> &Path {
        &self.sent.target.name
    }

    fn appear(&mut self) -> io::Result<()> {
        let before = self.sent.target.before()?;
        let failed = match self.end() {
            Ok(Ended::Shown) => None,
            Ok(_) => Some(taken()),
            // By an answer to the only request.
            Err(failed) if failed.kind() == io::ErrorKind::AlreadyExists => return Err(failed),
            Err(failed) => Some(failed),
        };
        if let Some(failed) = failed {
            self.sent.target.settled(failed, self.is_ours(before.as_ref()))?;
        }
        self.sent.is_done = true;
        self.state = if before.is_some() { Shown::Replaced } else { Shown::New };
        self.sent.target.heed_stop(&mut self.state)
    }

    fn take_back(&mut self) -> io::Result<()> {
        take_back(&self.sent.target, &mut self.state)
    }

    fn has_replaced(&self) -> bool {
        self.state == Shown::Replaced
    }
}
