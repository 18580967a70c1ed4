//! PostgreSQL, whose answer is the reference: the sessions of events, their summary, and the digest of both.

mod condition;
mod digest;
mod events;
mod exported;
mod incremental;
mod interval;
mod refresh_log;
mod rule;
mod ruled;
mod sessions;
mod summary;
mod summary_columns;
mod time;
mod tree;

pub use condition::condition;
pub use digest::{digest_query, key_text};
pub use events::{Events, KeyComparison, TimeSubtraction};
pub use exported::events_as_json;
pub use incremental::{
    CaptureTrigger, EventColumn, Function, HISTORY_CHANGES, HISTORY_COLUMNS, ID_STATES, Incremental,
    IncrementalNames, MaintainedIndex, OnDetach, REFRESH_COUNTS, REFRESH_STEPS, SESSION_ID_COLUMNS,
    as_of_check, capture_functions_of, capture_triggers_of, changed_columns, duplicate_event, pending_query,
    whole_rows,
};
pub use interval::interval;
pub use refresh_log::{RefreshLog, refresh_reason};
pub(crate) use sessions::sessions_in_parts;
pub use sessions::{numbered_sessions_query, ruled_columns, session_id_of, sessions_query};
pub(crate) use summary::summary_and_columns;
pub use summary::{SUMMARY_COLUMNS, summary_query};
pub use tree::{table_tree, tables_below};
