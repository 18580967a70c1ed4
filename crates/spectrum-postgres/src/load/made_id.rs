//! Event ids for files that have none: a hash of the row, and its place among equal rows of its file. The same file
//! gives the same ids whenever it is loaded, so that loading it twice adds nothing.

use arrow_schema::TimeUnit;
use md5::{Digest as _, Md5};
use postgres::GenericClient;
use spectrum_sql::identifier;

use super::LoadOptions;
use super::counted::Counted;
use super::events_table::STAGING;
use super::scalars::text_of;
use super::value::{Reader, Value};
use super::{json, time};
use crate::error::{Result, While};

/// The columns of a file that an id is made of.
#[derive(Debug, PartialEq)]
pub(super) struct MadeId {
    /// By their names, so that their order in the file is of no account.
    columns: Vec<(String, usize)>,
}

impl MadeId {
    pub(super) fn of(mut columns: Vec<(String, usize)>) -> Self {
        columns.sort();
        Self { columns }
    }

    /// The hash of a row. What a file does not say, as NULL or by having no such column, is of no account either; and a
    /// time counts as the instant that it is, however it is written. `time` is its column and what its numbers count.
    pub(super) fn hash(
        &self,
        readers: &[Reader<'_>],
        row: usize,
        time: Option<(usize, Option<TimeUnit>)>,
    ) -> [u8; 16] {
        let mut md5 = Md5::new();
        // Lengths keep values apart from what is beside them.
        let mut add = |bytes: &[u8]| {
            md5.update((bytes.len() as u64).to_be_bytes());
            md5.update(bytes);
        };
        for (name, at) in &self.columns {
            let value = readers[*at].value(row);
            if matches!(value, Value::Null | Value::Json("null")) {
                continue;
            }
            add(name.as_bytes());
            let instant = time.filter(|(time, _)| time == at).and_then(|(_, unit)| instant(value, unit));
            match (instant, value) {
                (Some(at), _) | (None, Value::Instant(at, _)) => add(&at.to_be_bytes()),
                (None, Value::Bytes(bytes)) => add(bytes),
                (None, Value::Json(text)) => match json::text(text) {
                    Some(inside) if text.starts_with('"') => add(inside.as_bytes()),
                    _ => add(text.as_bytes()),
                },
                (None, value) => add(text_of(value).as_deref().unwrap_or_default().as_bytes()),
            }
        }
        md5.finalize().into()
    }
}

/// The nanoseconds since 1970 that a time stands for; `None` where it stands for none, which its own column tells.
fn instant(value: Value<'_>, unit: Option<TimeUnit>) -> Option<i128> {
    let value = match unit {
        Some(unit) => time::counted(value, unit).ok()?,
        None => value,
    };
    match value {
        Value::Instant(at, _) => Some(at),
        Value::Date(day) => Some(time::midnight(day)),
        Value::Text(text) => Some(time::parse(text)?.0),
        Value::Json(json) if json.starts_with('"') => Some(time::parse(&json::text(json)?)?.0),
        _ => None,
    }
}

/// Gives all but the first of a file's equal rows an id of their own. Equal rows of different files are one event, so that
/// it does not matter which files are loaded together.
pub(super) fn number_equal_rows(
    client: &mut impl GenericClient,
    options: &LoadOptions,
    counted: &Counted,
) -> Result<()> {
    let id = identifier(options.definition.event_id());
    let doing = "looking for rows that are equal";
    let any = format!("SELECT EXISTS (SELECT FROM {STAGING} GROUP BY {id} HAVING count(*) > 1)");
    if !client.query_one(&any, &[]).while_doing(doing)?.get::<_, bool>(0) {
        return Ok(());
    }
    let begins: Vec<i64> = counted.files.iter().map(|(before, _)| *before as i64 + 1).collect();
    client.execute(&equal_rows_apart(&id), &[&begins]).while_doing(doing)?;
    Ok(())
}

/// The statement; `$1` is the number of each file's first row.
fn equal_rows_apart(id: &str) -> String {
    format!(
        "UPDATE {STAGING} AS s SET {id} = md5(placed.id::text || ' ' || placed.place)::uuid
         FROM (SELECT at, id, row_number() OVER (PARTITION BY id, file ORDER BY at) AS place
               FROM (SELECT ctid AS at, {id} AS id, width_bucket(row_number() OVER (ORDER BY ctid), $1::bigint[]) AS file
                     FROM {STAGING}) AS numbered) AS placed
         WHERE s.ctid = placed.at AND placed.place > 1"
    )
}
