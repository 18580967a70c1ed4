//! The sessions alone: one pass over keys and times that keeps no label.

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{IdScheme, Labeller, SessionDefinition, SessionRule, Sessions, resolve};

use crate::error::Result;
use crate::input::Input;
use crate::null_times::NullTimeRows;
use crate::scan::{Scan, Wanted};
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
    threads: usize,
    watch: &Watch,
) -> Result<Counted> {
    let wanted = Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: None,
        absent: Vec::new(),
    };
    let scan = Scan::open(input, &wanted)?;
    let new_share = |unit| (Labeller::new(definition.key().len(), rule, unit), NullTimeRows::default());
    let scanned = scan.each_batch(
        |unit| (0..threads.max(1)).map(|_| new_share(unit)).collect(),
        watch,
        |(labeller, null_time_rows), part, batch| {
            labeller.count(&batch.columns, &batch.time)?;
            null_time_rows.note(part, &batch)
        },
    )?;
    let (labellers, null_time_rows): (Vec<_>, Vec<_>) = scanned.workers.into_iter().unzip();
    let events = labellers.iter().map(Labeller::events).sum();
    let dropped_null_keys = scanned.dropped_null_keys;
    let null_times = labellers.iter().map(Labeller::null_times).sum::<u64>() - dropped_null_keys;
    watch.begin("finding sessions", 0);
    // Nobody asks for ids here, and this scheme does not look for collisions.
    let sessions = resolve(labellers, IdScheme::Encoded, threads)?.sessions;
    watch.advance(0)?;
    let null_time_rows = NullTimeRows::first(null_time_rows);
    Ok(Counted {
        sessions,
        events,
        null_times,
        dropped_null_keys,
        null_time_rows,
        time_type: scanned.time_type,
        found_unit: scanned.found_unit,
        unusual: scanned.unusual,
    })
}
