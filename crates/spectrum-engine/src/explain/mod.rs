//! Why an event started its session, or joined it: the events around it, to the unit of the data.

mod around;
mod find;
mod nearest_miss;
mod sought;
mod standing;
mod surroundings;

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{Reason, Reasons, SessionDefinition, SessionId, ValueChange};

use self::find::find;
pub use self::nearest_miss::{NearestMiss, nearest_miss};
pub(crate) use self::sought::text_of;
pub use self::standing::{AllowedGap, Standing};
use self::surroundings::surroundings;
use crate::error::Result;
use crate::input::Input;
use crate::scan::{RuleInput, Scan, Wanted};
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// How many events of one id are explained; an id should have one.
const MOST_EXPLAINED: usize = 20;

/// How to look for the event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainOptions {
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
}

impl Default for ExplainOptions {
    fn default() -> Self {
        Self { threads: 1 }
    }
}

/// All events of one id, explained.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// How many events have the id.
    pub found: u64,
    /// The first of them in the order of the input, at most twenty.
    pub events: Vec<ExplainedEvent>,
    /// The unit of all instants and distances.
    pub unit: TimeUnit,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// What the numbers of the time column were found to count, where their magnitude decided.
    pub found_unit: Option<TimeUnit>,
    /// Whether more than a sliver of the events has a time that nobody expects, if the input says which are usual.
    pub unusual_times: Option<UnusualTimes>,
}

/// One event.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ExplainedEvent {
    /// Where it is, as in `events.csv line 7`.
    pub whereabouts: String,
    /// The texts of its key columns, in the definition's order; `None` for NULL.
    pub key: Vec<Option<String>>,
    /// How many events of its key have no time and so belong to no session, this one included if it has none.
    pub null_times: u64,
    /// Its session and the events around it; `None` when it has no time, takes no part or belongs to none.
    pub session: Option<InSession>,
    /// What it is to the rule; `None` when it has no time.
    pub standing: Option<Standing>,
    /// Why it belongs to no session although it takes part.
    pub left_out: Option<NoSession>,
}

/// Why an event belongs to no session: it begins none, and none held when it happened.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct NoSession {
    /// When it happened, in units since 1970.
    pub instant: i64,
    /// The latest session of its key until then; `None` where none had begun.
    pub after: Option<Ended>,
}

/// A session that had ended.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// Its number among those of its key, from 1.
    pub number: u64,
    /// Its last instant.
    pub end: i64,
    /// What had ended it.
    pub by: Reason,
    /// The longest pause that might have followed.
    pub allowed: Option<AllowedGap>,
}

/// An event in its session.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct InSession {
    /// When it happened, in units since 1970.
    pub instant: i64,
    /// Other events of its key at the same instant. Events of one instant are one moment.
    pub others_at_instant: u64,
    /// The latest moment of its key before it that had a say in whether it joined: one that is not ignored, and not passive
    /// where no session held.
    pub previous: Option<Neighbour>,
    /// Whether there are moments between the two, which have no say, or before it where none has.
    pub passed_over: bool,
    /// The earliest moment of its key after it.
    pub next: Option<Neighbour>,
    /// The session's id; `None` where the scheme yields NULL.
    pub id: Option<SessionId>,
    /// The session's number among those of its key, from 1.
    pub number: u64,
    /// How many sessions the key has.
    pub of: u64,
    /// Why the session began where it did.
    pub started_by: Reason,
    /// All rules that would have begun one there, that reason among them.
    pub reasons: Reasons,
    /// How the columns of `split_on` changed then.
    pub changes: Vec<ValueChange>,
    /// Why the next session of its key began, which is what ended this one; `None` where it is the latest.
    pub ended_by: Option<Reason>,
    /// The session's first instant.
    pub start: i64,
    /// The session's last instant.
    pub end: i64,
    /// How many events it has.
    pub events: u64,
}

/// A moment next to an event's own, of the same key.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Neighbour {
    /// When it was.
    pub instant: i64,
    /// How far it is from the event, in units.
    pub distance: u64,
    /// Whether it lies within the event's session.
    pub joined: bool,
    /// How many events happened then.
    pub events: u64,
    /// The id of the first of them in the order of the input; `None` for NULL.
    pub event_id: Option<String>,
    /// The longest pause that may lie between the two.
    pub allowed: AllowedGap,
}

impl InSession {
    /// Whether the session begins with this event's moment.
    pub fn started(&self) -> bool {
        self.instant == self.start
    }
}

/// Explains the events whose id is `event_id`, compared as text. Reads the input twice: once to find them, and
/// once to find the sessions of their keys, so that memory stays small however large the input is.
///
/// # Errors
/// [`crate::EventIdError::NoSuchEvent`] when there is none, and what makes an input unreadable. Events without a
/// time are none: they are left out, and counted for the keys in question.
pub fn explain(
    input: &Input,
    definition: &SessionDefinition,
    event_id: &str,
    options: &ExplainOptions,
    watch: &Watch,
) -> Result<Explanation> {
    let wanted = wanted(definition);
    let scan = Scan::open(input, &wanted)?;
    let found = find(&scan, &wanted, event_id, MOST_EXPLAINED, options.threads, watch)?;
    let events = surroundings(&scan, &wanted, definition, event_id, &found, options.threads, watch)?;
    let (unit, zoned) = match &found.time_type {
        DataType::Timestamp(unit, zone) => (*unit, zone.is_some()),
        _ => (TimeUnit::Microsecond, false),
    };
    let (found_unit, unusual_times) = (found.found_unit, found.unusual);
    Ok(Explanation { found: found.count, events, unit, zoned, found_unit, unusual_times })
}

/// Keys, times and event ids.
fn wanted(definition: &SessionDefinition) -> Wanted {
    Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: Some(definition.event_id().to_owned()),
        rule: RuleInput::all(definition),
        ..Wanted::default()
    }
}
