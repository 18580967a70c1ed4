//! The first events and the first sessions of the demonstration, as tables.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use spectrum_generate::{Generate, Ids, Order, generate};

use crate::numbers::{instant, seconds};
use crate::table::table;

/// How many rows a table shows.
const ROWS: usize = 5;

/// The first events that `spectrum generate` makes with these arguments.
pub(super) fn first_events(events: u64, seed: u64) -> Result<String> {
    let options = Generate { events, seed, order: Order::Time, ids: Ids::Uuid };
    let batch = generate(&options, ROWS)?.next();
    let rows: Vec<_> =
        batch.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| event(batch, row))).collect();
    Ok(table(["user_id", "account_id", "event_id", "event_type", "occurred_at"], 5, &rows))
}

fn event(batch: &RecordBatch, row: usize) -> [String; 5] {
    let text = |name| {
        let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        column.map(|column| column.value(row)).unwrap_or_default()
    };
    let time = batch.column_by_name("occurred_at");
    let time = time.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let time = time.map(|column| instant(column.value(row), arrow_schema::TimeUnit::Microsecond, true));
    [
        start_of(text("user_id")),
        start_of(text("account_id")),
        start_of(text("event_id")),
        text("event_type").to_owned(),
        to_the_second(&time.unwrap_or_default()),
    ]
}

/// The first sessions of a sessions table that was written as CSV.
pub(super) fn first_sessions(path: &Path) -> Result<String> {
    let reading = || format!("reading {}", path.display());
    let lines = BufReader::new(File::open(path).with_context(reading)?).lines().skip(1).take(ROWS);
    let mut rows = Vec::new();
    for line in lines {
        let line = line.with_context(reading)?;
        // Ids, numbers and times only: no field is quoted.
        if let [id, user, account, number, start, _, length, events] =
            &line.split(',').collect::<Vec<_>>()[..]
        {
            rows.push([
                start_of(id),
                start_of(user),
                start_of(account),
                (*number).to_owned(),
                to_the_second(start),
                length.parse().map_or_else(|_| (*length).to_owned(), seconds),
                (*events).to_owned(),
            ]);
        }
    }
    let header = ["session_id", "user_id", "account_id", "seq", "started_at", "length", "events"];
    Ok(table(header, 3, &rows))
}

/// The start of a long id.
fn start_of(id: &str) -> String {
    format!("{}…", id.get(..8).unwrap_or(id))
}

/// A time without what is finer than a second, and without its zone.
fn to_the_second(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('T', " ")
}
