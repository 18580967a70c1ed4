//! Batches as rows of COPY's binary format (PostgreSQL's manual, "COPY", "Binary Format").

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::TimeUnit;
use postgres::CopyInWriter;

use super::counted::Counted;
use super::events_table::EventsTable;
use super::mapping::{Mapping, Source};
use super::target::{Target, Written, write};
use super::value::{Reader, Value};
use super::{LoadOptions, json, time};
use crate::error::{PgError, Result};
use crate::message::{Message, message};
use crate::remedy::Remedy;

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Sent at a time.
const CHUNK: usize = 1 << 18;

/// Writes rows into a COPY that is under way.
pub(super) struct Copy<'a> {
    table: &'a EventsTable,
    writer: CopyInWriter<'a>,
    out: Vec<u8>,
    /// The time column and what its numbers count.
    epoch: Option<(usize, TimeUnit)>,
    unit: Option<TimeUnit>,
    /// Where the time is, among the columns of the file at hand.
    time: Option<(usize, Option<TimeUnit>)>,
    pub(super) counted: Counted,
}

impl<'a> Copy<'a> {
    pub(super) fn begin(table: &'a EventsTable, options: &LoadOptions, writer: CopyInWriter<'a>) -> Self {
        let time = table.place(options.definition.time());
        Self {
            table,
            writer,
            out: HEADER.to_vec(),
            epoch: time.zip(options.time_unit),
            unit: options.time_unit,
            time: None,
            counted: Counted { given: vec![false; table.columns.len()], ..Counted::default() },
        }
    }

    /// Writes the rows of a batch.
    pub(super) fn write(&mut self, file: &Arc<str>, batch: &RecordBatch, mapping: &Mapping) -> Result<()> {
        if self.counted.files.last().is_none_or(|(_, last)| last != file) {
            self.counted.files.push((self.counted.rows, Arc::clone(file)));
        }
        let schema = batch.schema();
        let mut readers: Vec<Reader<'_>> = (0..batch.num_columns()).map(|_| Reader::Nothing).collect();
        for (place, source) in mapping.sources.iter().enumerate() {
            let used: Vec<usize> = match source {
                Source::Nothing => continue,
                // It is made of columns that go somewhere anyway.
                Source::Made(_) => Vec::new(),
                Source::Column(at) => vec![*at],
                Source::Properties { document, members } => {
                    members.iter().map(|(at, _)| *at).chain(*document).collect()
                }
            };
            self.counted.given[place] = true;
            for at in used {
                let field = schema.field(at);
                readers[at] = Reader::new(batch.column(at).as_ref(), field).map_err(|ty| {
                    PgError::refused(message![
                        format!(
                            "column '{}' of {file} is of type {ty}, which cannot be loaded; leave it out with ",
                            field.name()
                        ),
                        Remedy::IgnoreColumns(vec![field.name().clone()])
                    ])
                })?;
            }
        }
        self.time = mapping.time.map(|at| (at, self.unit));
        let fields = (mapping.sources.len() as i16).to_be_bytes();
        for row in 0..batch.num_rows() {
            self.out.extend_from_slice(&fields);
            for (place, source) in mapping.sources.iter().enumerate() {
                let written = self.field(place, source, &readers, row);
                let column = &self.table.columns[place];
                let why = match written {
                    Ok(Written::Null) if column.not_null && *source != Source::Nothing => {
                        format!("it is NULL, which {} does not take there", self.table.relation.name).into()
                    }
                    Ok(written) => {
                        self.counted.cut += u64::from(written == Written::Cut);
                        continue;
                    }
                    Err(why) => why,
                };
                let place = format!("{}: column '{}': ", self.counted.place(None), column.name);
                return Err(PgError::refused(message![place, why]));
            }
            self.counted.rows += 1;
            if self.out.len() >= CHUNK {
                self.send()?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        place: usize,
        source: &Source,
        readers: &[Reader<'_>],
        row: usize,
    ) -> Result<Written, Message> {
        let target = self.table.columns[place].target;
        match source {
            Source::Nothing => write(Value::Null, target, &mut self.out),
            Source::Column(at) => {
                let value = readers[*at].value(row);
                match self.epoch {
                    Some((time, unit)) if time == place && target == Target::Int8 => {
                        write(time::in_units(value, unit)?, target, &mut self.out)
                    }
                    Some((time, unit)) if time == place => {
                        write(time::counted(value, unit)?, target, &mut self.out)
                    }
                    _ => write(value, target, &mut self.out),
                }
            }
            Source::Made(id) => write(Value::Uuid(id.hash(readers, row, self.time)), target, &mut self.out),
            Source::Properties { document, members } => {
                let document = document.map_or(Value::Null, |at| readers[at].value(row));
                self.properties(target, document, members, readers, row)
            }
        }
    }

    /// One object of a document's members and of the columns that are not NULL.
    fn properties(
        &mut self,
        target: Target,
        document: Value<'_>,
        members: &[(usize, Vec<u8>)],
        readers: &[Reader<'_>],
        row: usize,
    ) -> Result<Written, Message> {
        let out = &mut self.out;
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        if target == Target::Jsonb {
            out.push(1);
        }
        out.push(b'{');
        let mut any = false;
        match document {
            Value::Null | Value::Json("null") => {}
            Value::Text(object) | Value::Json(object) => {
                let Some(inside) = json::inside(object) else {
                    return Err(message![
                        "it is not a JSON object, so the file's other columns cannot go into it; leave it or them out with ",
                        Remedy::IgnoreColumns(Vec::new())
                    ]);
                };
                out.extend_from_slice(inside.as_bytes());
                any = !inside.is_empty();
            }
            _ => return Err("it is not JSON".into()),
        }
        for (at, key) in members {
            let value = readers[*at].value(row);
            // NULLs are left out, and so are NDJSON's, so that the same events are the same from every format.
            if matches!(value, Value::Null | Value::Json("null")) {
                continue;
            }
            if any {
                out.push(b',');
            }
            any = true;
            out.extend_from_slice(key);
            if json::write(value, out).is_none() {
                let key = String::from_utf8_lossy(&key[..key.len() - 1]);
                return Err(format!(
                    "the value for {key} has no JSON (bytes, or a text with a NUL character)"
                )
                .into());
            }
        }
        out.push(b'}');
        let length = i32::try_from(out.len() - start - 4).map_err(|_| "it is longer than a gigabyte")?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(Written::Exactly)
    }

    fn send(&mut self) -> Result<()> {
        let sent = self.writer.write_all(&self.out);
        self.out.clear();
        sent.map_err(|error| self.counted.error_of(error))
    }

    /// Ends the COPY.
    pub(super) fn finish(mut self) -> Result<Counted> {
        self.out.extend_from_slice(&TRAILER);
        self.send()?;
        match self.writer.finish() {
            Ok(_) => Ok(self.counted),
            Err(error) => Err(self.counted.error(error)),
        }
    }
}
