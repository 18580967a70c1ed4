//! The distinct ids of some events, as a column with a dictionary has them.

use std::sync::{Mutex, PoisonError};

use spectrum_core::{SessionId, SessionIndex, Sessions};

use super::id_chunk::NULL;

/// Sessions that are looked up in a row, so that the waits for memory overlap.
const IN_A_ROW: usize = 256;

/// The distinct ids of a part's events, and which of them each event has: gathered part after part into the
/// same room, because fresh memory for each would cost more than the work itself.
pub(crate) struct IdDictionary {
    /// Which entry each session was when it was one last, counted through all parts. Four bytes per session.
    entry_of: Vec<u32>,
    /// The first number that no part has counted to. Entries before this part's are of others, so nothing has to be wiped.
    next: u32,
    sessions: Vec<SessionIndex>,
    row: Vec<Option<SessionIndex>>,
    pub(crate) entries: Vec<SessionId>,
    /// [`NULL`] for events whose id is NULL, or that have no session.
    pub(crate) indexes: Vec<u32>,
}

impl Default for IdDictionary {
    fn default() -> Self {
        Self {
            entry_of: Vec::new(),
            next: 1,
            sessions: Vec::new(),
            row: Vec::with_capacity(IN_A_ROW),
            entries: Vec::new(),
            indexes: Vec::new(),
        }
    }
}

impl IdDictionary {
    /// Numbers the sessions of these events in the order in which they first occur.
    pub(crate) fn gather(&mut self, sessions: &Sessions, events: impl Iterator<Item = Option<SessionIndex>>) {
        let any_null = sessions.has_null_ids();
        self.entry_of.resize(sessions.len(), 0);
        if u32::try_from(sessions.len()).ok().and_then(|most| self.next.checked_add(most)).is_none() {
            self.entry_of.fill(0);
            self.next = 1;
        }
        let first = self.next;
        self.sessions.clear();
        self.indexes.clear();
        let mut events = events;
        loop {
            self.row.clear();
            self.row.extend(events.by_ref().take(IN_A_ROW));
            if self.row.is_empty() {
                break;
            }
            self.indexes.extend(self.row.iter().map(|session| {
                let Some(session) = *session else { return NULL };
                if any_null && sessions.id(session).is_none() {
                    return NULL;
                }
                let entry = &mut self.entry_of[session.index()];
                if *entry < first {
                    *entry = self.next;
                    self.next += 1;
                    self.sessions.push(session);
                }
                *entry - first
            }));
        }
        self.entries.clear();
        self.entries.extend(self.sessions.iter().filter_map(|session| sessions.id(*session)));
    }
}

/// Those of all threads.
#[derive(Default)]
pub(crate) struct IdDictionaries(Mutex<Vec<IdDictionary>>);

impl IdDictionaries {
    pub(crate) fn take(&self) -> IdDictionary {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn put_back(&self, dictionary: IdDictionary) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(dictionary);
    }
}
