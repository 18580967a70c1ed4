//! What a run is asked to do.

use spectrum_sql::dialect::Plan;
use spectrum_sql::dialect::run::EpochUnit;

/// What to do, and where the results go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where the events go.
    pub output: String,
    /// Where the sessions go.
    pub sessions: Option<String>,
    /// The column that the folders of the output are named by; `date`, if the events have none, is the day of the time.
    pub partition_by: Option<String>,
    /// The name of the added column.
    pub session_column: String,
    /// Whether to add `session_seq` too.
    pub with_sequence: bool,
    /// Whether events without a time are left out instead of refused.
    pub drop_null_times: bool,
    /// Whether ids may stand for more than one session.
    pub allow_id_collisions: bool,
    /// Whether to compute the digest of what was written.
    pub digest: bool,
    /// Whether the event id column must be there even where nothing reads it, because somebody named it.
    pub needs_event_id: bool,
    /// What numbers in the time column count, in text formats.
    pub time_unit: Option<EpochUnit>,
    /// The steps to the same rows.
    pub plan: Plan,
}

impl Options {
    /// Writes the events there, and nothing else, refusing whatever is doubtful.
    pub fn new(output: impl Into<String>) -> Self {
        Self {
            output: output.into(),
            sessions: None,
            partition_by: None,
            session_column: "session_id".into(),
            with_sequence: false,
            drop_null_times: false,
            allow_id_collisions: false,
            digest: false,
            needs_event_id: false,
            time_unit: None,
            plan: Plan::default(),
        }
    }
}
