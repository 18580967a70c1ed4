//! Names of columns that stand beside those of the events and must not clash with them.

use crate::postgres::events::Events;

/// The columns that notes and working tables add to those of the events.
#[derive(Clone, Debug)]
pub(super) struct OwnColumns {
    /// The times touched.
    pub(super) times: String,
    /// The earliest time touched, where all times from there on may be.
    pub(super) since: String,
    /// The latest.
    pub(super) until: String,
    /// Whether events were added and nothing else happened.
    pub(super) added: String,
    /// Whether all keys may be touched.
    pub(super) everything: String,
    /// Whether an event without a finite time is among those touched.
    pub(super) timeless: String,
    /// The ids of events that are gone, where those of partitions that go are kept.
    pub(super) gone_ids: String,
    /// The table that an event was read from.
    pub(super) from_table: String,
    /// The partitions that are not watched yet; a variable, which no column may hide.
    pub(super) unwatched: String,
    /// The table that a kept event was in.
    pub(super) kept_from: String,
    /// The number that a refresh gives to a span.
    pub(super) span_no: String,
    /// The number of a session of a key.
    pub(super) seq: String,
    /// Where the times touched begin, one per entry.
    pub(super) begins: String,
    /// Where they end.
    pub(super) ends: String,
    /// Whether a range of time stands apart from those before it.
    pub(super) apart: String,
    /// The number that ranges which do not stand apart have in common.
    pub(super) nth: String,
    /// The number of the last session before a span.
    pub(super) last_seq: String,
    /// The end of that session.
    pub(super) last_ended_at: String,
    /// The number of the first session behind a span.
    pub(super) next_seq: String,
    /// The start of that session.
    pub(super) next_started_at: String,
    /// The end of the last session before the next span of the key.
    pub(super) rest_ended_at: String,
    /// By how much the numbers of a span's sessions shift.
    pub(super) shift: String,
    /// By how much those of the sessions behind it do.
    pub(super) rest_shift: String,
    /// The greatest end of the ranges before.
    pub(super) so_far: String,
    /// The time of the event before.
    pub(super) previous: String,
    /// Where a row stands in its table.
    pub(super) place: String,
    /// Where a span begins, under rules beyond the gap.
    pub(super) begins_at: String,
    /// Whether it begins with a session that stands.
    pub(super) resumes: String,
    /// Where the sessions behind a span end, whose numbers shift with it.
    pub(super) rest_until: String,
    /// Why an event's session began, as found in its span.
    pub(super) reason: String,
    /// Whether the rule ignores an event.
    pub(super) ignored: String,
    /// The reason and whether it was ignored, as a row has them.
    pub(super) had_reason: String,
    pub(super) had_ignored: String,
    /// The number that a session had.
    pub(super) had_seq: String,
    /// The id that a row had.
    pub(super) had_id: String,
}

impl OwnColumns {
    /// Names that no column of the events has.
    pub(super) fn beside(events: &Events<'_>) -> Self {
        let name = |wanted| events.own_name(wanted);
        Self {
            since: name("since"),
            until: name("until"),
            times: name("times"),
            added: name("added"),
            begins: name("begins"),
            ends: name("ends"),
            so_far: name("so_far"),
            had_seq: name("had_session_seq"),
            everything: name("everything"),
            timeless: name("timeless"),
            gone_ids: name("gone_ids"),
            from_table: name("from_table"),
            unwatched: name("unwatched"),
            kept_from: name("kept_from"),
            span_no: name("span_no"),
            seq: name("session_seq"),
            last_seq: name("last_seq"),
            last_ended_at: name("last_ended_at"),
            apart: name("apart"),
            nth: name("nth"),
            next_seq: name("next_seq"),
            next_started_at: name("next_started_at"),
            rest_ended_at: name("rest_ended_at"),
            shift: name("shift"),
            rest_shift: name("rest_shift"),
            previous: name("prev_occurred_at"),
            place: name("place"),
            begins_at: name("begins_at"),
            resumes: name("resumes"),
            rest_until: name("rest_until"),
            reason: name("reason"),
            ignored: name("is_ignored"),
            had_reason: name("had_reason"),
            had_ignored: name("had_ignored"),
            had_id: name("had_session_id"),
        }
    }
}
