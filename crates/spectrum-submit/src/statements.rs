//! The one place where a run asks for its SQL.

use spectrum_sql::dialect::run::{Added, RunQuery};

use crate::error::Result;
use crate::options::Options;

/// All that an engine is asked in a run, in the order in which it is asked.
pub(crate) struct Statements {
    pub(crate) source: String,
    /// Where the rule takes texts for something else.
    pub(crate) unread_values: Option<String>,
    pub(crate) checks: String,
    pub(crate) null_times: String,
    pub(crate) sessions: String,
    pub(crate) counts: String,
    pub(crate) shared_ids: String,
    pub(crate) collision: String,
    pub(crate) events: String,
    /// Counts, and with a digest its sums.
    pub(crate) written: String,
    /// Where the rule can leave events without a session.
    pub(crate) without_id: Option<String>,
}

/// The statements for a definition over the columns that the engine found. Whatever cannot be expressed is refused here,
/// before anything runs.
pub(crate) fn statements(query: &RunQuery<'_>, options: &Options, day: Option<&str>) -> Result<Statements> {
    let added = Added { session_id: &options.session_column, session_seq: options.with_sequence, day };
    Ok(Statements {
        source: query.source()?,
        unread_values: query.unread_values()?,
        checks: query.checks()?,
        null_times: query.null_times()?,
        sessions: query.sessions()?,
        counts: query.counts()?,
        shared_ids: query.shared_ids()?,
        collision: query.collision()?,
        events: query.events(added)?,
        written: if options.digest { query.digest(&options.session_column)? } else { query.written()? },
        without_id: match query.definition.rule().is_plain_gap() {
            true => None,
            false => Some(query.without_id(&options.session_column)?),
        },
    })
}
