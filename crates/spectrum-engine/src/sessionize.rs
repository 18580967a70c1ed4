//! The sessions of events in memory: columns to put beside those that are there.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use spectrum_core::SessionDefinition;

use crate::attach::AddedColumns;
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::labelled::label;
use crate::output::target::Target;
use crate::parallel::in_order;
use crate::run::{RunReport, check_names, report};
use crate::run_options::{NullTime, RunOptions};
use crate::watch::Watch;

/// What to say of events in memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionizeOptions {
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// The name of the column of session ids.
    pub session_column: String,
    /// Whether to add `session_seq` too.
    pub with_sequence: bool,
    /// Whether to add `started_by`, why the event's session began, too.
    pub with_reason: bool,
    /// What to do with events without a time.
    pub null_time: NullTime,
    /// Whether ids may stand for more than one session.
    pub allow_id_collisions: bool,
    /// Whether to hand back the events' own columns too, and not only those that are added.
    pub whole: bool,
}

impl Default for SessionizeOptions {
    fn default() -> Self {
        let RunOptions { threads, session_column, null_time, .. } = RunOptions::new(Target::Stdout);
        Self {
            threads,
            session_column,
            with_sequence: false,
            with_reason: false,
            null_time,
            allow_id_collisions: false,
            whole: false,
        }
    }
}

/// Events in memory with their sessions.
#[derive(Debug)]
#[non_exhaustive]
pub struct SessionizedTable {
    /// What there is to say of them.
    pub report: RunReport,
    /// The columns of the batches.
    pub schema: SchemaRef,
    /// The added columns, behind the events' own if these were asked for, in the order of the events.
    pub batches: Vec<RecordBatch>,
    /// Which events have a row in the batches, batch by batch, where some were left out; otherwise empty.
    pub kept: Vec<BooleanArray>,
}

/// Says the sessions of events in memory ([`Input::of_table`]).
///
/// # Errors
/// As for a run, whose sessions these are.
pub fn sessionize(
    input: &Input,
    definition: &SessionDefinition,
    options: &SessionizeOptions,
    watch: &Watch,
) -> Result<SessionizedTable> {
    let table = input.table().ok_or(EngineError::Mistake("events in memory were asked for"))?;
    let threads = options.threads.max(1);
    let (whole, options) = as_run(options);
    let added = AddedColumns::new(definition, &options);
    check_names(definition, &options, &added)?;
    let names: Vec<String> = added.names().cloned().collect();
    let mut labelled =
        label(input, definition, &names, threads, watch).map_err(|error| table.in_order(error))?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    if let (false, Some(collision)) = (options.allow_id_collisions, &labelled.resolution.collision) {
        return Err(EngineError::Collisions(collision.clone()));
    }

    let own = table.schema().fields().iter().filter(|_| whole).cloned();
    let metadata = if whole { table.schema().metadata().clone() } else { Default::default() };
    let fields: Vec<_> = own.chain(added.fields()).collect();
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(fields, metadata));
    let any_dropped = labelled.drops_any(0);
    let cannot = |source| EngineError::Arrow { name: input.files[0].name.clone(), source };
    let (mut batches, mut kept) = (Vec::new(), Vec::new());
    watch.begin("writing", table.events() as u64);
    in_order(
        (0..table.parts()).map(Ok),
        threads,
        |part| {
            let mut done = Vec::new();
            let mut start = 0;
            for piece in table.pieces(part) {
                let rows = start..start + piece.num_rows();
                start = rows.end;
                let sessions: Vec<_> = labelled.sessions(part, rows).collect();
                let mask: Option<BooleanArray> =
                    any_dropped.then(|| sessions.iter().map(|event| Some(event.is_some())).collect());
                let of_kept: Vec<_> = sessions.into_iter().flatten().collect();
                let mut columns = match (whole, &mask) {
                    (false, _) => Vec::new(),
                    (true, None) => piece.columns().to_vec(),
                    (true, Some(mask)) => {
                        filter_record_batch(&piece, mask).map_err(cannot)?.columns().to_vec()
                    }
                };
                columns.extend(added.plain(&labelled.resolution.sessions, &of_kept));
                let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(cannot)?;
                watch.advance(piece.num_rows() as u64)?;
                done.push((batch, mask));
            }
            Ok(done)
        },
        |done| {
            for (batch, mask) in done {
                batches.push(batch);
                kept.extend(mask);
            }
            Ok(())
        },
    )?;
    Ok(SessionizedTable { report: report(&labelled, None), schema, batches, kept })
}

/// Whether the events' own columns are asked for, and the rest as a run has it.
fn as_run(options: &SessionizeOptions) -> (bool, RunOptions) {
    // Nothing is written anywhere.
    let mut run = RunOptions::new(Target::Stdout);
    run.session_column.clone_from(&options.session_column);
    run.with_sequence = options.with_sequence;
    run.with_reason = options.with_reason;
    run.null_time = options.null_time;
    run.allow_id_collisions = options.allow_id_collisions;
    (options.whole, run)
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampSecondArray};

    use super::*;
    use crate::error::{AddedColumnError, ColumnError};
    use crate::event_table::EventTable;
    use crate::input::InputOptions;

    /// Of three people, one without a time, in two batches.
    fn input(other: &str) -> Input {
        let batch = |who: Vec<&str>, at: Vec<Option<i64>>| {
            let number: ArrayRef = Arc::new(Int64Array::from_iter_values(0..who.len() as i64));
            let columns: [(&str, ArrayRef, bool); 3] = [
                ("who", Arc::new(StringArray::from(who)), true),
                ("at", Arc::new(TimestampSecondArray::from(at)), true),
                ("n", number, true),
            ];
            RecordBatch::try_from_iter_with_nullable(columns).unwrap()
        };
        let batches = vec![
            batch(vec!["ann", "bob", "ann"], vec![Some(0), None, Some(1801)]),
            batch(vec!["ann", "cat"], vec![Some(3602), Some(0)]),
        ];
        let columns = [other, "n", "at", "who"].map(str::to_owned);
        let table = EventTable::new(batches[0].schema(), batches).among(columns.to_vec());
        Input::of_table(table, "events", &InputOptions::default())
    }

    fn told(other: &str, options: &SessionizeOptions) -> Result<SessionizedTable> {
        let definition = SessionDefinition::builder().key(["who"]).time("at").build().unwrap();
        sessionize(&input(other), &definition, options, &Watch::default())
    }

    #[test]
    fn rows_keep_their_order_and_those_that_are_left_out_are_told() {
        let mut options = SessionizeOptions { with_sequence: true, ..SessionizeOptions::default() };
        let refused = told("more", &options).unwrap_err();
        assert!(refused.to_string().contains("events row 2"), "{refused}");
        options.null_time = NullTime::Drop;
        for whole in [false, true] {
            options.whole = whole;
            let told = told("more", &options).unwrap();
            let numbers = told.batches.iter().map(|batch| {
                let numbers = batch.column_by_name("session_seq").unwrap().as_primitive::<Int64Type>();
                numbers.values().to_vec()
            });
            assert_eq!(numbers.collect::<Vec<_>>(), [vec![1, 2], vec![3, 1]]);
            let kept: Vec<_> = told.kept.iter().flat_map(|kept| kept.iter().flatten()).collect();
            assert_eq!(kept, [true, false, true, true, true]);
            assert_eq!(told.schema.fields().len(), if whole { 5 } else { 2 });
            assert_eq!((told.report.events, told.report.sessions, told.report.dropped), (4, 4, 1));
        }
    }

    #[test]
    fn columns_that_are_not_handed_over_count_as_there() {
        let options = SessionizeOptions::default();
        let refused = told("SESSION_ID", &options).unwrap_err();
        assert!(matches!(refused, EngineError::AddedColumn(AddedColumnError::ColumnAlmostExists { .. })));
        let definition = SessionDefinition::builder().key(["whom"]).time("at").build().unwrap();
        let refused = sessionize(&input("more"), &definition, &options, &Watch::default()).unwrap_err();
        let EngineError::Column(ColumnError::NoSuchColumn { present, .. }) = refused else {
            panic!("{refused}")
        };
        assert_eq!(present, ["more", "n", "at", "who"]);
    }
}
