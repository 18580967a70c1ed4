//! What sessions tell, by PostgreSQL from the events and the sessions that each of them has.
//!
//! It is written apart from all that Spectrum deploys: the labels are given, and conditions are the case's own text.

use anyhow::{Context, Result, bail};

use super::copy_text;
use super::reference::{identifier, literal};
use crate::case::Case;
use crate::column::ColumnType;
use crate::engine::Labelled;
use crate::summary::{Told, ToldColumn};

/// A script that makes a table of the events and one of their labels; rows of the events come from the caller, as PostgreSQL
/// reads them.
pub(super) fn told_script(case: &Case, rows: &[Vec<Option<&str>>], labels: &[Labelled]) -> String {
    let typed = case.columns.iter().map(|column| {
        let ty = column.ty.postgres();
        let collation = if ty == "text" { " COLLATE \"C\"" } else { "" };
        format!("{} {ty}{collation}", identifier(&column.name))
    });
    let mut script = format!("CREATE TEMP TABLE told_events ({});\n", typed.collect::<Vec<_>>().join(", "));
    script.push_str("COPY told_events FROM STDIN;\n");
    for row in rows {
        copy_text::write_row(&mut script, row.iter().copied());
    }
    script.push_str("\\.\nCREATE TEMP TABLE told_labels (of_event text, seq bigint, why text);\nCOPY told_labels FROM STDIN;\n");
    for label in labels {
        let seq = label.session_seq.map(|seq| seq.to_string());
        let why = match (&label.started_by, label.session_seq) {
            (Some(why), _) => Some(why.as_str()),
            (None, Some(1)) => Some("first"),
            (None, _) => Some("gap"),
        };
        copy_text::write_row(&mut script, [Some(label.event_id.as_str()), seq.as_deref(), why]);
    }
    script.push_str("\\.\n");
    script
}

/// A row per session: an event of it, the number, the key columns, and what it tells, all as text.
pub(super) fn told_sql(case: &Case, columns: &[ToldColumn]) -> Result<String> {
    let definition = &case.definition;
    let (time, id) = (identifier(&definition.time), identifier(&definition.event_id));
    let key: Vec<String> = definition.key.iter().map(|name| identifier(name)).collect();
    let ignored = match definition.rules.ignore_when.as_deref().filter(|when| *when != "none") {
        Some(when) => format!("(({when}) IS TRUE)"),
        None => "FALSE".to_owned(),
    };
    let heard = format!("FILTER (WHERE NOT {ignored})");
    let mut inner = vec![
        format!("min({id}::text) AS of_event"),
        "seq".to_owned(),
        format!("extract(epoch FROM max({time}) {heard} - min({time}) {heard}) AS duration_seconds"),
        "count(*) AS events".to_owned(),
        "min(why) AS started_by".to_owned(),
    ];
    let keys = key.iter().enumerate().map(|(at, name)| format!("{name}::text AS key_{at}"));
    inner.extend(keys);
    let mut outer = Vec::new();
    for column in columns {
        let name = identifier(&column.name);
        match column.measure.as_str() {
            "when" => outer.push(format!("({})::text", column.of)),
            _ => {
                inner.push(format!("{} AS {name}", aggregate(case, column, &time, &id, &ignored)?));
                outer.push(format!("{name}::text"));
            }
        }
    }
    let key_names: String = (0..key.len()).map(|at| format!(", key_{at}")).collect();
    Ok(format!(
        "SELECT of_event, seq{key_names}, {}\nFROM (SELECT {}\n      FROM told_events JOIN told_labels ON of_event = {id}::text\n      \
         WHERE seq IS NOT NULL GROUP BY {}, seq) AS told",
        outer.join(", "),
        inner.join(",\n             "),
        key.join(", "),
    ))
}

fn aggregate(case: &Case, column: &ToldColumn, time: &str, id: &str, ignored: &str) -> Result<String> {
    let of = identifier(&column.of);
    let by = column.filter.as_ref().map_or("TRUE".to_owned(), |filter| format!("(({filter}) IS TRUE)"));
    let picked = |order: &str| {
        let passed = if column.skip_null { format!(" AND {of} IS NOT NULL") } else { String::new() };
        format!("(array_agg({of} ORDER BY {order}) FILTER (WHERE {by} AND NOT {ignored}{passed}))[1]")
    };
    let ty = case.columns.iter().find(|known| known.name == column.of).map(|known| &known.ty);
    let summed = match ty {
        Some(ColumnType::Float64) => of.clone(),
        _ => format!("{of}::numeric"),
    };
    let compared = match ty {
        Some(ColumnType::Uuid) => format!("{of}::text COLLATE \"C\""),
        _ => of.clone(),
    };
    Ok(match column.measure.as_str() {
        "first" => picked(&format!("{time}, {id}")),
        "last" => picked(&format!("{time} DESC, {id} DESC")),
        "count" => format!("coalesce(sum(CASE WHEN ({}) AND {by} THEN 1 END), 0)", column.of),
        "any" => format!("coalesce(bool_or(({}) AND {by}), FALSE)", column.of),
        "count_distinct" => format!("count(DISTINCT {of}) FILTER (WHERE {by})"),
        "sum" => format!("sum({summed} ORDER BY {time}, {id}) FILTER (WHERE {by})"),
        "min" => format!("min({compared}) FILTER (WHERE {by})"),
        "max" => format!("max({compared}) FILTER (WHERE {by})"),
        other => bail!("{} is not a measure", literal(other)),
    })
}

/// What a session tells, and by which of its events it is known.
#[derive(Debug, Clone)]
pub struct ToldOf {
    /// The least event id, as text.
    pub event_id: String,
    /// The rest, as PostgreSQL writes it.
    pub told: Told,
}

/// A row of [`told_sql`].
pub(super) fn read(row: Vec<Option<String>>, keys: usize) -> Result<ToldOf> {
    let mut values = row.into_iter();
    let event_id = values.next().flatten().context("a session without an event")?;
    let seq = values.next().flatten().context("a session without a number")?.parse()?;
    let key = values.by_ref().take(keys).collect();
    Ok(ToldOf { event_id, told: Told { key, seq, values: values.collect() } })
}
