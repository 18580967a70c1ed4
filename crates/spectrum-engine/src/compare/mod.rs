//! Two definitions over the same events: which sessions are the same, and which events are in another one.
//!
//! The events are read once for each definition and once more for the events that moved. Meanwhile both labels of every event
//! are held, eight bytes, and where rules look at events four more for each side that does.

mod examples;
mod moved;
mod overlap;
mod side;

use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{Reason, SessionDefinition, SessionIndex, Sessions};

use self::moved::{Moved, read_moved};
pub use self::overlap::Fate;
use self::overlap::{Fates, fates};
pub use self::side::{SessionName, Side};
use crate::error::{CompareError, EngineError, Result};
use crate::format::Format;
use crate::input::Input;
use crate::jobs::table_format;
use crate::labelled::{Labelled, label};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::remedy::Remedy;
use crate::run_options::NullTime;
use crate::summary::Figures;
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// How to compare.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompareOptions {
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// What to do with events without a time.
    pub null_time: NullTime,
    /// How many examples to give at most.
    pub examples: usize,
    /// Where the events go that are in another session. All of them are held until they are written.
    pub moved: Option<Target>,
    /// The format of that, where its name does not show it.
    pub to: Option<Format>,
    /// Whether it may replace a file.
    pub force: bool,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self { threads: 1, null_time: NullTime::Refuse, examples: 10, moved: None, to: None, force: false }
    }
}

/// What the comparison found.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// Events that were compared: all but those left out.
    pub events: u64,
    /// Events that moved: in a session with other events than before, or in one on one side alone.
    pub moved: u64,
    /// The one definition's sessions.
    pub a: Compared,
    /// The other's.
    pub b: Compared,
    /// Events left out because they have no time.
    pub dropped: u64,
    /// Events left out for a NULL in their key.
    pub dropped_null_keys: u64,
    /// Events at which the two part, the earliest of each kind by turns, by time and then by key.
    pub examples: Vec<Example>,
    /// The unit of all instants.
    pub unit: TimeUnit,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// What the numbers of the time column were found to count, where their magnitude decided.
    pub found_unit: Option<TimeUnit>,
    /// Whether more than a sliver of the events has a time that nobody expects, if the input says which are usual.
    pub unusual_times: Option<UnusualTimes>,
    /// Hidden files that lay under the output's name before.
    pub left_behind: Vec<PathBuf>,
}

/// The sessions of one definition, and how many of them had which fate.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Compared {
    /// How many there are, how long they are, and how many events they have.
    pub figures: Figures,
    /// Those with the same events as one of the other side.
    pub same: u64,
    /// Of A those that are several of B, of B those several.
    pub split: u64,
    /// Of B those that are several of A, of A those several.
    pub merged: u64,
    /// All others.
    pub shifted: u64,
    /// Events that take no part, by the rule.
    pub not_taking_part: u64,
    /// Events that belong to no session by the rule, although they take part.
    pub without_session: u64,
}

/// An event at which one definition begins a session and the other does not, or that has one on one side alone.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Example {
    /// Its id; of several at one instant the least.
    pub event_id: Option<String>,
    /// The texts of its key columns.
    pub key: Vec<Option<String>>,
    /// When it happened.
    pub instant: i64,
    /// Its session of the one definition.
    pub a: Option<Place>,
    /// Its session of the other.
    pub b: Option<Place>,
}

/// The session of an example.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Place {
    /// What it is called.
    pub name: SessionName,
    /// Whether it begins with the example.
    pub begins: bool,
    /// Why it began where it did.
    pub started_by: Reason,
    /// How long before it began the session before it ended, in units; `None` for the first of a key.
    pub pause: Option<u64>,
}

impl Place {
    fn of(session: SessionIndex, side: &Side, sessions: &Sessions, instant: i64) -> Self {
        let start = sessions.start(session);
        Self {
            name: side.name(session, sessions),
            begins: start == instant,
            started_by: sessions.started_by(session),
            pause: sessions.before(session).map(|before| start.abs_diff(sessions.end(before))),
        }
    }
}

/// Compares the sessions that two definitions of the same key, time and event id make of the same events.
///
/// # Errors
/// When they are not of the same columns, an event id column is not there, or the input cannot be read.
pub fn compare(
    input: &Input,
    a: &Side,
    b: &Side,
    options: &CompareOptions,
    watch: &Watch,
) -> Result<Comparison> {
    check_columns(&a.definition, &b.definition)?;
    crate::check_event_id(input, &a.definition)?;
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    let moved_as =
        options.moved.as_ref().map(|target| table_format(target, input, options.to)).transpose()?;
    if options.moved.is_some() {
        moved::check_names(&a.definition)?;
    }
    outputs.check(options.moved.iter(), input.paths(), options.force)?;
    let left_behind = outputs.left_behind(options.moved.iter(), false)?;
    let versions = input.versions()?;

    let threads = options.threads.max(1);
    let labelled = |side: &Side| -> Result<Labelled> {
        let definition = side.labelled_by()?;
        let labelled = label(input, &definition, &[], threads, watch);
        let mut labelled = labelled.map_err(|error| match &side.recorded {
            Some(column) => error.of_other_column(column, Remedy::NameRecorded),
            None => error,
        })?;
        if options.null_time == NullTime::Refuse {
            labelled.refuse_null_times(definition.time())?;
        }
        Ok(labelled)
    };
    let (in_a, in_b) = (labelled(a)?, labelled(b)?);
    watch.begin("comparing sessions", 0);
    let sides = Sides::of([a, b], &in_a, &in_b)?;
    let moved = read_moved(input, &sides, options, watch)?;
    if let (Some(target), Some((format, compression))) = (&options.moved, moved_as) {
        let out = outputs.begin(target, options.force)?;
        outputs.finished(moved::write(&moved, &sides, out, format, compression, watch)?)?;
    }
    watch.advance(0)?;
    input.check_versions(&versions)?;
    outputs.commit()?;
    let Moved { count, examples, .. } = moved;
    let dropped_null_keys = in_a.dropped_null_keys.min(in_b.dropped_null_keys);
    Ok(Comparison {
        // A recorded session may be NULL, and left out for that.
        events: in_a.events - in_a.null_times - dropped_null_keys,
        moved: count,
        a: compared(&in_a, &sides.fates.a),
        b: compared(&in_b, &sides.fates.b),
        dropped: in_a.null_times,
        dropped_null_keys,
        examples,
        unit: in_a.resolution.sessions.unit(),
        zoned: matches!(in_a.time_type, DataType::Timestamp(_, Some(_))),
        found_unit: in_a.found_unit,
        unusual_times: in_a.unusual.clone(),
        left_behind,
    })
}

/// Both labellings and what became of their sessions.
struct Sides<'a> {
    of: [&'a Side; 2],
    a: &'a Labelled,
    b: &'a Labelled,
    fates: Fates,
}

impl<'a> Sides<'a> {
    fn of(of: [&'a Side; 2], a: &'a Labelled, b: &'a Labelled) -> Result<Self> {
        if !a.has_the_parts_of(b) || a.time_type != b.time_type {
            return Err(EngineError::Changed("an input".to_owned()));
        }
        let (of_a, of_b) = (a.resolution.sessions.len(), b.resolution.sessions.len());
        let fates = fates(of_a, of_b, |visit| {
            for part in 0..a.parts() {
                for (in_a, in_b) in a.sessions(part, ..).zip(b.sessions(part, ..)) {
                    visit(in_a.flatten().map(SessionIndex::index), in_b.flatten().map(SessionIndex::index));
                }
            }
        });
        Ok(Self { of, a, b, fates })
    }

    /// The columns of both.
    fn columns(&self) -> &SessionDefinition {
        &self.of[0].definition
    }

    /// Whether an event with these sessions has moved: unless both are missing, or both have the same events.
    fn has_moved(&self, in_a: Option<SessionIndex>, in_b: Option<SessionIndex>) -> bool {
        match (in_a, in_b) {
            (Some(in_a), Some(_)) => self.fates.a[in_a.index()] != Fate::Same,
            (None, None) => false,
            _ => true,
        }
    }
}

fn compared(labelled: &Labelled, fates: &[Fate]) -> Compared {
    let count = |fate: Fate| fates.iter().filter(|one| **one == fate).count() as u64;
    Compared {
        figures: Figures::of_each(&labelled.resolution.sessions),
        same: count(Fate::Same),
        split: count(Fate::Split),
        merged: count(Fate::Merged),
        shifted: count(Fate::Shifted),
        not_taking_part: labelled.not_taking_part,
        without_session: labelled.without_session(),
    }
}

/// Sessions of other keys have nothing to do with one another, and neither have those of other times.
fn check_columns(a: &SessionDefinition, b: &SessionDefinition) -> Result<()> {
    let refused = |what, a: String, b: String| Err(CompareError::OtherColumns { what, a, b }.into());
    if a.key() != b.key() {
        return refused("key", a.key().join(","), b.key().join(","));
    }
    if a.time() != b.time() {
        return refused("time", a.time().to_owned(), b.time().to_owned());
    }
    if a.event_id() != b.event_id() {
        return refused("event id", a.event_id().to_owned(), b.event_id().to_owned());
    }
    Ok(())
}
