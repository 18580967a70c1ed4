//! The one place where a run asks for its SQL.

use spectrum_sql::dialect::run::{Added, RunQuery};

use crate::error::Result;
use crate::options::Options;

/// All that an engine is asked in a run, in the order in which it is asked.
pub(crate) struct Statements {
    pub(crate) source: String,
    pub(crate) checks: String,
    pub(crate) null_times: String,
    pub(crate) sessions: String,
    pub(crate) counts: String,
    pub(crate) shared_ids: String,
    pub(crate) collision: String,
    pub(crate) events: String,
    /// Counts, and with a digest its sums.
    pub(crate) written: String,
}

/// The statements for a definition over the columns that the engine found. Whatever cannot be expressed is refused here,
/// before anything runs.
pub(crate) fn statements(query: &RunQuery<'_>, options: &Options, day: Option<&str>) -> Result<Statements> {
    let added = Added { session_id: &options.session_column, session_seq: options.with_sequence, day };
    Ok(Statements {
        source: query.source()?,
        checks: query.checks()?,
        null_times: query.null_times()?,
        sessions: query.sessions()?,
        counts: query.counts()?,
        shared_ids: query.shared_ids()?,
        collision: query.collision()?,
        events: query.events(added)?,
        written: if options.digest { query.digest(&options.session_column)? } else { query.written()? },
    })
}
