//! Names of columns that stand beside those of the events and must not clash with them.

use super::Incremental;

/// The columns that notes and working tables add to those of the events.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The earliest time touched.
    pub(super) since: String,
    /// Whether all keys may be touched.
    pub(super) everything: String,
    /// Whether an event without a finite time is among those touched.
    pub(super) timeless: String,
    /// The ids of events that are gone, where those of partitions that go are kept.
    pub(super) gone_ids: String,
    /// The table that a kept event was in.
    pub(super) kept_from: String,
    /// The number that a refresh gives to a key.
    pub(super) key_no: String,
    /// The number of a session of a key.
    pub(super) seq: String,
    /// The number of the last session that is not touched.
    pub(super) last_seq: String,
    /// The end of that session.
    pub(super) last_ended_at: String,
    /// The time of the event before.
    pub(super) previous: String,
    /// Where a row stands in its table.
    pub(super) place: String,
    /// The id that a row has now.
    pub(super) had_id: String,
}

impl Incremental<'_> {
    pub(super) fn own(&self) -> Own {
        let name = |wanted| self.events.own_name(wanted);
        Own {
            since: name("since"),
            everything: name("everything"),
            timeless: name("timeless"),
            gone_ids: name("gone_ids"),
            kept_from: name("kept_from"),
            key_no: name("key_no"),
            seq: name("session_seq"),
            last_seq: name("last_seq"),
            last_ended_at: name("last_ended_at"),
            previous: name("prev_occurred_at"),
            place: name("place"),
            had_id: name("had_session_id"),
        }
    }
}
