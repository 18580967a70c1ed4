//! The events that moved: one more pass, over event ids, keys and times.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::take::take;
use spectrum_core::internals::instants;
use spectrum_core::text::each_text;
use spectrum_core::{ColumnRole, SessionDefinition, SessionIndex, Sessions};

use super::examples::Examples;
use super::{CompareOptions, Example, SessionName, Side, Sides};
use crate::digest::with_text;
use crate::error::{AddedColumnError, ColumnError, EngineError, Result};
use crate::format::{Compression, Format};
use crate::input::Input;
use crate::labelled::Labelled;
use crate::output::batches::{BatchEncoder, BatchFile};
use crate::output::run_outputs::OutputFile;
use crate::scan::{Batch, Part, Scan, Wanted};
use crate::sessions_table::{plain_type, shown_time};
use crate::timestamps::{relabelled, timestamps};
use crate::watch::Watch;

/// The columns that are added to the events: what either definition calls their session.
const ADDED: [&str; 2] = ["session_a", "session_b"];

/// What the pass found.
pub(super) struct Moved {
    pub(super) count: u64,
    pub(super) examples: Vec<Example>,
    /// The events, if they are wanted, in the order of the input.
    rows: Vec<Rows>,
}

/// Some events of one part.
struct Rows {
    part: usize,
    /// The columns of the key, then the event id.
    columns: Vec<ArrayRef>,
    instants: Vec<i64>,
    /// What their sessions are called on either side.
    names: [ArrayRef; 2],
}

/// One thread's share.
struct Share {
    unit: TimeUnit,
    /// The part worked on last, and how many of its events have passed.
    part: usize,
    before: usize,
    events: u64,
    count: u64,
    examples: Examples,
    rows: Vec<Rows>,
}

/// Refuses names that would stand for two columns.
pub(super) fn check_names(definition: &SessionDefinition) -> Result<()> {
    let named = definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
    match named.into_iter().find(|name| ADDED.contains(name)) {
        Some(name) => Err(AddedColumnError::AddedByCompare(name.to_owned()).into()),
        None => Ok(()),
    }
}

/// Reads the events again, counts those that moved, and keeps those that are wanted.
pub(super) fn read_moved(
    input: &Input,
    sides: &Sides,
    options: &CompareOptions,
    watch: &Watch,
) -> Result<Moved> {
    let definition = sides.columns();
    let wanted = Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: Some(definition.event_id().to_owned()),
        rule: Vec::new(),
        ..Wanted::default()
    };
    let scan = Scan::open(input, &wanted)?;
    let new_share = |unit| Share {
        unit,
        part: usize::MAX,
        before: 0,
        events: 0,
        count: 0,
        examples: Examples::new(options.examples),
        rows: Vec::new(),
    };
    let keeps_rows = options.moved.is_some();
    let scanned = scan.each_batch(
        |unit| (0..options.threads.max(1)).map(|_| new_share(unit)).collect(),
        watch,
        |share, part, batch| share.take_in(part, &batch, sides, &wanted, keeps_rows),
    )?;
    let changed = || EngineError::Changed(input.files[0].name.clone());
    let events: u64 = scanned.workers.iter().map(|share| share.events).sum();
    if events != sides.a.events || scanned.time_type != sides.a.time_type {
        return Err(changed());
    }
    let mut moved = Moved { count: 0, examples: Vec::new(), rows: Vec::new() };
    let mut examples = Examples::new(options.examples);
    for share in scanned.workers {
        moved.count += share.count;
        examples.merge(share.examples);
        moved.rows.extend(share.rows);
    }
    moved.rows.sort_by_key(|rows| rows.part); // stable: rows of one part are in order already
    moved.examples = examples.pick();
    Ok(moved)
}

impl Share {
    fn take_in(
        &mut self,
        part: Part,
        batch: &Batch,
        sides: &Sides,
        wanted: &Wanted,
        keeps_rows: bool,
    ) -> Result<()> {
        let before = if self.part == part.number { self.before } else { 0 };
        let after = before + batch.time.len();
        (self.part, self.before) = (part.number, after);
        self.events += batch.time.len() as u64;
        let in_a = sides.a.sessions(part.number, before..after);
        let in_b = sides.b.sessions(part.number, before..after);
        if in_a.len() != batch.time.len() || in_b.len() != batch.time.len() {
            return Err(EngineError::Changed(batch.whereabouts.file()));
        }
        let clock = instants(&batch.time, self.unit)?;
        let event_ids = &batch.columns[wanted.key.len()];
        let mut picked: Vec<(u32, Option<SessionIndex>, Option<SessionIndex>)> = Vec::new();
        for (row, (in_a, in_b)) in in_a.zip(in_b).enumerate() {
            let (in_a, in_b) = (in_a.flatten(), in_b.flatten());
            if !sides.has_moved(in_a, in_b) {
                continue;
            }
            self.count += 1;
            self.examples.meet(sides, clock.instants[row], in_a, in_b, || text(event_ids, row, wanted))?;
            if keeps_rows {
                picked.push((row as u32, in_a, in_b));
            }
        }
        if !picked.is_empty() {
            self.rows.push(rows(part, batch, sides, &picked, &clock.instants)?);
        }
        Ok(())
    }
}

fn rows(
    part: Part,
    batch: &Batch,
    sides: &Sides,
    picked: &[(u32, Option<SessionIndex>, Option<SessionIndex>)],
    instants: &[i64],
) -> Result<Rows> {
    let places = UInt32Array::from_iter_values(picked.iter().map(|(row, ..)| *row));
    let cannot = |source| EngineError::Arrow { name: batch.whereabouts.file(), source };
    let columns = batch.columns.iter().map(|column| {
        let picked = take(column, &places, None)?;
        // A dictionary is left behind, because it holds the values of all other rows too.
        cast_with_options(&picked, &plain_type(picked.data_type()), &EXACT)
    });
    Ok(Rows {
        part: part.number,
        columns: columns.collect::<std::result::Result<_, _>>().map_err(cannot)?,
        instants: picked.iter().map(|(row, ..)| instants[*row as usize]).collect(),
        names: [
            names(sides.of[0], &sides.a.resolution.sessions, picked.iter().map(|(_, in_a, _)| *in_a)),
            names(sides.of[1], &sides.b.resolution.sessions, picked.iter().map(|(.., in_b)| *in_b)),
        ],
    })
}

fn names(
    side: &Side,
    sessions: &Sessions,
    of_events: impl Iterator<Item = Option<SessionIndex>>,
) -> ArrayRef {
    let names = of_events.map(|session| session.map(|session| side.name(session, sessions)));
    if side.recorded.is_some() {
        let text = |name: Option<SessionName>| match name {
            Some(SessionName::Recorded(text)) => Some(text),
            _ => None,
        };
        return Arc::new(names.map(text).collect::<StringArray>());
    }
    let number = |name: Option<SessionName>| match name {
        Some(SessionName::Number(number)) => i64::try_from(number).ok(),
        _ => None,
    };
    Arc::new(names.map(number).collect::<Int64Array>())
}

/// The text of an event id; `None` for NULL.
fn text(event_ids: &ArrayRef, row: usize, wanted: &Wanted) -> Result<Option<String>> {
    let column = || wanted.event_id.clone().unwrap_or_default();
    let one = with_text(&event_ids.slice(row, 1));
    let one =
        one.map_err(|source| ColumnError::NoText { column: column(), role: ColumnRole::EventId, source })?;
    let mut text = None;
    each_text(&one, |bytes| text = bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))?;
    Ok(text)
}

const EXACT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow_cast::display::FormatOptions::new() };

/// Writes the events that moved: event id, the key columns, the time and the names of both sessions.
pub(super) fn write(
    moved: &Moved,
    sides: &Sides,
    out: OutputFile,
    format: Format,
    compression: Compression,
    watch: &Watch,
) -> Result<OutputFile> {
    let name = out.name.clone();
    let schema = Arc::new(schema(moved, sides, format));
    let encoder = BatchEncoder::new(format, compression);
    let mut out = BatchFile::begin(out, format, compression, &schema, None)?;
    watch.begin("writing events that moved", moved.count);
    for rows in &moved.rows {
        let batch = rows.batch(sides.a, &schema);
        let batch = batch.map_err(|source| EngineError::Arrow { name: name.clone(), source })?;
        let count = batch.num_rows() as u64;
        out.write(encoder.encode(batch, &name)?)?;
        watch.advance(count)?;
    }
    out.finish()
}

fn schema(moved: &Moved, sides: &Sides, format: Format) -> Schema {
    let definition = sides.columns();
    let mut types = moved.rows.iter().filter_map(|rows| rows.columns.last()).map(Array::data_type);
    let first = types.next().cloned().unwrap_or(DataType::Utf8);
    // Ids of files that differ are still the same texts.
    let of_ids = if types.all(|other| *other == first) { first } else { DataType::Utf8 };
    let mut fields = vec![Field::new(definition.event_id(), plain_type(&of_ids), true)];
    // One that is recorded follows those of the key.
    for field in sides.a.key_fields.iter().take(definition.key().len()) {
        fields.push(field.clone().with_data_type(plain_type(field.data_type())));
    }
    fields.push(Field::new(definition.time(), shown_time(sides.a, format), false));
    fields.extend(ADDED.iter().zip(sides.of).map(|(name, side)| {
        let data_type = if side.recorded.is_some() { DataType::Utf8 } else { DataType::Int64 };
        Field::new(*name, data_type, true)
    }));
    Schema::new(fields)
}

impl Rows {
    fn batch(
        &self,
        labelled: &Labelled,
        schema: &Arc<Schema>,
    ) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
        let naive = timestamps(self.instants.clone(), None, labelled.resolution.sessions.unit());
        let event_id = self.columns.last().into_iter().cloned();
        let key = self.columns[..self.columns.len().saturating_sub(1)].iter().cloned();
        let time = relabelled(&naive, &labelled.time_type)?;
        let columns = event_id.chain(key).chain([time]).chain(self.names.iter().cloned());
        let columns = columns
            .zip(schema.fields())
            .map(|(column, field)| cast_with_options(&column, field.data_type(), &EXACT));
        RecordBatch::try_new(Arc::clone(schema), columns.collect::<std::result::Result<_, _>>()?)
    }
}
