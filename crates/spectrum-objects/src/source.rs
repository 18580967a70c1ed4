//! An object that is read, always the same version of it.
//!
//! What was announced is asked for in pieces, a few at a time and in order, before it is needed; what was not is asked for
//! when it is. A piece is let go when reading has gone on to the next one of its range.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectMeta};
use spectrum_store::{ReadOrder, Source, SourceReader, Version, again};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::wait::{Counts, Requests};

/// The longest piece: long enough that the wait for its first byte does not count, short enough to have some under way.
const PIECE: u64 = 8 << 20;
/// How much may be under way or wait to be read, for one open object.
const AHEAD: u64 = 32 << 20;
/// Announced ranges that are no farther apart are asked for together.
const GAP: u64 = 64 << 10;
/// How much of the end is read with the first bytes of it: footers are there.
const TAIL: u64 = 64 << 10;
/// The first pieces of an object that is read from its beginning: who looks at its head does not want all of it.
const FIRST: [u64; 3] = [64 << 10, 512 << 10, 4 << 20];

/// One version of an object.
pub(crate) struct Object {
    pub(crate) client: Client,
    pub(crate) key: Key,
    pub(crate) length: u64,
    pub(crate) version: Version,
    /// What the server calls the version.
    pub(crate) tag: Option<String>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) counts: Arc<Counts>,
    pieces: Mutex<Pieces>,
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
            .field("key", &self.key)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What is being read, in the order in which it was announced.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Piece>,
    /// The piece that was read last.
    recent: usize,
    /// Whether all of it is going to be read, and not perhaps the beginning alone.
    is_wanted: bool,
    /// The end of the object, once somebody has read in it.
    tail: Option<Arc<Slot>>,
}

struct Piece {
    range: Range<u64>,
    /// Which announced range it belongs to.
    of: usize,
    state: State,
}

enum State {
    NotAsked,
    Asked(Arc<Slot>),
    LetGo,
}

/// Bytes that come, or came, or do not come.
struct Slot {
    start: u64,
    bytes: Mutex<Option<io::Result<Bytes>>>,
    has_come: Condvar,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
    }
}

impl Object {
    pub(crate) fn new(
        client: Client,
        key: Key,
        meta: &ObjectMeta,
        requests: Arc<Requests>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            client,
            key,
            length: meta.size,
            version: version(meta),
            tag: meta.e_tag.clone(),
            requests,
            counts,
            pieces: Mutex::default(),
        }
    }

    /// Asks for a range.
    fn ask(&self, range: Range<u64>) -> io::Result<Arc<Slot>> {
        let slot = Arc::new(Slot {
            start: range.start,
            bytes: Mutex::new(None),
            has_come: Condvar::new(),
            task: Mutex::new(None),
        });
        let (client, key, tag) = (self.client.clone(), self.key.clone(), self.tag.clone());
        let counts = Arc::clone(&self.counts);
        // The slot holds the task, so the task must not hold the slot.
        let filled = Arc::downgrade(&slot);
        let task = self.requests.spawn(async move {
            let bytes = read(&client, &key, range, tag).await;
            if let Ok(bytes) = &bytes {
                counts.read(bytes.len() as u64);
            }
            if let Some(slot) = filled.upgrade() {
                *lock(&slot.bytes) = Some(bytes);
                slot.has_come.notify_all();
            }
        })?;
        *lock(&slot.task) = Some(task);
        Ok(slot)
    }

    /// The bytes of a slot, when they have come.
    fn bytes(&self, slot: &Slot) -> io::Result<Bytes> {
        let mut bytes = lock(&slot.bytes);
        loop {
            match &*bytes {
                Some(Ok(bytes)) => return Ok(bytes.clone()),
                Some(Err(error)) => return Err(again(error)),
                None => {}
            }
            self.requests.check()?;
            let waited = slot.has_come.wait_timeout(bytes, Duration::from_millis(50));
            bytes = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Where the bytes at an offset are to be found: in a piece, in the tail, or nowhere yet.
    fn slot(&self, offset: u64, wanted: u64) -> io::Result<Arc<Slot>> {
        let mut pieces = lock(&self.pieces);
        if let Some(at) = pieces.find(offset) {
            let slot = pieces.asked(at, self)?;
            // Reading has gone on to another piece.
            if pieces.recent != at || (at == 0 && pieces.is_wanted) {
                pieces.recent = at;
                pieces.let_go_before(at);
                pieces.ask_ahead(at, self)?;
            }
            return Ok(slot);
        }
        if offset >= self.length.saturating_sub(TAIL) {
            return match &pieces.tail {
                Some(slot) if slot.start <= offset => Ok(Arc::clone(slot)),
                _ => {
                    let slot = self.ask(self.length.saturating_sub(TAIL)..self.length)?;
                    Ok(Arc::clone(pieces.tail.insert(slot)))
                }
            };
        }
        drop(pieces);
        self.ask(offset..(offset + wanted.min(PIECE)).min(self.length))
    }
}

impl Pieces {
    /// The piece with an offset: mostly the last one, or the one after it.
    fn find(&self, offset: u64) -> Option<usize> {
        let has = |at: &usize| {
            self.pieces
                .get(*at)
                .is_some_and(|piece| piece.range.contains(&offset) && !matches!(piece.state, State::LetGo))
        };
        [self.recent, self.recent + 1].into_iter().find(has).or_else(|| (0..self.pieces.len()).find(has))
    }

    /// The bytes of a piece, asked for if they are not yet.
    fn asked(&mut self, at: usize, object: &Object) -> io::Result<Arc<Slot>> {
        let piece = &mut self.pieces[at];
        if let State::Asked(slot) = &piece.state {
            return Ok(Arc::clone(slot));
        }
        let slot = object.ask(piece.range.clone())?;
        piece.state = State::Asked(Arc::clone(&slot));
        Ok(slot)
    }

    /// Lets go what lies before a piece in the same range: whoever reads there has read it.
    fn let_go_before(&mut self, at: usize) {
        let of = self.pieces[at].of;
        for piece in self.pieces[..at].iter_mut().filter(|piece| piece.of == of) {
            piece.state = State::LetGo;
        }
    }

    /// Asks for what comes next: first in the same range, then in the order of all, as far as there is room.
    fn ask_ahead(&mut self, at: usize, object: &Object) -> io::Result<()> {
        let of = self.pieces[at].of;
        let (same, other): (Vec<usize>, Vec<usize>) = (0..self.pieces.len())
            .filter(|next| matches!(self.pieces[*next].state, State::NotAsked))
            .partition(|next| *next > at && self.pieces[*next].of == of);
        let asked = self.pieces.iter().filter(|piece| matches!(piece.state, State::Asked(_)));
        let mut room = AHEAD.saturating_sub(asked.map(|piece| length(&piece.range)).sum());
        for next in same.into_iter().chain(other) {
            let wanted = length(&self.pieces[next].range);
            if wanted > room {
                return Ok(());
            }
            self.asked(next, object)?;
            room -= wanted;
        }
        Ok(())
    }
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

impl Source for Object {
    fn len(&self) -> u64 {
        self.length
    }

    fn version(&self) -> &Version {
        &self.version
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let slot = self.slot(offset, buffer.len() as u64)?;
        let bytes = self.bytes(&slot)?;
        let within = usize::try_from(offset - slot.start).unwrap_or(usize::MAX);
        let Some(rest) = bytes.get(within..).filter(|rest| !rest.is_empty()) else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server sent less than it has"));
        };
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn will_read(&self, ranges: &[Range<u64>], order: ReadOrder) {
        let longest = match order {
            ReadOrder::OneByOne => u64::MAX,
            ReadOrder::InTurns => PIECE,
        };
        let ranges = ranges_together(ranges, longest).into_iter().enumerate();
        let pieces = ranges.flat_map(|(number, range)| {
            let of = if order == ReadOrder::InTurns { number } else { 0 };
            pieces_of(range, |_| PIECE).map(move |range| Piece { range, of, state: State::NotAsked })
        });
        let mut announced = lock(&self.pieces);
        *announced =
            Pieces { pieces: pieces.collect(), recent: 0, is_wanted: true, tail: announced.tail.take() };
        if !announced.pieces.is_empty() {
            // What cannot be asked for now says so when it is read.
            let _ = announced.asked(0, self).and_then(|_| announced.ask_ahead(0, self));
        }
    }

    fn stream(self: Arc<Self>) -> Box<dyn Read + Send> {
        let all = pieces_of(0..self.length, |number| FIRST.get(number).copied().unwrap_or(PIECE));
        let pieces = all.map(|range| Piece { range, of: 0, state: State::NotAsked }).collect();
        *lock(&self.pieces) = Pieces { pieces, ..Pieces::default() };
        Box::new(SourceReader::new(self, 0))
    }
}

/// Ranges in their order, those that follow one another closely as one, if that is no longer than `longest`.
fn ranges_together(ranges: &[Range<u64>], longest: u64) -> Vec<Range<u64>> {
    let mut together: Vec<Range<u64>> = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        match together.last_mut() {
            Some(last)
                if range.start >= last.end
                    && range.start - last.end <= GAP
                    && range.end - last.start <= longest =>
            {
                last.end = range.end;
            }
            _ => together.push(range.clone()),
        }
    }
    together
}

/// A range in pieces, the next of which has a length by its number.
fn pieces_of(range: Range<u64>, length: impl Fn(usize) -> u64) -> impl Iterator<Item = Range<u64>> {
    let mut start = range.start;
    let mut number = 0;
    std::iter::from_fn(move || {
        let piece = start..(start + length(number)).min(range.end);
        (start, number) = (piece.end, number + 1);
        (!piece.is_empty()).then_some(piece)
    })
}

/// What tells an object's versions apart.
pub(crate) fn version(meta: &ObjectMeta) -> Version {
    match (&meta.e_tag, &meta.version) {
        (Some(tag), Some(version)) => Version::new(format!("{tag} {version}")),
        (Some(tag), None) => Version::new(tag),
        (None, _) => Version::new(format!("{} {}", meta.size, meta.last_modified)),
    }
}

/// Reads a range of one version. The client goes on where a connection was cut, if the version has a tag.
async fn read(client: &Client, key: &Key, range: Range<u64>, tag: Option<String>) -> io::Result<Bytes> {
    let wanted = length(&range);
    let options =
        GetOptions { range: Some(GetRange::Bounded(range)), if_match: tag, ..GetOptions::default() };
    let problem = |failure| client.problem(&failure);
    let bytes = client.store.get_opts(key, options).await.map_err(problem)?.bytes().await.map_err(problem)?;
    if bytes.len() as u64 != wanted {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server sent less than it was asked for",
        ));
    }
    Ok(bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_that_lie_close_to_one_another_are_one_request() {
        let mib = 1 << 20;
        let ranges = [4..10, 10..20, 300_000..400_000, 3 * mib..4 * mib, 0..3];
        assert_eq!(ranges_together(&ranges, 1000), [4..20, 300_000..400_000, 3 * mib..4 * mib, 0..3]);
        assert_eq!(ranges_together(&ranges, 10), [4..10, 10..20, 300_000..400_000, 3 * mib..4 * mib, 0..3]);
        assert_eq!(
            ranges_together(&[0..5, 5..5, 100..200, 1 << 30..1 << 31], u64::MAX),
            [0..200, 1 << 30..1 << 31]
        );
    }

    #[test]
    fn pieces_cover_a_range() {
        let pieces: Vec<_> = pieces_of(5..30, |number| if number == 0 { 5 } else { 10 }).collect();
        assert_eq!(pieces, [5..10, 10..20, 20..30]);
        assert_eq!(pieces_of(7..7, |_| 1).count(), 0);
    }
}
