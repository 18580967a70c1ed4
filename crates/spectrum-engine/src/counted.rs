//! The sessions alone: one pass over keys and times that keeps no label.

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{IdScheme, Labeller, SessionDefinition, SessionRule, Sessions};

use crate::as_of::{AsOf, resolved};
use crate::error::Result;
use crate::input::Input;
use crate::labelled::Labelled;
use crate::null_times::NullTimeRows;
use crate::scan::{RuleInput, Scan, Wanted};
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// The sessions of all events of an input.
pub(crate) struct Counted {
    pub(crate) sessions: Sessions,
    /// All events, those without a time included.
    pub(crate) events: u64,
    /// Events without a time.
    pub(crate) null_times: u64,
    /// Events left out for a NULL in their key.
    pub(crate) dropped_null_keys: u64,
    /// Events with a time that take no part in sessions, by the rule.
    pub(crate) not_taking_part: u64,
    /// The first rows without a time, in words.
    pub(crate) null_time_rows: Vec<String>,
    /// The time column's type, in the unit that instants are counted in.
    pub(crate) time_type: DataType,
    /// What numbers were found to count, where their magnitudes decided.
    pub(crate) found_unit: Option<TimeUnit>,
    /// Whether events have times that nobody expects, if that was asked.
    pub(crate) unusual: Option<UnusualTimes>,
}

impl Counted {
    /// The sessions of events whose labels nobody needs any more.
    pub(crate) fn of(labelled: Labelled) -> Self {
        Self {
            sessions: labelled.resolution.sessions,
            events: labelled.events,
            null_times: labelled.null_times,
            dropped_null_keys: labelled.dropped_null_keys,
            not_taking_part: labelled.not_taking_part,
            null_time_rows: labelled.null_time_rows,
            time_type: labelled.time_type,
            found_unit: labelled.found_unit,
            unusual: labelled.unusual,
        }
    }

    /// Events with a time and a key that belong to no session although they take part.
    pub(crate) fn without_session(&self) -> u64 {
        let in_sessions: u64 = self.sessions.all().map(|session| self.sessions.events(session)).sum();
        self.events - self.null_times - self.dropped_null_keys - self.not_taking_part - in_sessions
    }

    /// Whether times had a zone; then they are UTC.
    pub(crate) fn zoned(&self) -> bool {
        matches!(self.time_type, DataType::Timestamp(_, Some(_)))
    }
}

/// Reads keys and times of all events, on `threads` threads, and finds the sessions that `rule` gives; the
/// definition's own does not count here. Ids of these sessions mean nothing.
pub(crate) fn count(
    input: &Input,
    definition: &SessionDefinition,
    rule: &SessionRule,
    as_of: Option<&AsOf>,
    threads: usize,
    watch: &Watch,
) -> Result<Counted> {
    let wanted = Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: None,
        rule: RuleInput::all(definition),
        ..Wanted::default()
    };
    let scan = Scan::open(input, &wanted)?;
    let new_share = |unit| (Labeller::new(definition.key().len(), rule, unit), NullTimeRows::default());
    let scanned = scan.each_batch(
        |unit| (0..threads.max(1)).map(|_| new_share(unit)).collect(),
        watch,
        |(labeller, null_time_rows), part, batch| {
            let counted = labeller.count(&batch.labelled_columns(&wanted), &batch.time);
            counted.map_err(|error| batch.placed(error))?;
            null_time_rows.note(part, &batch)
        },
    )?;
    let has_events = scanned.workers.iter().any(|(labeller, _)| labeller.events() > 0);
    scanned.check_zone(definition, has_events)?;
    let (labellers, null_time_rows): (Vec<_>, Vec<_>) = scanned.workers.into_iter().unzip();
    let events = labellers.iter().map(Labeller::events).sum();
    let dropped_null_keys = scanned.dropped_null_keys;
    let null_times = labellers.iter().map(Labeller::null_times).sum::<u64>() - dropped_null_keys;
    let not_taking_part = labellers.iter().map(Labeller::not_taking_part).sum();
    watch.begin("finding sessions", 0);
    // Nobody asks for ids here, and this scheme does not look for collisions.
    let resolution =
        resolved(labellers, IdScheme::Encoded, threads, as_of, &scanned.time_type, definition.time())?;
    let sessions = resolution.sessions;
    watch.advance(0)?;
    let null_time_rows = NullTimeRows::first(null_time_rows);
    Ok(Counted {
        sessions,
        events,
        null_times,
        dropped_null_keys,
        not_taking_part,
        null_time_rows,
        time_type: scanned.time_type,
        found_unit: scanned.found_unit,
        unusual: scanned.unusual,
    })
}
