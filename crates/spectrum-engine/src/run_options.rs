//! What a run is asked to do.

use crate::as_of::AsOf;
use crate::format::Format;
use crate::output::target::Target;

/// What to do with an input, and where the results go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// The events with their session ids: a file, a folder (with one output file per input file), or standard
    /// output.
    pub output: Target,
    /// The sessions table.
    pub sessions: Option<Target>,
    /// A time as of which the sessions table says whether each session could still go on.
    pub as_of: Option<AsOf>,
    /// The outputs' format, where their names do not show it.
    pub to: Option<Format>,
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// The name of the added column.
    pub session_column: String,
    /// Whether to add `session_seq` too.
    pub with_sequence: bool,
    /// Whether to add `started_by`, why the event's session began, too.
    pub with_reason: bool,
    /// What to do with events without a time.
    pub null_time: NullTime,
    /// Whether ids may stand for more than one session.
    pub allow_id_collisions: bool,
    /// Whether outputs may replace files.
    pub force: bool,
    /// Whether to remove hidden files that a killed run left under the outputs' names. One that still goes on loses its
    /// outputs.
    pub clean: bool,
    /// Whether to compute the digest of all event ids and session ids, which takes another reading of the event
    /// id column. Ids count as PostgreSQL's `::TEXT` writes them: uuids of sixteen bytes in lower case, integers in
    /// decimal. Text is taken as it stands, just as in keys, so that `A0EE...` or `007` in a file equals that text in
    /// a text column, and not the uuid or the integer.
    pub digest: bool,
}

impl RunOptions {
    /// Writes the events there, and nothing else: on one thread, refusing whatever is doubtful.
    pub fn new(output: Target) -> Self {
        Self {
            output,
            sessions: None,
            as_of: None,
            to: None,
            threads: 1,
            session_column: "session_id".into(),
            with_sequence: false,
            with_reason: false,
            null_time: NullTime::Refuse,
            allow_id_collisions: false,
            force: false,
            clean: false,
            digest: false,
        }
    }
}

/// What to do with events whose time is NULL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NullTime {
    /// Stop and name them.
    #[default]
    Refuse,
    /// Leave them out of the output and count them.
    Drop,
}
