//! What a run did, on whatever engine.

use arrow_schema::TimeUnit;
use spectrum_core::Digest;
use spectrum_engine::{RunReport, TableVersion, UnusualTimes};
use spectrum_sql::dialect::Unit;
use spectrum_submit::Report;

/// What is reported of a run.
pub(crate) struct Outcome {
    pub(super) events: u64,
    pub(super) keys: u64,
    pub(super) sessions: u64,
    /// The first and the last instant, in `unit`s since 1970; `None` without events.
    pub(super) span: Option<(i64, i64)>,
    pub(super) unit: TimeUnit,
    pub(super) zoned: bool,
    /// Events left out because they had no time.
    pub(super) dropped: u64,
    /// Events left out because they had a NULL in their key.
    pub(super) dropped_null_keys: u64,
    /// Events that take no part by the rule, then those that belong to no session although they do.
    pub(super) not_taking_part: u64,
    pub(super) without_session: u64,
    pub(super) null_key_events: u64,
    pub(super) null_id_events: u64,
    /// Ids that stand for more than one session, if that was allowed.
    pub(super) shared_ids: u64,
    /// What numbers were found to count, if their magnitude decided.
    pub(super) found_unit: Option<TimeUnit>,
    pub(super) unusual_times: Option<UnusualTimes>,
    pub(super) digest: Option<Digest>,
    /// Numbers that NDJSON has no words for.
    pub(super) lost_numbers: u64,
    /// The version of a table that was read, if it was one.
    pub(super) table: Option<TableVersion>,
}

impl From<RunReport> for Outcome {
    fn from(report: RunReport) -> Self {
        Self {
            events: report.events,
            keys: report.keys,
            sessions: report.sessions,
            span: report.span,
            unit: report.unit,
            zoned: report.zoned,
            dropped: report.dropped,
            dropped_null_keys: report.dropped_null_keys,
            not_taking_part: report.not_taking_part,
            without_session: report.without_session,
            null_key_events: report.null_key_events,
            null_id_events: report.null_id_events,
            shared_ids: report.shared_ids,
            found_unit: report.found_unit,
            unusual_times: report.unusual_times,
            digest: report.digest,
            lost_numbers: report.lost_numbers,
            table: None,
        }
    }
}

impl From<Report> for Outcome {
    fn from(report: Report) -> Self {
        Self {
            events: report.events,
            keys: report.keys,
            sessions: report.sessions,
            span: report.span,
            unit: match report.unit {
                Unit::Microsecond => TimeUnit::Microsecond,
                Unit::Nanosecond => TimeUnit::Nanosecond,
            },
            zoned: report.zoned,
            dropped: report.dropped,
            dropped_null_keys: 0,
            not_taking_part: report.not_taking_part,
            without_session: report.without_session,
            null_key_events: report.null_key_events,
            null_id_events: report.null_id_events,
            shared_ids: report.shared_ids,
            found_unit: None,
            unusual_times: None,
            digest: report.digest,
            lost_numbers: 0,
            table: None,
        }
    }
}
