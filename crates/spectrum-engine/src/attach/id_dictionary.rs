//! The distinct ids of some events, as a column with a dictionary has them.

use std::sync::{Mutex, PoisonError};

use spectrum_core::{SessionId, SessionIndex, Sessions};

use super::id_chunk::NULL;

/// The distinct ids of a part's events, and which of them each event has: gathered part after part into the
/// same room, because fresh memory for each would cost more than the work itself.
#[derive(Default)]
pub(crate) struct IdDictionary {
    /// Which of `sessions` each session is, if it is one of them. Four bytes per session.
    entry_of: Vec<u32>,
    sessions: Vec<SessionIndex>,
    pub(crate) entries: Vec<SessionId>,
    /// [`NULL`] for events whose id is NULL, or that have no session.
    pub(crate) indexes: Vec<u32>,
}

impl IdDictionary {
    /// Numbers the sessions of these events in the order in which they first occur.
    pub(crate) fn gather(&mut self, sessions: &Sessions, events: impl Iterator<Item = Option<SessionIndex>>) {
        let any_null = sessions.has_null_ids();
        self.entry_of.resize(sessions.len(), 0);
        self.sessions.clear();
        self.indexes.clear();
        self.indexes.extend(events.map(|session| {
            let Some(session) = session else { return NULL };
            if any_null && sessions.id(session).is_none() {
                return NULL;
            }
            // An entry counts only if it is of this session, so nothing has to be wiped.
            let entry = &mut self.entry_of[session.index()];
            if self.sessions.get(*entry as usize) != Some(&session) {
                *entry = self.sessions.len() as u32;
                self.sessions.push(session);
            }
            *entry
        }));
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
