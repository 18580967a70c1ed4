//! An events table like the original's, for who has none.

use std::collections::HashSet;

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use spectrum_core::text::uuid;
use spectrum_core::{RuleColumn, SummaryColumn, ValueKind};
use spectrum_sql::{TableName, identifier, literal};

use super::LoadOptions;
use super::value::{Reader, Value};
use crate::record::comment_for_people;

/// The statements that make the table, without its indexes. Ids are uuids, or what the first rows show them to be; key
/// columns may be NULL.
pub(super) fn statements(
    options: &LoadOptions,
    schema_exists: bool,
    first: Option<&RecordBatch>,
) -> Vec<String> {
    let (definition, table) = (&options.definition, &options.table);
    let (event_id, time) = (definition.event_id(), definition.time());
    let mut columns = vec![format!("{} {} NOT NULL", identifier(event_id), id_type(first, event_id))];
    let mut taken = HashSet::from([event_id, time]);
    for key in definition.key().iter().filter(|key| taken.insert(key)) {
        columns.push(format!("{} {}", identifier(key), id_type(first, key)));
    }
    if taken.insert("event_type") {
        columns.push("event_type text".into());
    }
    columns.push(format!("{} timestamptz NOT NULL", identifier(time)));
    // What rules read has to be a column: within the properties no rule would find it.
    for column in definition.rule().columns() {
        if taken.insert(&column.column.name) {
            columns.push(format!("{} {}", identifier(&column.column.name), rule_type(first, column)));
        }
    }
    // So has what the summary reads.
    for (read, kind) in definition.summary().iter().flat_map(SummaryColumn::reads) {
        if taken.insert(&read.name) {
            let read = RuleColumn { column: read.clone(), kind, splits: false };
            columns.push(format!("{} {}", identifier(&read.column.name), rule_type(first, &read)));
        }
    }
    if taken.insert(&options.properties) {
        columns.push(format!("{} jsonb", identifier(&options.properties)));
    }
    let mut statements = Vec::new();
    if let (Some(schema), false) = (table.schema(), schema_exists) {
        statements.push(format!("CREATE SCHEMA {}", identifier(schema)));
    }
    statements.push(format!(
        "CREATE TABLE {table} (\n  {})\nPARTITION BY RANGE ({})",
        columns.join(",\n  "),
        identifier(time)
    ));
    statements.push(format!(
        "COMMENT ON TABLE {table} IS {}",
        literal(&comment_for_people("events, in monthly partitions that loading makes"))
    ));
    statements
}

/// The statements that make its indexes. They are made after its first events have come, which takes a fraction of the
/// time that keeping them up to date would.
///
/// The primary key has the time in it because a unique index of a partitioned table needs the partition's column.
pub(super) fn indexes(options: &LoadOptions, table: &TableName) -> Vec<String> {
    let definition = &options.definition;
    let time = identifier(definition.time());
    let mut by_key: Vec<String> = definition.key().iter().map(|name| identifier(name)).collect();
    by_key.push(time.clone());
    vec![
        format!("ALTER TABLE {table} ADD PRIMARY KEY ({}, {time})", identifier(definition.event_id())),
        format!(
            "CREATE INDEX {} ON {table} ({})",
            identifier(&table.derived("session_order")),
            by_key.join(", ")
        ),
    ]
}

/// A month's partition. It is made apart and attached, because a partition that is made in place keeps everybody from
/// reading the whole table until the load ends.
pub(super) fn partition(table: &TableName, month: &Month) -> Vec<String> {
    let partition = table.beside(table.derived(&month.suffix));
    vec![
        format!(
            "CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)"
        ),
        format!(
            "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({}) TO ({})",
            literal(&month.from),
            literal(&month.to)
        ),
        format!("COMMENT ON TABLE {partition} IS {}", literal(&comment_for_people("a month of events"))),
    ]
}

/// A month in the ways a partition needs it.
pub(super) struct Month {
    /// As in `2026_01`.
    pub(super) suffix: String,
    /// Its first instant.
    pub(super) from: String,
    /// The first instant after it.
    pub(super) to: String,
}

/// The type of a column that a rule reads, by what the rule takes it to have.
fn rule_type(first: Option<&RecordBatch>, column: &RuleColumn) -> &'static str {
    let field = first.and_then(|batch| batch.schema_ref().column_with_name(&column.column.name));
    match column.kind {
        _ if column.column.member.is_some() => "jsonb",
        Some(ValueKind::Boolean) => "boolean",
        Some(ValueKind::Number) => match field.map(|(_, field)| field.data_type()) {
            Some(data_type) if data_type.is_floating() => "double precision",
            Some(data_type) if data_type.is_signed_integer() => "bigint",
            _ => "numeric",
        },
        Some(ValueKind::Text | ValueKind::Json) => "text",
        None => match id_type(first, &column.column.name) {
            "uuid" if field.is_none() => "text",
            found => found,
        },
    }
}

/// The type of an id column by its first rows: uuid if all of them are, or there are none.
fn id_type(first: Option<&RecordBatch>, name: &str) -> &'static str {
    let Some((at, field)) = first.and_then(|batch| batch.schema_ref().column_with_name(name)) else {
        return "uuid";
    };
    let Some(column) = first.map(|batch| batch.column(at)) else { return "uuid" };
    let Ok(reader) = Reader::new(column.as_ref(), field) else { return "text" };
    let is_uuid = |value: Value<'_>| match value {
        Value::Null | Value::Uuid(_) => true,
        Value::Text(text) => uuid::read(text).is_some(),
        Value::Json(json) => json == "null" || uuid::read(json.trim_matches('"')).is_some(),
        _ => false,
    };
    let is_number = |value: Value<'_>| match value {
        Value::Null | Value::Integer(_) => true,
        Value::Json(json) => json == "null" || json.parse::<i64>().is_ok(),
        _ => false,
    };
    let all = |is: &dyn Fn(Value<'_>) -> bool| (0..column.len()).all(|row| is(reader.value(row)));
    match column.data_type() {
        DataType::UInt64 => "numeric(20)",
        _ if all(&is_uuid) => "uuid",
        _ if all(&is_number) => "bigint",
        _ => "text",
    }
}
